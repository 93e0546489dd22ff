"""The private half of nearest-blocks."""

import torch
from llmcourse.checks.labs.rag.nearest_blocks import vectors

from grading.exercises import library_call, misconception, reference, variant

CASES = {
    "blocks of one": vectors(2, 7, 4, 3, 1),
    "one block": vectors(3, 6, 4, 2, 64),
    "many, again": vectors(64, 250, 6, 3, 32),
    "the last block is one vector": vectors(3, 13, 5, 3, 4),
}


@reference
def nearest(q, x, k, block):
    q, x = torch.nn.functional.normalize(q, dim=-1), torch.nn.functional.normalize(x, dim=-1)
    scores, numbers = q.new_empty(len(q), 0), torch.empty(len(q), 0, dtype=torch.long)
    for start in range(0, len(x), block):
        new = q @ x[start : start + block].mT
        there = torch.arange(start, start + new.shape[1]).expand_as(new)
        scores, numbers = torch.cat([scores, new], 1), torch.cat([numbers, there], 1)
        best = scores.topk(min(k, scores.shape[1]))
        scores, numbers = best.values, numbers.gather(1, best.indices)
    return scores, numbers


@variant
def query_by_query(q, x, k, block):
    found = []
    x = x / x.norm(dim=1, keepdim=True)
    for one in q:
        best = []
        for start in range(0, len(x), block):
            cosines = x[start : start + block] @ (one / one.norm())
            best += [(float(c), c, start + i) for i, c in enumerate(cosines)]
            best = sorted(best, key=lambda entry: -entry[0])[:k]
        found.append(best)
    scores = torch.stack([torch.stack([c for _, c, _ in row]) for row in found])
    return scores, torch.tensor([[i for _, _, i in row] for row in found])


@variant
def by_split(q, x, k, block):
    length = x.norm(dim=1)
    values, numbers, first = [], [], 0
    for part, norm in zip(x.split(block), length.split(block)):
        top = ((q @ part.T) / norm / q.norm(dim=1, keepdim=True)).sort(1, descending=True)
        values.append(top.values[:, :k])
        numbers.append(top.indices[:, :k] + first)
        first += len(part)
    values, numbers = torch.cat(values, 1), torch.cat(numbers, 1)
    order = values.argsort(1, descending=True)[:, :k]
    return values.gather(1, order), numbers.gather(1, order)


@library_call
def of_faiss(q, x, k, block):
    import faiss

    index = faiss.IndexFlatIP(x.shape[1])
    index.add(torch.nn.functional.normalize(x, dim=-1).numpy())
    scores, numbers = index.search(torch.nn.functional.normalize(q, dim=-1).numpy(), k)
    return torch.from_numpy(scores), torch.from_numpy(numbers)


@library_call
def of_sklearn(q, x, k, block):
    from sklearn.neighbors import NearestNeighbors

    far, numbers = NearestNeighbors(n_neighbors=k, metric="cosine").fit(x.numpy()).kneighbors(q.numpy())
    return torch.from_numpy(1 - far).to(q.dtype), torch.from_numpy(numbers)


@misconception(
    says="the highest products of vectors that were not made to length 1",
    hint="A long passage vector then wins by its length alone: normalise q and x first.",
)
def not_normalised(q, x, k, block):
    scores, numbers = q.new_empty(len(q), 0), torch.empty(len(q), 0, dtype=torch.long)
    for start in range(0, len(x), block):
        new = q @ x[start : start + block].mT
        there = torch.arange(start, start + new.shape[1]).expand_as(new)
        scores, numbers = torch.cat([scores, new], 1), torch.cat([numbers, there], 1)
        best = scores.topk(min(k, scores.shape[1]))
        scores, numbers = best.values, numbers.gather(1, best.indices)
    return scores, numbers


@misconception(
    says="the highest products with only the queries made to length 1",
    hint="Passages have lengths, too: normalise both sides.",
)
def query_normalised(q, x, k, block):
    q = torch.nn.functional.normalize(q, dim=-1)
    scores, numbers = q.new_empty(len(q), 0), torch.empty(len(q), 0, dtype=torch.long)
    for start in range(0, len(x), block):
        new = q @ x[start : start + block].mT
        there = torch.arange(start, start + new.shape[1]).expand_as(new)
        scores, numbers = torch.cat([scores, new], 1), torch.cat([numbers, there], 1)
        best = scores.topk(min(k, scores.shape[1]))
        scores, numbers = best.values, numbers.gather(1, best.indices)
    return scores, numbers


@misconception(
    says="the right cosines with numbers that begin anew in every block",
    hint="`topk` counts from the start of the block: add where the block begins.",
)
def numbers_in_block(q, x, k, block):
    q, x = torch.nn.functional.normalize(q, dim=-1), torch.nn.functional.normalize(x, dim=-1)
    scores, numbers = q.new_empty(len(q), 0), torch.empty(len(q), 0, dtype=torch.long)
    for start in range(0, len(x), block):
        new = q @ x[start : start + block].mT
        there = torch.arange(new.shape[1]).expand_as(new)
        scores, numbers = torch.cat([scores, new], 1), torch.cat([numbers, there], 1)
        best = scores.topk(min(k, scores.shape[1]))
        scores, numbers = best.values, numbers.gather(1, best.indices)
    return scores, numbers


@misconception(
    says="a search that begins with cosines of 0, which no passage has",
    hint="Where all cosines are negative, the zeros win. Begin with empty tensors, or with minus infinity.",
)
def from_zeros(q, x, k, block):
    q, x = torch.nn.functional.normalize(q, dim=-1), torch.nn.functional.normalize(x, dim=-1)
    scores, numbers = q.new_zeros(len(q), k), torch.zeros(len(q), k, dtype=torch.long)
    for start in range(0, len(x), block):
        new = q @ x[start : start + block].mT
        there = torch.arange(start, start + new.shape[1]).expand_as(new)
        scores, numbers = torch.cat([scores, new], 1), torch.cat([numbers, there], 1)
        best = scores.topk(k)
        scores, numbers = best.values, numbers.gather(1, best.indices)
    return scores, numbers


@misconception(
    says="a search through whole blocks only: what is left at the end is not looked at",
    hint="`range(0, len(x), block)` also begins the last, shorter block; a slice may go beyond the end.",
)
def whole_blocks(q, x, k, block):
    x = x[: max(block, len(x) // block * block)]
    q, x = torch.nn.functional.normalize(q, dim=-1), torch.nn.functional.normalize(x, dim=-1)
    best = (q @ x[:, :].mT).topk(min(k, len(x)))
    return best.values, best.indices


@misconception(
    says="the nearest of the last block: what was found before is forgotten",
    hint="Join the best so far with the best of the block before you take the highest.",
)
def last_block(q, x, k, block):
    q, x = torch.nn.functional.normalize(q, dim=-1), torch.nn.functional.normalize(x, dim=-1)
    start = (len(x) - 1) // block * block
    best = (q @ x[start:].mT).topk(min(k, len(x) - start))
    return best.values, best.indices + start


@misconception(
    says="the farthest vectors: the lowest cosines",
    hint="The nearest have the highest cosine: `topk` takes the highest unless it is told otherwise.",
)
def farthest(q, x, k, block):
    q, x = torch.nn.functional.normalize(q, dim=-1), torch.nn.functional.normalize(x, dim=-1)
    scores, numbers = q.new_empty(len(q), 0), torch.empty(len(q), 0, dtype=torch.long)
    for start in range(0, len(x), block):
        new = q @ x[start : start + block].mT
        there = torch.arange(start, start + new.shape[1]).expand_as(new)
        scores, numbers = torch.cat([scores, new], 1), torch.cat([numbers, there], 1)
        best = scores.topk(min(k, scores.shape[1]), largest=False)
        scores, numbers = best.values, numbers.gather(1, best.indices)
    return scores, numbers


@misconception(
    says="all products at once, (Q, N): right, and out of memory with a large corpus",
    hint="Never make more than (Q, block) products: go through x in slices.",
)
def all_at_once(q, x, k, block):
    best = (torch.nn.functional.normalize(q, dim=-1) @ torch.nn.functional.normalize(x, dim=-1).mT).topk(k)
    return best.values, best.indices


TWO_AXES = "vectors stand in the rows of a matrix: the last axis is axis 1, which is also normalize's own"
EQUIVALENT = {
    "torch.nn.functional.normalize(q, dim=-1) -> torch.nn.functional.normalize(q)": TWO_AXES,
    "torch.nn.functional.normalize(x, dim=-1) -> torch.nn.functional.normalize(x)": TWO_AXES,
    "-1 -> +1": TWO_AXES,
    "torch.empty(len(q), 0, dtype=torch.long) -> torch.empty(len(q), 0)": "numbers are compared by value",
}
