"""The private half of collapsed-search."""

import torch
from llmcourse.checks.labs.agentic_rag.collapsed_search import full, tree

from grading.exercises import misconception, reference, variant

CASES = {
    "thirty nodes": tree(30, 8, 200),
    "the second best is too long, of many": tree(15, 4, 100, huge=True),
    "filled exactly": full,
    "short and long nodes": tree(20, 6, 150, longest=80),
}


@reference
def collapsed_search(q, x, lengths, budget):
    cosine = torch.nn.functional.cosine_similarity(q[None], x)
    taken = []
    for i in cosine.argsort(descending=True).tolist():
        if int(lengths[i]) > budget:
            break
        taken.append(i)
        budget -= int(lengths[i])
    return taken


@variant
def by_sums(q, x, lengths, budget):
    order = (x @ q / x.norm(dim=1)).argsort(descending=True)
    fits = lengths[order].cumsum(0) <= budget
    return order[: int(fits.sum())]


@variant
def one_at_a_time(q, x, lengths, budget):
    unit = torch.nn.functional.normalize(x, dim=1)
    similarity = unit @ torch.nn.functional.normalize(q, dim=0)
    taken, used = [], 0
    while len(taken) < len(x):
        left = similarity.clone()
        left[taken] = -2.0
        i = int(left.argmax())
        if used + int(lengths[i]) > budget:
            return taken
        used += int(lengths[i])
        taken.append(i)
    return taken


@misconception(
    says="a search by dot products: long vectors win",
    hint="Cosine: divide by the length of x, so that only the direction counts.",
)
def dot_products(q, x, lengths, budget):
    taken = []
    for i in (x @ q).argsort(descending=True).tolist():
        if int(lengths[i]) > budget:
            break
        taken.append(i)
        budget -= int(lengths[i])
    return taken


@misconception(
    says="a search that skips what does not fit and goes on",
    hint="The first node that does not fit ends the search: `break`, not `continue`.",
)
def skips(q, x, lengths, budget):
    taken = []
    for i in torch.nn.functional.cosine_similarity(q[None], x).argsort(descending=True).tolist():
        if int(lengths[i]) <= budget:
            taken.append(i)
            budget -= int(lengths[i])
    return taken


@misconception(
    says="the least similar nodes first",
    hint="`argsort(descending=True)`: the most similar first.",
)
def ascending(q, x, lengths, budget):
    taken = []
    for i in torch.nn.functional.cosine_similarity(q[None], x).argsort().tolist():
        if int(lengths[i]) > budget:
            break
        taken.append(i)
        budget -= int(lengths[i])
    return taken


@misconception(
    says="the node that does not fit, taken nevertheless",
    hint="Look before you take: the budget must not be exceeded.",
)
def one_too_many(q, x, lengths, budget):
    taken, used = [], 0
    for i in torch.nn.functional.cosine_similarity(q[None], x).argsort(descending=True).tolist():
        taken.append(i)
        used += int(lengths[i])
        if used > budget:
            break
    return taken


@misconception(
    says="a budget that may not be filled to the last token",
    hint="A node that needs exactly what is left fits.",
)
def never_full(q, x, lengths, budget):
    taken = []
    for i in torch.nn.functional.cosine_similarity(q[None], x).argsort(descending=True).tolist():
        if int(lengths[i]) >= budget:
            break
        taken.append(i)
        budget -= int(lengths[i])
    return taken


@misconception(
    says="the right nodes in the order of the tree",
    hint="Return them in the order of similarity, the best first.",
)
def in_tree_order(q, x, lengths, budget):
    taken = []
    for i in torch.nn.functional.cosine_similarity(q[None], x).argsort(descending=True).tolist():
        if int(lengths[i]) > budget:
            break
        taken.append(i)
        budget -= int(lengths[i])
    return sorted(taken)


@misconception(
    says="all nodes that fit by themselves",
    hint="The budget is for all of them together: subtract what was taken.",
)
def each_by_itself(q, x, lengths, budget):
    order = torch.nn.functional.cosine_similarity(q[None], x).argsort(descending=True).tolist()
    return [i for i in order if int(lengths[i]) <= budget]


@misconception(
    says="the shortest nodes first",
    hint="The order is that of similarity; lengths only say when to stop.",
)
def shortest(q, x, lengths, budget):
    taken = []
    for i in lengths.argsort(stable=True).tolist():
        if int(lengths[i]) > budget:
            break
        taken.append(i)
        budget -= int(lengths[i])
    return taken


@misconception(
    says="nodes by similarity for each token",
    hint="Similarity alone orders the nodes; it is not divided by the length of the text.",
)
def for_each_token(q, x, lengths, budget):
    taken = []
    order = (torch.nn.functional.cosine_similarity(q[None], x) / lengths).argsort(descending=True)
    for i in order.tolist():
        if int(lengths[i]) > budget:
            break
        taken.append(i)
        budget -= int(lengths[i])
    return taken
