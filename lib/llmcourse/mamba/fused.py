"""The selective scan as two GPU kernels: the state never leaves the chip.

    h_t = exp(dt_t A) h_{t-1} + dt_t x_t B_t^T,   y_t = h_t C_t

    L      length                       D  channels          N  size of each channel's state
    x, dt  (batch, L, D)                A  (D, N)
    B, C   (batch, L, N)                h  (batch, D, N), float32

Written out, the states of L tokens are N times as many numbers as the inputs, and so are the decays: reading and
writing them takes longer than computing them. Here a program holds the states of BD channels in registers while the
tokens pass by, and keeps one state in every T tokens. The backward pass starts from those and computes the T - 1 in
between again, last piece first: what `scan.chunked` does for the cache of a CPU.

Gu and Dao 2024, "Mamba", sec. 3.3.2. Departs from it: tokens come one after another, where the paper's
kernel scans a piece of them in parallel; only channels and sequences run side by side.
"""

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from ..triton_language import language
from .scan import _skip

triton, tl = language()

KEPT = 32  # one state in so many tokens is kept for the backward pass
CHANNELS = 16  # per program


def selective_scan(x, dt, A, B, C, D=None, state=None) -> tuple[Tensor, Tensor]:
    """The same as `scan.selective_scan`, in value and gradient, computed in float32.

    Raises NotImplementedError for float64.
    """
    if torch.float64 in (x.dtype, A.dtype):
        raise NotImplementedError("The kernels compute in float32: use scan.selective_scan().")
    lead, (channels, N) = x.shape[:-2], A.shape
    h = x.new_zeros(*lead, channels, N, dtype=torch.float32) if state is None else state.float()
    flat = lambda z, width: z.expand(*lead, *z.shape[-2:]).reshape(-1, z.shape[-2], width).contiguous()
    inputs = flat(x, channels), flat(dt, channels), A.float().contiguous(), flat(B, N), flat(C, N), flat(h, N)
    y, h = _Scan.apply(*inputs)
    return _skip(y.reshape(x.shape), x.float(), D, x.dtype), h.reshape(*lead, channels, N)


class _Scan(torch.autograd.Function):
    """x, dt (batch, L, D), A (D, N), B, C (batch, L, N), h (batch, D, N) -> y (batch, L, D) in float32, h."""

    @staticmethod
    def forward(ctx, x, dt, A, B, C, h):
        y, grid, sizes = torch.empty_like(x, dtype=torch.float32), *_sizes(x, A)
        kept = h.new_empty(h.shape[0], 1 + triton.cdiv(x.shape[1], KEPT), *A.shape)
        kept[:, -1] = h  # of a text without tokens; otherwise the last state takes its place
        _forward[grid](x, dt, A, B, C, h, y, kept, x.shape[1], **sizes, num_warps=4)
        ctx.save_for_backward(x, dt, A, B, C, kept)
        return y, kept[:, -1].clone()

    @staticmethod
    @once_differentiable
    def backward(ctx, dy, dh):
        x, dt, A, B, C, kept = ctx.saved_tensors
        grid, sizes = _sizes(x, A)
        dx, ddt = torch.empty_like(x), torch.empty_like(dt)
        # Programs of different channels add to the same numbers, in any order.
        dB, dC = (torch.zeros_like(z, dtype=torch.float32) for z in (B, C))
        dA, first = (kept.new_empty(x.shape[0], *A.shape) for _ in range(2))
        piece = kept.new_empty(x.shape[0], KEPT, *A.shape)  # states of one piece: stays in the GPU's cache
        given = x, dt, A, B, C, kept, piece, dy.contiguous(), dh.contiguous()
        _backward[grid](*given, dx, ddt, dA, dB, dC, first, x.shape[1], **sizes, num_warps=4)
        return dx, ddt, dA.sum(0), dB.to(B.dtype), dC.to(C.dtype), first


def _sizes(x: Tensor, A: Tensor) -> tuple[tuple[int, int], dict]:
    """The grid of programs, and what a kernel is compiled for."""
    D, N = A.shape
    return (x.shape[0], triton.cdiv(D, CHANNELS)), {
        "D": D, "N": N, "T": KEPT, "BD": CHANNELS, "BN": triton.next_power_of_2(N)
    }  # fmt: skip


@triton.jit
def _forward(
    x, dt, A, B, C, h, y, kept, L,
    D: tl.constexpr, N: tl.constexpr, T: tl.constexpr, BD: tl.constexpr, BN: tl.constexpr,
):  # fmt: skip
    """BD channels of one sequence, token by token."""
    b, d, n = tl.program_id(0).to(tl.int64), tl.program_id(1) * BD + tl.arange(0, BD), tl.arange(0, BN)
    at, inside = d[:, None] * N + n[None, :], (d < D)[:, None] & (n < N)[None, :]
    x, dt, y, B, C = x + b * L * D, dt + b * L * D, y + b * L * D, B + b * L * N, C + b * L * N
    kept += b * (tl.cdiv(L, T) + 1) * D * N
    rate, state = tl.load(A + at, inside, 0.0), tl.load(h + b * D * N + at, inside, 0.0)  # (BD, BN)
    for t in range(L):
        if t % T == 0:
            tl.store(kept + (t // T) * D * N + at, state, inside)
        step, value, key, query = _token(x, dt, B, C, t, d, n, D, N)
        state = tl.exp(step * rate) * state + step * value * key
        tl.store(y + t * D + d, tl.sum(state * query, 1), d < D)
    tl.store(kept + tl.cdiv(L, T) * D * N + at, state, inside)


@triton.jit
def _backward(
    x, dt, A, B, C, kept, piece, dy, dh, dx, ddt, dA, dB, dC, first, L,
    D: tl.constexpr, N: tl.constexpr, T: tl.constexpr, BD: tl.constexpr, BN: tl.constexpr,
):  # fmt: skip
    """BD channels of one sequence, from the last piece of T tokens to the first."""
    b, d, n = tl.program_id(0).to(tl.int64), tl.program_id(1) * BD + tl.arange(0, BD), tl.arange(0, BN)
    at, inside, pieces = d[:, None] * N + n[None, :], (d < D)[:, None] & (n < N)[None, :], tl.cdiv(L, T)
    x, dt, dy, dx, ddt = x + b * L * D, dt + b * L * D, dy + b * L * D, dx + b * L * D, ddt + b * L * D
    B, C, dB, dC, piece = B + b * L * N, C + b * L * N, dB + b * L * N, dC + b * L * N, piece + b * T * D * N
    kept += b * (pieces + 1) * D * N
    rate, later = tl.load(A + at, inside, 0.0), tl.load(dh + b * D * N + at, inside, 0.0)
    d_rate = tl.zeros((BD, BN), tl.float32)
    for i in range(pieces):
        start, end = (pieces - 1 - i) * T, tl.minimum((pieces - i) * T, L)
        state = tl.load(kept + (pieces - 1 - i) * D * N + at, inside, 0.0)
        for t in range(start, end):  # the states before each token, once more
            tl.store(piece + (t - start) * D * N + at, state, inside)
            step, value, key, _ = _token(x, dt, B, C, t, d, n, D, N)
            state = tl.exp(step * rate) * state + step * value * key
        for back in range(end - start):
            t = end - 1 - back
            before = tl.load(piece + (t - start) * D * N + at, inside, 0.0)
            step, value, key, query = _token(x, dt, B, C, t, d, n, D, N)
            decay, gy = tl.exp(step * rate), tl.load(dy + t * D + d, d < D, 0.0)[:, None]
            state = decay * before + step * value * key
            later += gy * query  # the gradient of this token's state
            tl.atomic_add(dC + t * N + n, tl.sum(gy * state, 0), n < N)
            tl.atomic_add(dB + t * N + n, tl.sum(step * value * later, 0), n < N)
            exponent, written = later * before * decay, later * key  # of dt A, and of dt x
            d_rate += exponent * step
            tl.store(ddt + t * D + d, tl.sum(exponent * rate + written * value, 1), d < D)
            tl.store(dx + t * D + d, tl.sum(written * step, 1), d < D)
            later *= decay
    tl.store(dA + b * D * N + at, d_rate, inside)
    tl.store(first + b * D * N + at, later, inside)


@triton.jit
def _token(x, dt, B, C, t, d, n, D: tl.constexpr, N: tl.constexpr):
    """dt and x of one token as columns (BD, 1), B and C as rows (1, BN), in float32."""
    column, row = t * D + d[:, None], t * N + n[None, :]
    step, value = tl.load(dt + column, d[:, None] < D, 0.0), tl.load(x + column, d[:, None] < D, 0.0)
    key, query = tl.load(B + row, n[None, :] < N, 0.0), tl.load(C + row, n[None, :] < N, 0.0)
    return step.to(tl.float32), value.to(tl.float32), key.to(tl.float32), query.to(tl.float32)
