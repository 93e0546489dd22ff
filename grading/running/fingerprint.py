"""Two fingerprints of the course, as far as results depend on it. While one stays the same, nothing is done again.

    scores(name)      what the points of an exercise depend on: its two halves, what compares, the seeds, torch's
                      version, and what the reference imports. If it changes, the exercise is graded again.
    execution(slug)   how a notebook of the lab is read, repaired and run, and what it sees while it runs. It is
                      noted in every result; if it alone changes, nobody is graded again.

Comments, docstrings and the layout of code change neither.
"""

import functools
import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path

import nbformat
from llmcourse import dependencies
from llmcourse.checks import Lab, find, lab

from .. import exercises, paths

HOMES = {"grading": paths.ROOT / "grading", "llmcourse": paths.ROOT / "lib" / "llmcourse"}
# What scoring imports and no score depends on: how a card looks, what one of public cases says besides, what a student
# is told of progress, the course map, the class, where files and exercises are found, and what is replaced in other
# people's packages.
CARDS = (f"llmcourse.checks.{name}" for name in ("card", "diagnosis", "registry", "public_cases"))
LIBRARY = (f"llmcourse.{name}" for name in ("html", "progress", "course", "classroom", "slugs", "files"))
NO_SCORE = (*CARDS, *LIBRARY, "grading.patches", "grading.paths")


@functools.cache
def scores(name: str) -> str:
    return dependencies.fingerprint(what_scores_need(name), ("torch",), paths.ROOT)


def what_scores_need(name: str) -> set[Path]:
    """The files that the points of an exercise depend on."""
    of, exercise = find(name)
    halves = f"{of.package}.{exercise.module}", f"{exercises.home(of)}.{exercise.module}"
    own = {name: exercises.folder(of) / half for name, half in _own_halves(of).items()}
    without = (*NO_SCORE, of.package)
    files = _sources("grading.running.score", "grading.running.seeds", *halves, without=without, homes=HOMES | own)
    cases = lambda path: "checks" in path.parts or path.parent == own.get(of.package)
    return files | {path for path in _data(files) if not cases(path)}


def _own_halves(of: Lab) -> dict[str, str]:
    """Package -> folder of the two halves of an instructor's lab; nothing for one of the course's."""
    return {of.package: "public", exercises.home(of): "private"} if exercises.is_own(of) else {}


@functools.cache
def execution(slug: str) -> str:
    return dependencies.fingerprint(what_execution_needs(slug), ("torch", "ipython", "matplotlib-inline"), paths.ROOT)


def what_execution_needs(slug: str) -> set[Path]:
    """The files that running a notebook of the lab depends on, apart from those that its scores depend on."""
    released = paths.released(slug)
    code = "\n".join(cell.source for cell in nbformat.read(released, 4).cells if cell.cell_type == "code")
    files = _sources("grading.running.autograde", *_by_name(), *dependencies.imported(code))
    files |= {released, paths.solution(slug), paths.ROOT / "nbgrader_config.py", *_data(files)}
    return files - {path for exercise in lab(slug).exercises for path in what_scores_need(exercise.name)}


def _by_name() -> set[str]:
    """Our modules that nbgrader or a kernel loads by name."""
    config = paths.config()
    steps = [*config.Autograde.sanitize_preprocessors, *config.Autograde.autograde_preprocessors]
    sandbox = (path.relative_to(paths.ROOT) for path in (HOMES["grading"] / "running" / "sandbox").rglob("*.py"))
    modules = {".".join(path.with_suffix("").parts).removesuffix(".__init__") for path in sandbox}
    return {step.rpartition(".")[0] for step in steps} | modules


def _data(files: set[Path]) -> set[Path]:
    """The data next to these modules. What lies in grading/ itself was written there by grading, as grades.csv is."""
    return {path for path in dependencies.data(files) if path.parent != HOMES["grading"]}


def _sources(*names: str, without: Iterable[str] = (), homes: Mapping[str, Path] = HOMES) -> set[Path]:
    return dependencies.sources(*names, homes=homes, without=without)


def asks(slug: str) -> str:
    """A hash of what the released lab asks for: its graded cells, their points, and tests that are not the course's."""
    path = paths.released(slug)
    return _asks(slug, str(path), path.stat().st_mtime_ns)


@functools.lru_cache(maxsize=64)
def _asks(slug: str, path: str, changed: int) -> str:
    """`changed` says that the file is still the same."""
    cells = nbformat.read(path, 4).cells
    graded = [cell for cell in cells if cell.metadata.get("nbgrader", {}).get("grade")]
    known = {f"{exercise.name}-check" for exercise in lab(slug).exercises}
    own = lambda cell: "" if cell.metadata.nbgrader.grade_id in known else cell.source
    parts = [(cell.metadata.nbgrader.grade_id, cell.metadata.nbgrader.points, own(cell)) for cell in graded]
    return hashlib.sha256(repr(parts).encode()).hexdigest()
