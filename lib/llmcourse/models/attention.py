"""Softmax attention as a mixer: the baseline of every lecture.

    x     (B, L, d)              input, output
    q     (B, H, L, d / H)       and so are k and v
    Cache keys and values (B, H, space, d / H), of which the first `length` are this text's

Vaswani et al. 2017, eq. 1. No position code: see gpt.py.
"""

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class Cache(NamedTuple):
    """Keys and values of the past. The buffers are larger than needed, so that most tokens copy nothing.

    `written` is how far the buffers are filled, for all the caches that share them: continuing a text from an earlier
    place gets new buffers. None: buffers that must not be written to.
    """

    k: Tensor
    v: Tensor
    length: int
    written: list[int] | None = None


class SoftmaxAttention(nn.Module):
    """Causal multi-head attention that takes and returns a state."""

    def __init__(self, d: int, heads: int = 4):
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(d, 3 * d, bias=False)
        self.out = nn.Linear(d, d, bias=False)

    def forward(self, x: Tensor, state: Cache | None = None) -> tuple[Tensor, Cache]:
        """x (B, L, d) after `state` -> (B, L, d), and the cache after it. Without a state the past is empty."""
        q, k, v = self.qkv(x).unflatten(-1, (3, self.heads, -1)).permute(2, 0, 3, 1, 4).unbind(0)
        past, new = (state.length if state else 0), k.shape[-2]
        # A training step keeps its keys and values as they are, and copies nothing.
        state = Cache(k, v, new) if state is None and torch.is_grad_enabled() else _append(state, k, v)
        keys, values = state.k[..., : state.length, :], state.v[..., : state.length, :]
        mask = _mask(new, past, x.device) if past and new > 1 else None  # one token sees everything
        z = F.scaled_dot_product_attention(q, keys, values, attn_mask=mask, is_causal=not past)
        return self.out(z.transpose(1, 2).flatten(-2)), state


def _mask(new: int, past: int, device: torch.device) -> Tensor:
    """Which token sees which (new, past + new), when `new` tokens come after `past`."""
    return torch.ones(new, past + new, dtype=torch.bool, device=device).tril(past)


def _append(cache: Cache | None, k: Tensor, v: Tensor) -> Cache:
    """Write after the past. A full buffer is copied to one of twice the size; `torch.cat` would copy at every token."""
    past, now = (cache.length if cache else 0), (cache.length if cache else 0) + k.shape[-2]
    if cache is None or cache.written != [past] or now > cache.k.shape[-2] or torch.is_grad_enabled():
        old = (cache.k, cache.v) if cache else (k[..., :0, :], v[..., :0, :])
        space = max(64, 2 * now)
        cache = Cache(*(F.pad(x[..., :past, :], (0, 0, 0, space - past)) for x in old), past, [past])
    cache.k[..., past:now, :] = k
    cache.v[..., past:now, :] = v
    cache.written[0] = now
    return cache._replace(length=now)
