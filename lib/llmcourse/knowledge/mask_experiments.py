"""ERNIE in small: a masked model learns facts of the Factbook with basic masks, or with entity masks.

    wordings  every fact is stated in three ways, such as "the capital of {head} is {tail}"
    cloze     "{head} is governed from [mask] [mask]": the tail is hidden as a whole, and all its pieces must be right
    held out  a third of the countries, whose third wordings were never trained on: known in other words only

Both arms read the same sentences, hide the same share of the pieces, and take as many steps, with the same search for a
learning rate. They differ in what is hidden together.
"""

from collections.abc import Sequence
from hashlib import sha256
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .. import models, records
from ..records import trials
from .factbook import factbook
from .masking import IGNORED, masked

WORDINGS = {
    "capital": ("the capital of {head} is {tail}", "{tail} is the capital of {head}", "{head} is governed from {tail}"),
    "currency": ("the currency of {head} is {tail}", "{tail} are used in {head}", "people in {head} pay in {tail}"),
}
COUNTRIES = 90
ARMS = ("basic", "entity")
STEPS, BATCH, D, LAYERS, HEADS = 900, 32, 64, 2, 4
RATES = (3e-3, 6e-3, 1.2e-2)
SEEDS = 3


class Sentence(NamedTuple):
    """A fact in words, as pieces (L,): where head and tail stand, and whether it is a cloze never trained on."""

    tokens: Tensor
    head: tuple[int, int]
    tail: tuple[int, int]
    relation: str
    held_out: bool


def sentences() -> tuple[list[Sentence], int]:
    """All of them, and the number of pieces: those of MiniLM's vocabulary (BERT's) that occur, numbered afresh; 0 is
    [mask], 1 pads."""
    split, graph, number = models.embedder().tokenizer.tokenize, factbook(), {"[mask]": 0, "[pad]": 1}
    heads = sorted({t.head for t in graph if t.relation == "currency"}, key=lambda h: sha256(h.encode()).digest())
    heads = heads[:COUNTRIES]
    held_out, found = set(heads[::3]), []
    for h, r, t in graph:
        for n, wording in enumerate(WORDINGS.get(r, ()) if h in heads else ()):
            pieces, spans = [], {}
            for word in wording.split():
                start, name = len(pieces), word.strip("{}")
                pieces += split({"head": graph.label(h), "tail": graph.label(t)}.get(name, word))
                spans[name] = (start, len(pieces))
            tokens = torch.tensor([number.setdefault(piece, len(number)) for piece in pieces])
            found.append(Sentence(tokens, spans["head"], spans["tail"], r, n == 2 and h in held_out))
    return found, len(number)


class Masked(nn.Module):
    """A bidirectional transformer: pieces (B, L) -> logits (B, L, V)."""

    def __init__(self, vocabulary: int, longest: int):
        super().__init__()
        self.embedding, self.place = nn.Embedding(vocabulary, D), nn.Parameter(0.02 * torch.randn(longest, D))
        layer = nn.TransformerEncoderLayer(D, HEADS, 4 * D, 0.0, "gelu", batch_first=True, norm_first=True)
        self.layers = nn.TransformerEncoder(layer, LAYERS, nn.LayerNorm(D), enable_nested_tensor=False)
        nn.init.normal_(self.embedding.weight, std=0.02)

    def forward(self, tokens: Tensor) -> Tensor:
        x = self.embedding(tokens) + self.place[: tokens.shape[1]]
        return self.layers(x, src_key_padding_mask=tokens == 1) @ self.embedding.weight.T


def padded(rows: Sequence[Tensor], fill: int) -> Tensor:
    return nn.utils.rnn.pad_sequence(list(rows), batch_first=True, padding_value=fill)


def learn(
    arm: str, train: Sequence[Sentence], vocabulary: int, longest: int, steps: int, seed: int, rate: float
) -> Masked:
    """A model after `steps` batches with masks of this kind, freshly drawn for each."""
    torch.manual_seed(seed)
    generator, model = torch.Generator().manual_seed(seed), Masked(vocabulary, longest)
    optimiser = torch.optim.AdamW(model.parameters(), rate)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda s: min(1, (s + 1) / 100) * (1 - s / steps))
    for _ in range(steps):
        some = [train[i] for i in torch.randint(len(train), (BATCH,), generator=generator).tolist()]
        spans = lambda s: sorted((s.head, s.tail)) if arm == "entity" else ()
        pairs = [masked(s.tokens, spans(s), 0, vocabulary, generator) for s in some]
        x, y = padded([a for a, _ in pairs], 1), padded([b for _, b in pairs], IGNORED)
        loss = F.cross_entropy(model(x).flatten(0, 1), y.flatten(), ignore_index=IGNORED)
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        schedule.step()
    return model.eval()


@torch.no_grad()
def recalled(model: Masked, cloze: Sequence[Sentence]) -> tuple[list[int], list[float]]:
    """For each cloze: whether every piece of the hidden tail is the likeliest one; and log P, nats a piece."""
    right, nats = [], []
    for part in (cloze[i : i + 128] for i in range(0, len(cloze), 128)):
        hidden = [s.tokens.index_fill(0, torch.arange(*s.tail), 0) for s in part]
        log_p = model(padded(hidden, 1)).log_softmax(-1)
        for s, row in zip(part, log_p):
            gold, row = s.tokens[slice(*s.tail)], row[slice(*s.tail)]
            right.append(int((row.argmax(-1) == gold).all()))
            nats.append(row.gather(1, gold[:, None]).mean().item())
    return right, nats


def measured(seeds: int = SEEDS, steps: int = STEPS, most: int = 0) -> dict:
    """Both arms with every seed; the rate is chosen by log P of the clozes of half of the held-out facts, which do not
    count afterwards."""
    every, vocabulary = sentences()
    longest = max(len(s.tokens) for s in every)
    train, cloze = [s for s in every if not s.held_out], [s for s in every if s.held_out]
    chosen, test = cloze[::4], [s for i, s in enumerate(cloze) if i % 4]
    train, test = train[: most or None], test[: most or None]
    size, tried = (vocabulary, longest), {}
    for arm in ARMS:
        mean = lambda rate, arm=arm: recalled(learn(arm, train, *size, steps // 3, trials.SEARCHED, rate), chosen)[1]
        tried[arm] = [(rate, round(sum(found := mean(rate)) / len(found), 4)) for rate in RATES]
    rates = trials.best(tried)
    runs = []
    for seed in range(seeds):
        for arm in ARMS:
            right, nats = recalled(learn(arm, train, *size, steps, seed, rates[arm]), test)
            runs.append({"arm": arm, "seed": seed, "right": right, "nats": round(sum(nats) / len(nats), 4)})
    facts = {"relation": [s.relation for s in test], "pieces": [s.tail[1] - s.tail[0] for s in test]}
    return {"sentences": len(train), "vocabulary": vocabulary, **facts, "tried": tried, "rates": rates, "runs": runs}


@records.record("15_masks")
def record_masks() -> dict:
    """Basic masks against entity masks, four seeds each."""
    return measured()
