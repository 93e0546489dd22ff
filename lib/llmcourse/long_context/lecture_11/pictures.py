"""The pictures of lecture 11. Each takes what was measured and draws it; none measures anything."""

import itertools
from collections import Counter
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from ... import verdicts
from ...figures import COLOURS, Shown, explore, figure, label_lines
from .. import rope

GREY = "#888888"
STYLES = ("-", "--", "-.", ":")  # curves are told apart without colour, too


def heat_map(mean: Tensor, depths: Sequence[float], lengths: Sequence[int]) -> None:
    """Log-probability of the right answer by depth (rows) and length (columns), and its number in each cell."""
    worst, best = mean.min().item(), mean.max().item()
    alt = (
        f"A heat map of {len(depths)} depths by {len(lengths)} lengths: log-probability of the right number per token, "
        f"from {worst:.2f} to {best:.2f}."
    )
    with figure(alt=alt, height=2.8) as ax:
        ax.imshow(mean, cmap="Greys_r", vmin=min(-1.0, worst), vmax=0, aspect="auto")
        for i, row in enumerate(mean.tolist()):
            for j, value in enumerate(row):
                ax.text(j, i, f"{value:.2f}", ha="center", va="center", color="black" if value > -0.6 else "white")
        ax.set(xticks=range(len(lengths)), yticks=range(len(depths)), xlabel="tokens", ylabel="depth")
        ax.set_xticklabels(lengths)
        ax.set_yticklabels(depths)
        ax.set(title="log p of the number that was hidden, nats a token")
        ax.grid(False)


def kinds(shares: Mapping[str, Sequence[float]], chance: float) -> None:
    """The share of right names by the words of the question: one share per context, and the interval of their mean."""
    shares = {kind: verdicts.mean(right, 0, 1) for kind, right in shares.items()}
    told = ", ".join(f"{kind} {one.value:.2f}" for kind, one in shares.items())
    with figure(
        alt=f"Share of right answers by the words of the question: {told}; chance {chance:.2f}.", height=2.2
    ) as ax:
        for y, one in enumerate(shares.values()):
            ax.plot((one.low, one.high), (y, y), "-", color="black", linewidth=1, marker="")
            ax.plot([one.value], [y], "o", color="black")
        ax.axvline(chance, color=GREY, linewidth=1)
        ax.text(chance, -0.75, " chance", color="#555555", fontsize=8, va="center")
        ax.set(
            title="The same facts, asked for in four kinds of words",
            yticks=range(len(shares)),
            xlim=(0, 1),
            ylim=(len(shares) - 0.5, -1),
        )
        ax.set(xlabel="share of right names, 95 % interval")
        ax.set_yticklabels(shares)


def chosen_lines(mine: Sequence[Mapping]) -> None:
    """Tests of equal size: the line that was asked for, and the one whose number the model finds the likeliest."""
    n = mine[0]["lines"]
    hits = sum(row["scored"] for row in mine)
    liked = Counter(row["scored line"] for row in mine).most_common(1)[0]
    alt = (
        f"{len(mine)} tests of {n} lines, the line asked for against the line preferred: {hits} on the diagonal. "
        f"Line {liked[0]} is preferred most often, {liked[1]} times."
    )
    with figure(alt=alt, width=4, height=3.2) as ax:
        ax.plot((1, n), (1, n), color=GREY, linewidth=1, label="_right")
        places = Counter((row["asked"], row["scored line"]) for row in mine)
        x, y = zip(*places)
        ax.scatter(x, y, s=[40 * count for count in places.values()], color="black", alpha=0.7)
        ax.set(
            title=f"{n} lines: what it prefers", xlabel="line asked for", ylabel="line whose number\nis the likeliest"
        )
        ax.set(xticks=range(1, n + 1), yticks=range(1, n + 1), xlim=(0.4, n + 0.6), ylim=(0.4, n + 0.6))


def interference(found: Mapping[int, Sequence[float]], d: int) -> None:
    """Noise over signal when a sum of n pairs is read, measured and by the formula (n - 1) / d."""
    told = ", ".join(f"{n} pairs {sum(y) / len(y):.2f}" for n, y in found.items())
    with figure(alt=f"Noise over signal of a sum with keys of {d} numbers: {told}.", height=2.6) as ax:
        n = list(found)
        ax.plot(n, [(i - 1) / d for i in n], "--", color=GREY, label=f"(n - 1) / {d}")
        ax.plot(n, [sum(found[i]) / len(found[i]) for i in n], "o", color="black", label="measured")
        ax.axhline(1, color="#cccccc", linewidth=1, label="_as loud as the signal")
        ax.set(xlabel="pairs in the sum", ylabel="noise / signal", title="Every other pair is heard, too")
        label_lines(ax)


def lines(runs: Sequence[Mapping], trained: Sequence[int], chance: float) -> None:
    """Accuracy by number of lines, one curve for each mixer (the mean over its seeds), with what it keeps."""
    names = list(dict.fromkeys(run["mixer"] for run in runs))
    curves = {}
    for name in names:
        mine = [run for run in runs if run["mixer"] == name]
        at = [int(n) for n in mine[0]["accuracy"]]
        curves[name] = at, [sum(run["accuracy"][str(n)] for run in mine) / len(mine) for n in at]
    told = "; ".join(f"{name} {y[0]:.2f} at {x[0]} and {y[-1]:.2f} at {x[-1]}" for name, (x, y) in curves.items())
    with figure(alt=f"Share of lines found by their number. {told}.", height=3.4) as ax:
        ax.axvspan(*trained, color="#eeeeee", linewidth=0)
        ax.text(trained[0], 1.03, "trained on these", fontsize=8, color="#555555")
        for (name, (x, y)), style in zip(curves.items(), itertools.cycle(STYLES)):
            ax.plot(x, y, style, label=name)
        ax.axhline(chance, color=GREY, linewidth=1, label="_chance")
        ax.set_xscale("log", base=2)
        ax.set(xlabel="lines in the context", ylabel="share found", ylim=(0, 1.1), xticks=x)
        ax.set_xticklabels(x)
        ax.set(title="The more lines there are, the more a state has to hold")
        label_lines(ax)


def angles(d: int = 64, trained: int = 128, stretches: Sequence[int] = (1, 2, 4, 8, 16)) -> Shown:
    """An explorer: how far each pair turns in a text s times as long, against how far it turned in training."""
    pair = torch.arange(d // 2)
    usual = rope.plain(d)

    def draw(ax, s: int) -> None:
        for name, scaling in rope.SCALINGS.items():
            f, _ = scaling(d, float(s), trained)
            ax.plot(pair, f * s / usual, label=name, markevery=4)
        ax.axhspan(0, 1, color="#eeeeee", linewidth=0)
        ax.set(title=f"a text {s} times as long as in training", xlabel="pair, fast to slow", ylim=(0, 17))
        ax.set(ylabel="turned, times what it\nturned in training", xlim=(0, d // 2 - 1))
        label_lines(ax)

    return explore(
        draw,
        list(stretches),
        start=4,
        label="times the training length",
        alt=lambda s: (
            f"A text {s} times as long: plain rotary positions turn every pair {s} times as far as in training; "
            "interpolation turns none further; NTK-aware lets the fast ones go on, not the slowest; YaRN lets those "
            "go on that had turned often, and interpolates the others."
        ),
        width=7,
        height=3,
    )


def decoys(rows: Sequence[Mapping]) -> None:
    """By how many secret numbers stand in the context: written digit for digit, and the likeliest among them."""
    counts = sorted({row["count"] for row in rows})
    mine = {n: [row for row in rows if row["count"] == n] for n in counts}
    share = {key: [sum(r[key] for r in mine[n]) / len(mine[n]) for n in counts] for key in ("written", "chosen")}
    told = "; ".join(f"{n} in the context: written {w:.2f}, chosen {c:.2f}" for n, w, c in zip(counts, *share.values()))
    with figure(alt=f"Share of secret numbers found. {told}.", height=2.6) as ax:
        ax.plot(counts, share["written"], "o-", color="black", label="written, digit for digit")
        ax.plot(counts, share["chosen"], "s--", color=COLOURS[0], label="likeliest of those there")
        ax.plot(counts, [1 / n for n in counts], ":", color=GREY, label="chance for the latter")
        ax.set(title="Needles that look alike", xlabel="secret numbers in the context", ylabel="share", ylim=(0, 1.05))
        ax.set(xticks=counts)
        label_lines(ax)


def stretched(runs: Sequence[Mapping], lines: Sequence[int]) -> None:
    """Past the training length, the first of `lines`, by each scaling: the share found, the mean over the seeds."""
    curves = {name: [sum(c) / len(runs) for c in zip(*(run["accuracy"][name] for run in runs))]
              for name in runs[0]["accuracy"]}  # fmt: skip
    told = "; ".join(f"{name} {y[0]:.2f} at {lines[0]} and {y[-1]:.2f} at {lines[-1]}" for name, y in curves.items())
    with figure(alt=f"Share of lines found by number of lines and scaling. {told}.", height=3) as ax:
        for (name, y), style in zip(curves.items(), STYLES):
            ax.plot(lines, y, style, marker="o", label=name)
        ax.set_xscale("log", base=2)
        ax.set(xticks=lines, xlabel="lines in the context", ylabel="share found", ylim=(0, 1.05))
        ax.set_xticklabels(lines)
        ax.set(title=f"Trained on up to {lines[0]} lines, read on without training")
        label_lines(ax)


BOOK_NAMES = ("0-shot", "examples", "half book", "words", "words and grammar", "whole book")


def books(runs: Sequence[Mapping], parser: Mapping[str, Mapping[str, float]]) -> None:
    """chrF by what stands in the book: each seed's model, and the parser that knows the grammar."""
    told = "; ".join(
        f"{name} {sum(run['marks'][name]['chrF'] for run in runs) / len(runs):.0f}, parser {parser[name]['chrF']:.0f}"
        for name in BOOK_NAMES
    )
    with figure(alt=f"chrF by what stands in the book, the mean of the models: {told}.", height=2.8) as ax:
        for y, name in enumerate(BOOK_NAMES):
            ax.plot([parser[name]["chrF"]], [y], "|", color=COLOURS[2], markersize=14, markeredgewidth=2)
            ax.plot([run["marks"][name]["chrF"] for run in runs], [y] * len(runs), "o", color="black", alpha=0.7)
        ax.set(title="What a book is worth", xlabel="chrF of translated sentences", xlim=(-3, 103))
        ax.set(yticks=range(len(BOOK_NAMES)), ylim=(len(BOOK_NAMES) - 0.5, -0.5))
        ax.set_yticklabels(BOOK_NAMES)
    print("dots: one model for each seed; red bars: the parser that knows the grammar and the listed words")
