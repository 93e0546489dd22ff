"""Answers to causal-recurrence by people who have not seen its private half."""

import torch

from grading.answers import answer


def outer(v, k):
    return v[..., :, None] * k[..., None, :]


def read(S, q):
    return (S @ q[..., None])[..., 0]


def norm(u, q):
    return (u * q).sum(-1, keepdim=True)


def tokens(phi_q, phi_k, v):
    return zip(phi_q.unbind(-2), phi_k.unbind(-2), v.unbind(-2))


@answer("causal-recurrence", "reads before it writes", "wrong")
def _(phi_q, phi_k, v, S, u):
    z = []
    for q, k, w in tokens(phi_q, phi_k, v):
        z.append(read(S, q) / norm(u, q))
        S, u = S + outer(w, k), u + k
    return torch.stack(z, -2), S, u


@answer("causal-recurrence", "reads S after the write, u before it", "wrong")
def _(phi_q, phi_k, v, S, u):
    z = []
    for q, k, w in tokens(phi_q, phi_k, v):
        S = S + outer(w, k)
        z.append(read(S, q) / norm(u, q))
        u = u + k
    return torch.stack(z, -2), S, u


@answer("causal-recurrence", "reads S before the write, u after it", "wrong")
def _(phi_q, phi_k, v, S, u):
    z = []
    for q, k, w in tokens(phi_q, phi_k, v):
        u = u + k
        z.append(read(S, q) / norm(u, q))
        S = S + outer(w, k)
    return torch.stack(z, -2), S, u


@answer("causal-recurrence", "starts from zeros, ignores the given state", "wrong")
def _(phi_q, phi_k, v, S, u):
    S, u, z = torch.zeros_like(S), torch.zeros_like(u), []
    for q, k, w in tokens(phi_q, phi_k, v):
        S, u = S + outer(w, k), u + k
        z.append(read(S, q) / norm(u, q))
    return torch.stack(z, -2), S, u


@answer("causal-recurrence", "starts u from zeros, S from what is given", "wrong")
def _(phi_q, phi_k, v, S, u):
    u, z = torch.zeros_like(u), []
    for q, k, w in tokens(phi_q, phi_k, v):
        S, u = S + outer(w, k), u + k
        z.append(read(S, q) / norm(u, q))
    return torch.stack(z, -2), S, u


@answer("causal-recurrence", "changes the state in place", "wrong")
def _(phi_q, phi_k, v, S, u):
    z = []
    for q, k, w in tokens(phi_q, phi_k, v):
        S += outer(w, k)
        u += k
        z.append(read(S, q) / norm(u, q))
    return torch.stack(z, -2), S, u


@answer("causal-recurrence", "only u in place", "wrong")
def _(phi_q, phi_k, v, S, u):
    z = []
    for q, k, w in tokens(phi_q, phi_k, v):
        S = S + outer(w, k)
        u += k
        z.append(read(S, q) / norm(u, q))
    return torch.stack(z, -2), S, u


@answer("causal-recurrence", "no normaliser in the read", "wrong")
def _(phi_q, phi_k, v, S, u):
    z = []
    for q, k, w in tokens(phi_q, phi_k, v):
        S, u = S + outer(w, k), u + k
        z.append(read(S, q))
    return torch.stack(z, -2), S, u


@answer("causal-recurrence", "divides by the sum of u, without the query", "wrong")
def _(phi_q, phi_k, v, S, u):
    z = []
    for q, k, w in tokens(phi_q, phi_k, v):
        S, u = S + outer(w, k), u + k
        z.append(read(S, q) / u.sum(-1, keepdim=True))
    return torch.stack(z, -2), S, u


@answer("causal-recurrence", "returns the state it was given", "wrong")
def _(phi_q, phi_k, v, S, u):
    T, w_, z = S, u, []
    for q, k, w in tokens(phi_q, phi_k, v):
        T, w_ = T + outer(w, k), w_ + k
        z.append(read(T, q) / norm(w_, q))
    return torch.stack(z, -2), S, u


@answer("causal-recurrence", "returns z alone", "wrong")
def _(phi_q, phi_k, v, S, u):
    z = []
    for q, k, w in tokens(phi_q, phi_k, v):
        S, u = S + outer(w, k), u + k
        z.append(read(S, q) / norm(u, q))
    return torch.stack(z, -2)


@answer("causal-recurrence", "z stacked in front: (L, ..., d_v)", "wrong")
def _(phi_q, phi_k, v, S, u):
    z = []
    for q, k, w in tokens(phi_q, phi_k, v):
        S, u = S + outer(w, k), u + k
        z.append(read(S, q) / norm(u, q))
    return torch.stack(z), S, u


@answer("causal-recurrence", "z a list", "wrong")
def _(phi_q, phi_k, v, S, u):
    z = []
    for q, k, w in tokens(phi_q, phi_k, v):
        S, u = S + outer(w, k), u + k
        z.append(read(S, q) / norm(u, q))
    return z, S, u


@answer("causal-recurrence", "loops over the first axis: only without a batch", "wrong")
def _(phi_q, phi_k, v, S, u):
    z = []
    for q, k, w in zip(phi_q, phi_k, v):
        S, u = S + torch.outer(w, k), u + k
        z.append(S @ q / (u @ q))
    return torch.stack(z), S, u


@answer("causal-recurrence", "not causal: all keys are written first", "wrong")
def _(phi_q, phi_k, v, S, u):
    S, u = S + v.mT @ phi_k, u + phi_k.sum(-2)
    return phi_q @ S.mT / (phi_q @ u[..., None]), S, u


@answer("causal-recurrence", "state overwritten, not added to", "wrong")
def _(phi_q, phi_k, v, S, u):
    z = []
    for q, k, w in tokens(phi_q, phi_k, v):
        S, u = outer(w, k), u + k
        z.append(read(S, q) / norm(u, q))
    return torch.stack(z, -2), S, u


@answer("causal-recurrence", "queries and keys exchanged", "wrong")
def _(phi_q, phi_k, v, S, u):
    z = []
    for q, k, w in tokens(phi_q, phi_k, v):
        S, u = S + outer(w, q), u + q
        z.append(read(S, k) / norm(u, k))
    return torch.stack(z, -2), S, u


@answer("causal-recurrence", "outer product transposed: k v^T, read with S^T", "wrong")
def _(phi_q, phi_k, v, S, u):
    z, S = [], S.mT
    for q, k, w in tokens(phi_q, phi_k, v):
        S, u = S + outer(k, w), u + k
        z.append((q[..., None, :] @ S)[..., 0, :] / norm(u, q))
    return torch.stack(z, -2), S, u


@answer("causal-recurrence", "all pairs and tril, the given state forgotten in the numerator", "wrong")
def _(phi_q, phi_k, v, S, u):
    weights = (phi_q @ phi_k.mT).tril()
    z = weights @ v / (weights.sum(-1, keepdim=True) + phi_q @ u[..., None])
    return z, S + v.mT @ phi_k, u + phi_k.sum(-2)


@answer("causal-recurrence", "all pairs with tril(-1): without the token itself", "wrong")
def _(phi_q, phi_k, v, S, u):
    weights = (phi_q @ phi_k.mT).tril(-1)
    z = (weights @ v + phi_q @ S.mT) / (weights.sum(-1, keepdim=True) + phi_q @ u[..., None])
    return z, S + v.mT @ phi_k, u + phi_k.sum(-2)


@answer("causal-recurrence", "the loop leaves out the last token", "wrong")
def _(phi_q, phi_k, v, S, u):
    z = []
    for t in range(phi_q.shape[-2] - 1):
        S, u = S + outer(v[..., t, :], phi_k[..., t, :]), u + phi_k[..., t, :]
        z.append(read(S, phi_q[..., t, :]) / norm(u, phi_q[..., t, :]))
    return torch.stack(z, -2), S, u


@answer("causal-recurrence", "normalised S carried on to the next token", "wrong")
def _(phi_q, phi_k, v, S, u):
    z = []
    for q, k, w in tokens(phi_q, phi_k, v):
        u = u + k
        S = (S + outer(w, k)) / norm(u, q)[..., None]
        z.append(read(S, q))
    return torch.stack(z, -2), S, u


@answer("causal-recurrence", "state detached at every token", "wrong")
def _(phi_q, phi_k, v, S, u):
    z = []
    for q, k, w in tokens(phi_q, phi_k, v):
        S, u = S.detach() + outer(w, k), u.detach() + k
        z.append(read(S, q) / norm(u, q))
    return torch.stack(z, -2), S, u


@answer("causal-recurrence", "returns the state before the last token", "wrong")
def _(phi_q, phi_k, v, S, u):
    z, before = [], (S, u)
    for q, k, w in tokens(phi_q, phi_k, v):
        before = S, u
        S, u = S + outer(w, k), u + k
        z.append(read(S, q) / norm(u, q))
    return torch.stack(z, -2), *before


@answer("causal-recurrence", "an average: divides by the number of tokens so far", "wrong")
def _(phi_q, phi_k, v, S, u):
    z = []
    for t, (q, k, w) in enumerate(tokens(phi_q, phi_k, v), start=1):
        S, u = S + outer(w, k), u + k
        z.append(read(S, q) / t)
    return torch.stack(z, -2), S, u


@answer("causal-recurrence", "u summed over channels: one number per token", "wrong")
def _(phi_q, phi_k, v, S, u):
    z = []
    for q, k, w in tokens(phi_q, phi_k, v):
        S, u = S + outer(w, k), u + k.sum(-1, keepdim=True)
        z.append(read(S, q) / norm(u, q))
    return torch.stack(z, -2), S, u


@answer("causal-recurrence", "applies elu + 1 again", "wrong")
def _(phi_q, phi_k, v, S, u):
    z = []
    for q, k, w in tokens(torch.nn.functional.elu(phi_q) + 1, torch.nn.functional.elu(phi_k) + 1, v):
        S, u = S + outer(w, k), u + k
        z.append(read(S, q) / norm(u, q))
    return torch.stack(z, -2), S, u


@answer("causal-recurrence", "z pre-allocated, the first token skipped", "wrong")
def _(phi_q, phi_k, v, S, u):
    z = torch.zeros_like(v)
    for t in range(1, v.shape[-2]):
        S, u = S + outer(v[..., t, :], phi_k[..., t, :]), u + phi_k[..., t, :]
        z[..., t, :] = read(S, phi_q[..., t, :]) / norm(u, phi_q[..., t, :])
    return z, S, u


@answer("causal-recurrence", "cumulative sums of outer products", "right")
def _(phi_q, phi_k, v, S, u):
    states = S[..., None, :, :] + outer(v, phi_k).cumsum(-3)
    sums = u[..., None, :] + phi_k.cumsum(-2)
    z = (states @ phi_q[..., None])[..., 0] / (sums * phi_q).sum(-1, keepdim=True)
    return z, states[..., -1, :, :], sums[..., -1, :]


@answer("causal-recurrence", "all pairs, with the state added", "right")
def _(phi_q, phi_k, v, S, u):
    weights = (phi_q @ phi_k.mT).tril()
    up, down = weights @ v + phi_q @ S.mT, weights.sum(-1) + (phi_q @ u[..., None])[..., 0]
    return up / down[..., None], S + v.mT @ phi_k, u + phi_k.sum(-2)


@answer("causal-recurrence", "recursion over halves of the text", "right")
def _(phi_q, phi_k, v, S, u):
    def run(q, k, w, S, u):
        L = q.shape[-2]
        if L == 1:
            S, u = S + w.mT @ k, u + k[..., 0, :]
            return q @ S.mT / (q @ u[..., None]), S, u
        m = L // 2
        first, S, u = run(q[..., :m, :], k[..., :m, :], w[..., :m, :], S, u)
        second, S, u = run(q[..., m:, :], k[..., m:, :], w[..., m:, :], S, u)
        return torch.cat([first, second], -2), S, u

    return run(phi_q, phi_k, v, S, u)


@answer("causal-recurrence", "S and u as one matrix with a row more", "right")
def _(phi_q, phi_k, v, S, u):
    T, z = torch.cat([S, u[..., None, :]], dim=-2), []
    w = torch.cat([v, torch.ones_like(v[..., :1])], dim=-1)
    for t in range(v.shape[-2]):
        T = T + torch.einsum("...v,...k->...vk", w[..., t, :], phi_k[..., t, :])
        o = torch.einsum("...vk,...k->...v", T, phi_q[..., t, :])
        z.append(o[..., :-1] / o[..., -1:])
    return torch.stack(z, -2), T[..., :-1, :], T[..., -1, :]


@answer("causal-recurrence", "float64 and own copies changed in place", "right")
def _(phi_q, phi_k, v, S, u):
    T, w_, z = S.double().clone(), u.double().clone(), []
    for q, k, w in tokens(phi_q.double(), phi_k.double(), v.double()):
        T = T.add(outer(w, k))
        w_ = w_.add(k)
        z.append(read(T, q) / norm(w_, q))
    return torch.stack(z, -2).to(v.dtype), T.to(S.dtype), w_.to(u.dtype)


@answer("causal-recurrence", "a list returned in place of the tuple", "right")
def _(phi_q, phi_k, v, S, u):
    z = []
    for q, k, w in tokens(phi_q, phi_k, v):
        S, u = torch.add(S, outer(w, k)), torch.add(u, k)
        z.append(read(S, q) / norm(u, q))
    return [torch.stack(z, -2), S, u]


@answer("causal-recurrence", "reads before it writes: a token does not see itself", "wrong")
def _(phi_q, phi_k, v, S, u):
    z = []
    for q, k, x in zip(phi_q.unbind(-2), phi_k.unbind(-2), v.unbind(-2)):
        z.append((S @ q[..., None])[..., 0] / (u * q).sum(-1, keepdim=True))
        S = S + x[..., :, None] * k[..., None, :]
        u = u + k
    return torch.stack(z, -2), S, u


@answer("causal-recurrence", "starts from zeros instead of the given state", "wrong")
def _(phi_q, phi_k, v, S, u):
    S, u = torch.zeros_like(S), torch.zeros_like(u)
    z = []
    for q, k, x in zip(phi_q.unbind(-2), phi_k.unbind(-2), v.unbind(-2)):
        S = S + x[..., :, None] * k[..., None, :]
        u = u + k
        z.append((S @ q[..., None])[..., 0] / (u * q).sum(-1, keepdim=True))
    return torch.stack(z, -2), S, u


@answer("causal-recurrence", "clones and detaches the state so that it does not change the arguments", "wrong")
def _(phi_q, phi_k, v, S, u):
    S, u = S.clone().detach(), u.clone().detach()
    z = []
    for q, k, x in zip(phi_q.unbind(-2), phi_k.unbind(-2), v.unbind(-2)):
        S = S + x[..., :, None] * k[..., None, :]
        u = u + k
        z.append((S @ q[..., None])[..., 0] / (u * q).sum(-1, keepdim=True))
    return torch.stack(z, -2), S, u


@answer("causal-recurrence", "divides by the sum of u instead of u . q", "wrong")
def _(phi_q, phi_k, v, S, u):
    z = []
    for q, k, x in zip(phi_q.unbind(-2), phi_k.unbind(-2), v.unbind(-2)):
        S = S + x[..., :, None] * k[..., None, :]
        u = u + k
        z.append((S @ q[..., None])[..., 0] / u.sum(-1, keepdim=True))
    return torch.stack(z, -2), S, u


@answer("causal-recurrence", "cumulated sums; the given u is forgotten in the denominator", "wrong")
def _(phi_q, phi_k, v, S, u):
    states = S[..., None, :, :] + (v[..., :, None] * phi_k[..., None, :]).cumsum(-3)
    norms = phi_k.cumsum(-2)
    z = (states @ phi_q[..., None])[..., 0] / (norms * phi_q).sum(-1, keepdim=True)
    return z, states[..., -1, :, :], u + norms[..., -1, :]


@answer("causal-recurrence", "in place += on the arguments", "wrong")
def _(phi_q, phi_k, v, S, u):
    z = []
    for t in range(phi_q.shape[-2]):
        S += v[..., t, :, None] * phi_k[..., t, None, :]
        u += phi_k[..., t, :]
        z.append((S @ phi_q[..., t, :, None])[..., 0] / (u * phi_q[..., t, :]).sum(-1, keepdim=True))
    return torch.stack(z, -2), S, u


@answer("causal-recurrence", "goes over the first axis instead of axis -2: right only without a batch", "wrong")
def _(phi_q, phi_k, v, S, u):
    z = []
    for q, k, x in zip(phi_q, phi_k, v):
        S = S + x[..., :, None] * k[..., None, :]
        u = u + k
        z.append((S @ q[..., None])[..., 0] / (u * q).sum(-1, keepdim=True))
    return torch.stack(z), S, u


@answer("causal-recurrence", "cumulated outer products for all tokens at once", "right")
def _(phi_q, phi_k, v, S, u):
    states = S[..., None, :, :] + torch.einsum("...tv,...tk->...tvk", v, phi_k).cumsum(-3)
    norms = u[..., None, :] + phi_k.cumsum(-2)
    z = torch.einsum("...tvk,...tk->...tv", states, phi_q) / torch.einsum("...tk,...tk->...t", norms, phi_q)[..., None]
    return z, states[..., -1, :, :], norms[..., -1, :]


@answer("causal-recurrence", "all pairs with a lower triangle, state read besides", "right")
def _(phi_q, phi_k, v, S, u):
    w = torch.tril(phi_q @ phi_k.mT)
    top = w @ v + phi_q @ S.mT
    bottom = w.sum(-1) + (phi_q @ u[..., None])[..., 0]
    return top / bottom[..., None], S + v.mT @ phi_k, u + phi_k.sum(-2)
