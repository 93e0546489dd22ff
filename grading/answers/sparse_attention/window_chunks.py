"""Answers to window-chunks, written without a look at its private half."""

import torch
import torch.nn.functional as F

from grading.answers import answer


def cut(q, k, v, w, first=lambda start, w: max(0, start - w + 1), sees=lambda a, w: (a >= 0) & (a < w), scale=None):
    out, L = [], q.shape[-2]
    for start in range(0, L, w):
        stop, begin = min(L, start + w), first(start, w)
        a = torch.arange(start, stop)[:, None] - torch.arange(begin, stop)
        keys, values = k[..., begin:stop, :], v[..., begin:stop, :]
        out.append(F.scaled_dot_product_attention(q[..., start:stop, :], keys, values, sees(a, w), scale=scale))
    return torch.cat(out, -2)


@answer("window-chunks", "a mask over all pairs", "wrong")
def _(q, k, v, w):
    a = torch.arange(q.shape[-2])[:, None] - torch.arange(q.shape[-2])
    return F.scaled_dot_product_attention(q, k, v, (a >= 0) & (a < w))


@answer("window-chunks", "each chunk by itself", "wrong")
def _(q, k, v, w):
    return cut(q, k, v, w, first=lambda start, w: start)


@answer("window-chunks", "causal, two chunks, no lower edge", "wrong")
def _(q, k, v, w):
    return cut(q, k, v, w, first=lambda start, w: max(0, start - w), sees=lambda a, w: a >= 0)


@answer("window-chunks", "no mask in a chunk", "wrong")
def _(q, k, v, w):
    return cut(q, k, v, w, sees=lambda a, w: a < w)


@answer("window-chunks", "a < w alone, and abs", "wrong")
def _(q, k, v, w):
    return cut(q, k, v, w, sees=lambda a, w: a.abs() < w)


@answer("window-chunks", "w keys before its own", "wrong")
def _(q, k, v, w):
    return cut(q, k, v, w, first=lambda start, w: max(0, start - w), sees=lambda a, w: (a >= 0) & (a <= w))


@answer("window-chunks", "its own token is hidden", "wrong")
def _(q, k, v, w):
    o = cut(q, k, v, w, first=lambda start, w: max(0, start - w), sees=lambda a, w: (a > 0) & (a <= w))
    return o.nan_to_num()


@answer("window-chunks", "divided by d", "wrong")
def _(q, k, v, w):
    return cut(q, k, v, w, scale=1 / q.shape[-1])


@answer("window-chunks", "no scale", "wrong")
def _(q, k, v, w):
    return cut(q, k, v, w, scale=1.0)


@answer("window-chunks", "zeros before the text take part", "wrong")
def _(q, k, v, w):
    k, v = (F.pad(x, (0, 0, w - 1, 0)) for x in (k, v))
    out = [F.scaled_dot_product_attention(q[..., i : i + 1, :], k[..., i : i + w, :], v[..., i : i + w, :])
           for i in range(q.shape[-2])]  # fmt: skip
    return torch.cat(out, -2)


@answer("window-chunks", "the last, shorter chunk is dropped", "wrong")
def _(q, k, v, w):
    whole = max(q.shape[-2] // w * w, 1)
    return cut(q[..., :whole, :], k[..., :whole, :], v[..., :whole, :], w)


@answer("window-chunks", "start - w + 1 below zero wraps around", "wrong")
def _(q, k, v, w):
    out = []
    for i in range(q.shape[-2]):
        keys, values = k[..., i - w + 1 : i + 1, :], v[..., i - w + 1 : i + 1, :]
        out.append(F.scaled_dot_product_attention(q[..., i : i + 1, :], keys, values))
    return torch.cat(out, -2)


@answer("window-chunks", "stacks chunks on a new axis", "wrong")
def _(q, k, v, w):
    out = [cut(q[..., s : s + w, :], k[..., s : s + w, :], v[..., s : s + w, :], w) for s in range(0, q.shape[-2], w)]
    return torch.stack(out, -2)


@answer("window-chunks", "hidden scores are 0", "wrong")
def _(q, k, v, w):
    out, L = [], q.shape[-2]
    for s in range(0, L, w):
        e, b = min(L, s + w), max(0, s - w + 1)
        a = torch.arange(s, e)[:, None] - torch.arange(b, e)
        x = q[..., s:e, :] @ k[..., b:e, :].mT / q.shape[-1] ** 0.5
        out.append(x.masked_fill((a < 0) | (a >= w), 0).softmax(-1) @ v[..., b:e, :])
    return torch.cat(out, -2)


@answer("window-chunks", "softmax over the queries of a chunk", "wrong")
def _(q, k, v, w):
    out, L = [], q.shape[-2]
    for s in range(0, L, w):
        e, b = min(L, s + w), max(0, s - w + 1)
        a = torch.arange(s, e)[:, None] - torch.arange(b, e)
        x = q[..., s:e, :] @ k[..., b:e, :].mT / q.shape[-1] ** 0.5
        out.append(x.masked_fill((a < 0) | (a >= w), -1e9).softmax(-2) @ v[..., b:e, :])
    return torch.cat(out, -2)


@answer("window-chunks", "query by query", "right")
def _(q, k, v, w):
    out = []
    for i in range(q.shape[-2]):
        keys, values = (x[..., max(0, i - w + 1) : i + 1, :] for x in (k, v))
        out.append(F.scaled_dot_product_attention(q[..., i : i + 1, :], keys, values))
    return torch.cat(out, -2)


@answer("window-chunks", "chunks of another size than w", "right")
def _(q, k, v, w):
    out, L = [], q.shape[-2]
    for s in range(0, L, 5):
        e, b = min(L, s + 5), max(0, s - w + 1)
        a = torch.arange(s, e)[:, None] - torch.arange(b, e)
        out.append(F.scaled_dot_product_attention(q[..., s:e, :], k[..., b:e, :], v[..., b:e, :], (a >= 0) & (a < w)))
    return torch.cat(out, -2)


@answer("window-chunks", "padded, all chunks at once", "right")
def _(q, k, v, w):
    L = q.shape[-2]
    n = -(-L // w)
    q = F.pad(q, (0, 0, 0, n * w - L)).unflatten(-2, (n, w))
    k, v = (F.pad(x, (0, 0, w, n * w - L)).unflatten(-2, (n + 1, w)) for x in (k, v))
    k, v = (torch.cat([x[..., :-1, :, :], x[..., 1:, :, :]], -2) for x in (k, v))
    i, j = torch.arange(n * w).view(n, w, 1), (torch.arange(n)[:, None] * w + torch.arange(-w, w)).view(n, 1, 2 * w)
    x = (q @ k.mT / q.shape[-1] ** 0.5).masked_fill((j > i) | (i - j >= w) | (j < 0), -torch.inf)
    return (x.softmax(-1) @ v).flatten(-3, -2)[..., :L, :]
