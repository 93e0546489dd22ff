"""Verdicts: what becomes of a claim, decided from what was measured. Nowhere else is one decided.

A measurement is an `Estimate`: a number with its 95 % interval, by the kind of quantity:

    mean         one number per seed, such as the difference of two arms with the same seed   (Student's t)
    share        k successes in n independent draws                                           (Wilson 1927)
    exact        a number without chance: a rounding error, a count of parameters             (no width)

A claim says where the quantity lies. `verdict` compares the two:

    reproduced     the whole interval lies where the claim says
    not here       no value of the interval lies there, or none is as large as would be worth seeing
    inconclusive   the interval contains both
    partly         (`together`, claims of several parts) some parts are reproduced; which ones is said

Choose the bounds before the run, and write them where the claim is written.
"""

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import inf

KINDS = ("reproduced", "partly", "not here", "inconclusive")

# Student's t for a two-sided interval of 95 %, by degrees of freedom from 1; beyond, the limit is near enough.
_T = (12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145, 2.131, 2.120,
      2.110, 2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045)  # fmt: skip
_Z = 1.960


@dataclass(frozen=True)
class Estimate:
    """A measured number: its value, the ends of its 95 % interval, and how many draws are behind it."""

    value: float
    low: float
    high: float
    n: int

    def told(self, form: str = ".2f") -> str:
        """In words, with numbers in this format: "0.12, 95 % interval 0.05 to 0.19, n = 8"."""
        if self.low == self.high:
            return f"{self.value:{form}}"
        return f"{self.value:{form}}, 95 % interval {self.low:{form}} to {self.high:{form}}, n = {self.n}"

    def __str__(self) -> str:
        return self.told()


def told(form: str = "+.2f", /, **estimates: Estimate) -> str:
    """Estimates by name, in words: told(with_hints=...) is "with hints: +0.52, 95 % interval 0.41 to 0.63, n = 4"."""
    return "; ".join(f"{name.replace('_', ' ')}: {estimate.told(form)}" for name, estimate in estimates.items())


def mean(values: Sequence[float], least: float = -inf, most: float = inf) -> Estimate:
    """The mean of one number per seed; `least` and `most` are what the quantity can be at all, 0 and 1 for accuracy.

    For the difference of two arms give the differences, seed by seed: then luck that both share cancels.
    Raises ValueError for less than two numbers: of one seed nobody knows how far it is from the next.
    """
    if len(values) < 2:
        raise ValueError(f"An interval needs two seeds at least; here are {len(values)}.")
    t = _T[len(values) - 2] if len(values) - 2 < len(_T) else _Z
    value, half = statistics.fmean(values), t * statistics.stdev(values) / len(values) ** 0.5
    return Estimate(value, max(least, value - half), min(most, value + half), len(values))


def paired(ours: Sequence[float], theirs: Sequence[float]) -> Estimate:
    """The mean of `ours - theirs`, run by run. Both have the same seeds, in the same order."""
    return mean([a - b for a, b in zip(ours, theirs, strict=True)])


def share(k: int, n: int) -> Estimate:
    """k successes in n independent draws, with Wilson's interval, which never leaves 0 to 1."""
    if not 0 <= k <= n or n < 1:
        raise ValueError(f"{k} of {n} is not a share.")
    low, high = wilson(k / n, n)
    return Estimate(k / n, 0.0 if k == 0 else low, 1.0 if k == n else high, n)


def wilson(p: float, n: int) -> tuple[float, float]:
    """Wilson's 95 % interval for the true value of a share p that was counted in n draws."""
    middle, half = p + _Z**2 / (2 * n), _Z * (p * (1 - p) / n + _Z**2 / (4 * n * n)) ** 0.5
    return (middle - half) / (1 + _Z**2 / n), (middle + half) / (1 + _Z**2 / n)


def exact(value: float) -> Estimate:
    """A number without chance."""
    return Estimate(float(value), float(value), float(value), 1)


@dataclass(frozen=True)
class Verdict:
    """What became of a claim, and of its parts if it has several."""

    kind: str
    parts: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        if self.kind != "partly":
            return self.kind
        return f"partly ({'; '.join(f'{name}: {kind}' for name, kind in self.parts.items())})"


def verdict(measured: Estimate, over: float = -inf, under: float = inf, *, worth: float | None = None) -> Verdict:
    """The verdict on the claim that a quantity is over, or under, or between two numbers.

    measured     the quantity, with its interval
    over, under  where the claim says that it lies
    worth        the smallest effect worth seeing, beyond `over` (or below `under`): an interval that does not reach
                 it contradicts the claim, even if it lies on the right side

    Raises ValueError for a claim that nothing can contradict.
    """
    if over == -inf and under == inf:
        raise ValueError("The claim has no bounds: nothing could contradict it. Say over=, under=, or both.")
    if over > under:
        raise ValueError(f"Nothing is over {over} and under {under}.")
    if worth is not None and not over <= worth <= under:
        raise ValueError(f"worth={worth} must lie where the claim says: over {over}, under {under}.")
    outside = measured.high <= over or measured.low >= under
    negligible = worth is not None and (measured.high < worth if over > -inf else measured.low > worth)
    if outside or negligible:
        return Verdict("not here")
    inside = over < measured.low and measured.high < under
    return Verdict("reproduced" if inside else "inconclusive")


def together(**parts: Verdict) -> Verdict:
    """The verdict on a claim of several parts, each with its own: together(faster=..., as_good=...).

    All reproduced: reproduced. Some: partly. None: not here if one is contradicted, else inconclusive.
    """
    kinds = {name.replace("_", " "): part.kind for name, part in parts.items()}
    found = set(kinds.values())
    if found == {"reproduced"}:
        return Verdict("reproduced", kinds)
    if "reproduced" in found or "partly" in found:
        return Verdict("partly", kinds)
    return Verdict("not here" if "not here" in found else "inconclusive", kinds)


def improved(worth: float, /, **gains: Estimate) -> Verdict:
    """The verdict on a claim that each of these gains is above zero; `worth` is the smallest one worth seeing."""
    return together(**{name: verdict(gain, over=0, worth=worth) for name, gain in gains.items()})
