"""The private half of generate-and-improve."""

import torch
from llmcourse.checks.labs.bootstrapping.generate_and_improve import rounds

from grading.exercises import misconception, reference, variant

CASES = {
    "many rounds": rounds(5, 7, 6, 10),
    "many questions": rounds(20, 10, 3, 6, right=1),
    "two draws": rounds(15, 6, 5, 2, right=1),
    "one draw": rounds(15, 5, 4, 1, right=1),
}


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


@misconception(
    says="a loop that divides by 1 + N, all draws, right or wrong",
    hint="Only rewarded draws are counted above, so only they are counted below: each row sums to 1.",
)
def divides_by_draws(base, r, draws, sample):
    policy, sampled = base, []
    for u in draws:
        y = sample(policy, u)
        reward = r.gather(1, y)
        sampled.append(reward.mean())
        counts = torch.zeros_like(base).scatter_add(1, y, reward)
        policy = (base + counts) / (1 + y.shape[1])
    return policy, torch.stack(sampled)


@misconception(
    says="a loop that divides by the number of rewarded draws alone: base is not counted below",
    hint="base counts like one answer, above and below: 1 + the number of rewarded draws.",
)
def base_not_counted(base, r, draws, sample):
    policy, sampled = base, []
    for u in draws:
        y = sample(policy, u)
        reward = r.gather(1, y)
        sampled.append(reward.mean())
        counts = torch.zeros_like(base).scatter_add(1, y, reward)
        policy = (base + counts) / counts.sum(-1, keepdim=True).clamp(min=1)
    return policy, torch.stack(sampled)


@misconception(
    says="a loop that divides by 1 + the share of rewarded draws",
    hint="Above stand counts, so below stands their number: `sum`, not `mean`.",
)
def divides_by_share(base, r, draws, sample):
    policy, sampled = base, []
    for u in draws:
        y = sample(policy, u)
        reward = r.gather(1, y)
        sampled.append(reward.mean())
        counts = torch.zeros_like(base).scatter_add(1, y, reward)
        policy = (base + counts) / (1 + reward.mean(-1, keepdim=True))
    return policy, torch.stack(sampled)


@misconception(
    says="a loop that makes probabilities by a softmax of base + counts",
    hint="Counts become shares when they are divided by their sum: 1 + the number of rewarded draws.",
)
def softmax_of_counts(base, r, draws, sample):
    policy, sampled = base, []
    for u in draws:
        y = sample(policy, u)
        reward = r.gather(1, y)
        sampled.append(reward.mean())
        counts = torch.zeros_like(base).scatter_add(1, y, reward)
        policy = (base + counts).softmax(-1)
    return policy, torch.stack(sampled)


@misconception(
    says="a loop in which base counts like N answers",
    hint="It counts like one, and each rewarded draw like one more: add the counts, and not their share of N.",
)
def base_counts_n(base, r, draws, sample):
    policy, sampled = base, []
    for u in draws:
        y = sample(policy, u)
        reward = r.gather(1, y)
        sampled.append(reward.mean())
        counts = torch.zeros_like(base).scatter_add(1, y, reward)
        policy = (u.shape[-1] * base + counts) / (u.shape[-1] + counts.sum(-1, keepdim=True))
    return policy, torch.stack(sampled)


@misconception(
    says="a loop that keeps the last policy for a question without a rewarded draw",
    hint="It starts from `base` there too: without a rewarded draw in this round the question is back at base.",
)
def keeps_last_policy(base, r, draws, sample):
    policy, sampled = base, []
    for u in draws:
        y = sample(policy, u)
        reward = r.gather(1, y)
        sampled.append(reward.mean())
        counts = torch.zeros_like(base).scatter_add(1, y, reward)
        policy = torch.where(
            counts.sum(-1, keepdim=True) > 0, (base + counts) / (1 + counts.sum(-1, keepdim=True)), policy
        )
    return policy, torch.stack(sampled)


@misconception(
    says="a loop in which an answer drawn several times counts once above, and each time below",
    hint="`one_hot(y).amax(1) * r` and `scatter` keep one of several draws: add them, `scatter_add`.",
)
def counted_once_above(base, r, draws, sample):
    policy, sampled = base, []
    for u in draws:
        y = sample(policy, u)
        reward = r.gather(1, y)
        sampled.append(reward.mean())
        counts = torch.zeros_like(base).scatter(1, y, 1.0) * r
        policy = (base + counts) / (1 + reward.sum(-1, keepdim=True))
    return policy, torch.stack(sampled)


@misconception(
    says="the right policy, with the sum of each round's rewards",
    hint="What is asked for is the mean reward of the round's X N draws.",
)
def summed_rewards(base, r, draws, sample):
    policy, sampled = base, []
    for u in draws:
        y = sample(policy, u)
        reward = r.gather(1, y)
        sampled.append(reward.sum())
        counts = torch.zeros_like(base).scatter_add(1, y, reward)
        policy = (base + counts) / (1 + counts.sum(-1, keepdim=True))
    return policy, torch.stack(sampled)


@misconception(
    says="the right policy, with the reward that its probabilities lead one to expect",
    hint="`sampled` is measured on what was drawn: the mean of `r.gather(1, y)`.",
)
def expected_rewards(base, r, draws, sample):
    policy, sampled = base, []
    for u in draws:
        y = sample(policy, u)
        reward = r.gather(1, y)
        sampled.append((policy * r).sum(-1).mean())
        counts = torch.zeros_like(base).scatter_add(1, y, reward)
        policy = (base + counts) / (1 + counts.sum(-1, keepdim=True))
    return policy, torch.stack(sampled)


@misconception(
    says="the right policy, with the mean reward of all rounds so far",
    hint="One number for each round: the mean reward of that round's draws alone.",
)
def running_mean(base, r, draws, sample):
    policy, sampled = base, []
    for u in draws:
        y = sample(policy, u)
        reward = r.gather(1, y)
        sampled.append(
            reward.mean() if not sampled else (sampled[-1] * len(sampled) + reward.mean()) / (len(sampled) + 1)
        )
        counts = torch.zeros_like(base).scatter_add(1, y, reward)
        policy = (base + counts) / (1 + counts.sum(-1, keepdim=True))
    return policy, torch.stack(sampled)


@misconception(
    says="the policy before the last round's improvement",
    hint="Every round ends with an improvement, the last one too.",
)
def last_not_improved(base, r, draws, sample):
    policy, sampled = base, []
    for u in draws:
        y = sample(policy, u)
        reward = r.gather(1, y)
        sampled.append(reward.mean())
        counts = torch.zeros_like(base).scatter_add(1, y, reward)
        policy = (base + counts) / (1 + counts.sum(-1, keepdim=True)) if len(sampled) < len(draws) else policy
    return policy, torch.stack(sampled)


@misconception(
    says="a loop that draws with the first round's random numbers again and again",
    hint="Round t has random numbers of its own: draws[t].",
)
def same_draws(base, r, draws, sample):
    policy, sampled = base, []
    for _ in draws:
        y = sample(policy, draws[0])
        reward = r.gather(1, y)
        sampled.append(reward.mean())
        counts = torch.zeros_like(base).scatter_add(1, y, reward)
        policy = (base + counts) / (1 + counts.sum(-1, keepdim=True))
    return policy, torch.stack(sampled)


@misconception(
    says="a loop that uses the first draw of each question only",
    hint="All N draws of a round count.",
)
def first_draw_only(base, r, draws, sample):
    policy, sampled = base, []
    for u in draws:
        y = sample(policy, u)[:, :1]
        reward = r.gather(1, y)
        sampled.append(reward.mean())
        counts = torch.zeros_like(base).scatter_add(1, y, reward)
        policy = (base + counts) / (1 + counts.sum(-1, keepdim=True))
    return policy, torch.stack(sampled)


@misconception(
    says="a loop that divides by the rewarded draws of all questions",
    hint="Each question has a distribution of its own: `counts.sum(-1, keepdim=True)`.",
)
def draws_of_all(base, r, draws, sample):
    policy, sampled = base, []
    for u in draws:
        y = sample(policy, u)
        reward = r.gather(1, y)
        sampled.append(reward.mean())
        counts = torch.zeros_like(base).scatter_add(1, y, reward)
        policy = (base + counts) / (1 + counts.sum())
    return policy, torch.stack(sampled)


@misconception(
    says="the right policy, with the mean of the table r",
    hint="`sampled` is measured on what was drawn: the mean of `r.gather(1, y)`.",
)
def table_mean(base, r, draws, sample):
    policy, sampled = base, []
    for u in draws:
        y = sample(policy, u)
        reward = r.gather(1, y)
        sampled.append(r.mean())
        counts = torch.zeros_like(base).scatter_add(1, y, reward)
        policy = (base + counts) / (1 + counts.sum(-1, keepdim=True))
    return policy, torch.stack(sampled)


@misconception(
    says="the right policy, with the reward that the new policy leads one to expect",
    hint="`sampled` is the mean reward of the draws that were trained on: `r.gather(1, y).mean()`.",
)
def expected_after(base, r, draws, sample):
    policy, sampled = base, []
    for u in draws:
        y = sample(policy, u)
        reward = r.gather(1, y)
        counts = torch.zeros_like(base).scatter_add(1, y, reward)
        policy = (base + counts) / (1 + counts.sum(-1, keepdim=True))
        sampled.append((policy * r).sum(-1).mean())
    return policy, torch.stack(sampled)


@misconception(
    says="the right policy, with the share of questions that got a rewarded draw",
    hint="What is asked for is the mean reward of the round's X N draws.",
)
def share_of_questions(base, r, draws, sample):
    policy, sampled = base, []
    for u in draws:
        y = sample(policy, u)
        reward = r.gather(1, y)
        sampled.append((reward.sum(1) > 0).to(base.dtype).mean())
        counts = torch.zeros_like(base).scatter_add(1, y, reward)
        policy = (base + counts) / (1 + counts.sum(-1, keepdim=True))
    return policy, torch.stack(sampled)


EQUIVALENT = {"-1 -> +1": "the last axis of two is axis 1"}
