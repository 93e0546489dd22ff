"""python -m grading labs [--check]: the labs that students get, released from the solutions by nbgrader.

Every lab is remade, byte for byte the same each time, and searched for anything that belongs to the solution; if one
leaks, nothing is written. --check writes nothing, names each file that would change, and fails if there is one.
"""

import ast
import os
import sys
import tempfile
from argparse import Namespace
from collections.abc import Iterator
from pathlib import Path

import nbformat
from llmcourse.checks import lab, labs

from ..exercises import solutions
from ..paths import ROOT, nbgrader

MARKERS = ("BEGIN SOLUTION", "END SOLUTION", "HIDDEN TESTS", "MARK SCHEME", "AUTOTEST")


def run(options: Namespace) -> int:
    check, bad = options.check, 0
    slugs = [lab.slug for lab in labs() if (ROOT / "solutions" / lab.slug / "lab.ipynb").exists()]
    with tempfile.TemporaryDirectory() as folder:
        made = release(slugs, Path(folder))
        found = [sentence for slug in slugs for sentence in leaks(Path(folder) / slug)]
    print(*found, sep="\n", end="\n" if found else "", file=sys.stderr)
    if found:
        return 1
    for path, data in sorted((made | dict.fromkeys(_surplus(made))).items()):
        if not path.exists() or path.read_bytes() != data:
            bad += 1
            print(f"{'would change' if check else 'wrote' if data is not None else 'removed'} {path.relative_to(ROOT)}")
            if not check:
                _put(path, data)
    print("The labs differ from their solutions." if check and bad else f"{len(slugs)} labs are released.")
    if check and bad:
        print("`make labs` brings them up to date.", file=sys.stderr)
    return int(check and bad > 0)


def release(slugs: list[str], folder: Path) -> dict[Path, bytes]:
    """Release labs into `folder`, with a gradebook of its own; returns what belongs into labs/, as path -> bytes."""
    database = f"sqlite:///{folder}/gradebook.db"
    api = nbgrader(release_directory=os.path.relpath(folder, ROOT), db_url=database)
    for slug in slugs:
        result = api.generate_assignment(slug)
        if not result["success"]:
            raise SystemExit(f"nbgrader could not release {slug}:\n{result.get('log', '')}\n{result['error']}")
        path = folder / slug / "lab.ipynb"
        path.write_text(_plain(path.read_text()))
    files = [path for slug in slugs for path in (folder / slug).rglob("*") if path.is_file()]
    return {ROOT / "labs" / path.relative_to(folder): path.read_bytes() for path in files}


def _plain(text: str) -> str:
    """A notebook as text: no outputs, no counts, and no trace of an editor in its metadata."""
    notebook = nbformat.reads(text, as_version=4)
    notebook.metadata = {key: notebook.metadata[key] for key in ("kernelspec", "language_info")}
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    return nbformat.writes(notebook) + "\n"


def _surplus(made: dict[Path, bytes]) -> list[Path]:
    """Files in labs/ that no solution releases."""
    here = (ROOT / "labs").rglob("*")
    return [path for path in here if path.is_file() and ".ipynb_checkpoints" not in path.parts and path not in made]


def _put(path: Path, data: bytes | None) -> None:
    if data is None:
        path.unlink()
    else:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


def leaks(folder: Path) -> Iterator[str]:
    """A sentence for everything in a released lab that gives a solution away."""
    for path in sorted(folder.rglob("*")):
        if path.suffix == ".py" or path.name == "jupytext.toml":
            yield f"{path.name} is in the released lab {folder.name}, and a paired file contains the solution."
    text = (folder / "lab.ipynb").read_text()
    yield from (f"{folder.name} contains {marker!r}." for marker in MARKERS if marker in text)
    notebook = nbformat.reads(text, as_version=4)
    if "jupytext" in notebook.metadata:
        yield f"{folder.name} contains jupytext metadata: JupyterLab would write a paired file next to it."
    if any(cell.get("outputs") for cell in notebook.cells):
        yield f"{folder.name} contains outputs."
    ids = {cell.metadata.get("nbgrader", {}).get("grade_id") for cell in notebook.cells}
    for draft in lab(folder.name).drafts:
        if {draft.name, f"{draft.name}-check"} & ids:
            yield f"{folder.name} contains the exercise {draft.name}, whose public half has `written=False`."
    lines = {line.strip() for cell in notebook.cells if cell.cell_type == "code" for line in cell.source.splitlines()}
    yield from (f"{folder.name} contains a line of a solution: {line}" for line in sorted(secret(folder.name) & lines))


def secret(slug: str) -> set[str]:
    """The lines that only the solution has. A line that is no statement by itself, such as `)`, gives nothing away."""
    given, whole = set(), set()
    for name in solutions.answers(slug):
        given |= {line.strip() for line in solutions.stub(lab(slug), name).splitlines()}
        whole |= {line.strip() for line in solutions.source(lab(slug), name).splitlines()}
    return {line for line in whole - given if _is_statement(line)}


def _is_statement(line: str) -> bool:
    try:
        return bool(ast.parse(line if not line.startswith("return") else f"def f():\n {line}").body)
    except SyntaxError:
        return line.endswith(":")
