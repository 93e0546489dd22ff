"""parameter-counts: What is trained, in numbers."""

import torch

from llmcourse.checks import Exercise


def layers(shapes, r):
    return lambda generator: {"shapes": torch.tensor(shapes), "r": r}


def probe(answer, inputs):
    shapes = [tuple(shape) for shape in inputs["shapes"].tolist()]
    found = answer(shapes, inputs["r"])
    if not isinstance(found, tuple | list | torch.Tensor):
        raise TypeError("not four numbers")
    return dict(zip(("full", "lora", "dora", "adalora"), map(_number, found), strict=True))


def _number(n):
    """A tensor that is one number, as that number."""
    if isinstance(n, list | tuple | dict):
        raise TypeError("one number is expected for all layers")
    return n.item() if isinstance(n, torch.Tensor) and n.numel() == 1 else n


EXERCISE = Exercise(
    name="parameter-counts",
    title="What is trained, in numbers",
    answer="count",
    parameters=("shapes", "r"),
    points=2,
    difficulty=1,
    minutes=8,
    cases={
        "one square layer": layers([[8, 8]], 2),
        "a wide layer, rank one": layers([[3, 12]], 1),
        "two equal layers": layers([[5, 9], [5, 9]], 4),
        "a rank above both sides": layers([[2, 5], [4, 3]], 7),
        "three layers": layers([[8, 4], [4, 4], [6, 10]], 3),
    },
    probe=probe,
    hints=(
        "Go through the layers and add up. Full fine-tuning trains every entry of W.",
        "A has r d_in numbers, and B has r d_out.",
        "DoRA has one magnitude more for each output, AdaLoRA one singular value more for each rank.",
    ),
)
