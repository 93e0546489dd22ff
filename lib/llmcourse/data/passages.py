"""What retrieval works on: passages with their provenance, and questions with the passages that answer them."""

import hashlib
from dataclasses import dataclass


@dataclass(frozen=True)
class Passage:
    """A piece of text that can be understood and found by itself.

    key     unique and stable: "2025/France/Capital"
    title   what it is about: a country, a class
    topic   which aspect of it
    text    begins with title and topic
    source  file, field and edition
    """

    key: str
    title: str
    topic: str
    text: str
    source: str


@dataclass(frozen=True)
class Question:
    """A question that the passages of a corpus answer.

    answers   accepted ones; the first is the one to print
    gold      keys of the passages that together answer it: one, or two for two hops, in reading order
    relation  what is asked for
    split     "dev" to look at and tune on, "test" to measure on; all questions about a title are in the same split
    """

    text: str
    answers: tuple[str, ...]
    gold: tuple[str, ...]
    relation: str
    split: str


def split(title: str) -> str:
    """Half of all titles are for testing, by a hash that never changes."""
    return "test" if hashlib.sha256(title.encode()).digest()[0] % 2 else "dev"
