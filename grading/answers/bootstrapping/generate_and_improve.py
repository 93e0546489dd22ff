"""Answers to generate-and-improve by people who have not seen its private half."""

import torch
import torch.nn.functional as F

from grading.answers import answer


@answer("generate-and-improve", "improves from the newest policy instead of base", "wrong", means="improves_the_last")
def _(base, r, draws, sample):
    p, means = base, []
    for u in draws:
        y = sample(p, u)
        reward = r.gather(1, y)
        counts = torch.zeros_like(base).scatter_add(1, y, reward)
        p = (p + counts) / (1 + counts.sum(-1, keepdim=True))
        means.append(reward.mean())
    return p, torch.stack(means)


@answer("generate-and-improve", "always draws from base", "wrong", means="draws_from_base")
def _(base, r, draws, sample):
    p, means = base, []
    for u in draws:
        y = sample(base, u)
        reward = r.gather(1, y)
        counts = torch.zeros_like(base).scatter_add(1, y, reward)
        p = (base + counts) / (1 + counts.sum(-1, keepdim=True))
        means.append(reward.mean())
    return p, torch.stack(means)


@answer("generate-and-improve", "counts kept over all rounds", "wrong", means="accumulates")
def _(base, r, draws, sample):
    p, means = base, []
    counts = torch.zeros_like(base)
    for u in draws:
        y = sample(p, u)
        reward = r.gather(1, y)
        counts = counts.scatter_add(1, y, reward)
        p = (base + counts) / (1 + counts.sum(-1, keepdim=True))
        means.append(reward.mean())
    return p, torch.stack(means)


@answer("generate-and-improve", "scatter without add: an answer drawn twice counts once", "wrong", means="counts_once")
def _(base, r, draws, sample):
    p, means = base, []
    for u in draws:
        y = sample(p, u)
        reward = r.gather(1, y)
        counts = torch.zeros_like(base).scatter(1, y, reward)
        p = (base + counts) / (1 + counts.sum(-1, keepdim=True))
        means.append(reward.mean())
    return p, torch.stack(means)


@answer("generate-and-improve", "divides by 1 + N, the number of all draws", "wrong", means="divides_by_draws")
def _(base, r, draws, sample):
    p, means = base, []
    for u in draws:
        y = sample(p, u)
        reward = r.gather(1, y)
        counts = torch.zeros_like(base).scatter_add(1, y, reward)
        p = (base + counts) / (1 + y.shape[1])
        means.append(reward.mean())
    return p, torch.stack(means)


@answer("generate-and-improve", "counts all draws, rewarded or not", "wrong", means="without_filter")
def _(base, r, draws, sample):
    p, means = base, []
    for u in draws:
        y = sample(p, u)
        counts = torch.zeros_like(base).scatter_add(1, y, torch.ones(y.shape, dtype=base.dtype))
        p = (base + counts) / (1 + counts.sum(-1, keepdim=True))
        means.append(r.gather(1, y).mean())
    return p, torch.stack(means)


@answer("generate-and-improve", "divides by the counts without the 1 of base", "wrong", means="base_not_counted")
def _(base, r, draws, sample):
    p, means = base, []
    for u in draws:
        y = sample(p, u)
        reward = r.gather(1, y)
        counts = torch.zeros_like(base).scatter_add(1, y, reward)
        p = (base + counts) / counts.sum(-1, keepdim=True).clamp(min=1)
        means.append(reward.mean())
    return p, torch.stack(means)


@answer("generate-and-improve", "base forgotten: maximum likelihood of the counts", "wrong", means="forgets_base")
def _(base, r, draws, sample):
    p, means = base, []
    for u in draws:
        y = sample(p, u)
        reward = r.gather(1, y)
        counts = torch.zeros_like(base).scatter_add(1, y, reward)
        total = counts.sum(-1, keepdim=True)
        p = torch.where(total > 0, counts / total.clamp(min=1), base)
        means.append(reward.mean())
    return p, torch.stack(means)


@answer("generate-and-improve", "rewarded draws counted over all questions", "wrong", means="draws_of_all")
def _(base, r, draws, sample):
    p, means = base, []
    for u in draws:
        y = sample(p, u)
        reward = r.gather(1, y)
        counts = torch.zeros_like(base).scatter_add(1, y, reward)
        p = (base + counts) / (1 + counts.sum())
        means.append(reward.mean())
    return p, torch.stack(means)


@answer("generate-and-improve", "total reward of each round instead of the mean", "wrong", means="summed_rewards")
def _(base, r, draws, sample):
    p, means = base, []
    for u in draws:
        y = sample(p, u)
        reward = r.gather(1, y)
        counts = torch.zeros_like(base).scatter_add(1, y, reward)
        p = (base + counts) / (1 + counts.sum(-1, keepdim=True))
        means.append(reward.sum())
    return p, torch.stack(means)


@answer(
    "generate-and-improve",
    "expected reward of the policy, not the mean of the draws",
    "wrong",
    means="expected_rewards",
)
def _(base, r, draws, sample):
    p, means = base, []
    for u in draws:
        y = sample(p, u)
        reward = r.gather(1, y)
        means.append((p * r).sum(-1).mean())
        counts = torch.zeros_like(base).scatter_add(1, y, reward)
        p = (base + counts) / (1 + counts.sum(-1, keepdim=True))
    return p, torch.stack(means)


@answer(
    "generate-and-improve",
    "rewards measured after the improvement, on new draws with the same u",
    "wrong",
    means="measures_after",
)
def _(base, r, draws, sample):
    p, means = base, []
    for u in draws:
        y = sample(p, u)
        reward = r.gather(1, y)
        counts = torch.zeros_like(base).scatter_add(1, y, reward)
        p = (base + counts) / (1 + counts.sum(-1, keepdim=True))
        means.append(r.gather(1, sample(p, u)).mean())
    return p, torch.stack(means)


@answer("generate-and-improve", "mean for each question kept: (T, X)", "wrong")
def _(base, r, draws, sample):
    p, means = base, []
    for u in draws:
        y = sample(p, u)
        reward = r.gather(1, y)
        counts = torch.zeros_like(base).scatter_add(1, y, reward)
        p = (base + counts) / (1 + counts.sum(-1, keepdim=True))
        means.append(reward.mean(-1))
    return p, torch.stack(means)


@answer("generate-and-improve", "last round not improved", "wrong", means="last_not_improved")
def _(base, r, draws, sample):
    p, means = base, []
    for t, u in enumerate(draws):
        y = sample(p, u)
        reward = r.gather(1, y)
        means.append(reward.mean())
        if t < len(draws) - 1:
            counts = torch.zeros_like(base).scatter_add(1, y, reward)
            p = (base + counts) / (1 + counts.sum(-1, keepdim=True))
    return p, torch.stack(means)


@answer("generate-and-improve", "first round's random numbers in every round", "wrong", means="same_draws")
def _(base, r, draws, sample):
    p, means = base, []
    for _t in range(len(draws)):
        y = sample(p, draws[0])
        reward = r.gather(1, y)
        counts = torch.zeros_like(base).scatter_add(1, y, reward)
        p = (base + counts) / (1 + counts.sum(-1, keepdim=True))
        means.append(reward.mean())
    return p, torch.stack(means)


@answer("generate-and-improve", "starts at the second round of draws", "wrong")
def _(base, r, draws, sample):
    p, means = base, []
    for t in range(1, draws.shape[0]):
        y = sample(p, draws[t])
        reward = r.gather(1, y)
        counts = torch.zeros_like(base).scatter_add(1, y, reward)
        p = (base + counts) / (1 + counts.sum(-1, keepdim=True))
        means.append(reward.mean())
    return p, torch.stack(means)


@answer("generate-and-improve", "base changed in place", "wrong")
def _(base, r, draws, sample):
    p, means = base, []
    for u in draws:
        y = sample(p, u)
        reward = r.gather(1, y)
        counts = torch.zeros_like(base).scatter_add(1, y, reward)
        p.add_(counts).div_(1 + counts.sum(-1, keepdim=True))
        means.append(reward.mean())
    return p, torch.stack(means)


@answer(
    "generate-and-improve",
    "a rewarded answer counts at most once through the mask of r",
    "wrong",
    means="counted_once_above",
)
def _(base, r, draws, sample):
    p, means = base, []
    for u in draws:
        y = sample(p, u)
        reward = r.gather(1, y)
        seen = F.one_hot(y, base.shape[1]).amax(1)
        counts = seen * r
        p = (base + counts) / (1 + reward.sum(-1, keepdim=True))
        means.append(reward.mean())
    return p, torch.stack(means)


@answer("generate-and-improve", "list of floats for the mean rewards", "wrong")
def _(base, r, draws, sample):
    p, means = base, []
    for u in draws:
        y = sample(p, u)
        reward = r.gather(1, y)
        counts = torch.zeros_like(base).scatter_add(1, y, reward)
        p = (base + counts) / (1 + counts.sum(-1, keepdim=True))
        means.append(reward.mean().item())
    return p, means


@answer("generate-and-improve", "only the last round's mean returned", "wrong")
def _(base, r, draws, sample):
    p = base
    for u in draws:
        y = sample(p, u)
        reward = r.gather(1, y)
        counts = torch.zeros_like(base).scatter_add(1, y, reward)
        p = (base + counts) / (1 + counts.sum(-1, keepdim=True))
    return p, reward.mean()


@answer("generate-and-improve", "all policies returned, (T, X, Y)", "wrong")
def _(base, r, draws, sample):
    policies, means = [base], []
    for u in draws:
        y = sample(policies[-1], u)
        reward = r.gather(1, y)
        counts = torch.zeros_like(base).scatter_add(1, y, reward)
        policies.append((base + counts) / (1 + counts.sum(-1, keepdim=True)))
        means.append(reward.mean())
    return torch.stack(policies[1:]), torch.stack(means)


@answer("generate-and-improve", "only the first draw of each question", "wrong", means="first_draw_only")
def _(base, r, draws, sample):
    p, means = base, []
    for u in draws:
        y = sample(p, u)[:, :1]
        reward = r.gather(1, y)
        counts = torch.zeros_like(base).scatter_add(1, y, reward)
        p = (base + counts) / (1 + counts.sum(-1, keepdim=True))
        means.append(reward.mean())
    return p, torch.stack(means)


@answer("generate-and-improve", "softmax instead of dividing", "wrong", means="softmax_of_counts")
def _(base, r, draws, sample):
    p, means = base, []
    for u in draws:
        y = sample(p, u)
        reward = r.gather(1, y)
        counts = torch.zeros_like(base).scatter_add(1, y, reward)
        p = (base + counts).softmax(-1)
        means.append(reward.mean())
    return p, torch.stack(means)


@answer("generate-and-improve", "base weighted with N: counts like N answers", "wrong", means="base_counts_n")
def _(base, r, draws, sample):
    p, means = base, []
    N = draws.shape[-1]
    for u in draws:
        y = sample(p, u)
        reward = r.gather(1, y)
        counts = torch.zeros_like(base).scatter_add(1, y, reward)
        p = (N * base + counts) / (N + counts.sum(-1, keepdim=True))
        means.append(reward.mean())
    return p, torch.stack(means)


@answer("generate-and-improve", "divides by 1 + the share of rewarded draws", "wrong", means="divides_by_share")
def _(base, r, draws, sample):
    p, means = base, []
    for u in draws:
        y = sample(p, u)
        reward = r.gather(1, y)
        counts = torch.zeros_like(base).scatter_add(1, y, reward)
        p = (base + counts) / (1 + reward.mean(-1, keepdim=True))
        means.append(reward.mean())
    return p, torch.stack(means)


@answer("generate-and-improve", "r indexed with r[y]: rows for answers", "wrong")
def _(base, r, draws, sample):
    p, means = base, []
    for u in draws:
        y = sample(p, u)
        reward = r[:, y[0]]
        counts = torch.zeros_like(base).scatter_add(1, y, reward)
        p = (base + counts) / (1 + counts.sum(-1, keepdim=True))
        means.append(reward.mean())
    return p, torch.stack(means)


@answer("generate-and-improve", "keepdim forgotten", "wrong")
def _(base, r, draws, sample):
    p, means = base, []
    for u in draws:
        y = sample(p, u)
        reward = r.gather(1, y)
        counts = torch.zeros_like(base).scatter_add(1, y, reward)
        p = (base + counts) / (1 + counts.sum(-1))
        means.append(reward.mean())
    return p, torch.stack(means)


@answer("generate-and-improve", "running mean over the rounds", "wrong", means="running_mean")
def _(base, r, draws, sample):
    p, all_rewards, means = base, [], []
    for u in draws:
        y = sample(p, u)
        reward = r.gather(1, y)
        all_rewards.append(reward)
        counts = torch.zeros_like(base).scatter_add(1, y, reward)
        p = (base + counts) / (1 + counts.sum(-1, keepdim=True))
        means.append(torch.stack(all_rewards).mean())
    return p, torch.stack(means)


@answer("generate-and-improve", "explicit loops over questions and draws", "right")
def _(base, r, draws, sample):
    T, X, N = draws.shape
    policy, means = base.clone(), torch.zeros(T, dtype=base.dtype)
    for t in range(T):
        y = sample(policy, draws[t])
        new, total = base.clone(), 0.0
        for x in range(X):
            good = 0
            for n in range(N):
                if r[x, y[x, n]] == 1:
                    new[x, y[x, n]] += 1
                    good += 1
            new[x] /= 1 + good
            total += good
        policy, means[t] = new, total / (X * N)
    return policy, means


@answer("generate-and-improve", "recursion over the rounds", "right")
def _(base, r, draws, sample):
    def go(p, t):
        if t == len(draws):
            return p, []
        y = sample(p, draws[t])
        reward = torch.take_along_dim(r, y, dim=1)
        counts = torch.zeros_like(base).scatter_add(1, y, reward)
        last, rest = go((base + counts) / (1 + reward.sum(1, keepdim=True)), t + 1)
        return last, [reward.mean(), *rest]

    p, means = go(base, 0)
    return p, torch.stack(means)


@answer("generate-and-improve", "one-hot sums and r times counts", "right")
def _(base, r, draws, sample):
    p, means = base, []
    for u in draws:
        y = sample(p, u)
        counts = F.one_hot(y, base.shape[1]).sum(1) * r
        means.append(counts.sum() / y.numel())
        p = (base + counts) / (1 + counts.sum(1, keepdim=True))
    return p, torch.stack(means)


@answer("generate-and-improve", "float64 inside, sampler given the original type", "right")
def _(base, r, draws, sample):
    p, means = base, torch.empty(len(draws), dtype=base.dtype)
    rows = torch.arange(len(base))[:, None]
    for t, u in enumerate(draws.unbind(0)):
        y = sample(p, u)
        reward = r[rows, y].double()
        counts = torch.zeros(base.shape, dtype=torch.float64)
        counts.index_put_((rows.expand_as(y), y), reward, accumulate=True)
        p = ((base.double() + counts) / (1 + counts.sum(-1, keepdim=True))).to(base.dtype)
        means[t] = reward.mean()
    return p, means


@answer("generate-and-improve", "as a convex combination of base and the share of counts", "right")
def _(base, r, draws, sample):
    p, means = base, []
    for u in draws:
        y = sample(p, u)
        reward = r.gather(1, y)
        counts = torch.zeros_like(base).scatter_add(1, y, reward)
        n = reward.sum(-1, keepdim=True)
        p = base / (1 + n) + counts / (1 + n)
        means.append(reward.sum() / reward.numel())
    return p, torch.stack(means)


@answer("generate-and-improve", "bincount on flat numbers", "right")
def _(base, r, draws, sample):
    X, Y = base.shape
    p, means = base, []
    for u in draws:
        y = sample(p, u)
        reward = r.gather(1, y)
        flat = (torch.arange(X)[:, None] * Y + y).flatten()
        counts = torch.bincount(flat, weights=reward.flatten(), minlength=X * Y).view(X, Y).to(base.dtype)
        p = (base + counts) / (1 + counts.sum(-1, keepdim=True))
        means.append(reward.mean())
    return p, torch.stack(means)


def counts_of(base, y, w):
    return torch.zeros_like(base).scatter_add(1, y, w.to(base.dtype))


@answer("generate-and-improve", "improves from the newest policy, not from base", "wrong", means="improves_the_last")
def _(base, r, draws, sample):
    p = base.clone()
    mean = []
    for u in draws:
        y = sample(p, u)
        w = r.gather(1, y)
        c = counts_of(base, y, w)
        p = (p + c) / (1 + c.sum(1, keepdim=True))
        mean.append(w.to(base.dtype).mean())
    return p, torch.stack(mean)


@answer("generate-and-improve", "counts are kept over the rounds", "wrong", means="accumulates")
def _(base, r, draws, sample):
    p = base.clone()
    mean = []
    c = torch.zeros_like(base)
    for u in draws:
        y = sample(p, u)
        w = r.gather(1, y)
        c = c + counts_of(base, y, w)
        p = (base + c) / (1 + c.sum(1, keepdim=True))
        mean.append(w.to(base.dtype).mean())
    return p, torch.stack(mean)


@answer("generate-and-improve", "denominator 1 + N: all draws, not those rewarded", "wrong", means="divides_by_draws")
def _(base, r, draws, sample):
    p = base
    mean = []
    for u in draws:
        y = sample(p, u)
        w = r.gather(1, y)
        p = (base + counts_of(base, y, w)) / (1 + y.shape[1])
        mean.append(w.to(base.dtype).mean())
    return p, torch.stack(mean)


@answer(
    "generate-and-improve",
    "index put p[rows, y] += w: an answer drawn twice is counted once",
    "wrong",
    means="counts_once",
)
def _(base, r, draws, sample):
    p = base
    mean = []
    rows = torch.arange(len(base))[:, None]
    for u in draws:
        y = sample(p, u)
        w = r.gather(1, y).to(base.dtype)
        c = torch.zeros_like(base)
        c[rows, y] += w
        p = (base + c) / (1 + c.sum(1, keepdim=True))
        mean.append(w.mean())
    return p, torch.stack(mean)


@answer(
    "generate-and-improve",
    "reported reward is the expected one of the new policy, sum p r",
    "wrong",
    means="expected_after",
)
def _(base, r, draws, sample):
    p = base
    mean = []
    for u in draws:
        y = sample(p, u)
        w = r.gather(1, y)
        c = counts_of(base, y, w)
        p = (base + c) / (1 + c.sum(1, keepdim=True))
        mean.append((p * r).sum(-1).mean())
    return p, torch.stack(mean)


@answer("generate-and-improve", "base changed in place: base += counts", "wrong")
def _(base, r, draws, sample):
    p = base.clone()
    mean = []
    for u in draws:
        y = sample(p, u)
        w = r.gather(1, y)
        c = counts_of(base, y, w)
        base += c
        p = base / (1 + c.sum(1, keepdim=True))
        mean.append(w.to(base.dtype).mean())
    return p, torch.stack(mean)


@answer(
    "generate-and-improve",
    "always drawn from base: policy renewed but never used for drawing",
    "wrong",
    means="draws_from_base",
)
def _(base, r, draws, sample):
    mean = []
    for u in draws:
        y = sample(base, u)
        w = r.gather(1, y)
        c = counts_of(base, y, w)
        p = (base + c) / (1 + c.sum(1, keepdim=True))
        mean.append(w.to(base.dtype).mean())
    return p, torch.stack(mean)


@answer(
    "generate-and-improve", "one denominator for all questions: 1 + all rewarded draws", "wrong", means="draws_of_all"
)
def _(base, r, draws, sample):
    p = base
    mean = []
    for u in draws:
        y = sample(p, u)
        w = r.gather(1, y)
        c = counts_of(base, y, w)
        p = (base + c) / (1 + c.sum())
        mean.append(w.to(base.dtype).mean())
    return p, torch.stack(mean)


@answer("generate-and-improve", "mean reward per question, (T, X), not averaged over questions", "wrong")
def _(base, r, draws, sample):
    p = base
    mean = []
    for u in draws:
        y = sample(p, u)
        w = r.gather(1, y)
        c = counts_of(base, y, w)
        p = (base + c) / (1 + c.sum(1, keepdim=True))
        mean.append(w.to(base.dtype).mean(1))
    return p, torch.stack(mean)


@answer("generate-and-improve", "normalised by its own row sum", "right")
def _(base, r, draws, sample):
    p = base.clone()
    out = torch.empty(len(draws), dtype=base.dtype)
    for t in range(draws.shape[0]):
        y = sample(p, draws[t])
        w = torch.take_along_dim(r, y, 1).to(base.dtype)
        out[t] = w.sum() / w.numel()
        p = base + F.one_hot(y, base.shape[1]).to(base.dtype).mul(w[..., None]).sum(1)
        p = p / p.sum(1, keepdim=True)
    return p, out


@answer("generate-and-improve", "recursion over the rounds", "right")
def _(base, r, draws, sample):
    def go(p, rest):
        if len(rest) == 0:
            return p, []
        y = sample(p, rest[0])
        w = r.gather(1, y).to(base.dtype)
        c = torch.zeros_like(base)
        c.scatter_add_(1, y, w)
        last, means = go((base + c) / (1 + w.sum(1, keepdim=True)), rest[1:])
        return last, [w.mean(), *means]

    p, means = go(base, draws)
    return p, torch.stack(means)


@answer("generate-and-improve", "Python loops over questions and draws, bincount", "right")
def _(base, r, draws, sample):
    p, means = base.clone(), []
    X, Y = base.shape
    for u in draws:
        y = sample(p, u)
        p = p.clone()
        total = 0.0
        for x in range(X):
            good = torch.tensor([a for a in y[x].tolist() if r[x, a] == 1], dtype=torch.long)
            total += len(good)
            p[x] = (base[x] + torch.bincount(good, minlength=Y).to(base.dtype)) / (1 + len(good))
        means.append(total / y.numel())
    return p, torch.tensor(means, dtype=base.dtype)
