"""One training loop for the small models of the course: seed in, curve out, and it resumes where it was interrupted."""

import math
import os
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Generator, Tensor, nn
from tqdm.auto import tqdm

from .. import files

Batch = tuple[Tensor, Tensor]


@dataclass
class History:
    """The curve of one run: training loss at every step and validation loss at some, in nats per token; and seconds."""

    loss: list[float] = field(default_factory=list)
    validation: list[tuple[int, float]] = field(default_factory=list)
    seconds: float = 0.0


def random_batches(tokens: Tensor, length: int, batch: int, generator: Generator) -> Iterator[Batch]:
    """Windows of a text (N,) at random places: inputs and targets (batch, length), without end."""
    while True:
        start = torch.randint(0, len(tokens) - length - 1, (batch, 1), generator=generator)
        window = tokens[start + torch.arange(length + 1)]
        yield window[:, :-1], window[:, 1:]


@torch.no_grad()
def perplexity(model: nn.Module, tokens: Tensor, length: int, windows: int = 64) -> float:
    """Perplexity on `windows` evenly spaced windows of a text (N,); its logarithm is the loss in nats per token."""
    start = torch.linspace(0, len(tokens) - length - 1, windows).long()[:, None]
    window = tokens[start + torch.arange(length + 1)].to(next(model.parameters()).device)
    losses = [cross_entropy(model, (part[:, :-1], part[:, 1:])) for part in window.split(16)]
    return math.exp(sum(x.item() for x in losses) / len(losses))


def cross_entropy(model: nn.Module, batch: Batch) -> Tensor:
    """Mean negative log-likelihood of the targets; a target of -100 does not count."""
    logits, _ = model(batch[0])
    return F.cross_entropy(logits.flatten(0, 1), batch[1].flatten())


def train(
    model: nn.Module,
    batches: Iterator[Batch],
    steps: int,
    lr: float = 3e-3,
    validate: Callable[[nn.Module], float] | None = None,
    every: int = 50,
    warm_up: int = 50,
    checkpoint: str | os.PathLike | None = None,
    generator: Generator | None = None,
    loss: Callable[[nn.Module, Batch], Tensor] = cross_entropy,
    name: str = "",
    groups: list[dict] | None = None,
    after: Callable[[], object] | None = None,
) -> History:
    """AdamW with warm-up, cosine to zero and clipped gradients. `groups`: of parameters, if they learn differently.

    `after` is called after every step, while its gradients are still there. Frozen parameters stay as they are.

    `checkpoint` is written every `every` steps, and read first if it exists: the run continues bit for bit as if it had
    not been interrupted, given the `generator` that draws the batches.
    """
    device = next(model.parameters()).device
    optimizer = torch.optim.AdamW(groups or model.parameters(), lr=lr, betas=(0.9, 0.98), weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: rate(step, steps, warm_up))
    history, first = History(), 0
    if checkpoint and Path(checkpoint).exists():
        history, first = _restore(checkpoint, model, optimizer, schedule, generator)
    bar = tqdm(range(first, steps), initial=first, total=steps, desc=name or "training", leave=False, file=sys.stdout)
    for step in bar:
        start = time.process_time()
        value = loss(model, tuple(x.to(device) for x in next(batches)))
        optimizer.zero_grad(set_to_none=True)
        value.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        if after:
            after()
        history.seconds += time.process_time() - start
        history.loss.append(value.item())
        if validate and ((step + 1) % every == 0 or step + 1 == steps):
            history.validation.append((step + 1, validate(model)))
        if checkpoint and ((step + 1) % every == 0 or step + 1 == steps):
            _save(checkpoint, model, optimizer, schedule, generator, history, step + 1)
        bar.set_postfix(loss=f"{history.loss[-1]:.3f}")
    return history


def rate(step: int, steps: int, warm_up: int) -> float:
    """The learning rate at a step, counted from 0, as a share of the largest: up linearly, then down along a cosine."""
    return min(1.0, (step + 1) / warm_up) * 0.5 * (1 + math.cos(math.pi * step / steps))


def _save(path, model, optimizer, schedule, generator, history, step) -> None:
    parts = {"model": model, "optimizer": optimizer, "schedule": schedule}
    state = {name: part.state_dict() for name, part in parts.items()}
    state |= {"history": vars(history), "step": step, "torch": torch.get_rng_state()}
    state["generator"] = generator.get_state() if generator else None
    with files.replacing(path) as fresh:
        torch.save(state, fresh)


def _restore(path, model, optimizer, schedule, generator) -> tuple[History, int]:
    state = torch.load(path, weights_only=True)
    for name, part in {"model": model, "optimizer": optimizer, "schedule": schedule}.items():
        part.load_state_dict(state[name])
    torch.set_rng_state(state["torch"])
    if generator and state["generator"] is not None:
        generator.set_state(state["generator"])
    return History(**state["history"]), state["step"]
