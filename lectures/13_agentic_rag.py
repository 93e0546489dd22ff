# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 13 · Retrieval that decides for itself
#
# The chain of lecture 12 does the same for every question: search once, put what was found in front, read. It searches for "what is the opposite of hot", where no passage can help. It searches once for
# "the holiday of the country whose highest point is Tahat", where the passage with the answer speaks of Algeria, and the question does not. And it reads whatever came first, right or not. Seven papers put a decision at one of these
# places. You will meet each as a few lines of code, follow its steps on real questions, and then see all of them answer the same questions with the same reader.

# %% [markdown] tags=["badge"]
# about 75 minutes · builds on 12 Retrieval-augmented generation

# %% [markdown] tags=["preview"]
# ![Six decisions in a row, each with the systems that take it: search at all? Self-RAG, Adaptive-RAG; for what? Shao et al.; what of it is any good? CRAG, Self-RAG; which passages, in which order? bridge, RAPTOR; which answer is supported? Self-RAG, speculative RAG; search again? Shao et al., Adaptive-RAG.](pictures/13_agentic_rag.webp)
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
# - say of seven systems what each decides, from what, and who trained the part that decides;
# - let the answer of one round ask the next search, and say when that can't help;
# - turn reflection tokens into a segment's score, and compute it by hand;
# - set CRAG's two thresholds on data of their own, and explain why a good evaluator makes them meet;
# - draw the frontier of accuracy and cost, and judge a classifier by the line between fixed rules;
# - build a tree of clusters by Gaussian mixtures and BIC, and search it under a budget;
# - compare systems fairly: one reader, the same questions, tokens counted, bounds set before.
#
# The letters: question $x$ (the papers also write $q$), passage $d$, answer $y$, a language model $p$.

# %%
from functools import partial

import torch
from llmcourse import models, records, runtime
from llmcourse.agentic_rag import Tools, adaptive, bridge, crag, experiments, iterative, questions, raptor, real
from llmcourse.agentic_rag import self_rag, speculative, threshold_experiments, tuned
from llmcourse.agentic_rag.lecture_13 import claims, pictures, tables
from llmcourse.figures import quiz, show_source
from llmcourse.retrieval.experiments import facts

corpus = facts()
finding, answering = records.load("13_finding"), records.load("13_systems")
print(f"{len(corpus.passages):,} short passages; {runtime.describe()}")
print("without a reader:", records.made(finding))
print("with one:        ", records.made(answering))

# %% [markdown]
# ## Six questions at the joints
#
# Between a question and its answer there are six places at which something can be decided. Lecture 12 fixed all of them: yes, the question itself, everything, as found, the only one, no.

# %% tags=["pictured", "hide-input"]
# @title Figure: decisions
pictures.decisions()

# %% [markdown]
# Every system below is a function `answer(question, corpus, tools)`. It calls its tools (search, read, judge) through a **trace**, which writes down what was asked, what came back, and what it cost. So systems can be compared
# by what they did, and a recorded trace can be replayed without any model.

# %% tags=["hide-input"]
# @title Source
show_source(adaptive.one_step, Tools.call)

# %% [markdown]
# ## The questions, and the reader
#
# Three kinds of questions, each with accepted answers and the passages that hold them:
#
# - **by heart**: "What is the opposite of hot?" No passage says it, and a language model may know it;
# - **one hop**: "What is the capital of Peru?" One passage answers;
# - **two hops**: "When is the national holiday of the country whose highest point is Tahat celebrated?" The first passage tells which country it is, the second one the holiday. The question does not name the country by which the second is found.

# %%
for kind, asked in answering["questions"].items():
    print(f"{kind:<9} {len(asked)} questions, for example: {asked[0]}  ({answering['accepted'][kind][0][0]})")

# %% [markdown]
# The papers build on models that follow instructions. SmolLM2 with 135 million parameters does not: lecture 12 showed how badly it reads, and asked yes or no it answers with the wording of the prompt. So every decision
# gets a **small specialist that was trained for it** on questions about other countries, and the reader is one too: a LoRA of rank 8 on the question, its passages and what to say of them. What it learns to say is the point:
#
# - it names what it has found out, then answers: `Peru: Lima`;
# - from half of the evidence it says the half: `Algeria: unknown`;
# - from passages that do not help it says `unknown`.

# %%
pairs = tuned.examples(corpus, runtime.pick(full=24, smoke=4), seed=0)
for prompt, wanted in pairs[-2:] + pairs[:1]:
    print(f"{prompt}{wanted}")
losses = answering["losses"]
first, last = sum(losses[:5]) / 5, sum(losses[-10:]) / 10
print(
    f"trained for {len(losses)} steps of 4: loss {first:.2f} in the first five, {last:.2f} in the last ten, nats a token"
)
for how, right in answering["gold"].items():
    n = len(answering["questions"]["one hop"])
    one, two = sum(right[:n]) / n, sum(right[n:]) / len(right[n:])
    print(f"from the gold passages, {how}: one hop {one:.2f}, two hops {two:.2f} right")

# %% [markdown]
# So the reader is not the bottleneck on one hop any more, and two hops with everything in front of it are within its reach. What a system loses from here on, it loses by what it gives the reader. (Some answers come out the wrong way round, `Zoran MILANOVIC: Croatia`: they count as wrong, for
# every system alike.)
#
# ## Shao et al.: what was answered asks the next question
#
# One round of reading tells what the next search lacks. In round $t$, with what the model wrote last, $y_{t-1}$:
#
# 1. search: the draft $y_{t-1}$ and the question $x$ together are the query (in the first round: $x$ alone);
# 2. read: put what was found, $D_t$, before the question, and let the model write $y_t$ from it;
# 3. again, a fixed number of rounds.
#
# The draft serves the search. It is not read again: each round begins with the question and fresh passages.

# %% tags=["hide-input"]
# @title Source
show_source(iterative.next_query, iterative.answer)

# %% [markdown]
# The paper's own example, with its passages and the draft that its model wrote. A retriever that counts common words, two passages a round:


# %%
def by_words(inputs):
    """The passages that share most words with each query."""
    cut = lambda text: {word.strip(".,?()") for word in text.lower().split()} - {"the", "a", "at", "is", "of"}
    common = [[(len(cut(query) & cut(text)), -i) for i, text in enumerate(arena)] for query, _ in inputs]
    return [tuple(-i for n, i in sorted(rows, reverse=True) if n)[:k] for rows, (_, k) in zip(common, inputs)]


def as_printed(inputs):
    """What the paper's model wrote: of the wrong arena until it sees the right one."""
    return ["3,677" if "3,677" in " ".join(passages) else questions.ARENA_DRAFT for _, passages in inputs]


arena = [passage.text for passage in questions.ARENA_PASSAGES]
print(iterative.answer(questions.ARENA.text, arena, Tools({"search": by_words, "read": as_printed}), rounds=2, k=2))

# %% [markdown]
# The first answer, 5,948, is wrong, and useful: it names the arena, and so it finds the passage that corrects it.
#
# How much can a second search find at best? Take the reader out of it, and let the draft be right: once it names the country of the best passage, once it quotes that passage.

# %% tags=["hide-input"]
# @title Figure: rounds
pictures.rounds(finding["rounds"], finding["depth"])

# %% [markdown]
# A third round brings nothing more: what a draft leads to is found at once or not at all. And it matters *what* the draft says. On the left the name of the country is enough for most; a quotation carries the
# words of the first hop along, and they lead back to where you were. On the right ("the currency of the only country that borders ...") the best passage is about the country that the question names already, so its name brings nothing; the quotation at least lists its neighbours. An oracle shows that
# the second passage can be found, if somebody says which country it is.
#
# Now with the reader. Step through the trace. It fails: the right passage is the first of three, the reader looks at all three and says that it does not know, and so the second query is the first one with a useless word in front.

# %% tags=["hide-input"]
# @title Explorer: two rounds
names = list(answering["rows"]["one hop"])
traces = {kind: dict(zip(names, each)) for kind, each in answering["traces"].items()}
pictures.walk(traces["two hops"]["iterative"])

# %% [markdown]
# ## Self-RAG: tokens that judge
#
# Asai et al. put the decisions into the vocabulary. A critic labels texts with four kinds of **reflection tokens**; the model is then tuned on the labelled texts, and writes the tokens itself:
#
# | token | it asks | values |
# |---|---|---|
# | Retrieve | is a passage needed before I go on? | yes, no |
# | IsRel | does this passage help? | relevant, irrelevant |
# | IsSup | does the passage say what I say? | fully, partially, no |
# | IsUse | is the answer useful? | 5, 4, 3, 2, 1 |
#
# At the end there is no sampling of tokens, but arithmetic with their probabilities:
#
# 1. retrieve if $p(\text{yes})/(p(\text{yes})+p(\text{no}))$ is above a threshold;
# 2. for each passage $d$ by itself, write a segment $y_t$, and score it
#    $$f(y_t,d)=p(y_t\mid x,d,y_{<t})+\sum_{G}w^G s^G,$$
#    $$s^{\text{rel}}=\frac{p(\text{rel})}{p(\text{rel})+p(\text{irr})},\qquad s^{\text{sup}}=\frac{p(\text{fully})+0.5\,p(\text{partially})}{S},\qquad s^{\text{use}}=\frac{\sum_i v_i\,p(i)}{S},$$
#    with $v=(-1,-\tfrac12,0,\tfrac12,1)$ for utility 1 to 5, and $S$ the sum of the probabilities of the group;
# 3. keep the best beginnings (a beam over segments), and go on.
#
# The weights $w^G$ are chosen at the end, without training: more weight on support, more faithful answers.

# %% tags=["hide-input"]
# @title Source
show_source(self_rag.needs_retrieval, self_rag.support_score, self_rag.utility_score, self_rag.segment_score)

# %%
likely, less = (0.9, 0.1), (0.6, 0.4)
said = self_rag.segment_score(0.4, likely, (0.1, 0.2, 0.7), (0, 0, 0, 0, 1))
backed = self_rag.segment_score(0.3, less, (0.8, 0.2, 0.0), (0, 0, 0, 1, 0))
print(f"more probable, relevant, without support: {said:.2f}; less probable, supported: {backed:.2f}")
for support in (0.0, 0.5, 2.0):
    w = self_rag.Weights(support=support)
    both = (self_rag.segment_score(0.4, likely, (0.1, 0.2, 0.7), (0, 0, 0, 0, 1), w),
            self_rag.segment_score(0.3, less, (0.8, 0.2, 0.0), (0, 0, 0, 1, 0), w))  # fmt: skip
    print(f"weight of support {support:g}: {both[0]:.2f} against {both[1]:.2f}")

# %% [markdown]
# Here specialists take the part of the tokens: *need* and *relevance* are heads on MiniLM's vectors, trained in a second; *support* is the share of the answer's words that the passage contains, and an answer that says "unknown" has
# no use. An answer has one segment, so the beam has length one, and the segment's own probability is left out. What remains is the decision: which of three answers, each from one passage?

# %% tags=["hide-input"]
# @title Figure: segments
pictures.segments(traces["one hop"]["Self-RAG"])

# %% tags=["hide-input"]
# @title Figure: drawn
pictures.drawn(traces["one hop"]["Self-RAG"])

# %% [markdown]
# ## CRAG: correct what was found
#
# Yan et al. leave the reader alone and put an evaluator between search and reading. It gives each passage a score, and two thresholds turn the scores into a verdict:
#
# 1. **correct**, if some score is at least `upper`: cut the passages into strips, keep the good ones, put them together again;
# 2. **incorrect**, if all scores are below `lower`: throw everything away, and ask a second source (the web; here the Factbook of 2015);
# 3. **ambiguous** otherwise: read both.

# %% tags=["hide-input"]
# @title Source
show_source(crag.verdict, crag.strips, crag.recompose)

# %% [markdown]
# The evaluator is a head on $[q\odot d,\ |q-d|]$ of MiniLM's vectors. It has to tell gold passages from the others that a search returns, on countries that it has not seen:

# %%
auc = [run["head"] for run in finding["auc"]]
print("AUC of the head, three seeds:", ", ".join(f"{value:.3f}" for value in auc))
print(f"AUC of the cosine:            {finding['auc'][0]['cosine']:.3f}")

# %% [markdown]
# **Where do the thresholds come from?** The paper sets them by hand, for each data set. A natural rule: `upper` is the lowest cut above which nine of ten searches have found something useful, `lower` the highest below which at most one of ten has. The record that
# measured this found **one and the same number** for both, so that no search is ever ambiguous. An error? Look at both demands at once, on eighty searches, each question once with its passage in the corpus and once without:

# %%
tried = threshold_experiments.measured()
both = [row for rows in tried["dev"].values() for row in rows]
cuts = sorted({row["score"] for row in both})
useful = lambda rows: sum(row["useful"] for row in rows) / max(len(rows), 1)
above = [useful([row for row in both if row["score"] >= cut]) for cut in cuts]
below = [useful([row for row in both if row["score"] < cut]) for cut in cuts]
scores, found_useful = [[row["score"]] for row in both], [[row["useful"]] for row in both]
for trust in (0.8, 0.9, 0.95, 0.98):
    upper, lower = crag.thresholds(scores, found_useful, trust)
    middle = sum(lower <= row["score"] < upper for row in both)
    print(f"trust {trust}: upper {upper:.3f}, lower {lower:.3f}, {middle} of {len(both)} ambiguous")

# %% tags=["hide-input"]
# @title Figure: why they meet
pictures.why_they_meet(cuts, above, below, experiments.TRUST)

# %% [markdown]
# It is no error. `upper` is taken at the low end of the range in which the first demand holds, `lower` at the high end of the range of the second; the better the evaluator, the more these ranges overlap, and where they do, `lower` is held below `upper` and nothing is left between. Only a trust so high that the
# evaluator can't keep it everywhere opens a gap.
#
# That rule asks whether verdicts are *true*. What we want are verdicts that *pay*. A verdict decides what is read, and thresholds decide nothing but the verdict: so run each question three times, once with each verdict forced, and you know what any pair of thresholds
# would do. On dev questions, search all pairs; a word that is read costs 0.002 of an answer. Then judge on test questions.

# %% tags=["hide-input"]
# @title Source
show_source(threshold_experiments.worth, threshold_experiments.searched)

# %%
share = threshold_experiments.DAMAGE
worth = partial(threshold_experiments.worth, tried["test"], share=share)
for strips in threshold_experiments.STRIPS:
    upper, lower, grid = threshold_experiments.searched(tried["dev"], strips, share)
    one = max((u for u, low in grid if u == low), key=lambda u, grid=grid: grid[u, u])
    for how, pair in (("apart", (upper, lower)), ("together", (one, one))):
        on_test = worth(*pair, strips=strips)
        print(f"{strips}, {how}: {pair[0]:.3f} and {pair[1]:.3f}, worth {grid[pair]:.3f} on dev, {on_test:.3f} on test")

# %% tags=["hide-input"]
# @title Figure: all pairs of thresholds
upper, lower, grid = threshold_experiments.searched(tried["dev"], "all strips", share)
pictures.surface(grid, (upper, lower))

# %% [markdown]
# On dev apart can't be worse than together, since the diagonal is among the pairs. On test it is a little better too, with all strips by a few hundredths, with fewer of them hardly. Look where the dot is: the upper threshold is high and the lower nearly zero. Trust only what is almost certain, throw nothing away, and otherwise
# read both: a second source costs a few words here, and a lost passage an answer. Keeping only strips with a high score loses most, because it throws away what the evaluator did not recognise. With forty questions none of this is known to a hundredth.
#
# Now what the paper promises: robustness. On the left, is the answer in what is read, as more and more questions lose their passage? On the right the same with the reader.

# %% tags=["hide-input"]
# @title Figure: robust
pictures.robust(finding["damaged"]["shares"], answering["rows"]["one hop"], answering["gone"])

# %% [markdown]
# This is the clearest gain of the lecture: with the passage gone, nobody but CRAG has anywhere else to look, and its second source, ten years old, answers nearly half of the questions. Be fair to the others, though: what wins is the *second source*, and the evaluator's part is to know when to ask it. With the passages all there, CRAG
# is no worse than three passages at once, and probably better, since the strips that it drops can't distract the reader. On the left, where no reader can be distracted, dropping costs a little.
#
# ## Adaptive-RAG: is it worth a search?
#
# Jeong et al. ask one question before all others: how much retrieval is this question worth? Three classes, A without, B one search, C several. Nobody labels them by hand:
#
# 1. run all three strategies on training questions; the label is the **cheapest one that answered right**;
# 2. where none did, the label is what the data set suggests: B for questions of one hop, C for those of several;
# 3. train a small classifier on the question alone, and let it choose.

# %% tags=["hide-input"]
# @title Source
show_source(adaptive.labels, adaptive.frontier, adaptive.mixed)

# %%
right = torch.tensor([[True, True, True], [False, True, True], [False, False, False], [False, False, False]])
print("labels:", adaptive.labels(right, torch.tensor([False, True, False, True])).tolist())
recognised = finding["classifier"]
for kind in ("none", "one", "several"):
    shares = [sum(run[kind]) / len(run[kind]) for run in recognised]
    print(f"needs {kind:<8} recognised, three seeds: {', '.join(f'{value:.2f}' for value in shares)}")

# %% [markdown]
# Easy: our two-hop questions all say "the country whose", and the classifier needs no more. On questions that people ask it would be harder. What is it worth? A classifier that chooses between two strategies competes with a **coin** that does the same: tossing it gives
# every point on the straight line between them. Only what is above that line was gained by looking at the question.

# %%
points = {name: tables.cost(answering["rows"], name) for name in names}
above_line = claims.above_the_line(answering["rows"], tuple(answering["rows"]))
print(f"Adaptive-RAG over the line between no search and two rounds, at equal tokens: {above_line.told('+.2f')}")

# %% tags=["hide-input"]
# @title Figure: costs
pictures.costs(points, ("closed book", "1 passage", "iterative"))

# %% [markdown]
# The dotted line in the figure is the harder rival: one passage for every question is as good as two rounds for all, at a quarter of the tokens. Adaptive-RAG is above it too. A part of what it gains are the questions by heart, which any passage spoils; they are ten of fifty-four here, and with fewer of them it
# would gain less. CRAG is cheap for another reason: where it finds nothing good, it does not read at all, and says so.

# %% [markdown]
# ## Ke et al.: a bridge between retriever and reader
#
# A retriever ranks by what looks relevant. What helps the reader is another matter: which passages, in which order, how many? So put a small seq2seq model between them that reads the passages found and writes a sequence of their numbers. It is trained on what the reader makes of passages, and neither retriever nor reader changes:
#
# 1. **silver sequences** by greedy search: add the passage with which the reader's score of the right answer grows most, as long as one makes it grow;
# 2. supervised: maximise $\log p(\text{sequence}\mid x,d_1,\dots,d_k)$;
# 3. then by reinforcement: sample sequences, and let the reader's score be the reward.
#
# Ours is a pointer network on MiniLM's vectors, and this lecture uses the first two steps.

# %% tags=["hide-input"]
# @title Source
show_source(bridge.greedy_silver, bridge.Bridge.log_prob)

# %% [markdown]
# Greedy search asks for at most $1+km$ scores where there are about $k!$ sequences. What does it miss? Take made-up scores, in which two passages help only together:

# %%
together = lambda picked: 1.0 * ({0, 1} <= set(picked)) + 0.3 * (2 in picked) - 0.1 * len(picked)
print("greedy:", bridge.greedy_silver(together, 4), " best of all:", bridge.exhaustive(together, 4))

# %% tags=["hide-input"]
# @title Table: silver
tables.silver(answering["silver"], len(answering["silver"]) // 2)

# %% tags=["hide-input"]
# @title Figure: drawn
pictures.drawn(traces["two hops"]["bridge"])

# %% [markdown]
# It saves two fifths of the tokens. Whether it loses answers, forty questions can't tell; it learned from forty silver sequences, which is little, and on one hop it is behind "read the first passage".
#
# ## RAPTOR: a tree of summaries
#
# Some questions have no passage that answers them, since the answer is spread over many. Sarthi et al. cluster the passages of a document, let a model summarise each cluster, cluster the summaries, and so on up:
#
# 1. vectors of all nodes of a layer, in few dimensions (the paper uses UMAP, here principal components);
# 2. a **mixture of Gaussians** by EM; the number of clusters is the one with the least $\text{BIC}=-2\log L+p\log N$;
# 3. a node belongs to *every* cluster with $p(\text{cluster}\mid\text{node})>0.1$: soft clusters;
# 4. summarise each cluster; the summaries are the next layer;
# 5. search: **traversal** (the best $k$ of the top layer, the best $k$ of their children, ...) or **collapsed** (all nodes of all layers at once, best first, until a budget of tokens is full).

# %% tags=["hide-input"]
# @title Source
show_source(raptor.expectation, raptor.maximisation, raptor.bic, raptor.collapsed)

# %%
topics = ("Currency", "National anthem", "Highest point", "Government type")
some = sorted({p.title for p in corpus.passages})[:: runtime.pick(full=12, smoke=40)]
places = [i for i, p in enumerate(corpus.passages) if p.title in some and p.topic in topics]
x = corpus.dense.x[places]
z = raptor.reduced(x, 2)
g = runtime.seed(0)
fits = [raptor.fit(z, K, g)[1] for K in range(1, 9)]
scores = [raptor.bic(fit, len(z), K, 2) for K, fit in enumerate(fits, 1)]
found = raptor.soft_clusters(x, runtime.seed(0), most=8)
print(f"{len(places)} passages of {len(some)} countries on {len(topics)} topics")
print("members of the clusters:", [len(group) for group in found], "together:", sum(map(len, found)))

# %% tags=["hide-input"]
# @title Figure: clusters
pictures.clusters(x, [corpus.passages[i].topic.lower() for i in places], found, scores)

# %% [markdown]
# The log-likelihood $\log L$ can always be raised by another cluster; the second term of BIC charges for each parameter: in $d$ dimensions a full covariance has $d(d+1)/2$ of them, so the number of clusters that can be paid for shrinks fast with $d$. That is why the dimension is reduced first.
#
# In the record RAPTOR's tree stands on the twelve passages that a wide search found, and its summaries are made by a rule (of each text the title and the first words), since a model of this size can't be trusted with them. So what is tested is the tree, not the summariser. And the questions here are answered by one or two passages: the
# claim of the paper, questions about a whole document, is **not** tested.

# %% tags=["hide-input"]
# @title Figure: drawn
pictures.drawn(traces["two hops"]["RAPTOR"])

# %% [markdown]
# ## Speculative RAG: many drafts, one verifier
#
# Wang et al. split the work. A small **specialist**, tuned to read, drafts answers from several small sets of passages at once; a **generalist** that was not tuned never reads the passages, it judges drafts:
#
# 1. cluster the passages found, and draw one from each cluster: every set has different views in it;
# 2. for each set write a rationale $\beta$ and an answer $\alpha$, with $\rho_{\text{draft}}=p(\beta\mid x,d)+p(\alpha\mid x,d,\beta)$;
# 3. self-containment: $\rho_{\text{SC}}=p(\alpha,\beta\mid x)$; self-reflection: $\rho_{\text{SR}}=p(\text{“Yes”}\mid x,\alpha,\beta,R)$, where $R$ asks whether the rationale supports the answer. Both come from one pass over $[x,\alpha,\beta,R,\text{“Yes”}]$;
# 4. choose the $\alpha$ with the largest $\rho_{\text{draft}}\,\rho_{\text{SC}}\,\rho_{\text{SR}}$.

# %% tags=["hide-input"]
# @title Source
show_source(speculative.subsets, speculative.verifier_scores, speculative.final_score)

# %%
six = corpus.rankings(answering["questions"]["two hops"][:1], 6)["fused"][0]
labels = speculative.k_means(corpus.dense.x[six], 2, runtime.seed(0)).tolist()
print("clusters of six passages:", labels)
print("sets with one of each:   ", speculative.subsets(labels, 3, runtime.seed(0)))

# %% tags=["hide-input"]
# @title Table: drafts
tables.drafts(traces["one hop"]["speculative"])

# %% [markdown]
# Here it fails, and the table shows how. Each set has two passages, the right one in only one of them, and the drafter then says "unknown" or names somebody else with confidence. The verifier is the model as it was before tuning: a draft that claims nothing gets 0 without asking, and for the
# other one the probability of "Yes" is as good as nothing too. A verifier has to be *able* to judge, and this one is not.
#
# ## The same question through every system
#
# Move the slider: one question of two hops, ten ways to answer it.

# %% tags=["hide-input"]
# @title Figure: side by side
pictures.side_by_side(answering["traces"]["two hops"], names, start="iterative")

# %% [markdown]
# And all questions. Before you look: which system would you expect to be best on two hops, and which to be best for its price?

# %% tags=["hide-input"]
# @title Table: answers
tables.answers(answering)

# %% tags=["hide-input"]
# @title Table: said
tables.said(answering, "two hops", ("3 passages", "iterative", "Self-RAG", "bridge"), shown=6)

# %% [markdown]
# Read it by columns. **By heart**: whoever does not search wins, and every passage does harm; the tuned reader knows half of these. **One hop**: Self-RAG and CRAG are best, and both by the same means: they look at passages one by one, and drop what does not help. **Two hops**: nobody is good, although the reader can do most of
# them from the gold passages. Two rounds are right more often than one, by two questions of twenty-two, which proves nothing. Look at the traces: with three passages to read in the first round the reader often says "unknown" or names the wrong country, and then the second query is no better than the first. The record without a reader showed what would be possible. Here the weakest link is
# the first draft, not the second search.
#
# The intervals are wide. Differences of a few hundredths in this table mean nothing.
#
# ## Ask it yourself
#
# Type a question and choose a system. This reader is SmolLM2 as it is, with five examples in the prompt, so expect less of it than of the tuned one above; the decisions are the same. Every step is shown with what it decided.

# %%
lm = models.load()
tools = real.tools(corpus, lm, experiments.short(2015), n=runtime.pick(full=200, smoke=12))
once = partial(adaptive.one_step, k=1)
twice = partial(iterative.answer, rounds=2, k=3)
systems = {
    "one passage": once,
    "iterative": twice,
    "Self-RAG": self_rag.answer,
    "CRAG": partial(crag.answer, upper=answering["upper"], lower=answering["lower"], keep=answering["lower"]),
    "Adaptive-RAG": partial(adaptive.answer, strategies={"none": adaptive.closed_book, "one": once, "several": twice}),
    "speculative": partial(speculative.answer, generator=runtime.seed(0), k=4, m=2),
}


def ask(question="What is the capital of Peru?", system="Self-RAG"):
    """The steps of a system for one question."""
    print(systems[system](question, corpus.texts, tools))


try:
    from ipywidgets import Dropdown, Text, interact_manual
except ModuleNotFoundError:
    interact_manual = None
if interact_manual:
    interact_manual.options(manual_name="Ask")(
        ask,
        question=Text("What is the highest point in Peru?", description="question", layout={"width": "90%"}),
        system=Dropdown(options=list(systems), value="Self-RAG", description="system"),
    )
for name in runtime.pick(full=("Self-RAG", "CRAG", "speculative"), smoke=("CRAG",)):
    ask("What is the highest point in Peru?", name)

# %% [markdown]
# ## What became of the claims
#
# The bounds were set before the runs; a difference smaller than 0.05 of the questions does not count. Intervals are wide: these are some twenty questions of a kind, one training of the reader, one corpus. They tell a large effect from none, and nothing finer.

# %% tags=["hide-input"]
# @title Claims: verdicts
claims.verdicts(finding, answering)

# %% [markdown]
# ## To remember
#
# - Six things can be decided between a question and its answer. For each, ask who decides, from what, and who trained it.
# - A draft serves the search. It may be wrong about the answer, if it is right about where to look.
# - Self-RAG's score is arithmetic with probabilities of tokens; the weights are chosen when it is used.
# - Thresholds that make verdicts true are not those that make them pay. Search them apart, on questions of their own.
# - Correction is worth what its second source is worth.
# - A classifier of questions competes with a coin between two fixed rules at the same cost.
# - On one hop, looking at passages one by one and dropping those that do not help was worth more than anything else. On two, everything hangs on the first draft.

# %% tags=["hide-input"]
# @title Question
quiz("13-draft")

# %% tags=["hide-input"]
# @title Question
quiz("13-meet")

# %% tags=["hide-input"]
# @title Question
quiz("13-coin")

# %% tags=["hide-input"]
# @title Question
quiz("13-support")

# %% [markdown]
# ## References
#
# - Shao et al. *Enhancing retrieval-augmented large language models with iterative retrieval-generation synergy.* 2023. [arXiv:2305.15294](https://arxiv.org/abs/2305.15294)
# - Asai et al. *Self-RAG: learning to retrieve, generate, and critique through self-reflection.* 2024. [arXiv:2310.11511](https://arxiv.org/abs/2310.11511)
# - Yan et al. *Corrective retrieval augmented generation.* 2024. [arXiv:2401.15884](https://arxiv.org/abs/2401.15884)
# - Jeong et al. *Adaptive-RAG: learning to adapt retrieval-augmented large language models through question complexity.* 2024. [arXiv:2403.14403](https://arxiv.org/abs/2403.14403)
# - Ke et al. *Bridging the preference gap between retrievers and LLMs.* 2024. [arXiv:2401.06954](https://arxiv.org/abs/2401.06954)
# - Sarthi et al. *RAPTOR: recursive abstractive processing for tree-organized retrieval.* 2024. [arXiv:2401.18059](https://arxiv.org/abs/2401.18059)
# - Wang et al. *Speculative RAG: enhancing retrieval augmented generation through drafting.* 2024. [arXiv:2407.08223](https://arxiv.org/abs/2407.08223)
# - Vinyals et al. *Pointer networks.* 2015. [arXiv:1506.03134](https://arxiv.org/abs/1506.03134)

# %% [markdown] tags=["next"]
# **Now write it yourself:** [lab 13](../work/13_agentic_rag/13_lab.ipynb), about 120 minutes. **Next:** [14 Retrieval inside the model](14_retrieval_models.ipynb).
