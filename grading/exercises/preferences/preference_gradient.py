"""The private half of preference-gradient."""

import torch
from llmcourse.checks.labs.preferences.preference_gradient import comparisons
from llmcourse.preferences import segments

from grading.exercises import misconception, reference, stages, variant

CASES = {"long segments": comparisons(6, 25), "unsure answers": comparisons(5, 4, answers=(0.9, 0.3, 0.5, 0.05))}


@reference
def preference_gradient(first, second, mu):
    loss = segments.preference_loss(first, second, mu)
    return loss, *segments.preference_gradient(first, second, mu)


@variant
def by_autograd(first, second, mu):
    with torch.enable_grad():
        a, b = first.detach().requires_grad_(), second.detach().requires_grad_()
        scores = torch.stack([a.sum(1), b.sum(1)], dim=1)
        loss = -(torch.stack([mu, 1 - mu], dim=1) * scores.log_softmax(1)).sum()
        slopes = torch.autograd.grad(loss, (a, b))
    return loss.detach(), *slopes


@variant
def by_entropy(first, second, mu):
    lead = torch.einsum("bl->b", first) - torch.einsum("bl->b", second)
    loss = torch.nn.functional.binary_cross_entropy_with_logits(lead, mu, reduction="sum")
    slope = (torch.sigmoid(lead) - mu).unsqueeze(1)
    return loss, slope.repeat(1, first.shape[1]), slope.neg().repeat(1, second.shape[1])


@stages
def on_the_way(first, second, mu):
    lead = first.sum(1) - second.sum(1)
    return {"the lead of the first segment": lead, "the probability that it is preferred": torch.sigmoid(lead)}


@misconception(
    says="the loss of segments that count by their mean reward",
    hint="A segment's rating is e to the *sum* of its rewards.",
)
def mean_rewards(first, second, mu):
    L = first.shape[-1]
    lead = (first.sum(-1) - second.sum(-1)) / L
    loss = -(mu * torch.nn.functional.logsigmoid(lead) + (1 - mu) * torch.nn.functional.logsigmoid(-lead)).sum()
    slope = ((torch.sigmoid(lead) - mu) / L)[:, None]
    return loss, slope.expand_as(first), -slope.expand_as(second)


@misconception(
    says="the right loss, with slopes of the log-likelihood: they point the other way",
    hint="The loss is minus the log-likelihood. Its slope by the first's rewards is p - mu.",
)
def uphill(first, second, mu):
    lead = first.sum(-1) - second.sum(-1)
    loss = -(mu * torch.nn.functional.logsigmoid(lead) + (1 - mu) * torch.nn.functional.logsigmoid(-lead)).sum()
    slope = (mu - torch.sigmoid(lead))[:, None]
    return loss, slope.expand_as(first), -slope.expand_as(second)


@misconception(
    says="the log-likelihood: the loss without its minus",
    hint="A loss falls when the model gets better. Put the minus back, before loss and slopes.",
)
def without_minus(first, second, mu):
    lead = first.sum(-1) - second.sum(-1)
    loss = (mu * torch.nn.functional.logsigmoid(lead) + (1 - mu) * torch.nn.functional.logsigmoid(-lead)).sum()
    slope = (mu - torch.sigmoid(lead))[:, None]
    return loss, slope.expand_as(first), -slope.expand_as(second)


@misconception(
    says="the loss in which ties count as wins of the second",
    hint="A tie gives half of its weight to either side: mu = 0.5 stays in the formula as it is.",
)
def ties_for_first(first, second, mu):
    mu = (mu > 0.5).to(mu.dtype)
    lead = first.sum(-1) - second.sum(-1)
    loss = -(mu * torch.nn.functional.logsigmoid(lead) + (1 - mu) * torch.nn.functional.logsigmoid(-lead)).sum()
    slope = (torch.sigmoid(lead) - mu)[:, None]
    return loss, slope.expand_as(first), -slope.expand_as(second)


@misconception(
    says="the loss without the ties",
    hint="A tie tells something: the two sums should be near each other. Leave it in.",
)
def ties_dropped(first, second, mu):
    kept = (mu != 0.5).to(first.dtype)
    lead = first.sum(-1) - second.sum(-1)
    each = mu * torch.nn.functional.logsigmoid(lead) + (1 - mu) * torch.nn.functional.logsigmoid(-lead)
    slope = (kept * (torch.sigmoid(lead) - mu))[:, None]
    return -(kept * each).sum(), slope.expand_as(first), -slope.expand_as(second)


@misconception(
    says="the mean over the comparisons, in the loss and in its slopes",
    hint="The loss is a sum over all of them, and so are its slopes.",
)
def mean_of_comparisons(first, second, mu):
    B = len(mu)
    lead = first.sum(-1) - second.sum(-1)
    loss = -(mu * torch.nn.functional.logsigmoid(lead) + (1 - mu) * torch.nn.functional.logsigmoid(-lead)).sum() / B
    slope = ((torch.sigmoid(lead) - mu) / B)[:, None]
    return loss, slope.expand_as(first), -slope.expand_as(second)


@misconception(
    says="the right loss, with the same sign for both segments",
    hint="What speaks for the first speaks against the second: its rewards enter the lead with a minus.",
)
def same_sign(first, second, mu):
    lead = first.sum(-1) - second.sum(-1)
    loss = -(mu * torch.nn.functional.logsigmoid(lead) + (1 - mu) * torch.nn.functional.logsigmoid(-lead)).sum()
    slope = (torch.sigmoid(lead) - mu)[:, None]
    return loss, slope.expand_as(first), slope.expand_as(second)


@misconception(
    says="the right loss, with a slope that is shared out among the steps",
    hint="Raise any one reward by a little and the whole sum rises by as much: every step gets all of p - mu.",
)
def shared_out(first, second, mu):
    L = first.shape[-1]
    lead = first.sum(-1) - second.sum(-1)
    loss = -(mu * torch.nn.functional.logsigmoid(lead) + (1 - mu) * torch.nn.functional.logsigmoid(-lead)).sum()
    slope = ((torch.sigmoid(lead) - mu) / L)[:, None]
    return loss, slope.expand_as(first), -slope.expand_as(second)


@misconception(
    says="the loss without its second half, for comparisons that the second won",
    hint="Where mu = 0 nothing would be learned: (1 - mu) log P(second) belongs to the sum too.",
)
def half_the_loss(first, second, mu):
    lead = first.sum(-1) - second.sum(-1)
    slope = (mu * (torch.sigmoid(lead) - 1))[:, None]
    return -(mu * torch.nn.functional.logsigmoid(lead)).sum(), slope.expand_as(first), -slope.expand_as(second)


@misconception(
    says="the loss by logarithms of probabilities that have been rounded to 0 or to 1",
    hint=(
        "`torch.nn.functional.logsigmoid(lead)` and `logsigmoid(-lead)` never form a probability, so nothing is "
        "rounded to 0 or 1."
    ),
)
def underflows(first, second, mu):
    lead = first.sum(-1) - second.sum(-1)
    p = torch.sigmoid(lead)
    loss = -(mu * p.log() + (1 - mu) * (1 - p).log()).sum()
    slope = (torch.sigmoid(lead) - mu)[:, None]
    return loss, slope.expand_as(first), -slope.expand_as(second)


@misconception(
    says="the loss with probabilities kept away from zero by 1e-6, which makes a sure surprise look harmless",
    hint=(
        "`torch.nn.functional.logsigmoid(lead)` and `logsigmoid(-lead)` never form a probability, so nothing is "
        "rounded to 0 or 1."
    ),
)
def epsilon_6(first, second, mu):
    lead = first.sum(-1) - second.sum(-1)
    p = torch.sigmoid(lead)
    loss = -(mu * (p + 1e-6).log() + (1 - mu) * (1 - p + 1e-6).log()).sum()
    slope = (torch.sigmoid(lead) - mu)[:, None]
    return loss, slope.expand_as(first), -slope.expand_as(second)


@misconception(
    says="the loss with probabilities kept away from zero by 1e-7, which makes a sure surprise look harmless",
    hint=(
        "`torch.nn.functional.logsigmoid(lead)` and `logsigmoid(-lead)` never form a probability, so nothing is "
        "rounded to 0 or 1."
    ),
)
def epsilon_7(first, second, mu):
    lead = first.sum(-1) - second.sum(-1)
    p = torch.sigmoid(lead)
    loss = -(mu * (p + 1e-7).log() + (1 - mu) * (1 - p + 1e-7).log()).sum()
    slope = (torch.sigmoid(lead) - mu)[:, None]
    return loss, slope.expand_as(first), -slope.expand_as(second)


@misconception(
    says="the loss with probabilities kept away from zero by 1e-8, which makes a sure surprise look harmless",
    hint=(
        "`torch.nn.functional.logsigmoid(lead)` and `logsigmoid(-lead)` never form a probability, so nothing is "
        "rounded to 0 or 1."
    ),
)
def epsilon_8(first, second, mu):
    lead = first.sum(-1) - second.sum(-1)
    p = torch.sigmoid(lead)
    loss = -(mu * (p + 1e-8).log() + (1 - mu) * (1 - p + 1e-8).log()).sum()
    slope = (torch.sigmoid(lead) - mu)[:, None]
    return loss, slope.expand_as(first), -slope.expand_as(second)


@misconception(
    says="the loss with probabilities kept away from zero by 1e-10, which makes a sure surprise look harmless",
    hint=(
        "`torch.nn.functional.logsigmoid(lead)` and `logsigmoid(-lead)` never form a probability, so nothing is "
        "rounded to 0 or 1."
    ),
)
def epsilon_10(first, second, mu):
    lead = first.sum(-1) - second.sum(-1)
    p = torch.sigmoid(lead)
    loss = -(mu * (p + 1e-10).log() + (1 - mu) * (1 - p + 1e-10).log()).sum()
    slope = (torch.sigmoid(lead) - mu)[:, None]
    return loss, slope.expand_as(first), -slope.expand_as(second)


@misconception(
    says="the loss with probabilities kept away from zero by 1e-12, which makes a sure surprise look harmless",
    hint=(
        "`torch.nn.functional.logsigmoid(lead)` and `logsigmoid(-lead)` never form a probability, so nothing is "
        "rounded to 0 or 1."
    ),
)
def epsilon_12(first, second, mu):
    lead = first.sum(-1) - second.sum(-1)
    p = torch.sigmoid(lead)
    loss = -(mu * (p + 1e-12).log() + (1 - mu) * (1 - p + 1e-12).log()).sum()
    slope = (torch.sigmoid(lead) - mu)[:, None]
    return loss, slope.expand_as(first), -slope.expand_as(second)


@misconception(
    says="the loss of F.binary_cross_entropy, which cuts logarithms off at -100",
    hint=(
        "`torch.nn.functional.logsigmoid(lead)` and `logsigmoid(-lead)` never form a probability, so nothing is "
        "rounded to 0 or 1. Or use `binary_cross_entropy_with_logits`."
    ),
)
def cut_at_a_hundred(first, second, mu):
    lead = first.sum(-1) - second.sum(-1)
    loss = torch.nn.functional.binary_cross_entropy(torch.sigmoid(lead), mu, reduction="sum")
    slope = (torch.sigmoid(lead) - mu)[:, None]
    return loss, slope.expand_as(first), -slope.expand_as(second)


@misconception(
    says="the loss of segments that count by their mean reward, with the slopes of a sum",
    hint="A segment's rating is e to the *sum* of its rewards, and p belongs to that sum.",
)
def mean_without_its_slope(first, second, mu):
    lead = first.mean(-1) - second.mean(-1)
    loss = -(mu * torch.nn.functional.logsigmoid(lead) + (1 - mu) * torch.nn.functional.logsigmoid(-lead)).sum()
    slope = (torch.sigmoid(lead) - mu)[:, None]
    return loss, slope.expand_as(first), -slope.expand_as(second)


@misconception(
    says="the right loss, with slopes that are multiplied by the step's own reward",
    hint="The slope is *by* the reward: the lead grows by 1 with each of the first's rewards, whatever its size.",
)
def times_the_reward(first, second, mu):
    lead = first.sum(-1) - second.sum(-1)
    loss = -(mu * torch.nn.functional.logsigmoid(lead) + (1 - mu) * torch.nn.functional.logsigmoid(-lead)).sum()
    slope = (torch.sigmoid(lead) - mu)[:, None]
    return loss, slope * first, -slope * second


@misconception(
    says="the mean over the comparisons for the loss, with the slopes of the sum",
    hint="The loss is a sum over all comparisons, as its slopes already are.",
)
def mean_loss_alone(first, second, mu):
    lead = first.sum(-1) - second.sum(-1)
    loss = -(mu * torch.nn.functional.logsigmoid(lead) + (1 - mu) * torch.nn.functional.logsigmoid(-lead)).sum()
    slope = (torch.sigmoid(lead) - mu)[:, None]
    return loss / len(mu), slope.expand_as(first), -slope.expand_as(second)


@misconception(
    says="the right loss, with the slopes of the mean over the comparisons",
    hint="The loss is a sum, so its slopes are not divided by the number of comparisons.",
)
def mean_slopes_alone(first, second, mu):
    lead = first.sum(-1) - second.sum(-1)
    loss = -(mu * torch.nn.functional.logsigmoid(lead) + (1 - mu) * torch.nn.functional.logsigmoid(-lead)).sum()
    slope = ((torch.sigmoid(lead) - mu) / len(mu))[:, None]
    return loss, slope.expand_as(first), -slope.expand_as(second)


@misconception(
    says="the right slopes, with the log-likelihood in place of the loss",
    hint="Put the minus before the sum: a loss falls when the model gets better.",
)
def loss_turned_alone(first, second, mu):
    lead = first.sum(-1) - second.sum(-1)
    loss = -(mu * torch.nn.functional.logsigmoid(lead) + (1 - mu) * torch.nn.functional.logsigmoid(-lead)).sum()
    slope = (torch.sigmoid(lead) - mu)[:, None]
    return -loss, slope.expand_as(first), -slope.expand_as(second)


@misconception(
    says="the loss in which both answers have the weight mu",
    hint="The second answer has the weight mu(2) = 1 - mu.",
)
def mu_for_both(first, second, mu):
    lead = first.sum(-1) - second.sum(-1)
    loss = -(mu * torch.nn.functional.logsigmoid(lead) + mu * torch.nn.functional.logsigmoid(-lead)).sum()
    slope = (mu * (2 * torch.sigmoid(lead) - 1))[:, None]
    return loss, slope.expand_as(first), -slope.expand_as(second)


@misconception(
    says="the loss of single steps, each compared with the step at the same place",
    hint="What is compared are whole segments: first add up the rewards of each, then take one probability.",
)
def step_by_step(first, second, mu):
    lead = first - second
    m = mu[:, None]
    loss = -(m * torch.nn.functional.logsigmoid(lead) + (1 - m) * torch.nn.functional.logsigmoid(-lead)).sum()
    slope = torch.sigmoid(lead) - m
    return loss, slope, -slope


@misconception(
    says="the right loss, with slopes (p - mu) p (1 - p)",
    hint="The factor p (1 - p) is for a squared error. The logarithm takes it away: d loss / d lead = p - mu.",
)
def with_the_slope_of_p(first, second, mu):
    lead = first.sum(-1) - second.sum(-1)
    loss = -(mu * torch.nn.functional.logsigmoid(lead) + (1 - mu) * torch.nn.functional.logsigmoid(-lead)).sum()
    p = torch.sigmoid(lead)
    slope = ((p - mu) * p * (1 - p))[:, None]
    return loss, slope.expand_as(first), -slope.expand_as(second)


@misconception(
    says="the squared error of the probabilities, with its slopes",
    hint="The loss is minus a log-likelihood: mu log p + (1 - mu) log(1 - p).",
)
def squared_error(first, second, mu):
    lead = first.sum(-1) - second.sum(-1)
    p = torch.sigmoid(lead)
    slope = (2 * (p - mu) * p * (1 - p))[:, None]
    return ((p - mu) ** 2).sum(), slope.expand_as(first), -slope.expand_as(second)


@misconception(
    says="the loss of segments rated by the sum of e to the rewards, with its slopes",
    hint=(
        "A rating is e to the sum of the rewards, not the sum of e to the rewards: the lead is a difference of plain "
        "sums."
    ),
)
def logsumexp(first, second, mu):
    lead = torch.logsumexp(first, -1) - torch.logsumexp(second, -1)
    loss = -(mu * torch.nn.functional.logsigmoid(lead) + (1 - mu) * torch.nn.functional.logsigmoid(-lead)).sum()
    slope = (torch.sigmoid(lead) - mu)[:, None]
    return loss, slope * first.softmax(-1), -slope * second.softmax(-1)


@misconception(
    says="the loss in which ties count as wins of the first",
    hint="A tie gives half of its weight to either side: mu = 0.5 stays in the formula as it is.",
)
def ties_for_the_first(first, second, mu):
    mu = (mu >= 0.5).to(mu.dtype)
    lead = first.sum(-1) - second.sum(-1)
    loss = -(mu * torch.nn.functional.logsigmoid(lead) + (1 - mu) * torch.nn.functional.logsigmoid(-lead)).sum()
    slope = (torch.sigmoid(lead) - mu)[:, None]
    return loss, slope.expand_as(first), -slope.expand_as(second)


@misconception(
    says="the loss for the opposite answers: mu is taken for the share of the second",
    hint="`mu` is how much of the preference goes to the first: it belongs to log P(first over second).",
)
def answers_turned(first, second, mu):
    lead = first.sum(-1) - second.sum(-1)
    mu = 1 - mu
    loss = -(mu * torch.nn.functional.logsigmoid(lead) + (1 - mu) * torch.nn.functional.logsigmoid(-lead)).sum()
    slope = (torch.sigmoid(lead) - mu)[:, None]
    return loss, slope.expand_as(first), -slope.expand_as(second)


@misconception(
    says="the loss of the lead of the second over the first, with slopes that do not follow",
    hint="The lead is the first's sum less the second's.",
)
def lead_turned(first, second, mu):
    lead = second.sum(-1) - first.sum(-1)
    loss = -(mu * torch.nn.functional.logsigmoid(lead) + (1 - mu) * torch.nn.functional.logsigmoid(-lead)).sum()
    slope = (torch.sigmoid(lead) - mu)[:, None]
    return loss, slope.expand_as(first), -slope.expand_as(second)


@misconception(
    says="the right loss, with slopes of the second by its own probability less mu",
    hint="The second's share of the answer is 1 - mu: its slope is (1 - p) - (1 - mu), which is mu - p.",
)
def second_by_its_own(first, second, mu):
    lead = first.sum(-1) - second.sum(-1)
    loss = -(mu * torch.nn.functional.logsigmoid(lead) + (1 - mu) * torch.nn.functional.logsigmoid(-lead)).sum()
    slope = (torch.sigmoid(lead) - mu)[:, None]
    return loss, slope.expand_as(first), ((1 - torch.sigmoid(lead)) - mu)[:, None].expand_as(second)


@misconception(
    says="the right loss, with the probability p for a slope",
    hint="The answer belongs in the slope: p - mu, which is 0 where the model says what people say.",
)
def probability_alone(first, second, mu):
    lead = first.sum(-1) - second.sum(-1)
    loss = -(mu * torch.nn.functional.logsigmoid(lead) + (1 - mu) * torch.nn.functional.logsigmoid(-lead)).sum()
    slope = torch.sigmoid(lead)[:, None]
    return loss, slope.expand_as(first), -slope.expand_as(second)


@misconception(
    says="the right loss, with slopes at the last step only",
    hint="Every step adds its reward to the sum, so every step gets p - mu.",
)
def last_step_alone(first, second, mu):
    lead = first.sum(-1) - second.sum(-1)
    loss = -(mu * torch.nn.functional.logsigmoid(lead) + (1 - mu) * torch.nn.functional.logsigmoid(-lead)).sum()
    slope = (torch.sigmoid(lead) - mu)[:, None]
    last = torch.arange(first.shape[-1]) == first.shape[-1] - 1
    return loss, slope * last, -slope * last


@misconception(
    says="the right loss, with no slope for the second segment",
    hint="The second's rewards enter the lead with a minus: their slope is mu - p.",
)
def first_segment_alone(first, second, mu):
    lead = first.sum(-1) - second.sum(-1)
    loss = -(mu * torch.nn.functional.logsigmoid(lead) + (1 - mu) * torch.nn.functional.logsigmoid(-lead)).sum()
    slope = (torch.sigmoid(lead) - mu)[:, None]
    return loss, slope.expand_as(first), torch.zeros_like(second)


EQUIVALENT = {"-1 -> +1": "segments have two axes: the last is axis 1"}
