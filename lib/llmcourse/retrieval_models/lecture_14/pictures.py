"""The pictures of lecture 14. Each takes what was measured and draws it; none measures anything."""

from collections.abc import Mapping, Sequence

import torch
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from torch import Tensor

from ... import verdicts
from ...figures import COLOURS, Shown, explore, figure, label_lines

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
    """What the retriever thinks of some passages, before and after the answer is known, as training goes on.

    The gold one, those that were likeliest at first, and those that are in the end.
    """
    steps = list(frames)
    likely = [frames[step][0].argsort(descending=True).tolist() for step in (steps[0], steps[-1])]
    shown = list(dict.fromkeys([gold, *likely[0][:4], *likely[1][:3]]))

    def draw(ax: Axes, step: int) -> None:
        prior, posterior = (p[shown] for p in frames[step])
        y = torch.arange(len(shown)).float()
        ax.barh(y - 0.2, prior, 0.36, color="black", label="p(z | x)")
        ax.barh(y + 0.2, posterior, 0.36, color=COLOURS[0], label="p(z | x, y)")
        ax.set(xlim=(0, 1), yticks=range(len(shown)), xlabel="probability", title=question)
        ax.set_yticklabels([f"{names[i]}  (gold)" if i == gold else names[i] for i in shown], fontsize=8)
        ax.invert_yaxis()
        ax.legend(loc="lower right", frameon=False, fontsize=8)

    def alt(step: int) -> str:
        prior, posterior = frames[step]
        return (f"After {step} steps the gold passage has the probability {prior[gold]:.2f} for the retriever, and "
                f"{posterior[gold]:.2f} once the answer is known.")  # fmt: skip

    return explore(draw, steps, label="training steps", alt=alt, start=steps[1], height=3.4)


def learning(latent: Mapping) -> None:
    """Recall@1 as training goes on, by who teaches: the mean of the seeds."""
    curves = {arm: torch.tensor([run["curve"] for run in runs]).mean(0) for arm, runs in latent["runs"].items()}
    told = ", ".join(f"{arm} {curve[-1, 1]:.2f}" for arm, curve in curves.items())
    first = next(iter(curves.values()))[0, 1]
    with figure(alt=f"Recall at 1 by training step, from {first:.2f} on. In the end: {told}.", height=3) as ax:
        for arm, curve in curves.items():
            ax.plot(*curve.T.tolist(), label=arm)
        ax.set(title="A reader teaches its retriever", xlabel="training steps", ylim=(0, 1))
        ax.set(ylabel="recall@1, new countries")
        label_lines(ax)


def arms(recall: Mapping[str, Sequence[float]], start: Sequence[float], title: str) -> None:
    """Recall@1 of every arm, with 95 % intervals over seeds."""
    rows = {"start": verdicts.mean(start), **{name: verdicts.mean(values) for name, values in recall.items()}}
    told = ", ".join(f"{name} {row.value:.2f}" for name, row in rows.items())
    with figure(
        alt=f"Recall at 1 on countries never seen, by who teaches: {told}.", height=0.9 + 0.32 * len(rows)
    ) as ax:
        for y, row in enumerate(rows.values()):
            ax.plot((row.low, row.high), (y, y), color="black", linewidth=1, linestyle="-", marker="")
            ax.plot(row.value, y, "o", color="black")
        ax.axvline(rows["start"].value, color=GREY, linewidth=1, linestyle=":")
        ax.set(title=title, yticks=range(len(rows)), xlim=(-0.02, 1))
        ax.set(xlabel="recall@1 on countries never seen, 95 % interval over seeds")
        ax.set_yticklabels(rows)
        ax.invert_yaxis()


def targets(p: Mapping[str, Tensor], question: int) -> None:
    """For one question: distributions over the passages that were found, the most relevant first."""
    ordered = {name: rows[question] for name, rows in p.items()}
    told = "; ".join(f"{name}: at most {row.max():.2f}" for name, row in ordered.items())
    k = len(next(iter(ordered.values())))
    with figure(alt=f"Four distributions over {k} passages. {told}.", width=8, height=2.3, columns=len(p)) as axes:
        for ax, (name, row) in zip(axes, ordered.items()):
            ax.bar(range(1, k + 1), row, color="black")
            ax.set(ylim=(0, 1), xlabel="passage found")
            ax.set_title(name, fontsize=9)
            if ax is not axes[0]:
                ax.set_yticklabels([])


def attending(weights: Tensor, tokens: Tensor, near: Tensor, overlap: Tensor) -> Shown:
    """Which token looks where in what was found: (U, m, 2 m) weights of a text (U m,), its neighbours (U, 2 m)."""
    U, m = weights.shape[:2]
    letters = lambda row: ["abcdefghijklmnopqrstuvwxyz"[i - 1] for i in row.tolist()]

    def draw(ax: Axes, u: int) -> None:
        following = tokens[(u + 1) * m : (u + 2) * m]
        ax.imshow(weights[u], cmap="Greys", vmin=0, vmax=1, aspect="auto")
        ax.axvline(m - 0.5, color=COLOURS[0], linewidth=1)
        ax.grid(False)
        ax.set(xticks=range(2 * m), yticks=range(m), xlabel="letters of the neighbour | of its continuation")
        ax.set(
            ylabel="letter to be written",
            title=f"Chunk {u + 1} {'stands' if overlap[u + 1] else 'does not stand'} in what was found for chunk {u}",
        )
        ax.set_xticklabels(letters(near[u]))
        ax.set_yticklabels(letters(following))

    def alt(u: int) -> str:
        rows = torch.arange(1, m)
        copied = weights[u, rows, m + rows].mean()
        return (
            f"Attention of the tokens that write chunk {u + 1} to {2 * m} letters found. On the letter that comes next "
            f"in the continuation lies {copied:.2f} on average."
        )

    copied = (overlap[1:] > 0.5).nonzero()[:, 0].tolist()
    return explore(draw, range(U - 1), label="chunk searched for", alt=alt, start=(copied or [0])[0], height=3.4)


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


def real(found: Mapping) -> None:
    """On real texts: bits saved against strays by how much can be copied, and lost with another database afterwards."""
    runs, bands = found["runs"], ("all", *found["bands"])
    saved = {
        f"{band} can be copied" if band != "all" else "all chunks": verdicts.paired(
            *([run[band] for run in runs[arm]] for arm in ("stray", "near"))
        )
        for band in bands
    }
    names = {"30%": "30 % of it", "10%": "10 % of it", "3%": "3 % of it", "1%": "1 % of it",
             "others": "without the country", "strays": "strays", "nothing": "nothing"}  # fmt: skip
    near = [run["all"] for run in runs["near"]]
    lost = {told: verdicts.paired([run[name]["all"] for run in found["changed"]], near) for name, told in names.items()}
    told = "; ".join(
        f"{what}: {', '.join(f'{name} {row.value:+.3f}' for name, row in rows.items())}"
        for what, rows in (("saved against strays", saved), ("lost with another database", lost))
    )
    with figure(alt=f"Bits per subword. {told}.", width=8, height=3, columns=2) as axes:
        titles = ("Saved against strays", "Lost with another database")
        for ax, rows, title in zip(axes, (saved, lost), titles):
            for y, row in enumerate(rows.values()):
                ax.plot((row.low, row.high), (y, y), color="black", linewidth=1, linestyle="-", marker="")
                ax.plot(row.value, y, "o", color="black")
            ax.axvline(0, color=GREY, linewidth=1, linestyle=":")
            ax.set(title=title, xlabel="bits per subword, 95 % interval", yticks=range(len(rows)), xlim=(-0.14, 0.14))
            ax.set_yticklabels(rows, fontsize=8)
            ax.invert_yaxis()
