"""python -m grading grade [LAB] [STUDENT ...]: grade what was handed in.

Hand-ins stand in grading/submitted, as STUDENT/NN_slug/lab.ipynb or as the zip of `make submit`: STUDENT.zip, or
STUDENT/NN_slug.zip.
Where there is none, a sample class is made. Feedback pages, grades.csv and the report are written beside it.
"""

import csv
import os
import re
import sys
import tempfile
import time
import zipfile
from pathlib import Path

import nbformat
from llmcourse.checks import Lab, lab, labs
from llmcourse.work import WorkError
from llmcourse.work.folder import find
from tqdm import tqdm

from . import folders, marks, report, sample

STUDENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
LARGEST = 50_000_000  # bytes of a notebook; nobody writes a larger one


def main(argv: list[str]) -> int:
    try:
        chosen = lab(find(argv[0])) if argv else None
    except WorkError as error:
        print(error, file=sys.stderr)
        return 2
    refused = unpack()
    if not any(handed_in(lab) for lab in ([chosen] if chosen else labs())):
        print("Nothing was handed in yet: a sample class is made, to show how it goes.")
        sample.make(chosen or labs()[0])
    for one in [chosen] if chosen else labs():
        refused |= grade(one, [who for who in handed_in(one) if who in argv[1:] or not argv[1:]])
    table(folders.runtime() / "grades.csv")
    for what, why in refused.items():
        print(f"not graded: {what}: {why}", file=sys.stderr)
    print(f"grades    {_shown('grades.csv')}", f"feedback  {_shown('feedback')}", sep="\n")
    print(f"report    {os.path.relpath(report.write())}")
    print("by hand   the open tasks: `make lab`, then Nbgrader > Formgrader in the menu")
    return 1 if refused else 0


def _shown(name: str) -> str:
    return os.path.relpath(folders.runtime() / name)


def handed_in(lab: Lab) -> list[str]:
    """Who has handed in this lab."""
    return sorted(path.parents[1].name for path in folders.runtime().glob(f"submitted/*/{lab.slug}/lab.ipynb"))


def unpack() -> dict[str, str]:
    """Unpack each zip that is newer than what stands there; returns what was refused, and why."""
    refused, here = {}, folders.runtime() / "submitted"
    for path in sorted([*here.glob("*.zip"), *here.glob("*/*.zip")]):
        try:
            _unpack(path, student=path.stem if path.parent == here else path.parent.name)
        except Exception as error:  # whatever a file holds, the class goes on
            refused[path.relative_to(here).as_posix()] = str(error) or type(error).__name__
    return refused


def _unpack(path: Path, student: str) -> None:
    """Take the notebooks of labs out of a zip, by their full names, and nothing else."""
    if not STUDENT.fullmatch(student):
        raise ValueError("name it after the student's id: letters, digits, dots and dashes")
    with zipfile.ZipFile(path) as archive:
        wanted = {f"{lab.slug}/lab.ipynb": lab.slug for lab in labs()}
        found = [name for name in archive.namelist() if name in wanted]
        if not found:
            raise ValueError(f"it holds no lab; expected for example {next(iter(wanted))}")
        for name in found:
            with archive.open(name) as file:
                data = file.read(LARGEST + 1)
            if len(data) > LARGEST:
                raise ValueError(f"{name} is larger than {LARGEST // 10**6} MB")
            target = folders.submitted(student, wanted[name])
            if not target.exists() or target.stat().st_mtime < path.stat().st_mtime:
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(data)


def grade(lab: Lab, students: list[str]) -> dict[str, str]:
    """Grade a lab for these students and write their feedback pages; returns who could not be graded, and why."""
    if not students:
        return {}
    register(lab)
    api, refused, start = folders.nbgrader(), {}, time.monotonic()
    for student in tqdm(students, desc=f"grading {lab.slug}", unit="submission", leave=False, disable=None):
        refused |= {f"{student}/{lab.slug}": why for why in [_grade(api, lab, student)] if why}
    seconds = time.monotonic() - start
    done = len(students) - len(refused)
    print(f"{lab.slug}: {done} of {len(students)} graded, {seconds / len(students):.1f} seconds each")
    return refused


def _grade(api, lab: Lab, student: str) -> str:
    """Grade one submission; returns why it could not be, or ""."""
    if not STUDENT.fullmatch(student):
        return "name the folder after the student's id: letters, digits, dots and dashes"
    try:
        notebook = nbformat.read(folders.submitted(student, lab.slug), 4)
        if not isinstance(notebook.cells, list):
            raise ValueError("it has no list of cells")
    except Exception as error:  # whatever a file holds, the class goes on
        return f"the file is no notebook ({str(error).splitlines()[0][:120] if str(error) else type(error).__name__})"
    for step in (api.autograde, api.generate_feedback):
        result = step(lab.slug, student)
        if not result["success"]:
            return result.get("log", result["error"]).strip().splitlines()[-1]
    return ""


def register(lab: Lab) -> None:
    """Make the lab known to the class's gradebook: its points, its cells, the mark scheme of its open task."""
    with tempfile.TemporaryDirectory() as folder:
        api = folders.nbgrader(release_directory=os.path.relpath(folder, folders.ROOT))
        result = api.generate_assignment(lab.slug)
    if not result["success"]:
        raise SystemExit(
            f"{lab.slug} can't be put into the gradebook:\n{result.get('log', '')}\n"
            f"If its exercises have changed since it was graded, move {_shown('gradebook.db')} away and grade anew."
        )


def table(path: Path) -> None:
    """Write grades.csv: a row for each student; exercises, open task and total of every lab."""
    rows: dict[str, dict[str, object]] = {}
    for one in labs():
        for mark in marks.read(one):
            row = rows.setdefault(mark.student, {"student": mark.student, "first": mark.first, "last": mark.last})
            number = one.slug[:2]
            row |= {f"{number} {name}": f"{points:g}" for name, points in mark.points.items()}
            row[f"{number} open-task"] = "pending" if mark.open_task is None else f"{mark.open_task:g}"
            row[f"{number} total"] = f"{mark.total:g}"
    columns = list(dict.fromkeys(column for row in rows.values() for column in row))
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, columns)
        writer.writeheader()
        writer.writerows(rows[student] for student in sorted(rows))
