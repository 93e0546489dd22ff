"""s4d-kernel: The kernel of S4D."""

import torch

from llmcourse.checks import Exercise


def diagonal(d, n, L):
    def make(generator):
        draw = lambda *shape: torch.randn(*shape, generator=generator)
        frequency = 3 * torch.rand(d, n, generator=generator) + 3 * torch.arange(n)
        return {"log_dt": -2 + 0.5 * draw(d), "log_decay": -0.5 + 0.3 * draw(d, n), "frequency": frequency,
                "C": draw(d, n, 2), "L": torch.tensor(L)}  # fmt: skip

    return make


def probe(answer, inputs):
    names = ("log_dt", "log_decay", "frequency", "C")
    return {"K": answer(*(inputs[name] for name in names), int(inputs["L"]))}


EXERCISE = Exercise(
    name="s4d-kernel",
    title="The kernel of S4D",
    answer="s4d_kernel",
    parameters=("log_dt", "log_decay", "frequency", "C", "L"),
    points=4,
    difficulty=3,
    minutes=15,
    cases={
        "one state": diagonal(1, 1, 6),
        "three states": diagonal(1, 3, 8),
        "two channels": diagonal(2, 3, 8),
        "one sample": diagonal(2, 2, 1),
    },
    probe=probe,
    gradients=("log_dt", "log_decay", "frequency", "C"),
    hints=(
        "First the eigenvalues: `lam = torch.complex(-log_decay.exp(), frequency)`; dt is `log_dt.exp()[:, None]`.",
        "z = dt lam; a step multiplies a state by e^z; B_ of zero-order hold, for B = 1, is (e^z - 1) / lam.",
        "K_l = 2 Re sum_n C_n B_n e^{l z_n}: the 2 Re stands for the conjugate half that is not stored.",
        "`powers = (z[..., None] * torch.arange(L)).exp()` is (d, n, L); sum over n, then `2 * K.real`.",
    ),
)
