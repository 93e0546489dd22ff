"""A row of the table as a mixer for `models.GPT`: projections in front of it, state in and out.

x     (B, L, d)          q, k, v, a_k, a_v  (B, H, L, d / H)
                         a, b, i, f         (B, H, L, 1)
"""

import inspect
import math
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from . import engine, zoo
from .feature_maps import elu_plus_one
from .linear import EPS

LOW_RANK = 16  # for a gate with a value per channel (Yang et al. 2024, GLA, sec. 4.4)
FORGET = 3.0  # bias of the gates that keep: they start at sigmoid(3) = 0.95


class Mixer(nn.Module):
    """Causal mixer whose heads each run one recurrence.

    row  a function of `zoo`, or your own with arguments named as there; each argument gets its own projection of x,
         but for those that do not depend on the input: bonus, A, B, C, D, and S4's dt

    The heads' outputs are normalised, unless the row does so: they would grow with the length (Sun et al. 2023).
    """

    def __init__(self, d: int, row: Callable[..., engine.Recurrence], heads: int = 4):
        super().__init__()
        self.row, self.heads = row, heads
        names = [n for n in inspect.signature(row).parameters if n != "state"]
        self.stateful = len(names) < len(inspect.signature(row).parameters)
        constant = {"bonus", "A", "B", "C", "D"} | ({"dt"} if "q" not in names else set())
        start = -FORGET if row in zoo.FADING else FORGET
        self.project = nn.ModuleDict({n: _projection(n, d, heads, start) for n in names if n not in constant})
        self.own = nn.ParameterDict({n: _parameter(n, heads, d // heads, "a" in names) for n in names if n in constant})
        self.out = nn.Linear(d, d, bias=False)

    def recurrence(self, x: Tensor, state: engine.State | None = None) -> engine.Recurrence:
        """What the row makes of x (B, L, d)."""
        inputs = {n: f(x).unflatten(-1, (self.heads, -1)).transpose(1, 2) for n, f in self.project.items()}
        inputs |= {n: p.exp() if n == "dt" else p for n, p in self.own.items()}
        return self.row(**inputs, **({"state": state} if self.stateful else {}))

    def forward(self, x: Tensor, state: engine.State | None = None) -> tuple[Tensor, engine.State]:
        """x (B, L, d) -> (B, L, d), and the state after the last token."""
        r = self.recurrence(x, state)
        o, state = (engine.step if x.shape[1] == 1 else engine.chunkwise)(r, state)
        o = o if r.normalised else F.rms_norm(o, o.shape[-1:])
        return self.out(o.transpose(1, 2).flatten(-2)), state


def _projection(name: str, d: int, heads: int, start: float) -> nn.Module:
    """From x to one argument of a row; `start` is the bias of the gates that decide what is kept."""
    if name in ("q", "k", "v"):
        return nn.Linear(d, d, bias=False)
    if name in ("a_k", "a_v", "dt"):
        gate = nn.Sequential(nn.Linear(d, LOW_RANK, bias=False), nn.Linear(LOW_RANK, d))
        nn.init.constant_(gate[1].bias, -FORGET if name == "dt" else start)
        return gate.append(nn.Softplus()) if name == "dt" else gate
    gate = nn.Linear(d, heads)
    nn.init.constant_(gate.bias, start if name in ("a", "f") else 0.0)
    return gate


def _parameter(name: str, heads: int, c: int, scalar: bool) -> nn.Parameter:
    """What does not depend on x, started as S4D and Mamba do; c channels a head. `scalar`: A is one rate a head."""
    if name == "A":
        rates = torch.linspace(1, 16, heads)[:, None, None] if scalar else torch.arange(1, c + 1.0).expand(heads, c, c)
        return nn.Parameter(rates.log().clone())
    if name == "dt":
        return nn.Parameter(torch.linspace(math.log(1e-3), math.log(1e-1), heads * c).view(heads, 1, c))
    shape = (heads, c, c) if name in ("B", "C") else (heads, 1, c)
    values = {"bonus": torch.zeros, "B": torch.ones, "C": torch.randn, "D": torch.ones}[name](shape)
    return nn.Parameter(values)


class LinearAttention(Mixer):
    """Linear attention with a feature map of your choice, with or without the normaliser."""

    def __init__(self, d: int, heads: int = 4, phi: Callable[[Tensor], Tensor] = elu_plus_one, normalise: bool = True):
        def row(q, k, v):
            q, k = phi(q), phi(k)
            return engine.normalised(q, k, v, eps=EPS) if normalise else engine.Recurrence(q, k, v)

        super().__init__(d, row, heads)
