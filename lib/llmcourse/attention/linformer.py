"""Linformer: keys and values are projected along the length, to k places, before attention.

    q, k, v  (..., L, d)  queries, keys, values of one head
    E, F     (..., k, L)  projections of the keys and of the values; k is a number of places here, not a key
    P        (..., L, k)  attention: each query distributes its weight over the k places

    head_i = softmax(Q W_i^Q (E_i K W_i^K)^T / sqrt(d)) F_i V W_i^V

O(L k) instead of O(L^2). Each place mixes all tokens, so nothing here is causal, and a projection has as many columns
as the longest text that it can read.

Wang et al. 2020, "Linformer", eq. 7; section 4, "Parameter sharing between projections".
"""

import torch
from torch import Tensor, nn

SHARED = ("none", "heads", "heads, keys and values")


def linformer(q: Tensor, k: Tensor, v: Tensor, E: Tensor, F: Tensor, scale: float | None = None) -> Tensor:
    """softmax(q (E k)^T / sqrt(d)) F v: (..., L, d_v). ValueError if E and F do not have one column for each key."""
    if not E.shape[-1] == F.shape[-1] == k.shape[-2] or E.shape[-2] != F.shape[-2]:
        raise ValueError(
            f"E and F must be (places, {k.shape[-2]}), a column for each key; they are "
            f"{tuple(E.shape[-2:])} and {tuple(F.shape[-2:])}."
        )
    scale = q.shape[-1] ** -0.5 if scale is None else scale
    P = (scale * q @ (E @ k).mT).softmax(-1)  # (..., L, k)
    return P @ (F @ v)


class Projections(nn.Module):
    """E and F, (heads or 1, k, L): give one object to several layers, and they share it ("layerwise" in the paper).

    shared   "none": each head has its own; "heads": one for all heads; "heads, keys and values": and E = F
    """

    def __init__(self, L: int, k: int, heads: int = 1, shared: str = "heads"):
        super().__init__()
        if shared not in SHARED:
            raise ValueError(f"Projections are shared by one of {', '.join(map(repr, SHARED))}, not {shared!r}.")
        if not 0 < k <= L:
            raise ValueError(f"{L} tokens are projected to between 1 and {L} places, not {k}.")
        self.E = nn.Parameter(torch.randn(heads if shared == "none" else 1, k, L) * k**-0.5)
        self.F = self.E if shared == SHARED[-1] else nn.Parameter(torch.randn_like(self.E) * k**-0.5)

    def forward(self, L: int) -> tuple[Tensor, Tensor]:
        """The columns for a text of L tokens. ValueError if it is longer than they were made for."""
        if self.E.shape[-1] < L:
            raise ValueError(f"These projections were made for {self.E.shape[-1]} tokens; the text has {L}.")
        return self.E[..., :L], self.F[..., :L]


class LinformerAttention(nn.Module):
    """Self-attention of width d with `heads` heads, over projected keys and values; not causal."""

    def __init__(self, d: int, heads: int, projections: Projections):
        super().__init__()
        if d % heads:
            raise ValueError(f"d must be a multiple of the number of heads; {d} is none of {heads}.")
        self.heads, self.projections = heads, projections
        self.qkv = nn.Linear(d, 3 * d, bias=False)
        self.out = nn.Linear(d, d)

    def forward(self, x: Tensor) -> Tensor:
        """x (..., L, d) -> (..., L, d)."""
        q, k, v = self.qkv(x).unflatten(-1, (3, self.heads, -1)).movedim(-3, 0).transpose(-2, -3)  # (..., H, L, d / H)
        o = linformer(q, k, v, *self.projections(x.shape[-2]))
        return self.out(o.transpose(-2, -3).flatten(-2))
