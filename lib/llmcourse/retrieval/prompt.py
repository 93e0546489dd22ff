"""Putting passages into a prompt: as many as fit into a budget of tokens, in an order, with numbers to cite."""

import re
from collections.abc import Callable, Sequence
from typing import TypeVar

T = TypeVar("T")
ORDERS = ("best first", "best last", "ends")


def pack(passages: Sequence[str], budget: int, length: Callable[[str], int]) -> list[int]:
    """The indices of the passages to include: in order, each one that still fits; one that does not is skipped.

    length  the number of tokens of a passage

    No passage is cut: half a passage may mean the opposite. Raises ValueError when not even the shortest fits.
    """
    lengths = [length(passage) for passage in passages]
    if lengths and min(lengths) > budget:
        raise ValueError(
            f"No passage fits into {budget} tokens: the shortest has {min(lengths)}. Raise the budget, or split the "
            "documents into smaller chunks."
        )
    taken, left = [], budget
    for i, n in enumerate(lengths):
        if n <= left:
            taken.append(i)
            left -= n
    return taken


def arrange(ranked: Sequence[T], order: str = "best first") -> list[T]:
    """A ranking in the order in which it is read.

    "ends" puts the best at both ends and the worst in the middle, which is read least (Liu et al. 2024): 1 3 5 ... 4 2.
    Raises ValueError for any other order.
    """
    if order == "best first":
        return list(ranked)
    if order == "best last":
        return list(reversed(ranked))
    if order == "ends":
        return [*ranked[0::2], *reversed(ranked[1::2])]
    raise ValueError(f"There is no order {order!r}. Choose one of {', '.join(ORDERS)}.")


def cited(passages: Sequence[str]) -> str:
    """The passages as a numbered block, one per line: "[1] ..." and so on."""
    return "\n".join(f"[{n}] {passage}" for n, passage in enumerate(passages, 1))


def citations(answer: str) -> list[int]:
    """The numbers that an answer cites, each once, in the order of first occurrence: "Paris [2][1]" -> [2, 1]."""
    return list(dict.fromkeys(int(n) for n in re.findall(r"\[(\d+)\]", answer)))
