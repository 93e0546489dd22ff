"""The private half of reconstruct."""

import torch
from llmcourse.checks.labs.state_space.reconstruct import coefficients
from llmcourse.state_space import hippo

from grading.exercises import misconception, reference, variant

CASES = {
    "many coefficients": coefficients(N=24, M=40),
    "any leading dimensions": coefficients(2, 3, N=3, M=4),
}


@reference
def reconstruct(c, s):
    return hippo.reconstruct(c, s)


@variant
def by_clenshaw(c, s):
    z, N = 1 - 2 * s, c.shape[-1]
    r = torch.tensor([(2 * n + 1) ** 0.5 for n in range(N)], dtype=c.dtype)
    b1 = b2 = torch.zeros(*c.shape[:-1], len(s), dtype=c.dtype)
    for n in range(N - 1, -1, -1):
        b1, b2 = (c * r)[..., n, None] + (2 * n + 1) / (n + 1) * z * b1 - (n + 1) / (n + 2) * b2, b1
    return b1


@variant
def term_by_term(c, s):
    z = 2 * (1 - s) - 1
    before, now = torch.zeros_like(z), torch.ones_like(z)
    total = 0.0
    for n in range(c.shape[-1]):
        total = total + (2 * n + 1) ** 0.5 * c[..., n : n + 1] * now
        before, now = now, ((2 * n + 1) * z * now - n * before) / (n + 1)
    return total


@misconception(
    says="the past turned round: the present where the beginning should be",
    hint="s is an age: s = 0 is now, where every polynomial is 1. So z = 1 - 2 s.",
)
def backwards(c, s):
    z, P = 2 * s - 1, [torch.ones_like(s), 2 * s - 1]
    for n in range(1, c.shape[-1] - 1):
        P.append(((2 * n + 1) * z * P[n] - n * P[n - 1]) / (n + 1))
    r = torch.tensor([(2 * n + 1) ** 0.5 for n in range(c.shape[-1])], dtype=c.dtype)
    return (c * r) @ torch.stack(P[: c.shape[-1]])


@misconception(
    says="the polynomials at 1 - s: only half of their interval",
    hint="P_n lives on [-1, 1]: age 1 is at z = -1, so z = 1 - 2 s.",
)
def not_stretched(c, s):
    z, P = 1 - s, [torch.ones_like(s), 1 - s]
    for n in range(1, c.shape[-1] - 1):
        P.append(((2 * n + 1) * z * P[n] - n * P[n - 1]) / (n + 1))
    r = torch.tensor([(2 * n + 1) ** 0.5 for n in range(c.shape[-1])], dtype=c.dtype)
    return (c * r) @ torch.stack(P[: c.shape[-1]])


@misconception(
    says="the sum without the factors sqrt(2n + 1)",
    hint="The basis is orthonormal: g_n = sqrt(2n + 1) P_n.",
)
def without_roots(c, s):
    z, P = 1 - 2 * s, [torch.ones_like(s), 1 - 2 * s]
    for n in range(1, c.shape[-1] - 1):
        P.append(((2 * n + 1) * z * P[n] - n * P[n - 1]) / (n + 1))
    return c @ torch.stack(P[: c.shape[-1]])


@misconception(
    says="the sum with 2n + 1 in place of its root",
    hint="The coefficients are those of an orthonormal basis: one root is in c already, one is in the basis.",
)
def squared_roots(c, s):
    z, P = 1 - 2 * s, [torch.ones_like(s), 1 - 2 * s]
    for n in range(1, c.shape[-1] - 1):
        P.append(((2 * n + 1) * z * P[n] - n * P[n - 1]) / (n + 1))
    r = torch.tensor([2.0 * n + 1 for n in range(c.shape[-1])], dtype=c.dtype)
    return (c * r) @ torch.stack(P[: c.shape[-1]])


@misconception(
    says="the sum of Chebyshev polynomials",
    hint="Legendre's recurrence is (n + 1) P_{n+1} = (2n + 1) z P_n - n P_{n-1}.",
)
def chebyshev(c, s):
    z, P = 1 - 2 * s, [torch.ones_like(s), 1 - 2 * s]
    for n in range(1, c.shape[-1] - 1):
        P.append(2 * z * P[n] - P[n - 1])
    r = torch.tensor([(2 * n + 1) ** 0.5 for n in range(c.shape[-1])], dtype=c.dtype)
    return (c * r) @ torch.stack(P[: c.shape[-1]])


@misconception(
    says="the sum of plain powers of z",
    hint="c are coefficients of Legendre polynomials: z, z squared and so on are another basis.",
)
def powers(c, s):
    z = 1 - 2 * s
    r = torch.tensor([(2 * n + 1) ** 0.5 for n in range(c.shape[-1])], dtype=c.dtype)
    return (c * r) @ torch.stack([z**n for n in range(c.shape[-1])])


EQUIVALENT = {"torch.arange(N, dtype=c.dtype) -> torch.arange(N)": "the square root makes it the default dtype"}
