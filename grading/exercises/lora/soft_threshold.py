"""The private half of soft-threshold."""

import torch
from llmcourse.adapters import soft_threshold
from llmcourse.checks.labs.lora.soft_threshold import gates

from grading.exercises import misconception, reference, variant

CASES = {"many gates": gates(64, lr=0.3, penalty=2.0), "no penalty": gates(7, lr=0.5, penalty=0.0)}


@reference
def proximal_step(g, dg, lr, penalty):
    return soft_threshold(g - lr * dg, lr * penalty)


@variant
def by_softshrink(g, dg, lr, penalty):
    return torch.nn.functional.softshrink(g - lr * dg, lr * penalty)


@variant
def by_cases(g, dg, lr, penalty):
    z, t = g - lr * dg, lr * penalty
    return torch.where(z > t, z - t, torch.where(z < -t, z + t, torch.zeros_like(z)))


@variant
def by_clamp(g, dg, lr, penalty):
    z = g - lr * dg
    return z - z.clamp(-lr * penalty, lr * penalty)


@misconception(
    says="the step whose threshold is the penalty itself",
    hint="A short step moves little: the threshold is lr times the penalty.",
)
def penalty_alone(g, dg, lr, penalty):
    z = g - lr * dg
    return z.sign() * (z.abs() - penalty).clamp(min=0)


@misconception(
    says="the hard threshold: what is small becomes zero, the rest stays",
    hint="The penalty pulls at every gate: what stays loses lr * penalty too.",
)
def hard_threshold(g, dg, lr, penalty):
    z = g - lr * dg
    return z * (z.abs() > lr * penalty)


@misconception(
    says="a step down the penalty's slope: gates cross zero and never rest there",
    hint="Stop at zero: the larger of |z| - lr * penalty and 0.",
)
def subgradient(g, dg, lr, penalty):
    z = g - lr * dg
    return z - lr * penalty * z.sign()


@misconception(
    says="the threshold before the step",
    hint="First the step down the gradient, then the threshold: else no gate is exactly zero afterwards.",
)
def before_the_step(g, dg, lr, penalty):
    return g.sign() * (g.abs() - lr * penalty).clamp(min=0) - lr * dg


@misconception(
    says="the sizes of the gates, without their signs",
    hint="Multiply by the sign of z.",
)
def loses_the_sign(g, dg, lr, penalty):
    z = g - lr * dg
    return (z.abs() - lr * penalty).clamp(min=0)


@misconception(
    says="the step up the gradient",
    hint="Go down: g - lr * dg.",
)
def uphill(g, dg, lr, penalty):
    z = g + lr * dg
    return z.sign() * (z.abs() - lr * penalty).clamp(min=0)


@misconception(
    says="the threshold without the task's step",
    hint="z = g - lr * dg comes first.",
)
def without_a_step(g, dg, lr, penalty):
    return g.sign() * (g.abs() - lr * penalty).clamp(min=0)
