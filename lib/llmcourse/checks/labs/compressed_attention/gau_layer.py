"""gau-layer: A layer of one gated attention unit."""

import torch

from llmcourse.checks import Exercise


def unit(*lead, L, d, e, s):
    def make(generator):
        draw = lambda *shape: torch.randn(*shape, generator=generator)
        inputs = {"x": draw(*lead, L, d)}
        inputs |= {"W_u": draw(d, e), "W_v": draw(d, e), "W_z": draw(d, s)}
        return inputs | {"scale": 1 + draw(2, s), "offset": draw(2, s), "W_o": draw(e, d)}

    return make


PARAMETERS = ("x", "W_u", "W_v", "W_z", "scale", "offset", "W_o")


def probe(answer, inputs):
    return {"y": answer(*(inputs[name] for name in PARAMETERS))}


EXERCISE = Exercise(
    name="gau-layer",
    title="The gated attention unit",
    answer="gau_layer",
    parameters=PARAMETERS,
    points=4,
    difficulty=3,
    minutes=15,
    cases={
        "a short text": unit(L=5, d=3, e=4, s=2),
        "all widths equal": unit(L=4, d=3, e=3, s=3),
        "a batch": unit(2, L=4, d=2, e=3, s=3),
        "a longer text": unit(L=9, d=2, e=2, s=2),
    },
    probe=probe,
    gradients=PARAMETERS,
    hints=(
        "Three projections with `F.silu` after each: u and v (..., L, e), z (..., L, s).",
        "Queries and keys are the same z in two disguises: `q = z * scale[0] + offset[0]`, and k with index 1.",
        "The weights are `F.relu(q @ k.mT / L) ** 2` with `.tril()` after it: no softmax. Divide before you square.",
        "`y = (u * (A @ v)) @ W_o`.",
    ),
)
