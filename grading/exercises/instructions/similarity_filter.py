"""The private half of similarity-filter."""

from llmcourse.checks.labs.instructions.similarity_filter import generated

from grading.exercises import misconception, reference, variant

CASES = {"more texts than words": generated(25, 5, 0.75), "a larger pool": generated(8, 12, 0.75)}


@reference
def keep_new(texts, pool, similarity, limit):
    known, keep = list(pool), []
    for text in texts:
        keep.append(all(similarity(text, other) < limit for other in known))
        if keep[-1]:
            known.append(text)
    return keep


@variant
def by_the_largest(texts, pool, similarity, limit):
    kept = []
    for i, text in enumerate(texts):
        before = [*pool, *(texts[j] for j in range(i) if kept[j])]
        kept.append(max((similarity(text, other) for other in before), default=0.0) < limit)
    return kept


@variant
def with_a_loop(texts, pool, similarity, limit):
    known = []
    known.extend(pool)
    answers = [False] * len(texts)
    for i in range(len(texts)):
        new = True
        for other in known:
            if similarity(other, texts[i]) >= limit:
                new = False
                break
        if new:
            known.append(texts[i])
            answers[i] = True
    return answers


@misconception(
    says="a comparison with the pool alone",
    hint="Generated texts repeat each other as well: what you keep joins what is known.",
)
def pool_alone(texts, pool, similarity, limit):
    known, keep = list(pool), []
    for text in texts:
        keep.append(all(similarity(text, other) < limit for other in known))
    return keep


@misconception(
    says="a filter in which refused texts are known too",
    hint="Only a text that stays joins the known ones: what was refused is not in the data.",
)
def refused_ones_count(texts, pool, similarity, limit):
    known, keep = list(pool), []
    for text in texts:
        keep.append(all(similarity(text, other) < limit for other in known))
        known.append(text)
    return keep


@misconception(
    says="a filter that lets through what is just as similar as the limit",
    hint="The similarity has to be *below* the limit.",
)
def equal_passes(texts, pool, similarity, limit):
    known, keep = list(pool), []
    for text in texts:
        keep.append(all(similarity(text, other) <= limit for other in known))
        if keep[-1]:
            known.append(text)
    return keep


@misconception(
    says="a filter by the mean similarity",
    hint="One near neighbour is enough to refuse a text: take the largest similarity.",
)
def the_mean(texts, pool, similarity, limit):
    known, keep = list(pool), []
    for text in texts:
        keep.append(sum(similarity(text, other) for other in known) / max(1, len(known)) < limit)
        if keep[-1]:
            known.append(text)
    return keep


@misconception(
    says="a text is kept if anything known is unlike it",
    hint="It must be unlike *everything* known: `all`, not `any`.",
)
def any_far(texts, pool, similarity, limit):
    known, keep = list(pool), []
    for text in texts:
        keep.append(not known or any(similarity(text, other) < limit for other in known))
        if keep[-1]:
            known.append(text)
    return keep


@misconception(
    says="what is too similar, and not what is new",
    hint="True means that the text stays.",
)
def turned(texts, pool, similarity, limit):
    known, keep = list(pool), []
    for text in texts:
        keep.append(all(similarity(text, other) < limit for other in known))
        if keep[-1]:
            known.append(text)
    return [not x for x in keep]


@misconception(
    says="a comparison with the last known text alone",
    hint="Compare with all that is known.",
)
def last_alone(texts, pool, similarity, limit):
    known, keep = list(pool), []
    for text in texts:
        keep.append(all(similarity(text, other) < limit for other in known[-1:]))
        if keep[-1]:
            known.append(text)
    return keep


@misconception(
    says="a filter that refuses everything: each text is compared with itself",
    hint="Compare with the texts before it, not with the whole list.",
)
def itself(texts, pool, similarity, limit):
    known, keep = [*pool, *texts], []
    for text in texts:
        keep.append(all(similarity(text, other) < limit for other in known))
        if keep[-1]:
            known.append(text)
    return keep


@misconception(
    says="a filter that does not look at the pool",
    hint="The pool is known from the beginning.",
)
def others_alone(texts, pool, similarity, limit):
    known, keep = [], []
    for text in texts:
        keep.append(all(similarity(text, other) < limit for other in known))
        if keep[-1]:
            known.append(text)
    return keep


@misconception(
    says="a filter that refuses exact repetitions alone",
    hint="Ask for the similarity: another word order is not new.",
)
def repetitions_alone(texts, pool, similarity, limit):
    known, keep = list(pool), []
    for text in texts:
        keep.append(text not in known)
        if keep[-1]:
            known.append(text)
    return keep


@misconception(
    says="a filter that goes through the texts from the end",
    hint="The first of two similar texts stays.",
)
def from_the_end(texts, pool, similarity, limit):
    known, keep = list(pool), []
    for text in reversed(texts):
        keep.append(all(similarity(text, other) < limit for other in known))
        if keep[-1]:
            known.append(text)
    return keep[::-1]


@misconception(
    says="the texts that stay, and not whether each stays",
    hint="Return one bool for each text.",
)
def kept_texts(texts, pool, similarity, limit):
    known, keep = list(pool), []
    for text in texts:
        keep.append(all(similarity(text, other) < limit for other in known))
        if keep[-1]:
            known.append(text)
    return [text for text, stays in zip(texts, keep) if stays]


@misconception(
    says="a comparison with all other texts, the later ones too",
    hint="Go through the texts in their order: only what was kept *before* is known.",
)
def later_ones_too(texts, pool, similarity, limit):
    keep = []
    for i, text in enumerate(texts):
        others = [*pool, *texts[:i], *texts[i + 1 :]]
        keep.append(all(similarity(text, other) < limit for other in others))
    return keep


EQUIVALENT = {}
