"""Answers to node-pruning, written from the task alone."""

import torch

from grading.answers import answer


def ranks(received, live):
    return received.masked_fill(live == 0, -torch.inf).argsort(1, descending=True).argsort(1)


@answer("node-pruning", "a share of N", "wrong")
def _(received, live, always, keep):
    n = torch.tensor(live.shape[1] * keep).ceil()
    return (((ranks(received, live) < n) & (live > 0)) | (always > 0)).float()


@answer("node-pruning", "rounded to the nearest", "wrong")
def _(received, live, always, keep):
    n = (live.sum(1, keepdim=True) * keep).round()
    return ((ranks(received, live) < n) | (always > 0)).float()


@answer("node-pruning", "always is ignored", "wrong")
def _(received, live, always, keep):
    n = (live.sum(1, keepdim=True) * keep).ceil()
    return (ranks(received, live) < n).float()


@answer("node-pruning", "protected nodes come first", "wrong")
def _(received, live, always, keep):
    n = (live.sum(1, keepdim=True) * keep).ceil()
    return (ranks(received + 1e6 * always, live) < n).float()


@answer("node-pruning", "the share of the nodes that are not protected", "wrong")
def _(received, live, always, keep):
    free = live * (1 - always)
    n = (free.sum(1, keepdim=True) * keep).ceil()
    return (((ranks(received, free) < n) & (free > 0)) | (always > 0)).float()


@answer("node-pruning", "one number for the batch", "wrong")
def _(received, live, always, keep):
    n = (live.sum(1).mean() * keep).ceil()
    return (((ranks(received, live) < n) & (live > 0)) | (always > 0)).float()


@answer("node-pruning", "a threshold of keep", "wrong")
def _(received, live, always, keep):
    return (((received >= keep) & (live > 0)) | (always > 0)).float()


@answer("node-pruning", "zeros for pruned nodes before sorting", "wrong")
def _(received, live, always, keep):
    n = (live.sum(1, keepdim=True) * keep).ceil()
    rank = received.argsort(1, descending=True).argsort(1)
    return (((rank < n) & (live > 0)) | (always > 0)).float()


@answer("node-pruning", "values in place of a mask", "wrong")
def _(received, live, always, keep):
    n = (live.sum(1, keepdim=True) * keep).ceil()
    return ((ranks(received, live) < n) | (always > 0)).float() * received


@answer("node-pruning", "row by row with topk", "right")
def _(received, live, always, keep):
    stays = always.clone()
    for row in range(len(received)):
        places = live[row].nonzero().flatten()
        n = -int(-(len(places) * keep) // 1)
        best = received[row, places].topk(n).indices
        stays[row, places[best]] = 1.0
    return stays


@answer("node-pruning", "counting who receives more", "right")
def _(received, live, always, keep):
    more = ((received[:, None, :] > received[:, :, None]) & (live[:, None, :] == 1)).sum(-1)
    n = torch.ceil(live.sum(1, keepdim=True) * keep)
    return torch.where(live == 1, ((more < n) | (always == 1)).float(), torch.zeros_like(live))
