"""Lectures with their outputs, kept in .cache/executed, so that each runs again only if its page would change.

The fingerprint is stricter than that of a test's record (`recorded`): a lecture shows sources of the library with their
comments and line numbers, so every byte of a file that it depends on counts. Prose does not: outputs are put into the
notebook as it is now, whose code is the same.
"""

import hashlib
import json
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from .. import execution, notebooks, recorded

FOLDER = Path(".cache/executed")


def fingerprint(lecture: recorded.Notebook, tier: str) -> str:
    """16 hexadecimal digits that change with everything that the lecture shows at a tier, apart from its prose."""
    given = [tier, recorded.versions("smoke", lecture.root), lecture.code()]
    digest = hashlib.sha256(json.dumps(given).encode())
    for path in lecture.depends_on("smoke"):
        digest.update(f"\0{path.relative_to(lecture.root).as_posix()}\0".encode() + path.read_bytes())
    return digest.hexdigest()[:16]


def executed(lecture: recorded.Notebook, tier: str) -> NotebookNode:
    """The lecture with its outputs, from the cache or from a run. Raises CellExecutionError if a cell fails."""
    notebook = nbformat.reads(notebooks.build(lecture.source.read_text("utf-8")), as_version=4)
    kept = lecture.root / FOLDER / f"{fingerprint(lecture, tier)}.ipynb"
    if not kept.is_file():
        print(f"running {lecture.name} at tier {tier}", flush=True)
        ran = execution.run(notebook.copy(), lecture.source.parent, tier).notebook
        kept.parent.mkdir(parents=True, exist_ok=True)
        nbformat.write(ran, kept)
    old = nbformat.read(kept, as_version=4)
    for cell, ran in zip(_code(notebook), _code(old), strict=True):
        cell.outputs = ran.outputs
    return notebook


def _code(notebook: NotebookNode) -> list[NotebookNode]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]
