"""Answers to advantage-estimate, written without a look at its private half."""

import torch

from grading.answers import answer


def backwards(delta, mask, decay):
    """A_t = delta_t + decay A_{t+1}, cut where the mask ends."""
    A = torch.zeros_like(delta)
    a = torch.zeros_like(delta[:, 0])
    for t in reversed(range(delta.shape[1])):
        a = (delta[:, t] + decay * a) * mask[:, t]
        A[:, t] = a
    return A


def following(values, mask):
    """V_{t+1}, 0 after the end."""
    return torch.cat([(values * mask)[:, 1:], torch.zeros_like(values[:, :1])], 1)


def surprise(rewards, values, mask, gamma):
    return rewards + gamma * following(values, mask) - values


def right(rewards, values, mask, lam, gamma):
    return backwards(surprise(rewards, values, mask, gamma), mask, gamma * lam)


@answer("advantage-estimate", "no mask at all", "wrong")
def _(rewards, values, mask, lam, gamma):
    every = torch.ones_like(mask)
    A = right(rewards, values, every, lam, gamma)
    return A, A + values


@answer("advantage-estimate", "the mask at the end only", "wrong")
def _(rewards, values, mask, lam, gamma):
    A = right(rewards, values, torch.ones_like(mask), lam, gamma)
    return A * mask, (A + values) * mask


@answer("advantage-estimate", "values of padding follow the last token", "wrong")
def _(rewards, values, mask, lam, gamma):
    delta = surprise(rewards, values, torch.ones_like(mask), gamma)
    A = backwards(delta, mask, gamma * lam)
    return A, (A + values) * mask


@answer("advantage-estimate", "advantages of padding flow back", "wrong")
def _(rewards, values, mask, lam, gamma):
    delta = surprise(rewards, values, mask, gamma)
    A = backwards(delta, torch.ones_like(mask), gamma * lam) * mask
    return A, (A + values) * mask


@answer("advantage-estimate", "the next value is cut by this token's mask", "wrong")
def _(rewards, values, mask, lam, gamma):
    after = torch.cat([values[:, 1:], torch.zeros_like(values[:, :1])], 1) * mask
    A = backwards(rewards + gamma * after - values, mask, gamma * lam)
    return A, (A + values) * mask


@answer("advantage-estimate", "returns not cut on padding", "wrong")
def _(rewards, values, mask, lam, gamma):
    A = right(rewards, values, mask, lam, gamma)
    return A, A + values


@answer("advantage-estimate", "the last token gets nothing", "wrong")
def _(rewards, values, mask, lam, gamma):
    before = torch.cat([mask[:, 1:], torch.zeros_like(mask[:, :1])], 1)
    A = backwards(surprise(rewards, values, mask, gamma), before, gamma * lam)
    return A, (A + values) * mask


@answer("advantage-estimate", "the last value is taken twice", "wrong")
def _(rewards, values, mask, lam, gamma):
    after = torch.cat([values[:, 1:], values[:, -1:]], 1)
    A = backwards(rewards + gamma * after - values, mask, gamma * lam)
    return A, (A + values) * mask


@answer("advantage-estimate", "rolled: the first value follows the last token", "wrong")
def _(rewards, values, mask, lam, gamma):
    A = backwards(rewards + gamma * (values * mask).roll(-1, 1) - values, mask, gamma * lam)
    return A, (A + values) * mask


@answer("advantage-estimate", "the value before in place of the one after", "wrong")
def _(rewards, values, mask, lam, gamma):
    before = torch.cat([torch.zeros_like(values[:, :1]), values[:, :-1]], 1)
    A = backwards(rewards + gamma * before - values, mask, gamma * lam)
    return A, (A + values) * mask


@answer("advantage-estimate", "the critic the wrong way round: V_t - V_{t+1}", "wrong")
def _(rewards, values, mask, lam, gamma):
    A = backwards(rewards + values - gamma * following(values, mask), mask, gamma * lam)
    return A, (A + values) * mask


@answer("advantage-estimate", "V_t is not subtracted", "wrong")
def _(rewards, values, mask, lam, gamma):
    A = backwards(rewards + gamma * following(values, mask), mask, gamma * lam)
    return A, (A + values) * mask


@answer("advantage-estimate", "gamma is left out of delta", "wrong")
def _(rewards, values, mask, lam, gamma):
    A = backwards(surprise(rewards, values, mask, 1.0), mask, gamma * lam)
    return A, (A + values) * mask


@answer("advantage-estimate", "gamma on the reward as well", "wrong")
def _(rewards, values, mask, lam, gamma):
    A = backwards(gamma * (rewards + following(values, mask)) - values, mask, gamma * lam)
    return A, (A + values) * mask


@answer("advantage-estimate", "gamma is left out of the recursion", "wrong")
def _(rewards, values, mask, lam, gamma):
    A = backwards(surprise(rewards, values, mask, gamma), mask, lam)
    return A, (A + values) * mask


@answer("advantage-estimate", "lambda is left out", "wrong")
def _(rewards, values, mask, lam, gamma):
    A = backwards(surprise(rewards, values, mask, gamma), mask, gamma)
    return A, (A + values) * mask


@answer("advantage-estimate", "gamma is ignored", "wrong")
def _(rewards, values, mask, lam, gamma):
    A = right(rewards, values, mask, lam, 1.0)
    return A, (A + values) * mask


@answer("advantage-estimate", "delta alone", "wrong")
def _(rewards, values, mask, lam, gamma):
    A = surprise(rewards, values, mask, gamma) * mask
    return A, (A + values) * mask


@answer("advantage-estimate", "lambda and gamma exchanged", "wrong")
def _(rewards, values, mask, lam, gamma):
    A = right(rewards, values, mask, gamma, lam)
    return A, (A + values) * mask


@answer("advantage-estimate", "forwards in time", "wrong")
def _(rewards, values, mask, lam, gamma):
    delta = surprise(rewards, values, mask, gamma)
    A = backwards(delta.flip(1), mask.flip(1), gamma * lam).flip(1)
    return A, (A + values) * mask


@answer("advantage-estimate", "the list is not turned round", "wrong")
def _(rewards, values, mask, lam, gamma):
    A = right(rewards, values, mask, lam, gamma).flip(1)
    return A, (A + values) * mask


@answer("advantage-estimate", "the decay on this token's surprise too", "wrong")
def _(rewards, values, mask, lam, gamma):
    A = gamma * lam * right(rewards, values, mask, lam, gamma)
    return A, (A + values) * mask


@answer("advantage-estimate", "a mean with weights (1 - lambda) lambda^k", "wrong")
def _(rewards, values, mask, lam, gamma):
    A = (1 - lam) * right(rewards, values, mask, lam, gamma)
    return A, (A + values) * mask


@answer("advantage-estimate", "decay by the place in the answer", "wrong")
def _(rewards, values, mask, lam, gamma):
    weight = (gamma * lam) ** torch.arange(mask.shape[1], dtype=rewards.dtype)
    delta = surprise(rewards, values, mask, gamma) * mask * weight
    A = delta.flip(1).cumsum(1).flip(1) * mask
    return A, (A + values) * mask


@answer("advantage-estimate", "whitened advantages", "wrong")
def _(rewards, values, mask, lam, gamma):
    A = right(rewards, values, mask, lam, gamma)
    chosen = A[mask > 0]
    white = (A - chosen.mean()) / (chosen.std() + 1e-8) * mask
    return white, (A + values) * mask


@answer("advantage-estimate", "returns are A - V", "wrong")
def _(rewards, values, mask, lam, gamma):
    A = right(rewards, values, mask, lam, gamma)
    return A, (A - values) * mask


@answer("advantage-estimate", "returns are sums of rewards", "wrong")
def _(rewards, values, mask, lam, gamma):
    return right(rewards, values, mask, lam, gamma), backwards(rewards, mask, gamma)


@answer("advantage-estimate", "returns are R + gamma V_{t+1}", "wrong")
def _(rewards, values, mask, lam, gamma):
    return right(rewards, values, mask, lam, gamma), (rewards + gamma * following(values, mask)) * mask


@answer("advantage-estimate", "returns are A + R", "wrong")
def _(rewards, values, mask, lam, gamma):
    A = right(rewards, values, mask, lam, gamma)
    return A, (A + rewards) * mask


@answer("advantage-estimate", "returns exchanged with advantages", "wrong")
def _(rewards, values, mask, lam, gamma):
    A = right(rewards, values, mask, lam, gamma)
    return (A + values) * mask, A


@answer("advantage-estimate", "advantages alone", "wrong")
def _(rewards, values, mask, lam, gamma):
    return right(rewards, values, mask, lam, gamma)


@answer("advantage-estimate", "sums of rewards less the critic, whatever lambda", "wrong")
def _(rewards, values, mask, lam, gamma):
    G = backwards(rewards, mask, gamma)
    return (G - values) * mask, G


@answer("advantage-estimate", "overwrites the rewards", "wrong")
def _(rewards, values, mask, lam, gamma):
    rewards *= mask
    values *= mask
    A = right(rewards, values, mask, lam, gamma)
    return A, A + values


@answer("advantage-estimate", "the first token's advantage for all", "wrong")
def _(rewards, values, mask, lam, gamma):
    A = right(rewards, values, mask, lam, gamma)[:, :1] * mask
    return A, (A + values) * mask


@answer("advantage-estimate", "inputs cut first, then plain", "right")
def _(rewards, values, mask, lam, gamma):
    rewards, values = rewards * mask, values * mask
    every = torch.ones_like(mask)
    A = right(rewards, values, every, lam, gamma)
    return A, A + values


@answer("advantage-estimate", "a matrix of powers", "right")
def _(rewards, values, mask, lam, gamma):
    t = torch.arange(mask.shape[1])
    ahead = t - t[:, None]
    power = torch.where(ahead >= 0, torch.as_tensor(gamma * lam, dtype=rewards.dtype) ** ahead.clamp(min=0), 0.0)
    A = (surprise(rewards, values, mask, gamma) * mask) @ power.T.to(rewards) * mask
    return A, (A + values) * mask


@answer("advantage-estimate", "loops over answers, lists", "right")
def _(rewards, values, mask, lam, gamma):
    A, G = torch.zeros_like(rewards), torch.zeros_like(rewards)
    for b in range(len(mask)):
        n, a, v = int(mask[b].sum()), 0.0, 0.0
        for t in range(n - 1, -1, -1):
            a = float(rewards[b, t]) + gamma * v - float(values[b, t]) + gamma * lam * a
            v = float(values[b, t])
            A[b, t], G[b, t] = a, a + v
    return [A, G]


@answer("advantage-estimate", "the lambda return first, by its own recursion", "right")
def _(rewards, values, mask, lam, gamma):
    G, g, v = [], 0, 0
    for t in reversed(range(mask.shape[1])):
        g = (rewards[:, t] + gamma * ((1 - lam) * v + lam * g)) * mask[:, t]
        v = values[:, t] * mask[:, t]
        G.insert(0, g)
    G = torch.stack(G, 1)
    return G - values * mask, G


@answer("advantage-estimate", "torch.where, in float64 and back", "right")
def _(rewards, values, mask, lam, gamma):
    dtype = rewards.dtype
    rewards, values = (torch.where(mask.bool(), x.double(), 0.0) for x in (rewards, values))
    A = right(rewards, values, mask.double(), lam, gamma)
    return A.to(dtype), (A + values).to(dtype)
