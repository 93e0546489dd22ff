"""Lab 01, learning from preferences: references, variants and misconceptions.

Every function here stands alone (torch and math apart), since sample submissions are made of their source.
"""

import math

import torch
from llmcourse.checks.preferences import (
    _bootstraps,
    _far_apart,
    _games,
    _one_never_meets,
    _rated,
    _ratings,
    _segments,
    _skewed,
    _steps,
    _with_ties,
)
from llmcourse.preferences import arena, bradley_terry, segments, ties

from . import Private

# ------------------------------------------------------------------ bt-likelihood


def likelihood_pair_by_pair(W, r):
    total = 0.0
    for i in range(len(r)):
        for j in range(len(r)):
            if i != j:
                total = total - W[i, j] * torch.nn.functional.softplus(r[j] - r[i])
    return total


def likelihood_by_logsumexp(W, r):
    W = W.clone().fill_diagonal_(0)
    return (W.sum(1) * r).sum() - (W * torch.logaddexp(r[:, None], r[None, :])).sum()


def likelihood_loser_first(W, r):
    """the log-likelihood with winners and losers swapped

    W_ij counts wins of i over j: each adds log P(i beats j), with r_i - r_j and not r_j - r_i.
    """
    logs = torch.nn.functional.logsigmoid(r[None, :] - r[:, None])
    return (W * (1 - torch.eye(len(r), dtype=r.dtype)) * logs).sum()


def likelihood_every_game_twice(W, r):
    """the log-likelihood with W + W^T in place of W: each game is counted as won by both

    A game has one winner, and W has it once.
    """
    logs = torch.nn.functional.logsigmoid(r[:, None] - r)
    return ((W + W.mT) * (1 - torch.eye(len(r), dtype=r.dtype)) * logs).sum()


def likelihood_upper_half(W, r):
    """the log-likelihood of the wins above the diagonal only

    W_ij and W_ji are different games: those that i won, and those that j won. Both count.
    """
    return (W.triu(1) * torch.nn.functional.logsigmoid(r[:, None] - r)).sum()


def likelihood_with_diagonal(W, r):
    """the log-likelihood with the diagonal, as if everybody played against himself

    Who cites himself has not beaten anyone. Multiply W by `1 - torch.eye(len(r))`.
    """
    return (W * torch.nn.functional.logsigmoid(r[:, None] - r)).sum()


def likelihood_underflows(W, r):
    """the logarithm of a probability that has become zero

    `torch.sigmoid(-150)` is 0 in float32. `torch.nn.functional.logsigmoid` never forms the probability.
    """
    off = 1 - torch.eye(len(r), dtype=r.dtype)
    return (W * off * torch.sigmoid((r[:, None] - r).clamp(min=-1e4)).float().log().to(r.dtype)).sum()


def likelihood_without_log(W, r):
    """the expected number of wins: the sum of probabilities, without a logarithm

    Games are independent, so their probabilities multiply, and logarithms of probabilities add.
    """
    return (W * (1 - torch.eye(len(r), dtype=r.dtype)) * torch.sigmoid(r[:, None] - r)).sum()


def likelihood_mean(W, r):
    """the mean over the games

    The log-likelihood is the sum over all games. (Its maximum is in the same place; its curvature, which gives the
    errors, is not the same.)
    """
    off = W * (1 - torch.eye(len(r), dtype=r.dtype))
    return (off * torch.nn.functional.logsigmoid(r[:, None] - r)).sum() / off.sum()


def likelihood_of_gammas(W, r):
    """the model with r in the place of gamma: r_i / (r_i + r_j)

    r is the logarithm of the rating: gamma = e^r is what stands in the fraction.
    """
    share = (r[:, None] / (r[:, None] + r)).abs().clamp(min=1e-30)
    return (W * (1 - torch.eye(len(r), dtype=r.dtype)) * share.log()).sum()


# ------------------------------------------------------------------ mm-update


def update_in_a_loop(W, gamma):
    new = []
    for i in range(len(gamma)):
        others = [j for j in range(len(gamma)) if j != i]
        won = sum(W[i, j] for j in others)
        new.append(won / sum((W[i, j] + W[j, i]) / (gamma[i] + gamma[j]) for j in others))
    new = torch.stack(new)
    return new / torch.prod(new) ** (1 / len(new))


def update_by_logs(W, gamma):
    n = len(gamma)
    lower = torch.where(torch.eye(n, dtype=torch.bool), torch.zeros_like(W), W)
    time = (lower + lower.T) / gamma[:, None].add(gamma)
    logs = lower.sum(1).log() - time.sum(1).log()
    return torch.exp(logs - logs.mean())


def update_counts_oneself(W, gamma):
    """the update with the diagonal: everybody plays against himself

    Take the diagonal out of W first; the games of i with i are none.
    """
    new = W.sum(1) / ((W + W.mT) / (gamma[:, None] + gamma)).sum(1)
    return new / new.log().mean().exp()


def update_with_losses(W, gamma):
    """the update with losses in place of wins

    W_ij are wins of i over j, so the wins of i are a sum over the columns: `W.sum(1)`.
    """
    W = W * (1 - torch.eye(len(gamma), dtype=W.dtype))
    new = W.sum(0) / ((W + W.mT) / (gamma[:, None] + gamma)).sum(1)
    return new / new.log().mean().exp()


def update_wins_below(W, gamma):
    """the update with wins below the line, where all games belong

    A lost game is time at risk too: use W + W^T.
    """
    W = W * (1 - torch.eye(len(gamma), dtype=W.dtype))
    new = W.sum(1) / (W / (gamma[:, None] + gamma)).sum(1)
    return new / new.log().mean().exp()


def update_sum_one(W, gamma):
    """ratings that add up to one

    Only ratios are in the data, and here the geometric mean is set to 1: divide by `new.log().mean().exp()`.
    """
    W = W * (1 - torch.eye(len(gamma), dtype=W.dtype))
    new = W.sum(1) / ((W + W.mT) / (gamma[:, None] + gamma)).sum(1)
    return new / new.sum()


def update_arithmetic_mean(W, gamma):
    """ratings whose arithmetic mean is one

    The geometric mean is wanted: then the mean of the log-ratings is 0.
    """
    W = W * (1 - torch.eye(len(gamma), dtype=W.dtype))
    new = W.sum(1) / ((W + W.mT) / (gamma[:, None] + gamma)).sum(1)
    return new / new.mean()


def update_not_scaled(W, gamma):
    """the update before it is scaled

    Divide by the geometric mean at the end: `new / new.log().mean().exp()`.
    """
    W = W * (1 - torch.eye(len(gamma), dtype=W.dtype))
    return W.sum(1) / ((W + W.mT) / (gamma[:, None] + gamma)).sum(1)


def update_share_of_wins(W, gamma):
    """the share of games won, whoever the opponents were

    A win over a strong opponent must count more: divide the games of a pair by gamma_i + gamma_j.
    """
    W = W * (1 - torch.eye(len(gamma), dtype=W.dtype))
    new = W.sum(1) / (W + W.mT).sum(1)
    return new / new.log().mean().exp()


def update_opponent_only(W, gamma):
    """the update with gamma_j alone below the line

    Both clocks run: the games of a pair are divided by the sum, gamma_i + gamma_j.
    """
    W = W * (1 - torch.eye(len(gamma), dtype=W.dtype))
    new = W.sum(1) / ((W + W.mT) / gamma).sum(1)
    return new / new.log().mean().exp()


# ------------------------------------------------------------------ davidson-ties


def outcomes_from_gammas(r, nu):
    gamma, n = r.exp(), len(r)
    win = gamma[:, None].expand(n, n)
    tie = nu * (gamma[:, None] * gamma).sqrt()
    total = win + tie + win.mT
    return torch.stack([win / total, tie / total, win.mT / total], dim=-1)


def outcomes_by_softmax(r, nu):
    half = (r[:, None] - r[None, :]) / 2
    return torch.softmax(torch.stack([half, nu.log().expand_as(half), -half], dim=-1), dim=-1)


def outcomes_without_root(r, nu):
    """the model with nu gamma_i gamma_j for a tie, without the root

    Double all ratings and nothing may change. With the root the tie's weight doubles as the others do.
    """
    gamma = r.exp()
    win = gamma[:, None].expand(len(r), len(r))
    weights = torch.stack([win, nu * gamma[:, None] * gamma, win.mT], dim=-1)
    return weights / weights.sum(-1, keepdim=True)


def outcomes_arithmetic(r, nu):
    """the model with the arithmetic mean of both ratings for a tie

    Davidson's tie has the geometric mean, sqrt(gamma_i gamma_j): it falls when the two are far apart.
    """
    gamma = r.exp()
    win = gamma[:, None].expand(len(r), len(r))
    weights = torch.stack([win, nu * (win + win.mT) / 2, win.mT], dim=-1)
    return weights / weights.sum(-1, keepdim=True)


def outcomes_no_tie_below(r, nu):
    """probabilities that add up to more than one: the tie is missing below the line

    D_ij = gamma_i + gamma_j + nu sqrt(gamma_i gamma_j).
    """
    gamma = r.exp()
    win = gamma[:, None].expand(len(r), len(r))
    weights = torch.stack([win, nu * (win * win.mT).sqrt(), win.mT], dim=-1)
    return weights / (win + win.mT)[..., None]


def outcomes_nu_outside(r, nu):
    """the model with nu above the line only

    nu multiplies the root in D_ij too; divide by the sum of the three weights.
    """
    gamma = r.exp()
    win = gamma[:, None].expand(len(r), len(r))
    root = (win * win.mT).sqrt()
    return torch.stack([win, nu * root, win.mT], dim=-1) / (win + root + win.mT)[..., None]


def outcomes_of_logs(r, nu):
    """the model with log-ratings in the place of ratings

    gamma = e^r is what stands in the fractions.
    """
    win = r[:, None].expand(len(r), len(r)).abs()
    weights = torch.stack([win, nu * (win * win.mT + 1e-12).sqrt(), win.mT], dim=-1)
    return weights / weights.sum(-1, keepdim=True)


def outcomes_loss_first(r, nu):
    """the right probabilities in the order loss, tie, win

    The last axis is win, tie, loss of the row's player i.
    """
    half = (r[:, None] - r[None, :]) / 2
    weights = torch.stack([(-half).exp(), nu * torch.ones_like(half), half.exp()], dim=-1)
    return weights / weights.sum(-1, keepdim=True)


def outcomes_rao_kupper(r, nu):
    """the model of Rao and Kupper: a lead counts when it passes a threshold, here 1 + nu

    That is the other classic. Davidson's tie has a weight of its own, nu sqrt(gamma_i gamma_j).
    """
    gamma = r.exp()
    mine, yours = gamma[:, None].expand(len(r), len(r)), gamma[None, :].expand(len(r), len(r))
    win, loss = mine / (mine + (1 + nu) * yours), yours / (yours + (1 + nu) * mine)
    return torch.stack([win, 1 - win - loss, loss], dim=-1)


# ------------------------------------------------------------------ preference-gradient


def gradient_reference(first, second, mu):
    loss = segments.preference_loss(first, second, mu)
    return loss, *segments.preference_gradient(first, second, mu)


def gradient_by_autograd(first, second, mu):
    with torch.enable_grad():
        a, b = first.detach().requires_grad_(), second.detach().requires_grad_()
        scores = torch.stack([a.sum(1), b.sum(1)], dim=1)
        loss = -(torch.stack([mu, 1 - mu], dim=1) * scores.log_softmax(1)).sum()
        slopes = torch.autograd.grad(loss, (a, b))
    return loss.detach(), *slopes


def gradient_by_entropy(first, second, mu):
    lead = torch.einsum("bl->b", first) - torch.einsum("bl->b", second)
    loss = torch.nn.functional.binary_cross_entropy_with_logits(lead, mu, reduction="sum")
    slope = (torch.sigmoid(lead) - mu).unsqueeze(1)
    return loss, slope.repeat(1, first.shape[1]), slope.neg().repeat(1, second.shape[1])


def gradient_of_means(first, second, mu):
    """the loss of segments that count by their mean reward

    In the deck a segment's rating is e to the *sum* of its rewards.
    """
    L = first.shape[-1]
    lead = (first.sum(-1) - second.sum(-1)) / L
    loss = -(mu * torch.nn.functional.logsigmoid(lead) + (1 - mu) * torch.nn.functional.logsigmoid(-lead)).sum()
    slope = ((torch.sigmoid(lead) - mu) / L)[:, None]
    return loss, slope.expand_as(first), -slope.expand_as(second)


def gradient_uphill(first, second, mu):
    """the right loss, with slopes of the log-likelihood: they point the other way

    The loss is minus the log-likelihood. Its slope by the first's rewards is p - mu.
    """
    lead = first.sum(-1) - second.sum(-1)
    loss = -(mu * torch.nn.functional.logsigmoid(lead) + (1 - mu) * torch.nn.functional.logsigmoid(-lead)).sum()
    slope = (mu - torch.sigmoid(lead))[:, None]
    return loss, slope.expand_as(first), -slope.expand_as(second)


def gradient_without_minus(first, second, mu):
    """the log-likelihood: the loss without its minus

    A loss falls when the model gets better. Put the minus back, before loss and slopes.
    """
    lead = first.sum(-1) - second.sum(-1)
    loss = (mu * torch.nn.functional.logsigmoid(lead) + (1 - mu) * torch.nn.functional.logsigmoid(-lead)).sum()
    slope = (mu - torch.sigmoid(lead))[:, None]
    return loss, slope.expand_as(first), -slope.expand_as(second)


def gradient_ties_for_first(first, second, mu):
    """the loss in which ties count as wins of the second

    A tie gives half of its weight to either side: mu = 0.5 stays in the formula as it is.
    """
    mu = (mu > 0.5).to(mu.dtype)
    lead = first.sum(-1) - second.sum(-1)
    loss = -(mu * torch.nn.functional.logsigmoid(lead) + (1 - mu) * torch.nn.functional.logsigmoid(-lead)).sum()
    slope = (torch.sigmoid(lead) - mu)[:, None]
    return loss, slope.expand_as(first), -slope.expand_as(second)


def gradient_ties_dropped(first, second, mu):
    """the loss without the ties

    A tie tells something: the two sums should be near each other. Leave it in.
    """
    kept = (mu != 0.5).to(first.dtype)
    lead = first.sum(-1) - second.sum(-1)
    each = mu * torch.nn.functional.logsigmoid(lead) + (1 - mu) * torch.nn.functional.logsigmoid(-lead)
    slope = (kept * (torch.sigmoid(lead) - mu))[:, None]
    return -(kept * each).sum(), slope.expand_as(first), -slope.expand_as(second)


def gradient_mean_of_comparisons(first, second, mu):
    """the mean over the comparisons

    The deck's loss is a sum over all of them.
    """
    B = len(mu)
    lead = first.sum(-1) - second.sum(-1)
    loss = -(mu * torch.nn.functional.logsigmoid(lead) + (1 - mu) * torch.nn.functional.logsigmoid(-lead)).sum() / B
    slope = ((torch.sigmoid(lead) - mu) / B)[:, None]
    return loss, slope.expand_as(first), -slope.expand_as(second)


def gradient_same_sign(first, second, mu):
    """the right loss, with the same sign for both segments

    What speaks for the first speaks against the second: its rewards enter the lead with a minus.
    """
    lead = first.sum(-1) - second.sum(-1)
    loss = -(mu * torch.nn.functional.logsigmoid(lead) + (1 - mu) * torch.nn.functional.logsigmoid(-lead)).sum()
    slope = (torch.sigmoid(lead) - mu)[:, None]
    return loss, slope.expand_as(first), slope.expand_as(second)


def gradient_shared_out(first, second, mu):
    """the right loss, with a slope that is shared out among the steps

    Raise any one reward by a little and the whole sum rises by as much: every step gets all of p - mu.
    """
    L = first.shape[-1]
    lead = first.sum(-1) - second.sum(-1)
    loss = -(mu * torch.nn.functional.logsigmoid(lead) + (1 - mu) * torch.nn.functional.logsigmoid(-lead)).sum()
    slope = ((torch.sigmoid(lead) - mu) / L)[:, None]
    return loss, slope.expand_as(first), -slope.expand_as(second)


def gradient_half_the_loss(first, second, mu):
    """the loss without its second half, for comparisons that the second won

    Where mu = 0 nothing would be learned: (1 - mu) log P(second) belongs to the sum too.
    """
    lead = first.sum(-1) - second.sum(-1)
    slope = (mu * (torch.sigmoid(lead) - 1))[:, None]
    return -(mu * torch.nn.functional.logsigmoid(lead)).sum(), slope.expand_as(first), -slope.expand_as(second)


# ------------------------------------------------------------------ elo-scale


def elo_by_tens(r, anchor, at):
    return at + 400 * (r - r[anchor]) * math.log10(math.e)


def elo_of_odds(r, anchor, at):
    return 400 * torch.log10((r - r[anchor]).exp()) + at


def elo_natural(r, anchor, at):
    """400 points for odds of e to one

    400 points are odds of ten to one: divide by ln 10.
    """
    return 400 * (r - r[anchor]) + at


def elo_times_log(r, anchor, at):
    """the ratings multiplied by ln 10 where they should be divided by it

    Odds of ten to one are 2.3 on the scale of r and 400 points on Elo's: 400 / ln 10 points a unit.
    """
    return 400 * math.log(10) * (r - r[anchor]) + at


def elo_from_mean(r, anchor, at):
    """scores whose mean is at the given number

    It is the anchor who stands there: subtract his score, not the mean.
    """
    scores = 400 / math.log(10) * r
    return scores - scores.mean() + at


def elo_not_anchored(r, anchor, at):
    """scores shifted by the given number, without regard to the anchor

    Subtract the anchor's own score first.
    """
    return 400 / math.log(10) * r + at


def elo_reversed(r, anchor, at):
    """scores in which the better player has fewer points

    Subtract the anchor's rating from the others', not theirs from his.
    """
    return 400 / math.log(10) * (r[anchor] - r) + at


def elo_of_thousand(r, anchor, at):
    """scores with the anchor at 1000

    The anchor stands at the number that is given, not always at 1000... and in one of the cases that is another.
    """
    return 400 / math.log(10) * (r - r[anchor]) + 1000


# ------------------------------------------------------------------ rank-ranges


def ranks_reference(samples):
    low, high = arena.interval(samples)
    return low, high, *arena.rank_range(low, high)


def ranks_in_a_loop(samples):
    n = samples.shape[1]
    low, high = torch.quantile(samples, 0.025, dim=0), torch.quantile(samples, 0.975, dim=0)
    best = [1 + sum(bool(low[j] > high[i]) for j in range(n)) for i in range(n)]
    worst = [sum(bool(high[j] >= low[i]) for j in range(n)) for i in range(n)]
    return low, high, torch.tensor(best), torch.tensor(worst)


def ranks_by_sorting(samples):
    ordered, place = samples.sort(dim=0).values, torch.tensor([0.025, 0.975], dtype=samples.dtype) * (len(samples) - 1)
    down = place.floor().long()
    share = (place - down)[:, None]
    low, high = (1 - share) * ordered[down] + share * ordered[(down + 1).clamp(max=len(samples) - 1)]
    surely = low.unsqueeze(1) > high.unsqueeze(0)  # row j is above column i
    return low, high, surely.sum(0) + 1, len(low) - surely.sum(1)


def ranks_nine_tenths(samples):
    """intervals that hold 90 % of the bootstraps

    For 95 % leave 2.5 % on each side: the quantiles 0.025 and 0.975.
    """
    low, high = torch.quantile(samples, 0.05, dim=0), torch.quantile(samples, 0.95, dim=0)
    above = low[None, :] > high[:, None]
    return low, high, 1 + above.sum(1), len(low) - above.sum(0)


def ranks_two_deviations(samples):
    """the mean plus and minus two standard deviations

    Bootstraps need not be symmetric. Take their quantiles.
    """
    low = samples.mean(0) - 1.96 * samples.std(0)
    high = samples.mean(0) + 1.96 * samples.std(0)
    above = low[None, :] > high[:, None]
    return low, high, 1 + above.sum(1), len(low) - above.sum(0)


def ranks_standard_error(samples):
    """an interval of the mean of the bootstraps: it shrinks with their number

    The spread of the bootstraps is the error already. More of them do not make it smaller.
    """
    half = 1.96 * samples.std(0) / len(samples) ** 0.5
    low, high = samples.mean(0) - half, samples.mean(0) + half
    above = low[None, :] > high[:, None]
    return low, high, 1 + above.sum(1), len(low) - above.sum(0)


def ranks_of_means(samples):
    """the right intervals, with one rank for each model: that of its mean

    Two models whose intervals overlap may stand in either order. Count only those that are surely above or below.
    """
    low, high = torch.quantile(samples, 0.025, dim=0), torch.quantile(samples, 0.975, dim=0)
    rank = 1 + (samples.mean(0)[None, :] > samples.mean(0)[:, None]).sum(1)
    return low, high, rank, rank


def ranks_from_below(samples):
    """the right intervals, with ranks counted from the bottom

    Rank 1 is the highest score: count who is surely above.
    """
    low, high = torch.quantile(samples, 0.025, dim=0), torch.quantile(samples, 0.975, dim=0)
    above = low[None, :] > high[:, None]
    return low, high, 1 + above.sum(0), len(low) - above.sum(1)


def ranks_from_zero(samples):
    """the right intervals, with ranks that start at 0

    With nobody above, the rank is 1; with nobody below, it is n.
    """
    low, high = torch.quantile(samples, 0.025, dim=0), torch.quantile(samples, 0.975, dim=0)
    above = low[None, :] > high[:, None]
    return low, high, above.sum(1), len(low) - 1 - above.sum(0)


def ranks_half_overlap(samples):
    """the right intervals, with low ends compared with means

    Surely above means without overlap: the other's low end over my *high* end.
    """
    low, high = torch.quantile(samples, 0.025, dim=0), torch.quantile(samples, 0.975, dim=0)
    above = low[None, :] > samples.mean(0)[:, None]
    return low, high, 1 + above.sum(1), len(low) - above.sum(0)


# ------------------------------------------------------------------ potential-shaping


def shaping_reference(reward, Phi, Phi_next, done, discount):
    return reward + discount * (1 - done) * Phi_next - Phi


def shaping_by_where(reward, Phi, Phi_next, done, discount):
    after = torch.where(done > 0.5, torch.zeros_like(Phi_next), Phi_next)
    return torch.add(reward - Phi, after, alpha=discount)


def shaping_step_by_step(reward, Phi, Phi_next, done, discount):
    found = []
    for R, before, after, end in zip(reward, Phi, Phi_next, done):
        found.append(R - before if end else R - before + discount * after)
    return torch.stack(found)


def shaping_undiscounted(reward, Phi, Phi_next, done, discount):
    """shaping without the discount

    Then the added rewards of a loop do not cancel. Multiply the potential after the step by the discount.
    """
    return reward + (1 - done) * Phi_next - Phi


def shaping_ignores_the_end(reward, Phi, Phi_next, done, discount):
    """shaping with a potential after the end

    Where an episode ends, nothing follows: that potential is 0. Multiply Phi_next by `1 - done`.
    """
    return reward + discount * Phi_next - Phi


def shaping_off_at_the_end(reward, Phi, Phi_next, done, discount):
    """shaping that is left out on the last step

    Only Phi_next is 0 there. The potential before the step must be taken back, or it was a present.
    """
    return reward + (1 - done) * (discount * Phi_next - Phi)


def shaping_reversed(reward, Phi, Phi_next, done, discount):
    """shaping with the sign turned round: it punishes progress

    Add what the step gains: discount times the potential after, less the potential before.
    """
    return reward - discount * (1 - done) * Phi_next + Phi


def shaping_after_only(reward, Phi, Phi_next, done, discount):
    """a bonus for where the step leads, which nobody takes back

    Subtract the potential before the step. Without that, going in circles pays.
    """
    return reward + discount * (1 - done) * Phi_next


def shaping_discounts_both(reward, Phi, Phi_next, done, discount):
    """shaping with both potentials discounted

    The potential before the step belongs to now: it is not discounted.
    """
    return reward + discount * ((1 - done) * Phi_next - Phi)


def shaping_positive_part(reward, Phi, Phi_next, done, discount):
    """a bonus for progress that takes nothing for a step back

    That is the bonus which made the learner walk to and fro. Keep the negative part.
    """
    return reward + (discount * (1 - done) * Phi_next - Phi).clamp(min=0)


def shaping_without_reward(reward, Phi, Phi_next, done, discount):
    """the shaping alone

    It is added to the reward, which stays.
    """
    return discount * (1 - done) * Phi_next - Phi


DEFAULT = "the inputs have the default dtype"
SCALED = "a factor for all players leaves with the geometric mean"

PRIVATE = {
    "bt-likelihood": Private(
        reference=bradley_terry.log_likelihood,
        variants=(likelihood_pair_by_pair, likelihood_by_logsumexp),
        misconceptions=(
            likelihood_loser_first,
            likelihood_every_game_twice,
            likelihood_upper_half,
            likelihood_with_diagonal,
            likelihood_underflows,
            likelihood_without_log,
            likelihood_mean,
            likelihood_of_gammas,
        ),
        hidden={
            "twelve players": _games(12),
            "many of one's own": _games(4, own=30.0),
            "far apart once more": _far_apart,
            "far apart": _games(3, spread=60.0),
        },
        equivalent={"torch.eye(len(r), dtype=r.dtype) -> torch.eye(len(r))": DEFAULT},
    ),
    "mm-update": Private(
        reference=bradley_terry.mm_update,
        variants=(update_in_a_loop, update_by_logs),
        misconceptions=(
            update_counts_oneself,
            update_with_losses,
            update_wins_below,
            update_sum_one,
            update_arithmetic_mean,
            update_not_scaled,
            update_share_of_wins,
            update_opponent_only,
        ),
        hidden={
            "ten players": _rated(10),
            "many of one's own": _rated(5, own=30.0),
            "two who never met, again": _one_never_meets,
        },
        equivalent={
            "torch.eye(len(gamma), dtype=W.dtype) -> torch.eye(len(gamma))": DEFAULT,
            "W.sum -> W.mean": SCALED,
            "time.sum -> time.mean": SCALED,
            "1 -> 0": "the time of a pair is symmetric",
        },
    ),
    "davidson-ties": Private(
        reference=ties.outcomes,
        variants=(outcomes_from_gammas, outcomes_by_softmax),
        misconceptions=(
            outcomes_without_root,
            outcomes_arithmetic,
            outcomes_no_tie_below,
            outcomes_nu_outside,
            outcomes_of_logs,
            outcomes_loss_first,
            outcomes_rao_kupper,
        ),
        hidden={"seven players": _with_ties(7, 0.7), "far apart": _with_ties(3, 2.0, spread=3.0)},
        equivalent={"nu * torch.ones_like(half) -> nu / torch.ones_like(half)": "those are ones"},
    ),
    "preference-gradient": Private(
        reference=gradient_reference,
        variants=(gradient_by_autograd, gradient_by_entropy),
        misconceptions=(
            gradient_of_means,
            gradient_uphill,
            gradient_without_minus,
            gradient_ties_for_first,
            gradient_ties_dropped,
            gradient_mean_of_comparisons,
            gradient_same_sign,
            gradient_shared_out,
            gradient_half_the_loss,
        ),
        hidden={"long segments": _segments(6, 25), "unsure answers": _segments(5, 4, answers=(0.9, 0.3, 0.5, 0.05))},
        equivalent={"-1 -> +1": "segments have two axes: the last is axis 1"},
    ),
    "elo-scale": Private(
        reference=arena.to_elo,
        variants=(elo_by_tens, elo_of_odds),
        misconceptions=(elo_natural, elo_times_log, elo_from_mean, elo_not_anchored, elo_reversed, elo_of_thousand),
        hidden={"eight players": _ratings(8, 3, 1200.0), "two players": _ratings(2, 1, 0.0)},
    ),
    "rank-ranges": Private(
        reference=ranks_reference,
        variants=(ranks_in_a_loop, ranks_by_sorting),
        misconceptions=(
            ranks_nine_tenths,
            ranks_two_deviations,
            ranks_standard_error,
            ranks_of_means,
            ranks_from_below,
            ranks_from_zero,
            ranks_half_overlap,
        ),
        hidden={"twenty models": _bootstraps(100, 20), "to one side": _skewed, "close": _bootstraps(50, 7, gap=45.0)},
    ),
    "potential-shaping": Private(
        reference=shaping_reference,
        variants=(shaping_by_where, shaping_step_by_step),
        misconceptions=(
            shaping_undiscounted,
            shaping_ignores_the_end,
            shaping_off_at_the_end,
            shaping_reversed,
            shaping_after_only,
            shaping_discounts_both,
            shaping_positive_part,
            shaping_without_reward,
        ),
        hidden={"twenty steps": _steps(20, ends=(6, 13, 19)), "one step, the last": _steps(1, ends=(0,))},
    ),
}
