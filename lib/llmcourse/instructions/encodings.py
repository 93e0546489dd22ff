"""Tk-Instruct's encodings: how much of a task stands before the input.

    definition                                        (1, 0, 0)    what to do
    examples alone                                    (0, 2, 0)    two right answers
    definition, positive                              (1, 2, 0)    the encoding that the paper recommends
    definition, positive, negative                    (1, 2, 2)    and two wrong ones
    definition, positive, with explanations           (1, 2, 0)    and why they are right

Wang et al. 2022, section 5 and appendix C. The text is that of the released code, letter by letter: every part ends in
a punctuation mark, and a full stop is added where there is none; all lines of an example but its input begin with a
space; examples that would not fit into the context are left out, the last first.
"""

import string
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from .schema import Example, Instance, Task


@dataclass(frozen=True)
class Encoding:
    """What stands before the input: the definition or not, how many examples, and the reasons or not."""

    definition: bool = True
    positive: int = 0
    negative: int = 0
    explanation: bool = False


DEFINITION = Encoding()
EXAMPLES = Encoding(definition=False, positive=2)
POSITIVE = Encoding(positive=2)
NEGATIVE = Encoding(positive=2, negative=2)
EXPLAINED = Encoding(positive=2, explanation=True)
ENCODINGS = {  # what the released code chooses from for each training example
    "definition": DEFINITION,
    "+ 2 positive": POSITIVE,
    "+ 2 negative": NEGATIVE,
    "+ explanations": EXPLAINED,
    "examples alone": EXAMPLES,
}


def line(name: str, text: str) -> str:
    """Name and text, with a full stop unless they end in a punctuation mark of ASCII."""
    row = name + text.strip()
    return row if row[-1] in string.punctuation else f"{row}."


def shown(kind: str, number: int, example: Example, explanation: bool) -> str:
    """One example as the model reads it: kind is "Positive" or "Negative". A reason that is empty is left out."""
    rows = [line("Input: ", example.input), line(" Output: ", example.output)]
    if explanation and example.explanation:
        rows.append(line(" Explanation: ", example.explanation))
    return "\n".join([f" {kind} Example {number} -", *rows]) + "\n\n"


def encode(
    task: Task,
    given: Instance | str,
    encoding: Encoding = POSITIVE,
    fits: Callable[[str], bool] | None = None,
) -> str:
    """The prompt for one input of a task; the answer comes right after it.

    fits  whether a prompt is short enough; None: every one is. The definition and the input always stay.
    """
    question = given if isinstance(given, str) else given.input
    asked = f"Now complete the following example -\n{line('Input: ', question)}\nOutput: "
    before = line("Definition: ", task.definition) + "\n\n" if encoding.definition else ""
    for kind, examples in (
        ("Positive", task.positive[: encoding.positive]),
        ("Negative", task.negative[: encoding.negative]),
    ):
        for number, example in enumerate(examples, 1):
            more = before + shown(kind, number, example, encoding.explanation)
            if fits and not fits(more + asked):
                break
            before = more
    return before + asked


def pairs(
    task: Task, rng: Random, count: int | None = None, encodings: tuple[Encoding, ...] = (POSITIVE,)
) -> list[tuple[str, str]]:
    """(prompt, answer) for `count` of a task's instances, in random order, each in an encoding drawn from those.

    For models.tuning: the space after "Output:" has moved to the answer, as a causal model's tokenizer wants it, and
    a line break ends the answer.
    """
    size = len(task.instances) if count is None else min(count, len(task.instances))
    return [
        (encode(task, x, rng.choice(encodings)).removesuffix(" "), f" {rng.choice(x.output)}\n")
        for x in rng.sample(task.instances, size)
    ]
