"""The private half of ema-kernel."""

import torch
from llmcourse.attention import ema
from llmcourse.checks.labs.compressed_attention.ema_kernel import lengths

from grading.exercises import misconception, reference, stages, variant

CASES = {
    "a long kernel": lengths(2, 3, 40),
    "one channel": lengths(1, 4, 7),
    "one number per channel": lengths(4, 1, 5),
}


@reference
def ema_kernel(alpha, delta, beta, eta, L):
    return ema.kernel(alpha, delta, beta, eta, L)


@variant
def by_impulse(alpha, delta, beta, eta, L):
    H, K = alpha * beta, []
    for _ in range(L):
        K.append((eta * H).sum(-1))
        H = (1 - alpha * delta) * H
    return torch.stack(K, -1)


@variant
def by_logarithms(alpha, delta, beta, eta, L):
    powers = torch.exp(torch.arange(L) * torch.log1p(-alpha * delta)[..., None])
    return torch.einsum("dh,dhl->dl", eta * alpha * beta, powers)


@stages
def on_the_way(alpha, delta, beta, eta, L):
    q = 1 - alpha * delta
    powers = q[..., None] ** torch.arange(int(L))
    return {"what a step keeps, 1 - alpha * delta": q, "its powers": powers}


@misconception(
    says="the answer whose powers begin at 1: the newest token has decayed already",
    hint="K_0 is the answer to the token that was just read: the powers are 0 to L - 1.",
)
def one_late(alpha, delta, beta, eta, L):
    return ((eta * alpha * beta)[..., None] * (1 - alpha * delta)[..., None] ** torch.arange(1, L + 1)).sum(1)


@misconception(
    says="the answer without alpha in front",
    hint="An impulse comes in by alpha: H begins as `alpha * beta`.",
)
def without_alpha(alpha, delta, beta, eta, L):
    return ((eta * beta)[..., None] * (1 - alpha * delta)[..., None] ** torch.arange(L)).sum(1)


@misconception(
    says="the kernel of the undamped average",
    hint="A step keeps `1 - alpha * delta`.",
)
def undamped(alpha, delta, beta, eta, L):
    return ((eta * alpha * beta)[..., None] * (1 - alpha)[..., None] ** torch.arange(L)).sum(1)


@misconception(
    says="the answer that keeps (1 - alpha) * delta",
    hint="A step keeps `1 - alpha * delta`.",
)
def damped_otherwise(alpha, delta, beta, eta, L):
    return ((eta * alpha * beta)[..., None] * ((1 - alpha) * delta)[..., None] ** torch.arange(L)).sum(1)


@misconception(
    says="the answer that keeps alpha * delta",
    hint="A step keeps what is left: `1 - alpha * delta`.",
)
def keeps_the_rest(alpha, delta, beta, eta, L):
    return ((eta * alpha * beta)[..., None] * (alpha * delta)[..., None] ** torch.arange(L)).sum(1)


@misconception(
    says="the kernel from back to front, the oldest first",
    hint="K_l belongs to the token l places back: K_0 to the newest.",
)
def backwards(alpha, delta, beta, eta, L):
    return ((eta * alpha * beta)[..., None] * (1 - alpha * delta)[..., None] ** torch.arange(L)).sum(1).flip(-1)


@misconception(
    says="the mean of a channel's h numbers where their sum is asked for",
    hint="Reading sums: `eta^T H` is `(eta * H).sum(-1)`.",
)
def mean_of_numbers(alpha, delta, beta, eta, L):
    return ((eta * alpha * beta)[..., None] * (1 - alpha * delta)[..., None] ** torch.arange(L)).mean(1)


@misconception(
    says="the answer that multiplies by l where a power is asked for",
    hint="Each step multiplies by q once more: `q ** l`.",
)
def linear(alpha, delta, beta, eta, L):
    return ((eta * alpha * beta)[..., None] * (1 - alpha * delta)[..., None] * torch.arange(L)).sum(1)


@misconception(
    says="the kernel without eta",
    hint="The kernel is what is read: the h numbers are weighted by eta.",
)
def without_eta(alpha, delta, beta, eta, L):
    return ((alpha * beta)[..., None] * (1 - alpha * delta)[..., None] ** torch.arange(L)).sum(1)


@misconception(
    says="the kernel without beta",
    hint="An impulse is expanded by beta first: H begins as `alpha * beta`.",
)
def without_beta(alpha, delta, beta, eta, L):
    return ((alpha * eta)[..., None] * (1 - alpha * delta)[..., None] ** torch.arange(L)).sum(1)


@misconception(
    says="the running sum of the kernel, which is the answer to a constant",
    hint="An impulse is 1 once and 0 afterwards.",
)
def step_response(alpha, delta, beta, eta, L):
    K = ((eta * alpha * beta)[..., None] * (1 - alpha * delta)[..., None] ** torch.arange(L)).sum(1)
    return K.cumsum(-1)
