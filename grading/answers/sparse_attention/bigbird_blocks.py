"""Answers to bigbird-blocks, written without a look at its private half."""

import torch
import torch.nn.functional as F

from grading.answers import answer


def by_blocks(q, k, v, block, seen):
    n, out = q.shape[-2] // block, []
    for b in range(n):
        at = [j for c in seen(b, n) for j in range(c * block, (c + 1) * block)]
        x = q[..., b * block : (b + 1) * block, :]
        out.append(F.scaled_dot_product_attention(x, k[..., at, :], v[..., at, :]))
    return torch.cat(out, -2)


def near(b, n):
    return {c for c in (b - 1, b, b + 1) if 0 <= c < n}


@answer("bigbird-blocks", "a list: blocks twice", "wrong")
def _(q, k, v, drawn, block):
    def seen(b, n):
        return range(n) if b in (0, n - 1) else [b - 1, b, b + 1, 0, n - 1, *drawn[b]]

    return by_blocks(q, k, v, block, seen)


@answer("bigbird-blocks", "the ends are like the others", "wrong")
def _(q, k, v, drawn, block):
    return by_blocks(q, k, v, block, lambda b, n: near(b, n) | {0, n - 1} | set(drawn[b]))


@answer("bigbird-blocks", "the ends are seen by none but their neighbours", "wrong")
def _(q, k, v, drawn, block):
    return by_blocks(q, k, v, block, lambda b, n: range(n) if b in (0, n - 1) else near(b, n) | set(drawn[b]))


@answer("bigbird-blocks", "no random blocks", "wrong")
def _(q, k, v, drawn, block):
    return by_blocks(q, k, v, block, lambda b, n: range(n) if b in (0, n - 1) else near(b, n) | {0, n - 1})


@answer("bigbird-blocks", "no window", "wrong")
def _(q, k, v, drawn, block):
    return by_blocks(q, k, v, block, lambda b, n: range(n) if b in (0, n - 1) else {b, 0, n - 1} | set(drawn[b]))


@answer("bigbird-blocks", "its own block is forgotten", "wrong")
def _(q, k, v, drawn, block):
    def seen(b, n):
        return range(n) if b in (0, n - 1) else near(b, n) - {b} | {0, n - 1} | set(drawn[b])

    return by_blocks(q, k, v, block, seen)


@answer("bigbird-blocks", "the first block alone is global", "wrong")
def _(q, k, v, drawn, block):
    return by_blocks(q, k, v, block, lambda b, n: range(n) if b == 0 else near(b, n) | {0} | set(drawn[b]))


@answer("bigbird-blocks", "n - 1 is no block: range(1, n - 1) for the window", "wrong")
def _(q, k, v, drawn, block):
    def seen(b, n):
        return range(n - 1) if b in (0, n - 1) else near(b, n) | {0, n - 1} | set(drawn[b])

    return by_blocks(q, k, v, block, seen)


@answer("bigbird-blocks", "random blocks in both directions", "wrong")
def _(q, k, v, drawn, block):
    def seen(b, n):
        back = {c for c in range(n) if b in drawn[c]}
        return range(n) if b in (0, n - 1) else near(b, n) | {0, n - 1} | set(drawn[b]) | back

    return by_blocks(q, k, v, block, seen)


@answer("bigbird-blocks", "drawn as tokens", "wrong")
def _(q, k, v, drawn, block):
    n, out = q.shape[-2] // block, []
    for b in range(n):
        cs = range(n) if b in (0, n - 1) else near(b, n) | {0, n - 1}
        at = sorted({j for c in cs for j in range(c * block, (c + 1) * block)} | set(drawn[b]))
        x = q[..., b * block : (b + 1) * block, :]
        out.append(F.scaled_dot_product_attention(x, k[..., at, :], v[..., at, :]))
    return torch.cat(out, -2)


@answer("bigbird-blocks", "only the first token of each block", "wrong")
def _(q, k, v, drawn, block):
    n, out = q.shape[-2] // block, []
    for b in range(n):
        cs = range(n) if b in (0, n - 1) else near(b, n) | {0, n - 1} | set(drawn[b])
        at = [c * block for c in cs]
        x = q[..., b * block : (b + 1) * block, :]
        out.append(F.scaled_dot_product_attention(x, k[..., at, :], v[..., at, :]))
    return torch.cat(out, -2)


@answer("bigbird-blocks", "a mask over all pairs", "wrong")
def _(q, k, v, drawn, block):
    n = q.shape[-2] // block
    M = torch.zeros(n, n, dtype=torch.bool)
    for b in range(n):
        M[b, list(near(b, n) | {0, n - 1} | set(drawn[b]))] = True
    M[[0, -1]] = True
    M = M.repeat_interleave(block, 0).repeat_interleave(block, 1)
    return F.scaled_dot_product_attention(q, k, v, M)


@answer("bigbird-blocks", "a mask over all pairs, with all its mistakes: the ends do not see all", "wrong")
def _(q, k, v, drawn, block):
    n = q.shape[-2] // block
    M = torch.zeros(n, n, dtype=torch.bool)
    for b in range(n):
        M[b, list(near(b, n) | {0, n - 1} | set(drawn[b]))] = True
    M = M.repeat_interleave(block, 0).repeat_interleave(block, 1)
    return F.scaled_dot_product_attention(q, k, v, M)


@answer("bigbird-blocks", "tiled in place of repeated: the mask of tokens is that of another order", "wrong")
def _(q, k, v, drawn, block):
    n = q.shape[-2] // block
    M = torch.zeros(n, n, dtype=torch.bool)
    for b in range(n):
        M[b, list(near(b, n) | {0, n - 1} | set(drawn[b]))] = True
    M[[0, -1]] = True
    return F.scaled_dot_product_attention(q, k, v, M.repeat(block, block))


@answer("bigbird-blocks", "no scale", "wrong")
def _(q, k, v, drawn, block):
    def seen(b, n):
        return range(n) if b in (0, n - 1) else near(b, n) | {0, n - 1} | set(drawn[b])

    return by_blocks(q * q.shape[-1] ** 0.5, k, v, block, seen)


@answer("bigbird-blocks", "one softmax for each block that is seen, summed", "wrong")
def _(q, k, v, drawn, block):
    n, out = q.shape[-2] // block, []
    q, k, v = (x.split(block, -2) for x in (q, k, v))
    for b in range(n):
        cs = range(n) if b in (0, n - 1) else near(b, n) | {0, n - 1} | set(drawn[b])
        out.append(sum(F.scaled_dot_product_attention(q[b], k[c], v[c]) for c in cs))
    return torch.cat(out, -2)


@answer("bigbird-blocks", "sets of tokens", "right")
def _(q, k, v, drawn, block):
    n, out = q.shape[-2] // block, []
    for i in range(q.shape[-2]):
        b = i // block
        at = [j for j in range(q.shape[-2]) if b in (0, n - 1) or j // block in near(b, n) | {0, n - 1} | set(drawn[b])]
        out.append(F.scaled_dot_product_attention(q[..., i : i + 1, :], k[..., at, :], v[..., at, :]))
    return torch.cat(out, -2)


@answer("bigbird-blocks", "unflattened, with index_select", "right")
def _(q, k, v, drawn, block):
    n = q.shape[-2] // block
    q, k, v = (x.unflatten(-2, (n, block)) for x in (q, k, v))
    out = []
    for b in range(n):
        at = torch.tensor(sorted(near(b, n) | {0, n - 1} | set(drawn[b]) if 0 < b < n - 1 else range(n)))
        kb, vb = (x.index_select(-3, at).flatten(-3, -2) for x in (k, v))
        out.append((q[..., b, :, :] @ kb.mT / q.shape[-1] ** 0.5).softmax(-1) @ vb)
    return torch.stack(out, -3).flatten(-3, -2)
