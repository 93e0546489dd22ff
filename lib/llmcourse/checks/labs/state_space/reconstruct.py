"""reconstruct: Draw the past again."""

import torch

from llmcourse.checks import Exercise


def coefficients(*lead, N, M, ends=False):
    """`ends`: the first age is now, the last the beginning."""

    def make(generator):
        c, s = torch.randn(*lead, N, generator=generator), torch.rand(M, generator=generator)
        if ends:
            s[0], s[-1] = 0.0, 1.0
        return {"c": c, "s": s}

    return make


def probe(answer, inputs):
    return {"f": answer(inputs["c"], inputs["s"])}


EXERCISE = Exercise(
    name="reconstruct",
    title="Draw the past again",
    answer="reconstruct",
    parameters=("c", "s"),
    points=3,
    difficulty=2,
    minutes=10,
    cases={
        "two coefficients: a line": coefficients(N=2, M=5),
        "five coefficients": coefficients(N=5, M=7),
        "one coefficient: the mean": coefficients(3, N=1, M=2),
        "two signals at once": coefficients(2, N=4, M=6),
        "nine coefficients, from now to the beginning": coefficients(N=9, M=6, ends=True),
    },
    probe=probe,
    gradients=("c",),
    hints=(
        "The past is the sum of c_n sqrt(2n + 1) P_n(z). What is z at age 0, and what at age 1?",
        "The present is at z = 1 and the beginning at z = -1: `z = 1 - 2 * s`.",
        "P_0 = 1, P_1 = z, and (n + 1) P_{n+1} = (2n + 1) z P_n - n P_{n-1}. Put a list of them together with "
        "`torch.stack`.",
        "With P of shape (M, N): `(c * r) @ P.mT`, r_n = sqrt(2n + 1).",
    ),
)
