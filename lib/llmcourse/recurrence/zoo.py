"""The table of the lecture: one row, one function. Each defines what is kept, what is written and how it is read.

    L            length              d_k, d_v  channels of keys and values
    q, k         (..., L, d_k)       v         (..., L, d_v)
    a, i, f, b   (..., L, 1)         pre-activations of a gate for the whole state, or of a write
    a_k          (..., L, d_k)       pre-activations of a gate per key channel
    a_v          (..., L, d_v)       pre-activations of a gate per value channel
    A            (d_v, d_k)          log of a decay rate per channel and state, or (1, 1) for one per head
    B, C         (d_v, d_k)          S4's input and output weights
    dt           (..., L, d_v)       step size, positive; (1, d_v) for S4
    D            (1, d_v)            skip
    bonus        (1, d_k)            weight of the current token

Gates come as pre-activations and become log decays here, through logsigmoid and softplus: log(sigmoid(-200)) is minus
infinity, logsigmoid(-200) is -200. Rows as in Yang et al. 2024, table 1, and on the slides; each docstring says where
the published model differs.
"""

import inspect

import torch
import torch.nn.functional as F
from torch import Tensor

from .engine import Recurrence, State, normalised
from .feature_maps import elu_plus_one as phi
from .linear import EPS

WIDEST_FLOOR = 80.0  # e^80 is the largest power of e that float32 still squares safely in a gradient
FASTEST = 10.0  # e^-e^10 is already zero; beyond it, the gradient would be 0 times infinity


def linear(q, k, v) -> Recurrence:
    """S_t = S_{t-1} + v_t k_t^T, o_t = S_t q_t. Linear attention without map or normaliser (Schlag et al. 2021)."""
    return Recurrence(q, k, v)


def kernel(q, k, v) -> Recurrence:
    """+ kernel: k and q go through phi, which is elu + 1."""
    return Recurrence(phi(q), phi(k), v)


def norm(q, k, v) -> Recurrence:
    """+ norm: u_t = u_{t-1} + phi(k_t), o_t = S_t phi(q_t) / u_t^T phi(q_t) (Katharopoulos et al. 2020, eqs. 16-20)."""
    return normalised(phi(q), phi(k), v, eps=EPS)


def delta_rule(q, k, v, b) -> Recurrence:
    """S_t = S_{t-1} (I - beta k k^T) + beta v k^T with unit k and beta = sigmoid(b): the deck's row, and no more."""
    return Recurrence(q, F.normalize(k, dim=-1), v, beta=b.sigmoid())


def gated_delta_rule(q, k, v, a, b) -> Recurrence:
    """The delta rule on a decaying state, decay first: S_t = alpha S_{t-1} (I - beta k k^T) + beta v k^T."""
    return Recurrence(q, F.normalize(k, dim=-1), v, gk=F.logsigmoid(a), beta=b.sigmoid())


def deltanet(q, k, v, b) -> Recurrence:
    """The delta rule as published (Yang et al. 2024, DeltaNet): q, k, v through SiLU, then q and k of length one.
    Departs: no short convolution in front (`use_short_conv=False` in flash-linear-attention)."""
    return delta_rule(*_activated(q, k, v), b)


def gated_deltanet(q, k, v, a, b) -> Recurrence:
    """DeltaNet with a decay (Yang et al. 2025). Not in the deck's table; the only row with a decay and a delta rule.
    Departs: no short convolution, and the decay is sigmoid(a) in place of exp(-exp(A) softplus(a))."""
    return gated_delta_rule(*_activated(q, k, v), a, b)


def _activated(q: Tensor, k: Tensor, v: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    q, k, v = F.silu(q), F.silu(k), F.silu(v)
    return F.normalize(q, dim=-1), k, v  # the rule itself normalises k


def gated_rfa(q, k, v, a) -> Recurrence:
    """S_t = g S_{t-1} + (1 - g) v k^T, and likewise u (Peng et al. 2021). Departs: phi in place of random features."""
    return normalised(phi(q), torch.sigmoid(-a) * phi(k), v, gk=F.logsigmoid(a), eps=EPS)


def s4(v, dt, A, B, C, D) -> Recurrence:
    """S_t = S_{t-1} * exp(-(dt 1^T) * exp(A)) + B * (v_t 1^T), o_t = (S_t * C) 1 + D * v_t: S4D with real A."""
    gk = -(dt.mT * A.exp()).unsqueeze(-2)  # (d_v, 1, d_k)
    return Recurrence(C.unsqueeze(-2), B.unsqueeze(-2), v.mT.unsqueeze(-1), gk=gk, skip=D, channelwise=True)


def dfw(q, k, v, a_k, a_v) -> Recurrence:
    """S_t = S_{t-1} * (beta_t alpha_t^T) + v k^T: decaying fast weights (Mao 2022)."""
    return Recurrence(q, k, v, gk=F.logsigmoid(a_k), gv=F.logsigmoid(a_v))


def retnet(q, k, v) -> Recurrence:
    """S_t = gamma S_{t-1} + v k^T, gamma = 1 - 2^(-5-h) for head h, the axis before L (Sun et al. 2023, eq. 8).
    Departs: no rotation of q and k."""
    heads = q.shape[-3] if q.dim() > 2 else 1
    gk = torch.log1p(-(2.0 ** (-5 - torch.arange(heads, device=q.device, dtype=torch.float64))))
    gk = gk.to(torch.promote_types(q.dtype, torch.float32))
    return Recurrence(q, k, v, gk=gk[:, None, None] if q.dim() > 2 else gk[:, None])


def mamba(q, k, v, dt, A, D) -> Recurrence:
    """S_t = S_{t-1} * exp(-(dt 1^T) * exp(A)) + (dt * v) k^T, o_t = S_t q_t + D * v: B is k, C is q (Gu and Dao 2024).
    Every value channel is a head with its own decays; `llmcourse.mamba` has a scan that is fast at this."""
    gk = -dt.mT.unsqueeze(-1) * A.exp().unsqueeze(-2)  # (..., d_v, L, d_k)
    wide = lambda x: x.unsqueeze(-3)
    skip = D / dt  # the written value is dt * v; reading adds D * v
    return Recurrence(wide(q), wide(k), (dt * v).mT.unsqueeze(-1), gk=gk, skip=skip, channelwise=True)


def gla(q, k, v, a_k) -> Recurrence:
    """S_t = S_{t-1} Diag(alpha_t) + v k^T, alpha = sigmoid(a_k)^(1/16) (Yang et al. 2024, GLA)."""
    return Recurrence(q, k, v, gk=F.logsigmoid(a_k) / 16)


def rwkv6(q, k, v, a_k, bonus) -> Recurrence:
    """S_t = S_{t-1} Diag(alpha_t) + v k^T, o_t = (S_{t-1} + v (bonus * k)^T) q, alpha = exp(-exp(a_k)) (Peng et al.
    2024). The deck's row has the bonus on the value channels; the published model has it on the key channels."""
    gk = -a_k.clamp(max=FASTEST).exp()
    return Recurrence(q, k, v, gk=gk, bonus=bonus)


def hgrn2(q, v, a_k) -> Recurrence:
    """S_t = S_{t-1} Diag(alpha_t) + v (1 - alpha_t)^T: the key is one minus the gate (Qin et al. 2024)."""
    return Recurrence(q, torch.sigmoid(-a_k), v, gk=F.logsigmoid(a_k))


def mlstm(q, k, v, i, f, state: State | None = None) -> Recurrence:
    """S_t = f_t S_{t-1} + e^{i_t} v k^T, o_t = S_t q / max(1, |u_t . q|), f = sigmoid (Beck et al. 2024, eqs. 19-27).

    S and u are kept divided by e^{m_t}, m_t = max(log f_t + m_{t-1}, i_t), so that no input gate overflows; the 1 of
    the maximum becomes e^{-m_t}. The deck's row has no absolute value.
    """
    log_f = F.logsigmoid(f.to(torch.promote_types(f.dtype, torch.float32)))
    total = log_f.cumsum(-2)
    m = total + (i - total).cummax(-2).values
    before = state.m if state is not None else m[..., :1, :] - log_f[..., :1, :]
    if state is not None:
        m = torch.maximum(m, total + before)
    earlier = torch.cat([before, m[..., :-1, :]], -2)[..., : m.shape[-2], :]
    floor = (-m).clamp(max=WIDEST_FLOOR).exp()
    return normalised(q, (i - m).exp() * k, v, gk=log_f + earlier - m, floor=floor, m=m)


def mamba2(q, k, v, a, A) -> Recurrence:
    """S_t = gamma_t S_{t-1} + v k^T, gamma = exp(-dt exp(A)), v times dt, dt = softplus(a) (Dao and Gu 2024)."""
    dt = F.softplus(a)
    return Recurrence(q, k, dt * v, gk=-dt * A.exp())


FADING = (rwkv6, mamba2)  # their gate is a rate: the larger, the more is forgotten


def draw(row, lead=(), L=8, d_k=4, d_v=4, generator=None, dtype=torch.float64, gate=1.0) -> dict[str, Tensor]:
    """Random inputs of a row of the table, or of a row of your own whose arguments are named as above.

    gate  factor on the gates' pre-activations: 1 is mild, 300 shuts or opens them
    """
    shapes = {n: (*lead, L, d_k) for n in ("q", "k", "a_k")} | {n: (*lead, L, d_v) for n in ("v", "a_v", "dt")}
    shapes |= {"A": (d_v, d_k), "B": (d_v, d_k), "C": (d_v, d_k), "D": (1, d_v), "bonus": (1, d_k)}
    shapes |= {"dt": (1, d_v)} if row is s4 else {"A": (1, 1)} if row is mamba2 else {}
    inputs = {}
    for n in inspect.signature(row).parameters:
        if n != "state":
            x = torch.randn(shapes.get(n, (*lead, L, 1)), generator=generator, dtype=torch.float64)
            inputs[n] = (gate * x if n in GATES else x.exp() if n == "dt" else x).to(dtype)
    return inputs


GATES = {"a", "b", "i", "f", "a_k", "a_v"}
ZOO = {
    "linear": linear,
    "kernel": kernel,
    "norm": norm,
    "deltanet": deltanet,
    "gated_rfa": gated_rfa,
    "s4": s4,
    "dfw": dfw,
    "retnet": retnet,
    "mamba": mamba,
    "gla": gla,
    "rwkv6": rwkv6,
    "hgrn2": hgrn2,
    "mlstm": mlstm,
    "mamba2": mamba2,
    "gated_deltanet": gated_deltanet,
}
