"""cost-frontier: What accuracy costs."""

import torch

from llmcourse.checks import Exercise


def systems(n, budget=0.5, ties=False):
    """n systems with their costs and accuracies; the budget lies between the cheapest (0) and the dearest (1)."""

    def make(generator):
        cost = 50 + torch.randperm(40 * n, generator=generator)[:n].float() * 5
        accuracy = 0.2 + 0.6 * torch.rand(n, generator=generator)
        dear = cost.argsort()
        accuracy[dear[-1]] = 0.9
        if ties:
            accuracy[dear[0]] = accuracy[dear[1]] = 0.1 + 0.1 * float(
                torch.rand((), generator=generator)
            )  # one is dearer
            cost[dear[3]] = cost[dear[2]]
            accuracy[dear[3]] = 0.3
            accuracy[dear[2]] = 0.45  # as dear, but more often right
            cost[dear[-2]], accuracy[dear[-2]] = cost[dear[-1]], accuracy[dear[-1]]  # the same twice
        order = torch.randperm(n, generator=generator)
        cost, accuracy = cost[order], accuracy[order]
        low, high = cost.min(), cost.max()
        return {"cost": cost, "accuracy": accuracy, "budget": float(low + budget * (high - low))}

    return make


def probe(answer, inputs):
    kept, best = answer(inputs["cost"], inputs["accuracy"], inputs["budget"])
    if isinstance(best, float):
        best = torch.tensor(best, dtype=torch.float64)
    return {"on the frontier": kept, "best accuracy for the budget": best}


EXERCISE = Exercise(
    name="cost-frontier",
    title="What accuracy costs",
    answer="frontier",
    parameters=("cost", "accuracy", "budget"),
    points=4,
    difficulty=3,
    minutes=15,
    cases={
        "six systems": systems(6),
        "equals and ties": systems(8, 0.6, ties=True),
        "the budget is small": systems(7, 0.15),
        "the budget is nearly enough for all": systems(9, 0.93),
        "two systems": systems(2, 0.3),
        "the dearest can be paid": systems(5, 1.0),
    },
    probe=probe,
    hints=(
        "j beats i if cost[j] <= cost[i] and accuracy[j] >= accuracy[i], and one of the two is strict. "
        "Compare all pairs "
        "at once: `cost[:, None] <= cost[None, :]`, (n, n).",
        "For the budget, take a cheap system i (cost <= budget) and a dear one j (cost > budget). With a "
        "coin that shows j "
        "with probability t = (budget - cost[i]) / (cost[j] - cost[i]) the mean cost is the budget.",
        "The best is the maximum over all pairs (i, j) of accuracy[i] + t (accuracy[j] - accuracy[i]), and "
        "over all single "
        "systems that the budget pays.",
    ),
)
