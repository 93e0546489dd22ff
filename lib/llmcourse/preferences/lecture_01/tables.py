"""The tables of lecture 01: what was computed, in rows."""

import statistics
from collections.abc import Mapping, Sequence

from torch import Tensor

from ...figures import Shown, table
from ...verdicts import mean
from .claims import PRINTED, gamed


def books(fitted: Mapping[str, tuple[Tensor, Tensor]], names: Mapping[str, Sequence[str]]) -> Shown:
    """Printed log-ratings and ours, with the errors of ours: differences from the first of each group."""
    rows = [
        (name, f"{p:.4f}", f"{r:.4f}", f"{e:.3f}" if e else "reference")
        for group, (ratings, errors) in fitted.items()
        for name, p, r, e in zip(names[group], PRINTED[group], (ratings - ratings[0]).tolist(), errors.tolist())
    ]
    return table(
        rows,
        ["log-rating of", "printed", "ours, by MM", "standard error"],
        "log-ratings; Biometrika and Baltimore are 0",
    )


def ties_and_home(worth: Tensor, nu: float, home: float, error: float) -> Shown:
    """Davidson's puddings and Agresti's home advantage, printed and ours."""
    printed = (0.1388, 0.1730, 0.1617, 0.1654, 0.1587, 0.2024)
    puddings = [(f"pudding {k}", f"{p:.4f}", f"{w:.4f}") for k, (p, w) in enumerate(zip(printed, worth.tolist()), 1)]
    more = [
        ("how common ties are, nu", "0.7468", f"{nu:.4f}"),
        ("playing at home, h", "0.3023 (s.e. 0.1309)", f"{home:.4f} (s.e. {error:.4f})"),
    ]
    return table(
        [*puddings, *more], ["value", "printed", "ours"], "six puddings of 1970, and the baseball season of 1987"
    )


def ways(by_way: Mapping[str, Sequence[Mapping]], most: int) -> Shown:
    """The record: what the policy is worth, by how it was trained."""
    rows = []
    for name, runs in by_way.items():
        finals = [run["final"] for run in runs]
        m = mean(finals, 0, most)
        middle, lowest = statistics.median(finals), min(finals)
        interval = f"{m.value:.0f}, from {m.low:.0f} to {m.high:.0f}"
        rows.append((name, runs[0]["labels"], len(runs), interval, f"{middle:.0f}", f"{lowest:.0f}"))
    header = ["trained on", "answers", "seeds", "true return, mean and 95 % interval", "median", "lowest"]
    return table(rows, header, f"true return of the final policy, of {most}")


def frozen(by_way: Mapping[str, Sequence[Mapping]]) -> Shown:
    """How often the true return falls while the learned reward rises."""
    rows = []
    for name, runs in by_way.items():
        best, end = (statistics.mean(values) for values in zip(*((max(r["true"]), r["true"][-1]) for r in runs)))
        rows.append((name, f"{best:.0f}", f"{end:.0f}", f"{sum(map(gamed, runs))} of {len(runs)}"))
    header = ["trained on", "true return at its best", "at the end", "gamed"]
    return table(rows, header, "means over seeds; gamed: a fall by 30 % or more, while the learned reward rises")


def behaviours(inputs: Mapping[str, Tensor]) -> Shown:
    """What policies do, from inputs (..., 5): the share of steps in which each half of the task is done."""
    rows = []
    for name, x in inputs.items():
        on, up = x[..., 0].abs() < 1, x[..., 2].abs() < 1
        rows.append((name, *(f"{share.double().mean():.0%}" for share in (on, up, on & up))))
    return table(rows, ["policies", "cart on its track", "pole upright", "both, which is paid"], "share of all steps")


def grid(soon: Mapping[str, Sequence[int]], walks: Mapping[str, Sequence[int]], shortest: int) -> Shown:
    """When each learner first does well, and how long its final walk is, by seed."""
    told = lambda n: str(n) if n < 500 else "never"
    rows = [(name, ", ".join(map(str, soon[name])), ", ".join(map(told, walks[name]))) for name in soon]
    header = ["paid on top", "first episode of at most twice the shortest way", "steps of the final walk"]
    return table(rows, header, f"by seed; the shortest way has {shortest} steps")
