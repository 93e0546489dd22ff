"""What students and instructors have from an earlier version still opens: work, a graded class, grades given by hand.

The fixture was made by the last commit of version 0.1 (10a2f18): `work/` of a student who has done one exercise of
lab 08 and begun another, and a class of six: five were graded, one of them with points and a comment given by hand.
"""

import csv
import json
import shutil
import tarfile
from pathlib import Path

import pytest
from llmcourse import work
from llmcourse.work import folder

from grading import grade, paths
from grading.commands import main
from grading.gradebook.gradebook import ClassGradebook
from grading.gradebook.results import Results
from grading.reporting import class_report

from .classes import SLUG, without_kernels

FIXTURE = Path(__file__).with_name("fixtures") / "v0.1.tar.xz"
GRADED = {"amara.okafor", "dmitri.sokolov", "lucia.fernandez", "noor.de-vries", "Grace-Mwangi-4711-4fb7e881"}
WRONG = {  # student -> exercises without full marks
    "dmitri.sokolov": {"decode-step"},
    "lucia.fernandez": {"linear-brackets"},
    "Grace-Mwangi-4711-4fb7e881": {"linear-brackets", "delta-step"},
}


@pytest.fixture
def earlier(tmp_path):
    with tarfile.open(FIXTURE) as archive:
        archive.extractall(tmp_path, filter="data")
    return tmp_path


@pytest.fixture
def at_home(earlier, monkeypatch):
    """A student's folder after `git pull`: the old work, the new labs."""
    shutil.copytree(paths.ROOT / "labs", earlier / "labs")
    shutil.copy(paths.ROOT / "pyproject.toml", earlier)
    (earlier / "lectures").mkdir()
    monkeypatch.chdir(earlier)
    return earlier


@pytest.fixture
def graded(earlier, monkeypatch):
    monkeypatch.setenv("LLMCOURSE_GRADING", str(earlier / "grading"))
    return earlier / "grading"


def rows(place):
    found = csv.DictReader((place / "grades.csv").open(encoding="utf-8"))
    return {(row["student"], row["exercise"]): row for row in found}


def test_work_goes_on(at_home):
    assert "passed 2026-11-27" in str(work.progress()) and "1 of 8 exercises" in str(work.progress())
    before = {folder.key(c): c for c in folder.read(at_home / "work" / SLUG / "lab.ipynb")["cells"]}
    said = work.update("08")
    assert not list(at_home.glob("work/**/lab.ipynb"))
    after = {folder.key(c): c for c in folder.read(folder.labs()[SLUG].mine)["cells"]}
    for exercise in ("quadratic-map", "linear-brackets"):
        assert folder.source(after[exercise]) == folder.source(before[exercise]), said
    assert "# my first try" in folder.source(after["linear-brackets"])
    assert any("My notes" in folder.source(cell) for cell in after.values())
    assert set(folder.answers(folder.labs()[SLUG].fresh())) <= set(after)
    work.submit("08")
    assert (at_home / "work" / f"{SLUG}.zip").exists()


def test_results_and_the_report_open_before_anything_is_graded_again(graded):
    results = Results(graded / "results")
    old = results.load(SLUG, "lucia.fernandez")
    assert old.status == "graded" and {e.name: e.points for e in old.exercises}["linear-brackets"] == 0
    assert any("metadata was gone" in note for note in results.load(SLUG, "noor.de-vries").repaired)
    page = class_report.write().read_text(encoding="utf-8")
    assert "Amara Okafor" in page and "metadata was gone" in page
    assert "step_without_maps" in page  # what version 0.1 called a misconception


def by_hand():
    with ClassGradebook() as book:
        entry = book.entries(SLUG)["amara.okafor"]
    return entry.rows["open-task"].manual, entry.comments["open-task"]


def test_a_graded_class_is_graded_once_more_and_then_no_more(graded, monkeypatch):
    without_kernels(monkeypatch)
    count, inner = [], grade.grade_submission
    monkeypatch.setattr(grade, "grade_submission", lambda *call: count.append(call[2]) or inner(*call))
    assert by_hand() == (5, "Two seeds are few.")
    assert main(["grade", "08"]) == 1  # the broken file
    assert set(count) == GRADED | {"broken.file"}
    assert main(["grade", "08"]) == 1 and len(count) == 6
    assert by_hand() == (5, "Two seeds are few.") and rows(graded)["amara.okafor", "open-task"]["manual"] == "5"
    assert {student for student, _ in rows(graded)} == GRADED | {"broken.file"}


@pytest.mark.slow
def test_everybody_has_the_same_points(graded):
    before = rows(graded)
    assert main(["grade", "08", "--workers=1"]) == 1
    after = rows(graded)
    assert {key: row["auto"] for key, row in after.items()} == {key: row["auto"] for key, row in before.items()}
    lost = {s: {e for (who, e), row in after.items() if who == s and float(row["auto"] or 9) < 1} for s in GRADED}
    assert {student: wrong for student, wrong in lost.items() if wrong} == WRONG
    assert after["amara.okafor", "open-task"]["manual"] == "5"
    notes = json.loads((graded / "results" / SLUG / "amara.okafor.json").read_text(encoding="utf-8"))
    assert notes["execution"] and all(earned[4] for earned in notes["exercises"])
