"""The experiments of lecture 10 on pictures: every system against the same network without it, at equal size.

classify  digits: how many directions, and where the class token is
ways      digits: VMamba's block in four ways and in one, and whole blocks for each way
segment   pictures, volumes and videos: a U-Net with Mamba against U-Nets without it
register  a field between two pictures: a U-Net with Mamba against one without it
"""

from collections.abc import Callable, Iterator
from functools import cache, partial

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from llmcourse import data, models, records, runtime

from . import vision_data
from .directions import cross, one_way
from .registration import Registration, mamba_morph, warp
from .unet import UNet, dice, seg_mamba, segmentation_loss, size, u_mamba, vivim, width_of
from .vision import SS2D, ConvolvedDirections, VisionMamba, VMamba

Contender = Callable[[int], nn.Module]  # from a width to a network
TEST_SEED = 10_000


def convolutional(d: int) -> nn.Sequential:
    """Three convolutions and the mean: what everyone tries first. (B, H, W) to (B, 10)."""
    layers = [nn.Unflatten(1, (1, -1)), nn.Conv2d(1, d, 3, padding=1), nn.GELU(), nn.MaxPool2d(2)]
    layers += [nn.Conv2d(d, 2 * d, 3, padding=1), nn.GELU(), nn.Conv2d(2 * d, 2 * d, 3, padding=1), nn.GELU()]
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(2 * d, 10))


# The first contender of each group sets the size of the others.
CLASSIFIERS: dict[str, Contender] = {
    "one way, token in the middle": lambda d: VisionMamba(d, orders=one_way, place=0.5),
    "one way, token at the end": lambda d: VisionMamba(d, orders=one_way, place=1.0),
    "Vision Mamba: two ways, token in the middle": lambda d: VisionMamba(d),
    "one way on the grid, convolution, mean": lambda d: VMamba(d, partial(ConvolvedDirections, orders=one_way)),
    # The name in the record; as a block, it is not VMamba's, which `WAYS` has.
    "VMamba: four ways on the grid, convolution, mean": lambda d: VMamba(d, partial(ConvolvedDirections, orders=cross)),
    "three convolutions, no scan": convolutional,
}
WAYS: dict[str, Contender] = {
    "SS2D, four ways": lambda d: VMamba(d),
    "SS2D, one way": lambda d: VMamba(d, partial(SS2D, orders=one_way)),
    "a whole block for each of four ways": lambda d: VMamba(d, partial(ConvolvedDirections, orders=cross)),
}
SEGMENTERS: dict[str, dict[str, Contender]] = {
    "lines": {
        "U-Mamba": lambda d: u_mamba((8, 16, d)),
        "U-Net": lambda d: UNet((3, 3), (8, 16, d)),
        "U-Net, one level more": lambda d: UNet((3, 3), (8, 16, d, d)),
    },
    "columns": {
        "SegMamba": lambda d: seg_mamba((4, 8, d)),
        "U-Net": lambda d: UNet((3, 3, 3), (4, 8, d)),
        "U-Net, one level more": lambda d: UNet((3, 3, 3), (4, 8, d, d)),
    },
    "videos": {
        "ViViM": lambda d: vivim((8, d)),
        "U-Net, frame by frame": lambda d: UNet((1, 3, 3), (8, d)),
        "U-Net, through time": lambda d: UNet((3, 3, 3), (8, d)),
    },
}
REGISTRATION: dict[str, Contender] = {
    "MambaMorph": lambda d: mamba_morph((8, 16, d)),
    "U-Net": lambda d: Registration(UNet((3, 3), (8, 16, d), 2, 2)),
}
WIDTH = {"classify": 48, "ways": 40, "lines": 32, "columns": 24, "videos": 24, "register": 32}  # of the first contender
STEPS = {"classify": 500, "lines": 250, "columns": 250, "videos": 150, "register": 200}
BATCH = {"classify": 32, "ways": 32, "lines": 16, "columns": 8, "videos": 8, "register": 16}
RATE = {"classify": 2e-3, "ways": 2e-3, "lines": 3e-3, "columns": 5e-3, "videos": 5e-3, "register": 3e-3}
MAKERS = {"lines": vision_data.lines, "columns": vision_data.columns, "videos": vision_data.videos}
PARTS = {"lines": (3, vision_data.CELLS), "columns": (2, vision_data.DEPTH // 4), "videos": (2, vision_data.FRAMES)}


@cache
def group(task: str) -> dict[str, Contender]:
    """The contenders of a task as functions without arguments, each as wide as it takes to be as large as the first."""
    contenders = {"classify": CLASSIFIERS, "ways": WAYS, "register": REGISTRATION, **SEGMENTERS}[task]
    first, *others = contenders
    with torch.device("meta"):
        parameters = size(contenders[first](WIDTH[task]))
    widths = {first: WIDTH[task], **{name: width_of(parameters, contenders[name]) for name in others}}
    return {name: partial(contenders[name], widths[name]) for name in contenders}


def train(task: str, name: str, seed: int, steps: int, batches, loss, score, every: int):
    """Train one contender with one seed: the network, in evaluation mode as `score` gets it too, and its history."""
    make, generator = group(task)[name], runtime.seed(seed)
    network = make().to(runtime.device())

    @torch.no_grad()
    def validate(network):
        value = score(network.eval())
        network.train()
        return value

    history = models.train(network, batches(generator), steps, lr=RATE[task], warm_up=20, validate=validate,
                           every=every, loss=loss, name=f"{name}, seed {seed}")  # fmt: skip
    return network.eval(), history


def classify(name: str, seed: int, steps: int = STEPS["classify"], every: int = 125, task: str = "classify"):
    """Digits: the share of the 360 test digits that are classified correctly. `task`: "classify" or "ways"."""
    (images, classes), (new, truth) = data.digits()

    def batches(generator) -> Iterator[tuple[Tensor, Tensor]]:
        while True:
            chosen = torch.randint(0, len(images), (BATCH["classify"],), generator=generator)
            yield images[chosen] / 8 - 1, classes[chosen]

    def right(network):
        guess = network((new / 8 - 1).to(runtime.device())).argmax(-1).cpu()
        return (guess == truth).float().mean().item()

    loss = lambda network, batch: F.cross_entropy(network(batch[0]), batch[1])
    return train(task, name, seed, steps, batches, loss, right, every)


def segment(task: str, name: str, seed: int, steps: int | None = None, every: int = 50):
    """Pictures (`lines`), volumes (`columns`) or `videos`: Dice over all test pictures together."""
    digits, _ = vision_data.digit_sets()
    x, target = test_set(task)
    score = lambda network: overlap(network(x.to(runtime.device())).cpu() > 0, target)
    loss = lambda network, batch: segmentation_loss(network(batch[0]), batch[1])
    batches = partial(endless, MAKERS[task], digits, BATCH[task])
    return train(task, name, seed, steps or STEPS[task], batches, loss, score, every)


def register(name: str, seed: int, steps: int = STEPS["register"], every: int = 50):
    """Fields between pairs of pictures: the mean Dice of the warped mask and the fixed one, over the test pairs."""
    digits, _ = vision_data.digit_sets()
    moving, fixed, mask, truth = test_set("register")
    score = lambda network: registered(network, moving, fixed, mask, truth).mean().item()
    loss = lambda network, batch: network.loss(*batch)
    batches = lambda generator: (pair[:2] for pair in endless(vision_data.pairs, digits, BATCH["register"], generator))
    return train("register", name, seed, steps, batches, loss, score, every)


def endless(make, digits: vision_data.Digits, batch: int, generator) -> Iterator[tuple[Tensor, ...]]:
    """New pictures, forever."""
    while True:
        yield make(digits, batch, generator)


@cache
def test_set(task: str, n: int = 64) -> tuple[Tensor, ...]:
    """The same n pictures for all contenders, made of digits that none was trained on."""
    _, digits = vision_data.digit_sets()
    return {**MAKERS, "register": vision_data.pairs}[task](digits, n, torch.Generator().manual_seed(TEST_SEED))


def overlap(mask: Tensor, target: Tensor) -> float:
    """Dice of all counted cells together."""
    counts = target >= 0
    return dice(mask[counts].float(), target[counts]).item()


def overlap_along(task: str, mask: Tensor, target: Tensor) -> list[float]:
    """Dice by cell from left to right, by groups of four slices, or by frame; only where there is a target."""
    axis, parts = PARTS[task]
    pieces = zip(mask.chunk(parts, axis), target.chunk(parts, axis))
    return [overlap(a, b) for a, b in pieces if (b > 0).any()]


def registered(network, moving: Tensor, fixed: Tensor, mask: Tensor, truth: Tensor) -> Tensor:
    """Dice of each pair's masks, the moving one warped by the network's field: (B,)."""
    device = runtime.device()
    warped = warp(mask.to(device), network(moving.to(device), fixed.to(device))).cpu().round()
    return dice(warped.flatten(1), truth.flatten(1))


@records.record("10_vision")
def record(seeds: tuple[int, ...] = (0, 1, 2), steps: int | None = None) -> dict:
    """Every contender of every task with every seed; `steps` replaces STEPS, for a shorter run."""
    tasks = {}
    for task in STEPS:
        runs = [run(task, name, seed, steps or STEPS[task]) for seed in seeds for name in group(task)]
        tasks[task] = {"steps": steps or STEPS[task], "batch": BATCH[task], "lr": RATE[task], "runs": runs}
    tasks["register"]["before"] = round(unregistered(), 4)
    return tasks


def run(task: str, name: str, seed: int, steps: int) -> dict:
    """The result of one contender with one seed; for seed 0, also its mask for the first test picture."""
    if task in ("classify", "ways"):
        network, history = classify(name, seed, steps, task=task)
    elif task == "register":
        network, history = register(name, seed, steps)
    else:
        network, history = segment(task, name, seed, steps)
    result = {"network": name, "seed": seed, "parameters": size(network), "seconds": round(history.seconds, 1),
              "validation": [[step, round(value, 4)] for step, value in history.validation]}  # fmt: skip
    if task in SEGMENTERS:
        x, target = test_set(task)
        with torch.no_grad():
            mask = network(x.to(runtime.device())).cpu() > 0
        result["along"] = [round(value, 4) for value in overlap_along(task, mask, target)]
        result |= {} if seed else {"example": as_text(mask[0, 0])}
    return result


def unregistered() -> float:
    """The mean Dice of the test pairs' masks before anything is moved."""
    _, _, mask, truth = test_set("register")
    return dice(mask.flatten(1), truth.flatten(1)).mean().item()


def as_text(mask: Tensor) -> list[str]:
    """A mask (..., W) as rows of 0s and 1s, so that a record can hold it."""
    return ["".join("01"[int(cell)] for cell in row) for row in mask.reshape(-1, mask.shape[-1])]


def from_text(rows: list[str], grid: tuple[int, ...]) -> Tensor:
    """The mask (grid) that `as_text` wrote."""
    return torch.tensor([[int(cell) for cell in row] for row in rows]).view(grid)
