"""The pictures of lecture 05. Each takes what was measured and draws it; none measures anything."""

from collections.abc import Mapping, Sequence
from statistics import fmean

import numpy as np
import torch
from matplotlib.axes import Axes
from torch import Tensor

from ... import verdicts
from ...figures import COLOURS, Shown, explore, figure, label_lines
from .. import em, rouge
from ..experiments import DIGITS
from .claims import held_out

PALE = "#bbbbbb"
Shares = Mapping[str, Sequence[tuple[float, str, bool]]]  # question -> share of the draws, answer, is it right?


# ------------------------------------------------------------------ the loop


def loop() -> None:
    """The loop that all five methods share: draw, check, keep, train, and back."""
    boxes = {"draw": (0, 1), "check": (1, 1), "keep": (1, 0), "train": (0, 0)}
    below = {
        "draw": "the model answers\nmany times",
        "check": "somebody can tell\nright from wrong",
        "keep": "what passed\n(and is new)",
        "train": "on what was kept,\nnothing else",
    }
    arrows = (((0.24, 1), (0.76, 1)), ((1, 0.72), (1, 0.28)), ((0.82, 0), (0.26, 0)), ((0, 0.28), (0, 0.72)))
    alt = (
        "A loop of four boxes: draw (the model answers many times), check (somebody can tell right from wrong), keep "
        "(what passed and is new), train (on what was kept), and back to draw. A question enters at draw."
    )
    with figure(alt=alt, width=5.6, height=2.6) as ax:
        for name, (x, y) in boxes.items():
            edge = {"boxstyle": "round,pad=0.6", "fc": "#eeeeee" if name == "check" else "white", "ec": "black"}
            ax.text(x, y, f"$\\bf{{{name}}}$\n{below[name]}", ha="center", va="center", fontsize=9, bbox=edge)
        for start, end in arrows:
            ax.annotate("", end, start, arrowprops={"arrowstyle": "-|>", "color": "black", "linewidth": 1.6})
        ax.annotate("questions", (-0.25, 1), (-0.62, 1), va="center", fontsize=9, arrowprops={"arrowstyle": "->"})
        ax.set(xlim=(-0.7, 1.35), ylim=(-0.4, 1.4))
        ax.axis("off")


# ------------------------------------------------------------------ what a model draws


def answers(shares: Shares, draws: int) -> None:
    """The answers that are drawn most often to each question; the right one is dark."""
    alt = f"Shares of {draws} draws by answer. {_right_shares(shares)} Right answers are dark."
    with figure(alt=alt, columns=len(shares), width=9, height=2.8) as axes:
        _bars(axes, shares)


def rounds(by_round: Sequence[Shares]) -> Shown:
    """The same after each round, under a slider."""
    return explore(
        lambda axes, t: _bars(axes, by_round[t]),
        range(len(by_round)),
        label="round",
        alt=lambda t: f"Answers drawn after {t} rounds. {_right_shares(by_round[t])}",
        start=len(by_round) - 1,
        columns=len(by_round[0]),
        width=9,
        height=2.8,
    )


def _bars(axes: Sequence[Axes], shares: Shares) -> None:
    for ax, (question, drawn) in zip(axes, shares.items()):
        heights, names, right = zip(*drawn[:8])
        colours = [COLOURS[0] if is_right else PALE for is_right in right]
        ax.bar([name or "(none)" for name in names], heights, color=colours, edgecolor="black", linewidth=0.6)
        ax.set(title=question, xlabel="answer", ylim=(0, 1))
        ax.tick_params(axis="x", rotation=60)
    axes[0].set_ylabel("share of the draws")


def _right_shares(shares: Shares) -> str:
    right = {x: sum(share for share, _, is_right in drawn if is_right) for x, drawn in shares.items()}
    return " ".join(f"{question} right in {share:.0%} of them." for question, share in right.items())


# ------------------------------------------------------------------ the bound


def hill(r: Tensor, path: Sequence[tuple[float, float]]) -> Shown:
    """The bound for two answers with p(O = 1) = r, as level lines over p and q, and the stairs of E- and M-steps."""
    pair = lambda t: torch.stack([1 - t, t], -1)  # (..., 2)
    grid = torch.linspace(0.005, 0.995, 120, dtype=r.dtype)
    L = em.elbo(pair(grid)[None].log(), r, pair(grid)[:, None].expand(120, 120, 2))  # rows: q, columns: p
    ridge = em.e_step(pair(grid).log(), r.expand(120, 2))[:, 1]
    p, q = torch.tensor(path, dtype=r.dtype).T
    heights = em.elbo(pair(p).log(), r.expand(len(p), 2), pair(q)).tolist()
    levels = [-3, -2, -1.5, -1.2, -1, -0.8, -0.6, -0.45, -0.3, -0.2, -0.12]

    def draw(ax: Axes, n: int) -> None:
        ax.contour(grid, grid, L, levels=levels, colors="#999999", linewidths=0.8, linestyles="solid")
        ax.plot(grid, ridge, color=COLOURS[1], linestyle="--", marker="", label="best q for p (E)")
        ax.plot(grid, grid, color=COLOURS[2], linestyle=":", marker="", label="best p for q (M)")
        ax.plot(*zip(*path[: n + 1]), color="black", linestyle="-", marker="o", markersize=4, label="_")
        ax.set(title=f"after {n} half steps: L = {heights[n]:.3f}", xlim=(0, 1), ylim=(0, 1))
        ax.set(xlabel="p: the model's probability of the better answer", ylabel="q of the better answer")
        ax.legend(loc="lower right")

    return explore(
        draw,
        range(len(path)),
        label="half steps",
        alt=lambda n: (
            f"Level lines of the bound over p and q, and stairs of {n} half steps between two curves that lead to the "
            f"upper right corner; the bound is {heights[n]:.3f}."
        ),
        start=min(4, len(path) - 1),
        width=5.6,
        height=4.6,
    )


def reweighted(r: Tensor, shares: Mapping[str, Tensor]) -> None:
    """The weights of five answers under the model and after an E-step, for each f."""
    told = "; ".join(f"{name}: {', '.join(f'{v:.2f}' for v in share.tolist())}" for name, share in shares.items())
    with figure(alt=f"Weights of {len(r)} answers. {told}.", height=2.8) as ax:
        for i, ((name, share), hatch) in enumerate(zip(shares.items(), ("", "//", ".."))):
            at = [k + 0.27 * (i - 1) for k in range(len(r))]
            ax.bar(at, share, width=0.25, label=name, hatch=hatch, edgecolor="black", linewidth=0.6)
        ax.set_xticks(range(len(r)), [f"y{k + 1}, r = {v:g}" for k, v in enumerate(r.tolist())])
        ax.set(title="Two ways to reweight what the model draws", ylabel="probability")
        ax.legend()


def climbs(paths: Mapping[str, Sequence[Mapping]]) -> None:
    """Bound and evidence over half steps, for each way to normalise."""
    ends = "; ".join(f"{name}: {path[0]['evidence']:.2f} to {path[-1]['evidence']:.2f}" for name, path in paths.items())
    gaps = {name: max(row["evidence"] - row["bound"] for row in path) for name, path in paths.items()}
    told = "; ".join(f"{name}: {gap:.3f}" for name, gap in gaps.items())
    alt = f"Bound and evidence over half steps. The evidence rises, {ends}. The widest gap between them, {told}."
    with figure(alt=alt, columns=2, width=9, height=3.2) as axes:
        for ax, (name, path) in zip(axes, paths.items()):
            evidence, bound = ([row[key] for row in path] for key in ("evidence", "bound"))
            ax.plot(evidence, color="black", linestyle="-", marker="s", markersize=4, label="evidence")
            ax.plot(bound, color=COLOURS[0], linestyle="--", marker="o", markersize=4, label="bound L")
            ax.set_xticks(range(len(path)), [row["step"] for row in path])
            ax.set(title=name, xlabel="half steps")
            ax.legend(loc="lower right")
        axes[0].set_ylabel("mean of log p(O = 1 | x), nats")
        axes[1].set_ylabel("log of the mean reward, nats")


# ------------------------------------------------------------------ ReST-EM, STaR, RFT


def learning(runs: Sequence[Mapping]) -> None:
    """Accuracy and coverage over the rounds of ReST-EM, and how far the training questions are ahead."""
    row = lambda key: [[step[key] for step in run["rows"] if key in step] for run in runs]
    ahead = [[step["train"] - step["test"] for step in run["rows"]] for run in runs]
    ceiling = fmean(run["ceiling"] for run in runs)
    curves = {"on D, never told": row("train"), "coverage of the next draws": row("coverage"), "test": row("test")}
    means = {name: [f"{fmean(column):.2f}" for column in zip(*values)] for name, values in curves.items()}
    told = "; ".join(f"{name} {', '.join(values)}" for name, values in means.items())
    alt = f"Shares right by round: {told}; ceiling {ceiling:.2f}. D is ahead by {_listed(ahead)}."
    with figure(alt=alt, columns=2, width=9.5, height=3.6) as axes:
        styles = ((COLOURS[2], ":", "^"), (COLOURS[1], "--", "s"))
        for (name, values), (colour, style, marker) in zip(curves.items(), styles):
            mean = [fmean(column) for column in zip(*values)]
            axes[0].plot(mean, color=colour, linestyle=style, marker=marker, markersize=4, label=name)
        _band(axes[0], row("test"), (0, 1), color=COLOURS[0], linestyle="-", marker="o", markersize=4, label="test")
        axes[0].axhline(ceiling, color="black", linewidth=1, linestyle="-.", label="ceiling: true answers")
        axes[0].set(title="Rising, then flat", ylabel="share right", ylim=(0, 1.02))
        axes[0].legend(loc="lower right")
        _band(axes[1], ahead, (-1, 1), color=COLOURS[2], linestyle="-", marker="^", markersize=4)
        axes[1].axhline(0, color="black", linewidth=0.8)
        axes[1].set(title="How far D is ahead of the test", ylabel="difference of the shares")
        for ax in axes:
            ax.set(xlabel="round", xticks=range(len(ahead[0])))


def _band(ax: Axes, by_seed: Sequence[Sequence[float]], limits: tuple[float, float], **style) -> None:
    """The mean over seeds as a line, and its interval as a band."""
    found = [verdicts.mean(column, *limits) for column in zip(*by_seed)]
    (line,) = ax.plot([f.value for f in found], **style)
    low, high = [f.low for f in found], [f.high for f in found]
    ax.fill_between(range(len(found)), low, high, color=line.get_color(), alpha=0.15, linewidth=0)


def _listed(by_seed: Sequence[Sequence[float]]) -> str:
    return ", ".join(f"{fmean(column):.2f}" for column in zip(*by_seed))


def hints(runs: Sequence[Mapping]) -> None:
    """Accuracy over the rounds of STaR with and without hints: a thin line for each seed, a thick one for the mean."""
    at = lambda arm, i: [[row["test"][i] for row in run["arms"][arm]] for run in runs]
    told = "; ".join(
        f"{n} digits {arm} hints {_listed(at(arm, i))}" for i, n in enumerate(DIGITS) for arm in ("with", "without")
    )
    with figure(alt=f"Accuracy by round: {told}.", columns=2, width=8.5, height=3.2) as axes:
        for i, (ax, n) in enumerate(zip(axes, DIGITS)):
            for arm, colour, style in (("with", COLOURS[0], "-"), ("without", COLOURS[1], "--")):
                for curve in at(arm, i):
                    ax.plot(curve, color=colour, linestyle=style, linewidth=0.7, alpha=0.6, marker="", label="_")
                mean = [fmean(column) for column in zip(*at(arm, i))]
                ax.plot(mean, color=colour, linestyle=style, marker="o", markersize=4, label=f"{arm} hints")
            ax.set(title=f"{n} digit{'s' * (n > 1)}", xlabel="round", ylim=(0, 1), xticks=range(len(mean)))
            label_lines(ax)
        axes[0].set_ylabel("test questions right")


def doses(panels: Mapping[str, Sequence[Mapping]]) -> None:
    """Accuracy against distinct paths a question, a panel for each way to come by them; the last is by drawing."""
    drawn = [*panels.values()][-1]
    told = "; ".join(f"{name}, {_dose(runs)}" for name, runs in panels.items())
    repeated = verdicts.mean([run["repeated"] for run in drawn])
    alt = f"Accuracy against distinct paths a question. {told}; with draws that may repeat {repeated.value:.2f}."
    with figure(alt=alt, columns=len(panels), width=4.5 * len(panels), height=3.2) as axes:
        axes = np.atleast_1d(axes)
        for ax, (name, runs) in zip(axes, panels.items()):
            paths = [fmean(run["rows"][i]["paths"] for run in runs) for i in range(len(runs[0]["rows"]))]
            for run in runs:
                tests = [row["test"] for row in run["rows"]]
                ax.plot(paths, tests, color=PALE, linestyle="-", linewidth=0.9, marker="", label="_")
            means = [fmean(column) for column in zip(*([row["test"] for row in run["rows"]] for run in runs))]
            ax.plot(paths, means, color=COLOURS[0], linestyle="-", marker="o")
            ax.set_xscale("log", base=2)
            ax.set_xticks([1, 2, 4, 8], ["1", "2", "4", "8"])
            ax.minorticks_off()
            ax.set(title=name, xlabel="distinct paths a question", xlim=(0.9, 9), ylim=(0, 1))
        axes[-1].axhline(repeated.value, color="black", linestyle="--", linewidth=1)
        axes[-1].text(8.8, repeated.value + 0.03, "right draws, repeats kept", fontsize=9, ha="right")
        axes[0].set_ylabel("test questions right")


def _dose(runs: Sequence[Mapping]) -> str:
    rows = zip(*(run["rows"] for run in runs))
    points = [(fmean(row["paths"] for row in column), fmean(row["test"] for row in column)) for column in rows]
    return ", ".join(f"{paths:.1f} paths {test:.2f}" for paths, test in points)


# ------------------------------------------------------------------ Self-Instruct


def common_words(first: str, second: str) -> None:
    """Two texts, word under word, with lines between the words of a longest common subsequence."""
    a, b = rouge.words(first), rouge.words(second)
    pairs = _common(a, b)
    value = rouge.rouge_l(first, second)
    shared = " ".join(a[i] for i, _ in pairs)
    alt = f"{first} / {second}: the longest common subsequence is {shared}, {len(pairs)} words; ROUGE-L {value:.2f}."
    with figure(alt=alt, width=8.5, height=1.7) as ax:
        for y, text, mine in ((1, a, {i for i, _ in pairs}), (0, b, {j for _, j in pairs})):
            for i, word in enumerate(text):
                weight, colour = ("bold", "black") if i in mine else ("normal", "#59636e")
                ax.text(i, y, word, ha="center", va="center", fontsize=10, weight=weight, color=colour)
        for i, j in pairs:
            ax.plot((i, j), (0.8, 0.2), color=COLOURS[0], linestyle="-", marker="", linewidth=1.4)
        lengths = f"{len(a)} + {len(b)}"
        ax.set_title(f"{len(pairs)} words in common, in order: F = 2 · {len(pairs)} / ({lengths}) = {value:.2f}")
        ax.set(xlim=(-0.6, max(len(a), len(b)) - 0.4), ylim=(-0.4, 1.4))
        ax.axis("off")


def _common(a: Sequence[str], b: Sequence[str]) -> list[tuple[int, int]]:
    """Places (i, j) of a longest common subsequence."""
    if not a or not b:
        return []
    if a[-1] == b[-1]:
        return [*_common(a[:-1], b[:-1]), (len(a) - 1, len(b) - 1)]
    return max(_common(a[:-1], b), _common(a, b[:-1]), key=len)


# ------------------------------------------------------------------ STOP


def improvers(checked: Sequence[Mapping], unchecked: Sequence[Mapping]) -> None:
    """Meta-utility on other tasks over rounds: the recursion and the seed improver, with and without the check."""
    count = len(checked[0]["steps"])
    panels = {"every winner takes over": unchecked, "only if better on fresh draws": checked}
    arms = {"recursive": (True, COLOURS[0], "-"), "seed improver only": (False, COLOURS[1], "--")}
    curves = {
        (name, arm): [held_out(runs, recursive, t) for t in range(count)]
        for name, runs in panels.items()
        for arm, (recursive, *_) in arms.items()
    }
    ends = "; ".join(f"{name}, {arm} {fmean(curve[-1]):.2f}" for (name, arm), curve in curves.items())
    alt = f"Meta-utility on other tasks over {count - 1} rounds, a thin line for each seed. Means at the end: {ends}."
    with figure(alt=alt, columns=2, width=9, height=3.4) as axes:
        for ax, name in zip(axes, panels):
            for arm, (_, colour, style) in arms.items():
                curve = curves[name, arm]
                for run in zip(*curve):
                    ax.plot(run, color=colour, linestyle=style, linewidth=0.7, alpha=0.6, marker="", label="_")
                means = [fmean(values) for values in curve]
                ax.plot(means, color=colour, linestyle=style, marker="o", markersize=4, label=arm)
            ends = [fmean(curves[name, arm][-1]) for arm in arms]
            place = "behind" if ends[0] < ends[1] else "ahead"
            ax.set(title=f"{name}:\nrecursion {place}", xlabel="round", ylim=(0.2, 1))
            label_lines(ax)
        axes[0].set_ylabel("meta-utility on other tasks")
