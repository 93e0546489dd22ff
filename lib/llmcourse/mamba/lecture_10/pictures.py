"""The pictures of lecture 10. Each takes what was measured and draws it; none measures anything."""

from collections.abc import Mapping, Sequence

import torch
from matplotlib.axes import Axes
from matplotlib.patches import FancyBboxPatch
from torch import Tensor

from ...figures import COLOURS, Shown, explore, figure, label_lines
from ...verdicts import mean
from .. import networks
from ..directions import cross
from ..experiments import EQUAL, TWICE
from . import runs
from .runs import Runs

STYLES = ("-", "--", "-.", ":", (0, (9, 2)))
GREY = "#888888"


def hold(x: Tensor, marked: Tensor, kept: Mapping[str, Tensor], missed: Mapping[str, float]) -> None:
    """Noise x (L, 1), its marked samples, and what each memory has kept."""
    far = ", ".join(f"{name} is {off:.2f} off" for name, off in missed.items())
    alt = (
        "Noise with three marked samples. A slow fixed memory averages the noise, a fast one follows it; the selective "
        f"one jumps to each marked value and holds it. On average, {far}."
    )
    with figure(alt=alt, columns=3, width=9, height=2.8) as axes:
        for ax, (name, y) in zip(axes, kept.items()):
            ax.plot(x[:, 0], color="#bbbbbb", marker="", linewidth=1)
            ax.plot(marked.nonzero()[:, 0], x[marked, 0], linestyle="", marker="o", color="black")
            ax.plot(y, marker="", linewidth=2)
            ax.set(title=f"{name}:\n{missed[name]:.2f} off", xlabel="token", ylim=(-2.6, 2.6))


# ------------------------------------------------------------------ scans


def trees(L: int = 8) -> Shown:
    """An explorer: two parallel scans of L places, round by round. Time goes down; a place that is done is black."""
    both = {"look back": networks.look_back(L), "up and down a tree": networks.tree(L)}
    rounds = max(map(len, both.values()))
    span = lambda network, r: networks.run(network[:r], lambda a, b: (a[0], b[1]), [(t, t) for t in range(L)])
    done = lambda network, r: sum(first == 0 for first, _ in span(network, r))

    def draw(axes: Sequence[Axes], r: int) -> None:
        for ax, (name, network) in zip(axes, both.items()):
            at = [0] * L  # the round in which each place was joined last
            for place in range(L):
                _node(ax, place, 0, place, place)
            for level, pairs in enumerate(network[:r], 1):
                for earlier, place in pairs:
                    for start in (earlier, place):
                        ax.plot(
                            [start, place], [at[start], level], color=COLOURS[2], linestyle="-", marker="", zorder=1
                        )
                for _, place in pairs:
                    at[place] = level
                    _node(ax, place, level, *span(network, level)[place])
            pairs = networks.work(network[:r])
            ax.set(title=f"{name}: {pairs} pairs joined", xticks=range(L), yticks=range(rounds + 1))
            ax.set_xticklabels(range(1, L + 1))
            ax.set(xlabel="place in the line", ylabel="round", xlim=(-0.6, L - 0.4), ylim=(rounds + 0.5, -0.6))

    return explore(
        draw,
        range(rounds + 1),
        start=rounds,
        label="rounds",
        alt=lambda r: (
            f"Two networks over {L} places after {r} rounds. "
            + "; ".join(f"{n}: {networks.work(w[:r])} pairs joined, {done(w, r)} places done" for n, w in both.items())
        ),
        columns=2,
        width=9,
        height=3.6,
    )


def _node(ax: Axes, place: int, level: int, first: int, last: int) -> None:
    """A place after some round: the stretch that it holds, black when it holds everything from the first place on."""
    done = first == 0
    box = {"boxstyle": "round,pad=0.25", "fc": "black" if done else "white", "ec": "black", "lw": 0.8}
    text = f"{first + 1}" if first == last else f"{first + 1}–{last + 1}"
    ax.text(place, level, text, ha="center", va="center", fontsize=7, color="white" if done else "black", bbox=box)


def block() -> None:
    """Mamba's block: what a token goes through, with the sizes."""
    alt = (
        "Mamba's block. The token's d numbers are widened by in_proj to two times E: u and z. u goes through a "
        "convolution of width 4, SiLU and the selective scan, whose step, B and C x_proj computes from u. Its output "
        "is multiplied by SiLU of z, and out_proj narrows it to d. A line around the block adds its input."
    )
    boxes = {  # centre, width, text
        "in": ((1.35, 1.5), 1.1, "in_proj\nd → 2E"), "conv": ((3.2, 2.4), 1.3, "convolution\nwidth 4, SiLU"),
        "scan": ((6.9, 2.4), 1.5, "selective scan\nstate E × N"), "select": ((5.1, 1.35), 1.2, "x_proj\n→ Δ, B, C"),
        "gate": ((6.9, 0.5), 1.5, "SiLU"), "out": ((9.7, 1.5), 1.1, "out_proj\nE → d"),
    }  # fmt: skip
    with figure(alt=alt, width=9, height=3) as ax:
        for name, ((x, y), wide, text) in boxes.items():
            face = "#d9d9d9" if name in ("scan", "select") else "white"
            style = {"boxstyle": "round,pad=0.02,rounding_size=0.1", "fc": face, "ec": "black"}
            ax.add_patch(FancyBboxPatch((x - wide / 2, y - 0.32), wide, 0.64, **style))
            ax.text(x, y, text, ha="center", va="center", fontsize=9)
        lines = [
            [(0, 1.5), (0.8, 1.5)], [(1.9, 1.6), (2.2, 1.6), (2.2, 2.4), (2.55, 2.4)], [(3.85, 2.4), (6.15, 2.4)],
            [(4.15, 2.4), (4.15, 1.35), (4.5, 1.35)], [(5.7, 1.35), (6.9, 1.35), (6.9, 2.08)],
            [(7.65, 2.4), (8.4, 2.4), (8.4, 1.64)], [(1.9, 1.4), (2.2, 1.4), (2.2, 0.5), (6.15, 0.5)],
            [(7.65, 0.5), (8.4, 0.5), (8.4, 1.36)], [(8.54, 1.5), (9.15, 1.5)], [(10.25, 1.5), (10.86, 1.5)],
            [(0.35, 1.5), (0.35, 3.05), (11, 3.05), (11, 1.64)], [(11.14, 1.5), (11.6, 1.5)],
        ]  # fmt: skip
        for *points, last, end in lines:
            ax.plot(*zip(*points, last), color="black", linestyle="-", marker="", linewidth=1)
            ax.annotate("", end, last, arrowprops={"arrowstyle": "->", "lw": 1, "shrinkA": 0, "shrinkB": 0})
        for x, sign in ((8.4, "×"), (11, "+")):
            ax.text(x, 1.5, sign, ha="center", va="center", fontsize=11, bbox={"boxstyle": "circle,pad=0.1", "fc": "w"})
        for x, y, text in ((2.35, 2.55, "u"), (2.35, 0.65, "z"), (0.1, 1.65, "x"), (4.2, 0.75, "chosen by the token")):
            ax.text(x, y, text, fontsize=9, style="italic")
        ax.set(xlim=(0, 11.7), ylim=(0, 3.2))
        ax.axis("off")


def generation(contexts: Sequence[int], seconds: Mapping[str, Sequence[float]],
               carried: Mapping[str, Sequence[int]]) -> None:  # fmt: skip
    """What a token costs after a context, in seconds and in bytes carried."""
    grown = "; ".join(
        f"{name}: time x {times[-1] / times[0]:.1f}, memory x {carried[name][-1] / carried[name][0]:.1f}"
        for name, times in seconds.items()
    )
    alt = f"Microseconds a token and megabytes carried, after {contexts[0]} to {contexts[-1]:,} tokens. {grown}."
    with figure(alt=alt, columns=2, width=8.5, height=3.2) as axes:
        for name, style in zip(seconds, STYLES):
            axes[0].loglog(contexts, [1e6 * s for s in seconds[name]], base=2, linestyle=style, label=name)
            axes[1].loglog(contexts, [b / 1e6 for b in carried[name]], base=2, linestyle=style, label=name)
        axes[0].set(title="What a token costs", xlabel="context, tokens", ylabel="µs per token")
        axes[1].set(title="What is carried to the next", xlabel="context, tokens", ylabel="megabytes")
        for ax in axes:
            _plain(ax.xaxis, ax.yaxis)
            label_lines(ax)


# ------------------------------------------------------------------ sequences


def copying(found: Runs) -> None:
    """Share of tokens copied, by steps (left) and by CPU seconds (right), every seed."""
    arms = {name: (EQUAL, name) for name in runs.names(found)}
    longest = arms | {"S4D": (TWICE, "S4D")}
    ends = ", ".join(f"{name} at {what} {mean(runs.finals(found, name, what)).value:.2f}"
                     for what, name in dict.fromkeys([*arms.values(), *longest.values()]))  # fmt: skip
    with figure(
        alt=f"Share of tokens copied, by steps and by seconds: {ends}.", columns=2, width=9, height=3.4
    ) as axes:
        _curves(axes[0], found, arms, by_seconds=False)
        _curves(axes[1], found, longest, by_seconds=True)
        axes[0].set(title="At equal steps", xlabel="training steps", ylabel="tokens copied", ylim=(0, 1.02))
        axes[1].set(title="By time, S4D for twice the steps", xlabel="CPU seconds of training", ylim=(0, 1.02))
        for ax in axes:
            label_lines(ax)


def language(found: Runs) -> None:
    """Loss on text against seconds, every seed."""
    arms = {f"{name}, {what}": (what, name) for what, name in
            ((EQUAL, "Mamba"), (EQUAL, "attention"), ("equal seconds", "attention"))}  # fmt: skip
    ends = ", ".join(f"{label} {mean(runs.finals(found, *arm[::-1])).value:.2f}" for label, arm in arms.items())
    with figure(alt=f"Validation loss against CPU seconds of training, at the end: {ends}.", height=3.4) as ax:
        _curves(ax, found, arms, by_seconds=True)
        ax.set(title="Steps and seconds are two questions", xlabel="CPU seconds of training")
        ax.set(ylabel="loss, nats per character")
        label_lines(ax)


def _curves(ax: Axes, found: Runs, arms: Mapping[str, tuple[str, str]], by_seconds: bool) -> None:
    """Validation curves of arms, label -> (what, name); the first seed's line has the label."""
    for (label, (what, name)), colour, style in zip(arms.items(), COLOURS, STYLES):
        for i, run in enumerate(runs.of(found, name, what)):
            scale = run["seconds"] / run["steps"] if by_seconds else 1
            x, y = zip(*((step * scale, value) for step, value in run["validation"]))
            ax.plot(x, y, color=colour, linestyle=style, marker="", label="_" if i else label)


def induction(found: Runs, symbols: int) -> None:
    """Share of right answers by the length that is asked: the mean of the seeds, and each seed as a thin line."""
    lengths = [int(L) for L in found[0]["lengths"]]
    at = {
        name: [[run["lengths"][str(L)] for run in runs.of(found, name)] for L in lengths] for name in runs.names(found)
    }
    ends = "; ".join(f"{n} {mean(v[0]).value:.2f} and {mean(v[-1]).value:.2f}" for n, v in at.items())
    with figure(alt=f"Share right at length {lengths[0]} and at {lengths[-1]:,}: {ends}.", height=4) as ax:
        for (name, values), colour, style in zip(at.items(), COLOURS, STYLES):
            ax.semilogx(lengths, values, base=2, color=colour, linestyle=style, marker="", linewidth=0.6, alpha=0.6,
                        label="_")  # fmt: skip
            means = [mean(v).value for v in values]
            ax.semilogx(lengths, means, base=2, color=colour, linestyle=style, marker="", label=name)
        ax.axhline(1 / symbols, color="black", linewidth=0.8, linestyle=":")
        ax.set(
            title="Trained at 64: what holds beyond?", xlabel="length when asked", ylabel="share right", ylim=(0, 1.03)
        )
        _plain(ax.xaxis)
        label_lines(ax)


# ------------------------------------------------------------------ pictures


def orders(side: int = 5) -> Shown:
    """An explorer: VMamba's four orders on a small grid. What is shaded has been read."""
    names = ("rows", "rows, backwards", "columns", "columns, backwards")

    def draw(axes: Sequence[Axes], step: int) -> None:
        for ax, order, name in zip(axes, cross((side, side)), names):
            seen = torch.zeros(side**2)
            seen[order[: step + 1]] = 1
            row, column = order // side, order % side
            ax.imshow(seen.view(side, side), vmin=0, vmax=3, cmap="Greys")
            ax.plot(column, row, color=COLOURS[3], linewidth=1, linestyle="-", marker="")
            ax.annotate("", (column[1], row[1]), (column[0], row[0]), arrowprops={"arrowstyle": "->"})
            ax.plot(column[step], row[step], color=COLOURS[2], marker="o", linestyle="")
            ax.set(title=name, xticks=[], yticks=[])

    return explore(
        draw,
        range(0, side**2, 2),
        start=12,
        label="cells read before",
        alt=lambda step: (
            f"Four squares of {side**2} cells, of which {step + 1} are shaded: from the top, from the bottom, from the "
            "left and from the right."
        ),
        columns=4,
        width=8,
        height=2.4,
    )


def reach(fields: Mapping[str, Tensor], at: tuple[int, int]) -> None:
    """How much one cell of the output depends on each cell of the input (grid), on a logarithmic scale."""
    share = {name: (field > 0).float().mean().item() for name, field in fields.items()}
    told = "; ".join(f"{name}: {value:.0%} of the picture reaches it" for name, value in share.items())
    alt = f"Size of the gradient of one output cell. {told}. With four ways its column stands out as its row does."
    with figure(alt=alt, columns=3, width=8, height=3) as axes:
        for ax, (name, field) in zip(axes, fields.items()):
            ax.imshow(torch.where(field > 0, (field / field.max()).log10(), torch.nan), vmin=-5, vmax=0)
            ax.plot(at[1], at[0], color="white", marker="o", linestyle="", markersize=4)
            ax.set(title=f"{name}: {share[name]:.0%} arrives", xticks=[], yticks=[])


def masks(layers: Mapping[str, Tensor], alt: str) -> None:
    """Pictures (H, W) in two columns, each with its name."""
    with figure(alt=alt, columns=2, rows=-(-len(layers) // 2), width=8, height=3.4) as axes:
        for ax, (name, layer) in zip(axes.flat, layers.items()):
            ax.imshow(layer, cmap="Greys")
            ax.set(title=name, xticks=[], yticks=[])


def along(found: Runs) -> None:
    """Dice by the place in the line, mean of the seeds."""
    at = {
        name: [mean(v).value for v in zip(*(run["along"] for run in runs.of(found, name)))]
        for name in runs.names(found)
    }
    ends = "; ".join(f"{name} from {values[0]:.2f} to {values[-1]:.2f}" for name, values in at.items())
    with figure(alt=f"Dice by the place in the line, second to last digit: {ends}.", height=3) as ax:
        for name, values in at.items():
            ax.plot(range(2, 2 + len(values)), values, label=runs.shown(name))
        ax.set(title="Convolutions know as far as they reach", xlabel="digit of the line", ylabel="Dice", ylim=(0, 1))
        ax.set_xticks(range(2, 2 + len(values)))
        label_lines(ax)


def volume(x: Tensor, target: Tensor, found: Runs, masks: Mapping[str, Tensor]) -> None:
    """A volume (depth, H, W) cut along its depth, what is looked for, and what the networks of the record say."""
    scores = {name: " / ".join(f"{v:.2f}" for v in runs.finals(found, name)) for name in masks}
    layers = {"volume": x.mean(1), "looked for": target.clamp(min=0).amax(1)}
    layers |= {
        f"{runs.shown(name)}:\n{scores[name]}".replace(", ", ",\n"): mask.float().amax(1)
        for name, mask in masks.items()
    }
    told = "; ".join(f"{runs.shown(name)} {score}" for name, score in scores.items())
    alt = (
        "A volume cut along its depth: grey values, what is looked for, and the answers of three networks, trained "
        f"with the first seed of the record. Dice of the three seeds: {told}."
    )
    with figure(alt=alt, columns=len(layers), width=9.5, height=3.8) as axes:
        for ax, (name, layer) in zip(axes, layers.items()):
            ax.imshow(layer, cmap="Greys")
            ax.set_title(name, fontsize=8.5)
            ax.set(xticks=[], yticks=[])
        axes[0].set(ylabel="slice")


def video(layers: Mapping[str, Tensor]) -> None:
    """Videos (frames, H, W), a row each, with their names."""
    layers = {runs.shown(name): layer for name, layer in layers.items()}
    frames = len(next(iter(layers.values())))
    alt = f"{frames} frames in columns; in rows: {'; '.join(layers)}."
    with figure(alt=alt, columns=frames, rows=len(layers), width=8, height=1.55 * len(layers)) as axes:
        for line, (name, layer) in zip(axes, layers.items()):
            for t, ax in enumerate(line):
                ax.imshow(layer[t].float(), cmap="Greys", vmin=0, vmax=1)
                ax.set(xticks=[], yticks=[])
            # No title: the layout would make the first column as wide as the name.
            title = line[0].text(0, 1.06, name, transform=line[0].transAxes, fontsize=11, fontweight="bold")
            title.set_in_layout(False)


def registration(moving: Tensor, fixed: Tensor, field: Tensor, warped: Tensor, outline: Tensor, dice: tuple) -> None:
    """Two pictures (H, W), the field (2, H, W) between them, and the first one warped; Dice before and after."""
    alt = (
        "A digit, its deformed negative, the displacement as arrows, and the digit after warping, with the outline of "
        f"the fixed one. Dice {dice[0]:.2f} before, {dice[1]:.2f} after."
    )
    shown = {"moving": moving, "fixed": fixed, "displacement": fixed, "moving, warped": warped}
    with figure(alt=alt, columns=4, width=9, height=2.9) as axes:
        for ax, (name, layer) in zip(axes, shown.items()):
            ax.imshow(layer, cmap="Greys", alpha=0.3 if name == "displacement" else 1)
            ax.set(title=name, xticks=[], yticks=[])
        every = torch.arange(1, len(moving), 3)
        down, right = field[:, every][:, :, every]
        axes[2].quiver(every, every, right, -down, angles="uv", color=COLOURS[0], width=0.008)
        axes[0].set(xlabel=f"Dice {dice[0]:.2f}")
        axes[3].set(xlabel=f"Dice {dice[1]:.2f}")
        axes[3].contour(outline, levels=[0.5], colors=COLOURS[2], linewidths=1)


def _plain(*axes) -> None:
    """Numbers as numbers along a logarithmic axis."""
    for axis in axes:
        axis.set_major_formatter(lambda value, position: f"{value:g}")
