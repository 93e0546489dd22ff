"""causal-convolution: The recurrence as a convolution."""

import torch

from llmcourse.checks import Exercise
from llmcourse.checks.probes import LONG, LargestTensor


def signal(*lead, L):
    def make(generator):
        return {"K": torch.randn(L, generator=generator), "x": torch.randn(*lead, L, generator=generator)}

    return make


def probe(answer, inputs):
    L = inputs["x"].shape[-1]
    with LargestTensor() as largest:
        o = answer(inputs["K"], inputs["x"])
    outputs = {"o": o}
    if L >= LONG:
        outputs["an L x L matrix is made"] = torch.tensor(largest.entries >= L * L)
    return outputs


EXERCISE = Exercise(
    name="causal-convolution",
    title="The recurrence as a convolution",
    answer="convolve",
    parameters=("K", "x"),
    points=3,
    difficulty=2,
    minutes=10,
    cases={
        "a short signal": signal(L=5),
        "an even length": signal(L=8),
        "one sample": signal(4, L=1),
        "any leading dimensions": signal(2, 2, L=6),
        "a long signal, without an L x L matrix": signal(L=64),
    },
    probe=probe,
    gradients=("K", "x"),
    hints=(
        "Multiply the Fourier transforms: `torch.fft.rfft`, `torch.fft.irfft`.",
        "A product of transforms is a circular convolution: what runs over the end comes back in front.",
        "Give both a length of 2 L: `torch.fft.rfft(x, 2 * L)`. The first L samples of the result are yours.",
    ),
)
