"""Which exercises have passed: one small file each in `work/.passed`, so that notebooks do not collide.

This needs no torch: `checks` records here what passes, and `work` reads it.
"""

import contextlib
from datetime import date
from pathlib import Path

from . import files


def passed(name: str) -> None:
    """Record that an exercise passes, if this notebook is in a prepared work folder. Never raises.

    A check that passes must not fail because the disk is full.
    """
    with contextlib.suppress(OSError):
        here = Path.cwd()
        for place in (here, *here.parents):
            if (place / ".base").is_dir():
                files.write(place / ".passed" / name, f"{date.today()}\n")


def when(name: str) -> str:
    """The day on which an exercise passed; "" if it has not."""
    note = _note(name)
    try:
        return note.read_text().strip() if note else ""
    except OSError:
        return ""


def forget(name: str) -> None:
    """Count an exercise as not passed: it is being done again."""
    note = _note(name)
    if note:
        note.unlink(missing_ok=True)


def _note(name: str) -> Path | None:
    course = files.course()
    return course / "work" / ".passed" / name if course else None
