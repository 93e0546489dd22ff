"""The private half of best-of-n."""

import torch
from llmcourse.checks.labs.rlhf.best_of_n import draws, tied
from llmcourse.rlhf import enumeration, selection

from grading.exercises import misconception, reference, stages, variant

CASES = {
    "many texts": draws(20, 3),
    "the best of nine": draws(10, 9),
    "more ties": tied(4, 0.5, 0.5, 0.5, -1.0, 2.0, 2.0, -1.0),
    "two texts": draws(2, 5),
}


@reference
def best_of_n(p_ref, r, n):
    log_best = selection.log_best_of_n(p_ref.log(), r, n)
    return log_best.exp(), enumeration.kl(log_best, p_ref.log())


@stages
def on_the_way(p_ref, r, n):
    F = (r[:, None] >= r).to(p_ref.dtype) @ p_ref
    below = (r[:, None] > r).to(p_ref.dtype) @ p_ref
    order = r.argsort()  # some sort the texts first
    return {
        "F, the chance of at most this reward": [F, F[order]],
        "F below, the chance of less": [below, below[order]],
    }


@variant
def with_both_distributions(p_ref, r, n):
    F = (r[:, None] >= r).to(p_ref.dtype) @ p_ref
    below = (r[:, None] > r).to(p_ref.dtype) @ p_ref
    p = p_ref * sum(F**k * below ** (n - 1 - k) for k in range(n))  # (F^n - below^n) / (F - below)
    return p, (p * (p / p_ref).log()).sum()


@variant
def level_by_level(p_ref, r, n):
    p, below = torch.zeros_like(p_ref), torch.zeros((), dtype=p_ref.dtype)
    for level in sorted(set(r.tolist())):
        here = r == level
        mass = p_ref[here].sum()
        p[here] = p_ref[here] / mass * ((below + mass) ** n - below**n)
        below = below + mass
    return p, (p * (p.log() - p_ref.log())).sum()


@misconception(
    says="the right probabilities, with the formula log n - (n - 1) / n for the KL, which is an upper bound",
    hint="With few texts the KL is smaller than the formula: compute sum p log(p / p_ref).",
)
def formula_for_kl(p_ref, r, n):
    F = (r[:, None] >= r).to(p_ref.dtype) @ p_ref
    below = (r[:, None] > r).to(p_ref.dtype) @ p_ref
    p = p_ref * (F**n - below**n) / (F - below)
    return p, torch.log(torch.tensor(float(n), dtype=p.dtype)) - (n - 1) / n


@misconception(
    says="the right probabilities, with KL(p_ref || p): the wrong way round",
    hint="The expectation is under the new policy: sum p log(p / p_ref).",
)
def kl_reversed(p_ref, r, n):
    F = (r[:, None] >= r).to(p_ref.dtype) @ p_ref
    below = (r[:, None] > r).to(p_ref.dtype) @ p_ref
    p = p_ref * (F**n - below**n) / (F - below)
    return p, (p_ref * (p_ref / p).log()).sum()


@misconception(
    says="F^n: the chance that the best has *at most* this reward",
    hint="What is below must be taken away: F^n - F_below^n.",
)
def cumulative(p_ref, r, n):
    p = ((r[:, None] >= r).to(p_ref.dtype) @ p_ref) ** n
    return p, (p * (p / p_ref).log()).sum()


@misconception(
    says="n p_ref F^(n-1): the density of a maximum, which holds where rewards are continuous",
    hint="Texts have lumps of probability, so that two draws may be the same text: F^n - F_below^n.",
)
def density(p_ref, r, n):
    F = (r[:, None] >= r).to(p_ref.dtype) @ p_ref
    p = n * p_ref * F ** (n - 1)
    return p, (p * (p / p_ref).log()).sum()


@misconception(
    says="(F - F_below)^n: the chance that all n draws are this text",
    hint="One of them is enough, if the others are no better: F^n - F_below^n.",
)
def power_of_the_difference(p_ref, r, n):
    F = (r[:, None] >= r).to(p_ref.dtype) @ p_ref
    below = (r[:, None] > r).to(p_ref.dtype) @ p_ref
    p = (F - below) ** n
    return p, (p * (p / p_ref).log()).sum()


@misconception(
    says="the *worst* of n",
    hint="F is the chance of at most this reward, not of at least: compare the other way round.",
)
def worst_of_n(p_ref, r, n):
    F = (r[:, None] <= r).to(p_ref.dtype) @ p_ref
    below = (r[:, None] < r).to(p_ref.dtype) @ p_ref
    p = p_ref * (F**n - below**n) / (F - below)
    return p, (p * (p / p_ref).log()).sum()


@misconception(
    says="the probabilities of the levels of reward: texts that tie each get the part of all of them",
    hint="Texts of equal reward share: multiply by p_ref / (F - F_below).",
)
def ties_not_shared(p_ref, r, n):
    F = (r[:, None] >= r).to(p_ref.dtype) @ p_ref
    below = (r[:, None] > r).to(p_ref.dtype) @ p_ref
    p = F**n - below**n
    return p, (p * (p / p_ref).log()).sum()


@misconception(
    says="the best of n in which, of texts with equal reward, a later one is preferred to an earlier",
    hint="Sorting puts ties in some order, but a tie prefers neither: both share, as the reference has it.",
)
def ties_by_order(p_ref, r, n):
    order = r.argsort(stable=True)
    F = p_ref[order].cumsum(0)
    won = torch.diff(F**n, prepend=F.new_zeros(1))
    p = torch.zeros_like(p_ref)
    p[order] = won
    return p, (p * (p / p_ref).log()).sum()


@misconception(
    says="texts of equal reward that share equally, whatever the reference says",
    hint="Which of them is drawn is up to the reference: shares in proportion to p_ref.",
)
def ties_shared_equally(p_ref, r, n):
    F = (r[:, None] >= r).to(p_ref.dtype) @ p_ref
    below = (r[:, None] > r).to(p_ref.dtype) @ p_ref
    p = (F**n - below**n) / (r[:, None] == r).to(p_ref.dtype).sum(1)
    return p, (p * (p / p_ref).log()).sum()


@misconception(
    says="the reference to the power n, normalised",
    hint="That prefers what is likely, not what is good: the reward does not occur. F^n - F_below^n.",
)
def power_of_the_reference(p_ref, r, n):
    p = p_ref**n / (p_ref**n).sum()
    return p, (p * (p / p_ref).log()).sum()


@misconception(
    says="the best text of all, for certain",
    hint="n draws may miss the best text: it wins with probability F^n - F_below^n = 1 - (1 - p_ref)^n.",
)
def best_for_certain(p_ref, r, n):
    best = (r == r.max()).to(p_ref.dtype) * p_ref
    p = best / best.sum()
    return p, torch.xlogy(p, p / p_ref).sum()


@misconception(
    says="the right probabilities, with the KL in bits",
    hint="Natural logarithms, `torch.log`: the KL is in nats.",
)
def bits(p_ref, r, n):
    F = (r[:, None] >= r).to(p_ref.dtype) @ p_ref
    below = (r[:, None] > r).to(p_ref.dtype) @ p_ref
    p = p_ref * (F**n - below**n) / (F - below)
    return p, (p * (p / p_ref).log2()).sum()


def chances(p_ref, r):
    """F, that one draw has at most this reward, and F_below, that it has less."""
    return (r[:, None] >= r).to(p_ref.dtype) @ p_ref, (r[:, None] > r).to(p_ref.dtype) @ p_ref


def kept(p_ref, r, n):
    F, below = chances(p_ref, r)
    return p_ref * (F**n - below**n) / (F - below)


def with_kl(p, p_ref):
    return p, (torch.xlogy(p, p) - p * p_ref.log()).sum()


def normalised(p, p_ref):
    return with_kl(p / p.sum(), p_ref)


@misconception(
    says="F^n, normalised",
    hint="F^n is the chance that the best has *at most* this reward. Take away what is below: F^n - F_below^n.",
)
def cumulative_normalised(p_ref, r, n):
    return normalised(chances(p_ref, r)[0] ** n, p_ref)


@misconception(
    says="p_ref F^(n-1), normalised: the density of a maximum, which holds where rewards are continuous",
    hint="Texts have lumps of probability, so that two draws may be the same text: F^n - F_below^n.",
)
def density_normalised(p_ref, r, n):
    return normalised(p_ref * chances(p_ref, r)[0] ** (n - 1), p_ref)


@misconception(
    says="n p_ref F_below^(n-1): the chance that one draw is this text, and that all others are worse",
    hint="Others may be this text, too, or as good: F^n - F_below^n.",
)
def others_are_worse(p_ref, r, n):
    return with_kl(n * p_ref * chances(p_ref, r)[1] ** (n - 1), p_ref)


@misconception(
    says="n p_ref F^(n-1) with an F in the middle between F and F_below",
    hint="That is an approximation. Exactly: F^n - F_below^n, of which each text gets its share.",
)
def middle(p_ref, r, n):
    F, below = chances(p_ref, r)
    return with_kl(n * p_ref * ((F + below) / 2) ** (n - 1), p_ref)


@misconception(
    says="the probabilities of the levels of reward, normalised: texts that tie each count for all of them",
    hint="Texts of equal reward share: multiply by p_ref / (F - F_below). Then they sum to 1 of themselves.",
)
def ties_normalised(p_ref, r, n):
    F, below = chances(p_ref, r)
    return normalised(F**n - below**n, p_ref)


@misconception(
    says="1 - (1 - p_ref)^n: the chance that the text is drawn at all",
    hint="A text that is drawn may still lose: the reward decides. F^n - F_below^n.",
)
def drawn_at_all(p_ref, r, n):
    return with_kl(1 - (1 - p_ref) ** n, p_ref)


@misconception(
    says="1 - (1 - p_ref)^n, normalised: the chance that the text is drawn at all",
    hint="A text that is drawn may still lose: the reward decides. F^n - F_below^n.",
)
def drawn_normalised(p_ref, r, n):
    return normalised(1 - (1 - p_ref) ** n, p_ref)


@misconception(
    says="p_ref exp(n r), normalised: a best policy at beta = 1 / n",
    hint="Best-of-n knows only who is better, not by how much: F^n - F_below^n.",
)
def exponential(p_ref, r, n):
    return with_kl((p_ref.log() + n * r).softmax(0), p_ref)


@misconception(
    says="the best of n draws that take each text equally often",
    hint="F is a probability under the reference: the sum of p_ref, not the share of the texts.",
)
def texts_counted(p_ref, r, n):
    return with_kl(kept(torch.full_like(p_ref, 1 / len(p_ref)), r, n), p_ref)


@misconception(
    says="the right probabilities in the order of the rewards, and not of the texts",
    hint="What has been sorted must be put back: `p[order] = ...`.",
)
def left_sorted(p_ref, r, n):
    return with_kl(kept(p_ref, r, n)[r.argsort(stable=True)], p_ref)


@misconception(
    says="the right probabilities, sorted and put back the wrong way: `p[order]`",
    hint="`order` says which text comes next. The way back is `p[order] = sorted`, or `sorted[order.argsort()]`.",
)
def put_back_wrong(p_ref, r, n):
    order = r.argsort(stable=True)
    return with_kl(kept(p_ref, r, n)[order][order], p_ref)


@misconception(
    says="sums over the list as it stands: the texts have not been sorted by their rewards",
    hint="F counts the texts whose *reward* is at most this one's: `r[None] <= r[:, None]`.",
)
def not_sorted(p_ref, r, n):
    F = p_ref.cumsum(0)
    return with_kl(F**n - (F - p_ref) ** n, p_ref)


@misconception(
    says="the right probabilities, with minus the KL",
    hint="A KL is never negative: sum p log(p / p_ref).",
)
def kl_negative(p_ref, r, n):
    p, KL = with_kl(kept(p_ref, r, n), p_ref)
    return p, -KL


@misconception(
    says="the right probabilities, with a KL whose logarithms are weighted by the reference",
    hint="The expectation is under the new policy: sum p log(p / p_ref).",
)
def weighted_by_the_reference(p_ref, r, n):
    p = kept(p_ref, r, n)
    return p, (p_ref * (p / p_ref).log()).sum()


@misconception(
    says="the right probabilities, with the KL divided by the number of texts",
    hint="The weights p sum to 1 already: a sum, and not a mean.",
)
def mean_for_sum(p_ref, r, n):
    p = kept(p_ref, r, n)
    return p, (p * (p / p_ref).log()).mean()


@misconception(
    says="the right probabilities, with sum p log p: the reference is missing from the KL",
    hint="The KL compares with the reference: sum p log(p / p_ref).",
)
def entropy_for_kl(p_ref, r, n):
    p = kept(p_ref, r, n)
    return p, torch.xlogy(p, p).sum()
