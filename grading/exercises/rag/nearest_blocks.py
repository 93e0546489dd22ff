"""The private half of nearest-blocks."""

import torch
from llmcourse.checks.labs.rag.nearest_blocks import vectors

from grading.exercises import library_call, misconception, reference, variant

CASES = {
    "blocks of one": vectors(2, 7, 4, 3, 1),
    "one block": vectors(3, 6, 4, 2, 64),
    "many, again": vectors(64, 250, 3, 3, 32),
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
    q, x = torch.nn.functional.normalize(q, dim=-1), torch.nn.functional.normalize(x, dim=-1)
    scores, numbers = q.new_empty(len(q), 0), torch.empty(len(q), 0, dtype=torch.long)
    for start in range(0, max(block, len(x) // block * block), block):
        new = q @ x[start : start + block].mT
        there = torch.arange(start, start + new.shape[1]).expand_as(new)
        scores, numbers = torch.cat([scores, new], 1), torch.cat([numbers, there], 1)
        best = scores.topk(min(k, scores.shape[1]))
        scores, numbers = best.values, numbers.gather(1, best.indices)
    return scores, numbers


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
    says="the right passages, found with far more than (Q, block) products at once",
    hint="Slice the passages, x[start : start + block], against all queries, and keep only the k best so far.",
)
def all_at_once(q, x, k, block):
    best = (torch.nn.functional.normalize(q, dim=-1) @ torch.nn.functional.normalize(x, dim=-1).mT).topk(k)
    return best.values, best.indices


@misconception(
    says="the products of passages of length 1 with queries that were not made to length 1",
    hint="The order is right, but a cosine lies between -1 and 1: normalise q as well.",
)
def passages_normalised(q, x, k, block):
    x = torch.nn.functional.normalize(x, dim=-1)
    scores, numbers = q.new_empty(len(q), 0), torch.empty(len(q), 0, dtype=torch.long)
    for start in range(0, len(x), block):
        new = q @ x[start : start + block].mT
        there = torch.arange(start, start + new.shape[1]).expand_as(new)
        scores, numbers = torch.cat([scores, new], 1), torch.cat([numbers, there], 1)
        best = scores.topk(min(k, scores.shape[1]))
        scores, numbers = best.values, numbers.gather(1, best.indices)
    return scores, numbers


@misconception(
    says="products divided by the squared lengths",
    hint="A vector of length 1 is x / x.norm(): the square root is missing.",
)
def squared_norms(q, x, k, block):
    q, x = q / q.square().sum(1, keepdim=True), x / x.square().sum(1, keepdim=True)
    scores, numbers = q.new_empty(len(q), 0), torch.empty(len(q), 0, dtype=torch.long)
    for start in range(0, len(x), block):
        new = q @ x[start : start + block].mT
        there = torch.arange(start, start + new.shape[1]).expand_as(new)
        scores, numbers = torch.cat([scores, new], 1), torch.cat([numbers, there], 1)
        best = scores.topk(min(k, scores.shape[1]))
        scores, numbers = best.values, numbers.gather(1, best.indices)
    return scores, numbers


@misconception(
    says="products of vectors whose absolute entries sum to 1",
    hint="A cosine is made with the Euclidean norm, `p=2`.",
)
def sums_of_absolutes(q, x, k, block):
    q, x = torch.nn.functional.normalize(q, p=1, dim=1), torch.nn.functional.normalize(x, p=1, dim=1)
    scores, numbers = q.new_empty(len(q), 0), torch.empty(len(q), 0, dtype=torch.long)
    for start in range(0, len(x), block):
        new = q @ x[start : start + block].mT
        there = torch.arange(start, start + new.shape[1]).expand_as(new)
        scores, numbers = torch.cat([scores, new], 1), torch.cat([numbers, there], 1)
        best = scores.topk(min(k, scores.shape[1]))
        scores, numbers = best.values, numbers.gather(1, best.indices)
    return scores, numbers


@misconception(
    says="the right cosines, with the number of the block added in place of where it begins",
    hint="Block i begins at passage i * block: add that.",
)
def block_number_added(q, x, k, block):
    q, x = torch.nn.functional.normalize(q, dim=-1), torch.nn.functional.normalize(x, dim=-1)
    scores, numbers = q.new_empty(len(q), 0), torch.empty(len(q), 0, dtype=torch.long)
    for start in range(0, len(x), block):
        new = q @ x[start : start + block].mT
        there = (torch.arange(new.shape[1]) + start // block).expand_as(new)
        scores, numbers = torch.cat([scores, new], 1), torch.cat([numbers, there], 1)
        best = scores.topk(min(k, scores.shape[1]))
        scores, numbers = best.values, numbers.gather(1, best.indices)
    return scores, numbers


@misconception(
    says="the right cosines, with numbers that are places in the last row of candidates",
    hint="`topk` tells places among the candidates: carry the numbers along with `numbers.gather(1, places)`.",
)
def places_for_numbers(q, x, k, block):
    q, x = torch.nn.functional.normalize(q, dim=-1), torch.nn.functional.normalize(x, dim=-1)
    scores, numbers = q.new_empty(len(q), 0), torch.empty(len(q), 0, dtype=torch.long)
    for start in range(0, len(x), block):
        new = q @ x[start : start + block].mT
        there = torch.arange(start, start + new.shape[1]).expand_as(new)
        scores, numbers = torch.cat([scores, new], 1), torch.cat([numbers, there], 1)
        best = scores.topk(min(k, scores.shape[1]))
        scores, numbers = best.values, best.indices
    return scores, numbers


@misconception(
    says="the best of each block, and no other",
    hint="A block may hold several of the nearest: take up to k from each.",
)
def one_of_each_block(q, x, k, block):
    q, x = torch.nn.functional.normalize(q, dim=-1), torch.nn.functional.normalize(x, dim=-1)
    values, numbers = [], []
    for start in range(0, len(x), block):
        top = (q @ x[start : start + block].mT).max(1)
        values.append(top.values)
        numbers.append(top.indices + start)
    best = torch.stack(values, 1).topk(min(k, len(values)))
    return best.values, torch.stack(numbers, 1).gather(1, best.indices)


@misconception(
    says="the best of each block behind one another, without another choice: the first k of them",
    hint="Join, and then take `topk` of what was joined.",
)
def joined_unsorted(q, x, k, block):
    q, x = torch.nn.functional.normalize(q, dim=-1), torch.nn.functional.normalize(x, dim=-1)
    scores, numbers = q.new_empty(len(q), 0), torch.empty(len(q), 0, dtype=torch.long)
    for start in range(0, len(x), block):
        new = q @ x[start : start + block].mT
        top = new.topk(min(k, new.shape[1]))
        scores, numbers = torch.cat([scores, top.values], 1), torch.cat([numbers, top.indices + start], 1)
    return scores[:, :k], numbers[:, :k]


@misconception(
    says="Euclidean distances, the smallest first",
    hint="Near means a high cosine here, and the cosines are returned.",
)
def distances(q, x, k, block):
    q, x = q * 1.0, x * 1.0
    scores, numbers = q.new_empty(len(q), 0), torch.empty(len(q), 0, dtype=torch.long)
    for start in range(0, len(x), block):
        new = -torch.cdist(q, x[start : start + block])
        there = torch.arange(start, start + new.shape[1]).expand_as(new)
        scores, numbers = torch.cat([scores, new], 1), torch.cat([numbers, there], 1)
        best = scores.topk(min(k, scores.shape[1]))
        scores, numbers = best.values, numbers.gather(1, best.indices)
    return -scores, numbers


@misconception(
    says="the highest products by size: cosines without their sign",
    hint="A cosine of -1 is as far away as can be: no `abs`.",
)
def absolute_cosines(q, x, k, block):
    q, x = torch.nn.functional.normalize(q, dim=-1), torch.nn.functional.normalize(x, dim=-1)
    scores, numbers = q.new_empty(len(q), 0), torch.empty(len(q), 0, dtype=torch.long)
    for start in range(0, len(x), block):
        new = (q @ x[start : start + block].mT).abs()
        there = torch.arange(start, start + new.shape[1]).expand_as(new)
        scores, numbers = torch.cat([scores, new], 1), torch.cat([numbers, there], 1)
        best = scores.topk(min(k, scores.shape[1]))
        scores, numbers = best.values, numbers.gather(1, best.indices)
    return scores, numbers


@misconception(
    says="a search in blocks that overlap by one: a passage is found twice",
    hint="A slice ends before its second number: x[start : start + block].",
)
def overlapping(q, x, k, block):
    q, x = torch.nn.functional.normalize(q, dim=-1), torch.nn.functional.normalize(x, dim=-1)
    scores, numbers = q.new_empty(len(q), 0), torch.empty(len(q), 0, dtype=torch.long)
    for start in range(0, len(x), block):
        new = q @ x[start : start + block + 1].mT
        there = torch.arange(start, start + new.shape[1]).expand_as(new)
        scores, numbers = torch.cat([scores, new], 1), torch.cat([numbers, there], 1)
        best = scores.topk(min(k, scores.shape[1]))
        scores, numbers = best.values, numbers.gather(1, best.indices)
    return scores, numbers


@misconception(
    says="a search that leaves out the last passage of each block",
    hint="A slice ends before its second number: x[start : start + block].",
)
def block_cut_short(q, x, k, block):
    q, x = torch.nn.functional.normalize(q, dim=-1), torch.nn.functional.normalize(x, dim=-1)
    scores, numbers = q.new_empty(len(q), 0), torch.empty(len(q), 0, dtype=torch.long)
    for start in range(0, len(x), block):
        new = q @ x[start : start + block - 1].mT
        there = torch.arange(start, start + new.shape[1]).expand_as(new)
        scores, numbers = torch.cat([scores, new], 1), torch.cat([numbers, there], 1)
        best = scores.topk(min(k, scores.shape[1]))
        scores, numbers = best.values, numbers.gather(1, best.indices)
    return scores, numbers


@misconception(
    says="the right passages, with the lowest cosine of the k first",
    hint="Cosines fall: the nearest passage stands first.",
)
def rising(q, x, k, block):
    q, x = torch.nn.functional.normalize(q, dim=-1), torch.nn.functional.normalize(x, dim=-1)
    scores, numbers = q.new_empty(len(q), 0), torch.empty(len(q), 0, dtype=torch.long)
    for start in range(0, len(x), block):
        new = q @ x[start : start + block].mT
        there = torch.arange(start, start + new.shape[1]).expand_as(new)
        scores, numbers = torch.cat([scores, new], 1), torch.cat([numbers, there], 1)
        best = scores.topk(min(k, scores.shape[1]))
        scores, numbers = best.values, numbers.gather(1, best.indices)
    return scores.flip(1), numbers.flip(1)


@misconception(
    says="the right passages in the order of their numbers",
    hint="Cosines fall: the nearest passage stands first.",
)
def by_number(q, x, k, block):
    q, x = torch.nn.functional.normalize(q, dim=-1), torch.nn.functional.normalize(x, dim=-1)
    scores, numbers = q.new_empty(len(q), 0), torch.empty(len(q), 0, dtype=torch.long)
    for start in range(0, len(x), block):
        new = q @ x[start : start + block].mT
        there = torch.arange(start, start + new.shape[1]).expand_as(new)
        scores, numbers = torch.cat([scores, new], 1), torch.cat([numbers, there], 1)
        best = scores.topk(min(k, scores.shape[1]))
        scores, numbers = best.values, numbers.gather(1, best.indices)
    return scores.gather(1, numbers.argsort(1)), numbers.sort(1).values


@misconception(
    says="the nearest by correlation: the mean of each vector is subtracted",
    hint="A cosine takes the vectors as they are: only divide by their lengths.",
)
def correlation(q, x, k, block):
    q, x = (
        torch.nn.functional.normalize(q - q.mean(1, keepdim=True), dim=1),
        torch.nn.functional.normalize(x - x.mean(1, keepdim=True), dim=1),
    )
    scores, numbers = q.new_empty(len(q), 0), torch.empty(len(q), 0, dtype=torch.long)
    for start in range(0, len(x), block):
        new = q @ x[start : start + block].mT
        there = torch.arange(start, start + new.shape[1]).expand_as(new)
        scores, numbers = torch.cat([scores, new], 1), torch.cat([numbers, there], 1)
        best = scores.topk(min(k, scores.shape[1]))
        scores, numbers = best.values, numbers.gather(1, best.indices)
    return scores, numbers


@misconception(
    says="products of vectors that were normalised over the wrong axis",
    hint="Each row is a vector: `normalize(x, dim=-1)`.",
)
def wrong_axis(q, x, k, block):
    q, x = torch.nn.functional.normalize(q, dim=0), torch.nn.functional.normalize(x, dim=0)
    scores, numbers = q.new_empty(len(q), 0), torch.empty(len(q), 0, dtype=torch.long)
    for start in range(0, len(x), block):
        new = q @ x[start : start + block].mT
        there = torch.arange(start, start + new.shape[1]).expand_as(new)
        scores, numbers = torch.cat([scores, new], 1), torch.cat([numbers, there], 1)
        best = scores.topk(min(k, scores.shape[1]))
        scores, numbers = best.values, numbers.gather(1, best.indices)
    return scores, numbers


@misconception(
    says="cosines moved to lie between 0 and 1",
    hint="Return the cosine itself, between -1 and 1.",
)
def moved_cosines(q, x, k, block):
    q, x = torch.nn.functional.normalize(q, dim=-1), torch.nn.functional.normalize(x, dim=-1)
    scores, numbers = q.new_empty(len(q), 0), torch.empty(len(q), 0, dtype=torch.long)
    for start in range(0, len(x), block):
        new = q @ x[start : start + block].mT
        there = torch.arange(start, start + new.shape[1]).expand_as(new)
        scores, numbers = torch.cat([scores, new], 1), torch.cat([numbers, there], 1)
        best = scores.topk(min(k, scores.shape[1]))
        scores, numbers = best.values, numbers.gather(1, best.indices)
    return (scores + 1) / 2, numbers


@misconception(
    says="cosine distances, 1 - cosine, the smallest first",
    hint="Return the cosines themselves, falling.",
)
def cosine_distances(q, x, k, block):
    q, x = torch.nn.functional.normalize(q, dim=-1), torch.nn.functional.normalize(x, dim=-1)
    scores, numbers = q.new_empty(len(q), 0), torch.empty(len(q), 0, dtype=torch.long)
    for start in range(0, len(x), block):
        new = q @ x[start : start + block].mT
        there = torch.arange(start, start + new.shape[1]).expand_as(new)
        scores, numbers = torch.cat([scores, new], 1), torch.cat([numbers, there], 1)
        best = scores.topk(min(k, scores.shape[1]))
        scores, numbers = best.values, numbers.gather(1, best.indices)
    return 1 - scores, numbers


TWO_AXES = "vectors stand in the rows of a matrix: the last axis is axis 1, which is also normalize's own"
EQUIVALENT = {
    "torch.nn.functional.normalize(q, dim=-1) -> torch.nn.functional.normalize(q)": TWO_AXES,
    "torch.nn.functional.normalize(x, dim=-1) -> torch.nn.functional.normalize(x)": TWO_AXES,
    "-1 -> +1": TWO_AXES,
}
