# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Lab 15 · Knowledge graphs
#
# A passage says a fact among other words; a triple says nothing else: (Peru, capital, Lima). Facts in this form can be joined, walked, counted and
# checked, and a language model can read them, learn from them, or be corrected by them. In this lab you build what stands behind each of these: a query and a
# join, the subgraph around a question, paths that follow a plan, ERNIE's masks, attention over a graph, pruning, the check of a model's evidence, and the
# weights of prompts that pull facts out of a model.
#
# - **You need**: [lecture 15](../../lectures/15_knowledge.ipynb), sets and dicts of Python, softmax and `index_add`.
# - **Time**: about two hours: nine exercises, then an open task with a graph of your own.
# - **How it works**: fill the cells that say `raise NotImplementedError()`. Run the check under each. It says what is
#   right, what is wrong, and often which mistake it is. Hints are folded under it, from a nudge to nearly everything.
#
# The triples under the exercises are real: borders, capitals and currencies of the World Factbook.

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
    package = f"llmcourse[data,sparql] @ {source}"
    if subprocess.call([sys.executable, "-m", "pip", "install", "-q", package]):
        raise ModuleNotFoundError("The course could not be installed. Is there a network? Then run this cell again.")

# %%
import re

import torch
import torch.nn.functional as F
from llmcourse import data, runtime
from llmcourse.checks import check

torch.set_num_threads(1)
triples = [
    (q.gold[0].split("/")[1], q.relation.lower(), q.answers[0])
    for q in data.country_questions()
    if q.relation in ("Capital", "Currency")
]
for p in data.countries():
    if p.topic == "Border countries":
        found = re.findall(r"([A-Z][^;:\d]+?) [\d.,]+ km", p.text.partition(": ")[2])
        triples += [(p.title, "borders", re.sub(r"\s*\(.*?\)", "", name).strip()) for name in found]
print(f"{len(triples)} triples, such as {triples[0]}; {runtime.describe()}")

# %% [markdown] tags=["exercise:triple-query"]
# ## Exercise 1 · A query over triples
#
# **2 points** · core · difficulty ●●○○○ (2 of 5) · about 8 minutes · define `match(triples, pattern)`

# %% [markdown]
# What does the graph know that fits a pattern? A pattern is a triple in which parts may be variables, names that begin with "?":
# `("?x", "borders", "Peru")` asks who borders Peru. A triple agrees with a pattern if every part agrees: a name with the same name, a variable with
# anything. A variable that comes twice is the same thing twice: `("?x", "borders", "?x")` asks for countries that border themselves.
#
# Return the *set* of all triples that agree. No entity has a name that begins with "?".


# %% nbgrader={"grade": false, "grade_id": "triple-query", "locked": false, "schema_version": 3, "solution": true, "task": false}
def match(triples, pattern):
    """The triples that agree with a pattern.

    triples  a list of tuples (head, relation, tail) of strings
    pattern  a tuple of three strings; one that begins with "?" is a variable
    returns  a set of triples
    """
    ### BEGIN SOLUTION
    found = set()
    for triple in triples:
        bound = {}
        if all(bound.setdefault(p, x) == x if p.startswith("?") else p == x for p, x in zip(pattern, triple)):
            found.add(triple)
    return found
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "triple-query-check", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false} tags=["check:triple-query"]
check("triple-query", match)

# %% [markdown] tags=["hints:triple-query"]
# <details><summary>Hint 1 of 4</summary>
#
# A triple agrees if each of its three parts agrees. A part that is no variable agrees if it is the same.
#
# </details>
#
# <details><summary>Hint 2 of 4</summary>
#
# A variable agrees with anything, unless the same variable stood for something else before.
#
# </details>
#
# <details><summary>Hint 3 of 4</summary>
#
# Remember what variables stand for in a dict, a new one for each triple: `bound.setdefault(p, x) == x`.
#
# </details>
#
# <details><summary>Hint 4 of 4, nearly the solution</summary>
#
# `all(bound.setdefault(p, x) == x if p.startswith('?') else p == x for p, x in zip(pattern, triple))`
#
# </details>

# %% [markdown]
# **See it work.** Who borders Peru, and what does the graph know about Lima?

# %%
for pattern in (("?x", "borders", "Peru"), ("?x", "?r", "Lima"), ("?x", "borders", "?x")):
    print(pattern, "->", sorted(match(triples, pattern)))

# %% [markdown] tags=["exercise:two-hop-join"]
# ## Exercise 2 · Two steps are a join
#
# **3 points** · core · difficulty ●●○○○ (2 of 5) · about 10 minutes · define `two_hops(triples, start, first, second)`

# %% [markdown]
# "The currency of a country that borders Peru" needs two triples, and no single passage says it. Two steps are a join: the end of the first is the
# beginning of the second.
#
# A step is a relation `r`, walked from head to tail, or `"^r"`, walked backwards, from tail to head: from Lima, `"^capital"` leads to Peru.
# Return the set of all pairs `(m, e)`: the first step leads from `start` to `m`, the second from `m` to `e`. The end may be the start again.


# %% nbgrader={"grade": false, "grade_id": "two-hop-join", "locked": false, "schema_version": 3, "solution": true, "task": false}
def two_hops(triples, start, first, second):
    """All ways to walk two steps.

    triples        a list of tuples (head, relation, tail) of strings
    start          an entity
    first, second  the steps: "r" along the arrow, "^r" against it
    returns        a set of pairs (middle, end)
    """

    ### BEGIN SOLUTION
    def step(entity, relation):
        if relation.startswith("^"):
            return {h for h, r, t in triples if t == entity and r == relation[1:]}
        return {t for h, r, t in triples if h == entity and r == relation}

    return {(m, e) for m in step(start, first) for e in step(m, second)}
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "two-hop-join-check", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false} tags=["check:two-hop-join"]
check("two-hop-join", two_hops)

# %% [markdown] tags=["hints:two-hop-join"]
# <details><summary>Hint 1 of 4</summary>
#
# Write one step first: all entities that one relation leads to from a given one.
#
# </details>
#
# <details><summary>Hint 2 of 4</summary>
#
# For a relation that begins with '^', the given entity is the tail, and the step leads to the head.
#
# </details>
#
# <details><summary>Hint 3 of 4</summary>
#
# Then join: for every middle of the first step, every end of the second step from there.
#
# </details>
#
# <details><summary>Hint 4 of 4, nearly the solution</summary>
#
# `{(m, e) for m in step(start, first) for e in step(m, second)}`
#
# </details>

# %% [markdown]
# **See it work.** Currencies around Peru, and the neighbours of the country whose capital is Lima.

# %%
print(sorted(two_hops(triples, "Peru", "borders", "currency")))
print(sorted(two_hops(triples, "Lima", "^capital", "borders")))

# %% [markdown] tags=["exercise:linked-subgraph"]
# ## Exercise 3 · The subgraph around linked entities
#
# **3 points** · core · difficulty ●●●○○ (3 of 5) · about 12 minutes · define `subgraph(triples, linked, hops)`

# %% [markdown]
# A network that reasons over a graph cannot take all of it. It gets the part around the entities that the question mentions: those at most `hops` steps away,
# where a step goes along an arrow or against it, and *every* triple between two of them.
#
# Return that set of triples. With `hops = 0` only the linked entities are there, with the triples between them. Nothing linked: nothing found.


# %% nbgrader={"grade": false, "grade_id": "linked-subgraph", "locked": false, "schema_version": 3, "solution": true, "task": false}
def subgraph(triples, linked, hops):
    """The triples among the entities near to those that a question mentions.

    triples  a list of tuples (head, relation, tail) of strings
    linked   a list of entities, perhaps empty; some may be in no triple
    hops     a number of steps, from 0
    returns  a set of triples
    """
    ### BEGIN SOLUTION
    inside = set(linked)
    for _ in range(hops):
        inside = inside | {t for h, _, t in triples if h in inside} | {h for h, _, t in triples if t in inside}
    return {(h, r, t) for h, r, t in triples if h in inside and t in inside}
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "linked-subgraph-check", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false} tags=["check:linked-subgraph"]
check("linked-subgraph", subgraph)

# %% [markdown] tags=["hints:linked-subgraph"]
# <details><summary>Hint 1 of 4</summary>
#
# First find the entities: a set that begins with the linked ones and grows `hops` times.
#
# </details>
#
# <details><summary>Hint 2 of 4</summary>
#
# A step goes along an arrow or against it: if one end of a triple is in the set, the other end joins it.
#
# </details>
#
# <details><summary>Hint 3 of 4</summary>
#
# In each round look at the set as it was *before* the round, or one round walks several steps.
#
# </details>
#
# <details><summary>Hint 4 of 4, nearly the solution</summary>
#
# Then keep every triple with both ends in the set, whether a step walked it or not.
#
# </details>

# %% [markdown]
# **See it work.** How fast it grows: why everything that follows prunes.

# %%
for hops in range(4):
    print(f"{hops} steps around Peru: {len(subgraph(triples, ['Peru'], hops))} of {len(triples)} triples")

# %% [markdown] tags=["exercise:reasoning-paths"]
# ## Exercise 4 · A plan, and the paths that follow it
#
# **4 points** · core · difficulty ●●●○○ (3 of 5) · about 13 minutes · define `reasoning_paths(triples, start, plan)`

# %% [markdown]
# Reasoning on graphs lets a model write a *plan*, a list of relations, and lets the graph say what follows. For the plan `["borders", "capital"]` from Chile:
#
# Chile → borders → Peru → capital → Lima, Chile → borders → Bolivia → capital → La Paz, ...
#
# Return the set of all paths that start at `start` and walk the whole plan, each as the tuple of its entities: `("Chile", "Peru", "Lima")`. Steps go along the
# arrows. An entity may come again. A plan that the graph cannot follow has no path; an empty plan has one, the start alone.


# %% nbgrader={"grade": false, "grade_id": "reasoning-paths", "locked": false, "schema_version": 3, "solution": true, "task": false}
def reasoning_paths(triples, start, plan):
    """Every reasoning path of a plan.

    triples  a list of tuples (head, relation, tail) of strings
    start    the entity that the question is about
    plan     a list of l relations
    returns  a set of tuples of l + 1 entities
    """
    ### BEGIN SOLUTION
    paths = [(start,)]
    for relation in plan:
        paths = [(*p, t) for p in paths for h, r, t in triples if h == p[-1] and r == relation]
    return set(paths)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "reasoning-paths-check", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false} tags=["check:reasoning-paths"]
check("reasoning-paths", reasoning_paths)

# %% [markdown] tags=["hints:reasoning-paths"]
# <details><summary>Hint 1 of 4</summary>
#
# Begin with one path that has one entity, the start: [(start,)].
#
# </details>
#
# <details><summary>Hint 2 of 4</summary>
#
# For each relation of the plan, prolong every path by every such triple that starts at its last entity.
#
# </details>
#
# <details><summary>Hint 3 of 4</summary>
#
# A path that cannot go on is dropped: the others have walked the whole plan, l + 1 entities for l relations.
#
# </details>
#
# <details><summary>Hint 4 of 4, nearly the solution</summary>
#
# `paths = [(*p, t) for p in paths for h, r, t in triples if h == p[-1] and r == relation]` for each relation
#
# </details>

# %% [markdown]
# **See it work.** Each answer comes with its explanation; a plan with a relation that the graph does not have gives none, and invents none.

# %%
for plan in (["borders", "capital"], ["borders", "king"]):
    print(plan, *(" → ".join(path) for path in sorted(reasoning_paths(triples, "Chile", plan))), sep="\n   ")

# %% [markdown] tags=["exercise:entity-mask"]
# ## Exercise 5 · ERNIE hides whole names
#
# **3 points** · core · difficulty ●●●○○ (3 of 5) · about 12 minutes · define `entity_mask(length, spans, order, share)`

# %% [markdown]
# ERNIE learns facts from plain text by hiding *whole names*: if only "Potter" is hidden, "Harry" gives it away; if both are hidden, the model has to know who
# J. K. Rowling wrote about.
#
# The units of a sentence are its spans (names and phrases, given as half-open intervals, in their order and apart) and each single token outside them, numbered
# from left to right. Hide units in the given `order`, each as a whole, until *at least* `share * length` tokens are hidden; then stop.


# %% nbgrader={"grade": false, "grade_id": "entity-mask", "locked": false, "schema_version": 3, "solution": true, "task": false}
def entity_mask(length, spans, order, share):
    """Which tokens are hidden.

    length   tokens of the sentence
    spans    a list of pairs (start, end): the tokens start ... end - 1 are one unit
    order    a list: the numbers of all units, in the order in which they are hidden
    share    the share of tokens to hide, above 0 and at most 1
    returns  a tensor (length,), 1 for hidden tokens, else 0
    """
    ### BEGIN SOLUTION
    inside = {i for start, end in spans for i in range(start, end)}
    units = sorted([*spans, *((i, i + 1) for i in range(length) if i not in inside)])
    mask = torch.zeros(length)
    for start, end in (units[unit] for unit in order):
        if mask.sum() < share * length:
            mask[start:end] = 1.0
    return mask
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "entity-mask-check", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false} tags=["check:entity-mask"]
check("entity-mask", entity_mask)

# %% [markdown] tags=["hints:entity-mask"]
# <details><summary>Hint 1 of 4</summary>
#
# List the units from left to right: a span is one unit, and each token outside the spans is one.
#
# </details>
#
# <details><summary>Hint 2 of 4</summary>
#
# Go through the units in the given order and hide each as a whole, from start to end - 1.
#
# </details>
#
# <details><summary>Hint 3 of 4</summary>
#
# Stop as soon as at least share * length *tokens* are hidden. Count tokens, not units.
#
# </details>
#
# <details><summary>Hint 4 of 4, nearly the solution</summary>
#
# Ask before each unit: `if mask.sum() >= share * length: break`.
#
# </details>

# %% [markdown]
# **See it work.** The sentence of the paper, with two names and two phrases.

# %%
line = "Harry Potter is a series of fantasy novels written by British author J. K. Rowling"
sentence = line.split()
for level, spans in (
    ("basic", []),
    ("entities", [(0, 2), (12, 15)]),
    ("and phrases", [(0, 2), (3, 6), (6, 8), (12, 15)]),
):
    units = len(sentence) - sum(b - a for a, b in spans) + len(spans)
    order = torch.randperm(units, generator=runtime.seed(14)).tolist()
    mask = entity_mask(len(sentence), spans, order, 0.3)
    print(f"{level:12}", *("[mask]" if hidden else word for word, hidden in zip(sentence, mask)))

# %% [markdown] tags=["exercise:relation-attention"]
# ## Exercise 6 · Attention that knows the relation
#
# **4 points** · core · difficulty ●●●●○ (4 of 5) · about 16 minutes · define `relation_attention(x, source, target, relation, W, R, a)`

# %% [markdown]
# In QA-GNN nodes send messages along edges, and a message knows over which relation it came. One head, one layer: the edge from source $s$ to target $t$ with
# relation $r$ carries
#
# $$m=W x_s+R_r,\qquad e=\text{LeakyReLU}_{0.2}\big(a\cdot[\,W x_t;\ m\,]\big),\qquad \alpha=\text{softmax of } e \text{ over the edges that end at } t,\qquad
# y_t=\sum\alpha\, m.$$
#
# Return all $y$. A node at which no edge ends has $y=0$. Two nodes may be joined by several edges. The scores are moderate: $e^{\text{score}}$ does not overflow.


# %% nbgrader={"grade": false, "grade_id": "relation-attention", "locked": false, "schema_version": 3, "solution": true, "task": false}
def relation_attention(x, source, target, relation, W, R, a):
    """Graph attention with relations.

    x                         (N, d) nodes
    source, target, relation  (E,) integers: edge i leads from node source[i] to node target[i], of kind relation[i]
    W, R, a                   (c, d), (K, c) for K kinds of edges, (2c,)
    returns                   (N, c)
    """
    ### BEGIN SOLUTION
    z = x @ W.mT  # (N, c)
    m = z[source] + R[relation]  # (E, c)
    e = F.leaky_relu(torch.cat([z[target], m], 1) @ a, 0.2).exp()  # (E,)
    arrives = F.one_hot(target, len(x)).mT.float()  # (N, E)
    alpha = e / (arrives @ e)[target]  # (E,)
    return arrives @ (alpha[:, None] * m)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "relation-attention-check", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false} tags=["check:relation-attention"]
check("relation-attention", relation_attention)

# %% [markdown] tags=["hints:relation-attention"]
# <details><summary>Hint 1 of 4</summary>
#
# The message of an edge: m = x[source] @ W.mT + R[relation], (E, c).
#
# </details>
#
# <details><summary>Hint 2 of 4</summary>
#
# Its score: leaky_relu(cat([x[target] @ W.mT, m], -1) @ a, 0.2), (E,).
#
# </details>
#
# <details><summary>Hint 3 of 4</summary>
#
# The softmax goes over the edges with one target. `torch.zeros(N).index_add(0, target, e)` sums e for each.
#
# </details>
#
# <details><summary>Hint 4 of 4, nearly the solution</summary>
#
# With e = score.exp(), alpha is e / zeros(N).index_add(0, target, e)[target], and the output zeros(N, c).index_add(0, target, alpha[:, None] * m): a node at which nothing arrives keeps 0.
#
# </details>

# %% [markdown]
# **See it work.** One layer brings Lima word from Peru, two bring word from Peru's neighbours.

# %%
near = sorted(subgraph([t for t in triples if t[1] != "currency"], ["Lima"], 2))
names = sorted({e for h, _, t in near for e in (h, t)})
kinds = ["borders", "capital"]
source, relation, target = torch.tensor([(names.index(h), kinds.index(r), names.index(t)) for h, r, t in near]).T
W, R, a = torch.eye(len(names)), torch.zeros(2, len(names)), torch.zeros(2 * len(names))
x = torch.eye(len(names))  # each node says its own name
for layer in (1, 2):
    x = relation_attention(x, source, target, relation, W, R, a)
    heard = x[names.index("Lima")]
    print(f"after layer {layer}, Lima has heard of", [n for n, h in zip(names, heard) if h > 0])

# %% [markdown] tags=["exercise:node-pruning"]
# ## Exercise 7 · JointLK prunes
#
# **3 points** · core · difficulty ●●●○○ (3 of 5) · about 10 minutes · define `prune(received, live, always, keep)`

# %% [markdown]
# JointLK lets the tokens of the question attend to all nodes, and after each layer drops the nodes that received least. In each row of the batch, of the
# nodes that are still there (`live`), the share `keep`, rounded *up*, stays: those that received most. Some nodes, the topic and the answer choices,
# are never dropped (`always`); they rank like all others, and stay in addition if they are behind. What was dropped before stays away.


# %% nbgrader={"grade": false, "grade_id": "node-pruning", "locked": false, "schema_version": 3, "solution": true, "task": false}
def prune(received, live, always, keep):
    """Which nodes are left.

    received  (B, N) attention that each node got; no two are equal in a row
    live      (B, N) 1.0 for nodes that are still there, else 0.0
    always    (B, N) 1.0 for nodes that are never dropped, all of them live; else 0.0
    keep      the share that stays, above 0 and at most 1
    returns   (B, N), 1 for nodes that stay, else 0
    """
    ### BEGIN SOLUTION
    rank = received.masked_fill(live == 0, -torch.inf).argsort(descending=True).argsort()  # (B, N), 0 for the largest
    wanted = (live.sum(1, keepdim=True) * keep).ceil()
    return ((rank < wanted) | (always == 1)).float()
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "node-pruning-check", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false} tags=["check:node-pruning"]
check("node-pruning", prune)

# %% [markdown] tags=["hints:node-pruning"]
# <details><summary>Hint 1 of 4</summary>
#
# How many stay in each row: the number of live nodes times keep, rounded up: `(live.sum(1) * keep).ceil()`.
#
# </details>
#
# <details><summary>Hint 2 of 4</summary>
#
# Pruned nodes must not take a place: give them -inf before you sort.
#
# </details>
#
# <details><summary>Hint 3 of 4</summary>
#
# The rank of each node: `received.argsort(dim=1, descending=True).argsort(dim=1)`, 0 for the largest.
#
# </details>
#
# <details><summary>Hint 4 of 4, nearly the solution</summary>
#
# Kept is what is live, and ranks below the number or is protected. Protected nodes are kept in addition.
#
# </details>

# %% [markdown]
# **See it work.** Forty nodes, four layers, and three that must stay.

# %%
g = runtime.seed(0)
live, always = torch.ones(1, 40), torch.zeros(1, 40)
always[0, :3] = 1.0
for layer in range(1, 5):
    live = prune(torch.rand(1, 40, generator=g), live, always, 0.6)
    print(f"after layer {layer}: {int(live.sum())} nodes, edges cost {float(live.mean()) ** 2:.0%} of what they did")

# %% [markdown] tags=["exercise:f2-verification"]
# ## Exercise 8 · Is the evidence true, and does the answer follow?
#
# **2 points** · stretch · difficulty ●●○○○ (2 of 5) · about 8 minutes · define `f2_score(evidence, known, plausible, faithful, gamma)`

# %% [markdown]
# In chain-of-knowledge prompting a model writes its evidence as triples, and F2-verification asks two questions: is the evidence *factual*, and is the answer
# *faithful* to it? A triple of the graph has factuality 1; any other has the degree that `plausible` gives it, or 0. With the faithfulness already measured,
#
# $$C=\gamma\cdot\frac1n\sum_{i=1}^n f_{\text{fact}}(\tau_i)+(1-\gamma)\,f_{\text{faith}}.$$
#
# Without any evidence the mean counts as 0. What the model wrote twice counts twice.


# %% nbgrader={"grade": false, "grade_id": "f2-verification", "locked": false, "schema_version": 3, "solution": true, "task": false}
def f2_score(evidence, known, plausible, faithful, gamma):
    """The F2 score of a model's evidence.

    evidence   a list of n triples, tuples of three strings; perhaps none
    known      a set: the triples of the graph
    plausible  a dict: triple -> its degree of plausibility, between 0 and 1
    faithful   a number between 0 and 1
    gamma      the weight of the facts, between 0 and 1
    returns    a number
    """
    ### BEGIN SOLUTION
    factual = [1.0 if triple in known else plausible.get(triple, 0.0) for triple in evidence]
    mean = sum(factual) / len(factual) if factual else 0.0
    return gamma * mean + (1 - gamma) * faithful
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "f2-verification-check", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false} tags=["check:f2-verification"]
check("f2-verification", f2_score)

# %% [markdown] tags=["hints:f2-verification"]
# <details><summary>Hint 1 of 4</summary>
#
# A triple of the graph has factuality 1. For another one, `plausible.get(triple, 0.0)`.
#
# </details>
#
# <details><summary>Hint 2 of 4</summary>
#
# The factuality of the evidence is the mean over its triples, as they were written.
#
# </details>
#
# <details><summary>Hint 3 of 4</summary>
#
# Without any triple there is nothing to take the mean of: it counts as 0.
#
# </details>
#
# <details><summary>Hint 4 of 4, nearly the solution</summary>
#
# C = gamma * mean + (1 - gamma) * faithful
#
# </details>

# %% [markdown]
# **See it work.** A right chain, one with an invented capital, and one without evidence.

# %%
right = [("Peru", "borders", "Chile"), ("Chile", "capital", "Santiago")]
for evidence in (right, [right[0], ("Chile", "capital", "Valparaiso")], []):
    print(f"{f2_score(evidence, set(triples), {}, 0.8, 0.5):.2f}  {evidence}")

# %% [markdown] tags=["exercise:prompt-weights"]
# ## Exercise 9 · Which prompt says it best?
#
# **3 points** · stretch · difficulty ●●○○○ (2 of 5) · about 9 minutes · define `prompt_weights(log_h, log_t, alpha, tau)`

# %% [markdown]
# BertNet turns the question round: which facts does a *language model* hold? It asks with several prompts, "{h} is the capital of {t}", "{t} is governed from {h}", and
# trusts those most that fit a few pairs it was given. For a pair under a prompt,
#
# $$f=\alpha\,\big(\log P(h\mid p)+\log P(t\mid p,h)\big)+(1-\alpha)\min\big(\log P(h\mid p),\ \log P(t\mid p,h)\big),$$
#
# so that one weak half counts more. The weight of prompt $i$ is the softmax, over prompts, of its mean $f$ over the seed pairs divided by the temperature $\tau$.


# %% nbgrader={"grade": false, "grade_id": "prompt-weights", "locked": false, "schema_version": 3, "solution": true, "task": false}
def prompt_weights(log_h, log_t, alpha, tau):
    """How much each prompt counts.

    log_h, log_t  (k, S) log P(h | p) and log P(t | p, h) of S seed pairs under k prompts
    alpha         the weight of the joint likelihood, between 0 and 1
    tau           the temperature, above 0
    returns       (k,) weights, positive, 1 in sum
    """
    ### BEGIN SOLUTION
    f = alpha * (log_h + log_t) + (1 - alpha) * torch.minimum(log_h, log_t)  # (k, S)
    return (f.mean(1) / tau).softmax(0)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "prompt-weights-check", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false} tags=["check:prompt-weights"]
check("prompt-weights", prompt_weights)

# %% [markdown] tags=["hints:prompt-weights"]
# <details><summary>Hint 1 of 4</summary>
#
# First the compatibility of each pair with each prompt: f = alpha (log_h + log_t) + (1 - alpha) min(...).
#
# </details>
#
# <details><summary>Hint 2 of 4</summary>
#
# `torch.minimum(log_h, log_t)` takes the smaller one, pair by pair.
#
# </details>
#
# <details><summary>Hint 3 of 4</summary>
#
# The mean over the seed pairs is one number a prompt, (k,); divide it by tau.
#
# </details>
#
# <details><summary>Hint 4 of 4, nearly the solution</summary>
#
# `.softmax(0)` over the prompts.
#
# </details>

# %% [markdown]
# **See it work.** Three prompts and four seed pairs; the third prompt says nothing about tails.

# %%
log_h = torch.log(torch.tensor([[0.2, 0.3, 0.2, 0.4], [0.3, 0.2, 0.2, 0.2], [0.6, 0.7, 0.5, 0.6]]))
log_t = torch.log(torch.tensor([[0.5, 0.6, 0.4, 0.7], [0.3, 0.3, 0.2, 0.4], [0.02, 0.01, 0.03, 0.02]]))
for tau in (0.3, 1.0, 5.0):
    print(f"tau {tau}:", [round(w, 2) for w in prompt_weights(log_h, log_t, 2 / 3, tau).tolist()])

# %% [markdown] nbgrader={"grade": false, "grade_id": "open-task", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": true}
# ## Open task · A graph of your own (6 points, 25 minutes)
#
# Take a table or a text that you know: a timetable, a family, the courses of a faculty and what they require, a team's matches, the parts of a machine. Or take
# the Factbook's graph (`llmcourse.knowledge.factbook`) and add a relation to it from the passages of `data.countries()`, and say so.
#
# 1. Write a schema of at least four relations with the types of their heads and tails, then at least 60 triples with labels
#    (`llmcourse.knowledge.Graph`). Show what `violations()` finds, and what you did about it.
# 2. Write three questions that need the graph: one with two hops, one with three, and one that asks for a number or for what is *missing*. Answer each with a query
#    (`solve` or `Sparql`), and show the path, or why there is none.
# 3. Leave out a tenth of the triples at random (`without`), five times. How often is each answer still right, and what does a wrong one look like?
# 4. Ask a language model (`models.load()`) the same three questions, closed book and with the triples in the prompt (`llmcourse.knowledge.triples`). In three
#    sentences: which question needed the graph most, and what would a text have done as well?
#
# Work in the cell below and in as many of your own as you like, code and text, all below this one. They are marked by hand, with the outputs that you
# leave in the notebook: the grader does not run them.
#
# === BEGIN MARK SCHEME ===
#
# - 1 point: a schema whose domains and ranges say something, and 60 triples that fit it; violations shown.
# - 2 points: three questions of the kinds asked for, each answered by a query with its path or the reason why there is none.
# - 1 point: the answers with a tenth left out, counted over five draws, and one wrong answer explained by the triple that is missing.
# - 1 point: the model's answers with and without triples on the same questions.
# - 1 point: the conclusion follows from the counts.
#
# === END MARK SCHEME ===

# %% tags=["open-task"]
from llmcourse.knowledge import solve, without
from llmcourse.knowledge.factbook import factbook

graph = factbook()  # an example: the Factbook's graph, and a question that needs three triples
asked = [("?c", "capital", "city:Lima"), ("?c", "borders", "?n"), ("?n", "currency", "?money")]
answers = lambda graph: sorted({graph.label(s["?money"]) for s in solve(graph, asked)})
print("money around the country whose capital is Lima:", answers(graph))
for seed in range(5):
    print("with a tenth left out:", answers(without(graph, 0.1, runtime.seed(seed))))

# %% tags=["save"]
from llmcourse import work

work.save()
