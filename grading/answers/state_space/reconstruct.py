"""Answers to reconstruct by people who have not seen its private half."""

import math

import numpy as np
import torch

from grading.answers import answer

RULE = "the exercise block says that a gradient must flow"


def legendre(z, N):
    P = [torch.ones_like(z), z]
    for n in range(1, N - 1):
        P.append(((2 * n + 1) * z * P[n] - n * P[n - 1]) / (n + 1))
    return torch.stack(P[:N], dim=-1)


def roots(c):
    return (2 * torch.arange(c.shape[-1], dtype=c.dtype) + 1).sqrt()


@answer("reconstruct", "2 s - 1: the past the wrong way round", "wrong")
def _(c, s):
    return (c * roots(c)) @ legendre(2 * s - 1, c.shape[-1]).mT


@answer("reconstruct", "z = s", "wrong")
def _(c, s):
    return (c * roots(c)) @ legendre(s, c.shape[-1]).mT


@answer("reconstruct", "z = 1 - s", "wrong")
def _(c, s):
    return (c * roots(c)) @ legendre(1 - s, c.shape[-1]).mT


@answer("reconstruct", "no root", "wrong")
def _(c, s):
    return c @ legendre(1 - 2 * s, c.shape[-1]).mT


@answer("reconstruct", "2n + 1 for its root", "wrong")
def _(c, s):
    return (c * roots(c) ** 2) @ legendre(1 - 2 * s, c.shape[-1]).mT


@answer("reconstruct", "divides by the root", "wrong")
def _(c, s):
    return (c / roots(c)) @ legendre(1 - 2 * s, c.shape[-1]).mT


@answer("reconstruct", "roots counted from one", "wrong")
def _(c, s):
    r = (2 * torch.arange(1, c.shape[-1] + 1, dtype=c.dtype) + 1).sqrt()
    return (c * r) @ legendre(1 - 2 * s, c.shape[-1]).mT


@answer("reconstruct", "monomials z^n", "wrong")
def _(c, s):
    n = torch.arange(c.shape[-1])
    return (c * roots(c)) @ ((1 - 2 * s)[:, None] ** n).mT


@answer("reconstruct", "Chebyshev's recurrence", "wrong")
def _(c, s):
    z = 1 - 2 * s
    P = [torch.ones_like(z), z]
    for n in range(1, c.shape[-1] - 1):
        P.append(2 * z * P[n] - P[n - 1])
    return (c * roots(c)) @ torch.stack(P[: c.shape[-1]])


@answer("reconstruct", "the recurrence without its division", "wrong")
def _(c, s):
    z = 1 - 2 * s
    P = [torch.ones_like(z), z]
    for n in range(1, c.shape[-1] - 1):
        P.append((2 * n + 1) * z * P[n] - n * P[n - 1])
    return (c * roots(c)) @ torch.stack(P[: c.shape[-1]])


@answer("reconstruct", "n a step too far in the recurrence", "wrong")
def _(c, s):
    z = 1 - 2 * s
    P = [torch.ones_like(z), z]
    for n in range(2, c.shape[-1]):
        P.append(((2 * n + 1) * z * P[-1] - n * P[-2]) / (n + 1))
    return (c * roots(c)) @ torch.stack(P[: c.shape[-1]])


@answer("reconstruct", "the recurrence from n = 0: one polynomial twice", "wrong")
def _(c, s):
    z = 1 - 2 * s
    P = [torch.ones_like(z), z]
    for n in range(c.shape[-1] - 2):
        P.append(((2 * n + 1) * z * P[-1] - n * P[-2]) / (n + 1))
    return (c * roots(c)) @ torch.stack(P[: c.shape[-1]])


@answer("reconstruct", "plus for minus in the recurrence", "wrong")
def _(c, s):
    z = 1 - 2 * s
    P = [torch.ones_like(z), z]
    for n in range(1, c.shape[-1] - 1):
        P.append(((2 * n + 1) * z * P[n] + n * P[n - 1]) / (n + 1))
    return (c * roots(c)) @ torch.stack(P[: c.shape[-1]])


@answer("reconstruct", "only the first term divided by n + 1", "wrong")
def _(c, s):
    z = 1 - 2 * s
    P = [torch.ones_like(z), z]
    for n in range(1, c.shape[-1] - 1):
        P.append((2 * n + 1) * z * P[n] / (n + 1) - n * P[n - 1])
    return (c * roots(c)) @ torch.stack(P[: c.shape[-1]])


@answer("reconstruct", "z forgotten in the recurrence", "wrong")
def _(c, s):
    z = 1 - 2 * s
    P = [torch.ones_like(z), z]
    for n in range(1, c.shape[-1] - 1):
        P.append(((2 * n + 1) * P[n] - n * P[n - 1]) / (n + 1))
    return (c * roots(c)) @ torch.stack(P[: c.shape[-1]])


@answer("reconstruct", "always at least two polynomials: fails for N = 1", "wrong")
def _(c, s):
    z = 1 - 2 * s
    P = [torch.ones_like(z), z]
    for n in range(1, c.shape[-1] - 1):
        P.append(((2 * n + 1) * z * P[n] - n * P[n - 1]) / (n + 1))
    return (c * roots(c)) @ torch.stack(P)


@answer("reconstruct", "the last polynomial is left out", "wrong")
def _(c, s):
    N = c.shape[-1]
    return (c * roots(c))[..., : N - 1] @ legendre(1 - 2 * s, N - 1).mT


@answer("reconstruct", "P not transposed: (M, N) from the left", "wrong")
def _(c, s):
    return legendre(1 - 2 * s, c.shape[-1]) @ (c * roots(c))


@answer("reconstruct", "(..., M, N): the sum forgotten", "wrong")
def _(c, s):
    return (c * roots(c))[..., None, :] * legendre(1 - 2 * s, c.shape[-1])


@answer("reconstruct", "the mean over n", "wrong")
def _(c, s):
    return ((c * roots(c))[..., None, :] * legendre(1 - 2 * s, c.shape[-1])).mean(-1)


@answer("reconstruct", "sum over the ages", "wrong")
def _(c, s):
    return ((c * roots(c))[..., None, :] * legendre(1 - 2 * s, c.shape[-1])).sum(-2)


@answer("reconstruct", "normalises with the norm on [-1, 1]: sqrt((2n + 1) / 2)", "wrong")
def _(c, s):
    return (c * roots(c) / 2**0.5) @ legendre(1 - 2 * s, c.shape[-1]).mT


@answer("reconstruct", "clamps s to [-1, 1] after a scale of two", "wrong")
def _(c, s):
    return (c * roots(c)) @ legendre((2 * s).clamp(-1, 1), c.shape[-1]).mT


@answer("reconstruct", "s scaled by the number of ages", "wrong")
def _(c, s):
    return (c * roots(c)) @ legendre(1 - 2 * s / len(s), c.shape[-1]).mT


@answer("reconstruct", "roots by integer arithmetic", "wrong")
def _(c, s):
    r = roots(c).long()
    return (c * r) @ legendre(1 - 2 * s, c.shape[-1]).mT


@answer("reconstruct", "c sorted from the highest degree, as polyval", "wrong")
def _(c, s):
    return (c.flip(-1) * roots(c)) @ legendre(1 - 2 * s, c.shape[-1]).mT


@answer("reconstruct", "alternating signs, as for the other end", "wrong")
def _(c, s):
    sign = (-1.0) ** torch.arange(c.shape[-1])
    return (c * roots(c) * sign) @ legendre(1 - 2 * s, c.shape[-1]).mT


@answer("reconstruct", "cosines: degree times the angle", "wrong")
def _(c, s):
    n = torch.arange(c.shape[-1])
    return (c * roots(c)) @ torch.cos(n[:, None] * torch.pi * s)


@answer("reconstruct", "Clenshaw's recursion", "right")
def _(c, s):
    a, z = c * roots(c), 1 - 2 * s
    high = later = torch.zeros_like(a[..., :1] * z)
    for n in range(c.shape[-1] - 1, -1, -1):
        high, later = a[..., n, None] + (2 * n + 1) / (n + 1) * z * high - (n + 1) / (n + 2) * later, high
    return high


@answer("reconstruct", "a running sum, with two polynomials at hand", "right")
def _(c, s):
    z = 1 - 2 * s
    before, now, total = torch.zeros_like(z), torch.ones_like(z), 0
    for n in range(c.shape[-1]):
        total = total + c[..., n, None] * (2 * n + 1) ** 0.5 * now
        before, now = now, ((2 * n + 1) * z * now - n * before) / (n + 1)
    return total


@answer("reconstruct", "einsum, with sign for the other end", "right")
def _(c, s):
    sign = (-1.0) ** torch.arange(c.shape[-1])
    P = legendre(2 * s - 1, c.shape[-1]) * sign.to(c.dtype)
    return torch.einsum("...n,n,mn->...m", c, roots(c), P)


@answer("reconstruct", "a recurrence of its own for each degree, in differences", "right")
def _(c, s):
    def P(n):
        below, here = torch.ones_like(s), 1 - 2 * s
        if n == 0:
            return below
        for m in range(1, n):
            below, here = here, here + m / (m + 1) * (here - below) - (2 * m + 1) / (m + 1) * 2 * s * here
        return here

    return sum(c[..., n : n + 1] * (2 * n + 1) ** 0.5 * P(n) for n in range(c.shape[-1]))


@answer("reconstruct", "float64 and cast back", "right")
def _(c, s):
    d = c.double()
    return (d * roots(d) @ legendre(1 - 2 * s.double(), d.shape[-1]).mT).to(c.dtype)


@answer("reconstruct", "polynomials normalised in the recurrence", "right")
def _(c, s):
    z, N = 1 - 2 * s, c.shape[-1]
    p = [torch.ones_like(z), 3**0.5 * z]
    for n in range(1, N - 1):
        a = ((2 * n + 1) * (2 * n + 3)) ** 0.5 / (n + 1)
        b = n / (n + 1) * ((2 * n + 3) / (2 * n - 1)) ** 0.5
        p.append(a * z * p[n] - b * p[n - 1])
    return c @ torch.stack(p[:N])


@answer("reconstruct", "numpy's legval (no gradient is asked for)", "right", rule=RULE)
def _(c, s):
    a = np.moveaxis((c * roots(c)).detach().double().numpy(), -1, 0)
    return torch.from_numpy(np.polynomial.legendre.legval((1 - 2 * s).detach().double().numpy(), a)).to(c.dtype)


@answer("reconstruct", "z = 2s - 1: the past is drawn backwards", "wrong")
def _(c, s):
    N = c.shape[-1]
    z = 2 * s - 1
    P = [torch.ones_like(z), z]
    for n in range(1, N - 1):
        P.append(((2 * n + 1) * z * P[n] - n * P[n - 1]) / (n + 1))
    r = (2 * torch.arange(N, dtype=c.dtype) + 1).sqrt()
    return (c * r) @ torch.stack(P[:N], -1).to(c.dtype).mT


@answer("reconstruct", "no sqrt(2n + 1)", "wrong")
def _(c, s):
    N = c.shape[-1]
    z = 1 - 2 * s
    P = [torch.ones_like(z), z]
    for n in range(1, N - 1):
        P.append(((2 * n + 1) * z * P[n] - n * P[n - 1]) / (n + 1))
    return c @ torch.stack(P[:N]).to(c.dtype)


@answer("reconstruct", "2n + 1 without its root", "wrong")
def _(c, s):
    N = c.shape[-1]
    z = 1 - 2 * s
    P = [torch.ones_like(z), z]
    for n in range(1, N - 1):
        P.append(((2 * n + 1) * z * P[n] - n * P[n - 1]) / (n + 1))
    return (c * (2 * torch.arange(N) + 1)) @ torch.stack(P[:N]).to(c.dtype)


@answer("reconstruct", "the recursion is off by one", "wrong")
def _(c, s):
    N = c.shape[-1]
    z = 1 - 2 * s
    P = [torch.ones_like(z), z]
    for n in range(2, N):
        P.append(((2 * n + 1) * z * P[n - 1] - n * P[n - 2]) / (n + 1))
    r = (2 * torch.arange(N, dtype=c.dtype) + 1).sqrt()
    return (c * r) @ torch.stack(P[:N]).to(c.dtype)


@answer("reconstruct", "powers z^n instead of Legendre polynomials", "wrong")
def _(c, s):
    n = torch.arange(c.shape[-1])
    z = (1 - 2 * s)[:, None] ** n
    return (c * (2 * n + 1).sqrt()) @ z.to(c.dtype).mT


@answer("reconstruct", "forgets to divide by n + 1", "wrong")
def _(c, s):
    N = c.shape[-1]
    z = 1 - 2 * s
    P = [torch.ones_like(z), z]
    for n in range(1, N - 1):
        P.append((2 * n + 1) * z * P[n] - n * P[n - 1])
    r = (2 * torch.arange(N, dtype=c.dtype) + 1).sqrt()
    return (c * r) @ torch.stack(P[:N]).to(c.dtype)


@answer("reconstruct", "P @ c.T: axes of a batch exchanged, (M, ...) instead of (..., M)", "wrong")
def _(c, s):
    N = c.shape[-1]
    z = 1 - 2 * s
    P = [torch.ones_like(z), z]
    for n in range(1, N - 1):
        P.append(((2 * n + 1) * z * P[n] - n * P[n - 1]) / (n + 1))
    P = torch.stack(P[:N], -1).to(c.dtype)
    r = (2 * torch.arange(N, dtype=c.dtype) + 1).sqrt()
    return torch.einsum("mn,...n->m...", P, c * r)


@answer("reconstruct", "numpy's Legendre matrix", "right")
def _(c, s):
    N = c.shape[-1]
    P = np.polynomial.legendre.legvander(1 - 2 * s.detach().double().numpy(), N - 1)
    P = P * np.sqrt(2 * np.arange(N) + 1)
    return torch.einsum("...n,mn->...m", c.double(), torch.from_numpy(P)).to(c.dtype)


@answer("reconstruct", "Clenshaw's recursion from above, no polynomials", "right")
def _(c, s):
    z = (1 - 2 * s).to(c.dtype)
    b1 = b2 = torch.zeros(*c.shape[:-1], len(s), dtype=c.dtype)
    for n in range(c.shape[-1] - 1, -1, -1):
        b1, b2 = c[..., n, None] * math.sqrt(2 * n + 1) + (2 * n + 1) / (n + 1) * z * b1 - (n + 1) / (n + 2) * b2, b1
    return b1


@answer("reconstruct", "polynomials as a table up to P_4: fails for N above 5", "wrong")
def _(c, s):
    N, z = c.shape[-1], 1 - 2 * s
    P = [z**0, z, (3 * z**2 - 1) / 2, (5 * z**3 - 3 * z) / 2, (35 * z**4 - 30 * z**2 + 3) / 8]
    r = (2 * torch.arange(N, dtype=c.dtype) + 1).sqrt()
    return (c * r) @ torch.stack(P[:N]).to(c.dtype)
