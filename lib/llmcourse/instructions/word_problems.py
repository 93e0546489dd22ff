"""Word problems with answers that a program knows: what Orca's traces, Evol-Instruct and MetaMath are tried on.

    problem   somebody has `start` things, and something happens to them, step by step
    step      (kind, number): "+" gets more, "-" gives away, "*" has so many times as many
    level     how many steps there are: the difficulty
    trace     the calculation, a sentence a step, with the answer at the end

`read` turns a text back into the problem, so that any text in one of the wordings can be checked.
"""

import re
from dataclasses import dataclass, replace
from random import Random

NAMES = ("Ann", "Ben", "Clara", "David", "Emma", "Frank", "Grace", "Henry")
THINGS = ("apples", "books", "cards", "coins", "eggs", "pens", "shells", "stamps")
WORDINGS = (  # the first sentence, one for each kind of step, and the question
    {
        "has": "{name} has {n} {things}.",
        "+": "Then {name} gets {n} more.",
        "-": "Then {name} gives {n} away.",
        "*": "Then {name} has {n} times as many.",
        "asks": "How many {things} does {name} have now?",
    },
    {
        "has": "There are {n} {things} on {name}'s table.",
        "+": "A friend adds {n} to them.",
        "-": "A friend takes {n} of them.",
        "*": "After a week there are {n} times as many.",
        "asks": "How many {things} are there in the end on {name}'s table?",
    },
    {
        "has": "In the morning, {name} counts {n} {things}.",
        "+": "Later {n} others arrive.",
        "-": "Later {n} are lost.",
        "*": "Later the number becomes {n} times as large.",
        "asks": "How many {things} can {name} count in the evening?",
    },
)
NAME = r"(?P<name>[A-Z][a-z]+)"
LARGEST = 999  # no number on the way is larger, and none is below 1


@dataclass(frozen=True)
class Problem:
    """A word problem; `wording` is an index into WORDINGS."""

    name: str
    things: str
    start: int
    steps: tuple[tuple[str, int], ...]
    wording: int = 0

    @property
    def level(self) -> int:
        return len(self.steps)

    @property
    def values(self) -> tuple[int, ...]:
        """What is there at the start and after each step."""
        found = [self.start]
        for kind, n in self.steps:
            found.append({"+": found[-1] + n, "-": found[-1] - n, "*": found[-1] * n}[kind])
        return tuple(found)

    @property
    def answer(self) -> int:
        return self.values[-1]

    @property
    def text(self) -> str:
        say = WORDINGS[self.wording]
        fill = {"name": self.name, "things": self.things}
        told = [say["has"].format(n=self.start, **fill)]
        told += [say[kind].format(n=n, **fill) for kind, n in self.steps]
        return " ".join([*told, say["asks"].format(**fill)])

    @property
    def trace(self) -> str:
        """The calculation: "5 + 3 = 8. 8 - 2 = 6. The answer is 6."."""
        rows = [f"{a} {kind} {n} = {b}." for a, b, (kind, n) in zip(self.values, self.values[1:], self.steps)]
        return " ".join([*rows, f"The answer is {self.answer}."])

    @property
    def possible(self) -> bool:
        return all(1 <= value <= LARGEST for value in self.values)


def step(rng: Random, largest: int = 20) -> tuple[str, int]:
    kind = rng.choice("+-*")
    return kind, rng.randint(2, 4 if kind == "*" else largest)


def draw(rng: Random, level: int, wordings: tuple[int, ...] = (0,), largest: int = 20) -> Problem:
    """A problem with `level` steps. Raises ValueError for a level below 1."""
    if level < 1:
        raise ValueError(f"The level is {level}: a problem has one step at least.")
    while True:
        steps = tuple(step(rng, largest) for _ in range(level))
        made = Problem(rng.choice(NAMES), rng.choice(THINGS), rng.randint(2, largest), steps, rng.choice(wordings))
        if made.possible:
            return made


def read(text: str) -> Problem | None:
    """The problem that a text tells, in one of the wordings; None for any other text."""
    for wording, say in enumerate(WORDINGS):
        if found := _read(text.strip(), wording, say):
            return found
    return None


def _read(text: str, wording: int, say: dict[str, str]) -> Problem | None:
    pattern = lambda sentence: re.escape(sentence).replace(r"\{n\}", r"(\d+)")
    named = lambda sentence: pattern(sentence).replace(r"\{name\}", NAME).replace(r"\{things\}", r"(?P<things>[a-z]+)")
    first = re.match(named(say["has"]), text)
    if not first:
        return None
    name, things, steps, at = first["name"], first["things"], [], first.end()
    known = lambda sentence: pattern(sentence.replace("{name}", name).replace("{things}", things))
    while True:
        found = [(k, m) for k in "+-*" if (m := re.compile(" " + known(say[k])).match(text, at))]
        if not found:
            break
        ((kind, match),) = found
        steps.append((kind, int(match[1])))
        at = match.end()
    if text[at:] != " " + say["asks"].format(name=name, things=things) or not steps:
        return None
    return Problem(name, things, int(re.search(r"\d+", first[0])[0]), tuple(steps), wording)


def right(problem: Problem, text: str) -> bool:
    """Is the last number of a text the answer?"""
    numbers = re.findall(r"-?\d+", text)
    return bool(numbers) and int(numbers[-1]) == problem.answer


def trace_holds(problem: Problem, text: str) -> bool:
    """Is every step of a trace right, in order, and the answer too?"""
    return " ".join(text.split()) == problem.trace


# ------------------------------------------------------------------ changes that keep the answer known


def deeper(problem: Problem, rng: Random) -> Problem:
    """One step more."""
    while True:
        made = replace(problem, steps=(*problem.steps, step(rng)))
        if made.possible:
            return made


def larger(problem: Problem, rng: Random) -> Problem:
    """Larger numbers, the same steps."""
    for _ in range(100):
        steps = tuple((k, n if k == "*" else n + rng.randint(5, 40)) for k, n in problem.steps)
        made = replace(problem, start=problem.start + rng.randint(20, 80), steps=steps)
        if made.possible and made.text != problem.text:
            return made
    return problem


def other_story(problem: Problem, rng: Random) -> Problem:
    """Another person, other things and numbers, as many steps."""
    while True:
        made = draw(rng, problem.level, (problem.wording,))
        if (made.name, made.things) != (problem.name, problem.things):
            return made


def reworded(problem: Problem, wording: int) -> Problem:
    """The same problem in other words. Raises ValueError for a wording that there is not."""
    if not 0 <= wording < len(WORDINGS):
        raise ValueError(f"There is no wording {wording}: there are {len(WORDINGS)}, from 0.")
    return replace(problem, wording=wording)
