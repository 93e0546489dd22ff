"""Tasks that read a few lines of Python. What a program prints is found by running it, line by line."""

import ast
import re
from random import Random

from .program import Program
from .source import Source

VERBS = ("add", "count", "find", "get", "load", "make", "print", "read", "save", "set", "sort", "write")


def value(expression: str, names: dict | None = None):
    """What an expression of literals, names, + - * and indices is worth. Raises ValueError for anything else."""
    tree = ast.parse(expression, mode="eval")
    allowed = (
        ast.Expression, ast.Constant, ast.BinOp, ast.Add, ast.Sub, ast.Mult, ast.List, ast.Subscript, ast.Name, ast.Load
    )  # fmt: skip
    if not all(isinstance(node, allowed) for node in ast.walk(tree)):
        raise ValueError(f"{expression!r} is more than literals, names, + - * and indices.")
    return eval(compile(tree, "<task>", "eval"), {"__builtins__": {}}, dict(names or {}))


def programs(source: Source) -> list[Program]:
    def header(rng: Random) -> str:
        parameters = source.words(rng, 1, 4)
        return f"def {rng.choice(VERBS)}_{source.word(rng)}({', '.join(parameters)}):\n    return {parameters[0]}"

    def steps(rng: Random) -> str:
        a, b = rng.sample(source.words(rng, 2, 2), 2)
        return f"{a} = {rng.randint(2, 30)}\n{b} = {a} {rng.choice('+-')} {rng.randint(2, 9)}\nprint({b})"

    def joined(rng: Random) -> str:
        a, b = source.words(rng, 2, 2)
        return f'print("{a}" + "{b}")'

    def indexed(rng: Random) -> str:
        words = source.words(rng, 3, 4)
        return f"items = {words!r}\nprint(items[{rng.randrange(len(words))}])".replace("'", '"')

    def loop(rng: Random) -> str:
        first = rng.randint(0, 9)
        return f'for i in range({first}, {first + rng.randint(2, 12)}):\n    print("{source.word(rng)}")'

    def function(x: str) -> tuple[str, list[str]]:
        name, parameters = re.match(r"def (\w+)\((.*)\):", x).groups()
        return name, parameters.split(", ")

    def printed(x: str) -> str:
        names = {}
        for line in x.splitlines()[:-1]:
            name, expression = line.split(" = ", 1)
            names[name] = value(expression, names)
        return str(value(x.splitlines()[-1].removeprefix("print(").removesuffix(")"), names))

    bounds = lambda x: [int(n) for n in re.findall(r"\d+", x.partition(":")[0])]
    in_code = lambda x: re.findall(r'"(\w+)"', x)
    make = lambda *rest: Program(rest[0], "code", *rest[1:])
    return [
        make(
            "function_name",
            "You are given a Python function. Write the name of the function.",
            header,
            lambda x: function(x)[0],
            "After def stands the name of the function, {y}.",
            lambda x: function(x)[1][0],
            "{wrong} is a parameter. The name of the function stands after def: {y}.",
        ),
        make(
            "parameter_count",
            "You are given a Python function. Count its parameters, and write the number.",
            header,
            lambda x: str(len(function(x)[1])),
            "Between the brackets after the name stand the parameters. Their number is {y}.",
            lambda x: str(len(function(x)[1]) - 1),
            "{wrong} is the number of commas. There is one parameter more than commas: {y}.",
        ),
        make(
            "value_printed",
            "You are given a short Python program. Write the number that it prints.",
            steps,
            printed,
            "The second line computes {y} from the value of the first, and the last line prints it.",
            lambda x: x.split()[2],
            "{wrong} is the value of the first line. What is printed is that of the second: {y}.",
        ),
        make(
            "text_printed",
            "You are given a line of Python that joins two texts. Write the text that it prints.",
            joined,
            printed,
            "With +, the texts are joined without a space: {y}.",
            lambda x: " ".join(in_code(x)),
            "Nothing puts a space between the texts. What is printed is {y}.",
        ),
        make(
            "item_printed",
            "You are given a Python list and an index. Write the item that is printed. Python counts from 0.",
            indexed,
            printed,
            "Counted from 0, the item at that index is {y}.",
            lambda x: in_code(x)[int(re.search(r"\[(\d+)\]", x)[1]) - 1],
            "{wrong} stands at that place when items are counted from 1. Python counts from 0: {y}.",
        ),
        make(
            "loop_count",
            "You are given a Python loop. How many times is its body executed? Write the number.",
            loop,
            lambda x: str(len(range(*bounds(x)))),
            "The range includes its first number and not its last: {y} times.",
            lambda x: str(len(range(*bounds(x))) + 1),
            "The last number of a range is not reached: {y} times, and not {wrong}.",
        ),
    ]
