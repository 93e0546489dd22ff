"""The tables of lecture 12: what was measured, in rows."""

from collections.abc import Mapping, Sequence

from torch import Tensor

from ... import models
from ...data import Question
from ...figures import Shown, table
from .. import evaluate, experiments, reader, rerank, words
from ..experiments import Corpus


def names(corpus: Corpus, numbers: Sequence[int], longest: int = 34) -> list[str]:
    """Topic and title of passages, cut between words."""
    full = [f"{corpus.passages[i].topic}, {corpus.passages[i].title}" for i in numbers]
    return [name if len(name) <= longest else f"{name[:longest].rpartition(' ')[0]} ..." for name in full]


def answers(questions: Sequence[Question], runs: Mapping[str, Mapping], shown: int) -> Shown:
    """The first answers under each condition, marked, and how many of all are right."""
    mark = lambda run, i: f"{run['answers'][i]} {'✓' if run['contains'][i] else '✗'}"
    rows = [(q.text, *(mark(run, i) for run in runs.values())) for i, q in enumerate(questions[:shown])]
    right = "; ".join(f"{sum(run['contains']):.0f} {name}" for name, run in runs.items())
    return table(rows, ["question", *runs], f"right of {len(questions)}: {right}")


def first_found(corpus: Corpus, questions: Sequence[str], rankings: Mapping[str, Sequence[Sequence[int]]]) -> Shown:
    """The beginning of the first passage that each retriever finds."""
    rows = [(q, *(corpus.texts[found[i][0]][:60] for found in rankings.values())) for i, q in enumerate(questions)]
    return table(rows, ["question", *rankings])


def retrievers(scores: Mapping[str, Mapping[str, Sequence[float]]], passages: int) -> Shown:
    """How well each retriever finds, with intervals."""
    measures = ("recall@1", "recall@5", "MRR", "nDCG@10")
    rows = [(name, *(evaluate.told(row[m]) for m in measures)) for name, row in scores.items()]
    n = len(next(iter(scores.values()))["MRR"])
    return table(rows, ["retriever", *measures], f"{n:,} test questions, {passages:,} short passages; 95 % intervals")


ORDERS = {"fused with likelihood": "vectors, joined with likelihood"}  # names in the record that say too little


def reranking(record: Mapping, passages: int) -> Shown:
    """The record of reranking: each order of the passages, with intervals."""
    measures = ("recall@1", "recall@5", "MRR")
    rows = [
        (ORDERS.get(name, name), *(evaluate.told(row[m]) for m in measures)) for name, row in record["measures"].items()
    ]
    return table(rows, ["order", *measures], f"{len(record['questions'])} questions over all {passages:,} passages")


def readers(rows: Mapping[str, Mapping], conditions: Sequence[str]) -> Shown:
    """Corpus by retriever by reader: the share of right answers."""
    scores = {
        (corpus, how, who): found[how]
        for corpus in ("countries 2025", "manual")
        for who in ("few-shot", "chat")
        for found in [experiments.conditions_of(rows, corpus, who)]
        for how in conditions
        if how in found
    }
    return table(*evaluate.grid(scores), "share of answers that contain an accepted one, with 95 % intervals")


def lost_among_three(rows: Mapping[str, Mapping], corpus: str, shown: int) -> Shown:
    """Questions that are answered from one passage, and not from three with the best first."""
    asked = rows[f"{corpus} / questions"]["text"]
    one, three = (rows[f"{corpus} / {how} / few-shot"] for how in ("reranked, 1 passage", "3 passages, best first"))
    lost = [i for i in range(len(asked)) if one["contains"][i] and not three["contains"][i]]
    return table(
        [(asked[i], one["answers"][i], three["answers"][i]) for i in lost[:shown]],
        ["question", "one passage", "three"],
        f"{len(lost)} questions are answered from one passage and lost among three; the first of them",
    )


def editions(record: Mapping) -> Shown:
    """Answers of either year by the edition that was read."""
    rows = [(name, evaluate.told(row["now"]), evaluate.told(row["then"])) for name, row in record["rows"].items()]
    caption = f"{len(record['questions'])} questions whose answer changed"
    return table(rows, ["what is read", "the answer of 2025", "the answer of 2015"], caption)


def stages(corpus: Corpus, question: str, kept: Sequence[int], likelihood: Tensor, best: int, answer: str,
           sure: float) -> Shown:  # fmt: skip
    """What each stage makes of one question: passages with the shared words marked, scores, answer, citation."""
    shared = set(words(question))
    mark = lambda text: " ".join(f"`{w}`" if set(words(w)) & shared else w for w in text.split())
    cosine = models.embedder().encode([question]) @ corpus.dense.x[list(kept)].mT
    lexical = corpus.bm25.scores(words(question))
    rows = [
        (
            kept[j],
            mark(corpus.texts[kept[j]][:110]),
            round(lexical[kept[j]].item(), 1),
            round(cosine[0, j].item(), 2),
            round(likelihood[j].item(), 2),
        )
        for j in rerank.reordered(list(range(len(kept))), likelihood.tolist())
    ]
    source = corpus.passages[best].source
    cited = f"cited: passage {best}, {source}"
    unsupported = f"passage {best} was read, and does not contain that: do not believe it"
    where = cited if reader.cite(answer, [corpus.texts[best]]) else unsupported
    header = ["number", "passage, best first", "BM25", "cosine", "log p(question | passage)"]
    return table(rows, header, f"{question} {answer} (log p {sure:.2f} a token; {where})")
