"""gau-layer: A layer of one gated attention unit."""

import torch
import torch.nn.functional as F

from llmcourse.checks import Exercise


def unit(*lead, L, d, e, s):
    """Draws until each text has scores above and below zero: where all weights are zero, nothing else can be seen."""

    def draw(generator):
        normal = lambda *shape: torch.randn(*shape, generator=generator)
        inputs = {"x": normal(*lead, L, d)}
        inputs |= {"W_u": normal(d, e), "W_v": normal(d, e), "W_z": normal(d, s)}
        return inputs | {"scale": 1 + 0.5 * normal(2, s), "offset": normal(2, s), "W_o": normal(e, d)}

    def make(generator):
        while True:
            inputs = draw(generator)
            share = _positive(**inputs)
            if share.min() > 0.3 and share.max() < 0.9:
                return inputs

    return make


def _positive(x, W_z, scale, offset, **_):
    """The share of pairs, of a query and what it may see, whose score is above zero: one number for each text."""
    z, L = F.silu(x @ W_z), x.shape[-2]
    scores = (z * scale[0] + offset[0]) @ (z * scale[1] + offset[1]).mT
    return (scores.tril() > 0).sum((-2, -1)) / (L * (L + 1) / 2)


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
