"""Answers to optimal-policy, written without a look at its private half."""

import torch

from grading.answers import answer


def best(log_ref, r, beta):
    return (log_ref + r / beta).log_softmax(0)


def maximum(log_ref, r, beta):
    return beta * (log_ref + r / beta).logsumexp(0)


@answer("optimal-policy", "r times beta", "wrong")
def _(log_ref, r, beta):
    u = log_ref + r * beta
    return u.log_softmax(0), beta * u.logsumexp(0)


@answer("optimal-policy", "r times beta, J from the definition", "wrong")
def _(log_ref, r, beta):
    log_p = (log_ref + r * beta).log_softmax(0)
    p = log_p.exp()
    return log_p, (p * r).sum() - beta * (p * (log_p - log_ref)).sum()


@answer("optimal-policy", "beta forgotten in the exponent", "wrong")
def _(log_ref, r, beta):
    log_p = (log_ref + r).log_softmax(0)
    p = log_p.exp()
    return log_p, (p * r).sum() - beta * (p * (log_p - log_ref)).sum()


@answer("optimal-policy", "not normalised", "wrong")
def _(log_ref, r, beta):
    return log_ref + r / beta, maximum(log_ref, r, beta)


@answer("optimal-policy", "J without beta: log Z", "wrong")
def _(log_ref, r, beta):
    return best(log_ref, r, beta), maximum(log_ref, r, beta) / beta


@answer("optimal-policy", "J is Z", "wrong")
def _(log_ref, r, beta):
    return best(log_ref, r, beta), (log_ref + r / beta).logsumexp(0).exp()


@answer("optimal-policy", "J is log Z / beta", "wrong")
def _(log_ref, r, beta):
    return best(log_ref, r, beta), (log_ref + r / beta).logsumexp(0) / beta


@answer("optimal-policy", "J is the mean reward, no price", "wrong")
def _(log_ref, r, beta):
    log_p = best(log_ref, r, beta)
    return log_p, (log_p.exp() * r).sum()


@answer("optimal-policy", "J with a price of 1 for a nat", "wrong")
def _(log_ref, r, beta):
    log_p = best(log_ref, r, beta)
    p = log_p.exp()
    return log_p, (p * r).sum() - (p * (log_p - log_ref)).sum()


@answer("optimal-policy", "J adds the price", "wrong")
def _(log_ref, r, beta):
    log_p = best(log_ref, r, beta)
    p = log_p.exp()
    return log_p, (p * r).sum() + beta * (p * (log_p - log_ref)).sum()


@answer("optimal-policy", "the KL the other way round", "wrong")
def _(log_ref, r, beta):
    log_p = best(log_ref, r, beta)
    return log_p, (log_p.exp() * r).sum() - beta * (log_ref.exp() * (log_ref - log_p)).sum()


@answer("optimal-policy", "the KL's mean over texts, not over the policy", "wrong")
def _(log_ref, r, beta):
    log_p = best(log_ref, r, beta)
    return log_p, (log_p.exp() * r).sum() - beta * (log_p - log_ref).mean()


@answer("optimal-policy", "an entropy in place of the KL", "wrong")
def _(log_ref, r, beta):
    log_p = best(log_ref, r, beta)
    return log_p, (log_p.exp() * r).sum() - beta * (log_p.exp() * log_p).sum()


@answer("optimal-policy", "J of the reference", "wrong")
def _(log_ref, r, beta):
    return best(log_ref, r, beta), (log_ref.exp() * r).sum()


@answer("optimal-policy", "J is the highest reward", "wrong")
def _(log_ref, r, beta):
    return best(log_ref, r, beta), r.max()


@answer("optimal-policy", "J is minus beta log Z", "wrong")
def _(log_ref, r, beta):
    return best(log_ref, r, beta), -maximum(log_ref, r, beta)


@answer("optimal-policy", "exponentials, which overflow", "wrong")
def _(log_ref, r, beta):
    p = log_ref.exp() * (r / beta).exp()
    Z = p.sum()
    return (p / Z).log(), beta * Z.log()


@answer("optimal-policy", "exponent cut at 80", "wrong")
def _(log_ref, r, beta):
    u = log_ref + (r / beta).clamp(max=80)
    return u.log_softmax(0), beta * u.logsumexp(0)


@answer("optimal-policy", "shifted by the maximum, which J forgets", "wrong")
def _(log_ref, r, beta):
    u = log_ref + (r - r.max()) / beta
    return u.log_softmax(0), beta * u.logsumexp(0)


@answer("optimal-policy", "rewards centred, which J forgets", "wrong")
def _(log_ref, r, beta):
    u = log_ref + (r - r.mean()) / beta
    return u.log_softmax(0), beta * u.logsumexp(0)


@answer("optimal-policy", "log of a softmax: -inf for unlikely texts", "wrong")
def _(log_ref, r, beta):
    return (log_ref + r / beta).softmax(0).log(), maximum(log_ref, r, beta)


@answer("optimal-policy", "log(softmax + 1e-12)", "wrong")
def _(log_ref, r, beta):
    return ((log_ref + r / beta).softmax(0) + 1e-12).log(), maximum(log_ref, r, beta)


@answer("optimal-policy", "probabilities, not logarithms", "wrong")
def _(log_ref, r, beta):
    return best(log_ref, r, beta).exp(), maximum(log_ref, r, beta)


@answer("optimal-policy", "the reference is left out", "wrong")
def _(log_ref, r, beta):
    u = r / beta
    return u.log_softmax(0), beta * u.logsumexp(0)


@answer("optimal-policy", "the reference is divided by beta as well", "wrong")
def _(log_ref, r, beta):
    u = (log_ref + r) / beta
    return u.log_softmax(0), beta * u.logsumexp(0)


@answer("optimal-policy", "probabilities of the reference as logarithms", "wrong")
def _(log_ref, r, beta):
    u = log_ref.exp() + r / beta
    return u.log_softmax(0), beta * u.logsumexp(0)


@answer("optimal-policy", "minus the reward", "wrong")
def _(log_ref, r, beta):
    u = log_ref - r / beta
    return u.log_softmax(0), beta * u.logsumexp(0)


@answer("optimal-policy", "all on the best text", "wrong")
def _(log_ref, r, beta):
    log_p = torch.full_like(r, -torch.inf)
    log_p[r.argmax()] = 0
    return log_p, r.max() + beta * log_ref[r.argmax()]


@answer("optimal-policy", "the two exchanged", "wrong")
def _(log_ref, r, beta):
    return maximum(log_ref, r, beta), best(log_ref, r, beta)


@answer("optimal-policy", "the policy alone", "wrong")
def _(log_ref, r, beta):
    return best(log_ref, r, beta)


@answer("optimal-policy", "a mean of exponentials for Z", "wrong")
def _(log_ref, r, beta):
    u = log_ref + r / beta
    return u - u.exp().mean().log(), beta * u.exp().mean().log()


@answer("optimal-policy", "J from the definition", "right")
def _(log_ref, r, beta):
    log_p = best(log_ref, r, beta)
    p = log_p.exp()
    return log_p, (p * r).sum() - beta * (p * (log_p - log_ref)).sum()


@answer("optimal-policy", "shifted by the maximum, and back", "right")
def _(log_ref, r, beta):
    u = log_ref + r / beta
    top = u.max()
    log_Z = (u - top).exp().sum().log() + top
    return u - log_Z, beta * log_Z


@answer("optimal-policy", "J as a Python float", "right")
def _(log_ref, r, beta):
    return best(log_ref, r, beta), float(maximum(log_ref, r, beta))


@answer("optimal-policy", "J is the same at every text", "right")
def _(log_ref, r, beta):
    log_p = best(log_ref, r, beta)
    k = log_p.argmax()
    return log_p, r[k] - beta * (log_p[k] - log_ref[k])


@answer("optimal-policy", "a list, in float64", "right")
def _(log_ref, r, beta):
    u = log_ref.double() + r.double() / beta
    return [u - u.logsumexp(0), beta * u.logsumexp(0)]


@answer("optimal-policy", "numpy", "right")
def _(log_ref, r, beta):
    import numpy as np

    u = log_ref.numpy() + r.numpy() / beta
    log_Z = np.logaddexp.reduce(u)
    return torch.from_numpy(u - log_Z), torch.tensor(beta * log_Z)
