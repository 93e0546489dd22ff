"""HiPPO: the coefficients of the best polynomial for the signal so far, updated sample by sample.

    f(t)      the signal                   c  (..., N)  its current coefficients
    A, B      (N, N), (N,)                 s            age: how long ago, in units of the window
    basis     s -> (..., N)                f(t - s) is close to the sum of c_n basis_n(s)

    LegS      c' = (-A c + B f) / t        all of the past, scaled to [0, 1]: s = 0 is now, s = 1 is the beginning
    LegT      c' = (-A c + B f) / theta    a window of length theta, in Legendre polynomials
    LagT      c' = (-A c + B f) / theta    all of the past, weighted by e^{-s}, in Laguerre polynomials
    Fourier   c' = (-A c + B f) / theta    a window of length theta, in sines and cosines

The sign is the deck's: A is positive. The deck's slide gives no B; for LegS, B_n = sqrt(2n + 1).

Gu et al. 2020 (HiPPO), secs. 2.2-2.4 and appendix D; Gu et al. 2023, "How to train your HiPPO", for the Fourier basis.
"""

import math
from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from .system import bilinear

# ------------------------------------------------------------------ matrices: from a basis to an equation for c


def legs(N: int) -> tuple[Tensor, Tensor]:
    """Scaled Legendre. A_nk = sqrt((2n + 1)(2k + 1)) below the diagonal, n + 1 on it; B_n = sqrt(2n + 1)."""
    n = torch.arange(N, dtype=torch.float64)
    r = (2 * n + 1).sqrt()
    return torch.outer(r, r).tril(-1) + torch.diag(n + 1), r


def legt(N: int) -> tuple[Tensor, Tensor]:
    """Translated Legendre. Like LegS, but what leaves the window is subtracted: A_nk = r_n r_k (-1)^(n-k) above the
    diagonal. The value that leaves is itself read from c, so this is exact for polynomials of degree below N."""
    n = torch.arange(N, dtype=torch.float64)
    r = (2 * n + 1).sqrt()
    sign = torch.where(n[:, None] >= n, 1.0, (-1.0) ** (n[:, None] - n))
    return torch.outer(r, r) * sign, r


def lagt(N: int) -> tuple[Tensor, Tensor]:
    """Translated Laguerre: ones on and below the diagonal. The weight e^{-s} decays; there is no window to leave."""
    return torch.ones(N, N, dtype=torch.float64).tril(), torch.ones(N, dtype=torch.float64)


def fourier(N: int) -> tuple[Tensor, Tensor]:
    """Fourier on a window: pairs of states rotate at 2 pi m, and a rank-one term removes what leaves the window."""
    edge = fourier_basis(N, torch.zeros((), dtype=torch.float64))  # the basis at age 0, and also at age 1
    turn = torch.zeros(N, N, dtype=torch.float64)
    for n in range(1, N - 1, 2):  # cos, sin
        turn[n, n + 1], turn[n + 1, n] = 2 * math.pi * (n + 1) / 2, -2 * math.pi * (n + 1) / 2
    return 2 * torch.outer(edge, edge) + turn, 2 * edge


# ------------------------------------------------------------------ bases: from coefficients to the past


def legendre_basis(N: int, s: Tensor) -> Tensor:
    """sqrt(2n + 1) P_n(1 - 2s) at ages s in [0, 1], by the three-term recurrence: (..., N), orthonormal on [0, 1]."""
    z = 1 - 2 * s
    P = [torch.ones_like(z), z]
    for n in range(1, N - 1):
        P.append(((2 * n + 1) * z * P[n] - n * P[n - 1]) / (n + 1))
    return torch.stack(P[:N], -1) * (2 * torch.arange(N, dtype=s.dtype) + 1).sqrt()


def laguerre_basis(N: int, s: Tensor) -> Tensor:
    """L_n(s) at ages s >= 0: (..., N), orthonormal with weight e^{-s}."""
    P = [torch.ones_like(s), 1 - s]
    for n in range(1, N - 1):
        P.append(((2 * n + 1 - s) * P[n] - n * P[n - 1]) / (n + 1))
    return torch.stack(P[:N], -1)


def fourier_basis(N: int, s: Tensor) -> Tensor:
    """1, then sqrt(2) cos and sqrt(2) sin of 2 pi m s: (..., N), orthonormal on [0, 1]. N is odd."""
    angle = 2 * math.pi * s[..., None] * torch.arange(1, N // 2 + 1, dtype=s.dtype)
    pairs = math.sqrt(2) * torch.stack([angle.cos(), angle.sin()], -1).flatten(-2)
    return torch.cat([torch.ones_like(s)[..., None], pairs], -1)[..., :N]


class Measure(NamedTuple):
    """Which part of the past counts. `scaled`: all of it, scaled to length 1, so that the equation contains the time t
    and not a constant."""

    matrices: Callable[[int], tuple[Tensor, Tensor]]
    basis: Callable[[int, Tensor], Tensor]
    scaled: bool = False


MEASURES = {
    "LegS": Measure(legs, legendre_basis, scaled=True),
    "LegT": Measure(legt, legendre_basis),
    "LagT": Measure(lagt, laguerre_basis),
    "Fourier": Measure(fourier, fourier_basis),
}


# ------------------------------------------------------------------ online


def euler_update(A: Tensor, B: Tensor, c: Tensor, f: Tensor, k: int) -> Tensor:
    """The deck's update, c <- (1 - A / k) c + B f / k: forward Euler with step 1 at time k.

    Before k reaches N it multiplies by as much as (1 - N / k): at N = 64 the coefficients pass through 1e45 in float64
    and become nan in float32.
    """
    return c + (f[..., None] * B - c @ A.mT) / k


def bilinear_update(A: Tensor, B: Tensor, c: Tensor, f: Tensor, k: int) -> Tensor:
    """The same step by the bilinear rule: (I + A / 2k) c_new = (I - A / 2k) c + B f / k. A is lower triangular.

    The formula contains only the ratio of the step to the time, which is 1 / k whatever the step is. So the same curve,
    sampled twice as fast, ends with the same coefficients.
    """
    left = torch.eye(len(A), dtype=A.dtype, device=A.device) + A / (2 * k)
    right = c - c @ A.mT / (2 * k) + f[..., None] * B / k
    return torch.linalg.solve_triangular(left, right.unsqueeze(-1), upper=False).squeeze(-1)


def compress(f: Tensor, N: int, update=bilinear_update, keep: tuple[int, ...] = ()) -> Tensor:
    """Read f (..., L) once, sample by sample, and remember N numbers: the LegS coefficients (..., N) at the end.

    keep  numbers of samples read; if given, the result is (..., len(keep), N), the coefficients after each of them
    """
    A, B = (z.to(f) for z in legs(N))
    c, kept = f.new_zeros(*f.shape[:-1], N), {}
    for k, f_k in enumerate(f.unbind(-1), start=1):
        c = update(A, B, c, f_k, k)
        if k in keep:
            kept[k] = c
    return torch.stack([kept[k] for k in keep], -2) if keep else c


def compress_window(f: Tensor, N: int, theta: float, measure: str = "LegT") -> Tensor:
    """The same with a window of theta samples, for every measure except LegS: (..., N)."""
    A, B = (z.to(f) for z in MEASURES[measure].matrices(N))
    A_, B_ = bilinear(-A, B, 1 / theta)
    c = f.new_zeros(*f.shape[:-1], N)
    for f_k in f.unbind(-1):
        c = c @ A_.mT + f_k[..., None] * B_
    return c


def reconstruct(c: Tensor, s: Tensor, measure: str = "LegS") -> Tensor:
    """The past that the coefficients c (..., N) represent, at ages s (M,): (..., M)."""
    return c @ MEASURES[measure].basis(c.shape[-1], s.to(c)).mT


def ages(L: int) -> Tensor:
    """The ages of L samples, oldest first, as shares of the whole past: sample k represents [k - 1, k] / L."""
    return 1 - (torch.arange(L, dtype=torch.float64) + 0.5) / L


def best_fit(f: Tensor, N: int) -> Tensor:
    """The best that N Legendre polynomials can do: least squares on all samples of f (L,) at once. (L,)"""
    basis = legendre_basis(N, ages(f.shape[-1])).to(f)
    return basis @ torch.linalg.lstsq(basis, f[:, None]).solution[:, 0]


def error(approximation: Tensor, f: Tensor) -> float:
    """Root mean square of the difference, as a share of the standard deviation of f."""
    return ((approximation - f).square().mean().sqrt() / f.std(correction=0)).item()
