"""Answers to rank-ranges by people who have not seen its private half."""

import numpy as np
import torch

from grading.answers import answer


def ends(samples, dim=0):
    return torch.quantile(samples, 0.025, dim=dim), torch.quantile(samples, 0.975, dim=dim)


def ranks(low, high):
    above = low[None, :] > high[:, None]
    return 1 + above.sum(1), len(low) - above.sum(0)


@answer("rank-ranges", "5 % and 95 %", "wrong", means="nine_tenths")
def _(samples):
    low, high = torch.quantile(samples, 0.05, dim=0), torch.quantile(samples, 0.95, dim=0)
    return low, high, *ranks(low, high)


@answer("rank-ranges", "0.25 and 0.975", "wrong", means="low_quarter")
def _(samples):
    low, high = torch.quantile(samples, 0.25, dim=0), torch.quantile(samples, 0.975, dim=0)
    return low, high, *ranks(low, high)


@answer("rank-ranges", "one-sided: minimum and 95 %", "wrong", means="one_sided")
def _(samples):
    low, high = samples.min(0).values, torch.quantile(samples, 0.95, dim=0)
    return low, high, *ranks(low, high)


@answer("rank-ranges", "smallest and largest", "wrong", means="extremes")
def _(samples):
    low, high = samples.min(dim=0).values, samples.max(dim=0).values
    return low, high, *ranks(low, high)


@answer("rank-ranges", "mean plus and minus 1.96 standard deviations", "wrong", means="two_deviations")
def _(samples):
    mean, s = samples.mean(0), samples.std(0)
    low, high = mean - 1.96 * s, mean + 1.96 * s
    return low, high, *ranks(low, high)


@answer("rank-ranges", "standard error of the mean", "wrong", means="standard_error")
def _(samples):
    mean, s = samples.mean(0), samples.std(0) / len(samples) ** 0.5
    low, high = mean - 1.96 * s, mean + 1.96 * s
    return low, high, *ranks(low, high)


@answer("rank-ranges", "quantiles over models", "wrong")
def _(samples):
    low, high = ends(samples, dim=1)
    return low, high, *ranks(low, high)


@answer("rank-ranges", "quantile over everything", "wrong", means="all_models_together")
def _(samples):
    low, high = torch.quantile(samples, 0.025), torch.quantile(samples, 0.975)
    low, high = low.expand(samples.shape[1]), high.expand(samples.shape[1])
    return low, high, *ranks(low, high)


@answer("rank-ranges", "best and worst exchanged", "wrong")
def _(samples):
    low, high = ends(samples)
    best, worst = ranks(low, high)
    return low, high, worst, best


@answer("rank-ranges", "low and high exchanged on return", "wrong")
def _(samples):
    low, high = ends(samples)
    return high, low, *ranks(low, high)


@answer("rank-ranges", "best rank counted from 0", "wrong", means="best_from_zero")
def _(samples):
    low, high = ends(samples)
    above = low[None, :] > high[:, None]
    return low, high, above.sum(1), len(low) - above.sum(0)


@answer("rank-ranges", "worst rank from n - 1", "wrong", means="worst_from_zero")
def _(samples):
    low, high = ends(samples)
    above = low[None, :] > high[:, None]
    return low, high, 1 + above.sum(1), len(low) - 1 - above.sum(0)


@answer("rank-ranges", "worst rank counts those above, not below", "wrong", means="worst_by_those_above")
def _(samples):
    low, high = ends(samples)
    above = low[None, :] > high[:, None]
    return low, high, 1 + above.sum(1), len(low) - above.sum(1)


@answer("rank-ranges", "sums along the wrong axes", "wrong", means="from_below")
def _(samples):
    low, high = ends(samples)
    above = low[None, :] > high[:, None]
    return low, high, 1 + above.sum(0), len(low) - above.sum(1)


@answer("rank-ranges", "best rank from those surely below, worst too", "wrong", means="best_by_those_below")
def _(samples):
    low, high = ends(samples)
    below = low[:, None] > high[None, :]
    return low, high, 1 + below.sum(1), len(low) - below.sum(1)


@answer("rank-ranges", "worst rank: n - those not surely above", "wrong", means="not_surely_above")
def _(samples):
    low, high = ends(samples)
    above = low[None, :] > high[:, None]
    return low, high, 1 + above.sum(1), len(low) - (~above).sum(1)


@answer("rank-ranges", "worst rank: number surely below", "wrong", means="number_below")
def _(samples):
    low, high = ends(samples)
    above = low[None, :] > high[:, None]
    return low, high, 1 + above.sum(1), above.sum(0)


@answer("rank-ranges", "compares lows with lows", "wrong", means="low_with_low")
def _(samples):
    low, high = ends(samples)
    above = low[None, :] > low[:, None]
    return low, high, 1 + above.sum(1), len(low) - above.sum(0)


@answer("rank-ranges", "compares high_j with low_i: possibly above", "wrong", means="possibly_above")
def _(samples):
    low, high = ends(samples)
    above = high[None, :] > low[:, None]
    return low, high, 1 + above.sum(1), len(low) - above.sum(0)


@answer("rank-ranges", "best rank from highs, worst from lows, by order", "wrong", means="ends_by_order")
def _(samples):
    low, high = ends(samples)
    best = (high[None, :] > high[:, None]).sum(1) + 1
    worst = (low[None, :] > low[:, None]).sum(1) + 1
    return low, high, best, worst


@answer("rank-ranges", "ranks of each bootstrap, then quantiles of ranks", "wrong", means="ranks_of_bootstraps")
def _(samples):
    low, high = ends(samples)
    rank = (samples[:, None, :] > samples[:, :, None]).sum(-1).to(samples.dtype) + 1
    return (
        low,
        high,
        torch.quantile(rank, 0.025, dim=0).floor().long(),
        torch.quantile(rank, 0.975, dim=0).ceil().long(),
    )


@answer("rank-ranges", "best and worst rank over all bootstraps", "wrong", means="extreme_ranks")
def _(samples):
    low, high = ends(samples)
    rank = samples.argsort(dim=1, descending=True).argsort(dim=1) + 1
    return low, high, rank.min(0).values, rank.max(0).values


@answer("rank-ranges", ">= in place of >", "wrong", means="equal_counts")
def _(samples):
    low, high = ends(samples)
    above = low[None, :] >= high[:, None]
    return low, high, 1 + above.sum(1), len(low) - above.sum(0)


@answer("rank-ranges", "high is where 97.5 % are above: both ends low", "wrong", means="mirrored")
def _(samples):
    low = torch.quantile(samples, 0.025, dim=0)
    high = 2 * samples.mean(0) - low
    return low, high, *ranks(low, high)


@answer("rank-ranges", "nearest sample by sorting, without interpolation", "wrong", means="nearest_sample")
def _(samples):
    s = samples.sort(dim=0).values
    B = len(s)
    low, high = s[int(0.025 * B)], s[min(int(0.975 * B), B - 1)]
    return low, high, *ranks(low, high)


@answer("rank-ranges", "median of one against the low of the other", "wrong", means="low_with_median")
def _(samples):
    low, high = ends(samples)
    above = low[None, :] > samples.median(0).values[:, None]
    return low, high, 1 + above.sum(1), len(low) - above.sum(0)


@answer("rank-ranges", "lower scores are better", "wrong", means="turned_scores")
def _(samples):
    low, high = ends(-samples)
    return low, high, *ranks(low, high)


@answer("rank-ranges", "intervals as one tensor (2, n)", "wrong")
def _(samples):
    interval = torch.quantile(samples, torch.tensor([0.025, 0.975], dtype=samples.dtype), dim=0)
    return interval, *ranks(interval[0], interval[1])


@answer("rank-ranges", "any() in place of a count", "wrong", means="any_for_count")
def _(samples):
    low, high = ends(samples)
    above = low[None, :] > high[:, None]
    return low, high, 1 + above.any(1).long(), len(low) - above.any(0).long()


@answer("rank-ranges", "n is the number of bootstraps", "wrong", means="number_of_bootstraps")
def _(samples):
    low, high = ends(samples)
    above = low[None, :] > high[:, None]
    return low, high, 1 + above.sum(1), len(samples) - above.sum(0)


@answer("rank-ranges", "7 teams hard-coded", "wrong")
def _(samples):
    low, high = ends(samples)
    above = low[None, :] > high[:, None]
    return low, high, 1 + above.sum(1), 7 - above.sum(0)


@answer("rank-ranges", "loop forgets the last model as opponent", "wrong", means="last_left_out")
def _(samples):
    low, high = ends(samples)
    n = len(low)
    best, worst = torch.ones(n, dtype=torch.long), torch.full((n,), n)
    for i in range(n):
        for j in range(n - 1):
            if low[j] > high[i]:
                best[i] += 1
            if low[i] > high[j]:
                worst[i] -= 1
    return low, high, best, worst


@answer("rank-ranges", "loops over pairs", "right")
def _(samples):
    low, high = ends(samples)
    n = samples.shape[1]
    best, worst = [1] * n, [n] * n
    for i in range(n):
        for j in range(n):
            if low[j] > high[i]:
                best[i] += 1
                worst[j] -= 1
    return low, high, torch.tensor(best), torch.tensor(worst)


@answer("rank-ranges", "both quantiles at once, ranks by searchsorted", "right")
def _(samples):
    q = torch.tensor([0.025, 0.975], dtype=samples.dtype)
    low, high = torch.quantile(samples, q, dim=0)
    n = len(low)
    best = 1 + n - torch.searchsorted(low.sort().values, high, right=True)
    worst = n - torch.searchsorted(high.sort().values, low, right=False)
    return low, high, best, worst


@answer("rank-ranges", "numpy's quantile", "right")
def _(samples):
    low, high = np.quantile(samples.numpy(), [0.025, 0.975], axis=0)
    above = np.greater.outer(low, high)
    best, worst = 1 + above.sum(axis=0), low.shape[0] - above.sum(axis=1)
    low, high = torch.from_numpy(low).to(samples.dtype), torch.from_numpy(high).to(samples.dtype)
    return low, high, torch.from_numpy(best), torch.from_numpy(worst)


@answer("rank-ranges", "interpolates sorted samples by hand", "right")
def _(samples):
    s = samples.sort(dim=0).values

    def at(q):
        place = q * (len(s) - 1)
        i = min(int(place), len(s) - 2)
        return s[i] + (place - i) * (s[i + 1] - s[i])

    low, high = at(0.025), at(0.975)
    above = low.unsqueeze(0) > high.unsqueeze(1)
    return low, high, above.sum(1) + 1, (~above).sum(0)


@answer("rank-ranges", "ranks as floats", "right")
def _(samples):
    low, high = ends(samples)
    above = (low > high[:, None]).to(samples.dtype)
    one = torch.ones(len(low), dtype=samples.dtype)
    return low, high, 1 + above @ one, len(low) - one @ above


@answer("rank-ranges", "worst rank: 1 + those that may be above", "right")
def _(samples):
    low, high = ends(samples)
    maybe = high[None, :] >= low[:, None]
    worst = maybe.sum(1)  # oneself included
    best = 1 + torch.gt(low[None, :], high[:, None]).sum(dim=1)
    return low, high, best, worst


@answer("rank-ranges", "normal approximation: mean +- 1.96 standard deviations", "wrong", means="two_deviations")
def _(samples):
    m, s = samples.mean(0), samples.std(0)
    low, high = m - 1.96 * s, m + 1.96 * s
    above = low[None] > high[:, None]
    return low, high, 1 + above.sum(1), samples.shape[1] - above.sum(0)


@answer("rank-ranges", "ranks within each bootstrap", "wrong", means="ranks_of_bootstraps")
def _(samples):
    low = torch.quantile(samples, 0.025, dim=0)
    high = torch.quantile(samples, 0.975, dim=0)
    ranks = (samples[:, None, :] > samples[:, :, None]).sum(-1) + 1
    best = torch.quantile(ranks.double(), 0.025, dim=0).floor().long()
    worst = torch.quantile(ranks.double(), 0.975, dim=0).ceil().long()
    return low, high, best, worst


@answer("rank-ranges", "the middle 90 %: quantiles at 0.05 and 0.95", "wrong", means="nine_tenths")
def _(samples):
    low, high = torch.quantile(samples, torch.tensor([0.05, 0.95], dtype=samples.dtype), dim=0)
    above = low[None] > high[:, None]
    return low, high, 1 + above.sum(1), samples.shape[1] - above.sum(0)


@answer("rank-ranges", "surely above also when the ends are equal: >= for >", "wrong", means="equal_counts_between_two")
def _(samples):
    low, high = samples.quantile(0.025, 0), samples.quantile(0.975, 0)
    n = samples.shape[1]
    best, worst = [], []
    for i in range(n):
        best.append(1 + sum(int(low[j] >= high[i]) for j in range(n) if j != i))
        worst.append(n - sum(int(low[i] >= high[j]) for j in range(n) if j != i))
    return low, high, torch.tensor(best), torch.tensor(worst)


@answer("rank-ranges", "sorts and takes sample number int(q B), without interpolation", "wrong", means="nearest_sample")
def _(samples):
    B, n = samples.shape
    s = samples.sort(0).values
    low, high = s[int(0.025 * B)], s[int(0.975 * B)]
    above = low[None] > high[:, None]
    return low, high, 1 + above.sum(1), n - above.sum(0)


@answer("rank-ranges", "the axes of the two counts swapped", "wrong", means="from_below")
def _(samples):
    low, high = samples.quantile(0.025, dim=0), samples.quantile(0.975, dim=0)
    above = low[None, :] > high[:, None]
    return low, high, 1 + above.sum(0), samples.shape[1] - above.sum(1)


@answer("rank-ranges", "worst rank one too large", "wrong")
def _(samples):
    low, high = samples.quantile(0.025, dim=0), samples.quantile(0.975, dim=0)
    above = low[None, :] > high[:, None]
    overlap = (low[None, :] <= high[:, None]) & (high[None, :] >= low[:, None])
    best = 1 + above.sum(1)
    return low, high, best, best + overlap.sum(1)


@answer(
    "rank-ranges",
    "compares the low ends with each other (low_j > low_i) for above",
    "wrong",
    means="ends_of_the_same_kind",
)
def _(samples):
    low, high = samples.quantile(0.025, dim=0), samples.quantile(0.975, dim=0)
    best = 1 + (low[None, :] > low[:, None]).sum(1)
    worst = samples.shape[1] - (high[None, :] < high[:, None]).sum(1)
    return low, high, best, worst


@answer("rank-ranges", "surely above judged pair by pair", "wrong", means="pair_by_pair")
def _(samples):
    low, high = samples.quantile(0.025, dim=0), samples.quantile(0.975, dim=0)
    wins = (samples[:, None, :] > samples[:, :, None]).double().mean(0)
    above = wins > 0.975
    return low, high, 1 + above.sum(1), samples.shape[1] - above.sum(0)


@answer("rank-ranges", "numpy percentile and loops", "right")
def _(samples):
    s = samples.numpy()
    lo, hi = np.percentile(s, 2.5, axis=0), np.percentile(s, 97.5, axis=0)
    n = s.shape[1]
    best = [1 + sum(lo[j] > hi[i] for j in range(n)) for i in range(n)]
    worst = [n - sum(hi[j] < lo[i] for j in range(n)) for i in range(n)]
    as_t = lambda v: torch.tensor(np.array(v), dtype=samples.dtype)
    return as_t(lo), as_t(hi), torch.tensor([int(v) for v in best]), torch.tensor([int(v) for v in worst])


@answer("rank-ranges", "searchsorted in the sorted ends", "right")
def _(samples):
    low, high = torch.quantile(samples, torch.tensor([0.025, 0.975], dtype=samples.dtype), dim=0)
    n = samples.shape[1]
    lows, highs = low.sort().values.contiguous(), high.sort().values.contiguous()
    best = 1 + n - torch.searchsorted(lows, high.contiguous(), right=True)
    worst = n - torch.searchsorted(highs, low.contiguous())
    return low, high, best, worst


@answer("rank-ranges", "own interpolated quantile; worst from the number of overlaps", "right")
def _(samples):
    B, _n = samples.shape
    s = samples.sort(dim=0).values

    def q(p):
        x = p * (B - 1)
        i = int(x)
        j = min(i + 1, B - 1)
        return s[i] + (x - i) * (s[j] - s[i])

    low, high = q(0.025), q(0.975)
    above = low[None, :] > high[:, None]
    below = above.mT
    overlap = ~above & ~below
    best = above.sum(1) + 1
    worst = best + overlap.sum(1) - 1
    return low, high, best, worst
