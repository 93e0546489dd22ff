"""Best of n: draw n answers, keep the one with the highest reward. No training, and the strongest baseline there is.

    proxy    (..., N)  rewards that choose, of N answers to one prompt
    gold     (..., N)  what the answers are really worth
    n                  how many are drawn

Stiennon et al. 2020, appendix G.3, has KL = log n - (n - 1) / n; Beirami et al. 2024, "Theoretical guarantees on the
best-of-n alignment policy", theorem 1, shows that this is an upper bound, which is reached as answers become many and
distinct. The estimate of what it earns is that of Nakano et al. 2021, "WebGPT", appendix I.
"""

import math

import torch
from torch import Tensor

from .enumeration import finite


def best_of_n(proxy: Tensor) -> Tensor:
    """Index of the answer that is kept, (..., n) to (...); the first of equals. Raises ValueError for rewards that are
    not finite: a NaN would win every time."""
    finite(proxy)
    return proxy.argmax(-1)


def best_of_n_kl(n: int) -> float:
    """The KL from the reference that best-of-n costs at most, in nats: log n - (n - 1) / n."""
    if n < 1:
        raise ValueError(f"n is {n}: best-of-n draws one answer at least.")
    return math.log(n) - (n - 1) / n


def log_best_of_n(log_ref: Tensor, r: Tensor, n: int) -> Tensor:
    """The exact policy of best-of-n over texts that can be listed: log-probabilities, (texts,) to (texts,).

    P(the best has reward at most x) = F(x)^n, with F the distribution of rewards under the reference. Texts with the
    same reward share their part as the reference has it.
    """
    finite(r)
    levels, level = r.unique(return_inverse=True)  # sorted
    mass = torch.zeros(len(levels), dtype=log_ref.dtype).index_add(0, level, log_ref.exp())
    F = mass.cumsum(0) / mass.sum()
    won = torch.diff(F**n, prepend=F.new_zeros(1))  # (levels,) that the best is of this level
    return log_ref + (won / mass)[level].log()


def expected_best_of_n(gold: Tensor, proxy: Tensor, n: int) -> Tensor:
    """What best-of-n would earn, from N >= n answers: the mean over all subsets of n, (..., N) to (...).

    In the order of the proxy, the i-th answer (from 1) is the best of C(i - 1, n - 1) of the C(N, n) subsets. Subsets
    waste nothing: with N = n it is one draw of best-of-n, with n = 1 the mean.
    """
    N = proxy.shape[-1]
    if not 1 <= n <= N:
        raise ValueError(f"n is {n}, and there are {N} answers: best-of-n needs at least n of them.")
    finite(proxy)
    weights = torch.tensor([math.comb(i, n - 1) / math.comb(N, n) for i in range(N)], dtype=gold.dtype)
    return (gold.gather(-1, proxy.argsort(dim=-1, stable=True)) * weights.to(gold.device)).sum(-1)
