"""heat-map: Ten of ten is not all."""

import torch

from llmcourse.checks import Exercise


def found(N, D, L, share):
    """Draws that succeed with this probability."""

    def make(generator):
        return {"right": (torch.rand(N, D, L, generator=generator) < share).float()}

    return make


def all_or_nothing(N):
    """Cells in which every draw agrees, and one in which they do not."""

    def make(generator):
        cells = torch.tensor([[1.0, 0.0], [0.0, 1.0]]).expand(N, 2, 2).clone()
        cells[int(torch.randint(0, N, (), generator=generator)), 0, 0] = 0.0
        return {"right": cells}

    return make


def probe(answer, inputs):
    mean, low, high = answer(inputs["right"])
    return {"mean": mean, "low": low, "high": high}


EXERCISE = Exercise(
    name="heat-map",
    title="Ten of ten is not all",
    answer="heat_map",
    parameters=("right",),
    points=3,
    difficulty=2,
    minutes=10,
    cases={
        "five depths, three lengths": found(10, 5, 3, 0.7),
        "few draws": found(3, 2, 4, 0.5),
        "many draws": found(40, 3, 2, 0.9),
        "all or nothing": all_or_nothing(6),
    },
    probe=probe,
    hints=(
        "The draws are the first axis: `p = right.mean(0)` is (D, L), and n is how many draws there are.",
        "The interval's middle is (p + z^2 / 2n) / (1 + z^2 / n), not p.",
        "Half its width is z sqrt(p (1 - p) / n + z^2 / 4n^2) / (1 + z^2 / n): the same denominator.",
    ),
)
