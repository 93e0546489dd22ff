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
from ..values import Values

MOST = 2_000  # tensors that are kept
ENTRIES = 20_000  # of a tensor that is kept

Near = Callable[[Tensor, Tensor], bool]


class Recorder(Watch):
    """Keeps a copy of every tensor of floats that is created in the block."""

    def __init__(self):
        super().__init__()
        self.tensors: list[Tensor] = []
        self.made: list[Tensor] = []  # those that are no views: of the arguments, for example

    def saw(self, function, args, tensors):
        for x in tensors:
            if x.is_floating_point() and x.numel() <= ENTRIES and len(self.tensors) < MOST:
                self.tensors.append(x.detach().clone())
                self.made += [] if _shares(x, args) else self.tensors[-1:]


def _shares(x: Tensor, args: tuple) -> bool:
    """Whether x is in the memory of an argument."""
    memory = x.untyped_storage().data_ptr()
    return any(isinstance(y, Tensor) and y.untyped_storage().data_ptr() == memory for y in args)


class Computed(list[Tensor]):
    """The tensors that an answer computes; `made` are those among them that are no views."""

    made: tuple[Tensor, ...] = ()


def computed(exercise: Exercise, answer: Callable, inputs: Values) -> Computed:
    """The tensors that an answer computes when it is called for the first time in a case."""
    found = Computed()

    def recorded(*arguments):
        with Recorder() as recorder:
            result = answer(*arguments)
        found.extend(recorder.tensors)
        found.made = tuple(recorder.made)
        return result

    run(exercise, at_first(answer, recorded), inputs)
    return found


class Drawn(Watch):
    """The name of the first operation in the block that draws random numbers."""

    name = ""

    def saw(self, function, args, tensors):
        if not self.name and torch.Tag.nondeterministic_seeded in getattr(function, "tags", ()):
            self.name = str(function).split(".")[1].strip("_")


def drawn(exercise: Exercise, answer: Callable, inputs: Values) -> str:
    """The operation of torch by which an answer draws random numbers at its first call in a case, or ""."""
    names = []

    def recorded(*arguments):
        with Drawn() as watch:
            result = answer(*arguments)
        names.append(watch.name)
        return result

    run(exercise, at_first(answer, recorded), inputs)
    return "".join(names[:1])


def holds(tensors: list[Tensor], want: Tensor, near: Near) -> bool:
    """Whether a value is among tensors, perhaps transposed, or with axes of length one added or taken away."""
    images = [want.double().squeeze()]
    images += [images[0].mT] if images[0].dim() > 1 else []
    return any(
        near(x.double().squeeze(), image)
        for x in tensors
        if x.numel() == want.numel()
        for image in images
        if x.squeeze().shape == image.shape
    )


def progress(runs: Sequence[tuple[Computed, Mapping[str, Tensor], Near]]) -> Iterator[str]:
    """How far an answer gets: a sentence, if the stages that it computes are the first ones.

    runs  what it computes in some cases, and what it should: a stage that comes out right in one may do so by accident
    """
    names = list(runs[0][1])
    there = [all(holds(tensors, stages[name], near) for tensors, stages, near in runs) for name in names]
    reached = sum(there)
    if there != sorted(there, reverse=True) or not names:
        return
    if reached < len(names) and not all(t and _tried(t, stages[names[reached]]) for t, stages, _ in runs):
        return
    if reached == len(names):
        yield f"Your code computes {names[-1]} as expected: look at what comes after that."
    elif reached:
        yield f"Your code computes {names[reached - 1]} as expected, and then not {names[reached]}: look there first."
    else:
        yield f"Your code does not compute {names[0]}, with which the answer begins: look there first."


def _tried(tensors: Computed, stage: Tensor) -> bool:
    """Whether a tensor of a stage's shape is computed before the result. What an answer computes with numbers, with
    arrays or entry by entry leaves none, and then nothing can be said of it."""
    shape, result = stage.squeeze().shape, tensors[-1]
    return any(x.squeeze().shape == shape and not x.equal(result) for x in tensors.made)
