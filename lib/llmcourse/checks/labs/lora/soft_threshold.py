"""soft-threshold: A step that closes gates."""

import torch

from llmcourse.checks import Exercise


def gates(*shape, lr=0.5, penalty=1.0):
    def make(generator):
        draw = lambda: torch.randn(*shape, generator=generator)
        return {"g": draw(), "dg": draw(), "lr": lr, "penalty": penalty}

    return make


def crossing(generator):
    """The gradient carries every other gate across zero, and further than the threshold."""
    g = torch.randn(8, generator=generator)
    g = g.sign() * (0.4 + g.abs())
    across = torch.arange(8) % 2 == 0
    dg = torch.where(across, (4 + torch.rand(8, generator=generator)) * g, torch.randn(8, generator=generator))
    return {"g": g, "dg": dg, "lr": 0.5, "penalty": 0.4}


def closed(generator):
    """Half of the gates are closed, and a gradient may open them again."""
    drawn = gates(8, lr=0.5, penalty=0.3)(generator)
    return drawn | {"g": drawn["g"] * (torch.arange(8) % 2), "dg": 2 * drawn["dg"]}


def at_rest(generator):
    """Closed gates without a gradient: z is zero exactly. The others are open."""
    drawn = gates(6, lr=0.5, penalty=0.3)(generator)
    there = torch.arange(6) % 3 != 0
    return drawn | {"g": drawn["g"] * there, "dg": drawn["dg"] * there}


def probe(answer, inputs):
    return {"g": answer(inputs["g"], inputs["dg"], inputs["lr"], inputs["penalty"])}


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
        "gates that cross zero": crossing,
        "gates that were closed": closed,
        "closed gates that feel no gradient": at_rest,
        "two axes of gates": gates(2, 4),
    },
    probe=probe,
    hints=(
        "Two steps: down the gradient of the task, then towards zero.",
        "The threshold is the learning rate times the penalty: lr * penalty.",
        "z = g - lr * dg; then the sign of z times the larger of |z| - lr * penalty and 0.",
    ),
)
