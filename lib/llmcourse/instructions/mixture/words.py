"""Tasks that pick one word from a list."""

from random import Random

from .program import Program
from .source import Source


def listed(x: str) -> list[str]:
    return x.split(", ")


def programs(source: Source) -> list[Program]:
    def lists(rng: Random) -> str:
        """Words of which one is the longest and one the shortest."""
        while True:
            words = source.words(rng, 3, 5)
            lengths = sorted(map(len, words))
            if lengths[0] < lengths[1] and lengths[-2] < lengths[-1]:
                return ", ".join(words)

    def with_letter(rng: Random) -> str:
        """A letter that stands in one of the words."""
        while True:
            words = source.words(rng, 3, 4)
            letters = [c for w in words for c in set(w) if sum(c in other for other in words) == 1]
            if letters:
                return f"{', '.join(words)}. Letter: {rng.choice(sorted(letters))}"

    def that_has(x: str) -> str:
        words, letter = x.split(". Letter: ")
        return next(w for w in listed(words) if letter in w)

    def that_has_not(x: str) -> str:
        words, letter = x.split(". Letter: ")
        return next(w for w in listed(words) if letter not in w)

    make = lambda *rest: Program(rest[0], "words", rest[1], lists, *rest[2:])
    first, last = (lambda x: listed(x)[0]), (lambda x: listed(x)[-1])
    long, short = (lambda x: max(listed(x), key=len)), (lambda x: min(listed(x), key=len))
    return [
        make(
            "first_word",
            "You are given several words with commas between them. Write the first of them.",
            first,
            'The list begins with "{y}".',
            last,
            '"{wrong}" stands at the end. The first word is "{y}".',
        ),
        make(
            "last_word",
            "You are given several words with commas between them. Write the one at the end.",
            last,
            'At the end stands "{y}".',
            first,
            '"{wrong}" stands at the beginning. At the end stands "{y}".',
        ),
        make(
            "second_word",
            "You are given several words with commas between them. Write the second of them.",
            lambda x: listed(x)[1],
            'The second word, after the first comma, is "{y}".',
            first,
            '"{wrong}" is the first word. The second is "{y}".',
        ),
        make(
            "longest_word",
            "You are given several words with commas between them. Write the one with the most letters.",
            long,
            'No other word has as many letters as "{y}".',
            short,
            '"{wrong}" has the fewest letters. "{y}" has the most.',
        ),
        make(
            "shortest_word",
            "You are given several words with commas between them. Write the one with the fewest letters.",
            short,
            'No other word has as few letters as "{y}".',
            long,
            '"{wrong}" has the most letters. "{y}" has the fewest.',
        ),
        Program(
            "word_with_the_letter",
            "words",
            "You are given several words, and after them a letter. Write the word that contains this letter.",
            with_letter,
            that_has,
            'The letter stands in "{y}", and in no other of the words.',
            that_has_not,
            'The letter does not stand in "{wrong}". It stands in "{y}".',
        ),
    ]
