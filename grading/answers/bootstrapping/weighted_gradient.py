"""Answers to weighted-gradient by people who have not seen its private half."""

import torch
import torch.nn.functional as F

from grading.answers import answer


@answer("weighted-gradient", "softmax subtracted once, not r times", "wrong", means="softmax_one_time")
def _(logits, y, r):
    p = logits.softmax(-1)
    counts = torch.zeros_like(logits).scatter_add(1, y, r)
    return (counts - p) / y.numel()


@answer("weighted-gradient", "scatter_ without add: a repeated answer counts once", "wrong", means="overwrites")
def _(logits, y, r):
    counts = torch.zeros_like(logits).scatter(1, y, r)
    return (counts - r.sum(-1, keepdim=True) * logits.softmax(-1)) / y.numel()


@answer(
    "weighted-gradient",
    "g[rows, y] += r: a repeated answer counts once, the subtraction as well",
    "wrong",
    means="overwrites_both",
)
def _(logits, y, r):
    p = logits.softmax(-1)
    rows = torch.arange(len(y))[:, None]
    g = torch.zeros_like(logits)
    g[rows, y] += r
    return (g - g.sum(-1, keepdim=True) * p) / y.numel()


@answer("weighted-gradient", "sign: softmax minus onehot, the gradient of the loss", "wrong", means="gradient_of_loss")
def _(logits, y, r):
    p = logits.softmax(-1)
    onehot = F.one_hot(y, logits.shape[-1]).to(logits.dtype)
    return (r[..., None] * (p[:, None] - onehot)).sum(1) / y.numel()


@answer("weighted-gradient", "divided by N, not B N", "wrong", means="mean_over_draws")
def _(logits, y, r):
    p = logits.softmax(-1)
    onehot = F.one_hot(y, logits.shape[-1]).to(logits.dtype)
    return (r[..., None] * (onehot - p[:, None])).mean(1)


@answer("weighted-gradient", "divided by B only", "wrong", means="mean_over_questions")
def _(logits, y, r):
    p = logits.softmax(-1)
    onehot = F.one_hot(y, logits.shape[-1]).to(logits.dtype)
    return (r[..., None] * (onehot - p[:, None])).sum(1) / logits.shape[0]


@answer("weighted-gradient", "divided by B Y, numel of the logits", "wrong", means="over_logits")
def _(logits, y, r):
    p = logits.softmax(-1)
    onehot = F.one_hot(y, logits.shape[-1]).to(logits.dtype)
    return (r[..., None] * (onehot - p[:, None])).sum(1) / logits.numel()


@answer("weighted-gradient", "divided by the sum of the rewards", "wrong", means="over_rewards_or_nan")
def _(logits, y, r):
    p = logits.softmax(-1)
    counts = torch.zeros_like(logits).scatter_add(1, y, r)
    return (counts - r.sum(-1, keepdim=True) * p) / r.sum()


@answer("weighted-gradient", "no mean at all", "wrong", means="summed")
def _(logits, y, r):
    p = logits.softmax(-1)
    counts = torch.zeros_like(logits).scatter_add(1, y, r)
    return counts - r.sum(-1, keepdim=True) * p


@answer("weighted-gradient", "softmax not subtracted: only counts", "wrong", means="without_softmax")
def _(logits, y, r):
    return torch.zeros_like(logits).scatter_add(1, y, r) / y.numel()


@answer("weighted-gradient", "only the drawn logits get a gradient, r (1 - p)", "wrong", means="drawn_logits_only")
def _(logits, y, r):
    p = logits.softmax(-1)
    return torch.zeros_like(logits).scatter_add(1, y, r * (1 - p.gather(1, y))) / y.numel()


@answer("weighted-gradient", "gradient of p(y), not of log p(y)", "wrong", means="gradient_of_probability")
def _(logits, y, r):
    p = logits.softmax(-1)
    onehot = F.one_hot(y, logits.shape[-1]).to(logits.dtype)
    w = (r * p.gather(1, y))[..., None]
    return (w * (onehot - p[:, None])).sum(1) / y.numel()


@answer("weighted-gradient", "gradient with respect to the probabilities, r / p", "wrong", means="by_probabilities")
def _(logits, y, r):
    p = logits.softmax(-1)
    return torch.zeros_like(logits).scatter_add(1, y, r / p.gather(1, y)) / y.numel()


@answer("weighted-gradient", "rewards ignored: the cross-entropy of all draws", "wrong", means="without_reward")
def _(logits, y, r):
    p = logits.softmax(-1)
    onehot = F.one_hot(y, logits.shape[-1]).to(logits.dtype)
    return (onehot - p[:, None]).sum(1) / y.numel()


@answer("weighted-gradient", "a baseline subtracted from r, as in REINFORCE", "wrong", means="with_baseline")
def _(logits, y, r):
    r = r - r.mean(-1, keepdim=True)
    p = logits.softmax(-1)
    return (torch.zeros_like(logits).scatter_add(1, y, r) - r.sum(-1, keepdim=True) * p) / y.numel()


@answer("weighted-gradient", "softmax over the questions", "wrong", means="softmax_over_questions")
def _(logits, y, r):
    p = logits.softmax(0)
    return (torch.zeros_like(logits).scatter_add(1, y, r) - r.sum(-1, keepdim=True) * p) / y.numel()


@answer("weighted-gradient", "logits subtracted instead of softmax", "wrong", means="logits_subtracted")
def _(logits, y, r):
    return (torch.zeros_like(logits).scatter_add(1, y, r) - r.sum(-1, keepdim=True) * logits) / y.numel()


@answer("weighted-gradient", "log_softmax subtracted", "wrong", means="log_subtracted")
def _(logits, y, r):
    lp = logits.log_softmax(-1)
    return (torch.zeros_like(logits).scatter_add(1, y, r) - r.sum(-1, keepdim=True) * lp) / y.numel()


@answer(
    "weighted-gradient",
    "mean reward of the question instead of the sum beside p",
    "wrong",
    means="mean_reward_subtracted",
)
def _(logits, y, r):
    p = logits.softmax(-1)
    return (torch.zeros_like(logits).scatter_add(1, y, r) - r.mean(-1, keepdim=True) * p) / y.numel()


@answer("weighted-gradient", "rewards normalised within a question", "wrong", means="shares_of_rewards")
def _(logits, y, r):
    r = r / r.sum(-1, keepdim=True).clamp(min=1e-9)
    p = logits.softmax(-1)
    return (torch.zeros_like(logits).scatter_add(1, y, r) - r.sum(-1, keepdim=True) * p) / y.numel()


@answer(
    "weighted-gradient",
    "F.cross_entropy with the default mean and a reward outside: one reward for all",
    "wrong",
    means="one_reward_for_all",
)
def _(logits, y, r):
    z = logits.detach().clone().requires_grad_()
    J = -(r.mean() * F.cross_entropy(z[:, None].expand(-1, y.shape[1], -1).reshape(-1, z.shape[-1]), y.reshape(-1)))
    return torch.autograd.grad(J, z)[0]


@answer("weighted-gradient", "the per-draw gradients returned, (B, N, Y)", "wrong")
def _(logits, y, r):
    p = logits.softmax(-1)
    onehot = F.one_hot(y, logits.shape[-1]).to(logits.dtype)
    return r[..., None] * (onehot - p[:, None]) / y.numel()


@answer("weighted-gradient", "only the first draw used", "wrong", means="first_draw_only")
def _(logits, y, r):
    p = logits.softmax(-1)
    onehot = F.one_hot(y[:, 0], logits.shape[-1]).to(logits.dtype)
    return r[:, :1] * (onehot - p) / len(logits)


@answer("weighted-gradient", "divided by the number of draws with a reward", "wrong")
def _(logits, y, r):
    p = logits.softmax(-1)
    counts = torch.zeros_like(logits).scatter_add(1, y, r)
    return (counts - r.sum(-1, keepdim=True) * p) / (r > 0).sum()


@answer("weighted-gradient", "the value J returned", "wrong")
def _(logits, y, r):
    return (r * logits.log_softmax(-1).gather(1, y)).mean()


@answer(
    "weighted-gradient",
    "counts answers before weighting: counts times mean reward",
    "wrong",
    means="mean_reward_of_question",
)
def _(logits, y, r):
    p = logits.softmax(-1)
    counts = torch.zeros_like(logits).scatter_add(1, y, torch.ones_like(r)) * r.mean(-1, keepdim=True)
    return (counts - counts.sum(-1, keepdim=True) * p) / y.numel()


@answer("weighted-gradient", "one_hot without the number of classes", "wrong")
def _(logits, y, r):
    p = logits.softmax(-1)
    g = (r[..., None] * F.one_hot(y).to(logits.dtype)).sum(1)
    g = F.pad(g, (0, logits.shape[-1] - g.shape[-1]))
    return g / y.numel() - r.mean() * p


@answer("weighted-gradient", "rewards made binary", "wrong", means="binary_rewards")
def _(logits, y, r):
    r = (r > 0).to(logits.dtype)
    p = logits.softmax(-1)
    return (torch.zeros_like(logits).scatter_add(1, y, r) - r.sum(-1, keepdim=True) * p) / y.numel()


@answer("weighted-gradient", "rewards doubled into the softmax part: r squared", "wrong", means="reward_twice")
def _(logits, y, r):
    p = logits.softmax(-1)
    counts = torch.zeros_like(logits).scatter_add(1, y, r)
    return (counts - (r * r).sum(-1, keepdim=True) * p) / y.numel()


@answer("weighted-gradient", "autograd of J", "right")
def _(logits, y, r):
    with torch.enable_grad():
        z = logits.detach().clone().requires_grad_()
        J = (r * z.log_softmax(-1).gather(1, y)).mean()
        return torch.autograd.grad(J, z)[0]


@answer("weighted-gradient", "explicit loops over questions and draws", "right")
def _(logits, y, r):
    g = torch.zeros_like(logits)
    B, N = y.shape
    for b in range(B):
        p = torch.softmax(logits[b], 0)
        for n in range(N):
            g[b] -= r[b, n] * p
            g[b, y[b, n]] += r[b, n]
    return g / (B * N)


@answer("weighted-gradient", "einsum with one-hot", "right")
def _(logits, y, r):
    onehot = F.one_hot(y, logits.shape[1]).to(r.dtype)
    p = logits.softmax(1)
    return (torch.einsum("bn,bny->by", r, onehot) - torch.einsum("bn,by->by", r, p)) / (y.shape[0] * y.shape[1])


@answer("weighted-gradient", "float64 inside and cast back", "right")
def _(logits, y, r):
    z, w = logits.double(), r.double()
    counts = torch.zeros_like(z).scatter_add(1, y, w)
    return ((counts - counts.sum(1, keepdim=True) * z.softmax(1)) / w.numel()).to(logits.dtype)


@answer("weighted-gradient", "index_put with accumulate", "right")
def _(logits, y, r):
    rows = torch.arange(len(y))[:, None].expand_as(y)
    g = torch.zeros_like(logits).index_put((rows, y), r, accumulate=True)
    return g / y.numel() - r.mean(1, keepdim=True) * logits.softmax(-1) / len(y)


@answer("weighted-gradient", "torch.func.grad", "right")
def _(logits, y, r):
    return torch.func.grad(lambda z: (r * torch.take_along_dim(z.log_softmax(-1), y, 1)).mean())(logits)


@answer("weighted-gradient", "minus the gradient of a soft-label cross entropy", "right")
def _(logits, y, r):
    target = torch.zeros_like(logits).scatter_add(1, y, r)
    z = logits.detach().clone().requires_grad_()
    F.cross_entropy(z, target, reduction="sum").backward()
    return -z.grad / y.numel()


@answer("weighted-gradient", "scatter_ for scatter_add: an answer drawn twice counts once", "wrong", means="overwrites")
def _(logits, y, r):
    p = logits.softmax(-1)
    g = torch.zeros_like(logits).scatter_(1, y, r.to(logits.dtype))
    return (g - r.sum(1, keepdim=True) * p) / y.numel()


@answer("weighted-gradient", "softmax subtracted N times, not weighted by the rewards", "wrong", means="softmax_once")
def _(logits, y, r):
    p = logits.softmax(-1)
    g = torch.zeros_like(logits).scatter_add(1, y, r.to(logits.dtype))
    return (g - y.shape[1] * p) / y.numel()


@answer("weighted-gradient", "the cross terms of softmax forgotten", "wrong", means="drawn_logits_only")
def _(logits, y, r):
    p = logits.softmax(-1)
    py = p.gather(1, y)
    return torch.zeros_like(logits).scatter_add(1, y, r * (1 - py)) / y.numel()


@answer(
    "weighted-gradient", "a baseline: the question's mean reward is subtracted from r", "wrong", means="with_baseline"
)
def _(logits, y, r):
    p = logits.softmax(-1)
    a = r - r.mean(1, keepdim=True)
    onehot = F.one_hot(y, logits.shape[1])
    return (a[..., None] * (onehot - p[:, None])).sum(1) / y.numel()


@answer("weighted-gradient", "divided by N only, not by B", "wrong", means="mean_over_draws")
def _(logits, y, r):
    p = logits.softmax(-1)
    onehot = F.one_hot(y, logits.shape[1])
    return (r[..., None] * (onehot - p[:, None])).mean(1)


@answer("weighted-gradient", "divided by the sum of the rewards", "wrong", means="over_rewards_or_nan")
def _(logits, y, r):
    p = logits.softmax(-1)
    onehot = F.one_hot(y, logits.shape[1])
    return (r[..., None] * (onehot - p[:, None])).sum(1) / r.sum()


@answer("weighted-gradient", "gradient of the loss -J: sign", "wrong", means="gradient_of_loss")
def _(logits, y, r):
    z = logits.detach().clone().requires_grad_()
    logp = z.log_softmax(-1).gather(1, y)
    loss = -(r * logp).mean()
    return torch.autograd.grad(loss, z)[0]


@answer(
    "weighted-gradient",
    "the gradient by the probabilities: r / p at the drawn answers",
    "wrong",
    means="by_probabilities",
)
def _(logits, y, r):
    p = logits.softmax(-1)
    return torch.zeros_like(p).scatter_add(1, y, r / p.gather(1, y)) / y.numel()


@answer("weighted-gradient", "REINFORCE on the expected reward", "wrong", means="expected_reward")
def _(logits, y, r):
    p = logits.softmax(-1)
    R = torch.zeros_like(p).scatter(1, y, r)
    return p * (R - (p * R).sum(-1, keepdim=True)) / len(logits)


@answer("weighted-gradient", "autograd on an own leaf", "right")
def _(logits, y, r):
    with torch.enable_grad():
        z = logits.detach().clone().requires_grad_()
        J = (r * torch.log_softmax(z, -1).gather(1, y)).mean()
        J.backward()
    return z.grad


@answer("weighted-gradient", "bincount-like scatter_add and total weight", "right")
def _(logits, y, r):
    w = torch.zeros_like(logits).scatter_add(1, y, r.to(logits.dtype))
    g = w - w.sum(-1, keepdim=True) * torch.softmax(logits, -1)
    return g / (y.shape[0] * y.shape[1])


@answer("weighted-gradient", "double loop over draws", "right")
def _(logits, y, r):
    B, N = y.shape
    g = torch.zeros_like(logits)
    e = torch.exp(logits - logits.max(-1, keepdim=True).values)
    p = e / e.sum(-1, keepdim=True)
    for b in range(B):
        for n in range(N):
            g[b] -= r[b, n] * p[b]
            g[b, y[b, n]] += r[b, n]
    return g / (B * N)
