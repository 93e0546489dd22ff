"""STOP: a program that improves programs, applied to itself.

    I         an improver: the text of improve(program, utility, propose) -> program
    u(task)   what a program is worth for a task, in [0, 1]
    u^(I)     meta-utility: the mean, over tasks, of u for what I makes of the task's first program
    I_t       I_{t-1}(u^, I_{t-1}): the improver of the previous round, applied to its own text

Zelikman et al. 2024, "Self-Taught Optimizer", Algorithm 1; the seed improver is theirs: draw some candidates from the
first program, return the best. Departs from it: where they ask GPT-4 for a better program, `stop_child.propose` makes
random edits. No language model plays a part in this file: its subject is the recursion. And there is an option that
they do not have, `checked`: a new improver takes over only if it beats the old one on fresh draws.
"""

import itertools
import random
from dataclasses import dataclass, replace

from . import sandbox

SEED = """
def improve(program, utility, propose):
    best = program
    value = utility(program)
    for attempt in range(12):
        candidate = propose(program, 1)
        score = utility(candidate)
        if score > value:
            best = candidate
            value = score
    return best
""".strip()

BUDGET, META_BUDGET = 48, 24  # how often an improver may ask for the worth of a program; of an improver
FRESH = 8  # draws on which a new improver must beat the old one
LIST = "def solve():\n    return [{}]"


@dataclass(frozen=True)
class Step:
    """One round: the improver, its meta-utility on the tasks of the search and on others, and how many were tried."""

    source: str
    train: float
    held_out: float
    tried: int


def make_task(kind: str, seed: int, n: int = 12) -> dict:
    """A task with its first program; the kind is "cut", "clauses", "partition" or "fit"."""
    rng, zeros = random.Random(f"{kind} {seed}"), LIST.format(", ".join("0" * n))
    if kind == "cut":
        edges = [(a, b, rng.randint(1, 5)) for a, b in itertools.combinations(range(n), 2) if rng.random() < 0.4]
        best = max(
            sum(w for a, b, w in edges if (side >> a ^ side >> b) & 1) for side in range(2 ** (n - 1))
        )  # vertex n - 1 stays on side 0
        return {"kind": kind, "program": zeros, "n": n, "edges": edges, "best": best}
    if kind == "clauses":
        truth = [rng.randint(0, 1) for _ in range(n)]  # one assignment satisfies all
        clauses = []
        while len(clauses) < 5 * n:
            clause = [(v, rng.randint(0, 1)) for v in rng.sample(range(n), 3)]
            if any(truth[v] == wanted for v, wanted in clause):
                clauses.append(clause)
        return {"kind": kind, "program": zeros, "n": n, "clauses": clauses}
    if kind == "partition":
        return {"kind": kind, "program": zeros, "stones": [rng.randint(10, 99) for _ in range(n)]}
    if kind == "fit":
        a, b, c = (rng.randint(-4, 4) for _ in range(3))
        x = list(range(-3, 4))
        return {"kind": kind, "program": "def solve(x):\n    return x", "x": x, "y": [a * v * v + b * v + c for v in x]}
    raise ValueError(f"There is no task of kind {kind!r}; the kinds are cut, clauses, partition and fit.")


TRAIN = [make_task(kind, seed) for kind in ("cut", "clauses") for seed in (1, 2)]
HELD_OUT = [make_task(kind, seed) for kind in ("cut", "clauses", "partition", "fit") for seed in (101, 102, 103)]


def meta_utility(improver: str, tasks: list[dict], seed: int = 0, repeat: int = 4) -> float:
    """The mean meta-utility over `repeat` draws of an improver's randomness; 0 for a draw that has to be stopped."""
    values = []
    for r in range(repeat):
        request = {"do": "meta", "improver": improver, "tasks": tasks, "budget": BUDGET, "seed": 7919 * (seed + 1) + r}
        try:
            values.append(sandbox.run(request, seconds=20)["value"])
        except sandbox.Failed:
            values.append(0.0)
    return sum(values) / len(values)


def attempt(improver: str) -> dict:
    """{"value", "why"}: what an improver makes of the first task, and what stopped it, "" if nothing did."""
    request = {"do": "attempt", "improver": improver, "tasks": TRAIN[:1], "budget": BUDGET, "seed": 0}
    try:
        return sandbox.run(request)
    except sandbox.Failed as reason:
        return {"value": 0.0, "why": str(reason)}


def better(new: str, old: str, seed: int) -> bool:
    """Whether a new improver beats the old one on fresh draws, the same for both.

    The search keeps the best of many noisy values, so the winner's own value is too high: it must be measured again.
    """
    return new != old and meta_utility(new, TRAIN, seed, FRESH) > meta_utility(old, TRAIN, seed, FRESH)


def stop(rounds: int, seed: int, recursive: bool = True, checked: bool = True) -> list[Step]:
    """The seed improver, and the improver after each round.

    recursive  each round is the work of the newest improver; otherwise of the seed improver, on the newest text
    checked    what a round returns takes over only if it is `better`; otherwise always, as in the paper
    """
    steps = [_step(SEED, 0, seed)]
    for t in range(1, rounds + 1):
        source = steps[-1].source
        new, tried = _round(source if recursive else SEED, source, 100_000 * seed + 1000 * t)
        if checked and not better(new, source, 1000 * (seed + 1) + t):
            new = source
        steps.append(replace(steps[-1], tried=tried) if new == source else _step(new, tried, seed))
    return steps


def _step(source: str, tried: int, seed: int) -> Step:
    return Step(source, meta_utility(source, TRAIN, seed), meta_utility(source, HELD_OUT, seed), tried)


def _round(by: str, source: str, seed: int) -> tuple[str, int]:
    """What the improver `by` makes of the improver `source`, and how many it tried."""
    request = {"do": "round", "by": by, "improver": source, "tasks": TRAIN, "budget": BUDGET,
               "meta_budget": META_BUDGET, "seed": seed}  # fmt: skip
    try:
        reply = sandbox.run(request, seconds=60)
    except sandbox.Failed:
        return source, META_BUDGET  # the round is lost, and the improver stays what it was
    return reply["source"], len(reply["tried"])
