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
# beside the model, learns the skill, and can be taken away again? This lecture builds it, in seven ways, and asks the same question of each:
# *how large must it be?*

# %% [markdown] tags=["badge"]
# about 90 minutes

# %% [markdown] tags=["preview"]
# ![Two schemes. Left: x goes through a frozen weight W, and next to it down to m channels, a nonlinearity and up again; the sum is h. Right: the same with A down to r channels and B up again, without nonlinearity.](pictures/03_lora.webp)
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
# - say what a matrix of low rank is, and find the best one for any matrix;
# - write LoRA, explain its start and its scale, merge it, take it out, and say what merging costs in bfloat16;
# - keep many adapters for one model, and say what each of them costs on disk and at each token;
# - explain five answers to "which rank?": AdaLoRA's budget, SoRA's gates, ALoRA's ablations, DyLoRA's cuts, and DoRA, which asks something else;
# - read a table of ranks with intervals, and tell a win from a tie.
#
# The letters: a linear layer has a weight $\mathbf{W}\in\mathbb{R}^{d_\text{out}\times d_\text{in}}$ and maps $\mathbf{x}$ to $\mathbf{W}\mathbf{x}$. The rank of an adapter is $r$, with
# $\mathbf{A}\in\mathbb{R}^{r\times d_\text{in}}$ and $\mathbf{B}\in\mathbb{R}^{d_\text{out}\times r}$; $k$ is the rank of any other matrix.

# %%
import statistics
import tempfile
from functools import partial

import torch
from llmcourse import adapters, data, models, records, runtime
from llmcourse.adapters import adalora, alora, experiments, files, low_rank
from llmcourse.adapters.experiments import KINDS, LAYERS_ADAPTED, LONG, RANKS, STEPS, adder, sums
from llmcourse.adapters.lecture_03 import claims, pictures, runs, tables
from llmcourse.figures import quiz, show_source

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
# Write an $N\times M$ matrix as $\mathbf{X}\approx\mathbf{U}\mathbf{V}$, with a thin $\mathbf{U}\in\mathbb{R}^{N\times k}$ and a flat $\mathbf{V}\in\mathbb{R}^{k\times M}$: $k(N+M)$ numbers in place of $NM$.
# Which $\mathbf{U}$ and $\mathbf{V}$ are best? Every matrix is a sum $\sum_i s_i\,\mathbf{u}_i\mathbf{v}_i^\top$ with orthonormal $\mathbf{u}_i$, orthonormal $\mathbf{v}_i$ and falling weights $s_i\ge 0$, its singular value decomposition.
# **Eckart and Young**: cut the sum after $k$ terms, and nothing of rank $k$ is nearer. The error is what was cut, $\sqrt{\sum_{i>k}s_i^2}$.

# %%
(images, classes), _ = data.digits()
X = images.flatten(1)  # (1437, 64): a row for each handwritten digit
U, V = low_rank.truncate(X, 8)
by_singular_values = low_rank.errors(X)[8].item()
print(
    f"rank 8: {((X - U @ V).norm() / X.norm()).item():.4f} off; by the values that were cut: {by_singular_values:.4f}"
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

# %% tags=["hide-input"]
# @title Figure: digits
pictures.digits(
    torch.stack([X[(classes == digit).nonzero()[0, 0]] for digit in range(10)]),
    torch.linalg.svd(X, full_matrices=False)[2],
    low_rank.errors(X),
    X.shape,
)

# %% [markdown]
# Digits are nearly of low rank. Are the weights of a language model? And what about the *change* that fine-tuning makes to them? These are two questions, and LoRA
# needs a yes to the second only. Take a small model that was trained to add (four blocks, lines such as "12+34=046", synthetic on purpose), and fine-tune all of it to
# say $|a-b|$ in place of $a+b$. How much of the squares of $\mathbf{W}$, and of its change $\Delta\mathbf{W}$, do the first $k$ singular values hold? A random matrix of the same shape is the control: without
# it you couldn't tell a low rank from a steep-looking curve.

# %%
record = records.load("03_addition")
ranks_record, gates_record = records.load("03_ranks"), records.load("03_gates")
found = ranks_record["runs"] + gates_record["runs"]
weights = [W for _, W, _ in experiments.change(adder())]
full_runs = {steps: runs.of(found, "full fine-tuning", 0, steps=steps) for steps in (STEPS, LONG)}
held = {
    "a random matrix": experiments.held(torch.randn(W.shape, generator=g) for W in weights),
    "the weights": experiments.held(weights),
    **{f"change, {s} steps": torch.tensor([run["held"] for run in each]).mean(0) for s, each in full_runs.items()},
}
squares = torch.tensor(list(record["spectra"].values())).square()  # SmolLM2's change: (6 layers, 576)
cumulated = squares.cumsum(1) / squares.sum(1, keepdim=True)
real = {"SmolLM2's change": torch.cat([torch.zeros(1), cumulated.mean(0)[:80]])}

# %% tags=["hide-input"]
# @title Figure: spectra
pictures.spectra(held | real)

# %%
print("; ".join(f"{name}: {curve[8]:.0%}" for name, curve in (held | real).items()), "of the squares at k = 8")
print(
    f"|a-b| right after {STEPS} and {LONG} steps: "
    + ", ".join(f"{statistics.mean(run['accuracy'] for run in each):.0%}" for each in full_runs.values())
    + f"; SmolLM2 was fine-tuned for {record['full']['steps']} steps, six of its layers are shown"
)
print(records.made(record))

# %% [markdown]
# ## LoRA
#
# So freeze $\mathbf{W}$, and learn a change that *has* low rank. Whatever stands beside the layer reads the same $\mathbf{x}$, and adds to the same output:
#
# $$\mathbf{h} = \mathbf{W}\mathbf{x} + \frac{\alpha}{r}\,\mathbf{B}\mathbf{A}\mathbf{x}.$$

# %% tags=["pictured", "hide-input"]
# @title Figure: next to a layer
pictures.next_to_a_layer()

# %% [markdown]
# The older way, on the left, is a **bottleneck**: a small network with a residual connection, down to $m$ channels, a nonlinearity, up again. It
# too starts as nothing, since its second matrix is zero. What it can't do is disappear into the weight: no change of a matrix does what it does.
#
# Two details carry LoRA. The first is its **start**: $\mathbf{B}$ is zero, so training begins at the model itself. $\mathbf{A}$ is not, or nothing would ever move: the gradient
# of $\mathbf{B}$ contains $\mathbf{A}\mathbf{x}$, that of $\mathbf{A}$ contains $\mathbf{B}$.

# %%
small = adder()
adapters.attach(small, "x", lambda layer: adapters.LoRA(layer, 4, 8.0), LAYERS_ADAPTED)
batch = next(experiments.batches(experiments.written(experiments.split(0)[0], "far"), g))
models.cross_entropy(small, batch).backward()
first = adapters.by_path(small, "x")["blocks.0.mlp.1"]
print(f"first step, size of the gradients: A {first.A.grad.norm():.1e}, B {first.B.grad.norm():.1e}")
unchanged = (adder()(batch[0])[0] - small(batch[0])[0]).abs().max().item()
print(f"before the first step the outputs differ from the base's by {unchanged:.0e}")

# %% [markdown]
# The second is its **scale**. $\alpha$ is a constant that you choose once. After a step of Adam, which moves every number by about the learning rate, each of the $r$ ranks adds about as much as any other, and they push the
# same way: the sum grows with $r$. Dividing by $r$ takes that out. (With a plain gradient step the scale counts twice, and rsLoRA's $\alpha/\sqrt r$ keeps the sum level.) Below, one step of each kind
# at four ranks: by how much do the model's outputs change, compared with rank 1?


# %%
def moved(optimizer, r, rs):
    """How far one step moves the outputs, root mean square."""
    model, _ = adder(), torch.manual_seed(0)
    adapters.attach(model, "x", partial(adapters.LoRA, r=r, alpha=8.0, rs=rs), LAYERS_ADAPTED)
    step = optimizer([p for p in model.parameters() if p.requires_grad], lr=1e-4)
    before = model(batch[0])[0].detach()
    models.cross_entropy(model, batch).backward()
    step.step()
    return (model(batch[0])[0] - before).square().mean().sqrt().item()


for name, optimizer in (("Adam", torch.optim.Adam), ("gradient", torch.optim.SGD)):
    for scale, rs in (("α/r", False), ("α/√r", True)):
        sizes = [moved(optimizer, r, rs) for r in (1, 4, 16, 64)]
        print(f"{name:8}  {scale:4}  r = 1, 4, 16, 64: " + ", ".join(f"{size / sizes[0]:.2f}" for size in sizes))

# %% [markdown]
# How is an adapter attached? A layer is replaced by one that holds the layer itself, untouched, and adapters by name. Taking the last one away puts the very
# same layer back.

# %% tags=["hide-input"]
# @title Source
show_source(adapters.Adapted.forward, adapters.attach)

# %% [markdown]
# ## SmolLM2 learns to add
#
# Rank 8 beside every linear layer of all 30 blocks. You train it for a few steps; the record has sixty.

# %%
adapters.attach(lm.model, "sums", partial(adapters.LoRA, r=8), KINDS)
trained = adapters.trainable(lm.model)
print(f"{trained:,} numbers learn, {trained / whole:.1%} of {whole:,}; for each of them, training keeps three more in")
print(f"memory (gradient, Adam's two means): {12 * trained / 1e6:.0f} MB here, {12 * whole / 1e6:,.0f} MB if all learn")
group = [{"params": [p for p in lm.model.parameters() if p.requires_grad]}]
live = models.train(
    lm.model, models.answer_batches(lm, learn, 16, runtime.seed(0)), runtime.pick(full=10, smoke=1), lr=1e-3, warm_up=5,
    loss=models.answer_loss, groups=group,
)  # fmt: skip
print("loss, nats per token: " + ", ".join(f"{x:.2f}" for x in live.loss))

# %% tags=["hide-input"]
# @title Figure: learning
pictures.learning(record["curve"], record["tested"], record["trained"] / record["of"])

# %%
print("LoRA, sums right: " + ", ".join(f"{right:.1%} after {steps} steps" for steps, right in record["curve"]))
(steps, right), *_ = record["full"]["curve"]
print(f"full fine-tuning, {right:.1%} after {steps} steps, at a twentieth of the learning rate")
print(f"grey: 95 % for {record['tested']} sums; one seed")

# %% [markdown]
# ## Merging, and what bfloat16 does to it
#
# $\mathbf{W}+\frac{\alpha}{r}\mathbf{B}\mathbf{A}$ is a matrix like any other. Put it in the place of $\mathbf{W}$, and the adapter costs nothing. In float32 the outputs stay the
# same to rounding. In bfloat16 a weight has 8 significant bits: a change smaller than 1/512 of the weight is lost when the sum is rounded.
# How much of an update is that?

# %%
prompt = torch.tensor([lm.encode("47 + 38 =")], device=lm.device)
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
print(f"bfloat16, after {len(live.loss)} steps: {statistics.mean(lost):.0%} of the entries do not change at all,")
print(f"and the update is off by {statistics.mean(error):.0%} of its size")

# %% [markdown]
# An adapter beside the layer keeps its own float32: that is one reason to leave it there while you train. And a bottleneck can't be merged at all:

# %%
small = adder()
adapters.attach(small, "x", partial(adapters.Bottleneck, m=4), LAYERS_ADAPTED)
try:
    adapters.merge(small)
except TypeError as error:
    print(error)

# %% [markdown]
# ## Many adapters, one base
#
# A second adapter, of rank 4, and a third. What does each cost on disk, and how long does it take to change from one to the other?


# %%
size, switching = {}, {}
for name, r in (("sums", 8), ("other", 4), ("third", 1)):
    if name != "sums":
        adapters.attach(lm.model, name, partial(adapters.LoRA, r=r), KINDS)
    with tempfile.TemporaryDirectory() as folder:
        size[f"adapter of rank {r}"] = files.size(adapters.save(lm.model, name, folder))
    switching[f"adapter of rank {r}"] = runtime.quickest(adapters.use, lm.model, name, repeat=5)

# %% tags=["hide-input"]
# @title Table: disk
tables.disk(whole, size, switching)

# %%
ways = {
    "the base alone": (),
    "merged": ("sums",),
    "an adapter beside it": ("sums",),
    "three beside it": ("sums", "other", "third"),
}
latency = {name: [] for name in ways}
with torch.no_grad():
    for _ in range(runtime.pick(full=5, smoke=2)):  # all in turn: a busy machine is busy for all
        for name, used in ways.items():
            adapters.use(lm.model, *used)
            if name == "merged":
                adapters.merge(lm.model)
            latency[name].append(runtime.quickest(lm.model, prompt[:, -1:], repeat=5))
            adapters.unmerge(lm.model)

# %% tags=["hide-input"]
# @title Table: latency
tables.latency(latency)

# %% [markdown]
# They are gone as easily as they came, and the base is bit for bit what it was. The files are those of Hugging Face's `peft`: what you save here, it loads, and the other
# way round.

# %%
adapters.detach(lm.model)
fresh, left = models.load(dtype=torch.float32).model.state_dict(), lm.model.state_dict()
same = fresh.keys() == left.keys() and all(torch.equal(left[name], fresh[name]) for name in fresh)
print("the base is what it was:", same)
del fresh, left

# %% [markdown]
# ## The main problem: which rank?
#
# On the small model we can afford to ask often. A **near** task: $a+b+1$, the old skill and one step more. A **far** one: $|a-b|$, another skill in the
# same notation. Before ranks are compared, each method and each rank gets its own learning rate: we double it and halve it until neither is better, on pairs that are used for nothing else. A comparison at a rate
# that suits one side only would compare rates. $\alpha$ is 8 throughout.

# %% tags=["hide-input"]
# @title Table: rates
tables.rates(ranks_record["rates"] | gates_record["rates"])

# %% tags=["hide-input"]
# @title Figure: which rank
pictures.which_rank(found)

# %%
print(records.made(ranks_record))
count = {r: runs.of(found, "LoRA", r)[0]["parameters"] for r in RANKS}
full_size = runs.of(found, "full fine-tuning", 0)[0]["parameters"]
numbers = ", ".join(f"rank {r}: {n:,} ({n / full_size:.0%})" for r, n in count.items())
print(f"numbers that learn: {numbers}; full: {full_size:,}")

# %% [markdown]
# Near by, rank 1 is enough. Far away, a higher rank gets further in the same steps. But look at the upper line: four times the steps lift *every* rank by more than
# sixteen times the rank does. So a curve of quality against rank says nothing until you know how long each was trained; and which rank you need depends on how far the task is, and on your patience. (The long runs have one seed.)
#
# Nobody tells you that rank beforehand. Four papers let training find it, and a fifth asks another question.

# %% [markdown]
# ### AdaLoRA: a budget, spent where it matters
#
# Write the change in the form of a singular value decomposition, $\Delta\mathbf{W}=\mathbf{P}\boldsymbol\Lambda\mathbf{Q}$, with $\boldsymbol\Lambda=\operatorname{diag}(\lambda_1,\dots,\lambda_r)$ and, by a penalty
# $R=\lVert\mathbf{P}^\top\mathbf{P}-\mathbf{I}\rVert^2+\lVert\mathbf{Q}\mathbf{Q}^\top-\mathbf{I}\rVert^2$, factors that are nearly orthonormal. Then a rank is a **triplet**: a column of $\mathbf{P}$, a $\lambda_k$, a row of $\mathbf{Q}$. It can be
# taken away alone.

# %% tags=["hide-input"]
# @title Figure: three factors
pictures.three_factors()

# %% [markdown]
# Which one? A small $\lambda$ with a large gradient may be about to matter. So the paper asks how much the loss would change without a number $w$, to first order, smooths the answer over batches, and gives more weight to what keeps changing:
#
# $$I(w)=\Big|w\,\frac{\partial\mathcal{L}}{\partial w}\Big|,\qquad \bar I\leftarrow\beta_1\bar I+(1-\beta_1)I,\qquad \bar U\leftarrow\beta_2\bar U+(1-\beta_2)\,|I-\bar I|,\qquad s(w)=\bar I(w)\,\bar U(w).$$
#
# A triplet's score is $s(\lambda_k)$ plus the mean of $s$ over its column of $\mathbf{P}$ plus the mean over its row of $\mathbf{Q}$. The triplets of all layers stand in one list, and a budget of how many may stay falls along a cubic.

# %% tags=["hide-input"]
# @title Source
show_source(adalora.Budget.at, adalora.Budget._look)

# %% [markdown]
# Watch a budget being spent: six ranks a layer at first, four in the mean at the end. One run, live.

# %%
small_with_budget, length = adder(), runtime.pick(full=100, smoke=10)
torch.manual_seed(0)
adapters.attach(small_with_budget, "x", lambda layer: adapters.AdaLoRA(layer, 6, 8.0), LAYERS_ADAPTED)
budget = adalora.Budget(small_with_budget, "x", 4, length, warm_up=length // 5, settle=length // 5, every=5)
watched = []


def look():
    total = budget.step()
    if budget.t % (length // 10) == 0:
        watched.append((budget.t, total, list(budget.ranks().values())))


regularised = lambda model, batch: models.cross_entropy(model, batch) + 0.1 * adalora.orthogonality(model, "x")
experiments.fit(small_with_budget, "far", 0, 1e-2, length, loss=regularised, after=look)

# %% tags=["hide-input"]
# @title Figure: budget
pictures.budget(watched)

# %% [markdown]
# ### SoRA: gates that close by themselves
#
# Put a gate on each rank, $\Delta\mathbf{W}\,\mathbf{x}=\mathbf{B}\,(\mathbf{g}\odot(\mathbf{A}\mathbf{x}))$, as in the right half of the picture above, and add a penalty $\xi\sum_k|g_k|$ to the loss. It should close gates, but gradient descent on $|g|$ never rests at zero: it steps over it.
# The **proximal step** does rest. With a learning rate $\eta$: go down the task's gradient, then shrink by $\eta\xi$, and stop at zero. Here is one gate that the task does not need.

# %% tags=["hide-input"]
# @title Figure: two kinds of steps
pictures.two_kinds_of_steps()

# %% [markdown]
# The penalty is in units of the loss: a gate closes and stays closed when opening it a little gains less than $\xi$ nats for each unit of $g$. That holds only if the gates take plain gradient steps. Adam would rescale their gradient, and not the
# threshold; then a large $\xi$ closes every gate, whatever it is worth. So the gates learn apart, by gradient descent.

# %% tags=["hide-input"]
# @title Table: gates
tables.gates(found)

# %%
print(records.made(gates_record))

# %% [markdown]
# ### ALoRA: leave it out and see
#
# Gradients guess what a rank is worth. ALoRA measures it. Let $S(M)$ be the quality of the whole model $M$ on validation data (here minus its loss), $M_{\setminus i}$ the model without rank $i$, and $M_i$ the model with rank $i$ as the only one in all layers:
#
# $$\text{IS}(i)=S(M)-S(M_{\setminus i})+S(M_i).$$
#
# The worst lose their place, and layers that lost none get as many new ones. The sum stays.

# %% tags=["hide-input"]
# @title Source
show_source(alora.importance, alora.reallocate)

# %% [markdown]
# A score can be checked: is it high where a layer is worth much? A layer's worth is how much the loss rises when all of its ranks fall silent. Compare the paper's score with one that is easy to write by mistake, in which "alone" means
# alone *in its layer*, with all other layers at work.

# %%
steps = runtime.pick(full=70, smoke=2)
small, lines = adder(), experiments.written(experiments.split(3)[1], "far")[:64]
torch.manual_seed(3)
adapters.attach(small, "x", lambda layer: adapters.ALoRA(layer, 4, 8.0), LAYERS_ADAPTED)
experiments.fit(small, "far", 3, 1e-2, steps)
layers = adapters.by_path(small, "x")
quality = lambda: -models.cross_entropy(small, next(experiments.batches(lines, runtime.seed(0)))).item()


@torch.no_grad()
def quality_with(adapter, gates):
    """Quality with these gates in one layer, and all of them open in the others."""
    adapter.g.copy_(gates)
    measured = quality()
    adapter.g.fill_(1)
    return measured


all_ranks, silent = quality(), torch.zeros(4)
worth = torch.tensor([all_ranks - quality_with(adapter, silent) for adapter in layers.values()])
published = torch.stack(list(alora.importance(small, "x", quality).values())).sum(1)
mistaken = torch.tensor([
    sum(all_ranks - quality_with(adapter, 1 - one) + quality_with(adapter, one) for one in torch.eye(4))
    for adapter in layers.values()
])  # fmt: skip

# %% tags=["hide-input"]
# @title Figure: worth against scores
pictures.worth_against_scores(worth, {"as published": published, "alone in its layer": mistaken})

# %% [markdown]
# The mistaken score is upside down: a rank that is left alone in an important layer misses its companions most, and is then called useless.
#
# Where do the three methods put their ranks? Darker is more; means over the seeds.

# %% tags=["hide-input"]
# @title Figure: places
pictures.places(found)

# %% [markdown]
# A gradient, a penalty and an ablation, and they ask for ranks in the same places: many for the second layer of the MLP (down), few for the output of attention after the first block. That is good evidence that ranks are not worth the same
# everywhere. It is not yet evidence that moving them pays: that is a difference in accuracy, and stands in the table of all methods below.

# %% [markdown]
# ### DyLoRA: one training, all ranks
#
# Draw a rank $b$ at every step, cut $\mathbf{A}$ to its first $b$ rows and $\mathbf{B}$ to its first $b$ columns, and scale by $\alpha/b$. What stands in front is used in every step, what stands behind in few:
# the ranks sort themselves by importance. Afterwards you cut where you like.

# %% tags=["hide-input"]
# @title Figure: nested
pictures.nested()

# %% [markdown]
# It promises the quality of every rank from one training. Compare it with LoRAs that were trained at each rank, and with two ways to cut a LoRA that was not prepared for it: keep the first rows of $\mathbf{A}$, or keep the largest
# singular values of $\mathbf{B}\mathbf{A}$.

# %% tags=["hide-input"]
# @title Figure: cuts
pictures.cuts(found)

# %% [markdown]
# DyLoRA loses less when it is cut than a LoRA whose first rows are kept. But it starts lower, for its steps are shared among sixteen ranks; and the singular values of a plain LoRA, cut afterwards, keep more than either at rank 4.

# %% [markdown]
# ### DoRA: another question
#
# DoRA does not choose a rank. It asks how full fine-tuning and LoRA *differ*, and looks at each output's row of the weight as an arrow, with a length and a direction. (The paper writes $\mathbf{W}$ transposed, and speaks of columns.) Full
# fine-tuning, it reports, turns the arrows far without changing their lengths much, or the other way round; in LoRA both grow together. So it learns them apart:
# $\mathbf{W}'=\mathbf{m}\,\mathbf{V}/\lVert\mathbf{V}\rVert$ with $\mathbf{V}=\mathbf{W}+\frac{\alpha}{r}\mathbf{B}\mathbf{A}$, a norm and an entry of $\mathbf{m}$ for each row.

# %% tags=["hide-input"]
# @title Figure: length and direction
pictures.length_and_direction()

# %% tags=["hide-input"]
# @title Source
show_source(adapters.magnitude_and_direction)

# %% tags=["hide-input"]
# @title Figure: turned and stretched
pictures.turned_and_stretched(
    {"full fine-tuning": full_runs[STEPS], "LoRA": runs.of(found, "LoRA", 4), "DoRA": runs.of(found, "DoRA", 4)}
)

# %% [markdown]
# ## All answers in one table
#
# The far task, the same seeds and steps for all. Differences to LoRA of rank 4 are taken seed by seed. An interval that contains zero is a tie; and of a dozen intervals of 95 %, one that misses the truth is no surprise.

# %% tags=["hide-input"]
# @title Table: contest
tables.contest(found)

# %% tags=["hide-input"]
# @title Figure: contest
pictures.contest(found)

# %% [markdown]
# ## What became of the claims

# %% tags=["hide-input"]
# @title Claims: verdicts
claims.verdicts(
    found,
    held,
    cumulated[:, 7].tolist(),
    {
        "error": merge_error,
        "slower": [a / b for a, b in zip(latency["merged"], latency["the base alone"])],
        "size": size["adapter of rank 8"] / (2 * whole),
    },
)

# %% [markdown]
# ## Errata
#
# - AdaLoRA's slide has $\Delta\mathbf{W}=\mathbf{P}\boldsymbol\Lambda\mathbf{Q}$ and then gives sizes for $U$ and $V$. The factors are $\mathbf{P}$ `(d_out, r)` and $\mathbf{Q}$ `(r, d_in)`, as printed below; and they are
#   *kept near* orthogonal by a penalty, not orthogonal.
# - The slide lets AdaLoRA look at $|\lambda_k|$. The paper tried that, and prefers the score above. The cell counts the layers in which the two would keep other triplets.

# %%
example, by_score = adapters.by_path(small_with_budget, "x"), budget.importance()
one = example["blocks.0.mlp.1"]
print(
    f"P {tuple(one.P.shape)}, Lambda {tuple(one.Lambda.shape)}, Q {tuple(one.Q.shape)}; R = {one.orthogonality():.2f}"
)
best = lambda values: set(values.argsort()[-3:].tolist())
apart = sum(best(adapter.Lambda.detach().abs()) != best(by_score[path]) for path, adapter in example.items())
print(f"the best three by |lambda| and by score differ in {apart} of {len(example)} layers")

# %% [markdown]
# ## What to remember
#
# 1. Freeze the model, and learn a change of low rank beside it: $\mathbf{h}=\mathbf{W}\mathbf{x}+\frac{\alpha}{r}\mathbf{B}\mathbf{A}\mathbf{x}$, $\mathbf{B}=0$ at the start.
# 2. It is the change that has to be of low rank, not the weight. Which rank you need depends on how far the task is from what the model knows, and on how long you train.
# 3. Merged, an adapter costs nothing; beside the layer, it costs time at each token and can be switched in milliseconds. In bfloat16, merging rounds.
# 4. An adapter is a small file. One base serves as many as you like, and is bit for bit what it was when they are gone.
# 5. AdaLoRA, SoRA and ALoRA move ranks to where they matter, DyLoRA makes them cuttable, DoRA splits length from direction. Before you believe that one beats another, give each its own learning rate, and look at the interval of the difference.
#
# The library's own versions are in `llmcourse/adapters/`: `low_rank.py`, `lora.py`, `dora.py`, `adalora.py`, `sora.py`, `dylora.py`. Read them after you have written yours in the lab.

# %% [markdown]
# ## Test yourself

# %% tags=["hide-input"]
# @title Question
quiz("03-both-zero")

# %% tags=["hide-input"]
# @title Question
quiz("03-bfloat16")

# %% tags=["hide-input"]
# @title Question
quiz("03-many-adapters")

# %% tags=["hide-input"]
# @title Question
quiz("03-alone")

# %% tags=["hide-input"]
# @title Question
quiz("03-cut-lora")

# %% tags=["hide-input"]
# @title Question
quiz("03-win-or-tie")

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
# - Eckart, Young. *The approximation of one matrix by another of lower rank.* 1936. [doi:10.1007/BF02288367](https://doi.org/10.1007/BF02288367)
# - He et al. *Towards a unified view of parameter-efficient transfer learning* (the parallel adapter). 2021. [arXiv:2110.04366](https://arxiv.org/abs/2110.04366)
# - SmolLM2: Allal et al. 2025. [arXiv:2502.02737](https://arxiv.org/abs/2502.02737). The digits: Alpaydin and Kaynak 1998, [UCI](https://archive.ics.uci.edu/dataset/80).

# %% [markdown] tags=["next"]
# **Now write it yourself:** [lab 03](../work/03_lora/03_lab.ipynb), about 110 minutes. **Next:** [04 Instruction tuning](04_instructions.ipynb).
