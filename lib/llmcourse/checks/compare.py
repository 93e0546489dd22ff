"""Is a reply right? The cheap questions come before the values: shape, dtype, nan, in place, gradient."""

import torch
from torch import Tensor

from .answer import Reply
from .exercise import Tensors


def error(got: Tensor, want: Tensor) -> float:
    """Largest absolute difference in units of the root mean square of `want` (1 where that is zero)."""
    if want.numel() == 0:
        return 0.0
    got, want = got.double(), want.double()
    scale = want.square().mean().sqrt().item() or 1.0
    return torch.nan_to_num((got - want).abs(), nan=torch.inf).max().item() / scale


def wrong(reply: Reply, expected: Tensors, tolerance: float) -> tuple[str, str]:
    """What is wrong with the reply, and the name of the output it is about: ("", "") when all is right."""
    if reply.error:
        return reply.message, ""
    questions = (_missing, _shape, _dtype, _finite, _changed, _gradient, _value)
    for question in questions:
        for name, want in expected.items():
            said = question(name, reply, want, tolerance)
            if said:
                return said, name
    return "", ""


def _is_gradient(name: str) -> bool:
    return name.startswith("gradient of ")


def _missing(name, reply, want, tolerance):
    if name not in reply.outputs and not _is_gradient(name):
        return f"The output {name} is missing."


def _shape(name, reply, want, tolerance):
    if name in reply.outputs and reply.outputs[name].shape != want.shape:
        return f"The shape of {name} is {tuple(reply.outputs[name].shape)}; expected {tuple(want.shape)}."


def _dtype(name, reply, want, tolerance):
    if name in reply.outputs and reply.outputs[name].dtype != want.dtype:
        return f"The dtype of {name} is {reply.outputs[name].dtype}; expected {want.dtype}, as the inputs have."


def _finite(name, reply, want, tolerance):
    if name not in reply.outputs or not want.is_floating_point():
        return None
    bad = ~reply.outputs[name].isfinite() & want.isfinite()
    if bad.any():
        return f"{int(bad.sum())} of {bad.numel()} entries of {name} are nan or infinite."


def _changed(name, reply, want, tolerance):
    if reply.changed:
        return f"Your code changes the argument {reply.changed[0]} in place: write `x = x + y` in place of `x += y`."


def _gradient(name, reply, want, tolerance):
    if _is_gradient(name) and name not in reply.outputs:
        return (
            f"No {name} comes back: something on the way cuts the graph (`.detach()`, `.item()`, `.numpy()`, "
            "`torch.tensor(...)`, `torch.no_grad()`)."
        )


def _value(name, reply, want, tolerance):
    got = reply.outputs[name]
    if not want.is_floating_point():
        return None if torch.equal(got, want) else f"{name} is {got.tolist()}; expected {want.tolist()}."
    off = error(got, want)
    if off > tolerance:
        far = (got - want).abs() > tolerance * (want.double().square().mean().sqrt() or 1.0)
        return f"{int(far.sum())} of {want.numel()} entries of {name} differ, the largest by {_largest(got, want):.3g}."


def _largest(got, want):
    return (got - want).abs().max().item()


def same(a: Reply, b: Reply, expected: Tensors, tolerance: float) -> bool:
    """Do two replies say the same, up to the tolerance (in units of what was expected)?"""
    return distance(a, b, expected) <= tolerance


def distance(a: Reply, b: Reply, expected: Tensors) -> float:
    """How far two replies are apart: infinite when they differ in kind, else the largest error of an output."""
    if a.error or b.error:
        return 0.0 if a.error == b.error else torch.inf
    if a.changed != b.changed or a.outputs.keys() != b.outputs.keys():
        return torch.inf
    largest = 0.0
    for name, x in a.outputs.items():
        y = b.outputs[name]
        if x.shape != y.shape:
            return torch.inf
        if x.numel() == 0:
            continue
        scale = expected[name].double().square().mean().sqrt().item() if name in expected else 0.0
        off = (torch.nan_to_num(x.double(), nan=1e30) - torch.nan_to_num(y.double(), nan=1e30)).abs().max().item()
        largest = max(largest, off / (scale or 1.0))
    return largest
