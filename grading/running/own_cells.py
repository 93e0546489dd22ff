"""Graded cells that the course does not know: ordinary nbgrader cells that an instructor has added to a lab.

    test    an autograder test: it runs in the student's own process, as nbgrader runs it, and its points are read there
    manual  an answer that a person marks; an untouched one earns nothing
    task    a task of nbgrader's, marked by a person

A student who sets out to can cheat such a test, since it runs in the same process as the answer. Cards and tables say
so.
"""

import functools
import hashlib
from typing import NamedTuple

import nbformat
from llmcourse.checks import Lab
from llmcourse.checks.card import Card, Row
from nbformat import NotebookNode
from nbgrader.utils import determine_grade, is_grade, is_solution, is_task

from .. import paths
from ..intake.files import quoted
from .score import Result

OPEN = "open-task"  # the one task that is the course's
WHAT = "An nbgrader test of the instructor's, run in the student's own process."
DOES = "the test runs without an error"


class OwnCell(NamedTuple):
    """A graded cell of the instructor's: its grade id, its kind, its points, and a hash of its source."""

    name: str
    kind: str
    points: float
    scores: str


def own_cells(lab: Lab) -> tuple[OwnCell, ...]:
    """The graded cells of a lab that the course does not know, in the order of its solution."""
    path = paths.solution(lab.slug)
    known = {OPEN, *(f"{exercise.name}-check" for exercise in lab.exercises)}
    graded = _graded_cells(str(path), path.stat().st_mtime_ns) if path.exists() else ()
    return tuple(cell for cell in graded if cell.name not in known)


@functools.lru_cache(maxsize=64)
def _graded_cells(path: str, changed: int) -> tuple[OwnCell, ...]:
    """All graded cells of a notebook; `changed` says that the file is still the same."""
    return tuple(_own_cell(cell) for cell in nbformat.read(path, 4).cells if is_grade(cell) or is_task(cell))


def _own_cell(cell: NotebookNode) -> OwnCell:
    kind = "task" if is_task(cell) else "test" if is_test(cell) else "manual"
    given = cell.metadata.nbgrader
    return OwnCell(given.grade_id, kind, float(given.points), hashlib.sha256(cell.source.encode()).hexdigest()[:16])


def checks(lab: Lab, cell: NotebookNode) -> str:
    """The exercise that a graded cell checks; "" where the cell is not the course's."""
    name = cell.metadata["nbgrader"]["grade_id"]
    return next((e.name for e in lab.exercises if f"{e.name}-check" == name), "")


def is_test(cell: NotebookNode) -> bool:
    """Whether nbgrader grades a cell by running it."""
    return cell.cell_type == "code" and is_grade(cell) and not is_solution(cell)


def tested(cell: NotebookNode, stopped: bool) -> Result:
    """Points and card of a test that was run: full points when it raised nothing, none when it did, or the number that
    it returned.

    stopped  whether it took too long or printed too much
    """
    most = float(cell.metadata["nbgrader"]["points"])
    try:
        points = 0.0 if stopped else determine_grade(cell)[0]
    except (KeyError, ValueError):  # nbgrader would end here
        return _result(cell, 0.0, f"It returned more than its {most:g} points, or nothing that can be read.")
    return _result(cell, points, "" if points == most else _why(cell, points, stopped))


def not_tested(cell: NotebookNode, why: str) -> Result:
    """No points, for a test that was not run to its end."""
    return _result(cell, 0.0, why)


def _why(cell: NotebookNode, points: float, stopped: bool) -> str:
    if stopped:
        return "It took too long, or printed too much, and was stopped."
    error = next((o for o in cell.outputs if o.output_type == "error"), None)
    if error is not None:
        kind = error.ename if error.ename.isidentifier() and len(error.ename) <= 60 else "an exception"
        return f"It raised {kind}: {quoted(error.evalue)}."  # a student's code may have raised it
    if any(o.output_type == "stream" and o.name == "stderr" for o in cell.outputs):
        return "It wrote to stderr, which nbgrader counts as a failure."
    return f"It returned {points:g}."


def _result(cell: NotebookNode, points: float, why: str) -> Result:
    given = cell.metadata["nbgrader"]
    row = Row(DOES, "fail" if why else "pass", why)
    card = Card(given["grade_id"], (row,), f"{points:g} of {given['points']:g} points", warning=WHAT)
    return Result(points, given["points"], card)
