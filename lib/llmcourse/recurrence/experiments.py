"""The experiments of lecture 08: models that differ only in their mixer, on real text and on a task that needs recall.

language   small language models on the World Factbook, at equal steps and at equal seconds
recall     keys that are written several times; the last value counts (synthetic: it needs control)
"""

import math
from collections.abc import Iterator
from functools import partial

import torch
from torch import Generator, Tensor, nn

from llmcourse import data, models, records, runtime

from .mixer import LinearAttention, Mixer
from .zoo import ZOO

LENGTH, BATCH, WIDTH, LAYERS = 128, 16, 128, 2
MIXERS = {
    "softmax": models.SoftmaxAttention,
    "linear": LinearAttention,
    "GLA": partial(Mixer, row=ZOO["gla"]),
    "DeltaNet": partial(Mixer, row=ZOO["deltanet"]),
}
RECALL = MIXERS | {"gated DeltaNet": partial(Mixer, row=ZOO["gated_deltanet"])}


class Corpus:
    """The World Factbook as characters: the first 95 % to train on, the rest to validate on."""

    def __init__(self):
        text = data.factbook()
        self.characters = models.CharTokenizer(text)
        tokens = self.characters.encode(text)
        cut = int(0.95 * len(tokens))
        self.train, self.validation = tokens[:cut], tokens[cut:]

    def loss(self, model: nn.Module) -> float:
        """Validation loss in nats per character."""
        return math.log(models.perplexity(model, self.validation, LENGTH))


def language_model(corpus: Corpus, mixer, steps: int, seed: int, every: int = 50, name: str = ""):
    """Train one model from `seed`. The seed fixes weights and batches; two mixers see the same batches."""
    generator = runtime.seed(seed)
    model = models.GPT(len(corpus.characters), WIDTH, LAYERS, mixer).to(runtime.device())
    batches = models.random_batches(corpus.train, LENGTH, BATCH, generator)
    return model, models.train(model, batches, steps, validate=corpus.loss, every=every, name=name)


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


def recall(mixer, steps: int, seed: int, every: int = 50, name: str = ""):
    """Train a model without MLP: only the mixer can remember. Accuracy is on 256 fixed sequences from another seed."""
    tokens, targets = next(overwritten(256, torch.Generator().manual_seed(10_000)))

    @torch.no_grad()
    def accuracy(model):
        guess = model(tokens.to(runtime.device()))[0].argmax(-1).cpu()
        return (guess == targets)[targets >= 0].float().mean().item()

    generator = runtime.seed(seed)
    model = models.GPT(2 * KEYS, 64, 2, partial(mixer, heads=2), mlp=0).to(runtime.device())
    batches = overwritten(32, generator)
    return model, models.train(model, batches, steps, lr=1e-2, validate=accuracy, every=every, name=name)


@records.record("08")
def record(steps: int = 400, recall_steps: int = 500, seeds: tuple[int, ...] = (0, 1, 2)) -> dict:
    """Everything in the lecture that takes longer than it may, every mixer from every seed."""
    corpus = Corpus()
    equal_steps = _runs(MIXERS, seeds, partial(language_model, corpus), dict.fromkeys(MIXERS, steps))
    cost = {r["mixer"]: r["seconds"] / r["steps"] for r in reversed(equal_steps)}  # of the first seed
    longer = {name: round(steps * max(cost.values()) / cost[name]) for name in MIXERS}
    slowest = max(cost, key=cost.get)
    others = {name: mixer for name, mixer in MIXERS.items() if name != slowest}
    equal_seconds = _runs(others, seeds, partial(language_model, corpus), longer)
    equal_seconds += [run for run in equal_steps if run["mixer"] == slowest]
    return {
        "language": {"length": LENGTH, "batch": BATCH, "width": WIDTH, "layers": LAYERS, "steps": steps,
                     "equal steps": equal_steps, "equal seconds": equal_seconds},
        "recall": {"keys": KEYS, "writes": WRITES, "asked": ASKED, "steps": recall_steps,
                   "runs": _runs(RECALL, seeds, recall, dict.fromkeys(RECALL, recall_steps))},
    }  # fmt: skip


def _runs(mixers: dict, seeds, experiment, steps: dict[str, int]) -> list[dict]:
    """One entry per run: what ran, how long, and its validation curve."""
    runs = []
    for seed in seeds:
        for name, mixer in mixers.items():
            model, history = experiment(mixer, steps[name], seed, name=f"{name}, seed {seed}")
            curve = [[step, round(value, 4)] for step, value in history.validation]
            runs.append(
                {"mixer": name, "seed": seed, "steps": steps[name], "parameters": model.parameters_count,
                 "seconds": round(history.seconds, 1), "validation": curve}
            )  # fmt: skip
    return runs
