# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 15 · Knowledge graphs
#
# Which money do you need around the country whose capital is Lima? No paragraph of the Factbook says so. One says that Lima is the capital of Peru, one whom Peru borders, five with what those
# countries pay. A retriever finds the first, since it mentions Lima, and has no reason to find the others. Write each fact as a *triple* instead, (Peru, capital, Lima), and the question becomes three steps through a graph. This lecture
# walks that graph, lets language models read it, learn from it and be corrected by it, and finally lets a language model write one.

# %% [markdown] tags=["badge"]
# about 90 minutes · builds on 12 Retrieval-augmented generation

# %% [markdown] tags=["preview"]
# ![What is the currency of a country that borders the country whose capital is Lima? The path starts at Lima: capital, backwards to Peru, then borders to Chile, then currency to Chilean pesos.](pictures/15_knowledge.webp)
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
    package = f"llmcourse[data,sparql] @ {source}"
    if subprocess.call([sys.executable, "-m", "pip", "install", "-q", package]):
        raise ModuleNotFoundError("The course could not be installed. Is there a network? Then run this cell again.")

# %% [markdown]
# **After this lecture you can**
#
# - read triples from three formats, and ask a graph by patterns, in SPARQL, and by a plan of steps;
# - say what ERNIE hides, and why a name must be hidden as a whole;
# - derive graph attention with relations, and say how many rounds a question of three steps needs;
# - explain what QA-GNN's question node and relevance, and JointLK's dense attention and pruning, are for;
# - let a model write evidence, check it against a graph, and say what a graph with gaps may call false;
# - plan relation paths, follow them, and tell a *faithful* answer from a *right* one;
# - complete a graph with a language model (COMET), and harvest one from it (BertNet), and measure both;
# - compare closed book, long context, retrieval and graph on the same questions.
#
# The letters: a triple $(h,r,t)$ of head, relation and tail; $r^{-1}$ (written `^r`) the same step backwards; question $q$, answer $a$, plan $z=(r_1,\dots,r_l)$.

# %%
import torch
from llmcourse import models, records, runtime
from llmcourse.figures import quiz, show_source
from llmcourse.knowledge import (
    Sparql,
    around,
    follow,
    formats,
    gat,
    iri,
    jointlk,
    masking,
    paths,
    qagnn,
    query,
    reasoning,
    solve,
)
from llmcourse.knowledge import comet, triples
from llmcourse.knowledge import graph_experiments as readers
from llmcourse.knowledge import live_experiments as live
from llmcourse.knowledge import reading_experiments as systems
from llmcourse.knowledge.factbook import factbook
from llmcourse.knowledge.lecture_15 import claims, pictures, tables
from llmcourse.knowledge.questions import questions, sample
from llmcourse.knowledge.samples import sample as file
from llmcourse.records import trials

graph = factbook()
print(f"{len(graph):,} triples, {len(graph.entities):,} entities; {runtime.describe()}")
print(", ".join(f"{relation} {count:,}" for relation, count in graph.relations.items()))

# %% [markdown]
# ## Walk first
#
# Nothing but triples, found from either end. At each station you see what leads away from it (at most three of a kind); the black one is where the walk goes on. Go along.

# %% tags=["hide-input"]
# @title Explorer: a walk
stations = ["city:Lima", "country:Peru", "country:Chile", "country:China", "country:Nepal", "peak:Mount Everest"]
pictures.walk(graph, [s for s in stations if s in graph.entities])

# %% [markdown]
# The question from the beginning is a walk of three steps, the first one against its arrow:

# %% tags=["pictured", "hide-input"]
# @title Figure: the question as a walk
plan = ("^capital", "borders", "currency")
walked = next(p for p in follow(graph, "city:Lima", plan) if p.entities[2] == "country:Chile")
pictures.answered_by_walking(
    graph, "What is the currency of a country that borders the country whose capital is Lima?", walked
)

# %% [markdown]
# ## Ask: patterns, joins, SPARQL
#
# A *pattern* is a triple with variables. Several patterns that share a variable are a *join*: a solution gives every variable one value, so that all patterns become triples of the graph. The definition tries the pattern first of which most is known:

# %% tags=["hide-input"]
# @title Source
show_source(query._solve)

# %%
asked = [("?country", "capital", "city:Lima"), ("?country", "borders", "?n"), ("?n", "currency", "?money")]
by_hand = solve(graph, asked)
engine = Sparql(graph)
in_sparql = engine(
    f"SELECT ?n ?money WHERE {{ ?c r:capital {iri('city:Lima')} . ?c r:borders ?n . ?n r:currency ?money }}"
)
a_path = engine(f"SELECT ?money WHERE {{ {iri('city:Lima')} ^r:capital/r:borders/r:currency ?money }}")
by_plan = paths.reached(graph, "city:Lima", plan)
same = (
    {s["?money"] for s in by_hand} == {s["?money"] for s in in_sparql} == {s["?money"] for s in a_path} == set(by_plan)
)
print("money:", ", ".join(graph.label(e) for e in by_plan))
print("by join, in SPARQL, as a SPARQL path and by following a plan, the same:", same)

# %% [markdown]
# Five neighbours, four kinds of money: the graph has no currency of Ecuador. What it lacks it can't answer, and it does not say so.
#
# What can a graph say that text can't? It has a *schema*: a capital leads from a country to a city. A triple that leads from a city to a country is wrong before anybody looks it up.

# %%
odd = graph.replaced([*list(graph)[:5], ("city:Lima", "capital", "country:Peru")])
print(next(odd.violations()))

# %% [markdown]
# ## Where graphs come from
#
# **Wikidata** gives each entity a number and publishes JSON or N-Triples, **DBpedia** takes names from Wikipedia's boxes and publishes Turtle, **ConceptNet** says what everybody knows (a dog can bark) as lines with tabs. The real files have a hundred
# million lines and more, so they are read as a stream, and a line that is broken is counted, named and skipped. Here are a few facts in each of the original formats, each with something wrong in it on purpose.

# %%
readings = [
    reader(file(name))
    for reader, name in (
        (formats.wikidata_dump, "wikidata.json"),
        (formats.n_triples, "wikidata.nt"),
        (formats.turtle, "dbpedia.ttl"),
        (formats.conceptnet, "conceptnet.csv"),
    )
]
small = [formats.graph(reading) for reading in readings]

# %% tags=["hide-input"]
# @title Table: formats
tables.formats(readings)

# %% [markdown]
# ## A model that knows names: ERNIE
#
# A masked language model learns by filling gaps. Hide *J.* and *Rowling*, leave *K.*: the gap is filled from its neighbours, without any idea who wrote Harry Potter. ERNIE hides what belongs together: first single tokens, then whole phrases, then whole **entities**. Then the gap can be
# filled only by who knows the fact. At every level 15 per cent of the tokens are hidden; below more, so that you see something.

# %%
sentence = [
    "Harry",
    "Potter",
    "is",
    "a",
    "series",
    "of",
    "fantasy",
    "novels",
    "written",
    "by",
    "British",
    "author",
    "J.",
    "K.",
    "Rowling",
]
phrases, entities = [(3, 6), (6, 8)], [(0, 2), (12, 15)]
hidden = masking.ernie_masks(len(sentence), phrases, entities, 0.3, runtime.seed(54))

# %% tags=["hide-input"]
# @title Table: masks
tables.masks(sentence, {name: row.tolist() for name, row in hidden.items()})

# %% [markdown]
# Does it help? A masked model learned 180 facts, each in three wordings, with one kind of masks or the other, for as many steps; a third of the countries never showed their facts in the third wording, and there the whole name is hidden and asked for. A record:

# %%
masks = records.load("15_masks")
print(records.made(masks))

# %% tags=["hide-input"]
# @title Figure: masks
pictures.masks(masks)

# %% [markdown]
# Three seeds, 45 names: the bars can't be told apart. Few names are recalled whole by either model. What does differ is how likely the right pieces are, one by one (the claims at the end have the number); whether that becomes recall with more training, this record can't say.
#
# Later versions add tasks. ERNIE 2 shuffles the parts of a text and asks for the order; ERNIE 3 puts a triple in front of a sentence that says it, and hides once the relation, which the sentence tells, once the name, which the triple tells:

# %%
fact = next(t for t in graph if t.head == "country:Peru" and t.relation == "capital")
for given, wanted in masking.masked_triple(graph, fact, "Spaniards founded Lima in 1535."):
    print(f"{given}   ->   {wanted}")
print(masking.reordered([[1, 2], [3], [4, 5]], runtime.seed(1)))

# %% [markdown]
# ## A network that reasons on the graph
#
# A question with eight answers to choose from, and the part of the graph between them: who reads that? **Graph attention** lets every node gather from its neighbours, each weighted by how well both fit:
#
# $$e_{st}=\text{LeakyReLU}\big(a_s\cdot Wx_s+a_t\cdot Wx_t\big),\qquad \alpha_{st}=\text{softmax of } e_{st}\text{ over the edges that end at } t,\qquad x'_t=\sum_s\alpha_{st}\,Wx_s.$$
#
# A message goes one step a round. What is three steps away needs three rounds:

# %%
line = torch.eye(5)  # five nodes in a row; each says its own name
source, target = gat.with_loops(torch.arange(4), torch.arange(1, 5), 5)
torch.manual_seed(0)
layer = gat.GraphAttention(5, 5)
layer.lin.weight.data = torch.eye(5)
for rounds in range(1, 5):
    line = layer(line, source, target).detach()
    print(f"after {rounds} rounds the last node has heard of nodes", [i for i in range(5) if line[4, i] > 1e-6])

# %% [markdown]
# **QA-GNN** adds what questions need.
#
# - *The question is a node*, $z$, joined to its topic and to the choices: it speaks and listens like the others.
# - *Relevance.* A language model says how much each node has to do with the question, and attention knows it: $\rho_t$.
# - *Relations.* A message knows over which relation it came, and between which kinds of nodes: $r_{st}=f_r(e_{st},u_s,u_t)$.
#
# $$m_{st}=f_m(h_s,u_s,r_{st}),\qquad q_s=f_q(h_s,u_s,\rho_s),\qquad k_t=f_k(h_t,u_t,\rho_t,r_{st}),\qquad
# h'_t=f_n\Big(\sum_{s}\alpha_{st}\,m_{st}\Big)+h_t$$
#
# with $\alpha_{st}$ the softmax of $q_s\cdot k_t/\sqrt d$ over the nodes $t$ to which $s$ speaks. You write attention with relations in exercise 6; here is what surrounds it.

# %% tags=["hide-input"]
# @title Source
show_source(qagnn.working)

# %% [markdown]
# **JointLK** goes further: not one vector of the question, but every token attends to every node, and every node to every token. With affinities $S_{ij}=w\cdot[t_i;\,g_j;\,t_i\odot g_j]$,
#
# $$\hat t_i=\sum_j\text{softmax}_j(S_{ij})\,g_j,\qquad \hat g_j=\sum_i\text{softmax}_i(S_{ij})\,t_i,$$
#
# and both sides are fused with what they read. A node that no token attends to has nothing to do with the question: after each round the share that received least is **pruned**.
# You write the pruning in exercise 7.

# %% tags=["hide-input"]
# @title Source
show_source(jointlk.JointAttention)

# %% [markdown]
# Now the comparison, small enough to run while you read: questions of one to three steps, about countries on which no reader was trained. The controls are the same network without any edge, and the same without relevance.

# %%
steps, most = runtime.pick(full=(90, 1), smoke=(2, 40))
vectors = readers.Vectors()
train, test = (readers.prepared(graph, part, vectors, every=most * n) for part, n in (("train", 2), ("test", 2)))
arms = ("no graph", "GNN", "QA-GNN", "JointLK")
networks = {arm: readers.learn(arm, train, steps, 0, 1e-2) for arm in arms}
right = {arm: readers.right(network, test) for arm, network in networks.items()}
hops = [a.hops for a in test]

# %% tags=["hide-input"]
# @title Table: compared
tables.compared(right, hops)

# %%
left = readers.left(networks["JointLK"], test)
print(
    f"JointLK: {sum(len(a.graph.x) for a in test) / len(test):.0f} nodes a question; left after each round:",
    [f"{x:.0%}" for x in left],
)

# %% [markdown]
# A minute of training says that edges matter, and no more: 90 questions, one seed. The record has 180 questions, three seeds, a searched learning rate, and two more arms: a reader that gets the same triples as *sentences*, in as many rounds but without structure, and JointLK that keeps all nodes.

# %%
trained = records.load("15_readers")
print(records.made(trained))
print("best learning rate inside the range searched:", ", ".join(trials.bracketed(trained["tried"], trained["rates"])))

# %% tags=["hide-input"]
# @title Figure: by hops
pictures.by_hops(trained, readers.ARMS)

# %% [markdown]
# Three things to read off, and one to keep in mind.
#
# - *The same facts as sentences are worth no more here than no facts at all.* What belongs to what has to be learned there from vectors of sentences; an edge says it.
# - *Relevance brings nothing here.* These subgraphs have 25 nodes at most, all on paths from the topic to a choice: there is little that does not matter.
# - *Tokens that attend to nodes bring much, and pruning takes it away again.* JointLK that keeps all nodes is best at every number of steps. With pruning it keeps most nodes, and loses questions all the same: one node of a path is enough.
# - All but QA-GNN were best at the smallest learning rate that was tried. A wider search might move them, not least the two that learned least.
#
# The controls with wrong graphs (edges left out, false ones added, shuffled) stand ready in `graph_experiments.record_damage`; they have not been run.
#
# ## Triples in the prompt
#
# The simplest use needs no new network. Link the names in the question to entities, take the triples around them, rank them by how well they fit, and put as many as a budget holds in front of the question (the survey of Peng et al. calls it graph retrieval).

# %%
place = systems.region("South America", runtime.pick(full=4, smoke=1))
example = place.questions[-1]
found = triples.retrieved(
    place.graph, example.text, place.entities(example.text), vectors, 60, lambda text: len(text.split()), hops=3
)
best = example.paths[0]
nearby = around(place.graph, [example.topic], 3, most=14)

# %% tags=["hide-input"]
# @title Figure: evidence
pictures.evidence(place.graph, example.text, nearby, best, place.found(example.text, 4), found)

# %% [markdown]
# ## Evidence that can be checked: chain of knowledge
#
# A chain of thought is prose, and nobody can check it by machine. *Chain-of-knowledge* prompting asks for **evidence triples** first, then a hint in words, then the answer. Triples can be checked. F2-verification asks two things of a chain, is the evidence *factual*, and is the answer *faithful* to it,
#
# $$C=\gamma\cdot\frac1n\sum_i f_{\text{fact}}(\tau_i)+(1-\gamma)\,f_{\text{faith}},$$
#
# and below a threshold the wrong triples are replaced by the graph's, and the model is asked again. You write $C$ in exercise 8. But what may a graph call false? Take true triples, give three in ten another tail, and check them against a graph from which ever more is missing.

# %%
evidence = live.corrupted(
    graph, [t for t in graph if t.relation in ("capital", "currency", "highest_point")], 0.3, runtime.seed(0)
)
missing = (0.0, 0.1, 0.2, 0.3, 0.4)
caught = {m: live.caught(graph, evidence, m, runtime.seed(1)) for m in missing}

# %% tags=["hide-input"]
# @title Figure: world
pictures.world(caught)

# %% [markdown]
# In a **closed world** what the graph does not have is false. It catches everything, and every gap becomes a false alarm. In an **open world** only a contradiction counts: a country has one capital, and another one is known. No true triple is accused, and what falls into a gap passes. There is no third curve: a graph that does not know can't tell.
#
# ## Reasoning on graphs
#
# Let the model say *how* to find the answer, and let the graph say what is found. A **planner** $P(z\mid q)$ writes relations; every step that is then walked is a triple of the graph:
#
# $$P(a\mid q)=\sum_z P(a\mid q,z,G)\,P(z\mid q).$$
#
# It learns from questions with answers alone: the relation paths of the shortest paths between topic and answer are its targets. You write the retrieval along a plan in exercise 4. The two examples of the slides, with the triples that they need:

# %%
shown, printed = reasoning.printed()
for e in printed:
    retrieved = reasoning.retrieve(shown, e.topic, [(e.plan, 0.0)])
    print(e.question)
    for path, _ in retrieved.paths:
        print("   ", path.text(shown))
    votes = reasoning.vote(retrieved.paths)
    print("    answers:", ", ".join(f"{shown.label(a)} {p:.2f}" for a, p, _ in votes), "| printed:", e.answer)

# %% [markdown]
# The second question shows what a plan can't do: both stadiums hang on the same relation of the graph, so both are answers, at even odds. In the paper the *reader*, a language model, picks Busch Stadium, from what it knows besides. A path makes an answer checkable; it does not make the graph right.
#
# Now a planner of our own, trained on other questions, and asked about countries that it has not seen: in the wording that it knows, in another one, and for plans that it has never written.

# %%
learned = sample([q for q in questions() if q.split == "dev" and not q.new_plan], runtime.pick(full=400, smoke=24))
planner = systems.train_planner(learned, runtime.pick(full=250, smoke=3), vectors)
tested = {
    "plans of training": [q for q in questions(0) if q.split == "test" and not q.new_plan],
    "the same in other words": [q for q in questions(1) if q.split == "test" and not q.new_plan],
    "plans that are new": [q for q in questions(0) if q.split == "test" and q.new_plan],
}
planning = {}
for kind, some in tested.items():
    some = sample(some, runtime.pick(full=90, smoke=3))
    planning[kind] = live.planned(planner, graph, some, vectors([q.text for q in some]))

# %% tags=["hide-input"]
# @title Table: planning
tables.planning(planning)

# %% [markdown]
# Look at the last column, and then at the one before it. **Faithful is not right.** Whatever answer comes out has a path that exists and leads to it, since nothing else can come out. In other words the planner is often wrong, and where none of its plans leads anywhere there is no answer: that is honest. (An answer can be right although the likeliest plan is not: three plans vote.)
# Plans that are new it can't write at all; it writes one that it knows, follows it faithfully, and mostly answers another question.
#
# ## A model that writes the graph: COMET
#
# The other direction. COMET trains a language model on triples as text, "Peru > region > South America", with the loss on the tail alone, and lets it complete pairs that it has not seen. Here a small GPT learns four relations of the Factbook from its letters; a fifth is left out altogether.

# %% tags=["hide-input"]
# @title Source
show_source(comet.split, comet.loss)

# %%
some = graph.replaced(
    t for t in graph if t.relation in ("region", "currency", "capital", "borders", "official_language")
)
made = live.completed(some, "official_language", runtime.pick(full=180, smoke=2), runtime.pick(full=24, smoke=2))

# %% tags=["hide-input"]
# @title Table: completed
tables.completed(made)

# %% [markdown]
# The measure that counts is the second in the caption: the commonest tails of a relation, without any model. Half a minute of training does not reach it. The model has learned how names look, what some relations are about, and a few that are common. Of the relation that it never saw it knows nothing: it fills in tails of others.
# COMET's plausible new facts come from what GPT had read before it was tuned; this model has read nothing else.
#
# ## A graph out of a model: BertNet
#
# No graph at all: give a model a relation as a prompt and a few pairs, and harvest. Prompts are paraphrased, each gets a weight by how well it fits the known pairs, and a pair is as good as all prompts agree that it is:
#
# $$f(h,t,p)=\alpha\,\log P(h,t\mid p)+(1-\alpha)\min\big(\log P(h\mid p),\ \log P(t\mid p,h)\big),\qquad \text{consistency}=\sum_i w_i\,f(h,t,p_i).$$
#
# You compute the weights in exercise 9. No pair scores more than its head alone, so the search stops long before it has looked at all pairs. SmolLM2, capitals, candidates from the Factbook:

# %%
model = models.load()
n = runtime.pick(full=12, smoke=5)
countries = [t.head for t in graph if t.relation == "capital"][20:200][:: 180 // n][:n]
cities = [graph.out(h)["capital"][0] for h in countries]
prompts = live.PROMPTS[: runtime.pick(full=3, smoke=2)]
harvest = live.harvested(model, graph, "capital", countries, cities, [(0, 0), (1, 1)], n - 2, prompts)

# %% tags=["hide-input"]
# @title Table: harvested
tables.harvested(harvest, prompts)

# %% [markdown]
# The weights are nearly equal, since all three prompts fit the known pairs about as well; then weighted is little else than all alike. And ten pairs decide nothing: the claim below says so.

# %% [markdown]
# ## One table for part III
#
# The same questions, put to everything that the course has for them. One region of the world, small enough that its whole text fits into a prompt; the graph says what the text says. All systems see the same four examples, from a made-up world, in their own form. A later module adds a row
# by adding a function to `systems.SYSTEMS`. First three of the systems, three questions, while you watch:

# %%
few = {name: systems.SYSTEMS[name] for name in ("3 passages", "triples", "paths of a plan, read")}
now = systems.measured(few, ("South America",), 1)

# %% tags=["hide-input"]
# @title Table: answers
tables.answers(now, now["hops"].index(1))

# %% [markdown]
# All systems on all questions take longer than a lecture. A record:

# %%
reading = records.load("15_reading")
print(records.made(reading))

# %% tags=["hide-input"]
# @title Figure: systems
pictures.systems(reading)

# %% tags=["hide-input"]
# @title Table: conclusions
tables.conclusions(reading)

# %% [markdown]
# Read the rows from the top.
#
# - *The model knows next to nothing.* Closed book, reasoning and chain of knowledge get almost no answer right: the examples come from a made-up world, and what it writes is mostly made up as well.
# - *The whole text does not help it.* Everything is there, and not one answer is right; a model of this size does not find it in a thousand tokens.
# - *One passage is read, for one step.* With three, or with all triples around, more stands there than it can sort. Of what needs two steps hardly anything comes out right.
# - *Paths of a plan* leave it nothing to join and little to sort: most answers are right at two steps too. The planner was trained on questions in exactly these words, about other parts of the world; what other words do to it you saw above.
# - *Voted* is right every time, without a language model. That says how regular these questions are: a plan fits each of them. Nobody's own questions are like that.
#
# One of the questions, answer by answer:

# %% tags=["hide-input"]
# @title Table: answers
tables.answers(reading, reading["hops"].index(2))

# %% [markdown]
# Most systems say again what the question says. Even where the triples of the right path stand in the prompt the model does not read to their end.

# %% [markdown]
# ## What became of the claims

# %% tags=["hide-input"]
# @title Claims: verdicts
claims.verdicts(masks, trained, reading["rows"], planning, caught, made, harvest)

# %% [markdown]
# ## Errata
#
# - *Slide "RoG", second example:* the second path ends at "Rogers Place Stadium". Rogers Place is an ice hockey arena in Edmonton; the script in the authors' repository has Roger Dean Stadium, where the Cardinals train in spring. Either way the graph gives two stadiums, and the plan can't choose.
# - *Slide "RoG":* the names of relations are printed with dots only (`government.form.of.government.countries`); Freebase writes `government.form_of_government.countries`, and so does the example script in the authors' repository. Dots separate domain, type and property there, so the printed form has no meaning in Freebase.
# - *Slide "COMET":* it tuned GPT, not GPT-2: Bosselut et al. (2019) start from the model of Radford et al. (2018), and their set-up script fetches its weights, from `openai/finetune-transformer-lm`.
#
# ## To remember
#
# - A fact with one form can be joined, counted and checked. A join answers what no passage says.
# - Hide what belongs together, or the gap is filled from its neighbours.
# - A message goes one step a round: as many rounds as steps, or a node that is joined to both ends.
# - The graph decides what can be found, the plan decides what is asked. Faithful means that the path exists, and no more.
# - What a graph lacks is not false. Only a contradiction is evidence against a triple.
# - Measure a model that completes graphs against the commonest answer, and a harvest against a graph that it has not seen.

# %% tags=["hide-input"]
# @title Question
quiz("15-join")

# %% tags=["hide-input"]
# @title Question
quiz("15-layers")

# %% tags=["hide-input"]
# @title Question
quiz("15-open-world")

# %% tags=["hide-input"]
# @title Question
quiz("15-faithful")

# %% [markdown]
# ## References
#
# - Hogan et al. *Knowledge graphs.* 2021. [arXiv:2003.02320](https://arxiv.org/abs/2003.02320). Vrandečić, Krötzsch. *Wikidata: a free collaborative knowledgebase.* 2014. Lehmann et al. *DBpedia.* 2015. Speer et al. *ConceptNet 5.5.* 2017. [arXiv:1612.03975](https://arxiv.org/abs/1612.03975)
# - Sun et al. *ERNIE: enhanced representation through knowledge integration.* 2019. [arXiv:1904.09223](https://arxiv.org/abs/1904.09223). *ERNIE 2.0.* 2020. [arXiv:1907.12412](https://arxiv.org/abs/1907.12412). *ERNIE 3.0.* 2021. [arXiv:2107.02137](https://arxiv.org/abs/2107.02137)
# - Veličković et al. *Graph attention networks.* 2018. [arXiv:1710.10903](https://arxiv.org/abs/1710.10903)
# - Yasunaga et al. *QA-GNN: reasoning with language models and knowledge graphs for question answering.* 2021. [arXiv:2104.06378](https://arxiv.org/abs/2104.06378)
# - Sun et al. *JointLK: joint reasoning with language models and knowledge graphs for commonsense question answering.* 2022. [arXiv:2112.02732](https://arxiv.org/abs/2112.02732)
# - Wang et al. *Boosting language models reasoning with chain-of-knowledge prompting.* 2023. [arXiv:2306.06427](https://arxiv.org/abs/2306.06427)
# - Peng et al. *Graph retrieval-augmented generation: a survey.* 2024. [arXiv:2408.08921](https://arxiv.org/abs/2408.08921)
# - Luo et al. *Reasoning on graphs: faithful and interpretable large language model reasoning.* 2024. [arXiv:2310.01061](https://arxiv.org/abs/2310.01061)
# - Bosselut et al. *COMET: commonsense transformers for automatic knowledge graph construction.* 2019. [arXiv:1906.05317](https://arxiv.org/abs/1906.05317)
# - Hao et al. *BertNet: harvesting knowledge graphs with arbitrary relations from pretrained language models.* 2022. [arXiv:2206.14268](https://arxiv.org/abs/2206.14268)

# %% [markdown] tags=["next"]
# **Now write it yourself:** [lab 15](../work/15_knowledge/15_lab.ipynb), about 120 minutes. **At the end:** [All three parts on the same questions](16_capstone.ipynb).
