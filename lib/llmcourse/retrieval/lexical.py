"""BM25: the words that a question and a passage share, weighted by how rare and how frequent they are.

    N        number of documents           |d|   length of a document in words, avgdl their mean
    f(w, d)  how often w occurs in d       n(w)  number of documents that contain w
    k_1      where more of the same word stops paying off
    b        how much long documents are discounted, 0 to 1

    score(q, d) = sum over words w of q of  idf(w) f (k_1 + 1) / (f + k_1 (1 - b + b |d| / avgdl))

Robertson and Zaragoza 2009, "The Probabilistic Relevance Framework", eq. 3.15. The variants differ in idf and in the
second factor (Kamphuis et al. 2020, "Which BM25 do you mean?"; the same names in bm25s, Lu 2024). First tf-idf and BM25
as formulas, then the index, which computes all factors before the first question.
"""

import math
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import chain

import numpy as np
import torch
from torch import Tensor

from .texts import words

Words = Sequence[str]
K1, B, DELTA = 1.5, 0.75, 0.5


def tf_idf(query: Words, documents: Sequence[Words]) -> Tensor:
    """sum of f(w, d) log(N / n(w)) over the words of the query, (N,): counts never saturate, lengths are ignored."""
    N, n = len(documents), _frequencies(documents)
    scores = [sum(d.count(w) * math.log(N / n[w]) for w in query if n[w]) for d in documents]
    return torch.tensor(scores, dtype=torch.float64)


def bm25(query: Words, documents: Sequence[Words], k1: float = K1, b: float = B, variant: str = "lucene") -> Tensor:
    """The score of every document, (N,), by the formula. The definition: it reads every document."""
    idf, factor = _variant(variant)
    N, n = len(documents), _frequencies(documents)
    mean = sum(map(len, documents)) / max(N, 1)
    scores = []
    for d in documents:
        K = k1 * (1 - b + b * len(d) / mean)
        scores.append(sum(idf(N, n[w]) * factor(d.count(w), K, k1) for w in query if n[w]))
    return torch.tensor(scores, dtype=torch.float64)


def _frequencies(documents: Sequence[Words]) -> Counter:
    return Counter(chain.from_iterable(set(d) for d in documents))


# --- variants: idf(N, n), and the factor of a word that occurs f times, with K = k_1 (1 - b + b |d| / avgdl)

_probabilistic = lambda N, n: math.log(1 + (N - n + 0.5) / (n + 0.5))
_saturated = lambda f, K, k1: f / (f + K)
VARIANTS: dict[str, tuple[Callable, Callable]] = {
    "robertson": (lambda N, n: math.log(max(1.0, (N - n + 0.5) / (n + 0.5))), _saturated),
    "lucene": (_probabilistic, _saturated),
    "atire": (lambda N, n: math.log(N / n), lambda f, K, k1: f * (k1 + 1) / (f + K)),
    "bm25l": (
        lambda N, n: math.log((N + 1) / (n + 0.5)),
        lambda f, K, k1: (k1 + 1) * (f * k1 / K + DELTA) / (k1 + f * k1 / K + DELTA),
    ),
    "bm25+": (lambda N, n: math.log((N + 1) / n), lambda f, K, k1: f * (k1 + 1) / (f + K) + DELTA),
}


def _variant(name: str) -> tuple[Callable, Callable]:
    if name not in VARIANTS:
        raise ValueError(f"There is no variant {name!r} of BM25 here. Choose one of {', '.join(VARIANTS)}.")
    return VARIANTS[name]


# --- the index


class BM25:
    """An inverted index: for each word, the documents that contain it and what it adds to their scores.

    columns  word -> (indices of documents, int32, and scores, float32), on top of `base`
    base     word -> the score of a document that doesn't contain the word: 0 except for bm25l and bm25+
    """

    def __init__(self, documents: Sequence[Words], k1: float = K1, b: float = B, variant: str = "lucene"):
        idf, factor = _variant(variant)
        self.size = len(documents)
        if not any(documents):
            raise ValueError("All documents are empty. Give `BM25` lists of words, as `words(text)` returns them.")
        lengths = np.array([len(d) for d in documents], dtype=np.float64)
        K = k1 * (1 - b + b * lengths / lengths.mean())
        self.columns, self.base = {}, {}
        for word, (numbers, counts) in _postings(documents).items():
            rare, f = idf(self.size, len(numbers)), counts.astype(np.float64)
            self.base[word] = rare * factor(0, 1.0, k1)
            scores = rare * factor(f, K[numbers], k1) - self.base[word]
            self.columns[word] = numbers, scores.astype(np.float32)

    def scores(self, query: Words) -> Tensor:
        """The score of every document, (N,), float32. A word that is in no document adds nothing."""
        total = np.full(self.size, sum(self.base.get(word, 0.0) for word in query), dtype=np.float32)
        for word in query:
            if word in self.columns:
                numbers, scores = self.columns[word]
                total[numbers] += scores
        return torch.from_numpy(total)

    def search(self, queries: Sequence[Words], k: int = 10) -> tuple[Tensor, Tensor]:
        """The k best documents for each query: scores (Q, k), in descending order, and indices (Q, k).

        It takes one query at a time, so that memory does not grow with their number. Raises ValueError when there are
        fewer than k documents.
        """
        enough(k, self.size)
        best = [torch.topk(self.scores(query), k) for query in queries]
        return torch.stack([b.values for b in best]), torch.stack([b.indices for b in best])

    def explain(self, query: Words, document: int) -> dict[str, float]:
        """What each word of the query adds to a document's score."""
        parts = {}
        for word in dict.fromkeys(query):
            numbers, scores = self.columns.get(word, (np.empty(0, np.int32), np.empty(0, np.float32)))
            at = int(np.searchsorted(numbers, document))
            if at < len(numbers) and numbers[at] == document:
                parts[word] = query.count(word) * (float(scores[at]) + self.base[word])
        return parts


def _postings(documents: Sequence[Words]) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """word -> (indices of the documents that contain it, ascending, and how often each does)."""
    vocabulary: dict[str, int] = {}
    flat = np.fromiter((vocabulary.setdefault(w, len(vocabulary)) for d in documents for w in d), np.int64)
    owner = np.repeat(np.arange(len(documents)), [len(d) for d in documents])
    pairs, counts = np.unique(flat * len(documents) + owner, return_counts=True)  # word after word
    which, numbers = np.divmod(pairs, len(documents))
    ends = np.searchsorted(which, np.arange(len(vocabulary) + 1))
    numbers = numbers.astype(np.int32)
    return {w: (numbers[ends[i] : ends[i + 1]], counts[ends[i] : ends[i + 1]]) for w, i in vocabulary.items()}


def enough(k: int, size: int) -> None:
    """Raise ValueError when a search can't return k documents."""
    if not 1 <= k <= size:
        raise ValueError(f"k is {k}, but the number of documents is {size}. Choose k from 1 to {size}.")


def index(texts: Sequence[str], variant: str = "lucene") -> BM25:
    """The index of texts, cut into words."""
    return BM25([words(text) for text in texts], variant=variant)
