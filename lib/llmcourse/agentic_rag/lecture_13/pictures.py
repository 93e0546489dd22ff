"""The pictures of lecture 13. Each takes what was measured and draws it; none measures anything."""

import math
from collections.abc import Mapping, Sequence
from statistics import fmean

import torch
from matplotlib.axes import Axes
from torch import Tensor

from ...figures import COLOURS, Shown, explore, figure, label_lines
from .. import raptor
from ..adaptive import frontier
from . import tables

STYLES = ("-", "--", "-.", ":")
GREY, LIGHT = "#777777", "#dddddd"

ASKED = (  # what can be decided, and who decides it
    ("search at all?", "Self-RAG\nAdaptive-RAG"),
    ("for what?", "Shao et al."),
    ("what of it\nis any good?", "CRAG\nSelf-RAG"),
    ("which passages,\nin which order?", "bridge\nRAPTOR"),
    ("which answer\nis supported?", "Self-RAG\nspeculative RAG"),
    ("search again?", "Shao et al.\nAdaptive-RAG"),
)


def decisions() -> None:
    """The chain of lecture 12 with a question at every joint, and the systems that answer it."""
    words = "; ".join(f"{q.replace(chr(10), ' ')} {who.replace(chr(10), ', ')}" for q, who in ASKED)
    with figure(alt=f"Six decisions in a row, each with the systems that take it: {words}.", width=9, height=1.3) as ax:
        for i, (question, who) in enumerate(ASKED):
            edge = {"boxstyle": "round,pad=0.5", "fc": "white", "ec": "black"}
            ax.text(i, 0.4, question, ha="center", va="center", fontsize=8, bbox=edge)
            ax.text(i, -0.6, who, ha="center", va="center", fontsize=8, color=GREY)
            if i:
                ax.annotate("", (i - 0.38, 0.4), (i - 0.6, 0.4), arrowprops={"arrowstyle": "->"})
        ax.set(xlim=(-0.6, 5.6), ylim=(-1.05, 0.95))
        ax.axis("off")


# --- traces


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else text[: longest - 2].rstrip() + " …"


def _rows(trace: Mapping, upto: int) -> list[tuple[str, str, bool]]:
    """(kind, what happened, is it a decision?) of each step so far, and the answer after the last."""
    rows = [(*tables.step(step), step[0] == "decide") for step in trace["steps"][:upto]]
    if upto >= len(trace["steps"]):
        rows.append(("answer", trace["answer"] or "none", True))
    return rows


def _trace(ax: Axes, trace: Mapping, upto: int, height: int) -> None:
    for n, (kind, text, strong) in enumerate(_rows(trace, upto)):
        face, ink = ("black", "white") if strong else ("white", "black")
        edge = {"boxstyle": "round,pad=0.3", "fc": face, "ec": "black"}
        ax.text(0.08, -n, kind, ha="center", va="center", fontsize=8, color=ink, bbox=edge)
        ax.text(0.17, -n, _cut(text, 105), va="center", fontsize=8)
        if n:
            ax.annotate("", (0.08, -n + 0.33), (0.08, -n + 0.67), arrowprops={"arrowstyle": "->", "color": GREY})
    ax.set(xlim=(0, 1), ylim=(0.6 - height, 0.6))
    ax.set_title(f"{trace['system']}: {_cut(trace['question'], 90)}", fontsize=9)
    ax.axis("off")


def _said(trace: Mapping, upto: int) -> str:
    return f"{trace['system']}. " + " Then ".join(f"{kind}: {text}." for kind, text, _ in _rows(trace, upto))


def walk(trace: Mapping) -> Shown:
    """An explorer: a trace, step by step."""
    n = len(trace["steps"])
    draw = lambda ax, upto: _trace(ax, trace, upto, n + 1)
    alt = lambda upto: _said(trace, upto)
    return explore(draw, list(range(1, n + 1)), label="steps taken", alt=alt, width=9, height=0.36 * (n + 2), start=n)


def side_by_side(traces: Sequence[Mapping], names: Sequence[str], start: str) -> Shown:
    """An explorer: the same question through every system."""
    by = dict(zip(names, traces))
    most = max(len(trace["steps"]) for trace in traces) + 1
    draw = lambda ax, name: _trace(ax, by[name], len(by[name]["steps"]), most)
    alt = lambda name: _said(by[name], len(by[name]["steps"]))
    return explore(draw, list(by), label="system", alt=alt, width=9, height=0.36 * (most + 1), start=start)


def drawn(trace: Mapping) -> None:
    """A whole trace."""
    n = len(trace["steps"])
    with figure(alt=_said(trace, n), width=9, height=0.36 * (n + 2)) as ax:
        _trace(ax, trace, n, n + 1)


# --- rounds


def rounds(found: Mapping[str, Mapping[str, Sequence[float]]], depth: int) -> None:
    """The share of questions whose second passage is among the first ones, by round and by what the draft says."""
    drafts = ("naming the country", "quoting the passage")
    lines = {(k, d): [fmean(rows[f"{d}, round {n}"]) for n in (1, 2, 3)] for k, rows in found.items() for d in drafts}
    oracle = {kind: fmean(rows["question, then the oracle's country"]) for kind, rows in found.items()}
    told = [f"{kind}, {draft}: {', '.join(f'{x:.2f}' for x in line)}" for (kind, draft), line in lines.items()]
    told += [f"{kind}, with an oracle: {value:.2f}" for kind, value in oracle.items()]
    with figure(alt="; ".join(told), columns=2, width=8.5, height=2.7) as axes:
        for ax, (kind, rows) in zip(axes, found.items()):
            for draft, colour, style in zip(drafts, ("black", COLOURS[0]), STYLES):
                ax.plot((1, 2, 3), lines[kind, draft], style, marker="o", color=colour, label=draft)
            ax.axhline(oracle[kind], color=GREY, linestyle=":")
            ax.text(1, oracle[kind] - 0.08, "an oracle names the country", fontsize=8, color=GREY)
            n = len(next(iter(rows.values())))
            ax.set(title=f"{kind}, {n} questions", xticks=(1, 2, 3), ylim=(-0.03, 1.05), xlabel="round")
            ax.set(ylabel=f"second passage in {depth}")
            label_lines(ax)


# --- Self-RAG


def segments(trace: Mapping) -> None:
    """The scores of the answers from single passages, by part."""
    rows = tables.scored(trace)
    parts = ("relevance", "support", "utility")
    told = "; ".join(
        f"{_cut(answer, 30)}: " + ", ".join(f"{p} {v:.2f}" for p, v in zip(parts, values)) for answer, values in rows
    )
    with figure(alt=f"Weighted scores of {len(rows)} answers: {told}.", width=7.5, height=0.5 * len(rows) + 1) as ax:
        for n, (_, values) in enumerate(rows):
            up = down = 0.0
            for value, part, shade in zip(values, parts, ("black", GREY, "#bbbbbb")):
                ax.barh(n, value, left=up if value >= 0 else down, color=shade, label=part if n == 0 else None)
                up, down = (up + value, down) if value >= 0 else (up, down + value)
        ax.set(yticks=range(len(rows)), yticklabels=[_cut(answer, 34) for answer, _ in rows], xlabel="score")
        ax.set(title="Three passages, three answers, one score each")
        ax.invert_yaxis()
        ax.legend(fontsize=8, frameon=False, loc="lower right")


# --- CRAG


def why_they_meet(cuts: Sequence[float], above: Sequence[float], below: Sequence[float], trust: float) -> None:
    """Of the searches with a score above a cut, the share with a useful passage; and of those below."""
    good = [c for c, a, b in zip(cuts, above, below) if a >= trust and b <= 1 - trust]
    where = f"from {min(good):.2f} to {max(good):.2f}" if good else "nowhere"
    alt = f"Share of searches with a useful passage, above and below a cut. Both demands at {trust} are met {where}."
    with figure(alt=alt, height=2.8) as ax:
        if good:
            ax.axvspan(min(good), max(good), color=LIGHT)
            ax.text((min(good) + max(good)) / 2, 0.5, "one cut\nserves both", ha="center", va="center", fontsize=8)
        ax.plot(cuts, above, "-", color="black", label="above the cut")
        ax.plot(cuts, below, "--", color=COLOURS[0], label="below the cut")
        ax.set(title="A good evaluator leaves no room between the thresholds", ylim=(0, 1.03), xlim=(0, 1.25))
        ax.set_xticks((0, 0.25, 0.5, 0.75, 1))
        ax.set(xlabel="cut in the evaluator's score", ylabel="share useful")
        label_lines(ax)


def surface(grid: Mapping[tuple[float, float], float], best: tuple[float, float]) -> None:
    """The worth of every pair of thresholds."""
    values = sorted({u for u, _ in grid})
    number = {v: i for i, v in enumerate(values)}
    z = torch.full((len(values), len(values)), math.nan)
    for (upper, lower), worth in grid.items():
        z[number[upper], number[lower]] = worth
    diagonal = max(worth for (u, low), worth in grid.items() if u == low)
    alt = (
        f"The worth of all pairs of thresholds. The best has upper {best[0]:.2f} and lower {best[1]:.2f}: "
        f"{grid[best]:.3f}; the best on the diagonal, where both coincide, has {diagonal:.3f}."
    )
    with figure(alt=alt, width=4.6, height=3.8) as ax:
        shown = ax.imshow(z, origin="lower", cmap="gray", aspect="auto")
        ax.plot(number[best[1]], number[best[0]], "o", color=COLOURS[1], markersize=9)
        ticks = range(0, len(values), 5)
        names = [f"{values[i]:.2f}" for i in ticks]
        ax.set(xticks=ticks, xticklabels=names, yticks=ticks, yticklabels=names)
        ax.set(xlabel="lower threshold", ylabel="upper threshold", title="The dot: the best pair")
        ax.figure.colorbar(shown, label="answers, less the price of words")


def robust(shares: Mapping[str, Mapping], whole: Mapping[str, Mapping], gone: Mapping[str, Mapping]) -> None:
    """As retrieval gets worse: is the answer in what is read, and is it answered?"""
    x, plain = [float(share) for share in shares], (("plain", "--", COLOURS[0]), ("CRAG", "-", "black"))
    found = {name: [fmean(rows[name]) for rows in shares.values()] for name, *_ in plain}
    names = (("3 passages", "--", COLOURS[0]), ("CRAG", "-", "black"), ("Self-RAG", ":", GREY))
    right = {name: [fmean(rows[name]["right"]) for rows in (whole, gone)] for name, *_ in names}
    told = [f"answer in what is read, {name}: from {line[0]:.2f} to {line[-1]:.2f}" for name, line in found.items()]
    told += [f"right with {name}: from {a:.2f} to {b:.2f}" for name, (a, b) in right.items()]
    with figure(alt="; ".join(told), columns=2, width=8.5, height=2.8) as axes:
        for name, style, colour in plain:
            axes[0].plot(x, found[name], style, color=colour, label=name)
        for name, style, colour in names:
            axes[1].plot((0, 1), right[name], style, color=colour, label=name)
        axes[0].set(title="in what is read", ylabel="share of questions")
        axes[1].set(title="answered by the tuned reader")
        for ax in axes:
            ax.set(ylim=(-0.03, 1.03), xlabel="share without their passage")
            label_lines(ax)


# --- cost

BELOW = ("Adaptive-RAG", "3 passages", "closed book", "bridge", "RAPTOR")  # whose names stand under their points


def costs(points: Mapping[str, tuple[float, float]], fixed: Sequence[str]) -> None:
    """Accuracy against tokens of every system; the frontier of all, and the line between fixed amounts of retrieval."""
    names = list(points)
    best = [names[i] for i in frontier(list(points.values()))]
    told = "; ".join(f"{name} {tokens:.0f} tokens, {right:.2f} right" for name, (tokens, right) in points.items())
    with figure(alt=f"{told}. Not beaten: {', '.join(best)}.", width=7.5, height=3.4) as ax:
        ax.plot(*zip(*(points[name] for name in best)), "-", color=LIGHT, zorder=0)
        ax.plot(*zip(*(points[name] for name in fixed)), ":", color=GREY, zorder=0)
        for name, (tokens, right) in points.items():
            ax.plot(tokens, right, "o", color="black" if name in best else "#bbbbbb")
            away = (6, -11) if name in BELOW else (5, 5)
            ax.annotate(name, (tokens, right), xytext=away, textcoords="offset points", fontsize=8)
        ax.set(title="Black: not beaten by any other. Dotted: a coin between two fixed amounts", ylim=(0, 0.8))
        ax.set_xlim(right=1.15 * max(tokens for tokens, _ in points.values()))
        ax.set(xlabel="tokens read and written, mean of a question", ylabel="share of right answers")


# --- RAPTOR


def clusters(x: Tensor, kinds: Sequence[str], found: Sequence[Sequence[int]], scores: Sequence[float]) -> None:
    """Vectors in two dimensions, each tied to the middle of its clusters, and the criterion that chose how many."""
    z = raptor.reduced(x, 2)
    K = min(range(len(scores)), key=lambda i: scores[i]) + 1
    count = lambda group, kind: sum(kinds[i] == kind for i in group)
    mixed = lambda group: ", ".join(f"{n} {kind}" for kind in dict.fromkeys(kinds) if (n := count(group, kind)))
    groups = "; ".join(f"cluster {n}: {mixed(group)}" for n, group in enumerate(found, 1))
    alt = f"{len(x)} passages in {len(found)} clusters. {groups}. The criterion is least at {K}."
    with figure(alt=alt, columns=2, width=9, height=3.2) as (plane, chosen):
        for n, group in enumerate(found, 1):
            middle = z[list(group)].mean(0)
            for i in group:
                plane.plot(*zip(middle.tolist(), z[i].tolist()), "-", color=LIGHT, zorder=0)
            edge = {"boxstyle": "circle,pad=0.2", "fc": "white", "ec": GREY}
            plane.text(*middle.tolist(), str(n), fontsize=8, ha="center", va="center", bbox=edge, zorder=4)
        for mark, colour, kind in zip("osD^vP", COLOURS, dict.fromkeys(kinds)):
            mine = [i for i, other in enumerate(kinds) if other == kind]
            plane.plot(*z[mine].T, mark, color=colour, markersize=5, label=kind)
        plane.set(title="Passages, tied to their clusters", xticks=(), yticks=())
        plane.legend(fontsize=7, frameon=False, loc="best")
        chosen.plot(range(1, len(scores) + 1), scores, "o-", color="black")
        chosen.set(title="How many? The least", xlabel="clusters", ylabel="BIC")
