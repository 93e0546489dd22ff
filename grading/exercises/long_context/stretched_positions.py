"""The private half of stretched-positions."""

import torch
from llmcourse.checks.labs.long_context.stretched_positions import drawn, heads
from llmcourse.long_context import rope

from grading.exercises import misconception, reference, stages, variant

CASES = {
    "wide heads": drawn((64, 96, 128), (8_000, 500_000)),
    "narrow heads": drawn((4, 6, 10), (100, 2_000)),
    "sixteen times as long": heads(32, 10_000.0, 16.0),
    "another head": drawn((24, 40, 48), (5_000, 90_000)),
}


@reference
def stretched(d, base, s):
    return rope.interpolated(d, s, base), rope.ntk_aware(d, s, base)


@stages
def on_the_way(d, base, s):
    return {"the angles without a stretch": rope.plain(d, base)}


def _plain(d, base):
    return torch.tensor(float(base), dtype=torch.float64) ** (-torch.arange(0, d, 2, dtype=torch.float64) / d)


@variant
def pair_by_pair(d, base, s):
    larger = base * s ** (d / (d - 2))
    interpolated = [base ** (-2 * i / d) / s for i in range(d // 2)]
    return torch.tensor(interpolated), torch.tensor([larger ** (-2 * i / d) for i in range(d // 2)])


@variant
def by_factors(d, base, s):
    f = _plain(d, base)
    i = torch.arange(d // 2, dtype=torch.float64)
    return f / s, f * s ** (-i * 2 / (d - 2))


@misconception(
    says="angles that are multiplied by s: text that is longer still",
    hint="Longer texts must fit into the positions of the training: divide by s.",
)
def multiplied(d, base, s):
    return _plain(d, base) * s, _plain(d, base * s ** (d / (d - 2)))


@misconception(
    says="the base times s, without the exponent d / (d - 2)",
    hint="Only with s^(d / (d - 2)) does the slowest pair turn exactly s times more slowly.",
)
def base_times_s(d, base, s):
    return _plain(d, base) / s, _plain(d, base * s)


@misconception(
    says="a base that is s^(d / (d - 2)) times smaller",
    hint="A larger base turns more slowly: multiply it.",
)
def smaller_base(d, base, s):
    return _plain(d, base) / s, _plain(d, base / s ** (d / (d - 2)))


@misconception(
    says="the exponent (d - 2) / d in the place of d / (d - 2)",
    hint="The slowest pair has the exponent -(d - 2) / d; the base needs its inverse for the two to give 1 / s.",
)
def exponent_inverted(d, base, s):
    return _plain(d, base) / s, _plain(d, base * s ** ((d - 2) / d))


@misconception(
    says="pairs whose exponent grows by 1 / d, not by 2 / d",
    hint="Pair i has the exponent -2 i / d: `torch.arange(0, d, 2) / d`.",
)
def half_exponents(d, base, s):
    i = torch.arange(d // 2, dtype=torch.float64) / d
    return base**-i / s, (base * s ** (d / (d - 2))) ** -i


@misconception(
    says="d angles, one for each channel",
    hint="Channels turn in pairs: d / 2 angles.",
)
def every_channel(d, base, s):
    i = torch.arange(d, dtype=torch.float64) / d
    return base**-i / s, (base * s ** (d / (d - 2))) ** -i


@misconception(
    says="pairs counted from 1",
    hint="Pair 0 turns by one radian per token: base^0.",
)
def from_one(d, base, s):
    i = torch.arange(2, d + 1, 2, dtype=torch.float64) / d
    return base**-i / s, (base * s ** (d / (d - 2))) ** -i


@misconception(
    says="the interpolated angles of the larger base: both stretches at once",
    hint="The two are alternatives: NTK-aware changes the base and divides by nothing.",
)
def both_at_once(d, base, s):
    larger = _plain(d, base * s ** (d / (d - 2)))
    return _plain(d, base) / s, larger / s


@misconception(
    says="NTK-aware and interpolated angles, in this order",
    hint="Return the interpolated angles first.",
)
def exchanged(d, base, s):
    return _plain(d, base * s ** (d / (d - 2))), _plain(d, base) / s


EQUIVALENT = {}
