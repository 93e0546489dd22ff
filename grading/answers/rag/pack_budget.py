"""Answers to pack-budget by people who have not seen its private half."""

import torch

from grading.answers import answer


def _walk(lengths, budget):
    taken = []
    for n in lengths.tolist():
        taken.append(n <= budget)
        budget -= n if n <= budget else 0
    return torch.tensor(taken, dtype=torch.bool)


@answer("pack-budget", "stops at the first that does not fit", "wrong", means="stops")
def _(lengths, budget):
    taken = torch.zeros(len(lengths))
    for i, n in enumerate(lengths.tolist()):
        if n > budget:
            break
        taken[i] = 1
        budget -= n
    return taken


@answer("pack-budget", "the whole budget again after each miss", "wrong", means="budget_renewed")
def _(lengths, budget):
    taken, left = [], budget
    for n in lengths.tolist():
        taken.append(n <= left)
        left = left - n if n <= left else budget
    return torch.tensor(taken)


@answer("pack-budget", "< for <=: the last that just fits is left out", "wrong", means="never_full")
def _(lengths, budget):
    taken = []
    for n in lengths.tolist():
        taken.append(n < budget)
        budget -= n if taken[-1] else 0
    return torch.tensor(taken)


@answer("pack-budget", "length subtracted also where it does not fit", "wrong", means="stops")
def _(lengths, budget):
    taken = []
    for n in lengths.tolist():
        taken.append(n <= budget)
        budget -= n
    return torch.tensor(taken)


@answer("pack-budget", "compared with the whole budget, never subtracted", "wrong", means="each_alone")
def _(lengths, budget):
    return lengths <= budget


@answer("pack-budget", "shortest first", "wrong", means="shortest_first")
def _(lengths, budget):
    taken = torch.zeros(len(lengths), dtype=torch.bool)
    for i in lengths.argsort(stable=True).tolist():
        if lengths[i] <= budget:
            taken[i] = True
            budget -= int(lengths[i])
    return taken


@answer("pack-budget", "longest first", "wrong", means="longest_first")
def _(lengths, budget):
    taken = torch.zeros(len(lengths), dtype=torch.bool)
    for i in lengths.argsort(descending=True, stable=True).tolist():
        if lengths[i] <= budget:
            taken[i] = True
            budget -= int(lengths[i])
    return taken


@answer("pack-budget", "from the last passage to the first", "wrong", means="from_the_end")
def _(lengths, budget):
    return _walk(lengths.flip(0), budget).flip(0)


@answer("pack-budget", "knapsack: the most tokens that fit", "wrong", means="fullest")
def _(lengths, budget):
    reach = {0: ()}
    for i, n in enumerate(lengths.tolist()):
        for total, chosen in list(reach.items()):
            if total + n <= budget and total + n not in reach:
                reach[total + n] = (*chosen, i)
    taken = torch.zeros(len(lengths), dtype=torch.bool)
    taken[list(reach[max(reach)])] = True
    return taken


@answer("pack-budget", "the one that overflows is taken still, cut", "wrong", means="one_too_many")
def _(lengths, budget):
    taken = []
    for n in lengths.tolist():
        taken.append(budget > 0)
        budget -= n
    return torch.tensor(taken)


@answer("pack-budget", "the numbers of the passages returned", "wrong")
def _(lengths, budget):
    return _walk(lengths, budget).nonzero()[:, 0]


@answer("pack-budget", "the lengths of what was taken", "wrong")
def _(lengths, budget):
    return lengths[_walk(lengths, budget)]


@answer("pack-budget", "tokens taken of each passage instead of 1", "wrong", means="lengths_for_ones")
def _(lengths, budget):
    return lengths * _walk(lengths, budget)


@answer("pack-budget", "a list of bools", "wrong")
def _(lengths, budget):
    return _walk(lengths, budget).tolist()


@answer("pack-budget", "what is left over returned, too", "wrong")
def _(lengths, budget):
    taken = _walk(lengths, budget)
    return taken, budget - int((lengths * taken).sum())


@answer("pack-budget", "passed over and taken exchanged", "wrong", means="exchanged")
def _(lengths, budget):
    return ~_walk(lengths, budget)


@answer("pack-budget", "lengths changed in place: 0 where passed over, then cumulated", "wrong")
def _(lengths, budget):
    for i in range(len(lengths)):
        if lengths[: i + 1].sum() > budget:
            lengths[i] = 0
    return lengths > 0


@answer("pack-budget", "first passage always taken", "wrong", means="first_always")
def _(lengths, budget):
    taken = _walk(lengths[1:], budget - int(lengths[0])).tolist()
    return torch.tensor([True, *taken])


@answer("pack-budget", "a separator of one token counted between passages", "wrong", means="with_separators")
def _(lengths, budget):
    taken = []
    for n in lengths.tolist():
        taken.append(n + 1 <= budget)
        budget -= n + 1 if taken[-1] else 0
    return torch.tensor(taken)


@answer("pack-budget", "budget counted in passages", "wrong", means="passages_for_tokens")
def _(lengths, budget):
    return torch.arange(len(lengths)) < budget


@answer("pack-budget", "passes over one only, then stops", "wrong", means="one_miss_allowed")
def _(lengths, budget):
    taken, missed = [], 0
    for n in lengths.tolist():
        fits = n <= budget and missed < 2
        taken.append(fits)
        if fits:
            budget -= n
        else:
            missed += 1
    return torch.tensor(taken)


@answer("pack-budget", "stops as soon as something is taken after a gap", "wrong", means="one_after_a_miss")
def _(lengths, budget):
    taken, gap, done = [], False, False
    for n in lengths.tolist():
        fits = n <= budget and not done
        taken.append(fits)
        if fits:
            budget -= n
            done = gap
        else:
            gap = True
    return torch.tensor(taken)


@answer("pack-budget", "loop leaves out the last passage", "wrong", means="last_left_out")
def _(lengths, budget):
    taken = torch.zeros(len(lengths), dtype=torch.bool)
    for i in range(len(lengths) - 1):
        if lengths[i] <= budget:
            taken[i] = True
            budget -= lengths[i].item()
    return taken


@answer("pack-budget", "fits if less than the average share is used", "wrong", means="equal_shares")
def _(lengths, budget):
    return lengths <= budget / len(lengths)


@answer("pack-budget", "the cumulated sum of fitting ones from a first pass", "wrong", means="fitting_added_up")
def _(lengths, budget):
    fits = lengths <= budget
    return fits & ((lengths * fits).cumsum(0) <= budget)


@answer("pack-budget", "remembers the sum wrongly: subtracts the last length only", "wrong", means="last_length_only")
def _(lengths, budget):
    taken, last = [], 0
    for n in lengths.tolist():
        taken.append(n <= budget - last)
        if taken[-1]:
            last = n
    return torch.tensor(taken)


@answer("pack-budget", "sorted by length, and the flags not put back in order", "wrong")
def _(lengths, budget):
    return _walk(lengths.sort(descending=True).values, budget)


@answer("pack-budget", "only a count of passages", "wrong")
def _(lengths, budget):
    return _walk(lengths, budget).sum()


@answer("pack-budget", "floats of 1 and 0", "right")
def _(lengths, budget):
    taken = torch.zeros(len(lengths))
    left = float(budget)
    for i in range(len(lengths)):
        if float(lengths[i]) <= left:
            taken[i] = 1.0
            left -= float(lengths[i])
    return taken


@answer("pack-budget", "sum of what was taken before", "right")
def _(lengths, budget):
    taken = torch.zeros_like(lengths)
    for i, n in enumerate(lengths):
        taken[i] = (taken[:i] * lengths[:i]).sum() + n <= budget
    return taken


@answer("pack-budget", "recursion", "right")
def _(lengths, budget):
    def go(rest, left):
        if not rest:
            return []
        fits = rest[0] <= left
        return [fits, *go(rest[1:], left - rest[0] * fits)]

    return torch.tensor(go(lengths.tolist(), budget), dtype=torch.bool)


@answer("pack-budget", "goes from fitting passage to fitting passage", "right")
def _(lengths, budget):
    taken = torch.zeros(lengths.shape, dtype=torch.int64)
    left, start = budget, 0
    while True:
        fits = (lengths[start:] <= left).nonzero()
        if len(fits) == 0:
            return taken
        place = start + int(fits[0])
        taken[place] = 1
        left -= int(lengths[place])
        start = place + 1


@answer("pack-budget", "itertools.accumulate", "right")
def _(lengths, budget):
    from itertools import accumulate

    used = list(accumulate(lengths.tolist(), lambda s, n: s + n if s + n <= budget else s, initial=0))
    room = torch.tensor(used[:-1])
    return room + lengths <= budget


@answer("pack-budget", "numpy inside", "right")
def _(lengths, budget):
    import numpy as np

    taken = np.zeros(len(lengths), dtype=bool)
    for i, n in enumerate(lengths.numpy()):
        taken[i] = taken[:i] @ lengths.numpy()[:i] + n <= budget
    return torch.from_numpy(taken)


@answer("pack-budget", "stops at the first that does not fit", "wrong")
def _(lengths, budget):
    taken = torch.zeros(len(lengths))
    left = budget
    for i, n in enumerate(lengths.tolist()):
        if n > left:
            break
        taken[i] = 1
        left -= n
    return taken


@answer("pack-budget", "cumulated lengths: the passed over count too", "wrong")
def _(lengths, budget):
    return (lengths.cumsum(0) <= budget).int()


@answer("pack-budget", "strictly less: one that fits exactly is passed over", "wrong")
def _(lengths, budget):
    taken, left = [], budget
    for n in lengths.tolist():
        taken.append(n < left)
        left -= n * (n < left)
    return torch.tensor(taken)


@answer("pack-budget", "shortest first instead of best first", "wrong")
def _(lengths, budget):
    taken, left = torch.zeros(len(lengths), dtype=torch.bool), budget
    for i in lengths.argsort().tolist():
        if lengths[i] <= left:
            taken[i] = True
            left -= lengths[i].item()
    return taken


@answer("pack-budget", "does not subtract: each against the whole budget", "wrong")
def _(lengths, budget):
    return lengths <= budget


@answer("pack-budget", "returns the numbers of those taken", "wrong")
def _(lengths, budget):
    taken, left = [], budget
    for i, n in enumerate(lengths.tolist()):
        if n <= left:
            taken.append(i)
            left -= n
    return torch.tensor(taken)


@answer("pack-budget", "subtracts also what is passed over, what is left stops at 0", "wrong")
def _(lengths, budget):
    taken, left = [], budget
    for n in lengths.tolist():
        taken.append(1 if n <= left else 0)
        left = max(left - n, 0)
    return torch.tensor(taken)


@answer("pack-budget", "recursion on lists", "right")
def _(lengths, budget):
    def fill(rest, left):
        if not rest:
            return []
        fits = rest[0] <= left
        return [fits, *fill(rest[1:], left - rest[0] if fits else left)]

    return torch.tensor(fill(lengths.tolist(), budget), dtype=torch.bool)


@answer("pack-budget", "product of what is taken so far with all lengths", "right")
def _(lengths, budget):
    taken = torch.zeros_like(lengths)
    for i in range(lengths.shape[0]):
        taken[i] = (taken * lengths).sum() + lengths[i] <= budget
    return taken


@answer("pack-budget", "at most two are passed over, then it stops", "wrong")
def _(lengths, budget):
    taken, left, over = torch.zeros(len(lengths)), budget, 0
    for i, n in enumerate(lengths.tolist()):
        if n <= left:
            taken[i], left = 1.0, left - n
        else:
            over += 1
            if over > 2:
                break
    return taken
