"""Where exercises are found: every module of this package that defines `LAB` is a lab."""

import difflib
import functools
import importlib
import pkgutil

from .exercise import Exercise, Lab

MACHINERY = {"answer", "card", "check", "compare", "differences", "exercise", "probes", "registry", "values", "visible"}


class CheckFailed(AssertionError):
    """An exercise is not done yet. Its text is meant for the student; front ends show it in place of a traceback."""

    def _render_traceback_(self) -> list[str]:
        return [str(self)]


@functools.cache
def labs() -> list[Lab]:
    """All labs, in the order of the course."""
    package = importlib.import_module(__package__)
    names = [m.name for m in pkgutil.iter_modules(package.__path__) if m.name not in MACHINERY]
    found = [importlib.import_module(f"{__package__}.{name}").LAB for name in names]
    return sorted(found, key=lambda lab: lab.slug)


def lab(slug: str) -> Lab:
    """The lab in the folder `slug`; raises CheckFailed with the nearest name when there is none."""
    return _pick(slug, {lab.slug: lab for lab in labs()}, "lab")


def find(name: str) -> tuple[Lab, Exercise]:
    """The exercise of that name and its lab; raises CheckFailed with the nearest name when there is none."""
    return _pick(name, {e.name: (lab, e) for lab in labs() for e in lab.exercises}, "exercise")


def _pick(name, choices, kind):
    if isinstance(name, str) and name in choices:
        return choices[name]
    near = difflib.get_close_matches(str(name), choices, n=1, cutoff=0.5)
    advice = f'did you mean "{near[0]}"?' if near else f"there are: {', '.join(choices)}."
    raise CheckFailed(f"There is no {kind} called {name!r}: {advice}")
