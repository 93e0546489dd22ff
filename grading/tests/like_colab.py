"""An environment like Colab's, and the course as pip would fetch it from its address.

Not like Colab: Python is the test's and not 3.13; torch is the test's; most of what Colab preinstalls is missing (so
an addition here may be there already); ipywidgets has no notebook server; `google.colab` is a stand-in; and Colab's
own front end is missing.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import sysconfig
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement

from grading.authoring import notebooks
from grading.authoring.notebooks import ROOT

HERE = Path(__file__).parent / "colab"
REQUIREMENTS = HERE / "requirements.txt"
LENT = ("torch", "safetensors", "tqdm")  # preinstalled on Colab; linked from here rather than installed again


def environment() -> Path:
    """The Python of a virtual environment like Colab's, made once and kept. Raises CalledProcessError.

    The course is not in it, unless an earlier test left it there: `hand_over` removes it.
    """
    lent = _with_dependencies(LENT)
    text = REQUIREMENTS.read_text() + sys.version + " ".join(f"{d.name}=={d.version}" for d in lent)
    folder = ROOT / ".cache" / f"colab-{hashlib.sha256(text.encode()).hexdigest()[:12]}"
    python = folder / "bin" / "python"
    if (folder / "ready").exists():
        return python
    shutil.rmtree(folder, ignore_errors=True)
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    pip = [python, "-m", "pip", "install", "-q", "--disable-pip-version-check"]
    subprocess.run([*pip, "-r", REQUIREMENTS], check=True)
    subprocess.run([*pip, "--no-deps", "ipywidgets==7.7.1"], check=True)  # its notebook server is not needed
    for distribution in lent:
        _link(distribution, next(folder.glob("lib/python*/site-packages")))
    (folder / "ready").write_text(json.dumps(installed(python)))
    return python


def hand_over(python: Path) -> dict[str, str]:
    """Remove what a notebook has installed; return what is left, as name -> version."""
    preinstalled = json.loads((python.parents[1] / "ready").read_text())
    added = [name for name in installed(python) if name not in preinstalled]
    if added:
        subprocess.run([python, "-m", "pip", "uninstall", "-q", "-y", *added], check=True)
    return preinstalled


def _with_dependencies(names) -> list[metadata.Distribution]:
    found, waiting = {}, list(names)
    while waiting:
        name = waiting.pop().lower()
        if name not in found:
            found[name] = metadata.distribution(name)
            needs = map(Requirement, found[name].requires or ())
            waiting += [n.name for n in needs if n.marker is None or n.marker.evaluate({"extra": ""})]
    return [found[name] for name in sorted(found)]


def _link(distribution: metadata.Distribution, site: Path) -> None:
    here = Path(sysconfig.get_paths()["purelib"])
    for top in {file.parts[0] for file in distribution.files if file.parts[0] != ".."}:
        if not (site / top).exists() and top != "__pycache__":
            (site / top).symlink_to(here / top)


def installed(python: Path) -> dict[str, str]:
    """Name -> version of every package that pip sees."""
    said = subprocess.run([python, "-m", "pip", "list", "--format=json"], check=True, capture_output=True)
    return {package["name"].lower().replace("_", "-"): package["version"] for package in json.loads(said.stdout)}


def published(folder: Path) -> str:
    """The working tree as the course would be published: built, committed, tagged, cloned bare. Its address."""
    tree, bare = folder / "tree", folder / "course.git"
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    for name in filter(None, listed.stdout.decode().split("\0")):
        if (ROOT / name).exists():  # git also lists files that were just deleted
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, tree / name, follow_symlinks=False)
    address = f"file://{bare}"
    os.environ["LLMCOURSE_ADDRESS"], before = address, os.environ.get("LLMCOURSE_ADDRESS")
    try:
        assert notebooks.build_all(tree) == 0
    finally:
        os.environ.pop("LLMCOURSE_ADDRESS") if before is None else os.environ.update(LLMCOURSE_ADDRESS=before)
    git = ["git", "-c", "user.name=course", "-c", "user.email=course@example.org", "-c", "init.defaultBranch=main"]
    version = notebooks.Home.of(tree).version
    for step in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "as published"], ["tag", version]):
        subprocess.run([*git, *step], cwd=tree, check=True)
    subprocess.run(["git", "clone", "-q", "--bare", tree, bare], check=True)
    return address
