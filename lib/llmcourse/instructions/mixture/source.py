"""What inputs are drawn from: words, numbers, passages of the Factbook and of torch's documentation.

Everything is in two halves, "dev" for training tasks and "test" for test tasks, by a hash of the word or of the title.
"""

import builtins
import functools
import keyword
import re
from collections import Counter
from random import Random

from llmcourse.data import Passage, Question, countries, country_questions, factbook, manual
from llmcourse.data.passages import split

COMMON = 3000  # words: the more frequent ones, which a model has seen
GRIM = re.compile("abus|attack|bomb|crim|death|enslav|genocid|kill|murder|slave|weapon|wars?$")  # not in an exercise
PYTHONS = {*keyword.kwlist, *keyword.softkwlist, *dir(builtins)}


@functools.cache
def vocabulary() -> tuple[str, ...]:
    """Common words of the Factbook, four to eight letters, not names: the most frequent first.

    Words that mean something to Python are left out, since programs use them as names.
    """
    found = Counter(re.findall(r"[A-Za-z]+", factbook()))
    words = [(w, n) for w, n in found.most_common() if w.islower() and 4 <= len(w) <= 8]
    return tuple(w for w, n in words if n > found[w.capitalize()] and not GRIM.match(w) and w not in PYTHONS)[:COMMON]


@functools.cache
def _passages(half: str) -> tuple[Passage, ...]:
    return tuple(p for p in (*countries(2025), *manual()) if split(p.title) == half)


@functools.cache
def by_topic(half: str, topic: str) -> tuple[Passage, ...]:
    """The Factbook's passages on a topic, of countries of that half."""
    return tuple(p for p in _passages(half) if p.topic == topic and not p.key.startswith("manual/"))


@functools.cache
def questions(half: str, relation: str) -> tuple[Question, ...]:
    return tuple(q for q in country_questions() if q.relation == relation and q.split == half)


class Source:
    """Half of everything, and ways to draw from it."""

    def __init__(self, half: str):
        if half not in ("dev", "test"):
            raise ValueError(f"There is no half {half!r}. Choose 'dev', for training tasks, or 'test'.")
        self.half = half
        self.vocabulary = tuple(w for w in vocabulary() if split(w) == half)

    def word(self, rng: Random) -> str:
        return rng.choice(self.vocabulary)

    def words(self, rng: Random, least: int, most: int) -> list[str]:
        """Distinct words, as many as the bounds allow."""
        return rng.sample(self.vocabulary, rng.randint(least, most))

    def passage(self, rng: Random, topic: str) -> Passage:
        return rng.choice(by_topic(self.half, topic))

    def two(self, rng: Random, topic: str) -> tuple[Passage, Passage]:
        """Passages on one topic about two countries."""
        return tuple(rng.sample(by_topic(self.half, topic), 2))

    def of(self, title: str, topic: str) -> Passage | None:
        """That country's passage on a topic, if there is one."""
        return next((p for p in by_topic(self.half, topic) if p.title == title), None)

    def question(self, rng: Random, relation: str) -> Question:
        return rng.choice(questions(self.half, relation))

    def manual(self) -> tuple[Passage, ...]:
        """Passages of torch's documentation."""
        return tuple(p for p in _passages(self.half) if p.key.startswith("manual/"))
