"""ema-kernel: The moving average as one kernel."""

import torch

from llmcourse.checks import Exercise

from .cases import average


def lengths(d, h, L):
    return lambda generator: average(d, h, generator) | {"L": torch.tensor(L)}


def probe(answer, inputs):
    return {"K": answer(*(inputs[name] for name in ("alpha", "delta", "beta", "eta")), int(inputs["L"]))}


EXERCISE = Exercise(
    name="ema-kernel",
    title="The same average, as one kernel",
    answer="ema_kernel",
    parameters=("alpha", "delta", "beta", "eta", "L"),
    points=3,
    difficulty=3,
    minutes=10,
    cases={
        "two channels of three numbers": lengths(2, 3, 5),
        "as long as there are numbers": lengths(3, 4, 4),
        "one channel, one number": lengths(1, 1, 6),
        "two tokens": lengths(3, 2, 2),
    },
    probe=probe,
    gradients=("alpha", "delta", "beta", "eta"),
    hints=(
        "Let x be 1 at the first token and 0 afterwards, and follow H: what is y after l more tokens?",
        "H is alpha * beta at first, and each step multiplies it by q = 1 - alpha * delta.",
        "`q[..., None] ** torch.arange(L)` is (d, h, L), with 1 at its start.",
        "`((eta * alpha * beta)[..., None] * powers).sum(1)`: the h numbers of a channel add up.",
    ),
)
