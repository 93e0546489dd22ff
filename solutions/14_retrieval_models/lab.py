# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Lab 14 · Retrieval inside the model
#
# In lab 12 a retriever found passages and a reader read them, and neither knew of the other. Here they meet inside the model, in three places: REALM
# puts retrieval into the *loss*, so that reading teaches finding; RETRO puts it into a *layer*; RA-DIT puts it into the *fine-tuning* of both. You write
# the few lines that make each of them work, and in the open task a retriever learns, without one label, which passage answers a question.
#
# - **You need**: [lecture 14](../../lectures/14_retrieval_models.ipynb), [lab 12](../12_rag/lab.ipynb), softmax attention, logarithms of sums.
# - **Time**: about an hour and a half: seven exercises, then an open task on a retriever that nobody teaches.
# - **How it works**: fill the cells that say `raise NotImplementedError()`. Run the check under each. It says what is
#   right, what is wrong, and often which mistake it is. Hints are folded under it, from a nudge to nearly everything.
#
# The letters are the papers': a question or text $x$, its answer $y$, a document $z$ (REALM) or passage $c$ (RA-DIT), chunks of $m$ tokens (RETRO).
# Logarithms are natural.

# %% [markdown] tags=["badge"]
# about 120 minutes · builds on 12 Retrieval-augmented generation

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

# %%
import torch
import torch.nn.functional as F
from llmcourse import data, figures, runtime
from llmcourse.checks import check

torch.set_num_threads(1)
print(runtime.describe())

# %% [markdown]
# **The small world.** One question, and the eight passages that the Factbook has about Peru. The reader is a model that can only copy: a word of the answer
# comes from the passage at even odds, or else from its memory, which holds every word of the eight passages equally often. The retriever is not good yet: it
# counts the letters that question and passage share.

# %%
TOPICS = (
    "Capital",
    "National holiday",
    "Highest point",
    "Currency",
    "National anthem",
    "Location",
    "Terrain",
    "Independence",
)
passages = [p for p in data.countries() if p.title == "Peru" and p.topic in TOPICS]
words = lambda text: [word.strip(".,;:?!()\"'").lower() for word in text.split()]
question, reply = "What is the currency of Peru?", "nuevo sol"
memory = [word for p in passages for word in words(p.text)]


def likelihood(passage):
    """log p(y | z, x) of the copying reader."""
    here = words(passage.text)
    shares = [0.5 * here.count(w) / len(here) + 0.5 * (memory.count(w) + 0.1) / len(memory) for w in words(reply)]
    return torch.tensor(shares).log().sum()


shared = lambda passage: len(set(question.lower()) & set(passage.text.lower().split(": ")[1])) / 4
relevance = torch.tensor([[shared(p) for p in passages]])  # s (1, 8)
answers = torch.stack([likelihood(p) for p in passages])[None]  # log_py (1, 8)
for p, s, log_py in zip(passages, relevance[0], answers[0]):
    print(f"{p.text[:60]:60}  s = {s:.2f}   log p(y | z, x) = {log_py:6.2f}")

# %% [markdown] tags=["exercise:document-marginal"]
# ## Exercise 1 · The probability of an answer, whatever was read
#
# **2 points** · core · difficulty ●●○○○ (2 of 5) · about 10 minutes · define `log_marginal(s, log_py)`
#
# Return the dtype of the inputs; a gradient must flow through `s`, `log_py`.

# %% [markdown]
# The document is a *latent variable*: nobody says which one is right. The retriever gives a distribution over documents, and the reader a probability of the
# answer with each of them. Then the answer itself has the probability
#
# $$p(y\mid x)=\sum_{z}p(y\mid z,x)\,p(z\mid x),\qquad p(z\mid x)=\frac{e^{s_z}}{\sum_{z'}e^{s_{z'}}}.$$
#
# Return its logarithm for each question. An answer of fifty words may have a log-probability of $-150$, and $e^{-150}$ is 0 in float32: it must work all the same.


# %% nbgrader={"grade": false, "grade_id": "document-marginal", "locked": false, "schema_version": 3, "solution": true, "task": false}
def log_marginal(s, log_py):
    """log p(y | x), when the document that was read is not known.

    s        (B, K) relevance of K documents, before the softmax
    log_py   (B, K) log p(y | z, x) for each of them
    returns  (B,); gradients flow to both
    """
    ### BEGIN SOLUTION
    return (s.log_softmax(-1) + log_py).logsumexp(-1)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "document-marginal-check", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false} tags=["check:document-marginal"]
check("document-marginal", log_marginal)

# %% [markdown] tags=["hints:document-marginal"]
# <details><summary>Hint 1 of 3</summary>
#
# The scores become probabilities by a softmax over the documents, the last axis.
#
# </details>
#
# <details><summary>Hint 2 of 3</summary>
#
# A product of probabilities is a sum of logarithms: `s.log_softmax(-1) + log_py` has log p(y, z | x).
#
# </details>
#
# <details><summary>Hint 3 of 3, nearly the solution</summary>
#
# Then sum over z, without leaving the logarithms: `torch.logsumexp`. The exponential of -150 is 0 in float32.
#
# </details>

# %% [markdown] tags=["exercise:document-reward"]
# ## Exercise 2 · What a document earns
#
# **3 points** · core · difficulty ●●●○○ (3 of 5) · about 12 minutes · define `document_reward(s, log_py)`

# %% [markdown]
# What does the loss $-\log p(y\mid x)$ teach the retriever? REALM's section 3.4 has the answer: the gradient of $\log p(y\mid x)$ with respect to the score $s_z$ is
#
# $$r(z)=\left[\frac{p(y\mid z,x)}{p(y\mid x)}-1\right]p(z\mid x).$$
#
# A document rises if the answer is likelier with it than *on average*, and falls if not. Compute $r(z)$, of long answers too. Your `log_marginal` may help.


# %% nbgrader={"grade": false, "grade_id": "document-reward", "locked": false, "schema_version": 3, "solution": true, "task": false}
def document_reward(s, log_py):
    """r(z): how much the score of each document gains when the answer becomes a little more likely.

    s        (B, K) relevance of K documents, before the softmax
    log_py   (B, K) log p(y | z, x) for each of them
    returns  (B, K)
    """
    ### BEGIN SOLUTION
    log_pz = s.log_softmax(-1)
    better = (log_py - (log_pz + log_py).logsumexp(-1, keepdim=True)).exp()
    return (better - 1) * log_pz.exp()
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "document-reward-check", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false} tags=["check:document-reward"]
check("document-reward", document_reward)

# %% [markdown] tags=["hints:document-reward"]
# <details><summary>Hint 1 of 3</summary>
#
# p(y | x) is what you computed in exercise 1, as a logarithm. A ratio of probabilities is the exponential of a difference of logarithms.
#
# </details>
#
# <details><summary>Hint 2 of 3</summary>
#
# `(log_py - log_marginal(s, log_py)[:, None]).exp()` is p(y | z, x) / p(y | x), of every document.
#
# </details>
#
# <details><summary>Hint 3 of 3, nearly the solution</summary>
#
# Subtract 1, and multiply by p(z | x), the softmax of the scores. The sum over the documents is 0.
#
# </details>

# %% [markdown]
# Does it reward the right passage? Follow the gradient for a while, and watch: nobody tells the retriever that the answer is in the passage on the currency.

# %%
s, rows = relevance.clone(), []
for step in range(61):
    if step % 20 == 0:
        best = s[0].argmax()
        rows.append([step, passages[best].topic, f"{s.softmax(-1).max():.2f}", f"{log_marginal(s, answers)[0]:.2f}"])
    s = s + document_reward(s, answers)
figures.table(rows, ["step", "most likely passage", "p(z | x)", "log p(y | x)"])

# %% [markdown] tags=["exercise:salient-mask"]
# ## Exercise 3 · Gaps that only a document can fill
#
# **3 points** · core · difficulty ●●○○○ (2 of 5) · about 12 minutes · define `salient_mask(tokens, tags, chosen, mask)`

# %% [markdown]
# REALM learns from plain text: it hides a piece, and predicts it. If the gap is "the" or "of", no document helps, and the retriever learns nothing. So the gaps are
# *salient spans*: names and dates, which a tagger has found.
#
# `tags` are 0 outside all spans, 1 on the first token of a span, and 2 on the rest of it. In text $b$, hide span number `chosen[b]`, counted from 0: the **whole** span,
# and nothing else. Return the text with `mask` in the gap, and the targets: the hidden tokens where the gap is, and $-100$ everywhere else, which PyTorch's cross-entropy ignores.


# %% nbgrader={"grade": false, "grade_id": "salient-mask", "locked": false, "schema_version": 3, "solution": true, "task": false}
def salient_mask(tokens, tags, chosen, mask):
    """Hide one salient span of each text.

    tokens   (B, L) integers
    tags     (B, L) integers: 0 outside, 1 where a span begins, 2 where it goes on
    chosen   (B,) integers: which span of each text, from 0. It has that many
    mask     an integer: the token that stands in a gap
    returns  hidden (B, L), targets (B, L)
    """
    ### BEGIN SOLUTION
    number = (tags == 1).cumsum(1) - 1
    gap = (number == chosen[:, None]) & (tags != 0)
    return tokens.masked_fill(gap, mask), tokens.masked_fill(~gap, -100)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "salient-mask-check", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false} tags=["check:salient-mask"]
check("salient-mask", salient_mask)

# %% [markdown] tags=["hints:salient-mask"]
# <details><summary>Hint 1 of 4</summary>
#
# Number the spans: a running sum over the tags that are 1 tells of each token how many spans have begun.
#
# </details>
#
# <details><summary>Hint 2 of 4</summary>
#
# `number = (tags == 1).cumsum(1) - 1`. A token is in the gap if its number is the chosen one, and if it is in a span at all: after a span's end the number stays, and the tag is 0.
#
# </details>
#
# <details><summary>Hint 3 of 4</summary>
#
# `gap = (number == chosen[:, None]) & (tags != 0)`
#
# </details>
#
# <details><summary>Hint 4 of 4, nearly the solution</summary>
#
# `tokens.masked_fill(gap, mask)` hides; `tokens.masked_fill(~gap, -100)` keeps only what is asked for.
#
# </details>

# %% [markdown] tags=["exercise:chunk-neighbours"]
# ## Exercise 4 · Neighbours with what comes after them, and no leak
#
# **4 points** · core · difficulty ●●●○○ (3 of 5) · about 18 minutes · define `neighbours(chunk, document, keys, q, own, k)`

# %% [markdown]
# RETRO cuts its database into chunks of $m$ tokens. What it looks up for a chunk is the nearest chunks *and what follows each of them*, since what is to be predicted is not the chunk
# but what comes next. Relevance is the product of a query with the chunks' keys.
#
# Two things must not happen. A continuation must not run into the next text: where a text ends, it is all zeros. And a text that is in the database must not find itself: the
# continuation would be what the model has to predict. So **no chunk of the query's own text** is a neighbour.


# %% nbgrader={"grade": false, "grade_id": "chunk-neighbours", "locked": false, "schema_version": 3, "solution": true, "task": false}
def neighbours(chunk, document, keys, q, own, k):
    """The k nearest chunks of other texts, each with what follows it.

    chunk     (N, m) integers, in the order of the texts, one text after the other
    document  (N,) integers: which text each chunk is from, 0, 0, 0, 1, 1, ...
    keys      (N, d) the chunks as vectors
    q         (Q, d) queries as vectors
    own       (Q,) integers: the text that each query is from; -1 if from none of them
    k         how many neighbours. There are enough
    returns   (Q, k, 2 m) integers, the nearest first: the m tokens of the chunk, then the m that follow, or zeros
    """
    ### BEGIN SOLUTION
    goes_on = document[1:] == document[:-1]
    after = torch.cat([chunk[1:] * goes_on[:, None], torch.zeros_like(chunk[:1])])
    s = (q @ keys.T).masked_fill(own[:, None] == document, -torch.inf)
    best = s.topk(k).indices
    return torch.cat([chunk[best], after[best]], -1)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "chunk-neighbours-check", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false} tags=["check:chunk-neighbours"]
check("chunk-neighbours", neighbours)

# %% [markdown] tags=["hints:chunk-neighbours"]
# <details><summary>Hint 1 of 4</summary>
#
# Three steps: what follows each chunk; which chunks are nearest; both put side by side.
#
# </details>
#
# <details><summary>Hint 2 of 4</summary>
#
# What follows chunk n is chunk n + 1, if that is from the same text, and zeros if it is not: shift `chunk` up by one row, and compare `document` with itself, shifted.
#
# </details>
#
# <details><summary>Hint 3 of 4</summary>
#
# Before you choose the nearest, give all chunks of the query's own text the relevance minus infinity: `s = (q @ keys.T).masked_fill(own[:, None] == document, -torch.inf)`.
#
# </details>
#
# <details><summary>Hint 4 of 4, nearly the solution</summary>
#
# `s.topk(k).indices` are (Q, k). Index both tensors with them, and join with `torch.cat(..., -1)`.
#
# </details>

# %% [markdown] tags=["exercise:chunked-cross-attention"]
# ## Exercise 5 · Reading the neighbours of the last complete chunk
#
# **5 points** · core · difficulty ●●●●○ (4 of 5) · about 25 minutes · define `chunked_cross_attention(q, k, v, m)`
#
# Return the dtype of the inputs; a gradient must flow through `q`, `k`, `v`.

# %% [markdown]
# Now the decoder reads what was found. The neighbours of chunk $u$ depend on **all** its tokens, so a token in the middle of the chunk must not see them: it would see its own future. The last
# token of chunk $u$ may, and so may those that follow, until the next chunk is complete. With tokens $t$ counted from 0,
#
# $$\text{token } t \text{ reads the neighbours of chunk } u(t)=\left\lfloor\frac{t+1}{m}\right\rfloor-1,\qquad o_t=\sum_n \operatorname{softmax}_n\!\left(\frac{q_t^\top k_{u(t)n}}{\sqrt d}\right)v_{u(t)n},$$
#
# and where $u(t)=-1$ there is nothing to read: $o_t=0$. The last chunk may be incomplete: $L$ need not be a multiple of $m$.


# %% nbgrader={"grade": false, "grade_id": "chunked-cross-attention", "locked": false, "schema_version": 3, "solution": true, "task": false}
def chunked_cross_attention(q, k, v, m):
    """Each token attends to the neighbours of the last chunk that is complete.

    q        (..., L, d) queries of L tokens
    k, v     (..., U, N, d) keys and values: N tokens of neighbours for each of the U = L // m complete chunks
    m        tokens in a chunk. L is m at least
    returns  (..., L, d); gradients flow to q, k and v
    """
    ### BEGIN SOLUTION
    L, U = q.shape[-2], k.shape[-3]
    missing = U * m - (L - m + 1)
    rows = F.pad(q[..., m - 1 :, :], (0, 0, 0, missing)).unflatten(-2, (U, m))  # (..., U, m, d)
    weights = (rows @ k.mT / q.shape[-1] ** 0.5).softmax(-1)
    out = (weights @ v).flatten(-3, -2)[..., : L - m + 1, :]
    return F.pad(out, (0, 0, m - 1, 0))
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "chunked-cross-attention-check", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false} tags=["check:chunked-cross-attention"]
check("chunked-cross-attention", chunked_cross_attention)

# %% [markdown] tags=["hints:chunked-cross-attention"]
# <details><summary>Hint 1 of 4</summary>
#
# Which chunk does token t read about? Chunk u ends at token u m + m - 1, and that token may already read.
#
# </details>
#
# <details><summary>Hint 2 of 4</summary>
#
# It is chunk (t + 1) // m - 1; for t < m - 1 there is none, and the output is 0. A loop over t that does that is a right answer.
#
# </details>
#
# <details><summary>Hint 3 of 4</summary>
#
# Without a loop: drop the first m - 1 queries. Those that read about chunk u are now the rows u m to u m + m - 1, and `F.pad(..., (0, 0, 0, missing))` fills the last of the U chunks.
#
# </details>
#
# <details><summary>Hint 4 of 4, nearly the solution</summary>
#
# `rows.unflatten(-2, (U, m))` is (..., U, m, d): one attention for each chunk, `softmax(q k^T / sqrt(d)) v`. Flatten, cut what was filled up, and put m - 1 rows of zeros in front.
#
# </details>

# %% [markdown]
# The test that matters: change what was found for one chunk, and see which outputs move.

# %%
g = runtime.seed(0)
L, m, d = 14, 4, 8
q, k, v = (torch.randn(shape, generator=g) for shape in ((L, d), (L // m, 6, d), (L // m, 6, d)))
before = chunked_cross_attention(q, k, v, m)
for u in range(L // m):
    other = v.clone()
    other[u] += 1
    moved = (chunked_cross_attention(q, k, other, m) - before).abs().sum(-1) > 1e-6
    print(
        f"neighbours of chunk {u} (tokens {u * m} to {u * m + m - 1}) move the outputs of tokens {moved.nonzero()[:, 0].tolist()}"
    )

# %% [markdown] tags=["exercise:retriever-loss"]
# ## Exercise 6 · What the reader would rather have read
#
# **3 points** · core · difficulty ●●●○○ (3 of 5) · about 12 minutes · define `retriever_loss(s, log_py, tau)`
#
# Return the dtype of the inputs; a gradient must flow through `s`.

# %% [markdown]
# RA-DIT trains a retriever for a language model that stays as it is. The model is asked how likely the right answer is after each of $K$ passages. That gives a distribution over
# passages, *as the language model would have it*; the retriever has one of its own; and the loss is the divergence of the two:
#
# $$p_R(c\mid x)=\operatorname{softmax}_c(s_c),\qquad p_{\text{LSR}}(c\mid x,y)=\operatorname{softmax}_c\!\left(\frac{p_{\text{LM}}(y\mid c,x)}{\tau}\right),\qquad
# \mathcal L=\mathrm{KL}\big(p_R\,\big\|\,p_{\text{LSR}}\big)=\sum_c p_R(c)\log\frac{p_R(c)}{p_{\text{LSR}}(c)}.$$
#
# Mind what stands in the softmax: probabilities, not their logarithms. With a small $\tau$ some $p_{\text{LSR}}$ is 0 in float32, and the loss must be finite all the same.


# %% nbgrader={"grade": false, "grade_id": "retriever-loss", "locked": false, "schema_version": 3, "solution": true, "task": false}
def retriever_loss(s, log_py, tau):
    """KL(p_R || p_LSR) for each question.

    s        (B, K) relevance of K passages, before the softmax
    log_py   (B, K) log p_LM(y | c, x)
    tau      the temperature, above 0
    returns  (B,); a gradient flows to s
    """
    ### BEGIN SOLUTION
    log_target = (log_py.exp() / tau).log_softmax(-1)
    log_pr = s.log_softmax(-1)
    return (log_pr.exp() * (log_pr - log_target)).sum(-1)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "retriever-loss-check", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false} tags=["check:retriever-loss"]
check("retriever-loss", retriever_loss)

# %% [markdown] tags=["hints:retriever-loss"]
# <details><summary>Hint 1 of 3</summary>
#
# Two distributions over the passages: the retriever's, softmax(s), and the reader's, a softmax of its probabilities of the answer, divided by tau.
#
# </details>
#
# <details><summary>Hint 2 of 3</summary>
#
# `log_py` are logarithms: `(log_py.exp() / tau).log_softmax(-1)` is log p_LSR.
#
# </details>
#
# <details><summary>Hint 3 of 3, nearly the solution</summary>
#
# KL(p_R || p_LSR) is the sum of p_R (log p_R - log p_LSR). Take both logarithms from `log_softmax`: the logarithm of a softmax that has been rounded to 0 is minus infinity.
#
# </details>

# %% [markdown] tags=["exercise:mixture-of-readers"]
# ## Exercise 7 · Several readers, one answer
#
# **3 points** · core · difficulty ●●○○○ (2 of 5) · about 10 minutes · define `mixture(s, logits)`
#
# Return the dtype of the inputs; a gradient must flow through `s`, `logits`.

# %% [markdown]
# When RA-DIT answers, it does not put all passages into one prompt. Each is read by a copy of the model, and at every place the copies' distributions over the next word are averaged:
#
# $$\log p(w\mid x)=\log\sum_{c}p_R(c\mid x)\,p_{\text{LM}}(w\mid c,x),\qquad p_R(c\mid x)=\operatorname{softmax}_c(s_c).$$
#
# Return these logarithms. Readers may be so sure that a probability is 0 in float32; its logarithm is a number all the same.


# %% nbgrader={"grade": false, "grade_id": "mixture-of-readers", "locked": false, "schema_version": 3, "solution": true, "task": false}
def mixture(s, logits):
    """The next word's distribution, by several readers at once.

    s        (K,) relevance of the passages, before the softmax
    logits   (K, L, V) of the reader of each passage, for the next word at L places
    returns  (L, V) log-probabilities; gradients flow to both
    """
    ### BEGIN SOLUTION
    return (s.log_softmax(0)[:, None, None] + logits.log_softmax(-1)).logsumexp(0)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "mixture-of-readers-check", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false} tags=["check:mixture-of-readers"]
check("mixture-of-readers", mixture)

# %% [markdown] tags=["hints:mixture-of-readers"]
# <details><summary>Hint 1 of 3</summary>
#
# Each reader has a distribution over the words: a softmax over the last axis. The weights of the readers are a softmax of s.
#
# </details>
#
# <details><summary>Hint 2 of 3</summary>
#
# The probabilities are averaged, not the logits: you want the logarithm of the sum of p_R(c) p(w | c).
#
# </details>
#
# <details><summary>Hint 3 of 3, nearly the solution</summary>
#
# A reader that is sure gives probabilities that are 0 in float32. Add the logarithms and use `logsumexp` over the readers, the first axis: `(s.log_softmax(0)[:, None, None] + logits.log_softmax(-1)).logsumexp(0)`.
#
# </details>

# %% [markdown] nbgrader={"grade": false, "grade_id": "open-task", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": true}
# ## Open task · A retriever that nobody teaches (6 points, 25 minutes)
#
# `llmcourse.retrieval_models.experiments` has this lab's pieces at full size: 2,458 passages as vectors, the copying reader, and a retriever of two linear maps that begins as a random projection.
# `learn(world, arm, seed, lr)` trains it in two seconds, and measures recall@1 on countries that it has not seen, for relations that it was trained on (`test`) and for new ones (`new`). `ARMS` lists who
# may tell it what is right: `"labels"`, `"latent"` (your exercises 1 and 2), `"LSR of p, tau 0.01"` (exercise 6), and more.
#
# 1. Train `"labels"` and `"latent"` with three seeds at least, at learning rates that you have tried for both alike. How much of what labels teach is learned without them?
# 2. Ask a question of your own about the others, and say *before* you run it what you expect. For example: does the direction of the divergence matter? How much is lost if only the questions' side may
#    learn? Which reader teaches well: what if it recalls rather than copies (`copying(..., odds=...)`)? What becomes of relations that were never trained on?
# 3. Look at questions of the test that the trained retriever still gets wrong, and say why. Which passage does it prefer, and does the reader like that passage as well?
#
# Work in the cell below and in as many of your own as you like, code and text, all below this one. They are marked by hand, with the outputs that you
# leave in the notebook: the grader does not run them.
#
# === BEGIN MARK SCHEME ===
#
# - 2 points: both arms with three seeds at least and the same search for a learning rate, chosen on `choose` and not on `test`; recall with its spread over seeds, and a sentence that agrees with it.
# - 2 points: a question with an expectation, a comparison that changes one thing, and a verdict that the numbers carry; "nothing to be seen" is a result.
# - 2 points: at least three wrong questions with the passage that was preferred, and an explanation that uses what the reader thinks of the two passages.
#
# === END MARK SCHEME ===

# %% tags=["open-task"]
from llmcourse.retrieval_models import experiments

full = experiments.world()
arms, rates, seeds = ("labels", "latent", "latent, one side"), (1e-3, 3e-3, 1e-2), (0, 1, 2)
steps = runtime.pick(full=experiments.STEPS, smoke=3)
table = []
for arm in arms:
    chosen = {lr: experiments.learn(full, arm, 100, lr, steps).after["choose"] for lr in rates}
    rate = max(chosen, key=chosen.get)
    runs = [experiments.learn(full, arm, seed, rate, steps) for seed in seeds]
    shown = [[run.before["test"], run.after["test"], run.after["new"]] for run in runs]
    table.append([arm, rate, *(", ".join(f"{x:.2f}" for x in column) for column in zip(*shown))])
figures.table(table, ["arm", "rate", "before", "after, trained relations", "after, new relations"])

# %% [markdown] tags=["open-task"]
# My expectation was that one side loses little, since a projection of the questions can be turned towards fixed passages. It loses about half of the gain. I think that in 16 dimensions, passages which the
# random projection has put in the same place stay there. Now the questions that stay wrong:

# %% tags=["open-task"]
trained = experiments.learn(full, "latent", 0, 3e-3, steps).retriever
texts, asked = experiments.edition()
with torch.no_grad():
    s = trained(full.test.q, full.x)
top, gold = s.argmax(1), full.test.gold
for i in (top != gold).nonzero()[:40:8, 0].tolist():
    liked = full.test.log_py[i, [top[i], gold[i]]].tolist()
    print(f"{texts[gold[i]].text[:50]:50} | {texts[top[i]].text[:50]:50} | reader: {liked[1]:.1f}, {liked[0]:.1f}")

# %% [markdown] tags=["open-task"]
# Each line has the gold passage, the preferred one, and the reader's log-probabilities of the answer with each. The preferred passage is on the same topic of a similar country, or on another topic of the same country. Where
# the reader likes both equally, the answer is in both, and no loss of this kind can tell them apart; where it prefers the gold one, the retriever has not learned enough.

# %% tags=["save"]
from llmcourse import work

work.save()
