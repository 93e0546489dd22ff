"""Answers to bilinear-step by people who have not seen its private half."""

import torch

from grading.answers import answer


def eye(A):
    return torch.eye(A.shape[-1], dtype=A.dtype)


solve = torch.linalg.solve


@answer("bilinear-step", "no half: I - dt A and I + dt A", "wrong")
def _(A, B, dt):
    return solve(eye(A) - dt * A, eye(A) + dt * A), solve(eye(A) - dt * A, dt * B)


@answer("bilinear-step", "signs exchanged", "wrong")
def _(A, B, dt):
    left, right = eye(A) + dt / 2 * A, eye(A) - dt / 2 * A
    return solve(left, right), solve(left, dt * B)


@answer("bilinear-step", "both sides with a minus", "wrong")
def _(A, B, dt):
    left = eye(A) - dt / 2 * A
    return solve(left, left), solve(left, dt * B)


@answer("bilinear-step", "forward Euler", "wrong")
def _(A, B, dt):
    return eye(A) + dt * A, dt * B


@answer("bilinear-step", "backward Euler", "wrong")
def _(A, B, dt):
    left = eye(A) - dt * A
    return torch.linalg.inv(left), solve(left, dt * B)


@answer("bilinear-step", "B_ is dt B: not solved", "wrong")
def _(A, B, dt):
    left = eye(A) - dt / 2 * A
    return solve(left, eye(A) + dt / 2 * A), dt * B


@answer("bilinear-step", "no dt before B", "wrong")
def _(A, B, dt):
    left = eye(A) - dt / 2 * A
    return solve(left, eye(A) + dt / 2 * A), solve(left, B)


@answer("bilinear-step", "dt / 2 before B", "wrong")
def _(A, B, dt):
    left = eye(A) - dt / 2 * A
    return solve(left, eye(A) + dt / 2 * A), solve(left, dt / 2 * B)


@answer("bilinear-step", "the inverse of the right side", "wrong")
def _(A, B, dt):
    left, right = eye(A) - dt / 2 * A, eye(A) + dt / 2 * A
    return solve(right, left), solve(right, dt * B)


@answer("bilinear-step", "only the right side: the left is not solved for", "wrong")
def _(A, B, dt):
    return eye(A) + dt / 2 * A, dt * B


@answer("bilinear-step", "quotient entry by entry", "wrong")
def _(A, B, dt):
    return (eye(A) + dt / 2 * A) / (eye(A) - dt / 2 * A), dt * B / (1 - dt / 2 * A.diagonal())


@answer("bilinear-step", "multiplies by the left side in place of its inverse", "wrong")
def _(A, B, dt):
    left = eye(A) - dt / 2 * A
    return left @ (eye(A) + dt / 2 * A), left @ B * dt


@answer("bilinear-step", "ones for the identity", "wrong")
def _(A, B, dt):
    left = 1 - dt / 2 * A
    return solve(left, 1 + dt / 2 * A), solve(left, dt * B)


@answer("bilinear-step", "A transposed", "wrong")
def _(A, B, dt):
    left = eye(A) - dt / 2 * A.mT
    return solve(left, eye(A) + dt / 2 * A.mT), solve(left, dt * B)


@answer("bilinear-step", "B_ read from the transposed side: B left^-1", "wrong")
def _(A, B, dt):
    inverse = torch.linalg.inv(eye(A) - dt / 2 * A)
    return inverse @ (eye(A) + dt / 2 * A), dt * B @ inverse


@answer("bilinear-step", "B_ a column", "wrong")
def _(A, B, dt):
    left = eye(A) - dt / 2 * A
    return solve(left, eye(A) + dt / 2 * A), solve(left, dt * B[:, None])


@answer("bilinear-step", "float(dt): no gradient of the step", "wrong")
def _(A, B, dt):
    dt = float(dt)
    left = eye(A) - dt / 2 * A
    return solve(left, eye(A) + dt / 2 * A), solve(left, dt * B)


@answer("bilinear-step", "dt.item(): a number has none", "wrong")
def _(A, B, dt):
    dt = dt.item()
    left = eye(A) - dt / 2 * A
    return solve(left, eye(A) + dt / 2 * A), solve(left, dt * B)


@answer("bilinear-step", "the input's mean too: B_ times the half step before it", "wrong")
def _(A, B, dt):
    left, right = eye(A) - dt / 2 * A, eye(A) + dt / 2 * A
    return solve(left, right), solve(left, right @ B * dt)


@answer("bilinear-step", "the matrix exponential: zero-order hold", "wrong")
def _(A, B, dt):
    A_ = torch.linalg.matrix_exp(dt * A)
    return A_, solve(A, (A_ - eye(A)) @ B)


@answer("bilinear-step", "dt // 2", "wrong")
def _(A, B, dt):
    left = eye(A) - dt // 2 * A
    return solve(left, eye(A) + dt // 2 * A), solve(left, dt * B)


@answer("bilinear-step", "2 / dt as in Tustin's s, without dividing again", "wrong")
def _(A, B, dt):
    left = 2 / dt * eye(A) - A
    return solve(left, 2 / dt * eye(A) + A), solve(left, B)


@answer("bilinear-step", "A changed in place", "wrong")
def _(A, B, dt):
    A *= dt / 2
    left = eye(A) - A
    return solve(left, eye(A) + A), solve(left, dt * B)


@answer("bilinear-step", "in place by fill_diagonal_ of its own product", "wrong")
def _(A, B, dt):
    left, right = -dt / 2 * A, dt / 2 * A
    left.fill_diagonal_(1)
    right.fill_diagonal_(1)
    return solve(left, right), solve(left, dt * B)


@answer("bilinear-step", "half only on the left", "wrong")
def _(A, B, dt):
    left = eye(A) - dt / 2 * A
    return solve(left, eye(A) + dt * A), solve(left, dt * B)


@answer("bilinear-step", "only A_", "wrong")
def _(A, B, dt):
    left = eye(A) - dt / 2 * A
    return solve(left, eye(A) + dt / 2 * A)


@answer("bilinear-step", "numpy's solve, detached", "wrong")
def _(A, B, dt):
    left = (eye(A) - dt / 2 * A).detach().numpy()
    A_ = torch.from_numpy(left).inverse() @ (eye(A) + dt / 2 * A)
    return A_, torch.from_numpy(left).inverse() @ B * dt


@answer("bilinear-step", "dt twice on B: solved with dt B, and scaled by dt again", "wrong")
def _(A, B, dt):
    left = eye(A) - dt / 2 * A
    both = solve(left, torch.cat([eye(A) + dt / 2 * A, dt * B[:, None]], dim=1))
    return both[:, :-1], dt * both[:, -1]


@answer("bilinear-step", "the inverse", "right")
def _(A, B, dt):
    inverse = torch.linalg.inv(eye(A) - dt / 2 * A)
    return inverse @ (eye(A) + dt / 2 * A), dt * inverse @ B


@answer("bilinear-step", "twice the inverse, less the identity", "right")
def _(A, B, dt):
    inverse = (eye(A) - dt / 2 * A).inverse()
    return 2 * inverse - eye(A), dt * (inverse * B).sum(-1)


@answer("bilinear-step", "both right sides beside each other", "right")
def _(A, B, dt):
    both = torch.cat([eye(A) + dt * A / 2, dt * B[:, None]], dim=1)
    A_B = solve(eye(A) - dt * A / 2, both)
    return A_B[:, :-1], A_B[:, -1]


@answer("bilinear-step", "the right side first: they commute", "right")
def _(A, B, dt):
    left, right = eye(A) - dt / 2 * A, eye(A) + dt / 2 * A
    return solve(left, right, left=False), solve(left, dt * B)


@answer("bilinear-step", "LU, in float64", "right")
def _(A, B, dt):
    A64, B64 = A.double(), B.double()
    dt64 = dt.double() if isinstance(dt, torch.Tensor) else dt
    factors = torch.linalg.lu_factor(eye(A64) - dt64 / 2 * A64)
    A_ = torch.linalg.lu_solve(*factors, eye(A64) + dt64 / 2 * A64)
    return A_.to(A.dtype), torch.linalg.lu_solve(*factors, dt64 * B64[:, None])[:, 0].to(B.dtype)


@answer("bilinear-step", "multiplied through by 2 / dt", "right")
def _(A, B, dt):
    left = 2 / dt * eye(A) - A
    return solve(left, 2 / dt * eye(A) + A), solve(left, 2 * B)


@answer("bilinear-step", "steps of unit vectors and of a unit input", "right")
def _(A, B, dt):
    def step(h, x):
        return solve(eye(A) - dt / 2 * A, h + dt / 2 * (A @ h) + dt * B * x)

    zero = torch.zeros_like(B)
    return torch.stack([step(e, 0.0) for e in eye(A)], dim=1), step(zero, 1.0)


@answer("bilinear-step", "B_ is dt B, without the solve", "wrong")
def _(A, B, dt):
    I = torch.eye(len(A), dtype=A.dtype)
    return torch.linalg.solve(I - dt / 2 * A, I + dt / 2 * A), dt * B


@answer("bilinear-step", "forward Euler", "wrong")
def _(A, B, dt):
    return torch.eye(len(A), dtype=A.dtype) + dt * A, dt * B


@answer("bilinear-step", "full steps instead of half: (I - dt A)^-1 (I + dt A)", "wrong")
def _(A, B, dt):
    I = torch.eye(len(A), dtype=A.dtype)
    left = I - dt * A
    return torch.linalg.solve(left, I + dt * A), torch.linalg.solve(left, dt * B)


@answer("bilinear-step", "signs exchanged: (I + dt/2 A)^-1 (I - dt/2 A)", "wrong")
def _(A, B, dt):
    I = torch.eye(len(A), dtype=A.dtype)
    left = I + dt / 2 * A
    return torch.linalg.solve(left, I - dt / 2 * A), torch.linalg.solve(left, dt * B)


@answer("bilinear-step", "dt forgotten in B_", "wrong")
def _(A, B, dt):
    I = torch.eye(len(A), dtype=A.dtype)
    left = torch.linalg.inv(I - dt / 2 * A)
    return left @ (I + dt / 2 * A), left @ B


@answer("bilinear-step", "divides entry by entry instead of solving", "wrong")
def _(A, B, dt):
    I = torch.eye(len(A), dtype=A.dtype)
    left = I - dt / 2 * A
    return (I + dt / 2 * A) / left, dt * B / left.diagonal()


@answer("bilinear-step", "float(dt): no gradient to the step", "wrong")
def _(A, B, dt):
    dt = float(dt)
    I = torch.eye(len(A), dtype=A.dtype)
    inverse = torch.linalg.inv(I - dt / 2 * A)
    return inverse @ (I + dt / 2 * A), dt * inverse @ B


@answer("bilinear-step", "A_ = 2 (I - dt/2 A)^-1 - I", "right")
def _(A, B, dt):
    I = torch.eye(len(A), dtype=A.dtype)
    inverse = torch.linalg.inv(I - 0.5 * dt * A)
    return 2 * inverse - I, inverse @ B * dt


@answer("bilinear-step", "one solve in float64 for both, columns beside each other", "right")
def _(A, B, dt):
    M = A.double() * dt / 2
    I = torch.eye(A.shape[0], dtype=torch.float64)
    both = torch.linalg.solve(I - M, torch.cat([I + M, (dt * B.double())[:, None]], 1)).to(A.dtype)
    return both[:, :-1], both[:, -1]
