"""RA-DIT's long experiment: what a reader's likelihoods teach a retriever.

The world, the reader and the retriever are those of `experiments`. Where it says no other thing, the questions' side of
the retriever learns, from the TOP passages that it finds. About five minutes of CPU.
"""

from collections.abc import Sequence

from .. import records
from . import experiments
from .experiments import SEEDS, STEPS

ARMS = ("labels, one side", "latent, one side", "LSR of p, tau 0.01", "LSR of p, tau 0.001", "LSR of log p",
        "LSR of log p, other way", "LSR of log p, both sides")  # fmt: skip
RATES = (3e-5, 1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2)  # one side alone wants smaller ones than both


@records.record("14_radit")
def record_radit(seeds: Sequence[int] = SEEDS, rates: Sequence[float] = RATES, steps: int = STEPS) -> dict:
    """Every arm: what was tried, the rate, and recall@1 before and after, by part of the world."""
    found = experiments.compared(experiments.world(), ARMS, seeds, rates, steps)
    recall = {
        arm: {"before": [run.before for run in runs], "after": [run.after for run in runs]}
        for arm, runs in found.runs.items()
    }
    return {"steps": steps, "tried": found.tried, "rates": found.rates, "recall": recall}
