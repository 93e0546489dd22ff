"""The private half of triple-query."""

from llmcourse.checks.labs.knowledge.triple_query import asked, twice

from grading.exercises import misconception, reference, variant

CASES = {
    "a larger graph": asked("h", "?r", "?t", entities=12, triples=60),
    "a larger graph, by relation": asked("?a", "r", "?b", entities=12, triples=60),
    "only the tail is known": asked("?h", "?r", "t", entities=8, triples=40),
    "the same variable, any relation": twice("any"),
    "the same variable in all three places": asked("?x", "?x", "?x"),
}


@reference
def match(triples, pattern):
    found = set()
    for triple in triples:
        bound = {}
        if all(bound.setdefault(p, x) == x if p.startswith("?") else p == x for p, x in zip(pattern, triple)):
            found.add(triple)
    return found


@variant
def part_by_part(triples, pattern):
    h, r, t = pattern
    kept = [x for x in triples if h[0] == "?" or x[0] == h]
    kept = [x for x in kept if r[0] == "?" or x[1] == r]
    kept = [x for x in kept if t[0] == "?" or x[2] == t]
    for i, j in ((0, 1), (0, 2), (1, 2)):
        if pattern[i] == pattern[j] and pattern[i][0] == "?":
            kept = [x for x in kept if x[i] == x[j]]
    return set(kept)


@variant
def by_substitution(triples, pattern):
    found = set()
    for triple in triples:
        bound = {p: x for p, x in zip(pattern, triple) if p.startswith("?")}
        if tuple(bound.get(p, p) for p in pattern) == tuple(triple):
            found.add(tuple(triple))
    return found


@misconception(
    says="a query in which the same variable may stand for two things",
    hint="A variable that comes twice has one value in each triple: remember what it stood for first.",
)
def variables_forgotten(triples, pattern):
    return {x for x in triples if all(p.startswith("?") or p == y for p, y in zip(pattern, x))}


@misconception(
    says="a query in which one part that agrees is enough",
    hint="All three parts have to agree.",
)
def one_part_is_enough(triples, pattern):
    return {x for x in triples if any(p == y for p, y in zip(pattern, x))}


@misconception(
    says="a query that does not look at the relation",
    hint="The relation is a part like head and tail: compare it, too.",
)
def any_relation(triples, pattern):
    h, _, t = pattern
    agree = lambda p, y: p.startswith("?") or p == y
    return {x for x in triples if agree(h, x[0]) and agree(t, x[2]) and (h != t or x[0] == x[2])}


@misconception(
    says="a query that takes variables for names",
    hint="A part that begins with '?' agrees with anything.",
)
def variables_are_names(triples, pattern):
    return {x for x in triples if tuple(x) == tuple(pattern)}


@misconception(
    says="a query in which arrows have no direction",
    hint="The head stands first: (France, borders, Spain) is another fact than (Spain, borders, France).",
)
def either_direction(triples, pattern):
    found = set()
    for x in triples:
        for h, r, t in (x, x[::-1]):
            bound = {}
            parts = zip(pattern, (h, r, t))
            if all(bound.setdefault(p, y) == y if p.startswith("?") else p == y for p, y in parts):
                found.add(x)
    return found


@misconception(
    says="a query that stops at the first triple",
    hint="Return all the triples that agree: go on after the first.",
)
def first_only(triples, pattern):
    for x in triples:
        bound = {}
        if all(bound.setdefault(p, y) == y if p.startswith("?") else p == y for p, y in zip(pattern, x)):
            return {x}
    return set()


@misconception(
    says="a query that remembers variables from one triple to the next",
    hint="What a variable stands for is forgotten after each triple: a new dict inside the loop.",
)
def remembered_too_long(triples, pattern):
    found, bound = set(), {}
    for x in triples:
        if all(bound.setdefault(p, y) == y if p.startswith("?") else p == y for p, y in zip(pattern, x)):
            found.add(x)
    return found
