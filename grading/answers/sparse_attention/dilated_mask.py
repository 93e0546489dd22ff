"""Answers to dilated-mask, written without a look at its private half."""

import torch

from grading.answers import answer


def apart(L):
    return torch.arange(L)[:, None] - torch.arange(L)


@answer("dilated-mask", "places of keys on both sides", "wrong")
def _(L, w, dilation):
    a = apart(L).abs()
    return (a // dilation < w) & (a % dilation == 0)


@answer("dilated-mask", "rows and columns exchanged", "wrong")
def _(L, w, dilation):
    a = -apart(L)
    return (a >= 0) & (a < w * dilation) & (a % dilation == 0)


@answer("dilated-mask", "reaches back w tokens", "wrong")
def _(L, w, dilation):
    a = apart(L)
    return (a >= 0) & (a < w) & (a % dilation == 0)


@answer("dilated-mask", "w keys besides its own", "wrong")
def _(L, w, dilation):
    mask = torch.eye(L, dtype=torch.bool)
    for n in range(1, w + 1):
        mask |= apart(L) == n * dilation
    return mask


@answer("dilated-mask", "dilation + 1 apart: dilation tokens are left out", "wrong")
def _(L, w, dilation):
    a, step = apart(L), dilation + 1
    return (a >= 0) & (a < w * step) & (a % step == 0)


@answer("dilated-mask", "negative indices wrap to the end", "wrong")
def _(L, w, dilation):
    mask = torch.zeros(L, L, dtype=torch.bool)
    for i in range(L):
        for n in range(w):
            if i - n * dilation > -L:
                mask[i, i - n * dilation] = True
    return mask


@answer("dilated-mask", "wraps around, and the future is cut off", "wrong")
def _(L, w, dilation):
    a = apart(L) % L
    return ((a < w * dilation) & (a % dilation == 0)).triu()


@answer("dilated-mask", "zeros and ones as floats", "wrong")
def _(L, w, dilation):
    a = apart(L)
    return ((a >= 0) & (a < w * dilation) & (a % dilation == 0)).float()


@answer("dilated-mask", "0 and -inf, to be added", "wrong")
def _(L, w, dilation):
    a = apart(L)
    seen = (a >= 0) & (a < w * dilation) & (a % dilation == 0)
    return torch.where(seen, 0.0, -torch.inf)


@answer("dilated-mask", "the distance in windows", "wrong")
def _(L, w, dilation):
    a = apart(L)
    return (a >= 0) & (a < w * dilation) & (a % w == 0)


@answer("dilated-mask", "without its own token", "wrong")
def _(L, w, dilation):
    a = apart(L)
    return (a > 0) & (a < w * dilation) & (a % dilation == 0)


@answer("dilated-mask", "causal mask only", "wrong")
def _(L, w, dilation):
    return torch.ones(L, L, dtype=torch.bool).tril()


@answer("dilated-mask", "forgets the start: every key of the past at a multiple", "wrong")
def _(L, w, dilation):
    a = apart(L)
    return (a >= 0) & (a % dilation == 0)


@answer("dilated-mask", "a list of lists", "wrong")
def _(L, w, dilation):
    return [[0 <= i - j < w * dilation and (i - j) % dilation == 0 for j in range(L)] for i in range(L)]


@answer("dilated-mask", "window of dilation keys, w apart", "wrong")
def _(L, w, dilation):
    a = apart(L)
    return (a >= 0) & (a < dilation * w) & (a % w == 0)


@answer("dilated-mask", "index by index", "right")
def _(L, w, dilation):
    rows = [[0 <= i - j < w * dilation and (i - j) % dilation == 0 for j in range(L)] for i in range(L)]
    return torch.tensor(rows)


@answer("dilated-mask", "by a sum of shifted diagonals", "right")
def _(L, w, dilation):
    return (
        sum(torch.diag_embed(torch.ones(max(L - n * dilation, 0)), -n * dilation) for n in range(w) if n * dilation < L)
        > 0
    )


@answer("dilated-mask", "isin", "right")
def _(L, w, dilation):
    return torch.isin(apart(L), dilation * torch.arange(w))
