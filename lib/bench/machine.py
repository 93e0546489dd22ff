"""The limits of this machine, with as many threads as torch has: what a method is measured against."""

import os
import platform
from dataclasses import dataclass

import torch

from .measure import seconds


@dataclass(frozen=True)
class Limits:
    """Per second. `copy` counts bytes read and bytes written."""

    matmul: float  # floating-point operations in float32, of 2048 x 2048 or of batches of 64 x 64, whichever is more
    copy: float  # bytes, from memory to memory
    exp: float  # elements, into an existing buffer that fits the cache


def limits(device: str = "cpu") -> Limits:
    """The best of several tries: a limit is what is possible, not what is usual."""
    best = lambda call, tries=8: min(seconds(call) for _ in range(tries))
    a, small = torch.rand(2048, 2048, device=device), torch.rand(512, 64, 64, device=device)
    out, small_out = torch.empty_like(a), torch.empty_like(small)
    x = torch.rand(2**26, device=device)  # 256 MB: beyond every cache
    y, z = torch.empty_like(x), torch.rand(2**16, device=device)
    e = torch.empty_like(z)
    return Limits(
        matmul=max(
            2 * 2048**3 / best(lambda: torch.mm(a, a, out=out)),
            2 * 512 * 64**3 / best(lambda: torch.bmm(small, small, out=small_out), 50),
        ),
        copy=2 * x.nbytes / best(lambda: y.copy_(x)),
        exp=z.numel() / best(lambda: torch.exp(z, out=e), 200),
    )


def describe(device: str = "cpu") -> str:
    """The processor's model name, its cores and memory."""
    if device != "cpu":
        p = torch.cuda.get_device_properties(0)
        return f"{p.name}, {p.total_memory / 2**30:.0f} GB"
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{_model()}, {os.cpu_count()} cores, {memory:.0f} GB, {platform.system()} {platform.machine()}"


def _model() -> str:
    try:
        with open("/proc/cpuinfo") as lines:
            return next(line.split(":")[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or "unknown processor"
