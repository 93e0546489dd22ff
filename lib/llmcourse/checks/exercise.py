"""What an exercise is. It is defined once; its notebook cells, feedback, score and tests are derived from that."""

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from torch import Generator

from ..course import MODULES
from .values import Values

Tensors = Values  # the name from when cases held nothing else
Maker = Callable[[Generator], Values]


@dataclass(frozen=True)
class Exercise:
    """The public half of an exercise; `grading/exercises` holds the private half under the same name.

    name        grade id, unique in the course, for example "linear-brackets"
    title       as the exercise block shows it
    answer      the name that the student defines
    parameters  what it is called with, in order
    points      full marks
    difficulty  1 (a warm-up) to 5
    minutes     what a student needs, roughly
    cases       what a case shows -> maker of its inputs from a generator: values (checks.values), whose tensors are
                float32 or integer. The answer works on a copy
    probe       (answer, inputs) -> outputs: how an answer is exercised; at most 50 ms. Outputs are values as well:
                lists equal tuples, 1 equals 1.0, and the order of a dict does not count. Where one of these matters,
                the probe adds an output that shows it, such as `list(answer)`
    hints       from nudge to near-solution, plain text with `code`
    gradients   the inputs, all of them tensors, through which a gradient must flow; it is compared as well
    tolerance   largest error allowed, in units of the root mean square of the floats in the expected output
                (compare.scales); everything but floats must be exact, and so must floats in sets and keys
    written     False until it is ready for students: its lab then has it among its drafts
    """

    name: str
    title: str
    answer: str
    parameters: tuple[str, ...]
    points: int
    difficulty: int
    minutes: int
    cases: Mapping[str, Maker]
    probe: Callable[[Callable, Values], Values]
    hints: tuple[str, ...]
    gradients: tuple[str, ...] = ()
    tolerance: float = 1e-4
    written: bool = True

    @property
    def call(self) -> str:
        """How the answer is called, as text: "linear_attention(phi_q, phi_k, v)"."""
        return f"{self.answer}({', '.join(self.parameters)})"

    @property
    def module(self) -> str:
        """The name of its two halves and of the file with its public cases: "linear_brackets"."""
        return _module(self.name)


def _module(name: str) -> str:
    return name.replace("-", "_")


@dataclass(frozen=True)
class Lab:
    """The exercises of one lab.

    slug       folder of the lab in `labs` and `solutions`, for example "08_linear_attention"
    title      as the course map shows it
    exercises  in the order of the notebook, those that are written
    open_task  points of the open task, marked by hand
    allow      topics of `llmcourse`, and installed packages, that answers may use besides torch, numpy and Python's
               own (checks.imports). All other topics are absent during grading
    deny       packages that hold an answer: absent during grading, from the whole notebook
    package    where its exercises and their public cases are: "llmcourse.checks.labs.linear_attention"
    drafts     exercises that are not written: found by their names, and neither released nor graded
    written    whether its module is
    """

    slug: str
    title: str
    exercises: tuple[Exercise, ...]
    open_task: int
    allow: tuple[str, ...] = ()
    deny: tuple[str, ...] = ()
    package: str = ""
    drafts: tuple[Exercise, ...] = ()
    written: bool = True

    @classmethod
    def of(
        cls,
        package: str,
        exercises: tuple[str, ...],
        open_task: int,
        allow: tuple[str, ...] = (),
        deny: tuple[str, ...] = (),
        slug: str = "",
        title: str = "",
    ) -> "Lab":
        """The lab in `package`, which has a module with `EXERCISE` for every name in `exercises`.

        Slug and title are those of the course's module with the package's name; a lab from outside the course gives
        its own.
        """
        written = True
        if not slug:
            module = next((m for m in MODULES if m.name == package.rpartition(".")[2]), None)
            if module is None:
                raise LookupError(f"The course has no module for {package}: pass the lab's slug and title.")
            slug, title, written = module.slug, title or module.title, module.written
        found = tuple(importlib.import_module(f"{package}.{_module(name)}").EXERCISE for name in exercises)
        if [e.name for e in found] != list(exercises):
            raise LookupError(f"{package} lists {exercises}; its modules define {tuple(e.name for e in found)}.")
        exercises, drafts = (tuple(e for e in found if e.written is ready) for ready in (True, False))
        return cls(slug, title, exercises, open_task, allow, deny, package, drafts, written)

    @property
    def name(self) -> str:
        """The name of its package: "linear_attention"."""
        return self.package.rpartition(".")[2]

    @property
    def listed(self) -> tuple[Exercise, ...]:
        """All its exercises: those that are written, and after them the drafts."""
        return (*self.exercises, *self.drafts)

    def __getitem__(self, name: str) -> Exercise:
        return next(e for e in self.listed if e.name == name)
