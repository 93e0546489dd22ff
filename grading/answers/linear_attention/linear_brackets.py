"""Answers to linear-brackets by people who have not seen its private half."""

import torch

from grading.answers import answer


def top(phi_q, phi_k, v):
    return phi_q @ (phi_k.mT @ v)


def bottom(phi_q, phi_k):
    return phi_q @ phi_k.sum(-2)[..., None]


@answer("linear-brackets", "all pairs: an L by L matrix", "wrong")
def _(phi_q, phi_k, v):
    weights = phi_q @ phi_k.mT
    return weights / weights.sum(-1, keepdim=True) @ v


@answer("linear-brackets", "no normaliser", "wrong")
def _(phi_q, phi_k, v):
    return top(phi_q, phi_k, v)


@answer("linear-brackets", "divides by the number of tokens", "wrong")
def _(phi_q, phi_k, v):
    return top(phi_q, phi_k, v) / v.shape[-2]


@answer("linear-brackets", "u is the mean of the keys", "wrong")
def _(phi_q, phi_k, v):
    return top(phi_q, phi_k, v) / (phi_q @ phi_k.mean(-2)[..., None])


@answer("linear-brackets", "u sums over channels, not over tokens", "wrong")
def _(phi_q, phi_k, v):
    return top(phi_q, phi_k, v) / phi_k.sum(-1, keepdim=True)


@answer("linear-brackets", "u from the queries", "wrong")
def _(phi_q, phi_k, v):
    return top(phi_q, phi_k, v) / bottom(phi_q, phi_q)


@answer("linear-brackets", "queries and keys exchanged", "wrong")
def _(phi_q, phi_k, v):
    return top(phi_k, phi_q, v) / bottom(phi_k, phi_q)


@answer("linear-brackets", "denominator with exchanged queries and keys", "wrong")
def _(phi_q, phi_k, v):
    return top(phi_q, phi_k, v) / bottom(phi_k, phi_q)


@answer("linear-brackets", "one normaliser for all queries", "wrong")
def _(phi_q, phi_k, v):
    total = (phi_q.sum(-2) * phi_k.sum(-2)).sum(-1)
    return top(phi_q, phi_k, v) / total[..., None, None]


@answer("linear-brackets", "denominator without the column: (L,) against (L, d_v)", "wrong")
def _(phi_q, phi_k, v):
    return top(phi_q, phi_k, v) / (phi_q @ phi_k.sum(-2)[..., None])[..., 0]


@answer("linear-brackets", "maps queries and keys a second time", "wrong")
def _(phi_q, phi_k, v):
    q, k = torch.nn.functional.elu(phi_q) + 1, torch.nn.functional.elu(phi_k) + 1
    return top(q, k, v) / bottom(q, k)


@answer("linear-brackets", "softmax over the keys and over the queries", "wrong")
def _(phi_q, phi_k, v):
    return phi_q.softmax(-1) @ (phi_k.softmax(-2).mT @ v)


@answer("linear-brackets", "causal: cumulative sums", "wrong")
def _(phi_q, phi_k, v):
    S = (phi_k[..., :, None] * v[..., None, :]).cumsum(-3)
    u = phi_k.cumsum(-2)
    return (phi_q[..., None] * S).sum(-2) / (phi_q * u).sum(-1, keepdim=True)


@answer("linear-brackets", "root of d_k as in softmax attention", "wrong")
def _(phi_q, phi_k, v):
    return top(phi_q, phi_k, v) / bottom(phi_q, phi_k) / phi_q.shape[-1] ** 0.5


@answer("linear-brackets", "an epsilon of 1 in the denominator", "wrong")
def _(phi_q, phi_k, v):
    return top(phi_q, phi_k, v) / (bottom(phi_q, phi_k) + 1)


@answer("linear-brackets", "multiplies by the normaliser", "wrong")
def _(phi_q, phi_k, v):
    return top(phi_q, phi_k, v) * bottom(phi_q, phi_k)


@answer("linear-brackets", "normalises S by u, channel by channel, before reading", "wrong")
def _(phi_q, phi_k, v):
    S = phi_k.mT @ v / phi_k.sum(-2)[..., None]
    return phi_q @ S


@answer("linear-brackets", ".T in place of .mT, with S read with .T too", "wrong")
def _(phi_q, phi_k, v):
    return phi_q @ (phi_k.T @ v) / (phi_q @ phi_k.sum(0))[..., None]


@answer("linear-brackets", "u sums over the first axis", "wrong")
def _(phi_q, phi_k, v):
    return top(phi_q, phi_k, v) / (phi_q * phi_k.sum(0)).sum(-1, keepdim=True)


@answer("linear-brackets", "S not transposed: phi_q @ S", "wrong")
def _(phi_q, phi_k, v):
    S = v.mT @ phi_k
    return phi_q @ S / bottom(phi_q, phi_k)


@answer("linear-brackets", "returns numerator and denominator", "wrong")
def _(phi_q, phi_k, v):
    return top(phi_q, phi_k, v), bottom(phi_q, phi_k)


@answer("linear-brackets", "normaliser detached: no gradient through it", "wrong")
def _(phi_q, phi_k, v):
    return top(phi_q, phi_k, v) / bottom(phi_q, phi_k).detach()


@answer("linear-brackets", "normalises over the queries of each key", "wrong")
def _(phi_q, phi_k, v):
    weight = phi_k @ phi_q.sum(-2)[..., None]
    return phi_q @ (phi_k.mT @ (v / weight))


@answer("linear-brackets", "outer products of all tokens kept before the sum", "wrong")
def _(phi_q, phi_k, v):
    weights = (phi_q[..., :, None, :] * phi_k[..., None, :, :]).sum(-1)
    return (weights @ v) / bottom(phi_q, phi_k)


@answer("linear-brackets", "a loop over tokens that forgets the last key", "wrong")
def _(phi_q, phi_k, v):
    k, w = phi_k[..., :-1, :], v[..., :-1, :]
    return top(phi_q, k, w) / bottom(phi_q, k)


@answer("linear-brackets", "normalises the values' sum: divides by the row's own sum over d_v", "wrong")
def _(phi_q, phi_k, v):
    out = top(phi_q, phi_k, v)
    return out / out.sum(-1, keepdim=True)


@answer("linear-brackets", "a loop over queries, all keys for each: quadratic time", "wrong")
def _(phi_q, phi_k, v):
    z = []
    for q in phi_q.unbind(-2):
        weight = (phi_k * q[..., None, :]).sum(-1, keepdim=True)
        z.append((weight * v).sum(-2) / weight.sum(-2))
    return torch.stack(z, dim=-2)


@answer("linear-brackets", "einsum throughout", "right")
def _(phi_q, phi_k, v):
    S = torch.einsum("...lk,...lv->...vk", phi_k, v)
    up = torch.einsum("...lk,...vk->...lv", phi_q, S)
    return up / torch.einsum("...lk,...k->...l", phi_q, phi_k.sum(-2)).unsqueeze(-1)


@answer("linear-brackets", "a column of ones beside the values", "right")
def _(phi_q, phi_k, v):
    out = top(phi_q, phi_k, torch.cat([v, torch.ones_like(v[..., :1])], dim=-1))
    return out[..., :-1] / out[..., -1:]


@answer("linear-brackets", "normalises the queries first", "right")
def _(phi_q, phi_k, v):
    q = phi_q / (phi_q * phi_k.sum(-2, keepdim=True)).sum(-1, keepdim=True)
    return q @ (phi_k.mT @ v)


@answer("linear-brackets", "means of both sums: L cancels; float64 inside", "right")
def _(phi_q, phi_k, v):
    q, k, w = phi_q.double(), phi_k.double(), v.double()
    S, u = w.mT @ k / k.shape[-2], k.mean(-2, keepdim=True)
    return (q @ S.mT / (q @ u.mT)).to(v.dtype)


@answer("linear-brackets", "a loop over tokens for the sums, another for the reads", "right")
def _(phi_q, phi_k, v):
    S, u = 0, 0
    for k, w in zip(phi_k.unbind(-2), v.unbind(-2)):
        S = S + w[..., :, None] * k[..., None, :]
        u = u + k
    z = [(S @ q[..., None])[..., 0] / (u * q).sum(-1, keepdim=True) for q in phi_q.unbind(-2)]
    return torch.stack(z, dim=-2)


@answer("linear-brackets", "keys scaled by their largest entry: numerator and denominator alike", "right")
def _(phi_q, phi_k, v):
    k = phi_k / phi_k.amax(dim=(-2, -1), keepdim=True)
    return (phi_q @ (k.mT @ v)) * (phi_q @ k.sum(-2)[..., None]).reciprocal()


@answer("linear-brackets", "outer products of all keys and values, summed: L d d numbers", "right")
def _(phi_q, phi_k, v):
    S = (v[..., :, None] * phi_k[..., None, :]).sum(-3)
    return (S @ phi_q.mT).mT / (phi_q * phi_k.sum(-2, keepdim=True)).sum(-1)[..., None]


@answer("linear-brackets", "no normaliser", "wrong")
def _(phi_q, phi_k, v):
    return phi_q @ (phi_k.mT @ v)


@answer("linear-brackets", "normaliser with queries and keys in each other's roles", "wrong")
def _(phi_q, phi_k, v):
    S = v.mT @ phi_k
    u = phi_q.sum(-2)
    return (phi_q @ S.mT) / (phi_k @ u[..., None])


@answer("linear-brackets", "divides by the number of keys instead of the normaliser", "wrong")
def _(phi_q, phi_k, v):
    return phi_q @ (phi_k.mT @ v) / v.shape[-2]


@answer("linear-brackets", "normalises queries over channels and keys over places", "wrong")
def _(phi_q, phi_k, v):
    phi_q = phi_q / phi_q.sum(-1, keepdim=True)
    phi_k = phi_k / phi_k.sum(-2, keepdim=True)
    return phi_q @ (phi_k.mT @ v)


@answer("linear-brackets", "causal: cumulated sums, though every query sees every key", "wrong")
def _(phi_q, phi_k, v):
    S = (phi_k[..., :, None] * v[..., None, :]).cumsum(-3)
    u = phi_k.cumsum(-2)
    top = (phi_q[..., :, None] * S).sum(-2)
    return top / (phi_q * u).sum(-1, keepdim=True)


@answer("linear-brackets", "right numbers by way of the L x L matrix", "wrong")
def _(phi_q, phi_k, v):
    w = phi_q @ phi_k.mT
    w = w / w.sum(-1, keepdim=True)
    return w @ v


@answer("linear-brackets", "denominator is only q_i . k_i, the own key, not summed over keys", "wrong")
def _(phi_q, phi_k, v):
    S = v.mT @ phi_k
    return (phi_q @ S.mT) / (phi_q * phi_k).sum(-1, keepdim=True)


@answer("linear-brackets", "ones appended to v: the last column is the normaliser", "right")
def _(phi_q, phi_k, v):
    w = torch.cat([v, torch.ones_like(v[..., :1])], -1)
    out = phi_q @ (phi_k.transpose(-1, -2) @ w)
    return out[..., :-1] / out[..., -1:]


@answer("linear-brackets", "loop over keys for the sums, loop over queries to read, float64", "right")
def _(phi_q, phi_k, v):
    S, u = 0, 0
    for k_j, v_j in zip(phi_k.double().unbind(-2), v.double().unbind(-2)):
        S = S + v_j[..., :, None] * k_j[..., None, :]
        u = u + k_j
    rows = []
    for q_i in phi_q.double().unbind(-2):
        rows.append(torch.einsum("...vk,...k->...v", S, q_i) / torch.einsum("...k,...k->...", u, q_i)[..., None])
    return torch.stack(rows, -2).to(v.dtype)
