"""S4: a state space model with a long memory, whose kernel is computed without its state.

    L         length                   N   size of the state; it has n = N / 2 conjugate pairs
    x, o      (..., L, d)              d   channels, each with a state space model of its own
    lam       (d, n) complex           eigenvalues of the continuous A, with real parts below 0
    z         (d, n) complex128        dt lam: one step multiplies a state by e^z
    C         (d, n) complex           how the states are read; B is 1, since only C B matters
    K         (d, L)                   impulse response

LegS can't be diagonalised in floating point: the condition number of its eigenvectors is 1e11 at N = 16, and more than
float64 can measure from N = 32 on. There are two ways out, and both are here. LegS is a normal matrix minus one of rank
one, and the kernel of that difference needs no eigenvectors of LegS (`nplr_kernel`: S4). And the normal matrix alone,
which is diagonal in a unitary basis, remembers nearly as well (`S4D`).

Gu et al. 2022, "Efficiently modeling long sequences with structured state spaces" (S4), sec. 3 and appendix C; Gu et
al. 2022, "On the parameterization and initialization of diagonal state space models" (S4D), secs. 3 and 4.
"""

import math

import torch
from torch import Generator, Tensor, nn

from .hippo import legs
from .system import bilinear, convolve

# ------------------------------------------------------------------ where the eigenvalues start


def legs_normal_plus_low_rank(N: int) -> tuple[Tensor, Tensor, Tensor]:
    """-A of LegS = V (diag(lam) - P P^*) V^*: lam (N,), P (N,), V (N, N), all complex128 (S4, theorem 1).

    Adding p p^T, with p_n = sqrt(n + 1/2), to -A leaves -1/2 on the diagonal and a skew-symmetric remainder. The sum is
    normal, so its eigenvectors V are unitary, and `eigh` finds them.
    """
    A, B = legs(N)
    p = B / math.sqrt(2)  # sqrt((2n + 1) / 2)
    skew = -A + torch.outer(p, p) + torch.eye(N, dtype=A.dtype) / 2
    frequency, V = torch.linalg.eigh(-1j * skew)
    return -0.5 + 1j * frequency, V.mH @ p.to(V.dtype), V


def s4d_legs(N: int) -> Tensor:
    """The eigenvalues of LegS's normal part, one of each pair: (n,) complex128. The rank-one part is dropped."""
    lam = legs_normal_plus_low_rank(N)[0]
    return lam[lam.imag > 0]


def s4d_inv(N: int) -> Tensor:
    """-1/2 + i (N / pi) (N / (2n + 1) - 1): close to the eigenvalues of LegS (S4D, eq. 8)."""
    n = torch.arange(N // 2, dtype=torch.float64)
    return torch.complex(torch.full_like(n, -0.5), N / math.pi * (N / (2 * n + 1) - 1))


def s4d_lin(N: int) -> Tensor:
    """-1/2 + i pi n: decaying Fourier modes (S4D, eq. 9)."""
    n = torch.arange(N // 2, dtype=torch.float64)
    return torch.complex(torch.full_like(n, -0.5), math.pi * n)


def random_eigenvalues(N: int, generator: Generator | None = None) -> Tensor:
    """-e^normal + i normal: eigenvalues without an idea behind them, for HiPPO to be compared with."""
    re, im = torch.randn(2, N // 2, dtype=torch.float64, generator=generator)
    return torch.complex(-re.exp(), im)


def uniform_eigenvalues(N: int, generator: Generator | None = None) -> Tensor:
    """-1/2 + i uniform: frequencies without an order, but on S4D-Lin's range. Is it the range that matters?"""
    top = math.pi * (N // 2 - 1)
    im = top * torch.rand(N // 2, dtype=torch.float64, generator=generator)
    return torch.complex(torch.full_like(im, -0.5), im)


def narrow_eigenvalues(N: int, generator: Generator | None = None) -> Tensor:
    """-1/2 + i |normal|: HiPPO's decay with the slow frequencies of `random_eigenvalues`."""
    im = torch.randn(N // 2, dtype=torch.float64, generator=generator).abs()
    return torch.complex(torch.full_like(im, -0.5), im)


INITIAL = {
    "legs": s4d_legs,
    "inv": s4d_inv,
    "lin": s4d_lin,
    "uniform": uniform_eigenvalues,
    "narrow": narrow_eigenvalues,
    "random": random_eigenvalues,
}


# ------------------------------------------------------------------ kernels


def diagonal_kernel(z: Tensor, C: Tensor, L: int) -> Tensor:
    """K_l = 2 Re sum_n C_n e^{l z_n}: z and C (..., n) to (..., L), real.

    A Vandermonde product. With l = a m + b it is one matrix product of two tables with about sqrt(L) columns, so the
    (n, L) powers are never formed. Phases are computed in float64: in float32, l z is wrong by 3e-2 at l = 64k.
    """
    m = _split(L)
    fine, coarse = _powers(z, m), _powers(m * z, -(-L // m))  # (..., n, m), (..., n, L / m)
    K = (coarse.to(C.dtype) * C[..., None]).mT @ fine.to(C.dtype)  # (..., L / m, m)
    return 2 * K.real.flatten(-2)[..., :L]


def _split(L: int) -> int:
    return max(1, math.isqrt(L))


def _powers(z: Tensor, count: int) -> Tensor:
    """e^{l z} for l < count: (..., n, count)."""
    return (z[..., None] * torch.arange(count, dtype=torch.float64, device=z.device)).exp()


def nplr_kernel(lam: Tensor, P: Tensor, B: Tensor, C: Tensor, dt: float, L: int) -> Tensor:
    """The kernel of A = diag(lam) - P P^*, bilinear with step dt, without a power of A for every sample: (L,) float64.

    lam, P, B, C are (N,) complex128; o = C h without conjugation. K's generating function, the sum of K_l w^l, is a
    sum of 1 / (... - lam_n) at the roots of unity w, and the low rank costs one division (Woodbury). That sum runs over
    all l; replacing C by C (I - A_^L) ends it at L. Otherwise the kernel's tail would be folded into its beginning.
    """
    A_, _ = bilinear(torch.diag(lam) - torch.outer(P, P.conj()), B, dt)
    C = C - torch.linalg.matrix_power(A_, L).mT @ C
    w = torch.exp(-2j * math.pi * torch.arange(L // 2 + 1, dtype=torch.float64) / L)  # the other half is the conjugate
    far = 2 / dt * (1 - w)[:, None] - (1 + w)[:, None] * lam  # (L / 2 + 1, N)
    sums = (1 / far) @ torch.stack([C * B, C * P, P.conj() * B, P.conj() * P], dim=1)
    CB, CP, PB, PP = sums.unbind(1)
    return torch.fft.irfft(2 * (CB - (1 + w) * CP * PB / (1 + (1 + w) * PP)), L)


# ------------------------------------------------------------------ a layer

SLOW = ("log_dt", "log_decay", "frequency")  # the parameters of S4D that determine its memory


class S4D(nn.Module):
    """d diagonal state space models in parallel, discretised by zero-order hold: trained as a convolution, run as a
    recurrence. The layer mixes along the length only; mixing channels is left to what follows.

    N        size of the real state of each channel, stored as N / 2 complex numbers
    initial  where the eigenvalues start, a name in `INITIAL`
    dt       the channels' steps are drawn log-uniformly between these two: from long to short memory
    """

    def __init__(self, d: int, N: int = 64, initial: str = "lin", dt: tuple[float, float] = (1e-3, 1e-1)):
        super().__init__()
        if initial not in INITIAL:
            raise ValueError(f"There is no initialisation {initial!r}. Choose one of: {', '.join(INITIAL)}.")
        lam = torch.stack([INITIAL[initial](N) for _ in range(d)])  # (d, n)
        low, high = map(math.log, dt)
        self.log_dt = nn.Parameter(torch.rand(d) * (high - low) + low)
        self.log_decay = nn.Parameter((-lam.real).log().float())
        self.frequency = nn.Parameter(lam.imag.float())
        self.C = nn.Parameter(torch.randn(d, N // 2, 2) / math.sqrt(2))
        self.D = nn.Parameter(torch.ones(d))

    def forward(self, x: Tensor, state: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """x (..., L, d) after `state` (..., d, n) complex -> o (..., L, d), and the state after the last sample."""
        z, C = self._discrete()
        dtype, L = x.dtype, x.shape[-2]
        u = x.to(torch.promote_types(dtype, torch.float32)).mT  # (..., d, L)
        o = convolve(diagonal_kernel(z, C, L), u) if L > 1 else 2 * C.sum(-1, keepdim=True).real * u
        if state is not None:
            o = o + diagonal_kernel(z, C * z.exp().to(C.dtype) * state, L)
        return (o + self.D[:, None] * u).mT.to(dtype), self._remember(z, u, state)

    def _discrete(self) -> tuple[Tensor, Tensor]:
        """z = dt lam in complex128, and C times B_ = (e^z - 1) / lam: so the state is h_t = e^z h_{t-1} + x_t."""
        lam = torch.complex(-self.log_decay.double().exp(), self.frequency.double())
        z = lam * self.log_dt.double().exp()[:, None]
        C = torch.view_as_complex(self.C)
        return z, C * (torch.expm1(z) / lam).to(C.dtype)

    def _remember(self, z: Tensor, u: Tensor, state: Tensor | None) -> Tensor:
        """The state after u (..., d, L): the sum of e^{(L - 1 - l) z} u_l, split as in `diagonal_kernel`."""
        L = u.shape[-1]
        m = _split(L)
        rows = -(-L // m)
        u = torch.nn.functional.pad(u, (rows * m - L, 0)).unflatten(-1, (rows, m)).to(self._complex)
        within = u @ _powers(z, m).flip(-1).mT.to(u.dtype)  # (..., d, rows, n)
        h = (within * _powers(m * z, rows).flip(-1).mT.to(u.dtype)).sum(-2)  # (..., d, n)
        return h if state is None else h + (L * z).exp().to(h.dtype) * state

    @property
    def _complex(self) -> torch.dtype:
        return torch.complex128 if self.C.dtype == torch.float64 else torch.complex64


def parameter_groups(model: nn.Module, slow: float = 1e-3) -> list[dict]:
    """For the optimizer: the steps and eigenvalues of every S4D in `model` learn slowly, without weight decay (S4,
    app. D)."""
    named = [(name.rpartition(".")[2] in SLOW, p) for name, p in model.named_parameters()]
    return [
        {"params": [p for is_slow, p in named if not is_slow]},
        {"params": [p for is_slow, p in named if is_slow], "lr": slow, "weight_decay": 0.0},
    ]
