"""The private half of switch-adapters."""

import torch
from llmcourse.checks.labs.lora.switch_adapters import two_adapters

from grading.exercises import misconception, reference, stages, variant

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


@stages
def on_the_way(W, A, B, A_new, B_new, alpha):
    return {
        "what the old adapter has added, alpha / r B A": alpha / A.shape[0] * B @ A,
        "what the new adapter adds, alpha / s B_new A_new": alpha / A_new.shape[0] * B_new @ A_new,
    }


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


@misconception(
    says="the weight for which both adapters have the new one's scale",
    hint="Each adapter has its own rank: alpha / A.shape[0] for the old one.",
)
def scale_of_the_new(W, A, B, A_new, B_new, alpha):
    return W - alpha / A_new.shape[0] * B @ A + alpha / A_new.shape[0] * B_new @ A_new


@misconception(
    says="the weight for which each adapter has the other's scale",
    hint=(
        "What is merged is alpha / r B A, each adapter with its own rank: alpha / A.shape[0] and alpha / "
        "A_new.shape[0]."
    ),
)
def scales_exchanged(W, A, B, A_new, B_new, alpha):
    return W - alpha / A_new.shape[0] * B @ A + alpha / A.shape[0] * B_new @ A_new


@misconception(
    says="the weight with alpha times r in place of alpha / r",
    hint=(
        "What is merged is alpha / r B A, each adapter with its own rank: alpha / A.shape[0] and alpha / "
        "A_new.shape[0]."
    ),
)
def times_the_ranks(W, A, B, A_new, B_new, alpha):
    return W - alpha * A.shape[0] * B @ A + alpha * A_new.shape[0] * B_new @ A_new


@misconception(
    says="the weight with r / alpha in place of alpha / r",
    hint=(
        "What is merged is alpha / r B A, each adapter with its own rank: alpha / A.shape[0] and alpha / "
        "A_new.shape[0]."
    ),
)
def upside_down(W, A, B, A_new, B_new, alpha):
    return W - A.shape[0] / alpha * B @ A + A_new.shape[0] / alpha * B_new @ A_new


@misconception(
    says="the weight with alpha divided by the root of each rank, as rsLoRA has it",
    hint=(
        "What is merged is alpha / r B A, each adapter with its own rank: alpha / A.shape[0] and alpha / "
        "A_new.shape[0]."
    ),
)
def root_scale(W, A, B, A_new, B_new, alpha):
    return W - alpha / A.shape[0] ** 0.5 * B @ A + alpha / A_new.shape[0] ** 0.5 * B_new @ A_new


@misconception(
    says="the weight with alpha / d_in in place of alpha / r",
    hint=(
        "What is merged is alpha / r B A, each adapter with its own rank: alpha / A.shape[0] and alpha / "
        "A_new.shape[0]."
    ),
)
def divided_by_the_inputs(W, A, B, A_new, B_new, alpha):
    return W - alpha / A.shape[1] * B @ A + alpha / A_new.shape[1] * B_new @ A_new


@misconception(
    says="the weight with alpha / d_out in place of alpha / r",
    hint=(
        "What is merged is alpha / r B A, each adapter with its own rank: alpha / A.shape[0] and alpha / "
        "A_new.shape[0]."
    ),
)
def divided_by_the_outputs(W, A, B, A_new, B_new, alpha):
    return W - alpha / B.shape[0] * B @ A + alpha / B_new.shape[0] * B_new @ A_new


@misconception(
    says="the weight in which the new adapter has no scale",
    hint=(
        "What is merged is alpha / r B A, each adapter with its own rank: alpha / A.shape[0] and alpha / "
        "A_new.shape[0]."
    ),
)
def old_scale_alone(W, A, B, A_new, B_new, alpha):
    return W - alpha / A.shape[0] * B @ A + 1 * B_new @ A_new


@misconception(
    says="the weight from which the old adapter was taken without its scale",
    hint=(
        "What is merged is alpha / r B A, each adapter with its own rank: alpha / A.shape[0] and alpha / "
        "A_new.shape[0]."
    ),
)
def new_scale_alone(W, A, B, A_new, B_new, alpha):
    return W - 1 * B @ A + alpha / A_new.shape[0] * B_new @ A_new


@misconception(
    says="the weight with alpha // r: a division that drops what is behind the point",
    hint="Use `/`: a rank need not divide alpha.",
)
def whole_division(W, A, B, A_new, B_new, alpha):
    return W - (alpha // A.shape[0]) * B @ A + (alpha // A_new.shape[0]) * B_new @ A_new


@misconception(
    says="the weight with each scale squared: it is applied to both factors",
    hint="Multiply either B or A by alpha / r, or the product, but only once.",
)
def scaled_twice(W, A, B, A_new, B_new, alpha):
    return W - (alpha / A.shape[0]) ** 2 * B @ A + (alpha / A_new.shape[0]) ** 2 * B_new @ A_new


@misconception(
    says="the weight with 1 / r in place of alpha / r",
    hint=(
        "What is merged is alpha / r B A, each adapter with its own rank: alpha / A.shape[0] and alpha / "
        "A_new.shape[0]."
    ),
)
def without_alpha(W, A, B, A_new, B_new, alpha):
    return W - 1 / A.shape[0] * B @ A + 1 / A_new.shape[0] * B_new @ A_new


@misconception(
    says="the weight for which both adapters have the scale alpha / (r + s)",
    hint="Stacked factors are fine, but each half keeps its own scale: multiply each by it before stacking.",
)
def scale_of_both_ranks(W, A, B, A_new, B_new, alpha):
    return W - alpha / (len(A) + len(A_new)) * B @ A + alpha / (len(A) + len(A_new)) * B_new @ A_new


@misconception(
    says="the weight with both adapters subtracted",
    hint="The new one comes in: add it.",
)
def both_out(W, A, B, A_new, B_new, alpha):
    return W - alpha / A.shape[0] * B @ A - alpha / A_new.shape[0] * B_new @ A_new


@misconception(
    says="the change alone: the new adapter less the old one, without W",
    hint="The change is added to W.",
)
def change_alone(W, A, B, A_new, B_new, alpha):
    return alpha / A_new.shape[0] * B_new @ A_new - alpha / A.shape[0] * B @ A


@misconception(
    says="the weight whose base is scaled together with the old adapter: alpha / r (W - B A)",
    hint="Only B A is scaled: W - alpha / r B A, with the product in brackets of its own.",
)
def base_scaled(W, A, B, A_new, B_new, alpha):
    return (W - B @ A) * alpha / A.shape[0] + B_new @ A_new * alpha / A_new.shape[0]
