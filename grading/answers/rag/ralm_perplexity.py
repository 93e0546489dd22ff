"""Answers to ralm-perplexity by people who have not seen its private half."""

import math

import torch

from grading.answers import answer


def _picked(log_p, chosen, stride):
    t = torch.arange(log_p.shape[1])
    return log_p[chosen[t // stride], t]


@answer("ralm-perplexity", "minus forgotten", "wrong", means="without_minus")
def _(log_p, chosen, stride):
    return _picked(log_p, chosen, stride).mean().exp()


@answer("ralm-perplexity", "exp forgotten: nats per token", "wrong", means="in_nats")
def _(log_p, chosen, stride):
    return -_picked(log_p, chosen, stride).mean()


@answer("ralm-perplexity", "sum for mean", "wrong", means="summed")
def _(log_p, chosen, stride):
    return (-_picked(log_p, chosen, stride).sum()).exp()


@answer("ralm-perplexity", "2 to the power of nats", "wrong", means="in_bits")
def _(log_p, chosen, stride):
    return 2 ** (-_picked(log_p, chosen, stride).mean())


@answer("ralm-perplexity", "mean of the tokens' perplexities", "wrong", means="mean_of_inverses")
def _(log_p, chosen, stride):
    return (-_picked(log_p, chosen, stride)).exp().mean()


@answer("ralm-perplexity", "mean of each stride, then mean of the strides", "wrong", means="mean_of_means")
def _(log_p, chosen, stride):
    means = [part.mean() for part in _picked(log_p, chosen, stride).split(stride)]
    return (-torch.stack(means).mean()).exp()


@answer("ralm-perplexity", "mean of the strides' perplexities", "wrong", means="mean_of_strides")
def _(log_p, chosen, stride):
    parts = [(-part.mean()).exp() for part in _picked(log_p, chosen, stride).split(stride)]
    return torch.stack(parts).mean()


@answer("ralm-perplexity", "the last, shorter stride left out", "wrong", means="whole_strides")
def _(log_p, chosen, stride):
    L = log_p.shape[1] // stride * stride
    return (-_picked(log_p, chosen, stride)[:L].mean()).exp()


@answer("ralm-perplexity", "divided by S stride, not L", "wrong", means="divided_by_places")
def _(log_p, chosen, stride):
    return (-_picked(log_p, chosen, stride).sum() / (len(chosen) * stride)).exp()


@answer("ralm-perplexity", "divided by the number of strides", "wrong", means="divided_by_strides")
def _(log_p, chosen, stride):
    return (-_picked(log_p, chosen, stride).sum() / len(chosen)).exp()


@answer("ralm-perplexity", "t % stride for t // stride", "wrong", means="remainder_cut")
def _(log_p, chosen, stride):
    t = torch.arange(log_p.shape[1])
    return (-log_p[chosen[(t % stride).clamp(max=len(chosen) - 1)], t].mean()).exp()


@answer("ralm-perplexity", "stride changes one token late: (t - 1) // stride", "wrong", means="one_token_late")
def _(log_p, chosen, stride):
    t = torch.arange(log_p.shape[1])
    return (-log_p[chosen[(t - 1).clamp(min=0) // stride], t].mean()).exp()


@answer("ralm-perplexity", "stride changes one token early: (t + 1) // stride", "wrong", means="one_token_early")
def _(log_p, chosen, stride):
    t = torch.arange(log_p.shape[1])
    return (-log_p[chosen[((t + 1) // stride).clamp(max=len(chosen) - 1)], t].mean()).exp()


@answer("ralm-perplexity", "passage number is the stride's number: chosen ignored", "wrong")
def _(log_p, chosen, stride):
    t = torch.arange(log_p.shape[1])
    return (-log_p[(t // stride).clamp(max=len(log_p) - 1), t].mean()).exp()


@answer("ralm-perplexity", "the first passage chosen for everything", "wrong", means="first_passage")
def _(log_p, chosen, stride):
    return (-log_p[chosen[0]].mean()).exp()


@answer("ralm-perplexity", "the best passage for each token", "wrong", means="oracle")
def _(log_p, chosen, stride):
    return (-log_p.amax(0).mean()).exp()


@answer("ralm-perplexity", "mean over all passages", "wrong", means="mixed_passages")
def _(log_p, chosen, stride):
    return (-log_p.mean()).exp()


@answer("ralm-perplexity", "mixture: log of the mean probability over passages", "wrong", means="mixture")
def _(log_p, chosen, stride):
    return (-(log_p.logsumexp(0) - math.log(len(log_p))).mean()).exp()


@answer("ralm-perplexity", "log_p[chosen] without time: whole rows for each stride", "wrong", means="whole_rows")
def _(log_p, chosen, stride):
    return (-log_p[chosen].mean()).exp()


@answer("ralm-perplexity", "log_p[chosen][:, :stride]: always the first tokens", "wrong")
def _(log_p, chosen, stride):
    return (-log_p[chosen][:, :stride].mean()).exp()


@answer("ralm-perplexity", "axes of log_p exchanged", "wrong")
def _(log_p, chosen, stride):
    t = torch.arange(log_p.shape[1])
    return (-log_p[t % len(log_p), chosen[t // stride]].mean()).exp()


@answer("ralm-perplexity", "only the first token of each stride", "wrong", means="first_of_stride")
def _(log_p, chosen, stride):
    t = torch.arange(0, log_p.shape[1], stride)
    return (-log_p[chosen, t].mean()).exp()


@answer("ralm-perplexity", "stride rounded up twice: repeat_interleave with L / S", "wrong", means="equal_strides")
def _(log_p, chosen, stride):
    L = log_p.shape[1]
    rows = chosen.repeat_interleave(math.ceil(L / len(chosen)))[:L]
    return (-log_p[rows, torch.arange(L)].mean()).exp()


@answer("ralm-perplexity", "log of a mean of probabilities over time", "wrong", means="mean_probability")
def _(log_p, chosen, stride):
    return 1 / _picked(log_p, chosen, stride).exp().mean()


@answer("ralm-perplexity", "log_p taken for probabilities: log again", "wrong")
def _(log_p, chosen, stride):
    return (-_picked(log_p, chosen, stride).abs().log().mean()).exp()


@answer("ralm-perplexity", "first token not scored", "wrong", means="first_not_scored")
def _(log_p, chosen, stride):
    return (-_picked(log_p, chosen, stride)[1:].mean()).exp()


@answer("ralm-perplexity", "divided by L - 1", "wrong", means="one_less")
def _(log_p, chosen, stride):
    x = _picked(log_p, chosen, stride)
    return (-x.sum() / (len(x) - 1)).exp()


@answer("ralm-perplexity", "perplexity of every stride returned", "wrong")
def _(log_p, chosen, stride):
    return torch.stack([(-part.mean()).exp() for part in _picked(log_p, chosen, stride).split(stride)])


@answer("ralm-perplexity", "a tensor with one entry, shape (1,)", "wrong")
def _(log_p, chosen, stride):
    return (-_picked(log_p, chosen, stride).mean(0, keepdim=True)).exp()


@answer("ralm-perplexity", "the token's chosen passage read with log_softmax over passages", "wrong")
def _(log_p, chosen, stride):
    return (-_picked(log_p.log_softmax(0), chosen, stride).mean()).exp()


@answer("ralm-perplexity", "gather with repeat_interleave", "right")
def _(log_p, chosen, stride):
    L = log_p.shape[1]
    rows = chosen.repeat_interleave(stride)[:L]
    return log_p.gather(0, rows[None]).mean().neg().exp()


@answer("ralm-perplexity", "loop over the strides, summed", "right")
def _(log_p, chosen, stride):
    total = log_p.new_zeros(())
    for s, passage in enumerate(chosen.tolist()):
        total = total + log_p[passage, s * stride : (s + 1) * stride].sum()
    return torch.exp(-total / log_p.shape[1])


@answer("ralm-perplexity", "loop over the tokens in Python, a tensor at the end", "right")
def _(log_p, chosen, stride):
    total, L = 0.0, log_p.shape[1]
    for t in range(L):
        total += log_p[chosen[t // stride], t].item()
    return torch.tensor(math.exp(-total / L), dtype=log_p.dtype)


@answer("ralm-perplexity", "geometric mean of inverse probabilities", "right")
def _(log_p, chosen, stride):
    x = _picked(log_p.double(), chosen, stride)
    return (-x).exp().pow(1 / len(x)).prod().to(log_p.dtype)


@answer("ralm-perplexity", "one-hot mask and einsum", "right")
def _(log_p, chosen, stride):
    P, L = log_p.shape
    hot = torch.nn.functional.one_hot(chosen[torch.arange(L) // stride], P).to(log_p.dtype)
    return (-torch.einsum("lp,pl->", hot, log_p) / L).exp()


@answer("ralm-perplexity", "a Python float", "right")
def _(log_p, chosen, stride):
    x = torch.cat([row[i * stride : (i + 1) * stride] for i, row in enumerate(log_p[chosen])])
    return math.exp(-x.mean().item())


@answer("ralm-perplexity", "t % stride instead of t // stride", "wrong")
def _(log_p, chosen, stride):
    t = torch.arange(log_p.shape[1])
    return torch.exp(-log_p[chosen[t % stride % len(chosen)], t].mean())


@answer("ralm-perplexity", "minus forgotten", "wrong")
def _(log_p, chosen, stride):
    t = torch.arange(log_p.shape[1])
    return log_p[chosen[t // stride], t].mean().exp()


@answer("ralm-perplexity", "mean of the strides' means", "wrong")
def _(log_p, chosen, stride):
    means = [log_p[c, i * stride : (i + 1) * stride].mean() for i, c in enumerate(chosen.tolist())]
    return torch.exp(-torch.stack(means).mean())


@answer("ralm-perplexity", "mean of the tokens' perplexities instead of the exponential of the mean", "wrong")
def _(log_p, chosen, stride):
    t = torch.arange(log_p.shape[1])
    return (-log_p[chosen[t // stride], t]).exp().mean()


@answer("ralm-perplexity", "the best passage of each token instead of the chosen one", "wrong")
def _(log_p, chosen, stride):
    return torch.exp(-log_p.max(0).values.mean())


@answer("ralm-perplexity", "the mean loss, without the exponential", "wrong")
def _(log_p, chosen, stride):
    t = torch.arange(log_p.shape[1])
    return -log_p[chosen[t // stride], t].mean()


@answer("ralm-perplexity", "sum over strides divided by their number times stride", "wrong")
def _(log_p, chosen, stride):
    t = torch.arange(log_p.shape[1])
    return torch.exp(-log_p[chosen[t // stride], t].sum() / (len(chosen) * stride))


@answer("ralm-perplexity", "geometric mean of probabilities in Python", "right")
def _(log_p, chosen, stride):
    L = log_p.shape[1]
    total = 0.0
    for t in range(L):
        total += log_p[chosen[t // stride].item(), t].item()
    return torch.tensor(math.exp(-total / L), dtype=log_p.dtype)


@answer("ralm-perplexity", "repeat_interleave, cut, gather, float64", "right")
def _(log_p, chosen, stride):
    L = log_p.shape[1]
    rows = chosen.repeat_interleave(stride)[:L]
    return (-log_p.double().gather(0, rows[None].long()).sum() / L).exp().to(log_p.dtype)
