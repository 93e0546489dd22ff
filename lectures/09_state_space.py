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
# Thirteen months of sea temperatures are 19,226 numbers. A network hears them one by one and may keep only 64 numbers. Can it draw all of the
# past again at the end? The seasons and the weather, to about one per cent; and no training is needed, for the right matrix is known in
# closed form. This lecture derives it, makes it run on a computer, and finds out where the obvious way to do so breaks.

# %% [markdown] tags=["badge"]
# about 90 minutes · builds on 08 Linear attention

# %% [markdown] tags=["preview"]
# ![Left: the signal and a polynomial of 8 coefficients through all that was heard until day 300, 2% off. Right: the coefficients as bars.](pictures/09_state_space.webp)
#
# *A preview: you will draw this picture below.*

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
# - turn $\dot{\mathbf h} = \mathbf{A}\mathbf{h} + \mathbf{B}x$ into a recurrence, by the bilinear rule and by zero-order hold, and say what a step costs;
# - compute the same model as a recurrence and as a convolution, and say when to use which;
# - say where each term of the HiPPO matrix comes from, update its state and draw the past from it;
# - explain why forward Euler explodes before it recovers, and why the bilinear step does not;
# - say what a window forgets and what a memory of everything costs;
# - compute a kernel from eigenvalues, and say why S4 goes another way and what a good start is worth.
#
# The letters: input $x$, state $\mathbf{h}\in\mathbb{R}^N$, output $o$; for HiPPO a signal $f$ and its coefficients
# $\mathbf{c}\in\mathbb{R}^N$. A step is $\Delta$, `dt` in code.

# %%
import math
from decimal import Decimal, localcontext
from timeit import repeat

import torch
from llmcourse import data, records, runtime
from llmcourse.figures import quiz, show_source
from llmcourse.state_space import MEASURES, METHODS, S4D, HippoRNN, compress, hippo, reconstruct, s4, system
from llmcourse.state_space.experiments import CONTROLS, DELAYS, NETWORKS, WAIT, diagonal, low_pass, memories
from llmcourse.state_space.experiments import read_back, smooth_noise, standardised, waiting
from llmcourse.state_space.lecture_09 import claims, pictures, tables

float64 = torch.float64
print(runtime.describe())

# %% [markdown]
# ## A system with a memory
#
# Push a weight on a spring once. It swings for a while: at any moment, its place and speed say all about the past that still
# matters. Two numbers are the whole memory. Written as a **state space model**, with a push $x(t)$:
#
# $$\dot{\mathbf{h}}(t) = \mathbf{A}\mathbf{h}(t) + \mathbf{B}x(t),\qquad o(t) = \mathbf{C}\mathbf{h}(t) + \mathbf{D}x(t).$$

# %%
w, damping = 2 * math.pi, 0.25  # one swing a second; how fast it fades
A = torch.tensor([[0.0, 1.0], [-w * w, -2 * damping]], dtype=float64)
B, C = torch.tensor([0.0, w], dtype=float64), torch.tensor([1.0, 0.0], dtype=float64)


def pushed(method, dt, seconds):
    """Times, and the place of the weight: one push brings the state from 0 to B, and nobody pushes again."""
    A_, _ = METHODS[method](A, B, dt)
    h, places = B, []
    for _ in range(round(seconds / dt) + 1):
        places.append(C @ h)
        h = A_ @ h
    return dt * torch.arange(len(places)), torch.stack(places)


t, exact = pushed("zero-order hold", 0.001, 6)

# %% tags=["hide-input"]
# @title Figure: spring
pictures.spring(t, exact)

# %% [markdown]
# ## From a derivative to a step
#
# A computer hears samples. Between two of them, $\Delta$ apart, the equation has an exact solution:
#
# $$\mathbf{h}(t+\Delta) = e^{\Delta\mathbf{A}}\,\mathbf{h}(t) + \int_0^\Delta e^{\mathbf{A}\tau}\,\mathbf{B}\,x(t+\Delta-\tau)\,d\tau .$$
#
# If $x$ is constant during the step, it leaves the integral: **zero-order hold**. To avoid the exponential, take the
# slope from the start of the step (**Euler**), from its end (**backward Euler**), or the mean of both (**bilinear**). These three
# are one formula with a weight $\alpha$ of 0, 1 or ½ for the slope at the end:
#
# $$\mathbf{h}_t = \mathbf{h}_{t-1} + \Delta\big((1-\alpha)\,\mathbf{A}\mathbf{h}_{t-1} + \alpha\,\mathbf{A}\mathbf{h}_t + \mathbf{B}x_t\big).$$
#
# Solved for $\mathbf{h}_t$, each is a recurrence $\mathbf{h}_t=\bar{\mathbf A}\mathbf{h}_{t-1}+\bar{\mathbf B}x_t$; for Euler $\bar{\mathbf A}=\mathbf{I}+\Delta\mathbf{A}$. You will write
# the bilinear rule and zero-order hold in the lab. How long may a step be? Drag it. The grey line is exact.

# %%
sizes = runtime.pick(full=[0.002, 0.005, 0.01, 0.02, 0.04, 0.08, 0.12, 0.16, 0.2, 0.25], smoke=[0.01, 0.2])
runs = {dt: {method: pushed(method, dt, 4) for method in METHODS} for dt in sizes}

# %% tags=["hide-input"]
# @title Figure: steps
pictures.steps(runs, t, exact, start=sizes[runtime.pick(full=4, smoke=1)])

# %% [markdown]
# Euler explodes at a step that looks short; backward Euler damps what should swing; the bilinear rule keeps swinging, but late;
# zero-order hold lies on the grey line at any step, because nothing is pushed and $e^{\Delta\mathbf{A}}$ is exact.
#
# With an input that moves, all four make errors. How fast do they shrink with the step? Below, $x(t) = \sin 3t$. A sample stands for a whole
# step, and it matters where in the step it is taken.


# %%
def missed(method, steps, where):
    """Distance from the exact state after one second; x is taken at `where` in each step, from 0 to 1."""
    x = torch.sin(3 * (torch.arange(steps, dtype=float64) + where) / steps)
    return (system.recurrent(*METHODS[method](A, B, 1 / steps), C, x)[1] - exact_state).norm().item()


# The exact state, by taking sin and cos for two more states of a system that nobody pushes.
whole = torch.zeros(4, 4, dtype=float64)
whole[:2, :2], whole[:2, 2], whole[2, 3], whole[3, 2] = A, B, 3.0, -3.0
exact_state = torch.linalg.matrix_exp(whole)[:2, 3]

counts, places = [64, 128, 256, 512, 1024, 2048], {"middle": 0.5, "start": 0.0}
errors = {place: {m: [missed(m, n, at) for n in counts] for m in METHODS} for place, at in places.items()}
orders = {place: {m: math.log2(e[-2] / e[-1]) for m, e in each.items()} for place, each in errors.items()}

# %% tags=["hide-input"]
# @title Figure: orders
pictures.orders(errors, counts, orders)

# %% [markdown]
# Half the step is half the error where the slope is 1, and a quarter where it is 2. The bilinear rule and zero-order hold are **of second order only if the
# sample is taken at the middle of its step**; taken at its start, as sequences of data often are, everything is of first order. What the bilinear rule keeps in
# either case is stability: if the continuous system fades, so does the recurrence, at any step.
#
# ## The same model as a convolution
#
# Unroll the recurrence $\mathbf{h}_t = \bar{\mathbf A}\mathbf{h}_{t-1} + \bar{\mathbf B}x_t$ from $\mathbf{h}=0$:
#
# $$o_t = \sum_{l=0}^{t} K_l\,x_{t-l},\qquad K_l = \mathbf{C}\bar{\mathbf A}^l\bar{\mathbf B}.$$
#
# The sequence $K$ is the answer to one push. Nothing in it depends on the input, so the output is a convolution, and long convolutions
# are quick: multiply Fourier transforms. Training sees the whole sequence and convolves; generation sees one sample and takes one step.

# %% tags=["hide-input"]
# @title Source
show_source(system.recurrent, system.kernel)

# %%
g = runtime.seed(0)
A_, B_ = METHODS["bilinear"](A, B, 0.02)
x = torch.randn(1000, generator=g, dtype=float64)
K = system.kernel(A_, B_, C, 1000)
o, _ = system.recurrent(A_, B_, C, x)
form_error = (system.convolve(K, x) - o).abs().max().item()
print(f"recurrence and convolution differ by {form_error:.0e}")

wrapped = torch.fft.irfft(torch.fft.rfft(x) * torch.fft.rfft(K), 1000)
print(f"a bare product of transforms goes round in a circle: {(wrapped - o).norm() / o.norm():.0%} off")

# %% [markdown]
# ## What should a state keep?
#
# So far $\mathbf{A}$ came from physics. Now you may choose it. You hear $f(s)$ up to now, $s\le t$, and may keep $N$ numbers. Which?
#
# HiPPO's answer: keep the **polynomial of degree below $N$ that is nearest to the whole past**. Drag the present, or let it play. The signal is
# the temperature of the sea off the coast of Maine, smoothed so that the seasons are left. The polynomial always covers everything that was heard, and the state is its coefficients.

# %%
sea = data.sea_temperature()  # every half hour
season = standardised(low_pass(sea, 5)[::20])
moments = [max(4, round(len(season) * i / 16)) for i in range(1, 17)]
eight = compress(season, 8, keep=tuple(moments))  # (16, 8)

# %% tags=["pictured", "hide-input"]
# @title Figure: following
pictures.following(season, eight, moments, days=torch.arange(len(season)) * 20 / 48, start=11)

# %% [markdown]
# Nobody fits a polynomial here: each sample changes the eight numbers by a fixed rule and is thrown away. To find the rule, stretch the past to $[0, 1]$ and take an
# orthonormal basis there, the scaled Legendre polynomials $g_n(z)=\sqrt{2n+1}\,P_n(2z-1)$, where $z=0$ is the beginning and $z=1$ is now. The best coefficients are projections:
#
# $$c_n(t) = \int_0^1 f(zt)\,g_n(z)\,dz = \frac1t\int_0^t f(s)\,g_n(s/t)\,ds .$$

# %%
z = (torch.arange(20_000, dtype=float64) + 0.5) / 20_000  # midpoints: a mean over them is an integral
g_n = lambda z: hippo.legendre_basis(8, 1 - z)  # the library counts ages, 1 - z: how long ago
basis = g_n(z)  # (20_000, 8)
gram = basis.T @ basis / len(z)
print(f"integrals of g_n g_m differ from the identity by {(gram - torch.eye(8)).abs().max():.0e}")

# %% tags=["hide-input"]
# @title Figure: shapes
pictures.shapes(z, basis)

# %% [markdown]
# **Now let time pass.** How do the $c_n$ change while $t$ grows? Differentiate. Three things happen: a new value arrives at $s=t$,
# where $g_n(1)=\sqrt{2n+1}$; the mean is taken over a longer past, which gives $-c_n/t$; and the whole past is squeezed, which
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
# Both steps, shown to be true:

# %%
slope = torch.autograd.functional.jvp(g_n, z, torch.ones_like(z))[1]
A8, B8 = hippo.legs(8)
identity_error = (z[:, None] * slope - basis @ (A8 - torch.eye(8)).T).abs().max()
print(f"z g_n' against the sum of g_k: differs by {identity_error:.0e}")

wave = lambda t: torch.sin(3 * t) + 0.3 * torch.cos(11 * t)
project = lambda t: (wave(z * t)[:, None] * basis).mean(0)  # the definition, by quadrature
now, little = torch.tensor(2.0, dtype=float64), 1e-4
change = (project(now + little) - project(now - little)) / (2 * little)
ode_error = (change - (-A8 @ project(now) + B8 * wave(now)) / now).abs().max()
print(f"the derivative of the projection against the equation: differs by {ode_error:.0e}")

# %% tags=["hide-input"]
# @title Table: matrix
tables.matrix(hippo.legs(5)[0])

# %% [markdown]
# ## The obvious update, and what it does on the way
#
# Sample $f$ at $t = 1, 2, 3, \dots$ and take Euler steps of length 1 at time $k$:
#
# $$\mathbf{c}_{k} = \Big(1-\frac1k\mathbf{A}\Big)\mathbf{c}_{k-1}+\frac1k\mathbf{B}f_k .$$
#
# At $k=1$ the last coefficient is multiplied by $1-N$. What does that do at $N=64$? The formula runs in float64, in float32, and in
# 150 decimal digits, where rounding plays no part; beside it the bilinear step of the same equation.

# %%
L, N = 400, 64
f = torch.sin(2 * math.pi * 3 * torch.arange(L, dtype=float64) / L)
heard = tuple(range(1, L + 1))


def euler_in_decimals(f, N, digits=150):
    """The largest coefficient after each sample. For c_n / sqrt(2n + 1), the equation has no roots in it."""
    c, largest = [Decimal(0)] * N, []
    with localcontext() as context:
        context.prec = digits
        for k, f_k in enumerate(f.tolist(), start=1):
            below, old = Decimal(0), c
            c = []
            for n, c_n in enumerate(old):
                c.append(c_n + (Decimal(f_k) - (n + 1) * c_n - below) / k)
                below += (2 * n + 1) * c_n
            largest.append(max(abs(float(c_n)) * math.sqrt(2 * n + 1) for n, c_n in enumerate(c)))
    return torch.tensor(largest, dtype=float64)


paths = {
    "Euler, 150 digits": euler_in_decimals(f, N),
    "Euler, float64": compress(f, N, hippo.euler_update, keep=heard).abs().amax(-1),
    "Euler, float32": compress(f.float(), N, hippo.euler_update, keep=heard).abs().amax(-1),
    "bilinear, float32": compress(f.float(), N, keep=heard).abs().amax(-1),
}

# %% tags=["hide-input"]
# @title Figure: explosion
pictures.explosion(paths, N)

# %%
for name in ("Euler, 150 digits", "Euler, float64"):
    told = ", ".join(f"{paths[name][k - 1]:.0e} at sample {k}" for k in (40, 63, 64, 80, 100))
    print(f"{name}: {told}")
print(
    f"Euler, float32: not a number from sample {1 + int((~paths['Euler, float32'].isfinite()).nonzero()[0])} on, for good"
)
for name, update in (("Euler", hippo.euler_update), ("bilinear", hippo.bilinear_update)):
    off = hippo.error(reconstruct(compress(f, N, update), hippo.ages(L)), f)
    print(f"float64, at the end: {name} {off:.1%} off")

# %% [markdown]
# It **comes back**, which is surprising. Look at one eigenvector of $\mathbf{A}$ at a time; the eigenvalues are $m=1,\dots,N$. Step $k$ multiplies mode $m$ by $1-\frac mk$.
# While $k<m/2$ that is larger than 1 in size: the mode grows. At $k=m$ it is *zero*: whatever has entered the mode before, however large, is wiped out. After that
# it lies between 0 and 1: what enters later only fades. When $k$ reaches $N$, the last mode has been wiped, and the explosion is over.
#
# That is the curve in 150 digits. In float64 the sums were rounded while they were huge. What rounding has put into modes that have had their zero already is not wiped any more, it only fades,
# which takes another thirty samples here. And float32, whose largest number is 3e38, never gets that far. Until $N$ samples have been heard, the state is garbage in all three. The bilinear step
# has none of this: it multiplies mode $m$ by $(1-\frac m{2k})/(1+\frac m{2k})$, never above 1 in size.
#
# ## A real year in 64 numbers
#
# The sea again, thirteen months, now at its full 19,226 samples. The raw record has a rough daily part
# that no polynomial of degree 63 can follow; low-passed at 20 cycles it is the season and its weather. All four versions are heard once, sample by
# sample. $\mathbf{A}$ is lower triangular, so the first coefficients do not depend on how many there are: one run with $N=128$ gives
# all smaller ones.

# %%
every = runtime.pick(full=1, smoke=40)
kinds = {f"{cycles} cycles": low_pass(sea, cycles) for cycles in (5, 20, 40)} | {"raw": sea}
signals = {kind: standardised(signal[::every]) for kind, signal in kinds.items()}
online = dict(zip(signals, compress(torch.stack(list(signals.values())), 128)))  # 128 coefficients each
L = len(signals["raw"])

sizes = [4, 8, 16, 32, 48, 64, 96, 128]
error = {k: {N: hippo.error(reconstruct(online[k][:N], hippo.ages(L)), f) for N in sizes} for k, f in signals.items()}
best = {k: {N: hippo.error(hippo.best_fit(f, N), f) for N in sizes} for k, f in signals.items()}

# %% tags=["hide-input"]
# @title Figure: year
pictures.year(signals["20 cycles"], online["20 cycles"], sizes, days=torch.arange(L) * every / 48)

# %% tags=["hide-input"]
# @title Figure: errors
pictures.errors(error, best)

# %% tags=["hide-input"]
# @title Table: hindsight
tables.hindsight(error, best, (16, 32, 64, 128))

# %% [markdown]
# The crosses are what no method can beat: least squares on all samples at once. Two different things keep a memory from being perfect.
#
# - **Too few numbers.** A polynomial needs about $\pi$ coefficients for each cycle. The raw signal, with its four hundred days and nights, is out of reach for 128, online or in hindsight: the lines lie on the crosses.
#   HiPPO is a memory for what is smooth *on the scale of the whole past*.
# - **Steps.** Once a signal is smooth enough, what is missing is the error of the steps, which grows with $N$. On the smoothest signal the best fit falls off the picture, while the online error
#   *rises* again: more numbers make it worse. Hearing once is nearly free only where the polynomial is the bottleneck. (The spike at day 0 is the coarsest step of all: the first one is as long as the whole past.)

# %% [markdown]
# **Your turn.** How rough may the signal be?


# %%
def hear(cycles=20, N=64):
    f = standardised(low_pass(sea, cycles))[::8]
    pictures.heard(f, reconstruct(compress(f, N), hippo.ages(len(f))), cycles, N)


try:
    from ipywidgets import interact_manual
except ModuleNotFoundError:
    interact_manual = None
if interact_manual:
    interact_manual.options(manual_name="Hear")(hear, cycles=(2, 100), N=(2, 128))
hear(cycles=40)

# %% [markdown]
# ## Why $1/k$: it does not matter how fast you sample
#
# The update never sees the step $\Delta$. At time $t = k\Delta$ the equation's $\frac1t\Delta$ is $\frac1k$, whatever $\Delta$ is. Hear the same
# curve twice as fast and you end with the same coefficients, but for the error of the steps. A window of fixed length in samples does not have this property.

# %%
f, theta = signals["20 cycles"], L / 4
apart = lambda a, b: ((a - b).norm() / b.norm()).item()
faster = {}
for N in (16, 32, 64):
    window = [hippo.compress_window(signal, N, theta) for signal in (f[1::2], f)]
    faster[N] = apart(compress(f[1::2], N), compress(f, N)), apart(*window)

# %% tags=["hide-input"]
# @title Table: faster
tables.faster(faster)

# %% [markdown]
# ## Other pasts
#
# All of the past is one choice of what matters. A **measure** says which: a window of length $\theta$ (LegT), everything with a weight
# that fades (LagT), a window in sines and cosines (Fourier). Each is again a matrix, with the constant $\theta$ in place of the time $t$. For a window, what leaves it must be subtracted, and the only
# one who still knows it is the state itself: so LegT's matrix is LegS's below the diagonal, with $2n+1$ on it, and above it the same roots with signs $(-1)^{n-k}$, the value at the window's far end.
# For LagT all entries on and below the diagonal are 1.
#
# The picture shows how each state answers one push: what it keeps, as time goes by.

# %%
dt, instants = 0.01, 250


def answer(measure):
    """What the first five of 33 states do after one push: (250, 5)."""
    A, B = MEASURES[measure].matrices(33)
    A_, _ = METHODS["zero-order hold"](-A, B, dt)
    states = [B]
    for _ in range(instants - 1):
        states.append(A_ @ states[-1])
    return torch.stack(states)[:, :5]


# %% tags=["hide-input"]
# @title Figure: pasts
pictures.pasts(dt * torch.arange(instants), answer)

# %% [markdown]
# LegT forgets once the window is over; LagT never does, but each state sees the past blurred. How sharp is the edge? A
# test without any training: drive a state of 64 numbers by smooth noise, and ask a *linear* reading of it for the input $d$ steps
# ago. (The noise is synthetic: here we want to know the answer. Noise and random systems are drawn three times.)

# %%
missing = {}
for seed in range(3):
    drawn = runtime.seed(seed)
    noise = smooth_noise(runtime.pick(full=12_000, smoke=4_000), drawn)
    for name, (A_, B_) in memories(64, drawn).items():
        missing.setdefault(name, []).append(read_back(A_, B_, noise))
edge = {d: [run[DELAYS.index(d)] for run in missing["LegT"]] for d in (190, 210, 250)}

# %% tags=["hide-input"]
# @title Figure: edge
pictures.edge("LegT knows its window and little else", missing, DELAYS)

# %% [markdown]
# The edge is steep, but no cliff: 64 polynomials can't draw a jump, so a little of what has just left the window can still be read. Systems with random matrices have the same 64 numbers, and
# after a hundred steps have lost most of the past: size alone is no memory.
#
# ## S4: a long kernel without its powers
#
# A layer that trains must compute $K_l=\mathbf{C}\bar{\mathbf A}^l\bar{\mathbf B}$ for all $l<L$: $L$ products with an $N\times N$ matrix, one
# after the other. For a diagonal matrix the powers cost next to nothing. So why not diagonalise $\mathbf{A}$? Its eigenvalues $1,\dots,N$ are distinct, but
# nobody can compute with its eigenvectors:

# %%
condition = {}
for N in (8, 16, 32, 64):
    A, B = hippo.legs(N)
    lam, P, V = s4.legs_normal_plus_low_rank(N)
    off = (V @ (torch.diag(lam) - torch.outer(P, P.conj())) @ V.mH + A).abs().max().item()
    both = (torch.linalg.cond(vectors).item() for vectors in (torch.linalg.eig(A).eigenvectors, V))
    condition[N] = *both, off

# %% tags=["hide-input"]
# @title Table: conditions
tables.conditions(condition)

# %% [markdown]
# S4's way out: $-\mathbf{A}$ is a **normal** matrix minus one of rank one. Add $\mathbf{p}\mathbf{p}^\top$ with $p_n=\sqrt{n+\frac12}$: the entries below the
# diagonal are halved, the same with the other sign appear above, and the diagonal becomes $-\frac12$. That is
# $-\frac12\mathbf{I}$ plus a skew-symmetric matrix: its eigenvectors $\mathbf{V}$ are unitary, its eigenvalues $-\frac12 + i\omega$.
#
# And the powers? Sum them with weights: $\hat K(w)=\sum_l K_l w^l$ is a geometric series, hence an inverse, and the inverse of a diagonal
# matrix minus rank one is a handful of sums (Woodbury). Evaluate it at the $L$ roots of unity, transform back, and the kernel is there.

# %% tags=["hide-input"]
# @title Source
show_source(s4.legs_normal_plus_low_rank, s4.nplr_kernel)

# %%
long = runtime.pick(full=65_536, smoke=512)
C = torch.randn(64, generator=g, dtype=float64)
turned = (lam, P, V.mH @ B.to(V.dtype), V.mT @ C.to(V.dtype))  # in the basis of the normal part
kernels = {
    "without powers": lambda: s4.nplr_kernel(*turned, 1e-3, long),
    "by powers": lambda: system.kernel(*METHODS["bilinear"](-A, B, 1e-3), C, long),
}
fast, slow = (kernel() for kernel in kernels.values())
kernel_error = ((fast - slow).abs().max() / slow.abs().max()).item()
took = ", ".join(f"{name} {repeat(kernel, number=1, repeat=1)[0]:.2f} s" for name, kernel in kernels.items())
print(f"L = {long:,}: the two kernels differ by {kernel_error:.0e} of the largest value; {took}")

# %% [markdown]
# ## The diagonal form, and where its eigenvalues start
#
# Later it turned out that you may drop the rank-one part (S4D). What is left is diagonal: the kernel is a sum of decaying waves $2\,\mathrm{Re}\,C_n\bar B_n e^{l\Delta\lambda_n}$, and
# the layer fits on a screen; the kernel is the lab's last exercise. All that HiPPO then contributes is *where the eigenvalues $\lambda_n$ start*: all decay at the rate ½, and their frequencies cover a wide range.
# S4D-LegS takes them from LegS's normal part, S4D-Inv is a formula for nearly the same, S4D-Lin spaces them evenly. To see what matters, three starts without HiPPO stand beside them:
# **random** (any decay, slow frequencies), **narrow** (decay ½, the same slow frequencies), **uniform** (decay ½, frequencies drawn at random on S4D-Lin's range).

# %%
torch.manual_seed(0)
eigenvalues = {name: start(32) for name, start in s4.INITIAL.items()}

# %% tags=["hide-input"]
# @title Figure: starts
pictures.starts(eigenvalues)

# %% [markdown]
# Which of them keeps the past apart? The same test as before, a linear reading of one state of 64 numbers, for each start:

# %%
lost = {}
for seed in range(3):
    noise = smooth_noise(runtime.pick(full=12_000, smoke=4_000), runtime.seed(seed))
    for name, start in s4.INITIAL.items():
        lost.setdefault(name, []).append(read_back(*diagonal(start(64)), noise))

# %% tags=["hide-input"]
# @title Figure: edge
pictures.edge("A wide range of frequencies keeps the past apart", lost, DELAYS)

# %% [markdown]
# It is the range. With slow frequencies (narrow, random) most of the past is lost soon: states that hardly turn are all nearly the same fading mean, and decays of all kinds help only a little. Frequencies drawn at random on the wide range
# lose much less, but more than HiPPO's, which leave no gaps.
#
# The layer is trained as a convolution and run as a recurrence; both are the same function, with the state handed from one to the other.

# %% tags=["hide-input"]
# @title Source
show_source(S4D.forward)

# %%
torch.manual_seed(0)
layer = S4D(16, 64).requires_grad_(False)
x = torch.randn(1, 1000, 16)
all_at_once, _ = layer(x)
first, state = layer(x[:, :600])
rest = []
for x_t in x[:, 600:].split(1, dim=1):
    o, state = layer(x_t, state)
    rest.append(o)
layer_error = (torch.cat([first, *rest], dim=1) - all_at_once).abs().max()
print(f"600 samples convolved, 400 stepped: differs by {layer_error:.0e} from all at once")
print(f"carried from sample to sample: {state.numel()} complex numbers, whatever came before")

lengths = runtime.pick(full=[256, 1024, 4096, 16384], smoke=[64, 256])
signal = torch.randn(1, max(lengths), 16)
quickest = lambda *given: min(repeat(lambda: layer(*given), number=1))
costs = {L: (quickest(signal[:, :L]), quickest(signal[:, :1], state)) for L in lengths}

# %% tags=["hide-input"]
# @title Table: costs
tables.costs(costs)

# %% [markdown]
# ## HiPPO in a recurrent network
#
# The matrix can also serve a network that is not linear. The cell below writes one number a step, $f_t$, and gets back the coefficients of
# everything it ever wrote. Only the cell is trained; the memory is fixed, and its matrices `A_t`, `B_t` are those of the bilinear step.

# %% tags=["hide-input"]
# @title Source
show_source(HippoRNN.forward)

# %% [markdown]
# ## Digits, then wait
#
# Does any of this matter after training? A task that is nothing but memory: a handwritten digit arrives pixel by pixel, 64 of them;
# then **nothing for 136 steps**; then say which digit it was. Real images, and a wait that we chose. Live: S4D from three
# starts, for a third of the steps.

# %%
for name in ("S4D-Lin", "S4D uniform", "S4D narrow"):
    _, history = waiting(name, runtime.pick(full=200, smoke=2), seed=0)
    steps, right = history.validation[-1]
    print(f"{name:11} after {steps} steps: {right:.2f} of the test digits, {history.seconds:.0f} CPU seconds")

# %%
record = records.load("09")
runs = record["waiting"]["runs"]
waited = {name: [run for run in runs if run["network"] == name and run["wait"] == WAIT] for name in NETWORKS}
accuracy = {name: [run["validation"][-1][1] for run in each] for name, each in waited.items()}
print(records.made(record))

# %% tags=["hide-input"]
# @title Figure: training
pictures.training({name: [run["validation"] for run in each] for name, each in waited.items()}, WAIT)

# %% tags=["hide-input"]
# @title Table: accuracies
tables.accuracies(runs, WAIT)

# %% [markdown]
# Read the last two columns together. Asked at once, every network has learned something; the wait is what separates them. GRU and plain RNN are no better than chance after it. Before you conclude that they can't
# do it: they have their usual start and one learning rate that nobody has tuned. The networks also differ in size and in the time of a step.
#
# One reason can be seen before any training: how much does the answer depend on each pixel? Below, the size of the gradient at every step, for fresh networks. One more is there: a GRU with
# **slow gates**, whose biases start such that its units keep what they have for up to 200 steps (Tallec and Ollivier).

# %%
reach = {}
for name in ("S4D-Lin", "S4D random", "HiPPO RNN", "GRU, slow gates", "GRU", "plain RNN"):
    torch.manual_seed(0)
    fresh = (NETWORKS | CONTROLS)[name]
    x = torch.randn(32, 64 + WAIT, 1, generator=g).requires_grad_()
    (gradient,) = torch.autograd.grad(fresh()(x).square().sum(), x)
    size = gradient.square().mean((0, 2)).sqrt()
    reach[name] = size / size.max()

# %% tags=["hide-input"]
# @title Figure: reach
pictures.reach(reach, pixels=64)

# %% [markdown]
# Where nothing arrives, nothing is learned, at any learning rate: that explains the GRU and the plain RNN. With slow gates the pixels arrive, so what failed is a start and not the GRU; how such a GRU does after training is not
# measured here.
#
# The gradient does not explain S4D's random start, whose pixels arrive as well as anybody's. What that start lacks is a range of frequencies that keeps the past apart, so that a reading can tell one pixel from its
# neighbour. Compare uniform with narrow in the live runs above: the same decay, and only the range differs. Whether random frequencies on the wide range do *as well* as HiPPO's takes more seeds to say.
#
# ## What became of the claims

# %% tags=["hide-input"]
# @title Claims: verdicts
claims.verdicts(
    claims.Measured(
        orders=orders,
        forms=form_error,
        errors=error,
        faster={N: legs for N, (legs, _) in faster.items()},
        edge=edge,
        accuracy=accuracy,
        kernel=kernel_error,
    )
)

# %% [markdown]
# ## Errata
#
# - The slides give no $\mathbf{B}$ for HiPPO. For LegS it is $B_n=\sqrt{2n+1}$, the value of the basis at the present (derived above, and checked).
# - The discrete update on the slide is forward Euler. It is not stable on the way: see the figure. Use the bilinear step.
# - The slide's integral in the discretisation ends in $\mathbf{B}(t)$. What is multiplied is $\mathbf{B}\,x(t)$: without $x$ the system would hear nothing. The check: driven by $x$
#   and driven by 1, the states differ.

# %%
A, B = hippo.legs(4)
x = torch.randn(100, generator=g, dtype=float64)
by_x, by_one = (system.recurrent(*METHODS["bilinear"](-A, B, 0.1), B, drive)[1] for drive in (x, torch.ones_like(x)))
print(f"driven by x {by_x.norm():.2f}, driven by 1 {by_one.norm():.2f}, the difference {(by_x - by_one).norm():.2f}")

# %% [markdown]
# ## To remember
#
# 1. A state space model is a differential equation; discretised, it is a recurrence; unrolled, it is a convolution. Train with the last, run with
#    the first.
# 2. The bilinear rule and zero-order hold are stable when the system is. Euler is not. Second order needs samples from the middle of a step.
# 3. HiPPO chooses $\mathbf{A}$ so that the state is the best polynomial for the past. LegS keeps all of it, LegT a window with a steep edge.
# 4. $1/k$ in the update makes the memory independent of how fast you sample.
# 5. LegS can't be diagonalised in floating point; it is normal minus rank one. Dropping the rank one gives S4D.
# 6. What HiPPO is worth after training is where the eigenvalues start: slow decay, and frequencies over a wide range.

# %% tags=["hide-input"]
# @title Question
quiz("09-diagonal")

# %% tags=["hide-input"]
# @title Question
quiz("09-forward-euler")

# %% tags=["hide-input"]
# @title Question
quiz("09-last-200")

# %% tags=["hide-input"]
# @title Question
quiz("09-train-as-convolution")

# %% tags=["hide-input"]
# @title Question
quiz("09-not-diagonalised")

# %% tags=["hide-input"]
# @title Question
quiz("09-frequencies")

# %% [markdown]
# ## References
#
# - Gu, Dao, Ermon, Rudra, Ré. *HiPPO: recurrent memory with optimal polynomial projections.* 2020. [arXiv:2008.07669](https://arxiv.org/abs/2008.07669)
# - Gu, Goel, Ré. *Efficiently modeling long sequences with structured state spaces* (S4). 2022. [arXiv:2111.00396](https://arxiv.org/abs/2111.00396)
# - Gu, Gupta, Goel, Ré. *On the parameterization and initialization of diagonal state space models* (S4D). 2022. [arXiv:2206.11893](https://arxiv.org/abs/2206.11893)
# - Gu, Johnson, Timalsina, Rudra, Ré. *How to train your HiPPO.* 2023. [arXiv:2206.12037](https://arxiv.org/abs/2206.12037)
# - Voelker, Kajić, Eliasmith. *Legendre memory units: continuous-time representation in recurrent neural networks.* 2019. [NeurIPS](https://proceedings.neurips.cc/paper/2019/hash/952285b9b7e7a1be5aa7849f32ffff05-Abstract.html)
# - Tallec, Ollivier. *Can recurrent neural networks warp time?* 2018. [arXiv:1804.11188](https://arxiv.org/abs/1804.11188)
# - Rush, Karamcheti. *The annotated S4.* [srush.github.io/annotated-s4](https://srush.github.io/annotated-s4/)
# - The temperatures: NERACOOS, buoy B01. The digits: Alpaydin and Kaynak 1998, UCI. Licences in `llmcourse.data.signals`.

# %% [markdown] tags=["next"]
# **Now write it yourself:** [lab 09](../work/09_state_space/09_lab.ipynb), about 100 minutes. **Next:** [10 Mamba and its family](10_mamba.ipynb).
