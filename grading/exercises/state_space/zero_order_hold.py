"""The private half of zero-order-hold."""

import torch
from llmcourse.checks.labs.state_space.cases import stable_system
from llmcourse.state_space import system

from grading.exercises import misconception, reference, variant

CASES = {
    "many states": stable_system(6, 0.3),
    "a longer step, never fading": stable_system(4, 0.8, integrator=True),
    "another that never fades": stable_system(2, 0.4, integrator=True),
}


@reference
def zero_order_hold(A, B, dt):
    return system.zoh(A, B, dt)


@variant
def by_series(A, B, dt):
    term, total = torch.eye(len(A), dtype=A.dtype), torch.zeros_like(A)
    for k in range(1, 60):
        total = total + term / k
        term = term @ (dt * A) / k
    return torch.linalg.matrix_exp(dt * A), dt * total @ B


@variant
def by_block_of_identities(A, B, dt):
    N = len(A)
    top = torch.cat([A, torch.eye(N, dtype=A.dtype)], dim=1)
    both = torch.linalg.matrix_exp(dt * torch.cat([top, torch.zeros_like(top)]))
    return both[:N, :N], both[:N, N:] @ B


@misconception(
    says="the formula with the inverse of A, which does not exist for every A",
    hint=(
        "A state that never fades makes A singular. Put A and B into one matrix of size N + 1 and take its exponential."
    ),
)
def by_inverse(A, B, dt):
    A_ = torch.linalg.matrix_exp(dt * A)
    return A_, torch.linalg.inv(A) @ (A_ - torch.eye(len(A), dtype=A.dtype)) @ B


@misconception(
    says="the exponential of every entry in place of the matrix's",
    hint="`torch.exp` acts on entries. The solution of h' = A h needs `torch.linalg.matrix_exp`.",
)
def exponential_of_entries(A, B, dt):
    return torch.exp(dt * A), dt * B


@misconception(
    says="the right A_, with B_ = dt B",
    hint="That is Euler's. The first part of a held input has been turned, and has faded, when the last part arrives.",
)
def with_dt_B(A, B, dt):
    return torch.linalg.matrix_exp(dt * A), dt * B


@misconception(
    says="the right A_, with B_ = A_ B dt: as if the whole input had come at the start of the step",
    hint="It comes all the time: B_ is the integral of e^{A s} B over the step.",
)
def B_turned(A, B, dt):
    A_ = torch.linalg.matrix_exp(dt * A)
    return A_, dt * A_ @ B


@misconception(
    says="the right A_, with a B_ for a step of 1",
    hint="Multiply the whole block by dt, B too, before the exponential.",
)
def without_dt_in_block(A, B, dt):
    N = len(A)
    block = torch.cat([torch.cat([dt * A, B[:, None]], 1), torch.zeros(1, N + 1, dtype=A.dtype)])
    both = torch.linalg.matrix_exp(block)
    return both[:N, :N], both[:N, N]


@misconception(
    says="the block with a 1 in its corner: an input that grows during the step",
    hint="The slope of a held input is zero: the last row of the block is all zeros.",
)
def one_in_corner(A, B, dt):
    N = len(A)
    corner = torch.zeros(1, N + 1, dtype=A.dtype)
    corner[0, N] = 1.0
    both = torch.linalg.matrix_exp(dt * torch.cat([torch.cat([A, B[:, None]], 1), corner]))
    return both[:N, :N], both[:N, N]


@misconception(
    says="the bilinear step",
    hint="Zero-order hold is exact for an input that stands still; it needs the matrix exponential.",
)
def bilinear(A, B, dt):
    eye = torch.eye(len(A), dtype=A.dtype)
    return torch.linalg.solve(eye - dt / 2 * A, eye + dt / 2 * A), torch.linalg.solve(eye - dt / 2 * A, dt * B)


EQUIVALENT = {"torch.zeros(1, N + 1, dtype=A.dtype) -> torch.zeros(1, N + 1)": "the inputs have the default dtype"}
