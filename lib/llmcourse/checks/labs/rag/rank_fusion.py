"""rank-fusion: Two rankings become one."""

import torch

from llmcourse.checks import Exercise


def ranked(R, m, size, k=60.0, short=0, which=-1):
    """R rankings of m out of `size` documents; one of them, the last, is `short` places shorter."""

    def make(generator):
        rows = torch.stack([torch.randperm(size, generator=generator)[:m] for _ in range(R)])
        if short:
            rows[which, -short:] = -1
        return {"rankings": rows, "size": torch.tensor(size), "k": torch.tensor(k)}

    return make


def probe(answer, inputs):
    return {"scores": answer(inputs["rankings"], int(inputs["size"]), float(inputs["k"])).double()}


EXERCISE = Exercise(
    name="rank-fusion",
    title="Two rankings become one",
    answer="fuse",
    parameters=("rankings", "size", "k"),
    points=2,
    difficulty=2,
    minutes=7,
    cases={
        "two rankings of four": ranked(2, 4, 6),
        "three, and one is shorter": ranked(3, 5, 8, short=2),
        "the first is shorter": ranked(3, 4, 7, short=2, which=0),
        "a small k": ranked(2, 3, 5, k=1.0),
        "one ranking of everything": ranked(1, 5, 5),
    },
    probe=probe,
    hints=(
        "A document at place p, counted from 1, gets 1 / (k + p) from that ranking; the scores add up.",
        "`torch.zeros(size).index_add(0, numbers, scores)` adds into the places of documents; `scatter_add` as well.",
        "-1 marks the end of a ranking, and is no document: to Python's indexing it would be the last one. Take those "
        "places out with a mask.",
    ),
)
