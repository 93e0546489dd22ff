"""The kernel trick in miniature: a map that turns a plane into a quadratic surface, and its kernel.

x    (..., d)
phi  (..., d + d (d + 1) / 2)
"""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from .. import data


def quadratic_map(x: Tensor) -> Tensor:
    """phi with phi(x)^T phi(x') = (x^T x' + 1)^2 - 1: coordinates, squares, and products of pairs.

    For two coordinates, as on the slide: sqrt2 x1, sqrt2 x2, x1^2, x2^2, sqrt2 x1 x2. A term that the kernel holds
    twice gets a factor sqrt2, since the map enters the kernel twice.
    """
    i, j = torch.triu_indices(x.shape[-1], x.shape[-1], offset=1, device=x.device)
    return torch.cat([2**0.5 * x, x**2, 2**0.5 * x[..., i] * x[..., j]], dim=-1)


def quadratic_kernel(x: Tensor, y: Tensor) -> Tensor:
    """The same scalar products without the features: (..., n, d) and (..., m, d) -> (..., n, m)."""
    return (x @ y.mT + 1) ** 2 - 1


def bumps(x: Tensor, centres: Tensor, width: float) -> Tensor:
    """Local features: one bump at each centre (n, d), which only points near it feel. (..., d) -> (..., n)"""
    return (-torch.cdist(x.flatten(0, -2), centres).square() / (2 * width**2)).exp().unflatten(0, x.shape[:-1])


def classifier(features: Tensor, labels: Tensor, steps: int = 50) -> Tensor:
    """Logistic regression on features (n, d): weights (d + 1,), a constant last; positive where the label is 1."""
    w = torch.zeros(features.shape[-1] + 1, requires_grad=True)
    optimizer = torch.optim.LBFGS([w], max_iter=steps)

    def closure() -> Tensor:
        optimizer.zero_grad()
        loss = F.binary_cross_entropy_with_logits(score(w, features), labels.float()) + 1e-4 * w.square().sum()
        loss.backward()
        return loss

    optimizer.step(closure)
    return w.detach()


def score(w: Tensor, features: Tensor) -> Tensor:
    """On which side of the plane w the features (..., d) lie."""
    return features @ w[:-1] + w[-1]


def right_on_rings(phi: Callable[[Tensor], Tensor], seed: int, n: int = 200) -> int:
    """How many of n new points of two rings a classifier on phi gets right, after n others."""
    (x, ring), (new, truth) = (data.circles(n, torch.Generator().manual_seed(s)) for s in (seed, 1000 + seed))
    return int(((score(classifier(phi(x), ring), phi(new)) > 0) == truth.bool()).sum())
