"""A pattern as a graph: who is reached in p steps, how long paths are, how closely neighbours are linked.

    A  (L, L)  bool, A[i, j]: query i sees key j. After p layers, i depends on what is reached in p steps.

Child et al. 2019, section 4.2 (p steps; sets of size O(L^(1/p))). Watts and Strogatz 1998, "Collective dynamics of
'small-world' networks": path length, clustering, and the ring that is rewired, as Zaheer et al. 2020 use it, section 2.
"""

import math
from collections.abc import Callable, Sequence

import torch
from torch import Generator, Tensor


def reach(masks: Tensor | Sequence[Tensor]) -> Tensor:
    """(L, L), true where some path leads from query i to key j, with one step in each of the masks, the last one first.

    The masks (L, L) are those of the layers, from the first to the last: what layer p reads was made by layer p - 1.
    """
    masks = list(masks)
    if not masks:
        raise ValueError("Give the mask of at least one layer.")
    reached = masks[-1].float()
    for mask in reversed(masks[:-1]):
        reached = ((reached @ mask.float()) > 0).float()  # as numbers: a boolean product would be an or of ands
    return reached > 0


def steps(A: Tensor) -> Tensor:
    """(L, L) float: the fewest steps from i to j, 0 for i = j, inf where no path leads."""
    edge, frontier = A.float(), torch.eye(len(A), device=A.device)
    distance = frontier.log().neg()  # 0 on the diagonal, inf elsewhere
    for p in range(1, len(A)):
        frontier = ((frontier @ edge) > 0) & distance.isinf()
        if not frontier.any():
            break
        distance[frontier] = p
        frontier = frontier.float()
    return distance


def path_length(A: Tensor) -> float:
    """The mean of the fewest steps over all pairs i != j; inf if one is not reached."""
    distance = steps(A)
    off = ~torch.eye(len(A), dtype=torch.bool, device=A.device)
    return distance[off].mean().item() if len(A) > 1 else 0.0


def clustering(A: Tensor) -> float:
    """The mean over tokens of the share of pairs of their neighbours that are linked themselves; directions ignored.

    0 for a token with fewer than two neighbours.
    """
    link = (A | A.mT).double().fill_diagonal_(0)
    degree = link.sum(-1)
    triangles = ((link @ link) * link).sum(-1)  # each counted twice, like the pairs below
    return (triangles / (degree * (degree - 1)).clamp(min=1)).mean().item()


def ring(L: int, neighbours: int) -> Tensor:
    """(L, L): each token sees the `neighbours` nearest ones on a circle, half on each side (Watts and Strogatz)."""
    if neighbours % 2 or not 0 < neighbours < L:
        raise ValueError(f"neighbours must be even and between 0 and L; it is {neighbours}, L is {L}.")
    i = torch.arange(L)
    apart = (i[:, None] - i).abs()
    apart = torch.minimum(apart, L - apart)
    return (apart > 0) & (apart <= neighbours // 2)


def watts_strogatz(L: int, neighbours: int, p: float, generator: Generator) -> Tensor:
    """The ring with each link moved, with probability p, to a random end: 0 leaves the ring, 1 is a random graph."""
    A = ring(L, neighbours)
    for apart in range(1, neighbours // 2 + 1):
        for i in range(L):
            free = (~A[i]).nonzero().flatten()
            free = free[free != i]
            if torch.rand((), generator=generator) < p and len(free):
                j, new = (i + apart) % L, free[torch.randint(len(free), (), generator=generator)]
                A[i, j] = A[j, i] = False
                A[i, new] = A[new, i] = True
    return A


def receptive_field(function: Callable[[Tensor], Tensor], x: Tensor, i: int) -> Tensor:
    """(L,), true for the tokens of x (L, d) that output i of `function` depends on, by its gradient.

    A gradient may vanish by accident, at a relu for example: use a smooth function, or several x.
    """
    x = x.detach().clone().requires_grad_()
    o = function(x)[i]
    direction = torch.randn(o.shape, generator=Generator().manual_seed(0)).to(o)  # a plain sum may cancel
    (gradient,) = torch.autograd.grad((o * direction).sum(), x)
    return gradient.abs().amax(-1) > 0


def largest_set(A: Tensor) -> int:
    """The most keys that a query sees. To reach all L in p steps it must be at least L^(1/p)."""
    return int(A.sum(-1).max())


def fewest(L: int, p: int) -> int:
    """The smallest n with n^p >= L: no pattern whose sets have fewer keys reaches all L tokens in p steps."""
    n = max(1, math.floor(L ** (1 / p)) - 1)
    while n**p < L:
        n += 1
    return n
