"""What the course finds on this machine, and what to do about each problem."""

import importlib.metadata
import importlib.util
import os
import platform
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from . import course, work
from .work import folder

NEEDED = ("torch", "numpy", "matplotlib", "safetensors", "tqdm")
OTHERS = ("jupyterlab", "jupytext", "ipywidgets", "transformers", "gguf", "nbgrader")
FOREIGN = ("PYTHONPATH", "PYTHONHOME", "PYTHONOPTIMIZE")  # settings for another Python that change this one
INSTALL = "`make lab` installs it; without make: `python -m pip install -e '.[course,grading]'`"
GB = 1e9


@dataclass(frozen=True)
class Row:
    """One line of the table. state: "ok", "note" (something could be better) or "missing"."""

    what: str
    found: str
    state: str = "ok"
    advice: str = ""


def main() -> int:
    """Print the table. Returns 1 if something that is needed is missing."""
    rows = table()
    width = max(len(row.what) for row in rows)
    for row in rows:
        print(f"{row.state:8}{row.what:{width}}  {row.found}")
        if row.advice:
            print(f"{'':8}{'':{width}}  -> {row.advice}")
    missing = sum(row.state == "missing" for row in rows)
    print(f"Requirements missing: {missing}." if missing else "The course can run here.")
    return 1 if missing else 0


def table() -> list[Row]:
    """Every line; a look-up that fails gets a line too."""
    rows: list[Row] = []
    for look in (python, settings, packages, misfits, torch, tier, needs, models, disk, nbgrader, labs):
        try:
            rows.extend(look())
        except Exception as error:  # whatever is broken, the rest of the table must still be printed
            name = look.__name__
            rows.append(Row(name, f"could not be examined: {type(error).__name__}: {error}", "missing", INSTALL))
    return rows


def python() -> Iterator[Row]:
    from packaging.specifiers import SpecifierSet  # comes with matplotlib

    version, wanted = platform.python_version(), importlib.metadata.metadata("llmcourse")["Requires-Python"]
    fits = SpecifierSet(wanted).contains(version, prereleases=True)
    advice = "" if fits else "`make lab` looks for one that does, and installs with it."
    found = f"{version}, {sys.prefix}; the course runs on Python {wanted}"
    yield Row("python", found, "ok" if fits else "missing", advice)


def settings() -> Iterator[Row]:
    """Settings meant for another Python. The commands of `make` drop them."""
    for name in FOREIGN:
        if os.environ.get(name):
            advice = f"Run `unset {name}`, or use the commands of `make`, which ignore it: it changes this Python, too."
            yield Row(name, os.environ[name], "note", advice)


def misfits() -> Iterator[Row]:
    """Packages that do not run on this Python: they were installed for a newer one, or come from elsewhere."""
    from packaging.specifiers import SpecifierSet

    version = platform.python_version()
    for package in importlib.metadata.distributions():
        wanted = package.metadata["Requires-Python"] or ""
        if package.name != "llmcourse" and not SpecifierSet(wanted).contains(version, prereleases=True):
            found = f"{package.version} needs Python {wanted}, and this is {version}"
            command = f"`{sys.executable} -m pip install --force-reinstall --no-deps {package.name}`"
            yield Row(package.name, found, "missing", f"{command} installs one for this Python.")


def packages() -> Iterator[Row]:
    """Installed versions against the ranges that the course requires."""
    ranges = _ranges()
    for name in NEEDED + OTHERS:
        state = "missing" if name in NEEDED else "note"
        try:
            version = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            yield Row(name, "not installed", state, INSTALL)
            continue
        wanted = ranges.get(name)
        if wanted is None or wanted.contains(version, prereleases=True):
            yield Row(name, version)
        else:
            yield Row(name, f"{version}, not {wanted}", state, INSTALL)


def _ranges() -> dict:
    """Package -> its range in pyproject.toml, as installed."""
    from packaging.requirements import Requirement

    return {r.name: r.specifier for r in map(Requirement, importlib.metadata.requires("llmcourse") or [])}


def torch() -> Iterator[Row]:
    """Which device torch computes on, and whether its threads wait politely."""
    import torch

    from . import runtime

    device = runtime.device()
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else platform.machine()
    yield Row("device", f"{device} ({name})")
    policy = os.environ.get("OMP_WAIT_POLICY", "not set")
    polite = policy.upper() == "PASSIVE"
    advice = "" if polite else "Unset it: the course sets PASSIVE. Spinning threads make a busy machine crawl."
    threads = f"{torch.get_num_threads()} of {os.cpu_count()} cores, OMP_WAIT_POLICY {policy}"
    yield Row("threads", threads, "ok" if polite else "note", advice)


def tier() -> Iterator[Row]:
    from . import runtime

    yield Row("tier", f"{runtime.tier()} (LLMCOURSE_TIER)")


def needs() -> Iterator[Row]:
    """The packages that modules need beyond the core: texts and libraries. Models get lines of their own."""
    held = {source.package for source in _weights().values()}
    for package, users in course.needed().items():
        if package in held or package in OTHERS:
            continue
        try:
            yield Row(package, importlib.metadata.version(package))
        except importlib.metadata.PackageNotFoundError:
            yield Row(package, f"not installed; needed by {_listed(users)}", "missing", INSTALL)


def models() -> Iterator[Row]:
    """The packages that hold real models."""
    from .models import weights

    for name, source in _weights().items():
        if source.package:
            here = importlib.util.find_spec(source.package.replace("-", "_")) is not None
            found = f"{name} is installed" if here else f"{name} is not here: it is downloaded when it is needed"
            yield Row("model", found, "ok" if here else "note", "" if here else f"Offline: {weights.install(source)}")


def _weights() -> dict:
    from .models import weights

    return {**weights.LANGUAGE_MODELS, **weights.EMBEDDERS}


def _listed(users: list[course.Module]) -> str:
    *others, last = (f"{module.number:02}" for module in users)
    return f"modules {', '.join(others)} and {last}" if others else f"module {last}"


def disk() -> Iterator[Row]:
    place = Path.cwd()
    free = shutil.disk_usage(place).free / GB
    advice = "" if free > 2 else "Free some space: notebooks, caches and models need about 2 GB."
    yield Row("disk", f"{free:.1f} GB free at {place}", "ok" if free > 2 else "note", advice)


def nbgrader() -> Iterator[Row]:
    if importlib.util.find_spec("nbgrader") is None or not (folder.root() / "grading" / "README.md").exists():
        return  # the line of the package shows that already; or this is a student's bundle
    configured = (folder.root() / "nbgrader_config.py").exists()
    advice = "" if configured else "`git checkout nbgrader_config.py` brings it back."
    found = "nbgrader_config.py" if configured else "nbgrader_config.py is gone: the formgrader cannot find the course"
    yield Row("grading", found, "ok" if configured else "note", advice)


def labs() -> Iterator[Row]:
    """The student's copies of the labs."""
    try:
        copies = folder.labs().values()
    except work.WorkError as error:
        yield Row("labs", "none", "note", str(error))
        return
    there = sum(copy.mine.exists() for copy in copies)
    place = folder.root() / "work"
    advice = "" if there == len(copies) else "`make lab`, or `python -m llmcourse work prepare`, copies the others."
    yield Row("labs", f"{there} of {len(copies)} in {place}", "ok" if there == len(copies) else "note", advice)
