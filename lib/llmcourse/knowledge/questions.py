"""Questions that need one to three steps in the Factbook's graph, with the paths that answer them.

    topic     the entity from which the steps start
    plan      the relation path z = (r_1, ..., r_l), l from 1 to 3
    answers   every entity at the end of such a path that visits no entity twice
    split     by topic, as in all of the course: "dev" to learn and tune on, "test" to measure on
    new_plan  whether the relation path is one of those held out: a system that learns plans has not seen it

Each relation has two wordings, so that a system can be tested in words that it has not seen.
"""

import functools
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Generator

from ..data.passages import split
from .factbook import factbook
from .graph import Graph, around
from .paths import Path, follow

MOST = 10  # answers; a question with more is a list, and no question
PLURALS = ("Islands", "States", "Emirates", "Kingdom", "Philippines", "Netherlands", "Maldives", "Republic")
PHRASES = {  # relation -> the same in two wordings
    "borders": ("a country that borders {}", "a neighbour of {}"),
    "capital": ("the capital of {}", "the city from which {} is governed"),
    "^capital": ("the country whose capital is {}", "the country that is governed from {}"),
    "currency": ("the currency of {}", "the money used in {}"),
    "official_language": ("an official language of {}", "a language in which the laws of {} are written"),
    "highest_point": ("the highest point of {}", "the highest mountain of {}"),
    "^highest_point": ("the country whose highest point is {}", "the country that culminates in {}"),
    "government": ("the type of government of {}", "the way in which {} is governed"),
    "exports_to": ("a country to which {} exports", "a country that buys from {}"),
    "imports_from": ("a country from which {} imports", "a country that sells to {}"),
    "exports": ("a good that {} exports", "something that {} sells abroad"),
}
PLANS = (
    ("capital",), ("currency",), ("official_language",), ("highest_point",), ("government",), ("borders",),
    ("^capital",), ("borders", "capital"), ("borders", "currency"), ("borders", "highest_point"),
    ("exports_to", "capital"), ("imports_from", "capital"), ("imports_from", "currency"),
    ("exports_to", "official_language"), ("^capital", "currency"), ("^capital", "highest_point"),
    ("^capital", "borders"), ("^highest_point", "capital"),
    ("^capital", "borders", "capital"), ("^capital", "borders", "currency"), ("^capital", "borders", "highest_point"),
    ("^capital", "exports_to", "capital"), ("^capital", "exports_to", "official_language"),
    ("^highest_point", "borders", "capital"), ("^highest_point", "borders", "currency"),
    ("^highest_point", "imports_from", "capital"), ("^highest_point", "exports_to", "currency"),
)  # fmt: skip
HELD_OUT = (("borders", "highest_point"), ("imports_from", "capital"), ("^capital", "borders", "highest_point"),
            ("^highest_point", "borders", "capital"))  # fmt: skip


@dataclass(frozen=True)
class GraphQuestion:
    """A question about a graph; topic and answers are entities of it, and `paths` all reasoning paths of the plan."""

    text: str
    topic: str
    plan: tuple[str, ...]
    answers: tuple[str, ...]
    paths: tuple[Path, ...]
    split: str
    new_plan: bool

    @property
    def hops(self) -> int:
        return len(self.plan)


@functools.cache
def questions(wording: int = 0) -> tuple[GraphQuestion, ...]:
    """All questions in one of the two wordings, plan by plan."""
    return tuple(q for plan in PLANS for q in of_plan(factbook(), plan, wording))


def of_plan(graph: Graph, plan: Sequence[str], wording: int = 0) -> list[GraphQuestion]:
    """One question for every entity at which the plan leads to 1 to MOST answers.

    Raises graph.Unknown for a relation that the graph does not have, and ValueError for one that has no words.
    """
    missing = [r for r in plan if r not in PHRASES]
    if missing or not plan:
        raise ValueError(f"There are no words for the plan {tuple(plan)}: add {missing or 'a relation'} to PHRASES.")
    found = []
    for topic in graph.entities:
        paths = tuple(p for p in follow(graph, topic, plan) if len(set(p.entities)) == len(p.entities))
        answers = tuple(dict.fromkeys(path.answer for path in paths))
        if 1 <= len(answers) <= MOST:
            text, where = worded(graph.label(topic), plan, wording), split(graph.label(topic))
            found.append(GraphQuestion(text, topic, tuple(plan), answers, paths, where, tuple(plan) in HELD_OUT))
    return found


def worded(name: str, plan: Sequence[str], wording: int = 0) -> str:
    """The question in words: from the topic outwards, one phrase a relation."""
    name = f"the {name}" if name.endswith(PLURALS) and not name.startswith("The ") else name
    for r in plan:
        name = PHRASES[r][wording].format(name)
    return f"What is {name}?"


def choices(graph: Graph, question: GraphQuestion, count: int, generator: Generator) -> tuple[list[str], int]:
    """`count` entities to choose from, in random order, and the place of the right one: the first answer.

    The others have the answer's type and are no answers. Half of them, as far as there are so many, are as near to the
    topic as an answer may be: what is near is not therefore right. Raises ValueError if the type has too few entities.
    """
    gold, drawn = question.answers[0], lambda n: torch.randperm(n, generator=generator).tolist()
    same = [e for e in graph.entities if graph.types.get(e) == graph.types.get(gold)]
    same = [e for e in same if e not in question.answers and e != question.topic]
    if len(same) < count - 1:
        raise ValueError(f"There are {len(same)} wrong answers of that type, and {count - 1} are asked for.")
    ball = set(around(graph, [question.topic], question.hops))
    near, far = [e for e in same if e in ball], [e for e in same if e not in ball]
    mixed = [[group[i] for i in drawn(len(group))] for group in (near, far)]
    half = (count - 1) // 2
    wrong = [*mixed[0][:half], *mixed[1], *mixed[0][half:]][: count - 1]
    order = drawn(count)
    listed = [gold, *wrong]
    return [listed[i] for i in order], order.index(0)


def sample(asked: Sequence[GraphQuestion], count: int) -> list[GraphQuestion]:
    """`count` of the questions, the same in every run and for every machine, spread over plans."""
    order = sorted(asked, key=lambda q: hashlib.sha256(q.text.encode()).digest())
    turns: dict[tuple[str, ...], int] = {}
    rank = [(turns.setdefault(q.plan, 0), turns.update({q.plan: turns[q.plan] + 1}))[0] for q in order]
    return [q for _, q in sorted(zip(rank, order), key=lambda pair: pair[0])][:count]
