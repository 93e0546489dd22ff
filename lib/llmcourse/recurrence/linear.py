"""Linear attention, written out: softmax attention with the exponential replaced by a feature map.

    L     length            d_k, d_v  channels of keys and values
    q, k  (..., L, d_k)     queries and keys, after the feature map
    v     (..., L, d_v)     values
    S     (..., d_v, d_k)   state: the sum of v k^T over the past
    u     (..., d_k)        normaliser: the sum of k over the past
    z     (..., L, d_v)     output

Katharopoulos et al. 2020, "Transformers are RNNs", eqs. 4-12 and 16-20. Departs from the paper: an eps in the
normaliser, since positive features may still underflow; it matters only where the sum of weights is near EPS.

`normalise=False` leaves the division out (Schlag et al. 2021). engine.py runs the causal form, and all its relatives,
fast; this file is the one to read.
"""

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

EPS = 1e-6  # added to a normaliser of positive features, which may underflow


class State(NamedTuple):
    """What is remembered of the past, in at least float32: sums of many small terms."""

    S: Tensor
    u: Tensor


def pairs(q: Tensor, k: Tensor, v: Tensor, causal: bool = False, normalise: bool = True) -> Tensor:
    """The definition: every weight computed. O(L^2 d) time, O(L^2) memory; slow on purpose."""
    weights = q @ k.mT  # (..., L, L)
    weights = weights.tril() if causal else weights
    z = weights @ v
    return z / (weights.sum(-1, keepdim=True) + EPS) if normalise else z


def brackets(q: Tensor, k: Tensor, v: Tensor, normalise: bool = True) -> tuple[Tensor, State]:
    """The same without a mask, with the brackets moved: Q (K^T V). O(L d_k d_v) time."""
    state = _write(empty(q, k, v), k, v)
    return _read(q, state, normalise).to(v.dtype), state


def step(q: Tensor, k: Tensor, v: Tensor, state: State | None = None, normalise: bool = True):
    """One token, causal: q, k (..., d_k), v (..., d_v). Returns z (..., d_v) and the new state."""
    z, state = recurrent(q.unsqueeze(-2), k.unsqueeze(-2), v.unsqueeze(-2), state, normalise)
    return z.squeeze(-2), state


def recurrent(q: Tensor, k: Tensor, v: Tensor, state: State | None = None, normalise: bool = True):
    """Token by token: write, then read. O(L d_k d_v) time, one state in memory. Returns z and the last state."""
    state, z = state or empty(q, k, v), []
    for q_t, k_t, v_t in zip(*(x.split(1, dim=-2) for x in (q, k, v))):  # never index time: its backward is O(L^2)
        state = _write(state, k_t, v_t)
        z.append(_read(q_t, state, normalise))
    return (torch.cat(z, dim=-2).to(v.dtype) if z else v), state


def parallel(q: Tensor, k: Tensor, v: Tensor, state: State | None = None, normalise: bool = True):
    """All pairs under a causal mask, and the past before them from the state: O(L^2 d). Returns z and the new state."""
    state = state or empty(q, k, v)
    weights = (q @ k.mT).tril().to(state.S.dtype)  # (..., L, L)
    z = weights @ v.to(weights.dtype) + q.to(weights.dtype) @ state.S.mT
    if normalise:
        z = z / (weights.sum(-1, keepdim=True) + q.to(weights.dtype) @ state.u.unsqueeze(-1) + EPS)
    return z.to(v.dtype), _write(state, k, v)


def empty(q: Tensor, k: Tensor, v: Tensor) -> State:
    """The state before the first token."""
    lead = np.broadcast_shapes(q.shape[:-2], k.shape[:-2], v.shape[:-2])
    dtype = torch.promote_types(v.dtype, torch.float32)
    zeros = lambda *shape: torch.zeros(*lead, *shape, dtype=dtype, device=v.device)
    return State(zeros(v.shape[-1], k.shape[-1]), zeros(k.shape[-1]))


def _write(state: State, k: Tensor, v: Tensor) -> State:
    k, v = k.to(state.S.dtype), v.to(state.S.dtype)
    return State(state.S + v.mT @ k, state.u + k.sum(-2))


def _read(q: Tensor, state: State, normalise: bool) -> Tensor:
    q = q.to(state.S.dtype)
    z = q @ state.S.mT
    return z / (q @ state.u.unsqueeze(-1) + EPS) if normalise else z
