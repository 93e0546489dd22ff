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
