"""`python -m lib.bench.mamba`: the selective scan against other people's code, and the cost of a generated token.

One thread. In every round all methods of one size run in turn. D = 256 channels, N = 16, B = 1, float32. A method that
needs more than TOO_LONG for one call is not run at larger sizes.
"""

import importlib.util
import os
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

os.environ["OMP_NUM_THREADS"] = os.environ["MKL_NUM_THREADS"] = "1"  # read when torch is imported

import torch
import torch.nn.functional as F
from llmcourse import models
from llmcourse.mamba import MambaLM, scan
from torch import Tensor

from . import machine, measure, report
from .zoo import PEERS

D, N = 256, 16
ROUNDS = {1024: 5, 4096: 3, 16384: 3, 65536: 1}
TOO_LONG = 12.0  # seconds
CONTEXTS = (256, 1024, 4096, 16384, 65536)
OWN, HF, PEER = "chunked", "transformers, slow path", "mambapy, parallel scan"
PAGE = Path(__file__).resolve().parents[1] / "BENCHMARKS-scan.md"
Measured = dict[tuple[str, int, str], tuple[list[float], int | None]]  # (method, L, which) -> seconds, peak bytes


def methods() -> dict[str, Callable[..., Tensor]]:
    """Name -> a function of x, dt, A, B, C that returns y; with the peers that are installed."""
    found = {n: lambda *z, form=f: form(*z)[0] for n, f in
             {OWN: scan.chunked, "sequential": scan.sequential, "associative": scan.associative}.items()}  # fmt: skip
    try:
        from transformers.models.mamba import modeling_mamba

        theirs = modeling_mamba.mamba_selective_scan
        theirs = getattr(theirs, "__wrapped__", theirs)
        first = lambda y: y[0] if isinstance(y, tuple) else y
        found[HF] = lambda x, dt, A, B, C: first(theirs(x.mT, dt.mT, A, B.mT, C.mT)).mT
    except (ImportError, AttributeError):
        pass
    if (PEERS / "mambapy").is_dir():  # one file of it, by its path: otherwise transformers would find fla next to it
        file = importlib.util.spec_from_file_location("pscan", PEERS / "mambapy" / "pscan.py")
        theirs_too = importlib.util.module_from_spec(file)
        file.loader.exec_module(theirs_too)
        pscan = theirs_too.pscan
        states = lambda x, dt, A, B: pscan((dt[..., None] * A).exp(), (dt * x)[..., None] * B[..., None, :])
        found[PEER] = lambda x, dt, A, B, C: (states(x, dt, A, B) @ C[..., None])[..., 0]
    return found


def draw(L: int) -> list[Tensor]:
    g = torch.Generator().manual_seed(0)
    randn = lambda *shape: torch.randn(*shape, generator=g)
    A = -torch.arange(1.0, N + 1).expand(D, N).contiguous()
    return [randn(1, L, D), F.softplus(randn(1, L, D) - 3), A, randn(1, L, N), randn(1, L, N)]


def calls(method: Callable, L: int) -> dict[str, Callable[[], object]]:
    inputs = draw(L)
    leaves, direction = [z.clone().requires_grad_() for z in inputs], torch.ones(1, L, D)

    def forward():
        with torch.no_grad():
            return method(*inputs)

    return {"forward": forward, "both": lambda: torch.autograd.grad(method(*leaves), leaves, direction)}


def run() -> Measured:
    found: Measured = {}
    for L, rounds in ROUNDS.items():
        ready = {(n, w): c for n, m in methods().items() for w, c in calls(m, L).items() if not _over(found, n, L, w)}
        for turn in range(rounds):
            for (name, which), call in ready.items():
                times, _ = found.setdefault((name, L, which), ([], None))
                if turn == 0 or min(times) < TOO_LONG / 4:
                    times.append(measure.seconds(call))
        for (name, which), call in ready.items():
            found[name, L, which] = (found[name, L, which][0], measure.peak_bytes(call))
        print(f"L = {L}: done", flush=True)
    return found


def _over(found: Measured, name: str, L: int, which: str) -> bool:
    """Whether it takes too long, judging by the previous size: four times the length takes 4 or 16 times as long."""
    before = [min(t) for (n, size, w), (t, _) in found.items() if (n, w) == (name, which) and size == L // 4]
    quadratic = 16 if (name, which) in ((HF, "both"), ("associative", "both")) else 4
    return L > 1024 and (not before or before[0] * quadratic > TOO_LONG)


def tokens() -> dict[str, list[float]]:
    """Microseconds per generated token, by context length: two layers of 128 channels, random weights."""
    torch.manual_seed(0)
    writers = {"Mamba": MambaLM(90, 128, 2), "softmax attention": models.GPT(90, 128, 2, models.SoftmaxAttention)}
    found: dict[str, list[float]] = {name: [] for name in writers}
    token = torch.zeros(1, 1, dtype=torch.long)
    for L in CONTEXTS:
        with torch.no_grad():
            ready = {}
            for name, writer in writers.items():
                state = None
                for part in torch.zeros(1, L, dtype=torch.long).split(4096, 1):
                    _, state = writer(part, state)
                writer(token, state)
                ready[name] = partial(writer, token, state)
            times = {name: [measure.seconds(call, 20) for _ in range(5)] for name, call in ready.items()}
        for name in writers:
            found[name].append(1e6 * min(times[name]))
    return found


def page(found: Measured, per_token: dict[str, list[float]], took: float, load: str) -> str:
    lines = ["# The selective scan", "", "Written by `make bench`; B = 1, D = 256, N = 16, float32, one thread.", "",
             f"- Machine: {machine.describe('cpu')}.", f"- {time.strftime('%Y-%m-%d')}; {took:.0f} s; {load}.",
             "- Processor time, minimum over rounds; all methods of one size run in turn.", ""]  # fmt: skip
    lines += ["## Targets", "", "| target | measured | |", "|---|---|---|", *_targets(found, per_token), ""]
    for which, title in (("forward", "Forward"), ("both", "Forward and backward")):
        lines += [f"## {title}: milliseconds (peak MB)", "", "| form | " + " | ".join(map(str, ROUNDS)) + " |"]
        lines += ["|---|" + "---|" * len(ROUNDS), *(_row(found, name, which) for name in methods()), ""]
    lines += ["## A generated token, µs", "", "| model | " + " | ".join(f"after {L}" for L in CONTEXTS) + " |"]
    lines += ["|---|" + "---|" * len(CONTEXTS)]
    lines += [f"| {name} | " + " | ".join(f"{t:.0f}" for t in times) + " |" for name, times in per_token.items()]
    return "\n".join(lines) + "\n"


def _row(found: Measured, name: str, which: str) -> str:
    cells = []
    for L in ROUNDS:
        times, peak = found.get((name, L, which), ([], None))
        memory = "" if peak is None else f" ({peak / 1e6:.0f})"
        cells.append(f"{1e3 * min(times):.0f}{memory}" if times else "-")
    return f"| {name} | " + " | ".join(cells) + " |"


def _targets(found: Measured, per_token: dict[str, list[float]]) -> list[str]:
    def ratio(what, peer, L, which, factor, index):
        values = [found.get((name, L, which)) for name in (OWN, peer)]
        if None in values:
            return f"| {what} | not measured | |"
        own, other = (min(v[0]) if index == 0 else v[1] for v in values)
        return f"| {what} | {other / own:.1f} x | {'reached' if other / own >= factor else '**not reached**'} |"

    growth = min(found[OWN, 65536, "both"][0]) / min(found[OWN, 16384, "both"][0])
    flat = per_token["Mamba"][-1] / per_token["Mamba"][0]
    return [
        ratio(f"forward at 16k: 5 x {HF}", HF, 16384, "forward", 5, 0),
        ratio(f"forward at 16k: 5 x {PEER}", PEER, 16384, "forward", 5, 0),
        ratio(f"forward + backward at 16k: 6 x {PEER}", PEER, 16384, "both", 6, 0),
        ratio(f"forward + backward at 1k: 6 x {HF}", HF, 1024, "both", 6, 0),
        ratio(f"a tenth of the memory of {PEER}, forward + backward at 16k", PEER, 16384, "both", 10, 1),
        ratio(f"a tenth of the memory of {HF}, forward at 16k", HF, 16384, "forward", 10, 1),
        f"| linear to 64k, forward + backward: 4 x the length | {growth:.1f} x | "
        f"{'reached' if growth < 5 else '**not reached**'} |",
        f"| a generated token costs the same at 64k as at 256 | {flat:.2f} x | "
        f"{'reached' if flat < 1.3 else '**not reached**'} |",
    ]


def main() -> int:
    torch.set_num_threads(1)
    start, load = time.time(), report.load()
    found, per_token = run(), tokens()
    PAGE.write_text(page(found, per_token, time.time() - start, f"load average {load} before"), encoding="utf-8")
    print(f"wrote lib/{PAGE.name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
