"""`python -m lib.bench.recurrence [cpu|cuda]`: the rows of the zoo against softmax attention and other people's code.

All methods of one size run in turn, in rounds, so that a busy minute affects them all.
"""

import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

os.environ["OMP_NUM_THREADS"] = os.environ["MKL_NUM_THREADS"] = "1"  # read when torch is imported
os.environ["TRANSFORMERS_VERBOSITY"] = "error"  # it warns that its own torch code is slow, and that is what we measure

import torch

from . import machine, measure, report
from .zoo import ROUNDS, SIZES, Case, cases, decoders, draw

TOO_LONG = 10.0  # seconds: the first size that takes longer is a method's last
DEAR = 3.0  # seconds: a call that takes longer is run at most twice
PAGES = {"cpu": "BENCHMARKS.md", "cuda": "BENCHMARKS-gpu.md"}


@dataclass
class Result:
    """One method at one size. Empty lists: not run."""

    forward: list[float] = field(default_factory=list)  # seconds, one per round
    both: list[float] = field(default_factory=list)  # forward and backward
    forward_bytes: int | None = None
    both_bytes: int | None = None
    flop: float = 0.0  # of the forward pass
    exp: float = 0.0


Results = dict[tuple[str, int], Result]


def calls(case: Case, L: int, device: str = "cpu") -> dict[str, Callable[[], object]]:
    """What is timed: the forward pass without a graph, and forward and backward with a fixed gradient of o."""
    inputs = case.prepare(draw(case.row, L, device=device))
    leaves = {n: x.detach().requires_grad_() for n, x in inputs.items()}  # the same memory
    direction = torch.randn(inputs[next(iter(inputs))].shape, generator=torch.Generator().manual_seed(1)).to(device)

    def forward():
        with torch.no_grad():
            return case.run(**inputs)

    def both():
        o = case.run(**leaves)
        return torch.autograd.grad((o * direction).sum(), list(leaves.values()), allow_unused=True)

    return {"forward": forward, "both": both}


def measure_size(L: int, among: list[Case], results: Results, device: str = "cpu", rounds: int | None = None) -> None:
    """Fill `results` for one size."""
    wanted = {c: [which for which in ("forward", "both") if not _over(results, c, L, which)] for c in among}
    ready = {c.name: {n: f for n, f in calls(c, L, device).items() if n in w} for c, w in wanted.items() if w}
    for c in among:
        results[c.name, L] = Result()
    for turn in range(rounds or ROUNDS[L]):
        for name, both_calls in ready.items():
            for which, call in both_calls.items():
                times = getattr(results[name, L], which)
                if turn == 0 or (min(times) < DEAR or (turn == 1 and min(times) < TOO_LONG)):
                    times.append(measure.seconds(call))
    for c in among:
        result = results[c.name, L]
        for which, call in ready.get(c.name, {}).items():
            if min(getattr(result, which)) < TOO_LONG:
                setattr(result, f"{which}_bytes", measure.peak_bytes(call))
        result.flop, result.exp = count(c, L)


def count(case: Case, L: int) -> tuple[float, float]:
    """Products and exponentials of the forward pass. Counted at 512 tokens, and scaled by the form's order."""
    if case.name.startswith("SDPA"):
        q = draw(case.row, 1)["q"]
        return 2.0 * L**2 * q.shape[-1] * q.shape[0] * q.shape[1], 0.5 * L**2 * q.shape[0] * q.shape[1]
    short = min(L, 512)
    flop, exp = measure.arithmetic(calls(case, short)["forward"])
    scale = (L / short) ** (2 if case.quadratic else 1)
    return flop * scale, exp * scale


def _over(results: Results, case: Case, L: int, which: str) -> bool:
    """Whether this size would take too long, judging by the previous two sizes or by the order of the method."""
    before = [min(getattr(results[case.name, s], which), default=None) for s in SIZES if (case.name, s) in results]
    if not before:
        return False
    if before[-1] is None or before[-1] > TOO_LONG or case.largest < L:
        return True
    growth = before[-1] / before[-2] if len(before) > 1 else 4.0
    return before[-1] * max(growth, 16.0 if case.quadratic else 4.0) > 2 * TOO_LONG


def measure_decoding(L: int, device: str = "cpu") -> dict[str, list[float]]:
    """Seconds per token, by method. Interleaved like the rest."""
    ready = decoders(L, device)
    with torch.no_grad():
        repeat = {n: max(3, min(300, int(0.03 / measure.seconds(call, 3)))) for n, call in ready.items()}
        found = {n: [] for n in ready}
        for _ in range(7):
            for n, call in ready.items():
                found[n].append(measure.seconds(call, repeat[n]))
    return found


def main(argv: list[str]) -> int:
    device = argv[0] if argv else "cpu"
    if device == "cuda" and not torch.cuda.is_available():
        print("There is no GPU that torch can use here, so there is nothing to measure on one.")
        return 0
    torch.set_num_threads(1)
    start, load = time.time(), report.load()
    found = [c for c in cases() if c.run]
    limits, results, decoding = machine.limits(device), {}, {}
    print(f"{machine.describe(device)}; load {load}", flush=True)
    for L in SIZES:
        measure_size(L, found, results, device)
        decoding[L] = measure_decoding(L, device)
        took = time.time() - start
        print(f"L = {L}: done after {took:.0f} s", flush=True)
        if L >= report.AT:  # already worth keeping, in case the next size is interrupted
            page = report.page(cases(), results, decoding, limits, device, took, load)
            path = Path(__file__).resolve().parents[1] / PAGES[device]
            path.write_text(page, encoding="utf-8")
    print(f"wrote lib/{path.name}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
