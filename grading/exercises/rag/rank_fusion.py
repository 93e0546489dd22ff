"""The private half of rank-fusion."""

import torch
from llmcourse.checks.labs.rag.rank_fusion import ranked

from grading.exercises import misconception, reference, variant

CASES = {
    "five rankings": ranked(5, 6, 9, short=3),
    "two, one nearly empty": ranked(2, 6, 7, short=5),
    "one has found nothing": ranked(3, 4, 6, short=4, which=1),
}


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
    return torch.zeros(size, dtype=torch.float64).index_add(0, rankings[kept], given[kept]) / len(rankings)


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


@misconception(
    says="fusion in which a document that was found twice counts once",
    hint="`scores[numbers] += given` keeps one of several: `index_add` and `scatter_add` add.",
)
def counted_once(rankings, size, k):
    scores = torch.zeros(size, dtype=torch.float64)
    for ranking in rankings.tolist():
        for place, number in enumerate(ranking, 1):
            if number >= 0:
                scores[number] = 1 / (k + place)
    return scores


@misconception(
    says="the mean over the rankings that have found a document",
    hint="The scores add up: who was found twice gets more.",
)
def mean_where_found(rankings, size, k):
    scores, found = torch.zeros(2, size, dtype=torch.float64)
    for ranking in rankings.tolist():
        for place, number in enumerate(ranking, 1):
            if number >= 0:
                scores[number] += 1 / (k + place)
                found[number] += 1
    return scores / found.clamp(min=1)


@misconception(
    says="the sum of 1 / k + place: the brackets are missing",
    hint="Place and k stand below together: 1 / (k + place).",
)
def no_brackets(rankings, size, k):
    scores = torch.zeros(size, dtype=torch.float64)
    for ranking in rankings.tolist():
        for place, number in enumerate(ranking, 1):
            if number >= 0:
                scores[number] += 1 / k + place
    return scores


@misconception(
    says="the sum of k + place",
    hint="A fraction is given: 1 / (k + place), so that early places get more.",
)
def not_inverted(rankings, size, k):
    scores = torch.zeros(size, dtype=torch.float64)
    for ranking in rankings.tolist():
        for place, number in enumerate(ranking, 1):
            if number >= 0:
                scores[number] += k + place
    return scores


@misconception(
    says="one over the sum of k + place over the rankings",
    hint="Each ranking gives a fraction of its own, and the fractions add up.",
)
def inverted_last(rankings, size, k):
    scores = torch.zeros(size, dtype=torch.float64)
    for ranking in rankings.tolist():
        for place, number in enumerate(ranking, 1):
            if number >= 0:
                scores[number] += k + place
    return torch.where(scores > 0, 1 / scores.clamp(min=1e-30), 0.0)


@misconception(
    says="rankings read the wrong way round: as the places of the documents in turn",
    hint="A row lists documents: its entry at place p is the number of the document found there.",
)
def places_for_documents(rankings, size, k):
    scores = torch.zeros(size, dtype=torch.float64)
    for ranking in rankings[:, :size].tolist():
        for number, place in enumerate(ranking):
            if place >= 0:
                scores[number] += 1 / (k + place + 1)
    return scores


@misconception(
    says="places counted over the rankings: rows and columns are exchanged",
    hint="A row is one ranking; its places are the columns.",
)
def columns_for_rows(rankings, size, k):
    scores = torch.zeros(size, dtype=torch.float64)
    for ranking in rankings.T.tolist():
        for place, number in enumerate(ranking, 1):
            if number >= 0:
                scores[number] += 1 / (k + place)
    return scores


@misconception(
    says="fusion in which a document that a ranking lacks gets the place behind its last",
    hint="What a ranking has not found gets nothing from it.",
)
def behind_the_last(rankings, size, k):
    scores = torch.zeros(size, dtype=torch.float64)
    for ranking in rankings.tolist():
        listed = [number for number in ranking if number >= 0]
        for number in range(size):
            scores[number] += 1 / (k + (listed.index(number) if number in listed else len(listed)) + 1)
    return scores


@misconception(
    says="the scores of the last ranking alone",
    hint="Begin with zeros once, before the loop over the rankings, and add.",
)
def last_alone(rankings, size, k):
    scores = torch.zeros(size, dtype=torch.float64)
    for ranking in rankings.tolist():
        scores = torch.zeros(size, dtype=torch.float64)
        for place, number in enumerate(ranking, 1):
            if number >= 0:
                scores[number] += 1 / (k + place)
    return scores


@misconception(
    says="the scores of the first ranking alone",
    hint="All rankings count: add over the rows.",
)
def first_alone(rankings, size, k):
    scores = torch.zeros(size, dtype=torch.float64)
    for ranking in rankings[:1].tolist():
        for place, number in enumerate(ranking, 1):
            if number >= 0:
                scores[number] += 1 / (k + place)
    return scores


@misconception(
    says="fusion of the first ranking and the last",
    hint="There may be more than two: go through all rows.",
)
def first_and_last(rankings, size, k):
    scores = torch.zeros(size, dtype=torch.float64)
    for ranking in rankings[[0, -1]].tolist():
        for place, number in enumerate(ranking, 1):
            if number >= 0:
                scores[number] += 1 / (k + place)
    return scores


@misconception(
    says="fusion with places that are counted on from ranking to ranking",
    hint="Each ranking begins at place 1 again.",
)
def counted_on(rankings, size, k):
    scores, before = torch.zeros(size, dtype=torch.float64), -rankings.shape[1]
    for ranking in rankings.tolist():
        before += rankings.shape[1]
        for place, number in enumerate(ranking, 1):
            if number >= 0:
                scores[number] += 1 / (k + place + before)
    return scores


@misconception(
    says="fusion with places that are counted on over what is left of all rankings together, without -1",
    hint="Each ranking begins at place 1 again: count places before you leave out -1.",
)
def counted_on_without_ends(rankings, size, k):
    left = rankings[rankings >= 0]
    given = 1 / (k + torch.arange(1, len(left) + 1).double())
    return torch.zeros(size, dtype=torch.float64).index_add(0, left, given)


@misconception(
    says="fusion that ends at the first -1, and leaves out the rankings after it",
    hint="-1 ends one ranking: `break` leaves its loop, `return` leaves all.",
)
def ends_everything(rankings, size, k):
    scores = torch.zeros(size, dtype=torch.float64)
    for ranking in rankings.tolist():
        for place, number in enumerate(ranking, 1):
            if number < 0:
                return scores
            scores[number] += 1 / (k + place)
    return scores


@misconception(
    says="fusion with places from the end: the last in a ranking gets most",
    hint="The best stands first, at place 1.",
)
def from_the_end(rankings, size, k):
    scores = torch.zeros(size, dtype=torch.float64)
    for ranking in rankings.tolist():
        for place, number in enumerate(ranking, 1):
            if number >= 0:
                scores[number] += 1 / (k + len(ranking) + 1 - place)
    return scores


@misconception(
    says="the sum of 1 / (k + place) squared",
    hint="The fraction is added as it is: 1 / (k + place).",
)
def squared(rankings, size, k):
    scores = torch.zeros(size, dtype=torch.float64)
    for ranking in rankings.tolist():
        for place, number in enumerate(ranking, 1):
            if number >= 0:
                scores[number] += 1 / (k + place) ** 2
    return scores


@misconception(
    says="the right scores, divided by their sum",
    hint="The scores are not normalised: who is best stays best.",
)
def normalised(rankings, size, k):
    scores = torch.zeros(size, dtype=torch.float64)
    for ranking in rankings.tolist():
        for place, number in enumerate(ranking, 1):
            if number >= 0:
                scores[number] += 1 / (k + place)
    return scores / scores.sum()


@misconception(
    says="fusion without document 0, which was taken for an end",
    hint="0 is a document; only -1 is none: `>= 0`.",
)
def zero_left_out(rankings, size, k):
    scores = torch.zeros(size, dtype=torch.float64)
    for ranking in rankings.tolist():
        for place, number in enumerate(ranking, 1):
            if number > 0:
                scores[number] += 1 / (k + place)
    return scores


@misconception(
    says="fusion in which the end of a ranking, -1, counts for document 0",
    hint="`clamp` makes -1 a document: give it no weight, or leave those places out with a mask.",
)
def ends_count_for_zero(rankings, size, k):
    scores = torch.zeros(size, dtype=torch.float64)
    for ranking in rankings.tolist():
        for place, number in enumerate(ranking, 1):
            if True:
                scores[max(number, 0)] += 1 / (k + place)
    return scores


@misconception(
    says="fusion with k = 60, whatever k is",
    hint="k is handed in.",
)
def always_sixty(rankings, size, k):
    scores = torch.zeros(size, dtype=torch.float64)
    for ranking in rankings.tolist():
        for place, number in enumerate(ranking, 1):
            if number >= 0:
                scores[number] += 1 / (60 + place)
    return scores


@misconception(
    says="the sum of k / (k + place)",
    hint="Above stands 1.",
)
def k_above(rankings, size, k):
    scores = torch.zeros(size, dtype=torch.float64)
    for ranking in rankings.tolist():
        for place, number in enumerate(ranking, 1):
            if number >= 0:
                scores[number] += k / (k + place)
    return scores


@misconception(
    says="fusion with places counted from 2",
    hint="The first has place 1: it gets 1 / (k + 1). `enumerate(ranking, 1)` has the 1 already.",
)
def from_two(rankings, size, k):
    scores = torch.zeros(size, dtype=torch.float64)
    for ranking in rankings.tolist():
        for place, number in enumerate(ranking, 1):
            if number >= 0:
                scores[number] += 1 / (k + place + 1)
    return scores


@misconception(
    says="the documents in the order of their scores, and not the scores",
    hint="Return one score for each document, in the order of their numbers: nothing is sorted.",
)
def sorted_documents(rankings, size, k):
    scores = torch.zeros(size, dtype=torch.float64)
    for ranking in rankings.tolist():
        for place, number in enumerate(ranking, 1):
            if number >= 0:
                scores[number] += 1 / (k + place)
    return scores.argsort(descending=True)


@misconception(
    says="fusion that stops at the place where the first ranking ends",
    hint="Where one ranking has ended, the others go on: leave out the -1 alone.",
)
def all_end_together(rankings, size, k):
    scores = torch.zeros(size, dtype=torch.float64)
    for place, column in enumerate(rankings.T.tolist(), 1):
        if min(column) < 0:
            break
        for number in column:
            scores[number] += 1 / (k + place)
    return scores


EQUIVALENT = {"0 -> -1": "scores have one axis"}
