"""Adaptive-RAG: a classifier reads the question and chooses how much retrieval it is worth.

    A  no retrieval        B  one retrieval        C  several, in rounds

    label   the cheapest strategy that answered right; if none did, what the question's data set suggests: B for
            questions of one hop, C for those of several
    x (n, d)   vectors of questions       W (3, d), b (3,)   softmax classifier

Jeong et al. 2024, "Adaptive-RAG", section 3.2. Departs from the paper: a softmax layer on a frozen sentence encoder
instead of a fine-tuned T5. The frontier: what accuracy costs, among all strategies and mixtures of them.
"""

from collections.abc import Callable, Mapping, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from .trace import Tools, Trace

STRATEGIES = ("none", "one", "several")


def labels(right: Tensor, several_hops: Tensor) -> Tensor:
    """The class of each question, (n,) integers 0, 1, 2.

    right         (n, 3) whether no, one, several retrievals gave the right answer
    several_hops  (n,) whether the question comes from a set of questions with several hops
    """
    cheapest = right.int().argmax(1)  # the first that is right
    return torch.where(right.any(1), cheapest, 1 + several_hops.long())


class Classifier:
    """Softmax regression. `fit` weighs classes so that each counts alike, since the rare one is the one that saves."""

    def __init__(self, W: Tensor, b: Tensor):
        self.W, self.b = W, b

    @classmethod
    def fit(cls, x: Tensor, y: Tensor, classes: int = 3, decay: float = 1e-3, steps: int = 100) -> "Classifier":
        """From vectors (n, d) and classes (n,). Convex, so the start does not matter: L-BFGS finds the minimum of
        the mean weighted cross-entropy + decay |W|^2 / 2."""
        W, b = torch.zeros(classes, x.shape[1], requires_grad=True), torch.zeros(classes, requires_grad=True)
        count = torch.bincount(y, minlength=classes).clamp(min=1)
        weight = len(y) / (classes * count.float())
        optimizer = torch.optim.LBFGS([W, b], max_iter=steps, line_search_fn="strong_wolfe")

        def loss():
            optimizer.zero_grad()
            each = F.cross_entropy(x @ W.mT + b, y, reduction="none")
            value = (weight[y] * each).mean() + 0.5 * decay * W.square().sum()
            value.backward()
            return value

        optimizer.step(loss)
        return cls(W.detach(), b.detach())

    def probabilities(self, x: Tensor) -> Tensor:
        """(n, d) -> (n, classes)."""
        return (x @ self.W.mT + self.b).softmax(-1)


def frontier(points: Sequence[tuple[float, float]]) -> list[int]:
    """The places of the points (cost, accuracy) that no other point beats, cheapest first.

    A point is beaten by one that costs no more and is at least as right, and better in one of the two. Of equal points
    the first is named.
    """
    order = sorted(range(len(points)), key=lambda i: (points[i][0], -points[i][1], i))
    kept, best = [], float("-inf")
    for i in order:
        if points[i][1] > best:
            kept.append(i)
            best = points[i][1]
    return kept


def mixed(cheap: tuple[float, float], dear: tuple[float, float], cost: float) -> float:
    """The accuracy of tossing a coin between two strategies (cost, accuracy), at this mean cost: a straight line.

    A classifier is worth its name only above this line. Raises ValueError for a cost that lies outside.
    """
    (c0, a0), (c1, a1) = cheap, dear
    if not min(c0, c1) <= cost <= max(c0, c1) or c0 == c1:
        raise ValueError(f"A cost of {cost} is not between {c0} and {c1}.")
    return a0 + (a1 - a0) * (cost - c0) / (c1 - c0)


def answer(question: str, corpus: Sequence[str], tools: Tools, strategies: Mapping[str, Callable]) -> Trace:
    """Classify, then run the strategy that was chosen: `strategies` has an `answer` for each name in STRATEGIES.

    Needs `complexity`, and what the strategies need.
    """
    trace = Trace("Adaptive-RAG", question, corpus, tools)
    (p,) = trace.call("complexity", [question])
    chosen = max(range(len(STRATEGIES)), key=lambda i: p[i])
    trace.decide(f"{STRATEGIES[chosen]} of the retrievals", p[chosen])
    inner = strategies[STRATEGIES[chosen]](question, corpus, tools)
    trace.steps += inner.steps
    return trace.finish(inner.answer)


def closed_book(question: str, corpus: Sequence[str], tools: Tools) -> Trace:
    """No retrieval: what the model knows by heart."""
    trace = Trace("closed book", question, corpus, tools)
    return trace.finish(trace.read(()))


def one_step(question: str, corpus: Sequence[str], tools: Tools, k: int = 3) -> Trace:
    """Plain retrieval-augmented generation: search once, read."""
    trace = Trace("one retrieval", question, corpus, tools)
    passages = trace.find(question, k)
    if not passages:
        return trace.give_up("nothing was found")
    return trace.finish(trace.read(passages))
