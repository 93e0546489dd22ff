"""The private half of dpo-loss."""

import torch
import torch.nn.functional as F
from llmcourse.checks.labs.rlhf.dpo_loss import far, pairs
from llmcourse.rlhf import direct

from grading.exercises import misconception, reference, stages, variant

CASES = {
    "forty pairs": pairs(40, 0.2),
    "far once more": far,
    "gone far": pairs(6, 0.7, spread=5.0),
    "a small beta": pairs(4, 0.05, spread=4.0),
}


@reference
def dpo_loss(chosen, rejected, ref_chosen, ref_rejected, beta):
    return direct.dpo_loss(chosen, rejected, ref_chosen, ref_rejected, beta)


@stages
def on_the_way(chosen, rejected, ref_chosen, ref_rejected, beta):
    chosen_reward, rejected_reward = beta * (chosen - ref_chosen), beta * (rejected - ref_rejected)
    return {
        "the rewards of chosen answers": chosen_reward,
        "the rewards of rejected answers": rejected_reward,
        "their differences": chosen_reward - rejected_reward,
    }


@variant
def by_softplus(chosen, rejected, ref_chosen, ref_rejected, beta):
    policy, ref = chosen - rejected, ref_chosen - ref_rejected
    return F.softplus(beta * (ref - policy)).mean()


@variant
def one_by_one(chosen, rejected, ref_chosen, ref_rejected, beta):
    losses = []
    for w, l, ref_w, ref_l in zip(chosen, rejected, ref_chosen, ref_rejected):
        rewards = torch.stack([beta * (w - ref_w), beta * (l - ref_l)])
        losses.append(-rewards.log_softmax(0)[0])
    return sum(losses) / len(losses)


@misconception(
    says="the loss without the reference",
    hint="An answer's reward is beta (log pi - log pi_ref): what counts is what has changed.",
)
def without_reference(chosen, rejected, ref_chosen, ref_rejected, beta):
    return -F.logsigmoid(beta * (chosen - rejected)).mean()


@misconception(
    says="the loss with chosen and rejected swapped",
    hint="The chosen answer is to gain: its reward less that of the rejected one.",
)
def swapped(chosen, rejected, ref_chosen, ref_rejected, beta):
    return -F.logsigmoid(beta * ((rejected - ref_rejected) - (chosen - ref_chosen))).mean()


@misconception(
    says="the loss without beta",
    hint="beta multiplies the log-ratios: it is what a nat of KL costs.",
)
def without_beta(chosen, rejected, ref_chosen, ref_rejected, beta):
    return -F.logsigmoid((chosen - ref_chosen) - (rejected - ref_rejected)).mean()


@misconception(
    says="the loss with rewards divided by beta",
    hint="r = beta log(pi / pi_ref): it multiplies here, as it divides in the optimum.",
)
def divided_by_beta(chosen, rejected, ref_chosen, ref_rejected, beta):
    return -F.logsigmoid(((chosen - ref_chosen) - (rejected - ref_rejected)) / beta).mean()


@misconception(
    says="minus the loss",
    hint="log sigmoid is never positive: a loss that is minimised is minus that.",
)
def without_minus(chosen, rejected, ref_chosen, ref_rejected, beta):
    return F.logsigmoid(beta * ((chosen - ref_chosen) - (rejected - ref_rejected))).mean()


@misconception(
    says="the sum over the pairs, and not their mean",
    hint="Take the mean over the pairs.",
)
def sum_over_pairs(chosen, rejected, ref_chosen, ref_rejected, beta):
    return -F.logsigmoid(beta * ((chosen - ref_chosen) - (rejected - ref_rejected))).sum()


@misconception(
    says="the loss with the reference's ratio added: the two differences have the same sign",
    hint="(log pi - log pi_ref) of the chosen, *less* the same of the rejected: mind the signs of the reference.",
)
def reference_added(chosen, rejected, ref_chosen, ref_rejected, beta):
    return -F.logsigmoid(beta * ((chosen - rejected) + (ref_chosen - ref_rejected))).mean()


@misconception(
    says="the loss of the chosen answers alone",
    hint="A preference compares two answers: subtract the reward of the rejected one.",
)
def chosen_alone(chosen, rejected, ref_chosen, ref_rejected, beta):
    return -F.logsigmoid(beta * (chosen - ref_chosen)).mean()


@misconception(
    says="a loss of each answer by itself: the chosen is called good, and the rejected is called bad",
    hint="Only the difference of the two rewards is known: one sigmoid of their difference.",
)
def each_by_itself(chosen, rejected, ref_chosen, ref_rejected, beta):
    return -(F.logsigmoid(beta * (chosen - ref_chosen)) + F.logsigmoid(-beta * (rejected - ref_rejected))).mean()


@misconception(
    says="the mean of 1 - sigmoid(d), the probability of an error",
    hint="The likelihood of all preferences is a product: take minus the logarithm of sigmoid(d).",
)
def without_log(chosen, rejected, ref_chosen, ref_rejected, beta):
    return (1 - torch.sigmoid(beta * ((chosen - ref_chosen) - (rejected - ref_rejected)))).mean()


@misconception(
    says="the loss of the mean difference: the mean is taken before the logarithm",
    hint="Each pair has a likelihood of its own: first `logsigmoid`, then the mean.",
)
def mean_first(chosen, rejected, ref_chosen, ref_rejected, beta):
    return -F.logsigmoid(beta * ((chosen - ref_chosen) - (rejected - ref_rejected)).mean())


@misconception(
    says="the loss with probabilities kept away from zero by 1e-8",
    hint="A number that is added changes what is rare: `logsigmoid` needs none.",
)
def epsilon_8(chosen, rejected, ref_chosen, ref_rejected, beta):
    return -(torch.sigmoid(beta * ((chosen - ref_chosen) - (rejected - ref_rejected))) + 1e-8).log().mean()


@misconception(
    says="the loss through which no gradient flows to the rejected answers",
    hint="Both answers teach: do not detach either.",
)
def rejected_detached(chosen, rejected, ref_chosen, ref_rejected, beta):
    return -F.logsigmoid(beta * ((chosen - ref_chosen) - (rejected.detach() - ref_rejected))).mean()


def reward(log_p, ref, beta):
    return beta * (log_p - ref)


def lead(chosen, rejected, ref_chosen, ref_rejected, beta):
    return reward(chosen, ref_chosen, beta) - reward(rejected, ref_rejected, beta)


@misconception(
    says="beta times the loss without it: beta stands outside of the sigmoid",
    hint="beta multiplies the log-ratios, within the sigmoid: -log sigmoid(beta (...)).",
)
def beta_outside(chosen, rejected, ref_chosen, ref_rejected, beta):
    return -beta * F.logsigmoid(lead(chosen, rejected, ref_chosen, ref_rejected, 1.0)).mean()


@misconception(
    says="the loss in which beta multiplies the policy's logarithms and not the reference's",
    hint="beta multiplies the whole log-ratio: beta (log pi - log pi_ref). Mind the brackets.",
)
def beta_on_the_policy(chosen, rejected, ref_chosen, ref_rejected, beta):
    return -F.logsigmoid(beta * (chosen - rejected) - (ref_chosen - ref_rejected)).mean()


@misconception(
    says="the loss in which beta multiplies the chosen answer's log-ratio and not the rejected one's",
    hint="Both rewards have a beta. Mind the brackets.",
)
def beta_on_the_chosen(chosen, rejected, ref_chosen, ref_rejected, beta):
    return -F.logsigmoid(reward(chosen, ref_chosen, beta) - reward(rejected, ref_rejected, 1.0)).mean()


@misconception(
    says="the loss with quotients of logarithms",
    hint="The logarithm of pi / pi_ref is the difference of the logarithms: chosen - ref_chosen.",
)
def quotients_of_logs(chosen, rejected, ref_chosen, ref_rejected, beta):
    return -F.logsigmoid(beta * (chosen / ref_chosen - rejected / ref_rejected)).mean()


@misconception(
    says="the loss with logarithms of quotients of logarithms",
    hint="The arguments are logarithms already: log(pi / pi_ref) is chosen - ref_chosen.",
)
def logs_of_quotients_of_logs(chosen, rejected, ref_chosen, ref_rejected, beta):
    return -F.logsigmoid(beta * ((chosen / ref_chosen).log() - (rejected / ref_rejected).log())).mean()


@misconception(
    says="the loss with the ratios of probabilities, without their logarithms",
    hint="An answer's reward is beta log(pi / pi_ref): the difference of the logarithms, without `exp`.",
)
def ratios(chosen, rejected, ref_chosen, ref_rejected, beta):
    return -F.logsigmoid(beta * ((chosen - ref_chosen).exp() - (rejected - ref_rejected).exp())).mean()


@misconception(
    says="the right loss, which is infinite where the sigmoid has been rounded to zero, or an exponential is too large",
    hint="`torch.nn.functional.logsigmoid(d)`, or `softplus(-d)`: no probability is formed on the way.",
)
def underflows(*given):
    return -torch.sigmoid(lead(*given).float()).log().mean().to(given[0].dtype)


@misconception(
    says="the logarithm of the mean probability",
    hint="Each pair has a likelihood of its own: first `logsigmoid`, then the mean.",
)
def mean_before_log(*given):
    return -torch.sigmoid(lead(*given)).mean().log()


@misconception(
    says="minus the mean of sigmoid(d), without a logarithm",
    hint="The likelihood of all preferences is a product: take minus the logarithm of sigmoid(d).",
)
def minus_the_probability(*given):
    return -torch.sigmoid(lead(*given)).mean()


@misconception(
    says="a hinge, max(0, 1 - d), in the place of -log sigmoid(d)",
    hint="Bradley and Terry's likelihood: -log sigmoid(d).",
)
def hinge(*given):
    return F.relu(1 - lead(*given)).mean()


@misconception(
    says="the square of d / beta - 1 / (2 beta), which is the loss of IPO",
    hint="Bradley and Terry's likelihood: -log sigmoid(d).",
)
def ipo(chosen, rejected, ref_chosen, ref_rejected, beta):
    return (lead(chosen, rejected, ref_chosen, ref_rejected, 1.0) - 1 / (2 * beta)).square().mean()


@misconception(
    says="DPO's loss and the chosen answers' likelihood besides",
    hint="DPO looks at differences only: nothing is added.",
)
def likelihood_besides(*given):
    return -F.logsigmoid(lead(*given)).mean() - given[0].mean()


@misconception(
    says="the loss with labels of 0.9 and 0.1",
    hint="The preferences count as they are: -log sigmoid(d), nothing smoothed.",
)
def smoothed(*given):
    d = lead(*given)
    return -(0.9 * F.logsigmoid(d) + 0.1 * F.logsigmoid(-d)).mean()


@misconception(
    says="the loss through which no gradient flows to the chosen answers",
    hint="Both answers teach: do not detach either.",
)
def chosen_detached(chosen, *others):
    return -F.logsigmoid(lead(chosen.detach(), *others)).mean()
