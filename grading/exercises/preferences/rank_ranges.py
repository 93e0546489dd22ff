"""The private half of rank-ranges."""

import torch
from llmcourse.checks.labs.preferences.rank_ranges import bootstraps, skewed
from llmcourse.preferences import arena

from grading.exercises import misconception, reference, variant


def anchored(generator):
    """One model's score is fixed at 0, as a leaderboard may fix its scale: its interval is a point, above nobody."""
    samples = bootstraps(40, 5)(generator)["samples"] - 1000
    samples[:, 2] = 0.0
    return {"samples": samples}


CASES = {
    "twenty models": bootstraps(100, 20),
    "to one side": skewed,
    "close": bootstraps(50, 7, gap=45.0),
    "one score is fixed": anchored,
}


@reference
def rank_ranges(samples):
    low, high = arena.interval(samples)
    return low, high, *arena.rank_range(low, high)


@variant
def in_a_loop(samples):
    n = samples.shape[1]
    low, high = torch.quantile(samples, 0.025, dim=0), torch.quantile(samples, 0.975, dim=0)
    best = [1 + sum(bool(low[j] > high[i]) for j in range(n)) for i in range(n)]
    worst = [sum(bool(high[j] >= low[i]) for j in range(n)) for i in range(n)]
    return low, high, torch.tensor(best), torch.tensor(worst)


@variant
def by_sorting(samples):
    ordered, place = samples.sort(dim=0).values, torch.tensor([0.025, 0.975], dtype=samples.dtype) * (len(samples) - 1)
    down = place.floor().long()
    share = (place - down)[:, None]
    low, high = (1 - share) * ordered[down] + share * ordered[(down + 1).clamp(max=len(samples) - 1)]
    surely = low.unsqueeze(1) > high.unsqueeze(0)  # row j is above column i
    return low, high, surely.sum(0) + 1, len(low) - surely.sum(1)


@misconception(
    says="intervals that hold 90 % of the bootstraps",
    hint="For 95 % leave 2.5 % on each side: the quantiles 0.025 and 0.975.",
)
def nine_tenths(samples):
    low, high = torch.quantile(samples, 0.05, dim=0), torch.quantile(samples, 0.95, dim=0)
    above = low[None, :] > high[:, None]
    return low, high, 1 + above.sum(1), len(low) - above.sum(0)


@misconception(
    says="the mean plus and minus 1.96 standard deviations",
    hint="Bootstraps need not be symmetric. Take their quantiles.",
)
def two_deviations(samples):
    low = samples.mean(0) - 1.96 * samples.std(0)
    high = samples.mean(0) + 1.96 * samples.std(0)
    above = low[None, :] > high[:, None]
    return low, high, 1 + above.sum(1), len(low) - above.sum(0)


@misconception(
    says="an interval of the mean of the bootstraps: it shrinks with their number",
    hint="The spread of the bootstraps is the error already. More of them do not make it smaller.",
)
def standard_error(samples):
    half = 1.96 * samples.std(0) / len(samples) ** 0.5
    low, high = samples.mean(0) - half, samples.mean(0) + half
    above = low[None, :] > high[:, None]
    return low, high, 1 + above.sum(1), len(low) - above.sum(0)


@misconception(
    says="the right intervals, with one rank for each model: that of its mean",
    hint=(
        "Two models whose intervals overlap may stand in either order. Count only those that are surely above or below."
    ),
)
def rank_of_means(samples):
    low, high = torch.quantile(samples, 0.025, dim=0), torch.quantile(samples, 0.975, dim=0)
    rank = 1 + (samples.mean(0)[None, :] > samples.mean(0)[:, None]).sum(1)
    return low, high, rank, rank


@misconception(
    says="the right intervals, with ranks counted from the bottom",
    hint="Rank 1 is the highest score: count who is surely above.",
)
def from_below(samples):
    low, high = torch.quantile(samples, 0.025, dim=0), torch.quantile(samples, 0.975, dim=0)
    above = low[None, :] > high[:, None]
    return low, high, 1 + above.sum(0), len(low) - above.sum(1)


@misconception(
    says="the right intervals, with ranks that start at 0",
    hint="With nobody above, the rank is 1; with nobody below, it is n.",
)
def from_zero(samples):
    low, high = torch.quantile(samples, 0.025, dim=0), torch.quantile(samples, 0.975, dim=0)
    above = low[None, :] > high[:, None]
    return low, high, above.sum(1), len(low) - 1 - above.sum(0)


@misconception(
    says="the right intervals, with low ends compared with means",
    hint="Surely above means without overlap: the other's low end over my *high* end.",
)
def half_overlap(samples):
    low, high = torch.quantile(samples, 0.025, dim=0), torch.quantile(samples, 0.975, dim=0)
    above = low[None, :] > samples.mean(0)[:, None]
    return low, high, 1 + above.sum(1), len(low) - above.sum(0)


@misconception(
    says="the right intervals, with ranks for which equal ends count as surely above",
    hint=(
        "Surely above needs a low end that is *over* the other's high end: `>`, not `>=`. Else a fixed score is "
        "above itself."
    ),
)
def equal_counts(samples):
    low, high = torch.quantile(samples, 0.025, dim=0), torch.quantile(samples, 0.975, dim=0)
    above = low[None, :] >= high[:, None]
    return low, high, 1 + above.sum(1), len(low) - above.sum(0)


@misconception(
    says="intervals from the quantile 0.25, where 0.025 is meant",
    hint="The middle 95 % leave 2.5 % on each side: the quantiles 0.025 and 0.975 of each model's column.",
)
def low_quarter(samples):
    low, high = torch.quantile(samples, 0.25, dim=0), torch.quantile(samples, 0.975, dim=0)
    above = low[None, :] > high[:, None]
    return low, high, 1 + above.sum(1), len(low) - above.sum(0)


@misconception(
    says="intervals from the smallest bootstrap to the quantile 0.95",
    hint="The middle 95 % leave 2.5 % on each side: the quantiles 0.025 and 0.975 of each model's column.",
)
def one_sided(samples):
    low, high = samples.min(0).values, torch.quantile(samples, 0.95, dim=0)
    above = low[None, :] > high[:, None]
    return low, high, 1 + above.sum(1), len(low) - above.sum(0)


@misconception(
    says="intervals from the smallest to the largest of the bootstraps",
    hint=(
        "The middle 95 % leave 2.5 % on each side: the quantiles 0.025 and 0.975 of each model's column. The "
        "extremes would move ever further apart with more bootstraps."
    ),
)
def extremes(samples):
    low, high = samples.min(0).values, samples.max(0).values
    above = low[None, :] > high[:, None]
    return low, high, 1 + above.sum(1), len(low) - above.sum(0)


@misconception(
    says="intervals that hold 99 % of the bootstraps",
    hint="The middle 95 % leave 2.5 % on each side: the quantiles 0.025 and 0.975 of each model's column.",
)
def ninety_nine(samples):
    low, high = torch.quantile(samples, 0.005, dim=0), torch.quantile(samples, 0.995, dim=0)
    above = low[None, :] > high[:, None]
    return low, high, 1 + above.sum(1), len(low) - above.sum(0)


@misconception(
    says="intervals that hold the middle half of the bootstraps",
    hint="The middle 95 % leave 2.5 % on each side: the quantiles 0.025 and 0.975 of each model's column.",
)
def middle_half(samples):
    low, high = torch.quantile(samples, 0.25, dim=0), torch.quantile(samples, 0.75, dim=0)
    above = low[None, :] > high[:, None]
    return low, high, 1 + above.sum(1), len(low) - above.sum(0)


@misconception(
    says="one interval for all models together",
    hint="Each model has an interval of its own: `torch.quantile(samples, q, dim=0)`.",
)
def all_models_together(samples):
    low = torch.quantile(samples, 0.025).expand(samples.shape[1])
    high = torch.quantile(samples, 0.975).expand(samples.shape[1])
    above = low[None, :] > high[:, None]
    return low, high, 1 + above.sum(1), len(low) - above.sum(0)


@misconception(
    says="intervals whose high end lies as far above the mean as the low end lies below",
    hint="Bootstraps need not be symmetric: take the quantile 0.975 for the high end.",
)
def mirrored(samples):
    low = torch.quantile(samples, 0.025, dim=0)
    high = 2 * samples.mean(0) - low
    above = low[None, :] > high[:, None]
    return low, high, 1 + above.sum(1), len(low) - above.sum(0)


@misconception(
    says="intervals whose ends are single bootstraps, with no interpolation between two of them",
    hint="`torch.quantile` goes between the two nearest bootstraps in proportion; `ordered[int(q * B)]` does not.",
)
def nearest_sample(samples):
    ordered, B = samples.sort(0).values, len(samples)
    low, high = ordered[int(0.025 * B)], ordered[min(int(0.975 * B), B - 1)]
    above = low[None, :] > high[:, None]
    return low, high, 1 + above.sum(1), len(low) - above.sum(0)


@misconception(
    says="the intervals of the scores with their sign turned: lower is taken for better",
    hint="A higher score is better: use the samples as they are.",
)
def turned_scores(samples):
    low, high = torch.quantile(-samples, 0.025, dim=0), torch.quantile(-samples, 0.975, dim=0)
    above = low[None, :] > high[:, None]
    return low, high, 1 + above.sum(1), len(low) - above.sum(0)


@misconception(
    says="the right intervals and worst ranks, with best ranks that start at 0",
    hint="With nobody surely above, the best rank is 1: add it.",
)
def best_from_zero(samples):
    low, high = torch.quantile(samples, 0.025, dim=0), torch.quantile(samples, 0.975, dim=0)
    above = low[None, :] > high[:, None]
    return low, high, above.sum(1), len(low) - above.sum(0)


@misconception(
    says="the right intervals and best ranks, with worst ranks that are one too small",
    hint="With nobody surely below, the worst rank is n, not n - 1.",
)
def worst_from_zero(samples):
    low, high = torch.quantile(samples, 0.025, dim=0), torch.quantile(samples, 0.975, dim=0)
    above = low[None, :] > high[:, None]
    return low, high, 1 + above.sum(1), len(low) - 1 - above.sum(0)


@misconception(
    says="the right intervals and best ranks, with worst ranks that count those surely above",
    hint="The worst rank is n less the number of models surely *below*: the other axis of the comparison.",
)
def worst_by_those_above(samples):
    low, high = torch.quantile(samples, 0.025, dim=0), torch.quantile(samples, 0.975, dim=0)
    above = low[None, :] > high[:, None]
    return low, high, 1 + above.sum(1), len(low) - above.sum(1)


@misconception(
    says="the right intervals and worst ranks, with best ranks that count those surely below",
    hint="The best rank is 1 plus the number of models surely *above*: the other axis of the comparison.",
)
def best_by_those_below(samples):
    low, high = torch.quantile(samples, 0.025, dim=0), torch.quantile(samples, 0.975, dim=0)
    above = low[None, :] > high[:, None]
    return low, high, 1 + above.sum(0), len(low) - above.sum(0)


@misconception(
    says="the right intervals and best ranks, with worst ranks that subtract all that are not surely above",
    hint="Not surely above is not surely below. Count where *your* low end is over their high end.",
)
def not_surely_above(samples):
    low, high = torch.quantile(samples, 0.025, dim=0), torch.quantile(samples, 0.975, dim=0)
    above = low[None, :] > high[:, None]
    return low, high, 1 + above.sum(1), len(low) - (~above).sum(1)


@misconception(
    says="the right intervals and best ranks, with the number of models surely below for the worst rank",
    hint="Those are the places you surely stand above: subtract their number from n.",
)
def number_below(samples):
    low, high = torch.quantile(samples, 0.025, dim=0), torch.quantile(samples, 0.975, dim=0)
    above = low[None, :] > high[:, None]
    return low, high, 1 + above.sum(1), above.sum(0)


@misconception(
    says="the right intervals, with ranks that count who is possibly above: high ends are compared with low ends",
    hint="Surely above means without overlap: the other's *low* end over my *high* end.",
)
def possibly_above(samples):
    low, high = torch.quantile(samples, 0.025, dim=0), torch.quantile(samples, 0.975, dim=0)
    above = high[None, :] > low[:, None]
    return low, high, 1 + above.sum(1), len(low) - above.sum(0)


@misconception(
    says="the right intervals, with ranks by the order of the low ends",
    hint="Surely above means without overlap: the other's low end over my *high* end.",
)
def low_with_low(samples):
    low, high = torch.quantile(samples, 0.025, dim=0), torch.quantile(samples, 0.975, dim=0)
    above = low[None, :] > low[:, None]
    return low, high, 1 + above.sum(1), len(low) - above.sum(0)


@misconception(
    says="the right intervals, with ranks by the order of the high ends",
    hint="Surely above means without overlap: the other's *low* end over my high end.",
)
def high_with_high(samples):
    low, high = torch.quantile(samples, 0.025, dim=0), torch.quantile(samples, 0.975, dim=0)
    above = high[None, :] > high[:, None]
    return low, high, 1 + above.sum(1), len(low) - above.sum(0)


@misconception(
    says="the right intervals, with best ranks by the order of the high ends and worst ranks by that of the low ends",
    hint="Compare low ends with high ends: only who does not overlap with you is surely above or below.",
)
def ends_by_order(samples):
    low, high = torch.quantile(samples, 0.025, dim=0), torch.quantile(samples, 0.975, dim=0)
    best, worst = high[None, :] > high[:, None], low[None, :] > low[:, None]
    return low, high, 1 + best.sum(1), 1 + worst.sum(1)


@misconception(
    says="the right intervals, with low ends compared with medians",
    hint="Surely above means without overlap: the other's low end over my *high* end.",
)
def low_with_median(samples):
    low, high = torch.quantile(samples, 0.025, dim=0), torch.quantile(samples, 0.975, dim=0)
    above = low[None, :] > samples.median(0).values[:, None]
    return low, high, 1 + above.sum(1), len(low) - above.sum(0)


@misconception(
    says="the right intervals, with quantiles of the ranks that a model has in the single bootstraps",
    hint=(
        "That is another range of ranks. Here ranks come from the intervals: count who is surely above, and surely "
        "below."
    ),
)
def ranks_of_bootstraps(samples):
    low, high = torch.quantile(samples, 0.025, dim=0), torch.quantile(samples, 0.975, dim=0)
    rank = 1.0 + (samples[:, None, :] > samples[:, :, None]).sum(-1)
    best, worst = torch.quantile(rank, 0.025, dim=0), torch.quantile(rank, 0.975, dim=0)
    return low, high, best.floor(), worst.ceil()


@misconception(
    says="the right intervals, with the best and the worst rank that a model has in any bootstrap",
    hint="Here ranks come from the intervals: count who is surely above, and surely below.",
)
def extreme_ranks(samples):
    low, high = torch.quantile(samples, 0.025, dim=0), torch.quantile(samples, 0.975, dim=0)
    rank = 1 + samples.argsort(1, descending=True).argsort(1)
    return low, high, rank.min(0).values, rank.max(0).values


@misconception(
    says="the right intervals, with ranks that tell only whether anybody is surely above or below",
    hint="Count them: `sum`, not `any`.",
)
def any_for_count(samples):
    low, high = torch.quantile(samples, 0.025, dim=0), torch.quantile(samples, 0.975, dim=0)
    above = low[None, :] > high[:, None]
    return low, high, 1 + above.any(1).long(), len(low) - above.any(0).long()


@misconception(
    says="the right intervals and best ranks, with worst ranks counted down from the number of bootstraps",
    hint="n is the number of models: `samples.shape[1]`.",
)
def number_of_bootstraps(samples):
    low, high = torch.quantile(samples, 0.025, dim=0), torch.quantile(samples, 0.975, dim=0)
    above = low[None, :] > high[:, None]
    return low, high, 1 + above.sum(1), len(samples) - above.sum(0)


@misconception(
    says="the right intervals, with ranks for which the last model is nobody's opponent",
    hint="Compare with all n models; with itself a model does no harm.",
)
def last_left_out(samples):
    low, high = torch.quantile(samples, 0.025, dim=0), torch.quantile(samples, 0.975, dim=0)
    above = low[None, :] > high[:, None]
    return low, high, 1 + above[:, :-1].sum(1), len(low) - above[:-1].sum(0)


@misconception(
    says="the right intervals, with ranks for which equal ends of two models count as surely above",
    hint="j is surely above i when low_j > high_i: `>`, not `>=`.",
)
def equal_counts_between_two(samples):
    low, high = torch.quantile(samples, 0.025, dim=0), torch.quantile(samples, 0.975, dim=0)
    above = (low[None, :] >= high[:, None]) & ~torch.eye(len(low), dtype=torch.bool)
    return low, high, 1 + above.sum(1), len(low) - above.sum(0)


@misconception(
    says="the right intervals, with best ranks by the order of the low ends and worst ranks by that of the high ends",
    hint=(
        "Ends of the same kind say nothing of overlap: j is surely above i when the *low* end of j is above the "
        "*high* one of i."
    ),
)
def ends_of_the_same_kind(samples):
    low, high = torch.quantile(samples, 0.025, dim=0), torch.quantile(samples, 0.975, dim=0)
    return low, high, 1 + (low[None] > low[:, None]).sum(1), len(low) - (high[None] < high[:, None]).sum(1)


@misconception(
    says="the right intervals, with ranks that count who wins more than 97.5 % of the bootstraps, pair by pair",
    hint=(
        "Another criterion, and a sharper one. Here j is surely above i when the two intervals lie apart: low_j > "
        "high_i."
    ),
)
def pair_by_pair(samples):
    low, high = torch.quantile(samples, 0.025, dim=0), torch.quantile(samples, 0.975, dim=0)
    above = (samples[:, None, :] > samples[:, :, None]).double().mean(0) > 0.975
    return low, high, 1 + above.sum(1), len(low) - above.sum(0)


@misconception(
    says="the right intervals, with ranks that count who wins more than 95 % of the bootstraps, pair by pair",
    hint=(
        "Another criterion, and a sharper one. Here j is surely above i when the two intervals lie apart: low_j > "
        "high_i."
    ),
)
def pair_by_pair_95(samples):
    low, high = torch.quantile(samples, 0.025, dim=0), torch.quantile(samples, 0.975, dim=0)
    above = (samples[:, None, :] > samples[:, :, None]).double().mean(0) > 0.95
    return low, high, 1 + above.sum(1), len(low) - above.sum(0)
