"""The private half of corrective-verdict."""

import functools

from llmcourse.checks.labs.agentic_rag.corrective_verdict import judged

from grading.exercises import misconception, reference, variant

CASES = {
    "many good passages": judged(7, 8, 6, low=0.2),
    "one passage, ambiguous": judged(1, 6, 6, low=-0.4, high=0.5),
    "all bad but one, which is ambiguous": judged(6, 7, 7, high=-0.45, touch="lower"),
    "other thresholds": judged(5, 8, 8, low=-0.7, high=0.3, upper=0.1, lower=-0.6, most=2),
    "nothing outside either": judged(2, 4, 0, high=-0.5),
    "one is good, the others are bad": judged(6, 8, 7, high=-0.45, touch="above"),
    "one is just good enough, the others are bad": judged(5, 7, 8, high=-0.45, touch="upper"),
}


@reference
def correct_retrieval(scores, inside, outside, upper, lower, keep, most):
    def refined(strips):
        good = [i for i in range(len(strips)) if strips[i][1] >= keep]
        best = sorted(good, key=lambda i: -strips[i][1])[:most]
        return [strips[i][0] for i in sorted(best)]

    if any(s >= upper for s in scores):
        return "correct", refined(inside)
    if all(s < lower for s in scores):
        return "incorrect", refined(outside)
    return "ambiguous", refined(inside) + refined(outside)


@variant
def by_the_best_score(scores, inside, outside, upper, lower, keep, most):
    best = max(scores, default=float("-inf"))
    verdict = "correct" if best >= upper else "ambiguous" if best >= lower else "incorrect"
    sources = {"correct": [inside], "incorrect": [outside], "ambiguous": [inside, outside]}[verdict]
    read = []
    for strips in sources:
        ranked = sorted(range(len(strips)), key=lambda i: strips[i][1], reverse=True)
        taken = set(ranked[:most])
        read += [text for i, (text, score) in enumerate(strips) if i in taken and score >= keep]
    return verdict, read


@variant
def by_dropping_the_worst(scores, inside, outside, upper, lower, keep, most):
    def refined(strips):
        left = [pair for pair in strips if pair[1] >= keep]
        while len(left) > most:
            left.remove(min(left, key=lambda pair: pair[1]))
        return [text for text, _ in left]

    level = max((2 if s >= upper else 1 if s >= lower else 0 for s in scores), default=0)
    read = (refined(inside) if level else []) + (refined(outside) if level < 2 else [])
    return ("incorrect", "ambiguous", "correct")[level], read


# What the mistakes below share with the reference.


def best_strips(strips, keep, most):
    good = [i for i in range(len(strips)) if strips[i][1] >= keep]
    return [strips[i][0] for i in sorted(sorted(good, key=lambda i: -strips[i][1])[:most])]


def by_verdict(scores, upper, lower, inside, outside):
    if any(s >= upper for s in scores):
        return "correct", inside
    if all(s < lower for s in scores):
        return "incorrect", outside
    return "ambiguous", inside + outside


@misconception(
    says="a verdict by the mean score",
    hint="One good passage among bad ones is enough for correct; only if all are bad is it incorrect.",
)
def by_the_mean(scores, inside, outside, upper, lower, keep, most):
    refined = functools.partial(best_strips, keep=keep, most=most)
    mean = sum(scores) / len(scores) if scores else float("-inf")
    if mean >= upper:
        return "correct", refined(inside)
    if mean < lower:
        return "incorrect", refined(outside)
    return "ambiguous", refined(inside) + refined(outside)


@misconception(
    says="incorrect as soon as one passage is bad",
    hint="Retrievals always bring bad passages too: incorrect means that *all* are below the lower threshold.",
)
def one_bad_is_enough(scores, inside, outside, upper, lower, keep, most):
    refined = functools.partial(best_strips, keep=keep, most=most)
    if any(s >= upper for s in scores):
        return "correct", refined(inside)
    if not scores or any(s < lower for s in scores):
        return "incorrect", refined(outside)
    return "ambiguous", refined(inside) + refined(outside)


@misconception(
    says="correct only if all passages are good",
    hint="One passage at or above the upper threshold is enough.",
)
def all_must_be_good(scores, inside, outside, upper, lower, keep, most):
    refined = functools.partial(best_strips, keep=keep, most=most)
    if scores and all(s >= upper for s in scores):
        return "correct", refined(inside)
    if all(s < lower for s in scores):
        return "incorrect", refined(outside)
    return "ambiguous", refined(inside) + refined(outside)


@misconception(
    says="thresholds that a score has to exceed",
    hint="A score *at* the upper threshold is good enough, and one at the lower threshold is not below it.",
)
def strict(scores, inside, outside, upper, lower, keep, most):
    refined = functools.partial(best_strips, keep=keep, most=most)
    if any(s > upper for s in scores):
        return "correct", refined(inside)
    if all(s <= lower for s in scores):
        return "incorrect", refined(outside)
    return "ambiguous", refined(inside) + refined(outside)


@misconception(
    says="strips in the order of their scores",
    hint="The best are *chosen* by score, and *read* in the order of the text: sort their indices at the end.",
)
def by_score(scores, inside, outside, upper, lower, keep, most):
    def refined(strips):
        good = [i for i in range(len(strips)) if strips[i][1] >= keep]
        return [strips[i][0] for i in sorted(good, key=lambda i: -strips[i][1])[:most]]

    return by_verdict(scores, upper, lower, refined(inside), refined(outside))


@misconception(
    says="the first good strips of the text, not the best",
    hint="Of those that are good enough, take the ones with the highest scores.",
)
def first_good_ones(scores, inside, outside, upper, lower, keep, most):
    refined = lambda strips: [text for text, score in strips if score >= keep][:most]
    return by_verdict(scores, upper, lower, refined(inside), refined(outside))


@misconception(
    says="the best strips, however bad they are",
    hint="Drop the strips below `keep` first: there may be fewer than `most` left.",
)
def keeps_bad_ones(scores, inside, outside, upper, lower, keep, most):
    def refined(strips):
        best = sorted(range(len(strips)), key=lambda i: -strips[i][1])[:most]
        return [strips[i][0] for i in sorted(best)]

    return by_verdict(scores, upper, lower, refined(inside), refined(outside))


@misconception(
    says="all good strips, however many",
    hint="At most `most` strips of each source are read: the best ones.",
)
def keeps_all(scores, inside, outside, upper, lower, keep, most):
    refined = lambda strips: [text for text, score in strips if score >= keep]
    return by_verdict(scores, upper, lower, refined(inside), refined(outside))


@misconception(
    says="strips whose score has to exceed `keep`",
    hint="A strip with a score of exactly `keep` is kept: >=.",
)
def keep_is_strict(scores, inside, outside, upper, lower, keep, most):
    def refined(strips):
        good = [i for i in range(len(strips)) if strips[i][1] > keep]
        return [strips[i][0] for i in sorted(sorted(good, key=lambda i: -strips[i][1])[:most])]

    return by_verdict(scores, upper, lower, refined(inside), refined(outside))


@misconception(
    says="ambiguous reading what was found alone",
    hint="Where the evaluator is unsure, both sources are read: inside, then outside.",
)
def ambiguous_reads_inside(scores, inside, outside, upper, lower, keep, most):
    refined = functools.partial(best_strips, keep=keep, most=most)
    if any(s >= upper for s in scores):
        return "correct", refined(inside)
    if all(s < lower for s in scores):
        return "incorrect", refined(outside)
    return "ambiguous", refined(inside)


@misconception(
    says="ambiguous refining both sources together: `most` strips in all",
    hint="Each source is refined by itself: refined(inside) + refined(outside).",
)
def refined_together(scores, inside, outside, upper, lower, keep, most):
    refined = functools.partial(best_strips, keep=keep, most=most)
    if any(s >= upper for s in scores):
        return "correct", refined(inside)
    if all(s < lower for s in scores):
        return "incorrect", refined(outside)
    return "ambiguous", refined([*inside, *outside])


@misconception(
    says="incorrect reading what was found as well",
    hint="If all passages are bad, everything that was found is thrown away.",
)
def incorrect_reads_both(scores, inside, outside, upper, lower, keep, most):
    refined = functools.partial(best_strips, keep=keep, most=most)
    if any(s >= upper for s in scores):
        return "correct", refined(inside)
    verdict = "incorrect" if all(s < lower for s in scores) else "ambiguous"
    return verdict, refined(inside) + refined(outside)


@misconception(
    says="ambiguous where nothing was found",
    hint="Without passages nothing is good: the verdict is incorrect, and the second source is read.",
)
def empty_is_ambiguous(scores, inside, outside, upper, lower, keep, most):
    refined = functools.partial(best_strips, keep=keep, most=most)
    if any(s >= upper for s in scores):
        return "correct", refined(inside)
    if scores and all(s < lower for s in scores):
        return "incorrect", refined(outside)
    return "ambiguous", refined(inside) + refined(outside)
