"""How gold falls when a policy follows a proxy: two curves with two numbers each.

    d            root of the KL from the reference, in nats
    R            gold, above that of the reference
    alpha, beta  what is fitted: how steeply gold rises at first, and how soon it turns

Gao, Schulman, Hilton 2022, "Scaling laws for reward model overoptimization", section 3.1: R = d (alpha - beta d) for
best-of-n, R = d (alpha - beta log d) for reinforcement learning.
"""

import math
from typing import NamedTuple

import torch
from torch import Tensor


class Curve(NamedTuple):
    """R(d), for "best-of-n" or for "RL"."""

    kind: str
    alpha: float
    beta: float

    def __call__(self, d: Tensor) -> Tensor:
        return d * (self.alpha - self.beta * _bend(d, self.kind))

    @property
    def peak(self) -> float:
        """The d from which on gold falls; infinite if it never does."""
        if self.beta <= 0:
            return math.inf
        return self.alpha / (2 * self.beta) if self.kind == "best-of-n" else math.exp(self.alpha / self.beta - 1)


def _bend(d: Tensor, kind: str) -> Tensor:
    return d if kind == "best-of-n" else d.log()


def fit(KL: Tensor, R: Tensor, kind: str) -> Curve:
    """The curve of this kind that is nearest to gold R (N,) at KL (N,), by least squares: it is linear in both numbers.

    Raises ValueError for an unknown kind, and for less than two points with a positive KL, which are all that count.
    """
    if kind not in ("best-of-n", "RL"):
        raise ValueError(f"There is no curve for {kind!r}: take 'best-of-n' or 'RL'.")
    moved = KL > 0
    if moved.sum() < 2:
        raise ValueError(f"Two numbers are fitted, and there are {int(moved.sum())} points with a positive KL.")
    d = KL[moved].double().sqrt()
    columns = torch.stack([d, -d * _bend(d, kind)], dim=1)  # (N, 2)
    alpha, beta = torch.linalg.lstsq(columns, R[moved].double()[:, None]).solution[:, 0].tolist()
    return Curve(kind, alpha, beta)
