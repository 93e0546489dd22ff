"""The claims of lecture 13, each put to the test on its record: `13_finding` without a reader, `13_systems` with one.

Differences are paired: the same question under two conditions; shares are of questions. The smallest effect worth
seeing is 0.05 of the questions, for a loss as for a gain. The bounds were set before the runs.
"""

from collections.abc import Mapping, Sequence
from statistics import fmean

from ...figures import Claim, Shown, claims
from ...verdicts import Estimate, mean, paired, share, together, told, verdict
from ..adaptive import mixed

SHARE = 0.05  # smallest effect worth seeing
TRUSTED = 0.9  # an evaluator, or a classifier, that is right so often decides better than a fixed rule
FACTS = ("one hop", "two hops")  # kinds of questions that need passages


def verdicts(finding: Mapping, answering: Mapping) -> Shown:
    """What became of the claims, from the records `13_finding` and `13_systems`."""
    return claims([*found(finding), *answered(answering)])


def answered(record: Mapping) -> list[Claim]:
    """The claims about answers."""
    rows, gone = record["rows"], record["gone"]
    return [
        _rounds(rows["two hops"]),
        _on_demand(rows),
        _corrected(rows["one hop"], gone),
        _adapted(rows),
        _bridged(rows),
        _drafted(rows),
    ]


def over(rows: Mapping, name: str, what: str, kinds: Sequence[str] = FACTS) -> list[float]:
    """What was measured of a system, on all questions of these kinds."""
    return [value for kind in kinds for value in rows[kind][name][what]]


def _rounds(two: Mapping[str, Mapping]) -> Claim:
    gain = paired(two["iterative"]["right"], two["3 passages"]["right"])
    return Claim(
        "A second round with the first answer in the query answers more questions of two hops (Shao et al.)",
        f"right answers, two rounds against one with the same reader, {told(gain=gain)}",
        verdict(gain, over=0, worth=SHARE),
    )


def _on_demand(rows: Mapping[str, Mapping]) -> Claim:
    idle = rows["by heart"]["Self-RAG"]["searched"]
    busy, always = over(rows, "Self-RAG", "right"), over(rows, "3 passages", "right")
    needed = over(rows, "Self-RAG", "searched")
    spared, kept = share(sum(x == 0 for x in idle), len(idle)), share(int(sum(needed)), len(needed))
    gain = paired(busy, always)
    return Claim(
        "It retrieves only where that is needed, and judging its own answers makes them better (Self-RAG)",
        f"no search by heart: {told('.2f', share=spared)}; search for facts: {told('.2f', share=kept)}; "
        f"right answers against reading three passages at once, {told(gain=gain)}",
        together(
            spares_searches=verdict(spared, over=0.5),
            searches_for_facts=verdict(kept, over=0.8),
            better_answers=verdict(gain, over=0, worth=SHARE),
        ),
    )


def _corrected(whole: Mapping[str, Mapping], gone: Mapping[str, Mapping]) -> Claim:
    lost, kept = (paired(rows["CRAG"]["right"], rows["3 passages"]["right"]) for rows in (gone, whole))
    return Claim(
        "Correction makes answers robust: better where the passage is missing, as good where it is there (CRAG)",
        f"right answers, CRAG against three passages, {told(missing=lost, there=kept)}",
        together(missing=verdict(lost, over=0, worth=SHARE), there=verdict(kept, over=-SHARE)),
    )


def above_the_line(rows: Mapping[str, Mapping], kinds: Sequence[str]) -> Estimate:
    """How far Adaptive-RAG is above a coin between never searching and always searching twice, at the same cost in
    tokens: for each question the difference to the mixture of both, then the mean."""
    of = lambda name, what: over(rows, name, what, kinds)
    cost = {name: fmean(of(name, "tokens")) for name in ("closed book", "iterative", "Adaptive-RAG")}
    line = lambda a, b: mixed((cost["closed book"], a), (cost["iterative"], b), cost["Adaptive-RAG"])
    coin = [line(a, b) for a, b in zip(of("closed book", "right"), of("iterative", "right"))]
    return paired(of("Adaptive-RAG", "right"), coin)


def _adapted(rows: Mapping[str, Mapping]) -> Claim:
    gain = above_the_line(rows, tuple(rows))
    return Claim(
        "Choosing the amount of retrieval by the question beats a coin between none and several (Adaptive-RAG)",
        f"right answers over the line between no search and two rounds, at equal tokens, {told(gain=gain)}",
        verdict(gain, over=0, worth=SHARE),
    )


def _bridged(rows: Mapping[str, Mapping]) -> Claim:
    all_tokens = over(rows, "3 passages", "tokens")
    saved = mean([1 - a / b for a, b in zip(over(rows, "bridge", "tokens"), all_tokens)], most=1)
    kept = paired(over(rows, "bridge", "right"), over(rows, "3 passages", "right"))
    return Claim(
        "A model that picks passages for the reader saves tokens and loses no answers (Ke et al.)",
        f"share of tokens saved against three passages: {told('.2f', saved=saved)}; right answers, {told(change=kept)}",
        together(fewer_tokens=verdict(saved, over=0, worth=0.1), as_good=verdict(kept, over=-SHARE)),
    )


def _drafted(rows: Mapping[str, Mapping]) -> Claim:
    gain = paired(over(rows, "speculative", "right"), over(rows, "3 passages", "right"))
    return Claim(
        "Drafts from small sets of passages, and a verifier, answer better than one long prompt (Speculative RAG)",
        f"right answers against three passages in one prompt, {told(gain=gain)}",
        verdict(gain, over=0, worth=SHARE),
    )


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
