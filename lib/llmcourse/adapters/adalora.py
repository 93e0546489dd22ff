"""AdaLoRA: the change of a weight as a singular value decomposition, and ranks given to the layers that need them.

    Delta W = (alpha / r) P Lambda Q      P (d_out, r), Lambda (r,), Q (r, d_in)      k-th triplet: (P_k, lambda_k, Q_k)
    R(P, Q) = || P^T P - I ||^2 + || Q Q^T - I ||^2      keeps the triplets orthogonal: added to the loss (eq. 4)
    I(w)    = | w dL/dw |                                 change of the loss without w, to first order    (eq. 8)
    Ibar = beta1 Ibar + (1 - beta1) I,   U = beta2 U + (1 - beta2) | I - Ibar |,   s(w) = Ibar U          (eqs. 9 to 11)
    S_k  = s(lambda_k) + mean_i s(P_ik) + mean_j s(Q_kj)  importance of a triplet                         (eq. 7)

The triplets of all layers compete in one list. The budget b(t) falls along a cubic (eq. 12), from the triplets there
are to those that may stay, and lambda_k is set to zero for all but the b(t) most important: one that was cut may come
back.

Zhang et al. 2023. The deck writes U and V where the formula has P and Q. A small batch makes I(w) noisy, hence the
means over time.
"""

import torch
from torch import Tensor, nn

from .adapter import Adapter, by_path


class AdaLoRA(Adapter):
    """r triplets, of which `rank` are not zero."""

    def __init__(self, base: nn.Linear, r: int = 12, alpha: float = 16.0):
        super().__init__()
        self.alpha = alpha
        self.P = nn.Parameter(0.02 * torch.randn(base.out_features, r))
        self.Lambda = nn.Parameter(torch.zeros(r))
        self.Q = nn.Parameter(0.02 * torch.randn(r, base.in_features))

    @property
    def r(self) -> int:
        return self.Lambda.numel()

    @property
    def scale(self) -> float:
        return self.alpha / self.r

    @property
    def rank(self) -> int:
        return int(self.Lambda.count_nonzero())

    def forward(self, x: Tensor, y: Tensor, base: nn.Linear) -> Tensor:
        return ((x.to(self.Q.dtype) @ self.Q.mT) * self.Lambda) @ self.P.mT * self.scale

    def delta(self, base: nn.Linear) -> Tensor:
        return (self.P * self.Lambda) @ self.Q * self.scale

    def orthogonality(self) -> Tensor:
        """R(P, Q), eq. 4."""
        eye = torch.eye(self.r, device=self.P.device)
        return (self.P.mT @ self.P - eye).square().sum() + (self.Q @ self.Q.mT - eye).square().sum()


class Budget:
    """Decides which ranks stay. Call `step` after `backward` and the optimizer's step, before gradients are cleared.

    target    mean rank of a layer at the end
    steps     of the whole training; nothing is cut in the first `warm_up`, and in the last `settle` the target holds
    every     steps between two cuts
    """

    def __init__(
        self, model: nn.Module, name: str, target: int, steps: int, warm_up: int, settle: int, every: int = 10,
        beta1: float = 0.85, beta2: float = 0.85,
    ):  # fmt: skip
        self.layers = {path: a for path, a in by_path(model, name).items() if isinstance(a, AdaLoRA)}
        if not self.layers:
            raise ValueError(f"There is no AdaLoRA adapter {name!r}.")
        if not warm_up + settle < steps:
            raise ValueError(f"{warm_up} steps before the cuts and {settle} after them leave none of {steps} for cuts.")
        self.first = sum(a.r for a in self.layers.values())
        self.last = target * len(self.layers)
        self.steps, self.warm_up, self.settle, self.every = steps, warm_up, settle, every
        self.beta1, self.beta2, self.t = beta1, beta2, 0
        self.mean: dict[nn.Parameter, Tensor] = {}
        self.spread: dict[nn.Parameter, Tensor] = {}

    def at(self, t: int) -> int:
        """b(t), eq. 12: ranks of all layers together."""
        if t <= self.warm_up:
            return self.first
        if t > self.steps - self.settle:
            return self.last
        left = 1 - (t - self.warm_up) / (self.steps - self.settle - self.warm_up)
        return int(self.last + (self.first - self.last) * left**3)

    @torch.no_grad()
    def step(self) -> int:
        """Count a step of training, and cut when it is time; returns the budget."""
        self.t += 1
        if self.t < self.steps - self.settle:
            self._look()
        budget = self.at(self.t)
        if self.t > self.steps - self.settle or (self.t > self.warm_up and self.t % self.every == 0):
            self._cut(budget)
        return budget

    def _look(self) -> None:
        for adapter in self.layers.values():
            for w in adapter.parameters():
                if w.grad is None:
                    raise ValueError("There are no gradients: call `step` after `backward`, before they are cleared.")
                now = (w * w.grad).abs()
                old, spread = self.mean.get(w, torch.zeros_like(w)), self.spread.get(w, torch.zeros_like(w))
                self.mean[w] = self.beta1 * old + (1 - self.beta1) * now
                self.spread[w] = self.beta2 * spread + (1 - self.beta2) * (now - self.mean[w]).abs()

    def importance(self) -> dict[str, Tensor]:
        """Path -> S (r,)."""
        s = lambda w: self.mean[w] * self.spread[w]
        return {path: s(a.Lambda) + s(a.P).mean(0) + s(a.Q).mean(1) for path, a in self.layers.items()}

    def _cut(self, budget: int) -> None:
        scores = self.importance()
        cut = torch.cat(list(scores.values())).sort().values
        if len(cut) > budget:
            limit = cut[len(cut) - budget - 1]
            for path, adapter in self.layers.items():
                adapter.Lambda.masked_fill_(scores[path] <= limit, 0.0)

    def ranks(self) -> dict[str, int]:
        """Path -> number of ranks left."""
        return {path: adapter.rank for path, adapter in self.layers.items()}


def orthogonality(model: nn.Module, name: str) -> Tensor:
    """The mean of R(P, Q) over the layers, to be added to the loss with a small weight."""
    penalties = [adapter.orthogonality() for adapter in by_path(model, name).values()]
    return torch.stack(penalties).mean()
