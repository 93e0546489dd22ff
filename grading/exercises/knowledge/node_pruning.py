"""The private half of node-pruning."""

import math

import torch
from llmcourse.checks.labs.knowledge.node_pruning import nodes

from grading.exercises import misconception, reference, variant

CASES = {
    "many nodes": nodes(4, 30, 0.3, dead=8, protected=3),
    "a tenth": nodes(3, 23, 0.1, dead=4, protected=2),
    "most of them": nodes(2, 11, 0.9, dead=2),
}


@reference
def prune(received, live, always, keep):
    order = received.masked_fill(live == 0, -torch.inf).argsort(dim=1, descending=True)
    rank = order.argsort(dim=1)
    wanted = (live.sum(1, keepdim=True) * keep).ceil()
    return ((live == 1) & ((rank < wanted) | (always == 1))).double()


@variant
def row_by_row(received, live, always, keep):
    kept = torch.zeros_like(received)
    for b in range(len(received)):
        there = [i for i in range(received.shape[1]) if live[b, i] == 1]
        wanted = math.ceil(len(there) * keep - 1e-9)
        for i in sorted(there, key=lambda i: -float(received[b, i]))[:wanted]:
            kept[b, i] = 1.0
        for i in there:
            if always[b, i]:
                kept[b, i] = 1.0
    return kept


@variant
def by_counting(received, live, always, keep):
    larger = (received[:, None] > received[:, :, None]) & (live[:, None] > 0)
    few = larger.sum(-1) < torch.ceil(live.sum(1) * keep)[:, None]
    return torch.where(live > 0, torch.maximum(few.to(live.dtype), always), 0.0)


@misconception(
    says="pruning that rounds the number of nodes down",
    hint="Rounded up: `.ceil()`, so that at least one node stays.",
)
def rounded_down(received, live, always, keep):
    rank = received.masked_fill(live == 0, -torch.inf).argsort(dim=1, descending=True).argsort(dim=1)
    return ((live == 1) & ((rank < (live.sum(1, keepdim=True) * keep).floor()) | (always == 1))).double()


@misconception(
    says="pruning to a share of all places, pruned ones among them",
    hint="The share is one of the nodes that are still there: `live.sum(1) * keep`.",
)
def share_of_places(received, live, always, keep):
    rank = received.masked_fill(live == 0, -torch.inf).argsort(dim=1, descending=True).argsort(dim=1)
    wanted = math.ceil(received.shape[1] * keep)
    return ((live == 1) & ((rank < wanted) | (always == 1))).double()


@misconception(
    says="pruning that protects nothing",
    hint="Nodes with always = 1 stay, however little they receive.",
)
def nothing_protected(received, live, always, keep):
    rank = received.masked_fill(live == 0, -torch.inf).argsort(dim=1, descending=True).argsort(dim=1)
    return ((live == 1) & (rank < (live.sum(1, keepdim=True) * keep).ceil())).double()


@misconception(
    says="pruning in which protected nodes take the places of others",
    hint="Protected nodes are kept in addition: they rank like all others, and stay even behind the last place.",
)
def protected_take_places(received, live, always, keep):
    first = received.masked_fill(always == 1, torch.inf).masked_fill(live == 0, -torch.inf)
    rank = first.argsort(dim=1, descending=True).argsort(dim=1)
    return ((live == 1) & ((rank < (live.sum(1, keepdim=True) * keep).ceil()) | (always == 1))).double()


@misconception(
    says="pruning in which protected nodes do not rank, and the others fill all places",
    hint="Protected nodes rank like all others: one that is among the first takes its place there.",
)
def protected_apart(received, live, always, keep):
    others = received.masked_fill((live == 0) | (always == 1), -torch.inf)
    rank = others.argsort(dim=1, descending=True).argsort(dim=1)
    few = (rank < (live.sum(1, keepdim=True) * keep).ceil()) & (always == 0)
    return ((live == 1) & (few | (always == 1))).double()


@misconception(
    says="pruning to a share of the nodes that are not protected",
    hint="The share is one of all that are still there, protected ones among them: `live.sum(1) * keep`.",
)
def share_of_the_others(received, live, always, keep):
    others = received.masked_fill((live == 0) | (always == 1), -torch.inf)
    rank = others.argsort(dim=1, descending=True).argsort(dim=1)
    few = (rank < ((live - always).sum(1, keepdim=True) * keep).ceil()) & (always == 0)
    return ((live == 1) & (few | (always == 1))).double()


@misconception(
    says="pruning that rounds the number of nodes to the nearest",
    hint="Rounded up, also from below a half: `.ceil()`.",
)
def rounded(received, live, always, keep):
    rank = received.masked_fill(live == 0, -torch.inf).argsort(dim=1, descending=True).argsort(dim=1)
    return ((live == 1) & ((rank < (live.sum(1, keepdim=True) * keep).round()) | (always == 1))).double()


@misconception(
    says="pruning of the nodes that receive most",
    hint="Those with the largest attention stay: sort with descending=True.",
)
def keeps_the_least(received, live, always, keep):
    rank = received.masked_fill(live == 0, torch.inf).argsort(dim=1).argsort(dim=1)
    return ((live == 1) & ((rank < (live.sum(1, keepdim=True) * keep).ceil()) | (always == 1))).double()


@misconception(
    says="pruning in which pruned nodes still take places",
    hint="Give them -inf before you sort: what is not there receives nothing.",
)
def dead_take_places(received, live, always, keep):
    rank = received.argsort(dim=1, descending=True).argsort(dim=1)
    return ((live == 1) & ((rank < (live.sum(1, keepdim=True) * keep).ceil()) | (always == 1))).double()


@misconception(
    says="pruning that brings pruned nodes back",
    hint="What is not live stays away: multiply by live at the end, and sort without the others.",
)
def brought_back(received, live, always, keep):
    rank = received.argsort(dim=1, descending=True).argsort(dim=1)
    return ((rank < (live.sum(1, keepdim=True) * keep).ceil()) | (always == 1)).double()


@misconception(
    says="pruning by the order of nodes, and not by their ranks",
    hint="argsort gives the nodes in their order; a second argsort turns that into the rank of each node.",
)
def one_argsort(received, live, always, keep):
    order = received.masked_fill(live == 0, -torch.inf).argsort(dim=1, descending=True)
    return ((live == 1) & ((order < (live.sum(1, keepdim=True) * keep).ceil()) | (always == 1))).double()


@misconception(
    says="pruning in which all graphs of the batch compete",
    hint="Each row is a graph with a number of its own: rank within rows.",
)
def across_the_batch(received, live, always, keep):
    alone = received.masked_fill(live == 0, -torch.inf).flatten()
    rank = alone.argsort(descending=True).argsort().view(received.shape)
    return ((live == 1) & ((rank < (live.sum() * keep).ceil()) | (always == 1))).double()


@misconception(
    says="pruning of everything that receives less than the mean",
    hint="A fixed share stays: as many as `keep` says, in the order of attention.",
)
def above_the_mean(received, live, always, keep):
    mean = (received * live).sum(1, keepdim=True) / live.sum(1, keepdim=True)
    return ((live == 1) & ((received >= mean) | (always == 1))).double()


@misconception(
    says="1 for nodes that are pruned",
    hint="Return 1 for nodes that stay.",
)
def exchanged(received, live, always, keep):
    rank = received.masked_fill(live == 0, -torch.inf).argsort(dim=1, descending=True).argsort(dim=1)
    kept = (live == 1) & ((rank < (live.sum(1, keepdim=True) * keep).ceil()) | (always == 1))
    return (~kept).double()
