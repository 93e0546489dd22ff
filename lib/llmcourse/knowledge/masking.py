"""ERNIE's masks: hide single tokens, whole phrases, or whole entities.

    tokens (L,)     a sentence
    units           half-open spans (start, end) of it that are hidden or shown as a whole
    basic           every token is a unit
    phrase          a phrase is one unit: "a series of", "fantasy novels"
    entity          the name of an entity is one unit: "J. K. Rowling"

Sun et al. 2019, "ERNIE: Enhanced Representation through Knowledge Integration", section 3.2; 15 per cent of the tokens
are hidden at every level. Of what is hidden, 80 per cent become [mask], 10 a random token, 10 stay (Devlin et al.
2019): one draw a unit, so that a name is never half hidden. ERNIE 2.0 (Sun et al. 2020) adds sentence reordering, ERNIE
3.0 (Sun et al. 2021) the pairing of a triple with a text: `reordered`, `masked_triple`.
"""

import itertools
import math
from collections.abc import Sequence

import torch
from torch import Generator, Tensor

from .graph import Graph, Triple

Span = tuple[int, int]
SHARE = 0.15
IGNORED = -100  # target where nothing is asked, as in torch's cross entropy


def units(length: int, spans: Sequence[Span] = ()) -> list[Span]:
    """The units of a sentence of this length: the spans, and each token outside them. In their order.

    Raises ValueError for spans that are empty, overlap, or leave the sentence.
    """
    found, last = [], 0
    for start, end in sorted(spans):
        if not last <= start < end <= length:
            raise ValueError(
                f"The span ({start}, {end}) is empty, leaves the sentence of {length} tokens, or overlaps another."
            )
        found += [(i, i + 1) for i in range(last, start)] + [(start, end)]
        last = end
    return found + [(i, i + 1) for i in range(last, length)]


def chosen(units: Sequence[Span], share: float, generator: Generator) -> list[Span]:
    """Units in random order until at least `share` of all tokens are hidden; at least one, and none for an empty
    sentence."""
    if not 0 < share <= 1:
        raise ValueError(f"share is {share}: give a share of the tokens, above 0 and at most 1.")
    wanted = math.ceil(share * sum(end - start for start, end in units) - 1e-9)
    taken, hidden = [], 0
    for i in torch.randperm(len(units), generator=generator).tolist():
        if hidden >= wanted:
            break
        taken.append(units[i])
        hidden += units[i][1] - units[i][0]
    return sorted(taken)


def hide(
    tokens: Tensor, spans: Sequence[Span], mask: int, vocabulary: int, generator: Generator
) -> tuple[Tensor, Tensor]:
    """tokens (L,) with these spans hidden, and targets (L,): the tokens that were there, IGNORED elsewhere."""
    inputs, targets = tokens.clone(), torch.full_like(tokens, IGNORED)
    for start, end in spans:
        targets[start:end] = tokens[start:end]
        draw = torch.rand((), generator=generator).item()
        if draw < 0.8:
            inputs[start:end] = mask
        elif draw < 0.9:
            inputs[start:end] = torch.randint(vocabulary, (end - start,), generator=generator)
    return inputs, targets


def masked(
    tokens: Tensor, spans: Sequence[Span], mask: int, vocabulary: int, generator: Generator, share: float = SHARE
) -> tuple[Tensor, Tensor]:
    """One sentence (L,) as input and target of masked language modelling; without spans, basic masking."""
    return hide(tokens, chosen(units(len(tokens), spans), share, generator), mask, vocabulary, generator)


def ernie_masks(
    length: int, phrases: Sequence[Span], entities: Sequence[Span], share: float, generator: Generator
) -> dict[str, Tensor]:
    """Which tokens are hidden at the three levels, each (length,) of 0 and 1. Phrases are those outside entities."""
    levels = {"basic": (), "entity": entities, "phrase": [*entities, *phrases]}
    masks = {}
    for level, spans in levels.items():
        masks[level] = torch.zeros(length, dtype=torch.long)
        for start, end in chosen(units(length, spans), share, generator):
            masks[level][start:end] = 1
    return masks


def reordered(sentences: Sequence[Sequence[int]], generator: Generator) -> tuple[list[int], int]:
    """ERNIE 2's sentence reordering: segments in a random order, and the number of that order among all.

    0 is the order in which they stood. Raises ValueError above five segments: 120 classes are enough.
    """
    if len(sentences) > 5:
        raise ValueError(
            f"{len(sentences)} segments have {math.factorial(len(sentences)):,} orders: give five at most."
        )
    orders = list(itertools.permutations(range(len(sentences))))
    number = int(torch.randint(len(orders), (), generator=generator))
    return [token for i in orders[number] for token in sentences[i]], number


def masked_triple(graph: Graph, triple: Triple, text: str, mask: str = "[mask]") -> list[tuple[str, str]]:
    """ERNIE 3's knowledge-enhanced pre-training: (input, what is hidden) for a triple and a text that states it.

    Once the relation is hidden, which the text tells; once the tail in the text, which the triple tells. What the text
    does not contain gives no second pair.
    """
    h, r, t = graph.label(triple.head), triple.relation.replace("_", " "), graph.label(triple.tail)
    pairs = [(f"{h} {mask} {t} . {text}", r)]
    return pairs + ([(f"{h} {r} {t} . {text.replace(t, mask)}", t)] if t in text else [])
