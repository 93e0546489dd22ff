"""Answers to dylora-step by people who have not seen its private half."""

import torch
import torch.nn.functional as F

from grading.answers import answer


@answer("dylora-step", "all b rows learn: nothing detached", "wrong", means="all_learn")
def _(x, y, A, B, b, alpha):
    return y + alpha / b * (x @ A[:b].mT @ B[:, :b].mT)


@answer("dylora-step", "only row b is heard", "wrong", means="last_alone")
def _(x, y, A, B, b, alpha):
    return y + alpha / b * (x @ A[b - 1 : b].mT @ B[:, b - 1 : b].mT)


@answer("dylora-step", "index b, not b - 1: one row too far", "wrong", means="one_too_far_but_not_at_the_end")
def _(x, y, A, B, b, alpha):
    b = min(b, len(A) - 1)
    old = x @ A[:b].detach().mT @ B[:, :b].detach().mT
    return y + alpha / b * (old + x @ A[b : b + 1].mT @ B[:, b : b + 1].mT)


@answer("dylora-step", "cut to b - 1", "wrong", means="frozen_ones_alone")
def _(x, y, A, B, b, alpha):
    return y + alpha / b * (x @ A[: b - 1].detach().mT @ B[:, : b - 1].detach().mT)


@answer("dylora-step", "first b detached, row b counted twice", "wrong", means="last_one_twice")
def _(x, y, A, B, b, alpha):
    old = x @ A[:b].detach().mT @ B[:, :b].detach().mT
    return y + alpha / b * (old + x @ A[b - 1 : b].mT @ B[:, b - 1 : b].mT)


@answer("dylora-step", "alpha / r", "wrong", means="scale_of_r")
def _(x, y, A, B, b, alpha):
    old = x @ A[: b - 1].detach().mT @ B[:, : b - 1].detach().mT
    return y + alpha / A.shape[0] * (old + x @ A[b - 1 : b].mT @ B[:, b - 1 : b].mT)


@answer("dylora-step", "scale forgotten", "wrong", means="without_scale")
def _(x, y, A, B, b, alpha):
    old = x @ A[: b - 1].detach().mT @ B[:, : b - 1].detach().mT
    return y + old + x @ A[b - 1 : b].mT @ B[:, b - 1 : b].mT


@answer("dylora-step", "alpha without b", "wrong", means="alpha_alone")
def _(x, y, A, B, b, alpha):
    old = x @ A[: b - 1].detach().mT @ B[:, : b - 1].detach().mT
    return y + alpha * (old + x @ A[b - 1 : b].mT @ B[:, b - 1 : b].mT)


@answer("dylora-step", "parts scaled apart: old by alpha / (b - 1), new by alpha", "wrong", means="scaled_apart")
def _(x, y, A, B, b, alpha):
    old = x @ A[: b - 1].detach().mT @ B[:, : b - 1].detach().mT
    return y + alpha / max(b - 1, 1) * old + alpha * (x @ A[b - 1 : b].mT @ B[:, b - 1 : b].mT)


@answer("dylora-step", "scale on the new part only", "wrong", means="frozen_part_unscaled")
def _(x, y, A, B, b, alpha):
    old = x @ A[: b - 1].detach().mT @ B[:, : b - 1].detach().mT
    return y + old + alpha / b * (x @ A[b - 1 : b].mT @ B[:, b - 1 : b].mT)


@answer("dylora-step", "old part detached as a whole: x's gradient cut", "wrong", means="nothing_old_reaches_x")
def _(x, y, A, B, b, alpha):
    old = (x @ A[: b - 1].mT @ B[:, : b - 1].mT).detach()
    return y + alpha / b * (old + x @ A[b - 1 : b].mT @ B[:, b - 1 : b].mT)


@answer("dylora-step", "only A detached", "wrong", means="b_learns")
def _(x, y, A, B, b, alpha):
    old = x @ A[: b - 1].detach().mT @ B[:, : b - 1].mT
    return y + alpha / b * (old + x @ A[b - 1 : b].mT @ B[:, b - 1 : b].mT)


@answer("dylora-step", "only B detached", "wrong", means="a_learns")
def _(x, y, A, B, b, alpha):
    old = x @ A[: b - 1].mT @ B[:, : b - 1].detach().mT
    return y + alpha / b * (old + x @ A[b - 1 : b].mT @ B[:, b - 1 : b].mT)


@answer("dylora-step", "detaches the last, lets the earlier learn", "wrong", means="first_ones_learn")
def _(x, y, A, B, b, alpha):
    old = x @ A[: b - 1].mT @ B[:, : b - 1].mT
    return y + alpha / b * (old + x @ A[b - 1 : b].detach().mT @ B[:, b - 1 : b].detach().mT)


@answer("dylora-step", "everything detached", "wrong")
def _(x, y, A, B, b, alpha):
    return y + alpha / b * (x @ A[:b].detach().mT @ B[:, :b].detach().mT)


@answer("dylora-step", "whole A and B detached but row b", "wrong", means="all_heard")
def _(x, y, A, B, b, alpha):
    mask = torch.zeros(len(A), dtype=A.dtype)
    mask[b - 1] = 1
    A2 = A.detach() * (1 - mask[:, None]) + A * mask[:, None]
    B2 = B.detach() * (1 - mask) + B * mask
    return y + alpha / b * (x @ A2.mT @ B2.mT)


@answer("dylora-step", "columns of A, rows of B cut", "wrong", means="inputs_cut")
def _(x, y, A, B, b, alpha):
    return y + alpha / b * (x[..., :b] @ A[:, :b].mT @ B.mT)


@answer("dylora-step", "B cut by rows", "wrong")
def _(x, y, A, B, b, alpha):
    return y + alpha / b * (x @ A[:b].mT @ B[:b].mT)


@answer("dylora-step", "the last b rows", "wrong", means="last_b")
def _(x, y, A, B, b, alpha):
    A2 = torch.cat([A[-b:-1].detach(), A[-1:]])
    B2 = torch.cat([B[:, -b:-1].detach(), B[:, -1:]], dim=1)
    return y + alpha / b * (x @ A2.mT @ B2.mT)


@answer("dylora-step", "the last row of A learns, not row b", "wrong", means="last_row_learns")
def _(x, y, A, B, b, alpha):
    old = x @ A[:b].detach().mT @ B[:, :b].detach().mT
    last = x @ A[-1:].mT @ B[:, -1:].mT
    return y + alpha / b * (old + last - last.detach())


@answer(
    "dylora-step", "straight-through of the difference: x's gradient of row b twice", "wrong", means="x_counted_twice"
)
def _(x, y, A, B, b, alpha):
    old = x @ A[:b].detach().mT @ B[:, :b].detach().mT
    new = x @ A[b - 1 : b].mT @ B[:, b - 1 : b].mT
    return y + alpha / b * (old + new - new.detach())


@answer("dylora-step", "y left out", "wrong", means="without_the_base")
def _(x, y, A, B, b, alpha):
    A2 = torch.cat([A[: b - 1].detach(), A[b - 1 : b]])
    B2 = torch.cat([B[:, : b - 1].detach(), B[:, b - 1 : b]], dim=1)
    return alpha / b * (x @ A2.mT @ B2.mT)


@answer("dylora-step", "column b of B detached too: only A learns", "wrong")
def _(x, y, A, B, b, alpha):
    A2 = torch.cat([A[: b - 1].detach(), A[b - 1 : b]])
    return y + alpha / b * (x @ A2.mT @ B[:, :b].detach().mT)


@answer("dylora-step", "cross terms: old A with new B", "wrong")
def _(x, y, A, B, b, alpha):
    old, new = x @ A[: b - 1].detach().mT, x @ A[b - 1]
    both = old.sum(-1, keepdim=True) + new[..., None]
    return y + alpha / b * both * B[:, b - 1]


@answer("dylora-step", "cat in the wrong order for B: columns exchanged", "wrong", means="columns_exchanged")
def _(x, y, A, B, b, alpha):
    A2 = torch.cat([A[: b - 1].detach(), A[b - 1 : b]])
    B2 = torch.cat([B[:, b - 1 : b], B[:, : b - 1].detach()], dim=1)
    return y + alpha / b * (x @ A2.mT @ B2.mT)


@answer("dylora-step", "requires_grad_ on slices: no view keeps it", "wrong")
def _(x, y, A, B, b, alpha):
    A2, B2 = A[:b].clone().detach(), B[:, :b].clone().detach()
    A2.requires_grad_(), B2.requires_grad_()
    return y + alpha / b * (x @ A2.mT @ B2.mT)


@answer("dylora-step", "row b rebuilt with torch.tensor", "wrong")
def _(x, y, A, B, b, alpha):
    A2 = torch.tensor(A[:b].tolist(), dtype=A.dtype)
    return y + alpha / b * (x @ A2.mT @ torch.cat([B[:, : b - 1].detach(), B[:, b - 1 : b]], 1).mT)


@answer("dylora-step", "rows after b set to zero in place on A", "wrong")
def _(x, y, A, B, b, alpha):
    with torch.no_grad():
        A[b:] = 0
    A2 = torch.cat([A[: b - 1].detach(), A[b - 1 : b], A[b:].detach()])
    B2 = torch.cat([B[:, : b - 1].detach(), B[:, b - 1 : b], B[:, b:].detach()], dim=1)
    return y + alpha / b * (x @ A2.mT @ B2.mT)


@answer("dylora-step", "a rank is drawn inside", "wrong")
def _(x, y, A, B, b, alpha):
    b = int(torch.randint(1, len(A) + 1, ()))
    A2 = torch.cat([A[: b - 1].detach(), A[b - 1 : b]])
    B2 = torch.cat([B[:, : b - 1].detach(), B[:, b - 1 : b]], dim=1)
    return y + alpha / b * (x @ A2.mT @ B2.mT)


@answer("dylora-step", "integer division", "wrong", means="whole_division")
def _(x, y, A, B, b, alpha):
    A2 = torch.cat([A[: b - 1].detach(), A[b - 1 : b]])
    B2 = torch.cat([B[:, : b - 1].detach(), B[:, b - 1 : b]], dim=1)
    return y + alpha // b * (x @ A2.mT @ B2.mT)


@answer("dylora-step", "b = 1 taken for a special case: nothing learns before", "wrong", means="nothing_at_one")
def _(x, y, A, B, b, alpha):
    if b == 1:
        return y
    A2 = torch.cat([A[: b - 1].detach(), A[b - 1 : b]])
    B2 = torch.cat([B[:, : b - 1].detach(), B[:, b - 1 : b]], dim=1)
    return y + alpha / b * (x @ A2.mT @ B2.mT)


@answer("dylora-step", "index b - 2 : b - 1 learns", "wrong", means="one_before_learns")
def _(x, y, A, B, b, alpha):
    k = max(b - 2, 0)
    h = x @ A[:b].detach().mT @ B[:, :b].detach().mT
    one = x.detach() @ A[k : k + 1].mT @ B[:, k : k + 1].mT
    return y + alpha / b * (h + one - one.detach())


@answer("dylora-step", "old part and new part", "right")
def _(x, y, A, B, b, alpha):
    old = F.linear(F.linear(x, A[: b - 1].detach()), B[:, : b - 1].detach())
    new = (x @ A[b - 1]).unsqueeze(-1) * B[:, b - 1]
    return y + (old + new) * alpha / b


@answer("dylora-step", "cat of detached and live", "right")
def _(x, y, A, B, b, alpha):
    A2 = torch.cat([A.detach()[: b - 1], A[b - 1 : b]])
    B2 = torch.cat([B.detach()[:, : b - 1], B[:, b - 1 : b]], dim=1)
    low = torch.einsum("...i,ki->...k", x, A2)
    return y + torch.einsum("...k,ok->...o", low, B2) * (alpha / b)


@answer("dylora-step", "masks", "right")
def _(x, y, A, B, b, alpha):
    live = (torch.arange(b) == b - 1).to(A.dtype)
    a = A[:b] * live[:, None] + A[:b].detach() * (1 - live[:, None])
    c = B[:, :b] * live + B[:, :b].detach() * (1 - live)
    return torch.add(y, x @ a.T @ c.T, alpha=float(alpha) / b)


@answer("dylora-step", "loop over ranks", "right")
def _(x, y, A, B, b, alpha):
    h = y
    for k in range(b):
        row, column = (A[k], B[:, k]) if k == b - 1 else (A[k].detach(), B[:, k].detach())
        h = h + alpha / b * (x @ row)[..., None] * column
    return h


@answer("dylora-step", "own copy of detached with the last row written in", "right")
def _(x, y, A, B, b, alpha):
    a, c = A[:b].detach().clone(), B[:, :b].detach().clone()
    a[-1] = A[b - 1]
    c[:, -1] = B[:, b - 1]
    return y + alpha / b * (x @ a.mT @ c.mT)


@answer("dylora-step", "frozen whole, last rank's change added with x detached", "right")
def _(x, y, A, B, b, alpha):
    frozen = x @ A[:b].detach().mT @ B[:, :b].detach().mT
    last = x.detach() @ A[b - 1 : b].mT @ B[:, b - 1 : b].mT
    return y + alpha / b * (frozen + (last - last.detach()))


@answer("dylora-step", "where, float64", "right")
def _(x, y, A, B, b, alpha):
    k = torch.arange(A.shape[0])
    a = torch.where((k == b - 1)[:, None], A, A.detach()).double()
    c = torch.where(k == b - 1, B, B.detach()).double() * (k < b)
    return (y.double() + alpha / b * (x.double() @ a.mT @ c.mT)).to(y.dtype)


@answer("dylora-step", "everything learns: nothing is detached", "wrong", means="all_learn")
def _(x, y, A, B, b, alpha):
    return y + alpha / b * (x @ A[:b].mT) @ B[:, :b].mT


@answer(
    "dylora-step",
    "old part under no_grad: the gradient of x through it is lost",
    "wrong",
    means="nothing_old_reaches_x",
)
def _(x, y, A, B, b, alpha):
    with torch.no_grad():
        old = x @ A[: b - 1].mT @ B[:, : b - 1].mT
    new = x @ A[b - 1 : b].mT @ B[:, b - 1 : b].mT
    return y + alpha / b * (old + new)


@answer("dylora-step", "only the last rank is heard: first b - 1 left out of the output", "wrong", means="last_alone")
def _(x, y, A, B, b, alpha):
    return y + alpha / b * (x @ A[b - 1 : b].mT) @ B[:, b - 1 : b].mT


@answer(
    "dylora-step", "row number r of the full A learns (A[-1]) in place of row b", "wrong", means="last_of_all_learns"
)
def _(x, y, A, B, b, alpha):
    mask = torch.zeros(A.shape[0], dtype=A.dtype)
    mask[-1] = 1
    A2 = A.detach() + mask[:, None] * (A - A.detach())
    B2 = B.detach() + mask * (B - B.detach())
    return y + alpha / b * (x @ A2[:b].mT) @ B2[:, :b].mT


@answer("dylora-step", "old part with its own scale alpha / (b - 1)", "wrong", means="frozen_part_at_its_own_scale")
def _(x, y, A, B, b, alpha):
    new = alpha / b * (x @ A[b - 1 : b].mT @ B[:, b - 1 : b].mT)
    old = x @ A[: b - 1].detach().mT @ B[:, : b - 1].detach().mT
    return y + (alpha / (b - 1) * old if b > 1 else 0) + new


@answer("dylora-step", "only A's old rows are frozen, B's columns all learn", "wrong", means="b_learns")
def _(x, y, A, B, b, alpha):
    a = torch.cat([A[: b - 1].detach(), A[b - 1 : b]])
    return y + alpha / b * x @ a.mT @ B[:, :b].mT


@answer(
    "dylora-step",
    "b counted from 0: rows up to and with A[b], scale alpha / (b + 1)",
    "wrong",
    means="counted_from_zero",
)
def _(x, y, A, B, b, alpha):
    a = torch.cat([A[:b].detach(), A[b : b + 1]])
    c = torch.cat([B[:, :b].detach(), B[:, b : b + 1]], 1)
    return y + alpha / a.shape[0] * (x @ a.mT) @ c.mT


@answer("dylora-step", "scale alpha / r of the whole adapter", "wrong", means="scale_of_r")
def _(x, y, A, B, b, alpha):
    a = torch.cat([A[: b - 1].detach(), A[b - 1 : b]])
    c = torch.cat([B[:, : b - 1].detach(), B[:, b - 1 : b]], 1)
    return y + alpha / A.shape[0] * (x @ a.mT) @ c.mT


@answer("dylora-step", "y detached as 'frozen layer'", "wrong")
def _(x, y, A, B, b, alpha):
    a = torch.cat([A[: b - 1].detach(), A[b - 1 : b]])
    c = torch.cat([B[:, : b - 1].detach(), B[:, b - 1 : b]], 1)
    return y.detach() + alpha / b * (x @ a.mT) @ c.mT


@answer("dylora-step", "mask trick: w.detach() + mask (w - w.detach())", "right")
def _(x, y, A, B, b, alpha):
    hot = F.one_hot(torch.tensor(b - 1), A.shape[0]).to(A.dtype)
    a = A.detach() + hot[:, None] * (A - A.detach())
    c = B.detach() + hot * (B - B.detach())
    return y + alpha / b * F.linear(F.linear(x, a[:b]), c[:, :b])


@answer("dylora-step", "loop over ranks, detach when it is not the last", "right")
def _(x, y, A, B, b, alpha):
    h = y
    for k in range(b):
        u, v = A[k], B[:, k]
        if k < b - 1:
            u, v = u.detach(), v.detach()
        h = h + (alpha / b) * (x * u).sum(-1, keepdim=True) * v
    return h


@answer("dylora-step", "split sum, einsum", "right")
def _(x, y, A, B, b, alpha):
    old = torch.einsum("...i,ri,or->...o", x, A[: b - 1].detach(), B[:, : b - 1].detach())
    new = torch.einsum("...i,i,o->...o", x, A[b - 1], B[:, b - 1])
    return y + (old + new) * alpha / b
