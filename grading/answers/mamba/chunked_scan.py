"""Answers to chunked-scan by people who have not seen its private half."""

import torch
import torch.nn.functional as F

from grading.answers import answer


def discretise(x, dt, A, B):
    return (dt[..., None] * A).exp(), (dt * x)[..., None] * B[..., None, :]


def scan(decay, write, C, h):
    y = []
    for a, b, c in zip(decay.unbind(-3), write.unbind(-3), C.unbind(-2)):
        h = a * h + b
        y.append((h * c[..., None, :]).sum(-1))
    return torch.stack(y, -2), h


@answer("chunked-scan", "every piece starts from the given state", "wrong")
def _(x, dt, A, B, C, h, chunk):
    y = []
    for u, d, b, c in zip(x.split(chunk, -2), dt.split(chunk, -2), B.split(chunk, -2), C.split(chunk, -2)):
        decay, write = discretise(u, d, A, b)
        o, last = scan(decay, write, c, h)
        y.append(o)
    return torch.cat(y, -2), last


@answer("chunked-scan", "every piece starts from zeros", "wrong")
def _(x, dt, A, B, C, h, chunk):
    y = []
    for u, d, b, c in zip(x.split(chunk, -2), dt.split(chunk, -2), B.split(chunk, -2), C.split(chunk, -2)):
        decay, write = discretise(u, d, A, b)
        o, h = scan(decay, write, c, torch.zeros_like(h))
        y.append(o)
    return torch.cat(y, -2), h


@answer("chunked-scan", "the given state ignored", "wrong")
def _(x, dt, A, B, C, h, chunk):
    y, h = [], torch.zeros_like(h)
    for u, d, b, c in zip(x.split(chunk, -2), dt.split(chunk, -2), B.split(chunk, -2), C.split(chunk, -2)):
        decay, write = discretise(u, d, A, b)
        o, h = scan(decay, write, c, h)
        y.append(o)
    return torch.cat(y, -2), h


@answer("chunked-scan", "returns the given state", "wrong")
def _(x, dt, A, B, C, h, chunk):
    y, g = [], h
    for u, d, b, c in zip(x.split(chunk, -2), dt.split(chunk, -2), B.split(chunk, -2), C.split(chunk, -2)):
        decay, write = discretise(u, d, A, b)
        o, g = scan(decay, write, c, g)
        y.append(o)
    return torch.cat(y, -2), h


@answer("chunked-scan", "all states at once: not in pieces", "wrong")
def _(x, dt, A, B, C, h, chunk):
    decay, write = discretise(x, dt, A, B)
    return scan(decay, write, C, h)


@answer("chunked-scan", "discretises everything, scans in pieces", "wrong")
def _(x, dt, A, B, C, h, chunk):
    decay, write = discretise(x, dt, A, B)
    y = []
    for a, b, c in zip(decay.split(chunk, -3), write.split(chunk, -3), C.split(chunk, -2)):
        o, h = scan(a, b, c, h)
        y.append(o)
    return torch.cat(y, -2), h


@answer("chunked-scan", "drops the short piece at the end", "wrong")
def _(x, dt, A, B, C, h, chunk):
    y = []
    for i in range(x.shape[-2] // chunk):
        at = slice(i * chunk, (i + 1) * chunk)
        o, h = scan(*discretise(x[..., at, :], dt[..., at, :], A, B[..., at, :]), C[..., at, :], h)
        y.append(o)
    return torch.cat(y, -2), h


@answer("chunked-scan", "the whole C for every piece", "wrong")
def _(x, dt, A, B, C, h, chunk):
    y = []
    for u, d, b, _c in zip(x.split(chunk, -2), dt.split(chunk, -2), B.split(chunk, -2), C.split(chunk, -2)):
        decay, write = discretise(u, d, A, b)
        o, h = scan(decay, write, C, h)
        y.append(o)
    return torch.cat(y, -2), h


@answer("chunked-scan", "the whole B for every piece", "wrong")
def _(x, dt, A, B, C, h, chunk):
    y = []
    for u, d, _b, c in zip(x.split(chunk, -2), dt.split(chunk, -2), B.split(chunk, -2), C.split(chunk, -2)):
        decay, write = discretise(u, d, A, B)
        o, h = scan(decay, write, c, h)
        y.append(o)
    return torch.cat(y, -2), h


@answer("chunked-scan", "A split too: its first axis is channels", "wrong")
def _(x, dt, A, B, C, h, chunk):
    y = []
    for a, u, d, b, c in zip(
        A.split(chunk, -2), x.split(chunk, -2), dt.split(chunk, -2), B.split(chunk, -2), C.split(chunk, -2)
    ):
        decay, write = discretise(u, d, a, b)
        o, h = scan(decay, write, c, h)
        y.append(o)
    return torch.cat(y, -2), h


@answer("chunked-scan", "torch.chunk: the number of pieces, not their size", "wrong")
def _(x, dt, A, B, C, h, chunk):
    y = []
    for u, d, b, c in zip(x.chunk(chunk, -2), dt.chunk(chunk, -2), B.chunk(chunk, -2), C.chunk(chunk, -2)):
        decay, write = discretise(u, d, A, b)
        o, h = scan(decay, write, c, h)
        y.append(o)
    return torch.cat(y, -2), h


@answer("chunked-scan", "splits the last axis", "wrong")
def _(x, dt, A, B, C, h, chunk):
    y = []
    for u, d, b, c in zip(x.split(chunk, -1), dt.split(chunk, -1), B.split(chunk, -1), C.split(chunk, -1)):
        decay, write = discretise(u, d, A, b)
        o, h = scan(decay, write, c, h)
        y.append(o)
    return torch.cat(y, -1), h


@answer("chunked-scan", "splits the first axis", "wrong")
def _(x, dt, A, B, C, h, chunk):
    y = []
    for u, d, b, c in zip(x.split(chunk), dt.split(chunk), B.split(chunk), C.split(chunk)):
        decay, write = discretise(u, d, A, b)
        o, h = scan(decay, write, c, h)
        y.append(o)
    return torch.cat(y), h


@answer("chunked-scan", "joins along the first axis", "wrong")
def _(x, dt, A, B, C, h, chunk):
    y = []
    for u, d, b, c in zip(x.split(chunk, -2), dt.split(chunk, -2), B.split(chunk, -2), C.split(chunk, -2)):
        decay, write = discretise(u, d, A, b)
        o, h = scan(decay, write, c, h)
        y.append(o)
    return torch.cat(y), h


@answer("chunked-scan", "stacks the pieces", "wrong")
def _(x, dt, A, B, C, h, chunk):
    y = []
    for u, d, b, c in zip(x.split(chunk, -2), dt.split(chunk, -2), B.split(chunk, -2), C.split(chunk, -2)):
        decay, write = discretise(u, d, A, b)
        o, h = scan(decay, write, c, h)
        y.append(o)
    return torch.stack(y, -3), h


@answer("chunked-scan", "returns the list of pieces", "wrong")
def _(x, dt, A, B, C, h, chunk):
    y = []
    for u, d, b, c in zip(x.split(chunk, -2), dt.split(chunk, -2), B.split(chunk, -2), C.split(chunk, -2)):
        decay, write = discretise(u, d, A, b)
        o, h = scan(decay, write, c, h)
        y.append(o)
    return y, h


@answer("chunked-scan", "y alone", "wrong")
def _(x, dt, A, B, C, h, chunk):
    y = []
    for u, d, b, c in zip(x.split(chunk, -2), dt.split(chunk, -2), B.split(chunk, -2), C.split(chunk, -2)):
        decay, write = discretise(u, d, A, b)
        o, h = scan(decay, write, c, h)
        y.append(o)
    return torch.cat(y, -2)


@answer("chunked-scan", "B and C exchanged", "wrong")
def _(x, dt, A, B, C, h, chunk):
    y = []
    for u, d, b, c in zip(x.split(chunk, -2), dt.split(chunk, -2), B.split(chunk, -2), C.split(chunk, -2)):
        decay, write = discretise(u, d, A, c)
        o, h = scan(decay, write, b, h)
        y.append(o)
    return torch.cat(y, -2), h


@answer("chunked-scan", "x and dt exchanged", "wrong")
def _(x, dt, A, B, C, h, chunk):
    y = []
    for u, d, b, c in zip(x.split(chunk, -2), dt.split(chunk, -2), B.split(chunk, -2), C.split(chunk, -2)):
        decay, write = discretise(d, u, A, b)
        o, h = scan(decay, write, c, h)
        y.append(o)
    return torch.cat(y, -2), h


@answer("chunked-scan", "decay and write exchanged in the call of scan", "wrong")
def _(x, dt, A, B, C, h, chunk):
    y = []
    for u, d, b, c in zip(x.split(chunk, -2), dt.split(chunk, -2), B.split(chunk, -2), C.split(chunk, -2)):
        decay, write = discretise(u, d, A, b)
        o, h = scan(write, decay, c, h)
        y.append(o)
    return torch.cat(y, -2), h


@answer("chunked-scan", "state detached between pieces", "wrong")
def _(x, dt, A, B, C, h, chunk):
    y = []
    for u, d, b, c in zip(x.split(chunk, -2), dt.split(chunk, -2), B.split(chunk, -2), C.split(chunk, -2)):
        decay, write = discretise(u, d, A, b)
        o, h = scan(decay, write, c, h)
        y.append(o)
        h = h.detach()
    return torch.cat(y, -2), h


@answer("chunked-scan", "state divided among the pieces: faded by a whole piece once more", "wrong")
def _(x, dt, A, B, C, h, chunk):
    y = []
    for u, d, b, c in zip(x.split(chunk, -2), dt.split(chunk, -2), B.split(chunk, -2), C.split(chunk, -2)):
        decay, write = discretise(u, d, A, b)
        o, h = scan(decay, write, c, h)
        y.append(o)
        h = h * decay[..., -1, :, :]
    return torch.cat(y, -2), h


@answer("chunked-scan", "the decay without exp", "wrong")
def _(x, dt, A, B, C, h, chunk):
    y = []
    for u, d, b, c in zip(x.split(chunk, -2), dt.split(chunk, -2), B.split(chunk, -2), C.split(chunk, -2)):
        decay, write = d[..., None] * A, discretise(u, d, A, b)[1]
        o, h = scan(decay, write, c, h)
        y.append(o)
    return torch.cat(y, -2), h


@answer("chunked-scan", "A exponentiated again, as A_log", "wrong")
def _(x, dt, A, B, C, h, chunk):
    y = []
    for u, d, b, c in zip(x.split(chunk, -2), dt.split(chunk, -2), B.split(chunk, -2), C.split(chunk, -2)):
        decay, write = discretise(u, d, -A.exp(), b)
        o, h = scan(decay, write, c, h)
        y.append(o)
    return torch.cat(y, -2), h


@answer("chunked-scan", "overlapping pieces: a token is scanned twice", "wrong")
def _(x, dt, A, B, C, h, chunk):
    y = []
    for i in range(0, x.shape[-2], chunk):
        at = slice(max(i - 1, 0), i + chunk)
        o, h = scan(*discretise(x[..., at, :], dt[..., at, :], A, B[..., at, :]), C[..., at, :], h)
        y.append(o[..., -min(chunk, x.shape[-2] - i) :, :])
    return torch.cat(y, -2), h


@answer("chunked-scan", "pads the last piece with zeros and keeps the padding", "wrong")
def _(x, dt, A, B, C, h, chunk):
    short = -x.shape[-2] % chunk
    x, dt, B, C = (F.pad(z, (0, 0, 0, short)) for z in (x, dt, B, C))
    y = []
    for u, d, b, c in zip(x.split(chunk, -2), dt.split(chunk, -2), B.split(chunk, -2), C.split(chunk, -2)):
        o, h = scan(*discretise(u, d, A, b), c, h)
        y.append(o)
    return torch.cat(y, -2), h


@answer("chunked-scan", "pads the last piece with ones: dt of one makes the state fade", "wrong")
def _(x, dt, A, B, C, h, chunk):
    L, short = x.shape[-2], -x.shape[-2] % chunk
    x, B, C = (F.pad(z, (0, 0, 0, short)) for z in (x, B, C))
    dt = F.pad(dt, (0, 0, 0, short), value=1.0)
    y = []
    for u, d, b, c in zip(x.split(chunk, -2), dt.split(chunk, -2), B.split(chunk, -2), C.split(chunk, -2)):
        o, h = scan(*discretise(u, d, A, b), c, h)
        y.append(o)
    return torch.cat(y, -2)[..., :L, :], h


@answer("chunked-scan", "reads at the end of a piece only", "wrong")
def _(x, dt, A, B, C, h, chunk):
    y = []
    for u, d, b, c in zip(x.split(chunk, -2), dt.split(chunk, -2), B.split(chunk, -2), C.split(chunk, -2)):
        _, h = scan(*discretise(u, d, A, b), c, h)
        y.append(c @ h.mT)
    return torch.cat(y, -2), h


@answer("chunked-scan", "pieces of chunk - 1 tokens with a wrong stop", "wrong")
def _(x, dt, A, B, C, h, chunk):
    y = []
    for i in range(0, x.shape[-2], chunk):
        at = slice(i, i + max(chunk - 1, 1))
        o, h = scan(*discretise(x[..., at, :], dt[..., at, :], A, B[..., at, :]), C[..., at, :], h)
        y.append(o)
    return torch.cat(y, -2), h


@answer("chunked-scan", "h in place", "wrong")
def _(x, dt, A, B, C, h, chunk):
    y = []
    for t in range(x.shape[-2]):
        d, u = dt[..., t, :, None], x[..., t, :, None]
        h *= (d * A).exp()
        h += d * u * B[..., t, None, :]
        y.append((h * C[..., t, None, :]).sum(-1))
    return torch.stack(y, -2), h


@answer("chunked-scan", "one token at a time: pieces of one", "right")
def _(x, dt, A, B, C, h, chunk):
    y = []
    for t in range(x.shape[-2]):
        d, u = dt[..., t, :, None], x[..., t, :, None]
        h = (d * A).exp() * h + d * u * B[..., t, None, :]
        y.append((h @ C[..., t, :, None])[..., 0])
    return torch.stack(y, -2), h


@answer("chunked-scan", "writes into an empty tensor", "right")
def _(x, dt, A, B, C, h, chunk):
    y = torch.empty_like(x)
    for i in range(0, x.shape[-2], chunk):
        at = slice(i, i + chunk)
        y[..., at, :], h = scan(*discretise(x[..., at, :], dt[..., at, :], A, B[..., at, :]), C[..., at, :], h)
    return y, h


@answer("chunked-scan", "recursion on the rest", "right")
def _(x, dt, A, B, C, h, chunk):
    def run(x, dt, B, C, h):
        o, h = scan(*discretise(x[..., :chunk, :], dt[..., :chunk, :], A, B[..., :chunk, :]), C[..., :chunk, :], h)
        if x.shape[-2] <= chunk:
            return [o], h
        rest, h = run(x[..., chunk:, :], dt[..., chunk:, :], B[..., chunk:, :], C[..., chunk:, :], h)
        return [o, *rest], h

    y, h = run(x, dt, B, C, h)
    return torch.cat(y, -2), h


@answer("chunked-scan", "padded with steps of zero, cut afterwards", "right")
def _(x, dt, A, B, C, h, chunk):
    L, short = x.shape[-2], -x.shape[-2] % chunk
    x, dt, B, C = (F.pad(z, (0, 0, 0, short)) for z in (x, dt, B, C))
    y = []
    for u, d, b, c in zip(x.split(chunk, -2), dt.split(chunk, -2), B.split(chunk, -2), C.split(chunk, -2)):
        o, h = scan(*discretise(u, d, A, b), c, h)
        y.append(o)
    return torch.cat(y, -2)[..., :L, :], h


@answer("chunked-scan", "float64 inside", "right")
def _(x, dt, A, B, C, h, chunk):
    y, g = [], h.double()
    for z in zip(*(t.double().split(chunk, -2) for t in (x, dt, B, C))):
        o, g = scan(*discretise(z[0], z[1], A.double(), z[2]), z[3], g)
        y.append(o.to(x.dtype))
    return torch.cat(y, -2), g.to(h.dtype)


@answer("chunked-scan", "doubling inside a piece", "right")
def _(x, dt, A, B, C, h, chunk):
    y = []
    for u, d, b, c in zip(x.split(chunk, -2), dt.split(chunk, -2), B.split(chunk, -2), C.split(chunk, -2)):
        a, w = discretise(u, d, A, b)
        back = 1
        while back < u.shape[-2]:
            w = torch.cat([w[..., :back, :, :], a[..., back:, :, :] * w[..., :-back, :, :] + w[..., back:, :, :]], -3)
            a = torch.cat([a[..., :back, :, :], a[..., back:, :, :] * a[..., :-back, :, :]], -3)
            back *= 2
        states = a * h[..., None, :, :] + w
        y.append((states @ c[..., None])[..., 0])
        h = states[..., -1, :, :]
    return torch.cat(y, -2), h


def go(decay, write, C, h):
    y = []
    for a, b, c in zip(decay.unbind(-3), write.unbind(-3), C.unbind(-2)):
        h = a * h + b
        y.append((h * c[..., None, :]).sum(-1))
    return torch.stack(y, -2), h


def steps(x, dt, A, B):
    return (dt[..., None] * A).exp(), (dt * x)[..., None] * B[..., None, :]


@answer("chunked-scan", "every piece starts from the given h: the state is not carried", "wrong")
def _(x, dt, A, B, C, h, chunk):
    y = []
    for i in range(0, x.shape[-2], chunk):
        p = slice(i, i + chunk)
        out, last = go(*steps(x[..., p, :], dt[..., p, :], A, B[..., p, :]), C[..., p, :], h)
        y.append(out)
    return torch.cat(y, -2), last


@answer("chunked-scan", "right numbers, but everything discretised at once", "wrong")
def _(x, dt, A, B, C, h, chunk):
    decay, write = steps(x, dt, A, B)
    y = []
    for i in range(0, x.shape[-2], chunk):
        p = slice(i, i + chunk)
        out, h = go(decay[..., p, :, :], write[..., p, :, :], C[..., p, :], h)
        y.append(out)
    return torch.cat(y, -2), h


@answer("chunked-scan", "drops the short last piece", "wrong")
def _(x, dt, A, B, C, h, chunk):
    y = []
    for i in range(x.shape[-2] // chunk):
        p = slice(i * chunk, (i + 1) * chunk)
        out, h = go(*steps(x[..., p, :], dt[..., p, :], A, B[..., p, :]), C[..., p, :], h)
        y.append(out)
    return torch.cat(y, -2), h


@answer("chunked-scan", "C is not cut: each piece reads with the first rows of C", "wrong")
def _(x, dt, A, B, C, h, chunk):
    y = []
    for xs, ts, bs in zip(x.split(chunk, -2), dt.split(chunk, -2), B.split(chunk, -2)):
        out, h = go(*steps(xs, ts, A, bs), C, h)
        y.append(out)
    return torch.cat(y, -2), h


@answer("chunked-scan", "detaches the state between pieces, as in truncated backpropagation", "wrong")
def _(x, dt, A, B, C, h, chunk):
    y = []
    for xs, ts, bs, cs in zip(x.split(chunk, -2), dt.split(chunk, -2), B.split(chunk, -2), C.split(chunk, -2)):
        out, h = go(*steps(xs, ts, A, bs), cs, h)
        y.append(out)
        h = h.detach()
    return torch.cat(y, -2), h


@answer("chunked-scan", "x.chunk(chunk): chunk taken for the number of pieces", "wrong")
def _(x, dt, A, B, C, h, chunk):
    y = []
    for xs, ts, bs, cs in zip(x.chunk(chunk, -2), dt.chunk(chunk, -2), B.chunk(chunk, -2), C.chunk(chunk, -2)):
        out, h = go(*steps(xs, ts, A, bs), cs, h)
        y.append(out)
    return torch.cat(y, -2), h


@answer("chunked-scan", "puts pieces together along axis 0: right without a batch only", "wrong")
def _(x, dt, A, B, C, h, chunk):
    y = []
    for xs, ts, bs, cs in zip(x.split(chunk, -2), dt.split(chunk, -2), B.split(chunk, -2), C.split(chunk, -2)):
        out, h = go(*steps(xs, ts, A, bs), cs, h)
        y.append(out)
    return torch.cat(y), h


@answer("chunked-scan", "token by token, no piece at all", "right")
def _(x, dt, A, B, C, h, chunk):
    y = []
    for t in range(x.shape[-2]):
        step = dt[..., t, :, None]
        h = torch.exp(step * A) * h + step * x[..., t, :, None] * B[..., t, None, :]
        y.append(torch.einsum("...dn,...n->...d", h, C[..., t, :]))
    return torch.stack(y, -2), h


@answer("chunked-scan", "recursion: first piece, then the rest", "right")
def _(x, dt, A, B, C, h, chunk):
    def rest(x, dt, B, C, h):
        y, h = go(*steps(x[..., :chunk, :], dt[..., :chunk, :], A, B[..., :chunk, :]), C[..., :chunk, :], h)
        if x.shape[-2] <= chunk:
            return [y], h
        more, h = rest(*(z[..., chunk:, :] for z in (x, dt, B, C)), h)
        return [y, *more], h

    y, h = rest(x, dt, B, C, h)
    return torch.cat(y, -2), h
