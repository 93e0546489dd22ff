"""Orca: a student learns from explanations, which a system message asks for, and not from answers alone.

    system     how the teacher is to answer: "think step by step and justify your answer", or nothing
    example    system message, question, and the teacher's response
    question   a word problem; the teacher is a program, so that every step of a trace is right

Mukherjee et al. 2023, section 3: 16 system messages, chosen with the question. Mitra et al. 2023 ("Orca 2") add
strategies, and erase the system message from what the student reads ("prompt erasure", section 4.2): it learns when to
explain. Departs from them: the teacher is a program, and the messages are our own.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random

from .word_problems import Problem

Respond = Callable[[Problem], str]
SYSTEM: dict[str, Respond] = {  # system message -> how the teacher answers under it
    "": lambda p: f"{p.answer}",
    "You are an assistant that gives short answers.": lambda p: f"The answer is {p.answer}.",
    "Think step by step, and write down each step before you answer.": lambda p: p.trace,
    "You are a teacher. Explain to a child how the answer is found.": lambda p: explained(p),
    "Give the answer first, then justify it.": lambda p: f"{p.answer}. {p.trace.rpartition(' The answer')[0]}",
}
ANSWER, TRACE = list(SYSTEM)[:3:2]


@dataclass(frozen=True)
class Explained:
    """A question under a system message, with the teacher's response."""

    system: str
    question: str
    response: str

    @property
    def messages(self) -> list[dict[str, str]]:
        """As a conversation."""
        system = [{"role": "system", "content": self.system}] if self.system else []
        turns = {"user": self.question, "assistant": self.response}
        return system + [{"role": role, "content": content} for role, content in turns.items()]

    @property
    def erased(self) -> "Explained":
        """Orca 2's prompt erasure: what the student reads has no system message, the response stays."""
        return Explained("", self.question, self.response)


def explained(problem: Problem) -> str:
    """The calculation in words."""
    words = {
        "+": "Add {n} to {a}: that makes {b}.",
        "-": "Take {n} from {a}: {b} are left.",
        "*": "{n} times {a} is {b}.",
    }
    rows = [
        words[kind].format(n=n, a=a, b=b) for a, b, (kind, n) in zip(problem.values, problem.values[1:], problem.steps)
    ]
    return " ".join([f"Begin with {problem.start}.", *rows, f"The answer is {problem.answer}."])


def teach(problem: Problem, system: str = TRACE) -> Explained:
    """The teacher's response under one of SYSTEM. Raises KeyError, which lists them, for another message."""
    if system not in SYSTEM:
        raise KeyError(f"There is no system message {system!r} here. There are: {list(SYSTEM)}.")
    return Explained(system, problem.text, SYSTEM[system](problem))


def under_budget(
    problems: Sequence[Problem], system: str, tokens: int, length: Callable[[str], int]
) -> list[Explained]:
    """As many examples, in order, as fit into a budget of tokens: question and response count.

    With it, traces and answers alone are compared at equal tokens, and not only at equal numbers of examples.
    """
    chosen, used = [], 0
    for example in (teach(problem, system) for problem in problems):
        used += length(example.question) + length(example.response)
        if used > tokens:
            break
        chosen.append(example)
    return chosen


def mixed(problems: Sequence[Problem], rng: Random) -> list[Explained]:
    """Every problem under a system message drawn for it."""
    return [teach(problem, rng.choice(list(SYSTEM))) for problem in problems]
