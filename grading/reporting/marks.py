"""What was earned, read from the gradebook and the graded notebooks: the table behind grades.csv and the report."""

from dataclasses import dataclass, field

from llmcourse.checks import Lab
from nbformat import NotebookNode
from nbformat.v4 import reads  # does not validate: the graders have written it

from .. import paths
from ..gradebook.gradebook import ClassGradebook, Row
from ..running.own_cells import own_cells


@dataclass(frozen=True)
class Mark:
    """What one submission has earned, and what happened on the way.

    points    exercise -> points; open_task is None until somebody has marked it
    mistakes  exercise -> the misconception that was recognised
    answers   exercise -> source
    own       a graded cell of the instructor's -> points; None until somebody has marked it
    repaired, stopped  what was repaired, and what took too long; lost says why a notebook was not run to its end
    """

    student: str
    first: str
    last: str
    points: dict[str, float]
    open_task: float | None
    mistakes: dict[str, str]
    answers: dict[str, str]
    repaired: tuple[str, ...]
    stopped: tuple[str, ...]
    lost: str
    seconds: float
    own: dict[str, float | None] = field(default_factory=dict)

    @property
    def total(self) -> float:
        own = sum(points or 0 for points in self.own.values())
        return round(sum(self.points.values()) + own + (self.open_task or 0), 2)

    @property
    def name(self) -> str:
        return f"{self.first or ''} {self.last or ''}".strip() or self.student


def read(lab: Lab) -> list[Mark]:
    """The marks of everyone whose submission of this lab was graded."""
    with ClassGradebook() as gradebook:
        entries, names = gradebook.entries(lab.slug), gradebook.names()
    found = {student: paths.autograded(student, lab.slug) for student in sorted(entries)}
    return [
        _mark(lab, student, names[student], entries[student].rows, path.read_text(encoding="utf-8"))
        for student, path in found.items()
        if path.exists()
    ]


def _mark(lab: Lab, student: str, name: tuple[str, str], rows: dict[str, Row], text: str) -> Mark:
    notebook, task = reads(text), rows.get("open-task")
    cells = {cell.metadata.nbgrader.grade_id: cell for cell in notebook.cells if "nbgrader" in cell.metadata}
    notes, names = notebook.metadata.get("llmcourse", {}), [exercise.name for exercise in lab.exercises]
    found = {name: cells[f"{name}-check"].metadata.get("llmcourse", {}).get("misconception", "") for name in names}
    return Mark(
        student=student,
        first=name[0],
        last=name[1],
        points={name: rows[f"{name}-check"].score for name in names},
        open_task=_score(task),
        mistakes={name: mistake for name, mistake in found.items() if mistake},
        answers={name: _source(cells[name]) for name in names},
        repaired=tuple(notes.get("repaired", notes.get("mended", ()))),
        stopped=tuple(notes.get("stopped", ())),
        lost=notes.get("lost", ""),
        seconds=notes.get("seconds", 0.0),
        own={cell.name: _score(rows.get(cell.name)) for cell in own_cells(lab)},
    )


def _source(cell: NotebookNode) -> str:
    """The source of an answer, also of one that stands in another cell (`intake.repair`)."""
    return cell.metadata.get("llmcourse", {}).get("answer", cell.source)


def _score(row: Row | None) -> float | None:
    """The points of a cell; None until somebody has marked it."""
    return None if row is None or row.pending else row.score
