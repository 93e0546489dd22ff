"""The private half of rouge-l."""

from llmcourse.bootstrapping import rouge
from llmcourse.checks.labs.bootstrapping.rouge_l import text_pairs

from grading.exercises import library_call, misconception, reference, variant

CASES = {"long texts": text_pairs((20, 25), (30, 28), words=6), "one word": text_pairs((1, 1), (1, 5), (4, 1))}


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


EQUIVALENT = {"1 -> 2": "one zero more in the first row, which nobody reads"}
