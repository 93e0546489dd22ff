"""MetaMath: more questions from the same problems, by asking otherwise, and by asking backwards.

    rephrased            the same question in other words
    self-verification    question and answer as a statement, a number as x: "... What is x?"
    backward (FOBAR)     a number as x, and: if the answer is known to be so much, what is x?
    answers augmented    other reasoning paths to the same answer (for these: llmcourse.bootstrapping.rft)

Yu et al. 2024, "MetaMath", section 3; FOBAR is Jiang et al. 2024, self-verification Weng et al. 2023. Xwin-Math (Li et
al. 2024) asks a stronger teacher for new problems instead. As in the released code, every number in digits becomes x in
turn. Departs from it: other wordings are templates, so that every answer stays checkable; SmolLM2 may rephrase as well.
"""

import re
from collections.abc import Sequence
from typing import NamedTuple

from . import word_problems
from .teachers import Teacher, ask
from .word_problems import Problem

NUMBER = re.compile(r"(?<![\w.,])\d[\d,]*(?:\.\d+)?(?![\w])(?<!,)")
UNKNOWN = "x"


class Asked(NamedTuple):
    """A question with its answer, and which way it was made."""

    question: str
    answer: str
    kind: str


def numbers(question: str) -> list[re.Match]:
    """The numbers of a question that are written in digits, in order."""
    return list(NUMBER.finditer(question))


def masked(question: str, which: int) -> tuple[str, str]:
    """The question with its number `which` (from 0) as x, and that number. Raises ValueError if there is no such."""
    found = numbers(question)
    if not 0 <= which < len(found):
        raise ValueError(f"The question has {len(found)} numbers in digits, and none with the index {which}.")
    if re.search(rf"\b{UNKNOWN}\b", question):
        raise ValueError(f"The question speaks of {UNKNOWN} already: the unknown would not be clear.")
    place = found[which]
    return question[: place.start()] + UNKNOWN + question[place.end() :], place[0].replace(",", "")


def backward(question: str, answer: str | int, which: int) -> Asked:
    """FOBAR: the answer is told, and one of the numbers is asked for."""
    asked, number = masked(question, which)
    told = f"If we know the answer to the above question is {answer}, what is the value of unknown variable {UNKNOWN}?"
    return Asked(f"{asked} {told}", number, "backward")


def self_verification(question: str, answer: str | int, which: int) -> Asked:
    """Question and answer as one statement, then what x is. Raises ValueError where the last sentence is no question
    "How many ... does, can or are there"."""
    asked, number = masked(question, which)
    before, sentence = _last(asked)
    return Asked(f"{before} {_statement(sentence, answer)} What is {UNKNOWN}?".strip(), number, "self-verification")


def _last(question: str) -> tuple[str, str]:
    """All sentences but the last, and the last."""
    before, _, last = question.strip().rpartition(". ")
    return (before + "." if before else ""), last


def _statement(sentence: str, answer: str | int) -> str:
    """ "How many apples does Ann have now?" and 7: "Ann has 7 apples now."."""
    body = sentence.rstrip("?")
    if found := re.fullmatch(r"How many (\w+) does (\w+) have(.*)", body):
        things, name, rest = found.groups()
        return f"{name} has {answer} {things}{rest}."
    if found := re.fullmatch(r"How many (\w+) can (\w+) (\w+)(.*)", body):
        things, name, verb, rest = found.groups()
        return f"{name} can {verb} {answer} {things}{rest}."
    if found := re.fullmatch(r"How many (\w+) are there(.*)", body):
        things, rest = found.groups()
        return f"There are {answer} {things}{rest}."
    raise ValueError(f"The last sentence is no question 'How many ... does, can or are there': {sentence!r}.")


def rephrased(problem: Problem) -> list[Asked]:
    """The problem in each of the other wordings: the answer stays."""
    others = [w for w in range(len(word_problems.WORDINGS)) if w != problem.wording]
    return [Asked(word_problems.reworded(problem, w).text, str(problem.answer), "rephrased") for w in others]


def rephrase(teacher: Teacher, questions: Sequence[str]) -> list[str]:
    """A model's own wordings. Whether the answer is still the same, nobody has checked: see `keeps_numbers`."""
    prompts = [f"Write this question in other words, with the same numbers.\n\n{q}" for q in questions]
    return [text.strip().partition("\n")[0] for text in ask(teacher, prompts)]


def keeps_numbers(question: str, other: str) -> bool:
    """Does a rephrased question have the same numbers, in any order? If not, it is another problem."""
    plain = lambda text: sorted(m[0].replace(",", "") for m in numbers(text))
    return plain(question) == plain(other)


def bootstrap(problem: Problem) -> list[Asked]:
    """All questions that a problem gives: itself, rephrased, and both kinds of backward ones for each number.

    Every x is unique: positive numbers that are added, taken away and multiplied lead to each answer one way.
    """
    text, answer = problem.text, problem.answer
    found = [Asked(text, str(answer), "original"), *rephrased(problem)]
    for which in range(len(numbers(text))):
        found += [self_verification(text, answer, which), backward(text, answer, which)]
    return found


def solves(problem: Problem, which: int, x: int) -> bool:
    """Does x, in the place of number `which` of the problem, lead to the problem's answer?"""
    text = problem.text
    place = numbers(text)[which]
    other = word_problems.read(text[: place.start()] + str(x) + text[place.end() :])
    return other is not None and other.answer == problem.answer
