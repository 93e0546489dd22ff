"""The private half of ndcg."""

import math

import torch
from llmcourse.checks.labs.rag.ndcg import judged

from grading.exercises import library_call, misconception, reference, stages, variant

CASES = {"six places of twenty": judged(4, 20, 6, graded=True), "nothing, again": judged(2, 10, 3, empty=True)}


@reference
def ndcg(gains, k):
    places = torch.arange(2, gains.shape[1] + 2, dtype=gains.dtype).log2()
    best = (gains.sort(1, descending=True).values / places)[:, :k].sum(1)
    return torch.where(best > 0, (gains / places)[:, :k].sum(1) / best.clamp(min=1e-30), 0.0)


@variant
def row_by_row(gains, k):
    found = []
    for row in gains.tolist():
        dcg = lambda order: sum(gain / math.log2(place + 1) for place, gain in enumerate(order[:k], 1))
        best = dcg(sorted(row)[::-1])
        found.append(dcg(row) / best if best else 0.0)
    return torch.tensor(found, dtype=gains.dtype)


@variant
def by_topk(gains, k):
    discount = 1 / torch.log2(torch.arange(1, k + 1) + 1.0).to(gains.dtype)
    return torch.nan_to_num((gains[:, :k] @ discount) / (gains.topk(k).values @ discount), nan=0.0)


@library_call
def of_sklearn(gains, k):
    from sklearn.metrics import ndcg_score

    falling = torch.arange(gains.shape[1], 0, -1).expand_as(gains)
    return torch.tensor([ndcg_score([g], [s], k=k) for g, s in zip(gains.tolist(), falling.tolist())]).to(gains.dtype)


@stages
def on_the_way(gains, k):
    discount = 1 / torch.log2(torch.arange(k) + 2.0)
    best = gains.sort(descending=True).values
    return {"DCG of the ranking": gains[:, :k] @ discount, "DCG of the best order": best[:, :k] @ discount}


@misconception(
    says="DCG: it is not divided by that of the best order",
    hint="Divide by the DCG of the gains in falling order.",
)
def not_normalised(gains, k):
    return (gains / torch.arange(2, gains.shape[1] + 2, dtype=gains.dtype).log2())[:, :k].sum(1)


@misconception(
    says="the DCG divided by that of the best order of the first k found",
    hint="What was not found counts, too: sort all gains, and then take the first k.",
)
def best_of_found(gains, k):
    places = torch.arange(2, k + 2, dtype=gains.dtype).log2()
    best = (gains[:, :k].sort(1, descending=True).values / places).sum(1)
    return torch.where(best > 0, (gains[:, :k] / places).sum(1) / best.clamp(min=1e-30), 0.0)


@misconception(
    says="the DCG of the first k divided by the best DCG of all places",
    hint="Nobody can do better than the best k: cut the best order at k as well.",
)
def best_not_cut(gains, k):
    places = torch.arange(2, gains.shape[1] + 2, dtype=gains.dtype).log2()
    best = (gains.sort(1, descending=True).values / places).sum(1)
    return torch.where(best > 0, (gains / places)[:, :k].sum(1) / best.clamp(min=1e-30), 0.0)


@misconception(
    says="the nDCG of all places",
    hint="Only the first k places count, above and below.",
)
def not_cut(gains, k):
    places = torch.arange(2, gains.shape[1] + 2, dtype=gains.dtype).log2()
    best = (gains.sort(1, descending=True).values / places).sum(1)
    return torch.where(best > 0, (gains / places).sum(1) / best.clamp(min=1e-30), 0.0)


@misconception(
    says="gains divided by the place, and not by log2(1 + place)",
    hint="The discount is the logarithm: place 3 counts half, not a third.",
)
def by_place(gains, k):
    places = torch.arange(1, gains.shape[1] + 1, dtype=gains.dtype)
    best = (gains.sort(1, descending=True).values / places)[:, :k].sum(1)
    return torch.where(best > 0, (gains / places)[:, :k].sum(1) / best.clamp(min=1e-30), 0.0)


@misconception(
    says="discounts of log2(place), with the first two places alike",
    hint="It is log2(1 + place): 1, 1.58, 2, ...",
)
def first_two_alike(gains, k):
    places = torch.arange(1, gains.shape[1] + 1, dtype=gains.dtype).log2().clamp(min=1)
    best = (gains.sort(1, descending=True).values / places)[:, :k].sum(1)
    return torch.where(best > 0, (gains / places)[:, :k].sum(1) / best.clamp(min=1e-30), 0.0)


@misconception(
    says="the right values, and nan where there is nothing to find",
    hint="0 / 0 is not a number; such a row has nDCG 0 here.",
)
def not_a_number(gains, k):
    places = torch.arange(2, gains.shape[1] + 2, dtype=gains.dtype).log2()
    return (gains / places)[:, :k].sum(1) / (gains.sort(1, descending=True).values / places)[:, :k].sum(1)


@misconception(
    says="the gain of the first k, divided by the most that k places can have: places do not count",
    hint="Each gain is divided by log2(1 + place) before the sum.",
)
def precision(gains, k):
    best = gains.sort(1, descending=True).values[:, :k].sum(1)
    return torch.where(best > 0, gains[:, :k].sum(1) / best.clamp(min=1e-30), 0.0)


EQUIVALENT = {
    "0 -> -1": "where the best is 0, what was found is 0 as well",
    "best > 0 -> best >= 0": "where the best is 0, what was found is 0 as well",
    "1e-30 -> -1.0": "where the best is 0, the quotient is not taken",
}
