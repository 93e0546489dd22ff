"""The private half of heat-map."""

import torch
from llmcourse.checks.labs.long_context.heat_map import all_or_nothing, found
from llmcourse.long_context import needle

from grading.exercises import misconception, reference, stages, variant

CASES = {
    "a large map": found(12, 7, 6, 0.6),
    "one draw": found(1, 3, 3, 0.5),
    "rare successes": found(20, 4, 4, 0.1),
    "all or nothing, more draws": all_or_nothing(11),
}
Z = 1.96


@reference
def heat_map(right):
    return needle.heat_map(right)


@stages
def on_the_way(right):
    n, p = len(right), right.mean(0)
    return {"the middle of the interval": (p + Z**2 / (2 * n)) / (1 + Z**2 / n)}


@variant
def from_counts(right):
    n, k = right.shape[0], right.sum(0)
    middle = (k + Z**2 / 2) / (n + Z**2)
    half = Z / (n + Z**2) * torch.sqrt(k * (n - k) / n + Z**2 / 4)
    return k / n, middle - half, middle + half


@variant
def cell_by_cell(right):
    N, D, L = right.shape
    mean, low, high = (torch.zeros(D, L, dtype=right.dtype) for _ in range(3))
    for i in range(D):
        for j in range(L):
            p = right[:, i, j].mean().item()
            root = (p * (1 - p) / N + Z**2 / (4 * N**2)) ** 0.5
            mean[i, j] = p
            low[i, j] = (p + Z**2 / (2 * N) - Z * root) / (1 + Z**2 / N)
            high[i, j] = (p + Z**2 / (2 * N) + Z * root) / (1 + Z**2 / N)
    return mean, low, high


@misconception(
    says="the interval p plus or minus z sqrt(p (1 - p) / n), which has no width where all draws agree",
    hint="Ten of ten do not mean that the eleventh succeeds: use Wilson's formula.",
)
def normal(right):
    n, p = len(right), right.mean(0)
    half = Z * (p * (1 - p) / n).sqrt()
    return p, p - half, p + half


@misconception(
    says="Wilson's interval around p in the place of its own middle",
    hint="The middle is drawn towards one half: (p + z^2 / 2n) / (1 + z^2 / n).",
)
def around_p(right):
    n, p = len(right), right.mean(0)
    half = Z * (p * (1 - p) / n + Z**2 / (4 * n * n)).sqrt() / (1 + Z**2 / n)
    return p, p - half, p + half


@misconception(
    says="Wilson's formula without the denominator 1 + z^2 / n",
    hint="Middle and half width are both divided by 1 + z^2 / n.",
)
def no_denominator(right):
    n, p = len(right), right.mean(0)
    middle, half = p + Z**2 / (2 * n), Z * (p * (1 - p) / n + Z**2 / (4 * n * n)).sqrt()
    return p, middle - half, middle + half


@misconception(
    says="the denominator under the middle alone",
    hint="The half width is divided by 1 + z^2 / n as well.",
)
def denominator_once(right):
    n, p = len(right), right.mean(0)
    middle, half = (p + Z**2 / (2 * n)) / (1 + Z**2 / n), Z * (p * (1 - p) / n + Z**2 / (4 * n * n)).sqrt()
    return p, middle - half, middle + half


@misconception(
    says="an interval of one standard error: z is left out of the root's factor",
    hint="For 95 % the root is multiplied by z = 1.96.",
)
def one_standard_error(right):
    n, p = len(right), right.mean(0)
    middle, half = p + Z**2 / (2 * n), (p * (1 - p) / n + Z**2 / (4 * n * n)).sqrt()
    return p, (middle - half) / (1 + Z**2 / n), (middle + half) / (1 + Z**2 / n)


@misconception(
    says="the middle of Wilson's interval in the place of the mean",
    hint="The mean is what was counted, `right.mean(0)`; only the ends come from the formula.",
)
def middle_for_mean(right):
    n, p = len(right), right.mean(0)
    middle, half = p + Z**2 / (2 * n), Z * (p * (1 - p) / n + Z**2 / (4 * n * n)).sqrt()
    return middle / (1 + Z**2 / n), (middle - half) / (1 + Z**2 / n), (middle + half) / (1 + Z**2 / n)


@misconception(
    says="n as the number of all entries of `right`, cells included",
    hint="A cell has N draws: n is `len(right)`.",
)
def n_of_all(right):
    n, p = right.numel(), right.mean(0)
    middle, half = p + Z**2 / (2 * n), Z * (p * (1 - p) / n + Z**2 / (4 * n * n)).sqrt()
    return p, (middle - half) / (1 + Z**2 / n), (middle + half) / (1 + Z**2 / n)


@misconception(
    says="z = 1.64, for 90 %",
    hint="95 % leave 2.5 % at either end: z = 1.96.",
)
def ninety(right):
    z, n, p = 1.645, len(right), right.mean(0)
    middle, half = p + z**2 / (2 * n), z * (p * (1 - p) / n + z**2 / (4 * n * n)).sqrt()
    return p, (middle - half) / (1 + z**2 / n), (middle + half) / (1 + z**2 / n)


EQUIVALENT = {}
