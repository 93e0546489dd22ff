"""python -m grading report: the instructor's page, rewritten from the gradebook and the graded notebooks.

One HTML file with its figures in it: no server, no network, light and dark.
"""

import functools
import os
import statistics
import sys
from argparse import Namespace
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import jinja2
import numpy as np
from llmcourse import classroom, html
from llmcourse.checks import Lab, labs
from llmcourse.checks import lab as find_lab
from llmcourse.figures import draw
from llmcourse.figures.style import COLOURS
from llmcourse.files import write as write_file
from llmcourse.html import Cell, Html, code, escape
from llmcourse.slugs import label

from .. import paths
from ..exercises import private, solutions
from ..gradebook.gradebook import ClassGradebook
from ..running import pool, score
from ..running.own_cells import own_cells
from . import similarity, totals
from .marks import Mark, read

WEAK = 0.2  # a correlation below this says that an exercise hardly tells strong students from weak ones
KINDS = {  # of answers, with their colour and hatching
    "full marks": (COLOURS[0], ""),
    "a misconception": (COLOURS[1], "//"),
    "something else": (COLOURS[2], "xx"),
    "not begun": ("#c9d1d9", ""),
}
PATIENCE = 600  # seconds to compare the answers of a class
FEW = 10  # with fewer students no correlation is worth printing


def run(options: Namespace) -> int:
    try:
        print(f"report    {os.path.relpath(write())}")
    except classroom.ClassError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def write() -> Path:
    """Write the page; returns where it is."""
    room = classroom.read(paths.ROOT)
    sections = [section(lab, marks) for lab in room.only(labs()) for marks in [read(lab)] if marks]
    if room.path and sections:
        sections.insert(0, overview(room))
    path = paths.runtime() / "report" / "index.html"
    write_file(path, _template().page(Html(html.theme_of_page()), room.title or "Grading report", sections))
    return path


@functools.cache
def _template() -> jinja2.environment.TemplateModule:
    """The macros of the page. What they are given is escaped, unless `llmcourse.html` or `figures` has made it."""
    loader = jinja2.FileSystemLoader(paths.ROOT / "grading" / "templates")
    environment = jinja2.Environment(loader=loader, autoescape=True, undefined=jinja2.StrictUndefined)
    environment.filters |= {"code": code, "label": label}
    return environment.get_template("report.html.j2").module


def _part(title: str, *blocks: str) -> Html:
    """One part of a section: paragraphs of text, tables and figures."""
    return _template().part(title, blocks)


def overview(room: classroom.Classroom) -> Html:
    """The totals of a class that class.toml describes."""
    chosen = room.only(labs())
    with ClassGradebook() as gradebook:
        everybody = totals.read(room, chosen, gradebook)
    weights = ", ".join(f"{label(lab.slug)} weighs {room.weight(lab.slug):g}" for lab in chosen)
    note = f"Percent of each lab's points, late penalties taken off, and their weighted mean ({weights}). "
    note += "A lab that was not submitted counts as zero, and so does what nobody has marked yet."
    rows = []
    for one in sorted(everybody, key=lambda one: (-one.total, one.name)):
        shares = (*(one.shares.get(lab.slug) for lab in chosen), one.total)
        cells = (Cell(totals.percent(share), "n") for share in shares)
        rows.append((one.name, *cells, ", ".join(map(label, one.waiting))))
    header = ("student", *(label(lab.slug) for lab in chosen), "total", "to mark")
    return _part("Totals", note, html.table(header, rows))


def section(lab: Lab, marks: list[Mark]) -> Html:
    """Everything about one lab."""
    most = sum(e.points for e in lab.exercises)
    scores = [sum(mark.points.values()) for mark in marks]
    waiting = sum(mark.open_task is None for mark in marks)
    facts = {
        "submissions": len(marks),
        f"median of {most} points": f"{statistics.median(scores):g}",
        "full marks": sum(s == most for s in scores),
        "open tasks to mark": waiting,
        "seconds each": f"{statistics.median(m.seconds for m in marks):.1f}",
    }
    # What takes longest goes on in another process while figures are drawn.
    with pool.meanwhile(compared, lab.slug, _written(lab, marks), seconds=PATIENCE) as found:
        similar = functools.partial(similar_answers, found)
        parts = (distribution, misconceptions, discrimination, incidents, similar, students)
        return _template().section(lab, facts, [part(lab, marks) for part in parts])


# --- the parts


def outcome(lab: Lab, mark: Mark, name: str) -> str:
    """What became of one answer, in one word."""
    if mark.points[name] >= lab[name].points:
        return "full marks"
    if mark.answers[name].strip() == solutions.stub(lab, name).strip():
        return "not begun"
    return "a misconception" if name in mark.mistakes else "something else"


def distribution(lab: Lab, marks: list[Mark]) -> Html:
    """A figure: what became of each exercise, and the totals of the class."""
    names = [e.name for e in lab.exercises]
    found = {name: Counter(outcome(lab, mark, name) for mark in marks) for name in names}
    canvas, (left, right) = draw.blank(9.8, 1.3 + 0.45 * len(names), columns=2, rows=1)
    start = np.zeros(len(names))
    for kind, (colour, hatch) in KINDS.items():
        widths = np.array([found[name][kind] for name in names])
        left.barh(names, widths, left=start, color=colour, hatch=hatch, edgecolor="white", label=kind, height=0.62)
        start += widths
    left.invert_yaxis()
    left.set(title="What became of each exercise", xlabel="students")
    canvas.legend(*left.get_legend_handles_labels(), loc="outside lower center", ncols=4, fontsize=9)
    scores = [sum(mark.points.values()) for mark in marks]
    most = sum(e.points for e in lab.exercises)
    right.hist(scores, bins=np.arange(-0.5, most + 1.5), color=COLOURS[0], edgecolor="white")
    right.set(title="Points, without the open task", xlabel=f"points of {most}", ylabel="students")
    for ax in (left, right):
        ax.locator_params(axis="x" if ax is left else "y", integer=True)
    alt = "; ".join(f"{n}: " + ", ".join(f"{found[n][k]} {k}" for k in KINDS if found[n][k]) for n in names)
    alt += f". Points: median {statistics.median(scores):g} of {most}, from {min(scores):g} to {max(scores):g}."
    return Html(f"<figure>{draw.img(draw.png(canvas), alt, 9.8)}</figure>")


def misconceptions(lab: Lab, marks: list[Mark]) -> Html:
    counts = Counter((name, mistake) for mark in marks for name, mistake in mark.mistakes.items())
    if not counts:
        return _part("Misconceptions", "None was recognised.")
    says = {(e.name, m.name): m.says for e in lab.exercises for m in score.misconceptions(e.name)}
    who = {found: [m.name for m in marks if m.mistakes.get(found[0]) == found[1]] for found in counts}
    rows = [  # an earlier version of the course may have called a misconception by another name
        (name, says.get((name, mistake), mistake), _share(n, len(marks)), ", ".join(who[name, mistake][:6]))
        for (name, mistake), n in counts.most_common(12)
    ]
    return _part("Commonest misconceptions", html.table(("exercise", "the answer equals", "students", "who"), rows))


def discrimination(lab: Lab, marks: list[Mark]) -> Html:
    """Per exercise the mean, and its correlation with the points on all others.

    Without untouched labs: one of them, zero everywhere, makes every exercise look as if it discriminated.
    """
    begun = [m for m in marks if any(outcome(lab, m, e.name) != "not begun" for e in lab.exercises)]
    table = np.array([[mark.points[e.name] for e in lab.exercises] for mark in begun]).reshape(-1, len(lab.exercises))
    rows = []
    for j, e in enumerate(lab.exercises):
        r, error = correlation(table[:, j], table.sum(1) - table[:, j])
        shown = "" if r is None else f"{r:+.2f} ± {error:.2f}"
        mean = f"{table[:, j].mean():.2f} of {e.points}" if len(table) else ""
        rows.append((e.name, mean, shown, _verdict(r, error)))
    note = (
        "The correlation of an exercise with the points for all others shows whether those who do well elsewhere do "
        f"well here. Below {WEAK} it hardly tells students apart: it may be too easy, too hard, unclear, or about "
        "something else. Untouched labs are left out."
    )
    return _part(
        "Do the exercises discriminate?", note, html.table(("exercise", "mean", "correlation", "what it says"), rows)
    )


def correlation(a: np.ndarray, b: np.ndarray) -> tuple[float | None, float]:
    """Pearson's, with its standard error; None where it says nothing: few students, or no spread."""
    if len(a) < FEW or a.std() == 0 or b.std() == 0:
        return None, 0.0
    r = float(np.corrcoef(a, b)[0, 1])
    return r, ((1 - r * r) / (len(a) - 2)) ** 0.5


def _verdict(r: float | None, error: float) -> str:
    """In words, where two standard errors leave no doubt."""
    if r is None:
        return f"unknown: there are fewer than {FEW} students, or all have the same points"
    if r + 2 * error < WEAK:
        return Html('<span class="warn">does not discriminate</span>')
    return "discriminates" if r - 2 * error > WEAK else "uncertain with so few students"


def incidents(lab: Lab, marks: list[Mark]) -> Html:
    """What took too long, broke off or had to be repaired."""
    rows = []
    for mark in marks:
        said = [f"This took too long or printed too much, and was stopped: {what}." for what in mark.stopped]
        said += [mark.lost] * bool(mark.lost) + [f"repaired: {what}" for what in mark.repaired]
        rows += [(_page(lab, mark), Html("<br>".join(map(code, said))))] if said else []
    shown = html.table(("student", "what happened"), rows) if rows else "Every notebook ran as it was submitted."
    return _part("Stopped and repaired", shown)


def similar_answers(found: Callable[[], tuple], lab: Lab, marks: list[Mark]) -> Html:
    """Who has nearly the same answers; `found` returns what is `compared`, when that is done."""
    try:
        near, median, copied = found()
    except (pool.Ended, pool.Died) as error:
        return _part("Nearly the same answers", f"The answers could not be compared. {error}")
    names = {mark.student: mark for mark in marks}
    rows = [(_page(lab, names[p.a]), _page(lab, names[p.b]), f"{p.similarity:.2f}") for p in near[:20]]
    note = (
        "Answers are compared without comments, layout and names of variables, and what many write counts little. "
        f"The median similarity of two students in this class is {median:.2f}; 1 is identical. It is a reason to look, "
        "never a proof."
    )
    blocks = [
        note,
        html.table(("student", "student", "similarity"), rows)
        if rows
        else "No two students have nearly the same answers.",
    ]
    taken = [(_page(lab, names[t.student]), t.exercise, t.where, f"{t.similarity:.2f}") for t in copied[:20]]
    if taken:
        blocks.append("These answers are nearly the course's own, and few others in the class write the same:")
        blocks.append(html.table(("student", "exercise", "same as", "similarity"), taken))
    return _part("Nearly the same answers", *blocks)


def _written(lab: Lab, marks: list[Mark]) -> dict[str, dict[str, str]]:
    """Student -> exercise -> source, without what was left as it was given."""
    stubs = {e.name: solutions.stub(lab, e.name).strip() for e in lab.exercises}
    return {m.student: {n: s for n, s in m.answers.items() if s.strip() != stubs[n]} for m in marks}


def compared(
    slug: str, written: dict[str, dict[str, str]]
) -> tuple[list[similarity.Pair], float, list[similarity.Taken]]:
    """Which answers are nearly the same, the median of all pairs, and which are nearly one of the `known` sources."""
    return *similarity.pairs(written), similarity.taken(written, known(find_lab(slug)))


def known(lab: Lab) -> dict[str, str]:
    """Where a student could copy from -> source: the solution, the references, and the functions of the library."""
    found = {f"the solution of {e.name}": solutions.source(lab, e.name) for e in lab.exercises}
    right = {e.name: private(e.name).reference for e in lab.exercises}
    found |= {f"the reference of {name}": solutions.undecorated(answer) for name, answer in right.items()}
    library = paths.ROOT / "lib"
    for path in sorted((library / "llmcourse").rglob("*.py")):
        where = ".".join(path.relative_to(library).with_suffix("").parts)
        found |= {
            f"{where}.{name}": text for name, text in similarity.functions(path.read_text(encoding="utf-8")).items()
        }
    return found


def students(lab: Lab, marks: list[Mark]) -> Html:
    own = own_cells(lab)
    header = ("student", *(e.name for e in lab.exercises), *(cell.name for cell in own), "open task", "total")
    rows = []
    for mark in sorted(marks, key=lambda mark: (-mark.total, mark.name)):
        shares = [_share(mark.points[e.name], e.points) for e in lab.exercises]
        others = [Cell(_by_hand(points), "n") for points in (*(mark.own.get(c.name) for c in own), mark.open_task)]
        rows.append((_page(lab, mark), *shares, *others, Cell(f"{mark.total:g}", "n")))
    tests = ", ".join(f"`{cell.name}`" for cell in own if cell.kind == "test")
    notes = [f"Tests of your own, run by nbgrader's rules in the student's own process: {tests}."] if tests else []
    return _part("Students", *notes, html.table(header, rows))


# --- cells


def _by_hand(points: float | None) -> str:
    return "to mark" if points is None else f"{points:g}"


def _page(lab: Lab, mark: Mark) -> Html:
    page = os.path.relpath(paths.feedback(mark.student, lab.slug), paths.runtime() / "report")
    return Html(f'<a href="{escape(page)}">{escape(mark.name)}</a>')


def _share(part: float, whole: float) -> Cell:
    return Cell(f"{part:g}", "n share", f"--p:{100 * part / whole:.0f}%")
