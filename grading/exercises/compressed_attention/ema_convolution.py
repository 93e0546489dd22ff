"""The private half of ema-convolution."""

import torch
import torch.nn.functional as F
from llmcourse.attention import ema
from llmcourse.checks.labs.compressed_attention.ema_convolution import continued

from grading.exercises import misconception, reference, stages, variant

CASES = {
    "a longer text": continued(2, L=90, d=2, h=3),
    "one number per channel": continued(L=6, d=3, h=1),
    "an odd length": continued(2, L=7, d=1, h=4),
}


@reference
def ema_convolution(K, x, q, eta, H):
    powers = q[..., None] ** torch.arange(1, x.shape[-2] + 1)  # (d, h, L)
    left = (powers * (eta * H)[..., None]).sum(-2).mT  # (..., L, d)
    return ema.convolve(K, x.mT).mT + left


@variant
def by_convolution(K, x, q, eta, H):
    """The kernel, turned round, slides along each channel."""
    L, d = x.shape[-2:]
    flat = F.pad(x.mT.reshape(-1, d, L), (L - 1, 0))
    y = F.conv1d(flat, K.flip(-1)[:, None], groups=d).view(*x.shape[:-2], d, L).mT
    t = torch.arange(L) + 1
    return y + torch.einsum("dhl,dh,...dh->...ld", q[..., None] ** t, eta, H)


@variant
def by_complex_transforms(K, x, q, eta, H):
    L = x.shape[-2]
    n = 3 * L
    y = torch.fft.ifft(torch.fft.fft(x, n, dim=-2) * torch.fft.fft(K.mT, n, dim=-2), dim=-2).real[..., :L, :]
    steps = torch.arange(1, L + 1)[:, None, None] * q.log()  # (L, d, h)
    return y + (steps.exp() * (eta * H)[..., None, :, :]).sum(-1)


@stages
def on_the_way(K, x, q, eta, H):
    L = x.shape[-2]
    powers = q[..., None] ** torch.arange(1, L + 1)
    y = torch.fft.irfft(torch.fft.rfft(x, 2 * L, dim=-2) * torch.fft.rfft(K.mT, 2 * L, dim=-2), 2 * L, dim=-2)
    return {"the convolution alone": y[..., :L, :], "the powers q, q^2, ... of what is kept": powers}


@misconception(
    says="the circular convolution: without padding the end runs into the beginning",
    hint="Give both transforms a length of 2 L, and keep the first L places.",
)
def circular(K, x, q, eta, H):
    L = x.shape[-2]
    y = torch.fft.irfft(torch.fft.rfft(x, dim=-2) * torch.fft.rfft(K.mT, dim=-2), L, dim=-2)
    return y + ((q[..., None] ** torch.arange(1, L + 1)) * (eta * H)[..., None]).sum(-2).mT


@misconception(
    says="the convolution alone: what was remembered before is forgotten",
    hint="H is read at every token as well, less and less of it.",
)
def forgets(K, x, q, eta, H):
    L = x.shape[-2]
    y = torch.fft.irfft(torch.fft.rfft(x, 2 * L, dim=-2) * torch.fft.rfft(K.mT, 2 * L, dim=-2), 2 * L, dim=-2)
    return y[..., :L, :]


@misconception(
    says="the answer in which H has not yet decayed when the first token is read",
    hint="H was left by the token before: it has decayed once at the first token. The powers are 1 to L.",
)
def one_early(K, x, q, eta, H):
    L = x.shape[-2]
    y = torch.fft.irfft(torch.fft.rfft(x, 2 * L, dim=-2) * torch.fft.rfft(K.mT, 2 * L, dim=-2), 2 * L, dim=-2)
    return y[..., :L, :] + ((q[..., None] ** torch.arange(L)) * (eta * H)[..., None]).sum(-2).mT


@misconception(
    says="the answer in which H does not decay",
    hint="Each token multiplies H by q once more.",
)
def no_decay(K, x, q, eta, H):
    L = x.shape[-2]
    y = torch.fft.irfft(torch.fft.rfft(x, 2 * L, dim=-2) * torch.fft.rfft(K.mT, 2 * L, dim=-2), 2 * L, dim=-2)
    return y[..., :L, :] + (eta * H).sum(-1)[..., None, :]


@misconception(
    says="the answer that reads H without eta",
    hint="H is read as ever: by eta, summed over the h numbers.",
)
def without_eta(K, x, q, eta, H):
    L = x.shape[-2]
    y = torch.fft.irfft(torch.fft.rfft(x, 2 * L, dim=-2) * torch.fft.rfft(K.mT, 2 * L, dim=-2), 2 * L, dim=-2)
    return y[..., :L, :] + ((q[..., None] ** torch.arange(1, L + 1)) * H[..., None]).sum(-2).mT


@misconception(
    says="the correlation: K_l is applied to the token that comes l places later",
    hint="A product of transforms, without `.conj()`, sums K_l x_(t - l): the past.",
)
def correlation(K, x, q, eta, H):
    L = x.shape[-2]
    y = torch.fft.irfft(torch.fft.rfft(x, 2 * L, dim=-2) * torch.fft.rfft(K.mT, 2 * L, dim=-2).conj(), 2 * L, dim=-2)
    return y[..., :L, :] + ((q[..., None] ** torch.arange(1, L + 1)) * (eta * H)[..., None]).sum(-2).mT


@misconception(
    says="the answer in which the remaining H is read at the first token alone",
    hint="What is left of H is read at every token: q, q^2, ..., q^L times H.",
)
def first_token_only(K, x, q, eta, H):
    L = x.shape[-2]
    y = torch.fft.irfft(torch.fft.rfft(x, 2 * L, dim=-2) * torch.fft.rfft(K.mT, 2 * L, dim=-2), 2 * L, dim=-2)
    first = (torch.arange(L) == 0)[:, None].to(x.dtype)
    return y[..., :L, :] + first * (q * eta * H).sum(-1)[..., None, :]


@misconception(
    says="the right values from a Toeplitz matrix, L × L: its cost is that of attention",
    hint="Multiply Fourier transforms: `torch.fft.rfft(x, 2 * L, dim=-2)`.",
)
def by_toeplitz(K, x, q, eta, H):
    L = x.shape[-2]
    age = torch.arange(L)[:, None] - torch.arange(L)
    T = K[:, age.clamp(min=0)] * (age >= 0)  # (d, L, L)
    y = torch.einsum("dts,...sd->...td", T, x)
    return y + ((q[..., None] ** torch.arange(1, L + 1)) * (eta * H)[..., None]).sum(-2).mT


@misconception(
    says="the right values, with a loop over the tokens",
    hint="No loop: a convolution is one product of Fourier transforms.",
)
def by_loop(K, x, q, eta, H):
    out = []
    for t in range(x.shape[-2]):
        H = q * H
        past = (K[:, : t + 1].flip(-1).mT * x[..., : t + 1, :]).sum(-2)
        out.append(past + (eta * H).sum(-1))
    return torch.stack(out, dim=-2)


@misconception(
    says="the answer whose convolution runs over the channels",
    hint="The transform runs along the length: `dim=-2` for x (..., L, d), and for `K.mT`.",
)
def over_channels(K, x, q, eta, H):
    L, d = x.shape[-2:]
    y = torch.fft.irfft(torch.fft.rfft(x, 2 * d) * torch.fft.rfft(K.mT, 2 * d), 2 * d)[..., :d]
    return y + ((q[..., None] ** torch.arange(1, L + 1)) * (eta * H)[..., None]).sum(-2).mT
