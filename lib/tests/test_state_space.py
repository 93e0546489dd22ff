"""State space models: compared with scipy and numpy, with published matrices, and with projection by quadrature."""

import math
from fractions import Fraction

import numpy as np
import pytest
import torch
from llmcourse import data
from llmcourse.recurrence import ZOO, engine
from llmcourse.state_space import S4D, HippoRNN, diagonal_kernel, experiments, hippo, memory, nplr_kernel, s4, system
from scipy import linalg, signal

float64 = torch.float64


def randn(*shape, seed=0, dtype=float64):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=dtype)


def stable(N, seed=0):
    """A system whose eigenvalues all have negative real parts."""
    A = randn(N, N, seed=seed)
    return A - (torch.linalg.eigvals(A).real.max() + 0.5) * torch.eye(N, dtype=float64), randn(N, seed=seed + 1)


# ------------------------------------------------------------------ system


@pytest.mark.parametrize(
    "name, other", [("Euler", "euler"), ("backward Euler", "backward_diff"), ("bilinear", "bilinear"),
                    ("zero-order hold", "zoh")]
)  # fmt: skip
def test_discretisation_is_scipys(name, other):
    A, B = stable(5)
    A_, B_, *_ = signal.cont2discrete((A.numpy(), B.numpy()[:, None], np.eye(5), np.zeros((5, 1))), 0.1, other)
    mine = system.METHODS[name](A, B, 0.1)
    torch.testing.assert_close(mine[0], torch.from_numpy(A_), rtol=1e-12, atol=1e-12)
    torch.testing.assert_close(mine[1], torch.from_numpy(B_)[:, 0], rtol=1e-12, atol=1e-12)


def test_zoh_holds_for_a_singular_system():
    """A^{-1} (e^{dt A} - 1) B does not exist for an integrator; the block exponential does."""
    A_, B_ = system.zoh(torch.zeros(2, 2, dtype=float64), torch.ones(2, dtype=float64), 0.25)
    assert torch.equal(A_, torch.eye(2, dtype=float64)) and torch.allclose(B_, torch.full((2,), 0.25, dtype=float64))


@pytest.mark.parametrize("name, order", [("Euler", 1), ("backward Euler", 1), ("bilinear", 2), ("zero-order hold", 1)])
def test_order_of_accuracy(name, order):
    """Halving the step divides the error at t = 1 by 2^order; the first order of zero-order hold is due to x."""
    A, B = stable(3)
    exact = _driven(A, B)

    def missed(steps):
        A_, B_ = system.METHODS[name](A, B, 1 / steps)
        t = torch.arange(steps, dtype=float64)
        x = torch.sin(3 * (t + (0.5 if name == "bilinear" else 0.0)) / steps)
        h = system.recurrent(A_, B_, B, x)[1]
        return (h - exact).norm()

    assert math.log2(missed(512) / missed(1024)) == pytest.approx(order, abs=0.05)


def _driven(A, B):
    """h(1) of h' = A h + B sin(3 t): sin and cos as two more states of an autonomous system, by scipy's expm."""
    N = len(A)
    whole = np.zeros((N + 2, N + 2))
    whole[:N, :N], whole[:N, N] = A, B
    whole[N, N + 1], whole[N + 1, N] = 3, -3
    start = np.zeros(N + 2)
    start[N + 1] = 1
    return torch.from_numpy(linalg.expm(whole) @ start)[:N]


@pytest.mark.parametrize("L", [0, 1, 2, 100])
def test_convolution_is_recurrence(L):
    A_, B_ = system.bilinear(*stable(6), 0.1)
    C, x = randn(6, seed=2), randn(2, 3, L, seed=3)
    o, h = system.recurrent(A_, B_, C, x, D=0.5)
    K = system.kernel(A_, B_, C, L)
    torch.testing.assert_close(system.convolve(K, x) + 0.5 * x, o, rtol=1e-12, atol=1e-12)
    if L > 2:
        first, middle = system.recurrent(A_, B_, C, x[..., : L // 3], D=0.5)
        second, end = system.recurrent(A_, B_, C, x[..., L // 3 :], 0.5, middle)
        torch.testing.assert_close(torch.cat([first, second], -1), o)
        torch.testing.assert_close(end, h)


def test_recurrence_is_scipys():
    A_, B_ = system.zoh(*stable(4), 0.1)
    C, x = randn(4, seed=2), randn(50, seed=3)
    b, a = signal.ss2tf((A_ - 0).numpy(), B_.numpy()[:, None], (C @ A_).numpy()[None], np.array([[(C @ B_).item()]]))
    # scipy's output reads the state before the step, ours after it: hence C A_, and C B_ as the direct term
    torch.testing.assert_close(
        system.recurrent(A_, B_, C, x)[0], torch.from_numpy(signal.lfilter(b[0], a, x.numpy())), rtol=1e-9, atol=1e-9
    )


def test_convolution_does_not_wrap_round():
    K, x = torch.ones(8, dtype=float64), torch.zeros(8, dtype=float64)
    x[-1] = 1.0
    assert system.convolve(K, x)[:-1].abs().max() < 1e-12


@pytest.mark.parametrize("dtype, tolerance", [(torch.float32, 1e-5), (torch.bfloat16, 2e-2)])
def test_convolution_in_lower_precision(dtype, tolerance):
    K, x = randn(3, 300), randn(2, 3, 300, seed=1)
    o = system.convolve(K.to(dtype), x.to(dtype))
    assert o.dtype == dtype
    exact = system.convolve(K, x)
    assert (o - exact).norm() / exact.norm() < tolerance


# ------------------------------------------------------------------ HiPPO


def test_legs_is_the_decks_example():
    r = [math.sqrt(2 * n + 1) for n in range(5)]
    expected = [[r[n] * r[k] if k < n else n + 1 if k == n else 0 for k in range(5)] for n in range(5)]
    torch.testing.assert_close(hippo.legs(5)[0], torch.tensor(expected, dtype=float64))


def test_legt_is_the_legendre_memory_unit():
    """Voelker et al. 2019, eq. 2, in their coordinates: c_n = (-1)^n m_n / sqrt(2n + 1) times (2n + 1)."""
    A, B = hippo.legt(7)
    i = np.arange(7)
    lmu_A = (2 * i[:, None] + 1) * np.where(i[:, None] < i, -1.0, (-1.0) ** (i[:, None] - i + 1))
    lmu_B = (2 * i + 1) * (-1.0) ** i
    T = torch.diag(torch.from_numpy((-1.0) ** i / np.sqrt(2 * i + 1)))
    torch.testing.assert_close(T @ torch.from_numpy(lmu_A) @ T.inverse(), -A)
    torch.testing.assert_close(T @ torch.from_numpy(lmu_B), B)


@pytest.mark.parametrize("N", [1, 2, 9])
def test_bases_are_numpys(N):
    s = torch.linspace(0, 1, 11, dtype=float64)
    P = np.polynomial.legendre.legvander(1 - 2 * s.numpy(), N - 1) * np.sqrt(2 * np.arange(N) + 1)
    torch.testing.assert_close(hippo.legendre_basis(N, s), torch.from_numpy(P))
    torch.testing.assert_close(hippo.laguerre_basis(N, 9 * s), torch.from_numpy(_laguerre(9 * s.numpy(), N)))


def _laguerre(s, N):
    return np.polynomial.laguerre.lagvander(s, N - 1)


def signal_of(t):
    return torch.sin(2 * math.pi * t / 700) + 0.5 * torch.cos(2 * math.pi * t / 310 + 1)


@pytest.mark.parametrize("measure, tolerance", [("LegS", 4e-3), ("LegT", 2e-3), ("LagT", 1e-3)])
def test_online_coefficients_are_a_projection(measure, tolerance):
    """Compared with the integrals themselves, computed by quadrature over the past."""
    L, theta, N = 4000, 1000, 33
    f = signal_of(torch.arange(L, dtype=float64))
    if measure == "LegS":
        s, weight, c = hippo.ages(L).flip(0), 1 / L, hippo.compress(f, N)
    else:
        s = (torch.arange(theta if measure == "LegT" else L, dtype=float64) + 0.5) / theta
        weight = (torch.exp(-s) if measure == "LagT" else torch.ones_like(s))[:, None] / theta
        c = hippo.compress_window(f, N, theta, measure)
    exact = (hippo.MEASURES[measure].basis(N, s) * weight * f.flip(0)[: len(s), None]).sum(0)
    assert (c - exact).norm() / exact.norm() < tolerance


def test_fourier_holds_a_periodic_window():
    """A signal whose period divides the window has no jump at its edge, so its coefficients are exact."""
    theta = 1000
    t = torch.arange(6 * theta, dtype=float64)
    f = 1 + torch.sin(2 * math.pi * 3 * t / theta) + torch.cos(2 * math.pi * 5 * t / theta)
    s = (torch.arange(theta, dtype=float64) + 0.5) / theta
    past = hippo.reconstruct(hippo.compress_window(f, 21, theta, "Fourier"), s, "Fourier")
    assert hippo.error(past, f.flip(0)[:theta]) < 0.02


def test_online_is_as_good_as_the_best_fit():
    """The memory itself loses nothing: what is missing is what no polynomial of that degree can represent."""
    f = data.sea_temperature()[::4]
    f = (f - f.mean()) / f.std()
    for N in (8, 32):
        online = hippo.error(hippo.reconstruct(hippo.compress(f, N), hippo.ages(len(f))), f)
        assert 0 <= online - hippo.error(hippo.best_fit(f, N), f) < 0.005


def test_timescale_does_not_matter_to_legs():
    """The same curve with half the samples gives the same coefficients, up to the error of the step."""
    f = signal_of(torch.arange(8000, dtype=float64) / 4)
    apart = [(a - b).norm() / b.norm() for a, b in [(hippo.compress(f[1::k], 16), hippo.compress(f, 16)) for k in (2,)]]
    assert max(apart) < 5e-3
    window = [hippo.compress_window(f[1::k], 16, 1000) for k in (1, 2)]
    assert (window[0] - window[1]).norm() / window[0].norm() > 0.2


def test_forward_euler_explodes_on_the_way_and_bilinear_does_not():
    f = signal_of(torch.arange(300, dtype=float64))
    heard = tuple(range(1, 301))
    euler = hippo.compress(f, 64, hippo.euler_update, keep=heard).abs().max()
    bilinear = hippo.compress(f, 64, keep=heard).abs().max()
    assert euler > 1e40 and bilinear < f.abs().max()
    assert not hippo.compress(f.float(), 64, hippo.euler_update).isfinite().all()


def test_eulers_explosion_ends_at_N_in_exact_arithmetic():
    """For c_n / sqrt(2n + 1) the matrix is one of integers. Mode m is wiped at sample m: all that is left at sample N
    of the first sample is its slowest mode, however large the others were on the way."""
    N = 24
    c, largest = [Fraction(0)] * N, 0
    for k in range(1, N + 1):
        f = Fraction(k == 1)
        below = [sum((2 * i + 1) * c[i] for i in range(n)) for n in range(N)]
        c = [c[n] + (f - (n + 1) * c[n] - below[n]) / k for n in range(N)]
        largest = max(largest, *map(abs, c))
    assert largest > 1e9
    assert c == [Fraction((-1) ** n, N) for n in range(N)]


def test_compress_takes_leading_dimensions():
    f = randn(2, 3, 40)
    kept = hippo.compress(f, 6, keep=(10, 40))
    assert kept.shape == (2, 3, 2, 6)
    torch.testing.assert_close(kept[1, 2, 0], hippo.compress(f[1, 2, :10], 6))
    torch.testing.assert_close(kept[:, :, 1], hippo.compress(f, 6))


# ------------------------------------------------------------------ S4


@pytest.mark.parametrize("N", [2, 16, 64])
def test_legs_is_normal_minus_low_rank(N):
    lam, P, V = s4.legs_normal_plus_low_rank(N)
    torch.testing.assert_close(V @ V.mH, torch.eye(N, dtype=V.dtype), rtol=0, atol=1e-12)
    rebuilt = V @ (torch.diag(lam) - torch.outer(P, P.conj())) @ V.mH
    torch.testing.assert_close(rebuilt.real, -hippo.legs(N)[0], rtol=0, atol=1e-11)
    assert rebuilt.imag.abs().max() < 1e-11 and (lam.real == -0.5).all()


@pytest.mark.parametrize("L", [1, 7, 256, 65536])
def test_nplr_kernel_is_powers(L):
    N, dt = 64, 1e-3
    A, B = hippo.legs(N)
    C = randn(N)
    lam, P, V = s4.legs_normal_plus_low_rank(N)
    K = nplr_kernel(lam, P, V.mH @ B.to(V.dtype), V.mT @ C.to(V.dtype), dt, L)
    exact = system.kernel(*system.bilinear(-A, B, dt), C, L)
    assert K.shape == (L,) and (K - exact).abs().max() / exact.abs().max() < 1e-9


@pytest.mark.parametrize("initial", s4.INITIAL)
def test_diagonal_kernel_is_zero_order_hold(initial):
    """Compared with dense real matrices, discretised by scipy: each conjugate pair is a 2 x 2 block."""
    torch.manual_seed(0)
    layer = S4D(1, 8, initial).double()
    lam = torch.complex(-layer.log_decay.exp(), layer.frequency)[0].detach()
    C, dt, L = torch.view_as_complex(layer.C)[0].detach(), layer.log_dt.exp().item(), 50
    A = torch.block_diag(*[torch.tensor([[z.real, -z.imag], [z.imag, z.real]]) for z in lam])
    B = torch.tensor([1.0, 0.0] * 4, dtype=float64)
    read = torch.stack([2 * C.real, -2 * C.imag], -1).flatten()
    A_, B_, *_ = signal.cont2discrete((A.numpy(), B.numpy()[:, None], np.eye(8), np.zeros((8, 1))), dt, "zoh")
    exact = system.kernel(torch.from_numpy(A_), torch.from_numpy(B_)[:, 0], read, L)
    torch.testing.assert_close(diagonal_kernel(*layer._discrete(), L)[0].detach(), exact, rtol=1e-9, atol=1e-9)


def test_diagonal_kernel_keeps_its_phase_over_64k():
    """With float32 parameters and a slow decay, the phase of the last sample is still right."""
    z = torch.tensor([[-1e-5 + 0.7j]], dtype=torch.complex128)
    C = torch.ones(1, 1, dtype=torch.complex64)
    K = diagonal_kernel(z, C, 65536)[0]
    exact = 2 * (z[0, 0] * torch.arange(65536, dtype=float64)).exp().real
    assert K.dtype == torch.float32 and (K - exact).abs().max() < 1e-5


@pytest.mark.parametrize("L", [1, 2, 30, 101])
def test_s4d_splits_and_carries(L):
    torch.manual_seed(0)
    layer = S4D(3, 8).double()
    x, state = randn(2, 5, L, 3), torch.view_as_complex(randn(2, 5, 3, 4, 2, seed=1))
    o, after = layer(x, state)
    assert o.shape == x.shape and after.shape == (2, 5, 3, 4)
    steps, carried = [], state
    for x_t in x.split(1, -2):
        o_t, carried = layer(x_t, carried)
        steps.append(o_t)
    torch.testing.assert_close(torch.cat(steps, -2), o)
    torch.testing.assert_close(carried, after)
    first, middle = layer(x[..., : L // 2 + 1, :], state)
    if L > 2:
        second, end = layer(x[..., L // 2 + 1 :, :], middle)
        torch.testing.assert_close(torch.cat([first, second], -2), o)
        torch.testing.assert_close(end, after)


def test_s4d_is_causal():
    torch.manual_seed(0)
    layer = S4D(2, 8).double()
    x = randn(20, 2)
    changed = x.clone()
    changed[12:] += 1
    assert (layer(x)[0] - layer(changed)[0])[:12].abs().max() < 1e-12


def test_s4d_has_right_gradients():
    torch.manual_seed(0)
    layer = S4D(2, 4).double()
    x = randn(5, 2).requires_grad_()
    names, values = zip(*layer.named_parameters())

    def run(x, *values):
        return torch.func.functional_call(layer, dict(zip(names, values)), (x,))[0]

    assert torch.autograd.gradcheck(run, (x, *values))


def test_s4_row_of_the_zoo_is_this_module():
    """The deck's table has S4 with real eigenvalues, so its kernel is a sum of decaying exponentials."""
    v, dt, A, B, C, D = (
        randn(40, 3),
        torch.full((1, 3), 0.1, dtype=float64),
        randn(3, 4),
        randn(3, 4),
        randn(3, 4),
        randn(1, 3),
    )
    o, _ = engine.recurrent(ZOO["s4"](v, dt, A, B, C, D))
    z = torch.complex(-dt.mT * A.exp(), torch.zeros_like(A))
    K = diagonal_kernel(z, torch.complex(B * C / 2, torch.zeros_like(A)), 40)
    torch.testing.assert_close(system.convolve(K, v.mT).mT + D * v, o)


def test_an_unknown_initialisation_is_named():
    with pytest.raises(ValueError, match=r"'legz'.*legs, inv, lin, uniform, narrow, random"):
        S4D(2, 8, "legz")


# ------------------------------------------------------------------ HiPPO in a network


def test_the_cell_remembers_its_own_past():
    """c is the LegS summary of f, equal to `compress` of what the cell wrote."""
    torch.manual_seed(0)
    net = HippoRNN(2, 8, 6, longest=40)
    h, (_, c, k) = net(randn(3, 30, 2, dtype=torch.float32))
    f = net.write(h)[..., 0]
    torch.testing.assert_close(c, hippo.compress(f.double(), 6).float(), rtol=1e-4, atol=1e-4)
    assert k == 30


def test_the_cell_splits_and_carries():
    torch.manual_seed(0)
    net = memory.HippoRNN(2, 8, 6, longest=40)
    x = randn(3, 30, 2, dtype=torch.float32)
    whole, state = net(x)
    first, middle = net(x[:, :11])
    second, end = net(x[:, 11:], middle)
    torch.testing.assert_close(torch.cat([first, second], 1), whole)
    torch.testing.assert_close(end[1], state[1])
    with pytest.raises(ValueError, match=r"40 steps, but 41 are needed. Create it with longest=41"):
        net(x[:, :11], state)


# ------------------------------------------------------------------ experiments


def test_slow_gates_forget_within_their_times():
    """Without weights, a unit is multiplied by 1 - 1 / T in each step, and T lies between 2 and the longest memory."""
    torch.manual_seed(0)
    core = experiments.slow_gates(100, 50)
    for name, weight in core.named_parameters():
        if name.startswith("weight"):
            torch.nn.init.zeros_(weight)
    core.bias_ih_l0.data[200:], core.bias_hh_l0.data[200:] = 0, 0  # the candidate is 0
    h = core(torch.zeros(1, 1, 1), torch.ones(1, 1, 100))[0].flatten()
    times = 1 / (1 - h)
    assert 2 <= times.min() < 4 and 46 < times.max() <= 50


def test_controls_change_one_thing_at_a_time():
    """`uniform` shares S4D-Lin's decay and range, `narrow` its decay and the frequencies of `random`."""
    lin, uniform, narrow = (s4.INITIAL[name](4000) for name in ("lin", "uniform", "narrow"))
    assert torch.equal(lin.real, uniform.real) and torch.equal(lin.real, narrow.real)
    assert uniform.imag.max() / lin.imag.max() == pytest.approx(1, abs=0.01) and uniform.imag.min() >= 0
    assert narrow.imag.square().mean() == pytest.approx(1, abs=0.1)
