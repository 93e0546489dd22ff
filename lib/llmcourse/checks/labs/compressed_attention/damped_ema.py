"""damped-ema: A moving average with h numbers per channel."""

import torch

from llmcourse.checks import Exercise

from .cases import average


def series(*lead, L, d, h):
    def make(generator):
        draw = lambda *shape: torch.randn(*lead, *shape, generator=generator)
        return {"x": draw(L, d)} | average(d, h, generator) | {"H": draw(d, h)}

    return make


PARAMETERS = ("x", "alpha", "delta", "beta", "eta", "H")


def probe(answer, inputs):
    y, H = answer(*(inputs[name] for name in PARAMETERS))
    return {"y": y, "H": H}


EXERCISE = Exercise(
    name="damped-ema",
    title="The damped moving average, token by token",
    answer="damped_ema",
    parameters=PARAMETERS,
    points=3,
    difficulty=3,
    minutes=12,
    cases={
        "two channels of three numbers": series(L=4, d=2, h=3),
        "as many numbers as channels": series(L=5, d=3, h=3),
        "batch": series(2, 2, L=3, d=2, h=4),
        "a single token": series(L=1, d=3, h=2),
    },
    probe=probe,
    gradients=PARAMETERS,
    hints=(
        "Go through time with `x.unbind(-2)`: each x_t is (..., d), and `x_t[..., None] * beta` is u_t, (..., d, h).",
        "New times alpha, old times (1 - alpha * delta), both entry by entry; write before you read.",
        "Reading: `(eta * H).sum(-1)` is (..., d). Put the readings together with `torch.stack(..., dim=-2)`.",
    ),
)
