"""Mamba for pictures: small versions of Vision Mamba and VMamba, for digits.

    image   (B, H, W)         grey values
    tokens  (B, h, w, d)      one for each patch of 2 x 2 pixels
    logits  (B, classes)

Vision Mamba   a line of patches and a class token, read in both directions    Zhu et al. 2024, "Vision Mamba"
VMamba         a grid of patches, a depthwise convolution, a cross scan        Liu et al. 2024, "VMamba"

Departs from the papers: one token size instead of VMamba's four stages, no hidden layers between the blocks, and the
directions share no weights.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .directions import Directions, Orders, bidirectional, cross

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
    """Patches on their grid; the class is read from the mean of all. `orders`: cross, or fewer for comparison."""

    def __init__(self, d: int, layers: int = 2, orders: Orders = cross):
        super().__init__()
        self.embed = nn.Linear(PATCH**2, d)
        self.layers = nn.ModuleList(Layer(d, ConvolvedDirections(d, orders)) for _ in range(layers))
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


class ConvolvedDirections(nn.Module):
    """A depthwise 3 x 3 convolution before the scans: in each channel, a cell sees its neighbours on the grid."""

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
