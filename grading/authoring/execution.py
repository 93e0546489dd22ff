"""Running a notebook as a reader would: from its first cell to its last, in a kernel of its own."""

import os
import time
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path

import jupytext
import nbformat
from nbclient import NotebookClient


@dataclass(frozen=True)
class Run:
    """The result of running a notebook: its seconds, what is wrong with what it shows, and itself with its outputs."""

    seconds: float
    faults: tuple[str, ...]
    notebook: nbformat.NotebookNode


def run(notebook: nbformat.NotebookNode, folder: Path, tier: str, **client) -> Run:
    """Run all cells in `folder`; raises CellExecutionError, with the cell and its error, if one fails.

    client  further arguments of NotebookClient, such as another kernel manager
    """
    environment = {**os.environ, "OMP_WAIT_POLICY": "PASSIVE", "LLMCOURSE_TIER": tier, **client.pop("env", {})}
    start = time.perf_counter()
    runner = NotebookClient(notebook, timeout=600, resources={"metadata": {"path": str(folder)}}, **client)
    # nbclient plays the front end of an output widget, and in one run of ten it then misses the cell's end.
    runner.comm_open_handlers = {"jupyter.widget": lambda message: None}
    runner.execute(env=environment)
    return Run(time.perf_counter() - start, tuple(faults(notebook)), notebook)


def run_file(source: Path, tier: str) -> Run:
    """Run the notebook of a .py in its own folder."""
    return run(jupytext.read(source, fmt="py:percent"), source.parent, tier)


def faults(notebook: nbformat.NotebookNode) -> list[str]:
    """What a reader should not see in the outputs of a notebook, each in one sentence."""
    found = []
    for number, cell in enumerate(notebook.cells):
        for output in cell.get("outputs", []):
            found += [f"cell {number}: {fault}" for fault in _faults(output)]
    return found


def _faults(output: dict) -> list[str]:
    if output["output_type"] == "stream":
        return [f"writes to stderr: {output['text'][:300]}"] if output["name"] == "stderr" else []
    data = output.get("data", {})
    found = ["shows a figure without words: draw it with figures.figure"] if "image/png" in data else []
    page = _Images()
    page.feed("".join(data.get("text/html", "")))
    return found + ["shows a picture with an empty alt"] * sum(not alt.strip() for alt in page.alts)


class _Images(HTMLParser):
    """The alternative texts of a page's pictures."""

    def __init__(self):
        super().__init__()
        self.alts = []

    def handle_starttag(self, tag, attrs):
        if tag == "img":
            self.alts.append(dict(attrs).get("alt") or "")
