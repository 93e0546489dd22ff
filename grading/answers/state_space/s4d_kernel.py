"""Answers to s4d-kernel by people who have not seen its private half."""

import torch

from grading.answers import answer


def parts(log_dt, log_decay, frequency, C, L):
    lam = torch.complex(-log_decay.exp(), frequency)
    return lam, log_dt.exp()[:, None], torch.complex(C[..., 0], C[..., 1]), torch.arange(L)


@answer("s4d-kernel", "no factor two", "wrong")
def _(log_dt, log_decay, frequency, C, L):
    lam, dt, c, l = parts(log_dt, log_decay, frequency, C, L)
    w = c * ((dt * lam).exp() - 1) / lam
    return (w[..., None] * ((dt * lam)[..., None] * l).exp()).sum(1).real


@answer("s4d-kernel", "complex kept", "wrong")
def _(log_dt, log_decay, frequency, C, L):
    lam, dt, c, l = parts(log_dt, log_decay, frequency, C, L)
    w = c * ((dt * lam).exp() - 1) / lam
    return 2 * (w[..., None] * ((dt * lam)[..., None] * l).exp()).sum(1)


@answer("s4d-kernel", "imaginary part", "wrong")
def _(log_dt, log_decay, frequency, C, L):
    lam, dt, c, l = parts(log_dt, log_decay, frequency, C, L)
    w = c * ((dt * lam).exp() - 1) / lam
    return 2 * (w[..., None] * ((dt * lam)[..., None] * l).exp()).sum(1).imag


@answer("s4d-kernel", "absolute value", "wrong")
def _(log_dt, log_decay, frequency, C, L):
    lam, dt, c, l = parts(log_dt, log_decay, frequency, C, L)
    w = c * ((dt * lam).exp() - 1) / lam
    return 2 * (w[..., None] * ((dt * lam)[..., None] * l).exp()).sum(1).abs()


@answer("s4d-kernel", "no B_", "wrong")
def _(log_dt, log_decay, frequency, C, L):
    lam, dt, c, l = parts(log_dt, log_decay, frequency, C, L)
    return 2 * (c[..., None] * ((dt * lam)[..., None] * l).exp()).sum(1).real


@answer("s4d-kernel", "B_ is dt", "wrong")
def _(log_dt, log_decay, frequency, C, L):
    lam, dt, c, l = parts(log_dt, log_decay, frequency, C, L)
    return 2 * ((c * dt)[..., None] * ((dt * lam)[..., None] * l).exp()).sum(1).real


@answer("s4d-kernel", "B_ divided by dt lam", "wrong")
def _(log_dt, log_decay, frequency, C, L):
    lam, dt, c, l = parts(log_dt, log_decay, frequency, C, L)
    w = c * ((dt * lam).exp() - 1) / (dt * lam)
    return 2 * (w[..., None] * ((dt * lam)[..., None] * l).exp()).sum(1).real


@answer("s4d-kernel", "B_ not divided", "wrong")
def _(log_dt, log_decay, frequency, C, L):
    lam, dt, c, l = parts(log_dt, log_decay, frequency, C, L)
    w = c * ((dt * lam).exp() - 1)
    return 2 * (w[..., None] * ((dt * lam)[..., None] * l).exp()).sum(1).real


@answer("s4d-kernel", "B_ with 1 - e^z", "wrong")
def _(log_dt, log_decay, frequency, C, L):
    lam, dt, c, l = parts(log_dt, log_decay, frequency, C, L)
    w = c * (1 - (dt * lam).exp()) / lam
    return 2 * (w[..., None] * ((dt * lam)[..., None] * l).exp()).sum(1).real


@answer("s4d-kernel", "decay positive: grows", "wrong")
def _(log_dt, log_decay, frequency, C, L):
    _, dt, c, l = parts(log_dt, log_decay, frequency, C, L)
    lam = torch.complex(log_decay.exp(), frequency)
    w = c * ((dt * lam).exp() - 1) / lam
    return 2 * (w[..., None] * ((dt * lam)[..., None] * l).exp()).sum(1).real


@answer("s4d-kernel", "exp of the decay forgotten", "wrong")
def _(log_dt, log_decay, frequency, C, L):
    _, dt, c, l = parts(log_dt, log_decay, frequency, C, L)
    lam = torch.complex(-log_decay, frequency)
    w = c * ((dt * lam).exp() - 1) / lam
    return 2 * (w[..., None] * ((dt * lam)[..., None] * l).exp()).sum(1).real


@answer("s4d-kernel", "exp(-log_decay)", "wrong")
def _(log_dt, log_decay, frequency, C, L):
    _, dt, c, l = parts(log_dt, log_decay, frequency, C, L)
    lam = torch.complex(-(-log_decay).exp(), frequency)
    w = c * ((dt * lam).exp() - 1) / lam
    return 2 * (w[..., None] * ((dt * lam)[..., None] * l).exp()).sum(1).real


@answer("s4d-kernel", "exp of dt forgotten", "wrong")
def _(log_dt, log_decay, frequency, C, L):
    lam, _, c, l = parts(log_dt, log_decay, frequency, C, L)
    dt = log_dt[:, None]
    w = c * ((dt * lam).exp() - 1) / lam
    return 2 * (w[..., None] * ((dt * lam)[..., None] * l).exp()).sum(1).real


@answer("s4d-kernel", "starts at l = 1", "wrong")
def _(log_dt, log_decay, frequency, C, L):
    lam, dt, c, l = parts(log_dt, log_decay, frequency, C, L)
    w = c * ((dt * lam).exp() - 1) / lam
    return 2 * (w[..., None] * ((dt * lam)[..., None] * (l + 1)).exp()).sum(1).real


@answer("s4d-kernel", "from 0 to L: one too long", "wrong")
def _(log_dt, log_decay, frequency, C, L):
    lam, dt, c, _ = parts(log_dt, log_decay, frequency, C, L)
    w = c * ((dt * lam).exp() - 1) / lam
    return 2 * (w[..., None] * ((dt * lam)[..., None] * torch.arange(L + 1)).exp()).sum(1).real


@answer("s4d-kernel", "powers of lambda, not of its exponential", "wrong")
def _(log_dt, log_decay, frequency, C, L):
    lam, dt, c, l = parts(log_dt, log_decay, frequency, C, L)
    w = c * ((dt * lam).exp() - 1) / lam
    return 2 * (w[..., None] * (dt * lam)[..., None] ** l).sum(1).real


@answer("s4d-kernel", "no dt in the powers", "wrong")
def _(log_dt, log_decay, frequency, C, L):
    lam, dt, c, l = parts(log_dt, log_decay, frequency, C, L)
    w = c * ((dt * lam).exp() - 1) / lam
    return 2 * (w[..., None] * (lam[..., None] * l).exp()).sum(1).real


@answer("s4d-kernel", "conjugate C", "wrong")
def _(log_dt, log_decay, frequency, C, L):
    lam, dt, c, l = parts(log_dt, log_decay, frequency, C, L)
    w = c.conj() * ((dt * lam).exp() - 1) / lam
    return 2 * (w[..., None] * ((dt * lam)[..., None] * l).exp()).sum(1).real


@answer("s4d-kernel", "real part of C only", "wrong")
def _(log_dt, log_decay, frequency, C, L):
    lam, dt, _, l = parts(log_dt, log_decay, frequency, C, L)
    w = C[..., 0] * ((dt * lam).exp() - 1) / lam
    return 2 * (w[..., None] * ((dt * lam)[..., None] * l).exp()).sum(1).real


@answer("s4d-kernel", "real and imaginary part of C exchanged", "wrong")
def _(log_dt, log_decay, frequency, C, L):
    lam, dt, _, l = parts(log_dt, log_decay, frequency, C, L)
    w = torch.complex(C[..., 1], C[..., 0]) * ((dt * lam).exp() - 1) / lam
    return 2 * (w[..., None] * ((dt * lam)[..., None] * l).exp()).sum(1).real


@answer("s4d-kernel", "product of the real parts: real C B_, real powers", "wrong")
def _(log_dt, log_decay, frequency, C, L):
    lam, dt, c, l = parts(log_dt, log_decay, frequency, C, L)
    w = (c * ((dt * lam).exp() - 1) / lam).real
    return 2 * (w[..., None] * ((dt * lam)[..., None] * l).exp().real).sum(1)


@answer("s4d-kernel", "the mean over the states", "wrong")
def _(log_dt, log_decay, frequency, C, L):
    lam, dt, c, l = parts(log_dt, log_decay, frequency, C, L)
    w = c * ((dt * lam).exp() - 1) / lam
    return 2 * (w[..., None] * ((dt * lam)[..., None] * l).exp()).mean(1).real


@answer("s4d-kernel", "sum over the channels", "wrong")
def _(log_dt, log_decay, frequency, C, L):
    lam, dt, c, l = parts(log_dt, log_decay, frequency, C, L)
    w = c * ((dt * lam).exp() - 1) / lam
    return 2 * (w[..., None] * ((dt * lam)[..., None] * l).exp()).sum(0).real


@answer("s4d-kernel", "not summed over the states", "wrong")
def _(log_dt, log_decay, frequency, C, L):
    lam, dt, c, l = parts(log_dt, log_decay, frequency, C, L)
    w = c * ((dt * lam).exp() - 1) / lam
    return 2 * (w[..., None] * ((dt * lam)[..., None] * l).exp()).real


@answer("s4d-kernel", "dt against the states: dt[None]", "wrong")
def _(log_dt, log_decay, frequency, C, L):
    lam, _, c, l = parts(log_dt, log_decay, frequency, C, L)
    dt = log_dt.exp()[None]
    w = c * ((dt * lam).exp() - 1) / lam
    return 2 * (w[..., None] * ((dt * lam)[..., None] * l).exp()).sum(1).real


@answer("s4d-kernel", "bilinear rule", "wrong")
def _(log_dt, log_decay, frequency, C, L):
    lam, dt, c, l = parts(log_dt, log_decay, frequency, C, L)
    A = (1 + dt * lam / 2) / (1 - dt * lam / 2)
    w = c * dt / (1 - dt * lam / 2)
    return 2 * (w[..., None] * A[..., None] ** l).sum(1).real


@answer("s4d-kernel", "step detached", "wrong")
def _(log_dt, log_decay, frequency, C, L):
    lam, dt, c, l = parts(log_dt.detach(), log_decay, frequency, C, L)
    w = c * ((dt * lam).exp() - 1) / lam
    return 2 * (w[..., None] * ((dt * lam)[..., None] * l).exp()).sum(1).real


@answer("s4d-kernel", "new complex tensor from numbers: no gradient to lambda", "wrong")
def _(log_dt, log_decay, frequency, C, L):
    lam = torch.tensor((-log_decay.exp()).tolist()) + 1j * torch.tensor(frequency.tolist())
    _, dt, c, l = parts(log_dt, log_decay, frequency, C, L)
    w = c * ((dt * lam).exp() - 1) / lam
    return 2 * (w[..., None] * ((dt * lam)[..., None] * l).exp()).sum(1).real


@answer("s4d-kernel", "decay and frequency exchanged", "wrong")
def _(log_dt, log_decay, frequency, C, L):
    _, dt, c, l = parts(log_dt, log_decay, frequency, C, L)
    lam = torch.complex(-frequency, log_decay.exp())
    w = c * ((dt * lam).exp() - 1) / lam
    return 2 * (w[..., None] * ((dt * lam)[..., None] * l).exp()).sum(1).real


@answer("s4d-kernel", "frequency in cycles: times 2 pi", "wrong")
def _(log_dt, log_decay, frequency, C, L):
    lam, dt, c, l = parts(log_dt, log_decay, 2 * torch.pi * frequency, C, L)
    w = c * ((dt * lam).exp() - 1) / lam
    return 2 * (w[..., None] * ((dt * lam)[..., None] * l).exp()).sum(1).real


@answer("s4d-kernel", "both halves, conjugates put beside", "right")
def _(log_dt, log_decay, frequency, C, L):
    lam, dt, c, l = parts(log_dt, log_decay, frequency, C, L)
    lam, c = torch.cat([lam, lam.conj()], 1), torch.cat([c, c.conj()], 1)
    w = c * torch.expm1(dt * lam) / lam
    return torch.einsum("dn,dnl->dl", w, ((dt * lam)[..., None] * l).exp()).real


@answer("s4d-kernel", "real arithmetic: cosines and sines", "right")
def _(log_dt, log_decay, frequency, C, L):
    dt, l = log_dt.exp()[:, None], torch.arange(L)
    a, b = -log_decay.exp(), frequency
    e = (dt * a).exp()
    up_re, up_im = e * (dt * b).cos() - 1, e * (dt * b).sin()
    size = a * a + b * b
    B_re, B_im = (up_re * a + up_im * b) / size, (up_im * a - up_re * b) / size
    w_re = C[..., 0] * B_re - C[..., 1] * B_im
    w_im = C[..., 0] * B_im + C[..., 1] * B_re
    angle, size = (dt * b)[..., None] * l, ((dt * a)[..., None] * l).exp()
    return 2 * (size * (w_re[..., None] * angle.cos() - w_im[..., None] * angle.sin())).sum(1)


@answer("s4d-kernel", "a loop over l, multiplying", "right")
def _(log_dt, log_decay, frequency, C, L):
    lam, dt, c, _ = parts(log_dt, log_decay, frequency, C, L)
    A = (dt * lam).exp()
    state, K = (A - 1) / lam, []
    for _ in range(L):
        K.append(2 * (c * state).sum(-1).real)
        state = A * state
    return torch.stack(K, dim=-1)


@answer("s4d-kernel", "complex128, cast back; view_as_complex", "right")
def _(log_dt, log_decay, frequency, C, L):
    lam = -log_decay.double().exp() + 1j * frequency.double()
    z = log_dt.double().exp()[:, None] * lam
    w = torch.view_as_complex(C.double().contiguous()) * (z.exp() - 1) / lam
    K = (w[:, None, :] @ (z[..., None] * torch.arange(L)).exp())[:, 0]
    return 2 * K.real.to(log_dt.dtype)


@answer("s4d-kernel", "cumulative product of the eigenvalues", "right")
def _(log_dt, log_decay, frequency, C, L):
    lam, dt, c, _ = parts(log_dt, log_decay, frequency, C, L)
    A = (dt * lam).exp()
    first = c * (A - 1) / lam
    steps = torch.cat([first[..., None], A[..., None].expand(*A.shape, L - 1)], dim=-1)
    K = steps.cumprod(-1).sum(1)
    return K.real + K.conj().real


@answer("s4d-kernel", "differences: (e^{(l+1) z} - e^{l z}) / lam", "right")
def _(log_dt, log_decay, frequency, C, L):
    lam, dt, c, _ = parts(log_dt, log_decay, frequency, C, L)
    e = ((dt * lam)[..., None] * torch.arange(L + 1)).exp()
    return 2 * ((c / lam)[..., None] * e.diff(dim=-1)).sum(-2).real


@answer("s4d-kernel", "the factor 2 forgotten", "wrong")
def _(log_dt, log_decay, frequency, C, L):
    lam = torch.complex(-log_decay.exp(), frequency)
    z = log_dt.exp()[:, None] * lam
    B = (z.exp() - 1) / lam
    powers = (z[..., None] * torch.arange(L)).exp()
    return ((torch.view_as_complex(C.contiguous()) * B)[..., None] * powers).sum(1).real


@answer("s4d-kernel", "B_ = dt instead of zero-order hold", "wrong")
def _(log_dt, log_decay, frequency, C, L):
    dt = log_dt.exp()[:, None]
    z = dt * torch.complex(-log_decay.exp(), frequency)
    powers = (z[..., None] * torch.arange(L)).exp()
    return 2 * ((torch.complex(C[..., 0], C[..., 1]) * dt)[..., None] * powers).sum(1).real


@answer("s4d-kernel", "powers 1 to L instead of 0 to L - 1", "wrong")
def _(log_dt, log_decay, frequency, C, L):
    lam = torch.complex(-log_decay.exp(), frequency)
    z = log_dt.exp()[:, None] * lam
    w = torch.complex(C[..., 0], C[..., 1]) * (z.exp() - 1) / lam
    powers = (z[..., None] * torch.arange(1, L + 1)).exp()
    return 2 * torch.einsum("dn,dnl->dl", w, powers).real


@answer("s4d-kernel", "real part of C, of B_ and of the powers taken separately, before the product", "wrong")
def _(log_dt, log_decay, frequency, C, L):
    lam = torch.complex(-log_decay.exp(), frequency)
    z = log_dt.exp()[:, None] * lam
    B = ((z.exp() - 1) / lam).real
    powers = (z[..., None] * torch.arange(L)).exp().real
    return 2 * ((C[..., 0] * B)[..., None] * powers).sum(1)


@answer("s4d-kernel", "decay with the wrong sign: states grow", "wrong")
def _(log_dt, log_decay, frequency, C, L):
    lam = torch.complex(log_decay.exp(), frequency)
    z = log_dt.exp()[:, None] * lam
    w = torch.complex(C[..., 0], C[..., 1]) * (z.exp() - 1) / lam
    powers = (z[..., None] * torch.arange(L)).exp()
    return 2 * torch.einsum("dn,dnl->dl", w, powers).real


@answer("s4d-kernel", "B_ divided by z = dt lambda instead of lambda", "wrong")
def _(log_dt, log_decay, frequency, C, L):
    lam = torch.complex(-log_decay.exp(), frequency)
    z = log_dt.exp()[:, None] * lam
    w = torch.complex(C[..., 0], C[..., 1]) * (z.exp() - 1) / z
    powers = (z[..., None] * torch.arange(L)).exp()
    return 2 * torch.einsum("dn,dnl->dl", w, powers).real


@answer("s4d-kernel", "decay without exp: real part -log_decay", "wrong")
def _(log_dt, log_decay, frequency, C, L):
    lam = torch.complex(-log_decay, frequency)
    z = log_dt.exp()[:, None] * lam
    w = torch.complex(C[..., 0], C[..., 1]) * (z.exp() - 1) / lam
    powers = (z[..., None] * torch.arange(L)).exp()
    return 2 * torch.einsum("dn,dnl->dl", w, powers).real


@answer("s4d-kernel", "cosines and sines, no complex numbers", "right")
def _(log_dt, log_decay, frequency, C, L):
    dt = log_dt.exp()[:, None]
    a, w = -log_decay.exp(), frequency
    e, co, si = (dt * a).exp(), (dt * w).cos(), (dt * w).sin()
    # (e^z - 1) / lam
    x, y = e * co - 1, e * si
    n = a**2 + w**2
    br, bi = (x * a + y * w) / n, (y * a - x * w) / n
    wr, wi = C[..., 0] * br - C[..., 1] * bi, C[..., 0] * bi + C[..., 1] * br
    l = torch.arange(L, dtype=dt.dtype)
    fade = (dt * a)[..., None] * l
    turn = (dt * w)[..., None] * l
    return 2 * (fade.exp() * (wr[..., None] * turn.cos() - wi[..., None] * turn.sin())).sum(1)


@answer("s4d-kernel", "state by state in a loop over l, complex128", "right")
def _(log_dt, log_decay, frequency, C, L):
    lam = torch.complex(-log_decay.double().exp(), frequency.double())
    step = torch.exp(log_dt.double().exp().unsqueeze(-1) * lam)
    state = torch.view_as_complex(C.double().contiguous()) * (step - 1) / lam
    out = []
    for _ in range(L):
        out.append((state + state.conj()).real.sum(-1))
        state = state * step
    return torch.stack(out, 1).to(log_dt.dtype)
