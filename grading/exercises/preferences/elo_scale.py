"""The private half of elo-scale."""

import math

import torch
from llmcourse.checks.labs.preferences.elo_scale import ratings
from llmcourse.preferences import arena

from grading.exercises import misconception, reference, variant

CASES = {"eight players": ratings(8, 3, 1200.0), "two players": ratings(2, 1, 0.0)}


@reference
def to_elo(r, anchor, at):
    return arena.to_elo(r, anchor, at)


@variant
def by_tens(r, anchor, at):
    return at + 400 * (r - r[anchor]) * math.log10(math.e)


@variant
def from_odds(r, anchor, at):
    return 400 * torch.log10((r - r[anchor]).exp()) + at


@misconception(
    says="400 points for odds of e to one",
    hint="400 points are odds of ten to one: divide by ln 10.",
)
def odds_of_e(r, anchor, at):
    return 400 * (r - r[anchor]) + at


@misconception(
    says="the ratings multiplied by ln 10 where they should be divided by it",
    hint="Odds of ten to one are 2.3 on the scale of r and 400 points on Elo's: 400 / ln 10 points a unit.",
)
def times_ln_10(r, anchor, at):
    return 400 * math.log(10) * (r - r[anchor]) + at


@misconception(
    says="scores whose mean is at the given number",
    hint="It is the anchor who stands there: subtract his score, not the mean.",
)
def from_mean(r, anchor, at):
    scores = 400 / math.log(10) * r
    return scores - scores.mean() + at


@misconception(
    says="scores shifted by the given number, without regard to the anchor",
    hint="Subtract the anchor's own score first.",
)
def not_anchored(r, anchor, at):
    return 400 / math.log(10) * r + at


@misconception(
    says="scores in which the better player has fewer points",
    hint="Subtract the anchor's rating from the others', not theirs from his.",
)
def upside_down(r, anchor, at):
    return 400 / math.log(10) * (r[anchor] - r) + at


@misconception(
    says="scores with the anchor at 1000",
    hint=(
        "The anchor stands at the number that is given, not always at 1000... and in one of the cases that is another."
    ),
)
def always_at_1000(r, anchor, at):
    return 400 / math.log(10) * (r - r[anchor]) + 1000
