"""causal-convolution-state: A short convolution that remembers."""

import torch

from llmcourse.checks import Exercise


def filtered(*lead, L, E, W, memory=1.0):
    def make(generator):
        randn = lambda *shape: torch.randn(*shape, generator=generator)
        return {
            "x": randn(*lead, L, E),
            "weight": randn(E, W),
            "bias": randn(E),
            "last": memory * randn(*lead, W - 1, E),
        }

    return make


def probe(answer, inputs):
    y, last = answer(inputs["x"], inputs["weight"], inputs["bias"], inputs["last"])
    return {"y": y, "last": last}


EXERCISE = Exercise(
    name="causal-convolution-state",
    title="A short convolution that remembers",
    answer="causal_conv1d",
    parameters=("x", "weight", "bias", "last"),
    points=3,
    difficulty=2,
    minutes=12,
    cases={
        "one token": filtered(L=1, E=3, W=4),
        "a sequence from the beginning": filtered(L=6, E=2, W=4, memory=0.0),
        "a sequence in the middle of a text": filtered(L=5, E=3, W=3),
        "a batch": filtered(2, L=2, E=2, W=4),
        "a window of two": filtered(L=3, E=2, W=2),
    },
    probe=probe,
    gradients=("x", "weight", "bias", "last"),
    hints=(
        "Put the last inputs in front: `torch.cat([last, x], dim=-2)` is W - 1 tokens longer than x.",
        "`weight[:, -1]` belongs to the token itself, `weight[:, 0]` to the one W - 1 places back.",
        "`sum(padded[..., i : i + L, :] * weight[:, i] for i in range(W)) + bias`.",
        "The last inputs now are the last W - 1 tokens of what you put together, not of x alone: x may be shorter.",
    ),
)
