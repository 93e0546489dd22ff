"""What a late submission costs: a plugin for nbgrader, which asks it whenever a submission is entered.

In nbgrader_config.py:

    c.LateDays.free = 2         # days after the due date that cost nothing
    c.LateDays.per_day = 0.1    # of the points, for each day begun after that
    c.LateDays.most = 0.5       # of the points, at most

or in class.toml, whose rule is used where both say something. The due date of a lab, and a student's extension, stand
in the gradebook (formgrader, or `nbgrader db`).
"""

from llmcourse import classroom
from nbgrader.plugins import BasePlugin
from traitlets import Float

from .. import paths


class LateDays(BasePlugin):
    """Days late, less the free ones, times a share of the points."""

    free = Float(0, min=0, help="days after the due date that cost nothing").tag(config=True)
    per_day = Float(0, min=0, max=1, help="share of the points that each further day begun costs").tag(config=True)
    most = Float(1, min=0, max=1, help="share of the points that lateness costs at most").tag(config=True)

    def late_submission_penalty(self, student_id: str, score: float, total_seconds_late: float) -> float | None:
        """Points to take off; None where there is nothing to take."""
        rule = classroom.read(paths.ROOT).late or self.own()
        return rule.penalty(score, total_seconds_late) or None

    def own(self) -> classroom.Late:
        """The rule in nbgrader_config.py."""
        return classroom.Late(self.free, self.per_day, self.most)

    def conflict(self) -> str:
        """A sentence where two rules are given and differ, on which of them is used; else ""."""
        room = classroom.read(paths.ROOT)
        costs_nothing = self.per_day == 0 or self.most == 0
        if room.late is None or costs_nothing or room.late == self.own():
            return ""
        return f"Late rule: [late] of {room.path.name} is used; c.LateDays of nbgrader_config.py is not."
