"""nbgrader's steps, mapped onto the folders of the course. nbgrader and JupyterLab, started here, read it."""

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent
if str(ROOT) not in sys.path:  # the preprocessors below are named, and imported by nbgrader
    sys.path.insert(0, str(ROOT))

# What grading makes at run time. Paths are relative to the root: nbgrader takes an absolute one for a pattern.
RUNTIME = Path(os.path.relpath(os.environ.get("LLMCOURSE_GRADING", ROOT / "grading"), ROOT))
c = get_config()  # noqa: F821

c.CourseDirectory.course_id = "llmcourse"
c.CourseDirectory.root = str(ROOT)
c.CourseDirectory.source_directory = "solutions"
c.CourseDirectory.release_directory = "labs"
for step in ("submitted", "autograded", "feedback", "solution", "source_with_tests"):
    c.CourseDirectory[f"{step}_directory"] = str(RUNTIME / step)
# The gradebook is a file, or what this names: postgresql+psycopg://user:password@host/database
GRADEBOOK = f"sqlite:///{(ROOT / RUNTIME).resolve()}/gradebook.db"
c.CourseDirectory.db_url = os.environ.get("LLMCOURSE_GRADEBOOK", GRADEBOOK)
# A solution's paired .py would otherwise be released with it.
c.CourseDirectory.ignore = [".ipynb_checkpoints", "*.pyc", "__pycache__", "feedback", "*.py", "jupytext.toml"]
c.Exchange.root = str((ROOT / RUNTIME / "exchange").resolve())
c.Exchange.cache = str((ROOT / RUNTIME / "cache").resolve())

c.ClearSolutions.code_stub = {"python": "raise NotImplementedError()"}
c.Autograde.exporter_class = "grading.intake.repair.Reader"  # reads whatever the command line reads
c.Autograde.sanitize_preprocessors = [
    "grading.intake.repair.Rebuild",
    "nbgrader.preprocessors.OverwriteKernelspec",
    "nbgrader.preprocessors.OverwriteCells",
    "nbgrader.preprocessors.CheckCellMetadata",
]
c.Autograde.autograde_preprocessors = [
    "grading.running.session.Score",
    "nbgrader.preprocessors.LimitOutput",
    "nbgrader.preprocessors.SaveAutoGrades",
    "nbgrader.preprocessors.AssignLatePenalties",
    "nbgrader.preprocessors.CheckCellMetadata",
]
c.AssignLatePenalties.plugin_class = "grading.gradebook.late.LateDays"
c.LateDays.free, c.LateDays.per_day, c.LateDays.most = 0, 0.0, 1.0  # lateness costs nothing; see gradebook/late.py
# What a student writes is never trusted in a page that an instructor opens.
c.HTMLExporter.filters = {"markdown2html": "grading.intake.sanitise.markdown"}

c.Execute.timeout = 20  # seconds for one cell
c.Execute.iopub_timeout = 15  # seconds to read what a flooding cell had still printed
c.Execute.shutdown_kernel = "immediate"
c.Execute.extra_arguments = ["--log-level=ERROR"]
c.Score.budget = 60  # seconds for one notebook
c.Score.probe_timeout = 5  # seconds for one hidden case
