"""Every model of comparisons is a logistic regression on differences; this is that regression.

    X            (m, d)  a row for each comparison: features of the first minus features of the second
    wins, losses (m,)    how often the first was preferred, and how often the second
    w            (d,)    weights: P(first) = sigmoid(X w)

With a column for each player, +1 where that player is the first and -1 where the second, w are Bradley-Terry's
log-ratings; a column of ones is the advantage of being first (at home); features of what is compared make w a linear
reward.
"""

import torch
import torch.nn.functional as F
from torch import Tensor


def log_likelihood(w: Tensor, X: Tensor, wins: Tensor, losses: Tensor) -> Tensor:
    """The log-probability of all comparisons, a number: w (d,), X (m, d)."""
    return (wins * F.logsigmoid(X @ w) + losses * F.logsigmoid(-X @ w)).sum()


def fit(X: Tensor, wins: Tensor, losses: Tensor, ridge: float = 0.0) -> tuple[Tensor, Tensor]:
    """The most likely weights (d,), and their covariance (d, d), by Newton's method.

    ridge  for a penalty of ridge / 2 |w|^2
    Raises ValueError when the columns of X are linearly dependent, or when the weights grow without bound.
    """
    w, identity = torch.zeros_like(X[0]), torch.eye(X.shape[1], dtype=X.dtype, device=X.device)
    if not ridge and torch.linalg.matrix_rank(X) < X.shape[1]:
        raise ValueError("Some column of X is a combination of others: their weights cannot be told apart. Drop one.")
    for _ in range(50):
        p = torch.sigmoid(X @ w)
        information = X.mT @ (((wins + losses) * p * (1 - p))[:, None] * X) + ridge * identity
        slope = X.mT @ (wins * (1 - p) - losses * p) - ridge * w
        if information.diagonal().min() < 1e-12 or not w.isfinite().all():
            break
        step = torch.linalg.solve(information, slope)
        w = w + step
        if step.abs().max() < 1e-10 * max(1.0, w.abs().max().item()):
            return w, torch.linalg.inv(information)
    raise ValueError("There is no maximum: some weights explain every comparison. Pass a ridge, such as ridge=0.1.")


def players(first: Tensor, second: Tensor, n: int, home: bool = False) -> Tensor:
    """X for comparisons between players: (m,) and (m,) to (m, n - 1), with player 0 as the reference. With `home`, when
    the first plays at home, a column of ones comes last."""
    X = F.one_hot(first, n) - F.one_hot(second, n)  # (m, n)
    columns = [X[:, 1:], torch.ones_like(X[:, :1])] if home else [X[:, 1:]]
    return torch.cat(columns, dim=1).double()
