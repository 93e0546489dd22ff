"""The steps of a student's work. Each returns what it did, or raises WorkError; nothing is lost."""

import io
import zipfile

from ..slugs import label
from . import folder, passes
from .folder import WorkError, shown, source
from .merge import Merge, match, merge

RELOAD = "Is it open in JupyterLab? There, choose File > Reload Notebook from Disk."


def prepare() -> str:
    """Copy each released lab into work/, unless it is there; what is there is never touched."""
    fresh, corrected = [], []
    for slug, lab in folder.released().items():
        if not folder.work(slug).exists():
            _copy(slug)
            fresh.append(slug)
        elif folder.base(slug).exists() and folder.base(slug).read_bytes() != lab.read_bytes():
            corrected.append(slug)
    said = []
    if fresh:
        said.append(f"Copied into work/: {', '.join(fresh)}.")
    if corrected:
        said.append(f"Corrected since you began: {', '.join(corrected)}; `make update-labs` merges that in.")
    return " ".join(said) or "work/ holds every lab; nothing was touched."


def _copy(slug: str) -> None:
    data = folder.released()[slug].read_bytes()
    folder.write_bytes(folder.base(slug), data)
    folder.write_bytes(folder.work(slug), data)


def update(name: str = "") -> str:
    """Merge corrected labs into the student's copies; answers, edits, own cells and each old file stay."""
    said = []
    for slug in [folder.find(name)] if name else folder.released():
        try:
            said.append(f"{slug}: {_update(slug)}")
        except WorkError as error:  # one broken notebook does not keep the others from their corrections
            said.append(f"{slug}: left as it is. {error}")
    return "\n".join(said)


def _update(slug: str) -> str:
    mine, base, lab = folder.work(slug), folder.base(slug), folder.released()[slug]
    if not mine.exists():
        _copy(slug)
        return "copied."
    new = folder.read(lab)
    if base.exists() and _same(folder.read(base), new):
        return "no correction since you began."
    # Without the base nobody knows what was edited: then every difference counts as the student's.
    done = merge(folder.read(base) if base.exists() else new, folder.read(mine), new)
    old = folder.keep(mine)
    folder.write(mine, done.notebook)
    folder.write_bytes(base, lab.read_bytes())
    for name in done.restated:
        passes.forget(name)
    return f"{_said(done)} The old file: {shown(old)}. {RELOAD}"


def _same(a: folder.Notebook, b: folder.Notebook) -> bool:
    return all(
        [what(cell) for cell in a["cells"]] == [what(cell) for cell in b["cells"]] for what in (folder.key, source)
    )


def _said(done: Merge) -> str:
    parts = [f"answers kept: {', '.join(done.answers) or 'none were there'}"]
    if done.edited or done.added:
        parts.append(f"cells of yours kept: {done.edited} edited, {done.added} added")
    if done.dropped:
        parts.append(f"checks that you had edited and that are the lab's again: {done.dropped}")
    if done.restated:
        parts.append(f"the task has changed, look at it again: {', '.join(done.restated)}")
    return f"{done.changed} cells are new or corrected; {'; '.join(parts)}."


def reset(name: str, exercise: str) -> str:
    """Put the stub of one exercise back; the old file is kept."""
    slug = folder.find(name)
    path, fresh = folder.work(slug), _fresh(slug)
    notebook, stubs = folder.read(path), folder.answers(fresh)
    if exercise not in stubs:
        raise WorkError(f"{slug} has no exercise {exercise!r}: {folder.suggest(exercise, list(stubs))}")
    was = match(notebook["cells"], fresh["cells"])
    stub = fresh["cells"].index(stubs[exercise])
    if stub in was:
        notebook["cells"][was.index(stub)] = stubs[exercise]
    else:  # its cell was deleted: the lab's skeleton has it
        notebook = merge(fresh, notebook, fresh).notebook
    old = folder.keep(path)
    folder.write(path, notebook)
    passes.forget(exercise)
    return f"{exercise} is as it was at the start. The old file: {shown(old)}. {RELOAD}"


def _fresh(slug: str) -> folder.Notebook:
    """The lab as the student received it."""
    base = folder.base(slug)
    return folder.read(base if base.exists() else folder.released()[slug])


def submit(name: str) -> str:
    """Write work/NN_slug.zip, the one file to hand in, and name what does not pass yet."""
    slug = folder.find(name)
    path = folder.work(slug)
    notebook = folder.read(path)
    data, packed = io.BytesIO(), path.parent.with_suffix(".zip")
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(path, f"{slug}/lab.ipynb")
    folder.write_bytes(packed, data.getvalue())
    left = _left(slug, notebook)
    said = [f"{shown(packed)} is ready to hand in: the notebook as it was last saved."]
    said += ["Not passed yet:", *left] if left else ["Every exercise passes."]
    return "\n".join(said)


def _left(slug: str, notebook: folder.Notebook) -> list[str]:
    """A line for each exercise that was not seen to pass."""
    fresh = _fresh(slug)
    was = match(notebook["cells"], fresh["cells"])
    lines = []
    for exercise, stub in folder.answers(fresh).items():
        n = fresh["cells"].index(stub)
        if n not in was:
            again = f"make reset LAB={label(slug)} EXERCISE={exercise}"
            lines.append(f"  {exercise}: its cell is gone; `{again}` brings it back.")
        elif source(notebook["cells"][was.index(n)]) == source(stub):
            lines.append(f"  {exercise}: not begun.")
        elif not passes.when(exercise):
            lines.append(f"  {exercise}: not seen to pass; run its check.")
    return lines
