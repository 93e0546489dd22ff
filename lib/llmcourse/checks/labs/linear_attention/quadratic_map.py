"""quadratic-map: The quadratic feature map."""

import torch

from llmcourse.checks import Exercise


def two_sets(*shape):
    def make(generator):
        draw = lambda n: torch.randn(*shape[:-2], n, shape[-1], generator=generator)
        return {"x": draw(shape[-2]), "y": draw(shape[-2] + 1)}

    return make


def probe(answer, inputs):
    phi_x, phi_y = answer(inputs["x"]), answer(inputs["y"])
    # The kernel and not the features: their order and signs are free.
    return {"number of features": torch.tensor(phi_x.shape[-1]), "phi(x) phi(y)^T": phi_x @ phi_y.mT}


EXERCISE = Exercise(
    name="quadratic-map",
    title="The quadratic feature map",
    answer="quadratic_map",
    parameters=("x",),
    points=2,
    difficulty=1,
    minutes=5,
    cases={
        "two coordinates, as on the slide": two_sets(3, 2),
        "three coordinates": two_sets(3, 3),
        "any leading dimensions": two_sets(2, 2, 4),
    },
    probe=probe,
    gradients=("x",),
    hints=(
        "Expand `(x.y + 1)^2 - 1` by hand for two coordinates. Which products appear once, which twice?",
        "A product that appears twice in the kernel needs a factor `2 ** 0.5` in the map, since the map enters the "
        "kernel twice.",
        "The products of pairs: `i, j = torch.triu_indices(d, d, offset=1)`, then `x[..., i] * x[..., j]`.",
        "`torch.cat([2**0.5 * x, x**2, 2**0.5 * pairs], dim=-1)`.",
    ),
)
