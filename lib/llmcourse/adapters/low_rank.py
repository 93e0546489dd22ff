"""Low rank: the best approximation of a matrix by a product of two thin ones, X ~ U V.

    X (N, M)     U (N, k)    V (k, M)        k numbers per row and per column in place of N M
    s (min(N, M),)  singular values, in descending order

Eckart and Young 1936: cutting the singular value decomposition after k terms is the best that rank k can do, in the
Frobenius norm (the error is the root of the sum of the squares of what was cut) and in the spectral norm (s_{k+1}).
"""

import torch
from torch import Tensor


def truncate(X: Tensor, k: int) -> tuple[Tensor, Tensor]:
    """U (..., N, k) and V (..., k, M) whose product is the best approximation of X (..., N, M) of rank k.

    The singular values are shared: each factor takes their roots. Raises ValueError for a rank that X can't have.
    """
    most = min(X.shape[-2:])
    if not 0 <= k <= most:
        raise ValueError(f"The rank of a matrix {tuple(X.shape[-2:])} lies between 0 and {most}; you asked for {k}.")
    left, s, right = torch.linalg.svd(X, full_matrices=False)
    root = s[..., :k].sqrt()
    return left[..., :k] * root[..., None, :], root[..., None] * right[..., :k, :]


def errors(X: Tensor) -> Tensor:
    """Relative error, in the Frobenius norm, of the best approximation of rank 0, 1, ...: (..., min(N, M) + 1)."""
    s = torch.linalg.svdvals(X)
    tails = torch.cat([s.square().flip(-1).cumsum(-1).flip(-1), torch.zeros_like(s[..., :1])], -1)
    return (tails / tails[..., :1]).sqrt()


def rank_for(X: Tensor, share: float = 0.9) -> int:
    """The smallest rank that keeps this share of the sum of squares of X (N, M)."""
    return int((errors(X).square() > 1 - share).sum())


def effective_rank(X: Tensor) -> float:
    """How many singular values X (N, M) has, so to speak: the exponential of the entropy of their shares.

    Roy and Vetterli 2007: 1 for a matrix of rank one, min(N, M) when all of them are equal.
    """
    p = torch.linalg.svdvals(X)
    p = p / p.sum()
    return torch.exp(-(p * p.clamp(min=1e-30).log()).sum()).item()
