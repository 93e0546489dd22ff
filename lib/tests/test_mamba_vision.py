"""Mamba on pictures: orders are permutations, directions reach what they read, networks return the right shapes."""

import math

import pytest
import torch
from llmcourse import records, runtime
from llmcourse.mamba import directions, registration, unet, vision, vision_data
from llmcourse.mamba import vision_experiments as experiments
from llmcourse.mamba.lecture_10 import runs
from torch import nn

ORDERS = {
    "one_way": (directions.one_way, (4, 5)),
    "bidirectional": (directions.bidirectional, (4, 5)),
    "cross": (directions.cross, (4, 5)),
    "three_ways": (directions.three_ways, (3, 4, 5)),
}
IMAGE = torch.tensor([[1, 2, 3], [4, 5, 6]])


class Past(nn.Module):
    """Running sums: the simplest module that reads a line from its beginning."""

    def __init__(self, d):
        super().__init__()

    def forward(self, x):
        return x.cumsum(-2)


@pytest.mark.parametrize("name", ORDERS)
def test_orders_are_permutations(name):
    orders, grid = ORDERS[name]
    lines = orders(grid)
    assert torch.equal(lines.sort(-1).values, torch.arange(math.prod(grid)).expand_as(lines))
    assert len({tuple(line.tolist()) for line in lines}) == len(lines)


def test_cross_scan_reads_rows_and_columns_both_ways():
    lines = directions.cross_scan(IMAGE[..., None])[..., 0]
    assert lines.tolist() == [[1, 2, 3, 4, 5, 6], [6, 5, 4, 3, 2, 1], [1, 4, 2, 5, 3, 6], [6, 3, 5, 2, 4, 1]]


def test_the_third_way_goes_through_all_slices_before_the_next_cell():
    volume = torch.arange(8).view(2, 2, 2)  # two slices: 0 1 2 3 and 4 5 6 7
    line = directions.scan(volume[..., None], directions.three_ways((2, 2, 2)), (2, 2, 2))[2, :, 0]
    assert line.tolist() == [0, 4, 1, 5, 2, 6, 3, 7]


def test_orders_are_those_of_the_published_code():
    x = torch.arange(60).view(3, 4, 5)
    flat = x.flatten()
    # SegMamba: xz_s = torch.stack(xz.chunk(nslices, dim=-1), dim=-1).flatten(-2)
    assert torch.equal(directions.three_ways((3, 4, 5))[2], torch.stack(flat.chunk(3), dim=-1).flatten())
    # VMamba's CrossScan: the picture, its transpose, and both flipped
    published = torch.stack([x[0].flatten(), x[0].T.flatten()])
    published = torch.cat([published, published.flip(-1)])
    assert torch.equal(directions.cross((4, 5)), published[[0, 2, 1, 3]])


@pytest.mark.parametrize("name", ORDERS)
@pytest.mark.parametrize("lead", [(), (2,), (2, 3)])
def test_merge_undoes_scan(name, lead):
    orders, grid = ORDERS[name]
    x = torch.randn(*lead, *grid, 6, dtype=torch.float64)
    lines = directions.scan(x, orders(grid), grid)
    assert lines.shape == (len(orders(grid)), *lead, math.prod(grid), 6)
    torch.testing.assert_close(directions.merge(lines, orders(grid), grid), x)


def test_cross_merge_is_exactly_inverse():
    image = torch.randn(2, 5, 7, 3)
    assert torch.equal(directions.cross_merge(directions.cross_scan(image), (5, 7)), image)


def test_turning_the_image_exchanges_the_directions():
    image = torch.randn(5, 7, 3)
    rows, back, columns, back_columns = directions.cross_scan(image)
    turned = directions.cross_scan(image.flip(0, 1))
    assert torch.equal(turned, torch.stack([back, rows, back_columns, columns]))
    transposed = directions.cross_scan(image.transpose(0, 1))
    assert torch.equal(transposed, torch.stack([columns, back_columns, rows, back]))


def test_a_layer_turns_with_its_image_when_its_blocks_are_exchanged():
    runtime.seed(0)
    layer = directions.Directions(8, directions.cross, 2)
    x = torch.randn(5, 6, 8)
    y = layer(x)
    layer.blocks = nn.ModuleList(layer.blocks[i] for i in (1, 0, 3, 2))
    torch.testing.assert_close(layer(x.flip(0, 1)), y.flip(0, 1), rtol=1e-5, atol=1e-6)


def reached(orders, grid, at, block=Past):
    runtime.seed(0)
    layer = directions.Directions(8, orders, len(grid), block)
    return directions.reach(layer, torch.randn(*grid, 8), at) > 0


@pytest.mark.parametrize("block", [Past, directions.SMALL])
def test_one_way_reaches_what_was_read_before_and_four_ways_everything(block):
    at, grid = (2, 3), (5, 6)
    before = torch.arange(30).view(grid) <= 2 * 6 + 3
    assert torch.equal(reached(directions.one_way, grid, at, block), before)
    assert reached(directions.bidirectional, grid, at, block).all()
    assert reached(directions.cross, grid, at, block).all()


def test_three_ways_reach_the_whole_volume():
    assert reached(directions.three_ways, (3, 4, 4), (1, 2, 1), directions.SMALL).all()


@pytest.mark.parametrize("name", {**experiments.CLASSIFIERS, **experiments.WAYS})
def test_classifiers_answer_for_each_image(name):
    network = {**experiments.group("classify"), **experiments.group("ways")}[name]()
    assert network(torch.randn(3, 8, 8)).shape == (3, 10)


def test_ss2d_is_the_published_block():
    """SS2D.forward_core of VMamba's code (order: rows, columns, both backwards), with the scan as a plain loop."""
    runtime.seed(0)
    block, x = vision.SS2D(6).double(), torch.randn(2, 3, 4, 6, dtype=torch.float64)
    weights = lambda get: torch.stack([get(block.selections[i]) for i in (0, 2, 1, 3)])  # theirs go rows, columns first
    rank, N, _ = block.selections[0].sizes
    u, z = block.in_proj(x).chunk(2, -1)
    u = nn.functional.silu(block.conv2d(u.permute(0, 3, 1, 2)))  # (B, E, H, W)
    B, E, H, W = u.shape
    two = torch.stack([u.flatten(2), u.transpose(2, 3).flatten(2)], 1)
    xs = torch.cat([two, two.flip(-1)], 1)  # (B, 4, E, L)
    x_dbl = torch.einsum("bkdl,kcd->bkcl", xs, weights(lambda s: s.x_proj.weight))
    dts, Bs, Cs = x_dbl.split([rank, N, N], 2)
    dts = torch.einsum("bkrl,kdr->bkdl", dts, weights(lambda s: s.dt_proj.weight))
    dts = nn.functional.softplus(dts + weights(lambda s: s.dt_proj.bias)[None, :, :, None])
    A, D, h, ys = -weights(lambda s: s.A_log).exp(), weights(lambda s: s.D), 0, []
    for t in range(H * W):
        dt, v = dts[..., t, None], xs[..., t, None]
        h = (dt * A).exp() * h + dt * v * Bs[:, :, None, :, t]  # (B, 4, E, N)
        ys.append((h * Cs[:, :, None, :, t]).sum(-1) + D * v[..., 0])
    ys = torch.stack(ys, -1)
    ys = ys[:, :2] + ys[:, 2:].flip(-1)
    y = ys[:, 0] + ys[:, 1].unflatten(-1, (W, H)).transpose(2, 3).flatten(2)
    y = block.norm(y.mT).view(B, H, W, E) * nn.functional.silu(z)
    torch.testing.assert_close(block(x), block.out_proj(y))


def test_a_token_in_the_middle_of_one_way_never_sees_the_second_half():
    image = torch.randn(1, 8, 8, requires_grad=True)
    seen = {}
    for place in (0.5, 1.0):
        network = vision.VisionMamba(8, orders=directions.one_way, place=place)
        (gradient,) = torch.autograd.grad(network(image).square().sum(), image)
        seen[place] = gradient[0] != 0
    assert seen[0.5][:4].all() and not seen[0.5][4:].any() and seen[1.0].all()


def test_patches_are_squares_of_the_image():
    assert vision.patches(torch.arange(16.0).view(1, 4, 4))[0, 0, 1].tolist() == [2, 3, 6, 7]


@pytest.mark.parametrize("task", experiments.SEGMENTERS)
def test_segmenters_answer_for_each_cell(task):
    x, target = experiments.test_set(task, 2)
    for make in experiments.group(task).values():
        assert make()(x).shape == target.shape == x.shape


@pytest.mark.parametrize("task", ["classify", "ways", "register", *experiments.SEGMENTERS])
def test_contenders_have_the_same_size(task):
    first, *others = (unet.size(make()) for make in experiments.group(task).values())
    assert all(abs(other / first - 1) < 0.05 for other in others)


def seen_by(network, x, at):
    """Which pixels of x (1, 1, grid) the output at `at` depends on, in evaluation mode."""
    x = x.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(network.eval()(x)[(0, 0, *at)], x)
    return gradient[0, 0] != 0


def test_only_the_scan_brings_the_beginning_of_a_line_to_its_end():
    runtime.seed(0)
    x, _ = experiments.test_set("lines", 2)
    seen = {name: seen_by(make(), x[:1], (4, 47))[:8, :8].any() for name, make in experiments.group("lines").items()}
    assert seen["U-Mamba"] and not seen["U-Net"]


def test_frames_meet_in_the_scan_alone():
    runtime.seed(0)
    x, _ = experiments.test_set("videos", 2)
    group = experiments.group("videos")
    assert not seen_by(group["U-Net, frame by frame"](), x[:1], (5, 12, 12))[0].any()
    assert seen_by(group["ViViM"](), x[:1], (5, 12, 12))[0].any()


def test_dice_is_the_share_of_the_overlap():
    a, b = torch.tensor([1.0, 1, 0, 0]), torch.tensor([1.0, 0, 1, 1])
    assert unet.dice(a, b).item() == pytest.approx(2 / 5) and unet.dice(a, a) == 1


def test_cells_that_do_not_count_change_nothing():
    logits, target = torch.randn(2, 1, 4, 4), torch.randint(-1, 2, (2, 1, 4, 4)).float()
    other = torch.where(target < 0, 9.0, logits)
    assert unet.segmentation_loss(logits, target) == unet.segmentation_loss(other, target)


def test_what_a_line_begins_with_decides_what_is_looked_for():
    digits, _ = vision_data.digit_sets()
    one, none = torch.tensor([True]), torch.tensor([False])
    classes = {tuple(image.flatten().tolist()): c.item() for image, c in zip(*digits)}
    for which, expected in ((one, 1), (none, 0)):
        image = vision_data.ones_or_zeros(digits, which, torch.Generator().manual_seed(0))[0]
        assert classes[tuple(image.flatten().tolist())] == expected
    _, target = vision_data.lines(digits, 20, torch.Generator().manual_seed(0))
    by_line = target[..., 8:].unflatten(2, (2, 8)).amax((1, 3, 4))
    assert (target[..., :8] == -1).all() and set(by_line.flatten().tolist()) == {0.0, 1.0}


def test_the_first_slices_decide_and_do_not_count():
    _, target = vision_data.columns(vision_data.digit_sets()[0], 10, torch.Generator().manual_seed(0))
    assert (target[:, :, : vision_data.SHOWN] == -1).all()
    assert (target[:, :, vision_data.SHOWN : vision_data.BEGIN] == 0).all() and (
        target[:, :, vision_data.BEGIN :] == 1
    ).any()


def test_the_mover_moves_and_then_stands():
    _, target = vision_data.videos(vision_data.digit_sets()[0], 40, torch.Generator().manual_seed(0))
    place = (target * torch.arange(24.0)[:, None]).sum((1, 3, 4)) / target.sum((1, 3, 4)).clamp(min=1)  # rows
    whole = target.sum((1, 3, 4))
    same = (whole[:, 4] == whole[:, 5]) & (whole[:, 4] > 0)  # nothing is hidden in either frame
    assert same.any() and (place[:, 4] == place[:, 5])[same].all()
    assert ((place[:, 0] - place[:, 3]).abs() > 2).any()


def test_warp_by_nothing_is_nothing_and_by_one_pixel_is_a_shift():
    picture = torch.rand(1, 1, 6, 7)
    torch.testing.assert_close(registration.warp(picture, torch.zeros(1, 2, 6, 7)), picture)
    down = torch.zeros(1, 2, 6, 7)
    down[:, 0] = 1  # read one row further down
    torch.testing.assert_close(registration.warp(picture, down)[..., :-1, :], picture[..., 1:, :])
    right = down.flip(1)
    torch.testing.assert_close(registration.warp(picture, right)[..., :-1], picture[..., 1:])


def test_warp_is_scipys():
    from scipy import ndimage

    picture, field = torch.rand(1, 1, 9, 8), 3 * torch.randn(1, 2, 9, 8)
    where = torch.stack(torch.meshgrid(torch.arange(9), torch.arange(8), indexing="ij")) + field[0]
    expected = ndimage.map_coordinates(picture[0, 0].numpy(), where.numpy(), order=1, mode="nearest")
    torch.testing.assert_close(registration.warp(picture, field)[0, 0], torch.tensor(expected), rtol=1e-4, atol=1e-5)


def test_likeness_does_not_mind_exchanged_grey_values():
    a, b = torch.rand(2, 1, 1, 20, 20)
    assert registration.likeness(a, 0.9 - 0.7 * a) > 0.9 > 0.3 > registration.likeness(a, b)


def test_roughness_is_zero_for_a_shift_alone():
    field = torch.ones(1, 2, 5, 5)
    assert registration.roughness(field) == 0
    ramp = field * torch.arange(5.0)
    assert registration.roughness(ramp).item() == pytest.approx(1)


def test_a_field_is_zero_at_first_and_registers_after_some_steps():
    moving, fixed, mask, truth = experiments.test_set("register")
    found = experiments.group("register")["MambaMorph"]().eval()(moving, fixed)
    assert found.shape == (len(moving), 2, vision_data.SIDE, vision_data.SIDE) and found.abs().max() < 0.1
    before = unet.dice(mask.flatten(1), truth.flatten(1)).mean().item()
    _, history = experiments.register("MambaMorph", 0, steps=60)
    assert history.validation[-1][1] > before + 0.1


def test_every_contender_trains_and_is_recorded():
    found = experiments.record(seeds=(0,), steps=2)
    assert list(found) == list(experiments.STEPS)
    for task, part in found.items():
        assert [run["network"] for run in part["runs"]] == list(experiments.group(task))
        assert all(0 <= run["validation"][-1][1] <= 1 and run["validation"][-1][0] == 2 for run in part["runs"])
    assert experiments.run("ways", "SS2D, four ways", 0, 2)["parameters"] > 0
    assert len(found["lines"]["runs"][0]["along"]) == vision_data.CELLS - 1


def test_a_mask_survives_the_record():
    mask = torch.rand(2, 3, 4) > 0.5
    assert torch.equal(experiments.from_text(experiments.as_text(mask), (2, 3, 4)).bool(), mask)


def test_arms_are_paired_by_seed():
    score = {("a", 0): 3.0, ("b", 0): 1.0, ("a", 1): 7.0, ("b", 1): 4.0}
    found = [{"name": n, "seed": s, "validation": [[1, 0.0], [2, v]]} for (n, s), v in reversed(score.items())]
    assert runs.finals(found, "a") == [3, 7] and runs.names(found) == ["b", "a"]
    gain = runs.gain(found, "a", "b")
    assert gain.value == 2.5 and gain.n == 2


def test_every_name_that_is_shown_differently_is_one_of_the_record():
    sight = records.load("10_vision")
    assert set(runs.NAMES) <= {run["network"] for task in experiments.STEPS for run in sight[task]["runs"]}
