"""What is wrong with a reply to the public cases, in one sentence, without knowing the exercise.

The most specific question comes first, and its answer is the diagnosis:

    numbers     what is special in the inputs where nan or infinity comes out?
    exchanged   is it the answer to the same question with two arguments exchanged?
    relations   is what was returned simply related to what is expected?
    undone      is the answer right for other arguments, such as e to the `r` in place of `r`?
    dependence  does the answer ignore an input, look ahead, mix what is separate, or draw random numbers?
    partly      is it a known misconception in some cases, or in one output, and something else besides?
    trace       how far does it get: which value on the way is the first that is off?
    places      is most of it right, or nearly right?

Last it says which outputs are right, if some are.

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
from . import dependence, numbers, trace, undone
from .agreement import Said, plain_factor, shared
from .partly import in_cases, partly
from .relations import LEAST, every_place, relations, where_is

SECONDS = 1.5  # of the processor for one diagnosis: a student waits for it
NEARLY = 0.03  # of an output's size: an answer that is off by less is nearly right
ROUNDING = 1e-6  # of the largest number: what float32 loses
RUNS = 3  # cases in which it is looked at what an answer computes on its way
EVIDENCE = 5  # different numbers that must agree before a relation is said


def diagnose(exercise: Exercise, answer: Callable, public: PublicCases, replies: Sequence[Reply]) -> str:
    """One sentence on what is wrong with replies to all public cases, or "" where nothing simple is."""
    if any(reply.error or reply.changed for reply in replies):
        return ""
    about = [wrong(reply, case.expected, exercise.tolerance)[1] for case, reply in zip(public.cases, replies)]
    comparable = all(map(_comparable, replies, public.cases))
    questions = (_exchanged_outputs, _related)
    if comparable:  # otherwise the kind or the shape is what there is to say
        slow = (_for_others, _random, _dependent, _partly, _on_the_way)
        places = (_no_numbers, _placed, _nearly, _without_gradient)
        questions = (_no_numbers_alone, _exchanged_arguments, *questions, *slow, *places)
    end = time.process_time() + SECONDS
    found = ""
    for question in questions:
        if question in QUICK or time.process_time() <= end:
            found = next(question(exercise, answer, public, replies, about), "")
        if found:
            break
    right = next(_right_ones(exercise, answer, public, replies, about), "") if comparable else ""
    return " ".join(filter(None, (found, right)))


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


def _no_numbers_alone(exercise, answer, public, replies, about) -> Iterator[str]:
    """Where an output is nan or infinite, if it is right everywhere else."""
    for name in dict.fromkeys(filter(None, about)):
        if all(_right_where_finite(exercise, case, reply, name) for case, reply in zip(public.cases, replies)):
            yield from _no_numbers(exercise, answer, public, replies, [name])


def _no_numbers(exercise, answer, public, replies, about) -> Iterator[str]:
    for name in dict.fromkeys(filter(None, about)):
        yield from numbers.not_numbers(name, public.cases, [reply.outputs.get(name) for reply in replies])


def _right_where_finite(exercise: Exercise, case: Case, reply: Reply, name: str) -> bool:
    got, want = _tensor(reply.outputs.get(name)), _tensor(case.expected.get(name))
    if got is None or want is None or got.shape != want.shape:
        return False
    finite = got.isfinite() & want.isfinite()
    return _near(got[finite], want[finite], exercise.tolerance * scales(case.expected)[name])


def _for_others(exercise, answer, public, replies, about) -> Iterator[str]:
    if any(name and not is_gradient(name) for name in about):
        yield from undone.for_others(exercise, answer, public.cases, replies)


def _random(exercise, answer, public, replies, about) -> Iterator[str]:
    drawn = trace.drawn(exercise, answer, public.cases[0].inputs)
    if drawn:
        yield f"Your answer draws random numbers on its way (`{drawn}`), and here nothing depends on chance."


def _partly(exercise, answer, public, replies, about) -> Iterator[str]:
    yield from partly(exercise, public, replies)


def _nearly(exercise, answer, public, replies, about) -> Iterator[str]:
    """A rounded constant or something small that is added: no entry is off by much, in any case."""
    names = set(filter(None, about))
    if len(names) != 1 or is_gradient(name := names.pop()):
        return
    most = 0.0
    for case, reply in zip(public.cases, replies):
        got, want = reply.outputs.get(name), case.expected.get(name)
        if not isinstance(want, Tensor) or not want.is_floating_point() or torch.equal(want, want.round()):
            return
        size = want.double().square().mean().sqrt().item()
        most = max(most, ((got.double() - want.double()).abs().max() / size).item() if size else torch.inf)
    if 0 < most <= NEARLY:
        yield (
            f"`{name}` is nearly right: no entry is off by more than {100 * most:.2g} % of their size. Look for a "
            "constant that is rounded, or something small that is added, cut off or approximated."
        )


def _without_gradient(exercise, answer, public, replies, about) -> Iterator[str]:
    """Rows of an input that get no gradient though they should, or the reverse, where the values are right."""
    names = set(filter(None, about))
    if not names or not all(map(is_gradient, names)):
        return
    for case, reply, name in zip(public.cases, replies, about):
        got, want = reply.outputs.get(name), case.expected.get(name)
        if not isinstance(got, Tensor) or not isinstance(want, Tensor) or got.shape != want.shape:
            continue
        lacking, surplus = ((a == 0) & (b != 0) for a, b in ((got, want), (want, got)))
        of = name.removeprefix("gradient of ")
        for off, says in ((lacking, "no gradient reaches"), (surplus, "a gradient reaches")):
            where = "" if not off.any() else "any entry" if off.all() else where_is(off)
            if where:
                should = "though one should" if off is lacking else "where none should"
                yield f"In the case “{case.title}” {says} {where} of `{of}`, {should}."
                return


def _right_ones(exercise, answer, public, replies, about) -> Iterator[str]:
    """Which outputs are right in every case, if there are others."""
    names = [name for name in public.cases[0].expected if all(name in case.expected for case in public.cases)]
    values = [name for name in names if not is_gradient(name)]
    right = [name for name in values if all(_is_right(exercise, c, r, name) for c, r in zip(public.cases, replies))]
    listed = lambda names: " and ".join(f"`{name}`" for name in names[:3])
    off = list(dict.fromkeys(filter(None, about)))
    if right == values and all(is_gradient(name) for name in off) and all(off[0] in r.outputs for r in replies):
        yield f"All values are right; what is not is the {off[0]}."
    told = [name for name in right if _varies(public.cases, name)]
    wrong_ones = [name for name in values if name not in right]
    flags = all(_is_flag(case.expected[name]) for case in public.cases for name in wrong_ones)  # told by their names
    if told and wrong_ones and not flags:
        yield f"{listed(told)} {'is' if len(told) == 1 else 'are'} right in every case; {listed(wrong_ones)} not."


def _is_right(exercise: Exercise, case: Case, reply: Reply, name: str) -> bool:
    one = {name: case.expected[name]}
    units = {name: scales(case.expected)[name]}
    got, want = reply.outputs.get(name), case.expected[name]
    if isinstance(want, Tensor) and want.is_floating_point():
        same_form = isinstance(got, Tensor) and got.shape == want.shape
        return same_form and _near(got.double(), want.double(), exercise.tolerance * units[name])
    return not wrong(Reply({name: got} if name in reply.outputs else {}), one, exercise.tolerance)[0]


def _is_flag(x: Value) -> bool:
    return isinstance(x, Tensor) and x.dtype == torch.bool and not x.dim()


def _varies(cases: Sequence[Case], name: str) -> bool:
    """Whether an output has more to tell than yes or no, or a size."""
    if all(isinstance(case.expected[name], Tensor) and case.expected[name].numel() == 1 for case in cases):
        return any(case.expected[name].is_floating_point() for case in cases)
    found = [_tensor(case.expected[name]) for case in cases]
    if any(x is None for x in found):
        return True
    return torch.cat([x.flatten() for x in found]).unique().numel() > 2


def _dependent(exercise, answer, public, replies, about) -> Iterator[str]:
    inputs = [case.inputs for case in public.cases]
    yield from dependence.complaints(exercise, answer, inputs, replies, public.traits)


def _on_the_way(exercise, answer, public, replies, about) -> Iterator[str]:
    failed = [(case, name) for case, name in zip(public.cases, about) if name and not is_gradient(name)]
    if not failed:
        return
    failed.sort(key=lambda pair: -_size(pair[0].expected[pair[1]]))  # small ones agree by chance
    near = lambda x, y: _near(x, y, exercise.tolerance * max(y.abs().square().mean().sqrt().item(), 1e-6))
    runs = [(trace.computed(exercise, answer, case.inputs), case.stages, near) for case, _ in failed[:RUNS]]
    case, name = failed[0]
    want = case.expected[name]
    there = isinstance(want, Tensor) and want.is_floating_point() and want.numel() > LEAST
    real = [x for x in runs[0][0] if not x.is_complex() and x.shape == want.shape] if there else []
    if any(near(x.double(), want.double()) for x in real):
        yield f"Your code computes what is expected of `{name}`, and then returns something else."
    yield from trace.progress(runs, case.follow)


def _size(x: Value) -> int:
    return x.numel() if isinstance(x, Tensor) else 0


def _placed(exercise, answer, public, replies, about) -> Iterator[str]:
    found, said, titles = set(), [], []
    for case, reply, name in zip(public.cases, replies, about):
        x, y = reply.outputs.get(name), case.expected.get(name)
        if isinstance(x, Tensor) and isinstance(y, Tensor) and x.shape == y.shape and y.numel() > 1:
            allowed = exercise.tolerance * scales(case.expected)[name]
            off = ((x.double() - y.double()).abs() > allowed).nan_to_num(1).bool()
            found.add(name)
            said.append(Said(list(every_place(off)), off.shape, numbers=_numbers(exercise, case)))
            titles.append(case.title)
    phrase, _ = shared(said) if len(found) == 1 else ("", [])
    if phrase:  # where the other cases are right, a place is that of one case, not a rule
        name = found.pop()
        where = in_cases(titles) if len(titles) < sum(name in case.expected for case in public.cases) else ""
        yield f"{where}{', ' * bool(where)}`{name}` is wrong {phrase}."
    for name in dict.fromkeys(filter(None, about)):
        yield from numbers.only_in(name, public.cases, [reply.outputs.get(name) for reply in replies])


def _numbers(exercise: Exercise, case: Case) -> dict[str, int]:
    """The whole numbers among the arguments; a case holds them as tensors."""
    given = {f"`{name}`": case.inputs[name] for name in exercise.parameters if name in case.inputs}
    whole = lambda x: type(x) is int or (isinstance(x, Tensor) and not x.dim() and x.dtype == torch.int64)
    return {name: int(x) for name, x in given.items() if whole(x)}


# What takes no time is asked even when the time is over.
QUICK = {
    *(_no_numbers_alone, _no_numbers, _exchanged_arguments, _exchanged_outputs, _related),
    *(_partly, _placed, _nearly, _without_gradient),
}
