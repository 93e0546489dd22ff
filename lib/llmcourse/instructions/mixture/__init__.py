"""A mixture of real small tasks in the schema of Natural Instructions, made by programs and checked by programs.

    TRAINING  eight categories of six tasks each     TEST  three categories of six: no model sees them in training

letters    of one word                    facts      read in passages of the Factbook       ordering   (test) lists
words      picked from a list             topics     passages of the Factbook classified    countries  (test) compared
arithmetic of two numbers at most         code       read                                   manual     (test) torch's
numbers    compared                       rewriting  a text in another form

Training tasks draw from one half of the words, of the countries and of torch's classes, test tasks from the other. A
program that answers reads the input's text and nothing else, so that it can judge any input.
"""

import functools

from ..schema import Task
from . import arithmetic, code, countries, facts, letters, manual, ordering, rewriting, words
from .program import Program, build
from .source import Source

TRAINING = ("letters", "words", "arithmetic", "numbers", "facts", "topics", "code", "rewriting")
TEST = ("ordering", "countries", "manual")


@functools.cache
def programs() -> tuple[Program, ...]:
    """All 66, category by category."""
    dev, test = Source("dev"), Source("test")
    training = [p for those in (letters, words, arithmetic, facts, code, rewriting) for p in those.programs(dev)]
    return (*training, *(p for those in (ordering, countries, manual) for p in those.programs(test)))


@functools.lru_cache(maxsize=4)
def tasks(instances: int = 40, seed: int = 0) -> tuple[Task, ...]:
    """Every program's task, with two positive and two negative examples and so many instances."""
    return tuple(build(program, instances, seed) for program in programs())


def solve(task: Task, text: str) -> str:
    """The right output of a task of the mixture for any input. Raises KeyError for a task of another origin."""
    return {program.name: program for program in programs()}[task.name].solve(text)


def split(everything) -> tuple[list, list]:
    """The training tasks and the test tasks, by their category: of tasks or programs."""
    return tuple([task for task in everything if task.category in those] for those in (TRAINING, TEST))
