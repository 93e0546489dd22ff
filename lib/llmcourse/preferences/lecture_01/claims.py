"""The claims of lecture 01, each put to the test.

Returns are of 200 steps. Differences are paired: two arms with the same seed. What counts was fixed before the runs.
"""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from statistics import fmean

from ...figures import Claim, Shown, claims
from ...verdicts import exact, mean, paired, share, together, verdict

CLOSE = 20  # steps: a policy whose return is less than a tenth of 200 below another's is as good
WORTH = 20  # steps: the smallest difference of returns worth seeing
FALL = 0.3  # gamed: the true return ends by this share below its best, and the learned reward above what it was then
OFTEN = 0.25  # share of the seeds in which a frozen reward is gamed: less would be an accident
SOONER = 5  # episodes: the smallest gain worth seeing on the grid
MOST = 0.5  # share of the seeds, or of the boards, for "it does so"
COVERED = 0.95  # share of the models whose true rank lies within the range
SLOPE = (-0.55, -0.45)  # of log width by log votes; the root is -0.5

PRINTED = {  # log-ratings in Stigler 1994 and in Agresti 2002, relative to the first
    "journals": (0.0, -2.9491, -0.4796, 0.2690),
    "teams": (0.0, 1.1077, 0.6839, 1.4364, 1.5814, 1.2476, 1.2945),
}
DIGITS = 5.1e-5  # half of the last digit printed, and rounding

Runs = Mapping[str, Sequence[Mapping]]


def gamed(run: Mapping) -> bool:
    """Whether the true return has fallen since its best while the learned reward has risen."""
    best = run["true"].index(max(run["true"]))
    return run["true"][-1] <= (1 - FALL) * run["true"][best] and run["proxy"][-1] > run["proxy"][best]


def verdicts(off_print: float, climb: Sequence[float], boards: Mapping[str, Sequence[int]], slope: float, pole: Runs,
             sparse: Runs, soon: Mapping[str, Sequence[int]], walks: Mapping[str, Sequence[int]],
             shortest: int) -> Shown:  # fmt: skip
    """What became of the claims.

    off_print, climb  the largest difference from the books; the log-likelihood after each step of MM
    boards, slope     by simulated board, pairs in order (of 28) and ranks within their range (of 8); log width by votes
    pole, sparse      runs of the records, by what the policy was trained on
    soon, walks       by what is paid on top and by seed, the first good episode and the steps of the final walk
    """
    return claims(
        [
            _books(off_print, climb),
            _board(boards["in order"], boards["in range"], slope),
            _few_answers(pole),
            _disagreement(pole),
            _many_answers(sparse),
            _shape(sparse),
            _gaming(pole),
            _shaping(soon, walks, shortest),
        ]
    )


def _finals(runs: Sequence[Mapping]) -> list[float]:
    return [run["final"] for run in runs]


def _books(off_print: float, climb: Sequence[float]) -> Claim:
    least = min(b - a for a, b in pairwise(climb))
    return Claim(
        "Bradley-Terry: the ratings in the books; no step of the iteration lowers the likelihood",
        f"largest difference from print: {off_print:.0e}; smallest rise in {len(climb) - 1} steps: {least:.0e}",
        together(printed=verdict(exact(off_print), under=DIGITS), rises=verdict(exact(least), over=-1e-9)),
        "Printed to four digits. The smallest rise is rounding.",
    )


def _board(in_order: Sequence[int], in_range: Sequence[int], slope: float) -> Claim:
    whole, covered = share(sum(n == 28 for n in in_order), len(in_order)), share(sum(in_range), 8 * len(in_range))
    return Claim(
        "LMArena: votes give back the board's order; the range of ranks holds the true rank; intervals shrink as the "
        "root of the votes",
        f"boards in full order: {whole}; pairs in order, of 28: {mean(in_order, most=28).value:.1f}; true rank within "
        f"its range: {covered}; width goes as votes to the power of {slope:.2f}",
        together(
            order=verdict(whole, over=MOST),
            ranges=verdict(covered, over=COVERED),
            root=verdict(exact(slope), *SLOPE),
        ),
        "Neighbours one point apart can't be told apart by so many votes, and the ranges say so.",
    )


def _few_answers(pole: Runs) -> Claim:
    gap = paired(_finals(pole["200 answers, spread"]), _finals(pole["true reward"]))
    return Claim(
        "Christiano et al.: a few hundred comparisons train a policy close to one that is trained on the true reward",
        f"final return from 200 answers less that from the true reward, {gap.n} seeds: {gap.told('+.1f')}",
        verdict(gap, over=-CLOSE),
        "Both are at the most that can be reached, 200: the answers can't be seen to do better here.",
    )


def _disagreement(pole: Runs) -> Claim:
    gain = paired(_finals(pole["40 answers, where members disagree"]), _finals(pole["40 answers, spread"]))
    return Claim(
        "It is better to ask where the members of the ensemble disagree",
        f"final return, 40 answers, against asking at random: {gain.told('+.1f')}",
        verdict(gain, over=0, worth=WORTH),
        "In the paper, too, it harmed on some tasks. And asking at random leaves hardly any room to do better here.",
    )


def _many_answers(sparse: Runs) -> Claim:
    true, learned, _ = sparse.values()
    gain = paired(_finals(learned), _finals(true))
    on_the_way = paired([fmean(run["true"]) for run in learned], [fmean(run["true"]) for run in true])
    return Claim(
        "With thousands of answers, the learned reward trains a better policy than the true one",
        f"where the true reward is sparse, final return from 1,400 answers less that from the true reward: "
        f"{gain.told('+.1f')}",
        verdict(gain, over=0, worth=WORTH),
        f"Ahead on the way, which was not asked before the run: mean over the search {on_the_way.told('+.1f')}.",
    )


def _shape(sparse: Runs) -> Claim:
    true, _, smooth = sparse.values()
    gain = paired(_finals(smooth), _finals(true))
    return Claim(
        "The reason given for that: a better shaped reward is easier to climb than a sparse true one",
        f"final return from a smooth reward by hand less that from the true reward: {gain.told('+.1f')}",
        verdict(gain, over=0, worth=WORTH),
    )


def _gaming(pole: Runs) -> Claim:
    arms = ("20 answers, all at the start", "40 answers, all at the start", "40 answers, spread")
    found = {name: share(sum(map(gamed, pole[name])), len(pole[name])) for name in arms}
    few, more, spread = found.values()
    return Claim(
        "Specification gaming: with frozen answers the learned reward rises while the true return falls",
        "share of seeds: " + "; ".join(f"{name}: {estimate}" for name, estimate in found.items()),
        together(
            frozen_20_answers=verdict(few, over=OFTEN),
            frozen_40_answers=verdict(more, over=OFTEN),
            not_if_one_goes_on_asking=verdict(spread, under=OFTEN),
        ),
        "It happens. Whether in more than one seed in four, twenty seeds do not tell.",
    )


def _shaping(soon: Mapping[str, Sequence[int]], walks: Mapping[str, Sequence[int]], shortest: int) -> Claim:
    gain = paired(soon["nothing on top"], soon["a potential"])
    same = share(sum(n == shortest for n in walks["a potential"]), len(walks["a potential"]))
    arrives = share(sum(n < 500 for n in walks["a bonus for nearer"]), len(walks["a bonus for nearer"]))
    return Claim(
        "Potential-based shaping: fewer episodes, the same final policy; a bonus changes the policy",
        f"episodes sooner: {gain.told('.0f')}; the final walk is a shortest one: {same}; with the bonus it arrives: "
        f"{arrives}",
        together(
            sooner=verdict(gain, over=0, worth=SOONER),
            same_policy=verdict(same, over=MOST),
            bonus_changes_it=verdict(arrives, under=MOST),
        ),
    )
