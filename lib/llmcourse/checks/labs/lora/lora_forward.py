"""lora-forward: What LoRA adds."""

import torch

from llmcourse.checks import Exercise
from llmcourse.checks.probes import LargestTensor

from .cases import layer


def probe(answer, inputs):
    with LargestTensor() as largest:
        out = answer(*(inputs[name] for name in ("x", "y", "A", "B")), inputs["alpha"])
    d_out, d_in = inputs["B"].shape[0], inputs["A"].shape[1]
    outputs = {"h": out}
    if d_in * d_out >= 1000:  # then everything else is smaller
        outputs["a d_out x d_in matrix is made"] = torch.tensor(largest.entries >= d_in * d_out)
    return outputs


EXERCISE = Exercise(
    name="lora-forward",
    title="What LoRA adds",
    answer="lora",
    parameters=("x", "y", "A", "B", "alpha"),
    points=3,
    difficulty=1,
    minutes=10,
    cases={
        "one token": layer(1, d_in=4, d_out=3, r=2),
        "a batch of sequences": layer(2, 3, d_in=3, d_out=5, r=2, alpha=5.0),
        "rank one": layer(2, d_in=3, d_out=3, r=1, alpha=4.0),
        "a large layer, without its matrix Delta W": layer(2, d_in=40, d_out=30, r=2),
    },
    probe=probe,
    gradients=("x", "y", "A", "B"),
    hints=(
        "First A: from d_in channels to r. Then B: from r to d_out. The result is added to y.",
        "x is (..., d_in) and A is (r, d_in): `x @ A.mT` is (..., r).",
        "The scale is alpha / r, and r is `A.shape[0]`. Go from left to right: B A is never made.",
    ),
)
