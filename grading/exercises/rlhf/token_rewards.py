"""The private half of token-rewards."""

import torch
from llmcourse.checks.labs.rlhf.token_rewards import answered
from llmcourse.rlhf import penalty

from grading.exercises import misconception, reference, stages, variant

CASES = {
    "many answers": answered([7, 2, 9, 4, 1, 6], 9, 0.7),
    "no penalty": answered([3, 4], 5, 0.0),
    "one token each": answered([1, 1], 3, 0.4),
}


@reference
def token_rewards(score, log_probs, ref_log_probs, mask, beta):
    return penalty.token_rewards(score, log_probs, ref_log_probs, mask, beta)


@stages
def on_the_way(score, log_probs, ref_log_probs, mask, beta):
    return {"the log-ratios": log_probs - ref_log_probs, "the penalties": -beta * (log_probs - ref_log_probs) * mask}


@variant
def row_by_row(score, log_probs, ref_log_probs, mask, beta):
    rewards = torch.zeros_like(log_probs)
    for b in range(len(score)):
        n = int(mask[b].sum())
        rewards[b, :n] = beta * (ref_log_probs[b, :n] - log_probs[b, :n])
        rewards[b, n - 1] += score[b]
    return rewards


@variant
def by_difference_of_masks(score, log_probs, ref_log_probs, mask, beta):
    following = torch.nn.functional.pad(mask, (0, 1))[:, 1:]
    return beta * (ref_log_probs - log_probs) * mask + score[:, None] * (mask - following)


@misconception(
    says="the score at the last position of the row, where there may be padding",
    hint="Answers have lengths of their own: the last token of row b is at `mask[b].sum() - 1`.",
)
def score_at_the_edge(score, log_probs, ref_log_probs, mask, beta):
    rewards = -beta * (log_probs - ref_log_probs) * mask
    rewards[:, -1] += score
    return rewards


@misconception(
    says="the score one position after the answer's last token",
    hint="Positions count from 0: the last of n tokens is at n - 1.",
)
def score_one_late(score, log_probs, ref_log_probs, mask, beta):
    rewards = -beta * (log_probs - ref_log_probs) * mask
    last = mask.sum(1).long().clamp(max=mask.shape[1] - 1)
    rewards[torch.arange(len(score)), last] += score
    return rewards


@misconception(
    says="the score at every token of the answer",
    hint="The reward model judges the whole answer, once: at its last token.",
)
def score_everywhere(score, log_probs, ref_log_probs, mask, beta):
    return (score[:, None] - beta * (log_probs - ref_log_probs)) * mask


@misconception(
    says="the score divided over the tokens of the answer",
    hint="The reward model judges the whole answer: all of the score comes at the last token.",
)
def score_divided(score, log_probs, ref_log_probs, mask, beta):
    return (score[:, None] / mask.sum(1, keepdim=True) - beta * (log_probs - ref_log_probs)) * mask


@misconception(
    says="a bonus for leaving the reference: the sign of the penalty is turned",
    hint="A token that the policy likes more than the reference pays: -beta (log pi - log pi_ref).",
)
def bonus(score, log_probs, ref_log_probs, mask, beta):
    rewards = beta * (log_probs - ref_log_probs) * mask
    rewards[torch.arange(len(score)), mask.sum(1).long() - 1] += score
    return rewards


@misconception(
    says="penalties of padding as well",
    hint="After the end there is no token: multiply by the mask.",
)
def padding_pays(score, log_probs, ref_log_probs, mask, beta):
    rewards = -beta * (log_probs - ref_log_probs)
    rewards[torch.arange(len(score)), mask.sum(1).long() - 1] += score
    return rewards


@misconception(
    says="the score in the place of the last token's penalty",
    hint="The last token pays its penalty as any other, and the score is *added* to it.",
)
def score_replaces(score, log_probs, ref_log_probs, mask, beta):
    rewards = -beta * (log_probs - ref_log_probs) * mask
    rewards[torch.arange(len(score)), mask.sum(1).long() - 1] = score
    return rewards


@misconception(
    says="the whole answer's penalty at the last token, and nothing before",
    hint="That has the same sum, but tells no token what it did. Each token pays its own log-ratio.",
)
def penalty_at_the_end(score, log_probs, ref_log_probs, mask, beta):
    rewards = torch.zeros_like(log_probs)
    KL = ((log_probs - ref_log_probs) * mask).sum(1)
    rewards[torch.arange(len(score)), mask.sum(1).long() - 1] = score - beta * KL
    return rewards


@misconception(
    says="a penalty by the ratio of probabilities, without a logarithm",
    hint="The penalty is the difference of the logarithms: `log_probs - ref_log_probs`, without `exp`.",
)
def ratio_for_logarithm(score, log_probs, ref_log_probs, mask, beta):
    rewards = -beta * (log_probs - ref_log_probs).exp() * mask
    rewards[torch.arange(len(score)), mask.sum(1).long() - 1] += score
    return rewards


@misconception(
    says="penalties that are never negative: the absolute value of the log-ratio",
    hint="The mean of the log-ratio is the KL only if both signs count: a token that the reference likes more earns.",
)
def absolute(score, log_probs, ref_log_probs, mask, beta):
    rewards = -beta * (log_probs - ref_log_probs).abs() * mask
    rewards[torch.arange(len(score)), mask.sum(1).long() - 1] += score
    return rewards


@misconception(
    says="the penalty without beta",
    hint="beta is the price of a nat: multiply by it.",
)
def without_beta(score, log_probs, ref_log_probs, mask, beta):
    rewards = -(log_probs - ref_log_probs) * mask
    rewards[torch.arange(len(score)), mask.sum(1).long() - 1] += score
    return rewards


@misconception(
    says="the penalties alone: the score is missing",
    hint="Add the reward model's score at the last token of each answer.",
)
def without_score(score, log_probs, ref_log_probs, mask, beta):
    return -beta * (log_probs - ref_log_probs) * mask


@misconception(
    says="the score at the first token",
    hint="The answer is judged when it is finished: at its last token.",
)
def score_at_the_start(score, log_probs, ref_log_probs, mask, beta):
    rewards = -beta * (log_probs - ref_log_probs) * mask
    rewards[:, 0] += score
    return rewards


@misconception(
    says="rewards in which beta multiplies the score as well",
    hint="beta is the price of the KL alone; the score counts in full.",
)
def beta_on_the_score(score, log_probs, ref_log_probs, mask, beta):
    rewards = -beta * (log_probs - ref_log_probs) * mask
    rewards[torch.arange(len(score)), mask.sum(1).long() - 1] += beta * score
    return rewards
