"""Lab 12, retrieval-augmented generation: references, variants and misconceptions.

Every function here stands alone (torch and math apart), since sample submissions are made of their source.
"""

import math

import torch
from llmcourse.checks.rag import (
    _counts,
    _drawn_lengths,
    _gains,
    _lengths,
    _places,
    _rankings,
    _scored,
    _strided,
    _vectors,
)

from . import Private

# ------------------------------------------------------------------ bm25-scores


def bm25_reference(f, n, length, k1, b):
    K = k1 * (1 - b + b * length / length.mean())
    idf = torch.log(1 + (len(f) - n + 0.5) / (n + 0.5))
    return (idf * f / (f + K[:, None])).sum(1)


def bm25_document_by_document(f, n, length, k1, b):
    N, mean, scores = len(f), sum(length) / len(length), []
    for d in range(N):
        K = k1 * ((1 - b) + b * (length[d] / mean))
        scores.append(sum(torch.log((N + 1) / (n[w] + 0.5)) * f[d, w] / (f[d, w] + K) for w in range(f.shape[1])))
    return torch.stack([torch.as_tensor(s) for s in scores])


def bm25_by_matrix(f, n, length, k1, b):
    K = (k1 * (1 - b) + k1 * b * length * len(length) / length.sum()).unsqueeze(1)
    return (1 - K / (f + K)) @ torch.log1p((f.shape[0] - n + 0.5) / (n + 0.5))


def bm25_without_length(f, n, length, k1, b):
    """BM25 in which the length of a document does not count

    K grows with length / length.mean(), as far as b says.
    """
    idf = torch.log(1 + (len(f) - n + 0.5) / (n + 0.5))
    return (idf * f / (f + k1)).sum(1)


def bm25_all_length(f, n, length, k1, b):
    """BM25 with b = 1: the whole of a document's length counts

    b mixes: 1 - b of K is the same for all, and b of it grows with the length.
    """
    K = k1 * length / length.mean()
    idf = torch.log(1 + (len(f) - n + 0.5) / (n + 0.5))
    return (idf * f / (f + K[:, None])).sum(1)


def bm25_length_upside_down(f, n, length, k1, b):
    """BM25 that favours long documents: the mean length divided by the length

    A word weighs less in a long document: K grows with length / length.mean().
    """
    K = k1 * (1 - b + b * length.mean() / length)
    idf = torch.log(1 + (len(f) - n + 0.5) / (n + 0.5))
    return (idf * f / (f + K[:, None])).sum(1)


def bm25_not_saturated(f, n, length, k1, b):
    """tf-idf: counts without saturation

    The tenth time a word comes says little: f / (f + K) never goes beyond 1.
    """
    idf = torch.log(1 + (len(f) - n + 0.5) / (n + 0.5))
    return (idf * f).sum(1)


def bm25_plain_idf(f, n, length, k1, b):
    """BM25 with log(N / n) for the rarity of a word

    Here idf = log(1 + (N - n + 0.5) / (n + 0.5)), which is never 0 and never infinite.
    """
    K = k1 * (1 - b + b * length / length.mean())
    return (torch.log(len(f) / n) * f / (f + K[:, None])).sum(1)


def bm25_common_words_first(f, n, length, k1, b):
    """BM25 with n and N - n swapped: common words weigh most

    A word that is in few documents tells more: N - n stands above, n below.
    """
    K = k1 * (1 - b + b * length / length.mean())
    idf = torch.log(1 + (n + 0.5) / (len(f) - n + 0.5))
    return (idf * f / (f + K[:, None])).sum(1)


def bm25_times_k1(f, n, length, k1, b):
    """k1 + 1 times the scores that are asked for

    That is ATIRE's form, whose order is the same. The formula here has no such factor.
    """
    K = k1 * (1 - b + b * length / length.mean())
    idf = torch.log(1 + (len(f) - n + 0.5) / (n + 0.5))
    return ((k1 + 1) * idf * f / (f + K[:, None])).sum(1)


def bm25_present_or_not(f, n, length, k1, b):
    """BM25 that asks only whether a word is there, and not how often

    Put the count f itself into f / (f + K).
    """
    K, f = k1 * (1 - b + b * length / length.mean()), (f > 0).to(f.dtype)
    idf = torch.log(1 + (len(f) - n + 0.5) / (n + 0.5))
    return (idf * f / (f + K[:, None])).sum(1)


# ------------------------------------------------------------------ nearest-blocks


def nearest_reference(q, x, k, block):
    q, x = torch.nn.functional.normalize(q, dim=-1), torch.nn.functional.normalize(x, dim=-1)
    scores, numbers = q.new_empty(len(q), 0), torch.empty(len(q), 0, dtype=torch.long)
    for start in range(0, len(x), block):
        new = q @ x[start : start + block].mT
        there = torch.arange(start, start + new.shape[1]).expand_as(new)
        scores, numbers = torch.cat([scores, new], 1), torch.cat([numbers, there], 1)
        best = scores.topk(min(k, scores.shape[1]))
        scores, numbers = best.values, numbers.gather(1, best.indices)
    return scores, numbers


def nearest_query_by_query(q, x, k, block):
    found = []
    x = x / x.norm(dim=1, keepdim=True)
    for one in q:
        best = []
        for start in range(0, len(x), block):
            cosines = x[start : start + block] @ (one / one.norm())
            best += [(float(c), c, start + i) for i, c in enumerate(cosines)]
            best = sorted(best, key=lambda entry: -entry[0])[:k]
        found.append(best)
    scores = torch.stack([torch.stack([c for _, c, _ in row]) for row in found])
    return scores, torch.tensor([[i for _, _, i in row] for row in found])


def nearest_by_split(q, x, k, block):
    length = x.norm(dim=1)
    values, numbers, first = [], [], 0
    for part, norm in zip(x.split(block), length.split(block)):
        top = ((q @ part.T) / norm / q.norm(dim=1, keepdim=True)).sort(1, descending=True)
        values.append(top.values[:, :k])
        numbers.append(top.indices[:, :k] + first)
        first += len(part)
    values, numbers = torch.cat(values, 1), torch.cat(numbers, 1)
    order = values.argsort(1, descending=True)[:, :k]
    return values.gather(1, order), numbers.gather(1, order)


def nearest_products(q, x, k, block):
    """the highest products of vectors that were not made to length 1

    A long passage vector then wins by its length alone: normalise q and x first.
    """
    scores, numbers = q.new_empty(len(q), 0), torch.empty(len(q), 0, dtype=torch.long)
    for start in range(0, len(x), block):
        new = q @ x[start : start + block].mT
        there = torch.arange(start, start + new.shape[1]).expand_as(new)
        scores, numbers = torch.cat([scores, new], 1), torch.cat([numbers, there], 1)
        best = scores.topk(min(k, scores.shape[1]))
        scores, numbers = best.values, numbers.gather(1, best.indices)
    return scores, numbers


def nearest_query_normalised(q, x, k, block):
    """the highest products with only the queries made to length 1

    Passages have lengths, too: normalise both sides.
    """
    q = torch.nn.functional.normalize(q, dim=-1)
    scores, numbers = q.new_empty(len(q), 0), torch.empty(len(q), 0, dtype=torch.long)
    for start in range(0, len(x), block):
        new = q @ x[start : start + block].mT
        there = torch.arange(start, start + new.shape[1]).expand_as(new)
        scores, numbers = torch.cat([scores, new], 1), torch.cat([numbers, there], 1)
        best = scores.topk(min(k, scores.shape[1]))
        scores, numbers = best.values, numbers.gather(1, best.indices)
    return scores, numbers


def nearest_numbers_in_block(q, x, k, block):
    """the right cosines with numbers that begin anew in every block

    `topk` counts from the start of the block: add where the block begins.
    """
    q, x = torch.nn.functional.normalize(q, dim=-1), torch.nn.functional.normalize(x, dim=-1)
    scores, numbers = q.new_empty(len(q), 0), torch.empty(len(q), 0, dtype=torch.long)
    for start in range(0, len(x), block):
        new = q @ x[start : start + block].mT
        there = torch.arange(new.shape[1]).expand_as(new)
        scores, numbers = torch.cat([scores, new], 1), torch.cat([numbers, there], 1)
        best = scores.topk(min(k, scores.shape[1]))
        scores, numbers = best.values, numbers.gather(1, best.indices)
    return scores, numbers


def nearest_from_zeros(q, x, k, block):
    """a search that begins with cosines of 0, which no passage has

    Where all cosines are negative, the zeros win. Begin with empty tensors, or with minus infinity.
    """
    q, x = torch.nn.functional.normalize(q, dim=-1), torch.nn.functional.normalize(x, dim=-1)
    scores, numbers = q.new_zeros(len(q), k), torch.zeros(len(q), k, dtype=torch.long)
    for start in range(0, len(x), block):
        new = q @ x[start : start + block].mT
        there = torch.arange(start, start + new.shape[1]).expand_as(new)
        scores, numbers = torch.cat([scores, new], 1), torch.cat([numbers, there], 1)
        best = scores.topk(k)
        scores, numbers = best.values, numbers.gather(1, best.indices)
    return scores, numbers


def nearest_whole_blocks(q, x, k, block):
    """a search through whole blocks only: what is left at the end is not looked at

    `range(0, len(x), block)` also begins the last, shorter block; a slice may go beyond the end.
    """
    x = x[: max(block, len(x) // block * block)]
    q, x = torch.nn.functional.normalize(q, dim=-1), torch.nn.functional.normalize(x, dim=-1)
    best = (q @ x[:, :].mT).topk(min(k, len(x)))
    return best.values, best.indices


def nearest_last_block(q, x, k, block):
    """the nearest of the last block: what was found before is forgotten

    Join the best so far with the best of the block before you take the highest.
    """
    q, x = torch.nn.functional.normalize(q, dim=-1), torch.nn.functional.normalize(x, dim=-1)
    start = (len(x) - 1) // block * block
    best = (q @ x[start:].mT).topk(min(k, len(x) - start))
    return best.values, best.indices + start


def nearest_farthest(q, x, k, block):
    """the farthest vectors: the lowest cosines

    The nearest have the highest cosine: `topk` takes the highest unless it is told otherwise.
    """
    q, x = torch.nn.functional.normalize(q, dim=-1), torch.nn.functional.normalize(x, dim=-1)
    scores, numbers = q.new_empty(len(q), 0), torch.empty(len(q), 0, dtype=torch.long)
    for start in range(0, len(x), block):
        new = q @ x[start : start + block].mT
        there = torch.arange(start, start + new.shape[1]).expand_as(new)
        scores, numbers = torch.cat([scores, new], 1), torch.cat([numbers, there], 1)
        best = scores.topk(min(k, scores.shape[1]), largest=False)
        scores, numbers = best.values, numbers.gather(1, best.indices)
    return scores, numbers


def nearest_all_at_once(q, x, k, block):
    """all products at once, (Q, N): right, and out of memory with a large corpus

    Never make more than (Q, block) products: go through x in slices.
    """
    best = (torch.nn.functional.normalize(q, dim=-1) @ torch.nn.functional.normalize(x, dim=-1).mT).topk(k)
    return best.values, best.indices


# ------------------------------------------------------------------ rank-fusion


def fuse_reference(rankings, size, k):
    scores = torch.zeros(size, dtype=torch.float64)
    for ranking in rankings.tolist():
        for place, number in enumerate(ranking, 1):
            if number >= 0:
                scores[number] += 1 / (k + place)
    return scores


def fuse_by_index_add(rankings, size, k):
    given = (1 / (k + 1 + torch.arange(rankings.shape[1]))).expand(rankings.shape)
    kept = rankings >= 0
    return torch.zeros(size).index_add(0, rankings[kept], given[kept])


def fuse_by_one_hot(rankings, size, k):
    hot = torch.nn.functional.one_hot(rankings.clamp(min=0), size) * (rankings >= 0)[..., None]
    return (hot / (k + torch.arange(1, rankings.shape[1] + 1))[:, None]).sum((0, 1))


def fuse_from_zero(rankings, size, k):
    """fusion with places counted from 0

    The first has place 1: it gets 1 / (k + 1).
    """
    given, kept = (1 / (k + torch.arange(rankings.shape[1]).double())).expand(rankings.shape), rankings >= 0
    return torch.zeros(size, dtype=torch.float64).index_add(0, rankings[kept], given[kept])


def fuse_without_k(rankings, size, k):
    """the sum of 1 / place, without k

    k makes the first places less unlike each other: 1 / (k + place).
    """
    given, kept = (1 / torch.arange(1, rankings.shape[1] + 1).double()).expand(rankings.shape), rankings >= 0
    return torch.zeros(size, dtype=torch.float64).index_add(0, rankings[kept], given[kept])


def fuse_ends_count(rankings, size, k):
    """fusion in which the end of a ranking, -1, counts for the last document

    -1 is no document, though Python takes it for the last one: leave those places out.
    """
    given = (1 / (k + 1 + torch.arange(rankings.shape[1]).double())).expand(rankings.shape)
    return torch.zeros(size, dtype=torch.float64).index_add(0, (rankings % size).flatten(), given.flatten())


def fuse_best_place(rankings, size, k):
    """the score of each document's best place alone

    A document that two rankings have found gets something from both: add.
    """
    scores = torch.zeros(size, dtype=torch.float64)
    for ranking in rankings.tolist():
        for place, number in enumerate(ranking, 1):
            if number >= 0:
                scores[number] = max(float(scores[number]), 1 / (k + place))
    return scores


def fuse_mean(rankings, size, k):
    """the mean over the rankings

    The scores add up; they are not divided by the number of rankings.
    """
    given, kept = (1 / (k + 1 + torch.arange(rankings.shape[1]).double())).expand(rankings.shape), rankings >= 0
    return torch.zeros(size, dtype=torch.float64).index_add(0, rankings[kept], given[kept]) / (len(rankings) + 0.5)


def fuse_borda(rankings, size, k):
    """points for places: as many as documents stand behind

    That is Borda's count. Here a place p gives 1 / (k + p).
    """
    m = rankings.shape[1]
    given, kept = (m - 1 - torch.arange(m).double()).expand(rankings.shape), rankings >= 0
    return torch.zeros(size, dtype=torch.float64).index_add(0, rankings[kept], given[kept])


def fuse_one_over_sums(rankings, size, k):
    """1 / (k + the sum of a document's places)

    Each ranking gives a fraction of its own, and the fractions add up.
    """
    places, kept = torch.arange(1, rankings.shape[1] + 1).double().expand(rankings.shape), rankings >= 0
    total = torch.zeros(size, dtype=torch.float64).index_add(0, rankings[kept], places[kept])
    return torch.where(total > 0, 1 / (k + total), torch.zeros_like(total))


# ------------------------------------------------------------------ query-likelihood


def likelihood_reference(logits, tokens, asked):
    log_p = logits[:, :-1].log_softmax(-1).gather(-1, tokens[:, 1:, None]).squeeze(-1)
    return (log_p * asked[:, 1:]).sum(1) / asked[:, 1:].sum(1)


def likelihood_by_cross_entropy(logits, tokens, asked):
    loss = torch.nn.functional.cross_entropy(logits[:, :-1].mT, tokens[:, 1:], reduction="none")
    return -(loss * asked[:, 1:]).sum(-1) / asked.sum(-1)


def likelihood_token_by_token(logits, tokens, asked):
    found = []
    for z, row, mask in zip(logits, tokens, asked):
        places = [t for t in range(1, len(row)) if mask[t] > 0]
        logs = [z[t - 1, row[t]] - torch.logsumexp(z[t - 1], 0) for t in places]
        found.append(sum(logs) / len(logs))
    return torch.stack(found)


def likelihood_not_shifted(logits, tokens, asked):
    """the log-probability of each token by the logits at its own place

    A language model's logits at place t are about the next token: compare logits[:, :-1] with tokens[:, 1:].
    """
    log_p = logits.log_softmax(-1).gather(-1, tokens[..., None]).squeeze(-1)
    return (log_p * asked).sum(1) / asked.sum(1)


def likelihood_mask_not_shifted(logits, tokens, asked):
    """a sum over the places that predict from inside the question, one too late

    The mask belongs to the predicted token: asked[:, 1:], like tokens[:, 1:].
    """
    log_p = logits[:, :-1].log_softmax(-1).gather(-1, tokens[:, 1:, None]).squeeze(-1)
    return (log_p * asked[:, :-1]).sum(1) / asked[:, :-1].sum(1).clamp(min=1)


def likelihood_sum(logits, tokens, asked):
    """the sum over the question's tokens

    Divide by their number: a long question would otherwise always be less likely.
    """
    log_p = logits[:, :-1].log_softmax(-1).gather(-1, tokens[:, 1:, None]).squeeze(-1)
    return (log_p * asked[:, 1:]).sum(1)


def likelihood_mean_over_text(logits, tokens, asked):
    """the sum over the question's tokens, divided by the length of the whole text

    Divide by the number of the question's tokens: asked.sum(1).
    """
    log_p = logits[:, :-1].log_softmax(-1).gather(-1, tokens[:, 1:, None]).squeeze(-1)
    return (log_p * asked[:, 1:]).mean(1)


def likelihood_of_everything(logits, tokens, asked):
    """the mean over all tokens, those of the passage among them

    Only the question is to be predicted; the passage is given.
    """
    return logits[:, :-1].log_softmax(-1).gather(-1, tokens[:, 1:, None]).squeeze(-1).mean(1)


def likelihood_of_logits(logits, tokens, asked):
    """the mean of the logits themselves

    Logits become log-probabilities by log_softmax over the vocabulary.
    """
    z = logits[:, :-1].gather(-1, tokens[:, 1:, None]).squeeze(-1)
    return (z * asked[:, 1:]).sum(1) / asked[:, 1:].sum(1)


def likelihood_probability(logits, tokens, asked):
    """the mean probability, without a logarithm

    Probabilities of tokens multiply: take the mean of their logarithms.
    """
    p = logits[:, :-1].softmax(-1).gather(-1, tokens[:, 1:, None]).squeeze(-1)
    return (p * asked[:, 1:]).sum(1) / asked[:, 1:].sum(1)


def likelihood_over_places(logits, tokens, asked):
    """a softmax over the places in place of the vocabulary

    At each place the probabilities of all words sum to 1: log_softmax over the last axis.
    """
    log_p = logits[:, :-1].log_softmax(1).gather(-1, tokens[:, 1:, None]).squeeze(-1)
    return (log_p * asked[:, 1:]).sum(1) / asked[:, 1:].sum(1)


# ------------------------------------------------------------------ ndcg


def ndcg_reference(gains, k):
    places = torch.arange(2, gains.shape[1] + 2, dtype=gains.dtype).log2()
    best = (gains.sort(1, descending=True).values / places)[:, :k].sum(1)
    return torch.where(best > 0, (gains / places)[:, :k].sum(1) / best.clamp(min=1e-30), 0.0)


def ndcg_row_by_row(gains, k):
    found = []
    for row in gains.tolist():
        dcg = lambda order: sum(gain / math.log2(place + 1) for place, gain in enumerate(order[:k], 1))
        best = dcg(sorted(row)[::-1])
        found.append(dcg(row) / best if best else 0.0)
    return torch.tensor(found, dtype=gains.dtype)


def ndcg_by_topk(gains, k):
    discount = 1 / torch.log2(torch.arange(1, k + 1) + 1.0).to(gains.dtype)
    return torch.nan_to_num((gains[:, :k] @ discount) / (gains.topk(k).values @ discount), nan=0.0)


def ndcg_not_normalised(gains, k):
    """DCG: it is not divided by that of the best order

    Divide by the DCG of the gains in falling order.
    """
    return (gains / torch.arange(2, gains.shape[1] + 2, dtype=gains.dtype).log2())[:, :k].sum(1)


def ndcg_best_of_found(gains, k):
    """the DCG divided by that of the best order of the first k found

    What was not found counts, too: sort all gains, and then take the first k.
    """
    places = torch.arange(2, k + 2, dtype=gains.dtype).log2()
    best = (gains[:, :k].sort(1, descending=True).values / places).sum(1)
    return torch.where(best > 0, (gains[:, :k] / places).sum(1) / best.clamp(min=1e-30), 0.0)


def ndcg_best_not_cut(gains, k):
    """the DCG of the first k divided by the best DCG of all places

    Nobody can do better than the best k: cut the best order at k as well.
    """
    places = torch.arange(2, gains.shape[1] + 2, dtype=gains.dtype).log2()
    best = (gains.sort(1, descending=True).values / places).sum(1)
    return torch.where(best > 0, (gains / places)[:, :k].sum(1) / best.clamp(min=1e-30), 0.0)


def ndcg_not_cut(gains, k):
    """the nDCG of all places

    Only the first k places count, above and below.
    """
    places = torch.arange(2, gains.shape[1] + 2, dtype=gains.dtype).log2()
    best = (gains.sort(1, descending=True).values / places).sum(1)
    return torch.where(best > 0, (gains / places).sum(1) / best.clamp(min=1e-30), 0.0)


def ndcg_by_place(gains, k):
    """gains divided by the place, and not by log2(1 + place)

    The discount is the logarithm: place 3 counts half, not a third.
    """
    places = torch.arange(1, gains.shape[1] + 1, dtype=gains.dtype)
    best = (gains.sort(1, descending=True).values / places)[:, :k].sum(1)
    return torch.where(best > 0, (gains / places)[:, :k].sum(1) / best.clamp(min=1e-30), 0.0)


def ndcg_first_two_alike(gains, k):
    """discounts of log2(place), with the first two places alike

    It is log2(1 + place): 1, 1.58, 2, ...
    """
    places = torch.arange(1, gains.shape[1] + 1, dtype=gains.dtype).log2().clamp(min=1)
    best = (gains.sort(1, descending=True).values / places)[:, :k].sum(1)
    return torch.where(best > 0, (gains / places)[:, :k].sum(1) / best.clamp(min=1e-30), 0.0)


def ndcg_not_a_number(gains, k):
    """the right values, and nan where there is nothing to find

    0 / 0 is not a number; such a row has nDCG 0 here.
    """
    places = torch.arange(2, gains.shape[1] + 2, dtype=gains.dtype).log2()
    return (gains / places)[:, :k].sum(1) / (gains.sort(1, descending=True).values / places)[:, :k].sum(1)


def ndcg_precision(gains, k):
    """the gain of the first k, divided by the most that k places can have: places do not count

    Each gain is divided by log2(1 + place) before the sum.
    """
    best = gains.sort(1, descending=True).values[:, :k].sum(1)
    return torch.where(best > 0, gains[:, :k].sum(1) / best.clamp(min=1e-30), 0.0)


# ------------------------------------------------------------------ pack-budget


def pack_reference(lengths, budget):
    taken, left = [], budget
    for length in lengths.tolist():
        taken.append(length <= left)
        left -= length if taken[-1] else 0
    return torch.tensor(taken)


def pack_in_place(lengths, budget):
    mask = torch.zeros(len(lengths), dtype=torch.bool)
    for i in range(len(lengths)):
        if int(lengths[mask].sum()) + int(lengths[i]) <= budget:
            mask[i] = True
    return mask


def pack_with_numbers(lengths, budget):
    taken = torch.zeros_like(lengths)
    for i, n in enumerate(lengths):
        if (taken * lengths).sum() + n <= budget:
            taken[i] = 1
    return taken


def pack_stops(lengths, budget):
    """packing that stops at the first passage that does not fit

    Pass over it and go on: a shorter one may still go in.
    """
    return lengths.cumsum(0) <= budget


def pack_one_too_many(lengths, budget):
    """packing that takes one passage more than fits

    Ask before you take: a passage goes in only if it fits into what is left.
    """
    taken, left = [], budget
    for length in lengths.tolist():
        taken.append(left > 0)
        left -= length if taken[-1] else 0
    return torch.tensor(taken)


def pack_shortest_first(lengths, budget):
    """packing of the shortest passages first

    The order is the ranking's: what is most relevant goes first, short or long.
    """
    taken, left = torch.zeros(len(lengths), dtype=torch.bool), budget
    for i in lengths.argsort(stable=True).tolist():
        if lengths[i] <= left:
            taken[i], left = True, left - int(lengths[i])
    return taken


def pack_never_full(lengths, budget):
    """packing that never fills the budget to its end

    A passage that is exactly as long as what is left fits: <=, not <.
    """
    taken, left = [], budget
    for length in lengths.tolist():
        taken.append(length < left)
        left -= length if taken[-1] else 0
    return torch.tensor(taken)


def pack_each_alone(lengths, budget):
    """each passage alone compared with the whole budget

    What has been taken is no longer free: subtract it from what is left.
    """
    return lengths <= budget


def pack_from_the_end(lengths, budget):
    """packing from the last passage to the first

    The best passage stands first in the ranking, and is asked first.
    """
    taken, left = [], budget
    for length in reversed(lengths.tolist()):
        taken.append(length <= left)
        left -= length if taken[-1] else 0
    return torch.tensor(taken[::-1])


# ------------------------------------------------------------------ gold-places


def places_reference(n, gold):
    others = [i for i in range(n) if i != gold]
    return torch.tensor([[*others[:p], gold, *others[p:]] for p in range(n)])


def places_by_insert(n, gold):
    rows = []
    for p in range(n):
        order = list(range(n))
        order.pop(gold)
        order.insert(p, gold)
        rows.append(order)
    return torch.tensor(rows)


def places_by_indices(n, gold):
    at, place = torch.arange(n)[None, :], torch.arange(n)[:, None]
    among_others = at - (at > place).long()
    return torch.where(at == place, torch.tensor(gold), among_others + (among_others >= gold).long())


def places_swapped(n, gold):
    """the gold passage changing places with who stands there

    The others keep their order: take the gold one out, and put it in between them.
    """
    rows = []
    for p in range(n):
        order = list(range(n))
        order[p], order[gold] = order[gold], order[p]
        rows.append(order)
    return torch.tensor(rows)


def places_rolled(n, gold):
    """the whole list turned until the gold passage stands there

    Only the gold passage moves: the others stay in the order of the ranking.
    """
    return torch.stack([torch.arange(n).roll(p - gold) for p in range(n)])


def places_transposed(n, gold):
    """orders in the columns

    One row for each place: row p is the order with the gold passage at place p.
    """
    others = [i for i in range(n) if i != gold]
    return torch.tensor([[*others[:p], gold, *others[p:]] for p in range(n)]).T


def places_inverse(n, gold):
    """where each passage stands, and not which passage stands where

    Row p lists passages: its entry at place j is the number of the passage that is read there.
    """
    others = [i for i in range(n) if i != gold]
    return torch.tensor([[*others[:p], gold, *others[p:]] for p in range(n)]).argsort(1)


def places_backwards(n, gold):
    """the others in the reverse order

    The other passages stay best first.
    """
    others = [i for i in range(n) if i != gold][::-1]
    return torch.tensor([[*others[:p], gold, *others[p:]] for p in range(n)])


def places_from_the_end(n, gold):
    """places counted from the end

    Row 0 has the gold passage first.
    """
    others = [i for i in range(n) if i != gold]
    return torch.tensor([[*others[: n - 1 - p], gold, *others[n - 1 - p :]] for p in range(n)])


# ------------------------------------------------------------------ ralm-perplexity


def perplexity_reference(log_p, chosen, stride):
    t = torch.arange(log_p.shape[1])
    return (-log_p[chosen[t // stride], t].mean()).exp()


def perplexity_stride_by_stride(log_p, chosen, stride):
    total = 0.0
    for j, passage in enumerate(chosen.tolist()):
        total = total + log_p[passage, j * stride : (j + 1) * stride].sum()
    return torch.exp(-total / log_p.shape[1])


def perplexity_by_repeat(log_p, chosen, stride):
    rows = chosen.repeat_interleave(stride)[: log_p.shape[-1]]
    return 1 / torch.exp(log_p.gather(0, rows[None]).mean())


def perplexity_of_means(log_p, chosen, stride):
    """the mean of 1 / p over the tokens

    The mean is taken of the logarithms, and the exponential last.
    """
    t = torch.arange(log_p.shape[1])
    return (-log_p[chosen[t // stride], t]).exp().mean()


def perplexity_in_nats(log_p, chosen, stride):
    """nats per token, without the exponential

    Perplexity is e to that power.
    """
    t = torch.arange(log_p.shape[1])
    return -log_p[chosen[t // stride], t].mean()


def perplexity_in_bits(log_p, chosen, stride):
    """2 to the power of nats

    The logarithms are natural: e to the power of them.
    """
    t = torch.arange(log_p.shape[1])
    return 2 ** (-log_p[chosen[t // stride], t].mean())


def perplexity_oracle(log_p, chosen, stride):
    """the best passage for every token, chosen after one has seen it

    The retriever's choice counts, made before the stride: chosen[t // stride].
    """
    return (-log_p.max(0).values.mean()).exp()


def perplexity_late(log_p, chosen, stride):
    """every passage one stride too late

    Stride j reads chosen[j]; the first stride has its own.
    """
    t = torch.arange(log_p.shape[1])
    return (-log_p[chosen[(t // stride - 1).clamp(min=0)], t].mean()).exp()


def perplexity_first_passage(log_p, chosen, stride):
    """the first passage for the whole text

    Every `stride` tokens a new passage is read.
    """
    return (-log_p[chosen[0]].mean()).exp()


def perplexity_mixed_passages(log_p, chosen, stride):
    """the mean over all passages

    Each stride reads one passage: the one that was chosen for it.
    """
    return (-log_p.mean()).exp()


def perplexity_remainder(log_p, chosen, stride):
    """passages taken by the remainder, t % stride

    Token t lies in the stride number t // stride.
    """
    t = torch.arange(log_p.shape[1])
    return (-log_p[chosen[(t % stride) % len(chosen)], t].mean()).exp()


def perplexity_mean_of_strides(log_p, chosen, stride):
    """the mean of the strides' perplexities

    All tokens count alike: one mean of logarithms over the whole text.
    """
    parts = [log_p[p, j * stride : (j + 1) * stride] for j, p in enumerate(chosen.tolist())]
    return torch.stack([(-part.mean()).exp() for part in parts]).mean()


TWO_AXES = "vectors stand in the rows of a matrix: the last axis is axis 1, which is also normalize's own"

PRIVATE = {
    "bm25-scores": Private(
        reference=bm25_reference,
        variants=(bm25_document_by_document, bm25_by_matrix),
        misconceptions=(
            bm25_without_length,
            bm25_all_length,
            bm25_length_upside_down,
            bm25_not_saturated,
            bm25_plain_idf,
            bm25_common_words_first,
            bm25_times_k1,
            bm25_present_or_not,
        ),
        hidden={"twenty documents": _counts(20, 6), "another b": _counts(8, 3, k1=2.0, b=0.3)},
    ),
    "nearest-blocks": Private(
        reference=nearest_reference,
        variants=(nearest_query_by_query, nearest_by_split),
        misconceptions=(
            nearest_products,
            nearest_query_normalised,
            nearest_numbers_in_block,
            nearest_from_zeros,
            nearest_whole_blocks,
            nearest_last_block,
            nearest_farthest,
            nearest_all_at_once,
        ),
        hidden={
            "blocks of one": _vectors(2, 7, 4, 3, 1),
            "one block": _vectors(3, 6, 4, 2, 64),
            "many, again": _vectors(64, 250, 6, 3, 32),
            "the last block is one vector": _vectors(3, 13, 5, 3, 4),
        },
        equivalent={
            "torch.nn.functional.normalize(q, dim=-1) -> torch.nn.functional.normalize(q)": TWO_AXES,
            "torch.nn.functional.normalize(x, dim=-1) -> torch.nn.functional.normalize(x)": TWO_AXES,
            "-1 -> +1": TWO_AXES,
            "torch.empty(len(q), 0, dtype=torch.long) -> torch.empty(len(q), 0)": "numbers are compared by value",
        },
    ),
    "rank-fusion": Private(
        reference=fuse_reference,
        variants=(fuse_by_index_add, fuse_by_one_hot),
        misconceptions=(
            fuse_from_zero,
            fuse_without_k,
            fuse_ends_count,
            fuse_best_place,
            fuse_mean,
            fuse_borda,
            fuse_one_over_sums,
        ),
        hidden={"five rankings": _rankings(5, 6, 9, short=3), "two, one nearly empty": _rankings(2, 6, 7, short=5)},
        equivalent={"0 -> -1": "scores have one axis"},
    ),
    "query-likelihood": Private(
        reference=likelihood_reference,
        variants=(likelihood_by_cross_entropy, likelihood_token_by_token),
        misconceptions=(
            likelihood_not_shifted,
            likelihood_mask_not_shifted,
            likelihood_sum,
            likelihood_mean_over_text,
            likelihood_of_everything,
            likelihood_of_logits,
            likelihood_probability,
            likelihood_over_places,
        ),
        hidden={"six texts": _scored(6, 14, 20, 6), "very sure, again": _scored(3, 8, 9, 3, sure=60.0)},
        equivalent={"1 -> 0": "the first token never belongs to the question"},
    ),
    "ndcg": Private(
        reference=ndcg_reference,
        variants=(ndcg_row_by_row, ndcg_by_topk),
        misconceptions=(
            ndcg_not_normalised,
            ndcg_best_of_found,
            ndcg_best_not_cut,
            ndcg_not_cut,
            ndcg_by_place,
            ndcg_first_two_alike,
            ndcg_not_a_number,
            ndcg_precision,
        ),
        hidden={"six places of twenty": _gains(4, 20, 6, graded=True), "nothing, again": _gains(2, 10, 3, empty=True)},
        equivalent={
            "0 -> -1": "where the best is 0, what was found is 0 as well",
            "1e-30 -> -1.0": "where the best is 0, the quotient is not taken",
        },
    ),
    "pack-budget": Private(
        reference=pack_reference,
        variants=(pack_in_place, pack_with_numbers),
        misconceptions=(
            pack_stops,
            pack_one_too_many,
            pack_shortest_first,
            pack_never_full,
            pack_each_alone,
            pack_from_the_end,
        ),
        hidden={
            "twenty passages": _drawn_lengths(20, 300),
            "full, then nothing": _lengths(50, 50, 1, 30, budget=100),
            "a long one between": _lengths(20, 70, 30, 45, 6, budget=60),
        },
    ),
    "gold-places": Private(
        reference=places_reference,
        variants=(places_by_insert, places_by_indices),
        misconceptions=(
            places_swapped,
            places_rolled,
            places_transposed,
            places_inverse,
            places_backwards,
            places_from_the_end,
        ),
        hidden={"ten, the fourth": _places(10, 3), "seven, the last but one": _places(7, 5)},
    ),
    "ralm-perplexity": Private(
        reference=perplexity_reference,
        variants=(perplexity_stride_by_stride, perplexity_by_repeat),
        misconceptions=(
            perplexity_of_means,
            perplexity_in_nats,
            perplexity_in_bits,
            perplexity_oracle,
            perplexity_late,
            perplexity_first_passage,
            perplexity_mixed_passages,
            perplexity_remainder,
            perplexity_mean_of_strides,
        ),
        hidden={"thirty tokens": _strided(5, 30, 7), "strides of two": _strided(3, 9, 2)},
    ),
}
