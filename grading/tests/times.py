"""python -m grading.tests.times [--write]: how long the last `make test` and `make test-all` took.

Both leave the seconds of every test in .cache/times, with marks that show when they began and ended. Without --write
the table is printed; `make times` runs both and writes grading/TIMES.md.

How long fifteen modules will take is projected from these tests. What belongs to a module grows with their number: a
test of a topic's package, and a test whose parameter is a module, a lab, an exercise, a lecture or a record. Everything
else is assumed to stay as it is, and so are the notebooks that a commit draws, however many there are.
"""

import json
import re
import sys
import time
from collections import defaultdict
from collections.abc import Iterable
from functools import cache

from llmcourse import course, dependencies

from grading.paths import ROOT
from lib.bench import machine

FOLDER, TABLE = ROOT / ".cache" / "times", ROOT / "grading" / "TIMES.md"
COMMANDS = {"test": "make test", "test-all": "make test-all"}
SMOKE = "grading/tests/test_running.py::test_runs_at_tier_smoke"
DRAWN = {  # tests of one notebook each: how many of them run in a commit that changes none
    SMOKE: 2,
    "grading/tests/test_running.py::test_runs_at_tier_full": 2,
    "grading/tests/test_explorers.py::test_every_explorer_follows_its_slider": 2,
    "grading/tests/test_colab.py::test_a_lone_notebook_runs": 3,
}


def main(argv: list[str]) -> int:
    if argv not in ([], ["--write"]):
        print("python -m grading.tests.times [--write]", file=sys.stderr)
        return 2
    phases = {name: json.loads((FOLDER / f"{name}.json").read_text("utf-8")) for name in COMMANDS}
    text = page(phases, walls())
    if argv:
        TABLE.write_text(text, "utf-8")
        print(f"wrote {TABLE.relative_to(ROOT)}")
    else:
        print(text)
    return 0


def walls() -> dict[str, float]:
    """Seconds of set-up, and of each command from beginning to end, by the times of the marks that they leave."""
    at = lambda name: (FOLDER / name).stat().st_mtime
    commands = {name: at(f"{name}-end") - at(f"{name}-begin") for name in COMMANDS}
    return {"set-up": at("test-begin") - at("begin"), **commands} if (FOLDER / "begin").exists() else commands


def page(phases: dict[str, dict], walls: dict[str, float]) -> str:
    """The whole page. A phase is what pytest wrote: its wall time, and the seconds and CPU seconds of each test."""
    built = sum(module.built(ROOT) for module in course.MODULES)
    factor = len(course.MODULES) / built
    lines = [
        "# How long tests take\n",
        f"Written by `make times` on {time.strftime('%Y-%m-%d')}, on {machine.describe()}; not edited by hand.",
        f"With {built} modules, and projected to {len(course.MODULES)}: what belongs to a module grows with them.",
        "Two notebooks that the commit draws run at each tier, where nothing that notebooks depend on has changed.\n",
        f"| minutes | every notebook that ran here | two drawn | two drawn, {len(course.MODULES)} modules "
        f"| every notebook at smoke, {len(course.MODULES)} modules |",
        "|---|---|---|---|---|",
    ]
    total = [walls.get("set-up", 0) / 60] * 4
    if "set-up" in walls:
        lines.append("| set-up, long in a fresh clone only | " + " | ".join(f"{m:.1f}" for m in total) + " |")
    for name, phase in phases.items():
        minutes = [seconds / 60 for seconds in projected(phase, walls[name], factor)]
        total = [a + b for a, b in zip(total, minutes)]
        lines.append(f"| `{COMMANDS[name]}` | " + " | ".join(f"{m:.1f}" for m in minutes) + " |")
    lines.append("| `.ci/run` | " + " | ".join(f"{m:.1f}" for m in total) + " |")
    lines.append("")
    lines += ["| seconds | of the processor | grows | file | run by |", "|---|---|---|---|---|"]
    rows = [(*row, COMMANDS[name]) for name, phase in phases.items() for row in by_file(phase["tests"])]
    for seconds, cpu, grows, file, command in sorted(rows, reverse=True):
        if seconds >= 1:
            lines.append(f"| {seconds:.0f} | {cpu:.0f} | {grows:.0%} | {file} | `{command}` |")
    rest = sum(row[0] for row in rows if row[0] < 1)
    return "\n".join([*lines, f"\nAll other files together: {rest:.0f} seconds.\n"])


def projected(phase: dict, wall: float, factor: float) -> tuple[float, float, float, float]:
    """Wall seconds: as measured; with drawn notebooks only; then with `factor` times the modules; then with all.

    What is not pytest's grows. Pytest's wall time is divided by the tests' seconds, since they use all cores.
    """
    fixed = grown = 0.0
    notebooks = {name: [] for name in DRAWN}
    for test, (seconds, _) in phase["tests"].items():
        if (name := test.partition("[")[0]) in notebooks:
            notebooks[name].append(seconds)
        elif grows(test):
            grown += seconds
        else:
            fixed += seconds
    every = {name: sum(seconds) for name, seconds in notebooks.items()}
    drawn = {name: every[name] * min(1, DRAWN[name] / max(1, len(notebooks[name]))) for name in DRAWN}
    with_smoke = drawn | {SMOKE: max(drawn[SMOKE], every[SMOKE] * factor)}
    rate = phase["wall"] / (fixed + grown + sum(every.values()))  # several workers: less than 1
    other = wall - phase["wall"]
    now = other + rate * (fixed + grown + sum(drawn.values()))
    later = lambda ran: other * factor + rate * (fixed + grown * factor + sum(ran.values()))
    return wall, now, later(drawn), later(with_smoke)


def by_file(tests: dict[str, Iterable[float]]) -> list[tuple[float, float, float, str]]:
    """For each file: seconds, CPU seconds, the share that grows, and its name."""
    files = defaultdict(lambda: [0.0, 0.0, 0.0])
    for test, (seconds, cpu) in tests.items():
        row = files[test.partition("::")[0]]
        row[0], row[1], row[2] = row[0] + seconds, row[1] + cpu, row[2] + seconds * grows(test)
    return [(s, cpu, grown / s if s else 0.0, file) for file, (s, cpu, grown) in files.items()]


def grows(test: str) -> bool:
    """Whether every module adds tests like this one."""
    file, _, name = test.partition("::")
    parameter = name.partition("[")[2]
    return _of_a_topic(file) or any(re.search(rf"\b{re.escape(word)}\b", parameter) for word in _words())


@cache
def _of_a_topic(file: str) -> bool:
    path = ROOT / file
    names = dependencies.imported(path.read_text("utf-8")) if path.exists() else frozenset()
    return file.startswith("lib/") and any(f"llmcourse.{package}" in names for package in course.topics())


@cache
def _words() -> frozenset[str]:
    """Words in a test's parameter that come with a module: names of modules, packages, exercises and records."""
    from llmcourse.checks import labs  # loads torch

    modules = [module for module in course.MODULES if module.built(ROOT)]
    exercises = {exercise.name for lab in labs() for exercise in lab.exercises}
    records = {path.stem for path in (ROOT / "lib" / "llmcourse" / "recorded").glob("*.json")}
    return frozenset({m.name for m in modules} | {m.slug for m in modules} | set(course.topics()) | exercises | records)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
