"""Self-RAG: the model writes tokens that judge retrieval, passages and its own sentences, and they steer decoding.

    Retrieve   is a passage needed before the next segment?       yes, no
    IsRel      does the passage help to answer?                   relevant, irrelevant
    IsSup      does the passage say what the segment says?        fully, partially, no
    IsUse      how useful is the answer?                          5, 4, 3, 2, 1

    d   passage       y_t   segment t       w^G   weight of a group of tokens
    s^rel = p(relevant) / sum        s^sup = (p(fully) + 0.5 p(partially)) / sum        s^use = sum of v_i p_i / sum
    with v = -1, -0.5, 0, 0.5, 1 for utility 1 to 5
    f(y_t, d) = p(y_t | x, d, y_<t) + sum over G of  w^G s^G        a segment's score; a beam keeps the best

Asai et al. 2024, "Self-RAG", eqs. 3 and 4, appendix A.3; weights 1, 1, 0.5; p(y_t) is the exponential of the mean
log-probability of its tokens, as in their code. There the test for retrieval divides log-probabilities where eq. A.3
divides probabilities, which turns it around: `needs_retrieval` follows the equation.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from .trace import Tools, Trace

RETRIEVE = ("[Retrieve]", "[No Retrieve]")
RELEVANT = ("[Relevant]", "[Irrelevant]")
SUPPORT = ("[Fully supported]", "[Partially supported]", "[No support]")
USEFUL = tuple(f"[Utility:{i}]" for i in range(1, 6))
REFLECTION = (*RETRIEVE, *RELEVANT, *SUPPORT, *USEFUL)
UTILITY = (-1.0, -0.5, 0.0, 0.5, 1.0)  # values of utility 1 to 5
Probabilities = Sequence[float]


class Weights(NamedTuple):
    """How much relevance, support and utility count: for more faithful answers raise `support`."""

    relevance: float = 1.0
    support: float = 1.0
    utility: float = 0.5


def needs_retrieval(yes: float, no: float, threshold: float = 0.2) -> bool:
    """Whether p(yes) / (p(yes) + p(no)) is above the threshold, given the two probabilities: eq. A.3."""
    return yes / (yes + no) > threshold


def relevance_score(p: Probabilities) -> float:
    """From the probabilities of (relevant, irrelevant): 0 to 1."""
    return p[0] / sum(p)


def support_score(p: Probabilities) -> float:
    """From those of (fully, partially, no): 0 to 1; partial support counts half."""
    return (p[0] + 0.5 * p[1]) / sum(p)


def utility_score(p: Probabilities) -> float:
    """From those of utility 1 to 5: -1 to 1."""
    return sum(v * x for v, x in zip(UTILITY, p)) / sum(p)


def segment_score(
    likelihood: float,
    relevance: Probabilities,
    support: Probabilities,
    utility: Probabilities,
    weights: Weights = Weights(),  # noqa: B008  a constant
) -> float:
    """A segment's score: its own probability, and the weighted scores of the tokens that judge it."""
    parts = relevance_score(relevance), support_score(support), utility_score(utility)
    return likelihood + sum(w * s for w, s in zip(weights, parts))


class Segment(NamedTuple):
    """A sentence written from a passage, with its score. `hard`: whether it may be used at all."""

    text: str
    score: float
    passage: int = -1
    hard: bool = True


Continue = Callable[[tuple[Segment, ...]], Sequence[Segment]]


def segment_beam(continued: Continue, width: int = 2, depth: int = 3) -> tuple[Segment, ...]:
    """Segment after segment, the `width` best beginnings are kept by the sum of their scores; the best one at the end.

    continued  a beginning -> the segments that may follow; none where the text is complete

    Segments that fail a hard constraint (`hard` is False, such as: no support) are never taken. If all are refused, the
    text ends there; () if that is so at once. Raises ValueError for a beam of no width.
    """
    if width < 1:
        raise ValueError(f"A beam of width {width} keeps nothing: choose 1 or more.")
    total = lambda text: sum(segment.score for segment in text)
    beam: list[tuple[Segment, ...]] = [()]
    for _ in range(depth):
        longer, complete = [], []
        for text in beam:
            following = [(*text, segment) for segment in continued(text) if segment.hard]
            longer += following
            complete += [] if following else [text]
        if not longer:
            break
        beam = sorted([*longer, *complete], key=total, reverse=True)[:width]
    return max(beam, key=total)


def labelled(question: str, passage: str | None, answer: str, tokens: Sequence[str]) -> str:
    """A text to train the generator on, with a critic's verdicts in it, as in the paper's figure 2.

    tokens  without a passage (utility,), with one (relevance, support, utility). The passage stands between its
            tags and is masked from the loss. Raises ValueError for tokens that do not belong there.
    """
    groups = (USEFUL,) if passage is None else (RELEVANT, SUPPORT, USEFUL)
    if len(tokens) != len(groups) or any(token not in group for token, group in zip(tokens, groups)):
        raise ValueError(f"Give one token of each group, in order: {' then '.join(map(str, groups))}.")
    if passage is None:
        return f"Question: {question}\nAnswer:{RETRIEVE[1]} {answer}{tokens[0]}"
    return f"Question: {question}\nAnswer:{RETRIEVE[0]}<p>{passage}</p>{tokens[0]} {answer}{tokens[1]}{tokens[2]}"


def answer(
    question: str,
    corpus: Sequence[str],
    tools: Tools,
    k: int = 3,
    threshold: float = 0.2,
    weights: Weights = Weights(),  # noqa: B008
    least_support: float = 0.0,
) -> Trace:
    """Decide whether to retrieve; read each passage by itself; keep the answer with the best score.

    Needs `need` and `read`, and where it retrieves `search`, `relevance` (a probability), `support` and `utility`.
    Answers with less support than `least_support` are refused: the hard constraint. If all are, the answer is empty.
    """
    trace = Trace("Self-RAG", question, corpus, tools)
    (need,) = trace.call("need", [question])
    if not needs_retrieval(need, 1 - need, threshold):
        trace.decide("no retrieval", need)
        return trace.finish(trace.read(()))
    trace.decide("retrieval", need)
    passages = trace.find(question, k)
    if not passages:
        return trace.give_up("nothing was found")
    answers = trace.call("read", [(question, (p,)) for p in passages])
    relevant = trace.call("relevance", [(question, p) for p in passages])
    support = trace.call("support", [(question, p, a) for p, a in zip(passages, answers)])
    useful = trace.call("utility", [(question, a) for a in answers])
    segments = [
        Segment(a, segment_score(0.0, (r, 1 - r), s, u, weights), i, support_score(s) >= least_support)
        for i, (a, r, s, u) in enumerate(zip(answers, relevant, support, useful))
    ]
    best = segment_beam(lambda text: () if text else segments, width=1, depth=1)
    if not best:
        return trace.give_up("no passage supports an answer: all were refused")
    trace.decide(f"answer from passage {best[0].passage + 1}", best[0].score)
    return trace.finish(best[0].text)
