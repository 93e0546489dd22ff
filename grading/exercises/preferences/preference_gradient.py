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
    hint="In the deck a segment's rating is e to the *sum* of its rewards.",
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
    says="the mean over the comparisons",
    hint="The deck's loss is a sum over all of them.",
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


EQUIVALENT = {"-1 -> +1": "segments have two axes: the last is axis 1"}
