"""Tasks that write a text in another form."""

from random import Random

from .program import Program
from .source import Source

MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
ONES = ("", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
TENS = ("", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")


def programs(source: Source) -> list[Program]:
    def phrase(rng: Random) -> str:
        return " ".join(source.words(rng, 3, 4))

    def day(rng: Random) -> str:
        return f"{rng.randint(1, 28)} {rng.choice(MONTHS)} {rng.randint(1800, 2020)}"

    def iso(x: str, turned: bool = False) -> str:
        number, month, year = x.split()
        two = [f"{MONTHS.index(month) + 1:02}", f"{int(number):02}"]
        return "-".join([year, *(reversed(two) if turned else two)])

    def spelled(x: str) -> str:
        tens, ones = divmod(int(x), 10)
        return "-".join(part for part in (TENS[tens], ONES[ones]) if part)

    def swapped(x: str) -> str:
        first, *middle, last = x.split()
        return " ".join([last, *middle, first])

    make = lambda *rest: Program(rest[0], "rewriting", *rest[1:])
    return [
        make(
            "capitals",
            "You are given a few words. Write them in capital letters.",
            phrase,
            str.upper,
            'In capital letters, "{x}" is "{y}".',
            str.title,
            'In "{wrong}" only the first letter of each word is a capital.',
        ),
        make(
            "hyphens",
            "You are given a few words. Join them by hyphens in place of the spaces.",
            phrase,
            lambda x: x.replace(" ", "-"),
            'A hyphen in place of each space gives "{y}".',
            lambda x: x.replace(" ", ""),
            '"{wrong}" has neither spaces nor hyphens. It should be "{y}".',
        ),
        make(
            "initials",
            "You are given a few words. Write the first letter of each, one after the other, without spaces.",
            phrase,
            lambda x: "".join(w[0] for w in x.split()),
            'The words of "{x}" begin with the letters of "{y}".',
            lambda x: "".join(w[-1] for w in x.split()),
            '"{wrong}" are the last letters of the words. The first letters are "{y}".',
        ),
        make(
            "ends_swapped",
            "You are given a few words. Exchange the first and the last, and leave the others where they are.",
            phrase,
            swapped,
            'The first and the last word of "{x}" have changed places in "{y}".',
            lambda x: " ".join([x.split()[1], x.split()[0], *x.split()[2:]]),
            'In "{wrong}" the first two words have changed places, and not the first and the last.',
        ),
        make(
            "date_in_numbers",
            "You are given a date in words. Write it in numbers: year, month and day with hyphens, as in 1969-07-20.",
            day,
            iso,
            "The date {x} is {y} when year, month and day are written as numbers.",
            lambda x: iso(x, turned=True),
            "In {wrong} the day stands before the month. It should be {y}.",
        ),
        make(
            "number_in_words",
            "You are given a number. Write it in words.",
            lambda rng: str(rng.choice([n for n in range(20, 100)])),
            spelled,
            "In words, {x} is {y}.",
            lambda x: spelled(x[::-1]) if x[1] > "1" else None,
            "{wrong} would be the number with its digits turned round. {x} is {y}.",
        ),
    ]
