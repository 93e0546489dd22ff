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
# The memories of lecture 09 keep everything alike: what arrives is written, what was written fades, whatever it is. Read a book like
# that and the page numbers push out the plot. Mamba makes one change: how much to write, and how much to forget, is decided by the
# token itself. This lecture shows what the change buys, what it costs, and how a scan makes up for the lost convolution. Then it follows
# Mamba through the January of 2024 into pictures, volumes and videos.

# %% [markdown] tags=["badge"]
# about 120 minutes · builds on 09 State space models

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
# - write the selective scan in four forms, and the law that makes it parallel;
# - measure what a training step has to keep in memory, and say how recomputing saves it;
# - put a Mamba block together that gives the same numbers as the published implementation;
# - read claims on copying, induction and language with fair baselines: equal steps, equal seconds, equal size;
# - say what six papers on Mamba for pictures have in common, and which of their gains survive a fair opponent.
#
# The letters are the slides' and the paper's: inputs $x$ of $D$ channels, steps $\Delta$ (`dt`), $\mathbf{A}$, $\mathbf{B}$, $\mathbf{C}$, a state
# of $N$ numbers for each channel.

# %%
import statistics
import time
from functools import partial

import torch
import torch.nn.functional as F
from llmcourse import figures, models, records, runtime
from llmcourse.figures import COLOURS, Claim, explore, figure, label_lines, quiz, show_source, table
from llmcourse.mamba import Mamba2Block, MambaBlock, MambaLM, experiments, load_transformers, model, scan
from llmcourse.recurrence import ZOO, engine

STYLES = ("-", "--", "-.", ":", (0, (9, 2)))
print(runtime.describe())

# %% [markdown]
# ## What a fixed memory cannot do
#
# Noise comes in, and three samples of it are marked. Keep the last marked one. A fixed memory has one decay for all samples: if it is slow,
# it holds what was marked and everything else too; if it is fast, it holds nothing. Now let the **step** depend on the mark: a long
# step, $\Delta=4$, where there is one, a short one elsewhere.

# %%
L = 60
g = runtime.seed(0)
x = torch.randn(L, 1, generator=g)
marked = torch.zeros(L, dtype=torch.bool)
marked[[8, 30, 45]] = True
one = torch.ones(L, 1)
A = -torch.ones(1, 1)


def hold(dt):
    """One channel, one state: writes with dt, forgets with e^(-dt). Scaled so that a constant input is held as it is."""
    return scan.sequential(x * (1 - (-dt).exp()) / dt, dt, A, one, one)[0][:, 0]


kept = {"one step for all, 0.1": hold(0.1 * one), "one step for all, 1": hold(one)}
kept["a step of its own"] = hold(torch.where(marked, 4.0, 0.003)[:, None])
wanted = torch.stack(
    [x[marked.nonzero()[marked.nonzero() <= t][-1], 0] if t >= 8 else torch.zeros(()) for t in range(L)]
)
missed = {name: (y - wanted)[8:].square().mean().sqrt().item() for name, y in kept.items()}

with figure(
    alt="Noise with three marked samples. A slow fixed memory averages the noise, a fast one follows it; the selective one jumps to each "
    "marked value and holds it.",
    columns=3,
    width=9,
    height=2.8,
) as axes:
    for ax, (name, y) in zip(axes, kept.items()):
        ax.plot(x[:, 0], color="#bbbbbb", marker="", linewidth=1)
        ax.plot(marked.nonzero()[:, 0], x[marked, 0], linestyle="", marker="o", color="black")
        ax.plot(y, marker="", linewidth=2)
        ax.set(title=f"{name}:\n{missed[name]:.2f} off", xlabel="token", ylim=(-2.6, 2.6))

# %% [markdown]
# ## The selective scan
#
# In lecture 09 the three, $\Delta$, $\mathbf{B}$ and $\mathbf{C}$, were parameters. Let the token compute them:
#
# $$\mathbf{h}_t = e^{\Delta_t\mathbf{A}}\,\mathbf{h}_{t-1} + \Delta_t\,x_t\,\mathbf{B}_t,\qquad y_t = \mathbf{C}_t^\top\mathbf{h}_t + D\,x_t,$$
#
# for each of $D$ channels with its own state of $N$ numbers and its own decay rates $\mathbf{A}$. A long step forgets and writes; a short one
# leaves the state alone; $\mathbf{B}_t$ says what is worth writing, $\mathbf{C}_t$ what is wanted. The definition is a loop:

# %% tags=["hide-input"]
# @title Source
show_source(scan.sequential)

# %% [markdown]
# It is a row of lecture 08's table, too: heads of width one with a decay for each channel *and* state. Same numbers:

# %%
inputs = {name: torch.randn(50, 4, generator=g, dtype=torch.float64) for name in ("q", "k")}
inputs |= {
    "v": torch.randn(50, 3, generator=g, dtype=torch.float64),
    "dt": F.softplus(torch.randn(50, 3, generator=g, dtype=torch.float64)),
}
rates, skip = (
    torch.randn(3, 4, generator=g, dtype=torch.float64).exp(),
    torch.randn(3, generator=g, dtype=torch.float64),
)
row, _ = engine.recurrent(ZOO["mamba"](**inputs, A=rates.log(), D=skip[None]))
mine, _ = scan.sequential(inputs["v"], inputs["dt"], -rates, inputs["k"], inputs["q"], skip)
row_error = (row - mine).abs().max().item()
print(f"the table's row and the scan differ by {row_error:.0e}")

# %% [markdown]
# ## A scan in parallel
#
# The kernel of lecture 09 is gone: every token has its own $\bar{\mathbf A}_t$, so there is no convolution and no FFT. Is a loop of $L$ steps
# all that is left? A stretch of time does one thing to a state, $\mathbf{h}\mapsto \mathbf{a}\mathbf{h}+\mathbf{b}$, and two stretches are again one:
#
# $$(\mathbf{a}_2, \mathbf{b}_2)\circ(\mathbf{a}_1,\mathbf{b}_1) = (\mathbf{a}_2\mathbf{a}_1,\ \mathbf{a}_2\mathbf{b}_1+\mathbf{b}_2).$$
#
# The law is associative, so the brackets may stand anywhere. In each round every place joins itself to what stands 1, 2, 4, ... places
# before: after $\log_2 L$ rounds it has joined everything.

# %% tags=["hide-input"]
# @title Source
show_source(scan.combine, scan.associative)


# %%
def draw_round(ax, r):
    """How far back each of 16 places has looked after r rounds."""
    for t in range(16):
        far = max(0, t - 2**r + 1)
        ax.plot([far - 0.4, t + 0.4], [t, t], color=COLOURS[0], linestyle="-", marker="", linewidth=5)
        if r and t >= 2 ** (r - 1):
            ax.plot([t - 2 ** (r - 1)], [t], color=COLOURS[2], marker="o", linestyle="", markersize=5)
    ax.set(title=f"after {r} rounds" if r != 1 else "after 1 round", xlabel="token that is joined in", ylabel="place")
    ax.set(xlim=(-0.8, 15.8), ylim=(15.8, -0.8))


explore(
    draw_round,
    range(5),
    label="rounds",
    alt=lambda r: (
        f"Sixteen places, each with a bar to the oldest token it has joined: at most {2**r} tokens after {r} rounds"
    ),
    width=6,
    height=3.6,
)

# %% [markdown]
# Who is faster? That depends on the machine. The parallel scan does $\log_2 L$ times the work, all places at once: right for a GPU with thousands
# of units, wrong for a CPU with two. There, the loop wins, if its pieces stay in the cache.


# %%
def random_scan(L, D=256, N=16):
    draw = lambda *shape: torch.randn(*shape, generator=g)
    steps = F.softplus(draw(1, L, D) - 3)
    return draw(1, L, D), steps, -torch.arange(1.0, N + 1).expand(D, N).contiguous(), draw(1, L, N), draw(1, L, N)


def seconds(function, repeat=3):
    times = []
    for _ in range(repeat):
        start = time.perf_counter()
        function()
        times.append(time.perf_counter() - start)
    return min(times)


FORMS = {"sequential": scan.sequential, "associative": scan.associative, "chunked": scan.chunked}
lengths = runtime.pick(full=(256, 1024, 4096), smoke=(32, 64))
took = {name: [] for name in FORMS}
for L in lengths:
    arguments = random_scan(L)
    with torch.no_grad():
        for name, form in FORMS.items():
            took[name].append(seconds(partial(form, *arguments), repeat=runtime.pick(full=3, smoke=1)))
table(
    [(name, *(f"{1e3 * s:.1f}" for s in times)) for name, times in took.items()],
    ["form", *(f"L = {L}" for L in lengths)],
    "milliseconds, forward, D = 256, N = 16",
)

# %% [markdown]
# ## What training has to remember
#
# The paper's other trick is about memory. The backward pass needs the states, $L\cdot D\cdot N$ numbers: sixteen times the inputs. Don't
# keep them. Keep one state for each piece, and *compute the piece again* when its gradient is wanted: the pieces are cheap, memory traffic
# is not. On a GPU the pieces live in the fast memory of the chip; here, in the processor's cache. The backward pass is written by
# hand:

# %% tags=["hide-input"]
# @title Source
show_source(scan._Chunked, scan._piece)


# %%
def kept_for_backward(form, arguments):
    """Bytes that autograd holds on to between the forward and the backward pass, the inputs themselves left out."""
    leaves = [z.clone().requires_grad_() for z in arguments]
    own, held = {z.untyped_storage().data_ptr() for z in leaves}, {}

    def pack(z):
        storage = z.untyped_storage()
        if storage.data_ptr() not in own:
            held[storage.data_ptr()] = storage.nbytes()
        return z

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda z: z):
        y, _ = form(*leaves)
    y.sum().backward()
    return sum(held.values())


L = runtime.pick(full=2048, smoke=128)
arguments = random_scan(L)
memory = {name: kept_for_backward(form, arguments) for name, form in FORMS.items()}
size_of_inputs = sum(z.nbytes for z in arguments)
table(
    [(name, f"{held / 1e6:.1f}", f"{held / size_of_inputs:.1f}") for name, held in memory.items()],
    ["form", "megabytes kept", "in units of the inputs"],
    f"between forward and backward pass, L = {L}, D = 256, N = 16; inputs {size_of_inputs / 1e6:.1f} MB",
)

# %% [markdown]
# ## The block
#
# Around the scan stands a block that replaces both attention and MLP: widen, convolve each channel with its last four values, scan, gate,
# narrow. Here is all of it.

# %% tags=["hide-input"]
# @title Source
show_source(MambaBlock)

# %% [markdown]
# Is it Mamba? The published implementation is in `transformers`. A small random model of theirs, its weights in ours:

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
    pairs = {
        "Mamba": (
            transformers.MambaForCausalLM(transformers.MambaConfig(**sizes)),
            MambaLM(50, 16, 2, partial(MambaBlock, d_state=4), tied=True),
        ),
        "Mamba-2, two groups": (
            transformers.Mamba2ForCausalLM(
                transformers.Mamba2Config(**sizes, num_heads=4, head_dim=8, n_groups=2, chunk_size=16)
            ),
            MambaLM(50, 16, 2, partial(Mamba2Block, d_state=4, head_dim=8, groups=2)),
        ),
    }
    for name, (theirs, ours) in pairs.items():
        load_transformers(ours, theirs.state_dict())
        with torch.no_grad():
            difference = (theirs.eval()(tokens).logits - ours(tokens)[0]).abs().max()
        published[name] = difference.item() / theirs(tokens).logits.std().item()
        print(f"{name}: logits differ by {published[name]:.0e} of their size")
else:
    print("transformers is not installed: `pip install transformers` to compare")

# %% [markdown]
# ## Generation at constant memory
#
# What a model carries from token to token, and how long a token takes after a context of growing length. Both models have two layers of 128
# channels; attention has its keys and values in a buffer made beforehand, as good as it gets.

# %%
torch.manual_seed(0)
contexts = runtime.pick(full=(256, 1024, 4096, 16384), smoke=(64, 256))
writers = {"Mamba": MambaLM(90, 128, 2), "attention": models.GPT(90, 128, 2, models.SoftmaxAttention)}


def numbers(state):
    """Numbers in a nested state."""
    if isinstance(state, torch.Tensor):
        return state.numel()
    return sum(numbers(part) for part in state) if isinstance(state, list | tuple) else 0


per_token, carried = {}, {}
for name, writer in writers.items():
    for L in contexts:
        with torch.no_grad():
            _, state = writer(torch.randint(0, 90, (1, L), generator=g))
            token = torch.zeros(1, 1, dtype=torch.long)
            writer(token, state)
            per_token.setdefault(name, []).append(seconds(partial(writer, token, state), repeat=20))
        carried.setdefault(name, []).append(4 * numbers(state))
growth = {name: values[-1] / values[0] for name, values in per_token.items()}

with figure(
    alt=f"Microseconds a token against context. Mamba stays level, factor {growth['Mamba']:.1f}; attention grows by {growth['attention']:.1f}.",
    columns=2,
    width=8.5,
    height=3.2,
) as axes:
    for name, style in zip(writers, STYLES):
        axes[0].loglog(contexts, [1e6 * s for s in per_token[name]], base=2, linestyle=style, label=name)
        axes[1].loglog(contexts, [b / 1e6 for b in carried[name]], base=2, linestyle=style, label=name)
    axes[0].set(title="A token costs the same, always", xlabel="context, tokens", ylabel="µs per token")
    axes[1].set(title="So does its memory", xlabel="context, tokens", ylabel="megabytes carried")
    for ax in axes:
        ax.xaxis.set_major_formatter(lambda value, position: f"{value:g}")
        ax.yaxis.set_major_formatter(lambda value, position: f"{value:g}")
        label_lines(ax)

# %% [markdown]
# ## Selective copying
#
# The paper's first task: four tokens stand somewhere in 128 tokens of noise, and have to be said again in order. (Synthetic: it needs
# control.) You know what a fixed memory lacks here. But is it *unable*, or only slower? That is a question about baselines. All models below are
# the same but for their block: Mamba's; the same block with an S4D in place of the scan; attention, with and without rotary
# positions, with Mamba's convolution before it. Live, Mamba alone and shortened:

# %% tags=["hide-input"]
# @title Source
show_source(experiments.copying_batches, experiments.TimeInvariantBlock)

# %%
_, history = experiments.copying("Mamba", runtime.pick(full=200, smoke=2), seed=0, every=50)
print(
    f"Mamba, {len(history.loss)} steps: {history.validation[-1][1]:.2f} of the tokens, {history.seconds:.0f} CPU seconds; chance is {1 / experiments.KINDS}"
)

# %%
record = records.load("10_copying")
copied = record["runs"]


def ends(runs, what, name):
    """Final values, by seed."""
    return [run["validation"][-1][1] for run in runs if (run["what"], run["name"]) == (what, name)]


def summary(runs, what, name):
    return records.interval(ends(runs, what, name))


NAMES = ("Mamba", "S4D", "attention", "attention, rotary")
with figure(
    alt="Share of tokens copied against training steps, left, and against CPU seconds, right, three seeds each: "
    + ", ".join(f"{name} ends at {summary(copied, 'equal steps', name)[0]:.2f}" for name in NAMES),
    columns=2,
    width=9,
    height=3.6,
) as axes:
    for ax, what in zip(axes, ("equal steps", "equal seconds")):
        for name, colour, style in zip(NAMES, COLOURS, STYLES):
            for run in (
                r for r in copied if r["name"] == name and r["what"] == (what if name != "Mamba" else "equal steps")
            ):
                scale = 1 if what == "equal steps" else run["seconds"] / run["steps"]
                points = [(step * scale, value) for step, value in run["validation"]]
                ax.plot(
                    *zip(*points), color=colour, linestyle=style, marker="", label=name if run["seed"] == 0 else "_"
                )
        ax.set(title=f"At {what}", ylabel="tokens copied", ylim=(0, 1.02))
        ax.set(xlabel="training steps" if what == "equal steps" else "CPU seconds of training")
        label_lines(ax)
print(records.made(record))
copy_steps = next(r["steps"] for r in copied)
table(
    [
        (name, f"{next(r['parameters'] for r in copied if r['name'] == name):,}",
         "{:.3f} ± {:.3f}".format(*summary(copied, "equal steps", name)),
         "{:.3f} ± {:.3f}".format(*summary(copied, "equal seconds", name)) if ends(copied, "equal seconds", name) else "")
        for name in NAMES
    ],
    ["block", "parameters", f"{copy_steps} steps each", "as many seconds as Mamba"],
    "share of tokens copied, 95 % interval over 3 seeds; one learning rate for all, found for Mamba",
)  # fmt: skip

# %% [markdown]
# In this record, Mamba is ahead of S4D at equal steps. It is not at equal seconds, and attention behind the same convolution is ahead of
# both. Nobody has finished: the paper trains far longer, and what it reports, that S4 never solves the task, would need more than our half
# hour. What *is* shown is how much a baseline gains from a convolution, a gate, and time.
#
# ## Induction heads, and longer than trained
#
# The second task of the paper: a special token, and what followed it; when it comes again, say what followed the first time. Trained at length
# 64, asked at up to 4,096. The paper's claim is that Mamba goes on and attention does not. Look at *three* kinds of attention before you
# believe it.

# %%
record = records.load("10_induction")
asked = record["runs"]
HEADS = list(dict.fromkeys(run["name"] for run in asked))
reached = {
    name: [records.interval([run["lengths"][L] for run in asked if run["name"] == name]) for L in asked[0]["lengths"]]
    for name in HEADS
}
question_lengths = [int(L) for L in asked[0]["lengths"]]
with figure(
    alt="Share right against length, logarithmic, for five blocks: "
    + "; ".join(
        f"{name} {values[0][0]:.2f} at 64 and {values[-1][0]:.2f} at 4,096" for name, values in reached.items()
    ),
    height=3.8,
) as ax:
    for name, colour, style in zip(HEADS, COLOURS, STYLES):
        means = [m for m, _ in reached[name]]
        ax.semilogx(question_lengths, means, base=2, color=colour, linestyle=style, label=name)
    ax.axhline(1 / record["symbols"], color="black", linewidth=0.8, linestyle=":")
    ax.xaxis.set_major_formatter(lambda value, position: f"{value:g}")
    ax.set(
        title="What breaks at length is the position code",
        xlabel="length when asked",
        ylabel="right, mean of 3 seeds",
        ylim=(0, 1.03),
    )
    label_lines(ax)
print(records.made(record))
table(
    [(name, *(f"{m:.2f} ± {h:.2f}" for m, h in values), f"{statistics.mean(r['seconds'] for r in asked if r['name'] == name):.0f}")
     for name, values in reached.items()],
    ["block", *(f"{L:,}" for L in question_lengths), "CPU s"],
    "share right at each length, 95 % interval over 3 seeds; 256 questions, 48 at the two longest; trained at 64",
)  # fmt: skip

# %% [markdown]
# ## On real text
#
# The World Factbook again, character by character. Mamba has no MLP: four Mamba blocks against four blocks of attention with a small MLP, the
# same width, depth and number of parameters. First at equal steps, then as many seconds as Mamba took.

# %%
record = records.load("10_language")
texts = record["runs"]
losses = {name: summary(texts, "equal steps", name) for name in experiments.LANGUAGE}
longer = summary(texts, "equal seconds", "attention")
with figure(
    alt="Validation loss against CPU seconds: "
    + "; ".join(f"{name} ends at {m:.2f}" for name, (m, _) in losses.items())
    + f"; attention, trained for as long as Mamba, at {longer[0]:.2f}.",
    height=3.6,
) as ax:
    for (what, name), colour, style in zip(
        (("equal steps", "Mamba"), ("equal steps", "attention"), ("equal seconds", "attention")), COLOURS, STYLES
    ):
        for run in (r for r in texts if (r["what"], r["name"]) == (what, name)):
            points = [(step * run["seconds"] / run["steps"], value) for step, value in run["validation"]]
            label = f"{name}, {what}" if run["seed"] == 0 else "_"
            ax.plot(*zip(*points), color=colour, linestyle=style, marker="", label=label)
    ax.set(
        title="Steps and seconds are two questions", xlabel="CPU seconds of training", ylabel="loss, nats per character"
    )
    label_lines(ax)
print(records.made(record))

# %% [markdown]
# ## MoE-Mamba: more parameters, the same work
#
# Put an MLP after each Mamba block. Make it eight MLPs, the **experts**, and let a router send every token to one of them: eight times the
# parameters, of which a token uses one eighth. A second loss keeps the experts equally busy. Equal *active* parameters, then:

# %% tags=["hide-input"]
# @title Source
show_source(model.SwitchMLP)

# %%
experts = {name: next(r for r in texts if r["name"] == name) for name in ("Mamba + MLP", "MoE-Mamba, 8 experts")}
saved = [
    a - b for a, b in zip(ends(texts, "equal steps", "Mamba + MLP"), ends(texts, "equal steps", "MoE-Mamba, 8 experts"))
]
moe_gain = records.interval(saved)
table(
    [
        (name, f"{run['parameters']:,}", f"{run['active']:,}", "{:.3f} ± {:.3f}".format(*losses[name]),
         f"{statistics.mean(r['seconds'] for r in texts if r['name'] == name):.0f}")
        for name, run in experts.items()
    ],
    ["model", "parameters", "active", "loss, nats per character", "CPU s"],
    f"{next(iter(experts.values()))['steps']} steps, 95 % interval over 3 seeds; seed by seed, experts gain {moe_gain[0]:+.3f} ± {moe_gain[1]:.3f}",
)  # fmt: skip

# %% [markdown]
# # Part two: Mamba looks at pictures
#
# ## January 2024: seven papers in seven weeks
#
# Mamba appeared in December 2023. By the end of January there were Vision Mamba, VMamba, U-Mamba, SegMamba, Vivim and
# MambaMorph, besides MoE-Mamba above. What does a sequence model need to look at a picture? A picture has no beginning. Put
# its pixels in a line, and the scan sees what stands before, never what comes after; read it again in another order, and
# it sees something else. That is nearly all there is to it: **each of the six is a choice of orders, in a network that was
# there before.**
#
# | paper | orders | around it |
# |:--|:--|:--|
# | Vision Mamba | forwards, backwards | the patches and the class token of ViT |
# | VMamba | rows and columns, both ways | a depthwise convolution before the scans |
# | U-Mamba | forwards | a U-Net, for medical pictures |
# | SegMamba | forwards, backwards, slice by slice | a U-Net, for volumes |
# | Vivim (ViViM on the slide) | forwards, backwards, through time | an encoder of frames, for videos |
# | MambaMorph | forwards | a U-Net that answers with a displacement |
#
# So one layer serves for all. An order is a permutation of the cells; a layer has one Mamba block for each order.

# %%
from llmcourse.mamba import directions, registration, unet, vision_data
from llmcourse.mamba import vision_experiments as seeing
from llmcourse.mamba.directions import bidirectional, cross, one_way, reach

show_source(directions.raster, directions.both_ways, directions.cross, directions.three_ways)
show_source(directions.scan, directions.merge, directions.Directions)

# %% [markdown]
# **Drag it.** The four orders of VMamba on five by five cells. What is shaded has been read; the dot is being read.

# %%
SQUARE = (5, 5)
NAMES = ("rows", "rows, backwards", "columns", "columns, backwards")


def draw_orders(axes, step):
    for ax, order, name in zip(axes, cross(SQUARE), NAMES):
        seen = torch.zeros(25)
        seen[order[: step + 1]] = 1
        row, column = order // 5, order % 5
        ax.imshow(seen.view(SQUARE), vmin=0, vmax=3, cmap="Greys")
        ax.plot(column, row, color=COLOURS[3], linewidth=1, linestyle="-", marker="")
        ax.plot(column[step], row[step], color=COLOURS[2], marker="o", linestyle="")
        ax.set(title=name, xticks=[], yticks=[])


explore(
    draw_orders,
    range(0, 25, 2),
    label="cells read before",
    alt=lambda step: f"Four squares of 25 cells after {step + 1} cells: shaded from the top, from the bottom, from the left and from the right.",
    columns=4,
    width=8,
    height=2.4,
)  # fmt: skip

# %% [markdown]
# Two things must hold, and a cell shows each. Putting the lines back gives the picture back; and a picture turned by half a
# turn exchanges the directions, so nothing but the blocks can tell up from down.

# %%
picture = torch.randn(2, 8, 8, 3, generator=runtime.seed(0))
lines = directions.cross_scan(picture)
back = directions.cross_merge(lines, (8, 8))
turned = directions.cross_scan(picture.flip(1, 2))
print(f"four lines {tuple(lines.shape)}; put back they differ from the picture by {(back - picture).abs().max():g}")
print(f"of the turned picture: the directions exchanged, differ by {(turned - lines[[1, 0, 3, 2]]).abs().max():g}")

# %% [markdown]
# ### What does a place know of the others?
#
# Ask the gradient: for one cell of the output, how much does it change with each cell of the input? Where it is exactly
# zero, nothing arrives, however long you train.

# %%
WIDE, AT = (9, 9), (4, 5)
fields = {}
for name, orders in {"one way": one_way, "two ways": bidirectional, "four ways": cross}.items():
    g = runtime.seed(0)
    layer = directions.Directions(16, orders, 2)
    fields[name] = torch.stack([reach(layer, torch.randn(*WIDE, 16, generator=g), AT) for _ in range(20)]).mean(0)
reached_share = {name: (field > 0).float().mean().item() for name, field in fields.items()}

with figure(
    alt="Size of the gradient of one output cell, on a logarithmic scale. "
    + "; ".join(f"{name}: {share:.0%} of the picture reaches it" for name, share in reached_share.items())
    + ". With four ways the column of the cell stands out as its row does.",
    columns=3,
    width=8,
    height=3,
) as axes:
    for ax, (name, field) in zip(axes, fields.items()):
        ax.imshow(torch.where(field > 0, (field / field.max()).log10(), torch.nan), vmin=-5, vmax=0)
        ax.plot(AT[1], AT[0], color="white", marker="o", linestyle="", markersize=4)
        ax.set(title=f"{name}: {reached_share[name]:.0%} arrives", xticks=[], yticks=[])

# %% [markdown]
# One way, a place knows what was read before it, here about half. Two ways, it knows everything; but the cell above is as
# far away as the line is long, nine steps, and it fades. Four ways bring its column near. Nothing here was trained.
#
# ## Classifying: do more directions help?
#
# Vision Mamba puts a class token in the *middle* of the line of patches and reads the line in both directions. It beats the
# same network that reads in one direction. So it does here, on handwritten digits: look at the first and the third line.
# Then look at the second one.

# %%
sight = records.load("10_vision")


def finals(task, name):
    """The last score of one contender, one for each seed."""
    return [run["validation"][-1][1] for run in sight[task]["runs"] if run["network"] == name]


def gain(task, name, over):
    """Mean over seeds of what `name` is better by, and half of its 95 % interval."""
    return records.interval([a - b for a, b in zip(finals(task, name), finals(task, over))])


def contest(task, measure, note):
    """What each contender reached, as a table."""
    rows = []
    for name in seeing.group(task):
        runs = [run for run in sight[task]["runs"] if run["network"] == name]
        m, h = records.interval(finals(task, name))
        cost = statistics.mean(run["seconds"] for run in runs)
        rows.append((name, f"{runs[0]['parameters']:,}", f"{m:.3f} ± {h:.3f}", f"{cost:.0f}"))
    caption = f"{sight[task]['steps']} steps, 95 % interval over {len(runs)} seeds; {note}"
    return table(rows, ["network", "parameters", measure, "CPU seconds"], caption)


print(records.made(sight))
contest("classify", "share right", "1,437 digits to train on, 360 to test on")

# %%
MIDDLE, END, BOTH, GRID, FOUR, PLAIN = seeing.group("classify")
unfair, fair = gain("classify", BOTH, MIDDLE), gain("classify", BOTH, END)
ways = gain("classify", FOUR, GRID)
print(f"two ways against one way, token in the middle for both: {unfair[0]:+.3f} ± {unfair[1]:.3f}")
print(f"two ways against one way, token where one way sees all: {fair[0]:+.3f} ± {fair[1]:.3f}")
print(f"four ways against one way, both with convolution and mean: {ways[0]:+.3f} ± {ways[1]:.3f}")
print(f"best without any scan: {statistics.mean(finals('classify', PLAIN)):.3f}")

# %% [markdown]
# A class token in the middle of a one-way scan *cannot see the second half of the picture*. That is what the first comparison
# measures, not what directions are worth. At the end of the line, one way with the same number of parameters does no worse;
# and on the grid, one way with all its parameters in one block does no worse than four ways with a quarter in each. A
# baseline is fair when it has been given what it needs; ask this of every table that you read. (These pictures have 16
# patches. Nothing in them is far away, so this says nothing of large ones.)
#
# ## U-Mamba: what is far away decides
#
# A U-Net segments: convolutions at ever coarser scales, and back. Its convolutions see as far as they reach, and no further.
# U-Mamba puts a Mamba block where it is coarsest. When does that matter? When a pixel's class depends on something
# beyond the reach of the convolutions. No such data come with the course, so the pictures below are **put together** from
# real digits: two lines, each begins with a zero or a one. *The digits of lines that begin with a one are looked for.*

# %% tags=["hide-input"]
# @title Source
show_source(unet.UNet, unet.Mixed)

# %% [markdown]
# You train both here, for some seconds. The record has more steps, three seeds, and one more contender: a U-Net *one level
# deeper* at the same number of parameters, so that its convolutions reach across the whole picture. The first digit of a line is
# not asked about: what the networks say there means nothing.

# %%
x, target = seeing.test_set("lines")
says = {}
for name in ("U-Mamba", "U-Net"):
    network, history = seeing.segment("lines", name, 0, steps=runtime.pick(full=200, smoke=2), every=100)
    with torch.no_grad():
        says[name] = network(x.to(runtime.device())).cpu() > 0
    print(
        f"{name:8} Dice {history.validation[-1][1]:.3f} after {len(history.loss)} steps, {history.seconds:.0f} CPU seconds"
    )

wanted = (target == 1).unflatten(2, (2, 8)).flatten(3).any(-1).sum((1, 2))  # lines, in each picture
shown = int((wanted == 1).float().argmax())  # the first picture in which one line is looked for
with figure(
    alt="A picture with two lines of six digits each, what is looked for, and what two networks say. U-Mamba marks the right "
    "line to its end; the U-Net is right at the beginning of a line and guesses further on.",
    columns=2,
    rows=2,
    width=8,
    height=3.4,
) as axes:
    layers = {"picture": x, "looked for": target.clamp(min=0), **says}
    for ax, (name, layer) in zip(axes.flat, layers.items()):
        ax.imshow(layer[shown, 0], cmap="Greys")
        ax.set(title=name, xticks=[], yticks=[])


# %%
def along(task, name):
    """Dice by place, mean over seeds."""
    runs = [run["along"] for run in sight[task]["runs"] if run["network"] == name]
    return [statistics.mean(values) for values in zip(*runs)]


LINES = seeing.group("lines")
with figure(
    alt="Dice against the place in the line, second to last digit: "
    + "; ".join(f"{name} from {along('lines', name)[0]:.2f} to {along('lines', name)[-1]:.2f}" for name in LINES),
    height=3.2,
) as ax:
    for name in LINES:
        ax.plot(range(2, 7), along("lines", name), label=name)
    ax.set(title="Convolutions know as far as they reach", xlabel="digit of the line", ylabel="Dice", ylim=(0, 1))
    ax.set_xticks(range(2, 7))
    label_lines(ax)
contest("lines", "Dice", "64 test pictures of digits nobody was trained on; a record")

# %% [markdown]
# The plain U-Net falls off a cliff: beyond the reach of its convolutions it can only guess. U-Mamba does not, and that is the
# point of the paper. But a level more of convolutions, at *equal* parameters, sees the whole picture as well and does about
# as well. On real scans, U-Mamba was later compared with the same network *without* its Mamba layers, and there
# was no difference (Isensee et al. 2024).
#
# ## SegMamba: the same in a volume
#
# Volumes, **put together** again: 32 slices; in each quarter the first four slices show a zero or a one; from the ninth slice on
# a digit, which slowly turns into another. Looked for are those that began with a one. SegMamba reads the volume in
# three orders: forwards, backwards, and each place through all slices before the next.

# %%
x, target = seeing.test_set("columns")
volume_masks = {"looked for": target[0, 0].clamp(min=0)}
for run in sight["columns"]["runs"]:
    if "example" in run:
        volume_masks[run["network"]] = seeing.from_text(run["example"], tuple(target.shape[2:]))
with figure(
    alt="A volume cut along its depth: grey values, what is looked for, and what three networks of the record say of it.",
    columns=len(volume_masks) + 1,
    width=9,
    height=3.6,
) as axes:
    for ax, (name, layer) in zip(axes, {"volume": x[0, 0], **volume_masks}.items()):
        ax.imshow(layer.float().amax(1) if name != "volume" else layer.mean(1), cmap="Greys")
        ax.set(title=name.replace(", ", ",\n"), xticks=[], yticks=[])
    axes[0].set(ylabel="slice")
contest("columns", "Dice", "64 test volumes; a record")

# %% [markdown]
# ## ViViM: what moved?
#
# Six frames, **put together**: a digit moves for four frames and then stands still among two others; a bar passes in front. Which
# digit moved? One frame can't tell. In ViViM each frame goes through convolutions of its own, and frames meet in the scans
# alone: forwards, backwards, and each place through time. The fair opponent has convolutions through time.

# %%
x, target = seeing.test_set("videos")
video_masks = {"looked for": target[0, 0]}
for run in sight["videos"]["runs"]:
    if "example" in run:
        video_masks[run["network"]] = seeing.from_text(run["example"], tuple(target.shape[2:]))
layers = {"video": x[0, 0], **video_masks}
with figure(
    alt="Six frames in columns. Rows: the video, the digit that moved, and what three networks of the record say.",
    columns=vision_data.FRAMES,
    rows=len(layers),
    width=9,
    height=7.5,
) as axes:
    for line, (name, layer) in zip(axes, layers.items()):
        for t, ax in enumerate(line):
            ax.imshow(layer[t].float(), cmap="Greys", vmin=0, vmax=1)
            ax.set(xticks=[], yticks=[])
        line[0].set_title(name)
contest("videos", "Dice", "64 test videos; a record")

# %% [markdown]
# ## MambaMorph: where did each point go?
#
# Registration: two pictures of one thing, taken at different times or by different machines (CT and MRI in the paper). Wanted is the
# **displacement field** $\mathbf{u}$ with $\text{fixed}(\mathbf{p}) \approx \text{moving}(\mathbf{p} + \mathbf{u}(\mathbf{p}))$. Nobody
# knows the true one, so nobody can teach it. Instead, warp, compare, and ask for smoothness:
#
# $$\mathcal{L} = 1 - \text{likeness}\big(\text{moving}\circ(\mathrm{id}+\mathbf{u}),\ \text{fixed}\big) + \lambda\,\lVert\nabla\mathbf{u}\rVert^2.$$
#
# The likeness is a squared correlation in small windows, so that light and dark may be exchanged, as they are between CT and
# MRI. Here a real digit is the moving picture; the fixed one is the same digit after a smooth random deformation, in inverted
# grey values. The deformation is never shown to the network.

# %%
show_source(registration.warp, registration.likeness, registration.roughness)
morph, history = seeing.register("MambaMorph", 0, steps=runtime.pick(full=200, smoke=2), every=100)
moving, fixed, mask, truth = seeing.test_set("register")
with torch.no_grad():
    field = morph(moving.to(runtime.device()), fixed.to(runtime.device())).cpu()
    warped = registration.warp(moving, field)
    after = seeing.registered(morph, moving, fixed, mask, truth)
before = unet.dice(mask.flatten(1), truth.flatten(1))
print(f"Dice before {before.mean():.3f}, after {after.mean():.3f}; {history.seconds:.0f} CPU seconds of training")

# %%
worst = int(before.argmin())
with figure(
    alt=f"A digit, its deformed negative, the displacement as arrows, and the digit after warping. Dice {before[worst]:.2f} before, "
    f"{after[worst]:.2f} after.",
    columns=4,
    width=9,
    height=2.9,
) as axes:
    shown = {"moving": moving, "fixed": fixed, "displacement": fixed, "moving, warped": warped}
    for ax, (name, layer) in zip(axes, shown.items()):
        ax.imshow(layer[worst, 0], cmap="Greys", alpha=0.3 if name == "displacement" else 1)
        ax.set(title=name, xticks=[], yticks=[])
    every = torch.arange(1, vision_data.SIDE, 3)
    down, right = field[worst][:, every][:, :, every]
    axes[2].quiver(every, every, right, -down, angles="uv", color=COLOURS[0], width=0.008)
    axes[0].set(xlabel=f"Dice {before[worst]:.2f}")
    axes[3].set(xlabel=f"Dice {after[worst]:.2f}")
    axes[3].contour(truth[worst, 0], levels=[0.5], colors=COLOURS[2], linewidths=1)

# %%
print(f"before: {sight['register']['before']:.3f}")
contest("register", "Dice after", "64 test pairs; a record")

# %% [markdown]
# The line around the warped digit is the outline of the fixed one. Registration works, and the scan has little to do with it: the
# plain U-Net of the same size does as well. The deformation of a place is seen near that place.


# %%
def better(task, name, over, least=0.01):
    """Measured sentence and verdict on "name is better than over": by more than `least`, interval and all."""
    m, h = gain(task, name, over)
    verdict = "reproduced" if m - h > least else "partly" if m - h > 0 else "not here"
    return f"{m:+.3f} ± {h:.3f} over {over}", verdict


def seen_claim(text, task, name, over, why=""):
    """A claim that a system beats several others: reproduced when it beats all, partly when some."""
    found = [better(task, name, other) for other in over]
    verdicts = {verdict for _, verdict in found}
    verdict = verdicts.pop() if len(verdicts) == 1 else "partly"
    measured = f"{statistics.mean(finals(task, name)):.3f}; " + "; ".join(said for said, _ in found)
    return Claim(text, measured, verdict, why)


registered_gain = statistics.mean(finals("register", "MambaMorph")) - sight["register"]["before"]
vision_claims = [
    seen_claim("Vision Mamba: reading both ways classifies better than one way", "classify", BOTH, (MIDDLE, END),
               "Against a token in the middle of one way, which never sees the second half; not against a token at its end."),
    seen_claim("VMamba: four ways classify better than one", "classify", FOUR, (GRID,),
               "At equal size each of four blocks has a quarter of the parameters, and in 16 patches nothing is far away."),
    seen_claim("U-Mamba segments better than a U-Net of the same size", "lines", "U-Mamba", ("U-Net", "U-Net, one level more"),
               "Where something beyond the reach of the convolutions decides, and only against a U-Net that does not reach it."),
    seen_claim("SegMamba segments volumes better than a U-Net of the same size", "columns", "SegMamba", ("U-Net", "U-Net, one level more")),
    seen_claim("ViViM segments what moved better than networks without the scan", "videos", "ViViM", ("U-Net, frame by frame", "U-Net, through time"),
               "Scans let frames meet; so do convolutions through time."),
    Claim("MambaMorph registers: Dice rises",
          f"from {sight['register']['before']:.3f} to {statistics.mean(finals('register', 'MambaMorph')):.3f}",
          "reproduced" if registered_gain > 0.1 else "not here"),
    seen_claim("... and better than without Mamba", "register", "MambaMorph", ("U-Net",), "A displacement is seen near its place."),
]  # fmt: skip
figures.claims(vision_claims)

# %% tags=["hide-input"]
# @title Question
quiz("10-two-ways")

# %% tags=["hide-input"]
# @title Question
quiz("10-row-by-row")

# %% [markdown]
# References of this part: Zhu et al. 2024, *Vision Mamba*, ICML · Liu et al. 2024, *VMamba*, NeurIPS · Ma, Li, Wang 2024, *U-Mamba* ·
# Xing et al. 2024, *SegMamba*, MICCAI · Yang et al. 2024, *Vivim* · Guo et al. 2024, *MambaMorph* · Balakrishnan et al. 2019,
# *VoxelMorph* · Ronneberger, Fischer, Brox 2015, *U-Net*, MICCAI · Isensee et al. 2024, *nnU-Net revisited*, MICCAI.

# %% [markdown]
# ## The claims on sequences, put to the test

# %%
m_copy, s_copy = summary(copied, "equal steps", "Mamba"), summary(copied, "equal steps", "S4D")
s_longer = summary(copied, "equal seconds", "S4D")
far = {name: values[-1] for name, values in reached.items()}
lead = [a - b for a, b in zip(ends(texts, "equal seconds", "attention"), ends(texts, "equal steps", "Mamba"))]
lead_steps = [a - b for a, b in zip(ends(texts, "equal steps", "attention"), ends(texts, "equal steps", "Mamba"))]
lead, lead_steps = records.interval(lead), records.interval(lead_steps)
figures.claims(
    [
        Claim(
            "Selective scan: Mamba copies selectively, S4 does not",
            f"Mamba {m_copy[0]:.2f} ± {m_copy[1]:.2f}; S4D in the same block {s_copy[0]:.2f} ± {s_copy[1]:.2f} after as many steps, "
            f"{s_longer[0]:.2f} ± {s_longer[1]:.2f} after as many seconds",
            "not here" if m_copy[0] - m_copy[1] <= s_copy[0] + s_copy[1]
            else "reproduced" if m_copy[0] - m_copy[1] > s_longer[0] + s_longer[1] and s_longer[0] < 0.5 else "partly",
            f"After {copy_steps} steps nobody has finished. For as many seconds as Mamba S4D takes about twice the steps: it gets on, too. "
            "Whether it stops short in the end, as the paper says, is not shown here.",
        ),
        Claim(
            "Mamba solves induction far beyond its training length, attention does not",
            f"at 4,096: Mamba {far['Mamba'][0]:.2f} ± {far['Mamba'][1]:.2f}, attention with rotary positions {far['attention, rotary'][0]:.2f}, "
            f"without a position code {far['attention'][0]:.2f}; S4D {far['S4D'][0]:.2f}",
            "reproduced" if far["Mamba"][0] > 0.9 and far["attention"][0] < 0.5 else "not here" if far["attention"][0] >= far["Mamba"][0] else "partly",
            "Attention with a convolution and without position code goes on as well: what fails at length is the code.",
        ),
        Claim(
            "Mamba block: equal to the published implementation with the same weights; generation at constant memory",
            ("; ".join(f"{name} {e:.0e}" for name, e in published.items()) or "transformers is not installed")
            + f"; from {contexts[0]} to {contexts[-1]:,} tokens: time × {growth['Mamba']:.2f} (attention × {growth['attention']:.1f}), "
            f"memory × {carried['Mamba'][-1] / carried['Mamba'][0]:g}",
            "reproduced" if published and max(published.values()) < 1e-3 and growth["Mamba"] < 1.5 else "partly",
        ),
        Claim(
            "The scan need not keep its states for training",
            f"kept for the backward pass: {memory['chunked'] / 1e6:.1f} MB against {memory['sequential'] / 1e6:.0f} MB",
            "reproduced" if memory["chunked"] < 0.1 * memory["sequential"] else "partly",
        ),
        Claim(
            "Mamba models language as well as a transformer or better",
            f"lower loss than attention by {lead_steps[0]:+.3f} ± {lead_steps[1]:.3f} nats at equal steps, {lead[0]:+.3f} ± {lead[1]:.3f} at equal seconds",
            "reproduced" if lead[0] - lead[1] > 0 else "partly" if lead_steps[0] - lead_steps[1] > 0 else "not here",
            "Two minutes of training, characters, one learning rate: read the sign.",
        ),
        Claim(
            "MoE-Mamba reaches the same loss in fewer active parameters",
            f"at equal active parameters and steps the loss is lower by {moe_gain[0]:+.3f} ± {moe_gain[1]:.3f}",
            "reproduced" if moe_gain[0] - moe_gain[1] > 0 else "not here" if moe_gain[0] + moe_gain[1] < 0 else "partly",
            "Few steps: every expert sees an eighth of the tokens.",
        ),
    ]
)  # fmt: skip

# %% [markdown]
# ## Errata
#
# - The slide says that $\mathbf{B}$, $\mathbf{C}$ and $\Delta$ may depend on $\mathbf{x}_t$. In the model they do, and $\mathbf{A}$ does not; it acts through $\Delta_t\mathbf{A}$, so what is
#   kept depends on the token all the same (first figure).
# - "CNN and Mamba" is said of VMamba; its convolutions are one depthwise layer before the scans.
# - The slide's *ViViM* is the paper's *Vivim*.
#
# ## What to remember
#
# 1. Selection is a step size that depends on the token: long writes and forgets, short keeps.
# 2. It costs the convolution. An associative law gives a parallel scan; pieces in the cache give a fast loop.
# 3. Don't keep what you can compute again: the backward pass runs the pieces a second time.
# 4. A Mamba model carries the same few numbers at any context. Attention carries everything, and pays for it.
# 5. Ask of every comparison: equal steps, seconds, parameters? Was the baseline given what it needs, and nothing that harms it?
# 6. For pictures, Mamba is a choice of orders. Where nothing is far away, it wins nothing.

# %% [markdown]
# ## Test yourself

# %% tags=["hide-input"]
# @title Question
quiz("10-short-step")

# %% tags=["hide-input"]
# @title Question
quiz("10-no-convolution")

# %% [markdown]
# ## References
#
# - Gu, Dao. *Mamba: linear-time sequence modeling with selective state spaces.* 2024. [arXiv:2312.00752](https://arxiv.org/abs/2312.00752)
# - Dao, Gu. *Transformers are SSMs* (Mamba-2). 2024. [arXiv:2405.21060](https://arxiv.org/abs/2405.21060)
# - Pióro et al. *MoE-Mamba.* 2024. [arXiv:2401.04081](https://arxiv.org/abs/2401.04081)
# - Olsson et al. *In-context learning and induction heads.* 2022. [arXiv:2209.11895](https://arxiv.org/abs/2209.11895)
# - Qu et al. *A survey of Mamba.* 2024. [arXiv:2408.01129](https://arxiv.org/abs/2408.01129)
# - Those on pictures stand at the end of their part.

# %% [markdown] tags=["next"]
# **Now write it yourself:** [lab 10](../work/10_mamba/10_lab.ipynb), about 110 minutes. **Next:** [12 Retrieval-augmented generation](12_rag.ipynb).
