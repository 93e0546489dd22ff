"""Answers to mm-update by people who have not seen its private half."""

import numpy as np
import torch

from grading.answers import answer


def off(W):
    return W - torch.diag(torch.diag(W))


def geometric(g):
    return g / g.log().mean().exp()


@answer("mm-update", "not normalised at all", "wrong", means="not_scaled")
def _(W, gamma):
    W = off(W)
    return W.sum(1) / ((W + W.T) / (gamma[:, None] + gamma[None, :])).sum(1)


@answer("mm-update", "scaled to a sum of 1", "wrong", means="sum_one")
def _(W, gamma):
    W = off(W)
    new = W.sum(1) / ((W + W.T) / (gamma[:, None] + gamma[None, :])).sum(1)
    return new / new.sum()


@answer("mm-update", "scaled to an arithmetic mean of 1", "wrong", means="arithmetic_mean")
def _(W, gamma):
    W = off(W)
    new = W.sum(1) / ((W + W.T) / (gamma[:, None] + gamma[None, :])).sum(1)
    return new / new.mean()


@answer("mm-update", "divides by the product, n-th root forgotten", "wrong", means="divided_by_the_product")
def _(W, gamma):
    W = off(W)
    new = W.sum(1) / ((W + W.T) / (gamma[:, None] + gamma[None, :])).sum(1)
    return new / new.prod()


@answer("mm-update", "root is sqrt, not the n-th", "wrong", means="square_root_of_the_product")
def _(W, gamma):
    W = off(W)
    new = W.sum(1) / ((W + W.T) / (gamma[:, None] + gamma[None, :])).sum(1)
    return new / new.prod().sqrt()


@answer("mm-update", "subtracts the mean of the logs and returns logs", "wrong", means="log_ratings")
def _(W, gamma):
    W = off(W)
    new = W.sum(1) / ((W + W.T) / (gamma[:, None] + gamma[None, :])).sum(1)
    return new.log() - new.log().mean()


@answer("mm-update", "divides by the mean of the logs, exp forgotten", "wrong", means="mean_of_logs")
def _(W, gamma):
    W = off(W)
    new = W.sum(1) / ((W + W.T) / (gamma[:, None] + gamma[None, :])).sum(1)
    return new / new.log().mean()


@answer("mm-update", "n-th root of the sum, not of the product", "wrong", means="root_of_the_sum")
def _(W, gamma):
    W = off(W)
    new = W.sum(1) / ((W + W.T) / (gamma[:, None] + gamma[None, :])).sum(1)
    return new / new.sum() ** (1 / len(new))


@answer("mm-update", "normalises before the step, not after", "wrong", means="scaled_before")
def _(W, gamma):
    W = off(W)
    gamma = geometric(gamma)
    return W.sum(1) / ((W + W.T) / (gamma[:, None] + gamma[None, :])).sum(1)


@answer("mm-update", "losses above the line: sum over rows", "wrong", means="with_losses")
def _(W, gamma):
    W = off(W)
    return geometric(W.sum(0) / ((W + W.T) / (gamma[:, None] + gamma[None, :])).sum(1))


@answer("mm-update", "diagonal left in everywhere", "wrong", means="counts_oneself")
def _(W, gamma):
    return geometric(W.sum(1) / ((W + W.T) / (gamma[:, None] + gamma[None, :])).sum(1))


@answer("mm-update", "diagonal left in the wins only", "wrong", means="own_wins_above")
def _(W, gamma):
    rest = ((W + W.T) / (gamma[:, None] + gamma[None, :])).fill_diagonal_(0)
    return geometric(W.sum(1) / rest.sum(1))


@answer("mm-update", "diagonal left in the denominator only", "wrong", means="own_games_below")
def _(W, gamma):
    wins = off(W).sum(1)
    return geometric(wins / ((W + W.T) / (gamma[:, None] + gamma[None, :])).sum(1))


@answer("mm-update", "only W below the line, not W + W^T", "wrong", means="wins_below")
def _(W, gamma):
    W = off(W)
    return geometric(W.sum(1) / (W / (gamma[:, None] + gamma[None, :])).sum(1))


@answer("mm-update", "only W^T below the line: only lost games", "wrong", means="losses_below")
def _(W, gamma):
    W = off(W)
    return geometric(W.sum(1) / (W.T / (gamma[:, None] + gamma[None, :])).sum(1))


@answer("mm-update", "multiplies by gamma_i + gamma_j instead of dividing", "wrong", means="times_the_sum")
def _(W, gamma):
    W = off(W)
    return geometric(W.sum(1) / ((W + W.T) * (gamma[:, None] + gamma[None, :])).sum(1))


@answer("mm-update", "sums above and below separately: games / sum of rates", "wrong", means="sums_apart")
def _(W, gamma):
    W = off(W)
    n = len(gamma)
    rates = (gamma[:, None] + gamma[None, :]) * (1 - torch.eye(n, dtype=gamma.dtype))
    return geometric(W.sum(1) / ((W + W.T).sum(1) / rates.sum(1)))


@answer("mm-update", "updates one after the other with the new gammas", "wrong", means="one_after_the_other")
def _(W, gamma):
    gamma = gamma.clone()
    n = len(gamma)
    for i in range(n):
        wins = sum(W[i, j] for j in range(n) if j != i)
        risk = sum((W[i, j] + W[j, i]) / (gamma[i] + gamma[j]) for j in range(n) if j != i)
        gamma[i] = wins / risk
    return geometric(gamma)


@answer("mm-update", "multiplies the old gamma by the ratio", "wrong", means="times_the_old")
def _(W, gamma):
    W = off(W)
    return geometric(gamma * W.sum(1) / ((W + W.T) / (gamma[:, None] + gamma[None, :])).sum(1))


@answer("mm-update", "upside down: time per win", "wrong", means="upside_down")
def _(W, gamma):
    W = off(W)
    return geometric(((W + W.T) / (gamma[:, None] + gamma[None, :])).sum(1) / W.sum(1))


@answer("mm-update", "gamma taken for log-ratings", "wrong", means="exponential_of_gamma")
def _(W, gamma):
    W = off(W)
    g = gamma.exp()
    return geometric(W.sum(1) / ((W + W.T) / (g[:, None] + g[None, :])).sum(1))


@answer("mm-update", "divides by gamma_j alone", "wrong", means="opponent_only")
def _(W, gamma):
    W = off(W)
    return geometric(W.sum(1) / ((W + W.T) / gamma[None, :]).sum(1))


@answer("mm-update", "win rate: wins by games", "wrong", means="share_of_wins")
def _(W, gamma):
    W = off(W)
    return geometric(W.sum(1) / (W + W.T).sum(1))


@answer("mm-update", "sum of the ratios of each pair", "wrong", means="sum_of_shares")
def _(W, gamma):
    W = off(W)
    games = W + W.T
    games = torch.where(games == 0, 1, games)
    return geometric((W * (gamma[:, None] + gamma[None, :]) / games).sum(1))


@answer("mm-update", "gamma_i - gamma_j below", "wrong")
def _(W, gamma):
    W = off(W)
    d = gamma[:, None] - gamma[None, :] + torch.eye(len(gamma), dtype=gamma.dtype)
    return geometric((W.sum(1) / ((W + W.T) / d).sum(1)).abs())


@answer("mm-update", "n-th root with n of four players hard-coded", "wrong")
def _(W, gamma):
    W = off(W)
    new = W.sum(1) / ((W + W.T) / (gamma[:, None] + gamma[None, :])).sum(1)
    return new / new.prod() ** (1 / 4)


@answer("mm-update", "subtracts the mean of the logs from the ratings themselves", "wrong", means="minus_mean_of_logs")
def _(W, gamma):
    W = off(W)
    new = W.sum(1) / ((W + W.T) / (gamma[:, None] + gamma[None, :])).sum(1)
    return new - new.log().mean()


@answer("mm-update", "fill_diagonal_ on the caller's W", "wrong")
def _(W, gamma):
    W.fill_diagonal_(0)
    return geometric(W.sum(1) / ((W + W.T) / (gamma[:, None] + gamma[None, :])).sum(1))


@answer("mm-update", "a list of numbers", "wrong")
def _(W, gamma):
    W = off(W)
    new = geometric(W.sum(1) / ((W + W.T) / (gamma[:, None] + gamma[None, :])).sum(1))
    return new.tolist()


@answer("mm-update", "first player's rating set to 1", "wrong", means="first_one")
def _(W, gamma):
    W = off(W)
    new = W.sum(1) / ((W + W.T) / (gamma[:, None] + gamma[None, :])).sum(1)
    return new / new[0]


@answer("mm-update", "iterates ten times", "wrong", means="ten_steps")
def _(W, gamma):
    W = off(W)
    for _ in range(10):
        gamma = geometric(W.sum(1) / ((W + W.T) / (gamma[:, None] + gamma[None, :])).sum(1))
    return gamma


@answer("mm-update", "explicit loops over i and j", "right")
def _(W, gamma):
    n = len(gamma)
    new = torch.empty_like(gamma)
    for i in range(n):
        wins, risk = 0.0, 0.0
        for j in range(n):
            if j != i:
                wins = wins + W[i, j]
                risk = risk + (W[i, j] + W[j, i]) / (gamma[i] + gamma[j])
        new[i] = wins / risk
    return new / torch.prod(new) ** (1.0 / n)


@answer("mm-update", "numpy inside", "right")
def _(W, gamma):
    w, g = W.detach().numpy().astype(np.float64), gamma.detach().numpy().astype(np.float64)
    np.fill_diagonal(w, 0)
    new = w.sum(axis=1) / ((w + w.T) / np.add.outer(g, g)).sum(axis=1)
    return torch.from_numpy(new / np.exp(np.log(new).mean())).to(gamma.dtype)


@answer("mm-update", "in logs to the end", "right")
def _(W, gamma):
    W = off(W)
    logs = W.sum(-1).log() - ((W + W.mT) / (gamma.unsqueeze(1) + gamma)).sum(-1).log()
    return (logs - logs.mean()).exp()


@answer("mm-update", "einsum", "right")
def _(W, gamma):
    mask = 1 - torch.eye(len(gamma), dtype=gamma.dtype)
    inverse = mask / (gamma[:, None] + gamma[None, :])
    risk = torch.einsum("ij,ij->i", W, inverse) + torch.einsum("ji,ij->i", W, inverse)
    new = torch.einsum("ij,ij->i", W, mask) / risk
    return new / torch.exp(torch.log(new).sum() / len(new))


@answer("mm-update", "diagonal subtracted from sums: games with oneself are 2 W_ii / 2 gamma_i", "right")
def _(W, gamma):
    d = W.diagonal()
    wins = W.sum(1) - d
    risk = ((W + W.T) / torch.cartesian_prod(gamma, gamma).sum(1).view_as(W)).sum(1) - d / gamma
    new = wins / risk
    return new / new.log().mean().exp()


@answer("mm-update", "rates of oneself made infinite", "right")
def _(W, gamma):
    rates = gamma[:, None] + gamma[None, :]
    rates = rates.masked_fill(torch.eye(len(gamma), dtype=torch.bool), float("inf"))
    new = (W.sum(1) - W.diag()) / ((W + W.T) / rates).sum(1)
    return new * (-new.log().mean()).exp()


@answer("mm-update", "gamma normalised first, which changes nothing, and after", "right")
def _(W, gamma):
    W, gamma = off(W), geometric(gamma)
    return geometric(W.sum(1) / ((W + W.T) / (gamma[:, None] + gamma[None, :])).sum(1))


@answer("mm-update", "updates one after another", "wrong", means="one_after_the_other")
def _(W, gamma):
    g = gamma.clone()
    n = len(g)
    for i in range(n):
        num = 0.0
        den = 0.0
        for j in range(n):
            if j != i:
                num = num + W[i, j]
                den = den + (W[i, j] + W[j, i]) / (g[i] + g[j])
        g[i] = num / den
    return g / g.log().mean().exp()


@answer("mm-update", "mean before logarithm: exp(log(mean)) is the arithmetic mean", "wrong", means="arithmetic_mean")
def _(W, gamma):
    W = W - torch.diag(W.diag())
    new = W.sum(1) / ((W + W.T) / (gamma[:, None] + gamma)).sum(1)
    return new / new.mean().log().exp()


@answer("mm-update", "only the wins, not all games, in the denominator", "wrong", means="wins_below")
def _(W, gamma):
    W = W.clone()
    W.fill_diagonal_(0)
    new = W.sum(1) / (W / (gamma[:, None] + gamma[None])).sum(1)
    return new / torch.exp(torch.log(new).mean())


@answer("mm-update", "returns the centred log-ratings in place of the ratings", "wrong", means="log_ratings")
def _(W, gamma):
    W = W * (1 - torch.eye(len(gamma), dtype=W.dtype))
    new = W.sum(1) / ((W + W.T) / (gamma[:, None] + gamma[None])).sum(1)
    r = new.log()
    return r - r.mean()


@answer(
    "mm-update",
    "W - W.diagonal(): subtracts the diagonal as a vector from every row",
    "wrong",
    means="diagonal_from_each_row",
)
def _(W, gamma):
    W = W - W.diagonal()
    new = W.sum(1) / ((W + W.T) / (gamma[:, None] + gamma[None])).sum(1)
    return new / new.log().mean().exp()


@answer("mm-update", "scales so that the first rating is 1", "wrong", means="first_one")
def _(W, gamma):
    W = W - torch.diag(W.diagonal())
    new = W.sum(1) / ((W + W.T) / (gamma[:, None] + gamma[None])).sum(1)
    return new / new[0]


@answer("mm-update", "multiplies the quotient by the old rating once more", "wrong", means="times_the_old")
def _(W, gamma):
    W = W - torch.diag(W.diagonal())
    N = W + W.mT
    new = gamma * W.sum(1) / (N / (gamma[:, None] + gamma[None])).sum(1)
    return new / new.log().mean().exp()


@answer("mm-update", "denominator sums only over j > i (inner loop starts at i + 1)", "wrong")
def _(W, gamma):
    n = len(gamma)
    wins = W.sum(1) - W.diagonal()
    den = torch.zeros_like(gamma)
    for i in range(n - 1):
        for j in range(i + 1, n):
            den[i] += (W[i, j] + W[j, i]) / (gamma[i] + gamma[j])
    den[n - 1] = 1.0
    new = wins / den
    return new / new.log().mean().exp()


@answer("mm-update", "fills the diagonal of the given W with zeros in place", "wrong")
def _(W, gamma):
    W.fill_diagonal_(0.0)
    new = W.sum(1) / ((W + W.T) / (gamma[:, None] + gamma[None])).sum(1)
    return new / new.log().mean().exp()


@answer("mm-update", "multiplicative form with sigmoids of log-ratings", "right")
def _(W, gamma):
    r = gamma.log()
    off = 1 - torch.eye(len(r), dtype=W.dtype)
    W = W * off
    expected = ((W + W.mT) * torch.sigmoid(r[:, None] - r)).sum(-1)
    logs = r + W.sum(-1).log() - expected.log()
    return torch.exp(logs - logs.mean())


@answer("mm-update", "plain Python loop, prod ** (1 / n)", "right")
def _(W, gamma):
    n = gamma.shape[0]
    out = []
    for i in range(n):
        a = sum(W[i, j] for j in range(n) if j != i)
        b = sum((W[i, j] + W[j, i]) / (gamma[i] + gamma[j]) for j in range(n) if j != i)
        out.append(a / b)
    new = torch.stack(out)
    return new / new.prod() ** (1 / n)


@answer("mm-update", "numpy in double", "right")
def _(W, gamma):
    w = W.numpy().astype(np.float64).copy()
    np.fill_diagonal(w, 0)
    g = gamma.numpy().astype(np.float64)
    new = w.sum(1) / ((w + w.T) / np.add.outer(g, g)).sum(1)
    new = new / np.exp(np.mean(np.log(new)))
    return torch.from_numpy(new).to(gamma.dtype)
