"""The pictures of lecture 07. Each takes what was measured and draws it; none measures anything."""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from ...figures import COLOURS, Shown, explore, figure, label_lines
from ...verdicts import Estimate
from .. import ema

GREY = "#8a929a"


def three_ways(L: int = 24, places: int = 4, C: int = 6) -> None:
    """What a query reads: a few places; its own chunk and a sum; its own chunk and an average."""
    i, j = torch.arange(L)[:, None], torch.arange(L)
    near = (i // C == j // C) & (j <= i)
    far = j // C < i // C
    fading = 0.9 ** (i - j).clamp(min=0) * (j <= i)
    E = (torch.arange(places)[:, None] == j * places // L).float()
    alt = (
        f"Three ways to read {L} tokens. Linformer: each of {places} places mixes a stretch of the text, and every "
        f"query reads the places. FLASH: dark triangles of {C} tokens on the diagonal, an even grey for all that is "
        f"before them. MEGA: the same triangles, and a grey that fades with the distance."
    )
    with figure(alt=alt, columns=3, width=8.6, height=3.1) as axes:
        shown = {"Linformer: a few places": E.repeat_interleave(L // places, 0) * 0.5 + 0.12}
        shown["FLASH: chunks, and a sum"] = near * 0.9 + far * 0.3
        shown["MEGA: chunks, and an average"] = torch.where(near, 0.9, 0.45 * fading)
        for ax, (name, picture) in zip(axes, shown.items()):
            ax.imshow(picture, cmap="Greys", vmin=0, vmax=1)
            ax.set(xticks=[], yticks=[], xlabel="token")
            ax.set_title(name, fontsize=9)
        axes[0].set_ylabel("place of the summary")
        axes[1].set_ylabel("query")


def spectra(curves: Mapping[str, Tensor], share: float) -> None:
    """Cumulative shares of the sum of squares, by rank: name -> (L,)."""
    needed = {name: int((curve < share).sum()) + 1 for name, curve in curves.items()}
    told = "; ".join(f"{name}: {rank}" for name, rank in needed.items())
    alt = f"Share of the sum of squares that the first singular values hold, by rank. Rank for {share:.0%}: {told}."
    with figure(alt=alt, height=3.2) as ax:
        for (name, curve), colour in zip(curves.items(), COLOURS):
            ax.plot(range(1, len(curve) + 1), curve, color=colour, label=f"{name}: {needed[name]}")
        ax.axhline(share, color=GREY, linewidth=1, linestyle=":")
        ax.set(xscale="log", xlabel="rank", ylabel="share of the squares", ylim=(0, 1.03))
        ax.set_title(f"How many singular values hold {share:.0%}?")
        ax.legend(loc="lower right", frameon=False, fontsize=9)


def ranks(found: Mapping[str, Mapping[str, Sequence[Sequence[float]]]], share: float) -> None:
    """The record 07_rank: the rank that is needed by length, mean over layers; one thin line for each text."""
    lengths = [int(L) for L in next(iter(found.values()))]
    mean = {
        kind: torch.tensor([list(map(list, texts)) for texts in by.values()]).mean(-1) for kind, by in found.items()
    }  # (lengths, texts)
    told = "; ".join(f"{kind} {x[0].mean():.0f} to {x[-1].mean():.0f}" for kind, x in mean.items())
    alt = f"The rank that keeps {share:.0%} of the squares, from {lengths[0]} to {lengths[-1]} tokens: {told}."
    with figure(alt=alt, height=3.4) as ax:
        for (kind, x), colour in zip(mean.items(), COLOURS):
            for text in x.T:
                ax.plot(lengths, text, color=colour, linewidth=0.7, linestyle="-", marker="", alpha=0.5, label="_")
            ax.plot(lengths, x.mean(1), color=colour, linewidth=2.2, linestyle="-", marker="o", label=kind)
        ax.set(xscale="log", yscale="log", xlabel="tokens", ylabel="rank", xticks=lengths, xticklabels=lengths)
        ticks = [16, 32, 64, 128]
        ax.set(yticks=ticks, yticklabels=ticks)
        ax.minorticks_off()
        ax.set_title("Twice the text, twice the rank")
        label_lines(ax)


def projections(found: Mapping[str, Mapping[str, Sequence[float]]], L: int) -> None:
    """The record 07_projection: error of a head's output by the number of places."""
    mean = {kind: {int(k): sum(v) / len(v) for k, v in by.items()} for kind, by in found.items()}
    told = "; ".join(f"{kind} {min(by.values()):.2f} to {max(by.values()):.2f}" for kind, by in mean.items())
    with figure(
        alt=f"Error of the output by number of places, of {L} tokens: {told}; zeros score 1.", height=3.2
    ) as ax:
        for (kind, by), colour in zip(mean.items(), COLOURS):
            ax.plot(list(by), list(by.values()), color=colour, marker="o", label=kind)
        ks = list(next(iter(mean.values())))
        ax.axhline(1.0, color=GREY, linewidth=1, linestyle=":")
        ax.annotate("zeros", (ks[0], 1.0), xytext=(0, -11), textcoords="offset points", fontsize=9, color=GREY)
        ax.set(xscale="log", xlabel=f"places, of {L} tokens", ylabel="relative error", xticks=ks, xticklabels=ks)
        ax.minorticks_off()
        ax.set_title("One projection for all texts is not the best for each")
        label_lines(ax)


def damping(alpha: float = 0.2, L: int = 40, deltas: Sequence[float] = (1.0, 0.8, 0.6, 0.4, 0.2, 0.1)) -> Shown:
    """An explorer: what one average answers to an impulse and to a step, by delta."""
    one = torch.ones(1, 1)
    kernel = lambda delta: ema.kernel(alpha * one, delta * one, one, one, L)[0]

    def draw(axes, delta: float) -> None:
        for ax, curve, plain in zip(
            axes, (kernel(delta), kernel(delta).cumsum(0)), (kernel(1.0), kernel(1.0).cumsum(0))
        ):
            ax.plot(plain, color=GREY, linewidth=1)
            ax.plot(curve, color=COLOURS[0], linewidth=2.2)
            ax.set(xlabel="tokens later")
        axes[0].set(ylabel="y", ylim=(0, 1.1 * alpha), title="after one 1")
        axes[1].set(ylim=(0, 6), title="after ones without end")

    return explore(
        draw,
        list(deltas),
        start=0.4,
        label="delta",
        alt=lambda delta: (
            f"With alpha {alpha} and delta {delta}: after an impulse half is left after "
            f"{int((kernel(delta) > alpha / 2).sum())} tokens; after a step y has reached {kernel(delta).sum():.1f}."
        ),
        columns=2,
        width=7.5,
        height=2.8,
    )


def dependence(shown: Mapping[str, Tensor]) -> None:
    """Which output (row) depends on which input (column): name -> (L, L) bool."""
    L = len(next(iter(shown.values())))
    share = {name: x.float().sum().item() / (L * (L + 1) / 2) for name, x in shown.items()}
    told = ", ".join(f"{name} {value:.0%}" for name, value in share.items())
    with figure(alt=f"Outputs by inputs; share of the past that is seen: {told}.", columns=len(shown), width=8,
                height=2.9) as axes:  # fmt: skip
        for ax, (name, x) in zip(axes, shown.items()):
            ax.imshow(x, cmap="Greys", vmin=0, vmax=1)
            ax.set(xticks=[], yticks=[], xlabel="input", ylabel="output")
            ax.set_title(name, fontsize=10)


def scores(estimates: Mapping[str, Estimate], label: str, title: str, at: float | None = None, name: str = "") -> None:
    """One line for each arm: mean and 95 % interval; `at` is a value to compare with, and its name."""
    told = "; ".join(f"{arm} {one.value:.2f}" for arm, one in estimates.items())
    with figure(alt=f"{title} {label.capitalize()}: {told}.", height=0.9 + 0.36 * len(estimates)) as ax:
        for y, one in enumerate(estimates.values()):
            ax.plot([one.low, one.high], [y, y], color=COLOURS[0], linewidth=2, linestyle="-", marker="")
            ax.plot([one.value], [y], color=COLOURS[0], marker="o", linestyle="")
        if at is not None:
            ax.axvline(at, color=GREY, linewidth=1, linestyle=":")
            ax.annotate(
                name, (at, len(estimates) / 2 - 0.5), xytext=(4, 0), textcoords="offset points", fontsize=9, color=GREY
            )
        ax.set(yticks=range(len(estimates)), yticklabels=list(estimates), xlabel=label, title=title)
        ax.invert_yaxis()
