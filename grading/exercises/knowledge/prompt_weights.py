"""The private half of prompt-weights."""

import torch
from llmcourse.checks.labs.knowledge.prompt_weights import seeds

from grading.exercises import misconception, reference, stages, variant

CASES = {"many pairs": seeds(6, 20, 0.66), "two prompts": seeds(2, 3, 0.3, tau=0.5), "one prompt": seeds(1, 4, 0.5)}


@reference
def prompt_weights(log_h, log_t, alpha, tau):
    f = alpha * (log_h + log_t) + (1 - alpha) * torch.minimum(log_h, log_t)
    return (f.mean(1) / tau).softmax(0)


@variant
def stacked(log_h, log_t, alpha, tau):
    both = torch.stack([log_h, log_t])
    f = torch.lerp(both.amin(0), both.sum(0), alpha).mean(-1)
    e = (f / tau - (f / tau).max()).exp()
    return e / e.sum()


@variant
def pair_by_pair(log_h, log_t, alpha, tau):
    mean = torch.zeros(len(log_h), dtype=log_h.dtype)
    for p in range(log_h.shape[0]):
        for s in range(log_h.shape[1]):
            h, t = log_h[p, s], log_t[p, s]
            mean[p] += (alpha * (h + t) + (1 - alpha) * (h if h < t else t)) / log_h.shape[1]
    return torch.softmax(mean / tau, -1)


@stages
def on_the_way(log_h, log_t, alpha, tau):
    f = alpha * (log_h + log_t) + (1 - alpha) * torch.minimum(log_h, log_t)
    return {"the compatibilities f": f, "their means over the pairs": f.mean(1)}


@misconception(
    says="weights with the stronger half in place of the weaker",
    hint="The minimum punishes a pair with one weak half: `torch.minimum`.",
)
def stronger_half(log_h, log_t, alpha, tau):
    f = alpha * (log_h + log_t) + (1 - alpha) * torch.maximum(log_h, log_t)
    return (f.mean(1) / tau).softmax(0)


@misconception(
    says="weights with alpha on the wrong side",
    hint="alpha weighs the joint likelihood, 1 - alpha the weaker half.",
)
def alpha_exchanged(log_h, log_t, alpha, tau):
    f = (1 - alpha) * (log_h + log_t) + alpha * torch.minimum(log_h, log_t)
    return (f.mean(1) / tau).softmax(0)


@misconception(
    says="weights from the joint likelihood alone",
    hint="The weaker half counts as well: + (1 - alpha) * min(log_h, log_t).",
)
def joint_only(log_h, log_t, alpha, tau):
    return (alpha * (log_h + log_t).mean(1) / tau).softmax(0)


@misconception(
    says="weights from the sum over the seed pairs",
    hint="Take the mean: with more pairs, the weights must not become sharper by themselves.",
)
def summed(log_h, log_t, alpha, tau):
    f = alpha * (log_h + log_t) + (1 - alpha) * torch.minimum(log_h, log_t)
    return (f.sum(1) / tau).softmax(0)


@misconception(
    says="weights with the temperature as a factor",
    hint="Divide by tau: a small temperature makes the choice sharp.",
)
def times_tau(log_h, log_t, alpha, tau):
    f = alpha * (log_h + log_t) + (1 - alpha) * torch.minimum(log_h, log_t)
    return (f.mean(1) * tau).softmax(0)


@misconception(
    says="weights without the temperature",
    hint="Divide by tau before the softmax.",
)
def without_tau(log_h, log_t, alpha, tau):
    f = alpha * (log_h + log_t) + (1 - alpha) * torch.minimum(log_h, log_t)
    return f.mean(1).softmax(0)


@misconception(
    says="weights from the product of the log-probabilities",
    hint="The joint log-probability is a sum: log P(h, t) = log P(h) + log P(t | h).",
)
def logs_multiplied(log_h, log_t, alpha, tau):
    f = alpha * (log_h * log_t) + (1 - alpha) * torch.minimum(log_h, log_t)
    return (f.mean(1) / tau).softmax(0)


@misconception(
    says="weights from probabilities, not from their logarithms",
    hint="Keep the logarithms: their mean shows a prompt that fails on one pair, a mean of probabilities hardly does.",
)
def probabilities(log_h, log_t, alpha, tau):
    h, t = log_h.exp(), log_t.exp()
    f = alpha * h * t + (1 - alpha) * torch.minimum(h, t)
    return (f.mean(1) / tau).softmax(0)


@misconception(
    says="a softmax for each pair, and then the mean",
    hint="First the mean over the pairs, then one softmax over the prompts.",
)
def softmax_first(log_h, log_t, alpha, tau):
    f = alpha * (log_h + log_t) + (1 - alpha) * torch.minimum(log_h, log_t)
    return (f / tau).softmax(0).mean(1)


@misconception(
    says="the means themselves, without the softmax",
    hint="Weights are positive and sum to 1: `.softmax(0)` over the prompts.",
)
def no_softmax(log_h, log_t, alpha, tau):
    f = alpha * (log_h + log_t) + (1 - alpha) * torch.minimum(log_h, log_t)
    return f.mean(1) / tau


@misconception(
    says="weights from the minimum of the means",
    hint="The minimum is taken pair by pair, before the mean.",
)
def minimum_of_means(log_h, log_t, alpha, tau):
    f = alpha * (log_h + log_t).mean(1) + (1 - alpha) * torch.minimum(log_h.mean(1), log_t.mean(1))
    return (f / tau).softmax(0)


EQUIVALENT = {"0 -> -1": "what is left has one axis, the first and the last"}
