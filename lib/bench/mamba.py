"""`python -m lib.bench.mamba [cpu|cuda]`: the selective scan against other people's code, and on a CPU the cost of a
generated token. On a GPU kernels are among the forms: ours where Triton is installed, and mamba_ssm's where that is.

One thread. In every round all methods of one size run in turn. D = 256 channels, N = 16, B = 1, float32. A method that
needs more than TOO_LONG for one call is not run at larger sizes.
"""

import contextlib
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
from llmcourse import models, triton_language
from llmcourse.mamba import MambaLM, scan
from torch import Tensor

from . import machine, measure, report
from .zoo import PEERS

D, N = 256, 16
ROUNDS = {1024: 5, 4096: 3, 16384: 3, 65536: 1}
TOO_LONG = 12.0  # seconds
CONTEXTS = (256, 1024, 4096, 16384, 65536)
OWN, KERNEL = "chunked", "kernel"
HF, PEER = "transformers, slow path", "mambapy, parallel scan"
LIB = Path(__file__).resolve().parents[1]
PAGES = {"cpu": LIB / "BENCHMARKS-scan.md", "cuda": LIB / "BENCHMARKS-scan-gpu.md"}
Measured = dict[tuple[str, int, str], tuple[list[float], int | None]]  # (method, L, which) -> seconds, peak bytes


def methods(device: str = "cpu") -> dict[str, Callable[..., Tensor]]:
    """Name -> a function of x, dt, A, B, C that returns y; with the peers that are installed."""
    found = {n: lambda *z, form=f: form(*z)[0] for n, f in
             {OWN: scan.chunked, "sequential": scan.sequential, "associative": scan.associative}.items()}  # fmt: skip
    if device == "cuda" and triton_language.installed():
        from llmcourse.mamba import fused

        found = {KERNEL: lambda *z: fused.selective_scan(*z)[0], **found}
    if device == "cuda" and importlib.util.find_spec("mamba_ssm"):
        from mamba_ssm.ops.selective_scan_interface import selective_scan_fn

        found["mamba_ssm"] = lambda x, dt, A, B, C: selective_scan_fn(x.mT, dt.mT, A, B.mT, C.mT).mT
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


def draw(L: int, device: str = "cpu") -> list[Tensor]:
    g = torch.Generator().manual_seed(0)
    randn = lambda *shape: torch.randn(*shape, generator=g)
    A = -torch.arange(1.0, N + 1).expand(D, N).contiguous()
    inputs = [randn(1, L, D), F.softplus(randn(1, L, D) - 3), A, randn(1, L, N), randn(1, L, N)]
    return [z.to(device) for z in inputs]


def calls(method: Callable, L: int, device: str = "cpu") -> dict[str, Callable[[], object]]:
    inputs = draw(L, device)
    leaves, direction = [z.clone().requires_grad_() for z in inputs], torch.ones(1, L, D, device=device)

    def forward():
        with torch.no_grad():
            return method(*inputs)

    return {"forward": forward, "both": lambda: torch.autograd.grad(method(*leaves), leaves, direction)}


def run(device: str = "cpu") -> Measured:
    found: Measured = {}
    for L, rounds in ROUNDS.items():
        made = {(n, w): c for n, m in methods(device).items() for w, c in calls(m, L, device).items()}
        ready = {(n, w): c for (n, w), c in made.items() if not _over(found, n, L, w)}
        for turn in range(rounds):
            for (name, which), call in ready.items():
                times, _ = found.setdefault((name, L, which), ([], None))
                if turn == 0 or (times and min(times) < TOO_LONG / 4):
                    with contextlib.suppress(torch.OutOfMemoryError):  # of a GPU: the table has a dash there
                        times.append(measure.seconds(call))
        for (name, which), call in ready.items():
            if times := found[name, L, which][0]:
                found[name, L, which] = (times, measure.peak_bytes(call))
        print(f"L = {L}: done", flush=True)
    return found


def _over(found: Measured, name: str, L: int, which: str) -> bool:
    """Whether it takes too long, judging by the previous size: four times the length takes 4 or 16 times as long."""
    before = [min(t) for (n, size, w), (t, _) in found.items() if t and (n, w) == (name, which) and size == L // 4]
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


def page(found: Measured, per_token: dict[str, list[float]], took: float, load: str, device: str = "cpu") -> str:
    gpu = device == "cuda"
    how, threads, clock = ("gpu", "", "Wall-clock") if gpu else ("bench", ", one thread", "Processor")
    lines = ["# The selective scan", "", f"Written by `make {how}`; B = 1, D = {D}, N = {N}, float32{threads}.", "",
             f"- Machine: {machine.describe(device)}.", f"- {time.strftime('%Y-%m-%d')}; {took:.0f} s; {load}.",
             f"- {clock} time, minimum over rounds; all methods of one size run in turn.", ""]  # fmt: skip
    if per_token:
        lines += ["## Targets", "", "| target | measured | |", "|---|---|---|", *_targets(found, per_token), ""]
    for which, title in (("forward", "Forward"), ("both", "Forward and backward")):
        lines += [f"## {title}: milliseconds (peak MB)", "", "| form | " + " | ".join(map(str, ROUNDS)) + " |"]
        lines += ["|---|" + "---|" * len(ROUNDS), *(_row(found, n, which) for n in methods(device)), ""]
    if per_token:
        lines += ["## A generated token, µs", "", "| model | " + " | ".join(f"after {L}" for L in CONTEXTS) + " |"]
        lines += ["|---|" + "---|" * len(CONTEXTS)]
        lines += [f"| {name} | " + " | ".join(f"{t:.0f}" for t in times) + " |" for name, times in per_token.items()]
    return "\n".join(lines) + "\n"


def _row(found: Measured, name: str, which: str) -> str:
    cells = []
    for L in ROUNDS:
        times, peak = found.get((name, L, which), ([], None))
        memory = "" if peak is None else f" ({peak / 1e6:.0f})"
        cells.append(f"{1e3 * min(times):.3g}{memory}" if times else "-")
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


def main(argv: list[str]) -> int:
    device = argv[0] if argv else "cpu"
    if device == "cuda" and not torch.cuda.is_available():
        print("There is no GPU that torch can use here, so there is nothing to measure on one.")
        return 0
    torch.set_num_threads(1)
    start, load = time.time(), report.load()
    found, per_token = run(device), tokens() if device == "cpu" else {}
    text = page(found, per_token, time.time() - start, f"load average {load} before", device)
    PAGES[device].write_text(text, encoding="utf-8")
    print(f"wrote lib/{PAGES[device].name}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
