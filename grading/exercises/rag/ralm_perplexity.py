"""The private half of ralm-perplexity."""

import torch
from llmcourse.checks.labs.rag.ralm_perplexity import strided

from grading.exercises import misconception, reference, variant

CASES = {"thirty tokens": strided(5, 30, 7), "strides of two": strided(3, 9, 2)}


@reference
def ralm_perplexity(log_p, chosen, stride):
    t = torch.arange(log_p.shape[1])
    return (-log_p[chosen[t // stride], t].mean()).exp()


@variant
def stride_by_stride(log_p, chosen, stride):
    total = 0.0
    for j, passage in enumerate(chosen.tolist()):
        total = total + log_p[passage, j * stride : (j + 1) * stride].sum()
    return torch.exp(-total / log_p.shape[1])


@variant
def by_repeat(log_p, chosen, stride):
    rows = chosen.repeat_interleave(stride)[: log_p.shape[-1]]
    return 1 / torch.exp(log_p.gather(0, rows[None]).mean())


@misconception(
    says="the mean of 1 / p over the tokens",
    hint="The mean is taken of the logarithms, and the exponential last.",
)
def mean_of_inverses(log_p, chosen, stride):
    t = torch.arange(log_p.shape[1])
    return (-log_p[chosen[t // stride], t]).exp().mean()


@misconception(
    says="nats per token, without the exponential",
    hint="Perplexity is e to that power.",
)
def in_nats(log_p, chosen, stride):
    t = torch.arange(log_p.shape[1])
    return -log_p[chosen[t // stride], t].mean()


@misconception(
    says="2 to the power of nats",
    hint="The logarithms are natural: e to the power of them.",
)
def in_bits(log_p, chosen, stride):
    t = torch.arange(log_p.shape[1])
    return 2 ** (-log_p[chosen[t // stride], t].mean())


@misconception(
    says="the best passage for every token, chosen after one has seen it",
    hint="The retriever's choice counts, made before the stride: chosen[t // stride].",
)
def oracle(log_p, chosen, stride):
    return (-log_p.max(0).values.mean()).exp()


@misconception(
    says="every passage one stride too late",
    hint="Stride j reads chosen[j]; the first stride has its own.",
)
def one_stride_late(log_p, chosen, stride):
    t = torch.arange(log_p.shape[1])
    return (-log_p[chosen[(t // stride - 1).clamp(min=0)], t].mean()).exp()


@misconception(
    says="the first passage for the whole text",
    hint="Every `stride` tokens a new passage is read.",
)
def first_passage(log_p, chosen, stride):
    return (-log_p[chosen[0]].mean()).exp()


@misconception(
    says="the mean over all passages",
    hint="Each stride reads one passage: the one that was chosen for it.",
)
def mixed_passages(log_p, chosen, stride):
    return (-log_p.mean()).exp()


@misconception(
    says="passages taken by the remainder, t % stride",
    hint="Token t lies in the stride number t // stride.",
)
def remainder(log_p, chosen, stride):
    t = torch.arange(log_p.shape[1])
    return (-log_p[chosen[(t % stride) % len(chosen)], t].mean()).exp()


@misconception(
    says="the mean of the strides' perplexities",
    hint="All tokens count alike: one mean of logarithms over the whole text.",
)
def mean_of_strides(log_p, chosen, stride):
    parts = [log_p[p, j * stride : (j + 1) * stride] for j, p in enumerate(chosen.tolist())]
    return torch.stack([(-part.mean()).exp() for part in parts]).mean()
