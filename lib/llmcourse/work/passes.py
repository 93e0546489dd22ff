"""Which exercises pass and what is left, over all labs: a page for a notebook, and text for a terminal."""

from dataclasses import dataclass

from .. import html
from ..progress import when
from ..slugs import label
from .folder import classroom

CSS = """
.llmf.progress table.grid { margin: 4px 0 14px; }
.llmf.progress table.grid caption { font-weight: 600; color: inherit; }
"""


@dataclass(frozen=True)
class Row:
    """One exercise. `day` is the day on which it passed, or ""."""

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
        tables = "".join(_table(*lab) for lab in self.labs)
        return f'{html.sheet(html.base() + CSS)}<div class="llmf progress wide">{tables}</div>'


def progress() -> Progress:
    """What passes and what is left, over all labs of the class."""
    from llmcourse.checks import labs  # loads torch

    return Progress(
        tuple(
            (
                lab.slug,
                lab.title,
                lab.open_task,
                tuple(Row(e.name, e.title, e.points, e.minutes, when(e.name)) for e in lab.exercises),
            )
            for lab in classroom().only(labs())
        )
    )


def _heading(slug: str, title: str, rows: tuple[Row, ...]) -> str:
    done = [row for row in rows if row.day]
    points, full = sum(row.points for row in done), sum(row.points for row in rows)
    left = sum(row.minutes for row in rows if not row.day)
    rest = f", about {left} minutes left" if left else ""
    return f"{label(slug)} {title}: {len(done)} of {len(rows)} exercises, {points} of {full} points{rest}"


def _table(slug: str, title: str, open_task: int, rows: tuple[Row, ...]) -> str:
    lines = [
        (f"✓ passed {row.day}" if row.day else "not yet", f"`{row.name}`", row.title, row.points, row.minutes)
        for row in rows
    ]
    lines.append(("by hand", "`open-task`", "Open task", open_task, ""))
    return html.table(("State", "Exercise", "", "Points", "Minutes"), lines, _heading(slug, title, rows))
