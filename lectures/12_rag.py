# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 12 · Retrieval-augmented generation
#
# Ask a language model who governs Peru, and it names somebody. It always names somebody. What it knows was fixed on one day, in a few hundred
# megabytes, and it can't tell what it has read from what it makes up. So let it look things up: find a few paragraphs, put them before the question, and let it
# read. This lecture builds every part of that on six thousand real paragraphs, with a real model, and measures after each part whether it helps. Not everything does.

# %% [markdown] tags=["badge"]
# about 90 minutes · builds on 11 Does a long context work?

# %% [markdown] tags=["preview"]
# ![Six boxes in a row, joined by arrows: question, retrieve 20 of 6,508, rerank 10, pack a budget, read answer, cite.](pictures/12_rag.webp)
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
# - derive BM25 from counting words, and say what each of its three factors is for;
# - search by vectors exactly, fuse rankings by places, and measure both with intervals;
# - rerank with a language model that nobody has trained for it, and say why one obvious way fails at this size;
# - tell errors of finding from errors of reading, and say why three passages can be worse than one;
# - run in-context RALM: what retrieval brings to perplexity, and what a stride costs;
# - measure whether the place of an answer in the context matters, and see a model get lost in the middle;
# - build an evaluation of a domain: corpus by retriever by reader.
#
# The letters: question $x$, passage $d$, answer $y$, a language model $p$.

# %%
import torch
from llmcourse import models, records, runtime
from llmcourse.figures import quiz, show_source
from llmcourse.retrieval import dense, evaluate, experiments, fuse, lexical, position, prompt, ralm, reader, rerank
from llmcourse.retrieval import words
from llmcourse.retrieval.lecture_12 import claims, pictures, tables

model = models.load()
corpus, everything = experiments.facts(), experiments.countries()
print(f"{len(everything.passages):,} passages, {len(corpus.passages):,} of them short, which the live cells search")
print(f"{len(corpus.questions):,} questions to test on; {runtime.describe()}")

# %% [markdown]
# ## What a model knows by heart
#
# SmolLM2 has 135 million parameters. Here it answers questions about the world of 2025, first closed book, then with the paragraph in front that answers the question. It is shown
# five answered questions of the same kind before, so that it knows what is wanted.

# %%
chosen = experiments.sample(corpus.questions, runtime.pick(full=20, smoke=2), seed=3)
gold = [[corpus.texts[i] for i in corpus.gold(q)] for q in chosen]
by_heart = experiments.answered(model, chosen, [[] for _ in chosen])
with_gold = experiments.answered(model, chosen, gold)

# %% tags=["hide-input"]
# @title Table: answers
tables.answers(chosen, {"closed book": by_heart, "with the gold passage": with_gold}, shown=8)

# %% [markdown]
# Two things to see. The wrong answers on the left look like the right ones: a day where a day is asked for, a name where a name is. And on the right not everything is right either, though
# the answer stands in front of the model. Keep both apart from now on: **finding** and **reading**.
#
# ## The scheme
#
# Everything that follows fills one of these boxes.

# %% tags=["pictured", "hide-input"]
# @title Figure: scheme
pictures.scheme(len(everything.passages))

# %% [markdown]
# ## Finding by words: from counting to BM25
#
# Which passage speaks of what was asked? Start with the number of words in common, and repair it three times.
#
# 1. *A rare word tells more.* A word that stands in $n$ of $N$ passages gets the weight $\log(N/n)$, roughly: tf-idf.
# 2. *The tenth time tells little.* Replace the count $f$ by $f/(f+k_1)$, which never exceeds 1.
# 3. *A long passage has more of everything.* Let $k_1$ grow with the length: $K=k_1(1-b+b\,|d|/\text{avgdl})$.
#
# $$\text{BM25}(x,d)=\sum_{w\in x}\log\Big(1+\frac{N-n_w+0.5}{n_w+0.5}\Big)\,\frac{f_{wd}}{f_{wd}+K_d}$$

# %% tags=["hide-input"]
# @title Source
show_source(lexical.tf_idf, lexical.bm25)

# %% [markdown]
# The first is the formula as one reads it. Behind it stands an index that has computed every factor beforehand: for each word, the passages that have it and what it adds. Are they the same?

# %%
some = [words(text) for text in corpus.texts[:300]]
small = lexical.BM25(some)
apart = max(
    (small.scores(words(q.text)).double() - lexical.bm25(words(q.text), some)).abs().max().item()
    for q in corpus.questions[:20]
)
print(f"index against formula, 20 questions, 300 passages: at most {apart:.0e} apart")

# %% tags=["hide-input"]
# @title Figure: weight of a word
pictures.weight_of_a_word()

# %% [markdown]
# ## Finding by meaning: vectors
#
# "How do people pay in Japan?" shares a single word, the name of the country, with the passage on Japan's currency, and with every other passage on Japan. A network that was trained on pairs of sentences (MiniLM, 22 million
# parameters) puts question and passage near each other: the cosine of their vectors is high. Search is then a product of matrices and a `topk`; in blocks, so that memory does not grow with the corpus.

# %% tags=["hide-input"]
# @title Source
show_source(dense.nearest_at_once, dense._nearest)

# %%
paraphrase = ["Which mountain is highest in Kenya?", "How do people pay in Japan?", "Who leads the cabinet of Croatia?"]
found = corpus.rankings(paraphrase, 3)
q = models.embedder().encode(paraphrase)
same = torch.equal(dense.nearest(q, corpus.dense.x, 20, block=100)[1], dense.nearest_at_once(q, corpus.dense.x, 20)[1])
print(f"in blocks of 100: the same passages as at once: {same}")

# %% tags=["hide-input"]
# @title Table: first found
tables.first_found(corpus, paraphrase, {"BM25 finds": found["BM25"], "vectors find": found["dense"]})

# %% [markdown]
# ## Joining two rankings
#
# A BM25 score of 11 and a cosine of 0.6 can't be added. Places can be: each ranking gives a passage at place $r$ the score $1/(60+r)$. That is all of reciprocal rank fusion.

# %% tags=["hide-input"]
# @title Source
show_source(fuse.fused_scores)

# %%
asked = corpus.questions[: runtime.pick(full=len(corpus.questions), smoke=20)]
rankings = corpus.rankings([q.text for q in asked])
scores = experiments.judged(corpus, asked, rankings)

# %% tags=["hide-input"]
# @title Table: retrievers
tables.retrievers(scores, len(corpus.passages))

# %%
golds = [corpus.gold(q) for q in asked]
at = lambda found, k: sum(evaluate.recall(f, gold, k) for f, gold in zip(found, golds)) / len(golds)
curves = {name: [at(found, k) for k in range(1, 21)] for name, found in rankings.items()}

# %% tags=["hide-input"]
# @title Figure: recall
pictures.recall(curves)

# %% [markdown]
# ## Reranking: let the language model judge
#
# A retriever compares the question with a passage that it has read without it. A language model can read both at once, for the few passages that were found. It was never trained for it. Three ways to ask it:
#
# - **query likelihood**: put the passage in front and ask how likely the *question* is, $\log p(x\,|\,d)$ per token. By Bayes' rule that orders passages as $p(d\,|\,x)$ would, if all were equally likely before;
# - **pointwise mutual information** takes away how likely the question is by itself, $\text{pmi}(x,d)=\log p(x\,|\,d)-\log p(x)$, per token too. For one question that subtracts a constant, so the order stays; but it makes scores of *different* questions comparable;
# - **cross-scoring**: show both, ask "does the passage answer the question?", and compare the probabilities of *yes* and *no*. This is what large models are asked to do.
#
# Below a question at which the fused ranking is wrong: the ten passages it found, from its first to its last, and what both scores say. The gold passage is black.

# %% tags=["hide-input"]
# @title Source
show_source(rerank.query_likelihood, rerank.pmi, rerank.cross_score)

# %%
example = next((q for q, f in zip(asked, rankings["fused"]) if f[0] not in corpus.gold(q)), asked[0])
pool = rankings["fused"][asked.index(example)][: runtime.pick(full=experiments.POOL, smoke=3)]
pairs = [(example.text, corpus.texts[i]) for i in pool]
both = {
    "log p(question | passage), per token": rerank.query_likelihood(model, pairs),
    "log p(yes) - log p(no)": rerank.cross_score(model, pairs),
}

# %% tags=["hide-input"]
# @title Figure: two scores
pictures.two_scores(example.text, tables.names(corpus, pool), [i in corpus.gold(example) for i in pool], both)

# %% [markdown]
# One question proves nothing. The long run has reranked a hundred, over the whole corpus: likelihood and cross-scoring reorder the ten that the fused ranking found; the last row joins the *vectors'* twenty with the order by likelihood.

# %%
reranking = records.load("12_rerank")
print(records.made(reranking))

# %% tags=["hide-input"]
# @title Table: reranking
tables.reranking(reranking, len(everything.passages))

# %% [markdown]
# **The surprise: the reranker does not beat vectors alone.** It repairs questions about exports that words get wrong, and spoils most questions about capitals: "What is the capital of Taiwan?" is at least as likely after a passage on Taiwan's president. Questions sound alike
# after any passage on the same country. Cross-scoring puts the gold passage first about as often as drawing lots among the ten would, once in ten: at this size *yes* and *no* follow the wording of the prompt, not the passage.
#
# Can a score tell a gold passage from the others, over all questions at once? Its **AUC** is the share of pairs (a gold passage, another one) that it puts in the right order: 0.5 is chance.

# %%
by_score = {name: experiments.split_by_gold(rows, reranking) for name, rows in reranking["scores"].items()}
auc = {name: evaluate.auc(*groups) for name, groups in by_score.items()}

# %% tags=["hide-input"]
# @title Figure: separation
pictures.separation(by_score, auc)

# %% [markdown]
# Across questions likelihood and pmi part ways: $\log p(x)$ differs from question to question, and subtracting it makes the scores comparable. So pmi tells relevant from irrelevant passages a little better than likelihood does, and can serve as a threshold. The yes/no prompt hardly separates them at all.
#
# ## Reading
#
# The prompt: five answered questions, the passages, the question. A budget of tokens decides how many passages fit, and nothing is cut in the middle. Then the measures: does the answer contain an accepted one (after lower case, punctuation, articles and number words are made alike)?
#
# This is what evaluations of a domain do (law, medicine, agriculture, physics): fix a corpus and questions with known answers, and fill a table of **corpus by retriever by reader**. Two corpora here: the Factbook, and a technical manual (what torch says of its layers), with 69 questions written by hand. Two ways to use
# the reader. On Colab, `models.load("qwen2.5-1.5b-instruct")` gives the table another row.

# %% tags=["hide-input"]
# @title Source
show_source(reader.prompt, prompt.pack)

# %%
readers = records.load("12_readers")
print(records.made(readers))
first = ("closed book", "BM25, 1 passage", "dense, 1 passage", "fused, 1 passage", "reranked, 1 passage", "gold")

# %% tags=["hide-input"]
# @title Table: readers
tables.readers(readers["rows"], first)

# %%
reading = experiments.conditions_of(readers["rows"], "countries 2025", "few-shot")
more = ("gold", "reranked, 1 passage", "3 passages, best first", "3 passages, best last", "5 passages, best last")

# %% tags=["hide-input"]
# @title Figure: reading
pictures.reading({how: reading[how] for how in more})

# %% [markdown]
# Read the middle line again. The same three passages: with the best one *first*, about half of what one passage gives; with the best one *last*, what one passage gives. The model copies from what stands next to the question. So "retrieve more, to be safe" is not safe: it needs a reader that can choose, or an order that
# chooses for it. On the manual, where the first passage is the right one less often, three with the best last look a little better than one, by less than the intervals are wide.

# %% tags=["hide-input"]
# @title Table: lost among three
tables.lost_among_three(readers["rows"], "countries 2025", shown=6)

# %% [markdown]
# ## Yesterday's corpus
#
# The corpus can be exchanged in a minute; the model can't. Take 80 questions whose answer is another one in the Factbook of 2015 than in that of 2025, nearly all about who governs, and read from either edition, or from both.

# %%
outdated = records.load("12_outdated")
print(records.made(outdated))

# %% tags=["hide-input"]
# @title Table: editions
tables.editions(outdated)

# %% [markdown]
# The model says what it reads: with the old edition the old answer, with the new one the new. Nothing of it was trained. And where both stand in the prompt, **the one that stands last gains**: with the new edition last, the new answer comes five times as often as the old one; with the old edition last, both come equally often. A corpus with two editions in it needs a date in the passage, and a reader (or a retriever) that
# knows what a date is for.

# %% [markdown]
# ## In-context RALM: read before you write on
#
# A question is a special case. Ram et al. let any text go on: every $s$ tokens take the last $\ell$ tokens as a query, find a passage $R(q)$, put it in front of everything, and predict
# the next $s$ tokens. The model is not changed.
#
# $$p(x_1,\dots,x_n)=\prod_{j}\prod_{i=1}^{s}p\big(x_{sj+i}\,\big|\,[R(q_j);\,x_{<sj+i}]\big),\qquad q_j=x_{sj-\ell+1}\dots x_{sj}$$

# %% tags=["hide-input"]
# @title Source
show_source(ralm.strides, ralm.log_probs)

# %%
paragraphs = [p.text for p in experiments.ralm_texts(runtime.pick(full=3, smoke=1))]
looking = experiments.retrieve_others(everything, paragraphs)
for name, retrieve in (("nothing", lambda queries: [""] * len(queries)), ("a passage", looking)):
    sums = ralm.log_probs(model, paragraphs, retrieve, stride=runtime.pick(full=16, smoke=64), skip=64, context=320)
    total, tokens = (sum(column) for column in zip(*sums))
    print(f"reading {name}: {-total / tokens:.3f} nats a token over {tokens} tokens")
step = list(ralm.strides(model, paragraphs[0], 16))[4]
print("\nasked for:  ", step.query.replace("\n", " "))
print("found:      ", looking([step.query])[0][:100], "...")
print("to be told: ", model.tokenizer.decode(step.target))

# %% [markdown]
# A few paragraphs are an anecdote. The long run has sixty of them, four things to read (nothing; a random passage; the passage found in the Factbook of 2025 *without the paragraph itself*; the passage found in the edition of 2015, which often holds an older version of the very paragraph), and five strides.
#
# Before you look: what would a *random* passage bring? It has the style of the corpus, if nothing else.

# %%
written = records.load("12_ralm")
print(records.made(written))
changes, by_stride = experiments.changes(written["sums"])
gained = {name: (change < 0).float().mean().item() for name, change in changes.items()}
print("paragraphs that gain:", ", ".join(f"{share:.0%} from {name}" for name, share in gained.items()))

# %% tags=["hide-input"]
# @title Figure: perplexity
pictures.perplexity(changes, by_stride)

# %% [markdown]
# A mean can hide how it came about. Look at the single paragraphs before you believe it.

# %%
titles = [key.split("/")[1] for key in written["texts"]]
for name, d in changes.items():
    most = ", ".join(f"{titles[i]} {d[i].item():+.2f}" for i in d.argsort()[:6].tolist())
    print(f"{name}: median {d.median().item():+.3f}; the six that gain most: {most}")

# %% [markdown]
# Without the paragraph itself, almost the whole mean comes from a handful of paragraphs that have a twin told in the same words: Saint Martin is half an island, South Korea half a peninsula, Guam and Guernsey have neighbours with the same history. The median paragraph gains
# what a random passage gives it: the style. The older edition helps nearly everybody, for most paragraphs only grow from year to year. So in-context RALM pays as much as the corpus repeats what is being written, which is the
# normal case in Ram et al.'s encyclopaedia, and not here.

# %% [markdown]
# ## Lost in the middle
#
# Everything so far has put the passages somewhere. Does it matter where? Liu et al. asked large models for one entry of a long list, and for an answer among many documents, and moved it from the first place to the last. They found a **U**: what stands in the middle is used least.
#
# First the list: keys and values of four digits, *made up*, so that every entry is as hard as every other. The context is read once, and every entry is asked for.

# %% tags=["hide-input"]
# @title Source
show_source(position.read_back)

# %%
sizes = runtime.pick(full=(10, 20), smoke=(5,))
live = {n: position.read_back(model, n, runtime.pick(full=5, smoke=1)) for n in sizes}
for n, lists in live.items():
    parts = position.by_part(lists.log_prob, 5).mean(0)
    print(f"{n} entries, log p of a value's token by fifth of the list: {', '.join(f'{v:.2f}' for v in parts)}")

# %%
placing = records.load("12_position")
documents = {key: torch.tensor(rows) for key, rows in placing["documents"].items()}  # (questions, places) each
print(records.made(placing))

# %% tags=["hide-input"]
# @title Figure: place of the answer
pictures.place_of_the_answer(documents["log_prob"], documents["right"])

# %% tags=["hide-input"]
# @title Figure: lists
pictures.lists(placing["lists"])

# %% [markdown]
# By log-probability the lists have the U: both ends are above the middle. What is read back word for word is rather an L, since the first entries stand out and the last hardly do. A measure with a threshold (the whole value, or nothing) hides most of what the context does.

# %% [markdown]
# ## Ask it yourself
#
# Type a question. You see what each stage makes of it: the passages that were found, with the shared words marked, their scores, the answer, and the passage that is cited for it. Then leave a passage out
# (its number), and see what happens when the answer can't be found any more. Nothing warns you: the answer still cites the passage that it was copied from, and the score of a wrong passage for one question may be above that of the right one for
# another. A citation says where an answer comes from, not that it is right.


# %%
def ask(question="What is the capital of Peru?", leave_out=""):
    """Every stage for one question, as a table, and the answer."""
    gone = {int(n) for n in leave_out.replace(",", " ").split() if n.isdigit()}
    found = corpus.rankings([question], 10)["fused"][0]
    kept = [i for i in found if i not in gone][:5]
    likelihood = rerank.query_likelihood(model, [(question, corpus.texts[i]) for i in kept])
    best = rerank.reordered(kept, likelihood.tolist())[0]
    asked = reader.prompt(question, [corpus.texts[best]])
    (answer,) = reader.answer(model, [asked])
    sure = reader.confidence(model, [asked], [answer])[0]
    return tables.stages(corpus, question, kept, likelihood, best, answer, sure)


try:
    from IPython.display import display
    from ipywidgets import Text, interact_manual
except ModuleNotFoundError:
    interact_manual = None
if interact_manual:
    interact_manual.options(manual_name="Ask")(
        lambda question, leave_out: display(ask(question, leave_out)),
        question=Text("Who is the head of government of Croatia?", description="question", layout={"width": "90%"}),
        leave_out=Text("", description="leave out", placeholder="numbers of passages", layout={"width": "90%"}),
    )
ask("Who is the head of government of Croatia?")

# %% [markdown]
# ## What became of the claims

# %% tags=["hide-input"]
# @title Claims: verdicts
claims.verdicts(reading, reranking, outdated, changes, by_stride, placing)

# %% [markdown]
# ## Errata
#
# - *Slide "conclusions on RAG":* in-context RALM, it says, takes all documents found and adds them to the prompt. Ram et al. put **one** in front, the first (or one chosen by a reranker), and look again every
#   $s$ tokens. Section *Reading* above shows why that is wise.
# - *Slide on domains:* Suresh et al. (2024) is about documents of the Electron-Ion Collider, not of the LHC, as the title in the references says.
# - *Slide "Lost in the Middle":* the example's question ("who got the first nobel prize in physics") belongs to the multi-document task with real passages. The paper's U-curve for key-value pairs is another,
#   synthetic task. Both are above.

# %% [markdown]
# ## To remember
#
# - BM25: rarity, times a count that saturates, in a length that is taken out. It is exact, explains itself, and has no idea that paying has to do with currency.
# - Places can be added where scores can't: reciprocal rank fusion. It protects against a retriever that fails; it does not beat one that does not.
# - Measure finding (recall, MRR, nDCG) and reading (with the gold passage) apart, with intervals. Here reading was the weaker half: even with the gold passage four of ten answers are wrong.
# - A reranker is a claim like any other: measure it against dense retrieval alone, and against questions whose words mislead.
# - More passages are more distraction. What is nearest to the question is read best, so put the best last, or take fewer.
# - In a corpus with two editions the order in the prompt decides how often the old one speaks.

# %% tags=["hide-input"]
# @title Question
quiz("12-forty-times")

# %% tags=["hide-input"]
# @title Question
quiz("12-same-order")

# %% tags=["hide-input"]
# @title Question
quiz("12-four-more")

# %% [markdown]
# ## References
#
# - Robertson, Zaragoza. *The probabilistic relevance framework: BM25 and beyond.* 2009. Kamphuis et al. *Which BM25 do you mean?* 2020. Lu. *BM25S.* 2024. [arXiv:2407.03618](https://arxiv.org/abs/2407.03618)
# - Karpukhin et al. *Dense passage retrieval for open-domain question answering.* 2020. [arXiv:2004.04906](https://arxiv.org/abs/2004.04906). Reimers, Gurevych. *Sentence-BERT.* 2019. [arXiv:1908.10084](https://arxiv.org/abs/1908.10084)
# - Cormack, Clarke, Buettcher. *Reciprocal rank fusion outperforms Condorcet and individual rank learning methods.* 2009.
# - Ponte, Croft. *A language modeling approach to information retrieval.* 1998. Sachan et al. *Improving passage retrieval with zero-shot question generation.* 2022. [arXiv:2204.07496](https://arxiv.org/abs/2204.07496)
# - Nogueira et al. *Document ranking with a pretrained sequence-to-sequence model.* 2020. [arXiv:2003.06713](https://arxiv.org/abs/2003.06713). Ma et al. *Large language model is not a good few-shot information extractor, but a good reranker for hard samples!* 2023. [arXiv:2303.08559](https://arxiv.org/abs/2303.08559)
# - Lewis et al. *Retrieval-augmented generation for knowledge-intensive NLP tasks.* 2020. [arXiv:2005.11401](https://arxiv.org/abs/2005.11401)
# - Ram et al. *In-context retrieval-augmented language models.* 2023. [arXiv:2302.00083](https://arxiv.org/abs/2302.00083)
# - Liu et al. *Lost in the middle: how language models use long contexts.* 2024. [arXiv:2307.03172](https://arxiv.org/abs/2307.03172)
# - Xiong et al. *Benchmarking retrieval-augmented generation for medicine* (MIRAGE). 2024. [arXiv:2402.13178](https://arxiv.org/abs/2402.13178). Yue et al. *DISC-LawLLM.* 2023. Balaguer et al. *RAG vs fine-tuning: pipelines, tradeoffs, and a case study on agriculture.* 2024. Suresh et al. *Towards a RAG-based summarization agent for the Electron-Ion Collider.* 2024.

# %% [markdown] tags=["next"]
# **Now write it yourself:** [lab 12](../work/12_rag/12_lab.ipynb), about 90 minutes. **Next:** [13 Retrieval that decides for itself](13_agentic_rag.ipynb).
