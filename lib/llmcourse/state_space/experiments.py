"""The experiments of lecture 09.

low_pass, standardised  a real signal, as smooth as you like
read_back               how far back a state can be read, without training (on synthetic noise, which can be controlled)
waiting                 digits, pixel by pixel, followed by a wait: which network still knows the class?
"""

import math
from collections.abc import Callable, Iterator
from functools import partial

import torch
import torch.nn.functional as F
from torch import Generator, Tensor, nn

from llmcourse import data, models, records, runtime

from . import hippo, s4, system
from .memory import HippoRNN
from .s4 import S4D

# ------------------------------------------------------------------ signals


def standardised(f: Tensor) -> Tensor:
    """Mean 0 and standard deviation 1 along the last axis."""
    return (f - f.mean(-1, keepdim=True)) / f.std(-1, correction=0, keepdim=True)


def low_pass(f: Tensor, cycles: float, order: int = 3) -> Tensor:
    """f (L,) without the frequencies above `cycles` per record, and without a shift in time.

    The gain is that of a Butterworth filter run forwards and backwards, 1 / (1 + (frequency / cycles)^(2 order)). The
    signal is first extended at both ends by its reflection in the end point, so that there is no jump.
    """
    L = len(f)
    both = torch.cat([2 * f[0] - f.flip(0)[:-1], f, 2 * f[-1] - f.flip(0)[1:]])  # (3 L - 2,)
    frequency = torch.arange(len(both) // 2 + 1, dtype=f.dtype) * L / len(both)  # in cycles per record
    gain = 1 / (1 + (frequency / cycles) ** (2 * order))
    return torch.fft.irfft(torch.fft.rfft(both) * gain, len(both))[L - 1 : 2 * L - 1]


# ------------------------------------------------------------------ reading the past back

DELAYS = (10, 25, 50, 100, 150, 190, 200, 210, 250, 400)
WINDOW = 200


def smooth_noise(length: int, generator: Generator) -> Tensor:
    """Noise (length,) without periods of less than 20 steps, of mean 0 and standard deviation 1, in float64."""
    noise = torch.randn(length, generator=generator, dtype=torch.float64)
    return standardised(low_pass(noise, 0.05 * length, order=4))


def memories(N: int, generator: Generator) -> dict[str, tuple[Tensor, Tensor]]:
    """Discrete systems A_ (N, N), B_ (N,): designed to remember about WINDOW steps, or not designed to remember."""
    A, B = hippo.legt(N)
    gaussian = torch.randn(N, N, generator=generator, dtype=torch.float64)
    orthogonal, _ = torch.linalg.qr(torch.randn(N, N, generator=generator, dtype=torch.float64))
    noise = torch.randn(N, generator=generator, dtype=torch.float64) / math.sqrt(N)
    return {
        "LegT": system.bilinear(-A, B, 1 / WINDOW),
        "S4D-Lin": diagonal(s4.s4d_lin(N)),
        "random diagonal": diagonal(s4.random_eigenvalues(N, generator)),
        "random orthogonal": (0.995 * orthogonal, noise),
        "Gaussian, radius 0.99": (0.99 * gaussian / torch.linalg.eigvals(gaussian).abs().max(), noise),
    }


def diagonal(lam: Tensor) -> tuple[Tensor, Tensor]:
    """The discrete system of these eigenvalues, real, with a step at which a decay of 1/2 lasts about WINDOW steps."""
    return system.bilinear(*_blocks(lam), 2 / WINDOW)


def _blocks(lam: Tensor) -> tuple[Tensor, Tensor]:
    """Complex eigenvalues (n,) as real 2 x 2 blocks (2n, 2n), and an input (2n,) that drives the first of each pair."""
    A = torch.block_diag(*[torch.stack([z.real, -z.imag, z.imag, z.real]).view(2, 2) for z in lam])
    return A, torch.tensor([1.0, 0.0], dtype=A.dtype).repeat(len(lam))


def read_back(A_: Tensor, B_: Tensor, x: Tensor, delays: tuple[int, ...] = DELAYS) -> list[float]:
    """For each delay d, the share of the variance of x_{t-d} that no linear function of the state h_t explains.

    x is (2 T,): ridge regression is fitted on the first half and measured on the second. At 0 the state knows x_{t-d}
    exactly; at 1 it knows nothing.
    """
    h, states = torch.zeros_like(B_), []
    for x_t in x:
        h = A_ @ h + B_ * x_t
        states.append(h)
    states = torch.stack(states)
    states = states / (states[WINDOW:].std(0) + 1e-12)
    T, missing = len(x) // 2, []
    first = slice(max(delays), T)
    square = states[first].mT @ states[first]
    square = square + 1e-6 * square.trace() / len(B_) * torch.eye(len(B_), dtype=x.dtype)
    for d in delays:
        late = torch.roll(x, d)
        w = torch.linalg.solve(square, states[first].mT @ late[first])
        missing.append(((states[T:] @ w - late[T:]).square().mean() / late[T:].var()).item())
    return missing


# ------------------------------------------------------------------ digits, then a wait

WAIT = 136  # empty steps after the 64 pixels


class S4DNet(nn.Module):
    """Two residual blocks [norm, S4D, GELU, gated linear unit]; the last step is classified: (B, L, 1) to (B, 10)."""

    def __init__(self, initial: str, d: int = 32, N: int = 32, layers: int = 2):
        super().__init__()
        self.inputs, self.out = nn.Linear(1, d), nn.Linear(d, 10)
        self.norms = nn.ModuleList(nn.LayerNorm(d) for _ in range(layers))
        self.cores = nn.ModuleList(S4D(d, N, initial) for _ in range(layers))
        self.gates = nn.ModuleList(nn.Linear(d, 2 * d) for _ in range(layers))

    def forward(self, x: Tensor) -> Tensor:
        x = self.inputs(x)
        for norm, core, gate in zip(self.norms, self.cores, self.gates):
            x = x + F.glu(gate(F.gelu(core(norm(x))[0])), -1)
        return self.out(x[:, -1])


class LastStep(nn.Module):
    """A recurrent network of one layer, and a linear layer on its last hidden state: (B, L, 1) to (B, 10)."""

    def __init__(self, core: nn.Module, d: int):
        super().__init__()
        self.core, self.out = core, nn.Linear(d, 10)

    def forward(self, x: Tensor) -> Tensor:
        return self.out(self.core(x)[0][:, -1])


def slow_gates(d: int, longest: int) -> nn.GRU:
    """A GRU whose units start with memories of 2 to `longest` steps: "chrono initialisation" (Tallec, Ollivier 2018).

    A unit keeps the share z of itself in each step; with a bias of log(T - 1) that is 1 - 1 / T.
    """
    core = nn.GRU(1, d, batch_first=True)
    with torch.no_grad():
        core.bias_hh_l0[d : 2 * d] = 0.0
        core.bias_ih_l0[d : 2 * d] = torch.empty(d).uniform_(1, longest - 1).log()
    return core


NETWORKS: dict[str, Callable[[], nn.Module]] = {
    "S4D-Lin": partial(S4DNet, "lin"),
    "S4D-LegS": partial(S4DNet, "legs"),
    "S4D random": partial(S4DNet, "random"),
    "HiPPO RNN": lambda: LastStep(HippoRNN(1, 64, 32, longest=64 + WAIT), 64),
    "GRU": lambda: LastStep(nn.GRU(1, 48, batch_first=True), 48),
    "plain RNN": lambda: LastStep(nn.RNN(1, 64, batch_first=True), 64),
}
# What makes a start good? And were the baselines given what they need? Not in the record.
CONTROLS: dict[str, Callable[[], nn.Module]] = {
    "S4D uniform": partial(S4DNet, "uniform"),
    "S4D narrow": partial(S4DNet, "narrow"),
    "GRU, slow gates": lambda: LastStep(slow_gates(48, 64 + WAIT), 48),
}


def waiting(name: str, steps: int, seed: int, wait: int = WAIT, every: int = 100):
    """Train one network to name digits whose pixels came one by one and ended `wait` steps ago.

    Returns the network and its history, which has the accuracy on the test digits.
    """
    train, test = ((_pixels(images, wait), classes) for images, classes in data.digits())
    generator = runtime.seed(seed)
    network = (NETWORKS | CONTROLS)[name]().to(runtime.device())

    @torch.no_grad()
    def accuracy(network):
        guess = network(test[0].to(runtime.device())).argmax(-1).cpu()
        return (guess == test[1]).float().mean().item()

    history = models.train(
        network, _batches(*train, 32, generator), steps, lr=3e-3 if name.startswith("S4D") else 2e-3, warm_up=20,
        validate=accuracy, every=every, name=f"{name}, seed {seed}", groups=s4.parameter_groups(network),
        loss=lambda network, batch: F.cross_entropy(network(batch[0]), batch[1]),
    )  # fmt: skip
    return network, history


def _pixels(images: Tensor, wait: int) -> Tensor:
    """Images (n, 8, 8) as sequences (n, 64 + wait, 1) in [-1, 1], with zeros at the end."""
    return F.pad(images.flatten(1) / 8 - 1, (0, wait))[..., None]


def _batches(x: Tensor, y: Tensor, size: int, generator: Generator) -> Iterator[tuple[Tensor, Tensor]]:
    while True:
        chosen = torch.randint(0, len(x), (size,), generator=generator)
        yield x[chosen], y[chosen]


def _run(name: str, steps: int, seed: int, wait: int) -> dict:
    """One run, as it stands in a record."""
    network, history = waiting(name, steps, seed, wait)
    return {
        "network": name,
        "seed": seed,
        "wait": wait,
        "steps": steps,
        "parameters": sum(p.numel() for p in network.parameters()),
        "seconds": round(history.seconds, 1),
        "validation": [[step, round(value, 4)] for step, value in history.validation],
    }


@records.record("09")
def record(steps: int = 600, seeds: tuple[int, ...] = (0, 1, 2)) -> dict:
    """Every network with every seed, at equal numbers of steps, with and without the wait."""
    runs = [_run(name, steps, seed, wait) for wait in (WAIT, 0) for seed in seeds for name in NETWORKS]
    return {"waiting": {"pixels": 64, "wait": WAIT, "runs": runs}}
