"""The private half of mm-update."""

import torch
from llmcourse.checks.labs.preferences.mm_update import one_never_meets, rated
from llmcourse.preferences import bradley_terry

from grading.exercises import misconception, reference, stages, variant

CASES = {
    "ten players": rated(10),
    "many of one's own": rated(5, own=30.0),
    "two who never met, again": one_never_meets,
}


@reference
def mm_update(W, gamma):
    return bradley_terry.mm_update(W, gamma)


@variant
def in_a_loop(W, gamma):
    new = []
    for i in range(len(gamma)):
        others = [j for j in range(len(gamma)) if j != i]
        won = sum(W[i, j] for j in others)
        new.append(won / sum((W[i, j] + W[j, i]) / (gamma[i] + gamma[j]) for j in others))
    new = torch.stack(new)
    return new / torch.prod(new) ** (1 / len(new))


@variant
def by_logs(W, gamma):
    n = len(gamma)
    lower = torch.where(torch.eye(n, dtype=torch.bool), torch.zeros_like(W), W)
    time = (lower + lower.T) / gamma[:, None].add(gamma)
    logs = lower.sum(1).log() - time.sum(1).log()
    return torch.exp(logs - logs.mean())


@stages
def on_the_way(W, gamma):
    lower = W.masked_fill(torch.eye(len(W), dtype=torch.bool), 0)
    won, games = lower.sum(1), lower + lower.T
    time = (games / (gamma[:, None] + gamma)).sum(1)
    return {
        "how often each player won": won,
        "the sum of games divided by the two strengths": time,
        "the new strengths before they are normalised": won / time,
    }


@misconception(
    says="the update with the diagonal: everybody plays against himself",
    hint="Take the diagonal out of W first; the games of i with i are none.",
)
def counts_oneself(W, gamma):
    new = W.sum(1) / ((W + W.mT) / (gamma[:, None] + gamma)).sum(1)
    return new / new.log().mean().exp()


@misconception(
    says="the update with losses in place of wins",
    hint="W_ij are wins of i over j, so the wins of i are a sum over the columns: `W.sum(1)`.",
)
def with_losses(W, gamma):
    W = W * (1 - torch.eye(len(gamma), dtype=W.dtype))
    new = W.sum(0) / ((W + W.mT) / (gamma[:, None] + gamma)).sum(1)
    return new / new.log().mean().exp()


@misconception(
    says="the update with wins below the line, where all games belong",
    hint="A lost game is time at risk too: use W + W^T.",
)
def wins_below(W, gamma):
    W = W * (1 - torch.eye(len(gamma), dtype=W.dtype))
    new = W.sum(1) / (W / (gamma[:, None] + gamma)).sum(1)
    return new / new.log().mean().exp()


@misconception(
    says="ratings that add up to one",
    hint="Only ratios are in the data, and here the geometric mean is set to 1: divide by `new.log().mean().exp()`.",
)
def sum_one(W, gamma):
    W = W * (1 - torch.eye(len(gamma), dtype=W.dtype))
    new = W.sum(1) / ((W + W.mT) / (gamma[:, None] + gamma)).sum(1)
    return new / new.sum()


@misconception(
    says="ratings whose arithmetic mean is one",
    hint="The geometric mean is wanted: then the mean of the log-ratings is 0.",
)
def arithmetic_mean(W, gamma):
    W = W * (1 - torch.eye(len(gamma), dtype=W.dtype))
    new = W.sum(1) / ((W + W.mT) / (gamma[:, None] + gamma)).sum(1)
    return new / new.mean()


@misconception(
    says="the update before it is scaled",
    hint="Divide by the geometric mean at the end: `new / new.log().mean().exp()`.",
)
def not_scaled(W, gamma):
    W = W * (1 - torch.eye(len(gamma), dtype=W.dtype))
    return W.sum(1) / ((W + W.mT) / (gamma[:, None] + gamma)).sum(1)


@misconception(
    says="the share of games won, whoever the opponents were",
    hint="A win over a strong opponent must count more: divide the games of a pair by gamma_i + gamma_j.",
)
def share_of_wins(W, gamma):
    W = W * (1 - torch.eye(len(gamma), dtype=W.dtype))
    new = W.sum(1) / (W + W.mT).sum(1)
    return new / new.log().mean().exp()


@misconception(
    says="the update with gamma_j alone below the line",
    hint="Both clocks run: the games of a pair are divided by the sum, gamma_i + gamma_j.",
)
def opponent_only(W, gamma):
    W = W * (1 - torch.eye(len(gamma), dtype=W.dtype))
    new = W.sum(1) / ((W + W.mT) / gamma).sum(1)
    return new / new.log().mean().exp()


SCALED = "a factor for all players leaves with the geometric mean"
EQUIVALENT = {
    "torch.eye(len(gamma), dtype=W.dtype) -> torch.eye(len(gamma))": "the inputs have the default dtype",
    "W.sum -> W.mean": SCALED,
    "time.sum -> time.mean": SCALED,
    "1 -> 0": "the time of a pair is symmetric",
}
