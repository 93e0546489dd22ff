"""entity-mask: ERNIE hides whole names."""

import torch

from llmcourse.checks import Exercise


def sentence(length, spans, share, first=()):
    """A sentence with these spans. The order of units is random; `first` are units that come first in it."""

    def make(generator):
        count = length - sum(end - start for start, end in spans) + len(spans)
        rest = [i for i in torch.randperm(count, generator=generator).tolist() if i not in first]
        return {"length": length, "spans": [tuple(s) for s in spans], "order": [*first, *rest], "share": share}

    return make


def probe(answer, inputs):
    mask = answer(inputs["length"], list(inputs["spans"]), list(inputs["order"]), inputs["share"])
    return {"mask": mask.double()}


EXERCISE = Exercise(
    name="entity-mask",
    title="ERNIE hides whole names",
    answer="entity_mask",
    parameters=("length", "spans", "order", "share"),
    points=3,
    difficulty=3,
    minutes=12,
    cases={
        "the deck's sentence": sentence(15, [(0, 2), (12, 15)], 0.3),
        "a name is the first to be hidden": sentence(15, [(0, 2), (12, 15)], 0.15, first=(11,)),
        "a name goes beyond the share": sentence(9, [(2, 6)], 0.3, first=(0, 2)),
        "names side by side": sentence(10, [(1, 3), (3, 6), (8, 10)], 0.5),
        "no name at all": sentence(8, [], 0.25),
        "a share that is met exactly": sentence(8, [(4, 6)], 0.5, first=(4, 0, 1)),
        "everything": sentence(7, [(1, 3)], 1.0),
    },
    probe=probe,
    hints=(
        "List the units from left to right: a span is one unit, and each token outside the spans is one.",
        "Go through the units in the given order and hide each as a whole, from start to end - 1.",
        "Stop as soon as at least share * length *tokens* are hidden. Count tokens, not units.",
        "Ask before each unit: `if mask.sum() >= share * length: break`.",
    ),
)
