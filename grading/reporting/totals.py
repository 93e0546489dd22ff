"""totals.csv: one row for each student of a class that class.toml describes.

    a lab      percent of its points that the student has, late penalties taken off; empty where nothing was submitted
    total      their mean, weighted as class.toml says; a lab that was not submitted counts as zero
    to_mark    labs in which something waits for a person; until then it counts as zero

Whoever is in the gradebook has a row, also without a submission.
"""

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from llmcourse.checks import Lab
from llmcourse.classroom import Classroom
from llmcourse.files import write
from llmcourse.slugs import label

from ..gradebook.gradebook import ClassGradebook, Entry
from .grades_csv import safe


@dataclass(frozen=True)
class Total:
    """What one student has earned in the course: shares from 0 to 1; extra credit may lead beyond."""

    student: str
    first: str
    last: str
    shares: dict[str, float]
    total: float
    waiting: tuple[str, ...]

    @property
    def name(self) -> str:
        return f"{self.first} {self.last}".strip() or self.student


def read(room: Classroom, labs: Iterable[Lab], gradebook: ClassGradebook) -> list[Total]:
    """The totals of everybody in the gradebook, by id."""
    entries = {lab.slug: gradebook.entries(lab.slug) for lab in labs}
    names = gradebook.names()
    return [
        _total(room, student, names[student], {s: e.get(student) for s, e in entries.items()})
        for student in sorted(names)
    ]


def _total(room: Classroom, student: str, name: tuple[str, str], entries: dict[str, Entry | None]) -> Total:
    given = {slug: entry for slug, entry in entries.items() if entry is not None and entry.rows}
    shares = {slug: _share(entry) for slug, entry in given.items()}
    weights = {slug: room.weight(slug) for slug in entries}
    total = sum(weights[slug] * share for slug, share in shares.items()) / (sum(weights.values()) or 1.0)
    waiting = tuple(slug for slug, entry in given.items() if any(row.pending for row in entry.rows.values()))
    return Total(student, *name, shares, total, waiting)


def _share(entry: Entry) -> float:
    told = entry.told()
    return told["score"] / told["max_score"] if told["max_score"] else 0.0


def percent(share: float | None) -> str:
    return "" if share is None else f"{100 * share:.2f}"


def write_table(path: Path, labs: Iterable[Lab], everybody: Iterable[Total]) -> None:
    text, slugs = io.StringIO(), [lab.slug for lab in labs]
    writer = csv.writer(text)
    writer.writerow(("student", "last_name", "first_name", "total", *slugs, "to_mark"))
    for one in everybody:
        shares = (percent(one.shares.get(slug)) for slug in slugs)
        row = (one.student, one.last, one.first, percent(one.total), *shares, " ".join(map(label, one.waiting)))
        writer.writerow(map(safe, row))
    write(path, text.getvalue())
