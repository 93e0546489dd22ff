"""Tasks on the letters of one word."""

import re

from .program import Program
from .source import Source

VOWELS = "aeiou"


def programs(source: Source) -> list[Program]:
    make = lambda *rest: Program(rest[0], "letters", rest[1], source.word, *rest[2:])
    return [
        make(
            "first_letter",
            "You are given a word. Write its first letter.",
            lambda x: x[0],
            'The word "{x}" begins with "{y}".',
            lambda x: x[-1],
            '"{wrong}" is the last letter of "{x}". The first is "{y}".',
        ),
        make(
            "last_letter",
            "You are given a word. Write the letter that it ends in.",
            lambda x: x[-1],
            'The word "{x}" ends in "{y}".',
            lambda x: x[0],
            '"{wrong}" is the first letter of "{x}". It ends in "{y}".',
        ),
        make(
            "letter_count",
            "You are given a word. Count its letters, and write the number.",
            lambda x: str(len(x)),
            'The word "{x}" has {y} letters.',
            lambda x: str(len(set(x))),
            '"{x}" has {wrong} different letters, but repeated ones count as well: {y}.',
        ),
        make(
            "without_vowels",
            "You are given a word. Leave out its vowels a, e, i, o and u, and write what is left.",
            lambda x: re.sub(f"[{VOWELS}]", "", x),
            'Without its vowels, "{x}" is "{y}".',
            lambda x: "".join(c for c in x if c in VOWELS),
            '"{wrong}" are the vowels of "{x}". What is left without them is "{y}".',
        ),
        make(
            "vowel_count",
            "You are given a word. How many of its letters are vowels (a, e, i, o or u)? Write the number.",
            lambda x: str(sum(c in VOWELS for c in x)),
            'There are {y} vowels in "{x}".',
            lambda x: str(sum(c not in VOWELS for c in x)),
            '"{x}" has {wrong} letters that are no vowels. It has {y} vowels.',
        ),
        make(
            "spelled_backwards",
            "You are given a word. Write it backwards, from its last letter to its first.",
            lambda x: x[::-1],
            'From its last letter to its first, "{x}" is "{y}".',
            lambda x: x[-1] + x[1:-1] + x[0],
            'In "{wrong}" only the ends of "{x}" have changed places. Backwards, it is "{y}".',
        ),
    ]
