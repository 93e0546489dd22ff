"""Reciprocal rank fusion: several rankings become one, using ranks alone.

    score(d) = sum over rankings r of  1 / (k + r(d)),    r(d) = 1, 2, ... the rank of d in r

Cormack, Clarke and Buettcher 2009, "Reciprocal Rank Fusion outperforms Condorcet and individual Rank Learning Methods",
with their k = 60. Scores of different retrievers can't be added, since their units differ; ranks can.
"""

from collections import defaultdict
from collections.abc import Hashable, Sequence
from typing import TypeVar

Item = TypeVar("Item", bound=Hashable)


def fused_scores(rankings: Sequence[Sequence[Item]], k: float = 60) -> dict[Item, float]:
    """The score of every item in a ranking. Raises ValueError when a ranking contains an item twice."""
    scores: dict[Item, float] = defaultdict(float)
    for ranking in rankings:
        if len(set(ranking)) < len(ranking):
            raise ValueError("A ranking contains an item twice. Each passage may have only one rank in it.")
        for rank, item in enumerate(ranking, 1):
            scores[item] += 1 / (k + rank)
    return dict(scores)


def reciprocal_rank_fusion(rankings: Sequence[Sequence[Item]], k: float = 60) -> list[Item]:
    """Every item of the rankings, best first; ties keep the order in which the items were met."""
    scores = fused_scores(rankings, k)
    return sorted(scores, key=lambda item: -scores[item])
