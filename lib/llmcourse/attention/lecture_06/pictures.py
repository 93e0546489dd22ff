"""The pictures of lecture 06. Each takes a pattern, or what was measured, and draws it; none measures."""

import math
from collections.abc import Mapping, Sequence

import torch
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from torch import Tensor

from ...figures import COLOURS, Shown, explore, figure, label_lines
from .. import graphs
from ..patterns import Pattern, global_tokens, window

GREY, PALE, BLACK = "#8a929a", "#d9dde1", "#111111"
MAP = "Greys"


def _squares(ax: Axes, shown: Tensor, title: str, top: float = 1.0) -> None:
    """A matrix (rows, columns) of numbers from 0 (white) to `top` (black)."""
    ax.imshow(shown.float(), cmap=MAP, vmin=0, vmax=top, aspect="equal")
    ax.set(title=title, xticks=[], yticks=[])


def one_pattern(pattern: Pattern, L: int, at: int, tile: int = 4) -> None:
    """The three readings of a pattern of L tokens: mask, tiles of so many queries, and graph, with `at` in black."""
    seen = pattern.mask(L)
    alt = (
        f"One pattern of {L} tokens, read three ways. Mask: {int(seen.sum())} of {L * L} squares are dark. Tiles: "
        f"rectangles of rows and columns that cover them. Graph: tokens on a circle, joined to what they see; token "
        f"{at} sees {int(seen[at].sum())}."
    )
    with figure(alt=alt, columns=3, width=8.6, height=3.1) as axes:
        _squares(axes[0], seen, "mask: the definition")
        axes[0].set(xlabel="key", ylabel="query")
        _squares(axes[1], seen * 0.45, "tiles: what is computed")
        i, j = torch.arange(L)[:, None], torch.arange(L)
        for number, piece in enumerate(pattern.pieces):
            for first in range(0, L, tile):
                _frame(axes[1], first, piece.sees(i, j)[first : first + tile], COLOURS[number % 3])
        axes[1].set(xlabel="key")
        _circle(axes[2], seen, at)
        axes[2].set_title("graph: who sees whom")


def _frame(ax: Axes, first: int, seen: Tensor, colour: str) -> None:
    """The smallest rectangle around what some queries from `first` on see, if they see anything."""
    if seen.any():
        rows, columns = (seen.any(axis).nonzero().flatten().tolist() for axis in (1, 0))
        corner = columns[0] - 0.5, first + rows[0] - 0.5
        size = columns[-1] - columns[0] + 1, rows[-1] - rows[0] + 1
        ax.add_patch(Rectangle(corner, *size, fill=False, ec=colour, lw=1.6))


def _circle(ax: Axes, seen: Tensor, at: int) -> None:
    turn = torch.arange(len(seen)) * 2 * math.pi / len(seen)
    x, y = turn.sin(), turn.cos()
    for i, j in seen.nonzero().tolist():
        mine = i == at
        style = {"color": BLACK if mine else PALE, "linewidth": 1.4 if mine else 0.7, "zorder": 2 if mine else 1}
        ax.plot([x[i], x[j]], [y[i], y[j]], linestyle="-", marker="", **style)
    ax.scatter(x, y, s=14, color=[BLACK if seen[at, j] else GREY for j in range(len(seen))], zorder=3)
    ax.set(aspect="equal")
    ax.axis("off")


def masks(shown: Mapping[str, Tensor], width: float = 8.6, height: float = 2.4) -> None:
    """Masks (L, L) side by side, with the share of the pairs that each has."""
    share = {name: seen.float().mean().item() for name, seen in shown.items()}
    told = ", ".join(f"{name} {value:.0%}" for name, value in share.items())
    with figure(alt=f"Patterns as masks, and their share of all pairs: {told}.", columns=len(shown), width=width,
                height=height) as axes:  # fmt: skip
        for ax, (name, seen) in zip(axes, shown.items()):
            _squares(ax, seen, name)
            ax.title.set_size(9)
            ax.set_xlabel(f"{share[name]:.0%} of the pairs", fontsize=8)


def reach_by_layers(shown: Mapping[str, Tensor], most: int = 8) -> Shown:
    """An explorer: what stacks of 1 to `most` layers reach. The masks (L, L) are causal."""
    L = len(next(iter(shown.values())))
    past = torch.ones(L, L).tril()
    reached = {name: [graphs.reach([A] * p) for p in range(1, most + 1)] for name, A in shown.items()}
    share = lambda name, p: (reached[name][p - 1].sum() / past.sum()).item()

    def draw(axes, p: int) -> None:
        for ax, name in zip(axes, shown):
            _squares(ax, reached[name][p - 1] * 0.45 + shown[name] * 0.55, name)
            ax.title.set_size(9)
            ax.set_xlabel(f"{share(name, p):.0%} of the past", fontsize=9)

    return explore(
        draw,
        list(range(1, most + 1)),
        start=2,
        label="layers",
        alt=lambda p: (
            f"Reached by {p} layers: {', '.join(f'{name} {share(name, p):.0%}' for name in shown)} of the past."
        ),
        columns=len(shown),
        width=8.6,
        height=2.5,
    )


def tried(name: str, seen: Tensor, layers: int) -> None:
    """One pattern of the reader's: its mask, what a stack reaches, and what both cost."""
    L, reached = len(seen), graphs.reach([seen] * layers)
    pairs, far = int(seen.sum()), reached.float().mean().item()
    alt = f"{name}: {pairs / L:.1f} keys a query; {layers} layers reach {far:.0%} of all pairs."
    with figure(alt=alt, columns=2, width=6, height=3) as axes:
        _squares(axes[0], seen, f"{pairs / L:.1f} keys a query of {L}")
        _squares(axes[1], reached, f"{layers} layers reach {far:.0%}")
        for ax in axes:
            ax.title.set_size(10)


def receptive_fields(fields: Mapping[int, Tensor], convolutions: Mapping[int, Tensor]) -> None:
    """Receptive fields (L,) of the last output, by layers: dilated (black) over plain (grey) stacks."""
    size = lambda field: int(field.sum())
    told = ", ".join(f"{n} layers {size(f)} against {size(convolutions[n])}" for n, f in fields.items())
    L = len(next(iter(fields.values())))
    with figure(alt=f"Inputs that the last output depends on, dilated against plain: {told}.", height=2.6) as ax:
        for y, (n, field) in enumerate(fields.items()):
            for place, found, colour in ((y - 0.17, field, BLACK), (y + 0.17, convolutions[n], GREY)):
                ax.barh([place], [size(found)], left=[L - size(found)], height=0.3, color=colour)
            ax.text(L - size(field) - 0.8, y - 0.17, f"{size(field)}", ha="right", va="center", fontsize=9)
        ax.set(yticks=range(len(fields)), xlim=(0, L), xlabel="input; the output stands at the right end")
        ax.set_yticklabels([f"{n} layer{'s' * (n > 1)}" for n in fields])
        ax.set_title("Dilations 1, 2, 4, ... (black) double the field; dilation 1 (grey) adds one")
        ax.grid(axis="y", visible=False)


def sets(sizes: Mapping[int, tuple[int, int]], L: int) -> None:
    """p -> (keys of one set, keys of all p sets together) for L tokens, on logarithmic axes."""
    told = ", ".join(f"{p} steps {one}" for p, (one, _) in sizes.items())
    with figure(alt=f"Keys per query that reach all of {L} tokens: {told}.", height=2.6) as ax:
        ax.plot(list(sizes), [one for one, _ in sizes.values()], color=BLACK, label="one set")
        ax.plot(list(sizes), [all_ for _, all_ in sizes.values()], color=COLOURS[1], label="all p sets")
        ax.set(xscale="log", yscale="log", xticks=list(sizes), xlabel="steps p", ylabel="keys a query")
        ax.set_xticks([], minor=True)
        ax.set_xticklabels([str(p) for p in sizes])
        ax.set_title(f"More steps need fewer keys: $L^{{1/p}}$ for L = {L:,}")
        label_lines(ax)


def small_world(curve: Mapping[float, tuple[float, float]], points: Mapping[str, tuple[float, float, float]]) -> None:
    """Watts and Strogatz's figure: probability -> (path length, clustering), both as a share of the ring's; and named
    points (share of random links, path length, clustering)."""
    p = list(curve)
    told = "; ".join(
        f"{name} at {x:.2f}: paths {path:.2f}, clustering {c:.2f}" for name, (x, path, c) in points.items()
    )
    alt = f"From ring to random graph: paths shorten long before clustering falls. Shares of the ring's value: {told}."
    with figure(alt=alt, height=3.1) as ax:
        ax.plot(p, [path for path, _ in curve.values()], color=BLACK, label="path length")
        ax.plot(p, [c for _, c in curve.values()], color=COLOURS[1], label="clustering")
        for (name, (x, path, c)), marker in zip(points.items(), ("D", "*")):
            ax.plot([x], [path], marker, color=BLACK, markersize=9, linestyle="", label=f"_{name}")
            ax.plot([x], [c], marker, color=COLOURS[1], markersize=9, linestyle="", markerfacecolor="none")
        marks = [Line2D([], [], color=BLACK, marker=m, linestyle="", label=name) for name, m in zip(points, ("D", "*"))]
        ax.legend(handles=marks, loc="lower left", fontsize=9, title="filled: path length, open: clustering")
        ax.set(xscale="log", xlabel="share of links that are random", ylabel="share of the ring's", ylim=(0, 1.15))
        ax.set_title("A few random links make a small world")
        label_lines(ax)


def rewiring(shown: Mapping[str, Tensor]) -> None:
    """Graphs on a circle, from ring to random."""
    told = "; ".join(
        f"{name}: path length {graphs.path_length(A):.2f}, clustering {graphs.clustering(A):.2f}"
        for name, A in shown.items()
    )
    with figure(alt=f"Tokens on a circle with their links. {told}.", columns=len(shown), width=8.6, height=3) as axes:
        for ax, (name, A) in zip(axes, shown.items()):
            turn = torch.arange(len(A)) * 2 * math.pi / len(A)
            for i, j in A.triu().nonzero().tolist():
                ax.plot(turn[[i, j]].sin(), turn[[i, j]].cos(), linestyle="-", marker="", color=GREY, linewidth=0.8)
            ax.scatter(turn.sin(), turn.cos(), s=12, color=BLACK, zorder=3)
            path, c = graphs.path_length(A), graphs.clustering(A)
            ax.set(title=name, aspect="equal")
            ax.axis("off")
            ax.text(0, -1.3, f"paths {path:.1f}, clustering {c:.2f}", ha="center", fontsize=9)
            ax.set_ylim(-1.45, 1.1)


def cost(lengths: Sequence[int], seconds: Mapping[str, Sequence[float]], largest: Mapping[str, Sequence[int]]) -> None:
    """Time, and entries of the largest tensor, against the length. Series may be shorter than `lengths`."""
    told = "; ".join(f"{name} {s[0] * 1e3:.0f} to {s[-1] * 1e3:.0f} ms" for name, s in seconds.items())
    alt = f"From {lengths[0]} to {lengths[-1]} tokens, forward and backward: {told}."
    with figure(alt=alt, columns=2, width=8.6, height=2.9) as axes:
        for ax, series in zip(axes, (seconds, largest)):
            for (name, values), colour in zip(series.items(), (BLACK, COLOURS[1], COLOURS[0])):
                ax.plot(lengths[: len(values)], values, color=colour, label=name)
            ax.set(xscale="log", yscale="log", xlabel="tokens", xticks=lengths)
            ax.set_xticks([], minor=True)
            ax.yaxis.set_minor_formatter("")
            ax.set_xticklabels([f"{L // 1024}k" if L >= 1024 else str(L) for L in lengths])
            label_lines(ax)
        low, high = axes[0].get_ylim()
        ticks = [s for s in (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5) if low < s < high]
        axes[0].set_yticks(ticks, [f"{1000 * s:g}" for s in ticks])
        axes[0].set(title="Time, forward and backward", ylabel="milliseconds")
        axes[1].set(title="Largest tensor", ylabel="numbers")


def decoding(contexts: Sequence[int], micro: Mapping[str, Sequence[float]]) -> None:
    """Microseconds of one more token, by the length of what came before."""
    told = "; ".join(f"{name} from {s[0]:.0f} to {s[-1]:.0f}" for name, s in micro.items())
    with figure(alt=f"Microseconds of one more token: {told}.", height=2.5) as ax:
        for (name, values), colour in zip(micro.items(), (BLACK, COLOURS[1])):
            ax.plot(contexts, values, color=colour, label=name)
        ax.set(xscale="log", yscale="log", xlabel="tokens before it", ylabel="microseconds", xticks=contexts)
        ax.set_xticks([], minor=True)
        ax.set_xticklabels([f"{L // 1024}k" if L >= 1024 else str(L) for L in contexts])
        ax.set_title("One more token")
        label_lines(ax)


def all_heads(thumbnails: Sequence[Tensor]) -> None:
    """Every head of a model: layers (heads, side, side), one column each; dark is much more than an even share."""
    heads = torch.stack(list(thumbnails)).clamp(min=1e-3).log10()  # (layers, H, s, s)
    layers, H, side, _ = heads.shape
    page = torch.full((H * (side + 2), layers * (side + 2)), -3.0)
    for n in range(layers):
        for h in range(H):
            page[h * (side + 2) : h * (side + 2) + side, n * (side + 2) : n * (side + 2) + side] = heads[n, h]
    alt = (
        f"The attention of all {layers * H} heads, layers from left to right. In layer 0 grey triangles; then dark "
        "columns and diagonals; from the middle on white triangles with a dark left edge, the first token."
    )
    with figure(alt=alt, width=9.6, height=9.6 * H / layers + 0.5) as ax:
        ax.imshow(page, cmap=MAP, vmin=-0.5, vmax=2.2, aspect="equal")
        middle = lambda n: [i * (side + 2) + side / 2 for i in range(0, n)]
        ax.set(xticks=middle(layers)[::5], yticks=middle(H), xlabel="layer", ylabel="head")
        ax.set_xticklabels(range(0, layers, 5))
        ax.set_yticklabels(range(H))
        for spine in ax.spines.values():
            spine.set_visible(False)


def concentration(by_head: Mapping[str, Sequence[Sequence[float]]], names: Mapping[str, str]) -> None:
    """Per layer (columns) and head (rows), the mass that some keys have. names: of the measure -> title."""
    mean = {name: torch.tensor(by_head[name]).mean().item() for name in names}
    told = ", ".join(f"{title} {mean[name]:.2f}" for name, title in names.items())
    alt = f"Mass of attention by layer and head, black is all of it. Means over all heads: {told}."
    with figure(alt=alt, columns=len(names), width=9.2, height=1.9) as axes:
        for ax, (name, title) in zip(axes, names.items()):
            ax.imshow(torch.tensor(by_head[name]).T, cmap=MAP, vmin=0, vmax=1, aspect="auto")
            ax.set_title(f"{title}: {mean[name]:.2f}", fontsize=9.5)
            ax.set(xlabel="layer", xticks=(0, 10, 20, 29), yticks=[])
        axes[0].set_ylabel("head")


def sinks(losses: Mapping[str, Tensor], step: int, kept: int) -> None:
    """Loss by place in the text: form -> (texts, places), in nats a token; means over the texts."""
    mean = {name: x.mean(0) for name, x in losses.items()}
    told = "; ".join(f"{name} {x[-1]:.2f}" for name, x in mean.items())
    styles = {"full": (BLACK, "-"), "window": (COLOURS[2], "--")}
    with figure(alt=f"Loss by place in the text; at the end: {told} nats a token.", height=3.1) as ax:
        for number, (name, x) in enumerate(mean.items()):
            colour, line = styles.get(
                name, (COLOURS[(0, 1, 3, 5)[number % 4]], (":", "-.", (0, (1, 1)), "-")[number % 4])
            )
            places = [(n + 0.5) * step for n in range(len(x))]
            ax.plot(places, x, color=colour, linestyle=line, label=name)
        ax.axvline(kept, color=GREY, linewidth=0.8, linestyle="-")
        ax.text(kept, ax.get_ylim()[1], " the window is full", fontsize=8.5, va="top", color="#444444")
        ax.set(xlabel="place in the text, tokens", ylabel="nats a token")
        ax.set_title("When the first token leaves the window, the model breaks")
        label_lines(ax)


def far(points: Mapping[str, tuple[float, float, float]], predicted: Mapping[str, float]) -> None:
    """What was answered (value and interval) against what the graph says can be known, by pattern."""
    told = ", ".join(f"{name} {v:.2f} of {predicted[name]:.2f}" for name, (v, *_) in points.items())
    alt = f"Share of right answers by pattern, against the share that the graph allows: {told}."
    with figure(alt=alt, height=0.42 * len(points) + 1) as ax:
        for y, (name, (value, low, high)) in enumerate(points.items()):
            ax.barh([y], [predicted[name]], color=PALE, height=0.62)
            ax.plot([low, high], [y, y], linestyle="-", marker="", color=BLACK, linewidth=1.4)
            ax.plot([value], [y], "o", color=BLACK)
        ax.set(yticks=range(len(points)), xlim=(0, 1.02), xlabel="share of right answers")
        ax.set_yticklabels(points)
        ax.invert_yaxis()
        ax.grid(axis="y", visible=False)
        ax.set_title("Grey: what the graph allows. Dots: what was learned")


def windows(L: int, layers: int) -> Shown:
    """An explorer: windows of 2 to 16 keys, plain, dilated and with a global token; masks on top, reach below."""
    kinds = {
        "window": lambda w: window(w),
        "dilation 3": lambda w: window(w, dilation=3),
        "plain and dilated": lambda w: window(w) | window(w, dilation=3),
        "one global token": lambda w: window(w) | global_tokens([L // 3]),
    }
    found = {(name, w): kind(w).mask(L) for name, kind in kinds.items() for w in range(2, 17, 2)}
    reached = {key: graphs.reach([A] * layers) for key, A in found.items()}

    def draw(axes, w: int) -> None:
        for column, name in enumerate(kinds):
            A, far = found[name, w], reached[name, w]
            _squares(axes[0][column], A, name)
            axes[0][column].set_xlabel(f"{A.sum().item() / L:.1f} keys a query", fontsize=9)
            _squares(axes[1][column], far * 0.45, "")
            axes[1][column].set_xlabel(f"{layers} layers reach {far.float().mean():.0%}", fontsize=9)

    told = lambda w: ", ".join(f"{n} {reached[n, w].float().mean():.0%}" for n in kinds)
    return explore(
        draw,
        list(range(2, 17, 2)),
        start=2,
        label="keys in the window",
        alt=lambda w: f"Windows of {w} keys and what {layers} layers reach of all pairs: {told(w)}.",
        columns=len(kinds),
        rows=2,
        width=8.6,
        height=4.6,
    )
