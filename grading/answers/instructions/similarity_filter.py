"""Answers to similarity-filter by people who have not seen its private half."""

from grading.answers import answer


@answer("similarity-filter", "equal to the limit stays", "wrong")
def _(texts, pool, similarity, limit):
    known, keep = list(pool), []
    for text in texts:
        keep.append(all(similarity(text, other) <= limit for other in known))
        known += [text] if keep[-1] else []
    return keep


@answer("similarity-filter", "the pool alone", "wrong")
def _(texts, pool, similarity, limit):
    return [all(similarity(text, other) < limit for other in pool) for text in texts]


@answer("similarity-filter", "the kept texts alone", "wrong")
def _(texts, pool, similarity, limit):
    known, keep = [], []
    for text in texts:
        keep.append(all(similarity(text, other) < limit for other in known))
        known += [text] if keep[-1] else []
    return keep


@answer("similarity-filter", "what goes becomes known as well", "wrong")
def _(texts, pool, similarity, limit):
    known, keep = list(pool), []
    for text in texts:
        keep.append(all(similarity(text, other) < limit for other in known))
        known.append(text)
    return keep


@answer("similarity-filter", "all the other texts, also the later ones", "wrong")
def _(texts, pool, similarity, limit):
    others = lambda i: [*pool, *texts[:i], *texts[i + 1 :]]
    return [all(similarity(text, other) < limit for other in others(i)) for i, text in enumerate(texts)]


@answer("similarity-filter", "any in place of all", "wrong")
def _(texts, pool, similarity, limit):
    known, keep = list(pool), []
    for text in texts:
        keep.append(not known or any(similarity(text, other) < limit for other in known))
        known += [text] if keep[-1] else []
    return keep


@answer("similarity-filter", "the mean similarity", "wrong")
def _(texts, pool, similarity, limit):
    known, keep = list(pool), []
    for text in texts:
        values = [similarity(text, other) for other in known] or [0]
        keep.append(sum(values) / len(values) < limit)
        known += [text] if keep[-1] else []
    return keep


@answer("similarity-filter", "the smallest similarity", "wrong")
def _(texts, pool, similarity, limit):
    known, keep = list(pool), []
    for text in texts:
        keep.append(min((similarity(text, other) for other in known), default=0) < limit)
        known += [text] if keep[-1] else []
    return keep


@answer("similarity-filter", "the sum of the similarities", "wrong")
def _(texts, pool, similarity, limit):
    known, keep = list(pool), []
    for text in texts:
        keep.append(sum(similarity(text, other) for other in known) < limit)
        known += [text] if keep[-1] else []
    return keep


@answer("similarity-filter", "says which go", "wrong")
def _(texts, pool, similarity, limit):
    known, gone = list(pool), []
    for text in texts:
        gone.append(any(similarity(text, other) >= limit for other in known))
        known += [] if gone[-1] else [text]
    return gone


@answer("similarity-filter", "above the limit stays", "wrong")
def _(texts, pool, similarity, limit):
    known, keep = list(pool), []
    for text in texts:
        keep.append(all(similarity(text, other) > limit for other in known))
        known += [text] if keep[-1] else []
    return keep


@answer("similarity-filter", "the last known text alone", "wrong")
def _(texts, pool, similarity, limit):
    known, keep = list(pool), []
    for text in texts:
        keep.append(not known or similarity(text, known[-1]) < limit)
        known += [text] if keep[-1] else []
    return keep


@answer("similarity-filter", "the first known text alone", "wrong")
def _(texts, pool, similarity, limit):
    known, keep = list(pool), []
    for text in texts:
        keep.append(not known or similarity(text, known[0]) < limit)
        known += [text] if keep[-1] else []
    return keep


@answer("similarity-filter", "an empty pool keeps nothing", "wrong")
def _(texts, pool, similarity, limit):
    known, keep = list(pool), []
    for text in texts:
        keep.append(bool(known) and all(similarity(text, other) < limit for other in known))
        known += [text] if keep[-1] else []
    return keep


@answer("similarity-filter", "from the last text to the first", "wrong")
def _(texts, pool, similarity, limit):
    known, keep = list(pool), []
    for text in reversed(texts):
        keep.append(all(similarity(text, other) < limit for other in known))
        known += [text] if keep[-1] else []
    return keep[::-1]


@answer("similarity-filter", "only equal texts go", "wrong")
def _(texts, pool, similarity, limit):
    known, keep = list(pool), []
    for text in texts:
        keep.append(text not in known)
        known += [text] if keep[-1] else []
    return keep


@answer("similarity-filter", "a limit of 0.7 whatever is asked", "wrong")
def _(texts, pool, similarity, limit):
    known, keep = list(pool), []
    for text in texts:
        keep.append(all(similarity(text, other) < 0.7 for other in known))
        known += [text] if keep[-1] else []
    return keep


@answer("similarity-filter", "stops at the first that goes", "wrong")
def _(texts, pool, similarity, limit):
    known, keep = list(pool), []
    for text in texts:
        stays = all(keep) and all(similarity(text, other) < limit for other in known)
        keep.append(stays)
        known += [text] if stays else []
    return keep


@answer("similarity-filter", "returns the texts", "wrong")
def _(texts, pool, similarity, limit):
    known = list(pool)
    for text in texts:
        if all(similarity(text, other) < limit for other in known):
            known.append(text)
    return known[len(pool) :]


@answer("similarity-filter", "everything stays", "wrong")
def _(texts, pool, similarity, limit):
    return [True for _ in texts]


@answer("similarity-filter", "the arguments of the similarity exchanged", "right")
def _(texts, pool, similarity, limit):
    known, keep = list(pool), []
    for text in texts:
        keep.append(not any(similarity(other, text) >= limit for other in known))
        known += [text] if keep[-1] else []
    return keep


@answer("similarity-filter", "a matrix first", "right")
def _(texts, pool, similarity, limit):
    everything = [*pool, *texts]
    alike = [[similarity(a, b) for b in everything] for a in texts]
    known, keep = list(range(len(pool))), []
    for i in range(len(texts)):
        keep.append(max([alike[i][j] for j in known], default=-1.0) < limit)
        if keep[-1]:
            known.append(len(pool) + i)
    return keep
