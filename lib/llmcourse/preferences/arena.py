"""A leaderboard from battles: Bradley-Terry on Elo's scale, with intervals and ranges of ranks.

    battles    who beat whom; ties count half a win for each side, as in the first Arena
    scores     (..., n)  Elo: 400 points are odds of ten to one
    samples    (B, n)    scores from B bootstrap samples
    votes      (n,)      number of battles that each model took part in

Elo 1978; Chiang et al. 2024, "Chatbot Arena: an open platform for evaluating LLMs by human preference", section 5.
Departs from Arena: the models of one leaderboard fight only each other, and style is not controlled for.
"""

import math
from dataclasses import dataclass

import torch
from torch import Generator, Tensor

from . import bradley_terry

SCALE = 400 / math.log(10)  # Elo points in one unit of log-rating


def to_elo(r: Tensor, anchor: int | None = None, at: float = 1000.0) -> Tensor:
    """Log-ratings as Elo scores: the player `anchor` has the score `at`; without an anchor, the mean has it."""
    scores = SCALE * r
    zero = scores.mean(-1, keepdim=True) if anchor is None else scores[..., anchor, None]
    return scores - zero + at


def from_elo(scores: Tensor) -> Tensor:
    """Log-ratings, with a mean of 0."""
    return (scores - scores.mean(-1, keepdim=True)) / SCALE


def online_elo(winner: Tensor, loser: Tensor, n: int, K: float = 32.0, start: float = 1000.0) -> Tensor:
    """Scores after each battle, (G + 1, n): the winner takes K times its predicted probability of losing.

    One gradient step on the log-likelihood of one battle, so the last battles count most and the order matters.
    """
    scores = [start] * n
    path = [list(scores)]
    for i, j in zip(winner.tolist(), loser.tolist()):
        surprise = 1 / (1 + 10 ** ((scores[i] - scores[j]) / 400))
        scores[i], scores[j] = scores[i] + K * surprise, scores[j] - K * surprise
        path.append(list(scores))
    return torch.tensor(path, dtype=torch.float64)


# ------------------------------------------------------------------ battles


def pair_counts(votes: Tensor, rounds: int = 200) -> Tensor:
    """Battles of each pair (n, n), symmetric, that give each model about its number of votes (n,): n_ij = d_i d_j.

    Raises ValueError when one player has at least as many votes as all others together.
    """
    if 2 * votes.max() >= votes.sum():
        raise ValueError(
            f"Player {int(votes.argmax())} has {votes.max():g} votes and the others have only "
            f"{votes.sum() - votes.max():g} together, but every battle needs an opponent."
        )
    apart = 1 - torch.eye(len(votes), dtype=torch.float64)
    d = votes.double() / votes.double().sum().sqrt()
    for _ in range(rounds):
        d = (d * votes / (apart @ d)).sqrt()
    return (d[:, None] * d * apart).round()


def simulate(scores: Tensor, votes: Tensor, generator: Generator) -> Tensor:
    """Wins (n, n) of battles between models of known scores. Synthetic, so that the truth is known."""
    counts = pair_counts(votes).triu(1)
    p = bradley_terry.probability(from_elo(scores.double()))
    won = torch.binomial(counts, p, generator=generator)
    return won + (counts - won).mT


def resample(W: Tensor, times: int, generator: Generator) -> Tensor:
    """Bootstrap samples of the wins: as many battles, drawn from those that were fought. W (n, n) to (times, n, n)."""
    battles, shares = int(W.sum()), W.flatten() / W.sum()
    drawn = torch.multinomial(shares, battles * times, replacement=True, generator=generator).view(times, battles)
    return torch.stack([torch.bincount(d, minlength=W.numel()) for d in drawn]).view(times, *W.shape).to(W.dtype)


# ------------------------------------------------------------------ intervals and ranks


@dataclass(frozen=True)
class Board:
    """Scores (n,) with their 95 % intervals, and the best and the worst rank that these leave open."""

    scores: Tensor
    low: Tensor
    high: Tensor
    best: Tensor
    worst: Tensor


def interval(samples: Tensor, level: float = 0.95) -> tuple[Tensor, Tensor]:
    """The middle `level` of the bootstrap scores (B, n), by quantiles: low (n,), high (n,)."""
    tail = (1 - level) / 2
    low, high = torch.quantile(samples, torch.tensor([tail, 1 - tail], dtype=samples.dtype), dim=0)
    return low, high


def rank_range(low: Tensor, high: Tensor) -> tuple[Tensor, Tensor]:
    """The best and the worst rank that intervals (n,) leave open, both (n,).

    A player is surely above another when its low end exceeds the other's high end. best = 1 + how many are surely
    above; worst = n - how many are surely below. Arena prints `best`.
    """
    above = low[None, :] > high[:, None]  # above[i, j]: j is surely above i
    return 1 + above.sum(-1), len(low) - above.sum(0)


def leaderboard(W: Tensor, times: int, generator: Generator, anchor: int | None = None, at: float = 1000.0) -> Board:
    """The whole procedure: fit, bootstrap, intervals, ranges of ranks."""
    scores = to_elo(bradley_terry.newton(W).r, anchor, at)
    samples = to_elo(bradley_terry.newton(resample(W, times, generator)).r, anchor, at)
    low, high = interval(samples)
    return Board(scores, low, high, *rank_range(low, high))
