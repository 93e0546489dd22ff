"""What an answer depends on, found by changing one input at a time.

The reference is asked the same questions when the public cases are written (`traits`), so that the answer is only
blamed for what the reference does not do: it need not use an input, or keep batch entries apart, where the reference
does not either.
"""

import functools
import itertools
from collections.abc import Callable, Iterator, Sequence

import torch
from torch import Tensor

from ..answer import Reply, at_first, run
from ..compare import is_gradient, without_gradients
from ..exercise import Exercise
from ..public_cases import Link, Traits
from ..values import Value, Values, on_tensors, tensors_in
from .relations import varied

GOLDEN = 0.6180339887498949
LONGEST = 64  # entries along an axis that are changed at most


def traits(exercise: Exercise, answer: Callable, cases: Sequence[Values]) -> Traits:
    """The traits of an answer: inputs that it uses in some case, and links that hold in every case that has them."""
    uses, found = {}, {}
    for inputs in cases:
        before = run(exercise, answer, inputs)
        uses |= {name: None for name in exercise.parameters if _used(exercise, answer, inputs, before, name)}
        for link in _links(_given(exercise, answer, inputs), before.outputs):
            if found.get(link) != "":
                found[link] = _kind(exercise, answer, inputs, before, link, found.get(link))
    of = lambda kind: tuple(link for link, its in found.items() if its == kind)
    return Traits(tuple(uses), of("causal"), of("separate"))


def complaints(
    exercise: Exercise, answer: Callable, cases: Sequence[Values], replies: Sequence[Reply], traits: Traits
) -> Iterator[str]:
    """What the answer depends on and should not, or does not depend on and should: one sentence each.

    replies  what it answers to the cases, without errors

    An input is unused if the answer ignores it in every case: in one alone it may not matter.
    """
    if not any(map(_varies, replies)):
        return
    if not all(same_outputs(before, run(exercise, answer, inputs)) for before, inputs in zip(replies, cases)):
        yield "Your answer changes from call to call with the same arguments: it keeps something between calls."
        return
    for name in traits.uses:
        if not any(_used(exercise, answer, inputs, before, name) for before, inputs in zip(replies, cases)):
            yield f"Your answer does not use `{name}`: it stays the same when `{name}` changes."
            return
    for kind, links in (("causal", traits.causal), ("separate", traits.separate)):
        for link in links:
            has_axis = -link.axis <= cases[0][link.input].dim()
            if has_axis and _breaks(exercise, answer, cases[0], replies[0], link, kind):
                yield _sentence(link, kind)
                return


def _varies(reply: Reply) -> bool:
    """Whether an output has different numbers in it: what is all nan, or all zero, hides what it depends on."""
    tensors = [x.double() for output in without_gradients(reply).outputs.values() for x in tensors_in(output)]
    return not tensors or any(varied(x) for x in tensors if x.numel() and x.isfinite().all())


def _used(exercise: Exercise, answer: Callable, inputs: Values, before: Reply, name: str) -> bool:
    """Whether the outputs change, or there are none, when this input does."""
    replies = (run(exercise, answer, inputs | {name: x}) for x in nudged(inputs.get(name)))
    return any(not same_outputs(before, after) for after in replies if not after.error)


def nudged(x: Value) -> list[Value]:
    """Other values of the same kind, and in the same domain: positive ones stay so, and shares stay below one."""
    match x:
        case bool():
            return [not x]
        case int():
            return [x + 1, x - 1]
        case float():
            return [x * 0.9]
        case Tensor():
            if not x.numel() or not x.dim():
                return [x * 0.9] if x.is_floating_point() else []
            return [_scaled(x) if x.is_floating_point() else x.flip(-1), _rolled(x)]
        case list() | tuple() if x and all(isinstance(y, int | str) for y in x):
            return [type(x)([*x[1:], x[0]])]
        case list() | tuple() | dict():
            return [on_tensors(lambda y: nudged(y)[0], _floats(x))]
    return []


def _floats(x: Value) -> Value:
    match x:
        case float():
            return x * 0.9
        case list() | tuple():
            return type(x)(map(_floats, x))
        case dict():
            return {k: _floats(y) for k, y in x.items()}
    return x


def _scaled(x: Tensor) -> Tensor:
    """Another factor for each entry: a common one may be divided out."""
    share = (torch.arange(1, x.numel() + 1, dtype=torch.float64) * GOLDEN) % 1
    factors = (0.9 - 0.2 * share).view(x.shape).to(x)
    return x * factors if x.any() else 0.1 * factors  # a state that begins with zeros


def _rolled(x: Tensor) -> Tensor:
    return ~x if x.dtype == torch.bool else x.flatten().roll(1).view(x.shape)


def _at(x: Tensor, axis: int, index: int) -> Tensor:
    """x with one slice nudged."""
    changed, slice_ = x.clone(), x.select(axis, index)
    changed.select(axis, index).copy_(slice_ * 0.7 + 0.1 * slice_.abs().mean())
    return changed


def same_outputs(a: Reply, b: Reply) -> bool:
    """Whether two replies have equal outputs; gradients do not count."""
    a, b = without_gradients(a), without_gradients(b)
    return all(name in b.outputs and _equal(x, b.outputs[name]) for name, x in a.outputs.items())


def _equal(x: Value, y: Value) -> bool:
    if isinstance(x, Tensor) and isinstance(y, Tensor):
        close = functools.partial(torch.allclose, rtol=1e-5, atol=1e-7, equal_nan=True)
        return x.shape == y.shape and x.dtype == y.dtype and close(x, y)
    return type(x) is type(y) and repr(x) == repr(y)


# ------------------------------------------------------------------ along axes


def _given(exercise: Exercise, answer: Callable, inputs: Values) -> Values:
    """The inputs that the answer is given as they are; a probe may take them apart, and then their axes are others."""
    calls: list[tuple] = []

    def recorded(*arguments):
        calls.append(arguments)
        return answer(*arguments)

    run(exercise, at_first(answer, recorded), inputs)
    seen = dict(zip(exercise.parameters, calls[0])) if calls else {}
    shape = lambda x: x.shape if isinstance(x, Tensor) else None
    return {name: x for name, x in inputs.items() if name in seen and shape(x) == shape(seen[name])}


def _links(inputs: Values, outputs: Values) -> Iterator[Link]:
    """Axes of an input and of an output that have the same length."""
    of = lambda values: {n: x for n, x in values.items() if isinstance(x, Tensor) and x.is_floating_point()}
    for (name, x), (output, y) in itertools.product(of(inputs).items(), of(outputs).items()):
        if is_gradient(output):
            continue
        for axis, to in itertools.product(range(-x.dim(), 0), range(-y.dim(), 0)):
            if 2 <= x.shape[axis] == y.shape[to] <= LONGEST:
                yield Link(name, axis, output, to)


def _kind(exercise, answer, inputs: Values, before: Reply, link: Link, so_far: str | None) -> str:
    """separate, causal or "": the strictest that holds here and for the cases before."""
    for kind in ("separate", "causal") if so_far is None else (so_far,):
        if _breaks(exercise, answer, inputs, before, link, kind) is False:
            return kind
    return ""


def _breaks(exercise, answer, inputs, before, link: Link, kind: str) -> bool | None:
    """Whether a change of one slice reaches outputs that it should not; None where nothing can be said."""
    x, length, reached = inputs[link.input], inputs[link.input].shape[link.axis], False
    for i in sorted({0, length // 2, length - 1}):
        after = run(exercise, answer, inputs | {link.input: _at(x, link.axis, i)})
        if after.error or link.output not in after.outputs:
            return None
        y, z = before.outputs.get(link.output), after.outputs[link.output]
        if not isinstance(y, Tensor) or y.dim() < -link.to or y.shape != z.shape or y.shape[link.to] != length:
            return None
        off = ~torch.isclose(y.double(), z.double(), rtol=1e-5, atol=1e-7, equal_nan=True)
        rows = off.movedim(link.to, 0).reshape(length, -1).any(1)
        if rows[:i].any() or (kind == "separate" and rows[i + 1 :].any()):
            return True
        reached |= bool(rows[i])
    return False if reached else None


def _sentence(link: Link, kind: str) -> str:
    name, axis, output, to = link
    if kind == "causal":
        where = f"`{output}` changes at earlier places along axis {to}"
        return f"Your answer looks ahead: {where} when `{name}` changes at a later place along axis {axis}."
    where = f"one entry of `{name}` along axis {axis} changes `{output}` at other entries of axis {to}"
    return f"Your answer mixes what is separate: {where}."
