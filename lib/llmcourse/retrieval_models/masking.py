"""What REALM learns from: gaps that only a document can fill, and sentences that look for the text they come from.

    tokens   (B, L)    targets  (B, L)   the token where there is a gap, else IGNORED
    tags     (B, L)    OUTSIDE, BEGIN, INSIDE: the spans that a tagger found

Guu et al. 2020, section 3.4 (salient span masking); Lee et al. 2019, "Latent retrieval", section 5 (inverse cloze).
Departs from the paper: names and dates are found by their form, not by a tagger trained on CoNLL-2003.
"""

import re
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Generator, Tensor

from ..models.tuning import IGNORED

OUTSIDE, BEGIN, INSIDE = 0, 1, 2
MONTHS = "January|February|March|April|May|June|July|August|September|October|November|December"
_NAME = r"[A-Z][\w'-]+(?:(?: (?:of|the|and|de|al))* [A-Z][\w'-]+)*"
_SPAN = re.compile(rf"(?:\d{{1,2}} )?(?:{MONTHS})(?: \d{{4}})?|{_NAME}|\d[\d,.]*\d|\d")


def salient_spans(text: str) -> list[tuple[int, int]]:
    """Where names, dates and numbers are, (first, last + 1) in characters. A sentence's first word alone is none."""
    spans = [match.span() for match in _SPAN.finditer(text)]
    return [(a, b) for a, b in spans if " " in text[a:b] or text[a].isdigit() or not _begins(text, a)]


def _begins(text: str, place: int) -> bool:
    before = text[:place].rstrip()
    return not before or before[-1] in ".!?:"


def mask_span(tokens: Tensor, tags: Tensor, chosen: Tensor, mask: int) -> tuple[Tensor, Tensor]:
    """Hide one salient span of each text, the whole of it: tokens with `mask` in the gap, and targets; both (B, L).

    chosen (B,) is the span's number, from 0. Raises ValueError for a text that has no such span.
    """
    number = (tags == BEGIN).cumsum(1) - 1  # (B, L): the span a token is in, if it is in one
    gap = (number == chosen[:, None]) & (tags != OUTSIDE)
    if not gap.any(1).all():
        row = int((~gap.any(1)).nonzero()[0])
        raise ValueError(f"Text {row} has no salient span number {int(chosen[row])}, so nothing of it can be hidden.")
    return tokens.masked_fill(gap, mask), tokens.masked_fill(~gap, IGNORED)


# ------------------------------------------------------------------ inverse cloze: the warm-up of the retriever


def inverse_cloze(sentences: Sequence[str], generator: Generator, keep: float = 0.1) -> tuple[str, str]:
    """A sentence of a text as the query, and the text without it as its document; with the sentence at odds `keep`.

    Without the sentence, matching words are not enough; with it now and then, they are still learned. Raises ValueError
    for fewer than two sentences.
    """
    if len(sentences) < 2:
        raise ValueError(f"A text of {len(sentences)} sentences leaves no document when one is taken as the query.")
    i = int(torch.randint(len(sentences), (), generator=generator))
    whole = bool(torch.rand((), generator=generator) < keep)
    return sentences[i], " ".join(s for j, s in enumerate(sentences) if whole or j != i)


def in_batch_loss(q: Tensor, d: Tensor) -> Tensor:
    """Mean of -log p(own document | query) in nats, where the documents are those of the batch; q and d are (B, d)."""
    return F.cross_entropy(q @ d.mT, torch.arange(len(q), device=q.device))
