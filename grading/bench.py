"""python -m grading bench: how fast grading is, compared with nbgrader and otter-grader -> grading/BENCHMARKS.md.

All grade the same class, with one process and with two. The light lab is five exercises of lab 08 without the cells
that draw and measure, so that grading is compared and not the students' programs; the whole lab is lab 08. Everyone
has solved them correctly. nbgrader and otter-grader run the lab's public checks in the student's own process, without a
sandbox; ours runs private cases in a sandbox, and also writes feedback pages, grades.csv and the report.
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
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import NamedTuple
from unittest import mock

import nbformat
import psutil
from llmcourse.checks import lab, labs
from llmcourse.checks.labs import linear_attention
from nbformat.v4 import new_markdown_cell

from . import paths
from .running import autograde, sandbox, session

SLUG = "08_linear_attention"
LIGHT = ("quadratic-map", "causal-recurrence", "decode-step", "decay-parallel", "delta-step")
LAB = replace(lab(SLUG), exercises=tuple(e for e in lab(SLUG).exercises if e.name in LIGHT))
PAGE = paths.ROOT / "grading" / "BENCHMARKS.md"
OTTER = paths.ROOT / ".cache" / "peers" / "otter" / "bin" / "otter"
FEW = 10  # submissions for otter-grader, which takes 15 seconds for each, from the first to the last
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
reading, repairing and writing."""


STUDENTS = 40  # in the class that is graded
WHOLE = 12  # in the class with the whole lab


def run(options: Namespace) -> int:
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        place = Path(name)
        course(place / "light" / "course", light=True)
        course(place / "whole" / "course", light=False)
        path = PAGE.with_name("BENCHMARKS-1000.md") if options.thousand else PAGE
        path.write_text(thousand(place / "light") if options.thousand else page(measure(place)), encoding="utf-8")
    print(f"wrote {os.path.relpath(path)}")
    return 0


# --- the bench's own course


def course(place: Path, light: bool) -> None:
    """A copy of the course with lab 08 alone; `light` has only five of its exercises, and nothing around them."""
    ignored = shutil.ignore_patterns("__pycache__", "submitted", "autograded", "feedback", "results", "*.db", "tests")
    for name in ("grading", "labs", "solutions", "lib"):
        shutil.copytree(paths.ROOT / name, place / name, ignore=ignored)
    for name in ("nbgrader_config.py", "pyproject.toml"):
        shutil.copy(paths.ROOT / name, place)
    (place / "lectures").mkdir()
    if light:
        here = place / Path(linear_attention.__file__).relative_to(paths.ROOT)
        here.write_text(here.read_text(encoding="utf-8") + FEWER.format(names=LIGHT), encoding="utf-8")
    for path in (place / "labs" / SLUG / "lab.ipynb", place / "solutions" / SLUG / "lab.ipynb"):
        notebook = nbformat.read(path, 4)
        notebook.cells = list(_exercises(notebook.cells)) if light else list(filter(_is_run, notebook.cells))
        nbformat.write(notebook, path)


def _is_run(cell: dict) -> bool:
    """Whether we would run it, or need it; nbgrader would run the others as well."""
    return not session.NOT_RUN & set(cell.metadata.get("tags", [])) or "nbgrader" in cell.metadata


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


def submit(place: Path, course: Path, students: Sequence[int]) -> Path:
    """Write one correct submission for each student, no two of them the same file."""
    for n in students:
        notebook = nbformat.read(course / "solutions" / SLUG / "lab.ipynb", 4)
        notebook.cells.append(new_markdown_cell(f"Submission {n}."))
        path = place / f"student{n:04}" / SLUG / "lab.ipynb"
        path.parent.mkdir(parents=True)
        nbformat.write(notebook, path)
    return place


# --- the methods


def ours(place: Path, students: int, workers: int, runtime: Path | None = None) -> dict:
    runtime = runtime or Path(tempfile.mkdtemp(dir=place))
    submissions = submit(runtime / "submitted", place / "course", range(students))
    env = os.environ | {"LLMCOURSE_GRADING": str(runtime), "PYTHONPATH": str(place / "course" / "lib")}
    command = [sys.executable, "-m", "grading", "grade", SLUG, f"--workers={workers}", f"--submissions={submissions}"]
    measured = timed([command], [place / "course"], env)
    rows = (runtime / "grades.csv").read_text(encoding="utf-8").splitlines()
    assert len([row for row in rows if row.startswith("student")]) >= students * len(LIGHT)
    return measured


def stock(place: Path, students: int, processes: int) -> dict:
    """nbgrader out of the box: source, release and autograde, in a course of its own for each process."""
    nbgrader = [str(Path(sys.executable).with_name("nbgrader"))]
    roots = [Path(tempfile.mkdtemp(dir=place)) for _ in range(processes)]
    for n, root in enumerate(roots):
        (root / "nbgrader_config.py").write_text(STOCK.format(place=root))
        shutil.copytree(place / "course" / "solutions" / SLUG, root / "source" / SLUG, ignore=lambda *_: ["lab.py"])
        subprocess.run([*nbgrader, "generate_assignment", SLUG], cwd=root, check=True, capture_output=True)
        submit(root / "submitted", place / "course", range(n, students, processes))
    measured = timed([[*nbgrader, "autograde", SLUG]] * processes, roots, os.environ | SMALL)
    assert sum(len(list((root / "autograded").glob("*/*/lab.ipynb"))) for root in roots) == students
    return measured


SMALL = {"LLMCOURSE_TIER": "smoke"}  # as our kernels have it


def otter(place: Path, students: int, processes: int) -> dict:
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
    submitted = sorted(submit(root / "submitted", place / "course", range(students)).glob("*/*/lab.ipynb"))
    command = [sys.executable, "-c", script, OTTER, root / "autograder.zip"]
    shares = [[*command, *submitted[n::processes]] for n in range(processes)]
    measured = timed(shares, [root] * processes, os.environ | SMALL)
    passed = [json.loads((path.with_name("lab.ipynb.out") / "results.json").read_text()) for path in submitted]
    scores = [sum(test["score"] for test in result["tests"] if "score" in test) for result in passed]
    assert scores == [sum(e.points for e in LAB.exercises)] * students, scores[:3]
    return measured


def timed(commands: list[list], folders: list[Path], env: Mapping[str, str]) -> dict:
    """How long commands take together in seconds, and the peak memory of all their processes together in MB."""
    start, pipes = time.perf_counter(), {"stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE}
    processes = [
        subprocess.Popen(list(map(str, command)), cwd=cwd, env=dict(env), **pipes)
        for command, cwd in zip(commands, folders)
    ]
    samples: list[tuple[float, float]] = []  # (time, MB)
    watch = threading.Thread(target=_watch, args=(processes, samples))
    watch.start()
    errors = "".join(process.communicate()[1].decode() for process in processes)
    seconds = time.perf_counter() - start
    watch.join()
    if any(process.returncode for process in processes):
        raise RuntimeError(f"{commands[0][:4]} failed:\n{errors[-2000:]}")
    return {
        "seconds": seconds,
        "memory": max(m for _, m in samples),
        "samples": samples,
    }


def _watch(processes: list[subprocess.Popen], samples: list[tuple[float, float]]) -> None:
    while any(process.poll() is None for process in processes):
        with contextlib.suppress(psutil.Error, OSError):
            roots = [psutil.Process(process.pid) for process in processes if process.poll() is None]
            family = [each for root in roots for each in (root, *root.children(recursive=True))]
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
        start = time.perf_counter()
        with sandbox.kernel() as kernel:
            list(kernel.run("1 + 1", 60))
            return time.perf_counter() - start

    once()
    return statistics.median(once() for _ in range(7))


PARTS = {
    "cells": ((session.Score, "_show"), (session.Score, "_told")),  # the student's code, and the private cases
    "start": ((session.Score, "begin"),),
    "judging": ((session, "_write"),),
}


def spent(slug: str) -> dict[str, float]:
    """Seconds to grade the solution of a lab, in all and by part; medians of three runs."""
    seconds: Counter[str] = Counter()

    def watched(plain: Callable, part: str) -> Callable:
        def counted(*args, **kwargs):
            start = time.perf_counter()
            try:
                return plain(*args, **kwargs)
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

    with contextlib.ExitStack() as stack:
        for part, places in PARTS.items():
            for owner, name in places:
                stack.enter_context(mock.patch.object(owner, name, watched(getattr(owner, name), part)))
        once()
        runs = [once() for _ in range(3)]
    return {part: statistics.median(run[part] for run in runs) for part in ("all", *PARTS)}


# --- the page


class Way(NamedTuple):
    """One way to grade a class: `lab` is light or whole."""

    lab: str
    name: str
    processes: int
    students: int
    run: Callable[[Path, int, int], dict]


STOCKS, OTTERS, OURS = "`nbgrader autograde`, stock", f"`otter run`, {FEW} of them", "`python -m grading grade`"
WAYS = (
    *(Way("light", STOCKS, n, STUDENTS, stock) for n in (1, 2)),
    *(Way("light", OTTERS, n, FEW, otter) for n in (1, 2)),
    *(Way("light", OURS, n, STUDENTS, ours) for n in (1, 2)),
    *(Way("whole", STOCKS, n, WHOLE, stock) for n in (1, 2)),
    *(Way("whole", OURS, n, WHOLE, ours) for n in (1, 2)),
)


def measure(place: Path) -> dict:
    """Ours is measured twice, before the others and after them."""
    ways = [way for way in WAYS if way.name != OTTERS or OTTER.exists()]
    runs: dict[Way, list[dict]] = {way: [] for way in ways}
    for way in [*(way for way in ways if way.name == OURS), *ways]:
        row = way.run(place / way.lab, way.students, way.processes)
        runs[way].append(row | {"each": row["seconds"] / way.students})
        print(f"{way.lab}, {way.processes} x {way.name}: {row['seconds']:.1f} s", flush=True)
    return {
        "rows": {way[:3]: _mean(found) for way, found in runs.items()},
        "latency": latency(),
        "labs": {each.slug: spent(each.slug) for each in labs()},
    }


def _mean(runs: list[dict]) -> dict:
    return {what: statistics.fmean(run[what] for run in runs) for what in ("seconds", "each", "memory")}


def page(measured: dict) -> str:
    rows = measured["rows"]
    lines = [
        "# How fast grading is",
        "",
        f"Written by `make bench-grading` on {date.today()}; compare ratios, not seconds. {machine()}",
        "",
        f"The light lab is {len(LAB.exercises)} of lab 08's exercises without its other cells ({STUDENTS} "
        f"submissions); the whole lab has all cells that we run ({WHOLE} submissions). All are solved correctly. Times "
        "are of whole commands, start included; ours are means of two runs, before and after the others, since a "
        "machine's speed varies. Two processes of nbgrader have a course of their own each, with half of the class. "
        "Ours also writes feedback pages, `grades.csv` and the report, judges private cases and uses a sandbox; the "
        "others run the public checks in the student's process. The last two ratios say how many times as fast as "
        "stock nbgrader a command is.",
        "",
        "| lab | processes | command | seconds | seconds each | memory, MB | than as many processes | than one |",
        "|" + "---|" * 8,
    ]
    for (lab_, name, processes), row in rows.items():
        ratios = [rows[lab_, STOCKS, n]["each"] / row["each"] for n in (processes, 1)]
        figures = f"{row['seconds']:.1f}", f"{row['each']:.2f}", f"{row['memory']:.0f}", *(f"{r:.1f} x" for r in ratios)
        lines.append("| " + " | ".join((lab_, str(processes), name, *figures)) + " |")
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
    each = {(name, processes): row["each"] for (lab_, name, processes), row in rows.items() if lab_ == "light"}
    worst = max(s["all"] - s["cells"] for s in measured["labs"].values())
    for processes, least in ((1, 9), (2, 12)):
        ratio = each[STOCKS, 1] / each[OURS, processes]
        workers = f"{processes} worker{'s' * (processes > 1)}"
        yield f"{least} x one process of stock nbgrader with {workers}, light lab", f"{ratio:.1f} x", ratio >= least
    if (OTTERS, 2) in each:
        ratio = each[OTTERS, 2] / each[OURS, 2]
        yield "8 x two processes of `otter run` with 2 workers", f"{ratio:.1f} x", ratio >= 8
    yield "first cell within 0.3 s", f"{measured['latency']:.2f} s", measured["latency"] <= 0.3
    yield "overhead under 0.15 s in every lab", f"{worst:.2f} s", worst < 0.15


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
