"""What several cases say together: a phrase that is true in every case that can tell.

A case cannot tell what its sizes hide: nothing is shifted along an axis of one entry. Such a case neither supports a
phrase nor speaks against it. Axes are counted from the end, or from the front if that is what the cases share; an index
that is another one in each case, and always the argument `chunk`, is called so.
"""

import itertools
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

from torch import Tensor

AXIS = re.compile(r"its only axis|axis (-\d+)")
NUMBER = r"(index|every) {}\b"
SHORTEST = 2  # entries along an axis that a phrase is about
SHIFTED = re.compile(r"one place|rolled by one")  # what needs an entry more
OWN_FACTOR = re.compile(r"right up to a factor.* for each slice")


class Said(NamedTuple):
    """What is true of one case.

    phrases  the most specific first
    axes     lengths of the axes that they speak of; () where numbers of several cases stand in a row
    plain    the values differ by one factor for all entries: then each slice has its factor as well
    numbers  what an index may be: the whole numbers among the arguments
    """

    phrases: Sequence[str]
    axes: Sequence[int]
    plain: bool = False
    numbers: Mapping[str, int] = {}


def shared(cases: Sequence[Said]) -> tuple[str, list[bool]]:
    """The first phrase that is true wherever it can be told, and which cases can tell it; "" if there is none."""
    spelt = [list(_spellings(said)) for said in cases]
    for phrase in dict.fromkeys(itertools.chain(*spelt)):
        told = [_tells(said, phrase) for said in cases]
        if all(phrase in phrases for phrases, tells in zip(spelt, told) if tells):
            line = all(len(said.axes) <= 1 for said in cases)
            return phrase.replace("axis -1", "its only axis") if line else phrase, told
    return "", []


def _spellings(said: Said) -> Iterator[str]:
    for phrase in said.phrases:
        if AXIS.search(phrase) and not said.axes:
            continue
        from_end = phrase.replace("its only axis", "axis -1")
        from_front = AXIS.sub(lambda found: f"axis {len(said.axes) + int(found[1])}", from_end)
        for spelt in dict.fromkeys((from_end, from_front)):
            yield spelt
            for name, n in said.numbers.items():
                if re.search(NUMBER.format(n), spelt):
                    yield re.sub(NUMBER.format(n), rf"\1 {name}", spelt)


def _tells(said: Said, phrase: str) -> bool:
    """Whether the case is large enough to show what a phrase says along an axis."""
    found = re.search(r"axis (-?\d+)", phrase)
    if not found:
        return True
    axis = int(found[1])
    if not -len(said.axes) <= axis < len(said.axes) or (OWN_FACTOR.search(phrase) and said.plain):
        return False
    return said.axes[axis] >= SHORTEST + bool(SHIFTED.search(phrase))


def plain_factor(got: Tensor, want: Tensor, near: Callable[[Tensor, Tensor], bool]) -> bool:
    """Whether one factor makes `got` of `want`."""
    size = want.square().sum()
    return bool(got.shape == want.shape and size > 0 and near(got, want * ((got * want).sum() / size)))
