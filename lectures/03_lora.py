# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 03 · LoRA and other adapters: leave the model, train a little beside it
#
# A language model with 135 million parameters writes fluent English, and can't add 47 and 38. Fine-tuning would teach it, and
# would leave you with a second model of the same size; for ten skills, ten models. Is there something small that can be put
# beside the model, learns the skill, and can be taken away again? This lecture builds it, in seven ways, and asks each of them the
# question that the deck calls the main one: *how large must it be?*

# %% [markdown] tags=["badge"]
# about 90 minutes

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
# - say what a matrix of low rank is, and find the best one for any matrix;
# - write LoRA, explain its start and its scale, merge it, take it out, and say what merging costs in bfloat16;
# - keep many adapters for one model, and say what each of them costs on disk, in time and in memory;
# - explain five answers to "which rank?": AdaLoRA's budget, SoRA's gates, ALoRA's ablations, DyLoRA's cuts, DoRA's other question;
# - read a table of ranks with intervals, and tell a win from a tie.
#
# The letters: a linear layer has a weight $\mathbf{W}\in\mathbb{R}^{d_\text{out}\times d_\text{in}}$ and maps $\mathbf{x}$ to $\mathbf{W}\mathbf{x}$; the slides' rank $k$ is the
# papers' $r$; $\mathbf{A}\in\mathbb{R}^{r\times d_\text{in}}$, $\mathbf{B}\in\mathbb{R}^{d_\text{out}\times r}$.

# %%
import math
import statistics
import tempfile
import time
from functools import partial

import torch
from llmcourse import adapters, data, figures, models, records, runtime, verdicts
from llmcourse.adapters import adalora, alora, dylora, experiments, files, low_rank, sora
from llmcourse.adapters.experiments import KINDS, LAYERS_ADAPTED, PENALTIES, RANKS, TASKS, adder, sums
from llmcourse.figures import COLOURS, Claim, explore, figure, label_lines, quiz, show_source, table

print(runtime.describe())

# %% [markdown]
# ## A model that can't add
#
# SmolLM2-135M-Instruct, as it is. Five sums, and then a fair count: two-digit sums that it answers right, digit for digit.

# %%
lm = models.load(dtype=torch.float32)
whole = sum(p.numel() for p in lm.model.parameters())
learn, test = sums()
test = test[: runtime.pick(full=60, smoke=4)]
for (prompt, answer), said in zip(test[:5], lm.generate([prompt for prompt, _ in test[:5]], tokens=6)):
    print(f"{prompt}{said.splitlines()[0] if said.strip() else ' (nothing)'}      right:{answer.strip()}")
before = models.answered(lm, test)
print(f"right: {before:.0%} of {len(test)}; {whole / 1e6:.1f} million parameters, {2 * whole / 1e6:.0f} MB in bfloat16")

# %% [markdown]
# ## Low rank
#
# The slide writes $\mathbf{X}\approx\mathbf{U}\mathbf{V}$ with a thin $\mathbf{U}\in\mathbb{R}^{N\times k}$ and a flat $\mathbf{V}\in\mathbb{R}^{k\times M}$: $k(N+M)$ numbers in place of $NM$.
# Which $\mathbf{U}$ and $\mathbf{V}$ are best? Every matrix is a sum $\sum_i s_i\,\mathbf{u}_i\mathbf{v}_i^\top$ with orthonormal $\mathbf{u}_i$, orthonormal $\mathbf{v}_i$ and falling weights $s_i\ge 0$.
# **Eckart and Young**: cut the sum after $k$ terms, and nothing of rank $k$ is nearer. The error is what was cut, $\sqrt{\sum_{i>k}s_i^2}$.

# %% tags=["hide-input"]
# @title Source
show_source(low_rank.truncate)

# %%
(images, classes), _ = data.digits()
X = images.flatten(1)  # (1437, 64): a row for each handwritten digit
U, V = low_rank.truncate(X, 8)
by_singular_values = low_rank.errors(X)[8].item()
print(
    f"rank 8: {((X - U @ V).norm() / X.norm()).item():.4f} off; from the singular values that were cut: {by_singular_values:.4f}"
)

# No other U does better: the best V for 200 random ones, each found by least squares.
g = runtime.seed(0)
others = []
for _ in range(runtime.pick(full=200, smoke=5)):
    other = X @ torch.randn(64, 8, generator=g)  # columns out of X's own
    others.append(((X - other @ torch.linalg.lstsq(other, X).solution).norm() / X.norm()).item())
print(f"the best of {len(others)} random ones: {min(others):.4f}")

# %% [markdown]
# Drag the rank. Real digits, each a row of one matrix of 1437 rows.

# %%
row = torch.stack([X[(classes == digit).nonzero()[0, 0]] for digit in range(10)])  # (10, 64)
curve = low_rank.errors(X)
right_vectors = torch.linalg.svd(X, full_matrices=False)[2]


def draw_rank(axes, k):
    kept = row @ right_vectors[:k].mT @ right_vectors[:k]  # what rank k leaves of these ten rows
    axes[0].imshow(kept.view(10, 8, 8).transpose(0, 1).reshape(8, 80), cmap="gray_r", vmin=0, vmax=16)
    axes[0].set(title=f"k = {k}: {k * sum(X.shape):,} of {X.numel():,} numbers", xticks=[], yticks=[])
    axes[0].grid(False)
    axes[1].plot(range(65), curve, color="#999999")
    axes[1].plot([k], [curve[k]], "o", color="black")
    axes[1].set(title=f"{curve[k]:.0%} off", xlabel="rank", ylabel="error", ylim=(0, 1.02))


explore(
    draw_rank,
    [1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64],
    label="k, the rank",
    alt=lambda k: f"Ten digits out of a matrix of rank {k}, and the error of every rank: {curve[k]:.0%} here",
    rows=2, width=7, height=3.6,
)  # fmt: skip

# %% [markdown]
# Digits are near to low rank. Are the weights of a language model? And is what fine-tuning *adds* to them? These are two questions, and LoRA
# needs a yes to the second only. Below, a small model that we trained to add (its weights come with the course: four blocks, "12+34=046", synthetic on
# purpose) is fine-tuned as a whole to say $|a-b|$ in place of $a+b$. Look at $\mathbf{W}$, and at the change $\Delta\mathbf{W}$.

# %%
small = adder()
small.requires_grad_(True)
pairs_test = experiments.split(0)[2]
lines = {task: experiments.written(pairs_test, task) for task in TASKS}
print(
    "the small model adds:",
    f"{experiments.accuracy(small, lines['base']):.1%}",
    "and finds |a-b|:",
    f"{experiments.accuracy(small, lines['far']):.1%}",
)
experiments.fit(small, "far", 0, 2e-3, runtime.pick(full=80, smoke=2))
print(
    f"fine-tuned as a whole for {runtime.pick(full=80, smoke=2)} steps: {experiments.accuracy(small, lines['far']):.1%} of |a-b|"
)

spectra = {"W": [], "change": []}
for _, W, new in experiments.change(small):
    spectra["W"].append(low_rank.errors(W)[:81].square())
    spectra["change"].append(low_rank.errors(new - W)[:81].square())
share = {name: 1 - torch.stack(rows).mean(0) for name, rows in spectra.items()}  # of the squares, held by the first k

record = records.load("03_addition")
real = {path: torch.tensor(values) for path, values in record["spectra"].items()}
real_share = torch.stack([(s.square().cumsum(0) / s.square().sum())[:192] for s in real.values()])
with figure(
    alt=f"Share of the squares that the first k singular values hold. At k = 8: the small model's weights {share['W'][8]:.0%}, their change "
    f"{share['change'][8]:.0%}, SmolLM2's change {real_share[:, 7].mean():.0%}.",
    height=3.4,
) as ax:
    ax.plot(share["W"], "--", label="weights, small model")
    ax.plot(share["change"], "-", label="their change")
    ax.plot(range(1, 81), real_share[:, :80].mean(0), ":", label="SmolLM2's change")
    ax.axvline(8, color="black", linewidth=0.8)
    ax.set(
        title="A change is of lower rank than what it changes",
        xlabel="k",
        ylabel="share of the squares",
        ylim=(0, 1.02),
    )
    label_lines(ax)
print(records.made(record))
print(f"k = 8 holds {share['W'][8]:.0%} of the small model's weights, {share['change'][8]:.0%} of their change;")
print(
    "of SmolLM2's change: "
    + ", ".join(f"{path.split('.', 2)[2]} {(s.square()[:8].sum() / s.square().sum()):.0%}" for path, s in real.items())
)

# %% [markdown]
# ## LoRA
#
# So freeze $\mathbf{W}$, and learn a change that *has* low rank:
#
# $$\mathbf{h} = \mathbf{W}\mathbf{x} + \frac{\alpha}{r}\,\mathbf{B}\mathbf{A}\mathbf{x}.$$

# %% tags=["hide-input"]
# @title Source
show_source(adapters.LoRA)

# %% [markdown]
# Two details carry it. $\mathbf{B}$ starts at zero, so training begins at the model itself; $\mathbf{A}$ does not, or nothing would ever move: the gradient
# of $\mathbf{B}$ contains $\mathbf{A}\mathbf{x}$, that of $\mathbf{A}$ contains $\mathbf{B}$. And $\alpha/r$: a sum over $r$ ranks that all push the same way grows with $r$. The
# division keeps a learning rate good for every rank. (rsLoRA divides by $\sqrt r$, because ranks that push at random grow like that.)

# %%
small = adder()
adapters.attach(small, "x", lambda layer: adapters.LoRA(layer, 4, 8.0), LAYERS_ADAPTED)
batch = next(experiments.batches(experiments.written(experiments.split(0)[0], "far"), g))
models.cross_entropy(small, batch).backward()
first = adapters.by_path(small, "x")["blocks.0.mlp.1"]
print(f"first step, size of the gradients: A {first.A.grad.norm():.1e}, B {first.B.grad.norm():.1e}")

same = adder()
unchanged = (same(batch[0])[0] - small(batch[0])[0]).abs().max().item()
print(f"before the first step the outputs differ from the base's by {unchanged:.0e}")

# %% [markdown]
# How is it attached? A layer is replaced by one that holds the layer itself, untouched, and adapters by name. Taking the last one away puts the very
# same layer back.

# %% tags=["hide-input"]
# @title Source
show_source(adapters.Adapted.forward, adapters.attach)

# %% [markdown]
# ## SmolLM2 learns to add
#
# Rank 8 beside every linear layer of all 30 blocks. Live for a few steps; the record has sixty.

# %%
adapters.attach(lm.model, "sums", partial(adapters.LoRA, r=8), KINDS)
trained = adapters.trainable(lm.model)
print(f"{trained:,} numbers learn, {trained / whole:.1%} of {whole:,}")
group = [{"params": [p for p in lm.model.parameters() if p.requires_grad]}]
live = models.train(
    lm.model, models.answer_batches(lm, learn, 16, runtime.seed(0)), runtime.pick(full=10, smoke=1), lr=1e-3, warm_up=5,
    loss=models.answer_loss, groups=group,
)  # fmt: skip
print("loss, nats per token: " + ", ".join(f"{x:.2f}" for x in live.loss))

# %%
steps, right = zip(*record["curve"])
low, high = zip(*(verdicts.wilson(p, record["tested"]) for p in right))
with figure(
    alt=f"Sums answered right against steps: from {right[0]:.0%} to {right[-1]:.0%} in {steps[-1]} steps, still rising."
) as ax:
    ax.fill_between(steps, low, high, color="#dddddd")
    ax.plot(steps, right, "-o")
    ax.set(
        title=f"{record['trained'] / record['of']:.1%} of the numbers learn to add",
        xlabel="steps",
        ylabel="sums right",
        ylim=(0, 1),
    )
print(records.made(record))
print(
    f"LoRA: {right[0]:.1%} before, {right[-1]:.1%} after {steps[-1]} steps of {record['batch']}, {record['seconds']} CPU seconds; grey: 95 % for {record['tested']} sums, one seed"
)
print(
    f"full fine-tuning at a twentieth of the learning rate, {record['full']['steps']} steps: {record['full']['curve'][-1][1]:.1%}, {record['full']['seconds']} CPU seconds"
)

# %% [markdown]
# ## The older way: a bottleneck
#
# The deck's first picture of an adapter is a small network with a residual connection: down to $m$ channels, a nonlinearity, up again. It
# too starts as nothing, since its second matrix is zero. What it can't do is disappear into the weight: it is no change of a matrix.

# %%
show_source(adapters.Bottleneck)
small = adder()
adapters.attach(small, "x", partial(adapters.Bottleneck, m=4), LAYERS_ADAPTED)
try:
    adapters.merge(small)
except TypeError as error:
    print(error)

# %% [markdown]
# ## Merging, and what bfloat16 does to it
#
# $\mathbf{W}+\frac{\alpha}{r}\mathbf{B}\mathbf{A}$ is a matrix like any other. Put it in the place of $\mathbf{W}$, and the adapter costs nothing. In float32 the outputs stay the
# same to rounding. In bfloat16 a weight has 8 significant bits: a change smaller than 1/512 of the weight is lost when the sum is rounded.
# How much of an update is that?

# %%
prompt = torch.tensor([lm.encode("47 + 38 =")])
with torch.no_grad():
    beside = lm.model(prompt).logits
    adapters.merge(lm.model)
    merged = lm.model(prompt).logits
    adapters.unmerge(lm.model)
merge_error = ((merged - beside).abs().max() / beside.abs().max()).item()
print(f"float32: merged and beside differ by {merge_error:.0e} of the largest logit")

lost, error = [], []
for path, adapter in adapters.by_path(lm.model, "sums").items():
    W = lm.model.get_submodule(path).weight.detach()
    delta = adapter.delta(None).detach()
    rounded = (W.bfloat16().float() + delta).bfloat16().float() - W.bfloat16().float()
    lost.append((rounded == 0).float().mean().item())
    error.append(((rounded - delta).norm() / delta.norm()).item())
print(
    f"bfloat16, after {len(live.loss)} steps: {statistics.mean(lost):.0%} of the entries do not change at all; the update is off by {statistics.mean(error):.0%}"
)
print("An adapter beside the layer keeps its own float32: that is one reason to leave it there while you train.")

# %% [markdown]
# ## Many adapters, one base
#
# A second adapter, of rank 4, and a third. What does each cost on disk, and how long does it take to change from one to the other?


# %%
def best_of(function, repeat=5):
    times = []
    for _ in range(repeat):
        start = time.perf_counter()
        function()
        times.append(time.perf_counter() - start)
    return min(times)


@torch.no_grad()
def one_token():
    lm.model(prompt[:, -1:])


for name, r in (("other", 4), ("third", 1)):
    adapters.attach(lm.model, name, partial(adapters.LoRA, r=r), KINDS)
rows = [("SmolLM2 itself, bfloat16", f"{2 * whole / 1e6:.1f}", "", "100 %")]
for name, r in (("sums", 8), ("other", 4), ("third", 1)):
    with tempfile.TemporaryDirectory() as folder:
        size = files.size(adapters.save(lm.model, name, folder))
    rows.append(
        (
            f"adapter of rank {r}, float32",
            f"{size / 1e6:.1f}",
            f"{1e3 * best_of(lambda name=name: adapters.use(lm.model, name)):.1f}",
            f"{size / 2 / whole:.1%}",
        )
    )
    if name == "sums":
        size_share = size / (2 * whole)
table(rows, ["what", "MB on disk", "ms to switch to it", "of the model"], "210 layers with three adapters each")

# %%
latency, merging = {}, []
for _ in range(runtime.pick(full=4, smoke=1)):  # all in turn: a busy machine is busy for all
    for name, used in (
        ("the base alone", ()),
        ("an adapter beside it", ("sums",)),
        ("three beside it", ("sums", "other", "third")),
    ):
        adapters.use(lm.model, *used)
        latency[name] = min(best_of(one_token), latency.get(name, math.inf))
    adapters.use(lm.model, "sums")
    start = time.perf_counter()
    adapters.merge(lm.model)
    merging.append(time.perf_counter() - start)
    latency["merged"] = min(best_of(one_token), latency.get("merged", math.inf))
    adapters.unmerge(lm.model)
slower = latency["merged"] / latency["the base alone"]
table(
    [(name, f"{1e3 * seconds:.0f}", f"{seconds / latency['the base alone']:.2f}") for name, seconds in latency.items()],
    ["one token through", "ms", "times the base"],
    f"the best of {5 * len(merging)}; merging took {1e3 * min(merging):.0f} ms",
)

# %% [markdown]
# They are gone as easily as they came, and the base is bit for bit what it was. The files are `peft`'s: what you save here, it loads, and the other
# way round.

# %%
adapters.detach(lm.model)
fresh = models.load(dtype=torch.float32).model.state_dict()
left = lm.model.state_dict()
print(
    "the base is what it was:",
    all(torch.equal(left[name], fresh[name]) for name in fresh) and left.keys() == fresh.keys(),
)
del fresh, left

# %% [markdown]
# ## The main problem: which rank?
#
# On the small model we can afford to ask often. A **near** task: $a+b+1$, the old skill and one step more. A **far** one: $|a-b|$, another skill in the
# same notation. LoRA of five ranks and full fine-tuning, the same number of steps, three seeds, learning rates chosen on other pairs; a record.

# %%
ranks_record, gates_record = records.load("03_ranks"), records.load("03_gates")


def runs(method, task="far", **how):
    """The runs of a method, one a seed."""
    return [
        run for run in ranks_record["runs"] + gates_record["runs"]
        if (run["method"], run["task"]) == (method, task) and all(run.get(name) == value for name, value in how.items())
    ]  # fmt: skip


def accuracy(found):
    """Mean over the seeds, and half the width of the interval."""
    return records.interval([run["accuracy"] for run in found])


near = {r: accuracy(runs("LoRA", "near", r=r)) for r in RANKS[::2]}
far = {r: accuracy(runs("LoRA", r=r)) for r in RANKS}
full = {task: accuracy(runs("full fine-tuning", task)) for task in ("near", "far")}
with figure(
    alt="Accuracy against rank. Near task: " + ", ".join(f"{m:.2f} at {r}" for r, (m, _) in near.items())
    + ". Far task: " + ", ".join(f"{m:.2f} at {r}" for r, (m, _) in far.items()) + f". Full fine-tuning: {full['far'][0]:.2f} on the far task.",
    height=3.6,
) as ax:  # fmt: skip
    for name, found, style in (("near: a+b+1", near, "--s"), ("far: |a-b|", far, "-o")):
        ax.errorbar(
            list(found),
            [m for m, _ in found.values()],
            [h for _, h in found.values()],
            fmt=style,
            capsize=3,
            label=name,
        )
    ax.axhline(full["far"][0], color="black", linestyle=":", linewidth=1)
    ax.text(1, full["far"][0] + 0.02, "far, full fine-tuning", fontsize=9)
    ax.set_xscale("log", base=2)
    ax.set(
        title="Near by, rank 1 is enough; far away, 16 is not",
        xlabel="rank of LoRA",
        ylabel="right answers",
        xticks=RANKS,
        xticklabels=RANKS,
        ylim=(0, 1.1),
    )
    ax.legend(loc="lower right")
print(records.made(ranks_record))
parameters = {r: runs("LoRA", r=r)[0]["parameters"] for r in RANKS}
full_size = runs("full fine-tuning")[0]["parameters"]
print(
    "numbers that learn: "
    + ", ".join(f"rank {r}: {n:,} ({n / full_size:.0%})" for r, n in parameters.items())
    + f"; full: {full_size:,}"
)

# %% [markdown]
# So the right rank depends on how far the task is from what the model knows, and nobody tells you that beforehand. Five papers, five answers.

# %% [markdown]
# ### AdaLoRA: a budget, spent where it matters
#
# Write the change as what it is compared with, a singular value decomposition: $\Delta\mathbf{W}=\mathbf{P}\boldsymbol\Lambda\mathbf{Q}$, with $\boldsymbol\Lambda=\operatorname{diag}(\lambda_1,\dots,\lambda_r)$ and, by a penalty
# $R=\lVert\mathbf{P}^\top\mathbf{P}-\mathbf{I}\rVert^2+\lVert\mathbf{Q}\mathbf{Q}^\top-\mathbf{I}\rVert^2$, factors that are nearly orthonormal. Then a rank is one triplet, and can be taken away alone. Which one? The deck looks at
# $|\lambda_i|$. The paper does better: a number $w$ matters as far as the loss would change without it, $I(w)=|w\,\partial\mathcal{L}/\partial w|$, smoothed over time and weighed by
# how much it varies. All triplets of all layers stand in one list, and the budget falls along a cubic.

# %% tags=["hide-input"]
# @title Source
show_source(adalora.AdaLoRA, adalora.Budget.at, adalora.Budget._look, adalora.Budget.importance, adalora.Budget._cut)

# %% [markdown]
# Watch a budget being spent: six ranks a layer at first, four in the mean at the end. One run, live.

# %%
small, length = adder(), runtime.pick(full=100, smoke=10)
torch.manual_seed(0)
adapters.attach(small, "x", lambda layer: adapters.AdaLoRA(layer, 6, 12.0), LAYERS_ADAPTED)
budget = adalora.Budget(small, "x", 4, length, warm_up=length // 5, settle=length // 5, every=5)
watched = []


def look():
    total = budget.step()
    if budget.t % (length // 10) == 0:
        watched.append((budget.t, total, list(budget.ranks().values())))


regularised = lambda model, batch: models.cross_entropy(model, batch) + 0.1 * adalora.orthogonality(model, "x")
experiments.fit(small, "far", 0, 1e-2, length, loss=regularised, after=look)
LAYERS = ["qkv", "out", "up", "down"]


def draw_budget(ax, i):
    step, total, left = watched[i]
    ax.bar(range(16), left, color=[COLOURS[0] if n // 4 % 2 else "#8899aa" for n in range(16)])
    ax.set(title=f"step {step}: the budget is {total}, {sum(left)} are used", ylim=(0, 6.5), ylabel="ranks left")
    ax.set_xticks(
        range(16), [f"{name}\n{n // 4}" if name == "qkv" else name for n, name in enumerate(LAYERS * 4)], fontsize=7
    )
    ax.set_xlabel("layer of block 0 to 3")


explore(
    draw_budget,
    range(len(watched)),
    label="moment",
    alt=lambda i: f"Ranks left in 16 layers after step {watched[i][0]}: {watched[i][2]}",
)

# %% [markdown]
# ### SoRA: gates that close by themselves
#
# The deck's formula is $\Delta\mathbf{W}\,\mathbf{x}=\mathbf{B}\,(\mathbf{g}\odot(\mathbf{A}\mathbf{x}))$. A penalty on $\sum|g_k|$ should close gates, but gradient descent on $|g|$ never rests at zero: it steps over it.
# The **proximal step** does: go down the task's gradient, then shrink by $\eta\xi$, and stop at zero. The picture shows one gate that the task does not need.

# %%
show_source(sora.soft_threshold, sora.proximal_step)
paths = {"gradient step on |g|": [0.5], "proximal step": [0.5]}
for _ in range(30):
    g_, p_ = paths["gradient step on |g|"][-1], paths["proximal step"][-1]
    paths["gradient step on |g|"].append(g_ - 0.04 * math.copysign(1, g_))
    paths["proximal step"].append(sora.soft_threshold(torch.tensor(p_), 0.04).item())
with figure(
    alt="A gate under two kinds of steps: the gradient's jumps to and fro across zero, the proximal one stays at exactly zero.",
    height=2.6,
) as ax:
    for (name, path), style in zip(paths.items(), ("--o", "-")):
        ax.plot(path, style, markersize=3, label=name)
    ax.set(title="Only one of them arrives", xlabel="steps", ylabel="gate")
    ax.legend()

# %%
gates = {}
for penalty in PENALTIES:
    found = runs("SoRA", penalty=penalty)
    gates[penalty] = (
        statistics.mean(sum(run["ranks"].values()) / len(run["ranks"]) for run in found),
        *accuracy(found),
    )
table(
    [(f"{penalty:g}", f"{open_:.1f} of 8", f"{m:.2f} ± {h:.2f}") for penalty, (open_, m, h) in gates.items()],
    ["penalty", "open gates a layer", "|a-b| right"],
    "SoRA, three seeds. " + records.made(gates_record),
)

# %% [markdown]
# ### ALoRA: leave it out and see
#
# Gradients guess what a rank is worth. ALoRA measures it: $\text{IS}(r)=S(M)-S(M_{\setminus r})+S(M_r)$, with $S$ the quality on validation data, once without the rank, once with it alone. The
# worst lose their place, and layers that lost none get as many new ones. The sum stays. (In the paper "alone" means alone in the whole model; here,
# alone in its layer, or every rank would be judged beside 15 silent layers.)

# %% tags=["hide-input"]
# @title Source
show_source(alora.importance, alora.reallocate)

# %% [markdown]
# Where do the three methods put their ranks? Darker is more; means over three seeds.

# %%
placed = {
    "AdaLoRA": runs("AdaLoRA"),
    f"SoRA, {PENALTIES[-1]:g}": runs("SoRA", penalty=PENALTIES[-1]),
    "ALoRA": runs("ALoRA"),
}
grids = {
    name: torch.tensor([list(run["ranks"].values()) for run in found], dtype=torch.float).mean(0).view(4, 4)
    for name, found in placed.items()
}
with figure(
    alt="Ranks of four kinds of layers in four blocks. " + " ".join(f"{name}: from {grid.min():.1f} to {grid.max():.1f}." for name, grid in grids.items()),
    columns=3, width=8.5, height=2.9,
) as axes:  # fmt: skip
    for ax, (name, grid) in zip(axes, grids.items()):
        ax.imshow(grid, cmap="Greys", vmin=0, vmax=8)
        for (i, j), value in zip([(i, j) for i in range(4) for j in range(4)], grid.flatten().tolist()):
            ax.text(
                j, i, f"{value:.1f}", ha="center", va="center", fontsize=8, color="white" if value > 4.5 else "black"
            )
        ax.set_xticks(range(4), LAYERS)
        ax.set(title=name, yticks=range(4), ylabel="block" if name == "AdaLoRA" else "")
        ax.grid(False)
moved = statistics.mean(sum(max(n - 4, 0) for n in run["ranks"].values()) for run in runs("ALoRA"))
agree = torch.corrcoef(torch.stack([grid.flatten() for grid in grids.values()]))
print(
    f"ALoRA moved {moved:.0f} of 64 ranks; correlations of the places: AdaLoRA with SoRA {agree[0, 1]:.2f}, with ALoRA {agree[0, 2]:.2f}, SoRA with ALoRA {agree[1, 2]:.2f}"
)

# %% [markdown]
# That surprised us. AdaLoRA and SoRA, by different means, ask for ranks in the same places. ALoRA puts them elsewhere. Its rule explains part of it: new ranks go to
# layers that lost *none*, so one useless rank keeps a layer from getting any, however much it needs.

# %% [markdown]
# ### DyLoRA: one training, all ranks
#
# Draw a rank $b$ at every step, cut $\mathbf{A}$ to its first $b$ rows and $\mathbf{B}$ to its first $b$ columns. What stands in front is used in every step, what stands behind in few:
# the ranks sort themselves by importance. Afterwards you cut where you like. The paper promises every rank's quality from one training; the
# comparison is with LoRAs that were trained at each rank, five times the work.

# %%
show_source(dylora.DyLoRA.truncated, dylora.draw_rank)
cut = {b: records.interval([run["cut"][str(b)] for run in runs("DyLoRA")]) for b in RANKS}

torch.manual_seed(0)
plain, _ = experiments.adapt("LoRA", 16, "far", 0, ranks_record["rates"]["LoRA"]["lr"], runtime.pick(full=150, smoke=2))
carelessly = []
for b in reversed(RANKS):  # the same LoRA, cut without having been prepared for it, further each time
    for adapter in adapters.by_path(plain, "x").values():
        adapter.B.data[:, b:] = 0
    carelessly.insert(0, experiments.accuracy(plain, lines["far"]))
with figure(
    alt="Accuracy against the rank that is kept. DyLoRA cut: " + ", ".join(f"{m:.2f}" for m, _ in cut.values())
    + "; LoRA trained at that rank: " + ", ".join(f"{m:.2f}" for m, _ in far.values())
    + "; one LoRA of rank 16, cut: " + ", ".join(f"{x:.2f}" for x in carelessly) + ".",
    height=3.4,
) as ax:  # fmt: skip
    for name, found, style in (("LoRA, trained at each rank", far, "-o"), ("DyLoRA, trained once", cut, "--s")):
        ax.errorbar(
            list(found),
            [m for m, _ in found.values()],
            [h for _, h in found.values()],
            fmt=style,
            capsize=3,
            label=name,
        )
    ax.plot(RANKS, carelessly, ":^", label="LoRA of rank 16, cut (live, shorter)")
    ax.set_xscale("log", base=2)
    ax.set(
        title="What is left when the rank is cut",
        xlabel="rank that is kept",
        ylabel="|a-b| right",
        xticks=RANKS,
        xticklabels=RANKS,
        ylim=(0, 1),
    )
    ax.legend(loc="upper left")

# %% [markdown]
# ### DoRA: another question
#
# DoRA does not choose a rank. It asks how full fine-tuning and LoRA *differ*, and looks at each output's row of the weight as an arrow: $\mathbf{W}=\lVert\mathbf{W}\rVert\cdot\mathbf{W}/\lVert\mathbf{W}\rVert$. It reports that in full
# fine-tuning, layers whose directions turn far change their lengths little, while in LoRA both grow together; so it learns them apart:
# $\mathbf{W}'=\mathbf{m}\,\mathbf{V}/\lVert\mathbf{V}\rVert$ with $\mathbf{V}=\mathbf{W}+\frac{\alpha}{r}\mathbf{B}\mathbf{A}$. (The deck's double bars are norms of rows: one for each output.)

# %%
show_source(adapters.DoRA, adapters.magnitude_and_direction)
looked = {
    name: [list(run["layers"].values()) for run in found]
    for name, found in (
        ("full fine-tuning", runs("full fine-tuning")),
        ("LoRA", runs("LoRA", r=4)),
        ("DoRA", runs("DoRA")),
    )
}
together = {
    name: [torch.corrcoef(torch.tensor(layers)[:, :2].mT.log())[0, 1].item() for layers in found]
    for name, found in looked.items()
}
with figure(
    alt="Change of direction against change of magnitude, a point for each layer and seed. Correlations: "
    + ", ".join(f"{name} {statistics.mean(c):.2f}" for name, c in together.items()),
    columns=3, width=8.5, height=2.9,
) as axes:  # fmt: skip
    for ax, (name, found) in zip(axes, looked.items()):
        for layers, marker in zip(found, "ox^"):
            magnitude, direction, *_ = zip(*layers)
            ax.plot(direction, magnitude, marker, markersize=4, color="black", alpha=0.7)
        ax.set(
            title=f"{name}: r = {statistics.mean(together[name]):.2f}",
            xscale="log",
            yscale="log",
            xlabel="direction, 1 - cos",
        )
        ax.xaxis.set_minor_formatter("")
        ax.yaxis.set_minor_formatter("")
    axes[0].set_ylabel("magnitude")
print(
    "correlation of the logarithms over 16 layers, for each seed: "
    + "; ".join(f"{name} " + ", ".join(f"{x:.2f}" for x in c) for name, c in together.items())
)

# %% [markdown]
# ## All answers in one table
#
# The far task, three seeds, the same steps. `ranks` is the mean over the layers at the end; the difference is to LoRA of rank 4, seed by seed, with its interval.

# %%
contestants = {
    "full fine-tuning": runs("full fine-tuning"),
    **{f"LoRA, r = {r}": runs("LoRA", r=r) for r in RANKS},
    "bottleneck, m = 4": runs("bottleneck"),
    "DoRA, r = 4": runs("DoRA"),
    "AdaLoRA, 6 to 4": runs("AdaLoRA"),
    **{f"SoRA, {penalty:g}": runs("SoRA", penalty=penalty) for penalty in PENALTIES},
    "ALoRA, 4 in the mean": runs("ALoRA"),
    "DyLoRA, 16, cut to 4": [run | {"accuracy": run["cut"]["4"], "ranks": {"cut": 4}} for run in runs("DyLoRA")],
}
reference = [run["accuracy"] for run in runs("LoRA", r=4)]
ahead = {
    name: records.interval([run["accuracy"] - x for run, x in zip(found, reference)])
    for name, found in contestants.items()
}
used = {
    name: statistics.mean(sum(run["ranks"].values()) / len(run["ranks"]) for run in found)
    if found[0]["ranks"]
    else math.nan
    for name, found in contestants.items()
}


def verdict_of(difference):
    middle, half = difference
    return "better" if middle - half > 0 else "worse" if middle + half < 0 else "a tie"


table(
    [
        (name, "" if math.isnan(used[name]) else f"{used[name]:.1f}", f"{found[0]['parameters']:,}", "{:.2f} ± {:.2f}".format(*accuracy(found)),
         "" if name == "LoRA, r = 4" else "{:+.2f} ± {:.2f}, {}".format(*ahead[name], verdict_of(ahead[name])), f"{statistics.mean(run['seconds'] for run in found):.0f}")
        for name, found in contestants.items()
    ],
    ["method", "ranks", "numbers trained", "|a-b| right", "against LoRA, r = 4", "CPU s"],
    "95 % intervals over three seeds",
)  # fmt: skip

# %%
with figure(
    alt="Accuracy against the mean rank that is used: LoRA as a line, the other methods as points: "
    + ", ".join(f"{name} {accuracy(found)[0]:.2f}" for name, found in contestants.items() if not name.startswith(("LoRA", "full"))),
    height=4,
) as ax:  # fmt: skip
    ax.errorbar(
        RANKS,
        [m for m, _ in far.values()],
        [h for _, h in far.values()],
        fmt="-o",
        color="#888888",
        capsize=3,
        label="LoRA",
    )
    marks = [
        (name, mark) for name, mark in zip((n for n in contestants if not n.startswith(("LoRA", "full"))), "sD^vv<>*PX")
    ]
    for (name, mark), colour in zip(marks, [*COLOURS, *COLOURS]):
        ax.plot(
            [used[name]],
            [accuracy(contestants[name])[0]],
            mark,
            markersize=8,
            color=colour,
            markeredgecolor="black",
            label=name,
        )
    ax.axhline(full["far"][0], color="black", linestyle=":", linewidth=1, label="full fine-tuning")
    ax.set_xscale("log", base=2)
    ax.set(
        title="Seven answers on one task",
        xlabel="ranks a layer, in the mean",
        ylabel="|a-b| right",
        xticks=RANKS,
        xticklabels=RANKS,
        ylim=(0, 1),
    )
    ax.legend(fontsize=8, loc="center left", bbox_to_anchor=(1.01, 0.5))

# %% [markdown]
# ## The claims, put to the test

# %%
at8 = real_share[:, 7].mean().item()
few = runs("bottleneck")[0]["parameters"] / full_size
bottleneck = accuracy(runs("bottleneck"))
monotone = all(a[0] >= b[0] for a, b in zip(list(gates.values()), list(gates.values())[1:]))
first_gate, last_gate = gates[PENALTIES[0]], gates[PENALTIES[-1]]
dylora_gap = {
    b: records.interval([run["cut"][str(b)] - one["accuracy"] for run, one in zip(runs("DyLoRA"), runs("LoRA", r=b))])
    for b in RANKS
}
paper_signs = statistics.mean(together["LoRA"]) > 0 > statistics.mean(together["full fine-tuning"])
figures.claims(
    [
        Claim(
            "A bottleneck reaches the fine-tuned quality with a few per cent of the parameters",
            f"far task: {bottleneck[0]:.2f} ± {bottleneck[1]:.2f} with {few:.0%} of the numbers; full fine-tuning {full['far'][0]:.2f} ± {full['far'][1]:.2f}",
            "reproduced"
            if bottleneck[0] > 0.95 * full["far"][0]
            else "partly"
            if bottleneck[0] > 0.5 * full["far"][0]
            else "not here",
            "The task is a new skill, the model small, the training short: the setting is harder than the papers'.",
        ),
        Claim(
            "LoRA: a small rank is enough; after merging, the same outputs at no cost; the file is small",
            f"near task {near[1][0]:.2f} at rank 1; far task {far[1][0]:.2f} at rank 1, {far[16][0]:.2f} at 16, full {full['far'][0]:.2f}; merged outputs differ by {merge_error:.0e}, "
            f"a token takes {slower:.2f} times the base's; rank 8 is {size_share:.1%} of the model's file",
            "reproduced" if far[16][0] > 0.95 * full["far"][0] and merge_error < 1e-4 else "partly",
            "Merging and size as promised. Whether a small rank is enough depends on how far the task is.",
        ),
        Claim(
            "The change of a real fine-tune is close to low rank",
            f"SmolLM2, {record['full']['steps']} steps on sums: rank 8 holds {at8:.0%} of the squares, of six layers {real_share[:, 7].min():.0%} to {real_share[:, 7].max():.0%}; "
            f"the small model's {share['change'][8]:.0%}, against {share['W'][8]:.0%} of its weights",
            "reproduced" if at8 > 0.9 else "partly" if at8 > 0.5 else "not here",
            "Most of it, not all, after a short training on an easy skill; 8 of up to 576 directions.",
        ),
        Claim(
            "AdaLoRA keeps rank where it matters, and beats uniform LoRA at equal budget",
            "against LoRA of rank 4: {:+.2f} ± {:.2f}".format(*ahead["AdaLoRA, 6 to 4"])
            + f"; ranks from {grids['AdaLoRA'].min():.1f} to {grids['AdaLoRA'].max():.1f}",
            {"better": "reproduced", "a tie": "partly", "worse": "not here"}[verdict_of(ahead["AdaLoRA, 6 to 4"])],
            "The ranks do move. With so few steps, a fifth of them before the first cut, there is little time to use them.",
        ),
        Claim(
            "SoRA: the larger the penalty, the fewer gates, at little loss",
            f"open gates {first_gate[0]:.1f} to {last_gate[0]:.1f} of 8; right {first_gate[1]:.2f} ± {first_gate[2]:.2f} to {last_gate[1]:.2f} ± {last_gate[2]:.2f}",
            "reproduced"
            if monotone and last_gate[0] < first_gate[0] and last_gate[1] > 0.9 * first_gate[1]
            else "partly"
            if monotone
            else "not here",
            "Here every rank is needed, as LoRA's own curve says: a gate that closes takes quality with it.",
        ),
        Claim(
            "ALoRA moves ranks between layers, and gains by it",
            f"{moved:.0f} of 64 moved; against LoRA of rank 4: "
            + "{:+.2f} ± {:.2f}".format(*ahead["ALoRA, 4 in the mean"]),
            {"better": "reproduced", "a tie": "partly", "worse": "not here"}[verdict_of(ahead["ALoRA, 4 in the mean"])],
            "Each round restarts the optimizer and its schedule, which costs a short training much.",
        ),
        Claim(
            "DyLoRA: one training serves all ranks",
            "against LoRA trained at each rank: "
            + ", ".join(f"{b}: {m:+.2f} ± {h:.2f}" for b, (m, h) in dylora_gap.items()),
            "reproduced"
            if all(m + h > 0 for m, h in dylora_gap.values()) and all(m > -0.05 for m, _ in dylora_gap.values())
            else "partly"
            if cut[1][0] > carelessly[0]
            else "not here",
            "It can be cut at all, which a LoRA can't; at full rank it pays for that.",
        ),
        Claim(
            "DoRA beats LoRA; full fine-tuning turns and stretches independently, LoRA together",
            "against LoRA of rank 4: {:+.2f} ± {:.2f}; correlations ".format(*ahead["DoRA, r = 4"])
            + ", ".join(f"{name} {statistics.mean(c):.2f}" for name, c in together.items()),
            "reproduced"
            if verdict_of(ahead["DoRA, r = 4"]) == "better" and paper_signs
            else "partly"
            if verdict_of(ahead["DoRA, r = 4"]) != "worse"
            else "not here",
            "The paper's correlations are over layers and checkpoints of large models; ours are over 16 layers of a small one.",
        ),
    ]
)

# %% [markdown]
# ## Errata
#
# - AdaLoRA's slide has $\Delta\mathbf{W}=\mathbf{P}\boldsymbol\Lambda\mathbf{Q}$ and then gives sizes for $U$ and $V$. The factors are $\mathbf{P}$ `(d_out, r)` and $\mathbf{Q}$ `(r, d_in)`, as printed below; and they are
#   *kept near* orthogonal by a penalty, not orthogonal. The cell below shows how near.
# - The slide lets AdaLoRA look at $|\lambda_i|$. The paper tried that, and prefers the sensitivity above. The cell counts in how many layers the two would keep other triplets.

# %%
example = adapters.by_path(small, "x")  # the run of the explorer above
budget_scores, other = budget.importance(), 0
for path, adapter in example.items():
    by_value, by_score = adapter.Lambda.detach().abs().argsort()[-3:], budget_scores[path].argsort()[-3:]
    other += set(by_value.tolist()) != set(by_score.tolist())
one = example["blocks.0.mlp.1"]
print(
    f"P {tuple(one.P.shape)}, Lambda {tuple(one.Lambda.shape)}, Q {tuple(one.Q.shape)}; ||P'P - I||² + ||QQ' - I||² = {one.orthogonality():.2f}"
)
print(f"the best three by |lambda| and by importance differ in {other} of {len(example)} layers")

# %% [markdown]
# ## What to remember
#
# 1. Freeze the model, and learn a change of low rank beside it: $\mathbf{h}=\mathbf{W}\mathbf{x}+\frac{\alpha}{r}\mathbf{B}\mathbf{A}\mathbf{x}$, $\mathbf{B}=0$ at the start.
# 2. It is the change that is of low rank, not the weight; and how low depends on how far the task is from what the model knows.
# 3. Merged, an adapter costs nothing; beside the layer, it costs a little at each token and can be switched in milliseconds. In bfloat16, merging rounds.
# 4. An adapter is a small file. One base serves as many as you like, and is bit for bit what it was when they are gone.
# 5. AdaLoRA, SoRA and ALoRA move ranks to where they matter, DyLoRA makes them cuttable, DoRA splits length from direction. On one small task, in a short training,
#    none of them beats plain LoRA of the same rank: try LoRA first, at two ranks.

# %% [markdown]
# ## Test yourself

# %% tags=["hide-input"]
# @title Question
quiz("03-both-zero")

# %% tags=["hide-input"]
# @title Question
quiz("03-many-adapters")

# %% tags=["hide-input"]
# @title Question
quiz("03-cut-lora")

# %% [markdown]
# ## References
#
# - Houlsby et al. *Parameter-efficient transfer learning for NLP.* 2019. [arXiv:1902.00751](https://arxiv.org/abs/1902.00751)
# - Hu et al. *LoRA: low-rank adaptation of large language models.* 2021. [arXiv:2106.09685](https://arxiv.org/abs/2106.09685)
# - Kalajdzievski. *A rank stabilization scaling factor for fine-tuning with LoRA.* 2023. [arXiv:2312.03732](https://arxiv.org/abs/2312.03732)
# - Zhang et al. *AdaLoRA: adaptive budget allocation for parameter-efficient fine-tuning.* 2023. [arXiv:2303.10512](https://arxiv.org/abs/2303.10512)
# - Ding et al. *Sparse low-rank adaptation of pre-trained language models* (SoRA). 2023. [arXiv:2311.11696](https://arxiv.org/abs/2311.11696)
# - Liu et al. *ALoRA: allocating low-rank adaptation for fine-tuning large language models.* 2024. [arXiv:2403.16187](https://arxiv.org/abs/2403.16187)
# - Valipour et al. *DyLoRA: parameter-efficient tuning of pre-trained models using dynamic search-free low-rank adaptation.* 2023. [arXiv:2210.07558](https://arxiv.org/abs/2210.07558)
# - Liu et al. *DoRA: weight-decomposed low-rank adaptation.* 2024. [arXiv:2402.09353](https://arxiv.org/abs/2402.09353)
# - Eckart, Young. *The approximation of one matrix by another of lower rank.* 1936.
# - SmolLM2: Allal et al. 2025. [arXiv:2502.02737](https://arxiv.org/abs/2502.02737). The digits: Alpaydin and Kaynak 1998, UCI.

# %% [markdown] tags=["next"]
# **Now write it yourself:** [lab 03](../work/03_lora/03_lab.ipynb), about 110 minutes. **Next:** [05 Bootstrapping: a model teaches itself](05_bootstrapping.ipynb).
