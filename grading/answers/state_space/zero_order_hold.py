"""Answers to zero-order-hold by people who have not seen its private half."""

import torch

from grading.answers import answer

exp = torch.linalg.matrix_exp


def eye(A):
    return torch.eye(A.shape[-1], dtype=A.dtype)


def block(A, B):
    N = A.shape[-1]
    return torch.cat([torch.cat([A, B[:, None]], dim=1), torch.zeros(1, N + 1, dtype=A.dtype)])


@answer("zero-order-hold", "the book's formula: solve with A", "wrong")
def _(A, B, dt):
    A_ = exp(dt * A)
    return A_, torch.linalg.solve(A, (A_ - eye(A)) @ B)


@answer("zero-order-hold", "the book's formula with pinv", "wrong")
def _(A, B, dt):
    A_ = exp(dt * A)
    return A_, torch.linalg.pinv(A) @ (A_ - eye(A)) @ B


@answer("zero-order-hold", "A plus 1e-3 on the diagonal before solving", "wrong")
def _(A, B, dt):
    A_ = exp(dt * A)
    return A_, torch.linalg.solve(A + 1e-3 * eye(A), (A_ - eye(A)) @ B)


@answer("zero-order-hold", "exponential of the entries", "wrong")
def _(A, B, dt):
    return torch.exp(dt * A), exp(dt * block(A, B))[:-1, -1]


@answer("zero-order-hold", "exponential of the entries, book's formula", "wrong")
def _(A, B, dt):
    A_ = torch.exp(dt * A)
    return A_, torch.linalg.solve(A, (A_ - 1) @ B)


@answer("zero-order-hold", "B_ is dt B", "wrong")
def _(A, B, dt):
    return exp(dt * A), dt * B


@answer("zero-order-hold", "B_ is dt times A_ B", "wrong")
def _(A, B, dt):
    A_ = exp(dt * A)
    return A_, dt * A_ @ B


@answer("zero-order-hold", "the I forgotten", "wrong")
def _(A, B, dt):
    A_ = exp(dt * A)
    return A_, torch.linalg.pinv(A) @ A_ @ B


@answer("zero-order-hold", "the inverse forgotten: (A_ - I) B", "wrong")
def _(A, B, dt):
    A_ = exp(dt * A)
    return A_, (A_ - eye(A)) @ B


@answer("zero-order-hold", "dt A inverse, as in the Mamba paper, without its dt B", "wrong")
def _(A, B, dt):
    A_ = exp(dt * A)
    return A_, torch.linalg.pinv(dt * A) @ (A_ - eye(A)) @ B


@answer("zero-order-hold", "dt not before the block", "wrong")
def _(A, B, dt):
    both = exp(block(A, B))[:-1]
    return both[:, :-1], both[:, -1]


@answer("zero-order-hold", "dt B in the block and dt once more", "wrong")
def _(A, B, dt):
    both = exp(dt * block(A, dt * B))[:-1]
    return both[:, :-1], both[:, -1]


@answer("zero-order-hold", "B_ from the block with dt A and B, no dt", "wrong")
def _(A, B, dt):
    both = exp(block(dt * A, B))[:-1]
    return both[:, :-1], both[:, -1]


@answer("zero-order-hold", "an identity in the corner: the input grows", "wrong")
def _(A, B, dt):
    M = block(A, B)
    M = M + torch.diag(torch.cat([torch.zeros_like(B), torch.ones_like(B[:1])]))
    both = exp(dt * M)[:-1]
    return both[:, :-1], both[:, -1]


@answer("zero-order-hold", "B in the row below in place of the column", "wrong")
def _(A, B, dt):
    both = exp(dt * block(A.mT, B).mT)
    return both[:-1, :-1], both[-1, :-1]


@answer("zero-order-hold", "reads the last row, which is 0 ... 0 1", "wrong")
def _(A, B, dt):
    both = exp(dt * block(A, B))
    return both[:-1, :-1], both[-1, :-1]


@answer("zero-order-hold", "returns all N + 1 rows", "wrong")
def _(A, B, dt):
    both = exp(dt * block(A, B))
    return both[:, :-1], both[:, -1]


@answer("zero-order-hold", "B_ a column", "wrong")
def _(A, B, dt):
    both = exp(dt * block(A, B))[:-1]
    return both[:, :-1], both[:, -1:]


@answer("zero-order-hold", "sign: exp(-dt A)", "wrong")
def _(A, B, dt):
    both = exp(-dt * block(A, B))[:-1]
    return both[:, :-1], -both[:, -1]


@answer("zero-order-hold", "float(dt)", "wrong")
def _(A, B, dt):
    both = exp(float(dt) * block(A, B))[:-1]
    return both[:, :-1], both[:, -1]


@answer("zero-order-hold", "a series of three terms", "wrong")
def _(A, B, dt):
    M = dt * A
    return eye(A) + M + M @ M / 2, dt * (eye(A) + M / 2) @ B


@answer("zero-order-hold", "A_ from the eigenvalues only", "wrong")
def _(A, B, dt):
    values = torch.linalg.eigvals(A).real
    return torch.diag((dt * values).exp()), dt * B


@answer("zero-order-hold", "eigenvectors, complex kept", "wrong")
def _(A, B, dt):
    w, V = torch.linalg.eig(A)
    inverse = torch.linalg.inv(V)
    small = w.abs() < 1e-6
    factor = torch.where(small, dt + 0 * w, ((dt * w).exp() - 1) / torch.where(small, 1 + 0 * w, w))
    return V @ torch.diag((dt * w).exp()) @ inverse, V @ (factor * (inverse @ B.to(w.dtype)))


@answer("zero-order-hold", "a sum of 10 rectangles for the integral", "wrong")
def _(A, B, dt):
    return exp(dt * A), sum(exp(dt * i / 10 * A) @ B for i in range(10)) * dt / 10


@answer("zero-order-hold", "the bilinear rule", "wrong")
def _(A, B, dt):
    left = eye(A) - dt / 2 * A
    return torch.linalg.solve(left, eye(A) + dt / 2 * A), torch.linalg.solve(left, dt * B)


@answer("zero-order-hold", "where A is singular, B_ is dt B", "wrong")
def _(A, B, dt):
    A_ = exp(dt * A)
    if torch.linalg.det(A).abs() < 1e-6:
        return A_, dt * B
    return A_, torch.linalg.solve(A, (A_ - eye(A)) @ B)


@answer("zero-order-hold", "the block exponential twice: A_ is exp(exp)", "wrong")
def _(A, B, dt):
    both = exp(dt * block(A, B))[:-1]
    return exp(both[:, :-1]), both[:, -1]


@answer("zero-order-hold", "B A^-1 from the wrong side", "wrong")
def _(A, B, dt):
    A_ = exp(dt * A)
    return A_, (A_ - eye(A)) @ torch.linalg.pinv(A) @ B + 0 * dt


@answer("zero-order-hold", "Simpson with many pieces", "right")
def _(A, B, dt):
    n = 64
    small = exp(dt / n * A.double())
    P, total = torch.eye(A.shape[0], dtype=torch.float64), 0
    half = exp(dt / (2 * n) * A.double())
    for _ in range(n):
        total = total + (P + 4 * P @ half + P @ small) / 6
        P = P @ small
    return exp(dt * A), (dt / n * total @ B.double()).to(B.dtype)


@answer("zero-order-hold", "doubling: a small step by its series, squared ten times", "right")
def _(A, B, dt):
    M, d = dt / 1024 * A.double(), dt / 1024
    I = eye(M)
    A_, B_ = I + M @ (I + M / 2 @ (I + M / 3)), d * (I + M / 2 @ (I + M / 3)) @ B.double()
    for _ in range(10):
        A_, B_ = A_ @ A_, A_ @ B_ + B_
    return A_.to(A.dtype), B_.to(B.dtype)


@answer("zero-order-hold", "block of N more rows, the integral as a matrix", "right")
def _(A, B, dt):
    N = A.shape[0]
    M = torch.zeros(2 * N, 2 * N, dtype=A.dtype)
    M[:N, :N], M[:N, N:] = A, eye(A)
    both = exp(dt * M)
    return both[:N, :N], both[:N, N:] @ B


@answer("zero-order-hold", "padding for the block, transposed", "right")
def _(A, B, dt):
    M = torch.nn.functional.pad(torch.hstack([A, B.unsqueeze(1)]), (0, 0, 0, 1))
    E = torch.matrix_exp((M * dt).mT).mT
    return E[:-1, :-1], E[:-1, -1]


@answer("zero-order-hold", "the series of the integral, thirty terms, float64", "right")
def _(A, B, dt):
    M = dt * A.double()
    term, total = eye(M), 0
    for n in range(1, 60):
        total = total + term / 1
        term = term @ M / (n + 1)
    return exp(dt * A), (dt * total @ B.double()).to(B.dtype)


@answer("zero-order-hold", "block in float64, dt inside each part", "right")
def _(A, B, dt):
    N = len(B)
    M = torch.zeros(N + 1, N + 1, dtype=torch.float64)
    M = torch.index_put(M, (torch.arange(N),), torch.cat([dt * A, dt * B[:, None]], dim=1).double())
    E = exp(M).to(A.dtype)
    return E[:N, :N], E[:N, N]


@answer("zero-order-hold", "exponential of the entries instead of the matrix", "wrong")
def _(A, B, dt):
    N = len(B)
    block = torch.zeros(N + 1, N + 1, dtype=A.dtype)
    block[:N, :N], block[:N, N] = A, B
    E = (dt * block).exp()
    return E[:N, :N], E[:N, N]


@answer("zero-order-hold", "solves with A, which may be singular", "wrong")
def _(A, B, dt):
    A_ = torch.linalg.matrix_exp(dt * A)
    return A_, torch.linalg.solve(A, (A_ - torch.eye(len(A), dtype=A.dtype)) @ B)


@answer("zero-order-hold", "pinv for the singular A: nothing arrives along its null space", "wrong")
def _(A, B, dt):
    A_ = torch.linalg.matrix_exp(dt * A)
    return A_, torch.linalg.pinv(A) @ (A_ - torch.eye(len(A), dtype=A.dtype)) @ B


@answer("zero-order-hold", "B_ = dt B as in Mamba", "wrong")
def _(A, B, dt):
    return torch.linalg.matrix_exp(A * dt), dt * B


@answer("zero-order-hold", "dt is forgotten at B in the block", "wrong")
def _(A, B, dt):
    N = len(B)
    top = torch.cat([dt * A, B[:, None]], 1)
    E = torch.linalg.matrix_exp(torch.cat([top, torch.zeros(1, N + 1, dtype=A.dtype)], 0))
    return E[:N, :N], E[:N, N]


@answer("zero-order-hold", "integral by the trapezoid of its two ends: dt/2 (I + e^{dt A}) B", "wrong")
def _(A, B, dt):
    A_ = torch.linalg.matrix_exp(dt * A)
    return A_, dt / 2 * (B + A_ @ B)


@answer("zero-order-hold", "series stopped after three terms", "wrong")
def _(A, B, dt):
    I = torch.eye(len(A), dtype=A.dtype)
    M = dt * A
    return I + M + M @ M / 2 + M @ M @ M / 6, dt * (I + M / 2 + M @ M / 6) @ B


@answer("zero-order-hold", "block of twice the size: [[A, I], [0, 0]]", "right")
def _(A, B, dt):
    N = A.shape[0]
    I, O = torch.eye(N, dtype=A.dtype), torch.zeros(N, N, dtype=A.dtype)
    E = torch.matrix_exp(torch.cat([torch.cat([A, I], 1), torch.cat([O, O], 1)], 0) * dt)
    return E[:N, :N], E[:N, N:] @ B


@answer("zero-order-hold", "own series for a small step in float64, then doubled ten times", "right")
def _(A, B, dt):
    M, b, step = A.double(), B.double(), dt / 1024
    I = torch.eye(len(A), dtype=torch.float64)
    X, Y, term = I, step * I, I
    for n in range(1, 12):
        term = term @ (step * M) / n
        X = X + term
        Y = Y + term * step / (n + 1)
    for _ in range(10):
        Y = Y + X @ Y
        X = X @ X
    return X.to(A.dtype), (Y @ b).to(A.dtype)


@answer("zero-order-hold", "pinv and the null space by hand through eig", "wrong")
def _(A, B, dt):
    w, V = torch.linalg.eig(A)
    z = w * dt
    phi = torch.where(w.abs() < 1e-6, dt + 0 * z, (z.exp() - 1) / torch.where(w.abs() < 1e-6, torch.ones_like(w), w))
    inverse = torch.linalg.inv(V)
    return (V @ torch.diag(z.exp()) @ inverse).real, (V @ torch.diag(phi) @ inverse @ B.to(w.dtype)).real
