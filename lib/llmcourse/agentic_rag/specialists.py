"""The small specialists that decide: heads on the vectors of a sentence encoder, trained in seconds.

A model of 135 million parameters, asked yes or no, does not know. But each decision is a narrow question with examples
at hand, so each has a specialist:

    relevance    (question, passage)   softmax layer on [q * p, |q - p|]; trained on gold passages against the other
                                       passages that were retrieved
    need         question              does it need a passage at all?
    complexity   question              no, one, or several retrievals (adaptive.labels)

Vectors have length 1, so they are scaled: a decay of 1e-3 would otherwise hold the weights too small to decide.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

from .adaptive import Classifier

SCALE = 20.0


def pair_features(q: Tensor, p: Tensor) -> Tensor:
    """[q * p, |q - p|] of unit vectors (..., d) and (..., d), scaled: (..., 2 d)."""
    return SCALE * torch.cat([q * p, (q - p).abs()], -1)


def relevance(q: Tensor, p: Tensor, useful: Tensor) -> Classifier:
    """From pairs (n, d), (n, d) and labels (n,): class 1 is "relevant"."""
    return Classifier.fit(pair_features(q, p), useful.long(), classes=2)


def decision(q: Tensor, y: Tensor, classes: int) -> Classifier:
    """From vectors of questions (n, d) and their classes (n,)."""
    return Classifier.fit(SCALE * q, y.long(), classes=classes)


def judged_pairs(rankings: Sequence[Sequence[int]], gold: Sequence[Sequence[int]]) -> tuple[list, list, list]:
    """What a relevance head learns from: (questions, passages, useful), numbers of each: every gold passage, and every
    retrieved passage that is not gold."""
    rows = [
        (n, i, i in wanted)
        for n, (found, wanted) in enumerate(zip(rankings, gold))
        for i in [*wanted, *(j for j in found if j not in wanted)]
    ]
    return tuple(map(list, zip(*rows))) if rows else ([], [], [])
