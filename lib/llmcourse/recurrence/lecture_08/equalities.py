"""What must be equal in lecture 08: forms of one row, and a row against another model that it is said to be.

Differences are the largest one, in units of the root mean square of what it is compared with.
"""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Generator, Tensor

from .. import engine, feature_maps, linear, zoo
from ..engine import Recurrence, chunkwise, parallel, recurrent

FORMS = {"recurrent": recurrent, "chunks": chunkwise, "all pairs": parallel}


def differ(a: Tensor, b: Tensor) -> float:
    return ((a - b).abs().max() / b.square().mean().sqrt()).item()


def everything(row: Callable[..., Recurrence], inputs: dict[str, Tensor], form: Callable) -> Tensor:
    """Output, state and all gradients of a row in one form, in one long vector."""
    leaves = {n: x.clone().requires_grad_() for n, x in inputs.items()}
    o, state = form(row(**leaves))
    gradients = torch.autograd.grad(o.square().mean().sqrt(), list(leaves.values()), allow_unused=True)
    return torch.cat([x.flatten() for x in (o, state.S, *gradients) if x is not None]).detach()


def of_linear_attention(L: int = 300) -> list[tuple[str, str, float, float, float]]:
    """Form, dtype, and how far output, state and gradients are from the float64 loop over tokens."""
    forms = {"recurrent": linear.recurrent, "all pairs": linear.parallel, "chunks": _in_chunks}
    want = _parts(linear.recurrent, torch.float64, L)
    return [
        (name, str(dtype).removeprefix("torch."), *(differ(a, b) for a, b in zip(_parts(form, dtype, L), want)))
        for dtype in (torch.float64, torch.float32)
        for name, form in forms.items()
    ]


def of_row(row: Callable[..., Recurrence]) -> tuple[float, float]:
    """How far the forms of a row are apart in float64, and how far chunks in float32 are from the loop in float64."""
    inputs = zoo.draw(row, (1, 2), 100, 16, 16, Generator().manual_seed(0))
    loop, chunks, pairs = (everything(row, inputs, form) for form in FORMS.values())
    rounded = everything(row, {n: x.float() for n, x in inputs.items()}, chunkwise).double()
    return max(differ(chunks, loop), differ(pairs, loop)), differ(rounded, loop)


def of_kernels(form: Callable, L: int = 40) -> list[tuple[str, float]]:
    """Row of the table, and how far the kernels are from the engine's chunks, in output, state and gradients: float32,
    16 channels, gates as drawn and shut or opened by a factor of 300."""
    found = []
    for name, gate in (("linear", 1), ("mamba2", 1), ("mamba2", 300), ("gla", 1), ("gla", 300)):
        row, g = zoo.ZOO[name], Generator().manual_seed(0)
        inputs = zoo.draw(row, (1,), L, 16, 16, g, torch.float32, gate)
        label = f"{name}, extreme gates" if gate > 1 else name
        found.append((label, differ(everything(row, inputs, form), everything(row, inputs, chunkwise))))
    return found


def of_gates(strength: float, textbook: Callable) -> tuple[float, float]:
    """Error in float32 of the textbook's chunk and of ours, 64 tokens, log decays as strong as `strength`."""
    g = Generator().manual_seed(0)
    q, k, v = torch.randn(3, 64, 16, generator=g, dtype=torch.float64)
    decay = -strength * torch.rand(64, 16, generator=g, dtype=torch.float64)
    exact = recurrent(Recurrence(q, k, v, gk=decay))[0]
    q, k, v, decay = (x.float() for x in (q, k, v, decay))
    ours = chunkwise(Recurrence(q, k, v, gk=decay))[0]
    return differ(textbook(q, k, v, decay).double(), exact), differ(ours.double(), exact)


def s4_is_a_convolution() -> float:
    """Its kernel is the sum over the state of C B e^(-l dt e^A)."""
    p = zoo.draw(zoo.s4, (), 50, 4, 3, Generator().manual_seed(1))
    lags = torch.arange(50, dtype=torch.float64)[:, None, None]
    kernel = (p["C"] * p["B"] * (-lags * p["dt"].mT * p["A"].exp()).exp()).sum(-1)  # (L, d_v)
    sums = [(kernel[: t + 1].flip(0) * p["v"][: t + 1]).sum(0) for t in range(50)]
    return differ(chunkwise(zoo.s4(**p))[0], torch.stack(sums) + p["D"] * p["v"])


def mamba_is_a_scan() -> float:
    """Channel by channel and state by state, as its paper writes it."""
    p = zoo.draw(zoo.mamba, (), 50, 4, 3, Generator().manual_seed(1))
    h, scanned = torch.zeros(3, 4, dtype=torch.float64), []
    for t in range(50):
        dt = p["dt"][t][:, None]
        h = h * (-dt * p["A"].exp()).exp() + dt * p["v"][t][:, None] * p["k"][t]
        scanned.append(h @ p["q"][t] + p["D"][0] * p["v"][t])
    return differ(chunkwise(zoo.mamba(**p))[0], torch.stack(scanned))


def mamba2_rank(d_k: int = 4) -> int:
    """Rank of a 32 x 32 block below the diagonal of Mamba-2's matrix of 64 x 64: it is semiseparable."""
    p = zoo.draw(zoo.mamba2, (), 64, d_k, 64, Generator().manual_seed(1))
    p["v"], p["A"] = torch.eye(64, dtype=torch.float64), torch.full((1, 1), -3.0, dtype=torch.float64)  # mild decays
    matrix = chunkwise(zoo.mamba2(**p))[0] / F.softplus(p["a"]).mT
    return int(torch.linalg.matrix_rank(matrix[32:, :32], rtol=1e-9))


def mlstm_with_large_gates() -> tuple[float, float, bool]:
    """The largest input gate's logarithm, the largest output, and whether all of it is finite, in float32."""
    p = zoo.draw(zoo.mlstm, (1, 2), 100, 8, 8, Generator().manual_seed(1), torch.float32)
    p["i"] = 120 * p["i"]
    o = chunkwise(zoo.mlstm(**p))[0]
    return p["i"].max().item(), o.abs().max().item(), bool(o.isfinite().all())


def _parts(form: Callable, dtype: torch.dtype, L: int) -> list[Tensor]:
    q, k, v = torch.randn(3, 2, 4, L, 16, generator=Generator().manual_seed(7), dtype=torch.float64).to(dtype)
    leaves = [x.detach().requires_grad_() for x in (feature_maps.elu_plus_one(q), feature_maps.elu_plus_one(k), v)]
    z, state = form(*leaves)
    (z * torch.cos(torch.arange(z.numel(), dtype=dtype)).view(z.shape)).sum().backward()
    return [z.detach(), state.S.detach(), torch.cat([x.grad for x in leaves])]


def _in_chunks(q: Tensor, k: Tensor, v: Tensor) -> tuple[Tensor, linear.State]:
    z, state = chunkwise(engine.normalised(q, k, v, eps=linear.EPS))
    return z, linear.State(state.S[..., :-1, :], state.S[..., -1, :])
