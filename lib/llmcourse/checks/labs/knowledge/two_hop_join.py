"""two-hop-join: Two steps are a join."""

from llmcourse.checks import Exercise

from .cases import drawn, pick


def joined(first, second, entities=6, triples=22):
    """Two steps from an entity that has the first; a step "^r" goes against the arrow. There are many ways."""

    def make(generator):
        _, found = drawn(generator, entities, triples)
        name, back = first.removeprefix("^"), first.startswith("^")
        starts = [t if back else h for h, r, t in found if r == name]
        return {"triples": found, "start": starts[pick(generator, len(starts))], "first": first, "second": second}

    return make


def there_and_back(generator):
    """From an entity to its neighbour and to itself again: r0 goes both ways between the first two."""
    e, found = drawn(generator, 6, 18)
    return {"triples": found, "start": e[0], "first": "r0", "second": "r0"}


def nowhere(generator):
    e, found = drawn(generator, 6, 12)
    return {"triples": found, "start": e[0], "first": "r0", "second": "r7"}


def probe(answer, inputs):
    return {"pairs": answer(*(inputs[name] for name in ("triples", "start", "first", "second")))}


EXERCISE = Exercise(
    name="two-hop-join",
    title="Two steps are a join",
    answer="two_hops",
    parameters=("triples", "start", "first", "second"),
    points=3,
    difficulty=2,
    minutes=10,
    cases={
        "along both arrows": joined("r0", "r1"),
        "the first step goes against the arrow": joined("^r1", "r0"),
        "the second step goes against the arrow": joined("r0", "^r2"),
        "both steps go against the arrow": joined("^r2", "^r1"),
        "the same relation twice, there and back": there_and_back,
        "more triples": joined("r2", "r1", entities=9, triples=50),
        "nothing has the second relation": nowhere,
    },
    probe=probe,
    hints=(
        "Write one step first: all entities that one relation leads to from a given one.",
        "For a relation that begins with '^', the given entity is the tail, and the step leads to the head.",
        "Then join: for every middle of the first step, every end of the second step from there.",
        "`{(m, e) for m in step(start, first) for e in step(m, second)}`",
    ),
)
