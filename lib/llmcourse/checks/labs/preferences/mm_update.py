"""mm-update: One step uphill, without a step size."""

import torch

from llmcourse.checks import Exercise

from .cases import games


def rated(n, own=0.0):
    def make(generator):
        drawn = games(n, own=own)(generator)
        return {"W": drawn["W"], "gamma": drawn["r"].exp()}

    return make


def one_never_meets(generator):
    """Two players who never met each other, only a third."""
    W = torch.randint(1, 9, (3, 3), generator=generator).float() * (1 - torch.eye(3))
    W[0, 1] = W[1, 0] = 0.0
    return {"W": W, "gamma": torch.randn(3, generator=generator).exp()}


def probe(answer, inputs):
    return {"gamma": answer(inputs["W"], inputs["gamma"])}


EXERCISE = Exercise(
    name="mm-update",
    title="One step uphill, without a step size",
    answer="mm_update",
    parameters=("W", "gamma"),
    points=4,
    difficulty=3,
    minutes=15,
    cases={
        "three players": rated(3),
        "wins against oneself do not count": rated(3, own=20.0),
        "two who never met": one_never_meets,
        "six players": rated(6),
    },
    probe=probe,
    gradients=(),
    hints=(
        "Above the line stands how many games i won, against anybody: a sum over the columns of W.",
        "Below it, over all j: the games of i and j, `W + W.mT`, divided by gamma_i + gamma_j of *before*.",
        "Take the diagonal out of W first, or everybody plays against himself.",
        "Last, divide by the geometric mean: `new / new.log().mean().exp()`.",
    ),
)
