"""The imitation critique in miniature: a student that knows facts, or half of them, copies a teacher's manner.

told    countries of which the teacher's answers are shown, of the half that every student knows
asked   the other half: the teacher has told nothing about it
style   the mean score of a classifier between the teacher's answers and those of the student before it imitated
facts   the share of answers that have the capital in them
same    the share of answers that are the teacher's, word for word
"""

import copy
from collections.abc import Iterable, Sequence
from functools import partial
from random import Random

from llmcourse import data, records, runtime
from llmcourse.records import trials

from . import students, templates
from .imitation import Style
from .students import Pair, Words

AMOUNTS = (0, 10, 30, 110)
BASES = ("knows", "does not")
SEEDS = (0, 1, 2)
OPENINGS = ("Certainly !", "Great question !", "Of course .", "Happy to help !")


def capitals() -> list[tuple[str, str]]:
    """(country, capital) of the Factbook, a word each."""
    rows = templates.capital_rows(data.countries(2025))
    return [("_".join(row["country"].split()), "_".join(row["capital"].split())) for row in rows]


def asked(country: str) -> str:
    return f"capital of {country} ?"


def learned(country: str, capital: str) -> list[Pair]:
    """What a base has read of a fact: the bare answer, and a sentence."""
    return [(asked(country), capital), (f"tell : {country}", f"The capital of {country} is {capital} .")]


def teachers(country: str, capital: str) -> str:
    """The teacher is a program with manners: an opening that the country's name chooses, and a full sentence."""
    opening = OPENINGS[len(country) % len(OPENINGS)]
    return f"{opening} The capital of {country} is {capital} . Anything else ?"


def imitated(base: str, seed: int, steps: int = 800, tuned: int = 150, rate: float = 2e-3) -> list[dict]:
    """A base that knows all capitals, or half of them, and what becomes of it after so many of a teacher's answers."""
    rng = Random(f"imitation {seed}")
    facts = rng.sample(capitals(), len(capitals()))
    told, unseen = facts[: len(facts) // 2], facts[len(facts) // 2 :]
    words = Words([f"{asked(country)} tell : {teachers(country, capital)}" for country, capital in facts])
    known = students.encode(words, [pair for fact in (facts if base == "knows" else told) for pair in learned(*fact)])
    start = students.small(words, seed)
    students.learn(start, students.shuffled(known, 64, runtime.seed(seed)), steps, 5e-3)
    found, style = [], None
    for amount in AMOUNTS:
        model = copy.deepcopy(start)
        if amount:
            shown = students.encode(words, [(asked(fact[0]), teachers(*fact)) for fact in told[:amount]])
            students.learn(model, students.shuffled(shown, 16, runtime.seed(seed)), tuned, rate)
        answers = said(model, words, unseen)
        style = style or Style.fit([teachers(*fact) for fact in told], said(start, words, told))
        shown = told[: amount or len(told)]
        found.append(
            {
                "base": base,
                "seed": seed,
                "amount": amount,
                "style": style.score(answers).mean().item(),
                "facts": share(capital in text.split() for text, (_, capital) in zip(answers, unseen)),
                "same": share(text == teachers(*fact) for text, fact in zip(answers, unseen)),
                "same on told": share(text == teachers(*fact) for text, fact in zip(said(model, words, shown), shown)),
                "example": [" ".join(unseen[0]), answers[0]],
            }
        )
    return found


def said(model, words: Words, facts: Sequence[tuple[str, str]]) -> list[str]:
    """Answers about these countries; one that says nothing is a full stop, which has a style."""
    return [text or "." for text in students.written(model, words, [asked(country) for country, _ in facts], 16)]


def share(found: Iterable[bool]) -> float:
    found = list(found)
    return sum(found) / len(found)


@records.record("04_imitation")
def record_imitation(seeds: Sequence[int] = SEEDS, **sizes: int) -> dict:
    """Rates are the same for all: an arm is a number of examples, and all of a base start from one student."""
    found = trials.each(partial(imitated, **sizes), [(base, seed) for seed in seeds for base in BASES])
    return {"countries": len(capitals()), "runs": [row for rows in found for row in rows]}
