"""Answers to best-of-n, written without a look at its private half."""

import math

import torch

from grading.answers import answer


def shares(p_ref, r):
    """F and F_<."""
    return (
        ((r[None] <= r[:, None]).to(p_ref) * p_ref).sum(1),
        ((r[None] < r[:, None]).to(p_ref) * p_ref).sum(1),
    )


def kept(p_ref, r, n):
    F, less = shares(p_ref, r)
    return p_ref * (F**n - less**n) / (F - less)


def kl(p, q):
    return (torch.special.xlogy(p, p) - torch.special.xlogy(p, q)).sum()


@answer("best-of-n", "F^n: that the best has at most this reward", "wrong")
def _(p_ref, r, n):
    p = shares(p_ref, r)[0] ** n
    return p, kl(p, p_ref)


@answer("best-of-n", "F^n, normalised", "wrong")
def _(p_ref, r, n):
    p = shares(p_ref, r)[0] ** n
    p = p / p.sum()
    return p, kl(p, p_ref)


@answer("best-of-n", "the density n F^(n-1)", "wrong")
def _(p_ref, r, n):
    p = p_ref * n * shares(p_ref, r)[0] ** (n - 1)
    return p, kl(p, p_ref)


@answer("best-of-n", "the density n F^(n-1), normalised", "wrong")
def _(p_ref, r, n):
    p = p_ref * shares(p_ref, r)[0] ** (n - 1)
    p = p / p.sum()
    return p, kl(p, p_ref)


@answer("best-of-n", "the density n F_<^(n-1)", "wrong")
def _(p_ref, r, n):
    p = n * p_ref * shares(p_ref, r)[1] ** (n - 1)
    return p, kl(p, p_ref)


@answer("best-of-n", "the density at the middle of F and F_<", "wrong")
def _(p_ref, r, n):
    F, less = shares(p_ref, r)
    p = n * p_ref * ((F + less) / 2) ** (n - 1)
    return p, kl(p, p_ref)


@answer("best-of-n", "the formula for the KL", "wrong")
def _(p_ref, r, n):
    return kept(p_ref, r, n), torch.tensor(math.log(n) - (n - 1) / n, dtype=p_ref.dtype)


@answer("best-of-n", "ties in the order of the list", "wrong")
def _(p_ref, r, n):
    order = r.argsort(stable=True)
    F = p_ref[order].cumsum(0)
    less = torch.cat([F.new_zeros(1), F[:-1]])
    p = torch.empty_like(p_ref)
    p[order] = F**n - less**n
    return p, kl(p, p_ref)


@answer("best-of-n", "ties in equal parts", "wrong")
def _(p_ref, r, n):
    F, less = shares(p_ref, r)
    p = (F**n - less**n) / (r[None] == r[:, None]).sum(1)
    return p, kl(p, p_ref)


@answer("best-of-n", "ties: each gets the part of all", "wrong")
def _(p_ref, r, n):
    F, less = shares(p_ref, r)
    p = F**n - less**n
    return p, kl(p, p_ref)


@answer("best-of-n", "ties: each gets the part of all, normalised", "wrong")
def _(p_ref, r, n):
    F, less = shares(p_ref, r)
    p = F**n - less**n
    p = p / p.sum()
    return p, kl(p, p_ref)


@answer("best-of-n", "(F - F_<)^n", "wrong")
def _(p_ref, r, n):
    F, less = shares(p_ref, r)
    p = (F - less) ** n
    return p, kl(p, p_ref)


@answer("best-of-n", "the worst of n", "wrong")
def _(p_ref, r, n):
    p = kept(p_ref, -r, n)
    return p, kl(p, p_ref)


@answer("best-of-n", "1 - (1 - p)^n: that it is drawn at all", "wrong")
def _(p_ref, r, n):
    p = 1 - (1 - p_ref) ** n
    return p, kl(p, p_ref)


@answer("best-of-n", "drawn at all, normalised", "wrong")
def _(p_ref, r, n):
    p = 1 - (1 - p_ref) ** n
    p = p / p.sum()
    return p, kl(p, p_ref)


@answer("best-of-n", "p_ref^n, normalised", "wrong")
def _(p_ref, r, n):
    p = p_ref**n
    p = p / p.sum()
    return p, kl(p, p_ref)


@answer("best-of-n", "the reference times exp(r), n times", "wrong")
def _(p_ref, r, n):
    p = (p_ref.log() + n * r).softmax(0)
    return p, kl(p, p_ref)


@answer("best-of-n", "texts counted, not weighed", "wrong")
def _(p_ref, r, n):
    even = torch.full_like(p_ref, 1 / len(p_ref))
    p = kept(even, r, n)
    return p, kl(p, p_ref)


@answer("best-of-n", "n - 1 for n", "wrong")
def _(p_ref, r, n):
    p = kept(p_ref, r, n - 1)
    return p, kl(p, p_ref)


@answer("best-of-n", "n + 1 for n", "wrong")
def _(p_ref, r, n):
    p = kept(p_ref, r, n + 1)
    return p, kl(p, p_ref)


@answer("best-of-n", "sums in the order given, not of the rewards", "wrong")
def _(p_ref, r, n):
    F = p_ref.cumsum(0)
    p = F**n - (F - p_ref) ** n
    return p, kl(p, p_ref)


@answer("best-of-n", "sorted, and left so", "wrong")
def _(p_ref, r, n):
    order = r.argsort(stable=True)
    p = kept(p_ref, r, n)[order]
    return p, kl(p, p_ref)


@answer("best-of-n", "sorted, and put back the wrong way", "wrong")
def _(p_ref, r, n):
    order = r.argsort()
    p = kept(p_ref[order], r[order], n)[order]
    return p, kl(p, p_ref)


@answer("best-of-n", "the KL the other way round", "wrong")
def _(p_ref, r, n):
    p = kept(p_ref, r, n)
    return p, (p_ref * (p_ref / p).log()).sum()


@answer("best-of-n", "the KL with its sign", "wrong")
def _(p_ref, r, n):
    p = kept(p_ref, r, n)
    return p, -kl(p, p_ref)


@answer("best-of-n", "the KL in bits", "wrong")
def _(p_ref, r, n):
    p = kept(p_ref, r, n)
    return p, kl(p, p_ref) / math.log(2)


@answer("best-of-n", "the KL weighed by the reference", "wrong")
def _(p_ref, r, n):
    p = kept(p_ref, r, n)
    return p, (p_ref * (p / p_ref).log()).sum()


@answer("best-of-n", "the KL as a mean over texts", "wrong")
def _(p_ref, r, n):
    p = kept(p_ref, r, n)
    return p, (p * (p / p_ref).log()).mean()


@answer("best-of-n", "the entropy in place of the KL", "wrong")
def _(p_ref, r, n):
    p = kept(p_ref, r, n)
    return p, torch.special.xlogy(p, p).sum()


@answer("best-of-n", "the KL of each text", "wrong")
def _(p_ref, r, n):
    p = kept(p_ref, r, n)
    return p, p * (p / p_ref).log()


@answer("best-of-n", "10,000 draws", "wrong")
def _(p_ref, r, n):
    drawn = torch.multinomial(p_ref, 10_000 * n, replacement=True).view(-1, n)
    best = drawn.gather(1, r[drawn].argmax(1, keepdim=True))[:, 0]
    p = torch.bincount(best, minlength=len(r)).to(p_ref) / 10_000
    return p, kl(p, p_ref)


@answer("best-of-n", "logarithms of the probabilities", "wrong")
def _(p_ref, r, n):
    p = kept(p_ref, r, n)
    return p.log(), kl(p, p_ref)


@answer("best-of-n", "always the best text", "wrong")
def _(p_ref, r, n):
    p = torch.zeros_like(p_ref)
    p[r.argmax()] = 1
    return p, kl(p, p_ref)


@answer("best-of-n", "the two exchanged", "wrong")
def _(p_ref, r, n):
    p = kept(p_ref, r, n)
    return kl(p, p_ref), p


@answer("best-of-n", "a geometric sum: nothing is divided", "right")
def _(p_ref, r, n):
    F, less = shares(p_ref, r)
    p = p_ref * sum(F**k * less ** (n - 1 - k) for k in range(n))
    return p, kl(p, p_ref)


@answer("best-of-n", "one more draw, n - 1 times", "right")
def _(p_ref, r, n):
    p = p_ref
    F, _ = shares(p_ref, r)
    for _ in range(1, n):
        # the new one wins, or the old one does; where they tie, the old one stays
        lower = torch.stack([p[r < v].sum() for v in r])
        p = p_ref * lower + p * F
    return p, kl(p, p_ref)


@answer("best-of-n", "groups of equal rewards", "right")
def _(p_ref, r, n):
    _, group = r.unique(return_inverse=True)
    mass = torch.zeros(int(group.max()) + 1, dtype=p_ref.dtype).index_add(0, group, p_ref)
    F = mass.cumsum(0)
    part = (F**n).diff(prepend=F.new_zeros(1))
    p = p_ref * (part / mass)[group]
    return p, (p * (part / mass)[group].log()).sum()


@answer("best-of-n", "loops, floats", "right")
def _(p_ref, r, n):
    q, x = p_ref.tolist(), r.tolist()
    p = []
    for y in range(len(q)):
        F = sum(q[k] for k in range(len(q)) if x[k] <= x[y])
        less = sum(q[k] for k in range(len(q)) if x[k] < x[y])
        p.append(q[y] * (F**n - less**n) / (F - less))
    KL = sum(a * math.log(a / b) for a, b in zip(p, q) if a > 0)
    return torch.tensor(p, dtype=p_ref.dtype), torch.tensor(KL, dtype=p_ref.dtype)


@answer("best-of-n", "the KL by torch", "right")
def _(p_ref, r, n):
    p = kept(p_ref, r, n)
    return p, torch.nn.functional.kl_div(p_ref.log(), p, reduction="sum")


@answer("best-of-n", "a cross entropy less an entropy", "right")
def _(p_ref, r, n):
    p = kept(p_ref, r, n)
    return p, torch.special.entr(p).sum().neg() - p @ p_ref.log()
