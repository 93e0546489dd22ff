"""Queries: triples with variables, by hand and in SPARQL.

    pattern    a triple in which any part may be a variable, a name that begins with "?": ("?x", "borders", "?y")
    solution   variable -> value, so that every pattern becomes a triple of the graph

`solve` is the definition, a join of patterns by index. `Sparql` keeps the same triples in an embedded engine
(pyoxigraph), which adds paths, filters and counts. W3C 2013, "SPARQL 1.1 Query Language", sections 5 and 9.
"""

from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import quote, unquote

from .graph import Graph, Triple, Unknown

Pattern = tuple[str, str, str]
Solution = dict[str, str]
SPACE = "https://example.org/"  # entities and relations are IRIs under it; nothing is ever fetched from there
LABEL = "http://www.w3.org/2000/01/rdf-schema#label"
PREFIXES = f"PREFIX e: <{SPACE}e/> PREFIX r: <{SPACE}r/> PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#> "


# --- by hand


def solve(graph: Graph, patterns: Sequence[Pattern]) -> list[Solution]:
    """Every solution of all patterns together, each once: [{"?x": "country:France", "?y": "city:Paris"}, ...].

    Raises Unknown for a relation that the graph does not have, and ValueError without patterns. Exponential in the
    number of patterns at worst; with an index from either end, a step costs what it finds.
    """
    if not patterns:
        raise ValueError("A query needs at least one pattern, such as ('?x', 'borders', 'country:France').")
    for _, relation, _ in patterns:
        if not variable(relation):
            graph.step("", relation)  # raises for one that is not there
    return list({tuple(sorted(s.items())): s for s in _solve(graph, list(patterns), {})}.values())


def _solve(graph: Graph, patterns: list[Pattern], bound: Solution) -> Iterator[Solution]:
    if not patterns:
        yield bound
        return
    # The pattern with most parts known comes first: it has fewest matches.
    filled = [tuple(bound.get(part, part) for part in pattern) for pattern in patterns]
    first = min(range(len(filled)), key=lambda i: sum(variable(part) for part in filled[i]))
    rest = patterns[:first] + patterns[first + 1 :]
    for triple in match(graph, filled[first]):
        found = _bind(filled[first], triple)
        if found is not None:
            yield from _solve(graph, rest, bound | found)


def match(graph: Graph, pattern: Pattern) -> Iterator[Triple]:
    """The triples of a graph that agree with a pattern where it has no variable."""
    h, r, t = pattern
    if not variable(h):
        found = (Triple(h, name, tail) for name, tails in graph.out(h).items() for tail in tails)
    elif not variable(t):
        found = (Triple(head, name, t) for name, heads in graph.into(t).items() for head in heads)
    else:
        found = iter(graph)
    return (x for x in found if variable(r) or x.relation == r if variable(t) or x.tail == t)


def _bind(pattern: Pattern, triple: Triple) -> Solution | None:
    """What the variables of a pattern are in a triple; None if one would have to be two things."""
    found: Solution = {}
    for part, value in zip(pattern, triple):
        if variable(part) and found.setdefault(part, value) != value:
            return None
    return found


def variable(part: str) -> bool:
    return part.startswith("?")


# --- in SPARQL


class Sparql:
    """The triples of a graph, and its labels, in an embedded engine.

    Entities are e:... and relations r:..., with everything but letters, digits and "_" written as %XX: the key
    "country:France" is e:country%3AFrance (`iri` does that). Labels are `rdfs:label`.

    Raises ModuleNotFoundError, which says what to install, if pyoxigraph is missing.
    """

    def __init__(self, graph: Graph):
        ox = _engine()
        self._store, self._relations = ox.Store(), graph.relations
        node = lambda key, space="e": ox.NamedNode(f"{SPACE}{space}/{_escaped(key)}")
        self._store.extend(ox.Quad(node(h), node(r, "r"), node(t)) for h, r, t in graph)
        label = ox.NamedNode(LABEL)
        self._store.extend(ox.Quad(node(e), label, ox.Literal(graph.label(e))) for e in graph.entities)

    def __call__(self, query: str) -> list[Solution]:
        """The solutions of a SELECT query, as `solve` gives them; a variable that a solution leaves open is not in it.

        The prefixes e:, r: and rdfs: are declared. Raises ValueError for a query that is not SPARQL, or not SELECT.
        """
        try:
            found = self._store.query(PREFIXES + query)
        except SyntaxError as error:
            raise ValueError(f"This is not a SPARQL query: {error}") from None
        if not hasattr(found, "variables"):
            raise ValueError("Only SELECT queries have solutions: begin with SELECT ?x WHERE { ... }.")
        names = [name.value for name in found.variables]
        rows = ({f"?{name}": _key(row[name].value) for name in names if row[name] is not None} for row in found)
        return list(rows)

    def solve(self, patterns: Sequence[Pattern]) -> list[Solution]:
        """`solve` by the engine."""
        for _, relation, _ in patterns:
            if not variable(relation) and relation not in self._relations:
                raise Unknown(f"The graph has no relation {relation!r}.")
        rows = self(f"SELECT DISTINCT * WHERE {{ {' '.join(map(_written, patterns))} }}")
        return rows


def iri(key: str, space: str = "e") -> str:
    """How a query names an entity (space "e") or a relation ("r"): e:country%3AFrance."""
    return f"{space}:{_escaped(key)}"


def _escaped(key: str) -> str:
    """What may stand in an IRI and after a prefix: %XX for everything but letters, digits and "_"."""
    return quote(key, safe="").translate({ord(c): f"%{ord(c):02X}" for c in "-.~"})


def _written(pattern: Pattern) -> str:
    named = lambda part, space: part if variable(part) else f"<{SPACE}{space}/{_escaped(part)}>"
    h, r, t = pattern
    # A label is a triple of the engine, and none of the graph: a variable relation must not match it.
    only = f" FILTER({r} != rdfs:label)" if variable(r) else ""
    return f"{named(h, 'e')} {named(r, 'r')} {named(t, 'e')} .{only}"


def _key(value: str) -> str:
    """The key that an IRI stands for; of a literal, its text."""
    for space in ("e/", "r/"):
        if value.startswith(SPACE + space):
            return unquote(value.removeprefix(SPACE + space))
    return value


def _engine():
    try:
        import pyoxigraph
    except ModuleNotFoundError:
        raise ModuleNotFoundError(
            "SPARQL needs the package pyoxigraph. Run: pip install pyoxigraph (`make lab` does it, and so does the "
            "first cell of a notebook on Colab)."
        ) from None
    return pyoxigraph


def table(solutions: Sequence[Mapping[str, str]], graph: Graph) -> list[list[str]]:
    """Solutions as rows of labels, in the order of the first one's variables."""
    return [[graph.label(value) for value in solution.values()] for solution in solutions]
