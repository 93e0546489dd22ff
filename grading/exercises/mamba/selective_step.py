"""The private half of selective-step."""

import torch
from llmcourse.checks.labs.mamba.cases import selective
from llmcourse.mamba import scan

from grading.exercises import misconception, reference, stages, variant

CASES = {"a longer sequence": selective(L=20, D=4, N=5), "one channel": selective(3, L=2, D=1, N=1)}


@reference
def discretise(x, dt, A, B):
    return scan.discretise(x, dt, A, B)


@variant
def by_einsum(x, dt, A, B):
    return torch.exp(torch.einsum("...ld,dn->...ldn", dt, A)), torch.einsum("...ld,...ld,...ln->...ldn", dt, x, B)


@variant
def with_unsqueeze(x, dt, A, B):
    wide = dt.unsqueeze(-1)
    return torch.exp(A * wide), B.unsqueeze(-2) * wide * x.unsqueeze(-1)


@stages
def on_the_way(x, dt, A, B):
    scaled = dt[..., None] * A
    return {"dt times A": scaled, "the decay exp(dt A)": scaled.exp(), "dt times x": dt * x}


@misconception(
    says="the right decay, with a write that lacks the step dt",
    hint="A long step writes more: dt x B.",
)
def without_dt_in_write(x, dt, A, B):
    return (dt[..., None] * A).exp(), x[..., None] * B[..., None, :]


@misconception(
    says="the right decay, with a write that lacks the input",
    hint="What is written is dt x B; without x it would be the same for every input.",
)
def without_x(x, dt, A, B):
    return (dt[..., None] * A).exp(), dt[..., None] * B[..., None, :]


@misconception(
    says="the right write, with a decay exp(A) that does not depend on the step",
    hint="The step is what makes the model choose: exp(dt A).",
)
def decay_without_dt(x, dt, A, B):
    return A.exp().expand(*dt.shape, A.shape[-1]), (dt * x)[..., None] * B[..., None, :]


@misconception(
    says="the right write, with a decay above 1: exp(-dt A)",
    hint="A is negative already.",
)
def decay_grows(x, dt, A, B):
    return (-dt[..., None] * A).exp(), (dt * x)[..., None] * B[..., None, :]


@misconception(
    says="the right write, with Euler's decay 1 + dt A",
    hint="Mamba holds A by zero-order hold, exp(dt A): below 1 and above 0 at any step.",
)
def euler(x, dt, A, B):
    return 1 + dt[..., None] * A, (dt * x)[..., None] * B[..., None, :]


@misconception(
    says="zero-order hold for B too",
    hint="Mamba simplifies here: B_ = dt B.",
)
def full_hold(x, dt, A, B):
    decay = (dt[..., None] * A).exp()
    return decay, (decay - 1) / A * x[..., None] * B[..., None, :]


@misconception(
    says="the right write, with -exp(A) in place of A",
    hint="A is the rate itself here, negative as it comes; only the block stores a logarithm.",
)
def A_as_logarithm(x, dt, A, B):
    return (dt[..., None] * -A.exp()).exp(), (dt * x)[..., None] * B[..., None, :]


@misconception(
    says="the right write, with the bilinear rule's decay",
    hint="Mamba holds A by zero-order hold: exp(dt A).",
)
def bilinear(x, dt, A, B):
    half = dt[..., None] * A / 2
    return (1 + half) / (1 - half), (dt * x)[..., None] * B[..., None, :]


@misconception(
    says="the right write, with exp(dt) A for the decay",
    hint="The product is inside the exponential: exp(dt A).",
)
def exponential_of_dt(x, dt, A, B):
    return dt[..., None].exp() * A, (dt * x)[..., None] * B[..., None, :]


@misconception(
    says="the right write, with dt A for the decay",
    hint="That is the exponent: the decay is exp(dt A).",
)
def without_exponential(x, dt, A, B):
    return dt[..., None] * A, (dt * x)[..., None] * B[..., None, :]


@misconception(
    says="the step with a softplus on dt, which is a step already",
    hint="dt comes positive: use it as it is.",
)
def softplus_again(x, dt, A, B):
    dt = torch.nn.functional.softplus(dt)
    return (dt[..., None] * A).exp(), (dt * x)[..., None] * B[..., None, :]


@misconception(
    says="the right decay, with a write that fades at once: multiplied by the decay",
    hint="What is written now has not faded yet: dt x B.",
)
def write_faded(x, dt, A, B):
    decay = (dt[..., None] * A).exp()
    return decay, decay * (dt * x)[..., None] * B[..., None, :]
