"""Answers to chunkwise by people who have not seen its private half."""

import torch
import torch.nn.functional as F

from grading.answers import answer


def pieces(q, k, v, chunk):
    return zip(q.split(chunk, -2), k.split(chunk, -2), v.split(chunk, -2))


@answer("chunkwise", "writes the chunk before it reads the state", "wrong")
def _(q, k, v, S, chunk):
    o = []
    for a, b, c in pieces(q, k, v, chunk):
        S = S + c.mT @ b
        o.append((a @ b.mT).tril() @ c + a @ S.mT)
    return torch.cat(o, -2), S


@answer("chunkwise", "no mask inside the chunk", "wrong")
def _(q, k, v, S, chunk):
    o = []
    for a, b, c in pieces(q, k, v, chunk):
        o.append(a @ b.mT @ c + a @ S.mT)
        S = S + c.mT @ b
    return torch.cat(o, -2), S


@answer("chunkwise", "tril(-1): the token does not see itself", "wrong")
def _(q, k, v, S, chunk):
    o = []
    for a, b, c in pieces(q, k, v, chunk):
        o.append((a @ b.mT).tril(-1) @ c + a @ S.mT)
        S = S + c.mT @ b
    return torch.cat(o, -2), S


@answer("chunkwise", "triu in place of tril", "wrong")
def _(q, k, v, S, chunk):
    o = []
    for a, b, c in pieces(q, k, v, chunk):
        o.append((a @ b.mT).triu() @ c + a @ S.mT)
        S = S + c.mT @ b
    return torch.cat(o, -2), S


@answer("chunkwise", "forgets what came before the chunk", "wrong")
def _(q, k, v, S, chunk):
    o = []
    for a, b, c in pieces(q, k, v, chunk):
        o.append((a @ b.mT).tril() @ c)
        S = S + c.mT @ b
    return torch.cat(o, -2), S


@answer("chunkwise", "forgets the part inside the chunk", "wrong")
def _(q, k, v, S, chunk):
    o = []
    for a, b, c in pieces(q, k, v, chunk):
        o.append(a @ S.mT)
        S = S + c.mT @ b
    return torch.cat(o, -2), S


@answer("chunkwise", "starts from a state of zeros", "wrong")
def _(q, k, v, S, chunk):
    S, o = torch.zeros_like(S), []
    for a, b, c in pieces(q, k, v, chunk):
        o.append((a @ b.mT).tril() @ c + a @ S.mT)
        S = S + c.mT @ b
    return torch.cat(o, -2), S


@answer("chunkwise", "the state in place", "wrong")
def _(q, k, v, S, chunk):
    o = []
    for a, b, c in pieces(q, k, v, chunk):
        o.append((a @ b.mT).tril() @ c + a @ S.mT)
        S += c.mT @ b
    return torch.cat(o, -2), S


@answer("chunkwise", "drops the short chunk at the end", "wrong")
def _(q, k, v, S, chunk):
    o = []
    for i in range(q.shape[-2] // chunk):
        a, b, c = (x[..., i * chunk : (i + 1) * chunk, :] for x in (q, k, v))
        o.append((a @ b.mT).tril() @ c + a @ S.mT)
        S = S + c.mT @ b
    return torch.cat(o, -2), S


@answer("chunkwise", "reshapes to (n, chunk): only where the chunk divides L", "wrong")
def _(q, k, v, S, chunk):
    n, o = q.shape[-2] // chunk, []
    q, k, v = (x.reshape(*x.shape[:-2], n, chunk, x.shape[-1]) for x in (q, k, v))
    for i in range(n):
        a, b, c = q[..., i, :, :], k[..., i, :, :], v[..., i, :, :]
        o.append((a @ b.mT).tril() @ c + a @ S.mT)
        S = S + c.mT @ b
    return torch.cat(o, -2), S


@answer("chunkwise", "all pairs at once: quadratic", "wrong")
def _(q, k, v, S, chunk):
    return (q @ k.mT).tril() @ v + q @ S.mT, S + v.mT @ k


@answer("chunkwise", "a loop over tokens", "wrong")
def _(q, k, v, S, chunk):
    o = []
    for t in range(q.shape[-2]):
        S = S + v[..., t, :, None] * k[..., t, None, :]
        o.append((S @ q[..., t, :, None])[..., 0])
    return torch.stack(o, -2), S


@answer("chunkwise", "torch.chunk: takes the size of a chunk for their number", "wrong")
def _(q, k, v, S, chunk):
    o = []
    for a, b, c in zip(q.chunk(chunk, -2), k.chunk(chunk, -2), v.chunk(chunk, -2)):
        o.append((a @ b.mT).tril() @ c + a @ S.mT)
        S = S + c.mT @ b
    return torch.cat(o, -2), S


@answer("chunkwise", "splits the first axis", "wrong")
def _(q, k, v, S, chunk):
    o = []
    for a, b, c in zip(q.split(chunk), k.split(chunk), v.split(chunk)):
        o.append((a @ b.mT).tril() @ c + a @ S.mT)
        S = S + c.mT @ b
    return torch.cat(o), S


@answer("chunkwise", "joins the chunks along the first axis", "wrong")
def _(q, k, v, S, chunk):
    o = []
    for a, b, c in pieces(q, k, v, chunk):
        o.append((a @ b.mT).tril() @ c + a @ S.mT)
        S = S + c.mT @ b
    return torch.cat(o), S


@answer("chunkwise", "reads S without its transpose", "wrong")
def _(q, k, v, S, chunk):
    o = []
    for a, b, c in pieces(q, k, v, chunk):
        o.append((a @ b.mT).tril() @ c + a @ S)
        S = S + c.mT @ b
    return torch.cat(o, -2), S


@answer("chunkwise", "k^T v written, read with S: transposed throughout", "wrong")
def _(q, k, v, S, chunk):
    o, S = [], S.mT
    for a, b, c in pieces(q, k, v, chunk):
        o.append((a @ b.mT).tril() @ c + a @ S)
        S = S + b.mT @ c
    return torch.cat(o, -2), S


@answer("chunkwise", "only the last chunk kept in the state", "wrong")
def _(q, k, v, S, chunk):
    o = []
    for a, b, c in pieces(q, k, v, chunk):
        o.append((a @ b.mT).tril() @ c + a @ S.mT)
        S = c.mT @ b
    return torch.cat(o, -2), S


@answer("chunkwise", "the last chunk is read but not written", "wrong")
def _(q, k, v, S, chunk):
    o, P = [], S
    for a, b, c in pieces(q, k, v, chunk):
        S = P
        o.append((a @ b.mT).tril() @ c + a @ S.mT)
        P = S + c.mT @ b
    return torch.cat(o, -2), S


@answer("chunkwise", "returns o alone", "wrong")
def _(q, k, v, S, chunk):
    o = []
    for a, b, c in pieces(q, k, v, chunk):
        o.append((a @ b.mT).tril() @ c + a @ S.mT)
        S = S + c.mT @ b
    return torch.cat(o, -2)


@answer("chunkwise", "returns the list of chunks", "wrong")
def _(q, k, v, S, chunk):
    o = []
    for a, b, c in pieces(q, k, v, chunk):
        o.append((a @ b.mT).tril() @ c + a @ S.mT)
        S = S + c.mT @ b
    return o, S


@answer("chunkwise", "normalises inside the chunk", "wrong")
def _(q, k, v, S, chunk):
    o = []
    for a, b, c in pieces(q, k, v, chunk):
        w = (a @ b.mT).tril()
        o.append((w @ c + a @ S.mT) / w.sum(-1, keepdim=True))
        S = S + c.mT @ b
    return torch.cat(o, -2), S


@answer("chunkwise", "the map elu + 1 on q and k", "wrong")
def _(q, k, v, S, chunk):
    q, k, o = torch.nn.functional.elu(q) + 1, torch.nn.functional.elu(k) + 1, []
    for a, b, c in pieces(q, k, v, chunk):
        o.append((a @ b.mT).tril() @ c + a @ S.mT)
        S = S + c.mT @ b
    return torch.cat(o, -2), S


@answer("chunkwise", "softmax inside the chunk", "wrong")
def _(q, k, v, S, chunk):
    o = []
    for a, b, c in pieces(q, k, v, chunk):
        future = torch.ones(a.shape[-2], a.shape[-2], dtype=torch.bool).triu(1)
        o.append((a @ b.mT).masked_fill(future, -torch.inf).softmax(-1) @ c + a @ S.mT)
        S = S + c.mT @ b
    return torch.cat(o, -2), S


@answer("chunkwise", "queries and keys exchanged inside the chunk", "wrong")
def _(q, k, v, S, chunk):
    o = []
    for a, b, c in pieces(q, k, v, chunk):
        o.append((b @ a.mT).tril() @ c + a @ S.mT)
        S = S + c.mT @ b
    return torch.cat(o, -2), S


@answer("chunkwise", "a step too far: range(0, L - chunk, chunk)", "wrong")
def _(q, k, v, S, chunk):
    o = []
    for i in range(0, q.shape[-2] - chunk, chunk):
        a, b, c = (x[..., i : i + chunk, :] for x in (q, k, v))
        o.append((a @ b.mT).tril() @ c + a @ S.mT)
        S = S + c.mT @ b
    return torch.cat(o, -2) if o else torch.zeros_like(v), S


@answer("chunkwise", "the state detached between chunks", "wrong")
def _(q, k, v, S, chunk):
    o = []
    for a, b, c in pieces(q, k, v, chunk):
        o.append((a @ b.mT).tril() @ c + a @ S.mT)
        S = (S + c.mT @ b).detach()
    return torch.cat(o, -2), S


@answer("chunkwise", "pads the last chunk and does not cut the padding off", "wrong")
def _(q, k, v, S, chunk):
    short = -q.shape[-2] % chunk
    q, k, v = (torch.nn.functional.pad(x, (0, 0, 0, short)) for x in (q, k, v))
    o = []
    for a, b, c in pieces(q, k, v, chunk):
        o.append((a @ b.mT).tril() @ c + a @ S.mT)
        S = S + c.mT @ b
    return torch.cat(o, -2), S


@answer("chunkwise", "pads the last chunk with zeros and cuts afterwards", "right")
def _(q, k, v, S, chunk):
    L = q.shape[-2]
    q, k, v = (torch.nn.functional.pad(x, (0, 0, 0, -L % chunk)) for x in (q, k, v))
    o = []
    for a, b, c in pieces(q, k, v, chunk):
        o.append((a @ b.mT).tril() @ c + a @ S.mT)
        S = S + c.mT @ b
    return torch.cat(o, -2)[..., :L, :], S


@answer("chunkwise", "recursion on the rest", "right")
def _(q, k, v, S, chunk):
    a, b, c = (x[..., :chunk, :] for x in (q, k, v))
    o = torch.einsum("...tk,...vk->...tv", a, S) + (a @ b.mT).tril() @ c
    S = S + torch.einsum("...tv,...tk->...vk", c, b)
    if q.shape[-2] <= chunk:
        return o, S

    def run(q, k, v, S):
        a, b, c = (x[..., :chunk, :] for x in (q, k, v))
        o = a @ S.mT + (a @ b.mT).tril() @ c
        S = S + c.mT @ b
        if q.shape[-2] <= chunk:
            return [o], S
        rest, S = run(q[..., chunk:, :], k[..., chunk:, :], v[..., chunk:, :], S)
        return [o, *rest], S

    rest, S = run(q[..., chunk:, :], k[..., chunk:, :], v[..., chunk:, :], S)
    return torch.cat([o, *rest], dim=-2), S


@answer("chunkwise", "writes into an empty tensor", "right")
def _(q, k, v, S, chunk):
    o = torch.empty_like(v)
    for i in range(0, v.shape[-2], chunk):
        a, b, c = (x[..., i : i + chunk, :] for x in (q, k, v))
        o[..., i : i + chunk, :] = (a @ b.mT).tril() @ c + a @ S.mT
        S = S + c.mT @ b
    return o, S


@answer("chunkwise", "all states first, as a cumulative sum over chunks", "right")
def _(q, k, v, S, chunk):
    writes = [S] + [c.mT @ b for _, b, c in pieces(q, k, v, chunk)]
    states = torch.stack(writes).cumsum(0)
    o = [(a @ b.mT).tril() @ c + a @ T.mT for (a, b, c), T in zip(pieces(q, k, v, chunk), states)]
    return torch.cat(o, dim=-2), states[-1]


@answer("chunkwise", "float64 inside", "right")
def _(q, k, v, S, chunk):
    T, o = S.double(), []
    for a, b, c in pieces(q.double(), k.double(), v.double(), chunk):
        o.append((a @ b.mT).tril() @ c + a @ T.mT)
        T = T + c.mT @ b
    return torch.cat(o, -2).to(v.dtype), T.to(S.dtype)


@answer("chunkwise", "state read for all tokens first, then tril inside", "right")
def _(q, k, v, S, chunk):
    o = []
    for a, b, c in pieces(q, k, v, chunk):
        mask = torch.tril(torch.ones(a.shape[-2], a.shape[-2], dtype=v.dtype))
        S, o_ = S + c.mT @ b, (S @ a.mT).mT + torch.einsum("...td,...sd,ts,...sv->...tv", a, b, mask, c)
        o.append(o_)
    return torch.cat(o, -2), S


@answer("chunkwise", "tril(-1) inside the chunk: a token does not see itself", "wrong")
def _(q, k, v, S, chunk):
    out = []
    for a, b, c in zip(q.split(chunk, -2), k.split(chunk, -2), v.split(chunk, -2)):
        out.append((a @ b.mT).tril(-1) @ c + a @ S.mT)
        S = S + c.mT @ b
    return torch.cat(out, -2), S


@answer("chunkwise", "writes the chunk before it reads the state: own chunk counted twice", "wrong")
def _(q, k, v, S, chunk):
    out = []
    for a, b, c in zip(q.split(chunk, -2), k.split(chunk, -2), v.split(chunk, -2)):
        S = S + c.mT @ b
        out.append((a @ b.mT).tril() @ c + a @ S.mT)
    return torch.cat(out, -2), S


@answer("chunkwise", "L // chunk chunks: the short last one is dropped", "wrong")
def _(q, k, v, S, chunk):
    out = []
    for i in range(q.shape[-2] // chunk):
        part = slice(i * chunk, (i + 1) * chunk)
        a, b, c = q[..., part, :], k[..., part, :], v[..., part, :]
        out.append((a @ b.mT).tril() @ c + a @ S.mT)
        S = S + c.mT @ b
    return torch.cat(out, -2), S


@answer("chunkwise", "no triangle inside the chunk: sees its chunk's future", "wrong")
def _(q, k, v, S, chunk):
    out = []
    for a, b, c in zip(q.split(chunk, -2), k.split(chunk, -2), v.split(chunk, -2)):
        out.append((a @ b.mT) @ c + a @ S.mT)
        S = S + c.mT @ b
    return torch.cat(out, -2), S


@answer("chunkwise", "S of the chunk alone replaces the state, is not added", "wrong")
def _(q, k, v, S, chunk):
    out = []
    for a, b, c in zip(q.split(chunk, -2), k.split(chunk, -2), v.split(chunk, -2)):
        out.append((a @ b.mT).tril() @ c + a @ S.mT)
        S = c.mT @ b
    return torch.cat(out, -2), S


@answer("chunkwise", "normalised by the sum of weights in the chunk", "wrong")
def _(q, k, v, S, chunk):
    out = []
    for a, b, c in zip(q.split(chunk, -2), k.split(chunk, -2), v.split(chunk, -2)):
        w = (a @ b.mT).tril()
        out.append((w @ c + a @ S.mT) / w.sum(-1, keepdim=True))
        S = S + c.mT @ b
    return torch.cat(out, -2), S


@answer("chunkwise", "split along axis 0 (the default): right without a batch only", "wrong")
def _(q, k, v, S, chunk):
    out = []
    for a, b, c in zip(q.split(chunk), k.split(chunk), v.split(chunk)):
        out.append((a @ b.mT).tril() @ c + a @ S.mT)
        S = S + c.mT @ b
    return torch.cat(out), S


@answer("chunkwise", "padded to whole chunks, states cumulated, no loop at all", "right")
def _(q, k, v, S, chunk):
    L = q.shape[-2]
    pad = -L % chunk
    q, k, v = (F.pad(x, (0, 0, 0, pad)).unflatten(-2, (-1, chunk)) for x in (q, k, v))
    writes = v.mT @ k
    after = S[..., None, :, :] + writes.cumsum(-3)
    before = after - writes
    o = (q @ k.mT).tril() @ v + q @ before.mT
    return o.flatten(-3, -2)[..., :L, :], after[..., -1, :, :]


@answer("chunkwise", "recursion on the rest of the text", "right")
def _(q, k, v, S, chunk):
    def go(t, S):
        if t >= q.shape[-2]:
            return [], S
        a, b, c = (x[..., t : t + chunk, :] for x in (q, k, v))
        mine = torch.einsum(
            "...tk,...sk,ts,...sv->...tv", a, b, torch.ones(a.shape[-2], a.shape[-2], dtype=a.dtype).tril(), c
        )
        rest, end = go(t + chunk, S + torch.einsum("...tv,...tk->...vk", c, b))
        return [mine + torch.einsum("...vk,...tk->...tv", S, a), *rest], end

    out, S = go(0, S)
    return torch.cat(out, -2), S
