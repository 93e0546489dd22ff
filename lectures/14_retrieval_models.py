# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 14 · Retrieval inside the model
#
# In lecture 12 a retriever found passages and a model read them, and neither was trained for the other. If the passage was wrong, the reader could say so to nobody. Can the model that reads teach the
# model that finds? And does what was found have to pass through the prompt at all?

# %% [markdown] tags=["badge"]
# about 60 minutes · builds on 12 Retrieval-augmented generation

# %% [markdown] tags=["preview"]
# ![Three columns of four boxes, joined by arrows downwards. RAG: the input: retriever, prompt, language model, answer; REALM: the loss: retriever, p(z | x), reader p(y | z, x), sum over z; RETRO: a layer: neighbours, encoder, every third layer, next token. In REALM a second arrow goes back up.](pictures/14_retrieval_models.webp)
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
# - say at which three places retrieval can enter a language model, and what can be trained at each;
# - write the likelihood of an answer when the document is a latent variable, and derive from it which documents REALM rewards;
# - say which words to hide, why a text must not find itself, and what an index that lags behind is good for;
# - build RETRO's chunks with their continuations, and prove that its cross-attention keeps the model causal;
# - tell what retrieval saves by copying from what it saves otherwise;
# - train a retriever with a language model's likelihoods, say what a mixture of readers is, and see when that teacher has nothing to say.
#
# The letters: question or text $x$, answer $y$, document $z$, passage $c$, relevance $s$, a chunk of $m$ tokens. Logarithms are natural unless bits are mentioned.

# %%
import torch
from llmcourse import runtime
from llmcourse.figures import quiz, show_source
from llmcourse.records import trials
from llmcourse.retrieval_models import (
    chunked,
    experiments,
    log_marginal,
    posterior,
    realm,
    retro,
    retro_experiments,
    reward,
    salient_spans,
)
from llmcourse.retrieval_models.lecture_14 import claims, pictures

world = experiments.world()
print(f"{len(world.x):,} passages; questions to train on: {len(world.train.q)}, to test on: {len(world.test.q)}")
print(runtime.describe())

# %% [markdown]
# ## Three places
#
# RAG puts what was found into the *input*. REALM puts the choice of a document into the *loss*. RETRO puts neighbours into a *layer*. And RA-DIT goes back to the input, but trains both sides for each other.

# %% tags=["pictured", "hide-input"]
# @title Figure: places
pictures.places()

# %% [markdown]
# ## REALM: the document as a latent variable
#
# Nobody knows which document was read. So the probability of the answer is a sum over all that could have been:
#
# $$p(y\mid x)=\sum_z p(y\mid z,x)\,p(z\mid x),\qquad p(z\mid x)=\operatorname{softmax}_z(s_z),\qquad s_z=q(x)^\top d(z).$$
#
# Training maximises its logarithm, and nothing else. What does that tell the retriever? Differentiate. With $\partial p(z\mid x)/\partial s_{z'}=p(z\mid x)\,(\mathbb 1[z=z']-p(z'\mid x))$,
#
# $$\frac{\partial\log p(y\mid x)}{\partial s_z}=\frac{p(y\mid z,x)\,p(z\mid x)}{p(y\mid x)}-p(z\mid x)=\left[\frac{p(y\mid z,x)}{p(y\mid x)}-1\right]p(z\mid x)=r(z).$$
#
# A document gains if the answer is likelier with it than **on average over what is retrieved now**. The first fraction is Bayes' rule: it is $p(z\mid x,y)$, what one would think of $z$ if one knew the answer. So
# $r(z)$ is *what one thinks afterwards less what one thought before*. Is it so?

# %%
s = torch.randn(3, 5, dtype=torch.float64).requires_grad_()
log_py = torch.randn(3, 5, dtype=torch.float64) * 2 - 4
(gradient,) = torch.autograd.grad(log_marginal(s.log_softmax(-1), log_py).sum(), s)
r = reward(s.log_softmax(-1), log_py)
change = posterior(s.log_softmax(-1), log_py) - s.softmax(-1)
print(
    f"r(z) against autograd: {(r - gradient).abs().max():.0e}; against posterior - prior: {(r - change).abs().max():.0e}"
)

# %% [markdown]
# You write both in the lab. The sum of $r(z)$ over the documents is 0: what one gains, others lose.
#
# **What is hidden.** REALM has no questions: it hides a piece of plain text. If the piece is *of* or *the*, every document predicts it equally well, the ratio is 1, and the retriever learns nothing. So it
# hides names and dates, found by a tagger (here: by their form).

# %%
example = "Chad. Independence: the country gained its independence from France on 11 August 1960"
print([example[a:b] for a, b in salient_spans(example)])

# %% [markdown]
# **Three more things that it needs.** A *null document* takes the probability where no document is needed. The text in which the gap was made must not be a candidate: it would fill the gap by itself. And an
# *index*: nobody encodes all documents at every step. REALM goes on with vectors that are several hundred steps old, while another process makes new ones; only the documents that it finds are encoded afresh. Here is the whole of that.

# %% tags=["hide-input"]
# @title Source
show_source(realm.candidates, realm.Index)

# %% [markdown]
# ## Does it learn without labels?
#
# The test: the Factbook's short passages, as MiniLM's vectors, and questions on countries with a known answer. To leave something to learn, the retriever begins as a *random projection* to 16 dimensions. The reader is a model that can only
# copy: a word of the answer comes from the passage at even odds, else from the whole corpus. It is never trained, so all that changes is the retriever, and the sum over $z$ is exact, over all passages. It is told the answer and never the passage.
#
# One question, as training goes on. Black: what the retriever thinks. Coloured: what it would think if it knew the answer. The gradient is the difference.

# %%
steps = runtime.pick(full=experiments.STEPS, smoke=6)
passages, questions, _, _ = experiments.encoded(2025)
begin = experiments.Retriever(world.x.shape[1], torch.Generator().manual_seed(0))
asked = 7
frames, few = {}, begin(world.test.q[asked : asked + 1], world.x)[0].topk(6).indices
few = torch.cat([world.test.gold[asked : asked + 1], few[few != world.test.gold[asked]]])[:6]


def watch(step, net):
    if step % max(1, steps // 10) == 0:
        with torch.no_grad():
            log_pz = net(world.test.q[asked : asked + 1], world.x).log_softmax(-1)
        after = posterior(log_pz, world.test.log_py[asked : asked + 1])
        frames[step] = log_pz.exp()[0, few], after[0, few]


experiments.learn(world, "latent", seed=0, lr=1e-3, steps=steps, watch=watch)
names = [f"{passages[i].title}: {passages[i].topic}" for i in few.tolist()]

# %% tags=["hide-input"]
# @title Figure: posteriors
pictures.posteriors(frames, names, 0, f"Looking for {names[0]}")

# %% [markdown]
# Now with seeds, and against others. *labels*: the gold passage is known, the loss is a cross-entropy. *latent*: REALM, over all passages; *top k*: over 20 of an index that lags behind, and the null document. *another's reader*: the control, in which the reader judges passages
# for somebody else's question; whatever is learned there is not learned from reading. The last two are RA-DIT's, and come below. Every arm gets the same search for a learning rate.

# %%
shown = ("labels", "latent", "latent, top k", "another's reader", "LSR of p, tau 0.01", "LSR of log p")
found = experiments.compared(
    world,
    shown,
    seeds=runtime.pick(full=experiments.SEEDS, smoke=(0, 1)),
    rates=runtime.pick(full=experiments.RATES, smoke=(1e-3,)),
    steps=steps,
)
start = [run.before["test"] for run in found.runs["latent"]]
recall = {arm: found.recall(arm) for arm in shown}
print("learning rates:", found.rates)
print("bracketed by worse ones:", ", ".join(trials.bracketed(found.tried, found.rates)) or "none")

# %% tags=["hide-input"]
# @title Figure: arms
pictures.arms(recall, start)

# %% [markdown]
# ## RETRO: neighbours in a layer
#
# RETRO never puts a document into the prompt. It cuts the text that is being written into chunks of $m$ tokens (64 in the paper), and after each complete chunk looks up the nearest chunks of a database of two trillion tokens, by a frozen encoder. A neighbour comes **with what followed it**: what is to be predicted is not the chunk, but what comes next.

# %%
texts = [torch.arange(1, 11), torch.arange(21, 28)]
database = chunked(texts, 4)
for chunk, after, document in zip(*database):
    print(f"text {document}: chunk {chunk.tolist()}, then {after.tolist()}")

# %% [markdown]
# A text's last continuation is empty, and not the beginning of the next text. And when a text of the database is trained on, all its own chunks are passed over: their continuations are the solution.
#
# **When may a token read?** The neighbours of chunk $u$ depend on all its tokens, so only the last of them, at $um+m-1$, may read about it, and those after it, until the next chunk is complete:
#
# $$u(t)=\Big\lfloor\frac{t+1}{m}\Big\rfloor-1.$$
#
# So the chunks of *readers* lie $m-1$ tokens to the right of the chunks that are *searched for*. Shifted by that much, it is one small attention for each chunk: linear in the length. You write it in the lab. The model around it is a GPT that goes on reading in every third layer; neighbours are encoded in both directions, with a look at the chunk that they were found for.

# %% tags=["hide-input"]
# @title Source
show_source(retro.NeighbourEncoder, retro.Retro)

# %% [markdown]
# A trained GPT can be made into one: its weights stay, and only what is new learns (*RETRO-fitting*). All that is new begins with output 0, so at first nothing changes.
#
# ## What do neighbours save?
#
# The paper reports up to 25 times fewer parameters at equal loss, and says itself that part of it is copying. Here is a world in which it is known what can be copied: texts of random letters, of eight kinds, in chunks of eight. Half the chunks stand in what was found for the chunk before, the others are new. A model without retrieval can do no better than 3 bits a letter. The control has the same model and the same parameters, and *strays* for neighbours: what was found for another text.

# %%
bits, net = retro_experiments.copying(
    seeds=runtime.pick(full=(0, 1, 2), smoke=(0, 1)), steps=runtime.pick(full=400, smoke=4)
)
least = dict(zip(("copied", "new"), retro_experiments.least_bits()))
held = retro_experiments.made_up(1, seed=2)
moved = retro_experiments.moved(net, held.tokens, held.near)
leaked = retro_experiments.leaks(net, held.tokens, held.near)
print(f"outputs that moved before they may: {leaked}")

# %% tags=["hide-input"]
# @title Figure: reading
pictures.reading(moved, net.m)

# %% tags=["hide-input"]
# @title Figure: copied
pictures.copied(bits, least)

# %% [markdown]
# The dotted lines are what Bayes' rule allows to somebody who is not told which chunks are copied: the first letter of each is a bet. Copying is cheap, and hoping in vain costs something: for new letters such a reader pays more than the 3 bits of a model that reads nothing.
#
# ## RA-DIT: both sides learn
#
# RA-DIT stays with the prompt, and trains twice. The *reader*: each of $k$ passages is put in front of the question, each is an example of its own, and the loss is at the answer alone. The *retriever*: the reader is asked how likely the right answer is after each passage, and the retriever is moved towards what it would rather have read,
#
# $$p_{\text{LSR}}(c\mid x,y)=\operatorname{softmax}_c\big(p_{\text{LM}}(y\mid c,x)/\tau\big),\qquad\mathcal L=\mathrm{KL}\big(p_R(c\mid x)\,\big\|\,p_{\text{LSR}}(c\mid x,y)\big).$$
#
# Only the questions' side learns, so that the index of passages stays valid. At inference each passage is read by itself, and the readers' *probabilities* are averaged, weighted by $p_R(c\mid x)$: REALM's sum, over a few passages.
#
# Look at the last two rows of the figure above. In the formula there are probabilities in a softmax. A large model gives a right answer a probability near 1, and $\tau=0.01$ makes the target sharp. Our reader mostly gives it less than a hundredth, and the target is flat: it says that all passages are equal. With the *logarithms* in the softmax the target is the posterior of a retriever without opinion, at any scale.
#
# And both halves? The reader's half is one number here: the odds at which it trusts its passage. It begins too low, at 0.1.

# %%
halves = experiments.halves(seeds=runtime.pick(full=experiments.SEEDS, smoke=(0, 1)), steps=steps)
for name, values in halves.items():
    print(f"{name:10} log p(y | x) = {sum(values) / len(values):.2f} nats per answer")

# %% [markdown]
# ## What became of the claims

# %% tags=["hide-input"]
# @title Claims: verdicts
claims.verdicts(start, recall, leaked, bits, halves)

# %% [markdown]
# ## Errata
#
# - *Slide "RA-DIT":* supervised fine-tuning, it says, so that the results of a search are used better. That is one of two halves: *dual* means that the retriever is tuned as well, by the language model's likelihoods.
#
# ## To remember
#
# - A document as a latent variable: sum over it. The gradient is what one thinks of a document after the answer less what one thought before.
# - A retriever learns from a reader that can tell passages apart. A gap that any document fills, or a reader that finds all passages alike, teaches nothing.
# - RETRO's neighbours come with their continuations, never from the text itself, and are read from the last token of the chunk on.
# - Ask of every gain from retrieval how much of it is copying.
# - Softmax of probabilities or of their logarithms is not a detail: the first has a scale.

# %% tags=["hide-input"]
# @title Question
quiz("14-useful")

# %% tags=["hide-input"]
# @title Question
quiz("14-gap")

# %% tags=["hide-input"]
# @title Question
quiz("14-shift")

# %% tags=["hide-input"]
# @title Question
quiz("14-mixture")

# %% [markdown]
# ## References
#
# - Guu et al. *REALM: retrieval-augmented language model pre-training.* 2020. [arXiv:2002.08909](https://arxiv.org/abs/2002.08909). Lee, Chang, Toutanova. *Latent retrieval for weakly supervised open domain question answering.* 2019. [arXiv:1906.00300](https://arxiv.org/abs/1906.00300)
# - Borgeaud et al. *Improving language models by retrieving from trillions of tokens.* 2022. [arXiv:2112.04426](https://arxiv.org/abs/2112.04426)
# - Lin et al. *RA-DIT: retrieval-augmented dual instruction tuning.* 2024. [arXiv:2310.01352](https://arxiv.org/abs/2310.01352). Shi et al. *REPLUG: retrieval-augmented black-box language models.* 2023. [arXiv:2301.12652](https://arxiv.org/abs/2301.12652)
# - Lewis et al. *Retrieval-augmented generation for knowledge-intensive NLP tasks.* 2020. [arXiv:2005.11401](https://arxiv.org/abs/2005.11401)

# %% [markdown] tags=["next"]
# **Now write it yourself:** [lab 14](../work/14_retrieval_models/14_lab.ipynb), about 90 minutes. **Next:** [15 Knowledge graphs](15_knowledge.ipynb).
