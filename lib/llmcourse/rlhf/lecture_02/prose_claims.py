"""The claims of lecture 02 in the world of prose, put to the test on the seeds of its records.

Differences are paired by seed. The smallest effects worth seeing: 0.05 of the pairs or of the comparisons won, 0.2
points of the judge's gold, 0.1 of a point at equal KL, 0.05 nats a token on held-out text.
"""

from collections.abc import Mapping, Sequence
from functools import partial

import torch

from ...figures import Claim, Shown, claims
from ...verdicts import Estimate, improved, mean, paired, together, told, verdict
from ..overoptimisation import fit
from .claims import AT_EQUAL_KL, GOLD, SHARE, at_kl, tax, three_steps

BETA = 0.3  # of the policy that is compared with its supervised start
WINDOW = 5  # batches of 64 answers that are averaged, so that a maximum is no lucky batch


def verdicts(comparisons: Mapping, goodhart: Mapping, steps: Mapping) -> Shown:
    """What became of the claims, from the records 02_comparisons, 02_goodhart and 02_steps."""
    return claims(
        [
            _order(comparisons["runs"]),
            _stiennon(goodhart["runs"]),
            _best_of_n(goodhart["runs"]),
            three_steps(partial(won, steps["runs"])),
            tax(
                "InstructGPT: alignment has a price on other texts, and PPO-ptx lowers it without losing what PPO has "
                "won",
                "held-out texts",
                [run["held_out"] for run in steps["runs"]],
                won(steps["runs"], "PPO-ptx"),
                "The weight of the second loss was not searched for: at 1 it outweighs the reward.",
            ),
        ]
    )


def _order(runs: Sequence[Mapping]) -> Claim:
    at = lambda i, arm: [run["rows"][i][arm] for run in runs]
    gains = {f"{arm}": paired(at(-1, arm), at(0, arm)) for arm in ("words", "GPT")}
    first, last = (runs[0]["rows"][i]["comparisons"] for i in (0, -1))
    return Claim(
        "A reward model orders answers better with more comparisons",
        f"share of pairs in the order of gold, {last:,} comparisons minus {first}, {told(**gains)}",
        improved(SHARE, **gains),
    )


def run_at(run: Mapping, beta: float) -> Mapping:
    """What PPO did at this beta."""
    return next(found for found in run["runs"] if found["beta"] == beta)


def smooth(path: Sequence[Sequence[float]]) -> list[list[float]]:
    """KL, proxy and gold, each averaged over WINDOW batches."""
    windows = torch.tensor(path).unfold(0, min(WINDOW, len(path)), 1)  # (windows, 3, WINDOW)
    return windows.mean(-1).tolist()


def falls(runs: Sequence[Mapping]) -> Estimate:
    """How far gold falls without a price of KL, from its best to the end."""
    paths = [[row[2] for row in smooth(run_at(run, 0.0)["path"])] for run in runs]
    return paired([path[-1] for path in paths], [max(path) for path in paths])


def _stiennon(runs: Sequence[Mapping]) -> Claim:
    after = [run_at(run, BETA)["after"] for run in runs]
    proxy, gold = (paired([a[i] for a in after], [run["before"][i] for run in runs]) for i in (0, 1))
    fall = falls(runs)
    best = mean([max(smooth(run_at(run, 0.0)["path"]), key=lambda row: row[2])[0] for run in runs])
    return Claim(
        "Stiennon et al.: the policy beats its supervised start on the reward model and on gold; pushed past a KL, it "
        "gets worse again",
        f"at beta {BETA}, {told(proxy=proxy, gold=gold)}; without a price, gold at the end against its best, "
        f"{told(fall=fall)}; it turns at {best.value:.0f} nats",
        together(
            on_the_reward_model=verdict(proxy, over=0, worth=GOLD),
            on_gold=verdict(gold, over=0, worth=GOLD),
            over_optimised=verdict(fall, under=0, worth=-GOLD),
        ),
    )


def _best_of_n(runs: Sequence[Mapping]) -> Claim:
    n, KL, _, _ = runs[0]["best_of"][-1]
    gain = lambda run: run["best_of"][-1][3] - run["best_of"][0][3]
    gained = lambda run: [(k, proxy, gold - run["before"][1]) for k, proxy, gold in run_at(run, 0.0)["path"]]
    ppo = [at_kl(gained(run), KL) for run in runs]
    ahead = paired([gain(run) for run in runs], ppo)
    return Claim(
        "Gao et al.: at the same KL, best-of-n earns more gold than reinforcement learning",
        f"gold gained at {KL:.1f} nats (n = {n}), {told(best_of_n_minus_PPO=ahead)}",
        verdict(ahead, over=0, worth=AT_EQUAL_KL),
    )


def fitted(runs: Sequence[Mapping]) -> dict[str, list]:
    """Gao et al.'s curve of each kind for each seed: gold above the reference, without a price of KL."""
    curves: dict[str, list] = {"RL": [], "best-of-n": []}
    for run in runs:
        KL, _, gold = torch.tensor(run_at(run, 0.0)["path"]).T
        curves["RL"].append(fit(KL, gold - run["before"][1], "RL"))
        _, KL, _, gold = torch.tensor(run["best_of"]).T
        curves["best-of-n"].append(fit(KL, gold - gold[0], "best-of-n"))
    return curves


def won(runs: Sequence[Mapping], name: str) -> Estimate:
    """The share of comparisons with the step before that a step wins, ties as half."""
    shares = [(w + t / 2) / (w + t + l) for w, t, l in (run["wins"][name] for run in runs)]
    return mean(shares, least=0, most=1)
