"""A bank of answers that people write, to measure how well the checks explain mistakes (`python -m grading try`).

A file is Python. Every function in it that stands for an answer is entered under its exercise:

    from grading.answers import answer

    @answer("online-update", "k - 1 for k", "wrong", means="counts_from_zero")
    def _(c, f, k, A, B): ...

    @answer("online-update", "solves with the inverse", "right")    # unusual, and should pass
    def _(c, f, k, A, B): ...

`means` names the misconception that the author had in mind; without it, whether a card is right is left to the reader.
`rule` says of a right answer that the task itself refuses ("the cell says to stay in the dtype of the inputs").
Authors of such files have not read the private halves: the bank measures what has not been foreseen.

The course's own files are `grading/answers/<lab>/*.py`.
"""

import linecache
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

KINDS = ("right", "wrong")


@dataclass(frozen=True)
class Answer:
    """One answer of the bank; the names are explained above."""

    exercise: str
    what: str
    kind: str
    function: Callable
    means: str = ""
    rule: str = ""


_entered: list[Answer] = []


def answer(exercise: str, what: str, kind: str, means: str = "", rule: str = "") -> Callable[[Callable], Callable]:
    """Decorator: enter a function, or a class, as an answer to an exercise. `what` says in a few words what it does."""
    if kind not in KINDS:
        raise ValueError(f"An answer is one of {', '.join(KINDS)}, not {kind!r}.")

    def enter(function: Callable) -> Callable:
        _entered.append(Answer(exercise, what, kind, function, means, rule))
        return function

    return enter


def read(path: Path) -> list[Answer]:
    """The answers that a file enters, in its order."""
    _entered.clear()
    linecache.checkcache(str(path))
    exec(compile(path.read_text(encoding="utf-8"), str(path), "exec"), {"__name__": f"answers_{path.stem}"})
    return list(_entered)
