"""The pictures of lecture 12. Each takes what was measured and draws it; none measures anything."""

from collections.abc import Mapping, Sequence

import torch
from matplotlib.axes import Axes
from torch import Tensor

from ... import verdicts
from ...figures import COLOURS, Shown, explore, figure, label_lines
from .. import evaluate, lexical, position, rerank

STYLES = ("-", "--", "-.", ":")
GREY = "#888888"
Point = tuple[float, float]


def scheme(passages: int) -> None:
    """The stages from a question to an answer, as boxes."""
    boxes = ("question", f"retrieve\n20 of {passages:,}", "rerank\n10", "pack\na budget", "read\nanswer", "cite")
    words = ", ".join(box.replace("\n", " ") for box in boxes)
    with figure(alt=f"Six boxes in a row, joined by arrows: {words}.", height=1.2) as ax:
        for i, text in enumerate(boxes):
            edge = {"boxstyle": "round,pad=0.5", "fc": "white", "ec": "black"}
            ax.text(i, 0, text, ha="center", va="center", fontsize=9, bbox=edge)
            if i:
                ax.annotate("", (i - 0.36, 0), (i - 0.64, 0), arrowprops={"arrowstyle": "->"})
        ax.set(xlim=(-0.5, 5.5), ylim=(-1, 1))
        ax.axis("off")


def weight_of_a_word() -> None:
    """What a word adds to a score against how often it comes: tf-idf's straight line, BM25's bend."""
    f = torch.arange(0, 21)
    alt = (
        "The weight of a word against how often it comes. tf-idf grows for ever; BM25 bends, earlier in short passages."
    )
    with figure(alt=alt, height=2.6) as ax:
        ax.plot(f, f / 4, STYLES[0], color=GREY, label="tf-idf (a quarter of it)")
        shown = ((0.5, STYLES[1], COLOURS[0]), (1, STYLES[0], "black"), (2, STYLES[3], COLOURS[2]))
        for length, style, colour in shown:
            K = lexical.K1 * (1 - lexical.B + lexical.B * length)
            ax.plot(f, f / (f + K), style, color=colour, label=f"BM25, {length:g} x mean length")
        ax.set(title="The tenth time tells little", ylim=(0, 1.4), xticks=range(0, 21, 5))
        ax.set(xlabel="times that a word comes", ylabel="weight / idf")
        label_lines(ax)


def recall(curves: Mapping[str, Sequence[float]]) -> None:
    """Recall at 1, 2, ... of each retriever."""
    ends = ", ".join(f"{name} from {curve[0]:.2f} to {curve[-1]:.2f}" for name, curve in curves.items())
    depth = range(1, len(next(iter(curves.values()))) + 1)
    with figure(alt=f"Recall at 1 to {depth[-1]} passages: {ends}.", height=2.8) as ax:
        for (name, curve), style, colour in zip(curves.items(), STYLES, (COLOURS[0], COLOURS[1], "black")):
            ax.plot(depth, curve, style, color=colour, label=name)
        ax.set(title="Vectors find what words miss", xlabel="passages looked at", ylabel="share with the gold passage")
        ax.set(ylim=(0.5, 1.01), xticks=(1, 5, 10, 15, 20))
        label_lines(ax)


def two_scores(question: str, names: Sequence[str], gold: Sequence[bool], scores: Mapping[str, Tensor]) -> None:
    """The passages found for one question and what each score gives them; the gold passage is black."""
    place = lambda values: rerank.reordered(list(gold), values.tolist()).index(True) + 1 if any(gold) else "none"
    places = "; ".join(f"{name} puts the gold passage at place {place(values)}" for name, values in scores.items())
    alt = f"Scores of {len(names)} passages for the question {question} {places}."
    with figure(alt=alt, columns=2, width=8.5, height=3) as axes:
        for ax, (name, values) in zip(axes, scores.items()):
            ax.barh(range(len(names)), values - values.min(), color=["black" if right else "#bbbbbb" for right in gold])
            ax.set(title=name, yticks=range(len(names)), xlabel="above the lowest, nats")
            ax.invert_yaxis()
        axes[0].set_yticklabels(names, fontsize=8)
        axes[1].set_yticklabels([])
    print(question)


def separation(groups: Mapping[str, tuple[Sequence[float], Sequence[float]]], auc: Mapping[str, float]) -> None:
    """Histograms of each score for gold passages (first) and for the others that were found."""
    told = ", ".join(f"{value:.2f} by {name}" for name, value in auc.items())
    alt = f"Histograms of the scores of gold passages and of others. Gold is told from other with AUC {told}."
    with figure(alt=alt, columns=3, width=9, height=2.6) as axes:
        for ax, (name, (gold, others)) in zip(axes, groups.items()):
            bins = torch.linspace(min(*gold, *others), max(*gold, *others), 25).tolist()
            ax.hist(others, bins, density=True, color="#cccccc", label="another one of the ten")
            ax.hist(gold, bins, density=True, histtype="step", color="black", linewidth=1.4, label="gold passage")
            unit = "nats a token" if name in ("query likelihood", "pmi") else "nats"
            ax.set(title=f"{name}:\nAUC {auc[name]:.2f}", xlabel=unit, yticks=[])
        axes[0].set_ylabel("share of passages")
    print("black outline: gold passages; grey: the others of the ten")


def reading(rows: Mapping[str, Sequence[float]]) -> None:
    """The share of right answers by what was read, with intervals."""
    values = {name: evaluate.summary(row) for name, row in rows.items()}
    alt = (
        f"Share of right answers by what was read: {', '.join(f'{n} {mean:.2f}' for n, (mean, *_) in values.items())}."
    )
    with figure(alt=alt, height=2.4) as ax:
        for y, (mean, low, high) in enumerate(values.values()):
            _dot(ax, (mean, y), (low, y), (high, y))
        ax.set(title="The same three passages in two orders", yticks=range(len(values)), xlim=(0, 1))
        ax.set(xlabel="share of right answers, 95 % interval")
        ax.set_yticklabels(values)
        ax.invert_yaxis()


def _dot(ax: Axes, at: Point, low: Point, high: Point) -> None:
    """A value, and a line from one end of its interval to the other."""
    ax.plot(*zip(low, high), color="black", linewidth=1, linestyle="-", marker="")
    ax.plot(*zip(at), "o", color="black")


def perplexity(changes: Mapping[str, Tensor], by_stride: Mapping[int, Tensor]) -> None:
    """Change of the loss by what is read (left) and by the stride (right); one number per text each."""
    read = {name: verdicts.mean(x.tolist()) for name, x in changes.items()}
    stride = {s: verdicts.mean(x.tolist()) for s, x in sorted(by_stride.items())}
    left, right = (", ".join(f"{name} {mean.value:+.2f}" for name, mean in found.items()) for found in (read, stride))
    alt = f"Left: change of nats a token by what is read: {left}. Right: by stride: {right}."
    with figure(alt=alt, columns=2, width=8.5, height=2.8) as axes:
        for y, mean in enumerate(read.values()):
            _dot(axes[0], (mean.value, y), (mean.low, y), (mean.high, y))
        axes[0].axvline(0, color=GREY, linewidth=0.8)
        axes[0].set(title="What is read", yticks=range(len(read)), xlabel="change, nats a token (left is better)")
        axes[0].set_yticklabels([name.replace(", ", ",\n") for name in read], fontsize=8)
        axes[0].invert_yaxis()
        for s, mean in stride.items():
            _dot(axes[1], (s, mean.value), (s, mean.low), (s, mean.high))
        axes[1].axhline(0, color=GREY, linewidth=0.8)
        axes[1].set_xscale("log", base=2)
        axes[1].set(title="How often", xticks=list(stride), xlabel="stride, tokens", ylabel="change, nats a token")
        axes[1].set_xticklabels([str(s) for s in stride])


def place_of_the_answer(log_prob: Tensor, right: Tensor) -> Shown:
    """An explorer: the gold passage at each place among ten, and what the model makes of it.

    log_prob, right  (questions, places)
    """
    places, mean = log_prob.shape[1], log_prob.mean(0)
    spread = 1.96 * (log_prob - log_prob.mean(1, keepdim=True)).std(0) / len(log_prob) ** 0.5
    at = range(1, places + 1)

    def draw(axes, place: int) -> None:
        axes[0].barh(at, [1] * places, color=["black" if i == place else "#dddddd" for i in at], edgecolor="white")
        axes[0].text(0.5, place, "the one that answers", color="white", ha="center", va="center", fontsize=8)
        axes[0].text(0.5, places + 1, "question, answer", ha="center", va="center", fontsize=8)
        axes[0].set(title="what is read", xticks=[], yticks=[], ylim=(places + 1.6, 0.4))
        axes[0].grid(False)
        axes[1].fill_between(at, mean - spread, mean + spread, color="#dddddd")
        axes[1].plot(at, mean, color="#777777")
        axes[1].plot([place], [mean[place - 1]], "o", color="black")
        axes[1].set(title=f"place {place}: {right[:, place - 1].mean():.0%} word for word")
        axes[1].set(xlabel="place of the gold passage", ylabel="log p of the answer, nats a token")

    return explore(
        draw,
        list(at),
        start=places // 2 + 1,
        label="place of the gold passage",
        alt=lambda place: (
            f"Ten passages, the gold one at place {place}; mean log p of the answer's tokens {mean[place - 1]:.2f}, "
            f"and {right[:, place - 1].mean():.0%} of answers word for word."
        ),
        columns=2,
        width=8,
        height=3,
    )


def lists(measured: Mapping[str, Mapping[str, Sequence]]) -> None:
    """Lists of made-up entries: what is read back of each tenth of a list, by its length."""
    ends = {n: position.by_part(torch.tensor(run["log_prob"]), 10).mean(0) for n, run in measured.items()}
    told = "; ".join(f"{n} entries {m[0]:.2f}, {m[4]:.2f}, {m[-1]:.2f}" for n, m in ends.items())
    alt = f"Lists of made-up entries. Log-probability in the first, fifth and last tenth of the list: {told}."
    with figure(alt=alt, columns=2, width=8.5, height=2.8) as axes:
        for (n, run), style, colour in zip(measured.items(), STYLES, ("black", COLOURS[0])):
            for ax, key in zip(axes, ("log_prob", "right")):
                parts = position.by_part(torch.tensor(run[key]), 10)
                m, half = parts.mean(0), 1.96 * parts.std(0) / len(parts) ** 0.5
                ax.fill_between(range(1, 11), m - half, m + half, color=colour, alpha=0.15, linewidth=0)
                ax.plot(range(1, 11), m, style, color=colour, label=f"{n} entries")
        axes[0].set(title="log p of the value", xlabel="tenth of the list", ylabel="nats a token")
        axes[1].set(title="read back word for word", xlabel="tenth of the list", ylabel="share", ylim=(0, 1))
        label_lines(axes[1])
