"""The private half of chrf-score."""

from collections import Counter

from llmcourse.checks.labs.long_context.chrf_score import far, near, nothing, repeated, short
from llmcourse.long_context import translation

from grading.exercises import misconception, reference, variant

CASES = {
    "a long text": near(40),
    "three words": near(3),
    "nothing in common, in a longer sentence": nothing(9),
    "another word again and again": repeated,
    "one long, one short": far(9, 2),
    "a hypothesis of five characters": short(5, 12),
    "a reference of three characters": short(11, 3),
}


@reference
def chrf(hypothesis, reference):
    return translation.chrf(hypothesis, reference)


def _parts(hypothesis, reference, order=6, spaces=False, sets=False, clip=True):
    """(match, hyp, ref) for each n; what misconceptions change are the arguments."""
    h, r = (text if spaces else "".join(text.split()) for text in (hypothesis, reference))
    found = []
    for n in range(1, order + 1):
        a, b = (Counter(t[i : i + n] for i in range(len(t) - n + 1)) for t in (h, r))
        if sets:
            a, b = Counter(set(a)), Counter(set(b))
        match = (a & b).total() if clip else sum(count for gram, count in a.items() if gram in b)
        found.append((match, a.total(), b.total()))
    return found


def _f(parts, beta=2.0, every=False, scale=100):
    kept = [p for p in parts if every or (p[1] and p[2])]
    if not any(m for m, _, _ in kept):
        return 0.0
    P, R = (sum(p[0] / p[i] if p[i] else 0.0 for p in kept) / len(kept) for i in (1, 2))
    return scale * (1 + beta**2) * P * R / (beta**2 * P + R)


@variant
def with_counters(hypothesis, reference):
    a, b = "".join(hypothesis.split()), "".join(reference.split())
    P, R = [], []
    for n in range(1, 7):
        x = Counter(a[i : i + n] for i in range(len(a) - n + 1))
        y = Counter(b[i : i + n] for i in range(len(b) - n + 1))
        if x and y:
            same = sum(min(x[gram], y[gram]) for gram in x)
            P.append(same / sum(x.values()))
            R.append(same / sum(y.values()))
    p, r = sum(P) / len(P), sum(R) / len(R)
    return 500 * p * r / (4 * p + r) if p + r > 0 else 0.0


@variant
def with_lists(hypothesis, reference):
    a, b = hypothesis.replace(" ", ""), reference.replace(" ", "")
    longest = min(6, len(a), len(b))
    precision = recall = 0.0
    for n in range(1, longest + 1):
        x = [a[i : i + n] for i in range(len(a) - n + 1)]
        y = [b[i : i + n] for i in range(len(b) - n + 1)]
        left, same = list(y), 0
        for gram in x:
            if gram in left:
                left.remove(gram)
                same += 1
        precision, recall = precision + same / len(x) / longest, recall + same / len(y) / longest
    if precision == 0:
        return 0.0
    return 100 / ((1 / 5) / precision + (4 / 5) / recall)


@misconception(
    says="chrF with the spaces as characters",
    hint="White space does not count: leave it out of both texts first.",
)
def with_spaces(hypothesis, reference):
    return _f(_parts(hypothesis, reference, spaces=True))


@misconception(
    says="precision and recall with equal weight: F1",
    hint="beta is 2: recall counts more, `5 * P * R / (4 * P + R)`.",
)
def f1(hypothesis, reference):
    return _f(_parts(hypothesis, reference), beta=1.0)


@misconception(
    says="beta on the wrong side: precision counts four times as much as recall",
    hint="`(1 + beta**2) * P * R / (beta**2 * P + R)`: the precision carries beta squared in the denominator.",
)
def beta_reversed(hypothesis, reference):
    return _f(_parts(hypothesis, reference), beta=0.5)


@misconception(
    says="n-grams of up to four characters, as BLEU has words",
    hint="n goes from 1 to 6: `range(1, 7)`.",
)
def up_to_four(hypothesis, reference):
    return _f(_parts(hypothesis, reference, order=4))


@misconception(
    says="n-grams of up to five characters",
    hint="`range(1, 6)` ends at 5: the last n is 6.",
)
def up_to_five(hypothesis, reference):
    return _f(_parts(hypothesis, reference, order=5))


@misconception(
    says="each n-gram counted once, however often it comes",
    hint="Count them: `Counter` in the place of `set`.",
)
def sets(hypothesis, reference):
    return _f(_parts(hypothesis, reference, sets=True))


@misconception(
    says="matches that are not limited: an n-gram of the hypothesis counts whenever the reference has it at all",
    hint="A match can be used once: at most as often as in the reference, `min` of both counts.",
)
def not_clipped(hypothesis, reference):
    return _f(_parts(hypothesis, reference, clip=False))


@misconception(
    says="a mean over all six n, also those for which one text is too short",
    hint="Leave out the n for which one of the texts has no n-grams.",
)
def all_six(hypothesis, reference):
    return _f(_parts(hypothesis, reference), every=True)


@misconception(
    says="the mean of the F-scores, one for each n",
    hint="First the means of precision and of recall over n, then one F-score.",
)
def mean_of_f(hypothesis, reference):
    kept = [p for p in _parts(hypothesis, reference) if p[1] and p[2]]
    return sum(_f([p]) for p in kept) / len(kept)


@misconception(
    says="matches of all n added up before the division, so that short n-grams weigh more",
    hint="Precision and recall are computed for each n, and their means taken.",
)
def pooled(hypothesis, reference):
    kept = [p for p in _parts(hypothesis, reference) if p[1] and p[2]]
    return _f([tuple(map(sum, zip(*kept)))])


@misconception(
    says="chrF from 0 to 1",
    hint="chrF is given in per cent: times 100.",
)
def to_one(hypothesis, reference):
    return _f(_parts(hypothesis, reference), scale=1)


EQUIVALENT = {"(P, R) -> (R, P)": "both are empty lists when they get their names"}
