"""Softmax attention as a mixer: the baseline of every lecture.

    x     (B, L, d)              input, output
    q     (B, H, L, d / H)       and k, v alike
    Cache keys and values (B, H, room, d / H), of which the first `length` are written

Vaswani et al. 2017, eq. 1. No position code: see gpt.py.
"""

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class Cache(NamedTuple):
    """Keys and values of the past. The buffers are larger than needed, so that most tokens copy nothing."""

    k: Tensor
    v: Tensor
    length: int


class SoftmaxAttention(nn.Module):
    """Causal multi-head attention with state in and out."""

    def __init__(self, d: int, heads: int = 4):
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(d, 3 * d, bias=False)
        self.out = nn.Linear(d, d, bias=False)

    def forward(self, x: Tensor, state: Cache | None = None) -> tuple[Tensor, Cache | None]:
        """x (B, L, d) -> (B, L, d), and the cache. Without a state the past is empty, and no cache is kept in training."""
        q, k, v = self.qkv(x).unflatten(-1, (3, self.heads, -1)).permute(2, 0, 3, 1, 4).unbind(0)
        if state is None and torch.is_grad_enabled():
            z = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        else:
            past = state.length if state else 0
            state = _append(state, k, v)
            keys, values = state.k[..., : state.length, :], state.v[..., : state.length, :]
            mask = _mask(k.shape[-2], past, x.device) if k.shape[-2] > 1 else None  # one token sees everything
            z = F.scaled_dot_product_attention(q, keys, values, attn_mask=mask)
        return self.out(z.transpose(1, 2).flatten(-2)), state


def _mask(new: int, past: int, device: torch.device) -> Tensor:
    """Who sees whom (new, past + new), when `new` tokens come after `past`."""
    return torch.ones(new, past + new, dtype=torch.bool, device=device).tril(past)


def _append(cache: Cache | None, k: Tensor, v: Tensor) -> Cache:
    """Write behind the past. The buffer doubles when it is full: `torch.cat` would copy it for every token."""
    past, new = (cache.length if cache else 0), k.shape[-2]
    if cache is None or past + new > cache.k.shape[-2]:
        room = max(64, 2 * (past + new))
        grow = lambda old, like: F.pad(like[..., :0, :] if old is None else old[..., :past, :], (0, 0, 0, room - past))
        cache = Cache(grow(cache and cache.k, k), grow(cache and cache.v, v), past)
    cache.k[..., past : past + new, :] = k
    cache.v[..., past : past + new, :] = v
    return Cache(cache.k, cache.v, past + new)
