"""Cases that must agree on CPU and GPU, in value and gradient, in float64: attention with each kind of pattern,
Linformer, GAU, FLASH and MEGA."""

from collections.abc import Callable, Sequence
from functools import partial

import torch
from torch import Tensor, nn

from .engine import attend
from .gau import GAU
from .linformer import LinformerAttention, Projections
from .mega import MegaAttention
from .patterns import Pattern, bigbird, fixed, global_tokens, strided, window

LENGTH = 100


def patterns(L: int = LENGTH) -> dict[str, Pattern]:
    """One pattern of each kind; L is at least 8."""
    return {
        "window": window(6),
        "causal window": window(5, causal=True),
        "dilated": window(4, dilation=3),
        "causal dilated": window(3, causal=True, dilation=4),
        "window and global": window(4) | global_tokens([0, 7]),
        "causal window and global": window(3, causal=True) | global_tokens([0, 2], causal=True),
        "strided, near": strided(4)[0],
        "strided, far": strided(4)[1],
        "fixed, near": fixed(4)[0],
        "fixed, far": fixed(4, 2)[1],
        "bigbird": bigbird(L, 4, random=2),
    }


def cases() -> dict[str, Callable[[str], Sequence[Tensor]]]:
    """Name -> a function of the device that returns the tensors to compare."""
    found = {name: partial(everything, pattern) for name, pattern in patterns().items()}
    return found | {name: partial(layer, make) for name, make in layers().items()}


def layers() -> dict[str, Callable[[], nn.Module]]:
    """One compressed or chunked layer of each kind, of width 8."""
    return {
        "Linformer": lambda: LinformerAttention(8, 2, Projections(LENGTH, 5)),
        "GAU": lambda: GAU(8, s=6),
        "FLASH": lambda: GAU(8, s=6, chunk=16),
        "MEGA": lambda: MegaAttention(8, h=4, s=6),
        "MEGA-chunk": lambda: MegaAttention(8, h=4, s=6, chunk=16),
    }


def layer(make: Callable[[], nn.Module], device: str) -> list[Tensor]:
    """Output, and gradients of input and parameters, of a layer with weights from one seed."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        made, x = make().double(), torch.randn(2, LENGTH, 8).double()
    made, x = made.to(device), x.to(device).requires_grad_()
    y = made(x)
    y = y[0] if isinstance(y, tuple) else y
    return [y, *torch.autograd.grad(y.cos().sum(), [x, *made.parameters()])]


def everything(pattern: Pattern, device: str) -> list[Tensor]:
    """Output and gradients."""
    g = torch.Generator().manual_seed(0)
    leaves = [torch.randn(2, 3, LENGTH, 8, generator=g).double().to(device).requires_grad_() for _ in range(3)]
    o = attend(*leaves, pattern)
    return [o, *torch.autograd.grad(o.cos().sum(), leaves)]
