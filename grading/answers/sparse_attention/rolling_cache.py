"""Answers to rolling-cache, written without a look at its private half."""

import torch
import torch.nn.functional as F

from grading.answers import answer


def put(K, at, k):
    return torch.cat([K[..., :at, :], k[..., None, :], K[..., at + 1 :, :]], -2)


def read(q, K, V, scale=None):
    return F.scaled_dot_product_attention(q[..., None, :], K, V, scale=scale)[..., 0, :]


def slot(K, t, sinks):
    return t if t < sinks else sinks + (t - sinks) % (K.shape[-2] - sinks)


@answer("rolling-cache", "t % slots", "wrong")
def _(q, k, v, K, V, t, sinks):
    at = t % K.shape[-2]
    K, V = put(K, at, k), put(V, at, v)
    return read(q, K[..., : t + 1, :], V[..., : t + 1, :]), K, V


@answer("rolling-cache", "drops the oldest of all", "wrong")
def _(q, k, v, K, V, t, sinks):
    K, V = torch.cat([K[..., 1:, :], k[..., None, :]], -2), torch.cat([V[..., 1:, :], v[..., None, :]], -2)
    full = min(t + 1, K.shape[-2])
    return read(q, K[..., -full:, :], V[..., -full:, :]), K, V


@answer("rolling-cache", "reads empty slots", "wrong")
def _(q, k, v, K, V, t, sinks):
    at = slot(K, t, sinks)
    K, V = put(K, at, k), put(V, at, v)
    return read(q, K, V), K, V


@answer("rolling-cache", "sinks + t % w", "wrong")
def _(q, k, v, K, V, t, sinks):
    at = t if t < sinks else sinks + t % (K.shape[-2] - sinks)
    K, V = put(K, at, k), put(V, at, v)
    return read(q, K[..., : t + 1, :], V[..., : t + 1, :]), K, V


@answer("rolling-cache", "turns of all slots: (t - sinks) % slots", "wrong")
def _(q, k, v, K, V, t, sinks):
    at = t if t < K.shape[-2] else max(sinks, (t - sinks) % K.shape[-2])
    K, V = put(K, at, k), put(V, at, v)
    return read(q, K[..., : t + 1, :], V[..., : t + 1, :]), K, V


@answer("rolling-cache", "writes into the old cache", "wrong")
def _(q, k, v, K, V, t, sinks):
    at = slot(K, t, sinks)
    K[..., at, :], V[..., at, :] = k, v
    return read(q, K[..., : t + 1, :], V[..., : t + 1, :]), K, V


@answer("rolling-cache", "reads the old cache", "wrong")
def _(q, k, v, K, V, t, sinks):
    at = slot(K, t, sinks)
    new_K, new_V = put(K, at, k), put(V, at, v)
    return read(q, K[..., : t + 1, :], V[..., : t + 1, :]), new_K, new_V


@answer("rolling-cache", "a cache that grows", "wrong")
def _(q, k, v, K, V, t, sinks):
    K, V = torch.cat([K, k[..., None, :]], -2), torch.cat([V, v[..., None, :]], -2)
    return read(q, K[..., -(t + 1) :, :], V[..., -(t + 1) :, :]), K, V


@answer("rolling-cache", "reads t slots, not t + 1", "wrong")
def _(q, k, v, K, V, t, sinks):
    at = slot(K, t, sinks)
    K, V = put(K, at, k), put(V, at, v)
    return read(q, K[..., : max(t, 1), :], V[..., : max(t, 1), :]), K, V


@answer("rolling-cache", "no sinks: the window is the whole cache less the sinks", "wrong")
def _(q, k, v, K, V, t, sinks):
    w = K.shape[-2] - sinks
    K, V = put(K, t % w, k), put(V, t % w, v)
    full = min(t + 1, w)
    return read(q, K[..., :full, :], V[..., :full, :]), K, V


@answer("rolling-cache", "no scale", "wrong")
def _(q, k, v, K, V, t, sinks):
    at = slot(K, t, sinks)
    K, V = put(K, at, k), put(V, at, v)
    return read(q, K[..., : t + 1, :], V[..., : t + 1, :], scale=1.0), K, V


@answer("rolling-cache", "the value goes into both", "wrong")
def _(q, k, v, K, V, t, sinks):
    at = slot(K, t, sinks)
    K, V = put(K, at, v), put(V, at, v)
    return read(q, K[..., : t + 1, :], V[..., : t + 1, :]), K, V


@answer("rolling-cache", "o has an axis too many", "wrong")
def _(q, k, v, K, V, t, sinks):
    at = slot(K, t, sinks)
    K, V = put(K, at, k), put(V, at, v)
    o = F.scaled_dot_product_attention(q[..., None, :], K[..., : t + 1, :], V[..., : t + 1, :])
    return o, K, V


@answer("rolling-cache", "stops at a full cache", "wrong")
def _(q, k, v, K, V, t, sinks):
    if t < K.shape[-2]:
        K, V = put(K, t, k), put(V, t, v)
    return read(q, K[..., : t + 1, :], V[..., : t + 1, :]), K, V


@answer("rolling-cache", "drops the newest: writes the last slot", "wrong")
def _(q, k, v, K, V, t, sinks):
    at = min(t, K.shape[-2] - 1)
    K, V = put(K, at, k), put(V, at, v)
    return read(q, K[..., : t + 1, :], V[..., : t + 1, :]), K, V


@answer("rolling-cache", "returns o alone", "wrong")
def _(q, k, v, K, V, t, sinks):
    at = slot(K, t, sinks)
    K, V = put(K, at, k), put(V, at, v)
    return read(q, K[..., : t + 1, :], V[..., : t + 1, :])


@answer("rolling-cache", "caches returned in the other order", "wrong")
def _(q, k, v, K, V, t, sinks):
    at = slot(K, t, sinks)
    K, V = put(K, at, k), put(V, at, v)
    return read(q, K[..., : t + 1, :], V[..., : t + 1, :]), V, K


@answer("rolling-cache", "shifts the window", "right")
def _(q, k, v, K, V, t, sinks):
    def shift(C, c):
        if t < C.shape[-2]:
            return put(C, t, c)
        return torch.cat([C[..., :sinks, :], C[..., sinks + 1 :, :], c[..., None, :]], -2)

    K, V = shift(K, k), shift(V, v)
    return read(q, K[..., : t + 1, :], V[..., : t + 1, :]), K, V


@answer("rolling-cache", "the newest first", "right")
def _(q, k, v, K, V, t, sinks):
    def shift(C, c):
        if t < sinks:
            return put(C, t, c)
        return torch.cat([C[..., :sinks, :], c[..., None, :], C[..., sinks:-1, :]], -2)

    K, V = shift(K, k), shift(V, v)
    return read(q, K[..., : t + 1, :], V[..., : t + 1, :]), K, V
