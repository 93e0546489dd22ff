"""The pictures and tables of the capstone, from its record or from answers that were just given."""

from collections.abc import Mapping, Sequence

from ...figures import Shown, figure, table
from ...verdicts import share
from ..capstone_experiments import CONTEXTS, READERS
from .claims import right

FILLS = {"as it is": "white", "form": "#bbbbbb", "reading": "black"}
STEPS = {"all questions": (), "one step": (1,), "two or three steps": (2, 3)}


def cells(record: Mapping) -> None:
    """Accuracy of every reader beside every context: all questions, and by the number of steps."""
    mean = lambda values: sum(values) / len(values)
    shown = {
        title: {reader: [mean(right(record, reader, c, hops)) for c in CONTEXTS] for reader in READERS}
        for title, hops in STEPS.items()
    }
    told = "; ".join(
        f"{reader}: {', '.join(f'{c} {v:.2f}' for c, v in zip(CONTEXTS, values))}"
        for reader, values in shown["all questions"].items()
    )
    with figure(alt=f"Share of right answers on all questions. {told}.", height=3, columns=3) as axes:
        for ax, (title, readers) in zip(axes, shown.items()):
            for i, (reader, values) in enumerate(readers.items()):
                places = [x + 0.27 * (i - 1) for x in range(len(CONTEXTS))]
                ax.bar(places, values, 0.25, color=FILLS[reader], edgecolor="black", linewidth=0.8, label=reader)
            ax.set(title=title, ylim=(0, 1), xticks=range(len(CONTEXTS)))
            ax.set_xticklabels([c.replace(" ", "\n") for c in CONTEXTS], fontsize=7)
        axes[0].set(ylabel="share right")
        axes[0].legend(frameon=False, fontsize=7, title="the model", title_fontsize=7)


def costs(record: Mapping) -> Shown:
    """Right answers with Wilson's interval, and the tokens that an answer stands on; seeds of a reader are pooled."""
    rows = []
    for reader in READERS:
        for context in CONTEXTS:
            runs = [row["contexts"][context] for row in record["rows"] if row["reader"] == reader]
            hits = [r for run in runs for r in run["right"]]
            tokens = [n for run in runs for n in run["tokens"]]
            found = share(sum(hits), len(hits))
            rows.append(
                [reader, context, f"{found.value:.2f} ({found.low:.2f} to {found.high:.2f})", len(runs),
                 round(sum(tokens) / len(tokens))]
            )  # fmt: skip
    return table(rows, ["the model", "beside it", "right (95 %)", "seeds", "tokens"],
                 f"{len(record['questions'])} questions")  # fmt: skip


def answered(questions: Sequence, found: Mapping[str, tuple[Sequence[str], Sequence[int]]]) -> Shown:
    """Each question with the answers of several ways: name -> (answers, whether each is right)."""
    mark = lambda answer, ok: f"{answer} {'✓' if ok else '✗'}"
    rows = [
        [q.text, *(mark(answers[i], judged[i]) for answers, judged in found.values())] for i, q in enumerate(questions)
    ]
    return table(rows, ["question", *found])


def loss(before: float, curve: Sequence[float], after: float) -> None:
    """A short training: the loss of its batches, and the held-out likelihood on both sides."""
    alt = (
        f"Loss of {len(curve)} batches, {curve[0]:.2f} to {curve[-1]:.2f} nats; held-out {before:.2f} and {after:.2f}."
    )
    with figure(alt=alt, height=2.2) as ax:
        ax.plot(range(1, len(curve) + 1), curve, color="black", label="a batch of the training regions")
        ax.plot([0, len(curve)], [-before, -after], "o--", color="#777777", label="the held-out region")
        ax.set(title="Learning to read", xlabel="step", ylabel="nats a token", ylim=(0, None))
        ax.legend(frameon=False)
