"""The private half of bt-likelihood."""

import math

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
    says="the logarithm of a probability that has been rounded to zero",
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
    says="the log-likelihood divided by the number of games: a mean over them",
    hint=(
        "The log-likelihood is the sum over all games. (Its maximum is in the same place; its curvature, which gives "
        "the errors, is not the same.)"
    ),
)
def mean_over_games(W, r):
    off = W * (1 - torch.eye(len(r), dtype=r.dtype))
    return (off * torch.nn.functional.logsigmoid(r[:, None] - r)).sum() / off.sum()


@misconception(
    says=(
        "the model with r in the place of gamma, r_i / (r_i + r_j), which is not even a number where ratings differ "
        "in sign"
    ),
    hint="r is the logarithm of the rating: gamma = e^r is what stands in the fraction.",
)
def r_as_gamma(W, r):
    share = r[:, None] / (r[:, None] + r)  # below zero where their signs differ
    return (W * (1 - torch.eye(len(r), dtype=r.dtype)) * share.log()).sum()


@misconception(
    says="minus the log-likelihood, which is the loss that one would minimise",
    hint="The task asks for the logarithm of the probability, which is never positive: leave the minus out.",
)
def negative(W, r):
    off = W * (1 - torch.eye(len(r), dtype=r.dtype))
    logs = torch.nn.functional.logsigmoid(r[:, None] - r)
    return -(off * logs).sum()


@misconception(
    says="twice the log-likelihood: every game counts for its winner and once more for its loser",
    hint="The loser's view, log(1 - P(j beats i)), is the same number as log P(i beats j). One sum over W is enough.",
)
def counted_from_both_sides(W, r):
    off = W * (1 - torch.eye(len(r), dtype=r.dtype))
    logs = torch.nn.functional.logsigmoid(r[:, None] - r)
    return 2 * (off * logs).sum()


@misconception(
    says="the log-likelihood divided by n^2, the number of cells of W",
    hint="Games are independent, so their logarithms add up: a sum, and no mean over the matrix.",
)
def mean_over_cells(W, r):
    off = W * (1 - torch.eye(len(r), dtype=r.dtype))
    logs = torch.nn.functional.logsigmoid(r[:, None] - r)
    return (off * logs).sum() / len(r) ** 2


@misconception(
    says="the log-likelihood divided by n (n - 1), the number of ordered pairs",
    hint="Games are independent, so their logarithms add up: a sum, and no mean over the pairs.",
)
def mean_over_pairs(W, r):
    off = W * (1 - torch.eye(len(r), dtype=r.dtype))
    logs = torch.nn.functional.logsigmoid(r[:, None] - r)
    return (off * logs).sum() / (len(r) * (len(r) - 1))


@misconception(
    says="the log-likelihood if every player had beaten every other exactly once",
    hint="W_ij says how often i beat j: multiply the logarithm by that number, and not by whether it is positive.",
)
def one_game_each(W, r):
    logs = torch.nn.functional.logsigmoid(r[:, None] - r)
    return ((1 - torch.eye(len(r), dtype=r.dtype)) * logs).sum()


@misconception(
    says="the logarithm of the sum of the games' probabilities",
    hint="The games' probabilities multiply, so their logarithms add: first the logarithm of each, then the sum.",
)
def logarithm_of_the_sum(W, r):
    off = W * (1 - torch.eye(len(r), dtype=r.dtype))
    return (off * torch.sigmoid(r[:, None] - r)).sum().log()


@misconception(
    says="the probability of all the games itself, a number so small that it is nearly zero",
    hint="Return its logarithm: the sum of W_ij log P(i beats j), without `exp` at the end.",
)
def without_the_last_logarithm(W, r):
    off = W * (1 - torch.eye(len(r), dtype=r.dtype))
    logs = torch.nn.functional.logsigmoid(r[:, None] - r)
    return (off * logs).sum().exp()


@misconception(
    says=(
        "the log-likelihood with the binomial coefficients of the pairs: the probability of these counts, in "
        "whatever order the games were won"
    ),
    hint=(
        "The games themselves are given: no `lgamma` and no counting of orders. (The coefficients do not depend on "
        "r, so the maximum is in the same place.)"
    ),
)
def any_order(W, r):
    off = W * (1 - torch.eye(len(r), dtype=r.dtype))
    logs = torch.nn.functional.logsigmoid(r[:, None] - r)
    N = off + off.mT
    ways = torch.lgamma(N + 1) - torch.lgamma(off + 1) - torch.lgamma(off.mT + 1)
    return (off * logs).sum() + ways.triu(1).sum()


@misconception(
    says="the log-likelihood with probabilities kept away from zero by 1e-6, which changes what is rare",
    hint=(
        "Neither add a small number to a probability nor clamp it: `torch.nn.functional.logsigmoid(r_i - r_j)` needs "
        "no such help."
    ),
)
def epsilon_6(W, r):
    off = W * (1 - torch.eye(len(r), dtype=r.dtype))
    return (off * (torch.sigmoid(r[:, None] - r) + 1e-6).log()).sum()


@misconception(
    says="the log-likelihood with probabilities kept away from zero by 1e-8, which changes what is rare",
    hint=(
        "Neither add a small number to a probability nor clamp it: `torch.nn.functional.logsigmoid(r_i - r_j)` needs "
        "no such help."
    ),
)
def epsilon_8(W, r):
    off = W * (1 - torch.eye(len(r), dtype=r.dtype))
    return (off * (torch.sigmoid(r[:, None] - r) + 1e-8).log()).sum()


@misconception(
    says="the log-likelihood with probabilities kept away from zero by 1e-10, which changes what is rare",
    hint=(
        "Neither add a small number to a probability nor clamp it: `torch.nn.functional.logsigmoid(r_i - r_j)` needs "
        "no such help."
    ),
)
def epsilon_10(W, r):
    off = W * (1 - torch.eye(len(r), dtype=r.dtype))
    return (off * (torch.sigmoid(r[:, None] - r) + 1e-10).log()).sum()


@misconception(
    says="the log-likelihood with probabilities kept away from zero by 1e-12, which changes what is rare",
    hint=(
        "Neither add a small number to a probability nor clamp it: `torch.nn.functional.logsigmoid(r_i - r_j)` needs "
        "no such help."
    ),
)
def epsilon_12(W, r):
    off = W * (1 - torch.eye(len(r), dtype=r.dtype))
    return (off * (torch.sigmoid(r[:, None] - r) + 1e-12).log()).sum()


@misconception(
    says="the log-likelihood of a model in which a winner beats all players at once: log_softmax over everybody",
    hint="A game has two players: normalise over the two of them, which gives sigmoid(r_i - r_j), and not over all n.",
)
def one_against_all(W, r):
    return ((W * (1 - torch.eye(len(r), dtype=r.dtype))).sum(1) * torch.log_softmax(r, 0)).sum()


@misconception(
    says="the log-likelihood of the wins below the diagonal only",
    hint="W_ij and W_ji are different games: those that i won, and those that j won. Both count.",
)
def lower_half(W, r):
    logs = torch.nn.functional.logsigmoid(r[:, None] - r)
    return (W.tril(-1) * logs).sum()


@misconception(
    says="the log-likelihood with logarithms to base 10",
    hint="Use the natural logarithm: gamma is e to the r.",
)
def decimal_logarithm(W, r):
    off = W * (1 - torch.eye(len(r), dtype=r.dtype))
    logs = torch.nn.functional.logsigmoid(r[:, None] - r)
    return (off * logs).sum() / math.log(10)


@misconception(
    says="the sum of the winners' log-ratings: the fraction without what is below its line",
    hint="log P(i beats j) is r_i - log(gamma_i + gamma_j): subtract the second part too.",
)
def without_the_normaliser(W, r):
    off = W * (1 - torch.eye(len(r), dtype=r.dtype))
    return (off.sum(1) * r).sum()


@misconception(
    says="the sum of the leads r_i - r_j of the winners, without a sigmoid",
    hint="A lead is not yet a log-probability: that is logsigmoid(r_i - r_j).",
)
def lead_without_sigmoid(W, r):
    off = W * (1 - torch.eye(len(r), dtype=r.dtype))
    return (off * (r[:, None] - r)).sum()


@misconception(
    says="a sum over the games of log sigmoid(r_i) - log sigmoid(r_j)",
    hint="Take the difference first: P(i beats j) = sigmoid(r_i - r_j).",
)
def sigmoid_of_each(W, r):
    off = W * (1 - torch.eye(len(r), dtype=r.dtype))
    logs = torch.nn.functional.logsigmoid(r)
    return (off * (logs[:, None] - logs)).sum()


@misconception(
    says="the model with log r_i - log r_j for the lead, which has no value where a rating is negative",
    hint="r is the logarithm of gamma already: P(i beats j) = sigmoid(r_i - r_j).",
)
def logarithm_of_r(W, r):
    logs = torch.nn.functional.logsigmoid(r.log()[:, None] - r.log())
    return (W.masked_fill(torch.eye(len(r), dtype=torch.bool), 0) * logs).sum()


@misconception(
    says="the log-likelihood less half of each game against oneself",
    hint="In the sum each of them stands with log 0.5 = -0.69, and not 0.5. Take the diagonal out of W before the sum.",
)
def half_a_game_each(W, r):
    logs = torch.nn.functional.logsigmoid(r[:, None] - r)
    return (W * logs).sum() - 0.5 * W.diagonal().sum()


@misconception(
    says=(
        "the log-likelihood with the logarithm of 0.5 taken away for each game against oneself, where it should be "
        "added"
    ),
    hint="Minus log 0.5 is what takes them out of the sum. Or take the diagonal out of W before it.",
)
def own_games_twice(W, r):
    logs = torch.nn.functional.logsigmoid(r[:, None] - r)
    return (W * logs).sum() + math.log(0.5) * W.diagonal().sum()


EQUIVALENT = {"torch.eye(len(r), dtype=r.dtype) -> torch.eye(len(r))": "the inputs have the default dtype"}
