"""elo-scale: Elo's scale."""

import torch

from llmcourse.checks import Exercise


def ratings(n, anchor, at):
    def make(generator):
        r = torch.randn(n, generator=generator)
        return {"r": r, "anchor": anchor, "at": at}

    return make


def probe(answer, inputs):
    return {"scores": answer(inputs["r"], inputs["anchor"], inputs["at"])}


EXERCISE = Exercise(
    name="elo-scale",
    title="Elo's scale",
    answer="to_elo",
    parameters=("r", "anchor", "at"),
    points=2,
    difficulty=1,
    minutes=8,
    cases={
        "four players": ratings(4, 0, 1000.0),
        "the anchor is the last": ratings(5, 4, 1490.0),
    },
    probe=probe,
    gradients=("r",),
    hints=(
        "On Elo's scale 400 points are odds of ten to one; on the scale of r, odds of e to one are 1.",
        "Odds of ten to one are ln 10 on the scale of r, so a unit of r is 400 / ln 10 points.",
        "Then shift all by the same number: `scores - scores[anchor] + at`.",
    ),
)
