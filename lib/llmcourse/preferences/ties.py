"""Comparisons that may end in a tie: Davidson's model.

    W            (n, n)  wins, as in bradley_terry
    T            (n, n)  ties of each pair, symmetric
    nu                   how common ties are: among equals, a share nu / (2 + nu) of all games. nu = 0: Bradley-Terry

    P(i beats j) = gamma_i / D_ij,   P(tie) = nu sqrt(gamma_i gamma_j) / D_ij,
    D_ij = gamma_i + gamma_j + nu sqrt(gamma_i gamma_j)

Davidson 1970, "On extending the Bradley-Terry model to accommodate ties". The other classic is Rao and Kupper 1967,
P(i beats j) = gamma_i / (gamma_i + theta gamma_j), where a lead must exceed a threshold to be seen.
"""

import torch
from torch import Tensor

from .bradley_terry import Fit, check_maximum, off_diagonal


def outcomes(r: Tensor, nu: Tensor | float) -> Tensor:
    """Probabilities of a win, a tie and a loss of i against j: r (..., n) to (..., n, n, 3)."""
    lead = r[..., :, None] - r[..., None, :]
    weights = torch.stack([(lead / 2).exp(), nu * torch.ones_like(lead), (-lead / 2).exp()], dim=-1)
    return weights / weights.sum(-1, keepdim=True)  # every weight is divided by sqrt(gamma_i gamma_j)


def log_likelihood(W: Tensor, T: Tensor, r: Tensor, nu: Tensor | float) -> Tensor:
    """The log-probability of all games, a number. The diagonals are ignored."""
    p = outcomes(r, nu).clamp(min=torch.finfo(r.dtype).tiny).log()
    return (off_diagonal(W) * p[..., 0]).sum() + (off_diagonal(T) * p[..., 1]).sum() / 2


def davidson(W: Tensor, T: Tensor, tolerance: float = 1e-12, most: int = 10_000) -> tuple[Fit, float]:
    """The most likely log-ratings and nu, by MM: no step makes the games less likely.

    The root, too, is bounded by a line: sqrt(x y) <= sqrt(a b) (x / a + y / b) / 2, equal at x = a, y = b.
    Raises ValueError when there is no maximum.
    """
    W, T = off_diagonal(W), off_diagonal(T)
    check_maximum(W + T)  # a tie is a chain in both directions
    N, points = W + W.mT + T, W.sum(-1) + T.sum(-1) / 2
    gamma, nu = torch.ones_like(points), torch.tensor(1.0, dtype=W.dtype)
    history = [log_likelihood(W, T, gamma.log(), nu).item()]
    for _ in range(most):
        root = (gamma[:, None] * gamma).sqrt()
        shares = N / (gamma[:, None] + gamma + nu * root)
        new = points / (shares * (1 + nu / 2 * root / gamma[:, None])).sum(-1)
        new = new / new.log().mean().exp()
        root = (new[:, None] * new).sqrt()
        new_nu = T.sum() / (N * root / (new[:, None] + new + nu * root)).sum()
        moved = max((new / gamma).log().abs().max().item(), (new_nu - nu).abs().item())
        gamma, nu = new, new_nu
        history.append(log_likelihood(W, T, gamma.log(), nu).item())
        if moved < tolerance:
            break
    return Fit(gamma.log(), history), nu.item()
