"""Answers to preference-gradient by people who have not seen its private half."""

import torch
import torch.nn.functional as F

from grading.answers import answer


def value(lead, mu):
    return -(mu * F.logsigmoid(lead) + (1 - mu) * F.logsigmoid(-lead)).sum()


@answer("preference-gradient", "slope mu - p: the sign", "wrong", means="uphill")
def _(first, second, mu):
    lead = first.sum(-1) - second.sum(-1)
    d = (mu - torch.sigmoid(lead))[:, None].expand_as(first)
    return value(lead, mu), d, -d


@answer("preference-gradient", "both slopes with the same sign", "wrong", means="same_sign")
def _(first, second, mu):
    lead = first.sum(-1) - second.sum(-1)
    d = (torch.sigmoid(lead) - mu)[:, None].expand_as(first)
    return value(lead, mu), d, d


@answer("preference-gradient", "mean over the steps in lead", "wrong", means="mean_without_its_slope")
def _(first, second, mu):
    lead = first.mean(-1) - second.mean(-1)
    d = (torch.sigmoid(lead) - mu)[:, None].expand_as(first)
    return value(lead, mu), d, -d


@answer("preference-gradient", "slope shared out over the steps: / L", "wrong", means="shared_out")
def _(first, second, mu):
    lead = first.sum(-1) - second.sum(-1)
    L = first.shape[1]
    d = ((torch.sigmoid(lead) - mu) / L)[:, None].expand_as(first)
    return value(lead, mu), d, -d


@answer("preference-gradient", "slope times the step's reward", "wrong", means="times_the_reward")
def _(first, second, mu):
    lead = first.sum(-1) - second.sum(-1)
    d = (torch.sigmoid(lead) - mu)[:, None]
    return value(lead, mu), d * first, -d * second


@answer("preference-gradient", "loss is a mean over comparisons", "wrong", means="mean_loss_alone")
def _(first, second, mu):
    lead = first.sum(-1) - second.sum(-1)
    d = (torch.sigmoid(lead) - mu)[:, None].expand_as(first)
    return value(lead, mu) / len(mu), d, -d


@answer("preference-gradient", "loss and slopes as means over comparisons", "wrong", means="mean_of_comparisons")
def _(first, second, mu):
    lead = first.sum(-1) - second.sum(-1)
    loss = F.binary_cross_entropy_with_logits(lead, mu)
    d = ((torch.sigmoid(lead) - mu) / len(mu))[:, None].expand_as(first)
    return loss, d, -d


@answer("preference-gradient", "loss without the minus", "wrong", means="loss_turned_alone")
def _(first, second, mu):
    lead = first.sum(-1) - second.sum(-1)
    d = (torch.sigmoid(lead) - mu)[:, None].expand_as(first)
    return -value(lead, mu), d, -d


@answer("preference-gradient", "loss as a vector, one for each comparison", "wrong")
def _(first, second, mu):
    lead = first.sum(-1) - second.sum(-1)
    loss = -(mu * F.logsigmoid(lead) + (1 - mu) * F.logsigmoid(-lead))
    d = (torch.sigmoid(lead) - mu)[:, None].expand_as(first)
    return loss, d, -d


@answer("preference-gradient", "one slope for each segment: (B,)", "wrong")
def _(first, second, mu):
    lead = first.sum(-1) - second.sum(-1)
    d = torch.sigmoid(lead) - mu
    return value(lead, mu), d, -d


@answer("preference-gradient", "slopes (B, 1), left to broadcasting", "wrong")
def _(first, second, mu):
    lead = (first - second).sum(-1, keepdim=True)
    d = torch.sigmoid(lead) - mu[:, None]
    return value(lead[:, 0], mu), d, -d


@answer("preference-gradient", "mu(2) log p(2) forgotten", "wrong", means="half_the_loss")
def _(first, second, mu):
    lead = first.sum(-1) - second.sum(-1)
    p = torch.sigmoid(lead)
    d = (-mu * (1 - p))[:, None].expand_as(first)
    return -(mu * F.logsigmoid(lead)).sum(), d, -d


@answer("preference-gradient", "mu(2) = mu, not 1 - mu", "wrong", means="mu_for_both")
def _(first, second, mu):
    lead = first.sum(-1) - second.sum(-1)
    p = torch.sigmoid(lead)
    loss = -(mu * F.logsigmoid(lead) + mu * F.logsigmoid(-lead)).sum()
    d = (mu * (2 * p - 1))[:, None].expand_as(first)
    return loss, d, -d


@answer("preference-gradient", "p of every step by itself", "wrong", means="step_by_step")
def _(first, second, mu):
    lead = first - second
    m = mu[:, None]
    loss = -(m * F.logsigmoid(lead) + (1 - m) * F.logsigmoid(-lead)).sum()
    d = torch.sigmoid(lead) - m
    return loss, d, -d


@answer("preference-gradient", "second minus first in lead", "wrong", means="lead_turned")
def _(first, second, mu):
    lead = second.sum(-1) - first.sum(-1)
    d = (torch.sigmoid(lead) - mu)[:, None].expand_as(first)
    return value(lead, mu), d, -d


@answer("preference-gradient", "loss returned last", "wrong")
def _(first, second, mu):
    lead = first.sum(-1) - second.sum(-1)
    d = (torch.sigmoid(lead) - mu)[:, None].expand_as(first)
    return d, -d, value(lead, mu)


@answer("preference-gradient", "slope with p (1 - p), as for a squared error", "wrong", means="with_the_slope_of_p")
def _(first, second, mu):
    lead = first.sum(-1) - second.sum(-1)
    p = torch.sigmoid(lead)
    d = ((p - mu) * p * (1 - p))[:, None].expand_as(first)
    return value(lead, mu), d, -d


@answer("preference-gradient", "squared error (p - mu)^2", "wrong", means="squared_error")
def _(first, second, mu):
    lead = first.sum(-1) - second.sum(-1)
    p = torch.sigmoid(lead)
    d = (2 * (p - mu) * p * (1 - p))[:, None].expand_as(first)
    return ((p - mu) ** 2).sum(), d, -d


@answer("preference-gradient", "ratings without exp: sum1 / (sum1 + sum2)", "wrong")
def _(first, second, mu):
    a, b = first.sum(-1), second.sum(-1)
    p = a / (a + b)
    loss = -(mu * p.abs().log() + (1 - mu) * (1 - p).abs().log()).sum()
    d = (p - mu)[:, None].expand_as(first)
    return loss, d, -d


@answer("preference-gradient", "sum of exp(r) as rating of a segment", "wrong", means="logsumexp")
def _(first, second, mu):
    lead = torch.logsumexp(first, -1) - torch.logsumexp(second, -1)
    d = (torch.sigmoid(lead) - mu)[:, None]
    return value(lead, mu), d * torch.softmax(first, -1), -d * torch.softmax(second, -1)


@answer("preference-gradient", "log(sigmoid): infinite loss for a sure surprise", "wrong", means="underflows")
def _(first, second, mu):
    p = torch.sigmoid(first.sum(-1) - second.sum(-1))
    loss = -(mu * torch.log(p) + (1 - mu) * torch.log(1 - p)).sum()
    d = (p - mu)[:, None].expand_as(first)
    return loss, d, -d


@answer("preference-gradient", "log with an epsilon", "wrong", means="epsilon_7")
def _(first, second, mu):
    p = torch.sigmoid(first.sum(-1) - second.sum(-1))
    loss = -(mu * torch.log(p + 1e-7) + (1 - mu) * torch.log(1 - p + 1e-7)).sum()
    d = (p - mu)[:, None].expand_as(first)
    return loss, d, -d


@answer("preference-gradient", "ties thrown away", "wrong", means="ties_dropped")
def _(first, second, mu):
    lead = first.sum(-1) - second.sum(-1)
    told = (mu != 0.5).to(lead.dtype)
    loss = -(told * (mu * F.logsigmoid(lead) + (1 - mu) * F.logsigmoid(-lead))).sum()
    d = (told * (torch.sigmoid(lead) - mu))[:, None].expand_as(first)
    return loss, d, -d


@answer("preference-gradient", "ties rounded to a win of the first: mu >= 0.5", "wrong", means="ties_for_the_first")
def _(first, second, mu):
    mu = (mu >= 0.5).to(first.dtype)
    lead = first.sum(-1) - second.sum(-1)
    d = (torch.sigmoid(lead) - mu)[:, None].expand_as(first)
    return value(lead, mu), d, -d


@answer("preference-gradient", "sum over the batch axis", "wrong")
def _(first, second, mu):
    lead = (first - second).sum(0)
    p = torch.sigmoid(lead)
    loss = -(mu.mean() * F.logsigmoid(lead) + (1 - mu.mean()) * F.logsigmoid(-lead)).sum()
    d = (p - mu.mean())[None, :].expand_as(first)
    return loss, d, -d


@answer("preference-gradient", "only the loss returned", "wrong")
def _(first, second, mu):
    return value(first.sum(-1) - second.sum(-1), mu)


@answer("preference-gradient", "slope of the second from its own p: p2 - mu", "wrong", means="second_by_its_own")
def _(first, second, mu):
    lead = first.sum(-1) - second.sum(-1)
    p = torch.sigmoid(lead)
    d1 = (p - mu)[:, None].expand_as(first)
    d2 = ((1 - p) - mu)[:, None].expand_as(second)
    return value(lead, mu), d1, d2


@answer("preference-gradient", "slope is p alone", "wrong", means="probability_alone")
def _(first, second, mu):
    lead = first.sum(-1) - second.sum(-1)
    d = torch.sigmoid(lead)[:, None].expand_as(first)
    return value(lead, mu), d, -d


@answer("preference-gradient", "slope only at the last step", "wrong", means="last_step_alone")
def _(first, second, mu):
    lead = first.sum(-1) - second.sum(-1)
    d = torch.zeros_like(first)
    d[:, -1] = torch.sigmoid(lead) - mu
    return value(lead, mu), d, -d


@answer("preference-gradient", "loss as a Python number", "wrong")
def _(first, second, mu):
    lead = first.sum(-1) - second.sum(-1)
    d = (torch.sigmoid(lead) - mu)[:, None].expand_as(first)
    return value(lead, mu).item(), d, -d


@answer(
    "preference-gradient", "autograd of copies, but torch.autograd.grad of the mean", "wrong", means="mean_slopes_alone"
)
def _(first, second, mu):
    a, b = first.detach().clone().requires_grad_(), second.detach().clone().requires_grad_()
    lead = a.sum(-1) - b.sum(-1)
    da, db = torch.autograd.grad(F.binary_cross_entropy_with_logits(lead, mu), (a, b))
    return value(lead, mu).detach(), da, db


@answer("preference-gradient", "softplus form, repeat", "right")
def _(first, second, mu):
    lead = (first - second).sum(1)
    loss = (F.softplus(lead) - mu * lead).sum()
    slope = (torch.sigmoid(lead) - mu).unsqueeze(1).repeat(1, first.shape[1])
    return loss, slope, slope.neg()


@answer("preference-gradient", "loop over comparisons", "right")
def _(first, second, mu):
    loss, d = torch.zeros((), dtype=first.dtype), torch.zeros_like(first)
    for b in range(len(mu)):
        lead = first[b].sum() - second[b].sum()
        loss = loss - mu[b] * F.logsigmoid(lead) - (1 - mu[b]) * F.logsigmoid(-lead)
        d[b] = -mu[b] * torch.sigmoid(-lead) + (1 - mu[b]) * torch.sigmoid(lead)
    return loss, d, -d


@answer("preference-gradient", "binary cross-entropy, outer product with ones", "right")
def _(first, second, mu):
    lead = first.sum(-1) - second.sum(-1)
    loss = F.binary_cross_entropy_with_logits(lead, mu, reduction="sum")
    d = torch.outer(torch.sigmoid(lead) - mu, torch.ones_like(first[0]))
    return [loss, d, -d]


@answer("preference-gradient", "log_softmax over the two segments", "right")
def _(first, second, mu):
    sums = torch.stack([first.sum(-1), second.sum(-1)], -1)
    target = torch.stack([mu, 1 - mu], -1)
    loss = -(target * torch.log_softmax(sums, -1)).sum()
    d = torch.softmax(sums, -1) - target
    one = torch.ones_like(first)
    return loss, d[:, :1] * one, d[:, 1:] * one


@answer("preference-gradient", "float64 and einsum", "right")
def _(first, second, mu):
    lead = torch.einsum("bl->b", first.double()) - torch.einsum("bl->b", second.double())
    m = mu.double()
    loss = (torch.log1p(torch.exp(-lead.abs())) + lead.clamp(min=0) - m * lead).sum()
    d = torch.einsum("b,l->bl", torch.sigmoid(lead) - m, torch.ones(first.shape[1], dtype=torch.float64))
    return loss.to(first.dtype), d.to(first.dtype), -d.to(first.dtype)


@answer("preference-gradient", "autograd on own copies", "right", rule="by a formula of your own")
def _(first, second, mu):
    with torch.enable_grad():
        a, b = first.detach().clone().requires_grad_(), second.detach().clone().requires_grad_()
        loss = value(a.sum(-1) - b.sum(-1), mu)
        da, db = torch.autograd.grad(loss, (a, b))
    return loss.detach(), da, db


@answer("preference-gradient", "difference of two tanh forms", "right")
def _(first, second, mu):
    lead = first.sum(-1) - second.sum(-1)
    d = (0.5 * (1 + torch.tanh(lead / 2)) - mu).reshape(-1, 1) + torch.zeros_like(first)
    return torch.logaddexp(torch.zeros_like(lead), -lead).sum() + ((1 - mu) * lead).sum(), d, -1 * d


def lead_of(first, second):
    return first.sum(-1) - second.sum(-1)


def nll(lead, mu):
    return -(mu * F.logsigmoid(lead) + (1 - mu) * F.logsigmoid(-lead))


@answer("preference-gradient", "slopes divided by L", "wrong", means="shared_out")
def _(first, second, mu):
    lead = lead_of(first, second)
    loss = nll(lead, mu).sum()
    d = (torch.sigmoid(lead) - mu) / first.shape[1]
    return loss, d[:, None].expand_as(first), -d[:, None].expand_as(first)


@answer(
    "preference-gradient",
    "loss is the mean over the comparisons, slopes those of the sum",
    "wrong",
    means="mean_loss_alone",
)
def _(first, second, mu):
    lead = lead_of(first, second)
    loss = F.binary_cross_entropy_with_logits(lead, mu)
    d = torch.sigmoid(lead) - mu
    return loss, d[:, None].expand_as(first), -d[:, None].expand_as(first)


@answer(
    "preference-gradient",
    "binary_cross_entropy of the sigmoid: PyTorch cuts the logarithm at -100",
    "wrong",
    means="cut_at_a_hundred",
)
def _(first, second, mu):
    p = torch.sigmoid(first.sum(1) - second.sum(1))
    loss = F.binary_cross_entropy(p, mu, reduction="sum")
    d = (p - mu).unsqueeze(1)
    return loss, d.repeat(1, first.shape[1]), -d.repeat(1, first.shape[1])


@answer(
    "preference-gradient",
    "Bradley-Terry step by step: compares the rewards at each t, not the sums",
    "wrong",
    means="step_by_step",
)
def _(first, second, mu):
    d = first - second
    m = mu[:, None]
    loss = -(m * F.logsigmoid(d) + (1 - m) * F.logsigmoid(-d)).sum()
    g = torch.sigmoid(d) - m
    return loss, g, -g


@answer(
    "preference-gradient",
    "slopes times p(1 - p): derivative of the sigmoid once too often",
    "wrong",
    means="with_the_slope_of_p",
)
def _(first, second, mu):
    lead = lead_of(first, second)
    p = torch.sigmoid(lead)
    d = ((p - mu) * p * (1 - p))[:, None].expand_as(first)
    return nll(lead, mu).sum(), d, -d


@answer(
    "preference-gradient", "the second term forgotten: loss -mu log p and its slope", "wrong", means="half_the_loss"
)
def _(first, second, mu):
    lead = lead_of(first, second)
    loss = -(mu * F.logsigmoid(lead)).sum()
    d = (-mu * torch.sigmoid(-lead))[:, None].expand_as(first)
    return loss, d, -d


@answer(
    "preference-gradient", "ties are thrown out: comparisons with mu = 0.5 count nothing", "wrong", means="ties_dropped"
)
def _(first, second, mu):
    lead = lead_of(first, second)
    use = (mu != 0.5).to(first.dtype)
    loss = (use * nll(lead, mu)).sum()
    d = (use * (torch.sigmoid(lead) - mu))[:, None].expand_as(first)
    return loss, d, -d


@answer("preference-gradient", "slopes are (B, 1), not spread over the steps", "wrong")
def _(first, second, mu):
    lead = lead_of(first, second)
    d = (torch.sigmoid(lead) - mu)[:, None]
    return nll(lead, mu).sum(), d, -d


@answer("preference-gradient", "slopes multiplied by the step's own reward", "wrong", means="times_the_reward")
def _(first, second, mu):
    lead = lead_of(first, second)
    d = (torch.sigmoid(lead) - mu)[:, None]
    return nll(lead, mu).sum(), d * first, -d * second


@answer("preference-gradient", "loop over comparisons, logaddexp", "right")
def _(first, second, mu):
    loss = first.new_zeros(())
    a, b = torch.empty_like(first), torch.empty_like(second)
    for k in range(len(mu)):
        s, t = first[k].sum(), second[k].sum()
        both = torch.logaddexp(s, t)
        loss = loss - mu[k] * (s - both) - (1 - mu[k]) * (t - both)
        a[k] = torch.exp(s - both) - mu[k]
        b[k] = torch.exp(t - both) - (1 - mu[k])
    return loss, a, b


@answer("preference-gradient", "softmax over two segments, cross entropy with soft targets, einsum", "right")
def _(first, second, mu):
    z = torch.stack([first.sum(-1), second.sum(-1)], -1)
    target = torch.stack([mu, 1 - mu], -1)
    loss = -(target * z.log_softmax(-1)).sum()
    d = z.softmax(-1) - target
    ones = torch.ones(first.shape[1], dtype=first.dtype)
    return loss, torch.einsum("b,l->bl", d[:, 0], ones), torch.einsum("b,l->bl", d[:, 1], ones)


@answer("preference-gradient", "softplus(-lead) + (1 - mu) lead, outer product", "right")
def _(first, second, mu):
    lead = (first - second).sum(1)
    loss = (F.softplus(-lead) + (1 - mu) * lead).sum()
    d = 1 / (1 + torch.exp(-lead)) - mu
    a = torch.outer(d, torch.ones_like(first[0]))
    return loss, a, a.neg()
