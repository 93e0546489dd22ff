"""A row of the table as a mixer for `models.GPT`: projections in front of it, state in and out.

x     (B, L, d)          q, k, v, a_k, a_v  (B, H, L, d / H)
                         a, b, i, f         (B, H, L, 1)
"""

import inspect
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from . import engine
from .feature_maps import elu_plus_one
from .linear import EPS

LOW_RANK = 16  # for a gate with a value per channel (Yang et al. 2024, GLA, sec. 4.4)
FORGET = 3.0  # bias of the gates that keep: they start at sigmoid(3) = 0.95


class Mixer(nn.Module):
    """Causal mixer whose heads each run one recurrence.

    row  a function of `zoo`, or your own with arguments named as there; each argument gets its own projection of x

    The heads' outputs are normalised, unless the row does so: they would grow with the length (Sun et al. 2023).
    """

    def __init__(self, d: int, row: Callable[..., engine.Recurrence], heads: int = 4):
        super().__init__()
        self.row, self.heads = row, heads
        names = inspect.signature(row).parameters
        self.stateful = "state" in names
        self.project = nn.ModuleDict({n: _projection(n, d, heads) for n in names if n not in ("state", "bonus")})
        self.bonus = nn.Parameter(torch.zeros(heads, 1, d // heads)) if "bonus" in names else None
        self.out = nn.Linear(d, d, bias=False)

    def forward(self, x: Tensor, state: engine.State | None = None) -> tuple[Tensor, engine.State]:
        """x (B, L, d) -> (B, L, d), and the state after the last token."""
        inputs = {n: f(x).unflatten(-1, (self.heads, -1)).transpose(1, 2) for n, f in self.project.items()}
        if self.bonus is not None:
            inputs["bonus"] = self.bonus
        if self.stateful:
            inputs["state"] = state
        r = self.row(**inputs)
        o, state = (engine.step if x.shape[1] == 1 else engine.chunkwise)(r, state)
        o = o if r.normalised else F.rms_norm(o, o.shape[-1:])
        return self.out(o.transpose(1, 2).flatten(-2)), state


def _projection(name: str, d: int, heads: int) -> nn.Module:
    if name in ("q", "k", "v"):
        return nn.Linear(d, d, bias=False)
    if name in ("a_k", "a_v"):
        gate = nn.Sequential(nn.Linear(d, LOW_RANK, bias=False), nn.Linear(LOW_RANK, d))
        nn.init.constant_(gate[1].bias, FORGET)
        return gate
    gate = nn.Linear(d, heads)
    nn.init.constant_(gate.bias, FORGET if name in ("a", "f") else 0.0)
    return gate


class LinearAttention(Mixer):
    """Linear attention with a feature map of your choice, with or without the normaliser."""

    def __init__(self, d: int, heads: int = 4, phi: Callable[[Tensor], Tensor] = elu_plus_one, normalise: bool = True):
        def row(q, k, v):
            q, k = phi(q), phi(k)
            return engine.normalised(q, k, v, eps=EPS) if normalise else engine.Recurrence(q, k, v)

        super().__init__(d, row, heads)
