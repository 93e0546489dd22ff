"""The private half of causal-convolution."""

import torch
from llmcourse.checks.labs.state_space.causal_convolution import signal
from llmcourse.state_space import system

from grading.exercises import misconception, reference, variant

CASES = {
    "a longer signal": signal(3, L=200),
    "an odd length": signal(L=131),
    "two samples": signal(2, L=2),
    "a batch of long signals": signal(2, 2, L=96),
}


@reference
def convolve(K, x):
    return system.convolve(K, x)


@variant
def by_shifts(K, x):
    L = x.shape[-1]
    o = torch.zeros_like(x)
    for lag in range(L):
        o = o + torch.nn.functional.pad(K[lag] * x[..., : L - lag], (lag, 0))
    return o


@variant
def by_conv1d(K, x):
    L = x.shape[-1]
    padded = torch.nn.functional.pad(x.reshape(-1, 1, L), (L - 1, 0))
    return torch.nn.functional.conv1d(padded, K.flip(0)[None, None]).reshape(x.shape)


@variant
def just_long_enough(K, x):
    n = x.shape[-1] + K.shape[-1] - 1
    return torch.fft.ifft(torch.fft.fft(x, n) * torch.fft.fft(K, n)).real[..., : x.shape[-1]]


@misconception(
    says="the circular convolution: the end of the signal leaks into its beginning",
    hint="Give both transforms a length of 2 L, `torch.fft.rfft(x, 2 * L)`, and keep the first L samples.",
)
def circular(K, x):
    return torch.fft.irfft(torch.fft.rfft(x) * torch.fft.rfft(K), x.shape[-1])


@misconception(
    says="a convolution that is padded by one sample only: the end still leaks into the beginning",
    hint="The full convolution has 2 L - 1 samples: pad to 2 L.",
)
def padded_by_one(K, x):
    n = x.shape[-1] + 1
    return torch.fft.irfft(torch.fft.rfft(x, n) * torch.fft.rfft(K, n), n)[..., :-1]


@misconception(
    says="the correlation: it looks into the future",
    hint="Multiply the transforms as they are; a conjugate one runs backwards in time.",
)
def correlation(K, x):
    L = x.shape[-1]
    return torch.fft.irfft(torch.fft.rfft(x, 2 * L) * torch.fft.rfft(K, 2 * L).conj(), 2 * L)[..., :L]


@misconception(
    says="the convolution with the impulse response turned round",
    hint="K_0 is what a sample does at once: K stays as it is. (`conv1d` wants it turned round, an FFT does not.)",
)
def reversed_kernel(K, x):
    L = x.shape[-1]
    return torch.fft.irfft(torch.fft.rfft(x, 2 * L) * torch.fft.rfft(K.flip(-1), 2 * L), 2 * L)[..., :L]


@misconception(
    says="the last L samples of the full convolution",
    hint="Output t depends on samples up to t: those are the first L of the full convolution.",
)
def last_part(K, x):
    L = x.shape[-1]
    return torch.fft.irfft(torch.fft.rfft(x, 2 * L) * torch.fft.rfft(K, 2 * L), 2 * L)[..., L - 1 : 2 * L - 1]


@misconception(
    says="an output that is one sample late",
    hint="K_0 x_t belongs to output t.",
)
def one_late(K, x):
    L = x.shape[-1]
    o = torch.fft.irfft(torch.fft.rfft(x, 2 * L) * torch.fft.rfft(K, 2 * L), 2 * L)[..., :L]
    return torch.nn.functional.pad(o[..., :-1], (1, 0))


@misconception(
    says="the right answer from an L × L matrix: its values are right, its memory is quadratic",
    hint="Go through the Fourier transform: nothing there is longer than 2 L.",
)
def as_a_matrix(K, x):
    L = x.shape[-1]
    lag = torch.arange(L)[:, None] - torch.arange(L)
    return x @ torch.where(lag >= 0, K[lag.clamp(min=0)], torch.zeros((), dtype=K.dtype)).mT


@misconception(
    says="the second half of a convolution of 2 L samples",
    hint="Pad with zeros behind, `torch.fft.rfft(x, 2 * L)`; the first L samples of the result are yours.",
)
def second_half(K, x):
    L = x.shape[-1]
    return torch.fft.irfft(torch.fft.rfft(x, 2 * L) * torch.fft.rfft(K, 2 * L), 2 * L)[..., L:]


@misconception(
    says="the middle of the full convolution",
    hint="Output t depends on samples up to t: those are the first L of the full convolution.",
)
def middle_part(K, x):
    L = x.shape[-1]
    return torch.fft.irfft(torch.fft.rfft(x, 2 * L) * torch.fft.rfft(K, 2 * L), 2 * L)[..., L // 2 : L // 2 + L]


@misconception(
    says="the correlation, with the signal conjugated",
    hint="Multiply the transforms as they are; a conjugate one runs backwards in time.",
)
def signal_backwards(K, x):
    L = x.shape[-1]
    return torch.fft.irfft(torch.fft.rfft(x, 2 * L).conj() * torch.fft.rfft(K, 2 * L), 2 * L)[..., :L]


@misconception(
    says="the product K x, sample by sample",
    hint="A product of transforms is a convolution: the product belongs between `rfft` and `irfft`.",
)
def product(K, x):
    return K * x


@misconception(
    says="the running sum of K x",
    hint="K_l meets the sample of l steps ago, x_{t-l}: its index runs backwards.",
)
def sum_of_products(K, x):
    return (K * x).cumsum(-1)


@misconception(
    says="the absolute value of the right answer",
    hint="The result of real signals is real: take `.real`, or use `rfft` and `irfft`.",
)
def absolute(K, x):
    L = x.shape[-1]
    return torch.fft.irfft(torch.fft.rfft(x, 2 * L) * torch.fft.rfft(K, 2 * L), 2 * L)[..., :L].abs()


@misconception(
    says="the answer of `irfft` without a length, which is right for even ones only",
    hint=(
        "A transform of 2 L - 1 samples has as many numbers as one of 2 L - 2: tell `irfft` the length, or pad to 2 L."
    ),
)
def length_not_told(K, x):
    L = x.shape[-1]
    n = 2 * L - 1
    return torch.fft.irfft(torch.fft.rfft(x, n) * torch.fft.rfft(K, n))[..., :L]


@misconception(
    says='the answer with `norm="ortho"` on all transforms, which divides it by sqrt(2 L)',
    hint="Leave the norm at its default: only `irfft` divides by the length.",
)
def ortho(K, x):
    L = x.shape[-1]
    both = torch.fft.rfft(x, 2 * L, norm="ortho") * torch.fft.rfft(K, 2 * L, norm="ortho")
    return torch.fft.irfft(both, 2 * L, norm="ortho")[..., :L]


@misconception(
    says="the sum from l = 1, without K_0 x_t",
    hint="K_0 is what a sample does at once: the sum begins with l = 0.",
)
def first_of_K_forgotten(K, x):
    L = x.shape[-1]
    K = torch.cat([torch.zeros_like(K[:1]), K[1:]])
    return torch.fft.irfft(torch.fft.rfft(x, 2 * L) * torch.fft.rfft(K, 2 * L), 2 * L)[..., :L]


@misconception(
    says="the sum K + x: the transforms are added",
    hint="Multiply the transforms.",
)
def sum_of_transforms(K, x):
    L = x.shape[-1]
    return torch.fft.irfft(torch.fft.rfft(x, 2 * L) + torch.fft.rfft(K, 2 * L), 2 * L)[..., :L]


@misconception(
    says="an output that is one sample early: samples 1 to L of the convolution",
    hint="The first sample is K_0 x_0: take samples 0 to L - 1, `[..., :L]`.",
)
def one_early(K, x):
    L = x.shape[-1]
    product = torch.fft.rfft(K, 2 * L) * torch.fft.rfft(x, 2 * L)
    return torch.fft.irfft(product, 2 * L)[..., 1 : L + 1]


@misconception(
    says="K_t times the running sum of x",
    hint="Each sample has a place in K of its own: that of l steps ago is multiplied by K_l.",
)
def running_sum(K, x):
    return K * x.cumsum(-1)
