"""RETRO on real texts: the Factbook of 2025, with the edition of 2015 as the database.

One text for each country, in subwords, cut into windows of U chunks. The countries of the test are not trained on; the
database has the old edition of all of them, so that some chunks can be copied nearly word for word and others can't.

    tokens  (P, U m)    near  (P, U, 1, 2 m)   the nearest old chunk of each, with its continuation

Chunks are compared by how frequent their subwords are, weighted by how rare (tf-idf, cosine): an encoder that is never
trained, as RETRO's BERT isn't. Every arm has the same model and parameters. About eight minutes of CPU.
"""

import functools
import re
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from .. import data, records
from ..data.passages import split
from ..models.training import train
from ..records import trials
from . import retro_experiments as retro
from .chunks import PAD, Chunks, chunked, neighbours
from .retro import Retro
from .retro_experiments import Texts

M, U = 16, 4
MERGES = 300
D, BATCH, STEPS = 48, 8, 800
RATES = (4e-3, 8e-3, 1.6e-2)  # searched for every arm, in a third of the steps
SEEDS = (0, 1, 2)
ARMS = ("none", "stray", "near")
SHARES = (0.01, 0.03, 0.1, 0.3)  # of the countries whose old edition is in the database
GRAM = 4  # subwords in a row that count as copied
EVERY = 6  # of the windows of the test every sixth is measured
_WORD = re.compile(r" ?\w+| ?[^\w\s]")


# ------------------------------------------------------------------ subwords


def merges(texts: Sequence[str], n: int) -> list[tuple[str, str]]:
    """The n pairs of neighbouring pieces to join, in this order: always the most frequent (Sennrich et al. 2016)."""
    times = Counter(word for text in texts for word in _WORD.findall(text))
    pieces, chosen = {word: list(word) for word in times}, []
    pairs, where = Counter(), {}
    for word, parts in pieces.items():
        for pair in pairwise(parts):
            pairs[pair] += times[word]
            where.setdefault(pair, set()).add(word)
    for _ in range(n):
        best = max(pairs, key=lambda pair: (pairs[pair], pair))
        chosen.append(best)
        for word in where.pop(best):
            for pair in pairwise(pieces[word]):
                pairs[pair] -= times[word]
            pieces[word] = joined(pieces[word], best)
            for pair in pairwise(pieces[word]):
                pairs[pair] += times[word]
                where.setdefault(pair, set()).add(word)
        del pairs[best]
    return chosen


def joined(parts: list[str], pair: tuple[str, str]) -> list[str]:
    """The pieces of a word with this pair joined, wherever it stands."""
    made, i = [], 0
    while i < len(parts):
        both = tuple(parts[i : i + 2]) == pair
        made.append("".join(pair) if both else parts[i])
        i += 1 + both
    return made


class Subwords:
    """Text to numbers from 1 (0 is PAD): letters, joined by the merges that were learned from `texts`."""

    def __init__(self, texts: Sequence[str], n: int = MERGES):
        self.merges = merges(texts, n)
        pieces = sorted({*(letter for text in texts for letter in text), *("".join(pair) for pair in self.merges)})
        self.pieces = pieces
        self.number = {piece: i for i, piece in enumerate(pieces, start=PAD + 1)}
        self.known: dict[str, list[int]] = {}

    def word(self, word: str) -> list[int]:
        if word not in self.known:
            parts = list(word)
            for pair in self.merges:
                parts = joined(parts, pair) if pair[0] in parts else parts
            self.known[word] = [self.number[part] for part in parts]
        return self.known[word]

    def __call__(self, text: str) -> Tensor:
        return torch.tensor([i for word in _WORD.findall(text) for i in self.word(word)])

    def text(self, tokens: Sequence[int]) -> str:
        return "".join(self.pieces[i - 1] for i in tokens if i != PAD)


# ------------------------------------------------------------------ texts and what is found for them


class World(NamedTuple):
    """Texts to train on, to choose a rate by and to test on; and the test once more, with other databases.

    other  name -> the test with neighbours from another database: shares of it, "others": all but the country itself
    """

    train: Texts
    choose: Texts
    test: Texts
    other: dict[str, Texts]
    subwords: Subwords
    database: Chunks


def countries(year: int) -> dict[str, str]:
    """Country -> all passages about it in one text, without its name in front of each."""
    found: dict[str, list[str]] = {}
    for passage in data.countries(year):
        found.setdefault(passage.title, []).append(passage.text.partition(". ")[2])
    return {title: " ".join(parts) for title, parts in found.items()}


class Keys:
    """Chunks (N, m) as vectors (N, V): the root of each count times log(N / chunks that have it), of length 1."""

    def __init__(self, chunks: Tensor, vocabulary: int):
        self.vocabulary = vocabulary
        self.weight = torch.log(len(chunks) / (1 + (self.counts(chunks) > 0).sum(0)))

    def counts(self, chunks: Tensor) -> Tensor:
        counted = torch.zeros(len(chunks), self.vocabulary).scatter_add_(1, chunks, torch.ones(chunks.shape))
        return counted.index_fill_(1, torch.tensor([PAD]), 0)

    def __call__(self, chunks: Tensor) -> Tensor:
        return F.normalize(self.counts(chunks).sqrt() * self.weight, dim=-1)


@functools.cache
def world(merged: int = MERGES, m: int = M) -> World:
    """Everything, with its neighbours."""
    old, new = countries(2015), countries(2025)
    subwords = Subwords([*old.values(), *new.values()], merged)
    vocabulary, titles = len(subwords.pieces) + 1, list(old)
    database = chunked([subwords(text) for text in old.values()], m)
    keys = Keys(database.chunk, vocabulary)
    vectors = keys(database.chunk)

    def texts(wanted: Sequence[str], every: int, hidden: float = 0.0, own: bool = True) -> Texts:
        """hidden  the share of countries that the database lacks;  own  whether it has the country itself"""
        windows, country = [], []
        for title in wanted:
            cut = subwords(new[title]).split(U * m)
            windows += [F.pad(part, (0, U * m - len(part)), value=PAD) for part in cut]
            country += [titles.index(title) if title in old else -1] * len(cut)
        tokens = torch.stack(windows[::every])
        chunks, mine = tokens.view(-1, m), torch.tensor(country[::every]).repeat_interleave(U)
        there = torch.rand(len(titles), generator=torch.Generator().manual_seed(0)) >= hidden
        kept = there[database.document]
        part = Chunks(*(column[kept] for column in database))
        near = neighbours(part, vectors[kept], keys(chunks), torch.full_like(mine, -1) if own else mine, 1)
        near[(chunks == PAD).any(1)] = PAD  # the text has ended: nothing follows that could be predicted
        stray = near[torch.randperm(len(near), generator=torch.Generator().manual_seed(0))]
        shaped = lambda x: x.view(len(tokens), U, 1, 2 * m)
        return Texts(tokens, shaped(near), shaped(stray), retro.overlaps(tokens, shaped(near), m, GRAM))

    dev, test = ([title for title in new if split(title) == part] for part in ("dev", "test"))
    other = {f"{share:.0%}": texts(test, EVERY, hidden=1 - share) for share in SHARES}
    other["others"] = texts(test, EVERY, own=False)
    return World(
        texts([title for i, title in enumerate(dev) if i % 5], 1), texts(dev[::5], EVERY), texts(test, EVERY), other,
        subwords, database,
    )  # fmt: skip


# ------------------------------------------------------------------ arms


def learn(w: World, arm: str, seed: int, lr: float, steps: int = STEPS) -> Retro:
    """A model that reads "near" neighbours, "stray" ones, which are of other chunks, or "none"."""
    net = retro.model(len(w.subwords.pieces) + 1, seed, m=w.train.near.shape[-1] // 2, d=D)
    drawn = retro.batches(w.train, arm, torch.Generator().manual_seed(seed), BATCH)
    train(net, drawn, steps, lr=lr, loss=retro.loss, name=f"{arm}, seed {seed}")
    return net


@records.record("14_prose")
def record_prose(seeds: Sequence[int] = SEEDS, rates: Sequence[float] = RATES, steps: int = STEPS) -> dict:
    """Bits per subword of every arm, by how much can be copied; and of "near" when its database changes afterwards."""
    w = world()
    score = lambda arm, lr: retro.bits(learn(w, arm, trials.SEARCHED, lr, max(1, steps // 3)), w.choose, arm)["all"]
    tried = {arm: [(lr, round(score(arm, lr), 4)) for lr in rates] for arm in ARMS}
    best, runs, changed = trials.best(tried, sign=-1), {arm: [] for arm in ARMS}, []
    for seed in seeds:
        for arm in ARMS:
            net = learn(w, arm, seed, best[arm], steps)
            runs[arm].append(retro.bits(net, w.test, arm))
        gone = {"strays": retro.bits(net, w.test, "stray"), "nothing": retro.bits(net, w.test, "none")}
        changed.append(gone | {name: retro.bits(net, texts, "near") for name, texts in w.other.items()})
    able = lambda texts: texts.overlap[texts.overlap >= 0]
    bands = {name: ((able(w.test) >= low) & (able(w.test) < high)).float().mean().item()
             for name, (low, high) in retro.BANDS.items()}  # fmt: skip
    overlap = {name: able(texts).mean().item() for name, texts in {"100%": w.test, **w.other}.items()}
    sizes = {"gpt": sum(p.numel() for p in net.gpt.parameters()), "new": sum(p.numel() for p in net.new)}
    counts = {"train": len(w.train.tokens), "test": len(w.test.tokens), "chunks": len(w.database.chunk),
              "pieces": len(w.subwords.pieces)}  # fmt: skip
    return {"counts": counts, "parameters": sizes, "steps": steps, "tried": tried, "rates": best, "runs": runs,
            "changed": changed, "bands": bands, "overlap": overlap}  # fmt: skip
