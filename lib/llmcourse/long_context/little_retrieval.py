"""The Little Retrieval Test: numbered lines with a number each, and among them the instruction to report one of them.

    n      lines                 asked   the line that the instruction asks for, 1 to n
    place  lines before the instruction, 0 to n

The instruction comes before the end, often before the line that it asks for: whoever reads from left to right must
remember either all the lines or the instruction.

Papailiopoulos, Lee and Sohn 2023, "The Little Retrieval Test" (github.com/anadim/the-little-retrieval-test); lines as
in Li et al. 2023, "How long can open-source LLMs truly promise on context length?".
"""

import random
import re
from collections.abc import Sequence
from typing import NamedTuple

LINE = "line {number}: REGISTER_CONTENT is <{content}>"
INSTRUCTION = (
    "[EXECUTE THIS]: Go to line {asked} and report only REGISTER_CONTENT, without any context or additional text, "
    "just the number, then EXIT"
)
MOST = 10_000  # contents are below
_LINE, _ASKED = re.compile(r"^line (\d+): REGISTER_CONTENT is <(\d+)>$", re.M), re.compile(r"Go to line (\d+) and")


class Test(NamedTuple):
    """One test: its text, the line that is asked for, and each line's content."""

    text: str
    asked: int
    contents: dict[int, int]

    @property
    def answer(self) -> int:
        return self.contents[self.asked]


def write(contents: dict[int, int], asked: int, place: int) -> str:
    """The text of a test: lines in the order of `contents`, the instruction after the first `place` of them.

    Raises ValueError if that line or place does not exist.
    """
    if asked not in contents:
        raise ValueError(f"Line {asked} is asked for, but there are only the lines {sorted(contents)}.")
    if not 0 <= place <= len(contents):
        raise ValueError(f"place is {place}, but the instruction can stand after 0 to {len(contents)} lines.")
    lines = [LINE.format(number=number, content=content) for number, content in contents.items()]
    return "\n".join([*lines[:place], INSTRUCTION.format(asked=asked), *lines[place:]])


def draw(n: int, rng: random.Random, shuffled: bool = False) -> Test:
    """A test of n lines with different contents; lines are in order, or shuffled. Raises ValueError for n below 1."""
    if not 1 <= n <= MOST:
        raise ValueError(f"n is {n}, but a test has 1 to {MOST} lines.")
    numbers = list(range(1, n + 1))
    if shuffled:
        rng.shuffle(numbers)
    contents = dict(zip(numbers, rng.sample(range(MOST), n)))
    asked = rng.randint(1, n)
    return Test(write(contents, asked, rng.randint(0, n)), asked, contents)


def parse(text: str) -> Test:
    """The test that a text is. Raises ValueError if it asks for no line, or for one that it does not have."""
    contents = {int(number): int(content) for number, content in _LINE.findall(text)}
    found = _ASKED.search(text)
    if not found or int(found[1]) not in contents:
        raise ValueError("This is no test: it asks for no line, or for a line that it does not have.")
    return Test(text, int(found[1]), contents)


def reported(written: str) -> int | None:
    """The first number that an answer has, or None."""
    found = re.search(r"\d+", written)
    return int(found[0]) if found else None


def right(written: str, test: Test) -> bool:
    """Whether an answer reports the content that was asked for. Words around the number do no harm."""
    return reported(written) == test.answer


def prompts(test: Test) -> tuple[str, list[str]]:
    """How a language model is asked without having to write: a context, and one candidate answer for each line."""
    context = f"{test.text}\n\nline {test.asked}: REGISTER_CONTENT is <"
    return context, [f"{content}>" for content in test.contents.values()]


def share(answers: Sequence[str], tests: Sequence[Test]) -> float:
    """The share of right answers."""
    if len(answers) != len(tests) or not tests:
        raise ValueError(f"{len(answers)} answers to {len(tests)} tests: one each, and at least one.")
    return sum(map(right, answers, tests)) / len(tests)
