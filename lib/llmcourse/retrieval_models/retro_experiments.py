"""RETRO in miniature: what all its experiments share, and texts of which it is known what can be copied.

    m          tokens of a chunk                  U   chunks of a text
    tokens     (P, U m)      P texts              near  (P, U, k, 2 m)   their neighbours
    overlap    (P, U)        how much of each chunk can be copied from what is read while it is predicted

Every arm has the same GPT; those that read have the same layers and parameters. On real texts: `prose_experiments`.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Generator, Tensor

from .. import models
from ..models.gpt import GPT
from ..models.training import train
from ..models.tuning import IGNORED
from .chunks import PAD
from .retro import Retro

GRAM = 8  # tokens in a row that count as copied
BANDS = {"little": (0.0, 0.05), "some": (0.05, 0.5), "most": (0.5, 1.01)}  # overlap: from, to


class Texts(NamedTuple):
    tokens: Tensor  # (P, U m)
    near: Tensor  # (P, U, K, 2 m)
    stray: Tensor  # (P, U, K, 2 m): neighbours of other chunks, drawn once
    overlap: Tensor  # (P, U)


def overlaps(tokens: Tensor, near: Tensor, m: int, gram: int = GRAM) -> Tensor:
    """(P, U): the share of the runs of `gram` tokens in a chunk that are also in what was found for the one before.

    -1 where that can't be said: for the first chunk, which reads nothing, and for chunks that are mostly padding.
    """
    found = torch.full((len(tokens), tokens.shape[1] // m), -1.0)
    grams = lambda row: {tuple(row[i : i + gram]) for i in range(len(row) - gram + 1) if PAD not in row[i : i + gram]}
    for p, row in enumerate(tokens.view(len(tokens), -1, m).tolist()):
        for u in range(1, len(row)):
            own = grams(row[u])
            if own:
                read = set().union(*(grams(one) for one in near[p, u - 1].tolist()))
                found[p, u] = len(own & read) / len(own)
    return found


def made_up(n: int, seed: int, m: int = 8, chunks: int = 4, letters: int = 8) -> Texts:
    """Texts of random letters, of which half the chunks stand in what was found for the chunk before; the rest is new.

    So it is known what can be copied, letter for letter, and that nothing else can be learned.
    """
    g = torch.Generator().manual_seed(seed)
    tokens = torch.randint(1, letters + 1, (n, chunks, m), generator=g)
    after = torch.randint(1, letters + 1, (n, chunks, m), generator=g)
    copied = torch.rand(n, chunks - 1, generator=g) < 0.5
    after[:, :-1] = torch.where(copied[..., None], tokens[:, 1:], after[:, :-1])
    near = torch.cat([tokens, after], -1)[:, :, None]  # (n, chunks, 1, 2 m)
    overlap = F.pad(copied.float(), (1, 0), value=-1.0)
    return Texts(tokens.flatten(1), near, near[torch.randperm(n, generator=g)], overlap)


def least_bits(m: int = 8, letters: int = 8) -> tuple[float, float]:
    """Bits per letter of copied and of new chunks of `made_up` for who copies as well as can be.

    Nobody is told which chunks are copied. Each letter that agrees makes it likelier, and one that does not settles it.
    """
    doubt = lambda belief: belief + (1 - belief) / letters  # the probability of the letter that would be copied
    belief, copied, new, undecided = 0.5, 0.0, 0.0, 1.0
    for _ in range(m):
        p = doubt(belief)
        copied -= math.log2(p)
        miss = -math.log2((1 - belief) / letters)
        new += undecided * (-math.log2(p) / letters + miss * (1 - 1 / letters)) + (1 - undecided) * math.log2(letters)
        belief, undecided = belief / p, undecided / letters
    return copied / m, new / m


# ------------------------------------------------------------------ arms


def model(vocabulary: int, seed: int, m: int, d: int, layers: int = 1) -> Retro:
    torch.manual_seed(seed)
    return Retro(GPT(vocabulary, d, layers, models.SoftmaxAttention), m)


def batches(texts: Texts, how: str, generator: Generator, batch: int = 16):
    """Tokens, targets, neighbours: the right ones, "near"; or of other chunks, "stray"; or none."""
    while True:
        rows = torch.randint(len(texts.tokens), (batch,), generator=generator)
        yield examples(texts, how, rows)


def examples(texts: Texts, how: str, rows: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    tokens = texts.tokens[rows]
    targets = F.pad(tokens[:, 1:], (0, 1), value=PAD)
    near = getattr(texts, how)[rows] if how in ("near", "stray") else torch.empty(0)
    return tokens, targets.masked_fill(targets == PAD, IGNORED), near


def loss(net: Retro, batch: tuple[Tensor, Tensor, Tensor]) -> Tensor:
    """Mean nats per token."""
    tokens, targets, near = batch
    logits, _ = net(tokens, near if near.numel() else None)
    return F.cross_entropy(logits.flatten(0, 1), targets.flatten(), ignore_index=IGNORED)


@torch.no_grad()
def bits(net: Retro, texts: Texts, how: str, batch: int = 32) -> dict[str, float]:
    """Bits per token of the chunks that may read something: all of them, and by how much can be copied."""
    each = []
    for rows in torch.arange(len(texts.tokens)).split(batch):
        tokens, targets, near = examples(texts, how, rows)
        logits, _ = net(tokens, near if near.numel() else None)
        nats = F.cross_entropy(logits.flatten(0, 1), targets.flatten(), ignore_index=IGNORED, reduction="none")
        each.append(nats.view(len(rows), -1) / math.log(2))
    # Token t + 1 is predicted at t: moved by one, the losses of a chunk's tokens are a chunk.
    by_chunk = F.pad(torch.cat(each), (1, -1)).unflatten(1, (*texts.overlap.shape[1:], -1))  # (P, U, m)
    counted = (texts.tokens != PAD).view_as(by_chunk)
    mean = lambda which: (by_chunk * counted)[which].sum().item() / max(1, counted[which].sum().item())
    bands = {name: (texts.overlap >= low) & (texts.overlap < high) for name, (low, high) in BANDS.items()}
    return {"all": mean(texts.overlap >= 0), **{name: mean(which) for name, which in bands.items()}}


# ------------------------------------------------------------------ causality


@torch.no_grad()
def moved(net: Retro, tokens: Tensor, near: Tensor) -> Tensor:
    """(U, L): which outputs move when the neighbours of each chunk become others. One text, (1, L), (1, U, k, 2 m)."""
    before, rows = net(tokens, near)[0], []
    for u in range(near.shape[1]):
        other = near.clone()
        other[:, u] = other[:, u].flip(-1)
        rows.append(_apart(net(tokens, other)[0], before))
    return torch.stack(rows)


@torch.no_grad()
def leaks(net: Retro, tokens: Tensor, near: Tensor) -> int:
    """How many outputs move that must not: before a changed token, or before the last token of a chunk whose neighbours
    are changed. Every token and every chunk is changed once."""
    before, found = net(tokens, near)[0], 0
    for t in range(tokens.shape[1]):
        other = tokens.clone()
        other[:, t] = other[:, t] % (tokens.max() - 1) + 1
        found += int(_apart(net(other, near)[0], before)[:t].sum())
    return found + sum(int(row[: (u + 1) * net.m - 1].sum()) for u, row in enumerate(moved(net, tokens, near)))


def _apart(a: Tensor, b: Tensor) -> Tensor:
    return (a - b).abs().amax(-1)[0] > 1e-5


def copying(seeds: Sequence[int], steps: int, lr: float = 1e-2, d: int = 32) -> tuple[dict[str, dict], Retro]:
    """On made-up texts, with neighbours and with strays: what was read -> "copied", "new" -> bits, seed by seed.

    And the model of the last seed that has neighbours. Both arms have the same parameters and the same rate.
    """
    train_, test = made_up(2000, seed=0), made_up(200, seed=1)
    found = {how: {"copied": [], "new": []} for how in ("neighbours", "strays")}
    for seed in seeds:
        for how, column in (("strays", "stray"), ("neighbours", "near")):
            net = model(int(train_.tokens.max()) + 1, seed, m=8, d=d, layers=1)
            drawn = batches(train_, column, torch.Generator().manual_seed(seed), 16)
            train(net, drawn, steps, lr=lr, loss=loss, name=f"{how}, seed {seed}")
            row = bits(net, test, column)
            found[how]["copied"].append(row["most"])
            found[how]["new"].append(row["little"])
    return found, net
