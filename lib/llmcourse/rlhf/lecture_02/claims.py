"""The claims of lecture 02, each put to the test on seeds.

Differences are paired by seed. The smallest effects worth seeing: 0.05 of the comparisons won, 0.2 points of gold, 0.1
of a point at equal KL, 0.05 nats a token on other texts. A policy is at the optimum if it is within 0.1 nats of it.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import pairwise

import torch
from torch import Tensor

from ...figures import Claim, Shown, claims
from ...verdicts import Estimate, Verdict, mean, paired, together, told, verdict
from ..proxy_experiments import BEST_OF, PRICES

NEAR = 0.1  # nats from the optimum
SHARE, GOLD, AT_EQUAL_KL, NATS = 0.05, 0.2, 0.1, 0.05  # smallest effects worth seeing
AT, SIXTEEN = 10, 4  # places in PRICES and BEST_OF of what is compared

Sweeps = Mapping[str, Sequence[Mapping[str, Sequence[Sequence[float]]]]]  # what is seen -> a sweep for each seed


def final(runs: Sequence[Mapping], method: str) -> list[float]:
    """KL to the optimum after the last batch, one number per seed."""
    return [run["measured"][-1][1] for run in runs if run["method"] == method]


def verdicts(optimum: Mapping, sweeps: Sweeps, steps: Sequence[Mapping]) -> Shown:
    """What became of the claims.

    optimum  the record 02_optimum
    sweeps   what a reward model sees -> for each seed, proxy and gold against the KL
    steps    for each seed, InstructGPT's three steps
    """
    return claims(
        [
            _exact(sweeps),
            _cure(sweeps),
            _best_of_n(sweeps["letters"]),
            three_steps(partial(won, steps)),
            tax(
                "InstructGPT: alignment has a price on other texts; PPO-ptx lowers it, and still beats SFT",
                "the first model's texts",
                [run["loss"] for run in steps],
                won(steps, "PPO-ptx"),
            ),
            _one_optimum(optimum["runs"]),
            _k3(optimum["runs"]),
            _dpo(optimum["runs"]),
        ]
    )


# ------------------------------------------------------------------ the exact optimum


def _one_optimum(runs: Sequence[Mapping]) -> Claim:
    arms = {"REINFORCE": "REINFORCE", "RLOO": "RLOO", "GRPO": "GRPO, KL in the reward", "PPO": "PPO"}
    left = {name: mean(final(runs, method), least=0) for name, method in arms.items()}
    return Claim(
        "With the KL in the reward, all policy gradients end at the same policy, the optimum",
        f"KL to it after 1,000 batches, {told('.3f', **left)}",
        together(**{name: verdict(at, under=NEAR) for name, at in left.items()}),
    )


def _k3(runs: Sequence[Mapping]) -> Claim:
    further = paired(final(runs, "GRPO, k3 in the loss, no scale"), final(runs, "GRPO, KL in the reward, no scale"))
    return Claim(
        "GRPO: k3 in the loss does what the KL in the reward does",
        f"KL to the optimum, {told(k3_in_the_loss_minus_KL_in_the_reward=further)}",
        verdict(further, under=NEAR),
        "With samples held fixed, k3's gradient is that of the KL the other way round, so that another policy is best.",
    )


def _dpo(runs: Sequence[Mapping]) -> Claim:
    few, many = (mean(final(runs, f"DPO, {n} pairs"), least=0) for n in ("500", "200,000"))
    return Claim(
        "DPO reaches the optimum of RLHF without reinforcement learning",
        f"KL to it at the end, {told(with_500_labels=few, with_200_000_labels=many)}",
        together(with_500_labels=verdict(few, under=NEAR), with_200_000_labels=verdict(many, under=NEAR)),
        "It maximises the likelihood of the labels that it has, and few labels are noise.",
    )


# ------------------------------------------------------------------ a learned reward where everything is known


def _gained(runs: Sequence[Mapping], column: int) -> Estimate:
    """Proxy (1) or gold (2) above the reference's, of the best policy at the price AT."""
    return mean([run["best policy"][AT][column] for run in runs])


def columns(runs: Sequence[Mapping], kind: str) -> list[Tensor]:
    """KL, proxy and gold of the "best policy" or of "best-of-n", (3, policies) for each seed."""
    return [torch.tensor(run[kind]).T for run in runs]


def falls_exactly(runs: Sequence[Mapping]) -> list[float]:
    """How far gold falls from its best to the lowest price, for each seed."""
    gold = [[row[2] for row in run["best policy"]] for run in runs]
    return [path[-1] - max(path) for path in gold]


def _exact(sweeps: Sweeps) -> Claim:
    runs = sweeps["letters"]
    proxy, gold, fall = _gained(runs, 1), _gained(runs, 2), mean(falls_exactly(runs))
    return Claim(
        "Stiennon et al.: the best policy for the learned reward beats the reference on it and on gold; pushed past a "
        "KL, it gets worse again",
        f"at beta {PRICES[AT]:.2f}, {told(proxy=proxy, gold=gold)}; at the lowest price, gold against its best, "
        f"{told(fall=fall)}",
        _beats_then_falls(proxy, gold, fall),
    )


def _beats_then_falls(proxy: Estimate, gold: Estimate, fall: Estimate) -> Verdict:
    return together(
        on_the_reward_model=verdict(proxy, over=0, worth=GOLD),
        on_gold=verdict(gold, over=0, worth=GOLD),
        over_optimised=verdict(fall, under=0, worth=-GOLD),
    )


def _cure(sweeps: Sweeps) -> Claim:
    saved = paired(falls_exactly(sweeps["pairs"]), falls_exactly(sweeps["letters"]))
    return Claim(
        "A reward model that sees what is gamed is over-optimised less (ours)",
        f"fall of gold, {told(seeing_pairs_minus_letters_alone=saved)}",
        verdict(saved, over=0, worth=GOLD),
    )


def at_kl(rows: Sequence[Sequence[float]], KL: float) -> float:
    """Gold at this KL, on the line between two of the policies (KL, proxy, gold), which are in the order of KL."""
    for (k0, _, g0), (k1, _, g1) in pairwise([(0.0, 0.0, 0.0), *rows]):
        if k0 <= KL <= k1:
            return g0 + (g1 - g0) * (KL - k0) / max(k1 - k0, 1e-9)
    raise ValueError(f"No policy here is as far as {KL:.1f} nats from the reference.")


def _best_of_n(runs: Sequence[Mapping]) -> Claim:
    n = BEST_OF[SIXTEEN]
    kept = [run["best-of-n"][SIXTEEN] for run in runs]
    ahead = paired([row[2] for row in kept], [at_kl(run["best policy"], row[0]) for run, row in zip(runs, kept)])
    return Claim(
        "Gao et al.: at the same KL, best-of-n earns more gold than a policy trained on the proxy",
        f"best of {n}, at {mean([row[0] for row in kept]).value:.1f} nats, gold, {told(best_of_n_minus_policy=ahead)}",
        verdict(ahead, over=0, worth=AT_EQUAL_KL),
    )


# ------------------------------------------------------------------ InstructGPT


def won(runs: Sequence[Mapping], name: str) -> Estimate:
    """The share of comparisons with the step before that a step wins, ties as half."""
    return mean([run["wins"][name] for run in runs], least=0, most=1)


def three_steps(rate: Callable[[str], Estimate]) -> Claim:
    """From the share of comparisons that a step wins, by its name."""
    rates = {name: rate(name) for name in ("SFT", "PPO")}
    return Claim(
        "InstructGPT: each of the three steps is better than the one before",
        f"share of comparisons won, {told('.2f', SFT_over_the_first_model=rates['SFT'], PPO_over_SFT=rates['PPO'])}",
        together(**{name: _wins(rate) for name, rate in rates.items()}),
    )


def _wins(rate: Estimate) -> Verdict:
    return verdict(rate, over=0.5, worth=0.5 + SHARE)


def tax(claim: str, texts: str, losses: Sequence[Mapping[str, float]], rate: Estimate, why: str = "") -> Claim:
    """From the losses of each model on other texts, seed by seed, and the share that PPO-ptx wins against SFT."""
    loss = lambda name: [of[name] for of in losses]
    price, saved = paired(loss("PPO"), loss("SFT")), paired(loss("PPO"), loss("PPO-ptx"))
    return Claim(
        claim,
        f"nats a token on {texts}, {told(PPO_minus_SFT=price, saved_by_ptx=saved)}; "
        f"{told('.2f', comparisons_of_PPO_ptx_with_SFT_won=rate)}",
        together(
            a_price=verdict(price, over=0, worth=NATS),
            ptx_lowers_it=verdict(saved, over=0, worth=NATS),
            ptx_still_wins=_wins(rate),
        ),
        why,
    )
