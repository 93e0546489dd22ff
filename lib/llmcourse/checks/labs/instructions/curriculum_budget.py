"""curriculum-budget: Harder from round to round."""

import torch

from llmcourse.checks import Exercise


def examples(N, rounds, budget, ties=False):
    """N examples with costs from 2 to 9, half of them hard; a budget of tokens for each round."""

    def make(generator):
        levels = torch.randint(1, 5, (N,), generator=generator) if ties else torch.randperm(N, generator=generator)
        difficulty = (levels + 1).float()
        middle = difficulty.sort().values[N // 2]
        return {
            "difficulty": difficulty,
            "cost": torch.randint(2, 10, (N,), generator=generator),
            "threshold": float(middle),
            "shares": (torch.arange(1, rounds + 1) / 4).tolist(),
            "budget": budget,
        }

    return make


def probe(answer, inputs):
    order = ("difficulty", "cost", "threshold", "shares", "budget")
    found = answer(*(inputs[name] for name in order))
    return {"rounds": [[int(i) if isinstance(i, torch.Tensor) and not i.dim() else i for i in row] for row in found]}


EXERCISE = Exercise(
    name="curriculum-budget",
    title="Harder from round to round",
    answer="plan",
    parameters=("difficulty", "cost", "threshold", "shares", "budget"),
    points=4,
    difficulty=4,
    minutes=20,
    cases={
        "two rounds": examples(12, 2, 24),
        "three rounds": examples(18, 3, 32),
        "equal difficulties": examples(20, 3, 32, ties=True),
        "four rounds, the last all hard": examples(30, 4, 40),
        "more rounds than there are examples": examples(6, 4, 60),
    },
    probe=probe,
    hints=(
        "Two lists of indices first: the easy ones and the hard ones, each from the easiest to the hardest. `sorted` "
        "keeps equal ones in the order of their numbers.",
        "Round r may spend shares[r] * budget on hard examples, and the rest of the budget on easy ones. What is left "
        "over in a round is lost.",
        "Take from the front of a list while the next one still fits, then stop: a later, cheaper one has to wait.",
        "What has been taken is gone: keep a place in each list, and go on from there in the next round. Each round is "
        "a list, the easy ones first.",
    ),
)
