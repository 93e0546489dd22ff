"""Where and how long code runs: device, dtype, seeds, threads, and the two tiers of heavy cells.

smoke   takes seconds and only shows that a cell runs; tests use it
full    what a reader gets: real results, within the lecture's time
"""

import functools
import os
import platform
import random
import time
from collections.abc import Callable

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


@functools.cache
def dtype() -> torch.dtype:
    """bfloat16 where this machine multiplies faster in it, else float32. Measured, which takes a quarter of a second.

    Processors differ by a factor of ten here, and nothing in their names tells which way.
    """
    if torch.cuda.is_available():
        return torch.bfloat16 if torch.cuda.is_bf16_supported(including_emulation=False) else torch.float32
    seconds = {kind: _seconds(kind) for kind in (torch.float32, torch.bfloat16)}
    return min(seconds, key=lambda kind: seconds[kind] * (1.2 if kind == torch.bfloat16 else 1))


def _seconds(kind: torch.dtype) -> float:
    """The best time for a layer of a small language model: many tokens at once, and few, as when it writes."""
    weight = torch.ones(1536, 576, dtype=kind)
    many, few = torch.ones(256, 576, dtype=kind), torch.ones(8, 576, dtype=kind)

    def layer():
        torch.nn.functional.linear(many, weight)
        for _ in range(4):
            torch.nn.functional.linear(few, weight)

    return quickest(layer, repeat=12)


@torch.no_grad()
def quickest(call: Callable, *arguments: object, repeat: int = 3) -> float:
    """Seconds of the quickest of some calls, without gradients: what else the machine does only makes a call longer."""
    times = []
    for _ in range(repeat):
        start = time.perf_counter()
        call(*arguments)
        times.append(time.perf_counter() - start)
    return min(times)


def tier() -> str:
    """The value of LLMCOURSE_TIER. Unset, "full", or "smoke" when nbgrader runs the notebook to check or grade it.

    Raises ValueError for any other value.
    """
    name = os.environ.get("LLMCOURSE_TIER") or ("smoke" if "NBGRADER_EXECUTION" in os.environ else "full")
    if name not in TIERS:
        raise ValueError(f"LLMCOURSE_TIER is {name!r}: set it to 'smoke' (seconds, shows only that it runs) or 'full'.")
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
