"""The gradebook, nbgrader's, as the one process sees it that writes grades there: one engine, one transaction each.

What was earned comes from the results folder and may be entered again at any time; what people have entered by hand
(scores, extra credit, comments, extensions) is only ever read.
"""

import os
import re
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from typing import NamedTuple

import nbformat
from llmcourse import classroom, files
from llmcourse.checks import Lab
from nbgrader.api import (
    Assignment,
    BaseCell,
    Comment,
    Course,
    Grade,
    MissingEntry,
    Student,
    SubmittedAssignment,
    SubmittedNotebook,
)
from nbgrader.preprocessors import AssignLatePenalties
from nbgrader.utils import compute_checksum, is_solution, is_task
from sqlalchemy import select, text, update

from .. import paths
from ..running.autograde import Graded


class CannotGrade(Exception):
    """Grading cannot begin, or not go on. The message says what to do."""


def failpoint(name: str) -> None:
    """A place between grading and writing. A process that ends here must lose nothing; tests end it here."""


@contextmanager
def alone() -> Iterator[None]:
    """Two graders would overwrite each other. The lock dies with its process; raises CannotGrade."""
    here = paths.runtime()
    holder = here / ".lock.holder"
    with ExitStack() as stack:
        try:
            stack.enter_context(files.lock(here / ".lock", wait=False))
        except BlockingIOError:
            who = holder.read_text() if holder.exists() else "another process"
            raise CannotGrade(f"Another grader is at work in {here} ({who}). Wait until it has finished.") from None
        files.write(holder, f"process {os.getpid()}, begun {datetime.now():%H:%M}")
        yield


def register(lab: Lab) -> None:
    """Make the lab known to the gradebook: its points, its cells, the mark scheme of its open task, and when class.toml
    has it due."""
    with tempfile.TemporaryDirectory() as folder:
        api = paths.nbgrader(release_directory=os.path.relpath(folder, paths.ROOT))
        result = api.generate_assignment(lab.slug)
    if not result["success"]:
        log = result.get("log", "")
        errors = re.findall(r"^ *([\w.]+(?:Error|Entry|Exception): .*)", log, re.MULTILINE)
        raise CannotGrade(
            f"{lab.slug} can't be put into the gradebook: {errors[-1] if errors else log}\n"
            "If its exercises have changed since it was graded, move the gradebook away and grade again: "
            f"{paths.config().CourseDirectory.db_url}"
        )
    due = classroom.read(paths.ROOT).due.get(lab.slug)
    if due is not None:  # nbgrader keeps dates in UTC, without a zone
        with api.gradebook as gradebook:
            gradebook.update_or_create_assignment(lab.slug, duedate=due.replace(tzinfo=None))


class Row(NamedTuple):
    """One graded cell in the gradebook; `pending` until somebody has marked or looked at it."""

    auto: float | None
    manual: float | None
    extra: float | None
    score: float
    maximum: float
    pending: bool


class Entry(NamedTuple):
    """One submission in the gradebook: cell -> row, cell -> comment, and how late it was."""

    rows: dict[str, Row]
    comments: dict[str, str]
    penalty: float | None
    handed_in: datetime | None
    due: datetime | None

    def holds(self, graded: Graded, handed_in: datetime | None) -> bool:
        """Whether nothing is left to enter. Who was late is entered again: an extension may have been granted."""
        late = self.penalty is not None or (self.due and self.handed_in and self.handed_in > self.due)
        same = handed_in in (None, self.handed_in)
        return same and not late and all(self.rows[e.cell].auto == e.points for e in graded.exercises)

    def told(self) -> dict:
        """What a feedback page says of it, under nbgrader's names."""
        cells = {name: {"comment": text} for name, text in self.comments.items()}
        for name, row in self.rows.items():
            cells.setdefault(name, {}).update(score=row.score, points=row.maximum)
        score, most = (sum(getattr(row, what) for row in self.rows.values()) for what in ("score", "maximum"))
        penalty = self.penalty or 0
        return {"cells": cells, "score": score - penalty, "max_score": most, "late_penalty": penalty}


class ClassGradebook:
    """The grades of a class. Every method that writes is one transaction; a failed one leaves nothing behind."""

    def __init__(self):
        self.api = paths.nbgrader()
        try:
            self.gradebook = self.api.gradebook
        except ModuleNotFoundError as error:  # the driver of a database server
            raise CannotGrade(f"The gradebook needs {error.name}: .venv/bin/pip install {error.name}") from error
        self.db = self.gradebook.db
        self.late = AssignLatePenalties(parent=self.api)
        self.late.init_plugin()
        self.held = None

    def __enter__(self) -> "ClassGradebook":
        return self

    def __exit__(self, *_) -> None:
        if self.held is not None:
            self.held.close()
        self.gradebook.close()

    def claim(self) -> "ClassGradebook":
        """For who will write: fail now where that is impossible, and keep graders on other machines out.

        What `alone` does for one folder, a lock of the database server does for all; it dies with its connection.
        """
        self.db.execute(update(Course).values(id=Course.id))
        self.db.rollback()
        if self.gradebook.engine.dialect.name == "postgresql":
            self.held = self.gradebook.engine.connect().execution_options(isolation_level="AUTOCOMMIT")
            name = f"{self.api.coursedir.course_id} grading"
            if not self.held.scalar(text("SELECT pg_try_advisory_lock(hashtext(:name))"), {"name": name}):
                raise CannotGrade(
                    "Another grader is at work with this gradebook, on another machine. Wait for it to end."
                )
        return self

    def entries(self, slug: str) -> dict[str, Entry]:
        """Student -> what stands in the gradebook for this lab."""
        part, found = SubmittedNotebook, {}
        what = (part.late_submission_penalty, SubmittedAssignment.timestamp, Assignment.duedate)
        for student, penalty, handed_in, due in self._rows(slug, part, *what):
            found[student] = Entry({}, {}, penalty, handed_in, due)
        what = (Grade.auto_score, Grade.manual_score, Grade.extra_credit, Grade.score, Grade.max_score)
        for student, cell, *numbers in self._rows(slug, Grade, BaseCell.name, *what, Grade.needs_manual_grade):
            found[student].rows[cell] = Row(*numbers)
        for student, cell, comment in self._rows(slug, Comment, BaseCell.name, Comment.comment):
            found[student].comments[cell] = comment
        self.db.rollback()  # a read, too, begins a transaction
        return found

    def names(self) -> dict[str, tuple[str, str]]:
        """Student -> first and last name, "" where there is none."""
        found = self.db.execute(select(Student.id, Student.first_name, Student.last_name)).all()
        self.db.rollback()
        return {student: (first or "", last or "") for student, first, last in found}

    def people(self) -> list[tuple[str, str, str, str, bool]]:
        """Id, first name, last name and email of every student, and whether there are submissions."""
        query = select(Student.id, Student.first_name, Student.last_name, Student.email)
        found = self.db.execute(query).all()
        active = {*self.db.scalars(select(SubmittedAssignment.student_id))}
        self.db.rollback()
        return [(who, first or "", last or "", email or "", who in active) for who, first, last, email in found]

    def remove(self, students: Iterable[str]) -> None:
        """Remove students who have no submission."""
        try:
            for student in students:
                self.db.delete(self.db.get(Student, student))
            self.db.commit()
        finally:
            self.db.remove()

    def enroll(self, people: dict[str, tuple[str, str, str]]) -> None:
        """Student -> first name, last name, email: all of them, or none where one can't be entered."""
        try:
            for student, (first, last, email) in people.items():
                row = self.db.get(Student, student) or Student(id=student)
                row.first_name, row.last_name, row.email = first or None, last or None, email or None
                self.db.add(row)
            self.db.commit()
        finally:
            self.db.remove()

    def _rows(self, slug: str, table: type, *columns) -> list:
        """These columns for every submission of the lab, or for every cell of them, with the student in front."""
        query = select(SubmittedAssignment.student_id, *columns).select_from(table)
        if table is not SubmittedNotebook:
            query = query.join(SubmittedNotebook, SubmittedNotebook.id == table.notebook_id)
            query = query.join(BaseCell, BaseCell.id == table.cell_id)
        query = query.join(SubmittedAssignment, SubmittedAssignment.id == SubmittedNotebook.assignment_id)
        query = query.join(Assignment, Assignment.id == SubmittedAssignment.assignment_id)
        return self.db.execute(query.where(Assignment.name == slug)).all()

    def enter(self, graded: Graded, handed_in: datetime | None = None, changed: bool = True) -> None:
        """Enter what a submission has earned, as nbgrader's SaveAutoGrades and AssignLatePenalties would.

        changed  the answers may differ from those before: one that was judged by hand has to be looked at again
        """
        try:
            submission = self._submission(graded.student, graded.lab)
            if handed_in is not None:
                submission.timestamp = handed_in
            [notebook] = submission.notebooks
            self._score(notebook, {e.cell: e.points for e in graded.exercises}, changed)
            self._comment(notebook, nbformat.reads(graded.notebook, 4))
            self.db.flush()
            self._penalise(submission, notebook)
            failpoint("entering")
            self.db.commit()
        finally:
            self.db.remove()  # ends what was begun and not committed, and lets the objects go

    def _submission(self, student: str, slug: str) -> SubmittedAssignment:
        """The student's submission, made where it is missing with the rows of all cells."""
        if self.db.get(Student, student) is None:
            self.db.add(Student(id=student))
        try:
            submission = self.gradebook.find_submission(slug, student)
        except MissingEntry:
            submission = SubmittedAssignment(assignment=self.gradebook.find_assignment(slug), student_id=student)
            self.db.add(submission)
        given = {part.notebook_id: part for part in submission.notebooks}
        for notebook in submission.assignment.notebooks:
            part = given.get(notebook.id) or SubmittedNotebook(notebook=notebook, assignment=submission)
            self.db.add(part)
            scored, commented = ({row.cell_id for row in rows} for rows in (part.grades, part.comments))
            for cell in (*notebook.grade_cells, *notebook.task_cells):
                part.grades += [] if cell.id in scored else [Grade(cell=cell)]
            for cell in (*notebook.solution_cells, *notebook.task_cells):
                part.comments += [] if cell.id in commented else [Comment(cell=cell)]
        self.db.flush()
        return submission

    def _score(self, notebook: SubmittedNotebook, earned: dict[str, float | None], changed: bool) -> None:
        for grade in notebook.grades:
            if grade.cell.name in earned:
                other = grade.auto_score != earned[grade.cell.name]
                grade.auto_score = earned[grade.cell.name]
                if changed or other:
                    grade.needs_manual_grade = grade.manual_score is not None or grade.auto_score is None

    def _comment(self, notebook: SubmittedNotebook, graded: nbformat.NotebookNode) -> None:
        cells = {cell.metadata.nbgrader.grade_id: cell for cell in graded.cells if "nbgrader" in cell.metadata}
        for comment in notebook.comments:
            cell = cells.get(comment.cell.name)
            if cell is not None and (is_solution(cell) or is_task(cell)):
                untouched = cell.metadata.nbgrader.get("checksum") == compute_checksum(cell)
                comment.auto_comment = "No response." if untouched and not is_task(cell) else None

    def _penalise(self, submission: SubmittedAssignment, notebook: SubmittedNotebook) -> None:
        """What nbgrader's plugin takes off for a late submission."""
        self.db.refresh(notebook, ["score"])
        late, penalty = submission.total_seconds_late, None
        if late > 0:
            penalty = self.late.plugin_inst.late_submission_penalty(submission.student_id, notebook.score, late)
        notebook.late_submission_penalty = None if penalty is None else self.late._check_late_penalty(notebook, penalty)
