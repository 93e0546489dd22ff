"""Answers to hippo-matrix by people who have not seen its private half."""

import math

import numpy as np
import torch

from grading.answers import answer


def roots(N):
    return (2 * torch.arange(N) + 1.0).sqrt()


def count(N):
    return torch.diag(torch.arange(1.0, N + 1))


@answer("hippo-matrix", "transposed: above the diagonal", "wrong")
def _(N):
    r = roots(N)
    return torch.outer(r, r).triu(1) + count(N), r


@answer("hippo-matrix", "2n + 1 on the diagonal", "wrong")
def _(N):
    r = roots(N)
    return torch.outer(r, r).tril(), r


@answer("hippo-matrix", "n on the diagonal", "wrong")
def _(N):
    r = roots(N)
    return torch.outer(r, r).tril(-1) + torch.diag(torch.arange(N) * 1.0), r


@answer("hippo-matrix", "negative A, the sign of the papers", "wrong")
def _(N):
    r = roots(N)
    return -(torch.outer(r, r).tril(-1) + count(N)), r


@answer("hippo-matrix", "no root below the diagonal", "wrong")
def _(N):
    r = roots(N)
    return (torch.outer(r, r) ** 2).tril(-1) + count(N), r


@answer("hippo-matrix", "no root in B", "wrong")
def _(N):
    r = roots(N)
    return torch.outer(r, r).tril(-1) + count(N), r**2


@answer("hippo-matrix", "counts from one: sqrt(2n + 3)", "wrong")
def _(N):
    n = torch.arange(1, N + 1)
    r = (2 * n + 1.0).sqrt()
    return torch.outer(r, r).tril(-1) + torch.diag(n + 1.0), r


@answer("hippo-matrix", "2n - 1 under the root, with n from one, n + 1 on the diagonal", "wrong")
def _(N):
    n = torch.arange(1, N + 1)
    r = (2 * n - 1.0).sqrt()
    return torch.outer(r, r).tril(-1) + torch.diag(n + 1.0), r


@answer("hippo-matrix", "full matrix, no zeros above", "wrong")
def _(N):
    r = roots(N)
    A = torch.outer(r, r)
    A.fill_diagonal_(0)
    return A + count(N), r


@answer("hippo-matrix", "zeros on the diagonal", "wrong")
def _(N):
    r = roots(N)
    return torch.outer(r, r).tril(-1), r


@answer("hippo-matrix", "n + 1 added to every column, not only to the diagonal", "wrong")
def _(N):
    r = roots(N)
    return torch.outer(r, r).tril(-1) + torch.arange(1.0, N + 1), r


@answer("hippo-matrix", "diagonal added to the diagonal of the outer product", "wrong")
def _(N):
    r = roots(N)
    return torch.outer(r, r).tril() + count(N), r


@answer("hippo-matrix", "B is a column", "wrong")
def _(N):
    r = roots(N)
    return torch.outer(r, r).tril(-1) + count(N), r[:, None]


@answer("hippo-matrix", "A alone", "wrong")
def _(N):
    r = roots(N)
    return torch.outer(r, r).tril(-1) + count(N)


@answer("hippo-matrix", "B before A", "wrong")
def _(N):
    r = roots(N)
    return r, torch.outer(r, r).tril(-1) + count(N)


@answer("hippo-matrix", "integers: the roots are cut off", "wrong")
def _(N):
    n = torch.arange(N)
    r = (2 * n + 1.0).sqrt().long()
    return torch.outer(r, r).tril(-1) + torch.diag(n + 1), r


@answer("hippo-matrix", "sum of the roots in place of the product", "wrong")
def _(N):
    r = roots(N)
    return (r[:, None] + r[None, :]).tril(-1) + count(N), r


@answer("hippo-matrix", "sqrt(2n + 1) only of the row", "wrong")
def _(N):
    r = roots(N)
    return r[:, None].expand(N, N).tril(-1) + count(N), r


@answer("hippo-matrix", "LegT: signs alternate above the diagonal", "wrong")
def _(N):
    n = torch.arange(N)
    r = roots(N)
    sign = torch.where(n[:, None] >= n[None, :], 1.0, (-1.0) ** (n[:, None] - n[None, :]))
    return torch.outer(r, r) * sign, r


@answer("hippo-matrix", "B with alternating signs", "wrong")
def _(N):
    r = roots(N)
    return torch.outer(r, r).tril(-1) + count(N), r * (-1.0) ** torch.arange(N)


@answer("hippo-matrix", "B is ones", "wrong")
def _(N):
    r = roots(N)
    return torch.outer(r, r).tril(-1) + count(N), torch.ones(N)


@answer("hippo-matrix", "loops that stop before the last row", "wrong")
def _(N):
    A, B = torch.zeros(N, N), torch.zeros(N)
    for n in range(N - 1):
        B[n] = math.sqrt(2 * n + 1)
        A[n, n] = n + 1
        for k in range(n):
            A[n, k] = math.sqrt((2 * n + 1) * (2 * k + 1))
    return A, B


@answer("hippo-matrix", "loop over k < n stops one short", "wrong")
def _(N):
    A = torch.zeros(N, N)
    for n in range(N):
        A[n, n] = n + 1
        for k in range(n - 1):
            A[n, k] = math.sqrt((2 * n + 1) * (2 * k + 1))
    return A, roots(N)


@answer("hippo-matrix", "precedence: sqrt(2n + 1) (2k + 1)", "wrong")
def _(N):
    A = torch.zeros(N, N)
    for n in range(N):
        A[n, n] = n + 1
        for k in range(n):
            A[n, k] = math.sqrt(2 * n + 1) * (2 * k + 1)
    return A, roots(N)


@answer("hippo-matrix", "numpy arrays", "wrong")
def _(N):
    r = np.sqrt(2 * np.arange(N) + 1)
    return np.tril(np.outer(r, r), -1) + np.diag(np.arange(N) + 1.0), r


@answer("hippo-matrix", "hard-coded for five coefficients", "wrong")
def _(N):
    r = roots(5)
    return torch.outer(r, r).tril(-1) + count(5), r


@answer("hippo-matrix", "returns the step's matrices, A / N and B / N", "wrong")
def _(N):
    r = roots(N)
    return (torch.outer(r, r).tril(-1) + count(N)) / N, r / N


@answer("hippo-matrix", "lists of lists", "wrong")
def _(N):
    A = [[math.sqrt((2 * n + 1) * (2 * k + 1)) if n > k else (n + 1.0) * (n == k) for k in range(N)] for n in range(N)]
    return A, [math.sqrt(2 * n + 1) for n in range(N)]


@answer("hippo-matrix", "loops", "right")
def _(N):
    A, B = torch.zeros(N, N), torch.zeros(N)
    for n in range(N):
        B[n] = (2 * n + 1) ** 0.5
        for k in range(n + 1):
            A[n, k] = n + 1 if n == k else math.sqrt((2 * n + 1) * (2 * k + 1))
    return A, B


@answer("hippo-matrix", "numpy in float64, and back", "right")
def _(N):
    r = np.sqrt(2 * np.arange(N) + 1.0)
    A = np.tril(np.outer(r, r))
    np.fill_diagonal(A, np.arange(1, N + 1))
    return torch.from_numpy(A), torch.from_numpy(r)


@answer("hippo-matrix", "the outer product's triangle, less n on the diagonal", "right")
def _(N):
    n = torch.arange(N, dtype=torch.float64)
    r = torch.sqrt(2 * n + 1)
    return torch.tril(r[:, None] * r) - torch.diag(n), r


@answer("hippo-matrix", "where, twice", "right")
def _(N):
    n = torch.arange(N)[:, None]
    k = torch.arange(N)[None, :]
    below = ((2 * n + 1) * (2 * k + 1)).double().sqrt()
    A = torch.where(n > k, below, torch.where(n == k, n + 1.0, 0.0))
    return A, torch.arange(1, 2 * N, 2).double().sqrt()


@answer("hippo-matrix", "a list returned, from nested lists", "right")
def _(N):
    A = [[math.sqrt((2 * n + 1) * (2 * k + 1)) if n > k else (n + 1.0) * (n == k) for k in range(N)] for n in range(N)]
    return [torch.tensor(A), torch.tensor([math.sqrt(2 * n + 1) for n in range(N)])]


@answer("hippo-matrix", "bordered from the matrix of N - 1", "right")
def _(N):
    def grow(N):
        if N == 1:
            return torch.ones(1, 1), torch.ones(1)
        A, B = grow(N - 1)
        r = torch.tensor([(2 * N - 1) ** 0.5])
        last = torch.cat([r * B, torch.tensor([float(N)])])[None]
        return torch.cat([torch.nn.functional.pad(A, (0, 1)), last]), torch.cat([B, r])

    return grow(N)


@answer("hippo-matrix", "diagonal 2n + 1 instead of n + 1 (outer product with its diagonal)", "wrong")
def _(N):
    r = (2 * torch.arange(N) + 1.0).sqrt()
    return torch.outer(r, r).tril(), r


@answer("hippo-matrix", "transposed: upper instead of lower triangle", "wrong")
def _(N):
    n = torch.arange(N, dtype=torch.float32)
    r = (2 * n + 1).sqrt()
    return torch.outer(r, r).triu(1) + torch.diag(n + 1), r


@answer("hippo-matrix", "the paper's sign: -A", "wrong")
def _(N):
    n = torch.arange(N, dtype=torch.float32)
    r = (2 * n + 1).sqrt()
    return -(torch.outer(r, r).tril(-1) + torch.diag(n + 1)), r


@answer("hippo-matrix", "n and k counted from 1", "wrong")
def _(N):
    n = torch.arange(1, N + 1, dtype=torch.float32)
    r = (2 * n + 1).sqrt()
    return torch.outer(r, r).tril(-1) + torch.diag(n + 1), r


@answer("hippo-matrix", "unnormalised polynomials", "wrong")
def _(N):
    n = torch.arange(N, dtype=torch.float32)
    A = (2 * n + 1)[:, None].expand(N, N).tril(-1) + torch.diag(n + 1)
    return A, 2 * n + 1


@answer("hippo-matrix", "B as a column (N, 1)", "wrong")
def _(N):
    A = torch.zeros(N, N)
    B = torch.zeros(N, 1)
    for n in range(N):
        B[n, 0] = math.sqrt(2 * n + 1)
        for k in range(n):
            A[n, k] = math.sqrt((2 * n + 1) * (2 * k + 1))
        A[n, n] = n + 1
    return A, B


@answer("hippo-matrix", "integer tensor: the roots are cut to whole numbers in A", "wrong")
def _(N):
    n = torch.arange(N)
    A = torch.diag(n + 1)
    for i in range(N):
        for k in range(i):
            A[i, k] = math.sqrt((2 * i + 1) * (2 * k + 1))
    return A.float(), (2 * n + 1).sqrt()


@answer("hippo-matrix", "numpy, from_numpy", "right")
def _(N):
    n = np.arange(N)
    r = np.sqrt(2.0 * n + 1)
    A = np.where(n[:, None] > n, np.outer(r, r), 0) + np.diag(n + 1.0)
    return torch.from_numpy(A), torch.from_numpy(r)


@answer("hippo-matrix", "nested lists", "right")
def _(N):
    entry = lambda n, k: 0.0 if n < k else n + 1.0 if n == k else math.sqrt(2 * n + 1) * math.sqrt(2 * k + 1)
    return torch.tensor([[entry(n, k) for k in range(N)] for n in range(N)]), torch.tensor(
        [math.sqrt(2 * n + 1) for n in range(N)]
    )
