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
# network with a matrix for a memory. From there a whole family follows: fifteen models, each of them one line of a table.

# %% [markdown] tags=["badge"]
# about 120 minutes

# %% [markdown] tags=["preview"]
# ![Matrices drawn to scale: Q, K^T, V, brackets around K^T and V; L d^2 products for the bracket.](pictures/08_linear_attention.webp)
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
# - replace a nonlinear classifier by a linear one in a larger space, and compute with its kernel alone;
# - say what exactly in softmax attention forbids moving the brackets, and what takes its place;
# - write linear attention in four forms, from all pairs to one token, and show that they agree;
# - predict what a generated token costs as the context grows, and check it with a clock;
# - say what the linear form loses on real text, with an interval, and when a difference is none;
# - read the table of fifteen models: what each keeps, writes and reads, and what a decay and the delta rule are for;
# - say how a decaying recurrence is computed in chunks without a single positive exponent.
#
# The letters: a length $L$, queries and keys of $d_k$ channels, values of $d_v$, a state
# $\mathbf{S}\in\mathbb{R}^{d_v\times d_k}$. Part one goes from the linear classifier to the recurrent transformer, part two
# through the family. Each is an hour's reading; take a break between them.

# %%
import torch
import torch.nn.functional as F
from llmcourse import data, records, runtime, triton_language
from llmcourse.figures import quiz, show_source, table
from llmcourse.recurrence import ZOO, Recurrence, experiments, feature_maps, kernels, linear, memory
from llmcourse.recurrence import zoo
from llmcourse.recurrence.lecture_08 import claims, equalities, pictures, tables, timing
from torch.utils.flop_counter import FlopCounterMode

print(runtime.describe())

# %% [markdown]
# ## What does a longer text cost?
#
# Softmax attention, measured here: one layer, four heads of 64 channels, a text of growing length. The slope of the line
# is the exponent: 1 would be proportional to the length, 2 is quadratic.

# %%
g = runtime.seed(0)
cost = {}
for L in runtime.pick(full=[1024, 2048, 4096, 8192], smoke=[64, 128], gpu=[1024, 4096, 16384, 65536]):
    q, k, v = torch.randn(3, 1, 4, L, 64, generator=g).to(runtime.device())
    cost[L] = runtime.quickest(lambda *x: F.scaled_dot_product_attention(*x, is_causal=True), q, k, v, repeat=2)

# %% tags=["hide-input"]
# @title Figure: cost of length
pictures.cost_of_length(cost)

# %% [markdown]
# ## A detour: when a straight line is not enough
#
# A linear classifier says which side of $w_0 + w_1x_1 + w_2x_2 = 0$ a point is on. Two rings have no such line. But a
# *quadratic* curve separates them, $w_0 + w_1x_1 + w_2x_2 + w_3x_1^2 + w_4x_1x_2 + w_5x_2^2 = 0$, and this is again a
# linear classifier, of the five numbers $x_1, x_2, x_1^2, x_1x_2, x_2^2$. The map from two numbers to five is the **feature
# map** $\phi$. (The points are synthetic: here we want to know the answer. The percentages are of new points.)

# %%
points, ring = data.circles(200, runtime.seed(0))
maps = {"a line": feature_maps.identity, "a quadratic curve": kernels.quadratic_map}
right = {name: [kernels.right_on_rings(phi, seed) for seed in range(10)] for name, phi in maps.items()}

# %% tags=["hide-input"]
# @title Figure: rings
pictures.rings(points, ring, maps, right, n=200)

# %% [markdown]
# ### The kernel: scalar products without the features
#
# Take $\phi(\mathbf{x}) = (\sqrt2x_1, \sqrt2x_2, x_1^2, \sqrt2x_1x_2, x_2^2)$. Why the factors $\sqrt2$? Multiply out:
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
    phi_x, phi_y = kernels.quadratic_map(x), kernels.quadratic_map(y)
    error = equalities.differ(phi_x @ phi_y.T, kernels.quadratic_kernel(x, y))
    kernel_error = max(kernel_error, error)
    rows.append((d, phi_x.shape[-1], f"{error:.0e}"))
table(rows, ["coordinates", "features", "largest difference of the two kernels, relative"])

# %% [markdown]
# **Now do exercise 1** of the [lab](../work/08_linear_attention/08_lab.ipynb): write the map for any number of coordinates.

# %% tags=["hide-input"]
# @title Source
show_source(kernels.quadratic_map, after="exercise 1")

# %% [markdown]
# Features need not be powers. A **local** feature is large near one point and zero far from it; with one at every
# training point, a linear classifier can follow the points wherever they go. **Drag the width**: narrow bumps make islands
# around single points, wide ones a smooth region. The kernel of such features for *all* possible centres is a bump again, and
# it has infinitely many features: no computer can list them, and nobody has to.

# %% tags=["hide-input"]
# @title Figure: local features
pictures.local_features(points, ring, (0.05, 0.1, 0.2, 0.4, 0.8))

# %% [markdown]
# The trick is usually read from left to right: *features are expensive, use the kernel*. Attention needs it from right
# to left: **the kernel is expensive, use the features.**
#
# ## Why the softmax is in the way
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
# $d$ at most; its exponential, taken entry by entry, generally has full rank. Look at the singular values.

# %%
L, d = 256, 16
phi = feature_maps.elu_plus_one
q, k = torch.randn(2, L, d, generator=g, dtype=torch.float64)
scores = q @ k.T / d**0.5
kinds = {"scores $QK^T$": scores, "their exponential": scores.exp(), r"$\phi(Q)\phi(K)^T$, elu + 1": phi(q) @ phi(k).T}
spectra = {name: torch.linalg.svdvals(a) for name, a in kinds.items()}
ranks = {name: int((s > 1e-10 * s[0]).sum()) for name, s in spectra.items()}

# %% tags=["hide-input"]
# @title Figure: spectra
pictures.spectra(spectra, ranks)

# %% [markdown]
# So the weight of a pair must remain a scalar product, of features. Choose a map $\phi$ with positive values and put
#
# $$\alpha_{ij} = \frac{\phi(\mathbf{q}_i)^\top\phi(\mathbf{k}_j)}{\sum_{l}\phi(\mathbf{q}_i)^\top\phi(\mathbf{k}_l)}.$$
#
# Which map? The exponential of a scalar product *is* a kernel, and its features can be drawn at random: the mean of
# $\phi(\mathbf{q})^\top\phi(\mathbf{k})$ over draws is $e^{\mathbf{q}^\top\mathbf{k}}$ (Performer). Or take a simple positive map that
# has a gradient everywhere, $\mathrm{elu}(x)+1$, and let training do the rest (Linear Transformer).

# %% tags=["hide-input"]
# @title Source
show_source(feature_maps.elu_plus_one, feature_maps.RandomFeatures)

# %%
random_map = feature_maps.RandomFeatures(8, 256, torch.Generator().manual_seed(0))
weights = {
    "softmax": lambda x: (x @ x.T).softmax(-1),
    "elu + 1": lambda x: F.normalize(phi(x) @ phi(x).T, p=1, dim=-1),
    "256 random features": lambda x: F.normalize(random_map(x) @ random_map(x).T, p=1, dim=-1),
}
keys = F.normalize(torch.randn(24, 8, generator=g), dim=-1)

# %% [markdown]
# **Drag it.** Each of 24 queries equals its own key; the slider scales both. Softmax attention becomes as sharp as
# you like. elu + 1 does not: its weights can't follow. Random features follow until their number no longer suffices.

# %% tags=["hide-input"]
# @title Figure: sharpness
pictures.sharpness(weights, keys, runtime.pick(full=[0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0], smoke=[0.0, 1.0, 2.0]))

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
# **Play it.** The boxes are drawn to scale, and the dark one is what has to be computed first.

# %% tags=["pictured", "hide-input"]
# @title Figure: brackets
pictures.brackets()

# %% [markdown]
# Below is the definition, in its plainest form; `EPS` guards the division, since even positive features may underflow to
# zero. The form with the brackets moved is yours to write: **exercise 2**.

# %% tags=["hide-input"]
# @title Source
show_source(linear.pairs)

# %% tags=["hide-input"]
# @title Source
show_source(linear.brackets, after="exercise 2")

# %% [markdown]
# Do they agree, and what do they cost? Floating-point operations are counted, not timed; the seconds are this machine's.

# %%
rows = []
for L in runtime.pick(full=[512, 2048, 8192], smoke=[64, 128]):
    q, k, v = torch.randn(3, 4, L, 64, generator=g)
    q, k = phi(q), phi(k)
    counted = []
    for form in (lambda *x: linear.pairs(*x), lambda *x: linear.brackets(*x)[0]):
        with FlopCounterMode(display=False) as counter:
            z = form(q, k, v)
        counted.append((z, counter.get_total_flops(), runtime.quickest(form, q, k, v, repeat=2)))
    (slow, many, long), (fast, few, short) = counted
    rows.append(
        (
            L,
            f"{many / 1e9:.2f}",
            f"{few / 1e9:.3f}",
            f"{many / few:.0f}",
            f"{long / short:.0f}",
            f"{equalities.differ(fast, slow):.0e}",
        )
    )
header = ["length", "all pairs, Gflop", "brackets, Gflop", "ratio", "ratio of seconds", "difference"]
table(rows, header, "4 heads of 64 channels; the ratio of operations is L / d")

# %% [markdown]
# ## The causal form is a recurrent network
#
# What is in $\mathbf{S}$? Every token adds one outer product: its value, in the direction of its key. A query reads, in
# one product, a mixture of all values, each as strongly as its key resembles the query. No value has a place of its own:
# all of them lie on top of each other.
#
# A model that writes may look only at the past. Then the sums stop at $t$, and both grow by one term per token:
#
# $$\mathbf{S}_t = \mathbf{S}_{t-1} + \mathbf{v}_t\,\phi(\mathbf{k}_t)^\top,\qquad \mathbf{u}_t = \mathbf{u}_{t-1} + \phi(\mathbf{k}_t),\qquad
#   \mathbf{z}_t = \frac{\mathbf{S}_t\,\phi(\mathbf{q}_t)}{\mathbf{u}_t^\top\phi(\mathbf{q}_t)}.$$
#
# A hidden state, an update, a read-out: a recurrent network, whose state is a matrix and whose update is linear in it.
#
# **Play it.** Twelve tokens; each key is one direction of four, so each value goes to one column of $\mathbf{S}$. Keys repeat:
# watch what happens to a column that is written again.

# %%
where = [0, 1, 2, 3, 0, 1, 2, 3, 0, 0, 0, 0]  # the direction of each key
directions = torch.eye(4)[where]
values = torch.randn(12, 6, generator=torch.Generator().manual_seed(4)).clamp(-2, 2)
states = [linear.recurrent(directions[:t], directions[:t], values[:t])[1] for t in range(1, 13)]

# %% tags=["hide-input"]
# @title Figure: filling
pictures.filling(where, values, states)

# %% [markdown]
# A second write to the same key does not replace the first: it is *added*, and with the normaliser you read the mean of both.
# Forgetting has to be invented separately. That is what the second half of the module is about.
#
# **Now do exercises 3 and 4**: the loop over a text, and one step of it for writing.

# %% tags=["hide-input"]
# @title Source
show_source(linear.recurrent, linear._write, linear._read, after="exercises 3 and 4")

# %% [markdown]
# ### Four forms, one layer
#
# All pairs under a mask, to define it; a loop, to generate; a single step of it, to write on; and, to train, **chunks**: all pairs inside
# a chunk of 64 tokens, the recurrence between chunks (exercise 6). They must agree in what they return, in the state they
# leave, and in every gradient.

# %%
form_rows = equalities.of_linear_attention(runtime.pick(full=300, smoke=70))
form_error = max(error for _, numbers, *errors in form_rows if numbers == "float64" for error in errors)

# %% tags=["hide-input"]
# @title Table: forms
tables.forms(form_rows)

# %% [markdown]
# ## What one generated token costs
#
# A transformer that writes keeps the keys and values of everything so far, and reads all of them for each new token. The
# recurrent form reads one matrix. Before you look: how will the two curves run? Measured is one mixer of width 128 with four
# heads, one token, after contexts of growing length.

# %%
contexts = runtime.pick(full=[64, 256, 1024, 4096, 16384, 65536], smoke=[256, 1024])
times = timing.tokens(contexts, rounds=runtime.pick(full=8, smoke=2), repeat=runtime.pick(full=12, smoke=3))
cheaper = claims.cheaper_from(times, contexts)

# %% tags=["hide-input"]
# @title Figure: cost of a token
pictures.cost_of_a_token(contexts, times, cheaper)

# %% [markdown]
# ## What is lost? A language model on real text
#
# The World Factbook, character by character: 2.7 million characters of real prose. Two models that differ in their mixer
# alone, softmax attention or linear attention with elu + 1, see the same batches from the same start. Here is the live run, one
# seed, shortened; the record below it is longer and has three seeds.

# %% tags=["hide-input"]
# @title Source
show_source(experiments.language_model)

# %%
corpus, live = experiments.Corpus(), {}
steps = runtime.pick(full=200, smoke=3)
for name in ("softmax", "linear"):
    model, history = experiments.language_model(
        corpus, experiments.MIXERS[name], steps, seed=0, every=max(steps // 8, 1), name=name
    )
    live[name] = (model, history)
    print(f"{name}: {model.parameters_count:,} parameters, {history.seconds:.0f} CPU seconds, "
          f"{history.validation[-1][1]:.3f} nats per character after {steps} steps")  # fmt: skip

# %%
language = records.load("08")
print(records.made(language))
panels = {panel: language["language"][panel] for panel in ("equal steps", "equal seconds")}
compared = ("softmax", "linear", "GLA")
live_curves = {name: history.validation for name, (_, history) in live.items()}

# %% tags=["hide-input"]
# @title Figure: curves
pictures.curves(panels, compared, "validation loss, nats per character", "", (1.7, 2.7), live_curves)

# %% [markdown]
# Left, every mixer takes 400 steps. Right, every mixer has as many *seconds* as GLA needs for its 400, and whoever is faster trains longer.
# (Black: the live run above, whose schedule is shorter.) At 128 characters the quadratic form is still the fast one: linear attention pays off
# with length, and there is none here.
#
# One learning rate for all is not fair, though. So a second, smaller record gives softmax and linear attention a search each, with half the steps and on a seed that
# does not count afterwards.

# %%
quality = records.load("08_quality")
print(records.made(quality))

# %% tags=["hide-input"]
# @title Table: searched
tables.searched(quality, "nats per character")

# %%
one_rate, own_rate = (
    claims.price(runs).told("+.3f") for runs in (language["language"]["equal steps"], quality["runs"])
)
print(f"linear less softmax, nats per character: at one rate {one_rate}; each at its own {own_rate}")

# %% [markdown]
# Compare the two numbers before you believe the figure above. At the rate that served all, 0.003, softmax attention is far ahead. In the second record each has a rate of its own, well above that one, and the models are
# half as wide and trained for fewer steps: there the gap is less than half as large, and still on the same side with every seed. Both records are short. What linear attention *must* lose shows when there is more to
# remember than its state can hold: that is what the tasks of part two are about.

# %% [markdown]
# **Let them write.** Both models are tiny and have seen little; what differs is how they remember. Change the prompt and the
# temperature.


# %%
def write(prompt="The government", temperature=0.7, seed=0):
    start = corpus.characters.encode(prompt)[None].to(runtime.device())
    for name, (model, _) in live.items():
        out = model.generate(start, runtime.pick(full=160, smoke=5), torch.Generator().manual_seed(seed), temperature)
        print(f"{name:8} {prompt}{corpus.characters.decode(out[0].cpu())}\n")


try:
    from ipywidgets import interact
except ModuleNotFoundError:
    interact = None
write()
if interact:
    interact(write, prompt="The government", temperature=(0.1, 1.5, 0.1), seed=(0, 9))

# %% [markdown]
# # Part two: what came of it
#
# ## Fifteen rows, one recurrence
#
# Each of the models below keeps a state, writes to it and reads from it. All of them are this:
#
# $$\mathbf{S}'_t = \mathrm{diag}(e^{\mathbf{g}^v_t})\,\mathbf{S}_{t-1}\,\mathrm{diag}(e^{\mathbf{g}^k_t}),\qquad
#   \mathbf{S}_t = \mathbf{S}'_t + \mathbf{w}_t\mathbf{k}_t^\top,\qquad \mathbf{o}_t = \mathbf{S}_t\mathbf{q}_t.$$
#
# First the state fades, then something is written, then it is read. What is written is $\mathbf{w}_t=\mathbf{v}_t$, or, under the **delta
# rule**, what is still missing: $\mathbf{w}_t = \beta_t(\mathbf{v}_t - \mathbf{S}'_t\mathbf{k}_t)$, looked up in the state that has already faded.
# Two more ideas make every row fit. A **normaliser** is one more row of $\mathbf{S}$, whose value is always 1. And a model whose decay differs
# by channel *and* state (S4, Mamba) is a set of heads with a single value channel. Three rows read a little more than $\mathbf{S}_t\mathbf{q}_t$: S4
# and Mamba add $\mathbf{D}\odot\mathbf{v}_t$, RWKV-6 reads $\mathbf{S}_{t-1}$ and weighs its own token separately.
#
# | row | keeps | writes | reads |
# |---|---|---|---|
# | linear; + kernel; + norm | everything | $\mathbf{v}\mathbf{k}^\top$; $\mathbf{v}\,\phi(\mathbf{k})^\top$ | $\mathbf{S}\mathbf{q}$; $\mathbf{S}\phi(\mathbf{q})$; divided by $\mathbf{u}^\top\phi(\mathbf{q})$ |
# | DeltaNet | all but what it overwrites | $\beta(\mathbf{v}-\mathbf{S}\mathbf{k})\mathbf{k}^\top$ | $\mathbf{S}\mathbf{q}$ |
# | Gated RFA | $g_t$, one gate from the input | $(1-g_t)\,\mathbf{v}\,\phi(\mathbf{k})^\top$ | divided by $\mathbf{u}^\top\phi(\mathbf{q})$ |
# | S4 | $e^{-\Delta e^{\mathbf A}}$, fixed, per channel and state | $\mathbf{B}\odot(\mathbf{v}\mathbf{1}^\top)$ | $(\mathbf{S}\odot\mathbf{C})\mathbf{1}+\mathbf{D}\odot\mathbf{v}$ |
# | DFW | $\boldsymbol\beta_t\boldsymbol\alpha_t^\top$, for rows and columns | $\mathbf{v}\mathbf{k}^\top$ | $\mathbf{S}\mathbf{q}$ |
# | RetNet | $\gamma$, fixed, one a head | $\mathbf{v}\mathbf{k}^\top$ | $\mathbf{S}\mathbf{q}$ |
# | Mamba | $e^{-\Delta_t e^{\mathbf A}}$, per channel and state | $(\Delta_t\odot\mathbf{v})\mathbf{k}^\top$ | $\mathbf{S}\mathbf{q}+\mathbf{D}\odot\mathbf{v}$ |
# | GLA | $\boldsymbol\alpha_t$, per key channel | $\mathbf{v}\mathbf{k}^\top$ | $\mathbf{S}\mathbf{q}$ |
# | RWKV-6 | $\boldsymbol\alpha_t$, per key channel | $\mathbf{v}\mathbf{k}^\top$ | $(\mathbf{S}_{t-1}+\mathbf{v}(\mathbf{d}\odot\mathbf{k})^\top)\,\mathbf{q}$ |
# | HGRN-2 | $\boldsymbol\alpha_t$, per key channel | $\mathbf{v}(1-\boldsymbol\alpha_t)^\top$ | $\mathbf{S}\mathbf{q}$ |
# | mLSTM | $f_t$, one gate | $e^{i_t}\,\mathbf{v}\mathbf{k}^\top$ | divided by $\max(1,\lvert\mathbf{u}^\top\mathbf{q}\rvert)$ |
# | Mamba-2 | $\gamma_t$, one gate from the input | $\Delta_t\,\mathbf{v}\mathbf{k}^\top$ | $\mathbf{S}\mathbf{q}$ |
# | gated DeltaNet | $\alpha_t$, one gate, and what it does not overwrite | $\beta(\mathbf{v}-\mathbf{S}'\mathbf{k})\mathbf{k}^\top$ | $\mathbf{S}\mathbf{q}$ |
#
# In code a row is a few lines. These are some; HGRN-2's is exercise 8.

# %% tags=["hide-input"]
# @title Source
show_source(zoo.retnet, zoo.gla, zoo.mlstm)

# %% [markdown]
# **The live map.** For every row: do the loop, the chunks and all pairs agree, in the output and in every gradient? How exact
# are chunks in float32? And how much faster are they than the loop? Add a row of your own: write a function with
# arguments named as in `zoo.py`, put it in `rows`, and run the cell again.


# %%
def yours(q, k, v, a):
    """A row of your own: this one forgets by a gate and writes what the gate leaves."""
    return Recurrence(q, a.sigmoid() * k, v, gk=F.logsigmoid(-a))


rows = ZOO | {"yours": yours}
apart = tables.apart(rows)

# %% tags=["hide-input"]
# @title Table: map of rows
tables.map_of_rows(rows, apart, length=runtime.pick(full=1024, smoke=64))

# %% [markdown]
# S4 and Mamba gain nothing from these chunks, or lose: with a decay for every channel *and* state, no two channels share a matrix product.
# That is why Mamba brought a scan of its own ([lecture 10](10_mamba.ipynb)), and why Mamba-2 went back to one decay a head.
#
# ## What the delta rule is for
#
# Sixteen keys, random directions in 64 dimensions, are written again and again with new values; only the latest value of each
# counts. What does the memory return? Linear attention returns the sum of everything ever written there. A decay forgets the
# old writes, and the recent ones as well. The delta rule looks up what is there and writes the difference.

# %% tags=["hide-input"]
# @title Source
show_source(memory.overwritten)

# %%
counts = runtime.pick(full=[16, 32, 64, 128, 256], smoke=[16, 32])
errors = {rule: [memory.overwritten(n, rule, runtime.seed(n)) for n in counts] for rule in memory.RULES}

# %% tags=["hide-input"]
# @title Figure: overwriting
pictures.overwriting(counts, errors)

# %% [markdown]
# Does the delta rule also *hold more*? That is often said. Write $n$ different keys once each and read all of them back. The
# left figure shows the squared error, the right one how often the nearest of all values is the right one.

# %%
counts = runtime.pick(full=[16, 32, 48, 64, 96, 128], smoke=[16, 32])
capacity = {method: [memory.distinct(n, method, runtime.seed(n)) for n in counts] for method in memory.PASSES}

# %% tags=["hide-input"]
# @title Figure: capacity
pictures.capacity(counts, capacity)

# %% [markdown]
# So the usual sentence is half true: for different random keys, one pass of the delta rule has the smaller error and, as the memory fills,
# the *lower* hit rate, since the last writes disturb the first. Writing everything four times mends that while there are no more keys
# than channels; beyond, it does not. What the delta rule is for is overwriting.
#
# ## Recall with overwritten keys
#
# Does that matter for a *trained* model? A synthetic task, for control: 24 pairs over 8 keys, each key written at least
# once, then every key is asked for; the latest value counts. Two layers, no MLP, so that only the mixer can remember.

# %%
tokens, targets = (x[0].tolist() for x in next(experiments.overwritten(1, torch.Generator().manual_seed(0))))

# %% tags=["hide-input"]
# @title Table: example of recall
tables.example_of_recall(tokens, targets, experiments.KEYS)

# %% [markdown]
# **DeltaNet is more than the delta rule.** In the published layer, query, key and value go through SiLU, and query and key then have length one:
#
# $$\mathbf{q}_t=\frac{\mathrm{SiLU}(\mathbf{W}_q\mathbf{x}_t)}{\lVert\mathrm{SiLU}(\mathbf{W}_q\mathbf{x}_t)\rVert},\qquad
#   \mathbf{k}_t=\frac{\mathrm{SiLU}(\mathbf{W}_k\mathbf{x}_t)}{\lVert\mathrm{SiLU}(\mathbf{W}_k\mathbf{x}_t)\rVert},\qquad
#   \mathbf{v}_t=\mathrm{SiLU}(\mathbf{W}_v\mathbf{x}_t).$$
#
# (In front of each it has a short convolution; here, every model has one in front of its mixer.) Does such a detail matter? The first record of
# this task had the *bare* delta rule: keys of length one, and nothing else. The second has DeltaNet, with the same seeds, batches and learning rate.

# %%
published = records.load("08_recall")
print(records.made(published))
recall = {"runs": tables.with_bare_rules(language["recall"])["runs"] + published["runs"]}
for name in ("linear", "delta rule", "DeltaNet"):
    by_seed = ", ".join(f"{value:.2f}" for value in experiments.last(recall["runs"], name))
    print(f"{name:10} after {published['steps']} steps, by seed: {by_seed}")

# %% tags=["hide-input"]
# @title Figure: curves
pictures.curves(
    {"recall": recall["runs"]},
    ("softmax", "linear", "GLA", "delta rule", "DeltaNet"),
    "latest value right",
    "Recall, by seed",
    (0, 1.02),
)

# %% [markdown]
# Look at the single curves: a model waits on a plateau and then finds the rule, and when it does so differs from seed to seed. The bare rule
# finds it late on some seeds, or not within these steps. SiLU and the length of the query add nothing to what the memory *can* do; they make it easier to learn.
# A negative result with half of a published layer is a result about the missing half.
#
# ## What a decay does
#
# A decay between writer and reader: $D_{ts} = \prod_{r=s+1}^{t}\gamma_r$. RetNet has one constant for each head; Mamba-2 computes
# $\gamma_t$ from the input, so that one token can shut out everything before it. **Drag it**: token 12 closes its gate. Exercise 5 asks you for this matrix.

# %% tags=["hide-input"]
# @title Figure: decays
pictures.decays([1.0, 0.9, 0.7, 0.5, 0.3, 0.1, 0.03, 0.0])

# %% [markdown]
# ## Chunks without a positive exponent
#
# With a decay for each key channel (GLA, RWKV-6, HGRN-2) the textbook writes $q_t e^{G_t}$ and $k_s e^{-G_s}$ with $G=\sum g\le0$, and multiplies. The
# second exponent is *positive*: after a few strong decays it overflows, and the result is not a number. The cure is a
# picture: cut the square in halves. The lower left quarter, where the right half reads the left half, goes through the
# boundary between them: decays from the key *to the boundary*, and from the boundary *to the query*. Both exponents are
# negative, at any decay. Then do the same in each half.


# %%
def textbook(q, k, v, g):
    """The factorised form, as it is usually written."""
    G = g.cumsum(-2)
    return ((q * G.exp()) @ (k * (-G).exp()).mT).tril() @ v


strengths = [0.01, 0.1, 0.5, 1, 2, 5, 20, 100]
chunk_errors = [equalities.of_gates(strength, textbook) for strength in strengths]

# %% tags=["hide-input"]
# @title Figure: halving
pictures.halving(strengths, chunk_errors)

# %% [markdown]
# ## What the hardware wants (optional)
#
# A GPU has a large memory far from its arithmetic, and a small one next to it, on the chip. The large one is slow: a
# number that goes out and comes back costs as much time as many multiplications. So what counts is not only how often a
# form multiplies, but **what it writes in between**. Each operation of torch writes its result to the large memory, and
# the next one reads it again: scores, decays, masks. How much is that? Count it. In any case the outputs have to be
# written, and one state for each chunk, so that all chunks can be read side by side.

# %%
L = runtime.pick(full=4096, smoke=128)
traffic = {row: timing.bytes_written(L, row) for row in ("linear", "mamba2", "gla")}

# %% tags=["hide-input"]
# @title Table: written
tables.written(traffic, L)

# %% [markdown]
# A **fused kernel** does all steps of a chunk in one program and keeps what lies between them on the chip. That is also
# why chunks, and not all pairs: the scores of a chunk fit there, those of a sequence don't. The library has the engine's
# chunks as kernels in Triton, a Python for GPUs: one program walks over the chunks and stores their states, then one
# program for each chunk computes its outputs. Below is the second, with the decay of a chunk. Every exponent is again a
# sum of negative numbers; with a decay per channel it is summed column by column.
#
# Without a GPU Triton *interprets* a kernel, which shows that it is right and nothing about its speed. Is it the engine?

# %%
if triton_language.installed():
    from functools import partial

    from llmcourse.recurrence import fused

    show_source(fused._outputs.fn, fused._decay.fn, fused._by_channel.fn)
    shown = tables.kernels(equalities.of_kernels(partial(fused.chunkwise, chunk=16)))
else:
    shown = print(triton_language.MISSING)
shown

# %% [markdown]
# ## Why the normaliser went away
#
# It divides by a sum of weights. That is harmless while features are positive; a map that changes sign brings the sum near zero,
# and the output explodes. Later models drop the division and normalise the *output* of each head instead. Measured: the root
# mean square of the output, and its largest entry.

# %%
L = runtime.pick(full=2000, smoke=100)
q, k, v = torch.randn(3, 8, L, 16, generator=g)
reads = {
    "elu + 1, divided by u.q": linear.parallel(phi(q), phi(k), v)[0],
    "no map, divided by u.q": linear.parallel(q, k, v)[0],
    "no map, not divided": linear.parallel(q, k, v, normalise=False)[0],
    "no map, output normalised": F.rms_norm(linear.parallel(q, k, v, normalise=False)[0], (16,)),
}

# %% tags=["hide-input"]
# @title Table: reads
tables.reads(reads, (10, L // 10, L))

# %% [markdown]
# ## The rows, one by one
#
# What is each row for, and what does it change?
#
# **RetNet** (Sun et al. 2023) fades at a constant rate, another one in each head. Nothing in the text changes what it keeps.
#
# **S4** (Gu et al. 2022) has constant decays, too, but as many as it has entries in its state, and its keys and queries do not depend on the text either. What is constant can be
# computed as a convolution, and that is how S4 is trained: [lecture 09](09_state_space.ipynb).
#
# **Gated RFA** (Peng et al. 2021) was first to let the *text* decide. One gate for each head, $g_t=\sigma(a_t)$, keeps the state and the normaliser, and
# $1-g_t$ of the new token is written: an average whose window each character chooses.
#
# **Decaying fast weights** (DFW, Mao 2022) gate the columns of $\mathbf{S}$ by $\boldsymbol\alpha_t$ *and* its rows by $\boldsymbol\beta_t$. Every entry gets a decay of its own, but all
# of them from two vectors: the gate has rank one. It was built to turn a trained transformer into a recurrent network, so it has neither map nor normaliser.
#
# **GLA** (Yang et al. 2024) drops the rows' half. A gate for each *key* channel is enough to forget selectively, and it leaves the matrix products of chunks intact. The
# sixteenth root of the sigmoid keeps the decay near one.
#
# **RWKV-6** (Peng et al. 2024) has the same kind of gate as $e^{-e^{a}}$, and reads *before* it writes: the current token comes in through a bonus $\mathbf{d}$ of its own, so that a model can treat "now" differently
# from "before".
#
# **HGRN-2** (Qin et al. 2024) has no keys: its key is what the gate leaves, $1-\boldsymbol\alpha_t$. A channel that keeps its past writes little, a channel that forgets writes much. That saves a projection, and ties
# forgetting to writing.
#
# **mLSTM** (Beck et al. 2024) gates the write by $e^{i_t}$, without an upper limit: one important token can outweigh everything before it, and later ones can outweigh it again. The state is stored in units of its largest write; otherwise $e^{i}$ would overflow. The normaliser is $\max(1,\lvert\mathbf{u}^\top\mathbf{q}\rvert)$, which can't come near zero.
#
# **Mamba** (Gu and Dao 2024) is S4 whose step $\Delta_t$, key and query come from the text. A large step forgets and writes, a small one passes over the token: the same knob for both, for every channel. It is the subject of
# [lecture 10](10_mamba.ipynb).
#
# **Mamba-2** (Dao and Gu 2024) gives all channels and states of a head one decay. Then a chunk is a product of matrices again, and the whole map from $\mathbf{v}$ to $\mathbf{o}$ is a *semiseparable* matrix: every block below its diagonal has rank
# $d_k$ at most, however large it is.
#
# ## The claims, put to the test

# %% tags=["hide-input"]
# @title Claims: verdicts
claims.verdicts(right, 200, kernel_error, times, contexts, form_error, quality,
                {method: runs[-2] for method, runs in capacity.items()}, counts[-2], recall, apart, chunk_errors[-1][1])  # fmt: skip

# %% [markdown]
# ## Errata
#
# Notes on the deck that this course follows.
#
# - The read-out is printed as $\mathbf{z}_i = \mathbf{S}\phi(\mathbf{q}_t) / \mathbf{u}^\top\phi(\mathbf{q}_t)$: output $i$, query $t$. Both are the
#   same position. The cell below reads with another position's query and shows that it is another output.
# - The first map on the slide, $(x_1, x_2, x_1^2, x_1x_2, x_2^2)$, does not have the kernel $(\mathbf{x}^\top\mathbf{x}'+1)^2-1$; the corrected
#   one with $\sqrt2$, on the next line of the slide, does.
# - In the slide's text the expansion of that kernel has the term $x_1^2\,x_2'^2$ where $x_1^2\,x_1'^2$ belongs.
# - The table's row of mLSTM divides by $\max(1, \mathbf{u}^\top\mathbf{q})$; the published model has the absolute value. Without it, a
#   negative sum is replaced by 1.
# - The table's RWKV-6 has its bonus $\mathbf{d}$ on the value channels; in the published model it weighs the key channels.
# - After the brackets have moved, "all matrices are $L\times d$" is true of $\mathbf{Q}$, $\mathbf{K}$ and $\mathbf{V}$; the product in
#   the brackets is smaller still, $d\times d$, and it is the one that matters: it is the state.
# - The table has fourteen rows. Gated DeltaNet, our fifteenth, is not among them; it is here as the one row with both a decay and a delta rule.

# %%
q, k, v = torch.randn(3, 8, 4, generator=g)
z, _ = linear.brackets(phi(q), phi(k), v)
other, _ = linear.brackets(phi(q).roll(1, 0), phi(k), v)
print(f"the query of another position changes the output by up to {(z - other).abs().max():.2f}")
x, y = torch.randn(2, 5, 2, generator=g)
plain = lambda x: torch.cat([x, x**2, x[:, :1] * x[:, 1:]], -1)
print(
    f"without the roots the kernel is off by up to {(plain(x) @ plain(y).T - kernels.quadratic_kernel(x, y)).abs().max():.2f}"
)
printed = kernels.quadratic_map(x) @ kernels.quadratic_map(y).T + x[:, :1] ** 2 * (y[:, 1] ** 2 - y[:, 0] ** 2)
print(
    f"with the misprinted term the expansion is off by up to {(printed - kernels.quadratic_kernel(x, y)).abs().max():.2f}"
)

# %% [markdown]
# ## What to remember
#
# 1. Softmax attention is quadratic because the exponential acts on each *pair*. A scalar product of features does not.
# 2. $\mathbf{Q}(\mathbf{K}^\top\mathbf{V})$ costs $L\,d^2$; $(\mathbf{Q}\mathbf{K}^\top)\mathbf{V}$ costs $L^2d$. Same numbers.
# 3. The causal form is a recurrent network: a matrix that collects outer products, and a vector that counts keys.
# 4. Generation costs the same per token at any context, with a state that never grows. Therefore it can't hold everything, and
#    what is added is never removed. What that costs has to be measured, with a learning rate of its own for each model.
# 5. Fifteen models are one recurrence. They differ in what fades (nothing, the state, a channel), and in what is written.
# 6. A decay forgets by age, the delta rule by address. Only the second overwrites.
# 7. Chunks need no positive exponent: refer every pair to a boundary between them.
# 8. Before you say that a published method fails, compare your layer with the published one line by line.
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
quiz("08-token-after-token")

# %% tags=["hide-input"]
# @title Question
quiz("08-which-form")

# %% tags=["hide-input"]
# @title Question
quiz("08-masked-before")

# %% tags=["hide-input"]
# @title Question
quiz("08-through-the-boundary")

# %% tags=["hide-input"]
# @title Question
quiz("08-within-the-interval")

# %% [markdown]
# ## References
#
# - Katharopoulos, Vyas, Pappas, Fleuret 2020. *Transformers are RNNs: fast autoregressive transformers with linear attention.* ICML. [arXiv:2006.16236](https://arxiv.org/abs/2006.16236)
# - Choromanski et al. 2021. *Rethinking attention with Performers.* ICLR. [arXiv:2009.14794](https://arxiv.org/abs/2009.14794)
# - Schlag, Irie, Schmidhuber 2021. *Linear transformers are secretly fast weight programmers.* ICML. [arXiv:2102.11174](https://arxiv.org/abs/2102.11174)
# - Peng et al. 2021. *Random feature attention.* ICLR. [arXiv:2103.02143](https://arxiv.org/abs/2103.02143)
# - Gu, Goel, Ré 2022. *Efficiently modeling long sequences with structured state spaces* (S4). ICLR. [arXiv:2111.00396](https://arxiv.org/abs/2111.00396)
# - Mao 2022. *Fine-tuning pre-trained transformers into decaying fast weights.* EMNLP. [arXiv:2210.04243](https://arxiv.org/abs/2210.04243)
# - Sun et al. 2023. *Retentive network.* [arXiv:2307.08621](https://arxiv.org/abs/2307.08621)
# - Gu, Dao 2024. *Mamba.* COLM. [arXiv:2312.00752](https://arxiv.org/abs/2312.00752) · Dao, Gu 2024. *Transformers are SSMs* (Mamba-2). ICML. [arXiv:2405.21060](https://arxiv.org/abs/2405.21060)
# - Yang, Wang, Shen, Panda, Kim 2024. *Gated linear attention transformers with hardware-efficient training.* ICML. [arXiv:2312.06635](https://arxiv.org/abs/2312.06635)
# - Peng et al. 2024. *Eagle and Finch* (RWKV-6). COLM. [arXiv:2404.05892](https://arxiv.org/abs/2404.05892) · Qin et al. 2024. *HGRN2.* COLM. [arXiv:2404.07904](https://arxiv.org/abs/2404.07904)
# - Beck et al. 2024. *xLSTM.* NeurIPS. [arXiv:2405.04517](https://arxiv.org/abs/2405.04517) · Arora et al. 2024. *Zoology.* ICLR. [arXiv:2312.04927](https://arxiv.org/abs/2312.04927)
# - Yang, Wang, Zhang, Shen, Kim 2024. *Parallelizing linear transformers with the delta rule over sequence length.* NeurIPS. [arXiv:2406.06484](https://arxiv.org/abs/2406.06484)
# - Yang, Kautz, Hatamizadeh 2025. *Gated delta networks.* ICLR. [arXiv:2412.06464](https://arxiv.org/abs/2412.06464)

# %% [markdown] tags=["next"]
# **Now write it yourself:** [lab 08](../work/08_linear_attention/08_lab.ipynb), about 120 minutes. **Next:** [09 State space models](09_state_space.ipynb).
