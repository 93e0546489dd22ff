"""Is a wrong answer right for other arguments? Then it takes an argument for what that one is not.

An answer that is right when it is given e to the `r` in place of `r` takes `r` for a rating where it is a logarithm;
one that is right when `k` is larger by one counts one too few. What is said is true in every public case.
"""

import functools
import itertools
import time
from collections.abc import Callable, Iterator, Sequence

import torch
from torch import Tensor

from ..answer import Reply, run
from ..compare import scales, without_gradients, wrong
from ..exercise import Exercise
from ..public_cases import Case
from ..values import Value

SECONDS = 0.5  # of the processor

Change = Callable[[Value], Value]

FLOATS: dict[str, Change] = {
    "`{}.exp()`": torch.exp,
    "`{}.log()`": torch.log,
    "`-{}`": torch.neg,
    "`1 - {}`": lambda x: 1 - x,
    "`1 / {}`": lambda x: 1 / x,
    "`{}.square()`": torch.square,
    "`{}.sqrt()`": torch.sqrt,
    "`{}.abs()`": torch.abs,
}
TENSORS: dict[str, Change] = {"`{}.mT`": lambda x: x.mT, "`{}.flip(-1)`": lambda x: x.flip(-1)}
NUMBERS: dict[str, Change] = {
    "`-{}`": lambda x: -x,
    "`1 - {}`": lambda x: 1 - x,
    "`1 / {}`": lambda x: 1 / x,
    "`2 * {}`": lambda x: 2 * x,
    "`{} / 2`": lambda x: x / 2,
    "`{} ** 2`": lambda x: x**2,
    "`{} ** 0.5`": lambda x: x**0.5,
}
WHOLE: dict[str, Change] = {"`{} + 1`": lambda x: x + 1, "`{} - 1`": lambda x: x - 1}


def for_others(exercise: Exercise, answer: Callable, cases: Sequence[Case], replies: Sequence[Reply]) -> Iterator[str]:
    """Sentences on arguments with which the answer would be right in every case."""
    failed = [i for i, (c, r) in enumerate(zip(cases, replies)) if not _right(exercise, c, r)]
    order = sorted(range(len(cases)), key=lambda i: i not in failed)  # the first that is wrong rules out most
    end = time.process_time() + SECONDS
    for name in exercise.parameters if failed else ():
        if not all(name in case.inputs for case in cases):
            continue
        for words, change in _changes(cases[order[0]].inputs[name]).items():
            if time.process_time() > end:
                return
            if all(_right_with(exercise, answer, cases[i], name, change, i in failed) for i in order):
                given = f"Given {words.format(name)} in place of `{name}` your answer is right"
                yield f"{given}: look at how `{name}` enters."
        for axis, step in _axes(cases[order[0]].inputs[name]):
            if time.process_time() > end:
                return
            moved = (_right_inside(exercise, answer, cases[i], replies[i], name, axis, step) for i in order)
            told = list(itertools.takewhile(lambda x: x is not None, moved))
            if len(told) == len(order) and any(told):
                side = "before" if step < 0 else "after"
                where = "its only axis" if cases[0].inputs[name].dim() == 1 else f"axis {axis}"
                yield (
                    f"Your answer uses the entry of `{name}` {side} the one that is meant, along {where}: with "
                    f"`{name}` moved by one place it is right, but for the ends."
                )


def _changes(x: Value) -> dict[str, Change]:
    match x:
        case bool():
            return {}
        case int():
            return WHOLE
        case float():
            return NUMBERS
        case Tensor() if not x.dim():
            return NUMBERS if x.is_floating_point() else WHOLE
        case Tensor() if x.is_floating_point() and not x.is_complex():
            return FLOATS | (TENSORS if x.dim() > 1 else {"`{}.flip(-1)`": TENSORS["`{}.flip(-1)`"]})
        case Tensor() if x.dtype != torch.bool:
            return WHOLE | (TENSORS if x.dim() > 1 else {})
    return {}


def _right(exercise: Exercise, case: Case, reply: Reply) -> bool:
    """Whether the values are right; gradients do not count."""
    want = without_gradients(Reply(case.expected)).outputs
    return not wrong(without_gradients(reply) if not reply.error else reply, want, exercise.tolerance)[0]


def _right_with(exercise, answer, case: Case, name: str, change: Change, differs: bool) -> bool:
    """Whether the answer is right with one argument changed. `differs`: it is wrong without, so the change must be
    one."""
    x = case.inputs[name]
    try:
        y = change(x)
    except (ArithmeticError, RuntimeError, TypeError, ValueError):
        return False
    if isinstance(y, Tensor):
        if not y.isfinite().all() or (differs and y.shape == x.shape and torch.equal(y, x)):
            return False
    elif isinstance(y, complex) or (differs and y == x):
        return False
    return _right(exercise, case, run(exercise, answer, {**case.inputs, name: y}))


# ------------------------------------------------------------------ one place earlier or later


def _axes(x: Value) -> Iterator[tuple[int, int]]:
    if isinstance(x, Tensor):
        for axis in range(-min(x.dim(), 2), 0):
            yield from ((axis, -1), (axis, 1)) if x.shape[axis] >= 4 else ()


def _right_inside(exercise, answer, case: Case, before: Reply, name: str, axis: int, step: int) -> bool | None:
    """Whether it made a difference that the answer was given an input whose entries are moved by one place; None unless
    it is then right, but at both ends.

    step  -1: the answer uses entry t - 1 at place t, so entries move to the front
    """
    x = case.inputs[name]
    if not isinstance(x, Tensor) or x.dim() < -axis or x.shape[axis] < 4:
        return None
    n = x.shape[axis]
    rest, end = x.narrow(axis, int(step < 0), n - 1), x.narrow(axis, n - 1 if step < 0 else 0, 1)
    after = run(exercise, answer, {**case.inputs, name: torch.cat([rest, end] if step < 0 else [end, rest], axis)})
    if after.error or before.error:
        return None
    units, told = scales(case.expected), False
    for output, want in without_gradients(Reply(case.expected)).outputs.items():
        got, was = after.outputs.get(output), before.outputs.get(output)
        if not all(isinstance(y, Tensor) and not y.is_complex() for y in (got, was, want)):
            return None
        if not got.shape == was.shape == want.shape:
            return None
        to = [a for a in range(-want.dim(), 0) if want.shape[a] == n]
        if len(to) != 1:
            return None
        right = functools.partial(_right_between, exercise, want, units[output], to[0])
        if not right(got):
            return None
        told |= not right(was)
    return told


def _right_between(exercise: Exercise, want: Tensor, unit: float, axis: int, got: Tensor) -> bool:
    """Whether `got` is right, but at both ends of an axis."""
    off = (got.double() - want.double()).abs().narrow(axis, 1, want.shape[axis] - 2)
    return bool((off <= exercise.tolerance * unit).all())
