"""How diverse generated texts are: distinct n-grams, the spread of embeddings, the share that is new.

Li et al. 2016 (distinct-n); Honovich et al. 2023, section 4.2, measure diversity by similarity between pairs as well.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

from .rouge import nearest, words


def distinct_n(texts: Sequence[str], n: int) -> float:
    """Different n-grams divided by all n-grams of all texts, in [0, 1]; 0 if there are none."""
    rows = [tuple(words(text)) for text in texts]
    grams = [row[i : i + n] for row in rows for i in range(len(row) - n + 1)]
    return len(set(grams)) / len(grams) if grams else 0.0


def spread(vectors: Tensor) -> float:
    """The mean distance of two texts, 1 - cosine, for unit vectors (N, d). Raises ValueError for fewer than two."""
    if len(vectors) < 2:
        raise ValueError(f"There are {len(vectors)} vectors, and a distance is between two.")
    N = len(vectors)
    total = vectors.sum(0)
    return float(1 - (total @ total - (vectors * vectors).sum()) / (N * (N - 1)))


def novel(texts: Sequence[str], pool: Sequence[str] = (), limit: float = 0.7) -> list[bool]:
    """Whether each text is new: its largest ROUGE-L with the pool, and with the texts before it that are new, is below
    the limit. Raises ValueError for a limit outside of 0 to 1."""
    if not 0 < limit <= 1:
        raise ValueError(f"The limit is {limit}: a similarity is between 0 and 1.")
    known, found = list(pool), []
    for text in texts:
        found.append(nearest(text, known) < limit)
        if found[-1]:
            known.append(text)
    return found


def coverage(vectors: Tensor, targets: Tensor, radius: float = 0.5) -> float:
    """The share of targets (M, d) that have a vector of (N, d) within a cosine distance of `radius`."""
    return float(((targets @ vectors.T).amax(1) >= 1 - radius).double().mean()) if len(vectors) else 0.0


def summary(texts: Sequence[str], pool: Sequence[str] = (), vectors: Tensor | None = None) -> dict[str, float]:
    """All of these for one generator."""
    found = {"distinct-1": distinct_n(texts, 1), "distinct-2": distinct_n(texts, 2)}
    found["new"] = sum(novel(texts, pool)) / max(len(texts), 1)
    if vectors is not None and len(vectors) > 1:
        found["spread"] = spread(torch.nn.functional.normalize(vectors, dim=-1))
    return found
