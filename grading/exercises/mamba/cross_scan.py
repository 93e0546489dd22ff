"""The private half of cross-scan."""

import torch
from llmcourse.checks.labs.mamba.cross_scan import picture
from llmcourse.mamba import directions

from grading.exercises import misconception, reference, variant

CASES = {"a larger picture": picture(H=5, W=7, D=3), "a tall one": picture(2, H=6, W=2, D=1)}


@reference
def cross_scan(image):
    return directions.cross_scan(image)


@variant
def by_flips(image):
    rows, columns = image.flatten(-3, -2), image.transpose(-3, -2).flatten(-3, -2)
    return torch.stack([rows, rows.flip(-2), columns, columns.flip(-2)])


@variant
def by_indices(image):
    H, W = image.shape[-3:-1]
    rows = torch.arange(H * W)
    columns = rows.view(H, W).T.flatten()
    line = image.reshape(*image.shape[:-3], H * W, image.shape[-1])
    return torch.stack([line[..., o, :] for o in (rows, rows.flip(0), columns, columns.flip(0))], 0)


@misconception(
    says="rows only: forwards, backwards, and both again",
    hint="Two of the four lines go column by column: swap the first two axes of the picture before you flatten.",
)
def only_rows(image):
    rows = image.flatten(-3, -2)
    return torch.stack([rows, rows.flip(-2), rows, rows.flip(-2)])


@misconception(
    says="lines whose rows are turned round one by one",
    hint="Backwards is the whole line from its end: `.flip(-2)` after flattening.",
)
def rows_reversed(image):
    rows, columns = image.flatten(-3, -2), image.transpose(-3, -2).flatten(-3, -2)
    return torch.stack(
        [rows, image.flip(-2).flatten(-3, -2), columns, image.transpose(-3, -2).flip(-2).flatten(-3, -2)]
    )


@misconception(
    says="lines with their channels turned round",
    hint="The last axis holds the channels; the line is the axis before it.",
)
def channels_flipped(image):
    rows, columns = image.flatten(-3, -2), image.transpose(-3, -2).flatten(-3, -2)
    return torch.stack([rows, rows.flip(-2).flip(-1), columns, columns.flip(-2).flip(-1)])


@misconception(
    says="the right four lines in another order",
    hint="The order is: rows, rows backwards, columns, columns backwards.",
)
def other_order(image):
    rows, columns = image.flatten(-3, -2), image.transpose(-3, -2).flatten(-3, -2)
    return torch.stack([rows, columns, rows.flip(-2), columns.flip(-2)])


@misconception(
    says="rows and columns, both forwards twice",
    hint="The second and the fourth line go backwards.",
)
def no_reverse(image):
    rows, columns = image.flatten(-3, -2), image.transpose(-3, -2).flatten(-3, -2)
    return torch.stack([rows, rows, columns, columns])
