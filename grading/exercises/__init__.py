"""The private halves of the exercises: references, other right answers, and the mistakes that students make."""

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from llmcourse.checks import Lab, find
from llmcourse.checks.exercise import Maker


@dataclass(frozen=True)
class Private:
    """What grading knows of an exercise and a student does not.

    reference       the right answer, normally the library's; run in float64
    variants        other right answers, written differently: they must never lose a point
    misconceptions  plausible wrong answers. The first paragraph of a docstring completes "This equals ...",
                    the second says what to try
    hidden          more cases, beside the public ones with other numbers
    equivalent      automatic mutants that are no mistakes: "mutant" -> why
    """

    reference: Callable
    variants: tuple[Callable, ...]
    misconceptions: tuple[Callable, ...]
    hidden: Mapping[str, Maker]
    equivalent: Mapping[str, str] = field(default_factory=dict)


def private(name: str) -> Private:
    """The private half of the exercise `name`."""
    return halves(find(name)[0])[name]


def halves(lab: Lab) -> dict[str, Private]:
    """The private halves of a lab, by exercise."""
    return importlib.import_module(f"{__name__}.{lab.slug.partition('_')[2]}").PRIVATE
