"""A name for the course as far as the scores of one lab depend on it: with the same name, the same scores.

It is a hash of the lab and its solution, of every module of the course that grader and lab import, of the data beside
those modules, and of torch's version. So a new lecture grades nobody again, and a corrected exercise only its lab.
"""

import ast
import functools
import hashlib
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import nbformat
from llmcourse.checks import lab

from .. import paths

UNSCORED = "llmcourse.course"  # gives labs their titles, which earn nothing; it changes with every new module
HOMES = {"grading": paths.ROOT / "grading", "llmcourse": paths.ROOT / "lib" / "llmcourse"}


@functools.cache
def version(slug: str) -> str:
    released = paths.released(slug)
    code = "\n".join(cell.source for cell in nbformat.read(released, 4).cells if cell.cell_type == "code")
    wanted = set(_imported(code, "")) | {"grading.running.autograde", *_exercises(slug)}
    files = {released, paths.solution(slug), paths.ROOT / "nbgrader_config.py", *_modules(wanted | _configured())}
    digest = hashlib.sha256(metadata.version("torch").encode())
    for path in sorted({*files, *(data for file in files for data in _data(file))}):
        digest.update(path.relative_to(paths.ROOT).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]


def _exercises(slug: str) -> Iterator[str]:
    """The modules of the lab's exercises, which are imported by name."""
    found = lab(slug)
    yield from (f"{found.package}.{exercise.module}" for exercise in found.exercises)
    yield from (f"grading.exercises.{found.name}.{exercise.module}" for exercise in found.exercises)


def _configured() -> set[str]:
    """Our modules that nbgrader or a kernel loads by name."""
    config, sandbox = paths.config(), HOMES["grading"] / "running" / "sandbox"
    steps = [*config.Autograde.sanitize_preprocessors, *config.Autograde.autograde_preprocessors]
    return {step.rpartition(".")[0] for step in steps} | {
        f"grading.running.sandbox.{p.stem}" for p in sandbox.glob("*.py")
    }


def _modules(names: set[str]) -> set[Path]:
    """The files of these modules, of their packages, and of all that they import of the course."""
    found: dict[str, Path] = {}
    while names:
        name = names.pop()
        path = _file(name)
        if path is None or name in found or name == UNSCORED:
            continue
        found[name] = path
        package = name if path.name == "__init__.py" else name.rpartition(".")[0]
        names |= {name.rpartition(".")[0], *_imports(path, package)}
    return set(found.values())


@functools.cache
def _imports(path: Path, package: str) -> frozenset[str]:
    return frozenset(_imported(path.read_text(encoding="utf-8"), package))


def _imported(code: str, package: str) -> Iterator[str]:
    """Every name that may be a module in the imports of some code; `package` is where relative ones start."""
    try:
        tree = ast.parse(code)
    except SyntaxError:  # a notebook's own commands
        tree = ast.parse("\n".join(line for line in code.splitlines() if not line.lstrip().startswith(("%", "!"))))
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) + 1 - node.level] if node.level else []
            base = ".".join([*above, *filter(None, [node.module])])
            yield from (base, *(f"{base}.{alias.name}" for alias in node.names))


def _file(name: str) -> Path | None:
    home, *parts = name.split(".")
    if home not in HOMES:
        return None
    path = HOMES[home].joinpath(*parts)
    return next((p for p in (path / "__init__.py", path.with_suffix(".py")) if p.is_file()), None)


def _data(path: Path) -> list[Path]:
    """Data that the modules of a package read. Public cases, in `checks`, earn nothing; kill.json is named by this."""
    inside = HOMES["llmcourse"] / "checks" in path.parents
    if path.name != "__init__.py" or inside or path.parent == HOMES["grading"]:
        return []
    return [p for p in path.parent.iterdir() if p.is_file() and p.suffix in {".gz", ".csv", ".json", ".txt"}]
