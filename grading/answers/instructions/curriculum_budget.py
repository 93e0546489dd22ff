"""Answers to curriculum-budget by people who have not seen its private half."""

import torch

from grading.answers import answer


def planned(
    difficulty, cost, threshold, shares, budget,
    hard=lambda d, t: d > t, key=lambda d, i: d, skip=False, strict=False, carry=False, keep=False,
    hard_first=False, over=False, mixed=False,
):  # fmt: skip
    d, c = difficulty.tolist(), cost.tolist()
    groups = [[i for i in range(len(d)) if hard(d[i], threshold) == yes] for yes in (False, True)]
    waiting = [sorted(group, key=lambda i: key(d[i], i)) for group in groups]
    rounds, saved = [], [0.0, 0.0]
    for share in shares:
        taken = []
        for yes in (1, 0) if hard_first else (0, 1):
            left = budget * (share if yes else 1 - share) + (saved[yes] if carry else 0)
            queue = list(waiting[yes])
            for i in queue:
                fits = c[i] < left if strict else left > 0 if over else c[i] <= left
                if fits:
                    left -= c[i]
                    taken.append(i)
                    if not keep:
                        waiting[yes].remove(i)
                elif not skip:
                    break
            saved[yes] = left
        rounds.append(sorted(taken) if mixed else taken)
    return rounds


def varied(what, **changes):
    answer("curriculum-budget", what, "wrong")(lambda *given: planned(*given, **changes))


varied("at the threshold is hard", hard=lambda d, t: d >= t)
varied("hard and easy exchanged", hard=lambda d, t: d <= t)
varied("from the hardest to the easiest", key=lambda d, i: -d)
varied("in the order of their numbers", key=lambda d, i: i)
varied("of equal ones the last first", key=lambda d, i: (d, -i))
varied("goes on behind one that does not fit", skip=True)
varied("the budget must not be used up", strict=True)
varied("what was not spent is carried over", carry=True)
varied("the same examples every round", keep=True)
varied("hard ones first in a round", hard_first=True)
varied("one more than fits", over=True)
varied("the numbers of a round sorted", mixed=True)


@answer("curriculum-budget", "the share is that of the easy ones", "wrong")
def _(difficulty, cost, threshold, shares, budget):
    return planned(difficulty, cost, threshold, [1 - share for share in shares], budget)


@answer("curriculum-budget", "both groups have the whole budget", "wrong")
def _(difficulty, cost, threshold, shares, budget):
    d, c = difficulty.tolist(), cost.tolist()
    waiting = [sorted((i for i in range(len(d)) if (d[i] > threshold) == yes), key=lambda i: d[i]) for yes in (0, 1)]
    rounds = []
    for _ in shares:
        taken = []
        for group in waiting:
            left = budget
            while group and c[group[0]] <= left:
                left -= c[group[0]]
                taken.append(group.pop(0))
        rounds.append(taken)
    return rounds


@answer("curriculum-budget", "the rest of the easy ones goes to the hard ones", "wrong")
def _(difficulty, cost, threshold, shares, budget):
    d, c = difficulty.tolist(), cost.tolist()
    waiting = [sorted((i for i in range(len(d)) if (d[i] > threshold) == yes), key=lambda i: d[i]) for yes in (0, 1)]
    rounds = []
    for share in shares:
        taken, left = [], 0.0
        for yes, group in enumerate(waiting):
            left += budget * (share if yes else 1 - share)
            while group and c[group[0]] <= left:
                left -= c[group[0]]
                taken.append(group.pop(0))
        rounds.append(taken)
    return rounds


@answer("curriculum-budget", "shares of numbers, not of tokens", "wrong")
def _(difficulty, cost, threshold, shares, budget):
    return planned(difficulty, torch.ones_like(cost), threshold, shares, budget / float(cost.float().mean()))


@answer("curriculum-budget", "the first share in every round", "wrong")
def _(difficulty, cost, threshold, shares, budget):
    return planned(difficulty, cost, threshold, [shares[0]] * len(shares), budget)


@answer("curriculum-budget", "the budget is for all rounds together", "wrong")
def _(difficulty, cost, threshold, shares, budget):
    return planned(difficulty, cost, threshold, shares, budget / len(shares))


@answer("curriculum-budget", "easiest by cost", "wrong")
def _(difficulty, cost, threshold, shares, budget):
    d, c = difficulty.tolist(), cost.tolist()
    waiting = [sorted((i for i in range(len(d)) if (d[i] > threshold) == yes), key=lambda i: c[i]) for yes in (0, 1)]
    rounds = []
    for share in shares:
        taken = []
        for yes, group in enumerate(waiting):
            left = budget * (share if yes else 1 - share)
            while group and c[group[0]] <= left:
                left -= c[group[0]]
                taken.append(group.pop(0))
        rounds.append(taken)
    return rounds


@answer("curriculum-budget", "easy and hard as two lists", "wrong")
def _(difficulty, cost, threshold, shares, budget):
    d = difficulty.tolist()
    return [
        part
        for taken in planned(difficulty, cost, threshold, shares, budget)
        for part in ([i for i in taken if d[i] <= threshold], [i for i in taken if d[i] > threshold])
    ]


@answer("curriculum-budget", "one list, joined", "wrong")
def _(difficulty, cost, threshold, shares, budget):
    return [[i for taken in planned(difficulty, cost, threshold, shares, budget) for i in taken]]


@answer("curriculum-budget", "empty rounds left out", "wrong")
def _(difficulty, cost, threshold, shares, budget):
    return [taken for taken in planned(difficulty, cost, threshold, shares, budget) if taken]


@answer("curriculum-budget", "lists from a helper", "right")
def _(difficulty, cost, threshold, shares, budget):
    return planned(difficulty, cost, threshold, shares, budget)


@answer("curriculum-budget", "stable argsort and places", "right")
def _(difficulty, cost, threshold, shares, budget):
    order = torch.argsort(difficulty, stable=True)
    groups = [order[difficulty[order] <= threshold].tolist(), order[difficulty[order] > threshold].tolist()]
    at, rounds = [0, 0], []
    for share in shares:
        taken = []
        for g, allowed in enumerate(((1 - share) * budget, share * budget)):
            spent = 0
            while at[g] < len(groups[g]) and spent + int(cost[groups[g][at[g]]]) <= allowed:
                spent += int(cost[groups[g][at[g]]])
                taken.append(groups[g][at[g]])
                at[g] += 1
        rounds.append(taken)
    return rounds
