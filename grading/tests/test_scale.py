"""What grading writes, what survives a regrading, and that nothing is graded twice."""

import csv
import os
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import nbformat
import pytest
from nbgrader.api import Gradebook

from grading import grade, paths
from grading.commands import main
from grading.gradebook.late import LateDays, moment
from grading.intake import collection
from grading.reporting import grades_csv
from grading.running import autograde, fingerprint

from .classes import LAB, SLUG, gradebook_in, hand_in, points, without_kernels

STUDENTS = ("ada", "ben", "cem")


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A class of three has submitted."""
    monkeypatch.setenv("LLMCOURSE_GRADING", str(tmp_path))
    without_kernels(monkeypatch)
    gradebook_in(tmp_path)
    hand_in(STUDENTS, tmp_path / "submitted")
    return tmp_path


@pytest.fixture
def counted(monkeypatch):
    """Students in the order in which they are graded."""
    who, inner = [], grade.grade_submission

    def count(path, slug, student, *more):
        who.append(student)
        return inner(path, slug, student, *more)

    monkeypatch.setattr(grade, "grade_submission", count)
    return who


def gradebook():
    return Gradebook(paths.config().CourseDirectory.db_url)


def written(place):
    """(student, exercise) -> row of grades.csv."""
    rows = csv.DictReader((place / "grades.csv").open(encoding="utf-8"))
    return {(row["student"], row["exercise"]): row for row in rows}


def test_points_are_the_same_everywhere(place):
    assert main(["grade"]) == 0
    rows = written(place)
    with gradebook() as book:
        for student in STUDENTS:
            for exercise in LAB.exercises:
                expected = points(student, exercise)
                entered = book.find_grade(f"{exercise.name}-check", "lab", SLUG, student)
                assert entered.auto_score == expected and not entered.needs_manual_grade
                row = rows[student, exercise.name]
                assert float(row["auto"]) == expected and float(row["maximum"]) == exercise.points
                assert bool(row["reason"]) == (expected < exercise.points)
            assert rows[student, "open-task"]["status"] == "waiting"
            assert paths.autograded(student, SLUG).exists() and paths.feedback(student, SLUG).exists()


def test_nothing_is_graded_twice(place, counted):
    assert main(["grade"]) == 0 and main(["grade", "--resume"]) == 0
    assert sorted(counted) == list(STUDENTS)
    hand_in(["ben"], place / "submitted", "This is better.")
    assert main(["grade"]) == 0 and counted[3:] == ["ben"]
    assert float(written(place)["ben", "chunkwise"]["auto"]) == points("ben", LAB["chunkwise"], "This is better.")
    assert main(["grade", "--again"]) == 0 and len(counted) == 7


def test_what_failed_is_tried_again(place, monkeypatch, capsys):
    with monkeypatch.context() as patch:
        patch.setattr("grading.tests.classes.points", None)  # the grader is broken, not the submission
        assert main(["grade"]) == 1
    assert "Grading failed (TypeError" in capsys.readouterr().err
    assert {row["status"] for row in written(place).values()} == {"failed"}
    assert main(["grade"]) == 0
    assert float(written(place)["ada", "chunkwise"]["auto"]) == points("ada", LAB["chunkwise"])


def test_workers_with_another_course_are_refused(place, monkeypatch, capsys):
    inner = grade.grade_submission
    other = lambda found: replace(found, exercises=tuple(e._replace(scores="0123") for e in found.exercises))
    monkeypatch.setattr(grade, "grade_submission", lambda *call: other(inner(*call)))
    assert main(["grade"]) == 2
    assert "another version of the course" in capsys.readouterr().err and not list(place.glob("results/*/*"))


def test_one_lab_and_one_student_can_be_chosen(place, counted):
    assert main(["grade", "08", "cem"]) == 0
    assert counted == ["cem"] and {student for student, _ in written(place)} == {"cem"}


def test_what_people_have_entered_survives(place):
    main(["grade"])
    with gradebook() as book:
        mine = book.find_grade("chunkwise-check", "lab", SLUG, "ada")
        mine.manual_score, mine.extra_credit = 1.5, 0.5
        book.find_comment("chunkwise", "lab", SLUG, "ada").manual_comment = "Well argued."
        task = book.find_grade("open-task", "lab", SLUG, "ada")
        task.manual_score, task.needs_manual_grade = 4, False
        book.db.commit()
    hand_in(["ada"], place / "submitted", "This is better.")
    main(["grade"])
    rows = written(place)
    assert rows["ada", "chunkwise"]["manual"] == "1.5" and rows["ada", "chunkwise"]["extra"] == "0.5"
    assert rows["ada", "open-task"]["manual"] == "4" and rows["ada", "open-task"]["status"] == "graded"
    assert "Well argued." in paths.feedback("ada", SLUG).read_text(encoding="utf-8")
    with gradebook() as book:
        mine = book.find_grade("chunkwise-check", "lab", SLUG, "ada")
        assert mine.score == 2 and mine.auto_score == points("ada", LAB["chunkwise"], "This is better.")
        assert mine.needs_manual_grade  # the answer that was judged by hand has changed


def test_what_was_left_out_is_in_table_log_and_feedback(place):
    odd = "<b>data<b>.csv"
    (place / "submitted" / "ada" / SLUG / odd).symlink_to("/etc/passwd")
    assert main(["grade"]) == 0
    said = f"These files were submitted with the notebook and left out: `{odd}` (a symbolic link)."
    mine = [row["reason"] for (student, _), row in written(place).items() if student == "ada"]
    assert any(reason.endswith(said) for reason in mine)
    assert f"repaired: {said}" in (place / "results" / SLUG / "ada.log").read_text(encoding="utf-8")
    page = paths.feedback("ada", SLUG).read_text(encoding="utf-8")
    assert "<code>&lt;b&gt;data&lt;b&gt;.csv</code> (a symbolic link)." in page
    assert "Repaired before grading" not in paths.feedback("ben", SLUG).read_text(encoding="utf-8")


def test_feedback_follows_the_gradebook(place):
    main(["grade"])
    before = {student: paths.feedback(student, SLUG).stat().st_mtime_ns for student in STUDENTS}
    with gradebook() as book:
        book.find_comment("chunkwise", "lab", SLUG, "ben").manual_comment = "See me."
        book.db.commit()
    main(["grade"])
    after = {student: paths.feedback(student, SLUG).stat().st_mtime_ns for student in STUDENTS}
    assert {student for student in STUDENTS if after[student] != before[student]} == {"ben"}
    assert "See me." in paths.feedback("ben", SLUG).read_text(encoding="utf-8")


def test_unreadable_resubmission_is_told(place, capsys):
    main(["grade"])
    paths.submitted("ada", SLUG).write_text("my homework")
    assert main(["grade"]) == 1
    assert "ada" in capsys.readouterr().err
    for exercise in LAB.exercises:
        row = written(place)["ada", exercise.name]
        assert (
            row["status"] == "unreadable"
            and "not a notebook" in row["reason"]
            and "previous submission" in row["reason"]
        )
        assert float(row["auto"]) == points("ada", exercise)


def test_folder_that_is_no_id_is_graded_under_one(place):
    hand_in(["=1+1"], place / "submitted")
    assert main(["grade"]) == 0
    student = collection.safe_id("=1+1")
    assert (
        "=1+1" in {one.name for one in collection.identities(place / "submitted")}
    ) and collection.STUDENT.fullmatch(student)
    assert float(written(place)[student, "chunkwise"]["auto"]) == points("=1+1", LAB["chunkwise"])


def test_unreadable_first_submission_has_its_rows(place):
    paths.submitted("ada", SLUG).write_text("")
    assert main(["grade"]) == 1
    assert {row["status"] for (who, _), row in written(place).items() if who == "ada"} == {"unreadable"}
    assert written(place)["ada", "chunkwise"]["auto"] == ""


def test_one_exercise_alone(place, monkeypatch):
    main(["grade"])
    monkeypatch.setattr("grading.tests.classes.points", lambda student, exercise, text: 0.5)
    assert main(["grade", "--exercise", "chunkwise"]) == 0
    for (student, name), row in written(place).items():
        if name != "open-task":
            assert float(row["auto"]) == (0.5 if name == "chunkwise" else points(student, LAB[name]))
    notebook = nbformat.read(paths.autograded("ada", SLUG), 4)
    cells = {c.metadata.nbgrader.grade_id: c for c in notebook.cells if "nbgrader" in c.metadata}
    assert cells["chunkwise-check"].outputs[-1].data["text/plain"] == "0.5"


def test_folders_can_be_chosen(tmp_path, monkeypatch):
    monkeypatch.setenv("LLMCOURSE_GRADING", str(tmp_path / "course"))
    without_kernels(monkeypatch)
    hand_in(STUDENTS, tmp_path / "in")
    assert main(["grade", "--submissions", str(tmp_path / "in"), "--results", str(tmp_path / "out")]) == 0
    assert len(written(tmp_path / "out")) == 3 * (len(LAB.exercises) + 1)
    assert len(list((tmp_path / "out/results" / SLUG).glob("*.json"))) == 3
    hand_in(["dan"], tmp_path / "later")
    assert main(["grade", "--submissions", str(tmp_path / "later"), "--results", str(tmp_path / "alone")]) == 0
    assert {student for student, _ in written(tmp_path / "alone")} == {"dan"}  # the gradebook has four by now


def test_mistakes_at_the_command_line_are_explained(place, capsys):
    for arguments, said in {
        ("99",): "99",
        ("--exercise", "chunk"): "chunk",
        ("--submissions", str(place / "nowhere")): "no submission in",
        ("08", "zoe"): "zoe: There is no submission",
    }.items():
        assert main(["grade", *arguments]) > 0
        assert said in capsys.readouterr().err


def test_late_days_cost_their_share():
    plugin = LateDays(free=1, per_day=0.1, most=0.5)
    cost = lambda days: plugin.late_submission_penalty("ada", 20.0, days * 24 * 3600)
    assert [cost(days) for days in (0.5, 1, 1.1, 2, 2.5, 5, 50)] == [None, None, 2.0, 2.0, 4.0, 8.0, 10.0]
    assert LateDays().late_submission_penalty("ada", 20.0, 1e6) is None  # as the course is delivered


def test_late_penalty_is_a_row_and_an_extension_takes_it_away(place, monkeypatch):
    config = paths.config()
    config.LateDays.per_day, config.LateDays.free = 0.25, 0.5
    monkeypatch.setattr(paths, "config", lambda: config)
    main(["grade"])
    with gradebook() as book:
        book.update_or_create_assignment(SLUG, duedate="2026-01-10 12:00")
    (paths.submitted("ada", SLUG).parent / "timestamp.txt").write_text("2026-01-11 12:00")
    (paths.submitted("ben", SLUG).parent / "timestamp.txt").write_text("2026-01-09 12:00")
    main(["grade"])
    quarter = sum(points("ada", exercise) for exercise in LAB.exercises) / 4  # a day late, half of it free
    assert float(written(place)["ada", "late"]["auto"]) == -quarter and ("ben", "late") not in written(place)
    with gradebook() as book:
        book.grant_extension(SLUG, "ada", days=2)
    main(["grade"])
    assert ("ada", "late") not in written(place)


def _as_folder(path):
    path.mkdir()


TIMESTAMPS = {
    "no date": (lambda path: path.write_text("garbage"), "'garbage' is not a date"),
    "half a date": (lambda path: path.write_text("5"), "'5' is not a date"),
    "not UTF-8": (lambda path: path.write_bytes(b"\xff\xfe\xfa 2026-01-11 12:00"), "can't be read"),
    "a folder": (_as_folder, "can't be read (It is a folder"),
    "a link": (lambda path: path.symlink_to("/etc/passwd"), "can't be read (It is a symbolic link"),
    "a pipe": (lambda path: os.mkfifo(path), "can't be read (It is not an ordinary file"),
    "huge": (lambda path: path.write_text("2026-01-11 " * 1_000_000), "is not a date"),
    "beyond all years": (lambda path: path.write_text("99999999999999-2026"), "is not a date"),
    "escape codes": (lambda path: path.write_text("\x1b[2J2026"), "is not a date"),
    "empty": (lambda path: path.write_text("\n"), ""),
}


@pytest.mark.parametrize("what", TIMESTAMPS)
def test_a_timestamp_that_is_none_costs_nobody_else(place, capsys, what):
    write, said = TIMESTAMPS[what]
    write(paths.submitted("ada", SLUG).parent / "timestamp.txt")
    assert main(["grade"]) == 0
    error = capsys.readouterr().err
    assert said in error and (f"ada/{SLUG}: it is not known when this was submitted" in error) == bool(said)
    assert "\x1b" not in error and {student for student, _ in written(place)} == set(STUDENTS)


@pytest.mark.parametrize(
    "text", ["2026-01-11 13:00:00.000000 UTC", "2026-01-11 14:00 +0100", "2026-01-11T14:00:00+01:00"]
)
def test_a_timestamp_is_read_in_utc(text):
    assert moment(text) == datetime(2026, 1, 11, 13)


def test_cells_are_safe_in_a_spreadsheet():
    for text in ("=1+1", "+1+1", "-1+cmd|' /C calc'!A0", "@SUM(A1)", "\t=1", "\r=1"):
        assert grades_csv.safe(text)[0] == "'"
    assert grades_csv.safe("-2.5") == "-2.5" and grades_csv.safe("two\nlines") == "two lines"


def test_a_newer_python_is_named_where_points_are_lost(place):
    path = paths.submitted("ada", SLUG)
    notebook = nbformat.read(path, 4)
    notebook.metadata.language_info = {"name": "python", "version": "3.99.1"}
    notebook.cells.insert(0, nbformat.v4.new_code_cell("def f(:"))
    nbformat.write(notebook, path)
    assert main(["grade"]) == 0
    said = "The notebook was written with Python 3.99 and is graded with 3."
    assert any(said in row["reason"] for (student, _), row in written(place).items() if student == "ada")
    assert not any(said in row["reason"] for (student, _), row in written(place).items() if student == "ben")


def test_a_result_survives_its_file():
    found = autograde.Graded(
        "a", SLUG, "graded", "", (autograde.Earned("x", 1.5, 2, "why"),), "{}", ("m",), (), 1.0, "log", "k-v"
    )
    assert autograde.Graded.loads(found.dumps()) == found


def names(files):
    return {path.relative_to(paths.ROOT).as_posix() for path in files}


def test_scores_depend_on_both_halves_of_an_exercise_what_compares_the_seeds_and_the_reference():
    needed = names(fingerprint.what_scores_need("decode-step"))
    public, private = "lib/llmcourse/checks/labs/linear_attention", "grading/exercises/linear_attention"
    assert {f"{public}/decode_step.py", f"{private}/decode_step.py", "lib/llmcourse/recurrence/linear.py"} <= needed
    assert {
        f"lib/llmcourse/checks/{what}.py" for what in ("answer", "compare", "check", "exercise", "values")
    } <= needed
    assert {"grading/running/score.py", "grading/running/seeds.py"} <= needed
    others = {f"{exercise.module}.py" for exercise in LAB.exercises if exercise.name != "decode-step"}
    assert not {Path(name).name for name in needed} & others
    apart = (
        "figures",
        "work",
        "grading/intake",
        "sandbox",
        "session",
        "card",
        "diagnosis",
        "html",
        "patches",
        "paths",
        "/rag/",
        ".gz",
    )
    assert not [name for name in needed if any(part in name for part in apart)]


def test_execution_depends_on_the_sandbox_the_intake_and_what_a_notebook_sees():
    needed = names(fingerprint.what_execution_needs(SLUG))
    assert {"grading/intake/repair.py", "grading/running/session.py", "grading/running/sandbox/box.py"} <= needed
    assert {"lib/llmcourse/figures/style.py", "nbgrader_config.py", f"labs/{SLUG}/lab.ipynb"} <= needed
    assert not needed & names(fingerprint.what_scores_need("decode-step"))
    assert not needed & {"grading/reporting/class_report.py", "lib/llmcourse/start.py", "lib/llmcourse/health.py"}


def test_a_change_of_looks_grades_nobody_again(place, counted, monkeypatch, capsys):
    assert main(["grade"]) == 0
    monkeypatch.setattr(grade, "execution", lambda slug: "a sandbox with other colours")
    assert main(["grade"]) == 0 and len(counted) == 3
    assert "3 of them were run by an earlier version" in capsys.readouterr().out


def test_a_change_of_one_exercise_touches_that_exercise_alone(place, counted, monkeypatch):
    assert main(["grade"]) == 0
    before = written(place)
    for module in (grade, autograde):
        monkeypatch.setattr(module, "scores", lambda name: "corrected" if name == "chunkwise" else SCORES(name))
    monkeypatch.setattr("grading.tests.classes.points", lambda student, exercise, text: 0.5)
    assert main(["grade"]) == 0 and len(counted) == 6
    after = written(place)
    assert {name for _, name in after if after["ada", name] != before["ada", name]} == {"chunkwise"}
    assert main(["grade"]) == 0 and len(counted) == 6


SCORES = fingerprint.scores


def test_a_lab_that_asks_for_something_else_is_graded_again(place, counted, monkeypatch):
    assert main(["grade"]) == 0
    monkeypatch.setattr(autograde, "asks", lambda slug: "one exercise more")
    assert main(["grade"]) == 0 and len(counted) == 6
