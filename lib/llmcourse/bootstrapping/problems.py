"""Questions whose answers can be checked: sums, written in three ways.

    sum        "47+85="          "132"                       the answer at once                      (ReST-EM)
    columns    "47+85:"          "21,31=132"                 column by column: digit and carry       (STaR)
    chain      "3+8+5+9:"        "8+9=17,17+3=20,20+5=25"    two numbers at a time, in any order     (RFT)

A rationale is right when every one of its steps is; its answer may still be right when a step is wrong, and vice versa.
The methods use the check of the answer; the check of the steps is for us, to see what they let through.
"""

import itertools
import random
import re
from collections.abc import Sequence

# ------------------------------------------------------------------ sums


def sums(digits: int, seed: int, count: int | None = None) -> list[str]:
    """Distinct questions "aa+bb=" in random order: all there are, or `count`."""
    numbers = [f"{i:0{digits}}" for i in range(10**digits)]
    if digits <= 2:
        questions = [f"{a}+{b}=" for a, b in itertools.product(numbers, numbers)]
        random.Random(seed).shuffle(questions)
        return questions[:count]
    rng, questions = random.Random(seed), {}
    while len(questions) < count:
        questions[f"{rng.choice(numbers)}+{rng.choice(numbers)}="] = None
    return list(questions)


def total(question: str) -> int:
    """What the numbers of a question add up to; a hint in brackets is ignored."""
    return sum(int(number) for number in question.rstrip("=:").partition("(")[0].split("+"))


def right(question: str, answer: str) -> bool:
    """The reward: is the number after the last "=" of question and answer the sum?"""
    return (question + answer).rpartition("=")[2] == str(total(question))


# ------------------------------------------------------------------ columns


def columns(question: str) -> str:
    """The rationale of "47+85:" with its answer: from the right, each column's digit and carry, then the sum."""
    a, b = (number[::-1] for number in question.rstrip(":").split("+"))
    carry, steps = 0, []
    for x, y in zip(a, b):
        carry, digit = divmod(int(x) + int(y) + carry, 10)
        steps.append(f"{digit}{carry}")
    return f"{','.join(steps)}={total(question)}"


def hinted(question: str, answer: int | None = None) -> str:
    """The question with its answer as a hint: "47+85(132):"."""
    return f"{question.rstrip(':')}({total(question) if answer is None else answer}):"


def column_questions(digits: Sequence[int], count: int, seed: int) -> list[str]:
    """`count` questions with rationales for each number of digits, or fewer when there are not that many."""
    return [
        question.replace("=", ":") for n in digits for question in sums(n, seed + n, min(count, 10 ** (2 * n) // 2))
    ]


# ------------------------------------------------------------------ chains


def chain_questions(terms: int, count: int, seed: int, largest: int = 9) -> list[str]:
    """Distinct questions "3+8+5+9:" of numbers from 1 to `largest`."""
    rng, questions = random.Random(seed), {}
    while len(questions) < count:
        questions["+".join(str(rng.randint(1, largest)) for _ in range(terms)) + ":"] = None
    return list(questions)


def chain(question: str, rng: random.Random) -> str:
    """One rationale: take two of the remaining numbers, write down their sum, put it back; until one is left."""
    left, steps = [int(x) for x in question.rstrip(":").split("+")], []
    while len(left) > 1:
        i, j = rng.sample(range(len(left)), 2)
        steps.append(f"{left[i]}+{left[j]}={left[i] + left[j]}")
        left = [x for k, x in enumerate(left) if k not in (i, j)] + [left[i] + left[j]]
    return ",".join(steps)


def calculates(question: str, rationale: str) -> bool:
    """The reward of RFT: the right answer, and no false equation on the way."""
    equations = re.findall(r"([0-9+]+)=([0-9]+)", rationale)
    return right(question, rationale) and all(eval_sum(terms) == int(value) for terms, value in equations)


def chain_holds(question: str, rationale: str) -> bool:
    """Is every step right and made of remaining numbers, and is nothing left at the end but the sum?"""
    left = [int(x) for x in question.rstrip(":").split("+")]
    try:
        for step in rationale.split(","):
            terms, _, value = step.partition("=")
            for term in map(int, terms.split("+")):
                left.remove(term)
            left.append(int(value))
            if eval_sum(terms) != int(value):
                return False
    except ValueError:
        return False
    return len(left) == 1


def eval_sum(terms: str) -> int:
    """The sum of "8+9"."""
    return sum(int(term) for term in terms.split("+") if term)
