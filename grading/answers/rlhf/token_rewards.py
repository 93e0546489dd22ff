"""Answers to token-rewards, written without a look at its private half."""

import torch
import torch.nn.functional as F

from grading.answers import answer


def price(log_probs, ref_log_probs, mask, beta):
    return -beta * (log_probs - ref_log_probs) * mask


def last(mask):
    return mask.sum(1).long() - 1


def at(places, score, T):
    return F.one_hot(places, T).to(score) * score[:, None]


@answer("token-rewards", "the price is a bonus", "wrong")
def _(score, log_probs, ref_log_probs, mask, beta):
    return -price(log_probs, ref_log_probs, mask, beta) + at(last(mask), score, mask.shape[1])


@answer("token-rewards", "the score at every token", "wrong")
def _(score, log_probs, ref_log_probs, mask, beta):
    return price(log_probs, ref_log_probs, mask, beta) + score[:, None] * mask


@answer("token-rewards", "the score at every token and on padding", "wrong")
def _(score, log_probs, ref_log_probs, mask, beta):
    return price(log_probs, ref_log_probs, mask, beta) + score[:, None]


@answer("token-rewards", "the score shared among the tokens", "wrong")
def _(score, log_probs, ref_log_probs, mask, beta):
    return price(log_probs, ref_log_probs, mask, beta) + (score / mask.sum(1))[:, None] * mask


@answer("token-rewards", "the score at the end of the array", "wrong")
def _(score, log_probs, ref_log_probs, mask, beta):
    R = price(log_probs, ref_log_probs, mask, beta)
    R[:, -1] += score
    return R


@answer("token-rewards", "the score at the end of the array, then masked", "wrong")
def _(score, log_probs, ref_log_probs, mask, beta):
    R = -beta * (log_probs - ref_log_probs)
    R[:, -1] += score
    return R * mask


@answer("token-rewards", "the score one token late", "wrong")
def _(score, log_probs, ref_log_probs, mask, beta):
    T = mask.shape[1]
    return price(log_probs, ref_log_probs, mask, beta) + at(mask.sum(1).long().clamp(max=T - 1), score, T)


@answer("token-rewards", "the score one token late: an index out of range", "wrong")
def _(score, log_probs, ref_log_probs, mask, beta):
    R = price(log_probs, ref_log_probs, mask, beta)
    R[torch.arange(len(R)), mask.sum(1).long()] += score
    return R


@answer("token-rewards", "the score one token early", "wrong")
def _(score, log_probs, ref_log_probs, mask, beta):
    R = price(log_probs, ref_log_probs, mask, beta)
    R[torch.arange(len(R)), mask.sum(1).long() - 2] += score
    return R


@answer("token-rewards", "the score at the first token", "wrong")
def _(score, log_probs, ref_log_probs, mask, beta):
    R = price(log_probs, ref_log_probs, mask, beta)
    R[:, 0] += score
    return R


@answer("token-rewards", "the score at the first answer's end in all rows", "wrong")
def _(score, log_probs, ref_log_probs, mask, beta):
    R = price(log_probs, ref_log_probs, mask, beta)
    R[:, int(mask[0].sum()) - 1] += score
    return R


@answer("token-rewards", "every score at every end: rows and columns not together", "wrong")
def _(score, log_probs, ref_log_probs, mask, beta):
    R = price(log_probs, ref_log_probs, mask, beta)
    for place in last(mask).tolist():
        R[:, place] += score
    return R


@answer("token-rewards", "padding pays as well", "wrong")
def _(score, log_probs, ref_log_probs, mask, beta):
    return -beta * (log_probs - ref_log_probs) + at(last(mask), score, mask.shape[1])


@answer("token-rewards", "changes log_probs in place", "wrong")
def _(score, log_probs, ref_log_probs, mask, beta):
    log_probs -= ref_log_probs
    log_probs *= -beta
    log_probs *= mask
    log_probs[torch.arange(len(score)), last(mask)] += score
    return log_probs


@answer("token-rewards", "the score in place of the last price", "wrong")
def _(score, log_probs, ref_log_probs, mask, beta):
    R = price(log_probs, ref_log_probs, mask, beta)
    R[torch.arange(len(R)), last(mask)] = score
    return R


@answer("token-rewards", "the score times beta", "wrong")
def _(score, log_probs, ref_log_probs, mask, beta):
    return price(log_probs, ref_log_probs, mask, beta) + at(last(mask), beta * score, mask.shape[1])


@answer("token-rewards", "beta forgotten", "wrong")
def _(score, log_probs, ref_log_probs, mask, beta):
    return price(log_probs, ref_log_probs, mask, 1.0) + at(last(mask), score, mask.shape[1])


@answer("token-rewards", "divided by beta", "wrong")
def _(score, log_probs, ref_log_probs, mask, beta):
    return price(log_probs, ref_log_probs, mask, 1 / beta) + at(last(mask), score, mask.shape[1])


@answer("token-rewards", "a difference of probabilities", "wrong")
def _(score, log_probs, ref_log_probs, mask, beta):
    return price(log_probs.exp(), ref_log_probs.exp(), mask, beta) + at(last(mask), score, mask.shape[1])


@answer("token-rewards", "the ratio of probabilities", "wrong")
def _(score, log_probs, ref_log_probs, mask, beta):
    return -beta * (log_probs - ref_log_probs).exp() * mask + at(last(mask), score, mask.shape[1])


@answer("token-rewards", "the ratio of logarithms", "wrong")
def _(score, log_probs, ref_log_probs, mask, beta):
    return -beta * log_probs / ref_log_probs * mask + at(last(mask), score, mask.shape[1])


@answer("token-rewards", "log-ratio weighted by the probability, as in a KL", "wrong")
def _(score, log_probs, ref_log_probs, mask, beta):
    R = log_probs.exp() * price(log_probs, ref_log_probs, mask, beta)
    return R + at(last(mask), score, mask.shape[1])


@answer("token-rewards", "the whole price at the last token", "wrong")
def _(score, log_probs, ref_log_probs, mask, beta):
    paid = price(log_probs, ref_log_probs, mask, beta).sum(1)
    return at(last(mask), score + paid, mask.shape[1])


@answer("token-rewards", "the mean price at every token", "wrong")
def _(score, log_probs, ref_log_probs, mask, beta):
    paid = price(log_probs, ref_log_probs, mask, beta).sum(1, keepdim=True) / mask.sum(1, keepdim=True)
    return paid * mask + at(last(mask), score, mask.shape[1])


@answer("token-rewards", "k2 as price", "wrong")
def _(score, log_probs, ref_log_probs, mask, beta):
    return -beta * (log_probs - ref_log_probs).square() / 2 * mask + at(last(mask), score, mask.shape[1])


@answer("token-rewards", "k3 as price", "wrong")
def _(score, log_probs, ref_log_probs, mask, beta):
    u = log_probs - ref_log_probs
    return -beta * (torch.expm1(-u) + u) * mask + at(last(mask), score, mask.shape[1])


@answer("token-rewards", "the size of the log-ratio", "wrong")
def _(score, log_probs, ref_log_probs, mask, beta):
    return -beta * (log_probs - ref_log_probs).abs() * mask + at(last(mask), score, mask.shape[1])


@answer("token-rewards", "no negative price", "wrong")
def _(score, log_probs, ref_log_probs, mask, beta):
    return -beta * (log_probs - ref_log_probs).clamp(min=0) * mask + at(last(mask), score, mask.shape[1])


@answer("token-rewards", "rewards still to come", "wrong")
def _(score, log_probs, ref_log_probs, mask, beta):
    R = price(log_probs, ref_log_probs, mask, beta) + at(last(mask), score, mask.shape[1])
    return R.flip(1).cumsum(1).flip(1) * mask


@answer("token-rewards", "the last token pays nothing", "wrong")
def _(score, log_probs, ref_log_probs, mask, beta):
    T = mask.shape[1]
    before = mask - F.one_hot(last(mask), T)
    return price(log_probs, ref_log_probs, before, beta) + at(last(mask), score, T)


@answer("token-rewards", "the first token pays nothing", "wrong")
def _(score, log_probs, ref_log_probs, mask, beta):
    R = price(log_probs, ref_log_probs, mask, beta)
    R[:, 0] = 0
    return R + at(last(mask), score, mask.shape[1])


@answer("token-rewards", "the price alone", "wrong")
def _(score, log_probs, ref_log_probs, mask, beta):
    return price(log_probs, ref_log_probs, mask, beta)


@answer("token-rewards", "the price of the policy alone", "wrong")
def _(score, log_probs, ref_log_probs, mask, beta):
    return -beta * log_probs * mask + at(last(mask), score, mask.shape[1])


@answer("token-rewards", "one number for each answer", "wrong")
def _(score, log_probs, ref_log_probs, mask, beta):
    return score + price(log_probs, ref_log_probs, mask, beta).sum(1)


@answer("token-rewards", "where the mask stops", "right")
def _(score, log_probs, ref_log_probs, mask, beta):
    after = torch.cat([mask[:, 1:], torch.zeros_like(mask[:, :1])], 1)
    return mask * ((1 - after) * score[:, None] - beta * (log_probs - ref_log_probs))


@answer("token-rewards", "scatter_add", "right")
def _(score, log_probs, ref_log_probs, mask, beta):
    R = price(log_probs, ref_log_probs, mask, beta)
    return R.scatter_add(1, last(mask)[:, None], score[:, None].to(R))


@answer("token-rewards", "loops", "right")
def _(score, log_probs, ref_log_probs, mask, beta):
    R = torch.zeros_like(log_probs)
    for b, row in enumerate(mask):
        n = int(row.sum())
        for t in range(n):
            R[b, t] = -beta * (log_probs[b, t] - ref_log_probs[b, t])
        R[b, n - 1] += score[b]
    return R


@answer("token-rewards", "the first padding, and one back: -1 where there is none", "right")
def _(score, log_probs, ref_log_probs, mask, beta):
    R = torch.where(mask.bool(), beta * (ref_log_probs - log_probs), 0.0)
    R[range(len(R)), (mask == 0).int().argmax(1) - 1] += score
    return R


@answer("token-rewards", "where the running count reaches the length", "right")
def _(score, log_probs, ref_log_probs, mask, beta):
    end = (mask.cumsum(1) == mask.sum(1, keepdim=True)) & (mask > 0)
    return price(log_probs, ref_log_probs, mask, beta) + torch.where(end, score[:, None], torch.zeros_like(mask))


@answer("token-rewards", "works on copies in place", "right")
def _(score, log_probs, ref_log_probs, mask, beta):
    R = log_probs.clone()
    R.sub_(ref_log_probs).mul_(-beta).masked_fill_(mask == 0, 0)
    R[torch.arange(len(R)), last(mask)] += score
    return R
