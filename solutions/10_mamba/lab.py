# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Lab 10 · Mamba and its family
#
# A state space model that treats every token alike cannot choose what to keep. In this lab you make the step depend on the input,
# scan with it in three ways, and put a whole Mamba block together, one token at a time. Then you read a picture in four directions.
#
# - **You need**: [lecture 10](../../lectures/10_mamba.ipynb), tensors with leading dimensions, `split` and `unbind`.
# - **Time**: about an hour and three quarters: seven exercises, then an open task.
# - **How it works**: fill the cells that say `raise NotImplementedError()`. Run the check under each. It says what is
#   right, what is wrong, and often which mistake it is. Hints are folded under it, from a nudge to nearly everything.
#
# Shapes are `(..., L, D)`: any leading dimensions, then the length, then the channels. A state is `(..., D, N)`: $N$ numbers for
# each channel.

# %% [markdown] tags=["badge"]
# about 110 minutes · builds on 09 State space models

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
import torch.nn.functional as F
from llmcourse import data, figures, runtime
from llmcourse.checks import check

print(runtime.describe())

# %% [markdown] tags=["exercise:selective-step"]
# ## Exercise 1 · A step that depends on the input
#
# **2 points** · core · difficulty ●○○○○ (1 of 5) · about 8 minutes · define `discretise(x, dt, A, B)`
#
# Return the dtype of the inputs; a gradient must flow through `x`, `dt`, `A`, `B`.

# %% [markdown]
# Every channel has a state of $N$ numbers and decay rates $\mathbf{A}<0$. What is new: the step $\Delta_t$ and the write
# $\mathbf{B}_t$ come from the token. Held for a step, a state keeps $e^{\Delta_t\mathbf{A}}$ of itself, and Mamba writes
# $\Delta_t x_t\mathbf{B}_t$. Compute both for all tokens:
#
# $$\text{decay}_{t} = \exp(\Delta_t\mathbf{A}),\qquad \text{write}_t = \Delta_t\,x_t\,\mathbf{B}_t^\top .$$


# %% nbgrader={"grade": false, "grade_id": "selective-step", "locked": false, "schema_version": 3, "solution": true, "task": false}
def discretise(x, dt, A, B):
    """What every token keeps of the state, and what it writes.

    x, dt    (..., L, D)  inputs and steps
    A        (D, N)       decay rates, negative
    B        (..., L, N)  shared by all channels
    returns  decay, write (..., L, D, N)
    """
    ### BEGIN SOLUTION
    decay = (dt[..., None] * A).exp()
    write = (dt * x)[..., None] * B[..., None, :]
    return decay, write
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "selective-step-check", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false} tags=["check:selective-step"]
check("selective-step", discretise)

# %% [markdown] tags=["hints:selective-step"]
# <details><summary>Hint 1 of 3</summary>
#
# Both results are (..., L, D, N): a number for every token, channel and state.
#
# </details>
#
# <details><summary>Hint 2 of 3</summary>
#
# The decay is `exp(dt A)`: give dt one more axis at its end, `dt[..., None]`.
#
# </details>
#
# <details><summary>Hint 3 of 3, nearly the solution</summary>
#
# What is written is dt x B: `(dt * x)[..., None] * B[..., None, :]`, with B shared by all channels.
#
# </details>

# %% [markdown] tags=["exercise:selective-scan"]
# ## Exercise 2 · The selective scan
#
# **3 points** · core · difficulty ●●○○○ (2 of 5) · about 10 minutes · define `scan(decay, write, C, h)`
#
# Return the dtype of the inputs; a gradient must flow through `decay`, `write`, `C`, `h`.

# %% [markdown]
# Now go through time. The state fades, something is written, and the token reads it with its own $\mathbf{C}_t$:
#
# $$\mathbf{h}_t = \text{decay}_t\odot\mathbf{h}_{t-1} + \text{write}_t,\qquad y_t = \mathbf{h}_t\,\mathbf{C}_t .$$
#
# Start from the state you are given, and return the state you end with.


# %% nbgrader={"grade": false, "grade_id": "selective-scan", "locked": false, "schema_version": 3, "solution": true, "task": false}
def scan(decay, write, C, h):
    """The selective scan, token after token.

    decay, write  (..., L, D, N)
    C             (..., L, N)  how each token reads
    h             (..., D, N)  state before the first token
    returns       y (..., L, D), h (..., D, N)
    """
    ### BEGIN SOLUTION
    y = []
    for a, b, c in zip(decay.unbind(-3), write.unbind(-3), C.unbind(-2)):
        h = a * h + b
        y.append((h * c[..., None, :]).sum(-1))
    return torch.stack(y, dim=-2), h
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "selective-scan-check", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false} tags=["check:selective-scan"]
check("selective-scan", scan)

# %% [markdown] tags=["hints:selective-scan"]
# <details><summary>Hint 1 of 3</summary>
#
# One step does two things, in this order: update the state, read it.
#
# </details>
#
# <details><summary>Hint 2 of 3</summary>
#
# `h = a * h + b` for the token's a and b; read with `(h * c[..., None, :]).sum(-1)`.
#
# </details>
#
# <details><summary>Hint 3 of 3, nearly the solution</summary>
#
# Go through time with `decay.unbind(-3)`, `write.unbind(-3)` and `C.unbind(-2)`; `torch.stack(y, -2)`.
#
# </details>

# %% [markdown]
# **See it work.** One channel, one state, and a step that is long where the input is marked and short elsewhere: the state keeps the
# marked values and ignores the rest. No time-invariant model can do this.

# %%
L = 60
generator = runtime.seed(0)
x = torch.randn(L, 1, generator=generator)
marked = torch.zeros(L, dtype=torch.bool)
marked[[8, 30, 45]] = True
dt = torch.where(marked, 4.0, 0.003)[:, None]
decay, write = discretise(x, dt, -torch.ones(1, 1), torch.ones(L, 1))
y, _ = scan(decay, write / 4, torch.ones(L, 1), torch.zeros(1, 1))
with figures.figure(
    alt="Noise with three marked samples, and a state that jumps to each marked value and holds it until the next.",
) as ax:
    ax.plot(x[:, 0], color="#999999", marker="", linewidth=1, label="input")
    ax.plot(marked.nonzero()[:, 0], x[marked, 0], linestyle="", marker="o", color="black", label="marked")
    ax.step(range(L), y[:, 0], where="post", linewidth=2, label="state")
    ax.set(title="A long step writes, a short one keeps", xlabel="token", ylabel="value")
    ax.legend()

# %% [markdown] tags=["exercise:associative-law"]
# ## Exercise 3 · Two stretches of time as one
#
# **3 points** · stretch · difficulty ●●○○○ (2 of 5) · about 10 minutes · define `combine(first, second)`
#
# Return the dtype of the inputs; a gradient must flow through the tensors that it is given.

# %% [markdown]
# A GPU does not like loops. A stretch of time, one token or a thousand, does one thing to a state: $\mathbf{h}\mapsto
# \mathbf{a}\odot\mathbf{h}+\mathbf{b}$. Two stretches in a row are again such a map. Write it. Joining is *associative*: the brackets may stand
# anywhere, so many pairs can be joined at a time; the check tries both ways.


# %% nbgrader={"grade": false, "grade_id": "associative-law", "locked": false, "schema_version": 3, "solution": true, "task": false}
def combine(first, second):
    """Two stretches of time as one: first, then second.

    first, second  (a, b), each tensors of one shape: what is kept of a state, and what is added
    returns        (a, b) of both together
    """
    ### BEGIN SOLUTION
    (a1, b1), (a2, b2) = first, second
    return a2 * a1, a2 * b1 + b2
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "associative-law-check", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false} tags=["check:associative-law"]
check("associative-law", combine)

# %% [markdown] tags=["hints:associative-law"]
# <details><summary>Hint 1 of 3</summary>
#
# A stretch (a, b) takes the state h to a h + b. Put the result of the first into the second.
#
# </details>
#
# <details><summary>Hint 2 of 3</summary>
#
# a2 (a1 h + b1) + b2: which factor stands before h, and what is left?
#
# </details>
#
# <details><summary>Hint 3 of 3, nearly the solution</summary>
#
# `return first[0] * second[0], second[0] * first[1] + second[1]`.
#
# </details>

# %% [markdown]
# **See it work.** With your law, every token looks 1, 2, 4, ... places back: after $\log_2 L$ rounds it has seen everything.

# %%
a, b = decay.clone(), write.clone()
rounds, back = 0, 1
while back < L:
    later = combine((a[:-back], b[:-back]), (a[back:], b[back:]))
    a, b = torch.cat([a[:back], later[0]]), torch.cat([b[:back], later[1]])
    rounds, back = rounds + 1, 2 * back
loop, _ = scan(decay, write, torch.ones(L, 1), torch.zeros(1, 1))
print(f"{rounds} rounds instead of {L} steps; the states differ by {(b[..., 0] - loop).abs().max():.0e}")

# %% [markdown] tags=["exercise:chunked-scan"]
# ## Exercise 4 · A scan that fits the cache
#
# **4 points** · stretch · difficulty ●●●○○ (3 of 5) · about 15 minutes · define `chunked_scan(x, dt, A, B, C, h, chunk)`
#
# Return the dtype of the inputs; a gradient must flow through `x`, `dt`, `A`, `B`, `C`, `h`.

# %% [markdown]
# A CPU, and a GPU's small fast memory, like something else: never hold all $L\cdot D\cdot N$ states, only those of a piece of
# `chunk` tokens. Scan piece by piece; the last piece may be short. The check looks at the largest tensor that you make.


# %% nbgrader={"grade": false, "grade_id": "chunked-scan", "locked": false, "schema_version": 3, "solution": true, "task": false}
def chunked_scan(x, dt, A, B, C, h, chunk):
    """The selective scan in pieces.

    x, dt    (..., L, D)
    A        (D, N)
    B, C     (..., L, N)
    h        (..., D, N)  state before the first token
    chunk    tokens of a piece, a Python int
    returns  y (..., L, D), h (..., D, N)
    """
    ### BEGIN SOLUTION
    y = []
    for x_p, dt_p, B_p, C_p in zip(*(z.split(chunk, dim=-2) for z in (x, dt, B, C))):
        decay = (dt_p[..., None] * A).exp()
        write = (dt_p * x_p)[..., None] * B_p[..., None, :]
        for a, b, c in zip(decay.unbind(-3), write.unbind(-3), C_p.unbind(-2)):
            h = a * h + b
            y.append((h * c[..., None, :]).sum(-1))
    return torch.stack(y, dim=-2), h
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "chunked-scan-check", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false} tags=["check:chunked-scan"]
check("chunked-scan", chunked_scan)

# %% [markdown] tags=["hints:chunked-scan"]
# <details><summary>Hint 1 of 3</summary>
#
# You have all the parts: `discretise` and `scan`, on pieces of `chunk` tokens.
#
# </details>
#
# <details><summary>Hint 2 of 3</summary>
#
# Cut with `x.split(chunk, dim=-2)`, and dt, B and C alike. A is the same for all pieces.
#
# </details>
#
# <details><summary>Hint 3 of 3, nearly the solution</summary>
#
# The state that one piece returns is where the next one starts. `torch.cat(y, dim=-2)` at the end.
#
# </details>

# %% [markdown] tags=["exercise:causal-convolution-state"]
# ## Exercise 5 · A short convolution that remembers
#
# **3 points** · core · difficulty ●●○○○ (2 of 5) · about 12 minutes · define `causal_conv1d(x, weight, bias, last)`
#
# Return the dtype of the inputs; a gradient must flow through `x`, `weight`, `bias`, `last`.

# %% [markdown]
# Before the scan, each channel looks at its own last $W$ values: a short causal convolution. For a text that comes in pieces, it
# needs a memory, too: the last $W-1$ inputs. $W$ is at least 2.
#
# $$y_t = \text{bias} + \sum_{i=0}^{W-1} \text{weight}_i\; x_{t-(W-1)+i}$$


# %% nbgrader={"grade": false, "grade_id": "causal-convolution-state", "locked": false, "schema_version": 3, "solution": true, "task": false}
def causal_conv1d(x, weight, bias, last):
    """A causal convolution of each channel with itself, in the middle of a text.

    x        (..., L, E)
    weight   (E, W)  weight[:, -1] is the token's own
    bias     (E,)
    last     (..., W - 1, E)  the inputs before x, oldest first
    returns  y (..., L, E), and the last W - 1 inputs now (..., W - 1, E)
    """
    ### BEGIN SOLUTION
    L, W = x.shape[-2], weight.shape[1]
    padded = torch.cat([last, x], dim=-2)
    y = sum(padded[..., i : i + L, :] * weight[:, i] for i in range(W))
    return y + bias, padded[..., L:, :]
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "causal-convolution-state-check", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false} tags=["check:causal-convolution-state"]
check("causal-convolution-state", causal_conv1d)

# %% [markdown] tags=["hints:causal-convolution-state"]
# <details><summary>Hint 1 of 4</summary>
#
# Put the last inputs in front: `torch.cat([last, x], dim=-2)` is W - 1 tokens longer than x.
#
# </details>
#
# <details><summary>Hint 2 of 4</summary>
#
# `weight[:, -1]` belongs to the token itself, `weight[:, 0]` to the one W - 1 places back.
#
# </details>
#
# <details><summary>Hint 3 of 4</summary>
#
# `sum(padded[..., i : i + L, :] * weight[:, i] for i in range(W)) + bias`.
#
# </details>
#
# <details><summary>Hint 4 of 4, nearly the solution</summary>
#
# The last inputs now are the last W - 1 tokens of what you put together, not of x alone: x may be shorter.
#
# </details>

# %% [markdown] tags=["exercise:block-step"]
# ## Exercise 6 · One token through the block
#
# **5 points** · core · difficulty ●●●●○ (4 of 5) · about 20 minutes · define `mamba_step(x, last, h, p)`
#
# Return the dtype of the inputs; a gradient must flow through the tensors that it is given.

# %% [markdown]
# Everything together: one token through a Mamba block, as when a model generates.
#
# 1. `in_proj` gives $u$ and $z$, in this order, $E$ channels each.
# 2. The convolution over the last four $u$ (the token's own last), plus its bias; SiLU. From here on $u$ is the result.
# 3. `x_proj` of $u$ gives $\Delta$ ($R$ numbers), $\mathbf{B}$ and $\mathbf{C}$ ($N$ each). Then $\Delta = \mathrm{softplus}(\text{dt\_proj}\,\Delta
#    + \text{dt\_bias})$, $E$ numbers, and $\mathbf{A} = -e^{\text{A\_log}}$.
# 4. One step of the scan; read with $\mathbf{C}$; add $D\,u$.
# 5. Multiply by $\mathrm{SiLU}(z)$; `out_proj`.
#
# All projections are stored as PyTorch does, (out, in): `x @ weight.mT`.


# %% nbgrader={"grade": false, "grade_id": "block-step", "locked": false, "schema_version": 3, "solution": true, "task": false}
def mamba_step(x, last, h, p):
    """One token through a Mamba block.

    x        (..., d)
    last     (..., W - 1, E)  the convolution's last inputs, oldest first
    h        (..., E, N)      state of the scan
    p        dict of weights: in_proj (2 E, d), conv_weight (E, W), conv_bias (E,), x_proj (R + 2 N, E),
             dt_proj (E, R), dt_bias (E,), A_log (E, N), D (E,), out_proj (d, E)
    returns  y (..., d), last (..., W - 1, E), h (..., E, N)
    """
    ### BEGIN SOLUTION
    u, z = (x @ p["in_proj"].mT).chunk(2, dim=-1)
    window = torch.cat([last, u[..., None, :]], dim=-2)  # (..., W, E)
    u = F.silu((window * p["conv_weight"].mT).sum(-2) + p["conv_bias"])
    R, N = p["dt_proj"].shape[1], p["A_log"].shape[1]
    dt, B, C = (u @ p["x_proj"].mT).split([R, N, N], dim=-1)
    dt = F.softplus(dt @ p["dt_proj"].mT + p["dt_bias"])
    decay = (dt[..., None] * -p["A_log"].exp()).exp()  # (..., E, N)
    h = decay * h + (dt * u)[..., None] * B[..., None, :]
    y = (h * C[..., None, :]).sum(-1) + p["D"] * u
    return (y * F.silu(z)) @ p["out_proj"].mT, window[..., 1:, :], h
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "block-step-check", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false} tags=["check:block-step"]
check("block-step", mamba_step)

# %% [markdown] tags=["hints:block-step"]
# <details><summary>Hint 1 of 4</summary>
#
# In order: in_proj and split into u and z; convolution, bias, SiLU; x_proj and split into dt, B, C; one step of the scan; skip; gate; out_proj.
#
# </details>
#
# <details><summary>Hint 2 of 4</summary>
#
# The window of the convolution is `torch.cat([last, u[..., None, :]], -2)`, (..., 4, E); its last three are the next `last`. Each channel weighs its own: `(window * conv_weight.mT).sum(-2)`.
#
# </details>
#
# <details><summary>Hint 3 of 4</summary>
#
# dt is `softplus(dt @ dt_proj.mT + dt_bias)`, A is `-exp(A_log)`.
#
# </details>
#
# <details><summary>Hint 4 of 4, nearly the solution</summary>
#
# h = exp(dt A) h + dt u B, y = h C + D u, and the output is `(y * silu(z)) @ out_proj.mT`. u is after the SiLU.
#
# </details>

# %% [markdown]
# **See it work.** What your block has to carry from token to token, and what attention would.

# %%
d, E, N, W, layers = 1024, 2048, 16, 4, 48
state = layers * (E * N + E * (W - 1))
rows = [
    (f"{L:,}", f"{state / 1e6:.1f} million", f"{2 * layers * d * L / 1e6:,.1f} million")
    for L in (100, 1000, 10_000, 100_000)
]
figures.table(
    rows, ["tokens so far", "Mamba's state", "keys and values"], f"numbers carried, {layers} layers of width {d}"
)

# %% [markdown] tags=["exercise:cross-scan"]
# ## Exercise 7 · Four ways across a picture
#
# **2 points** · core · difficulty ●○○○○ (1 of 5) · about 8 minutes · define `cross_scan(image)`
#
# Return the dtype of the inputs; a gradient must flow through `image`.

# %% [markdown]
# A scan reads a line, and a picture is not a line. VMamba reads it four times: row by row, the same backwards, column by column, the
# same backwards. Return the four lines in this order, stacked in front.


# %% nbgrader={"grade": false, "grade_id": "cross-scan", "locked": false, "schema_version": 3, "solution": true, "task": false}
def cross_scan(image):
    """A picture as four lines: rows, rows backwards, columns, columns backwards.

    image    (..., H, W, D)
    returns  (4, ..., H W, D)
    """
    ### BEGIN SOLUTION
    rows = image.flatten(-3, -2)
    columns = image.transpose(-3, -2).flatten(-3, -2)
    return torch.stack([rows, rows.flip(-2), columns, columns.flip(-2)])
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "cross-scan-check", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false} tags=["check:cross-scan"]
check("cross-scan", cross_scan)

# %% [markdown] tags=["hints:cross-scan"]
# <details><summary>Hint 1 of 3</summary>
#
# Row by row is `image.flatten(-3, -2)`: (..., H W, D).
#
# </details>
#
# <details><summary>Hint 2 of 3</summary>
#
# Column by column is the same of the picture with its first two axes swapped: `image.transpose(-3, -2)`.
#
# </details>
#
# <details><summary>Hint 3 of 3, nearly the solution</summary>
#
# Backwards is `.flip(-2)` of a line. Stack the four in front: `torch.stack([...])`.
#
# </details>

# %% [markdown]
# **See it work.** A real digit, as your four lines read it: the same 64 pixels, in four orders.

# %%
(images, classes), _ = data.digits()
lines = cross_scan(images[0][..., None])[..., 0]
with figures.figure(
    alt="A handwritten digit of 8 by 8 pixels, and its pixels as four grey stripes, one for each order.",
    columns=2,
    width=8,
) as axes:
    axes[0].imshow(images[0], cmap="Greys")
    axes[0].set(title=f"a {classes[0]}", xticks=[], yticks=[])
    axes[1].imshow(lines, cmap="Greys", aspect="auto", interpolation="nearest")
    axes[1].set(title="read in four ways", xlabel="place in the line", yticks=range(4))
    axes[1].set_yticklabels(["rows", "backwards", "columns", "backwards"])
    for ax in axes:
        ax.grid(False)

# %% [markdown] nbgrader={"grade": false, "grade_id": "open-task", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": true}
# ## Open task · What does selection need? (6 points, 25 minutes)
#
# A Mamba block has many parts: a selective step $\Delta$, selective $\mathbf{B}$ and $\mathbf{C}$, a convolution, a gate. Which of them does
# selective copying need? Take one away, and find out.
#
# 1. Choose a part, and say before you measure what you expect without it, and why.
# 2. Train the block with and without it on the copying task. `Without` in the cell below is Mamba's block with a switch for
#    each part; the whole block, `part=""`, gets nearly all tokens right in half a minute. (`MambaLM` calls a block's `run`,
#    not its `forward`: that is what a block of your own has to replace.)
# 3. Show both curves in one figure, with axes and units, and the final accuracies over at least two seeds.
# 4. Conclude in three sentences: was your expectation right? What else could explain the difference?
#
# Work in the cell below and in as many of your own as you like, code and text, all below this one. They are marked by
# hand, with the outputs that you leave in the notebook: the grader does not run them.
#
# === BEGIN MARK SCHEME ===
#
# - 1 point: an expectation with a reason, written before the result.
# - 2 points: only the one part differs: same task, steps, batches, learning rate; parameters counted where they differ.
# - 1 point: figure with labelled axes and units, both curves.
# - 1 point: at least two seeds, with the spread stated.
# - 1 point: the conclusion follows from the numbers; another explanation is named.
#
# === END MARK SCHEME ===

# %% tags=["open-task"]
from llmcourse import models
from llmcourse.mamba import MambaBlock, MambaLM, causal_conv1d, selective_scan
from llmcourse.mamba.experiments import KINDS, copying_batches, right


class Without(MambaBlock):
    """Mamba's block, whole, or with one `part` taken away.

    step, B, C    the same for every token: the step is its bias, B and C are one
    convolution   tokens come as they are
    gate          nothing is multiplied at the end
    """

    def __init__(self, d_model, part=""):
        super().__init__(d_model)
        self.part = part

    def run(self, x, state=None, mask=None):
        u, z = self.in_proj(x).chunk(2, -1)  # (B, L, E) each
        if self.part != "convolution":
            u, _ = causal_conv1d(u, self.conv1d.weight[:, 0], self.conv1d.bias)
        u = F.silu(u)
        step, B, C = self.x_proj(u).split([self.dt_rank, self.d_state, self.d_state], -1)
        if self.part == "step":
            step = torch.zeros_like(step)
        if self.part == "B":
            B = torch.ones_like(B)
        if self.part == "C":
            C = torch.ones_like(C)
        y, _ = selective_scan(u, F.softplus(self.dt_proj(step)), -self.A_log.exp(), B, C, self.D)
        return self.out_proj(y if self.part == "gate" else y * F.silu(z)), None


def copying(part="", seed=0):
    """Train two blocks; returns [(step, share of tokens right)]."""
    generator = runtime.seed(seed)
    model = MambaLM(2 + KINDS, 32, 2, lambda d_model: Without(d_model, part))
    test = next(copying_batches(128, torch.Generator().manual_seed(1), noise=12))
    steps = runtime.pick(full=400, smoke=2)
    batches = copying_batches(32, generator, noise=12)
    return models.train(model, batches, steps, lr=1e-2, validate=lambda m: right(m, *test), every=50).validation


whole = copying()
print(f"step, share of tokens right (chance is {1 / KINDS:.3f}):", whole)

# %% tags=["save"]
from llmcourse import work

work.save()
