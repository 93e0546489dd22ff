"""python -m grading try [FILE or FOLDER ...] [--all]: how well do the checks explain the mistakes in these files?

Without a name, the bank of the course is tried, grading/answers. Each answer is checked as `check` does at home, on the
public cases. For a wrong one the card says, in the order of the table's columns:

    accepted   that it is right
    named      "This equals ...", and it is the misconception that the author meant, if the file tells which
    misnamed   another one than the author meant
    diagnosed  what is wrong, in one sentence that holds for any exercise (llmcourse.checks.diagnosis)
    told       another cause: a shape, a type, an exception with its line, an argument changed in place
    silent     only that values differ

A right one passes, is refused for a rule that the task states, or is refused. What is accepted, misnamed, silent or
refused is listed, with its card in one line; --all lists everything.
"""

import re
import sys
from argparse import Namespace
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from llmcourse.checks import CheckFailed, find
from llmcourse.checks.card import Card
from llmcourse.checks.check import feedback

from .. import paths
from ..answers import Answer, read
from ..running.score import misconceptions

BANK = paths.ROOT / "grading" / "answers"
WRONG = ("accepted", "named", "misnamed", "diagnosed", "told", "silent")
RIGHT = ("passes", "by rule", "refused")
LISTED = {"accepted", "misnamed", "silent", "refused"}
# A card that shows values, and no cause.
UNTOLD = re.compile(r"\d+ of \d+ entries of .* differ|[^;]*: .*; expected: |`.*` is .*; expected ")


@dataclass(frozen=True)
class Tried:
    """An answer, and what became of it: one of WRONG or RIGHT."""

    answer: Answer
    outcome: str
    card: Card


def run(options: Namespace) -> int:
    files = list(_files(options.files or [BANK]))
    try:
        tried = [tried_out(answer) for file in files for answer in read(file)]
    except (CheckFailed, OSError, SyntaxError, ValueError) as error:
        print(error, file=sys.stderr)
        return 2
    for one in tried:
        if options.all or one.outcome in LISTED:
            print(f"{one.outcome:9} {one.answer.exercise}: {one.answer.what}\n          {one.card.line()[:240]}")
    print(table(tried))
    return 0


def _files(places: Iterable[Path]) -> Iterator[Path]:
    for place in places:
        yield from sorted(p for p in place.rglob("*.py") if p.name != "__init__.py") if place.is_dir() else [place]


def tried_out(answer: Answer) -> Tried:
    """Check an answer as a student's. Raises CheckFailed if there is no such exercise."""
    card = feedback(*find(answer.exercise), answer.function)
    return Tried(answer, _right(answer, card) if answer.kind == "right" else _wrong(answer, card), card)


def _right(answer: Answer, card: Card) -> str:
    return "passes" if card.ok else "by rule" if answer.rule else "refused"


def _wrong(answer: Answer, card: Card) -> str:
    if card.ok:
        return "accepted"
    if card.misconception:
        meant = next((m.says for m in misconceptions(answer.exercise) if m.name == answer.means), "")
        return "misnamed" if meant and card.misconception != f"This equals {meant}." else "named"
    if card.diagnosis:
        return "diagnosed"
    why = next((row.why for row in card.rows if row.status == "fail"), "")
    return "silent" if UNTOLD.match(why) else "told"


def table(tried: list[Tried]) -> str:
    """Counts by exercise, and their sum with percentages."""
    head = f"{'exercise':26}" + "".join(f"{name:>10}" for name in ("wrong", *WRONG, "right", *RIGHT))
    names = dict.fromkeys(one.answer.exercise for one in tried)
    rows = [_row(name, [one for one in tried if one.answer.exercise == name]) for name in names]
    return "\n".join([head, *rows, _row("all", tried), _row("per cent", tried, share=True)])


def _row(name: str, tried: list[Tried], share: bool = False) -> str:
    count = Counter(one.outcome for one in tried)
    cells = []
    for kind, outcomes in (("wrong", WRONG), ("right", RIGHT)):
        total = sum(one.answer.kind == kind for one in tried)
        part = lambda n, total=total: f"{100 * n / total:.1f}" if share and total else f"{n}"
        cells += [part(total), *(part(count[outcome]) for outcome in outcomes)]
    return f"{name:26}" + "".join(f"{cell:>10}" for cell in cells)
