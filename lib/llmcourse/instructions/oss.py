"""OSS-Instruct: real code is the seed of an instruction, and a discriminator decides what is kept.

    snippet    a function of Python's standard library
    problem    what the teacher made of it: a description and a solution
    verdict    why a problem is kept or left out, by a program that reads the solution and runs none of it

Wei et al. 2024, "Magicoder", section 2.1: snippets of 1 to 15 lines, a problem inspired by each. Yu et al. 2024,
"WaveCoder", section 3.2: a generator and a discriminator, whose good and bad cases are shown to the generator in the
next round. Departs from them: the prompts are our own, the generator is SmolLM2, the discriminator a program.
"""

import ast
import functools
import importlib
import inspect
import re
import textwrap
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from .rouge import rouge_l
from .teachers import Teacher, ask

MODULES = (
    "bisect", "calendar", "colorsys", "csv", "difflib", "fnmatch", "fractions", "functools", "graphlib", "heapq",
    "html", "keyword", "posixpath", "random", "shlex", "statistics", "string", "textwrap",
)  # fmt: skip
LINES = (3, 15)
PARTS = ("Problem", "Solution")
UNSEEN = re.compile(r"\b(code|snippet|function) (above|below)\b|\b(this|given) (code|snippet)\b")
COPIED = 0.8  # ROUGE-L with the snippet from which on a solution is the snippet


@dataclass(frozen=True)
class Snippet:
    """A function of the standard library."""

    name: str
    code: str


@dataclass(frozen=True)
class Made:
    """A problem with its solution, and the snippet that it was inspired by."""

    description: str
    solution: str
    snippet: Snippet


@functools.cache
def snippets(modules: tuple[str, ...] = MODULES) -> tuple[Snippet, ...]:
    """Functions of 3 to 15 lines without docstring, comments and decorators, in the order of their files.

    Which they are depends on the version of Python, whose licence (PSF) allows to show them.
    """
    found = []
    for name in modules:
        tree = ast.parse(inspect.getsource(importlib.import_module(name)))
        for node in tree.body:
            if isinstance(node, ast.FunctionDef):
                code = ast.unparse(_bare(node))
                if LINES[0] <= len(code.splitlines()) <= LINES[1]:
                    found.append(Snippet(f"{name}.{node.name}", code))
    return tuple(found)


def _bare(node: ast.FunctionDef) -> ast.FunctionDef:
    node.decorator_list = []
    first = node.body[0]
    if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str):
        node.body = node.body[1:] or [ast.Pass()]
    return node


def prompt(snippet: Snippet, good: Sequence[Made] = (), bad: Sequence[tuple[Made, str]] = ()) -> str:
    """What asks for a problem; WaveCoder's good and bad cases stand in front, the bad ones with the reason."""
    shown = [f"A good one:\n{_told(made)}\n" for made in good]
    shown += [f"A bad one, since {why}:\n{_told(made)}\n" for made, why in bad]
    return "\n".join(
        [
            "Write a programming problem that this code gives you an idea for, and its solution in Python. The problem "
            "must be clear without the code. Write two parts, [Problem] and [Solution].",
            *shown,
            f"Code:\n```python\n{snippet.code}\n```\n[Problem]",
        ]
    )


def _told(made: Made) -> str:
    return f"[Problem] {made.description}\n[Solution]\n```python\n{made.solution}\n```"


def parse(text: str, snippet: Snippet) -> Made | None:
    """What was written after the prompt; None if there are not both parts."""
    description, mark, rest = text.partition("[Solution]")
    if not mark:
        return None
    fenced = re.search(r"```(?:python)?\n(.*?)(?:```|$)", rest, re.DOTALL)
    solution = textwrap.dedent(fenced[1] if fenced else rest).strip()
    description = description.removeprefix("[Problem]").strip()
    return Made(description, solution, snippet) if description and solution else None


def why_not(made: Made | None) -> str:
    """The discriminator: why a problem is left out; "" if it is kept. Nothing is run."""
    if made is None:
        return "there are not two parts"
    try:
        tree = ast.parse(made.solution)
    except (SyntaxError, ValueError, RecursionError):
        return "the solution is not Python"
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    if not functions:
        return "the solution defines no function"
    if all(isinstance(node, ast.Pass | ast.Expr) for function in functions for node in function.body):
        return "the solution does nothing"
    if rouge_l(made.solution, made.snippet.code) >= COPIED:
        return "the solution is the snippet"
    if UNSEEN.search(made.description.lower()):
        return "the problem speaks of code that nobody sees"
    return ""


def generate(
    teacher: Teacher, seeds: Sequence[Snippet], rng: Random, rounds: int = 1, shown: int = 1
) -> tuple[list[Made], Counter]:
    """What is kept, and how many were left out, by the reason. The seeds are divided among the rounds.

    shown  good and bad cases of the rounds before in each prompt. Raises ValueError without seeds.
    """
    if not seeds:
        raise ValueError("There are no snippets to begin with.")
    kept: list[Made] = []
    left_out: list[tuple[Made | None, str]] = []
    for part in (seeds[i::rounds] for i in range(rounds)):
        readable = [(made, why) for made, why in left_out if made]
        cases = [(_some(kept, shown, rng), _some(readable, shown, rng)) for _ in part]
        prompts = [prompt(snippet, *case) for snippet, case in zip(part, cases)]
        for snippet, text in zip(part, ask(teacher, prompts)):
            made = parse(text, snippet)
            why = why_not(made)
            if why:
                left_out.append((made, why))
            else:
                kept.append(made)
    return kept, Counter(why for _, why in left_out)


def _some(those: Sequence, most: int, rng: Random) -> list:
    return rng.sample(list(those), min(most, len(those)))
