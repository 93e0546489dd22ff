"""Curriculum planning: which examples a student gets, and in which order.

    difficulty   (N,)  of each example for this student: how much worse its answer is than the teacher's
    task         (N,)  which task each example belongs to, as a number
    cost         (N,)  tokens of each example
    alpha              share of hard examples in a round; it grows from round to round

After Yue et al. 2024, "Distilling Instruction-following Abilities of Large Language Models with Task-aware Curriculum
Planning" (TAPIR): a judge scores the teacher's answer and the student's, and the difference is the model fitting
difficulty; what is above a threshold is hard; tasks are sampled by chosen shares; each round has more hard examples
than the one before. Bengio et al. 2009 for plain orders. Ours: the share min(1, alpha + r step) of round r, whole
numbers by largest remainders, and, where answers can be checked, a judge that is no model: whether the answer is
right, or the loss of the right answer.
"""

import math
from collections.abc import Sequence

import torch
from torch import Generator, Tensor

ORDERS = ("easy to hard", "hard to easy", "shuffled")


def fitting_difficulty(teacher: Tensor, student: Tensor) -> Tensor:
    """The judge's scores of the teacher's and of the student's answers, (N,) each: teacher - student."""
    if teacher.shape != student.shape:
        raise ValueError(f"There are {len(teacher)} scores of the teacher and {len(student)} of the student.")
    return teacher - student


def is_hard(difficulty: Tensor, threshold: float) -> Tensor:
    """(N,) whether an example is above the threshold."""
    return difficulty > threshold


def order(difficulty: Tensor, how: str, generator: Generator) -> Tensor:
    """Indices (N,) in one of ORDERS; equal difficulties stay in a random order. Raises ValueError for another."""
    mixed = torch.randperm(len(difficulty), generator=generator)
    if how == "shuffled":
        return mixed
    if how not in ORDERS:
        raise ValueError(f"There is no order {how!r}. Choose one of: {', '.join(ORDERS)}.")
    return mixed[difficulty[mixed].argsort(descending=how == "hard to easy", stable=True)]


def within(indices: Tensor, cost: Tensor, budget: float) -> Tensor:
    """The longest beginning of an order whose cost does not exceed the budget.

    Raises ValueError for a negative budget, and for a cost that is not positive.
    """
    if budget < 0 or (cost <= 0).any():
        raise ValueError("A budget is 0 or more, and every example costs something.")
    return indices[: int((cost[indices].cumsum(0) <= budget).sum())]


def balanced(task: Tensor, shares: Sequence[float], count: int, generator: Generator) -> Tensor:
    """`count` indices, of each task as many as its share, drawn with repetition only where a task has too few.

    Numbers are rounded by largest remainders, so that they add up. Raises ValueError for shares that do not add up to
    1, and for a task without examples that has a share.
    """
    if min(shares) < 0 or not math.isclose(sum(shares), 1, abs_tol=1e-6):
        raise ValueError(f"The shares add up to {sum(shares):g}. They have to be 0 or more, and add up to 1.")
    chosen = []
    for number, wanted in enumerate(apportion(shares, count)):
        there = (task == number).nonzero()[:, 0]
        if wanted and not len(there):
            raise ValueError(f"Task {number} has a share of {shares[number]:g} and no examples.")
        while wanted > 0:
            drawn = there[torch.randperm(len(there), generator=generator)][:wanted]
            chosen.append(drawn)
            wanted -= len(drawn)
    return torch.cat(chosen) if chosen else torch.zeros(0, dtype=torch.long)


def apportion(shares: Sequence[float], count: int) -> list[int]:
    """Whole numbers that add up to `count`, in proportion to the shares: largest remainders, the first of equals."""
    exact = [share * count for share in shares]
    whole = [math.floor(x + 1e-9) for x in exact]
    left = sorted(range(len(exact)), key=lambda i: whole[i] - exact[i])
    for i in left[: count - sum(whole)]:
        whole[i] += 1
    return whole


def plan(
    difficulty: Tensor, threshold: float, rounds: int, size: int, alpha: float, step: float, generator: Generator
) -> list[Tensor]:
    """TAPIR's rounds, (size,) indices each: in round r, from 0, a share of min(1, alpha + r step) is hard.

    Raises ValueError if there are no hard or no easy examples, or for an alpha outside of 0 to 1.
    """
    if not 0 <= alpha <= 1:
        raise ValueError(f"alpha is {alpha:g}: the share of hard examples is between 0 and 1.")
    hard = is_hard(difficulty, threshold).long()
    if hard.sum() in (0, len(hard)):
        raise ValueError(f"The threshold {threshold:g} divides nothing: {int(hard.sum())} of {len(hard)} are hard.")
    rows = []
    for r in range(rounds):
        share = min(1.0, alpha + r * step)
        drawn = balanced(hard, [1 - share, share], size, generator)
        rows.append(drawn[torch.randperm(size, generator=generator)])
    return rows
