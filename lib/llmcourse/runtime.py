"""Where and how long code runs: device, seeds, threads, and the two tiers of heavy cells.

smoke   seconds: it only shows that a cell runs; tests use it
full    what a reader gets: real results, within the lecture's time
"""

import os
import platform
import random

import torch

TIERS = ("smoke", "full")


def seed(n: int = 0) -> torch.Generator:
    """Seed torch, numpy and random, and return a generator on the CPU with the same seed."""
    import numpy

    random.seed(n)
    numpy.random.seed(n)
    torch.manual_seed(n)
    return torch.Generator().manual_seed(n)


def device() -> torch.device:
    """The GPU where there is one, otherwise the CPU."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def tier() -> str:
    """What LLMCOURSE_TIER says, else "full", or "smoke" where nbgrader runs the notebook to check or grade it.

    Raises ValueError for any other word.
    """
    name = os.environ.get("LLMCOURSE_TIER") or ("smoke" if "NBGRADER_EXECUTION" in os.environ else "full")
    if name not in TIERS:
        raise ValueError(f"LLMCOURSE_TIER is {name!r}: set it to 'smoke' (seconds, only that it runs) or 'full'.")
    return name


def pick(*, full, smoke):
    """The value for this tier."""
    return full if tier() == "full" else smoke


def describe() -> str:
    """One line for a notebook: tier, device, threads, versions."""
    where = torch.cuda.get_device_name() if torch.cuda.is_available() else "CPU"
    return (
        f"tier {tier()} · {where} · {torch.get_num_threads()} threads · "
        f"torch {torch.__version__} · Python {platform.python_version()}"
    )
