"""Synthetic data, for experiments that need control. Nothing here is real."""

import math

import torch
from torch import Generator, Tensor


def circles(n: int, generator: Generator, noise: float = 0.08) -> tuple[Tensor, Tensor]:
    """Two rings of points: no straight line tells them apart.

    Returns points (n, 2) and ring (n,), 0 for the inner ring of radius 0.5 and 1 for the outer one of radius 1.
    """
    ring = torch.arange(n) % 2
    angle = 2 * math.pi * torch.rand(n, generator=generator)
    radius = torch.where(ring == 1, 1.0, 0.5) + noise * torch.randn(n, generator=generator)
    return torch.stack([radius * angle.cos(), radius * angle.sin()], dim=-1), ring
