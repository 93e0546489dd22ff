"""What is wrong with a reply to the public cases, in one sentence, without knowing the exercise.

The most specific question comes first, and its answer is the diagnosis:

    exchanged   is it the answer to the same question with two arguments exchanged?
    relations   is what was returned simply related to what is expected?
    dependence  does the answer ignore an input, look ahead, or mix what is separate?
    trace       how far does it get: which value on the way is the first that is off?
    places      is most of it right?

A misconception that an author has foreseen is recognised before any of these (check.recognise). Every sentence is true
of the reply; where nothing simple is, there is none.
"""

import functools
import time
from collections.abc import Callable, Iterator, Sequence

import torch
from torch import Tensor

from ..answer import Reply
from ..compare import is_gradient, same, scales, without_gradients, wrong
from ..exercise import Exercise
from ..public_cases import Case, PublicCases
from ..values import Value
from . import dependence, trace
from .agreement import Said, plain_factor, shared
from .relations import LEAST, every_place, relations

SECONDS = 1.5  # of the processor for one diagnosis: a student waits for it
ROUNDING = 1e-6  # of the largest number: what float32 loses
EVIDENCE = 5  # different numbers that must agree before a relation is said


def diagnose(exercise: Exercise, answer: Callable, public: PublicCases, replies: Sequence[Reply]) -> str:
    """One sentence on what is wrong with replies to all public cases, or "" where nothing simple is."""
    if any(reply.error or reply.changed for reply in replies):
        return ""
    about = [wrong(reply, case.expected, exercise.tolerance)[1] for case, reply in zip(public.cases, replies)]
    comparable = all(map(_comparable, replies, public.cases))
    questions = (_exchanged_outputs, _related)
    if comparable:  # otherwise the kind or the shape is what there is to say
        questions = (_exchanged_arguments, *questions, _dependent, _on_the_way, _placed)
    end = time.process_time() + SECONDS
    for question in questions:
        if time.process_time() > end:
            break
        for sentence in question(exercise, answer, public, replies, about):
            return sentence
    return ""


def _comparable(reply: Reply, case: Case) -> bool:
    """Whether all outputs are there, and of the kind, shape and dtype that is expected."""
    pairs = [(reply.outputs.get(name), x) for name, x in case.expected.items() if not is_gradient(name)]
    form = lambda x: (x.shape, x.dtype) if isinstance(x, Tensor) else None
    return all(isinstance(got, Tensor) == isinstance(want, Tensor) and form(got) == form(want) for got, want in pairs)


def _exchanged_arguments(exercise, answer, public: PublicCases, replies, about) -> Iterator[str]:
    for (a, b), theirs in public.exchanged.items():
        pairs = zip(replies, theirs, public.cases)
        if all(
            same(without_gradients(reply), other, case.expected, exercise.tolerance) for reply, other, case in pairs
        ):
            yield f"This is the answer with `{a}` and `{b}` exchanged."


def _exchanged_outputs(exercise, answer, public, replies, about) -> Iterator[str]:
    names = [name for name in public.cases[0].expected if not is_gradient(name)]
    for i, a in enumerate(names):
        for b in names[i + 1 :]:
            if all(_swapped(reply, case, a, b, exercise.tolerance) for reply, case in zip(replies, public.cases)):
                yield f"`{a}` and `{b}` are exchanged: what you return as one is expected as the other."


def _swapped(reply: Reply, case: Case, a: str, b: str, tolerance: float) -> bool:
    if not {a, b} <= reply.outputs.keys() or not {a, b} <= case.expected.keys():
        return False
    one, right = {a: reply.outputs[b], b: reply.outputs[a]}, {a: case.expected[a], b: case.expected[b]}
    exchanged = same(Reply(one), Reply(right), case.expected, tolerance)
    return exchanged and not same(Reply({a: right[a]}), Reply({a: right[b]}), case.expected, tolerance)


def _related(exercise, answer, public, replies, about) -> Iterator[str]:
    """A phrase that is true in every case that fails, if together they are too many numbers for a coincidence."""
    for name in dict.fromkeys(filter(None, about)):
        if is_gradient(name):
            continue
        pairs = _pairs(exercise, public.cases, replies, name)
        pairs = [pair for pair in pairs if pair[1].numel() >= LEAST or pair[0].shape != pair[1].shape]
        phrase, told = shared([_said(*pair) for pair in pairs])
        if phrase and sum(_told(want) for (_, want, *_), tells in zip(pairs, told) if tells) >= EVIDENCE:
            yield f"`{name}` is {phrase}."


def _said(got: Tensor, want: Tensor, near: Callable, sizes: dict[str, int] | None) -> Said:
    axes = () if sizes is None else want.shape
    return Said(list(relations(got, want, near, sizes)), axes, plain_factor(got, want, near))


def _told(x: Tensor) -> float:
    """How much a tensor can tell: its different numbers; whole ones are often equal by chance."""
    return x.unique().numel() * (0.5 if torch.equal(x, x.round()) else 1)


def _pairs(exercise, cases, replies, name: str) -> list[tuple[Tensor, Tensor, Callable, dict[str, int] | None]]:
    """What was returned under a name, what is expected, what counts as equal, and sizes, for each case that fails.

    One or two numbers say little alone, so those of all cases stand in one row, without sizes.
    """
    found, few = [], []
    for case, reply in zip(cases, replies):
        x, y = _tensor(reply.outputs.get(name)), _tensor(case.expected.get(name))
        if x is None or y is None:
            continue
        allowed = exercise.tolerance * scales(case.expected)[name]
        if x.shape == y.shape and y.numel() < LEAST:
            few.append((x.flatten(), y.flatten(), allowed))
        elif x.shape != y.shape or not _near(x, y, allowed):
            found.append((x, y, functools.partial(_near, allowed=allowed), _sizes(exercise, case)))
    if few:
        x, y = (torch.cat([pair[i] for pair in few]) for i in (0, 1))
        found.append((x, y, functools.partial(_near, allowed=max(pair[2] for pair in few)), None))
    return found


def _sizes(exercise: Exercise, case: Case) -> dict[str, int]:
    """What a forgotten factor may be made of: the whole numbers among the arguments, and the lengths of their axes."""
    given = {name: case.inputs[name] for name in exercise.parameters if name in case.inputs}
    numbers = {f"`{name}`": x for name, x in given.items() if type(x) is int}
    tensors = {name: x for name, x in given.items() if isinstance(x, Tensor)}
    return numbers | {f"`{n}.shape[{axis}]`": x.shape[axis] for n, x in tensors.items() for axis in range(-x.dim(), 0)}


def _tensor(x: Value) -> Tensor | None:
    """A value as a tensor of float64, if it holds nothing but numbers."""
    if isinstance(x, Tensor):
        return None if x.is_complex() else x.detach().double()
    try:
        return torch.tensor(x, dtype=torch.float64)
    except (TypeError, ValueError, RuntimeError):
        return None


def _near(x: Tensor, y: Tensor, allowed: float) -> bool:
    """Whether tensors of one shape are equal; much larger ones than expected may differ by more."""
    allowed = max(allowed, ROUNDING * y.abs().max().item()) if y.numel() and allowed else allowed
    return x.shape == y.shape and bool(((x - y).abs() <= allowed).all())


def _dependent(exercise, answer, public, replies, about) -> Iterator[str]:
    inputs = [case.inputs for case in public.cases]
    yield from dependence.complaints(exercise, answer, inputs, replies, public.traits)


def _on_the_way(exercise, answer, public, replies, about) -> Iterator[str]:
    failed = [(case, name) for case, name in zip(public.cases, about) if name and not is_gradient(name)]
    if not failed:
        return
    case, name = max(failed, key=lambda pair: _size(pair[0].expected[pair[1]]))  # small ones agree by chance
    tensors, want = trace.computed(exercise, answer, case.inputs), case.expected[name]
    near = lambda x, y: _near(x, y, exercise.tolerance * max(y.abs().square().mean().sqrt().item(), 1e-6))
    there = isinstance(want, Tensor) and want.is_floating_point() and want.numel() > LEAST
    real = [x for x in tensors if not x.is_complex() and x.shape == want.shape] if there else []
    if any(near(x.double(), want.double()) for x in real):
        yield f"Your code computes what is expected of `{name}`, and then returns something else."
    yield from trace.progress(tensors, case.stages, near, case.follow)


def _size(x: Value) -> int:
    return x.numel() if isinstance(x, Tensor) else 0


def _placed(exercise, answer, public, replies, about) -> Iterator[str]:
    found, said = set(), []
    for case, reply, name in zip(public.cases, replies, about):
        x, y = reply.outputs.get(name), case.expected.get(name)
        if isinstance(x, Tensor) and isinstance(y, Tensor) and x.shape == y.shape and y.numel() > 1:
            allowed = exercise.tolerance * scales(case.expected)[name]
            off = ((x.double() - y.double()).abs() > allowed).nan_to_num(1).bool()
            found.add(name)
            said.append(Said(list(every_place(off)), off.shape, numbers=_numbers(exercise, case)))
    phrase, _ = shared(said) if len(found) == 1 else ("", [])
    if phrase:
        yield f"`{found.pop()}` is wrong {phrase}."


def _numbers(exercise: Exercise, case: Case) -> dict[str, int]:
    """The whole numbers among the arguments; a case holds them as tensors."""
    given = {f"`{name}`": case.inputs[name] for name in exercise.parameters if name in case.inputs}
    whole = lambda x: type(x) is int or (isinstance(x, Tensor) and not x.dim() and x.dtype == torch.int64)
    return {name: int(x) for name, x in given.items() if whole(x)}
