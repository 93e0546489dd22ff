"""Small models that differ only in their pattern, on a task that asks what was far away.

far  one marked value in noise, asked for later: a model can know it only where its pattern leads back to it

Every pattern is causal. Order comes from the convolution of width 4 in front of each layer (models/gpt.py), which sees
three tokens back as well, and is counted in what is reached.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import NamedTuple

import torch
from torch import Generator, Tensor, nn

from llmcourse import models, runtime
from llmcourse.models.gpt import WIDTH

from . import graphs
from .engine import attend
from .patterns import Band, Pattern, bigbird, global_tokens, strided, window

HEADS = 2

Heads = tuple[Pattern, ...]  # one pattern per head


class PatternAttention(nn.Module):
    """Multi-head attention as a mixer for `models.GPT`, with a pattern per head. It reads whole sequences: no state."""

    def __init__(self, d: int, patterns: Sequence[Pattern]):
        super().__init__()
        self.patterns = tuple(patterns)
        self.qkv = nn.Linear(d, 3 * d, bias=False)
        self.out = nn.Linear(d, d, bias=False)

    def forward(self, x: Tensor, state: None = None) -> tuple[Tensor, None]:
        """x (B, L, d) -> (B, L, d)."""
        q, k, v = self.qkv(x).unflatten(-1, (3, len(self.patterns), -1)).permute(2, 0, 3, 1, 4).unbind(0)
        one = self.patterns[0] if len(set(self.patterns)) == 1 else self.patterns
        return self.out(attend(q, k, v, one).transpose(1, 2).flatten(-2)), None


def causal(pattern: Pattern) -> Pattern:
    return replace(pattern, causal=True)


def arms(L: int, w: int) -> dict[str, Heads]:
    """The patterns compared, with about w keys per query; the first sees all.

    In a causal model a global token at the beginning sees nothing: it is a sink. One in the middle collects the past.
    BigBird's blocks have w / 4 tokens.
    """
    each = lambda pattern: (pattern,) * HEADS
    near, block = window(w, causal=True), w // 4
    every = global_tokens(range(2 * w - 1, L, 2 * w), causal=True)
    return {
        "full": each(window(L, causal=True)),
        "window": each(near),
        "window, first tokens global": each(near | global_tokens(range(block), causal=True)),
        "window, global tokens on the way": each(window(w // 2, causal=True) | every),
        "strided": strided(w),
        "window and random": each(causal(bigbird(L, block, random=3, window=3, ends=0))),
        "BigBird": each(causal(bigbird(L, block, random=3, window=3, ends=1))),
    }


def keys_per_query(heads: Heads, L: int) -> float:
    """The mean over queries and heads."""
    return sum(pattern.pairs(L) for pattern in heads) / len(heads) / L


def reached(heads: Heads, L: int, layers: int) -> Tensor:
    """(L, L): what a model of so many layers can know, the convolutions counted."""
    convolution = Pattern((Band(WIDTH - 1, 0),), True).mask(L)
    layer = torch.stack([pattern.mask(L) for pattern in heads]).any(0)
    return graphs.reach([convolution, layer] * layers)


# --- what was far away

VALUES, LENGTH, NEAR, ASKED, LAYERS, BATCH, WIDE = 8, 64, 4, 16, 3, 32, 32
MARK, ASK = VALUES, VALUES + 1


def marked(batch: int, generator: Generator, L: int = LENGTH) -> Iterator[tuple[Tensor, Tensor]]:
    """Noise with one MARK in its first half, a value after it, and ASK at ASKED places that come later.

    Tokens (batch, L); targets of the same shape: the value at each ASK, -100 elsewhere.
    """
    while True:
        tokens = torch.randint(0, VALUES, (batch, L), generator=generator)
        place = torch.randint(0, L // 2, (batch, 1), generator=generator)
        value = tokens.gather(1, place + 1)
        later = torch.rand(batch, L, generator=generator).masked_fill(torch.arange(L) < place + 2, -1.0)
        asked = torch.zeros(batch, L, dtype=torch.bool).scatter(1, later.topk(ASKED).indices, True)
        tokens = tokens.scatter(1, place, MARK).masked_fill(asked, ASK)
        yield tokens, torch.where(asked, value, -100)


def questions(tokens: Tensor, targets: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Every question of a batch: its row, its place, and the place of the value that it asks for."""
    row, asked = (targets >= 0).nonzero(as_tuple=True)
    return row, asked, ((tokens == MARK).float().argmax(1) + 1)[row]


class Far(NamedTuple):
    """Shares of the questions: right; predicted by the graph (1 where the value is reached, chance elsewhere); right
    where it is reached; right where it is not."""

    right: float
    predicted: float
    within: float
    beyond: float


def far(heads: Heads, steps: int, seed: int, lr: float, layers: int = LAYERS) -> Far:
    """Train a model without MLP on the task, and ask it 512 new sequences."""
    generator = runtime.seed(seed)
    model = models.GPT(VALUES + 2, WIDE, layers, partial(PatternAttention, patterns=heads), mlp=0).to(runtime.device())
    models.train(model, marked(BATCH, generator), steps, lr, name=f"seed {seed}")
    return asked_after(model, reached(heads, LENGTH, layers))


@torch.no_grad()
def asked_after(model: nn.Module, known: Tensor) -> Far:
    """What a trained model answers; `known` (L, L) is what it can know."""
    tokens, targets = next(marked(512, torch.Generator().manual_seed(10_000)))
    row, asked, value = questions(tokens, targets)
    right = (model(tokens.to(runtime.device()))[0].argmax(-1).cpu() == targets)[row, asked].float()
    within = known[asked, value]
    share = lambda chosen: right[chosen].mean().item() if chosen.any() else math.nan
    predicted = within.float().mean().item()
    return Far(right.mean().item(), predicted + (1 - predicted) / VALUES, share(within), share(~within))
