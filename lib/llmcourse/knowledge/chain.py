"""Chain-of-knowledge prompting: the model writes evidence triples, an explanation and the answer, and is checked.

    tau = (s, r, o)    an evidence triple            h  the explanation hint, a sentence
    a                  the answer
    f_fact(tau)        factuality: is the triple in the knowledge base, or plausible?        v in [0, 1]
    f_faith(h, tau, a) faithfulness: does the explanation follow from question, triples and answer?
    C                  = gamma . mean f_fact + (1 - gamma) . f_faith: the F2 score           accept if C >= theta

Wang et al. 2023, "Boosting Language Models Reasoning with Chain-of-Knowledge Prompting", section 3. If C is
below the threshold, triples that fail are replaced by the knowledge base's, and the model is asked again, N times at
most. Departs from the paper: plausibility is by type or by a language model's likelihood, where the paper takes
embeddings (TransE) and a sentence encoder; both are arguments.
"""

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

from .graph import Graph, Triple
from .linking import Linker

GAMMA, THETA, ROUNDS = 0.5, 0.7, 3
EVIDENCE = re.compile(r"\(\s*([^|()]+?)\s*\|\s*([^|()]+?)\s*\|\s*([^|()]+?)\s*\)")


class Chain(NamedTuple):
    """What a model wrote: evidence triples in words, the hint, the answer. Parts that it did not write are empty."""

    triples: tuple[tuple[str, str, str], ...]
    hint: str
    answer: str


class Verified(NamedTuple):
    """One round: the chain, the score C, factuality of each triple, faithfulness."""

    chain: Chain
    score: float
    factual: tuple[float, ...]
    faithful: float


def written(chain: Chain) -> str:
    """A chain as text, as an example of a prompt shows it and `read` reads it."""
    triples = "\n".join(f"{i}. ({s} | {r} | {o})" for i, (s, r, o) in enumerate(chain.triples, 1))
    return f"Evidence triples:\n{triples}\nExplanation hints: {chain.hint}\nAnswer: {chain.answer}"


def read(text: str) -> Chain:
    """What a model wrote, as a chain. A line that is no triple is none; missing parts are empty."""
    part = lambda name: found[1].strip() if (found := re.search(rf"{name}:\s*([^\n]*)", text)) else ""
    evidence = text.partition("Explanation hints:")[0]
    return Chain(tuple(EVIDENCE.findall(evidence)), part("Explanation hints"), part("Answer"))


def prompt(question: str, shots: Sequence[tuple[str, Chain]]) -> str:
    """Examples, and the question; what follows is for the model to write."""
    shown = [f"Question: {asked}\n{written(chain)}" for asked, chain in shots]
    return "\n\n".join([*shown, f"Question: {question}\nEvidence triples:\n"])


def f2(factual: Sequence[float], faithful: float, gamma: float = GAMMA) -> float:
    """C = gamma mean(factual) + (1 - gamma) faithful. Without any triple nothing is factual: the mean is 0.

    Raises ValueError for a gamma outside [0, 1].
    """
    if not 0 <= gamma <= 1:
        raise ValueError(f"gamma is {gamma}: it weighs factuality against faithfulness, between 0 and 1.")
    return gamma * (sum(factual) / len(factual) if factual else 0.0) + (1 - gamma) * faithful


class Factuality:
    """f_fact: 1 for a triple of the graph, else what `plausible` says of it, 0 by default.

    Subject and object are linked by name; the relation is a name of the graph's, with spaces or with underscores.
    """

    def __init__(self, graph: Graph, plausible: Callable[[tuple[str, str, str]], float] = lambda triple: 0.0):
        self.graph, self.plausible, self._linker = graph, plausible, Linker(graph)
        self._relations = {self._normal(r): r for r in graph.relations}

    def __call__(self, triple: tuple[str, str, str]) -> float:
        return 1.0 if self.found(triple) else self.plausible(triple)

    def found(self, triple: tuple[str, str, str]) -> Triple | None:
        """The graph's triple that these words mean; None if it has none."""
        s, r, o = triple
        relation = self._relations.get(self._normal(r))
        meant = (Triple(a, relation, b) for a in self._all(s) for b in self._all(o))
        return next((t for t in meant if t in self.graph), None)

    def right(self, triple: tuple[str, str, str]) -> tuple[str, str, str] | None:
        """What the graph says in place of a triple that it does not have: the same subject and relation, its first
        tail.

        None if it says nothing of them.
        """
        s, r, _ = triple
        relation = self._relations.get(self._normal(r))
        tails = (t for a in self._all(s) for t in self.graph.out(a).get(relation, ()))
        tail = next(tails, None)
        return None if tail is None else (s, r, self.graph.label(tail))

    def _all(self, name: str) -> tuple[str, ...]:
        return next((m.entities for m in self._linker(name) if m.text == name.strip()), ())

    def _normal(self, relation: str) -> str:
        return relation.replace("_", " ").strip().lower()


def named_in(chain: Chain) -> float:
    """A faithfulness that needs no model: the share of the names in triples and answer that the hint mentions."""
    names = {name.lower() for s, _, o in chain.triples for name in (s, o)} | {chain.answer.lower()}
    names.discard("")
    return sum(name in chain.hint.lower() for name in names) / len(names) if names and chain.hint else 0.0


def verify(
    chain: Chain, factuality: Callable, faithfulness: Callable[[Chain], float] = named_in, gamma: float = GAMMA
) -> Verified:
    """F2-verification of one chain."""
    factual, faithful = tuple(factuality(t) for t in chain.triples), faithfulness(chain)
    return Verified(chain, f2(factual, faithful, gamma), factual, faithful)


def rethink(
    ask: Callable[[tuple[tuple[str, str, str], ...]], Chain],
    factuality: Factuality,
    faithfulness: Callable[[Chain], float] = named_in,
    gamma: float = GAMMA,
    theta: float = THETA,
    rounds: int = ROUNDS,
) -> list[Verified]:
    """Asks until C >= theta. Returns every round; the last one that is best is the answer to take.

    ask  known triples -> a chain. The first time nothing is known; later, what the graph says in place of the triples
         that
         it does not have

    Raises ValueError for less than one round.
    """
    if rounds < 1:
        raise ValueError(f"rounds is {rounds}, but the model has to be asked at least once.")
    known: tuple[tuple[str, str, str], ...] = ()
    tried: list[Verified] = []
    for _ in range(rounds):
        tried.append(verify(ask(known), factuality, faithfulness, gamma))
        if tried[-1].score >= theta:
            break
        wrong = [t for t, v in zip(tried[-1].chain.triples, tried[-1].factual) if v < 1]
        right = (factuality.right(t) for t in wrong)
        known = tuple(dict.fromkeys([*known, *(t for t in right if t is not None)]))
    return tried


def best(tried: Sequence[Verified]) -> Verified:
    """The round with the highest C, the later of two that are equal."""
    return max(reversed(tried), key=lambda v: v.score)
