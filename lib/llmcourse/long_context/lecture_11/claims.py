"""The claims of lecture 11, each with its bounds, and what became of them.

Smallest effects worth seeing: 0.1 of the words of a translation.
"""

from collections.abc import Mapping, Sequence

from ...figures import Claim, Shown, claims
from ...verdicts import improved, paired, told

WORDS = 0.1  # of the words of a translation


def verdicts(books: Sequence[Mapping]) -> Shown:
    """What became of the claims; `books` are the runs of the record 11_translation."""
    return claims([_books(books)])


def _books(runs: Sequence[Mapping]) -> Claim:
    words = {name: [run["marks"][name]["words"] for run in runs] for name in runs[0]["marks"]}
    gains = {
        "half_a_book_over_none": paired(words["half book"], words["0-shot"]),
        "a_whole_book_over_half": paired(words["whole book"], words["half book"]),
        "examples_over_words_and_grammar_alone": paired(words["whole book"], words["words and grammar"]),
    }
    return Claim(
        "A model translates a language that it has only read a book of, and more of the book helps",
        f"words right, {told(**gains)}",
        improved(WORDS, **gains),
        "Words and grammar do most of it. Whether six examples add anything to them, three seeds do not tell.",
    )
