# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 06 · Sparse attention
#
# In full attention everybody looks at everybody. At 16,384 tokens that is 268 million pairs a head, and most of them get almost no weight. So choose
# beforehand who may look at whom. Which pairs can go? How do you skip them, and not merely mask them? And how does news from far away
# still arrive, if everybody sees only a few others? You will measure each answer, on patterns from four papers and on a trained model that never asked to be cut.

# %% [markdown] tags=["badge"]
# about 75 minutes

# %% [markdown] tags=["preview"]
# ![One pattern of 24 tokens, read three ways. Mask: 190 of 576 squares are dark. Tiles: rectangles of rows and columns that cover them. Graph: tokens on a circle, joined to what they see; token 3 sees 8.](pictures/06_sparse_attention.webp)
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
# - read one pattern as a mask, as tiles to compute and as a graph, and say what each reading is good for;
# - say why a mask saves nothing, and show time and memory that grow linearly;
# - describe the patterns of Longformer, the Sparse Transformer and BigBird, and what dilation took from WaveNet;
# - compute what a stack of layers reaches, by powers of a matrix and by gradients, and why $L^{1/p}$ keys are enough for $p$ steps;
# - explain what a small world is, and where BigBird lies between ring and random graph;
# - say how sparse the attention of a trained model is, and what an attention sink is for.
#
# The letters: $L$ tokens; query $i$ sees the keys $j\in A_i$; $\mathbf{A}$ is the matrix with a one for each such pair; a causal window has $w$ keys, the query's own among them; one to both sides has $w/2$ on each and the query itself, $w+1$.

# %%
import torch
from llmcourse import models, records, runtime
from llmcourse.attention import (
    Pattern,
    bigbird,
    dense,
    engine,
    fixed,
    global_tokens,
    graphs,
    longformer_heads,
    strided,
    window,
)
from llmcourse.attention import experiments as small
from llmcourse.attention import pretrained_experiments as real
from llmcourse.attention.lecture_06 import claims, measures, pictures
from llmcourse.attention.longformer import LongformerAttention
from llmcourse.attention.wavenet import WaveNet
from llmcourse.figures import quiz, show_source

print(runtime.describe())

# %% [markdown]
# ## One pattern, read three ways
#
# Write down for every query which keys it may see. That is all of this lecture's subject, and there are three ways to look at it:
#
# - as a **mask**, a matrix of ones and zeros. It is the definition: compute all scores, set those outside the pattern to $-\infty$, take the softmax;
# - as **tiles**, rectangles of queries and keys that cover the ones. They are the fast form: what lies in no tile is never computed;
# - as a **graph**, an arrow from each query to what it sees. It answers questions about depth: who can hear of whom, after how many layers?
#
# Here a window of three keys on each side and one global token, which sees all and is seen by all.

# %% tags=["pictured", "hide-input"]
# @title Figure: one pattern
pictures.one_pattern(window(6) | global_tokens([12]), 24, at=3)

# %% [markdown]
# The definition, in full. Each output is a mean over the keys that its query sees:
#
# $$\mathbf{o}_i=\sum_{j\in A_i}\frac{e^{s_{ij}}}{\sum_{l\in A_i}e^{s_{il}}}\,\mathbf{v}_j,\qquad s_{ij}=\frac{\mathbf{q}_i^\top\mathbf{k}_j}{\sqrt d}.$$

# %% tags=["hide-input"]
# @title Source
show_source(dense)

# %% [markdown]
# It saves nothing: it computes all $L^2$ scores, and throws most of them away. The fast form goes through the tiles, and keeps for each query the largest score so far, the sum of the weights and the weighted sum of values. A new tile
# that has a larger score rescales what is there; that is all the trick it needs to add up a softmax piece by piece (the online softmax of FlashAttention). Backwards it computes the tiles again.
#
# Are both the same? Every kind of pattern that this lecture will meet, outputs and all gradients, against torch's own attention under the mask:

# %%
L = 150
kinds = {
    "window": window(6),
    "causal window": window(5, causal=True),
    "dilated window": window(4, dilation=3),
    "window and global tokens": window(4) | global_tokens([0, 7]),
    "strided, near": strided(12)[0],
    "strided, far": strided(12)[1],
    "fixed, own block": fixed(12)[0],
    "fixed, summaries": fixed(12, 2)[1],
    "BigBird": bigbird(L, 3),
}
same = measures.apart(kinds, L)
for name, error in same.items():
    print(f"{name:26}{kinds[name].pairs(L) / L:6.1f} keys a query   differs by {error:.0e}")

# %% [markdown]
# ## Longformer: a window, holes in it, and a few that see all
#
# Beltagy et al. (2020) read documents of 4,096 tokens and more. Their three patterns, next to full attention:

# %% tags=["hide-input"]
# @title Figure: Longformer
shown = {
    "full": torch.ones(36, 36, dtype=torch.bool),
    "window": window(6).mask(36),
    "dilated window": window(6, dilation=3).mask(36),
    "window and global": (window(6) | global_tokens([0, 20])).mask(36),
}
pictures.masks(shown)

# %% [markdown]
# - A **window**, half of it on each side. In a stack of $n$ layers news travels $n\,w/2$ tokens to either side, as in a stack of convolutions.
# - A **dilated** window leaves out $d-1$ tokens between two keys: it looks $d$ times as far at the same cost, and skips what is in between. So Longformer mixes them by head: most heads look nearby, a few look far, and only in the upper layers.
# - **Global** tokens see all and are seen by all, such as the `[CLS]` of a classifier, or the question in question answering. Two layers are then enough from anywhere to anywhere. They ask for other things than their neighbours do, so they have
#   projections of their own: $\mathbf{q}_g,\mathbf{k}_g,\mathbf{v}_g$ in addition to $\mathbf{q},\mathbf{k},\mathbf{v}$.

# %%
torch.manual_seed(0)
layer, x = LongformerAttention(d=32, heads=4, w=6).double(), torch.randn(1, 40, 32, dtype=torch.float64)
moved = x.clone()
moved[0, 30] += 1.0  # one token, far from the others
for tokens in ([], [0]):
    two_layers = lambda z, tokens=tokens: layer(layer(z, tokens), tokens)[0]
    changed = (two_layers(moved) - two_layers(x)).abs().amax(-1) > 1e-9
    print(f"global tokens {tokens}: token 30 changes {changed.sum()} of 40 outputs, from {changed.nonzero().min()} on")

# %% [markdown]
# A language model needs the causal half only, and one pattern per head. What does it cost? Counted in pairs, for 4,096 tokens:

# %%
heads = longformer_heads(w=256, heads=4, dilations=[4])
for name, pattern in {"each of three": heads[0], "the fourth": heads[3], "full": window(4096, causal=True)}.items():
    far = pattern.pieces[0].left * pattern.pieces[0].dilation
    print(f"{name:14} looks {min(far, 4095):5} back, {pattern.pairs(4096) / 1e6:5.2f} million pairs")

# %% [markdown]
# **Try it.** Move the width. On top the masks, with what they cost; below, what three layers reach. Watch the dilated window: what does its reach lack that the plain one's has?

# %% tags=["hide-input"]
# @title Figure: windows
pictures.windows(L=48, layers=3)

# %% [markdown]
# With one key on each side, the dilated window only ever meets tokens at a distance of 0, 3, 6, ...: three layers of it know nothing of the tokens in between. That is why it is mixed with plain heads. Now a pattern of your own: change the first line, and run the cell again.

# %%
mine = window(4) | global_tokens([10, 30])  # also: window(4, dilation=3), bigbird(48, 4), strided(7)[0] | strided(7)[1]
reached = graphs.reach([mine.mask(48)] * 2)
print(f"{mine.pairs(48)} of {48 * 48} pairs; two layers reach {reached.float().mean():.0%}")

# %% tags=["hide-input"]
# @title Figure: tried
pictures.tried("Your pattern", mine.mask(48), layers=2)

# %% [markdown]
# **Now do exercises 1, 5 and 6** of [lab 06](../work/06_sparse_attention/06_lab.ipynb): the mask of a dilated window, global tokens, and a window without an $L\times L$ matrix. Then compare with what the course uses:

# %% tags=["hide-input"]
# @title Source
show_source(LongformerAttention, after="exercise 5")
show_source(engine, after="exercise 6")

# %% [markdown]
# ## Is it really linear?
#
# Forward and backward, one head of 64 channels, a window of 256. Time is processor time on this machine. For memory look at the largest tensor that is ever made: with a matrix of scores it has $L^2$ numbers, in tiles a multiple of $L$.
# (Torch's own full attention makes no such matrix either. It needs little memory, and all the time.)

# %%
lengths = runtime.pick(full=[1024, 2048, 4096, 8192, 16384, 32768], smoke=[256, 512, 1024])
seconds, largest = measures.costs(lengths, 256, shorter=runtime.pick(full=8192, smoke=512))
growth = measures.growth(256, runtime.pick(full=4096, smoke=512), rounds=runtime.pick(full=4, smoke=2))
numbers = [b / a / 2 for a, b in zip(largest["window 256"], largest["window 256"][1:])]
print("four times the tokens take, over 4:", ", ".join(f"{g:.2f}" for g in growth), "times as long")

# %% tags=["hide-input"]
# @title Figure: cost
pictures.cost(lengths, seconds, largest)

# %% [markdown]
# Twice the tokens: twice the time and twice the memory, against four times for all pairs. At short lengths the window gains little: where $w$ is not much smaller than $L$, there is nothing to skip.
#
# ## Where dilation comes from: WaveNet
#
# Sound has 16,000 samples a second, so a network that continues it must look back thousands of steps. WaveNet (van den Oord et al. 2016) stacks convolutions of two taps with dilations 1, 2, 4, 8, ...:
#
# $$\mathbf{o}^{(n)}_t=\mathbf{W}_0\,\mathbf{x}^{(n)}_{t-2^n}+\mathbf{W}_1\,\mathbf{x}^{(n)}_t.$$
#
# Each layer doubles what the next one can see. That is a statement on a network, so ask the network: the gradient of one output is zero at every input that it doesn't depend on.

# %%
fields, plain = measures.fields(range(1, runtime.pick(full=8, smoke=5)), L=runtime.pick(full=160, smoke=20))
print("receptive fields by gradients:", [int(field.sum()) for field in fields.values()])

# %% tags=["hide-input"]
# @title Figure: receptive fields
pictures.receptive_fields(fields, plain)

# %% [markdown]
# Read as a pattern, a convolution of two taps with dilation $s$ is a window of two keys with dilation $s$. Reach in the graph and dependence in the network must then be the same thing:

# %%
network = WaveNet(4, 5).double()
A = [pattern.mask(40) for pattern in network.patterns()]
x = torch.randn(40, 4, dtype=torch.float64, generator=runtime.seed(0))
by_gradient = torch.stack([graphs.receptive_field(network, x, i) for i in range(40)])
print("gradients and graph agree on all pairs:", torch.equal(by_gradient, graphs.reach(A)))

# %% [markdown]
# **Now do exercises 3 and 4**: reach by powers of the matrix, and the receptive field by gradients.

# %% tags=["hide-input"]
# @title Source
show_source(graphs.reach, after="exercise 3")
show_source(graphs.receptive_field, after="exercise 4")

# %% [markdown]
# ## Sparse Transformer: two heads share the work
#
# Child et al. (2019) ask for sets $A_i$ such that any token is reached in $p$ steps. How small can they be? In one step a query hears of at most $n$ tokens, in two of $n^2$, in $p$ of $n^p$. To hear of all $L$ it needs
#
# $$n\ge L^{1/p}.$$
#
# They use $p=2$, so about $\sqrt L$ keys, in two ways. **Strided**: one head sees what is near, back to one stride; the other sees every stride-th token before. **Fixed**: one head sees its own block; the other sees the last token of every block, which learns to sum the block up.

# %%
stride, n = 6, 36
near_far, block_summary = (torch.stack([p.mask(n) for p in two]) for two in (strided(stride), fixed(stride)))
past = torch.ones(n, n).tril().bool()
two_steps = {}
for name, (first, second) in {"strided": near_far, "fixed": block_summary}.items():
    both = first | second
    two_steps[name] = ((graphs.reach([both, both]) & past).sum() / past.sum()).item()
    print(
        f"{name}: largest set {graphs.largest_set(both)}, sqrt(L) = {n**0.5:.0f}, reached in two steps: {two_steps[name]:.0%}"
    )

# %% tags=["hide-input"]
# @title Figure: masks
pictures.masks(
    {
        "strided, near": near_far[0],
        "strided, far": near_far[1],
        "fixed, block": block_summary[0],
        "fixed, summaries": block_summary[1],
    }
)

# %% [markdown]
# Can the bound be met for every $p$? Write the distance $i-j$ in base $b=L^{1/p}$: it has $p$ digits. Let layer $m$ change digit $m$ alone: it sees the keys at distances $0, b^m, 2b^m, \dots,(b-1)\,b^m$. Digit by digit, everything is reached. But that is a window of $b$ keys with dilation $b^m$!
# With $p=2$ it is the strided pattern, and with $b=2$ it is WaveNet. One family, from full attention ($p=1$) to two keys.

# %%
tokens = runtime.pick(full=1024, smoke=64)
sizes = {}
for p in (1, 2, 3, 5, 10):
    layers = [pattern.mask(tokens) for pattern in measures.digits(tokens, p)]
    everything = torch.equal(graphs.reach(layers), torch.ones(tokens, tokens).tril().bool())
    keys = [graphs.largest_set(A) for A in layers]
    sizes[p] = max(keys), sum(keys)
    print(
        f"p = {p:2}: at most {max(keys):4} keys a layer, at least {graphs.fewest(tokens, p):4} are needed; all reached: {everything}"
    )

# %% tags=["hide-input"]
# @title Figure: sets
pictures.sets(sizes, tokens)

# %% [markdown]
# **Step through the layers.** Four causal patterns, and what a stack of them reaches. Black is the pattern itself, grey what is reached through others.

# %% tags=["hide-input"]
# @title Figure: reach
causal = {
    "window 4": window(4, causal=True),
    "+ dilated head": window(3, causal=True) | window(3, causal=True, dilation=5),
    "strided, stride 7": strided(7)[0] | strided(7)[1],
    "window 3 and random": Pattern(bigbird(49, 1, random=2, window=5, ends=0).pieces, causal=True),
}
pictures.reach_by_layers({name: pattern.mask(49) for name, pattern in causal.items()})

# %% [markdown]
# ## BigBird: a few random links
#
# Zaheer et al. (2020) put three things together, in blocks of tokens so that a tile is always whole: a window of blocks, some global blocks at the ends, and for each block a few blocks **drawn at random**.

# %% tags=["hide-input"]
# @title Figure: BigBird
n, b = 64, 4
parts = {
    "random": bigbird(n, b, random=2, window=1, ends=0).mask(n) & ~bigbird(n, b, random=0, window=1, ends=0).mask(n),
    "window": bigbird(n, b, random=0, window=3, ends=0).mask(n),
    "global": (bigbird(n, b, random=0, window=1, ends=1)).mask(n),
    "BigBird": bigbird(n, b, random=2, window=3, ends=1).mask(n),
}
pictures.masks(parts)

# %% [markdown]
# Why random? Watts and Strogatz (1998) took a ring, in which everybody knows a few neighbours, and moved each link with probability $p$ to a random end. Two numbers tell what happens:
#
# - the **path length**, the mean number of steps between two tokens. It is large in a ring and small, about $\log L$, in a random graph;
# - the **clustering**, the share of a token's neighbours that know each other. It is large in a ring, whose neighbourhoods keep context together, and almost zero in a random graph.

# %% tags=["hide-input"]
# @title Figure: from ring to random
drawn = lambda p: graphs.watts_strogatz(36, 4, p, torch.Generator().manual_seed(4))
pictures.rewiring({"ring": drawn(0.0), "about one link in ten moved": drawn(0.1), "random": drawn(1.0)})

# %% [markdown]
# A few links, and the paths have gone more than half of the way to the random graph's, the clustering much less: a **small world**. Now the whole way on 512 tokens, and BigBird's graph on it: tokens in blocks of 8, a window of three blocks, three random ones, with and without global ends. Its values are shares of those of a ring with as many links as it has itself.

# %%
size = runtime.pick(full=512, smoke=96)
worlds = [measures.bigbird_world(size, 8, ends=0, seed=seed) for seed in range(runtime.pick(full=3, smoke=2))]
with_ends = measures.bigbird_world(size, 8, ends=1, seed=0)
chances = [10 ** (-k / 2) for k in range(6, -1, -1)]
curve = measures.rewired(size, worlds[0].degree, chances, seeds=1)
print(f"window and random blocks: path length {worlds[0].path_by_random:.2f} times that of a random graph")

# %% tags=["hide-input"]
# @title Figure: small world
pictures.small_world(curve, {"window + random": worlds[0][:3], "BigBird": with_ends[:3]})

# %% [markdown]
# BigBird lies far on the right: it has many random links, more than the shortest paths would need. It keeps its clustering all the same, above the curve, because its links come in blocks: whoever sees one token of a block sees them all, and these know each other. With global ends every path has two steps at most, but a ring with so many more links has short paths as well, so the share is no smaller.
#
# **Now do exercises 2 and 7**: the two heads of the Sparse Transformer, and BigBird by blocks.

# %% tags=["hide-input"]
# @title Source
show_source(strided, fixed, after="exercise 2")
show_source(bigbird, after="exercise 7")

# %% [markdown]
# ## What does a trained model look at?
#
# All these patterns were fixed by hand. Child et al. chose theirs after looking at a dense model that had been trained, in most of whose layers attention was sparse anyway. Look at one yourself: SmolLM2, 135 million parameters, 30 layers of 9 heads, reading a piece of the World Factbook. Each small square is a head. Queries run down, keys run right; light grey is an even share, black a hundred times as much.

# %%
model = models.load(dtype=torch.float32)
text = real.texts(2, 4000)[0]
seen = runtime.pick(full=384, smoke=64)
thumbnails = real.measured(model, real.tokens(model, text, seen), real.thumbnail, first=0)

# %% tags=["hide-input"]
# @title Figure: all heads
pictures.all_heads(thumbnails)

# %% [markdown]
# Layer 0 is grey all over: it looks at everything, and the next two layers do so by half. From then on attention is concentrated. But on what? You would expect diagonals, what is near. There are some, and there are dark columns: single tokens that all the later ones look at. From the middle on one column stands out, the **left edge** of so many squares: the very first token, whatever it is.
#
# One text proves little. The long run has eight, from the Factbook and from torch's manual, and averages over the queries of the second half. How much of the mass is near, how much on the first token, how much on the 32 keys that have the most?

# %%
sparsity = records.load("06_sparsity")
print(records.made(sparsity))
of_heads = {name: torch.tensor(rows) for name, rows in sparsity["by head"].items()}  # (layers, heads)
print(
    f"90 % of the mass: {of_heads['keys for 0.9'].mean():.0f} keys; in layer 0: {of_heads['keys for 0.9'][0].mean():.0f}"
)
near, sink = of_heads["window 64"], of_heads["first token"]
print(
    f"heads with more than half of their mass on the last 64 keys: {(near > 0.5).float().mean():.0%}, on the first token: {(sink > 0.5).float().mean():.0%}"
)

# %% tags=["hide-input"]
# @title Figure: concentration
pictures.concentration(
    sparsity["by head"],
    {
        "top 32": "top 32 keys",
        "window 64": "last 64 keys",
        "first token": "first token",
        "window 256 and 4 first": "last 256 and first 4",
    },
)

# %% [markdown]
# **Sparse, yes; local, no.** In 27 of 30 layers 32 keys of up to 1,024 hold four fifths of the mass; the first three are more spread out. But a window of 64 holds little more than a third. Almost a third of everything lies on the first token: from layer 12 on about half, below almost nothing.
#
# ## What happens if you cut it?
#
# Take the same model, without training it further, and let every layer see 256 keys only. Perplexity on one text, with full attention, with a window, and with a window that keeps the first token as well:

# %%
length = runtime.pick(full=768, smoke=300)
read = real.tokens(model, real.texts(1, 8 * length)[0], length)
for name in ("full", "window", "window, 1 sink"):
    after = real.losses(model, read, real.forms(length)[name])[256:]
    print(f"{name:15} perplexity once the window is full: {after.mean().exp():6.1f}")

# %% [markdown]
# One more key, out of hundreds. The long run has four texts of 4,096 tokens, and the control that this needs: keep **four other** tokens of the beginning. If it were about what the beginning says, they would help.

# %%
cutting = records.load("06_sinks")
print(records.made(cutting))
losses = {name: torch.tensor(rows) for name, rows in cutting["losses"].items()}  # (texts, places)
full_window = {name: x[:, 2 * cutting["kept"] // cutting["step"] :] for name, x in losses.items()}
for name, x in full_window.items():
    by_text = ", ".join(f"{gap:+.2f}" for gap in (x - full_window["full"]).mean(1))
    print(f"{name:17} perplexity {x.mean().exp():5.1f}   nats a token over full attention, by text: {by_text}")

# %% tags=["hide-input"]
# @title Figure: sinks
pictures.sinks(losses, cutting["step"], cutting["kept"])

# %% [markdown]
# The window does well as long as it holds the first token, and breaks at the place where it loses it. Keep that one token, and three quarters of the damage is gone; four do no better than one, and four others do nothing at all. Xiao et al. (2023) call it an **attention sink**: softmax weights add up to one, so a head that has nothing to look for must leave them somewhere, and it has learned to leave them on a token that is always there.
#
# The last quarter is what a window costs in earnest: what stands further back than 256 tokens is gone, sink or not. How much that is depends on the text: under a tenth of a nat a token in one of the four, almost half a nat in another.
#
# For a decoder this is good news all the same. It can go on for ever with the keys of the sinks and of the window, a cache that never grows, if places are counted in the cache, as Xiao et al. do: those of the text would grow past all that was trained.

# %%
contexts = runtime.pick(full=[1024, 4096, 16384, 65536], smoke=[1024, 2048])
micro = measures.decoding(contexts, sinks=4, w=252)

# %% tags=["hide-input"]
# @title Figure: decoding
pictures.decoding(contexts, micro)

# %% [markdown]
# **Now do exercise 8**, the rolling cache.
#
# ## Trained with a pattern
#
# A model that is trained with its pattern can arrange itself. Whether it *can* know something is a question to the graph; whether it learns to is a question to the model. Here is a task that separates the two: noise of eight letters, in which one letter stands after a mark; later it is asked for, sixteen times, near and far. Three layers, a handful of keys a query. For the value to arrive, some token must see it, another must see that one, and so on.
#
# First what the graph allows, for seven patterns: the share of the questions whose answer is reached in three layers (and an eighth of the others, by guessing). The convolution in front of each layer of the course's small models sees three tokens back, and is counted.

# %%
patterns = small.arms(small.LENGTH, small.NEAR)
questions = small.questions(*next(small.marked(512, torch.Generator().manual_seed(1))))[1:]
for name, heads in patterns.items():
    found = small.reached(heads, small.LENGTH, small.LAYERS)[questions].float().mean().item()
    keys = small.keys_per_query(heads, small.LENGTH)
    print(f"{name:32} {keys:5.1f} keys a query, {found + (1 - found) / small.VALUES:4.0%} can be right")

# %% [markdown]
# Global tokens at the beginning add nothing: in a causal model they have seen nothing. Global tokens on the way, the strided pattern and random links lead back to every place, with 4 to 9 keys a query where full attention has 33. And what is learned? Three models, one for each pattern:

# %%
trained = ("window", "window, first tokens global", "window and random")
answered = {}
for name in trained:
    answered[name] = one = small.far(patterns[name], runtime.pick(full=300, smoke=2), seed=0, lr=1e-2)
    print(f"{name:28} right: {one.right:4.0%} of {one.predicted:4.0%}; where the value is reached {one.within:4.0%}")

# %% tags=["hide-input"]
# @title Figure: far
pictures.far(
    {name: claims.share_right(one) for name, one in answered.items()},
    {name: one.predicted for name, one in answered.items()},
)

# %% [markdown]
# The dots stand near the ends of their bars: most of what can be known is learned, and nothing else. With a window the model answers what is near and guesses the rest; a few random links, at the same cost, and it answers almost everything. (One model each; the intervals are over the 512 sequences that were asked.)
#
# ## What became of the claims

# %%
sets = {
    n: graphs.largest_set(strided(round(n**0.5))[0].mask(n) | strided(round(n**0.5))[1].mask(n))
    for n in (64, 256, 1024)
}

# %% tags=["hide-input"]
# @title Claims: verdicts
claims.verdicts(same, growth, numbers, fields, two_steps, sets, worlds, sparsity, full_window, answered)

# %% [markdown]
# ## Errata
#
# - *Slide "Sparse Transformers"*: the sets are such that any **other** token is reached in $p$ steps. In a causal model it is any token **before**; and $|A_i|=O(L^{1/p})$ is what is asked of the sets, not what follows from reach: it is the least possible, and the strided pattern attains it up to a factor (above).
# - *The same slide* says that sparse attention "is really learned in most layers". So it is here, by the measure above; but do not read "sparse" as "local". The pattern that a trained model needs has its first token in it. Longformer's `[CLS]` and BigBird's first block keep it, for another reason; windows and the Sparse Transformer do not.
# - *Slide "Big Bird"*: Watts and Strogatz **move** links of a ring. BigBird **adds** random links to a window, and global tokens; the paper's small-world argument is about the first two. With the global ends all paths are two steps or shorter, random links or not.
#
# ## To remember
#
# - A pattern is a mask, a set of tiles, and a graph. The mask defines, the tiles save, the graph tells what a stack can know.
# - A mask alone saves nothing. In tiles, time and memory grow as $L\,w$.
# - Layers multiply reach: $n$ keys a layer reach $n^p$ tokens in $p$ layers at most, so $L^{1/p}$ keys are needed, and windows with dilations $b^m$ attain it. WaveNet is $b=2$, the Sparse Transformer $p=2$.
# - A global token joins everything in two steps, if it sees everything: in a causal model, one at the beginning sees nothing.
# - A few random links shorten all paths and leave neighbourhoods whole: a small world.
# - Trained attention is sparse but not local. From the middle layers on half of it lies on the first token, and a window that drops that token breaks the model.

# %% tags=["hide-input"]
# @title Question
quiz("06-layers")

# %% tags=["hide-input"]
# @title Question
quiz("06-mask")

# %% tags=["hide-input"]
# @title Question
quiz("06-global-causal")

# %% tags=["hide-input"]
# @title Question
quiz("06-sets")

# %% tags=["hide-input"]
# @title Question
quiz("06-small-world")

# %% tags=["hide-input"]
# @title Question
quiz("06-sink")

# %% [markdown]
# ## References
#
# - Beltagy, Peters, Cohan. *Longformer: the long-document transformer.* 2020. [arXiv:2004.05150](https://arxiv.org/abs/2004.05150)
# - van den Oord et al. *WaveNet: a generative model for raw audio.* 2016. [arXiv:1609.03499](https://arxiv.org/abs/1609.03499)
# - Child, Gray, Radford, Sutskever. *Generating long sequences with sparse transformers.* 2019. [arXiv:1904.10509](https://arxiv.org/abs/1904.10509)
# - Zaheer et al. *Big Bird: transformers for longer sequences.* 2020. [arXiv:2007.14062](https://arxiv.org/abs/2007.14062)
# - Watts, Strogatz. *Collective dynamics of "small-world" networks.* Nature 393, 1998. [doi:10.1038/30918](https://doi.org/10.1038/30918)
# - Xiao, Tian, Chen, Han, Lewis. *Efficient streaming language models with attention sinks.* 2023. [arXiv:2309.17453](https://arxiv.org/abs/2309.17453)
# - Milakov, Gimelshein. *Online normalizer calculation for softmax.* 2018. [arXiv:1805.02867](https://arxiv.org/abs/1805.02867). Dao et al. *FlashAttention.* 2022. [arXiv:2205.14135](https://arxiv.org/abs/2205.14135)

# %% [markdown] tags=["next"]
# **Now write it yourself:** [lab 06](../work/06_sparse_attention/06_lab.ipynb), about 120 minutes. **Next:** [07 Compressed and chunked attention](07_compressed_attention.ipynb).
