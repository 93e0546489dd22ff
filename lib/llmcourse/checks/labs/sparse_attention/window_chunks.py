"""window-chunks: Attention in a window, without an L x L matrix."""

import torch

from llmcourse.checks import Exercise
from llmcourse.checks.probes import LONG, LargestTensor


def attention(*lead, L, d, w):
    def make(generator):
        q, k, v = (torch.randn(*lead, L, d, generator=generator) for _ in range(3))
        return {"q": q, "k": k, "v": v, "w": torch.tensor(w)}

    return make


def probe(answer, inputs):
    length = inputs["q"].shape[-2]
    with LargestTensor() as largest:
        o = answer(inputs["q"], inputs["k"], inputs["v"], int(inputs["w"]))
    outputs = {"o": o}
    if length >= LONG:
        outputs["an L x L matrix is made"] = torch.tensor(largest.entries >= length * length)
    return outputs


EXERCISE = Exercise(
    name="window-chunks",
    title="Attention in a window, without an L x L matrix",
    answer="window_attention",
    parameters=("q", "k", "v", "w"),
    points=4,
    difficulty=4,
    minutes=18,
    cases={
        "whole chunks": attention(L=6, d=2, w=3),
        "the last chunk is shorter": attention(L=8, d=3, w=3),
        "batch and heads": attention(2, 2, L=5, d=2, w=2),
        "a window longer than the sequence": attention(L=3, d=2, w=7),
        "a window of one key": attention(L=4, d=2, w=1),
        "a long sequence": attention(L=48, d=1, w=4),
    },
    probe=probe,
    gradients=("q", "k", "v"),
    hints=(
        "Cut the queries into chunks of w. What a chunk sees is in the chunk itself and in the one before it.",
        "For queries from `start` to `stop`, take the keys from `max(0, start - w + 1)` to `stop`: at most 2w - 1.",
        "Inside, a mask is still needed: with `i = torch.arange(start, stop)[:, None]` and j the places of the keys, "
        "`(i - j >= 0) & (i - j < w)`. Fill the others with `-torch.inf` before the softmax.",
        "Scores are `q_c @ k_c.mT / d**0.5`; join the outputs of the chunks with `torch.cat(out, dim=-2)`.",
    ),
)
