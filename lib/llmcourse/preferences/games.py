"""Bradley-Terry for many players: only the pairs that met are stored.

    m          pairs that have met
    i, j       (m,)  the pair, i < j
    won, lost  (m,)  how often i beat j, and j beat i

A million games among ten thousand players fill one pair in fifty. One MM step is then two sums over m pairs, and a
Newton step solves its equations without a matrix, by conjugate gradients.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor


@dataclass(frozen=True)
class Games:
    """All games, by pair; made by `collect`."""

    n: int
    i: Tensor
    j: Tensor
    won: Tensor
    lost: Tensor

    def sums(self, of_i: Tensor, of_j: Tensor) -> Tensor:
        """For each player, the sum over its pairs of `of_i` (m,) where it is i and `of_j` (m,) where it is j: (n,)."""
        total = torch.zeros(self.n, dtype=of_i.dtype, device=of_i.device)
        return total.index_add(0, self.i, of_i).index_add(0, self.j, of_j)

    def log_likelihood(self, r: Tensor) -> Tensor:
        lead = r[self.i] - r[self.j]
        return (self.won * F.logsigmoid(lead) + self.lost * F.logsigmoid(-lead)).sum()


def collect(winner: Tensor, loser: Tensor, n: int) -> Games:
    """Games from lists of winners and losers, (G,) and (G,) integers below n."""
    low, high = torch.minimum(winner, loser), torch.maximum(winner, loser)
    pairs, place = torch.unique(low * n + high, return_inverse=True)
    first = (winner == low).double()
    won = torch.zeros(len(pairs), dtype=torch.float64, device=pairs.device).index_add(0, place, first)
    lost = torch.zeros_like(won).index_add(0, place, 1 - first)
    return Games(n, pairs // n, pairs % n, won, lost)


def check_maximum(games: Games) -> None:
    """Like bradley_terry.check_maximum, by walking along wins from one player: forwards, then backwards."""
    for better, worse, what in ((games.won, games.lost, "beaten"), (games.lost, games.won, "lost to")):
        seen = torch.zeros(games.n, dtype=torch.bool, device=games.i.device)
        seen[0] = True
        while True:
            new = seen.clone()
            new[games.j[seen[games.i] & (better > 0)]] = True
            new[games.i[seen[games.j] & (worse > 0)]] = True
            if torch.equal(new, seen):
                break
            seen = new
        if not seen.all():
            missed = (~seen).nonzero()[:, 0].tolist()
            names = ", ".join(map(str, missed[:5])) + (f" and {len(missed) - 5} more" if len(missed) > 5 else "")
            raise ValueError(
                f"There is no maximum: no chain of players, each of whom has {what} the next, leads from player 0 "
                f"to {names}. Leave those out, or play more games."
            )


def mm(games: Games, tolerance: float = 1e-6, most: int = 5000) -> tuple[Tensor, int]:
    """Log-ratings (n,) and the number of steps: bradley_terry.mm for pairs that have met."""
    check_maximum(games)
    wins, met = games.sums(games.won, games.lost), games.won + games.lost
    gamma = torch.ones_like(wins)
    moved, steps = 1.0, 0
    while moved >= tolerance and steps < most:
        times = met / (gamma[games.i] + gamma[games.j])
        new = wins / games.sums(times, times)
        new = new / new.log().mean().exp()
        moved, gamma, steps = (new / gamma).log().abs().max(), new, steps + 1
    return gamma.log(), steps


def newton(games: Games, tolerance: float = 1e-8) -> tuple[Tensor, int]:
    """Log-ratings (n,) and the number of steps: bradley_terry.newton for pairs that have met.

    Stops when every player has won as many games as expected, to within `tolerance` of a game. Raises RuntimeError
    when that takes more than 50 steps.
    """
    check_maximum(games)
    met, r = games.won + games.lost, torch.zeros(games.n, dtype=torch.float64, device=games.i.device)
    for steps in range(51):
        p = torch.sigmoid(r[games.i] - r[games.j])
        left = games.won - met * p  # wins of i minus the expected ones; for j, the opposite
        slope = games.sums(left, -left)
        if slope.abs().max() < tolerance:
            return r, steps
        move, before = _solve(games, met * p * (1 - p), slope), games.log_likelihood(r)
        while games.log_likelihood(r + move) < before - 1e-6:  # past the maximum
            move = move / 2
        r = r + move - move.mean()
    raise RuntimeError(
        f"Newton's method is {slope.abs().max():.1g} games off after 50 steps: raise the tolerance, or use mm."
    )


def _solve(games: Games, weights: Tensor, slope: Tensor) -> Tensor:
    """Conjugate gradients for Laplacian x = slope, preconditioned by the diagonal. Good enough for a Newton step."""
    diagonal = games.sums(weights, weights)
    x, rest = torch.zeros_like(slope), slope - slope.mean()  # the Laplacian ignores a shift of all ratings
    scaled = rest / diagonal
    direction, size = scaled, rest @ scaled
    goal = 1e-8 * size  # squared: a ten-thousandth of the first residual
    for _ in range(200):
        flow = weights * (direction[games.i] - direction[games.j])
        image = games.sums(flow, -flow)
        length = size / (direction @ image)
        x, rest = x + length * direction, rest - length * image
        scaled = rest / diagonal
        new = rest @ scaled
        if new <= goal:
            break
        direction, size = scaled + new / size * direction, new
    return x
