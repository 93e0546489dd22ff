"""The private half of two-hop-join."""

from llmcourse.checks.labs.knowledge.two_hop_join import joined

from grading.exercises import misconception, reference, variant

CASES = {
    "a larger graph": joined("r0", "r2", entities=10, triples=80),
    "a larger graph, backwards": joined("^r0", "^r0", entities=10, triples=80),
    "to and fro": joined("r1", "^r1", entities=7, triples=40),
    "fro and to": joined("^r2", "r2", entities=7, triples=40),
}


@reference
def two_hops(triples, start, first, second):
    def step(entity, relation):
        if relation.startswith("^"):
            return {h for h, r, t in triples if t == entity and r == relation[1:]}
        return {t for h, r, t in triples if h == entity and r == relation}

    return {(m, e) for m in step(start, first) for e in step(m, second)}


@variant
def by_index(triples, start, first, second):
    index = {}
    for h, r, t in triples:
        index.setdefault((h, r), []).append(t)
        index.setdefault((t, "^" + r), []).append(h)
    return {(m, e) for m in index.get((start, first), []) for e in index.get((m, second), [])}


@variant
def as_a_join(triples, start, first, second):
    turned = lambda name: [(t, h) if name[0] == "^" else (h, t) for h, r, t in triples if r == name.removeprefix("^")]
    found = set()
    for a, m in turned(first):
        for n, e in turned(second):
            if a == start and m == n:
                found.add((m, e))
    return found


@misconception(
    says="a join in which ^r goes along the arrow",
    hint="^r leads from the tail to the head: for it, the given entity is the tail.",
)
def against_is_along(triples, start, first, second):
    step = lambda e, name: {t for h, r, t in triples if h == e and r == name.removeprefix("^")}
    return {(m, e) for m in step(start, first) for e in step(m, second)}


@misconception(
    says="a join in which ^r leads nowhere",
    hint="No triple has a relation '^r': take the sign away, and walk r from tail to head.",
)
def against_is_nothing(triples, start, first, second):
    step = lambda e, name: {t for h, r, t in triples if h == e and r == name}
    return {(m, e) for m in step(start, first) for e in step(m, second)}


@misconception(
    says="a join that walks every relation in both directions",
    hint="r goes from head to tail only, and ^r from tail to head only.",
)
def both_directions(triples, start, first, second):
    def step(e, name):
        name = name.removeprefix("^")
        return {t for h, r, t in triples if h == e and r == name} | {h for h, r, t in triples if t == e and r == name}

    return {(m, e) for m in step(start, first) for e in step(m, second)}


@misconception(
    says="two steps that both begin at the start",
    hint="The second step begins where the first one ended: at m.",
)
def both_from_the_start(triples, start, first, second):
    def step(entity, relation):
        if relation.startswith("^"):
            return {h for h, r, t in triples if t == entity and r == relation[1:]}
        return {t for h, r, t in triples if h == entity and r == relation}

    return {(m, e) for m in step(start, first) for e in step(start, second)}


@misconception(
    says="a join that never comes back to the start",
    hint="The end may be the start again: two steps are two triples, whatever entities they join.",
)
def never_back(triples, start, first, second):
    def step(entity, relation):
        if relation.startswith("^"):
            return {h for h, r, t in triples if t == entity and r == relation[1:]}
        return {t for h, r, t in triples if h == entity and r == relation}

    return {(m, e) for m in step(start, first) for e in step(m, second) if e != start}


@misconception(
    says="a join that goes on from one middle only",
    hint="The first step may lead to several entities: go on from each of them.",
)
def one_middle(triples, start, first, second):
    def step(entity, relation):
        if relation.startswith("^"):
            return [h for h, r, t in triples if t == entity and r == relation[1:]]
        return [t for h, r, t in triples if h == entity and r == relation]

    return {(m, e) for m in step(start, first)[:1] for e in step(m, second)}


@misconception(
    says="steps that ask for no relation",
    hint="A step goes along triples of its relation only.",
)
def any_relation(triples, start, first, second):
    def step(entity, relation):
        if relation.startswith("^"):
            return {h for h, r, t in triples if t == entity}
        return {t for h, r, t in triples if h == entity}

    return {(m, e) for m in step(start, first) for e in step(m, second)}


@misconception(
    says="the two relations in the other order",
    hint="From the start, `first` is walked first.",
)
def exchanged(triples, start, first, second):
    def step(entity, relation):
        if relation.startswith("^"):
            return {h for h, r, t in triples if t == entity and r == relation[1:]}
        return {t for h, r, t in triples if h == entity and r == relation}

    return {(m, e) for m in step(start, second) for e in step(m, first)}


@misconception(
    says="pairs (end, middle)",
    hint="Each pair is (middle, end): where the first step leads, and where the second one does.",
)
def turned(triples, start, first, second):
    def step(entity, relation):
        if relation.startswith("^"):
            return {h for h, r, t in triples if t == entity and r == relation[1:]}
        return {t for h, r, t in triples if h == entity and r == relation}

    return {(e, m) for m in step(start, first) for e in step(m, second)}
