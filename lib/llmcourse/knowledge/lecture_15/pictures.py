"""The pictures of lecture 15. Each takes what was measured and draws it; none measures anything."""

import math
from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes

from ... import verdicts
from ...figures import COLOURS, Shown, explore, figure, label_lines
from ..graph import AGAINST, Graph, between
from ..paths import Path
from ..triples import written

GREY, LIGHT = "#777777", "#cccccc"
STYLES = ("-", "--", "-.", ":")
SHORT = {"official_language": "language", "highest_point": "highest point", "imports_from": "imports from",
         "exports_to": "exports to"}  # fmt: skip


def said(relation: str) -> str:
    """A step in a picture: "capital", or "capital, backwards"."""
    name = relation.removeprefix(AGAINST)
    return SHORT.get(name, name.replace("_", " ")) + (", backwards" if relation.startswith(AGAINST) else "")


def _cut(name: str, longest: int = 18) -> str:
    return name if len(name) <= longest else name[: longest - 2].rstrip() + " …"


def _box(ax: Axes, at: tuple[float, float], text: str, strong: bool = False, size: float = 8) -> None:
    face, ink = ("black", "white") if strong else ("white", "black")
    edge = {"boxstyle": "round,pad=0.35", "fc": face, "ec": "black" if strong else GREY}
    ax.text(*at, text, ha="center", va="center", fontsize=size, color=ink, bbox=edge, zorder=3)


def _word(ax: Axes, at: tuple[float, float], text: str, size: float, strong: bool = False) -> None:
    ax.text(*at, text, fontsize=size, ha="center", va="center", color="black" if strong else GREY,
            bbox={"fc": "white", "ec": "none", "pad": 0.5}, zorder=3)  # fmt: skip


# --- walking


def walk(graph: Graph, stations: Sequence[str], most: int = 9) -> Shown:
    """An explorer: at each station what leads away from it; black is where the walk goes on."""

    def around(i: int) -> list[tuple[str, str]]:
        here, after = stations[i], stations[i + 1 : i + 2]
        leads = [(r, e) for r in graph.steps(here) for e in graph.step(here, r)]
        kept, seen = {}, {}
        for r, e in sorted(leads, key=lambda pair: pair[1] not in after):
            if e not in kept and (seen.setdefault(r, 0) < 3 or e in after):
                seen[r] = seen.get(r, 0) + 1
                kept[e] = r
        return [(r, e) for e, r in kept.items()][:most]

    def draw(ax: Axes, number: int) -> None:
        i = number - 1
        ways, after = around(i), stations[i + 1 : i + 2]
        for n, (r, e) in enumerate(ways):
            angle = 2 * math.pi * (n + 0.5) / len(ways)
            x, y = 2.6 * math.cos(angle), 1.15 * math.sin(angle)
            strong = e in after
            start, end = ((x, y), (0, 0)) if r.startswith(AGAINST) else ((0, 0), (x, y))
            line = {"arrowstyle": "->", "color": "black" if strong else LIGHT, "shrinkA": 16, "shrinkB": 16,
                    "linewidth": 1.6 if strong else 1}  # fmt: skip
            ax.annotate("", end, start, arrowprops=line)
            _word(ax, (0.55 * x, 0.55 * y), said(r.removeprefix(AGAINST)), 7, strong)
            _box(ax, (x, y), _cut(graph.label(e)), strong, 7)
        _box(ax, (0, 0), _cut(graph.label(stations[i]), 24), size=10)
        ax.set(xlim=(-3.4, 3.4), ylim=(-1.5, 1.5), title=" → ".join(graph.label(e) for e in stations[: i + 1])[-80:])
        ax.axis("off")

    def alt(number: int) -> str:
        i = number - 1
        ways = ", ".join(f"{said(r)} {graph.label(e)}" for r, e in around(i))
        then = f" The walk goes on to {graph.label(stations[i + 1])}." if i + 1 < len(stations) else ""
        return f"{graph.label(stations[i])} in the middle; around it: {ways}.{then}"

    return explore(draw, list(range(1, len(stations) + 1)), label="station of the walk", alt=alt, width=7.5, height=3.3)


def answered_by_walking(graph: Graph, question: str, path: Path, others: int = 2) -> None:
    """A question as a path through the graph: black the path, grey what else leaves its entities."""
    steps = ", then ".join(f"{said(r)} to {graph.label(e)}" for r, e in zip(path.relations, path.entities[1:]))
    with figure(alt=f"{question} The path starts at {graph.label(path.entities[0])}: {steps}.", height=2.4) as ax:
        for i, (here, r) in enumerate(zip(path.entities, path.relations)):
            start, end = ((i + 1, 0), (i, 0)) if r.startswith(AGAINST) else ((i, 0), (i + 1, 0))
            ax.annotate("", end, start, arrowprops={"arrowstyle": "->", "shrinkA": 40, "shrinkB": 40, "linewidth": 1.6})
            ax.text(i + 0.5, 0.14, said(r.removeprefix(AGAINST)), ha="center", fontsize=8)
            _branches(ax, graph, here, i, path.entities, others)
        _branches(ax, graph, path.answer, len(path.relations), path.entities, others)
        for i, e in enumerate(path.entities):
            _box(ax, (i, 0), _cut(graph.label(e), 22), strong=i == len(path.relations), size=9)
        ax.set(xlim=(-0.5, len(path.relations) + 0.5), ylim=(-1.1, 0.6))
        ax.set_title(question, fontsize=10)
        ax.axis("off")


def _branches(ax: Axes, graph: Graph, here: str, x: float, path: Sequence[str], most: int) -> None:
    away = [(r, e) for r, tails in graph.out(here).items() for e in tails[:1] if e not in path][:most]
    for n, (r, e) in enumerate(away):
        to = (x + 0.34 * (n - (len(away) - 1) / 2), -0.62 - 0.24 * (n % 2))
        ax.annotate("", to, (x, -0.06), arrowprops={"arrowstyle": "-", "color": LIGHT})
        _word(ax, to, f"{said(r)}:\n{_cut(graph.label(e), 14)}", 6.5)


# --- evidence


def evidence(graph: Graph, question: str, entities: Sequence[str], path: Path, passages: Sequence[str],
             found: Sequence[str]) -> None:  # fmt: skip
    """The same question with what each kind of system reads: passages, triples, the subgraph, the path of a plan."""
    alt = (
        f"Four panels for the question {question} Passages: {'; '.join(passages)}. Triples: {' '.join(found)}. "
        f"A subgraph of {len(entities)} entities. The path of the plan: {path.text(graph)}."
    )
    with figure(alt=alt, columns=2, rows=2, width=9, height=4.6) as axes:
        (text, listed), (network, plan) = axes
        _lines(text, "passages that were found", [_cut(p, 62) for p in passages])
        _lines(listed, "triples that were found", [_cut(t, 62) for t in found])
        _subgraph(network, graph, entities, path)
        steps = " → ".join(said(r) for r in path.relations)
        _lines(plan, "a plan, and its path", [steps, "", *(written(graph, t) for t in path.triples)])
    print(question)


def _lines(ax: Axes, title: str, lines: Sequence[str]) -> None:
    for i, line in enumerate(lines[:9]):
        ax.text(0, -i, line, fontsize=7.5, va="center")
    ax.set(title=title, xlim=(0, 1), ylim=(-9, 0.8))
    ax.axis("off")


def _subgraph(ax: Axes, graph: Graph, entities: Sequence[str], path: Path) -> None:
    on = dict(zip(path.entities, (-1.1 + 2.2 * i / max(len(path.relations), 1) for i in range(len(path.entities)))))
    rest = [e for e in entities if e not in on]
    at = {e: (x, 0.0) for e, x in on.items()}
    for n, e in enumerate(rest):  # above the path and below it, by turns
        angle = math.pi * (0.12 + 0.76 * (n // 2 + 0.5) / max((len(rest) + 1) // 2, 1))
        at[e] = (1.25 * math.cos(angle), math.sin(angle) * (1 if n % 2 else -1))
    black = {(t.head, t.tail) for t in path.triples}
    for h, _, t in between(graph, [*on, *rest]):
        strong = (h, t) in black
        ax.annotate("", at[t], at[h], arrowprops={"arrowstyle": "-", "color": "black" if strong else LIGHT,
                                                 "linewidth": 1.6 if strong else 0.6})  # fmt: skip
    for e, place in at.items():
        _word(ax, place, _cut(graph.label(e), 12), 8 if e in on else 6.5, e in on)
    ax.set(title=f"a subgraph of {len(at)} entities", xlim=(-1.5, 1.5), ylim=(-1.25, 1.25))
    ax.axis("off")


# --- records


def by_hops(record: Mapping, arms: Sequence[str]) -> None:
    """Accuracy of each reader by the number of steps; one line an arm, mean over seeds and questions."""
    hops = sorted(set(record["hops"]))
    curves = {arm: [accuracy(record, arm, h) for h in hops] for arm in arms}
    told = "; ".join(f"{arm} {', '.join(f'{v:.2f}' for v in curve)}" for arm, curve in curves.items())
    with figure(alt=f"Share of right answers for 1, 2 and 3 steps: {told}.", height=3.2) as ax:
        inks = ("black", COLOURS[0], COLOURS[1], COLOURS[2], GREY, GREY)
        for i, ((arm, curve), ink) in enumerate(zip(curves.items(), inks)):
            ax.plot(hops, curve, STYLES[i % len(STYLES)], color=ink, marker="o", markersize=4, label=arm)
        ax.axhline(1 / 8, color=LIGHT, linewidth=0.8)
        ax.text(1.02, 0.085, "chance", fontsize=7, color=GREY)
        ax.set(title="Without edges there is nothing to reason on", xlabel="steps from the topic to the answer")
        ax.set(ylabel="share of right answers", xticks=hops, ylim=(0, 1.02))
        label_lines(ax)


def accuracy(record: Mapping, arm: str, hops: int, graph: str = "") -> float:
    """Mean over seeds and over the questions of that many steps."""
    rows = [r["right"] for r in record["runs"] if r["arm"] == arm and r.get("graph", "") == graph]
    chosen = [row[i] for row in rows for i, h in enumerate(record["hops"]) if h == hops]
    return sum(chosen) / len(chosen)


def systems(record: Mapping) -> None:
    """Accuracy against tokens, a point for each system."""
    rows = {name: (row["tokens"], row["right"]) for name, row in record["rows"].items()}
    mean = lambda values: sum(values) / len(values)
    told = "; ".join(f"{name} {mean(right):.2f} with {mean(tokens):.0f}" for name, (tokens, right) in rows.items())
    with figure(alt=f"Share of right answers and tokens a question: {told}.", height=3.6) as ax:
        ordered = sorted(rows.items(), key=lambda pair: mean(pair[1][1]))
        for y, (_, (tokens, right)) in enumerate(ordered):
            share = verdicts.share(sum(right), len(right))
            ax.plot([share.low, share.high], [y, y], color=GREY, linewidth=1, linestyle="-", marker="")
            ax.plot([share.value], [y], "o", color="black")
            ax.text(1.04, y, f"{mean(tokens):,.0f}", va="center", fontsize=8, color=GREY)
        ax.text(1.04, len(rows) - 0.3, "tokens", fontsize=8, color=GREY)
        ax.set(yticks=range(len(rows)), xlim=(0, 1.14), xticks=(0, 0.25, 0.5, 0.75, 1))
        ax.set(title="The same questions, system by system", xlabel="share of right answers, 95 % interval")
        ax.set_yticklabels([name for name, _ in ordered])


def masks(record: Mapping) -> None:
    """Recall of held-out facts by the number of pieces of the tail, for both kinds of masks."""
    sizes = {"1": lambda n: n == 1, "2": lambda n: n == 2, "3 and more": lambda n: n > 2}
    shares = {
        arm: [
            sum(chosen := [r for run in record["runs"] if run["arm"] == arm
                           for r, n in zip(run["right"], record["pieces"]) if fits(n)]) / max(len(chosen), 1)
            for fits in sizes.values()
        ]
        for arm in ("basic", "entity")
    }  # fmt: skip
    told = "; ".join(f"{arm} {', '.join(f'{v:.2f}' for v in values)}" for arm, values in shares.items())
    with figure(alt=f"Recall of hidden tails of 1, 2, 3 and more pieces: {told}.", height=2.4) as ax:
        for i, (arm, values) in enumerate(shares.items()):
            places = [x + 0.36 * (i - 0.5) for x in range(len(sizes))]
            ax.bar(places, values, 0.34, color=("#bbbbbb", "black")[i], label=arm)
        ax.set(title="Names that are recalled as a whole", xticks=range(len(sizes)), ylabel="share recalled")
        ax.set(xlabel="pieces of the name")
        ax.set_xticklabels(sizes)
        ax.legend(title="masks", frameon=False)


def world(found: Mapping[float, Mapping[str, tuple[verdicts.Estimate, verdicts.Estimate]]]) -> None:
    """Wrong triples caught and right ones called wrong, by the share of triples that the graph lacks."""
    lacks = list(found)
    names = list(next(iter(found.values())))
    said_of = lambda row: ", ".join(
        f"{n} catches {c.value:.2f} and alarms at {a.value:.2f}" for n, (c, a) in row.items()
    )
    told = "; ".join(f"with {m:.0%} missing {said_of(row)}" for m, row in found.items())
    with figure(alt=f"{told}.", columns=2, width=8, height=2.6) as axes:
        for k, (ax, title) in enumerate(zip(axes, ("wrong triples caught", "right ones called wrong"))):
            for name, style, ink in zip(names, STYLES, ("black", COLOURS[0])):
                shares = [found[m][name][k].value for m in lacks]
                ax.plot([100 * m for m in lacks], shares, style, color=ink, marker="o", markersize=4, label=name)
            ax.set(title=title, xlabel="triples missing, per cent", ylim=(-0.03, 1.03))
            label_lines(ax)
