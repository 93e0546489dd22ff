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
    return first[0] * second[0], second[1]


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
    return second[0], second[0] * first[1] + second[1]


@misconception(
    says="the right addition, with the decay of the first stretch alone",
    hint="The state before both has faded twice: a2 a1.",
)
def first_decay(first, second):
    return first[0], second[0] * first[1] + second[1]


@misconception(
    says="the stretches with b1 faded by a1: a1 b1 + b2",
    hint="b1 is what the first stretch has added by its end: only the second stretch, a2, makes it fade.",
)
def own_decay(first, second):
    return first[0] * second[0], first[0] * first[1] + second[1]


@misconception(
    says="the stretches with b1 faded by both decays: a1 a2 b1 + b2",
    hint="b1 is what the first stretch has added by its end: only the second stretch, a2, makes it fade.",
)
def both_decays(first, second):
    return first[0] * second[0], first[0] * second[0] * first[1] + second[1]


@misconception(
    says="the stretches with the second addition faded, and not the first: b1 + a2 b2",
    hint="The second stretch takes what is there to a2 times it, and adds b2: a2 b1 + b2.",
)
def fades_second(first, second):
    return first[0] * second[0], second[0] * second[1] + first[1]


@misconception(
    says="the stretches with a product for the sum: a2 b1 b2",
    hint="b2 is added to what is left of b1: a2 b1 + b2.",
)
def multiplies_additions(first, second):
    return first[0] * second[0], second[0] * first[1] * second[1]


@misconception(
    says="the stretches with the second addition taken away: a2 b1 - b2",
    hint="Both stretches add: a2 (a1 h + b1) + b2.",
)
def takes_away(first, second):
    return first[0] * second[0], second[0] * first[1] - second[1]


@misconception(
    says="the law for decays that are given as logarithms",
    hint="a is the factor itself: factors are multiplied, and b1 is multiplied by a2.",
)
def of_logarithms(first, second):
    return first[0] + second[0], second[0].exp() * first[1] + second[1]


@misconception(
    says="the law with the four values in another order: (a1, a2) taken for the first pair, (b1, b2) for the second",
    hint="Each argument is one stretch, a pair (a, b): `a1, b1 = first` and `a2, b2 = second`.",
)
def by_columns(first, second):
    a1, a2 = first
    b1, b2 = second
    return a1 * a2, a2 * b1 + b2


@misconception(
    says="the law of a gate: a2 b1 + (1 - a2) b2",
    hint="b2 is added as it is: a stretch takes h to a h + b.",
)
def as_a_gate(first, second):
    return first[0] * second[0], second[0] * first[1] + (1 - second[0]) * second[1]


@misconception(
    says="the stretches with both additions faded, each by the other's decay: a2 b1 + a1 b2",
    hint="b2 is added after the first stretch is over: a1 does not touch it.",
)
def cross_multiplied(first, second):
    return first[0] * second[0], second[0] * first[1] + first[0] * second[1]


@misconception(
    says="the stretches without the second addition: a2 b1",
    hint="What the second stretch adds is added at the end: a2 b1 + b2.",
)
def second_addition_forgotten(first, second):
    return first[0] * second[0], second[0] * first[1]
