"""Is a reply right? The cheap questions come before the values: shape, dtype, nan, in place, gradient."""

import torch
from torch import Tensor

from .answer import Reply
from .exercise import Tensors

FLOOR = 0.1  # an output far smaller than the case's largest is judged on that one's scale: it may be zero in theory


def scales(expected: Tensors) -> dict[str, float]:
    """The unit in which errors of each output are measured: its root mean square, but no less than FLOOR of the
    largest in the case (1 where all are zero)."""
    size = {k: x.double().square().mean().sqrt().item() if x.numel() else 0.0 for k, x in expected.items()}
    floating = [s for k, s in size.items() if expected[k].is_floating_point()]
    floor = FLOOR * max(floating, default=0.0)
    return {name: max(s, floor) or 1.0 for name, s in size.items()}


def wrong(reply: Reply, expected: Tensors, tolerance: float) -> tuple[str, str]:
    """What is wrong with the reply, and the name of the output it is about: ("", "") when all is right."""
    if reply.error:
        return reply.message, ""
    units = scales(expected)
    for question in (_missing, _shape, _dtype, _finite, _changed, _gradient, _value):
        # A wrong value explains its wrong gradient. By name: tensors come out of a file in any order.
        for name in sorted(expected, key=lambda name: (_is_gradient(name), name)):
            want = expected[name]
            said = question(name, reply, want, tolerance * units[name])
            if said:
                return said, name
    return "", ""


def _is_gradient(name: str) -> bool:
    return name.startswith("gradient of ")


def _missing(name, reply, want, allowed):
    if name not in reply.outputs and not _is_gradient(name):
        return f"The output {name} is missing."


def _shape(name, reply, want, allowed):
    if name in reply.outputs and reply.outputs[name].shape != want.shape:
        return f"The shape of {name} is {tuple(reply.outputs[name].shape)}; expected {tuple(want.shape)}."


def _dtype(name, reply, want, allowed):
    if name in reply.outputs and reply.outputs[name].dtype != want.dtype:
        return f"The dtype of {name} is {reply.outputs[name].dtype}; expected {want.dtype}, as the inputs have."


def _finite(name, reply, want, allowed):
    if name not in reply.outputs or not want.is_floating_point():
        return None
    bad = ~reply.outputs[name].isfinite() & want.isfinite()
    if bad.any():
        return f"{int(bad.sum())} of {bad.numel()} entries of {name} are nan or infinite."


def _changed(name, reply, want, allowed):
    if reply.changed:
        return f"Your code changes the argument {reply.changed[0]} in place: write `x = x + y` in place of `x += y`."


def _gradient(name, reply, want, allowed):
    if _is_gradient(name) and name not in reply.outputs:
        return (
            f"No {name} comes back: something on the way cuts the graph (`.detach()`, `.item()`, `.numpy()`, "
            "`torch.tensor(...)`, `torch.no_grad()`)."
        )


def _value(name, reply, want, allowed):
    got = reply.outputs[name]
    if not want.is_floating_point():
        return None if torch.equal(got, want) else f"{name}: {_plain(got)}; expected: {_plain(want)}."
    off = (got.double() - want.double()).abs()
    if (off > allowed).any():
        return (
            f"{int((off > allowed).sum())} of {want.numel()} entries of {name} differ, the largest by {off.max():.3g}."
        )


def _plain(x: Tensor):
    return (
        {True: "yes", False: "no"}.get(x.tolist(), x.tolist()) if x.dtype == torch.bool and x.dim() == 0 else x.tolist()
    )


def same(a: Reply, b: Reply, expected: Tensors, tolerance: float) -> bool:
    """Do two replies say the same, up to the tolerance?"""
    return distance(a, b, expected) <= tolerance


def distance(a: Reply, b: Reply, expected: Tensors) -> float:
    """How far two replies are apart: infinite when they differ in kind, else the largest error of an output.

    In units of what was expected, or of the replies where they are larger: rounding grows with the numbers.
    """
    if a.error or b.error:
        return 0.0 if a.error == b.error else torch.inf
    if a.changed != b.changed or a.outputs.keys() != b.outputs.keys():
        return torch.inf
    units, largest = scales(expected), 0.0
    for name, x in a.outputs.items():
        y = b.outputs[name]
        if x.shape != y.shape:
            return torch.inf
        if x.numel():
            x, y = _finite_numbers(x), _finite_numbers(y)
            size = max(z.square().mean().sqrt().item() for z in (x, y))
            largest = max(largest, (x - y).abs().max().item() / max(size, units.get(name, 1.0)))
    return largest


def _finite_numbers(x: Tensor) -> Tensor:
    return torch.nan_to_num(x.double(), nan=1e30, posinf=1e30, neginf=-1e30)
