"""The private half of optimal-policy."""

import torch
from llmcourse.checks.labs.rlhf.optimal_policy import world
from llmcourse.rlhf import enumeration

from grading.exercises import misconception, reference, stages, variant

CASES = {
    "two texts": world(2, 0.7),
    "many texts": world(300, 0.4),
    "a beta that is very small": world(12, 0.005),
    "a beta that is large": world(7, 9.0),
}


@reference
def optimal_policy(log_ref, r, beta):
    log_best = enumeration.optimum(log_ref, r, beta)
    return log_best, enumeration.objective(log_best, log_ref, r, beta)


@stages
def on_the_way(log_ref, r, beta):
    return {"log pi_ref + r / beta": log_ref + r / beta}


@variant
def by_log_z(log_ref, r, beta):
    log_Z = torch.logsumexp(log_ref + r / beta, 0)
    return log_ref + r / beta - log_Z, beta * log_Z


@variant
def by_subtraction_of_the_largest(log_ref, r, beta):
    scores = log_ref + r / beta
    top = scores.max()
    log_Z = top + (scores - top).exp().sum().log()
    log_best = scores - log_Z
    p = log_best.exp()
    return log_best, (p * r).sum() - beta * (p * (log_best - log_ref)).sum()


@misconception(
    says="pi_ref exp(beta r): beta multiplies the reward where it should divide it",
    hint="The dearer the KL, the nearer the optimum is to the reference: r / beta.",
)
def beta_multiplies(log_ref, r, beta):
    log_Z = torch.logsumexp(log_ref + r * beta, 0)
    return log_ref + r * beta - log_Z, beta * log_Z


@misconception(
    says="pi_ref exp(r): beta is left out",
    hint="beta is the price of a nat of KL: divide the reward by it.",
)
def without_beta(log_ref, r, beta):
    log_Z = torch.logsumexp(log_ref + r, 0)
    return log_ref + r - log_Z, log_Z


@misconception(
    says="a softmax of r / beta: the reference is left out",
    hint="Where the reference never goes, the optimum does not go either: multiply by pi_ref.",
)
def without_reference(log_ref, r, beta):
    log_best = (r / beta).log_softmax(0)
    return log_best, (log_best.exp() * r).sum() - beta * (log_best.exp() * (log_best - log_ref)).sum()


@misconception(
    says="log pi_ref + r / beta, which is not normalised",
    hint="Probabilities sum to 1: subtract log Z.",
)
def not_normalised(log_ref, r, beta):
    return log_ref + r / beta, beta * torch.logsumexp(log_ref + r / beta, 0)


@misconception(
    says="the right policy, with its expected reward for J*: the KL is not paid",
    hint="J is the expected reward less beta KL(pi* || pi_ref).",
)
def reward_for_objective(log_ref, r, beta):
    log_best = (log_ref + r / beta).log_softmax(0)
    return log_best, (log_best.exp() * r).sum()


@misconception(
    says="the right policy, with log Z for J*",
    hint="J* is in units of reward: beta log Z.",
)
def log_z_for_objective(log_ref, r, beta):
    log_Z = torch.logsumexp(log_ref + r / beta, 0)
    return log_ref + r / beta - log_Z, log_Z


@misconception(
    says="the right policy, with a KL that is not multiplied by beta",
    hint="J = E[r] - beta KL(pi* || pi_ref).",
)
def kl_without_beta(log_ref, r, beta):
    log_best = (log_ref + r / beta).log_softmax(0)
    p = log_best.exp()
    return log_best, (p * r).sum() - (p * (log_best - log_ref)).sum()


@misconception(
    says="the right policy, with the KL added in J*",
    hint="Leaving the reference costs: J = E[r] - beta KL.",
)
def kl_added(log_ref, r, beta):
    log_best = (log_ref + r / beta).log_softmax(0)
    p = log_best.exp()
    return log_best, (p * r).sum() + beta * (p * (log_best - log_ref)).sum()


@misconception(
    says="the right policy, with KL(pi_ref || pi*) in J*: the wrong way round",
    hint="The expectation is under the policy: sum of pi* (log pi* - log pi_ref).",
)
def kl_reversed(log_ref, r, beta):
    log_best = (log_ref + r / beta).log_softmax(0)
    return log_best, (log_best.exp() * r).sum() - beta * (log_ref.exp() * (log_ref - log_best)).sum()


@misconception(
    says="the right formula, which overflows: exp(r / beta) is infinite where beta is small",
    hint="Stay with logarithms: `torch.logsumexp(log_ref + r / beta, 0)`, or `log_softmax(0)`.",
)
def overflows(log_ref, r, beta):
    weights = (log_ref.exp() * (r / beta).exp()).float().to(r.dtype)
    return (weights / weights.sum()).log(), beta * weights.sum().log()


@misconception(
    says="the probabilities of pi* and not their logarithms",
    hint="Return log pi*, without `exp`.",
)
def probabilities(log_ref, r, beta):
    log_Z = torch.logsumexp(log_ref + r / beta, 0)
    return (log_ref + r / beta - log_Z).exp(), beta * log_Z


@misconception(
    says="pi_ref exp(-r / beta): low rewards are sought",
    hint="A reward is maximised: exp(r / beta), without a minus.",
)
def minus(log_ref, r, beta):
    log_Z = torch.logsumexp(log_ref - r / beta, 0)
    return log_ref - r / beta - log_Z, beta * log_Z


def optimum(log_ref, r, beta):
    return (log_ref + r / beta).log_softmax(0)


@misconception(
    says="the right policy, with the largest reward for J*",
    hint="The policy does not always write the best text, and it pays for the KL: J = E[r] - beta KL.",
)
def largest_reward(log_ref, r, beta):
    return optimum(log_ref, r, beta), r.max()


@misconception(
    says="the right policy, with the reference's expected reward for J*",
    hint="J* is the objective of the optimum: the expectation is under pi*, less beta KL(pi* || pi_ref).",
)
def reward_of_the_reference(log_ref, r, beta):
    return optimum(log_ref, r, beta), (log_ref.exp() * r).sum()


@misconception(
    says="the right policy, with an entropy in the place of the KL",
    hint="The KL compares with the reference: sum of pi* (log pi* - log pi_ref).",
)
def entropy_for_kl(log_ref, r, beta):
    log_best = optimum(log_ref, r, beta)
    return log_best, (log_best.exp() * r).sum() - beta * (log_best.exp() * log_best).sum()


@misconception(
    says="the right policy, with a KL that is a mean over all texts",
    hint="The expectation is under the policy: sum of pi* (log pi* - log pi_ref).",
)
def kl_of_equal_texts(log_ref, r, beta):
    log_best = optimum(log_ref, r, beta)
    return log_best, (log_best.exp() * r).sum() - beta * (log_best - log_ref).mean()


@misconception(
    says="the right policy, with log Z divided by beta for J*",
    hint="J* is in units of reward, as beta is: beta log Z.",
)
def log_z_over_beta(log_ref, r, beta):
    return optimum(log_ref, r, beta), torch.logsumexp(log_ref + r / beta, 0) / beta


@misconception(
    says="the right policy, with a J* from which the largest reward has been subtracted",
    hint="Subtracting the largest before `exp` changes Z: add it again, `beta log Z + r.max()`.",
)
def largest_not_added(log_ref, r, beta):
    return optimum(log_ref, r, beta), beta * torch.logsumexp(log_ref + (r - r.max()) / beta, 0)


@misconception(
    says="the right policy, with a J* from which the mean reward has been subtracted",
    hint="A constant in the reward changes nothing about pi*, but J* moves with it: do not centre, or add it again.",
)
def rewards_centred(log_ref, r, beta):
    return optimum(log_ref, r, beta), beta * torch.logsumexp(log_ref + (r - r.mean()) / beta, 0)


@misconception(
    says="pi_ref^(1 / beta) exp(r / beta): the reference has been divided by beta as well",
    hint="beta divides the reward alone: log_ref + r / beta.",
)
def reference_divided(log_ref, r, beta):
    log_Z = torch.logsumexp((log_ref + r) / beta, 0)
    return (log_ref + r) / beta - log_Z, beta * log_Z


@misconception(
    says="a policy for which the probabilities of the reference, not their logarithms, were added to r / beta",
    hint="`log_ref` holds logarithms already, and logarithms are what is added: log_ref + r / beta.",
)
def reference_without_log(log_ref, r, beta):
    scores = log_ref.exp() + r / beta
    return scores.log_softmax(0), beta * torch.logsumexp(scores, 0)


@misconception(
    says="the right formula, with a logarithm of a softmax: it is -inf where a probability has been rounded to zero",
    hint="Stay with logarithms: `log_softmax(0)` in one step.",
)
def rounded_to_zero(log_ref, r, beta):
    log_best = (log_ref + r / beta).float().softmax(0).log().to(r.dtype)
    return log_best, beta * torch.logsumexp(log_ref + r / beta, 0)


EQUIVALENT = {"0 -> -1": "the only axis is the first and the last"}
