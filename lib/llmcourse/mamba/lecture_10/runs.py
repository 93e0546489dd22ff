"""The records of lecture 10, read: runs of an arm in the order of their seeds, and their last scores."""

from collections.abc import Sequence

from ...verdicts import Estimate, mean, paired

Runs = Sequence[dict]

# Names of networks in the records that promise more than is there, and what is there.
NAMES = {
    "Vision Mamba: two ways, token in the middle": "two ways, token in the middle (Vision Mamba)",
    "one way on the grid, convolution, mean": "one way, a whole block, mean",
    "VMamba: four ways on the grid, convolution, mean": "four ways, a whole block each, mean",
    "U-Mamba": "U-Mamba, at the bottleneck",
    "SegMamba": "SegMamba's orders, at the bottleneck",
    "ViViM": "Vivim's orders, at the bottleneck",
    "MambaMorph": "U-Net with one scan (MambaMorph's idea)",
}


def names(runs: Runs) -> list[str]:
    """The arms, in the order of the record."""
    return list(dict.fromkeys(_arm(run) for run in runs))


def shown(name: str) -> str:
    """How the lecture calls an arm."""
    return NAMES.get(name, name)


def of(runs: Runs, name: str, what: str = "") -> list[dict]:
    """The runs of one arm, by seed. `what`: "equal steps" or "equal seconds", where there are both."""
    found = [run for run in runs if _arm(run) == name and what in ("", run.get("what"))]
    return sorted(found, key=lambda run: run["seed"])


def finals(runs: Runs, name: str, what: str = "") -> list[float]:
    """The last score of each seed."""
    return [run["validation"][-1][1] for run in of(runs, name, what)]


def gain(runs: Runs, name: str, over: str, what: str = "", over_what: str = "") -> Estimate:
    """By how much the last score of one arm is above another's, seed by seed."""
    return paired(finals(runs, name, what), finals(runs, over, over_what or what))


def told(values: Sequence[float], least: float = 0, most: float = 1) -> str:
    """Mean and interval of a score, for a table."""
    m = mean(values, least, most)
    return f"{m.value:.3f} ({m.low:.2f} to {m.high:.2f})"


def average(runs: Runs, key: str) -> float:
    return sum(run[key] for run in runs) / len(runs)


def _arm(run: dict) -> str:
    return run["name"] if "name" in run else run["network"]
