"""Adapters: a frozen model, and a few parameters next to it that learn.

low_rank    the best approximation of a matrix by two thin ones
adapter     attach, use, merge, detach: the same for every method
lora        LoRA and rsLoRA        bottleneck  a small network next to a layer
dora        DoRA                   adalora     AdaLoRA and its budget
sora        SoRA                   alora       ALoRA
dylora      DyLoRA                 files       adapters on disk, in `peft`'s format
experiments what the lecture runs, and its records
"""

from . import adalora, alora, dylora, files, low_rank, sora
from .adalora import AdaLoRA
from .adapter import Adapted, Adapter, attach, bake, by_path, detach, merge, names, trainable, unmerge, use
from .alora import ALoRA
from .bottleneck import Bottleneck
from .dora import DoRA, magnitude_and_direction
from .dylora import DyLoRA
from .files import load, save
from .lora import LoRA
from .sora import SoRA, soft_threshold

__all__ = [
    "ALoRA",
    "AdaLoRA",
    "Adapted",
    "Adapter",
    "Bottleneck",
    "DoRA",
    "DyLoRA",
    "LoRA",
    "SoRA",
    "adalora",
    "alora",
    "attach",
    "bake",
    "by_path",
    "detach",
    "dylora",
    "files",
    "load",
    "low_rank",
    "magnitude_and_direction",
    "merge",
    "names",
    "save",
    "soft_threshold",
    "sora",
    "trainable",
    "unmerge",
    "use",
]
