"""Reading a solution notebook: its cells, and the answers in them as functions."""

import ast
import functools
import inspect
import linecache
import textwrap
from collections.abc import Callable

import jupytext
from llmcourse.checks import Lab, find

from ..paths import source as source_file


@functools.cache
def cells(slug: str) -> list:
    """The cells of solutions/SLUG/lab.py, or of the lab.py of an instructor's own lab."""
    return jupytext.read(source_file(slug), fmt="py:percent").cells


def source(lab: Lab, name: str) -> str:
    """Source of the solution cell of the exercise `name`."""
    for cell in cells(lab.slug):
        if cell.metadata.get("nbgrader", {}).get("grade_id") == name:
            return cell.source
    raise LookupError(f"{source_file(lab.slug)} has no cell with the grade id {name!r}")


def answers(slug: str) -> list[str]:
    """Grade ids of all answers in code: those to the exercises, and those to an instructor's own questions."""
    given = [cell.metadata.get("nbgrader", {}) for cell in cells(slug) if cell.cell_type == "code"]
    return [nbgrader["grade_id"] for nbgrader in given if nbgrader.get("solution")]


def answer(lab: Lab, name: str, text: str | None = None) -> Callable:
    """The answer that a solution cell defines, or that `text` defines in its place."""
    scope: dict = {}
    for line in _imports(lab.slug):
        exec(line, scope)
    text = source(lab, name) if text is None else text
    file = f"<{name}, cell>"  # known to linecache, so that error messages can quote the line
    linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
    exec(compile(text, file, "exec"), scope)
    return scope[find(name)[1].answer]


@functools.cache
def _imports(slug: str) -> list[str]:
    """Every import in the notebook that an answer may use."""
    found = []
    for cell in cells(slug):
        if cell.cell_type == "code" and not cell.source.lstrip().startswith("%"):
            body = ast.parse(cell.source).body
            found += [ast.unparse(s) for s in body if isinstance(s, ast.Import | ast.ImportFrom)]
    return found


def stub(lab: Lab, name: str) -> str:
    """What a student is given: the solution cell with its solution cut out."""
    kept, inside = [], False
    for line in source(lab, name).splitlines():
        if "### BEGIN SOLUTION" in line:
            kept.append(line[: len(line) - len(line.lstrip())] + "raise NotImplementedError()")
            inside = True
        elif "### END SOLUTION" in line:
            inside = False
        elif not inside:
            kept.append(line)
    return "\n".join(kept)


def as_answer(name: str, function: Callable) -> str:
    """Source of `function` under the name that the exercise asks for."""
    return undecorated(function).replace(f"def {function.__name__}(", f"def {find(name)[1].answer}(", 1)


def undecorated(function: Callable) -> str:
    """Source of `function` without its decorators."""
    text = textwrap.dedent(inspect.getsource(function))
    return "".join(text.splitlines(keepends=True)[ast.parse(text).body[0].lineno - 1 :])
