"""A mixture of real small tasks in the schema of Natural Instructions, made by programs and checked by programs.

    TRAINING  eight categories of six tasks each     TEST  three categories of six: no model sees them in training

letters    of one word                    facts      read in passages of the Factbook       ordering   (test) lists
words      picked from a list             topics     passages of the Factbook classified    countries  (test) compared
arithmetic of two numbers at most         code       read                                   manual     (test) torch's
numbers    compared                       rewriting  a text in another form

Training tasks draw from one half of the words, of the countries and of torch's classes, test tasks from the other. A
program that answers reads the input's text and nothing else, so that it can judge any input.
"""

from .build import Program, programs, solve, tasks
from .source import Source

TRAINING = ("letters", "words", "arithmetic", "numbers", "facts", "topics", "code", "rewriting")
TEST = ("ordering", "countries", "manual")

__all__ = ["TEST", "TRAINING", "Program", "Source", "programs", "solve", "split", "tasks"]


def split(everything: list) -> tuple[list, list]:
    """The training tasks and the test tasks, by their category: tasks, or programs."""
    return tuple([task for task in everything if task.category in those] for those in (TRAINING, TEST))
