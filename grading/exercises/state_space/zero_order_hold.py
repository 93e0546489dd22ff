"""The private half of zero-order-hold."""

import torch
from llmcourse.checks.labs.state_space.cases import stable_system
from llmcourse.state_space import system

from grading.exercises import misconception, reference, stages, variant

CASES = {
    "many states": stable_system(6, 0.3),
    "a longer step, never fading": stable_system(4, 0.8, integrator=True),
    "another that never fades": stable_system(2, 0.4, integrator=True),
    "a longer chain": stable_system(4, 0.7, chain=True),
    "one state": stable_system(1, 0.6),
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


@stages
def on_the_way(A, B, dt):
    return {"A_, the matrix exponential of dt A": torch.linalg.matrix_exp(dt * A)}


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


@misconception(
    says="the formula with a pseudo-inverse, which is no inverse where A has none",
    hint=(
        "A state that never fades makes A singular. Put A and B into one matrix of size N + 1 and take its exponential."
    ),
)
def pseudo_inverse(A, B, dt):
    A_ = torch.linalg.matrix_exp(dt * A)
    return A_, torch.linalg.pinv(A) @ (A_ - torch.eye(len(A), dtype=A.dtype)) @ B


@misconception(
    says="the formula with a pseudo-inverse on the other side, which is no inverse where A has none",
    hint=(
        "A state that never fades makes A singular. Put A and B into one matrix of size N + 1 and take its exponential."
    ),
)
def pseudo_inverse_after(A, B, dt):
    A_ = torch.linalg.matrix_exp(dt * A)
    return A_, (A_ - torch.eye(len(A), dtype=A.dtype)) @ torch.linalg.pinv(A) @ B


@misconception(
    says="the right B_, with the exponential of every entry for A_",
    hint="`torch.exp` acts on entries. The solution of h' = A h needs `torch.linalg.matrix_exp`.",
)
def entries_and_right_B(A, B, dt):
    N = len(A)
    block = torch.cat([torch.cat([A, B[:, None]], 1), torch.zeros(1, N + 1, dtype=A.dtype)])
    return torch.exp(dt * A), torch.linalg.matrix_exp(dt * block)[:N, N]


@misconception(
    says="the formula with the exponential of every entry in place of the matrix's",
    hint="`torch.exp` acts on entries. The solution of h' = A h needs `torch.linalg.matrix_exp`.",
)
def entries_and_formula(A, B, dt):
    A_ = torch.exp(dt * A)
    return A_, torch.linalg.solve(A, (A_ - 1) @ B)


@misconception(
    says="the formula with the exponential of every entry, less the identity",
    hint="`torch.exp` acts on entries. The solution of h' = A h needs `torch.linalg.matrix_exp`.",
)
def entries_and_identity(A, B, dt):
    A_ = torch.exp(dt * A)
    return A_, torch.linalg.solve(A, (A_ - torch.eye(len(A), dtype=A.dtype)) @ B)


@misconception(
    says="the formula without its I: A^-1 A_ B",
    hint=(
        "The formula is A^-1 (e^{dt A} - I) B. It needs no inverse if A and B are put into one matrix of size N + "
        "1 and its exponential is taken."
    ),
)
def without_I(A, B, dt):
    A_ = torch.linalg.matrix_exp(dt * A)
    return A_, torch.linalg.solve(A, A_ @ B)


@misconception(
    says="the formula without its I, with a pseudo-inverse of A",
    hint=(
        "The formula is A^-1 (e^{dt A} - I) B. It needs no inverse if A and B are put into one matrix of size N + "
        "1 and its exponential is taken."
    ),
)
def without_I_pseudo(A, B, dt):
    A_ = torch.linalg.matrix_exp(dt * A)
    return A_, torch.linalg.pinv(A) @ A_ @ B


@misconception(
    says="the formula without its inverse: (A_ - I) B",
    hint=(
        "The formula is A^-1 (e^{dt A} - I) B. It needs no inverse if A and B are put into one matrix of size N + "
        "1 and its exponential is taken."
    ),
)
def without_inverse(A, B, dt):
    A_ = torch.linalg.matrix_exp(dt * A)
    return A_, (A_ - torch.eye(len(A), dtype=A.dtype)) @ B


@misconception(
    says="the formula of the Mamba paper, (dt A)^-1 (A_ - I), without its dt B",
    hint=(
        "The formula is A^-1 (e^{dt A} - I) B. It needs no inverse if A and B are put into one matrix of size N + "
        "1 and its exponential is taken."
    ),
)
def of_mamba(A, B, dt):
    A_ = torch.linalg.matrix_exp(dt * A)
    return A_, torch.linalg.solve(dt * A, (A_ - torch.eye(len(A), dtype=A.dtype)) @ B)


@misconception(
    says="the formula of the Mamba paper, (dt A)^-1 (A_ - I), without its dt B, and with a pseudo-inverse",
    hint=(
        "The formula is A^-1 (e^{dt A} - I) B. It needs no inverse if A and B are put into one matrix of size N + "
        "1 and its exponential is taken."
    ),
)
def of_mamba_pseudo(A, B, dt):
    A_ = torch.linalg.matrix_exp(dt * A)
    return A_, torch.linalg.pinv(dt * A) @ (A_ - torch.eye(len(A), dtype=A.dtype)) @ B


@misconception(
    says="the right A_, with a B_ that has dt in it once too often",
    hint="Put A and B into the block as they are, and multiply the whole block by dt once.",
)
def dt_twice(A, B, dt):
    N = len(A)
    block = torch.cat([torch.cat([A, B[:, None]], 1), torch.zeros(1, N + 1, dtype=A.dtype)])
    both = torch.linalg.matrix_exp(dt * block)
    return both[:N, :N], dt * both[:N, N]


@misconception(
    says="the right A_, with the B_ of A transposed",
    hint="B is a column beside A, and the last row of the block is zero: [[A, B], [0, 0]].",
)
def B_of_transposed(A, B, dt):
    N = len(A)
    block = torch.cat([torch.cat([A.mT, B[:, None]], 1), torch.zeros(1, N + 1, dtype=A.dtype)])
    both = torch.linalg.matrix_exp(dt * block)
    return both[:N, :N].mT, both[:N, N]


@misconception(
    says="the answer for -A",
    hint="The system is h' = A h + B x: A has its own sign already.",
)
def of_minus_A(A, B, dt):
    N = len(A)
    block = torch.cat([torch.cat([-A, B[:, None]], 1), torch.zeros(1, N + 1, dtype=A.dtype)])
    both = torch.linalg.matrix_exp(dt * block)
    return both[:N, :N], both[:N, N]


@misconception(
    says="forward Euler: I + dt A, and dt B",
    hint="Zero-order hold is exact for an input that stands still; it needs the matrix exponential.",
)
def forward_euler(A, B, dt):
    return torch.eye(len(A), dtype=A.dtype) + dt * A, dt * B


@misconception(
    says="the first terms of the exponential's series, up to the square of dt A",
    hint="`torch.linalg.matrix_exp` takes the whole series.",
)
def three_terms(A, B, dt):
    M = dt * A
    return torch.eye(len(A), dtype=A.dtype) + M + M @ M / 2, dt * (torch.eye(len(A), dtype=A.dtype) + M / 2) @ B


@misconception(
    says="the exponential of every entry of the block [[A, B], [0, 0]]",
    hint="A_ and B_ are in the exponential of a matrix, `torch.linalg.matrix_exp(dt * block)`: not of its entries.",
)
def entries_of_block(A, B, dt):
    return (dt * A).exp(), (dt * B).exp()


@misconception(
    says="the right A_, with a B_ by the trapezoid of its two ends: dt/2 (I + A_) B",
    hint="The integral is exact in the exponential of the block [[A, B], [0, 0]], of size N + 1.",
)
def trapezoid(A, B, dt):
    A_ = torch.linalg.matrix_exp(dt * A)
    return A_, dt / 2 * (B + A_ @ B)


@misconception(
    says="the first terms of the exponential's series, up to the third power of dt A",
    hint="The series goes on: `torch.linalg.matrix_exp`, of the block [[A, B], [0, 0]].",
)
def four_terms(A, B, dt):
    eye, M = torch.eye(len(A)), dt * A
    return eye + M + M @ M / 2 + M @ M @ M / 6, dt * (eye + M / 2 + M @ M / 6) @ B


EQUIVALENT = {"torch.zeros(1, N + 1, dtype=A.dtype) -> torch.zeros(1, N + 1)": "the inputs have the default dtype"}
