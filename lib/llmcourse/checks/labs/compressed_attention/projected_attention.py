"""projected-attention: Attention over k places."""

import torch

from llmcourse.checks import Exercise
from llmcourse.checks.probes import LONG, LargestTensor


def projected(*lead, L, places, d, d_v):
    def make(generator):
        draw = lambda *shape: torch.randn(*shape, generator=generator)
        E, F = (draw(places, L) * 2 * L**-0.5 for _ in range(2))
        return {"q": draw(*lead, L, d), "k": draw(*lead, L, d), "v": draw(*lead, L, d_v), "E": E, "F": F}

    return make


def probe(answer, inputs):
    L = inputs["q"].shape[-2]
    with LargestTensor() as largest:
        o = answer(inputs["q"], inputs["k"], inputs["v"], inputs["E"], inputs["F"])
    outputs = {"o": o}
    if L >= LONG:
        outputs["an L x L matrix is made"] = torch.tensor(largest.entries >= L * L)
    return outputs


EXERCISE = Exercise(
    name="projected-attention",
    title="Attention over a few places",
    answer="projected_attention",
    parameters=("q", "k", "v", "E", "F"),
    points=3,
    difficulty=2,
    minutes=8,
    cases={
        "three places": projected(L=5, places=3, d=4, d_v=2),
        "as many value as key channels": projected(L=5, places=2, d=3, d_v=3),
        "as many places as tokens": projected(L=4, places=4, d=2, d_v=4),
        "a batch": projected(2, L=4, places=3, d=2, d_v=2),
        "a long text": projected(L=48, places=2, d=1, d_v=1),
    },
    probe=probe,
    gradients=("q", "k", "v", "E", "F"),
    hints=(
        "First shorten, then attend: `E @ k` has a row for each place.",
        "The scores are `q @ (E @ k).mT`, (..., L, places). What divides them, and over what does the softmax run?",
        "`weights = (q @ (E @ k).mT / q.shape[-1] ** 0.5).softmax(-1)`, then `weights @ (F @ v)`.",
    ),
)
