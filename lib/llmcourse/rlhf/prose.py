"""A world of prose: a small model that writes about countries, and a judge whose taste is a program.

    topic    what a text is about, one token: the prompt
    tokens   (B, 1 + T)  topic, words, END; after END only END
    answers  (B, T)      the same without the topic
    gold     (B,)        what the judge really thinks; nobody but the judge can see it

The texts are the Factbook's own, on six topics, cut between clauses; the model reads them word by word.
"""

import functools
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Generator, Tensor

from llmcourse import data, models
from llmcourse.models import GPT

from .answers import until_end

TOPICS = ("Climate", "Terrain", "Natural hazards", "Natural resources", "Industries", "Agricultural products")
T = 16  # tokens of an answer, with its end
RARE = 3  # a clause is kept if all its words come at least so often
END = 0
ABOUT_WATER = """
    atoll atolls beaches coast coastal coastline coasts coral cyclones fish fishing flood flooding floods glaciers
    humid hurricanes hydropower island islands lagoon lagoons lake lakes marine monsoon ocean oceans rain rainfall
    rains rainy reef reefs river rivers sea seafood seas shellfish shipping shrimp snow storms swamps swampy
    tsunamis typhoons water wet
"""
WATER = frozenset(ABOUT_WATER.split())


@dataclass(frozen=True)
class Prose:
    """Texts of the world: words by number (END, topics, the others), and tokens (N, 1 + T) to train and to test."""

    words: tuple[str, ...]
    train: Tensor
    test: Tensor

    def write(self, answer: Tensor) -> str:
        """An answer (T,) as a text."""
        text = " ".join(self.words[i] for i in answer.tolist() if i != END)
        return re.sub(r" ([,;])", r"\1", text)


@functools.cache
def prose() -> Prose:
    """The texts of both editions of the Factbook on TOPICS. Every fifth country is held out."""
    passages = [p for edition in (2025, 2015) for p in data.countries(edition) if p.topic in TOPICS]
    held_out = set(sorted({p.title for p in passages})[::5])
    parts = [_clauses(p.text.partition(": ")[2]) for p in passages]
    often = Counter(word for clauses in parts for clause in clauses for word in clause)
    words = ("END", *TOPICS, ";", *sorted(word for word, n in often.items() if n >= RARE))
    number = {word: i for i, word in enumerate(words)}
    rows: dict[bool, dict[tuple[int, ...], None]] = {True: {}, False: {}}  # a dict is a set with an order
    for passage, clauses in zip(passages, parts):
        known = [[number[w] for w in clause] for clause in clauses if all(w in number for w in clause)]
        rows[passage.title in held_out] |= {(number[passage.topic], *text): None for text in _texts(known, number[";"])}
    train, test = (
        torch.tensor([[*row] + [END] * (1 + T - len(row)) for row in found])
        for found in (rows[False], [row for row in rows[True] if row not in rows[False]])
    )
    return Prose(words, train, test)


def _clauses(text: str) -> list[list[str]]:
    """Words and commas of each clause; brackets and numbers are left out."""
    text = re.sub(r"\([^)]*\)|\d[\d.,]*%?", "", text.lower())
    parts = [re.findall(r"[a-z]+(?:-[a-z]+)*|,", part) for part in re.split(r"[;.:]", text)]
    return [part for part in parts if len(part) > 1 and part[0] != "," and part[-1] != ","]


def _texts(clauses: Sequence[list[int]], semicolon: int) -> Iterator[list[int]]:
    """From each clause on: as many as fit into T - 1 tokens."""
    for first in range(len(clauses)):
        text: list[int] = []
        for clause in clauses[first:]:
            longer = [*text, semicolon, *clause] if text else clause
            if len(longer) >= T:
                break
            text = longer
        if text:
            yield text


# ------------------------------------------------------------------ the judge


@functools.cache
def _tastes() -> tuple[Tensor, Tensor]:
    """For each word, 1.0 if it is about water, and 1.0 if it is long enough to annoy when it is repeated."""
    words = prose().words
    wet = torch.tensor([float(word in WATER) for word in words])
    return wet, torch.tensor([float(len(word) > 3 and word not in ("END", *TOPICS)) for word in words])


def gold(answers: Tensor) -> Tensor:
    """The judge's reward of answers (..., T): a point for each *different* word about water, a point off for each
    repetition of a word of more than three letters, and two points off for an answer that never ends. (...)"""
    wet, long = _tastes()
    before = (answers[..., :, None] == answers[..., None, :]).tril(-1).any(-1)  # (..., T): has it come before?
    mask = until_end(answers, END)
    points = wet[answers] * ~before - long[answers] * before
    return (points * mask).sum(-1) - 2.0 * (answers != END).all(-1)


def prefer(first: Tensor, second: Tensor, generator: Generator) -> Tensor:
    """Whether the judge prefers the first, for golds (...): as Bradley and Terry have it, so with mistakes."""
    return torch.rand(first.shape, generator=generator) < torch.sigmoid(first - second)


# ------------------------------------------------------------------ the model


def text_loss(model: GPT, tokens: Tensor) -> Tensor:
    """Mean negative log-likelihood of texts (B, 1 + T), in nats for each token up to END."""
    logits, _ = model(tokens[:, :-1])
    targets = tokens[:, 1:].masked_fill(until_end(tokens[:, 1:], END) == 0, -100)
    return F.cross_entropy(logits.flatten(0, 1), targets.flatten())


def supervised(
    tokens: Tensor, steps: int, generator: Generator, model: GPT | None = None, lr: float = 3e-3, batch: int = 64
) -> GPT:
    """A model that has learned texts (N, 1 + T), from the start or from `model`, which is changed."""
    model = model or GPT(len(prose().words), 64, 2, models.SoftmaxAttention)
    batches = ((tokens[torch.randint(len(tokens), (batch,), generator=generator)],) for _ in range(steps))
    models.train(model, batches, steps, lr, loss=lambda m, b: text_loss(m, b[0]), warm_up=steps // 10 + 1)
    return model


def prompts(n: int, generator: Generator) -> Tensor:
    """Topics of n answers, (n, 1), in the proportions of the texts."""
    train = prose().train
    return train[torch.randint(len(train), (n,), generator=generator), :1]
