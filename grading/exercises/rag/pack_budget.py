"""The private half of pack-budget."""

import torch
from llmcourse.checks.labs.rag.pack_budget import passages, random_passages

from grading.exercises import misconception, reference, variant

CASES = {
    "twenty passages": random_passages(20, 300),
    "full, then nothing": passages(50, 50, 1, 30, budget=100),
    "exactly full after two that are left out": passages(30, 80, 41, 20, 20, budget=70),
    "a long one between": passages(20, 70, 30, 45, 6, budget=60),
    "nothing fits": passages(30, 20, 40, budget=10),
    "three that do not fit, then two that do": passages(50, 60, 70, 10, 20, budget=35),
    "a single one": passages(25, budget=25),
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
    hint="Go on: a shorter one may still go in. What is passed over takes nothing from what is left.",
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


@misconception(
    says="packing that remembers the length taken last, and not the sum",
    hint="All that was taken takes room: subtract each from what is left.",
)
def last_length_only(lengths, budget):
    taken, last = [], 0
    for length in lengths.tolist():
        taken.append(length <= budget - last)
        last = length if taken[-1] else last
    return torch.tensor(taken)


@misconception(
    says="packing with one token more for each passage",
    hint="Nothing stands between the passages here: a passage takes its own length.",
)
def with_separators(lengths, budget):
    taken, left = [], budget
    for length in lengths.tolist():
        taken.append(length + 1 <= left)
        left -= length + 1 if taken[-1] else 0
    return torch.tensor(taken)


@misconception(
    says="packing that has the whole budget again after a passage that does not fit",
    hint="What is left stays as it is when a passage is passed over.",
)
def budget_renewed(lengths, budget):
    taken, left = [], budget
    for length in lengths.tolist():
        taken.append(length <= left)
        left = left - length if taken[-1] else budget
    return torch.tensor(taken)


@misconception(
    says="packing in which what fits alone is added up, taken or not",
    hint="A passage that is passed over takes no room: subtract where it is taken.",
)
def fitting_added_up(lengths, budget):
    fits = lengths <= budget
    return fits & ((lengths * fits).cumsum(0) <= budget)


@misconception(
    says="packing of the longest passages first",
    hint="The order is the ranking's: what is most relevant goes first, short or long.",
)
def longest_first(lengths, budget):
    taken, left = torch.zeros(len(lengths), dtype=torch.bool), budget
    for i in lengths.argsort(descending=True, stable=True).tolist():
        if lengths[i] <= left:
            taken[i], left = True, left - int(lengths[i])
    return taken


@misconception(
    says="the choice that fills most of the budget",
    hint="Relevance decides, and not how full the prompt is: go through the passages in their order.",
)
def fullest(lengths, budget):
    reach = {0: ()}
    for i, length in enumerate(lengths.tolist()):
        for total, chosen in list(reach.items()):
            if total + length <= budget:
                reach.setdefault(total + length, (*chosen, i))
    return torch.isin(torch.arange(len(lengths)), torch.tensor(reach[max(reach)]))


@misconception(
    says="the lengths of what is taken, at their places, in place of 1",
    hint="Return 1 (or True) where a passage is taken, else 0.",
)
def lengths_for_ones(lengths, budget):
    taken, left = [], budget
    for length in lengths.tolist():
        taken.append(length if length <= left else 0)
        left -= taken[-1]
    return torch.tensor(taken)


@misconception(
    says="1 where a passage is passed over, and 0 where it is taken",
    hint="The other way round: 1 (or True) where it is taken.",
)
def exchanged(lengths, budget):
    taken, left = [], budget
    for length in lengths.tolist():
        taken.append(length > left)
        left -= 0 if taken[-1] else length
    return torch.tensor(taken)


@misconception(
    says="packing that ends at the second passage that does not fit",
    hint="Pass over each that does not fit, and go on to the end.",
)
def one_miss_allowed(lengths, budget):
    taken, left, missed = [], budget, 0
    for length in lengths.tolist():
        taken.append(length <= left and missed < 2)
        left, missed = (left - length, missed) if taken[-1] else (left, missed + 1)
    return torch.tensor(taken)


@misconception(
    says="packing that ends with the first passage taken after one that did not fit",
    hint="Go on to the end: more short ones may fit.",
)
def one_after_a_miss(lengths, budget):
    taken, left, missed, done = [], budget, False, False
    for length in lengths.tolist():
        taken.append(length <= left and not done)
        left -= length if taken[-1] else 0
        done, missed = done or (taken[-1] and missed), missed or not taken[-1]
    return torch.tensor(taken)


@misconception(
    says="packing that takes the first passage even if it does not fit",
    hint="The first is asked like every other: it may be too long.",
)
def first_always(lengths, budget):
    taken, left = [], budget
    for length in lengths.tolist():
        taken.append(length <= left or not taken)
        left -= length if taken[-1] else 0
    return torch.tensor(taken)


@misconception(
    says="packing that does not ask the last passage",
    hint="The last one may fit, too: the loop goes over all N.",
)
def last_left_out(lengths, budget):
    taken, left = [], budget
    for length in lengths.tolist():
        taken.append(length <= left and len(taken) < len(lengths) - 1)
        left -= length if taken[-1] else 0
    return torch.tensor(taken)


@misconception(
    says="as many of the first passages as the budget has tokens",
    hint="The budget counts tokens: a passage takes as many as its length says.",
)
def passages_for_tokens(lengths, budget):
    return torch.arange(len(lengths)) < budget


@misconception(
    says="passages that are no longer than an equal share of the budget",
    hint="There are no shares: each passage that fits into what is left is taken.",
)
def equal_shares(lengths, budget):
    return lengths <= budget / len(lengths)


@misconception(
    says="packing that ends at the third passage that does not fit",
    hint="Pass over each that does not fit, and go on to the end.",
)
def two_misses_allowed(lengths, budget):
    taken, left, missed = [], budget, 0
    for length in lengths.tolist():
        taken.append(length <= left and missed < 3)
        left, missed = (left - length, missed) if taken[-1] else (left, missed + 1)
    return torch.tensor(taken)
