"""The private half of dylora-step."""

import torch
from llmcourse.checks.labs.lora.dylora_step import cut

from grading.exercises import misconception, reference, variant

CASES = {"b = 3 of 8": cut(2, 3, d_in=6, d_out=5, r=8, b=3), "one row": cut(4, d_in=3, d_out=2, r=5, b=4)}


@reference
def dylora(x, y, A, B, b, alpha):
    first = torch.cat([A[: b - 1].detach(), A[b - 1 : b]])
    last = torch.cat([B[:, : b - 1].detach(), B[:, b - 1 : b]], 1)
    return y + (x @ first.mT) @ last.mT * (alpha / b)


@variant
def in_two_parts(x, y, A, B, b, alpha):
    old = (x @ A.detach()[: b - 1].T) @ B.detach()[:, : b - 1].T
    new = (x @ A[b - 1])[..., None] * B[:, b - 1]
    return y + alpha * (old + new) / b


@variant
def by_masks(x, y, A, B, b, alpha):
    n = torch.arange(len(A))
    learns, heard = (n == b - 1).to(A.dtype), (n < b).to(A.dtype)
    A = A * learns[:, None] + (A * (1 - learns[:, None])).detach()
    B = B * learns + (B * (1 - learns)).detach()
    return y + ((x @ A.mT) * heard) @ B.mT * alpha / b


@misconception(
    says="the right values, with a gradient for all of the first b",
    hint="In this variant only the last of them learns: detach the others.",
)
def all_learn(x, y, A, B, b, alpha):
    return y + (x @ A[:b].mT) @ B[:, :b].mT * (alpha / b)


@misconception(
    says="the addition of number b alone",
    hint="The first b - 1 are heard too; they only don't learn.",
)
def last_alone(x, y, A, B, b, alpha):
    return y + (x @ A[b - 1 : b].mT) @ B[:, b - 1 : b].mT * (alpha / b)


@misconception(
    says="the cut addition at the scale of the whole rank",
    hint="Cut to b it is a LoRA of rank b: divide by b.",
)
def scale_of_r(x, y, A, B, b, alpha):
    first = torch.cat([A[: b - 1].detach(), A[b - 1 : b]])
    last = torch.cat([B[:, : b - 1].detach(), B[:, b - 1 : b]], 1)
    return y + (x @ first.mT) @ last.mT * (alpha / A.shape[0])


@misconception(
    says="the addition of the last b ranks",
    hint="The first b: the most important things shall stand in front.",
)
def last_b(x, y, A, B, b, alpha):
    r = len(A)
    first = torch.cat([A[r - b : r - 1].detach(), A[r - 1 :]])
    last = torch.cat([B[:, r - b : r - 1].detach(), B[:, r - 1 :]], 1)
    return y + (x @ first.mT) @ last.mT * (alpha / b)


@misconception(
    says="the addition of one rank too few",
    hint="Up to and with number b: in Python `A[:b]`, and the last of them is `A[b - 1]`.",
)
def one_too_many(x, y, A, B, b, alpha):
    c = max(b - 1, 1)
    first = torch.cat([A[: c - 1].detach(), A[c - 1 : c]])
    last = torch.cat([B[:, : c - 1].detach(), B[:, c - 1 : c]], 1)
    return y + (x @ first.mT) @ last.mT * (alpha / b)


@misconception(
    says="the right values, with a gradient of x that misses the first b - 1",
    hint="Detach A and B, not their product with x: layers below have to hear of everything.",
)
def nothing_old_reaches_x(x, y, A, B, b, alpha):
    old = ((x @ A[: b - 1].mT) @ B[:, : b - 1].mT).detach()
    new = (x @ A[b - 1 : b].mT) @ B[:, b - 1 : b].mT
    return y + (old + new) * (alpha / b)


@misconception(
    says="the addition of all ranks",
    hint="Cut A to its first b rows, and B to its first b columns.",
)
def not_cut(x, y, A, B, b, alpha):
    return y + (x @ A.mT) @ B.mT * (alpha / b)


@misconception(
    says="the addition of one rank too many: index b learns, and all before it are heard",
    hint="Counted from 0 the ranks are 0 to b - 1: `A[: b - 1]` is frozen, and `A[b - 1]` learns.",
)
def one_too_far(x, y, A, B, b, alpha):
    old = (x @ A[:b].detach().mT) @ B[:, :b].detach().mT
    return y + (old + (x @ A[b : b + 1].mT) @ B[:, b : b + 1].mT) * (alpha / b)


@misconception(
    says="the addition of one rank too many: index b learns where there is one, and all before it are heard",
    hint="Counted from 0 the ranks are 0 to b - 1: `A[: b - 1]` is frozen, and `A[b - 1]` learns.",
)
def one_too_far_but_not_at_the_end(x, y, A, B, b, alpha):
    c = min(b, len(A) - 1)
    old = (x @ A[:c].detach().mT) @ B[:, :c].detach().mT
    return y + (old + (x @ A[c : c + 1].mT) @ B[:, c : c + 1].mT) * (alpha / c)


@misconception(
    says="the addition of the frozen ranks alone, without number b",
    hint="Number b is heard as well, and it is the one that learns.",
)
def frozen_ones_alone(x, y, A, B, b, alpha):
    old = (x @ A[: b - 1].detach().mT) @ B[:, : b - 1].detach().mT
    return y + old * (alpha / b)


@misconception(
    says="the addition in which number b is heard twice, frozen and learning",
    hint="Counted from 0 the ranks are 0 to b - 1: `A[: b - 1]` is frozen, and `A[b - 1]` learns.",
)
def last_one_twice(x, y, A, B, b, alpha):
    old = (x @ A[:b].detach().mT) @ B[:, :b].detach().mT
    new = (x @ A[b - 1 : b].mT) @ B[:, b - 1 : b].mT
    return y + (old + new) * (alpha / b)


@misconception(
    says="the cut addition with alpha in place of alpha / b",
    hint="Cut to b it is a LoRA of rank b: all of it is scaled by alpha / b.",
)
def alpha_alone(x, y, A, B, b, alpha):
    first = torch.cat([A[: b - 1].detach(), A[b - 1 : b]])
    last = torch.cat([B[:, : b - 1].detach(), B[:, b - 1 : b]], 1)
    return y + (x @ first.mT) @ last.mT * alpha


@misconception(
    says="the cut addition without its scale",
    hint="Cut to b it is a LoRA of rank b: all of it is scaled by alpha / b.",
)
def without_scale(x, y, A, B, b, alpha):
    first = torch.cat([A[: b - 1].detach(), A[b - 1 : b]])
    last = torch.cat([B[:, : b - 1].detach(), B[:, b - 1 : b]], 1)
    return y + (x @ first.mT) @ last.mT * 1


@misconception(
    says="the cut addition with b / alpha in place of alpha / b",
    hint="Cut to b it is a LoRA of rank b: all of it is scaled by alpha / b.",
)
def scale_upside_down(x, y, A, B, b, alpha):
    first = torch.cat([A[: b - 1].detach(), A[b - 1 : b]])
    last = torch.cat([B[:, : b - 1].detach(), B[:, b - 1 : b]], 1)
    return y + (x @ first.mT) @ last.mT * (b / alpha)


@misconception(
    says="the cut addition with alpha divided by the root of b",
    hint="Cut to b it is a LoRA of rank b: all of it is scaled by alpha / b.",
)
def root_scale(x, y, A, B, b, alpha):
    first = torch.cat([A[: b - 1].detach(), A[b - 1 : b]])
    last = torch.cat([B[:, : b - 1].detach(), B[:, b - 1 : b]], 1)
    return y + (x @ first.mT) @ last.mT * (alpha / b**0.5)


@misconception(
    says="the cut addition with alpha // b: a division that drops what is behind the point",
    hint="Use `/`: b need not divide alpha.",
)
def whole_division(x, y, A, B, b, alpha):
    first = torch.cat([A[: b - 1].detach(), A[b - 1 : b]])
    last = torch.cat([B[:, : b - 1].detach(), B[:, b - 1 : b]], 1)
    return y + (x @ first.mT) @ last.mT * (alpha // b)


@misconception(
    says="the addition in which the frozen part has the scale alpha / (b - 1), and the new part alpha",
    hint="Cut to b it is a LoRA of rank b: all of it is scaled by alpha / b.",
)
def scaled_apart(x, y, A, B, b, alpha):
    old = (x @ A[: b - 1].detach().mT) @ B[:, : b - 1].detach().mT
    new = (x @ A[b - 1 : b].mT) @ B[:, b - 1 : b].mT
    return y + alpha / max(b - 1, 1) * old + alpha * new


@misconception(
    says="the addition in which the frozen part has no scale",
    hint="Cut to b it is a LoRA of rank b: all of it is scaled by alpha / b.",
)
def frozen_part_unscaled(x, y, A, B, b, alpha):
    old = (x @ A[: b - 1].detach().mT) @ B[:, : b - 1].detach().mT
    new = (x @ A[b - 1 : b].mT) @ B[:, b - 1 : b].mT
    return y + old + alpha / b * new


@misconception(
    says="the right values, with a gradient for the first columns of B",
    hint="Detach both factors of the first b - 1: rows of A and columns of B.",
)
def b_learns(x, y, A, B, b, alpha):
    old = (x @ A[: b - 1].detach().mT) @ B[:, : b - 1].mT
    new = (x @ A[b - 1 : b].mT) @ B[:, b - 1 : b].mT
    return y + (old + new) * (alpha / b)


@misconception(
    says="the right values, with a gradient for the first rows of A",
    hint="Detach both factors of the first b - 1: rows of A and columns of B.",
)
def a_learns(x, y, A, B, b, alpha):
    old = (x @ A[: b - 1].mT) @ B[:, : b - 1].detach().mT
    new = (x @ A[b - 1 : b].mT) @ B[:, b - 1 : b].mT
    return y + (old + new) * (alpha / b)


@misconception(
    says="the right values, with a gradient for the first b - 1 ranks and none for number b",
    hint="It is the other way round: number b learns, those before it are frozen.",
)
def first_ones_learn(x, y, A, B, b, alpha):
    old = (x @ A[: b - 1].mT) @ B[:, : b - 1].mT
    new = (x @ A[b - 1 : b].detach().mT) @ B[:, b - 1 : b].detach().mT
    return y + (old + new) * (alpha / b)


@misconception(
    says="the right values, with a gradient for rank b - 1 in place of number b",
    hint="Counted from 0 the ranks are 0 to b - 1: `A[: b - 1]` is frozen, and `A[b - 1]` learns.",
)
def one_before_learns(x, y, A, B, b, alpha):
    k = max(b - 2, 0)
    h = (x @ A[:b].detach().mT) @ B[:, :b].detach().mT
    one = (x.detach() @ A[k : k + 1].mT) @ B[:, k : k + 1].mT
    return y + (h + one - one.detach()) * (alpha / b)


@misconception(
    says="the addition of all ranks, of which number b learns",
    hint="Cut A to its first b rows, and B to its first b columns: what comes after b is not heard.",
)
def all_heard(x, y, A, B, b, alpha):
    n = torch.arange(len(A)) == b - 1
    A = torch.where(n[:, None], A, A.detach())
    B = torch.where(n, B, B.detach())
    return y + (x @ A.mT) @ B.mT * (alpha / b)


@misconception(
    says="the right values, with a gradient for the last row of A and column of B, and x's gradient through them",
    hint="The one that learns is number b, not the last one that there is: `A[b - 1 : b]`.",
)
def last_row_learns(x, y, A, B, b, alpha):
    h = (x @ A[:b].detach().mT) @ B[:, :b].detach().mT
    one = (x @ A[-1:].mT) @ B[:, -1:].mT
    return y + (h + one - one.detach()) * (alpha / b)


@misconception(
    says="the right values, with x's gradient through number b counted twice",
    hint=(
        "Adding `new - new.detach()` changes no value, but adds x's gradient a second time: write `x.detach()` in "
        "that term."
    ),
)
def x_counted_twice(x, y, A, B, b, alpha):
    h = (x @ A[:b].detach().mT) @ B[:, :b].detach().mT
    new = (x @ A[b - 1 : b].mT) @ B[:, b - 1 : b].mT
    return y + (h + new - new.detach()) * (alpha / b)


@misconception(
    says="the addition that cuts x and A to b inputs, in place of b ranks",
    hint="Ranks are the rows of A and the columns of B: `A[:b]`, `B[:, :b]`.",
)
def inputs_cut(x, y, A, B, b, alpha):
    return y + (x[..., :b] @ A[:, :b].mT) @ B.mT * (alpha / b)


@misconception(
    says="the addition in which the columns of B stand in another order than the rows of A",
    hint="In both factors the frozen ones come first, and number b last.",
)
def columns_exchanged(x, y, A, B, b, alpha):
    first = torch.cat([A[: b - 1].detach(), A[b - 1 : b]])
    last = torch.cat([B[:, b - 1 : b], B[:, : b - 1].detach()], 1)
    return y + (x @ first.mT) @ last.mT * (alpha / b)


@misconception(
    says="the addition that leaves out b = 1",
    hint="With b = 1 the first rank learns, and nothing is frozen: no exception is needed.",
)
def nothing_at_one(x, y, A, B, b, alpha):
    if b == 1:
        return y
    first = torch.cat([A[: b - 1].detach(), A[b - 1 : b]])
    last = torch.cat([B[:, : b - 1].detach(), B[:, b - 1 : b]], 1)
    return y + (x @ first.mT) @ last.mT * (alpha / b)


@misconception(
    says="the cut addition without the layer's own output",
    hint="h = y + ...: the frozen layer is still heard.",
)
def without_the_base(x, y, A, B, b, alpha):
    first = torch.cat([A[: b - 1].detach(), A[b - 1 : b]])
    last = torch.cat([B[:, : b - 1].detach(), B[:, b - 1 : b]], 1)
    return (x @ first.mT) @ last.mT * (alpha / b)


@misconception(
    says="the addition in which the frozen part has the scale alpha / (b - 1)",
    hint="Cut to b it is a LoRA of rank b: both parts are scaled by alpha / b.",
)
def frozen_part_at_its_own_scale(x, y, A, B, b, alpha):
    old = (x @ A[: b - 1].detach().mT) @ B[:, : b - 1].detach().mT
    new = (x @ A[b - 1 : b].mT) @ B[:, b - 1 : b].mT
    return y + alpha / max(b - 1, 1) * old + alpha / b * new


@misconception(
    says="the addition of one rank too many, at the scale of b + 1: b is counted from 0",
    hint="b is counted from 1: `A[: b - 1]` is frozen, `A[b - 1]` learns, and the scale is alpha / b.",
)
def counted_from_zero(x, y, A, B, b, alpha):
    first = torch.cat([A[:b].detach(), A[b : b + 1]])
    last = torch.cat([B[:, :b].detach(), B[:, b : b + 1]], 1)
    return y + (x @ first.mT) @ last.mT * (alpha / len(first))


@misconception(
    says=(
        "the right values, with gradients for the last row of A and the last column of B, which are cut off unless b "
        "is r"
    ),
    hint="The one that learns is number b, with the index b - 1: `A[b - 1 : b]`, not `A[-1]`.",
)
def last_of_all_learns(x, y, A, B, b, alpha):
    n = torch.arange(len(A)) == len(A) - 1
    A = torch.where(n[:, None], A, A.detach())
    B = torch.where(n, B, B.detach())
    return y + (x @ A[:b].mT) @ B[:, :b].mT * (alpha / b)


@misconception(
    says="the right values, with gradients for the first row of A and the first column of B",
    hint="The one that learns is number b, with the index b - 1: `A[b - 1 : b]`, not `A[0]`.",
)
def first_one_learns(x, y, A, B, b, alpha):
    n = torch.arange(len(A)) == 0
    A = torch.where(n[:, None], A, A.detach())
    B = torch.where(n, B, B.detach())
    return y + (x @ A[:b].mT) @ B[:, :b].mT * (alpha / b)
