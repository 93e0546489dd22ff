"""A U-Net for pictures, volumes and videos, with or without Mamba at its bottleneck; and tools for segmentation.

    x       (B, C, grid)    a grid with two axes (height, width) or three (depth or time, height, width)
    logits  (B, C', grid)   above 0: the cell belongs to the target
    target  (B, 1, grid)    1: belongs to it, 0: does not, -1: is not counted

U-Mamba    pictures, one scan in reading order     Ma et al. 2024, the variant with Mamba at the bottleneck
SegMamba   volumes, scans in three orders          Xing et al. 2024, without the gated convolution; at the bottleneck
ViViM      videos, scans through space and time    Yang et al. 2024; frames interact only in the scan

Departs from all three: batch norm replaces instance norm, whose mean over the whole picture tells every pixel about
every other. Here, only convolutions and scans carry information from place to place.
"""

from bisect import bisect_left
from collections.abc import Callable
from functools import cache, partial

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .directions import Directions, one_way, three_ways


class UNet(nn.Module):
    """Convolutions at every level, each half as fine as the one before, and back up, joined by what each level saw.

    kernel    size of the convolutions: (3, 3) for pictures, (3, 3, 3) for volumes, (1, 3, 3) for the frames of a video
    channels  numbers of channels of the levels, from fine to coarse
    mixer     a function from a number of channels to a module on (B, grid, d), for the coarsest level
    """

    def __init__(self, kernel, channels, inputs: int = 1, outputs: int = 1, mixer: Callable | None = None):
        super().__init__()
        self.halves = tuple(2 if k > 1 else 1 for k in kernel)
        pairs = list(zip((inputs, *channels), channels))
        self.down = nn.ModuleList(_convolutions(a, b, kernel) for a, b in pairs)
        self.bottleneck = Mixed(channels[-1], mixer) if mixer else nn.Identity()
        self.up = nn.ModuleList(_convolutions(a + b, a, kernel) for a, b in reversed(pairs[1:]))
        self.out = CONVOLUTION[len(kernel)](channels[0], outputs, 1)

    def forward(self, x: Tensor) -> Tensor:
        """x (B, inputs, grid) -> (B, outputs, grid); an axis must be divisible by 2 as often as it is halved."""
        seen = []
        for level in self.down:
            x = level(POOL[len(self.halves)](x, self.halves) if seen else x)
            seen.append(x)
        x = self.bottleneck(seen.pop())
        for level in self.up:
            fine = seen.pop()
            x = level(torch.cat([fine, F.interpolate(x, fine.shape[2:])], dim=1))
        return self.out(x)


CONVOLUTION = {2: nn.Conv2d, 3: nn.Conv3d}
POOL = {2: F.max_pool2d, 3: F.max_pool3d}
NORM = {2: nn.BatchNorm2d, 3: nn.BatchNorm3d}


def _convolutions(inputs: int, outputs: int, kernel) -> nn.Sequential:
    layers, n = [], len(kernel)
    for a in (inputs, outputs):
        layers += [CONVOLUTION[n](a, outputs, kernel, padding=tuple(k // 2 for k in kernel), bias=False)]
        layers += [NORM[n](outputs), nn.GELU()]
    return nn.Sequential(*layers)


class Mixed(nn.Module):
    """x + mixer(norm(x)), with channels last for the mixer."""

    def __init__(self, d: int, mixer: Callable[[int], nn.Module]):
        super().__init__()
        self.norm, self.mixer = nn.LayerNorm(d), mixer(d)

    def forward(self, x: Tensor) -> Tensor:
        """x (B, d, grid) to the same shape."""
        return x + self.mixer(self.norm(x.movedim(1, -1))).movedim(-1, 1)


def u_mamba(channels, inputs: int = 1, outputs: int = 1, orders=one_way) -> UNet:
    """For pictures. The paper reads them in one order; `orders` selects others."""
    return UNet((3, 3), channels, inputs, outputs, partial(Directions, orders=orders, axes=2))


def seg_mamba(channels, inputs: int = 1, outputs: int = 1) -> UNet:
    """For volumes: forwards, backwards and from slice to slice."""
    return UNet((3, 3, 3), channels, inputs, outputs, partial(Directions, orders=three_ways, axes=3))


def vivim(channels, inputs: int = 1, outputs: int = 1) -> UNet:
    """For videos: frame by frame forwards and backwards, and each place through all frames."""
    return UNet((1, 3, 3), channels, inputs, outputs, partial(Directions, orders=three_ways, axes=3))


def width_of(parameters: int, make: Callable[[int], nn.Module], widths=range(4, 129)) -> int:
    """The width at which `make(width)` comes closest to a number of parameters: for comparisons at equal size."""

    @cache
    def of(width: int) -> int:
        with torch.device("meta"):  # nothing is drawn or allocated
            return size(make(width))

    above = min(bisect_left(widths, parameters, key=of), len(widths) - 1)
    return min(widths[max(above - 1, 0)], widths[above], key=lambda width: abs(of(width) - parameters))


def size(network: nn.Module) -> int:
    """The number of parameters."""
    return sum(p.numel() for p in network.parameters())


def dice(a: Tensor, b: Tensor) -> Tensor:
    """The overlap 2 |a b| / (|a| + |b|) of two masks (..., cells), with the grid flattened to one axis: (...,)."""
    return 2 * (a * b).sum(-1) / (a + b).sum(-1).clamp(min=1e-6)


def segmentation_loss(logits: Tensor, target: Tensor) -> Tensor:
    """The mean cross-entropy of the cells, plus 1 - Dice of the whole batch; cells with target -1 are not counted."""
    counts = target >= 0
    logits, target = logits[counts], target[counts]
    return F.binary_cross_entropy_with_logits(logits, target) + 1 - dice(logits.sigmoid(), target)
