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


@misconception(
    says="the update with the diagonal left in the wins, though not in the games",
    hint="A win against oneself does not count above the line either: take the diagonal out of W first.",
)
def own_wins_above(W, gamma):
    off = W * (1 - torch.eye(len(gamma), dtype=W.dtype))
    new = W.sum(1) / ((off + off.mT) / (gamma[:, None] + gamma)).sum(1)
    return new / new.log().mean().exp()


@misconception(
    says="the update with the diagonal left in the games, though not in the wins",
    hint="The games of i with i do not count below the line either: take the diagonal out of W first.",
)
def own_games_below(W, gamma):
    off = W * (1 - torch.eye(len(gamma), dtype=W.dtype))
    new = off.sum(1) / ((W + W.mT) / (gamma[:, None] + gamma)).sum(1)
    return new / new.log().mean().exp()


@misconception(
    says="ratings divided by their product, without the n-th root",
    hint="The geometric mean is the n-th root of the product: `new.log().mean().exp()`.",
)
def divided_by_the_product(W, gamma):
    W = W * (1 - torch.eye(len(gamma), dtype=W.dtype))
    new = W.sum(1) / ((W + W.mT) / (gamma[:, None] + gamma)).sum(1)
    return new / new.prod()


@misconception(
    says="ratings divided by the square root of their product, however many players there are",
    hint="The geometric mean is the n-th root of the product: `new.log().mean().exp()`.",
)
def square_root_of_the_product(W, gamma):
    W = W * (1 - torch.eye(len(gamma), dtype=W.dtype))
    new = W.sum(1) / ((W + W.mT) / (gamma[:, None] + gamma)).sum(1)
    return new / new.prod().sqrt()


@misconception(
    says="ratings divided by the mean of their logarithms, without the exponential",
    hint="The geometric mean is the n-th root of the product: `new.log().mean().exp()`.",
)
def mean_of_logs(W, gamma):
    W = W * (1 - torch.eye(len(gamma), dtype=W.dtype))
    new = W.sum(1) / ((W + W.mT) / (gamma[:, None] + gamma)).sum(1)
    return new / new.log().mean()


@misconception(
    says="ratings less the mean of their logarithms",
    hint="What is subtracted from logarithms divides the ratings themselves: `new / new.log().mean().exp()`.",
)
def minus_mean_of_logs(W, gamma):
    W = W * (1 - torch.eye(len(gamma), dtype=W.dtype))
    new = W.sum(1) / ((W + W.mT) / (gamma[:, None] + gamma)).sum(1)
    return new - new.log().mean()


@misconception(
    says="ratings divided by the n-th root of their sum",
    hint="The geometric mean is the n-th root of the product: `new.log().mean().exp()`.",
)
def root_of_the_sum(W, gamma):
    W = W * (1 - torch.eye(len(gamma), dtype=W.dtype))
    new = W.sum(1) / ((W + W.mT) / (gamma[:, None] + gamma)).sum(1)
    return new / new.sum() ** (1 / len(new))


@misconception(
    says="the new log-ratings: right, but for an exponential",
    hint="Return ratings: `(logs - logs.mean()).exp()`.",
)
def log_ratings(W, gamma):
    W = W * (1 - torch.eye(len(gamma), dtype=W.dtype))
    new = W.sum(1) / ((W + W.mT) / (gamma[:, None] + gamma)).sum(1)
    return new.log() - new.log().mean()


@misconception(
    says="ratings whose largest is one",
    hint="The geometric mean is set to 1: divide by `new.log().mean().exp()`.",
)
def largest_one(W, gamma):
    W = W * (1 - torch.eye(len(gamma), dtype=W.dtype))
    new = W.sum(1) / ((W + W.mT) / (gamma[:, None] + gamma)).sum(1)
    return new / new.max()


@misconception(
    says="ratings of which the first is one",
    hint="The geometric mean is set to 1: divide by `new.log().mean().exp()`.",
)
def first_one(W, gamma):
    W = W * (1 - torch.eye(len(gamma), dtype=W.dtype))
    new = W.sum(1) / ((W + W.mT) / (gamma[:, None] + gamma)).sum(1)
    return new / new[0]


@misconception(
    says="ratings whose squares add up to one",
    hint="The geometric mean is set to 1: divide by `new.log().mean().exp()`.",
)
def length_one(W, gamma):
    W = W * (1 - torch.eye(len(gamma), dtype=W.dtype))
    new = W.sum(1) / ((W + W.mT) / (gamma[:, None] + gamma)).sum(1)
    return new / new.norm()


@misconception(
    says="the update of ratings that were scaled before the step, and not after it",
    hint="Scale what you return: the step does not keep the geometric mean.",
)
def scaled_before(W, gamma):
    gamma = gamma / gamma.log().mean().exp()
    W = W * (1 - torch.eye(len(gamma), dtype=W.dtype))
    return W.sum(1) / ((W + W.mT) / (gamma[:, None] + gamma)).sum(1)


@misconception(
    says="the update with lost games alone below the line, where all games belong",
    hint="A game that i won is time at risk too: use W + W^T.",
)
def losses_below(W, gamma):
    W = W * (1 - torch.eye(len(gamma), dtype=W.dtype))
    new = W.sum(1) / (W.mT / (gamma[:, None] + gamma)).sum(1)
    return new / new.log().mean().exp()


@misconception(
    says="the update with games multiplied by gamma_i + gamma_j",
    hint="The mean time of a game is 1 / (gamma_i + gamma_j): divide by the sum.",
)
def times_the_sum(W, gamma):
    W = W * (1 - torch.eye(len(gamma), dtype=W.dtype))
    new = W.sum(1) / ((W + W.mT) * (gamma[:, None] + gamma)).sum(1)
    return new / new.log().mean().exp()


@misconception(
    says="the update with all games of i divided by the sum of all rates",
    hint="Divide pair by pair, and add up afterwards: each opponent has a rate of his own.",
)
def sums_apart(W, gamma):
    W = W * (1 - torch.eye(len(gamma), dtype=W.dtype))
    off = 1 - torch.eye(len(gamma), dtype=W.dtype)
    new = W.sum(1) / ((W + W.mT).sum(1) / ((gamma[:, None] + gamma) * off).sum(1))
    return new / new.log().mean().exp()


@misconception(
    says="the update of one player after the other, each from the new ratings of those before",
    hint="All at once: keep the old gamma until every new rating is computed.",
)
def one_after_the_other(W, gamma):
    W = W * (1 - torch.eye(len(gamma), dtype=W.dtype))
    new = gamma.clone()
    for i in range(len(new)):
        new[i] = W[i].sum() / ((W[i] + W[:, i]) / (new[i] + new)).sum()
    return new / new.log().mean().exp()


@misconception(
    says="the old ratings times the new ones: the fraction is taken for a correction",
    hint="The fraction is the new rating already: it does not multiply the old one.",
)
def times_the_old(W, gamma):
    W = W * (1 - torch.eye(len(gamma), dtype=W.dtype))
    new = gamma * W.sum(1) / ((W + W.mT) / (gamma[:, None] + gamma)).sum(1)
    return new / new.log().mean().exp()


@misconception(
    says="time per win: the fraction upside down",
    hint="Wins stand above the line, and time at risk below it.",
)
def upside_down(W, gamma):
    W = W * (1 - torch.eye(len(gamma), dtype=W.dtype))
    new = ((W + W.mT) / (gamma[:, None] + gamma)).sum(1) / W.sum(1)
    return new / new.log().mean().exp()


@misconception(
    says="the update with e to the gamma in place of gamma",
    hint="gamma are ratings, not their logarithms: they are positive already.",
)
def exponential_of_gamma(W, gamma):
    W = W * (1 - torch.eye(len(gamma), dtype=W.dtype))
    g = gamma.exp()
    new = W.sum(1) / ((W + W.mT) / (g[:, None] + g)).sum(1)
    return new / new.log().mean().exp()


@misconception(
    says="the update with gamma_i alone below the line",
    hint="Both clocks run: the games of a pair are divided by the sum, gamma_i + gamma_j.",
)
def own_rating_only(W, gamma):
    W = W * (1 - torch.eye(len(gamma), dtype=W.dtype))
    new = W.sum(1) / ((W + W.mT) / gamma[:, None]).sum(1)
    return new / new.log().mean().exp()


@misconception(
    says="a sum of one fraction for each opponent, in place of one fraction of two sums",
    hint="Add up the wins above the line, add up the times below it, and divide once.",
)
def sum_of_shares(W, gamma):
    W = W * (1 - torch.eye(len(gamma), dtype=W.dtype))
    games = (W + W.mT).clamp(min=1)
    new = (W * (gamma[:, None] + gamma) / games).sum(1)
    return new / new.log().mean().exp()


@misconception(
    says="the ratings after ten steps",
    hint="One call is one step: the cell below the check calls it sixty times.",
)
def ten_steps(W, gamma):
    W = W * (1 - torch.eye(len(gamma), dtype=W.dtype))
    new = gamma
    for _ in range(10):
        new = W.sum(1) / ((W + W.mT) / (new[:, None] + new)).sum(1)
        new = new / new.log().mean().exp()
    return new


@misconception(
    says="the update with a diagonal that was subtracted from every row of W",
    hint=(
        "`W.diagonal()` is a vector, and broadcasting puts it under each row: `torch.diag(W.diagonal())` is the matrix."
    ),
)
def diagonal_from_each_row(W, gamma):
    W = W - W.diagonal()
    new = W.sum(1) / ((W + W.mT) / (gamma[:, None] + gamma)).sum(1)
    return new / new.log().mean().exp()


SCALED = "a factor for all players leaves with the geometric mean"
EQUIVALENT = {
    "torch.eye(len(gamma), dtype=W.dtype) -> torch.eye(len(gamma))": "the inputs have the default dtype",
    "W.sum -> W.mean": SCALED,
    "time.sum -> time.mean": SCALED,
    "1 -> 0": "the time of a pair is symmetric",
}
