"""The experiments of lecture 01: a policy from a few hundred answers, and what goes wrong when the answers stop.

learn          one run: the pole is balanced for the true reward, or for one that is learned from comparisons
record_pole    every way of labelling, from many seeds
record_sparse  a true reward that is rarely paid, against one that is learned from 1,400 answers
shape          one learner on the grid, paid in one of three ways
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

import torch
from torch import Generator, Tensor

from llmcourse import records, runtime

from . import control, segments, shaping
from .segments import RewardEnsemble

SEGMENT = 25  # steps that the judge sees of each behaviour
ROUNDS = 8  # of questions, when these are spread over the training
ASK_WITHIN = 0.6  # share of the iterations that they are spread over
NARROW = 0.03  # share of the track and of the lean that pays when the true reward is sparse
LEANS = torch.linspace(-1, 1, 41)  # of a pole at rest in the middle, in units of the lean that is still upright


@dataclass
class Run:
    """The outcome of a run: mean returns of the 64 policies at each iteration, and that of the final policy."""

    labels: int = 0
    ties: int = 0  # of the labels
    true: list[float] = field(default_factory=list)
    proxy: list[float] = field(default_factory=list)  # by the learned reward
    final: float = 0.0  # mean true return of the final policy over 100 new episodes; at most 200
    policy: list[float] = field(default_factory=list)  # its 25 weights
    profile: list[float] = field(default_factory=list)  # what the learned reward pays for each of LEANS


@dataclass
class Answers:
    """All comparisons so far: two segments (n, SEGMENT, 5), and mu (n,)."""

    first: Tensor
    second: Tensor
    mu: Tensor

    def __len__(self) -> int:
        return len(self.mu)

    def and_more(self, new: "Answers") -> "Answers":
        return Answers(*(torch.cat([getattr(self, k), getattr(new, k)]) for k in ("first", "second", "mu")))


def schedule(labels: int, iterations: int, frozen: bool) -> dict[int, int]:
    """Iteration -> comparisons to ask for: all before the first step, or a quarter then and the rest spread out."""
    if frozen:
        return {0: labels}
    each, asked = (labels - labels // 4) // (ROUNDS - 1), Counter({0: labels // 4})
    for k in range(1, ROUNDS):
        asked[int(k * ASK_WITHIN * iterations / ROUNDS)] += each
    return {when: n for when, n in asked.items() if n}


def cut(behaviour: control.Behaviour, n: int, generator: Generator) -> tuple[Tensor, Tensor]:
    """n random segments: inputs (n, SEGMENT, 5), and their true returns (n,)."""
    inputs, rewards = behaviour.inputs.flatten(1, 2), behaviour.rewards.flatten(1)  # (STEPS, M, 5), (STEPS, M)
    begin = torch.randint(len(rewards) - SEGMENT + 1, (n, 1), generator=generator) + torch.arange(SEGMENT)
    which = torch.randint(rewards.shape[1], (n, 1), generator=generator)
    return inputs[begin, which], rewards[begin, which].sum(-1)


def ask(
    weights: Tensor, n: int, ensemble: RewardEnsemble, generator: Generator, by_disagreement: bool = False,
    width: float = 1.0,
) -> Answers:  # fmt: skip
    """Compare n pairs of segments of what the policies do now; with `by_disagreement`, of 10 n pairs those n that the
    ensemble disagrees about most."""
    behaviour = control.rollout(weights, 1, generator, width)
    many = 10 * n if by_disagreement else n
    (first, a), (second, b) = (cut(behaviour, many, generator) for _ in range(2))
    chosen = torch.arange(n)
    if by_disagreement:
        chosen = segments.disagreement(ensemble, first, second).topk(n).indices
    return Answers(first[chosen], second[chosen], segments.judge(a[chosen], b[chosen], generator))


def learn(
    seed: int, labels: int = 0, frozen: bool = False, by_disagreement: bool = False, iterations: int = 30,
    refit: int = 60, width: float = 1.0, by_hand: Callable[[Tensor], Tensor] | None = None,
) -> Run:  # fmt: skip
    """Search for a policy with the reward that `labels` answers teach; with none, with the true reward.

    frozen   all answers are given before the search starts
    refit    training steps for every 64 answers, whenever new ones arrive; at least 100 each time
    width    of what the true reward pays for
    by_hand  a reward of each step's inputs, to search with in place of either
    """
    generator, run = runtime.seed(seed), Run()
    ensemble, answers = RewardEnsemble(5), None
    when = schedule(labels, iterations, frozen) if labels else {}
    predicted = ensemble.reward if labels else by_hand

    def score(weights, iteration):
        nonlocal answers
        if iteration in when:
            new = ask(weights, when[iteration], ensemble, generator, by_disagreement and iteration > 0, width)
            answers = answers.and_more(new) if answers else new
            steps = max(100, refit * len(answers) // 64)
            segments.fit(ensemble, answers.first, answers.second, answers.mu, generator, steps)
        behaviour = control.rollout(weights, 4 if labels else 8, generator, width)
        returns = predicted(behaviour.inputs).sum(0).mean(-1) if predicted else behaviour.returns
        run.true.append(behaviour.returns.mean().item())
        run.proxy.append(returns.mean().item())
        return returns

    policy = control.search(score, iterations, generator)
    run.policy = policy.tolist()
    if answers:
        run.labels, run.ties = len(answers), int((answers.mu == 0.5).sum())
        run.profile = ensemble.reward(LEANS[:, None] * torch.eye(5)[2]).tolist()
    run.final = control.rollout(policy[None], 100, torch.Generator().manual_seed(12_345), width).returns.item()
    return run


WAYS = {
    "true reward": dict(),
    "200 answers, spread": dict(labels=200),
    "40 answers, spread": dict(labels=40, refit=150),
    "40 answers, where members disagree": dict(labels=40, refit=150, by_disagreement=True),
    "40 answers, all at the start": dict(labels=40, refit=150, frozen=True),
    "20 answers, all at the start": dict(labels=20, refit=150, frozen=True),
}
SPARSE = {
    "true reward": dict(width=NARROW),
    "1,400 answers, spread": dict(width=NARROW, labels=1400),
    "a smooth reward by hand": dict(width=NARROW, by_hand=control.closeness),
}


def _row(way: str, seed: int, run: Run, digits: int = 1) -> dict:
    """What a record keeps of a run."""
    short = lambda values: [round(v, digits) for v in values]
    kept = {"labels": run.labels, "ties": run.ties, "final": round(run.final, digits)}
    return {"way": way, "seed": seed, **kept, "true": short(run.true), "proxy": short(run.proxy)}


@records.record("01_pole")
def record_pole(seeds: int = 12, frozen_seeds: int = 20) -> dict:
    """Every way of labelling; the frozen ones, where runs differ most, from more seeds."""
    runs = [
        _row(name, seed, learn(seed, **options))
        for name, options in WAYS.items()
        for seed in range(frozen_seeds if options.get("frozen") else seeds)
    ]
    return {"segment": SEGMENT, "wrong": segments.NOISE / 2, "most": control.STEPS, "runs": runs}


@records.record("01_sparse")
def record_sparse(seeds: int = 10) -> dict:
    """A reward for a thirtieth of the track and of the lean: the true one, a learned one, and a smooth one by hand."""
    found = {(name, s): learn(s, **options) for name, options in SPARSE.items() for s in range(seeds)}
    profiles = [run.profile for run in found.values() if run.profile]
    rows = [_row(name, seed, run) for (name, seed), run in found.items()]
    leans = [round(v, 3) for v in LEANS.tolist()]
    return {
        "width": NARROW, "most": control.STEPS, "leans": leans,
        "profiles": [[round(v, 4) for v in profile] for profile in profiles], "runs": rows,
    }  # fmt: skip


PAID = {
    "nothing on top": lambda size: shaping.plain,
    "a potential": lambda size: shaping.shaped(shaping.potential(size), 0.99),
    "a bonus for nearer": lambda size: shaping.bonus(shaping.grid(size)[1]),
}


def shape(name: str, seed: int, size: int = 15, episodes: int = 400) -> tuple[list[int], list[int]]:
    """Steps of each episode of a learner that is paid this way, and the cells of its greedy walk at the end."""
    steps, Q = shaping.learn(size, episodes, torch.Generator().manual_seed(seed), PAID[name](size))
    return steps, shaping.walk(Q, size)
