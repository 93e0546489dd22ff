"""Answers to answer-log-probs, written without a look at its private half."""

import torch
import torch.nn.functional as F

from grading.answers import answer


def each(logits, tokens):
    return logits[:, :-1].log_softmax(-1).gather(-1, tokens[:, 1:, None])[..., 0]


@answer("answer-log-probs", "no shift", "wrong")
def _(logits, tokens, mask):
    return (logits.log_softmax(-1).gather(-1, tokens[..., None])[..., 0] * mask).sum(1)


@answer("answer-log-probs", "shifted the wrong way", "wrong")
def _(logits, tokens, mask):
    return (logits[:, 1:].log_softmax(-1).gather(-1, tokens[:, :-1, None])[..., 0] * mask[:, :-1]).sum(1)


@answer("answer-log-probs", "shifted the wrong way, the mask the right one", "wrong")
def _(logits, tokens, mask):
    return (logits[:, 1:].log_softmax(-1).gather(-1, tokens[:, :-1, None])[..., 0] * mask[:, 1:]).sum(1)


@answer("answer-log-probs", "the mask is not shifted", "wrong")
def _(logits, tokens, mask):
    return (each(logits, tokens) * mask[:, :-1]).sum(1)


@answer("answer-log-probs", "a mean over the answer's tokens", "wrong")
def _(logits, tokens, mask):
    return (each(logits, tokens) * mask[:, 1:]).sum(1) / mask.sum(1)


@answer("answer-log-probs", "a mean over all positions", "wrong")
def _(logits, tokens, mask):
    return (each(logits, tokens) * mask[:, 1:]).mean(1)


@answer("answer-log-probs", "no mask", "wrong")
def _(logits, tokens, mask):
    return each(logits, tokens).sum(1)


@answer("answer-log-probs", "the prompt as well", "wrong")
def _(logits, tokens, mask):
    begun = mask.flip(1).cumsum(1).flip(1) > 0
    return (each(logits, tokens) * begun[:, 1:]).sum(1)


@answer("answer-log-probs", "padding as well", "wrong")
def _(logits, tokens, mask):
    return (each(logits, tokens) * (mask.cumsum(1) > 0)[:, 1:]).sum(1)


@answer("answer-log-probs", "logits, no softmax", "wrong")
def _(logits, tokens, mask):
    return (logits[:, :-1].gather(-1, tokens[:, 1:, None])[..., 0] * mask[:, 1:]).sum(1)


@answer("answer-log-probs", "probabilities, not their logarithms", "wrong")
def _(logits, tokens, mask):
    return (each(logits, tokens).exp() * mask[:, 1:]).sum(1)


@answer("answer-log-probs", "the probability of the answer", "wrong")
def _(logits, tokens, mask):
    return (each(logits, tokens) * mask[:, 1:]).sum(1).exp()


@answer("answer-log-probs", "log of a softmax, which rounds to zero", "wrong")
def _(logits, tokens, mask):
    p = logits[:, :-1].softmax(-1).gather(-1, tokens[:, 1:, None])[..., 0]
    return torch.where(mask[:, 1:] > 0, p, torch.ones_like(p)).log().sum(1)


@answer("answer-log-probs", "a softmax over positions", "wrong")
def _(logits, tokens, mask):
    return (logits[:, :-1].log_softmax(1).gather(-1, tokens[:, 1:, None])[..., 0] * mask[:, 1:]).sum(1)


@answer("answer-log-probs", "a softmax over the batch", "wrong")
def _(logits, tokens, mask):
    return (logits[:, :-1].log_softmax(0).gather(-1, tokens[:, 1:, None])[..., 0] * mask[:, 1:]).sum(1)


@answer("answer-log-probs", "summed over the batch", "wrong")
def _(logits, tokens, mask):
    return (each(logits, tokens) * mask[:, 1:]).sum(0)


@answer("answer-log-probs", "one number for all answers", "wrong")
def _(logits, tokens, mask):
    return (each(logits, tokens) * mask[:, 1:]).sum()


@answer("answer-log-probs", "a mean over the batch", "wrong")
def _(logits, tokens, mask):
    return (each(logits, tokens) * mask[:, 1:]).sum(1).mean()


@answer("answer-log-probs", "cross entropy, its sign forgotten", "wrong")
def _(logits, tokens, mask):
    return (F.cross_entropy(logits[:, :-1].transpose(1, 2), tokens[:, 1:], reduction="none") * mask[:, 1:]).sum(1)


@answer("answer-log-probs", "token 0 is taken for padding", "wrong")
def _(logits, tokens, mask):
    loss = F.cross_entropy(logits[:, :-1].transpose(1, 2), tokens[:, 1:], reduction="none", ignore_index=0)
    return -(loss * mask[:, 1:]).sum(1)


@answer("answer-log-probs", "the likeliest word instead of the written one", "wrong")
def _(logits, tokens, mask):
    return (logits[:, :-1].log_softmax(-1).amax(-1) * mask[:, 1:]).sum(1)


@answer("answer-log-probs", "the mask before the softmax", "wrong")
def _(logits, tokens, mask):
    return each(logits * mask[..., None], tokens).sum(1)


@answer("answer-log-probs", "the first token of the answer is left out", "wrong")
def _(logits, tokens, mask):
    return (each(logits, tokens) * mask[:, 1:] * mask[:, :-1]).sum(1)


@answer("answer-log-probs", "the last token of the answer is left out", "wrong")
def _(logits, tokens, mask):
    after = torch.cat([mask[:, 2:], torch.zeros_like(mask[:, :1])], 1)
    return (each(logits, tokens) * mask[:, 1:] * after).sum(1)


@answer("answer-log-probs", "the token after the answer as well", "wrong")
def _(logits, tokens, mask):
    return (each(logits, tokens) * torch.maximum(mask[:, 1:], mask[:, :-1])).sum(1)


@answer("answer-log-probs", "the last token of the answer only", "wrong")
def _(logits, tokens, mask):
    after = torch.cat([mask[:, 2:], torch.zeros_like(mask[:, :1])], 1)
    return (each(logits, tokens) * mask[:, 1:] * (1 - after)).sum(1)


@answer("answer-log-probs", "no gradient", "wrong")
@torch.no_grad()
def _(logits, tokens, mask):
    return (each(logits, tokens) * mask[:, 1:]).sum(1)


@answer("answer-log-probs", "log base 2", "wrong")
def _(logits, tokens, mask):
    return (each(logits, tokens) * mask[:, 1:]).sum(1) * 1.4426950408889634


@answer("answer-log-probs", "the log-probability of each token", "wrong")
def _(logits, tokens, mask):
    return each(logits, tokens) * mask[:, 1:]


@answer("answer-log-probs", "the log of a mean of probabilities", "wrong")
def _(logits, tokens, mask):
    return ((each(logits, tokens).exp() * mask[:, 1:]).sum(1) / mask.sum(1)).log()


@answer("answer-log-probs", "softmax taken twice", "wrong")
def _(logits, tokens, mask):
    p = logits[:, :-1].softmax(-1)
    return (p.log_softmax(-1).gather(-1, tokens[:, 1:, None])[..., 0] * mask[:, 1:]).sum(1)


@answer("answer-log-probs", "rolled, the mask is not", "wrong")
def _(logits, tokens, mask):
    return (logits.log_softmax(-1).gather(-1, tokens.roll(-1, 1)[..., None])[..., 0] * mask).sum(1)


@answer("answer-log-probs", "cross entropy with its sign", "right")
def _(logits, tokens, mask):
    return -(F.cross_entropy(logits[:, :-1].transpose(1, 2), tokens[:, 1:], reduction="none") * mask[:, 1:]).sum(1)


@answer("answer-log-probs", "all rolled by one: a prompt has a token, so nothing wraps", "right")
def _(logits, tokens, mask):
    found = logits.log_softmax(-1).gather(-1, tokens.roll(-1, 1)[..., None])[..., 0]
    return (found * mask.roll(-1, 1)).sum(1)


@answer("answer-log-probs", "loops", "right")
def _(logits, tokens, mask):
    B, L, _ = logits.shape
    return torch.stack(
        [sum(logits[b, t - 1].log_softmax(0)[tokens[b, t]] for t in range(1, L) if mask[b, t]) for b in range(B)]
    )


@answer("answer-log-probs", "logits less their logsumexp", "right")
def _(logits, tokens, mask):
    picked = logits[:, :-1].gather(-1, tokens[:, 1:, None])[..., 0]
    return ((picked - logits[:, :-1].logsumexp(-1)) * mask[:, 1:]).sum(1)


@answer("answer-log-probs", "one hot", "right")
def _(logits, tokens, mask):
    hot = F.one_hot(tokens[:, 1:], logits.shape[-1]).to(logits)
    return torch.einsum("btv,btv,bt->b", logits[:, :-1].log_softmax(-1), hot, mask[:, 1:].to(logits))


@answer("answer-log-probs", "torch.distributions", "right")
def _(logits, tokens, mask):
    found = torch.distributions.Categorical(logits=logits[:, :-1]).log_prob(tokens[:, 1:])
    return torch.where(mask[:, 1:].bool(), found, 0.0).sum(1)


@answer("answer-log-probs", "targets of -100, as transformers does", "right")
def _(logits, tokens, mask):
    target = tokens.masked_fill(mask == 0, -100)[:, 1:]
    return -F.cross_entropy(logits[:, :-1].transpose(1, 2), target, reduction="none").sum(1)
