"""Feedback pages, as nbgrader makes them, from an autograded notebook and what the gradebook says about it."""

import functools
import hashlib
import json
from pathlib import Path

import nbformat
from llmcourse.html import code
from nbconvert.preprocessors import CSSHTMLHeaderPreprocessor
from nbformat.v4 import new_markdown_cell
from nbgrader.converters import GenerateFeedback
from traitlets.config import Config

from .. import paths


def page(notebook: str, said: dict) -> str:
    """The page, with the mark of what it was made from in its last line.

    said  score, max_score and late_penalty, and under "cells": cell -> score, points, comment
    """
    shown = nbformat.reads(notebook, 4)
    for cell in shown.cells:
        given = cell.metadata.get("nbgrader", {})
        given.update(said["cells"].get(given.get("grade_id"), {}))
    shown.cells[:0] = _repairs(shown)
    resources = {"nbgrader": {**said, "notebook": "lab"}}
    resources |= {"unique_key": "lab", "metadata": {"name": "lab"}}
    html, _ = exporter().from_notebook_node(shown, resources)
    return f"{html}\n<!-- {mark(notebook, said)} -->\n"


def _repairs(notebook: nbformat.NotebookNode) -> list[nbformat.NotebookNode]:
    """A cell for the top of the page with what was repaired, if anything was. In HTML, so that no name is Markdown."""
    said = notebook.metadata.get("llmcourse", {}).get("repaired", ())
    items = "".join(f"<li>{code(' '.join(sentence.split()))}</li>" for sentence in said)
    return [new_markdown_cell(f"<p>Repaired before grading:</p><ul>{items}</ul>")] if items else []


def mark(notebook: str, said: dict) -> str:
    """Names what a page is made from."""
    return hashlib.sha256(f"{notebook}\0{json.dumps(said, sort_keys=True)}".encode()).hexdigest()


def is_current(path: Path, notebook: str, said: dict) -> bool:
    try:
        with path.open("rb") as file:
            file.seek(-100, 2)
            return mark(notebook, said).encode() in file.read()
    except OSError:
        return False


@functools.cache
def exporter():
    """nbgrader's exporter for feedback, without its step that opens the gradebook."""
    api, template = paths.nbgrader(), Config()
    template.HTMLExporter.template_name = "feedback"
    converter = GenerateFeedback(coursedir=api.coursedir, parent=api)
    converter.update_config(template)
    made = converter.exporter_class(parent=converter, config=converter.config)
    made.register_preprocessor(CSSHTMLHeaderPreprocessor, enabled=True)
    return made
