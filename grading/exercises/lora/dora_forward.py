"""The private half of dora-forward."""

import torch
from llmcourse.checks.labs.lora.dora_forward import directed

from grading.exercises import misconception, reference, stages, variant

CASES = {"larger": directed(2, 3, d_in=12, d_out=9, r=4), "rank one": directed(d_in=3, d_out=4, r=1)}


@reference
def dora(x, W, A, B, m, alpha):
    V = W + alpha / A.shape[0] * B @ A
    return x @ (m[:, None] * V / V.norm(dim=1, keepdim=True).detach()).mT


@variant
def scales_the_output(x, W, A, B, m, alpha):
    V = W + alpha / A.shape[0] * B @ A
    return (x @ V.mT) * (m / V.detach().norm(dim=1))


@variant
def without_the_sum(x, W, A, B, m, alpha):
    s = alpha / len(A)
    norm = (W + s * (B @ A)).detach().square().sum(1).sqrt()
    return torch.nn.functional.linear(x, W) * (m / norm) + ((x @ A.T) @ B.T) * s * (m / norm)


@stages
def on_the_way(x, W, A, B, m, alpha):
    V = W + alpha / A.shape[0] * B @ A
    return {"the adapted weights W + (alpha / r) B A": V, "the length of each of their rows": V.norm(dim=1)}


@misconception(
    says="the layer whose columns, not rows, have length one",
    hint=(
        "A direction belongs to an output: the norm goes over its inputs, dim=1. (The paper has W the other way round.)"
    ),
)
def norm_of_columns(x, W, A, B, m, alpha):
    V = W + alpha / A.shape[0] * B @ A
    return x @ (m[:, None] * V / V.norm(dim=0, keepdim=True).detach()).mT


@misconception(
    says="the layer that divides by one norm, that of the whole matrix",
    hint="Every output has a direction of its own: `V.norm(dim=1)`.",
)
def one_norm(x, W, A, B, m, alpha):
    V = W + alpha / A.shape[0] * B @ A
    return x @ (m[:, None] * V / V.norm().detach()).mT


@misconception(
    says="the right values, with a gradient that goes through the norm",
    hint=(
        "The paper treats the norm as a constant: `.detach()` it. That saves memory, and hardly changes what is "
        "learned."
    ),
)
def norm_learns(x, W, A, B, m, alpha):
    V = W + alpha / A.shape[0] * B @ A
    return x @ (m[:, None] * V / V.norm(dim=1, keepdim=True)).mT


@misconception(
    says="the layer that divides by the norms of W",
    hint="Divide by the norm of V = W + alpha / r B A: else the direction's growth changes the magnitude too.",
)
def norm_of_the_base(x, W, A, B, m, alpha):
    V = W + alpha / A.shape[0] * B @ A
    return x @ (m[:, None] * V / W.norm(dim=1, keepdim=True)).mT


@misconception(
    says="the layer without its magnitudes",
    hint="Multiply each output by its m.",
)
def direction_alone(x, W, A, B, m, alpha):
    V = W + alpha / A.shape[0] * B @ A
    return x @ (V / V.norm(dim=1, keepdim=True).detach()).mT


@misconception(
    says="the layer with m times V itself, whose length is not one",
    hint="Divide V by its norm first: m is the whole length.",
)
def not_normalised(x, W, A, B, m, alpha):
    V = W + alpha / A.shape[0] * B @ A
    return x @ (m[:, None] * V).mT


@misconception(
    says="the layer with V = W + B A",
    hint="The scale alpha / r is part of V.",
)
def without_scale(x, W, A, B, m, alpha):
    V = W + B @ A
    return x @ (m[:, None] * V / V.norm(dim=1, keepdim=True).detach()).mT
