"""Answers to bm25-scores by people who have not seen its private half."""

import math

import torch

from grading.answers import answer


def _idf(f, n):
    return torch.log1p((len(f) - n + 0.5) / (n + 0.5))


def _K(length, k1, b):
    return (k1 * (1 - b + b * length / length.mean()))[:, None]


@answer("bm25-scores", "the factor k1 + 1 of the books kept", "wrong", means="times_k1")
def _(f, n, length, k1, b):
    return (_idf(f, n) * f * (k1 + 1) / (f + _K(length, k1, b))).sum(1)


@answer("bm25-scores", "1 + inside the log forgotten (Robertson's idf)", "wrong", means="robertson_idf")
def _(f, n, length, k1, b):
    idf = torch.log((len(f) - n + 0.5) / (n + 0.5))
    return (idf * f / (f + _K(length, k1, b))).sum(1)


@answer("bm25-scores", "plain idf log(N / n)", "wrong", means="plain_idf")
def _(f, n, length, k1, b):
    return (torch.log(len(f) / n) * f / (f + _K(length, k1, b))).sum(1)


@answer("bm25-scores", "the log forgotten", "wrong", means="without_log")
def _(f, n, length, k1, b):
    idf = 1 + (len(f) - n + 0.5) / (n + 0.5)
    return (idf * f / (f + _K(length, k1, b))).sum(1)


@answer("bm25-scores", "log base 10", "wrong")
def _(f, n, length, k1, b):
    idf = torch.log10(1 + (len(f) - n + 0.5) / (n + 0.5))
    return (idf * f / (f + _K(length, k1, b))).sum(1)


@answer("bm25-scores", "log1p of 1 + ...: one counted twice", "wrong", means="one_twice")
def _(f, n, length, k1, b):
    idf = torch.log1p(1 + (len(f) - n + 0.5) / (n + 0.5))
    return (idf * f / (f + _K(length, k1, b))).sum(1)


@answer("bm25-scores", "0.5 missing below", "wrong", means="no_half_below")
def _(f, n, length, k1, b):
    idf = torch.log(1 + (len(f) - n + 0.5) / n)
    return (idf * f / (f + _K(length, k1, b))).sum(1)


@answer("bm25-scores", "0.5 subtracted above: N - n - 0.5", "wrong", means="half_subtracted")
def _(f, n, length, k1, b):
    idf = torch.log(1 + (len(f) - n - 0.5) / (n + 0.5))
    return (idf * f / (f + _K(length, k1, b))).sum(1)


@answer("bm25-scores", "bracket missing: N - n + 0.5 / n + 0.5", "wrong", means="no_brackets")
def _(f, n, length, k1, b):
    idf = torch.log(1 + len(f) - n + 0.5 / n + 0.5)
    return (idf * f / (f + _K(length, k1, b))).sum(1)


@answer("bm25-scores", "N taken as the number of words, f.shape[1]", "wrong", means="words_for_documents_cut")
def _(f, n, length, k1, b):
    idf = torch.log(1 + (f.shape[1] - n + 0.5).clamp(min=0) / (n + 0.5))
    return (idf * f / (f + _K(length, k1, b))).sum(1)


@answer("bm25-scores", "idf upside down", "wrong", means="common_words_first")
def _(f, n, length, k1, b):
    idf = torch.log(1 + (n + 0.5) / (len(f) - n + 0.5))
    return (idf * f / (f + _K(length, k1, b))).sum(1)


@answer("bm25-scores", "idf forgotten", "wrong", means="without_idf")
def _(f, n, length, k1, b):
    return (f / (f + _K(length, k1, b))).sum(1)


@answer("bm25-scores", "length normalisation forgotten: K = k1", "wrong", means="without_length")
def _(f, n, length, k1, b):
    return (_idf(f, n) * f / (f + k1)).sum(1)


@answer("bm25-scores", "b and 1 - b exchanged", "wrong", means="b_exchanged")
def _(f, n, length, k1, b):
    K = k1 * (b + (1 - b) * length / length.mean())
    return (_idf(f, n) * f / (f + K[:, None])).sum(1)


@answer("bm25-scores", "length not divided by the mean", "wrong", means="raw_length")
def _(f, n, length, k1, b):
    K = k1 * (1 - b + b * length)
    return (_idf(f, n) * f / (f + K[:, None])).sum(1)


@answer("bm25-scores", "mean length over length", "wrong", means="length_upside_down")
def _(f, n, length, k1, b):
    K = k1 * (1 - b + b * length.mean() / length)
    return (_idf(f, n) * f / (f + K[:, None])).sum(1)


@answer("bm25-scores", "divided by the longest document", "wrong", means="by_longest")
def _(f, n, length, k1, b):
    K = k1 * (1 - b + b * length / length.max())
    return (_idf(f, n) * f / (f + K[:, None])).sum(1)


@answer("bm25-scores", "median length instead of mean", "wrong", means="by_median")
def _(f, n, length, k1, b):
    K = k1 * (1 - b + b * length / length.median())
    return (_idf(f, n) * f / (f + K[:, None])).sum(1)


@answer("bm25-scores", "lengths from f: only the question's words counted", "wrong")
def _(f, n, length, k1, b):
    own = f.sum(1)
    K = k1 * (1 - b + b * own / own.mean())
    return (_idf(f, n) * f / (f + K[:, None])).sum(1)


@answer("bm25-scores", "k1 multiplies only the first part: k1 (1 - b) + b len", "wrong", means="k1_bracket_early")
def _(f, n, length, k1, b):
    K = k1 * (1 - b) + b * length / length.mean()
    return (_idf(f, n) * f / (f + K[:, None])).sum(1)


@answer("bm25-scores", "K not added to f below", "wrong", means="f_missing_below")
def _(f, n, length, k1, b):
    return (_idf(f, n) * f / _K(length, k1, b)).sum(1)


@answer("bm25-scores", "f missing above: saturation 1 / (f + K)", "wrong", means="f_missing_above")
def _(f, n, length, k1, b):
    return (_idf(f, n) / (f + _K(length, k1, b))).sum(1)


@answer("bm25-scores", "K broadcast over words, not documents", "wrong")
def _(f, n, length, k1, b):
    K = k1 * (1 - b + b * length / length.mean())
    return (_idf(f, n) * f / (f + K)).sum(1)


@answer("bm25-scores", "mean over the words", "wrong", means="mean_of_words")
def _(f, n, length, k1, b):
    return (_idf(f, n) * f / (f + _K(length, k1, b))).mean(1)


@answer("bm25-scores", "summed over documents: a score for each word", "wrong")
def _(f, n, length, k1, b):
    return (_idf(f, n) * f / (f + _K(length, k1, b))).sum(0)


@answer("bm25-scores", "the counts summed before the saturation", "wrong", means="saturated_last")
def _(f, n, length, k1, b):
    weighted = f @ _idf(f, n)
    return weighted / (weighted + _K(length, k1, b)[:, 0])


@answer("bm25-scores", "n counted from f as occurrences", "wrong")
def _(f, n, length, k1, b):
    n = f.sum(0)
    idf = torch.log(1 + (len(f) - n + 0.5).clamp(min=0) / (n + 0.5))
    return (idf * f / (f + _K(length, k1, b))).sum(1)


@answer("bm25-scores", "frequency normalised by length before the fraction", "wrong", means="frequencies")
def _(f, n, length, k1, b):
    share = f / length[:, None]
    return (_idf(f, n) * share / (share + _K(length, k1, b))).sum(1)


@answer("bm25-scores", "k1 and b hard-coded", "wrong")
def _(f, n, length, k1, b):
    return (_idf(f, n) * f / (f + _K(length, 1.5, 0.75))).sum(1)


@answer("bm25-scores", "k1 and b exchanged", "wrong")
def _(f, n, length, k1, b):
    return (_idf(f, n) * f / (f + _K(length, b, k1))).sum(1)


@answer("bm25-scores", "tf-idf", "wrong", means="not_saturated")
def _(f, n, length, k1, b):
    return (_idf(f, n) * f).sum(1)


@answer("bm25-scores", "softmaxed into a distribution", "wrong")
def _(f, n, length, k1, b):
    return (_idf(f, n) * f / (f + _K(length, k1, b))).sum(1).softmax(0)


@answer("bm25-scores", "as a matrix product of saturation and idf", "right")
def _(f, n, length, k1, b):
    N = f.shape[0]
    idf = ((N + 1) / (n + 0.5)).log()
    return (f / (f + _K(length, k1, b))) @ idf


@answer("bm25-scores", "explicit loops", "right")
def _(f, n, length, k1, b):
    N, W = f.shape
    mean = float(length.sum()) / N
    scores = []
    for d in range(N):
        K = k1 * (1 - b + b * float(length[d]) / mean)
        score = 0.0
        for w in range(W):
            idf = math.log(1 + (N - float(n[w]) + 0.5) / (float(n[w]) + 0.5))
            score += idf * float(f[d, w]) / (float(f[d, w]) + K)
        scores.append(score)
    return torch.tensor(scores, dtype=f.dtype)


@answer("bm25-scores", "einsum", "right")
def _(f, n, length, k1, b):
    K = k1 * (1 - b) + k1 * b * length * len(length) / length.sum()
    return torch.einsum("w,dw->d", _idf(f, n), f / (f + K.unsqueeze(1)))


@answer("bm25-scores", "1 - K / (f + K)", "right")
def _(f, n, length, k1, b):
    K = _K(length, k1, b)
    return (_idf(f, n) * (1 - K / (f + K))).sum(-1)


@answer("bm25-scores", "float64 inside and cast back", "right")
def _(f, n, length, k1, b):
    F, m, L = f.double(), n.double(), length.double()
    return ((_idf(F, m) * F / (F + _K(L, k1, b))).sum(1)).to(f.dtype)


@answer("bm25-scores", "numpy inside", "right")
def _(f, n, length, k1, b):
    import numpy as np

    F, m, L = f.numpy().astype(float), n.numpy().astype(float), length.numpy().astype(float)
    K = k1 * (1 - b + b * L / L.mean())
    return torch.from_numpy((np.log1p((len(F) - m + 0.5) / (m + 0.5)) * F / (F + K[:, None])).sum(1)).to(f.dtype)


@answer("bm25-scores", "one word after the other, added up", "right")
def _(f, n, length, k1, b):
    total = torch.zeros(len(f), dtype=f.dtype)
    K = _K(length, k1, b)[:, 0]
    for count, documents in zip(f.unbind(1), n):
        total += torch.log(1 + (len(f) - documents + 0.5) / (documents + 0.5)) * count / (count + K)
    return total


@answer("bm25-scores", "with the books' factor k1 + 1 above", "wrong")
def _(f, n, length, k1, b):
    idf = torch.log(1 + (len(f) - n + 0.5) / (n + 0.5))
    K = k1 * (1 - b + b * length / length.mean())
    return (idf * f * (k1 + 1) / (f + K[:, None])).sum(1)


@answer("bm25-scores", "idf without the 1 +: negative for frequent words", "wrong")
def _(f, n, length, k1, b):
    idf = torch.log((len(f) - n + 0.5) / (n + 0.5))
    K = k1 * (1 - b + b * length / length.mean())
    return (idf * f / (f + K[:, None])).sum(1)


@answer("bm25-scores", "b and 1 - b exchanged", "wrong")
def _(f, n, length, k1, b):
    idf = torch.log(1 + (len(f) - n + 0.5) / (n + 0.5))
    K = k1 * (b + (1 - b) * length / length.mean())
    return (idf * f / (f + K[:, None])).sum(1)


@answer("bm25-scores", "N is the number of words (f.shape[1]) instead of documents", "wrong")
def _(f, n, length, k1, b):
    N = f.shape[1]
    idf = torch.log(1 + (N - n + 0.5) / (n + 0.5))
    K = k1 * (1 - b + b * length / length.mean())
    return (idf * f / (f + K[:, None])).sum(1)


@answer("bm25-scores", "length as the sum of the counts of the question's words", "wrong")
def _(f, n, length, k1, b):
    size = f.sum(1)
    idf = torch.log(1 + (len(f) - n + 0.5) / (n + 0.5))
    K = k1 * (1 - b + b * size / size.mean())
    return (idf * f / (f + K[:, None])).sum(1)


@answer("bm25-scores", "precedence: f / f + K instead of f / (f + K)", "wrong")
def _(f, n, length, k1, b):
    idf = torch.log(1 + (len(f) - n + 0.5) / (n + 0.5))
    K = k1 * (1 - b + b * length / length.mean())
    return (idf * (f / f.clamp(min=1) + K[:, None])).sum(1)


@answer("bm25-scores", "mean over the words instead of the sum", "wrong")
def _(f, n, length, k1, b):
    idf = torch.log(1 + (len(f) - n + 0.5) / (n + 0.5))
    K = k1 * (1 - b + b * length / length.mean())
    return (idf * f / (f + K[:, None])).mean(1)


@answer("bm25-scores", "log of a quotient: log((N + 1) / (n + 0.5)), matrix product", "right")
def _(f, n, length, k1, b):
    rare = torch.log((f.shape[0] + 1) / (n + 0.5))
    K = (k1 * (1 - b) + k1 * b * length.shape[0] * length / length.sum()).unsqueeze(1)
    return (1 - K / (f + K)) @ rare


@answer("bm25-scores", "two loops over Python floats", "right")
def _(f, n, length, k1, b):
    N, W = f.shape
    mean = sum(length.tolist()) / N
    scores = []
    for d in range(N):
        K = k1 * (1 - b + b * float(length[d]) / mean)
        total = 0.0
        for w in range(W):
            total += math.log(1 + (N - float(n[w]) + 0.5) / (float(n[w]) + 0.5)) * float(f[d, w]) / (float(f[d, w]) + K)
        scores.append(total)
    return torch.tensor(scores, dtype=f.dtype)
