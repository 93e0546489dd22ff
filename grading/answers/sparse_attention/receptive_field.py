"""Answers to receptive-field, written without a look at its private half."""

import torch

from grading.answers import answer


def gradient(x, number):
    return torch.autograd.grad(number, x)[0]


@answer("receptive-field", "the sum of the channels", "wrong")
def _(model, x, i):
    x = x.clone().requires_grad_()
    return gradient(x, model(x)[i].sum()).abs().sum(-1) > 0


@answer("receptive-field", "the mean of the channels", "wrong")
def _(model, x, i):
    x = x.clone().requires_grad_()
    return gradient(x, model(x)[i].mean()).abs().sum(-1) > 0


@answer("receptive-field", "the whole output", "wrong")
def _(model, x, i):
    x = x.clone().requires_grad_()
    return gradient(x, (model(x) ** 2).sum()).abs().sum(-1) > 0


@answer("receptive-field", "the gradient itself", "wrong")
def _(model, x, i):
    x = x.clone().requires_grad_()
    return gradient(x, (model(x)[i] ** 2).sum())


@answer("receptive-field", "channel by channel: (L, d)", "wrong")
def _(model, x, i):
    x = x.clone().requires_grad_()
    return gradient(x, (model(x)[i] ** 2).sum()) != 0


@answer("receptive-field", "any over tokens", "wrong")
def _(model, x, i):
    x = x.clone().requires_grad_()
    return (gradient(x, (model(x)[i] ** 2).sum()) != 0).any(0)


@answer("receptive-field", "a sum of signed gradients above zero", "wrong")
def _(model, x, i):
    x = x.clone().requires_grad_()
    return gradient(x, (model(x)[i] ** 2).sum()).sum(-1) > 0


@answer("receptive-field", "positive in any channel", "wrong")
def _(model, x, i):
    x = x.clone().requires_grad_()
    return (gradient(x, (model(x)[i] ** 2).sum()) > 0).any(-1)


@answer("receptive-field", "a threshold of 0.01", "wrong")
def _(model, x, i):
    x = x.clone().requires_grad_()
    return gradient(x, (model(x)[i] ** 2).sum()).abs().sum(-1) > 0.01


@answer("receptive-field", "the last output", "wrong")
def _(model, x, i):
    x = x.clone().requires_grad_()
    return gradient(x, (model(x)[-1] ** 2).sum()).abs().sum(-1) > 0


@answer("receptive-field", "only the past is asked", "wrong")
def _(model, x, i):
    x = x.clone().requires_grad_()
    field = gradient(x, (model(x)[i] ** 2).sum()).abs().sum(-1) > 0
    return field & (torch.arange(len(x)) <= i)


@answer("receptive-field", "the indices", "wrong")
def _(model, x, i):
    x = x.clone().requires_grad_()
    return gradient(x, (model(x)[i] ** 2).sum()).abs().sum(-1).nonzero().flatten()


@answer("receptive-field", "how many", "wrong")
def _(model, x, i):
    x = x.clone().requires_grad_()
    return (gradient(x, (model(x)[i] ** 2).sum()).abs().sum(-1) > 0).sum()


@answer("receptive-field", "the text is cut after i", "wrong")
def _(model, x, i):
    x = x[: i + 1].clone().requires_grad_()
    return gradient(x, (model(x)[-1] ** 2).sum()).abs().sum(-1) > 0


@answer("receptive-field", "forgets requires_grad", "wrong")
def _(model, x, i):
    return gradient(x, (model(x)[i] ** 2).sum()).abs().sum(-1) > 0


@answer("receptive-field", "which output token i changes", "wrong")
def _(model, x, i):
    y = x.clone()
    y[i] += 1
    return (model(y) != model(x)).any(-1)


@answer("receptive-field", "changes x itself, token by token, and adds up", "wrong")
def _(model, x, i):
    before, field = model(x)[i], []
    for j in range(len(x)):
        x[j] += 1
        field.append(bool((model(x)[i] != before).any()))
    return torch.tensor(field)


@answer("receptive-field", "the first channel", "right")
def _(model, x, i):
    x = x.clone().requires_grad_()
    return gradient(x, model(x)[i, 0]).abs().sum(-1) > 0


@answer("receptive-field", "backward", "right")
def _(model, x, i):
    x = x.detach().requires_grad_()
    model(x)[i].abs().sum().backward()
    return x.grad.abs().amax(-1) > 1e-8


@answer("receptive-field", "a random direction", "right")
def _(model, x, i):
    x = x.clone().requires_grad_()
    o = model(x)[i]
    return gradient(x, (o * torch.randn(o.shape)).sum()).norm(dim=-1) > 0


@answer("receptive-field", "zero in place of a token", "right")
def _(model, x, i):
    field = []
    for j in range(len(x)):
        y = x.clone()
        y[j] = 0.0
        field.append((model(y)[i] - model(x)[i]).abs().sum() > 0)
    return torch.stack(field)
