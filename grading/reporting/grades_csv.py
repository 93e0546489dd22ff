"""grades.csv: one row for each exercise of each submission, also of those that could not be graded.

    auto, manual   points as graded, and as given by hand; extra is credit beyond them
    exercise       one of the course's, the grade id of a cell of the instructor's, open-task, or late
    status         graded, unreadable, failed, or waiting (for somebody to mark it)
    reason         why points are missing, or why there are none

A late penalty is a row of its own with points below zero, so that a student's rows add up.
"""

import csv
import io
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

from llmcourse.checks import Lab
from llmcourse.files import write

from ..gradebook.gradebook import ClassGradebook, Entry, Row
from ..gradebook.results import Results
from ..running.autograde import Graded
from ..running.own_cells import WHAT, own_cells

NUMBERS = ("auto", "manual", "extra", "maximum")
COLUMNS = ("student", "lab", "exercise", *NUMBERS, "status", "reason")
EMPTY = Row(auto=None, manual=None, extra=None, score=0.0, maximum=0.0, pending=True)


def write_table(path: Path, rows: Iterable[dict]) -> None:
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, restval="")
    writer.writeheader()
    writer.writerows({name: safe(value) for name, value in row.items()} for row in rows)
    write(path, text.getvalue())


def rows(lab: Lab, gradebook: ClassGradebook, results: Results, only: Collection[str] | None = None) -> Iterator[dict]:
    """The rows of one lab: of everybody in the gradebook or in the results folder, or of these students only."""
    entries = {who: entry for who, entry in gradebook.entries(lab.slug).items() if only is None or who in only}
    for graded in results.all(lab.slug):
        if only is not None and graded.student not in only:
            continue
        yield from _rows(lab, graded.student, entries.pop(graded.student, None), graded)
    for student, entry in sorted(entries.items()):
        yield from _rows(lab, student, entry, Graded(student, lab.slug, "graded"))


def _rows(lab: Lab, student: str, entry: Entry | None, graded: Graded) -> Iterator[dict]:
    entered = entry.rows if entry else {}
    reasons = {e.name: e.reason for e in graded.exercises}
    told = graded.reason
    if graded.status != "graded" and entered:
        told += " The points are those of the previous submission."
    for exercise in lab.exercises:
        row = entered.get(f"{exercise.name}-check", EMPTY._replace(maximum=exercise.points))
        lost = row.auto is None or row.auto < row.maximum
        why = filter(None, [reasons.get(exercise.name) or told, graded.notice])
        reason = " ".join(why) if lost or graded.status != "graded" else ""
        yield _row(student, lab, exercise.name, row, graded.status, reason)
    for own in own_cells(lab):
        row = entered.get(own.name, EMPTY._replace(maximum=own.points))
        about = (WHAT, reasons.get(own.name) or told) if own.kind == "test" else (told,)
        status = "waiting" if graded.status == "graded" and row.pending else graded.status
        yield _row(student, lab, own.name, row, status, " ".join(filter(None, about)))
    if "open-task" in entered:
        task = entered["open-task"]
        yield _row(student, lab, "open-task", task, "waiting" if task.pending else "graded", "")
    if entry and entry.penalty:
        when = f"due {entry.due:%Y-%m-%d %H:%M}, submitted {entry.handed_in:%Y-%m-%d %H:%M} (UTC)"
        yield _row(student, lab, "late", EMPTY._replace(auto=-entry.penalty), "graded", when)


def refused(what: str, why: str) -> dict:
    """The row of a file that nobody's points could be read from."""
    return {"student": what, "status": "unreadable", "reason": why}


def _row(student: str, lab: Lab, name: str, row: Row, status: str, reason: str) -> dict:
    numbers = {what: "" if getattr(row, what) is None else f"{getattr(row, what):g}" for what in NUMBERS}
    return {"student": student, "lab": lab.slug, "exercise": name, **numbers, "status": status, "reason": reason}


def safe(text: str) -> str:
    """Text that a spreadsheet does not take for a formula; a number stays one."""
    text = " ".join(text.split())
    try:
        float(text)
    except ValueError:
        return f"'{text}" if text.startswith(("=", "+", "-", "@")) else text
    return text
