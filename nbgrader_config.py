"""nbgrader's configuration of the course. nbgrader and JupyterLab, started in this folder, read it."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent
if str(ROOT) not in sys.path:  # nbgrader imports the steps of grading by name
    sys.path.insert(0, str(ROOT))

from grading.configure import configure  # noqa: E402

c = get_config()  # noqa: F821
configure(c, ROOT, course_id="llmcourse")

c.LateDays.free, c.LateDays.per_day, c.LateDays.most = 0, 0.0, 1.0  # lateness costs nothing; see gradebook/late.py

c.Execute.timeout = 20  # seconds for one cell
c.Execute.iopub_timeout = 5  # seconds that an interrupted cell has to end; then its kernel is replaced
c.Score.budget = 60  # seconds for one notebook
c.Score.probe_timeout = 5  # seconds for one private case
