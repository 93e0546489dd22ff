"""Test tasks that put a list in order."""

from random import Random

from .arithmetic import YES_NO
from .program import Program
from .source import Source
from .words import listed


def programs(source: Source) -> list[Program]:
    def lists(rng: Random) -> str:
        return ", ".join(source.words(rng, 3, 4))

    def numbers(rng: Random) -> str:
        return ", ".join(map(str, rng.sample(range(2, 100), rng.randint(3, 4))))

    def repeated(rng: Random) -> str:
        words = source.words(rng, 3, 4)
        words.insert(rng.randint(1, len(words)), words[0])
        return ", ".join(words)

    def maybe_ordered(rng: Random) -> str:
        words = source.words(rng, 3, 4)
        return ", ".join(sorted(words) if rng.random() < 0.5 else words)

    join = ", ".join
    ordered = lambda x: "yes" if listed(x) == sorted(listed(x)) else "no"
    make = lambda *rest: Program(rest[0], "ordering", *rest[1:])
    return [
        make(
            "first_in_a_dictionary",
            "Which of these words would stand before the others in a dictionary?",
            lists,
            lambda x: min(listed(x)),
            "In alphabetical order, {y} comes before the other words.",
            lambda x: max(listed(x)),
            "{wrong} comes after all the others. {y} comes before them.",
        ),
        make(
            "last_in_a_dictionary",
            "Which of these words would stand behind the others in a dictionary?",
            lists,
            lambda x: max(listed(x)),
            "In alphabetical order, {y} comes after the other words.",
            lambda x: min(listed(x)),
            "{wrong} comes before all the others. {y} comes after them.",
        ),
        make(
            "turned_round",
            "Repeat these words in the opposite order, with commas between them.",
            lists,
            lambda x: join(listed(x)[::-1]),
            "Read from the end, the words are {y}.",
            lambda x: join(sorted(listed(x))),
            "In {wrong} the words are sorted, and not turned round.",
        ),
        make(
            "rising_numbers",
            "Sort these numbers, the smallest first, with commas between them.",
            numbers,
            lambda x: join(sorted(listed(x), key=int)),
            "From the smallest to the largest, the numbers are {y}.",
            lambda x: join(sorted(listed(x), key=int, reverse=True)),
            "{wrong} begins with the largest number. It should be {y}.",
        ),
        make(
            "without_the_repeated",
            "A word stands in this list twice. Repeat the list without the second time, with commas between the words.",
            repeated,
            lambda x: join(dict.fromkeys(listed(x))),
            "When each word stands there once, the list is {y}.",
            lambda x: join(w for w in listed(x) if listed(x).count(w) == 1),
            "{wrong} leaves the repeated word out altogether. It should stay once: {y}.",
        ),
        make(
            "alphabetical_or_not",
            'Do these words stand in alphabetical order? Answer "yes" or "no".',
            maybe_ordered,
            ordered,
            "Comparing each word with the next gives the answer {y}.",
            lambda x: YES_NO[ordered(x)],
            "Compare each word with the next: the answer is {y}.",
        ),
    ]
