"""Answers to rank-fusion by people who have not seen its private half."""

import torch
import torch.nn.functional as F

from grading.answers import answer


@answer("rank-fusion", "places from 0", "wrong", means="from_zero")
def _(rankings, size, k):
    score = torch.zeros(size)
    for ranking in rankings.tolist():
        for p, d in enumerate(ranking):
            if d >= 0:
                score[d] += 1 / (k + p)
    return score


@answer("rank-fusion", "-1 counts for the last document", "wrong", means="ends_count")
def _(rankings, size, k):
    score = torch.zeros(size)
    for ranking in rankings.tolist():
        for p, d in enumerate(ranking, 1):
            score[d] += 1 / (k + p)
    return score


@answer("rank-fusion", "index_add fails at -1", "wrong")
def _(rankings, size, k):
    weight = 1 / (k + torch.arange(1, rankings.shape[1] + 1)).float()
    return torch.zeros(size).index_add(0, rankings.flatten(), weight.repeat(len(rankings)))


@answer("rank-fusion", "fancy += : a document found twice counts once", "wrong", means="counted_once")
def _(rankings, size, k):
    score = torch.zeros(size)
    weight = (1 / (k + torch.arange(1, rankings.shape[1] + 1)).float()).expand(rankings.shape)
    kept = rankings >= 0
    score[rankings[kept]] += weight[kept]
    return score


@answer("rank-fusion", "the best place only, maximum over rankings", "wrong", means="best_place")
def _(rankings, size, k):
    score = torch.zeros(size)
    for ranking in rankings.tolist():
        for p, d in enumerate(ranking, 1):
            if d >= 0:
                score[d] = max(score[d].item(), 1 / (k + p))
    return score


@answer("rank-fusion", "mean over the rankings", "wrong", means="mean_of_rankings")
def _(rankings, size, k):
    score = torch.zeros(size)
    for ranking in rankings.tolist():
        for p, d in enumerate(ranking, 1):
            if d >= 0:
                score[d] += 1 / (k + p)
    return score / len(rankings)


@answer("rank-fusion", "mean over the rankings that found it", "wrong", means="mean_where_found")
def _(rankings, size, k):
    score, found = torch.zeros(size), torch.zeros(size)
    for ranking in rankings.tolist():
        for p, d in enumerate(ranking, 1):
            if d >= 0:
                score[d] += 1 / (k + p)
                found[d] += 1
    return score / found.clamp(min=1)


@answer("rank-fusion", "1 / k + p: bracket forgotten", "wrong", means="no_brackets")
def _(rankings, size, k):
    score = torch.zeros(size)
    for ranking in rankings.tolist():
        for p, d in enumerate(ranking, 1):
            if d >= 0:
                score[d] += 1 / k + p
    return score


@answer("rank-fusion", "k ignored: 1 / p", "wrong", means="without_k")
def _(rankings, size, k):
    score = torch.zeros(size)
    for ranking in rankings.tolist():
        for p, d in enumerate(ranking, 1):
            if d >= 0:
                score[d] += 1 / p
    return score


@answer("rank-fusion", "k hard-coded as 60", "wrong", means="always_sixty")
def _(rankings, size, k):
    score = torch.zeros(size)
    for ranking in rankings.tolist():
        for p, d in enumerate(ranking, 1):
            if d >= 0:
                score[d] += 1 / (60 + p)
    return score


@answer("rank-fusion", "integer division", "wrong")
def _(rankings, size, k):
    score = torch.zeros(size)
    for ranking in rankings.tolist():
        for p, d in enumerate(ranking, 1):
            if d >= 0:
                score[d] += 1 // (k + p)
    return score


@answer("rank-fusion", "k + p added, reciprocal forgotten", "wrong", means="not_inverted")
def _(rankings, size, k):
    score = torch.zeros(size)
    for ranking in rankings.tolist():
        for p, d in enumerate(ranking, 1):
            if d >= 0:
                score[d] += k + p
    return score


@answer("rank-fusion", "reciprocal of the summed places", "wrong", means="inverted_last")
def _(rankings, size, k):
    total = torch.zeros(size)
    for ranking in rankings.tolist():
        for p, d in enumerate(ranking, 1):
            if d >= 0:
                total[d] += k + p
    return torch.where(total > 0, 1 / total, 0.0)


@answer(
    "rank-fusion", "rankings read as if column d held the place of document d", "wrong", means="places_for_documents"
)
def _(rankings, size, k):
    score = torch.zeros(size)
    for ranking in rankings.tolist():
        for d, p in enumerate(ranking[:size]):
            if p >= 0:
                score[d] += 1 / (k + p + 1)
    return score


@answer("rank-fusion", "rows and columns exchanged: place counted over rankings", "wrong", means="columns_for_rows")
def _(rankings, size, k):
    score = torch.zeros(size)
    for ranking in rankings.T.tolist():
        for p, d in enumerate(ranking, 1):
            if d >= 0:
                score[d] += 1 / (k + p)
    return score


@answer("rank-fusion", "document 0 taken for the end (> 0)", "wrong", means="zero_left_out")
def _(rankings, size, k):
    score = torch.zeros(size)
    for ranking in rankings.tolist():
        for p, d in enumerate(ranking, 1):
            if d > 0:
                score[d] += 1 / (k + p)
    return score


@answer("rank-fusion", "-1 clamped to 0: document 0 gets what is no one's", "wrong", means="ends_count_for_zero")
def _(rankings, size, k):
    weight = (1 / (k + torch.arange(1, rankings.shape[1] + 1)).float()).repeat(len(rankings))
    return torch.zeros(size).index_add(0, rankings.clamp(min=0).flatten(), weight)


@answer("rank-fusion", "documents not found get the place after the last", "wrong", means="behind_the_last")
def _(rankings, size, k):
    score = torch.zeros(size)
    for ranking in rankings.tolist():
        listed = [d for d in ranking if d >= 0]
        for d in range(size):
            score[d] += 1 / (k + (listed.index(d) + 1 if d in listed else len(listed) + 1))
    return score


@answer("rank-fusion", "last ranking only", "wrong", means="last_alone")
def _(rankings, size, k):
    for ranking in rankings.tolist():
        score = torch.zeros(size)
        for p, d in enumerate(ranking, 1):
            if d >= 0:
                score[d] += 1 / (k + p)
    return score


@answer("rank-fusion", "place not reset for the next ranking", "wrong", means="counted_on")
def _(rankings, size, k):
    score = torch.zeros(size)
    p = 0
    for ranking in rankings.tolist():
        for d in ranking:
            p += 1
            if d >= 0:
                score[d] += 1 / (k + p)
    return score


@answer("rank-fusion", "break at -1 leaves all rankings", "wrong", means="ends_everything")
def _(rankings, size, k):
    score = torch.zeros(size)
    for ranking in rankings.tolist():
        for p, d in enumerate(ranking, 1):
            if d == -1:
                return score
            score[d] += 1 / (k + p)
    return score


@answer("rank-fusion", "only two rankings used", "wrong", means="first_and_last")
def _(rankings, size, k):
    score = torch.zeros(size)
    a, b = rankings[0].tolist(), rankings[-1].tolist()
    for p, (i, j) in enumerate(zip(a, b), 1):
        if i >= 0:
            score[i] += 1 / (k + p)
        if j >= 0:
            score[j] += 1 / (k + p)
    return score


@answer("rank-fusion", "the order of documents returned, not scores", "wrong")
def _(rankings, size, k):
    score = torch.zeros(size)
    for ranking in rankings.tolist():
        for p, d in enumerate(ranking, 1):
            if d >= 0:
                score[d] += 1 / (k + p)
    return score.argsort(descending=True)


@answer("rank-fusion", "a dict of scores", "wrong")
def _(rankings, size, k):
    score = {d: 0.0 for d in range(size)}
    for ranking in rankings.tolist():
        for p, d in enumerate(ranking, 1):
            if d >= 0:
                score[d] += 1 / (k + p)
    return score


@answer("rank-fusion", "a list of scores", "wrong")
def _(rankings, size, k):
    score = [0.0] * size
    for ranking in rankings.tolist():
        for p, d in enumerate(ranking, 1):
            if d >= 0:
                score[d] += 1 / (k + p)
    return score


@answer("rank-fusion", "place from the end: the worst gets most", "wrong", means="from_the_end")
def _(rankings, size, k):
    score = torch.zeros(size)
    m = rankings.shape[1]
    for ranking in rankings.tolist():
        for p, d in enumerate(ranking):
            if d >= 0:
                score[d] += 1 / (k + m - p)
    return score


@answer("rank-fusion", "squared reciprocal", "wrong", means="squared")
def _(rankings, size, k):
    score = torch.zeros(size)
    for ranking in rankings.tolist():
        for p, d in enumerate(ranking, 1):
            if d >= 0:
                score[d] += 1 / (k + p) ** 2
    return score


@answer("rank-fusion", "scores normalised to sum 1", "wrong", means="normalised")
def _(rankings, size, k):
    score = torch.zeros(size)
    for ranking in rankings.tolist():
        for p, d in enumerate(ranking, 1):
            if d >= 0:
                score[d] += 1 / (k + p)
    return score / score.sum()


@answer(
    "rank-fusion",
    "mask out -1, then places counted over what is left of both",
    "wrong",
    means="counted_on_without_ends",
)
def _(rankings, size, k):
    left = rankings[rankings >= 0]
    return torch.zeros(size).index_add(0, left, 1 / (k + torch.arange(1, len(left) + 1)).float())


@answer("rank-fusion", "only as long as the rankings: size ignored", "wrong")
def _(rankings, size, k):
    kept = rankings >= 0
    weight = (1 / (k + torch.arange(1, rankings.shape[1] + 1)).float()).expand(rankings.shape)
    return torch.zeros(int(rankings.max()) + 1).index_add(0, rankings[kept], weight[kept])


@answer("rank-fusion", "loops", "right")
def _(rankings, size, k):
    score = torch.zeros(size)
    for ranking in rankings:
        for p, d in enumerate(ranking):
            if d != -1:
                score[d] += 1 / (k + p + 1)
    return score


@answer("rank-fusion", "one-hot with a place for -1, cut off", "right")
def _(rankings, size, k):
    weight = 1 / (k + torch.arange(rankings.shape[1]) + 1.0)
    hot = F.one_hot(rankings + 1, size + 1)[..., 1:].float()
    return torch.einsum("rmd,m->d", hot, weight)


@answer("rank-fusion", "scatter_add into one place more", "right")
def _(rankings, size, k):
    weight = torch.arange(1, rankings.shape[1] + 1).add(k).float().reciprocal().expand(rankings.shape)
    places = torch.where(rankings < 0, size, rankings)
    return torch.zeros(size + 1).scatter_add(0, places.reshape(-1), weight.reshape(-1))[:size]


@answer("rank-fusion", "bincount with weights", "right")
def _(rankings, size, k):
    kept = rankings >= 0
    weight = (1 / (k + 1 + torch.arange(rankings.shape[1], dtype=torch.float64))).expand(rankings.shape)
    return torch.bincount(rankings[kept], weights=weight[kept], minlength=size).float()


@answer("rank-fusion", "each document looked up in each ranking", "right")
def _(rankings, size, k):
    scores = []
    for d in range(size):
        places = [row.index(d) + 1 for row in rankings.tolist() if d in row]
        scores.append(sum(1 / (k + p) for p in places))
    return torch.tensor(scores, dtype=torch.float32)


@answer("rank-fusion", "index_put with accumulate, weight 0 at -1", "right")
def _(rankings, size, k):
    weight = (1 / (k + torch.arange(1.0, rankings.shape[1] + 1))) * (rankings >= 0)
    return torch.zeros(size).index_put((rankings.clamp(min=0),), weight, accumulate=True)


@answer("rank-fusion", "places from 0", "wrong")
def _(rankings, size, k):
    scores = torch.zeros(size)
    for row in rankings.tolist():
        for p, d in enumerate(row):
            if d >= 0:
                scores[d] += 1 / (k + p)
    return scores


@answer("rank-fusion", "-1 is taken for the last document", "wrong")
def _(rankings, size, k):
    scores = torch.zeros(size)
    for row in rankings:
        for p, d in enumerate(row, start=1):
            scores[d] += 1 / (k + p)
    return scores


@answer("rank-fusion", "fancy += without accumulation", "wrong")
def _(rankings, size, k):
    R, m = rankings.shape
    weights = (1 / (k + torch.arange(1, m + 1))).expand(R, m)
    keep = rankings >= 0
    scores = torch.zeros(size)
    scores[rankings[keep]] += weights[keep]
    return scores


@answer("rank-fusion", "precedence: 1 / k + p", "wrong")
def _(rankings, size, k):
    scores = torch.zeros(size)
    for row in rankings.tolist():
        for p, d in enumerate(row, start=1):
            if d != -1:
                scores[d] += 1 / k + p
    return scores


@answer("rank-fusion", "divided by the number of rankings: a mean instead of a sum", "wrong")
def _(rankings, size, k):
    R, m = rankings.shape
    weights = (1.0 / (k + torch.arange(1, m + 1))).expand(R, m)
    keep = rankings >= 0
    return torch.zeros(size).index_add(0, rankings[keep], weights[keep]) / R


@answer("rank-fusion", "k / (k + p): numerator k instead of 1", "wrong")
def _(rankings, size, k):
    R, m = rankings.shape
    weights = (k / (k + torch.arange(1, m + 1))).expand(R, m)
    keep = rankings >= 0
    return torch.zeros(size).index_add(0, rankings[keep], weights[keep])


@answer("rank-fusion", "returns the fused ranking (argsort), not the scores", "wrong")
def _(rankings, size, k):
    R, m = rankings.shape
    weights = (1.0 / (k + torch.arange(1, m + 1))).expand(R, m)
    keep = rankings >= 0
    return torch.zeros(size).index_add(0, rankings[keep], weights[keep]).argsort(descending=True)


@answer("rank-fusion", "one-hot comparison with every document", "right")
def _(rankings, size, k):
    hits = rankings[..., None] == torch.arange(size)
    places = torch.arange(1, rankings.shape[1] + 1)[None, :, None]
    return (hits / (places + k)).sum((0, 1))


@answer("rank-fusion", "one more document for the -1, cut off at the end; float64 bincount", "right")
def _(rankings, size, k):
    R, m = rankings.shape
    where = torch.where(rankings < 0, size, rankings).reshape(-1)
    weights = torch.tensor([1 / (k + p) for p in range(1, m + 1)] * R, dtype=torch.float64)
    return torch.bincount(where, weights, minlength=size + 1)[:size].float()


@answer("rank-fusion", "the end of one ranking ends all: stops at the first -1 of any row", "wrong")
def _(rankings, size, k):
    scores = torch.zeros(size)
    for p in range(rankings.shape[1]):
        if (rankings[:, p] < 0).any():
            break
        for d in rankings[:, p].tolist():
            scores[d] += 1 / (k + p + 1)
    return scores
