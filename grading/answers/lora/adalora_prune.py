"""Answers to adalora-prune by people who have not seen its private half."""

import numpy as np
import torch

from grading.answers import answer


def score(P, lam, Q, dP, dlam, dQ):
    return (lam * dlam).abs() + (P * dP).abs().mean(0) + (Q * dQ).abs().mean(1)


def cut(S, lam, keep):
    kept = torch.zeros_like(lam)
    best = S.topk(keep).indices
    kept[best] = lam[best]
    return kept


@answer("adalora-prune", "sums in place of means", "wrong", means="sums")
def _(P, lam, Q, dP, dlam, dQ, keep):
    S = (lam * dlam).abs() + (P * dP).abs().sum(0) + (Q * dQ).abs().sum(1)
    return S, cut(S, lam, keep)


@answer("adalora-prune", "d_in and d_out exchanged under the sums", "wrong", means="lengths_exchanged")
def _(P, lam, Q, dP, dlam, dQ, keep):
    S = (lam * dlam).abs() + (P * dP).abs().sum(0) / Q.shape[1] + (Q * dQ).abs().sum(1) / P.shape[0]
    return S, cut(S, lam, keep)


@answer("adalora-prune", "divides by r", "wrong", means="divided_by_the_rank")
def _(P, lam, Q, dP, dlam, dQ, keep):
    r = len(lam)
    S = (lam * dlam).abs() + (P * dP).abs().sum(0) / r + (Q * dQ).abs().sum(1) / r
    return S, cut(S, lam, keep)


@answer("adalora-prune", "abs after the sum", "wrong", means="size_after_the_mean")
def _(P, lam, Q, dP, dlam, dQ, keep):
    S = (lam * dlam).abs() + (P * dP).mean(0).abs() + (Q * dQ).mean(1).abs()
    return S, cut(S, lam, keep)


@answer("adalora-prune", "no abs at all", "wrong", means="signed")
def _(P, lam, Q, dP, dlam, dQ, keep):
    S = lam * dlam + (P * dP).mean(0) + (Q * dQ).mean(1)
    return S, cut(S, lam, keep)


@answer("adalora-prune", "abs of all three together", "wrong", means="size_of_the_sum")
def _(P, lam, Q, dP, dlam, dQ, keep):
    S = (lam * dlam + (P * dP).mean(0) + (Q * dQ).mean(1)).abs()
    return S, cut(S, lam, keep)


@answer("adalora-prune", "abs of lambda's part forgotten", "wrong", means="lambda_signed")
def _(P, lam, Q, dP, dlam, dQ, keep):
    S = lam * dlam + (P * dP).abs().mean(0) + (Q * dQ).abs().mean(1)
    return S, cut(S, lam, keep)


@answer("adalora-prune", "squares in place of abs", "wrong", means="squares")
def _(P, lam, Q, dP, dlam, dQ, keep):
    S = (lam * dlam) ** 2 + ((P * dP) ** 2).mean(0) + ((Q * dQ) ** 2).mean(1)
    return S, cut(S, lam, keep)


@answer("adalora-prune", "root of the mean square", "wrong", means="root_mean_square")
def _(P, lam, Q, dP, dlam, dQ, keep):
    S = (lam * dlam).abs() + (P * dP).pow(2).mean(0).sqrt() + (Q * dQ).pow(2).mean(1).sqrt()
    return S, cut(S, lam, keep)


@answer("adalora-prune", "gradient alone", "wrong", means="gradients_alone")
def _(P, lam, Q, dP, dlam, dQ, keep):
    S = dlam.abs() + dP.abs().mean(0) + dQ.abs().mean(1)
    return S, cut(S, lam, keep)


@answer("adalora-prune", "value alone", "wrong", means="values_alone")
def _(P, lam, Q, dP, dlam, dQ, keep):
    S = lam.abs() + P.abs().mean(0) + Q.abs().mean(1)
    return S, cut(S, lam, keep)


@answer("adalora-prune", "lambda's part only", "wrong", means="lambda_only")
def _(P, lam, Q, dP, dlam, dQ, keep):
    S = (lam * dlam).abs()
    return S, cut(S, lam, keep)


@answer("adalora-prune", "lambda's part forgotten", "wrong", means="vectors_alone")
def _(P, lam, Q, dP, dlam, dQ, keep):
    S = (P * dP).abs().mean(0) + (Q * dQ).abs().mean(1)
    return S, cut(S, lam, keep)


@answer("adalora-prune", "Q forgotten", "wrong", means="without_q")
def _(P, lam, Q, dP, dlam, dQ, keep):
    S = (lam * dlam).abs() + (P * dP).abs().mean(0)
    return S, cut(S, lam, keep)


@answer("adalora-prune", "product of the three parts", "wrong", means="parts_multiplied")
def _(P, lam, Q, dP, dlam, dQ, keep):
    S = (lam * dlam).abs() * (P * dP).abs().mean(0) * (Q * dQ).abs().mean(1)
    return S, cut(S, lam, keep)


@answer("adalora-prune", "product of mean value and mean gradient", "wrong", means="means_multiplied")
def _(P, lam, Q, dP, dlam, dQ, keep):
    S = (lam * dlam).abs() + P.abs().mean(0) * dP.abs().mean(0) + Q.abs().mean(1) * dQ.abs().mean(1)
    return S, cut(S, lam, keep)


@answer("adalora-prune", "means over the wrong axes", "wrong")
def _(P, lam, Q, dP, dlam, dQ, keep):
    S = (lam * dlam).abs() + (P * dP).abs().mean(1) + (Q * dQ).abs().mean(0)
    return S, cut(S, lam, keep)


@answer("adalora-prune", "means over whole matrices", "wrong", means="whole_matrices")
def _(P, lam, Q, dP, dlam, dQ, keep):
    S = (lam * dlam).abs() + (P * dP).abs().mean() + (Q * dQ).abs().mean()
    return S, cut(S, lam, keep)


@answer("adalora-prune", "max over the entries", "wrong", means="largest_entry")
def _(P, lam, Q, dP, dlam, dQ, keep):
    S = (lam * dlam).abs() + (P * dP).abs().amax(0) + (Q * dQ).abs().amax(1)
    return S, cut(S, lam, keep)


@answer("adalora-prune", "one mean over all numbers of a triplet", "wrong", means="one_mean")
def _(P, lam, Q, dP, dlam, dQ, keep):
    both = torch.cat([(P * dP).abs(), (Q * dQ).abs().T])
    S = (lam * dlam).abs() + both.mean(0)
    return S, cut(S, lam, keep)


@answer("adalora-prune", "keeps the worst", "wrong", means="keeps_the_worst")
def _(P, lam, Q, dP, dlam, dQ, keep):
    S = score(P, lam, Q, dP, dlam, dQ)
    kept = torch.zeros_like(lam)
    best = S.topk(keep, largest=False).indices
    kept[best] = lam[best]
    return S, kept


@answer("adalora-prune", "zeros for the keep best", "wrong", means="best_closed")
def _(P, lam, Q, dP, dlam, dQ, keep):
    S = score(P, lam, Q, dP, dlam, dQ)
    kept = lam.clone()
    kept[S.topk(keep).indices] = 0
    return S, kept


@answer("adalora-prune", "best by lambda's size, not by the score", "wrong", means="chosen_by_lambda")
def _(P, lam, Q, dP, dlam, dQ, keep):
    return score(P, lam, Q, dP, dlam, dQ), cut(lam.abs(), lam, keep)


@answer("adalora-prune", "the first keep", "wrong", means="first_ones")
def _(P, lam, Q, dP, dlam, dQ, keep):
    kept = lam.clone()
    kept[keep:] = 0
    return score(P, lam, Q, dP, dlam, dQ), kept


@answer("adalora-prune", "only the kept ones returned: shape (keep,)", "wrong")
def _(P, lam, Q, dP, dlam, dQ, keep):
    S = score(P, lam, Q, dP, dlam, dQ)
    return S, lam[S.topk(keep).indices]


@answer("adalora-prune", "kept ones sorted by score", "wrong", means="moved_to_the_front")
def _(P, lam, Q, dP, dlam, dQ, keep):
    S = score(P, lam, Q, dP, dlam, dQ)
    kept = torch.zeros_like(lam)
    kept[:keep] = lam[S.topk(keep).indices]
    return S, kept


@answer("adalora-prune", "one too few: strictly above the keep-th", "wrong", means="one_too_few")
def _(P, lam, Q, dP, dlam, dQ, keep):
    S = score(P, lam, Q, dP, dlam, dQ)
    return S, lam * S.gt(S.sort(descending=True).values[keep - 1])


@answer("adalora-prune", "one too many: threshold at index keep", "wrong", means="one_too_many")
def _(P, lam, Q, dP, dlam, dQ, keep):
    S = score(P, lam, Q, dP, dlam, dQ)
    floor = S.sort(descending=True).values[min(keep, len(S) - 1)]
    return S, lam * S.ge(floor)


@answer("adalora-prune", "scores put in place of lambda", "wrong", means="keeps_scores")
def _(P, lam, Q, dP, dlam, dQ, keep):
    S = score(P, lam, Q, dP, dlam, dQ)
    return S, cut(S, S, keep)


@answer("adalora-prune", "a mask in place of lambda", "wrong", means="ones_for_lambda")
def _(P, lam, Q, dP, dlam, dQ, keep):
    S = score(P, lam, Q, dP, dlam, dQ)
    return S, cut(S, torch.ones_like(lam), keep)


@answer("adalora-prune", "pruned scores returned", "wrong", means="scores_cut")
def _(P, lam, Q, dP, dlam, dQ, keep):
    S = score(P, lam, Q, dP, dlam, dQ)
    return cut(S, S, keep), cut(S, lam, keep)


@answer("adalora-prune", "lambda pruned in place", "wrong")
def _(P, lam, Q, dP, dlam, dQ, keep):
    S = score(P, lam, Q, dP, dlam, dQ)
    lam[S.argsort(descending=True)[keep:]] = 0
    return S, lam


@answer("adalora-prune", "the keep worst zeroed, not the r - keep worst", "wrong")
def _(P, lam, Q, dP, dlam, dQ, keep):
    S = score(P, lam, Q, dP, dlam, dQ)
    kept = lam.clone()
    kept[S.argsort()[: -(len(lam) - keep)]] = 0
    return S, kept


@answer("adalora-prune", "parts averaged: / 3", "wrong", means="parts_averaged")
def _(P, lam, Q, dP, dlam, dQ, keep):
    S = score(P, lam, Q, dP, dlam, dQ) / 3
    return S, cut(S, lam, keep)


@answer("adalora-prune", "order lam, S", "wrong")
def _(P, lam, Q, dP, dlam, dQ, keep):
    S = score(P, lam, Q, dP, dlam, dQ)
    return cut(S, lam, keep), S


@answer("adalora-prune", "argsort and scatter", "right")
def _(P, lam, Q, dP, dlam, dQ, keep):
    S = score(P, lam, Q, dP, dlam, dQ)
    mask = torch.zeros_like(lam).scatter(0, S.argsort(descending=True)[:keep], 1.0)
    return S, lam * mask


@answer("adalora-prune", "einsum for the sums", "right")
def _(P, lam, Q, dP, dlam, dQ, keep):
    S = torch.abs(lam * dlam)
    S = S + torch.einsum("ik,ik->k", P.abs(), dP.abs()) / P.shape[0]
    S = S + torch.einsum("kj,kj->k", Q.abs(), dQ.abs()) / Q.shape[1]
    return S, torch.where(S.ge(S.topk(keep).values.min()), lam, torch.zeros_like(lam))


@answer("adalora-prune", "loop over triplets", "right")
def _(P, lam, Q, dP, dlam, dQ, keep):
    S = torch.stack(
        [
            (lam[k] * dlam[k]).abs()
            + sum((P[i, k] * dP[i, k]).abs() for i in range(len(P))) / len(P)
            + sum((Q[k, j] * dQ[k, j]).abs() for j in range(Q.shape[1])) / Q.shape[1]
            for k in range(len(lam))
        ]
    )
    ranked = sorted(range(len(lam)), key=lambda k: S[k].item(), reverse=True)
    kept = lam.clone()
    for k in ranked[keep:]:
        kept[k] = 0
    return S, kept


@answer("adalora-prune", "numpy inside", "right")
def _(P, lam, Q, dP, dlam, dQ, keep):
    p, v, q, dp, dv, dq = (z.detach().numpy() for z in (P, lam, Q, dP, dlam, dQ))
    S = np.abs(v * dv) + np.abs(p * dp).mean(axis=0) + np.abs(q * dq).mean(axis=1)
    kept = np.where(np.argsort(np.argsort(-S)) < keep, v, 0)
    return torch.from_numpy(S), torch.from_numpy(kept).to(lam.dtype)


@answer("adalora-prune", "rank by counting those above", "right")
def _(P, lam, Q, dP, dlam, dQ, keep):
    S = score(P, lam, Q, dP, dlam, dQ)
    above = (S[None, :] > S[:, None]).sum(1)
    return S, lam.masked_fill(above >= keep, 0)


@answer("adalora-prune", "L1 norms", "right")
def _(P, lam, Q, dP, dlam, dQ, keep):
    part = lambda w, dw, dim: torch.linalg.vector_norm(w * dw, 1, dim=dim) / w.shape[dim]
    S = part(P, dP, 0) + part(Q, dQ, 1) + part(lam[None], dlam[None], 0)
    worst = torch.topk(S, len(lam) - keep, largest=False).indices
    return [S, lam.index_fill(0, worst, 0)]


@answer("adalora-prune", "absolute value after the mean: |mean(P dP)|", "wrong", means="size_after_the_mean")
def _(P, lam, Q, dP, dlam, dQ, keep):
    S = (lam * dlam).abs() + (P * dP).mean(0).abs() + (Q * dQ).mean(1).abs()
    out = torch.zeros_like(lam)
    idx = S.topk(keep).indices
    out[idx] = lam[idx]
    return S, out


@answer("adalora-prune", "sums over the column and row in place of means", "wrong", means="sums")
def _(P, lam, Q, dP, dlam, dQ, keep):
    S = (lam * dlam).abs() + (P * dP).abs().sum(0) + (Q * dQ).abs().sum(1)
    idx = S.topk(keep).indices
    mask = torch.zeros_like(lam)
    mask[idx] = 1
    return S, lam * mask


@answer("adalora-prune", "`keep` read as the number to take away", "wrong", means="number_to_take_away")
def _(P, lam, Q, dP, dlam, dQ, keep):
    S = (lam * dlam).abs() + (P * dP).abs().mean(0) + (Q * dQ).abs().mean(1)
    out = lam.clone()
    out[S.argsort()[:keep]] = 0
    return S, out


@answer("adalora-prune", "lam of the given argument is zeroed in place", "wrong")
def _(P, lam, Q, dP, dlam, dQ, keep):
    S = (lam * dlam).abs() + (P * dP).abs().mean(0) + (Q * dQ).abs().mean(1)
    lam[S.argsort(descending=True)[keep:]] = 0
    return S, lam


@answer("adalora-prune", "returns only the kept values of lam, (keep,)", "wrong")
def _(P, lam, Q, dP, dlam, dQ, keep):
    S = (lam * dlam).abs() + (P * dP).abs().mean(0) + (Q * dQ).abs().mean(1)
    return S, lam[S.topk(keep).indices]


@answer("adalora-prune", "importance is the square of the product", "wrong", means="squares")
def _(P, lam, Q, dP, dlam, dQ, keep):
    imp = lambda w, g: (w * g) ** 2
    S = imp(lam, dlam) + imp(P, dP).mean(0) + imp(Q, dQ).mean(1)
    out = torch.zeros_like(lam)
    idx = S.topk(keep).indices
    out[idx] = lam[idx]
    return S, out


@answer("adalora-prune", "mean of the three parts taken over all numbers of the triplet", "wrong")
def _(P, lam, Q, dP, dlam, dQ, keep):
    total = (lam * dlam).abs() + (P * dP).abs().sum(0) + (Q * dQ).abs().sum(1)
    S = total / (1 + P.shape[0] + Q.shape[1])
    out = torch.zeros_like(lam)
    idx = S.topk(keep).indices
    out[idx] = lam[idx]
    return S, out


@answer("adalora-prune", "keeps by the largest |lam|, not by the score", "wrong", means="chosen_by_lambda")
def _(P, lam, Q, dP, dlam, dQ, keep):
    S = (lam * dlam).abs() + (P * dP).abs().mean(0) + (Q * dQ).abs().mean(1)
    idx = lam.abs().topk(keep).indices
    out = torch.zeros_like(lam)
    out[idx] = lam[idx]
    return S, out


@answer(
    "adalora-prune",
    "writes the kept values to the front, in the order of the score",
    "wrong",
    means="moved_to_the_front",
)
def _(P, lam, Q, dP, dlam, dQ, keep):
    S = (lam * dlam).abs() + (P * dP).abs().mean(0) + (Q * dQ).abs().mean(1)
    out = torch.zeros_like(lam)
    out[:keep] = lam[S.topk(keep).indices]
    return S, out


@answer("adalora-prune", "loops for the score, rank by counting", "right")
def _(P, lam, Q, dP, dlam, dQ, keep):
    r = len(lam)
    S = torch.zeros_like(lam)
    for k in range(r):
        S[k] = (lam[k] * dlam[k]).abs()
        S[k] += sum((P[i, k] * dP[i, k]).abs() for i in range(P.shape[0])) / P.shape[0]
        S[k] += sum((Q[k, j] * dQ[k, j]).abs() for j in range(Q.shape[1])) / Q.shape[1]
    out = lam.clone()
    for k in S.argsort(descending=True)[keep:].tolist():
        out[k] = 0.0
    return S, out


@answer("adalora-prune", "einsum of absolute values, scatter", "right")
def _(P, lam, Q, dP, dlam, dQ, keep):
    a = torch.einsum("ik,ik->k", P.abs(), dP.abs()) / P.shape[0]
    b = torch.einsum("kj,kj->k", Q.abs(), dQ.abs()) / Q.shape[1]
    S = lam.abs() * dlam.abs() + a + b
    best = torch.topk(S, keep).indices
    return S, torch.zeros_like(lam).scatter(0, best, lam.gather(0, best))


@answer("adalora-prune", "kthvalue threshold on own mask", "right")
def _(P, lam, Q, dP, dlam, dQ, keep):
    S = (lam * dlam).abs() + (P * dP).abs().mean(dim=0) + (Q * dQ).abs().mean(dim=-1)
    order = sorted(range(len(S)), key=lambda k: -S[k].item())
    mask = torch.zeros(len(S), dtype=torch.bool)
    mask[order[:keep]] = True
    return S, torch.where(mask, lam, torch.zeros((), dtype=lam.dtype))
