"""The private half of answer-log-probs."""

import torch
import torch.nn.functional as F
from llmcourse.checks.labs.rlhf.answer_log_probs import written
from llmcourse.rlhf import answers

from grading.exercises import misconception, reference, stages, variant

CASES = {
    "long answers": written([(1, 20), (7, 15), (19, 20)], 20, 9),
    "one token each": written([(1, 2), (4, 5)], 6, 3),
    "unexpected words once more": written([(1, 5), (4, 6)], 7, 12, spread=80.0),
    "five rows": written([(2, 4), (1, 8), (3, 7), (6, 8), (2, 8)], 8, 5),
}


@reference
def answer_log_probs(logits, tokens, mask):
    return answers.answer_log_probs(logits, tokens, mask)


@stages
def on_the_way(logits, tokens, mask):
    of_next = logits[:, :-1].log_softmax(-1)
    return {
        "log-probabilities of all words": of_next,
        "those of the words that were written": of_next.gather(-1, tokens[:, 1:, None])[..., 0],
    }


@variant
def by_cross_entropy(logits, tokens, mask):
    losses = F.cross_entropy(logits[:, :-1].mT, tokens[:, 1:], reduction="none")
    return -(losses * mask[:, 1:]).sum(-1)


@variant
def token_by_token(logits, tokens, mask):
    found = []
    for row in range(len(tokens)):
        total = logits.new_zeros(())
        for t in range(1, tokens.shape[1]):
            if mask[row, t]:
                scores = logits[row, t - 1]
                total = total + scores[tokens[row, t]] - torch.logsumexp(scores, 0)
        found.append(total)
    return torch.stack(found)


@misconception(
    says="log-probabilities that are not shifted: position t is taken to predict token t",
    hint="Logits at position t predict token t + 1: `logits[:, :-1]` with `tokens[:, 1:]` and `mask[:, 1:]`.",
)
def not_shifted(logits, tokens, mask):
    return (logits.log_softmax(-1).gather(-1, tokens[..., None])[..., 0] * mask).sum(-1)


@misconception(
    says="the right log-probabilities with a mask that is not shifted: it begins and ends one token too late",
    hint="A log-probability belongs to token t + 1, so it is that token's mask that counts: `mask[:, 1:]`.",
)
def mask_not_shifted(logits, tokens, mask):
    each = logits[:, :-1].log_softmax(-1).gather(-1, tokens[:, 1:, None])[..., 0]
    return (each * mask[:, :-1]).sum(-1)


@misconception(
    says="the log-probability of the whole text, with prompt and padding",
    hint="The prompt was given and padding is no text: multiply by the mask before you sum.",
)
def whole_text(logits, tokens, mask):
    return logits[:, :-1].log_softmax(-1).gather(-1, tokens[:, 1:, None])[..., 0].sum(-1)


@misconception(
    says="the mean log-probability of a token",
    hint="Probabilities of tokens multiply, so their logarithms add: the sum, without a division by the length.",
)
def mean_of_tokens(logits, tokens, mask):
    each = logits[:, :-1].log_softmax(-1).gather(-1, tokens[:, 1:, None])[..., 0]
    return (each * mask[:, 1:]).sum(-1) / mask[:, 1:].sum(-1)


@misconception(
    says="the sum of the logits of the words that were written, which are not normalised",
    hint="`log_softmax(-1)` turns logits into log-probabilities.",
)
def logits_for_logs(logits, tokens, mask):
    return (logits[:, :-1].gather(-1, tokens[:, 1:, None])[..., 0] * mask[:, 1:]).sum(-1)


@misconception(
    says="the sum of the tokens' probabilities, without a logarithm",
    hint="`log_softmax` in the place of `softmax`: logarithms add up, probabilities do not.",
)
def without_log(logits, tokens, mask):
    each = logits[:, :-1].softmax(-1).gather(-1, tokens[:, 1:, None])[..., 0]
    return (each * mask[:, 1:]).sum(-1)


@misconception(
    says="minus the log-probability, which is the loss",
    hint="A logarithm of a probability is never positive: leave the minus out.",
)
def negative(logits, tokens, mask):
    each = logits[:, :-1].log_softmax(-1).gather(-1, tokens[:, 1:, None])[..., 0]
    return -(each * mask[:, 1:]).sum(-1)


@misconception(
    says="the log-probability from the answer's first token to the end of the row, padding included",
    hint="After the answer there is padding: the mask is 0 there, and so must be what it adds.",
)
def padding_counts(logits, tokens, mask):
    each = logits[:, :-1].log_softmax(-1).gather(-1, tokens[:, 1:, None])[..., 0]
    begun = (mask.cumsum(-1) > 0).to(each.dtype)
    return (each * begun[:, 1:]).sum(-1)


@misconception(
    says="the log-probability of the answer without its first token",
    hint="The first token of the answer is predicted as well, by the last of the prompt.",
)
def without_the_first(logits, tokens, mask):
    each = logits[:, :-1].log_softmax(-1).gather(-1, tokens[:, 1:, None])[..., 0]
    return (each * mask[:, 1:] * mask[:, :-1]).sum(-1)


@misconception(
    says="log-probabilities that are normalised over the positions and not over the words",
    hint="A distribution is over words, the last axis: `log_softmax(-1)`.",
)
def wrong_axis(logits, tokens, mask):
    each = logits[:, :-1].log_softmax(1).gather(-1, tokens[:, 1:, None])[..., 0]
    return (each * mask[:, 1:]).sum(-1)


def each(logits, tokens):
    """The log-probabilities of tokens 1, 2, ..., (B, L - 1)."""
    return logits[:, :-1].log_softmax(-1).gather(-1, tokens[:, 1:, None])[..., 0]


def after(mask):
    """The mask, one position earlier: is there an answer's token after this one? (B, L - 1)."""
    return F.pad(mask, (0, 1))[:, 2:]


@misconception(
    says="the right log-probabilities with a mask that is not shifted, in a text that has been rolled",
    hint="Roll the mask with the tokens, or drop one: `logits[:, :-1]` with `tokens[:, 1:]` and `mask[:, 1:]`.",
)
def mask_not_rolled(logits, tokens, mask):
    found = logits.log_softmax(-1).gather(-1, tokens.roll(-1, 1)[..., None])[..., 0]
    return (found * mask).sum(-1)


@misconception(
    says="log-probabilities that are shifted the wrong way: position t is taken to predict token t - 1",
    hint="Logits at position t predict token t + 1: `logits[:, :-1]` with `tokens[:, 1:]` and `mask[:, 1:]`.",
)
def shifted_backwards(logits, tokens, mask):
    found = logits[:, 1:].log_softmax(-1).gather(-1, tokens[:, :-1, None])[..., 0]
    return (found * mask[:, :-1]).sum(-1)


@misconception(
    says="log-probabilities of the tokens before, under the right mask: position t is taken to predict token t - 1",
    hint="Logits at position t predict token t + 1: `logits[:, :-1]` with `tokens[:, 1:]`.",
)
def shifted_backwards_under_the_mask(logits, tokens, mask):
    found = logits[:, 1:].log_softmax(-1).gather(-1, tokens[:, :-1, None])[..., 0]
    return (found * mask[:, 1:]).sum(-1)


@misconception(
    says="the log-probability of the prompt and the answer",
    hint="The prompt was given: multiply by the mask, which is 0 there.",
)
def prompt_counts(logits, tokens, mask):
    so_far = (mask.flip(-1).cumsum(-1).flip(-1) > 0).to(logits.dtype)
    return (each(logits, tokens) * so_far[:, 1:]).sum(-1)


@misconception(
    says="the log-probability of the answer without its last token",
    hint="The last token of the answer counts as well: `mask[:, 1:]`, shifted once only.",
)
def without_the_last(logits, tokens, mask):
    return (each(logits, tokens) * mask[:, 1:] * after(mask)).sum(-1)


@misconception(
    says="the log-probability of the answer's last token alone",
    hint="All tokens of the answer count: their log-probabilities add up.",
)
def last_alone(logits, tokens, mask):
    return (each(logits, tokens) * mask[:, 1:] * (1 - after(mask))).sum(-1)


@misconception(
    says="the log-probability of the answer and of the token after it",
    hint="The mask says where the answer ends: `mask[:, 1:]` and nothing besides.",
)
def one_too_many(logits, tokens, mask):
    return (each(logits, tokens) * torch.maximum(mask[:, 1:], mask[:, :-1])).sum(-1)


@misconception(
    says="a mean over all positions of the text",
    hint="Probabilities of tokens multiply, so their logarithms add: the sum, without a division.",
)
def mean_of_positions(logits, tokens, mask):
    return (each(logits, tokens) * mask[:, 1:]).mean(-1)


@misconception(
    says="the logarithm of the mean probability of a token",
    hint="Probabilities of tokens multiply: first the logarithm, then the sum.",
)
def mean_before_log(logits, tokens, mask):
    return ((each(logits, tokens).exp() * mask[:, 1:]).sum(-1) / mask.sum(-1)).log()


@misconception(
    says="log-probabilities for which a softmax has been taken twice",
    hint="`log_softmax` begins with logits, not with probabilities: leave out the `softmax` before it.",
)
def softmax_twice(logits, tokens, mask):
    return (each(logits.softmax(-1), tokens) * mask[:, 1:]).sum(-1)


@misconception(
    says="log-probabilities that are normalised over the rows of the batch and not over the words",
    hint="A distribution is over words, the last axis: `log_softmax(-1)`.",
)
def over_the_batch(logits, tokens, mask):
    found = logits[:, :-1].log_softmax(0).gather(-1, tokens[:, 1:, None])[..., 0]
    return (found * mask[:, 1:]).sum(-1)


@misconception(
    says="the logarithm of a softmax, which is -inf where a probability has been rounded to zero",
    hint="`log_softmax(-1)` in one step: no probability is formed on the way.",
)
def underflows(logits, tokens, mask):
    p = logits[:, :-1].float().softmax(-1).gather(-1, tokens[:, 1:, None])[..., 0]
    return torch.where(mask[:, 1:] > 0, p, torch.ones_like(p)).log().sum(-1).to(logits.dtype)


EQUIVALENT = {
    "-1 -> +1": "the last axis of two is axis 1",
    "0 -> -1": "the last axis has one entry, which is the first and the last",
}
