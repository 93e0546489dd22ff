"""Decoding in constant memory: a cache of the last w tokens and of the first few, the attention sinks.

Xiao et al. 2023, "Efficient Streaming Language Models with Attention Sinks", section 3. Departs from the paper: keys
are kept as they come, so positions are those of the text, where the paper counts places in the cache.
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from .patterns import Columns, Pattern, window


class RollingCache:
    """Room for `sinks` first tokens and `w` last ones, per row of `lead`: memory does not depend on the length."""

    def __init__(self, sinks: int, w: int, lead: tuple[int, ...], d: int, d_v: int | None = None, **like):
        if w < 1 or sinks < 0:
            raise ValueError(f"The cache needs w >= 1 and sinks >= 0; w is {w}, sinks {sinks}.")
        self.sinks, self.w, self.seen = sinks, w, 0
        self.k = torch.zeros(*lead, sinks + w, d, **like)
        self.v = torch.zeros(*lead, sinks + w, d if d_v is None else d_v, **like)

    def slot(self, t: int) -> int:
        """Where token t is kept: the sinks stay, the others take turns."""
        return t if t < self.sinks else self.sinks + (t - self.sinks) % self.w

    @torch.no_grad()
    def step(self, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        """Keep one token's k (..., d) and v (..., d_v), then read with its q (..., d). Returns (..., d_v)."""
        at = self.slot(self.seen)
        self.k[..., at, :], self.v[..., at, :] = k, v
        self.seen += 1
        full = min(self.seen, self.sinks + self.w)  # slots fill from the left; their order is nothing to a softmax
        read = F.scaled_dot_product_attention(q.unsqueeze(-2), self.k[..., :full, :], self.v[..., :full, :])
        return read.squeeze(-2)

    def pattern(self) -> Pattern:
        """The same attention, for a whole sequence of more than `sinks` tokens at once."""
        near = window(self.w, causal=True)
        return near | Pattern((Columns(tuple(range(self.sinks))),), True) if self.sinks else near

    def bytes(self) -> int:
        return sum(math.prod(x.shape) * x.element_size() for x in (self.k, self.v))
