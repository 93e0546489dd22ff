"""The private half of retriever-loss."""

import torch.nn.functional as F
from llmcourse.checks.labs.retrieval_models.cases import judged
from llmcourse.retrieval_models import radit

from grading.exercises import misconception, reference, stages, variant

CASES = {
    "many passages": judged(4, 10, likely=-1.2, tau=0.3),
    "one question": judged(1, 6, likely=-0.7, tau=0.5),
    "the paper's tau": judged(3, 5, likely=-1.0, tau=0.01),
    "unlikely answers": judged(2, 4, likely=-6.0, tau=0.02),
}


@reference
def retriever_loss(s, log_py, tau):
    return radit.lsr_loss(s, log_py, tau)


@stages
def on_the_way(s, log_py, tau):
    target = (log_py.exp() / tau).log_softmax(-1)
    return {"log p_R": s.log_softmax(-1), "log p_LSR": target, "log p_R - log p_LSR": s.log_softmax(-1) - target}


@variant
def by_kl_div(s, log_py, tau):
    target = F.log_softmax(log_py.exp() / tau, -1)
    return F.kl_div(target, F.log_softmax(s, -1), reduction="none", log_target=True).sum(-1)


@variant
def as_cross_entropy_less_entropy(s, log_py, tau):
    p, x = s.softmax(-1), log_py.exp() / tau
    return (p * s.log_softmax(-1)).sum(-1) - (p * x).sum(-1) + x.logsumexp(-1)


@misconception(
    says="the divergence the other way round, KL(p_LSR || p_R)",
    hint="The first distribution is the one that weighs: sum of p_R (log p_R - log p_LSR).",
)
def other_way(s, log_py, tau):
    target = (log_py.exp() / tau).log_softmax(-1)
    return (target.exp() * (target - s.log_softmax(-1))).sum(-1)


@misconception(
    says="the answer with a softmax of log p(y | c, x) in place of p(y | c, x)",
    hint="The formula has the probabilities themselves in the softmax: `log_py.exp() / tau`.",
)
def of_logarithms(s, log_py, tau):
    log_pr = s.log_softmax(-1)
    return (log_pr.exp() * (log_pr - (log_py / tau).log_softmax(-1))).sum(-1)


@misconception(
    says="the answer without tau",
    hint="Probabilities differ by less than 1, so their softmax is flat. Divide by tau first.",
)
def without_tau(s, log_py, tau):
    log_pr = s.log_softmax(-1)
    return (log_pr.exp() * (log_pr - log_py.exp().log_softmax(-1))).sum(-1)


@misconception(
    says="the answer with tau multiplied in place of divided",
    hint="A small tau makes the reader's preference sharp: divide by it.",
)
def times_tau(s, log_py, tau):
    log_pr = s.log_softmax(-1)
    return (log_pr.exp() * (log_pr - (log_py.exp() * tau).log_softmax(-1))).sum(-1)


@misconception(
    says="the cross-entropy: the retriever's own entropy is missing",
    hint="A divergence is 0 when both agree: add the sum of p_R log p_R.",
)
def cross_entropy(s, log_py, tau):
    return -(s.softmax(-1) * (log_py.exp() / tau).log_softmax(-1)).sum(-1)


@misconception(
    says="the mean over the passages in place of the sum",
    hint="p_R is the weight of each passage already: sum over the last axis.",
)
def mean_over_passages(s, log_py, tau):
    log_pr = s.log_softmax(-1)
    return (log_pr.exp() * (log_pr - (log_py.exp() / tau).log_softmax(-1))).mean(-1)


@misconception(
    says="the probabilities divided by their sum, without a softmax",
    hint="p_LSR is a softmax of the probabilities divided by tau.",
)
def normalised(s, log_py, tau):
    log_pr = s.log_softmax(-1)
    return (log_pr.exp() * (log_pr - log_py.log_softmax(-1))).sum(-1)


@misconception(
    says="a loss without bounds where tau is small: p_LSR is rounded to 0 before the logarithm",
    hint="Take `log_softmax`, not the logarithm of `softmax`.",
)
def rounded(s, log_py, tau):
    p = s.softmax(-1)
    return (p * (p.log() - (log_py.exp() / tau).softmax(-1).log())).sum(-1)


@misconception(
    says="the answer with its sign turned",
    hint="A divergence is never negative: log p_R - log p_LSR, in this order.",
)
def turned(s, log_py, tau):
    log_pr = s.log_softmax(-1)
    return (log_pr.exp() * ((log_py.exp() / tau).log_softmax(-1) - log_pr)).sum(-1)


EQUIVALENT = {"-1 -> +1": "there are two axes, and the last one is axis 1"}
