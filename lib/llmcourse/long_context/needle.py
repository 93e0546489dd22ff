"""A needle in a haystack: a sentence put at a depth of a long text, and questions on it.

    haystack, needle  lists of tokens       length  tokens of the whole context, needle included
    depth             0 to 1: how much of the haystack stands before the needle; 0 is the beginning

`place` is Kamradt's procedure: cut the haystack so that both fit, go to the depth, and back to the end of a sentence. A
context is read once, and all questions are asked after it (`ask`); contexts that differ in the depth alone are read
together as far as they agree (`at_depths`).

Kamradt 2023, "Needle in a haystack: pressure testing LLMs" (github.com/gkamradt/LLMTest_NeedleInAHaystack). Departs
from it: answers are judged by their log-probability or among candidates, not by another model.
"""

from collections.abc import Collection, Iterator, Sequence

import torch
from torch import Tensor

from llmcourse.models import Past, Score, TextModel

Tokens = list[int]
Z = 1.96  # an interval of 95 %


def sentence_ends(model: TextModel) -> frozenset[int]:
    """The tokens after which a needle may stand: full stops, alone or with a line's end."""
    return frozenset(model.encode(end)[-1] for end in (".", ".\n", "\n"))


def insertion(haystack: Tokens, depth: float, ends: Collection[int]) -> int:
    """How many tokens of the haystack stand before the needle: at most depth times all, after a sentence or at 0.

    Raises ValueError for a depth outside 0 to 1. At depth 1 the needle is the last sentence, whatever stands before it.
    """
    if not 0 <= depth <= 1:
        raise ValueError(f"depth is {depth}, but the beginning is 0 and the end 1.")
    at = len(haystack) if depth == 1 else int(depth * len(haystack))
    while depth < 1 and at and haystack[at - 1] not in ends:
        at -= 1
    return at


def place(haystack: Tokens, needle: Tokens, depth: float, length: int, ends: Collection[int]) -> Tokens:
    """A context of `length` tokens: the beginning of the haystack, with the needle at a depth.

    Raises ValueError for a needle that does not fit, a haystack that is too short, or a depth outside 0 to 1.
    """
    hay = _cut(haystack, len(needle), length)
    at = insertion(hay, depth, ends)
    return [*hay[:at], *needle, *hay[at:]]


def scatter(haystack: Tokens, needles: Sequence[Tokens], depths: Sequence[float], length: int, ends) -> Tokens:
    """A context of `length` tokens with several needles, one at each depth; errors as in `place`."""
    if len(needles) != len(depths):
        raise ValueError(f"{len(needles)} needles for {len(depths)} depths: one each.")
    hay = _cut(haystack, sum(map(len, needles)), length)
    order = sorted(range(len(needles)), key=depths.__getitem__)
    context, before = [], 0
    for i in order:
        at = insertion(hay, depths[i], ends)
        context += [*hay[before:at], *needles[i]]
        before = at
    return context + hay[before:]


def _cut(haystack: Tokens, needles: int, length: int) -> Tokens:
    hay = length - needles
    if hay < 0:
        raise ValueError(
            f"The needle has {needles} tokens, more than the context of {length}. Ask for a longer context."
        )
    if len(haystack) < hay:
        raise ValueError(
            f"The haystack has {len(haystack)} tokens; a context of {length} needs {hay}. Take a longer text."
        )
    return haystack[:hay]


# --- reading


def at_depths(
    model: TextModel, haystack: Tokens, needle: Tokens, depths: Sequence[float], length: int, ends: Collection[int]
) -> Iterator[Past]:
    """Each context `place` makes, read. The haystack before the needle is read once for all depths, in their order.

    With n depths evenly from 0 to 1 that is about (n + 2) / 2 contexts' reading in place of n.
    """
    hay = _cut(haystack, len(needle), length)
    places = [insertion(hay, depth, ends) for depth in depths]
    known, so_far = None, 0
    for i in sorted(range(len(depths)), key=places.__getitem__):
        if places[i] > so_far:
            known, so_far = model.read(hay[so_far : places[i]], known), places[i]
        yield model.read(needle + hay[so_far:], known)


def ask(model: TextModel, past: Past, questions: Sequence[tuple[str, str]], batch: int = 16) -> list[Score]:
    """How likely each answer is after context and question, for pairs (question, answer)."""
    rows = [(model.encode(question), model.encode(answer)) for question, answer in questions]
    return model.score_tokens(rows, batch=batch, past=past)


def best(
    model: TextModel, past: Past, question: str, candidates: Sequence[str], batch: int = 16
) -> tuple[int, list[float]]:
    """The candidate answer with the highest log-probability per token, and every candidate's."""
    scores = [score.per_token for score in ask(model, past, [(question, one) for one in candidates], batch)]
    return max(range(len(scores)), key=scores.__getitem__), scores


@torch.no_grad()
def write(model: TextModel, past: Past, question: str, tokens: int = 24) -> str:
    """What the model writes after context and question, greedily."""
    past, written = model.read(model.encode(question), past), []
    for _ in range(tokens):
        written.append(int(past[1].argmax()))
        past = model.read(written[-1:], past)
    return model.tokenizer.decode(written, skip_special_tokens=True)


# --- needles and questions

BOX = "The secret number of the {box} box is"
BOXES = ("amber", "cedar", "falcon", "harbor", "meadow", "silver", "tiger", "violet")
KINDS = ("same words", "words moved", "synonyms", "no shared word")
# The needle and its question in four kinds; the answer is a name, and stands last: a head that copies reads forwards.
FACTS = (
    (
        "The violin is played every evening by",
        "Every evening the violin is played by",
        "Each night a fiddle gets performed by",
        "Our musician's name would be",
    ),
    (
        "Seven goats and two cows are kept by",
        "Two cows and seven goats are kept by",
        "Several farm animals get raised by",
        "Our farmer's name would be",
    ),
    (
        "Aeroplanes are flown across the ocean by",
        "Across the ocean aeroplanes are flown by",
        "Aircraft get piloted over a sea by",
        "Our captain's name would be",
    ),
    (
        "Fresh bread is sold in the old town by",
        "In the old town fresh bread is sold by",
        "New loaves get offered downtown by",
        "Our baker's name would be",
    ),
    (
        "Sick people are healed in the hospital by",
        "In the hospital sick people are healed by",
        "Ill patients get treated at a clinic by",
        "Our doctor's name would be",
    ),
)
NAMES = ("Martin", "Laura", "Oscar", "Sofia", "Henry", "Peter", "Maria", "Thomas", "Anna", "David")


def heat_map(right: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Mean and ends of Wilson's 95 % interval for each cell of right (N, depths, lengths), N draws of 0 or 1 a cell.

    Wilson 1927. Ten needles found out of ten say that the share is above 0.72, not that it is 1. ValueError if N is 0.
    """
    n = len(right)
    if not n:
        raise ValueError("There are no draws: a heat map needs one in each cell at least.")
    p = right.mean(0)
    middle = p + Z**2 / (2 * n)
    half = Z * (p * (1 - p) / n + Z**2 / (4 * n * n)).sqrt()
    return p, (middle - half) / (1 + Z**2 / n), (middle + half) / (1 + Z**2 / n)
