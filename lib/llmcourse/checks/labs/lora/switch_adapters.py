"""switch-adapters: One adapter out, another one in."""

import torch

from llmcourse.checks import Exercise


def two_adapters(d_in, d_out, r, r_new, alpha=6.0):
    def make(generator):
        draw = lambda *shape: torch.randn(*shape, generator=generator)
        return {"W": draw(d_out, d_in), "A": draw(r, d_in), "B": draw(d_out, r), "A_new": draw(r_new, d_in),
                "B_new": draw(d_out, r_new), "alpha": torch.tensor(alpha)}  # fmt: skip

    return make


def probe(answer, inputs):
    return {"W": answer(*(inputs[name] for name in ("W", "A", "B", "A_new", "B_new", "alpha")))}


EXERCISE = Exercise(
    name="switch-adapters",
    title="One adapter out, another one in",
    answer="switch",
    parameters=("W", "A", "B", "A_new", "B_new", "alpha"),
    points=3,
    difficulty=2,
    minutes=10,
    cases={
        "two of the same rank": two_adapters(3, 4, 2, 2),
        "a higher rank comes in": two_adapters(4, 3, 2, 3, alpha=5.0),
        "a lower rank comes in": two_adapters(3, 3, 3, 1),
    },
    probe=probe,
    hints=(
        "Merged means W + alpha / r B A. What has to be subtracted to have the base again?",
        "Each adapter has a rank of its own, and so a scale of its own: alpha / A.shape[0].",
        "W - alpha / r B A + alpha / r_new B_new A_new, and W itself stays as it was: no `+=`.",
    ),
)
