"""Answers to cross-scan by people who have not seen its private half."""

import math

import numpy as np
import torch

from grading.answers import answer

RULE = "the exercise block says that a gradient must flow"


def rows(image):
    return image.flatten(-3, -2)


def columns(image):
    return image.transpose(-3, -2).flatten(-3, -2)


@answer("cross-scan", "rows, columns, then both backwards", "wrong")
def _(image):
    r, c = rows(image), columns(image)
    return torch.stack([r, c, r.flip(-2), c.flip(-2)])


@answer("cross-scan", "columns first", "wrong")
def _(image):
    r, c = rows(image), columns(image)
    return torch.stack([c, c.flip(-2), r, r.flip(-2)])


@answer("cross-scan", "backwards flips the channels", "wrong")
def _(image):
    r, c = rows(image), columns(image)
    return torch.stack([r, r.flip(-1), c, c.flip(-1)])


@answer("cross-scan", "backwards flips the batch", "wrong")
def _(image):
    r, c = rows(image), columns(image)
    return torch.stack([r, r.flip(0), c, c.flip(0)])


@answer("cross-scan", "flips each row only, not the order of rows", "wrong")
def _(image):
    t = image.transpose(-3, -2)
    return torch.stack([rows(image), rows(image.flip(-2)), rows(t), rows(t.flip(-2))])


@answer("cross-scan", "flips the order of rows only, not each row", "wrong")
def _(image):
    t = image.transpose(-3, -2)
    return torch.stack([rows(image), rows(image.flip(-3)), rows(t), rows(t.flip(-3))])


@answer("cross-scan", "columns by reshape without a transpose", "wrong")
def _(image):
    *rest, H, W, D = image.shape
    r = image.reshape(*rest, H * W, D)
    c = image.reshape(*rest, W, H, D).reshape(*rest, W * H, D)
    return torch.stack([r, r.flip(-2), c, c.flip(-2)])


@answer("cross-scan", "transposes the last two axes: W and D", "wrong")
def _(image):
    r = rows(image)
    c = image.mT.flatten(-3, -2).reshape(r.shape)
    return torch.stack([r, r.flip(-2), c, c.flip(-2)])


@answer("cross-scan", "transposes the line, not the picture", "wrong")
def _(image):
    r = rows(image)
    c = r.mT.reshape(r.shape)
    return torch.stack([r, r.flip(-2), c, c.flip(-2)])


@answer("cross-scan", "rotations in place of the transpose", "wrong")
def _(image):
    return torch.stack([rows(torch.rot90(image, k, (-3, -2))) for k in range(4)])


@answer("cross-scan", "columns from the right: rot90", "wrong")
def _(image):
    r, c = rows(image), rows(torch.rot90(image, 1, (-3, -2)))
    return torch.stack([r, r.flip(-2), c, c.flip(-2)])


@answer("cross-scan", "stacked behind the batch", "wrong")
def _(image):
    r, c = rows(image), columns(image)
    return torch.stack([r, r.flip(-2), c, c.flip(-2)], dim=-3)


@answer("cross-scan", "joined into one line", "wrong")
def _(image):
    r, c = rows(image), columns(image)
    return torch.cat([r, r.flip(-2), c, c.flip(-2)], dim=-2)


@answer("cross-scan", "joined in front by cat", "wrong")
def _(image):
    r, c = rows(image), columns(image)
    return torch.cat([r, r.flip(-2), c, c.flip(-2)])


@answer("cross-scan", "a tuple of lines", "wrong")
def _(image):
    r, c = rows(image), columns(image)
    return r, r.flip(-2), c, c.flip(-2)


@answer("cross-scan", "a list of lines", "wrong")
def _(image):
    r, c = rows(image), columns(image)
    return [r, r.flip(-2), c, c.flip(-2)]


@answer("cross-scan", "pictures, not lines", "wrong")
def _(image):
    t = image.transpose(-3, -2)
    return torch.stack([image, image.flip((-3, -2)), t.reshape(image.shape), t.flip((-3, -2)).reshape(image.shape)])


@answer("cross-scan", "only the two forward lines", "wrong")
def _(image):
    return torch.stack([rows(image), columns(image)])


@answer("cross-scan", "columns backwards forgotten to be columns: rows backwards twice", "wrong")
def _(image):
    r, c = rows(image), columns(image)
    return torch.stack([r, r.flip(-2), c, r.flip(-2)])


@answer("cross-scan", "rows and columns exchanged only backwards", "wrong")
def _(image):
    r, c = rows(image), columns(image)
    return torch.stack([r, c.flip(-2), c, r.flip(-2)])


@answer("cross-scan", "flattens H, W and D", "wrong")
def _(image):
    r, c = image.flatten(-3), image.transpose(-3, -2).flatten(-3)
    return torch.stack([r, r.flip(-1), c, c.flip(-1)])


@answer("cross-scan", "flatten from the first axes: only without a batch", "wrong")
def _(image):
    r, c = image.flatten(0, 1), image.transpose(0, 1).flatten(0, 1)
    return torch.stack([r, r.flip(0), c, c.flip(0)])


@answer("cross-scan", "view of a transposed tensor", "wrong")
def _(image):
    *rest, H, W, D = image.shape
    r, c = image.view(*rest, H * W, D), image.transpose(-3, -2).view(*rest, H * W, D)
    return torch.stack([r, r.flip(-2), c, c.flip(-2)])


@answer("cross-scan", "snake: every other row backwards", "wrong")
def _(image):
    def snake(picture):
        picture = picture.clone()
        picture[..., 1::2, :, :] = picture[..., 1::2, :, :].flip(-2)
        return picture.flatten(-3, -2)

    r, c = snake(image), snake(image.transpose(-3, -2))
    return torch.stack([r, r.flip(-2), c, c.flip(-2)])


@answer("cross-scan", "backwards by a roll of one", "wrong")
def _(image):
    r, c = rows(image), columns(image)
    return torch.stack([r, r.roll(1, -2), c, c.roll(1, -2)])


@answer("cross-scan", "swaps the batch with H: transpose(0, 1)", "wrong")
def _(image):
    r = rows(image)
    c = image.transpose(0, 1).reshape(r.shape)
    return torch.stack([r, r.flip(-2), c, c.flip(-2)])


@answer("cross-scan", "backwards leaves out the last pixel and repeats the first", "wrong")
def _(image):
    r, c = rows(image), columns(image)
    back = [max(i - 1, 0) for i in range(r.shape[-2], 0, -1)]
    back = [max(i - 1, 0) for i in back]
    return torch.stack([r, r[..., back, :], c, c[..., back, :]])


@answer("cross-scan", "square pictures only: H for both", "wrong")
def _(image):
    *rest, H, _, D = image.shape
    r, c = image.reshape(*rest, H * H, D), image.transpose(-3, -2).reshape(*rest, H * H, D)
    return torch.stack([r, r.flip(-2), c, c.flip(-2)])


@answer("cross-scan", "indices", "right")
def _(image):
    H, W = image.shape[-3:-1]
    index = torch.arange(H * W).view(H, W)
    order = torch.stack([index.flatten(), index.flatten().flip(0), index.T.flatten(), index.T.flatten().flip(0)])
    return rows(image)[..., order, :].movedim(-3, 0)


@answer("cross-scan", "einops by hand: permute and reshape", "right")
def _(image):
    *rest, H, W, D = image.shape
    r = image.reshape(*rest, H * W, D)
    c = torch.einsum("...hwd->...whd", image).reshape(*rest, W * H, D)
    both = torch.stack([r, c])
    return torch.stack([both, both.flip(-2)], dim=1).flatten(0, 1)


@answer("cross-scan", "loops over pixels", "right")
def _(image):
    H, W = image.shape[-3], image.shape[-2]
    by_row = [image[..., i, j, :] for i in range(H) for j in range(W)]
    by_column = [image[..., i, j, :] for j in range(W) for i in range(H)]
    orders = [by_row, by_row[::-1], by_column, by_column[::-1]]
    return torch.stack([torch.stack(line, dim=-2) for line in orders])


@answer("cross-scan", "flips the picture in both directions before the line", "right")
def _(image):
    turned = image.flip(-3, -2)
    t = lambda picture: picture.swapaxes(-3, -2).flatten(-3, -2)
    return torch.stack([rows(image), rows(turned), t(image), t(turned)])


@answer("cross-scan", "a rotation and a mirror for the transpose", "right")
def _(image):
    c = rows(torch.rot90(image, 1, (-3, -2)).flip(-3))
    r = rows(image)
    return torch.cat([z[None] for z in (r, torch.flip(r, (-2,)), c, torch.flip(c, (-2,)))])


@answer("cross-scan", "concatenates rows, and columns", "right")
def _(image):
    out = image.new_empty(4, *image.shape[:-3], image.shape[-3] * image.shape[-2], image.shape[-1])
    r = torch.cat(image.unbind(-3), dim=-2)
    c = torch.cat(image.unbind(-2), dim=-2)
    for i, line in enumerate([r, r.flip(-2), c, c.flip(-2)]):
        out[i] = line
    return out


@answer("cross-scan", "numpy inside (no gradient is asked for)", "right", rule=RULE)
def _(image):
    z = image.detach().numpy()
    flat = (*z.shape[:-3], -1, z.shape[-1])
    r, c = z.reshape(flat), np.swapaxes(z, -3, -2).reshape(flat)
    return torch.from_numpy(np.stack([r, r[..., ::-1, :], c, c[..., ::-1, :]]))


@answer("cross-scan", "rows, columns, then both backwards: order of the lines", "wrong")
def _(image):
    rows = image.flatten(-3, -2)
    columns = image.transpose(-3, -2).flatten(-3, -2)
    return torch.stack([rows, columns, rows.flip(-2), columns.flip(-2)])


@answer("cross-scan", "stacked at axis -3, behind the batch", "wrong")
def _(image):
    rows = image.flatten(-3, -2)
    columns = image.transpose(-3, -2).flatten(-3, -2)
    return torch.stack([rows, rows.flip(-2), columns, columns.flip(-2)], dim=-3)


@answer("cross-scan", "flips the channels (axis -1) instead of the line", "wrong")
def _(image):
    rows = image.flatten(-3, -2)
    columns = image.transpose(-3, -2).flatten(-3, -2)
    return torch.stack([rows, rows.flip(-1), columns, columns.flip(-1)])


@answer("cross-scan", "reshape to (W, H) instead of transposing: columns are the rows again", "wrong")
def _(image):
    *batch, H, W, D = image.shape
    rows = image.reshape(*batch, H * W, D)
    columns = image.reshape(*batch, W, H, D).reshape(*batch, H * W, D)
    return torch.stack([rows, rows.flip(-2), columns, columns.flip(-2)])


@answer("cross-scan", "backwards means every row from the right, from top to bottom", "wrong")
def _(image):
    columns = image.transpose(-3, -2)
    lines = [image, image.flip(-2), columns, columns.flip(-2)]
    return torch.stack([line.flatten(-3, -2) for line in lines])


@answer("cross-scan", "transposes the last two axes, W and D, for the columns", "wrong")
def _(image):
    rows = image.flatten(-3, -2)
    columns = image.mT.flatten(-3, -2).reshape(rows.shape)
    return torch.stack([rows, rows.flip(-2), columns, columns.flip(-2)])


@answer("cross-scan", "axes counted from the front: right without a batch only", "wrong")
def _(image):
    rows = image.flatten(0, 1)
    columns = image.transpose(0, 1).flatten(0, 1)
    return torch.stack([rows, rows.flip(0), columns, columns.flip(0)])


@answer("cross-scan", "pixel by pixel", "right")
def _(image):
    H, W = image.shape[-3], image.shape[-2]
    rows = [image[..., i, j, :] for i in range(H) for j in range(W)]
    columns = [image[..., i, j, :] for j in range(W) for i in range(H)]
    return torch.stack([torch.stack(line, -2) for line in (rows, rows[::-1], columns, columns[::-1])])


@answer("cross-scan", "an index of orders; both axes flipped before flattening", "right")
def _(image):
    *batch, H, W, D = image.shape
    grid = torch.arange(H * W).view(H, W)
    order = torch.cat(
        [grid.reshape(-1), grid.flip(0, 1).reshape(-1), grid.T.reshape(-1), grid.T.flip(0, 1).reshape(-1)]
    )
    return image.reshape(*batch, H * W, D)[..., order, :].unflatten(-2, (4, H * W)).movedim(-3, 0)


@answer("cross-scan", "square pictures only: transposes a flat view of side sqrt(HW)", "wrong")
def _(image):
    rows = image.flatten(-3, -2)
    n = math.isqrt(rows.shape[-2])
    columns = rows.unflatten(-2, (n, -1)).transpose(-3, -2).flatten(-3, -2)
    return torch.stack([rows, rows.flip(-2), columns, columns.flip(-2)])


@answer("cross-scan", "column lines by view(W, H) of flat rows: right for square only", "wrong")
def _(image):
    H, W = image.shape[-3:-1]
    rows = image.flatten(-3, -2)
    columns = rows.unflatten(-2, (W, H)).transpose(-3, -2).flatten(-3, -2)
    return torch.stack([rows, rows.flip(-2), columns, columns.flip(-2)])
