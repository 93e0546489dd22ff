"""selective-scan: The selective scan."""

import torch

from llmcourse.checks import Exercise


def discretised(*lead, L, D, N, power=1):
    """Decays between 0 and 1; taken to a power, they are strong, and their product is too small for a number."""

    def make(generator):
        randn = lambda *shape: torch.randn(*shape, generator=generator)
        return {"decay": torch.rand(*lead, L, D, N, generator=generator) ** power, "write": randn(*lead, L, D, N),
                "C": randn(*lead, L, N), "h": randn(*lead, D, N)}  # fmt: skip

    return make


def probe(answer, inputs):
    y, h = answer(inputs["decay"], inputs["write"], inputs["C"], inputs["h"])
    return {"y": y, "h": h}


EXERCISE = Exercise(
    name="selective-scan",
    title="The selective scan",
    answer="scan",
    parameters=("decay", "write", "C", "h"),
    points=3,
    difficulty=2,
    minutes=10,
    cases={
        "one token": discretised(L=1, D=3, N=2),
        "a short sequence": discretised(L=5, D=3, N=2),
        "a batch": discretised(2, L=4, D=2, N=3),
        "strong decays": discretised(L=6, D=2, N=2, power=40),
    },
    probe=probe,
    gradients=("decay", "write", "C", "h"),
    hints=(
        "One step does two things, in this order: update the state, read it.",
        "`h = a * h + b` for the token's a and b; read with `(h * c[..., None, :]).sum(-1)`.",
        "Go through time with `decay.unbind(-3)`, `write.unbind(-3)` and `C.unbind(-2)`; `torch.stack(y, -2)`.",
    ),
)
