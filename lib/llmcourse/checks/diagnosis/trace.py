"""What an answer computes on its way: the tensors that torch creates while it runs.

A long formula is wrong at one place. An exercise may name values that a right answer computes on its way, its stages;
the card then tells how far an answer gets, without a line of it being read.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence

import torch
from torch import Tensor

from ..answer import at_first, run
from ..exercise import Exercise
from ..probes import Watch
from ..values import Value, Values, tensors_in

MOST = 2_000  # tensors that are kept
ENTRIES = 20_000  # of a tensor that is kept

Near = Callable[[Tensor, Tensor], bool]


class Recorder(Watch):
    """Keeps a copy of every tensor of floats, or of complex numbers, that is created in the block.

    given  the tensors that the answer is called with
    """

    def __init__(self, given: Sequence[Tensor] = ()):
        super().__init__()
        self.given = {_memory(x) for x in given}
        self.tensors: list[Tensor] = []
        self.made: list[Tensor] = []  # those that are no views of what is given

    def saw(self, function, args, tensors):
        for x in tensors:
            if (x.is_floating_point() or x.is_complex()) and x.numel() <= ENTRIES and len(self.tensors) < MOST:
                self.tensors.append(x.detach().resolve_conj().clone())
                self.made += [] if _memory(x) in self.given else self.tensors[-1:]


def _memory(x: Tensor) -> int:
    return x.untyped_storage().data_ptr()


class Computed(list[Tensor]):
    """The tensors that an answer computes; `made` are those among them that are no views of its arguments."""

    made: tuple[Tensor, ...] = ()


def computed(exercise: Exercise, answer: Callable, inputs: Values) -> Computed:
    """The tensors that an answer computes when it is called for the first time in a case."""
    found = Computed()
    recorder = _watched(exercise, answer, inputs, lambda arguments: Recorder(tensors_in(list(arguments))))
    if recorder:
        found.extend(recorder.tensors)
        found.made = tuple(recorder.made)
    return found


def _watched(exercise: Exercise, answer: Callable, inputs: Values, watch: Callable[[tuple], Watch]) -> Watch | None:
    """What watched the answer's first call in a case, made from the arguments; None if it does not return from one."""
    watches = []

    def called(*arguments):
        with watch(arguments) as watching:
            result = answer(*arguments)
        watches.append(watching)
        return result

    run(exercise, at_first(answer, called), inputs)
    return next(iter(watches), None)


class Drawn(Watch):
    """The name of the first operation in the block that draws random numbers."""

    name = ""

    def saw(self, function, args, tensors):
        if not self.name and torch.Tag.nondeterministic_seeded in getattr(function, "tags", ()):
            self.name = str(function).split(".")[1].strip("_")


def drawn(exercise: Exercise, answer: Callable, inputs: Values) -> str:
    """The operation of torch by which an answer draws random numbers at its first call in a case, or ""."""
    watch = _watched(exercise, answer, inputs, lambda arguments: Drawn())
    return watch.name if watch else ""


def holds(tensors: list[Tensor], want: Value, near: Near) -> bool:
    """Whether a value is among tensors, perhaps transposed, or with axes of length one added or taken away.

    want  a tensor; or a list of tensors, any of which will do: `C * B` and `B`, where some never compute B alone
    """
    if not isinstance(want, Tensor):
        return any(holds(tensors, one, near) for one in want)
    images = [_wide(want).squeeze()]
    images += [images[0].mT] if images[0].dim() > 1 else []
    return any(
        near(_wide(x).squeeze(), image)
        for x in tensors
        if x.numel() == want.numel() and x.is_complex() == want.is_complex()
        for image in images
        if x.squeeze().shape == image.shape
    )


def _wide(x: Tensor) -> Tensor:
    return x.to(torch.complex128 if x.is_complex() else torch.float64)


Run = tuple[Computed, Values, Near]  # what an answer computes in a case, the stages of the case, what is near enough


def progress(runs: Sequence[Run], follow: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """How far an answer gets: a sentence, if the stages that it computes are the first ones, or all but one.

    runs    some cases: a stage that comes out right in one of them may do so by accident
    follow  stage -> the stages that are computed from it
    """
    names = list(runs[0][1])
    there = [all(holds(tensors, stages[name], near) for tensors, stages, near in runs) for name in names]
    reached = sum(there)
    if not names:
        return
    if there != sorted(there, reverse=True):
        yield from _gap(runs, there, follow)
        return
    if reached < len(names) and not _all_tried(runs, names[reached]):
        return
    if reached == len(names):
        yield f"Your code computes {names[-1]} as expected: look at what comes after that."
    elif reached:
        yield f"Your code computes {names[reached - 1]} as expected, and then not {names[reached]}: look there first."
    else:
        yield f"Your code does not compute {names[0]}, with which the answer begins: look there first."


def _gap(runs: Sequence[Run], there: Sequence[bool], follow: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """One stage is missing, and later ones are there. If one of these follows from it, it has been computed in another
    way, and is right."""
    names = list(runs[0][1])
    missing, last = names[there.index(False)], [name for name, found in zip(names, there) if found][-1]
    used = set(follow.get(missing, names)) & set(names)
    if sum(there) == len(names) - 1 and not used and _all_tried(runs, missing):
        yield f"Your code computes {last} as expected, and all before it but {missing}: look there first."


def _all_tried(runs: Sequence[Run], stage: str) -> bool:
    return all(tensors and _tried(tensors, stages[stage]) for tensors, stages, _ in runs)


def _tried(tensors: Computed, stage: Value) -> bool:
    """Whether a tensor of a stage's shape is computed before the result. What an answer computes with numbers, with
    arrays or entry by entry leaves none, and then nothing can be said of it."""
    result = tensors[-1]
    kinds = {(one.squeeze().shape, one.is_complex()) for one in tensors_in([stage])}
    return any((x.squeeze().shape, x.is_complex()) in kinds and not x.equal(result) for x in tensors.made)
