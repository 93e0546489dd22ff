"""The tables of lecture 15: what was measured, in rows."""

from collections.abc import Mapping, Sequence

from ...figures import Shown, table
from ...retrieval.evaluate import told
from ..live_experiments import Completed, Harvest


def formats(readings: Sequence) -> Shown:
    """What each reader made of its file."""
    rows = [(r.file.name, r.lines, r.statements, r.malformed, "; ".join(m.why for m in r.named[:1])) for r in readings]
    return table(rows, ["file", "lines", "statements", "malformed", "the first one's reason"])


def masks(sentence: Sequence[str], masked: Mapping[str, Sequence[int]]) -> Shown:
    """A sentence under each kind of mask."""
    hide = lambda row: ("[mask]" if hidden else word for word, hidden in zip(sentence, row))
    return table([(level, " ".join(hide(row))) for level, row in masked.items()], ["masks", "what a model gets"])


def compared(found: Mapping[str, Sequence[int]], hops: Sequence[int]) -> Shown:
    """Readers on the same test questions, by the number of steps."""
    rows = [(arm, told(right), *_by_steps(right, hops)) for arm, right in found.items()]
    caption = f"{len(hops)} test questions with eight choices each, one seed"
    return table(rows, ["reader", "right", *_steps(hops)], caption)


def _steps(hops: Sequence[int]) -> list[str]:
    return [f"{h} step{'s' * (h > 1)}" for h in sorted(set(hops))]


def _by_steps(right: Sequence[int], hops: Sequence[int]) -> list[str]:
    of = lambda h: [r for r, x in zip(right, hops, strict=True) if x == h]
    return [f"{sum(of(h)) / len(of(h)):.2f}" for h in sorted(set(hops))]


def answers(measured: Mapping, number: int) -> Shown:
    """One question as every system answered it."""
    rows = [
        (name, f"{row['answers'][number]} {'✓' if row['right'][number] else '✗'}", row["tokens"][number])
        for name, row in measured["rows"].items()
    ]
    accepted = ", ".join(measured["accepted"][number])
    return table(rows, ["system", "answer", "tokens"], f"{measured['questions'][number]} Accepted: {accepted}")


def conclusions(measured: Mapping) -> Shown:
    """System by number of steps, tokens and seconds: a row for each system measured, whoever added it."""
    hops, n = measured["hops"], len(measured["questions"])
    rows = [
        (
            name,
            told(row["right"]),
            *_by_steps(row["right"], hops),
            round(sum(row["tokens"]) / n),
            round(row["seconds"] / n, 1),
        )
        for name, row in measured["rows"].items()
    ]
    header = ["system", "right", *_steps(hops), "tokens", "CPU seconds"]
    return table(rows, header, f"{n} questions; tokens and seconds are means of a question")


def planning(rows: Mapping[str, Sequence[Mapping]]) -> Shown:
    """Questions by kind: right plans, right answers, faithful paths."""
    keys = ("plan", "right", "faithful")
    shown = [(name, len(r), *(told([x[key] for x in r]) for key in keys)) for name, r in rows.items()]
    return table(shown, ["questions", "number", "right plan", "right answer", "path exists and leads there"])


def completed(found: Completed, shown: int = 5) -> Shown:
    """Samples of COMET, from held-out pairs and from the relation that it has never seen."""
    first, last = found.samples[:shown], found.samples[-shown:]
    rows = [(given.strip(" >"), right, ", ".join(made)) for given, right, made in [*first, *last]]
    caption = (
        f"hits among 5: {told(found.held_out)} on held-out pairs, {told(found.commonest)} for the commonest tails; "
        f"{told(found.unseen)} on the relation that was left out. New triples: {found.novelty.triples:.0%}"
    )
    return table(rows, ["given", "right", "completed as"], caption)


def harvested(found: Harvest, prompts: Sequence[str], shown: int = 8) -> Shown:
    """The first pairs by each way, and its precision."""
    mark = lambda pair: f"{pair[0]}: {pair[1]} {'✓' if pair[2] else '✗'}"
    rows = list(zip(*([mark(p) for p in pairs[:shown]] for pairs in found.pairs.values())))
    precise = "; ".join(f"{name} {sum(p[2] for p in pairs)} of {len(pairs)}" for name, pairs in found.pairs.items())
    weights = ", ".join(f"{p} {w:.2f}" for p, w in zip(prompts, found.weights))
    return table(rows, list(found.pairs), f"right: {precise}. Weights: {weights}")
