"""Answers to selective-step by people who have not seen its private half."""

import torch
import torch.nn.functional as F

from grading.answers import answer


def decays(dt, A):
    return (dt[..., None] * A).exp()


def writes(x, dt, B):
    return (dt * x)[..., None] * B[..., None, :]


@answer("selective-step", "no exp", "wrong")
def _(x, dt, A, B):
    return dt[..., None] * A, writes(x, dt, B)


@answer("selective-step", "exp(-dt A): A is negative already", "wrong")
def _(x, dt, A, B):
    return (-dt[..., None] * A).exp(), writes(x, dt, B)


@answer("selective-step", "A taken for A_log: -exp(A)", "wrong")
def _(x, dt, A, B):
    return decays(dt, -A.exp()), writes(x, dt, B)


@answer("selective-step", "softplus of dt", "wrong")
def _(x, dt, A, B):
    dt = F.softplus(dt)
    return decays(dt, A), writes(x, dt, B)


@answer("selective-step", "no dt in the write", "wrong")
def _(x, dt, A, B):
    return decays(dt, A), x[..., None] * B[..., None, :]


@answer("selective-step", "no x in the write", "wrong")
def _(x, dt, A, B):
    return decays(dt, A), dt[..., None] * B[..., None, :]


@answer("selective-step", "zero-order hold for the write", "wrong")
def _(x, dt, A, B):
    decay = decays(dt, A)
    return decay, (decay - 1) / A * x[..., None] * B[..., None, :]


@answer("selective-step", "1 - decay for dt in the write: a gate", "wrong")
def _(x, dt, A, B):
    decay = decays(dt, A)
    return decay, (1 - decay) * x[..., None] * B[..., None, :]


@answer("selective-step", "B not given the channels' axis", "wrong")
def _(x, dt, A, B):
    return decays(dt, A), (dt * x)[..., None] * B


@answer("selective-step", "(..., L, N, D): axes exchanged", "wrong")
def _(x, dt, A, B):
    return (dt[..., None, :] * A.mT).exp(), (dt * x)[..., None, :] * B[..., :, None]


@answer("selective-step", "only the write with its axes exchanged", "wrong")
def _(x, dt, A, B):
    return decays(dt, A), (dt * x)[..., None, :] * B[..., :, None]


@answer("selective-step", "write before decay", "wrong")
def _(x, dt, A, B):
    return writes(x, dt, B), decays(dt, A)


@answer("selective-step", "dt @ A: summed over the channels", "wrong")
def _(x, dt, A, B):
    return (dt @ A).exp()[..., None, :].expand(*x.shape, A.shape[-1]), writes(x, dt, B)


@answer("selective-step", "dt averaged over the channels", "wrong")
def _(x, dt, A, B):
    mean = dt.mean(-1, keepdim=True).expand_as(dt)
    return decays(mean, A), writes(x, mean, B)


@answer("selective-step", "dt times one + ...: Euler's decay", "wrong")
def _(x, dt, A, B):
    return 1 + dt[..., None] * A, writes(x, dt, B)


@answer("selective-step", "bilinear decay", "wrong")
def _(x, dt, A, B):
    z = dt[..., None] * A / 2
    return (1 + z) / (1 - z), writes(x, dt, B)


@answer("selective-step", "cumulative decay", "wrong")
def _(x, dt, A, B):
    return decays(dt.cumsum(-2), A), writes(x, dt, B)


@answer("selective-step", "the write fades at once: times the decay", "wrong")
def _(x, dt, A, B):
    decay = decays(dt, A)
    return decay, decay * writes(x, dt, B)


@answer("selective-step", "x + B in place of x B", "wrong")
def _(x, dt, A, B):
    return decays(dt, A), dt[..., None] * (x[..., None] + B[..., None, :])


@answer("selective-step", "B of the first token for all", "wrong")
def _(x, dt, A, B):
    return decays(dt, A), (dt * x)[..., None] * B[..., :1, None, :]


@answer("selective-step", "x and dt exchanged", "wrong")
def _(x, dt, A, B):
    return decays(x, A), writes(x, dt, B)


@answer("selective-step", "write summed over the states: x B^T as a number", "wrong")
def _(x, dt, A, B):
    return decays(dt, A), writes(x, dt, B).sum(-1)


@answer("selective-step", "decay alone", "wrong")
def _(x, dt, A, B):
    return decays(dt, A)


@answer("selective-step", "A not per channel: its first row for all", "wrong")
def _(x, dt, A, B):
    return decays(dt, A[0]), writes(x, dt, B)


@answer("selective-step", "A detached", "wrong")
def _(x, dt, A, B):
    return decays(dt, A.detach()), writes(x, dt, B)


@answer("selective-step", "dt squared in the write", "wrong")
def _(x, dt, A, B):
    return decays(dt, A), (dt * dt * x)[..., None] * B[..., None, :]


@answer("selective-step", "x times dt in place", "wrong")
def _(x, dt, A, B):
    x *= dt
    return decays(dt, A), x[..., None] * B[..., None, :]


@answer("selective-step", "indices without a batch: x[l, d]", "wrong")
def _(x, dt, A, B):
    decay = torch.exp(dt[:, :, None] * A[None])
    return decay, (dt * x)[:, :, None] * B[:, None, :]


@answer("selective-step", "exp(dt) A: the exponential of the step only", "wrong")
def _(x, dt, A, B):
    return dt.exp()[..., None] * A, writes(x, dt, B)


@answer("selective-step", "einsum", "right")
def _(x, dt, A, B):
    return torch.einsum("...ld,dn->...ldn", dt, A).exp(), torch.einsum("...ld,...ld,...ln->...ldn", dt, x, B)


@answer("selective-step", "outer products by @", "right")
def _(x, dt, A, B):
    decay = torch.exp(dt.unsqueeze(-1).mul(A))
    return decay, (x * dt).unsqueeze(-1) @ B.unsqueeze(-2)


@answer("selective-step", "channel by channel", "right")
def _(x, dt, A, B):
    decay = [(dt[..., d, None] * A[d]).exp() for d in range(A.shape[0])]
    write = [(dt[..., d, None] * x[..., d, None]) * B for d in range(A.shape[0])]
    return torch.stack(decay, -2), torch.stack(write, -2)


@answer("selective-step", "a power of e^A", "right")
def _(x, dt, A, B):
    return A.double().exp().pow(dt.double()[..., None]).to(x.dtype), x[..., None] * (dt[..., None] * B[..., None, :])


@answer("selective-step", "float64 and back, as a list", "right")
def _(x, dt, A, B):
    d, y = dt.double(), x.double()
    return [decays(d, A.double()).to(x.dtype), writes(y, d, B.double()).to(x.dtype)]


@answer("selective-step", "token by token", "right")
def _(x, dt, A, B):
    decay, write = [], []
    for t in range(x.shape[-2]):
        decay.append(torch.exp(A * dt[..., t, :, None]))
        write.append(dt[..., t, :, None] * x[..., t, :, None] * B[..., t, None, :])
    return torch.stack(decay, -3), torch.stack(write, -3)


@answer("selective-step", "Euler: 1 + dt A instead of its exponential", "wrong")
def _(x, dt, A, B):
    return 1 + dt[..., None] * A, (dt * x)[..., None] * B[..., None, :]


@answer("selective-step", "dt forgotten in what is written", "wrong")
def _(x, dt, A, B):
    return torch.exp(dt[..., None] * A), x[..., None] * B[..., None, :]


@answer("selective-step", "zero-order hold for the write: (e^{dt A} - 1) / A instead of dt", "wrong")
def _(x, dt, A, B):
    decay = torch.exp(dt[..., None] * A)
    return decay, (decay - 1) / A * B[..., None, :] * x[..., None]


@answer("selective-step", "minus before A though A is negative already: states grow", "wrong")
def _(x, dt, A, B):
    return torch.exp(-dt[..., None] * A), (dt * x)[..., None] * B[..., None, :]


@answer("selective-step", "x forgotten in what is written", "wrong")
def _(x, dt, A, B):
    return torch.exp(dt[..., None] * A), dt[..., None] * B[..., None, :]


@answer("selective-step", "softplus on dt first, which is a step already", "wrong")
def _(x, dt, A, B):
    dt = F.softplus(dt)
    return torch.exp(dt[..., None] * A), (dt * x)[..., None] * B[..., None, :]


@answer("selective-step", "e^dt times A instead of e^(dt A)", "wrong")
def _(x, dt, A, B):
    return dt.exp()[..., None] * A, (dt * x)[..., None] * B[..., None, :]


@answer("selective-step", "einsum", "right")
def _(x, dt, A, B):
    return torch.einsum("...ld,dn->...ldn", dt, A).exp(), torch.einsum("...ld,...ld,...ln->...ldn", dt, x, B)


@answer("selective-step", "loop over channels and states, float64", "right")
def _(x, dt, A, B):
    decay, write = [], []
    for d in range(A.shape[0]):
        t, u = dt[..., d].double(), x[..., d].double()
        decay.append(torch.stack([torch.pow(torch.e, t * A[d, n]) for n in range(A.shape[1])], -1))
        write.append(torch.stack([t * u * B[..., n] for n in range(A.shape[1])], -1))
    return torch.stack(decay, -2).to(x.dtype), torch.stack(write, -2).to(x.dtype)
