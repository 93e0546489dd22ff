"""Answers to linked-subgraph, written from the task alone."""

from grading.answers import answer


def grown(triples, inside, both=True):
    new = {t for h, _, t in triples if h in inside}
    return inside | new | ({h for h, _, t in triples if t in inside} if both else set())


@answer("linked-subgraph", "against arrows is forgotten", "wrong")
def _(triples, linked, hops):
    inside = set(linked)
    for _ in range(hops):
        inside = grown(triples, inside, both=False)
    return {x for x in triples if x[0] in inside and x[2] in inside}


@answer("linked-subgraph", "one end inside is enough", "wrong")
def _(triples, linked, hops):
    inside = set(linked)
    for _ in range(hops):
        inside = grown(triples, inside)
    return {x for x in triples if x[0] in inside or x[2] in inside}


@answer("linked-subgraph", "the entities instead of the triples", "wrong")
def _(triples, linked, hops):
    inside = set(linked)
    for _ in range(hops):
        inside = grown(triples, inside)
    return inside


@answer("linked-subgraph", "no steps means nothing", "wrong")
def _(triples, linked, hops):
    inside = set(linked)
    for _ in range(hops):
        inside = grown(triples, inside)
    return {x for x in triples if x[0] in inside and x[2] in inside} if hops else set()


@answer("linked-subgraph", "an entity for another must be reached from all linked ones", "wrong")
def _(triples, linked, hops):
    balls = []
    for e in linked:
        inside = {e}
        for _ in range(hops):
            inside = grown(triples, inside)
        balls.append(inside)
    inside = set.intersection(*balls) if balls else set()
    return {x for x in triples if x[0] in inside and x[2] in inside}


@answer("linked-subgraph", "each linked entity has a subgraph of its own, and they are joined", "wrong")
def _(triples, linked, hops):
    found = set()
    for e in linked:
        inside = {e}
        for _ in range(hops):
            inside = grown(triples, inside)
        found |= {x for x in triples if x[0] in inside and x[2] in inside}
    return found


@answer("linked-subgraph", "the set grows while it is walked through", "wrong")
def _(triples, linked, hops):
    inside = set(linked)
    for _ in range(hops):
        for h, _, t in triples:
            if h in inside or t in inside:
                inside |= {h, t}
    return {x for x in triples if x[0] in inside and x[2] in inside}


@answer("linked-subgraph", "only the last ring", "wrong")
def _(triples, linked, hops):
    inside = set(linked)
    for _ in range(hops):
        inside = grown(triples, inside) - inside
    return {x for x in triples if x[0] in inside and x[2] in inside}


@answer("linked-subgraph", "one round less", "wrong")
def _(triples, linked, hops):
    inside = set(linked)
    for _ in range(hops - 1):
        inside = grown(triples, inside)
    return {x for x in triples if x[0] in inside and x[2] in inside}


@answer("linked-subgraph", "breadth first with distances", "right")
def _(triples, linked, hops):
    near = {}
    for h, _, t in triples:
        near.setdefault(h, set()).add(t)
        near.setdefault(t, set()).add(h)
    distance, waiting = dict.fromkeys(linked, 0), list(linked)
    while waiting:
        e = waiting.pop(0)
        for n in near.get(e, ()):
            if n not in distance:
                distance[n] = distance[e] + 1
                waiting.append(n)
    close = {e for e, d in distance.items() if d <= hops}
    return {(h, r, t) for h, r, t in triples if h in close and t in close}


@answer("linked-subgraph", "recursion", "right")
def _(triples, linked, hops):
    def ball(inside, left):
        if not left:
            return inside
        return ball(inside | {e for h, _, t in triples if {h, t} & inside for e in (h, t)}, left - 1)

    inside = ball(frozenset(linked), hops)
    return set(filter(lambda x: x[0] in inside and x[2] in inside, map(tuple, triples)))
