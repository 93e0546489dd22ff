"""flash-chunks: The two halves of FLASH."""

import torch

from llmcourse.checks import Exercise
from llmcourse.checks.probes import LONG, LargestTensor


def chunked(*lead, L, s, e, C):
    def make(generator):
        draw = lambda *shape: torch.randn(*lead, *shape, generator=generator)
        inputs = {"q": draw(L, s), "k": draw(L, s), "q_lin": draw(L, s), "k_lin": draw(L, s), "v": draw(L, e)}
        return inputs | {"C": torch.tensor(C)}

    return make


def probe(answer, inputs):
    L = inputs["v"].shape[-2]
    with LargestTensor() as largest:
        near, far = answer(*(inputs[name] for name in ("q", "k", "q_lin", "k_lin", "v")), int(inputs["C"]))
    outputs = {"near": near, "far": far}
    if L >= LONG:
        outputs["an L x L matrix is made"] = torch.tensor(largest.entries >= L * L)
    return outputs


EXERCISE = Exercise(
    name="flash-chunks",
    title="Quadratic within chunks, linear between them",
    answer="flash_halves",
    parameters=("q", "k", "q_lin", "k_lin", "v", "C"),
    points=5,
    difficulty=4,
    minutes=20,
    cases={
        "three chunks": chunked(L=6, s=2, e=3, C=2),
        "the last chunk is shorter": chunked(L=7, s=3, e=2, C=3),
        "equal widths": chunked(L=6, s=2, e=2, C=3),
        "a batch": chunked(2, L=5, s=2, e=1, C=2),
        "a long text": chunked(L=48, s=1, e=1, C=4),
    },
    probe=probe,
    gradients=("q", "k", "q_lin", "k_lin", "v"),
    hints=(
        "Go from chunk to chunk, with `slice(start, start + C)`, and keep one matrix S: all that was written before.",
        "Near, inside a chunk: `(F.relu(q_c @ k_c.mT / C) ** 2).tril() @ v_c`.",
        "Far: read S before the chunk writes to it. `far_c = q_c @ S / C`, and then `S = S + k_c.mT @ v_c`, with q_lin "
        "and k_lin.",
        "S begins as zeros (..., s, e): `0 * k_lin[..., :1, :].mT @ v[..., :1, :]` has the right shape and dtype. "
        "Join the chunks with `torch.cat(..., dim=-2)`.",
    ),
)
