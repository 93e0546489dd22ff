"""python -m grading notebooks [--check]: build every .ipynb from its .py, byte for byte the same each time.

The .py (jupytext's percent format) is the source; that of an instructor's own lab is in its folder, and its notebook is
built in solutions/ as well. First its generated cells are regenerated, then the notebook is
built: no outputs, no traces of an editor, and cell ids that depend on nothing but the cells. --check writes nothing,
names each file that would change, and fails if there is one. A notebook that was edited without its .py is never
overwritten. README's course map is regenerated as well.
"""

import hashlib
import json
import os
import sys
from argparse import Namespace
from pathlib import Path

import jupytext
import nbformat
from llmcourse import classroom
from llmcourse.checks import CheckFailed

from ..paths import ROOT
from .folding import FOLDED, METADATA
from .generated_cells import Home, NotebookError, refresh, refresh_readme

SOURCES = ("lectures/[0-9][0-9]_*.py", "solutions/[0-9][0-9]_*/lab.py")
KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}


def run(options: Namespace) -> int:
    try:
        return build_all(ROOT, options.check)
    except (classroom.ClassError, CheckFailed) as error:
        print(error, file=sys.stderr)
        return 1


def build_all(root: Path, check: bool = False) -> int:
    """Build every notebook below `root`, or with `check` name those that would change; return the exit code."""
    home, changed, refused = Home.of(root), [], 0
    for source in sources(root):
        try:
            changed += update(source, root, home, check)
        except NotebookError as error:
            print(error, file=sys.stderr)
            refused += 1
    readme = root / "README.md"
    if readme.exists():
        changed += _put({readme: refresh_readme(readme.read_text(), home)}, check)
    for path in changed:
        print(f"{'would change' if check else 'wrote'} {os.path.relpath(path, root)}")
    if check and changed:
        print("`make notebooks` brings them up to date.", file=sys.stderr)
    if not refused and not (check and changed):
        print(f"{len(sources(root))} notebooks are up to date")
        return 0
    return 1


def sources(root: Path = ROOT) -> list[Path]:
    """Every notebook's .py, lectures first."""
    ours = [path for pattern in SOURCES for path in sorted(root.glob(pattern))]
    own = [folder / "lab.py" for folder in classroom.read(root).own.values()]
    return ours + [path for path in own if path.is_file()]


def place(source: Path, root: Path) -> Path:
    """Where a source would be in solutions/ or lectures/: there its notebook is built."""
    own = classroom.read(root).own
    slug = next((slug for slug, folder in own.items() if folder == source.parent), None)
    return root / "solutions" / slug / "lab.py" if slug else source


def update(source: Path, root: Path, home: Home, check: bool) -> list[Path]:
    """Refresh one .py and build its .ipynb; return the files that changed, or would with `check`."""
    here = place(source, root)
    notebook = here.with_suffix(".ipynb")
    old = source.read_text()
    if not check:
        _refuse_edited(source, notebook, old, root)
    new = refresh(old, here.relative_to(root).as_posix(), home)
    return _put({source: new, notebook: build(new)}, check)


def _put(texts: dict[Path, str], check: bool) -> list[Path]:
    """Write the texts, unless `check`; return the files whose text differs."""
    changed = [path for path, text in texts.items() if not path.exists() or path.read_text() != text]
    for path in () if check else changed:
        path.parent.mkdir(exist_ok=True)
        path.write_text(texts[path])
    return changed


def build(text: str) -> str:
    """The .ipynb of a percent file, as text: a function of the cells and of nothing else."""
    notebook = jupytext.reads(text, fmt="py:percent")
    seen: set[str] = set()
    for cell in notebook.cells:
        cell.metadata = {key: cell.metadata[key] for key in ("nbgrader", "tags") if key in cell.metadata}
        if FOLDED in cell.metadata.get("tags", ()):
            cell.metadata |= METADATA
        cell.id = _name(cell, seen)
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    notebook.metadata = nbformat.from_dict({"kernelspec": KERNEL, "language_info": {"name": "python"}})
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    nbformat.validate(notebook)
    return nbformat.writes(notebook) + "\n"


def _name(cell, seen: set[str]) -> str:
    """A cell's id: its grade id, else a hash of its kind and text; numbered where two cells are the same."""
    content = hashlib.sha1(f"{cell.cell_type}\0{cell.source}".encode()).hexdigest()[:8]
    base = cell.metadata.get("nbgrader", {}).get("grade_id") or content
    name, count = base, 1
    while name in seen:
        count += 1
        name = f"{base}-{count}"
    seen.add(name)
    return name


def _refuse_edited(source: Path, notebook: Path, text: str, root: Path) -> None:
    """JupyterLab writes both files of a pair. If only one was written, a person has to decide which to keep."""
    if not notebook.exists() or notebook.stat().st_mtime <= source.stat().st_mtime:
        return
    if _cells(notebook.read_text()) == _cells(build(text)):
        return
    pair = os.path.relpath(notebook, root), os.path.relpath(source, root)
    raise NotebookError(
        f"{pair[0]} is newer than {pair[1]} and differs from it, so nothing was written. "
        f"To keep the notebook: `jupytext --to py:percent {pair[0]}`. To keep the text: `touch {pair[1]}`. "
        "Then run this again."
    )


def _cells(text: str) -> list[tuple[str, str]] | None:
    """Kind and text of each cell; None for a file that is not a notebook."""
    try:
        cells = json.loads(text)["cells"]
        return [(cell["cell_type"], "".join(cell["source"]).rstrip()) for cell in cells]
    except (ValueError, KeyError, TypeError):
        return None
