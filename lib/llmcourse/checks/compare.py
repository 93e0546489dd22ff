"""Is a reply right? Cheap questions come before the values: kind, shape, dtype, nan, changes in place, gradient.

Every question has two answers: what a student is told of a public case, and of a private one. The second repeats
nothing that was put in, expected or returned, since an answer may return its inputs: it names the output and counts.
"""

import dataclasses
import functools
import itertools

import torch
from torch import Tensor

from .answer import Reply
from .differences import (
    apart,
    count,
    finite_numbers,
    first_place,
    has_moved,
    of_another_kind,
    of_another_size,
    root_mean_square,
    sentence,
)
from .values import Value, Values

FLOOR = 0.1  # an output far smaller than the case's largest is judged on the scale of that: it may be zero in theory
UNCHANGED = {  # kind of an argument -> how not to change it
    list: "Write `x = x + [y]` instead of `x.append(y)`, or `sorted(x)` instead of `x.sort()`.",
    dict: "Write `x = {**x, key: y}` instead of `x[key] = y`.",
    set: "Write `x = x | {y}` instead of `x.add(y)`.",
    type(None): "Work on a copy: `x = list(x)`; `copy.deepcopy(x)` copies what is inside as well.",  # of unknown kind
}


def scales(expected: Values) -> dict[str, float]:
    """The unit in which each output's errors are measured: the root mean square of its floats, but at least FLOOR
    times the largest in the case (1 if all are zero)."""
    size, floating = {}, []
    for name, x in expected.items():
        if isinstance(x, Tensor):
            size[name] = x.double().square().mean().sqrt().item() if x.numel() else 0.0
            floating += [size[name]] if x.is_floating_point() else []
        else:
            found = root_mean_square(x)
            size[name] = found or 0.0
            floating += [] if found is None else [found]
    floor = FLOOR * max(floating, default=0.0)
    return {name: max(s, floor) or 1.0 for name, s in size.items()}


def wrong(
    reply: Reply, expected: Values, tolerance: float, inputs: Values | None = None, show: bool = True
) -> tuple[str, str]:
    """What is wrong with the reply, and the name of the output concerned: ("", "") if all is right.

    `inputs` are those of the case, and None for a parameter that the probe makes of them: how to leave an argument
    unchanged depends on its kind. Without `show` the sentence
    contains nothing of the inputs, of what was expected, or of the reply: only what kind of thing is wrong, and how
    many entries of how many.
    """
    if reply.error:
        return reply.message, ""
    reply, units = _with_zero_gradients(reply, expected), scales(expected)
    changed = functools.partial(_changed, inputs or {})
    questions = (_missing, _kind, _shape, _dtype, _finite, changed, _value)
    # Outputs in the order of the task. Gradients come last, since a wrong value explains its wrong gradient.
    for names, asked in ((_outputs(expected), questions), (_gradients(expected), (_gradient, *questions))):
        for question, name in itertools.product(asked, names):
            if why := question(name, reply, expected[name], tolerance * units[name]):
                told, private = why
                return told if show else private, name
    return "", ""


def is_gradient(name: str) -> bool:
    return name.startswith("gradient of ")


def without_gradients(reply: Reply) -> Reply:
    """Only what the answer returned."""
    return Reply({name: x for name, x in reply.outputs.items() if not is_gradient(name)})


def _with_zero_gradients(reply: Reply, expected: Values) -> Reply:
    """An answer may leave out an input on which nothing depends: its gradient is none, and rightly zero."""
    zeros = {name: x for name, x in expected.items() if is_gradient(name) and not x.any()}
    return dataclasses.replace(reply, outputs={**zeros, **reply.outputs})


def _outputs(expected: Values) -> list[str]:
    return [name for name in expected if not is_gradient(name)]


def _gradients(expected: Values) -> list[str]:
    return [name for name in expected if is_gradient(name)]


# Each question returns None, or the sentence for a public case and the one for a private case.


def _both(sentence: str) -> tuple[str, str]:
    return sentence, sentence


def _missing(name, reply, want, allowed):
    if name not in reply.outputs and not is_gradient(name):
        return _both(f"The output {name} is missing.")


def _kind(name, reply, want, allowed):
    got, private = reply.outputs.get(name, want), f"{name} is not of the kind that is expected."
    if not isinstance(want, Tensor):
        told = of_another_kind(name, got, want)
        return (told, private) if told else None
    if not isinstance(got, Tensor):
        return f"{name} should be a tensor; it is {type(got).__name__}.", private


def _shape(name, reply, want, allowed):
    if not isinstance(want, Tensor):
        told = of_another_size(name, reply.outputs[name], want)
        return (told, f"{name} does not have as many entries as expected, or has others.") if told else None
    if name in reply.outputs and reply.outputs[name].shape != want.shape:
        got = tuple(reply.outputs[name].shape)
        return f"The shape of {name} is {got}; expected {tuple(want.shape)}.", f"The shape of {name} is not right."


def _dtype(name, reply, want, allowed):
    if isinstance(want, Tensor) and name in reply.outputs and reply.outputs[name].dtype != want.dtype:
        like = ", like the inputs" if want.is_floating_point() else ""
        expected = f"expected {want.dtype}{like}."
        told = f"The dtype of {name} is {reply.outputs[name].dtype}; {expected}"
        return told, f"The dtype of {name} is not right: {expected}"


def _finite(name, reply, want, allowed):
    if not isinstance(want, Tensor) or name not in reply.outputs or not want.is_floating_point():
        return None
    bad = ~reply.outputs[name].isfinite() & want.isfinite()
    if bad.any():
        return _both(f"{int(bad.sum())} of {bad.numel()} entries of {name} are nan or infinite.")


def _changed(inputs, name, reply, want, allowed):
    if reply.changed:
        name = next((name for name in reply.changed if name in inputs), "")  # a forged reply may name anything
        which = f"the argument {name}" if name else "an argument"
        return _both(f"Your code changes {which} in place. {_instead(inputs.get(name))}")


def _instead(x: Value) -> str:
    """A sentence: what to write so that the argument x stays as it is."""
    advice = UNCHANGED.get(type(x), "Write `x = x + y` instead of `x += y`, or work on a copy: `x = x.clone()`.")
    inside = x.values() if isinstance(x, dict) else x if isinstance(x, list | tuple) else ()
    if any(isinstance(y, list | tuple | dict | set | Tensor) for y in inside):
        advice = "Work on a copy; `copy.deepcopy(x)` copies what is inside as well."
    return advice


def _gradient(name, reply, want, allowed):
    if is_gradient(name) and name not in reply.outputs:
        return _both(
            f"There is no {name}: something on the way cuts the graph (`.detach()`, `.item()`, `.numpy()`, "
            "`torch.tensor(...)`, `torch.no_grad()`)."
        )


def _value(name, reply, want, allowed):
    got = reply.outputs[name]
    found = first_place(got, want, allowed)
    if not found:
        return None
    different, entries = count(got, want, allowed)
    counted = f"{different} of {entries} entries of {name} differ"
    private = f"{counted}." if entries > 1 else f"{name} is not right."
    if not isinstance(want, Tensor):
        private = f"{name} has the right entries in the wrong order." if has_moved(got, want, found) else private
        return sentence(name, got, want, found), private
    if not want.is_floating_point():
        return f"{name}: {_plain(got)}; expected: {_plain(want)}.", private
    return f"{counted}, the largest by {(got.double() - want.double()).abs().max():.3g}.", private


def _plain(x: Tensor):
    return (
        {True: "yes", False: "no"}.get(x.tolist(), x.tolist()) if x.dtype == torch.bool and x.dim() == 0 else x.tolist()
    )


def same(a: Reply, b: Reply, expected: Values, tolerance: float) -> bool:
    """Whether two replies are the same, up to the tolerance."""
    return distance(a, b, expected) <= tolerance


def distance(a: Reply, b: Reply, expected: Values) -> float:
    """How far apart two replies are: infinite if they differ in kind, else the largest error of an output.

    In units of what was expected, or of the replies where they are larger: rounding errors grow with the numbers.
    """
    if a.error or b.error:
        return 0.0 if a.error == b.error else torch.inf
    if a.changed != b.changed or a.outputs.keys() != b.outputs.keys():
        return torch.inf
    units, largest = scales(expected), 0.0
    for name, x in a.outputs.items():
        largest = max(largest, _distance(x, b.outputs[name], units.get(name, 1.0)))
    return largest


def _distance(x: Value, y: Value, unit: float) -> float:
    """How far apart two outputs are, in this unit or in their own if that is larger."""
    if not isinstance(x, Tensor) or not isinstance(y, Tensor):
        off = apart(x, y)
        return off / max(root_mean_square(x) or 0.0, root_mean_square(y) or 0.0, unit) if 0 < off < torch.inf else off
    if x.shape != y.shape:
        return torch.inf
    if not x.numel():
        return 0.0
    x, y = finite_numbers(x), finite_numbers(y)
    size = max(z.square().mean().sqrt().item() for z in (x, y))
    return (x - y).abs().max().item() / max(size, unit)
