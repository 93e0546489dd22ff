"""Where and how long code runs: device, dtype, seeds, threads, and the three tiers of heavy cells.

smoke   takes seconds and only shows that a cell runs; tests use it
full    what a reader gets: real results, within the lecture's time
gpu     the same code with larger sizes in some cells, where torch finds a GPU with enough memory
"""

import functools
import os
import platform
import random
import time
from collections.abc import Callable

import torch

TIERS = ("smoke", "full", "gpu")
ENOUGH = 12e9  # bytes of a GPU's memory for tier gpu: a T4 has 16e9


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
        _wait()
        start = time.perf_counter()
        call(*arguments)
        _wait()
        times.append(time.perf_counter() - start)
    return min(times)


def _wait() -> None:
    """A call returns as soon as a GPU has been told what to do."""
    if torch.cuda.is_available():
        torch.cuda.synchronize()


def tier() -> str:
    """The value of LLMCOURSE_TIER. Unset, "smoke" when nbgrader runs the notebook to check or grade it, and otherwise
    "gpu" where CUDA has a GPU with at least 12 GB, else "full".

    Raises ValueError for any other value.
    """
    name = os.environ.get("LLMCOURSE_TIER") or ("smoke" if "NBGRADER_EXECUTION" in os.environ else _largest())
    if name not in TIERS:
        raise ValueError(
            f"LLMCOURSE_TIER is {name!r}: set it to 'smoke' (seconds, shows only that it runs), 'full' or 'gpu'."
        )
    return name


def _largest() -> str:
    """The largest tier for this machine."""
    enough = torch.cuda.is_available() and torch.cuda.get_device_properties(0).total_memory >= ENOUGH
    return "gpu" if enough else "full"


def pick(*, full, smoke, **larger):
    """The value for this tier. Tier gpu has one of its own where `gpu=` is given, and otherwise that of `full`."""
    if larger.keys() - {"gpu"}:
        raise TypeError(f"pick() takes full, smoke and gpu, not {', '.join(larger)}.")
    return {"full": full, "smoke": smoke, "gpu": larger.get("gpu", full)}[tier()]


def describe() -> str:
    """One line for a notebook: tier, device, threads, versions."""
    where = torch.cuda.get_device_name() if torch.cuda.is_available() else "CPU"
    return (
        f"tier {tier()} · {where} · {torch.get_num_threads()} threads · "
        f"torch {torch.__version__} · Python {platform.python_version()}"
    )
