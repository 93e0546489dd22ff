"""pack-budget: As much as fits."""

import torch

from llmcourse.checks import Exercise


def passages(*lengths, budget):
    def make(generator):
        return {"lengths": torch.tensor(lengths), "budget": torch.tensor(budget)}

    return make


def random_passages(n, budget):
    def make(generator):
        return {"lengths": torch.randint(8, 60, (n,), generator=generator), "budget": torch.tensor(budget)}

    return make


def probe(answer, inputs):
    return {"taken": answer(inputs["lengths"], int(inputs["budget"])).double()}


EXERCISE = Exercise(
    name="pack-budget",
    title="As much as fits",
    answer="pack",
    parameters=("lengths", "budget"),
    points=2,
    difficulty=1,
    minutes=6,
    cases={
        "one is too long": passages(30, 80, 20, 10, budget=70),
        "exactly full": passages(40, 25, 35, 5, budget=100),
        "one token is left": passages(40, 29, 5, 3, budget=70),
        "three go into half": passages(50, 45, 30, 25, 10, budget=90),
        "the first does not fit": passages(90, 10, 20, 15, budget=40),
        "ten passages": random_passages(10, 150),
        "many that do not fit": passages(50, 60, 70, 80, 90, 10, 75, 30, budget=45),
    },
    probe=probe,
    hints=(
        "Go through the passages in their order and remember how much is left.",
        "One that does not fit is passed over; a shorter one after it may still go in.",
        "`taken.append(length <= left)`, and subtract where it is taken.",
    ),
)
