"""dora-forward: Magnitude and direction."""

import torch

from llmcourse.checks import Exercise


def directed(*lead, d_in, d_out, r, alpha=4.0):
    def make(generator):
        draw = lambda *shape: torch.randn(*shape, generator=generator)
        m = 0.5 + 2 * torch.rand(d_out, generator=generator)
        return {"x": draw(*lead, d_in), "W": draw(d_out, d_in), "A": draw(r, d_in), "B": draw(d_out, r), "m": m,
                "alpha": torch.tensor(alpha)}  # fmt: skip

    return make


def probe(answer, inputs):
    return {"h": answer(*(inputs[name] for name in ("x", "W", "A", "B", "m", "alpha")))}


EXERCISE = Exercise(
    name="dora-forward",
    title="Magnitude and direction",
    answer="dora",
    parameters=("x", "W", "A", "B", "m", "alpha"),
    points=4,
    difficulty=3,
    minutes=15,
    cases={
        "one token": directed(1, d_in=4, d_out=3, r=2),
        "more outputs than inputs": directed(2, 2, d_in=3, d_out=5, r=1),
        "a square layer": directed(3, d_in=4, d_out=4, r=2, alpha=3.0),
    },
    probe=probe,
    gradients=("x", "A", "B", "m"),
    hints=(
        "V = W + alpha / r B A has the shape of W. Its norm is taken over the inputs of each output.",
        "One norm for each row of V: `V.norm(dim=1)`, (d_out,). So m belongs to the outputs.",
        "The paper treats the norm as a constant in the gradient: `.detach()` it. Only the norm, not V.",
        "`x @ (m[:, None] * V / V.norm(dim=1, keepdim=True).detach()).mT`",
    ),
)
