"""Answers to reasoning-paths, written from the task alone."""

from grading.answers import answer


@answer("reasoning-paths", "ends only", "wrong")
def _(triples, start, plan):
    ends = {start}
    for r in plan:
        ends = {t for h, x, t in triples if h in ends and x == r}
    return {(start, e) for e in ends}


@answer("reasoning-paths", "relations are in the path", "wrong")
def _(triples, start, plan):
    paths = [(start,)]
    for r in plan:
        paths = [(*p, r, t) for p in paths for h, x, t in triples if h == p[-1] and x == r]
    return set(paths)


@answer("reasoning-paths", "no path for an empty plan", "wrong")
def _(triples, start, plan):
    paths = [(start,)]
    for r in plan:
        paths = [(*p, t) for p in paths for h, x, t in triples if h == p[-1] and x == r]
    return set(paths) if plan else set()


@answer("reasoning-paths", "no entity comes again", "wrong")
def _(triples, start, plan):
    paths = [(start,)]
    for r in plan:
        paths = [(*p, t) for p in paths for h, x, t in triples if h == p[-1] and x == r and t not in p]
    return set(paths)


@answer("reasoning-paths", "never back to the start", "wrong")
def _(triples, start, plan):
    paths = [(start,)]
    for r in plan:
        paths = [(*p, t) for p in paths for h, x, t in triples if h == p[-1] and x == r and t != start]
    return set(paths)


@answer("reasoning-paths", "all beginnings of the plan count", "wrong")
def _(triples, start, plan):
    paths = every = {(start,)}
    for r in plan:
        paths = {(*p, t) for p in paths for h, x, t in triples if h == p[-1] and x == r}
        every = every | paths
    return every


@answer("reasoning-paths", "the last relation is left out", "wrong")
def _(triples, start, plan):
    paths = [(start,)]
    for r in plan[:-1]:
        paths = [(*p, t) for p in paths for h, x, t in triples if h == p[-1] and x == r]
    return set(paths)


@answer("reasoning-paths", "steps begin at the start each time", "wrong")
def _(triples, start, plan):
    paths = [(start,)]
    for r in plan:
        paths = [(*p, t) for p in paths for h, x, t in triples if h == start and x == r]
    return set(paths)


@answer("reasoning-paths", "a dict of tails forgets all but one", "wrong")
def _(triples, start, plan):
    to = {(h, r): t for h, r, t in triples}
    path = [start]
    for r in plan:
        if (path[-1], r) not in to:
            return set()
        path.append(to[path[-1], r])
    return {tuple(path)}


@answer("reasoning-paths", "depth first", "right")
def _(triples, start, plan):
    if not plan:
        return {(start,)}
    found = set()
    for h, r, t in triples:
        if h == start and r == plan[0]:
            found |= {(start, *rest) for rest in onwards(triples, t, plan[1:])}
    return found


def onwards(triples, start, plan):
    if not plan:
        return [(start,)]
    return [(start, *p) for h, r, t in triples if (h, r) == (start, plan[0]) for p in onwards(triples, t, plan[1:])]


@answer("reasoning-paths", "from the end backwards, then kept if it begins at the start", "right")
def _(triples, start, plan):
    entities = {start} | {e for h, _, t in triples for e in (h, t)}
    paths = {(e,) for e in entities}
    for r in reversed(plan):
        paths = {(h, *p) for p in paths for h, x, t in triples if x == r and t == p[0]}
    return {p for p in paths if p[0] == start}
