"""Which exercises pass: one small file each in `work/.passed`, so that notebooks do not collide."""

import html
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from ..slugs import label
from . import folder

CSS = """<style>
.llmc-progress table{border-collapse:collapse;margin:4px 0 14px}
.llmc-progress td,.llmc-progress th{padding:3px 12px 3px 0;text-align:left!important;border-bottom:1px solid #8884}
.llmc-progress td.n{text-align:right!important}.llmc-progress caption{text-align:left;font-weight:600;padding:6px 0}
</style>"""


def passed(name: str) -> None:
    """Record that an exercise passes, when this notebook stands in a prepared work folder. Never raises."""
    try:
        here = Path.cwd()
        for place in (here, *here.parents):
            if (place / ".base").is_dir():
                folder.write_bytes(place / ".passed" / name, f"{date.today()}\n".encode())
    except (OSError, folder.WorkError):
        pass  # a check that passes must not fail because the disk is full


def when(name: str) -> str:
    """The day on which an exercise passed; "" when it has not."""
    try:
        return (folder.root() / "work" / ".passed" / name).read_text().strip()
    except (OSError, folder.WorkError):
        return ""


def forget(name: str) -> None:
    """The exercise counts as not passed: it is being done anew."""
    (folder.root() / "work" / ".passed" / name).unlink(missing_ok=True)


@dataclass(frozen=True)
class Row:
    """One exercise; `day` is the day on which it passed, or ""."""

    name: str
    title: str
    points: int
    minutes: int
    day: str


@dataclass(frozen=True)
class Progress:
    """All labs with their exercises, as a page for a notebook and as text for a terminal.

    labs  (slug, title, points of the open task, rows)
    """

    labs: tuple[tuple[str, str, int, tuple[Row, ...]], ...]

    def __str__(self):
        lines = []
        for slug, title, open_task, rows in self.labs:
            lines.append(f"{_heading(slug, title, rows)}")
            lines += [
                f"  [{'x' if row.day else ' '}] {row.name:20} {row.points:2} points  {row.minutes:3} min  "
                f"{row.title}{f' (passed {row.day})' if row.day else ''}"
                for row in rows
            ]
            lines.append(f"  [-] {'open-task':20} {open_task:2} points           marked by hand")
        return "\n".join(lines)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return f'{CSS}<div class="llmc-progress">{"".join(_table(*lab) for lab in self.labs)}</div>'


def progress() -> Progress:
    """What passes and what is left, over all labs."""
    from llmcourse.checks import labs  # loads torch

    return Progress(
        tuple(
            (
                lab.slug,
                lab.title,
                lab.open_task,
                tuple(Row(e.name, e.title, e.points, e.minutes, when(e.name)) for e in lab.exercises),
            )
            for lab in labs()
        )
    )


def _heading(slug: str, title: str, rows: tuple[Row, ...]) -> str:
    done = [row for row in rows if row.day]
    points, full = sum(row.points for row in done), sum(row.points for row in rows)
    left = sum(row.minutes for row in rows if not row.day)
    rest = f", about {left} minutes left" if left else ""
    return f"{label(slug)} {title}: {len(done)} of {len(rows)} exercises, {points} of {full} points{rest}"


def _table(slug: str, title: str, open_task: int, rows: tuple[Row, ...]) -> str:
    head = "<tr><th>State</th><th>Exercise</th><th></th><th>Points</th><th>Minutes</th></tr>"
    body = [_line(f"✓ passed {r.day}" if r.day else "not yet", r.name, r.title, r.points, r.minutes) for r in rows]
    body.append(_line("by hand", "open-task", "Open task", open_task, ""))
    caption = html.escape(_heading(slug, title, rows))
    return f"<table><caption>{caption}</caption>{head}{''.join(body)}</table>"


def _line(state: str, name: str, title: str, points: int, minutes: int | str) -> str:
    return (
        f"<tr><td>{html.escape(state)}</td><td><code>{html.escape(name)}</code></td><td>{html.escape(title)}</td>"
        f'<td class="n">{points}</td><td class="n">{minutes}</td></tr>'
    )
