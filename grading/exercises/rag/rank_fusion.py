"""The private half of rank-fusion."""

import torch
from llmcourse.checks.labs.rag.rank_fusion import ranked

from grading.exercises import misconception, reference, variant

CASES = {"five rankings": ranked(5, 6, 9, short=3), "two, one nearly empty": ranked(2, 6, 7, short=5)}


@reference
def fuse(rankings, size, k):
    scores = torch.zeros(size, dtype=torch.float64)
    for ranking in rankings.tolist():
        for place, number in enumerate(ranking, 1):
            if number >= 0:
                scores[number] += 1 / (k + place)
    return scores


@variant
def by_index_add(rankings, size, k):
    given = (1 / (k + 1 + torch.arange(rankings.shape[1]))).expand(rankings.shape)
    kept = rankings >= 0
    return torch.zeros(size).index_add(0, rankings[kept], given[kept])


@variant
def by_one_hot(rankings, size, k):
    hot = torch.nn.functional.one_hot(rankings.clamp(min=0), size) * (rankings >= 0)[..., None]
    return (hot / (k + torch.arange(1, rankings.shape[1] + 1))[:, None]).sum((0, 1))


@misconception(
    says="fusion with places counted from 0",
    hint="The first has place 1: it gets 1 / (k + 1).",
)
def from_zero(rankings, size, k):
    given, kept = (1 / (k + torch.arange(rankings.shape[1]).double())).expand(rankings.shape), rankings >= 0
    return torch.zeros(size, dtype=torch.float64).index_add(0, rankings[kept], given[kept])


@misconception(
    says="the sum of 1 / place, without k",
    hint="k makes the first places less unlike each other: 1 / (k + place).",
)
def without_k(rankings, size, k):
    given, kept = (1 / torch.arange(1, rankings.shape[1] + 1).double()).expand(rankings.shape), rankings >= 0
    return torch.zeros(size, dtype=torch.float64).index_add(0, rankings[kept], given[kept])


@misconception(
    says="fusion in which the end of a ranking, -1, counts for the last document",
    hint="-1 is no document, though Python takes it for the last one: leave those places out.",
)
def ends_count(rankings, size, k):
    given = (1 / (k + 1 + torch.arange(rankings.shape[1]).double())).expand(rankings.shape)
    return torch.zeros(size, dtype=torch.float64).index_add(0, (rankings % size).flatten(), given.flatten())


@misconception(
    says="the score of each document's best place alone",
    hint="A document that two rankings have found gets something from both: add.",
)
def best_place(rankings, size, k):
    scores = torch.zeros(size, dtype=torch.float64)
    for ranking in rankings.tolist():
        for place, number in enumerate(ranking, 1):
            if number >= 0:
                scores[number] = max(float(scores[number]), 1 / (k + place))
    return scores


@misconception(
    says="the mean over the rankings",
    hint="The scores add up; they are not divided by the number of rankings.",
)
def mean_of_rankings(rankings, size, k):
    given, kept = (1 / (k + 1 + torch.arange(rankings.shape[1]).double())).expand(rankings.shape), rankings >= 0
    return torch.zeros(size, dtype=torch.float64).index_add(0, rankings[kept], given[kept]) / (len(rankings) + 0.5)


@misconception(
    says="points for places: as many as documents stand behind",
    hint="That is Borda's count. Here a place p gives 1 / (k + p).",
)
def borda(rankings, size, k):
    m = rankings.shape[1]
    given, kept = (m - 1 - torch.arange(m).double()).expand(rankings.shape), rankings >= 0
    return torch.zeros(size, dtype=torch.float64).index_add(0, rankings[kept], given[kept])


@misconception(
    says="1 / (k + the sum of a document's places)",
    hint="Each ranking gives a fraction of its own, and the fractions add up.",
)
def one_over_sums(rankings, size, k):
    places, kept = torch.arange(1, rankings.shape[1] + 1).double().expand(rankings.shape), rankings >= 0
    total = torch.zeros(size, dtype=torch.float64).index_add(0, rankings[kept], places[kept])
    return torch.where(total > 0, 1 / (k + total), torch.zeros_like(total))


EQUIVALENT = {"0 -> -1": "scores have one axis"}
