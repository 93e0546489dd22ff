"""Answers to selective-scan by people who have not seen its private half."""

import torch

from grading.answers import answer


def tokens(decay, write, C):
    return zip(decay.unbind(-3), write.unbind(-3), C.unbind(-2))


def read(h, c):
    return (h * c[..., None, :]).sum(-1)


@answer("selective-scan", "reads before the update", "wrong")
def _(decay, write, C, h):
    y = []
    for a, b, c in tokens(decay, write, C):
        y.append(read(h, c))
        h = a * h + b
    return torch.stack(y, -2), h


@answer("selective-scan", "starts from zeros", "wrong")
def _(decay, write, C, h):
    h, y = torch.zeros_like(h), []
    for a, b, c in tokens(decay, write, C):
        h = a * h + b
        y.append(read(h, c))
    return torch.stack(y, -2), h


@answer("selective-scan", "no decay", "wrong")
def _(decay, write, C, h):
    y = []
    for _, b, c in tokens(decay, write, C):
        h = h + b
        y.append(read(h, c))
    return torch.stack(y, -2), h


@answer("selective-scan", "the write decays too: a (h + b)", "wrong")
def _(decay, write, C, h):
    y = []
    for a, b, c in tokens(decay, write, C):
        h = a * (h + b)
        y.append(read(h, c))
    return torch.stack(y, -2), h


@answer("selective-scan", "decay and write exchanged: b h + a", "wrong")
def _(decay, write, C, h):
    y = []
    for a, b, c in tokens(decay, write, C):
        h = b * h + a
        y.append(read(h, c))
    return torch.stack(y, -2), h


@answer("selective-scan", "a gate: a h + (1 - a) b", "wrong")
def _(decay, write, C, h):
    y = []
    for a, b, c in tokens(decay, write, C):
        h = a * h + (1 - a) * b
        y.append(read(h, c))
    return torch.stack(y, -2), h


@answer("selective-scan", "exp of the decay once more", "wrong")
def _(decay, write, C, h):
    y = []
    for a, b, c in tokens(decay, write, C):
        h = a.exp() * h + b
        y.append(read(h, c))
    return torch.stack(y, -2), h


@answer("selective-scan", "the mean over the states", "wrong")
def _(decay, write, C, h):
    y = []
    for a, b, c in tokens(decay, write, C):
        h = a * h + b
        y.append((h * c[..., None, :]).mean(-1))
    return torch.stack(y, -2), h


@answer("selective-scan", "sum over the channels", "wrong")
def _(decay, write, C, h):
    y = []
    for a, b, c in tokens(decay, write, C):
        h = a * h + b
        y.append((h * c[..., None, :]).sum(-2))
    return torch.stack(y, -2), h


@answer("selective-scan", "not summed: reads (..., D, N)", "wrong")
def _(decay, write, C, h):
    y = []
    for a, b, c in tokens(decay, write, C):
        h = a * h + b
        y.append(h * c[..., None, :])
    return torch.stack(y, -3), h


@answer("selective-scan", "the first C for all tokens", "wrong")
def _(decay, write, C, h):
    y = []
    for a, b, _ in tokens(decay, write, C):
        h = a * h + b
        y.append(read(h, C[..., 0, :]))
    return torch.stack(y, -2), h


@answer("selective-scan", "reads everything with the last state", "wrong")
def _(decay, write, C, h):
    for a, b, _ in tokens(decay, write, C):
        h = a * h + b
    return C @ h.mT, h


@answer("selective-scan", "h in place", "wrong")
def _(decay, write, C, h):
    y = []
    for a, b, c in tokens(decay, write, C):
        h *= a
        h += b
        y.append(read(h, c))
    return torch.stack(y, -2), h


@answer("selective-scan", "reads the write only", "wrong")
def _(decay, write, C, h):
    y = []
    for a, b, c in tokens(decay, write, C):
        h = a * h + b
        y.append(read(b, c))
    return torch.stack(y, -2), h


@answer("selective-scan", "forgets the read: y is the sum of the state", "wrong")
def _(decay, write, C, h):
    y = []
    for a, b, _ in tokens(decay, write, C):
        h = a * h + b
        y.append(h.sum(-1))
    return torch.stack(y, -2), h


@answer("selective-scan", "returns the given state", "wrong")
def _(decay, write, C, h):
    y, g = [], h
    for a, b, c in tokens(decay, write, C):
        g = a * g + b
        y.append(read(g, c))
    return torch.stack(y, -2), h


@answer("selective-scan", "returns all states", "wrong")
def _(decay, write, C, h):
    y, states = [], []
    for a, b, c in tokens(decay, write, C):
        h = a * h + b
        states.append(h)
        y.append(read(h, c))
    return torch.stack(y, -2), torch.stack(states, -3)


@answer("selective-scan", "y alone", "wrong")
def _(decay, write, C, h):
    y = []
    for a, b, c in tokens(decay, write, C):
        h = a * h + b
        y.append(read(h, c))
    return torch.stack(y, -2)


@answer("selective-scan", "stacked in front", "wrong")
def _(decay, write, C, h):
    y = []
    for a, b, c in tokens(decay, write, C):
        h = a * h + b
        y.append(read(h, c))
    return torch.stack(y), h


@answer("selective-scan", "stacked at the end: (..., D, L)", "wrong")
def _(decay, write, C, h):
    y = []
    for a, b, c in tokens(decay, write, C):
        h = a * h + b
        y.append(read(h, c))
    return torch.stack(y, -1), h


@answer("selective-scan", "joined by cat: (..., L D)", "wrong")
def _(decay, write, C, h):
    y = []
    for a, b, c in tokens(decay, write, C):
        h = a * h + b
        y.append(read(h, c))
    return torch.cat(y, -1), h


@answer("selective-scan", "y a list", "wrong")
def _(decay, write, C, h):
    y = []
    for a, b, c in tokens(decay, write, C):
        h = a * h + b
        y.append(read(h, c))
    return y, h


@answer("selective-scan", "loop over the first axis: only without a batch", "wrong")
def _(decay, write, C, h):
    y = []
    for t in range(decay.shape[0]):
        h = decay[t] * h + write[t]
        y.append(h @ C[t])
    return torch.stack(y), h


@answer("selective-scan", "h @ c without the column", "wrong")
def _(decay, write, C, h):
    y = []
    for a, b, c in tokens(decay, write, C):
        h = a * h + b
        y.append(h @ c.mT if c.dim() > 1 else h @ c)
    return torch.stack(y, -2), h


@answer("selective-scan", "the loop starts at the second token", "wrong")
def _(decay, write, C, h):
    h = h + write[..., 0, :, :]
    y = [read(h, C[..., 0, :])]
    for t in range(1, C.shape[-2]):
        h = decay[..., t, :, :] * h + write[..., t, :, :]
        y.append(read(h, C[..., t, :]))
    return torch.stack(y, -2), h


@answer("selective-scan", "backwards in time", "wrong")
def _(decay, write, C, h):
    y = []
    for t in reversed(range(C.shape[-2])):
        h = decay[..., t, :, :] * h + write[..., t, :, :]
        y.append(read(h, C[..., t, :]))
    return torch.stack(y[::-1], -2), h


@answer("selective-scan", "cumulative product and quotient: overflows", "wrong")
def _(decay, write, C, h):
    P = decay.cumprod(-3)
    states = P * (h[..., None, :, :] + (write / P).cumsum(-3))
    return (states * C[..., None, :]).sum(-1), states[..., -1, :, :]


@answer("selective-scan", "all decays at once: the product of them before h, no running", "wrong")
def _(decay, write, C, h):
    states = decay * h[..., None, :, :] + write
    return (states * C[..., None, :]).sum(-1), states[..., -1, :, :]


@answer("selective-scan", "state detached between tokens", "wrong")
def _(decay, write, C, h):
    y = []
    for a, b, c in tokens(decay, write, C):
        h = a * h.detach() + b
        y.append(read(h, c))
    return torch.stack(y, -2), h


@answer("selective-scan", "indices and einsum", "right")
def _(decay, write, C, h):
    states = []
    for t in range(C.shape[-2]):
        h = torch.addcmul(write[..., t, :, :], decay[..., t, :, :], h)
        states.append(h)
    return torch.einsum("...ldn,...ln->...ld", torch.stack(states, -3), C), h


@answer("selective-scan", "doubling: rounds of shifts", "right")
def _(decay, write, C, h):
    a, b, L, back = decay, write, C.shape[-2], 1
    while back < L:
        b = torch.cat([b[..., :back, :, :], a[..., back:, :, :] * b[..., :-back, :, :] + b[..., back:, :, :]], -3)
        a = torch.cat([a[..., :back, :, :], a[..., back:, :, :] * a[..., :-back, :, :]], -3)
        back *= 2
    states = a * h[..., None, :, :] + b
    return (states @ C[..., None])[..., 0], states[..., -1, :, :]


@answer("selective-scan", "recursion over halves", "right")
def _(decay, write, C, h):
    def run(a, b, c, h):
        L = c.shape[-2]
        if L == 1:
            h = a[..., 0, :, :] * h + b[..., 0, :, :]
            return c @ h.mT, h
        m = L // 2
        first, h = run(a[..., :m, :, :], b[..., :m, :, :], c[..., :m, :], h)
        second, h = run(a[..., m:, :, :], b[..., m:, :, :], c[..., m:, :], h)
        return torch.cat([first, second], -2), h

    return run(decay, write, C, h)


@answer("selective-scan", "float64, read by @", "right")
def _(decay, write, C, h):
    g, y = h.double(), []
    for a, b, c in tokens(decay.double(), write.double(), C.double()):
        g = a * g + b
        y.append((g @ c[..., None])[..., 0])
    return torch.stack(y, -2).to(h.dtype), g.to(h.dtype)


@answer("selective-scan", "the decays between all pairs of tokens", "right")
def _(decay, write, C, h):
    L = C.shape[-2]
    y = []
    for t in range(L):
        state = h * decay[..., : t + 1, :, :].prod(-3)
        for s in range(t + 1):
            state = state + write[..., s, :, :] * decay[..., s + 1 : t + 1, :, :].prod(-3)
        y.append((state * C[..., t, None, :]).sum(-1))
    return torch.stack(y, -2), state


@answer("selective-scan", "time moved to the front, result moved back", "right")
def _(decay, write, C, h):
    y = torch.empty_like(write[..., 0].movedim(-2, 0))
    for t, (a, b, c) in enumerate(zip(decay.movedim(-3, 0), write.movedim(-3, 0), C.movedim(-2, 0))):
        h = h.mul(a).add(b)
        y[t] = (h * c.unsqueeze(-2)).sum(-1)
    return y.movedim(0, -2), h


@answer("selective-scan", "reads before the update", "wrong")
def _(decay, write, C, h):
    y = []
    for a, b, c in zip(decay.unbind(-3), write.unbind(-3), C.unbind(-2)):
        y.append((h * c[..., None, :]).sum(-1))
        h = a * h + b
    return torch.stack(y, -2), h


@answer("selective-scan", "returns the state it was given", "wrong")
def _(decay, write, C, h):
    state, y = h, []
    for t in range(decay.shape[-3]):
        state = decay[..., t, :, :] * state + write[..., t, :, :]
        y.append((state @ C[..., t, :, None])[..., 0])
    return torch.stack(y, -2), h


@answer("selective-scan", "starts from zero", "wrong")
def _(decay, write, C, h):
    h, y = torch.zeros_like(h), []
    for t in range(decay.shape[-3]):
        h = decay[..., t, :, :] * h + write[..., t, :, :]
        y.append((h @ C[..., t, :, None])[..., 0])
    return torch.stack(y, -2), h


@answer("selective-scan", "fades what it has just written: decay (h + write)", "wrong")
def _(decay, write, C, h):
    y = []
    for a, b, c in zip(decay.unbind(-3), write.unbind(-3), C.unbind(-2)):
        h = a * (h + b)
        y.append((h * c[..., None, :]).sum(-1))
    return torch.stack(y, -2), h


@answer("selective-scan", "reads every token with the last token's C", "wrong")
def _(decay, write, C, h):
    states = []
    for a, b in zip(decay.unbind(-3), write.unbind(-3)):
        h = a * h + b
        states.append(h)
    states = torch.stack(states, -3)
    return (states @ C[..., -1, :][..., None, :, None])[..., 0], h


@answer("selective-scan", "closed form with cumprod", "wrong")
def _(decay, write, C, h):
    P = decay.cumprod(-3)
    states = P * (h[..., None, :, :] + (write / P).cumsum(-3))
    return (states * C[..., None, :]).sum(-1), states[..., -1, :, :]


@answer("selective-scan", "h *= a; h += b in place on the argument", "wrong")
def _(decay, write, C, h):
    y = []
    for a, b, c in zip(decay.unbind(-3), write.unbind(-3), C.unbind(-2)):
        h *= a
        h += b
        y.append((h * c[..., None, :]).sum(-1))
    return torch.stack(y, -2), h


@answer("selective-scan", "divide and conquer on both halves", "right")
def _(decay, write, C, h):
    def prefix(a, b):
        n = a.shape[-3]
        if n == 1:
            return a, b
        a1, b1 = prefix(a[..., : n // 2, :, :], b[..., : n // 2, :, :])
        a2, b2 = prefix(a[..., n // 2 :, :, :], b[..., n // 2 :, :, :])
        return torch.cat([a1, a2 * a1[..., -1:, :, :]], -3), torch.cat([b1, a2 * b1[..., -1:, :, :] + b2], -3)

    a, b = prefix(decay, write)
    states = a * h.unsqueeze(-3) + b
    return torch.einsum("...ldn,...ln->...ld", states, C), states[..., -1, :, :]


@answer("selective-scan", "every write followed by itself through all later decays", "right")
def _(decay, write, C, h):
    L = decay.shape[-3]
    total = torch.zeros_like(write)
    fading = h
    rows = []
    for t in range(L):
        fading = fading * decay[..., t, :, :]
        rows.append(fading)
    total = torch.stack(rows, -3)
    for s in range(L):
        w = write[..., s, :, :]
        rows = [torch.zeros_like(w)] * s + [w]
        for t in range(s + 1, L):
            w = w * decay[..., t, :, :]
            rows.append(w)
        total = total + torch.stack(rows, -3)
    return (total @ C[..., None])[..., 0], total[..., -1, :, :]
