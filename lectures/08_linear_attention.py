# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 08 · Linear attention: transformers that are recurrent networks
#
# Attention compares every token with every other, so a text twice as long costs four times as much. Can the same layer
# be computed without comparing all pairs? It can, once the softmax is gone, and what is left turns out to be a recurrent
# network with a matrix for a memory. From there on a whole family follows: fourteen models, each one line of a table.

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

# %% [markdown]
# **After this lecture you can**
#
# - replace a nonlinear classifier by a linear one in a larger space, and compute with its kernel alone;
# - say what exactly in softmax attention forbids moving the brackets, and what takes its place;
# - write linear attention in four forms, from all pairs to one token, and show that they agree;
# - measure what a generated token costs, and from which context on the recurrent form is cheaper;
# - say what the linear form loses, on real text and with an interval;
# - read the table of fourteen models: what each keeps, writes and reads, and what a decay and the delta rule are for;
# - compute a decaying recurrence in chunks without a single positive exponent.
#
# The letters are the slides': a length $L$, queries and keys of $d_k$ channels, values of $d_v$, a state
# $\mathbf{S}\in\mathbb{R}^{d_v\times d_k}$. Part one goes from the linear classifier to the recurrent transformer, part two
# through the family. They are an hour's reading each; take a break between them.

# %%
import math
import statistics
import time

import torch
import torch.nn.functional as F
from llmcourse import data, figures, models, records, runtime
from llmcourse.figures import COLOURS, Claim, explore, figure, label_lines, quiz, show_source, table
from llmcourse.recurrence import ZOO, LinearAttention, Recurrence, chunkwise, engine, feature_maps, kernels, linear
from llmcourse.recurrence import parallel, recurrent, zoo
from llmcourse.recurrence.experiments import MIXERS, RECALL, Corpus, language_model, recall
from torch.utils.flop_counter import FlopCounterMode

print(runtime.describe())

# %% [markdown]
# ## What does a longer text cost?
#
# Softmax attention, measured here: one layer, four heads of 64 channels, a text of growing length. The slope of the line
# is the exponent: 1 would be proportional to the length, 2 is quadratic.


# %%
def seconds(function, *args, repeat=3):
    """The best of a few calls: what the machine can do when nothing else disturbs it."""
    times = []
    for _ in range(repeat):
        start = time.perf_counter()
        function(*args)
        times.append(time.perf_counter() - start)
    return min(times)


def loglog(ax, x, y, **style):
    """A line on logarithmic axes, with plain numbers at the ticks."""
    (line,) = ax.loglog(x, y, base=2, **style)
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_formatter(lambda value, position: f"{value:g}")
    return line


def causal_softmax(q, k, v):
    return F.scaled_dot_product_attention(q, k, v, is_causal=True)


lengths = runtime.pick(full=[1024, 2048, 4096, 8192], smoke=[64, 128])
g = runtime.seed(0)
cost = []
for L in lengths:
    q, k, v = torch.randn(3, 1, 4, L, 64, generator=g)
    cost.append(seconds(causal_softmax, q, k, v, repeat=runtime.pick(full=2, smoke=1)))
slope = math.log(cost[-1] / cost[-2]) / math.log(lengths[-1] / lengths[-2])

with figure(alt=f"Time of softmax attention against length, both logarithmic: a line of slope {slope:.1f}.") as ax:
    loglog(ax, lengths, [1e3 * c for c in cost])
    ax.set(title=f"Twice the text, {2**slope:.1f} times the cost", xlabel="length, tokens", ylabel="milliseconds")
print(f"slope between {lengths[-2]} and {lengths[-1]} tokens: {slope:.2f}")

# %% [markdown]
# ## A detour: when a straight line is not enough
#
# A linear classifier says which side of $w_0 + w_1x_1 + w_2x_2 = 0$ a point is on. Two rings have no such line. But a
# *quadratic* curve separates them, $w_0 + w_1x_1 + w_2x_2 + w_3x_1^2 + w_4x_1x_2 + w_5x_2^2 = 0$, and this is again a
# linear classifier, of the five numbers $x_1, x_2, x_1^2, x_1x_2, x_2^2$. The map from two numbers to five is the **feature
# map** $\phi$. (The points are synthetic: here we want to know the answer. The percentages below are of new points.)

# %% tags=["hide-input"]
# @title Source
show_source(kernels.quadratic_map)


# %%
def classifier(features, ring, steps=50):
    """Logistic regression: weights (d + 1,) of the features and a constant."""
    x = torch.cat([features, torch.ones(len(features), 1)], dim=-1)
    w = torch.zeros(x.shape[-1], requires_grad=True)
    optimizer = torch.optim.LBFGS([w], max_iter=steps)

    def closure():
        optimizer.zero_grad()
        loss = F.binary_cross_entropy_with_logits(x @ w, ring.float()) + 1e-4 * w.square().sum()
        loss.backward()
        return loss

    optimizer.step(closure)
    return w.detach()


def says(w, features):
    return features @ w[:-1] + w[-1]


def accuracy(phi, seed):
    """On fresh points, of a classifier trained on 200."""
    (x, ring), (new, truth) = (data.circles(200, torch.Generator().manual_seed(s)) for s in (seed, 1000 + seed))
    return ((says(classifier(phi(x), ring), phi(new)) > 0) == truth.bool()).float().mean().item()


def rings(ax, x):
    for label, marker in ((0, "o"), (1, "^")):
        ax.scatter(*x[ring == label].T, marker=marker, s=14, color=COLOURS[label])


points, ring = data.circles(200, runtime.seed(0))
side = torch.linspace(-1.4, 1.4, 120)
plane = torch.stack(torch.meshgrid(side, side, indexing="xy"), dim=-1)  # (120, 120, 2)
maps = {"a line": feature_maps.identity, "a quadratic curve": kernels.quadratic_map}
right = {name: [accuracy(phi, seed) for seed in range(5)] for name, phi in maps.items()}

with figure(
    alt=f"Two rings of points. A line classifies {statistics.mean(right['a line']):.0%} of new points rightly; a curve "
    f"that is linear in the quadratic features closes around the inner ring: {statistics.mean(right['a quadratic curve']):.0%}. "
    "Over the squares of the two coordinates it is a straight line with the inner ring below it.",
    columns=3,
    width=9,
    height=3.2,
) as axes:
    for ax, (name, phi) in zip(axes, maps.items()):
        w = classifier(phi(points), ring)
        rings(ax, points)
        ax.contour(side, side, says(w, phi(plane)), levels=[0], colors="black", linewidths=1.5)
        ax.set(title=f"{name}: {statistics.mean(right[name]):.0%} right", xlabel="$x_1$", ylabel="$x_2$")
        ax.set_aspect("equal")
    rings(axes[2], points**2)
    cut = -w[-1] / w[2:4]  # where the plane w meets the axes of the two squares
    axes[2].plot([cut[0], 0], [0, cut[1]], color="black", linestyle="-", marker="", linewidth=1.5)
    axes[2].set(title="its squares: a line again", xlabel="$x_1^2$", ylabel="$x_2^2$", aspect="equal")
    axes[2].set(xlim=(-0.1, 1.5), ylim=(-0.1, 1.5), xticks=[0, 0.5, 1, 1.5], yticks=[0, 0.5, 1, 1.5])

# %% [markdown]
# ### The kernel: scalar products without the features
#
# Why the factors $\sqrt2$ in the map? Multiply out, with $\phi(\mathbf{x}) = (\sqrt2x_1, \sqrt2x_2, x_1^2, \sqrt2x_1x_2, x_2^2)$:
#
# $$\phi(\mathbf{x})^\top\phi(\mathbf{x}') = 2\,\mathbf{x}^\top\mathbf{x}' + (\mathbf{x}^\top\mathbf{x}')^2
#  = (\mathbf{x}^\top\mathbf{x}' + 1)^2 - 1 = k(\mathbf{x}, \mathbf{x}').$$
#
# The right side never computes a feature. That is the **kernel trick**: where an algorithm needs only scalar products, use
# $k$ and pay nothing for the dimension. Is it true for any number of coordinates?

# %%
rows, kernel_error = [], 0.0
for d in (2, 5, 20, 100):
    x, y = torch.randn(2, 50, d, generator=g, dtype=torch.float64)
    features = kernels.quadratic_map(x)
    direct = kernels.quadratic_kernel(x, y)
    error = ((features @ kernels.quadratic_map(y).T - direct).abs().max() / direct.abs().max()).item()
    kernel_error = max(kernel_error, error)
    rows.append((d, features.shape[-1], f"{error:.0e}"))
table(rows, ["coordinates", "features", "largest relative difference of the two kernels"])

# %% [markdown]
# The trick is usually read from left to right: *features are expensive, use the kernel*. Attention will need it from right
# to left: **the kernel is expensive, use the features.**
#
# ## Why the softmax stands in the way
#
# Without the softmax, attention would be a product of three matrices, and brackets can be moved:
#
# $$(\mathbf{Q}\mathbf{K}^\top)\,\mathbf{V} = \mathbf{Q}\,(\mathbf{K}^\top\mathbf{V}).$$
#
# On the left an $L\times L$ matrix, on the right one of $d\times d$. With the softmax,
#
# $$\alpha_{ij} = \frac{\exp(\mathbf{q}_i^\top\mathbf{k}_j)}{\sum_{l}\exp(\mathbf{q}_i^\top\mathbf{k}_l)},$$
#
# the exponential is applied to each entry of $\mathbf{Q}\mathbf{K}^\top$ first. That destroys the product: $\mathbf{Q}\mathbf{K}^\top$ has rank
# $d$ at most, its exponential entry by entry has, in general, full rank. Look at the singular values.

# %%
L, d = 256, 16
q, k = torch.randn(2, L, d, generator=g, dtype=torch.float64)
scores = q @ k.T / d**0.5
phi = feature_maps.elu_plus_one
spectra = {
    "scores $QK^T$": scores,
    "their exponential": scores.exp(),
    r"$\phi(Q)\phi(K)^T$, elu + 1": phi(q) @ phi(k).T,
}
spectra = {name: torch.linalg.svdvals(a) for name, a in spectra.items()}
ranks = {name: int((s > 1e-10 * s[0]).sum()) for name, s in spectra.items()}

with figure(
    alt=f"Singular values on a logarithmic scale. Scores and mapped scores drop to zero after {d} values; the exponential "
    "falls slowly and reaches all 256.",
    height=3.3,
) as ax:
    for name, s in spectra.items():
        seen = s[: ranks[name]] / s[0]
        ax.semilogy(range(1, len(seen) + 1), seen, label=f"{name}: rank {ranks[name]}", marker="")
    ax.set(
        title="The exponential makes a matrix of full rank", xlabel="singular value, by size", ylabel="relative size"
    )
    ax.legend()
print(ranks)

# %% [markdown]
# So the weight of a pair must stay a scalar product, of features. Choose a map $\phi$ with positive values and put
#
# $$\alpha_{ij} = \frac{\phi(\mathbf{q}_i)^\top\phi(\mathbf{k}_j)}{\sum_{l}\phi(\mathbf{q}_i)^\top\phi(\mathbf{k}_l)}.$$
#
# Which map? The exponential of a scalar product *is* a kernel, and its features can be drawn at random: the mean of
# $\phi(\mathbf{q})^\top\phi(\mathbf{k})$ over draws is $e^{\mathbf{q}^\top\mathbf{k}}$ (Performer). Or take the simplest positive map that
# has a gradient everywhere, $\mathrm{elu}(x)+1$, and let training do the rest (Linear Transformer).

# %% tags=["hide-input"]
# @title Source
show_source(feature_maps.elu_plus_one, feature_maps.RandomFeatures)

# %% [markdown]
# **Drag it.** A query that equals its own key, among 24 keys; the slider scales both. Softmax attention becomes as sharp as
# you like. elu + 1 does not: its weights can't follow. Random features follow until their number no longer suffices.

# %%
n = 24
base = torch.randn(n, 8, generator=g)
base = base / base.norm(dim=-1, keepdim=True)
random_map = feature_maps.RandomFeatures(8, 256, torch.Generator().manual_seed(0))
KINDS = {
    "softmax": lambda x: (x @ x.T).softmax(-1),
    "elu + 1": lambda x: F.normalize(phi(x) @ phi(x).T, p=1, dim=-1),
    "256 random features": lambda x: F.normalize(random_map(x) @ random_map(x).T, p=1, dim=-1),
}


def draw_weights(axes, scale):
    for ax, (name, weights) in zip(axes, KINDS.items()):
        a = weights(scale * base)
        ax.imshow(a, vmin=0, vmax=1, cmap="Greys")
        ax.set(title=f"{name}: {a.diagonal().mean():.2f}", xlabel="key", ylabel="query", xticks=[], yticks=[])
        ax.grid(False)


scales = runtime.pick(full=[0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0, 5.0, 6.0], smoke=[0.0, 2.0])
explore(
    draw_weights,
    scales,
    label="length of queries and keys",
    alt=lambda s: (
        f"Attention weights at length {s}: mean weight of a query's own key is "
        + ", ".join(f"{w(s * base).diagonal().mean():.2f} for {name}" for name, w in KINDS.items())
    ),
    columns=3,
    width=8,
    height=3.1,
)

# %% [markdown]
# ## Moving the brackets
#
# With features, the query comes out of both sums:
#
# $$\mathbf{z}_i = \sum_j \alpha_{ij}\mathbf{v}_j
#  = \frac{\sum_j \mathbf{v}_j\,\phi(\mathbf{k}_j)^\top\phi(\mathbf{q}_i)}{\sum_l \phi(\mathbf{k}_l)^\top\phi(\mathbf{q}_i)}
#  = \frac{\mathbf{S}\,\phi(\mathbf{q}_i)}{\mathbf{u}^\top\phi(\mathbf{q}_i)},
#  \qquad \mathbf{S} = \sum_j \mathbf{v}_j\,\phi(\mathbf{k}_j)^\top,\quad \mathbf{u} = \sum_l \phi(\mathbf{k}_l).$$
#
# The boxes below are drawn to scale.

# %%
LONG, NARROW = 12, 2  # L and d


def box(ax, x, height, width, name, shade):
    """A matrix, drawn to scale, its name above it."""
    ax.bar(x, height, width, bottom=-height / 2, align="edge", facecolor=shade, edgecolor="black", linewidth=1)
    ax.text(x + width / 2, height / 2 + 0.4, name, ha="center", va="bottom")


with figure(
    alt="Left: the product of Q and K transposed is a large square of L by L, then V, tall and narrow. Right: Q, tall and "
    "narrow, then a small square of d by d.",
    columns=2,
    width=8,
    height=3,
) as axes:
    for ax, cost_name in zip(axes, ("$(QK^T)\\,V$ costs $2L^2d$", "$Q\\,(K^TV)$ costs $2Ld^2$")):
        ax.set(title=f"{cost_name} products", xlim=(-0.5, 17), ylim=(-6.5, 8), xticks=[], yticks=[], aspect="equal")
        ax.grid(False)
        ax.spines[:].set_visible(False)
    box(axes[0], 0, LONG, LONG, "$QK^T$: $L \\times L$", "#d9d9d9")
    box(axes[0], LONG + 1.5, LONG, NARROW, "$V$", "#f2f2f2")
    box(axes[1], 0, LONG, NARROW, "$Q$", "#f2f2f2")
    box(axes[1], NARROW + 1.5, NARROW, NARROW, "$K^TV$: $d \\times d$", "#d9d9d9")

# %% [markdown]
# Both forms stand in the library, and so does everything below. The definition first, in its plainest form; then the one
# with the brackets moved.

# %% tags=["hide-input"]
# @title Source
show_source(linear.pairs, linear.brackets)

# %% [markdown]
# Do they agree, and what do they cost? Floating-point operations are counted, not timed; the seconds are this machine's.

# %%
rows = []
for L in runtime.pick(full=[512, 2048, 8192], smoke=[64, 128]):
    q, k, v = torch.randn(3, 4, L, 64, generator=g)
    q, k = phi(q), phi(k)
    counted = []
    for form in (linear.pairs, linear.brackets):
        with FlopCounterMode(display=False) as counter:
            z = form(q, k, v)
        counted.append((z if torch.is_tensor(z) else z[0], counter.get_total_flops(), seconds(form, q, k, v, repeat=2)))
    (slow, many, long), (fast, few, short) = counted
    error = ((slow - fast).abs().max() / slow.abs().max()).item()
    rows.append(
        (L, f"{many / 1e9:.2f}", f"{few / 1e9:.3f}", f"{many / few:.0f}", f"{long / short:.0f}", f"{error:.0e}")
    )
table(
    rows,
    ["length", "all pairs, Gflop", "brackets, Gflop", "ratio", "ratio of seconds", "difference"],
    "4 heads of 64 channels; the ratio of operations is L / d",
)

# %% [markdown]
# ## From sums to a memory
#
# What is in $\mathbf{S}$? Every token adds one outer product, its value in the directions of its key. A query then reads, in
# one product, a mixture of all values, each as strongly as its key resembles the query. Nothing says where a value is kept:
# all of them lie on top of each other.
#
# ## The causal form is a recurrent network
#
# A model that writes may look only at the past. Then the sums stop at $t$, and both grow by one term per token:
#
# $$\mathbf{S}_t = \mathbf{S}_{t-1} + \mathbf{v}_t\,\phi(\mathbf{k}_t)^\top,\qquad \mathbf{u}_t = \mathbf{u}_{t-1} + \phi(\mathbf{k}_t),\qquad
#   \mathbf{z}_t = \frac{\mathbf{S}_t\,\phi(\mathbf{q}_t)}{\mathbf{u}_t^\top\phi(\mathbf{q}_t)}.$$
#
# A hidden state, an update, a read-out: a recurrent network, whose state is a matrix and whose update is linear in it.

# %% tags=["hide-input"]
# @title Source
show_source(linear.recurrent, linear._write, linear._read)

# %% [markdown]
# **Drag it.** Twelve tokens; each key is one direction of four, so each value goes to one column of $\mathbf{S}$. Keys repeat:
# watch what happens to a column that is written again.

# %%
where = [0, 1, 2, 3, 0, 1, 2, 3, 0, 0, 0, 0]  # the direction of each key
keys = torch.eye(4)[where]
values = torch.randn(12, 6, generator=torch.Generator().manual_seed(4)).clamp(-2, 2)
states = [linear.recurrent(keys[:t], keys[:t], values[:t])[1] for t in range(1, 13)]


def draw_state(axes, t):
    state = states[t - 1]
    for ax, x, name in (
        (axes[0], values[t - 1][:, None] * keys[t - 1], f"written: $v_{{{t}}} \\, k_{{{t}}}^T$"),
        (axes[1], state.S, f"$S_{{{t}}}$: the sum so far"),
        (axes[2], state.S / state.u.clamp(min=1), "divided by $u$: means"),
    ):
        ax.imshow(x, vmin=-5, vmax=5, cmap="PuOr")
        for i, row in enumerate(x.tolist()):
            for j, entry in enumerate(row):
                ax.text(j, i, f"{entry:.1f}".replace("-0.0", "0.0") if entry else "", ha="center", va="center", fontsize=8,
                        color="white" if abs(entry) > 3.4 else "black")  # fmt: skip
        ax.set(title=name, xlabel="direction of the key", xticks=range(4), yticks=[])
        ax.grid(False)
    axes[0].set_ylabel("channel of the value")


explore(
    draw_state,
    list(range(1, 13)),
    label="tokens read",
    alt=lambda t: (
        f"After {t} tokens: columns of S hold {', '.join(str(int(n)) for n in states[t - 1].u)} values; the last "
        f"write went to column {where[t - 1]}"
    ),
    columns=3,
    width=8,
    height=3.4,
)

# %% [markdown]
# A second write to the same key does not replace the first: it is *added*, and with the normaliser you read the mean of both.
# Forgetting has to be invented separately. That is what the second half of the module is about.
#
# ### Four forms, one layer
#
# All pairs under a mask, to define it; a loop, to generate; and, to train, **chunks**: all pairs inside a chunk of 64 tokens,
# the recurrence between chunks. They must agree in what they return, in the state they leave, and in every gradient.


# %%
def everything(form, dtype, L=300):
    """Output, state and gradients of a form, on the same inputs each time."""
    q, k, v = torch.randn(3, 2, 4, L, 16, generator=torch.Generator().manual_seed(7), dtype=torch.float64).to(dtype)
    leaves = [x.requires_grad_() for x in (phi(q).detach(), phi(k).detach(), v.detach())]
    z, state = form(*leaves)
    (z * torch.cos(torch.arange(z.numel(), dtype=dtype)).view(z.shape)).sum().backward()
    return {"output": z, "state": state.S, "gradients": torch.cat([x.grad for x in leaves])}


def chunks(q, k, v):
    """The engine of the library, on the row of the table that is this model."""
    z, state = chunkwise(zoo.normalised(q, k, v, eps=linear.EPS))
    return z, linear.State(state.S[..., :-1, :], state.S[..., -1, :])


rows, form_error = [], 0.0
for dtype in (torch.float64, torch.float32):
    want = everything(linear.recurrent, torch.float64)
    for name, form in {"recurrent": linear.recurrent, "all pairs": linear.parallel, "chunks": chunks}.items():
        got = everything(form, dtype)
        errors = {n: ((got[n] - want[n]).abs().max() / want[n].square().mean().sqrt()).item() for n in want}
        form_error = max(form_error, *errors.values()) if dtype == torch.float64 else form_error
        rows.append((name, str(dtype).removeprefix("torch."), *(f"{e:.0e}" for e in errors.values())))
table(
    rows,
    ["form", "numbers", "output", "state", "gradients"],
    "largest difference from the float64 loop, in units of its root mean square",
)

# %% [markdown]
# ## What one generated token costs
#
# A transformer that writes keeps the keys and values of everything so far, and reads all of them for each new token. The
# recurrent form reads one matrix. Measured: one mixer of width 128 with four heads, one token, after contexts of growing
# length. The cache is preallocated, so that nothing is copied. One thread: a single token leaves nothing to share out.

# %%
width, heads = 128, 4
contexts = runtime.pick(full=[64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384, 32768, 65536], smoke=[256, 1024])


def token_cost(mixer, state, repeat):
    """Microseconds of one token, one after the other: median, and the quartiles around it."""
    x, times = torch.randn(1, 1, width), []
    with torch.no_grad():
        for _ in range(repeat):
            start = time.perf_counter()
            _, state = mixer(x, state)
            times.append(1e6 * (time.perf_counter() - start))
    low, middle, high = statistics.quantiles(times, n=4)
    return low, middle, high


def cache(context):
    from llmcourse.models.attention import Cache

    room = (1, heads, context + repeat, width // heads)
    return Cache(torch.randn(room), torch.randn(room), context, [context])


runtime.seed(0)
softmax_mixer, linear_mixer = models.SoftmaxAttention(width, heads), LinearAttention(width, heads)
_, memory = linear_mixer(torch.randn(1, 300, width))
repeat = runtime.pick(full=60, smoke=5)
threads = torch.get_num_threads()
torch.set_num_threads(1)
times = {"softmax": [], "linear": []}
for context in [contexts[0], *contexts]:  # the first round pays for memory; it is thrown away
    times["softmax"].append(token_cost(softmax_mixer, cache(context), repeat))
    times["linear"].append(token_cost(linear_mixer, memory, repeat))
times = {name: found[1:] for name, found in times.items()}
torch.set_num_threads(threads)
sizes = {"softmax": 2 * width * contexts[-1] * 4, "linear": memory.S.numel() * 4}
dearer = [c for c, a, b in zip(contexts, times["softmax"], times["linear"]) if a[0] <= b[2]]  # or not told apart
crossover = next((c for c in contexts if c > max(dearer, default=0)), None)
if crossover is None:
    answer = "linear is not cheaper at any context measured"
else:
    answer = f"linear is cheaper from a context of {crossover} tokens on" + (
        "" if dearer else ", the shortest measured"
    )

with figure(
    alt="Time of one token against the context, both logarithmic. Linear attention is flat; softmax attention rises with "
    "the context once the cache outgrows the fixed cost.",
    height=3.4,
) as ax:
    for name, quartiles in times.items():
        low, middle, high = zip(*quartiles)
        line = loglog(ax, contexts, middle, label=name)
        ax.fill_between(contexts, low, high, alpha=0.2, color=line.get_color())
    ax.set(title="The recurrent form does not feel the context", xlabel="context, tokens", ylabel="µs per token")
    label_lines(ax)
print(
    f"state: {sizes['linear'] / 1e3:.0f} kB at any context; cache at {contexts[-1]} tokens: {sizes['softmax'] / 1e6:.0f} MB"
)
print(f"{answer} (quartiles apart there and beyond)" if crossover else answer)

# %% [markdown]
# ## What is lost? A language model on real text
#
# The World Factbook, character by character: 2.7 million characters of real prose. Two models that differ in their mixer
# alone, softmax attention or linear attention with elu + 1, see the same batches from the same start. Here is the live run, one
# seed, shortened; the record below is longer and has three seeds.

# %% tags=["hide-input"]
# @title Source
show_source(language_model)

# %%
corpus = Corpus()
live = {}
compared = {name: MIXERS[name] for name in ("softmax", "linear")}
for name, mixer in compared.items():
    steps = runtime.pick(full=200, smoke=3)
    live[name] = language_model(corpus, mixer, steps, seed=0, every=runtime.pick(full=25, smoke=3), name=name)
    model, history = live[name]
    print(
        f"{name}: {model.parameters_count:,} parameters, {history.seconds:.0f} CPU seconds, "
        f"validation loss {history.validation[-1][1]:.3f} nats per character after {steps} steps"
    )

# %%
record = records.load("08")


def last(runs, mixer):
    """Final values of a mixer, by seed."""
    return [run["validation"][-1][1] for run in sorted(runs, key=lambda run: run["seed"]) if run["mixer"] == mixer]


def draw_curves(ax, runs, names, x=lambda run, step: step):
    """Validation curves of all seeds, one colour and line style for a mixer."""
    for name, colour, style in zip(MIXERS | RECALL, COLOURS, ("-", "--", "-.", ":", (0, (9, 2)))):
        for run in (r for r in runs if r["mixer"] == name and name in names):
            points = [(x(run, step), value) for step, value in run["validation"]]
            label = name if run["seed"] == 0 else None
            ax.plot(*zip(*points), color=colour, linestyle=style, marker="", label=label)


language = record["language"]
runs = language["equal steps"]
gaps = [b - a for a, b in zip(last(runs, "softmax"), last(runs, "linear"))]  # seed by seed: the same batches
gap, half = records.interval(gaps)

with figure(
    alt=f"Validation loss against steps for {len(gaps)} seeds. Linear attention stays {gap:.2f} nats above softmax attention.",
    height=3.5,
) as ax:
    draw_curves(ax, runs, compared)
    for name, marker in zip(compared, "ox"):
        ax.plot(*zip(*live[name][1].validation), color="black", linestyle="", marker=marker, markersize=4)
    ax.set(
        title=f"Linear attention pays {gap:.2f} nats per character",
        xlabel="training steps",
        ylabel="validation loss, nats per character",
        ylim=(min(last(runs, "softmax")) - 0.1, 3.2),
    )
    label_lines(ax)
print(records.made(record))
print("black: the live run above, whose shorter schedule ends earlier")
print(
    f"linear - softmax after {language['steps']} steps: {gap:.3f} nats, 95 % interval {gap - half:.3f} to {gap + half:.3f}"
)

# %% [markdown]
# **Let them write.** Both models are tiny and have seen little; what differs is how they remember. Change the prompt and the
# temperature.

# %%
try:
    from ipywidgets import interact
except ModuleNotFoundError:
    interact = None


def write(prompt="The government", temperature=0.7, seed=0):
    start = corpus.characters.encode(prompt)[None].to(runtime.device())
    for name, (model, _) in live.items():
        out = model.generate(start, runtime.pick(full=160, smoke=5), torch.Generator().manual_seed(seed), temperature)
        print(f"{name:8} {prompt}{corpus.characters.decode(out[0].cpu())}\n")


if interact:
    interact(write, prompt="The government", temperature=(0.1, 1.5, 0.1), seed=(0, 9))
else:
    write()

# %% [markdown]
# # Part two: what came of it
#
# ## Fourteen models, one recurrence
#
# The slide's table has fourteen rows. Each keeps a state, writes to it and reads from it, and all of them are this:
#
# $$\mathbf{S}_t = \mathrm{diag}(e^{\mathbf{g}^v_t})\,\mathbf{S}_{t-1}\,\mathrm{diag}(e^{\mathbf{g}^k_t}) + \mathbf{w}_t\mathbf{k}_t^\top,\qquad
#   \mathbf{o}_t = \mathbf{S}_t\mathbf{q}_t.$$
#
# Three ideas make it so. A **normaliser** is one more row of $\mathbf{S}$, whose value is always 1. A model whose decay differs
# by channel *and* state (S4, Mamba) is a set of heads with a single value channel. And the **delta rule** only changes what is
# written: $\mathbf{w}_t = \beta_t(\mathbf{v}_t - \mathbf{S}_{t-1}\mathbf{k}_t)$ in place of $\mathbf{v}_t$. A row of the table is then a few lines:

# %% tags=["hide-input"]
# @title Source
show_source(zoo.retnet, zoo.gla, zoo.deltanet, zoo.mlstm)

# %% [markdown]
# **The live map.** For every row: do the loop, the chunks and all pairs agree, in the output and in every gradient? How exact
# are chunks in float32? And how much faster are they than the loop? Drop a row of your own in: write a function with
# arguments named as in `zoo.py`, put it in `rows`, and run the cell again.


# %%
def yours(q, k, v, a):
    """A row of your own: this one forgets by a gate and writes what the gate leaves."""
    return Recurrence(q, a.sigmoid() * k, v, gk=F.logsigmoid(-a))


rows = ZOO | {"yours": yours}
LOOKS = {"recurrent": recurrent, "chunks": chunkwise, "all pairs": parallel}


def everything_of(row, inputs, form):
    """Output, state and gradients in one long vector, scaled by the output's size."""
    leaves = [x.clone().requires_grad_() for x in inputs.values()]
    o, state = form(row(**dict(zip(inputs, leaves))))
    gradients = torch.autograd.grad(o.square().mean().sqrt(), leaves, allow_unused=True)
    return torch.cat([x.flatten() for x in (o, state.S, *gradients) if x is not None]).detach()


def differ(a, b):
    return ((a - b).abs().max() / b.square().mean().sqrt()).item()


found, zoo_error = [], {}
for name, row in rows.items():
    inputs = zoo.draw(row, (1, 2), 100, 16, 16, torch.Generator().manual_seed(0))
    loop, in_chunks, whole = (everything_of(row, inputs, form) for form in LOOKS.values())
    zoo_error[name] = max(differ(in_chunks, loop), differ(whole, loop))
    single = {n: x.float() for n, x in inputs.items()}
    rounded = differ(everything_of(row, single, chunkwise).double(), loop)
    inputs = zoo.draw(
        row, (1, 4), runtime.pick(full=1024, smoke=64), 32, 32, torch.Generator().manual_seed(0), torch.float32
    )
    with torch.no_grad():
        slow, fast = (seconds(form, row(**inputs), repeat=2) for form in (recurrent, chunkwise))
    r = row(**inputs)
    kept = "all" if r.gk is None else "fades, one rate" if r.gk.shape[-1] == 1 else "fades, by channel"
    kept = "fades, both sides" if r.gv is not None else "fades, by channel and state" if r.channelwise else kept
    kept += ", erases" if r.beta is not None else ""
    found.append((name, kept, f"{zoo_error[name]:.0e}", f"{rounded:.0e}", f"{1e3 * fast:.0f} ms", f"{slow / fast:.1f}"))
table(
    found,
    ["row", "what is kept", "forms differ, float64", "chunks, float32", "chunks", "loop / chunks"],
    "output, state and gradients; time of 1,024 tokens, 4 heads of 32 channels, forward",
)

# %% [markdown]
# ## What the delta rule is for
#
# Sixteen keys, random directions in 64 dimensions, are written again and again with new values; only the latest value of each
# counts. What does the memory return? Linear attention returns the sum of everything ever written there. A decay forgets the
# old writes, and the recent ones as well. The delta rule looks up what is there and writes the difference.

# %%
trials, channels, kinds = runtime.pick(full=30, smoke=2), 64, 16
g = runtime.seed(0)


def memory_after(keys, values, rule):
    """State (trials, d, d) after all writes, by the engine."""
    if rule == "delta rule":
        r = zoo.deltanet(keys, keys, values, torch.full_like(keys[..., :1], 50.0))  # beta = 1
    else:
        decay = math.log(0.95) if rule == "decay 0.95" else 0.0
        r = Recurrence(keys, keys, values, gk=torch.full_like(keys[..., :1], decay))
    return chunkwise(r)[1].S


def unit(x):
    return F.normalize(x, dim=-1)


RULES = ("linear attention", "decay 0.95", "delta rule")
counts = runtime.pick(full=[16, 32, 64, 128, 256], smoke=[16, 32])
overwritten_error = {rule: [] for rule in RULES}
for n in counts:
    keys = unit(torch.randn(trials, kinds, channels, generator=g))
    which = torch.cat(
        [torch.randint(0, kinds, (trials, n - kinds), generator=g), torch.arange(kinds).expand(trials, kinds)], 1
    )
    values = unit(torch.randn(trials, n, channels, generator=g))
    written = keys.gather(1, which[..., None].expand(-1, -1, channels))
    for rule in RULES:
        read = keys @ memory_after(written, values, rule).mT  # (trials, kinds, d)
        error = (read - values[:, -kinds:]).square().sum(-1)  # the last kinds writes are one for each key
        overwritten_error[rule].append(error.mean().item())

with figure(
    alt="Squared error of what is read against the number of writes, logarithmic. Linear attention's grows without bound, "
    "the decay's stays below one, the delta rule's stays small and flat.",
    height=3.3,
) as ax:
    for rule, errors in overwritten_error.items():
        loglog(ax, counts, errors, label=rule)
    ax.set(
        title="Only the delta rule overwrites", xlabel="writes to 16 keys", ylabel="squared error of the latest value"
    )
    label_lines(ax)

# %% [markdown]
# Does the delta rule also *hold more*? That is often said. Write $n$ different keys once each and read all of them back. The
# left figure shows the squared error, the right one how often the nearest of all values is the right one.

# %%
counts = runtime.pick(full=[16, 32, 48, 64, 96, 128], smoke=[16, 32])
METHODS = {"linear attention": 0, "delta rule": 1, "delta rule, 4 passes": 4}
capacity = {name: ([], []) for name in METHODS}
for n in counts:
    keys, values = unit(torch.randn(2, trials, n, channels, generator=g)).unbind(0)
    for name, passes in METHODS.items():
        S = memory_after(
            keys.repeat(1, max(passes, 1), 1), values.repeat(1, max(passes, 1), 1), RULES[2 if passes else 0]
        )
        read = keys @ S.mT
        capacity[name][0].append((read - values).square().sum(-1).mean().item())
        capacity[name][1].append(((read @ values.mT).argmax(-1) == torch.arange(n)).float().mean().item())

hits = {name: rates for name, (_, rates) in capacity.items()}
worse_from = next((n for n, a, b in zip(counts, hits["linear attention"], hits["delta rule"]) if b < a - 0.01), None)

with figure(
    alt=f"Left: the delta rule's squared error is below linear attention's at any number of keys. Right: from {worse_from} keys on its "
    f"hit rate is below: {capacity['delta rule'][1][-1]:.2f} against {capacity['linear attention'][1][-1]:.2f} at {counts[-1]} keys.",
    columns=2,
    width=8,
    height=3.2,
) as axes:
    for ax, i, title in zip(axes, (0, 1), ("smaller error", "... but not more hits")):
        for name in METHODS:
            ax.plot(counts, capacity[name][i], label=name)
        ax.axvline(channels, color="black", linewidth=0.8, linestyle=":")
        ax.set(title=title, xlabel="keys written once each", ylabel=("squared error", "share of right values")[i])
    axes[0].legend()
print(f"{channels} dimensions: the delta rule hits more than a hundredth less often from {worse_from} keys on")

# %% [markdown]
# So the usual sentence is not what we find: for different random keys, one pass of the delta rule has the smaller error and,
# from the number of keys printed above on, the *lower* hit rate, since the last writes disturb the first (dotted: as many
# keys as dimensions). What holds is overwriting, and repeated passes.
#
# ## What a decay does
#
# A decay between writer and reader: $D_{ts} = \prod_{r=s+1}^{t}\gamma_r$. RetNet has one constant for each head; Mamba-2 computes
# $\gamma_t$ from the input, so that one token can shut out everything before it. **Drag it**: token 12 closes its gate.


# %%
def decays(log_gamma):
    """D (L, L): what is left at t of a write at s."""
    G = log_gamma.cumsum(-1)
    future = torch.ones(len(G), len(G), dtype=torch.bool).triu(1)
    return (G[:, None] - G[None, :]).masked_fill(future, -torch.inf).exp()


def draw_decays(axes, gate):
    constant = torch.full((24,), 0.9).log()
    closing = constant.clone()
    closing[12] = math.log(max(gate, 1e-6))
    for ax, log_gamma, name in zip(axes, (constant, closing), ("RetNet: constant", f"Mamba-2: token 12 keeps {gate}")):
        ax.imshow(decays(log_gamma), vmin=0, vmax=1, cmap="Greys")
        ax.set(title=name, xlabel="written at s", ylabel="read at t")
        ax.grid(False)


explore(
    draw_decays,
    [1.0, 0.9, 0.7, 0.5, 0.3, 0.1, 0.03, 0.0],
    label="what token 12 keeps of the past",
    alt=lambda keep: (
        f"Decay matrices. Left a band that fades evenly. Right: what was written before token 12 is left with a share of {keep}"
    ),
    columns=2,
    width=7,
    height=3.3,
)

# %% [markdown]
# ## Chunks without a positive exponent
#
# With a decay for each key channel (GLA, RWKV-6, HGRN-2) the textbook writes $q_t e^{G_t}$ and $k_s e^{-G_s}$ and multiplies. The
# second exponent is *positive*: after a few strong decays it overflows, and the result is not a number. The cure is a
# picture: cut the square in halves. The lower left quarter, where the right half reads the left half, goes through the
# boundary between them: decays from the key *to the boundary*, and from the boundary *to the query*. Both exponents are
# negative, at any decay. Then do the same in each half.

# %% tags=["hide-input"]
# @title Source
show_source(engine._vector, engine._Sums)


# %%
def textbook(q, k, v, g):
    """The factorised form, as it is usually written."""
    G = g.cumsum(-2)
    return ((q * G.exp()) @ (k * (-G).exp()).mT).tril() @ v


strengths = [0.01, 0.1, 0.5, 1, 2, 5, 20, 100]
q, k, v = torch.randn(3, 64, 16, generator=g, dtype=torch.float64)
shape = torch.rand(64, 16, generator=g, dtype=torch.float64)
stable = {"textbook": [], "halving": []}
for strength in strengths:
    exact = recurrent(Recurrence(q, k, v, gk=-strength * shape))[0]
    q32, k32, v32, g32 = (x.float() for x in (q, k, v, -strength * shape))
    stable["textbook"].append(differ(textbook(q32, k32, v32, g32).double(), exact))
    stable["halving"].append(differ(chunkwise(Recurrence(q32, k32, v32, gk=g32))[0].double(), exact))
finite = [e for e in stable["textbook"] if math.isfinite(e)]
level = (torch.arange(16)[:, None] ^ torch.arange(16)[None, :]).float().log2().floor().add(1).clamp(min=0).tril()

with figure(
    alt=f"Left: a triangle of 16 tokens cut into squares that halve toward the diagonal. Right: error in float32 against the decay; "
    f"the textbook form is not a number beyond a strength of {strengths[len(finite) - 1]}, halving stays near 1e-6.",
    columns=2,
    width=8,
    height=3.4,
) as axes:
    axes[0].imshow(level, cmap="Greys", vmax=6)
    for t in range(16):
        for s_ in range(t + 1):
            axes[0].text(s_, t, f"{int(level[t, s_])}" if t != s_ else "", ha="center", va="center", fontsize=7)
    axes[0].set(title="Which product a pair belongs to", xlabel="key s", ylabel="query t")
    axes[0].grid(False)
    loglog(axes[1], strengths[: len(finite)], finite, label="textbook")
    loglog(axes[1], strengths, stable["halving"], label="halving")
    axes[1].set(
        title=f"nan beyond {strengths[len(finite) - 1]:g}, or exact",
        xlabel="strongest log decay of a token",
        ylabel="error, float32",
    )
    axes[1].set_xscale("log", base=10)
    axes[1].set(xticks=[0.01, 0.1, 1, 10, 100], ylim=(1e-7, 1e-5))
    axes[1].set_yscale("log", base=10)
    label_lines(axes[1])

# %% [markdown]
# ## Why the normaliser went away
#
# It divides by a sum of weights. That is harmless while features are positive; a map that changes sign brings the sum near zero,
# and the output explodes. Later models drop the division and normalise the *output* of each head instead. Measured: the root
# mean square of the output, and its largest entry.

# %%
L = runtime.pick(full=2000, smoke=100)
q, k, v = torch.randn(3, 8, L, 16, generator=g)
READS = {
    "elu + 1, divided by u.q": linear.parallel(phi(q), phi(k), v)[0],
    "no map, divided by u.q": linear.parallel(q, k, v)[0],
    "no map, not divided": linear.parallel(q, k, v, normalise=False)[0],
    "no map, output normalised": F.rms_norm(linear.parallel(q, k, v, normalise=False)[0], (16,)),
}
sizes = [
    (name, *(f"{o[:, t - 1].square().mean().sqrt():.2g}" for t in (10, L // 10, L)), f"{o.abs().max():.2g}")
    for name, o in READS.items()
]
table(sizes, ["output", "size at 10 tokens", f"at {L // 10}", f"at {L}", "largest entry"], "values have size 1")

# %% [markdown]
# ## Recall with overwritten keys
#
# Does overwriting matter for a *trained* model? A synthetic task, for control: 24 pairs over 8 keys, each key written at least
# once, then every key is asked for; the latest value counts. Two layers, no MLP, so that only the mixer can remember. Live
# below, two mixers shortened; the record has five mixers and three seeds. Look at the single curves, not at the mean alone:
# they wait on a plateau and then rise, each at a time of its own.

# %%
for name in ("linear", "DeltaNet"):
    _, history = recall(RECALL[name], runtime.pick(full=150, smoke=2), seed=0, name=name)
    print(
        f"{name:9} accuracy after {history.validation[-1][0]} steps: {history.validation[-1][1]:.2f}, {history.seconds:.0f} CPU seconds"
    )

# %%
remembered = {name: records.interval(last(record["recall"]["runs"], name)) for name in RECALL}
with figure(
    alt="Accuracy against steps for five mixers and three seeds: "
    + ", ".join(f"{name} ends at {m:.2f}" for name, (m, _) in remembered.items()),
    height=3.6,
) as ax:
    draw_curves(ax, record["recall"]["runs"], RECALL)
    best = max(remembered, key=lambda name: remembered[name][0])
    ax.set(
        title=f"Recall, by seed: {best} is ahead on average",
        xlabel="training steps",
        ylabel="latest value right",
        ylim=(0, 1),
    )
    label_lines(ax)
print(records.made(record))
table(
    [(name, f"{m:.3f}", f"{max(m - h, 0):.3f} to {min(m + h, 1):.3f}") for name, (m, h) in remembered.items()],
    ["mixer", f"accuracy after {record['recall']['steps']} steps", "95 % interval"],
    f"3 seeds, one learning rate for all; chance is {1 / record['recall']['keys']:.3f}",
)

# %% [markdown]
# ## And on real text?
#
# Four mixers in the same small language model, first at equal steps, then at equal *seconds*: whoever is faster trains longer.

# %%
PANELS = {"equal steps": "training steps", "equal seconds": "CPU seconds of training"}
with figure(
    alt="Validation loss of softmax, linear, GLA and DeltaNet, left against steps, right against seconds of training.",
    columns=2,
    width=9,
    height=3.6,
) as axes:
    for ax, (panel, unit_) in zip(axes, PANELS.items()):
        along = (
            (lambda run, step: step)
            if panel == "equal steps"
            else (lambda run, step: run["seconds"] * step / run["steps"])
        )
        draw_curves(ax, language[panel], MIXERS, along)
        ax.set(title=f"At {panel}", xlabel=unit_, ylabel="validation loss, nats", ylim=(1.7, 2.7))
        label_lines(ax)
ranking = {panel: {name: records.interval(last(language[panel], name)) for name in MIXERS} for panel in PANELS}
table(
    [(name, *(f"{m:.3f} ± {h:.3f}" for m, h in (ranking[panel][name] for panel in PANELS))) for name in MIXERS],
    ["mixer", *PANELS],
    "final validation loss in nats per character, 95 % interval over 3 seeds",
)

# %% [markdown]
# The runs are short, the models tiny and the learning rate is one for all: differences smaller than the intervals are none.

# %% [markdown]
# ## The claims, put to the test

# %%
g = runtime.seed(1)


def zoo_forms(*names):
    return max(zoo_error[name] for name in names)


# S4 is a convolution: its kernel is the sum over the state of C B e^(-l dt e^A).
p = zoo.draw(zoo.s4, (), 50, 4, 3, g)
lags = torch.arange(50, dtype=torch.float64)[:, None, None]
kernel = (p["C"] * p["B"] * (-lags * p["dt"].mT * p["A"].exp()).exp()).sum(-1)  # (L, d_v)
convolved = torch.stack([(kernel[: t + 1].flip(0) * p["v"][: t + 1]).sum(0) for t in range(50)]) + p["D"] * p["v"]
s4_error = differ(chunkwise(zoo.s4(**p))[0], convolved)

# Mamba is a scan, channel by channel and state by state.
p = zoo.draw(zoo.mamba, (), 50, 4, 3, g)
h, scanned = torch.zeros(3, 4, dtype=torch.float64), []
for t in range(50):
    step_size = p["dt"][t][:, None]
    h = h * (-step_size * p["A"].exp()).exp() + step_size * p["v"][t][:, None] * p["k"][t]
    scanned.append(h @ p["q"][t] + p["D"][0] * p["v"][t])
mamba_error = differ(chunkwise(zoo.mamba(**p))[0], torch.stack(scanned))

# Mamba-2's matrix is semiseparable: every block below the diagonal has rank d_k at most, however large it is.
p = zoo.draw(zoo.mamba2, (), 64, 4, 64, g)
p["v"] = torch.eye(64, dtype=torch.float64)
matrix = chunkwise(zoo.mamba2(**p))[0] / F.softplus(p["a"]).mT
rank = int(torch.linalg.matrix_rank(matrix[32:, :32], rtol=1e-9))

# mLSTM with input gates that would overflow.
p = zoo.draw(zoo.mlstm, (1, 2), 100, 8, 8, g, torch.float32)
p["i"] = 120 * p["i"]
large = chunkwise(zoo.mlstm(**p))[0]

strong = f"error {stable['halving'][-1]:.0e} in float32 at log decays of {-strengths[-1]:g}"
forms = "forms differ by {:.0e}".format
equalities = [
    ("Linear attention; + kernel", "recurrent = parallel = chunkwise", forms(zoo_forms("linear", "kernel")), zoo_forms("linear", "kernel") < 1e-9),
    ("Gated RFA, DFW, HGRN-2, RWKV-6", "the three forms agree", forms(zoo_forms("gated_rfa", "dfw", "hgrn2", "rwkv6")), zoo_forms("gated_rfa", "dfw", "hgrn2", "rwkv6") < 1e-9),
    ("RetNet", "three forms agree; the decay matrix", forms(zoo_forms("retnet")), zoo_forms("retnet") < 1e-9),
    ("S4 (table row)", "a recurrence that is a convolution", f"differ by {s4_error:.0e}", s4_error < 1e-9),
    ("Mamba (table row)", "a scan for each channel and state", f"differ by {mamba_error:.0e}", mamba_error < 1e-9),
    ("GLA", "agrees under strong decay, without overflow", strong, stable["halving"][-1] < 1e-5 and zoo_forms("gla") < 1e-9),
    ("mLSTM", "no overflow with large input gates", f"largest input gate e^{p['i'].max():.0f}, output at most {large.abs().max():.1f}", bool(large.isfinite().all())),
    ("Mamba-2", "SSD: a semiseparable matrix", f"a 32 × 32 block below the diagonal has rank {rank}, d_k = 4", rank == 4 and zoo_forms("mamba2") < 1e-9),
]  # fmt: skip
best_rest = remembered["linear"][0] + remembered["linear"][1]
_recall_verdict = "reproduced" if remembered["DeltaNet"][0] - remembered["DeltaNet"][1] > max(best_rest, 0.9) else (
    "partly" if remembered["DeltaNet"][0] - remembered["DeltaNet"][1] > best_rest else "not here"
)  # fmt: skip
accuracies = right["a quadratic curve"]
grown = {name: quartiles[-1][1] / quartiles[0][1] for name, quartiles in times.items()}
figures.claims(
    [
        Claim(
            "A linear classifier on the quadratic features separates two rings; both kernels are equal",
            f"new points right: {min(accuracies):.1%} to {max(accuracies):.1%} over 5 seeds "
            f"(on the coordinates {min(right['a line']):.1%} to {max(right['a line']):.1%}); kernels differ by {kernel_error:.0e}",
            "reproduced" if min(accuracies) > 0.99 and kernel_error < 1e-10 else "partly",
        ),
        Claim(
            "The cost of a generated token does not depend on the context for linear attention, and grows for softmax attention",
            f"from {contexts[0]} to {contexts[-1]} tokens: linear × {grown['linear']:.2f}, softmax × {grown['softmax']:.1f}; "
            f"{answer}",
            "reproduced" if grown["linear"] < 1.3 and grown["softmax"] > 2 else "partly",
        ),
        Claim(
            "With a normaliser, the recurrent, the parallel and the chunked form are the same layer",
            f"output, state and gradients differ by {form_error:.0e} in float64",
            "reproduced" if form_error < 1e-10 else "not here",
        ),
        Claim(
            "Linear attention reaches the quality of softmax attention",
            f"loss higher by {gap:.3f} nats per character, 95 % interval {gap - half:.3f} to {gap + half:.3f}, "
            f"{len(gaps)} seeds, {language['steps']} steps",
            "not here" if gap - half > 0.02 else "partly" if gap > 0.02 else "reproduced",
            "One small model, one text, one learning rate that was tuned for neither: read the sign, not the size.",
        ),
        Claim(
            "Fast weights: additive memory and the delta rule have a capacity",
            f"{counts[-1]} keys in {channels} dimensions: hits {capacity['linear attention'][1][-1]:.2f} (additive), "
            f"{capacity['delta rule'][1][-1]:.2f} (delta rule, one pass), {capacity['delta rule, 4 passes'][1][-1]:.2f} (four)",
            "partly" if worse_from else "reproduced",
            "Errors are smaller with the delta rule, hits are not more: it does not store more distinct keys.",
        ),
        Claim(
            "DeltaNet solves recall with overwritten keys, linear attention does not",
            f"accuracy {remembered['DeltaNet'][0]:.2f} ± {remembered['DeltaNet'][1]:.2f} against "
            f"{remembered['linear'][0]:.2f} ± {remembered['linear'][1]:.2f}; softmax {remembered['softmax'][0]:.2f}",
            _recall_verdict,
            f"by seed: {', '.join(f'{x:.2f}' for x in last(record['recall']['runs'], 'DeltaNet'))}; when a model finds the rule "
            "differs from seed to seed, and some runs end before. Untrained, the delta rule does overwrite (figure above).",
        ),
        *(
            Claim(f"{title}: {what}", measured, "reproduced" if good else "not here")
            for title, what, measured, good in equalities
        ),
    ]
)

# %% [markdown]
# ## Errata
#
# - The slide writes the read-out as $\mathbf{z}_i = \mathbf{S}\phi(\mathbf{q}_t) / \mathbf{u}^\top\phi(\mathbf{q}_t)$: output $i$, query $t$. Both are the
#   same position. The cell below reads with another position's query and shows that it is another output.
# - The first map on the slide, $(x_1, x_2, x_1^2, x_1x_2, x_2^2)$, does not have the kernel $(\mathbf{x}^\top\mathbf{x}'+1)^2-1$; the corrected
#   one with $\sqrt2$, on the next line of the slide, does.
# - In the slide's text the expansion of that kernel has the term $x_1^2\,x_2'^2$ where $x_1^2\,x_1'^2$ belongs. Computed as
#   written there, it is not equal to the line below it.
# - The table's row of mLSTM divides by $\max(1, \mathbf{u}^\top\mathbf{q})$; the published model has the absolute value. Without it, a
#   negative sum is replaced by 1.
# - The table's RWKV-6 has its bonus $\mathbf{d}$ on the value channels; in the published model it weighs the key channels.
# - After the brackets have moved, "all matrices are $L\times d$" is said of $\mathbf{Q}$, $\mathbf{K}$ and $\mathbf{V}$; the product in
#   the brackets is smaller still, $d\times d$, and it is the one that matters: it is the state.

# %%
q, k, v = torch.randn(3, 8, 4, generator=g)
z, state = linear.brackets(phi(q), phi(k), v)
other, _ = linear.brackets(phi(q).roll(1, 0), phi(k), v)
print(f"the query of another position changes the output by up to {(z - other).abs().max():.2f}")

x, y = torch.randn(2, 5, 2, generator=g)


def plain(x):
    return torch.stack([x[:, 0], x[:, 1], x[:, 0] ** 2, x[:, 0] * x[:, 1], x[:, 1] ** 2], dim=-1)


def expansion(x, y, printed):
    """The slide's second line, as its text has it and as it should be."""
    first = x[:, :1] ** 2 * (y[:, 1] if printed else y[:, 0]) ** 2
    a, b = x[:, :1] * y[:, 0], x[:, 1:] * y[:, 1]
    return 2 * a + 2 * b + first + 2 * a * b + b**2


print(
    f"without the roots the kernel is off by up to {(plain(x) @ plain(y).T - kernels.quadratic_kernel(x, y)).abs().max():.2f}"
)
for name, printed in (("as written", True), ("corrected", False)):
    error = (expansion(x, y, printed) - kernels.quadratic_kernel(x, y)).abs().max()
    print(f"the expansion {name} is off by up to {error:.1g}")
print(f"the product in the brackets: {tuple(state.S.shape)}, from queries of shape {tuple(q.shape)}")

# %% [markdown]
# ## What to remember
#
# 1. Softmax attention is quadratic because the exponential acts on each *pair*. A scalar product of features does not.
# 2. $\mathbf{Q}(\mathbf{K}^\top\mathbf{V})$ costs $L\,d^2$; $(\mathbf{Q}\mathbf{K}^\top)\mathbf{V}$ costs $L^2d$. Same numbers.
# 3. The causal form is a recurrent network: a matrix that collects outer products, and a vector that counts keys.
# 4. Generation costs the same per token at any context, with a state that never grows. Therefore it cannot hold everything:
#    what is added is never removed, and the model pays for it in quality.
# 5. Fourteen models are one recurrence. They differ in what fades (nothing, the state, a channel), and in what is written.
# 6. A decay forgets by age, the delta rule by address. Only the second overwrites.
# 7. Chunks need no positive exponent: refer every pair to a boundary between them.
#
# ## Check yourself

# %% tags=["hide-input"]
# @title Question
quiz("08-brackets")

# %% tags=["hide-input"]
# @title Question
quiz("08-key-written-twice")

# %% tags=["hide-input"]
# @title Question
quiz("08-twice-the-channels")

# %% tags=["hide-input"]
# @title Question
quiz("08-which-form")

# %% tags=["hide-input"]
# @title Question
quiz("08-masked-before")

# %% [markdown]
# ## References
#
# - Katharopoulos, Vyas, Pappas, Fleuret 2020. *Transformers are RNNs: fast autoregressive transformers with linear attention.* ICML.
# - Choromanski et al. 2021. *Rethinking attention with Performers.* ICLR.
# - Schlag, Irie, Schmidhuber 2021. *Linear transformers are secretly fast weight programmers.* ICML.
# - Peng et al. 2021. *Random feature attention.* ICLR. · Sun et al. 2023. *Retentive network.* · Gu, Goel, Ré 2022. *S4.* ICLR.
# - Gu, Dao 2024. *Mamba.* COLM. · Dao, Gu 2024. *Transformers are SSMs* (Mamba-2). ICML. · Beck et al. 2024. *xLSTM.* NeurIPS.
# - Peng et al. 2024. *Eagle and Finch* (RWKV-6). COLM. · Qin et al. 2024. *HGRN2.* COLM. · Arora et al. 2024. *Zoology.* ICLR.
# - Yang, Kautz, Hatamizadeh 2025. *Gated delta networks.* ICLR.
# - Mao 2022. *Fine-tuning pre-trained transformers into decaying fast weights.* EMNLP.
# - Yang, Wang, Shen, Panda, Kim 2024. *Gated linear attention transformers with hardware-efficient training.* ICML.
# - Yang, Wang, Zhang, Shen, Kim 2024. *Parallelizing linear transformers with the delta rule over sequence length.* NeurIPS.

# %% [markdown] tags=["next"]
# **Now write it yourself:** [lab 08](../work/08_linear_attention/08_lab.ipynb), about 120 minutes. **Next:** [09 State space models](09_state_space.ipynb).
