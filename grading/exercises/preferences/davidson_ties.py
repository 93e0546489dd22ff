"""The private half of davidson-ties."""

import torch
from llmcourse.checks.labs.preferences.davidson_ties import with_ties
from llmcourse.preferences import ties

from grading.exercises import misconception, reference, variant

CASES = {"seven players": with_ties(7, 0.7), "far apart": with_ties(3, 2.0, spread=3.0)}


@reference
def outcomes(r, nu):
    return ties.outcomes(r, nu)


@variant
def from_gammas(r, nu):
    gamma, n = r.exp(), len(r)
    win = gamma[:, None].expand(n, n)
    tie = nu * (gamma[:, None] * gamma).sqrt()
    total = win + tie + win.mT
    return torch.stack([win / total, tie / total, win.mT / total], dim=-1)


@variant
def by_softmax(r, nu):
    half = (r[:, None] - r[None, :]) / 2
    return torch.softmax(torch.stack([half, nu.log().expand_as(half), -half], dim=-1), dim=-1)


@misconception(
    says="the model with nu gamma_i gamma_j for a tie, without the root",
    hint="Double all ratings and nothing may change. With the root the tie's weight doubles as the others do.",
)
def without_root(r, nu):
    gamma = r.exp()
    win = gamma[:, None].expand(len(r), len(r))
    weights = torch.stack([win, nu * gamma[:, None] * gamma, win.mT], dim=-1)
    return weights / weights.sum(-1, keepdim=True)


@misconception(
    says="the model with the arithmetic mean of both ratings for a tie",
    hint="Davidson's tie has the geometric mean, sqrt(gamma_i gamma_j): it falls when the two are far apart.",
)
def arithmetic_mean(r, nu):
    gamma = r.exp()
    win = gamma[:, None].expand(len(r), len(r))
    weights = torch.stack([win, nu * (win + win.mT) / 2, win.mT], dim=-1)
    return weights / weights.sum(-1, keepdim=True)


@misconception(
    says="probabilities that add up to more than one: the tie is missing below the line",
    hint="D_ij = gamma_i + gamma_j + nu sqrt(gamma_i gamma_j).",
)
def no_tie_in_the_sum(r, nu):
    gamma = r.exp()
    win = gamma[:, None].expand(len(r), len(r))
    weights = torch.stack([win, nu * (win * win.mT).sqrt(), win.mT], dim=-1)
    return weights / (win + win.mT)[..., None]


@misconception(
    says="the model with nu above the line only",
    hint="nu multiplies the root in D_ij too; divide by the sum of the three weights.",
)
def nu_outside(r, nu):
    gamma = r.exp()
    win = gamma[:, None].expand(len(r), len(r))
    root = (win * win.mT).sqrt()
    return torch.stack([win, nu * root, win.mT], dim=-1) / (win + root + win.mT)[..., None]


@misconception(
    says="the model with log-ratings in the place of ratings",
    hint="gamma = e^r is what stands in the fractions.",
)
def log_ratings(r, nu):
    win = r[:, None].expand(len(r), len(r)).abs()
    weights = torch.stack([win, nu * (win * win.mT + 1e-12).sqrt(), win.mT], dim=-1)
    return weights / weights.sum(-1, keepdim=True)


@misconception(
    says="the right probabilities in the order loss, tie, win",
    hint="The last axis is win, tie, loss of the row's player i.",
)
def loss_first(r, nu):
    half = (r[:, None] - r[None, :]) / 2
    weights = torch.stack([(-half).exp(), nu * torch.ones_like(half), half.exp()], dim=-1)
    return weights / weights.sum(-1, keepdim=True)


@misconception(
    says="the model of Rao and Kupper: a lead counts when it passes a threshold, here 1 + nu",
    hint="That is the other classic. Davidson's tie has a weight of its own, nu sqrt(gamma_i gamma_j).",
)
def rao_kupper(r, nu):
    gamma = r.exp()
    mine, yours = gamma[:, None].expand(len(r), len(r)), gamma[None, :].expand(len(r), len(r))
    win, loss = mine / (mine + (1 + nu) * yours), yours / (yours + (1 + nu) * mine)
    return torch.stack([win, 1 - win - loss, loss], dim=-1)


EQUIVALENT = {"nu * torch.ones_like(half) -> nu / torch.ones_like(half)": "those are ones"}
