"""Answers to dpo-loss, written without a look at its private half."""

import torch
import torch.nn.functional as F

from grading.answers import answer


def lead(chosen, rejected, ref_chosen, ref_rejected, beta):
    return beta * ((chosen - ref_chosen) - (rejected - ref_rejected))


@answer("dpo-loss", "no minus", "wrong")
def _(*given):
    return F.logsigmoid(lead(*given)).mean()


@answer("dpo-loss", "the rejected one leads", "wrong")
def _(*given):
    return -F.logsigmoid(-lead(*given)).mean()


@answer("dpo-loss", "no reference", "wrong")
def _(chosen, rejected, ref_chosen, ref_rejected, beta):
    return -F.logsigmoid(beta * (chosen - rejected)).mean()


@answer("dpo-loss", "no beta", "wrong")
def _(chosen, rejected, ref_chosen, ref_rejected, beta):
    return -F.logsigmoid(lead(chosen, rejected, ref_chosen, ref_rejected, 1.0)).mean()


@answer("dpo-loss", "beta outside of the sigmoid", "wrong")
def _(chosen, rejected, ref_chosen, ref_rejected, beta):
    return -beta * F.logsigmoid(lead(chosen, rejected, ref_chosen, ref_rejected, 1.0)).mean()


@answer("dpo-loss", "divided by beta", "wrong")
def _(chosen, rejected, ref_chosen, ref_rejected, beta):
    return -F.logsigmoid(lead(chosen, rejected, ref_chosen, ref_rejected, 1 / beta)).mean()


@answer("dpo-loss", "beta on the policy only", "wrong")
def _(chosen, rejected, ref_chosen, ref_rejected, beta):
    return -F.logsigmoid(beta * (chosen - rejected) - (ref_chosen - ref_rejected)).mean()


@answer("dpo-loss", "beta on the chosen one only", "wrong")
def _(chosen, rejected, ref_chosen, ref_rejected, beta):
    return -F.logsigmoid(beta * (chosen - ref_chosen) - (rejected - ref_rejected)).mean()


@answer("dpo-loss", "beta twice", "wrong")
def _(chosen, rejected, ref_chosen, ref_rejected, beta):
    return -F.logsigmoid(lead(chosen, rejected, ref_chosen, ref_rejected, beta * beta)).mean()


@answer("dpo-loss", "the reference is added", "wrong")
def _(chosen, rejected, ref_chosen, ref_rejected, beta):
    return -F.logsigmoid(beta * ((chosen - rejected) + (ref_chosen - ref_rejected))).mean()


@answer("dpo-loss", "the references exchanged", "wrong")
def _(chosen, rejected, ref_chosen, ref_rejected, beta):
    return -F.logsigmoid(beta * ((chosen - ref_rejected) - (rejected - ref_chosen))).mean()


@answer("dpo-loss", "rewards added, not compared", "wrong")
def _(chosen, rejected, ref_chosen, ref_rejected, beta):
    return -F.logsigmoid(beta * ((chosen - ref_chosen) + (rejected - ref_rejected))).mean()


@answer("dpo-loss", "quotients of logarithms", "wrong")
def _(chosen, rejected, ref_chosen, ref_rejected, beta):
    return -F.logsigmoid(beta * (chosen / ref_chosen - rejected / ref_rejected)).mean()


@answer("dpo-loss", "ratios of probabilities", "wrong")
def _(chosen, rejected, ref_chosen, ref_rejected, beta):
    return -F.logsigmoid(beta * ((chosen - ref_chosen).exp() - (rejected - ref_rejected).exp())).mean()


@answer("dpo-loss", "log(p / p_ref) of what is a logarithm already", "wrong")
def _(chosen, rejected, ref_chosen, ref_rejected, beta):
    return -F.logsigmoid(beta * (torch.log(chosen / ref_chosen) - torch.log(rejected / ref_rejected))).mean()


@answer("dpo-loss", "log of a sigmoid, which underflows", "wrong")
def _(*given):
    return -torch.log(torch.sigmoid(lead(*given))).mean()


@answer("dpo-loss", "log(sigmoid + 1e-8)", "wrong")
def _(*given):
    return -torch.log(torch.sigmoid(lead(*given)) + 1e-8).mean()


@answer("dpo-loss", "log(1 + exp(-d)), which overflows", "wrong")
def _(*given):
    return torch.log(1 + torch.exp(-lead(*given))).mean()


@answer("dpo-loss", "lead clamped to 20", "wrong")
def _(*given):
    return -F.logsigmoid(lead(*given).clamp(-20, 20)).mean()


@answer("dpo-loss", "the sum", "wrong")
def _(*given):
    return -F.logsigmoid(lead(*given)).sum()


@answer("dpo-loss", "one loss for each pair", "wrong")
def _(*given):
    return -F.logsigmoid(lead(*given))


@answer("dpo-loss", "of the mean lead", "wrong")
def _(*given):
    return -F.logsigmoid(lead(*given).mean())


@answer("dpo-loss", "the log of the mean probability", "wrong")
def _(*given):
    return -torch.log(torch.sigmoid(lead(*given)).mean())


@answer("dpo-loss", "no logarithm", "wrong")
def _(*given):
    return -torch.sigmoid(lead(*given)).mean()


@answer("dpo-loss", "1 - sigmoid", "wrong")
def _(*given):
    return torch.sigmoid(-lead(*given)).mean()


@answer("dpo-loss", "hinge", "wrong")
def _(*given):
    return F.relu(1 - lead(*given)).mean()


@answer("dpo-loss", "IPO's square", "wrong")
def _(chosen, rejected, ref_chosen, ref_rejected, beta):
    return (lead(chosen, rejected, ref_chosen, ref_rejected, 1.0) - 1 / (2 * beta)).square().mean()


@answer("dpo-loss", "a loss for either answer", "wrong")
def _(chosen, rejected, ref_chosen, ref_rejected, beta):
    each = F.logsigmoid(beta * (chosen - ref_chosen)) + F.logsigmoid(-beta * (rejected - ref_rejected))
    return -each.mean()


@answer("dpo-loss", "the chosen one's likelihood as well", "wrong")
def _(chosen, *others):
    return -F.logsigmoid(lead(chosen, *others)).mean() - chosen.mean()


@answer("dpo-loss", "smoothed labels", "wrong")
def _(*given):
    d = lead(*given)
    return -(0.9 * F.logsigmoid(d) + 0.1 * F.logsigmoid(-d)).mean()


@answer("dpo-loss", "a gradient through the chosen one only", "wrong")
def _(chosen, rejected, ref_chosen, ref_rejected, beta):
    return -F.logsigmoid(lead(chosen, rejected.detach(), ref_chosen, ref_rejected, beta)).mean()


@answer("dpo-loss", "no gradient", "wrong")
@torch.no_grad()
def _(*given):
    return -F.logsigmoid(lead(*given)).mean()


@answer("dpo-loss", "softplus", "right")
def _(*given):
    return F.softplus(-lead(*given)).mean()


@answer("dpo-loss", "logaddexp", "right")
def _(*given):
    d = lead(*given)
    return torch.logaddexp(torch.zeros_like(d), -d).sum() / len(d)


@answer("dpo-loss", "binary cross entropy", "right")
def _(*given):
    d = lead(*given)
    return F.binary_cross_entropy_with_logits(d, torch.ones_like(d))


@answer("dpo-loss", "cross entropy of the two rewards", "right")
def _(chosen, rejected, ref_chosen, ref_rejected, beta):
    rewards = beta * torch.stack([chosen - ref_chosen, rejected - ref_rejected], 1)
    return F.cross_entropy(rewards, torch.zeros(len(chosen), dtype=torch.long))


@answer("dpo-loss", "by hand: the larger part in front", "right")
def _(*given):
    d = lead(*given)
    return (torch.relu(-d) + torch.log1p(torch.exp(-d.abs()))).mean()


@answer("dpo-loss", "loops", "right")
def _(chosen, rejected, ref_chosen, ref_rejected, beta):
    each = [F.logsigmoid(beta * (c - rc - j + rj)) for c, j, rc, rj in zip(chosen, rejected, ref_chosen, ref_rejected)]
    return -sum(each) / len(each)
