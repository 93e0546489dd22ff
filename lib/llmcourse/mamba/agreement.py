"""Cases that must agree on CPU and GPU: each form of the selective scan, in value and gradient, in float64."""

from collections.abc import Callable, Sequence
from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor

from . import scan

LENGTH, CHANNELS, N = 200, 16, 8


def cases() -> dict[str, Callable[[str], Sequence[Tensor]]]:
    """Name -> a function of the device that returns the tensors to compare."""
    return {
        f"scan, {form.__name__}": partial(everything, form)
        for form in (scan.sequential, scan.associative, scan.chunked)
    }


def everything(form: Callable, device: str) -> list[Tensor]:
    """Output, state and the gradients of their sum with respect to x, dt, A, B, C and D."""
    inputs = [z.to(device).requires_grad_() for z in draw()]
    y, h = form(*inputs)
    return [y, h, *torch.autograd.grad(y.sum() + h.sum(), inputs)]


def draw() -> list[Tensor]:
    """x, dt, A, B, C, D in float64."""
    g = torch.Generator().manual_seed(0)
    randn = lambda *shape: torch.randn(*shape, generator=g, dtype=torch.float64)
    wide, narrow = (2, LENGTH, CHANNELS), (2, LENGTH, N)
    x, dt, A = randn(*wide), F.softplus(randn(*wide) - 1), -randn(CHANNELS, N).exp()
    return [x, dt, A, randn(*narrow), randn(*narrow), randn(CHANNELS)]
