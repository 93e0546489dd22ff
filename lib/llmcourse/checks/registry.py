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

# Imported before `checks` binds the function `labs` to the same name: a package does so only when it is first imported.
HOME = importlib.import_module(f"{__package__}.labs")


class CheckFailed(AssertionError):
    """An exercise is not done yet. Its text is meant for the student; front ends show it in place of a traceback."""

    def _render_traceback_(self) -> list[str]:
        return [str(self)]


@functools.cache
def labs() -> list[Lab]:
    """All labs, in the order of the course; raises CheckFailed for a lab of an instructor's that can't be used."""
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
