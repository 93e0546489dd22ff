"""A folder of submissions -> the student and the lab of each file, in nbgrader's layout, in zips, and as a learning
platform exports them. Originals are never changed; symbolic links are never followed.

    inventory, collect   who has submitted what
    place                copy a submission to STUDENT/LAB/lab.ipynb, where nbgrader's commands look for it
"""

import contextlib
import hashlib
import json
import os
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from llmcourse.checks import labs
from llmcourse.files import replacing, write

from . import archives, bounded, companions
from .archives import hidden, rank
from .companions import Companions
from .files import Unreadable, in_one_line, linked, printable, quoted, read_bytes, why_not
from .notebook_file import read

STUDENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
MOODLE = re.compile(
    r"(?P<who>(?P<name>.+)_(?P<number>\d+))_assignsubmission_(?:file|onlinetext)(?:_(?P<file>.*))?", re.DOTALL
)
CANVAS = re.compile(r"(?P<name>[^_]+)_(?:LATE_)?(?P<number>\d+)_\d+_(?P<file>.+)", re.DOTALL)
NOTES = 100_000  # bytes of what is noted of a student
RECORD = ".handed-in.json"  # in a student's folder: the name, and which file each lab was copied from


class Identity(NamedTuple):
    """Whom a submission is from, as far as its folder or file says.

    number  "moodle 77" or "canvas 55555", the platform's own number; Moodle gives a person another one in every lab
    email   if it is known
    """

    student: str
    name: str
    number: str = ""
    email: str = ""


class Submission(NamedTuple):
    """One student's submission of one lab, where it was found.

    student  an id for nbgrader          name    what the student is called in the folder
    lab      "" if unknown
    file     the notebook or the zip     member  the notebook's name in the zip, or ""
    given    what the file was called when it was submitted
    siblings  (name, file) of what the platform exported next to it; None if its own folder shows that
    number   of an Identity
    """

    student: str
    name: str
    lab: str
    file: Path
    member: str
    given: str
    siblings: tuple[tuple[str, Path], ...] | None = None
    number: str = ""

    def companions(self) -> Companions:
        """The files that come with it."""
        if self.member:
            return companions.in_zip(self.file, self.member)
        return companions.around(self.file) if self.siblings is None else companions.loose(self.siblings)

    def open(self) -> Path | bytes:
        """What `read` accepts; raises Unreadable."""
        return archives.extract(self.file, self.member) if self.member else self.file


def collect(folder: Path, slug: str) -> tuple[dict[str, Submission], dict[str, str]]:
    """Student -> the newest submission of this lab, and refused file -> why."""
    found, refused = inventory(folder)
    return newest(found, slug, folder), refused


def newest(found: Iterable[Submission], slug: str, folder: Path) -> dict[str, Submission]:
    """Student -> what counts for a lab. A submission of an unknown lab counts if the student has no other."""

    def order(one: Submission) -> tuple:
        return one.lab == slug, one.file.stat().st_mtime, one.file != folder / one.student / slug / "lab.ipynb"

    mine = sorted((one for one in found if one.lab in (slug, "")), key=order)
    last = {one.student: one._replace(lab=slug) for one in mine}
    return dict(sorted(last.items()))


def inventory(folder: Path) -> tuple[list[Submission], dict[str, str]]:
    """Every submission, of all labs, and refused file -> why."""
    found, refused = [], {}
    owned, who = _owners(folder, refused)
    with bounded.Worker() as worker:  # a fork of this process: zips and notebooks are looked into
        for student, things in owned.items():
            try:
                mine, others = worker.call(_handed_in, who[student], things, folder)
            except Exception as error:  # whatever a file contains, the rest of the class is graded
                mine, others = [], {_shown(things[0][1], folder): in_one_line(error)}
            found += mine
            refused |= others
    return found, refused


def _handed_in(one: Identity, things: list[tuple[str, Path]], folder: Path) -> tuple[list[Submission], dict[str, str]]:
    """What one student has submitted, and refused file -> why."""
    found, refused = [], {}
    for entries in _containers(one.student, things, folder, refused):
        found += _choice(one, entries, folder, refused)
    if not found and not refused and any(_any_file(path) for _, path in things):
        refused[_shown(things[0][1], folder)] = "There is no notebook in it."
    return found, refused


def identities(folder: Path) -> list[Identity]:
    """Everybody who has something in the folder."""
    _, who = _owners(folder, {})
    return list(who.values())


def place(one: Submission, folder: Path, to: Path) -> tuple[Path, str]:
    """Copy a submission in a folder, and what comes with it, to STUDENT/LAB/lab.ipynb in another, which may be the
    same, unless it has this name already.

    Returns where it is, and a sentence on what was left out. The copy is as old as the original, so that a later
    submission is newer. Raises Unreadable.
    """
    came = one.companions()
    if one.file == folder / one.student / one.lab / "lab.ipynb":
        return one.file, came.sentence()
    home = to / one.student
    target = home / one.lab / "lab.ipynb"
    if not _is_copy(target, one.file):
        data, times = one.open(), one.file.stat()
        data = data if isinstance(data, bytes) else read_bytes(data)
        if linked(target):
            raise Unreadable("Its folder is a symbolic link, and links are never followed.")
        _note(home, one)
        for name, where in came.files.items():
            if where != target.parent / name:
                _put(target.parent, name, companions.read(where, one.file))
        if one.file.parent == folder / one.student / one.lab != target.parent:
            _take_time(one.file.parent, target.parent)
        with replacing(target) as part:  # last: with it, everything has been copied
            part.write_bytes(data)
            os.utime(part, ns=(times.st_atime_ns, times.st_mtime_ns))
    return target, came.sentence()


def _is_copy(target: Path, original: Path) -> bool:
    there = target.is_file() and not target.is_symlink() and not linked(target)
    return there and target.stat().st_mtime_ns == original.stat().st_mtime_ns


def _take_time(folder: Path, to: Path) -> None:
    """Copy the timestamp.txt that nbgrader's exchange wrote. What it says is looked at when it is used."""
    path = folder / "timestamp.txt"
    with contextlib.suppress(OSError, Unreadable):
        write(to / path.name, read_bytes(path))


def _put(folder: Path, name: str, data: bytes) -> None:
    """Write a file into a folder or below it. A link there, which is the student's, is replaced, not followed."""
    here = folder
    for part in PurePosixPath(name).parts:
        here /= part
        if here.is_symlink():
            here.unlink()
    write(here, data)


def safe_id(who: str) -> str:
    """An id that nbgrader accepts: the name itself if it is one, else what is left of it and a hash of all of it."""
    who = unicodedata.normalize("NFC", who)  # macOS takes letters and accents apart
    if STUDENT.fullmatch(who) and len(who) <= 64:
        return who
    plain = unicodedata.normalize("NFKD", who).encode("ascii", "ignore").decode()
    plain = re.sub(r"[^A-Za-z0-9]+", "-", plain).strip("-")[:40].rstrip("-") or "student"
    return f"{plain}-{hashlib.sha256(who.encode(errors='surrogatepass')).hexdigest()[:8]}"


def _owners(folder: Path, refused: dict[str, str]) -> tuple[dict[str, list[tuple[str, Path]]], dict[str, Identity]]:
    """Student -> (name, path) of everything in the folder, and student -> who that is."""
    owned, found = defaultdict(list), {}
    for path in sorted(folder.iterdir()) if folder.is_dir() else []:
        export = MOODLE.fullmatch(path.name) or (None if path.is_dir() else CANVAS.fullmatch(path.name))
        known = path.is_dir() or path.is_symlink() or path.suffix in (".zip", ".ipynb")
        if hidden(path.name) or not (known or export):
            continue
        if not (export or path.is_dir()) and (path.stem == "lab" or _named(path.stem)):
            refused[path.name] = "It does not show which student it is from. Name it after the student."
            continue
        one = _exported(export, folder) if export else _plain(path)
        owned[one.student].append(((export["file"] or "") if export else "", path))
        if found.get(one.student, one).name in (one.student, one.name):  # a name that is not an id is the better name
            found[one.student] = one
    return owned, found


def _exported(export: re.Match, folder: Path) -> Identity:
    """Whom a platform's export is from."""
    if export.re is CANVAS:
        return Identity(
            safe_id(f"{export['name']}_{export['number']}"), _printable(export["name"]), f"canvas {export['number']}"
        )
    earlier = safe_id(export.string)  # version 0.1 took a folder without the last underscore for a name
    student = earlier if (folder / earlier).is_dir() and earlier != export.string else safe_id(export["who"])
    blind = export["name"] == "Participant"  # whose name the platform keeps to itself
    name = f"Participant {export['number']}" if blind else export["name"]
    return Identity(student, _printable(name), f"moodle {export['number']}")


def _plain(path: Path) -> Identity:
    """Whom a file or folder is from that is named after its student."""
    who = path.name if path.is_dir() else path.stem
    student, record = safe_id(who), _record(path)
    if who != student:
        return Identity(student, _printable(who))
    name = record.get("name", who)
    export = MOODLE.fullmatch(name)  # for version 0.1, a folder without the last underscore was a name
    return Identity(student, _printable(export["name"] if export else name))


class _Entry(NamedTuple):
    """One file that may be a lab; `parts` are the names that may show which, the last first. The rest as above."""

    parts: tuple[str, ...]
    file: Path
    member: str = ""
    siblings: tuple[tuple[str, Path], ...] | None = None


def _containers(
    student: str, things: list[tuple[str, Path]], folder: Path, refused: dict[str, str]
) -> Iterator[list[_Entry]]:
    """A student's files, grouped by folder or zip. One file of each group is the lab."""
    loose = []
    for name, path in things:
        if path.is_dir() and not path.is_symlink():
            record = _record(path) if path.name == student else {}
            yield from _folder(path, record, folder, refused)
        elif path.suffix == ".zip":
            yield _entries(path, (name or path.name,), folder, refused)
        else:
            loose += _entries(path, (name or path.name,), folder, refused)
    siblings = tuple((name or path.name, path) for name, path in things if path.is_file() and path.suffix != ".zip")
    yield [entry._replace(siblings=siblings) for entry in loose]


def _folder(path: Path, record: dict, folder: Path, refused: dict[str, str]) -> Iterator[list[_Entry]]:
    """The files of STUDENT, which contains zips, and folders of labs or notebooks."""
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
    """The files of STUDENT/LAB. A zip counts only if there is no notebook, since it may be data."""
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
    return [inner for inner in sorted(path.iterdir()) if not hidden(inner.name)]


def _any_file(path: Path) -> bool:
    return any(inner.is_file() for inner in path.rglob("*")) if path.is_dir() else True


def _entries(path: Path, parts: tuple[str, ...], folder: Path, refused: dict[str, str]) -> list[_Entry]:
    """A file, or the notebooks in a zip. What is named like a lab but cannot be one is refused."""
    zipped = parts[0].endswith(".zip")
    if rank(parts[0]) > 3 and not (zipped or _named(parts[0]) or path.parent == folder):
        return []
    try:
        why = why_not(path)
        if why:
            raise Unreadable(why)
        members = archives.notebooks(path) if zipped else []
        if zipped and not members:
            raise Unreadable(f"The zip contains no lab. It should contain {labs()[0].slug}/lab.ipynb, for example.")
    except Exception as error:  # whatever a file contains, the rest of the class is graded
        refused[_shown(path, folder)] = in_one_line(error)
        return []
    if not zipped:
        return [_Entry(parts, path)]
    return [_Entry((*reversed(PurePosixPath(name).parts), *parts), path, name) for name in members]


def _choice(who: Identity, entries: list[_Entry], folder: Path, refused: dict[str, str]) -> Iterator[Submission]:
    """For each lab, the file of a group that most resembles one. If any lab is recognised, other files are helpers."""
    groups = defaultdict(list)
    for entry in entries:
        groups[_lab(entry)].append(entry)
    if len(groups) > 1:
        groups.pop("", None)
    for slug, group in groups.items():
        best = min(rank(entry.parts[0]) for entry in group)
        chosen = [entry for entry in group if rank(entry.parts[0]) == best]
        first = chosen[0]
        if len(chosen) > 1:
            listed = ", ".join(quoted(_printable(entry.parts[0]), 60) for entry in chosen[:4])
            where = first.file if first.member else first.file.parent
            refused[_shown(where, folder)] = (
                f"There are {len(chosen)} notebooks ({listed}). Name the right one lab.ipynb."
            )
            continue
        record = _record(folder / who.student).get("labs", {})
        copied = first.file == folder / who.student / slug / "lab.ipynb" and record.get(slug)
        given = copied or "/".join(filter(None, [_shown(first.file, folder), first.member]))
        siblings = first.siblings and tuple(pair for pair in first.siblings if pair[1] != first.file)
        number = who.number or _record(folder / who.student).get("numbers", {}).get(slug, "")
        yield Submission(who.student, who.name, slug, first.file, first.member, given, siblings, number)


def _lab(entry: _Entry) -> str:
    """The lab that a file belongs to, by its folders and name, else by its answers; "" if neither shows it."""
    named = (_named(part) for part in entry.parts)
    return next(filter(None, named), "") or _answered(entry.file, entry.member)


def _named(part: str) -> str:
    return next((lab.slug for lab in labs() if _is_in(lab.slug, part)), "")


def _is_in(slug: str, part: str) -> bool:
    """Whether a name has a lab's in it; a lab without a number, such as heat, is not in heather's."""
    return slug in part and (slug[0].isdecimal() or bool(re.search(rf"(?<![^\W_]){re.escape(slug)}(?![^\W_])", part)))


def _answered(file: Path, member: str) -> str:
    """The lab whose answers a notebook defines."""
    try:
        notebook = read(archives.extract(file, member) if member else file)
    except Unreadable:
        return ""
    text = "\n".join(cell.source for cell in notebook.cells)
    defined = set(re.findall(r"^(?:def|class) +(\w+)", text, re.MULTILINE))
    counts = {lab.slug: len(defined & {e.answer for e in lab.exercises}) for lab in labs()}
    best = max(counts, key=counts.__getitem__)
    return best if counts[best] else ""


def _record(home: Path) -> dict:
    """`place`'s notes on a student, which a student may have written: {"name": str, "labs": {slug: file}, "numbers":
    {slug: a platform's number}} or {}."""
    try:
        record = json.loads(read_bytes(home / RECORD, NOTES).decode())
        noted = [record["labs"], record.get("numbers", {})]
        texts = [record["name"], *(text for each in noted for pair in each.items() for text in pair)]
    except (Unreadable, ValueError, RecursionError, TypeError, KeyError, AttributeError):
        return {}
    return record if all(isinstance(text, str) for text in texts) else {}


def _note(home: Path, one: Submission) -> None:
    """Note a name that is not an id, and a file that was not called lab.ipynb."""
    record = _record(home)
    if record or one.name != one.student or not one.given.endswith("/lab.ipynb"):
        noted = {"labs": one.given, "numbers": one.number}
        record = {"name": one.name} | {what: record.get(what, {}) | {one.lab: text} for what, text in noted.items()}
        write(home / RECORD, json.dumps(record, ensure_ascii=False, indent=1))


def _shown(path: Path, folder: Path) -> str:
    return _printable(path.relative_to(folder).as_posix())


def _printable(name: str) -> str:
    """A name that can be printed: the name of a file need not be valid text."""
    return printable(unicodedata.normalize("NFC", name))
