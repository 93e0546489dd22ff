"""Cases that must agree on CPU and GPU: each row of the zoo in each form, in value and gradient, in float64.

`lib/tests/test_agreement.py` runs the cases of every topic that has a module of this name.
"""

import inspect
from collections.abc import Callable, Sequence
from functools import partial

import torch
from torch import Tensor

from .engine import chunkwise, parallel, recurrent
from .zoo import FADING, ZOO

ROWS = [row for row in ZOO if row != "s4"]  # its inputs are those of a system, not queries, keys and values
LENGTH, HEADS, CHANNELS = 100, 4, 64


def cases() -> dict[str, Callable[[str], Sequence[Tensor]]]:
    """Name -> a function of the device that returns the tensors to compare."""
    forms = (recurrent, chunkwise, parallel)
    return {f"{row}, {form.__name__}": partial(everything, row, form) for row in ROWS for form in forms}


def everything(row: str, form: Callable, device: str) -> list[Tensor]:
    """Output, state and the gradients of their sum with respect to every input."""
    inputs = {n: x.double().to(device).requires_grad_() for n, x in draw(row, LENGTH).items()}
    o, state = form(ZOO[row](**inputs))
    return [o, state.S, *torch.autograd.grad(o.sum() + state.S.sum(), list(inputs.values()))]


def draw(row: str, L: int, seed: int = 0, B: int = 1, H: int = HEADS, D: int = CHANNELS) -> dict[str, Tensor]:
    """Random inputs of a row, (B, H, L, D or 1), float32. Gates mostly remember, as in trained models."""
    g = torch.Generator().manual_seed(seed)
    randn = lambda *shape: torch.randn(shape, generator=g)
    inputs = {}
    for n in inspect.signature(ZOO[row]).parameters:
        if n == "A":
            inputs[n] = torch.zeros(1, 1)
        elif n == "bonus":
            inputs[n] = randn(1, D)
        elif n != "state":
            inputs[n] = randn(B, H, L, D if n in ("q", "k", "v", "a_k", "a_v") else 1)
        if n in ("a", "f", "a_k", "a_v"):
            inputs[n] += -2.0 if ZOO[row] in FADING else 2.0
    return inputs
