"""associative-law: Two stretches of time as one."""

import torch

from llmcourse.checks import Exercise


def stretches(*shape):
    def make(generator):
        draw = lambda: torch.randn(*shape, generator=generator)
        return {"a1": draw(), "b1": draw(), "a2": draw(), "b2": draw(), "a3": draw(), "b3": draw()}

    return make


def probe(answer, inputs):
    one, two, three = ((inputs[f"a{i}"], inputs[f"b{i}"]) for i in (1, 2, 3))
    a, b = answer(one, two)
    left, right = answer(answer(one, two), three), answer(one, answer(two, three))
    return {"a": a, "b": b, "b of (1, 2), 3": left[1], "b of 1, (2, 3)": right[1]}


EXERCISE = Exercise(
    name="associative-law",
    title="Two stretches of time as one",
    answer="combine",
    parameters=("first", "second"),
    points=3,
    difficulty=2,
    minutes=10,
    cases={
        "six stretches of a single number": stretches(6),
        "channels and states": stretches(3, 2),
        "a batch": stretches(2, 2, 3),
    },
    probe=probe,
    gradients=("a1", "b1", "a2", "b2", "a3", "b3"),
    hints=(
        "A stretch (a, b) takes the state h to a h + b. Put the result of the first into the second.",
        "a2 (a1 h + b1) + b2: which factor stands before h, and what is left?",
        "`return first[0] * second[0], second[0] * first[1] + second[1]`.",
    ),
)
