"""Which exercises pass, what is left and where to go on, over all labs: a page for a notebook, text for a terminal."""

import os
from dataclasses import dataclass
from pathlib import Path

from .. import html
from ..progress import when
from ..slugs import copied, label
from .folder import WorkError, classroom, root

CSS = """
.llmf.progress table.grid { margin: 4px 0 12px; }
.llmf.progress progress { width: 9em; height: 0.9em; accent-color: var(--link); }
.llmf.progress .next { font-weight: 600; margin: 0 0 8px; }
.llmf.progress summary { cursor: pointer; }
"""

# Questions are answered in the browser, which keeps the last choices; nobody else has them.
ANSWERED = """(page=>{page.querySelectorAll('[data-questions]').forEach(cell=>{try{
const names=cell.dataset.questions.split(' '),kept=names.map(n=>JSON.parse(localStorage.getItem('KEY'+n)||'{}'));
cell.textContent=kept.filter(k=>k.right).length+' of '+names.length}catch(e){}})
})(document.currentScript.previousElementSibling)"""


@dataclass(frozen=True)
class Row:
    """One exercise. `number` counts from 1 as the lab does; `day` is the day on which it passed, or ""."""

    number: int
    name: str
    title: str
    points: int
    minutes: int
    day: str


@dataclass(frozen=True)
class Passes:
    """One lab with its exercises, in their order, and the points of its open task."""

    slug: str
    title: str
    open_task: int
    rows: tuple[Row, ...]

    @property
    def left(self) -> list[Row]:
        return [row for row in self.rows if not row.day]

    @property
    def minutes(self) -> int:
        return sum(row.minutes for row in self.left)

    def __str__(self):
        done = [row for row in self.rows if row.day]
        points, full = sum(row.points for row in done), sum(row.points for row in self.rows)
        rest = f", about {self.minutes} minutes left" if self.left else ""
        counts = f"{len(done)} of {len(self.rows)} exercises, {points} of {full} points"
        return f"{label(self.slug)} {self.title}: {counts}{rest}"


@dataclass(frozen=True)
class Progress:
    """All labs with their exercises, as a page for a notebook and as text for a terminal."""

    labs: tuple[Passes, ...]

    @property
    def current(self) -> Passes | None:
        """The lab to go on with: the last one that was begun and has something left, else the first that has."""
        open_labs = [lab for lab in self.labs if lab.left]
        begun = [lab for lab in open_labs if len(lab.left) < len(lab.rows)]
        return max(begun, key=lambda lab: max(row.day for row in lab.rows), default=next(iter(open_labs), None))

    def next(self) -> str:
        """One sentence: where to go on."""
        if (lab := self.current) is None:
            return "Every exercise passes." if self.labs else ""
        row = lab.left[0]
        return f"Go on with exercise {row.number} of lab {label(lab.slug)}, {row.name}: about {row.minutes} minutes."

    def __str__(self):
        lines = [self.next()]
        for lab in self.labs:
            lines.append(str(lab))
            lines += [
                f"  [{'x' if row.day else ' '}] {row.name:20} {row.points:2} points  {row.minutes:3} min  "
                f"{row.title}{f' (passed {row.day})' if row.day else ''}"
                for row in lab.rows
            ]
            lines.append(f"  [-] {'open-task':20} {lab.open_task:2} points           marked by hand")
        return "\n".join(lines)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        from ..figures.question import KEY

        header = ("Module", "Exercises", "Passed", "Minutes left", "Questions right", "Open")
        bars = html.table(header, [_bar(lab) for lab in self.labs])
        details = "".join(_details(lab) for lab in self.labs)
        body = f'<p class="next">{html.code(self.next())}</p>{bars}{details}'
        page = f'<div class="llmf progress wide">{body}</div><script>{ANSWERED.replace("KEY", KEY)}</script>'
        return html.sheet(html.base() + CSS) + page


def progress() -> Progress:
    """What passes and what is left, over all labs of the class."""
    from llmcourse.checks import labs  # loads torch

    return Progress(tuple(_passes(lab) for lab in classroom().only(labs())))


def _passes(lab) -> Passes:
    rows = (Row(n, e.name, e.title, e.points, e.minutes, when(e.name)) for n, e in enumerate(lab.exercises, 1))
    return Passes(lab.slug, lab.title, lab.open_task, tuple(rows))


def _bar(lab: Passes) -> tuple[object, ...]:
    from ..figures.question import questions

    number, done = label(lab.slug), len(lab.rows) - len(lab.left)
    bar = f'<progress value="{done}" max="{len(lab.rows)}" aria-label="{number}: {done} of {len(lab.rows)}"></progress>'
    asked = questions(int(number)) if number.isdecimal() else {}
    right = f'<span data-questions="{html.escape(" ".join(asked))}">{len(asked)} asked</span>' if asked else ""
    places = {"lecture": f"work/lectures/{lab.slug}.ipynb", "lab": f"work/{copied(lab.slug)}"}
    links = " · ".join(filter(None, (_link(name, place) for name, place in places.items())))
    title = f"{number} {lab.title}"
    return title, html.Html(bar), f"{done} of {len(lab.rows)}", lab.minutes, html.Html(right), html.Html(links)


def _link(name: str, place: str) -> str:
    """A link from the notebook that runs; "" if there is nothing."""
    try:
        file = root() / place
    except WorkError:
        return ""
    href = Path(os.path.relpath(file, Path.cwd())).as_posix()
    return f'<a href="{html.escape(href)}">{name}</a>' if file.exists() else ""


def _details(lab: Passes) -> str:
    lines = [
        (f"✓ passed {row.day}" if row.day else "not yet", f"`{row.name}`", row.title, row.points, row.minutes)
        for row in lab.rows
    ]
    lines.append(("by hand", "`open-task`", "Open task", lab.open_task, ""))
    table = html.table(("State", "Exercise", "", "Points", "Minutes"), lines)
    return f"<details><summary>{html.escape(str(lab))}</summary>{table}</details>"
