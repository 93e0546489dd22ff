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
    "two": gold_at(2, 0),
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


@misconception(
    says="rows in which the gold passage is written over the one at the place: that one is lost",
    hint="Take the gold one out first, and put it in between the others: others[:p], gold, others[p:].",
)
def overwritten(n, gold):
    rows = []
    for p in range(n):
        order = list(range(n))
        order[p] = gold
        rows.append(order)
    return torch.tensor(rows)


@misconception(
    says="the gold passage put in among 0 ... n - 2, with its own number still among them",
    hint="It would stand there twice: `others = [i for i in range(n) if i != gold]`.",
)
def not_taken_out(n, gold):
    rows = []
    for p in range(n):
        order = list(range(n))
        order.insert(p, gold)
        order = order[:n]
        rows.append(order)
    return torch.tensor(rows)


@misconception(
    says="rows in which the gold passage was put in first, and then the first of the two removed",
    hint="`remove` takes the first one that it meets, which may be the new one: take it out before you put it in.",
)
def first_one_removed(n, gold):
    rows = []
    for p in range(n):
        order = list(range(n))
        order.insert(p, gold)
        order.remove(gold)
        rows.append(order)
    return torch.tensor(rows)


@misconception(
    says="rows in which the gold passage was put in first, and then whoever stands at index gold removed",
    hint="After `insert` the others have moved: take the gold one out before you put it in.",
)
def popped_after(n, gold):
    rows = []
    for p in range(n):
        order = list(range(n))
        order.insert(p, gold)
        order.pop(gold)
        rows.append(order)
    return torch.tensor(rows)


@misconception(
    says="the last row, n times: all rows are one and the same list",
    hint="Each row needs a list of its own: begin it anew inside of the loop, or append a copy.",
)
def one_list(n, gold):
    order, rows = list(range(n)), []
    for p in range(n):
        order.remove(gold)
        order.insert(p, gold)
        rows.append(order)
    return torch.tensor(rows)


@misconception(
    says="passages numbered from 1 on the way in: gold - 1 walks",
    hint="Numbers of passages begin at 0: the gold one is `gold` itself.",
)
def gold_from_one(n, gold):
    others = [i for i in range(n) if i != gold - 1]
    return torch.tensor([[*others[:p], gold - 1, *others[p:]] for p in range(n)])


@misconception(
    says="the right orders of passages numbered from 1",
    hint="An order consists of 0 ... n - 1: count from 0.",
)
def all_from_one(n, gold):
    others = [i for i in range(n) if i != gold]
    return torch.tensor([[*others[:p], gold, *others[p:]] for p in range(n)]) + 1


@misconception(
    says="the orders with passage 0 at each place: `gold` is not used",
    hint="The passage that walks is the one with the number gold.",
)
def zero_walks(n, gold):
    others = list(range(1, n))
    return torch.tensor([[*others[:p], 0, *others[p:]] for p in range(n)])


@misconception(
    says="the right orders up to the gold passage's own place, and one place too early after it",
    hint="Take the gold one out first: then place p is p for all rows, and nothing has to be subtracted.",
)
def early_after_own_place(n, gold):
    others = [i for i in range(n) if i != gold]
    places = [p - (p > gold) for p in range(n)]
    return torch.tensor([[*others[:p], gold, *others[p:]] for p in places])


@misconception(
    says="orders in which the gold passage only moves to the front, and never back",
    hint="Rows after its own place differ, too: there the ones behind it move up.",
)
def forward_only(n, gold):
    others = [i for i in range(n) if i != gold]
    places = [min(p, gold) for p in range(n)]
    return torch.tensor([[*others[:p], gold, *others[p:]] for p in places])


@misconception(
    says="orders in which the gold passage only moves back, and never to the front",
    hint="Rows before its own place differ, too: there the ones in front of it move down.",
)
def backward_only(n, gold):
    others = [i for i in range(n) if i != gold]
    places = [max(p, gold) for p in range(n)]
    return torch.tensor([[*others[:p], gold, *others[p:]] for p in places])


@misconception(
    says="the place of the gold passage marked by 1",
    hint="A row lists the numbers of all passages in the order in which they are read.",
)
def marked(n, gold):
    return torch.eye(n, dtype=torch.long)


@misconception(
    says="the gold passage's number at each place, and 0 everywhere else",
    hint="A row lists the numbers of all passages: the others fill the other places, in their order.",
)
def zeros_elsewhere(n, gold):
    return torch.eye(n, dtype=torch.long) * gold


@misconception(
    says="rows that begin one place too late: in row 0 the gold passage stands at place 1",
    hint="Places count from 0: in row p it stands at place p.",
)
def one_place_late(n, gold):
    others = [i for i in range(n) if i != gold]
    return torch.tensor([[*others[: p + 1], gold, *others[p + 1 :]] for p in range(n)])


@misconception(
    says="orders in which the others turn while the gold passage moves",
    hint="The others keep their order around it: others[:p], gold, others[p:].",
)
def others_turn(n, gold):
    others = [i for i in range(n) if i != gold]
    return torch.tensor([[*row[:p], gold, *row[p:]] for p in range(n) for row in [others[p:] + others[:p]]])


@misconception(
    says="a single row: the order with the gold passage in front",
    hint="Return n rows, one for each place: row p has it at place p.",
)
def front_only(n, gold):
    others = [i for i in range(n) if i != gold]
    return torch.tensor([gold, *others])


@misconception(
    says="the right orders but the last, in which the gold passage comes last: n - 1 rows",
    hint="There are n places: with n - 1 others, the gold one may also stand behind the last.",
)
def one_row_less(n, gold):
    others = [i for i in range(n) if i != gold]
    return torch.tensor([[*others[:p], gold, *others[p:]] for p in range(n - 1)])
