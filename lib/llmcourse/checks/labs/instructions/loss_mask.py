"""loss-mask: Whose words are learned?"""

import torch

from llmcourse.checks import Exercise

from .cases import number

START, END, SYSTEM, USER, ASSISTANT = 1, 2, 3, 4, 5


def turn(generator, role, longest, odd=True):
    """A turn of a role. `odd`: a word has another role's number; only the place after START says who speaks."""
    said = torch.randint(6, 30, (number(generator, 2, longest),), generator=generator).tolist()
    if odd:
        said[number(generator, 0, len(said) - 1)] = USER if role == ASSISTANT else ASSISTANT
    return [START, role, *said, END]


def conversation(generator, turns, system, longest):
    rows = turn(generator, SYSTEM, longest) if system else []
    for i in range(turns):
        rows += turn(generator, ASSISTANT if i % 2 else USER, longest, odd=i != 2)
    return rows


def conversations(*shapes, longest=4):
    """A batch: (turns, with a system message or not) of each, padded with END."""

    def make(generator):
        rows = [conversation(generator, turns, system, longest) for turns, system in shapes]
        width = max(map(len, rows)) + 2
        return {"tokens": torch.tensor([row + [END] * (width - len(row)) for row in rows])}

    return make


def probe(answer, inputs):
    return {"targets": answer(inputs["tokens"], START, END, ASSISTANT)}


EXERCISE = Exercise(
    name="loss-mask",
    title="Whose words are learned?",
    answer="targets",
    parameters=("tokens", "start", "end", "assistant"),
    points=4,
    difficulty=3,
    minutes=18,
    cases={
        "two conversations of two answers": conversations((4, False), (4, False)),
        "a system message": conversations((4, True), (4, True)),
        "three turns of the assistant, and one": conversations((6, False), (2, True)),
        "the user has the last word": conversations((5, True), (3, False)),
    },
    probe=probe,
    hints=(
        "Decide for each token whether it is learned, then shift: the target at position t is the token at t + 1.",
        "Go through a row with one variable: does the assistant speak? It changes at `start`, where the next token is "
        "the role, and after `end`.",
        "The `end` that closes an assistant's turn is learned; without it, the model never learns to stop. Padding "
        "comes after an `end`, when nobody speaks.",
        "In a loop: at `start`, `speaks = row[t + 1] == assistant` and skip the role; otherwise the token is learned "
        "if `speaks`, and after `end` `speaks = False`. All else is -100, and so is the last position.",
    ),
)
