"""The private half of mixture-of-readers."""

import torch
from llmcourse.checks.labs.retrieval_models.mixture_of_readers import readers
from llmcourse.retrieval_models import radit

from grading.exercises import misconception, reference, stages, variant

CASES = {
    "many readers": readers(8, 2, 6),
    "many words": readers(3, 2, 40),
    "one reader": readers(1, 3, 5),
    "readers that are very sure, of many words": readers(4, 3, 20, sure=60.0),
}


@reference
def mixture(s, logits):
    return radit.mixture(s, logits)


@stages
def on_the_way(s, logits):
    log_p = logits.log_softmax(-1)
    return {"each reader's log-probabilities": log_p, "with its weight": s.log_softmax(0)[:, None, None] + log_p}


@variant
def reader_by_reader(s, logits):
    total = None
    for log_w, row in zip(s.log_softmax(0), logits.log_softmax(-1)):
        total = log_w + row if total is None else torch.logaddexp(total, log_w + row)
    return total


@variant
def relative_to_the_largest(s, logits):
    log_p = logits.log_softmax(-1)
    top = log_p.amax(0)
    return torch.einsum("k,klv->lv", s.softmax(0), (log_p - top).exp()).log() + top


@misconception(
    says="the logits mixed, not the probabilities",
    hint="A mean of logits is a product of opinions, in which one reader can forbid a word. Average the probabilities.",
)
def mixes_logits(s, logits):
    return (s.softmax(0)[:, None, None] * logits).sum(0).log_softmax(-1)


@misconception(
    says="the mean of the log-probabilities",
    hint="The logarithm comes last: sum p_R(c) p(w | c) over the readers first.",
)
def mixes_logarithms(s, logits):
    return (s.softmax(0)[:, None, None] * logits.log_softmax(-1)).sum(0)


@misconception(
    says="all readers weighing the same",
    hint="The weights are p_R(c | x), the softmax of the scores.",
)
def equal_weights(s, logits):
    return logits.log_softmax(-1).logsumexp(0) - torch.tensor(float(len(s))).log() + 0 * s.sum()


@misconception(
    says="the most relevant passage's reader alone",
    hint="The others are heard as well, each with its weight: sum over the readers.",
)
def best_reader(s, logits):
    return logits[s.argmax()].log_softmax(-1) + 0 * s.sum()


@misconception(
    says="the scores as weights, without a softmax",
    hint="Weights are positive and have the sum 1: take the softmax of s.",
)
def raw_scores(s, logits):
    return (s[:, None, None] + logits.log_softmax(-1)).logsumexp(0)


@misconception(
    says="logits that were not normalised before they were mixed: a reader with large logits drowns the others",
    hint="First a softmax over the words, for each reader. Then the mixture.",
)
def unnormalised(s, logits):
    return (s.log_softmax(0)[:, None, None] + logits).logsumexp(0).log_softmax(-1)


@misconception(
    says="minus infinity for words that all sure readers rule out: the probabilities are rounded to 0",
    hint="Stay with logarithms: `logsumexp` over the readers.",
)
def by_probabilities(s, logits):
    return torch.einsum("k,klv->lv", s.softmax(0), logits.softmax(-1)).log()


@misconception(
    says="the probabilities, not their logarithms",
    hint="The task asks for log p: leave out the last exponential.",
)
def probabilities(s, logits):
    return (s.log_softmax(0)[:, None, None] + logits.log_softmax(-1)).logsumexp(0).exp()


@misconception(
    says="for each word the reader that likes it best",
    hint="Sum over the readers with `logsumexp`; the largest term is only a bound.",
)
def best_for_each_word(s, logits):
    return (s.log_softmax(0)[:, None, None] + logits.log_softmax(-1)).amax(0)


EQUIVALENT = {"0 -> -1": "scores have one axis"}
