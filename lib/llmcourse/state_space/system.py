"""A state space model: from a differential equation to a recurrence, and from there to a convolution.

    h'(t) = A h(t) + B x(t),   o(t) = C h(t) + D x(t)

    L       length        N  size of the state
    x, o    (..., L)      one channel: input and output
    h       (..., N)      state
    A       (N, N)        B, C (N,)       D  a number
    dt      a number      the step: sample t covers the time from (t - 1) dt to t dt

Discretised, with the bars written as A_, B_:   h_t = A_ h_{t-1} + B_ x_t,   o_t = C h_t + D x_t

Gu et al. 2022 (S4), sec. 2. The deck's integral has "B(t)" where it should have B x(t), with x held for a step.
"""

import torch
from torch import Tensor

from ..attention.ema import convolve as convolve  # the recurrence as a convolution: MEGA's average needs it too


def generalised_bilinear(A: Tensor, B: Tensor, dt: float, alpha: float) -> tuple[Tensor, Tensor]:
    """One step taken with the slope at its start (weight 1 - alpha) and at its end (weight alpha).

    h_t = h_{t-1} + dt ((1 - alpha) A h_{t-1} + alpha A h_t + B x_t), solved for h_t
    """
    identity = torch.eye(len(A), dtype=A.dtype, device=A.device)
    right = torch.cat([identity + dt * (1 - alpha) * A, dt * B[:, None]], dim=1)  # (N, N + 1)
    both = torch.linalg.solve(identity - dt * alpha * A, right)
    return both[:, :-1], both[:, -1]


def euler(A: Tensor, B: Tensor, dt: float) -> tuple[Tensor, Tensor]:
    """Forward Euler: the slope at the start. It solves no system of equations, but is unstable for a fast state."""
    return generalised_bilinear(A, B, dt, alpha=0.0)


def backward_euler(A: Tensor, B: Tensor, dt: float) -> tuple[Tensor, Tensor]:
    """The slope at the end: stable whenever the continuous system is."""
    return generalised_bilinear(A, B, dt, alpha=1.0)


def bilinear(A: Tensor, B: Tensor, dt: float) -> tuple[Tensor, Tensor]:
    """The mean of both slopes (Tustin's method, the trapezoidal rule): stable, and of second order."""
    return generalised_bilinear(A, B, dt, alpha=0.5)


def zoh(A: Tensor, B: Tensor, dt: float) -> tuple[Tensor, Tensor]:
    """Zero-order hold: exact when x is constant during a step. A_ = e^{dt A}, B_ = (integral of e^{A s} ds) B.

    Both are blocks of one exponential: that of the system with x as one more state, whose slope is zero.
    """
    N = len(A)
    block = torch.zeros(N + 1, N + 1, dtype=A.dtype, device=A.device)
    block[:N, :N], block[:N, N] = A, B
    both = torch.linalg.matrix_exp(dt * block)
    return both[:N, :N], both[:N, N]


METHODS = {"Euler": euler, "backward Euler": backward_euler, "bilinear": bilinear, "zero-order hold": zoh}


def recurrent(A_: Tensor, B_: Tensor, C: Tensor, x: Tensor, D: float = 0.0, state: Tensor | None = None):
    """The discrete system, sample by sample: O(L N^2) work. Returns o (..., L) and the state (..., N) at the end."""
    h = x.new_zeros(*x.shape[:-1], len(A_)) if state is None else state
    out = []
    for x_t in x.unbind(-1):
        h = h @ A_.mT + x_t[..., None] * B_  # (..., N)
        out.append(h @ C)
    return (torch.stack(out, -1) if out else torch.zeros_like(x)) + D * x, h


def kernel(A_: Tensor, B_: Tensor, C: Tensor, L: int) -> Tensor:
    """The impulse response K_l = C A_^l B_, one power of A_ after another: (L,). The definition; slow on purpose."""
    h, K = B_, []
    for _ in range(L):
        K.append(C @ h)
        h = A_ @ h
    return torch.stack(K) if K else B_.new_zeros(0)
