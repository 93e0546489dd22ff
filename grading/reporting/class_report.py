"""python -m grading report: the instructor's page, made anew from the gradebook and the graded notebooks.

One HTML file with its figures in it: no server, no network, light and dark.
"""

import os
import statistics
from argparse import Namespace
from collections import Counter
from html import escape
from pathlib import Path

import numpy as np
from llmcourse.checks import Lab, labs
from llmcourse.figures import draw
from llmcourse.figures.style import COLOURS
from llmcourse.slugs import label

from .. import paths, solutions
from ..exercises import private
from ..running import score
from . import similarity
from .marks import Mark, read

WEAK = 0.2  # a correlation below this says that an exercise hardly tells strong students from weak ones
KINDS = {  # of answers, with their colour and hatching
    "full marks": (COLOURS[0], ""),
    "a known mistake": (COLOURS[1], "//"),
    "something else": (COLOURS[2], "xx"),
    "not begun": ("#c9d1d9", ""),
}
FEW = 10  # with fewer students no correlation is worth printing

CSS = """
:root{color-scheme:light dark;--paper:#fff;--ink:#1f2328;--dim:#59636e;--line:#d1d9e0;--soft:#f6f8fa;--link:#0550ae;
--bar:#5599cc;--warn:#8a5a00}
@media(prefers-color-scheme:dark){:root{--paper:#0d1117;--ink:#f0f6fc;--dim:#9198a1;--line:#3d444d;--soft:#151b23;
--link:#79b8ff;--bar:#3a78b0;--warn:#d29922}}
body{font:16px/1.55 system-ui,sans-serif;color:var(--ink);background:var(--paper);max-width:1000px;margin:0 auto;
padding:24px 20px 60px}h1{font-size:26px;margin:0 0 4px}h2{font-size:21px;margin:40px 0 8px;padding-top:14px;
border-top:1px solid var(--line)}h3{font-size:16.5px;margin:28px 0 6px}p{margin:6px 0;max-width:76ch}
.dim,caption{color:var(--dim)}.warn{color:var(--warn)}a{color:var(--link)}
.wide{overflow-x:auto}table{border-collapse:collapse;font-size:14.5px;margin:8px 0}
caption{text-align:left;padding:4px 0}
th,td{text-align:left;padding:5px 12px 5px 0;border-bottom:1px solid var(--line);vertical-align:top}
td:first-child{white-space:nowrap}th{font-weight:600;color:var(--dim)}.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
.share{border-right:3px solid var(--paper);padding:5px 8px;
background:linear-gradient(90deg,color-mix(in srgb,var(--bar) 45%,transparent) var(--p),transparent var(--p))}
figure{margin:14px 0}figure img{max-width:100%;height:auto;background:#fff;border-radius:6px}
dl{display:flex;flex-wrap:wrap;gap:8px 34px;margin:14px 0}dt{color:var(--dim);font-size:13.5px}
dd{margin:0;font-size:21px;font-weight:600}code{font:13.5px ui-monospace,monospace}
"""


def run(options: Namespace) -> int:
    print(f"report    {os.path.relpath(write())}")
    return 0


def write() -> Path:
    """Write the page; returns where it is."""
    parts = [section(lab, marks) for lab in labs() for marks in [read(lab)] if marks]
    body = "".join(parts) or "<p>Nothing has been graded yet: <code>make grade</code>.</p>"
    path = paths.runtime() / "report" / "index.html"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Grading report</title>'
        f'<meta name="viewport" content="width=device-width,initial-scale=1"><style>{CSS}</style></head>'
        f"<body><h1>Grading report</h1>{body}</body></html>\n",
        encoding="utf-8",
    )
    return path


def section(lab: Lab, marks: list[Mark]) -> str:
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
    shown = "".join(f"<div><dt>{escape(name)}</dt><dd>{value}</dd></div>" for name, value in facts.items())
    parts = (distribution, misconceptions, discrimination, incidents, likeness, students)
    return f"<h2>{escape(label(lab.slug))} · {escape(lab.title)}</h2><dl>{shown}</dl>" + "".join(
        part(lab, marks) for part in parts
    )


# --- the parts


def outcome(lab: Lab, mark: Mark, name: str) -> str:
    """What became of one answer, in one word."""
    if mark.points[name] >= lab[name].points:
        return "full marks"
    if mark.answers[name].strip() == solutions.stub(lab, name).strip():
        return "not begun"
    return "a known mistake" if name in mark.mistakes else "something else"


def distribution(lab: Lab, marks: list[Mark]) -> str:
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
    return f"<figure>{draw.img(draw.png(canvas), alt, 9.8)}</figure>"


def misconceptions(lab: Lab, marks: list[Mark]) -> str:
    counts = Counter((name, mistake) for mark in marks for name, mistake in mark.mistakes.items())
    if not counts:
        return "<h3>Misconceptions</h3><p>None was recognised.</p>"
    says = {(e.name, m.name): m.says for e in lab.exercises for m in score.misconceptions(e.name)}
    who = {found: [m.name for m in marks if m.mistakes.get(found[0]) == found[1]] for found in counts}
    rows = [  # an earlier version of the course may have called a misconception by another name
        (name, says.get((name, mistake), mistake), _share(n, len(marks)), ", ".join(who[name, mistake][:6]))
        for (name, mistake), n in counts.most_common(12)
    ]
    return "<h3>Commonest misconceptions</h3>" + _table(("exercise", "the answer equals", "students", ""), rows)


def discrimination(lab: Lab, marks: list[Mark]) -> str:
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
        "<p>The correlation of an exercise with the points on all others says whether who does well elsewhere does "
        f"well here. Below {WEAK} it hardly tells students apart: too easy, too hard, unclear, or another topic. "
        "Untouched labs are left out.</p>"
    )
    return f"<h3>Do the exercises discriminate?</h3>{note}" + _table(("exercise", "mean", "correlation", ""), rows)


def correlation(a: np.ndarray, b: np.ndarray) -> tuple[float | None, float]:
    """Pearson's, with its standard error; None where it says nothing: few students, or no spread."""
    if len(a) < FEW or a.std() == 0 or b.std() == 0:
        return None, 0.0
    r = float(np.corrcoef(a, b)[0, 1])
    return r, ((1 - r * r) / (len(a) - 2)) ** 0.5


def _verdict(r: float | None, error: float) -> str:
    """In words, where two standard errors leave no doubt."""
    if r is None:
        return f"not to be said: fewer than {FEW} students, or all have the same points"
    if r + 2 * error < WEAK:
        return _Html('<span class="warn">does not discriminate</span>')
    return "discriminates" if r - 2 * error > WEAK else "not certain with so few students"


def incidents(lab: Lab, marks: list[Mark]) -> str:
    """What took too long, broke off or had to be mended."""
    rows = []
    for mark in marks:
        said = [f"took too long, or printed too much, and was stopped: {what}" for what in mark.stopped]
        said += [mark.lost] * bool(mark.lost) + [f"mended: {what}" for what in mark.mended]
        rows += [(_page(lab, mark), _Html("<br>".join(map(escape, said))))] if said else []
    text = _table(("student", "what happened"), rows) if rows else "<p>Every notebook ran as it was handed in.</p>"
    return f"<h3>Stopped and mended</h3>{text}"


def likeness(lab: Lab, marks: list[Mark]) -> str:
    stubs = {e.name: solutions.stub(lab, e.name).strip() for e in lab.exercises}
    written = {m.student: {n: s for n, s in m.answers.items() if s.strip() != stubs[n]} for m in marks}
    near, median = similarity.pairs(written)
    names = {mark.student: mark for mark in marks}
    rows = [(_page(lab, names[p.a]), _page(lab, names[p.b]), f"{p.likeness:.2f}") for p in near[:20]]
    note = (
        "<p>Compared without comments, layout and names of variables; what many write counts little. "
        f"Two students of this class share {median:.2f} in the median, 1 is all. A reason to look, never a proof.</p>"
    )
    text = _table(("student", "student", "likeness"), rows) if rows else "<p>No two are nearly the same.</p>"
    taken = [
        (_page(lab, names[t.student]), t.exercise, t.where, f"{t.likeness:.2f}")
        for t in similarity.taken(written, known(lab))[:20]
    ]
    if taken:
        text += "<p>And answers that are nearly the course's own, where few of the class write the same:</p>"
        text += _table(("student", "exercise", "stands in", "likeness"), taken)
    return f"<h3>Nearly the same answers</h3>{note}{text}"


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


def students(lab: Lab, marks: list[Mark]) -> str:
    header = ("student", *(e.name for e in lab.exercises), "open task", "total")
    rows = []
    for mark in sorted(marks, key=lambda mark: (-mark.total, mark.name)):
        shares = [_share(mark.points[e.name], e.points) for e in lab.exercises]
        task = "to mark" if mark.open_task is None else f"{mark.open_task:g}"
        rows.append((_page(lab, mark), *shares, _number(task), _number(f"{mark.total:g}")))
    return "<h3>Students</h3>" + _table(header, rows)


# --- HTML


class _Html(str):
    """Text that is HTML already, with attributes of its table cell."""

    attributes = ""


def _page(lab: Lab, mark: Mark) -> str:
    page = os.path.relpath(paths.feedback(mark.student, lab.slug), paths.runtime() / "report")
    return _Html(f'<a href="{escape(page, quote=True)}">{escape(mark.name)}</a>')


def _share(part: float, whole: float) -> str:
    cell = _Html(f"{part:g}")
    cell.attributes = f' class="n share" style="--p:{100 * part / whole:.0f}%"'
    return cell


def _number(text: str) -> str:
    cell = _Html(text)
    cell.attributes = ' class="n"'
    return cell


def _table(header: tuple[str, ...], rows: list[tuple]) -> str:
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in header)
    body = "".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in rows)
    return f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'


def _cell(value: str) -> str:
    if isinstance(value, _Html):
        return f"<td{value.attributes}>{value}</td>"
    return f"<td>{escape(str(value))}</td>"
