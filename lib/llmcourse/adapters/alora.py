"""ALoRA: each rank is judged by leaving it out, and the places of useless ranks go to layers that need them.

    h = W x + B G A x          G = diag(g), g (r,) of ones and zeros, not learned
    IS(r) = S(M) - S(M without r) + S(M with r alone)          S: quality on validation data      (AB-LoRA)

Liu et al. 2024. A round: train; measure IS of every rank; set the gates of the worst to zero; give as many new ranks to
the layers that lost none, evenly; continue training. The sum of ranks stays the same. S is minus the validation loss.
"Alone" means alone in the whole model: every other rank of every layer is silent. Were the other layers to keep theirs,
the last term would be lowest where a layer matters most, and the order upside down.
"""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from .adapter import Adapter, by_path


class ALoRA(Adapter):
    """LoRA with gates of ones and zeros. Ranks are pruned and grown; new ones start with B = 0, so no output jumps."""

    def __init__(self, base: nn.Linear, r: int = 8, alpha: float = 16.0):
        super().__init__()
        self.scale = alpha / r  # fixed: a rank's strength must not depend on how many others there are
        self.A = nn.Parameter(torch.empty(r, base.in_features).uniform_(-1, 1) * base.in_features**-0.5)
        self.B = nn.Parameter(torch.zeros(base.out_features, r))
        self.register_buffer("g", torch.ones(r))

    @property
    def rank(self) -> int:
        return self.A.shape[0]

    def forward(self, x: Tensor, y: Tensor, base: nn.Linear) -> Tensor:
        return ((x.to(self.A.dtype) @ self.A.mT) * self.g) @ self.B.mT * self.scale

    def delta(self, base: nn.Linear) -> Tensor:
        return (self.B * self.g) @ self.A * self.scale

    @torch.no_grad()
    def keep(self, kept: Tensor, new: int = 0) -> None:
        """Keep only these ranks (r,), and add `new` ones."""
        fresh = torch.empty(new, self.A.shape[1], device=self.A.device).uniform_(-1, 1) * self.A.shape[1] ** -0.5
        self.A = nn.Parameter(torch.cat([self.A[kept], fresh]))
        self.B = nn.Parameter(torch.cat([self.B[:, kept], self.B.new_zeros(self.B.shape[0], new)], 1))
        self.g = torch.ones(self.A.shape[0], device=self.A.device)


@torch.no_grad()
def importance(model: nn.Module, name: str, quality: Callable[[], float]) -> dict[str, Tensor]:
    """Path -> IS (r,). `quality` is called twice for every rank, so it should be quick."""
    layers = by_path(model, name)
    whole, scores = quality(), {path: torch.zeros(adapter.rank) for path, adapter in layers.items()}
    for path, adapter in layers.items():
        for r in range(adapter.rank):
            adapter.g[r] = 0
            scores[path][r] = whole - quality()
            adapter.g[r] = 1
    for adapter in layers.values():
        adapter.g.zero_()
    for path, adapter in layers.items():
        for r in range(adapter.rank):
            adapter.g[r] = 1
            scores[path][r] += quality()
            adapter.g[r] = 0
    for adapter in layers.values():
        adapter.g.fill_(1)
    return scores


def reallocate(model: nn.Module, name: str, scores: dict[str, Tensor], moved: int) -> dict[str, int]:
    """Prune the `moved` worst ranks overall, and give as many to the layers that lost none; returns path -> rank.

    The parameters are new objects: make a new optimizer. What can't be shared evenly goes to the best layers.
    """
    layers = by_path(model, name)
    order = sorted((score.item(), path, r) for path, each in scores.items() for r, score in enumerate(each))
    cut = {(path, r) for _, path, r in order[:moved]}
    whole = [path for path in layers if not any((path, r) in cut for r in range(layers[path].rank))]
    whole.sort(key=lambda path: -scores[path].sum().item())
    each, rest = divmod(moved, len(whole)) if whole else (0, 0)
    for path, adapter in layers.items():
        kept = torch.tensor([(path, r) not in cut for r in range(adapter.rank)], dtype=torch.bool)
        new = each + (whole.index(path) < rest) if path in whole else 0
        if not whole:
            kept[:] = True  # every layer would lose something: none is left to give to
        adapter.keep(kept, new)
    return {path: adapter.rank for path, adapter in layers.items()}
