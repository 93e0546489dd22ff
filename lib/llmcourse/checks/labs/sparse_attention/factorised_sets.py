"""factorised-sets: Two heads that share the work."""

import torch

from llmcourse.checks import Exercise

HEADS = ("strided, near", "strided, far", "fixed, own block", "fixed, summaries")


def sizes(L, stride, count):
    """Every query of a text of L tokens."""
    return lambda _: {"queries": torch.arange(L), "stride": torch.tensor(stride), "count": torch.tensor(count)}


def drawn(longest):
    """Ten queries, a stride and a number of summaries that are other ones for each seed."""

    def make(generator):
        draw = lambda low, high: torch.randint(low, high + 1, (), generator=generator)
        queries = torch.randint(longest, (10,), generator=generator)
        return {"queries": queries, "stride": draw(4, 6), "count": draw(2, 3)}

    return make


def probe(answer, inputs):
    """The four sets of every query. An answer may return lists or tensors in place of sets."""
    stride, count = int(inputs["stride"]), int(inputs["count"])
    heads = zip(*(answer(i, stride, count) for i in inputs["queries"].tolist()), strict=True)
    return {name: [{int(j) for j in keys} for keys in of_head] for name, of_head in zip(HEADS, heads, strict=True)}


EXERCISE = Exercise(
    name="factorised-sets",
    title="Two heads that share the work",
    answer="factorised_sets",
    parameters=("i", "stride", "count"),
    points=3,
    difficulty=2,
    minutes=12,
    cases={
        "blocks of three": sizes(8, 3, 1),
        "two summaries in each block": sizes(10, 4, 2),
        "a stride longer than the text": sizes(4, 6, 3),
        "drawn sizes": drawn(20),
    },
    probe=probe,
    hints=(
        "A set comprehension per head: `{j for j in range(i + 1) if ...}`. No key is after the query.",
        "Strided: `i - j <= stride` for the near head, `(i - j) % stride == 0` for the far one.",
        "Fixed: j is in the block of i if `j // stride == i // stride`; its place in its own block is `j % stride`.",
        "The last `count` places of a block are those with `j % stride >= stride - count`.",
    ),
)
