"""The pictures of lecture 08. Each takes what was measured and draws it; none measures anything."""

import math
from collections.abc import Callable, Mapping, Sequence

import torch
from matplotlib.axes import Axes
from torch import Tensor

from ... import verdicts
from ...figures import COLOURS, Shown, explore, figure, label_lines
from .. import kernels
from . import timing

STYLES = ("-", "--", "-.", ":", (0, (9, 2)))
PALE = "#d9d9d9"
Map = Callable[[Tensor], Tensor]


def _loglog(ax: Axes, x: Sequence[float], y: Sequence[float], base: int = 2, **style) -> None:
    """A line on logarithmic axes, with plain numbers at the ticks."""
    ax.loglog(x, y, base=base, **style)
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_formatter(lambda value, position: f"{value:g}")


def _bare(ax: Axes) -> None:
    ax.set(xticks=[], yticks=[])
    ax.grid(False)
    ax.spines[:].set_visible(False)


# --- part one


def cost_of_length(cost: Mapping[int, float]) -> None:
    """Seconds by length on logarithmic axes, with the slope between the last two."""
    (first, a), (second, b) = list(cost.items())[-2:]
    slope = math.log(b / a) / math.log(second / first)
    alt = f"Time of softmax attention against length, both logarithmic: a line that ends with a slope of {slope:.1f}."
    with figure(alt=alt, height=2.6) as ax:
        _loglog(ax, list(cost), [1e3 * c for c in cost.values()])
        ax.set(title=f"Twice the text, {b / a:.1f} times the cost", xlabel="length, tokens", ylabel="milliseconds")
    print(f"slope between {first} and {second} tokens: {slope:.2f}")


def rings(points: Tensor, ring: Tensor, maps: Mapping[str, Map], right: Mapping[str, Sequence[int]], n: int) -> None:
    """Where a classifier on each map draws its border, and what the last one is in the plane of the squares."""
    share = {name: verdicts.share(sum(k), n * len(k)).value for name, k in right.items()}
    told = "; ".join(f"{name} classifies {value:.0%} of new points rightly" for name, value in share.items())
    alt = f"Two rings of points. {told}. Over the squares of the coordinates the curve is a straight line."
    side, plane = _plane()
    with figure(alt=alt, columns=3, width=9, height=3.2) as axes:
        for ax, (name, phi) in zip(axes, maps.items()):
            w = kernels.classifier(phi(points), ring)
            _rings(ax, points, ring)
            ax.contour(side, side, kernels.score(w, phi(plane)), levels=[0], colors="black", linewidths=1.5)
            ax.set(title=f"{name}: {share[name]:.0%} right", xlabel="$x_1$", ylabel="$x_2$", aspect="equal")
        _rings(axes[2], points**2, ring)
        cut = -w[-1] / w[2:4]  # where the plane w meets the axes of the two squares
        axes[2].plot([cut[0], 0], [0, cut[1]], color="black", linestyle="-", marker="", linewidth=1.5)
        axes[2].set(title="its squares: a line again", xlabel="$x_1^2$", ylabel="$x_2^2$", aspect="equal")
        axes[2].set(xlim=(-0.1, 1.5), ylim=(-0.1, 1.5), xticks=[0, 0.5, 1, 1.5], yticks=[0, 0.5, 1, 1.5])


def _plane(reach: float = 1.4, n: int = 120) -> tuple[Tensor, Tensor]:
    side = torch.linspace(-reach, reach, n)
    return side, torch.stack(torch.meshgrid(side, side, indexing="xy"), dim=-1)  # (n, n, 2)


def _rings(ax: Axes, x: Tensor, ring: Tensor) -> None:
    for label, marker in ((0, "o"), (1, "^")):
        ax.scatter(*x[ring == label].T, marker=marker, s=14, color=COLOURS[label])


def local_features(points: Tensor, ring: Tensor, widths: Sequence[float]) -> Shown:
    """An explorer: a bump at every point as features, by the width of the bumps; the border follows the points."""
    side, plane = _plane()
    borders = {w: kernels.classifier(kernels.bumps(points, points, w), ring) for w in widths}

    def draw(ax: Axes, width: float) -> None:
        score = kernels.score(borders[width], kernels.bumps(plane, points, width))
        ax.contourf(side, side, score, levels=[-1e9, 0, 1e9], colors=["white", PALE])
        ax.contour(side, side, score, levels=[0], colors="black", linewidths=1.5)
        _rings(ax, points, ring)
        ax.set(title=f"Bumps of width {width:g}", xlabel="$x_1$", ylabel="$x_2$", aspect="equal")

    alt = lambda w: (
        f"Two rings of points, and the region that a classifier on bumps of width {w:g} gives to the triangles. "
        "Narrow bumps make islands around single points, wide ones a smooth region."
    )
    return explore(draw, widths, start=widths[1], label="width of a bump", alt=alt, width=4.5, height=3.8)


def spectra(found: Mapping[str, Tensor], ranks: Mapping[str, int]) -> None:
    """Singular values of several matrices, by size."""
    told = ", ".join(f"{name.replace('$', '')} has rank {rank}" for name, rank in ranks.items())
    with figure(alt=f"Singular values on a logarithmic scale: {told}.", height=3.1) as ax:
        for (name, s), style in zip(found.items(), STYLES):
            seen = s[: ranks[name]] / s[0]
            ax.loglog(range(1, len(seen) + 1), seen, linestyle=style, label=f"{name}: {ranks[name]}", marker="")
        ax.set(title="The exponential has full rank", xlabel="singular value, by size", ylabel="relative size")
        ax.legend(title="rank of", loc="lower left")


def sharpness(kinds: Mapping[str, Map], base: Tensor, scales: Sequence[float]) -> Shown:
    """An explorer: the weights of each kind of attention as queries and keys get longer."""

    def draw(axes: Sequence[Axes], scale: float) -> None:
        for ax, (name, weights) in zip(axes, kinds.items()):
            a = weights(scale * base)
            ax.imshow(a, vmin=0, vmax=1, cmap="Greys")
            ax.set(title=f"{name}: {a.diagonal().mean():.2f}", xlabel="key", ylabel="query", xticks=[], yticks=[])

    own = lambda s: ", ".join(f"{w(s * base).diagonal().mean():.2f} for {name}" for name, w in kinds.items())
    alt = lambda s: f"Attention weights at length {s}: the mean weight of a query's own key is {own(s)}."
    shape = {"columns": 3, "width": 8, "height": 3.1}
    return explore(draw, scales, start=scales[-3], label="length of queries and keys", alt=alt, **shape)


LONG, NARROW = 12, 2  # L and d of the drawn matrices
BRACKETS = {  # frame -> what is multiplied: boxes (name, height, width), which of them are in brackets, what it costs
    "1: as attention does": ((("Q", LONG, NARROW), ("$K^T$", NARROW, LONG), ("V", LONG, NARROW)), (0, 1),
                             "$L^2 d$ products for the bracket"),
    "2: a square of L × L": ((("$QK^T$", LONG, LONG), ("V", LONG, NARROW)), (), "$L^2 d$ more to read it"),
    "3: the brackets move": ((("Q", LONG, NARROW), ("$K^T$", NARROW, LONG), ("V", LONG, NARROW)), (1, 2),
                             "$L d^2$ products for the bracket"),
    "4: a square of d × d": ((("Q", LONG, NARROW), ("$K^T V$", NARROW, NARROW)), (), "$L d^2$ more to read it"),
}  # fmt: skip


def brackets() -> Shown:
    """An explorer: the product of Q, K and V drawn to scale, while its brackets move."""

    def draw(ax: Axes, frame: str) -> None:
        boxes, inside, cost = BRACKETS[frame]
        x = 1.5
        for i, (name, height, width) in enumerate(boxes):
            if inside and i == inside[0]:
                ax.text(x - 0.9, 0, "(", fontsize=60, ha="center", va="center_baseline")
            shade = "#999999" if "K^T V" in name or "QK" in name else PALE if i in inside else "#f4f4f4"
            ax.bar(x, height, width, bottom=-height / 2, align="edge", facecolor=shade, edgecolor="black")
            ax.text(x + width / 2, height / 2 + 0.4, name, ha="center", va="bottom")
            x += width + 0.9
            if inside and i == inside[-1]:
                ax.text(x, 0, ")", fontsize=60, ha="center", va="center_baseline")
                x += 1.2
            x += 0.9
        ax.set(title=cost, xlim=(-0.5, 27), ylim=(-6.5, 8), aspect="equal")
        _bare(ax)

    def alt(frame: str) -> str:
        boxes, inside, cost = BRACKETS[frame]
        names = [name.replace("$", "") for name, *_ in boxes]
        where = f", brackets around {' and '.join(names[i] for i in inside)}" if inside else ""
        return f"Matrices drawn to scale: {', '.join(names)}{where}; {cost.replace('$', '')}."

    return explore(draw, list(BRACKETS), start="3: the brackets move", label="step", alt=alt, width=7, height=3.6)


def filling(where: Sequence[int], values: Tensor, states: Sequence) -> Shown:
    """An explorer: S fills token by token.

    where   the direction of each key;  values  (tokens, d_v);  states  after each token
    """

    def draw(axes: Sequence[Axes], t: int) -> None:
        state, key = states[t - 1], torch.zeros(states[0].S.shape[-1])
        key[where[t - 1]] = 1
        for ax, x, name in (
            (axes[0], values[t - 1][:, None] * key, f"written: $v_{{{t}}} \\, k_{{{t}}}^T$"),
            (axes[1], state.S, f"$S_{{{t}}}$: the sum so far"),
            (axes[2], state.S / state.u.clamp(min=1), "divided by $u$: means"),
        ):
            ax.imshow(x.abs(), vmin=0, vmax=5, cmap="Greys")
            for i, row in enumerate(x.tolist()):
                for j, entry in enumerate(row):
                    text = f"{entry:+.1f}".replace("-", "−") if entry else ""
                    ax.text(j, i, text, ha="center", va="center", size=8, color="white" if abs(entry) > 3 else "black")
            ax.set(title=name, xlabel="direction of the key", xticks=range(len(key)), yticks=[])
        axes[0].set_ylabel("channel of the value")

    alt = lambda t: (
        f"After {t} tokens: columns of S hold {', '.join(str(int(n)) for n in states[t - 1].u)} values; the last "
        f"write went to column {where[t - 1]}."
    )
    frames = list(range(1, len(states) + 1))
    return explore(draw, frames, start=5, label="tokens read", alt=alt, columns=3, width=8, height=3.4)


def cost_of_a_token(contexts: Sequence[int], times: Mapping[str, Tensor], cheaper: int | None) -> None:
    """Microseconds of a token by context, (rounds, contexts) each: medians and quartiles over the rounds."""
    ends = {name: (t[:, 0].median(), t[:, -1].median()) for name, t in times.items()}
    told = "; ".join(f"{name} from {a:.0f} to {b:.0f} microseconds" for name, (a, b) in ends.items())
    with figure(alt=f"Time of one token against the context, both logarithmic: {told}.", height=3.2) as ax:
        for (name, t), style, colour in zip(times.items(), STYLES, COLOURS):
            low, middle, high = t.quantile(torch.tensor([0.25, 0.5, 0.75], dtype=t.dtype), 0)
            _loglog(ax, contexts, middle, label=name, linestyle=style, color=colour)
            ax.fill_between(contexts, low, high, alpha=0.2, color=colour)
        ax.set(title="The recurrent form does not feel the context", xlabel="context, tokens", ylabel="µs per token")
        label_lines(ax)
    kept = timing.bytes_kept(contexts[-1])
    print(
        f"kept after {contexts[-1]:,} tokens: {kept['linear'] / 1e3:.0f} kB by linear attention (always), "
        f"{kept['softmax'] / 1e6:.0f} MB by softmax attention"
    )
    where = "at no context measured" if cheaper is None else f"from a context of {cheaper:,} tokens on"
    print(f"linear attention is cheaper {where} (95 % interval of the paired difference)")


def curves(panels: Mapping[str, Sequence[Mapping]], names: Sequence[str], ylabel: str, title: str, ylim: tuple,
           live: Mapping[str, Sequence[tuple[int, float]]] | None = None) -> None:  # fmt: skip
    """Validation curves of all seeds, one panel a set of runs; the axis of "equal seconds" is seconds."""
    final = lambda runs, name: [r["validation"][-1][1] for r in runs if r["mixer"] == name]
    told = "; ".join(
        f"{panel}: {', '.join(f'{name} ends at {sum(f) / len(f):.2f}' for name in names if (f := final(runs, name)))}"
        for panel, runs in panels.items()
    )
    with figure(alt=f"{ylabel} while training, all seeds. {told}.", columns=len(panels), width=8, height=3.3) as axes:
        for ax, (panel, runs) in zip(axes if len(panels) > 1 else [axes], panels.items()):
            for i, (name, colour, style) in enumerate(zip(names, COLOURS, STYLES)):
                mine = sorted((r for r in runs if r["mixer"] == name), key=lambda r: r["validation"][-1][1])
                for run in mine:
                    scale = run["seconds"] / run["steps"] if panel == "equal seconds" else 1
                    steps, values = zip(*run["validation"])
                    label = name if run is mine[len(mine) // 2] else None  # at the median seed
                    x = [scale * step for step in steps]
                    ax.plot(x, values, color=colour, linestyle=style, marker="", label=label)
                if live and name in live and panel != "equal seconds":
                    ax.plot(*zip(*live[name]), color="black", linestyle="", marker="ox"[i], markersize=4)
            xlabel = "CPU seconds of training" if panel == "equal seconds" else "training steps"
            ax.set(title=title if len(panels) == 1 else f"At {panel}", xlabel=xlabel, ylabel=ylabel, ylim=ylim)
            label_lines(ax)


# --- part two


def overwriting(counts: Sequence[int], errors: Mapping[str, Sequence[Tensor]]) -> None:
    """Squared error of the latest value by the number of writes, for each rule."""
    told = "; ".join(f"{rule} from {e[0].mean():.2g} to {e[-1].mean():.2g}" for rule, e in errors.items())
    with figure(alt=f"Squared error of what is read, by writes to 16 keys: {told}.", height=3) as ax:
        for (rule, found), style in zip(errors.items(), STYLES):
            _loglog(ax, counts, [e.mean().item() for e in found], label=rule, linestyle=style)
        ax.set(title="Only the delta rule overwrites", xlabel="writes to 16 keys", ylabel="squared error")
        label_lines(ax)


def capacity(counts: Sequence[int], found: Mapping[str, Sequence[tuple[Tensor, Tensor]]], d: int = 64) -> None:
    """Error and hits by the number of distinct keys, with 95 % intervals over trials."""
    last = ", ".join(f"{name} {runs[-1][1].mean():.2f}" for name, runs in found.items())
    alt = f"Left: squared error by number of keys. Right: share of right values; at {counts[-1]} keys: {last}."
    with figure(alt=alt, columns=2, width=8.5, height=3) as axes:
        for i, (ax, title) in enumerate(zip(axes, ("The delta rule errs less ...", "... and hits less often"))):
            for (name, runs), style, colour in zip(found.items(), STYLES, COLOURS):
                means = [verdicts.mean(run[i].tolist()) for run in runs]
                ax.plot(counts, [m.value for m in means], label=name, linestyle=style, color=colour)
                low, high = [m.low for m in means], [m.high for m in means]
                ax.fill_between(counts, low, high, alpha=0.2, color=colour)
            ax.axvline(d, color="black", linewidth=0.8, linestyle=":")
            ax.set(title=title, xlabel="keys, written once each", ylabel=("squared error", "share of right values")[i])
        axes[0].legend()
    print(f"dotted: as many keys as channels, {d}")


def decays(gates: Sequence[float], closed: int = 12, L: int = 24) -> Shown:
    """An explorer: the matrix of decays with a constant rate, and where one token closes its gate."""

    def matrix(g: Tensor) -> Tensor:
        G = g.cumsum(-1)
        future = torch.ones(len(G), len(G), dtype=torch.bool).triu(1)
        return (G[:, None] - G[None, :]).masked_fill(future, -torch.inf).exp()

    def draw(axes: Sequence[Axes], gate: float) -> None:
        constant = torch.full((L,), 0.9).log()
        closing = constant.clone()
        closing[closed] = math.log(max(gate, 1e-6))
        names = ("RetNet: constant", f"Mamba-2: token {closed} keeps {gate:g}")
        for ax, g, name in zip(axes, (constant, closing), names):
            ax.imshow(matrix(g), vmin=0, vmax=1, cmap="Greys")
            ax.set(title=name, xlabel="written at s", ylabel="read at t")

    alt = lambda keep: (
        f"Decay matrices. Left a band that fades evenly. Right: of what was written before token {closed}, a share of "
        f"{keep:g} is left."
    )
    label = f"what token {closed} keeps of the past"
    return explore(draw, gates, start=gates[-2], label=label, alt=alt, columns=2, width=7, height=3.3)


def halving(strengths: Sequence[float], errors: Sequence[tuple[float, float]], n: int = 16) -> None:
    """Which product a pair of tokens belongs to, and the error of both forms by the strength of the decay."""
    level = (torch.arange(n)[:, None] ^ torch.arange(n)[None, :]).float().log2().floor().add(1).clamp(min=0).tril()
    textbook, ours = zip(*errors)
    finite = [e for e in textbook if math.isfinite(e)]
    alt = (
        f"Left: a triangle of {n} tokens cut into squares that halve toward the diagonal. Right: error in float32; the "
        f"textbook form is not a number beyond a log decay of {strengths[len(finite) - 1]:g}, halving stays below "
        f"{max(ours):.0e}."
    )
    with figure(alt=alt, columns=2, width=8.5, height=3.4) as axes:
        axes[0].imshow(level, cmap="Greys", vmax=6)
        for t in range(n):
            for s in range(t):
                axes[0].text(s, t, f"{int(level[t, s])}", ha="center", va="center", fontsize=7)
        axes[0].set(title="Which product a pair belongs to", xlabel="key s", ylabel="query t")
        _loglog(axes[1], strengths[: len(finite)], finite, base=10, label="textbook", linestyle="--")
        _loglog(axes[1], strengths, ours, base=10, label="halving", linestyle="-")
        axes[1].set(title=f"Not a number beyond {strengths[len(finite) - 1]:g}, or exact")
        axes[1].set(xlabel="strongest log decay of a token", ylabel="error, float32", ylim=(1e-7, 1e-5))
        label_lines(axes[1])
