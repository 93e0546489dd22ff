"""Where the course is on this machine, and notebooks as plain JSON: written whole or not at all."""

import difflib
import json
import os
import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from .. import files
from ..classroom import ClassError, Classroom
from ..classroom import read as read_class
from ..slugs import copied, parse_slug

START = "00_start"  # the start page

Cell = dict
Notebook = dict


class WorkError(Exception):
    """Something is not as it should be; the text tells what to do. Front ends show no traceback."""

    def _render_traceback_(self) -> list[str]:
        return [str(self)]


def root() -> Path:
    """The course's folder: above this one, or around the package if it is installed as editable."""
    course = files.course()
    if course is not None:
        return course
    raise WorkError(
        f"The course's folder cannot be found from {Path.cwd()}. Go to the folder that `git clone` created, "
        "the one with lectures/ and labs/ in it, and try again."
    )


@dataclass(frozen=True)
class Copy:
    """A lab or lecture, of which the student has a copy.

    name      of the copy in work/
    released  the notebook of the course
    mine      the student's copy
    base      what the copy was when it was made or last corrected
    """

    name: str
    released: Path

    @property
    def is_lecture(self) -> bool:
        return self.released.parent.name == "lectures"

    @property
    def mine(self) -> Path:
        return root() / "work" / self.name

    @property
    def base(self) -> Path:
        return root() / "work" / ".base" / self.name

    def fresh(self) -> Notebook:
        """The notebook of the course, with links that lead from its place in work/ to the same things."""
        notebook = read(self.released)
        if not self.is_lecture:
            return notebook
        places = {"](../work/": "](../", "](pictures/": "](../../lectures/pictures/"}
        led = re.compile("|".join(map(re.escape, places)))
        cells = [
            {**cell, "source": led.sub(lambda found: places[found[0]], source(cell))} for cell in notebook["cells"]
        ]
        return {**notebook, "cells": cells}


def labs() -> dict[str, Copy]:
    """Slug -> lab, of those that the class has."""
    labs, room = root() / "labs", classroom()
    found = {path.parent.name: path for path in sorted(labs.glob("*/lab.ipynb"))}
    if found and not any(map(room.has, found)):
        raise WorkError(f"None of the modules in {room.path} has a lab in {labs}. They have: {', '.join(found)}.")
    found = {slug: path for slug, path in found.items() if room.has(slug)}
    if not found:
        raise WorkError(
            f"There is no lab in {labs}. `git checkout labs`, or unpacking the course again, brings them back."
        )
    return {slug: Copy(copied(slug), path) for slug, path in found.items()}


def lectures() -> list[Copy]:
    """The start page and the lectures of the modules that the class has."""
    room, found = classroom(), sorted((root() / "lectures").glob("*.ipynb"))
    return [Copy(f"lectures/{path.name}", path) for path in found if path.stem == START or room.has(path.stem)]


def classroom() -> Classroom:
    """The class that this course is given to; raises WorkError when its file can't be used."""
    course = files.course()
    try:
        return read_class(course) if course else Classroom()
    except ClassError as error:
        raise WorkError(str(error)) from None


def find(name: str) -> str:
    """The slug of a lab, from its slug, number or name: "08_linear_attention", "8", "linear_attention"."""
    slugs = list(labs())
    for slug in slugs:
        number, rest = parse_slug(slug)
        if name in (slug, rest) or (number and name.isdecimal() and int(name) == int(number)):
            return slug
    raise WorkError(f"There is no lab called {name!r}. {suggest(name, slugs)}")


def suggest(name: str, choices: list[str]) -> str:
    near = difflib.get_close_matches(name, choices, n=1, cutoff=0.5)
    return f'Did you mean "{near[0]}"?' if near else f"Choose one of these: {', '.join(choices)}."


# --- notebooks


def read(path: Path) -> Notebook:
    """The notebook at `path`. Raises WorkError with the reason if it is not one."""
    try:
        notebook = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise WorkError(f"There is no {path}. `make lab` puts a fresh copy there.") from None
    except OSError as error:
        raise WorkError(f"{path} cannot be read ({error.strerror}). Check who owns the file.") from None
    except ValueError as error:
        raise WorkError(_unreadable(path, f"it is not JSON: {error}")) from None
    cells = notebook.get("cells") if isinstance(notebook, dict) else None
    if not isinstance(cells, list) or not all(isinstance(cell, dict) and "source" in cell for cell in cells):
        raise WorkError(_unreadable(path, "it has no list of cells"))
    return notebook


def _unreadable(path: Path, why: str) -> str:
    saved = path.parent / ".ipynb_checkpoints" / f"{path.stem}-checkpoint.ipynb"
    older = (
        f"JupyterLab kept an older copy: {saved}."
        if saved.exists()
        else "Move it away, and `make lab` will make a fresh copy."
    )
    return f"{path} cannot be read as a notebook ({why}). Nothing was changed. {older}"


def write(path: Path, notebook: Notebook) -> None:
    """Write a notebook as Jupyter does, whole or not at all: after a crash there is the old file or the new one."""
    text = json.dumps(notebook, indent=1, ensure_ascii=False, sort_keys=True) + "\n"
    write_bytes(path, text.encode())


def write_bytes(path: Path, data: bytes) -> None:
    """Write whole or not at all. Raises WorkError if the file or folder is locked or the disk is full."""
    try:
        if path.exists() and not os.access(path, os.W_OK):  # replacing a file requires no right to write to it
            raise PermissionError(13, "it is write-protected")
        files.write(path, data)
    except OSError as error:
        raise WorkError(f"{path} cannot be written ({error.strerror}). It has not changed.") from None


def move(old: Path, new: Path) -> None:
    """Raises WorkError if the folder is locked."""
    try:
        old.rename(new)
    except OSError as error:
        raise WorkError(
            f"{old} cannot be renamed to {new.name} ({error.strerror}). Check who owns the folder."
        ) from None


def keep(path: Path) -> Path:
    """Put a dated copy next to `path`, and return where it is."""
    stamp = datetime.now().strftime("%Y-%m-%d-%H%M%S")
    old, count = path.with_name(f"{path.stem}-{stamp}{path.suffix}"), 1
    while old.exists():
        count += 1
        old = path.with_name(f"{path.stem}-{stamp}-{count}{path.suffix}")
    write_bytes(old, path.read_bytes())
    return old


def source(cell: Cell) -> str:
    """The text of a cell; trailing whitespace does not count as an edit."""
    text = cell["source"]
    return (text if isinstance(text, str) else "".join(text)).rstrip()


def nbgrader(cell: Cell) -> dict:
    return cell.get("metadata", {}).get("nbgrader", {})


def is_solution(cell: Cell) -> bool:
    """Whether this cell is for an answer."""
    return bool(nbgrader(cell).get("solution")) and not nbgrader(cell).get("task")


def key(cell: Cell) -> str:
    """What identifies a cell: its grade id, else its id, else its text."""
    return nbgrader(cell).get("grade_id") or cell.get("id") or source(cell)


def answers(notebook: Notebook) -> dict[str, Cell]:
    """Exercise -> the cell for its answer, in the order of the notebook."""
    return {key(cell): cell for cell in notebook["cells"] if is_solution(cell)}


def shown(path: Path) -> str:
    """A path as a student would type it."""
    return os.path.relpath(path, Path.cwd()) if path.is_relative_to(Path.cwd()) else str(path)
