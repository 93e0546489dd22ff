# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 10 · Mamba: a state space model that chooses
#
# The memories of lecture 09 treat everything alike: what arrives is written, what was written fades, whatever it is. Read a book like
# that, and the page numbers push out the plot. Mamba makes one change: how much to write and how much to forget is decided by the
# token itself. This lecture shows what the change buys, what it costs, and how a scan makes up for the lost convolution. Then it follows
# Mamba through January 2024 into pictures, volumes and videos.

# %% [markdown] tags=["badge"]
# about 120 minutes · builds on 09 State space models

# %% [markdown] tags=["preview"]
# ![Mamba's block. The token's d numbers are widened by in_proj to two times E: u and z. u goes through a convolution of width 4, SiLU and the selective scan, whose step, B and C x_proj computes from u. Its output is multiplied by SiLU of z, and out_proj narrows it to d. A line around the block adds its input.](pictures/10_mamba.webp)
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
# - say why a time-invariant model cannot copy selectively, and show it with one channel and one state;
# - write the selective scan as a loop, in pieces and as a single step, and state the law that makes it parallel;
# - count the work of a parallel scan, and say what training has to keep and what it can compute again;
# - put a Mamba block together, and check it against the published implementation;
# - ask of a comparison what "equal" means: steps, seconds, size, and a baseline that has what it needs;
# - say what six papers on Mamba for pictures have in common, and which of their gains survive a fair opponent.
#
# The letters are those of the paper: inputs $x$ of $D$ channels, steps $\Delta$ (`dt`), $\mathbf{A}$, $\mathbf{B}$, $\mathbf{C}$, and a state
# of $N$ numbers for each channel.

# %%
from functools import partial

import torch
import torch.nn.functional as F
from llmcourse import models, records, runtime, triton_language
from llmcourse.figures import quiz, show_source
from llmcourse.mamba import (
    Mamba2Block,
    MambaBlock,
    MambaLM,
    experiments,
    load_transformers,
    measure,
    model,
    networks,
    scan,
)
from llmcourse.mamba.lecture_10 import claims, pictures, tables
from llmcourse.recurrence import ZOO, engine

print(runtime.describe())

# %% [markdown]
# ## What a fixed memory cannot do
#
# Noise comes in, and three samples of it are marked. Keep the one that was marked last. A fixed memory has one decay for all samples: if it is slow,
# it holds what was marked and everything else too; if it is fast, it holds nothing. Now let the **step** depend on the mark: a long
# step, $\Delta=4$, where there is one, and a short one elsewhere.

# %%
L = 60
g = runtime.seed(0)
x = torch.randn(L, 1, generator=g)
marked = torch.zeros(L, dtype=torch.bool)
marked[[8, 30, 45]] = True
one = torch.ones(L, 1)


def hold(dt):
    """One channel, one state, A = -1: writes with dt, forgets with e^(-dt); scaled so that a constant input is held."""
    return scan.sequential(x * (1 - (-dt).exp()) / dt, dt, -torch.ones(1, 1), one, one)[0][:, 0]


kept = {"one step for all, 0.1": hold(0.1 * one), "one step for all, 1": hold(one)}
kept["a step of its own"] = hold(torch.where(marked, 4.0, 0.003)[:, None])
last = torch.where(marked, torch.arange(L), 0).cummax(0).values  # the place of the last marked sample
missed = {name: (y - x[last, 0])[8:].square().mean().sqrt().item() for name, y in kept.items()}

# %% tags=["hide-input"]
# @title Figure: hold
pictures.hold(x, marked, kept, missed)

# %% [markdown]
# ## The selective scan
#
# In lecture 09, $\Delta$, $\mathbf{B}$ and $\mathbf{C}$ were parameters. Let the token compute them:
#
# $$\mathbf{h}_t = e^{\Delta_t\mathbf{A}}\,\mathbf{h}_{t-1} + \Delta_t\,x_t\,\mathbf{B}_t,\qquad y_t = \mathbf{C}_t^\top\mathbf{h}_t + D\,x_t,$$
#
# for each of $D$ channels, with a state of $N$ numbers and decay rates $\mathbf{A}$ of its own. A long step forgets and writes; a short one
# leaves the state alone. $\mathbf{B}_t$ says where to write, $\mathbf{C}_t$ what to read.
#
# It is also a row of lecture 08's table: heads of width one, with a decay for each channel *and* each state. Are the numbers the same?

# %%
draw = lambda *shape: torch.randn(*shape, generator=g, dtype=torch.float64)
C, B, u, dt = draw(50, 4), draw(50, 4), draw(50, 3), F.softplus(draw(50, 3))
rates, skip = draw(3, 4).exp(), draw(3)
row, _ = engine.recurrent(ZOO["mamba"](q=C, k=B, v=u, dt=dt, A=rates.log(), D=skip[None]))
mine, _ = scan.sequential(u, dt, -rates, B, C, skip)
print(f"the table's row and the scan differ by {(row - mine).abs().max():.0e}")

# %% [markdown]
# **Now do exercises 1 and 2** of [lab 10](../work/10_mamba/10_lab.ipynb): the two factors of a step, and the loop.
#
# ## A scan in parallel
#
# The kernel of lecture 09 is gone: every token has its own $\bar{\mathbf A}_t$, so there is no convolution and no FFT. Is a loop of $L$ steps
# all that is left? A stretch of time, one token or a thousand, does one thing to a state: $\mathbf{h}\mapsto \mathbf{a}\mathbf{h}+\mathbf{b}$. Two
# stretches in a row are again such a map, with an $\mathbf{a}$ and a $\mathbf{b}$ that you can work out (exercise 3). Joining maps is
# **associative**: the brackets may stand anywhere, so many pairs can be joined at the same time.

# %%
stretches = [(draw(5).sigmoid(), draw(5)) for _ in range(1000)]
first, second, third = stretches[:3]
left, right = scan.combine(scan.combine(first, second), third), scan.combine(first, scan.combine(second, third))
print(f"(1 2) 3 and 1 (2 3) differ by {max((a - b).abs().max() for a, b in zip(left, right)):.0e}")

# %% [markdown]
# **Step through it.** Each box is a stretch of time, named by its first and last token; a black one starts at the first token and is done. On the left,
# every place joins itself to what stands 1, 2, 4 places before it. On the right, pairs are joined, then pairs of pairs; on the way back down, what is still missing is
# filled in.

# %% tags=["hide-input"]
# @title Figure: trees
pictures.trees()

# %%
a, b = (torch.stack(z) for z in zip(*stretches))
h, loop = torch.zeros(5, dtype=torch.float64), []
for keep, write in zip(a, b):
    h = keep * h + write
    loop.append(h)
for name, network in {"look back": networks.look_back(1000), "tree": networks.tree(1000)}.items():
    joined = torch.stack([b for _, b in networks.run(network, scan.combine, stretches)])
    print(f"{name}: differs from the loop by {(joined - torch.stack(loop)).abs().max():.0e}")

# %% tags=["hide-input"]
# @title Table: work
tables.work((8, 64, 1000))

# %% [markdown]
# The scan that looks back has the fewest rounds, but its work grows as $L\log_2 L$. The tree joins fewer than $2L$ pairs, in about twice as many rounds: it
# is **work-efficient**, and the kind that Mamba's paper asks for. The course's `associative` is the first kind, because it is a few lines of tensor
# code.
#
# Which form is faster depends on the machine. A GPU has thousands of units that would otherwise wait. A CPU with two cores has none to spare, and there
# the loop wins, if its pieces stay in the cache.

# %%
FORMS = {"sequential": scan.sequential, "associative": scan.associative, "chunked": scan.chunked}
lengths = runtime.pick(full=(256, 1024, 4096), smoke=(32, 64), gpu=(256, 1024, 4096, 16384))
took = {name: [] for name in FORMS}
for L in lengths:
    arguments = [z.to(runtime.device()) for z in measure.arguments(L, g)]
    for name, form in FORMS.items():
        took[name].append(runtime.quickest(partial(form, *arguments), repeat=runtime.pick(full=3, smoke=1)))

# %% tags=["hide-input"]
# @title Table: times
tables.times(took, lengths, "D = 256, N = 16")

# %% [markdown]
# ## What training has to remember
#
# The paper's other trick is about memory. The backward pass needs the states, $L\cdot D\cdot N$ numbers: $N$ times the inputs. Don't
# keep them. Keep one state for each piece, and **compute the piece again** when its gradient is wanted: arithmetic is cheap, memory traffic
# is not. On a GPU the pieces live in the fast memory of the chip; here, in the processor's cache.
#
# How much does autograd hold between the two passes? Ask it: a hook sees every tensor that is saved.

# %% tags=["hide-input"]
# @title Source
show_source(measure.kept_for_backward)

# %%
L = runtime.pick(full=2048, smoke=128)
arguments = measure.arguments(L, g)
memory = {name: measure.kept_for_backward(form, arguments) for name, form in FORMS.items()}

# %% tags=["hide-input"]
# @title Table: memory
tables.memory(memory, sum(z.nbytes for z in arguments), f"L = {L}, D = 256, N = 16")

# %% [markdown]
# **Now do exercises 3 and 4**: the law, and the scan in pieces.
#
# ### What the hardware wants (optional)
#
# The table above is the reason why Mamba came with a GPU kernel. Written out, decays and states are $N$ numbers for each
# input, and a GPU would spend its time on carrying them to its large memory and back. In a kernel the states of a few
# channels **stay in registers** while the tokens pass by; only inputs and outputs travel, and one state in every 32
# tokens, from which the backward pass computes the others again. Below is the forward pass in Triton, a Python for GPUs.
# It takes the tokens one after another, and runs channels and sequences side by side; the paper's kernel also scans a
# piece of the tokens in parallel.
#
# Without a GPU Triton *interprets* a kernel, which shows that it is right and nothing about its speed. Is it the same scan?

# %%
if triton_language.installed():
    from llmcourse.mamba import fused

    show_source(fused._forward.fn, fused._token.fn)
    few = measure.arguments(40, torch.Generator().manual_seed(0), D=20, N=8)
    shown = tables.kernel(measure.differences(fused.selective_scan, scan.chunked, few))
else:
    shown = print(triton_language.MISSING)
shown

# %% [markdown]
# ## The block
#
# Around the scan stands a block that replaces both attention and MLP: widen, let each channel look at its own last four values, scan, gate,
# narrow. The step is one number per channel, $\Delta=\mathrm{softplus}(\cdot)$; $\mathbf{B}$ and $\mathbf{C}$ are shared by all channels.

# %% tags=["pictured", "hide-input"]
# @title Figure: block
pictures.block()

# %% [markdown]
# **Mamba-2** (Dao and Gu, 2024) gives up a little freedom: a whole *head* of channels shares one decay per token, a single number, in place of one for each
# channel and each state. Then the scan is linear attention with a decay, lecture 08's row `mamba2`: within a piece of the text it is a masked product $(\mathbf{C}\mathbf{B}^\top)\odot\text{decays}$ of
# matrices, which is what GPUs are best at, and the state can grow from 16 numbers a channel to 64 or 128. Around it, $\Delta$, $\mathbf{B}$ and $\mathbf{C}$ come straight from `in_proj`, $\mathbf{B}$
# and $\mathbf{C}$ go through the convolution as well, and a norm precedes `out_proj`.
#
# Are the course's blocks the published ones? Take small random models from `transformers`, and put their weights into ours.

# %%
try:
    import transformers
except ModuleNotFoundError:
    transformers = None

published = {}
tokens = torch.randint(0, 50, (2, 40), generator=g)
sizes = {"vocab_size": 50, "hidden_size": 16, "num_hidden_layers": 2, "state_size": 4, "expand": 2}
if transformers:
    transformers.logging.set_verbosity_error()
    torch.manual_seed(0)
    second = transformers.Mamba2Config(**sizes, num_heads=4, head_dim=8, n_groups=2, chunk_size=16)
    pairs = {
        "Mamba": (
            transformers.MambaForCausalLM(transformers.MambaConfig(**sizes)),
            MambaLM(50, 16, 2, partial(MambaBlock, d_state=4), tied=True),
        ),
        "Mamba-2": (
            transformers.Mamba2ForCausalLM(second),
            MambaLM(50, 16, 2, partial(Mamba2Block, d_state=4, head_dim=8, groups=2)),
        ),
    }
    for name, (theirs, ours) in pairs.items():
        load_transformers(ours, theirs.state_dict())
        with torch.no_grad():
            logits = theirs.eval()(tokens).logits
            published[name] = ((logits - ours(tokens)[0]).abs().max() / logits.std()).item()
        print(f"{name}: logits differ by {published[name]:.0e} of their size")
else:
    print("transformers is not installed: `pip install transformers` to compare")

# %% [markdown]
# **Now do exercises 5 and 6**: the convolution with a memory, and one token through the block.
#
# ## Generation at constant memory
#
# What does a model carry from token to token, and how long does a token take after a context of growing length? Both models have two layers of 128
# channels; attention has its keys and values in a buffer made beforehand, as good as it gets.

# %%
torch.manual_seed(0)
contexts = runtime.pick(full=(256, 1024, 4096, 16384), smoke=(64, 256))
writers = {"Mamba": MambaLM(90, 128, 2), "attention": models.GPT(90, 128, 2, models.SoftmaxAttention)}
per_token, carried = {}, {}
for name, writer in writers.items():
    for L in contexts:
        with torch.no_grad():
            _, state = writer(torch.randint(0, 90, (1, L), generator=g))
            token = torch.zeros(1, 1, dtype=torch.long)
            writer(token, state)
        per_token.setdefault(name, []).append(runtime.quickest(partial(writer, token, state), repeat=20))
        carried.setdefault(name, []).append(4 * measure.numbers(state))

# %% tags=["hide-input"]
# @title Figure: generation
pictures.generation(contexts, per_token, carried)

# %% [markdown]
# ## Selective copying
#
# The paper's first task, smaller: four tokens stand somewhere among 64 tokens of noise, and have to be said again in order. (Synthetic: it needs
# control.) You know what a fixed memory lacks here. But is it *unable*, or only slower? That is a question about baselines. All models below are
# the same but for their block: Mamba's; the same block with an S4D in place of the scan; attention behind Mamba's convolution. Live, Mamba alone, for a few steps:

# %% tags=["hide-input"]
# @title Source
show_source(experiments.copying_batches, experiments.TimeInvariantBlock)

# %%
_, history = experiments.copying("Mamba", runtime.pick(full=200, smoke=2), seed=0)
right = ", ".join(f"{share:.2f} after {step} steps" for step, share in history.validation)
print(f"Mamba: {right}; {history.seconds:.0f} CPU seconds; chance is {1 / experiments.KINDS}")

# %%
copying = records.load("10_copying")
print(records.made(copying))

# %% tags=["hide-input"]
# @title Figure: copying
pictures.copying(copying["runs"])

# %% tags=["hide-input"]
# @title Table: copying
tables.copying(copying)

# %% [markdown]
# Every block has its own learning rate, from the same search, and S4D's steps and eigenvalues learn more slowly than the rest, as its authors let them. After as many steps Mamba is well ahead of S4D. With twice the steps, which take about as long as Mamba's, S4D is level
# with it, and its best rate is the highest that was tried; and attention, behind the same convolution, has solved the task in a fraction of the seconds. So S4D learns less per step. It is not *unable*, as the paper says of its longer task: four tokens among 64 fit into a fixed memory of this size.
#
# ## Induction heads, and longer than trained
#
# The second task of the paper: a special token, and what followed it; when it comes again, say what followed the first time. Trained at length
# 64, asked at up to 4,096. The paper's claim is that Mamba goes on and attention does not. Look at *three* kinds of attention before you
# believe it.

# %%
induction = records.load("10_induction")
print(records.made(induction))

# %% tags=["hide-input"]
# @title Figure: induction
pictures.induction(induction["runs"], induction["symbols"])

# %% tags=["hide-input"]
# @title Table: induction
tables.induction(induction)

# %% [markdown]
# Three things to see. Attention with rotary positions fades from a few times its training length on, and without a convolution it fails at once; the *same* attention without a position code
# answers everything: what failed was the code, not attention. Mamba has no code, and still its three seeds end at very different places: it has learned to find the pair, and only
# one seed has also learned to keep it through 4,096 tokens. And S4D has not even learned the task at 64; it shares Mamba's learning rate here, for its eigenvalues too, so its line says little.
#
# ## On real text
#
# The World Factbook again, character by character. Mamba has no MLP: four Mamba blocks against four blocks of attention with a small MLP, the
# same width, depth and number of parameters. First at equal steps, then for as many seconds as Mamba took.

# %%
language = records.load("10_language")
print(records.made(language))

# %% tags=["hide-input"]
# @title Figure: language
pictures.language(language["runs"])

# %% [markdown]
# Per step, Mamba learns far more. Per second, attention is ahead: on this machine a step of Mamba takes about four times as long. On a GPU with the paper's kernel the ratio is
# another one. "As good as a transformer" always needs the words *at equal what*.
#
# ## MoE-Mamba: more parameters, the same work
#
# Put an MLP after each Mamba block. Make it eight MLPs, the **experts**, and let a router send every token to one of them: nearly eight times the
# parameters in these layers, of which a token uses one eighth. A second loss keeps the experts equally busy. Compare at equal *active* parameters:

# %% tags=["hide-input"]
# @title Source
show_source(model.SwitchMLP)

# %% tags=["hide-input"]
# @title Table: experts
tables.experts(language["runs"], ("Mamba + MLP", "MoE-Mamba, 8 experts"))

# %% [markdown]
# After a hundred steps, experts are no gain: each has been trained on about an eighth of the tokens. The paper reports the same loss in 2.35 times fewer steps, after long training; a
# minute of CPU cannot speak to that.

# %% tags=["hide-input"]
# @title Claims: sequences
claims.sequences(copying, induction, language, published, carried["Mamba"], memory)

# %% [markdown]
# # Part two: Mamba looks at pictures
#
# ## January 2024: seven papers in one month
#
# Mamba appeared in December 2023. Before the end of January there were MoE-Mamba, U-Mamba, Vision Mamba, VMamba, SegMamba, Vivim and
# MambaMorph. What does a sequence model need to look at a picture? A picture has no beginning. Put
# its pixels in a line, and the scan sees what stands before, never what comes after; read it in another order, and
# it sees something else. So each of the six **chooses orders, and puts scans in these orders into a network that was
# there before.**
#
# | paper | orders | around it | in this lecture |
# |:--|:--|:--|:--|
# | Vision Mamba | forwards, backwards | the patches and the class token of ViT | two whole blocks; the paper's two directions share projections and gate |
# | VMamba | rows and columns, both ways | SS2D: one block, four scans; four stages | SS2D as published, live; in the record, the four orders with a whole block each |
# | U-Mamba | forwards | a U-Net, for medical pictures | at the bottleneck, one of the paper's two variants |
# | SegMamba | forwards, backwards, slice by slice | a U-Net, for volumes | the orders, at the bottleneck; the paper has them at every scale |
# | Vivim | forwards, backwards, through time | a hierarchy of scans, for videos | the orders, at the bottleneck |
# | MambaMorph | forwards | a feature extractor and a U-Net that answers with a displacement | a flat U-Net with one scan, without extractor and without labels |
#
# An order is a permutation of the cells. A layer has one scan for each order, and puts what the scans say back where it was read.

# %%
from llmcourse.mamba import directions, registration, unet
from llmcourse.mamba import vision_experiments as seeing
from llmcourse.mamba.vision import SS2D

# %% [markdown]
# **Drag it.** The four orders of VMamba on five by five cells. What is shaded has been read; the dot is being read.

# %% tags=["hide-input"]
# @title Figure: orders
pictures.orders()

# %% [markdown]
# Two things must hold. Putting the lines back gives the picture back; and a picture turned by half a
# turn exchanges the directions, so nothing but the scans can tell up from down.

# %%
picture = torch.randn(2, 8, 8, 3, generator=runtime.seed(0))
lines = directions.cross_scan(picture)
back = directions.cross_merge(lines, (8, 8))
turned = directions.cross_scan(picture.flip(1, 2))
print(f"four lines {tuple(lines.shape)}; put back, they differ from the picture by {(back - picture).abs().max():g}")
print(f"of the turned picture, with directions exchanged, by {(turned - lines[[1, 0, 3, 2]]).abs().max():g}")

# %% [markdown]
# **Now do exercise 7.** In VMamba's block the four directions share nearly everything: one projection, one convolution, one gate, one output. Each has a selection of its
# own, that is, its own $\Delta$, $\mathbf{B}$, $\mathbf{C}$, $\mathbf{A}$ and $D$.

# %% tags=["hide-input"]
# @title Source
show_source(SS2D)

# %% [markdown]
# ### What does a place know of the others?
#
# Ask the gradient: for one cell of the output, how much does it change with each cell of the input? Where it is exactly
# zero, nothing arrives, however long you train.

# %%
WIDE, AT = (9, 9), (4, 5)
orders = {"one way": directions.one_way, "two ways": directions.bidirectional, "four ways": directions.cross}
fields = {}
for name, order in orders.items():
    g = runtime.seed(0)
    layer = directions.Directions(16, order, 2)
    inputs = [torch.randn(*WIDE, 16, generator=g) for _ in range(20)]
    fields[name] = torch.stack([directions.reach(layer, x, AT) for x in inputs]).mean(0)

# %% tags=["hide-input"]
# @title Figure: reach
pictures.reach(fields, AT)

# %% [markdown]
# One way, a place knows what was read before it, here about half. Two ways, it knows everything; but the cell above is as
# far away as the line is long, nine steps, and fades. Four ways bring its column near. Nothing here was trained.
#
# ## Classifying: do more directions help?
#
# Vision Mamba puts a class token in the *middle* of the line of patches and reads the line in both directions. It beats the
# same network that reads in one direction. So it does here, on handwritten digits: compare the first and the third line.
# Then look at the second one.

# %%
sight = records.load("10_vision")
print(records.made(sight))

# %% tags=["hide-input"]
# @title Table: contest
tables.contest(sight["classify"], "share right", "1,437 digits to train on, 360 to test on")

# %% [markdown]
# A class token in the middle of a one-way scan *cannot see the second half of the picture*. That is what the comparison of the first line with the third
# measures, not what directions are worth. At the end of the line, one way with the same number of parameters is a little *better* than two.
#
# On the grid, four whole blocks do worse than one in each of the three seeds. This is no test of VMamba: at equal size, each block has a quarter of the parameters, while in SS2D the
# directions share nearly all of them. Here is SS2D at the same size with four ways and with one, live, one seed each:

# %%
for name in ("SS2D, four ways", "SS2D, one way"):
    network, history = seeing.classify(name, 0, steps=runtime.pick(full=100, smoke=2), task="ways")
    share = history.validation[-1][1]
    print(f"{name:16} {unet.size(network):,} parameters, {share:.3f} right, {history.seconds:.0f} CPU seconds")
print(tables.another_test_set(share, 360))

# %% [markdown]
# Is the difference larger than what another seed, or other digits, would make of it? One run cannot say. And these are digits of 16 patches, where nothing is far away.
#
# A baseline is fair when it has been given what it needs; ask this of every table that you read.
#
# ## U-Mamba: what is far away decides
#
# A U-Net segments: convolutions at ever coarser scales, and back. Its convolutions see as far as they reach, and no further.
# U-Mamba puts a Mamba block behind the convolutions: in one variant at every scale of the encoder, in the other, built here, only where it is coarsest. When does that matter? When a pixel's class depends on something
# beyond the reach of the convolutions. No such data come with the course, so the pictures below are **put together** from
# real digits: two lines, each of which begins with a zero or a one. *The digits of lines that begin with a one are looked for.*

# %% tags=["hide-input"]
# @title Source
show_source(unet.UNet, unet.Mixed)

# %% [markdown]
# You train both here, for some seconds. The record has more steps, three seeds, and one more contender: a U-Net *one level
# deeper* with the same number of parameters, so that its convolutions reach across the whole picture. The first digit of a line is
# not asked about: what the networks say there means nothing.

# %%
x, target = seeing.test_set("lines")
says = {}
for name in ("U-Mamba", "U-Net"):
    network, history = seeing.segment("lines", name, 0, steps=runtime.pick(full=200, smoke=2), every=100)
    with torch.no_grad():
        says[name] = network(x.to(runtime.device())).cpu() > 0
    print(f"{name:8} Dice {history.validation[-1][1]:.3f}, {history.seconds:.0f} CPU seconds")

# %% tags=["hide-input"]
# @title Figure: lines of digits
wanted = (target == 1).unflatten(2, (2, 8)).flatten(3).any(-1).sum((1, 2))  # lines, in each picture
shown = int((wanted == 1).float().argmax())  # the first picture in which one line is looked for
layers = {"picture": x, "looked for": target.clamp(min=0), **says}
pictures.masks(
    {name: layer[shown, 0] for name, layer in layers.items()},
    "A picture with two lines of six digits each, what is looked for, and the answers of two networks.",
)

# %% tags=["hide-input"]
# @title Figure: along
pictures.along(sight["lines"]["runs"])

# %% tags=["hide-input"]
# @title Table: contest
tables.contest(sight["lines"], "Dice", "64 test pictures of digits that no network was trained on")

# %% [markdown]
# The plain U-Net falls off a cliff: beyond the reach of its convolutions it can only guess. U-Mamba does not, and that is the
# point of the paper. But a level more of convolutions, at *equal* parameters, sees the whole picture as well and does about
# as well. On real scans, U-Mamba was later compared with the same network *without* its Mamba layers, and there
# was no difference (Isensee et al., 2024).
#
# ## SegMamba's orders in a volume
#
# Volumes, **put together** again: 32 slices; in each quarter the first four slices show a zero or a one; from the ninth slice on there is
# a digit, which slowly turns into another. Looked for are those that began with a one. SegMamba reads the volume in
# three orders: forwards, backwards, and each place through all slices before the next.

# %% tags=["hide-input"]
# @title Figure: a volume
x, target = seeing.test_set("columns")
columns = sight["columns"]["runs"]
says = {run["network"]: seeing.from_text(run["example"], target.shape[2:]) for run in columns if "example" in run}
pictures.volume(x[0, 0], target[0, 0], columns, says)

# %% tags=["hide-input"]
# @title Table: contest
tables.contest(sight["columns"], "Dice", "64 test volumes")

# %% [markdown]
# **One seed of three failed**, and it is the one whose answer the figure shows: it marks both columns, for it has not learned to look back to the first slices. With the two other seeds the three orders do as well as
# the deeper U-Net. A mean over three such numbers says little, and its interval says so. Before you compare two methods, ask how often each of them fails.
#
# ## Vivim: what moved?
#
# Six frames, **put together**: a digit moves for four frames and then stands still among two others; a bar passes in front. Which
# digit moved? One frame can't tell. Each frame goes through convolutions of its own, and frames meet in the scans
# alone: forwards, backwards, and each place through time. The fair opponent has convolutions through time.

# %% tags=["hide-input"]
# @title Figure: a video
x, target = seeing.test_set("videos")
videos = sight["videos"]["runs"]
says = {run["network"]: seeing.from_text(run["example"], target.shape[2:]) for run in videos if "example" in run}
pictures.video({"video": x[0, 0], "looked for": target[0, 0], **says})

# %% tags=["hide-input"]
# @title Table: contest
tables.contest(sight["videos"], "Dice", "64 test videos")

# %% [markdown]
# Frame by frame, a network can only guess. Letting frames meet is what helps, by scans or by convolutions; in each seed the convolutions through time get further, with a quarter of the seconds.
#
# ## MambaMorph: where did each point go?
#
# Registration: two pictures of one thing, taken at different times or by different machines (CT and MRI in the paper). Wanted is the
# **displacement field** $\mathbf{u}$ with $\text{fixed}(\mathbf{p}) \approx \text{moving}(\mathbf{p} + \mathbf{u}(\mathbf{p}))$. Nobody
# knows the true one, so no network can be taught it. MambaMorph learns from regions that are labelled in both pictures. Without labels, as in VoxelMorph and here: warp, compare the pictures, and ask for smoothness.
#
# $$\mathcal{L} = 1 - \text{likeness}\big(\text{moving}\circ(\mathrm{id}+\mathbf{u}),\ \text{fixed}\big) + \lambda\,\lVert\nabla\mathbf{u}\rVert^2.$$
#
# The likeness is a squared correlation in small windows, so that light and dark may be exchanged, as they are between CT and
# MRI. Here a real digit is the moving picture; the fixed one is the same digit after a smooth random deformation, in inverted
# grey values. The deformation is never shown to the network, a U-Net with one scan.

# %% tags=["hide-input"]
# @title Source
show_source(registration.warp, registration.likeness, registration.roughness)

# %%
morph, history = seeing.register("MambaMorph", 0, steps=runtime.pick(full=200, smoke=2), every=100)
moving, fixed, mask, truth = seeing.test_set("register")
with torch.no_grad():
    field = morph(moving.to(runtime.device()), fixed.to(runtime.device())).cpu()
    warped = registration.warp(moving, field)
    after = seeing.registered(morph, moving, fixed, mask, truth)
before = unet.dice(mask.flatten(1), truth.flatten(1))
print(f"Dice before {before.mean():.3f}, after {after.mean():.3f}; {history.seconds:.0f} CPU seconds of training")

# %% tags=["hide-input"]
# @title Figure: registration of the worst pair
i = int(before.argmin())
pictures.registration(moving[i, 0], fixed[i, 0], field[i], warped[i, 0], truth[i, 0], (before[i], after[i]))

# %% tags=["hide-input"]
# @title Table: contest
tables.contest(sight["register"], "Dice after", f"64 test pairs, {sight['register']['before']:.3f} before")

# %% [markdown]
# The line around the warped digit is the outline of the fixed one. Registration works, and no gain from the scan can be seen: the
# plain U-Net of the same size does as well. The deformation of a place is seen near that place.

# %% tags=["hide-input"]
# @title Claims: pictures
claims.pictures(sight)

# %% tags=["hide-input"]
# @title Question
quiz("10-two-ways")

# %% tags=["hide-input"]
# @title Question
quiz("10-row-by-row")

# %% [markdown]
# ## Errata
#
# - The slide says that $\mathbf{B}$, $\mathbf{C}$ and $\Delta$ may depend on $\mathbf{x}_t$. In the model they do, and $\mathbf{A}$ does not; it acts through $\Delta_t\mathbf{A}$, so what is
#   kept depends on the token all the same (first figure).
# - "CNN and Mamba" is said of VMamba; in its block, the only convolution is a depthwise one before the scans. (Its stem and the steps between its stages are convolutions, too.)
# - The slide's *ViViM* is the paper's *Vivim*.
#
# ## What to remember
#
# 1. Selection is a step size that depends on the token: long writes and forgets, short keeps.
# 2. It costs the convolution. An associative law gives a parallel scan, with up to twice the work of a loop; pieces in the cache give a fast loop.
# 3. Don't keep what you can compute again: the backward pass runs the pieces a second time.
# 4. A Mamba model carries the same few numbers at any context. Attention carries everything, and pays for it.
# 5. Mamba-2 shares one decay within a head, and becomes products of matrices.
# 6. Ask of every comparison: equal steps, seconds, parameters? Was the baseline given what it needs, and nothing that harms it? How often does each method fail?
# 7. For pictures, Mamba is a choice of orders. Where nothing is far away, it wins nothing.
#
# ## Test yourself

# %% tags=["hide-input"]
# @title Question
quiz("10-short-step")

# %% tags=["hide-input"]
# @title Question
quiz("10-no-convolution")

# %% tags=["hide-input"]
# @title Question
quiz("10-work")

# %% tags=["hide-input"]
# @title Question
quiz("10-again")

# %% tags=["hide-input"]
# @title Question
quiz("10-equal-what")

# %% [markdown]
# After the lab, compare your answers with the library's: `show_source(scan, MambaBlock, directions)` in a cell of your own. The backward pass by hand is `scan._Chunked`.
#
# ## References
#
# - Gu, Dao. *Mamba: linear-time sequence modeling with selective state spaces.* 2024. [arXiv:2312.00752](https://arxiv.org/abs/2312.00752)
# - Dao, Gu. *Transformers are SSMs* (Mamba-2). 2024. [arXiv:2405.21060](https://arxiv.org/abs/2405.21060)
# - Pióro et al. *MoE-Mamba.* 2024. [arXiv:2401.04081](https://arxiv.org/abs/2401.04081)
# - Hillis, Steele. *Data parallel algorithms.* 1986. [doi:10.1145/7902.7903](https://doi.org/10.1145/7902.7903). Blelloch. *Prefix sums and their applications.* 1990.
#   Brent, Kung. *A regular layout for parallel adders.* 1982. [doi:10.1109/TC.1982.1675982](https://doi.org/10.1109/TC.1982.1675982)
# - Olsson et al. *In-context learning and induction heads.* 2022. [arXiv:2209.11895](https://arxiv.org/abs/2209.11895)
# - Zhu et al. *Vision Mamba.* 2024. [arXiv:2401.09417](https://arxiv.org/abs/2401.09417). Liu et al. *VMamba.* 2024. [arXiv:2401.10166](https://arxiv.org/abs/2401.10166)
# - Ma, Li, Wang. *U-Mamba.* 2024. [arXiv:2401.04722](https://arxiv.org/abs/2401.04722). Xing et al. *SegMamba.* 2024. [arXiv:2401.13560](https://arxiv.org/abs/2401.13560).
#   Yang et al. *Vivim.* 2024. [arXiv:2401.14168](https://arxiv.org/abs/2401.14168). Guo et al. *MambaMorph.* 2024. [arXiv:2401.13934](https://arxiv.org/abs/2401.13934)
# - Ronneberger, Fischer, Brox. *U-Net.* 2015. [arXiv:1505.04597](https://arxiv.org/abs/1505.04597). Balakrishnan et al. *VoxelMorph.* 2019. [arXiv:1809.05231](https://arxiv.org/abs/1809.05231).
#   Isensee et al. *nnU-Net revisited.* 2024. [arXiv:2404.09556](https://arxiv.org/abs/2404.09556)
# - Qu et al. *A survey of Mamba.* 2024. [arXiv:2408.01129](https://arxiv.org/abs/2408.01129)

# %% [markdown] tags=["next"]
# **Now write it yourself:** [lab 10](../work/10_mamba/10_lab.ipynb), about 110 minutes. **Next:** [11 Does a long context work?](11_long_context.ipynb).
