"""The private half of cost-frontier."""

import torch
from llmcourse.checks.labs.agentic_rag.cost_frontier import systems

from grading.exercises import misconception, reference, variant

CASES = {
    "twelve systems": systems(12, 0.4),
    "ties among many": systems(14, 0.75, ties=True),
    "the budget pays the cheapest only": systems(6, 0.0),
    "ties, and a small budget": systems(9, 0.1, ties=True),
}


@reference
def frontier(cost, accuracy, budget):
    worse = (cost >= cost[:, None]) & (accuracy <= accuracy[:, None])
    same = (cost == cost[:, None]) & (accuracy == accuracy[:, None])
    kept = ~(worse & ~same).any(0)
    low, high = cost <= budget, cost > budget
    best = accuracy[low].max()
    if high.any():
        t = (budget - cost[low])[:, None] / (cost[high] - cost[low][:, None])
        line = accuracy[low][:, None] + t * (accuracy[high] - accuracy[low][:, None])
        best = torch.maximum(best, line.max())
    return kept, best


@variant
def by_sorting(cost, accuracy, budget):
    points = list(zip(cost.tolist(), accuracy.tolist()))
    kept = [
        not any((c, a) != p and c <= p[0] and a >= p[1] for c, a in points)
        for p in points
    ]  # fmt: skip
    best = max(a for c, a in points if c <= budget)
    for c0, a0 in points:
        for c1, a1 in points:
            if c0 <= budget < c1:
                best = max(best, (a0 * (c1 - budget) + a1 * (budget - c0)) / (c1 - c0))
    return torch.tensor(kept), torch.tensor(best)


@variant
def by_loops(cost, accuracy, budget):
    cheaper, better = cost[:, None] <= cost, accuracy[:, None] >= accuracy  # [j, i]
    strict = (cost[:, None] < cost) | (accuracy[:, None] > accuracy)
    kept = ~(cheaper & better & strict).any(0)
    best = accuracy[cost <= budget].max()
    for i in range(len(cost)):
        for j in range(len(cost)):
            if cost[i] <= budget < cost[j]:
                t = (budget - cost[i]) / (cost[j] - cost[i])
                best = torch.maximum(best, accuracy[i] + t * (accuracy[j] - accuracy[i]))
    return kept, best


@misconception(
    says="a frontier on which only strict defeats count: both cheaper and more accurate",
    hint="At equal cost the more accurate one wins, and at equal accuracy the cheaper one: one of the two may "
    "be a tie.",
)
def strict_in_both(cost, accuracy, budget):
    kept = ~((cost[:, None] < cost) & (accuracy[:, None] > accuracy)).any(0)
    low, high = cost <= budget, cost > budget
    best = accuracy[low].max()
    if high.any():
        t = (budget - cost[low])[:, None] / (cost[high] - cost[low][:, None])
        best = torch.maximum(best, (accuracy[low][:, None] + t * (accuracy[high] - accuracy[low][:, None])).max())
    return kept, best


@misconception(
    says="a frontier on which equal systems beat each other",
    hint="Two systems with the same cost and accuracy do not beat each other: one of the two comparisons must "
    "be strict.",
)
def equals_beat_each_other(cost, accuracy, budget):
    beats = (cost[:, None] <= cost) & (accuracy[:, None] >= accuracy)
    kept = ~(beats & ~torch.eye(len(cost), dtype=torch.bool)).any(0)
    low, high = cost <= budget, cost > budget
    best = accuracy[low].max()
    if high.any():
        t = (budget - cost[low])[:, None] / (cost[high] - cost[low][:, None])
        best = torch.maximum(best, (accuracy[low][:, None] + t * (accuracy[high] - accuracy[low][:, None])).max())
    return kept, best


@misconception(
    says="the systems that are beaten",
    hint="True means that a system is on the frontier: no other beats it.",
)
def inverted(cost, accuracy, budget):
    worse = (cost >= cost[:, None]) & (accuracy <= accuracy[:, None])
    same = (cost == cost[:, None]) & (accuracy == accuracy[:, None])
    low, high = cost <= budget, cost > budget
    best = accuracy[low].max()
    if high.any():
        t = (budget - cost[low])[:, None] / (cost[high] - cost[low][:, None])
        best = torch.maximum(best, (accuracy[low][:, None] + t * (accuracy[high] - accuracy[low][:, None])).max())
    return (worse & ~same).any(0), best


@misconception(
    says="a frontier of the systems that are dearer and less accurate",
    hint="A system is beaten by one that costs *less* and is *more* accurate. Look at the direction of both "
    "comparisons.",
)
def wrong_way(cost, accuracy, budget):
    worse = (cost <= cost[:, None]) & (accuracy >= accuracy[:, None])
    same = (cost == cost[:, None]) & (accuracy == accuracy[:, None])
    kept = ~(worse & ~same).any(0)
    low, high = cost <= budget, cost > budget
    best = accuracy[low].max()
    if high.any():
        t = (budget - cost[low])[:, None] / (cost[high] - cost[low][:, None])
        best = torch.maximum(best, (accuracy[low][:, None] + t * (accuracy[high] - accuracy[low][:, None])).max())
    return kept, best


@misconception(
    says="the right frontier, and the best single system that the budget pays",
    hint="A coin between a cheap and a dear system has a mean cost in between: it may beat every single one.",
)
def single_system(cost, accuracy, budget):
    worse = (cost >= cost[:, None]) & (accuracy <= accuracy[:, None])
    same = (cost == cost[:, None]) & (accuracy == accuracy[:, None])
    return ~(worse & ~same).any(0), accuracy[cost <= budget].max()


@misconception(
    says="the right frontier, and a coin between the neighbours of the budget",
    hint="The nearest systems in cost need not be the best pair: try all pairs of a cheap and a dear one.",
)
def neighbours(cost, accuracy, budget):
    worse = (cost >= cost[:, None]) & (accuracy <= accuracy[:, None])
    same = (cost == cost[:, None]) & (accuracy == accuracy[:, None])
    kept = ~(worse & ~same).any(0)
    low, high = (cost <= budget).nonzero()[:, 0], (cost > budget).nonzero()[:, 0]
    i = low[cost[low].argmax()]
    if not len(high):
        return kept, accuracy[i]
    j = high[cost[high].argmin()]
    t = (budget - cost[i]) / (cost[j] - cost[i])
    return kept, accuracy[i] + t * (accuracy[j] - accuracy[i])


@misconception(
    says="the right frontier, and the best system whatever it costs",
    hint="The mean cost must not exceed the budget.",
)
def no_budget(cost, accuracy, budget):
    worse = (cost >= cost[:, None]) & (accuracy <= accuracy[:, None])
    same = (cost == cost[:, None]) & (accuracy == accuracy[:, None])
    return ~(worse & ~same).any(0), accuracy.max()


@misconception(
    says="the right frontier, and a fair coin",
    hint="The coin shows the dear system with the probability at which the mean cost is the budget.",
)
def fair_coin(cost, accuracy, budget):
    worse = (cost >= cost[:, None]) & (accuracy <= accuracy[:, None])
    same = (cost == cost[:, None]) & (accuracy == accuracy[:, None])
    low, high = cost <= budget, cost > budget
    best = accuracy[low].max()
    if high.any():
        best = torch.maximum(best, (accuracy[low].max() + accuracy[high].max()) / 2)
    return ~(worse & ~same).any(0), best


@misconception(
    says="the right frontier, and a coin with its sides swapped",
    hint="t = (budget - cheap) / (dear - cheap) belongs to the *dear* system: where the budget is nearly dear, it is "
    "nearly always taken.",
)
def sides_swapped(cost, accuracy, budget):
    worse = (cost >= cost[:, None]) & (accuracy <= accuracy[:, None])
    same = (cost == cost[:, None]) & (accuracy == accuracy[:, None])
    low, high = cost <= budget, cost > budget
    best = accuracy[low].max()
    if high.any():
        t = 1 - (budget - cost[low])[:, None] / (cost[high] - cost[low][:, None])
        best = torch.maximum(best, (accuracy[low][:, None] + t * (accuracy[high] - accuracy[low][:, None])).max())
    return ~(worse & ~same).any(0), best
