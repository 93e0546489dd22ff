"""What a notebook imports: modules next to it, which are packed, and packages, which grading may not have."""

import contextlib
import sys
from collections.abc import Iterable
from importlib import metadata
from pathlib import Path
from typing import NamedTuple

from .. import dependencies, requirements
from .folder import Notebook, source

FILES, SIZE = 100, 50_000_000  # as many files, and bytes of all of them, come along when a lab is graded
ELSEWHERE = {"google"}  # only Colab has it, and the course asks for it there


class Needs(NamedTuple):
    """What a notebook imports.

    files    of the student's own modules, with the data next to them in packages
    unknown  modules that are nowhere: neither next to the notebook nor installed
    foreign  modules that are installed here, but not by the course
    """

    files: list[Path]
    unknown: list[str]
    foreign: list[str]

    def said(self, notebook: Path) -> list[str]:
        """Lines for the student: what is packed with the notebook, and what is not."""
        here = notebook.parent
        siblings = [
            path for path in here.iterdir() if not path.name.startswith((".", "__")) and path.suffix != ".ipynb"
        ]
        taken = {path.relative_to(here).parts[0] for path in self.files}
        left = sorted(path.name for path in siblings if path.name not in taken)
        names = [path.relative_to(here).as_posix() for path in self.files]
        lines = [f"It also contains what the notebook imports: {_listed(names)}."] if names else []
        lines += [f"Not in it, since the notebook does not import it: {_listed(left)}."] if left else []
        lines += [f"`{name}` was not found, neither next to the notebook nor installed." for name in self.unknown]
        lines += [f"`{name}` is not installed where labs are graded: do without it." for name in self.foreign]
        if len(names) > FILES or sum(path.stat().st_size for path in self.files) > SIZE:
            lines.append(f"Only {FILES} files, {SIZE // 10**6} MB together, come along when a lab is graded.")
        return lines


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - 8} more" if len(names) > 8 else ""
    return ", ".join(names[:8]) + more


def needs(notebook: Notebook, folder: Path) -> Needs:
    """What the code of a notebook in `folder` imports, and what the modules there import in turn."""
    from packaging.utils import canonicalize_name  # comes with matplotlib

    homes = {path.stem: folder / path.stem for path in folder.iterdir() if path.suffix == ".py" or _is_package(path)}
    texts = [source(cell) for cell in notebook["cells"] if cell.get("cell_type") == "code"]
    names = {name for text in texts for name in _imported(text)}
    try:
        files = dependencies.sources(*names, homes=homes)
    except (SyntaxError, ValueError):  # one of them is not Python: what it imports is unknown
        files = {path for name in homes for path in (folder / f"{name}.py", *(folder / name).rglob("*.py"))}
    files = {path for path in files if path.is_file()}
    names |= {name for path in files for name in _imported(path.read_text(encoding="utf-8", errors="replace"))}
    others = sorted({name.partition(".")[0] for name in names} - homes.keys() - sys.stdlib_module_names - ELSEWHERE)
    here, ours = metadata.packages_distributions(), _of_the_course()
    unknown = [name for name in others if name not in here and not _importable(name)]
    foreign = [name for name in others if name in here and ours and not {*map(canonicalize_name, here[name])} & ours]
    return Needs(sorted(files | dependencies.data(files)), unknown, foreign)


def _is_package(path: Path) -> bool:
    """Whether this is a folder with modules in it; it need not have an __init__.py."""
    return path.is_dir() and not path.name.startswith((".", "__")) and any(path.rglob("*.py"))


def _imported(text: str) -> Iterable[str]:
    with contextlib.suppress(SyntaxError, ValueError):
        return dependencies.imported(text)
    return ()


def _importable(name: str) -> bool:
    """Whether a module that belongs to no installed package can be found all the same, as this course can."""
    from importlib.util import find_spec

    with contextlib.suppress(ImportError, ValueError):
        return find_spec(name) is not None
    return False


def _of_the_course() -> set[str]:
    """The packages that the course asks for, but for its own tests, and all that they ask for."""
    from packaging.requirements import Requirement  # comes with matplotlib

    try:
        extras = {*(metadata.metadata("llmcourse").get_all("Provides-Extra") or ())} - {"dev"}
    except metadata.PackageNotFoundError:
        return set()
    return requirements.needed([Requirement(f"llmcourse[{','.join(sorted(extras))}]")], absent=True)
