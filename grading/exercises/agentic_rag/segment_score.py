"""The private half of segment-score."""

import torch
from llmcourse.checks.labs.agentic_rag.segment_score import segments

from grading.exercises import misconception, reference, stages, variant

CASES = {
    "many segments": segments(12, 9),
    "relevance counts most": segments(4, 5, weights=(2.0, 0.3, 0.7)),
    "support alone": segments(4, 5, weights=(0.0, 1.5, 0.0)),
    "unsure of everything": segments(5, 6, spread=0.3),
}


@reference
def segment_score(log_p, mask, relevance, support, utility, weights):
    likelihood = ((log_p * mask).sum(1) / mask.sum(1)).exp()
    r, s, u = (group.exp() / group.exp().sum(1, keepdim=True) for group in (relevance, support, utility))
    values = torch.tensor([-1, -0.5, 0, 0.5, 1], dtype=u.dtype)
    parts = torch.stack([r[:, 0], s[:, 0] + 0.5 * s[:, 1], u @ values], 1)  # (B, 3)
    return likelihood + parts @ weights


@stages
def steps(log_p, mask, relevance, support, utility, weights):
    likelihood = ((log_p * mask).sum(1) / mask.sum(1)).exp()
    r = relevance.softmax(1)[:, 0]
    s = support.softmax(1) @ torch.tensor([1, 0.5, 0], dtype=support.dtype)
    u = utility.softmax(1) @ torch.tensor([-1, -0.5, 0, 0.5, 1], dtype=utility.dtype)
    return {
        "the likelihood of the segments": likelihood,
        "the score of relevance": r,
        "the score of support": s,
        "the score of utility": u,
    }


@variant
def by_softmax(log_p, mask, relevance, support, utility, weights):
    values = ([1.0, 0.0], [1.0, 0.5, 0.0], [-1.0, -0.5, 0.0, 0.5, 1.0])
    groups = (relevance, support, utility)
    score = torch.exp((log_p * mask).sum(-1) / mask.sum(-1))
    for w, group, v in zip(weights, groups, values):
        score = score + w * (group.softmax(-1) * torch.tensor(v)).sum(-1)
    return score


@variant
def row_by_row(log_p, mask, relevance, support, utility, weights):
    scores = []
    for b in range(len(log_p)):
        kept = log_p[b][mask[b] > 0]
        r, s, u = relevance[b].exp(), support[b].exp(), utility[b].exp()
        score = kept.mean().exp() + weights[0] * r[0] / r.sum()
        score = score + weights[1] * (s[0] + s[1] / 2) / s.sum()
        score = score + weights[2] * (-u[0] - u[1] / 2 + u[3] / 2 + u[4]) / u.sum()
        scores.append(score)
    return torch.stack(scores)


@misconception(
    says="a score from probabilities that were not divided by the sum of their group",
    hint="A group has only a part of the vocabulary's probability: divide by the sum within the group.",
)
def not_normalised(log_p, mask, relevance, support, utility, weights):
    likelihood = ((log_p * mask).sum(1) / mask.sum(1)).exp()
    r, s, u = relevance.exp(), support.exp(), utility.exp()
    values = torch.tensor([-1, -0.5, 0, 0.5, 1], dtype=u.dtype)
    return likelihood + torch.stack([r[:, 0], s[:, 0] + 0.5 * s[:, 1], u @ values], 1) @ weights


@misconception(
    says="a score from ratios of log-probabilities",
    hint="Take `exp` first. A ratio of logarithms turns it around: the likelier token has the smaller one.",
)
def ratios_of_logs(log_p, mask, relevance, support, utility, weights):
    likelihood = ((log_p * mask).sum(1) / mask.sum(1)).exp()
    r, s, u = (group / group.sum(1, keepdim=True) for group in (relevance, support, utility))
    values = torch.tensor([-1, -0.5, 0, 0.5, 1], dtype=u.dtype)
    return likelihood + torch.stack([r[:, 0], s[:, 0] + 0.5 * s[:, 1], u @ values], 1) @ weights


@misconception(
    says="a score in which partial support counts nothing",
    hint="Support is p(fully) + 0.5 p(partially).",
)
def partial_is_nothing(log_p, mask, relevance, support, utility, weights):
    likelihood = ((log_p * mask).sum(1) / mask.sum(1)).exp()
    r, s, u = (group.softmax(1) for group in (relevance, support, utility))
    values = torch.tensor([-1, -0.5, 0, 0.5, 1], dtype=u.dtype)
    return likelihood + torch.stack([r[:, 0], s[:, 0], u @ values], 1) @ weights


@misconception(
    says="a score in which partial support counts as much as full support",
    hint="Support is p(fully) + 0.5 p(partially): half of it.",
)
def partial_is_full(log_p, mask, relevance, support, utility, weights):
    likelihood = ((log_p * mask).sum(1) / mask.sum(1)).exp()
    r, s, u = (group.softmax(1) for group in (relevance, support, utility))
    values = torch.tensor([-1, -0.5, 0, 0.5, 1], dtype=u.dtype)
    return likelihood + torch.stack([r[:, 0], s[:, 0] + s[:, 1], u @ values], 1) @ weights


@misconception(
    says="a score with a utility of 1 to 5",
    hint="Utility is spread over -1 to 1: the values are -1, -0.5, 0, 0.5, 1.",
)
def utility_from_one(log_p, mask, relevance, support, utility, weights):
    likelihood = ((log_p * mask).sum(1) / mask.sum(1)).exp()
    r, s, u = (group.softmax(1) for group in (relevance, support, utility))
    values = torch.tensor([1, 2, 3, 4, 5], dtype=u.dtype)
    return likelihood + torch.stack([r[:, 0], s[:, 0] + 0.5 * s[:, 1], u @ values], 1) @ weights


@misconception(
    says="a score with a utility of 0 to 1",
    hint="A useless answer must lose: the values are -1, -0.5, 0, 0.5, 1.",
)
def utility_from_zero(log_p, mask, relevance, support, utility, weights):
    likelihood = ((log_p * mask).sum(1) / mask.sum(1)).exp()
    r, s, u = (group.softmax(1) for group in (relevance, support, utility))
    values = torch.tensor([0, 0.25, 0.5, 0.75, 1], dtype=u.dtype)
    return likelihood + torch.stack([r[:, 0], s[:, 0] + 0.5 * s[:, 1], u @ values], 1) @ weights


@misconception(
    says="a score with utility counted backwards",
    hint="The columns of utility are 1 to 5, from useless to useful: the first has the value -1.",
)
def utility_backwards(log_p, mask, relevance, support, utility, weights):
    likelihood = ((log_p * mask).sum(1) / mask.sum(1)).exp()
    r, s, u = (group.softmax(1) for group in (relevance, support, utility))
    values = torch.tensor([1, 0.5, 0, -0.5, -1], dtype=u.dtype)
    return likelihood + torch.stack([r[:, 0], s[:, 0] + 0.5 * s[:, 1], u @ values], 1) @ weights


@misconception(
    says="a score in which padding counts as tokens",
    hint="Divide by the number of tokens, `mask.sum(1)`, and not by T.",
)
def padding_counts(log_p, mask, relevance, support, utility, weights):
    likelihood = (log_p * mask).mean(1).exp()
    r, s, u = (group.softmax(1) for group in (relevance, support, utility))
    values = torch.tensor([-1, -0.5, 0, 0.5, 1], dtype=u.dtype)
    return likelihood + torch.stack([r[:, 0], s[:, 0] + 0.5 * s[:, 1], u @ values], 1) @ weights


@misconception(
    says="a score without the mask",
    hint="Padding is no token: multiply by the mask before you sum.",
)
def no_mask(log_p, mask, relevance, support, utility, weights):
    likelihood = log_p.mean(1).exp()
    r, s, u = (group.softmax(1) for group in (relevance, support, utility))
    values = torch.tensor([-1, -0.5, 0, 0.5, 1], dtype=u.dtype)
    return likelihood + torch.stack([r[:, 0], s[:, 0] + 0.5 * s[:, 1], u @ values], 1) @ weights


@misconception(
    says="a score with the probability of the whole segment: long ones lose",
    hint="Take the mean log-probability of a token, not the sum, so that length does not decide.",
)
def whole_segment(log_p, mask, relevance, support, utility, weights):
    likelihood = (log_p * mask).sum(1).exp()
    r, s, u = (group.softmax(1) for group in (relevance, support, utility))
    values = torch.tensor([-1, -0.5, 0, 0.5, 1], dtype=u.dtype)
    return likelihood + torch.stack([r[:, 0], s[:, 0] + 0.5 * s[:, 1], u @ values], 1) @ weights


@misconception(
    says="a score with the mean log-probability, where its exponential is meant",
    hint="The likelihood is a probability: `.exp()` of the mean log-probability.",
)
def stays_a_logarithm(log_p, mask, relevance, support, utility, weights):
    likelihood = (log_p * mask).sum(1) / mask.sum(1)
    r, s, u = (group.softmax(1) for group in (relevance, support, utility))
    values = torch.tensor([-1, -0.5, 0, 0.5, 1], dtype=u.dtype)
    return likelihood + torch.stack([r[:, 0], s[:, 0] + 0.5 * s[:, 1], u @ values], 1) @ weights


@misconception(
    says="a score without weights",
    hint="Each of the three scores is multiplied by its weight, in the order relevance, support, utility.",
)
def no_weights(log_p, mask, relevance, support, utility, weights):
    likelihood = ((log_p * mask).sum(1) / mask.sum(1)).exp()
    r, s, u = (group.softmax(1) for group in (relevance, support, utility))
    values = torch.tensor([-1, -0.5, 0, 0.5, 1], dtype=u.dtype)
    return likelihood + torch.stack([r[:, 0], s[:, 0] + 0.5 * s[:, 1], u @ values], 1).sum(1)


@misconception(
    says="a score without the likelihood of the segment",
    hint="f is the segment's own probability plus the weighted scores.",
)
def no_likelihood(log_p, mask, relevance, support, utility, weights):
    r, s, u = (group.softmax(1) for group in (relevance, support, utility))
    values = torch.tensor([-1, -0.5, 0, 0.5, 1], dtype=u.dtype)
    return torch.stack([r[:, 0], s[:, 0] + 0.5 * s[:, 1], u @ values], 1) @ weights


@misconception(
    says="a score of irrelevance: the second column of relevance",
    hint="The columns are (relevant, irrelevant): the first counts.",
)
def irrelevance(log_p, mask, relevance, support, utility, weights):
    likelihood = ((log_p * mask).sum(1) / mask.sum(1)).exp()
    r, s, u = (group.softmax(1) for group in (relevance, support, utility))
    values = torch.tensor([-1, -0.5, 0, 0.5, 1], dtype=u.dtype)
    return likelihood + torch.stack([r[:, 1], s[:, 0] + 0.5 * s[:, 1], u @ values], 1) @ weights


@misconception(
    says="a score from the likeliest token of each group",
    hint="Use the probabilities: a token that is only just the likeliest should not count as certain.",
)
def likeliest_token(log_p, mask, relevance, support, utility, weights):
    likelihood = ((log_p * mask).sum(1) / mask.sum(1)).exp()
    hard = lambda group, values: torch.tensor(values, dtype=group.dtype)[group.argmax(1)]
    parts = [hard(relevance, [1, 0]), hard(support, [1, 0.5, 0]), hard(utility, [-1, -0.5, 0, 0.5, 1])]
    return likelihood + torch.stack(parts, 1) @ weights
