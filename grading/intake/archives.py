"""Zip files: the notebooks in them, read into memory one at a time. Nothing is unpacked, and no link is followed."""

import io
import stat
import zipfile
from pathlib import Path, PurePosixPath

from . import files
from .files import Unreadable, in_one_line, quoted

MEMBERS = 10_000  # files in one zip
CLOSEST = 100  # of them that are looked at, those first that most resemble a lab
ENDINGS = {".py": 2, ".md": 2, ".json": 2, ".txt": 3}
NO_SUBMISSION = {"timestamp.txt", "requirements.txt"}  # nbgrader's, and one that is often there


def notebooks(file: Path | io.BytesIO) -> list[str]:
    """The notebooks in a zip, without links and without names that lead out of the folder it is unpacked into."""
    with zipfile.ZipFile(file) as archive:
        if len(archive.infolist()) > MEMBERS:
            raise Unreadable(f"The zip contains more than {MEMBERS:,} files.")
        names = dict.fromkeys(info.filename for info in archive.infolist() if _harmless(info))
        return sorted(names, key=rank)[:CLOSEST]


def extract(file: Path | io.BytesIO, name: str) -> bytes:
    """One file of a zip, whatever size it claims to have; raises Unreadable."""
    try:
        with zipfile.ZipFile(file) as archive, archive.open(name) as inner:
            data = inner.read(files.MOST + 1)
    except Exception as error:  # whatever a file contains, the rest of the class is graded
        raise Unreadable(f"The zip is damaged ({in_one_line(error)}).") from error
    if len(data) > files.MOST:
        raise Unreadable(f"{quoted(name)} is larger than {files.MOST // 10**6} MB.")
    return data


def rank(name: str) -> int:
    """How closely a file's name resembles a lab's: 0 is closest, and 4 is not a lab."""
    if name.rpartition("/")[2] == "lab.ipynb":
        return 0
    if ".ipynb" in name.lower():
        return 1
    return 4 if name.rpartition("/")[2] in NO_SUBMISSION else ENDINGS.get(PurePosixPath(name.lower()).suffix, 4)


def hidden(name: str) -> bool:
    """Whether a file manager would hide it."""
    return name.startswith((".", "__MACOSX")) and name not in (".", "..")


def _harmless(info: zipfile.ZipInfo) -> bool:
    parts = info.filename.replace("\\", "/").split("/")
    leaves = ".." in parts or parts[0] == "" or ":" in parts[0]
    link = stat.S_ISLNK(info.external_attr >> 16)
    return not (leaves or link or info.is_dir() or any(map(hidden, parts))) and rank(info.filename) < 3
