"""soft-threshold: A step that closes gates."""

import torch

from llmcourse.checks import Exercise


def gates(*shape, lr=0.5, penalty=1.0):
    def make(generator):
        draw = lambda: torch.randn(*shape, generator=generator)
        return {"g": draw(), "dg": draw(), "lr": torch.tensor(lr), "penalty": torch.tensor(penalty)}

    return make


def probe(answer, inputs):
    return {"g": answer(inputs["g"], inputs["dg"], float(inputs["lr"]), float(inputs["penalty"]))}


EXERCISE = Exercise(
    name="soft-threshold",
    title="A step that closes gates",
    answer="proximal_step",
    parameters=("g", "dg", "lr", "penalty"),
    points=2,
    difficulty=2,
    minutes=8,
    cases={
        "eight gates": gates(8),
        "a small penalty": gates(6, lr=0.1, penalty=0.5),
        "everything closes": gates(5, lr=1.0, penalty=20.0),
    },
    probe=probe,
    hints=(
        "Two steps: down the gradient of the task, then towards zero.",
        "The threshold is the learning rate times the penalty: lr * penalty.",
        "z = g - lr * dg; then the sign of z times the larger of |z| - lr * penalty and 0.",
    ),
)
