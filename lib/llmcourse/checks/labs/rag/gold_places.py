"""gold-places: The answer at every place."""

import torch

from llmcourse.checks import Exercise


def gold_at(n, gold):
    def make(generator):
        return {"n": torch.tensor(n), "gold": torch.tensor(gold)}

    return make


def probe(answer, inputs):
    orders = answer(int(inputs["n"]), int(inputs["gold"]))
    integers = orders.dtype in (torch.int8, torch.uint8, torch.int16, torch.int32)  # as good as any
    return {"orders": orders.long() if integers else orders}


EXERCISE = Exercise(
    name="gold-places",
    title="The answer at every place",
    answer="gold_places",
    parameters=("n", "gold"),
    points=2,
    difficulty=2,
    minutes=5,
    cases={
        "five, the third": gold_at(5, 2),
        "the first of four": gold_at(4, 0),
        "the last of six": gold_at(6, 5),
        "one passage": gold_at(1, 0),
    },
    probe=probe,
    hints=(
        "Take the gold passage out first: `others = [i for i in range(n) if i != gold]`.",
        "For the place p, put it back in between: others[:p], gold, others[p:].",
    ),
)
