"""nbgrader's configuration for a course that is graded here. nbgrader_config.py at the course's root calls it."""

import os
from pathlib import Path

from traitlets.config import Config


def configure(c: Config, root: Path, course_id: str) -> None:
    """Map nbgrader's steps to the folders of a course and to the modules here; everything else in `c` is kept.

    root       the course's folder, with solutions/ and labs/
    course_id  what nbgrader's exchange and gradebook call the course
    """
    # What grading makes at run time. Paths are relative to the root: nbgrader would take an absolute one for a pattern.
    runtime = Path(os.path.relpath(os.environ.get("LLMCOURSE_GRADING", root / "grading"), root))
    c.CourseDirectory.course_id = course_id
    c.CourseDirectory.root = str(root)
    c.CourseDirectory.source_directory = "solutions"
    c.CourseDirectory.release_directory = "labs"
    for step in ("submitted", "autograded", "feedback", "solution", "source_with_tests"):
        c.CourseDirectory[f"{step}_directory"] = str(runtime / step)
    # The gradebook is a file, or the database that this names: postgresql+psycopg://user:password@host/database
    file = f"sqlite:///{(root / runtime).resolve()}/gradebook.db"
    c.CourseDirectory.db_url = os.environ.get("LLMCOURSE_GRADEBOOK", file)
    # A solution's paired .py would otherwise be released with it.
    c.CourseDirectory.ignore = [".ipynb_checkpoints", "*.pyc", "__pycache__", "feedback", "*.py", "jupytext.toml"]
    c.Exchange.root = str((root / runtime / "exchange").resolve())
    c.Exchange.cache = str((root / runtime / "cache").resolve())
    c.ExchangeFactory.release_feedback = f"{__package__}.reporting.release.ReleaseFeedback"  # begins the next round
    c.ClearSolutions.code_stub = {"python": "raise NotImplementedError()"}
    _steps(c)


def _steps(c: Config) -> None:
    """The steps of `nbgrader autograde`: a submission is read, repaired, run in the sandbox and scored."""
    c.Autograde.exporter_class = f"{__package__}.intake.repair.Reader"  # reads every format that `grading grade` reads
    c.Autograde.sanitize_preprocessors = [
        f"{__package__}.intake.repair.Repair",
        "nbgrader.preprocessors.OverwriteKernelspec",
        "nbgrader.preprocessors.OverwriteCells",
        "nbgrader.preprocessors.CheckCellMetadata",
    ]
    c.Autograde.autograde_preprocessors = [
        f"{__package__}.running.session.Score",
        "nbgrader.preprocessors.LimitOutput",
        "nbgrader.preprocessors.SaveAutoGrades",
        "nbgrader.preprocessors.AssignLatePenalties",
        "nbgrader.preprocessors.CheckCellMetadata",
    ]
    c.AssignLatePenalties.plugin_class = f"{__package__}.gradebook.late.LateDays"
    # What a student writes is never trusted in a page that an instructor opens.
    c.HTMLExporter.filters = {"markdown2html": f"{__package__}.intake.sanitise.markdown"}
    c.Execute.shutdown_kernel = "immediate"
    c.Execute.extra_arguments = ["--log-level=ERROR"]
