"""What students hand in, as it really comes: whose each file is, and the notebook in it. Nothing of it is run.

    inventory, collect   a folder -> who has handed in what: nbgrader's layout, zips, what a learning platform exports
    place                copy what lies elsewhere to STUDENT/LAB/lab.ipynb, where nbgrader's commands look for it
    read                 a file -> a notebook, or one sentence why it is none

Originals are never changed. A symbolic link is never followed, and of a zip only notebooks are read, into memory.
"""

import functools
import hashlib
import io
import json
import os
import re
import stat
import unicodedata
import zipfile
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

import jupytext
import nbformat
from charset_normalizer import from_bytes
from llmcourse.checks import labs
from nbformat import NotebookNode

LARGEST = 50_000_000  # bytes of a notebook without its outputs; nobody writes larger ones
MOST = 200_000_000  # bytes of a file with them
LONGEST = 5_000_000  # characters of a notebook that is written as text
DEEPEST = 100  # lists in lists; what a notebook shows needs a tenth
KINDS = {"code", "markdown", "raw"}
TEXT = {  # what only a notebook of this format has, as jupytext calls it
    "py:percent": re.compile(r"^# *(%%|In\[[ \d]*\])", re.MULTILINE),
    "md:myst": re.compile(r"^```\{code-cell", re.MULTILINE),
    "md": re.compile(r"^```+ *\{?i?python", re.MULTILINE),
    "py:light": re.compile(r"^def +\w+ *\(", re.MULTILINE),  # a script, as Colab saves one
}
NAMES = {"py:percent": "Python script", "py:light": "Python script", "md": "Markdown", "md:myst": "Markdown"}
HEADER = re.compile(r"\A(?:#!.*\n|# -\*-.*\n)*(?:# )?---\n.*?^(?:# )?---\n", re.DOTALL | re.MULTILINE)


class Unreadable(Exception):
    """A file that no notebook can be read from. The message is for whoever handed it in."""


# --- a file


def read(submission: Path | bytes) -> NotebookNode:
    """The notebook in a file, in nbformat 4; raises Unreadable.

    What had to be mended is in metadata.llmcourse["read"], as sentences. Of all metadata only what is used is kept.
    """
    try:
        data = submission if isinstance(submission, bytes) else _bytes(submission)
        notes: list[str] = []
        raw = _raw(data, notes)
        cells = [cell for cell in raw["cells"] if isinstance(cell, dict)]
        if len(cells) < len(raw["cells"]):
            notes.append("what was no cell was left out of the list of cells")
        cells = [_cell(cell, number, notes) for number, cell in enumerate(cells)]
        if len(data) > LARGEST:
            _lighten(cells, notes)
        metadata = _kernel(raw, notes) | {"llmcourse": {"read": list(dict.fromkeys(notes))}}
        made = {"nbformat": 4, "nbformat_minor": 5, "metadata": metadata, "cells": cells}
        return nbformat.from_dict(_sound(made))
    except Unreadable:
        raise
    except RecursionError:
        raise Unreadable("The file is no notebook (its lists are nested too deeply).") from None
    except Exception as error:  # whatever a file holds, the class goes on
        said = str(error).splitlines()[0][:120] if str(error) else type(error).__name__
        raise Unreadable(f"The file is no notebook ({said}).") from error


def why_not(path: Path) -> str:
    """Why this is not even opened, or "". A pipe would keep whoever opens it waiting for ever."""
    mode = path.lstat().st_mode
    if stat.S_ISLNK(mode):
        return "It is a symbolic link, which is never followed: hand in the file itself."
    if stat.S_ISDIR(mode):
        return "It is a folder, not a file."
    if not stat.S_ISREG(mode):
        return "It is no ordinary file."
    return f"The file is larger than {MOST // 10**6} MB." if path.stat().st_size > MOST else ""


def linked(path: Path) -> bool:
    """Whether STUDENT/LAB/lab.ipynb lies behind a symbolic link; the file itself is `why_not`'s."""
    return path.parent.is_symlink() or path.parents[1].is_symlink()


def _bytes(path: Path) -> bytes:
    try:
        why = why_not(path)
        if why:
            raise Unreadable(why)
        with path.open("rb") as file:
            return file.read(MOST + 1)
    except OSError as error:
        raise Unreadable(f"The file cannot be opened ({error.strerror}).") from None


def _raw(data: bytes, notes: list[str]) -> dict:
    """A notebook as its file has it, with a list of cells as in nbformat 4."""
    if len(data) > MOST:
        raise ValueError(f"it is larger than {MOST // 10**6} MB")
    if data.startswith(b"PK\x03\x04"):
        return _raw(_only_notebook(data, notes), notes)
    if data.startswith(b"%PDF"):
        raise ValueError("it is a PDF: hand in the .ipynb")
    text = _text(data, notes)
    if not text.strip("\0 \t\r\n"):
        raise ValueError("it is empty")
    if text.lstrip().startswith("<"):
        raise ValueError("it is a web page: hand in the .ipynb")
    if not text.lstrip().startswith("{"):
        return _written_as_text(text, notes)
    return _format_4(_parsed(text, notes), notes)


def _only_notebook(data: bytes, notes: list[str]) -> bytes:
    """The notebook in a zip that was handed in as a notebook; another zip in its place is not opened."""
    names = [name for name in _members(io.BytesIO(data)) if _rank(name) < 2]
    if len(names) != 1:
        raise ValueError(f"it is a zip with {len(names) or 'no'} notebook{'s' * (len(names) > 1)} in it")
    notes.append(f"the file was a zip; {PurePosixPath(names[0]).name} was taken out of it")
    inner = _member(io.BytesIO(data), names[0])
    if inner.startswith(b"PK\x03\x04"):
        raise ValueError("it is a zip in a zip")
    return inner


def _text(data: bytes, notes: list[str]) -> str:
    encoding = json.detect_encoding(data)
    if encoding == "utf-8":
        return _utf8(data, notes)
    notes.append("a byte order mark was left out" if encoding == "utf-8-sig" else f"it was saved as {encoding.upper()}")
    return data.decode(encoding, "replace")


def _utf8(data: bytes, notes: list[str]) -> str:
    """Text that should be UTF-8. A few broken characters are replaced; where most are broken it is another encoding."""
    try:
        return data.decode()
    except UnicodeDecodeError:
        text = data.decode(errors="replace")
    lines = b"\n".join(line for line in data.splitlines() if not line.isascii())[:100_000]
    if len(re.findall(r"[^\x00-\x7f�]", text)) > text.count("�"):
        notes.append("some characters were damaged and are shown as �")
        return text
    best = from_bytes(lines, cp_isolation=["cp1251", "cp1252"]).best()
    encoding = best.encoding if best else "latin-1"
    notes.append(f"it was not saved as UTF-8 but, as far as can be told, as {encoding}")
    return data.decode(encoding, "replace")


def _parsed(text: str, notes: list[str]) -> Any:
    """JSON. Of equal keys the last counts, as for Jupyter; numbers that JSON does not know become null."""

    def unique(pairs: list[tuple[str, Any]]) -> dict:
        made = dict(pairs)
        if len(made) < len(pairs):
            notes.append("a key was there more than once; the last counts")
        return made

    def null(name: str) -> None:
        notes.append(f"{name} is no JSON and became null")

    try:
        return json.loads(text, object_pairs_hook=unique, parse_constant=null)
    except json.JSONDecodeError as error:
        if error.pos >= len(text.rstrip()) or error.msg.startswith("Unterminated string"):
            raise ValueError("it ends in the middle: it was not saved or uploaded to its end") from None
        raise ValueError(f"it is no JSON: {error}") from None


def _format_4(raw: Any, notes: list[str]) -> dict:
    """Older formats are converted by nbformat; what else is wrong with a notebook does not matter here."""
    raw = raw if isinstance(raw, dict) else {}
    if isinstance(raw.get("worksheets"), list) and "cells" not in raw:
        major = raw["nbformat"] if raw.get("nbformat") in (2, 3) else 3
        notes.append(f"it was in notebook format {major}")
        raw["metadata"] = raw["metadata"] if isinstance(raw.get("metadata"), dict) else {}
        raw = nbformat.versions[major].to_notebook_json(raw | {"nbformat": major}, minor=0)
        return nbformat.convert(raw, 4)
    if not isinstance(raw.get("cells"), list):
        raise ValueError("it has no list of cells")
    if raw.get("nbformat") != 4:
        notes.append("it did not say that it is in notebook format 4")
    return raw


def _written_as_text(text: str, notes: list[str]) -> dict:
    """A notebook as jupytext writes it. Its header is not looked at: YAML can be a bomb."""
    text = text.replace("\r\n", "\n")
    found = next((name for name, sign in TEXT.items() if sign.search(text)), None)
    if found is None or len(text) > LONGEST:
        raise ValueError("it is no JSON" if found is None else "it is too long")
    notes.append(f"it was not an .ipynb but a notebook as text ({NAMES[found]})")
    notebook = jupytext.reads(HEADER.sub("", text, count=1), fmt=found)
    for cell in notebook.cells:
        cell.source = cell.source.strip("\n")
    return notebook


def _cell(cell: dict, number: int, notes: list[str]) -> dict:
    """A cell with the fields that it must have, and of the others those that somebody looks at."""
    kind = cell["cell_type"] if cell.get("cell_type") in KINDS else "markdown"
    source = cell.get("source", "")
    source = source if isinstance(source, str) else "".join(map(str, source if isinstance(source, list) else []))
    if "\r" in source:
        notes.append("line ends were made those of Unix")
        source = source.replace("\r\n", "\n").replace("\r", "\n")
    if not isinstance(cell.get("metadata"), dict):
        notes.append("cells without metadata were given some")
    name = cell.get("id")
    name = name if isinstance(name, str) and re.fullmatch(r"[A-Za-z0-9_-]{1,64}", name) else f"cell-{number}"
    made = {"cell_type": kind, "id": name, "metadata": _metadata(cell.get("metadata")), "source": source}
    if kind == "code":
        shown = cell.get("outputs")
        shown = [output for output in shown if isinstance(output, dict)] if isinstance(shown, list) else []
        return made | {"outputs": shown, "execution_count": None}
    attached = cell.get("attachments")
    return made | ({"attachments": attached} if isinstance(attached, dict) and attached else {})


def _metadata(found: Any) -> dict:
    """Tags, and what nbgrader notes: texts and numbers, nothing that could be deep."""
    found = found if isinstance(found, dict) else {}
    tags = [tag for tag in found["tags"] if isinstance(tag, str)] if isinstance(found.get("tags"), list) else []
    given = found["nbgrader"] if isinstance(found.get("nbgrader"), dict) else {}
    given = {name: value for name, value in given.items() if isinstance(value, str | int | float)}
    return ({"tags": tags} if tags else {}) | ({"nbgrader": given} if given else {})


def _kernel(raw: dict, notes: list[str]) -> dict:
    """The kernel's name, where the notebook has one."""
    if not isinstance(raw.get("metadata"), dict):
        notes.append("it had no metadata")
        return {}
    kernel = raw["metadata"].get("kernelspec")
    name = kernel.get("name") if isinstance(kernel, dict) else None
    return {"kernelspec": {"name": name, "display_name": name}} if isinstance(name, str) else {}


def _lighten(cells: list[dict], notes: list[str]) -> None:
    """Leave the largest outputs out, and no more than must be."""
    sizes = {number: len(json.dumps(cell.get("outputs", []))) for number, cell in enumerate(cells)}
    size, left_out = sum(len(json.dumps(cell)) for cell in cells), 0
    for number in sorted(sizes, key=sizes.__getitem__, reverse=True):
        if size <= LARGEST:
            break
        size, left_out = size - sizes[number], left_out + 1
        cells[number].update(outputs=[])
    if size > LARGEST:
        raise ValueError(f"it is larger than {LARGEST // 10**6} MB, even without its outputs")
    if left_out:
        notes.append(f"the outputs of {left_out} cell{'s' * (left_out > 1)} were left out: the file was too large")


def _sound(value: Any, depth: int = 0) -> Any:
    """The same with text that can be written again: half a surrogate pair is JSON, and no UTF-8."""
    if depth > DEEPEST:
        raise RecursionError
    if isinstance(value, dict):
        return {_sound(name, depth): _sound(inner, depth + 1) for name, inner in value.items()}
    if isinstance(value, list):
        return [_sound(inner, depth + 1) for inner in value]
    return value.encode(errors="replace").decode() if isinstance(value, str) and not value.isascii() else value


# --- a folder

STUDENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
MOODLE = re.compile(r"(?P<who>(?P<name>.+)_\d+)_assignsubmission_(?:file|onlinetext)_(?P<file>.*)", re.DOTALL)
CANVAS = re.compile(r"(?P<name>[^_]+)_(?:LATE_)?(?P<number>\d+)_\d+_(?P<file>.+)", re.DOTALL)
ENDINGS = {".py": 2, ".md": 2, ".json": 2, ".txt": 3}
NO_HAND_IN = {"timestamp.txt", "requirements.txt"}  # nbgrader's, and what is there often
RECORD = ".handed-in.json"  # in a student's folder: the name, and which file each lab was copied from
MEMBERS = 10_000  # files in one zip


class HandIn(NamedTuple):
    """One lab of one student, where it lies.

    student  an id for nbgrader          name    what the student is called there
    lab      "" where nothing says which
    file     the notebook or the zip     member  its name in the zip, or ""
    given    what it was called when it was handed in
    """

    student: str
    name: str
    lab: str
    file: Path
    member: str
    given: str

    def open(self) -> Path | bytes:
        """What `read` reads; raises Unreadable."""
        return _member(self.file, self.member) if self.member else self.file


def collect(folder: Path, slug: str) -> tuple[dict[str, HandIn], dict[str, str]]:
    """Who has handed in this lab -> the newest file of it, and what was refused -> why."""
    found, refused = inventory(folder)
    return newest(found, slug, folder), refused


def newest(found: Iterable[HandIn], slug: str, folder: Path) -> dict[str, HandIn]:
    """Student -> what counts for a lab. What does not say which lab it is counts for one who has nothing else."""

    def order(one: HandIn) -> tuple:
        return one.lab == slug, one.file.stat().st_mtime, one.file == folder / one.student / slug / "lab.ipynb"

    mine = sorted((one for one in found if one.lab in (slug, "")), key=order)
    last = {one.student: one._replace(lab=slug) for one in mine}
    return dict(sorted(last.items()))


def inventory(folder: Path) -> tuple[list[HandIn], dict[str, str]]:
    """Everything that was handed in, of all labs, and what was refused -> why."""
    found, refused = [], {}
    owned, called = _owners(folder, refused)
    for student, things in owned.items():
        before = len(found) + len(refused)
        try:
            for entries in _containers(student, things, folder, refused):
                found += _choice(student, called[student], entries, folder, refused)
        except Exception as error:  # whatever a file holds, the class goes on
            refused[_shown(things[0][1], folder)] = _said(error)
        if len(found) + len(refused) == before and any(_any_file(path) for _, path in things):
            refused[_shown(things[0][1], folder)] = "there is no notebook in it"
    return found, refused


def names(folder: Path) -> dict[str, str]:
    """Student -> what the student was called, of those whose name is no id."""
    noted = {path.parent.name: _record(path.parent).get("name", "") for path in sorted(folder.glob(f"*/{RECORD}"))}
    return {student: name for student, name in noted.items() if name not in ("", student)}


def place(one: HandIn, folder: Path) -> Path:
    """Copy a hand-in to where nbgrader looks for it, unless it lies there; raises Unreadable.

    The copy is as old as the original, so that what is handed in later is newer.
    """
    home = folder / one.student
    target = home / one.lab / "lab.ipynb"
    if target == one.file:
        return target
    data, times = one.open(), one.file.stat()
    data = data if isinstance(data, bytes) else _bytes(data)
    if linked(target):
        raise Unreadable("Its folder is a symbolic link, which is never followed.")
    target.parent.mkdir(parents=True, exist_ok=True)
    _note(home, one)
    part = target.with_name(".lab.ipynb.part")
    part.write_bytes(data)
    os.utime(part, ns=(times.st_atime_ns, times.st_mtime_ns))
    part.replace(target)
    return target


def safe_id(who: str) -> str:
    """An id that nbgrader takes: the name itself where it is one, else what is left of it and a hash of all of it."""
    who = unicodedata.normalize("NFC", who)  # macOS writes names in parts
    if STUDENT.fullmatch(who) and len(who) <= 64:
        return who
    plain = unicodedata.normalize("NFKD", who).encode("ascii", "ignore").decode()
    plain = re.sub(r"[^A-Za-z0-9]+", "-", plain).strip("-")[:40].rstrip("-") or "student"
    return f"{plain}-{hashlib.sha256(who.encode(errors='surrogatepass')).hexdigest()[:8]}"


def _owners(folder: Path, refused: dict[str, str]) -> tuple[dict[str, list[tuple[str, Path]]], dict[str, str]]:
    """Student -> (name, path) of all that lies in the folder, and student -> what the student is called."""
    owned, called = defaultdict(list), {}
    for path in sorted(folder.iterdir()) if folder.is_dir() else []:
        export = MOODLE.fullmatch(path.name) or (None if path.is_dir() else CANVAS.fullmatch(path.name))
        known = path.is_dir() or path.is_symlink() or path.suffix in (".zip", ".ipynb")
        if _hidden(path.name) or not (known or export):
            continue
        who = path.name if path.is_dir() else path.stem
        if export:
            who = export["who"] if export.re is MOODLE else f"{export['name']}_{export['number']}"
        elif not path.is_dir() and (who == "lab" or _named(who)):
            refused[path.name] = "nothing says whose it is: name it after the student"
            continue
        student = safe_id(who)
        owned[student].append((export["file"] if export else "", path))
        name = export["name"] if export else _record(path).get("name", who) if who == student else who
        if called.get(student, student) == student:  # a name that is no id is the better name
            called[student] = _printable(name)
    return owned, called


class _Entry(NamedTuple):
    """One file that may be a lab; `parts` are the names that say which, the last first."""

    parts: tuple[str, ...]
    file: Path
    member: str = ""


def _containers(
    student: str, things: list[tuple[str, Path]], folder: Path, refused: dict[str, str]
) -> Iterator[list[_Entry]]:
    """A student's files by what belongs together: a folder, a zip. One file of each is the lab."""
    loose = []
    for name, path in things:
        if path.is_dir() and not path.is_symlink():
            record = _record(path) if path.name == student else {}
            yield from _folder(path, record, folder, refused)
        elif path.suffix == ".zip":
            yield _entries(path, (name or path.name,), folder, refused)
        else:
            loose += _entries(path, (name or path.name,), folder, refused)
    yield loose


def _folder(path: Path, record: dict, folder: Path, refused: dict[str, str]) -> Iterator[list[_Entry]]:
    """The files of STUDENT, which holds zips, and folders of labs or notebooks."""
    loose = []
    for inner in _visible(path):
        if inner.is_dir() and not inner.is_symlink():
            yield from _lab_folder(inner, record, folder, refused)
        elif inner.suffix == ".zip":
            yield _entries(inner, (inner.name,), folder, refused)
        else:
            loose += _entries(inner, (inner.name,), folder, refused)
    yield loose


def _lab_folder(path: Path, record: dict, folder: Path, refused: dict[str, str]) -> Iterator[list[_Entry]]:
    """The files of STUDENT/LAB. A zip counts only where there is no notebook; it may be data."""
    files, target = _visible(path), path / "lab.ipynb"
    copied = folder / record.get("labs", {}).get(path.name, "")  # what lab.ipynb was copied from
    if copied.parent == path and copied.is_file() and target.is_file():
        older = target if copied.stat().st_mtime > target.stat().st_mtime else copied
        files = [inner for inner in files if inner != older]
    zips = [inner for inner in files if inner.suffix == ".zip"]
    plain = [inner for inner in files if inner not in zips]
    entries = [entry for inner in plain for entry in _entries(inner, (inner.name, path.name), folder, refused)]
    yield entries
    if not entries:
        yield from (_entries(inner, (inner.name, path.name), folder, refused) for inner in zips)


def _visible(path: Path) -> list[Path]:
    return [inner for inner in sorted(path.iterdir()) if not _hidden(inner.name)]


def _any_file(path: Path) -> bool:
    return any(inner.is_file() for inner in path.rglob("*")) if path.is_dir() else True


def _entries(path: Path, parts: tuple[str, ...], folder: Path, refused: dict[str, str]) -> list[_Entry]:
    """A file, or the notebooks in a zip. What is named like a lab and cannot be one is refused."""
    zipped = parts[0].endswith(".zip")
    if _rank(parts[0]) > 3 and not (zipped or _named(parts[0]) or path.parent == folder):
        return []
    try:
        why = why_not(path)
        if why:
            raise Unreadable(why)
        members = _members(path) if zipped else []
        if zipped and not members:
            raise Unreadable(f"it holds no lab; expected for example {labs()[0].slug}/lab.ipynb")
    except Exception as error:  # whatever a file holds, the class goes on
        refused[_shown(path, folder)] = _said(error)
        return []
    if not zipped:
        return [_Entry(parts, path)]
    return [_Entry((*reversed(PurePosixPath(name).parts), *parts), path, name) for name in members]


def _choice(student: str, name: str, entries: list[_Entry], folder: Path, refused: dict[str, str]) -> Iterator[HandIn]:
    """For each lab the one file of a container that is most like one. Helpers are no labs where a lab is known."""
    groups = defaultdict(list)
    for entry in entries:
        groups[_lab(entry)].append(entry)
    if len(groups) > 1:
        groups.pop("", None)
    for slug, group in groups.items():
        best = min(_rank(entry.parts[0]) for entry in group)
        chosen = [entry for entry in group if _rank(entry.parts[0]) == best]
        first = chosen[0]
        if len(chosen) > 1:
            said = ", ".join(entry.parts[0] for entry in chosen[:4])
            where = first.file if first.member else first.file.parent
            refused[_shown(where, folder)] = f"there are {len(chosen)} notebooks ({said}): call the right one lab.ipynb"
            continue
        record = _record(folder / student).get("labs", {})
        copied = first.file == folder / student / slug / "lab.ipynb" and record.get(slug)
        given = copied or "/".join(filter(None, [_shown(first.file, folder), first.member]))
        yield HandIn(student, name, slug, first.file, first.member, given)


def _rank(name: str) -> int:
    """How much a file is named like a lab; 4 and more is none."""
    if name.rpartition("/")[2] == "lab.ipynb":
        return 0
    if ".ipynb" in name.lower():
        return 1
    return 4 if name.rpartition("/")[2] in NO_HAND_IN else ENDINGS.get(PurePosixPath(name.lower()).suffix, 4)


def _lab(entry: _Entry) -> str:
    """The lab that a file is of: its folders and name say so, else its answers; "" where nothing does."""
    status = entry.file.stat()
    named = (_named(part) for part in entry.parts)
    return next(filter(None, named), "") or _answered(entry.file, entry.member, status.st_mtime_ns, status.st_size)


def _named(part: str) -> str:
    return next((lab.slug for lab in labs() if lab.slug in part), "")


@functools.lru_cache(maxsize=4096)
def _answered(file: Path, member: str, changed: int, size: int) -> str:
    """The lab whose answers a notebook defines; `changed` and `size` say that the file is still the same."""
    try:
        notebook = read(_member(file, member) if member else file)
    except Unreadable:
        return ""
    text = "\n".join(cell.source for cell in notebook.cells)
    defined = set(re.findall(r"^(?:def|class) +(\w+)", text, re.MULTILINE))
    counts = {lab.slug: len(defined & {e.answer for e in lab.exercises}) for lab in labs()}
    best = max(counts, key=counts.__getitem__)
    return best if counts[best] else ""


def _members(file: Path | io.BytesIO) -> list[str]:
    """The notebooks in a zip whose names stay in the folder that it is unpacked into; no links."""
    with zipfile.ZipFile(file) as archive:
        if len(archive.infolist()) > MEMBERS:
            raise Unreadable(f"The zip holds more than {MEMBERS} files.")
        return list(dict.fromkeys(info.filename for info in archive.infolist() if _harmless(info)))


def _harmless(info: zipfile.ZipInfo) -> bool:
    parts = info.filename.replace("\\", "/").split("/")
    leaves = ".." in parts or parts[0] == "" or ":" in parts[0]
    link = stat.S_ISLNK(info.external_attr >> 16)
    return not (leaves or link or info.is_dir() or any(map(_hidden, parts))) and _rank(info.filename) < 3


def _member(file: Path | io.BytesIO, name: str) -> bytes:
    """One file of a zip, however large it says it is; raises Unreadable."""
    try:
        with zipfile.ZipFile(file) as archive, archive.open(name) as inner:
            data = inner.read(MOST + 1)
    except Exception as error:  # whatever a file holds, the class goes on
        raise Unreadable(f"The zip is damaged ({_said(error)}).") from error
    if len(data) > MOST:
        raise Unreadable(f"{name} is larger than {MOST // 10**6} MB.")
    return data


def _record(home: Path) -> dict:
    """What `place` has noted of a student: {"name": str, "labs": {slug: file}}, or {}. The file may be a student's."""
    try:
        record = json.loads((home / RECORD).read_text(encoding="utf-8"))
        texts = [record["name"], *record["labs"], *record["labs"].values()]
    except (OSError, ValueError, RecursionError, TypeError, KeyError, AttributeError):
        return {}
    return record if all(isinstance(text, str) for text in texts) else {}


def _note(home: Path, one: HandIn) -> None:
    """Note a name that is no id, and a file that was not called lab.ipynb."""
    record = _record(home)
    if record or one.name != one.student or not one.given.endswith("/lab.ipynb"):
        record = {"name": one.name, "labs": record.get("labs", {}) | {one.lab: one.given}}
        (home / RECORD).write_text(json.dumps(record, ensure_ascii=False, indent=1), encoding="utf-8")


def _hidden(name: str) -> bool:
    return name.startswith((".", "__MACOSX")) and name not in (".", "..")


def _shown(path: Path, folder: Path) -> str:
    return _printable(path.relative_to(folder).as_posix())


def _printable(name: str) -> str:
    """A name that can be written: those of files may be no text at all."""
    return "".join(c if c.isprintable() else "?" for c in unicodedata.normalize("NFC", name))


def _said(error: Exception) -> str:
    return str(error).splitlines()[0][:200] if str(error) else type(error).__name__
