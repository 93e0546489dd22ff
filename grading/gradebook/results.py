"""The results folder: one file for each submission, which says all that grading found. Whatever is written elsewhere
can be made from it again, so it is written first.

    results/LAB/STUDENT.json   the Graded, with the autograded notebook in it
    results/LAB/STUDENT.log    the same for people: what was repaired, what went wrong
"""

from collections.abc import Iterator
from pathlib import Path

from llmcourse.files import write

from ..running.autograde import Graded


class Results:
    def __init__(self, folder: Path):
        self.folder = folder

    def path(self, slug: str, student: str) -> Path:
        return self.folder / slug / f"{student}.json"

    def load(self, slug: str, student: str) -> Graded | None:
        """What was found the last time; None where there is nothing, or no whole file."""
        try:
            return Graded.loads(self.path(slug, student).read_text(encoding="utf-8"))
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def all(self, slug: str) -> Iterator[Graded]:
        """One at a time: notebooks are large."""
        for path in sorted((self.folder / slug).glob("*.json")):
            found = self.load(slug, path.stem)
            if found:
                yield found

    def save(self, graded: Graded) -> None:
        path = self.path(graded.lab, graded.student)
        write(path.with_suffix(".log"), _told(graded))
        write(path, graded.dumps())  # last: with it, this submission is graded


def _told(graded: Graded) -> str:
    inputs = f", inputs of round {graded.round}" if graded.round else ""
    lines = [f"{graded.student} {graded.lab}: {graded.status}, {graded.seconds} seconds{inputs}", graded.reason]
    lines += [f"{e.name}: {_points(e.points)} of {e.maximum:g}  {e.reason}" for e in graded.exercises]
    lines += [f"repaired: {what}" for what in graded.repaired] + [f"stopped: {what}" for what in graded.stopped]
    return "\n".join(filter(None, [*lines, graded.log])) + "\n"


def _points(points: float | None) -> str:
    return "to be marked" if points is None else f"{points:g}"
