# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Lab 14 · Retrieval inside the model
#
# *Not written:* what you build in this lab, in a few sentences.
#
# - **You need**: [lecture 14](../../lectures/14_retrieval_models.ipynb); *not written*.
# - **Time**: about 90 minutes: 4 to 8 exercises, then an open task; *not written*.
# - **How it works**: fill the cells that say `raise NotImplementedError()`. Run the check under each. It says what is
#   right, what is wrong, and often which mistake it is. Hints are folded under it, from a nudge to nearly everything.

# %% [markdown] tags=["badge"]
# about 90 minutes · builds on 12 Retrieval-augmented generation

# %% tags=["setup", "hide-input"]
# @title Set-up: nothing to do where the course is installed
import glob, importlib.util, os, subprocess, sys

if not importlib.util.find_spec("llmcourse"):
    places = ["llmcourse-*.whl", "/content/llmcourse-*.whl", "/content/drive/MyDrive/**/llmcourse-*.whl"]
    found = [file for place in places for file in glob.glob(place, recursive=True)]
    clones = [folder for folder in ("..", "../..") if os.path.isdir(f"{folder}/lib/llmcourse")]
    if not found + clones:
        raise ModuleNotFoundError(
            "The course is not installed. On Colab: upload the wheel that your course gave you, llmcourse-....whl, "
            "with the folder sign on the left, or mount the Drive that has it. Then run this cell again."
        )
    source = "file://" + os.path.abspath(max(found, key=os.path.getmtime) if found else clones[0])
    package = f"llmcourse[data] @ {source}"
    if subprocess.call([sys.executable, "-m", "pip", "install", "-q", package]):
        raise ModuleNotFoundError("The course could not be installed. Is there a network? Then run this cell again.")

# %%
import torch
from llmcourse import runtime
from llmcourse.checks import check

torch.set_num_threads(1)
print(runtime.describe())

# %% [markdown] tags=["exercise:retrieval-models-example"]
# ## Exercise 1 · Not written
#
# **3 points** · core · difficulty ●○○○○ (1 of 5) · about 10 minutes · define `retrieval_models_example(x)`

# %% [markdown]
# *Not written:* the task in plain words, with the shapes. Until then: double every number of `x`, `(N,)`.


# %% nbgrader={"grade": false, "grade_id": "retrieval-models-example", "locked": false, "schema_version": 3, "solution": true, "task": false}
def retrieval_models_example(x):
    """Not written: twice every number.

    x        (N,) numbers
    returns  (N,) numbers
    """
    ### BEGIN SOLUTION
    return 2 * x
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "retrieval-models-example-check", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false} tags=["check:retrieval-models-example"]
check("retrieval-models-example", retrieval_models_example)

# %% [markdown] tags=["hints:retrieval-models-example"]
# <details><summary>Hint 1 of 2</summary>
#
# Not written: a nudge.
#
# </details>
#
# <details><summary>Hint 2 of 2, nearly the solution</summary>
#
# Not written: nearly the solution.
#
# </details>

# %% [markdown] nbgrader={"grade": false, "grade_id": "open-task", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": true}
# ## Open task · Not written (6 points, 25 minutes)
#
# *Not written:* a task on real data, in numbered steps.
#
# Work in the cell below and in as many of your own as you like, code and text, all below this one. They are marked by hand, with the outputs that you
# leave in the notebook: the grader does not run them.
#
# === BEGIN MARK SCHEME ===
#
# - 6 points: *not written*.
#
# === END MARK SCHEME ===

# %% tags=["open-task"]
print("The solution of the open task is not written.")

# %% tags=["save"]
from llmcourse import work

work.save()
