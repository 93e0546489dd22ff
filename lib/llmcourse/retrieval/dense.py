"""Dense retrieval: a question and the passages as vectors, and the nearest ones by exact search.

    q  (Q, d)  queries        x  (N, d)  passages; unit vectors, so products are cosines

Karpukhin et al. 2020, "Dense Passage Retrieval", section 3, with one encoder for both sides (Reimers and Gurevych
2019) instead of two trained ones. The search first as one product, then in blocks: the same answer in bounded memory.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

from ..models.pretrained import Embedder
from .lexical import enough
from .store import Store


def nearest_at_once(q: Tensor, x: Tensor, k: int) -> tuple[Tensor, Tensor]:
    """Products (Q, k), descending, and indices (Q, k) of the k nearest. The definition: all (Q, N) at once."""
    return torch.topk(q @ x.mT, k)


def nearest(q: Tensor, x: Tensor, k: int, block: int = 1 << 14) -> tuple[Tensor, Tensor]:
    """Like `nearest_at_once`, with at most 1,024 x `block` products at a time.

    Ties are broken arbitrarily. Raises ValueError for shapes that don't match and for fewer than k passages.
    """
    if q.ndim != 2 or x.ndim != 2 or q.shape[1] != x.shape[1]:
        raise ValueError(f"q is {tuple(q.shape)} and x {tuple(x.shape)}. Give (Q, d) and (N, d), with the same d.")
    enough(k, len(x))
    parts = [_nearest(part, x, k, block) for part in q.split(1024)]
    return torch.cat([p[0] for p in parts]), torch.cat([p[1] for p in parts])


def _nearest(q: Tensor, x: Tensor, k: int, block: int) -> tuple[Tensor, Tensor]:
    scores, numbers = q.new_empty(len(q), 0), torch.empty(len(q), 0, dtype=torch.long, device=x.device)
    for start in range(0, len(x), block):
        new = q @ x[start : start + block].mT  # (Q, block)
        top = new.topk(min(k, new.shape[1]))
        scores, numbers = torch.cat([scores, top.values], 1), torch.cat([numbers, top.indices + start], 1)
        best = scores.topk(min(k, scores.shape[1]))  # of at most 2 k
        scores, numbers = best.values, numbers.gather(1, best.indices)
    return scores, numbers


class Dense:
    """Passages with their vectors, which a store keeps between sessions."""

    def __init__(self, embedder: Embedder, texts: Sequence[str], store: Store | None = None):
        self.embedder, self.store = embedder, store or Store()
        self.x = self.store.embed(embedder, texts)  # (N, d)

    def search(self, queries: Sequence[str], k: int = 10) -> tuple[Tensor, Tensor]:
        """The k nearest passages of each query: cosines (Q, k), in descending order, and indices (Q, k)."""
        return nearest(self.embedder.encode(queries), self.x, k)
