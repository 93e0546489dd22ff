"""LoRA: the change of a weight as a product of two thin matrices.

    h = W x + (alpha / r) B A x       A (r, d_in)   random;   B (d_out, r)   zeros: training starts at the base

Hu et al. 2021, eq. 3. rsLoRA divides by the root of r, so that what a high rank learns is not scaled away
(Kalajdzievski 2023).
"""

import torch
from torch import Tensor, nn

from .adapter import Adapter


class LoRA(Adapter):
    """r (d_in + d_out) parameters for a layer of d_in d_out."""

    def __init__(self, base: nn.Linear, r: int = 8, alpha: float = 16.0, rs: bool = False):
        super().__init__()
        if r < 1:
            raise ValueError(f"The rank must be at least 1; it is {r}.")
        self.alpha, self.rs = alpha, rs
        # Initialised as in nn.Linear, and in the paper's own code.
        self.A = nn.Parameter(torch.empty(r, base.in_features).uniform_(-1, 1) * base.in_features**-0.5)
        self.B = nn.Parameter(torch.zeros(base.out_features, r))

    @property
    def r(self) -> int:
        return self.A.shape[0]

    @property
    def scale(self) -> float:
        return self.alpha / (self.r**0.5 if self.rs else self.r)

    def forward(self, x: Tensor, y: Tensor, base: nn.Linear) -> Tensor:
        return (x.to(self.A.dtype) @ self.A.mT) @ self.B.mT * self.scale  # (..., r), then (..., d_out)

    def delta(self, base: nn.Linear) -> Tensor:
        return self.B @ self.A * self.scale
