"""triple-query: A query over triples."""

from llmcourse.checks import Exercise

from .cases import drawn, pick


def asked(*pattern, entities=7, triples=16):
    """A pattern over a random graph: in it, "h", "r" and "t" stand for the parts of one of its triples, e for no
    entity."""

    def make(generator):
        _, found = drawn(generator, entities, triples)
        known = dict(zip("hrt", found[pick(generator, len(found))])) | {"e": "e99"}
        return {"triples": found, "pattern": tuple(known.get(part, part) for part in pattern)}

    return make


def twice(kind):
    """The same variable at both ends: only a loop agrees, or a chain where there is none."""

    def make(generator):
        _, found = drawn(generator, 6, 14)
        return {"triples": found, "pattern": ("?x", "r1" if kind == "loop" else "?r", "?x")}

    return make


def probe(answer, inputs):
    return {"found": answer(list(inputs["triples"]), inputs["pattern"])}


EXERCISE = Exercise(
    name="triple-query",
    title="A query over triples",
    answer="match",
    parameters=("triples", "pattern"),
    points=2,
    difficulty=2,
    minutes=8,
    cases={
        "the head is known": asked("h", "?r", "?t"),
        "the tail and the relation are known": asked("?h", "r", "t"),
        "head and relation are known": asked("h", "r", "?t"),
        "only the relation is known": asked("?h", "r", "?t"),
        "nothing is known": asked("?h", "?r", "?t"),
        "everything is known": asked("h", "r", "t"),
        "the same variable at both ends": twice("loop"),
        "an entity that is not there": asked("e", "?r", "?t"),
        "both ends are known": asked("h", "?r", "t"),
    },
    probe=probe,
    hints=(
        "A triple agrees if each of its three parts agrees. A part that is no variable agrees if it is the same.",
        "A variable agrees with anything, unless the same variable stood for something else before.",
        "Remember what variables stand for in a dict, a new one for each triple: `bound.setdefault(p, x) == x`.",
        "`all(bound.setdefault(p, x) == x if p.startswith('?') else p == x for p, x in zip(pattern, triple))`",
    ),
)
