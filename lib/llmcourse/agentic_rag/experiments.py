"""What lecture 13 and its records measure without a language model: what is found, and what is decided.

rounds      is the second gold passage found in round 1, 2, 3? With drafts that name the country of the best passage
            or quote it, and with queries by an oracle
evaluator   how well heads tell gold passages from others, on countries that they have not seen
damaged     CRAG against plain retrieval as retrieval gets worse: is the answer in what would be read?
classifier  does the question tell how much retrieval it needs?

A reader can't find what is not in front of it, so these are upper bounds of what the systems can answer.
"""

import random
from collections.abc import Sequence

import torch

from .. import data, models, records
from ..data.countries import RELATIONS
from ..data.passages import Question
from ..retrieval import evaluate, words
from ..retrieval.experiments import Corpus, countries, facts
from . import crag, iterative, real, specialists
from .adaptive import STRATEGIES
from .questions import by_heart, corrupted, lookups
from .trace import Tools

SEEDS = (0, 1, 2)
SHARES = (0.0, 0.2, 0.4, 0.6, 0.8)  # of the questions that lose their gold passage
TRUST = 0.9  # of a verdict, when thresholds are set
DEPTH = 5  # passages in which the second one is looked for
READ = 3  # passages that plain retrieval reads


def drawn(questions: Sequence[Question], split: str, n: int, seed: int = 0) -> list[Question]:
    """n questions of a split, or all if there are fewer."""
    mine = [q for q in questions if q.split == split]
    return random.Random(seed).sample(mine, min(n, len(mine)))


# --- two hops


def two_hops() -> dict[str, list[Question]]:
    """Kinds of questions with two hops that chain: by inverse look-up, and over the only border."""
    borders = [q for q in data.border_questions() if "the only country" in q.text]
    return {"inverse look-up": list(lookups()), "the only border": borders}


def rounds(corpus: Corpus, questions: Sequence[Question], most: int = 3) -> dict[str, list[float]]:
    """How a query is made -> for each question, 1 if the second gold passage is among the first DEPTH."""
    texts, search = corpus.texts, real.searching(corpus)["search"]
    hit = lambda q, found: float(corpus.gold(q)[1] in found[:DEPTH])
    title = {passage.text: passage.title for passage in corpus.passages}
    country = [corpus.passages[corpus.gold(q)[1]].title for q in questions]
    found = {
        "question, then the oracle's country": search([(f"{c} {q.text}", DEPTH) for q, c in zip(questions, country)]),
        "the second hop, asked by the oracle": search([(rewritten(q, c), DEPTH) for q, c in zip(questions, country)]),
    }
    rows = {name: [hit(q, f) for q, f in zip(questions, each)] for name, each in found.items()}
    drafts = {
        "naming the country": lambda inputs: [title[passages[0]] for _, passages in inputs],
        "quoting the passage": lambda inputs: [passages[0] for _, passages in inputs],
    }
    for how, read in drafts.items():
        tools = Tools({"search": search, "read": read})
        traces = [iterative.answer(q.text, texts, tools, rounds=most, k=DEPTH) for q in questions]
        seen = [[step.results[0] for step in trace.steps if step.kind == "search"] for trace in traces]
        for turn in range(most):  # a trace that stopped early would find the same again
            rows[f"{how}, round {turn + 1}"] = [hit(q, s[min(turn, len(s) - 1)]) for q, s in zip(questions, seen)]
    return rows


def rewritten(question: Question, country: str) -> str:
    """The second hop as a question of its own."""
    target = question.relation.partition(", then ")[2].capitalize()
    return RELATIONS[target][0].format(country)


# --- decisions


def evaluator(corpus: Corpus, seed: int, n: int) -> tuple[dict[str, float], Tools]:
    """AUC of the relevance head and of the cosine, on n test questions; and tools with that head."""
    head = real.relevance_head(corpus, drawn(data.country_questions(), "dev", n, seed))
    test = drawn(data.country_questions(), "test", n)
    q = corpus.dense.embedder.encode([question.text for question in test])
    rankings = corpus.dense.search([question.text for question in test], DEPTH)[1].tolist()
    rows, places, useful = specialists.judged_pairs(rankings, [corpus.gold(question) for question in test])
    p = corpus.dense.x[places]
    scores = {
        "head": head.probabilities(specialists.pair_features(q[rows], p))[:, 1],
        "cosine": (q[rows] * p).sum(-1),
    }
    useful = torch.tensor(useful)
    found = {name: evaluate.auc(s[useful].tolist(), s[~useful].tolist()) for name, s in scores.items()}
    encode = corpus.dense.embedder.encode

    def relevance(inputs):
        pairs = encode([question for question, _ in inputs]), encode([passage for _, passage in inputs])
        return head.probabilities(specialists.pair_features(*pairs))[:, 1].tolist()

    return found, Tools({**real.searching(corpus), "relevance": relevance})


def damaged(corpus: Corpus, second: Corpus, tools: Tools, n: int) -> dict:
    """Plain retrieval and CRAG at each share of SHARES, on n test questions; thresholds from n dev questions.

    For each: 1 if an accepted answer is in what would be read, words read, the verdict, and whether gold was there.
    """
    dev, test = (drawn(data.country_questions(), split, n, seed=1) for split in ("dev", "test"))
    scores, useful = zip(*(_judged(corpus, tools, q, gone) for q, gone in zip(dev, _lost(corpus, dev, 0.4))))
    upper, lower = crag.thresholds(scores, useful, TRUST)
    rows = {"upper": upper, "lower": lower, "shares": {}}
    functions = {**tools.functions, "fallback": second_source(second), "read": lambda xs: [" ".join(p) for _, p in xs]}
    for share in SHARES:
        lost = _lost(corpus, test, share)
        found = {"gone": lost, "plain": [], "CRAG": [], "plain words": [], "CRAG words": [], "verdict": []}
        for q, gone in zip(test, lost):
            less = Tools({**functions, "search": _without(tools, corpus.gold(q) if gone else [])})
            less.memory = {key: value for key, value in tools.memory.items() if key[0] == "relevance"}
            trace = crag.answer(q.text, corpus.texts, less, upper, lower, k=READ, keep=lower, most=READ)
            plain = " ".join(trace.texts(trace.steps[0].results[0]))
            for name, text in (("plain", plain), ("CRAG", trace.answer)):
                found[name].append(evaluate.contains(text, q.answers))
                found[f"{name} words"].append(len(text.split()))
            found["verdict"].append(next(d for d in trace.decisions if d in crag.VERDICTS))
            tools.memory.update({key: value for key, value in less.memory.items() if key[0] == "relevance"})
        rows["shares"][str(share)] = found
    return rows


def _lost(corpus: Corpus, questions: Sequence[Question], share: float) -> list[bool]:
    return corrupted(corpus.passages, questions, share)[1]


def _judged(corpus: Corpus, tools: Tools, q: Question, gone: bool) -> tuple[list[float], list[bool]]:
    """The scores of what is found, and which of it is gold."""
    places = _without(tools, corpus.gold(q) if gone else [])([(q.text, READ)])[0]
    scores = tools.call("relevance", [(q.text, corpus.texts[i]) for i in places])
    return scores, [i in corpus.gold(q) for i in places]


def _without(tools: Tools, gone: Sequence[int]):
    """A search in which some passages are not found: what is left moves up."""
    search = lambda query, k: tuple(i for i in tools.call("search", [(query, k + len(gone))])[0] if i not in gone)[:k]
    return lambda inputs: [search(*each) for each in inputs]


def second_source(second: Corpus):
    """The second source, searched by words: as a search engine would be, it is another one than the first."""
    found = lambda query, k: second.bm25.search([words(query)], k)[1][0].tolist()
    return lambda inputs: [tuple(second.texts[i] for i in found(*each)) for each in inputs]


def classifier(corpus: Corpus, seed: int, n: int) -> dict[str, list[float]]:
    """Kind of test question -> for each, 1 if the head says what the kind needs; and the need for any retrieval."""
    kinds = (by_heart(), data.country_questions(), lookups())
    encode = corpus.dense.embedder.encode
    train = [(q, kind) for kind, each in enumerate(kinds) for q in drawn(each, "dev", n, seed)]
    x, y = encode([q.text for q, _ in train]), torch.tensor([kind for _, kind in train])
    complexity, need = specialists.decision(x, y, 3), specialists.decision(x, (y > 0).long(), 2)
    found = {}
    for kind, each in enumerate(kinds):
        test = specialists.SCALE * encode([q.text for q in drawn(each, "test", n)])
        found[STRATEGIES[kind]] = (complexity.probabilities(test).argmax(1) == kind).float().tolist()
        found[f"need, {STRATEGIES[kind]}"] = (need.probabilities(test).argmax(1) == (kind > 0)).float().tolist()
    return found


@records.record("13_finding")
def record_finding(n: int = 150, hops: int = 120) -> dict:
    """All of the above: without a language model, so in a few minutes of one processor."""
    models.embedder()
    corpus, second = facts(), short(2015)
    found = {"n": n, "depth": DEPTH, "read": READ, "trust": TRUST}
    found["rounds"] = {kind: rounds(corpus, drawn(each, "test", hops)) for kind, each in two_hops().items()}
    heads = [evaluator(corpus, seed, n) for seed in SEEDS]
    found["auc"] = [auc for auc, _ in heads]
    found["damaged"] = damaged(corpus, second, heads[0][1], n // 2)
    found["classifier"] = [classifier(corpus, seed, n) for seed in SEEDS]
    return found


def short(edition: int) -> Corpus:
    """The passages of `facts`, of another edition: the second source."""
    topics = {passage.topic for passage in facts().passages}
    return Corpus(f"facts {edition}", [p for p in countries(edition).passages if p.topic in topics], [])
