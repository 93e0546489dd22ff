"""The private half of quadratic-map."""

import torch
from llmcourse.checks.labs.linear_attention.quadratic_map import two_sets
from llmcourse.recurrence import kernels

from grading.exercises import misconception, reference, variant

CASES = {"five coordinates": two_sets(3, 5), "no points at all": two_sets(0, 2)}


@reference
def quadratic_map(x):
    return kernels.quadratic_map(x)


@variant
def by_stacking(x):
    d, columns = x.shape[-1], []
    for i in range(d):
        columns.append(2**0.5 * x[..., i])
        columns.append(x[..., i] ** 2)
        for j in range(i):
            columns.append(2**0.5 * x[..., i] * x[..., j])
    return torch.stack(columns, dim=-1)


@variant
def by_outer_product(x):
    d = x.shape[-1]
    weight = torch.ones(d, d, dtype=x.dtype, device=x.device).tril(-1) * 2**0.5 + torch.eye(d, dtype=x.dtype)
    outer = (x.unsqueeze(-1) * x.unsqueeze(-2) * weight).flatten(-2)
    keep = torch.ones(d, d, dtype=torch.bool).tril().flatten()
    return torch.cat((x * 2**0.5, outer[..., keep]), -1)


@misconception(
    says="the map without any √2",
    hint=(
        "In the kernel, x·y and the products of two different coordinates appear twice. Give both kinds the factor √2."
    ),
)
def without_roots(x):
    i, j = torch.triu_indices(x.shape[-1], x.shape[-1], offset=1)
    return torch.cat([x, x**2, x[..., i] * x[..., j]], dim=-1)


@misconception(
    says="the map without √2 on the products of two coordinates",
    hint="The square (x·y)² holds each product x1 x2 y1 y2 twice: multiply `x1 * x2` by √2.",
)
def without_root_on_products(x):
    i, j = torch.triu_indices(x.shape[-1], x.shape[-1], offset=1)
    return torch.cat([2**0.5 * x, x**2, x[..., i] * x[..., j]], dim=-1)


@misconception(
    says="the map without √2 on the coordinates themselves",
    hint="(x·y + 1)² holds 2 x·y: multiply the linear features by √2 as well.",
)
def without_root_on_coordinates(x):
    i, j = torch.triu_indices(x.shape[-1], x.shape[-1], offset=1)
    return torch.cat([x, x**2, 2**0.5 * x[..., i] * x[..., j]], dim=-1)


@misconception(
    says="the map with √2 on the squares as well",
    hint="A square appears only once in the kernel: no factor there.",
)
def with_roots_everywhere(x):
    i, j = torch.triu_indices(x.shape[-1], x.shape[-1], offset=1)
    return 2**0.5 * torch.cat([x, x**2, x[..., i] * x[..., j]], dim=-1)


@misconception(
    says="the map with 2 in place of √2",
    hint="The map enters the kernel twice, once for each point: √2 · √2 = 2, so √2 is enough.",
)
def with_factor_two(x):
    i, j = torch.triu_indices(x.shape[-1], x.shape[-1], offset=1)
    return torch.cat([2 * x, x**2, 2 * x[..., i] * x[..., j]], dim=-1)


@misconception(
    says="the map with a constant feature: its kernel is (x·y + 1)², without the -1",
    hint="The slide's kernel subtracts 1, so the constant feature has to go.",
)
def with_constant(x):
    i, j = torch.triu_indices(x.shape[-1], x.shape[-1], offset=1)
    return torch.cat([torch.ones_like(x[..., :1]), 2**0.5 * x, x**2, 2**0.5 * x[..., i] * x[..., j]], dim=-1)


@misconception(
    says="the map of the squares and products only: its kernel is (x·y)²",
    hint="The coordinates themselves belong to the map too, times √2.",
)
def without_linear_part(x):
    i, j = torch.triu_indices(x.shape[-1], x.shape[-1], offset=1)
    return torch.cat([x**2, 2**0.5 * x[..., i] * x[..., j]], dim=-1)


@misconception(
    says="the map with every pair twice, x1 x2 and x2 x1: its kernel is right, its features are more than needed",
    hint="Keep each pair once, i < j, and give it the factor √2.",
)
def with_all_pairs(x):
    return torch.cat([2**0.5 * x, (x[..., :, None] * x[..., None, :]).flatten(-2)], dim=-1)


@misconception(
    says="the map without the products of two coordinates",
    hint="(x·y)² holds every product x1 x2 y1 y2: add `x1 * x2`, times √2, for each pair.",
)
def without_products(x):
    return torch.cat([2**0.5 * x, x**2], dim=-1)


@misconception(
    says="the map without the squares",
    hint="(x·y)² holds x1² y1²: add the squares, without a factor.",
)
def without_squares(x):
    i, j = torch.triu_indices(x.shape[-1], x.shape[-1], offset=1)
    return torch.cat([2**0.5 * x, 2**0.5 * x[..., i] * x[..., j]], dim=-1)


@misconception(
    says="the map of the first two coordinates only",
    hint="The map works for any number of coordinates: `torch.triu_indices(d, d, offset=1)` gives all pairs.",
)
def for_two_coordinates(x):
    a, b = x[..., 0], x[..., 1]
    return torch.stack([2**0.5 * a, 2**0.5 * b, a * a, 2**0.5 * a * b, b * b], dim=-1)


@misconception(
    says="the map with the products of neighbours only",
    hint="Every pair i < j has a product, x1 x3 as well.",
)
def neighbours_only(x):
    return torch.cat([2**0.5 * x, x**2, 2**0.5 * x[..., :-1] * x[..., 1:]], dim=-1)


@misconception(
    says="the map of √2 x: its squares and products have √2 in them twice",
    hint="Square x as it comes; √2 stands before the coordinates and before the products.",
)
def scaled_first(x):
    i, j = torch.triu_indices(x.shape[-1], x.shape[-1], offset=1)
    x = 2**0.5 * x
    return torch.cat([x, x**2, 2**0.5 * x[..., i] * x[..., j]], dim=-1)


@misconception(
    says="the map with the products divided by √2",
    hint="A product appears twice in the kernel: multiply it by √2.",
)
def pairs_divided(x):
    i, j = torch.triu_indices(x.shape[-1], x.shape[-1], offset=1)
    return torch.cat([2**0.5 * x, x**2, x[..., i] * x[..., j] / 2**0.5], dim=-1)


@misconception(
    says="the map with sums of two coordinates in place of their products",
    hint="(x·y)² holds products: `x[..., i] * x[..., j]`.",
)
def sums_of_pairs(x):
    i, j = torch.triu_indices(x.shape[-1], x.shape[-1], offset=1)
    return torch.cat([2**0.5 * x, x**2, 2**0.5 * (x[..., i] + x[..., j])], dim=-1)


@misconception(
    says="the map with every pair twice, x1 x2 and x2 x1, each times √2",
    hint="Keep each pair once, i < j.",
)
def pairs_twice(x):
    i, j = torch.triu_indices(x.shape[-1], x.shape[-1], offset=1)
    pairs = 2**0.5 * x[..., i] * x[..., j]
    return torch.cat([2**0.5 * x, x**2, pairs, pairs], dim=-1)


@misconception(
    says="the map without the products with the last coordinate",
    hint="Every pair i < j has a product: j goes up to the last coordinate.",
)
def last_left_out(x):
    i, j = torch.triu_indices(x.shape[-1] - 1, x.shape[-1] - 1, offset=1)
    return torch.cat([2**0.5 * x, x**2, 2**0.5 * x[..., i] * x[..., j]], dim=-1)


EQUIVALENT = {"(i, j) -> (j, i)": "a product does not mind the order of its factors"}
