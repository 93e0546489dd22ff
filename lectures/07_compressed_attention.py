# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 07 · Compressed and chunked attention
#
# Lecture 06 left pairs out. Another way to save is to leave nothing out and *summarise* what is far away. Linformer squeezes a whole text into a few places. FLASH compares all pairs inside a chunk, and adds up all chunks before it in one matrix.
# MEGA lets a moving average run through the text, and needs attention only within chunks. What does each summary keep, and what is lost in it? You will look into a trained model to see whether its attention can be squeezed at all, and train small ones with each of the parts taken out.

# %% [markdown] tags=["badge"]
# about 60 minutes · builds on 06 Sparse attention

# %% [markdown] tags=["preview"]
# ![Three ways to read 24 tokens. Linformer: each of 4 places mixes a stretch of the text, and every query reads the places. FLASH: dark triangles of 6 tokens on the diagonal, an even grey for all that is before them. MEGA: the same triangles, and a grey that fades with the distance.](pictures/07_compressed_attention.webp)
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
# - write Linformer's attention, say what it costs, why it is not causal, and what "attention is of low rank" does and does not mean;
# - build a gated attention unit, and say what replaces the softmax, the many heads and the MLP;
# - split attention into a quadratic half within chunks and a linear half between them, causal or not;
# - compute a damped moving average token by token and as a convolution, and name the state space model that it is;
# - say what links the chunks of MEGA, and find out by an ablation what a part of a model is good for.
#
# The letters: $L$ tokens, $k$ places, $C$ tokens in a chunk; $\mathbf{x}_t$ has $d$ channels; $\odot$ multiplies entry by entry. Linformer's $k$ is a number of places here, not a key.

# %%
import time

import torch
from llmcourse import models, records, runtime
from llmcourse.attention import compressed_experiments as small
from llmcourse.attention import ema, gau, linformer, mega
from llmcourse.attention import pretrained_experiments as real
from llmcourse.attention import rank_experiments as rank
from llmcourse.attention.lecture_07 import claims, pictures
from llmcourse.figures import quiz, show_source
from llmcourse.verdicts import mean

print(runtime.describe())

# %% tags=["pictured", "hide-input"]
# @title Figure: three ways
pictures.three_ways()

# %% [markdown]
# ## Linformer: a few places for the whole text
#
# Keys and values are matrices with a row for each token. Multiply them from the left by a matrix with few rows, and they are shorter. For head $i$, as on the slide,
#
# $$\mathrm{head}_i=\mathrm{softmax}\Big(\tfrac{1}{\sqrt{d_k}}\,\mathbf{Q}\mathbf{W}_i^Q\,(\mathbf{E}_i\mathbf{K}\mathbf{W}_i^K)^\top\Big)\,\mathbf{F}_i\mathbf{V}\mathbf{W}_i^V,\qquad\mathbf{E}_i,\mathbf{F}_i\in\mathbb{R}^{k\times L}.$$
#
# The scores are $L\times k$: for a fixed $k$ the cost is linear in the length. $\mathbf{E}$ and $\mathbf{F}$ are learned, and may be shared: by the heads, by keys and values ($\mathbf{E}=\mathbf{F}$), by all layers. That saves parameters, not time:

# %%
d, heads, L, places = 64, 4, 512, 32
for shared in linformer.SHARED:
    made = linformer.Projections(L, places, heads, shared)
    print(f"shared by {shared:22} {sum(p.numel() for p in made.parameters()):8,} numbers in E and F")
one = linformer.Projections(L, places)
layers = torch.nn.ModuleList(linformer.LinformerAttention(d, heads, one) for _ in range(6))
print(f"one for all of six layers: {sum(p.numel() for p in one.parameters()):,}")

# %% [markdown]
# Two things are lost. A projection has a column for each place of the longest text that it was made for. And **nothing is causal any more**: a place mixes the whole text, its end included. Change the last token, and see which outputs change:

# %%
generator = runtime.seed(0)
x = torch.randn(L, d, generator=generator)
moved = torch.cat([x[:-1], x[-1:] + 1])
with torch.no_grad():
    changed = (layers[0](moved) != layers[0](x)).any(-1)
print(f"{changed[:-1].float().mean():.0%} of the earlier outputs have changed")

# %% [markdown]
# A mask does not help: there is no column that holds the past alone. Linformer is for encoders.
#
# **Now do exercise 1**, attention over a few places.

# %% tags=["hide-input"]
# @title Source
show_source(linformer.linformer, after="exercise 1")

# %% [markdown]
# ## Is attention of low rank?
#
# Why should a few places be enough? Linformer's reason: a matrix of attention $\mathbf{P}$ is close to one of low rank. If $\mathbf{P}\approx\mathbf{U}\mathbf{E}$ with $k$ columns in $\mathbf{U}$, then $\mathbf{P}\mathbf{V}\approx\mathbf{U}(\mathbf{E}\mathbf{V})$, and $\mathbf{E}\mathbf{V}$ has only $k$ rows. The best $\mathbf{U}\mathbf{E}$ is the singular value decomposition, cut off. So look at singular values: how many hold nine tenths of the sum of their squares?
#
# Here is a head of SmolLM2 from the middle of the model, with two comparisons. *Shuffled* has the same weights in every row, at random places in the past: as sparse, but without structure. And the first token is taken out: lecture 06 found that it attracts a large part of the mass, and a single dark column is a matrix of rank one.

# %%
model = models.load(dtype=torch.float32)
length = runtime.pick(full=384, smoke=48)
read = real.tokens(model, real.texts(1, 8 * length)[0], length)
P = rank.layers(model, read, heads=[5])[14][0][0]  # of layer 14: (L, L)
kinds = {"as it is": P, "without the first token": rank.without_sink(P)}
kinds["shuffled"] = rank.shuffled(P, torch.Generator().manual_seed(0))
squares = {name: torch.linalg.svdvals(one).square() for name, one in kinds.items()}

# %% tags=["hide-input"]
# @title Figure: spectra
pictures.spectra({name: s.cumsum(0) / s.sum() for name, s in squares.items()}, rank.SHARE)

# %% [markdown]
# This head is of rank one, and that says little for Linformer: nearly all of its weight lies on the first token. What is left without that token needs more than a hundred.
#
# One head proves little. The long run has two heads of each of the 30 layers on four texts, and it asks the question that decides whether $k$ may be fixed: what happens as the text grows?

# %%
ranks = records.load("07_rank")
print(records.made(ranks))
for kind, by in ranks["ranks"].items():
    needed = ", ".join(f"{L} tokens: {mean(claims.by_text(ranks, kind, int(L))).value:.0f}" for L in by)
    print(f"{kind:24} rank for {ranks['share']:.0%} of the squares: {needed}")
by_layer = torch.tensor(ranks["ranks"]["as it is"]["512"]).mean(0)  # (layers,), mean over texts
print(f"by layer, 512 tokens: from {by_layer.min():.0f} to {by_layer.max():.0f}")

# %% tags=["hide-input"]
# @title Figure: ranks
pictures.ranks(ranks["ranks"], ranks["share"])

# %% [markdown]
# **Low, yes; fixed, no.** Nine tenths of the squares need a rank of about a tenth of the length, a third of what the shuffled weights need: there is structure. But twice the text needs twice the rank, in all three kinds: at no length is there a $k$ that will do for longer texts as well. Part of the low rank is the first token's. Without it, the rank that is needed almost doubles. And the mean hides how layers differ. Where the first token has nearly everything, the rank is one. In layer 11 it is more than two hundred: one of its heads looks at the token just before, and a diagonal has full rank, however sparse it is.
#
# A second doubt. The best $\mathbf{E}$ is that of *this* text and *this* head. Linformer's is one for all texts; and its theorem promises that a random one will do, if $k$ is large enough. The long run measures the output of a head, $\mathbf{P}\mathbf{V}$ against $\mathbf{P}\mathbf{E}^\top\mathbf{E}\mathbf{V}$, with the best projection for each text, with the one that is best for three *other* texts, and with a random one:

# %%
projection = records.load("07_projection")
print(records.made(projection))

# %% tags=["hide-input"]
# @title Figure: projections
pictures.projections(projection["errors"], projection["L"])

# %% [markdown]
# With places for half of the tokens, the best projection for each text loses little, and the one that is best for other texts about half of the output. So the texts have few directions in common: where a head looks depends on what is said. And a random projection is worse than none: its error is above 1, which is what zeros would score. What a head reads is a mean over many values, and small; a random mixture of the values is not. None of these models was trained with its projection, as Linformer's are: that, and not the theorem, is what makes them work.
#
# ## A unit that gates what it has read
#
# The second idea changes the layer itself. A *gated linear unit* multiplies two projections of its input, $(\mathbf{u}\odot\mathbf{v})\mathbf{W}_o$. In a **gated attention unit** (GAU) one of the two is first read by attention:
#
# $$\mathbf{O}=(\mathbf{U}\odot\mathbf{A}\mathbf{V})\,\mathbf{W}_o,\qquad\mathbf{U}=\mathrm{silu}(\mathbf{X}\mathbf{W}_u),\quad\mathbf{V}=\mathrm{silu}(\mathbf{X}\mathbf{W}_v),\quad\mathbf{Z}=\mathrm{silu}(\mathbf{X}\mathbf{W}_z).$$
#
# With $\mathbf{A}=\mathbf{1}$, the identity, it is an MLP; without the gate it is attention. So one unit does the work of both, and two units take the place of a block with attention and MLP. Since each query decides by its gate what to keep of what it read, the attention may be simple: one head, whose queries and keys are the same $\mathbf{Z}$, scaled and moved in two ways, and no softmax,
#
# $$\mathbf{A}=\mathrm{relu}^2\big(\mathbf{Q}\mathbf{K}^\top/L\big),\qquad\mathbf{Q}=\mathbf{Z}\odot\boldsymbol\gamma_q+\boldsymbol\beta_q,\quad\mathbf{K}=\mathbf{Z}\odot\boldsymbol\gamma_k+\boldsymbol\beta_k.$$
#
# The weights do not sum to one, and a query may read nothing at all. There is a catch in the $1/L$: it makes the beginning of a text depend on how long the text is, even where the future is masked.

# %%
torch.manual_seed(0)
unit, chunked = gau.GAU(64, s=16), gau.GAU(64, s=16, chunk=32)
x = torch.randn(256, 64)
with torch.no_grad():
    for name, layer in {"GAU": unit, "FLASH, chunks of 32": chunked}.items():
        layer.out.bias.zero_()  # it is the same for every text, and would hide the rest
        gap = (layer(x)[0][:128] - layer(x[:128])[0]).norm() / layer(x[:128])[0].norm()
        print(f"{name:20} the first 128 outputs, within 256 tokens and alone: relative difference {gap:.2f}")

# %% [markdown]
# **Now do exercise 2**, the gated attention unit.

# %% tags=["hide-input"]
# @title Source
show_source(gau.squared_relu, gau.GAU, after="exercise 2")

# %% [markdown]
# ## FLASH: quadratic within, linear between
#
# A unit still compares all pairs. Cut the text into chunks of $C$ tokens. Within a chunk, keep it as it is. Between chunks, leave the ReLU out. Then nothing stands in the way of moving the brackets, $(\mathbf{Q}\mathbf{K}^\top)\mathbf{V}=\mathbf{Q}(\mathbf{K}^\top\mathbf{V})$, and all that a chunk leaves for later ones is a single matrix of $s\times e$ numbers, however long it was:
#
# $$\mathbf{A}\mathbf{V}\;\longrightarrow\;\underbrace{\mathrm{relu}^2\big(\mathbf{Q}_g\mathbf{K}_g^\top/C\big)\mathbf{V}_g}_{\text{near, quadratic in }C}\;+\;\underbrace{\tfrac1C\,\mathbf{Q}^{\mathrm{lin}}_g\sum_{h<g}{\mathbf{K}_h^{\mathrm{lin}}}^{\!\top}\mathbf{V}_h}_{\text{far, linear in }L}.$$
#
# Each half has its own scales and offsets. In an encoder the sum runs over all chunks, the own one too, and is divided by $L$. Is the fast form equal to the definition with all pairs? And what is the far half, for chunks of a single token? Write its sum as a loop, and you have a recurrent network that adds $\mathbf{k}\mathbf{v}^\top$ to its memory at every token: **linear attention**, the subject of lecture 08.

# %%
generator = runtime.seed(1)
draw = lambda *shape: torch.randn(*shape, generator=generator, dtype=torch.float64)
q, k, q_lin, k_lin, v = draw(100, 8), draw(100, 8), draw(100, 8), draw(100, 8), draw(100, 16)
relative = lambda a, b: ((a - b).abs().max() / b.abs().max()).item()
for causal in (False, True):
    fast, slow = (form(q, k, q_lin, k_lin, v, 16, causal) for form in (gau.flash, gau.flash_pairs))
    print(f"chunks and all pairs, causal {causal!s:5}: relative difference {relative(fast, slow):.0e}")

S, looped = torch.zeros(8, 16, dtype=torch.float64), []
for q_t, k_t, v_t in zip(q_lin, k_lin, v):
    looped.append(q_t @ S)  # chunks of one token: the past without the token itself
    S = S + torch.outer(k_t, v_t)
far = gau.flash(0 * q, 0 * k, q_lin, k_lin, v, 1, causal=True)
print(f"far half, C = 1, and the loop:   relative difference {relative(far, torch.stack(looped)):.0e}")

# %% [markdown]
# **Now do exercise 3**, both halves.

# %% tags=["hide-input"]
# @title Source
show_source(gau.flash_pairs, gau.flash, after="exercise 3")

# %% [markdown]
# What is all this worth on text? Small models that predict the next character of the World Factbook: two blocks of attention and MLP, four gated units with as many parameters in all, and the same with FLASH. One model each, at one learning rate: enough to see that they learn, too little to say which is best.

# %%
steps = runtime.pick(full=60, smoke=1)
for arm in ("attention and MLP", "GAU", "FLASH, chunks of 32"):
    run = small.language(arm, steps, seed=0, lr=1e-2)
    print(f"{arm:20} {run['parameters']:,} parameters, {run['validation'][-1][1]:.2f} nats a character")

# %% [markdown]
# ## MEGA: a moving average that carries the news
#
# The third summary is the oldest of all: an exponential moving average. MEGA's has several numbers for each channel. Channel $j$ is expanded to $h$ numbers, each is averaged, and they are read back as one:
#
# $$\mathbf{u}_t^{(j)}=\boldsymbol\beta_j\,x_{t,j},\qquad\mathbf{h}_t^{(j)}=\boldsymbol\alpha_j\odot\mathbf{u}_t^{(j)}+(1-\boldsymbol\alpha_j\odot\boldsymbol\delta_j)\odot\mathbf{h}_{t-1}^{(j)},\qquad y_{t,j}=\boldsymbol\eta_j^\top\mathbf{h}_t^{(j)}.$$
#
# With $\boldsymbol\delta=1$ this is the average that you know. *Damped* by $\delta<1$, it lets go of less than it takes in: it remembers longer, and a constant input is amplified to $1/\delta$. Drag the slider; the thin line is $\delta=1$.

# %% tags=["hide-input"]
# @title Figure: damping
pictures.damping()

# %% [markdown]
# Nothing in it is nonlinear, so $y$ is a convolution of $x$ with one kernel for each channel: the answer to an impulse. **Now do exercises 4 and 5**, the average as a loop and its kernel.

# %% tags=["hide-input"]
# @title Source
show_source(ema.recurrent, after="exercise 4")
show_source(ema.kernel, after="exercise 5")

# %% [markdown]
# And it is a **state space model**. Write the $h$ numbers as a state: $\mathbf{h}_t=\mathbf{A}\mathbf{h}_{t-1}+\mathbf{B}x_t$ and $y_t=\mathbf{C}\mathbf{h}_t$, with a diagonal $\mathbf{A}=\mathrm{diag}(1-\boldsymbol\alpha\odot\boldsymbol\delta)$, $\mathbf{B}=\boldsymbol\alpha\odot\boldsymbol\beta$ and $\mathbf{C}=\boldsymbol\eta^\top$. Its kernel is $\mathbf{C}\mathbf{A}^l\mathbf{B}$. Lecture 09 begins there; its models are diagonal too, but with complex numbers, which can swing. These are real and between 0 and 1, and only fade. Are loop, convolution and powers of a matrix the same?

# %%
x, share = draw(200, 8), lambda: draw(8, 6).sigmoid()
alpha, delta, beta, eta = share(), share(), draw(8, 6), draw(8, 6)
loop, state = ema.recurrent(x, alpha, delta, beta, eta)
fast, after = ema.convolution(x, alpha, delta, beta, eta)
K, powers = ema.kernel(alpha, delta, beta, eta, 50), []
for j in range(8):
    A, B, C = torch.diag(1 - alpha[j] * delta[j]), alpha[j] * beta[j], eta[j]
    powers.append(torch.stack([C @ torch.linalg.matrix_power(A, l) @ B for l in range(50)]))
same = {
    "loop and convolution": relative(fast, loop),
    "their last states": relative(after, state),
    "kernel and powers of A": relative(K, torch.stack(powers)),
}
for name, gap in same.items():
    print(f"{name:24} relative difference {gap:.0e}")

# %% [markdown]
# The layer. A gated unit whose queries, keys and gates are made of the average $\mathbf{M}$, while the values are the input itself; then a gate as in a GRU between the new and the old:
#
# $$\mathbf{Z}=\mathrm{silu}(\mathbf{M}\mathbf{W}_z),\quad\mathbf{V}=\mathrm{silu}(\mathbf{X}\mathbf{W}_v),\quad\mathbf{O}=\mathrm{softmax}\big(\mathbf{Q}\mathbf{K}^\top/\sqrt s\big)\mathbf{V},\quad\boldsymbol\Gamma=\mathrm{silu}(\mathbf{M}\mathbf{W}_\gamma),$$
# $$\mathbf{Y}=\boldsymbol\Phi\odot\mathrm{silu}\big(\mathbf{M}\mathbf{W}_h+(\boldsymbol\Gamma\odot\mathbf{O})\mathbf{U}_h\big)+(1-\boldsymbol\Phi)\odot\mathbf{X},\qquad\boldsymbol\Phi=\sigma(\mathbf{M}\mathbf{W}_\varphi).$$
#
# So far nothing is saved. **MEGA-chunk** lets attention see the own chunk only. Which inputs can an output depend on then? Ask the gradient of a layer, for 24 tokens in chunks of 8:

# %%
torch.manual_seed(0)
ways = {"chunks, no average": (0, 8), "chunks and average": (4, 8), "no chunks": (4, None)}
seen = {}
for name, (h, chunk) in ways.items():
    layer = mega.MegaAttention(8, h=h, s=4, chunk=chunk).double()
    J = torch.autograd.functional.jacobian(layer, torch.randn(24, 8).double())  # (24, 8, 24, 8)
    seen[name] = J.abs().sum((1, 3)) > 1e-12  # an FFT leaves rounding errors everywhere

# %% tags=["hide-input"]
# @title Figure: dependence
pictures.dependence(seen)

# %% [markdown]
# Without the average chunks are islands. With it everything that is past has an influence, though not by being looked up: it comes as a sum that fades.
#
# **Now do exercise 6**, chunks that the average links, and exercise 7, the convolution from the middle of a text.

# %% tags=["hide-input"]
# @title Source
show_source(mega.in_chunks, mega.MegaAttention, after="exercise 6")
show_source(ema.convolution, after="exercise 7")

# %% [markdown]
# ## Does the average give order?
#
# Attention is blind to order: permute the past, and the output is the same. (A causal mask tells a little: early tokens see few others.) So positions are encoded and added. MEGA's authors say that the average makes up for that. The task is order and nothing else: random letters, and at each place the model has to say **which letter stood three places back**. Guessing is right once in eight. One model each, for a start:

# %%
steps = runtime.pick(full=200, smoke=2)
for arm in ("attention", "MEGA without average", "MEGA"):
    run = small.order(arm, steps, seed=0, lr=3e-2)
    print(f"{arm:22} {run['parameters']:,} parameters, right: {run['validation'][-1][1]:.0%}")

# %% [markdown]
# The long run has six seeds, each arm at the best of the same four learning rates, and more arms: attention *with* sinusoidal positions, MEGA in chunks of 16 of the 64 tokens, and without damping.

# %%
order = records.load("07_order")
print(records.made(order))
for arm, tried in order["tried"].items():
    print(f"{arm:28} best of the rates {', '.join(tried)}: {max(tried, key=tried.get)}")

# %% tags=["hide-input"]
# @title Figure: scores
pictures.scores(
    {arm: mean(small.last(order["runs"], arm), 0, 1) for arm in small.ORDER},
    "share of right answers",
    "Which letter stood three places back?",
    at=1 / small.SYMBOLS,
    name="guessing",
)

# %% [markdown]
# Without positions and without an average, attention is right three times in ten: the mask tells it a little. With the average MEGA is almost always right, in chunks as well as in one piece; take the average out of the chunks, and it is back where attention was. So here the average does give order. A position code still does a little better: with it, every answer of every seed is right, and MEGA stays two or three points behind. Damping does not help here, and the undamped arm is the nearer to the position code. But the task looks three tokens back, and damping is there for a long memory.
#
# (A first record, with three seeds, ended its search at a rate of 0.1, where MEGA was best. It was discarded and made again, with one rate more, twice the seeds and the same bounds.)
#
# ## What became of the claims
#
# Last, time. Four times the tokens for each of the three layers, forward:

# %%
short = runtime.pick(full=2048, smoke=256)
torch.manual_seed(0)
timed = {
    "Linformer": linformer.LinformerAttention(64, 4, linformer.Projections(4 * short, 32)),
    "FLASH": gau.GAU(64, s=32, chunk=128),
    "MEGA-chunk": mega.MegaAttention(64, h=4, s=32, chunk=128),
}


def seconds(layer, L):
    """Processor time of one text."""
    x = torch.randn(L, 64)
    start = time.process_time()
    layer(x)
    return time.process_time() - start


growth = {name: [] for name in timed}
with torch.no_grad():
    for turn in range(runtime.pick(full=6, smoke=3)):
        for name, layer in timed.items():
            ratio = min(seconds(layer, 4 * short) for _ in range(3)) / min(seconds(layer, short) for _ in range(3))
            if turn:  # the first warms up
                growth[name].append(ratio / 4)

# %% tags=["hide-input"]
# @title Claims: verdicts
claims.verdicts(ranks, projection, growth, same, order)

# %% [markdown]
# ## Errata
#
# - *Slide "Chunked attention"*: GAU is called a variant of the GRU. It builds on the gated **linear** unit, GLU: a product of two projections, without a recurrence. (A gate in the manner of a GRU does appear, in MEGA's last line.)
# - *Slide "Low-rank decompositions"*: that attention matrices are of low rank is a finding about trained models, not a property of softmax. *Shuffled* above has the same weights, and about three times the rank.
# - *Packages.* `mega-pytorch` keeps $(1-\alpha)\,\delta$ of the old, where slide and paper keep $1-\alpha\delta$: there damping shortens the memory. `flash-pytorch` divides by $L$ in GAU and by $C$ in FLASH. `linformer` with `share_kv` shares the matrices of keys and values too, not only $\mathbf{E}=\mathbf{F}$. MEGA's authors pass the average through $\mathrm{silu}(\cdot+\boldsymbol\omega\odot\mathbf{x})$ before anything reads it; so does the course.
#
# ## To remember
#
# - Three summaries of what is far: a few mixtures of all tokens (Linformer), one sum of $\mathbf{k}\mathbf{v}^\top$ (FLASH), a fading average (MEGA).
# - A mixture of all tokens is never causal. Sums and averages over the past are.
# - That a matrix has a good approximation of low rank does not mean that a fixed projection finds it.
# - A gate makes a simple attention enough: one head, no softmax; a unit does the work of attention and MLP.
# - Quadratic within a chunk and linear between chunks: this pattern returns in every fast form of lecture 08.
# - The damped average is a recurrence, a convolution, and a diagonal state space model: lecture 09 in miniature.

# %% tags=["hide-input"]
# @title Question
quiz("07-causal")

# %% tags=["hide-input"]
# @title Question
quiz("07-rank")

# %% tags=["hide-input"]
# @title Question
quiz("07-gau")

# %% tags=["hide-input"]
# @title Question
quiz("07-flash")

# %% tags=["hide-input"]
# @title Question
quiz("07-kernel")

# %% tags=["hide-input"]
# @title Question
quiz("07-link")

# %% [markdown]
# ## References
#
# - Wang, Li, Khabsa, Fang, Ma. *Linformer: self-attention with linear complexity.* 2020. [arXiv:2006.04768](https://arxiv.org/abs/2006.04768)
# - Hua, Dai, Liu, Le. *Transformer quality in linear time* (GAU, FLASH). 2022. [arXiv:2202.10447](https://arxiv.org/abs/2202.10447)
# - Ma, Zhou, Kong, He, Gui, Neubig, May, Zettlemoyer. *Mega: moving average equipped gated attention.* 2022. [arXiv:2209.10655](https://arxiv.org/abs/2209.10655)
# - Shazeer. *GLU variants improve transformer.* 2020. [arXiv:2002.05202](https://arxiv.org/abs/2002.05202)
# - Eckart, Young. *The approximation of one matrix by another of lower rank.* Psychometrika 1, 1936. [doi:10.1007/BF02288367](https://doi.org/10.1007/BF02288367)

# %% [markdown] tags=["next"]
# **Now write it yourself:** [lab 07](../work/07_compressed_attention/07_lab.ipynb), about 120 minutes. **Next:** [08 Linear attention](08_linear_attention.ipynb).
