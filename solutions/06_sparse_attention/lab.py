# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Lab 06 · Sparse attention
#
# You write down which keys a query may see, follow the pattern through a stack of layers, and compute attention with it
# without ever making the matrix of all pairs.
#
# - **You need**: [lecture 06](../../lectures/06_sparse_attention.ipynb).
# - **Time**: about 90 minutes: exercises, then an open task.
# - **How it works**: fill the cells that say `raise NotImplementedError()`. Run the check under each. It says what is
#   right, what is wrong, and often which mistake it is. Hints are folded under it, from a nudge to nearly everything.

# %% [markdown] tags=["badge"]
# about 90 minutes

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

# %% [markdown] tags=["exercise:dilated-mask"]
# ## Exercise 1 · The mask of a dilated window
#
# **2 points** · core · difficulty ●○○○○ (1 of 5) · about 8 minutes · define `dilated_mask(L, w, dilation)`

# %% [markdown]
# A query sees `w` keys: its own, and those `dilation`, `2 * dilation`, ... tokens before it. Keys before the start of the
# text do not exist. Return a boolean mask `(L, L)`, true where query i (row) may see key j (column).


# %% nbgrader={"grade": false, "grade_id": "dilated-mask", "locked": false, "schema_version": 3, "solution": true, "task": false}
def dilated_mask(L, w, dilation):
    """Which keys a causal dilated window shows.

    L         length
    w         keys in the window, the query's own among them
    dilation  distance between two of them, 1 for a plain window
    returns   (L, L) bool
    """
    ### BEGIN SOLUTION
    apart = torch.arange(L)[:, None] - torch.arange(L)  # i - j
    return (apart >= 0) & (apart < w * dilation) & (apart % dilation == 0)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "dilated-mask-check", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false} tags=["check:dilated-mask"]
check("dilated-mask", dilated_mask)

# %% [markdown] tags=["hints:dilated-mask"]
# <details><summary>Hint 1 of 3</summary>
#
# Everything is in the distance `i - j` of a query from a key. Make the matrix of distances first.
#
# </details>
#
# <details><summary>Hint 2 of 3</summary>
#
# `i = torch.arange(L)[:, None]` and `j = torch.arange(L)` broadcast to (L, L).
#
# </details>
#
# <details><summary>Hint 3 of 3, nearly the solution</summary>
#
# Three conditions, joined by `&`: the distance is at least 0, below `w * dilation`, and a multiple of `dilation`.
#
# </details>

# %% [markdown] tags=["exercise:reach-in-steps"]
# ## Exercise 2 · What a stack of layers can see
#
# **2 points** · core · difficulty ●●○○○ (2 of 5) · about 10 minutes · define `reach(A, p)`

# %% [markdown]
# One layer lets query i see the keys with `A[i, j]`. Return what it reaches in exactly `p` steps, the stack of p such
# layers: a boolean matrix `(L, L)`.


# %% nbgrader={"grade": false, "grade_id": "reach-in-steps", "locked": false, "schema_version": 3, "solution": true, "task": false}
def reach(A, p):
    """Which tokens are reached in exactly p steps.

    A        (L, L) bool, A[i, j]: query i sees key j
    p        steps, at least 1
    returns  (L, L) bool
    """
    ### BEGIN SOLUTION
    reached = A
    for _ in range(p - 1):
        reached = (reached.float() @ A.float()) > 0
    return reached
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "reach-in-steps-check", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false} tags=["check:reach-in-steps"]
check("reach-in-steps", reach)

# %% [markdown] tags=["hints:reach-in-steps"]
# <details><summary>Hint 1 of 3</summary>
#
# In two steps i reaches j if there is some m with A[i, m] and A[m, j]: an entry of a matrix product.
#
# </details>
#
# <details><summary>Hint 2 of 3</summary>
#
# torch multiplies no boolean matrices: take `A.float()`, multiply, and ask which entries are above 0.
#
# </details>
#
# <details><summary>Hint 3 of 3, nearly the solution</summary>
#
# Ask so after every product. The number of paths grows as a power of p, and soon no float can hold it.
#
# </details>

# %% [markdown] tags=["exercise:window-chunks"]
# ## Exercise 3 · Attention in a window, without an L x L matrix
#
# **4 points** · core · difficulty ●●●●○ (4 of 5) · about 20 minutes · define `window_attention(q, k, v, w)`
#
# Return the dtype of the inputs; a gradient must flow through `q`, `k`, `v`.

# %% [markdown]
# Each query attends to the last `w` keys, its own among them: softmax attention with scores divided by the square root of
# d. Make no matrix of L × L entries on the way. The length need not be a multiple of w.


# %% nbgrader={"grade": false, "grade_id": "window-chunks", "locked": false, "schema_version": 3, "solution": true, "task": false}
def window_attention(q, k, v, w):
    """Causal attention in a window, in chunks.

    q, k, v  (..., L, d)
    w        keys in the window, the query's own among them
    returns  (..., L, d)
    """
    ### BEGIN SOLUTION
    out = []
    L, d = q.shape[-2:]
    for start in range(0, L, w):
        stop, first = min(L, start + w), max(0, start - w + 1)
        apart = torch.arange(start, stop)[:, None] - torch.arange(first, stop)
        scores = q[..., start:stop, :] @ k[..., first:stop, :].mT / d**0.5
        weights = scores.masked_fill((apart < 0) | (apart >= w), -torch.inf).softmax(-1)
        out.append(weights @ v[..., first:stop, :])
    return torch.cat(out, dim=-2)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "window-chunks-check", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false} tags=["check:window-chunks"]
check("window-chunks", window_attention)

# %% [markdown] tags=["hints:window-chunks"]
# <details><summary>Hint 1 of 4</summary>
#
# Cut the queries into chunks of w. What a chunk sees is in the chunk itself and in the one before it.
#
# </details>
#
# <details><summary>Hint 2 of 4</summary>
#
# For queries from `start` to `stop`, take the keys from `max(0, start - w + 1)` to `stop`: at most 2w - 1.
#
# </details>
#
# <details><summary>Hint 3 of 4</summary>
#
# Inside, a mask is still needed: with `i = torch.arange(start, stop)[:, None]` and j the places of the keys, `(i - j >= 0) & (i - j < w)`. Fill the others with `-torch.inf` before the softmax.
#
# </details>
#
# <details><summary>Hint 4 of 4, nearly the solution</summary>
#
# Scores are `q_c @ k_c.mT / d**0.5`; join the outputs of the chunks with `torch.cat(out, dim=-2)`.
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
