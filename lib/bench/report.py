"""The page lib/BENCHMARKS.md, from what was measured."""

import importlib.metadata
import os
import platform
import statistics
import sys
from datetime import date

import torch

from . import machine
from .zoo import DECODED, PEERS, ROUNDS, SIZES, Case

SDPA, CACHE, AT = "SDPA, causal", "SDPA over a cache", 16384
SCALAR = ("retnet", "mamba2", "mlstm")
KERNELS = {  # row -> how much faster than SDPA its kernel is to be, and fla's kernel
    "linear": (4, "fla kernel linear attention"),
    "mamba2": (3, "fla kernel simple_gla"),
    "gla": (1.5, "fla kernel gla"),
}
PAIRS = {
    "linear": "fla naive chunk linear attention",
    "mamba2": "fla naive chunk simple_gla",
    "deltanet": "fla naive chunkwise delta rule",
}


def page(cases: list[Case], results, decoding, limits: machine.Limits, device: str, took: float, load: str) -> str:
    parts = [_head(limits, device, took, load), _targets(results, decoding)]
    parts += [_size(L, cases, results, limits) for L in SIZES if (SDPA, L) in results]
    return "\n\n".join([*parts, _decoding(decoding)]) + "\n"


def load() -> str:
    """Processes that wanted a processor in the last minute, including this one."""
    return f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "unknown"


def _head(limits: machine.Limits, device: str, took: float, load: str) -> str:
    gpu = device == "cuda"
    versions = f"Python {platform.python_version()}, torch {torch.__version__}, transformers {_version('transformers')}"
    memory = "torch's CUDA allocator" if gpu else "the kernel's record of resident memory, in a process of its own"
    return f"""# How fast the recurrences are

Written by `make {"gpu" if gpu else "bench"}`; B = 1, H = 4, d = 64, float32{"" if gpu else ", one thread"}.

- Machine: {machine.describe(device)}. {versions}, fla-core {_version("fla-core")}.
- {date.today()}; {took:.0f} s; load average {load} before and {globals()["load"]()} after, on {os.cpu_count()} cores.
  {_clock(gpu)}
- Limits measured in the same run: matrix product {limits.matmul / 1e9:.0f} GFLOP/s,
  copy {limits.copy / 1e9:.1f} GB/s (read + written), exp {limits.exp / 1e9:.1f} G/s.
- Each time is the minimum over rounds, with the median in brackets; all methods of one size run in turn in every round
  ({", ".join(map(str, ROUNDS.values()))} rounds; a call over 3 s twice, one over 10 s once).
- Rows start from their pre-activations: gates, maps and norms are in the time. Peers are given finished gates.
- MB: {memory}; the peak that the call adds to its inputs, including gradients.
- `limit`: the part of the forward time that its matrix products and exponentials would take at the machine's limits.
  Products inside triangular solves are not counted.
- `> 10 s`: not run, since the previous size took, or this one would take, more than that (or twice that, if it is
  extrapolated from the growth)."""


def _clock(gpu: bool) -> str:
    if gpu:
        return "Times are wall-clock times, with the GPU's work finished."
    return (
        "Times are processor times, without the wait for a turn. Where the load is above 1, other work shared caches\n"
        "  and memory; the minimum is closer to an idle machine."
    )


def _targets(results, decoding) -> str:
    lines = [_faster(f"linear chunkwise, {n}: 15 x SDPA", results, "linear", w, 15) for w, n in WHICH.items()]
    rows = [*((r, 8) for r in SCALAR), ("deltanet", 4), ("gla", 3)]
    lines += [_faster(f"{r} chunkwise, {n}: {f} x SDPA", results, r, w, f) for r, f in rows for w, n in WHICH.items()]
    for row, (factor, peer) in KERNELS.items():
        if best(results, f"{row}, kernel", AT, "both"):
            for w, n in WHICH.items():
                lines.append(_faster(f"{row} kernel, {n}: {factor} x SDPA", results, row, w, factor, "kernel"))
                lines.append(
                    _peer(f"{row} kernel, {n}: within 1.5 x of fla's", results, row, peer, w, 1 / 1.5, "kernel")
                )
    for row, peer in PAIRS.items():
        lines.append(_peer(f"{row} chunkwise, forward + backward: faster than {peer}", results, row, peer, "both", 1))
        lines.append(_peer(f"{row} chunkwise, forward: within 2 x of {peer}", results, row, peer, "forward", 0.5))
    for row in DECODED:
        gain = min(decoding[AT][CACHE]) / min(decoding[AT][f"{row}, step"])
        lines.append((f"{row}, one token: 50 x cheaper than attention over a cache", f"{gain:.0f} x", gain >= 50))
    lines.append(_memory(results))
    table = [f"| {what} | {got} | {'reached' if ok else '**not reached**'} |" for what, got, ok in lines]
    head = f"## Targets, at L = {AT}\n\nThose of chunkwise forms were set for a CPU.\n\n"
    head += "| target | measured | |\n|---|---|---|\n"
    return head + "\n".join(table)


WHICH = {"forward": "forward", "both": "forward + backward"}


def _faster(what: str, results, row: str, which: str, factor: float, form: str = "chunkwise"):
    gain = best(results, SDPA, AT, which) / best(results, f"{row}, {form}", AT, which)
    return what, f"{gain:.1f} x", gain >= factor


def _peer(what: str, results, row: str, peer: str, which: str, factor: float, form: str = "chunkwise"):
    """A peer that stopped before this size is slower than everything that ran."""
    if (peer, AT) not in results:
        return what, "not installed", False
    own, other = best(results, f"{row}, {form}", AT, which), best(results, peer, AT, which)
    if other is None:
        return what, "the peer takes over 10 s", True
    return what, f"{other / own:.2f} x its speed", other / own >= factor


def _memory(results):
    """Four times the length takes four times the bytes if linear, sixteen times if quadratic."""
    growth = {
        name: results[name, AT].both_bytes / results[name, AT // 4].both_bytes
        for name, L in results
        if L == AT and name.endswith("chunkwise") and results[name, AT].both_bytes
    }
    if not growth:
        return "never quadratic in memory", "not measured", False
    name = max(growth, key=growth.get)
    return (
        "chunkwise, never quadratic in memory: forward + backward from 4k to 16k",
        f"at most {growth[name]:.1f} x ({name.split(',')[0]}); quadratic is 16 x",
        growth[name] < 6,
    )


def _size(L: int, cases: list[Case], results, limits: machine.Limits) -> str:
    head = "| method | forward, ms | × SDPA | forward + backward, ms | × SDPA | MB forward | MB both | limit |"
    lines = [f"## L = {L}", "", head, "|---|---|---|---|---|---|---|---|"]
    for c in cases:
        if c.run is None:
            lines.append(f"| {c.name} | {c.lacks} | | | | | | |")
        elif c.largest >= L or results[c.name, L].forward:
            lines.append(f"| {c.name} | " + " | ".join(_cells(c, L, results, limits)) + " |")
    return "\n".join(lines)


def _cells(c: Case, L: int, results, limits: machine.Limits):
    r = results[c.name, L]
    for which in WHICH:
        times, base = getattr(r, which), best(results, SDPA, L, which)
        yield f"{_ms(min(times))} ({_ms(statistics.median(times))})" if times else "> 10 s"
        yield f"{base / min(times):.3g}" if times and base else ""
    for size in (r.forward_bytes, r.both_bytes):
        yield "" if size is None else f"{size / 1e6:.0f}"
    ideal = r.flop / limits.matmul + (0 if c.name == SDPA else r.exp / limits.exp)
    yield f"{100 * ideal / min(r.forward):.0f} %" if r.forward else ""


def _decoding(decoding) -> str:
    lines = ["## One token of decoding, µs", "", "From a token's q, k, v and gates; no projections.", ""]
    lines += ["| method | " + " | ".join(f"after {L}" for L in decoding) + " |", "|---|" + "---|" * len(decoding)]
    for name in next(iter(decoding.values())):
        cells = [f"{1e6 * min(d[name]):.0f} ({1e6 * statistics.median(d[name]):.0f})" for d in decoding.values()]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def best(results, name: str, L: int, which: str) -> float | None:
    """The minimum over rounds; None if it did not run."""
    return min(getattr(results[name, L], which), default=None) if (name, L) in results else None


def _ms(seconds: float) -> str:
    return f"{1e3 * seconds:.3g}" if seconds < 1 else f"{1e3 * seconds:.0f}"


def _version(package: str) -> str:
    try:
        found = importlib.metadata.distributions(name=package, path=[*sys.path, str(PEERS)])
        return next(iter(found)).version
    except StopIteration:
        return "not installed"
