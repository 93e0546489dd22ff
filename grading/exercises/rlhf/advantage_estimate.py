"""The private half of advantage-estimate."""

import torch
from llmcourse.checks.labs.rlhf.advantage_estimate import episodes
from llmcourse.rlhf import ppo

from grading.exercises import misconception, reference, stages, variant

CASES = {
    "long answers": episodes([20, 13, 1, 17], 20, 0.95),
    "one token each": episodes([1, 1], 3, 0.9),
    "a discount and short answers": episodes([2, 3, 1], 4, 0.6, gamma=0.9),
}


@reference
def gae(rewards, values, mask, lam, gamma):
    return ppo.gae(rewards, values, mask, lam, gamma)


@stages
def on_the_way(rewards, values, mask, lam, gamma):
    V = values * mask
    following = torch.nn.functional.pad(V, (0, 1))[:, 1:]
    return {"the errors delta_t": (rewards + gamma * following - V) * mask}


@variant
def by_the_sum(rewards, values, mask, lam, gamma):
    T, V, r = mask.shape[1], values * mask, rewards * mask
    delta = r + gamma * torch.cat([V[:, 1:], torch.zeros_like(V[:, :1])], 1) - V
    t = torch.arange(T)
    weights = torch.where(t[:, None] >= t, (gamma * lam) ** (t[:, None] - t).clamp(min=0).to(V.dtype), 0.0)
    A = (delta @ weights.to(V.dtype)) * mask
    return A, A + V


@variant
def row_by_row(rewards, values, mask, lam, gamma):
    A = torch.zeros_like(rewards)
    returns = torch.zeros_like(rewards)
    for b in range(len(rewards)):
        n, last, after = int(mask[b].sum()), 0.0, 0.0
        for t in range(n - 1, -1, -1):
            last = rewards[b, t] + gamma * after - values[b, t] + gamma * lam * last
            after = values[b, t]
            A[b, t], returns[b, t] = last, last + values[b, t]
    return A, returns


@misconception(
    says="advantages in which padding counts: rewards and values after the end are not masked",
    hint="After the last token nothing follows: multiply rewards and values by the mask before anything else.",
)
def padding_counts(rewards, values, mask, lam, gamma):
    after_A, after_V, found = torch.zeros_like(rewards[:, 0]), torch.zeros_like(rewards[:, 0]), []
    for t in reversed(range(rewards.shape[1])):
        after_A = rewards[:, t] + gamma * after_V - values[:, t] + gamma * lam * after_A
        after_V = values[:, t]
        found.append(after_A)
    A = torch.stack(found[::-1], 1) * mask
    return A, (A + values) * mask


@misconception(
    says="advantages that go on after the end: the value of the padding's first position is taken for what follows",
    hint="V_{t+1} is 0 after the last token: mask the values before you shift them.",
)
def value_after_the_end(rewards, values, mask, lam, gamma):
    following = torch.cat([values[:, 1:], torch.zeros_like(values[:, :1])], 1)
    delta = (rewards + gamma * following - values) * mask
    last, found = torch.zeros_like(rewards[:, 0]), []
    for t in reversed(range(rewards.shape[1])):
        last = delta[:, t] + gamma * lam * last
        found.append(last)
    A = torch.stack(found[::-1], 1)
    return A, (A + values) * mask


@misconception(
    says="the errors delta_t alone, whatever lambda is",
    hint="Each error also reaches the tokens before it: A_t = delta_t + gamma lam A_{t+1}.",
)
def errors_alone(rewards, values, mask, lam, gamma):
    V = values * mask
    following = torch.cat([V[:, 1:], torch.zeros_like(V[:, :1])], 1)
    A = (rewards + gamma * following - V) * mask
    return A, A + V


@misconception(
    says="the whole future less the value, whatever lambda is",
    hint="Later errors fade by lam: A_t = delta_t + gamma lam A_{t+1}.",
)
def always_one(rewards, values, mask, lam, gamma):
    V, last, found = values * mask, torch.zeros_like(rewards[:, 0]), []
    for t in reversed(range(rewards.shape[1])):
        last = rewards[:, t] * mask[:, t] + gamma * last
        found.append(last)
    returns = torch.stack(found[::-1], 1) * mask
    return returns - V, returns


@misconception(
    says="errors that are passed on from left to right, from the past to the future",
    hint="A token is credited with what comes after it: go backwards, from T - 1 to 0.",
)
def forwards(rewards, values, mask, lam, gamma):
    V = values * mask
    following = torch.cat([V[:, 1:], torch.zeros_like(V[:, :1])], 1)
    delta, last, found = (rewards + gamma * following - V) * mask, torch.zeros_like(V[:, 0]), []
    for t in range(V.shape[1]):
        last = delta[:, t] + gamma * lam * last
        found.append(last)
    A = torch.stack(found, 1) * mask
    return A, A + V


@misconception(
    says="advantages without gamma in front of lam: later errors fade by lam alone",
    hint="A_t = delta_t + gamma lam A_{t+1}: what is later is discounted as well.",
)
def lam_alone(rewards, values, mask, lam, gamma):
    V = values * mask
    following = torch.cat([V[:, 1:], torch.zeros_like(V[:, :1])], 1)
    delta, last, found = (rewards + gamma * following - V) * mask, torch.zeros_like(V[:, 0]), []
    for t in reversed(range(V.shape[1])):
        last = delta[:, t] + lam * last
        found.append(last)
    A = torch.stack(found[::-1], 1)
    return A, A + V


@misconception(
    says="advantages without gamma in front of the next value",
    hint="delta_t = r_t + gamma V_{t+1} - V_t.",
)
def value_not_discounted(rewards, values, mask, lam, gamma):
    V = values * mask
    following = torch.cat([V[:, 1:], torch.zeros_like(V[:, :1])], 1)
    delta, last, found = (rewards + following - V) * mask, torch.zeros_like(V[:, 0]), []
    for t in reversed(range(V.shape[1])):
        last = delta[:, t] + gamma * lam * last
        found.append(last)
    A = torch.stack(found[::-1], 1)
    return A, A + V


@misconception(
    says="errors with the signs of the two values swapped",
    hint="What follows counts for a token, and what was expected counts against it: r + gamma V_{t+1} - V_t.",
)
def values_swapped(rewards, values, mask, lam, gamma):
    V = values * mask
    following = torch.cat([V[:, 1:], torch.zeros_like(V[:, :1])], 1)
    delta, last, found = (rewards - gamma * following + V) * mask, torch.zeros_like(V[:, 0]), []
    for t in reversed(range(V.shape[1])):
        last = delta[:, t] + gamma * lam * last
        found.append(last)
    A = torch.stack(found[::-1], 1)
    return A, A + V


@misconception(
    says="the right advantages, with returns that are discounted sums of rewards, as if lambda were 1",
    hint="What the critic should have said is its value plus the advantage: `advantages + values`.",
)
def returns_of_rewards(rewards, values, mask, lam, gamma):
    V = values * mask
    following = torch.cat([V[:, 1:], torch.zeros_like(V[:, :1])], 1)
    delta, last, future, found, sums = (rewards + gamma * following - V) * mask, 0.0, 0.0, [], []
    for t in reversed(range(V.shape[1])):
        last = delta[:, t] + gamma * lam * last
        future = rewards[:, t] * mask[:, t] + gamma * future
        found.append(last)
        sums.append(future)
    return torch.stack(found[::-1], 1), torch.stack(sums[::-1], 1) * mask


@misconception(
    says="the right advantages, with returns of which the value has been subtracted once more",
    hint="The advantage is the return less the value; to get the return back, add the value.",
)
def value_subtracted_twice(rewards, values, mask, lam, gamma):
    V = values * mask
    following = torch.cat([V[:, 1:], torch.zeros_like(V[:, :1])], 1)
    delta, last, found = (rewards + gamma * following - V) * mask, torch.zeros_like(V[:, 0]), []
    for t in reversed(range(V.shape[1])):
        last = delta[:, t] + gamma * lam * last
        found.append(last)
    A = torch.stack(found[::-1], 1)
    return A, A - V


@misconception(
    says="the right advantages in the wrong order: the last token's first",
    hint="The loop went backwards, and so did the list: `torch.stack(found[::-1], 1)`.",
)
def reversed_order(rewards, values, mask, lam, gamma):
    V = values * mask
    following = torch.cat([V[:, 1:], torch.zeros_like(V[:, :1])], 1)
    delta, last, found = (rewards + gamma * following - V) * mask, torch.zeros_like(V[:, 0]), []
    for t in reversed(range(V.shape[1])):
        last = delta[:, t] + gamma * lam * last
        found.append(last)
    A = torch.stack(found, 1)
    return A, A + V


@misconception(
    says="the right advantages, with returns that are not masked after the end",
    hint="Outside of the answer a return is 0 as well: `(advantages + values) * mask`.",
)
def returns_unmasked(rewards, values, mask, lam, gamma):
    V = values * mask
    following = torch.cat([V[:, 1:], torch.zeros_like(V[:, :1])], 1)
    delta, last, found = (rewards + gamma * following - V) * mask, torch.zeros_like(V[:, 0]), []
    for t in reversed(range(V.shape[1])):
        last = delta[:, t] + gamma * lam * last
        found.append(last)
    A = torch.stack(found[::-1], 1)
    return A, A + values
