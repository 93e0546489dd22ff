"""The private half of chunked-cross-attention."""

import torch
import torch.nn.functional as F
from llmcourse.checks.labs.retrieval_models.chunked_cross_attention import chunks
from llmcourse.retrieval_models import cross_attention

from grading.exercises import misconception, reference, stages, variant

CASES = {
    "many chunks": chunks(2, L=20, m=4, N=6),
    "a chunk of one token": chunks(L=5, m=1, N=3),
    "nearly a chunk more": chunks(2, 2, L=11, m=4, N=5, d=3),
    "one chunk": chunks(3, L=5, m=5, N=7),
    "one token of neighbours": chunks(L=9, m=3, N=1),
}


@reference
def chunked_cross_attention(q, k, v, m):
    return cross_attention.token_by_token(q, k, v, m)


@variant
def shifted(q, k, v, m):
    L, U = q.shape[-2], k.shape[-3]
    rows = F.pad(q[..., m - 1 :, :], (0, 0, 0, U * m - (L - m + 1))).unflatten(-2, (U, m))
    z = F.scaled_dot_product_attention(rows, k, v).flatten(-3, -2)
    return F.pad(z[..., : L - m + 1, :], (0, 0, m - 1, 0))


@variant
def by_gathering(q, k, v, m):
    L = q.shape[-2]
    u = (torch.arange(L) + 1) // m - 1
    w = torch.einsum("...ld,...lnd->...ln", q, k[..., u.clamp(min=0), :, :]) / q.shape[-1] ** 0.5
    z = torch.einsum("...ln,...lnd->...ld", w.softmax(-1), v[..., u.clamp(min=0), :, :])
    return z * (u >= 0)[:, None]


@variant
def by_mask(q, k, v, m):
    L, (U, N) = q.shape[-2], k.shape[-3:-1]
    reads = ((torch.arange(L) + 1) // m - 1)[:, None] == torch.arange(U).repeat_interleave(N)
    w = (q @ k.flatten(-3, -2).mT * q.shape[-1] ** -0.5).masked_fill(~reads, -1e9).softmax(-1) * reads
    return w @ v.flatten(-3, -2)


@stages
def on_the_way(q, k, v, m):
    L, U = q.shape[-2], k.shape[-3]
    rows = F.pad(q[..., m - 1 :, :], (0, 0, 0, U * m - (L - m + 1))).unflatten(-2, (U, m))
    weights = (rows @ k.mT * q.shape[-1] ** -0.5).softmax(-1)
    return {"the queries, moved and cut into chunks": rows, "the weights of each chunk": weights}


@misconception(
    says="attention without the shift: a token reads what was found for its own chunk, with its own future in it",
    hint="The neighbours of a chunk depend on all its tokens. They may be read from its last token on: move by m - 1.",
)
def leaks(q, k, v, m):
    L, U = q.shape[-2], k.shape[-3]
    u = (torch.arange(L) // m).clamp(max=U - 1)
    w = torch.einsum("...ld,...lnd->...ln", q, k[..., u, :, :]) / q.shape[-1] ** 0.5
    return torch.einsum("...ln,...lnd->...ld", w.softmax(-1), v[..., u, :, :])


@misconception(
    says="attention moved by m in place of m - 1: the last token of a chunk does not read about it",
    hint="The last token of chunk u closes it, and predicts the first token of the next: it may read already.",
)
def one_late(q, k, v, m):
    L = q.shape[-2]
    u = torch.arange(L) // m - 1
    w = torch.einsum("...ld,...lnd->...ln", q, k[..., u.clamp(min=0), :, :]) / q.shape[-1] ** 0.5
    z = torch.einsum("...ln,...lnd->...ld", w.softmax(-1), v[..., u.clamp(min=0), :, :])
    return z * (u >= 0)[:, None]


@misconception(
    says="attention in which the first m - 1 tokens read about chunk 0, which is not complete yet",
    hint="Before token m - 1 there is nothing to read: those outputs are 0.",
)
def reads_at_once(q, k, v, m):
    L = q.shape[-2]
    u = ((torch.arange(L) + 1) // m - 1).clamp(min=0)
    w = torch.einsum("...ld,...lnd->...ln", q, k[..., u, :, :]) / q.shape[-1] ** 0.5
    return torch.einsum("...ln,...lnd->...ld", w.softmax(-1), v[..., u, :, :])


@misconception(
    says="attention without the scale 1 / sqrt(d)",
    hint="Divide the products by the root of the number of channels, before the softmax.",
)
def without_scale(q, k, v, m):
    L = q.shape[-2]
    u = (torch.arange(L) + 1) // m - 1
    w = torch.einsum("...ld,...lnd->...ln", q, k[..., u.clamp(min=0), :, :])
    z = torch.einsum("...ln,...lnd->...ld", w.softmax(-1), v[..., u.clamp(min=0), :, :])
    return z * (u >= 0)[:, None]


@misconception(
    says="attention to the neighbours of all complete chunks",
    hint="A token reads about the last complete chunk alone. That makes the layer linear in the length.",
)
def all_complete(q, k, v, m):
    L, (U, N) = q.shape[-2], k.shape[-3:-1]
    reads = ((torch.arange(L) + 1) // m - 1)[:, None] >= torch.arange(U).repeat_interleave(N)
    w = (q @ k.flatten(-3, -2).mT * q.shape[-1] ** -0.5).masked_fill(~reads, -1e9).softmax(-1) * reads
    return w @ v.flatten(-3, -2)


@misconception(
    says="attention in which each token reads about the chunk before the last complete one",
    hint="From the last token of chunk u on it is chunk u that is read about: (t + 1) // m - 1.",
)
def one_chunk_late(q, k, v, m):
    L = q.shape[-2]
    u = (torch.arange(L) + 1) // m - 2
    w = torch.einsum("...ld,...lnd->...ln", q, k[..., u.clamp(min=0), :, :]) / q.shape[-1] ** 0.5
    z = torch.einsum("...ln,...lnd->...ld", w.softmax(-1), v[..., u.clamp(min=0), :, :])
    return z * (u >= 0)[:, None]


@misconception(
    says="the right outputs m - 1 places too early: they were not moved back",
    hint="After the attention, put m - 1 rows of zeros in front, and cut off as many rows of filling at the end.",
)
def not_moved_back(q, k, v, m):
    L = q.shape[-2]
    u = (torch.arange(L) + 1) // m - 1
    w = torch.einsum("...ld,...lnd->...ln", q, k[..., u.clamp(min=0), :, :]) / q.shape[-1] ** 0.5
    z = torch.einsum("...ln,...lnd->...ld", w.softmax(-1), v[..., u.clamp(min=0), :, :])[..., m - 1 :, :]
    return F.pad(z, (0, 0, 0, m - 1))


@misconception(
    says="the plain mean of what the neighbours say",
    hint="A token reads where its query fits the keys: weights are softmax(q k^T / sqrt(d)).",
)
def mean_of_values(q, k, v, m):
    L = q.shape[-2]
    u = (torch.arange(L) + 1) // m - 1
    z = v.mean(-2)[..., u.clamp(min=0), :] * (u >= 0)[:, None]
    return z + 0 * q + 0 * k.sum()
