"""mega-chunk: Attention in chunks that the moving average links."""

import torch

from llmcourse.checks import Exercise
from llmcourse.checks.probes import LONG, LargestTensor


def linked(*lead, L, d, s, e, C):
    def make(generator):
        draw = lambda *shape: torch.randn(*shape, generator=generator)
        inputs = {"x": draw(*lead, L, d), "m": draw(*lead, L, d), "W_z": draw(d, s) * d**-0.5, "W_v": draw(d, e)}
        return inputs | {"scale": 1 + 0.5 * draw(2, s), "offset": draw(2, s), "C": torch.tensor(C)}

    return make


def probe(answer, inputs):
    L, names = inputs["x"].shape[-2], ("x", "m", "W_z", "W_v", "scale", "offset")
    with LargestTensor() as largest:
        o = answer(*(inputs[name] for name in names), int(inputs["C"]))
    outputs = {"o": o}
    if L >= LONG:
        outputs["an L x L matrix is made"] = torch.tensor(largest.entries >= L * L)
    return outputs


EXERCISE = Exercise(
    name="mega-chunk",
    title="Chunks that the moving average links",
    answer="mega_chunk",
    parameters=("x", "m", "W_z", "W_v", "scale", "offset", "C"),
    points=4,
    difficulty=3,
    minutes=12,
    cases={
        "two chunks": linked(L=6, d=2, s=3, e=4, C=3),
        "the last chunk is shorter": linked(L=7, d=2, s=2, e=1, C=3),
        "all widths equal": linked(L=6, d=3, s=3, e=3, C=2),
        "a batch": linked(2, L=5, d=2, s=3, e=1, C=4),
        "a long text": linked(L=48, d=1, s=1, e=1, C=4),
    },
    probe=probe,
    gradients=("x", "m", "W_z", "W_v", "scale", "offset"),
    hints=(
        "Which of the three come from m, and which from x? What is read is x itself; where to look is decided by m.",
        "`z = F.silu(m @ W_z)`, q and k as in the gated attention unit, `v = F.silu(x @ W_v)`.",
        "Inside a chunk: softmax of `q_c @ k_c.mT / s**0.5`, with what comes after a query at `-torch.inf`.",
        "`future = torch.ones(n, n, dtype=torch.bool).triu(1)` for the n tokens of a chunk; the last may have fewer "
        "than C. Join with `torch.cat(out, dim=-2)`.",
    ),
)
