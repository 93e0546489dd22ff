"""The private half of clipped-objective."""

import torch
from llmcourse.checks.labs.rlhf.clipped_objective import batch
from llmcourse.rlhf import ppo

from grading.exercises import misconception, reference, stages, variant

CASES = {
    "many tokens": batch([20, 11, 16, 5], 20, 1.5),
    "many tokens, a wide clip": batch([20, 11, 16, 5], 20, -1.5, epsilon=0.4),
    "one token each, and one long answer": batch([1, 1, 9], 9, 2.5),
}


@reference
def policy_loss(log_probs, old_log_probs, advantages, mask, epsilon):
    return ppo.policy_loss(log_probs, old_log_probs, advantages, mask, epsilon)


@stages
def on_the_way(log_probs, old_log_probs, advantages, mask, epsilon):
    ratio = (log_probs - old_log_probs).exp()
    clipped = ratio.clamp(1 - epsilon, 1 + epsilon)
    return {"the ratios": ratio, "the clipped ratios": clipped}


@variant
def by_cases(log_probs, old_log_probs, advantages, mask, epsilon):
    ratio = torch.exp(log_probs - old_log_probs)
    allowed = torch.where(advantages > 0, ratio.clamp(max=1 + epsilon), ratio.clamp(min=1 - epsilon))
    return -(allowed * advantages)[mask > 0].mean()


@variant
def pessimistic_maximum(log_probs, old_log_probs, advantages, mask, epsilon):
    ratio = log_probs.exp() / old_log_probs.exp()
    losses = torch.stack([-ratio * advantages, -ratio.clamp(1 - epsilon, 1 + epsilon) * advantages]).max(0).values
    return (losses * mask).sum() / mask.sum()


@misconception(
    says="the objective without a minus: it would be minimised",
    hint="Optimisers minimise. What is to grow gets a minus.",
)
def without_minus(log_probs, old_log_probs, advantages, mask, epsilon):
    ratio = (log_probs - old_log_probs).exp()
    gain = torch.minimum(ratio * advantages, ratio.clamp(1 - epsilon, 1 + epsilon) * advantages)
    return (gain * mask).sum() / mask.sum()


@misconception(
    says="the loss with the larger of the two candidates: the clip protects nothing",
    hint="The objective is pessimistic: the *smaller* of ratio A and clipped ratio A. Of losses, with their minus, the "
    "larger.",
)
def larger(log_probs, old_log_probs, advantages, mask, epsilon):
    ratio = (log_probs - old_log_probs).exp()
    gain = torch.maximum(ratio * advantages, ratio.clamp(1 - epsilon, 1 + epsilon) * advantages)
    return -(gain * mask).sum() / mask.sum()


@misconception(
    says="the loss of the clipped ratio alone",
    hint="Where the ratio has gone the wrong way, its gradient is needed to bring it back: the minimum of both.",
)
def clipped_alone(log_probs, old_log_probs, advantages, mask, epsilon):
    ratio = (log_probs - old_log_probs).exp().clamp(1 - epsilon, 1 + epsilon)
    return -(ratio * advantages * mask).sum() / mask.sum()


@misconception(
    says="the loss without any clip",
    hint="The second candidate is `ratio.clamp(1 - epsilon, 1 + epsilon) * advantages`.",
)
def unclipped(log_probs, old_log_probs, advantages, mask, epsilon):
    return -((log_probs - old_log_probs).exp() * advantages * mask).sum() / mask.sum()


@misconception(
    says="the ratio cut at 1 + epsilon, whatever the sign of A: the smaller *ratio*, multiplied by A afterwards",
    hint="Where A is negative, the smaller ratio gives the larger product. First multiply, then take the minimum.",
)
def minimum_of_ratios(log_probs, old_log_probs, advantages, mask, epsilon):
    ratio = (log_probs - old_log_probs).exp()
    return -(torch.minimum(ratio, ratio.clamp(1 - epsilon, 1 + epsilon)) * advantages * mask).sum() / mask.sum()


@misconception(
    says="the loss with the ratio turned upside down, pi_old / pi",
    hint="The ratio grows where the new policy likes the token more: exp(log pi - log pi_old).",
)
def upside_down(log_probs, old_log_probs, advantages, mask, epsilon):
    ratio = (old_log_probs - log_probs).exp()
    gain = torch.minimum(ratio * advantages, ratio.clamp(1 - epsilon, 1 + epsilon) * advantages)
    return -(gain * mask).sum() / mask.sum()


@misconception(
    says="the loss with the difference of logarithms for the ratio, without `exp`",
    hint="A quotient of probabilities is the exponential of the difference of their logarithms.",
)
def without_exp(log_probs, old_log_probs, advantages, mask, epsilon):
    ratio = log_probs - old_log_probs
    gain = torch.minimum(ratio * advantages, ratio.clamp(1 - epsilon, 1 + epsilon) * advantages)
    return -(gain * mask).sum() / mask.sum()


@misconception(
    says="the loss with the quotient of the logarithms for the ratio",
    hint="log pi / log pi_old is not the ratio of the probabilities: exp(log pi - log pi_old) is.",
)
def quotient_of_logs(log_probs, old_log_probs, advantages, mask, epsilon):
    ratio = log_probs / old_log_probs
    gain = torch.minimum(ratio * advantages, ratio.clamp(1 - epsilon, 1 + epsilon) * advantages)
    return -(gain * mask).sum() / mask.sum()


@misconception(
    says="the mean over all positions, padding included",
    hint="Divide by the number of tokens, `mask.sum()`, and not by the size of the array.",
)
def mean_with_padding(log_probs, old_log_probs, advantages, mask, epsilon):
    ratio = (log_probs - old_log_probs).exp()
    gain = torch.minimum(ratio * advantages, ratio.clamp(1 - epsilon, 1 + epsilon) * advantages)
    return -(gain * mask).mean()


@misconception(
    says="the loss of padding as well as of the answers",
    hint="Padding is no token: multiply by the mask, and divide by its sum.",
)
def without_mask(log_probs, old_log_probs, advantages, mask, epsilon):
    ratio = (log_probs - old_log_probs).exp()
    return -torch.minimum(ratio * advantages, ratio.clamp(1 - epsilon, 1 + epsilon) * advantages).mean()


@misconception(
    says="the mean over each answer first, then over answers",
    hint="PPO's mean is over all tokens of the batch: `(... * mask).sum() / mask.sum()`.",
)
def answer_by_answer(log_probs, old_log_probs, advantages, mask, epsilon):
    ratio = (log_probs - old_log_probs).exp()
    gain = torch.minimum(ratio * advantages, ratio.clamp(1 - epsilon, 1 + epsilon) * advantages)
    return -((gain * mask).sum(1) / mask.sum(1)).mean()


@misconception(
    says="the sum over tokens, and not their mean",
    hint="Divide by `mask.sum()`, or the step grows with the batch.",
)
def sum_over_tokens(log_probs, old_log_probs, advantages, mask, epsilon):
    ratio = (log_probs - old_log_probs).exp()
    gain = torch.minimum(ratio * advantages, ratio.clamp(1 - epsilon, 1 + epsilon) * advantages)
    return -(gain * mask).sum()


@misconception(
    says="the loss with one ratio for each whole answer",
    hint="Each token has its own ratio: do not sum log-probabilities over the answer.",
)
def one_ratio_an_answer(log_probs, old_log_probs, advantages, mask, epsilon):
    ratio = ((log_probs - old_log_probs) * mask).sum(1, keepdim=True).exp()
    gain = torch.minimum(ratio * advantages, ratio.clamp(1 - epsilon, 1 + epsilon) * advantages)
    return -(gain * mask).sum() / mask.sum()


@misconception(
    says="the loss clipped between -epsilon and epsilon",
    hint="The ratio starts at 1, and the clip lies around that: from 1 - epsilon to 1 + epsilon.",
)
def clip_around_zero(log_probs, old_log_probs, advantages, mask, epsilon):
    ratio = (log_probs - old_log_probs).exp()
    gain = torch.minimum(ratio * advantages, ratio.clamp(-epsilon, epsilon) * advantages)
    return -(gain * mask).sum() / mask.sum()


@misconception(
    says="the loss with a clip of 0.2, whatever epsilon is",
    hint="Use the argument `epsilon`.",
)
def always_two_tenths(log_probs, old_log_probs, advantages, mask, epsilon):
    ratio = (log_probs - old_log_probs).exp()
    gain = torch.minimum(ratio * advantages, ratio.clamp(0.8, 1.2) * advantages)
    return -(gain * mask).sum() / mask.sum()


def gain(ratio, clipped, advantages):
    return torch.minimum(ratio * advantages, clipped * advantages)


def over_tokens(each, mask):
    return (each * mask).sum() / mask.sum()


def candidates(log_probs, old_log_probs, epsilon):
    """Ratio and clipped ratio."""
    ratio = (log_probs - old_log_probs).exp()
    return ratio, ratio.clamp(1 - epsilon, 1 + epsilon)


@misconception(
    says="the loss with the ratio less one: it is clipped between -epsilon and epsilon",
    hint="The ratio starts at 1: exp(log pi - log pi_old), not `expm1`.",
)
def ratio_less_one(log_probs, old_log_probs, advantages, mask, epsilon):
    change = torch.expm1(log_probs - old_log_probs)
    return -over_tokens(gain(change, change.clamp(-epsilon, epsilon), advantages), mask)


@misconception(
    says="the loss with the log-ratio clipped between -epsilon and epsilon",
    hint="The ratio itself is clipped: first `exp`, then `clamp(1 - epsilon, 1 + epsilon)`.",
)
def logarithm_clipped(log_probs, old_log_probs, advantages, mask, epsilon):
    u = log_probs - old_log_probs
    return -over_tokens(gain(u.exp(), u.clamp(-epsilon, epsilon).exp(), advantages), mask)


@misconception(
    says="the loss with a clip from 1 - epsilon to 1 / (1 - epsilon)",
    hint="The clip is as wide above as below: from 1 - epsilon to 1 + epsilon.",
)
def reciprocal_clip(log_probs, old_log_probs, advantages, mask, epsilon):
    ratio = (log_probs - old_log_probs).exp()
    return -over_tokens(gain(ratio, ratio.clamp(1 - epsilon, 1 / (1 - epsilon)), advantages), mask)


@misconception(
    says="the loss with a clip from 1 - epsilon to 1",
    hint="The clip is as wide above as below: from 1 - epsilon to 1 + epsilon.",
)
def nothing_above_one(log_probs, old_log_probs, advantages, mask, epsilon):
    ratio = (log_probs - old_log_probs).exp()
    return -over_tokens(gain(ratio, ratio.clamp(1 - epsilon, 1), advantages), mask)


@misconception(
    says="the loss in which the product of ratio and advantage is clipped",
    hint="The ratio is clipped, and then multiplied: `ratio.clamp(1 - epsilon, 1 + epsilon) * advantages`.",
)
def product_clipped(log_probs, old_log_probs, advantages, mask, epsilon):
    product = (log_probs - old_log_probs).exp() * advantages
    return -over_tokens(torch.minimum(product, product.clamp(1 - epsilon, 1 + epsilon)), mask)


@misconception(
    says="the sum of all positions, padding included, divided by the number of tokens",
    hint="Padding is no token: multiply by the mask before you sum.",
)
def padding_above_the_line(log_probs, old_log_probs, advantages, mask, epsilon):
    return -gain(*candidates(log_probs, old_log_probs, epsilon), advantages).sum() / mask.sum()


@misconception(
    says="the sum over tokens, divided by the number of answers",
    hint="PPO's mean is over all tokens of the batch: divide by `mask.sum()`.",
)
def divided_by_answers(log_probs, old_log_probs, advantages, mask, epsilon):
    return -(gain(*candidates(log_probs, old_log_probs, epsilon), advantages) * mask).sum() / len(mask)


@misconception(
    says="REINFORCE's loss, -A log pi, without a ratio",
    hint="The batch was drawn by another policy: exp(log pi - log pi_old) takes the place of log pi.",
)
def reinforce(log_probs, old_log_probs, advantages, mask, epsilon):
    return -over_tokens(log_probs * advantages, mask)


@misconception(
    says="the loss with advantages of which the mean has been subtracted, divided by their deviation",
    hint="Take the advantages as they come: nothing of that is asked for here.",
)
def whitened(log_probs, old_log_probs, advantages, mask, epsilon):
    A = advantages - over_tokens(advantages, mask)
    A = A / over_tokens(A.square(), mask).sqrt()
    return -over_tokens(gain(*candidates(log_probs, old_log_probs, epsilon), A), mask)


@misconception(
    says="the smaller of the two means, and not the mean of the smaller ones",
    hint="The minimum is taken for each token, before the mean.",
)
def minimum_of_means(log_probs, old_log_probs, advantages, mask, epsilon):
    ratio, clipped = candidates(log_probs, old_log_probs, epsilon)
    return -torch.minimum(over_tokens(ratio * advantages, mask), over_tokens(clipped * advantages, mask))
