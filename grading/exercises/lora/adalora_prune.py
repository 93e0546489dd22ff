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
