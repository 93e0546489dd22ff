"""The steps of a student's work. Each returns a report of what it did, or raises WorkError; nothing is lost."""

import io
import zipfile

from .. import progress
from ..slugs import label
from . import folder
from .code import definition
from .folder import Copy, WorkError, shown, source
from .merge import Merge, defines, match, merge
from .packing import needs

RELOAD = "If it is open in JupyterLab, choose File > Reload Notebook from Disk there."


def prepare() -> str:
    """Copy each lab and lecture into work/, unless it is already there; what the student has edited is not touched.

    A lecture that was only run is corrected, with the outputs of the cells that stay.
    """
    fresh, corrected, report = [], [], []
    for copy in (*_labs().values(), *folder.lectures()):
        try:
            if not copy.mine.exists():
                _copy(copy)
                fresh.append(copy)
            elif copy.base.exists() and not _is_current(copy) and not _corrected_by_itself(copy):
                corrected.append(copy.name)
        except WorkError as error:  # one broken notebook must not keep the others from being copied
            report.append(str(error))
    if fresh:
        labs = [copy.name for copy in fresh if not copy.is_lecture]
        lectures = [f"{len(fresh) - len(labs)} lectures"] if len(labs) < len(fresh) else []
        report.append(f"Copied into work/: {', '.join(labs + lectures)}.")
    if corrected:
        names = ", ".join(corrected)
        report.append(f"These were corrected since you began: {names}. `make update-labs` merges the corrections.")
    return " ".join(report) or "work/ has every lab and lecture; nothing was touched."


def _is_current(copy: Copy) -> bool:
    """Whether there is no correction since the copy was made or last corrected; without its base nobody knows."""
    return copy.base.exists() and _same(folder.read(copy.base), copy.fresh())


def _corrected_by_itself(copy: Copy) -> bool:
    """Correct a lecture that was only run, and tell whether it was one."""
    if not copy.is_lecture or not _same(folder.read(copy.mine), folder.read(copy.base)):
        return False
    _merge(copy)
    return True


def _labs() -> dict[str, Copy]:
    """The labs. Copies of an earlier version of the course, where each was called lab.ipynb, are moved."""
    found = folder.labs()
    for copy in found.values():
        for place in (copy.mine, copy.base):
            earlier = place.with_name("lab.ipynb")
            if earlier.exists() and not place.exists():
                folder.move(earlier, place)
    return found


def _lab(name: str) -> tuple[str, Copy]:
    slug = folder.find(name)
    return slug, _labs()[slug]


def _copy(copy: Copy) -> None:
    fresh = copy.fresh()
    folder.write(copy.base, fresh)
    folder.write(copy.mine, fresh)


def update(name: str = "") -> str:
    """Merge corrections into the student's copies. Answers, edits, added cells and each old file are kept."""
    report = []
    for copy in [_lab(name)[1]] if name else [*_labs().values(), *folder.lectures()]:
        try:
            report.append(f"{copy.name}: {_update(copy)}")
        except WorkError as error:  # one broken notebook must not keep the others from being corrected
            report.append(f"{copy.name}: It was not changed. {error}")
    return "\n".join(report)


def _update(copy: Copy) -> str:
    if not copy.mine.exists():
        _copy(copy)
        return "It was copied into work/."
    if _is_current(copy):
        return "There are no corrections since you began."
    old = folder.keep(copy.mine)
    done = _merge(copy)
    for name in done.restated:
        progress.forget(name)
    return f"{_report(done)} The old file is kept as {shown(old)}. {RELOAD}"


def _merge(copy: Copy) -> Merge:
    # Without the base nobody can tell what was edited, so every difference counts as the student's.
    new = copy.fresh()
    done = merge(folder.read(copy.base) if copy.base.exists() else new, folder.read(copy.mine), new)
    folder.write(copy.mine, done.notebook)
    folder.write(copy.base, new)
    return done


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
    slug, copy = _lab(name)
    path, fresh = copy.mine, _fresh(copy)
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


def _fresh(copy: Copy) -> folder.Notebook:
    """The lab as the student received it."""
    return folder.read(copy.base) if copy.base.exists() else copy.fresh()


def submit(name: str) -> str:
    """Write work/NN_slug.zip, the one file to submit: the notebook and the modules next to it that it imports.

    Names what is not packed, and what does not pass yet.
    """
    slug, copy = _lab(name)
    path = copy.mine
    notebook = folder.read(path)
    needed = needs(notebook, path.parent)
    data, packed = io.BytesIO(), path.parent.with_suffix(".zip")
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(path, f"{slug}/lab.ipynb")
        for file in needed.files:
            archive.write(file, f"{slug}/{file.relative_to(path.parent).as_posix()}")
    folder.write_bytes(packed, data.getvalue())
    left = _left(slug, notebook, _fresh(copy))
    report = [f"{shown(packed)} is ready to submit. It contains the notebook as it was last saved.", *needed.said(path)]
    report += ["Not passed yet:", *left] if left else ["Every exercise passes."]
    return "\n".join(report)


def _left(slug: str, notebook: folder.Notebook, fresh: folder.Notebook) -> list[str]:
    """A line for each exercise that has not passed a check."""
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
