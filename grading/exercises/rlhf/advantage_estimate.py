"""The private half of advantage-estimate."""

import torch
from llmcourse.checks.labs.rlhf.advantage_estimate import episodes
from llmcourse.rlhf import ppo

from grading.exercises import misconception, reference, variant

CASES = {
    "long answers": episodes([20, 13, 1, 17], 20, 0.95),
    "one token each": episodes([1, 1], 3, 0.9),
    "a discount and short answers": episodes([2, 3, 1], 4, 0.6, gamma=0.9),
}


@reference
def gae(rewards, values, mask, lam, gamma):
    return ppo.gae(rewards, values, mask, lam, gamma)


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


def following(values, mask):
    """V_{t+1}, which is 0 after the end."""
    return torch.nn.functional.pad(values * mask, (0, 1))[:, 1:]


def passed_on(delta, decay):
    """The sum of an error and all that follow, each `decay` times less than the one before it."""
    last, found = torch.zeros_like(delta[:, 0]), []
    for t in reversed(range(delta.shape[1])):
        last = delta[:, t] + decay * last
        found.append(last)
    return torch.stack(found[::-1], 1)


def with_errors(delta, values, mask, decay):
    """Advantages and returns from these errors."""
    A = passed_on(delta * mask, decay)
    return A * mask, (A + values) * mask


def right(rewards, values, mask, lam, gamma):
    return with_errors(rewards + gamma * following(values, mask) - values, values, mask, gamma * lam)


@misconception(
    says="advantages into which errors flow from the padding: A is not 0 after the end",
    hint="A_{t+1} is 0 after the last token: multiply by `mask[:, t]` before you pass it on.",
)
def errors_of_padding(rewards, values, mask, lam, gamma):
    A = passed_on(rewards + gamma * following(values, mask) - values, gamma * lam) * mask
    return A, (A + values) * mask


@misconception(
    says="advantages of which the last token has none",
    hint="Nothing follows the last token, but it has an error of its own: r - V. Mask what follows, not delta.",
)
def last_left_out(rewards, values, mask, lam, gamma):
    A = passed_on((rewards + gamma * following(values, mask) - values) * following(mask, mask), gamma * lam)
    return A, (A + values) * mask


@misconception(
    says="errors for which the row's last value follows itself",
    hint="After the last token there is no value: V_{t+1} is 0 there.",
)
def last_value_twice(rewards, values, mask, lam, gamma):
    after = torch.cat([values[:, 1:], values[:, -1:]], 1)
    return with_errors(rewards + gamma * after - values, values, mask, gamma * lam)


@misconception(
    says="errors for which the first value follows the row's last: `roll` goes round",
    hint="After the last token there is no value: V_{t+1} is 0 there.",
)
def first_value_again(rewards, values, mask, lam, gamma):
    after = (values * mask).roll(-1, 1)
    return with_errors(rewards + gamma * after - values, values, mask, gamma * lam)


@misconception(
    says="errors with the value of the step before in the place of the one after",
    hint="delta_t = r_t + gamma V_{t+1} - V_t: `values[:, 1:]` belongs to `rewards[:, :-1]`.",
)
def value_before(rewards, values, mask, lam, gamma):
    before = torch.nn.functional.pad(values, (1, 0))[:, :-1]
    return with_errors(rewards + gamma * before - values, values, mask, gamma * lam)


@misconception(
    says="errors from which V_t has not been subtracted",
    hint="An error is what comes less what was expected: r + gamma V_{t+1} - V_t.",
)
def value_not_subtracted(rewards, values, mask, lam, gamma):
    return with_errors(rewards + gamma * following(values, mask), values, mask, gamma * lam)


@misconception(
    says="errors in which gamma multiplies the reward as well",
    hint="The reward comes now, and what follows is discounted: r + gamma V_{t+1} - V_t.",
)
def reward_discounted(rewards, values, mask, lam, gamma):
    return with_errors(gamma * (rewards + following(values, mask)) - values, values, mask, gamma * lam)


@misconception(
    says="advantages in which a token's own error has been multiplied by gamma lam, too",
    hint="A_t = delta_t + gamma lam A_{t+1}: mind the brackets.",
)
def own_error_fades(rewards, values, mask, lam, gamma):
    A = gamma * lam * right(rewards, values, mask, lam, gamma)[0]
    return A, (A + values) * mask


@misconception(
    says="1 - lambda times the advantages: a mean of all errors in the place of their sum",
    hint="A_t = delta_t + gamma lam A_{t+1}. (The weights 1 - lambda are those of the mean over n-step estimates.)",
)
def mean_of_errors(rewards, values, mask, lam, gamma):
    A = (1 - lam) * right(rewards, values, mask, lam, gamma)[0]
    return A, (A + values) * mask


@misconception(
    says="errors that fade with their place in the answer, and not with their distance from the token",
    hint="The next error counts gamma lam for *every* token: A_t = delta_t + gamma lam A_{t+1}.",
)
def fading_by_place(rewards, values, mask, lam, gamma):
    delta = rewards + gamma * following(values, mask) - values
    weight = (gamma * lam) ** torch.arange(mask.shape[1], dtype=rewards.dtype)
    return with_errors(delta * weight, values, mask, 1.0)


@misconception(
    says="the right returns, with advantages whose mean is 0 and whose deviation is 1",
    hint="PPO often does that afterwards. Here the advantages themselves are asked for.",
)
def whitened(rewards, values, mask, lam, gamma):
    A, returns = right(rewards, values, mask, lam, gamma)
    each = A[mask > 0]
    return (A - each.mean()) / (each.std() + 1e-8) * mask, returns


@misconception(
    says="the right advantages, with the reward added to them for the returns",
    hint="What the critic should have said is its value plus the advantage: `advantages + values`.",
)
def reward_added(rewards, values, mask, lam, gamma):
    A = right(rewards, values, mask, lam, gamma)[0]
    return A, (A + rewards) * mask


@misconception(
    says="the right advantages, with r + gamma V_{t+1} for the returns, whatever lambda is",
    hint="What the critic should have said is its value plus the advantage: `advantages + values`.",
)
def next_step_for_returns(rewards, values, mask, lam, gamma):
    return right(rewards, values, mask, lam, gamma)[0], (rewards + gamma * following(values, mask)) * mask
