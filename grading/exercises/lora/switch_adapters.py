"""The private half of switch-adapters."""

import torch
from llmcourse.checks.labs.lora.switch_adapters import two_adapters

from grading.exercises import misconception, reference, variant

CASES = {"larger": two_adapters(16, 12, 4, 8, alpha=16.0), "rank one": two_adapters(5, 2, 1, 1, alpha=2.0)}


@reference
def switch(W, A, B, A_new, B_new, alpha):
    return W - alpha / A.shape[0] * B @ A + alpha / A_new.shape[0] * B_new @ A_new


@variant
def by_one_product(W, A, B, A_new, B_new, alpha):
    left = torch.cat([-B / A.shape[0], B_new / A_new.shape[0]], 1)
    return torch.addmm(W, left, torch.cat([A, A_new]) * alpha)


@variant
def in_two_steps(W, A, B, A_new, B_new, alpha):
    base = W - (alpha * B / len(A)).matmul(A)
    return base + (alpha * B_new / len(A_new)).matmul(A_new)


@misconception(
    says="the weight with both adapters in it",
    hint="The old one is still there: subtract it first.",
)
def keeps_old(W, A, B, A_new, B_new, alpha):
    return W + alpha / A_new.shape[0] * B_new @ A_new


@misconception(
    says="the weight with the old adapter in it twice",
    hint="W has the old adapter already: subtract it.",
)
def adds_old(W, A, B, A_new, B_new, alpha):
    return W + alpha / A.shape[0] * B @ A + alpha / A_new.shape[0] * B_new @ A_new


@misconception(
    says="the base, without any adapter",
    hint="Add the new one, at its own scale.",
)
def only_out(W, A, B, A_new, B_new, alpha):
    return W - alpha / A.shape[0] * B @ A


@misconception(
    says="the weight with the roles swapped: the old one is added, the new one taken out",
    hint="The first pair is the one that W holds now.",
)
def swapped(W, A, B, A_new, B_new, alpha):
    return W + alpha / A.shape[0] * B @ A - alpha / A_new.shape[0] * B_new @ A_new


@misconception(
    says="the weight for which both adapters have the old one's scale",
    hint="Each adapter has its own rank: alpha / A_new.shape[0] for the new one.",
)
def one_scale(W, A, B, A_new, B_new, alpha):
    return W + alpha / A.shape[0] * (B_new @ A_new - B @ A)


@misconception(
    says="the weight without the scales",
    hint="What is merged is alpha / r B A.",
)
def no_scale(W, A, B, A_new, B_new, alpha):
    return W + B_new @ A_new - B @ A


@misconception(
    says="the weight with alpha in place of alpha / r",
    hint="Divide by each adapter's own rank.",
)
def alpha_alone(W, A, B, A_new, B_new, alpha):
    return W + alpha * (B_new @ A_new - B @ A)
