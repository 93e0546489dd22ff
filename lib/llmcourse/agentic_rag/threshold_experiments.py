"""CRAG's two thresholds, searched apart: what each verdict would lead to, for every question, hence for any thresholds.

A verdict decides what is read, and the thresholds decide nothing but the verdict. So three runs a question, one with
each verdict forced, tell what any pair of thresholds would do, and a search over all pairs costs nothing more.

    kept        with this passage in the corpus           gone   without it
    score       the highest score of the passages found   useful whether one of them answers
    outcomes    verdict -> (is an accepted answer in what is read?, words read)
"""

import math
from collections.abc import Mapping, Sequence
from itertools import product
from statistics import fmean, quantiles

from .. import data, runtime
from ..retrieval import evaluate
from ..retrieval.experiments import Corpus, facts
from . import crag
from .experiments import drawn, evaluator, second_source, short
from .trace import Tools

READ, DAMAGE = 3, 0.4  # passages that are found; share of questions without theirs, when thresholds are chosen
FORCED = {  # verdict -> thresholds that give no other
    "correct": (-math.inf, -math.inf),
    "ambiguous": (math.inf, -math.inf),
    "incorrect": (math.inf, math.inf),
}
STRIPS = {"all strips": -math.inf, "strips above 0.1": 0.1, "strips above 0.5": 0.5}
PRICE = 0.002  # of a word that is read, in answers: a hundred words cost as much as a fifth of an answer


def outcomes(corpus: Corpus, second: Corpus, tools: Tools, split: str, n: int) -> dict[str, list[dict]]:
    """For n one-hop questions of a split, with their passage and without it."""
    found = {"kept": [], "gone": []}
    fallback = second_source(second)
    for q in drawn(data.country_questions(), split, n, seed=4):
        for how, rows in found.items():
            gone = corpus.gold(q) if how == "gone" else []
            wide = tools.call("search", [(q.text, READ + 1)])[0]
            seen = tuple(i for i in wide if i not in gone)[:READ]
            given = Tools(tools.functions | {"search": lambda inputs, seen=seen: [seen], "fallback": fallback,
                                             "read": lambda inputs: [" ".join(p) for _, p in inputs]})  # fmt: skip
            given.memory = {key: value for key, value in tools.memory.items() if key[0] == "relevance"}
            scores = given.call("relevance", [(q.text, corpus.texts[i]) for i in seen])
            row = {"score": round(max(scores), 4), "useful": any(i in corpus.gold(q) for i in seen)}
            for name, keep in STRIPS.items():
                row[name] = {}
                for verdict, (upper, lower) in FORCED.items():
                    trace = crag.answer(q.text, corpus.texts, given, upper, lower, READ, keep, most=6)
                    row[name][verdict] = [evaluate.contains(trace.answer, q.answers), len(trace.answer.split())]
            plain = " ".join(corpus.texts[i] for i in seen)
            row["plain"] = [evaluate.contains(plain, q.answers), len(plain.split())]
            tools.memory.update({key: value for key, value in given.memory.items() if key[0] == "relevance"})
            rows.append(row)
    return found


# --- what the lecture reads from it


def at(row: Mapping, upper: float, lower: float, strips: str) -> list:
    """(is the answer in what is read?, words read) of a question with these thresholds."""
    return row[strips][crag.verdict([row["score"]], upper, lower)]


def mixed(rows: Mapping[str, Sequence[Mapping]], share: float, value) -> list[float]:
    """A value of each question when this share of questions has lost its passage: the mean of both conditions."""
    return [(1 - share) * value(a) + share * value(b) for a, b in zip(rows["kept"], rows["gone"])]


def worth(rows: Mapping, upper: float, lower: float, strips: str, share: float, price: float = PRICE) -> float:
    """The share of questions whose answer is in what is read, less the price of the words."""

    def paid(row: Mapping) -> float:
        there, read = at(row, upper, lower, strips)
        return there - price * read

    return fmean(mixed(rows, share, paid))


def cuts(rows: Mapping[str, Sequence[Mapping]], n: int = 20) -> list[float]:
    """Values that a threshold may have: quantiles of the scores, and both infinities, which switch a verdict off."""
    return [-math.inf, *quantiles([row["score"] for each in rows.values() for row in each], n=n), math.inf]


def searched(rows: Mapping, strips: str, share: float) -> tuple[float, float, dict[tuple[float, float], float]]:
    """(upper, lower) with the highest worth on these questions, of all pairs in order; and the worth of all pairs."""
    grid = {(u, low): worth(rows, u, low, strips, share) for u, low in product(cuts(rows), repeat=2) if low <= u}
    upper, lower = max(grid, key=lambda pair: grid[pair])
    return upper, lower, grid


def measured(n: int = 40) -> dict:
    """Outcomes on both splits: thresholds are searched on dev, and judged on test. Half a minute of one processor."""
    corpus, second = facts(), short(2015)
    _, tools = evaluator(corpus, 0, runtime.pick(full=150, smoke=12))
    return {split: outcomes(corpus, second, tools, split, runtime.pick(full=n, smoke=3)) for split in ("dev", "test")}
