"""The private half of reconstruct."""

import torch
from llmcourse.checks.labs.state_space.reconstruct import coefficients
from llmcourse.state_space import hippo

from grading.exercises import misconception, reference, stages, variant

CASES = {
    "many coefficients": coefficients(N=24, M=40),
    "any leading dimensions": coefficients(2, 3, N=3, M=4),
    "twelve coefficients, both ends": coefficients(N=12, M=5, ends=True),
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


@stages
def on_the_way(c, s):
    z = 1 - 2 * s
    P = [torch.ones_like(z), z]
    for n in range(1, c.shape[-1]):
        P.append(((2 * n + 1) * z * P[n] - n * P[n - 1]) / (n + 1))
    return {"z = 1 - 2 s": z, "the polynomials P_n at z": torch.stack(P[: c.shape[-1]])}


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


@misconception(
    says="the polynomials at s itself",
    hint="P_n lives on [-1, 1], and the present is at its right end: z = 1 - 2 s.",
)
def at_s(c, s):
    z = s
    P = [torch.ones_like(s), z]
    for n in range(1, c.shape[-1] - 1):
        P.append(((2 * n + 1) * z * P[n] - n * P[n - 1]) / (n + 1))
    r = torch.tensor([(2 * n + 1) ** 0.5 for n in range(c.shape[-1])], dtype=c.dtype)
    return (c * r) @ torch.stack(P[: c.shape[-1]])


@misconception(
    says="the sum with each c_n divided by sqrt(2n + 1)",
    hint="The basis is orthonormal: g_n = sqrt(2n + 1) P_n.",
)
def divided_by_roots(c, s):
    z = 1 - 2 * s
    P = [torch.ones_like(s), z]
    for n in range(1, c.shape[-1] - 1):
        P.append(((2 * n + 1) * z * P[n] - n * P[n - 1]) / (n + 1))
    r = torch.tensor([(2 * n + 1) ** 0.5 for n in range(c.shape[-1])], dtype=c.dtype)
    return (c / r) @ torch.stack(P[: c.shape[-1]])


@misconception(
    says="the sum with roots counted from one: sqrt(2n + 3)",
    hint="n counts from 0: the first root is 1.",
)
def roots_from_one(c, s):
    z = 1 - 2 * s
    P = [torch.ones_like(s), z]
    for n in range(1, c.shape[-1] - 1):
        P.append(((2 * n + 1) * z * P[n] - n * P[n - 1]) / (n + 1))
    r = torch.tensor([(2 * n + 3) ** 0.5 for n in range(c.shape[-1])], dtype=c.dtype)
    return (c * r) @ torch.stack(P[: c.shape[-1]])


@misconception(
    says="the sum with sqrt((2n + 1) / 2) for the factors",
    hint="That is the norm on [-1, 1]; ages go from 0 to 1, and there the factor is sqrt(2n + 1).",
)
def half_roots(c, s):
    z = 1 - 2 * s
    P = [torch.ones_like(s), z]
    for n in range(1, c.shape[-1] - 1):
        P.append(((2 * n + 1) * z * P[n] - n * P[n - 1]) / (n + 1))
    r = torch.tensor([((2 * n + 1) / 2) ** 0.5 for n in range(c.shape[-1])], dtype=c.dtype)
    return (c * r) @ torch.stack(P[: c.shape[-1]])


@misconception(
    says="the sum with roots that are cut to whole numbers",
    hint="sqrt(2n + 1) is no whole number: take the root of floats, and keep it.",
)
def whole_roots(c, s):
    z = 1 - 2 * s
    P = [torch.ones_like(s), z]
    for n in range(1, c.shape[-1] - 1):
        P.append(((2 * n + 1) * z * P[n] - n * P[n - 1]) / (n + 1))
    r = torch.tensor([int((2 * n + 1) ** 0.5) for n in range(c.shape[-1])], dtype=c.dtype)
    return (c * r) @ torch.stack(P[: c.shape[-1]])


@misconception(
    says="the sum of polynomials whose recurrence is not divided by n + 1",
    hint="Legendre's recurrence is (n + 1) P_{n+1} = (2n + 1) z P_n - n P_{n-1}: divide by n + 1.",
)
def not_divided(c, s):
    z = 1 - 2 * s
    P = [torch.ones_like(s), z]
    for n in range(1, c.shape[-1] - 1):
        P.append((2 * n + 1) * z * P[n] - n * P[n - 1])
    r = torch.tensor([(2 * n + 1) ** 0.5 for n in range(c.shape[-1])], dtype=c.dtype)
    return (c * r) @ torch.stack(P[: c.shape[-1]])


@misconception(
    says="the sum of polynomials in whose recurrence only the first term is divided by n + 1",
    hint="Legendre's recurrence is (n + 1) P_{n+1} = (2n + 1) z P_n - n P_{n-1}: n + 1 divides both terms.",
)
def first_term_divided(c, s):
    z = 1 - 2 * s
    P = [torch.ones_like(s), z]
    for n in range(1, c.shape[-1] - 1):
        P.append((2 * n + 1) * z * P[n] / (n + 1) - n * P[n - 1])
    r = torch.tensor([(2 * n + 1) ** 0.5 for n in range(c.shape[-1])], dtype=c.dtype)
    return (c * r) @ torch.stack(P[: c.shape[-1]])


@misconception(
    says="the sum of polynomials whose recurrence has a plus before n P_{n-1}",
    hint="Legendre's recurrence is (n + 1) P_{n+1} = (2n + 1) z P_n - n P_{n-1}.",
)
def plus_in_recurrence(c, s):
    z = 1 - 2 * s
    P = [torch.ones_like(s), z]
    for n in range(1, c.shape[-1] - 1):
        P.append(((2 * n + 1) * z * P[n] + n * P[n - 1]) / (n + 1))
    r = torch.tensor([(2 * n + 1) ** 0.5 for n in range(c.shape[-1])], dtype=c.dtype)
    return (c * r) @ torch.stack(P[: c.shape[-1]])


@misconception(
    says="the sum of polynomials whose recurrence lacks z",
    hint="Legendre's recurrence is (n + 1) P_{n+1} = (2n + 1) z P_n - n P_{n-1}: a new power of z each time.",
)
def z_forgotten(c, s):
    z = 1 - 2 * s
    P = [torch.ones_like(s), z]
    for n in range(1, c.shape[-1] - 1):
        P.append(((2 * n + 1) * P[n] - n * P[n - 1]) / (n + 1))
    r = torch.tensor([(2 * n + 1) ** 0.5 for n in range(c.shape[-1])], dtype=c.dtype)
    return (c * r) @ torch.stack(P[: c.shape[-1]])


@misconception(
    says="the sum of polynomials whose recurrence has n one too large",
    hint=(
        "Legendre's recurrence is (n + 1) P_{n+1} = (2n + 1) z P_n - n P_{n-1}: from P_0 and P_1 it begins with n = 1."
    ),
)
def n_too_large(c, s):
    z = 1 - 2 * s
    P = [torch.ones_like(s), z]
    for n in range(2, c.shape[-1]):
        P.append(((2 * n + 1) * z * P[-1] - n * P[-2]) / (n + 1))
    r = torch.tensor([(2 * n + 1) ** 0.5 for n in range(c.shape[-1])], dtype=c.dtype)
    return (c * r) @ torch.stack(P[: c.shape[-1]])


@misconception(
    says="the sum of polynomials whose recurrence has n one too small",
    hint=(
        "Legendre's recurrence is (n + 1) P_{n+1} = (2n + 1) z P_n - n P_{n-1}: from P_0 and P_1 it begins with n = 1."
    ),
)
def n_too_small(c, s):
    z = 1 - 2 * s
    P = [torch.ones_like(s), z]
    for n in range(c.shape[-1] - 2):
        P.append(((2 * n + 1) * z * P[-1] - n * P[-2]) / (n + 1))
    r = torch.tensor([(2 * n + 1) ** 0.5 for n in range(c.shape[-1])], dtype=c.dtype)
    return (c * r) @ torch.stack(P[: c.shape[-1]])


@misconception(
    says="the sum of polynomials with n + 1 for 2n + 1 in the recurrence",
    hint="Legendre's recurrence is (n + 1) P_{n+1} = (2n + 1) z P_n - n P_{n-1}.",
)
def z_not_halved(c, s):
    z = 1 - 2 * s
    P = [torch.ones_like(s), z]
    for n in range(1, c.shape[-1] - 1):
        P.append(((n + 1) * z * P[n] - n * P[n - 1]) / (n + 1))
    r = torch.tensor([(2 * n + 1) ** 0.5 for n in range(c.shape[-1])], dtype=c.dtype)
    return (c * r) @ torch.stack(P[: c.shape[-1]])


@misconception(
    says="the sum with the coefficients in reverse order",
    hint="c_0 belongs to P_0, the mean; the degree grows along c.",
)
def reversed(c, s):
    z = 1 - 2 * s
    P = [torch.ones_like(s), z]
    for n in range(1, c.shape[-1] - 1):
        P.append(((2 * n + 1) * z * P[n] - n * P[n - 1]) / (n + 1))
    r = torch.tensor([(2 * n + 1) ** 0.5 for n in range(c.shape[-1])], dtype=c.dtype)
    return (c.flip(-1) * r) @ torch.stack(P[: c.shape[-1]])


@misconception(
    says="the sum of cosines, cos(n pi s)",
    hint="Legendre's recurrence is (n + 1) P_{n+1} = (2n + 1) z P_n - n P_{n-1}: polynomials, not waves.",
)
def cosines(c, s):
    n = torch.arange(c.shape[-1])
    r = torch.tensor([(2 * n + 1) ** 0.5 for n in range(c.shape[-1])], dtype=c.dtype)
    return (c * r) @ torch.cos(n[:, None] * torch.pi * s)


@misconception(
    says="the sum without its last term",
    hint="N coefficients have N polynomials: P_0 to P_{N-1}.",
)
def last_left_out(c, s):
    z = 1 - 2 * s
    P = [torch.ones_like(s), z]
    for n in range(1, c.shape[-1] - 1):
        P.append(((2 * n + 1) * z * P[n] - n * P[n - 1]) / (n + 1))
    r = torch.tensor([(2 * n + 1) ** 0.5 for n in range(c.shape[-1])], dtype=c.dtype)
    return (c * r)[..., :-1] @ torch.stack(P[: c.shape[-1] - 1])


EQUIVALENT = {"torch.arange(N, dtype=c.dtype) -> torch.arange(N)": "the square root makes it the default dtype"}
