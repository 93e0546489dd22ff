"""bigbird-blocks: BigBird, block by block."""

import torch

from llmcourse.checks import Exercise
from llmcourse.checks.probes import LONG, LargestTensor


def blocks(*lead, n, block, random, d, repeated=False):
    """`random` blocks are drawn for each of n; if `repeated`, one of them is the block itself."""

    def make(generator):
        q, k, v = (torch.randn(*lead, n * block, d, generator=generator) for _ in range(3))
        drawn = torch.rand(n, n, generator=generator).argsort(-1)[:, :random]
        if repeated:
            drawn[:, 0] = torch.arange(n)
        return {"q": q, "k": k, "v": v, "drawn": drawn, "block": torch.tensor(block)}

    return make


def probe(answer, inputs):
    length = inputs["q"].shape[-2]
    with LargestTensor() as largest:
        o = answer(inputs["q"], inputs["k"], inputs["v"], inputs["drawn"].tolist(), int(inputs["block"]))
    outputs = {"o": o}
    if length >= LONG:
        outputs["an L x L matrix is made"] = torch.tensor(largest.entries >= length * length)
    return outputs


EXERCISE = Exercise(
    name="bigbird-blocks",
    title="BigBird, block by block",
    answer="bigbird_attention",
    parameters=("q", "k", "v", "drawn", "block"),
    points=4,
    difficulty=4,
    minutes=18,
    cases={
        "seven blocks, one drawn for each": blocks(n=7, block=2, random=1, d=2),
        "blocks of one token": blocks(n=8, block=1, random=2, d=1),
        "what is drawn is seen anyway": blocks(n=6, block=2, random=2, d=1, repeated=True),
        "batch and heads": blocks(2, 2, n=6, block=1, random=1, d=2),
        "a long sequence": blocks(n=12, block=4, random=1, d=1),
    },
    probe=probe,
    gradients=("q", "k", "v"),
    hints=(
        "Loop over the blocks of queries. For block b, write down the blocks that it sees; then it is attention "
        "without a mask between the tokens of b and the tokens of those blocks.",
        "A set keeps each block once: `{b - 1, b, b + 1, 0, n - 1, *drawn[b]}`, without what is outside 0 to n - 1. "
        "For the first and the last block it is `range(n)`.",
        "The tokens of a list of blocks: `[j for c in sorted(seen) for j in range(c * block, (c + 1) * block)]`.",
        "`k_b = k[..., tokens, :]`, v the same, then `F.scaled_dot_product_attention(q_b, k_b, v_b)`; join the "
        "outputs with `torch.cat(out, dim=-2)`.",
    ),
)
