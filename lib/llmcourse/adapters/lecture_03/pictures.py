"""The pictures of lecture 03. Each takes what was measured and draws it; none measures anything."""

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise
from statistics import fmean

import torch
from matplotlib.axes import Axes
from torch import Tensor

from ... import verdicts
from ...figures import COLOURS, Shown, explore, figure
from .. import sora
from ..experiments import LONG, PENALTIES, RANKS, STEPS
from . import runs
from .runs import Run

FROZEN, LEARNS, GREY = "#d5d9de", "#ffffff", "#888888"
LAYERS = ("qkv", "out", "up", "down")
STYLES = ("-o", "--s", "-.^", ":D")


# --- schemes: what is frozen is grey, what learns is white


def _box(ax: Axes, x: float, y: float, width: float, height: float, text: str, colour: str = LEARNS) -> None:
    """A matrix around the point x, y."""
    ax.add_patch(_rectangle(x, y, width, height, colour))
    ax.text(x, y, text, ha="center", va="center", fontsize=10)


def _rectangle(x: float, y: float, width: float, height: float, colour: str, **how):
    from matplotlib.patches import Rectangle

    return Rectangle((x - width / 2, y - height / 2), width, height, facecolor=colour, edgecolor="black", **how)


def _arrow(ax: Axes, *points: tuple[float, float]) -> None:
    """A line through the points, with a head at the last."""
    for start, end in pairwise(points):
        head = "->" if end is points[-1] else "-"
        ax.annotate("", end, start, arrowprops={"arrowstyle": head, "shrinkA": 0, "shrinkB": 0})


def _scheme(ax: Axes, title: str, right: float = 6, top: float = 6) -> None:
    ax.set(title=title, xlim=(0, right), ylim=(0, top), aspect="equal")
    ax.axis("off")


def _next_to_a_layer(ax: Axes, title: str, names: tuple[str, str, str]) -> None:
    """The frozen layer on the left, and on the right what goes down to a few channels and up again."""
    lower, middle, upper = names
    _scheme(ax, title)
    _box(ax, 1.6, 3, 2, 2.2, "W", FROZEN)
    _box(ax, 4.4, 2.2, 2.7, 0.7, lower)
    _box(ax, 4.4, 3.8, 2.7, 0.7, upper)
    ax.text(4.4, 3, middle, ha="center", va="center", fontsize=9)
    _arrow(ax, (1.6, 0.6), (1.6, 1.9))
    _arrow(ax, (1.6, 1), (4.4, 1), (4.4, 1.85))
    _arrow(ax, (1.6, 4.1), (1.6, 5.7))
    _arrow(ax, (4.4, 4.15), (4.4, 5), (1.6, 5))
    ax.plot(1.6, 5, "o", color="white", markeredgecolor="black", markersize=13)
    ax.text(1.6, 4.98, "+", ha="center", va="center", fontsize=12)
    ax.text(1.9, 0.45, "x", fontsize=11)
    ax.text(1.9, 5.5, "h", fontsize=11)


def next_to_a_layer() -> None:
    """Two adapters next to a frozen layer: a bottleneck, and LoRA."""
    alt = (
        "Two schemes. Left: x goes through a frozen weight W, and next to it down to m channels, a nonlinearity "
        "and up again; the sum is h. Right: the same with A down to r channels and B up again, without nonlinearity."
    )
    with figure(alt=alt, columns=2, width=7, height=3) as axes:
        _next_to_a_layer(axes[0], "Bottleneck: a small network", ("down", "GELU, m channels", "up: starts at 0"))
        _next_to_a_layer(axes[1], "LoRA: a change of the weight", ("A: random", "r channels, α/r", "B: starts at 0"))


def three_factors() -> None:
    """AdaLoRA's change of a weight, of which two triplets are switched off, and SoRA's gates between A and B."""
    alt = (
        "Left: AdaLoRA's P, a diagonal of six singular values of which two are zero, and Q; the columns and rows of "
        "the two are grey. Right: SoRA's A, six gates of which two are closed, and B."
    )
    off = (2, 4)
    shade = lambda k: FROZEN if k in off else LEARNS
    with figure(alt=alt, columns=2, width=7.5, height=2.6) as axes:
        _scheme(axes[0], "AdaLoRA: P Λ Q, triplets", 7.6, 4)
        _scheme(axes[1], "SoRA: gates between A and B", 7.6, 4)
        for k in range(6):
            axes[0].add_patch(_rectangle(0.5 + 0.3 * k, 1.9, 0.3, 2.8, shade(k)))
            axes[0].add_patch(_rectangle(2.85 + 0.3 * k, 2.65 - 0.3 * k, 0.3, 0.3, shade(k)))
            axes[0].add_patch(_rectangle(6, 2.65 - 0.3 * k, 2.6, 0.3, shade(k)))
            axes[1].add_patch(_rectangle(0.5 + 0.3 * k, 1.9, 0.3, 2.8, shade(k)))
            axes[1].add_patch(_rectangle(6, 2.65 - 0.3 * k, 2.6, 0.3, shade(k)))
            axes[1].plot(3.6, 2.65 - 0.3 * k, "o", color=shade(k), markeredgecolor="black", markersize=7)
        for ax, names in zip(axes, (("P", "Λ", "Q"), ("B", "g", "A"))):
            for x, name in zip((1.25, 3.6, 6), names):
                ax.text(x, 3.5, name, ha="center", fontsize=11)


def length_and_direction() -> None:
    """DoRA's picture of one row of a weight: LoRA moves the arrow, m sets how long it is in the end."""
    alt = (
        "A row w of the weight as an arrow. LoRA adds a small arrow, which gives v. The result points where v points, "
        "on a circle of radius m."
    )
    with figure(alt=alt, width=4.2, height=2.6) as ax:
        w, v = (3.0, 0.6), (2.6, 2.1)
        m = 2.2
        new = tuple(m * x / math.hypot(*v) for x in v)
        angles = torch.linspace(-0.15, 1.35, 60)
        ax.plot(m * angles.cos(), m * angles.sin(), ":", color=GREY, marker="")
        arrows = ((0, 0), w, "-", 1.1), (w, v, "--", 1.1), ((0, 0), v, "-", 1.1), ((0, 0), new, "-", 2.6)
        for start, end, style, width in arrows:
            look = {"arrowstyle": "->", "linestyle": style, "linewidth": width, "shrinkA": 0, "shrinkB": 0}
            ax.annotate("", end, start, arrowprops=look)
        ax.text(3.1, 0.5, "w, frozen")
        ax.text(2.95, 1.3, "(α/r) B A")
        ax.text(2.7, 2.1, "v")
        ax.text(1.05, 1.15, "m v / ‖v‖", ha="right")
        ax.text(m * math.cos(0.02) - 0.1, -0.45, "radius m", color=GREY, ha="center", fontsize=9)
        ax.set(title="One row of the weight", xlim=(-0.2, 4.3), ylim=(-0.6, 2.6), aspect="equal")
        ax.axis("off")


def nested() -> None:
    """DyLoRA's A and B, cut to the rank that was drawn."""
    alt = "B and A of rank 16; the first four columns of B and the first four rows of A are white, the others grey."
    with figure(alt=alt, width=4.6, height=2.1) as ax:
        for k in range(16):
            shade = LEARNS if k < 4 else FROZEN
            ax.add_patch(_rectangle(0.3 + 0.12 * k, 1.5, 0.12, 2.6, shade, linewidth=0.6))
            ax.add_patch(_rectangle(4.4, 2.4 - 0.12 * k, 2.6, 0.12, shade, linewidth=0.6))
        ax.text(1.2, 3, "B", ha="center", fontsize=11)
        ax.text(4.4, 3, "A", ha="center", fontsize=11)
        _scheme(ax, "b = 4 was drawn: the white parts are used", 6, 3.4)


# --- low rank


def digits(rows: Tensor, right: Tensor, errors: Tensor, shape: tuple[int, int]) -> Shown:
    """An explorer: ten digits, and the error of the whole matrix, at each rank.

    rows    (10, 64)  ten rows of a matrix of this shape
    right   (64, 64)  its right singular vectors, as rows
    errors  (65,)     its relative error at rank 0, 1, ...
    """

    def draw(axes, k: int) -> None:
        kept = rows @ right[:k].mT @ right[:k]  # what rank k leaves of these rows
        axes[0].imshow(kept.view(10, 8, 8).transpose(0, 1).reshape(8, 80), cmap="gray_r", vmin=0, vmax=16)
        axes[0].set(title=f"k = {k}: {k * sum(shape):,} of {math.prod(shape):,} numbers", xticks=[], yticks=[])
        axes[1].plot(range(65), errors, color="#999999")
        axes[1].plot([k], [errors[k]], "o", color="black")
        axes[1].set(title=f"{errors[k]:.0%} off", xlabel="rank", ylabel="error", ylim=(0, 1.02))

    return explore(
        draw,
        [1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64],
        start=8,
        label="k, the rank",
        alt=lambda k: f"Ten digits out of a matrix of rank {k}, and the error of every rank: {errors[k]:.0%} here",
        rows=2,
        width=7,
        height=3.6,
    )


def spectra(held: Mapping[str, Tensor]) -> None:
    """Share of the squares that the first k singular values hold; (81,) each, from k = 0."""
    told = ", ".join(f"{name} {curve[8]:.0%}" for name, curve in held.items())
    with figure(alt=f"Share of the squares that the first k singular values hold. At k = 8: {told}.", height=3.4) as ax:
        for name, curve in held.items():
            ax.plot(range(len(curve)), curve, label=name)
        ax.axvline(8, color="black", linewidth=0.8, linestyle="-", marker="")
        ax.set(title="Few directions hold most of a change", xlabel="k", ylabel="share of the squares", ylim=(0, 1.02))
        ax.legend(loc="lower right")


# --- LoRA


def learning(curve: Sequence[tuple[int, float]], tested: int, share: float) -> None:
    """Sums that SmolLM2 gets right, against steps, with the interval of a count."""
    steps, right = zip(*curve)
    low, high = zip(*(verdicts.wilson(p, tested) for p in right))
    alt = f"Sums answered right against steps: from {right[0]:.0%} to {right[-1]:.0%} in {steps[-1]} steps."
    with figure(alt=alt, height=2.8) as ax:
        ax.fill_between(steps, low, high, color="#dddddd")
        ax.plot(steps, right, "-o", color="black")
        ax.set(title=f"{share:.1%} of the numbers learn to add", xlabel="steps", ylabel="sums right", ylim=(0, 1))


def _with_interval(ax: Axes, x: float, values: Sequence[float], **how) -> None:
    mean = verdicts.mean(values, least=0, most=1)
    bar = [[mean.value - mean.low], [mean.high - mean.value]]
    ax.errorbar([x], [mean.value], bar, capsize=3, linestyle="", marker="", **how)


def which_rank(found: Sequence[Run]) -> None:
    """LoRA's accuracy against rank: near by, far away, and far away with four times the steps."""
    arms = {
        f"far: |a-b|, {LONG} steps": (
            {r: runs.accuracies(found, "LoRA", r, steps=LONG) for r in RANKS},
            "-.^",
            "black",
        ),
        f"far: |a-b|, {STEPS} steps": ({r: runs.accuracies(found, "LoRA", r) for r in RANKS}, "-o", COLOURS[0]),
        f"near: a+b+1, {STEPS} steps": ({1: runs.accuracies(found, "LoRA", 1, task="near")}, "s", COLOURS[1]),
    }
    full = {steps: fmean(runs.accuracies(found, "full fine-tuning", 0, steps=steps)) for steps in (STEPS, LONG)}
    told = "; ".join(
        f"{name}: {', '.join(f'{fmean(v):.2f} at {r}' for r, v in arm.items())}" for name, (arm, *_) in arms.items()
    )
    alt = f"Right answers by rank of LoRA. {told}. Full fine-tuning, far: {full[STEPS]:.2f} and {full[LONG]:.2f}."
    with figure(alt=alt, height=3.6) as ax:
        for name, (arm, style, colour) in arms.items():
            ax.plot(list(arm), [fmean(values) for values in arm.values()], style, color=colour, label=name)
            for r, values in arm.items():
                if len(values) > 1:
                    _with_interval(ax, r, values, color=colour)
        for steps, level in full.items():
            ax.axhline(level, color="black", linestyle=":", linewidth=1, marker="")
            ax.text(1.25, level - 0.02, f"far, full fine-tuning, {steps} steps", fontsize=8, va="top")
        ax.set_xscale("log", base=2)
        ax.set(
            title="Rank helps, and so does training on", xlabel="rank of LoRA", ylabel="right answers", ylim=(0, 1.05)
        )
        ax.set_xticks(RANKS, [str(r) for r in RANKS])
        ax.legend(loc="center left", bbox_to_anchor=(1.01, 0.5), fontsize=8)


# --- five answers


def budget(watched: Sequence[tuple[int, int, Sequence[int]]]) -> Shown:
    """An explorer: step, budget of all layers together, and the ranks that each layer has left."""

    def draw(ax: Axes, i: int) -> None:
        step, total, left = watched[i]
        ax.bar(range(16), left, color=[COLOURS[0] if n // 4 % 2 else "#8899aa" for n in range(16)])
        ax.set(title=f"step {step}: the budget is {total}, {sum(left)} are used", ylim=(0, 6.5), ylabel="ranks left")
        names = [f"{name}\n{n // 4}" if name == "qkv" else name for n, name in enumerate(LAYERS * 4)]
        ax.set_xticks(range(16), names, fontsize=7)
        ax.set_xlabel("layer of block 0 to 3")

    return explore(
        draw,
        range(len(watched)),
        start=len(watched) - 1,
        label="moment",
        alt=lambda i: f"Ranks left in 16 layers after step {watched[i][0]}: {list(watched[i][2])}",
    )


def two_kinds_of_steps(step: float = 0.04, steps: int = 30) -> None:
    """One gate that the task does not need: under a gradient step on |g|, and under the proximal step."""
    jumps, rests = [0.5], [0.5]
    for _ in range(steps):
        jumps.append(jumps[-1] - math.copysign(step, jumps[-1]))
        rests.append(sora.soft_threshold(torch.tensor(rests[-1]), step).item())
    alt = (
        "A gate under two kinds of steps: the gradient's jumps to and fro across zero, the proximal one stays at zero."
    )
    with figure(alt=alt, height=2.4) as ax:
        ax.plot(jumps, "--o", markersize=3, label="gradient step on |g|")
        ax.plot(rests, "-", color="black", marker="", label="proximal step")
        ax.set(title="Only one of them arrives", xlabel="steps", ylabel="gate")
        ax.legend()


def worth_against_scores(worth: Tensor, scores: Mapping[str, Tensor]) -> None:
    """What a layer is worth, and two scores of it; (16,) each."""
    r = {name: torch.corrcoef(torch.stack([worth, score]))[0, 1].item() for name, score in scores.items()}
    told = ", ".join(f"{name} {value:+.2f}" for name, value in r.items())
    with figure(alt=f"Scores of 16 layers against their worth. Correlations: {told}.", columns=2, height=2.6) as axes:
        for ax, (name, score) in zip(axes, scores.items()):
            ax.plot(worth, score, "o", color="black", markersize=5, linestyle="")
            ax.set(title=f"{name}: r = {r[name]:+.2f}", xlabel="loss without the layer's ranks, nats more")
        axes[0].set_ylabel("score of the layer")


def places(found: Sequence[Run]) -> None:
    """Where AdaLoRA, SoRA and ALoRA leave ranks: means over the seeds, by kind of layer and block."""
    arms = {
        "AdaLoRA": runs.of(found, "AdaLoRA", 4),
        f"SoRA, ξ = {PENALTIES[-1]:g}": runs.of(found, "SoRA", 4, penalty=PENALTIES[-1]),
        "ALoRA": runs.of(found, "ALoRA", 4),
    }
    grids = {
        name: torch.tensor([list(run["ranks"].values()) for run in arm], dtype=torch.float).mean(0).view(4, 4)
        for name, arm in arms.items()
    }
    told = " ".join(f"{name}: from {grid.min():.1f} to {grid.max():.1f}." for name, grid in grids.items())
    with figure(alt=f"Ranks of four kinds of layers in four blocks. {told}", columns=3, width=8.5, height=2.9) as axes:
        for ax, (name, grid) in zip(axes, grids.items()):
            ax.imshow(grid, cmap="Greys", vmin=0, vmax=8)
            for (i, j), value in zip([(i, j) for i in range(4) for j in range(4)], grid.flatten().tolist()):
                shade = "white" if value > 4.5 else "black"
                ax.text(j, i, f"{value:.1f}", ha="center", va="center", fontsize=8, color=shade)
            ax.set_xticks(range(4), LAYERS)
            ax.set(title=name, yticks=range(4), ylabel="block" if ax is axes[0] else "")
    first, second, third = (grid.flatten() for grid in grids.values())
    r = lambda a, b: torch.corrcoef(torch.stack([a, b]))[0, 1].item()
    print(
        f"correlations of the places: AdaLoRA with SoRA {r(first, second):+.2f}, AdaLoRA with ALoRA "
        f"{r(first, third):+.2f}, SoRA with ALoRA {r(second, third):+.2f}"
    )


def cuts(found: Sequence[Run]) -> None:
    """What is left at each rank: of LoRAs trained at it, of DyLoRA, and of one LoRA cut in two ways."""
    arms = {
        "LoRA, trained at each rank": {r: runs.accuracies(found, "LoRA", r) for r in RANKS},
        "DyLoRA, trained once, cut": {r: runs.cut(found, "DyLoRA", r) for r in RANKS},
        "LoRA of rank 16, SVD of BA cut": {r: runs.cut(found, "LoRA", r, "svd") for r in RANKS},
        "LoRA of rank 16, first rows kept": {r: runs.cut(found, "LoRA", r) for r in RANKS},
    }
    told = "; ".join(f"{name}: {', '.join(f'{fmean(v):.2f}' for v in arm.values())}" for name, arm in arms.items())
    with figure(alt=f"Right answers at ranks 1, 4 and 16. {told}.", height=3.2) as ax:
        for (name, arm), style, colour in zip(arms.items(), STYLES, ("black", *COLOURS)):
            ax.plot(list(arm), [fmean(values) for values in arm.values()], style, color=colour, label=name)
            for r, values in arm.items():
                _with_interval(ax, r, values, color=colour)
        ax.set_xscale("log", base=2)
        ax.set(
            title="What is left when the rank is cut", xlabel="rank that is kept", ylabel="|a-b| right", ylim=(0, 0.8)
        )
        ax.set_xticks(RANKS, [str(r) for r in RANKS])
        ax.legend(loc="center left", bbox_to_anchor=(1.01, 0.5), fontsize=8)


def turned_and_stretched(arms: Mapping[str, Sequence[Run]]) -> None:
    """Change of direction against change of magnitude: a point for each layer and seed."""
    r = {name: fmean(runs.correlations(found)) for name, found in arms.items()}
    told = ", ".join(f"{name} {value:.2f}" for name, value in r.items())
    alt = f"Change of magnitude against change of direction, a point for each layer and seed. Correlations: {told}."
    with figure(alt=alt, columns=3, width=8.5, height=2.9) as axes:
        for ax, (name, found) in zip(axes, arms.items()):
            for run, marker in zip(found, "ox^s"):
                magnitude, direction = zip(*run["layers"].values())
                ax.plot(direction, magnitude, marker, markersize=4, color="black", alpha=0.7, linestyle="")
            ax.set(title=f"{name}: r = {r[name]:.2f}", xscale="log", yscale="log", xlabel="direction, 1 - cos")
            ax.minorticks_off()
        every = [pair for found in arms.values() for run in found for pair in run["layers"].values()]
        for ax in axes:
            ax.set(ylim=_around([pair[0] for pair in every]), xlim=_around([pair[1] for pair in every]))
            for axis, (low, high) in ((ax.xaxis, ax.get_xlim()), (ax.yaxis, ax.get_ylim())):
                ticks = [tick for tick in (0.01, 0.02, 0.05, 0.1, 0.2, 0.5) if low < tick < high]
                axis.set_ticks(ticks, [f"{tick:g}" for tick in ticks])
        axes[0].set_ylabel("magnitude")


def _around(values: Sequence[float]) -> tuple[float, float]:
    return min(values) * 0.8, max(values) * 1.25


def contest(found: Sequence[Run]) -> None:
    """Accuracy of every method, with intervals; LoRA of rank 4 as a line to compare with."""
    arms = {name: verdicts.mean([run["accuracy"] for run in arm], 0, 1) for name, arm in runs.contest(found).items()}
    told = ", ".join(f"{name} {mean.value:.2f}" for name, mean in arms.items())
    with figure(alt=f"Share of right answers by method, with intervals: {told}.", height=3.6) as ax:
        for y, mean in enumerate(arms.values()):
            ax.plot([mean.low, mean.high], [y, y], color="black", linewidth=1, linestyle="-", marker="")
            ax.plot([mean.value], [y], "o", color="black")
        ax.axvline(arms["LoRA, r = 4"].value, color=GREY, linestyle=":", linewidth=1, marker="")
        ax.set(title=f"All answers on one task, {STEPS} steps", xlabel="|a-b| right, 95 % interval", xlim=(0, 1))
        ax.set_yticks(range(len(arms)), list(arms), fontsize=8)
        ax.invert_yaxis()
