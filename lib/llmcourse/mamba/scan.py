"""The selective scan: a state space model whose step, input weights and output weights depend on the input.

    h_t = exp(dt_t A) h_{t-1} + dt_t x_t B_t^T,   y_t = h_t C_t + D x_t

    L        length               D  channels          N  size of each channel's state
    x, dt    (..., L, D)          inputs and steps, dt > 0
    A        (D, N)               decay rates, negative       D  (D,) skip connection
    B, C     (..., L, N)          how to write and how to read; shared by all channels
    h        (..., D, N)          state

Four forms, one signature, `form(x, dt, A, B, C, D=None, state=None) -> y, state`:

    sequential   a loop over time: the definition
    chunked      the same loop over pieces that fit into the cache; the backward pass runs each piece again instead of
                 storing (L, D, N) numbers. The form for CPUs
    associative  log2(L) rounds over the whole length: the parallel scan. The form for GPUs
    step         one token

Gu and Dao 2024, "Mamba: linear-time sequence modeling with selective state spaces", secs. 3.2 and 3.3. As in the
paper, A is discretised by zero-order hold and B by Euler's method (B_ = dt B).
"""

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

CACHE = 2**18  # numbers in a piece: 1 MB of float32
LONGEST = 64  # steps in a piece, at most


def selective_scan(x, dt, A, B, C, D=None, state=None) -> tuple[Tensor, Tensor]:
    """The form that is fastest on x's device. Returns y (..., L, D) in x's dtype, and the state in float32 at least."""
    form = step if x.shape[-2] == 1 else associative if x.is_cuda else chunked
    return form(x, dt, A, B, C, D, state)


def sequential(x, dt, A, B, C, D=None, state=None) -> tuple[Tensor, Tensor]:
    """Token by token. Differentiable; keeps every state for the backward pass."""
    dtype, (x, dt, A, B, C, h) = x.dtype, _wide(x, dt, A, B, C, state)
    decay, write = discretise(x, dt, A, B)  # (..., L, D, N)
    y = []
    # unbind, not indexing: the backward pass of x[..., t, :] allocates a zero tensor of full length for every t.
    for a, b, c in zip(decay.unbind(-3), write.unbind(-3), C.unbind(-2)):
        h = a * h + b
        y.append((h @ c.unsqueeze(-1)).squeeze(-1))
    return _skip(torch.stack(y, -2) if y else torch.zeros_like(x), x, D, dtype), h


def step(x, dt, A, B, C, D=None, state=None) -> tuple[Tensor, Tensor]:
    """One token: L is 1. For generation; the cost does not depend on how many tokens came before."""
    dtype, (x, dt, A, B, C, h) = x.dtype, _wide(x, dt, A, B, C, state)
    decay, write = discretise(x, dt, A, B)
    h = torch.addcmul(write, decay, h.unsqueeze(-3)).squeeze(-3)
    return _skip((h @ C.mT).mT, x, D, dtype), h


def combine(first: tuple[Tensor, Tensor], second: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
    """Two spans of time as one. A span (a, b) takes a state h to a h + b. The law is associative:
    (1 then 2) then 3 = 1 then (2 then 3), so a scan may put the brackets anywhere."""
    return first[0] * second[0], torch.addcmul(second[1], second[0], first[1])


def associative(x, dt, A, B, C, D=None, state=None) -> tuple[Tensor, Tensor]:
    """Every token looks 1, 2, 4, ... tokens back (Hillis and Steele 1986): log2(L) rounds, each of full length."""
    dtype, (x, dt, A, B, C, h) = x.dtype, _wide(x, dt, A, B, C, state)
    L, back = x.shape[-2], 1
    if not L:
        return _skip(torch.zeros_like(x), x, D, dtype), h
    a, b = discretise(x, dt, A, B)
    while back < L:
        far, near = slice(None, -back), slice(back, None)
        later = combine((a[..., far, :, :], b[..., far, :, :]), (a[..., near, :, :], b[..., near, :, :]))
        a, b = (torch.cat([z[..., :back, :, :], new], -3) for z, new in zip((a, b), later))
        back *= 2
    states = torch.addcmul(b, a, h.unsqueeze(-3))  # (..., L, D, N)
    y = (states @ C.unsqueeze(-1)).squeeze(-1)
    return _skip(y, x, D, dtype), states[..., -1, :, :]


def chunked(x, dt, A, B, C, D=None, state=None) -> tuple[Tensor, Tensor]:
    """The loop, piece by piece. Memory: one state per piece, and one piece."""
    dtype, (x, dt, A, B, C, h) = x.dtype, _wide(x, dt, A, B, C, state)
    lead = x.shape[:-2]
    first = lambda z, *shape: z.expand(*lead, *shape).reshape(-1, *shape).transpose(0, 1)  # time first: (L, batch, .)
    L, channels, N = x.shape[-2], *A.shape
    if not L:
        return _skip(torch.zeros_like(x), x, D, dtype), h
    h = h.expand(*lead, channels, N).reshape(-1, channels, N)
    y, h = _Chunked.apply(first(x, L, channels), first(dt, L, channels), A, first(B, L, N), first(C, L, N), h)
    return _skip(y.transpose(0, 1).reshape(x.shape), x, D, dtype), h.reshape(*lead, channels, N)


class _Chunked(torch.autograd.Function):
    """x, dt (L, batch, D), A (D, N), B, C (L, batch, N), h (batch, D, N) -> y (L, batch, D), h."""

    @staticmethod
    def forward(ctx, x, dt, A, B, C, h):
        size = max(1, min(LONGEST, CACHE // max(1, h.numel())))
        y, starts = torch.empty_like(x, memory_format=torch.contiguous_format), []
        for x_p, dt_p, B_p, C_p, y_p in zip(*(z.split(size) for z in (x, dt, B, C, y))):
            starts.append(h)
            _, states = _piece(x_p, dt_p, A, B_p, h)
            torch.matmul(states, C_p.unsqueeze(-1), out=y_p.unsqueeze(-1))
            h = states[-1].clone()
        ctx.size = size
        ctx.save_for_backward(x, dt, A, B, C, torch.stack(starts))
        return y, h

    @staticmethod
    @once_differentiable
    def backward(ctx, grad_y, grad_h):
        x, dt, A, B, C, starts = ctx.saved_tensors
        grad_x, grad_dt, grad_B, grad_C = (torch.empty_like(z) for z in (x, dt, B, C))
        grad_A, later = torch.zeros_like(A), grad_h  # later: gradient of the last state of the piece
        pieces = zip(*(z.split(ctx.size) for z in (x, dt, B, C, grad_y, grad_x, grad_dt, grad_B, grad_C)))
        for start, (x_p, dt_p, B_p, C_p, gy, gx, gdt, gB, gC) in reversed(list(zip(starts, pieces))):
            decay, states = _piece(x_p, dt_p, A, B_p, start)
            gC.copy_((gy.unsqueeze(-2) @ states).squeeze(-2))
            gh = gy.unsqueeze(-1) * C_p.unsqueeze(-2)  # (l, batch, D, N), from the outputs to each state
            gh[-1] += later
            for t in range(len(gh) - 2, -1, -1):
                gh[t].addcmul_(decay[t + 1], gh[t + 1])
            later = decay[0] * gh[0]
            before = torch.cat([start.unsqueeze(0), states[:-1]])
            exponent = before.mul_(gh).mul_(decay)  # gradient of dt A
            grad_A += torch.einsum("lbdn,lbd->dn", exponent, dt_p)
            written = (gh @ B_p.unsqueeze(-1)).squeeze(-1)  # gradient of dt x
            gdt.copy_((exponent * A).sum(-1).addcmul_(written, x_p))
            gx.copy_(written * dt_p)
            gB.copy_(((dt_p * x_p).unsqueeze(-2) @ gh).squeeze(-2))
        return grad_x, grad_dt, grad_A, grad_B, grad_C, later


def _piece(x, dt, A, B, h) -> tuple[Tensor, Tensor]:
    """Decays and states (l, batch, D, N) of a few tokens after the state h; the states overwrite dt x B."""
    decay = (dt.unsqueeze(-1) * A).exp_()
    states = (dt * x).unsqueeze(-1) * B.unsqueeze(-2)
    for a, s in zip(decay, states):
        h = s.addcmul_(a, h)
    return decay, states


def discretise(x, dt, A, B) -> tuple[Tensor, Tensor]:
    """What each token keeps of the state, and what it writes: (..., L, D, N) each."""
    return (dt.unsqueeze(-1) * A).exp(), (dt * x).unsqueeze(-1) * B.unsqueeze(-2)


def _wide(x, dt, A, B, C, state) -> list[Tensor]:
    """Everything in one dtype, float32 at least; the state is zero if none is given."""
    dtype = torch.promote_types(torch.promote_types(x.dtype, A.dtype), torch.float32)
    h = x.new_zeros(*x.shape[:-2], *A.shape, dtype=dtype) if state is None else state
    return [z.to(dtype) for z in (x, dt, A, B, C, h)]


def _skip(y: Tensor, x: Tensor, D: Tensor | None, dtype: torch.dtype) -> Tensor:
    return (y if D is None else torch.addcmul(y, x, D.to(y.dtype))).to(dtype)
