"""The three parts of the course on the same questions: adapt a model, give it a long text, ground it; and all together.

    reader    as it is      SmolLM2 with four answered examples before the question
              form          a LoRA that has learned questions and answers, and never saw a text beside them
              reading       a LoRA that has learned the same questions beside passages or triples that hold the answer
    context   nothing, the whole text of the region, the three passages that retrieval finds, triples from the graph

The adapters learn on other parts of the world than those that are asked about; they are asked without examples, since
the adapter holds the form. Both have the same questions, steps, and search for a learning rate, on the likelihood of
answers in a region of its own. A seed draws the adapter's weights and its batches.
"""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import NamedTuple

import torch

from .. import models, records, runtime
from ..adapters import LoRA, attach, detach
from ..models import TextModel
from ..records import trials
from ..retrieval.evaluate import contains
from .reading_experiments import (
    AS_PASSAGES,
    AS_TRIPLES,
    NOTHING,
    REGIONS,
    SILENT,
    TOKENS,
    Answers,
    Region,
    asked,
    form,
    in_triples,
    judged,
    region,
    shots,
)

LEARNED_ON = ("Africa", "Europe", "East and Southeast Asia", "Middle East")
VALIDATED_ON = "Central America and the Caribbean"
KINDS = ("q_proj", "k_proj", "v_proj", "o_proj")
RANK, BATCH, STEPS, SEARCH = 8, 4, 32, 8
RATES = (3e-4, 1e-3, 3e-3, 1e-2)
SEEDS, EACH, LEARNED_EACH, VALIDATED = 2, 5, 40, 16  # EACH: questions of each region and number of steps
CONTEXTS = ("nothing", "whole text", "3 passages", "triples")
READERS = ("as it is", "form", "reading")


class Item(NamedTuple):
    """A question to learn from: what stands beside it, and the answer."""

    question: str
    read: tuple[str, ...]
    answer: str


# --- what is asked


def answers(lm: TextModel, where: Region, context: str, examples: bool) -> Answers:
    """Answers to a region's questions beside a context, with the examples of `reading_experiments` or without."""
    read, example = {
        "nothing": (lambda question: (), NOTHING),
        "whole text": (lambda question: (), AS_PASSAGES),
        "3 passages": (lambda question: where.found(question, 3), AS_PASSAGES),
        "triples": (lambda question: in_triples(lm, where, question), AS_TRIPLES),
    }[context]
    before = shots(example, SILENT) if examples else ""
    if context == "whole text":
        before += form("", where.texts).removesuffix("Question: \n")
    prompts = [form(q.text, read(q.text), "Answer:") for q in where.questions]
    return asked(lm, before, prompts, TOKENS["answer"])


# --- what is learned


def items(lm: TextModel, names: Sequence[str], each: int) -> list[Item]:
    """Questions about other regions, each beside passages and beside triples, if the answer stands there."""
    found = []
    for where in (region(name, each) for name in names):
        for q in where.questions:
            accepted = [name for a in q.answers for name in where.graph.names(a)]
            for read in (where.found(q.text, 3), in_triples(lm, where, q.text)):
                if there := [name for name in accepted if contains(" ".join(read), [name])]:
                    found.append(Item(q.text, tuple(read), there[0]))
    return found


def pairs(learned: Sequence[Item], with_text: bool) -> list[tuple[str, str]]:
    """Prompts and answers for `models.answer_batch`; the line's end is learned with the answer."""
    return [(form(i.question, i.read if with_text else (), "Answer:"), f" {i.answer}\n") for i in learned]


def adapt(lm: TextModel, learned: Sequence[tuple[str, str]], steps: int, rate: float, seed: int) -> list[float]:
    """Attach a LoRA called "reader" and train it on prompts and answers. Returns the loss at every step, in nats."""
    generator = runtime.seed(seed)
    attach(lm.model, "reader", partial(LoRA, r=RANK), KINDS)
    group = [{"params": [p for p in lm.model.parameters() if p.requires_grad]}]
    draws: Iterator = models.answer_batches(lm, learned, BATCH, generator)
    return models.train(lm.model, draws, steps, rate, warm_up=4, groups=group, loss=models.answer_loss).loss


def likelihood(lm: TextModel, held_out: Sequence[tuple[str, str]]) -> float:
    """Mean log-probability of an answer's token."""
    scores = lm.score(held_out)
    return round(sum(s.log_prob for s in scores) / sum(s.tokens for s in scores), 4)


def searched(lm: TextModel, learned: Sequence, held_out: Sequence, steps: int) -> list[tuple[float, float]]:
    """Every learning rate with its likelihood on the validation region, on the seed of the search."""
    tried = []
    for rate in RATES:
        adapt(lm, learned, steps, rate, trials.SEARCHED)
        tried.append((rate, likelihood(lm, held_out)))
        detach(lm.model)
    return tried


# --- the experiment


def together(
    regions: Sequence[str] = REGIONS, each: int = EACH, seeds: int = SEEDS, steps: int = STEPS, search: int = SEARCH,
    learned_on: Sequence[str] = LEARNED_ON, learned_each: int = LEARNED_EACH,
) -> dict:  # fmt: skip
    """Every reader beside every context: which answers are right, and how many tokens each one stands on."""
    lm = models.load(dtype=torch.float32)
    places = [region(name, each) for name in regions]
    learned, held_out = items(lm, learned_on, learned_each), items(lm, [VALIDATED_ON], each)[:VALIDATED]
    rows = [_measured(lm, places, "as it is", -1)]
    tried: dict[str, list] = {}
    for reader in READERS[1:]:
        prompts = partial(pairs, with_text=reader == "reading")
        tried[reader] = searched(lm, prompts(learned), prompts(held_out), search)
    rates = trials.best(tried)
    for seed in range(seeds):
        for reader in READERS[1:]:
            loss = adapt(lm, pairs(learned, reader == "reading"), steps, rates[reader], seed)
            rows.append(_measured(lm, places, reader, seed) | {"loss": [round(x, 3) for x in loss]})
            detach(lm.model)
    flat = [(q, where) for where in places for q in where.questions]
    return {
        "questions": [q.text for q, _ in flat],
        "hops": [q.hops for q, _ in flat],
        "accepted": [[where.graph.label(a) for a in q.answers] for q, where in flat],
        "learned": len(learned), "tried": tried, "rates": rates, "rows": rows,
    }  # fmt: skip


def _measured(lm: TextModel, places: Sequence[Region], reader: str, seed: int) -> dict:
    row: dict = {"reader": reader, "seed": seed, "contexts": {}}
    for context in CONTEXTS:
        found = [answers(lm, where, context, reader == "as it is") for where in places]
        row["contexts"][context] = {
            "answers": [a for one in found for a in one.answers],
            "right": [r for where, one in zip(places, found) for r in judged(where, one)],
            "tokens": [n for one in found for n in one.tokens],
        }
    return row


@records.record("15_together")
def record_together() -> dict:
    """All readers beside all contexts."""
    return together()
