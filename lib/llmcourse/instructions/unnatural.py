"""Unnatural Instructions: a model sees three examples of tasks, and writes a fourth.

    example   instruction, input, constraints on the output ("None." if there are none)
    core      an example whose fields can be told apart, and that is no repetition; its output is asked for separately

Honovich et al. 2023, section 2: 15 tasks of Super-Natural Instructions were the seeds of 240,670 examples; inputs at
temperature 1, outputs greedily; examples without one of the fields, those like a shown one and repetitions are left
out. Departs from it: the teacher is SmolLM2, and the seeds are this course's mixture or anyone's.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from random import Random

from .schema import Task
from .teachers import Teacher, ask

FIELDS = ("Instruction", "Input", "Constraints")


@dataclass(frozen=True)
class Unnatural:
    """One example; the output is empty until the teacher has been asked for it."""

    instruction: str
    input: str
    constraints: str = "None."
    output: str = ""


def seeds(tasks: Iterable[Task], rng: Random) -> list[Unnatural]:
    """An example of each task, with one of its instances; the constraints of a classification are its labels."""
    found = []
    for task in tasks:
        labels = sorted({x.output[0] for x in task.instances})
        told = f"The output should be one of {', '.join(map(repr, labels))}." if len(labels) <= 6 else "None."
        found.append(Unnatural(task.definition, rng.choice(task.instances).input, told))
    return found


def prompt(shown: Sequence[Unnatural]) -> str:
    """Three examples and the head of the fourth. Raises ValueError for another number, and for an empty pool."""
    if len(shown) != 3:
        raise ValueError(f"The prompt shows three examples, and there are {len(shown)}.")
    rows = [
        f"Example {i}\nInstruction: {x.instruction}\nInput: {x.input}\nConstraints: {x.constraints}\n"
        for i, x in enumerate(shown, 1)
    ]
    return "\n".join([*rows, "Example 4\nInstruction:"])


def parse(text: str) -> Unnatural | None:
    """What was written after the prompt, up to the next example; None where a field is missing or empty."""
    text = "Instruction:" + re.split(r"\n\s*Example \d", text)[0]
    pattern = r"\s*".join(rf"{name}:\s*(?P<{name}>.*?)" for name in FIELDS)
    found = re.fullmatch(pattern, text.strip(), re.DOTALL)
    values = [found[name].strip() for name in FIELDS] if found else []
    return Unnatural(*values) if all(values) and found else None


def why_not(example: Unnatural | None, shown: Sequence[Unnatural], pool: Sequence[Unnatural]) -> str:
    """Why an example is left out; "" if it is kept."""
    if example is None:
        return "fields are missing"
    same = lambda x: (x.instruction.lower(), x.input.lower())
    if same(example) in {same(x) for x in shown}:
        return "copied from the prompt"
    return "repeated" if same(example) in {same(x) for x in pool} else ""


def generate(teacher: Teacher, pool: Sequence[Unnatural], count: int, rng: Random) -> tuple[list[Unnatural], Counter]:
    """What is kept of `count` calls, and how many were left out, by the reason. Only seeds are shown, as in the paper.

    Raises ValueError for a pool of fewer than three.
    """
    if len(pool) < 3:
        raise ValueError(f"The pool has {len(pool)} examples, and three are shown. Begin with three seeds at least.")
    shown = [rng.sample(list(pool), 3) for _ in range(count)]
    kept: list[Unnatural] = []
    refused: Counter = Counter()
    for three, text in zip(shown, ask(teacher, [prompt(three) for three in shown])):
        example = parse(text)
        if why := why_not(example, three, kept):
            refused[why] += 1
        else:
            kept.append(example)
    return kept, refused


def answered(teacher: Teacher, examples: Sequence[Unnatural]) -> list[Unnatural]:
    """The examples with outputs, which the teacher is asked for; those that it leaves empty are left out."""
    told = lambda x: f"{x.instruction}\n{x.input}" + ("" if x.constraints == "None." else f"\n{x.constraints}")
    texts = ask(teacher, [told(x) for x in examples])
    return [
        Unnatural(x.instruction, x.input, x.constraints, text.strip())
        for x, text in zip(examples, texts)
        if text.strip()
    ]
