"""chunked-scan: A scan that fits the cache."""

import torch

from llmcourse.checks import Exercise
from llmcourse.checks.probes import LONG, LargestTensor

from .cases import selective


def probe(answer, inputs):
    L, D, N, chunk = inputs["x"].shape[-2], *inputs["A"].shape, int(inputs["chunk"])
    names = ("x", "dt", "A", "B", "C", "h")
    with LargestTensor() as largest:
        y, h = answer(*(inputs[name] for name in names), chunk)
    outputs = {"y": y, "h": h}
    if L >= LONG:
        outputs["all states at once"] = torch.tensor(largest.entries >= inputs["x"].numel() * N)
        # Twice the states of a piece, so that an answer may join things; what all tokens come with is larger still.
        needed = inputs["x"].shape[:-2].numel() * max(2 * chunk * D * N, L * max(D, N))
        outputs["more states at once than those of a piece"] = torch.tensor(largest.entries > needed)
    return outputs


EXERCISE = Exercise(
    name="chunked-scan",
    title="A scan that fits the cache",
    answer="chunked_scan",
    parameters=("x", "dt", "A", "B", "C", "h", "chunk"),
    points=4,
    difficulty=3,
    minutes=15,
    cases={
        "two chunks": selective(L=4, D=3, N=2, chunk=2),
        "a last chunk that is short": selective(L=5, D=2, N=2, chunk=3),
        "a chunk longer than the sequence": selective(L=3, D=2, N=2, chunk=8),
        "a batch": selective(3, L=4, D=2, N=2, chunk=2),
        "chunks of one token": selective(L=3, D=2, N=2, chunk=1),
        "a long sequence, without all states at once": selective(L=48, D=3, N=3, chunk=2),
    },
    probe=probe,
    gradients=("x", "dt", "A", "B", "C", "h"),
    hints=(
        "You have all the parts: `discretise` and `scan`, on pieces of `chunk` tokens.",
        "Cut with `x.split(chunk, dim=-2)`, and dt, B and C alike. A is the same for all pieces.",
        "The state that one piece returns is where the next one starts. `torch.cat(y, dim=-2)` at the end.",
    ),
)
