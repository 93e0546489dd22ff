"""DoRA: a weight is a magnitude and a direction for each output, and they are learned apart.

    W' = m V / ||V||,   V = W + (alpha / r) B A      m (d_out,)  begins as the norms of W's rows

Liu et al. 2024, eqs. 5 and 6. The norm is that of a row of nn.Linear's weight (d_out, d_in): what one output weighs its
inputs with (the paper has W transposed, and speaks of columns). In the gradient the norm is a constant (section 4.3).
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .lora import LoRA


class DoRA(LoRA):
    """LoRA and d_out parameters more."""

    def __init__(self, base: nn.Linear, r: int = 8, alpha: float = 16.0):
        super().__init__(base, r, alpha)
        self.m = nn.Parameter(base.weight.detach().float().norm(dim=1))

    def forward(self, x: Tensor, y: Tensor, base: nn.Linear) -> Tensor:
        """m / ||V|| times (W x + BA x), less the W x that is there already."""
        factor = self.m / self.direction(base).norm(dim=1).detach()  # (d_out,)
        plain = y.to(factor.dtype) if base.bias is None else y.to(factor.dtype) - base.bias
        return (factor - 1) * plain + factor * super().forward(x, y, base)

    def direction(self, base: nn.Linear) -> Tensor:
        """V (d_out, d_in), not yet of length 1."""
        return base.weight.detach().float() + super().delta(base)

    def delta(self, base: nn.Linear) -> Tensor:
        return self.m[:, None] * F.normalize(self.direction(base), dim=1) - base.weight.float()


def magnitude_and_direction(W: Tensor, W_new: Tensor) -> tuple[float, float]:
    """How far a weight (d_out, d_in) has gone in magnitude and in direction, means over the outputs.

    Liu et al. 2024, eqs. 3 and 4: | ||w'|| - ||w|| |, and 1 - cos(w, w').
    """
    magnitude = (W_new.norm(dim=1) - W.norm(dim=1)).abs().mean()
    return magnitude.item(), (1 - torch.cosine_similarity(W, W_new, dim=1)).mean().item()
