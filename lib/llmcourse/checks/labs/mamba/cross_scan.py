"""cross-scan: Four ways across a picture."""

import torch

from llmcourse.checks import Exercise


def picture(*lead, H, W, D):
    return lambda generator: {"image": torch.randn(*lead, H, W, D, generator=generator)}


def probe(answer, inputs):
    return {"lines": answer(inputs["image"])}


EXERCISE = Exercise(
    name="cross-scan",
    title="Four ways across a picture",
    answer="cross_scan",
    parameters=("image",),
    points=2,
    difficulty=1,
    minutes=8,
    cases={
        "two by three": picture(H=2, W=3, D=1),
        "a square with channels": picture(H=3, W=3, D=2),
        "a batch": picture(2, H=2, W=2, D=1),
        "three by two, with channels": picture(H=3, W=2, D=2),
    },
    probe=probe,
    gradients=("image",),
    hints=(
        "Row by row is `image.flatten(-3, -2)`: (..., H W, D).",
        "Column by column is the same of the picture with its first two axes swapped: `image.transpose(-3, -2)`.",
        "Backwards is `.flip(-2)` of a line. Stack the four in front: `torch.stack([...])`.",
    ),
)
