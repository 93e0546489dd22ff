"""The private half of linked-subgraph."""

from llmcourse.checks.labs.knowledge.linked_subgraph import around

from grading.exercises import misconception, reference, variant

CASES = {
    "a larger graph": around(2, 2, entities=20, triples=24),
    "four steps": around(1, 4, entities=20, triples=21),
    "everything is near": around(3, 5, entities=9, triples=30),
}


@reference
def subgraph(triples, linked, hops):
    inside = set(linked)
    for _ in range(hops):
        inside |= {t for h, _, t in triples if h in inside} | {h for h, _, t in triples if t in inside}
    return {(h, r, t) for h, r, t in triples if h in inside and t in inside}


@variant
def by_distance(triples, linked, hops):
    distance, queue = {e: 0 for e in linked}, list(linked)
    while queue:
        e = queue.pop(0)
        if distance[e] == hops:
            continue
        for h, _, t in triples:
            for a, b in ((h, t), (t, h)):
                if a == e and b not in distance:
                    distance[b] = distance[e] + 1
                    queue.append(b)
    return {x for x in triples if x[0] in distance and x[2] in distance}


@variant
def by_recursion(triples, linked, hops):
    if hops == 0:
        return {x for x in triples if {x[0], x[2]} <= set(linked)}
    wider = set(linked)
    for h, _, t in triples:
        if h in linked or t in linked:
            wider |= {h, t}
    return by_recursion(triples, sorted(wider), hops - 1)


@misconception(
    says="a subgraph that grows along arrows only",
    hint="A step may go against the arrow: who borders France is near, and so is what France borders.",
)
def along_arrows(triples, linked, hops):
    inside = set(linked)
    for _ in range(hops):
        inside |= {t for h, _, t in triples if h in inside}
    return {x for x in triples if x[0] in inside and x[2] in inside}


@misconception(
    says="a subgraph that grows by one step more",
    hint="`hops` rounds: with 0, only the linked entities themselves.",
)
def one_step_more(triples, linked, hops):
    inside = set(linked)
    for _ in range(hops + 1):
        inside |= {t for h, _, t in triples if h in inside} | {h for h, _, t in triples if t in inside}
    return {x for x in triples if x[0] in inside and x[2] in inside}


@misconception(
    says="every triple that touches the entities found",
    hint="Both ends have to be among them: a triple with one end outside leads out of the subgraph.",
)
def one_end_inside(triples, linked, hops):
    inside = set(linked)
    for _ in range(hops):
        inside |= {t for h, _, t in triples if h in inside} | {h for h, _, t in triples if t in inside}
    return {x for x in triples if x[0] in inside or x[2] in inside}


@misconception(
    says="only the triples that the steps have walked",
    hint="Two entities that are both near may be joined by a triple that no step walked: it belongs to the subgraph.",
)
def walked_only(triples, linked, hops):
    inside, walked = set(linked), set()
    for _ in range(hops):
        new = {x for x in triples if (x[0] in inside) or (x[2] in inside)}
        walked |= new
        inside |= {e for h, _, t in new for e in (h, t)}
    return walked


@misconception(
    says="a subgraph that grows within one round as far as the order of triples lets it",
    hint="In each round, ask for what was inside before the round: collect what is new, and add it at the end.",
)
def grows_within_a_round(triples, linked, hops):
    inside = set(linked)
    for _ in range(hops):
        for h, _, t in triples:
            if h in inside or t in inside:
                inside |= {h, t}
    return {x for x in triples if x[0] in inside and x[2] in inside}


@misconception(
    says="the subgraph around the first linked entity alone",
    hint="Begin with all linked entities.",
)
def first_entity(triples, linked, hops):
    inside = set(linked[:1])
    for _ in range(hops):
        inside |= {t for h, _, t in triples if h in inside} | {h for h, _, t in triples if t in inside}
    return {x for x in triples if x[0] in inside and x[2] in inside}


@misconception(
    says="a subgraph that has forgotten what it found before the last round",
    hint="The set grows: what was inside stays inside.",
)
def last_round_only(triples, linked, hops):
    inside = set(linked)
    for _ in range(hops):
        inside = {t for h, _, t in triples if h in inside} | {h for h, _, t in triples if t in inside}
    return {x for x in triples if x[0] in inside and x[2] in inside}


@misconception(
    says="a subgraph without loops",
    hint="A triple from an entity to itself has both ends inside.",
)
def without_loops(triples, linked, hops):
    inside = set(linked)
    for _ in range(hops):
        inside |= {t for h, _, t in triples if h in inside} | {h for h, _, t in triples if t in inside}
    return {x for x in triples if x[0] in inside and x[2] in inside and x[0] != x[2]}


@misconception(
    says="a subgraph of one step, whatever `hops` is",
    hint="Repeat the step `hops` times.",
)
def one_step(triples, linked, hops):
    inside = set(linked)
    inside |= {t for h, _, t in triples if h in inside} | {h for h, _, t in triples if t in inside}
    return {x for x in triples if x[0] in inside and x[2] in inside}
