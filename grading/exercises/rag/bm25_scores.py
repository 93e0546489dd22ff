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


@misconception(
    says="BM25 with Robertson's idf, without the 1 inside of the logarithm",
    hint="log(1 + (N - n + 0.5) / (n + 0.5)): with the 1 no word weighs less than nothing.",
)
def robertson_idf(f, n, length, k1, b):
    K = k1 * (1 - b + b * length / length.mean())
    idf = torch.log((len(f) - n + 0.5) / (n + 0.5))
    return (idf * f / (f + K[:, None])).sum(1)


@misconception(
    says="BM25 with 1 + log(N / n) for the rarity of a word",
    hint="Here idf = log(1 + (N - n + 0.5) / (n + 0.5)).",
)
def one_plus_log(f, n, length, k1, b):
    K = k1 * (1 - b + b * length / length.mean())
    idf = 1 + torch.log(len(f) / n)
    return (idf * f / (f + K[:, None])).sum(1)


@misconception(
    says="BM25 with log(1 + N / n) for the rarity of a word",
    hint="Here idf = log(1 + (N - n + 0.5) / (n + 0.5)).",
)
def log_of_one_plus(f, n, length, k1, b):
    K = k1 * (1 - b + b * length / length.mean())
    idf = torch.log(1 + len(f) / n)
    return (idf * f / (f + K[:, None])).sum(1)


@misconception(
    says="BM25 with scikit-learn's idf, 1 + log((1 + N) / (1 + n))",
    hint="Here idf = log(1 + (N - n + 0.5) / (n + 0.5)).",
)
def smooth_idf(f, n, length, k1, b):
    K = k1 * (1 - b + b * length / length.mean())
    idf = 1 + torch.log((1 + len(f)) / (1 + n))
    return (idf * f / (f + K[:, None])).sum(1)


@misconception(
    says="BM25 without the logarithm in the rarity of a word",
    hint="idf = log(1 + (N - n + 0.5) / (n + 0.5)).",
)
def without_log(f, n, length, k1, b):
    K = k1 * (1 - b + b * length / length.mean())
    idf = 1 + (len(f) - n + 0.5) / (n + 0.5)
    return (idf * f / (f + K[:, None])).sum(1)


@misconception(
    says="BM25 with the 1 twice: log(2 + (N - n + 0.5) / (n + 0.5))",
    hint="`log1p(x)` adds the 1 itself: log(1 + x).",
)
def one_twice(f, n, length, k1, b):
    K = k1 * (1 - b + b * length / length.mean())
    idf = torch.log1p(1 + (len(f) - n + 0.5) / (n + 0.5))
    return (idf * f / (f + K[:, None])).sum(1)


@misconception(
    says="BM25 with an idf without the 0.5 below",
    hint="idf = log(1 + (N - n + 0.5) / (n + 0.5)): 0.5 above and below.",
)
def no_half_below(f, n, length, k1, b):
    K = k1 * (1 - b + b * length / length.mean())
    idf = torch.log(1 + (len(f) - n + 0.5) / n)
    return (idf * f / (f + K[:, None])).sum(1)


@misconception(
    says="BM25 with an idf without the 0.5 above",
    hint="idf = log(1 + (N - n + 0.5) / (n + 0.5)): 0.5 above and below.",
)
def no_half_above(f, n, length, k1, b):
    K = k1 * (1 - b + b * length / length.mean())
    idf = torch.log(1 + (len(f) - n) / (n + 0.5))
    return (idf * f / (f + K[:, None])).sum(1)


@misconception(
    says="BM25 with N - n - 0.5 in the idf",
    hint="0.5 is added above: N - n + 0.5.",
)
def half_subtracted(f, n, length, k1, b):
    K = k1 * (1 - b + b * length / length.mean())
    idf = torch.log(1 + (len(f) - n - 0.5) / (n + 0.5))
    return (idf * f / (f + K[:, None])).sum(1)


@misconception(
    says="BM25 with an idf of log(1 + N - n + 0.5 / n + 0.5): the brackets are missing",
    hint="Above and below need brackets of their own: (N - n + 0.5) / (n + 0.5).",
)
def no_brackets(f, n, length, k1, b):
    K = k1 * (1 - b + b * length / length.mean())
    idf = torch.log(1 + len(f) - n + 0.5 / n + 0.5)
    return (idf * f / (f + K[:, None])).sum(1)


@misconception(
    says="BM25 with N / (n + 0.5) in the idf: n is not subtracted",
    hint="Above stand the documents *without* the word: N - n + 0.5.",
)
def n_not_subtracted(f, n, length, k1, b):
    K = k1 * (1 - b + b * length / length.mean())
    idf = torch.log(1 + (len(f) + 0.5) / (n + 0.5))
    return (idf * f / (f + K[:, None])).sum(1)


@misconception(
    says="BM25 with the number of words for N",
    hint="N is the number of documents: `len(f)`, or `f.shape[0]`.",
)
def words_for_documents(f, n, length, k1, b):
    K = k1 * (1 - b + b * length / length.mean())
    idf = torch.log(1 + (f.shape[1] - n + 0.5) / (n + 0.5))
    return (idf * f / (f + K[:, None])).sum(1)


@misconception(
    says="BM25 with the number of words for N, and no less than 0 above",
    hint="N is the number of documents: `len(f)`, or `f.shape[0]`.",
)
def words_for_documents_cut(f, n, length, k1, b):
    K = k1 * (1 - b + b * length / length.mean())
    idf = torch.log(1 + (f.shape[1] - n + 0.5).clamp(min=0) / (n + 0.5))
    return (idf * f / (f + K[:, None])).sum(1)


@misconception(
    says="BM25 in which all words are equally rare",
    hint="Each word has a weight, its idf: log(1 + (N - n + 0.5) / (n + 0.5)).",
)
def without_idf(f, n, length, k1, b):
    K = k1 * (1 - b + b * length / length.mean())
    idf = 1.0
    return (idf * f / (f + K[:, None])).sum(1)


@misconception(
    says="BM25 with b and 1 - b exchanged",
    hint="b is the share that grows with the length: 1 - b + b * length / length.mean().",
)
def b_exchanged(f, n, length, k1, b):
    K = k1 * (b + (1 - b) * length / length.mean())
    idf = torch.log(1 + (len(f) - n + 0.5) / (n + 0.5))
    return (idf * f / (f + K[:, None])).sum(1)


@misconception(
    says="BM25 with lengths that are not divided by their mean",
    hint="What counts is how long a document is for this collection: length / length.mean().",
)
def raw_length(f, n, length, k1, b):
    K = k1 * (1 - b + b * length)
    idf = torch.log(1 + (len(f) - n + 0.5) / (n + 0.5))
    return (idf * f / (f + K[:, None])).sum(1)


@misconception(
    says="BM25 with lengths divided by the longest",
    hint="What counts is the length by the mean: length / length.mean().",
)
def by_longest(f, n, length, k1, b):
    K = k1 * (1 - b + b * length / length.max())
    idf = torch.log(1 + (len(f) - n + 0.5) / (n + 0.5))
    return (idf * f / (f + K[:, None])).sum(1)


@misconception(
    says="BM25 with lengths divided by their median",
    hint="The formula has the mean: length / length.mean().",
)
def by_median(f, n, length, k1, b):
    K = k1 * (1 - b + b * length / length.median())
    idf = torch.log(1 + (len(f) - n + 0.5) / (n + 0.5))
    return (idf * f / (f + K[:, None])).sum(1)


@misconception(
    says="BM25 with k1 for the first part of K only: k1 (1 - b) + b length / mean",
    hint="k1 multiplies the whole bracket: k1 * (1 - b + b * length / length.mean()).",
)
def k1_bracket_early(f, n, length, k1, b):
    K = k1 * (1 - b) + b * length / length.mean()
    idf = torch.log(1 + (len(f) - n + 0.5) / (n + 0.5))
    return (idf * f / (f + K[:, None])).sum(1)


@misconception(
    says="BM25 without k1 in K",
    hint="K = k1 * (1 - b + b * length / length.mean()).",
)
def without_k1(f, n, length, k1, b):
    K = 1 - b + b * length / length.mean()
    idf = torch.log(1 + (len(f) - n + 0.5) / (n + 0.5))
    return (idf * f / (f + K[:, None])).sum(1)


@misconception(
    says="BM25 with f / K: f itself is missing below",
    hint="The fraction is f / (f + K); it never goes beyond 1.",
)
def f_missing_below(f, n, length, k1, b):
    K = k1 * (1 - b + b * length / length.mean())
    idf = torch.log(1 + (len(f) - n + 0.5) / (n + 0.5))
    return (idf * f / K[:, None]).sum(1)


@misconception(
    says="BM25 with 1 / (f + K): f is missing above",
    hint="A word that comes more often counts more: f / (f + K).",
)
def f_missing_above(f, n, length, k1, b):
    K = k1 * (1 - b + b * length / length.mean())
    idf = torch.log(1 + (len(f) - n + 0.5) / (n + 0.5))
    return (idf / (f + K[:, None])).sum(1)


@misconception(
    says="BM25 with the mean over the words",
    hint="The score is the sum over the query's words.",
)
def mean_of_words(f, n, length, k1, b):
    K = k1 * (1 - b + b * length / length.mean())
    idf = torch.log(1 + (len(f) - n + 0.5) / (n + 0.5))
    return (idf * f / (f + K[:, None])).mean(1)


@misconception(
    says="BM25 in which the counts of all words are added first, and then saturated",
    hint="Each word is saturated on its own: f / (f + K) first, and then the sum.",
)
def saturated_last(f, n, length, k1, b):
    K = k1 * (1 - b + b * length / length.mean())
    idf = torch.log(1 + (len(f) - n + 0.5) / (n + 0.5))
    return (idf * f).sum(1) / ((idf * f).sum(1) + K)


@misconception(
    says="BM25 in which all counts of a document stand below: f / (sum of f + K)",
    hint="Each word is saturated by its own count: f / (f + K).",
)
def all_counts_below(f, n, length, k1, b):
    K = k1 * (1 - b + b * length / length.mean())
    idf = torch.log(1 + (len(f) - n + 0.5) / (n + 0.5))
    return (idf * f / (f.sum(1, keepdim=True) + K[:, None])).sum(1)


@misconception(
    says="BM25 in which counts are divided by the document's length first",
    hint="The length is in K already: f / (f + K) with the plain count.",
)
def frequencies(f, n, length, k1, b):
    K = k1 * (1 - b + b * length / length.mean())
    idf = torch.log(1 + (len(f) - n + 0.5) / (n + 0.5))
    return (idf * (f / length[:, None]) / (f / length[:, None] + K[:, None])).sum(1)


@misconception(
    says="tf-idf with log(1 + f) for the counts",
    hint="Counts are saturated by f / (f + K), in which the document's length counts, too.",
)
def log_counts(f, n, length, k1, b):
    idf = torch.log(1 + (len(f) - n + 0.5) / (n + 0.5))
    return (idf * torch.log1p(f)).sum(1)


@misconception(
    says="BM25 with lengths divided by their sum",
    hint="What counts is the length by the mean: length / length.mean().",
)
def by_sum(f, n, length, k1, b):
    K = k1 * (1 - b + b * length / length.sum())
    idf = torch.log(1 + (len(f) - n + 0.5) / (n + 0.5))
    return (idf * f / (f + K[:, None])).sum(1)


@misconception(
    says="BM25 with Robertson's idf, cut off at 0",
    hint="The 1 inside of the logarithm keeps it above 0: log(1 + (N - n + 0.5) / (n + 0.5)).",
)
def robertson_cut(f, n, length, k1, b):
    K = k1 * (1 - b + b * length / length.mean())
    idf = torch.log((len(f) - n + 0.5) / (n + 0.5)).clamp(min=0)
    return (idf * f / (f + K[:, None])).sum(1)
