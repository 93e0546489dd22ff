"""The private half of rouge-l."""

from llmcourse.bootstrapping import rouge
from llmcourse.checks.labs.bootstrapping.rouge_l import text_pairs

from grading.exercises import library_call, misconception, reference, variant

CASES = {
    "long texts": text_pairs((20, 25), (30, 28), words=6),
    "one word": text_pairs((1, 1), (1, 5), (4, 1)),
    "many short texts": text_pairs(*[(4, 5), (6, 4), (0, 0), (7, 7)] * 5, words=3),
}


@reference
def rouge_l(a, b):
    common = rouge.lcs(a, b)
    return 2 * common / (len(a) + len(b)) if common else 0.0


@variant
def recursive(a, b):
    import functools

    @functools.cache
    def common(i, j):
        if i == len(a) or j == len(b):
            return 0
        return 1 + common(i + 1, j + 1) if a[i] == b[j] else max(common(i + 1, j), common(i, j + 1))

    found = common(0, 0)
    if found == 0:
        return 0.0
    P, R = found / len(b), found / len(a)
    return 2 * P * R / (P + R)


@variant
def by_table(a, b):
    table = [[0] * (len(b) + 1) for _ in range(len(a) + 1)]
    for i in range(1, len(a) + 1):
        for j in range(1, len(b) + 1):
            same = a[i - 1] == b[j - 1]
            table[i][j] = table[i - 1][j - 1] + 1 if same else max(table[i - 1][j], table[i][j - 1])
    return 2 * table[-1][-1] / max(1, len(a) + len(b))


@library_call
def of_rouge_score(a, b):
    from rouge_score.rouge_scorer import _score_lcs

    return _score_lcs(a, b).fmeasure


@library_call
def of_rapidfuzz(a, b):
    from rapidfuzz.distance import LCSseq

    return 2 * LCSseq.similarity(a, b) / max(1, len(a) + len(b))


@misconception(
    says="the longest common run of words, without gaps",
    hint="A subsequence may leave words out: where the words differ, take the larger of the two neighbours, and not 0.",
)
def substring(a, b):
    best, row = 0, [0] * (len(b) + 1)
    for x in a:
        row = [0] + [row[j] + 1 if x == y else 0 for j, y in enumerate(b)]
        best = max(best, *row)
    return 2 * best / (len(a) + len(b)) if best else 0.0


@misconception(
    says="ROUGE-1: common words in any order",
    hint="In ROUGE-L the order counts: find the longest common *subsequence*.",
)
def bag_of_words(a, b):
    common = sum(min(a.count(w), b.count(w)) for w in set(a))
    return 2 * common / (len(a) + len(b)) if common else 0.0


@misconception(
    says="the overlap of two sets of words",
    hint="Neither order nor repetitions count there; in ROUGE-L both do.",
)
def sets_of_words(a, b):
    common = len(set(a) & set(b))
    return 2 * common / (len(set(a)) + len(set(b))) if common else 0.0


@misconception(
    says="the recall: lcs / len(a)",
    hint="F is the harmonic mean of precision and recall: 2 lcs / (len(a) + len(b)).",
)
def recall(a, b):
    row = [0] * (len(b) + 1)
    for x in a:
        new = [0]
        for j, y in enumerate(b):
            new.append(row[j] + 1 if x == y else max(new[j], row[j + 1]))
        row = new
    return row[-1] / len(a) if a else 0.0


@misconception(
    says="the precision: lcs / len(b)",
    hint="F is the harmonic mean of precision and recall: 2 lcs / (len(a) + len(b)).",
)
def precision(a, b):
    row = [0] * (len(b) + 1)
    for x in a:
        new = [0]
        for j, y in enumerate(b):
            new.append(row[j] + 1 if x == y else max(new[j], row[j + 1]))
        row = new
    return row[-1] / len(b) if b else 0.0


@misconception(
    says="the arithmetic mean of precision and recall",
    hint="The harmonic mean, 2 P R / (P + R), is nearer to the smaller of the two.",
)
def arithmetic_mean(a, b):
    row = [0] * (len(b) + 1)
    for x in a:
        new = [0]
        for j, y in enumerate(b):
            new.append(row[j] + 1 if x == y else max(new[j], row[j + 1]))
        row = new
    return (row[-1] / len(a) + row[-1] / len(b)) / 2 if a and b else 0.0


@misconception(
    says="half of F",
    hint="2 P R / (P + R): two equal texts have an F of 1.",
)
def half_of_f(a, b):
    row = [0] * (len(b) + 1)
    for x in a:
        new = [0]
        for j, y in enumerate(b):
            new.append(row[j] + 1 if x == y else max(new[j], row[j + 1]))
        row = new
    return row[-1] / (len(a) + len(b)) if a or b else 0.0


@misconception(
    says="a greedy subsequence: each word of a takes its next place in b",
    hint="Taking a word early may cost two others later. Compare both ways with a table: take the word, or leave it.",
)
def greedy(a, b):
    at, common = 0, 0
    for x in a:
        if x in b[at:]:
            at = b.index(x, at) + 1
            common += 1
    return 2 * common / (len(a) + len(b)) if common else 0.0


@misconception(
    says="the right F, which divides by zero for texts without words",
    hint="Where nothing is common, F is 0: say so before you divide.",
)
def divides_by_zero(a, b):
    row = [0] * (len(b) + 1)
    for x in a:
        new = [0]
        for j, y in enumerate(b):
            new.append(row[j] + 1 if x == y else max(new[j], row[j + 1]))
        row = new
    return 2 * row[-1] / (len(a) + len(b))


@misconception(
    says="the number of words that both have, twice, over the length of both texts: repetitions and order do not count",
    hint="Find the longest common *subsequence* with a table; a set has neither order nor repetitions.",
)
def common_kinds(a, b):
    common = len(set(a) & set(b))
    return 2 * common / (len(a) + len(b)) if common else 0.0


@misconception(
    says="ROUGE-2: common pairs of words",
    hint="ROUGE-L has no pairs: it is the longest common subsequence, with anything in between.",
)
def bigrams(a, b):
    import itertools

    x, y = [[*itertools.pairwise(words)] for words in (a, b)]
    common = sum(min(x.count(pair), y.count(pair)) for pair in set(x))
    return 2 * common / (len(x) + len(y)) if common else 0.0


@misconception(
    says="the share of words that are equal at the same place",
    hint="A subsequence may be shifted: fill a table for all beginnings of a and b.",
)
def same_place(a, b):
    common = sum(x == y for x, y in zip(a, b))
    return 2 * common / (len(a) + len(b)) if common else 0.0


@misconception(
    says="the share of the common beginning",
    hint="The common words need not stand at the front: fill a table for all beginnings of a and b.",
)
def common_beginning(a, b):
    common = 0
    while common < min(len(a), len(b)) and a[common] == b[common]:
        common += 1
    return 2 * common / (len(a) + len(b)) if common else 0.0


@misconception(
    says="a table in which a word is used several times: 1 is added to the larger of the neighbours",
    hint="Where the words are equal, both are used up: 1 more than the place on the diagonal, table[i-1][j-1].",
)
def words_used_twice(a, b):
    row = [0] * (len(b) + 1)
    for x in a:
        new = [0]
        for j, y in enumerate(b):
            new.append(max(new[j], row[j + 1]) + (x == y))
        row = new
    return 2 * row[-1] / (len(a) + len(b)) if row[-1] else 0.0


@misconception(
    says="a table without the larger of the neighbours: matches along one diagonal",
    hint="Where the words differ, take the larger of the places above and on the left.",
)
def along_the_diagonal(a, b):
    row = [0] * (len(b) + 1)
    for x in a:
        row = [0] + [row[j] + (x == y) for j, y in enumerate(b)]
    return 2 * row[-1] / (len(a) + len(b)) if row[-1] else 0.0


@misconception(
    says="a table whose first row and column are zero although words stand there",
    hint="The table has a row and a column more than there are words: `(len(a) + 1)` times `(len(b) + 1)`.",
)
def table_too_small(a, b):
    if not a or not b:
        return 0.0
    table = [[0] * len(b) for _ in a]
    for i in range(1, len(a)):
        for j in range(1, len(b)):
            table[i][j] = table[i - 1][j - 1] + 1 if a[i] == b[j] else max(table[i - 1][j], table[i][j - 1])
    return 2 * table[-1][-1] / (len(a) + len(b))


@misconception(
    says="the score of texts whose last words are not compared",
    hint="The last word counts: the answer is the last entry of a table of len(a) + 1 rows.",
)
def last_words_left_out(a, b):
    lengths, a, b = len(a) + len(b), a[:-1], b[:-1]
    row = [0] * (len(b) + 1)
    for x in a:
        new = [0]
        for j, y in enumerate(b):
            new.append(row[j] + 1 if x == y else max(new[j], row[j + 1]))
        row = new
    return 2 * row[-1] / lengths if row[-1] else 0.0


@misconception(
    says="a table whose rows are one and the same list",
    hint="`[row] * n` repeats one list: write `[[0] * m for _ in range(n)]`.",
)
def one_list(a, b):
    table = [[0] * (len(b) + 1)] * (len(a) + 1)
    for i, x in enumerate(a):
        for j, y in enumerate(b):
            table[i + 1][j + 1] = table[i][j] + 1 if x == y else max(table[i][j + 1], table[i + 1][j])
    return 2 * table[-1][-1] / (len(a) + len(b)) if table[-1][-1] else 0.0


@misconception(
    says="the geometric mean of precision and recall",
    hint="F is their harmonic mean, 2 P R / (P + R).",
)
def geometric_mean(a, b):
    row = [0] * (len(b) + 1)
    for x in a:
        new = [0]
        for j, y in enumerate(b):
            new.append(row[j] + 1 if x == y else max(new[j], row[j + 1]))
        row = new
    return row[-1] / (len(a) * len(b)) ** 0.5 if row[-1] else 0.0


@misconception(
    says="the lcs as a share of the longer text",
    hint="F is a share of both: 2 lcs / (len(a) + len(b)).",
)
def of_the_longer(a, b):
    row = [0] * (len(b) + 1)
    for x in a:
        new = [0]
        for j, y in enumerate(b):
            new.append(row[j] + 1 if x == y else max(new[j], row[j + 1]))
        row = new
    return row[-1] / max(len(a), len(b)) if row[-1] else 0.0


@misconception(
    says="the lcs as a share of the shorter text",
    hint="F is a share of both: 2 lcs / (len(a) + len(b)).",
)
def of_the_shorter(a, b):
    row = [0] * (len(b) + 1)
    for x in a:
        new = [0]
        for j, y in enumerate(b):
            new.append(row[j] + 1 if x == y else max(new[j], row[j + 1]))
        row = new
    return row[-1] / min(len(a), len(b)) if row[-1] else 0.0


@misconception(
    says="Jaccard's measure: lcs / (len(a) + len(b) - lcs)",
    hint="F is 2 lcs / (len(a) + len(b)).",
)
def jaccard(a, b):
    row = [0] * (len(b) + 1)
    for x in a:
        new = [0]
        for j, y in enumerate(b):
            new.append(row[j] + 1 if x == y else max(new[j], row[j + 1]))
        row = new
    return row[-1] / (len(a) + len(b) - row[-1]) if row[-1] else 0.0


@misconception(
    says="the length of the longest common subsequence",
    hint="F is a share of both texts: 2 lcs / (len(a) + len(b)).",
)
def length_itself(a, b):
    row = [0] * (len(b) + 1)
    for x in a:
        new = [0]
        for j, y in enumerate(b):
            new.append(row[j] + 1 if x == y else max(new[j], row[j + 1]))
        row = new
    return float(row[-1])


@misconception(
    says="the product of precision and recall",
    hint="F is their harmonic mean, 2 P R / (P + R).",
)
def product(a, b):
    row = [0] * (len(b) + 1)
    for x in a:
        new = [0]
        for j, y in enumerate(b):
            new.append(row[j] + 1 if x == y else max(new[j], row[j + 1]))
        row = new
    return row[-1] ** 2 / (len(a) * len(b)) if row[-1] else 0.0


@misconception(
    says="the score of texts from which repeated words were removed",
    hint="A word that comes twice in both counts twice: leave the texts as they are.",
)
def without_repetitions(a, b):
    a, b = list(dict.fromkeys(a)), list(dict.fromkeys(b))
    row = [0] * (len(b) + 1)
    for x in a:
        new = [0]
        for j, y in enumerate(b):
            new.append(row[j] + 1 if x == y else max(new[j], row[j + 1]))
        row = new
    return 2 * row[-1] / (len(a) + len(b)) if row[-1] else 0.0


@misconception(
    says="difflib's ratio, whose matching blocks are not the longest subsequence",
    hint="It takes the longest run first, and loses what would have fitted around another. Fill the table.",
)
def by_difflib(a, b):
    from difflib import SequenceMatcher

    return SequenceMatcher(None, a, b, autojunk=False).ratio()


@misconception(
    says="the right F, and 1 for two empty texts",
    hint="Whenever nothing is common, F is 0; two empty texts have nothing in common.",
)
def empty_are_equal(a, b):
    row = [0] * (len(b) + 1)
    for x in a:
        new = [0]
        for j, y in enumerate(b):
            new.append(row[j] + 1 if x == y else max(new[j], row[j + 1]))
        row = new
    return 2 * row[-1] / (len(a) + len(b)) if a or b else 1.0


@misconception(
    says="the right F, which divides by zero where two texts that are not empty have nothing in common",
    hint="P + R is 0 there: return 0.0 whenever lcs is 0, and not only for empty texts.",
)
def nothing_in_common(a, b):
    row = [0] * (len(b) + 1)
    for x in a:
        new = [0]
        for j, y in enumerate(b):
            new.append(row[j] + 1 if x == y else max(new[j], row[j + 1]))
        row = new
    if not a or not b:
        return 0.0
    P, R = row[-1] / len(b), row[-1] / len(a)
    return 2 * P * R / (P + R)


@misconception(
    says="the right F, which divides by zero wherever nothing is common, in empty texts and in others",
    hint="P, R and P + R all may have 0 below: return 0.0 first, where lcs is 0.",
)
def never_guarded(a, b):
    row = [0] * (len(b) + 1)
    for x in a:
        new = [0]
        for j, y in enumerate(b):
            new.append(row[j] + 1 if x == y else max(new[j], row[j + 1]))
        row = new
    P, R = row[-1] / len(b), row[-1] / len(a)
    return 2 * P * R / (P + R)


@misconception(
    says="F rounded to two digits",
    hint="Return F as it is; rounding is for printing.",
)
def rounded(a, b):
    row = [0] * (len(b) + 1)
    for x in a:
        new = [0]
        for j, y in enumerate(b):
            new.append(row[j] + 1 if x == y else max(new[j], row[j + 1]))
        row = new
    return round(2 * row[-1] / (len(a) + len(b)), 2) if row[-1] else 0.0


@misconception(
    says="the whole part of F: 0, and 1 for equal texts",
    hint="`//` drops what is behind the point: divide with `/`.",
)
def whole_part(a, b):
    row = [0] * (len(b) + 1)
    for x in a:
        new = [0]
        for j, y in enumerate(b):
            new.append(row[j] + 1 if x == y else max(new[j], row[j + 1]))
        row = new
    return float(2 * row[-1] // (len(a) + len(b))) if row[-1] else 0.0


@misconception(
    says="the sum of precision and recall",
    hint="F is their harmonic mean, 2 P R / (P + R).",
)
def sum_of_both(a, b):
    row = [0] * (len(b) + 1)
    for x in a:
        new = [0]
        for j, y in enumerate(b):
            new.append(row[j] + 1 if x == y else max(new[j], row[j + 1]))
        row = new
    return row[-1] / len(a) + row[-1] / len(b) if row[-1] else 0.0


@misconception(
    says="a greedy subsequence: each word of b takes its next place in a",
    hint="Taking a word early may cost two others later. Compare both ways with a table: take the word, or leave it.",
)
def greedy_other_way(a, b):
    at, common = 0, 0
    for y in b:
        if y in a[at:]:
            at = a.index(y, at) + 1
            common += 1
    return 2 * common / (len(a) + len(b)) if common else 0.0


@misconception(
    says="the longest beginning of a whose words come in b in this order",
    hint="A word of a that b lacks stops such a walk: with a table you can leave it out.",
)
def beginning_of_a(a, b):
    common = 0
    for y in b:
        if common < len(a) and a[common] == y:
            common += 1
    return 2 * common / (len(a) + len(b)) if common else 0.0


@misconception(
    says="the longest beginning of b whose words come in a in this order",
    hint="A word of b that a lacks stops such a walk: with a table you can leave it out.",
)
def beginning_of_b(a, b):
    common = 0
    for x in a:
        if common < len(b) and b[common] == x:
            common += 1
    return 2 * common / (len(a) + len(b)) if common else 0.0


@misconception(
    says="F with difflib's matching blocks for the longest common subsequence",
    hint="It takes the longest run first, and loses what would have fitted around another. Fill the table.",
)
def blocks_of_difflib(a, b):
    from difflib import SequenceMatcher

    common = sum(block.size for block in SequenceMatcher(None, a, b, autojunk=False).get_matching_blocks())
    return 2 * common / (len(a) + len(b)) if common else 0.0


@misconception(
    says="the right F, out of texts that are emptied on the way",
    hint="`a.pop()` takes words out of the caller's list: go through it with an index, or work on `list(a)`.",
)
def eats_the_words(a, b):
    length, row = len(a) + len(b), [0] * (len(b) + 1)
    while a:
        word, new = a.pop(), [0] * (len(b) + 1)
        for j in reversed(range(len(b))):
            new[j] = row[j + 1] + 1 if b[j] == word else max(row[j], new[j + 1])
        row = new
    return 2 * row[0] / length if row[0] else 0.0


EQUIVALENT = {"1 -> 2": "one zero more in the first row, which nobody reads"}
