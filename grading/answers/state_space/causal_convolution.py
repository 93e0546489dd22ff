"""Answers to causal-convolution by people who have not seen its private half."""

import numpy as np
import torch
import torch.nn.functional as F

from grading.answers import answer

RULE = "the exercise block says that a gradient must flow"

rfft, irfft = torch.fft.rfft, torch.fft.irfft


@answer("causal-convolution", "no padding: circular", "wrong")
def _(K, x):
    L = x.shape[-1]
    return irfft(rfft(K) * rfft(x), L)


@answer("causal-convolution", "padded, but not cut: 2 L long", "wrong")
def _(K, x):
    n = 2 * x.shape[-1]
    return irfft(rfft(K, n) * rfft(x, n), n)


@answer("causal-convolution", "cut at the wrong end: the last L", "wrong")
def _(K, x):
    L = x.shape[-1]
    return irfft(rfft(K, 2 * L) * rfft(x, 2 * L), 2 * L)[..., L:]


@answer("causal-convolution", "full length L + L - 1, middle taken: mode same", "wrong")
def _(K, x):
    L = x.shape[-1]
    y = irfft(rfft(K, 2 * L) * rfft(x, 2 * L), 2 * L)
    return y[..., L // 2 : L // 2 + L]


@answer("causal-convolution", "correlation: conjugate of the kernel", "wrong")
def _(K, x):
    L = x.shape[-1]
    return irfft(rfft(K, 2 * L).conj() * rfft(x, 2 * L), 2 * L)[..., :L]


@answer("causal-convolution", "conjugate of the signal", "wrong")
def _(K, x):
    L = x.shape[-1]
    return irfft(rfft(K, 2 * L) * rfft(x, 2 * L).conj(), 2 * L)[..., :L]


@answer("causal-convolution", "kernel reversed before the transform", "wrong")
def _(K, x):
    L = x.shape[-1]
    return irfft(rfft(K.flip(-1), 2 * L) * rfft(x, 2 * L), 2 * L)[..., :L]


@answer("causal-convolution", "Toeplitz matrix: L by L", "wrong")
def _(K, x):
    n = torch.arange(x.shape[-1])
    lag = n[:, None] - n[None, :]
    return x @ (K[lag.clamp(min=0)] * (lag >= 0)).mT


@answer("causal-convolution", "conv1d without turning the kernel round", "wrong")
def _(K, x):
    L = x.shape[-1]
    y = F.conv1d(F.pad(x.reshape(-1, 1, L), (L - 1, 0)), K[None, None])
    return y.reshape(x.shape)


@answer("causal-convolution", "conv1d padded on both sides, first L taken, kernel not turned", "wrong")
def _(K, x):
    L = x.shape[-1]
    y = F.conv1d(x.reshape(-1, 1, L), K[None, None], padding=L - 1)
    return y[..., :L].reshape(x.shape)


@answer("causal-convolution", "product of signal and kernel without a transform", "wrong")
def _(K, x):
    return K * x


@answer("causal-convolution", "running sum of K x", "wrong")
def _(K, x):
    return (K * x).cumsum(-1)


@answer("causal-convolution", "complex kept: fft and ifft", "wrong")
def _(K, x):
    L = x.shape[-1]
    return torch.fft.ifft(torch.fft.fft(K, 2 * L) * torch.fft.fft(x, 2 * L))[..., :L]


@answer("causal-convolution", "absolute value of the complex result", "wrong")
def _(K, x):
    L = x.shape[-1]
    return torch.fft.ifft(torch.fft.fft(K, 2 * L) * torch.fft.fft(x, 2 * L))[..., :L].abs()


@answer("causal-convolution", "padded to L + 1", "wrong")
def _(K, x):
    L = x.shape[-1]
    return irfft(rfft(K, L + 1) * rfft(x, L + 1), L + 1)[..., :L]


@answer("causal-convolution", "transform over the first axis", "wrong")
def _(K, x):
    L = x.shape[-1]
    return irfft(rfft(K, 2 * L) * rfft(x, 2 * L, dim=0), 2 * L)[..., :L]


@answer("causal-convolution", "fftn over all axes of the signal", "wrong")
def _(K, x):
    L = x.shape[-1]
    y = torch.fft.ifft(torch.fft.fft(K, 2 * L) * torch.fft.fftn(x, s=(*x.shape[:-1], 2 * L)))
    return y.real[..., :L]


@answer("causal-convolution", "irfft without the length: right only for even ones", "wrong")
def _(K, x):
    L = x.shape[-1]
    n = 2 * L - 1
    return irfft(rfft(K, n) * rfft(x, n))[..., :L]


@answer("causal-convolution", "norm ortho on both ways", "wrong")
def _(K, x):
    L = x.shape[-1]
    n = 2 * L
    return irfft(rfft(K, n, norm="ortho") * rfft(x, n, norm="ortho"), n, norm="ortho")[..., :L]


@answer("causal-convolution", "divides by the length once more", "wrong")
def _(K, x):
    L = x.shape[-1]
    return irfft(rfft(K, 2 * L) * rfft(x, 2 * L), 2 * L)[..., :L] / (2 * L)


@answer("causal-convolution", "zeros in front in place of behind", "wrong")
def _(K, x):
    L = x.shape[-1]
    K, x = F.pad(K, (L, 0)), F.pad(x, (L, 0))
    return irfft(rfft(K) * rfft(x), 2 * L)[..., L:]


@answer("causal-convolution", "a delay of one: sum over l < t", "wrong")
def _(K, x):
    L = x.shape[-1]
    return F.pad(irfft(rfft(K, 2 * L) * rfft(x, 2 * L), 2 * L)[..., : L - 1], (1, 0))


@answer("causal-convolution", "K_0 forgotten: the sum starts at one", "wrong")
def _(K, x):
    L = x.shape[-1]
    K = torch.cat([torch.zeros_like(K[:1]), K[1:]])
    return irfft(rfft(K, 2 * L) * rfft(x, 2 * L), 2 * L)[..., :L]


@answer("causal-convolution", "numpy.convolve: one signal, no gradient", "wrong")
def _(K, x):
    return torch.from_numpy(np.convolve(K.detach().numpy(), x.detach().numpy())[: x.shape[-1]])


@answer("causal-convolution", "list of sums", "wrong")
def _(K, x):
    return [(K[: t + 1] * x[..., : t + 1].flip(-1)).sum(-1) for t in range(x.shape[-1])]


@answer("causal-convolution", "loop stacked in front", "wrong")
def _(K, x):
    return torch.stack([(K[: t + 1] * x[..., : t + 1].flip(-1)).sum(-1) for t in range(x.shape[-1])])


@answer("causal-convolution", "sum of the transforms in place of the product", "wrong")
def _(K, x):
    L = x.shape[-1]
    return irfft(rfft(K, 2 * L) + rfft(x, 2 * L), 2 * L)[..., :L]


@answer("causal-convolution", "kernel transformed with L, signal with 2 L by repeating", "wrong")
def _(K, x):
    L = x.shape[-1]
    return irfft(rfft(torch.cat([K, K])) * rfft(x, 2 * L), 2 * L)[..., :L]


@answer("causal-convolution", "unfold: all windows, L by L numbers", "wrong")
def _(K, x):
    L = x.shape[-1]
    windows = F.pad(x, (L - 1, 0)).unfold(-1, L, 1) + 0
    return (windows * K.flip(0)).sum(-1)


@answer("causal-convolution", "kernel detached", "wrong")
def _(K, x):
    L = x.shape[-1]
    return irfft(rfft(K.detach(), 2 * L) * rfft(x, 2 * L), 2 * L)[..., :L]


@answer("causal-convolution", "a loop over t: L squared operations", "right")
def _(K, x):
    return torch.stack([(K[: t + 1] * x[..., : t + 1].flip(-1)).sum(-1) for t in range(x.shape[-1])], dim=-1)


@answer("causal-convolution", "a loop over lags, shifted signals added up: L squared operations", "right")
def _(K, x):
    L = x.shape[-1]
    return sum(K[i] * F.pad(x, (i, 0))[..., :L] for i in range(L))


@answer("causal-convolution", "conv1d with the kernel turned: L squared operations", "right")
def _(K, x):
    L = x.shape[-1]
    return F.conv1d(F.pad(x.reshape(-1, 1, L), (L - 1, 0)), K.flip(-1)[None, None]).reshape(x.shape)


@answer("causal-convolution", "padded to 2 L - 1, with the length given back", "right")
def _(K, x):
    L = x.shape[-1]
    n = 2 * L - 1
    return irfft(rfft(K, n) * rfft(x, n), n)[..., :L]


@answer("causal-convolution", "complex transforms, real part", "right")
def _(K, x):
    L = x.shape[-1]
    return torch.fft.ifft(torch.fft.fft(K, 2 * L) * torch.fft.fft(x, 2 * L)).real[..., :L]


@answer("causal-convolution", "next power of two, float64", "right")
def _(K, x):
    L = x.shape[-1]
    n = 1 << (2 * L - 1).bit_length()
    y = irfft(rfft(K.double(), n) * rfft(x.double(), n), n)
    return y[..., :L].to(x.dtype)


@answer("causal-convolution", "zeros put behind by pad", "right")
def _(K, x):
    L = x.shape[-1]
    padded = torch.einsum("f,...f->...f", rfft(F.pad(K, (0, L))), rfft(F.pad(x, (0, L))))
    return irfft(padded, n=2 * L, dim=-1).narrow(-1, 0, L)


@answer("causal-convolution", "mirrored: time runs backwards, and back", "right")
def _(K, x):
    L = x.shape[-1]
    y = irfft(rfft(K, 2 * L).conj() * rfft(x.flip(-1), 2 * L), 2 * L)
    return y[..., :L].flip(-1)


@answer("causal-convolution", "divide and conquer over the signal, with transforms", "right")
def _(K, x):
    L = x.shape[-1]
    m = (L + 1) // 2
    f = rfft(K, 2 * L)
    early = irfft(f * rfft(x[..., :m], 2 * L), 2 * L)[..., :L]
    late = irfft(f * rfft(x[..., m:], 2 * L), 2 * L)[..., : L - m] if m < L else x[..., :0]
    return early + F.pad(late, (m, 0))


@answer("causal-convolution", "numpy's transforms (no gradient is asked for)", "right", rule=RULE)
def _(K, x):
    L = x.shape[-1]
    f = np.fft.rfft(K.detach().double().numpy(), 2 * L) * np.fft.rfft(x.detach().double().numpy(), 2 * L)
    return torch.from_numpy(np.fft.irfft(f, 2 * L)[..., :L].copy()).to(x.dtype)


@answer("causal-convolution", "transforms of length L: circular", "wrong")
def _(K, x):
    L = x.shape[-1]
    return torch.fft.irfft(torch.fft.rfft(K) * torch.fft.rfft(x), n=L)


@answer("causal-convolution", "conjugated kernel: a correlation instead of a convolution", "wrong")
def _(K, x):
    L = x.shape[-1]
    return torch.fft.irfft(torch.fft.rfft(K, 2 * L).conj() * torch.fft.rfft(x, 2 * L), 2 * L)[..., :L]


@answer("causal-convolution", "conv1d without flipping the kernel", "wrong")
def _(K, x):
    L = x.shape[-1]
    flat = F.pad(x.reshape(-1, 1, L), (L - 1, 0))
    return F.conv1d(flat, K.view(1, 1, L)).view(x.shape)


@answer("causal-convolution", "length 2L - 1, and irfft is not told it (2L - 2 samples)", "wrong")
def _(K, x):
    L = x.shape[-1]
    n = 2 * L - 1
    return torch.fft.irfft(torch.fft.rfft(K, n) * torch.fft.rfft(x, n))[..., :L]


@answer("causal-convolution", "right numbers through a Toeplitz matrix L x L", "wrong")
def _(K, x):
    L = x.shape[-1]
    i = torch.arange(L)
    T = K[(i[:, None] - i).clamp(min=0)].tril()
    return x @ T.mT


@answer("causal-convolution", "takes samples 1 to L instead of 0 to L - 1", "wrong")
def _(K, x):
    L = x.shape[-1]
    return torch.fft.irfft(torch.fft.rfft(K, 2 * L) * torch.fft.rfft(x, 2 * L), 2 * L)[..., 1 : L + 1]


@answer("causal-convolution", "norm='ortho' everywhere: off by a factor 1/sqrt(2L)", "wrong")
def _(K, x):
    L = x.shape[-1]
    a, b = torch.fft.rfft(K, 2 * L, norm="ortho"), torch.fft.rfft(x, 2 * L, norm="ortho")
    return torch.fft.irfft(a * b, 2 * L, norm="ortho")[..., :L]


@answer("causal-convolution", "sum of shifted signals, one per lag", "right")
def _(K, x):
    L = x.shape[-1]
    o = torch.zeros_like(x)
    for lag in range(L):
        o = o + K[lag] * F.pad(x, (lag, 0))[..., :L]
    return o


@answer("causal-convolution", "conv1d with the flipped kernel", "right")
def _(K, x):
    L = K.shape[0]
    flat = F.pad(x.reshape(-1, 1, L), (L - 1, 0))
    return F.conv1d(flat, K.flip(0)[None, None]).reshape(x.shape)
