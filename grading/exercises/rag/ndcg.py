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


@misconception(
    says="the nDCG of gains 2^gain - 1",
    hint="That is another usual form; here the gain itself stands above the logarithm.",
)
def exponential_gains(gains, k):
    gains = 2.0**gains - 1
    places = torch.arange(2, gains.shape[1] + 2, dtype=gains.dtype).log2()
    found = (gains / places)[:, :k].sum(1)
    best = (gains.sort(1, descending=True).values / places)[:, :k].sum(1)
    return torch.where(best > 0, found / best.clamp(min=1e-30), 0.0)


@misconception(
    says="the nDCG of gains that are 1 wherever they are above 0",
    hint="A passage may be half useful: use the gains as they are.",
)
def binary_gains(gains, k):
    gains = (gains > 0).to(gains.dtype)
    places = torch.arange(2, gains.shape[1] + 2, dtype=gains.dtype).log2()
    found = (gains / places)[:, :k].sum(1)
    best = (gains.sort(1, descending=True).values / places)[:, :k].sum(1)
    return torch.where(best > 0, found / best.clamp(min=1e-30), 0.0)


@misconception(
    says="the DCG divided by the best of the whole batch",
    hint="Each row has a best order of its own.",
)
def one_best(gains, k):
    places = torch.arange(2, gains.shape[1] + 2, dtype=gains.dtype).log2()
    found = (gains / places)[:, :k].sum(1)
    best = (gains.sort(1, descending=True).values / places)[:, :k].sum(1)
    return found / best.max() if best.max() > 0 else torch.zeros_like(found)


@misconception(
    says="the DCG divided by that of k passages of gain 1",
    hint="The best possible order consists of the row's own gains, sorted.",
)
def perfect_places(gains, k):
    places = torch.arange(2, gains.shape[1] + 2, dtype=gains.dtype).log2()
    found = (gains / places)[:, :k].sum(1)
    best = (1 / places[:k]).sum().expand(len(gains))
    return torch.where(best > 0, found / best.clamp(min=1e-30), 0.0)


@misconception(
    says="the right values, and 1 where there is nothing to find",
    hint="Where a row has no gain at all, the task wants 0.",
)
def one_for_nothing(gains, k):
    places = torch.arange(2, gains.shape[1] + 2, dtype=gains.dtype).log2()
    found = (gains / places)[:, :k].sum(1)
    best = (gains.sort(1, descending=True).values / places)[:, :k].sum(1)
    return torch.where(best > 0, found / best.clamp(min=1e-30), 1.0)


@misconception(
    says="the nDCG of one place less: k - 1",
    hint="The first k places count: `[:, :k]`.",
)
def one_place_less(gains, k):
    places = torch.arange(2, gains.shape[1] + 2, dtype=gains.dtype).log2()
    found = (gains / places)[:, : k - 1].sum(1)
    best = (gains.sort(1, descending=True).values / places)[:, : k - 1].sum(1)
    return torch.where(best > 0, found / best.clamp(min=1e-30), 0.0)


@misconception(
    says="the nDCG of one place more: k + 1",
    hint="The first k places count: `[:, :k]`.",
)
def one_place_more(gains, k):
    places = torch.arange(2, gains.shape[1] + 2, dtype=gains.dtype).log2()
    found = (gains / places)[:, : k + 1].sum(1)
    best = (gains.sort(1, descending=True).values / places)[:, : k + 1].sum(1)
    return torch.where(best > 0, found / best.clamp(min=1e-30), 0.0)


@misconception(
    says="gains divided by log2(2 + place)",
    hint="Places count from 1, and the first is divided by log2(2) = 1: `torch.arange(2, N + 2).log2()`.",
)
def one_place_late(gains, k):
    places = torch.arange(3, gains.shape[1] + 3, dtype=gains.dtype).log2()
    found = (gains / places)[:, :k].sum(1)
    best = (gains.sort(1, descending=True).values / places)[:, :k].sum(1)
    return torch.where(best > 0, found / best.clamp(min=1e-30), 0.0)


@misconception(
    says="gains multiplied by log2(1 + place): later places count more",
    hint="Divide: a late place is worth less.",
)
def multiplied(gains, k):
    places = torch.arange(2, gains.shape[1] + 2, dtype=gains.dtype).log2()
    found = (gains * places)[:, :k].sum(1)
    best = (gains.sort(1, descending=True).values * places)[:, :k].sum(1)
    return torch.where(best > 0, found / best.clamp(min=1e-30), 0.0)


@misconception(
    says="the DCG divided by that of the worst order: gains that rise",
    hint="The best order has falling gains: `sort(descending=True)`.",
)
def rising(gains, k):
    places = torch.arange(2, gains.shape[1] + 2, dtype=gains.dtype).log2()
    found = (gains / places)[:, :k].sum(1)
    best = (gains.sort(1).values / places)[:, :k].sum(1)
    return torch.where(best > 0, found / best.clamp(min=1e-30), 0.0)


@misconception(
    says="the DCG divided by the sum of the k largest gains, without discounts",
    hint="The best order's gains are discounted as well: divide them by log2(1 + place).",
)
def best_not_discounted(gains, k):
    places = torch.arange(2, gains.shape[1] + 2, dtype=gains.dtype).log2()
    found = (gains / places)[:, :k].sum(1)
    best = gains.sort(1, descending=True).values[:, :k].sum(1)
    return torch.where(best > 0, found / best.clamp(min=1e-30), 0.0)


@misconception(
    says="the DCG divided by the sum of all gains",
    hint="Divide by the DCG of the best order: sorted, discounted, and cut at k.",
)
def all_gains(gains, k):
    places = torch.arange(2, gains.shape[1] + 2, dtype=gains.dtype).log2()
    found = (gains / places)[:, :k].sum(1)
    best = gains.sum(1)
    return torch.where(best > 0, found / best.clamp(min=1e-30), 0.0)


@misconception(
    says="recall: the share of all gain that is among the first k",
    hint="nDCG asks where, too: each gain is divided by log2(1 + place), and the best order is cut at k.",
)
def recall(gains, k):
    found = gains[:, :k].sum(1)
    best = gains.sum(1)
    return torch.where(best > 0, found / best.clamp(min=1e-30), 0.0)


@misconception(
    says="precision: the mean gain of the first k places",
    hint="Discount each gain by log2(1 + place), and divide by the DCG of the best order.",
)
def mean_gain(gains, k):
    return gains[:, :k].sum(1) / k


@misconception(
    says="the reciprocal rank of the first passage with a gain",
    hint="nDCG adds all gains among the first k, each divided by log2(1 + place).",
)
def reciprocal_rank(gains, k):
    place = (gains[:, :k] > 0).to(gains.dtype).argmax(1) + 1
    return torch.where((gains[:, :k] > 0).any(1), 1 / place.to(gains.dtype), 0.0)


@misconception(
    says="the best DCG divided by the ranking's",
    hint="What was found stands above: nDCG is at most 1.",
)
def upside_down(gains, k):
    places = torch.arange(2, gains.shape[1] + 2, dtype=gains.dtype).log2()
    found = (gains / places)[:, :k].sum(1)
    best = (gains.sort(1, descending=True).values / places)[:, :k].sum(1)
    return torch.where(found > 0, best / found.clamp(min=1e-30), 0.0)


@misconception(
    says="gains sorted over the batch in place of the row",
    hint="Sort along axis 1: each row has a best order of its own.",
)
def sorted_over_rows(gains, k):
    places = torch.arange(2, gains.shape[1] + 2, dtype=gains.dtype).log2()
    found = (gains / places)[:, :k].sum(1)
    best = (gains.sort(0, descending=True).values / places)[:, :k].sum(1)
    return torch.where(best > 0, found / best.clamp(min=1e-30), 0.0)


@misconception(
    says="the DCG with natural logarithms, divided by the best with log2",
    hint="The same discount above and below: log2(1 + place).",
)
def two_logarithms(gains, k):
    places = torch.arange(2, gains.shape[1] + 2, dtype=gains.dtype).log2()
    found = (gains / (places * 0.6931471805599453))[:, :k].sum(1)
    best = (gains.sort(1, descending=True).values / places)[:, :k].sum(1)
    return torch.where(best > 0, found / best.clamp(min=1e-30), 0.0)


@misconception(
    says="the right ratio where the best DCG is at least 1, and the DCG itself elsewhere",
    hint="Guard against 0 only: a best DCG below 1 must divide as well.",
)
def clamped_at_one(gains, k):
    places = torch.arange(2, gains.shape[1] + 2, dtype=gains.dtype).log2()
    found = (gains / places)[:, :k].sum(1)
    best = (gains.sort(1, descending=True).values / places)[:, :k].sum(1)
    return found / best.clamp(min=1.0)


@misconception(
    says="1 wherever there is something to find: the best order is divided by itself",
    hint="Above stands the DCG of the order as it was found, not sorted.",
)
def best_by_itself(gains, k):
    return (gains.sum(1) > 0).to(gains.dtype)


EQUIVALENT = {
    "0 -> -1": "where the best is 0, what was found is 0 as well",
    "best > 0 -> best >= 0": "where the best is 0, what was found is 0 as well",
    "1e-30 -> -1.0": "where the best is 0, the quotient is not taken",
}
