"""`python -m lib.bench.adapters`: a training step of SmolLM2 with adapters, against peft's and full fine-tuning.

Rank 8 on all seven kinds of linear layers, float32, AdamW, one thread. In every round each takes a step in turn.
"""

import copy
import os
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

os.environ["OMP_NUM_THREADS"] = os.environ["MKL_NUM_THREADS"] = "1"  # read when torch is imported

import torch
from llmcourse import adapters, models
from llmcourse.adapters.experiments import KINDS
from torch import Tensor, nn

from . import machine, measure, report

BATCH, LENGTH, ROUNDS, R = 4, 32, 4, 8
FULL = "full fine-tuning"
PAGE = Path(__file__).resolve().parents[1] / "BENCHMARKS-adapters.md"
Measured = dict[str, tuple[list[float], int | None, int]]  # method -> seconds, peak bytes, numbers trained


def methods(base: nn.Module) -> dict[str, nn.Module]:
    """Name -> a model that is ready to be trained; with peers if peft is installed."""
    full = copy.deepcopy(base).requires_grad_(True)
    kinds = {"LoRA": adapters.LoRA, "DoRA": adapters.DoRA, "AdaLoRA": adapters.AdaLoRA}
    found = {FULL: full} | {name: copy.deepcopy(base) for name in kinds}
    for name, kind in kinds.items():
        adapters.attach(found[name], "x", partial(kind, r=R, alpha=16), KINDS)
    try:
        import peft
    except ImportError:
        return found
    plain = {"r": R, "lora_alpha": 16, "target_modules": list(KINDS)}
    configs = {
        "peft, LoRA": peft.LoraConfig(**plain),
        "peft, DoRA": peft.LoraConfig(**plain, use_dora=True),
        "peft, AdaLoRA": peft.AdaLoraConfig(init_r=R, total_step=100, lora_alpha=16, target_modules=list(KINDS)),
    }
    return found | {name: peft.get_peft_model(copy.deepcopy(base), config) for name, config in configs.items()}


def step(model: nn.Module, tokens: Tensor) -> Callable[[], object]:
    """One step of training, from forward to optimizer."""
    learned = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(learned, lr=1e-4)

    def run():
        optimizer.zero_grad(set_to_none=True)
        logits = model(tokens, use_cache=False).logits
        nn.functional.cross_entropy(logits[:, :-1].flatten(0, 1), tokens[:, 1:].flatten()).backward()
        optimizer.step()

    return run


def run() -> Measured:
    lm = models.load(dtype=torch.float32)
    tokens = torch.randint(1000, 40_000, (BATCH, LENGTH), generator=torch.Generator().manual_seed(0))
    ready = methods(lm.model)
    trained = {name: adapters.trainable(model) for name, model in ready.items()}
    # From a fresh optimizer, so that the peak includes the gradients and its two averages.
    peaks = {name: measure.peak_bytes(step(model, tokens)) for name, model in ready.items()}
    calls = {name: step(model, tokens) for name, model in ready.items()}
    times: dict[str, list[float]] = {name: [] for name in ready}
    for turn in range(ROUNDS + 1):
        for name, call in calls.items():
            seconds = measure.seconds(call)
            if turn:  # the first creates the optimizer's state
                times[name].append(seconds)
        print(f"round {turn} of {ROUNDS}: done", flush=True)
    return {name: (times[name], peaks[name], trained[name]) for name in ready}


def page(found: Measured, took: float, load: str) -> str:
    best = {name: min(times) for name, (times, *_) in found.items()}
    lines = [
        "# A training step with adapters",
        "",
        "Written by `make bench`; SmolLM2-135M-Instruct, rank 8 on 210 linear layers, "
        f"{BATCH} texts of {LENGTH} tokens, float32, AdamW, one thread.",
        "",
        f"- Machine: {machine.describe('cpu')}.",
        f"- {time.strftime('%Y-%m-%d')}; {took:.0f} s; {load}.",
        f"- Processor time, minimum over {ROUNDS} rounds in which all take turns. Memory: the peak that a first step",
        "  adds to model and adapters.",
        "",
        "| method | ms per step | x full | MB | of full | numbers trained |",
        "|---|---|---|---|---|---|",
    ]
    whole = found[FULL][1]
    for name, (_, peak, trained) in found.items():
        memory = "- | -" if peak is None else f"{peak / 1e6:.0f} | {peak / whole:.0%}"
        lines.append(f"| {name} | {1e3 * best[name]:.0f} | {best[name] / best[FULL]:.2f} | {memory} | {trained:,} |")
    lines += ["", "| target | measured | |", "|---|---|---|"]
    for name in ("LoRA", "DoRA", "AdaLoRA"):
        if f"peft, {name}" in best:
            ratio = best[name] / best[f"peft, {name}"]
            lines.append(f"| {name}: no slower than peft's | {ratio:.2f} x its time | {_verdict(ratio)} |")
    return "\n".join(lines) + "\n"


def _verdict(ratio: float) -> str:
    return "reached" if ratio <= 1 else "**not reached**"


def main() -> int:
    torch.set_num_threads(1)
    start, load = time.time(), report.load()
    found = run()
    PAGE.write_text(page(found, time.time() - start, f"load average {load} before"), encoding="utf-8")
    print(f"wrote lib/{PAGE.name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
