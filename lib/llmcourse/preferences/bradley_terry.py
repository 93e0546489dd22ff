"""Ratings from comparisons: the Bradley-Terry model, and three ways to its maximum.

    n            players: models, teams, journals
    W            (..., n, n)  wins: i beat j W_ij times. The diagonal is ignored
    N = W + W^T               games of each pair
    gamma        (..., n)     ratings, positive: P(i beats j) = gamma_i / (gamma_i + gamma_j)
    r            (..., n)     log-ratings, r = log gamma: P(i beats j) = sigmoid(r_i - r_j). Their mean is 0: the
                              data determine only differences of r
    prior                     games that each player wins against a ghost of rating 1, and as many that it loses

Bradley and Terry 1952; the iteration is in Zermelo 1929; Hunter 2004, "MM algorithms for generalized Bradley-Terry
models"; the hidden clocks that make it an EM algorithm are in Caron and Doucet 2012. Leading dimensions index data
sets.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor


@dataclass(frozen=True)
class Fit:
    """Log-ratings, and the (penalised) log-likelihood before the first step and after each."""

    r: Tensor
    history: list[float]

    @property
    def steps(self) -> int:
        return len(self.history) - 1


def probability(r: Tensor) -> Tensor:
    """P(i beats j) for every pair: (..., n) to (..., n, n)."""
    return torch.sigmoid(r[..., :, None] - r[..., None, :])


def log_likelihood(W: Tensor, r: Tensor, prior: float = 0.0) -> Tensor:
    """The log-probability of all games: W (..., n, n), r (..., n) to (...)."""
    logs = F.logsigmoid(r[..., :, None] - r[..., None, :])  # log(sigmoid(x)) would underflow
    ghost = prior * (F.logsigmoid(r) + F.logsigmoid(-r)).sum(-1)
    return (off_diagonal(W) * logs).sum((-2, -1)) + ghost


# ------------------------------------------------------------------ MM, which is EM


def expected_times(W: Tensor, gamma: Tensor) -> Tensor:
    """The E-step. In every game two clocks run, with rates gamma_i and gamma_j; the first to ring wins.

    Returns how long the games of each pair are expected to have taken, given who won: N_ij / (gamma_i + gamma_j),
    (..., n, n).
    """
    N = off_diagonal(W + W.mT)
    return N / (gamma[..., :, None] + gamma[..., None, :])


def mm_update(W: Tensor, gamma: Tensor, prior: float = 0.0) -> Tensor:
    """The M-step: wins over the time at risk, (..., n) to (..., n). The geometric mean is 1 unless a ghost fixes it."""
    wins = off_diagonal(W).sum(-1) + prior
    new = wins / (expected_times(W, gamma).sum(-1) + 2 * prior / (gamma + 1))
    return new if prior else new / new.log().mean(-1, keepdim=True).exp()


def lower_bound(W: Tensor, gamma: Tensor, at: Tensor) -> Tensor:
    """What the M-step maximises: below the log-likelihood everywhere, and equal to it at gamma = at. (..., n) to (...).

    -log(x) >= -log(y) - (x - y) / y, with x = gamma_i + gamma_j and y the same sum at `at`.
    """
    wins = (off_diagonal(W).sum(-1) * gamma.log()).sum(-1)
    N, sums = off_diagonal(W + W.mT), at[..., :, None] + at[..., None, :]
    lines = N * (sums.log() + (gamma[..., :, None] + gamma[..., None, :]) / sums - 1)
    return wins - lines.sum((-2, -1)) / 2  # every pair is counted twice


def mm(W: Tensor, prior: float = 0.0, tolerance: float = 1e-12, most: int = 10_000, names: Sequence[str] = ()) -> Fit:
    """The most likely ratings, by steps that never make the games less likely.

    Stops when no log-rating moves by more than `tolerance`, or after `most` steps.
    Raises ValueError, with the players' names, when there is no maximum.
    """
    if not prior:
        check_maximum(W, names)
    gamma = torch.ones_like(W[..., 0])
    history = [log_likelihood(W, gamma.log(), prior).sum().item()]
    for _ in range(most):
        new = mm_update(W, gamma, prior)
        moved, gamma = (new / gamma).log().abs().max(), new
        history.append(log_likelihood(W, gamma.log(), prior).sum().item())
        if moved < tolerance:
            break
    return Fit(gamma.log(), history)


# ------------------------------------------------------------------ Newton, and the gradient


def gradient(W: Tensor, r: Tensor, prior: float = 0.0) -> Tensor:
    """Gradient of the log-likelihood in r: games won minus the games that the ratings expect to be won, (..., n)."""
    expected = off_diagonal((W + W.mT) * probability(r)).sum(-1)
    return off_diagonal(W).sum(-1) - expected + prior * (1 - 2 * torch.sigmoid(r))


def information(W: Tensor, r: Tensor, prior: float = 0.0) -> Tensor:
    """The Fisher information, i.e. the negative Hessian: a graph Laplacian of weights N_ij p_ij p_ji, (..., n, n)."""
    p = probability(r)
    weights = off_diagonal((W + W.mT) * p * (1 - p))
    ghost = 2 * prior * torch.sigmoid(r) * torch.sigmoid(-r)
    return torch.diag_embed(weights.sum(-1) + ghost) - weights


def newton(W: Tensor, prior: float = 0.0, tolerance: float = 1e-10, names: Sequence[str] = ()) -> Fit:
    """The same maximum in a handful of steps, each of which solves n equations.

    Raises ValueError, with the players' names, when there is no maximum.
    """
    if not prior:
        check_maximum(W, names)
    r = torch.zeros_like(W[..., 0])
    history = [log_likelihood(W, r, prior).sum().item()]
    for _ in range(100):
        step = torch.linalg.solve(_regular(information(W, r, prior), prior), gradient(W, r, prior))
        size = 1.0
        while (log_likelihood(W, r + size * step, prior) < log_likelihood(W, r, prior) - 1e-9).any() and size > 1e-6:
            size /= 2  # a full step may overshoot the maximum when a player has hardly won
        r = r + size * step
        history.append(log_likelihood(W, r, prior).sum().item())
        if (size * step).abs().max() < tolerance:
            break
    return Fit(r, history)


def ascend(W: Tensor, steps: int, prior: float = 0.0) -> Fit:
    """Plain gradient ascent with a safe step size: no eigenvalue of the information exceeds max_i N_i / 2."""
    size = 2 / (off_diagonal(W + W.mT).sum(-1).max() + prior)
    r = torch.zeros_like(W[..., 0])
    history = [log_likelihood(W, r, prior).sum().item()]
    for _ in range(steps):
        r = r + size * gradient(W, r, prior)
        history.append(log_likelihood(W, r, prior).sum().item())
    return Fit(r, history)


def covariance(W: Tensor, r: Tensor, prior: float = 0.0) -> Tensor:
    """Covariance (..., n, n) of log-ratings around their mean, for many games: the information's (pseudo-)inverse."""
    inverse = torch.linalg.inv(_regular(information(W, r, prior), prior))
    return inverse if prior else inverse - 1 / r.shape[-1]


def standard_errors(W: Tensor, r: Tensor, reference: int | None = None, prior: float = 0.0) -> Tensor:
    """Standard error of each log-rating, or of its difference from that of the player `reference`: (..., n)."""
    C = covariance(W, r, prior)
    variance = C.diagonal(dim1=-2, dim2=-1)
    if reference is not None:
        variance = variance + C[..., reference, reference, None] - 2 * C[..., reference]
    return variance.clamp(min=0).sqrt()


# ------------------------------------------------------------------ when there is no maximum


def check_maximum(W: Tensor, names: Sequence[str] = ()) -> None:
    """Raises ValueError when there is no maximum: when some group has never lost to, or never met, the others.

    Ford 1957: there is exactly one maximum when a chain of wins leads from every player to every other.
    """
    better = off_diagonal(W) > 0
    reach = better | torch.eye(W.shape[-1], dtype=torch.bool, device=W.device)
    for _ in range(W.shape[-1].bit_length()):
        reach = (reach.float() @ reach.float()) > 0  # chains of twice the length
    flat = reach.flatten(0, -3) if reach.dim() > 2 else reach[None]
    for chains, wins in zip(flat, better.flatten(0, -3) if better.dim() > 2 else better[None]):
        if not chains.all():
            raise ValueError(_no_maximum(chains, wins, names))


def _no_maximum(chains: Tensor, wins: Tensor, names: Sequence[str]) -> str:
    """The message: which smallest group is cut off, and what to do about it."""
    groups = [chains[i] & chains[:, i] for i in range(len(chains))]  # both better and worse than i, along chains
    cut = [g for g in groups if not ((wins & g[:, None] & ~g).any() and (wins & ~g[:, None] & g).any())]
    group = min(cut, key=lambda g: int(g.sum()))
    who = ", ".join(str(names[i]) if len(names) else str(i) for i in group.nonzero()[:, 0].tolist())
    beaten, lost = bool((wins & group[:, None] & ~group).any()), bool((wins & ~group[:, None] & group).any())
    what = "has never lost to" if beaten else "has never beaten" if lost else "has never met"
    end = "nothing says how far apart they are" if not (beaten or lost) else "the most likely rating is infinite"
    what = what.replace("has", "have") if int(group.sum()) > 1 else what
    return (
        f"There is no maximum: {who} {what} anyone else, so {end}. Leave {'them' if int(group.sum()) > 1 else 'it'} "
        "out, play more games, or give every player a few games against a ghost: prior=0.5."
    )


def off_diagonal(W: Tensor) -> Tensor:
    """W (..., n, n) with zeros on the diagonal."""
    return W * ~torch.eye(W.shape[-1], dtype=torch.bool, device=W.device)


def _regular(information: Tensor, prior: float) -> Tensor:
    """The data say nothing about a shift of all ratings; a matrix of 1 / n fills the gap and keeps the mean at 0."""
    return information if prior else information + 1 / information.shape[-1]
