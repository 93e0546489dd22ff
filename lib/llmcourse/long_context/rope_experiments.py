"""Past the training length: small models with rotary positions, read further by each scaling, without more training.

text      loss of the characters at the end of texts that are s times as long as in training
retrieval the Little Retrieval Test in small, on s times as many lines
"""

from functools import partial

import torch
import torch.nn.functional as F
from torch import nn

from llmcourse import models, records, runtime
from llmcourse.records import trials
from llmcourse.recurrence.experiments import Corpus

from . import line_experiments as in_lines
from .rope import SCALINGS, RotaryAttention, scale

TRAINED, LONGER, SEEDS = 128, (1, 2, 4), (0, 1, 2)
WIDTH, LAYERS, BATCH, STEPS, RATE = 128, 2, 16, 300, 3e-3
LINES_STEPS, LINES_RATE, LINES_TRAINED = 280, 1e-2, 3 * in_lines.MOST  # tokens of a text of MOST lines
TAIL = 64  # characters at the end of a text whose loss counts


@torch.no_grad()
def tail_loss(model: nn.Module, corpus: Corpus, length: int, windows: int = 16) -> float:
    """Mean loss in nats of the last TAIL characters of validation texts; they are the same ones for all lengths."""
    text = corpus.validation
    ends = torch.linspace(TRAINED * max(LONGER), len(text) - 1, windows).long()[:, None]
    window = text[ends + torch.arange(-length, 1)]
    losses = []
    for part in window.to(runtime.device()).split(8):
        logits = model(part[:, :-1])[0][:, -TAIL:]
        losses.append(F.cross_entropy(logits.flatten(0, 1), part[:, -TAIL:].flatten()).item())
    return sum(losses) / len(losses)


def reader(corpus: Corpus, steps: int, seed: int) -> models.GPT:
    """A model of text, trained at TRAINED characters."""
    generator = runtime.seed(seed)
    mixer = partial(RotaryAttention, trained=TRAINED)
    model = models.GPT(len(corpus.characters), WIDTH, LAYERS, mixer).to(runtime.device())
    batches = models.random_batches(corpus.train, TRAINED, BATCH, generator)
    models.train(model, batches, steps, RATE, name=f"text, seed {seed}")
    return model


def finder(steps: int, seed: int) -> models.GPT:
    """A model that finds lines, trained on as many as MOST."""
    generator = runtime.seed(seed)
    mixer = partial(RotaryAttention, trained=LINES_TRAINED)
    vocabulary = in_lines.NUMBERS + in_lines.CONTENTS
    model = models.GPT(vocabulary, in_lines.WIDTH, in_lines.LAYERS, mixer, mlp=0).to(runtime.device())
    models.train(model, in_lines.batches(generator, steps), steps, LINES_RATE, name=f"lines, seed {seed}")
    return model


def run(seed: int, steps: int = STEPS, lines_steps: int = LINES_STEPS, windows: int = 16) -> dict:
    """Both models of one seed at every length with every scaling, as it stands in the record."""
    corpus = Corpus()
    on_text, on_lines = reader(corpus, steps, seed), finder(lines_steps, seed)
    found: dict[str, dict[str, list[float]]] = {"loss": {}, "accuracy": {}}
    for name in SCALINGS:
        text = [tail_loss(scale(on_text, name, s), corpus, s * TRAINED, windows) for s in LONGER]
        lines = [in_lines.accuracy(scale(on_lines, name, s), s * in_lines.MOST) for s in LONGER]
        found["loss"][name], found["accuracy"][name] = ([round(x, 4) for x in row] for row in (text, lines))
    return {"seed": seed, **found}


@records.record("11_positions")
def record(
    steps: int = STEPS, lines_steps: int = LINES_STEPS, seeds: tuple[int, ...] = SEEDS, windows: int = 16
) -> dict:
    """All scalings, three seeds."""
    runs = trials.each(run, [(seed, steps, lines_steps, windows) for seed in seeds])
    return {"trained": {"characters": TRAINED, "lines": in_lines.MOST}, "longer": list(LONGER), "runs": runs}
