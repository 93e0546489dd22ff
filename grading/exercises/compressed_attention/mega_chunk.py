"""The private half of mega-chunk."""

import torch
import torch.nn.functional as F
from llmcourse.attention import mega
from llmcourse.checks.labs.compressed_attention.mega_chunk import linked

from grading.exercises import misconception, reference, stages, variant

CASES = {
    "a longer text": linked(L=70, d=3, s=2, e=2, C=8),
    "chunks of one token": linked(2, L=5, d=2, s=3, e=2, C=1),
    "one chunk": linked(L=6, d=2, s=2, e=3, C=9),
}


@reference
def mega_chunk(x, m, W_z, W_v, scale, offset, C):
    z, v = F.silu(m @ W_z), F.silu(x @ W_v)
    q, k = (z.unsqueeze(-2) * scale + offset).unbind(-2)
    return mega.in_chunks(q, k, v, C)


@variant
def chunk_after_chunk(x, m, W_z, W_v, scale, offset, C):
    out = []
    for x_c, m_c in zip(x.split(C, dim=-2), m.split(C, dim=-2)):
        z, v = F.silu(m_c @ W_z), F.silu(x_c @ W_v)
        q, k = z * scale[0] + offset[0], z * scale[1] + offset[1]
        n = x_c.shape[-2]
        future = torch.ones(n, n, dtype=torch.bool).triu(1)
        scores = (q @ k.mT / q.shape[-1] ** 0.5).masked_fill(future, -torch.inf)
        out.append(scores.softmax(-1) @ v)
    return torch.cat(out, dim=-2)


@variant
def in_blocks(x, m, W_z, W_v, scale, offset, C):
    L, z, v = x.shape[-2], F.silu(m @ W_z), F.silu(x @ W_v)
    split = lambda y: F.pad(y, (0, 0, 0, -L % C)).unflatten(-2, (-1, C))
    q, k, v = split(z * scale[0] + offset[0]), split(z * scale[1] + offset[1]), split(v)
    scores = torch.einsum("...is,...js->...ij", q, k) / W_z.shape[-1] ** 0.5
    weights = (scores + torch.full((C, C), -torch.inf, dtype=scores.dtype).triu(1)).softmax(-1)
    return (weights @ v).flatten(-3, -2)[..., :L, :]


@stages
def on_the_way(x, m, W_z, W_v, scale, offset, C):
    z, v = F.silu(m @ W_z), F.silu(x @ W_v)
    q, k = z * scale[0] + offset[0], z * scale[1] + offset[1]
    return {"the shared z": z, "the values v": v, "the queries q": q, "the keys k": k}


@misconception(
    says="the right values, from all pairs under a mask: an L × L matrix is made, and nothing is saved",
    hint="Compare the queries of a chunk with the keys of the same chunk, and with no others.",
)
def all_pairs(x, m, W_z, W_v, scale, offset, C):
    z, v = F.silu(m @ W_z), F.silu(x @ W_v)
    q, k = z * scale[0] + offset[0], z * scale[1] + offset[1]
    chunk = torch.arange(x.shape[-2]) // C
    seen = (chunk[:, None] == chunk).tril()
    return (q @ k.mT / q.shape[-1] ** 0.5).masked_fill(~seen, -torch.inf).softmax(-1) @ v


@misconception(
    says="attention over the whole past, without chunks",
    hint="A query sees its own chunk, from its beginning to itself.",
)
def without_chunks(x, m, W_z, W_v, scale, offset, C):
    z, v = F.silu(m @ W_z), F.silu(x @ W_v)
    q, k = z * scale[0] + offset[0], z * scale[1] + offset[1]
    future = torch.ones(x.shape[-2], x.shape[-2], dtype=torch.bool).triu(1)
    return (q @ k.mT / q.shape[-1] ** 0.5).masked_fill(future, -torch.inf).softmax(-1) @ v


@misconception(
    says="the answer that sees the future inside a chunk",
    hint="Fill what comes after a query with `-torch.inf` before the softmax.",
)
def sees_future(x, m, W_z, W_v, scale, offset, C):
    out = []
    for x_c, m_c in zip(x.split(C, dim=-2), m.split(C, dim=-2)):
        z, v = F.silu(m_c @ W_z), F.silu(x_c @ W_v)
        q, k = z * scale[0] + offset[0], z * scale[1] + offset[1]
        out.append((q @ k.mT / q.shape[-1] ** 0.5).softmax(-1) @ v)
    return torch.cat(out, dim=-2)


@misconception(
    says="the answer whose values come from the moving average",
    hint="What is read is x itself: `F.silu(x @ W_v)`. The average decides where to look.",
)
def values_of_average(x, m, W_z, W_v, scale, offset, C):
    out = []
    for m_c in m.split(C, dim=-2):
        z, v = F.silu(m_c @ W_z), F.silu(m_c @ W_v)
        q, k = z * scale[0] + offset[0], z * scale[1] + offset[1]
        future = torch.ones(m_c.shape[-2], m_c.shape[-2], dtype=torch.bool).triu(1)
        out.append((q @ k.mT / q.shape[-1] ** 0.5).masked_fill(future, -torch.inf).softmax(-1) @ v)
    return torch.cat(out, dim=-2)


@misconception(
    says="the answer whose queries and keys come from x: nothing links the chunks",
    hint="z is made of the moving average: `F.silu(m @ W_z)`.",
)
def queries_of_input(x, m, W_z, W_v, scale, offset, C):
    out = []
    for x_c in x.split(C, dim=-2):
        z, v = F.silu(x_c @ W_z), F.silu(x_c @ W_v)
        q, k = z * scale[0] + offset[0], z * scale[1] + offset[1]
        future = torch.ones(x_c.shape[-2], x_c.shape[-2], dtype=torch.bool).triu(1)
        out.append((q @ k.mT / q.shape[-1] ** 0.5).masked_fill(future, -torch.inf).softmax(-1) @ v)
    return torch.cat(out, dim=-2)


@misconception(
    says="the answer with x and the moving average exchanged",
    hint="z is made of m, v of x.",
)
def exchanged(x, m, W_z, W_v, scale, offset, C):
    out = []
    for x_c, m_c in zip(x.split(C, dim=-2), m.split(C, dim=-2)):
        z, v = F.silu(x_c @ W_z), F.silu(m_c @ W_v)
        q, k = z * scale[0] + offset[0], z * scale[1] + offset[1]
        future = torch.ones(x_c.shape[-2], x_c.shape[-2], dtype=torch.bool).triu(1)
        out.append((q @ k.mT / q.shape[-1] ** 0.5).masked_fill(future, -torch.inf).softmax(-1) @ v)
    return torch.cat(out, dim=-2)


@misconception(
    says="the answer without the scale 1 / sqrt(s)",
    hint="There is a softmax again: divide the scores by the root of the number of channels.",
)
def without_scale(x, m, W_z, W_v, scale, offset, C):
    out = []
    for x_c, m_c in zip(x.split(C, dim=-2), m.split(C, dim=-2)):
        z, v = F.silu(m_c @ W_z), F.silu(x_c @ W_v)
        q, k = z * scale[0] + offset[0], z * scale[1] + offset[1]
        future = torch.ones(x_c.shape[-2], x_c.shape[-2], dtype=torch.bool).triu(1)
        out.append((q @ k.mT).masked_fill(future, -torch.inf).softmax(-1) @ v)
    return torch.cat(out, dim=-2)


@misconception(
    says="the answer that divides by s, and not by its root",
    hint="Scores are divided by sqrt(s): `W_z.shape[-1] ** 0.5`.",
)
def divided_by_channels(x, m, W_z, W_v, scale, offset, C):
    out = []
    for x_c, m_c in zip(x.split(C, dim=-2), m.split(C, dim=-2)):
        z, v = F.silu(m_c @ W_z), F.silu(x_c @ W_v)
        q, k = z * scale[0] + offset[0], z * scale[1] + offset[1]
        future = torch.ones(x_c.shape[-2], x_c.shape[-2], dtype=torch.bool).triu(1)
        out.append((q @ k.mT / q.shape[-1]).masked_fill(future, -torch.inf).softmax(-1) @ v)
    return torch.cat(out, dim=-2)


@misconception(
    says="the answer that divides by the root of d, the width of the input",
    hint="A score sums over the s channels of a query: `q.shape[-1] ** 0.5`.",
)
def divided_by_width(x, m, W_z, W_v, scale, offset, C):
    out = []
    for x_c, m_c in zip(x.split(C, dim=-2), m.split(C, dim=-2)):
        z, v = F.silu(m_c @ W_z), F.silu(x_c @ W_v)
        q, k = z * scale[0] + offset[0], z * scale[1] + offset[1]
        future = torch.ones(x_c.shape[-2], x_c.shape[-2], dtype=torch.bool).triu(1)
        out.append((q @ k.mT / x.shape[-1] ** 0.5).masked_fill(future, -torch.inf).softmax(-1) @ v)
    return torch.cat(out, dim=-2)


@misconception(
    says="the answer with the squared ReLU of a gated attention unit",
    hint="Here it is a softmax, of scores divided by sqrt(s).",
)
def squared_relu(x, m, W_z, W_v, scale, offset, C):
    out = []
    for x_c, m_c in zip(x.split(C, dim=-2), m.split(C, dim=-2)):
        z, v = F.silu(m_c @ W_z), F.silu(x_c @ W_v)
        q, k = z * scale[0] + offset[0], z * scale[1] + offset[1]
        out.append((F.relu(q @ k.mT / C) ** 2).tril() @ v)
    return torch.cat(out, dim=-2)


@misconception(
    says="the answer without silu",
    hint="z and v are `F.silu(...)` of their products.",
)
def without_silu(x, m, W_z, W_v, scale, offset, C):
    out = []
    for x_c, m_c in zip(x.split(C, dim=-2), m.split(C, dim=-2)):
        z, v = m_c @ W_z, x_c @ W_v
        q, k = z * scale[0] + offset[0], z * scale[1] + offset[1]
        future = torch.ones(x_c.shape[-2], x_c.shape[-2], dtype=torch.bool).triu(1)
        out.append((q @ k.mT / q.shape[-1] ** 0.5).masked_fill(future, -torch.inf).softmax(-1) @ v)
    return torch.cat(out, dim=-2)


@misconception(
    says="the answer with the same scale and offset for queries and keys",
    hint="Row 0 of scale and offset makes the queries, row 1 the keys.",
)
def one_disguise(x, m, W_z, W_v, scale, offset, C):
    out = []
    for x_c, m_c in zip(x.split(C, dim=-2), m.split(C, dim=-2)):
        z, v = F.silu(m_c @ W_z), F.silu(x_c @ W_v)
        q = z * scale[0] + offset[0]
        future = torch.ones(x_c.shape[-2], x_c.shape[-2], dtype=torch.bool).triu(1)
        out.append((q @ q.mT / q.shape[-1] ** 0.5).masked_fill(future, -torch.inf).softmax(-1) @ v)
    return torch.cat(out, dim=-2)


@misconception(
    says="the answer with queries and keys exchanged",
    hint="Row 0 of scale and offset makes the queries, row 1 the keys.",
)
def queries_are_keys(x, m, W_z, W_v, scale, offset, C):
    out = []
    for x_c, m_c in zip(x.split(C, dim=-2), m.split(C, dim=-2)):
        z, v = F.silu(m_c @ W_z), F.silu(x_c @ W_v)
        k, q = z * scale[0] + offset[0], z * scale[1] + offset[1]
        future = torch.ones(x_c.shape[-2], x_c.shape[-2], dtype=torch.bool).triu(1)
        out.append((q @ k.mT / q.shape[-1] ** 0.5).masked_fill(future, -torch.inf).softmax(-1) @ v)
    return torch.cat(out, dim=-2)


@misconception(
    says="the answer that sees the last C tokens, a window that moves with the query",
    hint="Chunks lie still: a query sees from the beginning of its own chunk to itself.",
)
def sliding_window(x, m, W_z, W_v, scale, offset, C):
    z, v = F.silu(m @ W_z), F.silu(x @ W_v)
    q, k = z * scale[0] + offset[0], z * scale[1] + offset[1]
    apart = torch.arange(x.shape[-2])[:, None] - torch.arange(x.shape[-2])
    seen = (apart >= 0) & (apart < C)
    return (q @ k.mT / q.shape[-1] ** 0.5).masked_fill(~seen, -torch.inf).softmax(-1) @ v


# A softmax does not see what all scores of a query have in common, and the offset of the keys adds the same to each.
EQUIVALENT = {
    "z * scale[1] + offset[1] -> z * scale[1] - offset[1]": "the offset of the keys moves all scores of a query",
    "z * scale[1] + offset[1] -> z * scale[1] * 1": "the offset of the keys moves all scores of a query",
    "1 -> 0": "offset[0] for offset[1], alone of five so named: the offset of the keys moves all scores of a query",
}
