"""Answers to online-update by people who have not seen its private half."""

import numpy as np
import torch

from grading.answers import answer

RULE = "the exercise block says that a gradient must flow"

solve = torch.linalg.solve


def eye(A):
    return torch.eye(A.shape[-1], dtype=A.dtype)


def step(left, right):
    return solve(left, right[..., None])[..., 0]


@answer("online-update", "forward Euler, the slide's", "wrong")
def _(A, B, c, f_k, k):
    return c - c @ A.mT / k + B * f_k[..., None] / k


@answer("online-update", "backward Euler", "wrong")
def _(A, B, c, f_k, k):
    return step(eye(A) + A / k, c + B * f_k[..., None] / k)


@answer("online-update", "signs of A exchanged", "wrong")
def _(A, B, c, f_k, k):
    return step(eye(A) - A / (2 * k), c + c @ A.mT / (2 * k) + B * f_k[..., None] / k)


@answer("online-update", "minus on both sides", "wrong")
def _(A, B, c, f_k, k):
    return step(eye(A) - A / (2 * k), c - c @ A.mT / (2 * k) + B * f_k[..., None] / k)


@answer("online-update", "k + 1 on the left: t at the end of the step", "wrong")
def _(A, B, c, f_k, k):
    return step(eye(A) + A / (2 * (k + 1)), c - c @ A.mT / (2 * k) + B * f_k[..., None] / k)


@answer("online-update", "k + 1 for k", "wrong")
def _(A, B, c, f_k, k):
    k = k + 1
    return step(eye(A) + A / (2 * k), c - c @ A.mT / (2 * k) + B * f_k[..., None] / k)


@answer("online-update", "c @ A: not transposed", "wrong")
def _(A, B, c, f_k, k):
    return step(eye(A) + A / (2 * k), c - c @ A / (2 * k) + B * f_k[..., None] / k)


@answer("online-update", "A @ c: only without a batch", "wrong")
def _(A, B, c, f_k, k):
    return solve(eye(A) + A / (2 * k), (eye(A) - A / (2 * k)) @ c + B * f_k / k)


@answer("online-update", "A / 2 * k: precedence", "wrong")
def _(A, B, c, f_k, k):
    return step(eye(A) + A / 2 * k, c - c @ A.mT / 2 * k + B * f_k[..., None] / k)


@answer("online-update", "no 1 / k before B", "wrong")
def _(A, B, c, f_k, k):
    return step(eye(A) + A / (2 * k), c - c @ A.mT / (2 * k) + B * f_k[..., None])


@answer("online-update", "1 / (2 k) before B", "wrong")
def _(A, B, c, f_k, k):
    return step(eye(A) + A / (2 * k), c - c @ A.mT / (2 * k) + B * f_k[..., None] / (2 * k))


@answer("online-update", "no 1 / k at all", "wrong")
def _(A, B, c, f_k, k):
    return step(eye(A) + A / 2, c - c @ A.mT / 2 + B * f_k[..., None])


@answer("online-update", "no half", "wrong")
def _(A, B, c, f_k, k):
    return step(eye(A) + A / k, c - c @ A.mT / k + B * f_k[..., None] / k)


@answer("online-update", "the input is not solved for", "wrong")
def _(A, B, c, f_k, k):
    return step(eye(A) + A / (2 * k), c - c @ A.mT / (2 * k)) + B * f_k[..., None] / k


@answer("online-update", "the old coefficients forgotten: right side is the sample", "wrong")
def _(A, B, c, f_k, k):
    return step(eye(A) + A / (2 * k), (B * f_k[..., None] / k).expand_as(c))


@answer("online-update", "only the left side's half: c alone on the right", "wrong")
def _(A, B, c, f_k, k):
    return step(eye(A) + A / (2 * k), c + B * f_k[..., None] / k)


@answer("online-update", "k - 1 for k, at least one", "wrong")
def _(A, B, c, f_k, k):
    k = max(k - 1, 1)
    return step(eye(A) + A / (2 * k), c - c @ A.mT / (2 * k) + B * f_k[..., None] / k)


@answer("online-update", "k - 1 on the right side's A, k on the left", "wrong")
def _(A, B, c, f_k, k):
    old = c - c @ A.mT / (2 * max(k - 1, 1))
    return step(eye(A) + A / (2 * k), old + B * f_k[..., None] / k)


@answer("online-update", "integer division 1 // k", "wrong")
def _(A, B, c, f_k, k):
    r = 1 // k
    return step(eye(A) + r * A / 2, c - r * c @ A.mT / 2 + r * B * f_k[..., None])


@answer("online-update", "zero-order hold", "wrong")
def _(A, B, c, f_k, k):
    A_ = torch.linalg.matrix_exp(-A / k)
    return c @ A_.mT + f_k[..., None] * solve(A, (eye(A) - A_) @ B)


@answer("online-update", "Euler, then the mean of old and new", "wrong")
def _(A, B, c, f_k, k):
    new = c - c @ A.mT / k + B * f_k[..., None] / k
    return (c + new) / 2


@answer("online-update", "Heun: the mean of two slopes, the second at Euler's guess", "wrong")
def _(A, B, c, f_k, k):
    slope = lambda c: (-c @ A.mT + B * f_k[..., None]) / k
    return c + (slope(c) + slope(c + slope(c))) / 2


@answer("online-update", "left side transposed", "wrong")
def _(A, B, c, f_k, k):
    return step(eye(A) + A.mT / (2 * k), c - c @ A.mT / (2 * k) + B * f_k[..., None] / k)


@answer("online-update", "multiplies by the left side", "wrong")
def _(A, B, c, f_k, k):
    return (c - c @ A.mT / (2 * k) + B * f_k[..., None] / k) @ (eye(A) + A / (2 * k)).mT


@answer("online-update", "f_k without its extra axis", "wrong")
def _(A, B, c, f_k, k):
    return step(eye(A) + A / (2 * k), c - c @ A.mT / (2 * k) + B * f_k / k)


@answer("online-update", "c in place", "wrong")
def _(A, B, c, f_k, k):
    c -= c @ A.mT / (2 * k)
    c += B * f_k[..., None] / k
    return step(eye(A) + A / (2 * k), c)


@answer("online-update", "adds the change to the old c twice", "wrong")
def _(A, B, c, f_k, k):
    return c + step(eye(A) + A / (2 * k), c - c @ A.mT / (2 * k) + B * f_k[..., None] / k)


@answer("online-update", "returns the change, not the coefficients", "wrong")
def _(A, B, c, f_k, k):
    return step(eye(A) + A / (2 * k), (-c @ A.mT + B * f_k[..., None]) / k)


@answer("online-update", "B minus: -(A c + B f)", "wrong")
def _(A, B, c, f_k, k):
    return step(eye(A) + A / (2 * k), c - c @ A.mT / (2 * k) - B * f_k[..., None] / k)


@answer("online-update", "trailing axis kept", "wrong")
def _(A, B, c, f_k, k):
    return solve(eye(A) + A / (2 * k), (c - c @ A.mT / (2 * k) + B * f_k[..., None] / k)[..., None])


@answer("online-update", "the inverse", "right")
def _(A, B, c, f_k, k):
    inverse = torch.linalg.inv(eye(A) + A / (2 * k))
    return (c @ (eye(A) - A / (2 * k)).mT + f_k[..., None] * B / k) @ inverse.mT


@answer("online-update", "triangular solve", "right")
def _(A, B, c, f_k, k):
    right = c - torch.einsum("nm,...m->...n", A, c) / (2 * k) + f_k[..., None] * B / k
    left = eye(A) + A / (2 * k)
    return torch.linalg.solve_triangular(left, right[..., None], upper=False)[..., 0]


@answer("online-update", "multiplied through by 2 k", "right")
def _(A, B, c, f_k, k):
    return step(2 * k * eye(A) + A, 2 * k * c - c @ A.mT + 2 * f_k[..., None] * B)


@answer("online-update", "old c plus the solved change", "right")
def _(A, B, c, f_k, k):
    return c + step(eye(A) + A / (2 * k), (f_k[..., None] * B - c @ A.mT) / k)


@answer("online-update", "solves from the right, for rows", "right")
def _(A, B, c, f_k, k):
    right = c - c @ A.mT / (2 * k) + f_k.unsqueeze(-1) * B / k
    rows = right.reshape(-1, right.shape[-1])
    return solve(eye(A) + A.mT / (2 * k), rows, left=False).reshape(right.shape)


@answer("online-update", "forward substitution in a loop", "right")
def _(A, B, c, f_k, k):
    right = c - c @ A.mT / (2 * k) + f_k[..., None] * B / k
    left, new = eye(A) + A / (2 * k), []
    for n in range(len(B)):
        known = sum(left[n, m] * new[m] for m in range(n))
        new.append((right[..., n] - known) / left[n, n])
    return torch.stack(new, dim=-1)


@answer("online-update", "float64 inside", "right")
def _(A, B, c, f_k, k):
    a, b, d, f = A.double(), B.double(), c.double(), f_k.double()
    half = a / (2 * k)
    right = d - (half @ d[..., None])[..., 0] + b * f[..., None] / k
    return step(eye(a) + half, right).to(c.dtype)


@answer("online-update", "numpy inside (no gradient is asked for)", "right", rule=RULE)
def _(A, B, c, f_k, k):
    a, b, old, f = (z.detach().double().numpy() for z in (A, B, c, f_k))
    one = np.eye(len(b))
    right = old @ (one - a / (2 * k)).T + f[..., None] * b / k
    return torch.from_numpy(right @ np.linalg.inv(one + a / (2 * k)).T).to(c.dtype)


@answer("online-update", "forward Euler as on the slide", "wrong")
def _(A, B, c, f_k, k):
    return c + (-c @ A.mT + f_k[..., None] * B) / k


@answer("online-update", "sign of A: (I - A/2k)^-1 ((I + A/2k) c + B f/k)", "wrong")
def _(A, B, c, f_k, k):
    I = torch.eye(len(A), dtype=A.dtype)
    right = c @ (I + A / (2 * k)).mT + f_k[..., None] * B / k
    return torch.linalg.solve(I - A / (2 * k), right[..., None])[..., 0]


@answer("online-update", "the write is not divided by k", "wrong")
def _(A, B, c, f_k, k):
    I = torch.eye(len(A), dtype=A.dtype)
    right = c @ (I - A / (2 * k)).mT + f_k[..., None] * B
    return torch.linalg.solve(I + A / (2 * k), right[..., None])[..., 0]


@answer("online-update", "halves forgotten: A / k on both sides", "wrong")
def _(A, B, c, f_k, k):
    I = torch.eye(len(A), dtype=A.dtype)
    right = c @ (I - A / k).mT + f_k[..., None] * B / k
    return torch.linalg.solve(I + A / k, right[..., None])[..., 0]


@answer("online-update", "k + 1 for k, as if the first sample had the number 0", "wrong")
def _(A, B, c, f_k, k):
    t = k + 1
    I = torch.eye(len(A), dtype=A.dtype)
    right = c @ (I - A / (2 * t)).mT + f_k[..., None] * B / t
    return torch.linalg.solve(I + A / (2 * t), right[..., None])[..., 0]


@answer("online-update", "c @ A without the transpose on the right hand side", "wrong")
def _(A, B, c, f_k, k):
    I = torch.eye(len(A), dtype=A.dtype)
    right = c @ (I - A / (2 * k)) + f_k[..., None] * B / k
    return torch.linalg.solve(I + A / (2 * k), right[..., None])[..., 0]


@answer("online-update", "the write half as large: B f / 2k", "wrong")
def _(A, B, c, f_k, k):
    I = torch.eye(len(A), dtype=A.dtype)
    right = c @ (I - A / (2 * k)).mT + f_k[..., None] * B / (2 * k)
    return torch.linalg.solve(I + A / (2 * k), right[..., None])[..., 0]


@answer("online-update", "multiplied by 2k", "right")
def _(A, B, c, f_k, k):
    M = A.double()
    D = 2 * k * torch.eye(len(A), dtype=torch.float64)
    inverse = torch.linalg.inv(D + M)
    new = torch.einsum("ij,jk,...k->...i", inverse, D - M, c.double()) + 2 * f_k.double()[..., None] * (
        inverse @ B.double()
    )
    return new.to(c.dtype)


@answer("online-update", "forward substitution, since A is triangular", "right")
def _(A, B, c, f_k, k):
    L = A / (2 * k)
    right = c - torch.einsum("ij,...j->...i", L, c) + torch.einsum("...,i->...i", f_k, B) / k
    new = []
    for n in range(len(B)):
        r = right[..., n]
        for m in range(n):
            r = r - L[n, m] * new[m]
        new.append(r / (1 + L[n, n]))
    return torch.stack(new, -1)
