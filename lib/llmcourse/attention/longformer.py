"""Longformer's attention: a window, and global tokens with projections of their own.

    x                (..., L, d)  input
    q, k, v          what window queries read with, in heads (..., H, L, d / H)
    q_g, k_g, v_g    the same, by other matrices: global queries read with them, from all tokens

Beltagy et al. 2020, "Longformer", section 3.1, "Linear projections for global attention".
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from .engine import attend
from .patterns import Columns, Pattern, window


class LongformerAttention(nn.Module):
    """Self-attention of width d with `heads` heads, a window of w (even) and global tokens, not causal."""

    def __init__(self, d: int, heads: int, w: int):
        super().__init__()
        if d % heads:
            raise ValueError(f"d must be a multiple of the number of heads; {d} is none of {heads}.")
        self.heads, self.window = heads, window(w)
        self.query, self.key, self.value = (nn.Linear(d, d) for _ in range(3))
        self.query_global, self.key_global, self.value_global = (nn.Linear(d, d) for _ in range(3))

    def forward(self, x: Tensor, tokens: Sequence[int] = ()) -> Tensor:
        """x (..., L, d), and the indices of the global tokens. Returns (..., L, d)."""
        split = lambda y: y.unflatten(-1, (self.heads, -1)).transpose(-2, -3)  # (..., H, L, d / H)
        q, k, v = split(self.query(x)), split(self.key(x)), split(self.value(x))
        if not tokens:
            return attend(q, k, v, self.window).transpose(-2, -3).flatten(-2)
        tokens = sorted(set(tokens))
        o = attend(q, k, v, self.window | Pattern((Columns(tuple(tokens)),)))
        at = torch.tensor(tokens, device=x.device)
        q_g = split(self.query_global(x.index_select(-2, at)))
        k_g, v_g = split(self.key_global(x)), split(self.value_global(x))
        o_g = nn.functional.scaled_dot_product_attention(q_g, k_g, v_g)  # (..., H, tokens, d / H)
        return o.index_copy(-2, at, o_g.to(o.dtype)).transpose(-2, -3).flatten(-2)
