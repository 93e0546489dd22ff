"""RFT: draw many answers once, keep those that are right and *different*, and train on them.

    x   a question      z   a rationale      k   how many are kept per question, at most

Right: the answer is right, and no equation on the way is false. Two rationales are the same when their lists of
equations are: the same calculations in the same order. The rest of the wording does not matter. Yuan et al. 2023,
"Scaling relationship on learning mathematical reasoning with large language models", section 3.3.
"""

import re
from collections.abc import Callable, Iterable, Sequence

from .writer import Pair

EQUATION = re.compile(r"[0-9+*/().-]+=[0-9.]+")


def equations(rationale: str) -> tuple[str, ...]:
    """The list of equations in a text, by which paths are compared: ("8+9=17", "17+3=20")."""
    return tuple(EQUATION.findall(rationale.replace(" ", "")))


def distinct(
    question: str, rationales: Iterable[str], right: Callable[[str, str], bool], k: int | None = None
) -> list[str]:
    """The right ones, the first of each path, at most k of them."""
    paths: dict[tuple[str, ...], str] = {}
    for z in rationales:
        if right(question, z):
            paths.setdefault(equations(z), z)
    return list(paths.values())[:k]


def augment(
    gold: Sequence[Pair], drawn: Sequence[Sequence[str]], right: Callable[[str, str], bool], k: int
) -> list[Pair]:
    """Training pairs with at most k distinct paths per question, always including the given one."""
    return [(x, z) for (x, given), others in zip(gold, drawn) for z in distinct(x, [given, *others], right, k)]
