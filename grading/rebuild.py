"""A submission, rebuilt: the released lab is the skeleton, and only what is the student's own is put into it.

Answers are found by grade id, else by cell id, else by their text, else by the name they define. Everything else that
the student wrote becomes a free cell at its place. So a notebook whose metadata was stripped, whose cells were deleted,
copied, retyped or edited is graded like any other; what was mended is written into its metadata.
"""

import re
from collections import Counter
from typing import Any

import nbformat
from llmcourse.checks import find
from llmcourse.work.folder import is_solution, key, source
from llmcourse.work.merge import match
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_output
from nbgrader.preprocessors import NbGraderPreprocessor

from . import clean
from .folders import released

OPEN = "open-task"
HANDED_IN = "The grader did not run this cell. What follows is what the student handed in."


class Rebuild(NbGraderPreprocessor):
    """The first thing that nbgrader does to a submission."""

    def preprocess(self, nb: NotebookNode, resources: dict) -> tuple[NotebookNode, dict]:
        return rebuild(nb, nbformat.read(released(resources["nbgrader"]["assignment"]), 4)), resources


def rebuild(submission: NotebookNode, skeleton: NotebookNode) -> NotebookNode:
    """The skeleton with the student's answers and free cells in it, and what was mended in metadata.llmcourse."""
    mine, base = [_plain(cell) for cell in submission.cells if isinstance(cell, dict)], skeleton.cells
    found = match(mine, base)
    cells: list[list[NotebookNode]] = [[cell] for cell in base]  # each with the free cells that follow it
    top: list[NotebookNode] = []
    here, task = -1, next((n for n, cell in enumerate(base) if key(cell) == OPEN), len(base))
    for cell, n in zip(mine, found):
        here = here if n is None else n
        if n is not None and is_solution(base[n]):
            base[n].source = cell["source"]
        elif n is not None and OPEN in base[n].metadata.get("tags", []):
            base[n].update(_open(cell))
        elif source(cell) and (n is None or _edited(cell, base[n])):
            (cells[here] if here >= 0 else top).append(_free(cell, after_task=here >= task))
    skeleton.cells = [*top, *(cell for group in cells for cell in group)]
    _make_way(base, mine, found)
    given = {id(cell) for cell in base}
    for number, cell in enumerate(skeleton.cells):
        cell.id = cell.id if id(cell) in given else f"free-{number}"
    skeleton.metadata["llmcourse"] = {"mended": mended(mine, found, base)}
    return skeleton


def _make_way(base: list[NotebookNode], mine: list[dict], found: list[int | None]) -> None:
    """Empty the stub of an answer that stands in another cell, as after merging cells: it would replace the answer."""
    written = "\n".join(cell["source"] for cell in mine if cell["cell_type"] == "code")
    for n, cell in enumerate(base):
        name = find(key(cell))[1].answer if is_solution(cell) and n not in found else ""
        if name and re.search(rf"^def +{name}\b", written, re.MULTILINE):
            cell.source = f"# `{name}` is defined in another cell."


def _plain(cell: dict) -> dict[str, Any]:
    """What is looked at of a student's cell; of its metadata the grade id and the mark of an open task."""
    metadata = cell.get("metadata") if isinstance(cell.get("metadata"), dict) else {}
    given = metadata.get("nbgrader") if isinstance(metadata.get("nbgrader"), dict) else {}
    grade_id = given.get("grade_id")
    tags = metadata.get("tags") if isinstance(metadata.get("tags"), list) else []
    text = cell.get("source", "")
    return {
        "cell_type": "code" if cell.get("cell_type") == "code" else "markdown",
        "source": text if isinstance(text, str) else "".join(map(str, text)),
        "id": str(cell.get("id") or ""),
        "metadata": {"nbgrader": {"grade_id": grade_id} if isinstance(grade_id, str) else {}},
        "open": OPEN in tags,
        "outputs": cell.get("outputs", []),
        "attachments": cell.get("attachments", {}),
    }


def _edited(cell: dict, given: NotebookNode) -> bool:
    """Whether a cell that anyone may edit says something else now. Then both are kept: the lab's, and the student's."""
    return "nbgrader" not in given.metadata and source(cell) != source(given)


def _free(cell: dict, after_task: bool) -> NotebookNode:
    if cell["cell_type"] != "code":
        pictures = clean.attachments(cell["attachments"])
        return new_markdown_cell(cell["source"], **({"attachments": pictures} if pictures else {}))
    if not (cell["open"] or after_task):
        return new_code_cell(cell["source"])
    return new_code_cell(metadata={"tags": [OPEN]}, **_open(cell))


def _open(cell: dict) -> dict[str, Any]:
    """Text and outputs of an open task's cell, as they were handed in."""
    shown = clean.outputs(cell["outputs"])
    note = [new_output("display_data", data={"text/plain": HANDED_IN})] if shown else []
    return {"source": cell["source"], "outputs": note + shown}


def mended(mine: list[dict], found: list[int | None], base: list[NotebookNode]) -> list[str]:
    """A sentence for everything that a submission should have and had not, or had twice or otherwise."""
    graded = {n: key(cell) for n, cell in enumerate(base) if "nbgrader" in cell.metadata}
    at = {n: mine[m] for m, n in enumerate(found) if n in graded}
    said = []
    lost = [name for n, name in graded.items() if n in at and _id(at[n]) != name]
    if lost:
        said.append(f"nbgrader's metadata was gone from {_several(lost)}; the cells were recognised all the same")
    gone = [name for n, name in graded.items() if n not in at]
    if gone:
        said.append(f"{_several(gone)} had been deleted")
    retyped = [name for n, name in graded.items() if n in at and at[n]["cell_type"] != base[n].cell_type]
    if retyped:
        said.append(f"{_several(retyped)} had been made another kind of cell")
    twice = [name for name, count in Counter(filter(None, map(_id, mine))).items() if count > 1 and name]
    if twice:
        said.append(f"{_several(twice)} was there more than once")
    changed = [name for n, name in graded.items() if n in at and not is_solution(base[n]) and _other(at[n], base[n])]
    if changed:
        said.append(f"{_several(changed)} had been edited, and is the lab's again")
    return said


def _id(cell: dict) -> str:
    return cell["metadata"]["nbgrader"].get("grade_id", "")


def _other(cell: dict, given: NotebookNode) -> bool:
    return source(cell) != source(given)


def _several(names: list[str]) -> str:
    return ", ".join(names) if len(names) <= 3 else f"{len(names)} cells"
