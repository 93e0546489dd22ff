"""Texts to words, as a retriever counts them: lower case, two letters or digits at least, no stop words, no stemming.

Pattern and stop words are those of bm25s ("en"), so that results can be compared with it.
"""

import re

_STOP = """a an and are as at be but by for if in into is it no not of on or such that the their then there these they
this to was will with"""
STOP = frozenset(_STOP.split())
WORD = re.compile(r"(?u)\b\w\w+\b")


def words(text: str) -> list[str]:
    """The words of a text that count, in their order, with repetitions."""
    return [word for word in WORD.findall(text.lower()) if word not in STOP]
