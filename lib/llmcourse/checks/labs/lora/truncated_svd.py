"""truncated-svd: The best matrix of rank k."""

import torch

from llmcourse.checks import Exercise


def matrix(N, M, k):
    return lambda generator: {"X": torch.randn(N, M, generator=generator), "k": k}


def negative(N, M, k):
    """A matrix of negative numbers: its first pair of vectors has opposite signs."""
    return lambda generator: {"X": -0.5 - torch.rand(N, M, generator=generator), "k": k}


def probe(answer, inputs):
    U, V = answer(inputs["X"], inputs["k"])
    return {"U V": U @ V, "numbers in U": torch.tensor(U.numel()), "numbers in V": torch.tensor(V.numel())}


EXERCISE = Exercise(
    name="truncated-svd",
    title="The best matrix of rank k",
    answer="truncate",
    parameters=("X", "k"),
    points=2,
    difficulty=1,
    minutes=8,
    cases={
        "a tall matrix": matrix(6, 4, 2),
        "a wide matrix": matrix(3, 5, 1),
        "all singular values": matrix(4, 4, 4),
        "negative numbers": negative(5, 4, 2),
    },
    probe=probe,
    hints=(
        "`torch.linalg.svd(X, full_matrices=False)` gives left vectors (columns), singular values, and right vectors "
        "that are rows already.",
        "Keep the first k of each: they come in falling order.",
        "The values belong to one of the factors: U = left[:, :k] * s[:k], V = right[:k].",
    ),
)
