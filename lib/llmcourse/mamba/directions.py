"""A scan reads a line, and a picture is not one: orders in which to read a grid, and a layer that uses several.

    grid      (n_1, .., n_k)           height and width; depth, height and width; time, height and width
    x         (..., n_1, .., n_k, D)   a picture, volume or video of D channels
    L         n_1 ... n_k              length of the line
    orders    (K, L)                   K permutations: the t-th position of the k-th line is cell orders[k, t]

one_way           row by row                                               U-Mamba (Ma et al. 2024)
bidirectional     the same, and backwards                                  Vision Mamba (Zhu et al. 2024)
cross             the same, and column by column, both ways                VMamba (Liu et al. 2024)
three_ways        forwards, backwards, and along the first axis first      SegMamba (Xing et al. 2024), depth first;
                                                                           ViViM (Yang et al. 2024), time first

Departs from the papers: `merge` takes the mean where they take the sum, so that it undoes `scan` exactly.
"""

from collections.abc import Callable
from functools import partial
from math import prod

import torch
from torch import Tensor, nn

from .block import MambaBlock

Grid = tuple[int, ...]
Orders = Callable[[Grid], Tensor]
SMALL = partial(MambaBlock, d_state=8)  # half of Mamba's usual state: the lines here are about a hundred cells long


def raster(grid: Grid, *axes: int) -> Tensor:
    """The cells (L,) of a grid, the first of `axes` varying slowest, the last fastest; by default in reading order."""
    return torch.arange(prod(grid)).view(grid).permute(axes or tuple(range(len(grid)))).flatten()


def both_ways(*lines: Tensor) -> Tensor:
    """Each line and its reverse: (2K, L)."""
    return torch.stack([order for line in lines for order in (line, line.flip(0))])


def one_way(grid: Grid) -> Tensor:
    """Row by row: (1, L)."""
    return raster(grid)[None]


def bidirectional(grid: Grid) -> Tensor:
    """Row by row, from the first cell on and from the last cell back: (2, L)."""
    return both_ways(raster(grid))


def cross(grid: Grid) -> Tensor:
    """Row by row and column by column, each both ways: (4, L), for a grid with two axes."""
    return both_ways(raster(grid), raster(grid, 1, 0))


def three_ways(grid: Grid) -> Tensor:
    """Slice by slice, backwards, and each cell through all slices before the next cell: (3, L), for three axes."""
    return torch.cat([bidirectional(grid), raster(grid, 1, 2, 0)[None]])


def scan(x: Tensor, orders: Tensor, grid: Grid) -> Tensor:
    """x (..., grid, D) read in each order: (K, ..., L, D)."""
    line = x.flatten(-1 - len(grid), -2)  # (..., L, D)
    return torch.stack([line[..., order, :] for order in orders])


def merge(lines: Tensor, orders: Tensor, grid: Grid) -> Tensor:
    """The mean of K lines (K, ..., L, D), each put back where it was read from: (..., grid, D)."""
    back = orders.argsort(-1)
    return torch.stack([line[..., b, :] for line, b in zip(lines, back)]).mean(0).unflatten(-2, grid)


def cross_scan(image: Tensor) -> Tensor:
    """image (..., H, W, D) in four orders: (4, ..., H W, D)."""
    grid = image.shape[-3:-1]
    return scan(image, cross(grid), grid)


def cross_merge(lines: Tensor, grid: Grid) -> Tensor:
    """Four lines (4, ..., H W, D) back to (..., H, W, D)."""
    return merge(lines, cross(grid), grid)


class Directions(nn.Module):
    """The mean of Mamba blocks, each of which reads the grid in an order of its own.

    d       channels
    orders  a function of this file, from a grid to K permutations
    axes    number of the grid's axes
    block   a function from a number of channels to a module that maps (..., L, d) to (..., L, d)
    """

    def __init__(self, d: int, orders: Orders, axes: int, block: Callable[[int], nn.Module] = SMALL):
        super().__init__()
        self.orders, self.axes = orders, axes
        self.blocks = nn.ModuleList(block(d) for _ in orders((1,) * axes))

    def forward(self, x: Tensor) -> Tensor:
        """x (..., grid, d) to the same shape."""
        grid = tuple(x.shape[-1 - self.axes : -1])
        orders = self.orders(grid).to(x.device)
        lines = zip(self.blocks, scan(x, orders, grid))
        return merge(torch.stack([block(line) for block, line in lines]), orders, grid)


def reach(network: Callable[[Tensor], Tensor], x: Tensor, at: tuple[int, ...]) -> Tensor:
    """What cell `at` of the output knows of each cell of x (grid, D): the gradient's norm (grid), 0 for nothing."""
    x = x.detach().requires_grad_()
    (gradient,) = torch.autograd.grad(network(x)[at].square().sum(), x)
    return gradient.norm(dim=-1)
