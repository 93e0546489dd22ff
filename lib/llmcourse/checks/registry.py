"""Where exercises are found: every package in `labs` is a lab, and defines `LAB`."""

import difflib
import functools
import importlib
import pkgutil

from .exercise import Exercise, Lab

# Imported before `checks` binds the function `labs` to the same name: a package does so only when it is first imported.
HOME = importlib.import_module(f"{__package__}.labs")


class CheckFailed(AssertionError):
    """An exercise is not done yet. Its text is meant for the student; front ends show it in place of a traceback."""

    def _render_traceback_(self) -> list[str]:
        return [str(self)]


def labs() -> list[Lab]:
    """The labs of all modules that are written, in the order of the course."""
    return [lab for lab in _listed() if lab.written]


def drafts() -> list[Lab]:
    """The labs of modules that are not written."""
    return [lab for lab in _listed() if not lab.written]


@functools.cache
def _listed() -> list[Lab]:
    found = [importlib.import_module(f"{HOME.__name__}.{m.name}").LAB for m in pkgutil.iter_modules(HOME.__path__)]
    return sorted(found, key=lambda lab: lab.slug)


def lab(slug: str) -> Lab:
    """The lab in the folder `slug`; raises CheckFailed with the nearest name when there is none."""
    return _pick(slug, {lab.slug: lab for lab in labs()}, "lab")


def find(name: str) -> tuple[Lab, Exercise]:
    """The exercise of that name, or draft, and its lab; raises CheckFailed with the nearest name when there is none."""
    return _pick(name, {e.name: (lab, e) for lab in _listed() for e in lab.listed}, "exercise")


def _pick(name, choices, kind):
    if isinstance(name, str) and name in choices:
        return choices[name]
    near = difflib.get_close_matches(str(name), choices, n=1, cutoff=0.5)
    advice = f'did you mean "{near[0]}"?' if near else f"there are: {', '.join(choices)}."
    raise CheckFailed(f"There is no {kind} called {name!r}: {advice}")
