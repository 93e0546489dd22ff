"""COMET: a language model learns the triples of a graph as text, and completes new ones.

    X = {X_s, X_r}    what is given: words of the head, and the relation as a token of its own
    X_o               what is generated: words of the tail
    loss              - sum_t log P(x_t | x_<t) over the words of X_o alone

Bosselut et al. 2019, "COMET: Commonsense Transformers for Automatic Knowledge Graph Construction".
Measures: hits, and novelty N/T sro (triples that training does not have), N/T o (tails that it does not
have at all). Departs from the paper: a small GPT over characters, trained here from scratch, where they tune GPT; that
both can be compared, `lines` and the measures know nothing of the model.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from ..models import CharTokenizer, LanguageModel
from .graph import Graph, Triple

GIVES, STOP = " > ", "\n"  # between what is given and the tail; at the end of a line


class Split(NamedTuple):
    """Triples to learn, held-out ones of the same relations, and those of relations that are not learned at all."""

    train: list[Triple]
    held_out: list[Triple]
    unseen: list[Triple]


def split(graph: Graph, share: float = 0.1, unseen: Iterable[str] = ()) -> Split:
    """By a hash of head and relation, the same in every run: all tails of such a pair are on one side.

    A triple that another one tells is no test: of symmetric facts (A borders B), both directions share their fate.
    """
    left_out, parts = set(unseen), Split([], [], [])
    for triple in graph:
        back = (triple.tail, triple.relation, triple.head) in graph
        key = min(triple.head, triple.tail) + max(triple.head, triple.tail) if back else triple.head
        drawn = hashlib.sha256(f"{key}|{triple.relation}".encode()).digest()[0] / 256
        part = parts.unseen if triple.relation in left_out else parts.held_out if drawn < share else parts.train
        part.append(triple)
    return parts


def given(graph: Graph, head: str, relation: str) -> str:
    """X_s and X_r as text: "France > capital > "."""
    return graph.label(head) + GIVES + relation.replace("_", " ") + GIVES


def lines(graph: Graph, triples: Sequence[Triple]) -> list[tuple[str, str]]:
    """(given, tail) of each triple, as text; the tail ends with STOP."""
    return [(given(graph, h, r), graph.label(t) + STOP) for h, r, t in triples]


def batch(tokenizer: CharTokenizer, pairs: Sequence[tuple[str, str]]) -> tuple[Tensor, Tensor]:
    """Inputs (B, L) and targets (B, L): the next character where it belongs to a tail, -100 elsewhere."""
    rows = [(tokenizer.encode(a), tokenizer.encode(b)) for a, b in pairs]
    longest = max(len(a) + len(b) for a, b in rows) - 1
    x, y = torch.zeros(len(rows), longest, dtype=torch.long), torch.full((len(rows), longest), -100)
    for i, (a, b) in enumerate(rows):
        text = torch.cat([a, b])
        x[i, : len(text) - 1] = text[:-1]
        y[i, len(a) - 1 : len(text) - 1] = b
    return x, y


def loss(model: LanguageModel, pair: tuple[Tensor, Tensor]) -> Tensor:
    """Mean cross entropy over the characters of tails, in nats."""
    return F.cross_entropy(model(pair[0])[0].flatten(0, 1), pair[1].flatten(), ignore_index=-100)


@torch.no_grad()
def log_probs(model: LanguageModel, tokenizer: CharTokenizer, pairs: Sequence[tuple[str, str]]) -> Tensor:
    """log P(tail | given) of each pair, (B,), in nats over the whole tail."""
    x, y = batch(tokenizer, pairs)
    nats = F.cross_entropy(model(x)[0].mT, y, ignore_index=-100, reduction="none")  # (B, L)
    return -nats.sum(1)


@torch.no_grad()
def complete(model: LanguageModel, tokenizer: CharTokenizer, text: str, count: int, longest: int = 40) -> list[str]:
    """The likeliest tails by beam search over `count` beams, best first, without STOP. Fewer if fewer end in time."""
    beam, done = [(tokenizer.encode(text), 0.0)], []
    stop, start = int(tokenizer.encode(STOP)), len(tokenizer.encode(text))
    for _ in range(longest):
        logits = model(torch.stack([tokens for tokens, _ in beam]))[0][:, -1]  # (beam, V)
        scores = logits.log_softmax(-1) + torch.tensor([s for _, s in beam])[:, None]
        best = scores.flatten().topk(min(2 * count, scores.numel()))
        rows, tokens = (best.indices // logits.shape[1]).tolist(), best.indices % logits.shape[1]
        new = [(torch.cat([beam[i][0], t[None]]), s) for i, t, s in zip(rows, tokens, best.values.tolist())]
        done += [(b, s) for b, s in new if int(b[-1]) == stop]
        beam = [(b, s) for b, s in new if int(b[-1]) != stop][:count]
        if len(done) >= count and sorted(s for _, s in done)[-count] > beam[0][1]:  # nothing that goes on is likelier
            break
    ended = sorted(done, key=lambda pair: -pair[1])[:count]
    return [tokenizer.decode(tokens[start:-1]) for tokens, _ in ended]


# --- measures


def hits(ranked: Sequence[str], right: Iterable[str], k: int) -> float:
    """1 if a right tail is among the first k, else 0."""
    return float(bool(set(ranked[:k]) & set(right)))


class Novelty(NamedTuple):
    """Shares of generated triples: that training does not have; with a tail that no triple of training has."""

    triples: float
    tails: float


def novelty(made: Mapping[tuple[str, str], Sequence[str]], train: Iterable[tuple[str, str, str]]) -> Novelty:
    """`made`: (head, relation) -> tails, all in words. Raises ValueError if nothing was made."""
    known = set(train)
    tails = {t for _, _, t in known}
    triples = [(h, r, t) for (h, r), some in made.items() for t in some]
    if not triples:
        raise ValueError("Nothing was generated, so there is no share of it.")
    share = lambda new: sum(map(new, triples)) / len(triples)
    return Novelty(share(lambda x: x not in known), share(lambda x: x[2] not in tails))
