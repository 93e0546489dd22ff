# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 13 · Retrieval that decides for itself
#
# *Not written:* the question of this lecture in a few sentences, and why the answer matters.

# %% [markdown] tags=["badge"]
# about 60 minutes · builds on 12 Retrieval-augmented generation

# %% [markdown] tags=["preview"]

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

# %% [markdown]
# **After this lecture you can**
#
# - *not written*.

# %%
from llmcourse import runtime

print(runtime.describe())

# %% [markdown]
# ## The problem
#
# *Not written:* the problem as a picture, with alt text.

# %% [markdown]
# ## The plain form
#
# *Not written:* small steps, each followed by a cell that shows that it is true, up to the definition in its plainest form.

# %% [markdown]
# ## The fast form
#
# *Not written:* the same result, computed fast, and the cell that shows that both agree.

# %% [markdown]
# ## Try it yourself
#
# *Not written:* an explorer, where it earns its place (`figures.explore`).

# %% [markdown]
# ## What became of the claims
#
# *Not written:* every claim of the module, what was measured, with an interval, and the verdict (`figures.claims`).

# %% [markdown]
# ## Errata
#
# *Not written:* what is wrong or out of date on the slides.

# %% [markdown]
# ## To remember
#
# *Not written:* a handful of sentences.

# %% [markdown]
# ## Questions for yourself
#
# *Not written:* questions with an explanation of every choice (`figures.quiz`).

# %% [markdown]
# ## References
#
# *Not written:* papers, with links.

# %% [markdown] tags=["next"]
# **Now write it yourself:** [lab 13](../work/13_agentic_rag/13_lab.ipynb), about 90 minutes. **Next:** [15 Knowledge graphs](15_knowledge.ipynb).
