"""linked-subgraph: The subgraph around linked entities."""

from llmcourse.checks import Exercise

from .cases import drawn


def around(linked, hops, entities=12, triples=16):
    """`linked` entities of a sparse random graph."""

    def make(generator):
        e, found = drawn(generator, entities, triples)
        return {"triples": found, "linked": [e[0], e[5], e[8]][:linked], "hops": hops}

    return make


def ladder(hops):
    """A path that the steps walk from its middle, and a rung that joins two entities equally far away."""

    def make(generator):
        e, _ = drawn(generator, 9, 4)
        found = [(e[1], "r0", e[0]), (e[0], "r0", e[2]), (e[3], "r1", e[1]), (e[2], "r1", e[4])]
        found += [(e[1], "r2", e[2]), (e[4], "r2", e[3]), (e[5], "r0", e[3]), (e[4], "r0", e[6]), (e[7], "r1", e[8])]
        return {"triples": found, "linked": [e[0]], "hops": hops}

    return make


def unlinked(generator):
    _, found = drawn(generator, 6, 8)
    return {"triples": found, "linked": [], "hops": 2}


def unknown(generator):
    _, found = drawn(generator, 6, 8)
    return {"triples": found, "linked": ["e99"], "hops": 1}


def probe(answer, inputs):
    return {"kept": answer(list(inputs["triples"]), list(inputs["linked"]), inputs["hops"])}


EXERCISE = Exercise(
    name="linked-subgraph",
    title="The subgraph around linked entities",
    answer="subgraph",
    parameters=("triples", "linked", "hops"),
    points=3,
    difficulty=3,
    minutes=12,
    cases={
        "one step": ladder(1),
        "two steps": ladder(2),
        "no step": around(2, 0, entities=10, triples=30),
        "two linked entities": around(2, 1),
        "three linked entities": around(3, 2, entities=20, triples=22),
        "three steps": around(1, 3, entities=18, triples=20),
        "nothing is linked": unlinked,
        "an entity that is not there": unknown,
    },
    probe=probe,
    hints=(
        "First find the entities: a set that begins with the linked ones and grows `hops` times.",
        "A step goes along an arrow or against it: if one end of a triple is in the set, the other end joins it.",
        "In each round look at the set as it was *before* the round, or one round walks several steps.",
        "Then keep every triple with both ends in the set, whether a step walked it or not.",
    ),
)
