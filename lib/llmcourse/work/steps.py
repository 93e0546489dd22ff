"""The steps of a student's work. Each returns a report of what it did, or raises WorkError; nothing is lost."""

import io
import zipfile

from .. import progress
from ..slugs import label
from . import folder
from .code import definition
from .folder import WorkError, shown, source
from .merge import Merge, defines, match, merge
from .packing import needs

RELOAD = "If it is open in JupyterLab, choose File > Reload Notebook from Disk there."


def prepare() -> str:
    """Copy each released lab into work/, unless it is already there; what is there is never touched."""
    fresh, corrected = [], []
    for slug, lab in folder.released().items():
        if not folder.work(slug).exists():
            _copy(slug)
            fresh.append(slug)
        elif folder.base(slug).exists() and folder.base(slug).read_bytes() != lab.read_bytes():
            corrected.append(slug)
    report = []
    if fresh:
        report.append(f"These labs were copied into work/: {', '.join(fresh)}.")
    if corrected:
        names = ", ".join(corrected)
        report.append(f"These labs were corrected since you began: {names}. `make update-labs` merges the corrections.")
    return " ".join(report) or "work/ has every lab; nothing was touched."


def _copy(slug: str) -> None:
    data = folder.released()[slug].read_bytes()
    folder.write_bytes(folder.base(slug), data)
    folder.write_bytes(folder.work(slug), data)


def update(name: str = "") -> str:
    """Merge corrected labs into the student's copies. Answers, edits, added cells and each old file are kept."""
    report = []
    for slug in [folder.find(name)] if name else folder.released():
        try:
            report.append(f"{slug}: {_update(slug)}")
        except WorkError as error:  # one broken notebook must not keep the others from being corrected
            report.append(f"{slug}: It was not changed. {error}")
    return "\n".join(report)


def _update(slug: str) -> str:
    mine, base, lab = folder.work(slug), folder.base(slug), folder.released()[slug]
    if not mine.exists():
        _copy(slug)
        return "It was copied into work/."
    new = folder.read(lab)
    if base.exists() and _same(folder.read(base), new):
        return "There are no corrections since you began."
    # Without the base nobody can tell what was edited, so every difference counts as the student's.
    done = merge(folder.read(base) if base.exists() else new, folder.read(mine), new)
    old = folder.keep(mine)
    folder.write(mine, done.notebook)
    folder.write_bytes(base, lab.read_bytes())
    for name in done.restated:
        progress.forget(name)
    return f"{_report(done)} The old file is kept as {shown(old)}. {RELOAD}"


def _same(a: folder.Notebook, b: folder.Notebook) -> bool:
    return all(
        [what(cell) for cell in a["cells"]] == [what(cell) for cell in b["cells"]] for what in (folder.key, source)
    )


def _report(done: Merge) -> str:
    sentences = [f"New or corrected cells: {done.changed}."]
    sentences.append(f"Your answers were kept: {', '.join(done.answers)}." if done.answers else "You had no answers.")
    if done.edited or done.added:
        sentences.append(f"Your other cells were kept as well ({done.edited} edited, {done.added} added).")
    if done.dropped:
        sentences.append(f"Checks that you had edited and that were restored: {done.dropped}.")
    if done.restated:
        sentences.append(f"These tasks have changed, so look at them again: {', '.join(done.restated)}.")
    return " ".join(sentences)


def reset(name: str, exercise: str) -> str:
    """Put the stub of one exercise back; the old file is kept."""
    slug = folder.find(name)
    path, fresh = folder.work(slug), _fresh(slug)
    notebook, stubs = folder.read(path), folder.answers(fresh)
    if exercise not in stubs:
        raise WorkError(f"{slug} has no exercise called {exercise!r}. {folder.suggest(exercise, list(stubs))}")
    was = match(notebook["cells"], fresh["cells"])
    stub = fresh["cells"].index(stubs[exercise])
    if stub in was:
        notebook["cells"][was.index(stub)] = stubs[exercise]
    else:  # its cell was deleted; the lab's skeleton still has it
        notebook = merge(fresh, notebook, fresh).notebook
    old = folder.keep(path)
    folder.write(path, notebook)
    progress.forget(exercise)
    return f"{exercise} is as it was at the start. The old file is kept as {shown(old)}. {RELOAD}"


def _fresh(slug: str) -> folder.Notebook:
    """The lab as the student received it."""
    base = folder.base(slug)
    return folder.read(base if base.exists() else folder.released()[slug])


def submit(name: str) -> str:
    """Write work/NN_slug.zip, the one file to submit: the notebook and the modules next to it that it imports.

    Names what is not packed, and what does not pass yet.
    """
    slug = folder.find(name)
    path = folder.work(slug)
    notebook = folder.read(path)
    needed = needs(notebook, path.parent)
    data, packed = io.BytesIO(), path.parent.with_suffix(".zip")
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in (path, *needed.files):
            archive.write(file, f"{slug}/{file.relative_to(path.parent).as_posix()}")
    folder.write_bytes(packed, data.getvalue())
    left = _left(slug, notebook)
    report = [f"{shown(packed)} is ready to submit. It contains the notebook as it was last saved.", *needed.said(path)]
    report += ["Not passed yet:", *left] if left else ["Every exercise passes."]
    return "\n".join(report)


def _left(slug: str, notebook: folder.Notebook) -> list[str]:
    """A line for each exercise that has not passed a check."""
    fresh = _fresh(slug)
    was = match(notebook["cells"], fresh["cells"])
    lines = []
    for exercise, stub in folder.answers(fresh).items():
        n = fresh["cells"].index(stub)
        if n not in was:
            again = f"make reset LAB={label(slug)} EXERCISE={exercise}"
            lines.append(f"  {exercise}: Its cell is gone. Run `{again}` to bring it back.")
        elif source(notebook["cells"][was.index(n)]) == source(stub):
            where = _elsewhere(notebook, stub)
            if where and not progress.when(exercise):
                lines.append(f"  {exercise}: Its answer is in cell {where} and has not passed its check yet.")
            elif not where:
                lines.append(f"  {exercise}: You have not started it.")
        elif not progress.when(exercise):
            lines.append(f"  {exercise}: It has not passed its check yet. Run the check.")
    return lines


def _elsewhere(notebook: folder.Notebook, stub: folder.Cell) -> int:
    """The number of the last cell that has the answer for this stub, counted from 1; 0 if none has."""
    name = defines(stub)
    cells = [source(cell) if cell.get("cell_type") == "code" else "" for cell in notebook["cells"]]
    return max((n for n, text in enumerate(cells, 1) if name and definition(text, name)), default=0)
