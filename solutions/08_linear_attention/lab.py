# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Lab 08 · Linear attention
#
# Attention compares every token with every other. In this lab you take the softmax out of it, move two brackets, and
# are left with a recurrent network that generates text at a cost that does not depend on how long the text already is.
#
# - **You need**: [lecture 08](../../lectures/08_linear_attention.ipynb), tensors with leading dimensions, `@` and `.mT`.
# - **Time**: about two hours: eight exercises, then an open task on real text.
# - **How it works**: fill the cells that say `raise NotImplementedError()`. Run the check under each. It says what is
#   right, what is wrong, and often which mistake it is. Hints are folded under it, from a nudge to nearly everything.
#
# Shapes are `(..., L, d)`: any leading dimensions (batch, heads), then the length, then the channels. The state is
# `(..., d_v, d_k)`, so that $\mathbf{S} = \mathbf{v}\,\phi(\mathbf{k})^\top$.

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
from llmcourse import data, figures, runtime
from llmcourse.checks import check

print(runtime.describe())

# %% [markdown] tags=["exercise:quadratic-map"]
# ## Exercise 1 · The quadratic feature map
#
# **2 points** · core · difficulty ●○○○○ (1 of 5) · about 5 minutes · define `quadratic_map(x)`
#
# Return the dtype of the inputs; a gradient must flow through `x`.

# %% [markdown]
# A linear classifier draws a straight line. To draw a circle it needs the squares and products of the coordinates:
# a map $\phi$ after which a plane is a quadratic surface. Write $\phi$ such that
#
# $$\phi(\mathbf{x})^\top \phi(\mathbf{x}') = (\mathbf{x}^\top\mathbf{x}' + 1)^2 - 1.$$
#
# For two coordinates one such map is $\phi(\mathbf{x}) = (\sqrt2 x_1,\ \sqrt2 x_2,\ x_1^2,\ \sqrt2 x_1x_2,\ x_2^2)$. Yours
# works for any number $d$ of coordinates. The order of the features is up to you.


# %% nbgrader={"grade": false, "grade_id": "quadratic-map", "locked": false, "schema_version": 3, "solution": true, "task": false}
def quadratic_map(x):
    """The quadratic feature map.

    x        (..., d)
    returns  (..., d + d (d + 1) / 2)
    """
    ### BEGIN SOLUTION
    i, j = torch.triu_indices(x.shape[-1], x.shape[-1], offset=1)
    return torch.cat([2**0.5 * x, x**2, 2**0.5 * x[..., i] * x[..., j]], dim=-1)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "quadratic-map-check", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false} tags=["check:quadratic-map"]
check("quadratic-map", quadratic_map)

# %% [markdown] tags=["hints:quadratic-map"]
# <details><summary>Hint 1 of 4</summary>
#
# Expand `(x.y + 1)^2 - 1` by hand for two coordinates. Which products appear once, which twice?
#
# </details>
#
# <details><summary>Hint 2 of 4</summary>
#
# A product that appears twice in the kernel needs a factor `2 ** 0.5` in the map, since the map enters the kernel twice.
#
# </details>
#
# <details><summary>Hint 3 of 4</summary>
#
# The products of pairs: `i, j = torch.triu_indices(d, d, offset=1)`, then `x[..., i] * x[..., j]`.
#
# </details>
#
# <details><summary>Hint 4 of 4, nearly the solution</summary>
#
# `torch.cat([2**0.5 * x, x**2, 2**0.5 * pairs], dim=-1)`.
#
# </details>

# %% [markdown]
# **See it work.** Two rings, and a linear classifier (least squares) on the coordinates and on your features.

# %%
points, ring = data.circles(200, runtime.seed(0))
with figures.figure(
    alt="Two rings of points. On the coordinates the classifier is right for about half of them; on the quadratic "
    "features it is right for nearly all.",
    columns=2,
    width=7,
    height=3.3,
) as axes:
    for ax, (name, phi) in zip(axes, {"coordinates": lambda x: x, "your features": quadratic_map}.items()):
        features = torch.cat([phi(points), torch.ones(len(points), 1)], dim=-1)
        w = torch.linalg.lstsq(features, (2.0 * ring - 1)[:, None]).solution
        right = ((features @ w)[:, 0] > 0) == ring.bool()
        for label, marker in ((0, "o"), (1, "^")):
            chosen = ring == label
            ax.scatter(*points[chosen].T, marker=marker, s=14, alpha=0.8)
        ax.scatter(*points[~right].T, s=60, facecolors="none", edgecolors="black", linewidths=0.8)
        ax.set(title=f"{name}: {right.float().mean():.1%} right", xlabel="$x_1$", ylabel="$x_2$", aspect="equal")

# %% [markdown] tags=["exercise:linear-brackets"]
# ## Exercise 2 · Attention with the brackets moved
#
# **3 points** · core · difficulty ●●○○○ (2 of 5) · about 10 minutes · define `linear_attention(phi_q, phi_k, v)`
#
# Return the dtype of the inputs; a gradient must flow through `phi_q`, `phi_k`, `v`.

# %% [markdown]
# Once the weight of a pair is a product $\phi(\mathbf{q}_i)^\top\phi(\mathbf{k}_j)$, the sum over $j$ does not need the
# query any more:
#
# $$\mathbf{z}_i = \frac{\sum_j \phi(\mathbf{q}_i)^\top\phi(\mathbf{k}_j)\,\mathbf{v}_j}{\sum_l \phi(\mathbf{q}_i)^\top\phi(\mathbf{k}_l)}
#  = \frac{\mathbf{S}\,\phi(\mathbf{q}_i)}{\mathbf{u}^\top\phi(\mathbf{q}_i)},\qquad
#  \mathbf{S} = \sum_j \mathbf{v}_j\phi(\mathbf{k}_j)^\top,\quad \mathbf{u} = \sum_l \phi(\mathbf{k}_l).$$
#
# The queries and keys come already mapped, and positive. Every query sees every key: nothing is causal yet. The check
# looks at the tensors you make: neither an $L\times L$ matrix passes, nor a loop that computes something for every pair.


# %% nbgrader={"grade": false, "grade_id": "linear-brackets", "locked": false, "schema_version": 3, "solution": true, "task": false}
def linear_attention(phi_q, phi_k, v):
    """Attention in linear time and memory.

    phi_q, phi_k  (..., L, d_k)  mapped queries and keys, positive
    v             (..., L, d_v)
    returns       (..., L, d_v)
    """
    ### BEGIN SOLUTION
    S = v.mT @ phi_k  # (..., d_v, d_k)
    u = phi_k.sum(-2)  # (..., d_k)
    return (phi_q @ S.mT) / (phi_q @ u[..., None])
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "linear-brackets-check", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false} tags=["check:linear-brackets"]
check("linear-brackets", linear_attention)

# %% [markdown] tags=["hints:linear-brackets"]
# <details><summary>Hint 1 of 4</summary>
#
# Write the sum over j for one query, and pull `phi_q` out of it. What is left does not depend on i.
#
# </details>
#
# <details><summary>Hint 2 of 4</summary>
#
# Two sums over the keys remain: S, a matrix of shape (d_v, d_k), and u, a vector of length d_k.
#
# </details>
#
# <details><summary>Hint 3 of 4</summary>
#
# `S = v.mT @ phi_k`, and `u = phi_k.sum(-2)`. Every query reads both.
#
# </details>
#
# <details><summary>Hint 4 of 4, nearly the solution</summary>
#
# The numerator is `phi_q @ S.mT`; the denominator is `phi_q @ u`, one number per query, kept as a column: `(phi_q @ u[..., None])`.
#
# </details>

# %% [markdown]
# **See it work.** Seconds for growing lengths, next to PyTorch's softmax attention.


# %%
def seconds(function, *args):
    """The best of three."""
    times = []
    for _ in range(3):
        start = time.perf_counter()
        function(*args)
        times.append(time.perf_counter() - start)
    return min(times)


rows = []
for L in runtime.pick(full=(512, 1024, 2048, 4096), smoke=(64, 128)):
    q, k, v = torch.randn(3, 4, L, 64).unbind(0)
    soft = seconds(F.scaled_dot_product_attention, q, k, v)
    linear = seconds(linear_attention, F.elu(q) + 1, F.elu(k) + 1, v)
    rows.append((L, f"{1e3 * soft:.1f} ms", f"{1e3 * linear:.1f} ms", f"{soft / linear:.1f}"))
figures.table(rows, ["length", "softmax", "yours", "softmax / yours"], "4 heads of 64 channels, forward")

# %% [markdown] tags=["exercise:causal-recurrence"]
# ## Exercise 3 · The causal form is a recurrent network
#
# **4 points** · core · difficulty ●●●○○ (3 of 5) · about 15 minutes · define `causal_attention(phi_q, phi_k, v, S, u)`
#
# Return the dtype of the inputs; a gradient must flow through `phi_q`, `phi_k`, `v`, `S`, `u`.

# %% [markdown]
# A model that writes text may look only at the past. Then both sums grow by one term per token,
#
# $$\mathbf{S}_t = \mathbf{S}_{t-1} + \mathbf{v}_t\,\phi(\mathbf{k}_t)^\top,\qquad
#   \mathbf{u}_t = \mathbf{u}_{t-1} + \phi(\mathbf{k}_t),\qquad
#   \mathbf{z}_t = \frac{\mathbf{S}_t\,\phi(\mathbf{q}_t)}{\mathbf{u}_t^\top\phi(\mathbf{q}_t)},$$
#
# and what you have is a recurrent network with a matrix for a state. It starts from the state it is given, so that a
# long text can come in pieces, and returns the state it ends with. Do not change the arguments in place.


# %% nbgrader={"grade": false, "grade_id": "causal-recurrence", "locked": false, "schema_version": 3, "solution": true, "task": false}
def causal_attention(phi_q, phi_k, v, S, u):
    """Causal linear attention, token by token.

    phi_q, phi_k  (..., L, d_k)    mapped queries and keys, positive; L is at least 1
    v             (..., L, d_v)
    S             (..., d_v, d_k)  state before the first token
    u             (..., d_k)       normaliser before the first token
    returns       z (..., L, d_v), S (..., d_v, d_k), u (..., d_k)
    """
    ### BEGIN SOLUTION
    z = []
    for q_t, k_t, v_t in zip(phi_q.unbind(-2), phi_k.unbind(-2), v.unbind(-2)):
        S = S + v_t[..., :, None] * k_t[..., None, :]
        u = u + k_t
        z.append((S @ q_t[..., None])[..., 0] / (u * q_t).sum(-1, keepdim=True))
    return torch.stack(z, dim=-2), S, u
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "causal-recurrence-check", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false} tags=["check:causal-recurrence"]
check("causal-recurrence", causal_attention)

# %% [markdown] tags=["hints:causal-recurrence"]
# <details><summary>Hint 1 of 4</summary>
#
# One step of the loop does three things, in this order: write to S, write to u, read with the query.
#
# </details>
#
# <details><summary>Hint 2 of 4</summary>
#
# The write is an outer product: `v_t[..., :, None] * k_t[..., None, :]` has shape (..., d_v, d_k).
#
# </details>
#
# <details><summary>Hint 3 of 4</summary>
#
# The read is `(S @ q_t[..., None])[..., 0]`, divided by `(u * q_t).sum(-1, keepdim=True)`.
#
# </details>
#
# <details><summary>Hint 4 of 4, nearly the solution</summary>
#
# Write `S = S + ...`, never `S += ...`: the caller still needs the old state. Go through time with `phi_q.unbind(-2)` and put the results together with `torch.stack(..., dim=-2)`.
#
# </details>

# %% [markdown]
# **See it work.** A text in two pieces, with the state carried over, gives what the whole text gives. And the last
# token of the causal form sees everything, so it equals the last token of the previous exercise.

# %%
phi_q, phi_k = F.elu(torch.randn(2, 9, 4)) + 1
v, S, u = torch.randn(9, 3), torch.zeros(3, 4), torch.zeros(4)
whole, _, _ = causal_attention(phi_q, phi_k, v, S, u)
first, S_5, u_5 = causal_attention(phi_q[:5], phi_k[:5], v[:5], S, u)
second, _, _ = causal_attention(phi_q[5:], phi_k[5:], v[5:], S_5, u_5)
print(f"two pieces against one: largest difference {(torch.cat([first, second]) - whole).abs().max():.1e}")
print(f"last token, causal against not: {(whole - linear_attention(phi_q, phi_k, v))[-1].abs().max():.1e}")

# %% [markdown] tags=["exercise:decode-step"]
# ## Exercise 4 · One decoding step
#
# **3 points** · core · difficulty ●●○○○ (2 of 5) · about 10 minutes · define `decode_step(q, k, v, S, u)`
#
# Return the dtype of the inputs; a gradient must flow through `q`, `k`, `v`.

# %% [markdown]
# When a model writes, tokens come one at a time and raw: the feature map $\phi(x) = \mathrm{elu}(x) + 1$ is now yours
# to apply. Write one step. It costs the same for the tenth token and for the millionth.


# %% nbgrader={"grade": false, "grade_id": "decode-step", "locked": false, "schema_version": 3, "solution": true, "task": false}
def decode_step(q, k, v, S, u):
    """One token of causal linear attention with the feature map elu(x) + 1.

    q, k     (..., d_k)       of this token, before the feature map
    v        (..., d_v)
    S        (..., d_v, d_k)  state before this token
    u        (..., d_k)       normaliser before this token
    returns  z (..., d_v), S (..., d_v, d_k), u (..., d_k)
    """
    ### BEGIN SOLUTION
    phi_q, phi_k = F.elu(q) + 1, F.elu(k) + 1
    S = S + v[..., :, None] * phi_k[..., None, :]
    u = u + phi_k
    return (S @ phi_q[..., None])[..., 0] / (u * phi_q).sum(-1, keepdim=True), S, u
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "decode-step-check", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false} tags=["check:decode-step"]
check("decode-step", decode_step)

# %% [markdown] tags=["hints:decode-step"]
# <details><summary>Hint 1 of 3</summary>
#
# It is the body of the loop you have just written. What is new: q and k come raw.
#
# </details>
#
# <details><summary>Hint 2 of 3</summary>
#
# Both q and k go through the feature map, `F.elu(x) + 1`, before anything else.
#
# </details>
#
# <details><summary>Hint 3 of 3, nearly the solution</summary>
#
# Write first, read afterwards: the token sees itself.
#
# </details>

# %% [markdown]
# **See it work.** Microseconds for one more token after a context of growing length: your step, and attention that
# reads a cache of all past keys and values.

# %%
rows = []
for context in runtime.pick(full=(256, 1024, 4096, 16384), smoke=(64, 128)):
    q, k, v = torch.randn(3, 4, 64).unbind(0)
    cache = torch.randn(2, 4, context, 64)
    state = torch.zeros(4, 64, 64), torch.zeros(4, 64)
    soft = seconds(F.scaled_dot_product_attention, q[:, None], *cache)
    step = seconds(decode_step, q, k, v, *state)
    rows.append((context, f"{1e6 * soft:.0f}", f"{1e6 * step:.0f}"))
figures.table(rows, ["context", "softmax, µs", "yours, µs"], "one token, 4 heads of 64 channels")

# %% [markdown] tags=["exercise:decay-parallel"]
# ## Exercise 5 · A memory that fades: the matrix of decays
#
# **3 points** · core · difficulty ●●●○○ (3 of 5) · about 15 minutes · define `retention(q, k, v, g)`
#
# Return the dtype of the inputs; a gradient must flow through `q`, `k`, `v`, `g`.

# %% [markdown]
# A sum forgets nothing, and that is its weakness. The simplest cure multiplies the state by a decay before each write,
# $\mathbf{S}_t = \gamma_t\,\mathbf{S}_{t-1} + \mathbf{v}_t\mathbf{k}_t^\top$: RetNet with a constant $\gamma$, Mamba-2 with one that
# depends on the input. No map and no normaliser any more. Written for all pairs at once,
#
# $$\mathbf{o}_t = \sum_{s\le t} \Big(\prod_{r=s+1}^{t}\gamma_r\Big)\,(\mathbf{q}_t^\top\mathbf{k}_s)\,\mathbf{v}_s.$$
#
# You get the logarithms $g_t = \log\gamma_t \le 0$. They may be strong: nothing may overflow, and every gradient stays
# finite.


# %% nbgrader={"grade": false, "grade_id": "decay-parallel", "locked": false, "schema_version": 3, "solution": true, "task": false}
def retention(q, k, v, g):
    """Causal attention with a decay, all pairs at once.

    q, k     (..., L, d_k)
    v        (..., L, d_v)
    g        (..., L)       log decays, at most 0
    returns  (..., L, d_v)
    """
    ### BEGIN SOLUTION
    G = g.cumsum(-1)
    future = torch.ones(G.shape[-1], G.shape[-1], dtype=torch.bool, device=G.device).triu(1)
    decay = (G[..., :, None] - G[..., None, :]).masked_fill(future, -torch.inf).exp()  # (..., L, L)
    return ((q @ k.mT) * decay) @ v
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "decay-parallel-check", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false} tags=["check:decay-parallel"]
check("decay-parallel", retention)

# %% [markdown] tags=["hints:decay-parallel"]
# <details><summary>Hint 1 of 4</summary>
#
# Follow one write: v_s k_s^T is multiplied by the decays of tokens s+1 to t before token t reads it.
#
# </details>
#
# <details><summary>Hint 2 of 4</summary>
#
# The logarithm of that product is `G_t - G_s`, where `G = g.cumsum(-1)`.
#
# </details>
#
# <details><summary>Hint 3 of 4</summary>
#
# The matrix of `G_t - G_s` is `G[..., :, None] - G[..., None, :]`. Above the diagonal it is positive, and its exponential may overflow: mask it with `-inf` before the exponential, not after.
#
# </details>
#
# <details><summary>Hint 4 of 4, nearly the solution</summary>
#
# `future = torch.ones(L, L, dtype=torch.bool).triu(1)`, then `D = difference.masked_fill(future, -torch.inf).exp()`, then `((q @ k.mT) * D) @ v`.
#
# </details>

# %% [markdown]
# **See it work.** The weight that a token of the past still has, for three decays.

# %%
with figures.figure(
    alt="Weight of the past against distance: the stronger the decay, the sooner nothing is left."
) as ax:
    for gamma in (0.99, 0.9, 0.5):
        ones = torch.ones(40, 1)
        past = torch.eye(40)  # value s is the s-th unit vector: what is read is the row of weights
        weights = retention(ones, ones, past, torch.full((40,), gamma).log())[-1].flip(0)
        ax.plot(weights, label=f"decay {gamma}")
    ax.set(title="A decay sets how far back a model sees", xlabel="tokens back", ylabel="weight")
    figures.label_lines(ax)

# %% [markdown] tags=["exercise:chunkwise"]
# ## Exercise 6 · Chunks: matrix products inside, a recurrence between
#
# **4 points** · stretch · difficulty ●●●●○ (4 of 5) · about 20 minutes · define `chunked_attention(q, k, v, S, chunk)`
#
# Return the dtype of the inputs; a gradient must flow through `q`, `k`, `v`, `S`.

# %% [markdown]
# The loop is linear and slow: a machine wants large matrix products. All pairs are large products, and quadratic. **Chunks**
# are both: all pairs inside a chunk, and between chunks the recurrence. No decay here, no map and no normaliser:
# $\mathbf{o}_t = \mathbf{S}_t\mathbf{q}_t$. The last chunk may be shorter, and the loop may go over chunks, not over tokens.


# %% nbgrader={"grade": false, "grade_id": "chunkwise", "locked": false, "schema_version": 3, "solution": true, "task": false}
def chunked_attention(q, k, v, S, chunk):
    """Causal linear attention without a normaliser, chunk by chunk.

    q, k     (..., L, d_k)
    v        (..., L, d_v)
    S        (..., d_v, d_k)  state before the first token
    chunk    tokens in a chunk
    returns  o (..., L, d_v), S (..., d_v, d_k)
    """
    ### BEGIN SOLUTION
    o = []
    for q_c, k_c, v_c in zip(q.split(chunk, -2), k.split(chunk, -2), v.split(chunk, -2)):
        o.append((q_c @ k_c.mT).tril() @ v_c + q_c @ S.mT)
        S = S + v_c.mT @ k_c
    return torch.cat(o, dim=-2), S
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "chunkwise-check", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false} tags=["check:chunkwise"]
check("chunkwise", chunked_attention)

# %% [markdown] tags=["hints:chunkwise"]
# <details><summary>Hint 1 of 4</summary>
#
# Cut q, k and v into pieces of `chunk` tokens with `q.split(chunk, dim=-2)`; the last may be short.
#
# </details>
#
# <details><summary>Hint 2 of 4</summary>
#
# What a chunk reads has two parts: its own past, `(q @ k.mT).tril() @ v`, and everything before the chunk, which is in S.
#
# </details>
#
# <details><summary>Hint 3 of 4</summary>
#
# Everything before it is read with `q @ S.mT`, with the S from before the chunk.
#
# </details>
#
# <details><summary>Hint 4 of 4, nearly the solution</summary>
#
# After reading, the whole chunk is written at once: `S = S + v.mT @ k`.
#
# </details>

# %% [markdown]
# **See it work.** The same numbers with chunks of different lengths. Too short is a loop, too long is quadratic.

# %%
L = runtime.pick(full=4096, smoke=128)
q, k, v = torch.randn(3, 4, L, 64).unbind(0)
rows, reference = [], None
for chunk in runtime.pick(full=(1, 16, 64, 256, 4096), smoke=(16, 128)):
    o, _ = chunked_attention(q, k, v, torch.zeros(4, 64, 64), chunk)
    spent = seconds(chunked_attention, q, k, v, torch.zeros(4, 64, 64), chunk)
    reference = o if reference is None else reference
    rows.append((chunk, f"{1e3 * spent:.1f} ms", f"{((o - reference).abs().max() / reference.abs().max()):.0e}"))
figures.table(rows, ["chunk", "time", "difference from the first row"], f"{L} tokens, 4 heads of 64 channels")

# %% [markdown] tags=["exercise:delta-step"]
# ## Exercise 7 · The delta rule: overwrite, do not pile up
#
# **3 points** · core · difficulty ●●○○○ (2 of 5) · about 10 minutes · define `delta_step(q, k, v, beta, S)`
#
# Return the dtype of the inputs; a gradient must flow through `q`, `k`, `v`, `beta`, `S`.

# %% [markdown]
# A second write to the same key is added to the first. The **delta rule** replaces it: look up what the memory holds at the
# key, and write only the difference,
#
# $$\mathbf{S}_t = \mathbf{S}_{t-1}(I - \beta_t\mathbf{k}_t\mathbf{k}_t^\top) + \beta_t\mathbf{v}_t\mathbf{k}_t^\top
#   = \mathbf{S}_{t-1} + \beta_t(\mathbf{v}_t - \mathbf{S}_{t-1}\mathbf{k}_t)\mathbf{k}_t^\top, \qquad \mathbf{o}_t = \mathbf{S}_t\mathbf{q}_t.$$
#
# The keys come with length one.


# %% nbgrader={"grade": false, "grade_id": "delta-step", "locked": false, "schema_version": 3, "solution": true, "task": false}
def delta_step(q, k, v, beta, S):
    """One token of DeltaNet.

    q, k     (..., d_k)       of this token; k of length one
    v        (..., d_v)
    beta     (..., 1)         strength of the write, between 0 and 1
    S        (..., d_v, d_k)  state before this token
    returns  o (..., d_v), S (..., d_v, d_k)
    """
    ### BEGIN SOLUTION
    held = (S @ k[..., None])[..., 0]
    S = S + (beta * (v - held))[..., :, None] * k[..., None, :]
    return (S @ q[..., None])[..., 0], S
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "delta-step-check", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false} tags=["check:delta-step"]
check("delta-step", delta_step)

# %% [markdown] tags=["hints:delta-step"]
# <details><summary>Hint 1 of 3</summary>
#
# What does the memory hold at this key now? Read it with k: `S k`.
#
# </details>
#
# <details><summary>Hint 2 of 3</summary>
#
# The write is the error, `v - S k`, in the direction of the key, `beta` times.
#
# </details>
#
# <details><summary>Hint 3 of 3, nearly the solution</summary>
#
# `held = (S @ k[..., None])[..., 0]`, then `S = S + (beta * (v - held))[..., :, None] * k[..., None, :]`.
#
# </details>

# %% [markdown]
# **See it work.** One key, written five times with five values: what does the memory say it holds?

# %%
key = F.normalize(torch.randn(8), dim=-1)
S, added = torch.zeros(1, 8), torch.zeros(1, 8)
for value in (1.0, 2.0, 3.0, 4.0, 5.0):
    o, S = delta_step(key, key, torch.tensor([value]), torch.ones(1), S)
    added = added + value * key
    print(f"written {value:.0f}: the delta rule reads {o.item():.2f}, linear attention {(added @ key).item():.2f}")

# %% [markdown] tags=["exercise:zoo-row"]
# ## Exercise 8 · A row of the table: HGRN-2
#
# **3 points** · stretch · difficulty ●●●○○ (3 of 5) · about 15 minutes · define `hgrn2(q, v, a)`
#
# Return the dtype of the inputs; a gradient must flow through `q`, `v`, `a`.

# %% [markdown]
# The lecture's table has fifteen models, and one engine runs them all. A row only says what is kept, written and read:
# the fields of $\mathbf{S}_t = \mathbf{S}_{t-1}\,\mathrm{diag}(e^{\mathbf{g}_t}) + \mathbf{v}_t\mathbf{k}_t^\top$, $\mathbf{o}_t = \mathbf{S}_t\mathbf{q}_t$. Write the
# row of HGRN-2, whose key is what its gate leaves:
#
# $$\mathbf{S}_t = \mathbf{S}_{t-1}\,\mathrm{Diag}(\boldsymbol\alpha_t) + \mathbf{v}_t(1-\boldsymbol\alpha_t)^\top,\qquad \boldsymbol\alpha_t = \sigma(\mathbf{a}_t).$$
#
# Return a dictionary of the fields `q`, `k`, `v` and `gk`, the *logarithm* of the decay of each key channel. The check runs
# the recurrence on them. The gates may be all but shut.


# %% nbgrader={"grade": false, "grade_id": "zoo-row", "locked": false, "schema_version": 3, "solution": true, "task": false}
def hgrn2(q, v, a):
    """The row of HGRN-2.

    q        (..., L, d_k)
    v        (..., L, d_v)
    a        (..., L, d_k)  the gate before its sigmoid
    returns  a dictionary: q, k, gk (..., L, d_k) and v (..., L, d_v)
    """
    ### BEGIN SOLUTION
    return {"q": q, "k": torch.sigmoid(-a), "v": v, "gk": F.logsigmoid(a)}
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "zoo-row-check", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false} tags=["check:zoo-row"]
check("zoo-row", hgrn2)

# %% [markdown] tags=["hints:zoo-row"]
# <details><summary>Hint 1 of 3</summary>
#
# Compare the recurrence with `S diag(e^gk) + v k^T`: which of its pieces is gk, and which is k?
#
# </details>
#
# <details><summary>Hint 2 of 3</summary>
#
# gk is the logarithm of sigmoid(a). At a = -150 the sigmoid is zero in float32; its logarithm is not.
#
# </details>
#
# <details><summary>Hint 3 of 3, nearly the solution</summary>
#
# `F.logsigmoid(a)` is exact at any a. And 1 - sigmoid(a) = sigmoid(-a).
#
# </details>

# %% [markdown] nbgrader={"grade": false, "grade_id": "open-task", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": true}
# ## Open task · A feature map of your own, on real text (6 points, 20 minutes)
#
# elu + 1 is one positive feature map of many. Propose another one, and find out on real text whether it is better.
#
# 1. Write your map and say why it might help (what can it express that elu + 1 cannot?).
# 2. Train the same small character model with both maps on the World Factbook. The cell below does it for one map.
# 3. Show the two validation curves in one figure, with axes and units, and give the final losses with their spread
#    over at least two seeds. After 100 steps two maps may differ by less than two seeds do.
# 4. Conclude in three sentences. Would you bet on the result? What would you need to be sure?
#
# Work in the cell below and in as many of your own as you like, code and text, all below this one. They are marked by
# hand, with the outputs that you leave in the notebook: the grader does not run them.
#
# === BEGIN MARK SCHEME ===
#
# - 1 point: the map is positive, differs from elu + 1 (a scaled copy does not count), and a reason is given.
# - 2 points: fair comparison: same data, steps, batches, learning rate and model; nothing else changed.
# - 1 point: figure with labelled axes, units, both curves.
# - 1 point: at least two seeds, with the spread stated.
# - 1 point: the conclusion follows from the numbers; a difference within the spread is called none.
#
# === END MARK SCHEME ===

# %% tags=["open-task"]
from llmcourse.recurrence import LinearAttention
from llmcourse.recurrence.experiments import Corpus, language_model

corpus = Corpus()


def elu_plus_one(x):
    return F.elu(x) + 1


model, history = language_model(
    corpus, lambda d: LinearAttention(d, phi=elu_plus_one), steps=runtime.pick(full=100, smoke=2), seed=0, every=25
)
print("step, validation loss in nats per character:", history.validation)

# %% tags=["save"]
from llmcourse import work

work.save()
