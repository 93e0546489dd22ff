"""Answers to decay-parallel by people who have not seen its private half."""

import math

import torch

from grading.answers import answer


def future(g, diagonal=1):
    L = g.shape[-1]
    return torch.ones(L, L, dtype=torch.bool).triu(diagonal)


def decays(G, diagonal=1):
    d = G[..., :, None] - G[..., None, :]
    return d.masked_fill(future(G, diagonal), -torch.inf).exp()


@answer("decay-parallel", "masks after the exponential: inf * 0", "wrong")
def _(q, k, v, g):
    G = g.cumsum(-1)
    D = (G[..., :, None] - G[..., None, :]).exp().tril()
    return ((q @ k.mT) * D) @ v


@answer("decay-parallel", "where after the exponential: gradients are nan", "wrong")
def _(q, k, v, g):
    G = g.cumsum(-1)
    D = torch.where(future(g), 0.0, (G[..., :, None] - G[..., None, :]).exp())
    return ((q @ k.mT) * D) @ v


@answer("decay-parallel", "exp(G_t) into q, exp(-G_s) into k: overflows", "wrong")
def _(q, k, v, g):
    G = g.cumsum(-1)[..., None]
    return ((q * G.exp()) @ (k * (-G).exp()).mT).tril() @ v


@answer("decay-parallel", "the decay of token s itself counts too", "wrong")
def _(q, k, v, g):
    G = g.cumsum(-1)
    D = decays(G) * g.exp()[..., None, :]
    return ((q @ k.mT) * D) @ v


@answer("decay-parallel", "from s to t - 1 in place of s + 1 to t", "wrong")
def _(q, k, v, g):
    return ((q @ k.mT) * decays(g.cumsum(-1) - g)) @ v


@answer("decay-parallel", "from s + 1 to t - 1: the token's own decay forgotten", "wrong")
def _(q, k, v, g):
    G = g.cumsum(-1)
    d = (G - g)[..., :, None] - G[..., None, :]
    d = d.masked_fill(torch.eye(g.shape[-1], dtype=torch.bool), 0).masked_fill(future(g), -torch.inf)
    return ((q @ k.mT) * d.exp()) @ v


@answer("decay-parallel", "no decay", "wrong")
def _(q, k, v, g):
    return (q @ k.mT).tril() @ v


@answer("decay-parallel", "not causal", "wrong")
def _(q, k, v, g):
    G = g.cumsum(-1)
    return ((q @ k.mT) * (-(G[..., :, None] - G[..., None, :]).abs()).exp()) @ v


@answer("decay-parallel", "without the diagonal", "wrong")
def _(q, k, v, g):
    return ((q @ k.mT) * decays(g.cumsum(-1), 0)) @ v


@answer("decay-parallel", "sign of the difference: G_s - G_t", "wrong")
def _(q, k, v, g):
    G = g.cumsum(-1)
    D = (G[..., None, :] - G[..., :, None]).masked_fill(future(g), -torch.inf).exp()
    return ((q @ k.mT) * D) @ v


@answer("decay-parallel", "decay matrix transposed, with the mask", "wrong")
def _(q, k, v, g):
    return ((q @ k.mT) * decays(g.cumsum(-1)).mT) @ v


@answer("decay-parallel", "D without exp: log decays as weights", "wrong")
def _(q, k, v, g):
    G = g.cumsum(-1)
    return ((q @ k.mT) * (G[..., :, None] - G[..., None, :]).tril()) @ v


@answer("decay-parallel", "D without exp, masked with -inf", "wrong")
def _(q, k, v, g):
    G = g.cumsum(-1)
    D = (G[..., :, None] - G[..., None, :]).masked_fill(future(g), -torch.inf)
    return ((q @ k.mT) * D) @ v


@answer("decay-parallel", "adds the log decay to the scores, as a softmax would", "wrong")
def _(q, k, v, g):
    G = g.cumsum(-1)
    d = (G[..., :, None] - G[..., None, :]).masked_fill(future(g), -torch.inf)
    return (q @ k.mT + d).softmax(-1) @ v


@answer("decay-parallel", "takes g for the decay: log once more", "wrong")
def _(q, k, v, g):
    G = g.abs().log().cumsum(-1)
    return ((q @ k.mT) * decays(G)) @ v


@answer("decay-parallel", "no cumulative sum: g_t - g_s", "wrong")
def _(q, k, v, g):
    return ((q @ k.mT) * decays(g)) @ v


@answer("decay-parallel", "cumulative sum over the first axis", "wrong")
def _(q, k, v, g):
    return ((q @ k.mT) * decays(g.cumsum(0))) @ v


@answer("decay-parallel", "constant decay: exp(g_t) to the power t - s", "wrong")
def _(q, k, v, g):
    n = torch.arange(g.shape[-1])
    d = (n[:, None] - n[None, :]) * g[..., :, None]
    return ((q @ k.mT) * d.masked_fill(future(g), -torch.inf).exp()) @ v


@answer("decay-parallel", "a power of the decay of the key: exp((t - s) g_s)", "wrong")
def _(q, k, v, g):
    n = torch.arange(g.shape[-1])
    d = (n[:, None] - n[None, :]) * g[..., None, :]
    return ((q @ k.mT) * d.masked_fill(future(g), -torch.inf).exp()) @ v


@answer("decay-parallel", "normalised by the sum of the weights", "wrong")
def _(q, k, v, g):
    w = (q @ k.mT) * decays(g.cumsum(-1))
    return w / w.sum(-1, keepdim=True) @ v


@answer("decay-parallel", "scaled by the root of d_k", "wrong")
def _(q, k, v, g):
    return ((q @ k.mT) * decays(g.cumsum(-1))) @ v / q.shape[-1] ** 0.5


@answer("decay-parallel", "k @ q^T", "wrong")
def _(q, k, v, g):
    return ((k @ q.mT) * decays(g.cumsum(-1))) @ v


@answer("decay-parallel", "clamps the difference at 0 for all pairs: not causal", "wrong")
def _(q, k, v, g):
    G = g.cumsum(-1)
    return ((q @ k.mT) * (G[..., :, None] - G[..., None, :]).clamp(max=0).exp()) @ v


@answer("decay-parallel", "gamma from cumprod and a quotient: 0 / 0", "wrong")
def _(q, k, v, g):
    P = g.exp().cumprod(-1)
    return ((q @ k.mT) * (P[..., :, None] / P[..., None, :]).tril()) @ v


@answer("decay-parallel", "an epsilon in the quotient of cumulative products", "wrong")
def _(q, k, v, g):
    P = g.exp().cumprod(-1)
    return ((q @ k.mT) * (P[..., :, None] / (P[..., None, :] + 1e-6)).tril()) @ v


@answer("decay-parallel", "masks the scores with -inf as well", "wrong")
def _(q, k, v, g):
    scores = (q @ k.mT).masked_fill(future(g), -torch.inf)
    return (scores * decays(g.cumsum(-1))) @ v


@answer("decay-parallel", "clamps the log decay at -10", "wrong")
def _(q, k, v, g):
    return ((q @ k.mT) * decays(g.clamp(min=-10).cumsum(-1))) @ v


@answer("decay-parallel", "decay before the read but not between: exp(g_t) only", "wrong")
def _(q, k, v, g):
    return ((q @ k.mT).tril() * g.exp()[..., :, None]) @ v


@answer("decay-parallel", "decays detached", "wrong")
def _(q, k, v, g):
    return ((q @ k.mT) * decays(g.detach().cumsum(-1))) @ v


@answer("decay-parallel", "the recurrence token by token", "right")
def _(q, k, v, g):
    S, o = 0, []
    for t in range(v.shape[-2]):
        S = S * g[..., t, None, None].exp() + v[..., t, :, None] * k[..., t, None, :]
        o.append((S @ q[..., t, :, None])[..., 0])
    return torch.stack(o, dim=-2)


@answer("decay-parallel", "the matrix of decays row by row", "right")
def _(q, k, v, g):
    L, rows = g.shape[-1], []
    row = g[..., :0]
    for t in range(L):
        row = torch.cat([row * g[..., t : t + 1].exp(), torch.ones_like(g[..., :1])], dim=-1)
        rows.append(torch.nn.functional.pad(row, (0, L - 1 - t)))
    return ((q @ k.mT) * torch.stack(rows, dim=-2)) @ v


@answer("decay-parallel", "tril before the exponential, and after", "right")
def _(q, k, v, g):
    G = g.cumsum(-1)
    D = (G[..., :, None] - G[..., None, :]).tril().exp().tril()
    return torch.einsum("...td,...sd,...ts,...sv->...tv", q, k, D, v)


@answer("decay-parallel", "segment sums as a masked cumulative sum down the columns", "right")
def _(q, k, v, g):
    L = g.shape[-1]
    seg = g[..., :, None].expand(*g.shape, L).tril(-1).cumsum(-2)
    D = seg.masked_fill(future(g), -torch.inf).exp()
    return ((q @ k.mT) * D) @ v


@answer("decay-parallel", "products by cumprod of a masked matrix of decays", "right")
def _(q, k, v, g):
    L = g.shape[-1]
    past = torch.ones(L, L, dtype=torch.bool).tril(-1)
    D = torch.where(past, g.exp()[..., :, None], torch.ones(())).cumprod(-2).tril()
    return (q @ k.mT * D) @ v


@answer("decay-parallel", "float64, cast back", "right")
def _(q, k, v, g):
    D = decays(g.double().cumsum(-1))
    return ((q.double() @ k.double().mT) * D @ v.double()).to(v.dtype)


@answer("decay-parallel", "clamp at zero before the exponential, mask after", "right")
def _(q, k, v, g):
    G = g.cumsum(-1)
    D = (G[..., :, None] - G[..., None, :]).clamp(max=0).exp()
    return ((q @ k.mT).tril() * D) @ v


@answer("decay-parallel", "product from s instead of s + 1", "wrong")
def _(q, k, v, g):
    L = g.shape[-1]
    G = g.cumsum(-1)
    D = G[..., :, None] - G[..., None, :] + g[..., None, :]
    D = D.masked_fill(torch.ones(L, L, dtype=torch.bool).triu(1), -torch.inf).exp()
    return ((q @ k.mT) * D) @ v


@answer("decay-parallel", "masks after the exponential (tril)", "wrong")
def _(q, k, v, g):
    G = g.cumsum(-1)
    D = (G[..., :, None] - G[..., None, :]).exp().tril()
    return ((q @ k.mT) * D) @ v


@answer("decay-parallel", "scores divided by sqrt d_k as in softmax attention", "wrong")
def _(q, k, v, g):
    L = g.shape[-1]
    G = g.cumsum(-1)
    D = G[..., :, None] - G[..., None, :]
    D = D.masked_fill(torch.ones(L, L, dtype=torch.bool).triu(1), -torch.inf).exp()
    return ((q @ k.mT) / math.sqrt(q.shape[-1]) * D) @ v


@answer("decay-parallel", "factorised: q exp(G), k exp(-G), which overflows for strong decays", "wrong")
def _(q, k, v, g):
    G = g.cumsum(-1)[..., None]
    return ((q * G.exp()) @ (k * (-G).exp()).mT).tril() @ v


@answer("decay-parallel", "sign of the difference: G_s - G_t, weights grow with the distance", "wrong")
def _(q, k, v, g):
    L = g.shape[-1]
    G = g.cumsum(-1)
    D = G[..., None, :] - G[..., :, None]
    D = D.masked_fill(torch.ones(L, L, dtype=torch.bool).triu(1), -torch.inf).exp()
    return ((q @ k.mT) * D) @ v


@answer("decay-parallel", "only the gate of token t: gamma_t to the power of the distance t - s", "wrong")
def _(q, k, v, g):
    t = torch.arange(g.shape[-1])
    distance = (t[:, None] - t[None, :]).to(g.dtype)
    D = (g[..., :, None] * distance.clamp(min=0)).exp().tril()
    return ((q @ k.mT) * D) @ v


@answer("decay-parallel", "cumsum over axis 0: right only without a batch", "wrong")
def _(q, k, v, g):
    L = g.shape[-1]
    G = g.cumsum(0)
    D = G[..., :, None] - G[..., None, :]
    D = D.masked_fill(torch.ones(L, L, dtype=torch.bool).triu(1), -torch.inf).exp()
    return ((q @ k.mT) * D) @ v


@answer("decay-parallel", "the recurrence, token by token", "right")
def _(q, k, v, g):
    S = torch.zeros(*v.shape[:-2], v.shape[-1], k.shape[-1], dtype=v.dtype)
    out = []
    for t in range(v.shape[-2]):
        S = g[..., t, None, None].exp() * S + v[..., t, :, None] * k[..., t, None, :]
        out.append(torch.einsum("...vk,...k->...v", S, q[..., t, :]))
    return torch.stack(out, -2)


@answer("decay-parallel", "segment sums as in Mamba-2: repeated gates, masked, cumulated", "right")
def _(q, k, v, g):
    L = g.shape[-1]
    below = torch.ones(L, L, dtype=torch.bool).tril(-1)
    x = g[..., :, None].expand(*g.shape, L)
    x = torch.where(below, x, torch.zeros_like(x)).cumsum(-2)
    D = torch.where(below | torch.eye(L, dtype=torch.bool), x, torch.full_like(x, float("-inf"))).exp()
    return torch.einsum("...tk,...sk,...ts,...sv->...tv", q, k, D, v)
