"""Answers to relation-attention, written from the task alone."""

import torch
import torch.nn.functional as F

from grading.answers import answer


def parts(x, source, target, relation, W, R, a):
    z = x @ W.T
    m = z[source] + R[relation]
    return z, m, F.leaky_relu(torch.cat([z[target], m], -1) @ a, 0.2)


def over(e, at, n):
    exp = e.exp()
    return exp / torch.zeros(n).index_add(0, at, exp)[at]


def gather(w, m, at, n):
    return torch.zeros(n, m.shape[1]).index_add(0, at, w[:, None] * m)


@answer("relation-attention", "softmax over everything", "wrong")
def _(x, source, target, relation, W, R, a):
    _z, m, e = parts(x, source, target, relation, W, R, a)
    return gather(e.softmax(0), m, target, len(x))


@answer("relation-attention", "gathered at the source", "wrong")
def _(x, source, target, relation, W, R, a):
    _z, m, e = parts(x, source, target, relation, W, R, a)
    return gather(over(e, source, len(x)), m, source, len(x))


@answer("relation-attention", "no LeakyReLU", "wrong")
def _(x, source, target, relation, W, R, a):
    z, m, _ = parts(x, source, target, relation, W, R, a)
    return gather(over(torch.cat([z[target], m], -1) @ a, target, len(x)), m, target, len(x))


@answer("relation-attention", "scaled by the root of c", "wrong")
def _(x, source, target, relation, W, R, a):
    _z, m, e = parts(x, source, target, relation, W, R, a)
    return gather(over(e / W.shape[0] ** 0.5, target, len(x)), m, target, len(x))


@answer("relation-attention", "the message is x, not W x", "wrong")
def _(x, source, target, relation, W, R, a):
    z, _m, e = parts(x, source, target, relation, W, R, a)
    return gather(over(e, target, len(x)), z[source], target, len(x))


@answer("relation-attention", "a residual", "wrong")
def _(x, source, target, relation, W, R, a):
    z, m, e = parts(x, source, target, relation, W, R, a)
    return z + gather(over(e, target, len(x)), m, target, len(x))


@answer("relation-attention", "relation's embedding is multiplied", "wrong")
def _(x, source, target, relation, W, R, a):
    z = x @ W.T
    m = z[source] * R[relation]
    e = F.leaky_relu(torch.cat([z[target], m], -1) @ a, 0.2)
    return gather(over(e, target, len(x)), m, target, len(x))


@answer("relation-attention", "one is added to the normaliser", "wrong")
def _(x, source, target, relation, W, R, a):
    _z, m, e = parts(x, source, target, relation, W, R, a)
    exp = e.exp()
    return gather(exp / (1 + torch.zeros(len(x)).index_add(0, target, exp)[target]), m, target, len(x))


@answer("relation-attention", "assigned, so that the last edge wins", "wrong")
def _(x, source, target, relation, W, R, a):
    _z, m, e = parts(x, source, target, relation, W, R, a)
    w, y = over(e, target, len(x)), torch.zeros(len(x), W.shape[0])
    y[target] += w[:, None] * m
    return y


@answer("relation-attention", "node by node", "right")
def _(x, source, target, relation, W, R, a):
    y = torch.zeros(len(x), W.shape[0])
    for t in range(len(x)):
        edges = (target == t).nonzero().flatten()
        if len(edges):
            m = x[source[edges]] @ W.T + R[relation[edges]]
            q = (W @ x[t]).expand_as(m)
            e = F.leaky_relu(torch.cat([q, m], 1) @ a, 0.2)
            y[t] = e.softmax(0) @ m
    return y


@answer("relation-attention", "a matrix of edges with minus infinity", "right")
def _(x, source, target, relation, W, R, a):
    _z, m, e = parts(x, source, target, relation, W, R, a)
    there = torch.arange(len(x))[:, None] == target
    alpha = e.expand(len(x), -1).masked_fill(~there, -torch.inf).softmax(1).nan_to_num(0.0)
    return alpha @ m
