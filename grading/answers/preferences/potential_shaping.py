"""Answers to potential-shaping by people who have not seen its private half."""

import numpy as np
import torch

from grading.answers import answer


@answer("potential-shaping", "done ignored", "wrong", means="ignores_the_end")
def _(reward, Phi, Phi_next, done, discount):
    return reward + discount * Phi_next - Phi


@answer("potential-shaping", "done in place of 1 - done", "wrong", means="done_for_not_done")
def _(reward, Phi, Phi_next, done, discount):
    return reward + discount * done * Phi_next - Phi


@answer("potential-shaping", "both potentials masked", "wrong", means="off_at_the_end")
def _(reward, Phi, Phi_next, done, discount):
    return reward + (1 - done) * (discount * Phi_next - Phi)


@answer("potential-shaping", "the reward masked too", "wrong", means="nothing_at_the_end")
def _(reward, Phi, Phi_next, done, discount):
    return (1 - done) * (reward + discount * Phi_next - Phi)


@answer("potential-shaping", "the reward masked, Phi not", "wrong", means="no_reward_at_the_end")
def _(reward, Phi, Phi_next, done, discount):
    return (1 - done) * (reward + discount * Phi_next) - Phi


@answer("potential-shaping", "mask on Phi, not on Phi_next", "wrong", means="mask_on_before")
def _(reward, Phi, Phi_next, done, discount):
    return reward + discount * Phi_next - Phi * (1 - done)


@answer("potential-shaping", "discount forgotten", "wrong", means="undiscounted")
def _(reward, Phi, Phi_next, done, discount):
    return reward + Phi_next * (1 - done) - Phi


@answer("potential-shaping", "discount on the difference", "wrong", means="discounts_both")
def _(reward, Phi, Phi_next, done, discount):
    return reward + discount * (Phi_next * (1 - done) - Phi)


@answer("potential-shaping", "discount on Phi instead of Phi_next", "wrong", means="discount_on_before")
def _(reward, Phi, Phi_next, done, discount):
    return reward + Phi_next * (1 - done) - discount * Phi


@answer("potential-shaping", "sign: Phi minus discounted Phi_next", "wrong", means="sign_turned")
def _(reward, Phi, Phi_next, done, discount):
    return reward + Phi - discount * Phi_next * (1 - done)


@answer("potential-shaping", "adds both", "wrong", means="adds_both")
def _(reward, Phi, Phi_next, done, discount):
    return reward + discount * Phi_next * (1 - done) + Phi


@answer("potential-shaping", "only the addition, without the reward", "wrong", means="without_reward")
def _(reward, Phi, Phi_next, done, discount):
    return discount * Phi_next * (1 - done) - Phi


@answer("potential-shaping", "Phi forgotten: the potential paid", "wrong", means="after_only")
def _(reward, Phi, Phi_next, done, discount):
    return reward + discount * Phi_next * (1 - done)


@answer("potential-shaping", "squared TD error, with Phi for a value", "wrong")
def _(reward, Phi, Phi_next, done, discount):
    target = reward + discount * Phi_next * (1 - done)
    return (target - Phi) ** 2


@answer("potential-shaping", "Phi shifted for Phi_next: argument ignored", "wrong", means="shifted_potential")
def _(reward, Phi, Phi_next, done, discount):
    after = torch.cat([Phi[1:], torch.zeros_like(Phi[:1])])
    return reward + discount * after * (1 - done) - Phi


@answer("potential-shaping", "only the last step taken for the end", "wrong", means="last_step_ends")
def _(reward, Phi, Phi_next, done, discount):
    after = Phi_next.clone()
    after[-1] = 0
    return reward + discount * after - Phi


@answer("potential-shaping", "done treated as if shifted by one", "wrong", means="ends_one_later")
def _(reward, Phi, Phi_next, done, discount):
    ended = torch.roll(done, 1)
    return reward + discount * Phi_next * (1 - ended) - Phi


@answer("potential-shaping", "everything after the first end masked", "wrong", means="everything_after_the_end")
def _(reward, Phi, Phi_next, done, discount):
    alive = torch.cumprod(1 - done, 0)
    return reward + discount * Phi_next * alive - Phi


@answer("potential-shaping", "discount to the power of the step", "wrong", means="discounted_over_time")
def _(reward, Phi, Phi_next, done, discount):
    t = torch.arange(len(reward), dtype=reward.dtype)
    return discount**t * (reward + discount * Phi_next * (1 - done) - Phi)


@answer(
    "potential-shaping",
    "discount ** (t + 1) on Phi_next and discount ** t on Phi",
    "wrong",
    means="powers_of_the_discount",
)
def _(reward, Phi, Phi_next, done, discount):
    t = torch.arange(len(reward), dtype=reward.dtype)
    return reward + discount ** (t + 1) * Phi_next * (1 - done) - discount**t * Phi


@answer("potential-shaping", "the return: cumulative sum", "wrong")
def _(reward, Phi, Phi_next, done, discount):
    return torch.cumsum(reward + discount * Phi_next * (1 - done) - Phi, 0)


@answer("potential-shaping", "summed over the path", "wrong")
def _(reward, Phi, Phi_next, done, discount):
    return (reward + discount * Phi_next * (1 - done) - Phi).sum()


@answer("potential-shaping", "Phi_next zeroed in place", "wrong")
def _(reward, Phi, Phi_next, done, discount):
    Phi_next[done.bool()] = 0
    return reward + discount * Phi_next - Phi


@answer("potential-shaping", "+= on the reward", "wrong")
def _(reward, Phi, Phi_next, done, discount):
    reward += discount * Phi_next * (1 - done) - Phi
    return reward


@answer("potential-shaping", "done compared with True: a float mask by `is`", "wrong", means="ignores_the_end")
def _(reward, Phi, Phi_next, done, discount):
    after = [0.0 if d is True else p for d, p in zip(done, Phi_next)]
    return torch.stack([r + discount * a - b for r, a, b in zip(reward, after, Phi)])


@answer("potential-shaping", "clamped: only help, no punishment", "wrong", means="positive_part")
def _(reward, Phi, Phi_next, done, discount):
    return reward + (discount * Phi_next * (1 - done) - Phi).clamp(min=0)


@answer("potential-shaping", "indexing: steps that end are dropped", "wrong")
def _(reward, Phi, Phi_next, done, discount):
    go = done == 0
    return (reward + discount * Phi_next - Phi)[go]


@answer("potential-shaping", "1 / discount", "wrong", means="divided_by_the_discount")
def _(reward, Phi, Phi_next, done, discount):
    return reward + Phi_next * (1 - done) / discount - Phi


@answer("potential-shaping", "discount 0.99 hard-coded", "wrong", means="always_099")
def _(reward, Phi, Phi_next, done, discount):
    return reward + 0.99 * Phi_next * (1 - done) - Phi


@answer("potential-shaping", "if done.any(): whole path masked", "wrong", means="path_with_an_end")
def _(reward, Phi, Phi_next, done, discount):
    if done.any():
        Phi_next = torch.zeros_like(Phi_next)
    return reward + discount * Phi_next - Phi


@answer("potential-shaping", "Phi and Phi_next exchanged", "wrong")
def _(reward, Phi, Phi_next, done, discount):
    return reward + discount * Phi * (1 - done) - Phi_next


@answer("potential-shaping", "1 - done * Phi_next: brackets forgotten", "wrong", means="brackets_forgotten")
def _(reward, Phi, Phi_next, done, discount):
    return reward + discount * (1 - done * Phi_next) - Phi


@answer("potential-shaping", "torch.where", "right")
def _(reward, Phi, Phi_next, done, discount):
    after = torch.where(done > 0, torch.zeros_like(Phi_next), Phi_next)
    return reward + discount * after - Phi


@answer("potential-shaping", "masked_fill and addcmul", "right")
def _(reward, Phi, Phi_next, done, discount):
    return (reward - Phi).add(Phi_next.masked_fill(done.bool(), 0), alpha=discount)


@answer("potential-shaping", "a loop", "right")
def _(reward, Phi, Phi_next, done, discount):
    steps = []
    for t in range(len(reward)):
        following = 0 if done[t] else discount * Phi_next[t]
        steps.append(reward[t] + following - Phi[t])
    return torch.stack(steps)


@answer("potential-shaping", "own copy zeroed in place", "right")
def _(reward, Phi, Phi_next, done, discount):
    after = Phi_next.clone()
    after[done == 1] = 0
    out = reward.clone()
    out += discount * after
    out -= Phi
    return out


@answer("potential-shaping", "numpy", "right")
def _(reward, Phi, Phi_next, done, discount):
    r, a, b, d = (z.numpy() for z in (reward, Phi, Phi_next, done))
    return torch.as_tensor(r + np.where(d, 0, discount * b) - a).to(reward.dtype)


@answer("potential-shaping", "done taken off again", "right")
def _(reward, Phi, Phi_next, done, discount):
    full = reward + discount * Phi_next - Phi
    return full - discount * done * Phi_next


@answer(
    "potential-shaping",
    "(1 - done) on the whole addition: at the end Phi is not subtracted",
    "wrong",
    means="off_at_the_end",
)
def _(reward, Phi, Phi_next, done, discount):
    return reward + (1 - done) * (discount * Phi_next - Phi)


@answer(
    "potential-shaping",
    "only the last step of the array is taken for an end; done is not used",
    "wrong",
    means="last_step_ends",
)
def _(reward, Phi, Phi_next, done, discount):
    nxt = Phi_next.clone()
    nxt[-1] = 0
    return reward + discount * nxt - Phi


@answer("potential-shaping", "discount ** t on the addition of step t", "wrong", means="powers_of_the_discount")
def _(reward, Phi, Phi_next, done, discount):
    t = torch.arange(len(reward), dtype=reward.dtype)
    return reward + discount**t * (discount * Phi_next * (1 - done) - Phi)


@answer("potential-shaping", "discount on the whole difference", "wrong", means="discounts_both")
def _(reward, Phi, Phi_next, done, discount):
    return reward + discount * (Phi_next * (1 - done) - Phi)


@answer("potential-shaping", "Phi_next rebuilt by shifting Phi", "wrong", means="shifted_potential")
def _(reward, Phi, Phi_next, done, discount):
    nxt = torch.cat([Phi[1:], torch.zeros_like(Phi[:1])])
    return reward + discount * nxt * (1 - done) - Phi


@answer(
    "potential-shaping",
    "the mask one step late: step after the end is treated as the end",
    "wrong",
    means="ends_one_step_late",
)
def _(reward, Phi, Phi_next, done, discount):
    alive = torch.ones_like(Phi)
    alive[1:] = 1 - done[:-1].to(Phi.dtype)
    return reward + discount * Phi_next * alive - Phi


@answer("potential-shaping", "writes zeros into the given Phi_next", "wrong")
def _(reward, Phi, Phi_next, done, discount):
    Phi_next[done == 1] = 0
    return reward + discount * Phi_next - Phi


@answer("potential-shaping", "only the additions, without the reward", "wrong", means="without_reward")
def _(reward, Phi, Phi_next, done, discount):
    return torch.where(done == 1, -Phi, discount * Phi_next - Phi)


@answer("potential-shaping", "steps after the first end are all zeroed", "wrong", means="everything_after_the_end")
def _(reward, Phi, Phi_next, done, discount):
    alive = torch.cumprod(1 - done.to(Phi.dtype), 0)
    return reward + discount * Phi_next * alive - Phi


@answer("potential-shaping", "loop with if", "right")
def _(reward, Phi, Phi_next, done, discount):
    out = reward.clone()
    for t in range(len(reward)):
        if not done[t]:
            out[t] += discount * Phi_next[t]
        out[t] -= Phi[t]
    return out


@answer("potential-shaping", "masked_fill and addcmul", "right")
def _(reward, Phi, Phi_next, done, discount):
    after = Phi_next.masked_fill(done.bool(), 0.0)
    return torch.add(reward - Phi, after, alpha=discount)


@answer("potential-shaping", "indices of steps that do not end", "right")
def _(reward, Phi, Phi_next, done, discount):
    out = reward - Phi
    go = torch.nonzero(done == 0).flatten()
    return out.index_add(0, go, discount * Phi_next[go])
