"""The private half of query-likelihood."""

import torch
from llmcourse.checks.labs.rag.query_likelihood import scored

from grading.exercises import misconception, reference, variant

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


@misconception(
    says="the log-probability of each token by the logits at its own place",
    hint="A language model's logits at place t are about the next token: compare logits[:, :-1] with tokens[:, 1:].",
)
def not_shifted(logits, tokens, asked):
    log_p = logits.log_softmax(-1).gather(-1, tokens[..., None]).squeeze(-1)
    return (log_p * asked).sum(1) / asked.sum(1)


@misconception(
    says="the mean over the tokens that follow those of the question: one place too late",
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
    says="the sum over the question's tokens, divided by the number of all tokens that are predicted, L - 1",
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


@misconception(
    says="the right sum, divided by the number of question tokens that have another token behind them",
    hint="Count what was summed: asked[:, 1:].sum(1), or asked.sum(1), and not asked[:, :-1].",
)
def counted_unshifted(logits, tokens, asked):
    log_p = logits[:, :-1].log_softmax(-1).gather(-1, tokens[:, 1:, None]).squeeze(-1)
    return (log_p * asked[:, 1:]).sum(1) / asked[:, :-1].sum(1).clamp(min=1)


@misconception(
    says="the mean over all tokens but those of the question",
    hint="The mask is 1 where a token belongs to the question: those are the ones to score.",
)
def passage_scored(logits, tokens, asked):
    log_p = logits[:, :-1].log_softmax(-1).gather(-1, tokens[:, 1:, None]).squeeze(-1)
    return (log_p * (1 - asked[:, 1:])).sum(1) / (1 - asked[:, 1:]).sum(1).clamp(min=1)


@misconception(
    says="the perplexity of the question",
    hint="Return the mean log-probability itself, without minus and exponential.",
)
def perplexity(logits, tokens, asked):
    log_p = logits[:, :-1].log_softmax(-1).gather(-1, tokens[:, 1:, None]).squeeze(-1)
    return (-(log_p * asked[:, 1:]).sum(1) / asked[:, 1:].sum(1)).exp()


@misconception(
    says="the probability of a token of the question, the geometric mean",
    hint="Return the mean *log*-probability: no exponential at the end.",
)
def geometric_mean(logits, tokens, asked):
    log_p = logits[:, :-1].log_softmax(-1).gather(-1, tokens[:, 1:, None]).squeeze(-1)
    return ((log_p * asked[:, 1:]).sum(1) / asked[:, 1:].sum(1)).exp()


@misconception(
    says="the logarithm of the mean probability",
    hint="The mean is taken of the logarithms: log first, then mean.",
)
def log_of_mean(logits, tokens, asked):
    log_p = logits[:, :-1].log_softmax(-1).gather(-1, tokens[:, 1:, None]).squeeze(-1)
    return ((log_p.exp() * asked[:, 1:]).sum(1) / asked[:, 1:].sum(1)).log()


@misconception(
    says="the mean over the question without its first token",
    hint="Its first token is predicted, too, by the logits of the passage's last place: the mask is asked[:, 1:].",
)
def first_left_out(logits, tokens, asked):
    log_p = logits[:, :-1].log_softmax(-1).gather(-1, tokens[:, 1:, None]).squeeze(-1)
    return (log_p * asked[:, 1:] * asked[:, :-1]).sum(1) / (asked[:, 1:] * asked[:, :-1]).sum(1).clamp(min=1)


@misconception(
    says="the right sum without the question's first token, divided by the number of all its tokens",
    hint="Its first token is predicted, too: the mask is asked[:, 1:] alone.",
)
def first_not_summed(logits, tokens, asked):
    log_p = logits[:, :-1].log_softmax(-1).gather(-1, tokens[:, 1:, None]).squeeze(-1)
    return (log_p * asked[:, 1:] * asked[:, :-1]).sum(1) / asked.sum(1)


@misconception(
    says="the mean without the last token of the text",
    hint="Shifting costs one place, not two: logits[:, :-1] beside tokens[:, 1:] and asked[:, 1:].",
)
def last_left_out(logits, tokens, asked):
    log_p = logits[:, :-1].log_softmax(-1).gather(-1, tokens[:, 1:, None]).squeeze(-1)
    return (log_p * asked[:, 1:])[:, :-1].sum(1) / asked[:, 1:-1].sum(1).clamp(min=1)


@misconception(
    says="the mean over all tokens from the question's first one to the end of the row",
    hint="Behind the question may be padding: the mask says what counts.",
)
def to_the_end(logits, tokens, asked):
    log_p = logits[:, :-1].log_softmax(-1).gather(-1, tokens[:, 1:, None]).squeeze(-1)
    return (log_p * (asked.cumsum(1) > 0)[:, 1:]).sum(1) / (asked.cumsum(1) > 0)[:, 1:].sum(1)


@misconception(
    says="minus the mean log-probability: a loss",
    hint="The likelihood itself: it is negative, and the larger the better.",
)
def loss(logits, tokens, asked):
    log_p = logits[:, :-1].log_softmax(-1).gather(-1, tokens[:, 1:, None]).squeeze(-1)
    return -(log_p * asked[:, 1:]).sum(1) / asked[:, 1:].sum(1)


@misconception(
    says="one mean over the questions' tokens of the whole batch, for every text",
    hint="Each text has a likelihood of its own: sum over axis 1.",
)
def batch_mean(logits, tokens, asked):
    log_p = logits[:, :-1].log_softmax(-1).gather(-1, tokens[:, 1:, None]).squeeze(-1)
    return ((log_p * asked[:, 1:]).sum() / asked[:, 1:].sum()).expand(len(logits))


@misconception(
    says="the log-probability of each token by the logits one place *after* it",
    hint="The shift goes the other way: logits[:, :-1] are about tokens[:, 1:].",
)
def shifted_back(logits, tokens, asked):
    log_p = logits[:, 1:].log_softmax(-1).gather(-1, tokens[:, :-1, None]).squeeze(-1)
    return (log_p * asked[:, :-1]).sum(1) / asked[:, :-1].sum(1).clamp(min=1)


@misconception(
    says="the log-probability of each token by the logits two places before it",
    hint="Shift by one: logits[:, :-1] are about tokens[:, 1:].",
)
def shifted_by_two(logits, tokens, asked):
    log_p = logits[:, :-2].log_softmax(-1).gather(-1, tokens[:, 2:, None]).squeeze(-1)
    return (log_p * asked[:, 2:]).sum(1) / asked[:, 2:].sum(1)


@misconception(
    says="the log-probability of the most likely token at each place",
    hint="Look up the token that came: `gather(-1, tokens[:, 1:, None])`.",
)
def most_likely(logits, tokens, asked):
    log_p = logits[:, :-1].log_softmax(-1).amax(-1)
    return (log_p * asked[:, 1:]).sum(1) / asked[:, 1:].sum(1)


@misconception(
    says="bits in place of nats: a logarithm to the base 2",
    hint="`log_softmax` has the natural logarithm.",
)
def in_bits(logits, tokens, asked):
    log_p = logits[:, :-1].softmax(-1).log2().gather(-1, tokens[:, 1:, None]).squeeze(-1)
    return (log_p * asked[:, 1:]).sum(1) / asked[:, 1:].sum(1)


@misconception(
    says="logarithms of the softmax, which are infinite where a model is very sure",
    hint="A probability that rounds to 0 has no logarithm: `log_softmax` does both at once.",
)
def log_of_softmax(logits, tokens, asked):
    log_p = logits[:, :-1].softmax(-1).log().gather(-1, tokens[:, 1:, None]).squeeze(-1)
    return (log_p * asked[:, 1:]).sum(1) / asked[:, 1:].sum(1)


@misconception(
    says="the expected log-probability under the model: minus its entropy",
    hint="Look up the token that came: `gather(-1, tokens[:, 1:, None])`.",
)
def expected(logits, tokens, asked):
    log_p = (logits[:, :-1].log_softmax(-1) * logits[:, :-1].softmax(-1)).sum(-1)
    return (log_p * asked[:, 1:]).sum(1) / asked[:, 1:].sum(1)


@misconception(
    says="the mean for the tokens that follow those of the question, with the first behind the last",
    hint="The mask belongs to the predicted token: asked[:, 1:] beside tokens[:, 1:], and no `roll`.",
)
def rolled(logits, tokens, asked):
    log_p = logits.log_softmax(-1).gather(-1, tokens.roll(-1, 1)[..., None]).squeeze(-1)
    return (log_p * asked).sum(1) / asked.sum(1)


@misconception(
    says="the sum over all places, with logits of 0 outside of the question",
    hint="Logits of 0 are no mask: such a place still counts, with 1 / V. Multiply the log-probabilities by the mask.",
)
def logits_masked(logits, tokens, asked):
    log_p = (logits[:, :-1] * asked[:, 1:, None]).log_softmax(-1).gather(-1, tokens[:, 1:, None]).squeeze(-1)
    return log_p.sum(1) / asked.sum(1)


@misconception(
    says="the log-probability of each token by the logits at its own place, without the last place",
    hint="Cut the logits at the end and the tokens at the front: logits[:, :-1] beside tokens[:, 1:] and asked[:, 1:].",
)
def cut_alike(logits, tokens, asked):
    log_p = logits[:, :-1].log_softmax(-1).gather(-1, tokens[:, :-1, None]).squeeze(-1)
    return (log_p * asked[:, :-1]).sum(1) / asked[:, :-1].sum(1).clamp(min=1)


@misconception(
    says="the sum over each question's tokens, divided by those of all questions",
    hint="Each text has a question of its own length: asked.sum(1).",
)
def divided_by_all(logits, tokens, asked):
    log_p = logits[:, :-1].log_softmax(-1).gather(-1, tokens[:, 1:, None]).squeeze(-1)
    return (log_p * asked[:, 1:]).sum(1) / asked.sum()


@misconception(
    says="the logits of other places set to zero before the softmax, and the mean over the question",
    hint="The mask belongs to the log-probabilities: first `log_softmax` and `gather`, then the mask.",
)
def logits_masked_first(logits, tokens, asked):
    log_p = (logits * asked[..., None])[:, :-1].log_softmax(-1).gather(-1, tokens[:, 1:, None]).squeeze(-1)
    return (log_p * asked[:, 1:]).sum(1) / asked[:, 1:].sum(1)


@misconception(
    says="the mean over the question's tokens that have a question token in front: its first is left out",
    hint="The first token of the question counts too: the end of the passage predicts it.",
)
def first_of_question(logits, tokens, asked):
    log_p = logits[:, :-1].log_softmax(-1).gather(-1, tokens[:, 1:, None]).squeeze(-1)
    mask = asked[:, 1:] * asked[:, :-1]
    return (log_p * mask).sum(1) / mask.sum(1)


@misconception(
    says="log(softmax + 1e-8): where a model is very sure, a token's logarithm is that of the 1e-8",
    hint="`log_softmax` is exact at any logits: nothing has to be added.",
)
def log_with_epsilon(logits, tokens, asked):
    p = logits[:, :-1].softmax(-1).gather(-1, tokens[:, 1:, None]).squeeze(-1)
    return ((p + 1e-8).log() * asked[:, 1:]).sum(1) / asked[:, 1:].sum(1)
