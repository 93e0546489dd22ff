"""The kernel trick in miniature: a map that turns a plane into a quadratic surface, and its kernel.

x    (..., d)
phi  (..., d + d (d + 1) / 2)
"""

import torch
from torch import Tensor


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
