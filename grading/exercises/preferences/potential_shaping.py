"""The private half of potential-shaping."""

import torch
from llmcourse.checks.labs.preferences.potential_shaping import steps

from grading.exercises import misconception, reference, variant

CASES = {"twenty steps": steps(20, ends=(6, 13, 19)), "one step, the last": steps(1, ends=(0,))}


@reference
def shaped_reward(reward, Phi, Phi_next, done, discount):
    return reward + discount * (1 - done) * Phi_next - Phi


@variant
def by_where(reward, Phi, Phi_next, done, discount):
    after = torch.where(done > 0.5, torch.zeros_like(Phi_next), Phi_next)
    return torch.add(reward - Phi, after, alpha=discount)


@variant
def step_by_step(reward, Phi, Phi_next, done, discount):
    found = []
    for R, before, after, end in zip(reward, Phi, Phi_next, done):
        found.append(R - before if end else R - before + discount * after)
    return torch.stack(found)


@misconception(
    says="shaping without the discount",
    hint="Then the added rewards of a loop do not cancel. Multiply the potential after the step by the discount.",
)
def undiscounted(reward, Phi, Phi_next, done, discount):
    return reward + (1 - done) * Phi_next - Phi


@misconception(
    says="shaping with a potential after the end",
    hint="Where an episode ends, nothing follows: that potential is 0. Multiply Phi_next by `1 - done`.",
)
def ignores_the_end(reward, Phi, Phi_next, done, discount):
    return reward + discount * Phi_next - Phi


@misconception(
    says="shaping that is left out on the last step",
    hint="Only Phi_next is 0 there. The potential before the step must be taken back, or it was a present.",
)
def off_at_the_end(reward, Phi, Phi_next, done, discount):
    return reward + (1 - done) * (discount * Phi_next - Phi)


@misconception(
    says="shaping with the sign turned round: it punishes progress",
    hint="Add what the step gains: discount times the potential after, less the potential before.",
)
def sign_turned(reward, Phi, Phi_next, done, discount):
    return reward - discount * (1 - done) * Phi_next + Phi


@misconception(
    says="a bonus for where the step leads, which nobody takes back",
    hint="Subtract the potential before the step. Without that, going in circles pays.",
)
def after_only(reward, Phi, Phi_next, done, discount):
    return reward + discount * (1 - done) * Phi_next


@misconception(
    says="shaping with both potentials discounted",
    hint="The potential before the step belongs to now: it is not discounted.",
)
def discounts_both(reward, Phi, Phi_next, done, discount):
    return reward + discount * ((1 - done) * Phi_next - Phi)


@misconception(
    says="a bonus for progress that takes nothing for a step back",
    hint="That is the bonus which made the learner walk to and fro. Keep the negative part.",
)
def positive_part(reward, Phi, Phi_next, done, discount):
    return reward + (discount * (1 - done) * Phi_next - Phi).clamp(min=0)


@misconception(
    says="the shaping alone",
    hint="It is added to the reward, which stays.",
)
def without_reward(reward, Phi, Phi_next, done, discount):
    return discount * (1 - done) * Phi_next - Phi
