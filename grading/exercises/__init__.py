"""The private halves of the exercises: references, other right answers, and the misconceptions that students have.

The private half of the exercise "bm25-scores" of the lab `rag` is `rag/bm25_scores.py`:

    @reference               the right answer, normally the library's; run in float64
    @variant                 another right answer, written differently: it must never lose a point
    @misconception(...)      a plausible wrong answer
    @library_call            a right answer that a library computes: it is tested to be one, and to earn nothing
    @stages                  what a right answer computes on its way, in order: in words -> tensor, or a list of which
                             any will do; each computed from those before it, so that gradients tell which follow
    CASES = {...}            more cases, in addition to the public ones: what a case shows -> maker of its inputs.
                             At least one case of an exercise is drawn, and is passed by no constant
    EQUIVALENT = {...}       automatic mutants that are right answers: "mutant" -> why

The private half of an instructor's own exercise is in the folder `private` of its lab.

Every variant and every misconception is self-contained (apart from torch, F and math), since sample submissions are
made from its source.
"""

import functools
import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType

from llmcourse.checks import Lab, find, registry
from llmcourse.checks.exercise import Maker
from llmcourse.checks.public_cases import Misconception


def reference(function: Callable) -> Callable:
    """Decorator: this is the right answer."""
    function.role = "reference"
    return function


def variant(function: Callable) -> Callable:
    """Decorator: this is another right answer."""
    function.role = "variant"
    return function


def library_call(function: Callable) -> Callable:
    """Decorator: this answer leaves the work to a library, which it imports itself."""
    function.role = "library"
    return function


def stages(function: Callable) -> Callable:
    """Decorator: this returns what a right answer computes on its way, for long formulas: {"the step size dt": dt}."""
    function.role = "stages"
    return function


def misconception(*, says: str, hint: str) -> Callable[[Callable], Callable]:
    """Decorator: this is a plausible wrong answer. `says` completes "This equals ..."; `hint` is what to try."""

    def mark(function: Callable) -> Callable:
        if not says or not hint:
            raise ValueError(f"{function.__name__} needs both: what it equals, and what to try.")
        function.role, function.misconception = "misconception", Misconception(function.__name__, says, hint)
        return function

    return mark


@dataclass(frozen=True)
class Private:
    """What grading knows about an exercise and students do not; the names are explained above.

    misconceptions  each has its wording in an attribute, `misconception`
    library_calls   @library_call
    """

    reference: Callable
    variants: tuple[Callable, ...]
    misconceptions: tuple[Callable, ...]
    cases: Mapping[str, Maker]
    equivalent: Mapping[str, str] = field(default_factory=dict)
    library_calls: tuple[Callable, ...] = ()
    stages: Callable | None = None


@functools.cache
def private(name: str) -> Private:
    """The private half of the exercise `name`."""
    lab, exercise = find(name)
    return collect(importlib.import_module(f"{home(lab)}.{exercise.module}"))


def home(lab: Lab) -> str:
    """The package with the private halves of a lab. That of an instructor's lab is imported from its folder."""
    if not is_own(lab):
        return f"{__name__}.{lab.name}"
    return registry.package(f"{lab.package}_private", folder(lab) / "private").__name__


def is_own(lab: Lab) -> bool:
    """Whether a lab is an instructor's, and not the course's."""
    return not lab.package.startswith("llmcourse.")


def folder(lab: Lab) -> Path:
    """Where an instructor's lab is, with its two halves and lab.py."""
    return registry.own_labs()[lab.slug]


def collect(module: ModuleType) -> Private:
    """The private half that a module defines, in the order of its functions."""
    marked = [x for x in vars(module).values() if hasattr(x, "role")]
    role = lambda what: tuple(x for x in marked if x.role == what)
    right, stages = role("reference"), role("stages")
    if len(right) != 1:
        raise LookupError(f"{module.__name__} needs one @reference and has {len(right)}.")
    more = {"equivalent": getattr(module, "EQUIVALENT", {}), "stages": stages[0] if stages else None}
    wrong, library = role("misconception"), role("library")
    return Private(right[0], role("variant"), wrong, module.CASES, library_calls=library, **more)
