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
