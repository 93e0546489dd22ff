"""Corrective RAG: an evaluator judges what was found, and the verdict decides what is read.

    s_i           the evaluator's score of passage i
    upper, lower  two thresholds
    strips        pieces of a passage, each judged by itself

    Correct    some s_i >= upper     read the good strips of what was found (refinement)
    Incorrect  all s_i < lower       throw it all away, ask a second source
    Ambiguous  otherwise             read both

Yan et al. 2024, "Corrective Retrieval Augmented Generation", section 4 and algorithm 1; their thresholds on PopQA are
0.59 and -0.99 for a score in -1 ... 1. Departs from the paper: the second source is another corpus instead of the web.
Kept strips are joined in the order of the text, as the paper says; its code sorts them by score.
"""

import re
from collections.abc import Sequence
from itertools import pairwise

from .trace import Tools, Trace

VERDICTS = ("correct", "ambiguous", "incorrect")
KEEP, MOST = -0.5, 5  # strips with at least this score are kept, the best so many of them: section 5.1


def verdict(scores: Sequence[float], upper: float, lower: float) -> str:
    """What the scores of the retrieved passages say together. Without passages: incorrect.

    Raises ValueError when the thresholds are in the wrong order.
    """
    if lower > upper:
        raise ValueError(f"The lower threshold, {lower}, is above the upper one, {upper}. Swap them.")
    if any(score >= upper for score in scores):
        return "correct"
    return "incorrect" if all(score < lower for score in scores) else "ambiguous"


def strips(passage: str, sentences: int = 1) -> list[str]:
    """A passage in pieces of so many sentences (or clauses that end with a semicolon), in order."""
    parts = [part for part in re.split(r"(?<=[.;?!])\s+", passage.strip()) if part]
    return [" ".join(parts[i : i + sentences]) for i in range(0, len(parts), sentences)]


def recompose(pieces: Sequence[str], scores: Sequence[float], keep: float = KEEP, most: int = MOST) -> str:
    """The best `most` pieces with a score of at least `keep`, joined in the order of the text; "" if none is left."""
    good = [i for i, score in enumerate(scores) if score >= keep]
    best = sorted(good, key=lambda i: -scores[i])[:most]
    return " ".join(pieces[i] for i in sorted(best))


def thresholds(scores: Sequence[Sequence[float]], useful: Sequence[Sequence[bool]], trust: float = 0.95) -> tuple:
    """(upper, lower) from judged searches: the scores of each one's passages, and which of them are useful.

    upper  the lowest value above which at least the share `trust` of searches has found something useful
    lower  the highest value below which at most the share 1 - `trust` of searches has

    A search counts by its best score, as in `verdict`. Where no value will do, the bound is infinite: the verdict is
    never given. Raises ValueError without searches.
    """
    best = sorted((max(s), any(u)) for s, u in zip(scores, useful) if len(s))
    if not best:
        raise ValueError("There is no search to set thresholds by.")
    cuts = [best[0][0], *((a + b) / 2 for (a, _), (b, _) in pairwise(best) if a < b)]
    above = lambda cut: [found for score, found in best if score >= cut]
    below = lambda cut: [found for score, found in best if score < cut]
    upper = [cut for cut in cuts if sum(above(cut)) >= trust * len(above(cut))]
    lower = [cut for cut in cuts if sum(below(cut)) <= (1 - trust) * len(below(cut))]
    top = min(upper, default=float("inf"))
    return top, min(max(lower, default=float("-inf")), top)


def answer(
    question: str,
    corpus: Sequence[str],
    tools: Tools,
    upper: float,
    lower: float,
    k: int = 3,
    keep: float = KEEP,
    most: int = MOST,
) -> Trace:
    """Judge, correct, read. Needs `search`, `relevance` and `read`, and `fallback` where retrieval is not correct.

    When nothing is left to read, from neither source, the answer is empty and the trace says so.
    """
    trace = Trace("CRAG", question, corpus, tools)
    passages = trace.find(question, k)
    scores = trace.call("relevance", [(question, p) for p in passages]) if passages else []
    found = verdict(scores, upper, lower)
    trace.decide(found, max(scores, default=None))
    inside = _refined(trace, passages, keep, most) if found != "incorrect" else ""
    outside = ""
    if found != "correct":
        second = tuple(trace.call("fallback", [(question, k)])[0])
        outside = _refined(trace, second, keep, most) if second else ""
    knowledge = tuple(text for text in (inside, outside) if text)
    if not knowledge:
        return trace.give_up("nothing is left to read")
    return trace.finish(trace.read(knowledge))


def _refined(trace: Trace, passages: Sequence[str], keep: float, most: int) -> str:
    """Knowledge refinement: cut, judge, put together. Title and topic stay with every strip (`data.Passage`)."""
    pieces = [piece for passage in passages for piece in _named(passage)]
    return recompose(pieces, trace.call("relevance", [(trace.question, piece) for piece in pieces]), keep, most)


def _named(passage: str) -> list[str]:
    """The strips of a passage, each with what the passage is about: "France. Capital: ...", cut, loses its France."""
    head, colon, body = passage.partition(": ")
    if not colon or len(head) > 60:
        return strips(passage)
    return [f"{head}: {piece}" for piece in strips(body)]
