"""The private half of bigbird-blocks."""

import torch
import torch.nn.functional as F
from llmcourse.attention import attend
from llmcourse.attention.patterns import from_blocks
from llmcourse.checks.labs.sparse_attention.bigbird_blocks import blocks

from grading.exercises import misconception, reference, variant

CASES = {
    "more blocks": blocks(2, n=16, block=3, random=2, d=3),
    "two drawn for each": blocks(n=9, block=2, random=2, d=2),
    "two blocks": blocks(n=2, block=2, random=1, d=2),
}


def pattern(L, drawn, block):
    n = L // block
    near = lambda b: {c for c in (b - 1, b, b + 1) if 0 <= c < n}
    return from_blocks(L, block, [sorted(near(b) | {0, n - 1, *drawn[b]}) for b in range(n)], [0, n - 1])


@reference
def bigbird_attention(q, k, v, drawn, block):
    return attend(q, k, v, pattern(q.shape[-2], drawn, block))


@variant
def gathered(q, k, v, drawn, block):
    n = q.shape[-2] // block
    table = torch.tensor([[0, n - 1, b - 1, b, b + 1, *drawn[b]] for b in range(n)])
    first = (table[:, :, None] == table[:, None, :]).int().argmax(-1) == torch.arange(table.shape[1])
    keep = (first & (table >= 0) & (table < n)).repeat_interleave(block, 1)  # (n, m * block)
    cut = lambda x: x.unflatten(-2, (n, block))
    take = lambda x: cut(x)[..., table.clamp(0, n - 1), :, :].flatten(-3, -2)  # (..., n, m * block, d)
    o = F.scaled_dot_product_attention(cut(q), take(k), take(v), keep[:, None]).flatten(-3, -2)
    ends = [F.scaled_dot_product_attention(x, k, v) for x in (q[..., :block, :], q[..., -block:, :])]
    return torch.cat([ends[0], o[..., block:-block, :], ends[1]], -2)


@variant
def by_scores(q, k, v, drawn, block):
    n, out = q.shape[-2] // block, []
    q, k, v = (x.split(block, -2) for x in (q, k, v))
    for b in range(n):
        seen = [c for c in range(n) if abs(b - c) < 2 or c in (0, n - 1) or c in drawn[b] or b in (0, n - 1)]
        scores = torch.cat([q[b] @ k[c].mT for c in seen], -1) * q[b].shape[-1] ** -0.5
        out.append(scores.softmax(-1) @ torch.cat([v[c] for c in seen], -2))
    return torch.cat(out, -2)


@misconception(
    says="the right answer from all pairs under a mask: its values are right, and it makes an L × L matrix on the way",
    hint="Go through the blocks of queries, and take for each only the keys of the blocks that it sees.",
)
def all_pairs(q, k, v, drawn, block):
    L = q.shape[-2]
    n, b = L // block, torch.arange(L) // block
    linked = (torch.arange(n)[:, None] - torch.arange(n)).abs() <= 1
    for c in range(n):
        linked[c, drawn[c]] = True
    linked[:, [0, -1]] = linked[[0, -1]] = True
    scores = (q @ k.mT / q.shape[-1] ** 0.5).masked_fill(~linked[b[:, None], b], -torch.inf)
    return scores.softmax(-1) @ v


@misconception(
    says="the answer in which a block that is seen for two reasons counts twice",
    hint="Each block has one place: collect them in a set.",
)
def counted_twice(q, k, v, drawn, block):
    n, out = q.shape[-2] // block, []
    q, k, v = (x.split(block, -2) for x in (q, k, v))
    for b in range(n):
        seen = [c for c in (b - 1, b, b + 1) if 0 <= c < n] + [0, n - 1, *drawn[b]]
        seen = range(n) if b in (0, n - 1) else seen
        keys, values = (torch.cat([x[c] for c in seen], -2) for x in (k, v))
        out.append(F.scaled_dot_product_attention(q[b], keys, values))
    return torch.cat(out, -2)


@misconception(
    says="the answer whose first and last block see no more than the others",
    hint="The two blocks at the ends are seen by all, and see all: `range(n)`.",
)
def ends_see_no_more(q, k, v, drawn, block):
    n, out = q.shape[-2] // block, []
    q, k, v = (x.split(block, -2) for x in (q, k, v))
    for b in range(n):
        seen = sorted({c for c in (b - 1, b, b + 1) if 0 <= c < n} | {0, n - 1, *drawn[b]})
        keys, values = (torch.cat([x[c] for c in seen], -2) for x in (k, v))
        out.append(F.scaled_dot_product_attention(q[b], keys, values))
    return torch.cat(out, -2)


@misconception(
    says="the answer in which the others do not see the first and the last block",
    hint="Blocks 0 and n - 1 belong to what every block sees.",
)
def ends_not_seen(q, k, v, drawn, block):
    n, out = q.shape[-2] // block, []
    q, k, v = (x.split(block, -2) for x in (q, k, v))
    for b in range(n):
        seen = sorted({c for c in (b - 1, b, b + 1) if 0 <= c < n} | {*drawn[b]})
        seen = range(n) if b in (0, n - 1) else seen
        keys, values = (torch.cat([x[c] for c in seen], -2) for x in (k, v))
        out.append(F.scaled_dot_product_attention(q[b], keys, values))
    return torch.cat(out, -2)


@misconception(
    says="the answer in which only the first block is global, and not the last",
    hint="Both ends see all and are seen by all: blocks 0 and n - 1.",
)
def first_alone(q, k, v, drawn, block):
    n, out = q.shape[-2] // block, []
    q, k, v = (x.split(block, -2) for x in (q, k, v))
    for b in range(n):
        seen = sorted({c for c in (b - 1, b, b + 1) if 0 <= c < n} | {0, *drawn[b]})
        seen = range(n) if b == 0 else seen
        keys, values = (torch.cat([x[c] for c in seen], -2) for x in (k, v))
        out.append(F.scaled_dot_product_attention(q[b], keys, values))
    return torch.cat(out, -2)


@misconception(
    says="the answer without the drawn blocks",
    hint="Block b sees the blocks in `drawn[b]` as well.",
)
def none_drawn(q, k, v, drawn, block):
    n, out = q.shape[-2] // block, []
    q, k, v = (x.split(block, -2) for x in (q, k, v))
    for b in range(n):
        seen = sorted({c for c in (b - 1, b, b + 1) if 0 <= c < n} | {0, n - 1})
        seen = range(n) if b in (0, n - 1) else seen
        keys, values = (torch.cat([x[c] for c in seen], -2) for x in (k, v))
        out.append(F.scaled_dot_product_attention(q[b], keys, values))
    return torch.cat(out, -2)


@misconception(
    says="the answer whose blocks do not see their neighbours",
    hint="The window has three blocks: b - 1, b and b + 1.",
)
def no_neighbours(q, k, v, drawn, block):
    n, out = q.shape[-2] // block, []
    q, k, v = (x.split(block, -2) for x in (q, k, v))
    for b in range(n):
        seen = sorted({b, 0, n - 1, *drawn[b]})
        seen = range(n) if b in (0, n - 1) else seen
        keys, values = (torch.cat([x[c] for c in seen], -2) for x in (k, v))
        out.append(F.scaled_dot_product_attention(q[b], keys, values))
    return torch.cat(out, -2)


@misconception(
    says="the answer whose blocks do not see the block after them",
    hint="The window has three blocks, b - 1, b and b + 1: `range(b - 1, b + 2)`.",
)
def not_the_next(q, k, v, drawn, block):
    n, out = q.shape[-2] // block, []
    q, k, v = (x.split(block, -2) for x in (q, k, v))
    for b in range(n):
        seen = sorted({c for c in (b - 1, b) if c >= 0} | {0, n - 1, *drawn[b]})
        seen = range(n) if b in (0, n - 1) else seen
        keys, values = (torch.cat([x[c] for c in seen], -2) for x in (k, v))
        out.append(F.scaled_dot_product_attention(q[b], keys, values))
    return torch.cat(out, -2)


@misconception(
    says="the answer in which no block sees a later one, as if attention were causal",
    hint="BigBird is an encoder: nothing is causal here.",
)
def causal_blocks(q, k, v, drawn, block):
    n, out = q.shape[-2] // block, []
    q, k, v = (x.split(block, -2) for x in (q, k, v))
    for b in range(n):
        seen = {c for c in (b - 1, b) if c >= 0} | {0, *drawn[b]}
        seen = range(n) if b == n - 1 else sorted(c for c in seen if c <= b)
        keys, values = (torch.cat([x[c] for c in seen], -2) for x in (k, v))
        out.append(F.scaled_dot_product_attention(q[b], keys, values))
    return torch.cat(out, -2)


@misconception(
    says="the answer in which block b is seen by those in drawn[b], in place of seeing them",
    hint="`drawn[b]` are the blocks of keys for the queries of block b.",
)
def drawn_the_other_way(q, k, v, drawn, block):
    n, out = q.shape[-2] // block, []
    q, k, v = (x.split(block, -2) for x in (q, k, v))
    for b in range(n):
        seen = {c for c in (b - 1, b, b + 1) if 0 <= c < n} | {0, n - 1} | {c for c in range(n) if b in drawn[c]}
        seen = range(n) if b in (0, n - 1) else sorted(seen)
        keys, values = (torch.cat([x[c] for c in seen], -2) for x in (k, v))
        out.append(F.scaled_dot_product_attention(q[b], keys, values))
    return torch.cat(out, -2)


@misconception(
    says="the mean of attentions to one block at a time, with a softmax each",
    hint="One softmax over the keys of all blocks that are seen: join the keys first.",
)
def a_softmax_for_each(q, k, v, drawn, block):
    n, out = q.shape[-2] // block, []
    q, k, v = (x.split(block, -2) for x in (q, k, v))
    for b in range(n):
        seen = {c for c in (b - 1, b, b + 1) if 0 <= c < n} | {0, n - 1, *drawn[b]}
        seen = range(n) if b in (0, n - 1) else seen
        out.append(torch.stack([F.scaled_dot_product_attention(q[b], k[c], v[c]) for c in seen]).mean(0))
    return torch.cat(out, -2)


@misconception(
    says="the answer without the scale 1 / sqrt(d)",
    hint="Divide the scores by the square root of the number of channels.",
)
def without_scale(q, k, v, drawn, block):
    n, out = q.shape[-2] // block, []
    q, k, v = (x.split(block, -2) for x in (q, k, v))
    for b in range(n):
        seen = sorted({c for c in (b - 1, b, b + 1) if 0 <= c < n} | {0, n - 1, *drawn[b]})
        seen = range(n) if b in (0, n - 1) else seen
        keys, values = (torch.cat([x[c] for c in seen], -2) for x in (k, v))
        out.append(F.scaled_dot_product_attention(q[b], keys, values, scale=1.0))
    return torch.cat(out, -2)


@misconception(
    says="the answer whose blocks do not see themselves",
    hint="The window has three blocks, b - 1, b and b + 1: its own is among them.",
)
def not_itself(q, k, v, drawn, block):
    n, out = q.shape[-2] // block, []
    q, k, v = (x.split(block, -2) for x in (q, k, v))
    for b in range(n):
        seen = sorted({c for c in (b - 1, b + 1) if 0 <= c < n} | {0, n - 1, *drawn[b]})
        seen = range(n) if b in (0, n - 1) else seen
        keys, values = (torch.cat([x[c] for c in seen], -2) for x in (k, v))
        out.append(F.scaled_dot_product_attention(q[b], keys, values))
    return torch.cat(out, -2)


EQUIVALENT = {
    "(0, n - 1) -> (n - 1, 0)": "a block is in it or not, in any order",
    "set(range(n)) -> list(range(n))": "a range has each block once",
    "(b - 1, b, b + 1) -> (b, b - 1, b + 1)": "they go into a set",
    "0 <= c < n -> 0 < c < n": "block 0 is seen anyway",
    "0 -> 1": "block 0 is seen anyway",
    "0 -> -1": "block -1 is next to block 0 alone, which sees all",
}
