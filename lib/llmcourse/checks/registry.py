"""Where exercises are found: every package in `labs` is a lab, and defines `LAB`. So does the public half of an
instructor's own lab, in a folder that class.toml names."""

import difflib
import functools
import importlib
import importlib.util
import pkgutil
import re
import sys
from collections import Counter
from pathlib import Path
from types import ModuleType

from .. import classroom, files
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
    """All labs; raises CheckFailed for one of an instructor's that can't be used."""
    found = [importlib.import_module(f"{HOME.__name__}.{m.name}").LAB for m in pkgutil.iter_modules(HOME.__path__)]
    found += [_own(slug, folder) for slug, folder in own_labs().items()]
    if twice := [name for name, n in Counter(e.name for lab in found for e in lab.exercises).items() if n > 1]:
        raise CheckFailed(f"Two exercises are called {twice[0]!r}: give the one in your own lab another name.")
    return sorted(found, key=lambda lab: lab.slug)


def own_labs() -> dict[str, Path]:
    """Slug -> folder of the labs that class.toml names."""
    try:
        return dict(classroom.read(files.course() or Path.cwd()).own)
    except classroom.ClassError as error:
        raise CheckFailed(str(error)) from None


def own_package(slug: str) -> str:
    """What the public half of an instructor's lab is imported as: "own_heat"."""
    return "own_" + re.sub(r"\W", "_", slug)


def _own(slug: str, folder: Path) -> Lab:
    lab = package(own_package(slug), folder / "public").LAB
    if lab.slug != slug:
        raise CheckFailed(
            f"{folder / 'public'}: the slug of LAB is {lab.slug!r}; expected the folder's name, {slug!r}."
        )
    return lab


def package(name: str, folder: Path) -> ModuleType:
    """The package in a folder that is on no path, imported under that name; the modules in it are then found by it.

    It may have no __init__.py.
    """
    if name not in sys.modules:
        file, places = folder / "__init__.py", [str(folder)]
        spec = importlib.util.spec_from_file_location(name, file, submodule_search_locations=places)
        sys.modules[name] = importlib.util.module_from_spec(spec)
        try:
            if file.exists():
                spec.loader.exec_module(sys.modules[name])
        except BaseException:
            del sys.modules[name]
            raise
    return sys.modules[name]


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
