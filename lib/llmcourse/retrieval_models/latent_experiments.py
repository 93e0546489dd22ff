"""REALM's long experiment: who may teach a retriever, and whether its index can be exchanged afterwards.

The world, the reader and the retriever are those of `experiments`. Every arm has the same search for a learning rate,
on countries that are neither trained on nor tested, and the same seeds. About five minutes of CPU.
"""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from .. import data, models, records
from ..records import trials
from ..retrieval.dense import Dense
from . import experiments
from .experiments import SEEDS, STEPS, Retriever, World
from .realm import log_marginal

ARMS = ("labels", "latent", "latent, top k", "another's reader")
EVERY = 20  # steps between two measurements of a run


def curve(w: World, arm: str, seed: int, lr: float, steps: int = STEPS) -> dict:
    """A run: recall@1 of the test [[step, recall], ...], before and after by part, nats per answer; its retriever."""
    seen = []

    def watch(step: int, net: Retriever) -> None:
        if step % EVERY == 0:
            seen.append([step, experiments.recall(net, w.x, w.test)])

    run = experiments.learn(w, arm, seed, lr, steps, watch)
    return {"curve": [*seen, [steps, run.after["test"]]], "before": run.before, "after": run.after,
            "nats": answered(run.retriever, w.x, w.test), "retriever": run.retriever}  # fmt: skip


@torch.no_grad()
def answered(net: Retriever, x: Tensor, facts: experiments.Facts) -> float:
    """Mean log p(y | x) in nats per answer, summed over all passages."""
    return log_marginal(net(facts.q, x).log_softmax(-1), facts.log_py).mean().item()


# ------------------------------------------------------------------ another edition as the index


class Editions(NamedTuple):
    """Questions whose answer changed, of countries never trained on, and the passages of both years.

    q (Q, d)   x  year -> (N, d)   gold  year -> (Q,)   log_py  index's year -> answer's year -> (Q, N)
    """

    q: Tensor
    x: dict[int, Tensor]
    gold: dict[int, Tensor]
    log_py: dict[int, dict[int, Tensor]]


def editions(years: tuple[int, int] = (2015, 2025)) -> Editions:
    """The reader's memory stays that of the later year, whatever it is given to read."""
    then, now = years
    held = {question.text for question in data.country_questions(now) if question.split == "test"}
    changed = [one for one in data.changed_questions() if one.text in held]
    answers = {then: [one.then[0] for one in changed], now: [one.now[0] for one in changed]}
    keys = {then: [one.gold_then for one in changed], now: [one.gold_now for one in changed]}
    memory = [p.text for p in experiments.edition(now)[0]]
    x, gold, log_py = {}, {}, {}
    for year in years:
        passages = experiments.edition(year)[0]
        texts, number = [p.text for p in passages], {p.key: i for i, p in enumerate(passages)}
        x[year] = experiments.encoded(now)[2] if year == now else Dense(models.embedder(), texts).x
        gold[year] = torch.tensor([number[key] for key in keys[year]])
        log_py[year] = {of: experiments.copying(texts, answers[of], memory=memory) for of in years}
    return Editions(Dense(models.embedder(), [one.text for one in changed]).x, x, gold, log_py)


@torch.no_grad()
def exchanged(net: Retriever, e: Editions) -> dict:
    """The same retriever with the index of either year: recall@1, and how often the answer of that year is likelier.

    Of the two answers one is right in each year: somebody who ignores the index gets half of the two shares' mean.
    """
    then, now = e.x
    found = {}
    for year, other in ((then, now), (now, then)):
        s = net(e.q, e.x[year])
        own, foreign = (log_marginal(s.log_softmax(-1), e.log_py[year][of]) for of in (year, other))
        found[str(year)] = {"recall": (s.argmax(1) == e.gold[year]).float().mean().item(),
                            "follows": (own > foreign).float().mean().item()}  # fmt: skip
    return found


# ------------------------------------------------------------------ the record


@records.record("14_latent")
def record_latent(seeds: Sequence[int] = SEEDS, rates: Sequence[float] = experiments.RATES, steps: int = STEPS) -> dict:
    """Every arm: what was tried, the rate, and its runs; and of "latent", the editions exchanged, before and after."""
    w, e = experiments.world(), editions()
    tried = {arm: experiments.searched(w, arm, rates, steps) for arm in ARMS}
    best, runs, swaps = trials.best(tried), {arm: [] for arm in ARMS}, []
    for seed in seeds:
        for arm in ARMS:
            run = curve(w, arm, seed, best[arm], steps)
            net = run.pop("retriever")
            runs[arm].append(run)
            if arm == "latent":
                start = Retriever(w.x.shape[1], torch.Generator().manual_seed(seed))
                swaps.append({"before": exchanged(start, e), "after": exchanged(net, e)})
    counts = {"passages": len(w.x), "train": len(w.train.q), "choose": len(w.choose.q), "test": len(w.test.q),
              "new": len(w.new.q), "changed": len(e.q)}  # fmt: skip
    return {"counts": counts, "steps": steps, "tried": tried, "rates": best, "runs": runs, "editions": swaps}
