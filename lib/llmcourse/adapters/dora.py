"""DoRA: a weight is a magnitude and a direction for each output, and the two are learned separately.

    W' = m V / ||V||,   V = W + (alpha / r) B A      m (d_out,)  starts as the norms of W's rows

Liu et al. 2024, eqs. 5 and 6. The norm is that of a row of nn.Linear's weight (d_out, d_in), the weights of one output
(the paper has W transposed, and speaks of columns). The gradient treats the norm as a constant (section 4.3).
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .lora import LoRA


class DoRA(LoRA):
    """LoRA with d_out additional parameters."""

    def __init__(self, base: nn.Linear, r: int = 8, alpha: float = 16.0):
        super().__init__(base, r, alpha)
        self.m = nn.Parameter(base.weight.detach().float().norm(dim=1))

    def forward(self, x: Tensor, y: Tensor, base: nn.Linear) -> Tensor:
        """m / ||V|| times (W x + BA x), minus the W x that is already there."""
        factor = self.m / self.direction(base).norm(dim=1).detach()  # (d_out,)
        plain = y.to(factor.dtype) if base.bias is None else y.to(factor.dtype) - base.bias
        return (factor - 1) * plain + factor * super().forward(x, y, base)

    def direction(self, base: nn.Linear) -> Tensor:
        """V (d_out, d_in), not yet normalised."""
        return base.weight.detach().float() + super().delta(base)

    def delta(self, base: nn.Linear) -> Tensor:
        return self.m[:, None] * F.normalize(self.direction(base), dim=1) - base.weight.float()


def magnitude_and_direction(W: Tensor, W_new: Tensor) -> tuple[float, float]:
    """How far a weight (d_out, d_in) has moved in magnitude and in direction, averaged over the outputs.

    Liu et al. 2024, eqs. 3 and 4: | ||w'|| - ||w|| |, and 1 - cos(w, w').
    """
    magnitude = (W_new.norm(dim=1) - W.norm(dim=1)).abs().mean()
    return magnitude.item(), (1 - torch.cosine_similarity(W, W_new, dim=1)).mean().item()
