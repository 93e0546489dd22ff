"""The private half of associative-law."""

import torch
from llmcourse.checks.labs.mamba.associative_law import stretches
from llmcourse.mamba import scan

from grading.exercises import misconception, reference, variant

CASES = {"many": stretches(5, 4, 3), "a line": stretches(7)}


@reference
def combine(first, second):
    return scan.combine(first, second)


@variant
def written_out(first, second):
    (a1, b1), (a2, b2) = first, second
    return a2 * a1, a2 * b1 + b2


@variant
def as_matrices(first, second):
    def matrix(a, b):
        top = torch.stack([a, b], -1)
        return torch.stack([top, torch.stack([torch.zeros_like(a), torch.ones_like(a)], -1)], -2)

    both = matrix(*second) @ matrix(*first)
    return both[..., 0, 0], both[..., 0, 1]


@misconception(
    says="the two stretches in the wrong order: the second one first",
    hint="The first stretch happens first: a2 (a1 h + b1) + b2.",
)
def wrong_order(first, second):
    return first[0] * second[0], first[0] * second[1] + first[1]


@misconception(
    says="the stretches with their additions added up",
    hint="What the first has added fades during the second: a2 b1 + b2.",
)
def adds(first, second):
    return first[0] * second[0], first[1] + second[1]


@misconception(
    says="the stretches with their decays added up",
    hint="What is left after both is a product: a2 a1.",
)
def adds_decays(first, second):
    return first[0] + second[0], second[0] * first[1] + second[1]


@misconception(
    says="the second stretch alone",
    hint="What the first has added is still there, faded by a2: a2 b1 + b2.",
)
def forgets_first(first, second):
    return first[0] * second[0], second[1] + 0 * first[1]


@misconception(
    says="the stretches with both additions faded",
    hint="b2 is added at the end of the second stretch, and does not fade: a2 b1 + b2.",
)
def fades_all(first, second):
    return first[0] * second[0], second[0] * (first[1] + second[1])


@misconception(
    says="the right addition, with the decay of the second stretch alone",
    hint="The state before both has faded twice: a2 a1.",
)
def last_decay(first, second):
    return second[0] + 0 * first[0], second[0] * first[1] + second[1]
