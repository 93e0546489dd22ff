"""Answers to causal-convolution-state by people who have not seen its private half."""

import torch
import torch.nn.functional as F

from grading.answers import answer


def join(x, last):
    return torch.cat([last, x], dim=-2)


def convolve(padded, weight, L):
    return sum(padded[..., i : i + L, :] * weight[:, i] for i in range(weight.shape[1]))


@answer("causal-convolution-state", "weights reversed in time", "wrong")
def _(x, weight, bias, last):
    padded, L, W = join(x, last), x.shape[-2], weight.shape[1]
    return convolve(padded, weight.flip(-1), L) + bias, padded[..., -(W - 1) :, :]


@answer("causal-convolution-state", "zeros in front: the last inputs ignored", "wrong")
def _(x, weight, bias, last):
    padded, L, W = join(x, torch.zeros_like(last)), x.shape[-2], weight.shape[1]
    return convolve(padded, weight, L) + bias, join(x, last)[..., -(W - 1) :, :]


@answer("causal-convolution-state", "no bias", "wrong")
def _(x, weight, bias, last):
    padded, L, W = join(x, last), x.shape[-2], weight.shape[1]
    return convolve(padded, weight, L), padded[..., -(W - 1) :, :]


@answer("causal-convolution-state", "bias added at every tap", "wrong")
def _(x, weight, bias, last):
    padded, L, W = join(x, last), x.shape[-2], weight.shape[1]
    return sum(padded[..., i : i + L, :] * weight[:, i] + bias for i in range(W)), padded[..., -(W - 1) :, :]


@answer("causal-convolution-state", "last inputs of x alone", "wrong")
def _(x, weight, bias, last):
    padded, L, W = join(x, last), x.shape[-2], weight.shape[1]
    return convolve(padded, weight, L) + bias, x[..., -(W - 1) :, :]


@answer("causal-convolution-state", "last W inputs", "wrong")
def _(x, weight, bias, last):
    padded, L, W = join(x, last), x.shape[-2], weight.shape[1]
    return convolve(padded, weight, L) + bias, padded[..., -W:, :]


@answer("causal-convolution-state", "the first W - 1, not the last", "wrong")
def _(x, weight, bias, last):
    padded, L, W = join(x, last), x.shape[-2], weight.shape[1]
    return convolve(padded, weight, L) + bias, padded[..., : W - 1, :]


@answer("causal-convolution-state", "the last inputs as they came", "wrong")
def _(x, weight, bias, last):
    return convolve(join(x, last), weight, x.shape[-2]) + bias, last


@answer("causal-convolution-state", "the last outputs in place of inputs", "wrong")
def _(x, weight, bias, last):
    y = convolve(join(x, last), weight, x.shape[-2]) + bias
    return y, join(y, last)[..., -(weight.shape[1] - 1) :, :]


@answer("causal-convolution-state", "newest first", "wrong")
def _(x, weight, bias, last):
    padded, L, W = join(x, last), x.shape[-2], weight.shape[1]
    return convolve(padded, weight, L) + bias, padded[..., -(W - 1) :, :].flip(-2)


@answer("causal-convolution-state", "last behind x", "wrong")
def _(x, weight, bias, last):
    padded, L, W = torch.cat([x, last], dim=-2), x.shape[-2], weight.shape[1]
    return convolve(padded, weight, L) + bias, padded[..., -(W - 1) :, :]


@answer("causal-convolution-state", "one tap short: range(W - 1)", "wrong")
def _(x, weight, bias, last):
    padded, L, W = join(x, last), x.shape[-2], weight.shape[1]
    y = sum(padded[..., i : i + L, :] * weight[:, i] for i in range(W - 1)) + bias
    return y, padded[..., -(W - 1) :, :]


@answer("causal-convolution-state", "the oldest tap forgotten: range(1, W)", "wrong")
def _(x, weight, bias, last):
    padded, L, W = join(x, last), x.shape[-2], weight.shape[1]
    y = sum(padded[..., i : i + L, :] * weight[:, i] for i in range(1, W)) + bias
    return y, padded[..., -(W - 1) :, :]


@answer("causal-convolution-state", "all W + L - 1 outputs of padding on both sides", "wrong")
def _(x, weight, bias, last):
    padded, L, W = join(x, last), x.shape[-2], weight.shape[1]
    more = F.pad(padded, (0, 0, 0, W - 1))
    return convolve(more, weight, L + W - 1) + bias, padded[..., -(W - 1) :, :]


@answer("causal-convolution-state", "looks ahead: zeros behind x", "wrong")
def _(x, weight, bias, last):
    L, W = x.shape[-2], weight.shape[1]
    return convolve(F.pad(x, (0, 0, 0, W - 1)), weight, L) + bias, join(x, last)[..., -(W - 1) :, :]


@answer("causal-convolution-state", "channels mixed: summed over E", "wrong")
def _(x, weight, bias, last):
    padded, L, W = join(x, last), x.shape[-2], weight.shape[1]
    return convolve(padded, weight, L).sum(-1, keepdim=True) + bias, padded[..., -(W - 1) :, :]


@answer("causal-convolution-state", "one kernel for all channels: that of the first", "wrong")
def _(x, weight, bias, last):
    padded, L, W = join(x, last), x.shape[-2], weight.shape[1]
    return convolve(padded, weight[:1], L) + bias, padded[..., -(W - 1) :, :]


@answer("causal-convolution-state", "weight read as (W, E)", "wrong")
def _(x, weight, bias, last):
    padded, L, W = join(x, last), x.shape[-2], weight.shape[1]
    return sum(padded[..., i : i + L, :] * weight[i] for i in range(W)) + bias, padded[..., -(W - 1) :, :]


@answer("causal-convolution-state", "conv1d on (..., L, E): length and channels exchanged", "wrong")
def _(x, weight, bias, last):
    padded, W = join(x, last), weight.shape[1]
    y = F.conv1d(padded, weight[:, None], bias, groups=weight.shape[0])
    return y, padded[..., -(W - 1) :, :]


@answer("causal-convolution-state", "conv1d, the result left as (..., E, L)", "wrong")
def _(x, weight, bias, last):
    padded, W = join(x, last), weight.shape[1]
    y = F.conv1d(padded.reshape(-1, *padded.shape[-2:]).mT, weight[:, None], bias, groups=weight.shape[0])
    return y.reshape(*x.shape[:-2], *y.shape[-2:]), padded[..., -(W - 1) :, :]


@answer("causal-convolution-state", "conv1d with a batch only: no leading dimensions", "wrong")
def _(x, weight, bias, last):
    padded, W = torch.cat([last, x], dim=1), weight.shape[1]
    y = F.conv1d(padded.transpose(1, 2), weight[:, None], bias, groups=weight.shape[0]).transpose(1, 2)
    return y, padded[:, -(W - 1) :]


@answer("causal-convolution-state", "conv1d padded with W - 1 and cut: last ignored", "wrong")
def _(x, weight, bias, last):
    L, W = x.shape[-2], weight.shape[1]
    y = F.conv1d(x.reshape(-1, *x.shape[-2:]).mT, weight[:, None], bias, padding=W - 1, groups=weight.shape[0])
    return y[..., :L].mT.reshape(x.shape), join(x, last)[..., -(W - 1) :, :]


@answer("causal-convolution-state", "SiLU at the end", "wrong")
def _(x, weight, bias, last):
    padded, L, W = join(x, last), x.shape[-2], weight.shape[1]
    return F.silu(convolve(padded, weight, L) + bias), padded[..., -(W - 1) :, :]


@answer("causal-convolution-state", "W hard-coded to 4", "wrong")
def _(x, weight, bias, last):
    padded, L = join(x, last), x.shape[-2]
    return sum(padded[..., i : i + L, :] * weight[:, i] for i in range(4)) + bias, padded[..., -3:, :]


@answer("causal-convolution-state", "y alone", "wrong")
def _(x, weight, bias, last):
    return convolve(join(x, last), weight, x.shape[-2]) + bias


@answer("causal-convolution-state", "the mean over the taps", "wrong")
def _(x, weight, bias, last):
    padded, L, W = join(x, last), x.shape[-2], weight.shape[1]
    return convolve(padded, weight, L) / W + bias, padded[..., -(W - 1) :, :]


@answer("causal-convolution-state", "last detached in the convolution", "wrong")
def _(x, weight, bias, last):
    padded, L, W = join(x, last.detach()), x.shape[-2], weight.shape[1]
    return convolve(padded, weight, L) + bias, join(x, last)[..., -(W - 1) :, :]


@answer("causal-convolution-state", "a shift of one: the window ends before the token", "wrong")
def _(x, weight, bias, last):
    L, W = x.shape[-2], weight.shape[1]
    padded = join(x, F.pad(last, (0, 0, 1, 0)))
    return convolve(padded, weight, L) + bias, padded[..., -(W - 1) :, :]


@answer("causal-convolution-state", "last changed in place", "wrong")
def _(x, weight, bias, last):
    padded, L, W = join(x, last), x.shape[-2], weight.shape[1]
    y = convolve(padded, weight, L) + bias
    last[...] = padded[..., -(W - 1) :, :]
    return y, last


@answer("causal-convolution-state", "joined along the first axis", "wrong")
def _(x, weight, bias, last):
    padded, L, W = torch.cat([last, x]), x.shape[-2], weight.shape[1]
    return convolve(padded, weight, L) + bias, padded[..., -(W - 1) :, :]


@answer("causal-convolution-state", "unfold and einsum", "right")
def _(x, weight, bias, last):
    padded, W = join(x, last), weight.shape[1]
    return torch.einsum("...lew,ew->...le", padded.unfold(-2, W, 1), weight) + bias, padded[..., x.shape[-2] :, :]


@answer("causal-convolution-state", "grouped conv1d, all leading dimensions made one", "right")
def _(x, weight, bias, last):
    padded = join(x, last)
    flat = padded.reshape(-1, *padded.shape[-2:]).mT
    y = F.conv1d(flat, weight[:, None, :], bias, groups=len(bias)).mT.reshape(x.shape)
    return y, padded[..., x.shape[-2] :, :]


@answer("causal-convolution-state", "a ring of inputs, token by token", "right")
def _(x, weight, bias, last):
    window, y = list(last.unbind(-2)), []
    for token in x.unbind(-2):
        window.append(token)
        y.append(bias + sum(w * z for w, z in zip(weight.unbind(-1), window)))
        window.pop(0)
    return torch.stack(y, -2), torch.stack(window, -2) if window else last


@answer("causal-convolution-state", "own token first, then the past tap by tap", "right")
def _(x, weight, bias, last):
    padded, L, W = join(x, last), x.shape[-2], weight.shape[1]
    y = torch.addcmul(bias, x, weight[:, -1])
    for back in range(1, W):
        start = W - 1 - back
        y = y + weight[:, start] * padded[..., start : start + L, :]
    return y, padded.narrow(-2, L, W - 1)


@answer("causal-convolution-state", "float64, flipped twice", "right")
def _(x, weight, bias, last):
    padded, L, W = join(x, last), x.shape[-2], weight.shape[1]
    z, w = padded.double().flip(-2), weight.double().flip(-1)
    y = (sum(z[..., i : i + L, :] * w[:, i] for i in range(W)) + bias.double()).flip(-2)
    return y.to(x.dtype), padded[..., L:, :]


@answer("causal-convolution-state", "a banded matrix for each channel", "right")
def _(x, weight, bias, last):
    padded, L, W = join(x, last), x.shape[-2], weight.shape[1]
    lag = torch.arange(L + W - 1)[None, :] - torch.arange(L)[:, None]
    inside = (lag >= 0) & (lag < W)
    band = weight[:, lag.clamp(0, W - 1)] * inside
    return torch.einsum("elm,...me->...le", band, padded) + bias, padded[..., L:, :]


@answer("causal-convolution-state", "weights backwards: weight[:, 0] for the own token", "wrong")
def _(x, weight, bias, last):
    L, W = x.shape[-2], weight.shape[1]
    padded = torch.cat([last, x], -2)
    y = sum(padded[..., i : i + L, :] * weight[:, W - 1 - i] for i in range(W)) + bias
    return y, padded[..., L:, :]


@answer("causal-convolution-state", "last taken from x alone: too few when x is short", "wrong")
def _(x, weight, bias, last):
    L, W = x.shape[-2], weight.shape[1]
    padded = torch.cat([last, x], -2)
    y = sum(padded[..., i : i + L, :] * weight[:, i] for i in range(W)) + bias
    return y, x[..., -(W - 1) :, :]


@answer("causal-convolution-state", "bias added in every term of the sum: W times", "wrong")
def _(x, weight, bias, last):
    L, W = x.shape[-2], weight.shape[1]
    padded = torch.cat([last, x], -2)
    y = 0
    for i in range(W):
        y = y + padded[..., i : i + L, :] * weight[:, i] + bias
    return y, padded[..., L:, :]


@answer("causal-convolution-state", "zeros in front instead of the last inputs", "wrong")
def _(x, weight, bias, last):
    L, W = x.shape[-2], weight.shape[1]
    padded = F.pad(x, (0, 0, W - 1, 0))
    y = sum(padded[..., i : i + L, :] * weight[:, i] for i in range(W)) + bias
    return y, torch.cat([last, x], -2)[..., L:, :]


@answer("causal-convolution-state", "x before last: cat in the wrong order", "wrong")
def _(x, weight, bias, last):
    L, W = x.shape[-2], weight.shape[1]
    padded = torch.cat([x, last], -2)
    y = sum(padded[..., i : i + L, :] * weight[:, i] for i in range(W)) + bias
    return y, padded[..., L:, :]


@answer("causal-convolution-state", "remembers the outputs instead of the inputs", "wrong")
def _(x, weight, bias, last):
    L, W = x.shape[-2], weight.shape[1]
    padded = torch.cat([last, x], -2)
    y = sum(padded[..., i : i + L, :] * weight[:, i] for i in range(W)) + bias
    return y, torch.cat([last, y], -2)[..., L:, :]


@answer("causal-convolution-state", "SiLU on the result, as the block has it", "wrong")
def _(x, weight, bias, last):
    L, W = x.shape[-2], weight.shape[1]
    padded = torch.cat([last, x], -2)
    y = sum(padded[..., i : i + L, :] * weight[:, i] for i in range(W)) + bias
    return F.silu(y), padded[..., L:, :]


@answer("causal-convolution-state", "unfold and einsum", "right")
def _(x, weight, bias, last):
    padded = torch.cat([last, x], -2)
    windows = padded.unfold(-2, weight.shape[1], 1)
    return torch.einsum("...lew,ew->...le", windows, weight) + bias, padded[..., x.shape[-2] :, :]


@answer("causal-convolution-state", "grouped conv1d", "right")
def _(x, weight, bias, last):
    padded = torch.cat([last, x], -2)
    E = weight.shape[0]
    flat = padded.reshape(-1, padded.shape[-2], E).transpose(1, 2)
    y = F.conv1d(flat, weight[:, None], bias, groups=E).transpose(1, 2).reshape(x.shape)
    return y, padded.narrow(-2, x.shape[-2], last.shape[-2])


@answer("causal-convolution-state", "the last W - 1 rows counted from the end", "right")
def _(x, weight, bias, last):
    L, W = x.shape[-2], weight.shape[1]
    padded = torch.cat([last, x], -2)
    return sum(padded[..., i : i + L, :] * weight[:, i] for i in range(W)) + bias, padded[..., -(W - 1) :, :]
