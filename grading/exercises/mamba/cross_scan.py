"""The private half of cross-scan."""

import torch
from llmcourse.checks.labs.mamba.cross_scan import picture
from llmcourse.mamba import directions

from grading.exercises import misconception, reference, variant

CASES = {
    "a larger picture": picture(H=5, W=7, D=3),
    "a tall one": picture(2, H=6, W=2, D=1),
    "a single row": picture(2, H=1, W=5, D=2),
    "a single column": picture(H=4, W=1, D=3),
}


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
    says="lines backwards with their channels turned round as well",
    hint="The last axis holds the channels; the line is the axis before it.",
)
def channels_flipped(image):
    rows, columns = image.flatten(-3, -2), image.transpose(-3, -2).flatten(-3, -2)
    return torch.stack([rows, rows.flip(-2).flip(-1), columns, columns.flip(-2).flip(-1)])


@misconception(
    says="the right four lines in the order rows, columns, rows backwards, columns backwards",
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


@misconception(
    says="the right four lines with the columns first",
    hint="The order is: rows, rows backwards, columns, columns backwards.",
)
def columns_first(image):
    rows, columns = image.flatten(-3, -2), image.transpose(-3, -2).flatten(-3, -2)
    return torch.stack([columns, columns.flip(-2), rows, rows.flip(-2)])


@misconception(
    says="the right four lines with the two backward ones exchanged",
    hint="The order is: rows, rows backwards, columns, columns backwards.",
)
def backwards_swapped(image):
    rows, columns = image.flatten(-3, -2), image.transpose(-3, -2).flatten(-3, -2)
    return torch.stack([rows, columns.flip(-2), columns, rows.flip(-2)])


@misconception(
    says="the right first three lines, with the rows backwards for the fourth too",
    hint="The fourth line is the third one backwards.",
)
def rows_backwards_twice(image):
    rows, columns = image.flatten(-3, -2), image.transpose(-3, -2).flatten(-3, -2)
    return torch.stack([rows, rows.flip(-2), columns, rows.flip(-2)])


@misconception(
    says="lines whose channels are turned round in place of the line",
    hint="The last axis holds the channels; the line is the axis before it: `.flip(-2)`.",
)
def channels_for_the_line(image):
    rows, columns = image.flatten(-3, -2), image.transpose(-3, -2).flatten(-3, -2)
    return torch.stack([rows, rows.flip(-1), columns, columns.flip(-1)])


@misconception(
    says="lines turned round along the first axis, which is the line only where there is no batch",
    hint="Count from the end, `.flip(-2)`: then leading dimensions do not matter.",
)
def first_axis_flipped(image):
    rows, columns = image.flatten(-3, -2), image.transpose(-3, -2).flatten(-3, -2)
    return torch.stack([rows, rows.flip(0), columns, columns.flip(0)])


@misconception(
    says=(
        "lines whose columns come from swapping the picture's first two axes, which hold its rows and columns only "
        "where there is no batch"
    ),
    hint="Count from the end, `image.transpose(-3, -2)`: then leading dimensions do not matter.",
)
def first_axes_swapped(image):
    rows = image.flatten(-3, -2)
    columns = image.transpose(0, 1).reshape(rows.shape)
    return torch.stack([rows, rows.flip(-2), columns, columns.flip(-2)])


@misconception(
    says="lines whose rows come from the last to the first, each still forwards",
    hint="Backwards is the whole line from its end: `.flip(-2)` after flattening.",
)
def order_of_rows(image):
    rows, columns = image.flatten(-3, -2), image.transpose(-3, -2).flatten(-3, -2)
    rows_back, columns_back = image.flip(-3), image.transpose(-3, -2).flip(-3)
    return torch.stack([rows, rows_back.flatten(-3, -2), columns, columns_back.flatten(-3, -2)])


@misconception(
    says="lines with the picture's width and channels swapped for the columns",
    hint="The picture is (..., H, W, D): rows and columns are the axes -3 and -2.",
)
def width_and_channels(image):
    rows = image.flatten(-3, -2)
    columns = image.mT.flatten(-3, -2).reshape(rows.shape)
    return torch.stack([rows, rows.flip(-2), columns, columns.flip(-2)])


@misconception(
    says="lines in which the rows' line is transposed in place of the picture",
    hint="Swap the axes of the picture, before it is flattened: `image.transpose(-3, -2)`.",
)
def line_transposed(image):
    rows = image.flatten(-3, -2)
    columns = rows.mT.reshape(rows.shape)
    return torch.stack([rows, rows.flip(-2), columns, columns.flip(-2)])


@misconception(
    says="the picture's rows after turning it by 0, 90, 180 and 270 degrees",
    hint=(
        "Turned by 90 degrees, a picture's columns are read from the wrong end: swap its axes with "
        "`image.transpose(-3, -2)`."
    ),
)
def rotated(image):
    return torch.stack([torch.rot90(image, i, (-3, -2)).flatten(-3, -2) for i in range(4)])


@misconception(
    says="lines whose columns come from the right: those of the picture turned by 90 degrees",
    hint="The first column is the leftmost: swap the axes with `image.transpose(-3, -2)`.",
)
def columns_from_the_right(image):
    rows, columns = image.flatten(-3, -2), torch.rot90(image, 1, (-3, -2)).flatten(-3, -2)
    return torch.stack([rows, rows.flip(-2), columns, columns.flip(-2)])


@misconception(
    says="lines that are moved on by one in place of turned round",
    hint="Backwards is `.flip(-2)`; a roll keeps the order.",
)
def rolled(image):
    rows, columns = image.flatten(-3, -2), image.transpose(-3, -2).flatten(-3, -2)
    return torch.stack([rows, rows.roll(1, -2), columns, columns.roll(1, -2)])


@misconception(
    says="lines that go to and fro: every other row, or column, is read backwards",
    hint="Each row is read in the same direction, as text is.",
)
def snake(image):
    lines = []
    for turned in (image, image.transpose(-3, -2)):
        there = [row.flip(-2) if i % 2 else row for i, row in enumerate(turned.unbind(-3))]
        lines += [torch.cat(there, -2), torch.cat(there, -2).flip(-2)]
    return torch.stack(lines)


@misconception(
    says="lines whose columns are the rows' line cut into W rows of H, which is right for a square only",
    hint="Swap the axes of the picture, `image.transpose(-3, -2)`, before it is flattened.",
)
def cut_the_other_way(image):
    rows = image.flatten(-3, -2)
    columns = rows.unflatten(-2, (image.shape[-2], image.shape[-3])).transpose(-3, -2).flatten(-3, -2)
    return torch.stack([rows, rows.flip(-2), columns, columns.flip(-2)])


@misconception(
    says="rows, columns, columns, rows: the order of the lines is turned round in place of the lines",
    hint="Backwards is `.flip(-2)` of a line; the first axis of the stack holds the lines.",
)
def stack_flipped(image):
    rows, columns = image.flatten(-3, -2), image.transpose(-3, -2).flatten(-3, -2)
    return torch.stack([rows, columns, columns, rows])
