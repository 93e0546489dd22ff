"""Rotary positions past the training length: plain, interpolated, NTK-aware, YaRN.

    d      channels of a head, even          f  (d / 2,)  angle by which pair i turns from one token to the next
    base   10000 in the paper                s            how many times longer than in training the text is

    plain          f_i = base^(-2 i / d)                                       Su et al. 2021, RoFormer, eq. 15
    interpolation  f_i / s                                                     Chen et al. 2023, eq. 4
    NTK-aware      with base s^(d / (d - 2)): fast pairs stay, the slowest     bloc97 2023; Peng et al. 2023, eq. 16
                   is interpolated
    YaRN           pair by pair: who turns often in the training length        Peng et al. 2023, secs. 3.2, 3.4
                   stays, who never turns once is interpolated; and
                   attention is made sharper

All are formulas for f: nothing is trained. Pair i is the channels i and d / 2 + i, as in transformers.
"""

import math
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

BASE = 10_000.0
FAST, SLOW = 32.0, 1.0  # turns in the training length above which a pair stays, below which it is interpolated


def plain(d: int, base: float = BASE) -> Tensor:
    """The angles (d / 2,), in float64. ValueError for an odd d."""
    if d < 2 or d % 2:
        raise ValueError(f"d is {d}, but channels turn in pairs: choose an even number.")
    return base ** (-torch.arange(0, d, 2, dtype=torch.float64) / d)


def interpolated(d: int, s: float, base: float = BASE) -> Tensor:
    """Positions divided by s: at the end of a text that is s times longer, every pair is where it was in training."""
    return plain(d, base) / _longer(s)


def ntk_aware(d: int, s: float, base: float = BASE) -> Tensor:
    """A larger base: the slowest pair turns s times more slowly, the fastest as before."""
    return plain(d, base * _longer(s) ** (d / (d - 2)))


def yarn(d: int, s: float, trained: int, base: float = BASE) -> tuple[Tensor, float]:
    """The angles, and the factor 0.1 ln s + 1 on queries and keys alike: attention at a lower temperature.

    trained  the training length, which decides how often a pair turned
    """
    share = ramp(d, trained, base)
    return plain(d, base) * (1 - share) + interpolated(d, s, base) * share, 0.1 * math.log(_longer(s)) + 1


def ramp(d: int, trained: int, base: float = BASE) -> Tensor:
    """How much of each pair (d / 2,) is interpolated: 0 for the fast ones, 1 for the slow ones, linear in between.

    The ends are rounded to whole pairs, as in the authors' code.
    """
    pair = lambda turns: d * math.log(trained / (turns * 2 * math.pi)) / (2 * math.log(base))
    low, high = max(math.floor(pair(FAST)), 0), min(math.ceil(pair(SLOW)), d - 1)
    return ((torch.arange(d // 2, dtype=torch.float64) - low) / max(high - low, 1e-3)).clamp(0, 1)


def _longer(s: float) -> float:
    if s < 1:
        raise ValueError(f"s is {s}, but it says how many times longer the text is: 1 or more.")
    return s


SCALINGS: dict[str, Callable[[int, float, int], tuple[Tensor, float]]] = {
    "plain": lambda d, s, trained: (plain(d), 1.0),
    "interpolation": lambda d, s, trained: (interpolated(d, s), 1.0),
    "NTK-aware": lambda d, s, trained: (ntk_aware(d, s), 1.0),
    "YaRN": yarn,
}


def rotate(x: Tensor, f: Tensor, factor: float = 1.0, first: int = 0) -> Tensor:
    """x (..., L, d) at the positions first, first + 1, ...: pair i of a token at t is turned by t f_i."""
    t = torch.arange(first, first + x.shape[-2], dtype=torch.float64)
    angle = (t[:, None] * f).to(x.device)  # (L, d / 2)
    cos, sin = (factor * wave.to(x.dtype) for wave in (angle.cos(), angle.sin()))
    a, b = x.chunk(2, -1)
    return torch.cat([a * cos - b * sin, a * sin + b * cos], -1)


class RotaryAttention(nn.Module):
    """Causal softmax attention with rotary positions, as a mixer for `models.GPT`. It reads whole texts: no state.

    `scaling` and `s` may be changed after training, `trained` is the length that the model was trained on.
    """

    def __init__(self, d: int, trained: int, heads: int = 2):
        super().__init__()
        self.heads, self.trained, self.scaling, self.s = heads, trained, "plain", 1.0
        self.qkv = nn.Linear(d, 3 * d, bias=False)
        self.out = nn.Linear(d, d, bias=False)

    def forward(self, x: Tensor, state: None = None) -> tuple[Tensor, None]:
        """x (B, L, d) -> (B, L, d)."""
        q, k, v = self.qkv(x).unflatten(-1, (3, self.heads, -1)).permute(2, 0, 3, 1, 4).unbind(0)
        f, factor = SCALINGS[self.scaling](q.shape[-1], self.s, self.trained)
        z = F.scaled_dot_product_attention(rotate(q, f, factor), rotate(k, f, factor), v, is_causal=True)
        return self.out(z.transpose(1, 2).flatten(-2)), None


def scale(model: nn.Module, scaling: str, s: float) -> nn.Module:
    """Give all layers of a model this scaling. Raises KeyError for a name that is not in SCALINGS."""
    for layer in model.modules():
        if isinstance(layer, RotaryAttention):
            layer.scaling, layer.s = (scaling, float(s)) if scaling in SCALINGS else SCALINGS[scaling]
    return model
