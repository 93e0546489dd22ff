"""The private half of lora-forward."""

import torch
from llmcourse.checks.labs.lora.cases import layer

from grading.exercises import library_call, misconception, reference, variant

CASES = {
    "any leading dimensions": layer(2, 1, 3, d_in=5, d_out=4, r=3),
    "a larger layer": layer(3, d_in=64, d_out=48, r=4),
}


@reference
def lora(x, y, A, B, alpha):
    return y + (x @ A.mT) @ B.mT * (alpha / A.shape[0])


@variant
def by_linear(x, y, A, B, alpha):
    hidden = torch.nn.functional.linear(x, A)
    return torch.add(y, torch.nn.functional.linear(hidden * alpha / len(A), B))


@variant
def by_einsum(x, y, A, B, alpha):
    return y + torch.einsum("...r,or->...o", torch.einsum("...i,ri->...r", x, A), B) / A.shape[0] * alpha


@library_call
def of_peft(x, y, A, B, alpha):
    from peft.tuners.lora import Linear, LoraConfig

    base = torch.nn.Linear(A.shape[1], B.shape[0], bias=False)
    torch.nn.init.zeros_(base.weight)
    alpha = float(alpha)
    layer = Linear(base, "mine", LoraConfig(r=len(A), lora_alpha=alpha), r=len(A), lora_alpha=alpha)
    for made, given in ((layer.lora_A["mine"], A), (layer.lora_B["mine"], B)):
        del made.weight
        made.weight = given
    return y + layer(x)


@misconception(
    says="the addition with alpha in place of alpha / r",
    hint="Divide by the rank: else every other rank needs another learning rate.",
)
def alpha_alone(x, y, A, B, alpha):
    return y + (x @ A.mT) @ B.mT * alpha


@misconception(
    says="the addition without its scale",
    hint="Multiply what is added by alpha / r.",
)
def no_scale(x, y, A, B, alpha):
    return y + (x @ A.mT) @ B.mT


@misconception(
    says="rsLoRA: the addition with alpha divided by the root of r",
    hint="That is a later proposal. LoRA divides by r.",
)
def root_scale(x, y, A, B, alpha):
    return y + (x @ A.mT) @ B.mT * (alpha / A.shape[0] ** 0.5)


@misconception(
    says="the addition with r / alpha in place of alpha / r",
    hint="alpha is above: a larger alpha makes the adapter stronger.",
)
def upside_down(x, y, A, B, alpha):
    return y + (x @ A.mT) @ B.mT * (A.shape[0] / alpha)


@misconception(
    says="the sum of both, scaled together",
    hint="The base's output y stays as it is; only what is added is scaled.",
)
def scales_all(x, y, A, B, alpha):
    return (y + (x @ A.mT) @ B.mT) * (alpha / A.shape[0])


@misconception(
    says="the addition without the base's output",
    hint="h = y + ...: the frozen layer is still heard.",
)
def without_the_base(x, y, A, B, alpha):
    return (x @ A.mT) @ B.mT * (alpha / A.shape[0])


@misconception(
    says="the right answer, by way of the whole matrix Delta W",
    hint="Its values are right; its memory is a whole weight's. Go through the r channels: first A, then B.",
)
def through_delta(x, y, A, B, alpha):
    return y + x @ (B @ A).mT * (alpha / A.shape[0])
