"""ema-convolution: A convolution that begins in the middle of a text."""

import torch

from llmcourse.checks import Exercise
from llmcourse.checks.probes import LONG, LargestTensor


def continued(*lead, L, d, h, memory=1.0):
    def make(generator):
        draw = lambda *shape: torch.randn(*shape, generator=generator)
        q = 0.3 + 0.65 * torch.rand(d, h, generator=generator)
        return {"K": draw(d, L), "x": draw(*lead, L, d), "q": q, "eta": draw(d, h), "H": memory * draw(*lead, d, h)}

    return make


PARAMETERS = ("K", "x", "q", "eta", "H")


def probe(answer, inputs):
    L = inputs["x"].shape[-2]
    with LargestTensor() as largest:
        y = answer(*(inputs[name] for name in PARAMETERS))
    outputs = {"y": y}
    if L >= LONG:
        outputs["an L x L matrix is made"] = torch.tensor(largest.entries >= L * L)
        outputs["tokens are visited one by one"] = torch.tensor(largest.calls >= 3 * L)
    return outputs


EXERCISE = Exercise(
    name="ema-convolution",
    title="The convolution, from the middle of a text",
    answer="ema_convolution",
    parameters=PARAMETERS,
    points=4,
    difficulty=4,
    minutes=15,
    cases={
        "nothing remembered": continued(L=5, d=2, h=3, memory=0.0),
        "something remembered": continued(L=6, d=2, h=3),
        "as many numbers as channels": continued(L=3, d=3, h=3),
        "batch": continued(2, 2, L=4, d=2, h=2),
        "a single token": continued(3, L=1, d=2, h=2),
        "a long text": continued(L=64, d=1, h=2),
    },
    probe=probe,
    tolerance=2e-4,  # an FFT spreads the rounding errors of the largest number over all
    gradients=PARAMETERS,
    hints=(
        "y is a sum of two parts: x convolved with K, and what is left of H at each token.",
        "The convolution, along the length: `torch.fft.rfft(x, 2 * L, dim=-2)` times that of `K.mT`, and `irfft` of "
        "the product. The first L places are yours. Without the padding the end runs into the beginning.",
        "H has decayed once when the first token of x is read: the powers of q are 1, 2, ..., L.",
        "`powers = q[..., None] ** torch.arange(1, L + 1)` is (d, h, L); `(powers * (eta * H)[..., None]).sum(-2).mT` "
        "is (..., L, d).",
    ),
)
