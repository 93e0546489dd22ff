"""Start JupyterLab on the course's first page: `python -m llmcourse lab`, which `make lab` calls."""

import importlib.util
import os
import sys
from pathlib import Path

from . import work
from .work import folder

PAGE = "lectures/00_start.ipynb"
SETTINGS = Path(__file__).parent / "jupyterlab"  # asks nobody about news


def main(argv: list[str]) -> int:
    """Prepare the student's work, then become JupyterLab. `argv` goes to JupyterLab as it is."""
    if importlib.util.find_spec("jupyterlab") is None:
        print("JupyterLab is not installed here. `make lab` installs and starts it.", file=sys.stderr)
        return 1
    try:
        root = folder.root()
    except work.WorkError as error:
        print(error, file=sys.stderr)
        return 1
    try:
        print(work.prepare())
    except work.WorkError as error:  # lectures can be read all the same
        print(error, file=sys.stderr)
    grading_folders(root)
    os.chdir(root)  # nbgrader looks for its configuration where the server was started
    # nbgrader starts `alembic`, and notebooks `!pip`, by name.
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    print("JupyterLab is starting; Ctrl-C here stops it.", flush=True)
    os.execv(sys.executable, [sys.executable, "-m", "jupyterlab", *settings(root), *argv])


def settings(root: Path) -> list[str]:
    """How the course wants JupyterLab; whatever the user adds comes after it and wins."""
    page = f"/lab/tree/{PAGE}" if (root / PAGE).exists() else "/lab"
    chosen = [
        f"--ServerApp.root_dir={root}",
        f"--LabApp.default_url={page}",
        "--LabApp.news_url=None",
        f"--LabApp.app_settings_dir={SETTINGS}",
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
        "--Application.log_level=ERROR",
        "--JupyterApp.answer_yes=True",  # Ctrl-C asks nothing: notebooks are saved by themselves
    ]
    if not has_display():
        chosen.append("--no-browser")
    if os.geteuid() == 0:  # in a container; Jupyter refuses root otherwise
        chosen.append("--allow-root")
    return chosen


def has_display() -> bool:
    """Whether a browser opened here would be seen."""
    return sys.platform == "darwin" or any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY"))


def grading_folders(root: Path) -> None:
    """The folders that nbgrader's panels ask for; a student's bundle has no grading."""
    if not (root / "nbgrader_config.py").exists():
        return
    grading = Path(os.environ.get("LLMCOURSE_GRADING", root / "grading"))
    for name in ("exchange", "cache"):
        (grading / name).mkdir(parents=True, exist_ok=True)
