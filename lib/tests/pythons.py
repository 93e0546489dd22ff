"""python -m lib.tests.pythons [PYTHON ...]: both commands of README.md with every Python that the course supports.

Without arguments, with every one that is on the path, or that pyenv and uv have installed. Each gets a clone of what is
committed, in .cache/pythons, and keeps it, with its environment, for the next time.
"""

import os
import subprocess
import sys
import time
from pathlib import Path

from lib import install
from lib.tests.terminal import Lab, outside

ROOT = Path(__file__).parents[2]
PLACES = ROOT / ".cache" / "pythons"
VERSIONS = (os.environ.get("PYENV_ROOT", "~/.pyenv") + "/versions", "~/.local/share/uv/python")


def found() -> list[str]:
    """The interpreters that are here, of the versions that pyproject.toml allows."""
    lowest, beyond = install.supported()
    folders = [Path(folder) for folder in os.environ.get("PATH", "").split(os.pathsep)]
    folders += [bin for place in VERSIONS for bin in Path(place).expanduser().glob("*/bin")]
    names = ["python3", *(f"python3.{minor}" for minor in range(lowest[1], beyond[1]))]
    return [str(folder / name) for folder in folders for name in names if os.access(folder / name, os.X_OK)]


def distinct(pythons: list[str]) -> dict[str, str]:
    """Version -> the first interpreter that has it, from the oldest to the newest."""
    lowest, beyond = install.supported()
    versions = [(install.version_of(python), python) for python in pythons]
    fitting = {version: python for version, python in reversed(versions) if version and lowest <= version[:2] < beyond}
    return {install.dotted(version): fitting[version] for version in sorted(fitting)}


def clone(version: str) -> Path:
    """A copy of what is committed, with the environment that an earlier run has left in it."""
    place = PLACES / version
    if not (place / ".git").exists():
        subprocess.run(["git", "clone", "--quiet", ROOT, place], check=True)
    subprocess.run(["git", "fetch", "--quiet", ROOT, "HEAD"], cwd=place, check=True)
    subprocess.run(["git", "reset", "--quiet", "--hard", "FETCH_HEAD"], cwd=place, check=True)
    return place


def lab_starts(place: Path, python: str) -> bool:
    """Whether `make lab` sets everything up and serves its start page."""
    lab = Lab(place, PYTHON=python)
    if lab.address:
        page = lab.get("/api/contents/work/lectures/00_start.ipynb")
        lab.stop()
    print(lab.said, flush=True)
    return bool(lab.address) and '"notebook"' in page


def tests_pass(place: Path, python: str) -> bool:
    return subprocess.call(["make", "test"], cwd=place, env=outside(PYTHON=python)) == 0


def main(arguments: list[str]) -> int:
    pythons = distinct(arguments or found())
    results = []
    for version, python in pythons.items():
        print(f"\nPython {version}: {python}", flush=True)
        start, place = time.monotonic(), clone(version)
        good = lab_starts(place, python) and tests_pass(place, python)
        results.append(f"{version:8} {'good' if good else 'FAILED':7}{time.monotonic() - start:5.0f} s  {python}")
    print(*results or ["There is no Python here that the course supports."], sep="\n")
    return 0 if results and not any("FAILED" in line for line in results) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
