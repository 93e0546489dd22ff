"""From the solution to a graded class: what is released, what counts, and what the report says."""

import csv
import shutil
import stat
import time
import zipfile
from collections import Counter
from html import escape

import nbformat
import pytest
from llmcourse import work
from llmcourse.checks import lab
from nbformat.v4 import new_code_cell, new_output
from nbgrader.utils import determine_grade

from grading import commands, grade, paths, sample
from grading.authoring import release
from grading.commands import main
from grading.exercises import solutions
from grading.paths import released
from grading.reporting import class_report, grades_csv, marks, similarity
from grading.running import autograde, sandbox, score, seeds, session

SLUG = "08_linear_attention"
LAB = lab(SLUG)
FULL = sum(exercise.points for exercise in LAB.exercises)
sandboxed = pytest.mark.skipif(sandbox.kind() == "none", reason="no sandbox here")


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A folder for what grading makes at run time."""
    monkeypatch.setenv("LLMCOURSE_GRADING", str(tmp_path))
    return tmp_path


def test_only_what_is_graded_is_prepared(place, monkeypatch):
    """A fingerprint takes a tenth of a second and more: nobody waits for those of labs that are not graded."""
    prepared = []
    monkeypatch.setattr(autograde, "warm", prepared.append)
    (place / "submitted" / "ada" / "03_lora").mkdir(parents=True)
    (place / "submitted" / "bob").mkdir(parents=True)
    (place / "submitted" / "bob" / f"{SLUG}.zip").touch()
    for command in (["grade", "10"], ["grade"], ["grade", "no lab"], ["grade", "--exercise=decode-step"]):
        grade.warm(commands.parser().parse_args(command))
    assert prepared == [["10_mamba"], ["03_lora", SLUG], [SLUG]]


# --- the release


def test_released_labs_are_those_of_the_solutions():
    assert main(["labs", "--check"]) == 0


def test_released_lab_leaks_nothing():
    assert list(release.leaks(released(SLUG).parent)) == []


def _with_answer(notebook):
    notebook.cells.append(new_code_cell("    u = phi_k.sum(-2)  # (..., d_k)"))


def _with_text(text):
    return lambda notebook: notebook.cells.append(nbformat.v4.new_markdown_cell(text))


@pytest.mark.parametrize(
    "spoil, said",
    [
        (_with_answer, "a line of a solution: u = phi_k.sum(-2)"),
        (_with_text("### BEGIN SOLUTION"), "BEGIN SOLUTION"),
        (_with_text("### BEGIN HIDDEN TESTS"), "HIDDEN TESTS"),
        (_with_text("=== BEGIN MARK SCHEME ==="), "MARK SCHEME"),
        (lambda notebook: notebook.metadata.update(jupytext={"formats": "py"}), "jupytext metadata"),
        (lambda notebook: notebook.cells[2].update(outputs=[new_output("stream", text="0.7")]), "outputs"),
    ],
)
def test_leaks_are_found(tmp_path, spoil, said):
    notebook = nbformat.read(released(SLUG), 4)
    notebook.cells[2].update(cell_type="code", outputs=[], execution_count=None)
    spoil(notebook)
    (tmp_path / SLUG).mkdir()
    nbformat.write(notebook, tmp_path / SLUG / "lab.ipynb")
    assert any(said in sentence for sentence in release.leaks(tmp_path / SLUG))


def test_paired_text_is_a_leak(tmp_path):
    (tmp_path / SLUG).mkdir()
    (tmp_path / SLUG / "lab.ipynb").write_bytes(released(SLUG).read_bytes())
    (tmp_path / SLUG / "lab.py").write_text("answer = 42")
    assert any("lab.py" in sentence for sentence in release.leaks(tmp_path / SLUG))


def test_docstrings_are_no_secret():
    assert not any("(..., L, d_v)" in line and "=" not in line for line in release.secret(SLUG))
    assert "u = phi_k.sum(-2)  # (..., d_k)" in release.secret(SLUG)


# --- the score


def checks(notebook):
    return [cell for cell in notebook.cells if cell.metadata.get("nbgrader", {}).get("grade")]


def test_silence_is_zero():
    notebook = nbformat.read(released(SLUG), 4)
    assert sum(determine_grade(cell)[0] for cell in checks(notebook)) == FULL  # what nbgrader makes of silence
    session._write(notebook, session.Session(LAB, seed=1))
    assert sum(determine_grade(cell)[0] for cell in checks(notebook)) == 0


def test_lost_kernel_says_why():
    notebook = nbformat.read(released(SLUG), 4)
    lost = "The notebook ended its own kernel; nothing after that was run."
    session._write(notebook, session.Session(LAB, seed=1, lost=lost))
    assert all("ended its own kernel" in cell.outputs[0].data["text/plain"] for cell in checks(notebook))


def asked(answer, name="quadratic-map", **settings):
    """The replies of a kernel to all private cases of an exercise, and what was stopped."""
    score = session.Score(**settings)
    score.session = session.Session(LAB, seed=1, deadline=time.monotonic() + 60)
    score.begin()
    with score.kernel:
        score._run(new_code_cell(answer), name)
        start = time.monotonic()
        score._ask(name)
    return score.session.replies[name], score.session.stopped, time.monotonic() - start


RIGHT = solutions.source(LAB, "quadratic-map").replace("def ", "def right_", 1)
TITLES = list(score.cases("quadratic-map", 1))


def answer(before):
    """A right answer that does something first; `calls` counts the cases."""
    name = LAB["quadratic-map"].answer
    body = [f"def {name}(x):", "calls.append(1)", *before.splitlines(), f"return right_{name}(x)"]
    return "\n".join(["import os, torch, time", RIGHT, "calls = []", "\n    ".join(body)])


@sandboxed
def test_slow_cases_have_each_their_own_time():
    replies, stopped, seconds = asked(answer("time.sleep(0.6)"), probe_timeout=2)  # two calls a case
    assert list(replies) == TITLES and all(replies.values()) and not stopped
    assert seconds < 2 * 1.5 * len(TITLES)


THIRD = f"x.shape == torch.Size({tuple(score.cases('quadratic-map', 1)[TITLES[2]]['x'].shape)})"


@sandboxed
def test_after_a_case_that_takes_too_long_no_more_are_tried():
    replies, stopped, seconds = asked(answer(f"while {THIRD}:\n    pass"), probe_timeout=1)
    assert [bool(reply) for reply in replies.values()] == [True, True, False] and stopped == ["quadratic-map"]
    assert replies[TITLES[2]].error == session.TIMEOUT and seconds < 5


@sandboxed
@pytest.mark.parametrize("end", ["os._exit(0)", "raise SystemExit", "os.kill(os.getpid(), 9)"])
def test_an_answer_that_ends_its_process_loses_that_case_alone(end):
    replies, stopped, _ = asked(answer(f"if {THIRD}:\n    {end}"))
    assert [title for title, reply in replies.items() if not reply] == [TITLES[2]] and not stopped
    assert replies[TITLES[2]].message == "No answer came back."


@sandboxed
def test_what_an_answer_keeps_is_there_for_the_next_case_and_then_gone():
    kept = answer("open('seen', 'w').close() if os.path.exists('seen') else None\nif len(calls) > 2: raise ValueError")
    replies, _, _ = asked(kept)  # two calls a case
    assert [bool(reply) for reply in replies.values()] == [True] + [False] * (len(TITLES) - 1)
    again, _, _ = asked(kept)
    assert {t: r.error for t, r in again.items()} == {t: r.error for t, r in replies.items()}


@sandboxed
def test_one_reply_a_case_and_none_for_another():
    forge = "import stat\nfor fd in range(3, 99):\n    try:\n        if stat.S_ISFIFO(os.fstat(fd).st_mode):\n"
    forge += "            os.write(fd, b'0 bm8gYW5zd2Vy\\n1 bm8gYW5zd2Vy\\n99 bm8gYW5zd2Vy\\nx bm8gYW5zd2Vy\\n')\n"
    forge += "    except OSError:\n        pass"
    replies, stopped, _ = asked(answer(forge))
    assert list(replies) == TITLES and not stopped
    assert "No answer" in replies[TITLES[0]].message and not replies[TITLES[1]]


@sandboxed
def test_an_answer_that_is_not_there_fails_every_case():
    replies, stopped, _ = asked("raise ValueError('no')")
    assert list(replies) == TITLES and not stopped
    assert all("is not defined. Its cell did not finish (ValueError)." in r.message for r in replies.values())


@sandboxed
def test_folders_beside_a_notebook_are_there_and_shadow_nothing(tmp_path):
    notebook, home = nbformat.read(paths.released(SLUG), 4), tmp_path / SLUG
    files = {
        name: "raise RuntimeError" for name in ("torch.py", "numpy/__init__.py", "llmcourse/__init__.py", "random.py")
    }
    files |= {"llmcourse/checks/answer.py": "tell = print", "helpers/__init__.py": "", "helpers/deep/data.txt": "1"}
    files["helpers/maps.py"] = solutions.source(LAB, "quadratic-map").replace("torch", "__import__('torch')")
    for name, text in files.items():
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_text(text)
    name = LAB["quadratic-map"].answer
    check = "assert open('helpers/deep/data.txt').read() == '1'; open('helpers/deep/new.txt', 'w').close()"
    notebook.cells.insert(0, new_code_cell(f"{check}\nfrom helpers.maps import {name}"))
    nbformat.write(notebook, home / "lab.ipynb")
    found = autograde.grade_submission(home / "lab.ipynb", SLUG, "ada", left_out="Something was left out.")
    first = found.exercises[0]
    assert first.points == first.maximum, first.reason
    assert found.notice == "Something was left out." and "Something was left out." in found.repaired
    rows = list(grades_csv._rows(LAB, "ada", None, found))
    assert rows[0]["reason"] == "Something was left out." and "NotImplementedError" in rows[1]["reason"]


@sandboxed
def test_what_submit_packs_is_graded(place, monkeypatch):
    course = place / "course"
    (course / "lectures").mkdir(parents=True)
    (course / "pyproject.toml").touch()
    shutil.copytree(released(SLUG).parent, course / "labs" / SLUG)
    monkeypatch.chdir(course)
    monkeypatch.setattr("llmcourse.files.course", lambda: course)
    work.prepare()
    mine = course / "work" / SLUG
    notebook = nbformat.read(mine / "08_lab.ipynb", 4)
    cell = next(c for c in notebook.cells if c.metadata.get("nbgrader", {}).get("grade_id") == "quadratic-map")
    cell.source = f"from mylib import {LAB['quadratic-map'].answer}"
    nbformat.write(notebook, mine / "08_lab.ipynb")
    (mine / "maps").mkdir()
    (mine / "maps" / "one.py").write_text(f"import torch\n{solutions.source(LAB, 'quadratic-map')}")
    (mine / "mylib.py").write_text("from maps.one import *")
    assert "It also contains what the notebook imports: maps/one.py, mylib.py." in work.submit("8")
    (place / "submitted").mkdir(exist_ok=True)
    shutil.copy(course / "work" / f"{SLUG}.zip", place / "submitted" / "ada.zip")
    given = grade.unpack(place / "submitted", [LAB]).given[SLUG]["ada"]
    first = autograde.grade_submission(given, SLUG, "ada").exercises[0]
    assert first.points == first.maximum, first.reason


@sandboxed
def test_answers_at_the_end_of_a_notebook_are_graded():
    notebook = nbformat.read(paths.released(SLUG), 4)
    answers = [solutions.source(LAB, exercise.name) for exercise in LAB.exercises[:-1]]
    notebook.cells.append(new_code_cell("\n\n\n".join(["import torch", "import torch.nn.functional as F", *answers])))
    notebook.cells.append(new_code_cell(f"def {LAB.exercises[-1].answer}(q:\n    pass"))
    found = autograde.grade_submission(nbformat.writes(notebook).encode(), SLUG, "ada")
    *before, last = found.exercises
    assert all(e.points == e.maximum for e in before) and last.points == 0
    assert "is not defined. Its cell did not finish (SyntaxError" in last.reason
    assert len(found.repaired) == len(LAB.exercises) and "was found in the" in found.repaired[0]


def test_seed_is_kept_and_differs_by_student(place):
    first = seeds.seed("a", SLUG)
    assert first == seeds.seed("a", SLUG) != seeds.seed("b", SLUG)
    assert stat.S_IMODE((place / ".key").stat().st_mode) == 0o600
    (place / ".key").unlink()
    assert seeds.seed("a", SLUG) != first


# --- submissions


def zipped(path, **files):
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)


def test_zip_is_unpacked_and_nothing_else_of_it(place):
    zipped(
        place / "submitted/ada.zip", **{f"{SLUG}/lab.ipynb": "{}", "../../evil.py": "1", f"../x/{SLUG}/lab.ipynb": "2"}
    )
    assert grade.unpack(place / "submitted").refused == {}
    files = {path.relative_to(place).as_posix() for path in place.rglob("*") if path.is_file()}
    assert files == {f"submitted/ada/{SLUG}/lab.ipynb", "submitted/ada.zip"}
    assert list(grade.unpack(place / "submitted", [LAB]).given[SLUG]) == ["ada"]


def test_bad_zips_are_refused_with_a_reason(place):
    zipped(place / "submitted/ada.zip", **{"essay.txt": "hello"})
    (place / "submitted/eve.zip").write_text("no zip")
    refused = grade.unpack(place / "submitted").refused
    assert "contains no lab" in refused["ada.zip"] and "eve.zip" in refused


def test_unreadable_file_is_refused_alone(place):
    for data in (b"this is my homework", b"", b"\xff\xfe", b'{"nbformat": 4, "cells": 3}'):
        found = autograde.grade_submission(data, SLUG, "ada")
        assert found.status == "unreadable" and "The file is not a notebook" in found.reason


# --- similarity


def test_renamed_copy_is_the_same():
    source = solutions.source(LAB, "causal-recurrence")
    copy = source.replace("q_t", "query").replace("z = []", "z = []  # mine").replace("k_t", "key")
    assert source != copy and similarity.normal(source) == similarity.normal(copy)


def test_only_the_copy_is_found_in_the_sample_class():
    near, median = similarity.pairs({s.id: s.answers for s in sample.sample(LAB) if s.answers})
    assert [(p.a, p.b) for p in near] == [("chiara.rossi", "oluwaseun.ade")]
    assert median < 0.3


def test_what_everybody_writes_says_nothing():
    assert similarity.pairs({name: {"e": "def f(a):\n    return a + a * 3 - 1"} for name in "abcd"}) == ([], 0.0)


def test_an_answer_taken_from_the_course_is_found_and_said_where():
    known = class_report.known(LAB)
    copy = solutions.source(LAB, "chunkwise").replace("state", "memory").replace("# ", "# my ")
    answers = {f"s{n}": {} for n in range(20)} | {"eve": {"chunkwise": copy}}
    [found] = similarity.taken(answers, known)
    assert (found.student, found.where, found.similarity) == ("eve", "the solution of chunkwise", 1.0)
    everybody = {f"s{n}": {"chunkwise": copy} for n in range(20)}
    assert similarity.taken(everybody, known) == []
    assert "llmcourse.recurrence.engine.recurrent" in known


def test_correlation_is_numpys_and_says_nothing_for_few():
    import numpy as np

    a, b = np.random.default_rng(0).normal(size=(2, 40))
    r, error = class_report.correlation(a, a + b)
    assert r == pytest.approx(np.corrcoef(a, a + b)[0, 1]) and 0 < error < 0.2
    assert class_report.correlation(a[:5], b[:5])[0] is None
    assert class_report.correlation(np.ones(40), b)[0] is None


# --- all of it


@pytest.mark.slow
def test_sample_class_is_graded_as_foretold(place, capfd):
    """With three more: a notebook that ends its kernel, one that floods, and a file that is not a notebook."""
    students = sample.make(LAB)
    for name, text in {"zoe": "import os\nos._exit(0)", "max": "while True: print('10 of 10 points' * 1000)"}.items():
        notebook = nbformat.read(paths.submitted("amara.okafor", SLUG), 4)
        notebook.cells.insert(0, new_code_cell(text))
        paths.submitted(name, SLUG).parent.mkdir(parents=True)
        nbformat.write(notebook, paths.submitted(name, SLUG))
    paths.submitted("eve", SLUG).parent.mkdir(parents=True)
    paths.submitted("eve", SLUG).write_text("homework")
    assert main(["grade"]) == 1  # eve's
    assert "eve" in capfd.readouterr().err
    found = {mark.student: mark for mark in marks.read(LAB)}
    for student in students:
        expect(student, found[student.id])
    assert sum(found["zoe"].points.values()) == FULL and "cell 1 ended its own kernel" in found["zoe"].lost
    assert found["max"].stopped and sum(found["max"].points.values()) == FULL
    rows = list(csv.DictReader((place / "grades.csv").open(encoding="utf-8")))
    amara = [row for row in rows if row["student"] == "amara.okafor"]
    assert sum(float(row["auto"] or 0) for row in amara) == FULL and amara[-1]["status"] == "waiting"
    assert {row["status"] for row in rows if row["student"] == "eve"} == {"unreadable"}
    assert all("not a notebook" in row["reason"] for row in rows if row["student"] == "eve")
    page = (place / "report/index.html").read_text()
    named = {m.name: m.says for e in LAB.exercises for m in score.misconceptions(e.name)}
    made = Counter((e, m) for student in students for e, m in student.mistakes.items())
    assert all(escape(named[mistake]) in page for (_, mistake), n in made.items() if n > 1)
    assert "Oluwaseun Ade" in page and 'alt="' in page
    assert (place / "feedback/amara.okafor" / SLUG / "lab.html").exists()


def expect(student, mark):
    """Full marks for right answers, at most half for a misconception, which is named; nothing for what cannot run."""
    wrong = {"untouched": {e.name for e in LAB.exercises}, "syntax error": {"linear-brackets"}}
    wrong["endless loop"] = {"causal-recurrence"}
    for exercise in LAB.exercises:
        points = mark.points[exercise.name]
        if exercise.name in wrong.get(student.broken, ()):
            assert points == 0, (student.id, exercise.name)
        elif exercise.name in student.mistakes:
            assert points <= exercise.points / 2, (student.id, exercise.name)
            assert mark.mistakes[exercise.name] == student.mistakes[exercise.name]
        else:
            assert points == exercise.points, (student.id, exercise.name)
    assert mark.open_task is None
    assert bool(mark.repaired) == (student.broken == "stripped metadata")
    assert mark.stopped == (("causal-recurrence",) if student.broken == "endless loop" else ())
