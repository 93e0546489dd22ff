"""A knowledge graph: triples that can be followed from both ends, names of entities, and a schema.

    (h, r, t)   a triple: head, relation, tail; all three are keys, for example "country:France" and "borders"
    r, ^r       a step along a relation, and against it: from tail to head, as SPARQL writes it
    label       what an entity is called; aliases are its other names
    schema      for each relation its domain and range: the types of its heads and tails

Hogan et al. 2021, "Knowledge Graphs", sections 2 and 3. Departs from RDF: an entity has one type, and facts about a
triple (its year, its share) are qualifiers of the triple, as in Wikidata.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import torch
from torch import Generator

AGAINST = "^"  # begins a step against the arrow


class Triple(NamedTuple):
    """A fact: head, relation, tail."""

    head: str
    relation: str
    tail: str


class Relation(NamedTuple):
    """One line of a schema: the types of heads and tails, and the fact in words: "{head} borders {tail}"."""

    domain: str
    range: str
    words: str = ""


class Unknown(KeyError):
    """A name that the graph does not have. The text is a sentence that says what it has instead."""

    def __str__(self) -> str:
        return self.args[0]


class Graph:
    """Triples in their order, each once, with an index from either end.

    triples      an iterable of (head, relation, tail)
    labels       entity -> its name; one without a label is called by its key
    aliases      entity -> other names
    types        entity -> its type
    schema       relation -> Relation
    qualifiers   triple -> facts about it: {"year": 2023, "share": 28.0}

    A graph is not changed after it was made: `replaced` gives another one with the same names.
    """

    def __init__(
        self,
        triples: Iterable[tuple[str, str, str]] = (),
        labels: Mapping[str, str] | None = None,
        aliases: Mapping[str, Sequence[str]] | None = None,
        types: Mapping[str, str] | None = None,
        schema: Mapping[str, Relation] | None = None,
        qualifiers: Mapping[Triple, Mapping[str, Any]] | None = None,
    ):
        self.labels, self.aliases, self.types = dict(labels or {}), dict(aliases or {}), dict(types or {})
        self.schema, self.qualifiers = dict(schema or {}), dict(qualifiers or {})
        self._triples: dict[Triple, None] = {}
        self._out: dict[str, dict[str, list[str]]] = {}
        self._into: dict[str, dict[str, list[str]]] = {}
        self._counts: dict[str, int] = defaultdict(int)
        for h, r, t in triples:
            self._add(Triple(h, r, t))

    def _add(self, triple: Triple) -> None:
        if triple in self._triples:
            return
        h, r, t = triple
        self._triples[triple] = None
        self._counts[r] += 1
        for index, one, other in ((self._out, h, t), (self._into, t, h)):
            index.setdefault(one, {}).setdefault(r, []).append(other)

    def __len__(self) -> int:
        return len(self._triples)

    def __iter__(self) -> Iterator[Triple]:
        return iter(self._triples)

    def __contains__(self, triple: tuple[str, str, str]) -> bool:
        return tuple(triple) in self._triples

    def __eq__(self, other) -> bool:
        return isinstance(other, Graph) and self._triples.keys() == other._triples.keys()

    __hash__ = None

    @property
    def entities(self) -> list[str]:
        """Every head and tail, in the order of first occurrence."""
        return list(dict.fromkeys(end for h, _, t in self for end in (h, t)))

    @property
    def relations(self) -> dict[str, int]:
        """Relation -> number of its triples."""
        return dict(self._counts)

    def out(self, entity: str) -> Mapping[str, Sequence[str]]:
        """The triples that start at an entity: relation -> tails. Empty for one that the graph does not have."""
        return self._out.get(entity, {})

    def into(self, entity: str) -> Mapping[str, Sequence[str]]:
        """The triples that end at an entity: relation -> heads."""
        return self._into.get(entity, {})

    def step(self, entity: str, relation: str) -> Sequence[str]:
        """Where one step leads: the tails of (entity, r, ?), or for "^r" the heads of (?, r, entity).

        Raises Unknown if no triple of the graph has the relation. An entity that has none leads nowhere: ().
        """
        name = relation.removeprefix(AGAINST)
        if name not in self._counts:
            known = ", ".join(sorted(self._counts)[:12]) or "none at all"
            raise Unknown(f"The graph has no relation {name!r}. It has: {known}.")
        return (self.into if relation.startswith(AGAINST) else self.out)(entity).get(name, ())

    def steps(self, entity: str) -> list[str]:
        """The relations along which one can leave an entity, in both directions: "borders", "^capital"."""
        return [*self.out(entity), *(AGAINST + r for r in self.into(entity))]

    def neighbours(self, entity: str) -> list[str]:
        """Every entity one step away in either direction, each once."""
        return list(dict.fromkeys(e for r in self.steps(entity) for e in self.step(entity, r) if e != entity))

    def label(self, entity: str) -> str:
        """What an entity is called; without a label, its key."""
        return self.labels.get(entity, entity)

    def names(self, entity: str) -> tuple[str, ...]:
        """Label and aliases."""
        return (self.label(entity), *self.aliases.get(entity, ()))

    def words(self, triple: tuple[str, str, str]) -> str:
        """A triple as a sentence without full stop, by the schema; without one, its three names."""
        h, r, t = triple
        pattern = self.schema[r].words if r in self.schema else ""
        return (pattern or f"{{head}} {r} {{tail}}").format(head=self.label(h), tail=self.label(t))

    def violations(self) -> Iterator[tuple[Triple, str]]:
        """Triples that contradict the schema, each with the reason. What has no type contradicts nothing."""
        for triple in self:
            rule = self.schema.get(triple.relation)
            if rule is None:
                if self.schema:
                    yield triple, f"the schema has no relation {triple.relation!r}"
                continue
            for end, wanted in ((triple.head, rule.domain), (triple.tail, rule.range)):
                found = self.types.get(end, wanted)
                if found != wanted:
                    yield triple, f"{self.label(end)} is a {found}, and {triple.relation!r} asks for a {wanted}"

    def replaced(self, triples: Iterable[tuple[str, str, str]]) -> "Graph":
        """Other triples, with the names, types and schema of this graph."""
        return Graph(triples, self.labels, self.aliases, self.types, self.schema, self.qualifiers)


def around(graph: Graph, entities: Iterable[str], hops: int, most: int | None = None) -> list[str]:
    """The entities at most `hops` steps from any of these, nearest first; at most `most` of them.

    Within a distance, the order is that in which they are found. Entities that the graph does not have stay: a subgraph
    may be empty of edges. Raises ValueError for negative hops.
    """
    if hops < 0:
        raise ValueError(f"hops is {hops}: it counts steps, from 0.")
    found = dict.fromkeys(entities)
    edge = list(found)
    for _ in range(hops):
        edge = [e for entity in edge for e in graph.neighbours(entity) if not (e in found or found.update({e: None}))]
        if most is not None and len(found) >= most:
            break
    return list(found)[:most]


def between(graph: Graph, entities: Iterable[str]) -> Graph:
    """The subgraph on these entities: every triple with both ends among them, in the order of the entities."""
    inside = dict.fromkeys(entities)
    return graph.replaced(Triple(h, r, t) for h in inside for r, ts in graph.out(h).items() for t in ts if t in inside)


# --- graphs that are wrong on purpose, as controls


def without(graph: Graph, share: float, generator: Generator) -> Graph:
    """The graph with this share of its triples left out, drawn at random."""
    _check_share(share)
    keep = torch.rand(len(graph), generator=generator) >= share
    return graph.replaced(triple for triple, kept in zip(graph, keep.tolist()) if kept)


def shuffled(graph: Graph, generator: Generator) -> Graph:
    """The tails of each relation dealt out again: every head keeps its kinds of edges, and none of them is a fact but
    by chance. Equal triples that arise merge."""
    by_relation = defaultdict(list)
    for triple in graph:
        by_relation[triple.relation].append(triple)
    triples = []
    for same in by_relation.values():
        order = torch.randperm(len(same), generator=generator).tolist()
        triples += [Triple(one.head, one.relation, same[i].tail) for one, i in zip(same, order)]
    return graph.replaced(triples)


def distracted(graph: Graph, share: float, generator: Generator) -> Graph:
    """The graph and false triples besides, `share` times as many: a head of a relation with another of its tails."""
    _check_share(share)
    triples = list(graph)
    i, j = torch.randint(max(len(triples), 1), (2, round(share * len(triples))), generator=generator).tolist()
    by_relation = defaultdict(list)
    for triple in triples:
        by_relation[triple.relation].append(triple.tail)
    tails = [by_relation[triples[a].relation] for a in i]
    false = [Triple(triples[a].head, triples[a].relation, some[b % len(some)]) for a, b, some in zip(i, j, tails)]
    return graph.replaced(triples + [triple for triple in false if triple not in graph])


def _check_share(share: float) -> None:
    if not 0 <= share <= 1:
        raise ValueError(f"share is {share}, but a share lies between 0 and 1.")
