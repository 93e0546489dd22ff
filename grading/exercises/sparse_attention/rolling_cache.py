"""The private half of rolling-cache."""

import torch
import torch.nn.functional as F
from llmcourse.attention.rolling import RollingCache
from llmcourse.checks.labs.sparse_attention.rolling_cache import text

from grading.exercises import misconception, reference, variant

CASES = {
    "a longer text": text(T=24, d=3, w=4, sinks=2),
    "a window of one key": text(3, T=7, d=2, w=1, sinks=2),
    "exactly full": text(T=5, d=2, w=3, sinks=2),
}


@reference
def cache_step(q, k, v, K, V, t, sinks):
    at = RollingCache(sinks, K.shape[-2] - sinks, (), 1).slot(t)
    here = (torch.arange(K.shape[-2]) == at)[:, None]
    K, V = torch.where(here, k.unsqueeze(-2), K), torch.where(here, v.unsqueeze(-2), V)
    full = min(t + 1, K.shape[-2])
    o = F.scaled_dot_product_attention(q.unsqueeze(-2), K[..., :full, :], V[..., :full, :])
    return o.squeeze(-2), K, V


@variant
def shifted(q, k, v, K, V, t, sinks):
    """The oldest token of the window is dropped, and the others move up."""

    def keep(cache, new):
        if t < cache.shape[-2]:
            return torch.cat([cache[..., :t, :], new.unsqueeze(-2), cache[..., t + 1 :, :]], -2)
        return torch.cat([cache[..., :sinks, :], cache[..., sinks + 1 :, :], new.unsqueeze(-2)], -2)

    K, V = keep(K, k), keep(V, v)
    scores = (K[..., : t + 1, :] * q.unsqueeze(-2)).sum(-1) / q.shape[-1] ** 0.5
    return (scores.softmax(-1).unsqueeze(-1) * V[..., : t + 1, :]).sum(-2), K, V


@variant
def masked(q, k, v, K, V, t, sinks):
    at = t if t < sinks else sinks + (t - sinks) % (K.shape[-2] - sinks)
    K, V = K.clone(), V.clone()
    K[..., at, :], V[..., at, :] = k, v
    scores = (K @ q[..., None])[..., 0] * q.shape[-1] ** -0.5
    scores = scores.masked_fill(torch.arange(K.shape[-2]) > t, -torch.inf)
    return (scores.softmax(-1)[..., None, :] @ V)[..., 0, :], K, V


@misconception(
    says="the answer in which all slots take turns: the sinks are overwritten",
    hint="The first `sinks` slots keep the first tokens for ever: only the others take turns.",
)
def sinks_overwritten(q, k, v, K, V, t, sinks):
    K, V, at, full = K.clone(), V.clone(), t % K.shape[-2], min(t + 1, K.shape[-2])
    K[..., at, :], V[..., at, :] = k, v
    o = F.scaled_dot_product_attention(q.unsqueeze(-2), K[..., :full, :], V[..., :full, :])
    return o.squeeze(-2), K, V


@misconception(
    says="the answer in which slots that hold nothing yet take part in the softmax",
    hint="The zeros of an empty slot have a score of 0, and e^0 = 1: read only the first `t + 1` slots.",
)
def empty_slots_count(q, k, v, K, V, t, sinks):
    K, V, at = K.clone(), V.clone(), t if t < sinks else sinks + (t - sinks) % (K.shape[-2] - sinks)
    K[..., at, :], V[..., at, :] = k, v
    return F.scaled_dot_product_attention(q.unsqueeze(-2), K, V).squeeze(-2), K, V


@misconception(
    says="the answer whose turns are counted from token 0: token t goes to slot `sinks + t % w`",
    hint="The first token that takes a turn is token `sinks`: `sinks + (t - sinks) % w`.",
)
def turns_from_the_start(q, k, v, K, V, t, sinks):
    K, V, at = K.clone(), V.clone(), t if t < sinks else sinks + t % (K.shape[-2] - sinks)
    K[..., at, :], V[..., at, :] = k, v
    full = min(t + 1, K.shape[-2])
    o = F.scaled_dot_product_attention(q.unsqueeze(-2), K[..., :full, :], V[..., :full, :])
    return o.squeeze(-2), K, V


@misconception(
    says="the answer that reads before it writes: a token does not see itself",
    hint="Write k and v first, then read.",
)
def reads_first(q, k, v, K, V, t, sinks):
    at, full = t if t < sinks else sinks + (t - sinks) % (K.shape[-2] - sinks), min(t, K.shape[-2])
    o = F.scaled_dot_product_attention(q.unsqueeze(-2), K[..., :full, :], V[..., :full, :]).squeeze(-2)
    K, V = K.clone(), V.clone()
    K[..., at, :], V[..., at, :] = k, v
    return o, K, V


@misconception(
    says="the answer that keeps the sinks and does not read them once the window has moved on",
    hint="A query reads the whole cache: the sinks and the window.",
)
def sinks_not_read(q, k, v, K, V, t, sinks):
    K, V, at = K.clone(), V.clone(), t if t < sinks else sinks + (t - sinks) % (K.shape[-2] - sinks)
    K[..., at, :], V[..., at, :] = k, v
    first, full = (0 if t < sinks else sinks), min(t + 1, K.shape[-2])
    o = F.scaled_dot_product_attention(q.unsqueeze(-2), K[..., first:full, :], V[..., first:full, :])
    return o.squeeze(-2), K, V


@misconception(
    says="the answer whose cache grows: it reads the whole text",
    hint="The cache keeps its number of slots: a new token takes the place of the oldest one that is no sink.",
)
def grows(q, k, v, K, V, t, sinks):
    K, V = torch.cat([K[..., : max(t, 0), :], k.unsqueeze(-2)], -2), torch.cat([V[..., :t, :], v.unsqueeze(-2)], -2)
    return F.scaled_dot_product_attention(q.unsqueeze(-2), K, V).squeeze(-2), K, V


@misconception(
    says="the answer without the scale 1 / sqrt(d)",
    hint="Divide the scores by the square root of the number of channels.",
)
def without_scale(q, k, v, K, V, t, sinks):
    K, V, at = K.clone(), V.clone(), t if t < sinks else sinks + (t - sinks) % (K.shape[-2] - sinks)
    K[..., at, :], V[..., at, :] = k, v
    full = min(t + 1, K.shape[-2])
    o = F.scaled_dot_product_attention(q.unsqueeze(-2), K[..., :full, :], V[..., :full, :], scale=1.0)
    return o.squeeze(-2), K, V


@misconception(
    says="the answer that stops writing when the cache is full",
    hint="From then on the slots after the sinks take turns: `sinks + (t - sinks) % w`.",
)
def stops_when_full(q, k, v, K, V, t, sinks):
    K, V, full = K.clone(), V.clone(), min(t + 1, K.shape[-2])
    if t < K.shape[-2]:
        K[..., t, :], V[..., t, :] = k, v
    o = F.scaled_dot_product_attention(q.unsqueeze(-2), K[..., :full, :], V[..., :full, :])
    return o.squeeze(-2), K, V


@misconception(
    says="the answer that always overwrites the last slot once the cache is full",
    hint="The slots after the sinks take turns, the oldest first: `sinks + (t - sinks) % w`.",
)
def last_slot_only(q, k, v, K, V, t, sinks):
    K, V, full = K.clone(), V.clone(), min(t + 1, K.shape[-2])
    K[..., full - 1, :], V[..., full - 1, :] = k, v
    o = F.scaled_dot_product_attention(q.unsqueeze(-2), K[..., :full, :], V[..., :full, :])
    return o.squeeze(-2), K, V


EQUIVALENT = {"0 -> -1": "one query reads one row: the first is the last"}
