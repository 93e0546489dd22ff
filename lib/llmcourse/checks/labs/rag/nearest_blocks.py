"""nearest-blocks: The nearest vectors, block by block."""

import torch

from llmcourse.checks import Exercise
from llmcourse.checks.probes import LargestTensor


def vectors(Q, N, d, k, block, opposite=False):
    """Vectors of unlike lengths. `opposite`: every cosine is negative."""

    def make(generator):
        draw = lambda n: torch.randn(n, d, generator=generator) * (0.3 + 3 * torch.rand(n, 1, generator=generator))
        q, x = draw(Q), draw(N)
        if opposite:
            q, x = q.abs() + 0.1, -x.abs() - 0.1
        return {"q": q, "x": x, "k": torch.tensor(k), "block": torch.tensor(block)}

    return make


def probe(answer, inputs):
    with LargestTensor() as largest:
        scores, numbers = answer(inputs["q"], inputs["x"], int(inputs["k"]), int(inputs["block"]))
    if isinstance(numbers, torch.Tensor) and numbers.dtype in (torch.int16, torch.int32):  # as good as any integers
        numbers = numbers.long()
    outputs = {"scores": scores, "numbers": numbers}
    products = len(inputs["q"]) * len(inputs["x"])
    if products >= 10_000:  # broadcast products, (Q, block, d), are fewer here
        outputs["far more than (Q, block) products at once"] = torch.tensor(largest.entries >= products / 2)
    return outputs


EXERCISE = Exercise(
    name="nearest-blocks",
    title="The nearest vectors, block by block",
    answer="nearest",
    parameters=("q", "x", "k", "block"),
    points=4,
    difficulty=3,
    minutes=12,
    cases={
        "vectors of unlike lengths": vectors(3, 12, 5, 3, 4),
        "the last block is shorter": vectors(2, 11, 4, 2, 4),
        "more wanted than a block holds": vectors(2, 9, 4, 5, 3),
        "every cosine is negative": vectors(2, 8, 3, 2, 4, opposite=True),
        "many at once": vectors(50, 300, 3, 4, 40),
    },
    probe=probe,
    hints=(
        "A cosine is a product of vectors of length 1: `torch.nn.functional.normalize` both sides first.",
        "For each block: products (Q, block), `topk` of at most k, and its numbers plus where the block begins.",
        "Join the best so far with the best of the block (`torch.cat`, axis 1), and take topk of both; carry the "
        "numbers along with `gather`.",
        "Begin with empty tensors (Q, 0), not with zeros: zero is better than every negative cosine.",
    ),
)
