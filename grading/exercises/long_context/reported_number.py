"""The private half of reported-number."""

import re

from llmcourse.checks.labs.long_context.reported_number import FORMS, answers
from llmcourse.long_context import little_retrieval

from grading.exercises import misconception, reference, variant

CASES = {
    "all kinds": answers(*FORMS),
    "all kinds, backwards": answers(*reversed(FORMS)),
    "two of each": answers(*FORMS, *FORMS),
}


@reference
def reported(written):
    return little_retrieval.reported(written)


@variant
def with_findall(written):
    found = re.findall("[0-9]+", written)
    return int(found[0]) if found else None


@variant
def by_hand(written):
    digits = ""
    for letter in written:
        if letter in "0123456789":
            digits += letter
        elif digits:
            break
    return int(digits) if digits else None


@misconception(
    says="the last number of the answer",
    hint="The first number is what it reports; what it adds later does not count: `re.search`.",
)
def the_last(written):
    found = re.findall(r"\d+", written)
    return int(found[-1]) if found else None


@misconception(
    says="the digits of all numbers, joined into one",
    hint="Stop where the first run of digits ends.",
)
def all_digits(written):
    digits = "".join(letter for letter in written if letter in "0123456789")
    return int(digits) if digits else None


@misconception(
    says="the first digit alone",
    hint="A number is a run of digits: `\\d+`, with the plus.",
)
def one_digit(written):
    found = re.search(r"\d", written)
    return int(found[0]) if found else None


@misconception(
    says="a number only where the answer begins with it",
    hint="`re.match` looks at the beginning alone; `re.search` looks everywhere.",
)
def at_the_beginning(written):
    found = re.match(r"\d+", written)
    return int(found[0]) if found else None


@misconception(
    says="a number only where the answer is nothing else",
    hint="Words and brackets around the number do no harm: look for the digits in the text.",
)
def nothing_else(written):
    return int(written) if written.isdigit() else None


@misconception(
    says="0 where there is no number",
    hint="0 is a number that a line might have: return None.",
)
def zero_for_none(written):
    found = re.search(r"\d+", written)
    return int(found[0]) if found else 0


@misconception(
    says="the number as a text",
    hint="Compare numbers, not texts: `int(...)`, so that 0431 is 431.",
)
def as_text(written):
    found = re.search(r"\d+", written)
    return found[0] if found else None


@misconception(
    says="a number with the minus sign in front of it",
    hint="Contents are never negative; a dash in front of a number is a dash. Look for digits alone.",
)
def with_minus(written):
    found = re.search(r"-?\d+", written)
    return int(found[0]) if found else None


@misconception(
    says="numbers only where spaces surround them",
    hint="Brackets, full stops and letters may touch the number: do not split at spaces.",
)
def between_spaces(written):
    return next((int(word) for word in written.split() if word.isdigit()), None)


EQUIVALENT = {}
