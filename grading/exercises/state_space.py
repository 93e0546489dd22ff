"""Lab 09, state space models: references, variants and misconceptions.

Every function here stands alone (torch and math apart), since sample submissions are made of their source.
"""

import math

import torch
from llmcourse.checks.state_space import _coefficients, _diagonal, _heard, _signal, _size, _system
from llmcourse.state_space import hippo, system
from llmcourse.state_space.s4 import diagonal_kernel

from . import Private

# ------------------------------------------------------------------ hippo-matrix


def legs_in_a_loop(N):
    A = torch.zeros(N, N)
    for n in range(N):
        A[n, n] = n + 1
        for k in range(n):
            A[n, k] = math.sqrt((2 * n + 1) * (2 * k + 1))
    return A, torch.tensor([math.sqrt(2 * n + 1) for n in range(N)])


def legs_by_where(N):
    n = torch.arange(N).double()
    both = ((2 * n[:, None] + 1) * (2 * n + 1)).sqrt()
    below = torch.where(n[:, None] > n, both, torch.zeros_like(both))
    return below + torch.diag(n + 1), (2 * n + 1) ** 0.5


def legs_diagonal_of_roots(N):
    """the matrix with 2n + 1 on the diagonal

    On the diagonal stands n + 1: half of what leaves there comes from squeezing the past, half from the mean.
    """
    n = torch.arange(N)
    r = (2.0 * n + 1) ** 0.5
    return torch.outer(r, r).tril(), r


def legs_diagonal_n(N):
    """the matrix with n on the diagonal

    On the diagonal stands n + 1, for n from 0: the first entry is 1.
    """
    n = torch.arange(N)
    r = (2.0 * n + 1) ** 0.5
    return torch.outer(r, r).tril(-1) + torch.diag(n + 0.0), r


def legs_upper(N):
    """the matrix with the roots above the diagonal

    A_nk is not zero for n > k: row n, column k, below the diagonal.
    """
    n = torch.arange(N)
    r = (2.0 * n + 1) ** 0.5
    return torch.outer(r, r).triu(1) + torch.diag(n + 1.0), r


def legs_full(N):
    """the matrix with the roots on both sides of the diagonal

    Above the diagonal it is zero: a coefficient does not depend on those of higher degree.
    """
    n = torch.arange(N)
    r = (2.0 * n + 1) ** 0.5
    A = torch.outer(r, r)
    return A - torch.diag(A.diagonal()) + torch.diag(n + 1.0), r


def legs_negative(N):
    """the matrix with the sign of h' = A h

    The deck writes c' = -A c / t: its A is positive. Leave the minus to the equation.
    """
    n = torch.arange(N)
    r = (2.0 * n + 1) ** 0.5
    return -torch.outer(r, r).tril(-1) - torch.diag(n + 1.0), r


def legs_without_roots(N):
    """the matrix without the square roots

    The basis is orthonormal: every polynomial comes with sqrt(2n + 1), so A_nk is sqrt((2n + 1)(2k + 1)).
    """
    n = torch.arange(N)
    r = 2.0 * n + 1
    return torch.outer(r, r).tril(-1) + torch.diag(n + 1.0), r


def legs_ones_for_B(N):
    """the right A, with ones for B

    B_n is what the n-th basis function is worth at the present: sqrt(2n + 1).
    """
    n = torch.arange(N)
    r = (2.0 * n + 1) ** 0.5
    return torch.outer(r, r).tril(-1) + torch.diag(n + 1.0), torch.ones(N)


# ------------------------------------------------------------------ bilinear-step


def bilinear_by_inverse(A, B, dt):
    left = torch.inverse(torch.eye(len(A), dtype=A.dtype) - A * dt / 2)
    return left @ (torch.eye(len(A), dtype=A.dtype) + A * dt / 2), dt * left @ B


def bilinear_beside_each_other(A, B, dt):
    N = A.shape[0]
    eye = torch.eye(N, dtype=A.dtype)
    both = torch.linalg.solve(2 * eye / dt - A, torch.cat((2 * eye / dt + A, 2 * B.reshape(N, 1)), dim=1))
    return both[:, :N], both[:, N]


def bilinear_forward_euler(A, B, dt):
    """forward Euler: the slope from the start of the step

    The bilinear rule takes the mean of both slopes: A h_new appears too, and has to be solved for.
    """
    return torch.eye(len(A), dtype=A.dtype) + dt * A, dt * B


def bilinear_backward_euler(A, B, dt):
    """backward Euler: the slope from the end of the step

    Half of the slope comes from the start: the right side is (I + dt/2 A), and on the left dt is halved.
    """
    left = torch.eye(len(A), dtype=A.dtype) - dt * A
    return torch.linalg.inv(left), torch.linalg.solve(left, dt * B)


def bilinear_without_halves(A, B, dt):
    """the rule with dt in place of dt / 2

    Each of the two slopes counts half.
    """
    eye = torch.eye(len(A), dtype=A.dtype)
    return torch.linalg.solve(eye - dt * A, eye + dt * A), torch.linalg.solve(eye - dt * A, dt * B)


def bilinear_signs_swapped(A, B, dt):
    """the rule with the signs swapped: it runs backwards in time

    What is solved for has the minus: (I - dt/2 A) h_new = (I + dt/2 A) h + dt B x.
    """
    eye = torch.eye(len(A), dtype=A.dtype)
    return torch.linalg.solve(eye + dt / 2 * A, eye - dt / 2 * A), torch.linalg.solve(eye + dt / 2 * A, dt * B)


def bilinear_B_not_solved(A, B, dt):
    """the right A_, with B_ = dt B

    The input is on the right side of the same equation: solve for it too.
    """
    eye = torch.eye(len(A), dtype=A.dtype)
    return torch.linalg.solve(eye - dt / 2 * A, eye + dt / 2 * A), dt * B


def bilinear_B_without_dt(A, B, dt):
    """the right A_, with a B_ that lacks the step dt

    In one step the input adds dt B x to the right side.
    """
    eye = torch.eye(len(A), dtype=A.dtype)
    return torch.linalg.solve(eye - dt / 2 * A, eye + dt / 2 * A), torch.linalg.solve(eye - dt / 2 * A, B)


def bilinear_half_of_B(A, B, dt):
    """the right A_, with half of B_

    The slopes of A count half each; the input stands still during the step and counts whole.
    """
    eye = torch.eye(len(A), dtype=A.dtype)
    return torch.linalg.solve(eye - dt / 2 * A, eye + dt / 2 * A), torch.linalg.solve(eye - dt / 2 * A, dt / 2 * B)


def bilinear_exponential(A, B, dt):
    """zero-order hold

    That is the next exercise. The bilinear rule needs no exponential.
    """
    N = len(A)
    block = torch.cat([torch.cat([A, B[:, None]], 1), torch.zeros(1, N + 1, dtype=A.dtype)])
    both = torch.linalg.matrix_exp(dt * block)
    return both[:N, :N], both[:N, N]


# ------------------------------------------------------------------ zero-order-hold


def hold_by_series(A, B, dt):
    term, total = torch.eye(len(A), dtype=A.dtype), torch.zeros_like(A)
    for k in range(1, 60):
        total = total + term / k
        term = term @ (dt * A) / k
    return torch.linalg.matrix_exp(dt * A), dt * total @ B


def hold_by_block_of_identities(A, B, dt):
    N = len(A)
    top = torch.cat([A, torch.eye(N, dtype=A.dtype)], dim=1)
    both = torch.linalg.matrix_exp(dt * torch.cat([top, torch.zeros_like(top)]))
    return both[:N, :N], both[:N, N:] @ B


def hold_by_inverse(A, B, dt):
    """the formula with the inverse of A, which does not exist for every A

    A state that never fades makes A singular. Put A and B into one matrix of size N + 1 and take its exponential.
    """
    A_ = torch.linalg.matrix_exp(dt * A)
    return A_, torch.linalg.inv(A) @ (A_ - torch.eye(len(A), dtype=A.dtype)) @ B


def hold_of_entries(A, B, dt):
    """the exponential of every entry in place of the matrix's

    `torch.exp` acts on entries. The solution of h' = A h needs `torch.linalg.matrix_exp`.
    """
    return torch.exp(dt * A), dt * B


def hold_with_dt_B(A, B, dt):
    """the right A_, with B_ = dt B

    That is Euler's. The first part of a held input has been turned, and has faded, when the last part arrives.
    """
    return torch.linalg.matrix_exp(dt * A), dt * B


def hold_B_turned(A, B, dt):
    """the right A_, with B_ = A_ B dt: as if the whole input had come at the start of the step

    It comes all the time: B_ is the integral of e^{A s} B over the step.
    """
    A_ = torch.linalg.matrix_exp(dt * A)
    return A_, dt * A_ @ B


def hold_without_dt_in_block(A, B, dt):
    """the right A_, with a B_ for a step of 1

    Multiply the whole block by dt, B too, before the exponential.
    """
    N = len(A)
    block = torch.cat([torch.cat([dt * A, B[:, None]], 1), torch.zeros(1, N + 1, dtype=A.dtype)])
    both = torch.linalg.matrix_exp(block)
    return both[:N, :N], both[:N, N]


def hold_one_in_corner(A, B, dt):
    """the block with a 1 in its corner: an input that grows during the step

    The slope of a held input is zero: the last row of the block is all zeros.
    """
    N = len(A)
    corner = torch.zeros(1, N + 1, dtype=A.dtype)
    corner[0, N] = 1.0
    both = torch.linalg.matrix_exp(dt * torch.cat([torch.cat([A, B[:, None]], 1), corner]))
    return both[:N, :N], both[:N, N]


def hold_bilinear(A, B, dt):
    """the bilinear step

    Zero-order hold is exact for an input that stands still; it needs the matrix exponential.
    """
    eye = torch.eye(len(A), dtype=A.dtype)
    return torch.linalg.solve(eye - dt / 2 * A, eye + dt / 2 * A), torch.linalg.solve(eye - dt / 2 * A, dt * B)


# ------------------------------------------------------------------ causal-convolution


def convolve_by_shifts(K, x):
    L = x.shape[-1]
    o = torch.zeros_like(x)
    for lag in range(L):
        o = o + torch.nn.functional.pad(K[lag] * x[..., : L - lag], (lag, 0))
    return o


def convolve_by_conv1d(K, x):
    L = x.shape[-1]
    padded = torch.nn.functional.pad(x.reshape(-1, 1, L), (L - 1, 0))
    return torch.nn.functional.conv1d(padded, K.flip(0)[None, None]).reshape(x.shape)


def convolve_just_long_enough(K, x):
    n = x.shape[-1] + K.shape[-1] - 1
    return torch.fft.ifft(torch.fft.fft(x, n) * torch.fft.fft(K, n)).real[..., : x.shape[-1]]


def convolve_circular(K, x):
    """the circular convolution: the end of the signal leaks into its beginning

    Give both transforms a length of 2 L, `torch.fft.rfft(x, 2 * L)`, and keep the first L samples.
    """
    return torch.fft.irfft(torch.fft.rfft(x) * torch.fft.rfft(K), x.shape[-1])


def convolve_padded_by_one(K, x):
    """a convolution that is padded by one sample only: the end still leaks into the beginning

    The full convolution has 2 L - 1 samples: pad to 2 L.
    """
    n = x.shape[-1] + 1
    return torch.fft.irfft(torch.fft.rfft(x, n) * torch.fft.rfft(K, n), n)[..., :-1]


def convolve_correlation(K, x):
    """the correlation: it looks into the future

    Multiply the transforms as they are; a conjugate one runs backwards in time.
    """
    L = x.shape[-1]
    return torch.fft.irfft(torch.fft.rfft(x, 2 * L) * torch.fft.rfft(K, 2 * L).conj(), 2 * L)[..., :L]


def convolve_reversed_kernel(K, x):
    """the convolution with the impulse response turned round

    K_0 is what a sample does at once: K stays as it is. (`conv1d` wants it turned round, an FFT does not.)
    """
    L = x.shape[-1]
    return torch.fft.irfft(torch.fft.rfft(x, 2 * L) * torch.fft.rfft(K.flip(-1), 2 * L), 2 * L)[..., :L]


def convolve_last_part(K, x):
    """the last L samples of the full convolution

    Output t depends on samples up to t: those are the first L of the full convolution.
    """
    L = x.shape[-1]
    return torch.fft.irfft(torch.fft.rfft(x, 2 * L) * torch.fft.rfft(K, 2 * L), 2 * L)[..., L - 1 : 2 * L - 1]


def convolve_one_late(K, x):
    """an output that is one sample late

    K_0 x_t belongs to output t.
    """
    L = x.shape[-1]
    o = torch.fft.irfft(torch.fft.rfft(x, 2 * L) * torch.fft.rfft(K, 2 * L), 2 * L)[..., :L]
    return torch.nn.functional.pad(o[..., :-1], (1, 0))


def convolve_as_a_matrix(K, x):
    """the right answer from an L × L matrix: its values are right, its memory is quadratic

    Go through the Fourier transform: nothing there is longer than 2 L.
    """
    L = x.shape[-1]
    lag = torch.arange(L)[:, None] - torch.arange(L)
    return x @ torch.where(lag >= 0, K[lag.clamp(min=0)], torch.zeros((), dtype=K.dtype)).mT


# ------------------------------------------------------------------ online-update


def hear_by_inverse(A, B, c, f_k, k):
    eye = torch.eye(len(A), dtype=A.dtype)
    left = torch.linalg.inv(eye + A / k / 2)
    return (c @ (eye - A / k / 2).T + f_k.unsqueeze(-1) * B / k) @ left.T


def hear_all_times_k(A, B, c, f_k, k):
    eye = torch.eye(A.shape[0], dtype=A.dtype)
    right = torch.einsum("nm,...m->...n", 2 * k * eye - A, c) + 2 * torch.einsum("...,n->...n", f_k, B)
    return torch.linalg.solve_triangular(2 * k * eye + A, right.unsqueeze(-1), upper=False).squeeze(-1)


def hear_euler(A, B, c, f_k, k):
    """the update on the slide: forward Euler

    It multiplies by 1 - A / k, which explodes on the way. Take the mean of both slopes, and solve.
    """
    return c + (f_k[..., None] * B - c @ A.mT) / k


def hear_backward_euler(A, B, c, f_k, k):
    """the update by backward Euler

    Half of the slope comes from the old coefficients: (I - A / 2k) c is on the right, I + A / 2k on the left.
    """
    left = torch.eye(len(A), dtype=A.dtype) + A / k
    return torch.linalg.solve(left, (c + f_k[..., None] * B / k)[..., None])[..., 0]


def hear_without_halves(A, B, c, f_k, k):
    """the update with A / k in place of A / 2k

    Each of the two slopes counts half.
    """
    left = torch.eye(len(A), dtype=A.dtype) + A / k
    return torch.linalg.solve(left, (c - c @ A.mT / k + f_k[..., None] * B / k)[..., None])[..., 0]


def hear_wrong_sign(A, B, c, f_k, k):
    """the update with +A: it grows where it should forget

    The equation is c' = (-A c + B f) / t: the deck's A comes with a minus.
    """
    left = torch.eye(len(A), dtype=A.dtype) - A / (2 * k)
    return torch.linalg.solve(left, (c + c @ A.mT / (2 * k) + f_k[..., None] * B / k)[..., None])[..., 0]


def hear_next_time(A, B, c, f_k, k):
    """the update at time k + 1

    Sample k stands at time k, and the first sample has k = 1: divide by k.
    """
    k = k + 1
    left = torch.eye(len(A), dtype=A.dtype) + A / (2 * k)
    return torch.linalg.solve(left, (c - c @ A.mT / (2 * k) + f_k[..., None] * B / k)[..., None])[..., 0]


def hear_at_full_weight(A, B, c, f_k, k):
    """the update that adds a sample at full weight, whatever came before

    B f is divided by the time too: the thousandth sample is a thousandth of the past.
    """
    left = torch.eye(len(A), dtype=A.dtype) + A / (2 * k)
    return torch.linalg.solve(left, (c - c @ A.mT / (2 * k) + f_k[..., None] * B)[..., None])[..., 0]


def hear_half_a_sample(A, B, c, f_k, k):
    """the update with the sample counted half

    The slopes of A count half each; the sample counts whole: B f / k.
    """
    left = torch.eye(len(A), dtype=A.dtype) + A / (2 * k)
    return torch.linalg.solve(left, (c - c @ A.mT / (2 * k) + f_k[..., None] * B / (2 * k))[..., None])[..., 0]


def hear_transposed(A, B, c, f_k, k):
    """the update with A transposed on the right side

    c is (..., N): A times c, for every leading dimension, is `c @ A.mT`.
    """
    left = torch.eye(len(A), dtype=A.dtype) + A / (2 * k)
    return torch.linalg.solve(left, (c - c @ A / (2 * k) + f_k[..., None] * B / k)[..., None])[..., 0]


# ------------------------------------------------------------------ reconstruct


def reconstruct_by_clenshaw(c, s):
    z, N = 1 - 2 * s, c.shape[-1]
    r = torch.tensor([(2 * n + 1) ** 0.5 for n in range(N)], dtype=c.dtype)
    b1 = b2 = torch.zeros(*c.shape[:-1], len(s), dtype=c.dtype)
    for n in range(N - 1, -1, -1):
        b1, b2 = (c * r)[..., n, None] + (2 * n + 1) / (n + 1) * z * b1 - (n + 1) / (n + 2) * b2, b1
    return b1


def reconstruct_term_by_term(c, s):
    z = 2 * (1 - s) - 1
    before, now = torch.zeros_like(z), torch.ones_like(z)
    total = 0.0
    for n in range(c.shape[-1]):
        total = total + (2 * n + 1) ** 0.5 * c[..., n : n + 1] * now
        before, now = now, ((2 * n + 1) * z * now - n * before) / (n + 1)
    return total


def reconstruct_backwards(c, s):
    """the past turned round: the present where the beginning should be

    s is an age: s = 0 is now, where every polynomial is 1. So z = 1 - 2 s.
    """
    z, P = 2 * s - 1, [torch.ones_like(s), 2 * s - 1]
    for n in range(1, c.shape[-1] - 1):
        P.append(((2 * n + 1) * z * P[n] - n * P[n - 1]) / (n + 1))
    r = torch.tensor([(2 * n + 1) ** 0.5 for n in range(c.shape[-1])], dtype=c.dtype)
    return (c * r) @ torch.stack(P[: c.shape[-1]])


def reconstruct_not_stretched(c, s):
    """the polynomials at 1 - s: only half of their interval

    P_n lives on [-1, 1]: age 1 is at z = -1, so z = 1 - 2 s.
    """
    z, P = 1 - s, [torch.ones_like(s), 1 - s]
    for n in range(1, c.shape[-1] - 1):
        P.append(((2 * n + 1) * z * P[n] - n * P[n - 1]) / (n + 1))
    r = torch.tensor([(2 * n + 1) ** 0.5 for n in range(c.shape[-1])], dtype=c.dtype)
    return (c * r) @ torch.stack(P[: c.shape[-1]])


def reconstruct_without_roots(c, s):
    """the sum without the factors sqrt(2n + 1)

    The basis is orthonormal: g_n = sqrt(2n + 1) P_n.
    """
    z, P = 1 - 2 * s, [torch.ones_like(s), 1 - 2 * s]
    for n in range(1, c.shape[-1] - 1):
        P.append(((2 * n + 1) * z * P[n] - n * P[n - 1]) / (n + 1))
    return c @ torch.stack(P[: c.shape[-1]])


def reconstruct_squared_roots(c, s):
    """the sum with 2n + 1 in place of its root

    The coefficients are those of an orthonormal basis: one root is in c already, one is in the basis.
    """
    z, P = 1 - 2 * s, [torch.ones_like(s), 1 - 2 * s]
    for n in range(1, c.shape[-1] - 1):
        P.append(((2 * n + 1) * z * P[n] - n * P[n - 1]) / (n + 1))
    r = torch.tensor([2.0 * n + 1 for n in range(c.shape[-1])], dtype=c.dtype)
    return (c * r) @ torch.stack(P[: c.shape[-1]])


def reconstruct_chebyshev(c, s):
    """the sum of Chebyshev polynomials

    Legendre's recurrence is (n + 1) P_{n+1} = (2n + 1) z P_n - n P_{n-1}.
    """
    z, P = 1 - 2 * s, [torch.ones_like(s), 1 - 2 * s]
    for n in range(1, c.shape[-1] - 1):
        P.append(2 * z * P[n] - P[n - 1])
    r = torch.tensor([(2 * n + 1) ** 0.5 for n in range(c.shape[-1])], dtype=c.dtype)
    return (c * r) @ torch.stack(P[: c.shape[-1]])


def reconstruct_powers(c, s):
    """the sum of plain powers of z

    c are coefficients of Legendre polynomials: z, z squared and so on are another basis.
    """
    z = 1 - 2 * s
    r = torch.tensor([(2 * n + 1) ** 0.5 for n in range(c.shape[-1])], dtype=c.dtype)
    return (c * r) @ torch.stack([z**n for n in range(c.shape[-1])])


# ------------------------------------------------------------------ s4d-kernel


def kernel_reference(log_dt, log_decay, frequency, C, L):
    lam = torch.complex(-log_decay.exp(), frequency)
    z = lam * log_dt.exp()[:, None]
    return diagonal_kernel(z, torch.view_as_complex(C) * torch.expm1(z) / lam, L)


def kernel_in_a_loop(log_dt, log_decay, frequency, C, L):
    lam = torch.complex(-log_decay.exp(), frequency)
    step = (lam * log_dt.exp()[:, None]).exp()
    h, K = (step - 1) / lam, []
    for _ in range(L):
        K.append(2 * (torch.view_as_complex(C.contiguous()) * h).sum(-1).real)
        h = h * step
    return torch.stack(K, -1)


def kernel_with_real_numbers(log_dt, log_decay, frequency, C, L):
    dt, a = log_dt.exp()[:, None], log_decay.exp()
    size = a**2 + frequency**2
    e, cos, sin = (-a * dt).exp(), (frequency * dt).cos(), (frequency * dt).sin()
    x, y = e * cos - 1, e * sin  # e^z - 1
    B_re, B_im = (-a * x + frequency * y) / size, (-a * y - frequency * x) / size  # divided by -a + i frequency
    re, im = C[..., 0] * B_re - C[..., 1] * B_im, C[..., 0] * B_im + C[..., 1] * B_re
    t = torch.arange(L, dtype=dt.dtype)
    wave = (frequency * dt)[..., None] * t
    return 2 * (((-a * dt)[..., None] * t).exp() * (re[..., None] * wave.cos() - im[..., None] * wave.sin())).sum(-2)


def kernel_half(log_dt, log_decay, frequency, C, L):
    """half of the kernel

    Only one of each conjugate pair is stored: the other adds the same real part. 2 Re.
    """
    lam = torch.complex(-log_decay.exp(), frequency)
    z = lam * log_dt.exp()[:, None]
    C = torch.view_as_complex(C) * (z.exp() - 1) / lam
    return (C[..., None] * (z[..., None] * torch.arange(L)).exp()).sum(-2).real


def kernel_imaginary(log_dt, log_decay, frequency, C, L):
    """the imaginary part of the kernel

    Of a number and its conjugate the imaginary parts cancel: what is left is twice the real part.
    """
    lam = torch.complex(-log_decay.exp(), frequency)
    z = lam * log_dt.exp()[:, None]
    C = torch.view_as_complex(C) * (z.exp() - 1) / lam
    return 2 * (C[..., None] * (z[..., None] * torch.arange(L)).exp()).sum(-2).imag


def kernel_without_B(log_dt, log_decay, frequency, C, L):
    """the kernel without B_: as if the input came in one blow

    Held for a step, an input of 1 leaves (e^z - 1) / lam in the state.
    """
    z = torch.complex(-log_decay.exp(), frequency) * log_dt.exp()[:, None]
    return 2 * (torch.view_as_complex(C)[..., None] * (z[..., None] * torch.arange(L)).exp()).sum(-2).real


def kernel_euler_B(log_dt, log_decay, frequency, C, L):
    """the kernel with B_ = dt: Euler's

    Zero-order hold has B_ = (e^z - 1) / lam, which is dt for a short step only.
    """
    dt = log_dt.exp()[:, None]
    z = torch.complex(-log_decay.exp(), frequency) * dt
    return 2 * ((dt * torch.view_as_complex(C))[..., None] * (z[..., None] * torch.arange(L)).exp()).sum(-2).real


def kernel_grows(log_dt, log_decay, frequency, C, L):
    """the kernel with a positive real part: it grows

    The decay enters with a minus: lam = -e^{log_decay} + i frequency.
    """
    lam = torch.complex(log_decay.exp(), frequency)
    z = lam * log_dt.exp()[:, None]
    C = torch.view_as_complex(C) * (z.exp() - 1) / lam
    return 2 * (C[..., None] * (z[..., None] * torch.arange(L)).exp()).sum(-2).real


def kernel_raw_decay(log_dt, log_decay, frequency, C, L):
    """the kernel with log_decay itself for the decay

    The parameter is a logarithm, so that the decay stays positive: take `log_decay.exp()`.
    """
    lam = torch.complex(log_decay, frequency)
    z = lam * log_dt.exp()[:, None]
    C = torch.view_as_complex(C) * (z.exp() - 1) / lam
    return 2 * (C[..., None] * (z[..., None] * torch.arange(L)).exp()).sum(-2).real


def kernel_starts_late(log_dt, log_decay, frequency, C, L):
    """the kernel that starts at l = 1

    K_0 is what a sample does at once: the powers start at e^0 = 1.
    """
    lam = torch.complex(-log_decay.exp(), frequency)
    z = lam * log_dt.exp()[:, None]
    C = torch.view_as_complex(C) * (z.exp() - 1) / lam
    return 2 * (C[..., None] * (z[..., None] * torch.arange(1, L + 1)).exp()).sum(-2).real


def kernel_conjugate(log_dt, log_decay, frequency, C, L):
    """the kernel with the conjugate of C

    C is read as it stands: `torch.view_as_complex(C)`, no conjugate.
    """
    lam = torch.complex(-log_decay.exp(), frequency)
    z = lam * log_dt.exp()[:, None]
    C = torch.view_as_complex(C).conj() * (z.exp() - 1) / lam
    return 2 * (C[..., None] * (z[..., None] * torch.arange(L)).exp()).sum(-2).real


DEFAULT = "the inputs have the default dtype"

PRIVATE = {
    "hippo-matrix": Private(
        reference=hippo.legs,
        variants=(legs_in_a_loop, legs_by_where),
        misconceptions=(
            legs_diagonal_of_roots,
            legs_diagonal_n,
            legs_upper,
            legs_full,
            legs_negative,
            legs_without_roots,
            legs_ones_for_B,
        ),
        hidden={"N = 2": _size(2), "N = 33": _size(33)},
        equivalent={"torch.arange(N, dtype=torch.float64) -> torch.arange(N)": "float32 is exact enough"},
    ),
    "bilinear-step": Private(
        reference=system.bilinear,
        variants=(bilinear_by_inverse, bilinear_beside_each_other),
        misconceptions=(
            bilinear_forward_euler,
            bilinear_backward_euler,
            bilinear_without_halves,
            bilinear_signs_swapped,
            bilinear_B_not_solved,
            bilinear_B_without_dt,
            bilinear_half_of_B,
            bilinear_exponential,
        ),
        hidden={"many states": _system(8, 0.3), "a very long step": _system(3, 4.0)},
        equivalent={"torch.eye(len(A), dtype=A.dtype) -> torch.eye(len(A))": DEFAULT},
    ),
    "zero-order-hold": Private(
        reference=system.zoh,
        variants=(hold_by_series, hold_by_block_of_identities),
        misconceptions=(
            hold_by_inverse,
            hold_of_entries,
            hold_with_dt_B,
            hold_B_turned,
            hold_without_dt_in_block,
            hold_one_in_corner,
            hold_bilinear,
        ),
        hidden={
            "many states": _system(6, 0.3),
            "a longer step, never fading": _system(4, 0.8, integrator=True),
            "another that never fades": _system(2, 0.4, integrator=True),
        },
        equivalent={"torch.zeros(1, N + 1, dtype=A.dtype) -> torch.zeros(1, N + 1)": DEFAULT},
    ),
    "causal-convolution": Private(
        reference=system.convolve,
        variants=(convolve_by_shifts, convolve_by_conv1d, convolve_just_long_enough),
        misconceptions=(
            convolve_circular,
            convolve_padded_by_one,
            convolve_correlation,
            convolve_reversed_kernel,
            convolve_last_part,
            convolve_one_late,
            convolve_as_a_matrix,
        ),
        hidden={
            "a longer signal": _signal(3, L=200),
            "an odd length": _signal(L=131),
            "two samples": _signal(2, L=2),
            "a batch of long signals": _signal(2, 2, L=96),
        },
    ),
    "online-update": Private(
        reference=hippo.bilinear_update,
        variants=(hear_by_inverse, hear_all_times_k),
        misconceptions=(
            hear_euler,
            hear_backward_euler,
            hear_without_halves,
            hear_wrong_sign,
            hear_next_time,
            hear_at_full_weight,
            hear_half_a_sample,
            hear_transposed,
        ),
        hidden={"many coefficients": _heard(N=16, T=12), "late": _heard(3, N=6, T=5, first=500)},
        equivalent={
            "torch.eye(len(A), dtype=A.dtype) -> torch.eye(len(A))": DEFAULT,
            "0 -> -1": "the last axis of the solution has one entry",
        },
    ),
    "reconstruct": Private(
        reference=hippo.reconstruct,
        variants=(reconstruct_by_clenshaw, reconstruct_term_by_term),
        misconceptions=(
            reconstruct_backwards,
            reconstruct_not_stretched,
            reconstruct_without_roots,
            reconstruct_squared_roots,
            reconstruct_chebyshev,
            reconstruct_powers,
        ),
        hidden={
            "many coefficients": _coefficients(N=24, M=40),
            "any leading dimensions": _coefficients(2, 3, N=3, M=4),
        },
        equivalent={"torch.arange(N, dtype=c.dtype) -> torch.arange(N)": "the square root makes it the default dtype"},
    ),
    "s4d-kernel": Private(
        reference=kernel_reference,
        variants=(kernel_in_a_loop, kernel_with_real_numbers),
        misconceptions=(
            kernel_half,
            kernel_imaginary,
            kernel_without_B,
            kernel_euler_B,
            kernel_grows,
            kernel_raw_decay,
            kernel_starts_late,
            kernel_conjugate,
        ),
        hidden={"a longer kernel": _diagonal(3, 4, 100), "many channels": _diagonal(8, 2, 20)},
    ),
}
