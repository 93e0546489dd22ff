"""The engine's chunkwise form as GPU kernels: linear attention without a decay, with one, and with one per channel.

    S[c + 1] = S[c] diag(e^{total}) + V^T (K e^{until})                  `_states`, one program per tile of the state
    O[c]     = (mask(Q K^T) e^{sums}) V + (Q e^{since}) S[c]^T           `_outputs`, one program per chunk

    L     length                      B      sequences: batch times heads
    q, k  (B, L, DK)                  v, o   (B, L, DV)
    g     (B, L, G)   log decays, G = 1 or DK
    S     (B, n + 1, DV, DK)          the states between n chunks of C tokens, float32

A GPU computes much faster than it reads. What these kernels save is traffic: scores (C, C) and decays never leave the
chip, where the engine's torch writes each intermediate tensor to memory and reads it again for the next operation. The
states pass through memory, so that all chunks can be read at once; only `_states` walks from chunk to chunk.

The backward pass is the same walk from the end, dS[c] = dS[c + 1] diag(e^{total}) + dO^T (Q e^{since}), and then
`_gradients`, all chunks at once. A gate's gradient is the sum of the terms that pass through it, each with its decay.
(GLA takes a shorter way, sums of q dq - k dk, whose rounding remains where a gate is shut.)

No exponent is ever positive, and none is a difference of two sums: each sum adds log decays between two tokens, which
are all negative, so that a weak decay after a strong one keeps its digits (the `segsum` of Mamba-2).

Yang et al. 2024, "Gated linear attention transformers", sec. 4; Dao and Gu 2024 (Mamba-2), sec. 6 and
listing 1. Departs from them: scores with a decay per channel are summed column by column, in place of a second level of
chunks; and the gates' gradient, as said.
"""

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from ..triton_language import language
from . import engine
from .engine import Recurrence, State

triton, tl = language()

CHUNK = {"scalar": 64, "channel": 32}  # tokens per chunk
WIDEST = 128  # channels of a head that fit on the chip at once


def chunkwise(r: Recurrence, state: State | None = None, chunk: int | None = None) -> tuple[Tensor, State]:
    """As the engine's form of this name, in value and gradient, in chunks of 16 tokens or a larger power of two.

    Products are of bfloat16 numbers if q is, and sums always of float32. Raises NotImplementedError for a delta rule,
    a bonus, a decay of value channels, float64, or heads of more than 128 channels.
    """
    heads = max(r.q.shape[-1], r.v.shape[-1])
    unfit = [r.beta is not None, r.bonus is not None, r.gv is not None, r.channelwise, heads > WIDEST]
    if any(unfit) or r.v.dtype == torch.float64:
        raise NotImplementedError("There is no kernel for this recurrence: use the engine's chunkwise().")
    S = engine._start(r.at_least_float32(), state)
    g = r.v.new_zeros(1, 1) if r.gk is None else r.gk
    v = r.v.float() if r.normalised else r.v  # the normaliser is divided by, which takes float32
    flat = lambda x: x.expand(*S.shape[:-2], r.length, x.shape[-1]).reshape(-1, r.length, x.shape[-1]).contiguous()
    C = chunk or CHUNK["scalar" if g.shape[-1] == 1 else "channel"]
    o, end = _Chunkwise.apply(flat(r.q), flat(r.k), flat(v), flat(g.float()), S.reshape(-1, *S.shape[-2:]), C)
    o, end = o.reshape(*S.shape[:-2], *o.shape[-2:]), end.reshape(S.shape)
    return engine._read(r, o, r.v.dtype), engine._state(r, end, state)


class _Chunkwise(torch.autograd.Function):
    """q, k (B, L, DK), v (B, L, DV), g (B, L, G), S (B, DV, DK) -> o (B, L, DV), S."""

    @staticmethod
    def forward(ctx, q, k, v, g, S, C):
        ctx.sizes, o = _sizes(q, v, g, C), torch.empty_like(v)
        states = _walk(v, k, g, S, ctx.sizes)
        _outputs[q.shape[0], states.shape[1] - 1](q, k, v, g, states, o, q.shape[1], **ctx.sizes, num_warps=4)
        ctx.save_for_backward(q, k, v, g, S)  # the states are cheap to compute again, and large
        return o, states[:, -1].clone()

    @staticmethod
    @once_differentiable
    def backward(ctx, do, dS):
        q, k, v, g, S = ctx.saved_tensors
        do = do.contiguous()
        states, later = _walk(v, k, g, S, ctx.sizes), _walk(do, q, g, dS, ctx.sizes, backwards=True)
        dq, dk, dv, dg = (torch.empty_like(x) for x in (q, k, v, g))
        grid = q.shape[0], states.shape[1] - 1
        _gradients[grid](q, k, v, g, states, do, later, dq, dk, dv, dg, q.shape[1], **ctx.sizes, num_warps=8)
        return dq, dk, dv, dg, later[:, 0], None


def _walk(x: Tensor, k: Tensor, g: Tensor, S: Tensor, sizes: dict, backwards: bool = False) -> Tensor:
    """All states between chunks (B, n + 1, DV, DK), from the first, or their gradients, from that of the last."""
    L, n = x.shape[1], triton.cdiv(x.shape[1], sizes["C"])
    states = S.new_empty(S.shape[0], n + 1, *S.shape[1:])
    states[:, -1 if backwards else 0] = S
    tiles = {n: min(sizes[n], 64) for n in ("BV", "BK")}
    grid = S.shape[0], triton.cdiv(sizes["DV"], tiles["BV"]), triton.cdiv(sizes["DK"], tiles["BK"])
    # One stage: with the usual three, compiling for an H100 asks for 128 KB of shared memory, more than many GPUs have.
    _states[grid](x, k, g, states, L, **sizes | tiles, BACKWARDS=backwards, num_warps=4, num_stages=1)
    return states


def _sizes(q: Tensor, v: Tensor, g: Tensor, C: int) -> dict:
    """What a kernel is compiled for: channels, the powers of two that hold them, and the type of its products."""
    DK, DV = q.shape[-1], v.shape[-1]
    padded = {"BV": max(16, triton.next_power_of_2(DV)), "BK": max(16, triton.next_power_of_2(DK))}
    narrow = q.dtype == torch.bfloat16 and q.is_cuda  # the interpreter would multiply the bits of a bfloat16
    types = {"T": tl.bfloat16 if narrow else tl.float32, "P": _precision(q.device)}
    return {"DV": DV, "DK": DK, "G": g.shape[-1], "C": C} | types | padded


def _precision(device: torch.device) -> str:
    """Three products of parts, which tensor cores can do and a T4's cannot, or one on the ordinary units."""
    return "tf32x3" if device.type == "cuda" and torch.cuda.get_device_capability(device) >= (8, 0) else "ieee"


# ------------------------------------------------------------------ from chunk to chunk


@triton.jit
def _states(
    x, k, g, S, L,
    DV: tl.constexpr, DK: tl.constexpr, G: tl.constexpr, C: tl.constexpr,
    T: tl.constexpr, P: tl.constexpr, BV: tl.constexpr, BK: tl.constexpr, BACKWARDS: tl.constexpr,
):  # fmt: skip
    """One tile (BV, BK) of the states of one sequence stays on the chip; x and k pass by, a chunk at a time."""
    b, n = tl.program_id(0).to(tl.int64), tl.cdiv(L, C)
    e, d = tl.program_id(1) * BV + tl.arange(0, BV), tl.program_id(2) * BK + tl.arange(0, BK)
    x, k, g, S = x + b * L * DV, k + b * L * DK, g + b * L * G, S + b * (n + 1) * DV * DK
    first = n if BACKWARDS else 0
    state = _state(S, first, e, d, DV, DK)
    for i in range(n):
        c = n - 1 - i if BACKWARDS else i
        t, end = c * C + tl.arange(0, C), tl.minimum(c * C + C, L)
        if BACKWARDS:
            decay = tl.cumsum(_gates(g, t, d, end, G), 0)  # since the chunk's start
        else:
            decay = tl.cumsum(_gates(g, t + 1, d, end, G), 0, reverse=True)  # until its end, without its own
        written = tl.trans(_rows(x, t, e, end, DV)), _rows(k, t, d, end, DK) * tl.exp(decay)  # (BV, C), (C, BK)
        total = tl.sum(_gates(g, t, d, end, G), 0)
        state = state * tl.exp(total)[None, :] + _dot(written[0], written[1], T, P)
        to = c if BACKWARDS else c + 1
        tl.store(S + _tile(to, e, d, DV, DK), state, (e < DV)[:, None] & (d < DK)[None, :])


# ------------------------------------------------------------------ all chunks at once


@triton.jit
def _outputs(
    q, k, v, g, S, o, L,
    DV: tl.constexpr, DK: tl.constexpr, G: tl.constexpr, C: tl.constexpr,
    T: tl.constexpr, P: tl.constexpr, BV: tl.constexpr, BK: tl.constexpr,
):  # fmt: skip
    """One chunk of one sequence: what it reads from itself, and from the state before it."""
    b, c, n = tl.program_id(0).to(tl.int64), tl.program_id(1), tl.cdiv(L, C)
    q, k, g, v, o = q + b * L * DK, k + b * L * DK, g + b * L * G, v + b * L * DV, o + b * L * DV
    t, end, e, d = c * C + tl.arange(0, C), tl.minimum(c * C + C, L), tl.arange(0, BV), tl.arange(0, BK)
    Q = _rows(q, t, d, end, DK)
    if G == 1:
        scores = _dot(Q, tl.trans(_rows(k, t, d, end, DK)), T, P) * _decay(g, t, end, C)
    else:
        scores = _by_channel(Q, k, g, c * C, d, end, DK, C, BK)
    since = tl.exp(tl.cumsum(_gates(g, t, d, end, G), 0))
    past = _state(S + b * (n + 1) * DV * DK, c, e, d, DV, DK)
    out = _dot(scores, _rows(v, t, e, end, DV), T, P) + _dot(Q * since, tl.trans(past), T, P)
    tl.store(o + t[:, None] * DV + e[None, :], out, (t < end)[:, None] & (e < DV)[None, :])


@triton.jit
def _decay(g, t, end, C: tl.constexpr):
    """e^{g_{j+1} + ... + g_i} for tokens j <= i of a chunk (C, C), 0 elsewhere: one sum per column."""
    i, j = tl.arange(0, C)[:, None], tl.arange(0, C)[None, :]
    gate = tl.load(g + t, t < end, 0.0)
    sums = tl.cumsum(tl.where(i > j, gate[:, None], 0.0), 0)
    return tl.where(i >= j, tl.exp(sums), 0.0)


@triton.jit
def _by_channel(Q, k, g, first, d, end, DK: tl.constexpr, C: tl.constexpr, BK: tl.constexpr):
    """Scores (C, C) whose decay differs by channel, from the last column to the first."""
    i, sums, scores = tl.arange(0, C), tl.zeros((C, BK), tl.float32), tl.zeros((C, C), tl.float32)
    for back in range(C):
        j = C - 1 - back
        row, there = (first + j) * DK + d, (d < DK) & (d * 0 + first + j < end)
        key, gate = tl.load(k + row, there, 0.0).to(tl.float32)[None, :], tl.load(g + row, there, 0.0)[None, :]
        column = tl.sum(Q * key * tl.exp(sums), 1)
        scores = tl.where((i[:, None] >= j) & (i[None, :] == j), column[:, None], scores)
        sums += tl.where(i[:, None] >= j, gate, 0.0)  # from j to each i
    return scores


@triton.jit
def _gradients(
    q, k, v, g, S, do, dS, dq, dk, dv, dg, L,
    DV: tl.constexpr, DK: tl.constexpr, G: tl.constexpr, C: tl.constexpr,
    T: tl.constexpr, P: tl.constexpr, BV: tl.constexpr, BK: tl.constexpr,
):  # fmt: skip
    """One chunk of one sequence: from do, and from the gradient of the state after it, to those of q, k, v and g."""
    b, c, n = tl.program_id(0).to(tl.int64), tl.program_id(1), tl.cdiv(L, C)
    q, k, g, v, do = q + b * L * DK, k + b * L * DK, g + b * L * G, v + b * L * DV, do + b * L * DV
    t, end, e, d = c * C + tl.arange(0, C), tl.minimum(c * C + C, L), tl.arange(0, BV), tl.arange(0, BK)
    Q, K, V, dO = _rows(q, t, d, end, DK), _rows(k, t, d, end, DK), _rows(v, t, e, end, DV), _rows(do, t, e, end, DV)
    start = _state(S + b * (n + 1) * DV * DK, c, e, d, DV, DK)
    later = _state(dS + b * (n + 1) * DV * DK, c + 1, e, d, DV, DK)
    since, until = tl.cumsum(_gates(g, t, d, end, G), 0), tl.cumsum(_gates(g, t + 1, d, end, G), 0, reverse=True)
    i, j, own = tl.arange(0, C)[:, None], tl.arange(0, C)[None, :], tl.sum(dO * V, 1)[:, None]
    dQ, dK = _dot(dO, start, T, P) * tl.exp(since), _dot(V, later, T, P) * tl.exp(until)
    dV = _dot(K * tl.exp(until), tl.trans(later), T, P)
    # A gate is felt by every read of the past from its token on, by every write before it, and by what stays.
    stays = tl.sum(start * later, 0) * tl.exp(tl.sum(_gates(g, t, d, end, G), 0))
    written = _dot(tl.where(i > j, 1.0, 0.0), K * dK, tl.float32, P)
    d_gate = tl.cumsum(Q * dQ, 0, reverse=True) + written + stays[None, :]
    d_scores = tl.where(i > j, _dot(dO, tl.trans(V), T, P), 0.0)  # no gate is between a token and itself
    if G == 1:
        decay, products = _decay(g, t, end, C), _dot(Q, tl.trans(K), T, P)
        scores, d_scores = products * decay, d_scores * decay
        dQ, dK = dQ + _dot(d_scores, K, T, P), dK + _dot(tl.trans(d_scores), Q, T, P)
        between = tl.cumsum(d_scores * products, 0, reverse=True)  # pairs of a token i or later with a token j < i
        tl.store(dg + b * L + t, tl.sum(d_gate, 1) + tl.sum(tl.where(i > j, between, 0.0), 1), t < end)
    else:
        scores, dQ, dK, d_gate = _back_by_channel(Q, k, g, d_scores, dQ, dK, d_gate, c * C, d, end, DK, C, BK)
        tl.store(dg + b * L * DK + t[:, None] * DK + d[None, :], d_gate, (t < end)[:, None] & (d < DK)[None, :])
    dV += _dot(tl.trans(scores), dO, T, P)
    keys, values = (t < end)[:, None] & (d < DK)[None, :], (t < end)[:, None] & (e < DV)[None, :]
    tl.store(dq + b * L * DK + t[:, None] * DK + d[None, :], dQ + own * K, keys)
    tl.store(dk + b * L * DK + t[:, None] * DK + d[None, :], dK + own * Q, keys)
    tl.store(dv + b * L * DV + t[:, None] * DV + e[None, :], dV, values)


@triton.jit
def _back_by_channel(
    Q, k, g, d_scores, dQ, dK, d_gate, first, d, end, DK: tl.constexpr, C: tl.constexpr, BK: tl.constexpr
):  # fmt: skip
    """Scores as in `_by_channel`, and what d_scores (C, C) adds to the gradients of q, k and the gates."""
    i, sums, scores = tl.arange(0, C), tl.zeros((C, BK), tl.float32), tl.zeros((C, C), tl.float32)
    for back in range(C):
        j = C - 1 - back
        row, there = (first + j) * DK + d, (d < DK) & (d * 0 + first + j < end)
        key, gate = tl.load(k + row, there, 0.0).to(tl.float32)[None, :], tl.load(g + row, there, 0.0)[None, :]
        seen = tl.where(i[:, None] >= j, tl.exp(sums), 0.0)  # what is left of token j at each i
        scores = tl.where(i[None, :] == j, tl.sum(Q * key * seen, 1)[:, None], scores)
        by_pair = tl.sum(tl.where(i[None, :] == j, d_scores, 0.0), 1)[:, None] * seen
        dQ += by_pair * key
        dK += tl.where(i[:, None] == j, tl.sum(by_pair * Q, 0)[None, :], 0.0)
        d_gate += tl.where(i[:, None] > j, tl.cumsum(by_pair * Q * key, 0, reverse=True), 0.0)
        sums += tl.where(i[:, None] >= j, gate, 0.0)
    return scores, dQ, dK, d_gate


# ------------------------------------------------------------------ pieces of memory


@triton.jit
def _rows(x, t, d, end, D: tl.constexpr):
    """Tokens t and channels d of a sequence, in float32; zero from the token `end` on."""
    return tl.load(x + t[:, None] * D + d[None, :], (t < end)[:, None] & (d < D)[None, :], 0.0).to(tl.float32)


@triton.jit
def _gates(g, t, d, end, G: tl.constexpr):
    """Log decays of tokens t, for all channels d, even if they share one; 0 from the token `end` on."""
    return tl.load(g + t[:, None] * G + d[None, :] % G, (t < end)[:, None] & (d >= 0)[None, :], 0.0)


@triton.jit
def _tile(c, e, d, DV: tl.constexpr, DK: tl.constexpr):
    """Where the state before chunk c lies."""
    return c.to(tl.int64) * DV * DK + e[:, None] * DK + d[None, :]


@triton.jit
def _state(S, c, e, d, DV: tl.constexpr, DK: tl.constexpr):
    """The state before chunk c."""
    return tl.load(S + _tile(c, e, d, DV, DK), (e < DV)[:, None] & (d < DK)[None, :], 0.0)


@triton.jit
def _dot(a, b, T: tl.constexpr, P: tl.constexpr):
    """A product of numbers of type T, summed in float32; P is how exact a product of two float32 is."""
    return tl.dot(a.to(T), b.to(T), input_precision=P)
