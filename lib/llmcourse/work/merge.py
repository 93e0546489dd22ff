"""A corrected lab and a student's work, merged cell by cell. Nothing that the student wrote is lost.

There are three notebooks: `base` is the lab as the student received it, `mine` is what it has become, and `new` is the
corrected lab. The new lab is the skeleton. The student's answers, edited cells and added cells go into it, each in its
place.
"""

import difflib
import re
import uuid
from collections import defaultdict
from dataclasses import dataclass, field

from .folder import Cell, Notebook, is_solution, key, nbgrader, source


@dataclass
class Merge:
    """The merged notebook, and what became of each part.

    answers   exercises whose answer was kept
    restated  those of them whose stub has changed
    edited    cells that were kept as the student edited them
    added     cells of the student's own
    dropped   locked cells that the student had edited, restored to the lab's version
    changed   cells that are new or corrected
    """

    notebook: Notebook = field(default_factory=dict)
    answers: list[str] = field(default_factory=list)
    restated: list[str] = field(default_factory=list)
    edited: int = 0
    added: int = 0
    dropped: int = 0
    changed: int = 0


def merge(base: Notebook, mine: Notebook, new: Notebook) -> Merge:
    """`new`, with everything that the student did to `base`."""
    result = Merge()
    old, skeleton = base["cells"], new["cells"]
    index = {key(cell): n for n, cell in enumerate(skeleton)}
    places = _places(old, skeleton)
    cells = dict(enumerate(skeleton))  # what goes into the skeleton's places
    extra = defaultdict(list)  # place -> what follows it; -1 is the top
    here = -1
    for cell, b in zip(mine["cells"], match(mine["cells"], old)):
        n = index.get(key(old[b] if b is not None else cell))
        if n is not None and source(cell) == source(skeleton[n]):
            if cells[n] is skeleton[n]:  # otherwise another copy of the cell holds an answer
                cells[n] = _with_outputs(skeleton[n], cell)
            here = n
        elif b is None:
            extra[here].append(cell)
            result.added += 1
        else:
            here = places[b] if n is None else n
            if source(cell) != source(old[b]):
                _keep(result, cells, extra, here, cell, old[b], n)
    result.changed = sum(_changed(cell, old) for cell in skeleton)
    ordered = [*extra[-1], *(c for n in cells for c in (cells[n], *extra[n]))]
    result.notebook = {**new, "cells": _identified(ordered, {id(cells[n]) for n in cells})}
    return result


def _keep(result: Merge, cells: dict, extra: dict, here: int, cell: Cell, old: Cell, n: int | None) -> None:
    """Keep an edited cell: in its place, or after the lab's own version if both have changed."""
    now = cells.get(n)
    if now is not None and is_solution(now):
        cells[n] = _with_outputs({**now, "source": cell["source"]}, cell)
        result.answers.append(key(now))
        if source(now) != source(old):
            result.restated.append(key(now))
    elif now is not None and nbgrader(now) and not nbgrader(now).get("task"):
        result.dropped += 1  # a check belongs to the lab
    else:
        result.edited += 1
        if now is not None and not nbgrader(now) and source(now) == source(old):
            cells[n] = {**cell, "id": now.get("id")}
        else:
            extra[here].append(cell)


def match(mine: list[Cell], base: list[Cell]) -> list[int | None]:
    """For each of the student's cells, the index of the base cell that it came from; None if it was added.

    A cell is recognised by its key; if that is lost (Colab gives new ids), by its text; an answer, by the name that it
    defines.
    """
    found: list[int | None] = [None] * len(mine)
    for mark in (key, source, defines):
        free = {mark(cell): b for b, cell in reversed(list(enumerate(base))) if b not in found}
        for m, cell in enumerate(mine):
            b = free.get(mark(cell)) if found[m] is None else None
            if b is None or not mark(cell) or (mark is defines and not is_solution(base[b])):
                continue
            if b not in found:
                found[m] = b
            elif source(mine[found.index(b)]) == source(base[b]):  # a duplicate: the one with the answer counts
                found[found.index(b)], found[m] = None, b
    return found


def defines(cell: Cell) -> str:
    """The first name that a cell defines; "" if there is none."""
    name = re.search(r"^(?:def|class) +(\w+)", source(cell), re.MULTILINE)
    return name.group(1) if name else ""


def _places(old: list[Cell], new: list[Cell]) -> list[int]:
    """For each old cell, its place in the new lab; for one that is gone, the place it would come after."""
    places = [-1] * len(old)
    steps = difflib.SequenceMatcher(None, [key(c) for c in old], [key(c) for c in new], autojunk=False)
    for _, i1, i2, j1, j2 in steps.get_opcodes():
        for i in range(i1, i2):
            places[i] = min(j1 + i - i1, j2 - 1)
    return places


def _with_outputs(cell: Cell, done: Cell) -> Cell:
    """`cell` with the outputs of `done`."""
    shown = {name: done[name] for name in ("outputs", "execution_count") if name in done}
    return {**cell, **shown} if cell["cell_type"] == done.get("cell_type") == "code" else cell


def _changed(cell: Cell, old: list[Cell]) -> bool:
    was = next((c for c in old if key(c) == key(cell)), None)
    return was is None or source(was) != source(cell)


def _identified(cells: list[Cell], ours: set[int]) -> list[Cell]:
    """Each cell with an id of its own; nbgrader knows only the skeleton's cells."""
    taken = {cell.get("id") for cell in cells if id(cell) in ours}
    result = []
    for cell in cells:
        if id(cell) not in ours:
            metadata = {name: value for name, value in cell.get("metadata", {}).items() if name != "nbgrader"}
            fresh = cell["id"] if cell.get("id") and cell["id"] not in taken else uuid.uuid4().hex[:8]
            cell = {**cell, "metadata": metadata, "id": fresh}
            taken.add(fresh)
        result.append(cell)
    return result
