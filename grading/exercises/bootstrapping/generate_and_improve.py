"""The private half of generate-and-improve."""

import torch
from llmcourse.checks.labs.bootstrapping.generate_and_improve import rounds

from grading.exercises import misconception, reference, variant

CASES = {"many rounds": rounds(5, 7, 6, 10), "many questions": rounds(20, 10, 3, 6, right=1)}


@reference
def rest_em(base, r, draws, sample):
    policy, sampled = base, []
    for u in draws:
        y = sample(policy, u)
        reward = r.gather(1, y)
        sampled.append(reward.mean())
        counts = torch.zeros_like(base).scatter_add(1, y, reward)
        policy = (base + counts) / (1 + counts.sum(-1, keepdim=True))
    return policy, torch.stack(sampled)


@variant
def by_one_hot(base, r, draws, sample):
    policy, sampled = base, base.new_zeros(len(draws))
    for t in range(draws.shape[0]):
        hot = torch.nn.functional.one_hot(sample(policy, draws[t]), base.shape[1]).to(base.dtype)
        kept = (hot * r[:, None]).sum(1)
        sampled[t] = kept.sum() / draws[t].numel()
        policy = (base + kept) / (base + kept).sum(1, keepdim=True)
    return policy, sampled


@variant
def question_by_question(base, r, draws, sample):
    policy, sampled = base.clone(), []
    for u in draws:
        y, new, total = sample(policy, u), base.clone(), 0.0
        for x in range(len(base)):
            for answer in y[x].tolist():
                new[x, answer] += r[x, answer]
                total = total + r[x, answer]
        policy = new / new.sum(-1, keepdim=True)
        sampled.append(total / u.numel())
    return policy, torch.stack(sampled)


@misconception(
    says="a loop in which every round draws from the first policy: rounds that do not build on each other",
    hint="Generate with the newest policy: `sample(policy, u)`.",
)
def draws_from_base(base, r, draws, sample):
    policy, sampled = base, []
    for u in draws:
        y = sample(base, u)
        reward = r.gather(1, y)
        sampled.append(reward.mean())
        counts = torch.zeros_like(base).scatter_add(1, y, reward)
        policy = (base + counts) / (1 + counts.sum(-1, keepdim=True))
    return policy, torch.stack(sampled)


@misconception(
    says="a loop that trains on from the last policy",
    hint="As in the paper, each M-step starts from `base`: old luck is not built in for good.",
)
def improves_the_last(base, r, draws, sample):
    policy, sampled = base, []
    for u in draws:
        y = sample(policy, u)
        reward = r.gather(1, y)
        sampled.append(reward.mean())
        counts = torch.zeros_like(base).scatter_add(1, y, reward)
        policy = (policy + counts) / (1 + counts.sum(-1, keepdim=True))
    return policy, torch.stack(sampled)


@misconception(
    says="a loop that learns from every draw, right or wrong",
    hint="Weights are the rewards: a wrong answer has none. Count `r.gather(1, y)`, and not ones.",
)
def without_filter(base, r, draws, sample):
    policy, sampled = base, []
    for u in draws:
        y = sample(policy, u)
        sampled.append(r.gather(1, y).mean())
        counts = torch.zeros_like(base).scatter_add(1, y, torch.ones_like(u))
        policy = (base + counts) / (1 + counts.sum(-1, keepdim=True))
    return policy, torch.stack(sampled)


@misconception(
    says="a loop that keeps the answers of all rounds",
    hint="D_i is drawn anew in each round: forget the last round's counts.",
)
def accumulates(base, r, draws, sample):
    policy, sampled, counts = base, [], torch.zeros_like(base)
    for u in draws:
        y = sample(policy, u)
        reward = r.gather(1, y)
        sampled.append(reward.mean())
        counts = counts.scatter_add(1, y, reward)
        policy = (base + counts) / (1 + counts.sum(-1, keepdim=True))
    return policy, torch.stack(sampled)


@misconception(
    says="a loop in which an answer that was drawn several times counts once",
    hint="How often an answer was drawn is its weight: that is where p comes in. `scatter_add` adds.",
)
def counts_once(base, r, draws, sample):
    policy, sampled = base, []
    for u in draws:
        y = sample(policy, u)
        reward = r.gather(1, y)
        sampled.append(reward.mean())
        counts = torch.zeros_like(base).scatter(1, y, 1.0) * r
        policy = (base + counts) / (1 + counts.sum(-1, keepdim=True))
    return policy, torch.stack(sampled)


@misconception(
    says="a loop with exact expectations in place of draws",
    hint="Count what was drawn: the policy's own probabilities are not known to a real sampler.",
)
def exact_expectation(base, r, draws, sample):
    policy, sampled = base, []
    for u in draws:
        sampled.append((policy * r).sum(-1).mean())
        counts = u.shape[-1] * policy * r
        policy = (base + counts) / (1 + counts.sum(-1, keepdim=True))
    return policy, torch.stack(sampled)


@misconception(
    says="the right policy, with the mean reward measured after the improvement",
    hint="`sampled` is the mean reward of the draws that were trained on.",
)
def measures_after(base, r, draws, sample):
    policy, sampled = base, []
    for u in draws:
        y = sample(policy, u)
        counts = torch.zeros_like(base).scatter_add(1, y, r.gather(1, y))
        policy = (base + counts) / (1 + counts.sum(-1, keepdim=True))
        sampled.append(r.gather(1, sample(policy, u)).mean())
    return policy, torch.stack(sampled)


@misconception(
    says="a loop that fits the kept answers alone, and lets a question without one fall back to base",
    hint="The M-step starts from `base`, which counts like one answer: add it to the counts.",
)
def forgets_base(base, r, draws, sample):
    policy, sampled = base, []
    for u in draws:
        y = sample(policy, u)
        reward = r.gather(1, y)
        sampled.append(reward.mean())
        counts = torch.zeros_like(base).scatter_add(1, y, reward)
        total = counts.sum(-1, keepdim=True)
        policy = torch.where(total > 0, counts / torch.where(total > 0, total, torch.ones_like(total)), base)
    return policy, torch.stack(sampled)


@misconception(
    says="a loop with one normaliser for all questions",
    hint="Each question has a distribution of its own: `counts.sum(-1, keepdim=True)`.",
)
def one_normaliser(base, r, draws, sample):
    policy, sampled = base, []
    for u in draws:
        y = sample(policy, u)
        reward = r.gather(1, y)
        sampled.append(reward.mean())
        counts = torch.zeros_like(base).scatter_add(1, y, reward)
        policy = (base + counts) / (1 + counts.sum() / len(base))
    return policy, torch.stack(sampled)


EQUIVALENT = {"-1 -> +1": "the last axis of two is axis 1"}
