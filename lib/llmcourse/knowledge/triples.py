"""Triples in the prompt: retrieve facts of a graph, and let a language model read them before the question.

    candidates   the triples around the entities that a question mentions
    score        how well a triple, in words, fits the question
    forms        "triples" (head, relation, tail), or "sentences" by the schema's words

Peng et al. 2024, "Graph Retrieval-Augmented Generation: A Survey": G-retrieval, then the graph's format for the
generator (their adjacency table, and natural language). What is scored, packed into a budget and read is the same as
for passages (retrieval/prompt.py, retrieval/reader.py), so that only the form of knowledge differs.
"""

from collections.abc import Callable, Iterable, Sequence

from torch import Tensor

from ..retrieval.prompt import pack
from .graph import Graph, Triple, around, between

FORMS = ("triples", "sentences")


def candidates(graph: Graph, entities: Iterable[str], hops: int = 1) -> list[Triple]:
    """The triples on at most `hops` steps from these entities; none for a question that links to nothing.

    For one hop these are the triples with such an entity as an end; each further hop adds those of the neighbours.
    """
    centre = around(graph, entities, max(hops - 1, 0))
    if hops < 1:
        return list(between(graph, centre))
    return list(dict.fromkeys(t for e in centre for t in _at(graph, e)))


def _at(graph: Graph, entity: str) -> list[Triple]:
    out = [Triple(entity, r, t) for r, tails in graph.out(entity).items() for t in tails]
    return out + [Triple(h, r, entity) for r, heads in graph.into(entity).items() for h in heads]


def written(graph: Graph, triple: Triple, form: str = "triples") -> str:
    """A triple for the prompt. Raises ValueError for a form that does not exist."""
    if form == "sentences":
        words = graph.words(triple)
        return words[:1].upper() + words[1:] + "."
    if form == "triples":
        return f"({graph.label(triple.head)}, {triple.relation.replace('_', ' ')}, {graph.label(triple.tail)})"
    raise ValueError(f"There is no form {form!r}. Choose one of {', '.join(FORMS)}.")


def retrieved(
    graph: Graph,
    question: str,
    entities: Iterable[str],
    embed: Callable[[Sequence[str]], Tensor],
    budget: int,
    length: Callable[[str], int],
    hops: int = 1,
    form: str = "triples",
) -> list[str]:
    """The triples that fit the question best, best first, as many as the budget of tokens holds; [] if there are none.

    embed   texts -> unit vectors (n, d): the score is the cosine of question and triple, in words
    length  the number of tokens of a text
    """
    found = candidates(graph, entities, hops)
    if not found:
        return []
    x = embed([question, *(written(graph, t, "sentences") for t in found)])
    order = (x[1:] @ x[0]).argsort(descending=True, stable=True).tolist()
    texts = [written(graph, found[i], form) for i in order]
    fitting = [t for t in texts if length(t) <= budget]
    return [fitting[i] for i in pack(fitting, budget, length)] if fitting else []
