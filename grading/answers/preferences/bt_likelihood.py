"""Answers to bt-likelihood by people who have not seen its private half."""

import math

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from grading.answers import answer


@answer("bt-likelihood", "sigmoid, then log: minus infinity if ratings are far apart", "wrong", means="underflows")
def _(W, r):
    p = torch.sigmoid(r[:, None] - r[None, :])
    off = ~torch.eye(len(r), dtype=torch.bool)
    return (W[off] * torch.log(p[off])).sum()


@answer("bt-likelihood", "diagonal counted", "wrong", means="with_diagonal")
def _(W, r):
    return (W * F.logsigmoid(r[:, None] - r[None, :])).sum()


@answer("bt-likelihood", "r_j - r_i: losers win", "wrong", means="loser_first")
def _(W, r):
    W = W - torch.diag(torch.diag(W))
    return (W * F.logsigmoid(r[None, :] - r[:, None])).sum()


@answer("bt-likelihood", "negative log-likelihood, as a loss", "wrong", means="negative")
def _(W, r):
    W = W - torch.diag(torch.diag(W))
    return -(W * F.logsigmoid(r[:, None] - r[None, :])).sum()


@answer("bt-likelihood", "only the upper triangle of W", "wrong", means="upper_half")
def _(W, r):
    logs = F.logsigmoid(r.unsqueeze(1) - r.unsqueeze(0))
    return (torch.triu(W, diagonal=1) * logs).sum()


@answer("bt-likelihood", "mean over games", "wrong", means="mean_over_games")
def _(W, r):
    W = W * (1 - torch.eye(len(r), dtype=W.dtype))
    logs = F.logsigmoid(r[:, None] - r)
    return (W * logs).sum() / W.sum()


@answer("bt-likelihood", "mean over the cells of the matrix", "wrong", means="mean_over_cells")
def _(W, r):
    n = W.shape[0]
    mask = 1 - torch.eye(n, dtype=W.dtype)
    return (W * mask * F.logsigmoid(r[:, None] - r)).mean()


@answer("bt-likelihood", "takes r for gamma: r_i / (r_i + r_j)", "wrong", means="r_as_gamma")
def _(W, r):
    p = r[:, None] / (r[:, None] + r[None, :])
    p = p.masked_fill(torch.eye(len(r), dtype=torch.bool), 1.0)
    return (W * p.log()).sum()


@answer("bt-likelihood", "log of r first: sigmoid of differences of log r", "wrong", means="logarithm_of_r")
def _(W, r):
    s = torch.log(r)
    W = W.clone()
    W.fill_diagonal_(0)
    return (W * F.logsigmoid(s[:, None] - s[None, :])).sum()


@answer("bt-likelihood", "sum of W times p, log forgotten", "wrong", means="without_log")
def _(W, r):
    p = torch.sigmoid(r[:, None] - r[None, :])
    p = p * (1 - torch.eye(len(r), dtype=r.dtype))
    return (W * p).sum()


@answer("bt-likelihood", "log of the sum instead of the sum of logs", "wrong", means="logarithm_of_the_sum")
def _(W, r):
    p = torch.sigmoid(r[:, None] - r[None, :])
    W = W - torch.diag(torch.diag(W))
    return torch.log((W * p).sum())


@answer("bt-likelihood", "the probability itself, not its logarithm", "wrong", means="without_the_last_logarithm")
def _(W, r):
    W = W - torch.diag(torch.diag(W))
    return (W * F.logsigmoid(r[:, None] - r[None, :])).sum().exp()


@answer("bt-likelihood", "W ignored: every pair once", "wrong", means="one_game_each")
def _(W, r):
    logs = F.logsigmoid(r[:, None] - r[None, :])
    logs = logs * (1 - torch.eye(len(r), dtype=r.dtype))
    return logs.sum()


@answer("bt-likelihood", "who won more often has won once: (W > 0)", "wrong", means="one_game_each")
def _(W, r):
    beaten = (W > 0).to(r.dtype)
    beaten.fill_diagonal_(0)
    return (beaten * F.logsigmoid(r[:, None] - r[None, :])).sum()


@answer("bt-likelihood", "every game also as a lost game: + W^T log(1-p)", "wrong", means="counted_from_both_sides")
def _(W, r):
    d = r[:, None] - r[None, :]
    W = W - torch.diag(torch.diag(W))
    return (W * F.logsigmoid(d) + W.T * F.logsigmoid(-d)).sum()


@answer("bt-likelihood", "adds log of the binomial coefficient of each pair", "wrong", means="any_order")
def _(W, r):
    W = W - torch.diag(torch.diag(W))
    logs = (W * F.logsigmoid(r[:, None] - r[None, :])).sum()
    N = W + W.T
    ways = torch.lgamma(N + 1) - torch.lgamma(W + 1) - torch.lgamma(W.T + 1)
    return logs + torch.triu(ways, 1).sum()


@answer("bt-likelihood", "epsilon inside the log", "wrong", means="epsilon_8")
def _(W, r):
    p = torch.sigmoid(r[:, None] - r[None, :])
    W = W - torch.diag(torch.diag(W))
    return (W * torch.log(p + 1e-8)).sum()


@answer("bt-likelihood", "probabilities clamped", "wrong", means="epsilon_6")
def _(W, r):
    p = torch.sigmoid(r[:, None] - r[None, :]).clamp(1e-6, 1 - 1e-6)
    W = W - torch.diag(torch.diag(W))
    return (W * p.log()).sum()


@answer("bt-likelihood", "exp(r) overflows: r - log(gamma_i + gamma_j)", "wrong")
def _(W, r):
    gamma = r.exp()
    logs = r[:, None] - torch.log(gamma[:, None] + gamma[None, :])
    W = W - torch.diag(torch.diag(W))
    return (W * logs).sum()


@answer("bt-likelihood", "softmax over all instead of over pairs", "wrong", means="one_against_all")
def _(W, r):
    W = W - torch.diag(torch.diag(W))
    return (W.sum(dim=1) * torch.log_softmax(r, dim=0)).sum()


@answer("bt-likelihood", "returns one number for each player", "wrong")
def _(W, r):
    W = W - torch.diag(torch.diag(W))
    return (W * F.logsigmoid(r[:, None] - r[None, :])).sum(dim=1)


@answer("bt-likelihood", "Python float by item(): no gradient", "wrong")
def _(W, r):
    total = 0.0
    for i in range(len(r)):
        for j in range(len(r)):
            if i != j:
                total += W[i, j].item() * F.logsigmoid(r[i] - r[j]).item()
    return total


@answer("bt-likelihood", "W's diagonal set to zero in place", "wrong")
def _(W, r):
    W.fill_diagonal_(0)
    return (W * F.logsigmoid(r[:, None] - r[None, :])).sum()


@answer("bt-likelihood", "loop over j > i only counts W[i, j]", "wrong", means="lower_half")
def _(W, r):
    total = torch.zeros((), dtype=r.dtype)
    n = len(r)
    for i in range(n):
        for j in range(i):
            total = total + W[i, j] * F.logsigmoid(r[i] - r[j])
    return total


@answer("bt-likelihood", "log base 10", "wrong", means="decimal_logarithm")
def _(W, r):
    W = W - torch.diag(torch.diag(W))
    return (W * F.logsigmoid(r[:, None] - r[None, :])).sum() / math.log(10)


@answer("bt-likelihood", "four players hard-coded", "wrong")
def _(W, r):
    off = 1 - torch.eye(4, dtype=r.dtype)
    return (W[:4, :4] * off * F.logsigmoid(r[:4, None] - r[None, :4])).sum()


@answer("bt-likelihood", "diagonal takes log 2 away once per player, not W_ii times", "wrong")
def _(W, r):
    logs = (W * F.logsigmoid(r[:, None] - r[None, :])).sum()
    return logs + len(r) * math.log(2)


@answer("bt-likelihood", "gamma^W: wins times r only, normaliser forgotten", "wrong", means="without_the_normaliser")
def _(W, r):
    W = W - torch.diag(torch.diag(W))
    return (W.sum(1) * r).sum()


@answer("bt-likelihood", "log sigmoid of each rating, subtracted", "wrong", means="sigmoid_of_each")
def _(W, r):
    W = W - torch.diag(torch.diag(W))
    logs = F.logsigmoid(r)
    return (W * (logs[:, None] - logs[None, :])).sum()


@answer("bt-likelihood", "minus softplus of the opposite difference", "right")
def _(W, r):
    off = ~torch.eye(len(r), dtype=torch.bool, device=r.device)
    return -(W * F.softplus(r[None, :] - r[:, None]))[off].sum()


@answer("bt-likelihood", "wins times r minus logaddexp of each pair of games", "right")
def _(W, r):
    off = W - W.diag().diag()
    return off.sum(1) @ r - (off * torch.logaddexp(r[:, None], r[None, :])).sum()


@answer("bt-likelihood", "two loops", "right")
def _(W, r):
    total = r.sum() * 0
    for i in range(W.shape[0]):
        for j in range(W.shape[1]):
            if i == j:
                continue
            total = total + W[i, j] * F.logsigmoid(r[i] - r[j])
    return total


@answer("bt-likelihood", "einsum, in float64, cast back", "right")
def _(W, r):
    w, s = W.double(), r.double()
    w = w.masked_fill(torch.eye(len(s), dtype=torch.bool), 0.0)
    d = s.view(-1, 1) - s.view(1, -1)
    return torch.einsum("ij,ij->", w, nn.LogSigmoid()(d)).to(r.dtype)


@answer("bt-likelihood", "all cells, then the diagonal's log 2 put back", "right")
def _(W, r):
    logs = (W * F.logsigmoid(r[:, None] - r[None, :])).sum()
    return logs + torch.trace(W) * np.log(2)


@answer("bt-likelihood", "triangles apart by index pairs", "right")
def _(W, r):
    i, j = torch.triu_indices(len(r), len(r), 1)
    d = r[i] - r[j]
    return (W[i, j] * F.logsigmoid(d) + W[j, i] * F.logsigmoid(-d)).sum()


@answer("bt-likelihood", "log_softmax of the two of each pair", "right")
def _(W, r):
    n = len(r)
    two = torch.stack([r[:, None].expand(n, n), r[None, :].expand(n, n)])
    logs = torch.log_softmax(two, dim=0)[0]
    return (W.tril(-1) * logs).sum() + (W.triu(1) * logs).sum()


@answer("bt-likelihood", "binary cross-entropy with logits", "right")
def _(W, r):
    off = ~torch.eye(len(r), dtype=torch.bool)
    d = (r[:, None] - r[None, :])[off]
    return -F.binary_cross_entropy_with_logits(d, torch.ones_like(d), weight=W[off], reduction="sum")


@answer("bt-likelihood", "averages over the games: divides by the number of games", "wrong", means="mean_over_games")
def _(W, r):
    n = len(r)
    W = W * (1 - torch.eye(n, dtype=W.dtype))
    logp = F.logsigmoid(r[:, None] - r[None, :])
    return (W * logp).sum() / W.sum()


@answer("bt-likelihood", "each pair i < j counted only with the wins of i", "wrong", means="upper_half")
def _(W, r):
    total = torch.zeros((), dtype=r.dtype)
    for i in range(len(r)):
        for j in range(i + 1, len(r)):
            total = total + W[i, j] * F.logsigmoid(r[i] - r[j])
    return total


@answer("bt-likelihood", "adds the logarithm of the binomial coefficient of each pair", "wrong", means="any_order")
def _(W, r):
    logp = F.logsigmoid(r[:, None] - r)
    off = 1 - torch.eye(len(r), dtype=r.dtype)
    N = W + W.T
    binom = torch.lgamma(N + 1) - torch.lgamma(W + 1) - torch.lgamma(W.T + 1)
    return (off * W * logp).sum() + binom.triu(1).sum()


@answer("bt-likelihood", "clamps the probability at 1e-12 before the logarithm", "wrong", means="epsilon_12")
def _(W, r):
    p = torch.sigmoid(r[:, None] - r[None, :]).clamp(min=1e-12)
    W = W - torch.diag(torch.diagonal(W))
    return (W * p.log()).sum()


@answer("bt-likelihood", "takes r for gamma: p = r_i / (r_i + r_j)", "wrong", means="r_as_gamma")
def _(W, r):
    total = 0
    for i in range(len(r)):
        for j in range(len(r)):
            if i != j:
                total = total + W[i, j] * torch.log(r[i] / (r[i] + r[j]))
    return total


@answer("bt-likelihood", "accumulates Python numbers with .item(): no gradient", "wrong")
def _(W, r):
    total = 0.0
    for i in range(len(r)):
        for j in range(len(r)):
            if i != j:
                total += W[i, j].item() * F.logsigmoid(r[i] - r[j]).item()
    return torch.tensor(total, dtype=r.dtype)


@answer("bt-likelihood", "takes the diagonal out with 0.5 per game", "wrong", means="half_a_game_each")
def _(W, r):
    logp = F.logsigmoid(r[:, None] - r[None, :])
    return (W * logp).sum() - 0.5 * W.diagonal().sum()


@answer(
    "bt-likelihood",
    "every game counted twice: as a win of i and as a loss of j",
    "wrong",
    means="counted_from_both_sides",
)
def _(W, r):
    d = r[:, None] - r[None, :]
    ll = W * F.logsigmoid(d) + W.T * F.logsigmoid(-d)
    return ll.sum() - ll.diagonal().sum()


@answer("bt-likelihood", "the mask of the diagonal is eye(4): hard-coded size of the example", "wrong")
def _(W, r):
    mask = 1 - torch.eye(4, dtype=r.dtype)
    return (mask * W * F.logsigmoid(r.unsqueeze(1) - r.unsqueeze(0))).sum()


@answer("bt-likelihood", "r_i - logaddexp(r_i, r_j), loop", "right")
def _(W, r):
    parts = []
    for i in range(len(r)):
        for j in range(len(r)):
            if i != j:
                parts.append(W[i, j] * (r[i] - torch.logaddexp(r[i], r[j])))
    return torch.stack(parts).sum()


@answer("bt-likelihood", "softplus by pairs with triu_indices", "right")
def _(W, r):
    i, j = torch.triu_indices(len(r), len(r), 1)
    d = r[i] - r[j]
    return -(W[i, j] * F.softplus(-d) + W[j, i] * F.softplus(d)).sum()


@answer("bt-likelihood", "log_softmax over the pair, float64 inside, einsum", "right")
def _(W, r):
    n = len(r)
    R = r.double()
    pair = torch.stack([R[:, None].expand(n, n), R[None, :].expand(n, n)], dim=-1)
    lp = pair.log_softmax(-1)[..., 0]
    off = ~torch.eye(n, dtype=torch.bool)
    return torch.einsum("k,k->", W.double()[off], lp[off]).to(r.dtype)
