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


def priced(price, score, mask):
    """-price for each token, and the score at the last."""
    rewards = -price * mask
    rewards[torch.arange(len(score)), mask.sum(1).long() - 1] += score
    return rewards


@misconception(
    says="the score at every position, padding included",
    hint="The reward model judges the whole answer, once: at its last token.",
)
def score_on_padding(score, log_probs, ref_log_probs, mask, beta):
    return score[:, None] - beta * (log_probs - ref_log_probs) * mask


@misconception(
    says="the score one token before the answer's last",
    hint="Positions count from 0: the last of n tokens is at n - 1.",
)
def score_one_early(score, log_probs, ref_log_probs, mask, beta):
    rewards = -beta * (log_probs - ref_log_probs) * mask
    rewards[torch.arange(len(score)), mask.sum(1).long() - 2] += score
    return rewards


@misconception(
    says="scores that all stand where the first answer ends",
    hint="Answers have lengths of their own: the last token of row b is at `mask[b].sum() - 1`.",
)
def end_of_the_first(score, log_probs, ref_log_probs, mask, beta):
    rewards = -beta * (log_probs - ref_log_probs) * mask
    rewards[:, int(mask[0].sum()) - 1] += score
    return rewards


@misconception(
    says="each answer's score in all columns in which any answer ends",
    hint="Rows and columns go together: `rewards[torch.arange(len(score)), last]`, not `rewards[:, last]`.",
)
def every_end(score, log_probs, ref_log_probs, mask, beta):
    rewards = -beta * (log_probs - ref_log_probs) * mask
    for last in mask.sum(1).long() - 1:
        rewards[:, last] += score
    return rewards


@misconception(
    says="a penalty by the difference of the probabilities",
    hint="The penalty is the difference of the logarithms: `log_probs - ref_log_probs`, without `exp`.",
)
def difference_of_probabilities(score, log_probs, ref_log_probs, mask, beta):
    return priced(beta * (log_probs.exp() - ref_log_probs.exp()), score, mask)


@misconception(
    says="a penalty by the quotient of the logarithms",
    hint="The logarithm of a quotient is the difference of the logarithms: `log_probs - ref_log_probs`.",
)
def quotient_of_logs(score, log_probs, ref_log_probs, mask, beta):
    return priced(beta * log_probs / ref_log_probs, score, mask)


@misconception(
    says="penalties that are weighted by the token's probability once more",
    hint="Tokens were drawn from the policy, so its probability is in their frequency already: the log-ratio alone.",
)
def weighted_again(score, log_probs, ref_log_probs, mask, beta):
    return priced(beta * log_probs.exp() * (log_probs - ref_log_probs), score, mask)


@misconception(
    says="the mean penalty of the answer at each of its tokens",
    hint="Each token pays its own log-ratio.",
)
def mean_penalty(score, log_probs, ref_log_probs, mask, beta):
    each = (log_probs - ref_log_probs) * mask
    return priced(beta * each.sum(1, keepdim=True) / mask.sum(1, keepdim=True), score, mask)


@misconception(
    says="a penalty by half the square of the log-ratio, which is the estimator k2",
    hint="The formula of the task has the log-ratio itself.",
)
def k2(score, log_probs, ref_log_probs, mask, beta):
    return priced(beta * (log_probs - ref_log_probs).square() / 2, score, mask)


@misconception(
    says="a penalty by the estimator k3",
    hint="The formula of the task has the log-ratio itself.",
)
def k3(score, log_probs, ref_log_probs, mask, beta):
    u = log_probs - ref_log_probs
    return priced(beta * (torch.expm1(-u) + u), score, mask)


@misconception(
    says="penalties of which the negative ones are left out",
    hint="The mean of the log-ratio is the KL only if both signs count: a token that the reference likes more earns.",
)
def never_earns(score, log_probs, ref_log_probs, mask, beta):
    return priced(beta * (log_probs - ref_log_probs).clamp(min=0), score, mask)
