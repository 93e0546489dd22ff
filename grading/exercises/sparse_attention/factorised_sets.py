"""The private half of factorised-sets."""

import torch
from llmcourse import attention
from llmcourse.checks.labs.sparse_attention.factorised_sets import drawn, sizes

from grading.exercises import misconception, reference, variant

CASES = {
    "a longer text": drawn(26),
    "other drawn sizes": drawn(20),
    "every token is a summary": sizes(12, 3, 3),
}


@reference
def factorised_sets(i, stride, count):
    j = torch.arange(i + 1)
    pieces = [p.pieces[0] for p in (*attention.strided(stride), *attention.fixed(stride, count))]
    return tuple(set(j[piece.sees(torch.tensor(i), j)].tolist()) for piece in pieces)


@variant
def by_ranges(i, stride, count):
    near = range(max(0, i - stride), i + 1)
    far = range(i, -1, -stride)
    own = range(i - i % stride, i + 1)
    ends = range(stride, i + stride + 1, stride)
    summaries = [j for end in ends for j in range(end - count, end) if j <= i]
    return near, far, own, summaries


@variant
def by_tensors(i, stride, count):
    j = torch.arange(i + 1)
    pick = lambda seen: set(j[seen].tolist())
    fixed = pick(j // stride == i // stride), pick((-j - 1) % stride < count)
    return pick(j >= i - stride), pick((i - j) % stride == 0), *fixed


@misconception(
    says="the answer whose near head sees stride tokens, one less than the paper's",
    hint="The near head reaches back to `i - stride`, and that token is seen too.",
)
def near_is_short(i, stride, count):
    past = range(i + 1)
    near, far = {j for j in past if i - j < stride}, {j for j in past if (i - j) % stride == 0}
    own, summaries = {j for j in past if j // stride == i // stride}, {j for j in past if j % stride >= stride - count}
    return near, far, own, summaries


@misconception(
    says="the answer whose near head sees keys before the start of the text",
    hint="No key is below 0: `range(max(0, i - stride), i + 1)`.",
)
def before_the_start(i, stride, count):
    past = range(i + 1)
    near, far = set(range(i - stride, i + 1)), {j for j in past if (i - j) % stride == 0}
    own, summaries = {j for j in past if j // stride == i // stride}, {j for j in past if j % stride >= stride - count}
    return near, far, own, summaries


@misconception(
    says="the answer whose far head counts from the start of the text: `j % stride == 0`",
    hint="The strided head counts back from the query: `(i - j) % stride == 0`.",
)
def far_from_the_start(i, stride, count):
    past = range(i + 1)
    near, far = {j for j in past if i - j <= stride}, {j for j in past if j % stride == 0}
    own, summaries = {j for j in past if j // stride == i // stride}, {j for j in past if j % stride >= stride - count}
    return near, far, own, summaries


@misconception(
    says="the answer whose far head leaves out the query's own token",
    hint="A distance of 0 is a multiple of the stride too.",
)
def far_without_itself(i, stride, count):
    past = range(i + 1)
    near, far = {j for j in past if i - j <= stride}, {j for j in range(i) if (i - j) % stride == 0}
    own, summaries = {j for j in past if j // stride == i // stride}, {j for j in past if j % stride >= stride - count}
    return near, far, own, summaries


@misconception(
    says="the answer in which a query sees all of its own block, the future as well",
    hint="The block ends at the query: j goes up to i.",
)
def own_block_to_its_end(i, stride, count):
    past, start = range(i + 1), i // stride * stride
    near, far = {j for j in past if i - j <= stride}, {j for j in past if (i - j) % stride == 0}
    own, summaries = set(range(start, start + stride)), {j for j in past if j % stride >= stride - count}
    return near, far, own, summaries


@misconception(
    says="the answer in which the own block is a window of stride tokens back from the query",
    hint="Blocks are fixed places of the text, 0 to stride - 1 and so on: compare `j // stride` with `i // stride`.",
)
def own_block_is_a_window(i, stride, count):
    past = range(i + 1)
    near, far = {j for j in past if i - j <= stride}, {j for j in past if (i - j) % stride == 0}
    own, summaries = {j for j in past if i - j < stride}, {j for j in past if j % stride >= stride - count}
    return near, far, own, summaries


@misconception(
    says="the answer whose summaries are the first tokens of each block",
    hint="A summary has seen its block: it is at the end, `j % stride >= stride - count`.",
)
def first_of_each_block(i, stride, count):
    past = range(i + 1)
    near, far = {j for j in past if i - j <= stride}, {j for j in past if (i - j) % stride == 0}
    own, summaries = {j for j in past if j // stride == i // stride}, {j for j in past if j % stride < count}
    return near, far, own, summaries


@misconception(
    says="the answer with one summary too many in each block",
    hint="Places in a block go from 0 to stride - 1: the last `count` begin at `stride - count`.",
)
def one_summary_too_many(i, stride, count):
    past = range(i + 1)
    near, far = {j for j in past if i - j <= stride}, {j for j in past if (i - j) % stride == 0}
    own = {j for j in past if j // stride == i // stride}
    return near, far, own, {j for j in past if j % stride >= stride - count - 1}


@misconception(
    says="the answer with one summary less in each block",
    hint="Places in a block go from 0 to stride - 1: the first of the last `count` is `stride - count`, with `>=`.",
)
def one_summary_less(i, stride, count):
    past = range(i + 1)
    near, far = {j for j in past if i - j <= stride}, {j for j in past if (i - j) % stride == 0}
    own, summaries = {j for j in past if j // stride == i // stride}, {j for j in past if j % stride > stride - count}
    return near, far, own, summaries


@misconception(
    says="the answer that leaves out the summaries of the query's own block",
    hint="The second head sees all summaries that are not after the query, those of its own block too.",
)
def earlier_blocks_only(i, stride, count):
    past, start = range(i + 1), i // stride * stride
    near, far = {j for j in past if i - j <= stride}, {j for j in past if (i - j) % stride == 0}
    own = {j for j in past if j >= start}
    return near, far, own, {j for j in range(start) if j % stride >= stride - count}


@misconception(
    says="the answer that sees the summaries of the query's own block before they are written",
    hint="No key is after the query: j goes up to i.",
)
def summaries_of_the_future(i, stride, count):
    past, start = range(i + 1), i // stride * stride
    near, far = {j for j in past if i - j <= stride}, {j for j in past if (i - j) % stride == 0}
    own = {j for j in past if j >= start}
    return near, far, own, {j for j in range(start + stride) if j % stride >= stride - count}


@misconception(
    says="the answer with the two strided heads exchanged",
    hint="The order is near, far, own block, summaries.",
)
def exchanged(i, stride, count):
    past = range(i + 1)
    far, near = {j for j in past if i - j <= stride}, {j for j in past if (i - j) % stride == 0}
    own, summaries = {j for j in past if j // stride == i // stride}, {j for j in past if j % stride >= stride - count}
    return near, far, own, summaries
