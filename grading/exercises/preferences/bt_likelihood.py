"""The private half of bt-likelihood."""

import torch
from llmcourse.checks.labs.preferences.bt_likelihood import far_apart
from llmcourse.checks.labs.preferences.cases import games
from llmcourse.preferences import bradley_terry

from grading.exercises import misconception, reference, variant

CASES = {
    "twelve players": games(12),
    "many of one's own": games(4, own=30.0),
    "far apart once more": far_apart,
    "far apart": games(3, spread=60.0),
}


@reference
def log_likelihood(W, r):
    return bradley_terry.log_likelihood(W, r)


@variant
def pair_by_pair(W, r):
    total = 0.0
    for i in range(len(r)):
        for j in range(len(r)):
            if i != j:
                total = total - W[i, j] * torch.nn.functional.softplus(r[j] - r[i])
    return total


@variant
def by_logsumexp(W, r):
    W = W.clone().fill_diagonal_(0)
    return (W.sum(1) * r).sum() - (W * torch.logaddexp(r[:, None], r[None, :])).sum()


@misconception(
    says="the log-likelihood with winners and losers swapped",
    hint="W_ij counts wins of i over j: each adds log P(i beats j), with r_i - r_j and not r_j - r_i.",
)
def loser_first(W, r):
    logs = torch.nn.functional.logsigmoid(r[None, :] - r[:, None])
    return (W * (1 - torch.eye(len(r), dtype=r.dtype)) * logs).sum()


@misconception(
    says="the log-likelihood with W + W^T in place of W: each game is counted as won by both",
    hint="A game has one winner, and W has it once.",
)
def every_game_twice(W, r):
    logs = torch.nn.functional.logsigmoid(r[:, None] - r)
    return ((W + W.mT) * (1 - torch.eye(len(r), dtype=r.dtype)) * logs).sum()


@misconception(
    says="the log-likelihood of the wins above the diagonal only",
    hint="W_ij and W_ji are different games: those that i won, and those that j won. Both count.",
)
def upper_half(W, r):
    return (W.triu(1) * torch.nn.functional.logsigmoid(r[:, None] - r)).sum()


@misconception(
    says="the log-likelihood with the diagonal, as if everybody played against himself",
    hint="Who cites himself has not beaten anyone. Multiply W by `1 - torch.eye(len(r))`.",
)
def with_diagonal(W, r):
    return (W * torch.nn.functional.logsigmoid(r[:, None] - r)).sum()


@misconception(
    says="the logarithm of a probability that has become zero",
    hint="`torch.sigmoid(-150)` is 0 in float32. `torch.nn.functional.logsigmoid` never forms the probability.",
)
def underflows(W, r):
    off = 1 - torch.eye(len(r), dtype=r.dtype)
    return (W * off * torch.sigmoid((r[:, None] - r).clamp(min=-1e4)).float().log().to(r.dtype)).sum()


@misconception(
    says="the expected number of wins: the sum of probabilities, without a logarithm",
    hint="Games are independent, so their probabilities multiply, and logarithms of probabilities add.",
)
def without_log(W, r):
    return (W * (1 - torch.eye(len(r), dtype=r.dtype)) * torch.sigmoid(r[:, None] - r)).sum()


@misconception(
    says="the mean over the games",
    hint=(
        "The log-likelihood is the sum over all games. (Its maximum is in the same place; its curvature, which gives "
        "the errors, is not the same.)"
    ),
)
def mean_over_games(W, r):
    off = W * (1 - torch.eye(len(r), dtype=r.dtype))
    return (off * torch.nn.functional.logsigmoid(r[:, None] - r)).sum() / off.sum()


@misconception(
    says="the model with r in the place of gamma: r_i / (r_i + r_j)",
    hint="r is the logarithm of the rating: gamma = e^r is what stands in the fraction.",
)
def r_as_gamma(W, r):
    share = (r[:, None] / (r[:, None] + r)).abs().clamp(min=1e-30)
    return (W * (1 - torch.eye(len(r), dtype=r.dtype)) * share.log()).sum()


EQUIVALENT = {"torch.eye(len(r), dtype=r.dtype) -> torch.eye(len(r))": "the inputs have the default dtype"}
