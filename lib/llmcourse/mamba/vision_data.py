"""Pictures, volumes and videos made of real digits (8 x 8, `data.digits`), in which what matters is far away.

No real volumes or videos come with the course. So these are composed of digits, some for training and others for
testing, by a program that knows the truth.

    digits   (images (n, 8, 8) in [0, 1], classes (n,))
    x        (B, 1, grid)    what a network sees
    target   (B, 1, grid)    1: belongs to the target, 0: does not, -1: is not counted

lines    a picture with lines of digits; the target is the digits in lines that begin with a one
columns  a volume of four digits extended through its depth; the target is those with a one in the first slices
videos   several digits, one of which moves in the first frames; the target is that digit in all frames
pairs    two pictures of one digit: a smooth deformation between them, and different grey values
"""

import torch
import torch.nn.functional as F
from torch import Generator, Tensor

from llmcourse import data

from .registration import warp

Digits = tuple[Tensor, Tensor]
INK = 0.5  # values above this belong to a digit
LINES, CELLS = 2, 6
DEPTH, SHOWN, BEGIN = 32, 4, 8  # slices of a volume; slices with the one or zero; slice where the digits begin
FRAMES, MOVING, SIDE = 6, 4, 24  # frames of a video; frames with motion; pixels


def digit_sets() -> tuple[Digits, Digits]:
    """Digits to train on and digits to test on, in [0, 1]."""
    return tuple((images / 16, classes) for images, classes in data.digits())


def texture(shape: tuple[int, ...], generator: Generator, coarse: int = 4) -> Tensor:
    """Smooth noise and fine noise over a batch (B, 1, grid)."""
    grid = shape[2:]
    small = torch.randn(*shape[:2], *(-(-n // coarse) + 1 for n in grid), generator=generator)
    smooth = F.interpolate(small, grid, mode={2: "bilinear", 3: "trilinear"}[len(grid)], align_corners=True)
    return 0.2 * smooth + 0.05 * torch.randn(shape, generator=generator)


def ones_or_zeros(digits: Digits, one: Tensor, generator: Generator) -> Tensor:
    """A digit for each place: a one where `one` (...,) is true, otherwise a zero: (..., 8, 8)."""
    images, classes = digits
    pick = lambda kind: images[classes == kind][
        torch.randint(0, int((classes == kind).sum()), one.shape, generator=generator)
    ]
    return torch.where(one[..., None, None], pick(1), pick(0))


def lines(digits: Digits, n: int, generator: Generator) -> tuple[Tensor, Tensor]:
    """n pictures (n, 1, 8 LINES, 8 CELLS): each line begins with a one or a zero, and any digits follow.

    The target is the digits after a one; the first cells are not counted.
    """
    images, _ = digits
    cells = images[torch.randint(0, len(images), (n, LINES, CELLS), generator=generator)]
    one = torch.rand(n, LINES, generator=generator) < 0.5
    cells[:, :, 0] = ones_or_zeros(digits, one, generator)
    target = (cells > INK).float() * one[..., None, None, None]
    target[:, :, 0] = -1
    x, target = (z.transpose(2, 3).reshape(n, 1, 8 * LINES, 8 * CELLS) for z in (cells, target))
    return x + texture(x.shape, generator), target


def columns(digits: Digits, n: int, generator: Generator) -> tuple[Tensor, Tensor]:
    """n volumes (n, 1, DEPTH, 16, 16): in each quarter a one or a zero, a gap, and a digit that turns into another.

    The target is the digits after a one; the first slices are not counted.
    """
    images, _ = digits
    first, last = images[torch.randint(0, len(images), (2, n, 2, 2), generator=generator)]
    one = torch.rand(n, 2, 2, generator=generator) < 0.5
    turned = torch.linspace(0, 1, DEPTH - BEGIN)[:, None, None, None, None, None]
    quarters = torch.zeros(DEPTH, n, 2, 2, 8, 8)
    quarters[:SHOWN] = ones_or_zeros(digits, one, generator)
    quarters[BEGIN:] = (1 - turned) * first + turned * last
    target = (quarters > INK).float() * one[..., None, None]
    target[:SHOWN] = -1
    x, target = (z.transpose(3, 4).reshape(DEPTH, n, 1, 16, 16).permute(1, 2, 0, 3, 4) for z in (quarters, target))
    return x + texture(x.shape, generator), target


def videos(digits: Digits, n: int, generator: Generator, others: int = 2) -> tuple[Tensor, Tensor]:
    """n videos (n, 1, FRAMES, SIDE, SIDE): one digit moves for MOVING frames and then rests among `others`.

    A bar passes in front of everything; what it hides is not part of the target.
    """
    images, _ = digits
    chosen = images[torch.randint(0, len(images), (n, others + 1), generator=generator)]
    start = torch.randint(6, SIDE - 14, (n, others + 1, 2), generator=generator)
    start[:, 1:] = torch.randint(0, SIDE - 7, (n, others, 2), generator=generator)
    angle = 2 * torch.pi * torch.rand(n, 1, generator=generator)
    walked = 2.0 * torch.arange(FRAMES).clamp(max=MOVING - 1)
    steps = torch.stack([walked * angle.sin(), walked * angle.cos()], dim=-1).round().long()  # (n, FRAMES, 2)
    mover = placed(chosen[:, :1].expand(-1, FRAMES, -1, -1), start[:, :1] + steps)
    still = placed(chosen[:, 1:], start[:, 1:]).amax(1, keepdim=True)  # (n, 1, SIDE, SIDE)
    x, target = torch.maximum(mover, still), (mover > INK).float()
    edge = torch.randint(0, SIDE, (n, 1), generator=generator) + 3 * torch.arange(FRAMES)  # (n, FRAMES)
    bar = (torch.arange(SIDE) - edge[..., None]).remainder(SIDE + 8) < 5  # (n, FRAMES, SIDE) columns
    x, target = torch.where(bar[:, :, None], 0.7, x)[:, None], torch.where(bar[:, :, None], 0.0, target)[:, None]
    return x + texture(x.shape, generator), target


def placed(images: Tensor, corner: Tensor) -> Tensor:
    """Images (..., 8, 8), each with its upper left pixel at `corner` (..., 2) in an empty square: (..., SIDE, SIDE)."""
    flat, corner = images.reshape(-1, 8, 8), corner.reshape(-1, 2)
    at = torch.arange(8)
    out = torch.zeros(len(flat), SIDE, SIDE)
    rows, across = (corner[:, :1] + at)[:, :, None], (corner[:, 1:] + at)[:, None]
    out[torch.arange(len(flat))[:, None, None], rows, across] = flat
    return out.view(*images.shape[:-2], SIDE, SIDE)


def pairs(digits: Digits, n: int, generator: Generator, far: float = 2.0) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """n pairs: moving and fixed pictures (n, 1, SIDE, SIDE), and their masks of ink.

    The moving picture is a digit. The fixed one shows it deformed by a smooth field with a standard deviation of `far`
    pixels, with light and dark exchanged, as two kinds of scanner show the same head.
    """
    images, _ = digits
    chosen = images[torch.randint(0, len(images), (n,), generator=generator)][:, None]
    digit = F.interpolate(F.pad(chosen, (2, 2, 2, 2)), (SIDE, SIDE), mode="bicubic").clamp(0, 1)
    coarse = torch.randn(n, 2, 4, 4, generator=generator)
    field = far * F.interpolate(coarse, (SIDE, SIDE), mode="bicubic", align_corners=True)
    deformed = warp(digit, field)
    noise = 0.03 * torch.randn(2, *digit.shape, generator=generator)
    masks = ((z > INK).float() for z in (digit, deformed))
    return digit + noise[0], 0.9 - 0.7 * deformed + noise[1], *masks
