"""Mamba for pictures: small versions of Vision Mamba and VMamba, for digits.

    image   (B, H, W)         grey values
    tokens  (B, h, w, d)      one for each patch of 2 x 2 pixels
    logits  (B, classes)

Vision Mamba   a line of patches and a class token, read in both directions    Zhu et al. 2024, "Vision Mamba"
VMamba         a grid of patches and VMamba's block, SS2D                      Liu et al. 2024, "VMamba", sec. 4.2

Departs from the papers: one token size instead of VMamba's four stages with convolutions between them, no hidden layers
between the blocks; Vision Mamba's two directions share no weights.
"""

import math
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .block import _steps
from .directions import Directions, Orders, bidirectional, cross, merge, scan
from .scan import selective_scan

PATCH = 2


class VisionMamba(nn.Module):
    """Patches in a line with a class token, from whose output the class is read.

    orders  bidirectional, or one_way for the baseline
    place   position of the class token: 0.5 for the middle, as in the paper, or 1.0 for the end
    """

    def __init__(self, d: int, patches: int = 16, layers: int = 2, orders: Orders = bidirectional, place: float = 0.5):
        super().__init__()
        self.at = round(place * patches)
        self.embed = nn.Linear(PATCH**2, d)
        self.token = nn.Parameter(torch.randn(1, 1, d) / d**0.5)
        self.position = nn.Parameter(0.02 * torch.randn(patches + 1, d))
        self.layers = nn.ModuleList(Layer(d, Directions(d, orders, 1)) for _ in range(layers))
        self.head = nn.Sequential(nn.LayerNorm(d), nn.Linear(d, 10))

    def forward(self, image: Tensor) -> Tensor:
        """image (B, H, W) -> logits (B, 10)."""
        x = self.embed(patches(image)).flatten(1, 2)  # (B, L, d)
        x = torch.cat([x[:, : self.at], self.token.expand(len(x), -1, -1), x[:, self.at :]], dim=1) + self.position
        for layer in self.layers:
            x = layer(x)
        return self.head(x[:, self.at])


class VMamba(nn.Module):
    """Patches on their grid; the class is read from the mean of all.

    mixer  a function from a number of channels to a module on (B, h, w, d): `SS2D`, or others for comparison
    """

    def __init__(self, d: int, mixer: Callable[[int], nn.Module] | None = None, layers: int = 2):
        super().__init__()
        self.embed = nn.Linear(PATCH**2, d)
        self.layers = nn.ModuleList(Layer(d, (mixer or SS2D)(d)) for _ in range(layers))
        self.head = nn.Sequential(nn.LayerNorm(d), nn.Linear(d, 10))

    def forward(self, image: Tensor) -> Tensor:
        """image (B, H, W) -> logits (B, 10)."""
        x = self.embed(patches(image))  # (B, h, w, d)
        for layer in self.layers:
            x = layer(x)
        return self.head(x.mean((1, 2)))


class Layer(nn.Module):
    """x + mixer(norm(x))."""

    def __init__(self, d: int, mixer: nn.Module):
        super().__init__()
        self.norm, self.mixer = nn.LayerNorm(d), mixer

    def forward(self, x: Tensor) -> Tensor:
        return x + self.mixer(self.norm(x))


class SS2D(nn.Module):
    """VMamba's block. What surrounds the scan is there once, and each direction scans the same u:

                     u -> 3 x 3 convolution -> SiLU -> scans, their sum, norm --.
        x -> in_proj                                                             (*) -> out_proj
                     z ------------------------------------------------> SiLU --'

    orders  a function of `directions`, from a grid to K permutations: cross, or fewer for comparison
    """

    def __init__(self, d: int, orders: Orders = cross, d_state: int = 8, expand: int = 2):
        super().__init__()
        E, self.orders = expand * d, orders
        self.in_proj = nn.Linear(d, 2 * E, bias=False)
        self.conv2d = nn.Conv2d(E, E, 3, padding=1, groups=E)
        self.selections = nn.ModuleList(Selection(E, d_state, math.ceil(d / 16)) for _ in orders((1, 1)))
        self.norm = nn.LayerNorm(E)
        self.out_proj = nn.Linear(E, d, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """x (B, h, w, d) to the same shape."""
        u, z = self.in_proj(x).chunk(2, -1)
        u = F.silu(self.conv2d(u.movedim(-1, 1))).movedim(1, -1)  # (B, h, w, E)
        grid = tuple(u.shape[1:3])
        orders = self.orders(grid).to(x.device)
        lines = torch.stack([one(line) for one, line in zip(self.selections, scan(u, orders, grid))])
        y = len(lines) * merge(lines, orders, grid)  # the sum of the directions
        return self.out_proj(self.norm(y) * F.silu(z))


class Selection(nn.Module):
    """What a direction has of its own: how dt, B and C come from a line (..., L, E), the decays A, and D."""

    def __init__(self, E: int, d_state: int, dt_rank: int):
        super().__init__()
        self.sizes = [dt_rank, d_state, d_state]
        self.x_proj = nn.Linear(E, sum(self.sizes), bias=False)
        self.dt_proj = nn.Linear(dt_rank, E)
        self.A_log = nn.Parameter(torch.arange(1, d_state + 1.0).log().expand(E, -1).clone())
        self.D = nn.Parameter(torch.ones(E))
        nn.init.uniform_(self.dt_proj.weight, -(dt_rank**-0.5), dt_rank**-0.5)
        with torch.no_grad():
            self.dt_proj.bias.copy_(_steps(E))

    def forward(self, u: Tensor) -> Tensor:
        dt, B, C = self.x_proj(u).split(self.sizes, -1)
        return selective_scan(u, F.softplus(self.dt_proj(dt)), -self.A_log.exp(), B, C, self.D)[0]


class ConvolvedDirections(nn.Module):
    """Not VMamba: a depthwise 3 x 3 convolution before a whole Mamba block for each direction, for comparison.

    At equal size, each of K blocks has a K-th of the parameters; in SS2D, the directions share nearly all of them.
    """

    def __init__(self, d: int, orders: Orders):
        super().__init__()
        self.convolution = nn.Conv2d(d, d, 3, padding=1, groups=d)
        self.scans = Directions(d, orders, 2)

    def forward(self, x: Tensor) -> Tensor:
        """x (B, h, w, d) to the same shape."""
        near = self.convolution(x.movedim(-1, 1)).movedim(1, -1)
        return self.scans(F.silu(near))


def patches(image: Tensor) -> Tensor:
    """image (B, H, W), cut into squares of PATCH x PATCH pixels: (B, H / PATCH, W / PATCH, PATCH^2)."""
    return image.unfold(1, PATCH, PATCH).unfold(2, PATCH, PATCH).flatten(-2)
