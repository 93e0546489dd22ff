"""DyLoRA: all ranks in one training run. Every step draws a rank b and uses only the first b rows and columns.

    h = W x + (alpha / b) B[:, :b] A[:b] x       b drawn uniformly from 1 ... r

Valipour et al. 2023, eqs. 5 to 8 and Algorithm 1. Afterwards any b can be chosen, without retraining: the first
rows have learned to do without the later ones. `frozen` trains only the b-th row and column at a step (their faster
variant).
"""

import torch
from torch import Generator, Tensor, nn

from .adapter import Adapter, by_path
from .lora import LoRA


class DyLoRA(LoRA):
    """LoRA that can be cut to any rank up to r: `b` is its current rank."""

    def __init__(self, base: nn.Linear, r: int = 8, alpha: float = 16.0, frozen: bool = False, b: int | None = None):
        super().__init__(base, r, alpha)
        self.b, self.frozen = b or r, frozen

    @property
    def scale(self) -> float:
        return self.alpha / self.b

    def truncated(self) -> tuple[Tensor, Tensor]:
        """A (b, d_in) and B (d_out, b)."""
        A, B = self.A[: self.b], self.B[:, : self.b]
        if self.frozen and self.training:
            A = torch.cat([A[:-1].detach(), A[-1:]])
            B = torch.cat([B[:, :-1].detach(), B[:, -1:]], 1)
        return A, B

    def forward(self, x: Tensor, y: Tensor, base: nn.Linear) -> Tensor:
        A, B = self.truncated()
        return (x.to(A.dtype) @ A.mT) @ B.mT * self.scale

    def delta(self, base: nn.Linear) -> Tensor:
        A, B = self.truncated()
        return B @ A * self.scale


def draw_rank(model: nn.Module, name: str, generator: Generator) -> int:
    """Cut all layers to one rank, drawn for this step; returns it."""
    adapters = _dynamic(model, name)
    b = int(torch.randint(1, max(a.r for a in adapters) + 1, (), generator=generator))
    set_rank(model, name, b)
    return b


def set_rank(model: nn.Module, name: str, b: int) -> None:
    """Cut all layers to rank b. Raises ValueError when b is outside the range that was trained."""
    for adapter in _dynamic(model, name):
        if not 1 <= b <= adapter.r:
            raise ValueError(f"This adapter was trained for ranks 1 to {adapter.r}; you asked for {b}.")
        adapter.b = b


def _dynamic(model: nn.Module, name: str) -> list[Adapter]:
    adapters = [adapter for adapter in by_path(model, name).values() if isinstance(adapter, DyLoRA)]
    if not adapters:
        raise ValueError(f"There is no DyLoRA adapter {name!r}.")
    return adapters
