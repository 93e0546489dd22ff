"""Submitted files: which may be opened at all, how much of them is read, and how their words are repeated."""

import stat
from pathlib import Path

MOST = 200_000_000  # bytes of a file; a notebook with large outputs may be that large


class Unreadable(Exception):
    """A file that no notebook can be read from. The message is for whoever submitted it."""


def why_not(path: Path) -> str:
    """Why this file is not even opened, or "". Opening a pipe, for one, could wait for ever."""
    mode = path.lstat().st_mode
    if stat.S_ISLNK(mode):
        return "It is a symbolic link, and links are never followed. Submit the file itself."
    if stat.S_ISDIR(mode):
        return "It is a folder, not a file."
    if not stat.S_ISREG(mode):
        return "It is not an ordinary file."
    return f"The file is larger than {MOST // 10**6} MB." if path.stat().st_size > MOST else ""


def linked(path: Path) -> bool:
    """Whether STUDENT/LAB/lab.ipynb is behind a symbolic link; `why_not` checks the file itself."""
    return path.parent.is_symlink() or path.parents[1].is_symlink()


def read_bytes(path: Path, most: int | None = None) -> bytes:
    """The contents of a file, at most `most` bytes of it; raises Unreadable."""
    try:
        why = why_not(path)
        if why:
            raise Unreadable(why)
        with path.open("rb") as file:
            return file.read(most or MOST + 1)
    except OSError as error:
        raise Unreadable(f"The file cannot be opened ({error.strerror}).") from None


def printable(text: str) -> str:
    """A text, such as the name of a file, with a question mark for whatever can't be printed."""
    return "".join(c if c.isprintable() else "?" for c in text)


def quoted(text: object, most: int = 200) -> str:
    """A stranger's words in quotation marks and one short line, so that nobody takes them for the grader's."""
    line = "".join(c if c.isprintable() else " " for c in str(text)[: 10 * most])
    line = " ".join(line.replace('"', "'").split())
    return f'"{line[: most - 1]}…"' if len(line) > most else f'"{line}"'


def in_one_line(error: BaseException) -> str:
    """An exception for a table. Ours are sentences; others may repeat a file's words, and are quoted."""
    if isinstance(error, Unreadable):
        return str(error)
    return f"{type(error).__name__}: {quoted(error)}" if str(error) else type(error).__name__
