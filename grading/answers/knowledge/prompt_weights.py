"""Answers to prompt-weights, written from the task alone."""

import torch

from grading.answers import answer


def fit(log_h, log_t, alpha):
    return alpha * (log_h + log_t) + (1 - alpha) * torch.minimum(log_h, log_t)


@answer("prompt-weights", "softmax over the pairs", "wrong")
def _(log_h, log_t, alpha, tau):
    return (fit(log_h, log_t, alpha) / tau).softmax(1).mean(1)


@answer("prompt-weights", "the maximum of both", "wrong")
def _(log_h, log_t, alpha, tau):
    f = alpha * (log_h + log_t) + (1 - alpha) * torch.maximum(log_h, log_t)
    return (f.mean(1) / tau).softmax(0)


@answer("prompt-weights", "the minimum over all pairs", "wrong")
def _(log_h, log_t, alpha, tau):
    f = alpha * (log_h + log_t) + (1 - alpha) * torch.minimum(log_h, log_t).min()
    return (f.mean(1) / tau).softmax(0)


@answer("prompt-weights", "no temperature", "wrong")
def _(log_h, log_t, alpha, tau):
    return fit(log_h, log_t, alpha).mean(1).softmax(0)


@answer("prompt-weights", "the sum over pairs", "wrong")
def _(log_h, log_t, alpha, tau):
    return (fit(log_h, log_t, alpha).sum(1) / tau).softmax(0)


@answer("prompt-weights", "the mean of both logarithms", "wrong")
def _(log_h, log_t, alpha, tau):
    f = alpha * (log_h + log_t) / 2 + (1 - alpha) * torch.minimum(log_h, log_t)
    return (f.mean(1) / tau).softmax(0)


@answer("prompt-weights", "the median pair", "wrong")
def _(log_h, log_t, alpha, tau):
    return (fit(log_h, log_t, alpha).median(1).values / tau).softmax(0)


@answer("prompt-weights", "normalised by the sum", "wrong")
def _(log_h, log_t, alpha, tau):
    f = fit(log_h, log_t, alpha).mean(1) / tau
    return f / f.sum()


@answer("prompt-weights", "the log-softmax", "wrong")
def _(log_h, log_t, alpha, tau):
    return (fit(log_h, log_t, alpha).mean(1) / tau).log_softmax(0)


@answer("prompt-weights", "a loop over prompts", "right")
def _(log_h, log_t, alpha, tau):
    fits = []
    for h, t in zip(log_h, log_t):
        joint, weaker = h + t, torch.where(h < t, h, t)
        fits.append((alpha * joint + (1 - alpha) * weaker).sum() / len(h))
    return torch.softmax(torch.stack(fits) / tau, dim=0)


@answer("prompt-weights", "by exponentials, the largest taken off", "right")
def _(log_h, log_t, alpha, tau):
    low, high = torch.minimum(log_h, log_t), torch.maximum(log_h, log_t)
    f = (low + alpha * high).mean(-1)
    e = ((f - f.max()) / tau).exp()
    return e / e.sum()
