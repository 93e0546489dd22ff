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
def by_halves(r, nu):
    half = (r[:, None] - r[None, :]) / 2
    total = 2 * torch.cosh(half) + nu
    return torch.stack([half.exp() / total, nu / total, (-half).exp() / total], dim=-1)


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
    win = r[:, None].expand(len(r), len(r))
    weights = torch.stack([win, nu * (win * win.mT).sqrt(), win.mT], dim=-1)  # nan where their signs differ
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


@misconception(
    says="the model with sqrt(nu gamma_i gamma_j) for a tie: nu under the root",
    hint="nu stands outside: nu * sqrt(gamma_i gamma_j).",
)
def nu_under_the_root(r, nu):
    a, b = r.exp()[:, None].expand(len(r), len(r)), r.exp()[None, :].expand(len(r), len(r))
    tie = (nu * a * b).sqrt()
    weights = torch.stack([a, tie, b], dim=-1)
    return weights / weights.sum(-1, keepdim=True)


@misconception(
    says="the model with log-ratings in the place of ratings, their signs hidden under the root",
    hint="gamma = e^r is what stands in the fractions, and it is never negative.",
)
def absolute_log_ratings(r, nu):
    a, b = r[:, None].expand(len(r), len(r)), r[None, :].expand(len(r), len(r))
    tie = nu * (a * b).abs().sqrt()
    weights = torch.stack([a, tie, b], dim=-1)
    return weights / weights.sum(-1, keepdim=True)


@misconception(
    says="the model with nu sqrt(gamma_i + gamma_j) for a tie",
    hint="The root is of the product, gamma_i gamma_j: it is their geometric mean.",
)
def root_of_the_sum(r, nu):
    a, b = r.exp()[:, None].expand(len(r), len(r)), r.exp()[None, :].expand(len(r), len(r))
    tie = nu * (a + b).sqrt()
    weights = torch.stack([a, tie, b], dim=-1)
    return weights / weights.sum(-1, keepdim=True)


@misconception(
    says="the model with nu sqrt(gamma_i / gamma_j) for a tie",
    hint="A tie is the same for both players: the root is of the product gamma_i gamma_j.",
)
def root_of_the_ratio(r, nu):
    a, b = r.exp()[:, None].expand(len(r), len(r)), r.exp()[None, :].expand(len(r), len(r))
    tie = nu * (a / b).sqrt()
    weights = torch.stack([a, tie, b], dim=-1)
    return weights / weights.sum(-1, keepdim=True)


@misconception(
    says="the model with nu gamma_i for a tie, whoever the opponent is",
    hint="A tie needs both: nu sqrt(gamma_i gamma_j), a row of one and a column of the other.",
)
def own_rating(r, nu):
    a, b = r.exp()[:, None].expand(len(r), len(r)), r.exp()[None, :].expand(len(r), len(r))
    tie = nu * a
    weights = torch.stack([a, tie, b], dim=-1)
    return weights / weights.sum(-1, keepdim=True)


@misconception(
    says="the model with the weight nu for every tie, whoever plays",
    hint="The tie's weight grows with both ratings: nu sqrt(gamma_i gamma_j).",
)
def constant_tie(r, nu):
    a, b = r.exp()[:, None].expand(len(r), len(r)), r.exp()[None, :].expand(len(r), len(r))
    tie = nu * torch.ones_like(a)
    weights = torch.stack([a, tie, b], dim=-1)
    return weights / weights.sum(-1, keepdim=True)


@misconception(
    says="the right ties beside the wins and losses of Bradley and Terry: the three add up to more than one",
    hint="With ties there is less left to win: gamma_i and gamma_j are divided by the same D_ij as the tie.",
)
def beside_bradley_terry(r, nu):
    a, b = r.exp()[:, None].expand(len(r), len(r)), r.exp()[None, :].expand(len(r), len(r))
    tie = nu * (a * b).sqrt()
    return torch.stack([a / (a + b), tie / (a + b + tie), b / (a + b)], dim=-1)


@misconception(
    says="the right ties, taken in equal halves from the wins and losses of Bradley and Terry",
    hint="A win is gamma_i / D_ij: the tie takes from both in proportion, not the same from each.",
)
def half_a_tie_each(r, nu):
    a, b = r.exp()[:, None].expand(len(r), len(r)), r.exp()[None, :].expand(len(r), len(r))
    tie = nu * (a * b).sqrt()
    tie = tie / (a + b + tie)
    return torch.stack([a / (a + b) - tie / 2, tie, b / (a + b) - tie / 2], dim=-1)


@misconception(
    says="the softmax of the three weights, which takes their exponential once more",
    hint="Divide the weights by their sum. (Softmax is for logarithms, and nu = 0 has none.)",
)
def softmax_of_weights(r, nu):
    a, b = r.exp()[:, None].expand(len(r), len(r)), r.exp()[None, :].expand(len(r), len(r))
    return torch.stack([a, nu * (a * b).sqrt(), b], dim=-1).softmax(-1)


@misconception(
    says="the model with e to the nu (r_i + r_j) / 2 for a tie: nu multiplies a logarithm",
    hint="In logarithms nu would be an addend, log(nu); at nu = 0 there is none. Multiply the root by nu.",
)
def nu_as_an_exponent(r, nu):
    i, j = r[:, None].expand(len(r), len(r)), r[None, :].expand(len(r), len(r))
    return torch.stack([i, nu * (i + j) / 2, j], dim=-1).softmax(-1)


@misconception(
    says="the model with e to the nu for nu: nu is added to logarithms as if it were one",
    hint="In logarithms the addend is log(nu), and at nu = 0 there is none. Multiply the root by nu, outside of them.",
)
def nu_plus_the_logarithm(r, nu):
    i, j = r[:, None].expand(len(r), len(r)), r[None, :].expand(len(r), len(r))
    return torch.stack([i, nu + (i + j) / 2, j], dim=-1).softmax(-1)


@misconception(
    says="the right probabilities above the diagonal, and zeros elsewhere",
    hint=(
        "Every row and column is asked for: (j, i) has the win and the loss of (i, j) exchanged, and (i, i) is a "
        "game of equals."
    ),
)
def half_of_the_pairs(r, nu):
    a, b = r.exp()[:, None].expand(len(r), len(r)), r.exp()[None, :].expand(len(r), len(r))
    tie = nu * (a * b).sqrt()
    p = torch.stack([a, tie, b], dim=-1) / (a + b + tie)[..., None]
    return p * torch.ones(len(r), len(r), dtype=r.dtype).triu(1)[..., None]


@misconception(
    says="the model with 10 to the r in place of e to the r",
    hint="Here r is the natural logarithm of gamma: `r.exp()`. Base 10 is for Elo's scale.",
)
def base_ten(r, nu):
    a = (10**r)[:, None].expand(len(r), len(r))
    b = (10**r)[None, :].expand(len(r), len(r))
    tie = nu * (a * b).sqrt()
    weights = torch.stack([a, tie, b], dim=-1)
    return weights / weights.sum(-1, keepdim=True)


@misconception(
    says="the right probabilities in the order win, loss, tie",
    hint="The last axis is win, tie, loss: the tie stands in the middle.",
)
def tie_last(r, nu):
    a, b = r.exp()[:, None].expand(len(r), len(r)), r.exp()[None, :].expand(len(r), len(r))
    tie = nu * (a * b).sqrt()
    return torch.stack([a, b, tie], dim=-1) / (a + b + tie)[..., None]


@misconception(
    says="the right wins and ties, with 1 - win in place of a loss",
    hint="There are three outcomes: a loss is gamma_j / D_ij, and 1 - win holds the tie as well.",
)
def loss_is_the_rest(r, nu):
    a, b = r.exp()[:, None].expand(len(r), len(r)), r.exp()[None, :].expand(len(r), len(r))
    tie = nu * (a * b).sqrt()
    win = a / (a + b + tie)
    return torch.stack([win, tie / (a + b + tie), 1 - win], dim=-1)


@misconception(
    says="the three weights, which are not divided by their sum",
    hint="Divide by D_ij, the sum of the three: `weights / weights.sum(-1, keepdim=True)`.",
)
def not_divided(r, nu):
    a, b = r.exp()[:, None].expand(len(r), len(r)), r.exp()[None, :].expand(len(r), len(r))
    return torch.stack([a, nu * (a * b).sqrt(), b], dim=-1)


@misconception(
    says="the model without nu: as if nu were 1",
    hint="Multiply the root by nu, above the line and in D_ij.",
)
def without_nu(r, nu):
    a, b = r.exp()[:, None].expand(len(r), len(r)), r.exp()[None, :].expand(len(r), len(r))
    tie = (a * b).sqrt()
    weights = torch.stack([a, tie, b], dim=-1)
    return weights / weights.sum(-1, keepdim=True)


@misconception(
    says="the weights divided by their sum over all opponents, for each outcome by itself",
    hint="The three outcomes of one pair add up to one: sum over the last axis.",
)
def across_opponents(r, nu):
    a, b = r.exp()[:, None].expand(len(r), len(r)), r.exp()[None, :].expand(len(r), len(r))
    weights = torch.stack([a, nu * (a * b).sqrt(), b], dim=-1)
    return weights / weights.sum(1, keepdim=True)


@misconception(
    says="the right probabilities by way of log nu, whose gradient is not a number at nu = 0",
    hint="nu = 0 is allowed, and nu may learn to leave it: multiply the root by nu, without its logarithm.",
)
def logarithm_of_nu(r, nu):
    i, j = r[:, None].expand(len(r), len(r)), r[None, :].expand(len(r), len(r))
    return torch.stack([i, nu.log() + (i + j) / 2, j], dim=-1).softmax(-1)


@misconception(
    says="the right probabilities, with zeros on the diagonal",
    hint=(
        "A game of equals has probabilities as any other: 1, nu and 1, divided by 2 + nu. Leave the diagonal as it is."
    ),
)
def diagonal_emptied(r, nu):
    a, b = r.exp()[:, None].expand(len(r), len(r)), r.exp()[None, :].expand(len(r), len(r))
    tie = nu * (a * b).sqrt()
    p = torch.stack([a, tie, b], dim=-1) / (a + b + tie)[..., None]
    return p * (1 - torch.eye(len(r), dtype=r.dtype))[..., None]


EQUIVALENT = {"nu * torch.ones_like(half) -> nu / torch.ones_like(half)": "those are ones"}
