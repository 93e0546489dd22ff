"""The private half of hippo-matrix."""

import math

import torch
from llmcourse.checks.labs.state_space.hippo_matrix import size
from llmcourse.state_space import hippo

from grading.exercises import misconception, reference, variant


def any_size(generator):
    return {"N": torch.randint(9, 60, (), generator=generator)}


CASES = {"N = 2": size(2), "N = 33": size(33), "any N": any_size}


@reference
def legs(N):
    return hippo.legs(N)


@variant
def in_a_loop(N):
    A = torch.zeros(N, N)
    for n in range(N):
        A[n, n] = n + 1
        for k in range(n):
            A[n, k] = math.sqrt((2 * n + 1) * (2 * k + 1))
    return A, torch.tensor([math.sqrt(2 * n + 1) for n in range(N)])


@variant
def by_where(N):
    n = torch.arange(N).double()
    both = ((2 * n[:, None] + 1) * (2 * n + 1)).sqrt()
    below = torch.where(n[:, None] > n, both, torch.zeros_like(both))
    return below + torch.diag(n + 1), (2 * n + 1) ** 0.5


@misconception(
    says="the matrix with 2n + 1 on the diagonal",
    hint="On the diagonal stands n + 1: n from squeezing the past, and 1 from the mean.",
)
def diagonal_of_roots(N):
    n = torch.arange(N)
    r = (2.0 * n + 1) ** 0.5
    return torch.outer(r, r).tril(), r


@misconception(
    says="the matrix with n on the diagonal",
    hint="On the diagonal stands n + 1, for n from 0: the first entry is 1.",
)
def diagonal_n(N):
    n = torch.arange(N)
    r = (2.0 * n + 1) ** 0.5
    return torch.outer(r, r).tril(-1) + torch.diag(n + 0.0), r


@misconception(
    says="the matrix with the roots above the diagonal",
    hint="A_nk is not zero for n > k: row n, column k, below the diagonal.",
)
def above_the_diagonal(N):
    n = torch.arange(N)
    r = (2.0 * n + 1) ** 0.5
    return torch.outer(r, r).triu(1) + torch.diag(n + 1.0), r


@misconception(
    says="the matrix with the roots on both sides of the diagonal",
    hint="Above the diagonal it is zero: a coefficient does not depend on those of higher degree.",
)
def both_sides(N):
    n = torch.arange(N)
    r = (2.0 * n + 1) ** 0.5
    A = torch.outer(r, r)
    return A - torch.diag(A.diagonal()) + torch.diag(n + 1.0), r


@misconception(
    says="the matrix with the sign of h' = A h",
    hint="The equation is c' = -A c / t: this A is positive. Leave the minus to the equation.",
)
def negative(N):
    n = torch.arange(N)
    r = (2.0 * n + 1) ** 0.5
    return -torch.outer(r, r).tril(-1) - torch.diag(n + 1.0), r


@misconception(
    says="the matrix without the square roots",
    hint="The basis is orthonormal: every polynomial comes with sqrt(2n + 1), so A_nk is sqrt((2n + 1)(2k + 1)).",
)
def without_roots(N):
    n = torch.arange(N)
    r = 2.0 * n + 1
    return torch.outer(r, r).tril(-1) + torch.diag(n + 1.0), r


@misconception(
    says="the right A, with ones for B",
    hint="B_n is what the n-th basis function is worth at the present: sqrt(2n + 1).",
)
def ones_for_B(N):
    n = torch.arange(N)
    r = (2.0 * n + 1) ** 0.5
    return torch.outer(r, r).tril(-1) + torch.diag(n + 1.0), torch.ones(N)


@misconception(
    says="the matrix and B with n and k counted from 1",
    hint="The first coefficient is the mean, n = 0: with r_0 = 1, and a 1 in the corner of A.",
)
def counted_from_one(N):
    n = torch.arange(1, N + 1)
    r = (2.0 * n + 1).sqrt()
    return torch.outer(r, r).tril(-1) + torch.diag(n + 1.0), r


@misconception(
    says="the matrix and B of polynomials that are not normalised: 2n + 1 in place of products of roots",
    hint="Below the diagonal stands r_n r_k, with r_n = sqrt(2n + 1); and B is r.",
)
def not_normalised(N):
    n = torch.arange(N)
    r = 2.0 * n + 1
    return r[:, None].expand(N, N).tril(-1) + torch.diag(n + 1.0), r


@misconception(
    says="the matrix without its diagonal",
    hint="On the diagonal stands n + 1: add `torch.diag(n + 1.0)`.",
)
def without_diagonal(N):
    r = (2.0 * torch.arange(N) + 1).sqrt()
    return torch.outer(r, r).tril(-1), r


@misconception(
    says="the matrix with n + 1 added to a diagonal that holds 2n + 1 already",
    hint="`.tril(-1)` leaves the diagonal out, `.tril()` does not: what stands there is n + 1.",
)
def diagonal_added_twice(N):
    n = torch.arange(N)
    r = (2.0 * n + 1).sqrt()
    return torch.outer(r, r).tril() + torch.diag(n + 1.0), r


EQUIVALENT = {"torch.arange(N, dtype=torch.float64) -> torch.arange(N)": "float32 is exact enough"}
