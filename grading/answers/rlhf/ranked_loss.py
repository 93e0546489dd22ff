"""Answers to ranked-loss, written without a look at its private half."""

from itertools import combinations

import torch
import torch.nn.functional as F

from grading.answers import answer


def leads(r):
    return r[:, :, None] - r[:, None, :]


def above(rank):
    return rank[:, :, None] < rank[:, None, :]


def by_prompt(each, pairs):
    return ((each * pairs).sum((1, 2)) / pairs.sum((1, 2))).mean()


@answer("ranked-loss", "a mean over the pairs of all prompts", "wrong")
def _(r, rank):
    return -F.logsigmoid(leads(r)[above(rank)]).mean()


@answer("ranked-loss", "the sum over a prompt's pairs", "wrong")
def _(r, rank):
    return (-F.logsigmoid(leads(r)) * above(rank)).sum((1, 2)).mean()


@answer("ranked-loss", "the sum over prompts", "wrong")
def _(r, rank):
    pairs = above(rank)
    return ((-F.logsigmoid(leads(r)) * pairs).sum((1, 2)) / pairs.sum((1, 2))).sum()


@answer("ranked-loss", "one loss for each prompt", "wrong")
def _(r, rank):
    pairs = above(rank)
    return (-F.logsigmoid(leads(r)) * pairs).sum((1, 2)) / pairs.sum((1, 2))


@answer("ranked-loss", "no minus, as on the slide", "wrong")
def _(r, rank):
    return by_prompt(F.logsigmoid(leads(r)), above(rank))


@answer("ranked-loss", "the lead the other way round", "wrong")
def _(r, rank):
    return by_prompt(-F.logsigmoid(-leads(r)), above(rank))


@answer("ranked-loss", "the highest number is the best", "wrong")
def _(r, rank):
    return by_prompt(-F.logsigmoid(leads(r)), above(-rank))


@answer("ranked-loss", "ties count, both ways", "wrong")
def _(r, rank):
    pairs = (rank[:, :, None] <= rank[:, None, :]) & ~torch.eye(r.shape[1], dtype=torch.bool)
    return by_prompt(-F.logsigmoid(leads(r)), pairs)


@answer("ranked-loss", "ties count, and each answer against itself", "wrong")
def _(r, rank):
    return by_prompt(-F.logsigmoid(leads(r)), rank[:, :, None] <= rank[:, None, :])


@answer("ranked-loss", "sorted by rank: a tie counts once, in some order", "wrong")
def _(r, rank):
    K = r.shape[1]
    r = r.gather(1, rank.argsort(dim=1, stable=True))
    i, j = torch.triu_indices(K, K, 1)
    return -F.logsigmoid(r[:, i] - r[:, j]).mean()


@answer("ranked-loss", "log of a sigmoid, which underflows", "wrong")
def _(r, rank):
    lead = leads(r)
    pairs = above(rank)
    return torch.stack([-torch.log(torch.sigmoid(d[p])).mean() for d, p in zip(lead, pairs)]).mean()


@answer("ranked-loss", "log(sigmoid + 1e-8)", "wrong")
def _(r, rank):
    return by_prompt(-torch.log(torch.sigmoid(leads(r)) + 1e-8), above(rank))


@answer("ranked-loss", "sigmoid clamped at 1e-6", "wrong")
def _(r, rank):
    return by_prompt(-torch.log(torch.sigmoid(leads(r)).clamp(min=1e-6)), above(rank))


@answer("ranked-loss", "log(1 + exp(-lead)), which overflows", "wrong")
def _(r, rank):
    lead, pairs = leads(r), above(rank)
    return torch.stack([torch.log(1 + torch.exp(-d[p])).mean() for d, p in zip(lead, pairs)]).mean()


@answer("ranked-loss", "the lead clamped to 10", "wrong")
def _(r, rank):
    return by_prompt(-F.logsigmoid(leads(r).clamp(-10, 10)), above(rank))


@answer("ranked-loss", "neighbours in the ranking only", "wrong")
def _(r, rank):
    r = r.gather(1, rank.argsort(1))
    return -F.logsigmoid(r[:, :-1] - r[:, 1:]).mean()


@answer("ranked-loss", "places one apart only", "wrong")
def _(r, rank):
    return by_prompt(-F.logsigmoid(leads(r)), rank[:, :, None] + 1 == rank[:, None, :])


@answer("ranked-loss", "the best against the others only", "wrong")
def _(r, rank):
    return by_prompt(-F.logsigmoid(leads(r)), above(rank) & (rank == rank.min(1, keepdim=True).values)[:, :, None])


@answer("ranked-loss", "the best against the worst only", "wrong")
def _(r, rank):
    best = r.gather(1, rank.argmin(1, keepdim=True))
    worst = r.gather(1, rank.argmax(1, keepdim=True))
    return -F.logsigmoid(best - worst).mean()


@answer("ranked-loss", "divided by K(K-1)/2, ties or not", "wrong")
def _(r, rank):
    K = r.shape[1]
    return ((-F.logsigmoid(leads(r)) * above(rank)).sum((1, 2)) / (K * (K - 1) / 2)).mean()


@answer("ranked-loss", "divided by K squared", "wrong")
def _(r, rank):
    return (-F.logsigmoid(leads(r)) * above(rank)).mean((1, 2)).mean()


@answer("ranked-loss", "divided by K", "wrong")
def _(r, rank):
    return ((-F.logsigmoid(leads(r)) * above(rank)).sum((1, 2)) / r.shape[1]).mean()


@answer("ranked-loss", "pairs in which the better stands first only", "wrong")
def _(r, rank):
    pairs = above(rank).triu(1)
    return ((-F.logsigmoid(leads(r)) * pairs).sum((1, 2)) / pairs.sum((1, 2)).clamp(min=1)).mean()


@answer("ranked-loss", "rank as an index", "wrong")
def _(r, rank):
    K = r.shape[1]
    r = r.gather(1, rank.long() - 1)
    i, j = torch.triu_indices(K, K, 1)
    return -F.logsigmoid(r[:, i] - r[:, j]).mean()


@answer("ranked-loss", "no logarithm", "wrong")
def _(r, rank):
    return by_prompt(1 - torch.sigmoid(leads(r)), above(rank))


@answer("ranked-loss", "log base 2", "wrong")
def _(r, rank):
    return by_prompt(-F.logsigmoid(leads(r)) / torch.log(torch.tensor(2.0)).to(r), above(rank))


@answer("ranked-loss", "hinge instead of -log sigmoid", "wrong")
def _(r, rank):
    return by_prompt(F.relu(1 - leads(r)), above(rank))


@answer("ranked-loss", "log of the mean probability", "wrong")
def _(r, rank):
    pairs = above(rank)
    return -torch.log((torch.sigmoid(leads(r)) * pairs).sum((1, 2)) / pairs.sum((1, 2))).mean()


@answer("ranked-loss", "-log sigmoid of the mean lead", "wrong")
def _(r, rank):
    pairs = above(rank)
    return -F.logsigmoid((leads(r) * pairs).sum((1, 2)) / pairs.sum((1, 2))).mean()


@answer("ranked-loss", "Plackett and Luce: each place a choice among the rest", "wrong")
def _(r, rank):
    r = r.gather(1, rank.argsort(dim=1, stable=True))
    rest = r.flip(1).logcumsumexp(1).flip(1)
    return (rest - r)[:, :-1].mean()


@answer("ranked-loss", "prompts weigh as many pairs as they have", "wrong")
def _(r, rank):
    pairs = above(rank).sum((1, 2)).to(r)
    each = (-F.logsigmoid(leads(r)) * above(rank)).sum((1, 2)) / pairs
    return (each * pairs / pairs.sum()).sum()


@answer("ranked-loss", "pairs between prompts as well", "wrong")
def _(r, rank):
    r, rank = r.flatten(), rank.flatten()
    pairs = rank[:, None] < rank
    return -F.logsigmoid((r[:, None] - r)[pairs]).mean()


@answer("ranked-loss", "leads weighted by the distance in rank", "wrong")
def _(r, rank):
    far = (rank[:, None, :] - rank[:, :, None]).clamp(min=0)
    return ((-F.logsigmoid(leads(r)) * far).sum((1, 2)) / far.sum((1, 2))).mean()


@answer("ranked-loss", "no gradient: r is detached", "wrong")
def _(r, rank):
    return by_prompt(-F.logsigmoid(leads(r.detach())), above(rank))


@answer("ranked-loss", "no gradient: a Python float", "wrong")
def _(r, rank):
    return by_prompt(-F.logsigmoid(leads(r)), above(rank)).item()


@answer("ranked-loss", "the first prompt only", "wrong")
def _(r, rank):
    return by_prompt(-F.logsigmoid(leads(r[:1])), above(rank[:1]))


@answer("ranked-loss", "rewards of the better detached", "wrong")
def _(r, rank):
    return by_prompt(-F.logsigmoid(r.detach()[:, :, None] - r[:, None, :]), above(rank))


@answer("ranked-loss", "loops and softplus", "right")
def _(r, rank):
    loss = 0
    for rewards, places in zip(r, rank):
        pairs = [
            (i, j) if places[i] < places[j] else (j, i)
            for i, j in combinations(range(len(places)), 2)
            if places[i] != places[j]
        ]
        loss = loss + sum(F.softplus(rewards[k] - rewards[j]) for j, k in pairs) / len(pairs)
    return loss / len(r)


@answer("ranked-loss", "cross entropy of both directions, ties left out", "right")
def _(r, rank):
    target = above(rank).to(r)
    untied = rank[:, :, None] != rank[:, None, :]
    each = F.binary_cross_entropy_with_logits(leads(r), target, reduction="none")
    return ((each * untied).sum((1, 2)) / untied.sum((1, 2))).mean()


@answer("ranked-loss", "a softmax between the two", "right")
def _(r, rank):
    K = r.shape[1]
    two = torch.stack([r[:, :, None].expand(-1, K, K), r[:, None, :].expand(-1, K, K)], -1)
    return by_prompt(-two.log_softmax(-1)[..., 0], above(rank))


@answer("ranked-loss", "logaddexp, weights of pairs", "right")
def _(r, rank):
    pairs = above(rank).to(r)
    weight = pairs / pairs.sum((1, 2), keepdim=True) / len(r)
    return (weight * torch.logaddexp(torch.zeros_like(r[:1, :1, None]), -leads(r))).sum()


@answer("ranked-loss", "sorted, and ties skipped", "right")
def _(r, rank):
    order = rank.argsort(1)
    r, rank = r.gather(1, order), rank.gather(1, order)
    i, j = torch.triu_indices(r.shape[1], r.shape[1], 1)
    weight = (rank[:, i] != rank[:, j]).to(r)
    return ((F.softplus(r[:, j] - r[:, i]) * weight).sum(1) / weight.sum(1)).mean()


@answer("ranked-loss", "nan where there is no pair, and nanmean", "right")
def _(r, rank):
    each = torch.where(above(rank), F.softplus(-leads(r)), torch.nan)
    return each.flatten(1).nanmean(1).mean()


@answer("ranked-loss", "in float64, and back", "right")
def _(r, rank):
    return by_prompt(-F.logsigmoid(leads(r.double())), above(rank)).to(r.dtype)
