"""The private half of reach-in-steps."""

import torch
from llmcourse.attention import graphs
from llmcourse.checks.labs.sparse_attention.reach_in_steps import drawn, going_round

from grading.exercises import misconception, reference, variant

CASES = {
    "a thin random pattern": drawn(30, 4, 0.06),
    "many steps": going_round(161),
    "very many steps": going_round(250),
    "as many again": going_round(300),
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
    hint="Multiply p matrices, one for each step. `A ** p` is no product of matrices: it works entry by entry.",
)
def one_step(A, p):
    return A.clone()


@misconception(
    says="what is reached in one step more than p",
    hint="A itself is the first step: p - 1 products remain.",
)
def one_more(A, p):
    reached = A
    for _ in range(p):
        reached = (reached.float() @ A.float()) > 0
    return reached


@misconception(
    says="what is reached in one step less than p",
    hint="A itself is one step: p steps need p - 1 products.",
)
def one_less(A, p):
    reached = torch.eye(len(A), dtype=torch.bool)
    for _ in range(p - 1):
        reached = (reached.float() @ A.float()) > 0
    return reached


@misconception(
    says="what is reached in p steps or fewer",
    hint="Exactly p steps are asked for: a token that cannot see itself cannot wait.",
)
def at_most(A, p):
    A = A | torch.eye(len(A), dtype=torch.bool)
    reached = A
    for _ in range(p - 1):
        reached = (reached.float() @ A.float()) > 0
    return reached


@misconception(
    says="what is reached in 1 to p steps",
    hint="Exactly p steps are asked for: what the fewer steps reach is not added.",
)
def one_to_p(A, p):
    reached = found = A
    for _ in range(p - 1):
        reached = (reached.float() @ A.float()) > 0
        found = found | reached
    return found


@misconception(
    says="who reaches i, in place of whom i reaches: rows and columns are exchanged",
    hint="Row i of A is what query i sees: `reached @ A`, and no transpose.",
)
def transposed(A, p):
    A = A.mT
    reached = A
    for _ in range(p - 1):
        reached = (reached.float() @ A.float()) > 0
    return reached


@misconception(
    says="the answer that squares the matrix p times: 2 to the power of p steps",
    hint="Multiply by A each time, not the result by itself.",
)
def squared(A, p):
    for _ in range(min(p, 20)):
        A = (A.float() @ A.float()) > 0
    return A


@misconception(
    says="what is reached in more than one way: `> 1`",
    hint="One path is enough: `> 0`.",
)
def more_than_one_way(A, p):
    reached = A
    for _ in range(p - 1):
        reached = (reached.float() @ A.float()) > 1
    return reached


@misconception(
    says="the number of paths, not whether there is one",
    hint="Ask which entries are above 0 after the product.",
)
def counts(A, p):
    reached = A.double()
    for _ in range(p - 1):
        reached = reached @ A.double()
    return reached


@misconception(
    says="the answer that counts all paths before it asks: the counts overflow, and inf times 0 is nan",
    hint="Ask which entries are above 0 after every product, and not at the end, so that no number can grow.",
)
def counts_overflow(A, p):
    return torch.linalg.matrix_power(A.float(), p) > 0
