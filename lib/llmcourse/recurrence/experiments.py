"""The experiments of lecture 08: models that differ only in their mixer, on real text and on a task that needs recall.

language   small language models on the World Factbook, at equal steps and at equal seconds
quality    linear against softmax attention, each at a learning rate of its own
recall     keys that are written several times; the last value counts (synthetic: it needs control)
"""

import math
from collections.abc import Iterator
from functools import partial
from typing import NamedTuple

import torch
from torch import Generator, Tensor, nn

from llmcourse import data, models, records, runtime
from llmcourse.records import trials

from . import zoo
from .mixer import LinearAttention, Mixer

LENGTH, BATCH = 128, 16  # of a batch; lecture 10 trains on the same


class Size(NamedTuple):
    """Of a language model and its batches."""

    length: int = LENGTH
    batch: int = BATCH
    width: int = 128
    layers: int = 2


LIVE, SMALL = Size(), Size(LENGTH, 8, 64)
MIXERS = {
    "softmax": models.SoftmaxAttention,
    "linear": LinearAttention,
    "GLA": partial(Mixer, row=zoo.gla),
    "delta rule": partial(Mixer, row=zoo.delta_rule),
}
RATES = (1e-3, 3e-3, 1e-2, 3e-2, 1e-1)  # learning rates: every mixer is searched over all of them
SEEDS, MORE = (0, 1, 2), (0, 1, 2, 3, 4)


class Corpus:
    """The World Factbook as characters: the first 95 % to train on, the rest to validate on."""

    def __init__(self):
        text = data.factbook()
        self.characters = models.CharTokenizer(text)
        tokens = self.characters.encode(text)
        cut = int(0.95 * len(tokens))
        self.train, self.validation = tokens[:cut], tokens[cut:]

    def loss(self, model: nn.Module, length: int = LENGTH) -> float:
        """Validation loss in nats per character."""
        return math.log(models.perplexity(model, self.validation, length))


def language_model(corpus: Corpus, mixer, steps: int, seed: int, every: int = 50, name: str = "", lr: float = 3e-3,
                   size: Size = LIVE, warm_up: int = 50):  # fmt: skip
    """Train one model from `seed`. The seed fixes weights and batches; two mixers see the same batches."""
    generator = runtime.seed(seed)
    model = models.GPT(len(corpus.characters), size.width, size.layers, mixer).to(runtime.device())
    batches = models.random_batches(corpus.train, size.length, size.batch, generator)
    validate = partial(corpus.loss, length=size.length)
    curve = models.train(model, batches, steps, lr, validate, every, warm_up, name=name)
    return model, curve


KEYS, WRITES, ASKED = 64, 24, 8  # kinds of keys (and of values), pairs in a sequence, keys in it


def overwritten(batch: int, generator: Generator) -> Iterator[tuple[Tensor, Tensor]]:
    """Sequences `k v k v ...` of WRITES pairs over ASKED keys, each written at least once, then every key once more.

    Tokens (batch, 2 WRITES + ASKED), keys below KEYS and values above; targets of the same shape, the latest value at
    each question and -100 elsewhere. After Arora et al. 2024 (multi-query associative recall), with keys that are
    overwritten.
    """
    while True:
        keys = torch.rand(batch, KEYS, generator=generator).argsort(-1)[:, :ASKED]
        again = torch.randint(0, ASKED, (batch, WRITES - ASKED), generator=generator)
        which = torch.cat([torch.arange(ASKED).expand(batch, ASKED), again], dim=1)
        which = which.gather(1, torch.rand(batch, WRITES, generator=generator).argsort(-1))
        values = torch.randint(0, KEYS, (batch, WRITES), generator=generator)
        latest = torch.zeros(batch, ASKED, dtype=torch.long)
        for t in range(WRITES):
            latest = latest.scatter(1, which[:, t : t + 1], values[:, t : t + 1])
        asked = torch.rand(batch, ASKED, generator=generator).argsort(-1)
        pairs = torch.stack([keys.gather(1, which), KEYS + values], dim=-1).flatten(1)
        tokens = torch.cat([pairs, keys.gather(1, asked)], dim=1)
        targets = torch.full_like(tokens, -100)
        targets[:, 2 * WRITES :] = KEYS + latest.gather(1, asked)
        yield tokens, targets


def recall(mixer, steps: int, seed: int, every: int = 50, name: str = "", lr: float = 1e-2):
    """Train a model without MLP: only the mixer can remember. Accuracy is on 256 fixed sequences from another seed."""
    tokens, targets = next(overwritten(256, torch.Generator().manual_seed(10_000)))

    @torch.no_grad()
    def accuracy(model):
        guess = model(tokens.to(runtime.device()))[0].argmax(-1).cpu()
        return (guess == targets)[targets >= 0].float().mean().item()

    generator = runtime.seed(seed)
    model = models.GPT(2 * KEYS, 64, 2, partial(mixer, heads=2), mlp=0).to(runtime.device())
    batches = overwritten(32, generator)
    return model, models.train(model, batches, steps, lr=lr, validate=accuracy, every=every, name=name)


@records.record("08")
def record(steps: int = 400, seeds: tuple[int, ...] = SEEDS) -> dict:
    """Four mixers on text, at equal steps and at equal seconds, at one learning rate."""
    corpus = Corpus()
    equal_steps = _runs(MIXERS, seeds, partial(language_model, corpus), dict.fromkeys(MIXERS, steps))
    cost = {r["mixer"]: r["seconds"] / r["steps"] for r in reversed(equal_steps)}  # of the first seed
    longer = {name: round(steps * max(cost.values()) / cost[name]) for name in MIXERS}
    slowest = max(cost, key=cost.get)
    others = {name: mixer for name, mixer in MIXERS.items() if name != slowest}
    equal_seconds = _runs(others, seeds, partial(language_model, corpus), longer)
    equal_seconds += [run for run in equal_steps if run["mixer"] == slowest]
    return {"language": LIVE._asdict() | {"steps": steps, "equal steps": equal_steps, "equal seconds": equal_seconds}}


@records.record("08_recall")
def record_recall(steps: int = 500, seeds: tuple[int, ...] = SEEDS) -> dict:
    """DeltaNet as published on overwritten keys: rate, seeds and batches as the record "08" has for other mixers."""
    only = {"DeltaNet": partial(Mixer, row=zoo.deltanet)}
    return {"steps": steps, "rate": 1e-2, "runs": _runs(only, seeds, recall, dict.fromkeys(only, steps))}


@records.record("08_quality")
def record_quality(steps: int = 300, seeds: tuple[int, ...] = MORE, rates: tuple[float, ...] = RATES) -> dict:
    """Linear against softmax attention on text, each at the best of its learning rates."""
    run = partial(text_run, Corpus())
    found = trials.compare(run, ("softmax", "linear"), steps, seeds, rates, sign=-1)
    return SMALL._asdict() | {"steps": steps, "rates": _by_rate(found.tried), "runs": found.runs}


def text_run(corpus: Corpus, name: str, steps: int, seed: int, lr: float) -> dict:
    """One run on text, as it stands in the record."""
    every, warm_up = max(1, steps // 6), max(1, steps // 10)
    how = (f"{name}, seed {seed}", lr, SMALL, warm_up)
    model, history = language_model(corpus, MIXERS[name], steps, seed, every, *how)
    return _run(name, seed, steps, model, history) | {"rate": lr}


def _by_rate(tried: dict[str, list[tuple[float, float]]]) -> dict[str, dict[str, float]]:
    return {name: {f"{lr:g}": loss for lr, loss in scores} for name, scores in tried.items()}


def _runs(mixers: dict, seeds, experiment, steps: dict[str, int]) -> list[dict]:
    """One entry per run: what ran, how long, and its validation curve."""
    return [
        _run(name, seed, steps[name], *experiment(mixer, steps[name], seed, name=f"{name}, seed {seed}"))
        for seed in seeds
        for name, mixer in mixers.items()
    ]


def _run(name: str, seed: int, steps: int, model: nn.Module, history) -> dict:
    curve = [[step, round(value, 4)] for step, value in history.validation]
    return {"mixer": name, "seed": seed, "steps": steps, "parameters": model.parameters_count,
            "seconds": round(history.seconds, 1), "validation": curve}  # fmt: skip


def last(runs: list[dict], mixer: str) -> list[float]:
    """Final values of a mixer, by seed."""
    return [run["validation"][-1][1] for run in sorted(runs, key=lambda run: run["seed"]) if run["mixer"] == mixer]
