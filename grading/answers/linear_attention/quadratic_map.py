"""Answers to quadratic-map by people who have not seen its private half."""

import itertools
import math

import torch

from grading.answers import answer

R = 2**0.5


def pairs(x):
    d = x.shape[-1]
    i, j = torch.triu_indices(d, d, offset=1)
    return x[..., i] * x[..., j]


@answer("quadratic-map", "no root of two before the coordinates", "wrong")
def _(x):
    return torch.cat([x, x**2, R * pairs(x)], dim=-1)


@answer("quadratic-map", "no root of two before the products of pairs", "wrong")
def _(x):
    return torch.cat([R * x, x**2, pairs(x)], dim=-1)


@answer("quadratic-map", "2 for the root of 2", "wrong")
def _(x):
    return torch.cat([2 * x, x**2, 2 * pairs(x)], dim=-1)


@answer("quadratic-map", "2 ** 1 / 2 is one", "wrong")
def _(x):
    c = 2**1 / 2
    return torch.cat([c * x, x**2, c * pairs(x)], dim=-1)


@answer("quadratic-map", "a constant feature for the + 1", "wrong")
def _(x):
    return torch.cat([torch.ones_like(x[..., :1]), R * x, x**2, R * pairs(x)], dim=-1)


@answer("quadratic-map", "every product of the outer product, i j and j i", "wrong")
def _(x):
    return torch.cat([R * x, (x[..., :, None] * x[..., None, :]).flatten(-2)], dim=-1)


@answer("quadratic-map", "squares get the root of two as well (offset 0)", "wrong")
def _(x):
    d = x.shape[-1]
    i, j = torch.triu_indices(d, d)
    return torch.cat([R * x, R * x[..., i] * x[..., j]], dim=-1)


@answer("quadratic-map", "offset 0 and no factor for any product", "wrong")
def _(x):
    d = x.shape[-1]
    i, j = torch.triu_indices(d, d)
    return torch.cat([R * x, x[..., i] * x[..., j]], dim=-1)


@answer("quadratic-map", "hard-coded for two coordinates", "wrong")
def _(x):
    a, b = x[..., 0], x[..., 1]
    return torch.stack([R * a, R * b, a * a, R * a * b, b * b], dim=-1)


@answer("quadratic-map", "no products of pairs", "wrong")
def _(x):
    return torch.cat([R * x, x**2], dim=-1)


@answer("quadratic-map", "no linear features", "wrong")
def _(x):
    return torch.cat([x**2, R * pairs(x)], dim=-1)


@answer("quadratic-map", "no squares", "wrong")
def _(x):
    return torch.cat([R * x, R * pairs(x)], dim=-1)


@answer("quadratic-map", "takes pairs along the first axis", "wrong")
def _(x):
    d = x.shape[-1]
    i, j = torch.triu_indices(d, d, offset=1)
    return torch.cat([R * x, x**2, R * x[i] * x[j]], dim=-1)


@answer("quadratic-map", "joins the features along the first axis", "wrong")
def _(x):
    return torch.cat([R * x, x**2, R * pairs(x)])


@answer("quadratic-map", "the kernel in place of the map", "wrong")
def _(x):
    return (x @ x.mT + 1) ** 2 - 1


@answer("quadratic-map", "a tuple of the three groups", "wrong")
def _(x):
    return R * x, x**2, R * pairs(x)


@answer("quadratic-map", "neighbours only, not every pair", "wrong")
def _(x):
    return torch.cat([R * x, x**2, R * x[..., :-1] * x[..., 1:]], dim=-1)


@answer("quadratic-map", "scales x in place of the caller", "wrong")
def _(x):
    squares, products = x**2, R * pairs(x)
    x *= R
    return torch.cat([x, squares, products], dim=-1)


@answer("quadratic-map", "squares and pairs of the already scaled x", "wrong")
def _(x):
    x = R * x
    return torch.cat([x, x**2, R * pairs(x)], dim=-1)


@answer("quadratic-map", "flattens the leading dimensions and leaves them flat", "wrong")
def _(x):
    x = x.reshape(-1, x.shape[-1])
    return torch.cat([R * x, x**2, R * pairs(x)], dim=-1)


@answer("quadratic-map", "the loop over pairs misses the last coordinate", "wrong")
def _(x):
    d = x.shape[-1]
    features = [R * x, x**2]
    for i in range(d):
        for j in range(i + 1, d - 1):
            features.append(R * x[..., i : i + 1] * x[..., j : j + 1])
    return torch.cat(features, dim=-1)


@answer("quadratic-map", "divides the pairs by the root of two", "wrong")
def _(x):
    return torch.cat([R * x, x**2, pairs(x) / R], dim=-1)


@answer("quadratic-map", "sums in the place of products", "wrong")
def _(x):
    d = x.shape[-1]
    i, j = torch.triu_indices(d, d, offset=1)
    return torch.cat([R * x, x**2, R * (x[..., i] + x[..., j])], dim=-1)


@answer("quadratic-map", "every pair twice, each with the root of two", "wrong")
def _(x):
    products = [x[..., i] * x[..., j] for i, j in itertools.permutations(range(x.shape[-1]), 2)]
    return torch.cat([R * x, x**2, *(R * p[..., None] for p in products)], dim=-1)


@answer("quadratic-map", "numpy array returned", "wrong")
def _(x):
    return torch.cat([R * x, x**2, R * pairs(x)], dim=-1).numpy()


@answer("quadratic-map", "square and root of the norm: x_i |x|", "wrong")
def _(x):
    return torch.cat([R * x, x * x.norm(dim=-1, keepdim=True), R * pairs(x)], dim=-1)


@answer("quadratic-map", "itertools and a stack", "right")
def _(x):
    columns = x.unbind(-1)
    features = [R * c for c in columns] + [c * c for c in columns]
    features += [R * a * b for a, b in itertools.combinations(columns, 2)]
    return torch.stack(features, dim=-1)


@answer("quadratic-map", "weights on the upper triangle of the outer product", "right")
def _(x):
    d = x.shape[-1]
    i, j = torch.triu_indices(d, d)
    factor = torch.where(i == j, 1.0, R).to(x.dtype)
    return torch.cat([R * x, factor * x[..., i] * x[..., j]], dim=-1)


@answer("quadratic-map", "einsum and a mask, in float64, cast back", "right")
def _(x):
    d = x.shape[-1]
    y = x.double()
    outer = torch.einsum("...i,...j->...ij", y, y)
    outer = outer * (R * torch.ones(d, d).double().triu(1) + torch.eye(d).double())
    keep = torch.ones(d, d, dtype=torch.bool).triu()
    return torch.cat([R * y, outer[..., keep]], dim=-1).to(x.dtype)


@answer("quadratic-map", "the map of (x, 1 / sqrt 2...) by completing: (x, 1) squared without its last entry", "right")
def _(x):
    y = torch.cat([x, torch.ones_like(x[..., :1])], dim=-1)
    d = y.shape[-1]
    i, j = torch.triu_indices(d, d)
    factor = torch.where(i == j, 1.0, R).to(x.dtype)
    return (factor * y[..., i] * y[..., j])[..., :-1]


@answer("quadratic-map", "negative features: the sign cancels in the product", "right")
def _(x):
    return -torch.cat([R * pairs(x), R * x, x**2], dim=-1)


@answer("quadratic-map", "torch.combinations of the indices, pairs in the lower triangle", "right")
def _(x):
    d = x.shape[-1]
    index = torch.combinations(torch.arange(d), 2)
    return torch.cat([x.square(), x[..., index].prod(-1).mul(R), x.mul(R)], dim=-1)


@answer("quadratic-map", "triu_indices without offset=1, everything times sqrt 2", "wrong")
def _(x):
    d = x.shape[-1]
    i, j = torch.triu_indices(d, d)
    return math.sqrt(2) * torch.cat([x, x[..., i] * x[..., j]], dim=-1)


@answer("quadratic-map", "no sqrt 2 before the coordinates themselves", "wrong")
def _(x):
    d = x.shape[-1]
    i, j = torch.triu_indices(d, d, offset=1)
    return torch.cat([x, x**2, 2**0.5 * x[..., i] * x[..., j]], dim=-1)


@answer("quadratic-map", "factor 2 instead of its root (the map enters twice)", "wrong")
def _(x):
    d = x.shape[-1]
    i, j = torch.triu_indices(d, d, offset=1)
    return torch.cat([2 * x, x**2, 2 * x[..., i] * x[..., j]], dim=-1)


@answer("quadratic-map", "has the constant feature 1 as well: kernel (xy+1)^2 without the -1", "wrong")
def _(x):
    d = x.shape[-1]
    i, j = torch.triu_indices(d, d, offset=1)
    return torch.cat([torch.ones_like(x[..., :1]), 2**0.5 * x, x**2, 2**0.5 * x[..., i] * x[..., j]], dim=-1)


@answer("quadratic-map", "all d^2 products instead of each pair once", "wrong")
def _(x):
    outer = x[..., :, None] * x[..., None, :]
    return torch.cat([2**0.5 * x, outer.flatten(-2)], dim=-1)


@answer("quadratic-map", "the slide's formula for two coordinates, hard coded", "wrong")
def _(x):
    r = 2**0.5
    x1, x2 = x[..., 0], x[..., 1]
    return torch.stack([r * x1, r * x2, x1**2, r * x1 * x2, x2**2], dim=-1)


@answer("quadratic-map", "only neighbouring products x_i x_(i+1) instead of all pairs", "wrong")
def _(x):
    pairs = x[..., :-1] * x[..., 1:]
    return torch.cat([2**0.5 * x, x**2, 2**0.5 * pairs], dim=-1)


@answer("quadratic-map", "loop over pairs, stacked", "right")
def _(x):
    features = []
    d = x.shape[-1]
    for i in range(d):
        features.append(x[..., i] * math.sqrt(2))
        for j in range(i, d):
            features.append(x[..., i] * x[..., j] * (1.0 if i == j else math.sqrt(2)))
    return torch.stack(features, dim=-1)


@answer("quadratic-map", "homogeneous map of (x, 1) in float64, constant dropped at the end", "right")
def _(x):
    y = torch.cat([x.double(), torch.ones_like(x[..., :1]).double()], dim=-1)
    n = y.shape[-1]
    weight = (torch.full((n, n), 2.0, dtype=torch.float64).triu(1) + torch.eye(n, dtype=torch.float64)).sqrt()
    keep = torch.ones(n, n, dtype=torch.bool).triu()
    outer = torch.einsum("...i,...j->...ij", y, y) * weight
    return outer[..., keep][..., :-1].to(x.dtype)
