"""Answers to elo-scale by people who have not seen its private half."""

import math

import numpy as np
import torch

from grading.answers import answer


@answer("elo-scale", "ln 10 multiplied instead of divided", "wrong", means="times_ln_10")
def _(r, anchor, at):
    s = r * 400 * math.log(10)
    return s - s[anchor] + at


@answer("elo-scale", "r taken for base 10: ln 10 forgotten", "wrong", means="odds_of_e")
def _(r, anchor, at):
    return 400 * (r - r[anchor]) + at


@answer("elo-scale", "400 r / 10", "wrong", means="divided_by_ten")
def _(r, anchor, at):
    s = 400 * r / 10
    return s - s[anchor] + at


@answer("elo-scale", "log10 of r", "wrong", means="log_of_r")
def _(r, anchor, at):
    s = 400 * torch.log10(r)
    return s - s[anchor] + at


@answer("elo-scale", "log10 of |r|", "wrong", means="log_of_size_of_r")
def _(r, anchor, at):
    s = 400 * torch.log10(r.abs())
    return s - s[anchor] + at


@answer("elo-scale", "log2: odds of two to one", "wrong", means="odds_of_two")
def _(r, anchor, at):
    s = 400 / math.log(2) * r
    return s - s[anchor] + at


@answer("elo-scale", "Glicko's 173.72 rounded to 173", "wrong", means="rounded_factor")
def _(r, anchor, at):
    s = 173 * r
    return s - s[anchor] + at


@answer("elo-scale", "200 points for a class", "wrong", means="two_hundred")
def _(r, anchor, at):
    s = 200 * r / math.log(10)
    return s - s[anchor] + at


@answer("elo-scale", "anchor not subtracted: at added", "wrong", means="not_anchored")
def _(r, anchor, at):
    return 400 * r / math.log(10) + at


@answer("elo-scale", "at forgotten", "wrong", means="without_the_number")
def _(r, anchor, at):
    s = 400 * r / math.log(10)
    return s - s[anchor]


@answer("elo-scale", "neither anchor nor at", "wrong", means="no_shift")
def _(r, anchor, at):
    return 400 * r / math.log(10)


@answer("elo-scale", "sign of the shift", "wrong", means="shift_turned")
def _(r, anchor, at):
    s = 400 * r / math.log(10)
    return s + s[anchor] - at


@answer("elo-scale", "anchor minus score: better is lower", "wrong", means="upside_down")
def _(r, anchor, at):
    s = 400 * r / math.log(10)
    return s[anchor] - s + at


@answer("elo-scale", "r of the anchor subtracted after the scale", "wrong", means="rating_of_the_anchor")
def _(r, anchor, at):
    return 400 * r / math.log(10) - r[anchor] + at


@answer("elo-scale", "at added before the scale", "wrong", means="number_converted")
def _(r, anchor, at):
    return 400 / math.log(10) * (r - r[anchor] + at)


@answer("elo-scale", "scaled by the ratio to the anchor: s * at / s[anchor]", "wrong", means="by_a_ratio")
def _(r, anchor, at):
    s = 400 * r / math.log(10)
    return s * at / s[anchor]


@answer("elo-scale", "ratings by exp first", "wrong", means="exponential")
def _(r, anchor, at):
    s = 400 * torch.exp(r) / math.log(10)
    return s - s[anchor] + at


@answer("elo-scale", "mean subtracted in place of the anchor", "wrong", means="from_mean")
def _(r, anchor, at):
    s = 400 * r / math.log(10)
    return s - s.mean() + at


@answer("elo-scale", "first player taken as anchor", "wrong", means="first_as_anchor")
def _(r, anchor, at):
    s = 400 * r / math.log(10)
    return s - s[0] + at


@answer("elo-scale", "anchor counted from 1", "wrong", means="one_before")
def _(r, anchor, at):
    s = 400 * r / math.log(10)
    return s - s[anchor - 1] + at


@answer("elo-scale", "only the anchor set, the others stay", "wrong", means="anchor_alone")
def _(r, anchor, at):
    s = 400 * r / math.log(10)
    s[anchor] = at
    return s


@answer("elo-scale", "1000 points hard-coded", "wrong", means="always_at_1000")
def _(r, anchor, at):
    s = 400 * r / math.log(10)
    return s - s[anchor] + 1000


@answer("elo-scale", "anchor's index subtracted, not its rating", "wrong", means="minus_the_index")
def _(r, anchor, at):
    return 400 / math.log(10) * (r - anchor) + at


@answer("elo-scale", "rounded to whole points", "wrong", means="rounded")
def _(r, anchor, at):
    s = 400 * r / math.log(10)
    return (s - s[anchor] + at).round()


@answer("elo-scale", "list of floats", "wrong")
def _(r, anchor, at):
    return [400 * (v - r[anchor].item()) / math.log(10) + at for v in r.tolist()]


@answer("elo-scale", "expected scores against the anchor", "wrong")
def _(r, anchor, at):
    return at / (1 + 10 ** (-(r - r[anchor]) / 400))


@answer("elo-scale", "r / 400: the scale upside down", "wrong", means="scale_turned")
def _(r, anchor, at):
    return (r - r[anchor]) * math.log(10) / 400 + at


@answer("elo-scale", "in place on the caller's r", "wrong")
def _(r, anchor, at):
    r *= 400 / math.log(10)
    r += at - r[anchor].clone()
    return r


@answer("elo-scale", "in-place subtraction of a view of itself", "wrong")
def _(r, anchor, at):
    s = r * 400 / math.log(10)
    for i in range(len(s)):
        s[i] = s[i] - s[anchor] + at
    return s


@answer("elo-scale", "log10(e) times 400, difference first", "right")
def _(r, anchor, at):
    return at + 400 * math.log10(math.e) * (r - r[anchor])


@answer("elo-scale", "log10 of the odds against the anchor", "right")
def _(r, anchor, at):
    return 400 * torch.log10(torch.exp(r - r[anchor])) + at


@answer("elo-scale", "list comprehension, then a tensor", "right")
def _(r, anchor, at):
    return torch.stack([(x - r[anchor]) / np.log(10) * 400 + at for x in r])


@answer("elo-scale", "torch.lerp-free: add with alpha", "right")
def _(r, anchor, at):
    return torch.add(torch.full_like(r, at), r - r[anchor], alpha=400 / math.log(10))


@answer("elo-scale", "anchor's score by item(): its gradient is cut", "wrong", means="anchor_without_gradient")
def _(r, anchor, at):
    s = r * (400 / math.log(10))
    return s - s[anchor].item() + at


@answer("elo-scale", "in place on an own copy in float64", "right")
def _(r, anchor, at):
    s = r.clone().double()
    s.sub_(s[anchor].clone()).mul_(400).div_(math.log(10)).add_(at)
    return s.to(r.dtype)


@answer("elo-scale", "mean taken off first, which does not matter", "right")
def _(r, anchor, at):
    s = 400 / torch.log(torch.tensor(10.0, dtype=r.dtype)) * (r - r.mean())
    return s + (at - s[anchor])


@answer("elo-scale", "not shifted: 'at' is added, the anchor's own score not subtracted", "wrong", means="not_anchored")
def _(r, anchor, at):
    return 400 * r / math.log(10) + at


@answer("elo-scale", "multiplies by ln 10 in place of dividing", "wrong", means="times_ln_10")
def _(r, anchor, at):
    return at + 400 * math.log(10) * (r - r[anchor])


@answer("elo-scale", "detaches the anchor's rating", "wrong", means="anchor_without_gradient")
def _(r, anchor, at):
    return (r - r[anchor].detach()) * 400 / math.log(10) + at


@answer("elo-scale", "scores scaled by a factor so that the anchor has 'at', not shifted", "wrong", means="by_a_ratio")
def _(r, anchor, at):
    s = 400 * r / math.log(10)
    return s * at / s[anchor]


@answer(
    "elo-scale", "only the anchor's own entry is set to 'at', the others are not shifted", "wrong", means="anchor_alone"
)
def _(r, anchor, at):
    s = 400 / math.log(10) * r
    s = s.clone()
    s[anchor] = at
    return s


@answer("elo-scale", "ln 10 rounded to 2.3", "wrong")
def _(r, anchor, at):
    return at + (r - r[anchor]) * 400 / 2.3


@answer("elo-scale", "mixes the order", "wrong", means="number_converted")
def _(r, anchor, at):
    shifted = r - r[anchor] + at
    return shifted * (400 / math.log(10))


@answer("elo-scale", "takes log10 of r itself, as if r were gamma", "wrong", means="logarithm_of_the_ratio")
def _(r, anchor, at):
    return 400 * torch.log10(r / r[anchor]) + at


@answer("elo-scale", "the best player is taken for the anchor", "wrong")
def _(r, anchor, at):
    return (r - r.max()) * 400 / math.log(10) + at


@answer("elo-scale", "log10 of the odds against the anchor", "right")
def _(r, anchor, at):
    odds = torch.exp(r - r[anchor])
    return at + 400 * torch.log10(odds)


@answer("elo-scale", "400 log10(e) as a constant, matrix that subtracts the anchor", "right")
def _(r, anchor, at):
    n = len(r)
    M = torch.eye(n, dtype=r.dtype)
    M[:, anchor] -= 1
    return M @ r * (400 * math.log10(math.e)) + at


@answer("elo-scale", "list of single scores", "right")
def _(r, anchor, at):
    unit = 400 / math.log(10)
    return torch.stack([(x - r[anchor]) * unit + at for x in r])
