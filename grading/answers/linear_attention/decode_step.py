"""Answers to decode-step by people who have not seen its private half."""

import torch
import torch.nn.functional as F

from grading.answers import answer


def phi(x):
    return F.elu(x) + 1


def outer(v, k):
    return v[..., :, None] * k[..., None, :]


def read(S, u, q):
    return (S @ q[..., None])[..., 0] / (u * q).sum(-1, keepdim=True)


@answer("decode-step", "no feature map at all", "wrong")
def _(q, k, v, S, u):
    S, u = S + outer(v, k), u + k
    return read(S, u, q), S, u


@answer("decode-step", "the map on k only", "wrong")
def _(q, k, v, S, u):
    k = phi(k)
    S, u = S + outer(v, k), u + k
    return read(S, u, q), S, u


@answer("decode-step", "the map on q only", "wrong")
def _(q, k, v, S, u):
    S, u = S + outer(v, k), u + k
    return read(S, u, phi(q)), S, u


@answer("decode-step", "elu without + 1", "wrong")
def _(q, k, v, S, u):
    q, k = F.elu(q), F.elu(k)
    S, u = S + outer(v, k), u + k
    return read(S, u, q), S, u


@answer("decode-step", "elu(x + 1)", "wrong")
def _(q, k, v, S, u):
    q, k = F.elu(q + 1), F.elu(k + 1)
    S, u = S + outer(v, k), u + k
    return read(S, u, q), S, u


@answer("decode-step", "relu + 1", "wrong")
def _(q, k, v, S, u):
    q, k = F.relu(q) + 1, F.relu(k) + 1
    S, u = S + outer(v, k), u + k
    return read(S, u, q), S, u


@answer("decode-step", "exp as the map", "wrong")
def _(q, k, v, S, u):
    q, k = q.exp(), k.exp()
    S, u = S + outer(v, k), u + k
    return read(S, u, q), S, u


@answer("decode-step", "the map on v too", "wrong")
def _(q, k, v, S, u):
    q, k, v = phi(q), phi(k), phi(v)
    S, u = S + outer(v, k), u + k
    return read(S, u, q), S, u


@answer("decode-step", "reads before the write", "wrong")
def _(q, k, v, S, u):
    q, k = phi(q), phi(k)
    z = read(S, u, q)
    return z, S + outer(v, k), u + k


@answer("decode-step", "u gets the raw k", "wrong")
def _(q, k, v, S, u):
    S, u = S + outer(v, phi(k)), u + k
    return read(S, u, phi(q)), S, u


@answer("decode-step", "u not updated", "wrong")
def _(q, k, v, S, u):
    S = S + outer(v, phi(k))
    return read(S, u, phi(q)), S, u


@answer("decode-step", "the u before this token in the denominator", "wrong")
def _(q, k, v, S, u):
    q, k = phi(q), phi(k)
    S = S + outer(v, k)
    return read(S, u, q), S, u + k


@answer("decode-step", "no normaliser", "wrong")
def _(q, k, v, S, u):
    q, k = phi(q), phi(k)
    S, u = S + outer(v, k), u + k
    return (S @ q[..., None])[..., 0], S, u


@answer("decode-step", "S in place", "wrong")
def _(q, k, v, S, u):
    q, k = phi(q), phi(k)
    S += outer(v, k)
    u += k
    return read(S, u, q), S, u


@answer("decode-step", "elu in place on the caller's q and k", "wrong")
def _(q, k, v, S, u):
    q, k = F.elu(q, inplace=True) + 1, F.elu(k, inplace=True) + 1
    S, u = S + outer(v, k), u + k
    return read(S, u, q), S, u


@answer("decode-step", "torch.outer: only without a batch", "wrong")
def _(q, k, v, S, u):
    q, k = phi(q), phi(k)
    S, u = S + torch.outer(v, k), u + k
    return S @ q / (u @ q), S, u


@answer("decode-step", "k v^T added to S, and read with the transpose", "wrong")
def _(q, k, v, S, u):
    q, k = phi(q), phi(k)
    S, u = S.mT + outer(k, v), u + k
    return (q[..., None, :] @ S)[..., 0, :] / (u * q).sum(-1, keepdim=True), S, u


@answer("decode-step", "sum of u * q over everything, batch and all", "wrong")
def _(q, k, v, S, u):
    q, k = phi(q), phi(k)
    S, u = S + outer(v, k), u + k
    return (S @ q[..., None])[..., 0] / (u * q).sum(), S, u


@answer("decode-step", "z and the old state returned", "wrong")
def _(q, k, v, S, u):
    q, k = phi(q), phi(k)
    return read(S + outer(v, k), u + k, q), S, u


@answer("decode-step", "S overwritten", "wrong")
def _(q, k, v, S, u):
    q, k = phi(q), phi(k)
    S, u = outer(v, k), u + k
    return read(S, u, q), S, u


@answer("decode-step", "returns S, u, z", "wrong")
def _(q, k, v, S, u):
    q, k = phi(q), phi(k)
    S, u = S + outer(v, k), u + k
    return S, u, read(S, u, q)


@answer("decode-step", "z with a trailing axis of one", "wrong")
def _(q, k, v, S, u):
    q, k = phi(q), phi(k)
    S, u = S + outer(v, k), u + k
    return S @ q[..., None] / (u * q).sum(-1)[..., None, None], S, u


@answer("decode-step", "queries and keys exchanged", "wrong")
def _(q, k, v, S, u):
    q, k = phi(k), phi(q)
    S, u = S + outer(v, k), u + k
    return read(S, u, q), S, u


@answer("decode-step", "the map applied to the state as well", "wrong")
def _(q, k, v, S, u):
    q, k = phi(q), phi(k)
    S, u = S + outer(v, k), u + k
    return read(S, phi(u), q), S, u


@answer("decode-step", "an epsilon of 0.001 in the denominator", "wrong")
def _(q, k, v, S, u):
    q, k = phi(q), phi(k)
    S, u = S + outer(v, k), u + k
    return (S @ q[..., None])[..., 0] / ((u * q).sum(-1, keepdim=True) + 1e-3), S, u


@answer("decode-step", "the state detached: no gradient into the past", "wrong")
def _(q, k, v, S, u):
    q, k = phi(q), phi(k)
    S, u = S.detach() + outer(v, k), u.detach() + k
    return read(S, u, q), S, u


@answer("decode-step", "elu written by hand, wrong branch: exp(x) - 1 + x", "wrong")
def _(q, k, v, S, u):
    q, k = (torch.where(x > 0, x, x.exp() - 1 + x) + 1 for x in (q, k))
    S, u = S + outer(v, k), u + k
    return read(S, u, q), S, u


@answer("decode-step", "leaves the last two axes of z to the division: d_v by d_v", "wrong")
def _(q, k, v, S, u):
    q, k = phi(q), phi(k)
    S, u = S + outer(v, k), u + k
    return ((S * q[..., None, :]) / (u * q)[..., None, :]).sum(-1), S, u


@answer("decode-step", "where and exp for the map", "right")
def _(q, k, v, S, u):
    q, k = (torch.where(x > 0, x + 1, x.clamp(max=0).exp()) for x in (q, k))
    S, u = S + outer(v, k), u + k
    return read(S, u, q), S, u


@answer("decode-step", "relu plus exp of the negative part", "right")
def _(q, k, v, S, u):
    q, k = (F.relu(x) + x.clamp(max=0).exp() for x in (q, k))
    S, u = S + v.unsqueeze(-1) @ k.unsqueeze(-2), u + k
    return torch.matmul(S, q.unsqueeze(-1)).squeeze(-1) / (u * q).sum(-1).unsqueeze(-1), S, u


@answer("decode-step", "einsum, torch.nn.ELU", "right")
def _(q, k, v, S, u):
    elu = torch.nn.ELU()
    q, k = elu(q) + 1, elu(k) + 1
    S, u = S + torch.einsum("...v,...k->...vk", v, k), u + k
    return torch.einsum("...vk,...k->...v", S, q) / torch.einsum("...k,...k->...", u, q)[..., None], S, u


@answer("decode-step", "reads old state and own token separately", "right")
def _(q, k, v, S, u):
    q, k = phi(q), phi(k)
    own = (q * k).sum(-1, keepdim=True)
    z = ((S @ q[..., None])[..., 0] + own * v) / ((u * q).sum(-1, keepdim=True) + own)
    return z, S + outer(v, k), u + k


@answer("decode-step", "float64 inside, clones changed in place", "right")
def _(q, k, v, S, u):
    q, k, w = phi(q.double()), phi(k.double()), v.double()
    T, n = S.double().clone(), u.double().clone()
    T += outer(w, k)
    n += k
    return read(T, n, q).to(v.dtype), T.to(S.dtype), n.to(u.dtype)


@answer("decode-step", "celu is elu at alpha 1; baddbmm-like multiplication", "right")
def _(q, k, v, S, u):
    q, k = F.celu(q) + 1, F.celu(k) + 1
    S, u = S.addcmul(v[..., None].expand_as(S), k[..., None, :].expand_as(S)), u.add(k)
    return S.mul(q[..., None, :]).sum(-1) / u.mul(q).sum(-1, keepdim=True), S, u


@answer("decode-step", "feature map on the key only, the query stays raw", "wrong")
def _(q, k, v, S, u):
    k = F.elu(k) + 1
    S = S + v[..., :, None] * k[..., None, :]
    u = u + k
    z = (S @ q[..., None])[..., 0] / (u * q).sum(-1, keepdim=True)
    return z, S, u


@answer("decode-step", "relu + 1 instead of elu + 1", "wrong")
def _(q, k, v, S, u):
    q, k = F.relu(q) + 1, F.relu(k) + 1
    S = S + v[..., :, None] * k[..., None, :]
    u = u + k
    return (S @ q[..., None])[..., 0] / (u * q).sum(-1, keepdim=True), S, u


@answer("decode-step", "elu(x + 1) instead of elu(x) + 1", "wrong")
def _(q, k, v, S, u):
    phi = lambda x: F.elu(x + 1)
    S = S + v[..., :, None] * phi(k)[..., None, :]
    u = u + phi(k)
    return (S @ phi(q)[..., None])[..., 0] / (u * phi(q)).sum(-1, keepdim=True), S, u


@answer("decode-step", "z from the new S but the old u", "wrong")
def _(q, k, v, S, u):
    q, k = F.elu(q) + 1, F.elu(k) + 1
    S = S + v[..., :, None] * k[..., None, :]
    z = (S @ q[..., None])[..., 0] / (u * q).sum(-1, keepdim=True)
    return z, S, u + k


@answer("decode-step", "returns the old state, the new one only in z", "wrong")
def _(q, k, v, S, u):
    phi_q, phi_k = F.elu(q) + 1, F.elu(k) + 1
    S_new = S + v[..., :, None] * phi_k[..., None, :]
    u_new = u + phi_k
    z = (S_new @ phi_q[..., None])[..., 0] / (u_new * phi_q).sum(-1, keepdim=True)
    return z, S, u


@answer("decode-step", "the denominator is a sum over everything, batch included", "wrong")
def _(q, k, v, S, u):
    q, k = F.elu(q) + 1, F.elu(k) + 1
    S = S + v[..., :, None] * k[..., None, :]
    u = u + k
    return (S @ q[..., None])[..., 0] / (u * q).sum(), S, u


@answer("decode-step", "adds the raw key to u, the mapped one to S", "wrong")
def _(q, k, v, S, u):
    phi_q, phi_k = F.elu(q) + 1, F.elu(k) + 1
    S = S + v[..., :, None] * phi_k[..., None, :]
    u = u + k
    return (S @ phi_q[..., None])[..., 0] / (u * phi_q).sum(-1, keepdim=True), S, u


@answer("decode-step", "elu + 1 written with exp and where, addcmul for the state", "right")
def _(q, k, v, S, u):
    phi = lambda x: torch.where(x > 0, x + 1, x.clamp(max=0).exp())
    a, b = phi(q), phi(k)
    S = torch.addcmul(S, v.unsqueeze(-1), b.unsqueeze(-2))
    u = torch.add(u, b)
    return torch.einsum("...vk,...k->...v", S, a) / torch.einsum("...k,...k->...", u, a).unsqueeze(-1), S, u


@answer("decode-step", "u kept as one more row of S", "right")
def _(q, k, v, S, u):
    q, k = 1 + F.elu(q), 1 + F.elu(k)
    one = torch.ones_like(v[..., :1])
    both = torch.cat([S, u[..., None, :]], -2) + torch.cat([v, one], -1)[..., None] * k[..., None, :]
    read = (both * q[..., None, :]).sum(-1)
    return read[..., :-1] / read[..., -1:], both[..., :-1, :], both[..., -1, :]
