"""The tables of lecture 14: what was measured, in rows."""

from collections.abc import Mapping, Sequence

from ... import verdicts
from ...figures import Shown, table


def _mean(values: Sequence[float], form: str = ".2f") -> str:
    """The mean over seeds, and half the width of its interval."""
    found = verdicts.mean(values)
    return f"{found.value:{form}} ± {found.high - found.value:{form}}"


def taught(latent: Mapping) -> Shown:
    """Who taught the retriever: recall on relations trained on and on new ones, and how likely the answers became."""
    before = next(iter(latent["runs"].values()))
    rows = [("nobody yet", "", *(_mean([run["before"][part] for run in before]) for part in ("test", "new")), "")]
    for arm, runs in latent["runs"].items():
        recall = [_mean([run["after"][part] for run in runs]) for part in ("test", "new")]
        rows.append((arm, f"{latent['rates'][arm]:g}", *recall, _mean([run["nats"] for run in runs])))
    counts = latent["counts"]
    return table(
        rows, ["taught by", "rate", "recall@1, trained relations", "recall@1, new relations", "log p(y | x), nats"],
        f"{counts['passages']:,} passages; questions: {counts['train']} to train on, {counts['choose']} to choose a "
        f"rate by, {counts['test']} and {counts['new']} to test on; mean and 95 % interval over {len(before)} seeds",
    )  # fmt: skip


def editions(latent: Mapping) -> Shown:
    """The index exchanged: recall, and how often the answer of that year is the likelier of the two."""
    rows = [
        (year, when, *(_mean([one[when][year][what] for one in latent["editions"]]) for what in ("recall", "follows")))
        for year in ("2025", "2015")
        for when in ("before", "after")
    ]
    return table(
        rows, ["index of", "training", "recall@1", "its answer is the likelier one"],
        f"{latent['counts']['changed']} questions whose answer changed, countries never trained on; trained on 2025",
    )  # fmt: skip


def prose(found: Mapping) -> Shown:
    """Bits per subword, by what was read and by how much of a chunk can be copied."""
    bands = ("all", *found["bands"])
    rows = [
        (arm, *(_mean([run[band] for run in runs], ".3f") for band in bands)) for arm, runs in found["runs"].items()
    ]
    shares = "; ".join(f"{name} {share:.0%}" for name, share in found["bands"].items())
    return table(
        rows, ["neighbours", *("all chunks" if band == "all" else f"{band} can be copied" for band in bands)],
        f"bits per subword on countries never trained on; {len(found['changed'])} seeds; of the chunks: {shares}",
    )  # fmt: skip


def halves(found: Mapping) -> Shown:
    """RA-DIT two by two: nats per answer."""
    rows = []
    for part, name in (("test", "relations trained on"), ("new", "new relations")):
        cell = found["cells"][part]
        rows.append((name, "as it was", _mean(cell["neither"]), _mean(cell["reader"])))
        rows.append(("", "tuned", _mean(cell["retriever"]), _mean(cell["both"])))
    odds = [sorted({pair[i] for pair in found["cells"]["odds"]}) for i in (0, 1)]
    told = [" or ".join(f"{x:g}" for x in one) for one in odds]
    return table(
        rows, ["questions", "retriever", "reader as it was", "reader tuned"],
        f"log p(y | x), nats per answer. The reader begins with odds of copying of {found['first']:g}; chosen were "
        f"{told[0]} with the old retriever, {told[1]} with the tuned one",
    )  # fmt: skip
