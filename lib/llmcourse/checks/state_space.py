"""Lab 09, state space models: the public half of its exercises.

A (N, N), B (N,)  a continuous system h' = A h + B x          A_, B_  the same, discretised with a step dt
K, x  (..., L)    impulse response and signal of one channel  c  (..., N)  LegS coefficients of a signal f
s     (M,)        ages, in units of all of the past: 0 now, 1 the beginning
"""

import torch

from .exercise import Exercise, Lab
from .probes import LONG, LargestTensor


def _size(N):
    return lambda generator: {"N": torch.tensor(N)}


def _probe_matrices(answer, inputs):
    A, B = answer(int(inputs["N"]))
    return {"A": A.double(), "B": B.double()}  # no input says which dtype is wanted


def _system(N, dt, integrator=False):
    """A stable system: something that turns, and something that fades. With `integrator`, one state never fades."""

    def make(generator):
        turn = torch.randn(N, N, generator=generator)
        fade = 0.2 + torch.rand(N, generator=generator)
        A = turn - turn.mT - torch.diag(fade)
        if integrator:
            A[0] = 0.0
        return {"A": A, "B": torch.randn(N, generator=generator), "dt": torch.tensor(dt)}

    return make


def _probe_step(answer, inputs):
    A_, B_ = answer(inputs["A"], inputs["B"], inputs["dt"])
    return {"A_": A_, "B_": B_}


def _signal(*lead, L):
    def make(generator):
        return {"K": torch.randn(L, generator=generator), "x": torch.randn(*lead, L, generator=generator)}

    return make


def _probe_convolve(answer, inputs):
    L = inputs["x"].shape[-1]
    with LargestTensor() as largest:
        o = answer(inputs["K"], inputs["x"])
    outputs = {"o": o}
    if L >= LONG:
        outputs["an L x L matrix is made"] = torch.tensor(largest.entries >= L * L)
    return outputs


def _heard(*lead, N, T, first=1):
    """T samples from number `first` on; before it, the coefficients of something (nothing, when first is 1).

    A is LegS's, less a tenth: I - A / 2k, which a wrong sign makes of it, would be singular, and then each machine
    answers something else.
    """

    def make(generator):
        n = torch.arange(N)
        r = (2.0 * n + 1) ** 0.5
        A = 0.9 * (torch.outer(r, r).tril(-1) + torch.diag(n + 1.0))
        c = torch.randn(*lead, N, generator=generator) / r * (first > 1)
        return {"A": A, "B": r, "c": c, "f": torch.randn(*lead, T, generator=generator), "first": torch.tensor(first)}

    return make


def _probe_update(answer, inputs):
    c = inputs["c"]
    for k, f_k in enumerate(inputs["f"].unbind(-1), start=int(inputs["first"])):
        c = answer(inputs["A"], inputs["B"], c, f_k, k)
    return {"c": c}


def _coefficients(*lead, N, M):
    def make(generator):
        return {"c": torch.randn(*lead, N, generator=generator), "s": torch.rand(M, generator=generator)}

    return make


def _probe_reconstruct(answer, inputs):
    return {"f": answer(inputs["c"], inputs["s"])}


def _diagonal(d, n, L):
    def make(generator):
        draw = lambda *shape: torch.randn(*shape, generator=generator)
        frequency = 3 * torch.rand(d, n, generator=generator) + 3 * torch.arange(n)
        return {"log_dt": -2 + 0.5 * draw(d), "log_decay": -0.5 + 0.3 * draw(d, n), "frequency": frequency,
                "C": draw(d, n, 2), "L": torch.tensor(L)}  # fmt: skip

    return make


def _probe_kernel(answer, inputs):
    names = ("log_dt", "log_decay", "frequency", "C")
    return {"K": answer(*(inputs[name] for name in names), int(inputs["L"]))}


LAB = Lab(
    slug="09_state_space",
    title="State space models",
    open_task=6,
    deny=("scipy",),  # its signal module discretises
    exercises=(
        Exercise(
            name="hippo-matrix",
            title="The matrix of LegS",
            answer="legs",
            parameters=("N",),
            points=2,
            difficulty=1,
            minutes=8,
            cases={"N = 5, as on the slide": _size(5), "a single coefficient": _size(1), "N = 8": _size(8)},
            probe=_probe_matrices,
            hints=(
                "All entries are made of r_n = sqrt(2n + 1), for n from 0 to N - 1.",
                "Below the diagonal stands r_n r_k: `torch.outer(r, r).tril(-1)`.",
                "On the diagonal stands n + 1, not 2n + 1: add `torch.diag(n + 1.0)`. And B is r.",
            ),
        ),
        Exercise(
            name="bilinear-step",
            title="A step by the bilinear rule",
            answer="bilinear",
            parameters=("A", "B", "dt"),
            points=3,
            difficulty=2,
            minutes=10,
            cases={
                "a short step": _system(3, 0.05),
                "a long step": _system(4, 1.0),
                "one state": _system(1, 0.5),
            },
            probe=_probe_step,
            gradients=("A", "B", "dt"),
            hints=(
                "Write `h_new = h + dt (A h + A h_new) / 2 + dt B x` and bring everything with h_new to the left.",
                "On the left stands `(I - dt / 2 A) h_new`; on the right `(I + dt / 2 A) h + dt B x`.",
                "Both A_ and B_ are solutions with the same left side: `torch.linalg.solve(left, right)`. B is a "
                "vector: solve for `B[:, None]`, or put both right sides beside each other.",
            ),
        ),
        Exercise(
            name="zero-order-hold",
            title="A step by zero-order hold",
            answer="zero_order_hold",
            parameters=("A", "B", "dt"),
            points=3,
            difficulty=3,
            minutes=12,
            cases={
                "a short step": _system(3, 0.05),
                "a long step": _system(4, 1.0),
                "one state never fades: A has no inverse": _system(3, 0.5, integrator=True),
            },
            probe=_probe_step,
            gradients=("A", "B", "dt"),
            hints=(
                "A_ is the exponential of a matrix, `torch.linalg.matrix_exp(dt * A)`: not of its entries.",
                "B_ = A^{-1} (e^{dt A} - I) B is right, but A need not have an inverse.",
                "Take x for one more state, whose slope is zero: the system [[A, B], [0, 0]] of size N + 1 needs no "
                "input at all.",
                "Of `torch.linalg.matrix_exp(dt * block)` the first N rows are [A_, B_].",
            ),
        ),
        Exercise(
            name="causal-convolution",
            title="The recurrence as a convolution",
            answer="convolve",
            parameters=("K", "x"),
            points=3,
            difficulty=2,
            minutes=10,
            cases={
                "a short signal": _signal(L=5),
                "an even length": _signal(L=8),
                "one sample": _signal(L=1),
                "any leading dimensions": _signal(2, 2, L=6),
                "a long signal, without an L x L matrix": _signal(L=64),
            },
            probe=_probe_convolve,
            gradients=("K", "x"),
            hints=(
                "Multiply the Fourier transforms: `torch.fft.rfft`, `torch.fft.irfft`.",
                "A product of transforms is a circular convolution: what runs over the end comes back in front.",
                "Give both a length of 2 L: `torch.fft.rfft(x, 2 * L)`. The first L samples of the result are yours.",
            ),
        ),
        Exercise(
            name="online-update",
            title="Hear one more sample",
            answer="hear",
            parameters=("A", "B", "c", "f_k", "k"),
            points=4,
            difficulty=3,
            minutes=15,
            cases={
                "the first sample": _heard(N=4, T=1),
                "the tenth sample": _heard(N=4, T=1, first=10),
                "eight samples from the beginning": _heard(N=5, T=8),
                "two signals at once": _heard(2, N=3, T=3),
            },
            probe=_probe_update,
            gradients=("c", "f"),
            hints=(
                "Sample k stands at time k, and the step is 1: this is the bilinear rule for c' = (-A c + B f) / k.",
                "Left of the new c stands `I + A / (2k)`; right of it `(I - A / (2k)) c + B f_k / k`.",
                "c is (..., N): multiply from the right, `c @ A.mT`, so that leading dimensions work.",
                "`torch.linalg.solve(left, right[..., None])[..., 0]`; `right` has `f_k[..., None] * B / k` in it.",
            ),
        ),
        Exercise(
            name="reconstruct",
            title="Draw the past again",
            answer="reconstruct",
            parameters=("c", "s"),
            points=3,
            difficulty=2,
            minutes=10,
            cases={
                "two coefficients: a line": _coefficients(N=2, M=5),
                "five coefficients": _coefficients(N=5, M=7),
                "one coefficient: the mean": _coefficients(N=1, M=3),
                "two signals at once": _coefficients(2, N=4, M=6),
            },
            probe=_probe_reconstruct,
            gradients=("c",),
            hints=(
                "The past is the sum of c_n sqrt(2n + 1) P_n(z). What is z at age 0, and what at age 1?",
                "The present is at z = 1 and the beginning at z = -1: `z = 1 - 2 * s`.",
                "P_0 = 1, P_1 = z, and (n + 1) P_{n+1} = (2n + 1) z P_n - n P_{n-1}. Put a list of them together with "
                "`torch.stack`.",
                "With P of shape (M, N): `(c * r) @ P.mT`, r_n = sqrt(2n + 1).",
            ),
        ),
        Exercise(
            name="s4d-kernel",
            title="The kernel of S4D",
            answer="s4d_kernel",
            parameters=("log_dt", "log_decay", "frequency", "C", "L"),
            points=4,
            difficulty=3,
            minutes=15,
            cases={
                "one state": _diagonal(1, 1, 6),
                "three states": _diagonal(1, 3, 8),
                "two channels": _diagonal(2, 3, 8),
                "one sample": _diagonal(2, 2, 1),
            },
            probe=_probe_kernel,
            gradients=("log_dt", "log_decay", "frequency", "C"),
            hints=(
                "First the eigenvalues: `lam = torch.complex(-log_decay.exp(), frequency)`; dt is "
                "`log_dt.exp()[:, None]`.",
                "z = dt lam; a step multiplies a state by e^z; B_ of zero-order hold, for B = 1, is (e^z - 1) / lam.",
                "K_l = 2 Re sum_n C_n B_n e^{l z_n}: the 2 Re stands for the conjugate half that is not stored.",
                "`powers = (z[..., None] * torch.arange(L)).exp()` is (d, n, L); sum over n, then `2 * K.real`.",
            ),
        ),
    ),
)
