"""The private half of lora-forward."""

import torch
from llmcourse.checks.labs.lora.cases import layer

from grading.exercises import library_call, misconception, reference, stages, variant

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


@stages
def on_the_way(x, y, A, B, alpha):
    return {"A x, in r channels": x @ A.mT, "B A x, before its scale": (x @ A.mT) @ B.mT}


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


@misconception(
    says="the addition with alpha times r in place of alpha / r",
    hint="The scale is alpha / r, and r is the number of rows of A: `A.shape[0]`.",
)
def times_the_rank(x, y, A, B, alpha):
    return y + (x @ A.mT) @ B.mT * (alpha * A.shape[0])


@misconception(
    says="the addition with alpha / d_in in place of alpha / r",
    hint="The scale is alpha / r, and r is the number of rows of A: `A.shape[0]`.",
)
def divided_by_the_inputs(x, y, A, B, alpha):
    return y + (x @ A.mT) @ B.mT * (alpha / A.shape[1])


@misconception(
    says="the addition with alpha / d_out in place of alpha / r",
    hint="The scale is alpha / r, and r is the number of rows of A: `A.shape[0]`.",
)
def divided_by_the_outputs(x, y, A, B, alpha):
    return y + (x @ A.mT) @ B.mT * (alpha / B.shape[0])


@misconception(
    says="the addition with alpha // r: a division that drops what is behind the point",
    hint="Use `/`: r need not divide alpha.",
)
def whole_division(x, y, A, B, alpha):
    return y + (x @ A.mT) @ B.mT * (alpha // A.shape[0])


@misconception(
    says="the addition with the scale squared: it is applied twice",
    hint="Multiply by alpha / r once, whether before A, between A and B, or after B.",
)
def scaled_twice(x, y, A, B, alpha):
    return y + (x @ A.mT) @ B.mT * (alpha / A.shape[0]) ** 2


@misconception(
    says="the addition with alpha / r^2 in place of alpha / r",
    hint="Divide by r once: the ranks are summed, and not averaged, before the scale.",
)
def divided_twice(x, y, A, B, alpha):
    return y + (x @ A.mT) @ B.mT * (alpha / A.shape[0] ** 2)


@misconception(
    says="the addition with 1 / r: alpha is not used",
    hint="The scale is alpha / r.",
)
def without_alpha(x, y, A, B, alpha):
    return y + (x @ A.mT) @ B.mT * (1 / A.shape[0])


@misconception(
    says="the base's output less what LoRA adds",
    hint="h = y + alpha / r B A x: with a plus.",
)
def subtracted(x, y, A, B, alpha):
    return y - (x @ A.mT) @ B.mT * (alpha / A.shape[0])


@misconception(
    says="a mixture of both outputs, (1 - alpha / r) y + alpha / r B A x",
    hint="y is not weighed down: the change is added to all of it.",
)
def mixture(x, y, A, B, alpha):
    s = alpha / A.shape[0]
    return (1 - s) * y + s * ((x @ A.mT) @ B.mT)


@misconception(
    says="the addition with a ReLU between A and B, as in an adapter layer",
    hint="LoRA has no bend in it: only so can B A be merged into the weight.",
)
def with_relu(x, y, A, B, alpha):
    return y + (x @ A.mT).relu() @ B.mT * (alpha / A.shape[0])


@misconception(
    says="the addition in which the sum over ranks is taken before B, and again of B",
    hint=(
        "The r channels go into B one by one: `(x @ A.mT) @ B.mT`, with the same letter for r in both factors of an "
        "einsum."
    ),
)
def sums_apart(x, y, A, B, alpha):
    return y + (x @ A.mT).sum(-1, keepdim=True) * B.sum(1) * (alpha / A.shape[0])


@misconception(
    says="the addition without its last rank",
    hint="Go through all r rows of A and columns of B: `range(r)`.",
)
def last_rank_missing(x, y, A, B, alpha):
    h = y
    for k in range(len(A) - 1):
        h = h + (x @ A[k])[..., None] * B[:, k] * (alpha / A.shape[0])
    return h


@misconception(
    says="the right values, with no gradient through y",
    hint=(
        "Frozen means that W does not learn. The layers before it still get their gradient through y: leave y attached."
    ),
)
def base_detached(x, y, A, B, alpha):
    return y.detach() + (x @ A.mT) @ B.mT * (alpha / A.shape[0])
