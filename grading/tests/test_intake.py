"""Whatever a student may submit, and what happens to it. No kernel is started here."""

import base64
import contextlib
import io
import json
import os
import stat
import time
import warnings
import zipfile
from pathlib import Path

import jupytext
import nbformat
import pytest
from llmcourse.checks import lab as find_lab
from nbformat.v4 import new_code_cell, new_markdown_cell, new_output

from grading import grade, paths
from grading.commands import main
from grading.intake import archives, bounded, collection, companions, files
from grading.intake.collection import collect, safe_id
from grading.intake.files import Unreadable
from grading.intake.notebook_file import read
from grading.intake.repair import Reader, Repair, repair
from grading.paths import released
from grading.running import autograde

SLUG = "08_linear_attention"
OTHER = "09_state_space"
NAME, CHECK, ANSWER = "decode-step", "decode-step-check", "decode_step"
MINE = "def decode_step(q, k, v, S, u):\n    y = 1\n    return y + 1"


def lab(answer=MINE):
    """The lab, with one answer in it."""
    notebook = nbformat.read(released(SLUG), 4)
    cell(notebook, NAME).source = answer
    return notebook


def cell(notebook, grade_id):
    return next(c for c in notebook.cells if c.metadata.get("nbgrader", {}).get("grade_id") == grade_id)


def text(notebook=None, **changes):
    return json.dumps(dict(notebook or lab()) | changes, ensure_ascii=False, indent=1)


def again(notebook):
    """The notebook, rebuilt on the released lab."""
    rebuilt = repair(notebook, nbformat.read(released(SLUG), 4))
    nbformat.validate(rebuilt)
    return rebuilt


def who_is(student):
    """Resources of nbconvert for a submission."""
    who = {"student": student, "assignment": SLUG, "notebook": "lab", "db_url": ""}
    return {"nbgrader": who, "unique_key": "lab", "metadata": {"name": "lab", "path": "/tmp"}}


def repaired(notebook):
    return "; ".join(notebook.metadata.llmcourse["repaired"])


def result(rebuilt, name=ANSWER):
    """What the answer returns if the student's cells run in order, up to its check, as in a kernel."""
    ours, scope = {c.source for c in nbformat.read(released(SLUG), 4).cells}, {}
    for c in rebuilt.cells[: rebuilt.cells.index(cell(rebuilt, CHECK))]:
        if c.cell_type == "code" and c.source not in ours:
            with contextlib.suppress(Exception):  # a kernel would go on too
                exec(c.source, scope)
    return scope[name](*[0] * 5)


# --- files


def converted(version):
    return nbformat.writes(nbformat.convert(lab(), version), version=version).encode()


def without_ids():
    notebook = json.loads(text(nbformat_minor=0))
    for c in notebook["cells"]:
        del c["id"]
    return json.dumps(notebook).encode()


def as_text(fmt):
    return jupytext.writes(lab(), fmt=fmt).encode()


def zipped(files):
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, inner in files.items():
            archive.writestr(name, inner)
    return data.getvalue()


READABLE = {
    "as it should be": (lambda: text().encode(), ""),
    "byte order mark": (lambda: b"\xef\xbb\xbf" + text().encode(), "byte order mark"),
    "CRLF in the file": (lambda: text().replace("\n", "\r\n").encode(), ""),
    "CRLF in the cells": (lambda: text().replace("\\n", "\\r\\n").encode(), "Line endings"),
    "UTF-16, little end first": (lambda: b"\xff\xfe" + text().encode("utf-16-le"), "UTF-16"),
    "UTF-16, big end first": (lambda: b"\xfe\xff" + text().encode("utf-16-be"), "UTF-16"),
    "format 3": (lambda: converted(3), "notebook format 3"),
    "format 4.0": (without_ids, ""),
    "no format": (lambda: text(nbformat=None).encode(), "did not say"),
    "no metadata": (lambda: text(metadata=None).encode(), "no metadata"),
    "NaN": (lambda: text().replace('"metadata": {}', '"metadata": {"a": NaN, "b": -Infinity}', 1).encode(), "NaN"),
    "a key twice": (lambda: text().replace('"nbformat": 4', '"nbformat": 3, "nbformat": 4').encode(), "more than once"),
    "percent script": (lambda: as_text("py:percent"), "as text (Python script)"),
    "light script": (lambda: as_text("py:light"), "as text (Python script)"),
    "Markdown": (lambda: as_text("md"), "as text (Markdown)"),
    "MyST": (lambda: as_text("md:myst"), "as text (Markdown)"),
    "text with CRLF": (lambda: as_text("py:percent").replace(b"\n", b"\r\n"), "as text"),
    "a zip": (lambda: zipped({"work/my lab.ipynb": text(), "notes.txt": "x"}), '"my lab.ipynb" was taken out'),
}


@pytest.mark.parametrize("case", READABLE)
def test_readable(case):
    make, said = READABLE[case]
    notebook = read(make())
    nbformat.validate(notebook)
    assert notebook.nbformat == 4
    notes = "; ".join(notebook.metadata.llmcourse["read"])
    assert (said in notes) if said else not notes
    rebuilt = again(notebook)
    assert result(rebuilt) == 2 and notes in repaired(rebuilt)


UNREADABLE = {
    "not JSON": (lambda: b"this is my homework", "neither JSON nor"),
    "broken JSON": (lambda: text().replace(",", ";", 1).encode(), "not valid JSON"),
    "truncated": (lambda: text().encode()[:3000], "ends in the middle"),
    "truncated after a cell": (lambda: text().rstrip().rstrip("}").rstrip().encode(), "ends in the middle"),
    "empty": (lambda: b"", "empty"),
    "only a byte order mark": (lambda: b"\xff\xfe", "empty"),
    "zeros, as after a crash": (lambda: b"\0" * 4096, "empty"),
    "nested deeply": (lambda: b'{"cells": ' + b"[" * 100_000, "nested too deeply"),
    "cells that are no list": (lambda: text(cells={"a": 1}).encode(), "no list of cells"),
    "another JSON": (lambda: b'{"a": 1}', "no list of cells"),
    "a web page": (lambda: b"<!doctype html><p>def f(): pass", "web page"),
    "a PDF": (lambda: b"%PDF-1.7 ...", "PDF"),
    "a picture": (lambda: bytes(range(256)) * 9, ""),
    "a zip of two notebooks": (lambda: zipped({"a.ipynb": "1", "b.ipynb": "2"}), "2 notebooks"),
    "a zip without one": (lambda: zipped({"word/document.xml": "1"}), "no notebook"),
    "a zip of a zip": (lambda: zipped({"a.ipynb": zipped({"a.ipynb": text()})}), "zip in a zip"),
    "a zip that is cut": (lambda: zipped({"a.ipynb": text()})[:200], ""),
}


@pytest.mark.parametrize("case", UNREADABLE)
def test_unreadable(case):
    make, said = UNREADABLE[case]
    with pytest.raises(Unreadable) as raised:
        read(make())
    assert said in str(raised.value) and len(str(raised.value)) < 300
    found = autograde.grade_submission(make(), SLUG, "ada")
    assert found.status == "unreadable" and found.reason == str(raised.value)


def test_what_is_no_cell_is_left_out():
    notebook = json.loads(text())
    notebook["cells"][4:4] = [
        None,
        3,
        "cell",
        {},
        {"cell_type": "code"},
        {"cell_type": "raw", "source": ["a", 1], "id": 5},
    ]
    found = read(json.dumps(notebook).encode())
    nbformat.validate(found)
    assert len(found.cells) == len(notebook["cells"]) - 3
    assert any("were not cells" in said for said in found.metadata.llmcourse["read"]) and result(again(found)) == 2


@pytest.mark.parametrize("encoding, words", [("cp1251", "считаем сумму по ключам"), ("latin-1", "Größe, à côté")])
def test_other_encodings_are_guessed(encoding, words):
    notebook = read(text(lab(f"# {words}\n{MINE}")).encode(encoding, "replace"))
    assert words in cell(notebook, NAME).source
    assert any("not saved as UTF-8" in said for said in notebook.metadata.llmcourse["read"])


def test_one_damaged_character_does_not_change_the_encoding():
    data = text(lab(f"# сумма по ключам\n{MINE}")).encode()
    notebook = read(data.replace("ключам".encode(), "клю".encode() + b"\xff"))
    assert "сумма по клю�" in cell(notebook, NAME).source
    assert any("damaged" in said for said in notebook.metadata.llmcourse["read"])


def test_half_a_surrogate_pair_can_be_written_again():
    notebook = read(text(lab(f"# HERE\n{MINE}")).replace("HERE", "\\ud83d").encode())
    nbformat.writes(again(notebook)).encode()
    assert result(again(notebook)) == 2


PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


def picture(size=0):
    """An output: a picture in so many bytes."""
    return new_output("display_data", data={"image/png": base64.b64encode(PNG + bytes(size)).decode()})


def test_what_outputs_hold_too_much_of_is_left_out_and_the_others_stay():
    words = [new_output("stream", text="x" * 60_000_000)]
    pictures = [picture(1_000_000) for _ in range(2)]
    nested = [picture(), json.loads('{"a":' * 200 + "1" + "}" * 200)]
    notebook = lab()
    notebook.cells += [{"cell_type": "code", "outputs": shown} for shown in (words, pictures, nested)]
    found = read(text(notebook).encode())
    assert [len(cell.outputs) for cell in found.cells[-3:]] == [1, 2, 1]
    assert found.cells[-3].outputs[0].text.endswith("(cut by the grader)")
    assert len(found.cells[-3].outputs[0].text) == 20_000
    assert result(again(found)) == 2 and "left out" not in repaired(again(found))
    notebook.cells.append({"cell_type": "code", "outputs": pictures + pictures[:1]})
    found = read(text(notebook).encode())
    assert [len(cell.outputs) for cell in found.cells[-4:]] == [1, 0, 1, 2]
    assert "What 1 cell showed was left out" in repaired(again(found)) and result(again(found)) == 2


def cells_of(*sources):
    return json.dumps({"nbformat": 4, "metadata": {}, "cells": [{"cell_type": "code", "source": s} for s in sources]})


TOO_MUCH = {
    "cells": (lambda: b'{"cells": [' + b"{}," * 999_999 + b"{}]}", "has 1,000,000 cells; at most 2,000"),
    "cells of an older format": (
        lambda: json.dumps({"nbformat": 3, "worksheets": [{"cells": [{}] * 3_000}]}).encode(),
        "has 3,000 cells",
    ),
    "words in the cells": (lambda: cells_of("#" * 4_000_000, "#" * 4_000_000).encode(), "have 8,000,000 characters"),
    "a notebook as text": (lambda: b"# %%\n" + b"x = 1\n" * 1_000_000, "have 6,000,005 characters"),
    "parts": (lambda: b'{"cells": [{"a": [' + b"{}," * 2_000_000 + b"{}]}]}", "more than 2,000,000 parts"),
    "lists in lists": (lambda: b'{"cells": [' + b"[" * 5_000 + b"]" * 5_000 + b"]}", "nested too deeply"),
    "a header that never ends": (lambda: b"#!\n" * 40 + b"# %%\nx = 1 \xe2\x80\xa8", ""),
}


@pytest.mark.parametrize("case", TOO_MUCH)
def test_too_much_is_said_at_once(case):
    make, said = TOO_MUCH[case]
    data, start = make(), time.process_time()
    if said:
        with pytest.raises(Unreadable, match=said):
            read(data)
    else:
        read(data)
    assert time.process_time() - start < 5


def test_files_have_a_limit(monkeypatch, tmp_path):
    monkeypatch.setattr(files, "MOST", 200_000)
    (tmp_path / "lab.ipynb").write_text(text(lab("#" * 300_000)))
    for submission in (tmp_path / "lab.ipynb", (tmp_path / "lab.ipynb").read_bytes()):
        with pytest.raises(Unreadable, match="larger than"):
            read(submission)


def test_yaml_in_a_header_is_not_expanded():
    bomb = "a: &a [x, x]\n" + "".join(f"{b}: &{b} [*{a}, *{a}]\n" for a, b in zip("abcdefgh", "bcdefghi"))
    start = time.monotonic()
    notebook = read(f"---\n{bomb}jupyter: *i\n---\n# T\n\n```python\n{MINE}\n```\n".encode())
    assert time.monotonic() - start < 2 and notebook.cells[-1].source == MINE and "a" not in notebook.metadata


def test_sentences_of_the_students_own_are_not_shown():
    notebook = lab()
    notebook.metadata["llmcourse"] = {"read": ["full marks"], "repaired": ["full marks"]}
    assert repaired(again(read(text(notebook).encode()))) == ""


def special(path, kind):
    if kind == "folder":
        path.mkdir()
    elif kind == "link":
        path.symlink_to(released(SLUG))
    elif kind == "pipe":
        os.mkfifo(path)


@pytest.mark.parametrize(
    "kind, said", [("folder", "a folder"), ("link", "symbolic link"), ("pipe", "not an ordinary file")]
)
def test_what_is_no_file_is_refused_and_nothing_waits(tmp_path, kind, said):
    path = tmp_path / "eve" / SLUG / "lab.ipynb"
    path.parent.mkdir(parents=True)
    special(path, kind)
    with pytest.raises(Unreadable, match=said):
        read(path)
    found, refused = collect(tmp_path, SLUG)
    assert not found and said in refused[f"eve/{SLUG}/lab.ipynb"]
    assert not grade.unpack(tmp_path, [find_lab(SLUG)]).given[SLUG]


def test_devices_are_refused():
    with pytest.raises(Unreadable, match="not an ordinary file"):
        read(Path("/dev/zero"))


# --- cells


def stripped(notebook):
    """A notebook as Colab leaves it."""
    for number, c in enumerate(notebook.cells):
        c.metadata, c.id = {}, f"colab-{number}"
    return notebook


def test_stripped_metadata():
    rebuilt = again(stripped(lab()))
    assert result(rebuilt) == 2 and "metadata was missing" in repaired(rebuilt)
    assert cell(rebuilt, CHECK).metadata.nbgrader.points == 3


def test_deleted_cells():
    notebook = lab()
    for name in (CHECK, "chunkwise"):
        notebook.cells.remove(cell(notebook, name))
    rebuilt = again(notebook)
    assert result(rebuilt) == 2 and f"were deleted and have been put back: {CHECK}, chunkwise." in repaired(rebuilt)
    assert cell(rebuilt, CHECK) == cell(nbformat.read(released(SLUG), 4), CHECK)


@pytest.mark.parametrize("answer_first", [True, False])
def test_duplicated_cells(answer_first):
    notebook = lab()
    place = notebook.cells.index(cell(notebook, NAME))
    copy = nbformat.from_dict(cell(nbformat.read(released(SLUG), 4), NAME))
    notebook.cells.insert(place + answer_first, copy | {"id": "copy"})
    rebuilt = again(notebook)
    assert cell(rebuilt, NAME).source == MINE and f"These cells were there more than once: {NAME}." in repaired(rebuilt)


HALVES = {
    "between two lines": ("def decode_step(q, k, v, S, u):\n    y = 1", "    return y + 1"),
    "after the first line": ("def decode_step(q, k, v, S, u):", "    y = 1\n    return y + 1"),
    "in a line": ("def decode_step(q, k, v, S, u):\n    y = 1\n    return y +", "1"),
    "before the first letter of a line": ("def decode_step(q, k, v, S, u):\n    y = 1\n    ", "return y + 1"),
    "after the decorator": ("@staticmethod", MINE),
    "in a docstring": ('def decode_step(q, k, v, S, u):\n    """One', 'step."""\n    return 2'),
    "after a helper": ("def add(y):\n    return y + 1", "def decode_step(q, k, v, S, u):\n    return add(1)"),
    "before a helper": ("def decode_step(q, k, v, S, u):\n    return add(1)", "def add(y):\n    return y + 1"),
    "after an import": ("import math", "def decode_step(q, k, v, S, u):\n    return int(math.sqrt(4))"),
    "in three": ("@staticmethod", "def decode_step(q, k, v, S, u):\n    y = 1", "    return y + 1"),
    "in four": ("@staticmethod", "def decode_step(q, k, v, S, u):", "    y = 1", "    return y + 1"),
}


@pytest.mark.parametrize("where", HALVES)
@pytest.mark.parametrize("keeps", ["all metadata", "the first one's metadata", "the last one's metadata", "none"])
def test_split_answers_still_work(where, keeps):
    notebook, pieces = lab(), HALVES[where]
    place = notebook.cells.index(cell(notebook, NAME))
    given = cell(notebook, NAME).metadata
    with_it = {"all metadata": pieces, "the first one's metadata": pieces[:1], "the last one's metadata": pieces[-1:]}
    notebook.cells[place : place + 1] = [
        new_code_cell(piece, metadata=given if piece in with_it.get(keeps, ()) else {}) for piece in pieces
    ]
    rebuilt = again(stripped(notebook) if keeps == "none" else notebook)
    assert result(rebuilt) == 2
    if where.startswith(("in ", "between")):
        assert cell(rebuilt, NAME).source.count("return") == 1 and "split between cells" in repaired(rebuilt)


def test_code_of_the_labs_own_is_not_joined():
    notebook = lab()
    place = notebook.cells.index(cell(notebook, CHECK))
    notebook.cells.insert(place, new_code_cell("@staticmethod"))  # with the next cell it would be a program: see below
    notebook.cells[place + 1 : place + 1] = []
    for c in notebook.cells:
        if c.cell_type == "code" and c.source.startswith("def seconds"):
            notebook.cells.insert(notebook.cells.index(c), new_code_cell("@staticmethod"))
            break
    rebuilt = again(notebook)
    assert "split" not in repaired(rebuilt) and sum(c.source == "@staticmethod" for c in rebuilt.cells) == 2


@pytest.mark.parametrize("kept", [NAME, CHECK])
@pytest.mark.parametrize("strip", [False, True])
def test_answer_merged_with_its_check(kept, strip):
    notebook = lab()
    answer, check = cell(notebook, NAME), cell(notebook, CHECK)
    merged = new_code_cell(
        f"{answer.source}\n\n{check.source}", metadata={} if strip else cell(notebook, kept).metadata
    )
    notebook.cells[notebook.cells.index(answer)] = merged
    notebook.cells.remove(check)
    rebuilt = again(notebook)
    assert "y + 1" in cell(rebuilt, NAME).source and cell(rebuilt, CHECK).source.startswith("check(")


@pytest.mark.parametrize("strip", [False, True])
def test_answers_merged_into_one(strip):
    notebook = lab()
    first, second = cell(notebook, "causal-recurrence"), cell(notebook, NAME)
    first.source = f"def causal_attention(*a):\n    return 7\n\n\n{second.source}"
    notebook.cells.remove(second)
    rebuilt = again(stripped(notebook) if strip else notebook)
    assert result(rebuilt) == 2 and result(rebuilt, "causal_attention") == 7


def test_answer_given_as_an_assignment_elsewhere_is_not_replaced_by_the_stub():
    notebook = lab()
    answer = cell(notebook, NAME)
    notebook.cells[notebook.cells.index(answer)] = new_code_cell("decode_step = lambda *a: 2")
    assert result(again(notebook)) == 2


STUB = cell(nbformat.read(released(SLUG), 4), NAME).source
HELPED = "def decode_step(*a):\n    return helper()"
HELPER = "def helper():\n    return 2"


def at(notebook, grade_id, after=0):
    return notebook.cells.index(cell(notebook, grade_id)) + after


AWAY = {  # where the student's own cells stand, the stub being there as it was given
    "above the stub": lambda notebook: at(notebook, NAME),
    "below the stub": lambda notebook: at(notebook, NAME, 1),
    "below the check": lambda notebook: at(notebook, CHECK, 1),
    "on top": lambda notebook: 0,
    "before the open task": lambda notebook: at(notebook, "open-task"),
    "at the end": lambda notebook: len(notebook.cells),
}


@pytest.mark.parametrize("strip", [False, True])
@pytest.mark.parametrize("where", AWAY)
def test_answer_in_a_cell_of_ones_own(where, strip):
    notebook = lab(STUB)
    place = AWAY[where](notebook)
    notebook.cells[place:place] = [new_code_cell(HELPER), new_markdown_cell("Mine:"), new_code_cell(HELPED)]
    rebuilt = again(stripped(notebook) if strip else notebook)
    ending = {1: "st", 2: "nd", 3: "rd"}.get((place + 3) % 10, "th") if place + 3 > 20 else "rd"
    left = "its own cell was left as it was given."
    assert f"`{ANSWER}` was found in the {place + 3}{ending} cell and graded; {left}" in repaired(rebuilt)
    assert result(rebuilt) == 2 and "NotImplementedError" not in cell(rebuilt, NAME).source
    assert cell(rebuilt, NAME).metadata.llmcourse.answer == HELPED  # for the report


@pytest.mark.parametrize("where", ["on top", "at the end"])
def test_all_answers_in_one_cell(where):
    notebook = nbformat.read(released(SLUG), 4)
    names = {e.name: e.answer for e in find_lab(SLUG).exercises}
    text = "import math\n" + "\n".join(f"def {name}(*a):\n    return {n}" for n, name in enumerate(names.values()))
    place = AWAY[where](notebook)
    notebook.cells[place:place] = [new_code_cell(text)]
    rebuilt = again(notebook)
    order = [c.metadata.nbgrader.grade_id for c in rebuilt.cells if "-check" in str(c.metadata.get("nbgrader", ""))]
    assert order == [f"{name}-check" for name in names]
    mine = next(n for n, c in enumerate(rebuilt.cells) if c.source == text)
    for n, (name, answer) in enumerate(names.items()):
        assert mine < at(rebuilt, f"{name}-check") and f"`{answer}` was found" in repaired(rebuilt)
        assert cell(rebuilt, name).metadata.llmcourse.answer == f"def {answer}(*a):\n    return {n}"


def test_last_of_several_definitions_counts():
    notebook = lab(STUB)
    for n, place in enumerate((at(notebook, "open-task"), at(notebook, CHECK, 1), 0)):
        notebook.cells.insert(place, new_code_cell(f"def decode_step(*a):\n    return {n}"))
    notebook.cells.append(new_code_cell(STUB))  # a copy that nobody has filled in
    assert result(again(notebook)) == 0


def test_answer_in_its_stub_is_never_replaced():
    notebook = lab()
    notebook.cells[0:0] = [new_code_cell("def decode_step(*a):\n    return 3")]
    notebook.cells.append(new_code_cell("def decode_step(*a):\n    return 4"))
    rebuilt = again(notebook)
    assert result(rebuilt) == 2 and repaired(rebuilt) == "" and cell(rebuilt, NAME).source == MINE


OWN_CELL = {  # what stands in the lab's cell, and what must be left of it
    "nothing": ("", ""),
    "another docstring": ('def decode_step(*a):\n    """Below."""\n    raise NotImplementedError', "# `"),
    "the beginning": ("def decode_step(*a):\n    y = 1\n    raise NotImplementedError()", "# `"),
    "pass": ("def decode_step(*a):\n    pass", "# `"),
    "a helper, and the stub": (f"{HELPER}\n\n\n{STUB}", f"{HELPER}\n\n\n# `"),
    "only a helper": (HELPER, HELPER),
    "a number of that name": ("decode_step = 3", "decode_step = 3"),
}


@pytest.mark.parametrize("what", OWN_CELL)
def test_what_the_labs_cell_may_hold_beside_an_answer_elsewhere(what):
    source, left = OWN_CELL[what]
    notebook = lab(source)
    notebook.cells.insert(at(notebook, CHECK, 1), new_code_cell(f"{HELPER}\n\n\n{HELPED}"))
    rebuilt = again(notebook)
    assert result(rebuilt) == 2 and cell(rebuilt, NAME).source.startswith(left)


@pytest.mark.parametrize("where", [CHECK, "open"])
def test_answer_in_a_cell_of_the_labs_that_is_not_for_it(where):
    notebook = lab(STUB)
    there = next(c for c in notebook.cells if "open-task" in c.metadata.get("tags", [])) if where == "open" else None
    there = there or cell(notebook, where)
    given, there.source = there.source, f"{HELPER}\n{HELPED}\n{there.source}"
    rebuilt = again(notebook)
    assert result(rebuilt) == 2 and f"`{ANSWER}` was found" in repaired(rebuilt)
    if where == CHECK:
        assert cell(rebuilt, CHECK).source == given and f"edited and have been restored: {CHECK}." in repaired(rebuilt)


@pytest.mark.parametrize(
    "text", ["decode_step = lambda *a: 2", "%%time\nif True:\n    def decode_step(*a):\n        return 2"]
)
def test_other_ways_to_define_an_answer(text):
    notebook = lab(STUB)
    notebook.cells.append(new_code_cell(text))
    rebuilt = again(notebook)
    cell(rebuilt, NAME)
    for c in rebuilt.cells:
        c.source = c.source.replace("%%time\n", "")
    assert result(rebuilt) == 2


def test_cells_of_the_open_task_run_only_where_an_answer_needs_them():
    notebook = lab(STUB)
    slow, needed = "rows = sum(range(9))", "from math import floor\ndef helper(y=floor(2)):\n    return y"
    notebook.cells += [new_code_cell(text) for text in (slow, needed, HELPED)]
    rebuilt = again(notebook)
    run = {c.source: "open-task" not in c.metadata.get("tags", []) for c in rebuilt.cells}
    assert (run[slow], run[needed], run[HELPED]) == (False, True, True) and result(rebuilt) == 2


@pytest.mark.parametrize("text", ["x = (" * 150 + "1" + ")" * 150, "1" + "+1" * 20_000, "def decode_step(\0", "\n" * 9])
def test_code_that_no_parser_likes(text):
    notebook = lab(STUB)
    notebook.cells.append(new_code_cell(text))
    again(notebook)
    assert cell(again(nbformat.from_dict(notebook)), NAME).source


def test_reordered_cells():
    notebook = lab()
    notebook.cells.reverse()
    rebuilt = again(notebook)
    ours = [c.id for c in nbformat.read(released(SLUG), 4).cells]
    assert [c.id for c in rebuilt.cells] == ours and result(rebuilt) == 2


def test_reordered_answer_takes_its_helper_along():
    notebook = lab("def decode_step(*a):\n    return helper()")
    answer = cell(notebook, NAME)
    notebook.cells.remove(answer)
    after = notebook.cells.index(cell(notebook, "delta-step"))
    notebook.cells[after + 1 : after + 1] = [new_code_cell("def helper():\n    return 2"), answer]
    assert result(again(notebook)) == 2


def test_retyped_cells():
    notebook = lab()
    for name in (NAME, CHECK):
        place = notebook.cells.index(cell(notebook, name))
        old = notebook.cells[place]
        notebook.cells[place] = new_markdown_cell(old.source, metadata=old.metadata)
    rebuilt = again(notebook)
    assert result(rebuilt) == 2 and cell(rebuilt, CHECK).cell_type == "code"
    assert f"The type of these cells was changed: {NAME}, {CHECK}." in repaired(rebuilt)


def test_retagged_cells():
    notebook = lab()
    cell(notebook, CHECK).metadata.tags = ["open-task"]
    cell(notebook, NAME).metadata.tags = ["skip-execution"]
    rebuilt = again(notebook)
    assert "tags" not in cell(rebuilt, NAME).metadata and cell(rebuilt, CHECK).metadata.tags == [f"check:{NAME}"]
    assert f"The tags of these cells were changed and have been restored: {NAME}, {CHECK}." in repaired(rebuilt)


def test_edited_locked_cells():
    notebook = lab()
    cell(notebook, CHECK).source = "pass"
    rebuilt = again(notebook)
    assert cell(rebuilt, CHECK).source.startswith(
        "check("
    ) and f"were edited and have been restored: {CHECK}." in repaired(rebuilt)


@pytest.mark.parametrize("flag, value", [("points", 100), ("solution", True), ("grade", False), ("locked", False)])
def test_changed_points_and_marks(flag, value):
    notebook = lab()
    cell(notebook, CHECK).metadata.nbgrader[flag] = value
    rebuilt = again(read(text(notebook).encode()))
    assert cell(rebuilt, CHECK) == cell(nbformat.read(released(SLUG), 4), CHECK)
    assert f"The points or flags of these cells were changed and have been restored: {CHECK}." in repaired(rebuilt)


def test_cells_that_were_copied_with_their_ids_raise_no_warning():
    notebook = json.loads(text())
    notebook["cells"][4:4] = [notebook["cells"][4] | {"id": "x" * 64}, notebook["cells"][4], notebook["cells"][4]] * 2
    with warnings.catch_warnings(action="error"):
        found = read(json.dumps(notebook).encode())
        resources = who_is("ada")
        for step in autograde.steps("sanitize"):
            found, resources = step(found, resources)
        nbformat.validate(found)
    assert len({c.id for c in found.cells}) == len(found.cells)


@pytest.mark.parametrize(
    "version, text, said",
    [("3.99.0", "def f(:", True), ("3.99.0", "x = 1", False), ("3.8.1", "def f(:", False), (["3"], "def f(:", False)],
)
def test_a_newer_version_of_python(version, text, said):
    notebook = lab()
    notebook.metadata.language_info = {"name": "python", "version": version}
    notebook.cells.append(new_code_cell(text))
    rebuilt = again(read(nbformat.v4.writes(notebook).encode()))
    assert ("written with Python 3.99 and is graded with 3." in repaired(rebuilt)) == said
    assert bool(rebuilt.metadata.llmcourse.version) == said


def test_other_kernel():
    notebook = lab()
    notebook.metadata.kernelspec = {"name": "julia-1.9", "display_name": "Julia"}
    rebuilt = again(read(text(notebook).encode()))
    assert rebuilt.metadata.kernelspec.name == "python3" and 'kernel "julia-1.9"' in repaired(rebuilt)


def test_untouched_lab_needs_nothing():
    assert repaired(again(read(released(SLUG)))) == ""


# --- folders


@pytest.fixture
def inbox(tmp_path, monkeypatch):
    """An empty folder for what students submit."""
    monkeypatch.setenv("LLMCOURSE_GRADING", str(tmp_path))
    (tmp_path / "submitted").mkdir()
    return tmp_path / "submitted"


def put(path, data=None, age=0):
    """Write a file; `age` in seconds."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text().encode() if data is None else data)
    os.utime(path, (time.time() - age,) * 2)
    return path


LAYOUTS = {  # file -> (id, name)
    f"ada/{SLUG}/lab.ipynb": ("ada", "ada"),
    f"ada/{SLUG}/my solution (1).ipynb": ("ada", "ada"),
    f"ada/{SLUG}/lab.ipynb.txt": ("ada", "ada"),
    f"ada/{SLUG}/lab.txt": ("ada", "ada"),
    f"ada/{SLUG}/lab.py": ("ada", "ada"),
    "ada/homework.ipynb": ("ada", "ada"),
    "ada.ipynb": ("ada", "ada"),
    "Ada Lovelace_1234_assignsubmission_file_/x.ipynb": (safe_id("Ada Lovelace_1234"), "Ada Lovelace"),
    "Ada Lovelace_1234_assignsubmission_file_x.ipynb": (safe_id("Ada Lovelace_1234"), "Ada Lovelace"),
    f"Ада_1_assignsubmission_file_/{SLUG}/lab.ipynb": (safe_id("Ада_1"), "Ада"),
    "Anna Schmidt_1234_assignsubmission_file/lab.ipynb": (safe_id("Anna Schmidt_1234"), "Anna Schmidt"),
    "Anna_Maria Schmidt_1234_assignsubmission_file/lab.ipynb": (
        safe_id("Anna_Maria Schmidt_1234"),
        "Anna_Maria Schmidt",
    ),
    "Participant_77_assignsubmission_file/lab.ipynb": ("Participant_77", "Participant 77"),
    "Participant_77_assignsubmission_file_/lab.ipynb": ("Participant_77", "Participant 77"),
    "Participant_77_assignsubmission_file_lab.ipynb": ("Participant_77", "Participant 77"),
    "novaknina_LATE_55555_777777_lab-1.ipynb": ("novaknina_55555", "novaknina"),
    "ottoolga_55556_777778_lab (1).ipynb": ("ottoolga_55556", "ottoolga"),
    "lovelaceada_123_456_lab.ipynb": ("lovelaceada_123", "lovelaceada"),
    "lovelaceada_LATE_123_456_lab-1.ipynb": ("lovelaceada_123", "lovelaceada"),
    f"Лена Ким/{SLUG}/lab.ipynb": (safe_id("Лена Ким"), "Лена Ким"),
    f'Seán "Mac" O\'Neil/{SLUG}/lab.ipynb': (safe_id('Seán "Mac" O\'Neil'), 'Seán "Mac" O\'Neil'),
    f"=1+1/{SLUG}/lab.ipynb": (safe_id("=1+1"), "=1+1"),
}
ZIPS = {
    "ada.zip": "ada",
    f"ada/{SLUG}.zip": "ada",
    "Ada Lovelace_1234_assignsubmission_file_/work.zip": safe_id("Ada Lovelace_1234"),
    f"lovelaceada_123_456_{SLUG}.zip": "lovelaceada_123",
    "Лена Ким.zip": safe_id("Лена Ким"),
}


def placed(inbox, student):
    """After unpacking, everything is where nbgrader looks, and the originals have not changed."""
    before = {path: path.read_bytes() for path in inbox.rglob("*") if path.is_file()}
    assert grade.unpack(inbox, [find_lab(SLUG)]).refused == {}
    assert grade.unpack(inbox, [find_lab(SLUG)]).given[SLUG] == {student: inbox / student / SLUG / "lab.ipynb"}
    assert {path: path.read_bytes() for path in before} == before
    assert result(again(read(inbox / student / SLUG / "lab.ipynb"))) == 2
    files = sorted(inbox.rglob("*"))
    assert grade.unpack(inbox, [find_lab(SLUG)]).refused == {} and sorted(inbox.rglob("*")) == files


@pytest.mark.parametrize("file", LAYOUTS)
def test_layouts(inbox, file):
    student, name = LAYOUTS[file]
    put(inbox / file, as_text("py:percent") if file.endswith(".py") else None)
    found, refused = collect(inbox, SLUG)
    assert refused == {} and found[student].name == name and found[student].given == file
    assert result(again(read(found[student].open()))) == 2
    placed(inbox, student)
    found, refused = collect(inbox, SLUG)  # its original name is still known
    assert refused == {} and list(found) == [student] and found[student].name == name
    assert student in {one.student for one in collection.identities(inbox)}
    assert found[student].given == file


@pytest.mark.parametrize("inside", [f"{SLUG}/lab.ipynb", f"work/{SLUG}/lab.ipynb", "x.ipynb", f"{SLUG}.ipynb", "x.py"])
@pytest.mark.parametrize("file", ZIPS)
def test_zips(inbox, file, inside):
    data = as_text("py:percent") if inside.endswith(".py") else text()
    put(
        inbox / file,
        zipped({inside: data, "__MACOSX/._x.ipynb": "", ".ipynb_checkpoints/x.ipynb": "1", "data.csv": ""}),
    )
    found, refused = collect(inbox, SLUG)
    assert refused == {} and list(found) == [ZIPS[file]] and collect(inbox, OTHER)[0] == {}
    placed(inbox, ZIPS[file])


def test_ids_are_safe_and_all_different():
    names = [
        "Ada L",
        "Ada-L",
        "ada l",
        "Ada  L",
        "Ада",
        "Ева",
        "Ada L'",
        'Ada "L"',
        "..",
        ".ada",
        "a/b",
        "-",
        "é",
        "e",
        "x" * 300,
    ]
    ids = [safe_id(name) for name in names]
    assert len(set(ids)) == len(names) and all(collection.STUDENT.fullmatch(name) and len(name) <= 64 for name in ids)
    assert safe_id("e\u0301") == safe_id("é") and safe_id("ada.lovelace-1_2") == "ada.lovelace-1_2"
    assert all(safe_id(name) == name for name in ids)


def test_text_that_was_submitted_online_is_no_other_submission(inbox):
    put(inbox / "Anna Schmidt_1234_assignsubmission_file_" / "lab.ipynb")
    put(inbox / "Anna Schmidt_1234_assignsubmission_onlinetext_" / "onlinetext.html", b"<p>See the file.</p>")
    found, refused = collect(inbox, SLUG)
    assert list(found) == [safe_id("Anna Schmidt_1234")] and refused == {}


def test_who_was_graded_under_an_earlier_id_keeps_it(inbox):
    folder = "Anna Schmidt_1234_assignsubmission_file"
    put(inbox / folder / "lab.ipynb")
    (inbox / safe_id(folder)).mkdir()
    assert list(collect(inbox, SLUG)[0]) == [safe_id(folder)]


def test_namesakes_stay_apart(inbox):
    for number in (1, 2):
        put(inbox / f"Wei Li_{number}_assignsubmission_file_/lab.ipynb")
        put(inbox / f"liwei_{number}_9_lab.ipynb")
    assert len(collect(inbox, SLUG)[0]) == 4


def test_names_that_are_no_text(inbox):
    put(inbox / os.fsdecode(b"Andr\xe9 \x1b[1m") / SLUG / "lab.ipynb")
    assert grade.unpack(inbox).refused == {}
    [name] = {one.name for one in collection.identities(inbox)}
    assert name.startswith("Andr") and name.isprintable() and name.encode()


def test_the_newest_counts(inbox):
    put(inbox / "ada" / SLUG / "lab.ipynb", b"old", age=50)
    put(inbox / "ada.zip", zipped({f"{SLUG}/lab.ipynb": "newer"}), age=20)
    put(inbox / "ada" / f"{SLUG}.zip", zipped({f"{SLUG}/lab.ipynb": "between"}), age=30)
    target = inbox / "ada" / SLUG / "lab.ipynb"
    assert grade.unpack(inbox).refused == {} and target.read_text() == "newer"
    put(inbox / "ada" / f"{SLUG}.zip", zipped({f"{SLUG}/lab.ipynb": "newest"}), age=10)  # before it was unpacked
    assert grade.unpack(inbox).refused == {} and target.read_text() == "newest"
    put(target, b"by hand")
    assert grade.unpack(inbox).refused == {} and target.read_text() == "by hand"


def test_other_notebook_that_is_changed_counts_again(inbox):
    other = put(inbox / "ada" / SLUG / "mine.ipynb", b"old", age=50)
    grade.unpack(inbox)
    put(other, b"new", age=10)
    grade.unpack(inbox)
    assert (inbox / "ada" / SLUG / "lab.ipynb").read_text() == "new"


def test_lab_counts_beside_scratch_paper(inbox):
    put(inbox / "ada" / SLUG / "lab.ipynb", age=50)
    put(inbox / "ada" / SLUG / "scratch.ipynb", b"{}")
    put(inbox / "ada" / SLUG / "timestamp.txt", b"2026-01-10 12:00")
    put(inbox / "ada" / SLUG / "data.zip", zipped({"a.csv": "1"}))
    found, refused = collect(inbox, SLUG)
    assert found["ada"].file.name == "lab.ipynb" and refused == {}


def test_two_notebooks_are_one_too_many(inbox):
    put(inbox / "ada" / SLUG / "a.ipynb")
    put(inbox / "ada" / SLUG / "b.ipynb")
    found, refused = collect(inbox, SLUG)
    assert found == {} and 'There are 2 notebooks ("a.ipynb", "b.ipynb")' in refused[f"ada/{SLUG}"]


def test_labs_are_told_apart_by_what_they_define(inbox):
    other = nbformat.read(released(OTHER), 4)
    for number, notebook in enumerate((lab(), other)):
        put(inbox / f"kim_1_{number}_notebook-{number}.ipynb", text(notebook).encode())
    put(inbox / "ada.zip", zipped({"first.ipynb": text(), "second.ipynb": text(other)}))
    for slug, answer in ((SLUG, "quadratic_map"), (OTHER, "bilinear")):
        found, refused = collect(inbox, slug)
        assert sorted(found) == ["ada", "kim_1"] and refused == {}
        for submission in found.values():
            assert any(f"def {answer}" in c.source for c in read(submission.open()).cells)


def test_what_says_of_no_lab_counts_for_the_one_that_is_graded(inbox):
    put(inbox / "kim_1_2_essay.ipynb", b"my homework")
    assert "kim_1_2_essay.ipynb" in grade.unpack(inbox).refused and not list(inbox.rglob("lab.ipynb"))
    assert grade.unpack(inbox, [find_lab(OTHER)]).refused == {}
    assert list(grade.unpack(inbox, [find_lab(OTHER)]).given[OTHER]) == ["kim_1"]


def test_hand_ins_without_a_notebook_or_a_name_are_refused(inbox):
    put(inbox / "ada" / SLUG / "essay.docx", b"PK")
    put(inbox / f"{SLUG}.zip", zipped({f"{SLUG}/lab.ipynb": text()}))
    put(inbox / "grades.csv", b"")
    (inbox / "empty").mkdir()
    found, refused = collect(inbox, SLUG)
    assert found == {} and set(refused) == {"ada", f"{SLUG}.zip"}


HELPERS = {
    "mylib.py": "A = 1",
    "helpers/__init__.py": "",
    "helpers/deep/more.py": "B = 2",
    "data/points.csv": "1,2",
    "notes.docx": "PK",
}
NOT_ALONG = {
    ".hidden": "",
    ".git/config": "",
    "__pycache__/a.pyc": "",
    "scratch.ipynb": "{}",
    "timestamp.txt": "2026-01-01",
}
PLACES = {  # where the notebook and what comes with it are
    f"ada/{SLUG}/": "ada",
    f"ada/{SLUG}.zip": "ada",
    "ada.zip": "ada",
    "Ada Lovelace_12_assignsubmission_file_/": safe_id("Ada Lovelace_12"),
    "Ada Lovelace_12_assignsubmission_file_/work.zip": safe_id("Ada Lovelace_12"),
    "lovelaceada_123_456_work.zip": "lovelaceada_123",
}


def put_together(place, given):
    if place.suffix == ".zip":
        put(place, zipped({f"{SLUG}/{name}": data for name, data in given.items()}))
    else:
        for name, data in given.items():
            put(place / name, data.encode())


@pytest.mark.parametrize("place", PLACES)
def test_files_and_folders_come_along(inbox, place):
    put_together(inbox / place, {"lab.ipynb": text()} | HELPERS | NOT_ALONG)
    unpacked = grade.unpack(inbox, [find_lab(SLUG)])
    assert unpacked.refused == {} and unpacked.left_out == {}
    path = unpacked.given[SLUG][PLACES[place]]
    given = companions.around(path)
    assert set(given.files) == set(HELPERS) and given.sentence() == ""
    with autograde._with_files(given, SLUG) as folder:
        for name, data in HELPERS.items():
            assert (folder / name).read_text() == data
    before = autograde.key(path, SLUG, "ada")
    put(path.parent / "helpers/deep/more.py", b"B = 3")
    assert autograde.key(path, SLUG, "ada") != before


def test_files_of_a_platform_that_has_no_folders_come_along(inbox):
    for name in ("lab-1.ipynb", "mylib-1.py", "points.csv"):
        put(inbox / f"lovelaceada_LATE_123_456_{name}", text().encode() if "lab" in name else b"1")
    put(inbox / "kimlena_124_457_lab.ipynb")
    given = grade.unpack(inbox, [find_lab(SLUG)]).given[SLUG]
    assert set(companions.around(given["lovelaceada_123"]).files) == {"mylib.py", "points.csv"}
    assert companions.around(given["kimlena_124"]) == companions.NOTHING


@pytest.mark.parametrize("place", [f"ada/{SLUG}/", "ada.zip"])
def test_files_beyond_the_bounds_are_named(inbox, place, monkeypatch):
    monkeypatch.setattr(companions, "COUNT", 4)
    monkeypatch.setattr(companions, "SIZE", 1000)
    many = {f"{n}.csv": "1" for n in range(9)} | {"long" * 40: ""}
    put_together(inbox / place, {"lab.ipynb": text(), "big.csv": "x" * 2000, "mylib.py": "1"} | many)
    [said] = grade.unpack(inbox, [find_lab(SLUG)]).left_out[SLUG].values()
    assert "`4.csv` (more than 4 files)" in said and said.endswith("and 3 more.") and "mylib" not in said
    monkeypatch.setattr(companions, "COUNT", 40)
    [said] = grade.unpack(inbox, [find_lab(SLUG)]).left_out[SLUG].values()
    assert "`big.csv` (more than 0 MB together)" in said and "(its name is too long)" in said
    assert len(companions.around(inbox / "ada" / SLUG / "lab.ipynb").files) <= 10


def test_what_comes_along_stays_inside(inbox, tmp_path):
    evil = {
        "../up.py": "1",
        "a/../../up.py": "1",
        "/tmp/up.py": "1",
        "C:\\up.py": "1",
        "..\\up.py": "1",
        "a": "1",
        "a/b.py": "2",
    }
    link = zipfile.ZipInfo(f"{SLUG}/link.py")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    put(
        inbox / "eve.zip",
        zipped(
            {f"{SLUG}/{name}": data for name, data in {"lab.ipynb": text(), **evil}.items()} | {link: "/etc/passwd"}
        ),
    )
    before = {path for path in tmp_path.rglob("*")}
    unpacked = grade.unpack(inbox, [find_lab(SLUG)])
    path = unpacked.given[SLUG]["eve"]
    new = {p for p in tmp_path.rglob("*")} - before
    assert {p.relative_to(inbox / "eve").as_posix() for p in new} <= {
        ".",
        SLUG,
        f"{SLUG}/lab.ipynb",
        f"{SLUG}/a",
        f"{SLUG}/a/b.py",
    }
    assert "`link.py` (a symbolic link)" in unpacked.left_out[SLUG]["eve"] or "more" in unpacked.left_out[SLUG]["eve"]
    assert set(companions.around(path).files) == {"a/b.py"}


def test_links_pipes_and_odd_names_beside_a_notebook_are_left_out(inbox, tmp_path):
    path = put(inbox / "eve" / SLUG / "lab.ipynb")
    put(tmp_path / "outside" / "secret.txt", b"secret")
    (path.parent / "folder").symlink_to(tmp_path / "outside")
    (path.parent / "secret.txt").symlink_to(tmp_path / "outside" / "secret.txt")
    os.mkfifo(path.parent / "pipe")
    put(path.parent / os.fsdecode(b"\xff.txt"), b"")
    put(path.parent / "`Full marks`\n.txt", b"")
    said = grade.unpack(inbox, [find_lab(SLUG)]).left_out[SLUG]["eve"]
    assert companions.around(path).files == {} and "secret.txt` (a symbolic link)" in said and "`pipe` (not an" in said
    assert "`?Full marks??.txt` (its name can't be printed)" in said and "\n" not in said
    autograde.key(path, SLUG, "eve")


def test_copies_do_not_follow_links_of_the_student(inbox, tmp_path):
    put(tmp_path / "outside" / "mylib.py", b"safe")
    put(inbox / "eve" / SLUG / "scratch.txt", b"")
    (inbox / "eve" / SLUG / "helpers").symlink_to(tmp_path / "outside")
    (inbox / "eve" / SLUG / "mylib.py").symlink_to(tmp_path / "outside" / "mylib.py")
    put(
        inbox / "eve.zip",
        zipped({f"{SLUG}/lab.ipynb": text(), f"{SLUG}/mylib.py": "1", f"{SLUG}/helpers/mylib.py": "1"}),
    )
    assert list(grade.unpack(inbox, [find_lab(SLUG)]).refused) == [f"eve/{SLUG}/mylib.py"]  # the link
    assert (tmp_path / "outside" / "mylib.py").read_text() == "safe"
    assert (inbox / "eve" / SLUG / "helpers" / "mylib.py").read_text() == "1"


def test_a_folder_that_was_given_is_not_written_to(inbox, tmp_path):
    elsewhere = tmp_path / "given"
    put(elsewhere / "ada.zip", zipped({f"{SLUG}/lab.ipynb": text(), f"{SLUG}/mylib.py": "1"}))
    put(elsewhere / "ben" / SLUG / "lab.ipynb")
    before = sorted(elsewhere.rglob("*"))
    to = grade.copies(elsewhere, tmp_path / "results")
    given = grade.unpack(elsewhere, [find_lab(SLUG)], to).given[SLUG]
    assert sorted(elsewhere.rglob("*")) == before
    assert given["ben"] == elsewhere / "ben" / SLUG / "lab.ipynb" and given["ada"].is_relative_to(tmp_path / "results")
    assert set(companions.around(given["ada"]).files) == {"mylib.py"}
    (elsewhere / "ada.zip").unlink()
    assert set(
        grade.unpack(elsewhere, [find_lab(SLUG)], grade.copies(elsewhere, tmp_path / "results")).given[SLUG]
    ) == {"ben"}
    assert grade.copies(inbox, tmp_path) is None


def test_zip_members_stay_inside(inbox):
    evil = {
        f"../{SLUG}/lab.ipynb": "1",
        f"/tmp/{SLUG}/lab.ipynb": "2",
        f"C:\\{SLUG}\\lab.ipynb": "3",
        f"..\\{SLUG}/a.ipynb": "4",
    }
    for number, (name, data) in enumerate(evil.items()):
        put(inbox / f"eve-{number}.zip", zipped({name: data}))
    link = zipfile.ZipInfo(f"{SLUG}/lab.ipynb")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    put(inbox / "eve-link.zip", zipped({link: "/etc/passwd"}))
    found, refused = collect(inbox, SLUG)
    assert found == {} and len(refused) == 5 and all("contains no lab" in why for why in refused.values())
    grade.unpack(inbox)
    assert {path.suffix for path in inbox.rglob("*")} == {".zip"}


def test_bombs_are_not_unpacked(inbox, monkeypatch):
    monkeypatch.setattr(files, "MOST", 1_000_000)
    monkeypatch.setattr(archives, "MEMBERS", 10)
    put(inbox / "large.zip", zipped({f"{SLUG}/lab.ipynb": b" " * 5_000_000}))
    put(inbox / "many.zip", zipped({f"{n}.ipynb": "" for n in range(20)}))
    lying = bytearray(zipped({f"{SLUG}/lab.ipynb": b" " * 5_000_000}))
    lying[lying.rindex(b"PK\x01\x02") + 24 :][:4] = (10).to_bytes(4, "little")
    put(inbox / "lying.zip", bytes(lying))
    refused = grade.unpack(inbox).refused
    assert sorted(what.partition(".")[0] for what in refused) == ["large", "lying", "many"]
    assert not list(inbox.rglob("lab.ipynb"))


def test_links_are_never_followed(inbox, tmp_path):
    put(tmp_path / "elsewhere" / SLUG / "lab.ipynb")
    put(tmp_path / "elsewhere.zip", zipped({f"{SLUG}/lab.ipynb": text()}))
    (inbox / "a").symlink_to(tmp_path / "elsewhere")
    (inbox / "b").mkdir()
    (inbox / "b" / SLUG).symlink_to(tmp_path / "elsewhere" / SLUG)
    (inbox / "c.zip").symlink_to(tmp_path / "elsewhere.zip")
    found, refused = collect(inbox, SLUG)
    assert found == {} and set(refused) == {"a", f"b/{SLUG}", "c.zip"}
    assert all("symbolic link" in why for why in refused.values())
    assert not grade.unpack(inbox, [find_lab(SLUG)]).given[SLUG]
    put(inbox / "a.zip", zipped({f"{SLUG}/lab.ipynb": "overwritten"}))
    assert "symbolic link" in grade.unpack(inbox).refused[f"a.zip/{SLUG}/lab.ipynb"]
    assert "overwritten" not in (tmp_path / "elsewhere" / SLUG / "lab.ipynb").read_text()


def test_notes_of_a_student_are_not_believed(inbox):
    home = inbox / "Ada_1_assignsubmission_file_"
    put(home / "lab.ipynb")
    put(home / collection.RECORD, json.dumps({"name": "Somebody Else", "labs": {SLUG: "/etc/passwd"}}).encode())
    assert collect(inbox, SLUG)[0]["Ada_1"].name == "Ada"
    for odd in (b"[1]", b'{"labs": 3}', b'{"name": 3, "labs": {"a": 1}}', b"\xff"):
        put(inbox / "ada" / collection.RECORD, odd)
        put(inbox / "ada" / SLUG / "lab.ipynb")
        assert collect(inbox, SLUG)[0]["ada"].name == "ada" and grade.unpack(inbox).refused == {}


# --- nbgrader, and the command


def test_nbgrader_reads_what_we_read(tmp_path):
    (tmp_path / "lab.ipynb").write_bytes(text().encode("utf-16"))
    who = {"student": "ada", "assignment": SLUG, "notebook": "lab", "db_url": ""}
    resources = {"nbgrader": who, "metadata": {"name": "lab", "path": str(tmp_path)}}
    reader = Reader(config=paths.config(), default_preprocessors=[])
    with pytest.raises(UnicodeDecodeError):  # what was not submitted is read as usual
        reader.from_filename(str(tmp_path / "lab.ipynb"), resources)
    reader.register_preprocessor(Repair, enabled=True)
    found, _ = reader.from_filename(str(tmp_path / "lab.ipynb"), resources)
    assert "UTF-16" in repaired(nbformat.reads(found, 4)) and result(nbformat.reads(found, 4)) == 2


def test_doctor_says_what_and_writes_nothing(inbox, capsys):
    put(inbox / "ada" / SLUG / "lab.ipynb")
    put(inbox / "ben.zip", zipped({f"{SLUG}/lab.ipynb": b"\xef\xbb\xbf" + text().encode()}))
    put(inbox / "Лена Ким_12_assignsubmission_file_/lab (1).ipynb", text(stripped(lab())).encode())
    before = sorted(inbox.rglob("*"))
    assert main(["inspect", "8"]) == 0
    said = capsys.readouterr().out
    assert "ada: Nothing has to be repaired." in said and "A byte order mark" in said and "Of 3 submissions" in said
    assert "Лена Ким" in said and 'submitted as "lab (1).ipynb"' in said and "metadata was missing" in said
    put(inbox / "eve" / SLUG / "lab.ipynb", b"my homework")
    put(inbox / "kim.zip", b"no zip")
    assert main(["inspect", SLUG, "--submissions", str(inbox)]) == 1
    said = capsys.readouterr().out
    assert "eve: This can't be read. The file is not a notebook" in said and "kim.zip: This can't be read." in said
    assert "Of 5 submissions, 2 can't be read" in said
    assert [path for path in sorted(inbox.rglob("*")) if "eve" not in str(path) and path.name != "kim.zip"] == before


def test_doctor_explains_mistakes(inbox, capsys):
    assert main(["inspect", "99"]) == 2 and main(["inspect", "8", "--submissions", "nowhere"]) == 2
    said = capsys.readouterr().err
    assert "99" in said and "no folder nowhere" in said


# --- what would exhaust whoever looks at it


def heavy(inbox):
    """Submissions that are refused only because what looks at them is ended."""
    put(inbox / "hang.ipynb", b"slow")
    put(inbox / "ann" / "homework.ipynb")
    put(inbox / "zed" / "homework.ipynb")


def test_who_would_exhaust_the_intake_is_refused_alone(inbox, monkeypatch, capsys):
    """Whatever it is that takes too long: here a parser, replaced by a loop."""

    def endless(submission):
        while (submission if isinstance(submission, bytes) else submission.read_bytes()) == b"slow":
            pass
        return read(submission)

    for where in ("collection", "inspection"):
        monkeypatch.setattr(f"grading.intake.{where}.read", endless)
    monkeypatch.setattr(bounded, "SECONDS", 0.5)
    put(inbox / "mim" / SLUG / "lab.ipynb", b"slow")  # recognised without a look into it
    heavy(inbox)
    found, refused = collect(inbox, SLUG)
    assert set(found) == {"ann", "mim", "zed"} and list(refused) == ["hang.ipynb"]
    assert "more than 0.5 seconds" in refused["hang.ipynb"]
    assert main(["inspect", "8"]) == 1
    said = capsys.readouterr().out
    assert "mim: This can't be read. It takes more than" in said and "zed: " in said and "2 can't be read" in said


def test_a_zip_of_thousands_is_looked_into_for_the_closest(inbox):
    put(inbox / "ada.zip", zipped({f"venv/{n}.py": "x = 1" for n in range(5_000)} | {"work/lab.ipynb": text()}))
    start = time.process_time()
    assert collect(inbox, SLUG)[0]["ada"].member == "work/lab.ipynb" and time.process_time() - start < 5


def test_notes_of_a_student_that_never_end_are_not_waited_for(inbox):
    put(inbox / "ada" / SLUG / "lab.ipynb")
    os.mkfifo(inbox / "ada" / collection.RECORD)
    assert set(collect(inbox, SLUG)[0]) == {"ada"}


@pytest.mark.parametrize(
    "make",
    [
        lambda voice: text(metadata={"kernelspec": {"name": voice}}),
        lambda voice: text().replace('"grade_id": "decode-step"', f'"grade_id": "{voice}"'),
        lambda voice: f'{{"cells": [], "metadata": {{}}, "{voice}": ',
        lambda voice: voice,
    ],
)
def test_words_of_a_file_are_quoted_or_not_repeated(make):
    voice = "Full marks.  This equals perfection."
    try:
        said = repaired(again(read(make(voice).encode())))
    except Unreadable as error:
        said = str(error)
    assert voice[:10] not in said.replace('"Full marks. This equals perfection."', "")
