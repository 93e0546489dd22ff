"""Answers to nearest-blocks by people who have not seen its private half."""

import heapq

import torch
import torch.nn.functional as F

from grading.answers import answer


def _blocks(q, x, k, block):
    """The right walk on vectors as they are."""
    best = q.new_zeros(len(q), 0)
    numbers = torch.zeros(len(q), 0, dtype=torch.long)
    for begin in range(0, len(x), block):
        s = q @ x[begin : begin + block].T
        top = s.topk(min(k, s.shape[1]), 1)
        both = torch.cat([best, top.values], 1)
        ids = torch.cat([numbers, top.indices + begin], 1)
        best, place = both.topk(min(k, both.shape[1]), 1)
        numbers = ids.gather(1, place)
    return best, numbers


@answer("nearest-blocks", "inner products: nothing normalised", "wrong", means="not_normalised")
def _(q, x, k, block):
    return _blocks(q, x, k, block)


@answer("nearest-blocks", "queries not normalised", "wrong", means="passages_normalised")
def _(q, x, k, block):
    return _blocks(q, F.normalize(x, dim=1), k, block)


@answer("nearest-blocks", "passages not normalised", "wrong", means="query_normalised")
def _(q, x, k, block):
    return _blocks(F.normalize(q, dim=1), x, k, block)


@answer("nearest-blocks", "normalised over the passages (dim 0)", "wrong", means="wrong_axis")
def _(q, x, k, block):
    return _blocks(F.normalize(q, dim=0), F.normalize(x, dim=0), k, block)


@answer("nearest-blocks", "divided by the squared norm", "wrong", means="squared_norms")
def _(q, x, k, block):
    return _blocks(q / (q * q).sum(1, keepdim=True), x / (x * x).sum(1, keepdim=True), k, block)


@answer("nearest-blocks", "l1 norm", "wrong", means="sums_of_absolutes")
def _(q, x, k, block):
    return _blocks(F.normalize(q, p=1, dim=1), F.normalize(x, p=1, dim=1), k, block)


@answer("nearest-blocks", "one norm for the whole matrix", "wrong")
def _(q, x, k, block):
    return _blocks(q / q.norm(), x / x.norm(), k, block)


@answer("nearest-blocks", "the numbers within the block, begin not added", "wrong", means="numbers_in_block")
def _(q, x, k, block):
    q, x = F.normalize(q, dim=1), F.normalize(x, dim=1)
    best, numbers = q.new_zeros(len(q), 0), torch.zeros(len(q), 0, dtype=torch.long)
    for begin in range(0, len(x), block):
        s = q @ x[begin : begin + block].T
        top = s.topk(min(k, s.shape[1]), 1)
        both, ids = torch.cat([best, top.values], 1), torch.cat([numbers, top.indices], 1)
        best, place = both.topk(min(k, both.shape[1]), 1)
        numbers = ids.gather(1, place)
    return best, numbers


@answer("nearest-blocks", "the number of the block added, not where it begins", "wrong", means="block_number_added")
def _(q, x, k, block):
    q, x = F.normalize(q, dim=1), F.normalize(x, dim=1)
    best, numbers = q.new_zeros(len(q), 0), torch.zeros(len(q), 0, dtype=torch.long)
    for i, part in enumerate(x.split(block)):
        s = q @ part.T
        top = s.topk(min(k, s.shape[1]), 1)
        both, ids = torch.cat([best, top.values], 1), torch.cat([numbers, top.indices + i], 1)
        best, place = both.topk(min(k, both.shape[1]), 1)
        numbers = ids.gather(1, place)
    return best, numbers


@answer("nearest-blocks", "begins with zeros, which beat negative cosines", "wrong", means="from_zeros")
def _(q, x, k, block):
    q, x = F.normalize(q, dim=1), F.normalize(x, dim=1)
    best, numbers = q.new_zeros(len(q), k), torch.zeros(len(q), k, dtype=torch.long)
    for begin in range(0, len(x), block):
        s = q @ x[begin : begin + block].T
        top = s.topk(min(k, s.shape[1]), 1)
        best, place = torch.cat([best, top.values], 1).topk(k, 1)
        numbers = torch.cat([numbers, top.indices + begin], 1).gather(1, place)
    return best, numbers


@answer("nearest-blocks", "topk of k in each block: fails where the last block is shorter", "wrong")
def _(q, x, k, block):
    q, x = F.normalize(q, dim=1), F.normalize(x, dim=1)
    best, numbers = q.new_zeros(len(q), 0), torch.zeros(len(q), 0, dtype=torch.long)
    for begin in range(0, len(x), block):
        top = (q @ x[begin : begin + block].T).topk(k, 1)
        best, place = torch.cat([best, top.values], 1).topk(k, 1)
        numbers = torch.cat([numbers, top.indices + begin], 1).gather(1, place)
    return best, numbers


@answer("nearest-blocks", "all products at once", "wrong", means="all_at_once")
def _(q, x, k, block):
    s = F.normalize(q, dim=1) @ F.normalize(x, dim=1).T
    top = s.topk(k, 1)
    return top.values, top.indices


@answer("nearest-blocks", "products in blocks, but all kept and joined", "wrong", means="all_at_once")
def _(q, x, k, block):
    q = F.normalize(q, dim=1)
    s = torch.cat([q @ F.normalize(part, dim=1).T for part in x.split(block)], 1)
    top = s.topk(k, 1)
    return top.values, top.indices


@answer("nearest-blocks", "blocks of queries instead of passages", "wrong", means="all_at_once")
def _(q, x, k, block):
    x = F.normalize(x, dim=1)
    tops = [(F.normalize(part, dim=1) @ x.T).topk(k, 1) for part in q.split(block)]
    return torch.cat([t.values for t in tops]), torch.cat([t.indices for t in tops])


@answer("nearest-blocks", "the last, shorter block left out", "wrong", means="whole_blocks")
def _(q, x, k, block):
    whole = max(1, len(x) // block) * block
    return _blocks(F.normalize(q, dim=1), F.normalize(x[:whole], dim=1), k, block)


@answer("nearest-blocks", "only the best of each block", "wrong", means="one_of_each_block")
def _(q, x, k, block):
    q, x = F.normalize(q, dim=1), F.normalize(x, dim=1)
    values, ids = [], []
    for begin in range(0, len(x), block):
        top = (q @ x[begin : begin + block].T).max(1)
        values.append(top.values)
        ids.append(top.indices + begin)
    values, ids = torch.stack(values, 1), torch.stack(ids, 1)
    best, place = values.topk(min(k, values.shape[1]), 1)
    return best, ids.gather(1, place)


@answer("nearest-blocks", "numbers not carried along: places in the joined row", "wrong", means="places_for_numbers")
def _(q, x, k, block):
    q, x = F.normalize(q, dim=1), F.normalize(x, dim=1)
    best = q.new_zeros(len(q), 0)
    for begin in range(0, len(x), block):
        s = q @ x[begin : begin + block].T
        both = torch.cat([best, s], 1)
        best, numbers = both.topk(min(k, both.shape[1]), 1)
    return best, numbers


@answer("nearest-blocks", "the smallest cosines", "wrong", means="farthest")
def _(q, x, k, block):
    best, numbers = _blocks(-F.normalize(q, dim=1), F.normalize(x, dim=1), k, block)
    return -best, numbers


@answer("nearest-blocks", "rising order", "wrong", means="rising")
def _(q, x, k, block):
    best, numbers = _blocks(F.normalize(q, dim=1), F.normalize(x, dim=1), k, block)
    return best.flip(1), numbers.flip(1)


@answer(
    "nearest-blocks", "not sorted: topk with sorted=False, then in the order of numbers", "wrong", means="by_number"
)
def _(q, x, k, block):
    best, numbers = _blocks(F.normalize(q, dim=1), F.normalize(x, dim=1), k, block)
    order = numbers.argsort(1)
    return best.gather(1, order), numbers.gather(1, order)


@answer("nearest-blocks", "blocks' results joined without a new sort", "wrong", means="joined_unsorted")
def _(q, x, k, block):
    q, x = F.normalize(q, dim=1), F.normalize(x, dim=1)
    values, ids = [], []
    for begin in range(0, len(x), block):
        s = q @ x[begin : begin + block].T
        top = s.topk(min(k, s.shape[1]), 1)
        values.append(top.values)
        ids.append(top.indices + begin)
    return torch.cat(values, 1)[:, :k], torch.cat(ids, 1)[:, :k]


@answer("nearest-blocks", "euclidean distance", "wrong", means="distances")
def _(q, x, k, block):
    best, numbers = q.new_zeros(len(q), 0), torch.zeros(len(q), 0, dtype=torch.long)
    for begin in range(0, len(x), block):
        s = -torch.cdist(q, x[begin : begin + block])
        top = s.topk(min(k, s.shape[1]), 1)
        both, ids = torch.cat([best, top.values], 1), torch.cat([numbers, top.indices + begin], 1)
        best, place = both.topk(min(k, both.shape[1]), 1)
        numbers = ids.gather(1, place)
    return -best, numbers


@answer("nearest-blocks", "numbers before cosines", "wrong")
def _(q, x, k, block):
    best, numbers = _blocks(F.normalize(q, dim=1), F.normalize(x, dim=1), k, block)
    return numbers, best


@answer("nearest-blocks", "only numbers returned", "wrong")
def _(q, x, k, block):
    return _blocks(F.normalize(q, dim=1), F.normalize(x, dim=1), k, block)[1]


@answer("nearest-blocks", "blocks overlap by one: a passage may be found twice", "wrong", means="overlapping")
def _(q, x, k, block):
    q, x = F.normalize(q, dim=1), F.normalize(x, dim=1)
    best, numbers = q.new_zeros(len(q), 0), torch.zeros(len(q), 0, dtype=torch.long)
    for begin in range(0, len(x), block):
        s = q @ x[begin : begin + block + 1].T
        top = s.topk(min(k, s.shape[1]), 1)
        both, ids = torch.cat([best, top.values], 1), torch.cat([numbers, top.indices + begin], 1)
        best, place = both.topk(min(k, both.shape[1]), 1)
        numbers = ids.gather(1, place)
    return best, numbers


@answer("nearest-blocks", "cosine plus one over two: similarity in [0, 1]", "wrong", means="moved_cosines")
def _(q, x, k, block):
    best, numbers = _blocks(F.normalize(q, dim=1), F.normalize(x, dim=1), k, block)
    return (best + 1) / 2, numbers


@answer("nearest-blocks", "absolute cosines", "wrong", means="absolute_cosines")
def _(q, x, k, block):
    q, x = F.normalize(q, dim=1), F.normalize(x, dim=1)
    best, numbers = q.new_zeros(len(q), 0), torch.zeros(len(q), 0, dtype=torch.long)
    for begin in range(0, len(x), block):
        s = (q @ x[begin : begin + block].T).abs()
        top = s.topk(min(k, s.shape[1]), 1)
        both, ids = torch.cat([best, top.values], 1), torch.cat([numbers, top.indices + begin], 1)
        best, place = both.topk(min(k, both.shape[1]), 1)
        numbers = ids.gather(1, place)
    return best, numbers


@answer("nearest-blocks", "mean subtracted first: a correlation", "wrong", means="correlation")
def _(q, x, k, block):
    q, x = q - q.mean(1, keepdim=True), x - x.mean(1, keepdim=True)
    return _blocks(F.normalize(q, dim=1), F.normalize(x, dim=1), k, block)


@answer("nearest-blocks", "numbers as floats", "wrong")
def _(q, x, k, block):
    best, numbers = _blocks(F.normalize(q, dim=1), F.normalize(x, dim=1), k, block)
    return best, numbers.to(best.dtype)


@answer("nearest-blocks", "normalises in place, x /= norm", "wrong")
def _(q, x, k, block):
    q /= q.norm(dim=1, keepdim=True)
    x /= x.norm(dim=1, keepdim=True)
    return _blocks(q, x, k, block)


@answer("nearest-blocks", "normalised block by block, joined with topk", "right")
def _(q, x, k, block):
    q = F.normalize(q, dim=-1)
    values, ids = q.new_full((len(q), k), -float("inf")), torch.full((len(q), k), -1)
    for begin in range(0, x.shape[0], block):
        part = F.normalize(x[begin : begin + block], dim=-1)
        s = torch.cat([values, q @ part.T], 1)
        number = torch.arange(begin, begin + len(part)).expand(len(q), -1)
        values, place = s.topk(k, 1)
        ids = torch.cat([ids, number], 1).gather(1, place)
    return values, ids


@answer("nearest-blocks", "top of each block kept in lists, one topk at the end", "right")
def _(q, x, k, block):
    q, x = F.normalize(q, dim=1), F.normalize(x, dim=1)
    values, ids = [], []
    for i, part in enumerate(x.split(block)):
        top = torch.topk(q @ part.T, min(k, len(part)), dim=1)
        values.append(top.values)
        ids.append(top.indices + i * block)
    values, ids = torch.cat(values, 1), torch.cat(ids, 1)
    best, place = values.sort(1, descending=True)
    return best[:, :k], ids.gather(1, place[:, :k])


@answer("nearest-blocks", "F.cosine_similarity one block at a time", "right")
def _(q, x, k, block):
    best, numbers = q.new_zeros(len(q), 0), torch.zeros(len(q), 0, dtype=torch.long)
    for begin in range(0, len(x), block):
        part = x[begin : begin + block]
        s = torch.stack([F.cosine_similarity(row[None], part) for row in q])
        both = torch.cat([best, s], 1)
        ids = torch.cat([numbers, torch.arange(begin, begin + len(part)).expand(len(q), -1)], 1)
        best, place = both.topk(min(k, both.shape[1]), 1)
        numbers = ids.gather(1, place)
    return best, numbers


@answer("nearest-blocks", "a heap for each query", "right")
def _(q, x, k, block):
    import heapq

    q = F.normalize(q, dim=1)
    found = [[] for _ in range(len(q))]
    for begin in range(0, len(x), block):
        s = q @ F.normalize(x[begin : begin + block], dim=1).T
        for i, row in enumerate(s.tolist()):
            found[i] = heapq.nlargest(k, found[i] + [(v, -(begin + j)) for j, v in enumerate(row)])
    cosines = torch.tensor([[v for v, _ in row] for row in found], dtype=q.dtype)
    return cosines, torch.tensor([[-j for _, j in row] for row in found])


@answer("nearest-blocks", "norms divided out after the product", "right")
def _(q, x, k, block):
    length = q.norm(dim=1, keepdim=True)
    best, numbers = q.new_zeros(len(q), 0), torch.zeros(len(q), 0, dtype=torch.long)
    for begin in range(0, len(x), block):
        part = x[begin : begin + block]
        s = torch.einsum("qd,nd->qn", q, part) / (length * part.norm(dim=1))
        top = s.topk(min(k, len(part)), 1)
        both, ids = torch.cat([best, top.values], 1), torch.cat([numbers, top.indices + begin], 1)
        best, place = both.topk(min(k, both.shape[1]), 1)
        numbers = ids.gather(1, place)
    return best, numbers


@answer("nearest-blocks", "recursion from the end", "right")
def _(q, x, k, block):
    q = F.normalize(q, dim=1)

    def go(begin):
        if begin >= len(x):
            return q.new_zeros(len(q), 0), torch.zeros(len(q), 0, dtype=torch.long)
        top = (q @ F.normalize(x[begin : begin + block], dim=1).T).topk(min(k, len(x) - begin, block), 1)
        rest, ids = go(begin + block)
        both, ids = torch.cat([top.values, rest], 1), torch.cat([top.indices + begin, ids], 1)
        best, place = both.topk(min(k, both.shape[1]), 1)
        return best, ids.gather(1, place)

    return go(0)


def by_blocks(q, x, k, block, offset=True, start=0):
    best = torch.full((len(q), 0), 0.0, dtype=q.dtype)
    which = torch.zeros(len(q), 0, dtype=torch.long)
    for i in range(start, len(x), block):
        c = q @ x[i : i + block].T
        values, places = c.topk(min(k, c.shape[1]))
        best = torch.cat([best, values], 1)
        which = torch.cat([which, places + (i if offset else 0)], 1)
        best, order = best.topk(min(k, best.shape[1]))
        which = which.gather(1, order)
    return best, which


@answer("nearest-blocks", "products without normalising: inner products instead of cosines", "wrong")
def _(q, x, k, block):
    return by_blocks(q, x, k, block)


@answer("nearest-blocks", "only the queries are normalised", "wrong")
def _(q, x, k, block):
    return by_blocks(F.normalize(q, dim=-1), x, k, block)


@answer("nearest-blocks", "begins with k zeros: every negative cosine loses against them", "wrong")
def _(q, x, k, block):
    q, x = F.normalize(q, dim=-1), F.normalize(x, dim=-1)
    best, which = torch.zeros(len(q), k, dtype=q.dtype), torch.zeros(len(q), k, dtype=torch.long)
    for i in range(0, len(x), block):
        c = q @ x[i : i + block].T
        best = torch.cat([best, c], 1)
        which = torch.cat([which, torch.arange(i, i + c.shape[1]).expand(len(q), -1)], 1)
        best, order = best.topk(k)
        which = which.gather(1, order)
    return best, which


@answer("nearest-blocks", "numbers within the block: where the block begins is not added", "wrong")
def _(q, x, k, block):
    return by_blocks(F.normalize(q, dim=-1), F.normalize(x, dim=-1), k, block, offset=False)


@answer("nearest-blocks", "the best of each block, joined but not sorted or cut anew", "wrong")
def _(q, x, k, block):
    q, x = F.normalize(q, dim=-1), F.normalize(x, dim=-1)
    values, numbers = [], []
    for i in range(0, len(x), block):
        c = q @ x[i : i + block].T
        v, p = c.topk(min(k, c.shape[1]))
        values.append(v)
        numbers.append(p + i)
    return torch.cat(values, 1)[:, :k], torch.cat(numbers, 1)[:, :k]


@answer("nearest-blocks", "right numbers, with all products (Q, N) at once", "wrong")
def _(q, x, k, block):
    return tuple((F.normalize(q, dim=-1) @ F.normalize(x, dim=-1).T).topk(k))


@answer("nearest-blocks", "the last, short block is left out", "wrong")
def _(q, x, k, block):
    q, x = F.normalize(q, dim=-1), F.normalize(x, dim=-1)
    return by_blocks(q, x[: len(x) // block * block] if len(x) >= block else x, k, block)


@answer("nearest-blocks", "one passage after the other into a heap for each query", "right")
def _(q, x, k, block):
    q = q / q.norm(dim=1, keepdim=True)
    heaps = [[] for _ in range(len(q))]
    for i, row in enumerate(x):
        for heap, c in zip(heaps, (q @ (row / row.norm())).tolist()):
            heapq.heappush(heap, (c, -i))
            if len(heap) > k:
                heapq.heappop(heap)
    ordered = [sorted(heap, reverse=True) for heap in heaps]
    return torch.tensor([[c for c, _ in row] for row in ordered], dtype=q.dtype), torch.tensor(
        [[-i for _, i in row] for row in ordered]
    )


@answer("nearest-blocks", "best k begin at -inf", "right")
def _(q, x, k, block):
    best = torch.full((q.shape[0], k), float("-inf"), dtype=q.dtype)
    which = torch.full((q.shape[0], k), -1)
    for i, part in zip(range(0, x.shape[0], block), x.split(block)):
        c = torch.einsum("qd,nd->qn", q, part) / q.norm(dim=1)[:, None] / part.norm(dim=1)
        pool = torch.cat([best, c], 1)
        names = torch.cat([which, (i + torch.arange(c.shape[1])).repeat(q.shape[0], 1)], 1)
        order = pool.argsort(dim=1, descending=True, stable=True)[:, :k]
        best, which = pool.gather(1, order), names.gather(1, order)
    return best, which
