"""Answers to bound-and-gap by people who have not seen its private half."""

import torch
import torch.nn.functional as F

from grading.answers import answer


@answer("bound-and-gap", "log of zero not guarded: 0 log 0 is nan", "wrong", means="without_zeros")
def _(log_p, r, q):
    L = (q * r.log()).sum(-1) - (q * (q.log() - log_p)).sum(-1)
    return L, (log_p.exp() * r).sum(-1).log() - L


@answer("bound-and-gap", "r guarded, but q log q is nan where q is 0", "wrong", means="without_zeros")
def _(log_p, r, q):
    L = torch.xlogy(q, r).sum(-1) - (q * (q.log() - log_p)).sum(-1)
    return L, (log_p.exp() * r).sum(-1).log() - L


@answer("bound-and-gap", "KL added instead of subtracted", "wrong", means="plus_divergence")
def _(log_p, r, q):
    expected = torch.xlogy(q, r).sum(-1)
    kl = (torch.xlogy(q, q) - q * log_p).sum(-1)
    L = expected + kl
    return L, (log_p.exp() * r).sum(-1).log() - L


@answer("bound-and-gap", "KL(p || q) the wrong way round", "wrong")
def _(log_p, r, q):
    p = log_p.exp()
    expected = torch.xlogy(q, r).sum(-1)
    kl = (p * (log_p - q.clamp(min=1e-10).log())).sum(-1)
    L = expected - kl
    return L, (p * r).sum(-1).log() - L


@answer("bound-and-gap", "gap as bound minus evidence", "wrong", means="gap_negative")
def _(log_p, r, q):
    L = (torch.xlogy(q, r) - torch.xlogy(q, q) + q * log_p).sum(-1)
    return L, L - (log_p.exp() * r).sum(-1).log()


@answer("bound-and-gap", "gap is KL(q || p), the bound's own penalty", "wrong", means="gap_to_model")
def _(log_p, r, q):
    expected = torch.xlogy(q, r).sum(-1)
    kl = (torch.xlogy(q, q) - q * log_p).sum(-1)
    return expected - kl, kl


@answer("bound-and-gap", "log of the expectation of r under q (Jensen the other way)", "wrong", means="log_outside")
def _(log_p, r, q):
    kl = (torch.xlogy(q, q) - q * log_p).sum(-1)
    L = (q * r).sum(-1).log() - kl
    return L, (log_p.exp() * r).sum(-1).log() - L


@answer("bound-and-gap", "expectation of r, log forgotten", "wrong", means="reward_without_log")
def _(log_p, r, q):
    kl = (torch.xlogy(q, q) - q * log_p).sum(-1)
    L = (q * r).sum(-1) - kl
    return L, (log_p.exp() * r).sum(-1).log() - L


@answer("bound-and-gap", "evidence without the log in the gap", "wrong", means="gap_without_log")
def _(log_p, r, q):
    L = (torch.xlogy(q, r) - torch.xlogy(q, q) + q * log_p).sum(-1)
    return L, (log_p.exp() * r).sum(-1) - L


@answer("bound-and-gap", "evidence with log_p where p is meant", "wrong")
def _(log_p, r, q):
    L = (torch.xlogy(q, r) - torch.xlogy(q, q) + q * log_p).sum(-1)
    return L, (log_p * r).sum(-1).abs().log() - L


@answer("bound-and-gap", "mean over the answers instead of sum", "wrong", means="mean_over_answers")
def _(log_p, r, q):
    L = (torch.xlogy(q, r) - torch.xlogy(q, q) + q * log_p).mean(-1)
    return L, (log_p.exp() * r).sum(-1).log() - L


@answer("bound-and-gap", "entropy forgotten: E_q[log r + log p]", "wrong", means="without_entropy")
def _(log_p, r, q):
    L = torch.xlogy(q, r).sum(-1) + (q * log_p).sum(-1)
    return L, (log_p.exp() * r).sum(-1).log() - L


@answer("bound-and-gap", "the KL term forgotten altogether", "wrong", means="without_divergence")
def _(log_p, r, q):
    L = torch.xlogy(q, r).sum(-1)
    return L, torch.logsumexp(log_p + r.log(), -1) - L


@answer("bound-and-gap", "summed over the questions", "wrong")
def _(log_p, r, q):
    L = (torch.xlogy(q, r) - torch.xlogy(q, q) + q * log_p).sum(0)
    return L, (log_p.exp() * r).sum(0).log() - L


@answer("bound-and-gap", "one number for the whole batch", "wrong")
def _(log_p, r, q):
    L = (torch.xlogy(q, r) - torch.xlogy(q, q) + q * log_p).sum(-1).mean()
    return L, (log_p.exp() * r).sum(-1).log().mean() - L


@answer("bound-and-gap", "F.kl_div given p where it wants log p", "wrong", means="probability_for_log")
def _(log_p, r, q):
    kl = F.kl_div(log_p.exp(), q, reduction="none").sum(-1)
    L = torch.xlogy(q, r).sum(-1) - kl
    return L, (log_p.exp() * r).sum(-1).log() - L


@answer("bound-and-gap", "F.kl_div with batchmean: one KL for all questions", "wrong", means="one_divergence")
def _(log_p, r, q):
    kl = F.kl_div(log_p, q, reduction="batchmean")
    L = torch.xlogy(q, r).sum(-1) - kl
    return L, (log_p.exp() * r).sum(-1).log() - L


@answer("bound-and-gap", "nan_to_num after the sum: a question with a zero in q gets 0", "wrong", means="zero_for_nan")
def _(log_p, r, q):
    L = (q * (r.log() + log_p - q.log())).sum(-1).nan_to_num()
    return L, (log_p.exp() * r).sum(-1).log() - L


@answer("bound-and-gap", "a coarse epsilon in the logs, 1e-2", "wrong")
def _(log_p, r, q):
    L = (q * ((r + 1e-2).log() + log_p - (q + 1e-2).log())).sum(-1)
    return L, (log_p.exp() * r).sum(-1).log() - L


@answer("bound-and-gap", "takes log_p for p and logs it again", "wrong")
def _(log_p, r, q):
    p = log_p.abs()
    L = (torch.xlogy(q, r) - torch.xlogy(q, q) + torch.xlogy(q, p)).sum(-1)
    return L, (p * r).sum(-1).log() - L


@answer("bound-and-gap", "only the bound returned", "wrong")
def _(log_p, r, q):
    return (torch.xlogy(q, r) - torch.xlogy(q, q) + q * log_p).sum(-1)


@answer("bound-and-gap", "returns gap, L in the wrong order", "wrong")
def _(log_p, r, q):
    L = (torch.xlogy(q, r) - torch.xlogy(q, q) + q * log_p).sum(-1)
    return (log_p.exp() * r).sum(-1).log() - L, L


@answer("bound-and-gap", "returns the evidence where the gap is asked", "wrong", means="evidence_for_gap")
def _(log_p, r, q):
    L = (torch.xlogy(q, r) - torch.xlogy(q, q) + q * log_p).sum(-1)
    return L, (log_p.exp() * r).sum(-1).log()


@answer("bound-and-gap", "expectation of log r under the model p", "wrong", means="expected_under_p")
def _(log_p, r, q):
    p = log_p.exp()
    expected = torch.where(r > 0, p * r.clamp(min=1e-30).log(), 0.0).sum(-1)
    L = expected - (torch.xlogy(q, q) - q * log_p).sum(-1)
    return L, (p * r).sum(-1).log() - L


@answer("bound-and-gap", "gap to r, not normalised: KL(q || r p) without log Z", "wrong", means="gap_to_unnormalised")
def _(log_p, r, q):
    L = (torch.xlogy(q, r) - torch.xlogy(q, q) + q * log_p).sum(-1)
    return L, -L


@answer("bound-and-gap", "base-2 logarithms", "wrong")
def _(log_p, r, q):
    safe = torch.where(q > 0, q, 1.0)
    L = (q * (torch.where(q > 0, r, 1.0).log2() + log_p - safe.log2())).sum(-1)
    return L, (log_p.exp() * r).sum(-1).log2() - L


@answer("bound-and-gap", "log Z also restricted to answers where q > 0", "wrong", means="evidence_within_q")
def _(log_p, r, q):
    L = (torch.xlogy(q, r) - torch.xlogy(q, q) + q * log_p).sum(-1)
    Z = torch.where(q > 0, log_p.exp() * r, 0.0).sum(-1)
    return L, Z.log() - L


@answer("bound-and-gap", "keepdim left in the bound", "wrong")
def _(log_p, r, q):
    L = (torch.xlogy(q, r) - torch.xlogy(q, q) + q * log_p).sum(-1, keepdim=True)
    return L, (log_p.exp() * r).sum(-1, keepdim=True).log() - L


@answer("bound-and-gap", "gap as KL(q || posterior)", "right")
def _(log_p, r, q):
    joint = log_p.exp() * r
    posterior = joint / joint.sum(-1, keepdim=True)
    gap = (torch.xlogy(q, q) - torch.xlogy(q, posterior)).sum(-1)
    return joint.sum(-1).log() - gap, gap


@answer("bound-and-gap", "evidence with logsumexp", "right")
def _(log_p, r, q):
    L = (torch.xlogy(q, r) - torch.xlogy(q, q) + q * log_p).sum(-1)
    return L, torch.logsumexp(log_p + r.log(), -1) - L


@answer("bound-and-gap", "explicit loops over Python floats", "right")
def _(log_p, r, q):
    import math

    bounds, gaps = [], []
    for lp, rr, qq in zip(log_p.tolist(), r.tolist(), q.tolist()):
        L = sum(c * (math.log(b) + a - math.log(c)) for a, b, c in zip(lp, rr, qq) if c > 0)
        Z = sum(math.exp(a) * b for a, b in zip(lp, rr))
        bounds.append(L)
        gaps.append(math.log(Z) - L)
    return torch.tensor(bounds, dtype=log_p.dtype), torch.tensor(gaps, dtype=log_p.dtype)


@answer("bound-and-gap", "F.kl_div for the KL", "right")
def _(log_p, r, q):
    kl = F.kl_div(log_p, q, reduction="none").sum(-1)
    L = torch.xlogy(q, r).sum(-1) - kl
    return L, (log_p.exp() * r).sum(-1).log() - L


@answer("bound-and-gap", "float64 inside and cast back", "right")
def _(log_p, r, q):
    a, b, c = log_p.double(), r.double(), q.double()
    L = torch.special.entr(c).sum(-1) + torch.xlogy(c, b).sum(-1) + (c * a).sum(-1)
    gap = torch.einsum("by,by->b", a.exp(), b).log() - L
    return L.to(log_p.dtype), gap.to(log_p.dtype)


@answer("bound-and-gap", "nan_to_num on each term before the sum", "right")
def _(log_p, r, q):
    L = (q * (r.log() + log_p - q.log())).nan_to_num(nan=0.0).sum(-1)
    return L, (log_p.exp() * r).sum(-1).log() - L


@answer("bound-and-gap", "a list of both instead of a tuple", "right")
def _(log_p, r, q):
    p = log_p.exp()
    kept = q > 0
    one = torch.ones_like(q)
    ratio = torch.where(kept, r, one) * p / torch.where(kept, q, one)
    L = (q * ratio.log()).sum(-1)
    return [L, (p * r).sum(-1).log() - L]


@answer(
    "bound-and-gap",
    "masks where r is zero, not where q is zero: q = 0 with r > 0 gives nan",
    "wrong",
    means="zeros_of_r_alone",
)
def _(log_p, r, q):
    t = torch.where(r > 0, q * (r.log() + log_p - q.log()), torch.zeros_like(q))
    L = t.sum(-1)
    return L, (log_p.exp() * r).sum(-1).log() - L


@answer("bound-and-gap", "F.kl_div with the arguments the other way: KL(p || q)", "wrong", means="reversed_and_clamped")
def _(log_p, r, q):
    p = log_p.exp()
    logq = q.clamp(min=1e-12).log()
    E = torch.xlogy(q, r).sum(-1)
    kl = F.kl_div(logq, p, reduction="none").sum(-1)
    L = E - kl
    return L, (p * r).sum(-1).log() - L


@answer(
    "bound-and-gap",
    "the entropy of q forgotten: cross entropy E_q[log p] in place of -KL",
    "wrong",
    means="without_entropy",
)
def _(log_p, r, q):
    L = (torch.xlogy(q, r) + q * log_p).sum(-1)
    return L, (log_p.exp() * r).sum(-1).log() - L


@answer("bound-and-gap", "the left side with the logarithm inside: sum p log r", "wrong", means="evidence_log_inside")
def _(log_p, r, q):
    p = log_p.exp()
    L = (torch.xlogy(q, r) - torch.xlogy(q, q) + q * log_p).sum(-1)
    return L, torch.xlogy(p, r).sum(-1) - L


@answer("bound-and-gap", "mean over the answers in place of the sum in L", "wrong", means="mean_over_answers")
def _(log_p, r, q):
    L = (torch.xlogy(q, r) - torch.xlogy(q, q) + q * log_p).mean(-1)
    return L, (log_p.exp() * r).sum(-1).log() - L


@answer("bound-and-gap", "adds 1e-3 in the logarithms of r and q", "wrong", means="epsilon_3")
def _(log_p, r, q):
    eps = 1e-3
    L = (q * ((r + eps).log() + log_p - (q + eps).log())).sum(-1)
    return L, (log_p.exp() * r).sum(-1).log() - L


@answer("bound-and-gap", "the gap is KL(q || p)", "wrong", means="gap_to_model")
def _(log_p, r, q):
    kl = (torch.xlogy(q, q) - q * log_p).sum(-1)
    return torch.xlogy(q, r).sum(-1) - kl, kl


@answer("bound-and-gap", "one sum over the whole batch: Z over all questions", "wrong", means="one_evidence")
def _(log_p, r, q):
    L = (torch.xlogy(q, r) - torch.xlogy(q, q) + q * log_p).sum(-1)
    Z = (log_p.exp() * r).sum()
    return L, Z.log() - L


@answer("bound-and-gap", "evidence with q for p: log sum q r", "wrong", means="evidence_under_q")
def _(log_p, r, q):
    L = (torch.xlogy(q, r) - torch.xlogy(q, q) + q * log_p).sum(-1)
    return L, (q * r).sum(-1).log() - L


@answer("bound-and-gap", "gap as KL from q to the posterior p r / Z; L from it", "right")
def _(log_p, r, q):
    logZ = torch.logsumexp(log_p + r.log(), dim=-1)
    post = log_p + r.log() - logZ[:, None]
    gap = torch.where(q > 0, q * (q.log() - post), torch.zeros_like(q)).sum(-1)
    return logZ - gap, gap


@answer("bound-and-gap", "loops and masked indexing", "right")
def _(log_p, r, q):
    Ls, gaps = [], []
    for lp, rr, qq in zip(log_p, r, q):
        on = qq > 0
        L = qq[on].dot(rr[on].log()) - qq[on].dot(qq[on].log() - lp[on])
        Ls.append(L)
        gaps.append(torch.log((lp.exp() * rr).sum()) - L)
    return torch.stack(Ls), torch.stack(gaps)


@answer("bound-and-gap", "entropy by special.entr, double inside", "right")
def _(log_p, r, q):
    lp, R, Q = log_p.double(), r.double(), q.double()
    L = torch.special.xlogy(Q, R).sum(1) + torch.special.entr(Q).sum(1) + torch.einsum("by,by->b", Q, lp)
    gap = torch.einsum("by,by->b", lp.exp(), R).log() - L
    return L.to(q.dtype), gap.to(q.dtype)
