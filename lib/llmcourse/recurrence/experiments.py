"""The experiments of lecture 08: models that differ only in their mixer, on real text and on a task that needs recall.

language   small language models on the World Factbook, at equal steps and at equal seconds
quality    linear against softmax attention, each at a learning rate of its own
rows       every row of the table on that text, and what its memory does there
recall     keys that are written several times; the last value counts (synthetic: it needs control)
"""

import math
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import NamedTuple

import torch
from torch import Generator, Tensor, nn

from llmcourse import data, models, records, runtime
from llmcourse.records import trials

from . import engine, zoo
from .mixer import LinearAttention, Mixer

LENGTH, BATCH = 128, 16  # of a batch; lecture 10 trains on the same


class Size(NamedTuple):
    """Of a language model and its batches."""

    length: int = LENGTH
    batch: int = BATCH
    width: int = 128
    layers: int = 2


LIVE, SMALL, TINY = Size(), Size(LENGTH, 8, 64), Size(64, 8, 64)
MIXERS = {
    "softmax": models.SoftmaxAttention,
    "linear": LinearAttention,
    "GLA": partial(Mixer, row=zoo.gla),
    "delta rule": partial(Mixer, row=zoo.delta_rule),
}
ROWS = {"softmax": models.SoftmaxAttention} | {name: partial(Mixer, row=row) for name, row in zoo.ZOO.items()}
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


def memory(model: nn.Module, tokens: Tensor) -> tuple[Tensor, Tensor]:
    """What the last layer's memory does on texts (n, L): what each token leaves of the state (L,), of the first text,
    and how much the last output depends on the value written d tokens earlier (L,), as a share, over all texts.

    The first is the mean of its decays; the second the size of the gradient, by which any row can be asked.
    """
    mixer, seen = model.blocks[-1].mixer, []
    watch = mixer.register_forward_pre_hook(lambda module, given: seen.append(given[0]))
    with torch.no_grad():
        model(tokens)
        watch.remove()
        r = mixer.recurrence(seen[0])
    length, v = tokens.shape[1], r.v.clone().requires_grad_()
    left = torch.ones(length, device=tokens.device)
    for g in (r.gk, r.gv):
        if g is not None:
            g = g.expand(*g.shape[:-2], length, g.shape[-1])
            first = g[0] if g.dim() == r.v.dim() else g  # S4's decays have no batch
            left = left * first.exp().transpose(-1, -2).flatten(0, -2).mean(0)
    o, _ = engine.parallel(replace(r, v=v))
    last = o[..., -1, :]
    signs = torch.randint(0, 2, last.shape, generator=torch.Generator().manual_seed(0)) * 2.0 - 1
    (found,) = torch.autograd.grad((signs.to(last) * last).sum(), v)
    found = found[..., :-1] if r.normalised else found
    size = found.square().sum(-1).flatten(0, -2).mean(0).sqrt().flip(0)
    return left, size / size.sum()


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
    run = partial(text_run, SMALL)
    found = trials.compare(run, ("softmax", "linear"), steps, seeds, rates, sign=-1)
    return SMALL._asdict() | {"steps": steps, "rates": _by_rate(found.tried), "runs": found.runs}


@records.record("08_rows")
def record_rows(steps: int = 200, seeds: tuple[int, ...] = MORE, rates: tuple[float, ...] = RATES) -> dict:
    """Softmax attention and every row of the table on text, each at the best of its learning rates."""
    run = partial(text_run, TINY)
    found = trials.compare(run, tuple(ROWS), steps, seeds, rates, sign=-1)
    memories = {run["mixer"]: run.pop("memory") for run in found.runs if "memory" in run}
    sizes = TINY._asdict() | {"steps": steps, "text": read_texts(Corpus())[1]}
    return sizes | {"memory": memories, "rates": _by_rate(found.tried), "runs": found.runs}


def text_run(size: Size, name: str, steps: int, seed: int, lr: float) -> dict:
    """One run on text, as it stands in a record; with seed 0 of a row, also what its memory does."""
    corpus = Corpus()
    mixer = {SMALL: MIXERS, TINY: ROWS}[size][name]
    every, warm_up = max(1, steps // 6), max(1, steps // 10)
    model, history = language_model(corpus, mixer, steps, seed, every, f"{name}, seed {seed}", lr, size, warm_up)
    run = _run(name, seed, steps, model, history) | {"rate": lr}
    if size == TINY and name in zoo.ZOO and seed == 0:
        left, share = memory(model, read_texts(corpus)[0].to(runtime.device()))
        run["memory"] = {"left": _rounded(left), "share": _rounded(share)}
    return run


def read_texts(corpus: Corpus, n: int = 32) -> tuple[Tensor, str]:
    """Texts (n, L) to look at memories with, evenly spaced in the validation text; and the first, in characters."""
    starts = torch.linspace(0, len(corpus.validation) - TINY.length, n).long()
    texts = torch.stack([corpus.validation[start : start + TINY.length] for start in starts])
    return texts, corpus.characters.decode(texts[0])


def _by_rate(tried: dict[str, list[tuple[float, float]]]) -> dict[str, dict[str, float]]:
    return {name: {f"{lr:g}": loss for lr, loss in scores} for name, scores in tried.items()}


def _rounded(x: Tensor) -> list[float]:
    return [float(f"{value:.3g}") for value in x.tolist()]


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
