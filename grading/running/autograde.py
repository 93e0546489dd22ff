"""Grading one submission: a function of the submission, the lab and the course, and of nothing else.

It goes through the steps of nbgrader's autograde as nbgrader_config.py lists them, without a gradebook: the steps that
only move things between notebook and gradebook are left to `gradebook`, which alone writes there. A submission cannot
raise an error here: whoever grades three hundred gets three hundred results.
"""

import functools
import hashlib
import io
import json
import logging
import tempfile
import time
import traceback
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import NamedTuple

import nbformat
from llmcourse.checks import lab
from nbconvert.preprocessors import Preprocessor
from nbformat import NotebookNode
from nbgrader.utils import compute_checksum, determine_grade, setenv
from traitlets.log import get_logger
from traitlets.utils.importstring import import_item

from .. import paths
from ..intake import companions
from ..intake.companions import NOTHING, Companions
from ..intake.files import Unreadable, in_one_line
from ..intake.notebook_file import read
from . import score
from .fingerprint import asks, execution, scores
from .own_cells import DOES, OwnCell, own_cells
from .seeds import seed

LOG = 200_000  # characters of what nbgrader and nbconvert say meanwhile
# The first two put the gradebook's cells over the submission's, as is done here; the next two write what `gradebook`
# writes; the last validates the metadata that the inspection has just written, which takes a tenth of all.
LEFT_OUT = {"OverwriteKernelspec", "OverwriteCells", "SaveAutoGrades", "AssignLatePenalties", "CheckCellMetadata"}


class Earned(NamedTuple):
    """Points of one exercise, one sentence on why they are not all, or "", and the `fingerprint.scores` they have.

    kind  "" for an exercise of the course; for a cell of the instructor's its `own_cells` kind: then the name is its
          grade id, and the points are None where a person gives them
    """

    name: str
    points: float | None
    maximum: float
    reason: str
    scores: str = ""
    kind: str = ""

    @property
    def cell(self) -> str:
        """The grade id of the cell that has the points."""
        return self.name if self.kind else f"{self.name}-check"


@dataclass(frozen=True)
class Graded:
    """What came of one submission.

    status    graded, unreadable (the file is no notebook), or failed (not the student's doing: to be tried again)
    reason    one sentence, or "": why it is not graded, or why it was not run to its end
    notebook  the autograded notebook as text
    repaired, stopped  what was repaired, and what took too long
    notice    what may explain lost points: files that did not come along, another version of Python; or ""
    key       names what was submitted, by whom, and what the lab asks for
    execution names how it was run (`fingerprint.execution`)
    round     whose private inputs it was graded with (`rounds`)
    """

    student: str
    lab: str
    status: str
    reason: str = ""
    exercises: tuple[Earned, ...] = ()
    notebook: str = ""
    repaired: tuple[str, ...] = ()
    stopped: tuple[str, ...] = ()
    seconds: float = 0.0
    log: str = ""
    key: str = ""
    execution: str = ""
    round: int = 0
    notice: str = ""

    def dumps(self) -> str:
        return json.dumps(asdict(self), ensure_ascii=False)

    @classmethod
    def loads(cls, text: str) -> "Graded":
        fields = json.loads(text)
        if "mended" in fields:  # as version 0.1 called it
            fields["repaired"] = fields.pop("mended")
        lists = {name: tuple(fields[name]) for name in ("repaired", "stopped")}
        return cls(**fields | lists | {"exercises": tuple(Earned(*row) for row in fields["exercises"])})


def grade_submission(submission: bytes | Path, slug: str, student: str, round_: int = 0, left_out: str = "") -> Graded:
    """Grade a submission, given as a file (files in its folder and below come along) or as its bytes.

    round_    whose private inputs it is asked with (`rounds`)
    left_out  a sentence on files that were submitted and did not come along
    """
    start = time.monotonic()
    with _log() as log:
        try:
            found = _graded(submission, slug, student, round_, left_out)
        except Unreadable as error:
            found = {"status": "unreadable", "reason": str(error)}
        except MemoryError:  # the process has come to its limit: see intake.bounded
            raise
        except Exception as error:
            get_logger().error(traceback.format_exc())
            found = {"status": "failed", "reason": f"Grading failed ({in_one_line(error)})."}
    score.expected.cache_clear()  # private cases are one student's; nobody else will ask for them
    seconds = round(time.monotonic() - start, 2)
    names = {"key": key(submission, slug, student, round_), "execution": execution(slug), "round": round_}
    return Graded(student, slug, **found, seconds=seconds, log=log.getvalue()[:LOG], **names)


def _graded(submission: bytes | Path, slug: str, student: str, round_: int, left_out: str) -> dict:
    notebook, given = read(submission), _others(submission, slug)
    left_out = left_out or given.sentence()
    notebook.metadata.llmcourse.read += [left_out] * bool(left_out)
    who = {"student": student, "assignment": slug, "notebook": "lab", "db_url": "", "round": round_}
    who["private"] = True  # the folder is: nobody has to copy it again
    with _with_files(given, slug) as folder, setenv(NBGRADER_EXECUTION="autograde"):
        resources = {"nbgrader": who, "unique_key": "lab", "metadata": {"name": "lab", "path": str(folder)}}
        for part in ("sanitize", "autograde"):
            for step in steps(part):
                notebook, resources = step(notebook, resources)
            notebook = _as_in_the_gradebook(notebook, slug)
    notes = notebook.metadata["llmcourse"]
    return {
        "status": "graded",
        "reason": notes.get("lost", ""),
        "notice": " ".join(filter(None, [notes.get("version", ""), left_out])),
        "exercises": tuple(_earned(lab(slug), notebook)),
        "notebook": nbformat.writes(notebook, 4),
        "repaired": tuple(notes.get("repaired", ())),
        "stopped": tuple(notes.get("stopped", ())),
    }


@functools.cache
def steps(part: str) -> tuple[Preprocessor, ...]:
    """nbgrader's sanitizing or autograding, as the course configures it. nbconvert's exporter would copy and validate
    the whole notebook around every step, and write and read it after each part: most of the time that grading takes."""
    config = paths.config()
    names = (name for name in config.Autograde[f"{part}_preprocessors"] if name.rpartition(".")[2] not in LEFT_OUT)
    return tuple(import_item(name)(config=config, enabled=True) for name in names)


def warm(graded: Iterable[str] = ()) -> None:
    """Do what the first submission would otherwise wait for, and once for all workers what any of these labs needs."""
    steps("sanitize")
    steps("autograde")
    for slug in graded:
        if not paths.released(slug).exists():  # an instructor's own lab may not be released yet
            continue
        execution(slug)
        for exercise in lab(slug).exercises:
            score.misconceptions(exercise.name)
            scores(exercise.name)


def _as_in_the_gradebook(notebook: NotebookNode, slug: str) -> NotebookNode:
    """Put the mark scheme back that the released lab has not: locked cells as the solution has them."""
    for cell in notebook.cells:
        given = cell.metadata.get("nbgrader", {})
        if given.get("locked"):
            cell.source = _locked(slug)[given.grade_id]
            given.checksum = compute_checksum(cell)
    return notebook


@functools.cache
def _locked(slug: str) -> dict[str, str]:
    """Grade id -> source of the cells that a student can't edit."""
    cells = [cell for cell in nbformat.read(paths.solution(slug), 4).cells if "nbgrader" in cell.metadata]
    return {cell.metadata.nbgrader.grade_id: cell.source for cell in cells if cell.metadata.nbgrader.locked}


def _earned(lab, notebook: NotebookNode) -> Iterator[Earned]:
    cells = {cell.metadata.nbgrader.grade_id: cell for cell in notebook.cells if "nbgrader" in cell.metadata}
    for exercise in lab.exercises:
        cell = cells[f"{exercise.name}-check"]
        yield Earned(exercise.name, _points(cell), exercise.points, _reason(cell), scores(exercise.name))
    for own in own_cells(lab):
        if own.kind == "test":
            yield _own(own, _points(cells[own.name]), _reason(cells[own.name]).removeprefix(f"{DOES}: "))
        elif own.kind == "manual":
            yield _own(own, determine_grade(cells[own.name])[0])


def _own(own: OwnCell, points: float | None, reason: str = "") -> Earned:
    return Earned(own.name, points, own.points, reason, own.scores, own.kind)


def _points(cell: NotebookNode) -> float:
    return float(cell.outputs[-1].data["text/plain"])


def _reason(cell: NotebookNode) -> str:
    """Why points were lost, as `session` noted it. Cards repeat what students wrote, and are never read back."""
    return cell.metadata["llmcourse"]["reason"]


# --- what was handed in, and its name


def key(submission: bytes | Path, slug: str, student: str, round_: int = 0) -> str:
    """Names what was submitted, by whom, in which round (private inputs differ by both), and what the lab asks for."""
    digest = hashlib.sha256(f"{student}/{slug}/{seed(student, slug, round_)}/{asks(slug)}".encode())
    if isinstance(submission, bytes):
        digest.update(submission)
    else:
        for name, path in {submission.name: submission, **_others(submission, slug).files}.items():
            digest.update(name.encode() + b"\0" + _bytes(path))
    return digest.hexdigest()[:32]


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        return str(error).encode()


def _others(submission: bytes | Path, slug: str) -> Companions:
    """What was submitted with a notebook, if it is in a folder of its own."""
    if isinstance(submission, bytes) or submission.parent.name != slug:
        return NOTHING
    return companions.around(submission)


@contextmanager
def _with_files(given: Companions, slug: str) -> Iterator[Path]:
    """A folder with the files that were submitted with the notebook, overwritten by those of the released lab."""
    ours = [path for path in paths.released(slug).parent.iterdir() if path.is_file() and path.suffix != ".ipynb"]
    with tempfile.TemporaryDirectory(prefix="submission-") as name:
        companions.copy({**given.files, **{path.name: path for path in ours}}, Path(name))
        yield Path(name)


class _Indented(logging.Formatter):
    """Further lines of a message are indented: a student may have written them, and only the grader begins a line."""

    def format(self, record: logging.LogRecord) -> str:
        return "\n    ".join(super().format(record).splitlines())


@contextmanager
def _log() -> Iterator[io.StringIO]:
    """What nbgrader and nbconvert say meanwhile."""
    text, log = io.StringIO(), get_logger()
    handler = logging.StreamHandler(text)
    handler.setFormatter(_Indented("%(asctime)s %(levelname)s %(message)s"))
    log.addHandler(handler)
    level, propagate = log.level, log.propagate
    log.setLevel(logging.INFO)
    log.propagate = False
    try:
        yield text
    finally:
        log.removeHandler(handler)
        log.setLevel(level)
        log.propagate = propagate
