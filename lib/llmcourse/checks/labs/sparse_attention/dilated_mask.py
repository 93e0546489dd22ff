"""dilated-mask: The mask of a dilated window."""

import torch

from llmcourse.checks import Exercise


def sizes(L, w, dilation):
    return lambda generator: {"L": torch.tensor(L), "w": torch.tensor(w), "dilation": torch.tensor(dilation)}


def drawn(longest):
    """A length, a window and a dilation that are other ones for each seed."""

    def make(generator):
        draw = lambda low, high: torch.randint(low, high + 1, (), generator=generator)
        return {"L": draw(longest // 2, longest), "w": draw(2, 6), "dilation": draw(2, 5)}

    return make


def probe(answer, inputs):
    return {"mask": answer(int(inputs["L"]), int(inputs["w"]), int(inputs["dilation"]))}


EXERCISE = Exercise(
    name="dilated-mask",
    title="The mask of a dilated window",
    answer="dilated_mask",
    parameters=("L", "w", "dilation"),
    points=2,
    difficulty=1,
    minutes=7,
    cases={
        "a plain window": sizes(6, 3, 1),
        "every second key": sizes(8, 3, 2),
        "a wide dilation": sizes(11, 2, 4),
        "a window of one key": sizes(4, 1, 3),
        "a window longer than the sequence": sizes(5, 9, 2),
        "drawn sizes": drawn(30),
    },
    probe=probe,
    hints=(
        "Everything is in the distance `i - j` of a query from a key. Make the matrix of distances first.",
        "`i = torch.arange(L)[:, None]` and `j = torch.arange(L)` broadcast to (L, L).",
        "Three conditions, joined by `&`: the distance is at least 0, below `w * dilation`, and a multiple of "
        "`dilation`.",
    ),
)
