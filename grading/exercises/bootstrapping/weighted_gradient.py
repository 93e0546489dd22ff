"""The private half of weighted-gradient."""

import torch
from llmcourse.checks.labs.bootstrapping.weighted_gradient import drawn

from grading.exercises import misconception, reference, variant

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


@misconception(
    says="a gradient in which an answer that was drawn twice counts once, above and in what is subtracted",
    hint="`g[rows, y] += r` keeps one of several draws of an answer. `scatter_add` adds.",
)
def overwrites_both(logits, y, r):
    counts = torch.zeros_like(logits)
    for b in range(len(y)):
        for n in range(y.shape[1]):
            counts[b, y[b, n]] = r[b, n]
    return (counts - counts.sum(-1, keepdim=True) * logits.softmax(-1)) / y.numel()


@misconception(
    says="a gradient in which the softmax is subtracted once for each question, whatever the rewards",
    hint="Each answer brings r (onehot - p): the softmax is subtracted sum of r times.",
)
def softmax_one_time(logits, y, r):
    counts = torch.zeros_like(logits).scatter_add(1, y, r)
    return (counts - logits.softmax(-1)) / y.numel()


@misconception(
    says="a gradient in which the softmax is subtracted as often as the question's mean reward says",
    hint="Each answer brings r (onehot - p): the softmax is subtracted *sum* of r times.",
)
def mean_reward_subtracted(logits, y, r):
    counts = torch.zeros_like(logits).scatter_add(1, y, r)
    return (counts - r.mean(-1, keepdim=True) * logits.softmax(-1)) / y.numel()


@misconception(
    says="the plain likelihood's gradient times the mean reward of all draws",
    hint='Each answer has its own r: multiply before you average (`reduction="none"`).',
)
def one_reward_for_all(logits, y, r):
    counts = torch.zeros_like(logits).scatter_add(1, y, torch.ones_like(r))
    return r.mean() * (counts - y.shape[1] * logits.softmax(-1)) / y.numel()


@misconception(
    says="the plain likelihood's gradient times the mean reward of each question",
    hint="Each answer has its own r: multiply before you sum over the N answers.",
)
def mean_reward_of_question(logits, y, r):
    counts = torch.zeros_like(logits).scatter_add(1, y, torch.ones_like(r))
    return r.mean(-1, keepdim=True) * (counts - y.shape[1] * logits.softmax(-1)) / y.numel()


@misconception(
    says="the gradient for the first answer of each question alone",
    hint="All N answers count: sum over them.",
)
def first_draw_only(logits, y, r):
    hot = torch.nn.functional.one_hot(y[:, 0], logits.shape[1]).to(logits.dtype)
    return r[:, :1] * (hot - logits.softmax(-1)) / len(logits)


@misconception(
    says="the gradient divided by B Y, the number of logits",
    hint="J is a mean over the draws: divide by `y.numel()`, which is B N.",
)
def over_logits(logits, y, r):
    counts = torch.zeros_like(logits).scatter_add(1, y, r)
    return (counts - r.sum(-1, keepdim=True) * logits.softmax(-1)) / logits.numel()


@misconception(
    says="the gradient divided by the sum of all rewards",
    hint="J of Algorithm 1 is a plain mean over the draws: divide by B N.",
)
def over_rewards(logits, y, r):
    counts = torch.zeros_like(logits).scatter_add(1, y, r)
    total = r.sum()
    return (counts - r.sum(-1, keepdim=True) * logits.softmax(-1)) / torch.where(total > 0, total, 1.0)


@misconception(
    says="a gradient that reaches only the logits of the drawn answers",
    hint="The normaliser of the softmax depends on all logits: those of the other answers get - r p.",
)
def drawn_logits_only(logits, y, r):
    counts = torch.zeros_like(logits).scatter_add(1, y, r)
    return counts * (1 - logits.softmax(-1)) / y.numel()


@misconception(
    says="the gradient of the weighted mean of p itself, without its logarithm",
    hint="J has log p: its gradient is onehot - p, without another factor p.",
)
def gradient_of_probability(logits, y, r):
    p = logits.softmax(-1)
    counts = torch.zeros_like(logits).scatter_add(1, y, r * p.gather(1, y))
    return (counts - counts.sum(-1, keepdim=True) * p) / y.numel()


@misconception(
    says="the gradient with respect to the probabilities: r / p",
    hint="The derivative is with respect to the logits, one step further: onehot - p.",
)
def by_probabilities(logits, y, r):
    counts = torch.zeros_like(logits).scatter_add(1, y, r)
    return counts / logits.softmax(-1) / y.numel()


@misconception(
    says="a gradient with a softmax over the questions",
    hint="p(y | x) sums to one over the answers y: the softmax goes over the last axis.",
)
def softmax_over_questions(logits, y, r):
    counts = torch.zeros_like(logits).scatter_add(1, y, r)
    return (counts - r.sum(-1, keepdim=True) * logits.softmax(0)) / y.numel()


@misconception(
    says="a gradient in which the logits themselves are subtracted",
    hint="What is subtracted is their softmax: the probabilities.",
)
def logits_subtracted(logits, y, r):
    counts = torch.zeros_like(logits).scatter_add(1, y, r)
    return (counts - r.sum(-1, keepdim=True) * logits) / y.numel()


@misconception(
    says="a gradient in which log p is subtracted in place of p",
    hint="The derivative of log sum exp is the softmax itself: the probabilities.",
)
def log_subtracted(logits, y, r):
    counts = torch.zeros_like(logits).scatter_add(1, y, r)
    return (counts - r.sum(-1, keepdim=True) * logits.log_softmax(-1)) / y.numel()


@misconception(
    says="a gradient in which every reward above 0 counts as 1",
    hint="Rewards are weights here, and not only yes or no: multiply by r.",
)
def binary_rewards(logits, y, r):
    r = (r > 0).to(r.dtype)
    counts = torch.zeros_like(logits).scatter_add(1, y, r)
    return (counts - r.sum(-1, keepdim=True) * logits.softmax(-1)) / y.numel()


@misconception(
    says="a gradient in which the rewards of each question are made to sum to 1",
    hint="J of Algorithm 1 takes the rewards as they are: a question with small rewards counts less.",
)
def shares_of_rewards(logits, y, r):
    total = r.sum(-1, keepdim=True)
    r = r / torch.where(total > 0, total, torch.ones_like(total))
    counts = torch.zeros_like(logits).scatter_add(1, y, r)
    return (counts - r.sum(-1, keepdim=True) * logits.softmax(-1)) / y.numel()


@misconception(
    says="a gradient in which the softmax is subtracted with r squared",
    hint="onehot and softmax have the same weight, r: multiply their difference by r once.",
)
def reward_twice(logits, y, r):
    counts = torch.zeros_like(logits).scatter_add(1, y, r)
    return (counts - r.square().sum(-1, keepdim=True) * logits.softmax(-1)) / y.numel()


@misconception(
    says="the gradient divided by the sum of all rewards, which may be 0",
    hint="J of Algorithm 1 is a plain mean over the draws: divide by B N.",
)
def over_rewards_or_nan(logits, y, r):
    counts = torch.zeros_like(logits).scatter_add(1, y, r)
    return (counts - r.sum(-1, keepdim=True) * logits.softmax(-1)) / r.sum()


@misconception(
    says="the sum over a question's answers, averaged over the questions",
    hint="J is a mean over the answers too: divide by B N, `y.numel()`.",
)
def mean_over_questions(logits, y, r):
    counts = torch.zeros_like(logits).scatter_add(1, y, r)
    return (counts - r.sum(-1, keepdim=True) * logits.softmax(-1)) / len(y)


@misconception(
    says="a gradient in which the softmax is added",
    hint="log softmax(z)_y = z_y - log sum exp(z): the second part's gradient is subtracted.",
)
def softmax_added(logits, y, r):
    counts = torch.zeros_like(logits).scatter_add(1, y, r)
    return (counts + r.sum(-1, keepdim=True) * logits.softmax(-1)) / y.numel()


@misconception(
    says="the gradient of the expected reward, sum p(y) R(y), with the draws' rewards for R, divided by B",
    hint="J is a mean over the draws of r log p: each of them adds r (onehot - p), whatever its own probability is.",
)
def expected_reward(logits, y, r):
    p = logits.softmax(-1)
    R = torch.zeros_like(p).scatter(1, y, r)
    return p * (R - (p * R).sum(-1, keepdim=True)) / len(logits)


EQUIVALENT = {"-1 -> +1": "the last axis of two is axis 1"}
