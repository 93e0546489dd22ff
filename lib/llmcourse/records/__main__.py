"""`python -m llmcourse.records NAME [--dirty]`: run an experiment and write its record. `make record NN=NAME` calls it.

The number in the name leads to the module, the module to its topic's package, and the package's modules whose names
end in `experiments` declare what can be run.
"""

import argparse
import importlib
import json
import pkgutil
import platform
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from llmcourse import course, dependencies, files, records

LIBRARY = dependencies.HOMES["llmcourse"]
WIDTH = 120  # whatever fits on a line stays on one
# Neither the list of modules nor the way records are written changes the results of an experiment.
ASIDE = ("llmcourse.course", "llmcourse.dependencies")


class NoRecord(Exception):
    """No experiment can be run under this name now; the text tells why and what to do."""


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m llmcourse.records", description="Make a record.")
    parser.add_argument("name", nargs="?", default="", help="of the record: 08, 10_copying; without it, all are listed")
    parser.add_argument("--dirty", action="store_true", help="even if the library differs from the commit")
    options = parser.parse_args(argv)
    try:
        experiment = find(options.name)
        before = origin(experiment, course.module(_number(options.name)), options.dirty)
    except NoRecord as error:
        print(error, file=sys.stderr)
        return 2
    start = time.perf_counter()
    result = experiment()
    record = {"made": _made(options.name, time.perf_counter() - start) | before, **result}
    file = records.path(options.name)
    files.write(file, dumps(record) + "\n")
    print(f"wrote {file.parent.name}/{file.name}")
    return 0


# --- which experiment


def find(name: str) -> Callable[[], dict]:
    """The experiment behind that record. Raises NoRecord, which lists the existing ones."""
    modules = [module for module in course.MODULES if module.number == _number(name)]
    declared = {n: f for module in modules for n, f in experiments(module).items()}
    if name not in declared:
        there = declared or {n: f for module in course.MODULES for n, f in experiments(module).items()}
        raise NoRecord(
            f"There is no experiment for a record {name!r}. Choose one of these: {', '.join(there)}. "
            "For example: make record NN=08"
        )
    return declared[name]


def experiments(module: course.Module) -> dict[str, Callable[[], dict]]:
    """Name of a record -> its experiment, for the records that a module's topic declares for this module."""
    package = LIBRARY / module.topic
    for found in pkgutil.iter_modules([str(package)]):
        if found.name.endswith("experiments"):
            importlib.import_module(f"{module.package}.{found.name}")
    return {n: f for n, f in sorted(records.DECLARED.items()) if _number(n) == module.number}


def _number(name: str) -> int | None:
    number, _ = course.parse_slug(name)
    return int(number) if number else None


# --- what runs


def origin(experiment: Callable, module: course.Module, dirty_allowed: bool) -> dict:
    """The commit and the fingerprint of what is about to run.

    Determined before it runs, since the files may change meanwhile. Raises NoRecord if the library differs from the
    commit and that was not allowed.
    """
    commit, dirty = _commit(), _dirty()
    if dirty and not dirty_allowed:
        raise NoRecord(
            f"The record would name a commit that does not contain what ran. These files differ: {', '.join(dirty)}.\n"
            "Commit them, or add DIRTY=1 (--dirty), and the record will mention it."
        )
    return {"commit": commit, "dirty": bool(dirty), "fingerprint": fingerprint(experiment, module)}


def fingerprint(experiment: Callable, module: course.Module) -> str:
    """Of the experiment's module, everything it imports from the course, its data, torch and what its module needs."""
    files = dependencies.sources(experiment.__module__, without=ASIDE)
    return dependencies.fingerprint(files | dependencies.data(files), ("torch", *module.needs))


def _commit() -> str:
    """The current commit; "unknown" outside a repository."""
    try:
        return _git("rev-parse", "--short=12", "HEAD").strip()
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


def _dirty() -> list[str]:
    """Files of the library that are not in the commit, or differ from it. Records are results: they don't count."""
    try:
        return [line[3:] for line in _git("status", "--porcelain", "--", ".", ":(exclude)recorded").splitlines()]
    except (OSError, subprocess.CalledProcessError):
        return []


def _git(*words: str) -> str:
    return subprocess.run(["git", *words], cwd=LIBRARY, capture_output=True, text=True, check=True).stdout


def _made(name: str, seconds: float) -> dict:
    import torch

    return {
        "command": f"make record NN={name}",
        "date": time.strftime("%Y-%m-%d"),
        "minutes": round(seconds / 60, 1),
        "machine": f"{_processor()}, {torch.get_num_threads()} threads",
        "python": platform.python_version(),
        "torch": torch.__version__,
    }


def _processor() -> str:
    import torch

    if torch.cuda.is_available():
        return torch.cuda.get_device_name()
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        return next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


# --- writing


def dumps(value: object, depth: int = 0) -> str:
    """JSON in lines that make good diffs: whatever fits on one line is one, and so is every list of plain numbers."""
    line = json.dumps(value)
    inside = (
        list(value.values() if isinstance(value, dict) else value) if isinstance(value, (dict, list, tuple)) else []
    )
    if depth + len(line) <= WIDTH or all(isinstance(x, (int, float)) for x in inside):
        return line
    keys = [f"{json.dumps(_key(k))}: " for k in value] if isinstance(value, dict) else [""] * len(inside)
    parts = [f"{' ' * (depth + 1)}{k}{dumps(x, depth + 1)}" for k, x in zip(keys, inside)]
    first, last = "{}" if isinstance(value, dict) else "[]"
    return "\n".join([first, ",\n".join(parts), " " * depth + last])


def _key(key: object) -> str:
    """The key as json writes it: a number becomes a string."""
    return key if isinstance(key, str) else json.dumps(key)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
