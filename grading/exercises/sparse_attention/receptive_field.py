"""The private half of receptive-field."""

import torch
from llmcourse.attention import graphs
from llmcourse.checks.labs.sparse_attention.receptive_field import drawn, stack

from grading.exercises import misconception, reference, variant

CASES = {
    "a longer text": drawn(30),
    "a text of one token": stack(1, (1,), i=0, mirrored=False),
    "the first token": stack(8, (1, 2), (-2,), (1,), i=0),
    "many channels": stack(10, (3,), (-1, 4), i=7, d=5),
    "channels that look at different tokens, and cancel": stack(11, (2,), (4,), i=8, shifted=True),
}


@reference
def receptive_field(model, x, i):
    return graphs.receptive_field(model, x, i)


@variant
def by_squares(model, x, i):
    x = x.detach().clone().requires_grad_()
    (g,) = torch.autograd.grad(model(x)[i].square().sum(), x)
    return (g != 0).any(-1)


@variant
def by_jacobian(model, x, i):
    jacobian = torch.autograd.functional.jacobian(lambda x: model(x)[i], x)  # (channels, L, d)
    return jacobian.abs().sum((0, 2)) > 0


@variant
def by_perturbation(model, x, i):
    field = torch.zeros(len(x), dtype=torch.bool)
    for j in range(len(x)):
        other = x.clone()
        other[j] = other[j] + torch.linspace(0.4, 0.9, x.shape[1])
        field[j] = (model(other)[i] != model(x)[i]).any()
    return field


@variant
def channel_by_channel(model, x, i):
    x.requires_grad_()
    field = torch.zeros(len(x), dtype=torch.bool)
    for channel in model(x)[i].unbind():
        field |= torch.autograd.grad(channel, x, retain_graph=True)[0].abs().sum(-1) > 1e-9
    return field


@misconception(
    says="the answer from a plain sum over the channels of output i, in which they cancel",
    hint="Make one number of the channels that does not cancel: a sum with random weights.",
)
def sum_cancels(model, x, i):
    x = x.detach().clone().requires_grad_()
    (g,) = torch.autograd.grad(model(x)[i].sum(), x)
    return (g != 0).any(-1)


@misconception(
    says="the answer for the first channel of output i: the others may look at other tokens",
    hint="Ask all channels of `model(x)[i]` at once: a sum with random weights.",
)
def one_channel(model, x, i):
    x = x.detach().clone().requires_grad_()
    (g,) = torch.autograd.grad(model(x)[i, 0], x)
    return (g != 0).any(-1)


@misconception(
    says="the answer for all outputs together: it holds what any output depends on",
    hint="Take the gradient of output i alone: `model(x)[i]`.",
)
def of_all_outputs(model, x, i):
    x = x.detach().clone().requires_grad_()
    (g,) = torch.autograd.grad(model(x).square().sum(), x)
    return (g != 0).any(-1)


@misconception(
    says="the answer for the last output, whatever i is",
    hint="Take the gradient of output i: `model(x)[i]`.",
)
def of_the_last_output(model, x, i):
    x = x.detach().clone().requires_grad_()
    (g,) = torch.autograd.grad(model(x)[-1].square().sum(), x)
    return (g != 0).any(-1)


@misconception(
    says="the answer in which a negative gradient counts as none",
    hint="A gradient of either sign is an influence: `!= 0`, or `abs()` first.",
)
def positive_only(model, x, i):
    x = x.detach().clone().requires_grad_()
    (g,) = torch.autograd.grad(model(x)[i].square().sum(), x)
    return g.sum(-1) > 0


@misconception(
    says="the answer without gaps: all tokens from the first of the field to the last",
    hint="Between two tokens of the field there may be others without influence: ask each one.",
)
def without_gaps(model, x, i):
    x = x.detach().clone().requires_grad_()
    (g,) = torch.autograd.grad(model(x)[i].square().sum(), x)
    at = (g != 0).any(-1).nonzero().flatten()
    field = torch.zeros(len(x), dtype=torch.bool)
    field[at.min() : at.max() + 1] = True
    return field


@misconception(
    says="the outputs that depend on token i, in place of the tokens that output i depends on",
    hint="One output, all tokens: `torch.autograd.grad(... model(x)[i] ..., x)`.",
)
def the_other_way(model, x, i):
    jacobian = torch.autograd.functional.jacobian(model, x)  # (L, channels, L, d)
    return (jacobian[:, :, i] != 0).any(-1).any(-1)


@misconception(
    says="the tokens without influence",
    hint="True is for a gradient that is not zero.",
)
def inverted(model, x, i):
    x = x.detach().clone().requires_grad_()
    (g,) = torch.autograd.grad(model(x)[i].square().sum(), x)
    return (g == 0).all(-1)


@misconception(
    says="the field without token i itself",
    hint="Token i is like the others: it belongs to the field if its gradient is not zero.",
)
def without_itself(model, x, i):
    x = x.detach().clone().requires_grad_()
    (g,) = torch.autograd.grad(model(x)[i].square().sum(), x)
    return (g != 0).any(-1) & (torch.arange(len(x)) != i)


@misconception(
    says="the field without the tokens after i",
    hint="The model may see the future as well: nothing in the task says that it is causal.",
)
def only_the_past(model, x, i):
    x = x.detach().clone().requires_grad_()
    (g,) = torch.autograd.grad(model(x)[i].square().sum(), x)
    return (g != 0).any(-1) & (torch.arange(len(x)) <= i)


EQUIVALENT = {
    "o * torch.randn_like(o) -> o / torch.randn_like(o)": "random weights of another kind",
    "-1 -> +1": "the gradient has two axes: the last is axis 1",
    "(o * torch.randn_like(o)).sum -> (o * torch.randn_like(o)).mean": "a gradient that is scaled is zero where it was",
}
