"""What lecture 12 and its records run: corpora with questions, retrievers, readers, and the measurements between them.

Corpus      passages, questions, and three retrievers over them
Rankings    retriever -> the ranking for every question
conditions  what is read for each question: nothing (closed book), what was retrieved, or the gold passages
answered    a reader's answers to the questions, and how good they are
record_*    the long runs: reranking, readers, outdated knowledge, position, perplexity
"""

import functools
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import torch

from .. import data, models, records
from ..data.countries import RELATIONS
from ..data.passages import Passage, Question
from . import evaluate, position, prompt, ralm, reader, rerank
from .dense import Dense
from .fuse import reciprocal_rank_fusion
from .lexical import BM25, index
from .texts import words

DEPTH = 20  # how many passages a retriever returns
POOL = 10  # how many of them are reranked
RETRIEVERS = ("BM25", "dense", "fused")
Rankings = dict[str, list[list[int]]]  # retriever -> for each question, indices of passages


@dataclass
class Corpus:
    """A corpus with the questions that are asked about it."""

    name: str
    passages: Sequence[Passage]
    questions: Sequence[Question]

    def __post_init__(self):
        self.number = {passage.key: i for i, passage in enumerate(self.passages)}
        self.texts = [passage.text for passage in self.passages]

    def gold(self, question: Question) -> list[int]:
        return [self.number[key] for key in question.gold]

    @functools.cached_property
    def bm25(self) -> BM25:
        return index(self.texts)

    @functools.cached_property
    def dense(self) -> Dense:
        return Dense(models.embedder(), self.texts)

    def rankings(self, questions: Sequence[str], k: int = DEPTH) -> Rankings:
        """What each retriever finds for each question, best first; the last one fuses the others."""
        lexical = self.bm25.search([words(q) for q in questions], k)[1].tolist()
        dense = self.dense.search(questions, k)[1].tolist()
        fused = [reciprocal_rank_fusion(pair)[:k] for pair in zip(lexical, dense)]
        return dict(zip(RETRIEVERS, (lexical, dense, fused)))


def facts(split: str = "test") -> Corpus:
    """Only the short passages: the topics that questions ask about, and borders. It is encoded in seconds."""
    topics = {*RELATIONS, "Border countries"}
    passages = [p for p in data.countries() if p.topic in topics]
    return Corpus("facts", passages, [q for q in data.country_questions() if q.split == split])


def countries(edition: int = 2025, split: str = "test") -> Corpus:
    """All passages of an edition."""
    questions = [q for q in data.country_questions(edition) if q.split == split]
    return Corpus(f"countries {edition}", data.countries(edition), questions)


def manual(split: str = "test") -> Corpus:
    """The technical manual, with the questions of a split. They are few; `split=""` takes all of them."""
    return Corpus("manual", data.manual(), [q for q in data.manual_questions() if split in ("", q.split)])


def sample(questions: Sequence[Question], n: int, seed: int = 0) -> list[Question]:
    """n questions, equally many of each relation, drawn with a seed; all of them if there are fewer than n."""
    rng, groups = random.Random(seed), {}
    for question in questions:
        groups.setdefault(question.relation, []).append(question)
    shuffled = [rng.sample(group, len(group)) for group in groups.values()]
    longest = max(map(len, shuffled), default=0)
    return [group[i] for i in range(longest) for group in shuffled if i < len(group)][:n]


# --- retrieval


def judged(corpus: Corpus, questions: Sequence[Question], rankings: Rankings) -> dict[str, dict[str, list[float]]]:
    """retriever -> measure -> value for each question."""
    measures: dict[str, Callable] = {
        "recall@1": lambda found, gold: evaluate.recall(found, gold, 1),
        "recall@5": lambda found, gold: evaluate.recall(found, gold, 5),
        "recall@20": lambda found, gold: evaluate.recall(found, gold, 20),
        "MRR": evaluate.reciprocal_rank,
        "nDCG@10": lambda found, gold: evaluate.ndcg(found, dict.fromkeys(gold, 1.0), 10),
    }
    gold = [corpus.gold(question) for question in questions]
    return {
        name: {m: [measure(f, g) for f, g in zip(found, gold)] for m, measure in measures.items()}
        for name, found in rankings.items()
    }


SCORERS = {"query likelihood": rerank.query_likelihood, "cross-scoring": rerank.cross_score}


def reranked(model, corpus: Corpus, questions: Sequence[Question], pool: list[list[int]], score: Callable) -> list:
    """The pools, reordered by a reranker's score, and the scores: (orders, scores)."""
    pairs = [(q.text, corpus.texts[i]) for q, found in zip(questions, pool) for i in found]
    scores = score(model, pairs).split([len(found) for found in pool])
    return [rerank.reordered(found, s.tolist()) for found, s in zip(pool, scores)], [s.tolist() for s in scores]


# --- reading


def given(corpus: Corpus, question: Question, found: Sequence[int], n: int, order: str = "best first") -> list[str]:
    """The texts of the first n passages, in the order in which they are read."""
    return [corpus.texts[i] for i in prompt.arrange(list(found[:n]), order)]


def answered(model, questions: Sequence[Question], passages: Sequence[Sequence[str]], shots=reader.SHOTS) -> dict:
    """Answers from these passages. For each: whether it contains or equals an accepted one, F1, and groundedness."""
    prompts = [reader.prompt(q.text, seen, shots) for q, seen in zip(questions, passages)]
    answers = reader.answer(model, prompts)
    return {
        "answers": answers,
        "contains": [evaluate.contains(a, q.answers) for a, q in zip(answers, questions)],
        "exact": [evaluate.exact_match(a, q.answers) for a, q in zip(answers, questions)],
        "f1": [round(evaluate.f1(a, q.answers), 3) for a, q in zip(answers, questions)],
        "grounded": [round(evaluate.grounded(a, seen), 3) for a, seen in zip(answers, passages)],
    }


def chatted(model, questions: Sequence[Question], passages: Sequence[Sequence[str]]) -> dict:
    """Like `answered`, but asked as a chat and without examples, as the model was trained."""
    ask = "Use the text to answer the question in a few words.\n\nText: {}\n\nQuestion: {}"
    prompts = [
        model.chat(ask.format(" ".join(seen), q.text) if seen else f"Answer in a few words. {q.text}")
        for q, seen in zip(questions, passages)
    ]
    answers = [" ".join(text.split()) for text in model.generate(prompts, tokens=24, stop="<|im_end|>")]
    return {"answers": answers, "contains": [evaluate.contains(a, q.answers) for a, q in zip(answers, questions)]}


def conditions(corpus: Corpus, questions: Sequence[Question], rankings: Rankings) -> dict[str, list[list[str]]]:
    """condition -> the passages for each question: none, each retriever's first, more of the last one's, the gold."""
    first = {f"{name}, 1 passage": [given(corpus, q, f, 1) for q, f in zip(questions, found)]
             for name, found in rankings.items()}  # fmt: skip
    best = rankings[list(rankings)[-1]]
    more = {
        f"{n} passages, {order}": [given(corpus, q, f, n, order) for q, f in zip(questions, best)]
        for n, order in ((3, "best first"), (3, "best last"), (5, "best last"))
    }
    gold = [[corpus.texts[i] for i in corpus.gold(q)] for q in questions]
    return {"closed book": [[] for _ in questions], **first, **more, "gold": gold}


# --- records


@records.record("12_rerank")
def record_rerank(n: int = 100) -> dict:
    """Reranking the fused ten of n questions, and how well the scores separate passages across questions."""
    model, corpus = models.load(), countries()
    questions = sample(corpus.questions, n)
    rankings = corpus.rankings([q.text for q in questions])
    pool = [found[:POOL] for found in rankings["fused"]]
    found = {"questions": [q.text for q in questions], "gold": [corpus.gold(q) for q in questions], "pool": pool}
    scores = {}
    for name, score in SCORERS.items():
        rankings[name], scores[name] = reranked(model, corpus, questions, pool, score)
    # Fusing ranks combines a retriever's judgement with the language model's.
    rankings["fused with likelihood"] = [
        reciprocal_rank_fusion([*pair])[:POOL] for pair in zip(rankings["dense"], rankings["query likelihood"])
    ]
    scores["pmi"] = reranked(model, corpus, questions, pool, rerank.pmi)[1]
    whole = countries()
    everything = judged(whole, whole.questions, whole.rankings([q.text for q in whole.questions]))
    return {
        **found,
        "scores": {name: [[round(s, 4) for s in row] for row in rows] for name, rows in scores.items()},
        "measures": judged(corpus, questions, rankings),
        "all": {name: {m: sum(v) / len(v) for m, v in row.items()} for name, row in everything.items()},
        "all_n": len(whole.questions),
        "relations": [q.relation for q in questions],
    }


@records.record("12_readers")
def record_readers(n: int = 100) -> dict:
    """The table of corpus by retriever by reader, and what more passages change."""
    model, rows = models.load(), {}
    for corpus, questions in ((countries(), None), (manual(""), None)):
        questions = sample(corpus.questions, n)
        rankings = corpus.rankings([q.text for q in questions])
        pool = [found[:POOL] for found in rankings["fused"]]
        rankings["reranked"] = reranked(model, corpus, questions, pool, rerank.query_likelihood)[0]
        for name, passages in conditions(corpus, questions, rankings).items():
            rows[f"{corpus.name} / {name} / few-shot"] = answered(model, questions, passages)
            if name in ("closed book", "BM25, 1 passage", "dense, 1 passage", "gold"):
                rows[f"{corpus.name} / {name} / chat"] = chatted(model, questions, passages)
        rows[f"{corpus.name} / questions"] = {
            "text": [q.text for q in questions], "relation": [q.relation for q in questions],
            "accepted": [q.answers[0] for q in questions],
        }  # fmt: skip
    return {"rows": rows}


@records.record("12_outdated")
def record_outdated(n: int = 80) -> dict:
    """Facts that changed in ten years: which edition's answer is given, depending on what was read."""
    model, now, then = models.load(), countries(2025), countries(2015)
    chosen = random.Random(0).sample(list(data.changed_questions()), n)
    seen = {"closed book": [[] for _ in chosen]}
    for corpus in (then, now):
        ranked = corpus.rankings([c.text for c in chosen])["fused"]
        seen[corpus.name] = [[corpus.texts[found[0]]] for found in ranked]
    seen["both, 2025 last"] = [[a, b] for (a,), (b,) in zip(seen[then.name], seen[now.name])]
    seen["both, 2025 first"] = [[b, a] for (a,), (b,) in zip(seen[then.name], seen[now.name])]
    rows = {}
    for name, passages in seen.items():
        answers = reader.answer(model, [reader.prompt(c.text, p) for c, p in zip(chosen, passages)])
        rows[name] = {
            "answers": answers,
            "now": [evaluate.contains(a, c.now) for a, c in zip(answers, chosen)],
            "then": [evaluate.contains(a, c.then) for a, c in zip(answers, chosen)],
        }
    return {"questions": [c.text for c in chosen], "rows": rows}


@records.record("12_position")
def record_position(n: int = 40, places: int = 10) -> dict:
    """The answer's position among real passages, and in synthetic lists of two lengths."""
    model, corpus = models.load(), countries()
    questions = sample(corpus.questions, n)
    ranked = corpus.rankings([q.text for q in questions])["fused"]
    log_prob, right = [], []
    for q, found in zip(questions, ranked):
        (gold,) = corpus.gold(q)
        others = [corpus.texts[i] for i in found if i != gold][: places - 1]
        prompts = [reader.prompt(q.text, position.placed(corpus.texts[gold], others, at)) for at in range(places)]
        scores = model.score([(p, f" {q.answers[0]}\n") for p in prompts], batch=5)
        log_prob.append([round(s.per_token, 4) for s in scores])
        right.append([float(s.greedy) for s in scores])
    lists = {}
    for size, count in ((20, 24), (60, 10)):
        found = position.read_back(model, size, count)
        lists[str(size)] = {"log_prob": found.log_prob.tolist(), "right": found.right.tolist()}
    return {"documents": {"log_prob": log_prob, "right": right}, "lists": lists}


def ralm_texts(n: int) -> list[Passage]:
    """n paragraphs to predict: on how a country came to be, or on its economy."""
    long = [p for p in data.countries() if p.topic in ("Background", "Economy") and len(p.text.split()) > 80]
    return random.Random(0).sample(long, n)


def retrieve_others(corpus: Corpus, own: Sequence[str], k: int = 20) -> ralm.Retrieve:
    """The nearest passage by BM25 that is not in `own`: the model must not read what it has to predict."""
    hidden = {i for i, text in enumerate(corpus.texts) if text in set(own)}

    def retrieve(queries: list[str]) -> list[str]:
        found = corpus.bm25.search([words(q) for q in queries], k)[1].tolist()
        return [corpus.texts[next(i for i in row if i not in hidden)] for row in found]

    return retrieve


@records.record("12_ralm")
def record_ralm(n: int = 60) -> dict:
    """Nats per token of n paragraphs, by what is read and by stride."""
    model, now, then = models.load(), countries(2025), countries(2015)
    texts = [p.text for p in ralm_texts(n)]
    rng = random.Random(0)
    ways = {
        "nothing": lambda queries: [""] * len(queries),
        "a random passage": lambda queries: [rng.choice(now.texts) for _ in queries],
        "2025, without the paragraph itself": retrieve_others(now, texts),
        "2015": retrieve_others(then, ()),
    }
    found = {}
    for name, retrieve in ways.items():
        for stride in (4, 8, 16, 32, 64) if name.startswith("2025") else (16,):
            sums = ralm.log_probs(model, texts, retrieve, stride=stride, skip=64, context=320)
            found[f"{name} / {stride}"] = [[round(total, 3), count] for total, count in sums]
    return {"texts": [p.key for p in ralm_texts(n)], "sums": found}


def nats(sums: Sequence[Sequence[float]]) -> torch.Tensor:
    """Mean nats per token of each text, (n,)."""
    return torch.tensor([-total / count for total, count in sums])


# --- what lectures read from the records


def conditions_of(rows: Mapping[str, Mapping], corpus: str, who: str) -> dict[str, list[float]]:
    """condition -> whether each answer was right, for one corpus and reader of the record 12_readers."""
    keys = [key.split(" / ") for key in rows if key.startswith(f"{corpus} / ") and key.endswith(f" / {who}")]
    return {how: rows[f"{corpus} / {how} / {who}"]["contains"] for _, how, _ in keys}


def split_by_gold(scores: Sequence[Sequence[float]], record: Mapping) -> tuple[list[float], list[float]]:
    """The scores of gold passages, and those of the others, over all questions of the record 12_rerank."""
    scored = [
        (score, passage in gold)
        for row, pool, gold in zip(scores, record["pool"], record["gold"])
        for score, passage in zip(row, pool)
    ]
    return [score for score, right in scored if right], [score for score, right in scored if not right]


def changes(sums: Mapping[str, Sequence]) -> tuple[dict[str, torch.Tensor], dict[int, torch.Tensor]]:
    """Of the record 12_ralm: what is read -> change of the loss against reading nothing, at stride 16; and stride ->
    that change, reading the edition of 2025. In nats a token, one number for each text."""
    loss = {tuple(key.split(" / ")): nats(row) for key, row in sums.items()}
    plain = loss["nothing", "16"]
    by_stride = {int(s): x - plain for (name, s), x in loss.items() if name.startswith("2025")}
    return {n: x - plain for (n, s), x in loss.items() if s == "16" and n != "nothing"}, by_stride
