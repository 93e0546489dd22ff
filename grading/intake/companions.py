"""Files and folders that were submitted with a notebook, and that it may need: modules, data, pictures.

They come along, also from a zip, with bounds on their number and size. What does not come along is named. Hidden files,
other notebooks, other labs and nbgrader's own timestamp.txt are no part of it.
"""

import itertools
import os
import re
import shutil
import stat
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from llmcourse.checks import labs
from llmcourse.work import packing

from . import archives, files

COUNT, SIZE = packing.FILES, packing.SIZE  # of the files with one notebook
LONGEST = 100  # characters of a name with its folders
DEEPEST = 8  # folders in folders
SEEN = 5_000  # files and folders that are looked at
ASIDE = {".ipynb", ".pyc"}


class Companions(NamedTuple):
    """What comes with a notebook.

    files     name, with its folders -> where it is: a file, or its name in a zip
    left_out  name -> why
    """

    files: dict[str, Path | str]
    left_out: dict[str, str]

    def sentence(self) -> str:
        """What was left out, and why; "" if nothing was."""
        named = [f"`{printable(name)}` ({why})" for name, why in [*self.left_out.items()][:5]]
        more = [f"and {len(self.left_out) - len(named)} more"] if len(self.left_out) > len(named) else []
        return f"These files were submitted with the notebook and left out: {', '.join(named + more)}." if named else ""


NOTHING = Companions({}, {})


class _File(NamedTuple):
    name: str
    where: Path | str
    size: int
    mode: int


def around(notebook: Path) -> Companions:
    """What is in the folder of a notebook, and below it."""
    return _chosen(file for file in _walk(notebook.parent, notebook.parent) if file.where != notebook)


def loose(named: Iterable[tuple[str, Path]]) -> Companions:
    """Files of one student that a platform exported side by side, each under the name it was submitted with.

    Canvas calls a file that was submitted again helpers-1.py; no module has such a name.
    """
    known = ((re.sub(r"-\d+(?=\.py$)", "", name), path, path.lstat()) for name, path in named)
    return _chosen(_File(name, path, status.st_size, status.st_mode) for name, path, status in known)


def in_zip(file: Path, member: str) -> Companions:
    """What is in a zip next to a notebook, and below it."""
    above = member.rpartition("/")[0]
    start = f"{above}/" if above else ""
    with zipfile.ZipFile(file) as archive:
        return _chosen(
            _File(info.filename.removeprefix(start), info.filename, info.file_size, info.external_attr >> 16)
            for info in archive.infolist()[: archives.MEMBERS]
            if info.filename.startswith(start) and info.filename != member and not info.is_dir()
        )


def copy(given: dict[str, Path], folder: Path) -> None:
    """Copy files into a folder and the folders below it, each under its name."""
    for name, path in given.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, folder / name)


def printable(name: str) -> str:
    """A name as it is shown: in one line, and not too long."""
    return files.printable(name[:LONGEST]).replace("`", "?")


def _walk(folder: Path, top: Path) -> Iterator[_File]:
    """The files below a folder, those nearest to it first; links are not followed."""
    waiting, seen = [folder], 0
    while waiting and seen < SEEN:
        here = waiting.pop(0)
        try:
            entries = [*itertools.islice(os.scandir(here), SEEN - seen)]
        except OSError:
            yield _File(here.relative_to(top).as_posix(), here, 0, 0)
            continue
        seen += len(entries)
        for entry in sorted(entries, key=lambda entry: entry.name):
            path = Path(entry.path)
            if entry.is_dir(follow_symlinks=False):
                if not _aside(f"{entry.name}/") and len(path.relative_to(top).parts) <= DEEPEST:
                    waiting.append(path)
                continue
            known = entry.stat(follow_symlinks=False)
            yield _File(path.relative_to(top).as_posix(), path, known.st_size, known.st_mode)


def _chosen(found: Iterable[_File]) -> Companions:
    """Those that come along; modules first, for the notebook may import them."""
    others = {lab.slug for lab in labs()}
    ours = [file for file in found if not _aside(file.name)]
    wanted = [file for file in ours if file.name.partition("/")[0].partition(".")[0] not in others]
    chosen, left_out, size = {}, {}, 0
    for file in sorted(wanted, key=lambda file: (not file.name.endswith(".py"), file.name.count("/"), file.name)):
        why = _why_not(file)
        if not why and any(_in(file.name, other) or _in(other, file.name) for other in chosen):
            why = "a folder and a file have the same name"
        if not why and len(chosen) >= COUNT:
            why = f"more than {COUNT} files"
        if not why and size + file.size > SIZE:
            why = f"more than {SIZE // 10**6} MB together"
        if why:
            left_out[file.name] = why
        else:
            chosen[file.name], size = file.where, size + file.size
    return Companions(chosen, left_out)


def _in(name: str, folder: str) -> bool:
    return name.startswith(f"{folder}/")


def _aside(name: str) -> bool:
    parts = name.split("/")
    hidden = any(archives.hidden(part) or part == "__pycache__" for part in parts)
    return hidden or name == "timestamp.txt" or PurePosixPath(name).suffix in ASIDE


def _why_not(file: _File) -> str:
    """Why a file can't come along, or ""."""
    parts = file.name.split("/")
    if ".." in parts or "" in parts or "\\" in file.name or ":" in parts[0]:
        return "its name leads out of the folder"
    if not file.name.isprintable() or not _is_text(file.name):
        return "its name can't be printed"
    if len(file.name) > LONGEST or len(parts) > DEEPEST:
        return "its name is too long"
    if stat.S_ISLNK(file.mode):
        return "a symbolic link"
    if stat.S_IFMT(file.mode) not in (0, stat.S_IFREG):
        return "not an ordinary file"
    if isinstance(file.where, Path) and not os.access(file.where, os.R_OK):
        return "it can't be read"
    return ""


def _is_text(name: str) -> bool:
    try:
        return bool(name.encode())
    except UnicodeEncodeError:
        return False


def read(where: Path | str, archive: Path) -> bytes:
    """The contents of a companion, of the archive if it is in one; raises Unreadable."""
    return archives.extract(archive, where) if isinstance(where, str) else files.read_bytes(where)
