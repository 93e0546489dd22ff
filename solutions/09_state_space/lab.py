# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Lab 09 · State space models
#
# A memory that hears a signal once, and may keep only a handful of numbers, can draw a smooth signal again. In this lab you build
# that memory: its matrix, a step that does not explode, and the reconstruction. Then the kernel with which such a model trains.
#
# - **You need**: [lecture 09](../../lectures/09_state_space.ipynb), `torch.linalg.solve`, complex numbers.
# - **Time**: about 100 minutes: seven exercises, then an open task on a signal of your own.
# - **How it works**: fill the cells that say `raise NotImplementedError()`. Run the check under each. It says what is
#   right, what is wrong, and often which mistake it is. Hints are folded under it, from a nudge to nearly everything.
#
# The letters: $\dot{\mathbf{h}} = \mathbf{A}\mathbf{h} + \mathbf{B}x$, a step $\Delta$ (`dt`), and for HiPPO
# coefficients $\mathbf{c}$ of a signal $f$.

# %% [markdown] tags=["badge"]
# about 100 minutes · builds on 08 Linear attention

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
import math

import torch
from llmcourse import data, figures, runtime
from llmcourse.checks import check

print(runtime.describe())

# %% [markdown] tags=["exercise:hippo-matrix"]
# ## Exercise 1 · The matrix of LegS
#
# **2 points** · core · difficulty ●○○○○ (1 of 5) · about 8 minutes · define `legs(N)`

# %% [markdown]
# HiPPO keeps the coefficients of the best polynomial for the whole past. How they change in time is one matrix and one vector:
#
# $$\dot{\mathbf c}(t) = -\frac1t\mathbf{A}\mathbf{c}(t) + \frac1t\mathbf{B}f(t),\qquad
# A_{nk}=\begin{cases}\sqrt{(2n+1)(2k+1)} & n>k\\ n+1 & n=k\\ 0 & n<k\end{cases},\qquad B_n=\sqrt{2n+1},$$
#
# with $n, k$ from 0. Any floating point type is fine.


# %% nbgrader={"grade": false, "grade_id": "hippo-matrix", "locked": false, "schema_version": 3, "solution": true, "task": false}
def legs(N):
    """The matrices of HiPPO-LegS. A is positive: the minus is in the equation.

    N        number of coefficients, at least 1
    returns  A (N, N), B (N,)
    """
    ### BEGIN SOLUTION
    n = torch.arange(N, dtype=torch.float64)
    r = (2 * n + 1).sqrt()
    return torch.outer(r, r).tril(-1) + torch.diag(n + 1), r
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "hippo-matrix-check", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false} tags=["check:hippo-matrix"]
check("hippo-matrix", legs)

# %% [markdown] tags=["hints:hippo-matrix"]
# <details><summary>Hint 1 of 3</summary>
#
# All entries are made of r_n = sqrt(2n + 1), for n from 0 to N - 1.
#
# </details>
#
# <details><summary>Hint 2 of 3</summary>
#
# Below the diagonal stands r_n r_k: `torch.outer(r, r).tril(-1)`.
#
# </details>
#
# <details><summary>Hint 3 of 3, nearly the solution</summary>
#
# On the diagonal stands n + 1, not 2n + 1: add `torch.diag(n + 1.0)`. And B is r.
#
# </details>

# %% [markdown]
# **See it.** The matrix for N = 5, squared entry by entry: its entries are roots.

# %%
A, _ = legs(5)
figures.table(A.square().round().int().tolist(), [f"k = {k}" for k in range(5)], "squares of A's entries for N = 5")

# %% [markdown] tags=["exercise:bilinear-step"]
# ## Exercise 2 · A step by the bilinear rule
#
# **3 points** · core · difficulty ●●○○○ (2 of 5) · about 10 minutes · define `bilinear(A, B, dt)`
#
# Return the dtype of the inputs; a gradient must flow through `A`, `B`, `dt`.

# %% [markdown]
# The bilinear rule takes a step along the mean of two slopes, at the start of the step and at its end,
#
# $$\mathbf{h}_{t} = \mathbf{h}_{t-1} + \Delta\Big(\tfrac12\mathbf{A}\mathbf{h}_{t-1} + \tfrac12\mathbf{A}\mathbf{h}_{t} + \mathbf{B}x_t\Big),$$
#
# solved for $\mathbf{h}_t = \bar{\mathbf A}\mathbf{h}_{t-1} + \bar{\mathbf B}x_t$. Return $\bar{\mathbf A}$ and $\bar{\mathbf B}$. A gradient has to flow through
# both, because models learn their step.


# %% nbgrader={"grade": false, "grade_id": "bilinear-step", "locked": false, "schema_version": 3, "solution": true, "task": false}
def bilinear(A, B, dt):
    """A continuous system as a recurrence, by the bilinear rule.

    A (N, N), B (N,)  the system h' = A h + B x
    dt                the step, a tensor without dimensions or a number
    returns           A_ (N, N), B_ (N,)
    """
    ### BEGIN SOLUTION
    identity = torch.eye(len(A), dtype=A.dtype)
    left = identity - dt / 2 * A
    return torch.linalg.solve(left, identity + dt / 2 * A), torch.linalg.solve(left, dt * B)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "bilinear-step-check", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false} tags=["check:bilinear-step"]
check("bilinear-step", bilinear)

# %% [markdown] tags=["hints:bilinear-step"]
# <details><summary>Hint 1 of 3</summary>
#
# Write `h_new = h + dt (A h + A h_new) / 2 + dt B x` and bring everything with h_new to the left.
#
# </details>
#
# <details><summary>Hint 2 of 3</summary>
#
# On the left stands `(I - dt / 2 A) h_new`; on the right `(I + dt / 2 A) h + dt B x`.
#
# </details>
#
# <details><summary>Hint 3 of 3, nearly the solution</summary>
#
# Both A_ and B_ are solutions with the same left side: `torch.linalg.solve(left, right)`. B is a vector: solve for `B[:, None]`, or put both right sides beside each other.
#
# </details>

# %% [markdown] tags=["exercise:zero-order-hold"]
# ## Exercise 3 · A step by zero-order hold
#
# **3 points** · core · difficulty ●●●○○ (3 of 5) · about 12 minutes · define `zero_order_hold(A, B, dt)`
#
# Return the dtype of the inputs; a gradient must flow through `A`, `B`, `dt`.

# %% [markdown]
# If the input is constant during a step, the equation has an exact solution:
#
# $$\bar{\mathbf A} = e^{\Delta\mathbf{A}},\qquad \bar{\mathbf B} = \int_0^\Delta e^{\mathbf{A}\tau}\,d\tau\;\mathbf{B}.$$
#
# Textbooks write $\bar{\mathbf B}$ as $\mathbf{A}^{-1}(e^{\Delta\mathbf{A}}-\mathbf{I})\mathbf{B}$. In one of the cases a state never fades, so
# $\mathbf{A}$ has no inverse; the integral exists all the same.


# %% nbgrader={"grade": false, "grade_id": "zero-order-hold", "locked": false, "schema_version": 3, "solution": true, "task": false}
def zero_order_hold(A, B, dt):
    """A continuous system as a recurrence, exact for an input that is held during each step.

    A (N, N), B (N,)  the system h' = A h + B x; A may be singular
    dt                the step, a tensor without dimensions or a number
    returns           A_ (N, N), B_ (N,)
    """
    ### BEGIN SOLUTION
    N = len(A)
    upper = torch.cat([A, B[:, None]], dim=1)  # (N, N + 1)
    block = torch.cat([upper, torch.zeros(1, N + 1, dtype=A.dtype)])  # x as one more state, of slope zero
    both = torch.linalg.matrix_exp(dt * block)
    return both[:N, :N], both[:N, N]
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "zero-order-hold-check", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false} tags=["check:zero-order-hold"]
check("zero-order-hold", zero_order_hold)

# %% [markdown] tags=["hints:zero-order-hold"]
# <details><summary>Hint 1 of 4</summary>
#
# A_ is the exponential of a matrix, `torch.linalg.matrix_exp(dt * A)`: not of its entries.
#
# </details>
#
# <details><summary>Hint 2 of 4</summary>
#
# B_ = A^{-1} (e^{dt A} - I) B is right, but A need not have an inverse.
#
# </details>
#
# <details><summary>Hint 3 of 4</summary>
#
# Take x for one more state, whose slope is zero: the system [[A, B], [0, 0]] of size N + 1 needs no input at all.
#
# </details>
#
# <details><summary>Hint 4 of 4, nearly the solution</summary>
#
# Of `torch.linalg.matrix_exp(dt * block)` the first N rows are [A_, B_].
#
# </details>

# %% [markdown]
# **See it work.** A weight on a spring, pushed once; eight samples a swing, with both of your steps.

# %%
w = 2 * math.pi
A, B = torch.tensor([[0.0, 1.0], [-w * w, -0.5]]), torch.tensor([0.0, w])
dt = 0.125
with figures.figure(
    alt="A damped oscillation in two discretisations: zero-order hold lies on the exact curve, the bilinear rule comes later and later.",
) as ax:
    for name, step, style in (("bilinear", bilinear, "--o"), ("zero-order hold", zero_order_hold, "-s")):
        A_, _ = step(A, B, torch.tensor(dt))
        h, places = B, []  # the push; nobody pushes again
        for _ in range(32):
            places.append(h[0].item())
            h = A_ @ h
        ax.plot(dt * torch.arange(32), places, style, markersize=4, label=name)
    ax.set(title="Eight samples a swing: the bilinear rule is late", xlabel="seconds", ylabel="place")
    ax.legend()

# %% [markdown] tags=["exercise:causal-convolution"]
# ## Exercise 4 · The recurrence as a convolution
#
# **3 points** · core · difficulty ●●○○○ (2 of 5) · about 10 minutes · define `convolve(K, x)`
#
# Return the dtype of the inputs; a gradient must flow through `K`, `x`.

# %% [markdown]
# Unrolled, the recurrence is a convolution with its impulse response $K_l = \mathbf{C}\bar{\mathbf A}^l\bar{\mathbf B}$,
#
# $$o_t = \sum_{l=0}^{t} K_l\,x_{t-l}.$$
#
# Compute it for all $t$. With Fourier transforms that takes $O(L\log L)$ operations. The check looks at the largest tensor you make: an
# $L\times L$ matrix does not pass.


# %% nbgrader={"grade": false, "grade_id": "causal-convolution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def convolve(K, x):
    """Causal convolution of a signal with an impulse response.

    K        (L,)
    x        (..., L)
    returns  (..., L)
    """
    ### BEGIN SOLUTION
    L = x.shape[-1]
    return torch.fft.irfft(torch.fft.rfft(x, 2 * L) * torch.fft.rfft(K, 2 * L), 2 * L)[..., :L]
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "causal-convolution-check", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false} tags=["check:causal-convolution"]
check("causal-convolution", convolve)

# %% [markdown] tags=["hints:causal-convolution"]
# <details><summary>Hint 1 of 3</summary>
#
# Multiply the Fourier transforms: `torch.fft.rfft`, `torch.fft.irfft`.
#
# </details>
#
# <details><summary>Hint 2 of 3</summary>
#
# A product of transforms is a circular convolution: what runs over the end comes back in front.
#
# </details>
#
# <details><summary>Hint 3 of 3, nearly the solution</summary>
#
# Give both a length of 2 L: `torch.fft.rfft(x, 2 * L)`. The first L samples of the result are yours.
#
# </details>

# %% [markdown]
# **See it work.** The spring, pushed at random: your convolution against the recurrence.

# %%
A_, B_ = zero_order_hold(A, B, torch.tensor(0.05))
x = torch.randn(400, generator=runtime.seed(0))
h, K = B_, []
for _ in range(400):
    K.append(h[0])
    h = A_ @ h
h, o = torch.zeros(2), []
for x_t in x:
    h = A_ @ h + B_ * x_t
    o.append(h[0])
difference = (convolve(torch.stack(K), x) - torch.stack(o)).abs().max()
print(f"recurrence and convolution differ by {difference:.0e}, with values up to {torch.stack(o).abs().max():.1f}")

# %% [markdown] tags=["exercise:online-update"]
# ## Exercise 5 · Hear one more sample
#
# **4 points** · core · difficulty ●●●○○ (3 of 5) · about 15 minutes · define `hear(A, B, c, f_k, k)`
#
# Return the dtype of the inputs; a gradient must flow through the tensors that it is given.

# %% [markdown]
# Now the memory. Sample number $k$ arrives, $k = 1, 2, \dots$, at time $t = k$. Turn the coefficients of the first $k - 1$ samples
# into those of $k$ samples, by one bilinear step of length 1 for
#
# $$\dot{\mathbf c} = \tfrac1k\big(-\mathbf{A}\mathbf{c} + \mathbf{B}f_k\big).$$
#
# Forward Euler would be less work, but it explodes on the way, as the lecture shows. `c` may have leading dimensions: several signals at once.


# %% nbgrader={"grade": false, "grade_id": "online-update", "locked": false, "schema_version": 3, "solution": true, "task": false}
def hear(A, B, c, f_k, k):
    """One step of HiPPO-LegS.

    A (N, N), B (N,)  of LegS, A positive
    c                 (..., N), coefficients of the samples before
    f_k               (...), the new sample
    k                 its number, a Python int from 1
    returns           (..., N), coefficients now
    """
    ### BEGIN SOLUTION
    left = torch.eye(len(A), dtype=A.dtype) + A / (2 * k)
    right = c - c @ A.mT / (2 * k) + f_k[..., None] * B / k
    return torch.linalg.solve(left, right[..., None])[..., 0]
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "online-update-check", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false} tags=["check:online-update"]
check("online-update", hear)

# %% [markdown] tags=["hints:online-update"]
# <details><summary>Hint 1 of 4</summary>
#
# Sample k stands at time k, and the step is 1: this is the bilinear rule for c' = (-A c + B f) / k.
#
# </details>
#
# <details><summary>Hint 2 of 4</summary>
#
# Left of the new c stands `I + A / (2k)`; right of it `(I - A / (2k)) c + B f_k / k`.
#
# </details>
#
# <details><summary>Hint 3 of 4</summary>
#
# c is (..., N): multiply from the right, `c @ A.mT`, so that leading dimensions work.
#
# </details>
#
# <details><summary>Hint 4 of 4, nearly the solution</summary>
#
# `torch.linalg.solve(left, right[..., None])[..., 0]`; `right` has `f_k[..., None] * B / k` in it.
#
# </details>

# %% [markdown] tags=["exercise:reconstruct"]
# ## Exercise 6 · Draw the past again
#
# **3 points** · core · difficulty ●●○○○ (2 of 5) · about 10 minutes · define `reconstruct(c, s)`
#
# Return the dtype of the inputs; a gradient must flow through `c`.

# %% [markdown]
# And the reconstruction. At age $s$, counted in units of the whole past ($s=0$ now, $s=1$ the beginning), the polynomial is
#
# $$f(s) \approx \sum_{n} c_n\,\sqrt{2n+1}\,P_n(1-2s),$$
#
# with the Legendre polynomials $P_0=1$, $P_1=z$, $(n+1)P_{n+1} = (2n+1)\,z\,P_n - n\,P_{n-1}$.


# %% nbgrader={"grade": false, "grade_id": "reconstruct", "locked": false, "schema_version": 3, "solution": true, "task": false}
def reconstruct(c, s):
    """The past that LegS coefficients stand for.

    c        (..., N)
    s        (M,) ages in [0, 1]
    returns  (..., M)
    """
    ### BEGIN SOLUTION
    N, z = c.shape[-1], 1 - 2 * s
    P = [torch.ones_like(z), z]
    for n in range(1, N):
        P.append(((2 * n + 1) * z * P[n] - n * P[n - 1]) / (n + 1))
    r = (2 * torch.arange(N, dtype=c.dtype) + 1).sqrt()
    return (c * r) @ torch.stack(P[:N])
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "reconstruct-check", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false} tags=["check:reconstruct"]
check("reconstruct", reconstruct)

# %% [markdown] tags=["hints:reconstruct"]
# <details><summary>Hint 1 of 4</summary>
#
# The past is the sum of c_n sqrt(2n + 1) P_n(z). What is z at age 0, and what at age 1?
#
# </details>
#
# <details><summary>Hint 2 of 4</summary>
#
# The present is at z = 1 and the beginning at z = -1: `z = 1 - 2 * s`.
#
# </details>
#
# <details><summary>Hint 3 of 4</summary>
#
# P_0 = 1, P_1 = z, and (n + 1) P_{n+1} = (2n + 1) z P_n - n P_{n-1}. Put a list of them together with `torch.stack`.
#
# </details>
#
# <details><summary>Hint 4 of 4, nearly the solution</summary>
#
# With P of shape (M, N): `(c * r) @ P.mT`, r_n = sqrt(2n + 1).
#
# </details>

# %% [markdown]
# **See it work.** Thirteen months of real sea temperatures, as daily means, heard once by your update and drawn again by your
# reconstruction. The spike at day 0 is the price of the first step: it is as long as the whole past so far.

# %%
days = data.sea_temperature()[: 48 * 400].view(-1, 48).mean(1)
N = 32
A, B = (z.double() for z in legs(N))
c = torch.zeros(N, dtype=torch.float64)
for k, f_k in enumerate(days, start=1):
    c = hear(A, B, c, f_k, k)
past = reconstruct(c, 1 - (torch.arange(len(days), dtype=torch.float64) + 0.5) / len(days))
off = (past - days).square().mean().sqrt() / days.std()
with figures.figure(
    alt=f"Daily sea temperatures over thirteen months and a smooth curve of {N} numbers through them."
) as ax:
    ax.plot(days, color="#999999", linewidth=2.5, label="heard")
    ax.plot(past, color="black", linewidth=1.2, label=f"drawn from {N} numbers")
    ax.set(title=f"{len(days)} days in {N} numbers: {off:.0%} off", xlabel="day", ylabel="temperature, °C")
    ax.legend()

# %% [markdown] tags=["exercise:s4d-kernel"]
# ## Exercise 7 · The kernel of S4D
#
# **4 points** · stretch · difficulty ●●●○○ (3 of 5) · about 15 minutes · define `s4d_kernel(log_dt, log_decay, frequency, C, L)`
#
# Return the dtype of the inputs; a gradient must flow through `log_dt`, `log_decay`, `frequency`, `C`.

# %% [markdown]
# Last, the layer that is trained. In S4D the matrix is diagonal and complex: every channel has $n$ eigenvalues
# $\lambda = -e^{\text{log\_decay}} + i\,\text{frequency}$ and a step $\Delta = e^{\text{log\_dt}}$. With $\mathbf{B}=1$, zero-order hold gives for each
#
# $$\bar\lambda = e^{\Delta\lambda},\qquad \bar B = \frac{e^{\Delta\lambda}-1}{\lambda},\qquad
#   K_l = 2\,\mathrm{Re}\sum_{n} C_n\,\bar B_n\,\bar\lambda_n^{\,l},\qquad l = 0,\dots,L-1 .$$
#
# Only one of each conjugate pair is stored; the $2\,\mathrm{Re}$ stands for the other. `C` comes as real and imaginary part; gradients
# have to flow to all four parameters.


# %% nbgrader={"grade": false, "grade_id": "s4d-kernel", "locked": false, "schema_version": 3, "solution": true, "task": false}
def s4d_kernel(log_dt, log_decay, frequency, C, L):
    """The impulse responses of d diagonal state space models.

    log_dt               (d,)
    log_decay, frequency (d, n)
    C                    (d, n, 2), real and imaginary part
    L                    length, at least 1
    returns              (d, L), real
    """
    ### BEGIN SOLUTION
    lam = torch.complex(-log_decay.exp(), frequency)  # (d, n)
    z = lam * log_dt.exp()[:, None]
    weight = torch.view_as_complex(C) * (z.exp() - 1) / lam
    powers = (z[..., None] * torch.arange(L)).exp()  # (d, n, L)
    return 2 * (weight[..., None] * powers).sum(-2).real
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "s4d-kernel-check", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false} tags=["check:s4d-kernel"]
check("s4d-kernel", s4d_kernel)

# %% [markdown] tags=["hints:s4d-kernel"]
# <details><summary>Hint 1 of 4</summary>
#
# First the eigenvalues: `lam = torch.complex(-log_decay.exp(), frequency)`; dt is `log_dt.exp()[:, None]`.
#
# </details>
#
# <details><summary>Hint 2 of 4</summary>
#
# z = dt lam; a step multiplies a state by e^z; B_ of zero-order hold, for B = 1, is (e^z - 1) / lam.
#
# </details>
#
# <details><summary>Hint 3 of 4</summary>
#
# K_l = 2 Re sum_n C_n B_n e^{l z_n}: the 2 Re stands for the conjugate half that is not stored.
#
# </details>
#
# <details><summary>Hint 4 of 4, nearly the solution</summary>
#
# `powers = (z[..., None] * torch.arange(L)).exp()` is (d, n, L); sum over n, then `2 * K.real`.
#
# </details>

# %% [markdown]
# **See it work.** Three channels of S4D as they start, with steps from short to long: how much of the past each of them hears.

# %%
n = 16
generator = runtime.seed(0)
C = torch.randn(3, n, 2, generator=generator)
kernels = s4d_kernel(
    torch.tensor([1e-2, 3e-2, 1e-1]).log(),
    torch.full((3, n), math.log(0.5)),
    math.pi * torch.arange(n).expand(3, n),
    C,
    400,
)
with figures.figure(
    alt="Impulse responses of three channels: the one with the shortest step rings for 400 samples, that with the longest for 40."
) as ax:
    for K, dt, style in zip(kernels, ("0.01", "0.03", "0.1"), ("-", "--", ":")):
        ax.plot(K / K.abs().max(), linestyle=style, label=f"step {dt}")
    ax.set(title="A short step is a long memory", xlabel="samples since the push", ylabel="kernel, scaled")
    ax.legend()

# %% [markdown] nbgrader={"grade": false, "grade_id": "open-task", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": true}
# ## Open task · A signal of your own (6 points, 20 minutes)
#
# Which memory suits a signal that *you* care about? Take one of at least 2,000 samples: a recording, a stock, your steps, the
# length of the words of a book. (Without one at hand: the lengths of the words of the World Factbook, `data.factbook().split()`.)
#
# 1. Say what the signal is, where it comes from, and what of its past matters to you: all of it, or the last so many samples?
# 2. Compress it online with LegS and with LegT, at three sizes $N$. `llmcourse.state_space` has both.
# 3. Show in one figure what each remembers of the *last tenth* and of the *first tenth*, with axes and units, and give the errors.
# 4. Conclude in three sentences: which memory, at which size, and what would change your mind?
#
# Work in the cell below and in as many of your own as you like, code and text, all below this one. They are marked by
# hand, with the outputs that you leave in the notebook: the grader does not run them.
#
# === BEGIN MARK SCHEME ===
#
# - 1 point: a real signal, its source named, and what matters of its past said before the results.
# - 2 points: both memories on the same samples, at three sizes; the window's length is given and fits the question.
# - 1 point: figure with labelled axes and units.
# - 1 point: errors of both parts as numbers, in units of the signal's standard deviation.
# - 1 point: the conclusion follows from the numbers; a rough signal's failure is explained, not hidden.
#
# === END MARK SCHEME ===

# %% tags=["open-task"]
from llmcourse.state_space import hippo

words = torch.tensor([len(word) for word in data.factbook().split()[:4000]], dtype=torch.float64)
signal = words.unfold(0, 50, 1).mean(1)  # a running mean: word lengths themselves are noise
c = hippo.compress(signal, 32)
found = hippo.reconstruct(c, hippo.ages(len(signal)))
print(f"LegS, N = 32: {hippo.error(found, signal):.0%} off over all of the past")

# %% tags=["save"]
from llmcourse import work

work.save()
