"""ROUGE-L: how far two texts share the same words in the same order, with gaps allowed.

    a, b     lists of words           lcs   length of their longest common subsequence
    P = lcs / len(b)   R = lcs / len(a)   F = 2 P R / (P + R)

Lin 2004, section 3.2, with beta = 1 as in the package rouge-score. As there, words are runs of letters a-z and digits,
in lower case and not stemmed.
"""

import re
from collections.abc import Iterable, Sequence


def words(text: str) -> list[str]:
    """The words of a text, in lower case; only a-z and 0-9."""
    return re.findall(r"[a-z0-9]+", text.lower())


def lcs(a: Sequence, b: Sequence) -> int:
    """Length of the longest common subsequence, one row of the table at a time: O(len(a) len(b))."""
    row = [0] * (len(b) + 1)  # row[j]: the length for what has been read of a, and the first j of b
    for x in a:
        before = row
        row = [0]
        for j, y in enumerate(b):
            row.append(before[j] + 1 if x == y else max(row[j], before[j + 1]))
    return row[-1]


def rouge_l(first: str, second: str) -> float:
    """F of two texts, in [0, 1]; symmetric. 0 when one has no words."""
    a, b = words(first), words(second)
    common = lcs(a, b)
    return 2 * common / (len(a) + len(b)) if common else 0.0


def nearest(text: str, pool: Iterable[str]) -> float:
    """The largest ROUGE-L between a text and any of a pool; 0 for an empty pool."""
    return max((rouge_l(text, other) for other in pool), default=0.0)
