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
# about 75 minutes · builds on 12 Retrieval-augmented generation

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
# - ask of a gain from neighbours how much of it is copying, and how much of that is leakage;
# - derive RA-DIT's loss for the retriever, put it next to REALM's, and say what a mixture of readers is.
#
# The letters: question or text $x$, answer $y$, document $z$, passage $c$, relevance $s$, a chunk of $m$ tokens. Logarithms are natural unless bits are mentioned.

# %%
import torch
from llmcourse import records, runtime
from llmcourse.figures import quiz, show_source
from llmcourse.records import trials
from llmcourse.retrieval_models import chunked, chunks, cross_attention, log_marginal, lsr_loss, mixture
from llmcourse.retrieval_models import posterior, prose_experiments, radit, realm, retro, retro_experiments, reward
from llmcourse.retrieval_models import live_experiments as live
from llmcourse.retrieval_models import salient_spans
from llmcourse.retrieval_models.lecture_14 import claims, pictures, tables

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
# $$\frac{\partial\log p(y\mid x)}{\partial s_{z'}}=\frac{1}{p(y\mid x)}\sum_z p(y\mid z,x)\,p(z\mid x)\,\big(\mathbb 1[z=z']-p(z'\mid x)\big).$$
#
# The first part of the bracket leaves one term of the sum; the second leaves the whole sum, which is $p(y\mid x)$ and cancels:
#
# $$\frac{\partial\log p(y\mid x)}{\partial s_z}=\frac{p(y\mid z,x)\,p(z\mid x)}{p(y\mid x)}-p(z\mid x)=\left[\frac{p(y\mid z,x)}{p(y\mid x)}-1\right]p(z\mid x)=r(z).$$
#
# A document gains if the answer is likelier with it than **on average over what is retrieved now**. The first fraction is Bayes' rule: it is $p(z\mid x,y)$, what one would think of $z$ if one knew the answer. So
# $r(z)$ is *what one thinks afterwards less what one thought before*, and any parameter $\theta$ of the retriever gets $\nabla_\theta\log p(y\mid x)=\sum_z r(z)\,\nabla_\theta s_z$. Is it so?

# %%
s = torch.randn(3, 5, dtype=torch.float64).requires_grad_()
log_py = torch.randn(3, 5, dtype=torch.float64) * 2 - 4
(gradient,) = torch.autograd.grad(log_marginal(s.log_softmax(-1), log_py).sum(), s)
r = reward(s.log_softmax(-1), log_py)
change = posterior(s.log_softmax(-1), log_py) - s.softmax(-1)
print(f"r(z) against autograd: at most {(r - gradient).abs().max():.0e} apart")
print(f"r(z) against posterior less prior: at most {(r - change).abs().max():.0e} apart")
print(f"sum of r(z) over the documents: at most {r.sum(-1).abs().max():.0e}")

# %% [markdown]
# You write both in the lab. The sum of $r(z)$ over the documents is 0: what one gains, others lose.

# %% tags=["hide-input"]
# @title Question
quiz("14-useful")

# %% [markdown]
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
# The index only says which documents to look at. It may be old, and then it looks at the wrong ones; it can't give a wrong gradient.

# %% tags=["hide-input"]
# @title Question
quiz("14-gap")

# %% [markdown]
# ## Does it learn without labels?
#
# The test: the Factbook's short passages, as MiniLM's vectors, and questions on countries with a known answer. To leave something to learn, the retriever begins as a *random projection* to 16 dimensions. The reader is a model that can only
# copy: a word of the answer comes from the passage at even odds, else from the whole corpus. It is never trained, so all that changes is the retriever, and the sum over $z$ is exact, over all passages. It is told the answer and never the passage.
#
# First a quarter of the countries, live. The question is the first one of the test whose passage the untrained retriever does not put first. Black: what the retriever thinks. Blue: what it would think if it knew the answer. The gradient is the difference, at each step, for the questions that it is *trained* on; this one it never sees. The reader is of one mind from the start: it has found the answer's words, and knows nothing about the question.

# %%
small, passages, questions = live.few(every=runtime.pick(full=4, smoke=24))
steps = runtime.pick(full=200, smoke=4)
asked, frames = live.watched(small, live.first_missed(small), steps)
names = [f"{p.title}: {p.topic}" for p in passages]
print(f"{len(passages)} passages, {len(small.train.q)} questions to train on: {questions[asked].text}")

# %% tags=["hide-input"]
# @title Figure: posteriors
pictures.posteriors(frames, names, int(small.test.gold[asked]), questions[asked].text)

# %% [markdown]
# Now all countries, with seeds, and against others; a record. *labels*: the gold passage is known, the loss is a cross-entropy. *latent*: REALM, over all passages. *latent, top k*: over twenty of an index that lags behind, and the null document. *another's reader*: the control, in which the reader judges passages
# for somebody else's question; whatever is learned there is not learned from reading. Every arm got the same search for a learning rate, by seeds that don't count, on countries that are neither trained on nor tested.

# %%
latent = records.load("14_latent")
print(records.made(latent))
print("rate inside the range searched:", ", ".join(trials.bracketed(latent["tried"], latent["rates"])))

# %% tags=["hide-input"]
# @title Figure: learning
pictures.learning(latent)

# %% tags=["hide-input"]
# @title Table: taught
tables.taught(latent)

# %% [markdown]
# Three things to read off.
#
# - *Nobody pointed at a passage, and most of what labels teach is learned.* Labels stay a little ahead: a passage that holds the answer by chance is as good as the gold one to a reader, and not to a label.
# - *Twenty documents of an index that lags are enough.* What the other two thousand contribute to the sum is next to nothing.
# - *It learns six relations, and unlearns the rest.* Look at the column on the right: relations that were never asked for in training are found less often than by a random projection. Sixteen dimensions are all used for what is rewarded. That holds for labels as well, and for them most of all; their best rate is also the largest.
#
# The control gets worse the more it learns, so its search chose the smallest rate that was tried, which is no bracket: the best rate for it would be 0.
#
# ## Exchange the index
#
# What a model knows in its weights has to be retrained; what it knows in an index can be exchanged. Train on the Factbook of 2025, then put the edition of 2015 in the index, and change nothing else: neither the retriever nor the reader, whose memory of frequent words stays that of 2025. The questions are those whose answer changed, mostly about who governs.

# %% tags=["hide-input"]
# @title Table: editions
tables.editions(latent)

# %% [markdown]
# The retriever has learned how questions and passages fit, not which passages there are: in an index that it never saw it finds several times as much as before training, and about as much as in its own (how nearly, eight seeds can't say: see the claims). The last column is a measure **without headroom**: the answer of 2015 is likelier with the index of 2015 even before training. A name that only one edition knows is likely only with that edition, whichever passages are weighted. So it can't show what training brought; recall can.
#
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

# %% tags=["hide-input"]
# @title Source
show_source(chunks.neighbours)

# %% [markdown]
# **When may a token read?** Let $N_u$ be the neighbours of chunk $u$, tokens $um$ to $um+m-1$, all counted from 0. The output at token $t$ predicts token $t+1$, so it may depend on tokens $0,\dots,t$ and on no others. $N_u$ depends on all tokens of its chunk. So token $t$ may read $N_u$ only if $um+m-1\le t$, and the last such chunk is
#
# $$u(t)=\Big\lfloor\frac{t+1}{m}\Big\rfloor-1,\qquad h_t\leftarrow h_t+\sum_{j}\operatorname{softmax}_j\Big(\frac{q_t\cdot k_{u(t),j}}{\sqrt d}\Big)\,v_{u(t),j},$$
#
# with $j$ over the tokens of the neighbours of that one chunk; before token $m-1$ there is nothing to read. Induction over the layers does the rest: if every $h_t$ depends on tokens up to $t$ alone, so it does after causal attention, and after this.
#
# Now look at which tokens share a chunk of neighbours: $um+m-1$ to $um+2m-2$, again $m$ of them. The chunks of *readers* lie $m-1$ tokens to the right of the chunks that are *searched for*. Shifted by that much, all is one small attention for each chunk. With $k$ neighbours of $2m$ tokens that is $L\cdot 2km$ products for a text of length $L$: linear in the length. You write it in the lab; here is the definition, token by token.

# %% tags=["hide-input"]
# @title Source
show_source(cross_attention.token_by_token)

# %%
q = torch.randn(2, 22, 8, dtype=torch.float64)
k, v = torch.randn(2, 2, 5, 16, 8, dtype=torch.float64).unbind(0)
apart = cross_attention.token_by_token(q, k, v, 4) - cross_attention.chunked_cross_attention(q, k, v, 4)
print(f"token by token against shifted chunks, 22 tokens in chunks of 4: at most {apart.abs().max():.0e} apart")

# %% tags=["hide-input"]
# @title Question
quiz("14-shift")

# %% [markdown]
# The model around it is a GPT that reads in every third layer; neighbours are encoded in both directions, with a look at the chunk that they were found for.

# %% tags=["hide-input"]
# @title Source
show_source(retro.NeighbourEncoder, retro.Retro)

# %% [markdown]
# A trained GPT can be made into one: its weights stay, and only what is new learns (*RETRO-fitting*). All that is new begins with output 0, so at first nothing changes.
#
# ## What do neighbours save?
#
# The paper reports results comparable to those of models with 25 times the parameters, and says itself that part of the gain is copying. Here is a world in which it is known what can be copied: texts of random letters, of eight kinds, in chunks of eight. Half the chunks stand in what was found for the chunk before, the others are new. A model without retrieval can do no better than 3 bits a letter. The control has the same model and the same parameters, and *strays* for neighbours: what was found for another text.

# %%
bits, net = retro_experiments.copying(seeds=(0, 1), steps=runtime.pick(full=400, smoke=4))
least = dict(zip(("copied", "new"), retro_experiments.least_bits()))
held = retro_experiments.made_up(1, seed=2)
moved = retro_experiments.moved(net, held.tokens, held.near)
leaked = retro_experiments.leaks(net, held.tokens, held.near)
print(f"outputs that moved before they may, when every token and every neighbour is changed once: {leaked}")

# %% tags=["hide-input"]
# @title Figure: reading
pictures.reading(moved, net.m)

# %% tags=["hide-input"]
# @title Figure: copied
pictures.copied(bits, least)

# %% [markdown]
# The dotted lines are what Bayes' rule allows to somebody who is not told which chunks are copied: the first letter of each is a bet. Copying is cheap, and hoping in vain costs something: for new letters such a reader pays more than the 3 bits of a model that reads nothing.
#
# How does it copy? Look where the tokens look. Left of the blue line is the chunk that was found, right of it what followed there. The rows are the letters that are to be written, one after the other.

# %% tags=["hide-input"]
# @title Figure: attending
pictures.attending(live.attention(net, held.tokens, held.near), held.tokens[0], held.near[0, :, 0], held.overlap[0])

# %% [markdown]
# ## And on real texts?
#
# The Factbook of 2025, country by country, in subwords; the database is the edition of 2015. Countries of the test are never trained on. But *the database has their old edition*, and much of it was carried over word for word: for these chunks retrieval is leakage, or remembering, as you like. So three questions. How much is saved against the same model with strays? How much of that where little can be copied? And what is left when the country itself is taken out of the database?

# %% tags=["hide-input"]
# @title Source
show_source(prose_experiments.Keys)

# %%
prose = records.load("14_prose")
print(records.made(prose))
print("rate inside the range searched:", ", ".join(trials.bracketed(prose["tried"], prose["rates"])) or "none")

# %% tags=["hide-input"]
# @title Table: prose
tables.prose(prose)

# %% tags=["hide-input"]
# @title Figure: real
pictures.real(prose)

# %% [markdown]
# **Nothing, so far.** Compared with strays, the intervals on the left contain 0, whatever can be copied. The best chunks have the largest gain and those without anything to copy have none, which is the right order, and no more than that. On the right the same trained model, whose database is exchanged afterwards: with strays it loses a little, so it has learned to look at its neighbours, and with fewer countries in the database a very little; without the country itself it loses next to nothing, since it had gained next to nothing from it.
#
# Why not more? *Copying has not formed.* It would show in the last row on the left, as it did in the made-up world, where it took a few hundred steps, with eight letters and half of the chunks to be copied. Here are several hundred pieces, and a quarter of the chunks, in 800 steps. All three searches ended at their largest rate, so longer and faster training would help every arm. The paper trains on hundreds of billions of tokens. So this record neither supports its claim nor speaks against it: it says how much training it takes before a model looks things up, namely more than a model needs to learn how countries are written about.
#
# ## RA-DIT: both sides learn
#
# RA-DIT stays with the prompt, and trains twice. The *reader*: each of $k$ passages is put in front of the question, each is an example of its own, and the loss is at the answer alone. The *retriever*: the reader is asked how likely the right answer is after each passage, and the retriever is moved towards what it would rather have read,
#
# $$p_{\text{LSR}}(c\mid x,y)=\operatorname{softmax}_c\big(p_{\text{LM}}(y\mid c,x)/\tau\big),\qquad\mathcal L=\mathrm{KL}\big(p_R(c\mid x)\,\big\|\,p_{\text{LSR}}(c\mid x,y)\big).$$
#
# Its gradient, by the same derivative of the softmax as above, is
#
# $$\frac{\partial\mathcal L}{\partial s_c}=p_R(c)\left[\log\frac{p_R(c)}{p_{\text{LSR}}(c)}-\mathcal L\right].$$
#
# A passage loses if it is chosen more often than the reader would, compared with the mean over passages. Compare REALM: its gradient is that of $\mathrm{KL}\big(p(z\mid x,y)\,\|\,p(z\mid x)\big)$ with the first distribution held fixed. RA-DIT has the *other direction* of the divergence, and another teacher, who does not know what the retriever thought before. Turn the direction round and take logarithms, and up to that prior it is REALM:

# %%
s = torch.randn(5, dtype=torch.float64).requires_grad_()
log_py = torch.randn(5, dtype=torch.float64) - 2
loss = lsr_loss(s, log_py, tau=0.1)
(gradient,) = torch.autograd.grad(loss, s)
p_r, p_lsr = s.softmax(-1).detach(), radit.lsr_targets(log_py, 0.1)
apart = gradient - p_r * ((p_r / p_lsr).log() - loss.detach())
print(f"the formula against autograd: at most {apart.abs().max():.0e} apart")
same = posterior(torch.zeros(5, dtype=torch.float64).log_softmax(-1), log_py) - log_py.softmax(-1)
print(f"softmax of log p against REALM's posterior of a retriever without opinion: {same.abs().max():.0e} apart")

# %% [markdown]
# In the formula there are *probabilities* in a softmax, and so it has a scale. A large model gives a right answer a probability near 1, and $\tau=0.01$ makes the target sharp. Our reader gives it much less, as you see below. Then the target is nearly flat: it says that all passages are equal. With the *logarithms* in the softmax the target does not depend on the scale. What does the reader tell about the twenty passages that an untrained retriever finds? The figure shows a question in the middle: half of all get more from their gold passage, half less.

# %%
told = live.targets(small)
of_gold = small.train.log_py.gather(1, small.train.gold[:, None]).exp()[:, 0]
typical = int((of_gold - of_gold.median()).abs().argmin())
print(f"probability of the right answer after the gold passage, median of the questions: {of_gold.median():.4f}")
for name, p in told.items():
    print(f"{name:26} spread over {live.spread(p).mean():4.1f} of {p.shape[1]} passages, on average")

# %% tags=["hide-input"]
# @title Figure: targets
pictures.targets(told, typical)

# %% [markdown]
# Only the questions' side learns in RA-DIT, so that the index of passages stays valid. A record again: the same world, retriever and reader as for REALM; rows without *both sides* train one side only, those of labels and REALM among them, so that the teachers can be compared.

# %%
tuned = records.load("14_radit")
print(records.made(tuned))
print("rate inside the range searched:", ", ".join(trials.bracketed(tuned["tried"], tuned["rates"])))
recall = {arm: [run["test"] for run in row["after"]] for arm, row in tuned["recall"].items()}
start = [run["test"] for run in tuned["recall"]["labels, one side"]["before"]]

# %% tags=["hide-input"]
# @title Figure: arms
pictures.arms(recall, start, "What a reader's likelihoods teach a retriever")

# %% [markdown]
# With logarithms RA-DIT's loss teaches as much as REALM's, in either direction, and as much as labels: here it is the one side that limits. Passages that the projection has put in the same place stay there, whatever the questions do. With both sides more is learned; then all passages have to be encoded again. With probabilities less is learned, the less the flatter the target.
#
# $\tau$ is no detail, and the rate is none either. A flat target asks for a retriever without preference, so the harder it is followed, the more is lost. The search, on other countries than the test:

# %%
for arm in ("labels, one side", "LSR of log p", "LSR of p, tau 0.001", "LSR of p, tau 0.01"):
    print(f"{arm:20}", ", ".join(f"{rate:g}: {score:.2f}" for rate, score in tuned["tried"][arm]))


# %% tags=["hide-input"]
# @title Question
quiz("14-lsr")

# %% [markdown]
# **The mixture.** At inference each passage is read by itself, and the readers' *probabilities* are averaged, weighted by $p_R(c\mid x)$: REALM's sum, over a few passages. RA-DIT averages at every token; REALM's sum is over whole answers.

# %%
logits = torch.tensor([[[4.0, 0.0, 0.0]], [[0.0, 1.0, 1.2]]])  # two readers, one token, three words
print("mixture:           ", mixture(torch.zeros(2), logits).exp()[0].numpy().round(2))
print("mean of the logits:", logits.mean(0).softmax(-1)[0].numpy().round(2))

# %% tags=["hide-input"]
# @title Question
quiz("14-mixture")

# %% [markdown]
# **Both halves.** The reader's half is one number here: the odds at which it trusts its passage. It begins too low, at 0.1, as a model that nobody has taught to read. Five passages are read for an answer. Two by two:

# %%
halves = records.load("14_halves")
print(records.made(halves))
print("rate inside the range searched:", ", ".join(trials.bracketed(halves["tried"], halves["rates"])))

# %% tags=["hide-input"]
# @title Table: halves
tables.halves(halves)

# %% [markdown]
# Each half helps without the other, and each helps *more* with the other: the tuned retriever earns the reader's trust, so the reader tuned with it chooses higher odds; and trust pays only where the right passage is among the five. On relations that the retriever was never trained on it is the same, with smaller gains: a retriever of which one side learned, at a small rate, has not forgotten them.

# %% [markdown]
# ## What became of the claims

# %% tags=["hide-input"]
# @title Claims: verdicts
claims.verdicts(latent, prose, tuned, halves, leaked, bits)

# %% [markdown]
# ## Errata
#
# - *Slide "RA-DIT":* supervised fine-tuning, it says, so that the results of a search are used better. That is one of two halves: *dual* means that the retriever is tuned as well, by the language model's likelihoods.
#
# ## To remember
#
# | | what is trained | who says what is right | what is exchanged later |
# |---|---|---|---|
# | REALM | retriever and reader, by one loss | the reader: is the answer likelier than on average? | the documents, with their index |
# | RETRO | the language model, or only its new layers | nobody: the encoder of chunks is frozen | the database |
# | RA-DIT | the reader by examples, then the retriever by the reader | the reader: which passage would it choose? | the passages; one side of the retriever is frozen |
#
# - A document as a latent variable: sum over it. The gradient is what one thinks of a document after the answer less what one thought before.
# - A retriever learns from a reader that can tell passages apart. A gap that any document fills, or a reader that finds all passages alike, teaches nothing.
# - What is learned is learned for the questions that were asked: with both sides trained, relations that were not among them were found less often than before.
# - RETRO's neighbours come with their continuations, never from the text itself, and are read from the last token of the chunk on.
# - Ask of every gain from retrieval how much of it is copying: by overlap, with strays, and without the text's own older editions.
# - Softmax of probabilities or of their logarithms is not a detail: the first has a scale.

# %% tags=["hide-input"]
# @title Question
quiz("14-share")

# %% [markdown]
# ## References
#
# - Guu et al. *REALM: retrieval-augmented language model pre-training.* 2020. [arXiv:2002.08909](https://arxiv.org/abs/2002.08909). Lee, Chang, Toutanova. *Latent retrieval for weakly supervised open domain question answering.* 2019. [arXiv:1906.00300](https://arxiv.org/abs/1906.00300)
# - Borgeaud et al. *Improving language models by retrieving from trillions of tokens.* 2022. [arXiv:2112.04426](https://arxiv.org/abs/2112.04426)
# - Lin et al. *RA-DIT: retrieval-augmented dual instruction tuning.* 2024. [arXiv:2310.01352](https://arxiv.org/abs/2310.01352). Shi et al. *REPLUG: retrieval-augmented black-box language models.* 2023. [arXiv:2301.12652](https://arxiv.org/abs/2301.12652)
# - Lewis et al. *Retrieval-augmented generation for knowledge-intensive NLP tasks.* 2020. [arXiv:2005.11401](https://arxiv.org/abs/2005.11401)

# %% [markdown] tags=["next"]
# **Now write it yourself:** [lab 14](../work/14_retrieval_models/14_lab.ipynb), about 120 minutes. **Next:** [15 Knowledge graphs](15_knowledge.ipynb).
