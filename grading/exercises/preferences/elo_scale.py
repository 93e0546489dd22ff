"""The private half of elo-scale."""

import math

import torch
from llmcourse.checks.labs.preferences.elo_scale import ratings
from llmcourse.preferences import arena

from grading.exercises import misconception, reference, variant


def below_zero(generator):
    """Log-ratings are often all negative, as in shares of a whole."""
    drawn = ratings(4, 2, 1100.0)(generator)
    return drawn | {"r": -0.1 - drawn["r"].abs()}


CASES = {
    "eight players": ratings(8, 3, 1200.0),
    "two players": ratings(2, 1, 0.0),
    "ratings below zero": below_zero,
}


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
    hint="The anchor stands at the number that is given, `at`, and that is not always 1000.",
)
def always_at_1000(r, anchor, at):
    return 400 / math.log(10) * (r - r[anchor]) + 1000


@misconception(
    says="scores with 40 points for a unit of r: divided by 10, where ln 10 belongs",
    hint="Odds of ten to one are ln 10 on the scale of r, so a unit of r is 400 / ln 10 = 173.7 points.",
)
def divided_by_ten(r, anchor, at):
    return 40 * (r - r[anchor]) + at


@misconception(
    says="scores on which 400 points are odds of two to one",
    hint="Four hundred points are odds of ten to one: divide by ln 10, not by ln 2.",
)
def odds_of_two(r, anchor, at):
    return 400 / math.log(2) * (r - r[anchor]) + at


@misconception(
    says="scores on which 200 points are odds of ten to one",
    hint="Two hundred points are a class in chess; odds of ten to one are 400.",
)
def two_hundred(r, anchor, at):
    return 200 / math.log(10) * (r - r[anchor]) + at


@misconception(
    says="scores with 173 points for a unit of r, a factor that has been cut to a whole number",
    hint="Compute the factor, 400 / ln 10 = 173.7178..., and do not round it.",
)
def rounded_factor(r, anchor, at):
    return 173 * (r - r[anchor]) + at


@misconception(
    says="scores with 174 points for a unit of r, a rounded factor",
    hint="Compute the factor, 400 / ln 10 = 173.7178..., and do not round it.",
)
def rounded_up_factor(r, anchor, at):
    return 174 * (r - r[anchor]) + at


@misconception(
    says="400 log10(r), a logarithm of what is a logarithm already",
    hint="r is the logarithm of the odds: change its base, by dividing by ln 10. A negative r has no logarithm.",
)
def log_of_r(r, anchor, at):
    scores = 400 * torch.log10(r)
    return scores - scores[anchor] + at


@misconception(
    says="400 log10(|r|), a logarithm of what is a logarithm already",
    hint="r is the logarithm of the odds: change its base, by dividing by ln 10. Its sign matters.",
)
def log_of_size_of_r(r, anchor, at):
    scores = 400 * torch.log10(r.abs())
    return scores - scores[anchor] + at


@misconception(
    says="scores of e to the r: the ratings gamma themselves, on a straight scale",
    hint="Elo's scale is logarithmic, as r is: multiply r itself by 400 / ln 10.",
)
def exponential(r, anchor, at):
    scores = 400 * r.exp() / math.log(10)
    return scores - scores[anchor] + at


@misconception(
    says="scores shifted the wrong way: the anchor's score is added, and the given number subtracted",
    hint="The anchor's own score goes, and the number that is given comes: `scores - scores[anchor] + at`.",
)
def shift_turned(r, anchor, at):
    scores = 400 / math.log(10) * r
    return scores + scores[anchor] - at


@misconception(
    says="scores from which the given number is subtracted",
    hint="The anchor shall stand at `at`: `scores - scores[anchor]` is 0 for him, so add `at`.",
)
def number_subtracted(r, anchor, at):
    scores = 400 / math.log(10) * r
    return scores - scores[anchor] - at


@misconception(
    says="scores less the anchor's log-rating, which is on the other scale",
    hint="Convert first, then subtract the anchor's *score*: `scores - scores[anchor]`.",
)
def rating_of_the_anchor(r, anchor, at):
    scores = 400 / math.log(10) * r
    return scores - r[anchor] + at


@misconception(
    says="scores for which the given number was converted too, as if it were a log-rating",
    hint="`at` is on Elo's scale already: add it after the multiplication.",
)
def number_converted(r, anchor, at):
    return 400 / math.log(10) * (r - r[anchor] + at)


@misconception(
    says="scores multiplied so that the anchor's becomes the given number",
    hint=(
        "Only differences mean anything on these scales: shift all scores by the same number, and do not stretch them."
    ),
)
def by_a_ratio(r, anchor, at):
    scores = 400 / math.log(10) * r
    return scores * at / scores[anchor]


@misconception(
    says="scores in which the player before the anchor stands at the given number",
    hint="The index counts from 0, as everywhere in Python: `scores[anchor]`.",
)
def one_before(r, anchor, at):
    scores = 400 / math.log(10) * r
    return scores - scores[anchor - 1] + at


@misconception(
    says="scores in which the first player stands at the given number",
    hint="The anchor may be anybody: subtract `scores[anchor]`.",
)
def first_as_anchor(r, anchor, at):
    scores = 400 / math.log(10) * r
    return scores - scores[0] + at


@misconception(
    says="scores in which the anchor was moved to the given number, and nobody with him",
    hint="Shift all scores by the same number: differences between players must stay.",
)
def anchor_alone(r, anchor, at):
    scores = 400 / math.log(10) * r
    return torch.where(torch.arange(len(r)) == anchor, torch.full_like(r, at), scores)


@misconception(
    says="scores for which the anchor's index was subtracted, in place of the anchor's rating",
    hint="`anchor` is an index: `r[anchor]` is the rating.",
)
def minus_the_index(r, anchor, at):
    return 400 / math.log(10) * (r - anchor) + at


@misconception(
    says="scores with ln 10 / 400 points for a unit of r: the scale upside down",
    hint="Odds of ten to one are ln 10 on the scale of r, so a unit of r is 400 / ln 10 = 173.7 points.",
)
def scale_turned(r, anchor, at):
    return math.log(10) / 400 * (r - r[anchor]) + at


@misconception(
    says="the right differences, with the anchor at 0",
    hint="Add the score that was agreed on for the anchor, `at`.",
)
def without_the_number(r, anchor, at):
    scores = 400 / math.log(10) * r
    return scores - scores[anchor]


@misconception(
    says="the ratings on Elo's scale, without any shift",
    hint="The anchor shall stand at `at`: shift all scores by the same number.",
)
def no_shift(r, anchor, at):
    scores = 400 / math.log(10) * r
    return scores


@misconception(
    says="the right scores, with a gradient that does not go through the anchor's rating",
    hint=(
        "All scores depend on the anchor's rating too: subtract the tensor `scores[anchor]`, without `.item()`, "
        "`float(...)` or `.detach()`."
    ),
)
def anchor_without_gradient(r, anchor, at):
    scores = 400 / math.log(10) * r
    return scores - scores[anchor].item() + at


@misconception(
    says="the right scores, rounded to whole points",
    hint="Leave them as they are: a leaderboard may round when it prints.",
)
def rounded(r, anchor, at):
    scores = 400 / math.log(10) * r
    return (scores - scores[anchor] + at).round()


@misconception(
    says=(
        "400 points for a factor of ten between log-ratings, log10(r / r_anchor), which has no value where their "
        "signs differ"
    ),
    hint="r is a logarithm already: log10 is for the odds, e to the r - r[anchor].",
)
def logarithm_of_the_ratio(r, anchor, at):
    return 400 * torch.log10(r / r[anchor]) + at
