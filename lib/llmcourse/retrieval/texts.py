"""Cutting texts: into words, as a retriever counts them, and into overlapping passages, each with its place.

Words are in lower case, have at least two letters or digits, and are not stemmed; stop words are left out. The pattern
and the stop words are those of bm25s ("en"), so that results can be compared with it.
"""

import re
from typing import NamedTuple

_STOP = """a an and are as at be but by for if in into is it no not of on or such that the their then there these they
this to was will with"""
STOP = frozenset(_STOP.split())
WORD = re.compile(r"(?u)\b\w\w+\b")


def words(text: str) -> list[str]:
    """The words of a text without stop words, in their order, with repetitions."""
    return [word for word in WORD.findall(text.lower()) if word not in STOP]


class Chunk(NamedTuple):
    """A piece of a text: `source[start:end]`."""

    text: str
    start: int
    end: int


def chunks(source: str, size: int = 100, overlap: int = 20) -> list[Chunk]:
    """Pieces of at most `size` words, each beginning `overlap` words before the end of the previous one.

    What crosses a boundary is whole in one of the two neighbours if it is no longer than the overlap. Raises ValueError
    for sizes that would never reach the end.
    """
    if size < 1 or not 0 <= overlap < size:
        raise ValueError(f"size is {size} and overlap is {overlap}: overlap must be at least 0 and smaller than size.")
    places = [match.span() for match in re.finditer(r"\S+", source)]
    pieces = []
    for first in range(0, len(places), size - overlap):
        start, end = places[first][0], places[min(first + size, len(places)) - 1][1]
        pieces.append(Chunk(source[start:end], start, end))
        if first + size >= len(places):
            break
    return pieces
