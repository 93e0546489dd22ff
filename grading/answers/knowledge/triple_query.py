"""Answers to triple-query, written from the task alone."""

from grading.answers import answer


def fits(p, x):
    return p.startswith("?") or p == x


@answer("triple-query", "variables agree with anything, also twice", "wrong")
def _(triples, pattern):
    return {t for t in triples if all(map(fits, pattern, t))}


@answer("triple-query", "a list with duplicates dropped, and the first repetition only compared", "wrong")
def _(triples, pattern):
    h, r, _t = pattern
    return {x for x in triples if all(map(fits, pattern, x)) and (h != r or x[0] == x[1])}


@answer("triple-query", "head and tail are compared if they are variables at all", "wrong")
def _(triples, pattern):
    both = pattern[0].startswith("?") and pattern[2].startswith("?")
    return {x for x in triples if all(map(fits, pattern, x)) and (not both or x[0] == x[2])}


@answer("triple-query", "bindings instead of triples", "wrong")
def _(triples, pattern):
    return {tuple(x for p, x in zip(pattern, t) if p.startswith("?")) for t in triples if all(map(fits, pattern, t))}


@answer("triple-query", "names are compared as substrings", "wrong")
def _(triples, pattern):
    return {t for t in triples if all(p.startswith("?") or p in x for p, x in zip(pattern, t))}


@answer("triple-query", "an unknown name gives everything", "wrong")
def _(triples, pattern):
    found = {t for t in triples if all(map(fits, pattern, t))}
    return found or set(triples)


@answer("triple-query", "at most one variable is allowed", "wrong")
def _(triples, pattern):
    if sum(p.startswith("?") for p in pattern) > 1:
        return set()
    return {t for t in triples if all(map(fits, pattern, t))}


@answer("triple-query", "also against the arrow", "wrong")
def _(triples, pattern):
    h, r, t = pattern
    return {x for x in triples if all(map(fits, (h, r, t), x)) or all(map(fits, (t, r, h), x))}


@answer("triple-query", "the relation may not be a variable", "wrong")
def _(triples, pattern):
    h, r, t = pattern
    return {x for x in triples if fits(h, x[0]) and r == x[1] and fits(t, x[2]) and (h != t or x[0] == x[2])}


@answer("triple-query", "filters, one after the other", "right")
def _(triples, pattern):
    found = list(triples)
    for i, p in enumerate(pattern):
        if not p.startswith("?"):
            found = [t for t in found if t[i] == p]
    for i in range(3):
        for j in range(i):
            if pattern[i] == pattern[j]:
                found = [t for t in found if t[i] == t[j]]
    return set(found)


@answer("triple-query", "a pattern fits if putting the triple's parts in for its variables gives the triple", "right")
def _(triples, pattern):
    found = set()
    for t in triples:
        named = {}
        for p, x in zip(pattern, t):
            if p[0] == "?" and p not in named:
                named[p] = x
        if tuple(named.get(p, p) for p in pattern) == tuple(t):
            found.add(tuple(t))
    return found
