"""Answers to factorised-sets, written without a look at its private half."""

from grading.answers import answer


def right(i, stride, count):
    past = range(i + 1)
    near = {j for j in past if i - j <= stride}
    far = {j for j in past if (i - j) % stride == 0}
    own = {j for j in past if j // stride == i // stride}
    return near, far, own, {j for j in past if j % stride >= stride - count}


@answer("factorised-sets", "near: i - stride + 1 to i", "wrong")
def _(i, stride, count):
    _, *others = right(i, stride, count)
    return set(range(max(0, i - stride + 1), i + 1)), *others


@answer("factorised-sets", "near without i", "wrong")
def _(i, stride, count):
    near, *others = right(i, stride, count)
    return near - {i}, *others


@answer("factorised-sets", "far: j a multiple of the stride", "wrong")
def _(i, stride, count):
    near, _, *others = right(i, stride, count)
    return near, set(range(0, i + 1, stride)), *others


@answer("factorised-sets", "far starts at i - stride", "wrong")
def _(i, stride, count):
    near, _, *others = right(i, stride, count)
    return near, set(range(i - stride, -1, -stride)), *others


@answer("factorised-sets", "far forgets token 0: range stops at 0", "wrong")
def _(i, stride, count):
    near, _, *others = right(i, stride, count)
    return near, set(range(i, 0, -stride)), *others


@answer("factorised-sets", "far without what is near", "wrong")
def _(i, stride, count):
    near, far, *others = right(i, stride, count)
    return near, far - near, *others


@answer("factorised-sets", "whole own block", "wrong")
def _(i, stride, count):
    near, far, _, summaries = right(i, stride, count)
    start = i // stride * stride
    return near, far, set(range(start, start + stride)), summaries


@answer("factorised-sets", "block of the last stride tokens", "wrong")
def _(i, stride, count):
    near, far, _, summaries = right(i, stride, count)
    return near, far, set(range(max(0, i - stride + 1), i + 1)), summaries


@answer("factorised-sets", "one summary a block: the last token", "wrong")
def _(i, stride, count):
    near, far, own, _ = right(i, stride, count)
    return near, far, own, {j for j in range(i + 1) if j % stride == stride - 1}


@answer("factorised-sets", "summaries: j % stride <= count", "wrong")
def _(i, stride, count):
    near, far, own, _ = right(i, stride, count)
    return near, far, own, {j for j in range(i + 1) if j % stride <= count}


@answer("factorised-sets", "summaries: the first count of each block", "wrong")
def _(i, stride, count):
    near, far, own, _ = right(i, stride, count)
    return near, far, own, {j for j in range(i + 1) if j % stride < count}


@answer("factorised-sets", "summaries: j % stride > stride - count, as for places from 1", "wrong")
def _(i, stride, count):
    near, far, own, _ = right(i, stride, count)
    return near, far, own, {j for j in range(i + 1) if j % stride > stride - count}


@answer("factorised-sets", "summaries of complete blocks only", "wrong")
def _(i, stride, count):
    near, far, own, summaries = right(i, stride, count)
    return near, far, own, {j for j in summaries if (j // stride + 1) * stride <= i}


@answer("factorised-sets", "summaries without the own block's", "wrong")
def _(i, stride, count):
    near, far, own, summaries = right(i, stride, count)
    return near, far, own, summaries - own


@answer("factorised-sets", "range(i): the query's own token is nowhere", "wrong")
def _(i, stride, count):
    return tuple(keys - {i} for keys in right(i, stride, count))


@answer("factorised-sets", "two pairs", "wrong")
def _(i, stride, count):
    near, far, own, summaries = right(i, stride, count)
    return (near, far), (own, summaries)


@answer("factorised-sets", "the union", "wrong")
def _(i, stride, count):
    return set().union(*right(i, stride, count))


@answer("factorised-sets", "fixed first, strided after", "wrong")
def _(i, stride, count):
    near, far, own, summaries = right(i, stride, count)
    return own, summaries, near, far


@answer("factorised-sets", "summaries added to the own block's head", "wrong")
def _(i, stride, count):
    near, far, own, summaries = right(i, stride, count)
    return near, far, own | summaries, summaries


@answer("factorised-sets", "sorted lists", "right")
def _(i, stride, count):
    return tuple(map(sorted, right(i, stride, count)))


@answer("factorised-sets", "a list of four", "right")
def _(i, stride, count):
    return list(right(i, stride, count))


@answer("factorised-sets", "frozen sets", "right")
def _(i, stride, count):
    return tuple(map(frozenset, right(i, stride, count)))
