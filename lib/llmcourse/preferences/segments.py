"""A reward learned from comparisons of short pieces of behaviour.

    sigma        a segment: L steps of observation and action
    r_hat        the predicted reward of one step
    first, second  (..., L)  r_hat of each step of two segments
    mu           (...)  how much of the preference goes to the first: 1, 0, or 0.5 for a tie; mu(2) = 1 - mu
    K            members of the ensemble

Christiano et al. 2017, "Deep reinforcement learning from human preferences", eq. 1 and section 2.2: a segment's rating
is gamma(sigma) = exp(sum of r_hat); Bradley-Terry does the rest. Departs from the paper: the predictions are not
normalised, because the search that follows uses only the order of returns.
"""

import math
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Generator, Tensor, nn

NOISE = 0.1  # share of answers given at random, as the paper assumes of people: half of these, 5 %, are wrong


def probability(first: Tensor, second: Tensor) -> Tensor:
    """P(first is preferred) of segments, (..., L) to (...): only the sums over the steps count."""
    return torch.sigmoid(first.sum(-1) - second.sum(-1))


def preference_loss(first: Tensor, second: Tensor, mu: Tensor) -> Tensor:
    """The deck's loss, a number: minus the sum over comparisons of mu log p + (1 - mu) log(1 - p)."""
    lead = first.sum(-1) - second.sum(-1)
    return -(mu * F.logsigmoid(lead) + (1 - mu) * F.logsigmoid(-lead)).sum()


def preference_gradient(first: Tensor, second: Tensor, mu: Tensor) -> tuple[Tensor, Tensor]:
    """Gradient of the loss in each step's reward: p - mu for steps of the first, mu - p for those of the second."""
    off = (probability(first, second) - mu)[..., None]
    return off.expand_as(first), -off.expand_as(second)


class RewardEnsemble(nn.Module):
    """K small networks that predict the reward of a step, each trained on its own bootstrap of the answers.

    Their weights are stored together, along a leading axis: (..., inputs) to (K, ...).
    """

    def __init__(self, inputs: int, width: int = 16, members: int = 3):
        super().__init__()
        sizes = [inputs, width, width, 1]
        start = lambda n, *shape: nn.Parameter((2 * torch.rand(members, *shape) - 1) / math.sqrt(n))
        self.weights = nn.ParameterList(start(a, a, b) for a, b in pairwise(sizes))
        self.biases = nn.ParameterList(start(a, 1, b) for a, b in pairwise(sizes))

    def forward(self, x: Tensor) -> Tensor:
        h = x.reshape(1, -1, x.shape[-1]).expand(len(self.weights[0]), -1, -1)  # (K, M, inputs)
        return self._layers(h)[..., 0].view(-1, *x.shape[:-1])

    def each(self, x: Tensor) -> Tensor:
        """x (K, ..., inputs), a batch of its own for each member: (K, ...)."""
        return self._layers(x.flatten(1, -2))[..., 0].view(x.shape[:-1])

    def _layers(self, h: Tensor) -> Tensor:
        for n, (weight, bias) in enumerate(zip(self.weights, self.biases)):
            h = torch.baddbmm(bias, h.tanh() if n else h, weight)
        return h

    @torch.no_grad()
    def reward(self, x: Tensor) -> Tensor:
        """The mean over the members, (..., inputs) to (...)."""
        return self(x).mean(0)


def fit(
    ensemble: RewardEnsemble, first: Tensor, second: Tensor, mu: Tensor, generator: Generator, steps: int,
    batch: int = 32, lr: float = 3e-3,
) -> float:  # fmt: skip
    """Train on comparisons first (n, L, inputs), second, mu (n,); returns the loss per comparison at the end.

    Every member draws its batches from a bootstrap sample of its own. The answers are softened to 0.9 mu + 0.05: a
    model that knows that one in twenty is wrong does not try to explain them all.
    """
    K, n = len(ensemble.weights[0]), len(mu)
    own = torch.randint(n, (K, n), generator=generator)
    optimizer = torch.optim.AdamW(ensemble.parameters(), lr=lr, weight_decay=1e-3)
    soft = (1 - NOISE) * mu + NOISE / 2
    for _ in range(steps):
        chosen = own.gather(1, torch.randint(n, (K, batch), generator=generator))  # (K, batch)
        loss = preference_loss(ensemble.each(first[chosen]), ensemble.each(second[chosen]), soft[chosen])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return loss.item() / (K * batch)


def judge(first: Tensor, second: Tensor, generator: Generator, flips: float = NOISE / 2, ties: float = 0.1) -> Tensor:
    """Synthetic answers mu (n,) of a judge who sees true returns (n,), (n,): the larger wins, but a share `flips` of
    the answers is reversed; the closest share `ties` of the pairs, and equal ones, are ties."""
    lead = first - second
    mu = (lead > 0).float()
    mu = torch.where(torch.rand(len(mu), generator=generator) < flips, 1 - mu, mu)
    close = lead.abs() <= torch.quantile(lead.abs(), ties)
    return torch.where(close | (lead == 0), torch.full_like(mu, 0.5), mu)


@torch.no_grad()
def disagreement(ensemble: RewardEnsemble, first: Tensor, second: Tensor) -> Tensor:
    """Variance over the members of P(first is preferred), for pairs of segments (n, L, inputs): (n,)."""
    return probability(ensemble(first), ensemble(second)).var(0)
