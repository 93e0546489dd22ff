"""Tasks on one or two numbers: arithmetic, and comparisons."""

from random import Random

from .program import Program
from .source import Source

YES_NO = {"yes": "no", "no": "yes"}


def two(x: str) -> tuple[int, int]:
    return tuple(map(int, x.split(" and ")))


def programs(source: Source) -> list[Program]:
    return [*calculated(), *compared()]


def calculated() -> list[Program]:
    def number(rng: Random) -> str:
        return str(rng.randint(2, 99))

    def numbers(rng: Random) -> str:
        return f"{rng.randint(11, 99)} and {rng.randint(2, 10)}"

    make = lambda name, definition, draw, solve, why, slip, why_not: Program(
        name, "arithmetic", definition, draw, lambda x: str(solve(x)), why, lambda x: str(slip(x)), why_not
    )
    return [
        make(
            "sum",
            "You are given two numbers. Add them, and write the sum.",
            numbers,
            lambda x: sum(two(x)),
            "The numbers {x} add up to {y}.",
            lambda x: two(x)[0] - two(x)[1],
            "{wrong} is what is left when the second number is taken away. The sum is {y}.",
        ),
        make(
            "difference",
            "You are given two numbers. Take the second away from the first, and write what is left.",
            numbers,
            lambda x: two(x)[0] - two(x)[1],
            "When the second of {x} is taken away from the first, {y} is left.",
            lambda x: sum(two(x)),
            "{wrong} is the sum of {x}. Taking the second away leaves {y}.",
        ),
        make(
            "doubled",
            "You are given a number. Write the number that is twice as large.",
            number,
            lambda x: 2 * int(x),
            "Twice {x} is {y}.",
            lambda x: int(x) + 2,
            "{wrong} is two more than {x}. Twice {x} is {y}.",
        ),
        make(
            "ten_more",
            "You are given a number. Write the number that is ten larger.",
            number,
            lambda x: int(x) + 10,
            "{x} and ten are {y}.",
            lambda x: int(x) * 10,
            "{wrong} is ten times {x}. Ten more than {x} is {y}.",
        ),
        make(
            "one_less",
            "You are given a number. Write the number that comes right before it.",
            number,
            lambda x: int(x) - 1,
            "Right before {x} comes {y}.",
            lambda x: int(x) + 1,
            "{wrong} comes after {x}. Before it comes {y}.",
        ),
        make(
            "half",
            "You are given an even number. Write the number that is half as large.",
            lambda rng: str(2 * rng.randint(2, 99)),
            lambda x: int(x) // 2,
            "Half of {x} is {y}.",
            lambda x: int(x) * 2,
            "{wrong} is twice {x}. Half of {x} is {y}.",
        ),
    ]


def compared() -> list[Program]:
    def number(rng: Random) -> str:
        return str(rng.randint(2, 99))

    def numbers(rng: Random) -> str:
        a, b = rng.sample(range(2, 100), 2)
        return f"{a} and {b}"

    def three(rng: Random) -> str:
        return "{}, {} and {}".format(*rng.sample(range(2, 100), 3))

    def maybe_equal(rng: Random) -> str:
        a, b = rng.sample(range(2, 100), 2)
        return f"{a} and {rng.choice((a, b))}"

    of_three = lambda x: [int(n) for n in x.replace(" and", ",").split(", ")]
    make = lambda *rest: Program(rest[0], "numbers", *rest[1:])
    even = lambda x: "even" if int(x) % 2 == 0 else "odd"
    above = lambda x: "yes" if int(x) > 50 else "no"
    equal = lambda x: "yes" if two(x)[0] == two(x)[1] else "no"
    return [
        make(
            "larger_number",
            "You are given two numbers. Write the larger of them.",
            numbers,
            lambda x: str(max(two(x))),
            "Of {x}, the larger is {y}.",
            lambda x: str(min(two(x))),
            "{wrong} is the smaller of {x}. The larger is {y}.",
        ),
        make(
            "smaller_number",
            "You are given two numbers. Write the smaller of them.",
            numbers,
            lambda x: str(min(two(x))),
            "Of {x}, the smaller is {y}.",
            lambda x: str(max(two(x))),
            "{wrong} is the larger of {x}. The smaller is {y}.",
        ),
        make(
            "largest_of_three",
            "You are given three numbers. Write the largest of them.",
            three,
            lambda x: str(max(of_three(x))),
            "None of {x} is larger than {y}.",
            lambda x: str(sorted(of_three(x))[1]),
            "{wrong} is not the largest of {x}: {y} is.",
        ),
        make(
            "even_or_odd",
            'You are given a number. Write "even" if it can be divided by two, else "odd".',
            number,
            even,
            "{x} is {y}: look at its last digit.",
            lambda x: "odd" if even(x) == "even" else "even",
            "{x} is not {wrong}, as its last digit shows. It is {y}.",
        ),
        make(
            "above_fifty",
            'You are given a number. Is it larger than 50? Write "yes" or "no".',
            number,
            above,
            "Compared with 50, the answer for {x} is {y}.",
            lambda x: YES_NO[above(x)],
            "{x} and 50 were compared the wrong way round: the answer is {y}.",
        ),
        make(
            "equal_numbers",
            'You are given two numbers. Are they the same number? Write "yes" or "no".',
            maybe_equal,
            equal,
            "Comparing {x} gives the answer {y}.",
            lambda x: YES_NO[equal(x)],
            "Compare {x} digit by digit: the answer is {y}, and not {wrong}.",
        ),
    ]
