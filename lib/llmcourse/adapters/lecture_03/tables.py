"""The tables of lecture 03: what was measured, in rows."""

import math
from collections.abc import Mapping, Sequence

from ... import verdicts
from ...figures import Shown, table
from ..experiments import PENALTIES
from . import runs
from .runs import Run


def between(values: Sequence[float], most: float, form: str = ".2f") -> str:
    """A mean of numbers from 0 to `most` with the ends of its interval: "0.52 (0.45 to 0.59)"."""
    mean = verdicts.mean(values, least=0, most=most)
    return f"{mean.value:{form}} ({mean.low:{form}} to {mean.high:{form}})"


def disk(whole: int, sizes: Mapping[str, int], switching: Mapping[str, float]) -> Shown:
    """Bytes of each adapter on disk, and seconds to switch to it, against a base of `whole` parameters in bfloat16."""
    rows = [("the base, bfloat16", f"{2 * whole / 1e6:.1f}", "100 %", "")]
    rows += [
        (name, f"{size / 1e6:.1f}", f"{size / 2 / whole:.1%}", f"{1e3 * switching[name]:.1f}")
        for name, size in sizes.items()
    ]
    return table(rows, ["what", "MB on disk", "of the base", "ms to switch to it"], "210 layers, adapters in float32")


def latency(seconds: Mapping[str, Sequence[float]]) -> Shown:
    """Time of a token for each way to use adapters, the best of each turn, against the first way in the same turn."""
    base = next(iter(seconds.values()))
    rows = [
        (
            name,
            f"{1e3 * min(each):.0f}",
            between([a / b for a, b in zip(each, base)], math.inf) if each is not base else "1",
        )
        for name, each in seconds.items()
    ]
    return table(rows, ["one token through", "ms", "times the base"], f"{len(base)} turns; 95 % intervals")


def rates(tried: Mapping[str, Mapping]) -> Shown:
    """The learning rates that were tried, with the accuracy of each on the pairs to choose by."""
    columns = sorted({float(lr) for arm in tried.values() for lr in arm["tried"]})
    rows = []
    for arm, how in tried.items():
        method, _, rank = arm.rpartition(" ")
        shares = {float(lr): share for lr, share in how["tried"].items()}
        cells = [f"{shares[lr]:.2f}{' ←' if lr == how['lr'] else ''}" if lr in shares else "" for lr in columns]
        if "nothing" not in method:  # it has ALoRA's rate
            rows.append((method if rank == "0" else f"{method}, {rank}", *cells))
    caption = "|a-b| right on the pairs to choose by; ←: chosen, better than half and twice the rate"
    return table(rows, ["method, rank", *(f"{lr:g}" for lr in columns)], caption)


def gates(found: Sequence[Run]) -> Shown:
    """SoRA under each penalty: gates that stay open, and the share of right answers."""
    arms = {penalty: runs.of(found, "SoRA", 4, penalty=penalty) for penalty in PENALTIES}
    gates, right = lambda arm: [runs.mean_rank(run) for run in arm], lambda arm: [run["accuracy"] for run in arm]
    rows = [(f"{penalty:g}", between(gates(arm), 8, ".1f"), between(right(arm), 1)) for penalty, arm in arms.items()]
    seeds = len(arms[PENALTIES[0]])
    return table(rows, ["penalty ξ, nats", "open gates of 8", "|a-b| right"], f"{seeds} seeds; 95 % intervals")


def contest(found: Sequence[Run]) -> Shown:
    """Every method on the far task, and its difference to LoRA of rank 4, seed by seed."""
    arms = runs.contest(found)
    reference = [run["accuracy"] for run in arms["LoRA, r = 4"]]
    rows = []
    for name, arm in arms.items():
        right = [run["accuracy"] for run in arm]
        ahead = verdicts.paired(right, reference)
        rank = f"{sum(map(runs.mean_rank, arm)) / len(arm):.1f}" if arm[0]["ranks"] else ""
        against = "" if arm is arms["LoRA, r = 4"] else f"{ahead.value:+.2f} ({ahead.low:+.2f} to {ahead.high:+.2f})"
        rows.append((name, rank, f"{max(run['parameters'] for run in arm):,}", between(right, 1), against))
    header = ["method", "ranks a layer", "numbers trained", "|a-b| right", "against LoRA, r = 4"]
    return table(rows, header, f"{len(reference)} seeds; 95 % intervals, the differences seed by seed")
