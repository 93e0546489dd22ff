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
    says="the mean plus and minus two standard deviations",
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
