"""Files that are written whole or not at all, locks that die with their process, and the course's folder."""

import contextlib
import os
import threading
from collections.abc import Iterator
from pathlib import Path


def write(path: Path, content: str | bytes, mode: int | None = None) -> None:
    """Write a file whole or not at all, whatever ends the process or the machine.

    mode  its permissions; None leaves them to the umask
    Missing folders are created. Raises OSError, and then leaves the old file, if there is one, as it was.
    """
    with replacing(path) as part:
        if mode is not None:
            part.touch(mode & 0o600)  # a secret is never readable for others, not even while it is written
        part.write_bytes(content.encode() if isinstance(content, str) else content)
        if mode is not None:
            part.chmod(mode)


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A new file, to be written in the block. It takes the place of `path` when the block ends without an error."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}-{threading.get_ident()}.part")
    try:
        yield part
        with part.open("rb") as file:
            os.fsync(file.fileno())  # otherwise a machine that loses power may keep the name without the content
        os.replace(part, path)
    except BaseException:
        with contextlib.suppress(OSError):
            part.unlink()
        raise


def sweep(folder: Path, pattern: str = "**/") -> None:
    """Remove what processes that were ended had begun to write. Call it only where nobody else can be writing.

    pattern  of the folders below to look in; "" for this folder alone
    """
    for part in Path(folder).glob(pattern + ".*.part"):
        part.unlink()


@contextlib.contextmanager
def lock(path: Path, wait: bool = True) -> Iterator[None]:
    """Let one process at a time into this block. The lock dies with its process; its file stays, and is empty.

    wait  for the process that holds the lock; otherwise BlockingIOError is raised at once
    """
    import filelock  # takes a tenth of a second, and most programs never need a lock

    path.parent.mkdir(parents=True, exist_ok=True)
    held = filelock.FileLock(path)
    try:
        held.acquire(timeout=-1 if wait else 0)
    except filelock.Timeout:
        raise BlockingIOError(f"{path} is locked by another process.") from None
    try:
        yield
    finally:
        held.release()


def course() -> Path | None:
    """The course's folder: above this one, or around the package if it is installed as editable; None if neither."""
    here = Path.cwd()
    for folder in (here, *here.parents, *Path(__file__).resolve().parents):
        if (folder / "lectures").is_dir() and (folder / "pyproject.toml").is_file():
            return folder
    return None
