"""Answers to ndcg by people who have not seen its private half."""

import math

import torch

from grading.answers import answer


def _dcg(gains, k):
    return (gains[:, :k] / torch.log2(torch.arange(k) + 2.0)).sum(1)


def _ideal(gains):
    return gains.sort(1, descending=True).values


def _ratio(a, b):
    return torch.where(b > 0, a / torch.where(b > 0, b, 1.0), 0.0)


@answer("ndcg", "DCG without the normaliser", "wrong", means="not_normalised")
def _(gains, k):
    return _dcg(gains, k)


@answer("ndcg", "best order of the first k only", "wrong", means="best_of_found")
def _(gains, k):
    return _ratio(_dcg(gains, k), _dcg(_ideal(gains[:, :k]), k))


@answer("ndcg", "nan where a row has no gain", "wrong", means="not_a_number")
def _(gains, k):
    return _dcg(gains, k) / _dcg(_ideal(gains), k)


@answer("ndcg", "1 where a row has no gain", "wrong", means="one_for_nothing")
def _(gains, k):
    best = _dcg(_ideal(gains), k)
    return torch.where(best > 0, _dcg(gains, k) / best, 1.0)


@answer("ndcg", "log2(p): places from 0 in the discount, first place divided by 0", "wrong")
def _(gains, k):
    d = torch.log2(torch.arange(k) + 1.0)
    return _ratio((gains[:, :k] / d).sum(1), (_ideal(gains)[:, :k] / d).sum(1))


@answer("ndcg", "log2(p) from the second place, 1 for the first (the old form)", "wrong", means="first_two_alike")
def _(gains, k):
    d = torch.log2(torch.arange(k) + 1.0).clamp(min=1)
    return _ratio((gains[:, :k] / d).sum(1), (_ideal(gains)[:, :k] / d).sum(1))


@answer("ndcg", "discount log2(2 + p) with p from 1", "wrong", means="one_place_late")
def _(gains, k):
    d = torch.log2(torch.arange(1, k + 1) + 2.0)
    return _ratio((gains[:, :k] / d).sum(1), (_ideal(gains)[:, :k] / d).sum(1))


@answer("ndcg", "no discount", "wrong", means="precision")
def _(gains, k):
    return _ratio(gains[:, :k].sum(1), _ideal(gains)[:, :k].sum(1))


@answer("ndcg", "discount 1 / p", "wrong", means="by_place")
def _(gains, k):
    d = torch.arange(1, k + 1).float()
    return _ratio((gains[:, :k] / d).sum(1), (_ideal(gains)[:, :k] / d).sum(1))


@answer("ndcg", "multiplied by the logarithm", "wrong", means="multiplied")
def _(gains, k):
    d = torch.log2(torch.arange(k) + 2.0)
    return _ratio((gains[:, :k] * d).sum(1), (_ideal(gains)[:, :k] * d).sum(1))


@answer("ndcg", "exponential gains 2^g - 1", "wrong", means="exponential_gains")
def _(gains, k):
    g = 2.0**gains - 1
    return _ratio(_dcg(g, k), _dcg(_ideal(g), k))


@answer("ndcg", "gains made binary", "wrong", means="binary_gains")
def _(gains, k):
    g = (gains > 0).float()
    return _ratio(_dcg(g, k), _dcg(_ideal(g), k))


@answer("ndcg", "k ignored: the whole list", "wrong", means="not_cut")
def _(gains, k):
    N = gains.shape[1]
    return _ratio(_dcg(gains, N), _dcg(_ideal(gains), N))


@answer("ndcg", "k ignored in the best order only", "wrong", means="best_not_cut")
def _(gains, k):
    return _ratio(_dcg(gains, k), _dcg(_ideal(gains), gains.shape[1]))


@answer("ndcg", "sorted rising", "wrong", means="rising")
def _(gains, k):
    return _ratio(_dcg(gains, k), _dcg(gains.sort(1).values, k))


@answer("ndcg", "sorted over the batch (dim 0)", "wrong", means="sorted_over_rows")
def _(gains, k):
    return _ratio(_dcg(gains, k), _dcg(gains.sort(0, descending=True).values, k))


@answer("ndcg", "one ideal for the whole batch", "wrong", means="one_best")
def _(gains, k):
    best = _dcg(_ideal(gains), k).max()
    return _dcg(gains, k) / best if best > 0 else torch.zeros(len(gains))


@answer("ndcg", "best order assumed to be gain 1 in all k places", "wrong", means="perfect_places")
def _(gains, k):
    return _dcg(gains, k) / (1 / torch.log2(torch.arange(k) + 2.0)).sum()


@answer("ndcg", "natural log of 1 + p in the DCG, log2 in the best", "wrong", means="two_logarithms")
def _(gains, k):
    a = (gains[:, :k] / torch.log1p(torch.arange(1, k + 1).float())).sum(1)
    return _ratio(a, _dcg(_ideal(gains), k))


@answer("ndcg", "mean of the batch returned", "wrong")
def _(gains, k):
    return _ratio(_dcg(gains, k), _dcg(_ideal(gains), k)).mean()


@answer("ndcg", "k - 1 places", "wrong", means="one_place_less")
def _(gains, k):
    k = k - 1
    return _ratio(_dcg(gains, k), _dcg(_ideal(gains), k))


@answer("ndcg", "k + 1 places", "wrong", means="one_place_more")
def _(gains, k):
    k = min(k + 1, gains.shape[1])
    return _ratio(_dcg(gains, k), _dcg(_ideal(gains), k))


@answer("ndcg", "recall at k", "wrong", means="recall")
def _(gains, k):
    return _ratio(gains[:, :k].sum(1), gains.sum(1))


@answer("ndcg", "reciprocal rank of the first gain", "wrong", means="reciprocal_rank")
def _(gains, k):
    hit = gains[:, :k] > 0
    return hit.any(1) / (hit.int().argmax(1) + 1.0)


@answer("ndcg", "an epsilon of 0.1 below", "wrong")
def _(gains, k):
    return _dcg(gains, k) / (_dcg(_ideal(gains), k) + 0.1)


@answer("ndcg", "rows without gain decided by the first k: best DCG clamped to 1", "wrong", means="clamped_at_one")
def _(gains, k):
    return _dcg(gains, k) / _dcg(_ideal(gains), k).clamp(min=1)


@answer("ndcg", "ideal divided by DCG", "wrong", means="upside_down")
def _(gains, k):
    return _ratio(_dcg(_ideal(gains), k), _dcg(gains, k))


@answer("ndcg", "rows without gain left out", "wrong")
def _(gains, k):
    kept = gains.sum(1) > 0
    return _dcg(gains[kept], k) / _dcg(_ideal(gains[kept]), k)


@answer("ndcg", "columns and rows exchanged: first k of the batch", "wrong")
def _(gains, k):
    d = torch.log2(torch.arange(min(k, len(gains))) + 2.0)[:, None]
    return _ratio((gains[:k] / d).sum(0), (gains.sort(0, descending=True).values[:k] / d).sum(0))


@answer("ndcg", "discount only in the numerator", "wrong", means="best_not_discounted")
def _(gains, k):
    return _ratio(_dcg(gains, k), _ideal(gains)[:, :k].sum(1))


@answer("ndcg", "log2 of 1 plus the gain over the place", "wrong")
def _(gains, k):
    place = torch.arange(1, k + 1)
    a = torch.log2(1 + gains[:, :k] / place).sum(1)
    return _ratio(a, torch.log2(1 + _ideal(gains)[:, :k] / place).sum(1))


@answer("ndcg", "a list of floats", "wrong")
def _(gains, k):
    return _ratio(_dcg(gains, k), _dcg(_ideal(gains), k)).tolist()


@answer("ndcg", "loops over rows and places", "right")
def _(gains, k):
    out = []
    for row in gains.tolist():
        dcg = sum(g / math.log2(1 + p) for p, g in enumerate(row[:k], 1))
        best = sum(g / math.log2(1 + p) for p, g in enumerate(sorted(row, reverse=True)[:k], 1))
        out.append(dcg / best if best > 0 else 0.0)
    return torch.tensor(out)


@answer("ndcg", "natural logarithms in both: the base cancels", "right")
def _(gains, k):
    d = torch.log1p(torch.arange(1, k + 1).to(gains.dtype))
    return ((gains[:, :k] / d).sum(1) / (_ideal(gains)[:, :k] / d).sum(1)).nan_to_num(nan=0.0)


@answer("ndcg", "matrix products with the discounts, topk", "right")
def _(gains, k):
    weight = 1 / torch.log2(torch.arange(2, k + 2).to(gains.dtype))
    best = gains.topk(k, 1).values @ weight
    return torch.where(best > 0, gains[:, :k] @ weight / best.masked_fill(best == 0, 1), torch.zeros_like(best))


@answer("ndcg", "epsilon of 1e-12 below", "right")
def _(gains, k):
    return _dcg(gains, k) / _dcg(_ideal(gains), k).clamp(min=1e-12)


@answer("ndcg", "discounts that are 0 beyond k, float64", "right")
def _(gains, k):
    place = torch.arange(1, gains.shape[1] + 1, dtype=torch.float64)
    weight = (place <= k) / torch.log2(1 + place)
    g = gains.double()
    a, b = torch.einsum("bn,n->b", g, weight), torch.einsum("bn,n->b", g.sort(1, descending=True)[0], weight)
    out = torch.zeros_like(a)
    out[b > 0] = a[b > 0] / b[b > 0]
    return out.to(gains.dtype)


@answer("ndcg", "gains divided by their largest first", "right")
def _(gains, k):
    g = gains / gains.amax(1, keepdim=True).clamp(min=1e-9)
    best = _dcg(_ideal(g), k)
    return _dcg(g, k) / (best + (best == 0))


def dcg(gains, k):
    return (gains[:, :k] / torch.log2(torch.arange(2, k + 2))).sum(1)


@answer("ndcg", "places from 2: log2(2 + p)", "wrong")
def _(gains, k):
    def d(g):
        return (g[:, :k] / torch.log2(2.0 + torch.arange(1, k + 1))).sum(1)

    best = d(gains.sort(1, descending=True).values)
    return torch.where(best > 0, d(gains) / best.clamp(min=1e-9), torch.zeros_like(best))


@answer("ndcg", "the best order of the first k found only", "wrong")
def _(gains, k):
    best = dcg(gains[:, :k].sort(1, descending=True).values, k)
    return torch.where(best > 0, dcg(gains, k) / best.clamp(min=1e-9), torch.zeros_like(best))


@answer("ndcg", "0 / 0 is nan in rows without gain", "wrong")
def _(gains, k):
    return dcg(gains, k) / dcg(gains.sort(1, descending=True).values, k)


@answer("ndcg", "gains as 2^g - 1", "wrong")
def _(gains, k):
    gains = 2**gains - 1
    best = dcg(gains.sort(1, descending=True).values, k)
    return torch.where(best > 0, dcg(gains, k) / best.clamp(min=1e-9), torch.zeros_like(best))


@answer("ndcg", "the best order sorted upwards (forgot descending)", "wrong")
def _(gains, k):
    best = dcg(gains.sort(1).values, k)
    return torch.where(best > 0, dcg(gains, k) / best.clamp(min=1e-9), torch.zeros_like(best))


@answer("ndcg", "divided by the number of places k instead of the best DCG", "wrong")
def _(gains, k):
    return dcg(gains, k) / k


@answer("ndcg", "the best DCG counts all N places, not k", "wrong")
def _(gains, k):
    best = dcg(gains.sort(1, descending=True).values, gains.shape[1])
    return torch.where(best > 0, dcg(gains, k) / best.clamp(min=1e-9), torch.zeros_like(best))


@answer("ndcg", "natural logarithms cancel; loops over lists", "right")
def _(gains, k):
    d = lambda g: sum(x / math.log(1 + p) for p, x in enumerate(g[:k], start=1))
    found = [(d(row), d(sorted(row, reverse=True))) for row in gains.tolist()]
    return torch.tensor([a / b if b else 0.0 for a, b in found], dtype=gains.dtype)


@answer("ndcg", "topk, matrix product, nan_to_num", "right")
def _(gains, k):
    w = 1 / torch.log2(1 + torch.arange(1, k + 1, dtype=torch.float64))
    return ((gains[:, :k].double() @ w) / (gains.topk(k, 1).values.double() @ w)).nan_to_num(0).to(gains.dtype)
