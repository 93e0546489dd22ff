"""Paths in a knowledge graph.

    z = (r_1, ..., r_l)                 a relation path: a plan, without entities
    e_0 -r_1-> e_1 -r_2-> ... -> e_l    a reasoning path: an instance of z in the graph

The two terms are those of Luo et al. 2024, section 3.
"""

from collections import deque
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from .graph import AGAINST, Graph, Triple

ARROW = " → "


class Path(NamedTuple):
    """A reasoning path: l + 1 entities and l relations; a relation walked against its arrow begins with "^"."""

    entities: tuple[str, ...]
    relations: tuple[str, ...]

    @property
    def answer(self) -> str:
        """Where it ends."""
        return self.entities[-1]

    @property
    def triples(self) -> tuple[Triple, ...]:
        """The facts that it rests on, each in the direction of the graph."""
        steps = zip(self.entities, self.relations, self.entities[1:])
        return tuple(Triple(b, r[1:], a) if r.startswith(AGAINST) else Triple(a, r, b) for a, r, b in steps)

    def text(self, graph: Graph) -> str:
        """As the paper prints it: "Northern District → administrative division of → Israel"."""
        names = [graph.label(self.entities[0])]
        for r, e in zip(self.relations, self.entities[1:]):
            names += [r, graph.label(e)]
        return ARROW.join(names)


def follow(graph: Graph, start: str, relations: Sequence[str]) -> Iterator[Path]:
    """Every reasoning path that starts at an entity and walks these relations, depth first; cycles are allowed.

    Raises graph.Unknown for a relation that the graph does not have.
    """
    if not relations:
        yield Path((start,), ())
        return
    for e in graph.step(start, relations[0]):
        for rest in follow(graph, e, relations[1:]):
            yield Path((start, *rest.entities), (relations[0], *rest.relations))


def reached(graph: Graph, start: str, relations: Sequence[str]) -> list[str]:
    """Where these relations lead from an entity, each end once: the work of a join, not of all paths."""
    ends = {start: None}
    for r in relations:
        ends = {e: None for end in ends for e in graph.step(end, r)}
    return list(ends)


def simple_paths(graph: Graph, start: str, end: str, hops: int) -> Iterator[Path]:
    """Every path of at most `hops` steps, in either direction, that visits no entity twice. Exponential in `hops`."""
    waiting: list[Path] = [Path((start,), ())]
    while waiting:
        path = waiting.pop()
        if path.answer == end and path.relations:
            yield path
            continue
        if len(path.relations) == hops:
            continue
        for r in graph.steps(path.answer):
            waiting += [
                Path((*path.entities, e), (*path.relations, r))
                for e in graph.step(path.answer, r)
                if e not in path.entities
            ]


def distance(graph: Graph, start: str, end: str, most: int | None = None) -> int | None:
    """Steps on a shortest path in either direction; None if there is no path, or none of at most `most` steps."""
    seen, waiting = {start}, deque([(start, 0)])
    while waiting:
        e, steps = waiting.popleft()
        if e == end:
            return steps
        if most is None or steps < most:
            new = [n for n in graph.neighbours(e) if n not in seen]
            seen.update(new)
            waiting.extend((n, steps + 1) for n in new)
    return None
