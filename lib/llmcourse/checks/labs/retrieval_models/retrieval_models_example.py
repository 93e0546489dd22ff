"""retrieval-models-example: not written."""

import torch

from llmcourse.checks import Exercise


def numbers(N):
    def make(generator):
        return {"x": torch.randn(N, generator=generator)}

    return make


def probe(answer, inputs):
    return {"y": answer(inputs["x"])}


EXERCISE = Exercise(
    name="retrieval-models-example",
    title="Not written",
    answer="retrieval_models_example",
    parameters=("x",),
    points=3,
    difficulty=1,
    minutes=10,
    cases={"a few numbers": numbers(5)},
    probe=probe,
    hints=(
        "Not written: a nudge.",
        "Not written: nearly the solution.",
    ),
    written=False,
)
