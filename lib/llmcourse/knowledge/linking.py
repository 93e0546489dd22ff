"""Entity linking: which entities of a graph does a text mention?

By label and alias, the longest name first, at whole words. Capitals and accents do not count, except in a name of at
most three capitals: "US" is a country, "us" is not. A name may belong to several entities; the one with most triples
comes first, since most is said about it. A question that names nothing links to nothing: an empty list.
"""

import re
import unicodedata
from collections.abc import Iterator
from typing import NamedTuple

from .graph import Graph

WORD = re.compile(r"\w+(?:['’.-]\w+)*")


class Mention(NamedTuple):
    """Characters [start, end) of a text, and the entities of that name, the likeliest first."""

    start: int
    end: int
    text: str
    entities: tuple[str, ...]


class Linker:
    """The names of a graph's entities, for texts of any number.

    types  link only to entities of these types; None for all
    """

    def __init__(self, graph: Graph, types: tuple[str, ...] | None = None):
        found: dict[tuple[str, ...], dict[str, None]] = {}
        for entity in graph.entities:
            if types is None or graph.types.get(entity) in types:
                for name in graph.names(entity):
                    found.setdefault(_normal(name), {})[entity] = None
        found.pop((), None)
        degree = lambda e: sum(len(graph.step(e, r)) for r in graph.steps(e))
        self._names = {name: tuple(sorted(es, key=degree, reverse=True)) for name, es in found.items()}
        self._longest = max(map(len, self._names), default=0)

    def __call__(self, text: str) -> list[Mention]:
        """The mentions in a text, from left to right; they do not overlap."""
        words = list(WORD.finditer(text))
        return list(self._mentions(text, words))

    def _mentions(self, text: str, words: list[re.Match]) -> Iterator[Mention]:
        i = 0
        while i < len(words):
            for size in range(min(self._longest, len(words) - i), 0, -1):
                start, end = words[i].start(), words[i + size - 1].end()
                entities = self._names.get(_normal(text[start:end]))
                if entities:
                    yield Mention(start, end, text[start:end], entities)
                    break
            else:
                size = 1
            i += size


def _normal(name: str) -> tuple[str, ...]:
    """The words of a name, in lower case and without accents; abbreviations stay as they are."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode() or name
    words = WORD.findall(plain)
    return tuple(w if w.isupper() and len(w) <= 3 and len(words) == 1 else w.lower() for w in words)
