"""block-step: One token through the block."""

import torch

from llmcourse.checks import Exercise

WEIGHTS = ("in_proj", "conv_weight", "conv_bias", "x_proj", "dt_proj", "dt_bias", "A_log", "D", "out_proj")


def block_weights(*lead, d, T, E=5, N=3, W=4, R=2):
    """Weights of a block of width d and T tokens, one after the other."""

    def make(generator):
        randn = lambda *shape: torch.randn(*shape, generator=generator)
        weights = {"in_proj": randn(2 * E, d), "conv_weight": 0.5 * randn(E, W), "conv_bias": 0.5 * randn(E),
                   "x_proj": 0.5 * randn(R + 2 * N, E), "dt_proj": 0.5 * randn(E, R), "dt_bias": randn(E) - 1,
                   "A_log": 0.5 * randn(E, N), "D": randn(E), "out_proj": randn(d, E)}  # fmt: skip
        return weights | {"x": randn(*lead, T, d), "last": randn(*lead, W - 1, E), "h": randn(*lead, E, N)}

    return make


def probe(answer, inputs):
    p, last, h, y = {name: inputs[name] for name in WEIGHTS}, inputs["last"], inputs["h"], []
    for x in inputs["x"].unbind(-2):
        out, last, h = answer(x, last, h, p)
        y.append(out)
    return {"y": torch.stack(y, -2), "last": last, "h": h}


EXERCISE = Exercise(
    name="block-step",
    title="One token through the block",
    answer="mamba_step",
    parameters=("x", "last", "h", "p"),
    points=5,
    difficulty=4,
    minutes=20,
    cases={
        "one token": block_weights(d=3, T=1),
        "three tokens, one after the other": block_weights(d=3, T=3),
        "a batch": block_weights(2, d=4, T=2),
    },
    probe=probe,
    gradients=("x", "h", "in_proj", "x_proj", "dt_bias", "A_log", "out_proj"),
    hints=(
        "In order: in_proj and split into u and z; convolution, bias, SiLU; x_proj and split into dt, B, C; one step "
        "of the scan; skip; gate; out_proj.",
        "The window of the convolution is `torch.cat([last, u[..., None, :]], -2)`, (..., 4, E); its last three are "
        "the next `last`. Each channel weighs its own: `(window * conv_weight.mT).sum(-2)`.",
        "dt is `softplus(dt @ dt_proj.mT + dt_bias)`, A is `-exp(A_log)`.",
        "h = exp(dt A) h + dt u B, y = h C + D u, and the output is `(y * silu(z)) @ out_proj.mT`. "
        "u is after the SiLU.",
    ),
)
