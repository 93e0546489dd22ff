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
    L = torch.where(r > 0, p * r.log(), 0.0).sum(-1) - torch.where(q > 0, q * (q.log() - log_p), 0.0).sum(-1)
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
    says="the right L, with the gap to a q* that was not divided by its sum",
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
    says="the right formulas, with nan where q is zero",
    hint="0 log 0 counts as 0: choose with `torch.where(q > 0, ..., 0.0)`, or use `torch.xlogy`.",
)
def without_zeros(log_p, r, q):
    L = (q * (r.log() + log_p - q.log())).sum(-1)
    return L, (log_p.exp() * r).sum(-1).log() - L


@misconception(
    says="the bound without the KL: E_q[log r] alone",
    hint="A q far from the model must cost something: subtract KL(q || p).",
)
def without_divergence(log_p, r, q):
    L = torch.where(q > 0, q * r.log(), 0.0).sum(-1)
    return L, (log_p.exp() * r).sum(-1).log() - L


@misconception(
    says="the right L, with Z - L for the gap: the logarithm of Z is missing",
    hint="The bound is one of log p(O = 1 | x): the gap is log Z - L.",
)
def gap_without_log(log_p, r, q):
    L = torch.where(q > 0, q * (r.log() + log_p - q.log()), 0.0).sum(-1)
    return L, (log_p.exp() * r).sum(-1) - L


@misconception(
    says="the right L, with log p(O = 1 | x) itself where the gap is asked for",
    hint="The gap is what the bound misses: subtract L from the left side.",
)
def evidence_for_gap(log_p, r, q):
    L = torch.where(q > 0, q * (r.log() + log_p - q.log()), 0.0).sum(-1)
    return L, (log_p.exp() * r).sum(-1).log()


@misconception(
    says="the right L, with a gap in which Z leaves out the answers that q leaves out",
    hint="What is bounded does not depend on q: Z sums p r over all answers.",
)
def evidence_within_q(log_p, r, q):
    L = torch.where(q > 0, q * (r.log() + log_p - q.log()), 0.0).sum(-1)
    return L, torch.where(q > 0, log_p.exp() * r, 0.0).sum(-1).log() - L


@misconception(
    says="the right L, with log E_q[r] for the left side",
    hint="On the left the answers come from the model: log of the sum of p r.",
)
def evidence_under_q(log_p, r, q):
    L = torch.where(q > 0, q * (r.log() + log_p - q.log()), 0.0).sum(-1)
    return L, (q * r).sum(-1).log() - L


@misconception(
    says="the right L, with E_p[log r] for the left side",
    hint="The logarithm stands outside of the sum there: log sum p r.",
)
def evidence_log_inside(log_p, r, q):
    L = torch.where(q > 0, q * (r.log() + log_p - q.log()), 0.0).sum(-1)
    return L, torch.xlogy(log_p.exp(), r).sum(-1) - L


@misconception(
    says="a bound that is a mean over the answers",
    hint="The weights of the expectation are q, which sums to 1 already: `sum(-1)`.",
)
def mean_over_answers(log_p, r, q):
    L = torch.where(q > 0, q * (r.log() + log_p - q.log()), 0.0).mean(-1)
    return L, (log_p.exp() * r).sum(-1).log() - L


@misconception(
    says="the bound with the same KL for all questions: the mean of theirs",
    hint='Each question has a KL of its own: `reduction="batchmean"` averages over the batch; sum over the last axis.',
)
def one_divergence(log_p, r, q):
    terms = torch.where(q > 0, q * (q.log() - log_p), 0.0)
    L = torch.where(q > 0, q * r.log(), 0.0).sum(-1) - terms.sum() / len(q)
    return L, (log_p.exp() * r).sum(-1).log() - L


@misconception(
    says="the bound with p where log p is meant: sum q (log q - p)",
    hint="`F.kl_div(log_p, q)` wants the logarithms of p, as they are given.",
)
def probability_for_log(log_p, r, q):
    L = torch.where(q > 0, q * (r.log() + log_p.exp() - q.log()), 0.0).sum(-1)
    return L, (log_p.exp() * r).sum(-1).log() - L


@misconception(
    says="the bound with KL(p || q), which is infinite where q is zero and p is not",
    hint="Expectations are under q: KL(q || p) = sum_y q (log q - log p).",
)
def reversed_and_infinite(log_p, r, q):
    p = log_p.exp()
    L = torch.xlogy(q, r).sum(-1) - (p * (log_p - q.log())).sum(-1)
    return L, (log_p.exp() * r).sum(-1).log() - L


@misconception(
    says="the right formulas, with L = 0 for every question in which some q is zero",
    hint="`nan_to_num` after the sum throws the whole question away: choose before it, `torch.where(q > 0, ..., 0.0)`.",
)
def zero_for_nan(log_p, r, q):
    L = (q * (r.log() + log_p - q.log())).sum(-1).nan_to_num(nan=0.0)
    return L, (log_p.exp() * r).sum(-1).log() - L


@misconception(
    says="the bound with q log r + log p - log q: only the first term is weighted",
    hint="All of it stands in an expectation under q: q (log r + log p - log q).",
)
def first_term_weighted(log_p, r, q):
    L = torch.where(q > 0, q * r.log() + log_p - q.log(), 0.0).sum(-1)
    return L, (log_p.exp() * r).sum(-1).log() - L


@misconception(
    says="the right L, with log sum p exp(r) for the left side",
    hint="`logsumexp(log_p + r)` takes the exponential of r: it wants log r, or write (p r).sum().log().",
)
def evidence_exponential(log_p, r, q):
    L = torch.where(q > 0, q * (r.log() + log_p - q.log()), 0.0).sum(-1)
    return L, torch.logsumexp(log_p + r, -1) - L


@misconception(
    says="the bound with E_q[log q] added: the entropy has the wrong sign",
    hint="KL(q || p) is E_q[log q - log p], and it is subtracted: - q log q + q log p.",
)
def entropy_turned(log_p, r, q):
    L = torch.where(q > 0, q * (r.log() + log_p + q.log()), 0.0).sum(-1)
    return L, (log_p.exp() * r).sum(-1).log() - L


@misconception(
    says="the right formulas, with nan where q is zero and r is not",
    hint="Ask for q, and not for r: `torch.where(q > 0, ..., 0.0)`. q may leave out an answer that has a reward.",
)
def zeros_of_r_alone(log_p, r, q):
    L = torch.where(r > 0, q * (r.log() + log_p - q.log()), 0.0).sum(-1)
    return L, (log_p.exp() * r).sum(-1).log() - L


@misconception(
    says="the bound with KL(p || q), in which q is kept away from zero by 1e-12",
    hint=(
        "`F.kl_div(input, target)` is KL(target || exp(input)): the target is q, `F.kl_div(log_p, q, "
        "reduction='none')`."
    ),
)
def reversed_and_clamped(log_p, r, q):
    p = log_p.exp()
    L = torch.xlogy(q, r).sum(-1) - (p * (log_p - q.clamp(min=1e-12).log())).sum(-1)
    return L, (p * r).sum(-1).log() - L


@misconception(
    says="the right L, with one left side for the whole batch: Z sums over all questions",
    hint="Each question has its own: `(log_p.exp() * r).sum(-1).log()`.",
)
def one_evidence(log_p, r, q):
    L = torch.where(q > 0, q * (r.log() + log_p - q.log()), 0.0).sum(-1)
    return L, (log_p.exp() * r).sum().log() - L


@misconception(
    says="the right formulas, with 1e-3 added in the logarithms of r and q",
    hint="What is added changes small rewards: choose with `torch.where(q > 0, ..., 0.0)`, or use `torch.xlogy`.",
)
def epsilon_3(log_p, r, q):
    L = (q * ((r + 1e-3).log() + log_p - (q + 1e-3).log())).sum(-1)
    return L, (log_p.exp() * r).sum(-1).log() - L


@misconception(
    says="the right formulas, with 1e-6 added in the logarithms of r and q",
    hint="What is added changes small rewards: choose with `torch.where(q > 0, ..., 0.0)`, or use `torch.xlogy`.",
)
def epsilon_6(log_p, r, q):
    L = (q * ((r + 1e-6).log() + log_p - (q + 1e-6).log())).sum(-1)
    return L, (log_p.exp() * r).sum(-1).log() - L


@misconception(
    says="the right formulas, with r and q kept at 1e-6 or more in the logarithms",
    hint="A clamp changes small rewards: choose with `torch.where(q > 0, ..., 0.0)`, or use `torch.xlogy`.",
)
def clamped_6(log_p, r, q):
    L = (q * (r.clamp(min=1e-6).log() + log_p - q.clamp(min=1e-6).log())).sum(-1)
    return L, (log_p.exp() * r).sum(-1).log() - L


EQUIVALENT = {"-1 -> +1": "the last axis of two is axis 1"}
