"""chunkwise: Chunks: matrix products inside, a recurrence between."""

import torch

from llmcourse.checks import Exercise
from llmcourse.checks.probes import LONG, LargestTensor


def chunked(*lead, L, d_k, d_v, chunk, memory=1.0):
    def make(generator):
        draw = lambda *shape: torch.randn(*lead, *shape, generator=generator)
        state = memory * draw(d_v, d_k)
        return {"q": draw(L, d_k), "k": draw(L, d_k), "v": draw(L, d_v), "S": state, "chunk": torch.tensor(chunk)}

    return make


def probe(answer, inputs):
    length = inputs["q"].shape[-2]
    with LargestTensor() as largest:
        o, S = answer(inputs["q"], inputs["k"], inputs["v"], inputs["S"], int(inputs["chunk"]))
    outputs = {"o": o, "S": S}
    if length >= LONG:
        outputs["an L x L matrix is made"] = torch.tensor(largest.entries >= length * length)
    return outputs


EXERCISE = Exercise(
    name="chunkwise",
    title="Chunks: matrix products inside, a recurrence between",
    answer="chunked_attention",
    parameters=("q", "k", "v", "S", "chunk"),
    points=4,
    difficulty=4,
    minutes=20,
    cases={
        "whole chunks, from an empty memory": chunked(L=6, d_k=3, d_v=2, chunk=3, memory=0.0),
        "the last chunk is shorter": chunked(L=7, d_k=3, d_v=3, chunk=3),
        "batch and heads": chunked(2, 2, L=4, d_k=2, d_v=3, chunk=2),
        "a chunk longer than the sequence": chunked(L=3, d_k=2, d_v=2, chunk=8),
        "a long sequence, in linear memory": chunked(L=64, d_k=2, d_v=2, chunk=8),
    },
    probe=probe,
    gradients=("q", "k", "v", "S"),
    hints=(
        "Cut q, k and v into pieces of `chunk` tokens with `q.split(chunk, dim=-2)`; the last may be short.",
        "What a chunk reads has two parts: its own past, `(q @ k.mT).tril() @ v`, and everything before the chunk, "
        "which is in S.",
        "Everything before it is read with `q @ S.mT`, with the S from before the chunk.",
        "After reading, the whole chunk is written at once: `S = S + v.mT @ k`.",
    ),
)
