"""The private half of gold-places."""

import torch
from llmcourse.checks.labs.rag.gold_places import gold_at

from grading.exercises import misconception, reference, variant


def anywhere(generator):
    draw = lambda low, high: torch.randint(low, high, (), generator=generator)
    n = draw(8, 40)
    return {"n": n, "gold": draw(1, int(n) - 1)}


CASES = {
    "ten, the fourth": gold_at(10, 3),
    "seven, the last but one": gold_at(7, 5),
    "any place of any number": anywhere,
}


@reference
def gold_places(n, gold):
    others = [i for i in range(n) if i != gold]
    return torch.tensor([[*others[:p], gold, *others[p:]] for p in range(n)])


@variant
def by_insert(n, gold):
    rows = []
    for p in range(n):
        order = list(range(n))
        order.pop(gold)
        order.insert(p, gold)
        rows.append(order)
    return torch.tensor(rows)


@variant
def by_indices(n, gold):
    at, place = torch.arange(n)[None, :], torch.arange(n)[:, None]
    among_others = at - (at > place).long()
    return torch.where(at == place, torch.tensor(gold), among_others + (among_others >= gold).long())


@misconception(
    says="the gold passage changing places with who stands there",
    hint="The others keep their order: take the gold one out, and put it in between them.",
)
def swapped(n, gold):
    rows = []
    for p in range(n):
        order = list(range(n))
        order[p], order[gold] = order[gold], order[p]
        rows.append(order)
    return torch.tensor(rows)


@misconception(
    says="the whole list turned until the gold passage stands there",
    hint="Only the gold passage moves: the others stay in the order of the ranking.",
)
def rolled(n, gold):
    return torch.stack([torch.arange(n).roll(p - gold) for p in range(n)])


@misconception(
    says="orders in the columns",
    hint="One row for each place: row p is the order with the gold passage at place p.",
)
def transposed(n, gold):
    others = [i for i in range(n) if i != gold]
    return torch.tensor([[*others[:p], gold, *others[p:]] for p in range(n)]).T


@misconception(
    says="where each passage stands, and not which passage stands where",
    hint="Row p lists passages: its entry at place j is the number of the passage that is read there.",
)
def inverse(n, gold):
    others = [i for i in range(n) if i != gold]
    return torch.tensor([[*others[:p], gold, *others[p:]] for p in range(n)]).argsort(1)


@misconception(
    says="the others in the reverse order",
    hint="The other passages stay best first.",
)
def backwards(n, gold):
    others = [i for i in range(n) if i != gold][::-1]
    return torch.tensor([[*others[:p], gold, *others[p:]] for p in range(n)])


@misconception(
    says="places counted from the end",
    hint="Row 0 has the gold passage first.",
)
def from_the_end(n, gold):
    others = [i for i in range(n) if i != gold]
    return torch.tensor([[*others[: n - 1 - p], gold, *others[n - 1 - p :]] for p in range(n)])
