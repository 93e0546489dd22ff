"""A submitted file -> the notebook in it, or one sentence that says why there is none. Nothing in it is run.

A notebook that is read is small in every respect: whatever is done with it later has bounds. What reading itself takes
is bounded where `read` is called, by `bounded`.
"""

import io
import itertools
import json
import re
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import Any

import jupytext
import nbformat
from charset_normalizer import from_bytes
from nbformat import NotebookNode

from . import archives, files, sanitise
from .files import Unreadable, in_one_line, quoted, read_bytes

CELLS = 2_000  # of a notebook; nobody writes more
LONGEST = 5_000_000  # characters of all its cells
OBJECTS = 2_000_000  # dicts in its file, most of which are data in outputs
TAGS = 20  # of a cell
WORD = 100  # characters of a tag, or of another text in a cell's metadata
KINDS = {"code", "markdown", "raw"}
NBGRADER = ("grade_id", "schema_version", "points", "grade", "solution", "locked", "task", "checksum", "cell_type")
TEXT = {  # what only a notebook in this format has; formats as jupytext calls them
    "py:percent": re.compile(r"^# *(%%|In\[[ \d]*\])", re.MULTILINE),
    "md:myst": re.compile(r"^```\{code-cell", re.MULTILINE),
    "md": re.compile(r"^```+ *\{?i?python", re.MULTILINE),
    "py:light": re.compile(r"^def +\w+ *\(", re.MULTILINE),  # a script, as Colab saves one
}
NAMES = {"py:percent": "Python script", "py:light": "Python script", "md": "Markdown", "md:myst": "Markdown"}
VERSION = re.compile(r"3\.\d{1,3}(\.\w{1,9})?")  # of Python
HEADER = re.compile(r"\A(?:#![^\n]*\n|# -\*-[^\n]*\n)*(?:# )?---\n.*?^(?:# )?---\n", re.DOTALL | re.MULTILINE)


def read(submission: Path | bytes) -> NotebookNode:
    """The notebook in a file, in nbformat 4; raises Unreadable.

    What had to be repaired is in metadata.llmcourse["read"], in sentences. Only metadata that is used is kept.
    """
    try:
        data = submission if isinstance(submission, bytes) else read_bytes(submission)
        notes: list[str] = []
        raw = _raw(data, notes)
        cells = [cell for cell in raw["cells"] if isinstance(cell, dict)]
        if len(cells) < len(raw["cells"]):
            notes.append("Entries that were not cells were left out of the list of cells.")
        _few(len(cells))
        cells = [_cell(cell, number, notes) for number, cell in enumerate(cells)]
        _identify(cells)
        _short(sum(len(cell["source"]) for cell in cells))
        if left_out := sanitise.lighten(cells):
            which = "1 cell" if left_out == 1 else f"{left_out} cells"
            notes.append(f"What {which} showed was left out, because the notebook shows too much.")
        metadata = _kernel(raw, notes) | {"llmcourse": {"read": list(dict.fromkeys(notes))}}
        made = {"nbformat": 4, "nbformat_minor": 5, "metadata": metadata, "cells": cells}
        return nbformat.from_dict(_sound(made))
    except (Unreadable, MemoryError):
        raise
    except RecursionError:
        raise Unreadable("The file is not a notebook: its lists are nested too deeply.") from None
    except Exception as error:  # whatever a file contains, the rest of the class is graded
        raise Unreadable(f"The file is not a notebook ({in_one_line(error)}).") from error


def _few(cells: int) -> None:
    if cells > CELLS:
        raise Unreadable(f"The notebook has {cells:,} cells; at most {CELLS:,} are read.")


def _short(characters: int) -> None:
    if characters > LONGEST:
        raise Unreadable(f"The notebook's cells have {characters:,} characters; at most {LONGEST:,} are read.")


def _raw(data: bytes, notes: list[str]) -> dict:
    """A notebook as its file has it, with a list of cells as in nbformat 4; raises Unreadable."""
    if len(data) > files.MOST:
        raise Unreadable(f"The file is larger than {files.MOST // 10**6} MB.")
    if data.startswith(b"PK\x03\x04"):
        return _raw(_only_notebook(data, notes), notes)
    if data.startswith(b"%PDF"):
        raise Unreadable("The file is not a notebook: it is a PDF. Submit the .ipynb file.")
    text = _text(data, notes)
    if not text.strip("\0 \t\r\n"):
        raise Unreadable("The file is not a notebook: it is empty.")
    if text.lstrip().startswith("<"):
        raise Unreadable("The file is not a notebook: it is a web page. Submit the .ipynb file.")
    if not text.lstrip().startswith("{"):
        return _written_as_text(text, notes)
    return _format_4(_parsed(text, notes), notes)


def _only_notebook(data: bytes, notes: list[str]) -> bytes:
    """The notebook in a zip that was submitted as a notebook; a zip in the zip is not opened."""
    names = [name for name in archives.notebooks(io.BytesIO(data)) if archives.rank(name) < 2]
    if not names:
        raise Unreadable("The file is not a notebook: it is a zip that contains no notebook.")
    if len(names) > 1:
        raise Unreadable(f"The file is not a notebook: it is a zip that contains {len(names)} notebooks.")
    notes.append(f"The file was a zip; {quoted(PurePosixPath(names[0]).name)} was taken out of it.")
    inner = archives.extract(io.BytesIO(data), names[0])
    if inner.startswith(b"PK\x03\x04"):
        raise Unreadable("The file is not a notebook: it is a zip in a zip.")
    return inner


def _text(data: bytes, notes: list[str]) -> str:
    encoding = json.detect_encoding(data)
    if encoding == "utf-8":
        return _utf8(data, notes)
    marked = encoding == "utf-8-sig"
    notes.append("A byte order mark was removed." if marked else f"The file was saved as {encoding.upper()}.")
    return data.decode(encoding, "replace")


def _utf8(data: bytes, notes: list[str]) -> str:
    """Text that should be UTF-8. A few broken characters are replaced; if most are broken, the encoding is another."""
    try:
        return data.decode()
    except UnicodeDecodeError:
        text = data.decode(errors="replace")
    broken = text.count("�")
    if len(text) - len(text.encode("ascii", "ignore")) - broken > broken:
        notes.append("Some characters were damaged and are shown as �.")
        return text
    lines = islice((line for line in io.BytesIO(data) if not line.isascii()), 1_000)
    best = from_bytes(b"".join(lines)[:100_000], cp_isolation=["cp1251", "cp1252"]).best()
    encoding = best.encoding if best else "latin-1"
    notes.append(f"The file was not saved as UTF-8 but, as far as can be determined, as {encoding}.")
    return data.decode(encoding, "replace")


def _parsed(text: str, notes: list[str]) -> Any:
    """JSON. The last of equal keys counts, as in Jupyter; numbers that JSON does not have become null."""

    count, odd = itertools.count(1), set()

    def unique(pairs: list[tuple[str, Any]]) -> dict:
        if next(count) > OBJECTS:
            raise Unreadable(f"The file consists of more than {OBJECTS:,} parts.")
        made = dict(pairs)
        if len(made) < len(pairs):
            odd.add("A key was there more than once, and the last one counts.")
        return made

    def null(name: str) -> None:
        odd.add(f"{name} is not valid in JSON and was replaced by null.")

    try:
        found = json.loads(text, object_pairs_hook=unique, parse_constant=null)
        notes += sorted(odd)
        return found
    except json.JSONDecodeError as error:
        if error.pos >= len(text.rstrip()) or error.msg.startswith("Unterminated string"):
            raise Unreadable(
                "The file is not a notebook: it ends in the middle, so it was not saved or uploaded completely."
            ) from None
        raise Unreadable(f"The file is not a notebook: it is not valid JSON ({error}).") from None


def _format_4(raw: Any, notes: list[str]) -> dict:
    """Older formats are converted by nbformat; other faults of a notebook do not matter here."""
    raw = raw if isinstance(raw, dict) else {}
    if isinstance(raw.get("worksheets"), list) and "cells" not in raw:
        major = raw["nbformat"] if raw.get("nbformat") in (2, 3) else 3
        notes.append(f"The file was in notebook format {major}.")
        _few(sum(len(sheet.get("cells", ())) for sheet in raw["worksheets"] if isinstance(sheet, dict)))
        raw["metadata"] = raw["metadata"] if isinstance(raw.get("metadata"), dict) else {}
        raw = nbformat.versions[major].to_notebook_json(raw | {"nbformat": major}, minor=0)
        return nbformat.convert(raw, 4)
    if not isinstance(raw.get("cells"), list):
        raise Unreadable("The file is not a notebook: it has no list of cells.")
    if raw.get("nbformat") != 4:
        notes.append("The file did not say that it was in notebook format 4.")
    return raw


def _written_as_text(text: str, notes: list[str]) -> dict:
    """A notebook as jupytext writes it. Its header is ignored: YAML can be a bomb."""
    text = text.replace("\r\n", "\n")
    found = next((name for name, sign in TEXT.items() if sign.search(text)), None)
    if found is None:
        raise Unreadable("The file is not a notebook: it is neither JSON nor a notebook saved as text.")
    _short(len(text))
    notes.append(f"The file was not an .ipynb but a notebook saved as text ({NAMES[found]}).")
    notebook = jupytext.reads(HEADER.sub("", text, count=1), fmt=found)
    for cell in notebook.cells:
        cell.source = cell.source.strip("\n")
    return notebook


def _cell(cell: dict, number: int, notes: list[str]) -> dict:
    """A cell with the fields that it must have, and those of the others that are used."""
    kind = cell["cell_type"] if cell.get("cell_type") in KINDS else "markdown"
    source = cell.get("source", "")
    source = source if isinstance(source, str) else "".join(map(str, source if isinstance(source, list) else []))
    if "\r" in source:
        notes.append("Line endings were converted to those of Unix.")
        source = source.replace("\r\n", "\n").replace("\r", "\n")
    if not isinstance(cell.get("metadata"), dict):
        notes.append("Cells without metadata were given some.")
    name = cell.get("id")
    name = name if isinstance(name, str) and re.fullmatch(r"[A-Za-z0-9_-]{1,64}", name) else f"cell-{number}"
    made = {"cell_type": kind, "id": name, "metadata": _metadata(cell.get("metadata")), "source": source}
    if kind == "code":
        return made | {"outputs": sanitise.outputs(cell.get("outputs")), "execution_count": None}
    pictures = sanitise.attachments(cell.get("attachments"))
    return made | ({"attachments": pictures} if pictures else {})


def _identify(cells: list[dict]) -> None:
    """Give a cell that was copied with its id another one, as nbformat does, with a warning."""
    taken: set[str] = set()
    for number, cell in enumerate(cells):
        while cell["id"] in taken:
            cell["id"] = f"{cell['id'][:40]}-{number}"
        taken.add(cell["id"])


def _metadata(found: Any) -> dict:
    """Tags and nbgrader's metadata: short texts and numbers, nothing that could be nested."""
    found = found if isinstance(found, dict) else {}
    tags = found["tags"] if isinstance(found.get("tags"), list) else []
    tags = [tag for tag in tags[:TAGS] if isinstance(tag, str) and len(tag) <= WORD]
    given = found["nbgrader"] if isinstance(found.get("nbgrader"), dict) else {}
    given = {name: given[name] for name in NBGRADER if isinstance(given.get(name), str | int | float)}
    given = {name: value for name, value in given.items() if len(str(value)) <= WORD}
    return ({"tags": tags} if tags else {}) | ({"nbgrader": given} if given else {})


def _kernel(raw: dict, notes: list[str]) -> dict:
    """The kernel's name and the version of Python, if the notebook has them."""
    if not isinstance(raw.get("metadata"), dict):
        notes.append("The notebook had no metadata.")
        return {}
    kernel = raw["metadata"].get("kernelspec")
    name = kernel.get("name") if isinstance(kernel, dict) else None
    language = raw["metadata"].get("language_info")
    version = language.get("version") if isinstance(language, dict) else None
    known = {"language_info": {"name": "python", "version": version}} if VERSION.fullmatch(str(version)) else {}
    return known | ({"kernelspec": {"name": name[:WORD], "display_name": name[:WORD]}} if isinstance(name, str) else {})


def _sound(value: Any) -> Any:
    """The same value with text that can be written: half a surrogate pair is valid JSON but not UTF-8."""
    if isinstance(value, dict):
        return {_sound(name): _sound(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_sound(inner) for inner in value]
    return value.encode(errors="replace").decode() if isinstance(value, str) and not value.isascii() else value
