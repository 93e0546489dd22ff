"""The private half of score-candidates."""

import torch
import torch.nn.functional as F
from llmcourse.checks.labs.long_context.score_candidates import candidates

from grading.exercises import misconception, reference, stages, variant

CASES = {
    "long answers": candidates([9, 12, 4], 12),
    "one answer": candidates([3], 8),
    "eight answers": candidates([1, 2, 3, 4, 4, 3, 2, 1], 10),
}


def _all(first, logits):
    return torch.cat([first.expand(len(logits), 1, -1), logits[:, :-1]], 1)


def _each(z, tokens):
    return z.log_softmax(-1).gather(-1, tokens[..., None])[..., 0]


@reference
def score_candidates(first, logits, tokens, mask):
    each = _each(_all(first, logits), tokens)  # (C, T)
    return (each * mask).sum(-1) / mask.sum(-1)


@stages
def on_the_way(first, logits, tokens, mask):
    return {"log-probabilities of the tokens": _each(_all(first, logits), tokens) * mask}


@variant
def by_cross_entropy(first, logits, tokens, mask):
    z = torch.cat([first[None, None].repeat(len(tokens), 1, 1), logits[:, :-1]], dim=1)
    loss = F.cross_entropy(z.transpose(1, 2), tokens, reduction="none")
    return -(loss * mask).sum(1) / mask.sum(1)


@variant
def one_by_one(first, logits, tokens, mask):
    found = []
    for c in range(len(tokens)):
        n = int(mask[c].sum())
        rows = [first, *logits[c, : n - 1]]
        found.append(sum(row[token] - torch.logsumexp(row, 0) for row, token in zip(rows, tokens[c, :n])) / n)
    return torch.stack(found)


@misconception(
    says="logits that are not shifted: position t is taken to predict token t",
    hint="Logits at position t have read token t. They predict token t + 1; the first token is predicted by `first`.",
)
def not_shifted(first, logits, tokens, mask):
    return (_each(logits, tokens) * mask).sum(-1) / mask.sum(-1)


@misconception(
    says="scores without the first token: the context's prediction is not used",
    hint="`first` predicts the first token of each candidate: put it before the candidates' own logits.",
)
def without_first(first, logits, tokens, mask):
    each = _each(logits[:, :-1], tokens[:, 1:]) if tokens.shape[1] > 1 else tokens[:, 1:].to(logits.dtype)
    return (each * mask[:, 1:]).sum(-1) / mask.sum(-1) + 0 * first.sum()


@misconception(
    says="the sum of the log-probabilities, in which a short answer always looks better",
    hint="Divide by the number of the candidate's tokens, `mask.sum(-1)`.",
)
def sums(first, logits, tokens, mask):
    return (_each(_all(first, logits), tokens) * mask).sum(-1)


@misconception(
    says="a mean over all positions, padding included",
    hint="Multiply by the mask before you sum, and divide by `mask.sum(-1)`.",
)
def padding_counts(first, logits, tokens, mask):
    return _each(_all(first, logits), tokens).mean(-1)


@misconception(
    says="masked sums that are divided by the width T, not by each candidate's own length",
    hint="Each candidate has its own number of tokens: `mask.sum(-1)`.",
)
def divided_by_width(first, logits, tokens, mask):
    return (_each(_all(first, logits), tokens) * mask).mean(-1)


@misconception(
    says="the mean logit of the tokens, which is not normalised",
    hint="`log_softmax(-1)` turns logits into log-probabilities.",
)
def logits_for_logs(first, logits, tokens, mask):
    each = _all(first, logits).gather(-1, tokens[..., None])[..., 0]
    return (each * mask).sum(-1) / mask.sum(-1)


@misconception(
    says="the mean probability of a token",
    hint="Probabilities multiply, so their logarithms are averaged: `log_softmax`, not `softmax`.",
)
def probabilities(first, logits, tokens, mask):
    each = _all(first, logits).softmax(-1).gather(-1, tokens[..., None])[..., 0]
    return (each * mask).sum(-1) / mask.sum(-1)


@misconception(
    says="minus the mean log-probability, which is the loss",
    hint="The best candidate has the highest score: leave the minus out.",
)
def negative(first, logits, tokens, mask):
    return -(_each(_all(first, logits), tokens) * mask).sum(-1) / mask.sum(-1)


@misconception(
    says="the score of the first token alone",
    hint="The tokens after the first belong to the answer as well.",
)
def first_alone(first, logits, tokens, mask):
    return _each(_all(first, logits), tokens)[:, 0]


@misconception(
    says="scores that are normalised over the candidates: their log-softmax",
    hint="A score is a log-probability per token. The order stays, but nothing is shared among candidates.",
)
def among_candidates(first, logits, tokens, mask):
    return ((_each(_all(first, logits), tokens) * mask).sum(-1) / mask.sum(-1)).log_softmax(-1)


EQUIVALENT = {
    "-1 -> +1": "the last axis of two is axis 1",
    "0 -> -1": "the last axis has one entry, which is the first and the last",
}
