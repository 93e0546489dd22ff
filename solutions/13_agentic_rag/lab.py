# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---


# %% [markdown]
# # Lab 13 · Retrieval that decides for itself
#
# A search, a prompt, an answer: that is all of lab 12. It searches for the words of the question even if the answer has other words, it believes
# whatever it has found, and it looks things up that everybody knows. In this lab you build the decisions: what to ask next, which passage to
# believe, whether a search is worth its price, how to see a whole collection at once, and which of several drafts to trust.
#
# - **You need**: [lecture 13](../../lectures/13_agentic_rag.ipynb), probabilities and their logarithms, matrices in batches.
# - **Time**: about two hours: eight exercises, then an open task: a system of your own, on questions of your own.
# - **How it works**: fill the cells that say `raise NotImplementedError()`. Run the check under each. It says what is
#   right, what is wrong, and often which mistake it is. Hints are folded under it, from a nudge to nearly everything.
#
# The models are stand-ins here, so that everything runs in seconds: a retriever that counts words, and a reader that goes by rules. The passages are real.

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
import math
import re

import torch
from llmcourse import data, runtime
from llmcourse.checks import check

torch.set_num_threads(1)
TOPICS = ("Capital", "Highest point", "Currency", "National holiday", "Government type")
passages = [p for p in data.countries() if p.topic in TOPICS]
STOP_WORDS = "a an and are by country does for has have in is it known not of on the to was what when which who whose"
STOP = set(STOP_WORDS.split())
words = lambda text: [w for w in re.findall(r"[\w']+", text.lower()) if w not in STOP]
seen = [set(words(p.text)) for p in passages]
rare = {w: math.log(len(seen) / sum(w in s for s in seen)) for w in set().union(*seen)}


def found(query, k=4):
    """Numbers of the k passages that share the rarest words with a query: a retriever of three lines."""
    asked = set(words(query))
    scores = torch.tensor([sum(rare[w] for w in asked & s) / (20 + len(s)) for s in seen])
    return [i for i in scores.topk(k).indices.tolist() if scores[i] > 0]


print(f"{len(passages)} passages; {runtime.describe()}")

# %% [markdown] tags=["exercise:second-query"]
# ## Exercise 1 · The next query
#
# **3 points** · core · difficulty ●●○○○ (2 of 5) · about 12 minutes · define `iterate(question, search, read, rounds)`

# %% [markdown]
# "The arena where the Lewiston Maineiacs played their home games can seat how many people?" No passage with the number shares the team's name: the
# first search can't find it. Shao et al. (2023) search again, with what the model wrote in between. Its first draft may be wrong in the number, and
# still name the arena.
#
# Write the loop. The first query is the question. From then on it is the last draft, a space, and the question. Every round reads, for the *question*, the
# passages of this round alone. Stop early in two cases: when a query was asked before, since nothing can change from there on, and when a search finds nothing.
# Return what was written last, or `""` if nothing was.


# %% nbgrader={"grade": false, "grade_id": "second-query", "locked": false, "schema_version": 3, "solution": true, "task": false}
def iterate(question, search, read, rounds):
    """Search and read in turn, as Shao et al. (2023) do.

    question  a text
    search    a function: search(query) is a list of passages, best first
    read      a function: read(question, passages) is a text, the draft
    rounds    how many searches at most, 1 or more
    returns   the last draft
    """
    ### BEGIN SOLUTION
    draft, asked = "", []
    for _ in range(rounds):
        query = f"{draft} {question}" if draft else question
        if query in asked:
            break
        asked.append(query)
        passages = search(query)
        if not passages:
            break
        draft = read(question, passages)
    return draft
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "second-query-check", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false} tags=["check:second-query"]
check("second-query", iterate)

# %% [markdown] tags=["hints:second-query"]
# <details><summary>Hint 1 of 4</summary>
#
# A round is: a query, a search, a reading. The first query is the question alone.
#
# </details>
#
# <details><summary>Hint 2 of 4</summary>
#
# From the second round on, the query is the last draft, a space, and the question. The reader is always given the question itself, and the passages of this round only.
#
# </details>
#
# <details><summary>Hint 3 of 4</summary>
#
# Before a search, look whether the query was asked before: then stop. After it, look whether anything was found.
#
# </details>
#
# <details><summary>Hint 4 of 4, nearly the solution</summary>
#
# `query = f'{draft} {question}' if draft else question`, and a list or set of the queries so far.
#
# </details>

# %% [markdown]
# **See it work.** Two hops through the Factbook: a country is known by its highest point, and asked for its currency. The reader goes by rules: it finds
# out which country is meant, and looks for the passage about it. How often is the right passage among those that the last round has read?

# %%
value = lambda text: re.split(r" \d|;|,|\(", text.partition(": ")[2])[0].strip()
by_key = {(p.title, p.topic): p for p in passages}


def reader(question, texts):
    """Which country? The one with a passage whose value is in the question. And what is asked of it?"""
    country = next((t.split(". ")[0] for t in texts if value(t) and value(t) in question), "")
    answers = [value(t) for t in texts if country and t.startswith(f"{country}. Currency")]
    return f"It is {country}. {' '.join(answers)}".strip() if country else "It is not known."


countries = [p.title for p in passages if p.topic == "Highest point" and (p.title, "Currency") in by_key]
countries = countries[:: runtime.pick(full=4, smoke=60)]
lookups = [
    (f"What is the currency of the country whose highest point is {value(by_key[c, 'Highest point'].text)}?",
     by_key[c, "Currency"].text)
    for c in countries
]  # fmt: skip


def last_read(question, rounds):
    """The passages that the last round has read."""
    each = []

    def search(query):
        each.append([passages[i].text for i in found(query)])
        return each[-1]

    iterate(question, search, reader, rounds)
    return each[-1]


for rounds in (1, 2, 3):
    right = sum(gold in last_read(question, rounds) for question, gold in lookups)
    print(f"{rounds} round(s): the passage was read in the last one for {right} of {len(lookups)} questions")

# %% [markdown] tags=["exercise:segment-score"]
# ## Exercise 2 · From reflection tokens to a score
#
# **3 points** · core · difficulty ●●●○○ (3 of 5) · about 12 minutes · define `segment_score(log_p, mask, relevance, support, utility, weights)`

# %% [markdown]
# Self-RAG's model judges as it writes: after a passage it writes *relevant* or *irrelevant*, after a sentence how well the passage supports it, and at the end how
# useful the answer is. What you get are log-probabilities of these tokens. One number has to come out of them, by which the beam keeps the best sentence:
#
# $$f = \exp\Big(\tfrac1{|y|}\sum_t \log p(y_t)\Big) + w_1\,s_\text{rel} + w_2\,s_\text{sup} + w_3\,s_\text{use}$$
#
# In each group probabilities are normalised *within the group*. $s_\text{rel}$ is the share of "relevant"; $s_\text{sup}$ is the share of "fully" and half of that of
# "partially"; $s_\text{use}$ is the mean of the values $-1,-\tfrac12,0,\tfrac12,1$ of utility 1 to 5.


# %% nbgrader={"grade": false, "grade_id": "segment-score", "locked": false, "schema_version": 3, "solution": true, "task": false}
def segment_score(log_p, mask, relevance, support, utility, weights):
    """Scores of B segments.

    log_p      (B, T) log-probabilities of a segment's tokens
    mask       (B, T) 1.0 where there is a token, 0.0 on padding
    relevance  (B, 2) log-probabilities of (relevant, irrelevant)
    support    (B, 3) of (fully, partially, no)
    utility    (B, 5) of utility 1, 2, 3, 4, 5
    weights    (3,) of relevance, support, utility
    returns    (B,)
    """
    ### BEGIN SOLUTION
    likelihood = ((log_p * mask).sum(1) / mask.sum(1)).exp()  # (B,)
    s_rel = relevance.softmax(1)[:, 0]
    s_sup = support.softmax(1) @ torch.tensor([1.0, 0.5, 0.0])
    s_use = utility.softmax(1) @ torch.tensor([-1.0, -0.5, 0.0, 0.5, 1.0])
    return likelihood + torch.stack([s_rel, s_sup, s_use], 1) @ weights
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "segment-score-check", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false} tags=["check:segment-score"]
check("segment-score", segment_score)

# %% [markdown] tags=["hints:segment-score"]
# <details><summary>Hint 1 of 4</summary>
#
# Four numbers for each segment: how likely it was, and a score from each group of tokens; then a weighted sum.
#
# </details>
#
# <details><summary>Hint 2 of 4</summary>
#
# In each group the probabilities are divided by their sum *within the group*: the rest of the vocabulary does not count. `log_softmax` or `softmax` of log-probabilities over the group does just that.
#
# </details>
#
# <details><summary>Hint 3 of 4</summary>
#
# Support: p(fully) + 0.5 p(partially). Utility: the mean of -1, -0.5, 0, 0.5, 1 under its five probabilities.
#
# </details>
#
# <details><summary>Hint 4 of 4, nearly the solution</summary>
#
# Likelihood: `((log_p * mask).sum(1) / mask.sum(1)).exp()`: padding is no token.
#
# </details>

# %% [markdown]
# **See it work.** A fluent sentence that nothing supports, and a clumsy one that the passage says. Who wins depends on the weight of support.

# %%
log_p = torch.tensor([[0.9, 0.8, 0.9], [0.5, 0.4, 0.5]]).log()
judged = {
    "relevance": torch.tensor([[0.6, 0.4], [0.6, 0.4]]).log(),
    "support": torch.tensor([[0.1, 0.3, 0.6], [0.7, 0.2, 0.1]]).log(),
    "utility": torch.tensor([[0.1, 0.1, 0.1, 0.3, 0.4], [0.1, 0.3, 0.3, 0.2, 0.1]]).log(),
}
for w in (0.0, 0.5, 1.0, 2.0):
    scores = segment_score(log_p, torch.ones(2, 3), **judged, weights=torch.tensor([1.0, w, 0.5]))
    print(f"weight of support {w}: fluent {scores[0]:.2f}, supported {scores[1]:.2f}")

# %% [markdown] tags=["exercise:corrective-verdict"]
# ## Exercise 3 · Three verdicts, and what is read
#
# **3 points** · core · difficulty ●●○○○ (2 of 5) · about 12 minutes · define `correct_retrieval(scores, inside, outside, upper, lower, keep, most)`

# %% [markdown]
# CRAG asks an evaluator about every passage before anything is read. Two thresholds make three verdicts of its scores:
#
# - `"correct"`: some score is at least `upper`. What was found is read, refined.
# - `"incorrect"`: all scores are below `lower`, or nothing was found. It is thrown away, and a second source is read, refined.
# - `"ambiguous"`: otherwise. Both are read, each refined by itself, what was found first.
#
# *Refined* means: passages are cut into strips, and each strip has a score of its own. Strips below `keep` are dropped; of the others the best `most` stay,
# in the order in which they stood in the text.


# %% nbgrader={"grade": false, "grade_id": "corrective-verdict", "locked": false, "schema_version": 3, "solution": true, "task": false}
def correct_retrieval(scores, inside, outside, upper, lower, keep, most):
    """CRAG's verdict, and the strips that are read.

    scores        of the passages that were found: a list of numbers
    inside        strips of what was found, in the order of the text: a list of pairs (text, score)
    outside       strips of the second source, the same
    upper, lower  thresholds of the verdict
    keep, most    a strip needs a score of at least `keep`; at most `most` of a source are read
    returns       (verdict, list of texts)
    """

    ### BEGIN SOLUTION
    def refined(strips):
        good = [i for i in range(len(strips)) if strips[i][1] >= keep]
        best = sorted(good, key=lambda i: -strips[i][1])[:most]
        return [strips[i][0] for i in sorted(best)]

    if any(score >= upper for score in scores):
        return "correct", refined(inside)
    if all(score < lower for score in scores):
        return "incorrect", refined(outside)
    return "ambiguous", refined(inside) + refined(outside)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "corrective-verdict-check", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false} tags=["check:corrective-verdict"]
check("corrective-verdict", correct_retrieval)

# %% [markdown] tags=["hints:corrective-verdict"]
# <details><summary>Hint 1 of 4</summary>
#
# First the verdict: `any(... >= upper)`, and where that fails `all(... < lower)`. Python's `all` of nothing is true.
#
# </details>
#
# <details><summary>Hint 2 of 4</summary>
#
# Refinement of a list of strips: drop those below `keep`, take the `most` best, and put them back into the order in which they stood.
#
# </details>
#
# <details><summary>Hint 3 of 4</summary>
#
# Sort indices, not strips: `sorted(good, key=lambda i: -strips[i][1])[:most]`, then `sorted(...)` of what is left.
#
# </details>
#
# <details><summary>Hint 4 of 4, nearly the solution</summary>
#
# correct reads inside, incorrect reads outside, ambiguous reads inside and then outside, each refined by itself.
#
# </details>

# %% [markdown]
# **See it work.** Retrieval gets worse: for a growing share of the questions the right passage is taken out. The evaluator is the share of the question's rare words that a
# passage has. Which verdicts does it give where the passage is there, and where it is gone?

# %%
from collections import Counter

asked = [q for q in data.country_questions() if q.relation in TOPICS and q.split == "dev"][
    :: runtime.pick(full=12, smoke=150)
]


def evaluated(question, i):
    weight = lambda ws: sum(rare.get(w, 0.0) for w in ws)
    return weight(set(words(question)) & seen[i]) / weight(set(words(question)))


for share in (0.0, 0.4, 0.8):
    verdicts = Counter()
    for n, q in enumerate(asked):
        gone = n < share * len(asked)
        pool = [i for i in found(q.text, 5) if not (gone and passages[i].key in q.gold)][:3]
        verdict, _ = correct_retrieval([evaluated(q.text, i) for i in pool], [], [], 0.9, 0.8, 0.5, 3)
        verdicts["gone" if gone else "there", verdict] += 1
    print(f"{share:.0%} damaged:", dict(sorted(verdicts.items())))

# %% [markdown] tags=["exercise:complexity-labels"]
# ## Exercise 4 · How much retrieval was it worth?
#
# **3 points** · core · difficulty ●●○○○ (2 of 5) · about 10 minutes · define `complexity_labels(right, several)`

# %% [markdown]
# Adaptive-RAG's classifier reads the question and decides between no, one and several retrievals. But nobody labels questions that way. So run all three on training
# questions, and label each with the *cheapest* that was right: 0, 1 or 2. Where none was right, the question's kind decides: 1 for one hop, 2 for several.
#
# The rare class is often the one that saves most. So return a weight for each question as well, $n / (3\,n_c)$ with $n_c$ questions in its class: then each class
# that occurs has a third of $n$ in all.


# %% nbgrader={"grade": false, "grade_id": "complexity-labels", "locked": false, "schema_version": 3, "solution": true, "task": false}
def complexity_labels(right, several):
    """Labels for the classifier, and the weight of each question.

    right    (n, 3) booleans: whether no, one, several retrievals gave the right answer
    several  (n,) booleans: whether the question has several hops
    returns  labels (n,), integers 0, 1, 2, and weights (n,)
    """
    ### BEGIN SOLUTION
    labels = torch.where(right.any(1), right.int().argmax(1), 1 + several.long())
    count = torch.bincount(labels)
    return labels, len(labels) / (3 * count[labels])
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "complexity-labels-check", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false} tags=["check:complexity-labels"]
check("complexity-labels", complexity_labels)

# %% [markdown] tags=["hints:complexity-labels"]
# <details><summary>Hint 1 of 3</summary>
#
# The cheapest strategy that was right is the first true column of a row: `right.int().argmax(1)`.
#
# </details>
#
# <details><summary>Hint 2 of 3</summary>
#
# argmax of a row without any true column is 0 as well: there the question's kind decides, 1 or 2. `torch.where(right.any(1), ..., 1 + several.long())`.
#
# </details>
#
# <details><summary>Hint 3 of 3, nearly the solution</summary>
#
# Count the labels of each class: `torch.bincount(labels)`. A question weighs n / (3 x count of its class), so that every class has a third of the whole weight.
#
# </details>

# %% [markdown]
# **See it work.** One retrieval is right if the passage is among the first four, several if two rounds bring it, and none if the question gives
# the answer away: the capital of Kuwait is easily guessed.

# %%
kinds = [(q.text, passages[[p.key for p in passages].index(q.gold[0])].text, False) for q in asked] + [
    (*l, True) for l in lookups
]
right = []
for question, gold, _ in kinds:
    first = [passages[i].text for i in found(question)]
    second = [passages[i].text for i in found(f"{reader(question, first)} {question}")]
    guessed = bool(set(words(value(gold))) & set(words(question)))
    right.append([guessed, gold in first, gold in second])
labels, weights = complexity_labels(torch.tensor(right), torch.tensor([kind for _, _, kind in kinds]))
for label, name in enumerate(("none", "one", "several")):
    chosen = [i for i, l in enumerate(labels.tolist()) if l == label]
    example = kinds[chosen[0]][0] if chosen else "-"
    print(f"{name:8} {len(chosen):4} questions, such as: {example}")

# %% [markdown] tags=["exercise:cost-frontier"]
# ## Exercise 5 · What accuracy costs
#
# **4 points** · core · difficulty ●●●○○ (3 of 5) · about 15 minutes · define `frontier(cost, accuracy, budget)`

# %% [markdown]
# More rounds and more passages cost tokens. Which systems are worth having? A system is *beaten* if another costs no more and is at least as accurate, and is better in one of the
# two. Those that nobody beats form the frontier.
#
# And what can you reach on a budget? Toss a coin for each question: a cheap system $i$, or with probability $t$ a dear one $j$. Cost and accuracy then lie on the
# straight line between the two. A classifier that chooses between $i$ and $j$ has learned something only if it does better than that coin. Return the best accuracy of any single
# system, or any coin between two, whose (mean) cost is at most the budget. The cheapest system is always within it.


# %% nbgrader={"grade": false, "grade_id": "cost-frontier", "locked": false, "schema_version": 3, "solution": true, "task": false}
def frontier(cost, accuracy, budget):
    """What is worth having, and what a budget buys.

    cost      (n,) of n systems
    accuracy  (n,)
    budget    a number, at least the smallest cost
    returns   (n,) booleans: whether no other system beats it; and the best accuracy at a mean cost of at most the budget
    """
    ### BEGIN SOLUTION
    as_good = (cost[:, None] <= cost) & (accuracy[:, None] >= accuracy)  # [j, i]: is j at least as good as i?
    better = (cost[:, None] < cost) | (accuracy[:, None] > accuracy)
    kept = ~(as_good & better).any(0)
    low, high = cost <= budget, cost > budget
    best = accuracy[low].max()
    if high.any():
        t = (budget - cost[low])[:, None] / (cost[high] - cost[low][:, None])  # (cheap, dear)
        line = accuracy[low][:, None] + t * (accuracy[high] - accuracy[low][:, None])
        best = torch.maximum(best, line.max())
    return kept, best
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "cost-frontier-check", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false} tags=["check:cost-frontier"]
check("cost-frontier", frontier)

# %% [markdown] tags=["hints:cost-frontier"]
# <details><summary>Hint 1 of 3</summary>
#
# j beats i if cost[j] <= cost[i] and accuracy[j] >= accuracy[i], and one of the two is strict. Compare all pairs at once: `cost[:, None] <= cost[None, :]`, (n, n).
#
# </details>
#
# <details><summary>Hint 2 of 3</summary>
#
# For the budget, take a cheap system i (cost <= budget) and a dear one j (cost > budget). With a coin that shows j with probability t = (budget - cost[i]) / (cost[j] - cost[i]) the mean cost is the budget.
#
# </details>
#
# <details><summary>Hint 3 of 3, nearly the solution</summary>
#
# The best is the maximum over all pairs (i, j) of accuracy[i] + t (accuracy[j] - accuracy[i]), and over all single systems that the budget pays.
#
# </details>

# %% [markdown]
# **See it work.** Rounds and passages on the questions of one hop and of two: words read, and how often the right passage was read in the last round.

# %%
some = kinds[:: runtime.pick(full=3, smoke=10)]
systems, points = [], []
for rounds in (1, 2):
    for k in (1, 2, 4, 8):
        read, hits = 0, 0
        for question, gold, _ in some:
            texts, query = [], question
            for _turn in range(rounds):
                texts = [passages[i].text for i in found(query, k)]
                read += sum(len(words(t)) for t in texts)
                query = f"{reader(question, texts)} {question}"
            hits += gold in texts
        systems.append(f"{rounds} round(s), {k} passages")
        points.append((read / len(some), hits / len(some)))
cost, accuracy = torch.tensor(points).T
kept, best = frontier(cost, accuracy, float(cost.mean()))
for name, c, a, on in sorted(zip(systems, cost.tolist(), accuracy.tolist(), kept.tolist()), key=lambda row: row[1]):
    print(f"{name:24} {c:6.0f} words  {a:.2f}  {'on the frontier' if on else ''}")
print(f"a mean of {cost.mean():.0f} words buys {best:.2f}")

# %% [markdown] tags=["exercise:mixture-step"]
# ## Exercise 6 · One step of a Gaussian mixture
#
# **4 points** · stretch · difficulty ●●●●○ (4 of 5) · about 18 minutes · define `em_step(x, pi, mu, Sigma)`

# %% [markdown]
# RAPTOR clusters passages by a mixture of Gaussians, because its clusters are soft: a passage about tinned fish belongs to food *and* to industry. One step of EM first shares
# every point out among the clusters, then fits the clusters to their shares:
#
# $$r_{nk}=\frac{\pi_k\,\mathcal N(x_n;\mu_k,\Sigma_k)}{\sum_j \pi_j\,\mathcal N(x_n;\mu_j,\Sigma_j)},\qquad
# \mathcal N(x;\mu,\Sigma)=\frac{\exp\!\big(-\tfrac12(x-\mu)^\top\Sigma^{-1}(x-\mu)\big)}{\sqrt{(2\pi)^d\det\Sigma}}$$
#
# $$N_k=\sum_n r_{nk},\quad \pi_k'=\frac{N_k}{N},\quad \mu_k'=\frac1{N_k}\sum_n r_{nk}x_n,\quad \Sigma_k'=\frac1{N_k}\sum_n r_{nk}(x_n-\mu_k')(x_n-\mu_k')^\top$$


# %% nbgrader={"grade": false, "grade_id": "mixture-step", "locked": false, "schema_version": 3, "solution": true, "task": false}
def em_step(x, pi, mu, Sigma):
    """One step of expectation maximisation.

    x        (N, d) points
    pi       (K,) weights of the clusters, which sum to 1
    mu       (K, d) means
    Sigma    (K, d, d) covariances
    returns  responsibilities (N, K), and the new pi, mu, Sigma
    """
    ### BEGIN SOLUTION
    z = x[:, None] - mu  # (N, K, d)
    distance = torch.einsum("nki,kij,nkj->nk", z, torch.linalg.inv(Sigma), z)
    r = (pi.log() - 0.5 * (distance + torch.logdet(Sigma))).softmax(1)  # (N, K)
    n = r.sum(0)  # (K,)
    mu = r.mT @ x / n[:, None]
    z = x[:, None] - mu
    return r, n / len(x), mu, torch.einsum("nk,nki,nkj->kij", r, z, z) / n[:, None, None]
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "mixture-step-check", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false} tags=["check:mixture-step"]
check("mixture-step", em_step)

# %% [markdown] tags=["hints:mixture-step"]
# <details><summary>Hint 1 of 4</summary>
#
# First the logarithm of pi_k N(x_n; mu_k, Sigma_k) for all pairs, (N, K); then a softmax over the clusters.
#
# </details>
#
# <details><summary>Hint 2 of 4</summary>
#
# log N = -0.5 (z^T Sigma^-1 z + log det Sigma + d log 2 pi) with z = x_n - mu_k. What is the same for all k cancels in the softmax. `torch.linalg.inv` and `torch.logdet` take a batch of matrices.
#
# </details>
#
# <details><summary>Hint 3 of 4</summary>
#
# N_k = r.sum(0), the new pi is N_k / N, the new mu is r^T x / N_k.
#
# </details>
#
# <details><summary>Hint 4 of 4, nearly the solution</summary>
#
# The new Sigma uses the *new* mu: `torch.einsum('nk,nki,nkj->kij', r, z, z) / N_k[:, None, None]`.
#
# </details>

# %% [markdown]
# **See it work.** What countries grow, make and sell: passages as counts of words, the two main directions, and four clusters. What is a cluster about?

# %%
GOODS = ("Agricultural products", "Industries", "Export commodities")
sample = [p for p in data.countries() if p.topic in GOODS][:: runtime.pick(full=2, smoke=20)]
body = [set(words(p.text.partition(": ")[2])) for p in sample]
common = [w for w, _ in Counter(w for b in body for w in b).most_common(200)]
counts = torch.tensor([[float(w in b) for w in common] for b in body])
U, S, _ = torch.linalg.svd(counts - counts.mean(0), full_matrices=False)
x = U[:, :2] / U[:, :2].std(0)  # the two main directions
K = 4
start = x[torch.randperm(len(x), generator=runtime.seed(0))[:K]]
state = torch.ones(K) / K, start, torch.eye(2).expand(K, 2, 2)
for _ in range(60):
    r, pi, mu, Sigma = em_step(x, *state)
    state = pi, mu, Sigma + 1e-3 * torch.eye(2)
for k in range(K):
    topics = Counter(p.topic for p, row in zip(sample, r) if row[k] > 0.1)
    typical = Counter(w for b, row in zip(body, r) if row[k] > 0.5 for w in b & set(common)).most_common(5)
    print(f"cluster {k}: {pi[k]:.2f} of all; {', '.join(f'{n} {topic}' for topic, n in topics.most_common())}")
    print(f"           {', '.join(w for w, _ in typical)}")
print(f"{((r > 0.1).sum(1) > 1).float().mean():.0%} of the passages are in more than one cluster")

# %% [markdown] tags=["exercise:collapsed-search"]
# ## Exercise 7 · The whole tree under a budget
#
# **2 points** · core · difficulty ●●○○○ (2 of 5) · about 8 minutes · define `collapsed_search(q, x, lengths, budget)`

# %% [markdown]
# The tree is built: passages below, summaries of clusters above, summaries of summaries on top. RAPTOR's better way to search it forgets the tree: *all* nodes, of all layers, compete. Take them by their
# cosine with the question, the most similar first, until one does not fit into what is left of the budget: that ends the search. (Lab 12's packing went on with shorter ones. Here the
# next ones are less similar, and a context that is full of leftovers misleads.)


# %% nbgrader={"grade": false, "grade_id": "collapsed-search", "locked": false, "schema_version": 3, "solution": true, "task": false}
def collapsed_search(q, x, lengths, budget):
    """The nodes that are read.

    q        (d,) vector of the question
    x        (N, d) vectors of all nodes, of any length
    lengths  (N,) tokens of each node
    budget   tokens in all
    returns  numbers of nodes, most similar first: a list
    """
    ### BEGIN SOLUTION
    cosine = torch.nn.functional.cosine_similarity(q[None], x)  # (N,)
    taken = []
    for i in cosine.argsort(descending=True).tolist():
        if lengths[i] > budget:
            break
        taken.append(i)
        budget -= int(lengths[i])
    return taken
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "collapsed-search-check", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false} tags=["check:collapsed-search"]
check("collapsed-search", collapsed_search)

# %% [markdown] tags=["hints:collapsed-search"]
# <details><summary>Hint 1 of 3</summary>
#
# Similarity is the cosine: vectors of summaries are not of length 1.
#
# </details>
#
# <details><summary>Hint 2 of 3</summary>
#
# `order = cosine.argsort(descending=True)`; take nodes in this order as long as they fit.
#
# </details>
#
# <details><summary>Hint 3 of 3, nearly the solution</summary>
#
# The first node that does not fit ends the search: what comes after it is less similar, however short it is.
#
# </details>

# %% [markdown]
# **See it work.** A small tree by hand: currencies of some countries, and one node above them that says how many share which. Which question reads the summary?

# %%
leaves = [by_key[c, "Currency"] for c in ("France", "Germany", "Spain", "Peru", "Kenya", "Senegal", "Mali", "Benin")]
per_currency = Counter(value(p.text) for p in leaves)
summary = "Currencies. How many countries use which: " + "; ".join(
    f"{n} countries use {c}" for c, n in per_currency.items()
)
nodes = [p.text for p in leaves] + [summary]
vocabulary = sorted({w for t in nodes for w in words(t)})
vector = lambda text: torch.tensor([float(words(text).count(w)) for w in vocabulary])
for question in ("What is the currency of Peru?", "How many countries use the same currency?"):
    taken = collapsed_search(
        vector(question), torch.stack([vector(t) for t in nodes]), torch.tensor([len(words(t)) for t in nodes]), 60
    )
    print(question)
    for i in taken[:3]:
        print("   ", nodes[i][:100])

# %% [markdown] tags=["exercise:speculative-scores"]
# ## Exercise 8 · Which draft is to be trusted?
#
# **3 points** · stretch · difficulty ●●●○○ (3 of 5) · about 12 minutes · define `speculative_scores(log_p, part, log_rationale, log_answer)`

# %% [markdown]
# The last idea turns the order around: draft first, judge later. A small drafter has written several answers $\alpha$ with rationales $\beta$, each from a few of the passages. A larger
# model reads no passage. It reads the text [question, answer, rationale, *R*, "Yes"] once, where *R* asks whether the rationale supports the answer, and one pass gives two scores:
#
# $$\rho=\underbrace{\big(P(\beta)+P(\alpha\mid\beta)\big)}_{\rho_\text{draft}}\cdot\underbrace{\prod_{t\in\alpha,\beta}p(t)}_{\rho_\text{SC}}\cdot\underbrace{\prod_{t\in\text{"Yes"}}p(t)}_{\rho_\text{SR}}$$
#
# Return $\log\rho$, since a product over a long rationale is too small for a float, and the best draft. `part` says for every token where it belongs: 0 question, 1 answer, 2 rationale, 3 *R*,
# 4 "Yes", 5 padding. Note the *sum* in $\rho_\text{draft}$.


# %% nbgrader={"grade": false, "grade_id": "speculative-scores", "locked": false, "schema_version": 3, "solution": true, "task": false}
def speculative_scores(log_p, part, log_rationale, log_answer):
    """log rho of B drafts, and the best of them.

    log_p          (B, T) the verifier's log-probability of each token
    part           (B, T) integers: 0 question, 1 answer, 2 rationale, 3 R, 4 "Yes", 5 padding
    log_rationale  (B,) the drafter's log P(rationale)
    log_answer     (B,) the drafter's log P(answer | rationale)
    returns        (B,) and the number of the best draft
    """
    ### BEGIN SOLUTION
    draft = torch.logaddexp(log_rationale, log_answer)  # (B,)
    contained = (log_p * ((part == 1) | (part == 2))).sum(1)
    reflected = (log_p * (part == 4)).sum(1)
    scores = draft + contained + reflected
    return scores, scores.argmax()
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "speculative-scores-check", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false} tags=["check:speculative-scores"]
check("speculative-scores", speculative_scores)

# %% [markdown] tags=["hints:speculative-scores"]
# <details><summary>Hint 1 of 3</summary>
#
# A product of probabilities is a sum of log-probabilities: pick the tokens by a mask and add them up.
#
# </details>
#
# <details><summary>Hint 2 of 3</summary>
#
# rho_SC takes the tokens of answer and rationale (parts 1 and 2), rho_SR those of "Yes" (part 4). Question, R and padding are given, not judged.
#
# </details>
#
# <details><summary>Hint 3 of 3, nearly the solution</summary>
#
# rho_draft is a *sum* of two probabilities: its logarithm is `torch.logaddexp(log_rationale, log_answer)`, without ever leaving logarithms.
#
# </details>

# %% [markdown]
# **See it work.** Two drafts about the arena. The verifier finds the first as fluent as the second, but does not believe that its rationale supports it.

# %%
part = torch.tensor([[0, 0, 1, 2, 2, 2, 3, 4], [0, 0, 1, 2, 2, 2, 3, 4]])
p = torch.tensor([[0.1, 0.1, 0.05, 0.4, 0.3, 0.4, 0.2, 0.15], [0.1, 0.1, 0.04, 0.4, 0.3, 0.4, 0.2, 0.7]])
scores, best = speculative_scores(p.log(), part, torch.tensor([0.5, 0.4]).log(), torch.tensor([0.6, 0.6]).log())
for name, score in zip(("5,948: the Bangor Auditorium seats 5,948", "3,677: the Colisee seats 3,677"), scores):
    print(f"log rho {score:6.2f}   {name}")
print("chosen:", int(best))

# %% [markdown] nbgrader={"grade": false, "grade_id": "open-task", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": true}
# ## Open task · A system of your own (6 points, 30 minutes)
#
# Build a system that decides, and show what its decisions are worth.
#
# 1. Write or generate at least 30 questions of two kinds: some that one search answers, some that need more than one (inverse look-ups as above, or of your own subject and passages).
# 2. Compose a system from at least two decisions of this lab: a second round only if a verdict asks for it, a coin between systems replaced by a rule, a beam, drafts. Say before the run what you expect.
# 3. Compare it with two fixed systems: always one search, and always two. Report accuracy *and* cost for each kind of question, on the same questions.
# 4. Say where it lies: above the line between the two fixed systems or not, and by how much. Is that more than chance? Show one question for which a decision was wrong, and say why.
#
# Work in the cell below and in as many of your own as you like, code and text, all below this one. They are marked by hand, with the outputs that you
# leave in the notebook: the grader does not run them.
#
# === BEGIN MARK SCHEME ===
#
# - 1 point: questions of both kinds, with the passage or the answer that is right, and a system from at least two decisions.
# - 2 points: a fair comparison: the same questions and the same retriever for all systems, accuracy and cost for each kind.
# - 1 point: the expectation was written before the result, and is judged by it.
# - 1 point: the place against the line between the two fixed systems is computed (`frontier`, or by hand), with the number of questions in mind: with 30 of them 10 points are noise.
# - 1 point: a wrong decision is shown and explained.
#
# === END MARK SCHEME ===


# %% tags=["open-task"]
def two_or_one(question, k=4):
    """A second round only where the verdict on the first is not "correct": (was the passage read, words read)."""
    first = found(question, k)
    texts = [passages[i].text for i in first]
    verdict, _ = correct_retrieval([evaluated(question, i) for i in first], [], [], 0.9, 0.8, 0.5, 3)
    cost = sum(len(words(t)) for t in texts)
    if verdict != "correct":
        texts = [passages[i].text for i in found(f"{reader(question, texts)} {question}", k)]
        cost += sum(len(words(t)) for t in texts)
    return texts, cost, verdict


results = {}
for name, several in (("one hop", False), ("two hops", True)):
    mine = [(question, gold) for question, gold, kind in kinds if kind == several]
    for system in ("one search", "two searches", "by verdict"):
        hits, price = 0, 0
        for question, gold in mine:
            texts, cost, _ = two_or_one(question)
            once = [passages[i].text for i in found(question)]
            if system == "one search":
                texts, cost = once, sum(len(words(t)) for t in once)
            elif system == "two searches":
                texts = [passages[i].text for i in found(f"{reader(question, once)} {question}")]
                cost = sum(len(words(t)) for t in once + texts)
            hits, price = hits + (gold in texts), price + cost
        results[name, system] = hits / len(mine), price / len(mine)
        print(
            f"{name:9} {system:13} read the passage: {hits / len(mine):.2f}, {price / len(mine):5.0f} words, n = {len(mine)}"
        )

mean = lambda system, j: sum(results[kind, system][j] for kind in ("one hop", "two hops")) / 2
cost = torch.tensor([mean(s, 1) for s in ("one search", "two searches")])
accuracy = torch.tensor([mean(s, 0) for s in ("one search", "two searches")])
line = frontier(cost, accuracy, max(mean("by verdict", 1), float(cost.min())))[1]
print(
    f"both kinds alike: by verdict {mean('by verdict', 0):.2f} for {mean('by verdict', 1):.0f} words; a coin at that price {line:.2f}"
)

# %% tags=["save"]
from llmcourse import work

work.save()
