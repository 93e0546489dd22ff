"""What several exercises of this lab share: random graphs."""

import torch


def pick(generator, n):
    """A random number from 0 to n - 1."""
    return int(torch.randint(n, (), generator=generator))


def drawn(generator, entities, triples, relations=3):
    """Different random triples, in random order; each has a loop, a cycle, two edges between the same entities,
    and a triple of each of three relations."""
    e = [f"e{i}" for i in torch.randperm(max(entities, 20), generator=generator)[:entities].tolist()]
    r = [f"r{i}" for i in range(relations)]
    first = [(e[0], r[0], e[1]), (e[1], r[0], e[0]), (e[2], r[1], e[2]), (e[0], r[1], e[1]), (e[1], r[-1], e[2])]
    found = dict.fromkeys(first)
    while len(found) < triples:
        found[e[pick(generator, entities)], r[pick(generator, relations)], e[pick(generator, entities)]] = None
    order = torch.randperm(len(found), generator=generator).tolist()
    return e, [list(found)[i] for i in order]
