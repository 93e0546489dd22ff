"""The private half of document-marginal."""

import torch
from llmcourse.checks.labs.retrieval_models.cases import judged
from llmcourse.retrieval_models import realm

from grading.exercises import misconception, reference, stages, variant

CASES = {
    "many documents": judged(4, 12, spread=2.0),
    "one question": judged(1, 6),
    "one document": judged(3, 1),
    "a very long answer": judged(3, 5, likely=-400.0, spread=4.0),
}


@reference
def log_marginal(s, log_py):
    return realm.log_marginal(s.log_softmax(-1), log_py)


@stages
def on_the_way(s, log_py):
    return {"log p(z | x)": s.log_softmax(-1), "log p(y, z | x)": s.log_softmax(-1) + log_py}


@variant
def as_a_difference(s, log_py):
    return (s + log_py).logsumexp(-1) - s.logsumexp(-1)


@variant
def relative_to_the_largest(s, log_py):
    top = log_py.amax(-1, keepdim=True)
    return ((s.softmax(-1) * (log_py - top).exp()).sum(-1)).log() + top[..., 0]


@misconception(
    says="the mean of the log-probabilities, weighted by the documents",
    hint="The logarithm of a sum is not the sum of the logarithms: add probabilities, p(y | z, x) p(z | x).",
)
def mean_of_logarithms(s, log_py):
    return (s.softmax(-1) * log_py).sum(-1)


@misconception(
    says="the sum with scores that are no probabilities",
    hint="The scores of all documents become p(z | x) by a softmax: use `s.log_softmax(-1)`.",
)
def without_softmax(s, log_py):
    return (s + log_py).logsumexp(-1)


@misconception(
    says="the sum with all documents weighing the same",
    hint="A document counts as much as the retriever believes in it: weigh by p(z | x), the softmax of the scores.",
)
def unweighted(s, log_py):
    return log_py.logsumexp(-1) - torch.tensor(float(log_py.shape[-1])).log() + 0 * s.sum()


@misconception(
    says="the sum of p(y | z, x) over the documents, without p(z | x)",
    hint="That can be more than 1. Each document's probability of the answer is multiplied by p(z | x).",
)
def without_retriever(s, log_py):
    return log_py.logsumexp(-1) + 0 * s.sum()


@misconception(
    says="the best document alone: the largest term of the sum",
    hint="The document is not known: sum over all of them. The largest term is only a bound.",
)
def best_term(s, log_py):
    return (s.log_softmax(-1) + log_py).amax(-1)


@misconception(
    says="the answer's log-probability with the document that the retriever likes best",
    hint="That is what a pipeline does: no gradient reaches the scores. REALM sums over the documents.",
)
def most_relevant(s, log_py):
    return log_py.gather(-1, s.argmax(-1, keepdim=True))[..., 0] + 0 * s.sum()


@misconception(
    says="minus infinity for a long answer: its probability is rounded to zero on the way",
    hint="e^-150 is 0 in float32. Stay with logarithms: `(s.log_softmax(-1) + log_py).logsumexp(-1)`.",
)
def by_probabilities(s, log_py):
    return (s.softmax(-1) * log_py.exp()).sum(-1).log()


@misconception(
    says="the loss: the logarithm with its sign turned",
    hint="The task asks for log p(y | x), which is negative. The loss is its opposite.",
)
def loss(s, log_py):
    return -(s.log_softmax(-1) + log_py).logsumexp(-1)


@misconception(
    says="a softmax over the questions",
    hint="The documents of a question compete with each other: the softmax is over the last axis.",
)
def softmax_over_questions(s, log_py):
    return (s.log_softmax(0) + log_py).logsumexp(-1)


@misconception(
    says="the probability, not its logarithm",
    hint="Leave out the last exponential: the task asks for log p(y | x).",
)
def probability(s, log_py):
    return (s.log_softmax(-1) + log_py).logsumexp(-1).exp()


EQUIVALENT = {"-1 -> +1": "there are two axes, and the last one is axis 1"}
