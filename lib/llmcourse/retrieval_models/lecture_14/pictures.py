"""The pictures of lecture 14. Each takes what was measured and draws it; none measures anything."""

from collections.abc import Mapping, Sequence

import torch
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from torch import Tensor

from ... import verdicts
from ...figures import COLOURS, Shown, explore, figure

GREY = "#888888"


def places() -> None:
    """Where what was found can enter a language model: its input, its loss, its layers."""
    columns = (
        ("RAG: the input", ("retriever", "prompt", "language model", "answer"), (0, 1, 2), ()),
        ("REALM: the loss", ("retriever", "p(z | x)", "reader p(y | z, x)", "sum over z"), (0, 1, 2), (3, 2, 1, 0)),
        ("RETRO: a layer", ("neighbours", "encoder", "every third layer", "next token"), (0, 1, 2), ()),
    )
    told = "; ".join(f"{title}: {', '.join(boxes)}" for title, boxes, *_ in columns)
    alt = f"Three columns of four boxes, joined by arrows downwards. {told}. In REALM a second arrow goes back up."
    with figure(alt=alt, width=8, height=3.2) as ax:
        for x, (title, boxes, _, back) in enumerate(columns):
            ax.text(x, 0.9, title, ha="center", fontsize=10, fontweight="bold")
            for y, text in enumerate(boxes):
                ax.text(x, -y, text, ha="center", va="center", fontsize=9,
                        bbox={"boxstyle": "round,pad=0.4", "fc": "white", "ec": "black"})  # fmt: skip
                if y:
                    ax.annotate("", (x, -y + 0.32), (x, -y + 0.68), arrowprops={"arrowstyle": "->"})
            if back:
                ax.annotate(
                    "", (x + 0.36, -0.1), (x + 0.36, -2.9), arrowprops={"arrowstyle": "->", "color": COLOURS[0]}
                )
                ax.text(x + 0.39, -1.5, "gradient", rotation=90, va="center", fontsize=8, color=COLOURS[0])
        ax.set(xlim=(-0.5, 2.6), ylim=(-3.5, 1.3))
        ax.axis("off")


def posteriors(frames: Mapping[int, tuple[Tensor, Tensor]], names: Sequence[str], gold: int, question: str) -> Shown:
    """What the retriever thinks of a few passages, before and after the answer is known, as training goes on."""

    def draw(ax: Axes, step: int) -> None:
        prior, posterior = frames[step]
        y = torch.arange(len(names)).float()
        ax.barh(y - 0.2, prior, 0.36, color="black", label="p(z | x)")
        ax.barh(y + 0.2, posterior, 0.36, color=COLOURS[0], label="p(z | x, y)")
        marked = [f"{name}  (gold)" if i == gold else name for i, name in enumerate(names)]
        ax.set(xlim=(0, 1), yticks=range(len(names)), xlabel="probability", title=question)
        ax.set_yticklabels(marked, fontsize=8)
        ax.invert_yaxis()
        ax.legend(loc="lower right", frameon=False, fontsize=8)

    def alt(step: int) -> str:
        prior, posterior = frames[step]
        return (f"After {step} steps the gold passage has the probability {prior[gold]:.2f} for the retriever, and "
                f"{posterior[gold]:.2f} once the answer is known.")  # fmt: skip

    steps = list(frames)
    return explore(draw, steps, label="training steps", alt=alt, start=steps[len(steps) // 3], height=3.2)


def arms(recall: Mapping[str, Sequence[float]], start: Sequence[float]) -> None:
    """Recall@1 of every arm, with 95 % intervals over seeds."""
    rows = {"start": verdicts.mean(start), **{name: verdicts.mean(values) for name, values in recall.items()}}
    told = ", ".join(f"{name} {row.value:.2f}" for name, row in rows.items())
    with figure(
        alt=f"Recall at 1 on countries never seen, by who teaches: {told}.", height=0.9 + 0.32 * len(rows)
    ) as ax:
        for y, row in enumerate(rows.values()):
            ax.plot((row.low, row.high), (y, y), color="black", linewidth=1, linestyle="-", marker="")
            ax.plot(row.value, y, "o", color="black")
        ax.set(title="Finding is learned from reading, without labels", yticks=range(len(rows)), xlim=(-0.02, 1))
        ax.set(xlabel="recall@1 on countries never seen, 95 % interval over seeds")
        ax.set_yticklabels(rows)
        ax.invert_yaxis()


def reading(moved: Tensor, m: int) -> None:
    """Which outputs move (U, L) when the neighbours of each chunk change."""
    told = "; ".join(f"chunk {u}: tokens {row.nonzero().min()} to {row.nonzero().max()}" for u, row in enumerate(moved))
    alt = f"A grid of {moved.shape[1]} tokens by {len(moved)} chunks. Changed neighbours move the outputs of {told}."
    with figure(alt=alt, height=1.9) as ax:
        for u, row in enumerate(moved):
            ax.add_patch(Rectangle((u * m - 0.5, u - 0.5), m, 1, fc="#dddddd", ec="none"))
            for t in row.nonzero()[:, 0].tolist():
                ax.add_patch(Rectangle((t - 0.42, u - 0.3), 0.84, 0.6, fc=COLOURS[0], ec="none"))
        ax.set(xlim=(-0.5, moved.shape[1] - 0.5), ylim=(len(moved) - 0.5, -0.5), xticks=range(moved.shape[1]))
        ax.set(xlabel="token", ylabel="chunk", yticks=range(len(moved)))
        ax.set_title("A chunk is read about from its last token on")
    print("grey: the tokens of the chunk; coloured: the tokens that read its neighbours")


def copied(bits: Mapping[str, Mapping[str, Sequence[float]]], least: Mapping[str, float]) -> None:
    """Bits per letter of copied and new chunks, by what was read; and those of who copies as well as can be."""
    kinds = ("copied", "new")
    mean = {how: {kind: sum(row[kind]) / len(row[kind]) for kind in kinds} for how, row in bits.items()}
    told = "; ".join(f"{how}: copied {row['copied']:.2f}, new {row['new']:.2f}" for how, row in mean.items())
    with figure(alt=f"Bits per letter by what was read. {told}.", height=2.4) as ax:
        for y, (how, row) in enumerate(mean.items()):
            for kind, colour, at, apart in zip(kinds, (COLOURS[0], "black"), (-0.15, 0.15), (-0.14, 0.3)):
                ax.plot(bits[how][kind], [y + at] * len(bits[how][kind]), "|", color=colour, markersize=11)
                ax.text(row[kind], y + at + apart, kind, ha="center", fontsize=8, color=colour)
        for kind, colour in zip(kinds, (COLOURS[0], "black")):
            ax.axvline(least[kind], color=colour, linestyle=":", linewidth=1)
        ax.set(title="Only what stands in the right neighbour gets cheaper", yticks=range(len(mean)), xlim=(0, 3.6))
        ax.set(xlabel="bits per letter, one stroke for each seed; dotted: who copies as well as can be")
        ax.set(ylim=(len(mean) - 0.4, -0.6))
        ax.set_yticklabels(mean)
