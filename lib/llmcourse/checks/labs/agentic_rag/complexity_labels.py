"""complexity-labels: How much retrieval was it worth?"""

import torch

from llmcourse.checks import Exercise


def outcomes(n, chance=(0.3, 0.5, 0.6), every=True):
    """n questions; `every`: all eight outcomes are among them, with one hop and with several."""

    def make(generator):
        right = torch.rand(n, 3, generator=generator) < torch.tensor(chance)
        several = torch.rand(n, generator=generator) < 0.5
        if every:
            bits = torch.arange(16)
            right[:16] = torch.stack([bits & 1, bits & 2, bits & 4], 1) > 0
            several[:16] = (bits & 8) > 0
            order = torch.randperm(n, generator=generator)
            right, several = right[order], several[order]
        return {"right": right, "several": several}

    return make


def probe(answer, inputs):
    labels, weights = answer(inputs["right"], inputs["several"])
    whole = isinstance(labels, torch.Tensor) and not labels.is_floating_point() and labels.dtype != torch.bool
    return {"labels": labels.long() if whole else labels, "weights": weights}


EXERCISE = Exercise(
    name="complexity-labels",
    title="How much retrieval was it worth?",
    answer="complexity_labels",
    parameters=("right", "several"),
    points=3,
    difficulty=2,
    minutes=10,
    cases={
        "every outcome": outcomes(20),
        "most can be answered by heart": outcomes(40, (0.8, 0.5, 0.5)),
        "nothing is ever right": outcomes(12, (0.0, 0.0, 0.0), every=False),
        "one retrieval is always right": outcomes(15, (0.1, 1.0, 0.5), every=False),
    },
    probe=probe,
    hints=(
        "The cheapest strategy that was right is the first true column of a row: `right.int().argmax(1)`.",
        "argmax of a row without any true column is 0 as well: there the question's kind decides, 1 or 2. "
        "`torch.where(right.any(1), ..., 1 + several.long())`.",
        "Count the labels of each class: `torch.bincount(labels)`. A question weighs n / (3 x "
        "count of its "
        "class), so that every class has a third of the whole weight.",
    ),
)
