"""Feedback pages, as nbgrader makes them, from an autograded notebook and what the gradebook says about it."""

import functools
import hashlib
import json
from collections.abc import Iterable
from pathlib import Path

import jinja2
import nbformat
from llmcourse.html import Html, code, table, theme_of_page
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


def plain(notebook: str, said: dict, why: str) -> str:
    """A page without the notebook, for a student whose notebook can't be shown: the score, the cards, and why."""
    cells = json.loads(notebook)["cells"]
    shown = {cell["metadata"].get("nbgrader", {}).get("grade_id"): cell.get("outputs", ()) for cell in cells}
    rows = [
        (name, f"{_number(given['score'])} of {_number(given['points'])}", given.get("comment") or "")
        for name, given in said["cells"].items()
        if "score" in given
    ]
    cards = [Html(card) for name in said["cells"] for card in _cards(shown.get(name, ()))]
    late = f" {_number(said['late_penalty'])} were taken off for being late." if said["late_penalty"] else ""
    score = f"{_number(said['score'])} of {_number(said['max_score'])} points.{late}"
    html = _template().page(Html(theme_of_page()), score, why, table(("", "points", "comment"), rows), cards)
    return f"{html}\n<!-- {mark(notebook, said)} -->\n"


def _cards(outputs: Iterable[dict]) -> list[str]:
    """The first output of a graded cell is the grader's card; what follows may be the student's."""
    first = next(iter(outputs), {})
    return ["".join(first["data"]["text/html"])] if "text/html" in first.get("data", {}) else []


def _number(points: float | None) -> str:
    return "?" if points is None else f"{points:g}"


@functools.cache
def _template() -> jinja2.environment.TemplateModule:
    loader = jinja2.FileSystemLoader(paths.ROOT / "grading" / "templates")
    environment = jinja2.Environment(loader=loader, autoescape=True, undefined=jinja2.StrictUndefined)
    return environment.get_template("plain_feedback.html.j2").module


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
