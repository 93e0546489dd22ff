"""rank-ranges: A leaderboard that knows what it does not know."""

import torch

from llmcourse.checks import Exercise


def bootstraps(B, n, gap=30.0):
    def make(generator):
        scores = 1000 - gap * torch.arange(n) + 25 * torch.randn(B, n, generator=generator)
        return {"samples": scores[:, torch.randperm(n, generator=generator)]}

    return make


def skewed(generator):
    """Scores that spread further to one side."""
    samples = 1000 + 40 * torch.randn(60, 5, generator=generator).exp() - 45 * torch.arange(5)
    return {"samples": samples[:, torch.randperm(5, generator=generator)]}


def uneven(generator):
    """Scores that spread differently: who has the higher mean may have the lower low end."""
    spread = torch.tensor([5.0, 60.0, 15.0, 40.0, 10.0, 25.0])
    scores = 1000 - 18 * torch.arange(6) + spread * torch.randn(60, 6, generator=generator)
    return {"samples": scores[:, torch.randperm(6, generator=generator)]}


def fixed(generator):
    """Two models have the score 0 in every bootstrap: their intervals are one point, and neither is above the other."""
    scores = 40 * torch.arange(5, 0, -1) + 25 * torch.randn(40, 5, generator=generator) - 120
    scores[:, [1, 3]] = 0.0
    return {"samples": scores[:, torch.randperm(5, generator=generator)]}


def probe(answer, inputs):
    low, high, best, worst = answer(inputs["samples"])
    ranks = {"best rank": best, "worst rank": worst}
    return {"low": low, "high": high} | {k: x.double() if isinstance(x, torch.Tensor) else x for k, x in ranks.items()}


EXERCISE = Exercise(
    name="rank-ranges",
    title="A leaderboard that knows what it does not know",
    answer="rank_ranges",
    parameters=("samples",),
    points=4,
    difficulty=3,
    minutes=15,
    cases={
        "six models": bootstraps(60, 6),
        "three models, far apart": bootstraps(40, 3, gap=200.0),
        "scores that spread to one side": skewed,
        "some scores are surer than others": uneven,
        "two scores that are fixed, and equal": fixed,
    },
    probe=probe,
    hints=(
        "The interval of a model: `torch.quantile(samples, q, dim=0)` at q = 0.025 and q = 0.975.",
        "j is surely above i when low_j > high_i: `above = low[None, :] > high[:, None]`, row i, column j.",
        "best = 1 + how many are surely above: a sum over columns.",
        "worst = n - how many are surely below: i is above j in row j, a sum over rows, `above.sum(0)`.",
    ),
)
