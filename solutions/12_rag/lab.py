# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Lab 12 · Retrieval-augmented generation
#
# A language model of 135 million parameters knows few capitals and no heads of government. Six thousand paragraphs do. In this lab you
# build what stands between the two: a retriever that counts words, one that compares vectors, the step that joins them, a reranker that
# lets a language model ask "would this passage make one put that question?", and the measures that say whether any of it helps.
#
# - **You need**: [lecture 12](../../lectures/12_rag.ipynb), tensors with masks, logarithms.
# - **Time**: about an hour and a half: eight exercises, then an open task on documents of your own.
# - **How it works**: fill the cells that say `raise NotImplementedError()`. Run the check under each. It says what is
#   right, what is wrong, and often which mistake it is. Hints are folded under it, from a nudge to nearly everything.
#
# The corpus under the exercises is real: short facts about 234 countries from the World Factbook, and questions with the passage that answers each.

# %% [markdown] tags=["badge"]
# about 90 minutes · builds on 11 Does a long context work?

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
import math

import torch
from llmcourse import data, figures, runtime
from llmcourse.checks import check

torch.set_num_threads(1)
TOPICS = ("Capital", "National holiday", "Highest point", "Currency", "Head of government")
passages = [p for p in data.countries() if p.topic in TOPICS]
number = {passage.key: i for i, passage in enumerate(passages)}
questions = [q for q in data.country_questions() if q.relation in TOPICS and q.split == "dev"]
words = lambda text: [word.strip(".,;:?!()\"'").lower() for word in text.split()]
print(f"{len(passages)} passages, {len(questions)} questions; {runtime.describe()}")

# %% [markdown] tags=["exercise:bm25-scores"]
# ## Exercise 1 · From counting to BM25
#
# **3 points** · core · difficulty ●●○○○ (2 of 5) · about 10 minutes · define `bm25_scores(f, n, length, k1, b)`

# %% [markdown]
# Which passage speaks of what was asked for? Count the words that both have, and weigh three things: a word that is in few passages
# tells more; the tenth time it comes tells little; and in a long passage it may have come by chance.
#
# $$\text{score}(d)=\sum_{w}\ \log\Big(1+\frac{N-n_w+0.5}{n_w+0.5}\Big)\cdot\frac{f_{dw}}{f_{dw}+K_d},\qquad
# K_d=k_1\Big(1-b+b\,\frac{|d|}{\text{mean length}}\Big)$$
#
# `f[d, w]` says how often the question's word $w$ comes in document $d$, and `n[w]` in how many documents it is. This is the form that
# Lucene computes: some books have a factor $k_1+1$ above, which changes no order.


# %% nbgrader={"grade": false, "grade_id": "bm25-scores", "locked": false, "schema_version": 3, "solution": true, "task": false}
def bm25_scores(f, n, length, k1, b):
    """BM25 of every document for one question.

    f        (N, W) counts of the question's W words in N documents
    n        (W,) in how many documents each word is
    length   (N,) words of each document
    k1, b    numbers
    returns  (N,) scores
    """
    ### BEGIN SOLUTION
    K = k1 * (1 - b + b * length / length.mean())  # (N,)
    idf = torch.log(1 + (len(f) - n + 0.5) / (n + 0.5))  # (W,)
    return (idf * f / (f + K[:, None])).sum(1)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "bm25-scores-check", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false} tags=["check:bm25-scores"]
check("bm25-scores", bm25_scores)

# %% [markdown] tags=["hints:bm25-scores"]
# <details><summary>Hint 1 of 3</summary>
#
# Three factors: how rare the word is, how often it comes, and how long the document is. The last two meet in one fraction.
#
# </details>
#
# <details><summary>Hint 2 of 3</summary>
#
# K = k1 * (1 - b + b * length / length.mean()) is a number for each document: (N,), so `K[:, None]` beside f (N, W).
#
# </details>
#
# <details><summary>Hint 3 of 3, nearly the solution</summary>
#
# idf = log(1 + (N - n + 0.5) / (n + 0.5)) with N = len(f). Sum idf * f / (f + K) over the words.
#
# </details>
# %% [markdown]
# **See it work.** The best three passages for a question, by your scores.

# %%
texts = [words(p.text) for p in passages]
length = torch.tensor([float(len(t)) for t in texts])


def lexical(question):
    """BM25 scores of all passages, (N,)."""
    asked = [w for w in dict.fromkeys(words(question)) if any(w in t for t in texts)]
    f = torch.tensor([[float(t.count(w)) for w in asked] for t in texts])
    return bm25_scores(f, (f > 0).sum(0).float(), length, 1.5, 0.75)


asked = questions[7]
print(asked.text)
for i in lexical(asked.text).topk(3).indices.tolist():
    print(f"  {lexical(asked.text)[i]:5.2f}  {passages[i].text}")

# %% [markdown] tags=["exercise:nearest-blocks"]
# ## Exercise 2 · The nearest vectors, block by block
#
# **4 points** · core · difficulty ●●●○○ (3 of 5) · about 12 minutes · define `nearest(q, x, k, block)`

# %% [markdown]
# Now the passages are vectors, and near means: a high cosine. Return the `k` nearest passages of every query: cosines, falling, and the
# numbers of the passages. With a million passages and a thousand queries all products at once would take 4 GB, so never hold
# more than one block of `block` passages against all queries: `(Q, block)`.


# %% nbgrader={"grade": false, "grade_id": "nearest-blocks", "locked": false, "schema_version": 3, "solution": true, "task": false}
def nearest(q, x, k, block):
    """The k nearest passages of each query, by cosine, block by block.

    q        (Q, d) queries, of any length (not normalised)
    x        (N, d) passages, of any length
    k        how many, at most N
    block    passages looked at together
    returns  cosines (Q, k), falling, and numbers of passages (Q, k), integers
    """
    ### BEGIN SOLUTION
    q, x = torch.nn.functional.normalize(q, dim=-1), torch.nn.functional.normalize(x, dim=-1)
    scores = q.new_empty(len(q), 0)
    numbers = torch.empty(len(q), 0, dtype=torch.long)
    for start in range(0, len(x), block):
        new = (q @ x[start : start + block].mT).topk(min(k, len(x[start : start + block])))  # (Q, at most k)
        scores, numbers = torch.cat([scores, new.values], 1), torch.cat([numbers, new.indices + start], 1)
        best = scores.topk(min(k, scores.shape[1]))
        scores, numbers = best.values, numbers.gather(1, best.indices)
    return scores, numbers
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "nearest-blocks-check", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false} tags=["check:nearest-blocks"]
check("nearest-blocks", nearest)

# %% [markdown] tags=["hints:nearest-blocks"]
# <details><summary>Hint 1 of 4</summary>
#
# A cosine is a product of vectors of length 1: `torch.nn.functional.normalize` both sides first.
#
# </details>
#
# <details><summary>Hint 2 of 4</summary>
#
# For each block: products (Q, block), `topk` of at most k, and its numbers plus where the block begins.
#
# </details>
#
# <details><summary>Hint 3 of 4</summary>
#
# Join the best so far with the best of the block (`torch.cat`, axis 1), and take topk of both; carry the numbers along with `gather`.
#
# </details>
#
# <details><summary>Hint 4 of 4, nearly the solution</summary>
#
# Begin with empty tensors (Q, 0), not with zeros: zero is better than every negative cosine.
#
# </details>
# %% [markdown]
# **See it work.** Vectors that everybody can make: counts of the commonest 800 words, rare words weighted up. The lecture's come from a network.

# %%
from collections import Counter

common = [w for w, _ in Counter(w for t in texts for w in set(t)).most_common(800)]
place = {w: i for i, w in enumerate(common)}


def vectors(listed):
    x = torch.zeros(len(listed), len(common))
    for row, text in enumerate(listed):
        for w in text:
            if w in place:
                x[row, place[w]] += 1
    return x


rare = torch.log(len(texts) / (vectors(texts) > 0).sum(0).clamp(min=1))
x, q = vectors(texts) * rare, vectors([words(asked.text)]) * rare
cosines, found = nearest(q, x, 3, 256)
print(asked.text)
for c, i in zip(cosines[0], found[0].tolist()):
    print(f"  {c:5.2f}  {passages[i].text}")

# %% [markdown] tags=["exercise:rank-fusion"]
# ## Exercise 3 · Two rankings become one
#
# **2 points** · core · difficulty ●●○○○ (2 of 5) · about 7 minutes · define `fuse(rankings, size, k)`

# %% [markdown]
# Two retrievers, two rankings, and scores that have nothing in common: BM25 says 11.3, a cosine says 0.6. Their *places* can be
# compared. Reciprocal rank fusion gives a document at place $p$ (from 1) the score $1/(k+p)$ from each ranking that has found it,
# and adds. `rankings` holds numbers of documents, best first; where a ranking has ended, -1. A document that nobody found has 0.


# %% nbgrader={"grade": false, "grade_id": "rank-fusion", "locked": false, "schema_version": 3, "solution": true, "task": false}
def fuse(rankings, size, k):
    """Reciprocal rank fusion.

    rankings  (R, m) integers: numbers of documents, best first; -1 where a ranking has ended
    size      number of all documents
    k         a number, 60 in the paper
    returns   (size,) the score of every document
    """
    ### BEGIN SOLUTION
    given = (1 / (k + 1 + torch.arange(rankings.shape[1]))).expand(rankings.shape)  # (R, m)
    kept = rankings >= 0
    return torch.zeros(size).index_add(0, rankings[kept], given[kept])
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "rank-fusion-check", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false} tags=["check:rank-fusion"]
check("rank-fusion", fuse)

# %% [markdown] tags=["hints:rank-fusion"]
# <details><summary>Hint 1 of 3</summary>
#
# A document at place p, counted from 1, gets 1 / (k + p) from that ranking; the scores add up.
#
# </details>
#
# <details><summary>Hint 2 of 3</summary>
#
# `torch.zeros(size).index_add(0, numbers, scores)` adds into the places of documents; `scatter_add` as well.
#
# </details>
#
# <details><summary>Hint 3 of 3, nearly the solution</summary>
#
# -1 marks the end of a ranking, and is no document: to Python's indexing it would be the last one. Take those places out with a mask.
#
# </details>
# %% [markdown]
# **See it work.** The first twenty of both, fused.

# %%
both = torch.stack([lexical(asked.text).topk(20).indices, nearest(q, x, 20, 256)[1][0]])
for i in fuse(both, len(passages), 60).topk(3).indices.tolist():
    print(f"  {passages[i].text}")

# %% [markdown] tags=["exercise:query-likelihood"]
# ## Exercise 4 · Would this passage make one ask that?
#
# **3 points** · stretch · difficulty ●●●○○ (3 of 5) · about 10 minutes · define `query_likelihood(logits, tokens, asked)`

# %% [markdown]
# The reranker reads a few passages closely: it puts each before the question, and asks a language model how likely the *question* is. A
# passage about Peru's capital makes "What is the capital of Peru?" likely.
#
# You get the logits of the model for `B` texts (passage, then question) and a mask of the tokens that belong to the question. Return the mean
# log-probability of the question's tokens. As in every language model, the logits at place $t$ speak about the token at place $t+1$.


# %% nbgrader={"grade": false, "grade_id": "query-likelihood", "locked": false, "schema_version": 3, "solution": true, "task": false}
def query_likelihood(logits, tokens, asked):
    """log p(question | passage) per token of the question.

    logits   (B, L, V) of the model at every place
    tokens   (B, L) integers
    asked    (B, L) 1 where the token belongs to the question, else 0; never at the first place
    returns  (B,)
    """
    ### BEGIN SOLUTION
    log_p = logits[:, :-1].log_softmax(-1).gather(-1, tokens[:, 1:, None]).squeeze(-1)  # (B, L - 1)
    return (log_p * asked[:, 1:]).sum(1) / asked[:, 1:].sum(1)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "query-likelihood-check", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false} tags=["check:query-likelihood"]
check("query-likelihood", query_likelihood)

# %% [markdown] tags=["hints:query-likelihood"]
# <details><summary>Hint 1 of 3</summary>
#
# The logits at place t are about the token at place t + 1: shift one against the other.
#
# </details>
#
# <details><summary>Hint 2 of 3</summary>
#
# `log_softmax` over the vocabulary, then `gather` at the tokens that really came.
#
# </details>
#
# <details><summary>Hint 3 of 3, nearly the solution</summary>
#
# Sum where the *predicted* token belongs to the question (asked[:, 1:]), and divide by how many those are.
#
# </details>
# %% [markdown]
# **See it work.** The first models of query likelihood (Ponte and Croft 1998) were no networks: a passage's own counts, smoothed by the whole
# corpus, are a language model in which every place has the same logits.

# %%
vocabulary = {w: i for i, w in enumerate(sorted({w for t in texts for w in t} | set(words(asked.text))))}
everywhere = torch.zeros(len(vocabulary)).index_add(
    0, torch.tensor([vocabulary[w] for t in texts for w in t]), torch.ones(sum(map(len, texts)))
)
everywhere = (everywhere + 0.1) / (everywhere + 0.1).sum()
wanted = [vocabulary[w] for w in words(asked.text)]
pool = fuse(both, len(passages), 60).topk(8).indices.tolist()
logits = []
for i in pool:
    own = torch.zeros(len(vocabulary)).index_add(
        0, torch.tensor([vocabulary[w] for w in texts[i]]), torch.ones(len(texts[i]))
    )
    logits.append((0.7 * own / own.sum() + 0.3 * everywhere).log().expand(len(wanted) + 1, -1))
tokens = torch.tensor([[0, *wanted]] * len(pool))
scores = query_likelihood(torch.stack(logits), tokens, torch.tensor([[0.0] + [1.0] * len(wanted)] * len(pool)))
for s, i in sorted(zip(scores.tolist(), pool), reverse=True)[:3]:
    print(f"  {s:6.2f}  {passages[i].text}")

# %% [markdown] tags=["exercise:ndcg"]
# ## Exercise 5 · How good is a ranking?
#
# **3 points** · core · difficulty ●●○○○ (2 of 5) · about 8 minutes · define `ndcg(gains, k)`

# %% [markdown]
# Was that better? A measure has to say so. Recall asks whether the right passage is among the first $k$; nDCG also asks *where*, and
# knows passages that are half useful. `gains` says how useful each passage is, in the order in which they were found; all passages are in it.
#
# $$\text{DCG@}k=\sum_{p=1}^{k}\frac{\text{gain}_p}{\log_2(1+p)},\qquad \text{nDCG@}k=\frac{\text{DCG@}k}{\text{DCG@}k\text{ of the best possible order}}$$
#
# Where a row has no gain at all, return 0.


# %% nbgrader={"grade": false, "grade_id": "ndcg", "locked": false, "schema_version": 3, "solution": true, "task": false}
def ndcg(gains, k):
    """Normalised discounted cumulative gain of the first k places.

    gains    (B, N) the gain of every passage, in the order found
    k        places that count, at most N
    returns  (B,) between 0 and 1
    """
    ### BEGIN SOLUTION
    places = torch.log2(torch.arange(2, gains.shape[1] + 2).to(gains.dtype))  # (N,)
    found = (gains / places)[:, :k].sum(1)
    best = (gains.sort(1, descending=True).values / places)[:, :k].sum(1)
    return torch.where(best > 0, found / best.clamp(min=1e-30), torch.zeros_like(found))
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "ndcg-check", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false} tags=["check:ndcg"]
check("ndcg", ndcg)

# %% [markdown] tags=["hints:ndcg"]
# <details><summary>Hint 1 of 3</summary>
#
# DCG@k is the sum over the first k places of gain / log2(1 + place), places from 1.
#
# </details>
#
# <details><summary>Hint 2 of 3</summary>
#
# The best possible order is that of falling gains, of *all* passages, not only of the first k found.
#
# </details>
#
# <details><summary>Hint 3 of 3, nearly the solution</summary>
#
# Where a row has no gain at all, 0 / 0 is not a number: the nDCG is 0 there.
#
# </details>
# %% [markdown]
# **See it work.** Fifty questions: counting, vectors, and both fused.

# %%
some = questions[:: max(1, len(questions) // runtime.pick(full=50, smoke=4))]


def gains(order, question):
    row = torch.zeros(len(passages))
    row[number[question.gold[0]]] = 1.0
    return row[order]


found = {"BM25": [], "vectors": [], "fused": []}
for question in some:
    a = lexical(question.text).argsort(descending=True)
    b = nearest(vectors([words(question.text)]) * rare, x, len(passages), 256)[1][0]
    c = fuse(torch.stack([a[:20], b[:20]]), len(passages), 60).argsort(descending=True)
    for name, order in zip(found, (a, b, c)):
        found[name].append(gains(order, question))
for name, rows in found.items():
    print(f"{name:8} nDCG@10 {ndcg(torch.stack(rows), 10).mean():.2f}")

# %% [markdown] tags=["exercise:pack-budget"]
# ## Exercise 6 · As much as fits
#
# **2 points** · core · difficulty ●○○○○ (1 of 5) · about 6 minutes · define `pack(lengths, budget)`

# %% [markdown]
# A context has room for so many tokens. Go through the passages in the order of the ranking, take each that fits into what is left, and
# pass over each that does not: a shorter one further down may still go in. Nothing is cut, since half a sentence may say the contrary of the whole.


# %% nbgrader={"grade": false, "grade_id": "pack-budget", "locked": false, "schema_version": 3, "solution": true, "task": false}
def pack(lengths, budget):
    """Which passages go into the prompt.

    lengths  (N,) integers: tokens of each passage, best passage first
    budget   tokens in all
    returns  (N,) 1 (or True) where the passage is taken, else 0
    """
    ### BEGIN SOLUTION
    taken, left = [], budget
    for length in lengths.tolist():
        taken.append(length <= left)
        left -= length if taken[-1] else 0
    return torch.tensor(taken)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "pack-budget-check", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false} tags=["check:pack-budget"]
check("pack-budget", pack)

# %% [markdown] tags=["hints:pack-budget"]
# <details><summary>Hint 1 of 3</summary>
#
# Go through the passages in their order and remember how much is left.
#
# </details>
#
# <details><summary>Hint 2 of 3</summary>
#
# One that does not fit is passed over; a shorter one after it may still go in.
#
# </details>
#
# <details><summary>Hint 3 of 3, nearly the solution</summary>
#
# `taken.append(length <= left)`, and subtract where it is taken.
#
# </details>
# %% [markdown]
# **See it work.**

# %%
sizes = torch.tensor([len(texts[i]) for i in pool])
print(sizes.tolist(), "->", pack(sizes, 40).int().tolist())

# %% [markdown] tags=["exercise:gold-places"]
# ## Exercise 7 · The answer at every place
#
# **2 points** · core · difficulty ●●○○○ (2 of 5) · about 5 minutes · define `gold_places(n, gold)`

# %% [markdown]
# Does it matter *where* in the prompt the right passage stands? Liu et al. put it at every place in turn and leave everything else alone. Of
# `n` passages the one with the number `gold` answers. Return `n` orders of reading: in row $p$ the gold passage stands at place $p$ (from 0),
# and the others keep their order around it.


# %% nbgrader={"grade": false, "grade_id": "gold-places", "locked": false, "schema_version": 3, "solution": true, "task": false}
def gold_places(n, gold):
    """Orders of reading with the gold passage at each place.

    n        number of passages
    gold     the number of the one that answers
    returns  a tensor (n, n) of integers: row p is an order of 0 ... n - 1
    """
    ### BEGIN SOLUTION
    others = [i for i in range(n) if i != gold]
    return torch.tensor([[*others[:p], gold, *others[p:]] for p in range(n)])
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "gold-places-check", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false} tags=["check:gold-places"]
check("gold-places", gold_places)

# %% [markdown] tags=["hints:gold-places"]
# <details><summary>Hint 1 of 2</summary>
#
# Take the gold passage out first: `others = [i for i in range(n) if i != gold]`.
#
# </details>
#
# <details><summary>Hint 2 of 2, nearly the solution</summary>
#
# For the place p, put it back in between: others[:p], gold, others[p:].
#
# </details>
# %% [markdown]
# **See it work.** The lecture's long run asked SmolLM2 forty questions with the gold passage at each of ten places. Nats per token of the right answer:

# %%
from llmcourse import records

print(gold_places(4, 2).tolist())
if runtime.tier() != "smoke":  # where labs are graded, records are not at hand, and nobody looks at figures
    measured = torch.tensor(records.load("12_position")["documents"]["log_prob"]).mean(0)
    with figures.figure(
        alt=f"Mean log-probability of the right answer by place of the gold passage: {', '.join(f'{v:.2f}' for v in measured)}."
    ) as ax:
        ax.plot(range(1, len(measured) + 1), measured, marker="o", color=figures.COLOURS[0])
        ax.set(
            title="Near to the question is better",
            xlabel="place of the gold passage",
            ylabel="log p of the answer, nats a token",
        )

# %% [markdown] tags=["exercise:ralm-perplexity"]
# ## Exercise 8 · Perplexity with a passage in front
#
# **3 points** · stretch · difficulty ●●○○○ (2 of 5) · about 7 minutes · define `ralm_perplexity(log_p, chosen, stride)`

# %% [markdown]
# In-context RALM writes on with what was found in front, and looks again every `stride` tokens. Suppose that the log-probability of each token
# of a text is known with each of `P` passages in front, and which passage the retriever chose for each stride. What is the perplexity of the text?
#
# $$\text{perplexity}=\exp\Big(-\frac1L\sum_{t=0}^{L-1}\log p\big(x_t\,\big|\,\text{passage of the stride of }t,\ x_{<t}\big)\Big)$$
#
# Token $t$ lies in the stride $\lfloor t/s\rfloor$. The last stride may be shorter.


# %% nbgrader={"grade": false, "grade_id": "ralm-perplexity", "locked": false, "schema_version": 3, "solution": true, "task": false}
def ralm_perplexity(log_p, chosen, stride):
    """Perplexity of a text when every stride has read a passage of its own.

    log_p    (P, L) log-probability of each token, in nats, with each passage in front
    chosen   (S,) integers: the passage of each stride, S = L / stride rounded up
    stride   tokens of a stride
    returns  a number: a tensor without dimensions, or a float
    """
    ### BEGIN SOLUTION
    t = torch.arange(log_p.shape[1])
    return (-log_p[chosen[t // stride], t].mean()).exp()
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "ralm-perplexity-check", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false} tags=["check:ralm-perplexity"]
check("ralm-perplexity", ralm_perplexity)

# %% [markdown] tags=["hints:ralm-perplexity"]
# <details><summary>Hint 1 of 3</summary>
#
# Token t lies in stride t // stride; that stride has read the passage chosen[t // stride].
#
# </details>
#
# <details><summary>Hint 2 of 3</summary>
#
# Pick for every token its passage's row: `log_p[chosen[t // stride], t]` with `t = torch.arange(L)`.
#
# </details>
#
# <details><summary>Hint 3 of 3, nearly the solution</summary>
#
# Perplexity is e to the power of minus the mean log-probability of a token.
#
# </details>
# %% [markdown]
# **See it work.** Three passages, one of which tells the text: how much does it cost to look seldom?

# %%
torch.manual_seed(0)
t = torch.arange(48)
log_p = torch.full((3, 48), -3.0)
log_p[t // 16, t] = -1.0  # each passage tells a third of the text
for stride in (1, 8, 16, 24, 48):
    chosen = torch.tensor([s * stride // 16 for s in range(math.ceil(48 / stride))])
    print(f"stride {stride:2}: perplexity {ralm_perplexity(log_p, chosen, stride):.1f}")

# %% [markdown] nbgrader={"grade": false, "grade_id": "open-task", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": true}
# ## Open task · Your own documents (6 points, 25 minutes)
#
# Take documents that you know better than any model: notes, a manual, minutes, a thesis; at least 3,000 words. Or take `data.manual()`, what torch says of
# its layers, and say so.
#
# 1. Cut them into passages (`llmcourse.retrieval.chunks`) and say which size and overlap you chose, and why.
# 2. Write 15 questions with the passage that answers each, *before* you look at what is found. At least three whose words do not stand in the passage.
# 3. Compare two retrievers by recall@1 and recall@5, with intervals, and show a question that each of them gets wrong.
# 4. Let the language model answer (`models.load()`, `llmcourse.retrieval.reader`) closed book, with the first passage found, and with the gold one. Where do errors
#    come from: from finding or from reading? In three sentences: what would you change first?
#
# Work in the cell below and in as many of your own as you like, code and text, all below this one. They are marked by hand, with the outputs that you
# leave in the notebook: the grader does not run them.
#
# === BEGIN MARK SCHEME ===
#
# - 1 point: passages with size and overlap, and a reason that has to do with the documents.
# - 1 point: 15 questions with gold passages, three without shared words.
# - 2 points: both recalls for both retrievers with intervals, and an example of failure for each, explained.
# - 1 point: the three conditions of reading on the same questions.
# - 1 point: errors are told apart into finding and reading, and the proposal follows from the numbers.
#
# === END MARK SCHEME ===

# %% tags=["open-task"]
from llmcourse.retrieval import evaluate, experiments

corpus = experiments.manual("dev")  # the solution takes the manual, and questions that somebody else has written
ranked = corpus.bm25.search([experiments.words(q.text) for q in corpus.questions], 5)[1].tolist()
for k in (1, 5):
    hits = [evaluate.recall(row, corpus.gold(q), k) for row, q in zip(ranked, corpus.questions)]
    print(f"BM25 recall@{k}: {evaluate.told(hits)}")

# %% tags=["save"]
from llmcourse import work

work.save()
