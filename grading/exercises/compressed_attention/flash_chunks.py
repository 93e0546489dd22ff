"""The private half of flash-chunks."""

import torch
import torch.nn.functional as F
from llmcourse.attention import gau
from llmcourse.checks.labs.compressed_attention.flash_chunks import chunked

from grading.exercises import misconception, reference, variant

CASES = {
    "a longer text": chunked(L=100, s=2, e=2, C=7),
    "chunks of one token": chunked(2, L=5, s=3, e=2, C=1),
    "the last chunk is one token": chunked(L=9, s=2, e=3, C=4),
}


@reference
def flash_halves(q, k, q_lin, k_lin, v, C):
    nothing = torch.zeros_like(q)
    return gau.flash(q, k, nothing, nothing, v, C, causal=True), gau.flash(nothing, nothing, q_lin, k_lin, v, C, True)


@variant
def chunk_after_chunk(q, k, q_lin, k_lin, v, C):
    near, far = [], []
    S = torch.zeros(*v.shape[:-2], k_lin.shape[-1], v.shape[-1], dtype=v.dtype)
    for q_c, k_c, p_c, l_c, v_c in zip(*(x.split(C, dim=-2) for x in (q, k, q_lin, k_lin, v))):
        near.append((F.relu(q_c @ k_c.mT / C) ** 2).tril() @ v_c)
        far.append(p_c @ S / C)
        S = S + l_c.mT @ v_c
    return torch.cat(near, -2), torch.cat(far, -2)


@variant
def all_chunks_at_once(q, k, q_lin, k_lin, v, C):
    L = v.shape[-2]
    split = lambda x: F.pad(x, (0, 0, 0, -L % C)).unflatten(-2, (-1, C))
    q, k, q_lin, k_lin, v = (split(x) for x in (q, k, q_lin, k_lin, v))
    near = (q @ k.mT / C).clamp(min=0).square().tril() @ v
    writes = k_lin.mT @ v / C
    far = q_lin @ (writes.cumsum(-3) - writes)
    return near.flatten(-3, -2)[..., :L, :], far.flatten(-3, -2)[..., :L, :]


@misconception(
    says="the right values, from all pairs: an L × L matrix is made, and nothing is saved",
    hint="Never compare all queries with all keys: go from chunk to chunk, and keep the sum S of k v^T.",
)
def all_pairs(q, k, q_lin, k_lin, v, C):
    chunk = torch.arange(v.shape[-2]) // C
    near = (F.relu(q @ k.mT / C) ** 2 * (chunk[:, None] == chunk)).tril() @ v
    return near, (q_lin @ k_lin.mT / C * (chunk[:, None] > chunk)) @ v


@misconception(
    says="the answer whose far half reads its own chunk too: what comes later in the chunk is seen",
    hint="Read S before the chunk writes to it: its own tokens belong to the near half.",
)
def writes_before_reading(q, k, q_lin, k_lin, v, C):
    near, far = [], []
    S = torch.zeros(*v.shape[:-2], k_lin.shape[-1], v.shape[-1], dtype=v.dtype)
    for q_c, k_c, p_c, l_c, v_c in zip(*(x.split(C, dim=-2) for x in (q, k, q_lin, k_lin, v))):
        near.append((F.relu(q_c @ k_c.mT / C) ** 2).tril() @ v_c)
        S = S + l_c.mT @ v_c
        far.append(p_c @ S / C)
    return torch.cat(near, -2), torch.cat(far, -2)


@misconception(
    says="the answer whose near half sees the future inside a chunk",
    hint="`.tril()` on the weights of each chunk.",
)
def future_in_chunk(q, k, q_lin, k_lin, v, C):
    near, far = [], []
    S = torch.zeros(*v.shape[:-2], k_lin.shape[-1], v.shape[-1], dtype=v.dtype)
    for q_c, k_c, p_c, l_c, v_c in zip(*(x.split(C, dim=-2) for x in (q, k, q_lin, k_lin, v))):
        near.append((F.relu(q_c @ k_c.mT / C) ** 2) @ v_c)
        far.append(p_c @ S / C)
        S = S + l_c.mT @ v_c
    return torch.cat(near, -2), torch.cat(far, -2)


@misconception(
    says="the answer whose far half reads the chunk before, and none earlier",
    hint="S is a sum over all chunks so far: `S = S + k_c.mT @ v_c`.",
)
def last_chunk_only(q, k, q_lin, k_lin, v, C):
    near, far = [], []
    S = torch.zeros(*v.shape[:-2], k_lin.shape[-1], v.shape[-1], dtype=v.dtype)
    for q_c, k_c, p_c, l_c, v_c in zip(*(x.split(C, dim=-2) for x in (q, k, q_lin, k_lin, v))):
        near.append((F.relu(q_c @ k_c.mT / C) ** 2).tril() @ v_c)
        far.append(p_c @ S / C)
        S = l_c.mT @ v_c
    return torch.cat(near, -2), torch.cat(far, -2)


@misconception(
    says="the answer whose far half is not causal: every chunk reads the sum over the whole text",
    hint="A chunk reads what the chunks before it have written, and no other.",
)
def far_sees_all(q, k, q_lin, k_lin, v, C):
    near = [
        (F.relu(q_c @ k_c.mT / C) ** 2).tril() @ v_c for q_c, k_c, v_c in zip(*(x.split(C, dim=-2) for x in (q, k, v)))
    ]
    return torch.cat(near, -2), q_lin @ (k_lin.mT @ v) / C


@misconception(
    says="the answer with a squared ReLU in the far half",
    hint="Between chunks attention is linear: only then can the brackets be moved, and S serve all queries.",
)
def far_with_relu(q, k, q_lin, k_lin, v, C):
    chunk = torch.arange(v.shape[-2]) // C
    near = (F.relu(q @ k.mT / C) ** 2 * (chunk[:, None] == chunk)).tril() @ v
    return near, (F.relu(q_lin @ k_lin.mT / C) ** 2 * (chunk[:, None] > chunk)) @ v


@misconception(
    says="the answer whose near half has no squared ReLU",
    hint="Near: `F.relu(q_c @ k_c.mT / C) ** 2`, then the mask.",
)
def near_without_relu(q, k, q_lin, k_lin, v, C):
    near, far = [], []
    S = torch.zeros(*v.shape[:-2], k_lin.shape[-1], v.shape[-1], dtype=v.dtype)
    for q_c, k_c, p_c, l_c, v_c in zip(*(x.split(C, dim=-2) for x in (q, k, q_lin, k_lin, v))):
        near.append((q_c @ k_c.mT / C).tril() @ v_c)
        far.append(p_c @ S / C)
        S = S + l_c.mT @ v_c
    return torch.cat(near, -2), torch.cat(far, -2)


@misconception(
    says="the answer whose ReLU is not squared",
    hint="Near: `F.relu(q_c @ k_c.mT / C) ** 2`.",
)
def not_squared(q, k, q_lin, k_lin, v, C):
    near, far = [], []
    S = torch.zeros(*v.shape[:-2], k_lin.shape[-1], v.shape[-1], dtype=v.dtype)
    for q_c, k_c, p_c, l_c, v_c in zip(*(x.split(C, dim=-2) for x in (q, k, q_lin, k_lin, v))):
        near.append(F.relu(q_c @ k_c.mT / C).tril() @ v_c)
        far.append(p_c @ S / C)
        S = S + l_c.mT @ v_c
    return torch.cat(near, -2), torch.cat(far, -2)


@misconception(
    says="the answer that divides by L instead of C",
    hint="Both halves divide by the length of a chunk, C: then the beginning does not change when a text grows.",
)
def divided_by_length(q, k, q_lin, k_lin, v, C):
    near, far, L = [], [], v.shape[-2]
    S = torch.zeros(*v.shape[:-2], k_lin.shape[-1], v.shape[-1], dtype=v.dtype)
    for q_c, k_c, p_c, l_c, v_c in zip(*(x.split(C, dim=-2) for x in (q, k, q_lin, k_lin, v))):
        near.append((F.relu(q_c @ k_c.mT / L) ** 2).tril() @ v_c)
        far.append(p_c @ S / L)
        S = S + l_c.mT @ v_c
    return torch.cat(near, -2), torch.cat(far, -2)


@misconception(
    says="the answer that divides the near half by the length of its own chunk, which is shorter at the end",
    hint="Divide by C in every chunk, the last one too.",
)
def divided_by_own_chunk(q, k, q_lin, k_lin, v, C):
    near, far = [], []
    S = torch.zeros(*v.shape[:-2], k_lin.shape[-1], v.shape[-1], dtype=v.dtype)
    for q_c, k_c, p_c, l_c, v_c in zip(*(x.split(C, dim=-2) for x in (q, k, q_lin, k_lin, v))):
        near.append((F.relu(q_c @ k_c.mT / v_c.shape[-2]) ** 2).tril() @ v_c)
        far.append(p_c @ S / C)
        S = S + l_c.mT @ v_c
    return torch.cat(near, -2), torch.cat(far, -2)


@misconception(
    says="the answer whose far half is not divided by C",
    hint="`q_c @ S / C`: both halves are divided by the length of a chunk.",
)
def far_not_divided(q, k, q_lin, k_lin, v, C):
    near, far = [], []
    S = torch.zeros(*v.shape[:-2], k_lin.shape[-1], v.shape[-1], dtype=v.dtype)
    for q_c, k_c, p_c, l_c, v_c in zip(*(x.split(C, dim=-2) for x in (q, k, q_lin, k_lin, v))):
        near.append((F.relu(q_c @ k_c.mT / C) ** 2).tril() @ v_c)
        far.append(p_c @ S)
        S = S + l_c.mT @ v_c
    return torch.cat(near, -2), torch.cat(far, -2)


@misconception(
    says="the answer with the near queries and keys in the far half",
    hint="The far half has queries and keys of its own, q_lin and k_lin.",
)
def one_pair_for_both(q, k, q_lin, k_lin, v, C):
    near, far = [], []
    S = torch.zeros(*v.shape[:-2], k.shape[-1], v.shape[-1], dtype=v.dtype)
    for q_c, k_c, v_c in zip(*(x.split(C, dim=-2) for x in (q, k, v))):
        near.append((F.relu(q_c @ k_c.mT / C) ** 2).tril() @ v_c)
        far.append(q_c @ S / C)
        S = S + k_c.mT @ v_c
    return torch.cat(near, -2), torch.cat(far, -2)


EQUIVALENT = {
    "(near, far, S) -> (far, near, S)": "both lists are empty",
    "0 * k_lin[..., :1, :].mT -> 0 / k_lin[..., :1, :].mT": "zeros either way: no key is 0",
}
