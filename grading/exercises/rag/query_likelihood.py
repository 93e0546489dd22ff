"""The private half of query-likelihood."""

import torch
from llmcourse.checks.labs.rag.query_likelihood import scored

from grading.exercises import misconception, reference, stages, variant

CASES = {"six texts": scored(6, 14, 20, 6), "very sure, again": scored(3, 8, 9, 3, sure=60.0)}
EQUIVALENT = {"1 -> 0": "the first token never belongs to the question"}


@reference
def query_likelihood(logits, tokens, asked):
    log_p = logits[:, :-1].log_softmax(-1).gather(-1, tokens[:, 1:, None]).squeeze(-1)
    return (log_p * asked[:, 1:]).sum(1) / asked[:, 1:].sum(1)


@variant
def by_cross_entropy(logits, tokens, asked):
    loss = torch.nn.functional.cross_entropy(logits[:, :-1].mT, tokens[:, 1:], reduction="none")
    return -(loss * asked[:, 1:]).sum(-1) / asked.sum(-1)


@variant
def token_by_token(logits, tokens, asked):
    found = []
    for z, row, mask in zip(logits, tokens, asked):
        places = [t for t in range(1, len(row)) if mask[t] > 0]
        logs = [z[t - 1, row[t]] - torch.logsumexp(z[t - 1], 0) for t in places]
        found.append(sum(logs) / len(logs))
    return torch.stack(found)


@stages
def on_the_way(logits, tokens, asked):
    log_p = logits.log_softmax(-1)[:, :-1]
    return {
        "the log-probabilities of the tokens that follow": log_p.gather(-1, tokens[:, 1:, None])[..., 0],
    }


@misconception(
    says="the log-probability of each token by the logits at its own place",
    hint="A language model's logits at place t are about the next token: compare logits[:, :-1] with tokens[:, 1:].",
)
def not_shifted(logits, tokens, asked):
    log_p = logits.log_softmax(-1).gather(-1, tokens[..., None]).squeeze(-1)
    return (log_p * asked).sum(1) / asked.sum(1)


@misconception(
    says="a sum over the places that predict from inside the question, one too late",
    hint="The mask belongs to the predicted token: asked[:, 1:], like tokens[:, 1:].",
)
def mask_not_shifted(logits, tokens, asked):
    log_p = logits[:, :-1].log_softmax(-1).gather(-1, tokens[:, 1:, None]).squeeze(-1)
    return (log_p * asked[:, :-1]).sum(1) / asked[:, :-1].sum(1).clamp(min=1)


@misconception(
    says="the sum over the question's tokens",
    hint="Divide by their number: a long question would otherwise always be less likely.",
)
def not_divided(logits, tokens, asked):
    log_p = logits[:, :-1].log_softmax(-1).gather(-1, tokens[:, 1:, None]).squeeze(-1)
    return (log_p * asked[:, 1:]).sum(1)


@misconception(
    says="the sum over the question's tokens, divided by the length of the whole text",
    hint="Divide by the number of the question's tokens: asked.sum(1).",
)
def mean_over_text(logits, tokens, asked):
    log_p = logits[:, :-1].log_softmax(-1).gather(-1, tokens[:, 1:, None]).squeeze(-1)
    return (log_p * asked[:, 1:]).mean(1)


@misconception(
    says="the mean over all tokens, those of the passage among them",
    hint="Only the question is to be predicted; the passage is given.",
)
def whole_text(logits, tokens, asked):
    return logits[:, :-1].log_softmax(-1).gather(-1, tokens[:, 1:, None]).squeeze(-1).mean(1)


@misconception(
    says="the mean of the logits themselves",
    hint="Logits become log-probabilities by log_softmax over the vocabulary.",
)
def mean_of_logits(logits, tokens, asked):
    z = logits[:, :-1].gather(-1, tokens[:, 1:, None]).squeeze(-1)
    return (z * asked[:, 1:]).sum(1) / asked[:, 1:].sum(1)


@misconception(
    says="the mean probability, without a logarithm",
    hint="Probabilities of tokens multiply: take the mean of their logarithms.",
)
def without_log(logits, tokens, asked):
    p = logits[:, :-1].softmax(-1).gather(-1, tokens[:, 1:, None]).squeeze(-1)
    return (p * asked[:, 1:]).sum(1) / asked[:, 1:].sum(1)


@misconception(
    says="a softmax over the places in place of the vocabulary",
    hint="At each place the probabilities of all words sum to 1: log_softmax over the last axis.",
)
def over_places(logits, tokens, asked):
    log_p = logits[:, :-1].log_softmax(1).gather(-1, tokens[:, 1:, None]).squeeze(-1)
    return (log_p * asked[:, 1:]).sum(1) / asked[:, 1:].sum(1)
