"""The private half of bilinear-step."""

import torch
from llmcourse.checks.labs.state_space.cases import stable_system
from llmcourse.state_space import system

from grading.exercises import misconception, reference, stages, variant

CASES = {
    "many states": stable_system(8, 0.3),
    "a very long step": stable_system(3, 4.0),
    "one state never fades": stable_system(3, 0.5, integrator=True),
    "a chain of states": stable_system(3, 0.4, chain=True),
}


@reference
def bilinear(A, B, dt):
    return system.bilinear(A, B, dt)


@variant
def by_inverse(A, B, dt):
    left = torch.inverse(torch.eye(len(A), dtype=A.dtype) - A * dt / 2)
    return left @ (torch.eye(len(A), dtype=A.dtype) + A * dt / 2), dt * left @ B


@variant
def beside_each_other(A, B, dt):
    N = A.shape[0]
    eye = torch.eye(N, dtype=A.dtype)
    both = torch.linalg.solve(2 * eye / dt - A, torch.cat((2 * eye / dt + A, 2 * B.reshape(N, 1)), dim=1))
    return both[:, :N], both[:, N]


@stages
def on_the_way(A, B, dt):
    eye = torch.eye(len(A))
    return {"I - (dt/2) A": eye - dt / 2 * A, "I + (dt/2) A": eye + dt / 2 * A}


@misconception(
    says="forward Euler: the slope from the start of the step",
    hint="The bilinear rule takes the mean of both slopes: A h_new appears too, and has to be solved for.",
)
def forward_euler(A, B, dt):
    return torch.eye(len(A), dtype=A.dtype) + dt * A, dt * B


@misconception(
    says="backward Euler: the slope from the end of the step",
    hint="Half of the slope comes from the start: the right side is (I + dt/2 A), and on the left dt is halved.",
)
def backward_euler(A, B, dt):
    left = torch.eye(len(A), dtype=A.dtype) - dt * A
    return torch.linalg.inv(left), torch.linalg.solve(left, dt * B)


@misconception(
    says="the rule with dt in place of dt / 2",
    hint="Each of the two slopes counts half.",
)
def without_halves(A, B, dt):
    eye = torch.eye(len(A), dtype=A.dtype)
    return torch.linalg.solve(eye - dt * A, eye + dt * A), torch.linalg.solve(eye - dt * A, dt * B)


@misconception(
    says="the rule with the signs swapped: it runs backwards in time",
    hint="What is solved for has the minus: (I - dt/2 A) h_new = (I + dt/2 A) h + dt B x.",
)
def signs_swapped(A, B, dt):
    eye = torch.eye(len(A), dtype=A.dtype)
    return torch.linalg.solve(eye + dt / 2 * A, eye - dt / 2 * A), torch.linalg.solve(eye + dt / 2 * A, dt * B)


@misconception(
    says="the right A_, with B_ = dt B",
    hint="The input is on the right side of the same equation: solve for it too.",
)
def B_not_solved(A, B, dt):
    eye = torch.eye(len(A), dtype=A.dtype)
    return torch.linalg.solve(eye - dt / 2 * A, eye + dt / 2 * A), dt * B


@misconception(
    says="the right A_, with a B_ that lacks the step dt",
    hint="In one step the input adds dt B x to the right side.",
)
def B_without_dt(A, B, dt):
    eye = torch.eye(len(A), dtype=A.dtype)
    return torch.linalg.solve(eye - dt / 2 * A, eye + dt / 2 * A), torch.linalg.solve(eye - dt / 2 * A, B)


@misconception(
    says="the right A_, with half of B_",
    hint="The slopes of A count half each; the input stands still during the step and counts whole.",
)
def half_of_B(A, B, dt):
    eye = torch.eye(len(A), dtype=A.dtype)
    return torch.linalg.solve(eye - dt / 2 * A, eye + dt / 2 * A), torch.linalg.solve(eye - dt / 2 * A, dt / 2 * B)


@misconception(
    says="zero-order hold",
    hint="That is the next exercise. The bilinear rule needs no exponential.",
)
def exponential(A, B, dt):
    N = len(A)
    block = torch.cat([torch.cat([A, B[:, None]], 1), torch.zeros(1, N + 1, dtype=A.dtype)])
    both = torch.linalg.matrix_exp(dt * block)
    return both[:N, :N], both[:N, N]


@misconception(
    says="the right side alone, I + (dt/2) A and dt B: nothing is solved for",
    hint="A h_new stands on the left: solve (I - dt/2 A) h_new = (I + dt/2 A) h + dt B x.",
)
def right_side_only(A, B, dt):
    return torch.eye(len(A), dtype=A.dtype) + dt / 2 * A, dt * B


@misconception(
    says="the rule that multiplies by I - (dt/2) A in place of solving with it",
    hint="h_new is what is unknown: `torch.linalg.solve(left, right)`.",
)
def left_multiplied(A, B, dt):
    left = torch.eye(len(A), dtype=A.dtype) - dt / 2 * A
    return left @ (torch.eye(len(A), dtype=A.dtype) + dt / 2 * A), dt * left @ B


@misconception(
    says="the rule with a minus on both sides",
    hint="The slope from the start, (dt/2) A h, stays on the right and keeps its plus.",
)
def minus_on_both_sides(A, B, dt):
    left = torch.eye(len(A), dtype=A.dtype) - dt / 2 * A
    return torch.linalg.solve(left, left), torch.linalg.solve(left, dt * B)


@misconception(
    says="the rule for A transposed",
    hint="A stands to the left of h: A h, and not h A.",
)
def transposed(A, B, dt):
    left = torch.eye(len(A), dtype=A.dtype) - dt / 2 * A.mT
    return torch.linalg.solve(left, torch.eye(len(A), dtype=A.dtype) + dt / 2 * A.mT), torch.linalg.solve(left, dt * B)


@misconception(
    says="the right A_, with a B_ for an input at both ends of the step: (A_ + I) / 2 times it",
    hint="The input is x for the whole step: B_ solves the same equation with dt B on the right side.",
)
def input_at_both_ends(A, B, dt):
    eye = torch.eye(len(A))
    A_ = torch.linalg.solve(eye - dt / 2 * A, eye + dt / 2 * A)
    return A_, dt * (A_ + eye) @ (A_ @ B + B) / 4


@misconception(
    says="the rule with a quotient of entries in place of a solution",
    hint="A matrix has no division: solve with the left side, `torch.linalg.solve(left, right)`.",
)
def entries_divided(A, B, dt):
    eye = torch.eye(len(A))
    left = eye - dt / 2 * A
    return (eye + dt / 2 * A) / left, dt * B / left.diagonal()


EQUIVALENT = {"torch.eye(len(A), dtype=A.dtype) -> torch.eye(len(A))": "the inputs have the default dtype"}
