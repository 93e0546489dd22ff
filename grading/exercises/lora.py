"""Lab 03, LoRA and other adapters: references, variants and misconceptions.

Every function here stands alone (torch and math apart), since sample submissions are made of their source.
"""

import torch
from llmcourse.adapters import low_rank, soft_threshold
from llmcourse.checks.lora import _cut, _direction, _gates, _layer, _layers, _matrix, _triplets, _two_adapters

from . import Private

# ------------------------------------------------------------------ truncated-svd


def truncate_left(X, k):
    left, s, right = torch.linalg.svd(X, full_matrices=False)
    return left[:, :k], torch.diag(s[:k]) @ right[:k]


def truncate_by_eigenvectors(X, k):
    _, vectors = torch.linalg.eigh(X.T @ X)  # rising: the last are the largest
    V = vectors[:, -k:].T
    return X @ V.T, V


def truncate_smallest(X, k):
    """the matrix that keeps the smallest singular values

    They come in falling order: the first k are the ones to keep.
    """
    left, s, right = torch.linalg.svd(X, full_matrices=False)
    return left[:, -k:] * s[-k:], right[-k:]


def truncate_without_values(X, k):
    """the product of left and right vectors, without the singular values

    U V has to be as large as X: multiply one factor by s[:k].
    """
    left, _, right = torch.linalg.svd(X, full_matrices=False)
    return left[:, :k], right[:k]


def truncate_values_twice(X, k):
    """the product in which both factors hold the singular values

    They belong to one of the factors, or their roots to both.
    """
    left, s, right = torch.linalg.svd(X, full_matrices=False)
    return left[:, :k] * s[:k], s[:k, None] * right[:k]


def truncate_first_rows(X, k):
    """the first k columns of X, and what is best with them

    The best k directions are the singular vectors, not the first columns.
    """
    U = X[:, :k]
    return U, torch.linalg.pinv(U) @ X


def truncate_full_factors(X, k):
    """the right product, out of factors that are not thin

    Cut the columns of U and the rows of V: U (N, k) and V (k, M) are what saves memory.
    """
    left, s, right = torch.linalg.svd(X, full_matrices=False)
    s = torch.where(torch.arange(len(s)) < k, s, torch.zeros_like(s))
    return torch.cat([left * s, torch.zeros(len(X), 1, dtype=X.dtype)], 1), torch.cat([right, right[:1]])


# ------------------------------------------------------------------ lora-forward


def lora_reference(x, y, A, B, alpha):
    return y + (x @ A.mT) @ B.mT * (alpha / A.shape[0])


def lora_by_linear(x, y, A, B, alpha):
    hidden = torch.nn.functional.linear(x, A)
    return torch.add(y, torch.nn.functional.linear(hidden * alpha / len(A), B))


def lora_by_einsum(x, y, A, B, alpha):
    return y + torch.einsum("...r,or->...o", torch.einsum("...i,ri->...r", x, A), B) / A.shape[0] * alpha


def lora_alpha_alone(x, y, A, B, alpha):
    """the addition with alpha in place of alpha / r

    Divide by the rank: else every other rank needs another learning rate.
    """
    return y + (x @ A.mT) @ B.mT * alpha


def lora_no_scale(x, y, A, B, alpha):
    """the addition without its scale

    Multiply what is added by alpha / r.
    """
    return y + (x @ A.mT) @ B.mT


def lora_root_scale(x, y, A, B, alpha):
    """rsLoRA: the addition with alpha divided by the root of r

    That is a later proposal. LoRA divides by r.
    """
    return y + (x @ A.mT) @ B.mT * (alpha / A.shape[0] ** 0.5)


def lora_upside_down(x, y, A, B, alpha):
    """the addition with r / alpha in place of alpha / r

    alpha is above: a larger alpha makes the adapter stronger.
    """
    return y + (x @ A.mT) @ B.mT * (A.shape[0] / alpha)


def lora_scales_all(x, y, A, B, alpha):
    """the sum of both, scaled together

    The base's output y stays as it is; only what is added is scaled.
    """
    return (y + (x @ A.mT) @ B.mT) * (alpha / A.shape[0])


def lora_alone(x, y, A, B, alpha):
    """the addition without the base's output

    h = y + ...: the frozen layer is still heard.
    """
    return (x @ A.mT) @ B.mT * (alpha / A.shape[0])


def lora_through_delta(x, y, A, B, alpha):
    """the right answer, by way of the whole matrix Delta W

    Its values are right; its memory is a whole weight's. Go through the r channels: first A, then B.
    """
    return y + x @ (B @ A).mT * (alpha / A.shape[0])


# ------------------------------------------------------------------ switch-adapters


def switch_reference(W, A, B, A_new, B_new, alpha):
    return W - alpha / A.shape[0] * B @ A + alpha / A_new.shape[0] * B_new @ A_new


def switch_by_one_product(W, A, B, A_new, B_new, alpha):
    left = torch.cat([-B / A.shape[0], B_new / A_new.shape[0]], 1)
    return torch.addmm(W, left, torch.cat([A, A_new]) * alpha)


def switch_in_two_steps(W, A, B, A_new, B_new, alpha):
    base = W - (alpha * B / len(A)).matmul(A)
    return base + (alpha * B_new / len(A_new)).matmul(A_new)


def switch_keeps_old(W, A, B, A_new, B_new, alpha):
    """the weight with both adapters in it

    The old one is still there: subtract it first.
    """
    return W + alpha / A_new.shape[0] * B_new @ A_new


def switch_adds_old(W, A, B, A_new, B_new, alpha):
    """the weight with the old adapter in it twice

    W has the old adapter already: subtract it.
    """
    return W + alpha / A.shape[0] * B @ A + alpha / A_new.shape[0] * B_new @ A_new


def switch_only_out(W, A, B, A_new, B_new, alpha):
    """the base, without any adapter

    Add the new one, at its own scale.
    """
    return W - alpha / A.shape[0] * B @ A


def switch_swapped(W, A, B, A_new, B_new, alpha):
    """the weight with the roles swapped: the old one is added, the new one taken out

    The first pair is the one that W holds now.
    """
    return W + alpha / A.shape[0] * B @ A - alpha / A_new.shape[0] * B_new @ A_new


def switch_one_scale(W, A, B, A_new, B_new, alpha):
    """the weight for which both adapters have the old one's scale

    Each adapter has its own rank: alpha / A_new.shape[0] for the new one.
    """
    return W + alpha / A.shape[0] * (B_new @ A_new - B @ A)


def switch_no_scale(W, A, B, A_new, B_new, alpha):
    """the weight without the scales

    What is merged is alpha / r B A.
    """
    return W + B_new @ A_new - B @ A


def switch_alpha_alone(W, A, B, A_new, B_new, alpha):
    """the weight with alpha in place of alpha / r

    Divide by each adapter's own rank.
    """
    return W + alpha * (B_new @ A_new - B @ A)


# ------------------------------------------------------------------ parameter-counts


def count_reference(shapes, r):
    full = sum(d_out * d_in for d_out, d_in in shapes)
    lora = sum(r * (d_out + d_in) for d_out, d_in in shapes)
    return full, lora, lora + sum(d_out for d_out, _ in shapes), lora + r * len(shapes)


def count_in_a_loop(shapes, r):
    full = lora = outputs = values = 0
    for d_out, d_in in shapes:
        full += d_in * d_out
        lora += r * d_in + d_out * r
        outputs += d_out
        values += r
    return full, lora, lora + outputs, lora + values


def count_by_tensors(shapes, r):
    sizes = torch.tensor(shapes)
    lora = r * sizes.sum()
    return sizes.prod(1).sum(), lora, lora + sizes[:, 0].sum(), lora + r * len(sizes)


def count_one_factor(shapes, r):
    """the numbers of one factor alone

    LoRA has two: A with r d_in numbers and B with r d_out.
    """
    full = sum(d_out * d_in for d_out, d_in in shapes)
    lora = sum(r * d_in for _, d_in in shapes)
    return full, lora, lora + sum(d_out for d_out, _ in shapes), lora + r * len(shapes)


def count_product(shapes, r):
    """the numbers of r whole matrices

    A and B are thin: r (d_in + d_out), not r d_in d_out.
    """
    full = sum(d_out * d_in for d_out, d_in in shapes)
    lora = sum(r * d_out * d_in for d_out, d_in in shapes)
    return full, lora, lora + sum(d_out for d_out, _ in shapes), lora + r * len(shapes)


def count_dora_by_inputs(shapes, r):
    """the numbers for a DoRA with a magnitude for each input

    A magnitude belongs to an output: d_out of them in a layer.
    """
    full = sum(d_out * d_in for d_out, d_in in shapes)
    lora = sum(r * (d_out + d_in) for d_out, d_in in shapes)
    return full, lora, lora + sum(d_in for _, d_in in shapes), lora + r * len(shapes)


def count_dora_by_layers(shapes, r):
    """the numbers for a DoRA with a single magnitude in a layer

    Every output has a magnitude of its own.
    """
    full = sum(d_out * d_in for d_out, d_in in shapes)
    lora = sum(r * (d_out + d_in) for d_out, d_in in shapes)
    return full, lora, lora + len(shapes), lora + r * len(shapes)


def count_lambda_squared(shapes, r):
    """the numbers for an AdaLoRA whose Lambda is a full r x r matrix

    It is diagonal: r numbers in a layer.
    """
    full = sum(d_out * d_in for d_out, d_in in shapes)
    lora = sum(r * (d_out + d_in) for d_out, d_in in shapes)
    return full, lora, lora + sum(d_out for d_out, _ in shapes), lora + r * r * len(shapes)


def count_lambda_once(shapes, r):
    """the numbers for an AdaLoRA with one Lambda for all layers

    Every layer has its own r singular values.
    """
    full = sum(d_out * d_in for d_out, d_in in shapes)
    lora = sum(r * (d_out + d_in) for d_out, d_in in shapes)
    return full, lora, lora + sum(d_out for d_out, _ in shapes), lora + r


def count_with_the_base(shapes, r):
    """the numbers of base and adapter together

    The base is frozen: count only what is trained.
    """
    full = sum(d_out * d_in for d_out, d_in in shapes)
    lora = full + sum(r * (d_out + d_in) for d_out, d_in in shapes)
    return full, lora, lora + sum(d_out for d_out, _ in shapes), lora + r * len(shapes)


# ------------------------------------------------------------------ dora-forward


def dora_reference(x, W, A, B, m, alpha):
    V = W + alpha / A.shape[0] * B @ A
    return x @ (m[:, None] * V / V.norm(dim=1, keepdim=True).detach()).mT


def dora_scales_the_output(x, W, A, B, m, alpha):
    V = W + alpha / A.shape[0] * B @ A
    return (x @ V.mT) * (m / V.detach().norm(dim=1))


def dora_without_the_sum(x, W, A, B, m, alpha):
    s = alpha / len(A)
    norm = (W + s * (B @ A)).detach().square().sum(1).sqrt()
    return torch.nn.functional.linear(x, W) * (m / norm) + ((x @ A.T) @ B.T) * s * (m / norm)


def dora_norm_of_columns(x, W, A, B, m, alpha):
    """the layer whose columns, not rows, have length one

    A direction belongs to an output: the norm goes over its inputs, dim=1. (The paper has W the other way round.)
    """
    V = W + alpha / A.shape[0] * B @ A
    return x @ (m[:, None] * V / V.norm(dim=0, keepdim=True).detach()).mT


def dora_one_norm(x, W, A, B, m, alpha):
    """the layer that divides by one norm, that of the whole matrix

    Every output has a direction of its own: `V.norm(dim=1)`.
    """
    V = W + alpha / A.shape[0] * B @ A
    return x @ (m[:, None] * V / V.norm().detach()).mT


def dora_norm_learns(x, W, A, B, m, alpha):
    """the right values, with a gradient that goes through the norm

    The paper treats the norm as a constant: `.detach()` it. That saves memory, and hardly changes what is learned.
    """
    V = W + alpha / A.shape[0] * B @ A
    return x @ (m[:, None] * V / V.norm(dim=1, keepdim=True)).mT


def dora_norm_of_the_base(x, W, A, B, m, alpha):
    """the layer that divides by the norms of W

    Divide by the norm of V = W + alpha / r B A: else the direction's growth changes the magnitude too.
    """
    V = W + alpha / A.shape[0] * B @ A
    return x @ (m[:, None] * V / W.norm(dim=1, keepdim=True)).mT


def dora_direction_alone(x, W, A, B, m, alpha):
    """the layer without its magnitudes

    Multiply each output by its m.
    """
    V = W + alpha / A.shape[0] * B @ A
    return x @ (V / V.norm(dim=1, keepdim=True).detach()).mT


def dora_not_normalised(x, W, A, B, m, alpha):
    """the layer with m times V itself, whose length is not one

    Divide V by its norm first: m is the whole length.
    """
    V = W + alpha / A.shape[0] * B @ A
    return x @ (m[:, None] * V).mT


def dora_without_scale(x, W, A, B, m, alpha):
    """the layer with V = W + B A

    The scale alpha / r is part of V.
    """
    V = W + B @ A
    return x @ (m[:, None] * V / V.norm(dim=1, keepdim=True).detach()).mT


# ------------------------------------------------------------------ adalora-prune


def prune_reference(P, lam, Q, dP, dlam, dQ, keep):
    S = (lam * dlam).abs() + (P * dP).abs().mean(0) + (Q * dQ).abs().mean(1)
    kept = torch.zeros_like(lam)
    best = S.topk(keep).indices
    kept[best] = lam[best]
    return S, kept


def prune_by_sorting(P, lam, Q, dP, dlam, dQ, keep):
    S = lam.abs() * dlam.abs() + (P * dP).abs().sum(0) / len(P) + (Q * dQ).abs().sum(1) / Q.shape[1]
    limit = S.sort(descending=True).values[keep - 1]
    return S, lam.masked_fill(limit > S, 0)


def prune_in_a_loop(P, lam, Q, dP, dlam, dQ, keep):
    S = torch.stack([
        (lam[k] * dlam[k]).abs() + (P[:, k] * dP[:, k]).abs().mean() + (Q[k] * dQ[k]).abs().mean()
        for k in range(len(lam))
    ])  # fmt: skip
    order = S.argsort(descending=True)
    new = lam.clone()
    new[order[keep:]] = 0
    return S, new


def prune_by_values(P, lam, Q, dP, dlam, dQ, keep):
    """the choice by |lambda| alone

    A large singular value may do nothing for the loss: weigh with the gradient, and count P and Q too.
    """
    S = lam.abs()
    kept = torch.zeros_like(lam)
    kept[S.topk(keep).indices] = lam[S.topk(keep).indices]
    return S, kept


def prune_lambda_only(P, lam, Q, dP, dlam, dQ, keep):
    """the choice by the importance of lambda alone

    The entries of P and Q count as well, each with its mean.
    """
    S = (lam * dlam).abs()
    kept = torch.zeros_like(lam)
    kept[S.topk(keep).indices] = lam[S.topk(keep).indices]
    return S, kept


def prune_sums(P, lam, Q, dP, dlam, dQ, keep):
    """the choice by sums over P and Q in place of means

    Take means: else a long side outweighs everything.
    """
    S = (lam * dlam).abs() + (P * dP).abs().sum(0) + (Q * dQ).abs().sum(1)
    kept = torch.zeros_like(lam)
    kept[S.topk(keep).indices] = lam[S.topk(keep).indices]
    return S, kept


def prune_signed(P, lam, Q, dP, dlam, dQ, keep):
    """the choice by importances that keep their sign

    |w dw|: a change in either direction counts.
    """
    S = lam * dlam + (P * dP).mean(0) + (Q * dQ).mean(1)
    kept = torch.zeros_like(lam)
    kept[S.topk(keep).indices] = lam[S.topk(keep).indices]
    return S, kept


def prune_gradients(P, lam, Q, dP, dlam, dQ, keep):
    """the choice by the size of the gradients

    What would be lost with w is about w times its gradient: multiply by the value.
    """
    S = dlam.abs() + dP.abs().mean(0) + dQ.abs().mean(1)
    kept = torch.zeros_like(lam)
    kept[S.topk(keep).indices] = lam[S.topk(keep).indices]
    return S, kept


def prune_keeps_the_worst(P, lam, Q, dP, dlam, dQ, keep):
    """the right scores, with the least important triplets kept

    The largest scores stay: `S.topk(keep)`.
    """
    S = (lam * dlam).abs() + (P * dP).abs().mean(0) + (Q * dQ).abs().mean(1)
    worst = S.topk(keep, largest=False).indices
    kept = torch.zeros_like(lam)
    kept[worst] = lam[worst]
    return S, kept


def prune_keeps_scores(P, lam, Q, dP, dlam, dQ, keep):
    """the right choice, with the scores in place of lambda

    What stays is lambda as it was: the score only chooses.
    """
    S = (lam * dlam).abs() + (P * dP).abs().mean(0) + (Q * dQ).abs().mean(1)
    kept = torch.zeros_like(lam)
    kept[S.topk(keep).indices] = S[S.topk(keep).indices]
    return S, kept


# ------------------------------------------------------------------ soft-threshold


def proximal_reference(g, dg, lr, penalty):
    return soft_threshold(g - lr * dg, lr * penalty)


def proximal_by_softshrink(g, dg, lr, penalty):
    return torch.nn.functional.softshrink(g - lr * dg, lr * penalty)


def proximal_by_cases(g, dg, lr, penalty):
    z, t = g - lr * dg, lr * penalty
    return torch.where(z > t, z - t, torch.where(z < -t, z + t, torch.zeros_like(z)))


def proximal_by_clamp(g, dg, lr, penalty):
    z = g - lr * dg
    return z - z.clamp(-lr * penalty, lr * penalty)


def proximal_penalty_alone(g, dg, lr, penalty):
    """the step whose threshold is the penalty itself

    A short step moves little: the threshold is lr times the penalty.
    """
    z = g - lr * dg
    return z.sign() * (z.abs() - penalty).clamp(min=0)


def proximal_hard(g, dg, lr, penalty):
    """the hard threshold: what is small becomes zero, the rest stays

    The penalty pulls at every gate: what stays loses lr * penalty too.
    """
    z = g - lr * dg
    return z * (z.abs() > lr * penalty)


def proximal_subgradient(g, dg, lr, penalty):
    """a step down the penalty's slope: gates cross zero and never rest there

    Stop at zero: the larger of |z| - lr * penalty and 0.
    """
    z = g - lr * dg
    return z - lr * penalty * z.sign()


def proximal_before_the_step(g, dg, lr, penalty):
    """the threshold before the step

    First the step down the gradient, then the threshold: else no gate is exactly zero afterwards.
    """
    return g.sign() * (g.abs() - lr * penalty).clamp(min=0) - lr * dg


def proximal_loses_the_sign(g, dg, lr, penalty):
    """the sizes of the gates, without their signs

    Multiply by the sign of z.
    """
    z = g - lr * dg
    return (z.abs() - lr * penalty).clamp(min=0)


def proximal_uphill(g, dg, lr, penalty):
    """the step up the gradient

    Go down: g - lr * dg.
    """
    z = g + lr * dg
    return z.sign() * (z.abs() - lr * penalty).clamp(min=0)


def proximal_without_a_step(g, dg, lr, penalty):
    """the threshold without the task's step

    z = g - lr * dg comes first.
    """
    return g.sign() * (g.abs() - lr * penalty).clamp(min=0)


# ------------------------------------------------------------------ dylora-step


def dylora_reference(x, y, A, B, b, alpha):
    first = torch.cat([A[: b - 1].detach(), A[b - 1 : b]])
    last = torch.cat([B[:, : b - 1].detach(), B[:, b - 1 : b]], 1)
    return y + (x @ first.mT) @ last.mT * (alpha / b)


def dylora_in_two_parts(x, y, A, B, b, alpha):
    old = (x @ A.detach()[: b - 1].T) @ B.detach()[:, : b - 1].T
    new = (x @ A[b - 1])[..., None] * B[:, b - 1]
    return y + alpha * (old + new) / b


def dylora_by_masks(x, y, A, B, b, alpha):
    n = torch.arange(len(A))
    learns, heard = (n == b - 1).to(A.dtype), (n < b).to(A.dtype)
    A = A * learns[:, None] + (A * (1 - learns[:, None])).detach()
    B = B * learns + (B * (1 - learns)).detach()
    return y + ((x @ A.mT) * heard) @ B.mT * alpha / b


def dylora_all_learn(x, y, A, B, b, alpha):
    """the right values, with a gradient for all of the first b

    In this variant only the last of them learns: detach the others.
    """
    return y + (x @ A[:b].mT) @ B[:, :b].mT * (alpha / b)


def dylora_last_alone(x, y, A, B, b, alpha):
    """the addition of number b alone

    The first b - 1 are heard too; they only don't learn.
    """
    return y + (x @ A[b - 1 : b].mT) @ B[:, b - 1 : b].mT * (alpha / b)


def dylora_scale_of_r(x, y, A, B, b, alpha):
    """the cut addition at the scale of the whole rank

    Cut to b it is a LoRA of rank b: divide by b.
    """
    first = torch.cat([A[: b - 1].detach(), A[b - 1 : b]])
    last = torch.cat([B[:, : b - 1].detach(), B[:, b - 1 : b]], 1)
    return y + (x @ first.mT) @ last.mT * (alpha / A.shape[0])


def dylora_last_b(x, y, A, B, b, alpha):
    """the addition of the last b ranks

    The first b: the most important things shall stand in front.
    """
    r = len(A)
    first = torch.cat([A[r - b : r - 1].detach(), A[r - 1 :]])
    last = torch.cat([B[:, r - b : r - 1].detach(), B[:, r - 1 :]], 1)
    return y + (x @ first.mT) @ last.mT * (alpha / b)


def dylora_one_too_many(x, y, A, B, b, alpha):
    """the addition of one rank too few

    Up to and with number b: in Python `A[:b]`, and the last of them is `A[b - 1]`.
    """
    c = max(b - 1, 1)
    first = torch.cat([A[: c - 1].detach(), A[c - 1 : c]])
    last = torch.cat([B[:, : c - 1].detach(), B[:, c - 1 : c]], 1)
    return y + (x @ first.mT) @ last.mT * (alpha / b)


def dylora_nothing_old_reaches_x(x, y, A, B, b, alpha):
    """the right values, with a gradient of x that misses the first b - 1

    Detach A and B, not their product with x: layers below have to hear of everything.
    """
    old = ((x @ A[: b - 1].mT) @ B[:, : b - 1].mT).detach()
    new = (x @ A[b - 1 : b].mT) @ B[:, b - 1 : b].mT
    return y + (old + new) * (alpha / b)


def dylora_not_cut(x, y, A, B, b, alpha):
    """the addition of all ranks

    Cut A to its first b rows, and B to its first b columns.
    """
    return y + (x @ A.mT) @ B.mT * (alpha / b)


THIN = "the k columns that are kept are the same; only the unused ones cost more"

PRIVATE = {
    "truncated-svd": Private(
        reference=low_rank.truncate,
        variants=(truncate_left, truncate_by_eigenvectors),
        misconceptions=(
            truncate_smallest,
            truncate_without_values,
            truncate_values_twice,
            truncate_first_rows,
            truncate_full_factors,
        ),
        hidden={"a long matrix": _matrix(40, 6, 3), "rank one": _matrix(7, 7, 1)},
        equivalent={
            "torch.linalg.svd(X, full_matrices=False) -> torch.linalg.svd(X)": THIN,
            "False -> True": THIN,
        },
    ),
    "lora-forward": Private(
        reference=lora_reference,
        variants=(lora_by_linear, lora_by_einsum),
        misconceptions=(
            lora_alpha_alone,
            lora_no_scale,
            lora_root_scale,
            lora_upside_down,
            lora_scales_all,
            lora_alone,
            lora_through_delta,
        ),
        hidden={
            "any leading dimensions": _layer(2, 1, 3, d_in=5, d_out=4, r=3),
            "a larger layer": _layer(3, d_in=64, d_out=48, r=4),
        },
    ),
    "switch-adapters": Private(
        reference=switch_reference,
        variants=(switch_by_one_product, switch_in_two_steps),
        misconceptions=(
            switch_keeps_old,
            switch_adds_old,
            switch_only_out,
            switch_swapped,
            switch_one_scale,
            switch_no_scale,
            switch_alpha_alone,
        ),
        hidden={"larger": _two_adapters(16, 12, 4, 8, alpha=16.0), "rank one": _two_adapters(5, 2, 1, 1, alpha=2.0)},
    ),
    "parameter-counts": Private(
        reference=count_reference,
        variants=(count_in_a_loop, count_by_tensors),
        misconceptions=(
            count_one_factor,
            count_product,
            count_dora_by_inputs,
            count_dora_by_layers,
            count_lambda_squared,
            count_lambda_once,
            count_with_the_base,
        ),
        hidden={
            "a real block": _layers([[576, 576], [192, 576], [192, 576], [576, 576], [1536, 576], [576, 1536]], 8),
            "two layers": _layers([[5, 7], [7, 5]], 4),
        },
        equivalent={"(d_out, d_in) -> (d_in, d_out)": "product and sum of two numbers don't know their order"},
    ),
    "dora-forward": Private(
        reference=dora_reference,
        variants=(dora_scales_the_output, dora_without_the_sum),
        misconceptions=(
            dora_norm_of_columns,
            dora_one_norm,
            dora_norm_learns,
            dora_norm_of_the_base,
            dora_direction_alone,
            dora_not_normalised,
            dora_without_scale,
        ),
        hidden={"larger": _direction(2, 3, d_in=12, d_out=9, r=4), "rank one": _direction(d_in=3, d_out=4, r=1)},
    ),
    "adalora-prune": Private(
        reference=prune_reference,
        variants=(prune_by_sorting, prune_in_a_loop),
        misconceptions=(
            prune_by_values,
            prune_lambda_only,
            prune_sums,
            prune_signed,
            prune_gradients,
            prune_keeps_the_worst,
            prune_keeps_scores,
        ),
        hidden={"four of twelve": _triplets(9, 5, 12, 4), "two of six": _triplets(4, 20, 6, 2)},
    ),
    "soft-threshold": Private(
        reference=proximal_reference,
        variants=(proximal_by_softshrink, proximal_by_cases, proximal_by_clamp),
        misconceptions=(
            proximal_penalty_alone,
            proximal_hard,
            proximal_subgradient,
            proximal_before_the_step,
            proximal_loses_the_sign,
            proximal_uphill,
            proximal_without_a_step,
        ),
        hidden={"many gates": _gates(64, lr=0.3, penalty=2.0), "no penalty": _gates(7, lr=0.5, penalty=0.0)},
    ),
    "dylora-step": Private(
        reference=dylora_reference,
        variants=(dylora_in_two_parts, dylora_by_masks),
        misconceptions=(
            dylora_all_learn,
            dylora_last_alone,
            dylora_scale_of_r,
            dylora_last_b,
            dylora_one_too_many,
            dylora_nothing_old_reaches_x,
            dylora_not_cut,
        ),
        hidden={"b = 3 of 8": _cut(2, 3, d_in=6, d_out=5, r=8, b=3), "one row": _cut(4, d_in=3, d_out=2, r=5, b=4)},
    ),
}
