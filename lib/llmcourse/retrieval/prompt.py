"""Putting passages into a prompt: as many as a budget of tokens holds, in an order, with numbers to cite."""

import re
from collections.abc import Callable, Sequence
from typing import TypeVar

T = TypeVar("T")
ORDERS = ("best first", "best last", "ends")


def pack(passages: Sequence[str], budget: int, length: Callable[[str], int]) -> list[int]:
    """Numbers of the passages that go in: in their order, each that still fits; one that does not is passed over.

    length  tokens of a passage. Nothing is cut: half a passage may say the contrary. Raises ValueError when not even
            the shortest fits.
    """
    lengths = [length(passage) for passage in passages]
    if lengths and min(lengths) > budget:
        raise ValueError(
            f"No passage fits into {budget} tokens: the shortest has {min(lengths)}. Raise the budget, or cut the "
            "documents into smaller chunks."
        )
    taken, left = [], budget
    for i, n in enumerate(lengths):
        if n <= left:
            taken.append(i)
            left -= n
    return taken


def arrange(ranked: Sequence[T], order: str = "best first") -> list[T]:
    """A ranking in the order of reading.

    "ends" puts the best at both ends and the worst in the middle, which is read least (Liu et al. 2024): 1 3 5 ... 4 2.
    Raises ValueError for another order.
    """
    if order == "best first":
        return list(ranked)
    if order == "best last":
        return list(reversed(ranked))
    if order == "ends":
        return [*ranked[0::2], *reversed(ranked[1::2])]
    raise ValueError(f"There is no order {order!r}: take one of {', '.join(ORDERS)}.")


def cited(passages: Sequence[str]) -> str:
    """The passages as a block with numbers: "[1] ..." and so on, a line each."""
    return "\n".join(f"[{n}] {passage}" for n, passage in enumerate(passages, 1))


def citations(answer: str) -> list[int]:
    """The numbers that an answer cites, each once, in the order of their first coming: "Paris [2][1]" -> [2, 1]."""
    return list(dict.fromkeys(int(n) for n in re.findall(r"\[(\d+)\]", answer)))
