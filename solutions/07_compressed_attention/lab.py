# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Lab 07 · Compressed and chunked attention
#
# Lab 06 left pairs out. Here nothing is left out, but what is far away is summarised: Linformer reads a text through a few places, FLASH sums up the chunks
# before its own in one matrix, MEGA hands a moving average on from chunk to chunk. You write the core of each.
#
# - **You need**: [lecture 07](../../lectures/07_compressed_attention.ipynb), tensors with leading dimensions, `@` and `.mT`.
# - **Time**: about 90 minutes for the exercises; exercise 7 is a stretch. The open task, on what crosses the edge of a chunk, takes 30 minutes more.
# - **How it works**: fill the cells that say `raise NotImplementedError()`. Run the check under each. It says what is
#   right, what is wrong, and often which mistake it is. Hints are folded under it, from a nudge to nearly everything.
#
# Shapes are `(..., L, d)`: any leading dimensions, then the length, then the channels. Weights stand on the right: `x @ W` with W `(d, e)`. No biases.

# %% [markdown] tags=["badge"]
# about 120 minutes · builds on 06 Sparse attention

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


def seconds(function, *inputs):
    """Processor time of one call, the best of five."""
    times = []
    for _ in range(5):
        start = time.process_time()
        function(*inputs)
        times.append(time.process_time() - start)
    return min(times)


# %% [markdown] tags=["exercise:projected-attention"]
# ## Exercise 1 · Attention over a few places
#
# **3 points** · core · difficulty ●●○○○ (2 of 5) · about 8 minutes · define `projected_attention(q, k, v, E, F)`
#
# Return the dtype of the inputs; a gradient must flow through `q`, `k`, `v`, `E`, `F`.

# %% [markdown]
# Linformer shortens the text before it attends to it. $\mathbf{E}$ makes `places` mixtures of the keys, $\mathbf{F}$ as many of the values:
#
# $$\mathrm{softmax}\Big(\tfrac{1}{\sqrt d}\,\mathbf{Q}\,(\mathbf{E}\mathbf{K})^\top\Big)\,\mathbf{F}\mathbf{V}.$$
#
# `q` and `k` are `(..., L, d)`, `v` is `(..., L, d_v)`; `E` and `F` are `(places, L)`, the same for all heads. Return `(..., L, d_v)`. A long text is among the
# checks: no matrix of all pairs may be made. Inside the function `F` is this matrix, and not `torch.nn.functional`: tensors have a `.softmax(-1)` of their own.


# %% nbgrader={"grade": false, "grade_id": "projected-attention", "locked": false, "schema_version": 3, "solution": true, "task": false}
def projected_attention(q, k, v, E, F):
    """Attention over a few places, each a mixture of all tokens.

    q, k     (..., L, d)       v  (..., L, d_v)
    E, F     (places, L)       projections of the keys and of the values
    returns  (..., L, d_v)
    """
    ### BEGIN SOLUTION
    places = E @ k  # (..., places, d)
    weights = (q @ places.mT / q.shape[-1] ** 0.5).softmax(-1)  # (..., L, places)
    return weights @ (F @ v)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "projected-attention-check", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false} tags=["check:projected-attention"]
check("projected-attention", projected_attention)

# %% [markdown] tags=["hints:projected-attention"]
# <details><summary>Hint 1 of 3</summary>
#
# First shorten, then attend: `E @ k` has a row for each place.
#
# </details>
#
# <details><summary>Hint 2 of 3</summary>
#
# The scores are `q @ (E @ k).mT`, (..., L, places). What divides them, and over what does the softmax run?
#
# </details>
#
# <details><summary>Hint 3 of 3, nearly the solution</summary>
#
# `weights = (q @ (E @ k).mT / q.shape[-1] ** 0.5).softmax(-1)`, then `weights @ (F @ v)`.
#
# </details>

# %% [markdown]
# **See it work.** Milliseconds for 4 heads of 64 channels and 32 places, next to attention over all. And a question: may a language model use it? A token in the
# middle is changed; how many of the outputs *before* it change?

# %%
rows = []
for L in runtime.pick(full=(256, 1024, 2048), smoke=(64, 128)):
    q, k, v = torch.randn(3, 4, L, 64).unbind(0)
    E, F_ = torch.randn(2, 32, L).mul(L**-0.5).unbind(0)
    times = seconds(F.scaled_dot_product_attention, q, k, v), seconds(projected_attention, q, k, v, E, F_)
    moved = k.clone()
    moved[:, L // 2] += 1.0
    changed = (projected_attention(q, moved, v, E, F_) != projected_attention(q, k, v, E, F_)).any(-1)[:, : L // 2]
    rows.append((L, *(f"{1e3 * t:.1f}" for t in times), f"{changed.float().mean():.0%}"))
figures.table(
    rows, ["tokens", "all pairs, ms", "32 places, ms", "earlier outputs that change"], "attention over 32 places"
)


# %% [markdown] tags=["exercise:gau-layer"]
# ## Exercise 2 · The gated attention unit
#
# **4 points** · core · difficulty ●●●○○ (3 of 5) · about 15 minutes · define `gau_layer(x, W_u, W_v, W_z, scale, offset, W_o)`
#
# Return the dtype of the inputs; a gradient must flow through `x`, `W_u`, `W_v`, `W_z`, `scale`, `offset`, `W_o`.

# %% [markdown]
# A gated linear unit multiplies two projections of the same input; the gated attention unit lets one of them be read by attention first. With weights on the right
# and $\odot$ entry by entry:
#
# $$\mathbf{U}=\mathrm{silu}(\mathbf{X}\mathbf{W}_u),\quad\mathbf{V}=\mathrm{silu}(\mathbf{X}\mathbf{W}_v),\quad\mathbf{Z}=\mathrm{silu}(\mathbf{X}\mathbf{W}_z),$$
# $$\mathbf{Q}=\mathbf{Z}\odot\boldsymbol\gamma_0+\boldsymbol\beta_0,\quad\mathbf{K}=\mathbf{Z}\odot\boldsymbol\gamma_1+\boldsymbol\beta_1,\quad
# \mathbf{A}=\mathrm{relu}^2\big(\mathbf{Q}\mathbf{K}^\top/L\big),\quad\mathbf{Y}=(\mathbf{U}\odot\mathbf{A}\mathbf{V})\,\mathbf{W}_o.$$
#
# $\boldsymbol\gamma$ is `scale` and $\boldsymbol\beta$ is `offset`, both `(2, s)`, row 0 for the queries. $\mathrm{relu}^2$ squares what the ReLU leaves. Causal: a token
# reads itself and the past; L is the length of the whole text for all of them. No norm and no residual here.


# %% nbgrader={"grade": false, "grade_id": "gau-layer", "locked": false, "schema_version": 3, "solution": true, "task": false}
def gau_layer(x, W_u, W_v, W_z, scale, offset, W_o):
    """A gated attention unit, causal.

    x              (..., L, d)
    W_u, W_v, W_z  (d, e), (d, e), (d, s)
    scale, offset  (2, s)  row 0 makes the queries of z, row 1 the keys
    W_o            (e, d)
    returns        (..., L, d)
    """
    ### BEGIN SOLUTION
    u, v, z = F.silu(x @ W_u), F.silu(x @ W_v), F.silu(x @ W_z)
    q, k = z * scale[0] + offset[0], z * scale[1] + offset[1]
    A = (F.relu(q @ k.mT / x.shape[-2]) ** 2).tril()  # (..., L, L)
    return (u * (A @ v)) @ W_o
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "gau-layer-check", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false} tags=["check:gau-layer"]
check("gau-layer", gau_layer)

# %% [markdown] tags=["hints:gau-layer"]
# <details><summary>Hint 1 of 4</summary>
#
# Three projections with `F.silu` after each: u and v (..., L, e), z (..., L, s).
#
# </details>
#
# <details><summary>Hint 2 of 4</summary>
#
# Queries and keys are the same z in two disguises: `q = z * scale[0] + offset[0]`, and k with index 1.
#
# </details>
#
# <details><summary>Hint 3 of 4</summary>
#
# The weights are `F.relu(q @ k.mT / L) ** 2` with `.tril()` after it: no softmax. Divide before you square.
#
# </details>
#
# <details><summary>Hint 4 of 4, nearly the solution</summary>
#
# `y = (u * (A @ v)) @ W_o`.
#
# </details>

# %% [markdown]
# **See it work.** What does the unit cost? The numbers in one block of a Transformer of width d, attention and MLP, against two units with $e=2d$ and $s=d/4$, and the
# products that each has to compute per token of a text of 1,024. The numbers are about as many. The products are more, the more so in a narrow model: what is read of all pairs is 2d
# wide. Without a way around all pairs a unit saves nothing; the next exercise is one.

# %%
L, rows = 1024, []
for d in (64, 256, 1024):
    block = 4 * d * d + 8 * d * d
    unit = 2 * d * (2 * d) + d * (d // 4) + (2 * d) * d
    pairs = 2 * L * d, 2 * L * (d // 4 + 2 * d)  # per token: two products with all others
    rows.append((d, f"{block:,}", f"{2 * unit:,}", f"{block + pairs[0]:,}", f"{2 * unit + pairs[1]:,}"))
heads = ["d", "numbers, block", "numbers, two units", "products per token, block", "products per token, two units"]
figures.table(rows, heads, "a block of a Transformer and two gated attention units")


# %% [markdown] tags=["exercise:flash-chunks"]
# ## Exercise 3 · Quadratic within chunks, linear between them
#
# **5 points** · core · difficulty ●●●●○ (4 of 5) · about 20 minutes · define `flash_halves(q, k, q_lin, k_lin, v, C)`
#
# Return the dtype of the inputs; a gradient must flow through `q`, `k`, `q_lin`, `k_lin`, `v`.

# %% [markdown]
# A gated unit still compares all pairs. FLASH cuts the text into chunks of C tokens. **Near**, within a chunk, attention is quadratic, as in the unit. **Far**, from
# chunk to chunk, it is linear: without ReLU the brackets can be moved, and all chunks before are one matrix $\mathbf{S}$. For chunk $g$
#
# $$\mathrm{near}_g=\mathrm{relu}^2\big(\mathbf{Q}_g\mathbf{K}_g^\top/C\big)\mathbf{V}_g\ \text{(causal)},\qquad
# \mathrm{far}_g=\tfrac1C\,\mathbf{Q}^{\mathrm{lin}}_g\sum_{h<g}{\mathbf{K}^{\mathrm{lin}}_h}^{\!\top}\mathbf{V}_h.$$
#
# Queries and keys `(..., L, s)` of both halves are given, values `(..., L, e)`. Return near and far, each `(..., L, e)`. The last chunk may be shorter; it is divided
# by C all the same. No matrix of all pairs.


# %% nbgrader={"grade": false, "grade_id": "flash-chunks", "locked": false, "schema_version": 3, "solution": true, "task": false}
def flash_halves(q, k, q_lin, k_lin, v, C):
    """Quadratic within chunks, linear between them; causal.

    q, k, q_lin, k_lin  (..., L, s)    v  (..., L, e)
    C                   tokens in a chunk
    returns             near, far: each (..., L, e)
    """
    ### BEGIN SOLUTION
    near, far, S = [], [], 0 * k_lin[..., :1, :].mT @ v[..., :1, :]  # S (..., s, e)
    for start in range(0, v.shape[-2], C):
        chunk = slice(start, start + C)
        q_c, k_c, q_far, k_far, v_c = (x[..., chunk, :] for x in (q, k, q_lin, k_lin, v))
        near.append((F.relu(q_c @ k_c.mT / C) ** 2).tril() @ v_c)
        far.append(q_far @ S / C)
        S = S + k_far.mT @ v_c
    return torch.cat(near, dim=-2), torch.cat(far, dim=-2)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "flash-chunks-check", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false} tags=["check:flash-chunks"]
check("flash-chunks", flash_halves)

# %% [markdown] tags=["hints:flash-chunks"]
# <details><summary>Hint 1 of 4</summary>
#
# Go from chunk to chunk, with `slice(start, start + C)`, and keep one matrix S: all that was written before.
#
# </details>
#
# <details><summary>Hint 2 of 4</summary>
#
# Near, inside a chunk: `(F.relu(q_c @ k_c.mT / C) ** 2).tril() @ v_c`.
#
# </details>
#
# <details><summary>Hint 3 of 4</summary>
#
# Far: read S before the chunk writes to it. `far_c = q_c @ S / C`, and then `S = S + k_c.mT @ v_c`, with q_lin and k_lin.
#
# </details>
#
# <details><summary>Hint 4 of 4, nearly the solution</summary>
#
# S begins as zeros (..., s, e): `0 * k_lin[..., :1, :].mT @ v[..., :1, :]` has the right shape and dtype. Join the chunks with `torch.cat(..., dim=-2)`.
#
# </details>

# %% [markdown]
# **See it work.** Milliseconds for one text, next to the unit's own attention over all pairs. Which of the two doubles when the text doubles?


# %%
def all_pairs(q, k, v):
    return (F.relu(q @ k.mT / v.shape[-2]) ** 2).tril() @ v


rows = []
for L in runtime.pick(full=(512, 1024, 2048, 4096), smoke=(64, 128)):
    q, k, q_lin, k_lin = torch.randn(4, L, 32).unbind(0)
    v = torch.randn(L, 128)
    times = seconds(all_pairs, q, k, v), seconds(flash_halves, q, k, q_lin, k_lin, v, 128)
    rows.append((L, *(f"{1e3 * t:.1f}" for t in times)))
figures.table(
    rows, ["tokens", "all pairs, ms", "chunks of 128, ms"], "a gated unit's attention and FLASH's, s = 32, e = 128"
)


# %% [markdown] tags=["exercise:damped-ema"]
# ## Exercise 4 · The damped moving average, token by token
#
# **3 points** · core · difficulty ●●●○○ (3 of 5) · about 12 minutes · define `damped_ema(x, alpha, delta, beta, eta, H)`
#
# Return the dtype of the inputs; a gradient must flow through `x`, `alpha`, `delta`, `beta`, `eta`, `H`.

# %% [markdown]
# MEGA begins with a moving average. Channel $j$ is expanded to $h$ numbers, each of which has an average of its own, and they are read back as one:
#
# $$\mathbf{u}_t^{(j)}=\boldsymbol\beta_j\,x_{t,j},\qquad
# \mathbf{h}_t^{(j)}=\boldsymbol\alpha_j\odot\mathbf{u}_t^{(j)}+(1-\boldsymbol\alpha_j\odot\boldsymbol\delta_j)\odot\mathbf{h}_{t-1}^{(j)},\qquad
# y_{t,j}=\boldsymbol\eta_j^\top\mathbf{h}_t^{(j)}.$$
#
# `x` is `(..., L, d)`, the four parameters are `(d, h)`, and the state `H` is `(..., d, h)`: what was remembered before this text. Return `y` `(..., L, d)` and the state
# after the last token. The caller still needs the old state.


# %% nbgrader={"grade": false, "grade_id": "damped-ema", "locked": false, "schema_version": 3, "solution": true, "task": false}
def damped_ema(x, alpha, delta, beta, eta, H):
    """A moving average with h numbers per channel, token by token.

    x                        (..., L, d)
    alpha, delta, beta, eta  (d, h)
    H                        (..., d, h)  the state before the first token
    returns                  y (..., L, d), and the state after the last token
    """
    ### BEGIN SOLUTION
    y = []
    for x_t in x.unbind(-2):
        u = beta * x_t[..., None]  # (..., d, h)
        H = alpha * u + (1 - alpha * delta) * H
        y.append((eta * H).sum(-1))
    return torch.stack(y, dim=-2), H
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "damped-ema-check", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false} tags=["check:damped-ema"]
check("damped-ema", damped_ema)

# %% [markdown] tags=["hints:damped-ema"]
# <details><summary>Hint 1 of 3</summary>
#
# Go through time with `x.unbind(-2)`: each x_t is (..., d), and `x_t[..., None] * beta` is u_t, (..., d, h).
#
# </details>
#
# <details><summary>Hint 2 of 3</summary>
#
# New times alpha, old times (1 - alpha * delta), both entry by entry; write before you read.
#
# </details>
#
# <details><summary>Hint 3 of 3, nearly the solution</summary>
#
# Reading: `(eta * H).sum(-1)` is (..., d). Put the readings together with `torch.stack(..., dim=-2)`.
#
# </details>

# %% [markdown]
# **See it work.** What does damping do? One channel with one number, a step from 0 to 1. Undamped ($\delta=1$), the average ends at the height of the step; damped,
# it lets go of less than it takes in, and ends higher, at $1/\delta$, later.

# %%
step = torch.cat([torch.zeros(5), torch.ones(55)])[:, None]
one = torch.ones(1, 1)
with figures.figure(
    alt="Three curves after a step at token 5. Without damping the curve reaches 1 within 15 tokens. With delta 0.5 it "
    "rises to 2, with delta 0.25 towards 4, each more slowly than the one before.",
    height=2.8,
) as ax:
    for delta in (1.0, 0.5, 0.25):
        y, _ = damped_ema(step, 0.25 * one, delta * one, one, one, torch.zeros(1, 1))
        ax.plot(y[:, 0])
        ax.annotate(f"δ = {delta:g}", (59, y[-1, 0]), xytext=(4, 0), textcoords="offset points", va="center")
    ax.set(xlabel="token", ylabel="y", title="Damping: a longer memory, with α = 0.25 for all", xlim=(0, 66))


# %% [markdown] tags=["exercise:ema-kernel"]
# ## Exercise 5 · The same average, as one kernel
#
# **3 points** · core · difficulty ●●●○○ (3 of 5) · about 10 minutes · define `ema_kernel(alpha, delta, beta, eta, L)`
#
# Return the dtype of the inputs; a gradient must flow through `alpha`, `delta`, `beta`, `eta`.

# %% [markdown]
# There is no nonlinearity in the average, so it is a convolution: each channel of x with a kernel of its own. Follow an impulse, 1 at token 0 and nothing afterwards,
# through the recurrence of exercise 4, from an empty state: what is read at token $l$ is $K_l$. Return the kernels of all channels for $l=0,\dots,L-1$, as `(d, L)`.
# No loop is needed.


# %% nbgrader={"grade": false, "grade_id": "ema-kernel", "locked": false, "schema_version": 3, "solution": true, "task": false}
def ema_kernel(alpha, delta, beta, eta, L):
    """The response of the moving average to an impulse.

    alpha, delta, beta, eta  (d, h)
    L                        length
    returns                  (d, L)
    """
    ### BEGIN SOLUTION
    q = 1 - alpha * delta
    powers = q[..., None] ** torch.arange(L)  # (d, h, L)
    return ((eta * alpha * beta)[..., None] * powers).sum(1)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "ema-kernel-check", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false} tags=["check:ema-kernel"]
check("ema-kernel", ema_kernel)

# %% [markdown] tags=["hints:ema-kernel"]
# <details><summary>Hint 1 of 4</summary>
#
# Let x be 1 at the first token and 0 afterwards, and follow H: what is y after l more tokens?
#
# </details>
#
# <details><summary>Hint 2 of 4</summary>
#
# H is alpha * beta at first, and each step multiplies it by q = 1 - alpha * delta.
#
# </details>
#
# <details><summary>Hint 3 of 4</summary>
#
# `q[..., None] ** torch.arange(L)` is (d, h, L), with 1 at its start.
#
# </details>
#
# <details><summary>Hint 4 of 4, nearly the solution</summary>
#
# `((eta * alpha * beta)[..., None] * powers).sum(1)`: the h numbers of a channel add up.
#
# </details>

# %% [markdown]
# **See it work.** One channel with four numbers. Each number alone is a falling exponential; what is read is their weighted sum, and that may have any shape: here it
# is 0 for the newest token and largest a few tokens back. So attention that reads this average knows something of order.

# %%
alpha, delta = torch.tensor([[0.9, 0.5, 0.25, 0.1]]), torch.ones(1, 4)
eta = torch.tensor([[0.2, -1.2, 1.5, 0.45]]) / alpha
eta[0, 0] -= (eta * alpha).sum() / alpha[0, 0]  # what is read of the newest token
K = ema_kernel(alpha, delta, torch.ones(1, 4), eta, 30)
parts = [ema_kernel(*(z[:, n : n + 1] for z in (alpha, delta, torch.ones(1, 4), eta)), 30) for n in range(4)]
with figures.figure(
    alt="Four thin grey exponentials, two above zero and two below, and their sum, a thick line: it begins at 0, has a maximum a few tokens back and falls slowly.",
    height=2.8,
) as ax:
    for part in parts:
        ax.plot(part[0], color="0.7", linewidth=1)
    ax.plot(K[0], linewidth=2.5)
    ax.set(xlabel="tokens back", ylabel="weight", title="A sum of exponentials need not fall")


# %% [markdown] tags=["exercise:mega-chunk"]
# ## Exercise 6 · Chunks that the moving average links
#
# **4 points** · core · difficulty ●●●○○ (3 of 5) · about 12 minutes · define `mega_chunk(x, m, W_z, W_v, scale, offset, C)`
#
# Return the dtype of the inputs; a gradient must flow through `x`, `m`, `W_z`, `W_v`, `scale`, `offset`.

# %% [markdown]
# In MEGA the average decides *where to look*, and what is read is the input itself. `m` `(..., L, d)` is the moving average of `x` `(..., L, d)`:
#
# $$\mathbf{Z}=\mathrm{silu}(\mathbf{M}\mathbf{W}_z),\quad\mathbf{V}=\mathrm{silu}(\mathbf{X}\mathbf{W}_v),$$
#
# queries and keys are Z with scale and offset, as in exercise 2, and attention is a softmax again, of scores divided by $\sqrt s$. To be linear in L, MEGA-chunk lets a
# query see its own chunk only, from the beginning of the chunk to itself. Return `(..., L, e)`. The last chunk may be shorter. No matrix of all pairs.


# %% nbgrader={"grade": false, "grade_id": "mega-chunk", "locked": false, "schema_version": 3, "solution": true, "task": false}
def mega_chunk(x, m, W_z, W_v, scale, offset, C):
    """Causal softmax attention inside chunks, with queries and keys from the moving average.

    x, m           (..., L, d)    the input, and its moving average
    W_z, W_v       (d, s), (d, e)
    scale, offset  (2, s)         row 0 makes the queries of z, row 1 the keys
    C              tokens in a chunk
    returns        (..., L, e)
    """
    ### BEGIN SOLUTION
    z, v = F.silu(m @ W_z), F.silu(x @ W_v)
    q, k = z * scale[0] + offset[0], z * scale[1] + offset[1]
    out = []
    for q_c, k_c, v_c in zip(*(y.split(C, dim=-2) for y in (q, k, v))):
        future = torch.ones(q_c.shape[-2], q_c.shape[-2], dtype=torch.bool).triu(1)
        scores = (q_c @ k_c.mT / q.shape[-1] ** 0.5).masked_fill(future, -torch.inf)
        out.append(scores.softmax(-1) @ v_c)
    return torch.cat(out, dim=-2)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "mega-chunk-check", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false} tags=["check:mega-chunk"]
check("mega-chunk", mega_chunk)

# %% [markdown] tags=["hints:mega-chunk"]
# <details><summary>Hint 1 of 4</summary>
#
# Which of the three come from m, and which from x? What is read is x itself; where to look is decided by m.
#
# </details>
#
# <details><summary>Hint 2 of 4</summary>
#
# `z = F.silu(m @ W_z)`, q and k as in the gated attention unit, `v = F.silu(x @ W_v)`.
#
# </details>
#
# <details><summary>Hint 3 of 4</summary>
#
# Inside a chunk: softmax of `q_c @ k_c.mT / s**0.5`, with what comes after a query at `-torch.inf`.
#
# </details>
#
# <details><summary>Hint 4 of 4, nearly the solution</summary>
#
# `future = torch.ones(n, n, dtype=torch.bool).triu(1)` for the n tokens of a chunk; the last may have fewer than C. Join with `torch.cat(out, dim=-2)`.
#
# </details>

# %% [markdown]
# **See it work.** Which inputs does an output depend on? Ask the gradient, for 24 tokens in chunks of 8: once with m = x, and once with your average. Chunks are islands,
# and the average is the ferry.

# %%
generator = runtime.seed(0)
draw = lambda *shape: torch.randn(*shape, generator=generator)
W_z, W_v, scale, offset, x = draw(4, 4), draw(4, 3), draw(2, 4), draw(2, 4), draw(24, 4)
numbers = draw(4, 3).sigmoid(), draw(4, 3).sigmoid(), draw(4, 3), draw(4, 3)


def layer(x, average):
    m = damped_ema(x, *numbers, torch.zeros(4, 3))[0] if average else x
    return mega_chunk(x, m, W_z, W_v, scale, offset, 8)


def depends(average):
    """(24, 24), true where an output (row) depends on an input (column)."""
    J = torch.autograd.functional.jacobian(lambda x: layer(x, average), x)  # (24, 3, 24, 4)
    return J.abs().sum((1, 3)) > 1e-9


with figures.figure(
    alt="Two square pictures. Without the average three dark triangles lie on the diagonal. With it the whole triangle "
    "under the diagonal is dark.",
    columns=2,
    height=3,
) as axes:
    for ax, average in zip(axes, (False, True)):
        ax.imshow(depends(average), cmap="Greys", vmin=0, vmax=1)
        ax.set(title="with the average" if average else "without", xlabel="input token", ylabel="output token")


# %% [markdown] tags=["exercise:ema-convolution"]
# ## Exercise 7 · The convolution, from the middle of a text
#
# **4 points** · stretch · difficulty ●●●●○ (4 of 5) · about 15 minutes · define `ema_convolution(K, x, q, eta, H)`
#
# Return the dtype of the inputs; a gradient must flow through `K`, `x`, `q`, `eta`, `H`.

# %% [markdown]
# A convolution is fast: with Fourier transforms it takes $L\log L$ steps. But it begins with nothing, and a long text comes in pieces. `K` `(d, L)` is your kernel, `x`
# `(..., L, d)` the next piece, `H` `(..., d, h)` the state that the piece before has left; `q` `(d, h)` is what a step keeps, $1-\boldsymbol\alpha\odot\boldsymbol\delta$. Return
#
# $$y_{t,j}=\sum_{l=0}^{t}K_{j,l}\,x_{t-l,j}+\text{what is read of }\mathbf{h}^{(j)}\text{ at token }t,$$
#
# as exercise 4 would. Here $t$ counts from 0. No loop over tokens, and no matrix of all pairs.


# %% nbgrader={"grade": false, "grade_id": "ema-convolution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def ema_convolution(K, x, q, eta, H):
    """The moving average of a piece of text, from the state that the piece before has left.

    K        (d, L)       kernel
    x        (..., L, d)
    q, eta   (d, h)       what a step keeps; how the state is read
    H        (..., d, h)  the state before the first token
    returns  (..., L, d)
    """
    ### BEGIN SOLUTION
    L = x.shape[-2]
    product = torch.fft.rfft(x, 2 * L, dim=-2) * torch.fft.rfft(K.mT, 2 * L, dim=-2)
    y = torch.fft.irfft(product, 2 * L, dim=-2)[..., :L, :]
    powers = q[..., None] ** torch.arange(1, L + 1)  # (d, h, L)
    return y + (powers * (eta * H)[..., None]).sum(-2).mT
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "ema-convolution-check", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false} tags=["check:ema-convolution"]
check("ema-convolution", ema_convolution)

# %% [markdown] tags=["hints:ema-convolution"]
# <details><summary>Hint 1 of 4</summary>
#
# y is a sum of two parts: x convolved with K, and what is left of H at each token.
#
# </details>
#
# <details><summary>Hint 2 of 4</summary>
#
# The convolution, along the length: `torch.fft.rfft(x, 2 * L, dim=-2)` times that of `K.mT`, and `irfft` of the product. The first L places are yours. Without the padding the end runs into the beginning.
#
# </details>
#
# <details><summary>Hint 3 of 4</summary>
#
# H has decayed once when the first token of x is read: the powers of q are 1, 2, ..., L.
#
# </details>
#
# <details><summary>Hint 4 of 4, nearly the solution</summary>
#
# `powers = q[..., None] ** torch.arange(1, L + 1)` is (d, h, L); `(powers * (eta * H)[..., None]).sum(-2).mT` is (..., L, d).
#
# </details>

# %% [markdown]
# **See it work.** A text in two pieces, the second from the state that the first has left, against the loop over the whole text; and how long both take.

# %%
rows = []
for L in runtime.pick(full=(256, 1024, 4096), smoke=(64,)):
    alpha, delta, beta, eta = torch.rand(16, 8), torch.rand(16, 8), torch.randn(16, 8), torch.randn(16, 8) / 8
    x, empty, q = torch.randn(L, 16), torch.zeros(16, 8), 1 - alpha * delta
    whole, _ = damped_ema(x, alpha, delta, beta, eta, empty)
    _, H = damped_ema(x[: L // 2], alpha, delta, beta, eta, empty)
    K = ema_kernel(alpha, delta, beta, eta, L)
    second = ema_convolution(K[:, : L - L // 2], x[L // 2 :], q, eta, H)
    error = (second - whole[L // 2 :]).abs().max() / whole.abs().max()
    times = seconds(damped_ema, x, alpha, delta, beta, eta, empty), seconds(ema_convolution, K, x, q, eta, empty)
    rows.append((L, f"{error:.0e}", *(f"{1e3 * t:.1f}" for t in times)))
heads = ["tokens", "relative difference, second piece", "loop, ms", "convolution, ms"]
figures.table(rows, heads, "16 channels of 8 numbers")


# %% [markdown] nbgrader={"grade": false, "grade_id": "open-task", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": true}
# ## Open task · What crosses the edge of a chunk? (6 points, 30 minutes)
#
# The cell below trains a small model of two layers that are made of your functions. In a sequence of 64 tokens a key is given a new value again and again (a token is a pair of key and value; there
# are 8 keys and 8 values); now and then a key is asked for, and the *last* value counts. So the model has to know what came later. It has no position code: order comes from the
# average alone, and so does all that is older than the chunk.
#
# 1. Choose one thing to vary: the size C of a chunk, the numbers h of the average, or where alpha starts (a small alpha remembers longer). Say beforehand what you expect, and for which questions.
# 2. Train with at least three settings, each with at least two seeds, with nothing else changed. A run of 300 steps takes about 15 seconds, or 40 on a slow machine.
# 3. The cell gives the share of right answers to questions whose value was written *in the same chunk* and *in an earlier one*, with chunks of 16 tokens for this count, whatever C is. Show both, by setting,
#    with the spread over seeds; guessing is right in 1 of 8.
# 4. Conclude in three sentences. Does the average carry the value itself over the edge, or something that helps attention to find it? What would you change to be sure?
#
# Work in the cell below and in as many of your own as you like, code and text, all below this one. They are marked by
# hand, with the outputs that you leave in the notebook: the grader does not run them.
#
# === BEGIN MARK SCHEME ===
#
# - 1 point: one thing is varied, and an expectation is stated that the experiment could contradict.
# - 2 points: a fair comparison: same steps, rate, data and seeds for all settings; nothing else changed.
# - 1 point: both shares (same chunk, earlier chunk) for at least three settings and two seeds, with the spread.
# - 1 point: figure or table with labels, and the share of guessing.
# - 1 point: the conclusion follows from the numbers. Attention never reaches over the edge, so what is right about earlier chunks was
#   carried by the average; a difference within the spread is called none.
#
# === END MARK SCHEME ===

# %% tags=["open-task"]
from llmcourse import models
from llmcourse.attention import ema
from llmcourse.attention.compressed_experiments import KEYS, PLACES, VALUES, Stack, latest
from torch import nn


class Layer(nn.Module):
    """x + attention in chunks of C, with queries and keys from an average of h numbers per channel; alpha starts near `alpha`."""

    def __init__(self, d, h, C, alpha, s=16, e=64):
        super().__init__()
        weight = lambda *shape: nn.Parameter(torch.randn(*shape) * shape[0] ** -0.5)
        self.C, self.norm = C, nn.RMSNorm(d)
        self.alpha = nn.Parameter(torch.logit(torch.tensor(alpha)) + 0.2 * torch.randn(d, h))
        self.delta, self.beta, self.eta = (nn.Parameter(torch.randn(d, h) * z) for z in (0.2, 1.0, h**-0.5))
        self.own, self.W_z, self.W_v, self.W_o, self.W_m = (
            torch.ones(d),
            weight(d, s),
            weight(d, e),
            weight(e, d),
            weight(d, d),
        )
        self.own = nn.Parameter(self.own)
        self.scale, self.offset = nn.Parameter(torch.ones(2, s)), nn.Parameter(torch.zeros(2, s))

    def forward(self, x):
        y = self.norm(x)
        K = ema_kernel(self.alpha.sigmoid(), self.delta.sigmoid(), self.beta, self.eta, x.shape[-2])
        m = F.silu(ema.convolve(K, y.mT).mT + self.own * y)
        return x + mega_chunk(y, m, self.W_z, self.W_v, self.scale, self.offset, self.C) @ self.W_o + m @ self.W_m


def train(h=8, C=16, alpha=0.5, seed=0):
    """A trained model."""
    generator = runtime.seed(seed)
    model = Stack(KEYS * VALUES + KEYS, 32, [Layer(32, h, C, alpha) for _ in range(2)])
    models.train(model, latest(32, generator), runtime.pick(full=300, smoke=2), lr=1e-2)
    return model


@torch.no_grad()
def right(model, edge=16):
    """Shares of right answers: value written in the same chunk of `edge` tokens, and in an earlier one."""
    tokens, targets = next(latest(256, torch.Generator().manual_seed(10_000)))
    row, place = (targets >= 0).nonzero(as_tuple=True)
    key, writes = tokens[row, place] - KEYS * VALUES, torch.where(tokens < KEYS * VALUES, tokens // VALUES, -1)
    before = (writes[row] == key[:, None]) & (torch.arange(PLACES) < place[:, None])
    written = (before * torch.arange(PLACES)).amax(1)  # where the last value was written
    correct = (model(tokens)[0].argmax(-1) == targets)[row, place]
    same = written // edge == place // edge
    return correct[same].float().mean().item(), correct[~same].float().mean().item()


same, earlier = right(train())
print(f"C = 16, h = 8, seed 0: same chunk {same:.0%}, earlier chunk {earlier:.0%}, guessing {1 / VALUES:.0%}")

# %% tags=["save"]
from llmcourse import work

work.save()
