"""SoRA: a gate on each rank, and a step after the optimizer's that sets small gates to zero.

    h = W x + B (g * A x)            g (r,)  gates, learned with an L1 penalty by the proximal gradient
    g <- T(g - eta dL/dg),  T(z) = sign(z) max(|z| - eta xi, 0)       eta: learning rate; xi: weight of the sum of |g|

Ding et al. 2023, eqs. 4 to 8. The gates learn by plain gradient descent, so that xi is in units of the loss: AdamW
would rescale the gradient but not the threshold. A gate that is zero takes its row of A and column of B with it:
`prune` removes them.
"""

import torch
from torch import Tensor, nn

from .adapter import Adapter, by_path


class SoRA(Adapter):
    """LoRA with gates. The paper has no alpha / r: the gates are the scale."""

    def __init__(self, base: nn.Linear, r: int = 8):
        super().__init__()
        self.A = nn.Parameter(torch.empty(r, base.in_features).uniform_(-1, 1) * base.in_features**-0.5)
        self.B = nn.Parameter(torch.zeros(base.out_features, r))
        self.g = nn.Parameter(torch.ones(r))

    @property
    def rank(self) -> int:
        """The number of open gates."""
        return int(self.g.count_nonzero())

    def forward(self, x: Tensor, y: Tensor, base: nn.Linear) -> Tensor:
        return ((x.to(self.A.dtype) @ self.A.mT) * self.g) @ self.B.mT

    def delta(self, base: nn.Linear) -> Tensor:
        return (self.B * self.g) @ self.A

    @torch.no_grad()
    def prune(self) -> None:
        """Remove what closed gates have silenced; the outputs stay the same."""
        kept = self.g != 0
        self.A, self.B, self.g = (nn.Parameter(x) for x in (self.A[kept], self.B[:, kept], self.g[kept]))


def soft_threshold(g: Tensor, threshold: float) -> Tensor:
    """The proximal operator of threshold |g|: closer to zero by the threshold, but not past it."""
    return g.sign() * (g.abs() - threshold).clamp(min=0)


@torch.no_grad()
def proximal_step(model: nn.Module, name: str, lr: float, penalty: float) -> None:
    """A step of all gates on loss + penalty * sum |g|, after `backward`. No optimizer should know the gates.

    Clears their gradients, since no optimizer does.
    """
    for adapter in by_path(model, name).values():
        z = adapter.g if adapter.g.grad is None else adapter.g - lr * adapter.g.grad
        adapter.g.copy_(soft_threshold(z, lr * penalty))
        adapter.g.grad = None
