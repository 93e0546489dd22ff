"""python -m grading inspect LAB: what would be repaired in the submissions, what can't be read, and why.

Nothing is run and nothing is written. Use it when submissions have arrived, before they are graded.
"""

import sys
from argparse import Namespace
from pathlib import Path
from typing import NamedTuple

import nbformat
from llmcourse.work import WorkError
from llmcourse.work.folder import find

from .. import paths
from . import bounded
from .collection import Submission, collect
from .files import in_one_line, quoted
from .notebook_file import read
from .repair import repair


class Inspection(NamedTuple):
    """The inspection of one submission: why it can't be read, or else what would be repaired."""

    given: str
    unreadable: str = ""
    repaired: tuple[str, ...] = ()


def run(options: Namespace) -> int:
    folder = options.submissions or paths.runtime() / "submitted"
    try:
        found = examine(folder, find(options.lab))
    except WorkError as error:
        print(error, file=sys.stderr)
        return 2
    for who, one in found.items():
        print("\n  ".join([f"{who}: {_verdict(one)}", *one.repaired]))
    lost = sum(bool(one.unreadable) for one in found.values())
    repaired = sum(bool(one.repaired) for one in found.values())
    print(f"\nOf {len(found)} submissions, {lost} can't be read and {repaired} would be repaired.")
    return 1 if lost else 0


def examine(folder: Path, slug: str) -> dict[str, Inspection]:
    """Student, or the name of a file whose student is unknown -> the inspection."""
    if not folder.is_dir():
        raise WorkError(f"There is no folder {folder}.")
    skeleton = nbformat.read(paths.released(slug), 4)
    submissions, refused = collect(folder, slug)
    with bounded.Worker() as worker:
        found = {_who(one): _looked(worker, one, skeleton) for one in submissions.values()}
    return found | {what: Inspection(what, why) for what, why in refused.items()}


def _who(one: Submission) -> str:
    return one.student if one.name == one.student else f"{one.name} ({one.student})"


def _looked(worker: bounded.Worker, one: Submission, skeleton: nbformat.NotebookNode) -> Inspection:
    try:
        return worker.call(_look, one, skeleton)
    except Exception as error:  # whatever a file contains, the others are looked at
        return Inspection(one.given, in_one_line(error))


def _look(one: Submission, skeleton: nbformat.NotebookNode) -> Inspection:
    rebuilt = repair(read(one.open()), skeleton)
    name = one.given.rpartition("/")[2]
    renamed = [] if name == "lab.ipynb" else [f"The file was submitted as {quoted(name)}."]
    return Inspection(one.given, "", (*renamed, *rebuilt.metadata.llmcourse["repaired"]))


def _verdict(one: Inspection) -> str:
    if one.unreadable:
        return f"This can't be read. {one.unreadable}"
    return "This would be repaired:" if one.repaired else "Nothing has to be repaired."
