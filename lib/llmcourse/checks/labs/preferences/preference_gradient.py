"""preference-gradient: What an answer tells the reward of a step."""

import torch

from llmcourse.checks import Exercise


def comparisons(B, L, answers=(1.0, 0.0, 0.5)):
    def make(generator):
        draw = lambda: torch.randn(B, L, generator=generator)
        mu = torch.tensor([answers[k % len(answers)] for k in range(B)])
        return {"first": draw(), "second": draw(), "mu": mu}

    return make


def far_apart(generator):
    """Sums that differ by more than a hundred, and the weaker segment is the one that was preferred."""
    drawn = comparisons(4, 5, answers=(0.0, 1.0, 0.5, 0.5))(generator)
    shift = torch.tensor([25.0, -25.0, 30.0, -30.0])[:, None]
    return drawn | {"first": drawn["first"] + shift}


def probe(answer, inputs):
    loss, first, second = answer(inputs["first"], inputs["second"], inputs["mu"])
    return {"loss": loss, "slope by the first": first, "slope by the second": second}


EXERCISE = Exercise(
    name="preference-gradient",
    title="What an answer tells the reward of a step",
    answer="preference_gradient",
    parameters=("first", "second", "mu"),
    points=4,
    difficulty=3,
    minutes=15,
    cases={
        "three comparisons, one a tie": comparisons(3, 4),
        "segments of one step": comparisons(3, 1),
        "ties alone": comparisons(4, 3, answers=(0.5,)),
        "many comparisons": comparisons(12, 6),
        "sums far apart: no probability may underflow": far_apart,
    },
    probe=probe,
    hints=(
        "A segment counts by its sum: `lead = first.sum(-1) - second.sum(-1)`, and p = sigmoid(lead).",
        "The loss is minus the sum of `mu * logsigmoid(lead) + (1 - mu) * logsigmoid(-lead)`.",
        "d loss / d lead = p - mu. And d lead / d (a reward of the first) is 1 for every one of its steps.",
        "`(p - mu)[:, None].expand_as(first)` for the first; the opposite sign for the second.",
    ),
)
