"""hippo-matrix: The matrix of LegS."""

import torch

from llmcourse.checks import Exercise


def size(N):
    return lambda generator: {"N": torch.tensor(N)}


def probe(answer, inputs):
    A, B = answer(int(inputs["N"]))
    return {"A": A.double(), "B": B.double()}  # no input says which dtype is wanted


EXERCISE = Exercise(
    name="hippo-matrix",
    title="The matrix of LegS",
    answer="legs",
    parameters=("N",),
    points=2,
    difficulty=1,
    minutes=8,
    cases={"N = 5, as on the slide": size(5), "a single coefficient": size(1), "N = 8": size(8)},
    probe=probe,
    hints=(
        "All entries are made of r_n = sqrt(2n + 1), for n from 0 to N - 1.",
        "Below the diagonal stands r_n r_k: `torch.outer(r, r).tril(-1)`.",
        "On the diagonal stands n + 1, not 2n + 1: add `torch.diag(n + 1.0)`. And B is r.",
    ),
)
