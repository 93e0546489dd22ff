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
# Attention compares every token with every other, and for a long text nobody can pay for that. Which pairs may be left out? You write down patterns, follow
# them through a stack of layers to see what is still reached, and then compute attention with them without ever making the matrix of all pairs.
#
# - **You need**: [lecture 06](../../lectures/06_sparse_attention.ipynb), tensors with leading dimensions, `@` and `.mT`.
# - **Time**: about two hours. The core is exercises 1 to 6, about 70 minutes; exercises 7 and 8 are a stretch of another half hour, and the open
#   task is a pattern of your own.
# - **How it works**: fill the cells that say `raise NotImplementedError()`. Run the check under each. It says what is
#   right, what is wrong, and often which mistake it is. Hints are folded under it, from a nudge to nearly everything.
#
# Shapes are `(..., L, d)`: any leading dimensions (batch, heads), then the length, then the channels. A query is i and a key is j, counted from 0. A mask is
# `(L, L)`, true where query i (row) may see key j (column), as in `F.scaled_dot_product_attention`.

# %% [markdown] tags=["badge"]
# about 120 minutes

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
import time

import torch
import torch.nn.functional as F
from llmcourse import figures, runtime
from llmcourse.checks import check

torch.set_num_threads(1)
print(runtime.describe())

# %% [markdown] tags=["exercise:dilated-mask"]
# ## Exercise 1 · The mask of a dilated window
#
# **2 points** · core · difficulty ●○○○○ (1 of 5) · about 7 minutes · define `dilated_mask(L, w, dilation)`

# %% [markdown]
# The plainest pattern is a window: a query sees the last `w` tokens. To look further at the same price, leave some out. In a *dilated* window a query sees
# `w` keys: its own, and those `dilation`, `2 * dilation`, ... tokens before it. Keys before the start of the text do not exist, so the first queries see fewer.


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

# %% [markdown]
# **See it work.** Four keys each. A row is a query, and what it sees is dark.

# %%
with figures.figure(
    alt="Three square pictures. Dilation 1 is a band along the diagonal; dilations 2 and 4 are four thin lines, further and further apart.",
    columns=3,
    height=2.7,
) as axes:
    for ax, dilation in zip(axes, (1, 2, 4)):
        ax.imshow(dilated_mask(24, 4, dilation), cmap="Greys", vmin=0, vmax=1)
        ax.set(title=f"dilation {dilation}", xlabel="key", ylabel="query")

# %% [markdown] tags=["exercise:factorised-sets"]
# ## Exercise 2 · Two heads that share the work
#
# **3 points** · core · difficulty ●●○○○ (2 of 5) · about 12 minutes · define `factorised_sets(i, stride, count)`

# %% [markdown]
# Sparse Transformers give two heads (or two layers) one half of the work each. What the first collects nearby, the second fetches from afar. There are two
# ways to share, both causal, so that $j\le i$ always, and $s$ stands for the stride:
#
# | what | one head | the other head |
# |---|---|---|
# | **strided** | near: tokens $i-s$ to $i$, both included | far: every $s$-th token back from the query, the query's own first |
# | **fixed** | own block: the text is cut into blocks of $s$ tokens from the start; a query sees its own block | summaries: the last `count` places of each whole block, its own block's too |
#
# Return the four sets of query i. In the last block of a text, or in the first, a set may be small or empty.


# %% nbgrader={"grade": false, "grade_id": "factorised-sets", "locked": false, "schema_version": 3, "solution": true, "task": false}
def factorised_sets(i, stride, count):
    """What a query of a Sparse Transformer sees, head by head.

    i        the query, counted from 0
    stride   tokens between two keys of the far head, and in a block
    count    summaries in each block
    returns  four sets of keys: near, far (strided), own block, summaries (fixed)
    """
    ### BEGIN SOLUTION
    past = range(i + 1)
    near = {j for j in past if i - j <= stride}
    far = {j for j in past if (i - j) % stride == 0}
    own = {j for j in past if j // stride == i // stride}
    summaries = {j for j in past if j % stride >= stride - count}
    return near, far, own, summaries
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "factorised-sets-check", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false} tags=["check:factorised-sets"]
check("factorised-sets", factorised_sets)

# %% [markdown] tags=["hints:factorised-sets"]
# <details><summary>Hint 1 of 4</summary>
#
# A set comprehension per head: `{j for j in range(i + 1) if ...}`. No key is after the query.
#
# </details>
#
# <details><summary>Hint 2 of 4</summary>
#
# Strided: `i - j <= stride` for the near head, `(i - j) % stride == 0` for the far one.
#
# </details>
#
# <details><summary>Hint 3 of 4</summary>
#
# Fixed: j is in the block of i if `j // stride == i // stride`; its place in its own block is `j % stride`.
#
# </details>
#
# <details><summary>Hint 4 of 4, nearly the solution</summary>
#
# The last `count` places of a block are those with `j % stride >= stride - count`.
#
# </details>

# %% [markdown]
# **See it work.** All four heads for 36 tokens with a stride of 6. The near head and the own block hold at most about $\sqrt L$ keys, and so do the others.


# %%
def head_masks(L, stride, count):
    """Four masks (L, L), from the sets of all queries."""
    masks = torch.zeros(4, L, L, dtype=torch.bool)
    for i in range(L):
        for mask, keys in zip(masks, factorised_sets(i, stride, count)):
            mask[i, list(keys)] = True
    return masks


with figures.figure(
    alt="Four square pictures. Near is a band along the diagonal, far is parallel lines, own block is triangles on the diagonal, "
    "and summaries are vertical lines.",
    columns=4,
    height=2.4,
) as axes:
    names = ("strided, near", "strided, far", "fixed, own block", "fixed, summaries")
    for ax, name, mask in zip(axes, names, head_masks(36, 6, 1)):
        ax.imshow(mask, cmap="Greys", vmin=0, vmax=1)
        ax.set(title=f"{name}\n{mask.sum() / 36:.1f} keys, mean", xticks=[], yticks=[])

# %% [markdown] tags=["exercise:reach-in-steps"]
# ## Exercise 3 · What a stack of layers can see
#
# **2 points** · core · difficulty ●●○○○ (2 of 5) · about 8 minutes · define `reach(A, p)`

# %% [markdown]
# One layer with the mask `A` lets query i see the keys with `A[i, j]`. In a second layer, what i sees has itself seen something. Return what i reaches in
# exactly `p` steps, the stack of p such layers: a boolean matrix `(L, L)`. The number of layers may be large.


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
# Ask so after every product. The number of paths grows exponentially with p, and soon no float can hold it.
#
# </details>

# %% [markdown]
# **See it work.** Which share of all pairs $j\le i$ is reached in a stack of p layers? The strided pattern, with both heads in each layer, sees fewer than 20
# keys per query, and two layers of it reach everything. A window of as many keys does not, and a dilated one never meets two thirds of its past, however many
# layers there are. A token that sees itself can wait, so *exactly p* is here *p at most*.

# %%
L = 100
near, far, own, summaries = head_masks(L, 10, 1)
patterns = {
    "window": dilated_mask(L, 15, 1),
    "dilated window": dilated_mask(L, 15, 3),
    "strided": near | far,
    "fixed": own | summaries,
}
rows = []
for name, A in patterns.items():
    shares = [f"{reach(A, p).sum() / (L * (L + 1) / 2):.0%}" for p in (1, 2, 3, 4)]
    rows.append((name, f"{A.sum() / L:.1f}", *shares))
figures.table(
    rows,
    ["pattern", "keys per query", "1 layer", "2 layers", "3", "4"],
    "share of the past that is reached, 100 tokens",
)

# %% [markdown] tags=["exercise:receptive-field"]
# ## Exercise 4 · Ask the gradient
#
# **3 points** · core · difficulty ●●●○○ (3 of 5) · about 12 minutes · define `receptive_field(model, x, i)`

# %% [markdown]
# Masks say what a stack *may* see. A model may have other paths, or fewer. There is a way to ask any model, whatever is inside: output i depends on token j if
# a small change of token j changes it, and that is a gradient. `model` maps `(L, d)` to `(L, channels)`. Return which tokens output i depends on. Two
# things to mind: both signs of a gradient are an influence, and in a plain sum over the channels of an output influences may cancel. (After a layer norm they
# always do: its channels sum to zero, whatever the input, and their squares to the number of channels.)


# %% nbgrader={"grade": false, "grade_id": "receptive-field", "locked": false, "schema_version": 3, "solution": true, "task": false}
def receptive_field(model, x, i):
    """The tokens that output i of a model depends on, by gradients.

    model    a function of a tensor (L, d) that returns a tensor (L, channels)
    x        (L, d) the input at which to ask
    i        which output
    returns  (L,) bool
    """
    ### BEGIN SOLUTION
    x = x.detach().clone().requires_grad_()
    o = model(x)[i]
    (g,) = torch.autograd.grad((o * torch.randn_like(o)).sum(), x)
    return (g != 0).any(-1)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "receptive-field-check", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false} tags=["check:receptive-field"]
check("receptive-field", receptive_field)

# %% [markdown] tags=["hints:receptive-field"]
# <details><summary>Hint 1 of 4</summary>
#
# Token j is in the field if the gradient of output i with respect to `x[j]` is not zero.
#
# </details>
#
# <details><summary>Hint 2 of 4</summary>
#
# `x = x.detach().clone().requires_grad_()`, then `torch.autograd.grad(number, x)` gives a gradient (L, d).
#
# </details>
#
# <details><summary>Hint 3 of 4</summary>
#
# The gradient needs one number from all channels of `model(x)[i]`. A plain sum may cancel, and after a layer norm a sum of squares does so as well: weigh the channels by random numbers.
#
# </details>
#
# <details><summary>Hint 4 of 4, nearly the solution</summary>
#
# `o = model(x)[i]` and `(g,) = torch.autograd.grad((o * torch.randn_like(o)).sum(), x)`, then `(g != 0).any(-1)`.
#
# </details>

# %% [markdown]
# **See it work.** WaveNet stacks convolutions of two taps with dilations 1, 2, 4, ...: each doubles the field. Your gradient counts it, next to a stack without
# dilation and of as many layers.

# %%
from llmcourse.attention.wavenet import DilatedCausalConvolution, WaveNet

runtime.seed(0)
rows = []
for layers in runtime.pick(full=(1, 2, 3, 4, 5, 6), smoke=(1, 2)):
    dilated = WaveNet(8, layers)
    plain = torch.nn.Sequential(
        *[m for _ in range(layers) for m in (DilatedCausalConvolution(8, 8, 1), torch.nn.Tanh())]
    )
    x = torch.randn(80, 8)
    rows.append((layers, *(int(receptive_field(model, x, 79).sum()) for model in (plain, dilated))))
figures.table(rows, ["layers", "dilation 1", "dilations 1, 2, 4, ..."], "tokens that the last output depends on")

# %% [markdown] tags=["exercise:global-tokens"]
# ## Exercise 5 · A few tokens that see all
#
# **4 points** · core · difficulty ●●●○○ (3 of 5) · about 15 minutes · define `longformer_attention(q, k, v, q_g, k_g, v_g, w, tokens)`
#
# Return the dtype of the inputs; a gradient must flow through `q`, `k`, `v`, `q_g`, `k_g`, `v_g`.

# %% [markdown]
# Longformer reads whole documents with a window on both sides, and with a few *global* tokens that see all and are seen by all: the one that has to say what
# the document is about, for example, or the words of a question. Nothing is causal here.
#
# - An ordinary query uses `q`, `k`, `v`. It sees `w / 2` tokens on each side, itself, and every global token, in one softmax.
# - A global query sees all tokens, and reads them with projections of its own: `q_g`, `k_g`, `v_g`.
#
# Scores are divided by the square root of d. You may make the matrix of all pairs: how to do without comes next.


# %% nbgrader={"grade": false, "grade_id": "global-tokens", "locked": false, "schema_version": 3, "solution": true, "task": false}
def longformer_attention(q, k, v, q_g, k_g, v_g, w, tokens):
    """Attention in a window, with global tokens.

    q, k, v        (..., L, d)  for the queries of ordinary tokens
    q_g, k_g, v_g  (..., L, d)  for the queries of global tokens
    w              window, even: w / 2 tokens on each side of the query
    tokens         a list, the places of the global tokens; it may be empty
    returns        (..., L, d)
    """
    ### BEGIN SOLUTION
    i = torch.arange(q.shape[-2])
    is_global = torch.zeros(len(i), dtype=torch.bool)
    is_global[tokens] = True
    mask = ((i[:, None] - i).abs() <= w // 2) | is_global
    near = F.scaled_dot_product_attention(q, k, v, mask)
    for_all = F.scaled_dot_product_attention(q_g, k_g, v_g)
    return torch.where(is_global[:, None], for_all, near)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "global-tokens-check", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false} tags=["check:global-tokens"]
check("global-tokens", longformer_attention)

# %% [markdown] tags=["hints:global-tokens"]
# <details><summary>Hint 1 of 4</summary>
#
# Two attentions with a softmax each: one for all queries with q, k, v under a mask, one for the global queries with q_g, k_g, v_g and no mask. Of the first, the rows of the global tokens are thrown away.
#
# </details>
#
# <details><summary>Hint 2 of 4</summary>
#
# The mask: `apart = (i - j).abs()`, and `apart <= w // 2` is the window. Add the columns of the global tokens: `mask[:, tokens] = True`.
#
# </details>
#
# <details><summary>Hint 3 of 4</summary>
#
# The global rows: `F.scaled_dot_product_attention(q_g[..., tokens, :], k_g, v_g)`.
#
# </details>
#
# <details><summary>Hint 4 of 4, nearly the solution</summary>
#
# `is_global = torch.zeros(L, dtype=torch.bool)`, `is_global[tokens] = True`, then `torch.where(is_global[:, None], for_all, near)`, with both attentions for all queries.
#
# </details>

# %% [markdown]
# **See it work.** What do two layers reach? Ask your gradient about the middle of 200 tokens, without a global token and with one, far away.

# %%
runtime.seed(0)
L, d, w = 200, 4, 16
W = torch.randn(2, 6, d, d) / d**0.5  # two layers with six projections each


def two_layers(tokens):
    """A model whose global tokens are these."""

    def model(x):
        for projections in W:
            x = x + longformer_attention(*(x @ P for P in projections), w, tokens)
        return x

    return model


for tokens in ([], [3]):
    field = receptive_field(two_layers(tokens), torch.randn(L, d), 100)
    print(f"global tokens {tokens}: output 100 depends on {int(field.sum())} of {L} tokens")

# %% [markdown] tags=["exercise:window-chunks"]
# ## Exercise 6 · Attention in a window, without an L x L matrix
#
# **4 points** · core · difficulty ●●●●○ (4 of 5) · about 18 minutes · define `window_attention(q, k, v, w)`
#
# Return the dtype of the inputs; a gradient must flow through `q`, `k`, `v`.

# %% [markdown]
# A mask only hides scores that have been computed: nothing was saved. Now save it. Each query attends to the last `w` keys, its own among them, as in exercise 1
# with dilation 1. Cut the queries into chunks, and compute for each chunk only the scores of keys that one of its queries can see. Make no matrix of
# L × L entries on the way: the check looks at the tensors you make. The length need not be a multiple of w.


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

# %% [markdown]
# **See it work.** The same attention with a window of 128, by a mask over all pairs, and by your chunks.


# %%
def seconds(function, *args):
    """The best of three."""
    times = []
    for _ in range(3):
        start = time.perf_counter()
        function(*args)
        times.append(time.perf_counter() - start)
    return min(times)


w, rows = 128, []
for L in runtime.pick(full=(512, 1024, 2048, 4096), smoke=(64, 128)):
    q, k, v = torch.randn(3, 4, L, 64).unbind(0)
    mask = dilated_mask(L, w, 1)
    full = seconds(F.scaled_dot_product_attention, q, k, v, mask)
    chunks = seconds(window_attention, q, k, v, w)
    off = (F.scaled_dot_product_attention(q, k, v, mask) - window_attention(q, k, v, w)).abs().max()
    rows.append((L, f"{1e3 * full:.1f} ms", f"{1e3 * chunks:.1f} ms", f"{full / chunks:.1f}", f"{off:.0e}"))
figures.table(
    rows, ["length", "mask", "yours", "mask / yours", "difference"], "4 heads of 64 channels, window 128, forward"
)

# %% [markdown] tags=["exercise:bigbird-blocks"]
# ## Exercise 7 · BigBird, block by block
#
# **4 points** · stretch · difficulty ●●●●○ (4 of 5) · about 18 minutes · define `bigbird_attention(q, k, v, drawn, block)`
#
# Return the dtype of the inputs; a gradient must flow through `q`, `k`, `v`.

# %% [markdown]
# BigBird puts everything together: a window, ends that see all, and a few links drawn at random. It cuts the text into $n$ blocks of `block` tokens and says of blocks what you have
# said of tokens, so that a machine can work with whole blocks. All tokens of a block see the same:
#
# - its own block and the two next to it, where they exist,
# - the first and the last block,
# - the blocks in `drawn[b]`, for block b. What is drawn may be among those above: every key counts once.
#
# The first and the last block see all. Nothing is causal. The length is `n * block`; make no matrix of L × L entries.


# %% nbgrader={"grade": false, "grade_id": "bigbird-blocks", "locked": false, "schema_version": 3, "solution": true, "task": false}
def bigbird_attention(q, k, v, drawn, block):
    """BigBird's attention, block by block.

    q, k, v  (..., L, d)  L = n * block
    drawn    n lists: block b also sees the blocks in drawn[b]
    block    tokens in a block
    returns  (..., L, d)
    """
    ### BEGIN SOLUTION
    n, out = q.shape[-2] // block, []
    for b in range(n):
        seen = {c for c in (b - 1, b, b + 1) if 0 <= c < n} | {0, n - 1, *drawn[b]}
        if b in (0, n - 1):
            seen = set(range(n))
        tokens = [j for c in seen for j in range(c * block, (c + 1) * block)]
        q_b = q[..., b * block : (b + 1) * block, :]
        out.append(F.scaled_dot_product_attention(q_b, k[..., tokens, :], v[..., tokens, :]))
    return torch.cat(out, dim=-2)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "bigbird-blocks-check", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false} tags=["check:bigbird-blocks"]
check("bigbird-blocks", bigbird_attention)

# %% [markdown] tags=["hints:bigbird-blocks"]
# <details><summary>Hint 1 of 4</summary>
#
# Loop over the blocks of queries. For block b, write down the blocks that it sees; then it is attention without a mask between the tokens of b and the tokens of those blocks.
#
# </details>
#
# <details><summary>Hint 2 of 4</summary>
#
# A set keeps each block once: `{b - 1, b, b + 1, 0, n - 1, *drawn[b]}`, without what is outside 0 to n - 1. For the first and the last block it is `range(n)`.
#
# </details>
#
# <details><summary>Hint 3 of 4</summary>
#
# The tokens of a list of blocks: `[j for c in sorted(seen) for j in range(c * block, (c + 1) * block)]`.
#
# </details>
#
# <details><summary>Hint 4 of 4, nearly the solution</summary>
#
# `k_b = k[..., tokens, :]`, v the same, then `F.scaled_dot_product_attention(q_b, k_b, v_b)`; join the outputs with `torch.cat(out, dim=-2)`.
#
# </details>

# %% [markdown]
# **See it work.** What are the drawn links for? Leave the ends out and follow the paths of your exercise 3 between 64 blocks. A window alone walks; one random
# link per block makes the world small, and more add little.

# %%
n, g = 64, runtime.seed(0)
apart = (torch.arange(n)[:, None] - torch.arange(n)).abs()
off_diagonal = apart > 0
rows = []
for links in (0, 1, 2, 3):
    A = apart <= 1
    for row in A:
        row[torch.randperm(n, generator=g)[:links]] = True
    far_in = [
        (~reach(A, p) & off_diagonal).sum() / off_diagonal.sum() for p in range(1, n)
    ]  # not yet reached in p steps
    steps, longest = 1 + sum(far_in), 1 + sum(share > 0 for share in far_in)
    rows.append((links, f"{A.sum() / n:.1f}", f"{steps:.1f}", int(longest)))
figures.table(rows, ["random links", "blocks seen", "steps, mean", "steps, most"], "paths between 64 blocks")

# %% [markdown] tags=["exercise:rolling-cache"]
# ## Exercise 8 · A cache that does not grow
#
# **4 points** · stretch · difficulty ●●●○○ (3 of 5) · about 15 minutes · define `cache_step(q, k, v, K, V, t, sinks)`
#
# Return the dtype of the inputs; a gradient must flow through `q`, `k`, `v`.

# %% [markdown]
# When a model writes, it keeps the keys and values of all tokens so far, and this cache grows without end. With a window it need not: what no query will see
# again can go. But a trained model suffers when its first tokens go, since its heads put weight there that they have no other use for. So the first `sinks`
# tokens, the *attention sinks*, stay for ever, and the rest of the cache holds the last tokens.
#
# Write one step. `K` and `V` have a fixed number of slots: `sinks` for the first tokens, and all others for the last. They start empty, full of zeros. Keep the new token, which takes
# the place of the oldest that is no sink once the cache is full, then read with `q` from everything that is kept: softmax attention, with scores divided by the square root of d.
# Return new caches and leave the old ones as they are. Which slot holds which token is up to you.


# %% nbgrader={"grade": false, "grade_id": "rolling-cache", "locked": false, "schema_version": 3, "solution": true, "task": false}
def cache_step(q, k, v, K, V, t, sinks):
    """One token of attention with a rolling cache and attention sinks.

    q, k, v  (..., d)         of this token
    K, V     (..., slots, d)  the cache before this token, as you returned it at the last
    t        the number of the token, from 0: so many have been kept before
    sinks    first tokens that are never dropped, fewer than there are slots
    returns  o (..., d), K, V (..., slots, d)
    """
    ### BEGIN SOLUTION
    slots = K.shape[-2]
    at = t if t < slots else sinks + (t - sinks) % (slots - sinks)
    K, V = K.clone(), V.clone()
    K[..., at, :], V[..., at, :] = k, v
    full = min(t + 1, slots)
    o = F.scaled_dot_product_attention(q[..., None, :], K[..., :full, :], V[..., :full, :])
    return o[..., 0, :], K, V
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "rolling-cache-check", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false} tags=["check:rolling-cache"]
check("rolling-cache", cache_step)

# %% [markdown] tags=["hints:rolling-cache"]
# <details><summary>Hint 1 of 4</summary>
#
# Three things, in this order: find the slot of token t, write k and v there, read with q.
#
# </details>
#
# <details><summary>Hint 2 of 4</summary>
#
# While t is below the number of slots, token t goes to slot t. After that the slots from `sinks` on take turns: `sinks + (t - sinks) % w`, with w the number of slots less the sinks. This holds from t = sinks on.
#
# </details>
#
# <details><summary>Hint 3 of 4</summary>
#
# Write into a copy: `K = K.clone()`, then `K[..., at, :] = k`. To a softmax the order of the slots is nothing.
#
# </details>
#
# <details><summary>Hint 4 of 4, nearly the solution</summary>
#
# Read only slots that are filled: `full = min(t + 1, K.shape[-2])`, keys `K[..., :full, :]`. `F.scaled_dot_product_attention(q[..., None, :], ...)[..., 0, :]` is the read.
#
# </details>

# %% [markdown]
# **See it work.** Microseconds for one more token, and what is kept, after a context of growing length: a cache of everything, and yours with 4 sinks and a window
# of 252.

# %%
rows = []
for context in runtime.pick(full=(256, 1024, 4096, 16384), smoke=(64, 128)):
    q, k, v = torch.randn(3, 4, 64).unbind(0)
    everything, rolling = torch.randn(2, 4, context, 64), torch.randn(2, 4, 256, 64)
    whole = seconds(F.scaled_dot_product_attention, q[:, None], *everything)
    step = seconds(cache_step, q, k, v, *rolling, context, 4)
    kept = f"{4e-6 * everything.numel():.1f}", f"{4e-6 * rolling.numel():.1f}"
    rows.append((context, f"{1e6 * whole:.0f}", f"{1e6 * step:.0f}", *kept))
figures.table(
    rows, ["context", "everything, µs", "yours, µs", "everything, MB", "yours, MB"], "one token, 4 heads of 64 channels"
)

# %% [markdown] nbgrader={"grade": false, "grade_id": "open-task", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": true}
# ## Open task · A pattern of your own (6 points, 30 minutes)
#
# A text of 64 tokens tells eight facts in its first half, a key and right after it its value, at random places among filler; in its second half it gives the keys again, in another
# order and at other places, and each time the value has to be predicted. A small model of two layers that sees the whole past learns this in 400 steps. Yours may
# see **at most 8 keys per query** in each layer, on average over the queries, where full attention has 32.5.
#
# 1. Invent a pattern: two causal masks (64, 64), one for each layer. Before you train anything, say by which path a question is to reach its answer.
# 2. Give the *reach per operation* of your pattern, of a window of 8 and of the strided pattern with stride 7 (near in one layer, far in the other): the share of all pairs $j\le i$ that are
#    reached through both layers, divided by the mean number of keys per query and layer. The cell below does it for the window.
# 3. Train the small model with each of the three, at least twice, with other seeds, and give the losses with their spread, in nats per answer. Guessing
#    among the 16 values is $\log 16\approx 2.77$. Do not change steps, rate or data: 400 steps take about ten seconds each time, or thirty on a slow machine.
# 4. Show reach per operation and loss together, in a figure or a table. Conclude in three sentences: does the first predict the second? If a pattern reaches all
#    and the model does not learn, what else does it need?
#
# Each block of the model also has a convolution that sees the last four tokens, whatever the pattern is: a value knows the key before it.
#
# Work in the cell below and in as many of your own as you like, code and text, all below this one. They are marked by
# hand, with the outputs that you leave in the notebook: the grader does not run them.
#
# === BEGIN MARK SCHEME ===
#
# - 1 point: the pattern is causal, within 8 keys per query in each layer, is none of the two that are given, and a path from question to answer is described.
# - 1 point: reach per operation of all three, with the layers in the right order (second times first).
# - 2 points: a fair comparison: same steps, rate, data and seeds for all three; nothing else changed.
# - 1 point: at least two seeds, with the spread stated, and figure or table with units.
# - 1 point: the conclusion follows from the numbers; that something can be reached does not mean that it is found: many tokens have to share the few
#   channels of a token that passes them on.
#
# === END MARK SCHEME ===

# %% tags=["open-task"]
from llmcourse import models
from torch import nn

L, FACTS, KEYS, VALUES = 64, 8, 16, 16
FILLER = KEYS + VALUES  # keys are 0 to 15, values 16 to 31


def texts(batch, generator):
    """Endless batches (batch, 64) of texts, and of targets: the value at each key that is asked for, -100 elsewhere."""
    rand = lambda *shape: torch.rand(*shape, generator=generator)
    while True:
        keys = rand(batch, KEYS).argsort(1)[:, :FACTS]
        values = KEYS + torch.randint(VALUES, (batch, FACTS), generator=generator)
        tokens, targets = torch.full((batch, L), FILLER), torch.full((batch, L), -100)
        for half in (0, 1):
            order = rand(batch, FACTS).argsort(1)
            k, v = keys.gather(1, order), values.gather(1, order)
            places = (
                rand(batch, L // 2 - FACTS).argsort(1)[:, :FACTS].sort(1).values + torch.arange(FACTS) + half * L // 2
            )
            tokens.scatter_(1, places, k).scatter_(1, places + 1, v)
            if half:
                targets.scatter_(1, places, v)
        yield tokens, targets


class Masked(nn.Module):
    """Softmax attention with 2 heads under a mask (L, L)."""

    def __init__(self, d, mask):
        super().__init__()
        self.mask, self.project, self.out = mask, nn.Linear(d, 3 * d, bias=False), nn.Linear(d, d, bias=False)

    def forward(self, x, state=None):
        q, k, v = self.project(x).unflatten(-1, (3, 2, -1)).permute(2, 0, 3, 1, 4)  # each (B, 2, L, d / 2)
        return self.out(F.scaled_dot_product_attention(q, k, v, self.mask).transpose(1, 2).flatten(2)), None


def judge(first, second, seed):
    """Keys per query, share of the past that is reached, and the loss in nats per answer of a model trained with it."""
    keys = torch.stack([first, second]).sum(-1).float().mean().item()
    reached = (second.float() @ first.float()) > 0  # what layer 2 reads was made by layer 1
    runtime.seed(seed)
    layers = iter((first, second))
    model = models.GPT(FILLER + 1, 48, 2, lambda d: Masked(d, next(layers)), mlp=0)
    models.train(model, texts(32, runtime.seed(seed)), runtime.pick(full=400, smoke=2), lr=1e-2)
    with torch.no_grad():
        loss = models.cross_entropy(model, next(texts(512, runtime.seed(1000))))
    return keys, reached.sum().item() / (L * (L + 1) / 2), loss.item()


mask = dilated_mask(L, 8, 1)
keys, reached, loss = judge(mask, mask, seed=0)
print(
    f"window: {keys:.1f} keys per query, reach {reached:.0%}, per key {reached / keys:.1%}, loss {loss:.2f} nats per answer"
)

# %% tags=["save"]
from llmcourse import work

work.save()
