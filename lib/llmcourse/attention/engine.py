"""Attention with any pattern, exact, in O(pairs) time and memory linear in L.

    q, k  (..., L, d)    queries and keys        m  (N, L)       largest score so far
    v     (..., L, d_v)  values                  l  (N, L)       sum of 2^(score - m) so far
    o     (..., L, d_v)  output                  lse (N, L)      m + log l, the logarithm to base 2

Tiles are added to the softmax one group after the other, as in Milakov and Gimelshein 2018, "Online normalizer
calculation for softmax", algorithm 3; the backward pass computes the weights again from lse, as in Dao et al. 2022,
"FlashAttention", algorithm 4. Scores are times log2(e), so that 2^score is the weight: on a CPU torch's exp takes ten
times as long for what underflows, and its exp2 does not. A query that sees no key gives zeros, here and in `dense`.
"""

import math
from collections.abc import Iterator, Sequence

import numpy as np
import torch
from torch import Tensor

from .patterns import Pattern

SCORES = 2**19  # scores computed at once: they stay in the cache of a processor; a GPU takes more

LOG2_E = math.log2(math.e)


def dense(q: Tensor, k: Tensor, v: Tensor, pattern: Pattern, scale: float | None = None) -> Tensor:
    """The definition: all scores, and a mask. O(L^2); slow on purpose. Returns (..., L, d_v)."""
    _check(q, k, v)
    mask = pattern.mask(q.shape[-2]).to(q.device)
    scores = (q @ k.mT) * (_default(q) if scale is None else scale)  # (..., L, L)
    weights = scores.masked_fill(~mask, -math.inf).softmax(-1)
    return weights.masked_fill(~mask, 0.0) @ v  # an empty row of -inf gives NaN, masked to 0


def attend(q: Tensor, k: Tensor, v: Tensor, pattern: Pattern | Sequence[Pattern], scale: float | None = None) -> Tensor:
    """The same, computing only the tiles of the pattern. Returns (..., L, d_v).

    A sequence of patterns is one for each head, the axis before L. Scores are summed in at least float32. ValueError if
    shapes do not fit, or the pattern does not fit L. There are no second derivatives.
    """
    _check(q, k, v)
    scale = _default(q) if scale is None else scale
    if isinstance(pattern, Pattern):
        return _attend(q, k, v, pattern, scale)
    if q.ndim < 3 or len(pattern) != q.shape[-3]:
        raise ValueError(f"{len(pattern)} patterns, one per head, for queries of shape {tuple(q.shape)}.")
    out: list[Tensor | None] = [None] * len(pattern)
    for one in dict.fromkeys(pattern):
        heads = [h for h, other in enumerate(pattern) if other == one]
        of = lambda x: x[..., heads, :, :] if x.shape[-3] > 1 else x  # noqa: B023, called at once
        for h, o in zip(heads, _attend(of(q), of(k), of(v), one, scale).unbind(-3)):
            out[h] = o
    return torch.stack(out, dim=-3)


def _attend(q, k, v, pattern, scale):
    lead = np.broadcast_shapes(q.shape[:-2], k.shape[:-2], v.shape[:-2])
    dtype = torch.promote_types(v.dtype, torch.float32)
    flat = (x.expand(*lead, *x.shape[-2:]).reshape(-1, *x.shape[-2:]).to(dtype) for x in (q, k, v))
    return _Attention.apply(*flat, pattern, scale).view(*lead, *v.shape[-2:]).to(v.dtype)


class _Attention(torch.autograd.Function):
    @staticmethod
    def forward(ctx, q, k, v, pattern, scale):
        N, L, d_v = v.shape
        o = v.new_zeros(N, L + 1, d_v)  # the last row takes what belongs to padding
        m, l = v.new_full((N, L + 1), -math.inf), v.new_zeros(N, L + 1)
        for rows, columns, mask in _groups(pattern, L, N, v.device):
            s = _scores(q, k, rows, columns, mask, scale)  # (N, n, B, W)
            m_old = _take(m, rows)
            m_new = torch.maximum(m_old, s.amax(-1))
            shift = m_new.masked_fill(m_new == -math.inf, 0.0)  # nothing seen yet: -inf - -inf is NaN
            p, keep = s.sub_(shift[..., None]).exp2_(), (m_old - shift).exp2()
            _put(o, rows, _take(o, rows) * keep[..., None] + p @ _take(v, columns))
            _put(l, rows, _take(l, rows) * keep + p.sum(-1))
            _put(m, rows, m_new)
        o, m, l = o[:, :L], m[:, :L], l[:, :L]
        o = o / l.masked_fill(l == 0, 1.0)[..., None]
        lse = torch.where(l > 0, m + l.log2(), 0.0)
        ctx.save_for_backward(q, k, v, o, lse)
        ctx.pattern, ctx.scale = pattern, scale
        return o

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx, do):
        q, k, v, o, lse = ctx.saved_tensors
        N, L, _ = v.shape
        dq, dk, dv = (torch.zeros_like(x) for x in (q, k, v))
        delta = (do * o).sum(-1)  # (N, L)
        for rows, columns, mask in _groups(ctx.pattern, L, N, v.device):
            s = _scores(q, k, rows, columns, mask, ctx.scale)
            p = s.sub_(_take(lse, rows)[..., None]).exp2_()
            do_t, k_t = _take(do, rows), _take(k, columns)
            _add(dv, columns, p.mT @ do_t)
            ds = (do_t @ _take(v, columns).mT).sub_(_take(delta, rows)[..., None]).mul_(p).mul_(ctx.scale)
            _add(dq, rows, ds @ k_t)
            _add(dk, columns, ds.mT @ _take(q, rows))
        return dq, dk, dv, None, None


Index = Tensor | slice


def _groups(pattern: Pattern, L: int, N: int, device) -> Iterator[tuple[Index, Index, Tensor]]:
    """The plan in groups of tiles: queries (n, B), keys (n, W), mask (n, B, W).

    On a CPU a tile comes by itself where slices can say what is in it, with a mask (B, W): then nothing is copied.
    """
    for ((queries, keys), mask), slices in zip(pattern.plan(L), pattern.slices(L)):
        if device.type == "cpu" and slices:
            yield from slices
            continue
        size = max(1, (SCORES if device.type == "cpu" else 64 * SCORES) // (N * max(1, mask[0].numel())))
        for group in zip(queries.split(size), keys.split(size), mask.split(size)):
            if group[2].numel():
                yield tuple(x.to(device) for x in group)


def _scores(q, k, rows, columns, mask, scale):
    s = _take(q, rows) * (scale * LOG2_E) @ _take(k, columns).mT
    return s.add_(torch.where(mask, 0.0, -math.inf))  # to add is twenty times as fast as masked_fill


def _take(x: Tensor, index: Index) -> Tensor:
    """x (N, L, ...) at index (n, B): (N, n, B, ...). Padding reads the last row, and is masked."""
    if isinstance(index, slice):
        return x[:, index]
    return x.index_select(1, index.flatten().clamp(max=x.shape[1] - 1)).unflatten(1, index.shape)


def _put(x: Tensor, index: Index, new: Tensor) -> None:
    if isinstance(index, slice):
        x[:, index] = new
    else:
        x.index_copy_(1, index.flatten(), new.flatten(1, 2))


def _add(x: Tensor, index: Index, new: Tensor) -> None:
    """Add to x; at padding `new` is zero."""
    if isinstance(index, slice):
        x[:, index] += new
    else:
        x.index_add_(1, index.flatten().clamp(max=x.shape[1] - 1), new.flatten(1, 2))


def _default(q: Tensor) -> float:
    return q.shape[-1] ** -0.5


def _check(q: Tensor, k: Tensor, v: Tensor) -> None:
    if not q.shape[-2] == k.shape[-2] == v.shape[-2] or q.shape[-1] != k.shape[-1]:
        shapes = ", ".join(str(tuple(x.shape)) for x in (q, k, v))
        raise ValueError(f"q and k need one shape (L, d), and v the same L; they are {shapes}.")
