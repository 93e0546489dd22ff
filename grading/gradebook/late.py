"""When something was submitted, and what it costs if that was late.

LateDays is a plugin for nbgrader, which asks it whenever a submission is entered.

In nbgrader_config.py:

    c.LateDays.free = 2         # days after the due date that cost nothing
    c.LateDays.per_day = 0.1    # of the points, for each day begun after that
    c.LateDays.most = 0.5       # of the points, at most

or in class.toml, whose rule is used where both say something. The due date of a lab, and a student's extension, stand
in the gradebook (formgrader, or `nbgrader db`).
"""

import json
import re
from datetime import UTC, datetime, tzinfo
from pathlib import Path

from llmcourse import classroom
from llmcourse.files import write
from nbgrader.plugins import BasePlugin
from nbgrader.utils import parse_utc
from traitlets import Float

from .. import paths
from ..intake.files import Unreadable, in_one_line, printable, read_bytes

LONGEST = 100  # characters of a date
# Of Moodle in German; those that English has, too, are left out.
MONTHS = {"januar": "January", "februar": "February", "märz": "March", "mai": "May"}  # codespell:ignore
MONTHS |= {"juni": "June", "juli": "July", "oktober": "October", "dezember": "December"}  # codespell:ignore


def submitted(folder: Path) -> datetime | None:
    """When a submission was submitted, in UTC without a zone, if nbgrader's timestamp.txt in its folder says so.

    Raises ValueError if the file does not say a date: it may be the student's own.
    """
    path = folder / "timestamp.txt"
    if not path.is_symlink() and not path.exists():
        return None
    try:
        text = read_bytes(path).decode("utf-8-sig").strip()
    except (Unreadable, UnicodeDecodeError) as error:
        raise ValueError(f"timestamp.txt can't be read ({in_one_line(error)})") from None
    return moment(text) if text else None


def moment(text: str, zone: tzinfo | None = None) -> datetime:
    """A date and time as nbgrader and platforms write them, in UTC without a zone; raises ValueError.

    zone  of a time that has none of its own; None for UTC
    """
    try:
        if not re.search(r"\b[12]\d{3}\b", text) or len(text) > LONGEST:  # "5" is a date for dateutil
            raise ValueError
        plain = re.sub(r"^\D+(?=\d)", "", text)  # a weekday, in any language
        plain = re.sub(r"[^\W\d_]+", lambda word: MONTHS.get(word[0].lower(), word[0]), plain)
        found = parse_utc(re.sub(r" *([+-]\d\d):?(\d\d)$", r"\1:\2", plain))  # nbgrader takes +0100 for 100 seconds
        found = found if found.tzinfo or zone is None else found.replace(tzinfo=zone)
        return found.astimezone(UTC).replace(tzinfo=None) if found.tzinfo else found
    except Exception:  # dateutil raises many kinds
        raise ValueError(f"{printable(text[:40])!r} is not a date such as 2026-10-12 18:00:00 UTC") from None


def note(slug: str, times: dict[str, datetime]) -> None:
    """Keep when students submitted a lab, as their platform says; it counts more than a timestamp.txt."""
    known = {who: time.isoformat() for who, time in (noted(slug) | times).items()}
    write(_noted(slug), json.dumps(known, indent=1, sort_keys=True))


def noted(slug: str) -> dict[str, datetime]:
    """Student -> when a lab was submitted, as `note` has kept it."""
    if not _noted(slug).exists():
        return {}
    return {who: datetime.fromisoformat(text) for who, text in json.loads(_noted(slug).read_text()).items()}


def _noted(slug: str) -> Path:
    return paths.runtime() / "times" / f"{slug}.json"


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
