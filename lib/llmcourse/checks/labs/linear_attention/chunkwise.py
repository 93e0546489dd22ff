"""chunkwise: Chunks: matrix products inside, a recurrence between."""

import torch

from llmcourse.checks import Exercise
from llmcourse.checks.probes import LONG, LargestTensor

BIG = 16  # from this size on, a loop over chunks has far fewer operations than one over tokens


def chunked(*lead, L, d_k, d_v, chunk, memory=1.0):
    def make(generator):
        draw = lambda *shape: torch.randn(*lead, *shape, generator=generator)
        state = memory * draw(d_v, d_k)
        return {"q": draw(L, d_k), "k": draw(L, d_k), "v": draw(L, d_v), "S": state, "chunk": torch.tensor(chunk)}

    return make


def probe(answer, inputs):
    length, chunk = inputs["q"].shape[-2], int(inputs["chunk"])
    with LargestTensor() as largest:
        o, S = answer(inputs["q"], inputs["k"], inputs["v"], inputs["S"], chunk)
    outputs = {"o": o, "S": S}
    if length >= LONG:
        outputs["an L x L matrix is made"] = torch.tensor(largest.entries >= length * length)
        # Twice what all pairs inside chunks need, so that an answer may pad, or join things.
        needed = inputs["q"].shape[:-1].numel() * max(chunk, *inputs["S"].shape[-2:])
        outputs["more is compared than the pairs inside a chunk"] = torch.tensor(largest.entries > 2 * needed)
    if length >= LONG and chunk >= BIG:
        outputs["the loop goes over tokens"] = torch.tensor(largest.calls >= 3 * length)
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
        "a batch": chunked(3, L=4, d_k=2, d_v=3, chunk=2),
        "a chunk longer than the sequence": chunked(L=3, d_k=2, d_v=2, chunk=8),
        "a long sequence, in small chunks": chunked(L=48, d_k=1, d_v=1, chunk=2),
        "a long sequence, in large chunks": chunked(L=48, d_k=1, d_v=1, chunk=24),
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
