"""Which submissions are nearly the same? A reason to look at them, never a proof.

An answer is parsed, its docstring dropped, its local names replaced by their order of appearance; what is left is cut
into overlapping pieces of five tokens. Two students' pieces are compared by their weighted Jaccard index: a piece
counts the more the fewer have it (-log of its share), so that what everybody writes says nothing. KGrams of normalised
tokens are the idea of MOSS (Schleimer, Wilkerson and Aiken 2003); the weights take the place of its base file.
"""

import ast
import functools
import math
import re
import statistics
import textwrap
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations

from llmcourse.dependencies import statements

LENGTH = 5  # tokens
LONGEST = 20_000  # characters of an answer; a longer one is not compared
LEAST = 30  # pieces that two students must share: short answers are alike by nature

KGrams = frozenset[tuple[str, ...]]


@dataclass(frozen=True)
class Pair:
    """Two students, and how alike their answers are: 0 to 1."""

    a: str
    b: str
    similarity: float


def pairs(answers: Mapping[str, Mapping[str, str]], least: float = 0.8) -> tuple[list[Pair], float]:
    """Pairs at least so much alike, the most alike first, and the median similarity in the class.

    answers  student -> exercise -> source, without what was left as it was given
    """
    have = {student: pieces(sources) for student, sources in answers.items()}
    count = Counter(piece for found in have.values() for piece in found)
    weight = {piece: -math.log(n / len(have)) for piece, n in count.items()}
    found = [Pair(a, b, _similarity(have[a], have[b], weight)) for a, b in combinations(sorted(have), 2)]
    near = [p for p in found if p.similarity >= least and len(have[p.a] & have[p.b]) >= LEAST]
    median = statistics.median(p.similarity for p in found) if found else 0.0
    return sorted(near, key=lambda p: -p.similarity), median


@dataclass(frozen=True)
class Taken:
    """An answer that is nearly a known function: how much of it stands there, 0 to 1, and where."""

    student: str
    exercise: str
    similarity: float
    where: str


def taken(
    answers: Mapping[str, Mapping[str, str]], known: Mapping[str, str], least: float = 0.8, share: float = 0.2
) -> list[Taken]:
    """Answers that are nearly one of the known functions. What more than a `share` of the class writes is no sign.

    answers  as for `pairs`
    known    where it stands -> source of a function
    """
    there = {where: _plain(source) for where, source in known.items()}
    have = {(student, e): _plain(source) for student, each in answers.items() for e, source in each.items()}
    near = {mine: _nearest(mine, there, least) for mine in set(have.values())}
    found = [Taken(*who, *near[mine]) for who, mine in have.items() if near[mine]]
    count = Counter((t.exercise, t.where) for t in found)
    rare = [t for t in found if count[t.exercise, t.where] <= max(2, share * len(answers))]
    return sorted(rare, key=lambda t: -t.similarity)


def _nearest(mine: KGrams, there: Mapping[str, KGrams], least: float) -> tuple[float, str] | None:
    """The Jaccard index with the nearest of the known functions, and which that is; None where it is below `least`."""
    sized = {where: theirs for where, theirs in there.items() if least <= len(theirs) / max(1, len(mine)) <= 1 / least}
    near = {where: len(mine & theirs) / len(mine | theirs) for where, theirs in sized.items()}
    where = max(near, key=near.get, default="")
    return (near[where], where) if len(mine) >= LEAST and where and near[where] >= least else None


def _plain(source: str) -> KGrams:
    """KGrams of a function, whatever it and its arguments are called."""
    return pieces({"": re.sub(r"\bdef \w+", "def f", source)})


def functions(source: str) -> dict[str, str]:
    """Name -> source of the functions and methods in a module."""
    nodes = [node for node in statements(ast.parse(source)) if isinstance(node, ast.FunctionDef)]
    lines = source.splitlines()
    return {node.name: textwrap.dedent("\n".join(lines[node.lineno - 1 : node.end_lineno])) for node in nodes}


def _similarity(a: KGrams, b: KGrams, weight: Mapping[tuple, float]) -> float:
    every = math.fsum(weight[piece] for piece in a | b)
    return math.fsum(weight[piece] for piece in a & b) / every if every else 0.0


def pieces(sources: Mapping[str, str]) -> KGrams:
    """All pieces of a student's answers; an answer that is no Python has none."""
    found = set()
    for exercise, source in sources.items():
        tokens = re.findall(r"\w+|[^\w\s]", normal(source))
        found |= {(exercise, *tokens[i : i + LENGTH]) for i in range(len(tokens) - LENGTH + 1)}
    return frozenset(found)


@functools.lru_cache(10_000)
def normal(source: str) -> str:
    """Source with comments, docstrings, layout and the names of local variables taken out of it."""
    try:
        return _normal(ast.parse(source)) if len(source) <= LONGEST else ""
    except (SyntaxError, ValueError, RecursionError, MemoryError):  # the last two: it is nested too deeply
        return ""


def _normal(tree: ast.Module) -> str:
    local: dict[str, str] = {}
    nodes = list(ast.walk(tree))
    for node in nodes:
        name = node.arg if isinstance(node, ast.arg) else node.id if isinstance(node, ast.Name) else ""
        if name and (isinstance(node, ast.arg) or isinstance(node.ctx, ast.Store)):
            local.setdefault(name, f"v{len(local)}")
    for node in nodes:
        if isinstance(node, ast.FunctionDef) and ast.get_docstring(node) is not None:
            node.body = node.body[1:] or [ast.Pass()]
        if isinstance(node, ast.arg):
            node.arg, node.annotation = local[node.arg], None
        elif isinstance(node, ast.Name):
            node.id = local.get(node.id, node.id)
    return ast.unparse(tree)
