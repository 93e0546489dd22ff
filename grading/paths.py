"""Where things are, and nbgrader as the course configures it."""

import logging
import os
import sys
import warnings
from pathlib import Path

from llmcourse import classroom
from traitlets.config import Config, PyFileConfigLoader

from . import patches

ROOT = Path(os.environ.get("LLMCOURSE_ROOT", Path(__file__).parent.parent)).resolve()  # the course's folder


def runtime() -> Path:
    """The folder for what grading makes at run time: LLMCOURSE_GRADING, or grading/."""
    return Path(os.environ.get("LLMCOURSE_GRADING", ROOT / "grading")).resolve()


def released(slug: str) -> Path:
    """The released lab, the skeleton of every submission."""
    return ROOT / "labs" / slug / "lab.ipynb"


def solution(slug: str) -> Path:
    """The notebook that the lab was released from."""
    return ROOT / "solutions" / slug / "lab.ipynb"


def source(slug: str) -> Path:
    """What the solution is built from."""
    own = classroom.read(ROOT).own
    return own[slug] / "lab.py" if slug in own else ROOT / "solutions" / slug / "lab.py"


def submitted(student: str, slug: str) -> Path:
    return runtime() / "submitted" / student / slug / "lab.ipynb"


def autograded(student: str, slug: str) -> Path:
    return runtime() / "autograded" / student / slug / "lab.ipynb"


def feedback(student: str, slug: str) -> Path:
    return runtime() / "feedback" / student / slug / "lab.html"


def config() -> Config:
    """The configuration of the root, as nbgrader reads it."""
    return Config(PyFileConfigLoader("nbgrader_config.py", path=str(ROOT)).load_config())


def nbgrader(**changes: str):
    """nbgrader's API with the configuration of the root; `changes` are settings of its CourseDirectory.

    Its log is silent: failures are reported in the results of its calls.
    """
    from nbgrader.apps.api import NbGraderAPI
    from sqlalchemy.exc import SAWarning

    patches.newest_scheme_by_library()
    patches.pages_are_not_parsed_again()
    warnings.filterwarnings("ignore", category=SAWarning)  # nbgrader is older than its database library

    # nbgrader starts `alembic` by name, to make a new gradebook.
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    (runtime() / "exchange").mkdir(parents=True, exist_ok=True)
    settings = config()
    settings.CourseDirectory.update(changes)
    for name in ("traitlets", "tornado.application"):
        log = logging.getLogger(name)
        log.propagate = False
        if not log.handlers:
            log.addHandler(logging.NullHandler())
    return NbGraderAPI(config=settings)
