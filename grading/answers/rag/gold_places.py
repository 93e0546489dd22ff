"""Answers to gold-places by people who have not seen its private half."""

import torch

from grading.answers import answer


@answer("gold-places", "gold swapped with the passage at the place", "wrong", means="swapped")
def _(n, gold):
    rows = torch.arange(n).repeat(n, 1)
    for p in range(n):
        rows[p, p], rows[p, gold] = gold, p
    return rows


@answer("gold-places", "gold written over the passage there: one is lost, gold twice", "wrong", means="overwritten")
def _(n, gold):
    rows = torch.arange(n).repeat(n, 1)
    rows[torch.arange(n), torch.arange(n)] = gold
    return rows


@answer("gold-places", "all rows rolled so that gold comes to p", "wrong", means="rolled")
def _(n, gold):
    return torch.stack([torch.arange(n).roll(p - gold) for p in range(n)])


@answer("gold-places", "gold not taken out first", "wrong", means="not_taken_out")
def _(n, gold):
    rows = []
    for p in range(n):
        row = list(range(n))
        row.insert(p, gold)
        rows.append(row[:n])
    return torch.tensor(rows)


@answer("gold-places", "inserted first, then the first occurrence removed", "wrong", means="first_one_removed")
def _(n, gold):
    rows = []
    for p in range(n):
        row = list(range(n))
        row.insert(p, gold)
        row.remove(gold)
        rows.append(row)
    return torch.tensor(rows)


@answer("gold-places", "pop(gold) after insert: the wrong one goes", "wrong", means="popped_after")
def _(n, gold):
    rows = []
    for p in range(n):
        row = list(range(n))
        row.insert(p, gold)
        row.pop(gold)
        rows.append(row)
    return torch.tensor(rows)


@answer("gold-places", "places from 1: row 0 has gold at 1", "wrong", means="one_place_late")
def _(n, gold):
    others = [i for i in range(n) if i != gold]
    return torch.tensor([[*others[: p + 1], gold, *others[p + 1 :]] for p in range(n)])


@answer("gold-places", "places from the end", "wrong", means="from_the_end")
def _(n, gold):
    others = [i for i in range(n) if i != gold]
    return torch.tensor([[*others[:p], gold, *others[p:]] for p in reversed(range(n))])


@answer("gold-places", "columns for rows", "wrong", means="transposed")
def _(n, gold):
    others = [i for i in range(n) if i != gold]
    return torch.tensor([[*others[:p], gold, *others[p:]] for p in range(n)]).T.contiguous()


@answer("gold-places", "the inverse: place of each passage, not passage at each place", "wrong", means="inverse")
def _(n, gold):
    others = [i for i in range(n) if i != gold]
    return torch.tensor([[*others[:p], gold, *others[p:]] for p in range(n)]).argsort(1)


@answer("gold-places", "n - 1 rows", "wrong", means="one_row_less")
def _(n, gold):
    others = [i for i in range(n) if i != gold]
    return torch.tensor([[*others[:p], gold, *others[p:]] for p in range(n - 1)])


@answer("gold-places", "gold left out: n - 1 columns", "wrong")
def _(n, gold):
    others = [i for i in range(n) if i != gold]
    return torch.tensor([others for _ in range(n)])


@answer("gold-places", "others[p + 1:]: one other is lost, n - 1 columns", "wrong")
def _(n, gold):
    others = [i for i in range(n) if i != gold]
    rows = [[*others[:p], gold, *others[p + 1 :]] for p in range(n)]
    return torch.tensor([row[: n - 1] for row in rows])


@answer("gold-places", "others in reverse order", "wrong", means="backwards")
def _(n, gold):
    others = [i for i in range(n) if i != gold][::-1]
    return torch.tensor([[*others[:p], gold, *others[p:]] for p in range(n)])


@answer("gold-places", "others shuffled", "wrong")
def _(n, gold):
    others = [i for i in range(n) if i != gold]
    rows = []
    for p in range(n):
        order = [others[i] for i in torch.randperm(n - 1).tolist()]
        rows.append([*order[:p], gold, *order[p:]])
    return torch.tensor(rows)


@answer("gold-places", "gold counted from 1", "wrong", means="gold_from_one")
def _(n, gold):
    others = [i for i in range(n) if i != gold - 1]
    return torch.tensor([[*others[:p], gold - 1, *others[p:]] for p in range(n)])


@answer("gold-places", "passages numbered from 1", "wrong")
def _(n, gold):
    others = [i for i in range(1, n + 1) if i != gold]
    return torch.tensor([([*others[:p], gold, *others[p:]])[:n] for p in range(n)])


@answer("gold-places", "one list mutated: earlier rows change, list aliased", "wrong", means="one_list")
def _(n, gold):
    row = list(range(n))
    rows = []
    for p in range(n):
        row.remove(gold)
        row.insert(p, gold)
        rows.append(row)
    return torch.tensor(rows)


@answer(
    "gold-places",
    "only gold and its left-hand passages: the rest stays sorted with gold's number renumbered",
    "wrong",
    means="not_taken_out",
)
def _(n, gold):
    others = list(range(n - 1))
    return torch.tensor([[*others[:p], gold, *others[p:]] for p in range(n)])


@answer("gold-places", "a list of lists", "wrong")
def _(n, gold):
    others = [i for i in range(n) if i != gold]
    return [[*others[:p], gold, *others[p:]] for p in range(n)]


@answer("gold-places", "one-hot of gold's place", "wrong", means="marked")
def _(n, gold):
    return torch.eye(n, dtype=torch.long)


@answer("gold-places", "one-hot times gold: zeros elsewhere", "wrong", means="zeros_elsewhere")
def _(n, gold):
    return torch.eye(n, dtype=torch.long) * gold


@answer("gold-places", "the others turn while gold moves", "wrong")
def _(n, gold):
    others = [i for i in range(n) if i != gold]
    return torch.tensor([[*others[-p:][:p], gold, *others[: n - 1 - p]] for p in range(n)])


@answer("gold-places", "one row only: gold in front", "wrong", means="front_only")
def _(n, gold):
    return torch.tensor([gold] + [i for i in range(n) if i != gold])


@answer("gold-places", "gold ignored: passage 0 walks", "wrong", means="zero_walks")
def _(n, gold):
    others = list(range(1, n))
    return torch.tensor([[*others[:p], 0, *others[p:]] for p in range(n)])


@answer("gold-places", "rows where p > gold are one too early", "wrong", means="early_after_own_place")
def _(n, gold):
    rows = []
    for p in range(n):
        others = [i for i in range(n) if i != gold]
        place = p - 1 if p > gold else p
        rows.append([*others[:place], gold, *others[place:]])
    return torch.tensor(rows)


@answer("gold-places", "gold only moves forward: for p after its place the plain order", "wrong", means="forward_only")
def _(n, gold):
    rows = torch.arange(n).repeat(n, 1)
    for p in range(gold):
        rows[p] = torch.tensor([*range(p), gold, *(i for i in range(p, n) if i != gold)])
    return rows


@answer("gold-places", "insert and pop", "right")
def _(n, gold):
    rows = []
    for p in range(n):
        row = list(range(n))
        row.insert(p, row.pop(gold))
        rows.append(row)
    return torch.tensor(rows)


@answer("gold-places", "masks: a boolean matrix filled with the others in turn", "right")
def _(n, gold):
    rows = torch.full((n, n), gold)
    others = torch.cat([torch.arange(gold), torch.arange(gold + 1, n)])
    rows[~torch.eye(n, dtype=torch.bool)] = others.repeat(n)
    return rows


@answer("gold-places", "arithmetic on places", "right")
def _(n, gold):
    p, c = torch.arange(n)[:, None], torch.arange(n)[None]
    index = c - (c > p).long()
    other = index + (index >= gold).long()
    return torch.where(c == p, torch.tensor(gold), other)


@answer("gold-places", "argsort of keys", "right")
def _(n, gold):
    place = torch.arange(n, dtype=torch.float64)
    place = place - (place > gold).double()
    keys = place.repeat(n, 1)
    keys[:, gold] = torch.arange(n) - 0.5
    return keys.argsort(1)


@answer("gold-places", "neighbours swapped step by step", "right")
def _(n, gold):
    row = torch.cat([torch.tensor([gold]), torch.tensor([i for i in range(n) if i != gold], dtype=torch.long)])
    rows = [row.clone()]
    for p in range(1, n):
        row[[p - 1, p]] = row[[p, p - 1]]
        rows.append(row.clone())
    return torch.stack(rows)


@answer("gold-places", "numpy insert", "right")
def _(n, gold):
    import numpy as np

    others = np.delete(np.arange(n), gold)
    return torch.from_numpy(np.stack([np.insert(others, p, gold) for p in range(n)]))


@answer("gold-places", "swaps gold with the passage at place p", "wrong")
def _(n, gold):
    rows = []
    for p in range(n):
        row = list(range(n))
        row[p], row[gold] = row[gold], row[p]
        rows.append(row)
    return torch.tensor(rows)


@answer("gold-places", "rotates the whole order", "wrong")
def _(n, gold):
    return torch.stack([torch.arange(n).roll(p - gold) for p in range(n)])


@answer("gold-places", "gold counted from 1", "wrong")
def _(n, gold):
    others = [i for i in range(n) if i != gold - 1]
    return torch.tensor([[*others[:p], gold - 1, *others[p:]] for p in range(n)])


@answer("gold-places", "replaces the other at place p: others[p + 1:]", "wrong")
def _(n, gold):
    others = [i for i in range(n) if i != gold]
    return torch.tensor([[*others[:p], gold, *others[p + 1 :]] for p in range(n)])


@answer("gold-places", "one list for all rows: each row is the last order", "wrong")
def _(n, gold):
    order, rows = list(range(n)), []
    for p in range(n):
        order.remove(gold)
        order.insert(p, gold)
        rows.append(order)
    return torch.tensor(rows)


@answer("gold-places", "returns places instead of orders", "wrong")
def _(n, gold):
    others = [i for i in range(n) if i != gold]
    return torch.tensor([[*others[:p], gold, *others[p:]] for p in range(n)]).argsort(1)


@answer("gold-places", "floats instead of integers", "wrong")
def _(n, gold):
    rows = torch.zeros(n, n)
    others = torch.tensor([i for i in range(n) if i != gold], dtype=torch.float)
    for p in range(n):
        rows[p] = torch.cat([others[:p], torch.tensor([float(gold)]), others[p:]])
    return rows


@answer("gold-places", "arithmetic on places, no lists", "right")
def _(n, gold):
    p, j = torch.arange(n)[:, None], torch.arange(n)[None, :]
    other = j - (j > p).long()
    other = other + (other >= gold).long()
    return torch.where(j == p, gold, other)


@answer("gold-places", "sorts by keys: others at 0, 1, ..., gold at p - 0.5", "right")
def _(n, gold):
    rows = []
    for p in range(n):
        key = lambda i, p=p: p - 0.5 if i == gold else i - (i > gold)
        rows.append(sorted(range(n), key=key))
    return torch.tensor(rows)


@answer("gold-places", "lists of lists instead of a tensor", "right", rule="the cell asks for a tensor")
def _(n, gold):
    others = [i for i in range(n) if i != gold]
    return [[*others[:p], gold, *others[p:]] for p in range(n)]
