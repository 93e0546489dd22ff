"""Answers to query-likelihood by people who have not seen its private half."""

import torch
import torch.nn.functional as F

from grading.answers import answer


def _token_log_p(logits, tokens):
    """log p of each token from the second on: (B, L - 1)."""
    return logits[:, :-1].log_softmax(-1).gather(-1, tokens[:, 1:, None])[..., 0]


@answer("query-likelihood", "no shift: logits at t scored with the token at t", "wrong", means="not_shifted")
def _(logits, tokens, asked):
    lp = logits.log_softmax(-1).gather(-1, tokens[..., None])[..., 0]
    return (lp * asked).sum(1) / asked.sum(1)


@answer("query-likelihood", "shifted the other way: logits at t + 1 with the token at t", "wrong", means="shifted_back")
def _(logits, tokens, asked):
    lp = logits[:, 1:].log_softmax(-1).gather(-1, tokens[:, :-1, None])[..., 0]
    return (lp * asked[:, :-1]).sum(1) / asked[:, :-1].sum(1).clamp(min=1)


@answer("query-likelihood", "mask not shifted: asked[:, :-1]", "wrong", means="mask_not_shifted")
def _(logits, tokens, asked):
    lp = _token_log_p(logits, tokens)
    mask = asked[:, :-1]
    return (lp * mask).sum(1) / mask.sum(1).clamp(min=1)


@answer("query-likelihood", "right sum with asked[:, :-1].sum below", "wrong", means="counted_unshifted")
def _(logits, tokens, asked):
    return (_token_log_p(logits, tokens) * asked[:, 1:]).sum(1) / asked[:, :-1].sum(1).clamp(min=1)


@answer("query-likelihood", "sum instead of mean", "wrong", means="not_divided")
def _(logits, tokens, asked):
    return (_token_log_p(logits, tokens) * asked[:, 1:]).sum(1)


@answer("query-likelihood", "mean over the whole text", "wrong", means="mean_over_text")
def _(logits, tokens, asked):
    return (_token_log_p(logits, tokens) * asked[:, 1:]).mean(1)


@answer("query-likelihood", "every question token's log-probability, not their mean", "wrong")
def _(logits, tokens, asked):
    return _token_log_p(logits, tokens)[asked[:, 1:] > 0]


@answer("query-likelihood", "mask ignored: the passage counts too", "wrong", means="whole_text")
def _(logits, tokens, asked):
    return _token_log_p(logits, tokens).mean(1)


@answer("query-likelihood", "mask turned: the passage only", "wrong", means="passage_scored")
def _(logits, tokens, asked):
    mask = 1 - asked[:, 1:]
    return (_token_log_p(logits, tokens) * mask).sum(1) / mask.sum(1).clamp(min=1)


@answer("query-likelihood", "one mean over the batch's tokens", "wrong")
def _(logits, tokens, asked):
    return (_token_log_p(logits, tokens) * asked[:, 1:]).sum(1) / asked.sum() * len(asked)


@answer("query-likelihood", "one number for all texts", "wrong")
def _(logits, tokens, asked):
    return (_token_log_p(logits, tokens) * asked[:, 1:]).sum() / asked.sum()


@answer("query-likelihood", "loss: sign turned", "wrong", means="loss")
def _(logits, tokens, asked):
    return -(_token_log_p(logits, tokens) * asked[:, 1:]).sum(1) / asked.sum(1)


@answer("query-likelihood", "perplexity", "wrong", means="perplexity")
def _(logits, tokens, asked):
    return (-(_token_log_p(logits, tokens) * asked[:, 1:]).sum(1) / asked.sum(1)).exp()


@answer("query-likelihood", "softmax without the log", "wrong", means="without_log")
def _(logits, tokens, asked):
    p = logits[:, :-1].softmax(-1).gather(-1, tokens[:, 1:, None])[..., 0]
    return (p * asked[:, 1:]).sum(1) / asked.sum(1)


@answer("query-likelihood", "logits taken for log-probabilities", "wrong", means="mean_of_logits")
def _(logits, tokens, asked):
    z = logits[:, :-1].gather(-1, tokens[:, 1:, None])[..., 0]
    return (z * asked[:, 1:]).sum(1) / asked.sum(1)


@answer("query-likelihood", "log_softmax over the places", "wrong", means="over_places")
def _(logits, tokens, asked):
    lp = logits[:, :-1].log_softmax(1).gather(-1, tokens[:, 1:, None])[..., 0]
    return (lp * asked[:, 1:]).sum(1) / asked.sum(1)


@answer("query-likelihood", "log of the mean probability", "wrong", means="log_of_mean")
def _(logits, tokens, asked):
    p = _token_log_p(logits, tokens).exp()
    return ((p * asked[:, 1:]).sum(1) / asked.sum(1)).log()


@answer("query-likelihood", "geometric mean of probabilities: exp of the answer", "wrong", means="geometric_mean")
def _(logits, tokens, asked):
    return ((_token_log_p(logits, tokens) * asked[:, 1:]).sum(1) / asked.sum(1)).exp()


@answer("query-likelihood", "the most likely token's probability, argmax for the token", "wrong", means="most_likely")
def _(logits, tokens, asked):
    lp = logits[:, :-1].log_softmax(-1).amax(-1)
    return (lp * asked[:, 1:]).sum(1) / asked.sum(1)


@answer("query-likelihood", "first question token left out", "wrong", means="first_left_out")
def _(logits, tokens, asked):
    mask = asked[:, 1:] * asked[:, :-1]
    return (_token_log_p(logits, tokens) * mask).sum(1) / mask.sum(1).clamp(min=1)


@answer("query-likelihood", "last token of the text left out", "wrong", means="last_left_out")
def _(logits, tokens, asked):
    lp, mask = _token_log_p(logits, tokens)[:, :-1], asked[:, 1:-1]
    return (lp * mask).sum(1) / mask.sum(1).clamp(min=1)


@answer("query-likelihood", "shifted by two", "wrong", means="shifted_by_two")
def _(logits, tokens, asked):
    lp = logits[:, :-2].log_softmax(-1).gather(-1, tokens[:, 2:, None])[..., 0]
    return (lp * asked[:, 2:]).sum(1) / asked[:, 2:].sum(1).clamp(min=1)


@answer("query-likelihood", "torch.roll of the tokens: the first comes last", "wrong", means="rolled")
def _(logits, tokens, asked):
    lp = logits.log_softmax(-1).gather(-1, tokens.roll(-1, 1)[..., None])[..., 0]
    return (lp * asked).sum(1) / asked.sum(1)


@answer("query-likelihood", "logits masked before the softmax", "wrong", means="logits_masked")
def _(logits, tokens, asked):
    lp = (logits[:, :-1] * asked[:, 1:, None]).log_softmax(-1).gather(-1, tokens[:, 1:, None])[..., 0]
    return lp.sum(1) / asked.sum(1)


@answer("query-likelihood", "cross_entropy with ignore_index, mean over the whole batch", "wrong", means="batch_mean")
def _(logits, tokens, asked):
    target = torch.where(asked[:, 1:] > 0, tokens[:, 1:], -100)
    return -F.cross_entropy(logits[:, :-1].transpose(1, 2), target).expand(len(tokens))


@answer("query-likelihood", "log to the base 2", "wrong", means="in_bits")
def _(logits, tokens, asked):
    p = logits[:, :-1].softmax(-1).gather(-1, tokens[:, 1:, None])[..., 0]
    return (p.log2() * asked[:, 1:]).sum(1) / asked.sum(1)


@answer("query-likelihood", "expected log-probability: entropy in place of the token's", "wrong", means="expected")
def _(logits, tokens, asked):
    lp = logits[:, :-1].log_softmax(-1)
    return ((lp.exp() * lp).sum(-1) * asked[:, 1:]).sum(1) / asked.sum(1)


@answer("query-likelihood", "mean over the texts (axis 0)", "wrong")
def _(logits, tokens, asked):
    return (_token_log_p(logits, tokens) * asked[:, 1:]).sum(0) / asked[:, 1:].sum(0).clamp(min=1)


@answer("query-likelihood", "the number of question tokens taken from the first text", "wrong")
def _(logits, tokens, asked):
    return (_token_log_p(logits, tokens) * asked[:, 1:]).sum(1) / asked[0].sum()


@answer("query-likelihood", "keepdim left", "wrong")
def _(logits, tokens, asked):
    return (_token_log_p(logits, tokens) * asked[:, 1:]).sum(1, keepdim=True) / asked.sum(1, keepdim=True)


@answer("query-likelihood", "everything from the first question token on", "wrong", means="to_the_end")
def _(logits, tokens, asked):
    mask = (asked.cumsum(1) > 0).to(logits.dtype)[:, 1:]
    return (_token_log_p(logits, tokens) * mask).sum(1) / mask.sum(1)


@answer("query-likelihood", "loop over the texts and a boolean mask", "right")
def _(logits, tokens, asked):
    out = []
    for z, row, mask in zip(logits, tokens, asked):
        lp = z.log_softmax(-1)
        places = mask.nonzero()[:, 0]
        out.append(lp[places - 1, row[places]].mean())
    return torch.stack(out)


@answer("query-likelihood", "cross_entropy without reduction", "right")
def _(logits, tokens, asked):
    loss = F.cross_entropy(logits[:, :-1].transpose(1, 2), tokens[:, 1:], reduction="none")
    mask = asked[:, 1:].to(loss.dtype)
    return -(loss * mask).sum(-1) / mask.sum(-1)


@answer("query-likelihood", "logit minus logsumexp", "right")
def _(logits, tokens, asked):
    z = logits[:, :-1]
    lp = torch.take_along_dim(z, tokens[:, 1:, None], 2).squeeze(2) - z.logsumexp(2)
    return torch.where(asked[:, 1:] > 0, lp, 0.0).sum(1) / (asked > 0).sum(1)


@answer("query-likelihood", "logits shifted right with a row of zeros", "right")
def _(logits, tokens, asked):
    z = torch.cat([torch.zeros_like(logits[:, :1]), logits[:, :-1]], 1)
    lp = z.log_softmax(-1).gather(2, tokens.unsqueeze(2)).squeeze(2)
    return (lp * asked).sum(1) / asked.sum(1)


@answer("query-likelihood", "one-hot einsum in float64", "right")
def _(logits, tokens, asked):
    lp = logits[:, :-1].double().log_softmax(-1)
    hot = F.one_hot(tokens[:, 1:], logits.shape[-1]).double()
    mask = asked[:, 1:].double()
    return (torch.einsum("blv,blv,bl->b", lp, hot, mask) / mask.sum(1)).to(logits.dtype)


@answer("query-likelihood", "cross_entropy with ignore_index, one text at a time", "right")
def _(logits, tokens, asked):
    target = tokens.masked_fill(asked == 0, -100)
    return torch.stack([-F.cross_entropy(z[:-1], t[1:]) for z, t in zip(logits, target)])


@answer("query-likelihood", "no shift: logits at t for the token at t", "wrong")
def _(logits, tokens, asked):
    log_p = logits.log_softmax(-1).gather(-1, tokens[..., None])[..., 0]
    return (log_p * asked).sum(1) / asked.sum(1)


@answer("query-likelihood", "sum instead of mean", "wrong")
def _(logits, tokens, asked):
    log_p = logits[:, :-1].log_softmax(-1).gather(-1, tokens[:, 1:, None])[..., 0]
    return (log_p * asked[:, 1:]).sum(1)


@answer("query-likelihood", "mean over all places, not only the question's", "wrong")
def _(logits, tokens, asked):
    log_p = logits[:, :-1].log_softmax(-1).gather(-1, tokens[:, 1:, None])[..., 0]
    return (log_p * asked[:, 1:]).mean(1)


@answer("query-likelihood", "the mask is not shifted with the tokens: asked[:, :-1]", "wrong")
def _(logits, tokens, asked):
    log_p = logits[:, :-1].log_softmax(-1).gather(-1, tokens[:, 1:, None])[..., 0]
    m = asked[:, :-1]
    return (log_p * m).sum(1) / m.sum(1)


@answer("query-likelihood", "log of the mean probability instead of the mean of logs", "wrong")
def _(logits, tokens, asked):
    p = logits[:, :-1].softmax(-1).gather(-1, tokens[:, 1:, None])[..., 0]
    m = asked[:, 1:]
    return ((p * m).sum(1) / m.sum(1)).log()


@answer("query-likelihood", "divides by all question tokens of the batch", "wrong")
def _(logits, tokens, asked):
    log_p = logits[:, :-1].log_softmax(-1).gather(-1, tokens[:, 1:, None])[..., 0]
    m = asked[:, 1:]
    return (log_p * m).sum(1) / m.sum()


@answer("query-likelihood", "log_softmax over the places (axis 1) instead of the vocabulary", "wrong")
def _(logits, tokens, asked):
    log_p = logits[:, :-1].log_softmax(1).gather(-1, tokens[:, 1:, None])[..., 0]
    m = asked[:, 1:]
    return (log_p * m).sum(1) / m.sum(1)


@answer("query-likelihood", "cross entropy with ignore_index, text by text", "right")
def _(logits, tokens, asked):
    target = torch.where(asked.bool(), tokens, -100)
    return torch.stack(
        [-F.cross_entropy(a[:-1].double(), t[1:], ignore_index=-100) for a, t in zip(logits, target)]
    ).to(logits.dtype)


@answer("query-likelihood", "loops, logsumexp", "right")
def _(logits, tokens, asked):
    scores = []
    for b in range(len(tokens)):
        found = [
            logits[b, t - 1, tokens[b, t]] - torch.logsumexp(logits[b, t - 1], 0)
            for t in range(1, tokens.shape[1])
            if asked[b, t] > 0
        ]
        scores.append(sum(found) / len(found))
    return torch.stack(scores)


@answer("query-likelihood", "log(softmax + 1e-8)", "wrong")
def _(logits, tokens, asked):
    p = logits[:, :-1].softmax(-1).gather(-1, tokens[:, 1:, None])[..., 0]
    m = asked[:, 1:]
    return ((p + 1e-8).log() * m).sum(1) / m.sum(1)
