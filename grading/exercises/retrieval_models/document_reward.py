"""The private half of document-reward."""

import torch
from llmcourse.checks.labs.retrieval_models.cases import judged
from llmcourse.retrieval_models import realm

from grading.exercises import misconception, reference, stages, variant

CASES = {
    "many documents": judged(4, 12, spread=2.0),
    "one question": judged(1, 6),
    "another long answer": judged(3, 5, likely=-125.0, spread=2.0),
    "a document that is far better": judged(2, 6, spread=5.0, likely=-9.0),
}


@reference
def document_reward(s, log_py):
    return realm.reward(s.log_softmax(-1), log_py)


@stages
def on_the_way(s, log_py):
    log_pz = s.log_softmax(-1)
    marginal = (log_pz + log_py).logsumexp(-1, keepdim=True)
    return {"log p(y | x)": marginal, "p(y | z, x) / p(y | x)": (log_py - marginal).exp()}


@variant
def posterior_less_prior(s, log_py):
    return (s + log_py).softmax(-1) - s.softmax(-1)


@variant
def by_autograd(s, log_py):
    with torch.enable_grad():
        s = s.detach().clone().requires_grad_()
        (s.log_softmax(-1) + log_py.detach()).logsumexp(-1).sum().backward()
    return s.grad


@misconception(
    says="p(z | x, y), the posterior: what p(z | x) would be if the answer were known",
    hint="The formula has a -1: subtract p(z | x) from that. Else no document could ever lose.",
)
def posterior(s, log_py):
    return (s + log_py).softmax(-1)


@misconception(
    says="the answer without the factor p(z | x)",
    hint="A document that is hardly ever retrieved has little to gain or lose: multiply by p(z | x).",
)
def without_prior(s, log_py):
    marginal = (s.log_softmax(-1) + log_py).logsumexp(-1, keepdim=True)
    return (log_py - marginal).exp() - 1


@misconception(
    says="the answer with its sign turned",
    hint="A document that predicts the answer better than the average has a positive r(z): p(y | z, x) / p(y | x) - 1.",
)
def turned(s, log_py):
    return s.softmax(-1) - (s + log_py).softmax(-1)


@misconception(
    says="the answer with the difference of logarithms in place of the ratio less 1",
    hint="log(a / b) is not a / b - 1: take the exponential of the difference, and then subtract 1.",
)
def log_ratio(s, log_py):
    marginal = (s.log_softmax(-1) + log_py).logsumexp(-1, keepdim=True)
    return (log_py - marginal) * s.softmax(-1)


@misconception(
    says="the answer with the plain mean over documents in place of p(y | x)",
    hint="What a document is compared with is p(y | x), where each counts as much as the retriever believes in it.",
)
def plain_mean(s, log_py):
    mean = log_py.logsumexp(-1, keepdim=True) - torch.tensor(float(log_py.shape[-1])).log()
    return ((log_py - mean).exp() - 1) * s.softmax(-1)


@misconception(
    says="the answer with the best document in place of p(y | x): no document is ever better than it",
    hint="A document is compared with the average over documents, p(y | x), not with the best one.",
)
def compared_with_best(s, log_py):
    return ((log_py - log_py.amax(-1, keepdim=True)).exp() - 1) * s.softmax(-1)


@misconception(
    says="the answer with p(y | z, x) in place of its ratio to p(y | x)",
    hint="A document earns by being better than the average: divide p(y | z, x) by p(y | x).",
)
def without_marginal(s, log_py):
    return (log_py.exp() - 1) * s.softmax(-1)


@misconception(
    says="nothing that is finite, for a long answer: both probabilities are rounded to zero before they are divided",
    hint="0 / 0 is not a number. Subtract the logarithms first; their difference is small.",
)
def by_probabilities(s, log_py):
    p, y = s.softmax(-1), log_py.exp()
    return (y / (p * y).sum(-1, keepdim=True) - 1) * p


@misconception(
    says="the answer with all documents equally likely to be retrieved",
    hint="p(z | x) is the softmax of the scores. They are the retriever's opinion, and it is that which learns.",
)
def uniform_prior(s, log_py):
    return log_py.softmax(-1) - 1 / log_py.shape[-1] + 0 * s


@misconception(
    says="the answer with a softmax over the questions",
    hint="The documents of a question compete with each other: the softmax is over the last axis.",
)
def softmax_over_questions(s, log_py):
    log_pz = s.log_softmax(0)
    marginal = (log_pz + log_py).logsumexp(-1, keepdim=True)
    return ((log_py - marginal).exp() - 1) * log_pz.exp()


EQUIVALENT = {"-1 -> +1": "there are two axes, and the last one is axis 1"}
