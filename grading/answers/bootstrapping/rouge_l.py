"""Answers to rouge-l by people who have not seen its private half."""

import difflib
import itertools
from bisect import bisect_left
from collections import Counter
from functools import lru_cache

import torch

from grading.answers import answer


def _lcs(a, b):
    table = [[0] * (len(b) + 1) for _ in range(len(a) + 1)]
    for i, x in enumerate(a):
        for j, y in enumerate(b):
            table[i + 1][j + 1] = table[i][j] + 1 if x == y else max(table[i][j + 1], table[i + 1][j])
    return table[-1][-1]


@answer("rouge-l", "longest common substring: no gaps", "wrong", means="substring")
def _(a, b):
    best = 0
    table = [[0] * (len(b) + 1) for _ in range(len(a) + 1)]
    for i, x in enumerate(a):
        for j, y in enumerate(b):
            if x == y:
                table[i + 1][j + 1] = table[i][j] + 1
                best = max(best, table[i + 1][j + 1])
    return 2 * best / (len(a) + len(b)) if best else 0.0


@answer("rouge-l", "common words as sets: ROUGE-1 without counts", "wrong", means="common_kinds")
def _(a, b):
    n = len(set(a) & set(b))
    return 2 * n / (len(a) + len(b)) if n else 0.0


@answer("rouge-l", "common words as bags: ROUGE-1", "wrong", means="bag_of_words")
def _(a, b):
    from collections import Counter

    n = sum((Counter(a) & Counter(b)).values())
    return 2 * n / (len(a) + len(b)) if n else 0.0


@answer("rouge-l", "common bigrams: ROUGE-2", "wrong", means="bigrams")
def _(a, b):
    from collections import Counter

    x, y = Counter(itertools.pairwise(a)), Counter(itertools.pairwise(b))
    n = sum((x & y).values())
    return 2 * n / (len(a) + len(b) - 2) if n else 0.0


@answer("rouge-l", "words equal at the same place", "wrong", means="same_place")
def _(a, b):
    n = sum(x == y for x, y in zip(a, b))
    return 2 * n / (len(a) + len(b)) if n else 0.0


@answer("rouge-l", "common beginning only", "wrong", means="common_beginning")
def _(a, b):
    n = 0
    while n < min(len(a), len(b)) and a[n] == b[n]:
        n += 1
    return 2 * n / (len(a) + len(b)) if n else 0.0


@answer("rouge-l", "greedy: each word of a at its first place in what is left of b", "wrong", means="greedy")
def _(a, b):
    n, start = 0, 0
    for word in a:
        if word in b[start:]:
            start = b.index(word, start) + 1
            n += 1
    return 2 * n / (len(a) + len(b)) if n else 0.0


@answer(
    "rouge-l", "table adds max of all three where words are equal: words used twice", "wrong", means="words_used_twice"
)
def _(a, b):
    table = [[0] * (len(b) + 1) for _ in range(len(a) + 1)]
    for i, x in enumerate(a):
        for j, y in enumerate(b):
            best = max(table[i][j + 1], table[i + 1][j])
            table[i + 1][j + 1] = best + 1 if x == y else best
    n = table[-1][-1]
    return 2 * n / (len(a) + len(b)) if n else 0.0


@answer("rouge-l", "first words never compared: loops from 1", "wrong", means="table_too_small")
def _(a, b):
    if not a or not b:
        return 0.0
    table = [[0] * len(b) for _ in a]
    for i in range(1, len(a)):
        for j in range(1, len(b)):
            table[i][j] = table[i - 1][j - 1] + 1 if a[i] == b[j] else max(table[i - 1][j], table[i][j - 1])
    n = table[-1][-1]
    return 2 * n / (len(a) + len(b)) if n else 0.0


@answer("rouge-l", "last words never compared", "wrong", means="last_words_left_out")
def _(a, b):
    n = _lcs(a[:-1], b[:-1])
    return 2 * n / (len(a) + len(b)) if n else 0.0


@answer("rouge-l", "rows of the table are one and the same list", "wrong", means="one_list")
def _(a, b):
    table = [[0] * (len(b) + 1)] * (len(a) + 1)
    for i, x in enumerate(a):
        for j, y in enumerate(b):
            table[i + 1][j + 1] = table[i][j] + 1 if x == y else max(table[i][j + 1], table[i + 1][j])
    n = table[-1][-1]
    return 2 * n / (len(a) + len(b)) if n else 0.0


@answer("rouge-l", "the 2 forgotten in F", "wrong", means="half_of_f")
def _(a, b):
    n = _lcs(a, b)
    return n / (len(a) + len(b)) if n else 0.0


@answer("rouge-l", "arithmetic mean of P and R", "wrong", means="arithmetic_mean")
def _(a, b):
    n = _lcs(a, b)
    return (n / len(a) + n / len(b)) / 2 if n else 0.0


@answer("rouge-l", "geometric mean of P and R", "wrong", means="geometric_mean")
def _(a, b):
    n = _lcs(a, b)
    return n / (len(a) * len(b)) ** 0.5 if n else 0.0


@answer("rouge-l", "recall alone", "wrong", means="recall")
def _(a, b):
    return _lcs(a, b) / len(a) if a else 0.0


@answer("rouge-l", "precision alone", "wrong", means="precision")
def _(a, b):
    return _lcs(a, b) / len(b) if b else 0.0


@answer("rouge-l", "divided by the longer text", "wrong", means="of_the_longer")
def _(a, b):
    n = _lcs(a, b)
    return n / max(len(a), len(b)) if n else 0.0


@answer("rouge-l", "divided by the shorter text", "wrong", means="of_the_shorter")
def _(a, b):
    n = _lcs(a, b)
    return n / min(len(a), len(b)) if n else 0.0


@answer("rouge-l", "Jaccard: lcs over what both have together", "wrong", means="jaccard")
def _(a, b):
    n = _lcs(a, b)
    return n / (len(a) + len(b) - n) if n else 0.0


@answer("rouge-l", "divides by zero where a text is empty", "wrong", means="never_guarded")
def _(a, b):
    n = _lcs(a, b)
    P, R = n / len(b), n / len(a)
    return 2 * P * R / (P + R)


@answer("rouge-l", "empty guarded, nothing common is not", "wrong", means="nothing_in_common")
def _(a, b):
    if not a or not b:
        return 0.0
    n = _lcs(a, b)
    P, R = n / len(b), n / len(a)
    return 2 * P * R / (P + R)


@answer("rouge-l", "two empty texts are the same: 1", "wrong", means="empty_are_equal")
def _(a, b):
    if not a and not b:
        return 1.0
    n = _lcs(a, b)
    return 2 * n / (len(a) + len(b)) if n else 0.0


@answer("rouge-l", "integer division", "wrong", means="whole_part")
def _(a, b):
    n = _lcs(a, b)
    return float(2 * n // (len(a) + len(b))) if n else 0.0


@answer("rouge-l", "a tensor returned", "wrong")
def _(a, b):
    n = _lcs(a, b)
    return torch.tensor(2 * n / (len(a) + len(b)) if n else 0.0)


@answer("rouge-l", "the length of the lcs returned", "wrong", means="length_itself")
def _(a, b):
    return float(_lcs(a, b))


@answer("rouge-l", "P, R and F returned", "wrong")
def _(a, b):
    n = _lcs(a, b)
    if n == 0:
        return 0.0, 0.0, 0.0
    P, R = n / len(b), n / len(a)
    return P, R, 2 * P * R / (P + R)


@answer("rouge-l", "product in place of sum below: P R / (P R)", "wrong", means="product")
def _(a, b):
    n = _lcs(a, b)
    if n == 0:
        return 0.0
    P, R = n / len(b), n / len(a)
    return P * R


@answer("rouge-l", "None where nothing is common", "wrong")
def _(a, b):
    n = _lcs(a, b)
    if n:
        return 2 * n / (len(a) + len(b))


@answer("rouge-l", "repeated words removed first", "wrong", means="without_repetitions")
def _(a, b):
    a, b = list(dict.fromkeys(a)), list(dict.fromkeys(b))
    n = _lcs(a, b)
    return 2 * n / (len(a) + len(b)) if n else 0.0


@answer("rouge-l", "texts sorted first", "wrong", means="bag_of_words")
def _(a, b):
    n = _lcs(sorted(a), sorted(b))
    return 2 * n / (len(a) + len(b)) if n else 0.0


@answer("rouge-l", "difflib: matching blocks are not the longest subsequence", "wrong", means="by_difflib")
def _(a, b):
    from difflib import SequenceMatcher

    return float(SequenceMatcher(None, a, b, autojunk=False).ratio())


@answer(
    "rouge-l", "max with the neighbours forgotten: diagonal or 0 at the last place", "wrong", means="along_the_diagonal"
)
def _(a, b):
    table = [[0] * (len(b) + 1) for _ in range(len(a) + 1)]
    for i, x in enumerate(a):
        for j, y in enumerate(b):
            table[i + 1][j + 1] = table[i][j] + (x == y)
    n = table[-1][-1]
    return 2 * n / (len(a) + len(b)) if n else 0.0


@answer("rouge-l", "rounded to two digits", "wrong", means="rounded")
def _(a, b):
    n = _lcs(a, b)
    return round(2 * n / (len(a) + len(b)), 2) if n else 0.0


@answer("rouge-l", "recursion with a cache", "right")
def _(a, b):
    from functools import lru_cache

    @lru_cache(None)
    def lcs(i, j):
        if i == len(a) or j == len(b):
            return 0
        return 1 + lcs(i + 1, j + 1) if a[i] == b[j] else max(lcs(i + 1, j), lcs(i, j + 1))

    n = lcs(0, 0)
    return 0.0 if n == 0 else 2 * n / (len(a) + len(b))


@answer("rouge-l", "one row at a time", "right")
def _(a, b):
    row = [0] * (len(b) + 1)
    for x in a:
        before = row
        row = [0]
        for j, y in enumerate(b):
            row.append(before[j] + 1 if x == y else max(row[-1], before[j + 1]))
    n = row[-1]
    if n == 0:
        return 0.0
    P, R = n / len(b), n / len(a)
    return 2 / (1 / P + 1 / R)


@answer("rouge-l", "longest increasing subsequence of places", "right")
def _(a, b):
    from bisect import bisect_left

    ends = []
    for word in a:
        for j in reversed([j for j, other in enumerate(b) if other == word]):
            place = bisect_left(ends, j)
            ends[place : place + 1] = [j]
    return 2.0 * len(ends) / (len(a) + len(b)) if ends else 0.0


@answer("rouge-l", "through the edit distance with insertions and deletions", "right")
def _(a, b):
    d = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        new = [i]
        for j, y in enumerate(b, 1):
            new.append(d[j - 1] if x == y else 1 + min(d[j], new[-1]))
        d = new
    total = len(a) + len(b)
    return (total - d[-1]) / total if total else 0.0


@answer("rouge-l", "tensor table, item at the end", "right")
def _(a, b):
    if len(a) == 0 or len(b) == 0:
        return 0.0
    t = torch.zeros(len(a) + 1, len(b) + 1, dtype=torch.long)
    for i in range(1, len(a) + 1):
        for j in range(1, len(b) + 1):
            t[i, j] = torch.maximum(
                torch.maximum(t[i - 1, j], t[i, j - 1]), t[i - 1, j - 1] + int(a[i - 1] == b[j - 1])
            )
    return 2 * t[-1, -1].item() / (len(a) + len(b))


@answer("rouge-l", "bit-parallel lcs", "right")
def _(a, b):
    full = (1 << len(b)) - 1
    S = full
    for word in a:
        m = sum(1 << j for j, other in enumerate(b) if other == word)
        u = S & m
        S = ((S + u) | (S - u)) & full
    n = len(b) - bin(S).count("1")
    return 2 * n / (len(a) + len(b)) if n else 0.0


def lcs(a, b):
    t = [[0] * (len(b) + 1) for _ in range(len(a) + 1)]
    for i in range(1, len(a) + 1):
        for j in range(1, len(b) + 1):
            t[i][j] = t[i - 1][j - 1] + 1 if a[i - 1] == b[j - 1] else max(t[i - 1][j], t[i][j - 1])
    return t[-1][-1]


@answer("rouge-l", "difflib's matching blocks", "wrong", means="blocks_of_difflib")
def _(a, b):
    m = difflib.SequenceMatcher(None, a, b, autojunk=False)
    n = sum(block.size for block in m.get_matching_blocks())
    return 2.0 * n / (len(a) + len(b)) if n else 0.0


@answer("rouge-l", "greedy: every word of a is looked for behind the last match in b", "wrong", means="greedy")
def _(a, b):
    n, start = 0, 0
    for w in a:
        for j in range(start, len(b)):
            if b[j] == w:
                n += 1
                start = j + 1
                break
    if n == 0:
        return 0.0
    P, R = n / len(b), n / len(a)
    return 2 * P * R / (P + R)


@answer(
    "rouge-l", "longest common run (substring): the table falls to 0 where words differ", "wrong", means="substring"
)
def _(a, b):
    best = 0
    t = [[0] * (len(b) + 1) for _ in range(len(a) + 1)]
    for i, u in enumerate(a, 1):
        for j, v in enumerate(b, 1):
            if u == v:
                t[i][j] = t[i - 1][j - 1] + 1
                best = max(best, t[i][j])
    return 2 * best / (len(a) + len(b)) if best else 0.0


@answer("rouge-l", "bag of words with multiplicity: order ignored (ROUGE-1)", "wrong", means="bag_of_words")
def _(a, b):
    n = sum((Counter(a) & Counter(b)).values())
    return 2 * n / (len(a) + len(b)) if n else 0.0


@answer("rouge-l", "rows of the table are one list: [[0] * m] * n", "wrong", means="one_list")
def _(a, b):
    t = [[0] * (len(b) + 1)] * (len(a) + 1)
    for i in range(len(a)):
        for j in range(len(b)):
            if a[i] == b[j]:
                t[i + 1][j + 1] = t[i][j] + 1
            else:
                t[i + 1][j + 1] = max(t[i][j + 1], t[i + 1][j])
    n = t[len(a)][len(b)]
    return 2 * n / (len(a) + len(b)) if n else 0.0


@answer("rouge-l", "arithmetic mean of P and R", "wrong", means="arithmetic_mean")
def _(a, b):
    if not a or not b:
        return 0.0
    n = lcs(a, b)
    return (n / len(a) + n / len(b)) / 2


@answer("rouge-l", "guards empty texts but not lcs = 0: P + R = 0 divides by zero", "wrong", means="nothing_in_common")
def _(a, b):
    if len(a) == 0 or len(b) == 0:
        return 0.0
    n = lcs(a, b)
    P, R = n / len(b), n / len(a)
    return 2 * P * R / (P + R)


@answer("rouge-l", "the recursion eats the lists: a.pop() on the given texts", "wrong", means="eats_the_words")
def _(a, b):
    la, lb = len(a), len(b)
    row = [0] * (lb + 1)
    while a:
        w = a.pop()
        new = [0] * (lb + 1)
        for j in range(lb - 1, -1, -1):
            new[j] = row[j + 1] + 1 if b[j] == w else max(row[j], new[j + 1])
        row = new
    return 2 * row[0] / (la + lb) if row[0] else 0.0


@answer("rouge-l", "ranges start at 1 in the words too", "wrong", means="table_too_small")
def _(a, b):
    n, m = len(a), len(b)
    t = [[0] * (m + 1) for _ in range(n + 1)]
    for i in range(1, n):
        for j in range(1, m):
            if a[i] == b[j]:
                t[i][j] = t[i - 1][j - 1] + 1
            else:
                t[i][j] = max(t[i - 1][j], t[i][j - 1])
    l = t[n - 1][m - 1]
    return 2 * l / (n + m) if l else 0.0


@answer("rouge-l", "memoised recursion", "right")
def _(a, b):
    @lru_cache(None)
    def go(i, j):
        if i == 0 or j == 0:
            return 0
        if a[i - 1] == b[j - 1]:
            return 1 + go(i - 1, j - 1)
        return max(go(i - 1, j), go(i, j - 1))

    n = go(len(a), len(b))
    return 2.0 * n / (len(a) + len(b)) if n > 0 else 0.0


@answer("rouge-l", "Hunt and Szymanski: longest increasing subsequence with bisect", "right")
def _(a, b):
    where = {}
    for j, w in enumerate(b):
        where.setdefault(w, []).append(j)
    ends = []
    for w in a:
        for j in reversed(where.get(w, [])):
            at = bisect_left(ends, j)
            ends[at : at + 1] = [j]
    n = len(ends)
    if not n:
        return 0.0
    P, R = n / len(b), n / len(a)
    return float(2 * P * R / (P + R))


@answer("rouge-l", "bits of one whole number as a row of the table", "right")
def _(a, b):
    if not a or not b:
        return 0.0
    masks = {}
    for i, w in enumerate(a):
        masks[w] = masks.get(w, 0) | 1 << i
    full = (1 << len(a)) - 1
    V = full
    for w in b:
        U = V & masks.get(w, 0)
        V = ((V + U) | (V - U)) & full
    n = len(a) - bin(V).count("1")
    return 2 * n / (len(a) + len(b))
