"""The private half of potential-shaping."""

import torch
from llmcourse.checks.labs.preferences.potential_shaping import steps

from grading.exercises import misconception, reference, variant

CASES = {
    "twenty steps": steps(20, ends=(6, 13, 19)),
    "one step, the last": steps(1, ends=(0,)),
    "half": steps(9, ends=(4,), discount=0.5),
}


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


@misconception(
    says="shaping with `done` where `1 - done` belongs: the potential after the step counts at the end only",
    hint="done is 1 where nothing follows, so `1 - done` is what multiplies Phi_next.",
)
def done_for_not_done(reward, Phi, Phi_next, done, discount):
    return reward + discount * done * Phi_next - Phi


@misconception(
    says="shaping that makes the whole reward 0 where an episode ends",
    hint=(
        "The reward of the last step is still paid, and its potential is taken back. Where an episode ends, only "
        "Phi_next is replaced by 0: `discount * (1 - done) * Phi_next`."
    ),
)
def nothing_at_the_end(reward, Phi, Phi_next, done, discount):
    return (1 - done) * (reward + discount * Phi_next - Phi)


@misconception(
    says="shaping without the reward of the step that ends an episode",
    hint=(
        "The last step's reward is paid as any other. Where an episode ends, only Phi_next is replaced by 0: "
        "`discount * (1 - done) * Phi_next`."
    ),
)
def no_reward_at_the_end(reward, Phi, Phi_next, done, discount):
    return (1 - done) * (reward + discount * Phi_next) - Phi


@misconception(
    says="shaping in which the end sets Phi to 0, and not Phi_next",
    hint="It is the potential *after* the step that is 0 at the end; the one before it is taken back as always.",
)
def mask_on_before(reward, Phi, Phi_next, done, discount):
    return reward + discount * Phi_next - (1 - done) * Phi


@misconception(
    says="shaping in which the discount is on the potential before the step",
    hint="What comes later is discounted: discount * Phi_next. The potential before the step belongs to now.",
)
def discount_on_before(reward, Phi, Phi_next, done, discount):
    return reward + (1 - done) * Phi_next - discount * Phi


@misconception(
    says="shaping that adds both potentials",
    hint="The potential before the step is subtracted: only the gain is paid.",
)
def adds_both(reward, Phi, Phi_next, done, discount):
    return reward + discount * (1 - done) * Phi_next + Phi


@misconception(
    says="shaping that subtracts both potentials",
    hint="The discounted potential after the step is added: only the gain is paid.",
)
def subtracts_both(reward, Phi, Phi_next, done, discount):
    return reward - discount * (1 - done) * Phi_next - Phi


@misconception(
    says=(
        "shaping in which `done` is rolled by one: the step after an end has no potential after it, and not the end "
        "itself"
    ),
    hint="done[t] and Phi_next[t] belong to the same step: do not shift either.",
)
def ends_one_later(reward, Phi, Phi_next, done, discount):
    return reward + discount * (1 - done.roll(1)) * Phi_next - Phi


@misconception(
    says="shaping without a potential after any step from the first end on",
    hint=(
        "After an end the next episode begins, with potentials of its own: mask with `1 - done`, without a running "
        "product."
    ),
)
def everything_after_the_end(reward, Phi, Phi_next, done, discount):
    return reward + discount * (1 - done).cumprod(0) * Phi_next - Phi


@misconception(
    says="shaping without a potential after any step, as soon as one step ends an episode",
    hint="Each step has its own done: multiply by `1 - done`, without `any()`.",
)
def path_with_an_end(reward, Phi, Phi_next, done, discount):
    return reward + discount * (1 - done.max()) * Phi_next - Phi


@misconception(
    says="shaping that takes the last step for an end, whatever done says",
    hint="The rows may hold several episodes, and may stop in the middle of one: use `done`.",
)
def last_step_ends(reward, Phi, Phi_next, done, discount):
    after = Phi_next * (torch.arange(len(reward)) < len(reward) - 1)
    return reward + discount * after - Phi


@misconception(
    says="shaping in which Phi_next is divided by the discount",
    hint="Later is worth less: multiply by the discount, which is below 1.",
)
def divided_by_the_discount(reward, Phi, Phi_next, done, discount):
    return reward + (1 - done) * Phi_next / discount - Phi


@misconception(
    says="shaping with 1 - done * Phi_next: the product is taken before the difference",
    hint="Write the brackets: `(1 - done) * Phi_next`.",
)
def brackets_forgotten(reward, Phi, Phi_next, done, discount):
    return reward + discount * (1 - done * Phi_next) - Phi


@misconception(
    says="shaped rewards that are discounted by their place in the path",
    hint="Return the reward of each step as it is; whoever adds up the path discounts it.",
)
def discounted_over_time(reward, Phi, Phi_next, done, discount):
    return discount ** torch.arange(len(reward)) * (reward + discount * (1 - done) * Phi_next - Phi)


@misconception(
    says="shaping in which potentials are discounted by their place in the path",
    hint="Each step is shaped by itself: one discount between before and after, wherever the step is.",
)
def powers_of_the_discount(reward, Phi, Phi_next, done, discount):
    t = torch.arange(len(reward))
    return reward + discount ** (t + 1) * (1 - done) * Phi_next - discount**t * Phi


@misconception(
    says="shaping without the discount, and with a potential after the end",
    hint="Two things are missing: the discount, and `1 - done`, both on Phi_next.",
)
def shaping_undone_at_the_end(reward, Phi, Phi_next, done, discount):
    return reward + Phi_next - Phi


@misconception(
    says="shaping in which the next entry of Phi stands for Phi_next",
    hint="The next row may belong to another episode: Phi_next is given.",
)
def shifted_potential(reward, Phi, Phi_next, done, discount):
    after = torch.cat([Phi[1:], torch.zeros_like(Phi[:1])])
    return reward + discount * (1 - done) * after - Phi


@misconception(
    says="shaping with a discount of 0.99, whatever was given",
    hint="Use the argument `discount`.",
)
def always_099(reward, Phi, Phi_next, done, discount):
    return reward + 0.99 * (1 - done) * Phi_next - Phi


@misconception(
    says="shaping with a discount of 0.9, whatever was given",
    hint="Use the argument `discount`.",
)
def always_09(reward, Phi, Phi_next, done, discount):
    return reward + 0.9 * (1 - done) * Phi_next - Phi


@misconception(
    says="shaping in which the step before the end, and not the end itself, has no potential after it",
    hint="done_t says that step t ends the episode: it belongs to Phi_next_t. Do not shift it.",
)
def ends_one_earlier(reward, Phi, Phi_next, done, discount):
    early = torch.cat([done[1:], torch.zeros_like(done[:1])])
    return reward + discount * (1 - early) * Phi_next - Phi


@misconception(
    says="shaping in which the step after an end, and not the end itself, has no potential after it",
    hint="done[t] and Phi_next[t] belong to the same step: do not shift either.",
)
def ends_one_step_late(reward, Phi, Phi_next, done, discount):
    late = torch.cat([torch.zeros_like(done[:1]), done[:-1]])
    return reward + discount * (1 - late) * Phi_next - Phi
