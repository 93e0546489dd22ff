"""Start JupyterLab on the course's first page: `python -m llmcourse lab`, which `make lab` calls.

    python -m llmcourse lab           to study: without nbgrader's panels for instructors
    python -m llmcourse lab --teach   with them (`make teach`)
    python -m llmcourse lab --write   and each lecture and solution paired with its .py (`make write`)

Only authors edit pairs. Whoever saves a lecture in another editor, or pulls an update after running it, would otherwise
find it refused by jupytext, since the two files of the pair differ.
"""

import contextlib
import importlib.util
import os
import sys
from pathlib import Path

from . import work
from .work import folder

PAGE = f"work/lectures/{folder.START}.ipynb"  # the reader's own copy, so that an update never collides with it
SETTINGS = Path(__file__).parent / "jupyterlab"  # no questions about news, light or dark as the system is
# Whom JupyterLab is for, and the folders of settings that take away what they do not need.
MODES = {"study": ("study", "teach"), "teach": ("teach",), "write": ()}


def main(argv: list[str]) -> int:
    """Prepare the student's work, then become JupyterLab. `argv` is passed on to it, but for --teach and --write."""
    mode = next((mode for mode in MODES if f"--{mode}" in argv), "study")
    argv = [argument for argument in argv if argument != f"--{mode}"]
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
    except work.WorkError as error:  # the lectures can still be read
        print(error, file=sys.stderr)
    grading_folders(root)
    os.chdir(root)  # nbgrader looks for its configuration in the folder where the server was started
    # nbgrader starts `alembic` by name, and notebooks `!pip`.
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    os.environ |= folders(root) | {"JUPYTER_CONFIG_PATH": config_path(mode)}
    if mode != "write":
        show_progress(root / PAGE)
    print("JupyterLab is starting. Press Ctrl-C here to stop it.", flush=True)
    os.execv(sys.executable, [sys.executable, "-m", "jupyterlab", *settings(root, mode), *argv])


def show_progress(page: Path) -> None:
    """Put what passes into the start page, signed as the reader's own: there it stands before anything is run."""
    from nbformat import read, sign

    with contextlib.suppress(work.WorkError, OSError), contextlib.chdir(page.parent):  # links lead from there
        notebook, passes = folder.read(page), work.progress()
        print(passes.next())
        shown = {"text/html": passes._repr_html_(), "text/plain": str(passes)}
        for cell in notebook["cells"]:
            if folder.source(cell) == "work.progress()":
                cell["outputs"] = [{"output_type": "display_data", "data": shown, "metadata": {}}]
        folder.write(page, notebook)
        sign.NotebookNotary().sign(read(page, 4))


def settings(root: Path, mode: str = "study") -> list[str]:
    """The course's settings for JupyterLab. Whatever the user adds comes later and takes precedence."""
    pages = [PAGE.removeprefix("work/")] if mode == "write" else [PAGE, PAGE.removeprefix("work/")]
    page = next((f"/lab/tree/{page}" for page in pages if (root / page).exists()), "/lab")
    chosen = [
        f"--ServerApp.root_dir={root}",
        f"--LabApp.default_url={page}",
        "--ServerApp.kernel_manager_class=llmcourse.lecture_kernels.LectureKernels",
        "--LabApp.news_url=None",
        f"--LabApp.app_settings_dir={SETTINGS}",
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
        "--Application.log_level=ERROR",
        "--JupyterApp.answer_yes=True",  # Ctrl-C asks no question: notebooks save themselves
    ]
    if not has_display():
        chosen.append("--no-browser")
    if os.geteuid() == 0:  # in a container; otherwise Jupyter refuses to run as root
        chosen.append("--allow-root")
    return chosen


def config_path(mode: str) -> str:
    """JUPYTER_CONFIG_PATH: the course's folders for a mode, before those of the user."""
    theirs = os.environ.get("JUPYTER_CONFIG_PATH", "")
    return os.pathsep.join([*(str(SETTINGS / name) for name in MODES[mode]), *([theirs] if theirs else [])])


def folders(root: Path) -> dict[str, str]:
    """Where Jupyter and IPython write, if they cannot write in the user's home, as in some containers."""
    if os.access(os.path.expanduser("~"), os.W_OK):  # stays "~" where nobody knows
        return {}
    names = {"JUPYTER_CONFIG_DIR": "config", "JUPYTER_DATA_DIR": "data", "IPYTHONDIR": "ipython"}
    return {name: os.environ.get(name, str(root / ".jupyter" / folder)) for name, folder in names.items()}


def has_display() -> bool:
    """Whether anybody would see a browser opened here."""
    return sys.platform == "darwin" or any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY"))


def grading_folders(root: Path) -> None:
    """Create the folders that nbgrader's panels ask for; a student's bundle has no grading."""
    if not (root / "nbgrader_config.py").exists():
        return
    grading = Path(os.environ.get("LLMCOURSE_GRADING", root / "grading"))
    for name in ("exchange", "cache"):
        (grading / name).mkdir(parents=True, exist_ok=True)
