"""One engine for every linear recurrence with a matrix state.

    S_t = diag(e^{gv_t}) S_{t-1} diag(e^{gk_t}) + w_t k_t^T
    w_t = v_t, or beta_t (v_t - S'_t k_t) with S'_t the decayed state                  (delta rule)
    o_t = S_t q_t, or S_{t-1} q_t + (bonus . k_t . q_t) v_t                            (RWKV)

    L          length               d_k, d_v  channels of keys and values
    q, k       (..., L, d_k)        queries and keys, after whatever map the model applies
    v          (..., L, d_v)        values
    gk         (..., L, d_k or 1)   log decay of the key channels, <= 0; size 1: one decay for the whole state
    gv         (..., L, d_v)        log decay of the value channels, <= 0
    beta       (..., L, 1)          strength of a delta-rule write
    bonus      (..., 1, d_k)        weight of the current token, which S_{t-1} does not hold
    S          (..., d_v, d_k)      state

A model of the table is a `Recurrence`: what to keep, what to write, how to read, on one batch. Four forms run it, and
all have one signature, `form(r, state=None) -> o, state`:

    step       one token: the definition, and what decoding does
    recurrent  a loop over step: O(L) time, one token after another
    chunkwise  matrix products inside chunks, a recurrence between them: O(L) time, the form to train with
    parallel   one chunk as long as the sequence: O(L^2), the masked matrix of the papers

Three ideas carry it. The normaliser u_t is one more row of S, whose value is always 1. A model whose decay differs by
channel *and* state (S4, Mamba) is a set of heads with one value channel. And the delta rule only replaces v with w,
after one triangular solve, so that the rest of a chunk is shared.

No exponent here is ever positive, whatever the decay: cumulative log decays are only ever subtracted from later ones,
and masks come before exponentials (after them the value would be finite and the gradient nan).

Yang et al. 2024, "Gated linear attention transformers", sec. 4, and "Parallelizing linear transformers with the delta
rule", sec. 3; Dao and Gu 2024 (Mamba-2), sec. 6. Departs from them: the halving in `_vector`, which replaces their
second level of chunks.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

# Tokens per chunk, and tokens processed at once, by device. On a CPU a chunk's score matrix stays in the cache, and
# segments take half the time and a quarter of the memory of all chunks at once. On a GPU the cost is the number of
# kernels launched: a few large chunks, all at once, are two to seven times faster (on an H100, chunks of 64 to 512 in
# segments of 2,048 and 16,384).
CHUNK = {"cpu": 64, "cuda": 512}
SEGMENT = {"cpu": 512, "cuda": 1 << 14}
SMALLEST = -40.0  # log of the smallest decay of a chunk: e^-40 is below half a unit in the last place of float64, and
# its products stay above the denormal numbers, which are several times slower to compute with

NARROW = (torch.bfloat16, torch.float16)
TENSORS = ("q", "k", "v", "gk", "gv", "beta", "bonus", "floor", "skip", "m")  # the fields that hold one


class State(NamedTuple):
    """What a model remembers. `m` is the logarithm of the scale of S in an mLSTM, None in every other model."""

    S: Tensor
    m: Tensor | None = None


@dataclass(frozen=True)
class Recurrence:
    """One model on one batch. Axes of size 1 broadcast. How to read:

    normalised   the last row of S is the normaliser u: divide by u . q + eps
    floor        (..., L, 1): divide by max(|u . q|, floor) instead (mLSTM)
    skip         (..., 1, d_v): o = o + skip * v
    m            (..., L, 1): log of the scale of S, handed to the next piece in State.m (mLSTM)
    channelwise  every value channel is a head of its own: q, k, gk are (..., d_v, L, d_k), v is (..., d_v, L, 1)
    """

    q: Tensor
    k: Tensor
    v: Tensor
    gk: Tensor | None = None
    gv: Tensor | None = None
    beta: Tensor | None = None
    bonus: Tensor | None = None
    normalised: bool = False
    floor: Tensor | None = None
    skip: Tensor | None = None
    eps: float = 0.0
    m: Tensor | None = None
    channelwise: bool = False

    @property
    def length(self) -> int:
        return self.v.shape[-2]

    def split(self, size: int) -> Iterator["Recurrence"]:
        """Pieces of `size` tokens. All are split at once: indexing time in a loop has a backward pass of O(L^2)."""
        names = [n for n in ("q", "k", "v", "gk", "gv", "beta", "floor", "m") if _long(self, n)]
        pieces = [getattr(self, n).split(size, -2) for n in names]
        for piece in zip(*pieces):
            yield replace(self, **dict(zip(names, piece)))

    def at_least_float32(self) -> "Recurrence":
        """The same in float32 or wider: in bfloat16, gates and states lose a tenth of the result in 256 steps."""
        wide = {n: x.float() for n in TENSORS if (x := getattr(self, n)) is not None and x.dtype in NARROW}
        return replace(self, **wide) if wide else self


def normalised(q: Tensor, k: Tensor, v: Tensor, **kwargs) -> Recurrence:
    """A recurrence with a normaliser: one more value channel, which is always 1."""
    return Recurrence(q, k, F.pad(v, (0, 1), value=1.0), normalised=True, **kwargs)


def step(r: Recurrence, state: State | None = None) -> tuple[Tensor, State]:
    """One token: r.length is 1. Returns o (..., 1, d_v) and the new state."""
    dtype, r = r.v.dtype, r.at_least_float32()
    S = _start(r, state)
    o, S = _step(r, S)
    return _read(r, o, dtype), _state(r, S, state)


def recurrent(r: Recurrence, state: State | None = None) -> tuple[Tensor, State]:
    """Token by token: the definition in a loop. Returns o (..., L, d_v) and the state after the last token."""
    dtype, r = r.v.dtype, r.at_least_float32()
    S, out = _start(r, state), []
    for token in r.split(1) if r.length else ():
        o, S = _step(token, S)
        out.append(o)
    o = torch.cat(out, -2) if out else _nothing(r, S)
    return _read(r, o, dtype), _state(r, S, state)


def chunkwise(
    r: Recurrence, state: State | None = None, chunk: int | None = None, segment: int | None = None
) -> tuple[Tensor, State]:
    """Chunks of `chunk` tokens (a power of two) by matrix products, with the state carried between them.

    All chunks of `segment` tokens are processed at once. None: what suits the device.
    """
    kind = r.v.device.type
    chunk, segment = chunk or CHUNK.get(kind, CHUNK["cpu"]), segment or SEGMENT.get(kind, SEGMENT["cpu"])
    dtype, r = r.v.dtype, r.at_least_float32()
    S, out = _start(r, state), []
    for part in r.split(max(segment, chunk)) if r.length else ():
        o, S = _segment(part, S, min(chunk, _power_of_two(part.length)))
        out.append(o)
    o = torch.cat(out, -2) if out else _nothing(r, S)
    return _read(r, o, dtype), _state(r, S, state)


def parallel(r: Recurrence, state: State | None = None) -> tuple[Tensor, State]:
    """All pairs at once: the sequence is one chunk. O(L^2) time and memory."""
    whole = _power_of_two(r.length)
    return chunkwise(r, state, chunk=whole, segment=whole)


# ------------------------------------------------------------------ one token


def _step(r: Recurrence, S: Tensor) -> tuple[Tensor, Tensor]:
    old, k, v = S, r.k, r.v  # (..., d_v, d_k), (..., 1, d_k), (..., 1, d_v)
    if r.gk is not None:
        S = S * r.gk.exp()  # columns
    if r.gv is not None:
        S = S * r.gv.exp().mT  # rows
    if r.beta is not None:
        v = r.beta * (v - k @ S.mT)
    S = torch.addcmul(S, v.mT, k)  # one pass over the state, which is all that a step costs
    if r.bonus is None:
        return r.q @ S.mT, S  # (..., 1, d_v)
    return r.q @ old.mT + (r.bonus * k * r.q).sum(-1, keepdim=True) * v, S


# ------------------------------------------------------------------ one segment: a chunk is one big step


def _segment(r: Recurrence, S: Tensor, C: int) -> tuple[Tensor, Tensor]:
    """n chunks of C tokens at once; only `S <- decayed S - S M + N` goes from chunk to chunk."""
    q, k, w, gk, gv, beta = (_chunks(x, r.length, C) for x in (r.q, r.k, r.v, r.gk, r.gv, r.beta))
    if gk is None and gv is None and beta is None and r.bonus is None:
        o, S = _without_decay(q, k, w, S)
        return _unchunk(o, r.length), S
    gk = torch.zeros_like(w[..., :1]) if gk is None else gk
    own = (q * k * (1 if r.bonus is None else r.bonus.unsqueeze(-3))).sum(-1, keepdim=True)  # (..., n, C, 1)
    form = _scalar if gk.shape[-1] == 1 and gv is None else _vector
    return _join(r, S, *form(q, k, w, gk, gv, beta, own, r.bonus is not None))


def _join(r, S, o, q_in, read_decay, k_out, w, keep, M) -> tuple[Tensor, Tensor]:
    """Add to `o`, what a chunk reads from itself, what it reads from the chunks before it."""
    starts, S = _carry(S, keep, M, w.mT @ k_out)
    read = q_in @ starts.mT
    return _unchunk(o + (read if read_decay is None else read * read_decay), r.length), S


def _scalar(q, k, w, gk, gv, beta, own, before):
    """One decay for the whole state: the chunk is a masked matrix of scores. With beta, the delta rule."""
    G = gk.double().cumsum(-2)  # float64: a weak decay after a strong one would be lost in the sum
    # RWKV reads S_{t-1}: before the decay and the write of its own token.
    Gq = G - gk.double() if before else G
    past = torch.ones(G.shape[-2], G.shape[-2], dtype=torch.bool, device=q.device).tril(-1)
    decay = _decay(Gq - G.mT, q.dtype, past)  # (..., n, C, C)
    scores = (q @ k.mT) * decay
    since, until = _decay(Gq, q.dtype), _decay(G[..., -1:, :] - G, q.dtype)
    q_in, k_out, M = q * since, k * until, None  # as seen from the chunk's start, and from its end
    if beta is not None:
        w, back = _delta(k, w, beta, _decay(G, q.dtype), decay)
        q_in, M = q_in - scores @ back - own * back, back.mT @ k_out
    return scores @ w + own * w, q_in, None, k_out, w, _decay(G[..., -1:, :], q.dtype), M


def _decay(total: Tensor, dtype: torch.dtype | None = None, mask: Tensor | None = None) -> Tensor:
    """e^total, 0 where the mask is False. Masked before the exponential: after it, the gradient would be nan."""
    total = total.to(dtype or total.dtype).clamp(min=SMALLEST)
    return (total if mask is None else total.masked_fill(~mask, -torch.inf)).exp()


def _vector(q, k, w, gk, gv, beta, own, before):
    """A decay per channel, by halving.

    The right half of a block reads the left half through the boundary between them, so that both exponents, from the
    key to the boundary and from the boundary to the query, are negative. Then each half is a block in turn: log2(C)
    batched products. Sums of log decays grow with the blocks and are never subtracted, which would cost all their
    precision.
    """
    if beta is not None:
        raise NotImplementedError("The delta rule with a decay per channel has no chunkwise form: use recurrent().")
    key, value = _Sums(gk, before), None if gv is None else _Sums(gv, before)
    o, b = own * w, 1
    while b < q.shape[-2]:
        (_, q_r), (k_l, _), (w_l, _) = (_halves(x, b) for x in (q, k, w))
        (_, to_query), (from_key, _) = key.halves(b)
        new = (q_r * _decay(to_query)) @ (k_l * _decay(from_key)).mT
        if value is None:
            new = new @ w_l
        else:
            (_, to_read), (from_write, _) = value.halves(b)
            new = (new @ (w_l * _decay(from_write))) * _decay(to_read)
            value.double_blocks(b)
        o = o + torch.stack([torch.zeros_like(new), new], -3).flatten(-4, -2)
        key.double_blocks(b)
        b *= 2
    q_in, k_out, keep = q * _decay(key.since), k * _decay(key.until), _decay(key.total)
    if value is None:
        return o, q_in, None, k_out, w, keep, None
    return o, q_in, _decay(value.since), k_out, w * _decay(value.until), keep * _decay(value.total).mT, None


class _Sums:
    """Sums of log decays inside blocks that double: `since` the block's start (for reading), `until` its end (from a
    write, without its own decay), and `total`, of the whole block. Starts with blocks of one token."""

    def __init__(self, g: Tensor, before: bool):
        self.since, self.until, self.total = torch.zeros_like(g) if before else g, torch.zeros_like(g), g

    def halves(self, b: int):
        return _halves(self.since, b), _halves(self.until, b)

    def double_blocks(self, b: int):
        left, right = self.total.unflatten(-2, (-1, 2)).unbind(-2)  # (..., blocks, d)
        (since_l, since_r), (until_l, until_r) = self.halves(b)
        join = lambda x, y: torch.stack([x, y], -3).flatten(-4, -2)
        self.since = join(since_l, since_r + left.unsqueeze(-2))
        self.until = join(until_l + right.unsqueeze(-2), until_r)
        self.total = left + right


def _without_decay(q: Tensor, k: Tensor, v: Tensor, S: Tensor) -> tuple[Tensor, Tensor]:
    """Nothing decays: the state at a chunk's start is a plain cumulative sum."""
    written = torch.cat([S.unsqueeze(-3), v.mT @ k], -3).cumsum(-3)  # (..., n + 1, d_v, d_k)
    starts, S = written[..., :-1, :, :], written[..., -1, :, :]
    return (q @ k.mT).tril() @ v + q @ starts.mT, S


def _delta(k: Tensor, v: Tensor, beta: Tensor, since: Tensor, decay: Tensor) -> tuple[Tensor, Tensor]:
    """What the delta rule writes, w = own - back S: (I + beta tril(k k^T decay)) [own, back] = beta [v, since k]."""
    right = torch.cat([v, k * since], -1) * beta
    solved = torch.linalg.solve_triangular((k @ k.mT) * decay * beta, right, upper=False, unitriangular=True)
    return solved.split([v.shape[-1], k.shape[-1]], -1)


def _halves(x: Tensor, b: int) -> tuple[Tensor, Tensor]:
    """Left and right halves, of b tokens, of every block of 2 b."""
    return x.unflatten(-2, (-1, 2, b)).unbind(-3)


def _carry(S: Tensor, keep: Tensor, M: Tensor | None, N: Tensor) -> tuple[Tensor, Tensor]:
    """The states at the starts of all chunks (..., n, d_v, d_k), and the one after the last."""
    starts, n = [], N.shape[-3]
    keep = keep.expand(*keep.shape[:-3], n, *keep.shape[-2:]).unbind(-3)
    erased = [None] * n if M is None else M.unbind(-3)
    for decay, new, erase in zip(keep, N.unbind(-3), erased):
        starts.append(S)
        S = S * decay + new if erase is None else S * decay - S @ erase + new
    return torch.stack([s.expand(S.shape) for s in starts], -3), S


# ------------------------------------------------------------------ shapes


def _chunks(x: Tensor | None, L: int, C: int) -> Tensor | None:
    """(..., L or 1, d) -> (..., n, C, d). The padding has k = 0 and log decay 0: it writes and forgets nothing."""
    if x is None:
        return None
    x = x.expand(*x.shape[:-2], L, x.shape[-1])
    return F.pad(x, (0, 0, 0, -L % C)).unflatten(-2, (-1, C))


def _unchunk(o: Tensor, L: int) -> Tensor:
    return o.flatten(-3, -2)[..., :L, :]


def _power_of_two(n: int) -> int:
    return 1 << max(n - 1, 0).bit_length()


def _start(r: Recurrence, state: State | None) -> Tensor:
    if state is not None:
        return _wide(state.S).unsqueeze(-2) if r.channelwise else _wide(state.S)
    # torch.broadcast_shapes would import sympy, which takes most of a second.
    lead = np.broadcast_shapes(*(x.shape[:-2] for x in (r.q, r.k, r.v, r.gk, r.gv, r.beta) if x is not None))
    return r.v.new_zeros(*lead, r.v.shape[-1], r.q.shape[-1])


def _state(r: Recurrence, S: Tensor, before: State | None) -> State:
    """The state to hand on, with the last m, or the previous one if there was no token."""
    m = before.m if before else None
    if r.m is not None and r.m.shape[-2]:
        m = r.m[..., -1:, :]
    return State(S.squeeze(-2) if r.channelwise else S, m)


def _nothing(r: Recurrence, S: Tensor) -> Tensor:
    return r.v.expand(*S.shape[:-2], 0, r.v.shape[-1])


def _read(r: Recurrence, o: Tensor, dtype: torch.dtype) -> Tensor:
    v = None if r.skip is None else r.v[..., :-1] if r.normalised else r.v
    if r.normalised:
        o, z = o.split([o.shape[-1] - 1, 1], -1)
        o = o / (z + r.eps if r.floor is None else torch.maximum(z.abs(), r.floor))
    if r.channelwise:
        o, v = o.squeeze(-1).mT, None if v is None else v.squeeze(-1).mT  # (..., L, d_v)
    return (o if v is None else o + r.skip * v).to(dtype)


def _wide(x: Tensor) -> Tensor:
    return x.float() if x.dtype in NARROW else x


def _long(r: Recurrence, name: str) -> bool:
    x = getattr(r, name)
    return x is not None and (x.shape[-2] > 1 or r.length == 1)
