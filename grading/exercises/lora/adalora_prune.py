"""The private half of adalora-prune."""

import torch
from llmcourse.checks.labs.lora.adalora_prune import triplets

from grading.exercises import misconception, reference, stages, variant

CASES = {"four of twelve": triplets(9, 5, 12, 4), "two of six": triplets(4, 20, 6, 2)}


@reference
def prune(P, lam, Q, dP, dlam, dQ, keep):
    S = (lam * dlam).abs() + (P * dP).abs().mean(0) + (Q * dQ).abs().mean(1)
    kept = torch.zeros_like(lam)
    best = S.topk(keep).indices
    kept[best] = lam[best]
    return S, kept


@variant
def by_sorting(P, lam, Q, dP, dlam, dQ, keep):
    S = lam.abs() * dlam.abs() + (P * dP).abs().sum(0) / len(P) + (Q * dQ).abs().sum(1) / Q.shape[1]
    limit = S.sort(descending=True).values[keep - 1]
    return S, lam.masked_fill(limit > S, 0)


@variant
def in_a_loop(P, lam, Q, dP, dlam, dQ, keep):
    S = torch.stack([
        (lam[k] * dlam[k]).abs() + (P[:, k] * dP[:, k]).abs().mean() + (Q[k] * dQ[k]).abs().mean()
        for k in range(len(lam))
    ])  # fmt: skip
    order = S.argsort(descending=True)
    new = lam.clone()
    new[order[keep:]] = 0
    return S, new


@stages
def on_the_way(P, lam, Q, dP, dlam, dQ, keep):
    return {
        "the sensitivity |lam dlam|": (lam * dlam).abs(),
        "the sensitivities |P dP|": (P * dP).abs(),
        "their mean over each column of P": (P * dP).abs().mean(0),
        "the mean of |Q dQ| over each row of Q": (Q * dQ).abs().mean(1),
    }


@misconception(
    says="the choice by |lambda| alone",
    hint="A large singular value may do nothing for the loss: weigh with the gradient, and count P and Q too.",
)
def by_values(P, lam, Q, dP, dlam, dQ, keep):
    S = lam.abs()
    kept = torch.zeros_like(lam)
    kept[S.topk(keep).indices] = lam[S.topk(keep).indices]
    return S, kept


@misconception(
    says="the choice by the importance of lambda alone",
    hint="The entries of P and Q count as well, each with its mean.",
)
def lambda_only(P, lam, Q, dP, dlam, dQ, keep):
    S = (lam * dlam).abs()
    kept = torch.zeros_like(lam)
    kept[S.topk(keep).indices] = lam[S.topk(keep).indices]
    return S, kept


@misconception(
    says="the choice by sums over P and Q in place of means",
    hint="Take means: else a long side outweighs everything.",
)
def sums(P, lam, Q, dP, dlam, dQ, keep):
    S = (lam * dlam).abs() + (P * dP).abs().sum(0) + (Q * dQ).abs().sum(1)
    kept = torch.zeros_like(lam)
    kept[S.topk(keep).indices] = lam[S.topk(keep).indices]
    return S, kept


@misconception(
    says="the choice by importances that keep their sign",
    hint="|w dw|: a change in either direction counts.",
)
def signed(P, lam, Q, dP, dlam, dQ, keep):
    S = lam * dlam + (P * dP).mean(0) + (Q * dQ).mean(1)
    kept = torch.zeros_like(lam)
    kept[S.topk(keep).indices] = lam[S.topk(keep).indices]
    return S, kept


@misconception(
    says="the choice by the size of the gradients",
    hint="What would be lost with w is about w times its gradient: multiply by the value.",
)
def gradients_alone(P, lam, Q, dP, dlam, dQ, keep):
    S = dlam.abs() + dP.abs().mean(0) + dQ.abs().mean(1)
    kept = torch.zeros_like(lam)
    kept[S.topk(keep).indices] = lam[S.topk(keep).indices]
    return S, kept


@misconception(
    says="the right scores, with the least important triplets kept",
    hint="The largest scores stay: `S.topk(keep)`.",
)
def keeps_the_worst(P, lam, Q, dP, dlam, dQ, keep):
    S = (lam * dlam).abs() + (P * dP).abs().mean(0) + (Q * dQ).abs().mean(1)
    worst = S.topk(keep, largest=False).indices
    kept = torch.zeros_like(lam)
    kept[worst] = lam[worst]
    return S, kept


@misconception(
    says="the right choice, with the scores in place of lambda",
    hint="What stays is lambda as it was: the score only chooses.",
)
def keeps_scores(P, lam, Q, dP, dlam, dQ, keep):
    S = (lam * dlam).abs() + (P * dP).abs().mean(0) + (Q * dQ).abs().mean(1)
    kept = torch.zeros_like(lam)
    kept[S.topk(keep).indices] = S[S.topk(keep).indices]
    return S, kept


@misconception(
    says="the choice by scores in which lambda's importance keeps its sign",
    hint="I(lambda) = |lambda dlambda|: a change in either direction counts.",
)
def lambda_signed(P, lam, Q, dP, dlam, dQ, keep):
    S = lam * dlam + (P * dP).abs().mean(0) + (Q * dQ).abs().mean(1)
    best = S.topk(keep).indices
    kept = torch.zeros_like(lam)
    kept[best] = lam[best]
    return S, kept


@misconception(
    says="the choice by |mean of w dw|: signs cancel before the absolute value is taken",
    hint="|w dw| comes first, for every number, and the means afterwards: `(P * dP).abs().mean(0)`.",
)
def size_after_the_mean(P, lam, Q, dP, dlam, dQ, keep):
    S = (lam * dlam).abs() + (P * dP).mean(0).abs() + (Q * dQ).mean(1).abs()
    best = S.topk(keep).indices
    kept = torch.zeros_like(lam)
    kept[best] = lam[best]
    return S, kept


@misconception(
    says="the choice by the absolute value of all three parts together",
    hint="|w dw| comes first, for every number, and the means afterwards: `(P * dP).abs().mean(0)`.",
)
def size_of_the_sum(P, lam, Q, dP, dlam, dQ, keep):
    S = (lam * dlam + (P * dP).mean(0) + (Q * dQ).mean(1)).abs()
    best = S.topk(keep).indices
    kept = torch.zeros_like(lam)
    kept[best] = lam[best]
    return S, kept


@misconception(
    says="the choice by means of squares, (w dw)^2",
    hint="I(w) = |w dw|, without a square.",
)
def squares(P, lam, Q, dP, dlam, dQ, keep):
    S = (lam * dlam).square() + (P * dP).square().mean(0) + (Q * dQ).square().mean(1)
    best = S.topk(keep).indices
    kept = torch.zeros_like(lam)
    kept[best] = lam[best]
    return S, kept


@misconception(
    says="the choice by roots of mean squares over P and Q",
    hint="Take plain means of |w dw|.",
)
def root_mean_square(P, lam, Q, dP, dlam, dQ, keep):
    S = (lam * dlam).abs() + (P * dP).square().mean(0).sqrt() + (Q * dQ).square().mean(1).sqrt()
    best = S.topk(keep).indices
    kept = torch.zeros_like(lam)
    kept[best] = lam[best]
    return S, kept


@misconception(
    says="the choice by the largest entry of each column of P and each row of Q",
    hint="Take means of |w dw|, not the largest.",
)
def largest_entry(P, lam, Q, dP, dlam, dQ, keep):
    S = (lam * dlam).abs() + (P * dP).abs().amax(0) + (Q * dQ).abs().amax(1)
    best = S.topk(keep).indices
    kept = torch.zeros_like(lam)
    kept[best] = lam[best]
    return S, kept


@misconception(
    says="the choice by the size of the values, without gradients",
    hint="A large number may do nothing for the loss: multiply each by its gradient.",
)
def values_alone(P, lam, Q, dP, dlam, dQ, keep):
    S = lam.abs() + P.abs().mean(0) + Q.abs().mean(1)
    best = S.topk(keep).indices
    kept = torch.zeros_like(lam)
    kept[best] = lam[best]
    return S, kept


@misconception(
    says="the choice by P and Q alone, without lambda's own importance",
    hint="S_k begins with I(lambda_k) = |lambda_k dlambda_k|.",
)
def vectors_alone(P, lam, Q, dP, dlam, dQ, keep):
    S = (P * dP).abs().mean(0) + (Q * dQ).abs().mean(1)
    best = S.topk(keep).indices
    kept = torch.zeros_like(lam)
    kept[best] = lam[best]
    return S, kept


@misconception(
    says="the choice by lambda and P alone",
    hint="The row Q[k] counts as well, with its mean.",
)
def without_q(P, lam, Q, dP, dlam, dQ, keep):
    S = (lam * dlam).abs() + (P * dP).abs().mean(0)
    best = S.topk(keep).indices
    kept = torch.zeros_like(lam)
    kept[best] = lam[best]
    return S, kept


@misconception(
    says="the choice by lambda and Q alone",
    hint="The column P[:, k] counts as well, with its mean.",
)
def without_p(P, lam, Q, dP, dlam, dQ, keep):
    S = (lam * dlam).abs() + (Q * dQ).abs().mean(1)
    best = S.topk(keep).indices
    kept = torch.zeros_like(lam)
    kept[best] = lam[best]
    return S, kept


@misconception(
    says="the choice by sums over P and Q that are divided by each other's length",
    hint="The sum over a column of P is divided by d_out, its length, and that over a row of Q by d_in.",
)
def lengths_exchanged(P, lam, Q, dP, dlam, dQ, keep):
    S = (lam * dlam).abs() + (P * dP).abs().sum(0) / Q.shape[1] + (Q * dQ).abs().sum(1) / len(P)
    best = S.topk(keep).indices
    kept = torch.zeros_like(lam)
    kept[best] = lam[best]
    return S, kept


@misconception(
    says="the choice by sums over P and Q that are divided by r",
    hint="The sum over a column of P is divided by d_out, its length, and that over a row of Q by d_in.",
)
def divided_by_the_rank(P, lam, Q, dP, dlam, dQ, keep):
    S = (lam * dlam).abs() + (P * dP).abs().sum(0) / len(lam) + (Q * dQ).abs().sum(1) / len(lam)
    best = S.topk(keep).indices
    kept = torch.zeros_like(lam)
    kept[best] = lam[best]
    return S, kept


@misconception(
    says="the choice by means over all of P and all of Q, which are the same for each triplet",
    hint="Each triplet has a column of P and a row of Q: `mean(0)` and `mean(1)`.",
)
def whole_matrices(P, lam, Q, dP, dlam, dQ, keep):
    S = (lam * dlam).abs() + (P * dP).abs().mean() + (Q * dQ).abs().mean()
    best = S.topk(keep).indices
    kept = torch.zeros_like(lam)
    kept[best] = lam[best]
    return S, kept


@misconception(
    says="the choice by one mean over all numbers of P[:, k] and Q[k] together",
    hint="P and Q have a mean each: so the longer side does not outweigh the other.",
)
def one_mean(P, lam, Q, dP, dlam, dQ, keep):
    S = (lam * dlam).abs() + torch.cat([(P * dP).abs(), (Q * dQ).abs().mT]).mean(0)
    best = S.topk(keep).indices
    kept = torch.zeros_like(lam)
    kept[best] = lam[best]
    return S, kept


@misconception(
    says="the choice by products of the mean size and the mean gradient",
    hint="First multiply each number by its own gradient, then take the mean.",
)
def means_multiplied(P, lam, Q, dP, dlam, dQ, keep):
    S = (lam * dlam).abs() + P.abs().mean(0) * dP.abs().mean(0) + Q.abs().mean(1) * dQ.abs().mean(1)
    best = S.topk(keep).indices
    kept = torch.zeros_like(lam)
    kept[best] = lam[best]
    return S, kept


@misconception(
    says="the choice by the product of the three parts",
    hint="The parts are added.",
)
def parts_multiplied(P, lam, Q, dP, dlam, dQ, keep):
    S = (lam * dlam).abs() * (P * dP).abs().mean(0) * (Q * dQ).abs().mean(1)
    best = S.topk(keep).indices
    kept = torch.zeros_like(lam)
    kept[best] = lam[best]
    return S, kept


@misconception(
    says="a third of the right scores, with the right choice",
    hint="Add the three parts, and do not divide by 3.",
)
def parts_averaged(P, lam, Q, dP, dlam, dQ, keep):
    S = ((lam * dlam).abs() + (P * dP).abs().mean(0) + (Q * dQ).abs().mean(1)) / 3
    best = S.topk(keep).indices
    kept = torch.zeros_like(lam)
    kept[best] = lam[best]
    return S, kept


@misconception(
    says="the right scores, with zeros for the best triplets and the others kept",
    hint="The `keep` best stay: write their lambda into a vector of zeros.",
)
def best_closed(P, lam, Q, dP, dlam, dQ, keep):
    S = (lam * dlam).abs() + (P * dP).abs().mean(0) + (Q * dQ).abs().mean(1)
    kept = lam.clone()
    kept[S.topk(keep).indices] = 0
    return S, kept


@misconception(
    says="the right scores, with the triplets of the largest |lambda| kept",
    hint="Choose by the score: `S.topk(keep)`.",
)
def chosen_by_lambda(P, lam, Q, dP, dlam, dQ, keep):
    S = (lam * dlam).abs() + (P * dP).abs().mean(0) + (Q * dQ).abs().mean(1)
    kept = torch.zeros_like(lam)
    best = lam.abs().topk(keep).indices
    kept[best] = lam[best]
    return S, kept


@misconception(
    says="the right scores, with the first triplets kept",
    hint="Choose by the score: `S.topk(keep)`. The triplets are in no order.",
)
def first_ones(P, lam, Q, dP, dlam, dQ, keep):
    S = (lam * dlam).abs() + (P * dP).abs().mean(0) + (Q * dQ).abs().mean(1)
    kept = lam.clone()
    kept[keep:] = 0
    return S, kept


@misconception(
    says="the right scores, with the kept lambdas moved to the front",
    hint="Each lambda stays in its place, between its own column of P and row of Q.",
)
def moved_to_the_front(P, lam, Q, dP, dlam, dQ, keep):
    S = (lam * dlam).abs() + (P * dP).abs().mean(0) + (Q * dQ).abs().mean(1)
    kept = torch.zeros_like(lam)
    kept[:keep] = lam[S.topk(keep).indices]
    return S, kept


@misconception(
    says="the right scores, with one triplet too few",
    hint="The one whose score is the limit stays as well: `>=`, or `topk(keep)`.",
)
def one_too_few(P, lam, Q, dP, dlam, dQ, keep):
    S = (lam * dlam).abs() + (P * dP).abs().mean(0) + (Q * dQ).abs().mean(1)
    return S, lam * torch.gt(S, S.sort(descending=True).values[keep - 1])


@misconception(
    says="the right scores, with one triplet too many",
    hint="In falling order the last that stays has the index keep - 1.",
)
def one_too_many(P, lam, Q, dP, dlam, dQ, keep):
    S = (lam * dlam).abs() + (P * dP).abs().mean(0) + (Q * dQ).abs().mean(1)
    limit = S.sort(descending=True).values[min(keep, len(S) - 1)]
    return S, lam * torch.ge(S, limit)


@misconception(
    says="the right scores, with a mask of ones and zeros for lambda",
    hint="Return lambda itself where the mask is 1.",
)
def ones_for_lambda(P, lam, Q, dP, dlam, dQ, keep):
    S = (lam * dlam).abs() + (P * dP).abs().mean(0) + (Q * dQ).abs().mean(1)
    kept = torch.zeros_like(lam)
    kept[S.topk(keep).indices] = 1
    return S, kept


@misconception(
    says="the right lambda, with the scores cut as well",
    hint="Return all scores: only lambda is cut.",
)
def scores_cut(P, lam, Q, dP, dlam, dQ, keep):
    S = (lam * dlam).abs() + (P * dP).abs().mean(0) + (Q * dQ).abs().mean(1)
    best = S.topk(keep).indices
    cut, kept = torch.zeros_like(S), torch.zeros_like(lam)
    cut[best], kept[best] = S[best], lam[best]
    return cut, kept


@misconception(
    says="the right scores, with all triplets kept",
    hint="All but the `keep` best get a lambda of 0.",
)
def nothing_closed(P, lam, Q, dP, dlam, dQ, keep):
    S = (lam * dlam).abs() + (P * dP).abs().mean(0) + (Q * dQ).abs().mean(1)
    return S, lam.clone()


@misconception(
    says="the right scores, with `keep` triplets taken away in place of kept",
    hint="`keep` is how many stay: r - keep of them get a lambda of 0.",
)
def number_to_take_away(P, lam, Q, dP, dlam, dQ, keep):
    S = (lam * dlam).abs() + (P * dP).abs().mean(0) + (Q * dQ).abs().mean(1)
    kept = lam.clone()
    kept[S.argsort()[:keep]] = 0
    return S, kept
