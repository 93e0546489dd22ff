"""The private half of pack-budget."""

import torch
from llmcourse.checks.labs.rag.pack_budget import passages, random_passages

from grading.exercises import misconception, reference, variant

CASES = {
    "twenty passages": random_passages(20, 300),
    "full, then nothing": passages(50, 50, 1, 30, budget=100),
    "exactly full after two that are left out": passages(30, 80, 41, 20, 20, budget=70),
    "a long one between": passages(20, 70, 30, 45, 6, budget=60),
}


@reference
def pack(lengths, budget):
    taken, left = [], budget
    for length in lengths.tolist():
        taken.append(length <= left)
        left -= length if taken[-1] else 0
    return torch.tensor(taken)


@variant
def in_place(lengths, budget):
    mask = torch.zeros(len(lengths), dtype=torch.bool)
    for i in range(len(lengths)):
        if int(lengths[mask].sum()) + int(lengths[i]) <= budget:
            mask[i] = True
    return mask


@variant
def with_numbers(lengths, budget):
    taken = torch.zeros_like(lengths)
    for i, n in enumerate(lengths):
        if (taken * lengths).sum() + n <= budget:
            taken[i] = 1
    return taken


@misconception(
    says="packing that stops at the first passage that does not fit",
    hint="Pass over it and go on: a shorter one may still go in.",
)
def stops(lengths, budget):
    return lengths.cumsum(0) <= budget


@misconception(
    says="packing that takes one passage more than fits",
    hint="Ask before you take: a passage goes in only if it fits into what is left.",
)
def one_too_many(lengths, budget):
    taken, left = [], budget
    for length in lengths.tolist():
        taken.append(left > 0)
        left -= length if taken[-1] else 0
    return torch.tensor(taken)


@misconception(
    says="packing of the shortest passages first",
    hint="The order is the ranking's: what is most relevant goes first, short or long.",
)
def shortest_first(lengths, budget):
    taken, left = torch.zeros(len(lengths), dtype=torch.bool), budget
    for i in lengths.argsort(stable=True).tolist():
        if lengths[i] <= left:
            taken[i], left = True, left - int(lengths[i])
    return taken


@misconception(
    says="packing that never fills the budget to its end",
    hint="A passage that is exactly as long as what is left fits: <=, not <.",
)
def never_full(lengths, budget):
    taken, left = [], budget
    for length in lengths.tolist():
        taken.append(length < left)
        left -= length if taken[-1] else 0
    return torch.tensor(taken)


@misconception(
    says="each passage alone compared with the whole budget",
    hint="What has been taken is no longer free: subtract it from what is left.",
)
def each_alone(lengths, budget):
    return lengths <= budget


@misconception(
    says="packing from the last passage to the first",
    hint="The best passage stands first in the ranking, and is asked first.",
)
def from_the_end(lengths, budget):
    taken, left = [], budget
    for length in reversed(lengths.tolist()):
        taken.append(length <= left)
        left -= length if taken[-1] else 0
    return torch.tensor(taken[::-1])
