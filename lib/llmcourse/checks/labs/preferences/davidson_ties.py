"""davidson-ties: A model that can say: no preference."""

import torch

from llmcourse.checks import Exercise


def with_ties(n, nu, spread=1.0):
    def make(generator):
        return {"r": spread * torch.randn(n, generator=generator), "nu": torch.tensor(nu)}

    return make


def probe(answer, inputs):
    return {"p": answer(inputs["r"], inputs["nu"])}


EXERCISE = Exercise(
    name="davidson-ties",
    title="A model that can say: no preference",
    answer="outcomes",
    parameters=("r", "nu"),
    points=3,
    difficulty=2,
    minutes=10,
    cases={
        "two players": with_ties(2, 1.0),
        "four players, ties are common": with_ties(4, 3.0),
        "ties are rare": with_ties(3, 0.1),
        "nu = 0: no ties, and nu may still learn": with_ties(3, 0.0),
    },
    probe=probe,
    gradients=("r", "nu"),
    hints=(
        "Three weights for every pair: gamma_i, nu sqrt(gamma_i gamma_j), gamma_j. Their sum is D_ij.",
        "gamma = e^r; i runs over rows, `gamma[:, None]`, and j over columns, `gamma[None, :]`.",
        "gamma_i alone has one shape and the root another: `gamma[:, None].expand(n, n)`.",
        "`weights = torch.stack([win, tie, loss], dim=-1)`, divided by `weights.sum(-1, keepdim=True)`.",
    ),
)
