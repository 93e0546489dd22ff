"""Answers to clipped-objective, written without a look at its private half."""

import math

import torch

from grading.answers import answer


def mean(each, mask):
    return (each * mask).sum() / mask.sum()


def both(log_probs, old_log_probs, A, epsilon):
    ratio = (log_probs - old_log_probs).exp()
    return ratio * A, ratio.clamp(1 - epsilon, 1 + epsilon) * A


@answer("clipped-objective", "no minus", "wrong")
def _(log_probs, old_log_probs, advantages, mask, epsilon):
    return mean(torch.minimum(*both(log_probs, old_log_probs, advantages, epsilon)), mask)


@answer("clipped-objective", "no clip", "wrong")
def _(log_probs, old_log_probs, advantages, mask, epsilon):
    return -mean(both(log_probs, old_log_probs, advantages, epsilon)[0], mask)


@answer("clipped-objective", "the clip alone, no minimum", "wrong")
def _(log_probs, old_log_probs, advantages, mask, epsilon):
    return -mean(both(log_probs, old_log_probs, advantages, epsilon)[1], mask)


@answer("clipped-objective", "the maximum", "wrong")
def _(log_probs, old_log_probs, advantages, mask, epsilon):
    return -mean(torch.maximum(*both(log_probs, old_log_probs, advantages, epsilon)), mask)


@answer("clipped-objective", "the minimum of the losses", "wrong")
def _(log_probs, old_log_probs, advantages, mask, epsilon):
    free, clipped = both(log_probs, old_log_probs, advantages, epsilon)
    return mean(torch.minimum(-free, -clipped), mask)


@answer("clipped-objective", "the minimum of the ratios, then A", "wrong")
def _(log_probs, old_log_probs, advantages, mask, epsilon):
    ratio = (log_probs - old_log_probs).exp()
    return -mean(torch.minimum(ratio, ratio.clamp(1 - epsilon, 1 + epsilon)) * advantages, mask)


@answer("clipped-objective", "clipped above only", "wrong")
def _(log_probs, old_log_probs, advantages, mask, epsilon):
    ratio = (log_probs - old_log_probs).exp()
    return -mean(ratio.clamp(max=1 + epsilon) * advantages, mask)


@answer("clipped-objective", "the sides exchanged", "wrong")
def _(log_probs, old_log_probs, advantages, mask, epsilon):
    ratio = (log_probs - old_log_probs).exp()
    kept = torch.where(advantages > 0, ratio.clamp(min=1 - epsilon), ratio.clamp(max=1 + epsilon))
    return -mean(kept * advantages, mask)


@answer("clipped-objective", "old over new", "wrong")
def _(log_probs, old_log_probs, advantages, mask, epsilon):
    return -mean(torch.minimum(*both(old_log_probs, log_probs, advantages, epsilon)), mask)


@answer("clipped-objective", "a difference of logarithms for the ratio", "wrong")
def _(log_probs, old_log_probs, advantages, mask, epsilon):
    ratio = log_probs - old_log_probs
    return -mean(torch.minimum(ratio * advantages, ratio.clamp(1 - epsilon, 1 + epsilon) * advantages), mask)


@answer("clipped-objective", "a quotient of logarithms for the ratio", "wrong")
def _(log_probs, old_log_probs, advantages, mask, epsilon):
    ratio = log_probs / old_log_probs
    return -mean(torch.minimum(ratio * advantages, ratio.clamp(1 - epsilon, 1 + epsilon) * advantages), mask)


@answer("clipped-objective", "ratio less one", "wrong")
def _(log_probs, old_log_probs, advantages, mask, epsilon):
    ratio = torch.expm1(log_probs - old_log_probs)
    return -mean(torch.minimum(ratio * advantages, ratio.clamp(-epsilon, epsilon) * advantages), mask)


@answer("clipped-objective", "the logarithm is clipped at epsilon", "wrong")
def _(log_probs, old_log_probs, advantages, mask, epsilon):
    u = log_probs - old_log_probs
    return -mean(torch.minimum(u.exp() * advantages, u.clamp(-epsilon, epsilon).exp() * advantages), mask)


@answer("clipped-objective", "clipped to (1 - eps, 1 / (1 - eps))", "wrong")
def _(log_probs, old_log_probs, advantages, mask, epsilon):
    ratio = (log_probs - old_log_probs).exp()
    clipped = ratio.clamp(1 - epsilon, 1 / (1 - epsilon))
    return -mean(torch.minimum(ratio * advantages, clipped * advantages), mask)


@answer("clipped-objective", "the product is clipped", "wrong")
def _(log_probs, old_log_probs, advantages, mask, epsilon):
    free = (log_probs - old_log_probs).exp() * advantages
    return -mean(torch.minimum(free, free.clamp(1 - epsilon, 1 + epsilon)), mask)


@answer("clipped-objective", "a ratio for the whole answer", "wrong")
def _(log_probs, old_log_probs, advantages, mask, epsilon):
    ratio = ((log_probs - old_log_probs) * mask).sum(1, keepdim=True).exp()
    return -mean(torch.minimum(ratio * advantages, ratio.clamp(1 - epsilon, 1 + epsilon) * advantages), mask)


@answer("clipped-objective", "a mean over answers of their means", "wrong")
def _(log_probs, old_log_probs, advantages, mask, epsilon):
    each = torch.minimum(*both(log_probs, old_log_probs, advantages, epsilon)) * mask
    return -(each.sum(1) / mask.sum(1)).mean()


@answer("clipped-objective", "padding counts above and below the line", "wrong")
def _(log_probs, old_log_probs, advantages, mask, epsilon):
    return -torch.minimum(*both(log_probs, old_log_probs, advantages, epsilon)).mean()


@answer("clipped-objective", "padding counts below the line", "wrong")
def _(log_probs, old_log_probs, advantages, mask, epsilon):
    return -(torch.minimum(*both(log_probs, old_log_probs, advantages, epsilon)) * mask).mean()


@answer("clipped-objective", "padding counts above the line", "wrong")
def _(log_probs, old_log_probs, advantages, mask, epsilon):
    return -torch.minimum(*both(log_probs, old_log_probs, advantages, epsilon)).sum() / mask.sum()


@answer("clipped-objective", "the sum", "wrong")
def _(log_probs, old_log_probs, advantages, mask, epsilon):
    return -(torch.minimum(*both(log_probs, old_log_probs, advantages, epsilon)) * mask).sum()


@answer("clipped-objective", "divided by the number of answers", "wrong")
def _(log_probs, old_log_probs, advantages, mask, epsilon):
    return -(torch.minimum(*both(log_probs, old_log_probs, advantages, epsilon)) * mask).sum() / len(mask)


@answer("clipped-objective", "one number for each answer", "wrong")
def _(log_probs, old_log_probs, advantages, mask, epsilon):
    each = torch.minimum(*both(log_probs, old_log_probs, advantages, epsilon)) * mask
    return -each.sum(1) / mask.sum(1)


@answer("clipped-objective", "REINFORCE: A log pi", "wrong")
def _(log_probs, old_log_probs, advantages, mask, epsilon):
    return -mean(advantages * log_probs, mask)


@answer("clipped-objective", "whitened advantages", "wrong")
def _(log_probs, old_log_probs, advantages, mask, epsilon):
    A = advantages - mean(advantages, mask)
    A = A / (mean(A.square(), mask).sqrt() + 1e-8)
    return -mean(torch.minimum(*both(log_probs, old_log_probs, A, epsilon)), mask)


@answer("clipped-objective", "the smaller of the two means", "wrong")
def _(log_probs, old_log_probs, advantages, mask, epsilon):
    free, clipped = both(log_probs, old_log_probs, advantages, epsilon)
    return -torch.minimum(mean(free, mask), mean(clipped, mask))


@answer("clipped-objective", "the smaller in size", "wrong")
def _(log_probs, old_log_probs, advantages, mask, epsilon):
    free, clipped = both(log_probs, old_log_probs, advantages, epsilon)
    return -mean(torch.where(free.abs() < clipped.abs(), free, clipped), mask)


@answer("clipped-objective", "no gradient", "wrong")
def _(log_probs, old_log_probs, advantages, mask, epsilon):
    return -mean(torch.minimum(*both(log_probs.detach(), old_log_probs, advantages, epsilon)), mask)


@answer("clipped-objective", "right value, a gradient from clipped tokens as well", "wrong")
def _(log_probs, old_log_probs, advantages, mask, epsilon):
    ratio = (log_probs - old_log_probs).exp()
    clipped = ratio + (ratio.clamp(1 - epsilon, 1 + epsilon) - ratio).detach()
    return -mean(torch.minimum(ratio * advantages, clipped * advantages), mask)


@answer("clipped-objective", "epsilon fixed at 0.2", "wrong")
def _(log_probs, old_log_probs, advantages, mask, epsilon):
    return -mean(torch.minimum(*both(log_probs, old_log_probs, advantages, 0.2)), mask)


@answer("clipped-objective", "clamped between epsilon and 1", "wrong")
def _(log_probs, old_log_probs, advantages, mask, epsilon):
    ratio = (log_probs - old_log_probs).exp()
    return -mean(torch.minimum(ratio * advantages, ratio.clamp(1 - epsilon, 1) * advantages), mask)


@answer("clipped-objective", "the ratio of a policy that is a probability: exp(new) / old", "wrong")
def _(log_probs, old_log_probs, advantages, mask, epsilon):
    ratio = log_probs.exp() / old_log_probs
    return -mean(torch.minimum(ratio * advantages, ratio.clamp(1 - epsilon, 1 + epsilon) * advantages), mask)


@answer("clipped-objective", "the larger loss", "right")
def _(log_probs, old_log_probs, advantages, mask, epsilon):
    free, clipped = both(log_probs, old_log_probs, advantages, epsilon)
    return mean(torch.maximum(-free, -clipped), mask)


@answer("clipped-objective", "a side for each sign of A", "right")
def _(log_probs, old_log_probs, advantages, mask, epsilon):
    ratio = (log_probs - old_log_probs).exp()
    kept = torch.where(advantages > 0, ratio.clamp(max=1 + epsilon), ratio.clamp(min=1 - epsilon))
    return -mean(kept * advantages, mask)


@answer("clipped-objective", "the tokens of the mask, flat", "right")
def _(log_probs, old_log_probs, advantages, mask, epsilon):
    chosen = mask.bool()
    free, clipped = both(log_probs[chosen], old_log_probs[chosen], advantages[chosen], epsilon)
    return torch.stack([-free, -clipped]).amax(0).mean()


@answer("clipped-objective", "the logarithm is clipped, at log(1 +- epsilon)", "right")
def _(log_probs, old_log_probs, advantages, mask, epsilon):
    u = (log_probs - old_log_probs) * mask
    clipped = u.clamp(math.log(1 - epsilon), math.log(1 + epsilon)).exp()
    return -mean(torch.minimum(u.exp() * advantages, clipped * advantages), mask)


@answer("clipped-objective", "loops", "right")
def _(log_probs, old_log_probs, advantages, mask, epsilon):
    total, count = 0, 0
    for b in range(mask.shape[0]):
        for t in range(int(mask[b].sum())):
            rho = torch.exp(log_probs[b, t] - old_log_probs[b, t])
            A = advantages[b, t]
            total = total + torch.min(rho * A, torch.clip(rho, 1 - epsilon, 1 + epsilon) * A)
            count += 1
    return -total / count


@answer("clipped-objective", "what is beyond the clip is subtracted", "right")
def _(log_probs, old_log_probs, advantages, mask, epsilon):
    ratio = (log_probs - old_log_probs).exp()
    gain = torch.relu(advantages) * torch.relu(ratio - 1 - epsilon)
    gain = gain + torch.relu(-advantages) * torch.relu(1 - epsilon - ratio)
    return mean(gain - ratio * advantages, mask)
