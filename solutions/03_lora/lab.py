# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Lab 03 · LoRA and other adapters
#
# A network reads handwritten digits. Somebody turns the sheet, and it reads nothing any more. You will not train it again: you
# put a little beside it that learns, and leave every weight as it was. In this lab you write that little thing in five ways.
#
# - **You need**: [lecture 03](../../lectures/03_lora.ipynb), matrix products with leading dimensions, gradients and `detach`.
# - **Time**: about 110 minutes: eight exercises, then an open task with a real language model.
# - **How it works**: fill the cells that say `raise NotImplementedError()`. Run the check under each. It says what is
#   right, what is wrong, and often which mistake it is. Hints are folded under it, from a nudge to nearly everything.
#
# A linear layer has a weight $\mathbf{W}$ of shape `(d_out, d_in)`, as `nn.Linear` has it, and maps `x (..., d_in)` to
# `y (..., d_out)`: `y = x @ W.mT`. Ranks are $r$, and $\mathbf{A}$ is `(r, d_in)`, $\mathbf{B}$ is `(d_out, r)`.

# %% [markdown] tags=["badge"]
# about 110 minutes

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
from itertools import pairwise

import torch
import torch.nn.functional as F
from llmcourse import data, figures, runtime
from llmcourse.checks import check

print(runtime.describe())

# %% [markdown]
# The network, and its training on digits that stand upright: real ones, 1437 to learn from and 360 to test with.

# %%
(images, classes), (unseen, truth) = data.digits()  # (n, 8, 8) and (n,)
SIZES = [64, 64, 64, 10]


def network(images, layer):
    """Three layers; `layer(i, x)` is what layer i makes of its input. (n, 8, 8) -> (n, 10)"""
    x = images.flatten(1) / 16
    return layer(2, torch.relu(layer(1, torch.relu(layer(0, x)))))


STEPS = runtime.pick(full=150, smoke=3)


def train(parameters, layer, images, steps=STEPS, lr=0.01, after=None):
    """Adam on all images at once; `after` is called after every step."""
    optimizer = torch.optim.Adam(parameters, lr=lr)
    for _ in range(steps):
        loss = F.cross_entropy(network(images, layer), classes)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if after:
            after()


@torch.no_grad()
def right(layer, images):
    """The share of unseen digits that are read."""
    return (network(images, layer).argmax(1) == truth).float().mean().item()


generator = runtime.seed(0)
W = [torch.randn(b, a, generator=generator) * (2 / a) ** 0.5 for a, b in pairwise(SIZES)]
c = [torch.zeros(b) for b in SIZES[1:]]
everything = [p.requires_grad_() for p in W + c]
base = lambda i, x: x @ W[i].mT + c[i]
train(everything, base, images)
for p in everything:
    p.requires_grad_(False)  # frozen from here on

turned = lambda images: torch.rot90(images, 1, (1, 2))
print(f"upright: {right(base, unseen):.1%} read; turned: {right(base, turned(unseen)):.1%}")

# %% [markdown] tags=["exercise:truncated-svd"]
# ## Exercise 1 · The best matrix of rank k
#
# **2 points** · core · difficulty ●○○○○ (1 of 5) · about 8 minutes · define `truncate(X, k)`

# %% [markdown]
# First, what "low rank" means. Any matrix is a sum of products of two vectors, ordered by weight, its singular value decomposition
# $\mathbf{X}=\sum_i s_i\,\mathbf{u}_i\mathbf{v}_i^\top$. Keep the first $k$ terms, as two thin factors $\mathbf{X}\approx\mathbf{U}\mathbf{V}$ with
# $\mathbf{U}$ `(N, k)` and $\mathbf{V}$ `(k, M)`. No other product of that size is nearer. (Which factor holds the singular values is up to you.)


# %% nbgrader={"grade": false, "grade_id": "truncated-svd", "locked": false, "schema_version": 3, "solution": true, "task": false}
def truncate(X, k):
    """The best approximation of a matrix by one of rank k, as two thin factors.

    X        (N, M)
    k        1 to min(N, M)
    returns  U (N, k), V (k, M)
    """
    ### BEGIN SOLUTION
    left, s, right_ = torch.linalg.svd(X, full_matrices=False)
    return left[:, :k] * s[:k], right_[:k]
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "truncated-svd-check", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false} tags=["check:truncated-svd"]
check("truncated-svd", truncate)

# %% [markdown] tags=["hints:truncated-svd"]
# <details><summary>Hint 1 of 3</summary>
#
# `torch.linalg.svd(X, full_matrices=False)` gives left vectors (columns), singular values, and right vectors that are rows already.
#
# </details>
#
# <details><summary>Hint 2 of 3</summary>
#
# Keep the first k of each: they come in falling order.
#
# </details>
#
# <details><summary>Hint 3 of 3, nearly the solution</summary>
#
# The values belong to one of the factors: U = left[:, :k] * s[:k], V = right[:k].
#
# </details>

# %% [markdown]
# **See it work.** All training digits as one matrix of 1437 rows: what is left of the first of them at rank 2, 8 and 32?

# %%
X = images.flatten(1)
ranks = [2, 8, 32, 64]
with figures.figure(
    alt="One digit out of a matrix of rank 2, 8, 32 and 64: a blur, a digit that can be read, the digit.",
    columns=4, width=8, height=2.3,
) as axes:  # fmt: skip
    for ax, k in zip(axes, ranks):
        U, V = truncate(X, k)
        ax.imshow((U[0] @ V).view(8, 8), cmap="gray_r")
        ax.set(title=f"k = {k}: {((X - U @ V).norm() / X.norm()):.0%} off", xticks=[], yticks=[])
        ax.grid(False)

# %% [markdown] tags=["exercise:lora-forward"]
# ## Exercise 2 · What LoRA adds
#
# **3 points** · core · difficulty ●○○○○ (1 of 5) · about 10 minutes · define `lora(x, y, A, B, alpha)`
#
# Return the dtype of the inputs; a gradient must flow through `x`, `y`, `A`, `B`.

# %% [markdown]
# LoRA says: the *change* of a weight is of low rank. So learn only $\mathbf{B}\mathbf{A}$, beside the frozen layer:
#
# $$\mathbf{h} = \underbrace{\mathbf{W}\mathbf{x}}_{\mathbf{y}} + \frac{\alpha}{r}\,\mathbf{B}\mathbf{A}\mathbf{x}.$$
#
# You get $\mathbf{x}$ and the layer's own output $\mathbf{y}$. Return $\mathbf{h}$. The check looks at the largest tensor you make: $\mathbf{B}\mathbf{A}$ as a
# matrix does not pass.


# %% nbgrader={"grade": false, "grade_id": "lora-forward", "locked": false, "schema_version": 3, "solution": true, "task": false}
def lora(x, y, A, B, alpha):
    """The output of a layer with a LoRA adapter beside it.

    x        (..., d_in)   the layer's input
    y        (..., d_out)  what the frozen layer says
    A, B     (r, d_in), (d_out, r)
    alpha    a number, or a tensor without dimensions; r need not divide it
    returns  (..., d_out); a gradient flows to x, y, A and B
    """
    ### BEGIN SOLUTION
    return y + (x @ A.mT) @ B.mT * (alpha / A.shape[0])
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "lora-forward-check", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false} tags=["check:lora-forward"]
check("lora-forward", lora)

# %% [markdown] tags=["hints:lora-forward"]
# <details><summary>Hint 1 of 3</summary>
#
# First A: from d_in channels to r. Then B: from r to d_out. The result is added to y.
#
# </details>
#
# <details><summary>Hint 2 of 3</summary>
#
# x is (..., d_in) and A is (r, d_in): `x @ A.mT` is (..., r).
#
# </details>
#
# <details><summary>Hint 3 of 3, nearly the solution</summary>
#
# The scale is alpha / r, and r is `A.shape[0]`. Go from left to right: B A is never made.
#
# </details>

# %% [markdown]
# **See it work.** The sheet is turned, the weights stay, and rank 4 beside each layer learns. Why is $\mathbf{B}$ zero at the start, and $\mathbf{A}$ not?


# %%
def factors(r):
    """A and B for each layer, as training begins: A drawn, B zero."""
    A = [torch.randn(r, a, generator=generator) * a**-0.5 for a in SIZES[:-1]]
    B = [torch.zeros(b, r) for b in SIZES[1:]]
    return A, B, [p.requires_grad_() for p in A + B]


def with_lora(A, B):
    return lambda i, x: lora(x, base(i, x), A[i], B[i], 2.0 * A[i].shape[0])


A, B, learned = factors(4)
print(f"before: {right(with_lora(A, B), turned(unseen)):.1%} of the turned digits")
train(learned, with_lora(A, B), turned(images))
print(
    f"after:  {right(with_lora(A, B), turned(unseen)):.1%}; upright and without the adapter: {right(base, unseen):.1%}"
)

# %% [markdown] tags=["exercise:switch-adapters"]
# ## Exercise 3 · One adapter out, another one in
#
# **3 points** · core · difficulty ●●○○○ (2 of 5) · about 10 minutes · define `switch(W, A, B, A_new, B_new, alpha)`

# %% [markdown]
# An adapter beside a layer costs a little time at each token. *Merged*, $\mathbf{W}+\frac{\alpha}{r}\mathbf{B}\mathbf{A}$, it costs nothing. A server that has to
# answer with another adapter takes one out and puts the other in. Write that: `W` comes with the first pair merged in, and leaves with
# the second instead. Their ranks may differ, `alpha` is the same.


# %% nbgrader={"grade": false, "grade_id": "switch-adapters", "locked": false, "schema_version": 3, "solution": true, "task": false}
def switch(W, A, B, A_new, B_new, alpha):
    """A weight with another adapter merged into it.

    W             (d_out, d_in), with the adapter A, B in it; it is not changed
    A, B          (r, d_in), (d_out, r)
    A_new, B_new  (s, d_in), (d_out, s)
    alpha         of both
    returns       (d_out, d_in)
    """
    ### BEGIN SOLUTION
    base_ = W - alpha / A.shape[0] * B @ A
    return base_ + alpha / A_new.shape[0] * B_new @ A_new
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "switch-adapters-check", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false} tags=["check:switch-adapters"]
check("switch-adapters", switch)

# %% [markdown] tags=["hints:switch-adapters"]
# <details><summary>Hint 1 of 3</summary>
#
# Merged means W + alpha / r B A. What has to be subtracted to have the base again?
#
# </details>
#
# <details><summary>Hint 2 of 3</summary>
#
# Each adapter has a rank of its own, and so a scale of its own: alpha / A.shape[0].
#
# </details>
#
# <details><summary>Hint 3 of 3, nearly the solution</summary>
#
# W - alpha / r B A + alpha / r_new B_new A_new, and W itself stays as it was: no `+=`.
#
# </details>

# %% [markdown]
# **See it work.** A second adapter, of rank 2, for digits in a mirror. Merged weights alone read what the adapters read.

# %%
mirrored = lambda images: images.flip(2)
A2, B2, learned = factors(2)
train(learned, lambda i, x: lora(x, base(i, x), A2[i], B2[i], 8.0), mirrored(images))
nothing = [torch.zeros_like(a) for a in A], [torch.zeros_like(b) for b in B]
with torch.no_grad():
    for_turned = [switch(w, *(z[i] for z in (*nothing, A, B)), 8.0) for i, w in enumerate(W)]
    for_mirrored = [switch(w, *(z[i] for z in (A, B, A2, B2)), 8.0) for i, w in enumerate(for_turned)]
figures.table(
    [
        (name, *(f"{right(lambda i, x, w=weights: x @ w[i].mT + c[i], change(unseen)):.1%}" for change in (lambda x: x, turned, mirrored)))
        for name, weights in (("the base", W), ("turned merged in", for_turned), ("switched to mirrored", for_mirrored))
    ],
    ["weights", "upright", "turned", "mirrored"],
    "share of unseen digits that are read",
)  # fmt: skip

# %% [markdown] tags=["exercise:parameter-counts"]
# ## Exercise 4 · What is trained, in numbers
#
# **2 points** · core · difficulty ●○○○○ (1 of 5) · about 8 minutes · define `count(shapes, r)`

# %% [markdown]
# What does it save? Count the numbers that are trained: by full fine-tuning of these layers' weights, by LoRA, by DoRA (LoRA and one
# magnitude for each output), by AdaLoRA (LoRA and one singular value for each rank, in each layer).


# %% nbgrader={"grade": false, "grade_id": "parameter-counts", "locked": false, "schema_version": 3, "solution": true, "task": false}
def count(shapes, r):
    """How many numbers are trained.

    shapes   a list of (d_out, d_in), one for each layer
    r        the rank of the adapters
    returns  full, lora, dora, adalora: four whole numbers
    """
    ### BEGIN SOLUTION
    full = sum(d_out * d_in for d_out, d_in in shapes)
    lora = sum(r * (d_out + d_in) for d_out, d_in in shapes)
    return full, lora, lora + sum(d_out for d_out, _ in shapes), lora + r * len(shapes)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "parameter-counts-check", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false} tags=["check:parameter-counts"]
check("parameter-counts", count)

# %% [markdown] tags=["hints:parameter-counts"]
# <details><summary>Hint 1 of 3</summary>
#
# Go through the layers and add up. Full fine-tuning trains every entry of W.
#
# </details>
#
# <details><summary>Hint 2 of 3</summary>
#
# A has r d_in numbers, and B has r d_out.
#
# </details>
#
# <details><summary>Hint 3 of 3, nearly the solution</summary>
#
# DoRA has one magnitude more for each output, AdaLoRA one singular value more for each rank.
#
# </details>

# %% [markdown]
# **See it work.** The thirty blocks of SmolLM2-135M, whose shapes are public. At which rank does a LoRA have more numbers than the weights?

# %%
block = [(576, 576), (192, 576), (192, 576), (576, 576), (1536, 576), (1536, 576), (576, 1536)]
figures.table(
    [(r, *(f"{n:,}" for n in count(30 * block, r)), f"{count(30 * block, r)[1] / count(30 * block, r)[0]:.1%}") for r in (1, 4, 16, 64, 256, 384)],
    ["r", "full", "LoRA", "DoRA", "AdaLoRA", "LoRA of full"],
    "numbers that are trained",
)  # fmt: skip

# %% [markdown] tags=["exercise:dora-forward"]
# ## Exercise 5 · Magnitude and direction
#
# **4 points** · core · difficulty ●●●○○ (3 of 5) · about 15 minutes · define `dora(x, W, A, B, m, alpha)`
#
# Return the dtype of the inputs; a gradient must flow through `x`, `A`, `B`, `m`.

# %% [markdown]
# DoRA looks at each output's row of the weight as an arrow: it has a length, and a direction. It learns them apart,
#
# $$\mathbf{W}' = \mathbf{m}\,\frac{\mathbf{V}}{\lVert\mathbf{V}\rVert},\qquad \mathbf{V} = \mathbf{W}+\frac{\alpha}{r}\mathbf{B}\mathbf{A},$$
#
# with one $m$ for each output, and the norm over that output's inputs. In the gradient the norm is taken for a constant: $\mathbf{V}$ above learns,
# $\lVert\mathbf{V}\rVert$ below does not. Return $\mathbf{W}'\mathbf{x}$.


# %% nbgrader={"grade": false, "grade_id": "dora-forward", "locked": false, "schema_version": 3, "solution": true, "task": false}
def dora(x, W, A, B, m, alpha):
    """The output of a layer with DoRA in the place of its weight.

    x        (..., d_in)
    W        (d_out, d_in), frozen
    A, B     (r, d_in), (d_out, r)
    m        (d_out,)  magnitudes
    returns  (..., d_out); a gradient flows to x, A, B and m
    """
    ### BEGIN SOLUTION
    V = W + alpha / A.shape[0] * B @ A
    norm = V.norm(dim=1, keepdim=True).detach()
    return x @ (m[:, None] * V / norm).mT
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "dora-forward-check", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false} tags=["check:dora-forward"]
check("dora-forward", dora)

# %% [markdown] tags=["hints:dora-forward"]
# <details><summary>Hint 1 of 4</summary>
#
# V = W + alpha / r B A has the shape of W. Its norm is taken over the inputs of each output.
#
# </details>
#
# <details><summary>Hint 2 of 4</summary>
#
# One norm for each row of V: `V.norm(dim=1)`, (d_out,). So m belongs to the outputs.
#
# </details>
#
# <details><summary>Hint 3 of 4</summary>
#
# The paper treats the norm as a constant in the gradient: `.detach()` it. Only the norm, not V.
#
# </details>
#
# <details><summary>Hint 4 of 4, nearly the solution</summary>
#
# `x @ (m[:, None] * V / V.norm(dim=1, keepdim=True).detach()).mT`
#
# </details>

# %% [markdown]
# **See it work.** Turned digits once more, with DoRA of the same rank. How far did lengths and directions go?

# %%
A3, B3, learned = factors(4)
m = [w.norm(dim=1).clone().requires_grad_() for w in W]
with_dora = lambda i, x: dora(x, W[i], A3[i], B3[i], m[i], 8.0) + c[i]
train([*learned, *m], with_dora, turned(images))
print(
    f"LoRA {right(with_lora(A, B), turned(unseen)):.1%}, DoRA {right(with_dora, turned(unseen)):.1%} of the turned digits"
)
for i, w in enumerate(W):
    V = w + 2.0 * (B3[i] @ A3[i]).detach()
    longer = (m[i].detach() / w.norm(dim=1) - 1).abs().mean()
    angle = torch.acos(torch.cosine_similarity(V, w, dim=1).clamp(-1, 1)).rad2deg().mean()
    print(f"layer {i}: lengths changed by {longer:.0%} in the mean, directions by {angle:.0f} degrees")

# %% [markdown] tags=["exercise:adalora-prune"]
# ## Exercise 6 · Which triplets may stay
#
# **4 points** · stretch · difficulty ●●●○○ (3 of 5) · about 15 minutes · define `prune(P, lam, Q, dP, dlam, dQ, keep)`

# %% [markdown]
# Which rank should a layer have? AdaLoRA starts with more than it may keep, in the form of a singular value decomposition,
# $\Delta\mathbf{W}=\mathbf{P}\boldsymbol\Lambda\mathbf{Q}$, and takes away what matters least. How much a number
# $w$ matters is guessed from its gradient: $I(w)=\lvert w\,\partial\mathcal{L}/\partial w\rvert$, about what the loss would change without it. A triplet's
# score is
#
# $$S_k = I(\lambda_k) + \frac{1}{d_{\text{out}}}\sum_i I(P_{ik}) + \frac{1}{d_{\text{in}}}\sum_j I(Q_{kj}).$$
#
# Return all scores, and $\boldsymbol\lambda$ with zeros in place of all but the `keep` best.


# %% nbgrader={"grade": false, "grade_id": "adalora-prune", "locked": false, "schema_version": 3, "solution": true, "task": false}
def prune(P, lam, Q, dP, dlam, dQ, keep):
    """AdaLoRA's choice, from one gradient.

    P, lam, Q     (d_out, r), (r,), (r, d_in)
    dP, dlam, dQ  the gradients of the loss, of the same shapes
    keep          triplets that stay, 1 to r
    returns       S (r,), lam (r,)
    """
    ### BEGIN SOLUTION
    S = (lam * dlam).abs() + (P * dP).abs().mean(0) + (Q * dQ).abs().mean(1)
    best = S.topk(keep).indices
    kept = torch.zeros_like(lam)
    kept[best] = lam[best]
    return S, kept
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "adalora-prune-check", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false} tags=["check:adalora-prune"]
check("adalora-prune", prune)

# %% [markdown] tags=["hints:adalora-prune"]
# <details><summary>Hint 1 of 3</summary>
#
# I(w) = |w dw| for every number: the product of value and gradient, its absolute value.
#
# </details>
#
# <details><summary>Hint 2 of 3</summary>
#
# A triplet's score has three parts: I(lam_k), the mean of I over the column P[:, k], and the mean over the row Q[k].
#
# </details>
#
# <details><summary>Hint 3 of 3, nearly the solution</summary>
#
# `S.topk(keep).indices` are the triplets that stay. Write their lam into a vector of zeros.
#
# </details>

# %% [markdown]
# **See it work.** Eight triplets for the first layer, trained; then pruned once to fewer. How much is lost without any further training?
# Look at the row with four triplets before you doubt your code: there the best need not read more than the worst. The score guesses what *one* triplet is
# worth while all the others are there. When half of them go at once it is no longer a guess about that model, which is why AdaLoRA cuts few at a time and trains on.

# %%
P, Q = 0.3 * torch.randn(64, 8, generator=generator), 0.3 * torch.randn(8, 64, generator=generator)
lam = torch.zeros(8)
triplets = [p.requires_grad_() for p in (P, lam, Q)]
with_triplets = lambda lam: lambda i, x: base(i, x) + ((x @ Q.mT) * lam @ P.mT if i == 0 else 0)
train(triplets, with_triplets(lam), turned(images))
gradients = torch.autograd.grad(F.cross_entropy(network(turned(images), with_triplets(lam)), classes), triplets)
rows = []
for keep in (8, 6, 4, 2):
    S, kept = prune(*(p.detach() for p in triplets), *gradients, keep)
    worst = torch.zeros(8)
    worst[S.argsort()[:keep]] = lam.detach()[S.argsort()[:keep]]
    rows.append((keep, *(f"{right(with_triplets(z), turned(unseen)):.1%}" for z in (kept, worst))))
figures.table(
    rows, ["triplets kept", "the best ones", "the worst ones"], "turned digits read; one layer, cut after training"
)

# %% [markdown] tags=["exercise:soft-threshold"]
# ## Exercise 7 · A step that closes gates
#
# **2 points** · core · difficulty ●●○○○ (2 of 5) · about 8 minutes · define `proximal_step(g, dg, lr, penalty)`

# %% [markdown]
# SoRA lets training itself decide: a gate $g_k$ between $\mathbf{A}$ and $\mathbf{B}$, and a penalty $\xi\sum_k\lvert g_k\rvert$ that pulls gates to zero. Plain gradient
# steps would jump across zero for ever. The proximal step goes down the *task's* gradient first, then shrinks, and stops at zero:
#
# $$\mathbf{z} = \mathbf{g} - \eta\,\nabla\mathcal{L},\qquad g_k \leftarrow \operatorname{sign}(z_k)\,\max(\lvert z_k\rvert - \eta\xi,\ 0).$$


# %% nbgrader={"grade": false, "grade_id": "soft-threshold", "locked": false, "schema_version": 3, "solution": true, "task": false}
def proximal_step(g, dg, lr, penalty):
    """One step on gates that closes those which are not worth their penalty.

    g, dg    (...)   gates, and the gradient of the task's loss
    lr       the learning rate
    penalty  weight of the sum of |g|
    returns  (...)   new gates
    """
    ### BEGIN SOLUTION
    z = g - lr * dg
    return z.sign() * (z.abs() - lr * penalty).clamp(min=0)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "soft-threshold-check", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false} tags=["check:soft-threshold"]
check("soft-threshold", proximal_step)

# %% [markdown] tags=["hints:soft-threshold"]
# <details><summary>Hint 1 of 3</summary>
#
# Two steps: down the gradient of the task, then towards zero.
#
# </details>
#
# <details><summary>Hint 2 of 3</summary>
#
# The threshold is the learning rate times the penalty: lr * penalty.
#
# </details>
#
# <details><summary>Hint 3 of 3, nearly the solution</summary>
#
# z = g - lr * dg; then the sign of z times the larger of |z| - lr * penalty and 0.
#
# </details>

# %% [markdown]
# **See it work.** Sixteen gated ranks in the first layer. The larger the penalty, the fewer gates stay open, and the digits tell you what they
# were worth.


# %%
def gated(penalty):
    """Train a SoRA on the first layer; returns its open gates and the share that is read."""
    A, B, _ = factors(16)
    a, b, g = A[0].detach().requires_grad_(), B[0].detach().requires_grad_(), torch.ones(16, requires_grad=True)
    layer = lambda i, x: base(i, x) + (((x @ a.mT) * g) @ b.mT if i == 0 else 0)

    def shrink():
        with torch.no_grad():
            g.copy_(proximal_step(g, g.grad, 0.05, penalty))
        g.grad = None  # the optimizer has a and b only, so nobody else clears it

    train([a, b], layer, turned(images), after=shrink)
    return int(g.count_nonzero()), right(layer, turned(unseen))


results = [(penalty, *gated(penalty)) for penalty in (0.0, 0.2, 0.4, 0.8, 1.6)]
figures.table(
    [(penalty, open_, f"{share:.1%}") for penalty, open_, share in results],
    ["penalty", "open gates of 16", "turned digits read"],
    "SoRA on the first layer",
)

# %% [markdown] tags=["exercise:dylora-step"]
# ## Exercise 8 · A rank is drawn, and cut
#
# **3 points** · stretch · difficulty ●●●○○ (3 of 5) · about 12 minutes · define `dylora(x, y, A, B, b, alpha)`
#
# Return the dtype of the inputs; a gradient must flow through `x`, `y`, `A`, `B`.

# %% [markdown]
# Last, DyLoRA: train once, use any rank. Each step draws a rank $b$ and cuts $\mathbf{A}$ to its first $b$ rows, $\mathbf{B}$ to its first $b$ columns:
#
# $$\mathbf{h} = \mathbf{y} + \frac{\alpha}{b}\,\mathbf{B}_{:,:b}\,\mathbf{A}_{:b}\,\mathbf{x}.$$
#
# In the paper's faster variant only row and column number $b$ *learn* in that step: the ones before them are heard, and frozen. Write this one.


# %% nbgrader={"grade": false, "grade_id": "dylora-step", "locked": false, "schema_version": 3, "solution": true, "task": false}
def dylora(x, y, A, B, b, alpha):
    """The output of a layer with a LoRA that is cut to rank b; only its last rank learns.

    x, y     (..., d_in), (..., d_out)  the layer's input, and what the frozen layer says
    A, B     (r, d_in), (d_out, r)
    b        a Python int, 1 to r
    returns  (..., d_out); a gradient flows to x, to y, to row b of A and to column b of B (counted from 1)
    """
    ### BEGIN SOLUTION
    old_A, old_B = A[: b - 1].detach(), B[:, : b - 1].detach()
    first = torch.cat([old_A, A[b - 1 : b]])
    last = torch.cat([old_B, B[:, b - 1 : b]], dim=1)
    return y + (x @ first.mT) @ last.mT * (alpha / b)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "dylora-step-check", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false} tags=["check:dylora-step"]
check("dylora-step", dylora)

# %% [markdown] tags=["hints:dylora-step"]
# <details><summary>Hint 1 of 4</summary>
#
# The first b rows of A, the first b columns of B, and a scale of alpha / b.
#
# </details>
#
# <details><summary>Hint 2 of 4</summary>
#
# All b of them add to the output, but only number b - 1, the last, learns.
#
# </details>
#
# <details><summary>Hint 3 of 4</summary>
#
# Detach the first b - 1 rows of A and columns of B, and put the last one behind them with `torch.cat`; or split the sum: the old part under `.detach()` of A and B, and the new part.
#
# </details>
#
# <details><summary>Hint 4 of 4, nearly the solution</summary>
#
# The gradient of x goes through all b: detach A and B, not x or the product.
#
# </details>

# %% [markdown]
# **See it work.** One training with drawn ranks, then every rank from it; beside it, the LoRA from above, trained at rank 4 and cut.

# %%
A4, B4, learned = factors(8)
b = 8


def draw():
    global b
    b = int(torch.randint(1, 9, (), generator=generator))


of_rank = lambda A, B, b, alpha: lambda i, x: dylora(x, base(i, x), A[i], B[i], b, alpha)
train(
    learned,
    lambda i, x: dylora(x, base(i, x), A4[i], B4[i], b, 8.0),
    turned(images),
    runtime.pick(full=600, smoke=3),
    after=draw,
)
cut = [right(of_rank(A4, B4, b, 8.0), turned(unseen)) for b in range(1, 9)]
# A LoRA's own scale stays when it is cut: alpha / b of dylora is undone.
plain = [right(of_rank(A, B, b, 2.0 * b), turned(unseen)) for b in range(1, 5)]
with figures.figure(
    alt="Share of turned digits read against the rank that is kept. DyLoRA: "
    + ", ".join(f"{share:.0%}" for share in cut)
    + " at ranks 1 to 8; a LoRA trained at rank 4 and cut: "
    + ", ".join(f"{share:.0%}" for share in plain)
    + " at ranks 1 to 4."
) as ax:
    ax.plot(range(1, 9), cut, "-o", label="DyLoRA, trained once")
    ax.plot(range(1, 5), plain, "--s", label="LoRA of rank 4, cut")
    ax.set(
        title="What is left when the rank is cut",
        xlabel="rank that is kept",
        ylabel="turned digits read",
        ylim=(0, 1.02),
    )
    ax.legend(loc="lower right")

# %% [markdown] nbgrader={"grade": false, "grade_id": "open-task", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": true}
# ## Open task · SmolLM2 learns your words (6 points, 25 minutes)
#
# Adapt a real language model to a text that *you* choose: your own notes, a collection of recipes, a poet, the manual of a machine. At
# least 2,000 words; plain text. (Without one at hand: one field of the World Factbook, `data.factbook()`.)
#
# 1. Say what the text is, where it comes from, and what you expect the adapted model to do better, and what worse.
# 2. Hold back a tenth of it. Measure the loss per token on that tenth, and on a text of another kind, before any training.
# 3. Train LoRA at two ranks, for the same number of steps. (One seed shows whether it works at all, not which rank is better: say so, or train more.) `llmcourse.adapters` and `llmcourse.models` have all you need; the cell below
#    shows how. Thirty steps take minutes on a laptop.
# 4. Measure again: both texts, both ranks, as a table with the numbers that are trained. Show one continuation of the same prompt before and after, greedy or with its seed.
# 5. Conclude in three sentences: what did the adapter learn, what did it cost, which rank would you keep, and what would change your mind?
#
# Work in the cell below and in as many of your own as you like, code and text, all below this one. They are marked by
# hand, with the outputs that you leave in the notebook: the grader does not run them.
#
# === BEGIN MARK SCHEME ===
#
# - 1 point: a real text, its source named, expectations said before the results.
# - 1 point: held-out loss measured before training, on this text and on another kind.
# - 2 points: two ranks at the same number of steps, with numbers that are trained and losses in one table.
# - 1 point: a continuation before and after, from the same prompt, greedy or with the seed given.
# - 1 point: the conclusion follows from the numbers; what got worse is said too.
#
# === END MARK SCHEME ===

# %% tags=["open-task"]
from functools import partial

from llmcourse import adapters, models

text = data.factbook()[:40_000]
pieces = [(text[i : i + 40], text[i + 40 : i + 200]) for i in range(0, len(text) - 200, 200)]  # read, then learn
learn, held = pieces[: -len(pieces) // 10], pieces[-len(pieces) // 10 :][:8]
lm = models.load()
loss = lambda: -sum(s.log_prob for s in lm.score(held)) / sum(s.tokens for s in lm.score(held))
print(f"before: {loss():.3f} nats per token")
adapters.attach(lm.model, "mine", partial(adapters.LoRA, r=4), ["q_proj", "v_proj"])
models.train(
    lm.model, models.answer_batches(lm, learn, 4, runtime.seed(0)), steps=2, lr=1e-3, warm_up=1, loss=models.answer_loss,
    groups=[{"params": [p for p in lm.model.parameters() if p.requires_grad]}],
)  # fmt: skip
print(f"after two steps: {loss():.3f}; {adapters.trainable(lm.model):,} numbers were trained")

# %% tags=["save"]
from llmcourse import work

work.save()
