"""Answers to associative-law by people who have not seen its private half."""

import torch

from grading.answers import answer


@answer("associative-law", "second, then first", "wrong")
def _(first, second):
    return first[0] * second[0], first[0] * second[1] + first[1]


@answer("associative-law", "b1 is not multiplied", "wrong")
def _(first, second):
    return first[0] * second[0], first[1] + second[1]


@answer("associative-law", "a1 b1 + b2", "wrong")
def _(first, second):
    return first[0] * second[0], first[0] * first[1] + second[1]


@answer("associative-law", "a2 b2 + b1", "wrong")
def _(first, second):
    return first[0] * second[0], second[0] * second[1] + first[1]


@answer("associative-law", "a2 (b1 + b2)", "wrong")
def _(first, second):
    return first[0] * second[0], second[0] * (first[1] + second[1])


@answer("associative-law", "a1 a2 b1 + b2", "wrong")
def _(first, second):
    a = first[0] * second[0]
    return a, a * first[1] + second[1]


@answer("associative-law", "decays added: a1 + a2, as logarithms", "wrong")
def _(first, second):
    return first[0] + second[0], second[0] * first[1] + second[1]


@answer("associative-law", "log decays: e^{a2} b1 + b2", "wrong")
def _(first, second):
    return first[0] + second[0], second[0].exp() * first[1] + second[1]


@answer("associative-law", "b1 b2 for the sum", "wrong")
def _(first, second):
    return first[0] * second[0], second[0] * first[1] * second[1]


@answer("associative-law", "the first's b dropped", "wrong")
def _(first, second):
    return first[0] * second[0], second[1]


@answer("associative-law", "only the first's decay", "wrong")
def _(first, second):
    return first[0], second[0] * first[1] + second[1]


@answer("associative-law", "only the second's decay", "wrong")
def _(first, second):
    return second[0], second[0] * first[1] + second[1]


@answer("associative-law", "matrix product of the decays", "wrong")
def _(first, second):
    return second[0] @ first[0], second[0] @ first[1] + second[1]


@answer("associative-law", "matrix product of a2 and b1 only", "wrong")
def _(first, second):
    return first[0] * second[0], second[0] @ first[1] + second[1]


@answer("associative-law", "b before a", "wrong")
def _(first, second):
    return second[0] * first[1] + second[1], first[0] * second[0]


@answer("associative-law", "b alone", "wrong")
def _(first, second):
    return second[0] * first[1] + second[1]


@answer("associative-law", "the two stacked in one tensor", "wrong")
def _(first, second):
    return torch.stack([first[0] * second[0], second[0] * first[1] + second[1]])[None]


@answer("associative-law", "minus: a2 b1 - b2", "wrong")
def _(first, second):
    return first[0] * second[0], second[0] * first[1] - second[1]


@answer("associative-law", "in place on the first", "wrong")
def _(first, second):
    a, b = first
    b *= second[0]
    b += second[1]
    a *= second[0]
    return a, b


@answer("associative-law", "in place, a before it is read", "wrong")
def _(first, second):
    a = second[0]
    a *= first[0]
    return a, a * first[1] + second[1]


@answer("associative-law", "unpacks by columns: first is (a1, a2), second is (b1, b2)", "wrong")
def _(first, second):
    a1, a2 = first
    b1, b2 = second
    return a1 * a2, a2 * b1 + b2


@answer("associative-law", "a gate: (1 - a2) b2", "wrong")
def _(first, second):
    return first[0] * second[0], second[0] * first[1] + (1 - second[0]) * second[1]


@answer("associative-law", "the geometric mean of the decays", "wrong")
def _(first, second):
    return (first[0] * second[0]).abs().sqrt(), second[0] * first[1] + second[1]


@answer("associative-law", "the mean of both writes", "wrong")
def _(first, second):
    return first[0] * second[0], (second[0] * first[1] + second[1]) / 2


@answer("associative-law", "the two bs cross-multiplied: a2 b1 + a1 b2", "wrong")
def _(first, second):
    return first[0] * second[0], second[0] * first[1] + first[0] * second[1]


@answer("associative-law", "summed over the last axis", "wrong")
def _(first, second):
    return (first[0] * second[0]).sum(-1), (second[0] * first[1] + second[1]).sum(-1)


@answer("associative-law", "a function of h, not a pair", "wrong")
def _(first, second):
    return lambda h: second[0] * (first[0] * h + first[1]) + second[1]


@answer("associative-law", "decay detached", "wrong")
def _(first, second):
    return first[0] * second[0], second[0].detach() * first[1] + second[1]


@answer("associative-law", "addcmul and mul", "right")
def _(first, second):
    return torch.mul(second[0], first[0]), torch.addcmul(second[1], second[0], first[1])


@answer("associative-law", "the map applied to 0 and to 1", "right")
def _(first, second):
    def both(h):
        return second[0].double() * (first[0].double() * h + first[1].double()) + second[1].double()

    zero = both(torch.zeros_like(first[0]).double())
    return (both(torch.ones_like(first[0]).double()) - zero).to(zero.dtype).to(first[0].dtype), zero.to(first[1].dtype)


@answer("associative-law", "2 by 2 matrices", "right")
def _(first, second):
    def matrix(a, b):
        top = torch.stack([a, b], dim=-1)
        bottom = torch.stack([torch.zeros_like(a), torch.ones_like(a)], dim=-1)
        return torch.stack([top, bottom], dim=-2)

    M = matrix(*second) @ matrix(*first)
    return M[..., 0, 0], M[..., 0, 1]


@answer("associative-law", "a list, by unpacking", "right")
def _(first, second):
    (a1, b1), (a2, b2) = first, second
    return [a2 * a1, b2 + a2 * b1]


@answer("associative-law", "one product for both: a2 (a1, b1) + (0, b2)", "right")
def _(first, second):
    a, b = (second[0] * torch.stack(tuple(first))).unbind(0)
    return a, b + second[1]


@answer("associative-law", "in place on own copies", "right")
def _(first, second):
    a, b = first[0].clone(), first[1].clone()
    b = b.mul_(second[0]).add_(second[1]) if not b.requires_grad else b * second[0] + second[1]
    return a * second[0], b


@answer("associative-law", "the second first: a1 b2 + b1", "wrong")
def _(first, second):
    return first[0] * second[0], first[0] * second[1] + first[1]


@answer("associative-law", "writes added without fading", "wrong")
def _(first, second):
    return first[0] * second[0], first[1] + second[1]


@answer("associative-law", "decays added (as if they were logarithms)", "wrong")
def _(first, second):
    (a1, b1), (a2, b2) = first, second
    return a1 + a2, a2 * b1 + b2


@answer("associative-law", "returns (b, a)", "wrong")
def _(first, second):
    (a1, b1), (a2, b2) = first, second
    return a2 * b1 + b2, a1 * a2


@answer("associative-law", "b1 fades with both decays: a1 a2 b1 + b2", "wrong")
def _(first, second):
    (a1, b1), (a2, b2) = first, second
    a = a1 * a2
    return a, a * b1 + b2


@answer("associative-law", "both writes fade: a2 (b1 + b2)", "wrong")
def _(first, second):
    (a1, b1), (a2, b2) = first, second
    return a1 * a2, a2 * (b1 + b2)


@answer("associative-law", "b changed in place: second[1] += ...", "wrong")
def _(first, second):
    a, b = second
    b += a * first[1]
    return a * first[0], b


@answer("associative-law", "applies the two maps to 0 and 1", "right")
def _(first, second):
    def both(h):
        for a, b in (first, second):
            h = a.double() * h + b.double()
        return h

    zero = torch.zeros_like(first[0]).double()
    b = both(zero)
    return (both(zero + 1) - b).to(first[0].dtype), b.to(first[0].dtype)


@answer("associative-law", "product of 2 x 2 matrices", "right")
def _(first, second):
    def matrix(a, b):
        return torch.stack([torch.stack([a, b], -1), torch.stack([torch.zeros_like(a), torch.ones_like(a)], -1)], -2)

    M = matrix(*second) @ matrix(*first)
    return M[..., 0, 0], M[..., 0, 1]
