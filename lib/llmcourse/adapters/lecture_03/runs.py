"""The runs of lecture 03's records, by method: what its pictures, tables and claims compare."""

from collections.abc import Mapping, Sequence
from statistics import fmean

import torch

from ..experiments import PENALTIES, RANKS, STEPS

Run = Mapping[str, object]


def of(runs: Sequence[Run], method: str, r: int, task: str = "far", steps: int = STEPS, **how) -> list[Run]:
    """The runs of one arm, one a seed, in the order of the seeds."""
    wanted = {"method": method, "r": r, "task": task, "steps": steps} | how
    found = [run for run in runs if all(run.get(name) == value for name, value in wanted.items())]
    return sorted(found, key=lambda run: run["seed"])


def accuracies(runs: Sequence[Run], method: str, r: int, **how) -> list[float]:
    return [run["accuracy"] for run in of(runs, method, r, **how)]


def cut(runs: Sequence[Run], method: str, r: int, by: str = "first") -> list[float]:
    """Accuracies of a method that was trained at the largest rank and cut to rank r, one a seed."""
    return [run["cut"][by][str(r)] for run in of(runs, method, max(RANKS))]


def mean_rank(run: Run) -> float:
    """Ranks of a layer, in the mean over layers."""
    return fmean(run["ranks"].values())


def contest(runs: Sequence[Run]) -> dict[str, list[Run]]:
    """Every method on the far task after the same number of steps: name -> runs."""
    dylora = of(runs, "DyLoRA", max(RANKS))
    cut_to_4 = [run | {"accuracy": run["cut"]["first"]["4"], "ranks": {"": 4}} for run in dylora]
    return {
        "full fine-tuning": of(runs, "full fine-tuning", 0),
        **{f"LoRA, r = {r}": of(runs, "LoRA", r) for r in RANKS},
        "bottleneck, m = 4": of(runs, "bottleneck", 4),
        "DoRA, r = 4": of(runs, "DoRA", 4),
        "AdaLoRA, 6 to 4": of(runs, "AdaLoRA", 4),
        **{f"SoRA, ξ = {penalty:g}": of(runs, "SoRA", 4, penalty=penalty) for penalty in PENALTIES},
        "ALoRA, 4 in the mean": of(runs, "ALoRA", 4),
        "ALoRA, nothing moved": of(runs, "ALoRA, nothing moved", 4),
        "DyLoRA, 16 cut to 4": cut_to_4,
    }


def correlations(found: Sequence[Run]) -> list[float]:
    """Correlation over layers of the logarithms of the change in magnitude and in direction, for each seed."""
    layers = [torch.tensor(list(run["layers"].values())) for run in found]  # (16, 2) each
    return [torch.corrcoef(each.mT.log())[0, 1].item() for each in layers]
