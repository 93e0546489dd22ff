"""Every verdict of the course is decided by one function, from an interval and the bounds of the claim."""

from math import inf

import pytest
import torch
from llmcourse import verdicts
from llmcourse.verdicts import Estimate, exact, mean, paired, share, together, verdict
from scipy import stats

UP = Estimate(0.3, 0.1, 0.5, 8)


@pytest.mark.parametrize("n", [2, 3, 8, 30, 31, 200])
def test_means_have_students_interval(n):
    x = torch.randn(n, generator=torch.Generator().manual_seed(n), dtype=torch.float64).tolist()
    found, want = mean(x), stats.ttest_1samp(x, 0).confidence_interval(0.95)
    assert (found.low, found.high) == pytest.approx(tuple(want), abs=0.02 if n > 30 else 1e-3) and found.n == n


@pytest.mark.parametrize(("k", "n"), [(0, 12), (1, 12), (7, 20), (12, 12), (500, 1000)])
def test_shares_have_wilsons_interval(k, n):
    want = stats.binomtest(k, n).proportion_ci(method="wilson")
    found = share(k, n)
    assert (found.low, found.high) == pytest.approx((want.low, want.high), abs=1e-4)
    assert 0 <= found.low <= found.value <= found.high <= 1


def test_pairs_cancel_what_they_share():
    luck = [0.0, 10.0, -20.0]
    assert paired([x + 1 for x in luck], luck).told() == "1.00"
    with pytest.raises(ValueError):
        paired([1.0, 2.0], [1.0])


def test_bounded_quantities_show_no_impossible_ends():
    assert (mean([0.9, 1.0], 0, 1).low, mean([0.9, 1.0], 0, 1).high) == pytest.approx((0.3147, 1), abs=1e-4)


@pytest.mark.parametrize(
    ("measured", "bounds", "kind"),
    [
        (UP, {"over": 0}, "reproduced"),
        (UP, {"over": 0.2}, "inconclusive"),  # both sides are in the interval
        (UP, {"over": 0.5}, "not here"),
        (UP, {"under": 0}, "not here"),
        (UP, {"under": 0.6}, "reproduced"),
        (UP, {"over": 0, "under": 1}, "reproduced"),
        (UP, {"over": 0.2, "under": 0.4}, "inconclusive"),
        (UP, {"over": 0.6, "under": 0.9}, "not here"),
        (UP, {"over": 0, "worth": 0.4}, "reproduced"),  # an effect that is worth seeing is possible
        (UP, {"over": 0, "worth": 0.6}, "not here"),  # there is an effect, but it is excluded that it is worth seeing
        (Estimate(-0.3, -0.5, -0.1, 8), {"under": 0, "worth": -0.6}, "not here"),
        (Estimate(-0.3, -0.5, -0.1, 8), {"under": 0, "worth": -0.4}, "reproduced"),
        (Estimate(0.1, -0.1, 0.3, 3), {"over": 0, "worth": 0.2}, "inconclusive"),
        (Estimate(0.1, -0.1, 0.3, 99), {"over": 0, "worth": 0.4}, "not here"),
        (exact(1e-12), {"under": 1e-10}, "reproduced"),
        (exact(1e-3), {"under": 1e-10}, "not here"),
        (exact(0), {"over": 0}, "not here"),  # no difference is no effect
        (exact(float("nan")), {"under": 1}, "inconclusive"),
        (share(20, 20), {"over": 0.5}, "reproduced"),
        (share(3, 5), {"over": 0.5}, "inconclusive"),
    ],
)
def test_the_interval_decides(measured, bounds, kind):
    assert verdict(measured, **bounds).kind == kind


@pytest.mark.parametrize("bounds", [{}, {"over": 1, "under": 0}, {"over": 0, "worth": -1}, {"under": 0, "worth": 1}])
def test_a_claim_must_be_one(bounds):
    with pytest.raises(ValueError):
        verdict(UP, **bounds)


def test_one_seed_has_no_interval():
    with pytest.raises(ValueError, match="two seeds"):
        mean([0.5])


def test_a_claim_of_parts_says_which_hold():
    yes, no, open_ = verdict(UP, over=0), verdict(UP, under=0), verdict(UP, over=0.2)
    assert together(a=yes, b=yes).kind == "reproduced"
    assert str(together(as_fast=yes, as_good=no)) == "partly (as fast: reproduced; as good: not here)"
    assert together(a=no, b=open_).kind == "not here" and together(a=open_, b=open_).kind == "inconclusive"
    assert together(a=together(a=yes, b=no), b=open_).kind == "partly"
    assert {yes.kind, no.kind, open_.kind, "partly"} == set(verdicts.KINDS)


def test_numbers_are_told_with_their_interval():
    assert UP.told() == str(UP) == "0.30, 95 % interval 0.10 to 0.50, n = 8"
    assert exact(2e-12).told(".0e") == "2e-12" and verdict(exact(3), over=2, under=inf).kind == "reproduced"


def test_estimates_are_told_by_name_and_judged_as_gains():
    small, unclear = Estimate(0.01, 0.005, 0.015, 8), Estimate(0.1, -0.1, 0.3, 8)
    assert (
        verdicts.told(".1f", at_equal_steps=UP, alone=small)
        == f"at equal steps: {UP.told('.1f')}; alone: {small.told('.1f')}"
    )
    assert verdicts.improved(0.05, a=UP, b=UP).kind == "reproduced"
    assert verdicts.improved(0.05, a=UP, b=small).parts == {"a": "reproduced", "b": "not here"}  # too small to be seen
    assert verdicts.improved(0.05, only=unclear).kind == verdict(unclear, over=0, worth=0.05).kind == "inconclusive"
