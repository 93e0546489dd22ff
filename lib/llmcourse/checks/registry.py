"""Where exercises are found: every package in `labs` is a lab, and defines `LAB`."""

import difflib
import functools
import importlib
import pkgutil

from .exercise import Exercise, Lab

# Imported before `checks` binds the name `labs` to the function. Importing a subpackage binds its name only the first
# time, so the function keeps it from then on.
HOME = importlib.import_module(f"{__package__}.labs")


class CheckFailed(AssertionError):
    """An exercise is not done yet. The text is meant for the student; front ends show it instead of a traceback."""

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
    """The lab in the folder `slug`. Raises CheckFailed, which suggests the nearest name, if there is none."""
    return _pick(slug, {lab.slug: lab for lab in labs()}, f"There is no lab called {slug!r}.")


def find(name: str) -> tuple[Lab, Exercise]:
    """The lab and the exercise, or draft, of that name. Raises CheckFailed, with the nearest name, if there is none."""
    choices = {e.name: (lab, e) for lab in _listed() for e in lab.listed}
    return _pick(name, choices, f"There is no exercise called {name!r}.")


def _pick(name, choices, unknown):
    if isinstance(name, str) and name in choices:
        return choices[name]
    near = difflib.get_close_matches(str(name), choices, n=1, cutoff=0.5)
    advice = f'Did you mean "{near[0]}"?' if near else f"Choose one of these: {', '.join(choices)}."
    raise CheckFailed(f"{unknown} {advice}")
