"""A reader that was tuned for these passages: it names what it has found out, then answers, or says "unknown".

    one fact       "Peru: Lima"
    two hops       "Sudan: 1 January" from both passages, "Sudan: unknown" from the first alone
    not there      "unknown"
    by heart       "water"

SmolLM2 as it is answers fewer than half of such questions even from the gold passages, and it never says that a passage
does not help. A LoRA of rank 8 that reads a few hundred dev questions learns both. What it has found out so far stands
in its answer: that is what an iterative system asks its next question with.
"""

import random
from collections.abc import Sequence
from functools import partial

import torch

from .. import data, runtime
from ..data.passages import Question
from ..models import TextModel, answer_batches, answer_loss, train
from ..retrieval import reader
from ..retrieval.experiments import Corpus
from .questions import by_heart, lookups

NAME, TARGETS = "reader", ("q_proj", "v_proj", "o_proj", "up_proj", "down_proj")
UNKNOWN = "unknown"
Pair = tuple[str, str]  # prompt and answer


def prompt(question: str, passages: Sequence[str]) -> str:
    """The reader's prompt without examples: after tuning it needs none, and is a third as long."""
    return reader.prompt(question, passages, ())


def said(answer: str) -> str:
    """What is claimed, without what it is about: "Peru: Lima" claims "Lima", and "unknown" nothing."""
    claimed = answer.rpartition(": ")[2].strip()
    return "" if claimed == UNKNOWN else claimed


def wanted(question: Question, corpus: Corpus, seen: Sequence[int]) -> str:
    """The answer to learn from the passages with these numbers."""
    gold = corpus.gold(question)
    if not gold:
        return question.answers[0]
    if gold[-1] in seen and gold[0] in seen:
        return f"{corpus.passages[gold[-1]].title}: {question.answers[0]}"
    return f"{corpus.passages[gold[0]].title}: {UNKNOWN}" if gold[0] in seen else UNKNOWN


def examples(corpus: Corpus, n: int, seed: int) -> list[Pair]:
    """n dev questions of each kind, each with one to three passages in any order: what the answer needs, part of it, or
    passages that were found and do not help. Those by heart come without passages."""
    rng, found = random.Random(seed), []
    for questions in (by_heart(), data.country_questions(), lookups()):
        dev = [q for q in questions if q.split == "dev"]
        found += [(q, ()) for q in rng.choices(dev, k=n // 4)] if questions is by_heart() else [
            (q, None) for q in rng.sample(dev, min(n, len(dev)))
        ]  # fmt: skip
    near = corpus.rankings([q.text for q, _ in found], 6)["fused"]
    pairs = []
    for (q, seen), others in zip(found, near):
        seen = _seen(rng, corpus.gold(q), others) if seen is None else seen
        pairs.append((prompt(q.text, [corpus.texts[i] for i in seen]), f" {wanted(q, corpus, seen)}\n"))
    return pairs


def _seen(rng: random.Random, gold: list[int], near: Sequence[int]) -> list[int]:
    """Numbers of passages to read: in seven of ten cases all gold ones, in two (of two hops) the first alone."""
    draw, others = rng.random(), [i for i in near if i not in gold]
    kept = gold if draw < 0.7 else gold[:1] if draw < 0.9 and len(gold) == 2 else []
    room = max(3 - len(kept), 0)
    seen = [*kept, *rng.sample(others, min(len(others), rng.randint(0 if kept else 1, room)) if room else 0)]
    rng.shuffle(seen)
    return seen


def tune(
    lm: TextModel, pairs: Sequence[Pair], steps: int, seed: int, lr: float = 1e-3, batch: int = 4, name: str = NAME
) -> list[float]:
    """Train a LoRA on pairs; it stays attached. The loss of each step, in nats per token of the answers."""
    from ..adapters import LoRA, attach

    torch.manual_seed(seed)
    attach(lm.model, name, partial(LoRA, r=8), TARGETS)
    learned = [{"params": [p for p in lm.model.parameters() if p.requires_grad]}]
    batches = answer_batches(lm, pairs, batch, runtime.seed(seed))
    history = train(lm.model, batches, steps, lr, warm_up=8, loss=answer_loss, groups=learned, name=name)
    lm.model.eval()
    return history.loss
