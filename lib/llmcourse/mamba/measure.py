"""What a scan costs: inputs to time it on, and the bytes that training has to keep.

arguments  (x, dt, A, B, C) of a selective scan: x, dt (1, L, D), A (D, N), B, C (1, L, N)
"""

from collections.abc import Callable, Sequence

import torch
import torch.nn.functional as F
from torch import Generator, Tensor


def arguments(L: int, generator: Generator, D: int = 256, N: int = 16) -> tuple[Tensor, ...]:
    """Random inputs of a scan, with short steps and Mamba's own decays."""
    draw = lambda *shape: torch.randn(*shape, generator=generator)
    steps = F.softplus(draw(1, L, D) - 3)
    return draw(1, L, D), steps, -torch.arange(1.0, N + 1).expand(D, N).contiguous(), draw(1, L, N), draw(1, L, N)


def kept_for_backward(form: Callable, arguments: Sequence[Tensor]) -> int:
    """Bytes that autograd keeps from the forward to the backward pass, without the inputs themselves."""
    leaves = [z.clone().requires_grad_() for z in arguments]
    own, kept = {z.untyped_storage().data_ptr() for z in leaves}, {}

    def pack(z: Tensor) -> Tensor:
        storage = z.untyped_storage()
        if storage.data_ptr() not in own:
            kept[storage.data_ptr()] = storage.nbytes()  # several tensors may share one storage
        return z

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda z: z):
        y, _ = form(*leaves)
    y.sum().backward()
    return sum(kept.values())


def differences(form: Callable, other: Callable, arguments: Sequence[Tensor]) -> dict[str, float]:
    """How far two forms are apart in output, last state and each gradient, relative to the root mean square."""

    def everything(form: Callable) -> list[Tensor]:
        leaves = [z.clone().requires_grad_() for z in arguments]
        y, h = form(*leaves)
        return [y, h, *torch.autograd.grad(y.square().sum() + h.square().sum(), leaves)]

    names = ("y", "state", *(f"gradient of {n}" for n in ("x", "dt", "A", "B", "C")))
    relative = lambda a, b: ((a - b).abs().max() / b.square().mean().sqrt()).item()
    return {n: relative(a, b) for n, a, b in zip(names, everything(form), everything(other))}


def numbers(state) -> int:
    """How many numbers a nested state has."""
    if isinstance(state, Tensor):
        return state.numel()
    return sum(map(numbers, state)) if isinstance(state, list | tuple) else 0
