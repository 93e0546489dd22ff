# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 09 · State space models: memory as a differential equation
#
# A year of sea temperatures is 19,226 numbers. Can a network that hears them one by one, and may keep only 64 numbers, draw
# the whole year again at the end? It can, and no training is needed: the right matrix is known in closed form. This lecture
# derives it, makes it run on a computer, and finds out where the formula on the slide breaks.

# %% [markdown] tags=["badge"]
# about 75 minutes · builds on 08 Linear attention

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
# - turn $\dot{\mathbf h} = \mathbf{A}\mathbf{h} + \mathbf{B}x$ into a recurrence in four ways, and say what each costs in accuracy and stability;
# - compute the same model as a recurrence and as a convolution, and say when to use which;
# - derive the HiPPO matrix, and show that its state is the best polynomial for everything heard so far;
# - explain why the printed update explodes before it recovers, and why the bilinear one does not;
# - say what a window forgets and what a whole history costs;
# - compute S4's kernel without a power of its matrix, and say what a good initialisation is worth.
#
# The letters are the slides': input $x$, state $\mathbf{h}\in\mathbb{R}^N$, output $o$; for HiPPO a signal $f$ and its coefficients
# $\mathbf{c}\in\mathbb{R}^N$. A step is $\Delta$, `dt` in code.

# %%
import math
import time

import numpy as np
import torch
from llmcourse import data, figures, records, runtime
from llmcourse.figures import COLOURS, Claim, explore, figure, label_lines, quiz, show_source, table
from llmcourse.state_space import MEASURES, METHODS, S4D, HippoRNN, compress, hippo, reconstruct, s4, system
from llmcourse.state_space.experiments import (
    DELAYS,
    NETWORKS,
    WAIT,
    WINDOW,
    low_pass,
    memories,
    read_back,
    standardised,
)
from llmcourse.state_space.experiments import waiting

print(runtime.describe())

# %% [markdown]
# ## A system with a memory
#
# Push a weight on a spring once. It swings for a while: at any moment, place and speed say all about the past that still
# matters. Two numbers are the whole memory. Written as a **state space model**, with a push $x(t)$:
#
# $$\dot{\mathbf{h}}(t) = \mathbf{A}\mathbf{h}(t) + \mathbf{B}x(t),\qquad o(t) = \mathbf{C}\mathbf{h}(t) + \mathbf{D}x(t).$$

# %%
turns, damping = 1.0, 0.25  # swings per second, and how fast they fade
w = 2 * math.pi * turns
A = torch.tensor([[0.0, 1.0], [-w * w, -2 * damping]], dtype=torch.float64)
B = torch.tensor([0.0, w], dtype=torch.float64)
C = torch.tensor([1.0, 0.0], dtype=torch.float64)


def pushed(method, dt, seconds):
    """Times, and the place of the weight: one push at the start brings the state from 0 to B, and nobody pushes again."""
    A_, _ = METHODS[method](A, B, dt)
    h, places = B, []
    for _ in range(round(seconds / dt) + 1):
        places.append(C @ h)
        h = A_ @ h
    return dt * torch.arange(len(places)), torch.stack(places)


t, exact = pushed("zero-order hold", 0.001, 6)
with figure(alt="A damped oscillation: after one push the weight swings once a second, a little less each time.") as ax:
    ax.plot(t, exact)
    ax.set(title="Two numbers remember the push for seconds", xlabel="seconds after the push", ylabel="place")

# %% [markdown]
# ## From a derivative to a step
#
# A computer hears samples. Between two of them, $\Delta$ apart, the equation has an exact solution:
#
# $$\mathbf{h}(t+\Delta) = e^{\Delta\mathbf{A}}\,\mathbf{h}(t) + \int_0^\Delta e^{\mathbf{A}\tau}\,\mathbf{B}\,x(t+\Delta-\tau)\,d\tau .$$
#
# If $x$ stands still during the step, it leaves the integral: **zero-order hold**. If you don't want the exponential, take the
# slope from the start of the step (**Euler**), from its end (**backward Euler**), or the mean of both (**bilinear**). These three
# are one formula with a weight $\alpha$:

# %% tags=["hide-input"]
# @title Source
show_source(system.generalised_bilinear, system.bilinear, system.zoh)

# %% [markdown]
# How long may a step be? Drag it. The grey line is exact.


# %%
def draw_step(ax, dt):
    ax.plot(t, exact, color="#999999", linewidth=4, label="_")
    for name, colour, style in zip(METHODS, COLOURS, ("-", "--", "-.", ":")):
        times, o = pushed(name, dt, 4)
        ax.plot(times, o.clamp(-9, 9), color=colour, linestyle=style, marker="", label=name)
    ax.set(title=f"step {dt:g} s: {1 / (dt * turns):.3g} samples a swing", xlabel="seconds", ylabel="place")
    ax.set(xlim=(0, 4), ylim=(-2.6, 2.6))
    ax.legend(loc="upper right", ncols=2)


def said_step(dt):
    largest = {name: pushed(name, dt, 4)[1].abs().max().item() for name in METHODS}
    return f"Step {dt:g}: largest swing " + ", ".join(f"{name} {min(v, 1e6):.2g}" for name, v in largest.items()) + "."


steps = runtime.pick(full=[0.002, 0.005, 0.01, 0.02, 0.04, 0.08, 0.12, 0.16, 0.2, 0.25], smoke=[0.01, 0.2])
explore(draw_step, steps, label="step, seconds", alt=said_step, height=3.4)

# %% [markdown]
# Euler explodes at a step that looks short; backward Euler damps what should swing; the bilinear rule keeps swinging, but late;
# zero-order hold lies on the grey line at any step, because nothing is pushed and $e^{\Delta\mathbf{A}}$ is exact. With an input that moves, all four
# make errors. How fast do they shrink with the step? Below, $x(t) = \sin 3t$, taken at the middle of each step.


# %%
def missed(method, steps):
    """Distance from the exact state after one second."""
    x = torch.sin(3 * (torch.arange(steps, dtype=torch.float64) + 0.5) / steps)
    return (system.recurrent(*METHODS[method](A, B, 1 / steps), C, x)[1] - exact_state).norm().item()


# The exact state, by taking sin and cos for two more states of a system that nobody pushes.
whole = torch.zeros(4, 4, dtype=torch.float64)
whole[:2, :2], whole[:2, 2], whole[2, 3], whole[3, 2] = A, B, 3.0, -3.0
exact_state = torch.linalg.matrix_exp(whole)[:2, 3]

counts = [64, 128, 256, 512, 1024, 2048]
errors = {name: [missed(name, n) for n in counts] for name in METHODS}
orders = {name: math.log2(e[-2] / e[-1]) for name, e in errors.items()}

with figure(
    alt="Error against step, both logarithmic: " + ", ".join(f"{name} has slope {o:.2f}" for name, o in orders.items()),
    height=3.4,
) as ax:
    for name, colour, style in zip(METHODS, COLOURS, ("-", "--", "-.", ":")):
        ax.loglog(
            [1 / n for n in counts], errors[name], color=colour, linestyle=style, label=f"{name}: {orders[name]:.2f}"
        )
    ax.invert_xaxis()
    ax.set(title="Half the step, a quarter of the error: second order", xlabel="step, seconds (shorter to the right)")
    ax.set(ylabel="error after 1 second")
    label_lines(ax)

# %% [markdown]
# ## The same model as a convolution
#
# Unroll the recurrence $\mathbf{h}_t = \bar{\mathbf A}\mathbf{h}_{t-1} + \bar{\mathbf B}x_t$ from $\mathbf{h}=0$:
#
# $$o_t = \sum_{l=0}^{t} K_l\,x_{t-l},\qquad K_l = \mathbf{C}\bar{\mathbf A}^l\bar{\mathbf B}.$$
#
# The sequence $K$ is what one push does. Nothing in it depends on the input, so the output is a convolution, and convolutions
# are quick: multiply Fourier transforms. Training sees the whole sequence and convolves; generation sees one sample and steps.

# %% tags=["hide-input"]
# @title Source
show_source(system.recurrent, system.kernel, system.convolve)

# %%
g = runtime.seed(0)
A_, B_ = system.bilinear(A, B, 0.02)
x = torch.randn(1000, generator=g, dtype=torch.float64)
K = system.kernel(A_, B_, C, 1000)
o, h = system.recurrent(A_, B_, C, x)
form_error = (system.convolve(K, x) - o).abs().max().item()
print(f"recurrence and convolution differ by {form_error:.0e}")

spectrum = torch.fft.rfft(x) * torch.fft.rfft(K)  # not padded
wrapped = (torch.fft.irfft(spectrum, 1000) - o).norm() / o.norm()
print(f"without padding, the end of the signal leaks into its beginning: {wrapped:.0%} off")

# %% [markdown]
# **Erratum.** The slide's integral ends in $\mathbf{B}(t)$. What is multiplied is $\mathbf{B}\,x(t)$: without $x$ the system would hear
# nothing. The check: the state driven by $x$ differs from the state driven by 1.

# %%
heard = system.recurrent(A_, B_, C, x)[1] - system.recurrent(A_, B_, C, torch.ones_like(x))[1]
print(f"driven by x and driven by 1, the states differ by {heard.norm():.2f}")

# %% [markdown]
# ## What should a state keep?
#
# So far $\mathbf{A}$ came from physics. Now you may choose it. You hear $f(s)$ up to now, $s\le t$, and may keep $N$ numbers. Which?
#
# HiPPO's answer: keep the **polynomial of degree below $N$ that is nearest to the whole past**. Stretch the past to $[0, 1]$ and take an
# orthonormal basis there, the scaled Legendre polynomials $g_n(z)=\sqrt{2n+1}\,P_n(2z-1)$. The best coefficients are projections:
#
# $$c_n(t) = \int_0^1 f(zt)\,g_n(z)\,dz = \frac1t\int_0^t f(s)\,g_n(s/t)\,ds .$$

# %% tags=["hide-input"]
# @title Source
show_source(hippo.legendre_basis)

# %%
z = (torch.arange(20_000, dtype=torch.float64) + 0.5) / 20_000  # midpoints: a sum over them is an integral
basis = hippo.legendre_basis(8, 1 - z)  # its argument is an age: 1 is the beginning of the past
gram = basis.T @ basis / len(z)
print(f"integrals of g_n g_m differ from the identity by {(gram - torch.eye(8)).abs().max():.0e}")

with figure(
    alt="The first five scaled Legendre polynomials on the unit interval; each has one more zero.", height=2.8
) as ax:
    for n, style in zip(range(5), ("-", "--", "-.", ":", (0, (9, 2)))):
        ax.plot(z[::50], basis[::50, n], linestyle=style, label=f"$g_{n}$")
    ax.set(
        title="Five shapes of the past, no two alike", xlabel="share of the past: 0 beginning, 1 now", ylabel="$g_n$"
    )
    label_lines(ax)

# %% [markdown]
# **Now let time pass.** How do the $c_n$ change while $t$ grows? Differentiate. Three things happen: a new value arrives at $s=t$,
# where every $g_n(1)=\sqrt{2n+1}$; the mean is taken over a longer past, which gives $-c_n/t$; and the whole past is squeezed, which
# moves every $s/t$ to the left:
#
# $$\dot c_n = \frac1t\Big(\sqrt{2n+1}\,f(t) - c_n - \int_0^1 f(zt)\,z\,g_n'(z)\,dz\Big).$$
#
# The last integral looks new, but $z\,g_n'(z)$ is a polynomial of degree $n$, so it is a sum of $g_0,\dots,g_n$, and the integral is
# the same sum of $c_0,\dots,c_n$. Legendre's recurrences give it: $z\,g_n' = n\,g_n + \sum_{k<n}\sqrt{(2n+1)(2k+1)}\,g_k$. Put together,
#
# $$\dot{\mathbf c}(t) = -\frac1t\mathbf{A}\mathbf{c}(t) + \frac1t\mathbf{B}f(t),\qquad
# A_{nk}=\begin{cases}\sqrt{(2n+1)(2k+1)} & n>k\\ n+1 & n=k\\ 0 & n<k\end{cases},\qquad B_n=\sqrt{2n+1}.$$
#
# The slide leaves $\mathbf{B}$ out; here it is what the basis is worth at the present. Both steps, shown to be true:

# %%
slope = torch.autograd.functional.jvp(lambda z: hippo.legendre_basis(8, 1 - z), z, torch.ones_like(z))[1]
A8, B8 = hippo.legs(8)
identity_error = (z[:, None] * slope - basis @ (A8 - torch.eye(8)).T).abs().max().item()
print(f"z g' = sum of A_nk g_k - g_n: differs by {identity_error:.0e}")


def project(f, t):
    """The definition, by quadrature."""
    return (f(z * t)[:, None] * basis).mean(0)


def wave(t):
    return torch.sin(3 * t) + 0.3 * torch.cos(11 * t)


now, little = torch.tensor(2.0, dtype=torch.float64), 1e-4
change = (project(wave, now + little) - project(wave, now - little)) / (2 * little)
ode_error = (change - (-A8 @ project(wave, now) + B8 * wave(now)) / now).abs().max().item()
print(f"the derivative of the projection, and the equation: they differ by {ode_error:.0e}")

# %% [markdown]
# The slide prints the matrix for $N=5$. Ours, as squares, because every entry is a root:

# %%
example = hippo.legs(5)[0]
table(
    [[f"√{v * v:.0f}" if v and math.sqrt(v * v) % 1 else f"{v:g}" for v in row] for row in example.tolist()],
    [f"k = {k}" for k in range(5)],
    "A of LegS for N = 5, row by row n = 0 to 4; √45 is 3√5, as the slide has it",
)

# %% [markdown]
# ## The update on the slide, and what it does on the way
#
# Sample $f$ at $t = 1, 2, 3, \dots$ and take Euler steps of length 1 at time $k$. That is the slide's update:
#
# $$\mathbf{c}_{k+1} = \Big(1-\frac1k\mathbf{A}\Big)\mathbf{c}_k+\frac1k\mathbf{B}f_k .$$
#
# At $k=1$ the entry with $n+1=N$ on the diagonal is multiplied by $1-N$. What does that do at $N=64$?

# %% tags=["hide-input"]
# @title Source
show_source(hippo.euler_update, hippo.bilinear_update)

# %%
L = 400
f = torch.sin(2 * math.pi * 3 * torch.arange(L, dtype=torch.float64) / L)
heard = tuple(range(1, L + 1))
paths = {
    "Euler, float64": compress(f, 64, hippo.euler_update, keep=heard).abs().amax(-1),
    "Euler, float32": compress(f.float(), 64, hippo.euler_update, keep=heard).abs().amax(-1),
    "bilinear, float32": compress(f.float(), 64, keep=heard).abs().amax(-1),
}
peak = paths["Euler, float64"].max().item()
lost = int((~paths["Euler, float32"].isfinite()).nonzero()[0]) + 1

with figure(
    alt=f"Largest coefficient against samples heard. Euler rises to {peak:.0e} in float64 and comes back after sample 64; in "
    f"float32 it ends as nan at sample {lost}. The bilinear update stays at 1.",
    height=3.4,
) as ax:
    for (name, path), style in zip(paths.items(), ("-", "--", "-.")):
        ax.semilogy(heard, path.double(), linestyle=style, label=name)
    ax.set(
        title=f"Euler passes through {peak:.0e}",
        xlabel="samples heard",
        ylabel="largest coefficient",
        ylim=(1e-2, 1e50),
    )
    ax.legend()

error_after = {
    name: hippo.error(reconstruct(compress(f, 64, update), hippo.ages(L)), f)
    for name, update in (("Euler", hippo.euler_update), ("bilinear", hippo.bilinear_update))
}
print(f"float32: not a number from sample {lost} on, for good")
print("float64, at the end: " + ", ".join(f"{name} {e:.1%} off" for name, e in error_after.items()))

# %% [markdown]
# In float64 it **comes back**, which surprises: after $N$ steps the explosion is gone. $\mathbf{A}$ has the eigenvalues $1,\dots,N$, so
# $\prod_{k=1}^{N}(1-\mathbf{A}/k)$ is its characteristic polynomial at $\mathbf{A}$ itself, up to a factor: zero, by Cayley and
# Hamilton. Whatever was in the state before is annihilated, if the numbers survive until then. In float32 they do not. Any
# reading before is garbage in both.

# %%
# Exactly, in integers: A is similar to a matrix M with 2k + 1 below the diagonal (divide out the roots), also of eigenvalues 1 to N.
N = 24
M = np.array([[2 * k + 1 if k < n else n + 1 if k == n else 0 for k in range(N)] for n in range(N)], dtype=object)
left, largest = np.eye(N, dtype=object) * 1, 0
for k in range(1, N + 1):
    left = left @ (k * np.eye(N, dtype=object) - M)
    largest = max(largest, *abs(left).flatten())
print(
    f"N = {N}: the product over k of (k - M) has entries up to {float(largest):.0e} on the way, and in the end {set(left.flatten())}"
)

# %% [markdown]
# ## A real year in 64 numbers
#
# The temperature of the sea off the coast of Maine, every half hour for thirteen months. The raw record has a rough daily part
# that no polynomial of degree 63 can follow; low-passed at 20 cycles it is the season and its weather. Both, heard once, sample by
# sample. $\mathbf{A}$ is lower triangular, so the first coefficients do not depend on how many there are: one run with $N=128$ gives
# all smaller ones.

# %%
every = runtime.pick(full=1, smoke=40)
sea = data.sea_temperature()
KINDS = {"5 cycles": low_pass(sea, 5), "20 cycles": low_pass(sea, 20), "40 cycles": low_pass(sea, 40), "raw": sea}
signals = torch.stack([standardised(f[::every]) for f in KINDS.values()])  # (4, L)
L = signals.shape[-1]
days = torch.arange(L) * every / 48
moments = tuple(sorted({max(1, round(L * share)) for share in (0.02, 0.05, 0.1, 0.2, 0.35, 0.5, 0.65, 0.8, 1.0)}))
start = time.perf_counter()
online = compress(signals, 128, keep=moments)  # (4, moments, 128)
print(f"{L:,} samples heard in {time.perf_counter() - start:.1f} s")

sizes = [4, 8, 16, 32, 48, 64, 96, 128]
error = {
    kind: [hippo.error(reconstruct(online[i, -1, :N], hippo.ages(L)), signals[i]) for N in sizes]
    for i, kind in enumerate(KINDS)
}
best = {kind: [hippo.error(hippo.best_fit(signals[i], N), signals[i]) for N in sizes] for i, kind in enumerate(KINDS)}
worst_gap = max(a - b for kind in KINDS for a, b in zip(error[kind], best[kind]))

# %%
shown, true = signals[1], signals[1] * sea.std() + sea.mean()


def draw_year(ax, N):
    found = reconstruct(online[1, -1, :N], hippo.ages(L))
    ax.plot(days, shown, color="#999999", linewidth=3)
    ax.plot(days, found, color=COLOURS[0], linewidth=1.2)
    ax.set(title=f"{N} numbers: {100 * hippo.error(found, shown):.2g} % off", xlabel="days", ylim=(-2.6, 2.6))
    ax.set(ylabel="temperature, standard deviations")


explore(
    draw_year,
    sizes,
    label="N, numbers kept",
    alt=lambda N: (
        f"The sea's temperature, low-passed at 20 cycles, and what {N} coefficients hold of it: "
        f"{100 * hippo.error(reconstruct(online[1, -1, :N], hippo.ages(L)), shown):.2g} % off"
    ),
)

# %% [markdown]
# The state is a summary of all that was heard, at *any* moment, not only at the end. Drag the present:


# %%
def draw_moment(ax, i):
    k = moments[i]
    found = reconstruct(online[1, i, :64], hippo.ages(k))
    ax.plot(days, shown, color="#cccccc", linewidth=3)
    ax.plot(days[:k], found, color=COLOURS[0], linewidth=1.2)
    ax.axvline(float(days[k - 1]), color="black", linestyle=":", linewidth=1)
    ax.set(title=f"day {days[k - 1]:.0f}: 64 numbers hold {k:,} samples", xlabel="days", ylim=(-2.6, 2.6))
    ax.set(ylabel="standard deviations")


explore(
    draw_moment,
    range(len(moments)),
    label="moment",
    alt=lambda i: f"Reconstruction from 64 coefficients after {moments[i]:,} samples, over the true signal",
)

# %%
with figure(
    alt="Error against N for four versions of the signal: the smoother it is, the sooner it falls; the raw one stays at "
    f"{error['raw'][-1]:.0%}. Crosses, the best fit in hindsight, lie on the lines.",
    height=3.6,
) as ax:
    for (kind, e), style in zip(error.items(), ("-", "--", "-.", ":")):
        (line,) = ax.semilogy(sizes, [100 * v for v in e], linestyle=style, label=kind)
        ax.semilogy(sizes, [100 * v for v in best[kind]], linestyle="", marker="x", color=line.get_color(), label="_")
    ax.set(
        title="Hearing once costs almost nothing", xlabel="N, numbers kept", ylabel="error, % of the standard deviation"
    )
    ax.set(ylim=(0.01, 100))
    label_lines(ax)
i64 = sizes.index(64)
print(
    f"low-passed at 20 cycles, N = 64: {error['20 cycles'][i64]:.2%} off; best fit in hindsight {best['20 cycles'][i64]:.2%}"
)
print(f"raw, N = 64: {error['raw'][i64]:.2%}; best {best['raw'][i64]:.2%}")
print(f"online is never more than {worst_gap:.2%} of the signal worse than the best fit")

# %% [markdown]
# The crosses are what no method can beat: least squares on all samples at once. Online loses to it by a step error that grows
# slowly with $N$; what is missing otherwise, no polynomial has. A polynomial needs about $\pi$ coefficients for each cycle, so the raw
# signal, with its hundreds of days, is out of reach for 128: HiPPO is a memory for what is smooth *on the scale of the whole past*.

# %% [markdown]
# **Your turn.** How rough may the signal be?

# %%
try:
    from ipywidgets import interact
except ModuleNotFoundError:
    interact = None


def hear(cycles=20, N=64):
    f = standardised(low_pass(sea, cycles))[::8]
    found = reconstruct(compress(f, N), hippo.ages(len(f)))
    with figure(alt=f"The signal at {cycles} cycles and its reconstruction from {N} numbers.") as ax:
        ax.plot(f, color="#999999", linewidth=3)
        ax.plot(found, color=COLOURS[0], linewidth=1.2)
        ax.set(
            title=f"{cycles} cycles in {N} numbers: {hippo.error(found, f):.1%} off", xlabel="sample", ylabel="signal"
        )


if interact:
    interact(hear, cycles=(2, 100), N=(2, 128))
else:
    hear()

# %% [markdown]
# ## Why $1/k$: it does not matter how fast you sample
#
# The update never sees the step $\Delta$. At time $t = k\Delta$ the equation's $\frac1t\Delta$ is $\frac1k$, whatever $\Delta$ is. Hear the same
# curve twice as fast and you end with the same coefficients. A window of fixed length in samples does not have this property.

# %%
f = signals[1]
invariance = []
for N in (16, 32, 64):
    half, whole_ = compress(f[1::2], N), compress(f, N)
    apart = ((half - whole_).norm() / whole_.norm()).item()
    theta = L / 4
    a, b = hippo.compress_window(f[1::2], N, theta), hippo.compress_window(f, N, theta)
    invariance.append((N, apart, ((a - b).norm() / b.norm()).item()))
table(
    [(N, f"{a:.2%}", f"{b:.0%}") for N, a, b in invariance],
    ["N", "LegS", "LegT, window of fixed samples"],
    "change of the coefficients when every second sample is left out",
)

# %% [markdown]
# ## Other pasts
#
# All of the past is one choice of what matters. A **measure** says which: a window of length $\theta$ (LegT), everything with a weight
# that fades (LagT), a window in sines (Fourier). Each is again a matrix. For a window, what leaves it must be subtracted, and the only
# one who still knows it is the state itself: that is what the upper half of LegT's matrix does.
#
# The picture shows how each state answers one push: what it keeps, as time goes by.

# %% tags=["hide-input"]
# @title Source
show_source(hippo.legt, hippo.lagt, hippo.fourier)

# %%
dt = 0.01
push_times = dt * torch.arange(250, dtype=torch.float64)
PASTS = {"LegT": "a window, as polynomials", "Fourier": "a window, as waves", "LagT": "everything, fading"}
STARTS = {"legs": "S4D-LegS", "inv": "S4D-Inv", "lin": "S4D-Lin", "random": "random"}


def answer(kind):
    """What the first five states of a system do after one push: (250, 5)."""
    if kind in PASTS:
        A, B = MEASURES[kind].matrices(33)
        A_, _ = system.zoh(-A, B, dt)
        found = [B]
        for _ in push_times[1:]:
            found.append(A_ @ found[-1])
        return torch.stack(found)[:, :5]
    z = dt * s4.INITIAL[kind](64)
    return (z[z.imag.argsort()][:5] * torch.arange(250)[:, None]).exp().real


def draw_answer(ax, kind):
    for n, style in zip(range(5), ("-", "--", "-.", ":", (0, (9, 2)))):
        states = answer(kind)[:, n]
        ax.plot(push_times, states / states.abs().max(), linestyle=style, label=f"state {n}")
    ax.axvline(1, color="black", linewidth=0.8)
    ax.set(title=f"{kind}: {PASTS[kind]}", xlabel="windows since the push", ylabel="state, scaled", ylim=(-1.1, 1.1))


explore(
    draw_answer,
    list(PASTS),
    label="measure",
    alt=lambda kind: f"Five states of {kind} after one push: {PASTS[kind]}",
)

# %% [markdown]
# LegT forgets completely once the window is over; LagT never does, but each state sees the past blurred. How sharp is the edge? A
# test without any training: drive a state of 64 numbers by smooth noise, and ask a *linear* reading of it for the input $d$ steps
# ago. (The noise is synthetic: here we want to know the answer. Random systems are drawn three times.)

# %%
noise = torch.randn(
    runtime.pick(full=12_000, smoke=4_000), generator=torch.Generator().manual_seed(0), dtype=torch.float64
)
noise = standardised(low_pass(noise, 0.05 * len(noise), order=4))
missing = {}
for seed in range(3):
    for name, (A_, B_) in memories(64, torch.Generator().manual_seed(seed)).items():
        missing.setdefault(name, []).append(read_back(A_, B_, noise))
missing = {name: torch.tensor(runs).mean(0).tolist() for name, runs in missing.items()}
edge = {d: missing["LegT"][DELAYS.index(d)] for d in (190, 250)}

with figure(
    alt="Share of the input that can't be read from the state, against the delay. LegT: zero up to 200 steps, then one, a "
    "cliff. S4D-Lin: a seventh up to 200. Random systems rise at once.",
    height=3.6,
) as ax:
    for (name, values), colour, style in zip(missing.items(), COLOURS, ("-", "--", "-.", ":", (0, (9, 2)))):
        ax.plot(DELAYS, values, color=colour, linestyle=style, label=name)
    ax.axvline(WINDOW, color="black", linewidth=0.8)
    ax.set(
        title="LegT knows its window and nothing else",
        xlabel="steps ago",
        ylabel="share that is lost",
        ylim=(-0.03, 1.1),
    )
    label_lines(ax)

# %% [markdown]
# ## S4: a long kernel without its powers
#
# A layer that trains must compute $K_l=\mathbf{C}\bar{\mathbf A}^l\bar{\mathbf B}$ for all $l<L$: $L$ products with an $N\times N$ matrix, one
# after the other. For a diagonal matrix the powers cost nothing. So diagonalise $\mathbf{A}$? It has distinct eigenvalues $1,\dots,N$ - and
# eigenvectors that nobody can compute with:

# %%
condition = []
for N in (8, 16, 32, 64):
    eigenvectors = torch.linalg.eig(hippo.legs(N)[0]).eigenvectors
    lam, P, V = s4.legs_normal_plus_low_rank(N)
    off = (V @ (torch.diag(lam) - torch.outer(P, P.conj())) @ V.mH + hippo.legs(N)[0]).abs().max()
    condition.append((N, f"{torch.linalg.cond(eigenvectors):.0e}", f"{torch.linalg.cond(V):.6f}", f"{off:.0e}"))
table(
    condition,
    ["N", "condition of LegS's eigenvectors", "of the normal part's", "A, put together again, is off by"],
    "float64 has 16 digits: from N = 16 on the first column has used up half of them",
)

# %% [markdown]
# S4's way out: $-\mathbf{A}$ is a **normal** matrix minus one of rank one. Add $\mathbf{p}\mathbf{p}^\top$ with $p_n=\sqrt{n+\frac12}$: the entries below the
# diagonal are halved, the same with the other sign appear above, and the diagonal becomes $-\frac12$. That is
# $-\frac12\mathbf{I}$ plus a skew-symmetric matrix: its eigenvectors are unitary, its eigenvalues $-\frac12 + i\omega$.
#
# And the powers? Sum them with weights: $\hat K(w)=\sum_l K_l w^l$ is a geometric series, hence an inverse, and the inverse of a diagonal
# matrix minus rank one is a handful of sums (Woodbury). Evaluate it at the $L$ roots of unity, transform back, and the kernel is there.

# %% tags=["hide-input"]
# @title Source
show_source(s4.legs_normal_plus_low_rank, s4.nplr_kernel)

# %%
N, L_long = 64, runtime.pick(full=65_536, smoke=512)
A, B = hippo.legs(N)
C = torch.randn(N, generator=g, dtype=torch.float64)
lam, P, V = s4.legs_normal_plus_low_rank(N)
turned = (lam, P, V.mH @ B.to(V.dtype), V.mT @ C.to(V.dtype))
start = time.perf_counter()
fast = s4.nplr_kernel(*turned, 1e-3, L_long)
middle = time.perf_counter()
slow = system.kernel(*system.bilinear(-A, B, 1e-3), C, L_long)
end = time.perf_counter()
kernel_error = ((fast - slow).abs().max() / slow.abs().max()).item()
print(
    f"L = {L_long:,}: the two kernels differ by {kernel_error:.0e}; {middle - start:.2f} s against {end - middle:.2f} s"
)

# The series is infinite; without C (I - A^L) its tail is folded into the kernel.
lam_, P_, B_turned, C_turned = turned
A_, _ = system.bilinear(torch.diag(lam_) - torch.outer(P_, P_.conj()), B_turned, 1e-3)
undone = torch.linalg.solve((torch.eye(N) - torch.linalg.matrix_power(A_, 256)).mT, C_turned)
folded = s4.nplr_kernel(lam_, P_, B_turned, undone, 1e-3, 256)
right = slow[:256]
print(f"L = 256 without that correction: {((folded - right).norm() / right.norm()).item():.0%} off")

# %% [markdown]
# ## The diagonal form, and where its eigenvalues start
#
# Later it turned out that you may drop the rank-one part (S4D). What is left is diagonal: the kernel is a sum of decaying waves, and
# the layer fits on a screen. All that HiPPO then contributes is *where the eigenvalues start*.

# %%
with figure(
    alt="Eigenvalues in the complex plane: LegS's normal part and S4D-Inv bend away to high frequencies, S4D-Lin is evenly "
    "spaced, all with real part minus one half; random ones lie near zero with all kinds of decay.",
    columns=2,
    width=8.5,
    height=3.4,
) as axes:
    for (kind, name), marker, colour in zip(STARTS.items(), "ox+^", COLOURS):
        z = s4.INITIAL[kind](32) if kind != "random" else s4.random_eigenvalues(32, g)
        frequency = z.imag.abs().sort().values
        axes[0].plot(frequency, linestyle="", marker=marker, markersize=5, color=colour, label=name)
        axes[1].plot(z.real, z.imag, linestyle="", marker=marker, markersize=5, color=colour, label=name)
    axes[0].set_yscale("log")
    axes[0].set(title="How fast each state turns", xlabel="n", ylabel="frequency, rad per unit of time")
    axes[0].legend()
    axes[1].set(title="Random ones hardly turn", xlabel="real part: decay", ylabel="imaginary part", ylim=(-10, 40))


# %%
def draw_start(ax, kind):
    for n, style in zip(range(5), ("-", "--", "-.", ":", (0, (9, 2)))):
        ax.plot(push_times, answer(kind)[:, n], linestyle=style)
    ax.set(
        title=f"{STARTS[kind]}: its five slowest states after a push", xlabel="time", ylabel="state", ylim=(-1.1, 1.1)
    )


torch.manual_seed(0)
explore(draw_start, list(STARTS), label="start", alt=lambda kind: f"Impulse responses of five states of {STARTS[kind]}")

# %% [markdown]
# The layer is trained as a convolution and run as a recurrence; both are the same function, with the state handed from one to the other.

# %% tags=["hide-input"]
# @title Source
show_source(s4.diagonal_kernel, S4D.forward, S4D._discrete)

# %%
torch.manual_seed(0)
layer = S4D(16, 64)
x = torch.randn(1, 1000, 16)
with torch.no_grad():
    all_at_once, _ = layer(x)
    first, state = layer(x[:, :600])
    rest = []
    for x_t in x[:, 600:].split(1, dim=1):
        o, state = layer(x_t, state)
        rest.append(o)
layer_error = (torch.cat([first, *rest], dim=1) - all_at_once).abs().max().item()
print(f"600 samples convolved, 400 stepped: differs by {layer_error:.0e} from all at once")
print(f"what is carried from sample to sample: {state.numel()} complex numbers, whatever came before")


def best_of(function, repeat=5):
    times = []
    for _ in range(repeat):
        start = time.perf_counter()
        with torch.no_grad():
            function()
        times.append(time.perf_counter() - start)
    return min(times)


costs = []
for L_ in runtime.pick(full=[256, 1024, 4096, 16384], smoke=[64, 256]):
    x = torch.randn(1, L_, 16)
    step_cost = best_of(lambda x=x: layer(x[:, :1], state))
    costs.append((f"{L_:,}", f"{1e3 * best_of(lambda x=x: layer(x)):.1f}", f"{1e3 * L_ * step_cost:.0f}"))
table(
    costs,
    ["length", "convolution, ms", "as many steps, ms"],
    "16 channels, N = 64; a step costs the same at any length",
)

# %% [markdown]
# ## HiPPO in a recurrent network
#
# The slide's last word on HiPPO: put it into an RNN. The cell below writes one number a step, $f_t$, and gets back the coefficients of
# everything it ever wrote. Only the cell is trained; the memory is fixed.

# %% tags=["hide-input"]
# @title Source
show_source(HippoRNN)

# %% [markdown]
# ## Digits, then wait
#
# Does any of this matter after training? A task that is nothing but memory: a handwritten digit arrives pixel by pixel, 64 of them;
# then **nothing for 136 steps**; then say which digit it was. Real images, and a wait that we chose. Live: two networks,
# shortened. The record has six, from three seeds each.

# %%
for name in ("S4D-Lin", "plain RNN"):
    _, history = waiting(name, runtime.pick(full=200, smoke=2), seed=0)
    reached = history.validation[-1]
    print(f"{name:10} after {reached[0]} steps: {reached[1]:.2f} of the test digits, {history.seconds:.0f} CPU seconds")

# %%
record = records.load("09")
runs = record["waiting"]["runs"]


def final(name, wait):
    return [run["validation"][-1][1] for run in runs if run["network"] == name and run["wait"] == wait]


waited = {name: records.interval(final(name, WAIT)) for name in NETWORKS}
at_once = {name: records.interval(final(name, 0)) for name in NETWORKS}

with figure(
    alt="Accuracy against training steps, three seeds for each network: "
    + ", ".join(f"{name} ends at {m:.2f}" for name, (m, _) in waited.items()),
    height=3.8,
) as ax:
    for name, colour, style in zip(NETWORKS, COLOURS, ("-", "--", "-.", ":", (0, (9, 2)), (0, (1, 3)))):
        for run in (r for r in runs if r["network"] == name and r["wait"] == WAIT):
            label = name if run["seed"] == 0 else "_"
            ax.plot(*zip(*run["validation"]), color=colour, linestyle=style, marker="", label=label)
    ax.set(title=f"After a wait of {WAIT} steps", xlabel="training steps", ylabel="test digits right", ylim=(0, 1))
    label_lines(ax)
print(records.made(record))
sizes_of = {run["network"]: (run["parameters"], run["seconds"]) for run in runs if run["wait"] == WAIT}
table(
    [
        (name, f"{sizes_of[name][0]:,}", f"{sizes_of[name][1]:.0f}",
         *(f"{m:.3f} ± {h:.3f}" for m, h in (waited[name], at_once[name])))
        for name in NETWORKS
    ],
    ["network", "parameters", "CPU s", f"after the wait of {WAIT}", "asked at once"],
    f"accuracy after {runs[0]['steps']} steps, 95 % interval over 3 seeds; chance is 0.1",
)  # fmt: skip

# %% [markdown]
# Read both columns. Asked at once, every network has learned something; the wait is what separates them. One reason can be seen
# before any training: how much does the answer depend on each pixel? Below, the size of the gradient at every step, for fresh networks.

# %%
steps_ = 64 + WAIT
with figure(
    alt="Size of the gradient of the answer with respect to the input at each step, logarithmic. For S4D-Lin and the HiPPO RNN the "
    "64 pixels still count after the wait; for the GRU and the plain RNN they are many orders of magnitude below the last step.",
    height=3.4,
) as ax:
    reach = {}
    for name, colour, style in zip(NETWORKS, COLOURS, ("-", "--", "-.", ":", (0, (9, 2)), (0, (1, 3)))):
        torch.manual_seed(0)
        network, x = NETWORKS[name](), torch.randn(32, steps_, 1, generator=g).requires_grad_()
        (gradient,) = torch.autograd.grad(network(x).square().sum(), x)
        size = gradient.square().mean((0, 2)).sqrt()
        reach[name] = (size[:64].mean() / size.max()).item()
        ax.semilogy(size / size.max() + 1e-45, color=colour, linestyle=style, marker="", label=name)
    ax.axvspan(0, 64, color="#eeeeee", zorder=0)
    ax.set(
        title="What the answer can still feel of the pixels (grey)",
        xlabel="step",
        ylabel="gradient, share of the largest",
    )
    ax.set(ylim=(1e-20, 3))
    ax.legend(loc="lower left", ncols=2)
print("mean gradient at the pixels, as a share of the largest: " + ", ".join(f"{n} {v:.0e}" for n, v in reach.items()))

# %% [markdown]
# Where nothing arrives, nothing is learned: that explains the GRU and the plain RNN. It does not explain the random start, whose
# gradients arrive as well as anybody's. What it lacks is the figure before: states that keep the past *apart*, so that a reading can
# tell one pixel from its neighbour. The networks differ in size, and a step costs each a different time: the table says both.

# %% [markdown]
# ## The claims, put to the test

# %%
above = {name: m - h for name, (m, h) in waited.items()}
below = {name: m + h for name, (m, h) in waited.items()}
hippo_wins = above["S4D-Lin"] > below["S4D random"]
rnn_wins = above["HiPPO RNN"] > below["plain RNN"]
figures.claims(
    [
        Claim(
            "Discretisation: Euler is of first order, the bilinear rule of second; recurrence and convolution are the same",
            ", ".join(f"{name} {o:.2f}" for name, o in orders.items()) + f"; forms differ by {form_error:.0e}",
            "reproduced"
            if abs(orders["Euler"] - 1) < 0.1 and abs(orders["bilinear"] - 2) < 0.1 and form_error < 1e-9
            else "partly",
        ),
        Claim(
            "HiPPO reconstructs a real signal online from N coefficients",
            f"{L:,} samples: {error['20 cycles'][i64]:.2%} off with 64 numbers at 20 cycles, {error['raw'][i64]:.1%} on the raw "
            f"signal; at most {worst_gap:.2%} worse than the best fit in hindsight",
            "reproduced" if error["20 cycles"][i64] < 0.03 and worst_gap < 0.005 else "partly",
            "For signals that are smooth on the scale of the whole past; the raw one is not, and no polynomial of that degree is near it.",
        ),
        Claim(
            "LegS does not depend on the timescale",
            f"half the samples: coefficients change by {invariance[1][1]:.2%}; of a fixed window by {invariance[1][2]:.0%}",
            "reproduced" if invariance[1][1] < 0.01 < invariance[1][2] else "partly",
        ),
        Claim(
            "A window remembers its window",
            f"LegT, {WINDOW} steps: {edge[190]:.3f} of the input lost 190 steps ago, {edge[250]:.2f} 250 steps ago",
            "reproduced" if edge[190] < 0.01 and edge[250] > 0.9 else "partly",
        ),
        Claim(
            "HiPPO in an RNN remembers for longer than a plain RNN",
            f"after the wait: {waited['HiPPO RNN'][0]:.2f} ± {waited['HiPPO RNN'][1]:.2f} against "
            f"{waited['plain RNN'][0]:.2f} ± {waited['plain RNN'][1]:.2f}; GRU {waited['GRU'][0]:.2f}",
            "reproduced" if rnn_wins else "partly",
        ),
        Claim(
            "S4: HiPPO's initialisation against a random one, on a long memory",
            f"S4D-Lin {waited['S4D-Lin'][0]:.2f} ± {waited['S4D-Lin'][1]:.2f}, S4D-LegS {waited['S4D-LegS'][0]:.2f} ± "
            f"{waited['S4D-LegS'][1]:.2f}, random {waited['S4D random'][0]:.2f} ± {waited['S4D random'][1]:.2f}",
            "reproduced" if hippo_wins else "partly",
            "In the diagonal form; both learn their eigenvalues, so it is the start that matters.",
        ),
        Claim(
            "S4's kernel equals the powers of its matrix",
            f"at L = {L_long:,} they differ by {kernel_error:.0e}",
            "reproduced" if kernel_error < 1e-6 else "not here",
        ),
    ]
)

# %% [markdown]
# ## Errata
#
# - The slide gives no $\mathbf{B}$ for HiPPO. For LegS it is $B_n=\sqrt{2n+1}$, the value of the basis at the present (derived above, and checked).
# - The discrete update on the slide is forward Euler. It is not stable on the way: see the figure. Use the bilinear step.
# - The integral in the discretisation multiplies $\mathbf{B}\,x(t)$, not $\mathbf{B}(t)$; the cell under the convolution shows the difference.
#
# ## What to remember
#
# 1. A state space model is a differential equation; discretised, it is a recurrence; unrolled, it is a convolution. Train with the last, run with
#    the first.
# 2. The bilinear rule and zero-order hold are stable when the system is. Euler is not.
# 3. HiPPO chooses $\mathbf{A}$ so that the state is the best polynomial for the past. LegS keeps all of it, LegT a window, with a cliff.
# 4. $1/k$ in the update makes the memory independent of how fast you sample.
# 5. LegS can't be diagonalised in floating point; it is normal minus rank one. Dropping the rank one gives S4D.
# 6. What HiPPO is worth after training is where the eigenvalues start: long memories are found at once, or hardly at all.

# %% [markdown]
# ## Test yourself

# %% tags=["hide-input"]
# @title Question
quiz("09-forward-euler")

# %% tags=["hide-input"]
# @title Question
quiz("09-last-200")

# %% tags=["hide-input"]
# @title Question
quiz("09-train-as-convolution")

# %% [markdown]
# ## References
#
# - Gu, Dao, Ermon, Rudra, Ré. *HiPPO: recurrent memory with optimal polynomial projections.* 2020. [arXiv:2008.07669](https://arxiv.org/abs/2008.07669)
# - Gu, Goel, Ré. *Efficiently modeling long sequences with structured state spaces* (S4). 2022. [arXiv:2111.00396](https://arxiv.org/abs/2111.00396)
# - Gu, Gupta, Goel, Ré. *On the parameterization and initialization of diagonal state space models* (S4D). 2022. [arXiv:2206.11893](https://arxiv.org/abs/2206.11893)
# - Gu, Johnson, Timalsina, Rudra, Ré. *How to train your HiPPO.* 2023. [arXiv:2206.12037](https://arxiv.org/abs/2206.12037)
# - Voelker, Kajić, Eliasmith. *Legendre memory units.* 2019.
# - Rush, Karamcheti. *The annotated S4.* [srush.github.io/annotated-s4](https://srush.github.io/annotated-s4/)
# - The temperatures: NERACOOS, buoy B01. The digits: Alpaydin and Kaynak 1998, UCI. Licences in `llmcourse.data.signals`.

# %% [markdown] tags=["next"]
# **Now write it yourself:** [lab 09](../work/09_state_space/09_lab.ipynb), about 100 minutes. **Next:** [10 Mamba and its family](10_mamba.ipynb).
