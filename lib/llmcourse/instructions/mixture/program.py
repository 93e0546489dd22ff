"""Programs that make tasks: each draws inputs, answers them, and says why an answer is right or wrong."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from ..schema import Example, Instance, Task

FEW = 15  # outputs: a task with fewer different ones is a classification, and its instances are balanced
PATIENCE = 200  # draws for each input that is wanted


@dataclass(frozen=True)
class Program:
    """A task, as a program.

    draw     a random input
    solve    input -> output; it reads the text of the input and nothing else
    why      why an output y is right for an input x, as a format: "{x} begins with {y}."
    slip     input -> an output that somebody might give and that is wrong, or None if there is none for this input
    why_not  why that is wrong, as a format with x, y and wrong
    """

    name: str
    category: str
    definition: str
    draw: Callable[[Random], str]
    solve: Callable[[str], str]
    why: str
    slip: Callable[[str], str | None]
    why_not: str


def build(program: Program, instances: int, seed: int) -> Task:
    """The task. Raises ValueError if the program does not draw as many different inputs."""
    rng = Random(f"{program.name} {seed}")
    rows = _inputs(program, instances + 4, rng)
    wrong = [x for x in rows if _slip(program, x)][:2]
    right = _unlike([(x, y) for x, y in rows.items() if x not in wrong])
    told = [Example(x, y, program.why.format(x=x, y=y)) for x, y in right]
    refused = [
        Example(x, _slip(program, x), program.why_not.format(x=x, y=rows[x], wrong=_slip(program, x))) for x in wrong
    ]
    left = [Instance(x, (y,)) for x, y in rows.items() if x not in wrong and (x, y) not in right]
    return Task(
        program.name, program.definition, (program.category,), tuple(told), tuple(refused), tuple(left[:instances])
    )


def _inputs(program: Program, count: int, rng: Random) -> dict[str, str]:
    """Different inputs with their outputs; of a classification, each label as often as any other, if it is not rare."""
    labels = {program.solve(program.draw(rng)) for _ in range(60)}
    most = -(-count // len(labels)) if len(labels) < FEW else count
    rows, seen = {}, Counter()
    for i in range(PATIENCE * count):
        most += i % (10 * count) == 10 * count - 1  # a label is too rare: let the others have more
        x = program.draw(rng)
        y = program.solve(x)
        if x not in rows and seen[y] < most:
            rows[x] = y
            seen[y] += 1
        if len(rows) == count:
            return rows
    raise ValueError(f"{program.name} draws {len(rows)} different inputs, and {count} are wanted. Ask for fewer.")


def _slip(program: Program, x: str) -> str | None:
    wrong = program.slip(x)
    return wrong if wrong != program.solve(x) else None


def _unlike(rows: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """The first two rows with different outputs."""
    first = rows[0]
    return [first, next((row for row in rows if row[1] != first[1]), rows[1])]
