"""The private half of s4d-kernel."""

import torch
from llmcourse.checks.labs.state_space.s4d_kernel import diagonal
from llmcourse.state_space.s4 import diagonal_kernel

from grading.exercises import misconception, reference, stages, variant

CASES = {"a longer kernel": diagonal(3, 4, 40), "many channels": diagonal(8, 2, 20)}


@reference
def s4d_kernel(log_dt, log_decay, frequency, C, L):
    lam = torch.complex(-log_decay.exp(), frequency)
    z = lam * log_dt.exp()[:, None]
    return diagonal_kernel(z, torch.view_as_complex(C) * torch.expm1(z) / lam, L)


@variant
def in_a_loop(log_dt, log_decay, frequency, C, L):
    lam = torch.complex(-log_decay.exp(), frequency)
    step = (lam * log_dt.exp()[:, None]).exp()
    h, K = (step - 1) / lam, []
    for _ in range(L):
        K.append(2 * (torch.view_as_complex(C.contiguous()) * h).sum(-1).real)
        h = h * step
    return torch.stack(K, -1)


@variant
def with_real_numbers(log_dt, log_decay, frequency, C, L):
    dt, a = log_dt.exp()[:, None], log_decay.exp()
    size = a**2 + frequency**2
    e, cos, sin = (-a * dt).exp(), (frequency * dt).cos(), (frequency * dt).sin()
    x, y = e * cos - 1, e * sin  # e^z - 1
    B_re, B_im = (-a * x + frequency * y) / size, (-a * y - frequency * x) / size  # divided by -a + i frequency
    re, im = C[..., 0] * B_re - C[..., 1] * B_im, C[..., 0] * B_im + C[..., 1] * B_re
    t = torch.arange(L, dtype=dt.dtype)
    wave = (frequency * dt)[..., None] * t
    return 2 * (((-a * dt)[..., None] * t).exp() * (re[..., None] * wave.cos() - im[..., None] * wave.sin())).sum(-2)


@stages
def on_the_way(log_dt, log_decay, frequency, C, L):
    dt, decay = log_dt.exp(), log_decay.exp()
    lam = torch.complex(-decay, frequency)
    z = lam * dt[:, None]
    held, C = torch.expm1(z), torch.view_as_complex(C.contiguous())
    return {
        "the step sizes dt": dt,
        "the decays exp(log_decay)": decay,
        "the eigenvalues lam = -exp(log_decay) + i frequency": lam,
        "z = dt lam": z,
        "B_ = (e^z - 1) / lam": [held / lam, C * held / lam],
        "the powers e^(l z)": (z[..., None] * torch.arange(L)).exp(),
    }


@misconception(
    says="half of the kernel",
    hint="Only one of each conjugate pair is stored: the other adds the same real part. 2 Re.",
)
def half_of_the_kernel(log_dt, log_decay, frequency, C, L):
    lam = torch.complex(-log_decay.exp(), frequency)
    z = lam * log_dt.exp()[:, None]
    C = torch.view_as_complex(C) * (z.exp() - 1) / lam
    return (C[..., None] * (z[..., None] * torch.arange(L)).exp()).sum(-2).real


@misconception(
    says="the imaginary part of the kernel",
    hint="Of a number and its conjugate the imaginary parts cancel: what is left is twice the real part.",
)
def imaginary_part(log_dt, log_decay, frequency, C, L):
    lam = torch.complex(-log_decay.exp(), frequency)
    z = lam * log_dt.exp()[:, None]
    C = torch.view_as_complex(C) * (z.exp() - 1) / lam
    return 2 * (C[..., None] * (z[..., None] * torch.arange(L)).exp()).sum(-2).imag


@misconception(
    says="the kernel without B_: as if the input came in one blow",
    hint="Held for a step, an input of 1 leaves (e^z - 1) / lam in the state.",
)
def without_B(log_dt, log_decay, frequency, C, L):
    z = torch.complex(-log_decay.exp(), frequency) * log_dt.exp()[:, None]
    return 2 * (torch.view_as_complex(C)[..., None] * (z[..., None] * torch.arange(L)).exp()).sum(-2).real


@misconception(
    says="the kernel with B_ = dt: Euler's",
    hint="Zero-order hold has B_ = (e^z - 1) / lam, which is dt for a short step only.",
)
def euler_B(log_dt, log_decay, frequency, C, L):
    dt = log_dt.exp()[:, None]
    z = torch.complex(-log_decay.exp(), frequency) * dt
    return 2 * ((dt * torch.view_as_complex(C))[..., None] * (z[..., None] * torch.arange(L)).exp()).sum(-2).real


@misconception(
    says="the kernel with a positive real part: it grows",
    hint="The decay enters with a minus: lam = -e^{log_decay} + i frequency.",
)
def grows(log_dt, log_decay, frequency, C, L):
    lam = torch.complex(log_decay.exp(), frequency)
    z = lam * log_dt.exp()[:, None]
    C = torch.view_as_complex(C) * (z.exp() - 1) / lam
    return 2 * (C[..., None] * (z[..., None] * torch.arange(L)).exp()).sum(-2).real


@misconception(
    says="the kernel with log_decay itself for the decay",
    hint="The parameter is a logarithm, so that the decay stays positive: take `log_decay.exp()`.",
)
def raw_decay(log_dt, log_decay, frequency, C, L):
    lam = torch.complex(log_decay, frequency)
    z = lam * log_dt.exp()[:, None]
    C = torch.view_as_complex(C) * (z.exp() - 1) / lam
    return 2 * (C[..., None] * (z[..., None] * torch.arange(L)).exp()).sum(-2).real


@misconception(
    says="the kernel that starts at l = 1",
    hint="K_0 is what a sample does at once: the powers start at e^0 = 1.",
)
def starts_late(log_dt, log_decay, frequency, C, L):
    lam = torch.complex(-log_decay.exp(), frequency)
    z = lam * log_dt.exp()[:, None]
    C = torch.view_as_complex(C) * (z.exp() - 1) / lam
    return 2 * (C[..., None] * (z[..., None] * torch.arange(1, L + 1)).exp()).sum(-2).real


@misconception(
    says="the kernel with the conjugate of C, and also that with the frequencies' sign turned round",
    hint="C is read as it stands, and the frequency keeps its sign: lam = -e^{log_decay} + i frequency.",
)
def conjugate(log_dt, log_decay, frequency, C, L):
    lam = torch.complex(-log_decay.exp(), frequency)
    z = lam * log_dt.exp()[:, None]
    C = torch.view_as_complex(C).conj() * (z.exp() - 1) / lam
    return 2 * (C[..., None] * (z[..., None] * torch.arange(L)).exp()).sum(-2).real


@misconception(
    says="the kernel with log_dt itself for the step",
    hint="The parameter is a logarithm, so that the step stays positive: take `log_dt.exp()`.",
)
def raw_step(log_dt, log_decay, frequency, C, L):
    lam = torch.complex(-log_decay.exp(), frequency)
    z = lam * log_dt[:, None]
    C = torch.view_as_complex(C) * (z.exp() - 1) / lam
    K = C[..., None] * (z[..., None] * torch.arange(L)).exp()
    return 2 * K.sum(-2).real


@misconception(
    says="the kernel with the mean over its states in place of their sum",
    hint="K_l sums over the states.",
)
def mean_of_states(log_dt, log_decay, frequency, C, L):
    lam = torch.complex(-log_decay.exp(), frequency)
    z = lam * log_dt.exp()[:, None]
    C = torch.view_as_complex(C) * (z.exp() - 1) / lam
    K = C[..., None] * (z[..., None] * torch.arange(L)).exp()
    return 2 * K.mean(-2).real


@misconception(
    says="the kernel with B_ = (e^z - 1) / z",
    hint="The divisor is lam, without dt: B_ = (e^z - 1) / lam, which is nearly dt for a short step.",
)
def B_over_z(log_dt, log_decay, frequency, C, L):
    lam = torch.complex(-log_decay.exp(), frequency)
    z = lam * log_dt.exp()[:, None]
    C = torch.view_as_complex(C) * (z.exp() - 1) / z
    K = C[..., None] * (z[..., None] * torch.arange(L)).exp()
    return 2 * K.sum(-2).real


@misconception(
    says="the kernel with B_ = e^z - 1, not divided by lam",
    hint="Held for a step, an input of 1 leaves (e^z - 1) / lam in the state.",
)
def B_without_divisor(log_dt, log_decay, frequency, C, L):
    lam = torch.complex(-log_decay.exp(), frequency)
    z = lam * log_dt.exp()[:, None]
    C = torch.view_as_complex(C) * (z.exp() - 1)
    K = C[..., None] * (z[..., None] * torch.arange(L)).exp()
    return 2 * K.sum(-2).real


@misconception(
    says="the kernel whose powers lack the step: e^{l lam}",
    hint="A step multiplies a state by e^z, with z = dt lam.",
)
def powers_without_dt(log_dt, log_decay, frequency, C, L):
    lam = torch.complex(-log_decay.exp(), frequency)
    z = lam * log_dt.exp()[:, None]
    C = torch.view_as_complex(C) * (z.exp() - 1) / lam
    K = C[..., None] * (lam[..., None] * torch.arange(L)).exp()
    return 2 * K.sum(-2).real


@misconception(
    says="the kernel with B_ = e^z / lam",
    hint="Held for a step, an input of 1 leaves (e^z - 1) / lam in the state.",
)
def minus_one_forgotten(log_dt, log_decay, frequency, C, L):
    lam = torch.complex(-log_decay.exp(), frequency)
    z = lam * log_dt.exp()[:, None]
    C = torch.view_as_complex(C) * z.exp() / lam
    return 2 * (C[..., None] * (z[..., None] * torch.arange(L)).exp()).sum(-2).real


@misconception(
    says="the absolute value of the kernel's complex sum",
    hint="A number and its conjugate add up to twice the real part, which may be negative: 2 Re.",
)
def absolute_value(log_dt, log_decay, frequency, C, L):
    lam = torch.complex(-log_decay.exp(), frequency)
    z = lam * log_dt.exp()[:, None]
    C = torch.view_as_complex(C) * (z.exp() - 1) / lam
    return 2 * (C[..., None] * (z[..., None] * torch.arange(L)).exp()).sum(-2).abs()


@misconception(
    says="the kernel made of real parts: that of C, that of B_ and that of the powers",
    hint="The real part of a product is not the product of real parts: multiply and sum first, and take it last.",
)
def real_parts_first(log_dt, log_decay, frequency, C, L):
    lam = torch.complex(-log_decay.exp(), frequency)
    z = lam * log_dt.exp()[:, None]
    C = C[..., 0] * ((z.exp() - 1) / lam).real
    return 2 * (C[..., None] * (z[..., None] * torch.arange(L)).exp().real).sum(-2)


@misconception(
    says="the kernel with B_ = dt (e^z - 1) / lam",
    hint="dt is in z already: B_ = (e^z - 1) / lam.",
)
def step_once_more(log_dt, log_decay, frequency, C, L):
    lam = torch.complex(-log_decay.exp(), frequency)
    z = lam * log_dt.exp()[:, None]
    C = torch.view_as_complex(C) * log_dt.exp()[:, None] * (z.exp() - 1) / lam
    return 2 * (C[..., None] * (z[..., None] * torch.arange(L)).exp()).sum(-2).real


@misconception(
    says="the kernel of real eigenvalues, -e^{log_decay} + frequency",
    hint="The frequency is the imaginary part: `torch.complex(-log_decay.exp(), frequency)`.",
)
def frequency_not_imaginary(log_dt, log_decay, frequency, C, L):
    lam = -log_decay.exp() + frequency
    z = lam * log_dt.exp()[:, None]
    C = C[..., 0] * (z.exp() - 1) / lam
    return 2 * (C[..., None] * (z[..., None] * torch.arange(L)).exp()).sum(-2)
