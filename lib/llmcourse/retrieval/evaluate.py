"""How good retrieval is, and how good answers are.

    ranking  the retrieved passages, best first        gold  those that answer the question
    gain     how useful a passage is: 1 for a gold one, or graded

Recall@k, reciprocal rank and nDCG (Järvelin and Kekäläinen 2002, with the gain itself and log2(1 + rank)) judge a
ranking. Exact match, F1 over words (Rajpurkar et al. 2016, SQuAD) and containment judge an answer; groundedness
measures how much of it the passages contain. Means come with 95 % intervals: with 100 questions, ten points are noise.
"""

import math
import re
import string
from collections import Counter
from collections.abc import Hashable, Mapping, Sequence

from ..verdicts import wilson
from .texts import STOP

_NUMBERS = "zero one two three four five six seven eight nine ten eleven twelve"
NUMBERS = {word: str(i) for i, word in enumerate(_NUMBERS.split())}


# --- rankings


def recall(ranking: Sequence[Hashable], gold: Sequence[Hashable], k: int) -> float:
    """The share of the gold passages that are among the first k. Raises ValueError when there are no gold passages."""
    if not gold:
        raise ValueError("There is no gold passage, so recall is not defined.")
    return len(set(ranking[:k]) & set(gold)) / len(set(gold))


def reciprocal_rank(ranking: Sequence[Hashable], gold: Sequence[Hashable]) -> float:
    """1 / rank of the first gold passage; 0 if there is none in the ranking."""
    return next((1 / rank for rank, item in enumerate(ranking, 1) if item in set(gold)), 0.0)


def dcg(gains: Sequence[float]) -> float:
    """Discounted cumulative gain: sum of gain_i / log2(1 + i), i = 1, 2, ..."""
    return sum(gain / math.log2(1 + rank) for rank, gain in enumerate(gains, 1))


def ndcg(ranking: Sequence[Hashable], gains: Mapping[Hashable, float], k: int) -> float:
    """DCG of the first k, divided by that of the best possible order. Raises ValueError when no gain is above 0."""
    best = dcg(sorted(gains.values(), reverse=True)[:k])
    if best <= 0:
        raise ValueError("No passage has a gain above 0, so there is nothing to rank.")
    return dcg([gains.get(item, 0.0) for item in ranking[:k]]) / best


def auc(gold: Sequence[float], others: Sequence[float]) -> float:
    """The share of pairs (gold passage, other passage) in which the gold one scores higher; ties count half.

    This is the area under the ROC curve (Hanley and McNeil 1982): 0.5 for a score that tells nothing.
    """
    return sum(float(a > b) + 0.5 * (a == b) for a in gold for b in others) / (len(gold) * len(others))


# --- answers


def normalise(text: str) -> str:
    """In lower case, without punctuation or articles, with numbers up to twelve as digits and single spaces."""
    text = "".join(" " if c in "-–/" else c for c in text.lower())
    text = "".join(c for c in text if c not in string.punctuation)
    text = re.sub(r"\b(a|an|the)\b", " ", text)
    return " ".join(NUMBERS.get(word, word) for word in text.split())


def exact_match(answer: str, accepted: Sequence[str]) -> float:
    """1 if the answer equals an accepted one after `normalise`, else 0."""
    return float(normalise(answer) in {normalise(a) for a in accepted})


def contains(answer: str, accepted: Sequence[str]) -> float:
    """1 if the answer contains all words of an accepted one in sequence, else 0."""
    given = f" {normalise(answer)} "
    return float(any(f" {normalise(a)} " in given for a in accepted if normalise(a)))


def f1(answer: str, accepted: Sequence[str]) -> float:
    """The harmonic mean of precision and recall over words, for the accepted answer that matches best."""
    return max((_f1(normalise(answer).split(), normalise(a).split()) for a in accepted), default=0.0)


def _f1(given: list[str], wanted: list[str]) -> float:
    common = sum((Counter(given) & Counter(wanted)).values())
    if not common:
        return float(given == wanted)
    precision, recalled = common / len(given), common / len(wanted)
    return 2 * precision * recalled / (precision + recalled)


def grounded(answer: str, passages: Sequence[str]) -> float:
    """The share of the answer's content words that the passages contain; 0 for an answer without content words."""
    read = set(normalise(" ".join(passages)).split())
    content = [word for word in normalise(answer).split() if word not in STOP]
    return sum(word in read for word in content) / len(content) if content else 0.0


# --- tables


def summary(values: Sequence[float]) -> tuple[float, float, float]:
    """The mean of values from 0 to 1, and its 95 % interval: Wilson's, which is exact enough if all values are 0 or 1,
    and a little too wide for values in between. Raises ValueError when there are no values."""
    if not values:
        raise ValueError("There are no values, so there is no mean. Ask at least one question.")
    mean = sum(values) / len(values)
    low, high = wilson(mean, len(values))
    return mean, max(low, 0.0), min(high, 1.0)


def told(values: Sequence[float]) -> str:
    """A mean with its interval, for a table: "0.62 (0.52 to 0.71)"."""
    return "{:.2f} ({:.2f} to {:.2f})".format(*summary(values))


def grid(scores: Mapping[tuple[str, str, str], Sequence[float]]) -> tuple[list[list[str]], list[str]]:
    """Rows and header of a table in the style of MIRAGE (Xiong et al. 2024): a row for each corpus and reader, a column
    for each retriever. `scores` has the values of all questions for each (corpus, retriever, reader)."""
    retrievers = list(dict.fromkeys(r for _, r, _ in scores))
    pairs = list(dict.fromkeys((corpus, reader) for corpus, _, reader in scores))
    cell = lambda corpus, r, reader: told(scores[corpus, r, reader]) if (corpus, r, reader) in scores else ""
    rows = [[corpus, reader, *(cell(corpus, r, reader) for r in retrievers)] for corpus, reader in pairs]
    return rows, ["corpus", "reader", *retrievers]
