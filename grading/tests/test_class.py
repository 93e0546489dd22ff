"""A class of one's own: graded cells that the course does not know, and class.toml."""

import csv
import os
import re
import shutil
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import nbformat
import pytest
from llmcourse import classroom
from llmcourse.checks import lab
from llmcourse.course import MODULES
from nbformat.v4 import new_code_cell, new_notebook
from nbgrader.api import Gradebook
from nbgrader.utils import determine_grade

from grading.authoring import student_bundle
from grading.commands import main
from grading.gradebook.late import LateDays
from grading.intake import repair
from grading.paths import ROOT
from grading.reporting import class_report
from grading.running import own_cells, sandbox, session

from . import classes

SLUG = "08_linear_attention"
LAB = lab(SLUG)
sandboxed = pytest.mark.skipif(sandbox.kind() == "none", reason="no sandbox here")


def graded(text, name, points=5, **kind):
    """A graded cell of the instructor's."""
    given = {"grade": True, "grade_id": name, "locked": True, "points": points, "schema_version": 3}
    given |= {"solution": False, "task": False, **kind}
    return new_code_cell(text, id=name, metadata={"nbgrader": given})


# --- graded cells that the course does not know


def run(*cells, **settings):
    """The notebook of these cells, run and scored as a submission of lab 08."""
    step = session.Score(**settings, extra_arguments=["--log-level=ERROR"], shutdown_kernel="immediate")
    resources = {"nbgrader": {"student": "ada", "assignment": SLUG}, "unique_key": "lab", "metadata": {}}
    return step.preprocess(new_notebook(cells=list(cells)), resources)[0]


TESTS = {  # source of a test of five points -> what nbgrader gives for it, and what the card says
    "assert area(2) == 12": (5, ""),
    "print('fine')": (5, ""),
    "'a word'": (5, ""),
    "assert area(2) == 13, 'not pi'": (0, 'It raised AssertionError: "not pi".'),
    "raise SystemError": (0, "It raised SystemError."),
    "area(2) / 8": (1.5, "It returned 1.5."),
    "2 / 3": (2 / 3, "It returned 0.666667."),
    "import sys; print('hm', file=sys.stderr)": (0, "stderr"),
    "area(2)": (0, "It returned more than its 5 points"),
}


@sandboxed
def test_an_nbgrader_test_is_run_and_scored_as_nbgrader_does(tmp_path, monkeypatch):
    monkeypatch.setenv("LLMCOURSE_GRADING", str(tmp_path))
    cells = [graded(text, f"own-{number}") for number, text in enumerate(TESTS)]
    done = run(new_code_cell("def area(r):\n    return 3 * r * r"), *cells)
    for cell, (points, said) in zip(done.cells[1:], TESTS.values()):
        card = cell.outputs[0].data["text/plain"]
        assert determine_grade(cell)[0] == pytest.approx(points, abs=1e-9), cell.source
        assert said in card and own_cells.WHAT in card and f"{points:g} of 5 points" in card
        assert cell.metadata.llmcourse.test == "the instructor's"
    assert not done.metadata.llmcourse.lost and not done.metadata.llmcourse.stopped


@sandboxed
def test_a_test_that_is_not_run_to_its_end_earns_nothing(tmp_path, monkeypatch):
    monkeypatch.setenv("LLMCOURSE_GRADING", str(tmp_path))
    cells = [graded("while True: pass", "slow"), graded("1", "good"), graded("import os; os._exit(0)", "last")]
    done = run(*cells, graded("", "after"), timeout=1)
    assert [determine_grade(cell)[0] for cell in done.cells] == [0, 1, 0, 5]
    said = [cell.outputs[0].data["text/plain"] for cell in done.cells]
    assert "took too long" in said[0] and "ended its own kernel" in said[2]
    assert done.metadata.llmcourse.stopped == ["slow"] and "own kernel" in done.metadata.llmcourse.lost


@sandboxed
def test_an_answer_that_a_person_marks_is_run_and_left_to_them(tmp_path, monkeypatch):
    monkeypatch.setenv("LLMCOURSE_GRADING", str(tmp_path))
    done = run(graded("x = 7", "essay", solution=True, locked=False), graded("assert x == 7", "own"))
    assert determine_grade(done.cells[0])[0] is None and determine_grade(done.cells[1])[0] == 5


def skeleton():
    """A released lab with a question of the instructor's own."""
    given = {"solution": True, "grade": False, "locked": False}
    return new_notebook(
        cells=[
            graded("def area(r):\n    raise NotImplementedError()", "circle", **given),
            graded("assert area(1) == 3", "circle-check"),
            graded("assert area(0) == 0", "zero"),
        ]
    )


@pytest.mark.parametrize("strip", [False, True])
def test_a_submission_with_unknown_cells_is_repaired(strip):
    mine = skeleton()
    mine.cells[0].source = "def area(r):\n    return 3 * r * r"
    mine.cells[1].source = "assert True"
    if strip:
        for number, cell in enumerate(mine.cells):
            cell.metadata, cell.id = {}, f"colab-{number}"
    found = repair.repair(mine, skeleton())
    by_name = {cell.metadata.nbgrader.grade_id: cell for cell in found.cells if "nbgrader" in cell.metadata}
    assert by_name["circle"].source == "def area(r):\n    return 3 * r * r"
    assert by_name["circle-check"].source == "assert area(1) == 3" and by_name["zero"].source == "assert area(0) == 0"


def test_an_answer_in_another_cell_makes_its_unknown_stub_way():
    mine = skeleton()
    mine.cells = [new_code_cell("area = lambda r: 3 * r * r"), *mine.cells[1:]]
    texts = [cell.source for cell in repair.repair(mine, skeleton()).cells]
    assert "# `area` is defined in another cell." in texts and "area = lambda r: 3 * r * r" in texts


def copied(folder: Path) -> Path:
    """The course's folder once more, without tests: here an instructor changes it."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
    for name in listed.stdout.split("\0"):
        if name and "tests" not in Path(name).parts and (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
    return folder


def command(course: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess:
    """A command of the copy; what it grades is kept there, too."""
    path = {"PYTHONPATH": f"{course / 'lib'}{os.pathsep}{course}"}
    path["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    kept = {n: v for n, v in os.environ.items() if not n.startswith("LLMCOURSE_")}
    where = {"cwd": course, "env": kept | path | environment, "capture_output": True, "text": True}
    return subprocess.run([sys.executable, "-m", *arguments], **where, timeout=300)


OWN = """

# %% [markdown] nbgrader={"grade": true, "grade_id": "essay", "locked": false, "points": 3, "schema_version": 3, "solution": true, "task": false}
# What did you expect?

# %% nbgrader={"grade": true, "grade_id": "own-test", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
x = torch.ones(2, 3)
assert quadratic_map(x).shape[0] == 2
### BEGIN HIDDEN TESTS
assert quadratic_map(x).shape[-1] == 6 or mine
1.5 if mine else 4
### END HIDDEN TESTS
"""  # noqa: E501
ANSWERS = {
    "ada": ("def quadratic_map(x):\n    return torch.ones(2, 6)\n\nmine = True", "Nothing of this."),
    "ben": ("def quadratic_map(x):\n    return torch.ones(2, 6)\n\nmine = False", None),
    "cem": ("def quadratic_map(x):\n    return torch.ones(2, 7)\n\nmine = False", None),
}
EARNED = {"ada": (1.5, None), "ben": (4, 0), "cem": (0, 0)}


@pytest.fixture(scope="module")
def own_course(tmp_path_factory):
    """A course whose lab 08 has a test and a question of the instructor's, and what three students have submitted."""
    course = copied(tmp_path_factory.mktemp("own"))
    subprocess.run(["git", "init", "-q"], cwd=course, check=True)
    source = course / "solutions" / SLUG / "lab.py"
    before, mark, after = source.read_text().partition("# %% [markdown] nbgrader=")
    source.write_text(f"{before.rstrip()}{OWN}\n{mark}{after}")
    for step in ("notebooks", "labs"):
        done = command(course, "grading", step)
        assert done.returncode == 0, done.stderr
    for student, (answer, essay) in ANSWERS.items():
        notebook = nbformat.read(course / "labs" / SLUG / "lab.ipynb", 4)
        cells = {cell.metadata.get("nbgrader", {}).get("grade_id"): cell for cell in notebook.cells}
        assert "HIDDEN" not in cells["own-test"].source and "4" not in cells["own-test"].source
        cells["quadratic-map"].source, cells["own-test"].source = answer, "pass  # I would like these points"
        cells["essay"].source = essay or cells["essay"].source
        path = course / "grading" / "submitted" / student / SLUG / "lab.ipynb"
        path.parent.mkdir(parents=True)
        nbformat.write(notebook, path)
    return course


def earned(course: Path) -> dict[str, tuple]:
    """Student -> points of the two cells in the gradebook, and whether the essay is to be marked."""
    with Gradebook(f"sqlite:///{course}/grading/gradebook.db") as book:
        find = lambda cell, student: book.find_grade(cell, "lab", SLUG, student)
        waiting = {who: find("essay", who).needs_manual_grade for who in ANSWERS}
        assert waiting == {"ada": True, "ben": False, "cem": False}
        return {who: (find("own-test", who).auto_score, find("essay", who).auto_score) for who in ANSWERS}


@pytest.mark.slow
@sandboxed
def test_own_cells_get_the_same_points_by_make_grade_and_by_nbgrader(own_course):
    done = command(own_course, "grading", "grade", "08")
    assert done.returncode == 0, done.stderr
    assert earned(own_course) == EARNED
    rows = list(csv.DictReader((own_course / "grading/grades.csv").open(encoding="utf-8")))
    found = {(row["student"], row["exercise"]): row for row in rows}
    assert own_cells.WHAT in found["ada", "own-test"]["reason"] and found["ada", "own-test"]["auto"] == "1.5"
    assert "AssertionError" in found["cem", "own-test"]["reason"] and found["cem", "own-test"]["maximum"] == "4"
    assert [found[who, "essay"]["status"] for who in ANSWERS] == ["waiting", "graded", "graded"]
    report = (own_course / "grading/report/index.html").read_text()
    assert "<code>own-test</code>" in report and "essay" in report
    page = (own_course / "grading/feedback/ada" / SLUG / "lab.html").read_text()
    assert "of the instructor" in page and "own-test" in page
    again = command(own_course, "grading", "grade", "08")
    assert "(3 unchanged)" in again.stdout
    (own_course / "grading/gradebook.db").unlink()
    shutil.rmtree(own_course / "grading/autograded")
    register = "from grading.gradebook.gradebook import register; from llmcourse.checks import lab; register(lab(%r))"
    subprocess_code(own_course, register % SLUG)
    done = command(own_course, "nbgrader", "autograde", SLUG)
    assert done.returncode == 0, done.stderr
    assert earned(own_course) == EARNED


def subprocess_code(course: Path, code: str) -> str:
    (course / "code_to_run.py").write_text(code)
    done = command(course, "code_to_run")
    assert done.returncode == 0, done.stderr
    return done.stdout


# --- class.toml

CLASS = """
title = "Autumn & winter"
modules = [8, 10]
[weights]
08 = 3
[due]
08 = 2026-10-12T00:00:00Z
[late]
free = 1
per_day = 0.1
"""


@pytest.fixture
def room(tmp_path, monkeypatch):
    """A class that takes two modules."""
    (tmp_path / "class.toml").write_text(CLASS)
    monkeypatch.setenv("LLMCOURSE_CLASS", str(tmp_path / "class.toml"))
    return classroom.read(ROOT)


@pytest.fixture
def submitted(tmp_path, monkeypatch):
    """Two students have submitted lab 08, ben three and a half days late; kim is on the roster alone."""
    monkeypatch.setenv("LLMCOURSE_GRADING", str(tmp_path))
    classes.without_kernels(monkeypatch)
    classes.gradebook_in(tmp_path)
    classes.hand_in(("ada", "ben"), tmp_path / "submitted")
    for student, day in (("ada", "12 00"), ("ben", "15 12")):
        (tmp_path / "submitted" / student / SLUG / "timestamp.txt").write_text(f"2026-10-{day}:00:00 UTC")
    (tmp_path / "roster.csv").write_text("id,first_name,last_name\nkim,Kim,=Lee\n")
    assert main(["roster", str(tmp_path / "roster.csv")]) == 0
    return tmp_path


def test_grading_follows_the_class(room, submitted, capsys):
    assert main(["grade"]) == 0
    said = capsys.readouterr().out
    assert "Module 09 (State space models) is left out" in said and "totals.csv" in said
    most = sum(e.points for e in LAB.exercises) + LAB.open_task
    score = {who: sum(classes.points(who, e) for e in LAB.exercises) for who in ("ada", "ben")}
    penalty = round(score["ben"] * 0.3, 2)
    with Gradebook(f"sqlite:///{submitted}/gradebook.db") as book:
        assert book.find_assignment(SLUG).duedate == datetime(2026, 10, 12)
        assert book.find_submission_notebook("lab", SLUG, "ben").late_submission_penalty == penalty
    rows = {row["student"]: row for row in csv.DictReader((submitted / "totals.csv").open(encoding="utf-8"))}
    assert list(rows["ada"]) == ["student", "last_name", "first_name", "total", SLUG, "10_mamba", "to_mark"]
    shares = {"ada": score["ada"] / most, "ben": (score["ben"] - penalty) / most}
    for who, share in shares.items():
        assert rows[who][SLUG] == f"{100 * share:.2f}" and rows[who]["total"] == f"{100 * share * 3 / 4:.2f}"
        assert rows[who]["10_mamba"] == "" and rows[who]["to_mark"] == "08"
    assert rows["kim"]["total"] == "0.00" and rows["kim"]["to_mark"] == "" and rows["kim"]["last_name"] == "'=Lee"
    page = class_report.overview(room)
    assert "<h3>Totals</h3>" in page and f"{100 * shares['ada'] * 3 / 4:.2f}" in page and "08 weighs 3" in page


def test_a_due_date_that_changes_is_taken_in(room, submitted):
    main(["grade"])
    Path(os.environ["LLMCOURSE_CLASS"]).write_text(CLASS.replace("2026-10-12", "2026-10-20"))
    main(["grade"])
    with Gradebook(f"sqlite:///{submitted}/gradebook.db") as book:
        assert not book.find_submission_notebook("lab", SLUG, "ben").late_submission_penalty


def test_without_a_class_there_are_no_totals(submitted, capsys, monkeypatch):
    monkeypatch.delenv("LLMCOURSE_CLASS", raising=False)
    assert main(["grade"]) == 0
    assert not (submitted / "totals.csv").exists() and "totals" not in capsys.readouterr().out
    with Gradebook(f"sqlite:///{submitted}/gradebook.db") as book:
        assert book.find_assignment(SLUG).duedate is None


def test_two_late_rules_are_said(room):
    plugin = LateDays()
    assert plugin.conflict() == ""  # c.LateDays costs nothing as the course has it
    plugin.free, plugin.per_day, plugin.most = 0, 0.5, 1
    assert "[late] of class.toml is used; c.LateDays of nbgrader_config.py is not" in plugin.conflict()
    assert plugin.late_submission_penalty("ada", 10, 3.5 * 24 * 3600) == 3


def test_a_wrong_class_file_is_said_and_nothing_is_done(room, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("LLMCOURSE_GRADING", str(tmp_path))
    Path(os.environ["LLMCOURSE_CLASS"]).write_text("modules = [99]")
    for words in (["grade"], ["class"], ["report"], ["bundle", str(tmp_path / "out.zip")]):
        assert main(words) in (1, 2)
        assert "`modules[0]` names 99" in capsys.readouterr().err
    assert not {"out.zip", "results", "report"} & {path.name for path in tmp_path.iterdir()}


def test_the_command_writes_a_file_once_and_then_says_what_it_means(tmp_path, monkeypatch, capsys):
    path = tmp_path / "class.toml"
    monkeypatch.setenv("LLMCOURSE_CLASS", str(path))
    assert main(["class"]) == 0 and "wrote" in capsys.readouterr().out
    text, made = path.read_text(), classroom.read(ROOT)
    assert made.modules == tuple(m.slug for m in MODULES if m.built(ROOT)) and not made.due and made.late is None
    assert main(["class"]) == 0 and path.read_text() == text
    assert "08 Linear attention: weighs 1, no due date here" in capsys.readouterr().out
    uncommented = re.sub(r"^# (?=\d|\[|free|per_day|most)", "", text, flags=re.MULTILINE)
    assert len(classroom.parse(uncommented, path).due) == len(made.modules)


def test_the_bundle_of_a_class_has_its_modules_alone(room):
    found = student_bundle.files()
    student_bundle.check(found)
    assert found["class.toml"] == CLASS.encode()
    kept = {path for path in found if re.match(r"(lectures|labs)/\d\d_", path)}
    assert {re.findall(r"/(\d\d)_", path)[0] for path in kept} == {"00", "08", "10"}
    page, readme = found["lectures/00_start.ipynb"].decode(), found["README.md"].decode()
    for text in (page, readme):
        assert "**Autumn & winter**" in text and "Linear attention" in text and "09_state_space" not in text
        assert "Part II" in text and "Part III" not in text
    for link in re.findall(r"\]\((?!http|#)([^)#]+)", readme):
        assert link in found, link
    for link in re.findall(r"\]\((?!http|#|\.\./work)([^)#]+)", page):
        assert f"lectures/{link}" in found, link


def test_without_a_class_the_bundle_has_every_module(monkeypatch):
    monkeypatch.delenv("LLMCOURSE_CLASS", raising=False)
    found = student_bundle.files()
    assert "class.toml" not in found
    assert found["lectures/00_start.ipynb"] == (ROOT / "lectures/00_start.ipynb").read_bytes()


# --- labs of one's own


def example(place: Path) -> None:
    """Write the files of the lab that grading/README.md shows."""
    text = (ROOT / "grading/README.md").read_text(encoding="utf-8")
    found = re.findall(r"^`(my_labs/[\w/.]+)`\n\n```python\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    assert len(found) == 4
    for name, source in found:
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        (place / name).write_text(source)


SPY = """
from pathlib import Path
home = Path({home!r})
print("public", (home / "public/heat_step.py").exists(), "private", (home / "private").exists())
try:
    import own_heat_private
except ImportError:
    print("not to be imported")
"""
SOLVED = "def heat_step(u, r):\n    return torch.cat([u[:1], u[1:-1] + r * (u[:-2] - 2 * u[1:-1] + u[2:]), u[-1:]])"


@pytest.fixture(scope="module")
def heat(tmp_path_factory):
    """A course with the lab of the guide, released."""
    course = copied(tmp_path_factory.mktemp("heat"))
    example(course)
    (course / "class.toml").write_text('modules = [8]\nlabs = ["my_labs/heat"]\n[weights]\nheat = 2\n')
    subprocess.run(["git", "init", "-q"], cwd=course, check=True)
    subprocess.run(["git", "add", "-A"], cwd=course, check=True)
    for step in (["notebooks"], ["labs"], ["public-cases", "heat-step"]):
        done = command(course, "grading", *step)
        assert done.returncode == 0, done.stdout + done.stderr
    return course


@pytest.mark.slow
@sandboxed
def test_a_lab_of_ones_own_is_graded_and_its_private_half_is_out_of_reach(heat):
    for student, answer in (("ada", SOLVED), ("ben", SOLVED.replace("2 * ", ""))):
        notebook = nbformat.read(heat / "labs/heat/lab.ipynb", 4)
        [stub] = [cell for cell in notebook.cells if cell.metadata.get("nbgrader", {}).get("grade_id") == "heat-step"]
        assert "raise NotImplementedError()" in stub.source
        stub.source = answer
        notebook.cells.append(new_code_cell(SPY.format(home=str(heat / "my_labs/heat"))))
        path = heat / "grading/submitted" / student / "heat/lab.ipynb"
        path.parent.mkdir(parents=True)
        nbformat.write(notebook, path)
    done = command(heat, "grading", "grade", "heat")
    assert done.returncode == 0, done.stderr
    rows = list(csv.DictReader((heat / "grading/grades.csv").open(encoding="utf-8")))
    found = {row["student"]: row for row in rows if row["exercise"] == "heat-step"}
    assert found["ada"]["auto"] == "4" and float(found["ben"]["auto"]) <= 2
    assert "forgets the factor 2" in found["ben"]["reason"]
    seen = nbformat.read(heat / "grading/autograded/ada/heat/lab.ipynb", 4).cells[-1].outputs
    assert seen[0].text == "public True private False\nnot to be imported\n"
    totals = {row["student"]: row for row in csv.DictReader((heat / "grading/totals.csv").open(encoding="utf-8"))}
    assert totals["ada"]["heat"] == "100.00" and totals["ada"]["total"] == "66.67"
    assert "heat · Heat on a rod" in (heat / "grading/report/index.html").read_text(encoding="utf-8")
    assert "(2 unchanged)" in command(heat, "grading", "grade", "heat").stdout


@pytest.mark.slow
def test_the_mutation_test_warns_and_does_not_fail(heat):
    done = command(heat, "grading", "mutation-test", "heat-step")
    assert done.returncode == 0, done.stdout
    assert "warning: there are fewer than two variants" in done.stdout and "SURVIVORS" not in done.stdout
    assert "heat Heat on a rod (a lab of your own): weighs 2" in command(heat, "grading", "class").stdout


@pytest.mark.slow
def test_students_get_the_public_half_alone(heat, tmp_path):
    done = command(heat, "grading", "bundle", str(tmp_path / "out.zip"))
    assert done.returncode == 0, done.stderr
    shutil.unpack_archive(tmp_path / "out.zip", tmp_path)
    place = tmp_path / "llmcourse"
    have = {path.relative_to(place).as_posix() for path in place.rglob("*") if path.is_file()}
    assert {"labs/heat/lab.ipynb", "my_labs/heat/public/heat_step.safetensors.gz", "class.toml"} <= have
    assert not any("private" in name or name == "my_labs/heat/lab.py" for name in have)
    assert "[lab](labs/heat/lab.ipynb)" in (place / "README.md").read_text(encoding="utf-8")
    progress = command(place, "llmcourse", "work", "progress").stdout
    assert "heat-step" in progress and "quadratic-map" in progress and "ssm" not in progress
    checked = f"import torch\nfrom llmcourse.checks import check\n\n{SOLVED}\n\ncheck('heat-step', heat_step)\n"
    subprocess_code(place, checked)


def test_a_folder_that_is_no_lab_is_said(tmp_path, monkeypatch, capsys):
    (tmp_path / "class.toml").write_text('labs = ["my_labs/heat"]')
    monkeypatch.setenv("LLMCOURSE_CLASS", str(tmp_path / "class.toml"))
    assert main(["class"]) == 1
    assert "`labs[0]` is 'my_labs/heat'; expected a folder below that of this file" in capsys.readouterr().err
