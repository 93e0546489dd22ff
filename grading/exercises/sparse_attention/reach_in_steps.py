"""The private half of reach-in-steps."""

import torch
from llmcourse.attention import graphs
from llmcourse.checks.labs.sparse_attention.reach_in_steps import chain, drawn

from grading.exercises import misconception, reference, variant

CASES = {
    "a thin random pattern": drawn(30, 4, 0.06),
    "no links": drawn(5, 2, 0.0),
    "only forward and far": chain(20, 4, (3, 5)),
}


@reference
def reach(A, p):
    return graphs.reach([A] * p)


@variant
def by_sets(A, p):
    sees = [set(row.nonzero().flatten().tolist()) for row in A]
    out = torch.zeros_like(A)
    for i in range(len(A)):
        at = {i}
        for _ in range(p):
            at = set().union(*(sees[m] for m in at))
        out[i, list(at)] = True
    return out


@variant
def by_any(A, p):
    reached = torch.eye(len(A), dtype=torch.bool)
    for _ in range(p):
        reached = (reached[:, :, None] & A[None]).any(1)
    return reached


@misconception(
    says="what is reached in one step",
    hint="Multiply p matrices: one for each step.",
)
def one_step(A, p):
    return A.clone()


@misconception(
    says="what is reached in one step more than p",
    hint="A itself is the first step: p - 1 products remain.",
)
def one_more(A, p):
    return graphs.reach([A] * (p + 1))


@misconception(
    says="what is reached in one step less than p",
    hint="A itself is one step: p steps need p - 1 products.",
)
def one_less(A, p):
    return graphs.reach([A] * (p - 1)) if p > 1 else torch.eye(len(A), dtype=torch.bool)


@misconception(
    says="what is reached in p steps or fewer",
    hint="Exactly p steps are asked for: a token that cannot see itself cannot wait.",
)
def at_most(A, p):
    return graphs.reach([A | torch.eye(len(A), dtype=torch.bool)] * p)


@misconception(
    says="what is reached in 1 to p steps",
    hint="Exactly p steps are asked for: what the fewer steps reach is not added.",
)
def one_to_p(A, p):
    return torch.stack([graphs.reach([A] * n) for n in range(1, p + 1)]).any(0)


@misconception(
    says="who reaches i, in place of whom i reaches: rows and columns are exchanged",
    hint="Row i of A is what query i sees: `reached @ A`, and no transpose.",
)
def transposed(A, p):
    return graphs.reach([A] * p).mT


@misconception(
    says="the answer that squares the matrix p times: 2 to the power of p steps",
    hint="Multiply by A each time, not the result by itself.",
)
def squared(A, p):
    for _ in range(min(p, 20)):
        A = (A.float() @ A.float()) > 0
    return A


@misconception(
    says="the number of paths, not whether there is one",
    hint="Ask which entries are above 0 after the product.",
)
def counts(A, p):
    reached = A.double()
    for _ in range(p - 1):
        reached = reached @ A.double()
    return reached
