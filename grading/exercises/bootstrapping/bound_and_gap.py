"""The private half of bound-and-gap."""

import torch
from llmcourse.bootstrapping import em
from llmcourse.checks.labs.bootstrapping.bound_and_gap import questions

from grading.exercises import misconception, reference, variant

CASES = {"many answers": questions(4, 40), "most are excluded": questions(3, 9, zeros=6)}


@reference
def bound_and_gap(log_p, r, q):
    return em.elbo(log_p, r, q), em.gap(log_p, r, q)


@variant
def by_xlogy(log_p, r, q):
    L = (torch.xlogy(q, r) - torch.xlogy(q, q) + q * log_p).sum(-1)
    return L, torch.logsumexp(log_p + r.log(), dim=-1) - L


@variant
def in_a_loop(log_p, r, q):
    bounds, gaps = [], []
    for lp, rewards, weights in zip(log_p, r, q):
        keep = weights > 0
        posterior = (lp.exp() * rewards)[keep] / (lp.exp() * rewards).sum()
        bounds.append((weights[keep] * (rewards[keep].log() - (weights[keep].log() - lp[keep]))).sum())
        gaps.append((weights[keep] * (weights[keep] / posterior).log()).sum())
    return torch.stack(bounds), torch.stack(gaps)


@misconception(
    says="E_q[log r + log p]: the entropy of q is missing",
    hint="KL(q || p) is E_q[log q - log p]: subtract q log q as well.",
)
def without_entropy(log_p, r, q):
    L = torch.where(q > 0, q * (r.log() + log_p), 0.0).sum(-1)
    return L, (log_p.exp() * r).sum(-1).log() - L


@misconception(
    says="E_q[log r] plus the KL",
    hint="A q far from the model must cost something: the KL is subtracted.",
)
def plus_divergence(log_p, r, q):
    L = torch.where(q > 0, q * (r.log() - log_p + q.log()), 0.0).sum(-1)
    return L, (log_p.exp() * r).sum(-1).log() - L


@misconception(
    says="the bound with KL(p || q)",
    hint="Expectations are under q: KL(q || p) = sum_y q (log q - log p).",
)
def reversed_divergence(log_p, r, q):
    p = log_p.exp()
    L = torch.where(q > 0, q * r.log(), 0.0).sum(-1) - torch.where(q > 0, p * (log_p - q.log()), 0.0).sum(-1)
    return L, (p * r).sum(-1).log() - L


@misconception(
    says="the bound with the expectation of log r under p",
    hint="q is the distribution of the answers here: E_q[log r].",
)
def expected_under_p(log_p, r, q):
    p = log_p.exp()
    L = torch.where(q > 0, p * r.log() - q * (q.log() - log_p), 0.0).sum(-1)
    return L, (p * r).sum(-1).log() - L


@misconception(
    says="the bound with r in place of log r",
    hint="What stands in the expectation is log p(O = 1 | x, y): take the logarithm of the reward.",
)
def reward_without_log(log_p, r, q):
    L = torch.where(q > 0, q * (r + log_p - q.log()), 0.0).sum(-1)
    return L, (log_p.exp() * r).sum(-1).log() - L


@misconception(
    says="the bound with log E_q[r] in place of E_q[log r]",
    hint="The logarithm went inside of the expectation; that is where Jensen's inequality came from.",
)
def log_outside(log_p, r, q):
    L = (q * r).sum(-1).log() - torch.where(q > 0, q * (q.log() - log_p), 0.0).sum(-1)
    return L, (log_p.exp() * r).sum(-1).log() - L


@misconception(
    says="the right L, with the gap to q* as it stands on the slide: not divided by its sum",
    hint="sum q log(q / q*) is -L. The gap is the KL to q* / Z, which is log Z - L.",
)
def gap_to_unnormalised(log_p, r, q):
    L = torch.where(q > 0, q * (r.log() + log_p - q.log()), 0.0).sum(-1)
    return L, -L


@misconception(
    says="the right L, with KL(q || p) for the gap",
    hint="The gap closes at the best q, which is proportional to r p, and not at q = p.",
)
def gap_to_model(log_p, r, q):
    L = torch.where(q > 0, q * (r.log() + log_p - q.log()), 0.0).sum(-1)
    return L, torch.where(q > 0, q * (q.log() - log_p), 0.0).sum(-1)


@misconception(
    says="the right L, with the gap's sign turned",
    hint="L is a lower bound: log Z - L is never negative.",
)
def gap_negative(log_p, r, q):
    L = torch.where(q > 0, q * (r.log() + log_p - q.log()), 0.0).sum(-1)
    return L, L - (log_p.exp() * r).sum(-1).log()


@misconception(
    says="the right formulas, with nan where q and r are zero",
    hint="0 log 0 counts as 0: choose with `torch.where(q > 0, ..., 0.0)`, or use `torch.xlogy`.",
)
def without_zeros(log_p, r, q):
    L = (q * (r.log() + log_p - q.log())).sum(-1)
    return L, (log_p.exp() * r).sum(-1).log() - L


EQUIVALENT = {"-1 -> +1": "the last axis of two is axis 1"}
