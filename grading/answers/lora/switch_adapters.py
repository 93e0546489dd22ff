"""Answers to switch-adapters by people who have not seen its private half."""

import torch

from grading.answers import answer


@answer("switch-adapters", "one rank for both: that of the old", "wrong", means="one_scale")
def _(W, A, B, A_new, B_new, alpha):
    s = alpha / A.shape[0]
    return W - s * B @ A + s * B_new @ A_new


@answer("switch-adapters", "one rank for both: that of the new", "wrong", means="scale_of_the_new")
def _(W, A, B, A_new, B_new, alpha):
    s = alpha / A_new.shape[0]
    return W - s * B @ A + s * B_new @ A_new


@answer("switch-adapters", "ranks exchanged", "wrong", means="scales_exchanged")
def _(W, A, B, A_new, B_new, alpha):
    return W - alpha / len(A_new) * B @ A + alpha / len(A) * B_new @ A_new


@answer("switch-adapters", "old one not taken out", "wrong", means="keeps_old")
def _(W, A, B, A_new, B_new, alpha):
    return W + alpha / A_new.shape[0] * B_new @ A_new


@answer("switch-adapters", "new one not put in", "wrong", means="only_out")
def _(W, A, B, A_new, B_new, alpha):
    return W - alpha / A.shape[0] * B @ A


@answer("switch-adapters", "old and new exchanged", "wrong", means="swapped")
def _(W, A, B, A_new, B_new, alpha):
    return W + alpha / A.shape[0] * B @ A - alpha / A_new.shape[0] * B_new @ A_new


@answer("switch-adapters", "both added", "wrong", means="adds_old")
def _(W, A, B, A_new, B_new, alpha):
    return W + alpha / A.shape[0] * B @ A + alpha / A_new.shape[0] * B_new @ A_new


@answer("switch-adapters", "both taken out", "wrong", means="both_out")
def _(W, A, B, A_new, B_new, alpha):
    return W - alpha / A.shape[0] * B @ A - alpha / A_new.shape[0] * B_new @ A_new


@answer("switch-adapters", "scale forgotten", "wrong", means="no_scale")
def _(W, A, B, A_new, B_new, alpha):
    return W - B @ A + B_new @ A_new


@answer("switch-adapters", "alpha only, no rank", "wrong", means="alpha_alone")
def _(W, A, B, A_new, B_new, alpha):
    return W - alpha * B @ A + alpha * B_new @ A_new


@answer("switch-adapters", "rank only, no alpha", "wrong", means="without_alpha")
def _(W, A, B, A_new, B_new, alpha):
    return W - B @ A / A.shape[0] + B_new @ A_new / A_new.shape[0]


@answer("switch-adapters", "multiplied by the ranks", "wrong", means="times_the_ranks")
def _(W, A, B, A_new, B_new, alpha):
    return W - alpha * A.shape[0] * B @ A + alpha * A_new.shape[0] * B_new @ A_new


@answer("switch-adapters", "r / alpha", "wrong", means="upside_down")
def _(W, A, B, A_new, B_new, alpha):
    return W - A.shape[0] / alpha * B @ A + A_new.shape[0] / alpha * B_new @ A_new


@answer("switch-adapters", "alpha / sqrt(r)", "wrong", means="root_scale")
def _(W, A, B, A_new, B_new, alpha):
    return W - alpha / A.shape[0] ** 0.5 * B @ A + alpha / A_new.shape[0] ** 0.5 * B_new @ A_new


@answer("switch-adapters", "rank from the wrong axis: d_in", "wrong", means="divided_by_the_inputs")
def _(W, A, B, A_new, B_new, alpha):
    return W - alpha / A.shape[1] * B @ A + alpha / A_new.shape[1] * B_new @ A_new


@answer("switch-adapters", "scaled at the removal only", "wrong", means="old_scale_alone")
def _(W, A, B, A_new, B_new, alpha):
    return W - alpha / A.shape[0] * B @ A + B_new @ A_new


@answer("switch-adapters", "scaled at the merge only", "wrong", means="new_scale_alone")
def _(W, A, B, A_new, B_new, alpha):
    return W - B @ A + alpha / A_new.shape[0] * B_new @ A_new


@answer("switch-adapters", "integer division", "wrong", means="whole_division")
def _(W, A, B, A_new, B_new, alpha):
    return W - alpha // A.shape[0] * B @ A + alpha // A_new.shape[0] * B_new @ A_new


@answer("switch-adapters", "W changed in place", "wrong")
def _(W, A, B, A_new, B_new, alpha):
    W -= alpha / A.shape[0] * B @ A
    W += alpha / A_new.shape[0] * B_new @ A_new
    return W


@answer("switch-adapters", "W changed in place, nothing returned", "wrong")
def _(W, A, B, A_new, B_new, alpha):
    W.sub_(alpha / A.shape[0] * B @ A).add_(alpha / A_new.shape[0] * B_new @ A_new)


@answer("switch-adapters", "A B in place of B A", "wrong")
def _(W, A, B, A_new, B_new, alpha):
    return W - alpha / A.shape[0] * A @ B + alpha / A_new.shape[0] * A_new @ B_new


@answer("switch-adapters", "A^T B^T: the change transposed", "wrong")
def _(W, A, B, A_new, B_new, alpha):
    return W - alpha / A.shape[0] * A.T @ B.T + alpha / A_new.shape[0] * A_new.T @ B_new.T


@answer("switch-adapters", "difference of factors: (B_new - B)(A_new - A)", "wrong")
def _(W, A, B, A_new, B_new, alpha):
    return W + alpha / A_new.shape[0] * (B_new - B) @ (A_new - A)


@answer("switch-adapters", "stacked with one scale alpha / (r + s)", "wrong", means="scale_of_both_ranks")
def _(W, A, B, A_new, B_new, alpha):
    A2, B2 = torch.cat([A, A_new]), torch.cat([-B, B_new], dim=1)
    return W + alpha / A2.shape[0] * B2 @ A2


@answer("switch-adapters", "takes out all that lies in the rows of A", "wrong")
def _(W, A, B, A_new, B_new, alpha):
    base = W - W @ torch.linalg.pinv(A) @ A
    return base + alpha / A_new.shape[0] * B_new @ A_new


@answer("switch-adapters", "alpha / r on each factor, so squared", "wrong", means="scaled_twice")
def _(W, A, B, A_new, B_new, alpha):
    s, s_new = alpha / len(A), alpha / len(A_new)
    return W - (s * B) @ (s * A) + (s_new * B_new) @ (s_new * A_new)


@answer("switch-adapters", "only the new weight's change returned", "wrong", means="change_alone")
def _(W, A, B, A_new, B_new, alpha):
    return alpha / A_new.shape[0] * B_new @ A_new - alpha / A.shape[0] * B @ A


@answer("switch-adapters", "unscaled base: (W - BA) times s", "wrong", means="base_scaled")
def _(W, A, B, A_new, B_new, alpha):
    return (W - B @ A) * alpha / A.shape[0] + B_new @ A_new * alpha / A_new.shape[0]


@answer("switch-adapters", "elementwise product by broadcasting of outer sums", "wrong")
def _(W, A, B, A_new, B_new, alpha):
    old = B.sum(1)[:, None] * A.sum(0)[None, :]
    new = B_new.sum(1)[:, None] * A_new.sum(0)[None, :]
    return W - alpha / len(A) * old + alpha / len(A_new) * new


@answer("switch-adapters", "rank of the old cut to that of the new", "wrong")
def _(W, A, B, A_new, B_new, alpha):
    k = min(A.shape[0], A_new.shape[0])
    return W - alpha / k * B[:, :k] @ A[:k] + alpha / k * B_new[:, :k] @ A_new[:k]


@answer("switch-adapters", "numpy returned", "wrong")
def _(W, A, B, A_new, B_new, alpha):
    W, A, B, A2, B2 = (z.detach().numpy() for z in (W, A, B, A_new, B_new))
    return W - float(alpha) / len(A) * B @ A + float(alpha) / len(A2) * B2 @ A2


@answer("switch-adapters", "stacked factors, sign in one", "right")
def _(W, A, B, A_new, B_new, alpha):
    left = torch.cat([-B / B.shape[1], B_new / B_new.shape[1]], dim=1)
    return W + alpha * left @ torch.cat([A, A_new])


@answer("switch-adapters", "addmm twice", "right")
def _(W, A, B, A_new, B_new, alpha):
    base = torch.addmm(W, B * (alpha / len(A)), A, beta=1, alpha=-1)
    return torch.addmm(base, B_new * (alpha / len(A_new)), A_new)


@answer("switch-adapters", "loops over ranks with outer products", "right")
def _(W, A, B, A_new, B_new, alpha):
    out = W.clone()
    for k in range(A.shape[0]):
        out = out - alpha / A.shape[0] * torch.outer(B[:, k], A[k])
    for k in range(A_new.shape[0]):
        out = out + alpha / A_new.shape[0] * torch.outer(B_new[:, k], A_new[k])
    return out


@answer("switch-adapters", "own copy changed in place", "right")
def _(W, A, B, A_new, B_new, alpha):
    out = W.clone()
    out -= alpha / A.shape[0] * torch.einsum("or,ri->oi", B, A)
    out += alpha / A_new.shape[0] * torch.einsum("or,ri->oi", B_new, A_new)
    return out


@answer("switch-adapters", "alpha outside, means over ranks", "right")
def _(W, A, B, A_new, B_new, alpha):
    old = (B.T[:, :, None] * A[:, None, :]).mean(0)
    new = (B_new.T[:, :, None] * A_new[:, None, :]).mean(0)
    return W + alpha * (new - old)


@answer("switch-adapters", "float64 inside", "right")
def _(W, A, B, A_new, B_new, alpha):
    merged = lambda a, b: (b.double() @ a.double()) * alpha / a.shape[0]
    return (W.double() + (merged(A_new, B_new) - merged(A, B))).to(W.dtype)


@answer("switch-adapters", "both with the old rank's scale", "wrong", means="one_scale")
def _(W, A, B, A_new, B_new, alpha):
    s = alpha / A.shape[0]
    return W - s * B @ A + s * B_new @ A_new


@answer(
    "switch-adapters",
    "stacked adapters [B_new, -B][A_new; A] with alpha / (r + s)",
    "wrong",
    means="scale_of_both_ranks",
)
def _(W, A, B, A_new, B_new, alpha):
    Bs = torch.cat([B_new, -B], 1)
    As = torch.cat([A_new, A], 0)
    return W + alpha / As.shape[0] * Bs @ As


@answer("switch-adapters", "on a copy that is none: base = W, base -= ... changes W", "wrong")
def _(W, A, B, A_new, B_new, alpha):
    base = W
    base -= alpha / A.shape[0] * B @ A
    base += alpha / A_new.shape[0] * B_new @ A_new
    return base


@answer("switch-adapters", "the new one is added, the old one left in", "wrong", means="keeps_old")
def _(W, A, B, A_new, B_new, alpha):
    return W + alpha / len(A_new) * (B_new @ A_new)


@answer("switch-adapters", "subtracts B A unscaled: only the new one has alpha / r", "wrong", means="new_scale_alone")
def _(W, A, B, A_new, B_new, alpha):
    base = W - B @ A
    return base + alpha / A_new.shape[0] * B_new @ A_new


@answer("switch-adapters", "W is taken for the bare weight: both adapters are added", "wrong", means="adds_old")
def _(W, A, B, A_new, B_new, alpha):
    return W + alpha / A.shape[0] * B @ A + alpha / A_new.shape[0] * B_new @ A_new


@answer("switch-adapters", "whole-number division for the scales", "wrong", means="whole_division")
def _(W, A, B, A_new, B_new, alpha):
    r, s = A.shape[0], A_new.shape[0]
    return W - alpha // r * B @ A + alpha // s * B_new @ A_new


@answer("switch-adapters", "only the difference of the adapters is returned, without W", "wrong", means="change_alone")
def _(W, A, B, A_new, B_new, alpha):
    return alpha / A_new.shape[0] * B_new @ A_new - alpha / A.shape[0] * B @ A


@answer(
    "switch-adapters",
    "the ranks' scales exchanged: old with the new rank and new with the old",
    "wrong",
    means="scales_exchanged",
)
def _(W, A, B, A_new, B_new, alpha):
    r, s = A_new.shape[0], A.shape[0]
    return W - alpha / r * (B @ A) + alpha / s * (B_new @ A_new)


@answer("switch-adapters", "one product of stacked factors, scales in B", "right")
def _(W, A, B, A_new, B_new, alpha):
    Bs = torch.cat([B_new / A_new.shape[0], -B / A.shape[0]], dim=1)
    return torch.addmm(W, Bs, torch.cat([A_new, A]), alpha=float(alpha))


@answer("switch-adapters", "in place on a clone, rank by rank", "right")
def _(W, A, B, A_new, B_new, alpha):
    out = W.clone()
    for k in range(len(A)):
        out -= torch.outer(B[:, k], A[k]) * alpha / len(A)
    for k in range(len(A_new)):
        out += torch.outer(B_new[:, k], A_new[k]) * alpha / len(A_new)
    return out


@answer("switch-adapters", "helper in double, einsum", "right")
def _(W, A, B, A_new, B_new, alpha):
    def delta(a, b):
        return torch.einsum("or,ri->oi", b.double(), a.double()) * (alpha / a.size(0))

    return (W.double() + (delta(A_new, B_new) - delta(A, B))).to(W.dtype)
