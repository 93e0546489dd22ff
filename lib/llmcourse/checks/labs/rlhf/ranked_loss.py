"""ranked-loss: What a ranking of answers says."""

import torch

from llmcourse.checks import Exercise

from .cases import normal


def ranked(B, K, spread=1.0):
    """K answers to each of B prompts, without ties."""

    def make(generator):
        rank = torch.stack([1 + torch.randperm(K, generator=generator) for _ in range(B)])
        return {"r": spread * normal(generator, B, K), "rank": rank}

    return make


def tied(*rows):
    """With these rankings."""

    def make(generator):
        rank = torch.tensor(rows)
        return {"r": normal(generator, *rank.shape), "rank": rank}

    return make


def far_apart(generator):
    r = torch.tensor([[180.0, -20.0, 0.0], [-90.0, 60.0, 10.0]]) + normal(generator, 2, 3)
    return {"r": r, "rank": torch.tensor([[3, 1, 2], [1, 2, 3]])}


def probe(answer, inputs):
    return {"loss": answer(inputs["r"], inputs["rank"])}


EXERCISE = Exercise(
    name="ranked-loss",
    title="What a ranking of answers says",
    answer="ranked_loss",
    parameters=("r", "rank"),
    points=4,
    difficulty=3,
    minutes=12,
    cases={
        "two answers to one prompt": ranked(1, 2),
        "four answers to each of three prompts": ranked(3, 4),
        "ties, of which there are more for one prompt": tied([1, 2, 3, 4], [1, 1, 1, 2], [2, 1, 2, 1]),
        "rewards far apart: no probability may underflow": far_apart,
    },
    probe=probe,
    gradients=("r",),
    hints=(
        "All pairs at once: `r[:, :, None] - r[:, None, :]` has in [b, j, k] by how much answer j leads answer k.",
        "j is preferred to k where `rank[:, :, None] < rank[:, None, :]`. That leaves out ties and the diagonal.",
        "Each pair adds -log sigmoid(r_j - r_k): `-torch.nn.functional.logsigmoid(lead)`.",
        "First the mean over a prompt's pairs, `(above * losses).sum((1, 2)) / above.sum((1, 2))`; then over prompts.",
    ),
)
