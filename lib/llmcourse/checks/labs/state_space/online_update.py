"""online-update: Hear one more sample."""

import torch

from llmcourse.checks import Exercise


def heard(*lead, N, T, first=1):
    """T samples from number `first` on; before it, the coefficients of something (nothing, when first is 1).

    A is LegS's, less a tenth: I - A / 2k, which a wrong sign makes of it, would be singular, and then each machine
    answers something else.
    """

    def make(generator):
        n = torch.arange(N)
        r = (2.0 * n + 1) ** 0.5
        A = 0.9 * (torch.outer(r, r).tril(-1) + torch.diag(n + 1.0))
        c = torch.randn(*lead, N, generator=generator) / r * (first > 1)
        return {"A": A, "B": r, "c": c, "f": torch.randn(*lead, T, generator=generator), "first": torch.tensor(first)}

    return make


def probe(answer, inputs):
    c = inputs["c"]
    for k, f_k in enumerate(inputs["f"].unbind(-1), start=int(inputs["first"])):
        c = answer(inputs["A"], inputs["B"], c, f_k, k)
    return {"c": c}


EXERCISE = Exercise(
    name="online-update",
    title="Hear one more sample",
    answer="hear",
    parameters=("A", "B", "c", "f_k", "k"),
    points=4,
    difficulty=3,
    minutes=15,
    cases={
        "the first sample": heard(N=4, T=1),
        "the tenth sample": heard(N=4, T=1, first=10),
        "eight samples from the beginning": heard(N=5, T=8),
        "two signals at once": heard(2, N=3, T=3),
    },
    probe=probe,
    gradients=("c", "f"),
    hints=(
        "Sample k stands at time k, and the step is 1: this is the bilinear rule for c' = (-A c + B f) / k.",
        "Left of the new c stands `I + A / (2k)`; right of it `(I - A / (2k)) c + B f_k / k`.",
        "c is (..., N): multiply from the right, `c @ A.mT`, so that leading dimensions work.",
        "`torch.linalg.solve(left, right[..., None])[..., 0]`; `right` has `f_k[..., None] * B / k` in it.",
    ),
)
