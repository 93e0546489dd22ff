"""Answers to two-hop-join, written from the task alone."""

from grading.answers import answer


def step(triples, e, r):
    if r[0] == "^":
        return {h for h, x, t in triples if t == e and x == r[1:]}
    return {t for h, x, t in triples if h == e and x == r}


@answer("two-hop-join", "only the ends, without the middle", "wrong")
def _(triples, start, first, second):
    return {(start, e) for m in step(triples, start, first) for e in step(triples, m, second)}


@answer("two-hop-join", "the start may not come again", "wrong")
def _(triples, start, first, second):
    return {(m, e) for m in step(triples, start, first) for e in step(triples, m, second) if e != start}


@answer("two-hop-join", "middle and end have to differ", "wrong")
def _(triples, start, first, second):
    return {(m, e) for m in step(triples, start, first) for e in step(triples, m, second) if e != m}


@answer("two-hop-join", "the sign is stripped and forgotten", "wrong")
def _(triples, start, first, second):
    first, second = first.lstrip("^"), second.lstrip("^")
    return {(m, e) for m in step(triples, start, first) for e in step(triples, m, second)}


@answer("two-hop-join", "only the first step may go backwards", "wrong")
def _(triples, start, first, second):
    return {(m, e) for m in step(triples, start, first) for e in step(triples, m, second.lstrip("^"))}


@answer("two-hop-join", "a middle that goes nowhere ends where it is", "wrong")
def _(triples, start, first, second):
    return {(m, e) for m in step(triples, start, first) for e in (step(triples, m, second) or {m})}


@answer("two-hop-join", "one end a middle, as in a dict", "wrong")
def _(triples, start, first, second):
    return {m: e for m in sorted(step(triples, start, first)) for e in sorted(step(triples, m, second))}.items() | set()


@answer("two-hop-join", "one step is enough as well", "wrong")
def _(triples, start, first, second):
    middles = step(triples, start, first)
    return {(m, e) for m in middles for e in step(triples, m, second)} | {(start, m) for m in middles}


@answer("two-hop-join", "all pairs of middles and ends", "wrong")
def _(triples, start, first, second):
    middles = step(triples, start, first)
    ends = {e for m in middles for e in step(triples, m, second)}
    return {(m, e) for m in middles for e in ends}


@answer("two-hop-join", "backwards edges are added first", "right")
def _(triples, start, first, second):
    both = {*triples, *((t, "^" + r, h) for h, r, t in triples)}
    return {(m, e) for h, r, m in both if (h, r) == (start, first) for x, s, e in both if (x, s) == (m, second)}


@answer("two-hop-join", "an index from entity and relation", "right")
def _(triples, start, first, second):
    to = {}
    for h, r, t in triples:
        to.setdefault((h, r), []).append(t)
        to.setdefault((t, "^" + r), []).append(h)
    found = set()
    for m in to.get((start, first), []):
        found.update((m, e) for e in to.get((m, second), []))
    return found
