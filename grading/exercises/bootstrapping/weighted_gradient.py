"""The private half of weighted-gradient."""

import torch
from llmcourse.checks.labs.bootstrapping.weighted_gradient import drawn

from grading.exercises import misconception, reference, stages, variant

CASES = {"more draws than answers": drawn(4, 5, 20), "one question": drawn(1, 12, 7)}


@reference
def weighted_gradient(logits, y, r):
    counts = torch.zeros_like(logits).scatter_add(1, y, r)
    return (counts - r.sum(-1, keepdim=True) * logits.softmax(-1)) / y.numel()


@variant
def by_autograd(logits, y, r):
    with torch.enable_grad():
        z = logits.detach().clone().requires_grad_()
        J = (r * z.log_softmax(-1).gather(1, y)).mean()
        return torch.autograd.grad(J, z)[0]


@variant
def by_one_hot(logits, y, r):
    hot = torch.nn.functional.one_hot(y, logits.shape[1]).to(logits.dtype)
    return (r.unsqueeze(-1) * (hot - torch.softmax(logits, 1).unsqueeze(1))).sum(1) / (y.shape[0] * y.shape[1])


@stages
def on_the_way(logits, y, r):
    return {"the probabilities, the softmax of the logits": logits.softmax(-1)}


@misconception(
    says="the gradient of the plain likelihood, without rewards",
    hint="Every answer's gradient is multiplied by its r: wrong ones must not count.",
)
def without_reward(logits, y, r):
    counts = torch.zeros_like(logits).scatter_add(1, y, torch.ones_like(r))
    return (counts - y.shape[1] * logits.softmax(-1)) / y.numel()


@misconception(
    says="the gradient of -J, the loss",
    hint="J is to be made large: onehot(y) counts with a plus.",
)
def gradient_of_loss(logits, y, r):
    counts = torch.zeros_like(logits).scatter_add(1, y, r)
    return -(counts - r.sum(-1, keepdim=True) * logits.softmax(-1)) / y.numel()


@misconception(
    says="the rewards at the drawn answers, without the softmax that is subtracted",
    hint="log softmax(z)_y = z_y - log sum exp(z): the second part has a gradient too.",
)
def without_softmax(logits, y, r):
    return torch.zeros_like(logits).scatter_add(1, y, r) / y.numel()


@misconception(
    says="the sum over the answers, in place of the mean",
    hint="J is a mean over all B N draws: divide by `y.numel()`.",
)
def summed(logits, y, r):
    counts = torch.zeros_like(logits).scatter_add(1, y, r)
    return counts - r.sum(-1, keepdim=True) * logits.softmax(-1)


@misconception(
    says="the mean over a question's N answers, summed over questions",
    hint="J is a mean over the questions too: divide by B N.",
)
def mean_over_draws(logits, y, r):
    counts = torch.zeros_like(logits).scatter_add(1, y, r)
    return (counts - r.sum(-1, keepdim=True) * logits.softmax(-1)) / y.shape[1]


@misconception(
    says="a gradient in which the softmax is subtracted N times, whatever the rewards",
    hint="Each answer brings r (onehot - p): the softmax is subtracted sum of r times.",
)
def softmax_once(logits, y, r):
    counts = torch.zeros_like(logits).scatter_add(1, y, r)
    return (counts - y.shape[1] * logits.softmax(-1)) / y.numel()


@misconception(
    says="the gradient with the mean reward subtracted: REINFORCE with a baseline",
    hint="That is another method, in which wrong answers push away. ReST-EM only pulls: weights are r itself.",
)
def with_baseline(logits, y, r):
    a = r - r.mean(-1, keepdim=True)
    counts = torch.zeros_like(logits).scatter_add(1, y, a)
    return (counts - a.sum(-1, keepdim=True) * logits.softmax(-1)) / y.numel()


@misconception(
    says="the gradient divided by the sum of the rewards of each question",
    hint="J of Algorithm 1 is not normalised: a question with few right answers counts less. Divide by B N.",
)
def normalised(logits, y, r):
    counts = torch.zeros_like(logits).scatter_add(1, y, r)
    total = r.sum(-1, keepdim=True)
    return (counts - total * logits.softmax(-1)) / torch.where(total > 0, total, torch.ones_like(total)) / len(y)


@misconception(
    says="a gradient in which an answer that was drawn twice counts once",
    hint="Indexing on the left, `counts[b, y] = r`, keeps the last one only. `scatter_add` adds.",
)
def overwrites(logits, y, r):
    counts = torch.zeros_like(logits)
    for b in range(len(y)):
        for n in range(y.shape[1]):
            counts[b, y[b, n]] = r[b, n]
    return (counts - r.sum(-1, keepdim=True) * logits.softmax(-1)) / y.numel()


EQUIVALENT = {"-1 -> +1": "the last axis of two is axis 1"}
