"""Reciprocal rank fusion: several rankings become one, by places alone.

    score(d) = sum over rankings r of  1 / (k + r(d)),    r(d) = 1, 2, ... the place of d in r

Cormack, Clarke and Buettcher 2009, "Reciprocal Rank Fusion outperforms Condorcet and individual Rank Learning Methods",
with their k = 60. Scores of different retrievers can't be added, since they have other units; places can.
"""

from collections import defaultdict
from collections.abc import Hashable, Sequence
from typing import TypeVar

Item = TypeVar("Item", bound=Hashable)


def fused_scores(rankings: Sequence[Sequence[Item]], k: float = 60) -> dict[Item, float]:
    """The score of everything that stands in a ranking. Raises ValueError where a ranking has something twice."""
    scores: dict[Item, float] = defaultdict(float)
    for ranking in rankings:
        if len(set(ranking)) < len(ranking):
            raise ValueError("A ranking holds something twice: each passage has one place in it.")
        for place, item in enumerate(ranking, 1):
            scores[item] += 1 / (k + place)
    return dict(scores)


def reciprocal_rank_fusion(rankings: Sequence[Sequence[Item]], k: float = 60) -> list[Item]:
    """Everything that stands in a ranking, best first; of equal ones, first what was met first."""
    scores = fused_scores(rankings, k)
    return sorted(scores, key=lambda item: -scores[item])
