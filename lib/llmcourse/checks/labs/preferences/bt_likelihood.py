"""bt-likelihood: How likely are these games?"""

import torch

from llmcourse.checks import Exercise

from .cases import games


def far_apart(generator):
    r = torch.tensor([150.0, -20.0, -130.0]) + torch.randn(3, generator=generator)
    return {"W": torch.tensor([[0.0, 3.0, 2.0], [1.0, 0.0, 4.0], [2.0, 1.0, 0.0]]), "r": r}


def probe(answer, inputs):
    return {"log-likelihood": answer(inputs["W"], inputs["r"])}


EXERCISE = Exercise(
    name="bt-likelihood",
    title="How likely are these games?",
    answer="log_likelihood",
    parameters=("W", "r"),
    points=3,
    difficulty=2,
    minutes=10,
    cases={
        "three players": games(3),
        "wins against oneself do not count": games(3, own=50.0),
        "ratings far apart: no probability may underflow": far_apart,
        "eight players": games(8),
    },
    probe=probe,
    gradients=("r",),
    hints=(
        "With r = log gamma, P(i beats j) = sigmoid(r_i - r_j). All pairs at once: `r[:, None] - r`.",
        "W_ij counts the games that i won. Each of them adds the logarithm of its probability, once.",
        "`torch.sigmoid(-150)` is 0, and its logarithm minus infinity: `torch.nn.functional.logsigmoid` does both in "
        "one step.",
        "Leave the diagonal out: `(W * (1 - torch.eye(len(r))) * logs).sum()`.",
    ),
)
