"""The private half of ranked-loss."""

import torch
import torch.nn.functional as F
from llmcourse.checks.labs.rlhf.ranked_loss import far_apart, ranked, tied
from llmcourse.rlhf import reward_model

from grading.exercises import misconception, reference, stages, variant

CASES = {
    "nine answers to each of four prompts": ranked(4, 9),
    "more ties": tied([1, 1, 2, 3, 3], [1, 2, 2, 2, 2], [5, 4, 3, 2, 1]),
    "far apart once more": far_apart,
    "three answers": ranked(5, 3, spread=3.0),
}


@reference
def ranked_loss(r, rank):
    return reward_model.ranked_loss(r, rank)


@stages
def on_the_way(r, rank):
    lead = r[:, :, None] - r[:, None, :]
    return {"the leads r_j - r_k": lead, "-log sigmoid of the leads": -F.logsigmoid(lead)}


@variant
def pair_by_pair(r, rank):
    total = 0.0
    for rewards, places in zip(r, rank):
        losses = [
            F.softplus(rewards[k] - rewards[j])
            for j in range(len(rewards))
            for k in range(len(rewards))
            if places[j] < places[k]
        ]
        total = total + torch.stack(losses).mean()
    return total / len(r)


@variant
def sorted_first(r, rank):
    order = rank.argsort(dim=1)
    r, rank = r.gather(1, order), rank.gather(1, order)
    j, k = torch.triu_indices(r.shape[1], r.shape[1], 1)
    counts = (rank[:, j] != rank[:, k]).to(r.dtype)
    losses = torch.logaddexp(torch.zeros_like(r[:, j]), r[:, k] - r[:, j])
    return ((counts * losses).sum(1) / counts.sum(1)).mean()


@misconception(
    says="the loss without its minus sign",
    hint="log sigmoid is never positive; a loss that is minimised is minus that.",
)
def without_minus(r, rank):
    above = (rank[:, :, None] < rank[:, None, :]).to(r.dtype)
    logs = F.logsigmoid(r[:, :, None] - r[:, None, :])
    return ((above * logs).sum((1, 2)) / above.sum((1, 2))).mean()


@misconception(
    says="the loss with the better and the worse answer swapped",
    hint="Rank 1 is the best: j is preferred to k where rank_j < rank_k, and its lead is r_j - r_k.",
)
def large_rank_is_good(r, rank):
    above = (rank[:, :, None] > rank[:, None, :]).to(r.dtype)
    losses = -F.logsigmoid(r[:, :, None] - r[:, None, :])
    return ((above * losses).sum((1, 2)) / above.sum((1, 2))).mean()


@misconception(
    says="the loss in which ties count as pairs, once for each order, and so do an answer and itself",
    hint="A tie says nothing: compare ranks with `<` and not with `<=`.",
)
def ties_count(r, rank):
    above = (rank[:, :, None] <= rank[:, None, :]).to(r.dtype)
    losses = -F.logsigmoid(r[:, :, None] - r[:, None, :])
    return ((above * losses).sum((1, 2)) / above.sum((1, 2))).mean()


@misconception(
    says="the mean over all pairs of all prompts together",
    hint="A prompt with fewer ties would weigh more. Take the mean over each prompt's pairs first, then over prompts.",
)
def pairs_weigh_the_same(r, rank):
    above = (rank[:, :, None] < rank[:, None, :]).to(r.dtype)
    losses = -F.logsigmoid(r[:, :, None] - r[:, None, :])
    return (above * losses).sum() / above.sum()


@misconception(
    says="a loss that divides by K (K - 1) / 2, whatever is tied",
    hint="Divide by the number of pairs that count: `above.sum((1, 2))`.",
)
def all_pairs_below_the_line(r, rank):
    K = r.shape[1]
    above = (rank[:, :, None] < rank[:, None, :]).to(r.dtype)
    losses = -F.logsigmoid(r[:, :, None] - r[:, None, :])
    return ((above * losses).sum((1, 2)) / (K * (K - 1) / 2)).mean()


@misconception(
    says="the sum over the pairs of a prompt, and not their mean",
    hint="Divide each prompt's sum by the number of its pairs, or prompts with many answers would decide alone.",
)
def sum_over_pairs(r, rank):
    above = (rank[:, :, None] < rank[:, None, :]).to(r.dtype)
    return (above * -F.logsigmoid(r[:, :, None] - r[:, None, :])).sum((1, 2)).mean()


@misconception(
    says="the loss of neighbours in the ranking alone",
    hint="The first also beats the third. All pairs count, not only those of consecutive places.",
)
def neighbours_alone(r, rank):
    above = (rank[:, :, None] + 1 == rank[:, None, :]).to(r.dtype)
    losses = -F.logsigmoid(r[:, :, None] - r[:, None, :])
    return ((above * losses).sum((1, 2)) / above.sum((1, 2))).mean()


@misconception(
    says="the loss of the best answer against all others, without the pairs among those",
    hint="The second also beats the third. All pairs count.",
)
def best_against_all(r, rank):
    best = rank == rank.min(1, keepdim=True).values
    above = (best[:, :, None] & (rank[:, :, None] < rank[:, None, :])).to(r.dtype)
    losses = -F.logsigmoid(r[:, :, None] - r[:, None, :])
    return ((above * losses).sum((1, 2)) / above.sum((1, 2))).mean()


@misconception(
    says="the mean of 1 - sigmoid(r_j - r_k): the probability of an error, without a logarithm",
    hint="The likelihood of all comparisons is a product; its logarithm is the sum of log sigmoid(r_j - r_k).",
)
def without_log(r, rank):
    above = (rank[:, :, None] < rank[:, None, :]).to(r.dtype)
    losses = 1 - torch.sigmoid(r[:, :, None] - r[:, None, :])
    return ((above * losses).sum((1, 2)) / above.sum((1, 2))).mean()


@misconception(
    says="the loss with probabilities kept away from zero by 1e-8",
    hint="A number that is added changes what is rare: `logsigmoid` needs none.",
)
def epsilon_8(r, rank):
    above = (rank[:, :, None] < rank[:, None, :]).to(r.dtype)
    losses = -(torch.sigmoid(r[:, :, None] - r[:, None, :]) + 1e-8).log()
    return ((above * losses).sum((1, 2)) / above.sum((1, 2))).mean()


@misconception(
    says="a model of the whole ranking (Plackett and Luce): each answer against all that rank below it at once",
    hint="InstructGPT compares two answers at a time: log sigmoid(r_j - r_k) for each pair.",
)
def plackett_luce(r, rank):
    total = 0.0
    for rewards, places in zip(r, rank):
        for j in range(len(rewards)):
            rivals = (places > places[j]) | (torch.arange(len(rewards)) == j)
            if rivals.sum() > 1:
                total = total - rewards[j] + torch.logsumexp(rewards[rivals], 0)
    return total / len(r)


def over_pairs(each, pairs):
    """The mean over each prompt's pairs, then over prompts."""
    pairs = pairs.to(each.dtype)
    return ((pairs * each).sum((1, 2)) / pairs.sum((1, 2))).mean()


def leads(r):
    return r[:, :, None] - r[:, None, :]


def by_rank(r, rank):
    """Rewards, the best answer's first; ties stay in the order of the list."""
    return r.gather(1, rank.argsort(dim=1, stable=True))


@misconception(
    says="the loss in which ties count as pairs, once for each order",
    hint="A tie says nothing: compare ranks with `<` and not with `<=`.",
)
def ties_count_both_ways(r, rank):
    pairs = (rank[:, :, None] <= rank[:, None, :]) & ~torch.eye(r.shape[1], dtype=torch.bool)
    return over_pairs(-F.logsigmoid(leads(r)), pairs)


@misconception(
    says="the loss in which ties count as pairs, in the order of the list",
    hint="Sorting puts ties in some order, but a tie says nothing: leave out pairs of equal rank.",
)
def ties_by_order(r, rank):
    r = by_rank(r, rank)
    return over_pairs(-F.logsigmoid(leads(r)), torch.ones_like(leads(r)).triu(1))


@misconception(
    says="the loss of neighbours in the sorted list alone, be they tied or not",
    hint="The first also beats the third. All pairs count, but those that are tied.",
)
def neighbours_in_the_list(r, rank):
    r = by_rank(r, rank)
    return -F.logsigmoid(r[:, :-1] - r[:, 1:]).mean()


@misconception(
    says="the loss of the best answer against the worst alone",
    hint="The best also beats the second. All pairs count.",
)
def best_against_worst(r, rank):
    best, worst = rank.argmin(1, keepdim=True), rank.argmax(1, keepdim=True)
    return -F.logsigmoid(r.gather(1, best) - r.gather(1, worst)).mean()


@misconception(
    says="the loss of the pairs in which the better answer stands earlier in the list",
    hint="An answer may beat an earlier one as well: no `triu`, no `j < k`. The ranks alone say who is better.",
)
def better_stands_first(r, rank):
    pairs = (rank[:, :, None] < rank[:, None, :]).to(r.dtype).triu(1)
    each = (pairs * -F.logsigmoid(leads(r))).sum((1, 2))
    return (each / pairs.sum((1, 2)).clamp(min=1)).mean()


@misconception(
    says="the loss with a rank for an index: `r[rank - 1]`",
    hint="`rank[j]` is the place of answer j, not the number of the answer at place j: `argsort` tells that.",
)
def rank_for_index(r, rank):
    r = r.gather(1, rank - 1)
    return over_pairs(-F.logsigmoid(leads(r)), torch.ones_like(leads(r)).triu(1))


@misconception(
    says="the loss of all pairs of answers, be they to one prompt or not",
    hint="Only answers to the same prompt were compared: keep the axis of the prompts.",
)
def prompts_together(r, rank):
    r, rank = r.flatten(), rank.flatten()
    return -F.logsigmoid((r[:, None] - r)[rank[:, None] < rank]).mean()


@misconception(
    says="the loss of the first prompt alone",
    hint="A mean over all B prompts is asked for.",
)
def first_prompt_alone(r, rank):
    return over_pairs(-F.logsigmoid(leads(r[:1])), rank[:1, :, None] < rank[:1, None, :])


@misconception(
    says="the sum over the prompts, and not their mean",
    hint="Divide by B, or the step grows with the batch.",
)
def sum_over_prompts(r, rank):
    return len(r) * over_pairs(-F.logsigmoid(leads(r)), rank[:, :, None] < rank[:, None, :])


@misconception(
    says="a loss that divides by K squared: a mean over all entries, also those that are no pair",
    hint="Divide by the number of pairs that count: `above.sum((1, 2))`.",
)
def squares_below_the_line(r, rank):
    above = (rank[:, :, None] < rank[:, None, :]).to(r.dtype)
    return (above * -F.logsigmoid(leads(r))).mean()


@misconception(
    says="a loss that divides by K, the number of answers",
    hint="Divide by the number of pairs that count: `above.sum((1, 2))`.",
)
def answers_below_the_line(r, rank):
    above = (rank[:, :, None] < rank[:, None, :]).to(r.dtype)
    return (above * -F.logsigmoid(leads(r))).sum((1, 2)).mean() / r.shape[1]


@misconception(
    says="the loss in bits, with a logarithm to base 2",
    hint="Logarithms are natural: `torch.log`, or `logsigmoid`.",
)
def bits(r, rank):
    each = -F.logsigmoid(leads(r)) / torch.log(torch.tensor(2.0, dtype=r.dtype))
    return over_pairs(each, rank[:, :, None] < rank[:, None, :])


@misconception(
    says="a hinge, max(0, 1 - lead), in the place of -log sigmoid(lead)",
    hint="Bradley and Terry's likelihood: each pair adds -log sigmoid(r_j - r_k).",
)
def hinge(r, rank):
    return over_pairs(F.relu(1 - leads(r)), rank[:, :, None] < rank[:, None, :])


@misconception(
    says="the logarithm of the mean probability of a prompt's pairs",
    hint="Each pair has a likelihood of its own: first the logarithm, then the mean.",
)
def mean_before_log(r, rank):
    above = (rank[:, :, None] < rank[:, None, :]).to(r.dtype)
    return -((above * torch.sigmoid(leads(r))).sum((1, 2)) / above.sum((1, 2))).log().mean()


@misconception(
    says="-log sigmoid of the mean lead of a prompt",
    hint="Each pair has a likelihood of its own: first `logsigmoid`, then the mean.",
)
def mean_before_sigmoid(r, rank):
    above = (rank[:, :, None] < rank[:, None, :]).to(r.dtype)
    return -F.logsigmoid((above * leads(r)).sum((1, 2)) / above.sum((1, 2))).mean()


EQUIVALENT = {"(1, 2) -> (2, 1)": "a sum over two axes does not depend on their order"}
