"""The claims of lecture 13 that need no reader, each put to the test on its record `13_finding`.

Differences are paired: the same question under two conditions; shares are of questions. The smallest effect worth
seeing is 0.05 of the questions, for a loss as for a gain. Claims about answers need a record with a language model.
"""

from collections.abc import Mapping, Sequence

from ...figures import Claim, Shown, claims
from ...verdicts import mean, paired, together, told, verdict

SHARE = 0.05  # smallest effect worth seeing
TRUSTED = 0.9  # an evaluator, or a classifier, that is right so often decides better than a fixed rule


def verdicts(record: Mapping) -> Shown:
    """What became of the claims, from the record `13_finding`."""
    return claims(found(record))


def found(record: Mapping) -> list[Claim]:
    return [
        _second_round(record["rounds"]),
        _robust(record["damaged"]["shares"]),
        _evaluator(record["auc"]),
        _need(record["classifier"]),
    ]


def _second_round(rounds: Mapping[str, Mapping[str, Sequence[float]]]) -> Claim:
    gains = {
        kind.replace(" ", "_"): paired(rows["quoting the passage, round 2"], rows["quoting the passage, round 1"])
        for kind, rows in rounds.items()
    }
    return Claim(
        "What one round has found helps the next one to find the second passage (Shao et al.)",
        f"second passage among the first five, round 2 against round 1, {told(**gains)}",
        together(**{kind: verdict(gain, over=0, worth=SHARE) for kind, gain in gains.items()}),
    )


def _robust(shares: Mapping[str, Mapping[str, Sequence[float]]]) -> Claim:
    gain = {share: paired(rows["CRAG"], rows["plain"]) for share, rows in shares.items()}
    worst, whole = gain[max(gain, key=float)], gain[min(gain, key=float)]
    return Claim(
        "Correction makes retrieval robust: it gains where retrieval is bad, and costs nothing where it is good (CRAG)",
        f"answer in what is read, CRAG against plain, {told(mostly_damaged=worst, undamaged=whole)}",
        together(
            mostly_damaged=verdict(worst, over=0, worth=SHARE),
            undamaged=verdict(whole, over=-SHARE),
        ),
    )


def _evaluator(auc: Sequence[Mapping[str, float]]) -> Claim:
    heads = mean([run["head"] for run in auc], most=1)
    return Claim(
        "A small evaluator that was trained for it tells useful passages from others (CRAG, Self-RAG)",
        f"AUC on countries that it has not seen, {told('.3f', head=heads)}; cosine {auc[0]['cosine']:.3f}",
        verdict(heads, over=TRUSTED),
    )


def _need(runs: Sequence[Mapping[str, Sequence[float]]]) -> Claim:
    right = lambda kind: mean([sum(run[kind]) / len(run[kind]) for run in runs], least=0, most=1)
    kinds = {"none": right("none"), "one": right("one"), "several": right("several")}
    return Claim(
        "The question alone tells how much retrieval it needs (Adaptive-RAG)",
        f"share recognised, by what they need, {told('.2f', **kinds)}",
        together(**{kind: verdict(estimate, over=TRUSTED) for kind, estimate in kinds.items()}),
    )
