"""Made languages: MTOB in miniature. A model reads the book of a language that it has never met, and must translate.

A language has a word of its own for each of 18 English words, and one of six word orders. Its book has a grammar (one
token: the order), a list of words (`foreign english` pairs), and examples (`# sentence > translation`). Sentences have
a subject, a verb and an object.

    0-shot  an empty book          half  9 words, grammar, 3 examples          whole  18 words, grammar, 6 examples

After Tanzer et al. 2024 (MTOB). Departs from it: the language is made, since no real one came with a grammar, words and
sentences under an open licence; so a small model can be trained on thousands of others, which no big model has been.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

NOUNS = ("dog", "cat", "man", "tree", "fish", "bird", "house", "stone", "king", "boat")
VERBS = ("sees", "eats", "takes", "hits", "finds", "likes", "hears", "knows")
ENGLISH = NOUNS + VERBS
FOREIGN = tuple(a + b for a in ("ka", "mo", "ti", "lu", "se", "ra", "no", "vi") for b in ("ta", "li", "po", "nu", "ge"))
ORDERS = ("SVO", "SOV", "VSO", "OSV", "OVS", "VOS")
PAD, BEGIN, SENTENCE, MEANS, UNKNOWN = "<pad>", "<book>", "#", ">", "?"
VOCABULARY = (PAD, BEGIN, SENTENCE, MEANS, UNKNOWN, *ORDERS, *ENGLISH, *FOREIGN)
TOKEN = {word: i for i, word in enumerate(VOCABULARY)}


class Contents(NamedTuple):
    """What a book has: so many words, examples, and whether the word order is told."""

    words: int
    examples: int
    grammar: bool


BOOKS = {
    "0-shot": Contents(0, 0, False),
    "half book": Contents(9, 3, True),
    "whole book": Contents(18, 6, True),
    "words and grammar": Contents(18, 0, True),
    "words": Contents(18, 0, False),
    "examples": Contents(0, 6, False),
}


@dataclass(frozen=True)
class Language:
    """A language: its words by the English ones, and its order."""

    words: dict[str, str]
    order: str

    def say(self, english: Sequence[str]) -> list[str]:
        """Subject, verb and object in this language."""
        part = dict(zip("SVO", english))
        return [self.words[part[place]] for place in self.order]

    def parse(self, foreign: Sequence[str], known: Sequence[str] = ENGLISH) -> list[str]:
        """The translation by rule, the ceiling: subject, verb, object; UNKNOWN for what is not among `known`."""
        english = {self.words[word]: word for word in known}
        part = {place: english.get(word, UNKNOWN) for place, word in zip(self.order, foreign)}
        return [part[place] for place in "SVO"]


def language(rng: random.Random, order: str = "") -> Language:
    """A new language: words drawn without repetition, and an order unless one is given."""
    return Language(dict(zip(ENGLISH, rng.sample(FOREIGN, len(ENGLISH)))), order or rng.choice(ORDERS))


def sentence(rng: random.Random) -> list[str]:
    """Subject, verb, object, in English."""
    return [rng.choice(NOUNS), rng.choice(VERBS), rng.choice(NOUNS)]


class Book(NamedTuple):
    """A book as words, and the English words that it lists."""

    text: list[str]
    listed: list[str]


def book(rng: random.Random, of: Language, contents: Contents) -> Book:
    """A book of a language; words and examples are drawn. Raises ValueError for more words than there are."""
    if not 0 <= contents.words <= len(ENGLISH):
        raise ValueError(f"A book of {contents.words} words, but the languages have {len(ENGLISH)}.")
    listed = rng.sample(ENGLISH, contents.words)
    text = [BEGIN, of.order if contents.grammar else UNKNOWN]
    for word in listed:
        text += [of.words[word], word]
    for _ in range(contents.examples):
        text += example(of, sentence(rng))
    return Book(text, listed)


def example(of: Language, english: Sequence[str]) -> list[str]:
    """A sentence and its translation, with marks before both."""
    return [SENTENCE, *of.say(english), MEANS, *english]


def encode(rows: Sequence[Sequence[str]]) -> Tensor:
    """Texts as tokens (B, L), padded on the right."""
    width = max(map(len, rows))
    return torch.tensor([[TOKEN[word] for word in row] + [TOKEN[PAD]] * (width - len(row)) for row in rows])


def decode(tokens: Tensor) -> list[str]:
    """Tokens (L,) as words."""
    return [VOCABULARY[i] for i in tokens.tolist()]
