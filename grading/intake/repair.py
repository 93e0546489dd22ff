"""A submission, rebuilt: the released lab is the skeleton, and only what is the student's own is put into it.

Answers are found by grade id, else by cell id, else by their text, else by the name they define. Everything else that
the student wrote becomes a free cell at its place. So a notebook whose metadata was stripped, whose cells were deleted,
copied, retyped or edited is graded like any other; what was repaired is written into its metadata.

An answer may also stand in a cell of the student's own, while the lab's cell for it was left as it was. Cells run in
the order in which they were submitted, except that such a stub does not replace the answer, and the check follows it.
"""

import ast
import functools
import re
import sys
import warnings
from collections import Counter
from pathlib import Path
from typing import Any

import nbformat
from llmcourse.checks import CheckFailed, find
from llmcourse.work import code
from llmcourse.work.folder import is_solution, key, source
from llmcourse.work.merge import match
from nbconvert.exporters import NotebookExporter
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_output
from nbgrader.preprocessors import NbGraderPreprocessor
from nbgrader.utils import is_grade

from ..paths import released
from . import bounded, sanitise
from .files import quoted
from .notebook_file import read

OPEN = "open-task"
FLAGS = ("points", "grade", "solution", "locked", "task")  # what nbgrader notes of a cell, and nobody may change
PIECES = 4  # cells that one may have become
LONG = 100_000  # characters of code that is never put together with other code: nobody writes such an answer
HANDED_IN = "The grader did not run this cell. What follows is what the student submitted."


class Repair(NbGraderPreprocessor):
    """The first thing that nbgrader does to a submission."""

    def preprocess(self, nb: NotebookNode, resources: dict) -> tuple[NotebookNode, dict]:
        return repair(nb, nbformat.read(released(resources["nbgrader"]["assignment"]), 4)), resources


class Reader(NotebookExporter):
    """nbgrader's way from a file to a notebook, for what was handed in. What is not rebuilt is our own already."""

    def from_filename(self, filename: str, resources: dict | None = None, **kw: Any) -> tuple[str, dict]:
        if not any(isinstance(step, Repair) for step in self._preprocessors):
            return super().from_filename(filename, resources, **kw)
        return self.from_notebook_node(bounded.apart(read, Path(filename)), resources, **kw)


def repair(submission: NotebookNode, skeleton: NotebookNode) -> NotebookNode:
    """The skeleton with the student's answers and free cells in it, and what was repaired in metadata.llmcourse."""
    mine = [_plain(cell, place) for place, cell in enumerate(submission.cells, 1) if isinstance(cell, dict)]
    base = skeleton.cells
    mine, found, joined = _join(mine, _recognise(mine, base), base)
    away = _elsewhere(mine, found, base)
    where = [_where(base[n], mine[m], [cell for cell, of in zip(mine, found) if of == n]) for n, m in away.items()]
    skeleton.cells, made = _filled(mine, found, base, _needed(mine, set(away.values())))
    for n, m in reversed(away.items()):  # tests that follow the same cell keep their order
        _make_way(skeleton.cells, base[n], made[m])
    given = {id(cell) for cell in base}
    for number, cell in enumerate(skeleton.cells):
        cell.id = cell.id if id(cell) in given else f"free-{number}"
    older = _version(submission, mine)
    said = [
        *_read(submission),
        *_kernel(submission, skeleton),
        *older,
        *joined,
        *where,
        *repaired(mine, found, base, away),
    ]
    skeleton.metadata["llmcourse"] = {"repaired": said, "version": "".join(older)}
    return skeleton


def _filled(
    mine: list[dict], found: list[int | None], base: list[NotebookNode], run: set[int]
) -> tuple[list[NotebookNode], dict[int, NotebookNode]]:
    """The lab's cells, with answers in them and free cells between them, and which of them each of the student's is.

    run  the student's cells that have to run, wherever they stand
    """
    cells: list[list[NotebookNode]] = [[cell] for cell in base]  # each with the free cells that follow it
    top: list[NotebookNode] = []
    made: dict[int, NotebookNode] = {}
    here, task = -1, next((n for n, cell in enumerate(base) if key(cell) == OPEN), len(base))
    for m, (cell, n) in enumerate(zip(mine, found)):
        here = _place(found, m, base, here, task) if n is None else n
        if n is not None and is_solution(base[n]):
            base[n].source, made[m] = cell["source"], base[n]
            continue
        if source(cell) and (n is None or _edited(cell, base[n], m in run)):
            made[m] = _free(cell, shown=m not in run and (cell["open"] or here >= task))
            (cells[here] if here >= 0 else top).append(made[m])
        if n is not None and OPEN in base[n].metadata.get("tags", []):
            base[n].update(_open(cell))
    return [*top, *(cell for group in cells for cell in group)], made


def _recognise(mine: list[dict], base: list[NotebookNode]) -> list[int | None]:
    """For each of the student's cells which of the lab's it is. A check that holds its answer is the answer."""
    found = match(mine, base)
    answers = {key(cell): n for n, cell in enumerate(base) if is_solution(cell)}
    for m, n in enumerate(found):
        name = key(base[n]).removesuffix("-check") if n is not None else ""
        if name in answers and answers[name] not in found and _defines(mine[m], base[answers[name]]):
            found[m] = answers[name]
    return found


def _join(mine: list[dict], found: list[int | None], base: list[NotebookNode]) -> tuple[list, list, list[str]]:
    """Put code together that was split in the middle: not every piece works alone, and all do as one cell."""
    cells, places, count, m = list(mine), list(found), 0, 0
    while m < len(cells):
        for size in range(2, PIECES + 1):
            whose = set(places[m : m + size]) - {None}
            text = _whole(cells[m : m + size]) if m + size <= len(cells) else ""
            if text and len(whose) < 2 and all(is_solution(base[n]) for n in whose):
                first = next((cell for cell, n in zip(cells[m:], places[m : m + size]) if n is not None), cells[m])
                cells[m : m + size] = [{**first, "source": text}]
                places[m : m + size] = [whose.pop() if whose else None]
                count += 1
                break
        else:
            m += 1
    said = [f"Code that was split between cells was put together ({_times(count)})."] if count else []
    return cells, places, said


def _whole(pieces: list[dict]) -> str:
    """The code of which these are pieces, or "" where they are none. The cut may have been in the middle of a line."""
    texts = [piece["source"] for piece in pieces]
    if any(piece["cell_type"] != "code" or not source(piece) for piece in pieces) or all(map(_works, texts)):
        return ""
    # After a piece that works alone a new line begins, unless it ends in one's indentation: `return 1` and
    # `@staticmethod` are no product.
    begun = any(not _works(text) or text.rpartition("\n")[2].isspace() for text in texts[:-1])
    wholes = ["\n".join(texts), *(["".join(texts)] if begun else [])]
    return next(filter(_works, wholes), "")


@functools.lru_cache(maxsize=1024)
def _works(text: str) -> bool:
    """Whether this is a program, apart from a notebook's own commands. It is not run."""
    if len(text) > LONG:
        return True
    text = re.sub(r"^ *[%!].*", "", text, flags=re.MULTILINE)
    try:
        with warnings.catch_warnings(action="ignore"):
            compile(text, "cell", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError):
        return False
    return True


def _place(found: list[int | None], m: int, base: list[NotebookNode], here: int, task: int) -> int:
    """After which of the lab's cells a free cell goes: after the one before it, unless an answer that stood elsewhere
    in the lab follows. Then it goes with that answer, which may need it."""
    following = next((n for n in found[m:] if n is not None), None)
    if following is None or here >= task or not is_solution(base[following]):
        return here
    return following - 1 if following <= here else here


def _elsewhere(mine: list[dict], found: list[int | None], base: list[NotebookNode]) -> dict[int, int]:
    """The lab's cell for an answer, if it is gone or has none -> the last cell of the student's with that answer."""
    own = {n: cell for cell, n in zip(mine, found) if n is not None}
    changed = [m for m, n in enumerate(found) if n is None or source(mine[m]) != source(base[n])]
    theirs = [m for m in reversed(changed) if mine[m]["cell_type"] == "code"]
    lost = [n for n, stub in enumerate(base) if is_solution(stub) and not (n in own and _defines(own[n], stub))]
    last = {n: next((m for m in theirs if _defines(mine[m], base[n])), None) for n in lost}
    return {n: m for n, m in last.items() if m is not None}


def _needed(mine: list[dict], answers: set[int]) -> set[int]:
    """These cells, and those before them that define what they use: they run, wherever they stand."""
    needed, names = set(answers), {"*"}.union(*(code.needs(mine[m]["source"]) for m in answers))
    for m in reversed(range(max(answers, default=0))):
        if mine[m]["cell_type"] == "code" and names & code.binds(mine[m]["source"]):
            needed.add(m)
            names |= code.needs(mine[m]["source"])
    return needed


def _where(stub: NotebookNode, cell: dict, own: list[dict]) -> str:
    """Where an answer was found."""
    left = "; its own cell was left as it was given" if any(source(one) == source(stub) for one in own) else ""
    return f"The answer `{_answer(stub)}` was found in the {_ordinal(cell['place'])} cell and graded{left}."


def _make_way(cells: list[NotebookNode], stub: NotebookNode, answer: NotebookNode) -> None:
    """Take out the stub of an answer that stands in another cell, and put the tests below it after that cell."""
    name = _answer(stub)
    stub.source = code.without_stub(stub.source, name, f"# `{name}` is defined in another cell.")
    stub.metadata["llmcourse"] = {"answer": code.definition(answer.source, name)}
    answer.metadata.setdefault("llmcourse", {}).setdefault("answers", []).append(key(stub))
    here, there = cells.index(stub), cells.index(answer)
    following = next((n for n in range(here + 1, len(cells)) if is_solution(cells[n])), len(cells))
    tests = [cell for cell in cells[here + 1 : min(following, there)] if is_grade(cell) and cell.cell_type == "code"]
    for test in tests:
        cells.remove(test)
        cells.insert(cells.index(answer) + 1 + tests.index(test), test)


def _answer(stub: NotebookNode) -> str:
    """The name that an answer defines. Of a cell that the course does not know, what its stub defines, or ""."""
    try:
        return find(key(stub))[1].answer
    except CheckFailed:
        defined = re.search(r"^(?:def|class) +(\w+)", stub.source, re.MULTILINE)
        return defined[1] if defined and stub.cell_type == "code" else ""


def _defines(cell: dict, stub: NotebookNode) -> bool:
    """Whether a cell defines the answer that belongs in this stub; another stub is none."""
    name = _answer(stub)
    return bool(name) and bool(code.definition(cell["source"], name))


def _plain(cell: dict, place: int) -> dict[str, Any]:
    """What is looked at of a student's cell; of its metadata the grade id and the mark of an open task."""
    metadata = cell.get("metadata") if isinstance(cell.get("metadata"), dict) else {}
    given = metadata.get("nbgrader") if isinstance(metadata.get("nbgrader"), dict) else {}
    grade_id = given.get("grade_id")
    tags = metadata.get("tags") if isinstance(metadata.get("tags"), list) else []
    text = cell.get("source", "")
    return {
        "cell_type": "code" if cell.get("cell_type") == "code" else "markdown",
        "place": place,
        "source": text if isinstance(text, str) else "".join(map(str, text)),
        "id": str(cell.get("id") or ""),
        "metadata": {"nbgrader": {"grade_id": grade_id} if isinstance(grade_id, str) else {}},
        "given": _flags(given),
        "tags": tags,
        "open": OPEN in tags,
        "outputs": cell.get("outputs", []),
        "attachments": cell.get("attachments", {}),
    }


def _flags(given: dict) -> dict[str, Any]:
    return {name: given.get(name) for name in FLAGS}


def _edited(cell: dict, given: NotebookNode, needed: bool) -> bool:
    """Whether a cell that anyone may edit, or that an answer needs, says something else now. Then both are kept: the
    lab's, and the student's."""
    free = "nbgrader" not in given.metadata and OPEN not in given.metadata.get("tags", [])
    return (free or needed) and source(cell) != source(given)


def _free(cell: dict, shown: bool) -> NotebookNode:
    """A cell of the student's own; `shown` is one of the open task, which is not run but shown as it was submitted."""
    if cell["cell_type"] != "code":
        pictures = sanitise.attachments(cell["attachments"])
        return new_markdown_cell(cell["source"], **({"attachments": pictures} if pictures else {}))
    if not shown:
        return new_code_cell(cell["source"])
    return new_code_cell(metadata={"tags": [OPEN]}, **_open(cell))


def _open(cell: dict) -> dict[str, Any]:
    """Text and outputs of an open task's cell, as they were handed in."""
    shown = sanitise.outputs(cell["outputs"])
    note = [new_output("display_data", data={"text/plain": HANDED_IN})] if shown else []
    return {"source": cell["source"], "outputs": note + shown}


def _read(submission: NotebookNode) -> list[str]:
    """What `reading` has repaired already."""
    notes = submission.metadata.get("llmcourse")
    said = notes.get("read") if isinstance(notes, dict) else None
    return [str(sentence)[:300] for sentence in said[:20]] if isinstance(said, list) else []


def _kernel(submission: NotebookNode, skeleton: NotebookNode) -> list[str]:
    kernel, ours = submission.metadata.get("kernelspec"), skeleton.metadata.get("kernelspec", {}).get("name")
    name = kernel.get("name") if isinstance(kernel, dict) else None
    return (
        [f"The notebook was written with the kernel {quoted(name, 60)} and is run with {ours}."]
        if name and name != ours
        else []
    )


def _version(submission: NotebookNode, mine: list[dict]) -> list[str]:
    """A sentence if the notebook was written with a newer Python, and something in it is no Python here."""
    language = submission.metadata.get("language_info")
    theirs = str(language.get("version") if isinstance(language, dict) else "").split(".")[:2]
    ours = sys.version_info[:2]
    newer = len(theirs) == 2 and all(part.isdecimal() for part in theirs) and (int(theirs[0]), int(theirs[1])) > ours
    if not newer or all(cell["cell_type"] != "code" or code.parse(cell["source"]) for cell in mine):
        return []
    versions = f"Python {'.'.join(theirs)} and is graded with {'.'.join(map(str, ours))}"
    return [f"The notebook was written with {versions}, which can't read all of it."]


def repaired(mine: list[dict], found: list[int | None], base: list[NotebookNode], away: dict[int, int]) -> list[str]:
    """A sentence for everything that a submission should have and had not, or had twice or otherwise."""
    graded = {n: key(cell) for n, cell in enumerate(base) if "nbgrader" in cell.metadata}
    at = {n: mine[m] for m, n in enumerate(found) if n in graded}
    said = []
    lost = [name for n, name in graded.items() if n in at and _id(at[n]) != name]
    if lost:
        said.append(f"nbgrader's metadata was missing from {_several(lost)}; the cells were recognised without it.")
    gone = [name for n, name in graded.items() if n not in at and n not in away]
    if gone:
        said.append(f"These cells were deleted and have been put back: {_several(gone)}.")
    retyped = [name for n, name in graded.items() if n in at and at[n]["cell_type"] != base[n].cell_type]
    if retyped:
        said.append(f"The type of these cells was changed: {_several(retyped)}.")
    known = set(graded.values())  # of other names nothing is said: a student may write there what looks like a grade
    twice = [name for name, count in Counter(map(_id, mine)).items() if count > 1 and name in known]
    if twice:
        said.append(f"These cells were there more than once: {_several(twice)}.")
    changed = [name for n, name in graded.items() if n in at and not is_solution(base[n]) and _other(at[n], base[n])]
    if changed:
        said.append(f"These cells of the lab were edited and have been restored: {_several(changed)}.")
    kept = {n: m for n, m in at.items() if _id(m) == graded[n]}
    flagged = [graded[n] for n, m in kept.items() if m["given"] != _flags(base[n].metadata.nbgrader)]
    if flagged:
        said.append(f"The points or flags of these cells were changed and have been restored: {_several(flagged)}.")
    tagged = [graded[n] for n, m in kept.items() if m["tags"] != base[n].metadata.get("tags", [])]
    if tagged:
        said.append(f"The tags of these cells were changed and have been restored: {_several(tagged)}.")
    return said


def _id(cell: dict) -> str:
    return cell["metadata"]["nbgrader"].get("grade_id", "")


def _other(cell: dict, given: NotebookNode) -> bool:
    return source(cell) != source(given)


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def _several(names: list[str]) -> str:
    return ", ".join(names) if len(names) <= 3 else f"{len(names)} cells"


def _ordinal(number: int) -> str:
    ending = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"
