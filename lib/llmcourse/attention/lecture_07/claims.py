"""The claims of lecture 07, each put to the test.

The bounds were chosen after a pilot with one text, or one seed, and before the records were made. Differences are
paired: the same text, or the same seed.
"""

from collections.abc import Mapping, Sequence

import torch

from ...figures import Claim, Shown, claims
from ...verdicts import Estimate, exact, mean, paired, together, told, verdict
from ..compressed_experiments import last

LOW = 0.25  # of L: a rank that is worth calling low
CONSTANT = 1.5  # times the rank, at most, for four times the text
KEPT = 0.5  # relative error of an output that is still of use
ROUNDING = 1e-9  # in float64
LINEAR = 1.5  # times the growth of the length, at most
ORDER, NEAR = 0.2, 0.05  # shares of right answers: an effect worth seeing, and no difference to speak of
DAMPED = 0.02


def verdicts(ranks: Mapping, projection: Mapping, growth: Mapping[str, Sequence[float]], same: Mapping[str, float],
             order: Mapping) -> Shown:  # fmt: skip
    """What became of the claims.

    ranks, projection, order             the records
    growth                               layer -> its time over the growth of the length, by round
    same                                 equality -> relative difference, float64
    """
    return claims(
        [
            _low_rank(ranks),
            _projection(projection),
            _linear(growth),
            _forms(same),
            _positions(order),
            _chunks(order),
            _damping(order),
        ]
    )


def by_text(ranks: Mapping, kind: str, L: int) -> list[float]:
    """The rank that is needed, mean over layers, text by text."""
    return torch.tensor(ranks["ranks"][kind][str(L)]).mean(-1).tolist()


def _low_rank(ranks: Mapping) -> Claim:
    lengths = [int(L) for L in ranks["ranks"]["as it is"]]
    short, long = lengths[0], lengths[-1]
    share = mean([rank / long for rank in by_text(ranks, "as it is", long)], 0, 1)
    pairs = zip(by_text(ranks, "as it is", long), by_text(ranks, "as it is", short))
    grown = mean([a / b for a, b in pairs], 0)
    return Claim(
        "Attention matrices are of low rank, whatever the length (Linformer)",
        f"rank that keeps {ranks['share']:.0%} of the squares, over L, at {long} tokens: {share.told('.3f')}; its "
        f"growth from {short} to {long} tokens: {grown.told('.1f')}",
        together(low=verdict(share, under=LOW), does_not_grow=verdict(grown, under=CONSTANT)),
        "The column of the first token makes it low; a diagonal, as in a head of layer 11, has full rank.",
    )


def _projection(projection: Mapping) -> Claim:
    k = max(map(int, projection["errors"]["random"]))
    lost = {kind: mean(by[str(k)], 0) for kind, by in projection["errors"].items()}
    return Claim(
        "A projection of the keys keeps what a head reads (theorem 1: a random one does)",
        f"relative error of the output with {k} places for {projection['L']} tokens: {told('.2f', **lost)}",
        together(**{kind: verdict(one, under=KEPT) for kind, one in lost.items()}),
        "The projections were not trained with the model, and the model not with them.",
    )


def _linear(growth: Mapping[str, Sequence[float]]) -> Claim:
    each = {name: mean(values, 0) for name, values in growth.items()}
    return Claim(
        "Linformer, FLASH and MEGA-chunk take time linear in the length",
        "four times the tokens, time over 4: " + told(".2f", **each),
        together(**{name: verdict(one, under=LINEAR) for name, one in each.items()}),
    )


def _forms(same: Mapping[str, float]) -> Claim:
    worst = exact(max(same.values()))
    return Claim(
        "The damped average is a recurrence, a convolution and a diagonal state space model",
        f"{len(same)} equalities, relative difference at most {worst.value:.0e}",
        verdict(worst, under=ROUNDING),
    )


def gap(order: Mapping, arm: str, other: str) -> Estimate:
    """Difference of two arms of the record 07_order, in shares of right answers."""
    return paired(last(order["runs"], arm), last(order["runs"], other))


def _positions(order: Mapping) -> Claim:
    blind, placed = gap(order, "MEGA", "attention"), gap(order, "MEGA", "attention with positions")
    return Claim(
        "The average gives order: MEGA needs no position code",
        "MEGA's share of right answers over "
        + told("+.2f", attention_without_positions=blind, attention_with_positions=placed),
        together(
            better_than_without=verdict(blind, over=0, worth=ORDER), level_with_positions=verdict(placed, over=-NEAR)
        ),
    )


def _chunks(order: Mapping) -> Claim:
    kept, taken = gap(order, "MEGA-chunk", "MEGA"), gap(order, "MEGA-chunk", "MEGA-chunk without average")
    return Claim(
        "Chunks cost little, because the average links them",
        "MEGA-chunk over " + told("+.2f", MEGA=kept, itself_without_average=taken),
        together(costs_little=verdict(kept, over=-NEAR), because_of_the_average=verdict(taken, over=0, worth=ORDER)),
    )


def _damping(order: Mapping) -> Claim:
    better = gap(order, "MEGA", "MEGA, undamped")
    return Claim(
        "Damping helps",
        f"MEGA over MEGA undamped: {better.told('+.2f')}",
        verdict(better, over=0, worth=DAMPED),
        "This task looks three tokens back; damping is there for a long memory.",
    )
