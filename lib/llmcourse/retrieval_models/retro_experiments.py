"""RETRO in miniature: on made-up texts, and on the Factbook's prose of 2025 with neighbours from 2015.

    m          characters of a chunk              U   chunks of a text: longer ones are cut, shorter ones padded
    tokens     (P, U m)      P passages           near  (P, U, k, 2 m)   their neighbours
    overlap    (P, U)        how much of each chunk can be copied from what is read while it is predicted

The countries of the test are not trained on; the database has the old edition of all countries, so that some chunks
can be copied and others can't. Every arm has the same GPT; those that read have the same layers and parameters. On
prose, three seeds take half an hour of CPU.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Generator, Tensor

from .. import data, models
from ..data.passages import Passage, split
from ..models.gpt import GPT
from ..models.training import train
from ..models.tuning import IGNORED
from ..retrieval.store import Store
from .chunks import PAD, Chunks, chunked, neighbours
from .retro import Retro

M, U, K = 32, 6, 1
D, LAYERS, BATCH, STEPS = 64, 2, 12, 2000
RATES = (2e-3, 4e-3, 8e-3)
GRAM = 8  # characters in a row that count as copied
TOPICS = ("Background", "Flag", "Climate", "Terrain", "Natural hazards", "Natural resources", "Location", "Economy")
SEEDS = (0, 1, 2)
BANDS = {"little": (0.0, 0.05), "some": (0.05, 0.5), "most": (0.5, 1.01)}  # overlap: from, to


class Texts(NamedTuple):
    tokens: Tensor  # (P, U m)
    near: Tensor  # (P, U, K, 2 m)
    stray: Tensor  # (P, U, K, 2 m): neighbours of other chunks, drawn once
    overlap: Tensor  # (P, U)


class World(NamedTuple):
    train: Texts
    test: Texts
    vocabulary: int
    database: Chunks


def prose(year: int, part: str = "") -> list[Passage]:
    """Longer passages of an edition, of all countries or of those of one split."""
    return [p for p in data.countries(year) if p.topic in TOPICS and part in ("", split(p.title))]


def world(m: int = M, share: float = 1.0) -> World:
    """Texts with their neighbours; `share` is how much of the database there is."""
    old = prose(2015)
    old = old[: max(1, round(share * len(old)))] if share < 1 else old
    letters = sorted({c for p in (*prose(2015), *prose(2025)) for c in p.text})
    number = {c: i for i, c in enumerate(letters, start=PAD + 1)}
    encoded = lambda text: torch.tensor([number[c] for c in text])
    database = chunked([encoded(p.text) for p in old], m)
    decoded = lambda rows: ["".join(letters[i - 1] for i in row if i) for row in rows.tolist()]
    embedder, store = models.embedder(), Store()
    keys = store.embed(embedder, decoded(database.chunk))

    def texts(part: str) -> Texts:
        tokens = torch.full((len(prose(2025, part)), U * m), PAD)
        for row, passage in enumerate(prose(2025, part)):
            tokens[row, : len(passage.text)] = encoded(passage.text)[: U * m]
        chunks = tokens.view(-1, m)
        q, own = store.embed(embedder, decoded(chunks)), torch.full((len(chunks),), -1)
        near = neighbours(database, keys, q, own, K)
        near[(chunks == PAD).any(1)] = PAD  # the text has ended: nothing follows that could be predicted
        stray = near[torch.randperm(len(near), generator=torch.Generator().manual_seed(0))]
        shaped = lambda x: x.view(len(tokens), U, K, 2 * m)
        return Texts(tokens, shaped(near), shaped(stray), overlaps(tokens, shaped(near), m))

    return World(texts("dev"), texts("test"), len(letters) + 1, database)


def overlaps(tokens: Tensor, near: Tensor, m: int) -> Tensor:
    """(P, U): the share of the runs of GRAM characters in a chunk that are also in what was found for the one before.

    -1 where that can't be said: for the first chunk, which reads nothing, and for chunks that are mostly padding.
    """
    found = torch.full((len(tokens), tokens.shape[1] // m), -1.0)
    grams = lambda row: {tuple(row[i : i + GRAM]) for i in range(len(row) - GRAM + 1) if PAD not in row[i : i + GRAM]}
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


def model(vocabulary: int, seed: int, m: int = M, d: int = D, layers: int = LAYERS) -> Retro:
    torch.manual_seed(seed)
    return Retro(GPT(vocabulary, d, layers, models.SoftmaxAttention), m)


def batches(texts: Texts, how: str, generator: Generator, batch: int = BATCH):
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
    """Mean nats per character."""
    tokens, targets, near = batch
    logits, _ = net(tokens, near if near.numel() else None)
    return F.cross_entropy(logits.flatten(0, 1), targets.flatten(), ignore_index=IGNORED)


def learn(w: World, how: str, seed: int, lr: float, steps: int = STEPS, net: Retro | None = None) -> Retro:
    """A model that reads "near", "stray" or nothing ("none"); or `net`, if it is to be fitted."""
    net = model(w.vocabulary, seed) if net is None else net
    drawn = batches(w.train, how, torch.Generator().manual_seed(seed))
    train(net, drawn, steps, lr=lr, loss=loss, name=f"{how}, seed {seed}")
    return net


@torch.no_grad()
def bits(net: Retro, texts: Texts, how: str, batch: int = 32) -> dict[str, float]:
    """Bits per character of the chunks that may read something: all of them, and by how much can be copied."""
    each = []
    for rows in torch.arange(len(texts.tokens)).split(batch):
        tokens, targets, near = examples(texts, how, rows)
        logits, _ = net(tokens, near if near.numel() else None)
        nats = F.cross_entropy(logits.flatten(0, 1), targets.flatten(), ignore_index=IGNORED, reduction="none")
        each.append(nats.view(len(rows), -1) / math.log(2))
    # Character t + 1 is predicted at t: moved by one, the losses of a chunk's characters are a chunk.
    by_chunk = F.pad(torch.cat(each), (1, -1)).unflatten(1, (*texts.overlap.shape[1:], -1))  # (P, U, m)
    counted = (texts.tokens != PAD).view_as(by_chunk)
    mean = lambda which: (by_chunk * counted)[which].sum().item() / max(1, counted[which].sum().item())
    bands = {name: (texts.overlap >= low) & (texts.overlap < high) for name, (low, high) in BANDS.items()}
    return {"all": mean(texts.overlap >= 0), **{name: mean(which) for name, which in bands.items()}}


def compared(seeds: Sequence[int] = SEEDS, steps: int = STEPS, search: int = 300) -> dict:
    """Bits per character with neighbours, with stray ones, with none; RETRO-fitting; and a database that is gone."""
    w = world()
    tried = {
        how: {str(lr): bits(learn(w, how, 100, lr, search), w.test, how)["all"] for lr in RATES}
        for how in ("near", "none")
    }
    best = {how: float(min(row, key=row.get)) for how, row in tried.items()}
    best["stray"] = best["near"]
    rows = []
    for seed in seeds:
        nets = {how: learn(w, how, seed, best[how], steps) for how in ("none", "near", "stray")}
        row = {how: bits(net, w.test, how) for how, net in nets.items()}
        row["near, then stray"] = bits(nets["near"], w.test, "stray")
        row["near, then none"] = bits(nets["near"], w.test, "none")
        row["fitted"] = bits(learn(w, "near", seed, best["near"], steps // 4, nets["none"].fit()), w.test, "near")
        rows.append(row)
    able = w.test.overlap >= 0
    shares = {name: ((w.test.overlap >= low) & (w.test.overlap < high)).sum().item() / able.sum().item()
              for name, (low, high) in BANDS.items()}  # fmt: skip
    net = model(w.vocabulary, 0)
    sizes = {"gpt": sum(p.numel() for p in net.gpt.parameters()), "new": sum(p.numel() for p in net.new)}
    return {"search": tried, "rate": best, "rows": rows, "shares": shares, "parameters": sizes,
            "chunks": len(w.database.chunk), "steps": steps}  # fmt: skip


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
