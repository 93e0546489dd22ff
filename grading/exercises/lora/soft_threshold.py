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


@misconception(
    says="the step whose threshold is penalty / lr",
    hint="The threshold is the learning rate times the penalty: lr * penalty.",
)
def divided_by_the_rate(g, dg, lr, penalty):
    z = g - lr * dg
    return z.sign() * (z.abs() - penalty / lr).clamp(min=0)


@misconception(
    says="the step whose threshold is the learning rate",
    hint="The threshold is the learning rate times the penalty: lr * penalty.",
)
def rate_alone(g, dg, lr, penalty):
    z = g - lr * dg
    return z.sign() * (z.abs() - lr).clamp(min=0)


@misconception(
    says="the step with half the threshold",
    hint="The penalty is a sum of |g|, without a half: its threshold is lr * penalty.",
)
def half_the_threshold(g, dg, lr, penalty):
    z = g - lr * dg
    return z.sign() * (z.abs() - lr * penalty / 2).clamp(min=0)


@misconception(
    says="the step with twice the threshold",
    hint="The threshold is the learning rate times the penalty: lr * penalty.",
)
def twice_the_threshold(g, dg, lr, penalty):
    z = g - lr * dg
    return z.sign() * (z.abs() - 2 * lr * penalty).clamp(min=0)


@misconception(
    says="the step down the whole gradient, without the learning rate",
    hint="z = g - lr * dg: the learning rate belongs to both parts.",
)
def gradient_without_the_rate(g, dg, lr, penalty):
    z = g - dg
    return z.sign() * (z.abs() - lr * penalty).clamp(min=0)


@misconception(
    says="the step down the gradient with lr * penalty for its length",
    hint="z = g - lr * dg: the penalty comes in with the threshold only.",
)
def penalty_in_the_step(g, dg, lr, penalty):
    z = g - lr * penalty * dg
    return z.sign() * (z.abs() - lr * penalty).clamp(min=0)


@misconception(
    says="the step in which the size of the old gate is shrunk, with the sign of the new one",
    hint="Both come from z: its sign, and its size less the threshold.",
)
def threshold_of_the_old(g, dg, lr, penalty):
    z = g - lr * dg
    return z.sign() * (g.abs() - lr * penalty).clamp(min=0)


@misconception(
    says="the step with the sign of the old gate",
    hint="A gate may cross zero: take the sign of z, after the step down the gradient.",
)
def sign_of_the_old(g, dg, lr, penalty):
    z = g - lr * dg
    return g.sign() * (z.abs() - lr * penalty).clamp(min=0)


@misconception(
    says="the step with the sign of the downhill direction, in place of that of z",
    hint="Multiply by the sign of z, after the step down the gradient.",
)
def sign_of_the_slope(g, dg, lr, penalty):
    z = g - lr * dg
    return -dg.sign() * (z.abs() - lr * penalty).clamp(min=0)


@misconception(
    says="a step down the penalty's slope at the old gate: gates cross zero and never rest there",
    hint="First the task's step alone; then shrink, and stop at zero: the larger of |z| - lr * penalty and 0.",
)
def slope_of_the_old(g, dg, lr, penalty):
    return g - lr * (dg + penalty * g.sign())


@misconception(
    says="the step with the smaller of |z| - lr * penalty and 0, in place of the larger",
    hint="What is left of a gate is not below zero: `clamp(min=0)`.",
)
def smaller_for_larger(g, dg, lr, penalty):
    z = g - lr * dg
    return z.sign() * (z.abs() - lr * penalty).clamp(max=0)


@misconception(
    says="z cut off at the threshold on both sides: large gates are cut to it, small ones stay",
    hint=(
        "It is the other way round: small gates close, and large ones lose the threshold. (z less what you return is "
        "right.)"
    ),
)
def clamped(g, dg, lr, penalty):
    z = g - lr * dg
    return z.clamp(-lr * penalty, lr * penalty)


@misconception(
    says="the step that moves gates away from zero by the threshold",
    hint="Subtract the threshold from the size: |z| - lr * penalty.",
)
def grows(g, dg, lr, penalty):
    z = g - lr * dg
    return z.sign() * (z.abs() + lr * penalty)


@misconception(
    says="weight decay: z times 1 - lr * penalty, which closes no gate",
    hint="A penalty on |g| takes the same from each gate, and not a share of it.",
)
def weight_decay(g, dg, lr, penalty):
    z = g - lr * dg
    return z * (1 - lr * penalty)


@misconception(
    says="weight decay: the old gate times 1 - lr * penalty, less lr * dg, which closes no gate",
    hint="A penalty on |g| takes the same from each gate, and not a share of it.",
)
def decay_of_the_old(g, dg, lr, penalty):
    return g * (1 - lr * penalty) - lr * dg


@misconception(
    says="the proximal step of a squared penalty: z / (1 + lr * penalty), which closes no gate",
    hint="The penalty is on |g|: it takes the same from each gate, down to zero.",
)
def squared_penalty(g, dg, lr, penalty):
    z = g - lr * dg
    return z / (1 + lr * penalty)


@misconception(
    says="the step that shrinks all gates together, by the norm of z",
    hint="Each gate has a penalty of its own: compare each |z_k| with the threshold.",
)
def all_gates_together(g, dg, lr, penalty):
    z = g - lr * dg
    return z * (1 - lr * penalty / z.norm()).clamp(min=0)


@misconception(
    says="the shrunk gate less the shrunk step",
    hint="Shrink once, what comes out of the step: z.",
)
def parts_shrunk_apart(g, dg, lr, penalty):
    t = lr * penalty
    return g.sign() * (g.abs() - t).clamp(min=0) - lr * dg.sign() * (dg.abs() - penalty).clamp(min=0)


@misconception(
    says="the step whose threshold is multiplied by the sum of the gates' sizes",
    hint="The sum of |g| is the penalty's value; a gate feels its slope, which is 1: the threshold is lr * penalty.",
)
def times_all_sizes(g, dg, lr, penalty):
    z = g - lr * dg
    return z.sign() * (z.abs() - lr * penalty * g.abs().sum()).clamp(min=0)


@misconception(
    says="the step that closes each gate with a negative z",
    hint="Compare |z| with the threshold, not z: negative gates stay open as well.",
)
def negative_gates_close(g, dg, lr, penalty):
    z = g - lr * dg
    return z.sign() * (z - lr * penalty).clamp(min=0)


@misconception(
    says="the step in which a closed gate stays closed",
    hint="The formula makes no exception for g = 0: where the gradient is larger than the penalty, a gate opens again.",
)
def closed_for_ever(g, dg, lr, penalty):
    z = g - lr * dg
    return (g != 0) * z.sign() * (z.abs() - lr * penalty).clamp(min=0)


@misconception(
    says="the step that closes each gate whose sign would change",
    hint="Shrinking does not cross zero, but the gradient's step may: what remains of |z| is kept on either side.",
)
def closed_on_crossing(g, dg, lr, penalty):
    z = g - lr * dg
    new = z.sign() * (z.abs() - lr * penalty).clamp(min=0)
    return new * (new * g >= 0)


@misconception(
    says="the step down the gradient alone, without the threshold",
    hint="Afterwards shrink z by lr * penalty, and stop at zero.",
)
def no_threshold(g, dg, lr, penalty):
    return g - lr * dg


@misconception(
    says="the right step, with z / |z| for the sign, which is not a number where z is zero",
    hint="A closed gate that feels no gradient has z = 0: `z.sign()` is 0 there.",
)
def sign_by_division(g, dg, lr, penalty):
    z = g - lr * dg
    return z / z.abs() * (z.abs() - lr * penalty).clamp(min=0)


@misconception(
    says="the step in which all gates get the size of the largest: torch.max of a tensor is one number",
    hint=(
        "Each gate has its own larger of two: `.clamp(min=0)`, `torch.relu`, or `torch.maximum` with a tensor of zeros."
    ),
)
def one_size_for_all(g, dg, lr, penalty):
    z = g - lr * dg
    return z.sign() * (z.abs() - lr * penalty).max().clamp(min=0)
