"""Registration: where each point of one picture is in the other, learned without labels.

    moving, fixed  (B, 1, H, W)    two pictures of the same thing
    field          (B, 2, H, W)    displacement in pixels, down and to the right: fixed(p) is like moving(p + field(p))

MambaMorph (Guo et al. 2024) reads both pictures with a U-Net that contains Mamba, and its output is the field. As in
VoxelMorph (Balakrishnan et al. 2019), the loss asks for two things: the warped picture looks like the fixed one, and
the field is smooth. Departs from MambaMorph: no feature extractor before it, no labels in the loss, two dimensions.
"""

from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .directions import Directions, one_way
from .unet import UNet

WINDOW = 7  # pixels; grey values are compared within squares of this size


def warp(picture: Tensor, field: Tensor) -> Tensor:
    """The picture (B, C, H, W) read at p + field(p), bilinearly; beyond the edge, the value at the edge continues."""
    H, W = picture.shape[2:]
    rows, columns = torch.meshgrid(torch.arange(H), torch.arange(W), indexing="ij")
    row, column = rows.to(field) + field[:, 0], columns.to(field) + field[:, 1]  # (B, H, W)
    where = torch.stack([2 * column / (W - 1) - 1, 2 * row / (H - 1) - 1], dim=-1)  # x first, from -1 to 1
    return F.grid_sample(picture, where, align_corners=True, padding_mode="border")


def likeness(a: Tensor, b: Tensor) -> Tensor:
    """Mean squared correlation of two pictures (B, 1, H, W) in small windows: 1 if one is a linear map of the other.

    It is squared, so that light and dark may be exchanged.
    """
    mean = lambda z: F.avg_pool2d(z, WINDOW, 1, WINDOW // 2, count_include_pad=False)
    da, db = mean(a), mean(b)
    covariance = mean(a * b) - da * db
    return (covariance**2 / ((mean(a * a) - da**2) * (mean(b * b) - db**2) + 1e-4)).mean()


def roughness(field: Tensor) -> Tensor:
    """Mean squared difference between neighbours."""
    return sum((field.diff(dim=axis) ** 2).mean() for axis in (2, 3))


class Registration(nn.Module):
    """A network from two pictures, as two channels, to a field, which is close to zero at first."""

    def __init__(self, network: UNet):
        super().__init__()
        self.network = network
        nn.init.normal_(network.out.weight, std=1e-3)
        nn.init.zeros_(network.out.bias)

    def forward(self, moving: Tensor, fixed: Tensor) -> Tensor:
        """(B, 1, H, W) each -> field (B, 2, H, W)."""
        return self.network(torch.cat([moving, fixed], dim=1))

    def loss(self, moving: Tensor, fixed: Tensor, smooth: float = 0.05) -> Tensor:
        """1 - likeness of the warped and the fixed picture, plus `smooth` times the roughness of the field."""
        field = self(moving, fixed)
        return 1 - likeness(warp(moving, field), fixed) + smooth * roughness(field)


def mamba_morph(channels) -> Registration:
    """With one scan at the bottleneck of the network."""
    return Registration(UNet((3, 3), channels, 2, 2, partial(Directions, orders=one_way, axes=2)))
