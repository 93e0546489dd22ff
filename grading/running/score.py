"""The score: replies to private cases, judged against the reference. None of this enters a student's process.

    cases(name, seed)           the private inputs, drawn for this seed
    judge(name, seed, replies)  points and the card, from what came back

The points are shared equally among the cases. An answer that equals a known misconception gets at most half of them,
however many cases the misconception happens to pass. Two kinds of cases count only together with another one: those
that a constant passes, such as zeros, and those whose inputs are the same for everybody, since a table would pass them.
"""

import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import torch
from llmcourse.checks import find
from llmcourse.checks.answer import Reply, run
from llmcourse.checks.card import Card
from llmcourse.checks.check import report
from llmcourse.checks.compare import wrong
from llmcourse.checks.exercise import Exercise, Tensors
from llmcourse.checks.public_cases import Case, Misconception
from llmcourse.checks.values import Value, on_tensors, save, tensors_in
from torch import Tensor

from ..exercises import private
from .seeds import generator

ALONE = (
    "These cases count together with another: zeros, ones, an argument or a table of the check would pass them, too."
)


@dataclass(frozen=True)
class Result:
    """What one answer has earned. `misconception` is the name of the recognised one, or ""."""

    points: float
    max_points: int
    card: Card
    misconception: str = ""

    @property
    def reason(self) -> str:
        """One sentence on why these are not all points, or "": the recognised mistake, else the first failed case."""
        failed = (f"{row.title}: {row.why}" for row in self.card.rows if row.status == "fail")
        return self.card.misconception or next(failed, self.card.diagnosis)

    @property
    def text(self) -> str:
        return str(self.card)

    @property
    def html(self) -> str:
        return self.card._repr_html_()


def cases(name: str, seed: int) -> dict[str, Tensors]:
    """Inputs of every private case of the exercise, by title: reproducible, and different for every seed."""
    makers = {**find(name)[1].cases, **private(name).cases}
    return {title: make(generator(name, title, seed)) for title, make in makers.items()}


def judge(name: str, seed: int, replies: Mapping[str, Reply]) -> Result:
    """Points and card for the replies to `cases(name, seed)`; a case without a reply counts as failed."""
    _, exercise = find(name)
    known = expected(name, seed)
    silent = Reply(error="silence", message="No answer came back.")
    card = report(exercise, known, misconceptions(name), [replies.get(c.title, silent) for c in known], show=False)
    found = next((m.name for m in misconceptions(name) if card.misconception == f"This equals {m.says}."), "")
    passed = [case for case, row in zip(known, card.rows) if row.status == "pass"]
    alone = 0 < len(passed) < len(known) and not any(carries(exercise, case, seed) for case in passed)
    points = 0.0 if alone else exercise.points * len(passed) / len(known)
    points = round(min(points, exercise.points / 2) if found else points, 2)
    of = f"{points:g} of {exercise.points} points"
    card = replace(card, points=of, warning=ALONE if alone else "")
    return Result(points, exercise.points, card, found)


def carries(exercise: Exercise, case: Case, seed: int) -> bool:
    """Whether the case counts by itself: nobody passes it who computes nothing."""
    return not is_fixed(exercise, case, seed) and not is_easy(exercise, case)


def is_fixed(exercise: Exercise, case: Case, seed: int) -> bool:
    """Whether the same is expected for another seed, be its inputs the same or only called otherwise: it may stand in a
    table."""
    another = solved(exercise, case.title, cases(exercise.name, seed + 1)[case.title])
    return save(case.expected) == save(another.expected)


def is_easy(exercise: Exercise, case: Case) -> bool:
    """Whether a constant passes the case."""
    replies = (run(exercise, constant, case.inputs) for constant in constants(exercise.name).values())
    return any(not wrong(reply, case.expected, exercise.tolerance)[0] for reply in replies)


def constants(name: str) -> dict[str, Callable]:
    """Answers that compute nothing, but return the right structure: filled with a number, or with an argument wherever
    one of its kind and shape is asked for."""
    right = private(name).reference
    numbers = {"zeros": 0.0, "ones": 1.0, "nan": torch.nan}
    found = {what: _filled(right, lambda x, given, value=value: _number(x, value)) for what, value in numbers.items()}
    for i, parameter in enumerate(find(name)[1].parameters):
        found[parameter] = _filled(right, lambda x, given, i=i: _fitting(x, given[i : i + 1]))
    return found


def _filled(right: Callable, fill: Callable[[Value, Sequence], Value]) -> Callable:
    def constant(*args, **more):
        return _each(right(*args, **more), lambda x: fill(x, (*args, *more.values())))

    return constant


def _each(x: Value, fill: Callable[[Value], Value]) -> Value:
    """x with every tensor, number and string in it replaced."""
    match x:
        case list() | tuple():
            return type(x)([_each(y, fill) for y in x])
        case dict():
            return {k: _each(y, fill) for k, y in x.items()}
    return fill(x)


def _number(x: Value, value: float) -> Value:
    """A number in the kind and shape of x; a tensor stays part of its graph, and so has gradients, which are zero."""
    whole = 0 if value != value else int(value)
    match x:
        case Tensor() if x.is_floating_point():
            return x.nan_to_num() * 0 + value
        case Tensor():
            return torch.full_like(x, whole)
        case bool() | int():
            return type(x)(whole)
        case float():
            return value
        case str() | set() | frozenset():
            return type(x)()
    return None


def _fitting(x: Value, given: Sequence) -> Value:
    """What is given, if it is of the kind and shape of x; else zero."""
    shape = lambda y: (y.shape, y.dtype) if isinstance(y, Tensor) else None
    return next((y for y in given if type(y) is type(x) and shape(y) == shape(x)), _number(x, 0.0))


@functools.lru_cache(maxsize=64)
def expected(name: str, seed: int) -> tuple[Case, ...]:
    """The private cases with what the reference, and every misconception, answers to them."""
    exercise = find(name)[1]
    return tuple(solved(exercise, title, inputs) for title, inputs in cases(name, seed).items())


def solved(exercise: Exercise, title: str, inputs: Tensors) -> Case:
    """A case with its expected outputs, computed in float64, and the replies of all misconceptions."""
    half = private(exercise.name)
    return Case(title, inputs, _exact(exercise, half.reference, inputs), _Misconceived(exercise, inputs))


class _Misconceived(Mapping):
    """Misconception -> its reply, computed on demand: a right answer is never compared with it."""

    def __init__(self, exercise: Exercise, inputs: Tensors):
        self.exercise, self.inputs, self.found = exercise, inputs, {}
        self.functions = {wrong.__name__: wrong for wrong in private(exercise.name).misconceptions}

    def __getitem__(self, name: str) -> Reply:
        if name not in self.found:
            self.found[name] = run(self.exercise, self.functions[name], self.inputs)
        return self.found[name]

    def __iter__(self):
        return iter(self.functions)

    def __len__(self) -> int:
        return len(self.functions)


def _exact(exercise: Exercise, reference: Callable, inputs: Tensors) -> Tensors:
    """The reference's outputs in float64, rounded to the dtypes that they have for the inputs as they are. Python's
    own floats are float64 already."""
    double = {k: on_tensors(_double, x) for k, x in inputs.items()}
    fine, dtypes = _outputs(exercise, reference, double), _dtypes(exercise, reference, inputs)
    return {k: _rounded(x, iter(dtypes.get(k, ()))) for k, x in fine.items()}


def _double(x: Tensor) -> Tensor:
    return x.double() if x.is_floating_point() else x


def _rounded(x: Value, dtypes: Iterator[torch.dtype]) -> Value:
    """Every tensor in x in its dtype. Rounding may change the length of a list: further tensors are float32."""
    return on_tensors(lambda y: y.to(next(dtypes, torch.float32 if y.is_floating_point() else y.dtype)), x)


def _dtypes(exercise: Exercise, reference: Callable, inputs: Tensors) -> dict[str, list[torch.dtype]]:
    """The dtypes of the tensors in each of the reference's outputs. The numbers in tensors don't change them, so they
    are found once for a whole class; other values may, such as one that sets the length of a list."""
    found = lambda: {k: [y.dtype for y in tensors_in(x)] for k, x in _outputs(exercise, reference, inputs).items()}
    if not all(isinstance(x, Tensor) for x in inputs.values()):
        return found()
    key = (exercise.name, reference, *((k, x.dtype, x.shape) for k, x in inputs.items()))
    if key not in _known_dtypes:
        _known_dtypes[key] = found()
    return _known_dtypes[key]


_known_dtypes: dict[tuple, dict[str, list[torch.dtype]]] = {}


def _outputs(exercise: Exercise, reference: Callable, inputs: Tensors) -> Tensors:
    """The outputs of the reference, which is not allowed to fail."""
    reply = run(exercise, reference, inputs)
    if reply.error:
        raise RuntimeError(f"the reference of {exercise.name} fails: {reply.message}")
    return reply.outputs


def misconceptions(name: str) -> tuple[Misconception, ...]:
    """The misconceptions of an exercise in words."""
    return tuple(wrong.misconception for wrong in private(name).misconceptions)
