"""reasoning-paths: A plan, and the paths that follow it."""

from llmcourse.checks import Exercise

from .cases import drawn


def planned(*plan, entities=6, triples=24, start=0):
    """A plan over a random graph, from an entity that has two edges, r0 and r1, to the same neighbour."""

    def make(generator):
        e, found = drawn(generator, entities, triples)
        return {"triples": found, "start": e[start], "plan": list(plan)}

    return make


def two_ways(generator):
    """Two paths to the same end, a branch that cannot go on, and an edge against the arrow."""
    e, _ = drawn(generator, 9, 4)
    found = [(e[0], "r0", e[1]), (e[0], "r0", e[2]), (e[0], "r0", e[3]), (e[1], "r1", e[4]), (e[2], "r1", e[4])]
    found += [(e[2], "r1", e[5]), (e[6], "r1", e[3]), (e[4], "r2", e[7]), (e[0], "r1", e[8]), (e[8], "r0", e[7])]
    return {"triples": found, "start": e[0], "plan": ["r0", "r1"]}


def there_and_back(generator):
    e, found = drawn(generator, 5, 16)
    return {"triples": found, "start": e[0], "plan": ["r0", "r0", "r1"]}


def probe(answer, inputs):
    return {"paths": answer(*(inputs[name] for name in ("triples", "start", "plan")))}


EXERCISE = Exercise(
    name="reasoning-paths",
    title="A plan, and the paths that follow it",
    answer="reasoning_paths",
    parameters=("triples", "start", "plan"),
    points=4,
    difficulty=3,
    minutes=13,
    cases={
        "two steps, and two ways to one end": two_ways,
        "one step": planned("r1"),
        "three steps": planned("r0", "r1", "r2"),
        "an entity comes again": there_and_back,
        "a relation that the graph does not have": planned("r0", "r9"),
        "no step at all": planned(),
        "four steps": planned("r0", "r2", "r1", "r0", entities=5, triples=14),
    },
    probe=probe,
    hints=(
        "Begin with one path that has one entity, the start: [(start,)].",
        "For each relation of the plan, prolong every path by every such triple that starts at its last entity.",
        "A path that cannot go on is dropped: the others have walked the whole plan, l + 1 entities for l relations.",
        "`paths = [(*p, t) for p in paths for h, r, t in triples if h == p[-1] and r == relation]` for each relation",
    ),
)
