"""What a late submission costs: a plugin for nbgrader, which asks it whenever a submission is entered.

In nbgrader_config.py:

    c.LateDays.free = 2         # days after the due date that cost nothing
    c.LateDays.per_day = 0.1    # of the points, for each day begun after that
    c.LateDays.most = 0.5       # of the points, at most

The due date of a lab, and a student's extension, stand in the gradebook (formgrader, or `nbgrader db`).
"""

import math

from nbgrader.plugins import BasePlugin
from traitlets import Float

DAY = 24 * 60 * 60  # seconds


class LateDays(BasePlugin):
    """Days late, less the free ones, times a share of the points."""

    free = Float(0, min=0, help="days after the due date that cost nothing").tag(config=True)
    per_day = Float(0, min=0, max=1, help="share of the points that each further day begun costs").tag(config=True)
    most = Float(1, min=0, max=1, help="share of the points that lateness costs at most").tag(config=True)

    def late_submission_penalty(self, student_id: str, score: float, total_seconds_late: float) -> float | None:
        """Points to take off; None where there is nothing to take."""
        days = math.ceil(max(0.0, total_seconds_late / DAY - self.free))
        return round(score * min(self.most, days * self.per_day), 2) or None
