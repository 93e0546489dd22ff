"""The private half of window-chunks."""

import math

import torch
import torch.nn.functional as F
from llmcourse.checks.labs.sparse_attention.window_chunks import attention

from grading.exercises import misconception, reference, variant

CASES = {
    "a longer sequence": attention(2, L=130, d=3, w=8),
    "a single token": attention(3, L=1, d=2, w=2),
    "one channel": attention(L=50, d=1, w=5),
}


@reference
def window_attention(q, k, v, w):
    """Not the library's: its tiles of 128 queries are L x L for a sequence as short as those of the cases."""
    out, L = [], q.shape[-2]
    for start in range(0, L, w):
        stop, first = min(L, start + w), max(0, start - w)
        i, j = torch.arange(start, stop)[:, None], torch.arange(first, stop)
        scores = q[..., start:stop, :] @ k[..., first:stop, :].mT / q.shape[-1] ** 0.5
        weights = scores.masked_fill((j > i) | (i - j >= w), -torch.inf).softmax(-1)
        out.append(weights @ v[..., first:stop, :])
    return torch.cat(out, dim=-2)


@variant
def unfolded(q, k, v, w):
    w = min(w, q.shape[-2])
    near = lambda x: F.pad(x, (0, 0, w - 1, 0)).unfold(-2, w, 1)  # (..., L, d, w)
    scores = (q.unsqueeze(-2) @ near(k)).squeeze(-2) / math.sqrt(q.shape[-1])
    before = torch.arange(q.shape[-2])[:, None] + torch.arange(w) < w - 1
    weights = scores.masked_fill(before, -torch.inf).softmax(-1)
    return (near(v) @ weights.unsqueeze(-1)).squeeze(-1)


@variant
def by_sdpa_in_chunks(q, k, v, w):
    out, L = [], q.shape[-2]
    for start in range(0, L, w):
        keys = slice(max(0, start - w + 1), min(L, start + w))
        apart = torch.arange(start, min(L, start + w))[:, None] - torch.arange(keys.start, keys.stop)
        o = F.scaled_dot_product_attention(
            q[..., start : start + w, :], k[..., keys, :], v[..., keys, :], (apart >= 0) & (apart < w)
        )
        out.append(o)
    return torch.cat(out, dim=-2)


def in_chunks(q, k, v, w, hidden, scale=None):
    """The reference with a mask of its own: `hidden(i, j, w)` is true where query i does not see key j."""
    out, L, scale = [], q.shape[-2], q.shape[-1] ** 0.5 if scale is None else scale
    for start in range(0, L, w):
        stop, first = min(L, start + w), max(0, start - w)
        i, j = torch.arange(start, stop)[:, None], torch.arange(first, stop)
        scores = q[..., start:stop, :] @ k[..., first:stop, :].mT / scale
        weights = scores.masked_fill(hidden(i, j, w), -torch.inf).softmax(-1).nan_to_num()  # who sees no key reads 0
        out.append(weights @ v[..., first:stop, :])
    return torch.cat(out, dim=-2)


@misconception(
    says="the right answer from all pairs under a mask: its values are right, and it makes an L × L matrix on the way",
    hint="Cut the queries into chunks of w, and compare each with its own chunk and the one before.",
)
def all_pairs(q, k, v, w):
    apart = torch.arange(q.shape[-2])[:, None] - torch.arange(q.shape[-2])
    scores = (q @ k.mT / q.shape[-1] ** 0.5).masked_fill((apart < 0) | (apart >= w), -torch.inf)
    return scores.softmax(-1) @ v


@misconception(
    says="the answer whose chunks do not see the chunk before",
    hint="A window reaches over the edge of a chunk: take the keys from `start - w + 1` on.",
)
def own_chunk_only(q, k, v, w):
    return in_chunks(q, k, v, w, lambda i, j, w: (j > i) | (i // w != j // w))


@misconception(
    says="the answer that sees all of the chunk before: some queries see more than w keys",
    hint="The mask has two sides: `i - j >= 0` and `i - j < w`.",
)
def whole_chunk_before(q, k, v, w):
    return in_chunks(q, k, v, w, lambda i, j, w: j > i)


@misconception(
    says="the answer that sees the future inside a chunk",
    hint="Mask the keys after the query: `i - j >= 0`.",
)
def sees_future(q, k, v, w):
    return in_chunks(q, k, v, w, lambda i, j, w: i - j >= w)


@misconception(
    says="the answer with a window of w + 1 keys",
    hint="The own token is one of the w: `i - j < w`.",
)
def one_too_many(q, k, v, w):
    return in_chunks(q, k, v, w, lambda i, j, w: (j > i) | (i - j > w))


@misconception(
    says="the answer without the scale 1 / sqrt(d)",
    hint="Divide the scores by the square root of the number of channels.",
)
def without_scale(q, k, v, w):
    return in_chunks(q, k, v, w, lambda i, j, w: (j > i) | (i - j >= w), scale=1)


@misconception(
    says="the answer in which the padding before the first token takes part in the softmax",
    hint="Before token 0 there are no keys: mask the padding with `-torch.inf` before the softmax.",
)
def padding_counts(q, k, v, w):
    near = lambda x: F.pad(x, (0, 0, w - 1, 0)).unfold(-2, w, 1)
    weights = ((q.unsqueeze(-2) @ near(k)).squeeze(-2) / math.sqrt(q.shape[-1])).softmax(-1)
    return (near(v) @ weights.unsqueeze(-1)).squeeze(-1)


@misconception(
    says="the answer whose softmax runs over the queries of a chunk",
    hint="A query distributes its attention over the keys that it sees: `softmax(-1)`.",
)
def over_the_queries(q, k, v, w):
    out, L = [], q.shape[-2]
    for start in range(0, L, w):
        stop, first = min(L, start + w), max(0, start - w + 1)
        apart = torch.arange(start, stop)[:, None] - torch.arange(first, stop)
        scores = q[..., start:stop, :] @ k[..., first:stop, :].mT * q.shape[-1] ** -0.5
        weights = scores.masked_fill((apart < 0) | (apart >= w), -1e9).softmax(-2)
        out.append(weights @ v[..., first:stop, :])
    return torch.cat(out, dim=-2)


@misconception(
    says="the answer in which no query sees its own token",
    hint="The own token is one of the w: `i - j >= 0`, not `i - j > 0`.",
)
def without_its_own(q, k, v, w):
    return in_chunks(q, k, v, w, lambda i, j, w: (j >= i) | (i - j > w))


@misconception(
    says="the answer that multiplies hidden scores by 0: e to the 0 is 1, and they still count",
    hint="Fill hidden scores with `-torch.inf`, not with 0, before the softmax.",
)
def hidden_scores_are_zero(q, k, v, w):
    out, L = [], q.shape[-2]
    for start in range(0, L, w):
        stop, first = min(L, start + w), max(0, start - w)
        apart = torch.arange(start, stop)[:, None] - torch.arange(first, stop)
        scores = q[..., start:stop, :] @ k[..., first:stop, :].mT * q.shape[-1] ** -0.5
        out.append((scores * ((apart >= 0) & (apart < w))).softmax(-1) @ v[..., first:stop, :])
    return torch.cat(out, dim=-2)


EQUIVALENT = {
    "start - w + 1 -> start - w - 1": "two keys more are taken, and the mask hides them",
    "start - w + 1 -> (start - w) * 1": "one key more is taken, and the mask hides it",
    "1 -> 0": "one key more is taken, and the mask hides it",
}
