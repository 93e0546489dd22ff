"""python -m grading platform LAB --worksheet FILE: times from a learning platform, and points and feedback back to it.

FILE is the table in which the platform takes points: Moodle's offline grading worksheet, or the exported gradebook of
Canvas. Times of submission in it (Moodle has them) are used for late days, the lab is graded, and two files are written
to grading/platform, under the names that came from the platform:

    FILE             with the points in it; nothing else is changed. Upload it where it came from.
    feedback-NN.zip  the feedback pages, named as the platform named the submissions. Upload it as feedback files
                     (Moodle), or as submissions (Canvas).

Where a lab's points and the table's maximum differ, points are scaled. Rows that nobody can be found for are named.
"""

import io
import zipfile
from argparse import Namespace
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo

from llmcourse import classroom
from llmcourse.checks import Lab
from llmcourse.files import write
from llmcourse.slugs import label

from .. import paths
from ..intake.collection import CANVAS, MOODLE, Identity, Submission
from ..running import rounds
from . import late, roster, tables
from .gradebook import CannotGrade, ClassGradebook, Entry
from .people import Person, match
from .tables import Table

POINTS = ("grade", "bewertung")
MOST = ("maximum grade", "bestwertung", "höchste bewertung")
OPEN = ("grade can be changed", "bewertung kann geändert werden")
TIMES = ("last modified (submission)", "zuletzt geändert (abgabe)", "submitted_at", "submitted at")


FAR = timezone(timedelta(hours=9))
NO_ZONE = "its time has no zone: add --timezone Europe/Berlin, for example, or `timezone` to class.toml"


class RoundTrip:
    """A platform's table, read before a lab is graded and filled in afterwards.

    found  student -> what was submitted, and what the platform called it
    """

    def __init__(self, lab: Lab, found: dict[str, Submission], options: Namespace):
        """Read the table, and note the times in it. Raises CannotGrade."""
        self.lab, self.found, self.name = lab, found, options.worksheet.name
        try:
            self.table = tables.read(options.worksheet)
            self.people = roster.people(self.table)
            self.column = points_column(self.table, lab, options.column)
            self.rows = whose(self.people, found)
            times, self.said = read_times(self.table, self.rows, _zone(options.timezone))
        except (OSError, ValueError) as error:
            raise CannotGrade(f"{options.worksheet}: {error}") from None
        late.note(lab.slug, times)

    def give_back(self, entries: dict[str, Entry]) -> None:
        """Write the table with the points, and the zip with the feedback pages, and say who is missing."""
        given = {index: entries[who] for index, who in self.rows.items() if who in entries}
        place, zipped = paths.runtime() / "platform", f"feedback-{label(self.lab.slug)}.zip"
        said = [*self.said, *fill(self.table, self.column, given)]
        write(place / self.name, self.table.dumps())
        if release(place / zipped, feedback_zip(self.lab, self.found)):
            said.append(f"{rounds.announce(self.lab.slug)}.")
        missing = [person.name for index, person in self.people.items() if index not in self.rows]
        unnamed = [who for who, one in self.found.items() if not exported_as(one.given, self.lab)]
        left = sorted(set(self.found) - set(self.rows.values()))
        for what, who in {
            "No submission": missing,
            "Not in the table": left,
            "Not in the zip, since no platform named the submission": unnamed,
        }.items():
            said += [f"{what}: {', '.join(who)}."] if who else []
        print(*said, f"points    {place / self.name}", f"pages     {place / zipped}", sep="\n")


def whose(people: dict[int, Person], found: dict[str, Submission]) -> dict[int, str]:
    """Row -> student; raises ValueError where a number and a name contradict each other."""
    with ClassGradebook() as gradebook:
        known = {who: (f"{first} {last}".strip(), email) for who, first, last, email, _ in gradebook.people()}
    there = [
        Identity(who, known.get(who, ("", ""))[0] or one.name, one.number, known.get(who, ("", ""))[1])
        for who, one in found.items()
    ]
    pairs, _ = match(people.values(), there)
    for who, person in pairs.items():
        theirs, blind = found[who].name, found[who].name.startswith("Participant ")
        if person.number and person.number == found[who].number and not blind and not _agree(person, theirs):
            raise ValueError(
                f"{person.number} is {person.name} in the table and {theirs} among the submissions. "
                "Is it the table of another lab? Moodle numbers people differently in each."
            )
    rows = {person: index for index, person in people.items()}
    return {rows[person]: who for who, person in pairs.items()}


def _agree(person: Person, name: str) -> bool:
    pairs, _ = match([person._replace(number="", ids=(), email="")], [Identity("?", name)])
    return bool(pairs) or not (person.first or person.last)


# --- times


def read_times(table: Table, rows: dict[int, str], zone: tzinfo | None) -> tuple[dict[str, datetime], list[str]]:
    """Student -> when something was submitted, and sentences on what can't be read."""
    column, times, said = table.column(TIMES), {}, []
    for index, who in rows.items() if column else ():
        line, row = table.rows[index]
        text = row[column].strip()
        if text in ("", "-"):
            continue
        try:
            if zone is None and late.moment(text, UTC) != late.moment(text, FAR):
                raise ValueError(NO_ZONE)
            times[who] = late.moment(text, zone)
        except ValueError as error:
            said.append(f"line {line}: it is not known when {who} submitted: {error}.")
    return times, said


def _zone(name: str) -> tzinfo | None:
    """The time zone of the table's times; raises ValueError."""
    try:
        return ZoneInfo(name) if name else classroom.read(paths.ROOT).zone
    except (KeyError, ValueError, OSError):
        raise ValueError(f"{name!r} is not the name of a time zone, such as Europe/Berlin") from None


# --- points


def points_column(table: Table, lab: Lab, name: str) -> str:
    """The heading of the column for the points; raises ValueError where it is not clear."""
    if name and name not in table.headings:
        raise ValueError(f"there is no column {name!r}; there are {', '.join(table.headings)}")
    if name:
        return name
    if (column := table.column(POINTS)) is not None:
        return column
    named = [heading for heading in table.headings if heading.endswith(")") and _names(heading, lab)]
    if len(named) == 1:
        return named[0]
    raise ValueError(f"choose the column for the points with --column NAME; there are {', '.join(table.headings)}")


def _names(heading: str, lab: Lab) -> bool:
    """Whether a heading of Canvas, "Lab 08 (123)", names a lab."""
    words = heading.rpartition("(")[0].casefold()
    return label(lab.slug) in words.split() or lab.slug in words or lab.title.casefold() in words


def fill(table: Table, column: str, entries: dict[int, Entry]) -> list[str]:
    """Write points into a table; returns sentences on what was not written, and on what still waits."""
    said, waiting = [], 0
    most, changeable = table.column(MOST), table.column(OPEN)
    of_all = next((row[column] for _, row in table.rows if "points possible" in (row.get("Student") or "").lower()), "")
    for index, entry in entries.items():
        line, row = table.rows[index]
        if changeable and row[changeable].strip().lower() in ("no", "nein"):
            said.append(f"line {line}: the platform does not let this grade be changed.")
            continue
        told, maximum = entry.told(), (row[most] if most else of_all).strip()
        row[column] = scaled(told["score"], told["max_score"], maximum)
        waiting += any(each.pending for each in entry.rows.values())
    if waiting:
        said.append(f"Of {waiting} students something waits for a person to mark it; until then it counts as zero.")
    return said


def scaled(score: float, most: float, maximum: str) -> str:
    """Points as a share of a maximum, written as the maximum is, with a decimal comma or point."""
    try:
        share = float(maximum.replace(",", ".")) / most if most else 1.0
    except ValueError:  # no maximum
        share = 1.0
    return f"{round(score * share, 2):g}".replace(".", "," if "," in maximum else ".")


# --- feedback


def feedback_zip(lab: Lab, found: dict[str, Submission]) -> bytes:
    """The feedback pages of those whose submissions a platform exported, under the names that it gave."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for who, one in found.items():
            page, name = paths.feedback(who, lab.slug), exported_as(one.given, lab)
            if name and page.is_file():
                archive.write(page, name)
    return data.getvalue()


def release(path: Path, data: bytes) -> bool:
    """Write a zip of feedback pages; whether any page in it is another than in the zip that was there before."""
    new = _contents(data)
    changed = bool(new) and new != (_contents(path.read_bytes()) if path.exists() else {})
    write(path, data)
    return changed


def _contents(data: bytes) -> dict[str, int]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {info.filename: info.CRC for info in archive.infolist()}


def exported_as(given: str, lab: Lab) -> str:
    """What a page is called so that the platform knows whose it is; "" for what no platform has named."""
    top = given.partition("/")[0]
    if export := MOODLE.fullmatch(top):
        return f"{export['who']}_assignsubmission_file_feedback-{label(lab.slug)}.html"
    return str(Path(top).with_suffix(".html")) if CANVAS.fullmatch(top) else ""
