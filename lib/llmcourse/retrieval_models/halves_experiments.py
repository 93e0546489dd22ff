"""RA-DIT's two halves, two by two: log p(y | x) with neither, with either, and with both. Two minutes of CPU.

The world, the reader and the retriever are those of `experiments`.

    the retriever's half   the questions' side of it is moved towards what the reader likes, of the TOP passages found
    the reader's half      one number, the odds at which it copies from its passage rather than recalls
"""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from .. import records
from ..records import trials
from . import experiments
from .experiments import SEEDS, STEPS, Facts, Retriever, World
from .radit import mixture_log_prob

ARM = "LSR of log p"
RATES = (3e-5, 1e-4, 3e-4, 1e-3, 3e-3, 1e-2)
FIRST = 0.1  # the odds of copying of a reader that nobody has taught to read
ODDS = (FIRST, 0.3, 0.5, 0.7, 0.9, 0.97)
READ = 5  # passages that are read for an answer
CELLS = ("neither", "reader", "retriever", "both")


@torch.no_grad()
def log_likelihood(net: Retriever, x: Tensor, facts: Facts, k: int = READ) -> float:
    """Mean log p(y | x), in nats per answer, of the mixture of readers of the k most relevant passages."""
    s, found = net(facts.q, x).topk(k, -1)
    return mixture_log_prob(s, facts.log_py.gather(1, found)).mean().item()


def tuned_odds(net: Retriever, x: Tensor, facts: Facts, by_odds: Mapping[float, Tensor], k: int = READ) -> float:
    """The odds of copying with which the answers are likeliest, reading what this retriever finds.

    by_odds  odds -> log p(y | z) (Q, N) of a reader with these odds. The reader's half of RA-DIT, in one number
    """
    return max(by_odds, key=lambda odds: log_likelihood(net, x, facts._replace(log_py=by_odds[odds]), k))


def halves(readers: Mapping[float, World], seeds: Sequence[int], lr: float, steps: int = STEPS) -> dict:
    """Log p(y | x) of the test and of new relations, seed by seed, with neither half, with either, and with both.

    readers  odds of copying -> the world with such a reader, FIRST among them: the retriever learns from that one, and
             the reader's odds are chosen on the questions to train on
    """
    w, train = readers[FIRST], {odds: one.train.log_py for odds, one in readers.items()}
    found = {part: {cell: [] for cell in CELLS} for part in ("test", "new")} | {"odds": [], "recall": []}
    for seed in seeds:
        start = Retriever(w.x.shape[1], torch.Generator().manual_seed(seed))
        run = experiments.learn(w, ARM, seed, lr, steps)
        best = [tuned_odds(net, w.x, w.train, train) for net in (start, run.retriever)]
        for net, odds, (alone, with_reader) in zip((start, run.retriever), best, (CELLS[:2], CELLS[2:])):
            for part in ("test", "new"):
                found[part][alone].append(log_likelihood(net, w.x, getattr(w, part)))
                found[part][with_reader].append(log_likelihood(net, w.x, getattr(readers[odds], part)))
        found["odds"].append(best)
        found["recall"].append([run.before["test"], run.after["test"]])
    return found


@records.record("14_halves")
def record_halves(seeds: Sequence[int] = SEEDS, rates: Sequence[float] = RATES, steps: int = STEPS) -> dict:
    """The four cells. The rate is searched with the reader that the retriever has."""
    readers = {odds: experiments.world(odds=odds) for odds in ODDS}
    tried = {ARM: experiments.searched(readers[FIRST], ARM, rates, steps)}
    best = trials.best(tried)
    return {"steps": steps, "tried": tried, "rates": best, "first": FIRST, "odds": ODDS, "read": READ,
            "cells": halves(readers, seeds, best[ARM], steps)}  # fmt: skip
