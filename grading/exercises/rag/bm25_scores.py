"""The private half of bm25-scores."""

import torch
from llmcourse.checks.labs.rag.bm25_scores import counts

from grading.exercises import misconception, reference, stages, variant

CASES = {"twenty documents": counts(20, 6), "another b": counts(8, 3, k1=2.0, b=0.3)}


@reference
def bm25_scores(f, n, length, k1, b):
    K = k1 * (1 - b + b * length / length.mean())
    idf = torch.log(1 + (len(f) - n + 0.5) / (n + 0.5))
    return (idf * f / (f + K[:, None])).sum(1)


@variant
def document_by_document(f, n, length, k1, b):
    N, mean, scores = len(f), sum(length) / len(length), []
    for d in range(N):
        K = k1 * ((1 - b) + b * (length[d] / mean))
        scores.append(sum(torch.log((N + 1) / (n[w] + 0.5)) * f[d, w] / (f[d, w] + K) for w in range(f.shape[1])))
    return torch.stack([torch.as_tensor(s) for s in scores])


@variant
def by_matrix(f, n, length, k1, b):
    K = (k1 * (1 - b) + k1 * b * length * len(length) / length.sum()).unsqueeze(1)
    return (1 - K / (f + K)) @ torch.log1p((f.shape[0] - n + 0.5) / (n + 0.5))


@stages
def on_the_way(f, n, length, k1, b):
    idf = torch.log(1 + (len(f) - n + 0.5) / (n + 0.5))
    K = k1 * (1 - b + b * length / length.float().mean())
    return {"the weights of the words (idf)": idf, "k1 (1 - b + b length / mean length)": K}


@misconception(
    says="BM25 in which the length of a document does not count",
    hint="K grows with length / length.mean(), as far as b says.",
)
def without_length(f, n, length, k1, b):
    idf = torch.log(1 + (len(f) - n + 0.5) / (n + 0.5))
    return (idf * f / (f + k1)).sum(1)


@misconception(
    says="BM25 with b = 1: the whole of a document's length counts",
    hint="b mixes: 1 - b of K is the same for all, and b of it grows with the length.",
)
def all_length(f, n, length, k1, b):
    K = k1 * length / length.mean()
    idf = torch.log(1 + (len(f) - n + 0.5) / (n + 0.5))
    return (idf * f / (f + K[:, None])).sum(1)


@misconception(
    says="BM25 that favours long documents: the mean length divided by the length",
    hint="A word weighs less in a long document: K grows with length / length.mean().",
)
def length_upside_down(f, n, length, k1, b):
    K = k1 * (1 - b + b * length.mean() / length)
    idf = torch.log(1 + (len(f) - n + 0.5) / (n + 0.5))
    return (idf * f / (f + K[:, None])).sum(1)


@misconception(
    says="tf-idf: counts without saturation",
    hint="The tenth time a word comes says little: f / (f + K) never goes beyond 1.",
)
def not_saturated(f, n, length, k1, b):
    idf = torch.log(1 + (len(f) - n + 0.5) / (n + 0.5))
    return (idf * f).sum(1)


@misconception(
    says="BM25 with log(N / n) for the rarity of a word",
    hint="Here idf = log(1 + (N - n + 0.5) / (n + 0.5)), which is never 0 and never infinite.",
)
def plain_idf(f, n, length, k1, b):
    K = k1 * (1 - b + b * length / length.mean())
    return (torch.log(len(f) / n) * f / (f + K[:, None])).sum(1)


@misconception(
    says="BM25 with n and N - n swapped: common words weigh most",
    hint="A word that is in few documents tells more: N - n stands above, n below.",
)
def common_words_first(f, n, length, k1, b):
    K = k1 * (1 - b + b * length / length.mean())
    idf = torch.log(1 + (n + 0.5) / (len(f) - n + 0.5))
    return (idf * f / (f + K[:, None])).sum(1)


@misconception(
    says="k1 + 1 times the scores that are asked for",
    hint="That is ATIRE's form, whose order is the same. The formula here has no such factor.",
)
def times_k1(f, n, length, k1, b):
    K = k1 * (1 - b + b * length / length.mean())
    idf = torch.log(1 + (len(f) - n + 0.5) / (n + 0.5))
    return ((k1 + 1) * idf * f / (f + K[:, None])).sum(1)


@misconception(
    says="BM25 that asks only whether a word is there, and not how often",
    hint="Put the count f itself into f / (f + K).",
)
def present_or_not(f, n, length, k1, b):
    K, f = k1 * (1 - b + b * length / length.mean()), (f > 0).to(f.dtype)
    idf = torch.log(1 + (len(f) - n + 0.5) / (n + 0.5))
    return (idf * f / (f + K[:, None])).sum(1)
