"""The private half of reasoning-paths."""

from llmcourse.checks.labs.knowledge.reasoning_paths import planned

from grading.exercises import misconception, reference, variant

CASES = {
    "two steps of one kind": planned("r1", "r1"),
    "a larger graph": planned("r0", "r1", entities=9, triples=50),
    "a larger graph, three steps": planned("r1", "r0", "r2", entities=8, triples=40),
    "the first relation does not exist": planned("r8", "r0"),
}


@reference
def reasoning_paths(triples, start, plan):
    paths = [(start,)]
    for relation in plan:
        paths = [(*p, t) for p in paths for h, r, t in triples if h == p[-1] and r == relation]
    return set(paths)


@variant
def by_recursion(triples, start, plan):
    if not plan:
        return {(start,)}
    found = set()
    for h, r, t in triples:
        if (h, r) == (start, plan[0]):
            found |= {(start, *rest) for rest in by_recursion(triples, t, plan[1:])}
    return found


@variant
def with_an_index(triples, start, plan):
    index = {}
    for h, r, t in triples:
        index.setdefault((h, r), []).append(t)
    found, waiting = set(), [[start]]
    while waiting:
        path = waiting.pop()
        if len(path) == len(plan) + 1:
            found.add(tuple(path))
        else:
            waiting += [[*path, t] for t in index.get((path[-1], plan[len(path) - 1]), [])]
    return found


@misconception(
    says="a search that visits no entity twice on a path",
    hint="The plan alone decides: a neighbour of a neighbour may be the start again.",
)
def no_entity_twice(triples, start, plan):
    paths = [(start,)]
    for relation in plan:
        paths = [(*p, t) for p in paths for h, r, t in triples if h == p[-1] and r == relation and t not in p]
    return set(paths)


@misconception(
    says="one path to each end",
    hint="Two ways to the same end are two explanations: return both paths.",
)
def one_path_an_end(triples, start, plan):
    paths = [(start,)]
    for relation in plan:
        paths = [(*p, t) for p in paths for h, r, t in triples if h == p[-1] and r == relation]
    return set({p[-1]: p for p in reversed(paths)}.values())


@misconception(
    says="a search that keeps paths which could not go on",
    hint="A path that has not walked the whole plan answers nothing: drop it.",
)
def unfinished(triples, start, plan):
    paths, ended = [(start,)], set()
    for relation in plan:
        new = [(*p, t) for p in paths for h, r, t in triples if h == p[-1] and r == relation]
        ended |= {p for p in paths if p not in [q[:-1] for q in new]}
        paths = new
    return ended | set(paths)


@misconception(
    says="a search along any relation of the plan, in any order",
    hint="Step i takes the i-th relation of the plan, and no other.",
)
def any_order(triples, start, plan):
    paths = [(start,)]
    for _ in plan:
        paths = [(*p, t) for p in paths for h, r, t in triples if h == p[-1] and r in plan]
    return set(paths)


@misconception(
    says="a search that follows the first triple only",
    hint="Several triples may go on from an entity: prolong the path by each.",
)
def greedy(triples, start, plan):
    path = (start,)
    for relation in plan:
        ends = [t for h, r, t in triples if h == path[-1] and r == relation]
        if not ends:
            return set()
        path = (*path, ends[0])
    return {path}


@misconception(
    says="a search that walks arrows in both directions",
    hint="A step leads from head to tail: only triples whose *head* is the last entity go on.",
)
def both_directions(triples, start, plan):
    both = [*triples, *((t, r, h) for h, r, t in triples)]
    paths = [(start,)]
    for relation in plan:
        paths = [(*p, t) for p in paths for h, r, t in both if h == p[-1] and r == relation]
    return set(paths)


@misconception(
    says="the plan walked from its end",
    hint="The first relation of the plan is the first step.",
)
def plan_reversed(triples, start, plan):
    paths = [(start,)]
    for relation in plan[::-1]:
        paths = [(*p, t) for p in paths for h, r, t in triples if h == p[-1] and r == relation]
    return set(paths)


@misconception(
    says="a search that does not ask for the relation",
    hint="Only triples of the relation whose turn it is go on.",
)
def any_relation(triples, start, plan):
    paths = [(start,)]
    for _ in plan:
        paths = [(*p, t) for p in paths for h, r, t in triples if h == p[-1]]
    return set(paths)


@misconception(
    says="paths without their start",
    hint="A path has an entity more than the plan has relations: the start is its first.",
)
def without_start(triples, start, plan):
    paths = [(start,)]
    for relation in plan:
        paths = [(*p, t) for p in paths for h, r, t in triples if h == p[-1] and r == relation]
    return {p[1:] for p in paths}


@misconception(
    says="a search that skips a relation which leads nowhere",
    hint="A plan that the graph cannot follow gives no path at all.",
)
def skips_dead_ends(triples, start, plan):
    paths = [(start,)]
    for relation in plan:
        new = [(*p, t) for p in paths for h, r, t in triples if h == p[-1] and r == relation]
        paths = new or paths
    return set(paths)
