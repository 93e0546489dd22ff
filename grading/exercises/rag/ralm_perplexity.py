"""The private half of ralm-perplexity."""

import torch
from llmcourse.checks.labs.rag.ralm_perplexity import strided

from grading.exercises import misconception, reference, variant

CASES = {"thirty tokens": strided(5, 30, 7), "strides of two": strided(3, 9, 2), "a single token": strided(2, 1, 3)}


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


@misconception(
    says="the exponential without the minus: the geometric mean of the probabilities",
    hint="Perplexity is e to the power of *minus* the mean: it is at least 1.",
)
def without_minus(log_p, chosen, stride):
    t = torch.arange(log_p.shape[1])
    picked = log_p[chosen[t // stride], t]
    return picked.mean().exp()


@misconception(
    says="e to the power of the sum: the inverse of the whole text's probability",
    hint="Take the mean over the L tokens, and not the sum.",
)
def summed(log_p, chosen, stride):
    t = torch.arange(log_p.shape[1])
    picked = log_p[chosen[t // stride], t]
    return (-picked.sum()).exp()


@misconception(
    says="the mean of the strides' means, and not of the tokens",
    hint="A shorter stride would count as much as a long one: one mean over all L tokens.",
)
def mean_of_means(log_p, chosen, stride):
    t = torch.arange(log_p.shape[1])
    picked = log_p[chosen[t // stride], t]
    return (-torch.stack([part.mean() for part in picked.split(stride)]).mean()).exp()


@misconception(
    says="the perplexity of the whole strides: the last, shorter one is left out",
    hint="All L tokens count; the last stride may be shorter.",
)
def shorter_left_out(log_p, chosen, stride):
    t = torch.arange(log_p.shape[1])
    picked = log_p[chosen[t // stride], t]
    return (-picked[: max(len(picked) // stride, 1) * stride].mean()).exp()


@misconception(
    says="the perplexity of the whole strides alone, which is nan where there is none",
    hint="All L tokens count; the last stride may be shorter, and the only one.",
)
def whole_strides(log_p, chosen, stride):
    t = torch.arange(log_p.shape[1])
    picked = log_p[chosen[t // stride], t]
    return (-picked[: len(picked) // stride * stride].mean()).exp()


@misconception(
    says="the sum divided by S times stride, which is more than L where the last stride is shorter",
    hint="Divide by the number of tokens, L.",
)
def divided_by_places(log_p, chosen, stride):
    t = torch.arange(log_p.shape[1])
    picked = log_p[chosen[t // stride], t]
    return (-picked.sum() / (len(chosen) * stride)).exp()


@misconception(
    says="the sum divided by the number of strides",
    hint="Perplexity is about a token: divide by L.",
)
def divided_by_strides(log_p, chosen, stride):
    t = torch.arange(log_p.shape[1])
    picked = log_p[chosen[t // stride], t]
    return (-picked.sum() / len(chosen)).exp()


@misconception(
    says="the sum divided by the length of a stride",
    hint="Perplexity is about a token: divide by L.",
)
def divided_by_stride(log_p, chosen, stride):
    t = torch.arange(log_p.shape[1])
    picked = log_p[chosen[t // stride], t]
    return (-picked.sum() / stride).exp()


@misconception(
    says="the sum divided by L - 1",
    hint="All L tokens have a log-probability here: divide by L.",
)
def one_less(log_p, chosen, stride):
    t = torch.arange(log_p.shape[1])
    picked = log_p[chosen[t // stride], t]
    return (-picked.sum() / (len(picked) - 1)).exp()


@misconception(
    says="the perplexity without the first token",
    hint="All L tokens have a log-probability here, the first as well.",
)
def first_not_scored(log_p, chosen, stride):
    t = torch.arange(log_p.shape[1])
    picked = log_p[chosen[t // stride], t]
    return (-picked[1:].mean()).exp()


@misconception(
    says="passages by the remainder, t % stride, or the last one where there is none of that number",
    hint="Token t lies in the stride number t // stride.",
)
def remainder_cut(log_p, chosen, stride):
    t = torch.arange(log_p.shape[1])
    picked = log_p[chosen[(t % stride).clamp(max=len(chosen) - 1)], t]
    return (-picked.mean()).exp()


@misconception(
    says="passages that change one token too late: (t - 1) // stride",
    hint="Tokens count from 0: token t lies in the stride t // stride.",
)
def one_token_late(log_p, chosen, stride):
    t = torch.arange(log_p.shape[1])
    picked = log_p[chosen[(t - 1).clamp(min=0) // stride], t]
    return (-picked.mean()).exp()


@misconception(
    says="passages that change one token too early: (t + 1) // stride",
    hint="Tokens count from 0: token t lies in the stride t // stride.",
)
def one_token_early(log_p, chosen, stride):
    t = torch.arange(log_p.shape[1])
    picked = log_p[chosen[((t + 1) // stride).clamp(max=len(chosen) - 1)], t]
    return (-picked.mean()).exp()


@misconception(
    says="every passage one stride too early",
    hint="Stride j reads chosen[j], the last one included.",
)
def one_stride_early(log_p, chosen, stride):
    t = torch.arange(log_p.shape[1])
    picked = log_p[chosen[(t // stride + 1).clamp(max=len(chosen) - 1)], t]
    return (-picked.mean()).exp()


@misconception(
    says="strides of equal length: L / S tokens, rounded up",
    hint="A stride has `stride` tokens, and only the last may be shorter.",
)
def equal_strides(log_p, chosen, stride):
    t = torch.arange(log_p.shape[1])
    picked = log_p[chosen[t // -(-len(t) // len(chosen))], t]
    return (-picked.mean()).exp()


@misconception(
    says="passage number j for stride j: `chosen` is not used",
    hint="The retriever has chosen: stride j reads the passage chosen[j].",
)
def own_number(log_p, chosen, stride):
    t = torch.arange(log_p.shape[1])
    picked = log_p[(t // stride) % len(log_p), t]
    return (-picked.mean()).exp()


@misconception(
    says="the first token of each stride alone",
    hint="Every token of a stride counts: t runs over all L.",
)
def first_of_stride(log_p, chosen, stride):
    t = torch.arange(log_p.shape[1])
    picked = log_p[chosen[t // stride], t]
    return (-picked[::stride].mean()).exp()


@misconception(
    says="one over the mean probability",
    hint="The mean is taken of the logarithms, and the exponential last.",
)
def mean_probability(log_p, chosen, stride):
    t = torch.arange(log_p.shape[1])
    picked = log_p[chosen[t // stride], t]
    return 1 / picked.exp().mean()


@misconception(
    says="the perplexity under a mixture of all passages, equally likely",
    hint="Each stride reads one passage: the one that was chosen for it.",
)
def mixture(log_p, chosen, stride):
    return (-log_p.exp().mean(0).log().mean()).exp()


@misconception(
    says="each stride's passage with its whole row: every token is scored S times",
    hint="A stride scores its own tokens only: log_p[chosen[t // stride], t].",
)
def whole_rows(log_p, chosen, stride):
    return (-log_p[chosen].mean()).exp()


@misconception(
    says="the last passage for the whole text",
    hint="Every `stride` tokens a new passage is read.",
)
def last_passage(log_p, chosen, stride):
    picked = log_p[chosen[-1]]
    return (-picked.mean()).exp()


@misconception(
    says="passages in turn, a new one for every token: chosen[t % S]",
    hint="Token t lies in the stride number t // stride.",
)
def in_turn(log_p, chosen, stride):
    t = torch.arange(log_p.shape[1])
    return (-log_p[chosen[t % len(chosen)], t].mean()).exp()


@misconception(
    says="the mean over all tokens of each chosen row: log_p[chosen[t // stride]] without the second index",
    hint="Of each row only the token t itself counts: `log_p[chosen[t // stride], t]`.",
)
def whole_rows_for_tokens(log_p, chosen, stride):
    t = torch.arange(log_p.shape[1])
    return (-log_p[chosen[t // stride]].mean()).exp()
