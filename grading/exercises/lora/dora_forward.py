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


@misconception(
    says="the right values, with a gradient through the norm and none through V itself",
    hint="It is the other way round: detach the norm below the line, and let V above it learn.",
)
def direction_frozen(x, W, A, B, m, alpha):
    V = W + alpha / A.shape[0] * B @ A
    return x @ (m[:, None] * V.detach() / V.norm(dim=1, keepdim=True)).mT


@misconception(
    says="the layer that divides by the squares of the lengths",
    hint="The norm is the length of each row: the root of the sum of its squares, `V.norm(dim=1, keepdim=True)`.",
)
def squared_norm(x, W, A, B, m, alpha):
    V = W + alpha / A.shape[0] * B @ A
    return x @ (m[:, None] * V / V.square().sum(1, keepdim=True).detach()).mT


@misconception(
    says="the layer that divides by the root of the mean square of each row",
    hint="The norm is the length of each row: the root of the sum of its squares, `V.norm(dim=1, keepdim=True)`.",
)
def root_mean_square(x, W, A, B, m, alpha):
    V = W + alpha / A.shape[0] * B @ A
    return x @ (m[:, None] * V / V.square().mean(1, keepdim=True).sqrt().detach()).mT


@misconception(
    says="the layer that divides by the sum of the sizes in each row, the 1-norm",
    hint="The norm is the length of each row: the root of the sum of its squares, `V.norm(dim=1, keepdim=True)`.",
)
def sum_of_sizes(x, W, A, B, m, alpha):
    V = W + alpha / A.shape[0] * B @ A
    return x @ (m[:, None] * V / V.abs().sum(1, keepdim=True).detach()).mT


@misconception(
    says="the layer that divides by the largest size in each row",
    hint="The norm is the length of each row: the root of the sum of its squares, `V.norm(dim=1, keepdim=True)`.",
)
def largest_size(x, W, A, B, m, alpha):
    V = W + alpha / A.shape[0] * B @ A
    return x @ (m[:, None] * V / V.abs().amax(1, keepdim=True).detach()).mT


@misconception(
    says="the layer that divides by the lengths of the change, alpha / r B A",
    hint="Divide by the length of V, which has W in it.",
)
def norm_of_the_change(x, W, A, B, m, alpha):
    V = W + alpha / A.shape[0] * B @ A
    return x @ (m[:, None] * V / (V - W).norm(dim=1, keepdim=True).detach()).mT


@misconception(
    says="the layer that divides by one norm, the largest singular value of the whole matrix",
    hint="Every output has a direction of its own: `V.norm(dim=1)`.",
)
def spectral_norm(x, W, A, B, m, alpha):
    V = W + alpha / A.shape[0] * B @ A
    return x @ (m[:, None] * V / torch.linalg.matrix_norm(V, ord=2).detach()).mT


@misconception(
    says="the layer that multiplies by the length, where it should divide",
    hint=(
        "The norm is the length of each row: the root of the sum of its squares, `V.norm(dim=1, keepdim=True)`. V "
        "divided by it has length one."
    ),
)
def times_the_length(x, W, A, B, m, alpha):
    V = W + alpha / A.shape[0] * B @ A
    return x @ (m[:, None] * V * V.norm(dim=1, keepdim=True).detach()).mT


@misconception(
    says="the layer with V = W + alpha B A: the rank is missing",
    hint="The scale is alpha / r, and r is the number of rows of A: `A.shape[0]`.",
)
def alpha_alone(x, W, A, B, m, alpha):
    V = W + alpha * B @ A
    return x @ (m[:, None] * V / V.norm(dim=1, keepdim=True).detach()).mT


@misconception(
    says="the layer with alpha // r: a division that drops what is behind the point",
    hint="Use `/`: r need not divide alpha.",
)
def whole_division(x, W, A, B, m, alpha):
    V = W + (alpha // A.shape[0]) * B @ A
    return x @ (m[:, None] * V / V.norm(dim=1, keepdim=True).detach()).mT


@misconception(
    says="the layer with alpha / d_in in place of alpha / r",
    hint="The scale is alpha / r, and r is the number of rows of A: `A.shape[0]`.",
)
def divided_by_the_inputs(x, W, A, B, m, alpha):
    V = W + alpha / A.shape[1] * B @ A
    return x @ (m[:, None] * V / V.norm(dim=1, keepdim=True).detach()).mT


@misconception(
    says="the layer with alpha / d_out in place of alpha / r",
    hint="The scale is alpha / r, and r is the number of rows of A: `A.shape[0]`.",
)
def divided_by_the_outputs(x, W, A, B, m, alpha):
    V = W + alpha / B.shape[0] * B @ A
    return x @ (m[:, None] * V / V.norm(dim=1, keepdim=True).detach()).mT


@misconception(
    says="the layer with alpha divided by the root of r",
    hint="The scale is alpha / r, and r is the number of rows of A: `A.shape[0]`.",
)
def root_scale(x, W, A, B, m, alpha):
    V = W + alpha / A.shape[0] ** 0.5 * B @ A
    return x @ (m[:, None] * V / V.norm(dim=1, keepdim=True).detach()).mT


@misconception(
    says="the layer with r / alpha in place of alpha / r",
    hint="The scale is alpha / r, and r is the number of rows of A: `A.shape[0]`.",
)
def scale_upside_down(x, W, A, B, m, alpha):
    V = W + A.shape[0] / alpha * B @ A
    return x @ (m[:, None] * V / V.norm(dim=1, keepdim=True).detach()).mT


@misconception(
    says="the layer with V = W - alpha / r B A",
    hint="The change is added to W.",
)
def subtracted(x, W, A, B, m, alpha):
    V = W + -alpha / A.shape[0] * B @ A
    return x @ (m[:, None] * V / V.norm(dim=1, keepdim=True).detach()).mT


@misconception(
    says="the layer in which the rows of W have length one, and the change is added afterwards",
    hint="V holds both: first the sum, then its length.",
)
def base_normalised(x, W, A, B, m, alpha):
    V = W / W.norm(dim=1, keepdim=True) + alpha / A.shape[0] * B @ A
    return x @ (m[:, None] * V).mT


@misconception(
    says="the base's output and, beside it, the change with magnitude and direction",
    hint="DoRA stands in the place of the weight: V = W + alpha / r B A is what has a direction.",
)
def change_normalised(x, W, A, B, m, alpha):
    D = B @ A
    new = m[:, None] * D / D.norm(dim=1, keepdim=True).detach()
    return x @ W.mT + alpha / A.shape[0] * (x @ new.mT)


@misconception(
    says="the layer with V = alpha / r B A, without W",
    hint="V = W + alpha / r B A.",
)
def without_the_base(x, W, A, B, m, alpha):
    V = alpha / A.shape[0] * B @ A
    return x @ (m[:, None] * V / V.norm(dim=1, keepdim=True).detach()).mT


@misconception(
    says="the layer with V = W: nothing of A and B",
    hint="V = W + alpha / r B A.",
)
def base_alone(x, W, A, B, m, alpha):
    return x @ (m[:, None] * W / W.norm(dim=1, keepdim=True)).mT


@misconception(
    says="LoRA: the magnitudes are not used",
    hint="Divide each row of V by its length, and multiply by m.",
)
def plain_lora(x, W, A, B, m, alpha):
    V = W + alpha / A.shape[0] * B @ A
    return x @ V.mT


@misconception(
    says="the layer with m added to the direction",
    hint="m is the length of the row: it multiplies.",
)
def magnitude_added(x, W, A, B, m, alpha):
    V = W + alpha / A.shape[0] * B @ A
    return x @ (m[:, None] + V / V.norm(dim=1, keepdim=True).detach()).mT


@misconception(
    says="the base's output and DoRA's together",
    hint="DoRA stands in the place of the weight: W x is not added once more.",
)
def beside_the_base(x, W, A, B, m, alpha):
    V = W + alpha / A.shape[0] * B @ A
    return x @ W.mT + x @ (m[:, None] * V / V.norm(dim=1, keepdim=True).detach()).mT


@misconception(
    says="the layer whose output, not its weight, is scaled to length m",
    hint="The norm is that of a row of V, over the inputs; it does not depend on x.",
)
def output_normalised(x, W, A, B, m, alpha):
    V = W + alpha / A.shape[0] * B @ A
    y = x @ V.mT
    return m * y / y.norm(dim=-1, keepdim=True).detach()
