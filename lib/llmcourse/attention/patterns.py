"""Which keys a query may see, written once and read three ways: as a mask, as tiles to compute, as a graph.

    L     length                 i, j  a query and a key, 0 to L - 1
    tile  some queries and some keys, all pairs of which are computed at once and masked

A `Piece` says the same thing twice: `sees(i, j)` is the definition, `tiles(L)` says where to look for the pairs that it
sees, so that nobody has to try all L^2. A `Pattern` is a union of pieces, perhaps under a causal mask.

Beltagy et al. 2020, "Longformer", section 3.1 (windows, dilation, global tokens). Child et al. 2019, "Generating Long
Sequences with Sparse Transformers", section 4.3 (strided, fixed). Zaheer et al. 2020, "Big Bird", section 2.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple, Protocol

import torch
from torch import Tensor

TILE = 128  # queries in a tile: enough for an efficient product, few enough that a window's tile is mostly window


class Tiles(NamedTuple):
    """n tiles: the queries (n, B) and keys (n, W) whose pairs are computed. An index outside 0 to L - 1 is padding."""

    queries: Tensor
    keys: Tensor


class Piece(Protocol):
    """Part of a pattern. In `tiles`, no query occurs twice, and no pair that the piece sees is missing."""

    def sees(self, i: Tensor, j: Tensor) -> Tensor: ...

    def tiles(self, L: int) -> Tiles: ...


@dataclass(frozen=True)
class Band:
    """Keys at a distance of 0, d, 2d, ...: up to `left` of them before the query, up to `right` after. None: all."""

    left: int | None
    right: int | None
    dilation: int = 1

    def sees(self, i, j):
        steps = torch.div(i - j, self.dilation, rounding_mode="floor")
        seen = (i - j) % self.dilation == 0
        seen = seen if self.left is None else seen & (steps <= self.left)
        return seen if self.right is None else seen & (steps >= -self.right)

    def tiles(self, L):
        """Tokens that are d apart are neighbours among themselves: one plain window for each remainder by d."""
        members = math.ceil(L / self.dilation)
        left, right = (members if side is None else side for side in (self.left, self.right))
        B = min(members, TILE)
        start = torch.arange(0, members, B)[:, None]
        queries = start + torch.arange(B)  # (n, B), as places among the members
        keys = start + torch.arange(-left, B + right)
        if keys.shape[1] >= members:
            keys = torch.arange(members).expand(len(start), -1)
        queries, keys = (x.where((x >= 0) & (x < members), L) for x in (queries, keys))
        remainder = torch.arange(self.dilation)[:, None, None]
        spread = lambda x: (x * self.dilation + remainder).flatten(0, 1)  # (d n, B or W)
        return Tiles(spread(queries), spread(keys))


@dataclass(frozen=True)
class Columns:
    """Keys that every query sees."""

    tokens: tuple[int, ...]

    def sees(self, i, j):
        return torch.isin(j, torch.tensor(self.tokens, device=j.device)) & (i == i)

    def tiles(self, L):
        queries = torch.arange(math.ceil(L / TILE) * TILE).view(-1, TILE)
        return Tiles(queries, torch.tensor(self.tokens).expand(len(queries), -1))


@dataclass(frozen=True)
class Rows:
    """Queries that see every key."""

    tokens: tuple[int, ...]

    def sees(self, i, j):
        return torch.isin(i, torch.tensor(self.tokens, device=i.device)) & (j == j)

    def tiles(self, L):
        return Tiles(torch.tensor(self.tokens)[None], torch.arange(L)[None])


@dataclass(frozen=True)
class SameBlock:
    """Tokens in blocks of `size` that see their own block."""

    size: int

    def sees(self, i, j):
        return i // self.size == j // self.size

    def tiles(self, L):
        tokens = torch.arange(math.ceil(L / self.size) * self.size).view(-1, self.size)
        return Tiles(tokens, tokens)


@dataclass(frozen=True)
class Summaries:
    """The last `count` tokens of every block of `size` are keys that every query sees."""

    size: int
    count: int

    def sees(self, i, j):
        return (j % self.size >= self.size - self.count) & (i == i)

    def tiles(self, L):
        keys = torch.arange(L)
        return Columns(tuple(keys[keys % self.size >= self.size - self.count].tolist()) or (L,)).tiles(L)


@dataclass(frozen=True)
class Blocks:
    """Tokens in blocks of `size`: those of block b see those of the blocks in `table[b]`."""

    size: int
    table: tuple[tuple[int, ...], ...]

    def sees(self, i, j):
        n = len(self.table)
        linked = torch.zeros(n, n, dtype=torch.bool)
        for b, blocks in enumerate(self.table):
            linked[b, list(blocks)] = True
        a, b = i // self.size, j // self.size
        return linked.to(i.device)[a.clamp(0, n - 1), b.clamp(0, n - 1)]

    def count(self, L: int) -> int:
        """How many blocks L tokens are. Raises ValueError if the table is for another number."""
        n = math.ceil(L / self.size)
        if n != len(self.table):
            raise ValueError(
                f"This pattern has {len(self.table)} blocks of {self.size} tokens, but {L} tokens are {n}."
            )
        return n

    def tiles(self, L):
        n = self.count(L)
        tokens = torch.arange(n * self.size).view(n, self.size)
        width = max(map(len, self.table))
        keys = torch.full((n, width, self.size), L)
        for b, blocks in enumerate(self.table):
            keys[b, : len(blocks)] = tokens[list(blocks)]
        return Tiles(tokens, keys.flatten(1))


@dataclass(frozen=True)
class Pattern:
    """A union of pieces; if causal, without the keys after the query. `a | b` is the union of two patterns."""

    pieces: tuple[Piece, ...]
    causal: bool = False

    def __or__(self, other: "Pattern") -> "Pattern":
        if self.causal != other.causal:
            raise ValueError("One of these patterns is causal and the other is not: make both causal, or neither.")
        return Pattern(self.pieces + other.pieces, self.causal)

    def mask(self, L: int) -> Tensor:
        """(L, L), true where query i may see key j. The definition: O(L^2)."""
        self.check(L)
        i, j = torch.arange(L)[:, None], torch.arange(L)
        seen = torch.stack([piece.sees(i, j) for piece in self.pieces]).any(0)
        return seen.tril() if self.causal else seen

    def plan(self, L: int) -> tuple[tuple[Tiles, Tensor], ...]:
        """The tiles of each piece, with a mask (n, B, W) that leaves each pair of the pattern to exactly one tile."""
        return _plan(self, L)

    def slices(self, L: int) -> tuple[list[tuple[slice, slice, Tensor]] | None, ...]:
        """The plan once more: for each piece its tiles as slices of the tokens, queries and keys, with masks (B, W).

        A slice needs no copy of what it takes. None for a piece whose tokens do not stand at equal distances.
        """
        return _slices(self, L)

    def edges(self, L: int) -> Tensor:
        """The graph: (E, 2), one row (i, j) for each pair, sorted. O(pairs)."""
        pairs = []
        for (queries, keys), mask in self.plan(L):
            n, a, b = mask.nonzero(as_tuple=True)
            pairs.append(torch.stack([queries[n, a], keys[n, b]], dim=-1))
        edges = torch.cat(pairs)
        return edges[(edges[:, 0] * L + edges[:, 1]).argsort()]

    def pairs(self, L: int) -> int:
        """How many pairs are in the pattern: what attention with it has to compute."""
        return sum(int(mask.sum()) for _, mask in self.plan(L))

    def check(self, L: int) -> None:
        """ValueError if the pattern needs a longer sequence, or another number of blocks."""
        if L < 1:
            raise ValueError(f"A pattern needs at least one token; the length is {L}.")
        for piece in self.pieces:
            if isinstance(piece, Columns | Rows) and not all(0 <= t < L for t in piece.tokens):
                raise ValueError(f"Global tokens {list(piece.tokens)} of {L}: an index must be from 0 to {L - 1}.")
            if isinstance(piece, Blocks):
                piece.count(L)


@lru_cache(maxsize=16)  # a model asks for the same few patterns at every layer and step
def _plan(pattern: Pattern, L: int) -> tuple[tuple[Tiles, Tensor], ...]:
    pattern.check(L)
    plan = []
    for n, piece in enumerate(pattern.pieces):
        tiles = piece.tiles(L)
        i, j = tiles.queries.int()[:, :, None], tiles.keys.int()[:, None, :]
        mask = piece.sees(i, j) & (i >= 0) & (i < L) & (j >= 0) & (j < L)
        if pattern.causal:
            mask &= j <= i
        for earlier in pattern.pieces[:n]:
            mask &= ~earlier.sees(i, j)
        clamp = lambda x: x.where((x >= 0) & (x < L), L)  # one index for all padding
        plan.append((Tiles(clamp(tiles.queries), clamp(tiles.keys)), mask))
    return tuple(plan)


@lru_cache(maxsize=16)
def _slices(pattern: Pattern, L: int) -> tuple[list[tuple[slice, slice, Tensor]] | None, ...]:
    found = []
    for tiles, mask in _plan(pattern, L):
        rows, columns = ([_run(one, L) for one in index] for index in tiles)
        regular = None not in rows and None not in columns
        each = zip(rows, columns, mask) if regular else ()
        found.append([(r, c, m[b, w]) for (r, b), (c, w), m in each if m.any()] if regular else None)
    return tuple(found)


def _run(index: Tensor, L: int) -> tuple[slice, slice] | None:
    """A row of tokens as a slice of the sequence, and where in the row it stands; None for unequal distances."""
    inside = (index < L).nonzero().flatten().tolist()
    if not inside:
        return slice(0, 0), slice(0, 0)
    place = slice(inside[0], inside[-1] + 1)
    first, last, n = int(index[place.start]), int(index[place.stop - 1]), place.stop - place.start
    step = max(1, (last - first) // max(1, n - 1))
    regular = torch.equal(index[place], torch.arange(n) * step + first)
    return (slice(first, last + 1, step), place) if regular else None


def window(w: int, causal: bool = False, dilation: int = 1) -> Pattern:
    """A window of w keys with `dilation` - 1 tokens left out between them (Longformer, figure 2b and 2c).

    Causal: the query and the w - 1 keys before it. Otherwise w is even, with w / 2 keys on each side of the query. A
    window longer than the sequence is full attention.
    """
    if w < 1 or dilation < 1:
        raise ValueError(f"A window needs w >= 1 and dilation >= 1; w is {w}, dilation {dilation}.")
    if not causal and w % 2:
        raise ValueError(f"Without a causal mask half of the window is on each side: w must be even, not {w}.")
    sides = (w - 1, 0) if causal else (w // 2, w // 2)
    return Pattern((Band(*sides, dilation),), causal)


def global_tokens(tokens: Sequence[int], causal: bool = False) -> Pattern:
    """Tokens that see all and are seen by all (Longformer, figure 2d), within the past if causal."""
    tokens = tuple(sorted(set(map(int, tokens))))
    if not tokens:
        raise ValueError("Give at least one global token.")
    return Pattern((Columns(tokens), Rows(tokens)), causal)


def longformer_heads(w: int, heads: int, dilations: Sequence[int], causal: bool = True) -> tuple[Pattern, ...]:
    """One pattern per head: the last heads are dilated, one for each of `dilations`, the others look nearby."""
    if len(dilations) > heads:
        raise ValueError(f"There are {len(dilations)} dilations and only {heads} heads.")
    return tuple(window(w, causal, d) for d in (*[1] * (heads - len(dilations)), *dilations))


def strided(stride: int) -> tuple[Pattern, Pattern]:
    """Sparse Transformer, strided: one head sees the last `stride` + 1 tokens, i - stride to i; the other, every
    stride-th token before. Any token is reached in two steps; with stride = sqrt(L), each set is O(sqrt(L)).
    """
    if stride < 1:
        raise ValueError(f"The stride must be at least 1, not {stride}.")
    return Pattern((Band(stride, 0),), True), Pattern((Band(None, 0, stride),), True)


def fixed(stride: int, count: int = 1) -> tuple[Pattern, Pattern]:
    """Sparse Transformer, fixed: one head sees its own block of `stride` tokens, the other the last `count` of each.

    Before the first summary the second head sees nothing.
    """
    if not 1 <= count <= stride:
        raise ValueError(f"Each block of {stride} tokens can give 1 to {stride} summaries, not {count}.")
    return Pattern((SameBlock(stride),), True), Pattern((Summaries(stride, count),), True)


def bigbird(L: int, block: int, random: int = 3, window: int = 3, ends: int = 1, seed: int = 0) -> Pattern:
    """BigBird's block form for a sequence of L tokens; the last block may be shorter.

    Each block sees `window` blocks around itself (odd), the first and last `ends` blocks, which see all, and `random`
    others. Departs from the paper: random blocks are drawn without those that are seen anyway.
    """
    if block < 1 or window < 1 or window % 2 == 0 or min(random, ends) < 0:
        raise ValueError(f"BigBird needs block >= 1 and an odd window; block is {block}, window {window}.")
    n, g = math.ceil(L / block), torch.Generator().manual_seed(seed)
    ends_of = sorted({*range(min(ends, n)), *range(max(n - ends, 0), n)})
    table = []
    for b in range(n):
        near = set(range(max(0, b - window // 2), min(n, b + window // 2 + 1))) | set(ends_of)
        others = [c for c in range(n) if c not in near]
        drawn = torch.randperm(len(others), generator=g)[:random].tolist() if b not in ends_of else []
        table.append(tuple(sorted(near | {others[c] for c in drawn})))
    return from_blocks(L, block, table, ends_of)


def from_blocks(L: int, block: int, table: Sequence[Sequence[int]], see_all: Sequence[int] = ()) -> Pattern:
    """Block b of L tokens sees the blocks in `table[b]`; those in `see_all`, which it may leave empty, see all."""
    n = math.ceil(L / block)
    if len(table) != n or any(not 0 <= c < n for row in table for c in row):
        raise ValueError(f"{L} tokens are {n} blocks of {block}: the table needs {n} rows of blocks 0 to {n - 1}.")
    rows = tuple(i for b in see_all for i in range(b * block, min(L, (b + 1) * block)))
    # A row of the table is as dear as the longest: what sees all is a piece of its own.
    links = Blocks(block, tuple(() if b in set(see_all) else tuple(row) for b, row in enumerate(table)))
    return Pattern((Rows(rows), links) if rows else (links,))
