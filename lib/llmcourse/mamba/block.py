"""Mamba and Mamba-2 blocks: what surrounds a selective scan.

    x      (..., L, d)        inputs and outputs            E  inner channels: `expand` times d
    u, z   (..., L, E)        what is scanned, and its gate
    dt     (..., L, E)        steps (Mamba), or (..., L, H) for H heads of P = E / H channels (Mamba-2)
    B, C   (..., L, N)        write and read; in Mamba-2, one pair for each of G groups of heads
    state  (last, h)          the convolution's last W - 1 inputs (..., W - 1, .), and the scan's state

                 u -> convolution -> SiLU -> scan --.
    x -> in_proj                                     (*) -> out_proj
                 z ----------------------> SiLU ----'

Parameters are named as in transformers and mamba_ssm, so that published weights load as they are.

Gu and Dao 2024 (Mamba), sec. 3.4 and appendix D; Dao and Gu 2024 (Mamba-2), sec. 7.
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from llmcourse.recurrence import Recurrence, chunkwise
from llmcourse.recurrence import State as MatrixState
from llmcourse.recurrence import step as one_step

from .scan import selective_scan

State = tuple[Tensor, Tensor]
SHORTEST, LONGEST = 1e-3, 1e-1  # the initial steps are drawn between these, log-uniformly


def causal_conv1d(x: Tensor, weight: Tensor, bias: Tensor | None, last: Tensor | None = None) -> tuple[Tensor, Tensor]:
    """The weighted sum of each channel's own last W values: x (..., L, E), weight (E, W), bias (E,).

    `last` (..., W - 1, E) holds the inputs before x. Returns (..., L, E) and the new `last`.
    """
    W, L = weight.shape[-1], x.shape[-2]
    last = x.new_zeros(*x.shape[:-2], W - 1, x.shape[-1]) if last is None else last
    padded = torch.cat([last, x], -2)  # (..., W - 1 + L, E)
    # Shifted products are several times faster on a CPU than conv1d with one channel per group.
    y = sum(padded[..., i : i + L, :] * weight[:, i] for i in range(W))
    return (y if bias is None else y + bias), padded[..., L:, :]


class MambaBlock(nn.Module):
    """A Mamba block: `block(x)` returns its output, `block.run(x, state)` its output and its state."""

    def __init__(self, d_model: int, d_state: int = 16, d_conv: int = 4, expand: int = 2, dt_rank: int | None = None):
        super().__init__()
        E, self.dt_rank, self.d_state = expand * d_model, dt_rank or math.ceil(d_model / 16), d_state
        self.in_proj = nn.Linear(d_model, 2 * E, bias=False)
        self.conv1d = nn.Conv1d(E, E, d_conv, groups=E)
        self.x_proj = nn.Linear(E, self.dt_rank + 2 * d_state, bias=False)
        self.dt_proj = nn.Linear(self.dt_rank, E)
        self.A_log = nn.Parameter(torch.arange(1, d_state + 1.0).log().expand(E, -1).clone())  # S4D with real numbers
        self.D = nn.Parameter(torch.ones(E))
        self.out_proj = nn.Linear(E, d_model, bias=False)
        nn.init.uniform_(self.dt_proj.weight, -(self.dt_rank**-0.5), self.dt_rank**-0.5)
        with torch.no_grad():
            self.dt_proj.bias.copy_(_steps(E))

    def forward(self, x: Tensor) -> Tensor:
        """x (..., L, d) to the same shape."""
        return self.run(x)[0]

    def run(self, x: Tensor, state: State | None = None, mask: Tensor | None = None) -> tuple[Tensor, State]:
        """x (..., L, d) after `state`; `mask` (..., L) is 0 at leading padding, which then has no effect."""
        last, h = state or (None, None)
        u, z = self.in_proj(_masked(x, mask)).chunk(2, -1)  # (..., L, E)
        u, last = causal_conv1d(u, self.conv1d.weight[:, 0], self.conv1d.bias, last)
        u = _masked(F.silu(u), mask)
        dt, B, C = self.x_proj(u).split([self.dt_rank, self.d_state, self.d_state], -1)
        dt = F.softplus(self.dt_proj(dt))
        y, h = selective_scan(u, dt, -self.A_log.float().exp(), B, C, self.D, h)
        return self.out_proj(y * F.silu(z)), (last, h)


class Mamba2Block(nn.Module):
    """A Mamba-2 block. Its scan is the zoo's row `mamba2`: one decay per head, so that chunks are matrix products."""

    def __init__(
        self, d_model: int, d_state: int = 64, d_conv: int = 4, expand: int = 2, head_dim: int = 32, groups: int = 1
    ):
        super().__init__()
        E = expand * d_model
        if E % head_dim or (E // head_dim) % groups:
            raise ValueError(
                f"{E} inner channels can't be split into heads of {head_dim}, or those heads into {groups} equal "
                "groups. Choose sizes so that expand * d_model = head_dim * (a multiple of groups)."
            )
        self.E, self.heads, self.groups, self.d_state = E, E // head_dim, groups, d_state
        wide = E + 2 * groups * d_state
        self.in_proj = nn.Linear(d_model, E + wide + self.heads, bias=False)
        self.conv1d = nn.Conv1d(wide, wide, d_conv, groups=wide)
        self.dt_bias = nn.Parameter(_steps(self.heads))
        self.A_log = nn.Parameter(torch.arange(1, self.heads + 1.0).log())
        self.D = nn.Parameter(torch.ones(self.heads))
        self.norm = GatedNorm(E, groups)
        self.out_proj = nn.Linear(E, d_model, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """x (..., L, d) to the same shape."""
        return self.run(x)[0]

    def run(self, x: Tensor, state: State | None = None, mask: Tensor | None = None) -> tuple[Tensor, State]:
        """x (..., L, d) after `state`; `mask` (..., L) is 0 at leading padding, which then has no effect."""
        last, S = state or (None, None)
        GN = self.groups * self.d_state
        z, u, dt = self.in_proj(_masked(x, mask)).split([self.E, self.E + 2 * GN, self.heads], -1)
        u, last = causal_conv1d(u, self.conv1d.weight[:, 0], self.conv1d.bias, last)
        u, B, C = _masked(F.silu(u), mask).split([self.E, GN, GN], -1)
        dt = F.softplus(dt + self.dt_bias).mT.unsqueeze(-1)  # (..., H, L, 1)
        v = u.unflatten(-1, (self.heads, -1)).transpose(-3, -2)  # (..., H, L, P)
        k, q = (self._for_heads(z) for z in (B, C))  # (..., H, L, N)
        r = Recurrence(q, k, dt * v, gk=-dt * self.A_log.float().exp()[:, None, None])
        o, after = (one_step if x.shape[-2] == 1 else chunkwise)(r, None if S is None else MatrixState(S))
        y = (o + self.D[:, None, None] * v).transpose(-3, -2).flatten(-2)  # (..., L, E)
        return self.out_proj(self.norm(y, z)), (last, after.S)

    def _for_heads(self, x: Tensor) -> Tensor:
        """(..., L, G N) to (..., H, L, N): the heads of a group share its B and C."""
        x = x.unflatten(-1, (self.groups, -1)).transpose(-3, -2)
        return x.repeat_interleave(self.heads // self.groups, -3)


class GatedNorm(nn.Module):
    """RMSNorm of y SiLU(z), for each group of channels separately, in float32 at least."""

    def __init__(self, channels: int, groups: int, eps: float = 1e-5):
        super().__init__()
        self.weight, self.groups, self.eps = nn.Parameter(torch.ones(channels)), groups, eps

    def forward(self, y: Tensor, z: Tensor) -> Tensor:
        gated = (y * F.silu(z)).float() if y.dtype != torch.float64 else y * F.silu(z)
        parts = gated.unflatten(-1, (self.groups, -1))
        return self.weight * F.rms_norm(parts, parts.shape[-1:], eps=self.eps).flatten(-2).to(y.dtype)


def _steps(count: int) -> Tensor:
    """Biases (count,) whose softplus is log-uniform from SHORTEST to LONGEST: some channels have a long memory."""
    low, high = math.log(SHORTEST), math.log(LONGEST)
    dt = (torch.rand(count) * (high - low) + low).exp()
    return dt + torch.log(-torch.expm1(-dt))


def _masked(x: Tensor, mask: Tensor | None) -> Tensor:
    return x if mask is None else x * mask.unsqueeze(-1).to(x.dtype)
