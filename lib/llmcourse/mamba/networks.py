"""Parallel scans as networks: what each place of a line joins to itself, round by round.

    network   a list of rounds; a round is a list of pairs (earlier, place): `place` becomes earlier, then place

All pairs of a round can be computed at the same time. After the last round, every place holds everything up to itself.

look_back  every place joins what is 1, 2, 4, ... places before it    Hillis and Steele 1986, "Data parallel algorithms"
tree       pairs, pairs of pairs, ... and back down                   Brent and Kung 1982; Blelloch 1990, "Prefix sums
                                                                      and their applications", has the same tree
"""

from collections.abc import Callable, Sequence

Network = list[list[tuple[int, int]]]


def look_back(L: int) -> Network:
    """log2(L) rounds, about L log2(L) pairs."""
    return [[(t - back, t) for t in range(back, L)] for back in _powers(L)]


def tree(L: int) -> Network:
    """About 2 log2(L) rounds, less than 2 L pairs."""
    up = [[(t - back, t) for t in range(2 * back - 1, L, 2 * back)] for back in _powers(L)]
    down = [[(t - back, t) for t in range(3 * back - 1, L, 2 * back)] for back in reversed(_powers(L))]
    return [pairs for pairs in up + down if pairs]


def run(network: Network, combine: Callable, items: Sequence) -> list:
    """All prefixes of `items`, joined by the associative law `combine(first, second)`."""
    items = list(items)
    for pairs in network:
        before = list(items)  # a round reads what the round before has left
        for earlier, place in pairs:
            items[place] = combine(before[earlier], before[place])
    return items


def work(network: Network) -> int:
    """The number of pairs that are joined, in all rounds."""
    return sum(map(len, network))


def _powers(L: int) -> list[int]:
    return [2**i for i in range((L - 1).bit_length())]
