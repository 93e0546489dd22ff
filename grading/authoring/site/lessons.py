"""The page of a lecture, as executed, and of a lab, as its tasks without answers and hints."""

import re
import shutil
from pathlib import Path

import nbformat
from llmcourse.course import Module
from llmcourse.slugs import copied, label
from nbformat import NotebookNode

from .. import folding, previews, recorded
from . import executed, links, shrink

LEFT_OUT = {"setup", "save"}  # tags of cells that are of use only in a notebook
WIDGET = "application/vnd.jupyter.widget-view+json"
HEADING = re.compile(r"^(#{1,6}) ", re.M)
PREVIEWED = re.compile(r"\n+\*A preview: .*?\*")
TASKS = """\
:::{{note}}
This page shows the tasks. To do them, run `make lab` in a clone of the course and open your copy,
`work/{copy}`: there, a check under each exercise says what is right and often which mistake was made, and
hints are folded below it. {lecture}
:::"""


def write(module: Module, shown: dict[str, str], tier: str, source: Path, root: Path) -> None:
    """Write the sources of both pages of a module below `source`; `shown` is what the site has, as in `links`."""
    lecture = executed.executed(recorded.Notebook(root / module.sources["lecture"], root), tier)
    lab = nbformat.read(root / module.notebooks["lab"], as_version=4)
    for kind, notebook in (("lecture", _lecture(lecture, source)), ("lab", _lab(lab, module))):
        file, page = module.notebooks[kind], f"{kind}s/{module.slug}.ipynb"
        for cell in notebook.cells:
            if cell.cell_type == "markdown":
                cell.source = links.relinked(cell.source, file, page, shown)
        (source / page).parent.mkdir(exist_ok=True)
        nbformat.write(notebook, source / page)
    picture = previews.PLACE / f"{module.slug}.webp"
    if (root / picture).is_file():
        (source / picture).parent.mkdir(exist_ok=True)
        shutil.copy(root / picture, source / picture)


def _lecture(notebook: NotebookNode, source: Path) -> NotebookNode:
    notebook.cells = _levelled([cell for cell in notebook.cells if not LEFT_OUT & set(_tags(cell))])
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = PREVIEWED.sub("{.dark-light}", cell.source)  # right on both, so that no theme dims it
            continue
        if folding.FOLDED in _tags(cell):
            cell.metadata.tags = ["remove-input"]
        cell.outputs = [_output(one, source) for one in cell.outputs if WIDGET not in one.get("data", {})]
    return notebook


def _lab(notebook: NotebookNode, module: Module) -> NotebookNode:
    cells = [cell for cell in notebook.cells if not LEFT_OUT & set(_tags(cell)) and not _has(cell, "hints")]
    text = TASKS.format(
        copy=copied(module.slug),
        lecture=f"Read [lecture {label(module.slug)}](../../lectures/{module.slug}.ipynb) first.",
    )
    note = nbformat.v4.new_markdown_cell(text, id="tasks")
    notebook.cells = _levelled([cells[0], note, *cells[1:]])
    return notebook


def _tags(cell: NotebookNode) -> list[str]:
    return cell.metadata.get("tags", [])


def _has(cell: NotebookNode, kind: str) -> bool:
    """Whether it is a generated cell of this kind: "hints" of "hints:decode-step"."""
    return any(tag.partition(":")[0] == kind for tag in _tags(cell))


def _output(one: NotebookNode, source: Path) -> NotebookNode:
    if "text/html" in one.get("data", {}):
        one.data = {"text/html": shrink.output("".join(one.data["text/html"]), source)}
    return one


def _levelled(cells: list[NotebookNode]) -> list[NotebookNode]:
    """The cells with one title: a second one, such as "Part two", would be a page of its own in the contents."""
    titled = False
    for cell in cells:
        if cell.cell_type != "markdown":
            continue
        for match in [m for m in HEADING.finditer(cell.source) if len(m[1]) == 1]:
            if titled:
                cell.source = cell.source[: match.start()] + "#" + cell.source[match.start() :]
            titled = True
    return cells
