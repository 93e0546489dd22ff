"""Each attack is submitted and graded, and must gain nothing: no point, no secret, no file, no process, no time."""

import base64
import csv
import json
import multiprocessing.util
import os
import socket
import sys
import tempfile
import time
from pathlib import Path

import nbformat
import psutil
import pytest
from llmcourse.checks import lab
from llmcourse.checks.values import save
from nbformat.v4 import new_code_cell
from nbgrader.utils import is_grade

from grading import paths
from grading.commands import main
from grading.exercises import private, solutions
from grading.intake import bounded
from grading.running import autograde, sandbox, score, seeds
from grading.running.sandbox import kernels
from grading.tests.classes import gradebook_in

from .bank import ATTACKS, QUICK
from .files import FILES

SLUG = "08_linear_attention"
LAB = lab(SLUG)
SOLVED = "quadratic-map"
SECONDS = {"Execute.timeout": 4, "Score.budget": 12, "Score.probe_timeout": 2, "Execute.iopub_timeout": 4}
LEEWAY = 12  # seconds beyond the budget: start, the last interrupt, and a busy machine

pytestmark = pytest.mark.skipif(sandbox.kind() != "namespaces", reason="no namespaces here")


@pytest.fixture(scope="module")
def outside(tmp_path_factory):
    """A machine with secrets and listening sockets; limits in seconds are shorter than a class gets."""
    place = tmp_path_factory.mktemp("outside")
    (place / "secret.txt").write_text("the secret of the machine")
    listening, abstract, seen = socket.create_server(("127.0.0.1", 0)), f"llmc-{os.getpid()}", place / "seen"
    hidden, named = socket.socket(socket.AF_UNIX), socket.socket(socket.AF_UNIX)
    hidden.bind("\0" + abstract)
    seen.mkdir()
    named.bind(str(seen / "socket"))
    for s in (hidden, named):
        s.listen()
    old, config = os.environ.get("LLMCOURSE_GRADING"), paths.config()
    for name, value in SECONDS.items():
        config[name.split(".")[0]][name.split(".")[1]] = value
    alone = tempfile.TemporaryDirectory(prefix="attacks-", dir="/tmp")  # other tests may grade at the same time
    with pytest.MonkeyPatch.context() as patch, listening, hidden, named, alone as temporary:
        multiprocessing.util.get_temp_dir()  # workers are started through a socket in it, also after this
        patch.setattr(tempfile, "tempdir", temporary)
        patch.setenv("LLMCOURSE_GRADING", str(place / "grading"))
        patch.setattr(paths, "config", lambda: config)
        autograde.steps.cache_clear()
        yield {
            "SECRET": str(place / "secret.txt"),
            "ROOT": str(paths.ROOT),
            "SEEN": str(seen),
            "PORT": str(listening.getsockname()[1]),
            "ABSTRACT": abstract,
        }
    autograde.steps.cache_clear()
    assert os.environ.get("LLMCOURSE_GRADING") == old


def submission(attack, outside) -> bytes:
    """The lab, with one honest answer and the attack."""
    fill = lambda text: _filled(text, outside)
    notebook = nbformat.read(paths.released(SLUG), 4)
    answers = {e.name: e.answer for e in LAB.exercises}
    for cell in notebook.cells:
        name = cell.metadata.get("nbgrader", {}).get("grade_id", "")
        if name == SOLVED:
            cell.source = solutions.source(LAB, SOLVED)
        elif name in answers:
            cell.source = fill(attack.answer).replace("{name}", answers[name])
    notebook.cells.insert(0, new_code_cell(fill(attack.top)))
    return nbformat.writes(notebook).encode()


def _filled(text: str, outside: dict[str, str]) -> str:
    for name, value in outside.items():
        text = text.replace(f"{{{name}}}", value)
    return text


def strangers() -> set[str]:
    """Processes that boxes have left behind: all that were forked from the fork server, or that an attack names."""
    running = psutil.process_iter(["pid", "cmdline"])
    named = {str(process.info) for process in running if "31337" in " ".join(process.info["cmdline"] or ())}
    ours = kernels._started  # other graders may run on this machine
    return named | {str(child) for server in ours for child in psutil.Process(server.process.pid).children()}


def files() -> set[str]:
    """Where boxes and attacks could have written."""
    shallow = [*paths.ROOT.iterdir(), *Path(tempfile.gettempdir()).iterdir()]
    packages = Path(json.__file__).parents[1]
    return {str(p) for p in [*shallow, *packages.glob("evil*"), *Path(sys.prefix).glob("evil*")]}


def said(graded) -> str:
    """All that grades.csv, the report and the cards say in the grader's name."""
    cells = nbformat.reads(graded.notebook, 4).cells
    cards = [cell.outputs[0].data["text/plain"] for cell in cells if is_grade(cell) and cell.cell_type == "code"]
    reasons = [earned.reason for earned in graded.exercises]
    return "\n".join([graded.reason, *reasons, *graded.repaired, *graded.stopped, *cards])


def shown(notebook: str) -> str:
    """All that the instructor, and then the student, would see of it besides the sources."""
    cells = nbformat.reads(notebook, 4).cells
    return json.dumps([cell.outputs for cell in cells if cell.cell_type == "code"])


def check(attack, outside):
    before = files()
    start = time.monotonic()
    graded = autograde.grade_submission(submission(attack, outside), SLUG, "eve")
    seconds = time.monotonic() - start
    points = {earned.name: earned.points for earned in graded.exercises}
    assert graded.status == "graded", graded.reason + graded.log
    solved = points.pop(SOLVED)
    assert sum(points.values()) == 0, (points, graded.reason)
    assert solved == LAB[SOLVED].points or (not attack.honest and solved >= 0), graded.reason
    seen = shown(graded.notebook)
    assert "LEAK:" not in seen and "the secret of the machine" not in seen, seen[seen.find("LEAK:") :][:300]
    assert "perfection" not in said(graded).lower()
    assert len(graded.notebook) < 5_000_000
    assert seconds < SECONDS["Score.budget"] + LEEWAY
    deadline = time.monotonic() + 3
    while strangers() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not strangers()
    assert files() == before
    assert sorted(p.name for p in Path(outside["SEEN"]).iterdir()) == ["socket"]


@pytest.mark.parametrize("attack", [a for a in ATTACKS if a.name in QUICK], ids=lambda a: a.name)
def test_a_quick_attack_gets_nothing(attack, outside):
    check(attack, outside)


@pytest.mark.slow
@pytest.mark.parametrize("attack", [a for a in ATTACKS if a.name not in QUICK], ids=lambda a: f"{a.kind}: {a.name}")
def test_an_attack_gets_nothing(attack, outside):
    check(attack, outside)


TABLE = """\
import base64
import torch
from llmcourse.checks.values import load
known = [load(base64.b64decode(text))[0] for text in {known!r}]
def pack(lengths, budget):
    return next(case["taken"] for case in known if torch.equal(case["lengths"], lengths) and case["budget"] == budget)
"""


def test_a_table_of_the_first_round_earns_nothing_in_the_second(outside):
    """Even with all inputs and right answers of the first; in that it is right."""
    slug, name = "12_rag", "pack-budget"
    inputs = score.cases(name, seeds.seed("eve", slug)).values()
    right = lambda case: private(name).reference(case["lengths"], int(case["budget"]))
    known = [base64.b64encode(save({**case, "taken": right(case)})).decode() for case in inputs]
    notebook = nbformat.read(paths.solution(slug), 4)
    (cell,) = [c for c in notebook.cells if c.metadata.get("nbgrader", {}).get("grade_id") == name]
    cell.source = TABLE.format(known=known)
    earned = []
    for round_ in (0, 1):
        graded = autograde.grade_submission(nbformat.writes(notebook).encode(), slug, "eve", round_)
        earned += [e.points for e in graded.exercises if e.name == name]
    assert earned == [lab(slug)[name].points, 0]


def test_after_all_that_an_honest_submission_has_all_its_points(outside):
    graded = autograde.grade_submission(paths.solution(SLUG).read_bytes(), SLUG, "ada")
    assert [e.points for e in graded.exercises] == [e.maximum for e in graded.exercises]


@pytest.fixture(scope="module")
def crowd(tmp_path_factory):
    """A class that was graded by one command: everybody who would exhaust the grader, and two who would not."""
    place = tmp_path_factory.mktemp("crowd")
    gradebook_in(place)
    for student in HONEST:
        hand_in_file(place / "submitted" / student / SLUG / "lab.ipynb", paths.solution(SLUG).read_bytes())
    for number, file in enumerate(FILES):
        folder = Path(f"eve-{number}") / SLUG if file.suffix == ".ipynb" else Path()
        name = "lab.ipynb" if file.suffix == ".ipynb" else f"eve-{number}{file.suffix}"
        folder = Path(f"eve-{number}") if file.suffix == ".py" else folder
        hand_in_file(place / "submitted" / folder / name, file.make())
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LLMCOURSE_GRADING", str(place))
        patch.setattr(bounded, "SECONDS", 20)
        main(["grade", SLUG, "--workers=2"])
        yield place


HONEST = ("ada", "zoe")


def hand_in_file(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def rows(place: Path, student: str) -> list[dict[str, str]]:
    table = csv.DictReader((place / "grades.csv").open(encoding="utf-8"))
    return [row for row in table if row["student"].partition("/")[0].removesuffix(".zip") == student]


def full(place: Path, student: str) -> bool:
    earned = [row for row in rows(place, student) if row["exercise"] != "open-task"]
    return bool(earned) and all(row["auto"] == row["maximum"] for row in earned)


@pytest.mark.slow
def test_the_others_are_graded_and_table_and_report_are_written(crowd):
    assert all(full(crowd, student) and paths.feedback(student, SLUG).exists() for student in HONEST)
    report = (crowd / "report" / "index.html").read_text(encoding="utf-8")
    assert all(student in report for student in HONEST) and "Nearly the same answers" in report


@pytest.mark.slow
@pytest.mark.parametrize("number, file", enumerate(FILES), ids=[file.name for file in FILES])
def test_who_would_exhaust_the_grader_is_graded_or_told_why_not(number, file, crowd):
    student = f"eve-{number}"
    found = rows(crowd, student)
    if file.said:
        assert {row["status"] for row in found} == {"unreadable"}
        assert all(file.said in row["reason"] and len(row["reason"]) < 300 for row in found), found
    elif file.suffix == ".ipynb":
        assert full(crowd, student), found
        page = paths.feedback(student, SLUG).read_text(encoding="utf-8")
        assert len(page) < 30_000_000 and "points" in page and '<div class="llmc"' in page
    else:
        assert found, "nothing is said of it"


def test_the_suite_is_large_and_of_many_kinds():
    assert len(ATTACKS) + len(FILES) >= 100 and len({a.name for a in ATTACKS}) == len(ATTACKS)
    assert len({file.name for file in FILES}) == len(FILES)
    assert QUICK.issubset(a.name for a in ATTACKS)
    assert all(a.kind and (a.top or a.answer) for a in ATTACKS)
