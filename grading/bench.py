"""python -m grading bench: how fast grading is, compared with nbgrader and otter-grader -> grading/BENCHMARKS.md.

All grade the same class on the same small lab: five exercises of lab 08 without the cells that draw and measure, solved
correctly by everyone, so that grading is compared and not the students' programs. nbgrader and otter-grader run
the lab's public checks in the student's own process, without a sandbox; ours runs private cases in a sandbox, and
also writes feedback pages, grades.csv and the report.
"""

import contextlib
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from argparse import Namespace
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from unittest import mock

import nbformat
import psutil
from llmcourse.checks import lab, labs
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from . import paths
from .running import autograde, sandbox, session

SLUG = "08_linear_attention"
LIGHT = ("quadratic-map", "causal-recurrence", "decode-step", "decay-parallel", "delta-step")
LAB = replace(lab(SLUG), exercises=tuple(e for e in lab(SLUG).exercises if e.name in LIGHT))
PAGE = paths.ROOT / "grading" / "BENCHMARKS.md"
OTTER = paths.ROOT / ".cache" / "peers" / "otter" / "bin" / "otter"
FEW = 10  # submissions for otter-grader, which takes 15 seconds for each, from the first to the last
OTTER_RUN = f"`otter run`, {FEW} of them"
FEWER = """
from dataclasses import replace
LAB = replace(LAB, exercises=tuple(e for e in LAB.exercises if e.name in {names}))
"""
STOCK = """
c = get_config()
c.CourseDirectory.course_id = "bench"
c.CourseDirectory.db_url = "sqlite:///{place}/gradebook.db"
c.ClearSolutions.code_stub = {{"python": "raise NotImplementedError()"}}
c.CourseDirectory.ignore = [".ipynb_checkpoints", "*.py"]
"""
LEGEND = """\
Overhead is everything except the time that cells and private cases take in the kernel. *Start* is the time until a
kernel in its sandbox answers, without the spare one that a worker keeps ready while the previous notebook runs;
*judging* compares replies with the reference's answers, which a thread computes while the kernel works; *the rest* is
reading, repairing, shutting down and writing.

What would reduce it: in a class the start is hidden already, but not the work that it takes, for which two workers on
two cores have to wait. Replacing ipykernel by a process that runs cells and answers over one pipe would save most of
it; README.md gives the figures."""


STUDENTS = 40  # in the class that is graded


def run(options: Namespace) -> int:
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        place = Path(name)
        course(place / "course")
        path = PAGE.with_name("BENCHMARKS-1000.md") if options.thousand else PAGE
        path.write_text(thousand(place) if options.thousand else page(measure(place, STUDENTS)), encoding="utf-8")
    print(f"wrote {os.path.relpath(path)}")
    return 0


# --- the bench's own course


def course(place: Path) -> None:
    """A copy of the course in which lab 08 has five exercises and nothing else."""
    ignored = shutil.ignore_patterns("__pycache__", "submitted", "autograded", "feedback", "results", "*.db", "tests")
    for name in ("grading", "labs", "solutions", "lib"):
        shutil.copytree(paths.ROOT / name, place / name, ignore=ignored)
    for name in ("nbgrader_config.py", "pyproject.toml"):
        shutil.copy(paths.ROOT / name, place)
    (place / "lectures").mkdir()
    with open(place / "lib/llmcourse/checks/linear_attention.py", "a") as file:
        file.write(FEWER.format(names=LIGHT))
    for path in (place / "labs" / SLUG / "lab.ipynb", place / "solutions" / SLUG / "lab.ipynb"):
        notebook = nbformat.read(path, 4)
        notebook.cells = list(_exercises(notebook.cells))
        nbformat.write(notebook, path)


def _exercises(cells: list) -> Iterator:
    """The imports, which are the code cells before the first answer, and the cells of the five exercises."""
    begun = False
    for cell in cells:
        graded = "nbgrader" in cell.metadata
        begun = begun or graded
        if (graded and cell.metadata.nbgrader.grade_id.removesuffix("-check") in LIGHT) or (
            cell.cell_type == "code" and not begun
        ):
            yield cell


def submit(place: Path, course: Path, students: int) -> Path:
    """Write one correct submission for each student, no two of them the same file."""
    for n in range(students):
        notebook = nbformat.read(course / "solutions" / SLUG / "lab.ipynb", 4)
        notebook.cells.append(new_markdown_cell(f"Submission {n}."))
        path = place / f"student{n:04}" / SLUG / "lab.ipynb"
        path.parent.mkdir(parents=True)
        nbformat.write(notebook, path)
    return place


# --- the methods


def ours(place: Path, students: int, workers: int, runtime: Path | None = None) -> dict:
    runtime = runtime or Path(tempfile.mkdtemp(dir=place))
    submissions = submit(runtime / "submitted", place / "course", students)
    env = os.environ | {"LLMCOURSE_GRADING": str(runtime), "PYTHONPATH": str(place / "course" / "lib")}
    command = [sys.executable, "-m", "grading", "grade", SLUG, f"--workers={workers}", f"--submissions={submissions}"]
    measured = timed(command, place / "course", env)
    rows = (runtime / "grades.csv").read_text(encoding="utf-8").splitlines()
    assert len([row for row in rows if row.startswith("student")]) >= students * len(LAB.exercises)
    return measured


def stock(place: Path, students: int) -> dict:
    """nbgrader out of the box: source, release and autograde in a course of its own."""
    root = Path(tempfile.mkdtemp(dir=place))
    (root / "nbgrader_config.py").write_text(STOCK.format(place=root))
    shutil.copytree(place / "course" / "solutions" / SLUG, root / "source" / SLUG, ignore=lambda *_: ["lab.py"])
    nbgrader = [str(Path(sys.executable).with_name("nbgrader"))]
    subprocess.run([*nbgrader, "generate_assignment", SLUG], cwd=root, check=True, capture_output=True)
    submit(root / "submitted", place / "course", students)
    measured = timed([*nbgrader, "autograde", SLUG], root, dict(os.environ))
    assert len(list((root / "autograded").glob("*/*/lab.ipynb"))) == students
    return measured


def otter(place: Path, students: int) -> dict:
    """`otter run`, once for each submission, as it is meant to be used without Docker."""
    root = Path(tempfile.mkdtemp(dir=place))
    tests = root / "tests"
    tests.mkdir()
    for exercise in LAB.exercises:
        code = f">>> check({exercise.name!r}, {exercise.answer})"
        suite = {"cases": [{"code": code, "hidden": False, "locked": False}], "scored": True, "type": "doctest"}
        test = {"name": exercise.name, "points": exercise.points, "suites": [suite | {"setup": "", "teardown": ""}]}
        (tests / f"{exercise.name.replace('-', '_')}.py").write_text(f"OK_FORMAT = True\ntest = {test!r}\n")
    generate = [OTTER, "generate", "-t", tests, "-o", root / "autograder.zip", "--no-requirements", "--no-environment"]
    subprocess.run(generate, cwd=root, check=True, capture_output=True)
    script = "import os, subprocess, sys\nfor p in sys.argv[3:]:\n    os.mkdir(p + '.out')\n    subprocess.run([sys."
    script += "argv[1], 'run', '--no-logo', '-a', sys.argv[2], '-o', p + '.out', p], check=True, capture_output=True)"
    submitted = sorted(submit(root / "submitted", place / "course", students).glob("*/*/lab.ipynb"))
    measured = timed([sys.executable, "-c", script, OTTER, root / "autograder.zip", *submitted], root, dict(os.environ))
    passed = [json.loads((path.with_name("lab.ipynb.out") / "results.json").read_text()) for path in submitted]
    scores = [sum(test["score"] for test in result["tests"] if "score" in test) for result in passed]
    assert scores == [sum(e.points for e in LAB.exercises)] * students, scores[:3]
    return measured


def timed(command: list, cwd: Path, env: dict[str, str]) -> dict:
    """How long a whole command takes in seconds, and the peak memory of all its processes together in MB."""
    start = time.perf_counter()
    process = subprocess.Popen(
        list(map(str, command)), cwd=cwd, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    samples: list[tuple[float, float]] = []  # (time, MB)
    watch = threading.Thread(target=_watch, args=(process, samples))
    watch.start()
    errors = process.communicate()[1].decode()
    seconds = time.perf_counter() - start
    watch.join()
    if process.returncode:
        raise RuntimeError(f"{command[:4]} failed:\n{errors[-2000:]}")
    return {
        "seconds": seconds,
        "memory": max(m for _, m in samples),
        "samples": samples,
    }


def _watch(process: subprocess.Popen, samples: list[tuple[float, float]]) -> None:
    while process.poll() is None:
        with contextlib.suppress(psutil.Error, OSError):
            family = [psutil.Process(process.pid), *psutil.Process(process.pid).children(recursive=True)]
            samples.append((time.time(), sum(_proportional(p) for p in family) / 1e6))
        time.sleep(3)  # each look costs a tenth of a second of one core


def _proportional(process: psutil.Process) -> int:
    """Memory in bytes; shared pages are divided among the processes that share them."""
    with contextlib.suppress(psutil.Error, OSError):
        return process.memory_full_info().pss
    return 0


# --- inside one submission


def latency() -> float:
    """Seconds from the request for a kernel to the end of its first cell, with the fork server running."""

    def once() -> float:
        start, ended = time.perf_counter(), []
        client = sandbox.client(new_notebook(cells=[new_code_cell("1 + 1")]))
        client.on_cell_executed = lambda **_: ended.append(time.perf_counter())
        client.execute()
        return ended[0] - start

    once()
    return statistics.median(once() for _ in range(7))


PARTS = {
    "cells": ("execute_cell",),  # the student's code, and the private cases put to it
    "start": ("start_new_kernel", "start_new_kernel_client"),
    "judging": ("_write",),
}


def spent(slug: str) -> dict[str, float]:
    """Seconds to grade the solution of a lab, in all and by part; medians of three runs."""
    seconds: Counter[str] = Counter()

    def watched(name: str, part: str) -> Callable:
        plain = getattr(session.Score, name)

        def counted(self, *args, **kwargs):
            start = time.perf_counter()
            try:
                return plain(self, *args, **kwargs)
            finally:
                seconds[part] += time.perf_counter() - start

        return counted

    def once() -> dict[str, float]:
        seconds.clear()
        start = time.perf_counter()
        graded = autograde.grade_submission(paths.solution(slug), slug, "bench")
        seconds["all"] = time.perf_counter() - start
        assert all(e.points == e.maximum for e in graded.exercises), graded.reason
        return dict(seconds)

    watches = {name: watched(name, part) for part, names in PARTS.items() for name in names}
    with mock.patch.multiple(session.Score, **watches):
        once()
        runs = [once() for _ in range(3)]
    return {part: statistics.median(run[part] for run in runs) for part in ("all", *PARTS)}


# --- the page


def measure(place: Path, students: int) -> dict:
    methods: dict[str, Callable[[], dict]] = {
        "`nbgrader autograde`, stock": lambda: stock(place, students),
        OTTER_RUN: lambda: otter(place, FEW),
        "`python -m grading grade --workers 1`": lambda: ours(place, students, 1),
        "`python -m grading grade --workers 2`": lambda: ours(place, students, 2),
    }
    if not OTTER.exists():
        del methods[OTTER_RUN]
    rows: dict[str, list[dict]] = {name: [] for name in methods}
    for name in [*(name for name in methods if "grading" in name), *methods]:
        row = methods[name]()
        row["each"] = row["seconds"] / (FEW if name == OTTER_RUN else students)
        rows[name].append(row)
        print(f"{name}: {row['seconds']:.1f} s", flush=True)
    return {
        "students": students,
        "rows": {name: _mean(runs) for name, runs in rows.items()},
        "latency": latency(),
        "labs": {each.slug: spent(each.slug) for each in labs()},
    }


def _mean(runs: list[dict]) -> dict:
    return {what: statistics.fmean(run[what] for run in runs) for what in ("seconds", "each", "memory")}


def page(measured: dict) -> str:
    rows, students = measured["rows"], measured["students"]
    base = next(iter(rows.values()))["each"]
    lines = [
        "# How fast grading is",
        "",
        f"Written by `make bench-grading` on {date.today()}; compare ratios, not seconds. {machine()}",
        "",
        f"{students} submissions of {len(LAB.exercises)} of lab 08's exercises, all solved correctly, without the "
        "lab's other cells. Times are of whole commands, start included; ours are means of two runs, before and after "
        "the others, since a machine's speed varies. Ours also writes feedback pages, `grades.csv` and the report, "
        "judges private cases and uses a sandbox; the others run the public checks in the student's process.",
        "",
        "| command | seconds | seconds per submission | speed relative to stock nbgrader | memory, MB |",
        "|---|---|---|---|---|",
    ]
    for name, row in rows.items():
        lines.append(
            f"| {name} | {row['seconds']:.1f} | {row['each']:.2f} | {base / row['each']:.1f} | {row['memory']:.0f} |"
        )
    lines += ["", "## Targets", "", "| target | measured | |", "|---|---|---|"]
    for target, value, reached in targets(rows, measured):
        lines.append(f"| {target} | {value} | {'reached' if reached else 'not reached'} |")
    lines += ["", "## The course's labs, solved", ""]
    lines += ["| lab | seconds | in the kernel | overhead | of it: start | judging | the rest |", "|" + "---|" * 7]
    for slug, s in measured["labs"].items():
        over = s["all"] - s["cells"]
        parts = s["all"], s["cells"], over, s["start"], s["judging"], over - s["start"] - s["judging"]
        lines.append(f"| {slug} | " + " | ".join(f"{x:.2f}" for x in parts) + " |")
    return "\n".join([*lines, "", LEGEND, ""])


def targets(rows: dict, measured: dict) -> Iterator[tuple[str, str, bool]]:
    each = {name: row["each"] for name, row in rows.items()}
    stocked, *_, alone, together = each.values()
    worst = max(s["all"] - s["cells"] for s in measured["labs"].values())
    yield "4 x stock nbgrader with one worker", f"{stocked / alone:.1f} x", stocked / alone >= 4
    yield "6 x stock nbgrader with two workers", f"{stocked / together:.1f} x", stocked / together >= 6
    if OTTER_RUN in each:
        ratio = each[OTTER_RUN] / together
        yield "8 x `otter run` with two workers", f"{ratio:.1f} x", ratio >= 8
    yield "first cell within 0.6 s", f"{measured['latency']:.2f} s", measured["latency"] <= 0.6
    yield "overhead under 0.8 s in every lab", f"{worst:.2f} s", worst < 0.8


def machine() -> str:
    memory = psutil.virtual_memory().total / 2**30
    return f"{os.cpu_count()} cores, {memory:.0f} GB, {platform.system()} {platform.machine()}; {sandbox.describe()}."


# --- the long run


def thousand(place: Path, students: int = 1000) -> str:
    """A whole year in one run: is anything lost, does memory grow, does the rate fall?"""
    runtime = place / "runtime"
    row = ours(place, students, 2, runtime)
    ended = sorted(p.stat().st_mtime for p in (runtime / "results").rglob("*.json"))
    assert len(ended) == students, f"{students - len(ended)} lost"
    tenth = students // 10
    lines = [
        "# A thousand submissions in one run",
        "",
        f"Written by `make bench-thousand` on {date.today()}. {machine()}",
        "",
        f"{students} submissions of the bench's lab (see BENCHMARKS.md) with 2 workers: {row['seconds']:.0f} seconds "
        f"in all, {row['seconds'] / students:.2f} each, {len(ended)} results, none lost.",
        "",
        "| submissions | seconds each | memory of all processes, MB (median) |",
        "|---|---|---|",
    ]
    for n in range(10):
        first, last = ended[n * tenth], ended[(n + 1) * tenth - 1]
        memory = statistics.median(m for at, m in row["samples"] if first <= at <= last)
        lines.append(f"| {n * tenth + 1} to {(n + 1) * tenth} | {(last - first) / (tenth - 1):.2f} | {memory:.0f} |")
    return "\n".join([*lines, ""])
