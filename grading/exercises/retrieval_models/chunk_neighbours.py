"""The private half of chunk-neighbours."""

import torch
from llmcourse.checks.labs.retrieval_models.chunk_neighbours import database
from llmcourse.retrieval_models import chunks as retro

from grading.exercises import misconception, reference, variant

CASES = {
    "many texts": database((4, 2, 5, 1, 3), m=4, Q=7, k=2),
    "texts of one chunk": database((1, 1, 1, 1, 1), m=2, Q=5, k=2),
    "queries from nowhere": database((3, 2, 2), m=3, Q=4, k=4, foreign=4),
    "wide vectors": database((2, 4, 3), m=5, Q=6, k=3, d=9, foreign=0),
}


@reference
def neighbours(chunk, document, keys, q, own, k):
    same = document[1:] == document[:-1]
    after = torch.cat([chunk[1:] * same[:, None], torch.zeros_like(chunk[:1])])
    return retro.neighbours(retro.Chunks(chunk, after, document), keys, q, own, k)


@variant
def query_by_query(chunk, document, keys, q, own, k):
    N, m = chunk.shape
    rows = []
    for b in range(len(q)):
        able = [n for n in range(N) if document[n] != own[b]]
        able.sort(key=lambda n: -(keys[n] @ q[b]).item())
        for n in able[:k]:
            follows = n + 1 < N and document[n + 1] == document[n]
            rows.append(torch.cat([chunk[n], chunk[n + 1] if follows else torch.zeros_like(chunk[n])]))
    return torch.stack(rows).view(len(q), k, 2 * m)


@variant
def by_sorting(chunk, document, keys, q, own, k):
    N, m = chunk.shape
    padded = torch.cat([chunk, torch.zeros(1, m, dtype=chunk.dtype)])
    ends = torch.cat([document[1:] != document[:-1], torch.tensor([True])])
    follower = torch.where(ends, torch.tensor(N), torch.arange(1, N + 1))
    s = q @ keys.T
    s = torch.where(document[None] == own[:, None], torch.full_like(s, -torch.inf), s)
    best = s.sort(dim=-1, descending=True).indices[:, :k]
    return torch.stack([padded[best], padded[follower[best]]], -2).flatten(-2)


@misconception(
    says="neighbours from the query's own text",
    hint="What follows them may be just what is to be predicted. Leave out all chunks with `document == own`.",
)
def leaks(chunk, document, keys, q, own, k):
    same = document[1:] == document[:-1]
    after = torch.cat([chunk[1:] * same[:, None], torch.zeros_like(chunk[:1])])
    best = (q @ keys.T).topk(k).indices
    return torch.cat([chunk[best], after[best]], -1)


@misconception(
    says="continuations that go on in the next text",
    hint="Where a text ends nothing follows: zeros, wherever the next chunk is of another document.",
)
def runs_on(chunk, document, keys, q, own, k):
    after = torch.cat([chunk[1:], torch.zeros_like(chunk[:1])])
    best = (q @ keys.T).masked_fill(own[:, None] == document, -torch.inf).topk(k).indices
    return torch.cat([chunk[best], after[best]], -1)


@misconception(
    says="what comes before each chunk, not after it",
    hint="The continuation of chunk n is chunk n + 1: shift `chunk` up by one row, not down.",
)
def before(chunk, document, keys, q, own, k):
    same = document[1:] == document[:-1]
    previous = torch.cat([torch.zeros_like(chunk[:1]), chunk[:-1] * same[:, None]])
    best = (q @ keys.T).masked_fill(own[:, None] == document, -torch.inf).topk(k).indices
    return torch.cat([chunk[best], previous[best]], -1)


@misconception(
    says="each chunk twice",
    hint="The second half is the continuation: the chunk that follows in the same text.",
)
def twice(chunk, document, keys, q, own, k):
    best = (q @ keys.T).masked_fill(own[:, None] == document, -torch.inf).topk(k).indices
    return torch.cat([chunk[best], chunk[best]], -1)


@misconception(
    says="the continuation first, and then the chunk",
    hint="In the order of the text: the chunk, then what comes after it.",
)
def turned(chunk, document, keys, q, own, k):
    same = document[1:] == document[:-1]
    after = torch.cat([chunk[1:] * same[:, None], torch.zeros_like(chunk[:1])])
    best = (q @ keys.T).masked_fill(own[:, None] == document, -torch.inf).topk(k).indices
    return torch.cat([after[best], chunk[best]], -1)


@misconception(
    says="the neighbours that are farthest away",
    hint="The nearest have the largest products: `topk` without `largest=False`, and minus infinity for one's own.",
)
def farthest(chunk, document, keys, q, own, k):
    same = document[1:] == document[:-1]
    after = torch.cat([chunk[1:] * same[:, None], torch.zeros_like(chunk[:1])])
    best = (q @ keys.T).masked_fill(own[:, None] == document, torch.inf).topk(k, largest=False).indices
    return torch.cat([chunk[best], after[best]], -1)


@misconception(
    says="the nearest by the cosine, where the product was asked for",
    hint="Relevance is `q @ keys.T`, without normalising the vectors.",
)
def cosine(chunk, document, keys, q, own, k):
    same = document[1:] == document[:-1]
    after = torch.cat([chunk[1:] * same[:, None], torch.zeros_like(chunk[:1])])
    s = q @ torch.nn.functional.normalize(keys, dim=-1).T
    best = s.masked_fill(own[:, None] == document, -torch.inf).topk(k).indices
    return torch.cat([chunk[best], after[best]], -1)


@misconception(
    says="the right neighbours with the nearest last",
    hint="`topk` returns the largest first; leave them in that order.",
)
def nearest_last(chunk, document, keys, q, own, k):
    same = document[1:] == document[:-1]
    after = torch.cat([chunk[1:] * same[:, None], torch.zeros_like(chunk[:1])])
    best = (q @ keys.T).masked_fill(own[:, None] == document, -torch.inf).topk(k).indices.flip(-1)
    return torch.cat([chunk[best], after[best]], -1)


@misconception(
    says="the query's own text given the relevance 0: it is still found where all others are negative",
    hint="0 is not the least relevance there is. Use minus infinity.",
)
def zero_relevance(chunk, document, keys, q, own, k):
    same = document[1:] == document[:-1]
    after = torch.cat([chunk[1:] * same[:, None], torch.zeros_like(chunk[:1])])
    best = (q @ keys.T).masked_fill(own[:, None] == document, 0.0).topk(k).indices
    return torch.cat([chunk[best], after[best]], -1)


EQUIVALENT = {"1 -> 2": "a row of zeros more, after the last chunk, is never looked up"}
